"""What is read of a template: its cells, tables, notes, sheets and names, and what is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from moe_report.errors import InputError
from moe_report.fill import read_template as reading
from moe_report.fill.expressions.expression import Expression, choose, evaluate
from moe_report.fill.expressions.scope import (
    Context,
    Known,
    TemplateValueError,
    known_of_registry,
)
from moe_report.fill.outline import describe
from moe_report.fill.placeholders import split_text
from moe_report.fill.read_template import inspect_template, read_template
from moe_report.fill.template import Template, TemplateCell
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.package import Package
from moe_report.schema.registry import Registry
from tests.office import convert
from tests.reports import MIXTRAL, report_of, row, usual_report

THREADED = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
CONVENTIONS = Path(__file__).parents[2] / "docs" / "reference" / "workbook-templates.md"
Build = Callable[[Any, Any], object]


@pytest.fixture(scope="module")
def known() -> Known:
    """The names of a report of five models."""
    return Context(usual_report()).known


@pytest.fixture(scope="module")
def single() -> Known:
    """The names of a report of one model."""
    return Context(report_of(row("Mixtral 8x7B", MIXTRAL))).known


def package(build: Build, sheet: str = "Costs") -> Package:
    """A workbook that XlsxWriter makes: build is called with it and with its first sheet."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        build(book, book.add_worksheet(sheet))
    return check_package(data.getvalue(), "t.xlsx")


def read(build: Build, known: Known, sheet: str = "Costs") -> Template:
    """What a workbook asks for."""
    return read_template(package(build, sheet), known, "t.xlsx")


def refused(build: Build, known: Known, sheet: str = "Costs") -> list[str]:
    """What is wrong with a workbook, a line each."""
    with pytest.raises(InputError) as caught:
        read(build, known, sheet)
    assert all("\n" not in str(problem) for problem in caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


def shown(cell: TemplateCell) -> str:
    """Address and text of a cell."""
    texts = [p if isinstance(p, str) else f"<{p.text}>" for p in cell.pieces]
    return f"{cell.address} {''.join(texts)}"


def with_table(cells: dict[str, str], note: str = "", area: str = "B4:D8", **options: Any) -> Build:
    """A sheet with a table of three columns and cells."""

    def build(book: Any, sheet: Any) -> None:
        columns = [{"header": header} for header in ("Model", "Total", "Active")]
        sheet.add_table(area, {"name": "Models1", "columns": columns, **options})
        for address, text in cells.items():
            sheet.write_string(address, text)
        if note:
            sheet.write_comment("C4", note)

    return build


ROW = {"B5": "{{ m.name }}", "C5": "{{ m.total_params }}", "D5": "about {{ m.active_params | si }}"}


def test_cells_are_found_in_every_kind_of_text(known: Known) -> None:
    """Shared, inline and rich texts, also where runs cut an expression; nothing else."""

    def build(book: Any, sheet: Any) -> None:
        bold = book.add_format({"bold": True})
        sheet.write("A1", "plain")
        sheet.write("B2", "{{ report.title }}")
        sheet.write_rich_string("C3", "Sum {{ mod", bold, "els | len", "gth }} of", bold, " all")
        sheet.write("D4", 12.5)
        sheet.write_formula("E5", '="{{ report.title }}"', None, "{{ report.title }}")
        sheet.write("F6", " \n{{ models[“OLMoE-1B-7B”].name }} ")

    template = read(build, known)
    assert [shown(cell) for cell in template.cells] == [
        "B2 <report.title>",
        "C3 Sum <models | length> of all",
        'F6 <models["OLMoE-1B-7B"].name>',
    ]
    assert [(cell.sheet, cell.row, cell.column) for cell in template.cells] == [
        ("Costs", 2, 2), ("Costs", 3, 3), ("Costs", 6, 6),
    ]  # fmt: skip
    assert tuple(map(str, template.notes)) == (
        "sheet Costs, cell C3: the formatting of single words is not kept",
        "sheet Costs, cell E5: a formula is left as it is, with its {{",
    )
    assert (template.tables, template.sheets, template.names) == ((), (), ())


def test_addresses_and_prefixes_may_be_left_out(known: Known) -> None:
    """Rows and cells without an address, inline and typed texts, elements with a prefix."""
    made = package(lambda book, sheet: sheet.write("A1", "x"))
    made["xl/worksheets/sheet1.xml"] = b"""<?xml version="1.0"?>
        <x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
        <x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>{{ report.title }}</x:t></x:is></x:c>
        <x:c><x:v>1</x:v></x:c><x:c t="str"><x:v>{{ report.date }}</x:v></x:c></x:row>
        <x:row r="4"><x:c r="C4"><x:v>1</x:v></x:c><x:c t="inlineStr"><x:is>
        <x:r><x:rPr><x:b/></x:rPr><x:t>{{ report.</x:t></x:r><x:r><x:t>version }}_x0041_</x:t></x:r>
        <x:rPh sb="0" eb="1"><x:t>{{ no }}</x:t></x:rPh></x:is></x:c></x:row></x:sheetData>
        </x:worksheet>"""
    template = read_template(made, known, "t.xlsx")
    assert [shown(cell) for cell in template.cells] == [
        "A1 <report.title>", "C1 <report.date>", "D4 <report.version>A",
    ]  # fmt: skip


def test_a_row_of_a_table_repeats_as_its_note_says(known: Known) -> None:
    """The row, its cells, the order and the condition; other lines of the note are the user's."""
    note = "Anna:\nOur models.\nsort: -active_params, name\nWhere: num_experts > 8 \nBye"
    template = read(with_table({**ROW, "F5": "{{ models | length }}"}, note), known)
    (table,) = template.tables
    assert (table.sheet, table.area.name, table.row, table.area.left, table.area.right) == (
        "Costs", "Models1", 5, 2, 4,
    )  # fmt: skip
    assert table.area.part == "xl/tables/table1.xml"
    assert table.part == "xl/worksheets/sheet1.xml"
    assert [shown(cell) for cell in table.cells] == [
        "B5 <m.name>", "C5 <m.total_params>", "D5 about <m.active_params | si>",
    ]  # fmt: skip
    assert [(key.text, largest) for key, largest in table.rules.sort] == [
        ("active_params", True), ("name", False),
    ]  # fmt: skip
    assert table.rules.where is not None
    assert table.rules.where.text == "num_experts > 8"
    assert [shown(cell) for cell in template.cells] == ["F5 <models | length>"]
    context = Context(usual_report())
    assert [model.name for model in choose(context, table.rules.sort, table.rules.where)] == [
        "DeepSeek-V2 (as tabled)", "Qwen3-30B-A3B", "OLMoE-1B-7B", "A layer",
    ]  # fmt: skip


def test_notes_of_other_programs_and_threads_are_read(known: Known) -> None:
    """Openpyxl's notes, and a thread of comments in place of the copy that Excel keeps of it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for at, text in enumerate(("Model", "Total"), 1):
        sheet.cell(2, at, text)
        sheet.cell(3, at, ("{{ m.name }}", "{{ m.total_params | formula }}")[at - 1])
    sheet.add_table(Table(displayName="T", ref="A2:B4"))
    sheet["A2"].comment = Comment("sort: name", "Anna")
    data = io.BytesIO()
    book.save(data)
    made = check_package(data.getvalue(), "t.xlsx")
    (table,) = read_template(made, known, "t.xlsx").tables
    assert [(key.text, largest) for key, largest in table.rules.sort] == [("name", False)]
    assert [shown(cell) for cell in table.cells] == ["A3 <m.name>", "B3 <m.total_params | formula>"]
    part = "xl/threadedComments/threadedComment1.xml"
    made[part] = (
        f'<ThreadedComments xmlns="{THREADED}"><threadedComment ref="A2" id="1"><text>sort: -name'
        '</text></threadedComment><threadedComment ref="A2" id="2" parentId="1"><text>where: '
        "num_experts == 8</text></threadedComment></ThreadedComments>"
    ).encode()
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    made.relate("xl/worksheets/sheet1.xml", kind, part)
    (table,) = read_template(made, known, "t.xlsx").tables
    assert [(key.text, largest) for key, largest in table.rules.sort] == [("name", True)]
    assert table.rules.where is not None
    assert table.rules.where.text == "num_experts == 8"


def test_what_libreoffice_saves_is_read_alike(known: Known, tmp_path: Path) -> None:
    """Cells, rich texts, a table with its note, a sheet that repeats, a name."""

    def build(book: Any, sheet: Any) -> None:
        bold = book.add_format({"bold": True})
        with_table(ROW, "sort: -active_params, name\nwhere: num_experts > 8")(book, sheet)
        sheet.write_rich_string("A1", "Sum {{ mod", bold, "els | len", "gth }} of", bold, " all")
        sheet.write("A2", "{{ models[“OLMoE-1B-7B”].name }}")
        book.add_worksheet("{{ m.name }}").write("C3", "{{ m.num_experts }}")
        book.define_name("context_length", "=Costs!$G$1")

    made = package(build)
    (tmp_path / "t.xlsx").write_bytes(made.save())
    saved = convert(tmp_path / "t.xlsx", tmp_path / "saved").read_bytes()
    before = read_template(made, known, "t.xlsx")
    after = read_template(check_package(saved, "t.xlsx"), known, "t.xlsx")
    assert describe(after, known) == describe(before, known)
    assert [shown(cell) for cell in after.cells] == [
        "A1 Sum <models | length> of all", 'A2 <models["OLMoE-1B-7B"].name>'
    ]  # fmt: skip
    assert after.tables[0].rules.where is not None


def test_wrong_notes_are_refused_by_cell(known: Known) -> None:
    """An unknown name, no comparison, the same line twice, signs that could mean two things."""
    for note, message in {
        "sort: activ_params": "found 'activ_params', expected one of",
        "sort: -activ_params": "Did you mean 'active_params'?",
        "sort:": "found nothing behind `sort:`",
        "sort: name,": "found nothing between two commas",
        "sort: -name + 1": "expected -( … ) around it",
        "sort: 1": "expected a field or metric of a model",
        "where: num_experts": "expected a comparison such as num_experts > 8",
        "where: num_experts >": "is no expression",
        "where: number > 1": "expected a field or metric",
        "sort: name\nsort: name": "found two lines `sort:`",
        "where: m.__class__ == 1": "no field or metric",
    }.items():
        (problem,) = refused(with_table(ROW, note), known)
        assert problem.startswith("t.xlsx, sheet Costs, cell C4: its note: "), note
        assert message in problem, note

    def twice(book: Any, sheet: Any) -> None:
        with_table(ROW, "sort: name")(book, sheet)
        sheet.write_comment("B4", "sort: -name")

    assert refused(twice, known) == [
        "t.xlsx, sheet Costs, cell C4: its note says what another note of the table says already"
    ]
    assert read(with_table({"B5": "x"}, "sort: nothing"), known).tables == ()
    items = read(with_table(ROW, "sort: -(num_experts | default(0)), model_type"), known)
    assert [(key.text, largest) for key, largest in items.tables[0].rules.sort] == [
        ("(num_experts | default(0))", True), ("model_type", False),
    ]  # fmt: skip


def test_wrong_places_of_m_are_refused_by_cell(known: Known) -> None:
    """Outside of a table's rows, in a header, in the totals, in a second row; all at once."""
    cells = {
        **ROW, "A1": "{{ m.name }}", "C7": "{{ m.total_params }}", "B6": "{{ models | length }}",
        "A5": "{{ number }}", "B8": "{{ m.name }}", "D4": "{{ report.title }}",
        "F1": "{{ models[0].total_params }}", "F2": "{{ m.total_params | formula }}",
    }  # fmt: skip
    options = {"total_row": True, "columns": [{"header": h} for h in ("Model", "Total", "x")]}
    problems = refused(with_table(cells, **options), known)
    outside = "found m or number outside of an Excel Table"
    assert [problem.split("cell ")[1][:40] for problem in problems] == [
        text[:40]
        for text in (
            "D4: is a header of the table Models1, which Excel keeps as plain text",
            "C7: found a second row of the table Models1 that repeats; the first is row 5",
            "F2: `| formula` is for a table's row that repeats: it needs",
            f"A1: {outside}", f"A5: {outside}", f"B8: {outside}",
        )
    ]  # fmt: skip


def test_wrong_cells_are_refused_with_their_address(known: Known) -> None:
    """Braces, statements, unknown names: each with the cell, all at once."""
    texts = {
        "A1": "{{ report.titel }}", "A2": "{{ report.title", "A3": "{{ {{ 1 }} }}",
        "A4": "{% for m in models %}", "A5": "{{ 1 }} }}", "A6": "{{ models['x].name }}",
        "A7": "a {# note #} b", "A8": "{{}}", "A9": "{{- 1 }}",
        "A10": "{{ m.total_params | formula }} each", "A11": "{{ m.__class__ }}",
    }  # fmt: skip

    def build(book: Any, sheet: Any) -> None:
        for address, text in texts.items():
            sheet.write_string(address, text)

    problems = refused(build, known)
    assert [re.sub(r"^t.xlsx, sheet Costs, cell ", "", problem) for problem in problems] == [
        "A1: report has no 'titel'. Did you mean 'title'?",
        "A2: found {{ without }} behind it",
        "A3: found {{ within {{, expected }} first",
        "A4: found '{% for m in models %}', expected expressions ({{ … }}) and no statements",
        "A5: found }} without {{ in front of it",
        "A6: found {{ with a quotation mark behind it that nothing closes",
        "A7: found '{# note #}', expected expressions ({{ … }}) and no statements",
        "A8: found nothing between {{ and }}, expected an expression",
        "A9: found {{-, expected a blank behind the braces",
        "A10: `| formula` is for a cell that holds nothing else",
        "A11: m has no '__class__': it is no field or metric.",
    ]
    with pytest.raises(InputError) as caught:
        read(build, known)
    first = caught.value.problems[0]
    assert not isinstance(first, str)
    assert (first.sheet, first.cell) == ("Costs", "A1")


def test_braces_that_ask_for_nothing_stay() -> None:
    """Single braces, closing ones alone, percent signs; an expression may hold braces in quotes."""
    for text in ("{a}", "f(x) = {{a", "}} x", "{ {", "100 %}", "{%"):
        if "{{" in text:
            with pytest.raises(TemplateValueError):
                split_text(text)
        else:
            assert split_text(text) == [text]
    (only,) = split_text("{{ \"}}\" ~ '{{' }}")
    assert not isinstance(only, str)
    assert only.text == "\"}}\" ~ '{{'"
    (smart,) = split_text('{{ models[‘Bob’].x ~ “it\'s” ~ "“”" }}')
    assert not isinstance(smart, str)
    assert smart.text == 'models[\'Bob\'].x ~ "it\'s" ~ "“”"'


def test_a_sheet_of_a_models_name_repeats(known: Known) -> None:
    """On it m is everywhere the sheet's model, in tables too."""

    def build(book: Any, sheet: Any) -> None:
        sheet.write("A1", "{{ m.name }}")
        sheet.write("B2", "{{ m.total_params }} and {{ number }}")
        sheet.add_table("D1:D3", {"columns": [{"header": "x"}]})
        sheet.write("D2", "{{ m.active_params }}")

    template = read(build, known, "{{ m.name }} costs")
    (sheet,) = template.sheets
    assert sheet.part == "xl/worksheets/sheet1.xml"
    assert [p if isinstance(p, str) else p.text for p in sheet.name] == ["m.name", " costs"]
    assert [shown(cell) for cell in sheet.cells] == [
        "A1 <m.name>", "B2 <m.total_params> and <number>", "D2 <m.active_params>",
    ]  # fmt: skip
    assert (template.cells, template.tables) == ((), ())


def test_wrong_names_of_sheets_are_refused(known: Known) -> None:
    """Without m, unknown, or of a sheet that has no cells."""

    def nothing(book: Any, sheet: Any) -> None:
        sheet.write("A1", "x")

    def chart(book: Any, sheet: Any) -> None:
        drawn = book.add_chart({"type": "bar"})
        drawn.add_series({"values": "=Costs!$A$1:$A$2"})
        book.add_chartsheet("{{ m.name }}").set_chart(drawn)

    (problem,) = refused(nothing, known, "{{ report.version }}")
    assert "its name asks for nothing of a model" in problem
    (problem,) = refused(nothing, known, "{{ m.nam }}")
    assert problem.startswith("t.xlsx, sheet {{ m.nam }}: m has no 'nam'")
    (problem,) = refused(chart, known)
    assert problem == "t.xlsx, sheet {{ m.name }}: is no worksheet, and only worksheets repeat"


def with_names(names: dict[str, str], cells: dict[str, str] | None = None) -> Build:
    """A sheet with defined names."""

    def build(book: Any, sheet: Any) -> None:
        for name, to in names.items():
            book.define_name(name, f"={to}")
        for address, text in (cells or {}).items():
            sheet.write(address, text)

    return build


def test_defined_names_get_their_values(single: Known) -> None:
    """Assumptions, fields and metrics, however they are spelled; what is unknown is not ours."""
    names = {
        "Context_Length": "Costs!$B$2", "total_params": "Costs!C3", "num_experts": "Costs!$D$4",
        "vat": "Costs!$E$5", "source": "Costs!$E$6", "Costs!causal": "Costs!$A$1",
        "active_params": "Costs!$A$1:$A$9", "capacity_factor": "1.25", "sparsity": "Costs!$F$1",
    }  # fmt: skip
    template = read(with_names(names, {"F1": "{{ 1 - 1 }}"}), single)
    found = {item.name: shown(item.cell) for item in template.names}
    assert found == {
        "Context_Length": "B2 <context_length>", "total_params": "C3 <total_params>",
        "num_experts": "D4 <num_experts>",
    }  # fmt: skip
    context = Context(report_of(row("Mixtral 8x7B", MIXTRAL)))
    values = {}
    for item in template.names:
        (expression,) = item.cell.pieces
        assert isinstance(expression, Expression)
        values[item.name] = evaluate(expression, context)
    assert values["total_params"] == context.models[0]["total_params"]
    assert values["num_experts"] == 8
    assert values["Context_Length"] == context.assumptions["context_length"]
    assert sorted(map(str, template.notes)) == [
        "name active_params: it is left as it is, because it leads to Costs!$A$1:$A$9, which is no "
        "single cell",
        "name capacity_factor: it is left as it is, because it leads to 1.25, which is no cell",
        "name causal: it is left as it is, because it is the name of one sheet only",
    ]


def test_a_name_that_leads_to_a_formula_is_left_as_it_is(known: Known) -> None:
    """A note says so, and the formula stays."""
    build = with_names({"context_length": "Costs!$B$2"}, {"B2": "=1+1"})
    template = read_template(package(build), known, "t.xlsx")
    assert template.names == ()
    assert tuple(map(str, template.notes)) == (
        "name context_length: it is left as it is, because it leads to a formula, in cell B2 of "
        "sheet Costs",
    )


def test_names_that_cannot_be_filled_are_refused(known: Known, single: Known) -> None:
    """With several models, in what repeats, two for one cell."""
    (problem,) = refused(with_names({"total_params": "Costs!$B$2"}), known)
    assert problem == (
        "t.xlsx, sheet Costs, cell B2: the name total_params leads here, and there are 5 models; "
        'rename the name and write {{ models["a name"].total_params }} into the cell'
    )
    both = {"context_length": "Costs!$B$2", "total_params": "Costs!$B$2"}
    (problem,) = refused(with_names(both), single)
    assert "the name total_params leads here, and so does context_length" in problem

    def in_row(book: Any, sheet: Any) -> None:
        with_table({"B5": "{{ m.name }}"})(book, sheet)
        book.define_name("causal", "=Costs!$C$5")

    (problem,) = refused(in_row, known)
    assert "the row repeats" in problem

    def on_sheet(book: Any, sheet: Any) -> None:
        book.define_name("causal", "='{{ m.name }}'!$C$5")

    (problem,) = refused(on_sheet, known, "{{ m.name }}")
    assert "the sheet repeats" in problem


def test_a_name_of_merged_cells_is_one_cell(known: Known) -> None:
    """And names that openpyxl writes are read as those of XlsxWriter."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "It's"
    sheet.merge_cells("B2:C3")
    book.defined_names["causal"] = DefinedName("causal", attr_text="'It''s'!$B$2:$C$3")
    data = io.BytesIO()
    book.save(data)
    template = read_template(check_package(data.getvalue(), "t.xlsx"), known, "t.xlsx")
    assert [(item.cell.sheet, shown(item.cell)) for item in template.names] == [
        ("It's", "B2 <causal>")
    ]


def test_braces_elsewhere_are_noted(known: Known) -> None:
    """In a chart's title, a text box, a note, a header: only cells are filled."""

    def build(book: Any, sheet: Any) -> None:
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=Costs!$A$1:$A$2"})
        chart.set_title({"name": "{{ report.title }}"})
        sheet.insert_chart("D1", chart)
        sheet.insert_textbox("J1", "{{ report.title }}")
        sheet.write_comment("A1", "{{ report.title }}")
        sheet.set_header("&C{{ report.title }}")

    template = read(build, known)
    assert sorted(note.where for note in template.notes) == [
        "sheet Costs", "xl/charts/chart1.xml", "xl/comments1.xml", "xl/drawings/drawing1.xml",
    ]  # fmt: skip
    assert {note.kind for note in template.notes} == {"braces-in-header", "braces-in-part"}
    assert template.cells == ()


def test_damaged_parts_are_an_error_in_a_line(known: Known) -> None:
    """A table without an area, a relationship to nothing, a text that is not there."""
    made = package(with_table(ROW))
    made["xl/tables/table1.xml"] = made["xl/tables/table1.xml"].replace(b'ref="B4:D8"', b'ref="?"')
    with pytest.raises(InputError, match=r"part xl/tables/table1\.xml: found ref='\?' in the"):
        read_template(made, known, "t.xlsx")
    made = package(with_table(ROW))
    made["xl/sharedStrings.xml"] = b"<sst"
    with pytest.raises(InputError, match=r"part xl/sharedStrings\.xml: its XML is broken"):
        read_template(made, known, "t.xlsx")
    made = package(with_table({}))
    del made["xl/tables/table1.xml"]
    assert read_template(made, known, "t.xlsx").tables == ()


def test_many_problems_and_expressions_are_bounded(
    known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hostile workbook is not answered with a million lines, nor read for hours."""

    def build(book: Any, sheet: Any) -> None:
        for at in range(200):
            sheet.write_string(at, 0, f"{{{{ x{at} }}}}")

    problems = refused(build, known)
    assert len(problems) == 51
    assert problems[-1] == "t.xlsx: there are more problems like these"
    monkeypatch.setattr(reading, "MAX_EXPRESSIONS", 20)
    assert refused(build, known)[-1] == "t.xlsx: found more than 20 different expressions"


def test_check_lists_cell_by_cell(known: Known, registry: Registry) -> None:
    """What each cell becomes, what is left, and what is not understood."""

    def build(book: Any, sheet: Any) -> None:
        note = "sort: -active_params, name\nwhere: num_experts > 8"
        cells = {**ROW, "D5": "{{ m.active_params | formula }}"}
        with_table(cells, note)(book, sheet)
        sheet.write("A1", "{{ report.title }}")
        sheet.write("A2", "{{ models | length > 3 }}")
        sheet.write("A3", "{{ report.titel }}")
        sheet.write_formula("F1", '="{{"')
        book.add_worksheet("{{ m.name }}").write("C3", "{{ m.num_experts / 2 }}")
        book.define_name("context_length", "=Costs!$G$1")

    template, problems = inspect_template(package(build), known, "t.xlsx")
    assert describe(template, known, problems).splitlines() == [
        "It asks for 2 cells, 1 table row that repeats, 1 sheet that repeats, 1 name. "
        "1 problem: it would not be filled.",
        "",
        "Sheet Costs",
        "  A1  {{ report.title }}         heading of the report",
        "  A2  {{ models | length > 3 }}  true or false",
        "",
        "Table Models1 (sheet Costs), row 5 once for each model where num_experts > 8, sorted by "
        "active_params, the largest first; then by name",
        "  B5  {{ m.name }}                     Name, text",
        "  C5  {{ m.total_params }}             Total parameters (parameters)",
        "  D5  {{ m.active_params | formula }}  Active parameters (parameters), live formula",
        "",
        "Sheet {{ m.name }}, once for each model",
        "  C3  {{ m.num_experts / 2 }}  worked out",
        "",
        "Names",
        "  context_length  Costs!G1  Context length (tokens)",
        "",
        "Not understood",
        "  t.xlsx, sheet Costs, cell A3: report has no 'titel'. Did you mean 'title'?",
    ]
    unknown = known_of_registry(registry)
    names = package(with_names({"total_params": "Costs!$B$2"}))
    template, problems = inspect_template(names, unknown, "t.xlsx")
    assert problems == ()
    assert describe(template, unknown).endswith(
        "  total_params  Costs!B2  Total parameters (parameters), if there is one model"
    )
    empty = read_template(package(lambda book, sheet: None), known, "t.xlsx")
    assert describe(empty, known) == "It asks for nothing."


def test_every_convention_of_the_documents_is_read(known: Known) -> None:
    """Each row of the documents' first table, as it is written there, is what it says."""
    section = CONVENTIONS.read_text("utf-8").split("## What is filled")[1].split("##")[0]
    rows = re.findall(r"^\| (a [^|]+) \| (.*?) \| ", section, re.MULTILINE)
    written = {what: re.findall(r"`(\{\{.*?\}\})`", how.replace("\\|", "|")) for what, how in rows}
    assert list(written) == [
        "a cell", "a text", "a row of an Excel Table", "a live formula", "a sheet", "a named cell"
    ]  # fmt: skip
    cell = written["a cell"][0].replace("expression", "report.title")
    text = "On " + written["a text"][0].replace("expression", "report.date")

    def build(book: Any, sheet: Any) -> None:
        cells = {"B5": written["a row of an Excel Table"][0], "C5": written["a live formula"][0]}
        with_table(cells)(book, sheet)
        sheet.write("A1", cell)
        sheet.write("A2", text)
        book.add_worksheet(written["a sheet"][0]).write("A1", "{{ m.name }}")
        book.define_name("causal", "=Costs!$G$1")

    template = read(build, known)
    assert [shown(item) for item in template.cells] == ["A1 <report.title>", "A2 On <report.date>"]
    formula = template.tables[0].cells[1].pieces[0]
    assert isinstance(formula, Expression)
    assert formula.formula
    assert len(template.sheets) == len(template.names) == 1
