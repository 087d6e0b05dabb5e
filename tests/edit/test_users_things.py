"""What a user put on our sheets beside the cells' contents: an update keeps it, or names it."""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from openpyxl.chart import BarChart, PieChart, Reference
from openpyxl.formatting.rule import CellIsRule, DataBarRule, FormulaRule
from openpyxl.utils.cell import absolute_coordinate, coordinate_from_string
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break

from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import Package, parse, serialize
from tests.edit.test_update import at, edited, loaded, run, update
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report
from tests.edit.test_users_columns import YELLOW, add_column, letters, turned
from tests.fill.richparts import add_pivot
from tests.office import FIRST, stored


def test_a_link_to_a_place_in_the_workbook(report: Path) -> None:
    """As openpyxl writes one: with a target that is a place and no part."""

    def link(book: Any) -> None:
        book.create_sheet("Mine")
        at(book["Models"], "Large", "source").value = "see there"
        at(book["Models"], "Large", "source").hyperlink = "#Mine!A1"

    edited(report, link)
    update(report)
    assert at(loaded(report)["Models"], "Large", "source").hyperlink.target == "#Mine!A1"


def test_a_link_to_a_place_follows_it(report: Path, tmp_path: Path) -> None:
    """On a sheet of the user's own, where other links stay, and on ours."""

    def link(book: Any) -> None:
        own = book.create_sheet("Mine")
        own["A1"].hyperlink = f"#Models!A{FIRST}"
        own["A2"].hyperlink = f"https://example.org/#A{FIRST}"
        for name, place in (("Small", f"#Models!A{FIRST}"), ("Large", f"Models!A{FIRST}")):
            cell = at(book["Models"], name, "source")
            cell.value = "see there"
            is_target = place.startswith("#")
            cell.hyperlink = Hyperlink(
                cell.coordinate, **{"target" if is_target else "location": place}
            )

    edited(report, link)
    update(report, turned(tmp_path, "New"))
    book = loaded(report)
    row = at(book["Models"], "Small", "name").row
    targets = [book["Mine"][address].hyperlink.target for address in ("A1", "A2")]
    assert targets == [f"#Models!A{row}", f"https://example.org/#A{FIRST}"]
    small, large = (at(book["Models"], name, "source").hyperlink for name in ("Small", "Large"))
    assert (small.target, large.location) == (f"#Models!A{row}", f"Models!A{row}")


def test_of_two_rules_over_the_same_cells_one_may_stay(report: Path, tmp_path: Path) -> None:
    """The other counts on the models' order, and is named."""

    def lay(book: Any) -> None:
        letter = add_column(book, "cost", {"Small": 1, "Large": 2})
        area = cells_of(book["Models"], "cost")
        next_row = FormulaRule(formula=[f"{letter}{FIRST}>{letter}{FIRST + 1}"], fill=YELLOW)
        greater = CellIsRule(operator="greaterThan", formula=["1"], fill=YELLOW)
        for rule in (next_row, greater):
            book["Models"].conditional_formatting.add(area, rule)

    edited(report, lay)
    done = update(report, turned(tmp_path, "New"))
    assert "not kept: conditional formats, validations or sparklines of yours on" in done.output
    rules = [
        rule for item in loaded(report)["Models"].conditional_formatting for rule in item.rules
    ]
    assert [rule.operator for rule in rules if rule.operator] == ["greaterThan"]


def check(operator: str) -> DataValidation:
    """A validation that, but for its operator, could be one of ours."""
    return DataValidation(
        type="whole", operator=operator, formula1="0", formula2="1", errorTitle="mine"
    )


def mark(cells: str) -> FormulaRule:
    """A conditional format that could be one of ours."""
    column, row = coordinate_from_string(cells.partition(":")[0])
    formula = f"AND(COUNT({column}${row},{column}${row})=2,{column}{row}>{column}{row})"
    return FormulaRule(formula=[formula], fill=YELLOW)


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize(("header", "operator"), [
    ("cost", "between"), ("cost", "notBetween"), ("num_shared_experts", "notBetween"),
])  # fmt: skip
def test_rules_that_are_like_ours(
    report: Path, header: str, operator: str, *, between: bool
) -> None:
    """They are the user's where ours are not, or compare otherwise; ours stay once."""

    def lay(book: Any) -> None:
        add_column(book, "cost", {"Small": 1, "Large": 1})
        sheet = book["Models"]
        rule = check(operator)
        rule.add(cells_of(sheet, header))
        sheet.add_data_validation(rule)
        sheet.conditional_formatting.add(cells_of(sheet, "cost"), mark(cells_of(sheet, "cost")))

    count = len(loaded(report)["Models"].data_validations.dataValidation)
    edited(report, lay, settle=between)
    for _ in range(2):
        update(report)
        sheet = loaded(report)["Models"]
        rules = sheet.data_validations.dataValidation
        [mine] = [rule for rule in rules if rule.errorTitle == "mine"]
        assert (str(mine.sqref), mine.operator or "between") == (cells_of(sheet, header), operator)
        assert len(rules) == count + (header == "cost")
        areas = [str(item.sqref) for item in sheet.conditional_formatting]
        assert areas.count(cells_of(sheet, "cost")) == 1


def cells_of(sheet: Any, header: str) -> str:
    """The area of the models' cells in a column."""
    column = letters(sheet, header)
    return f"{column}{FIRST}:{column}{FIRST + 1}"


RESTING = ("=SUM(counts)", "=A1+1", "=ROWS(Models)", '=VLOOKUP("Small",Models,3,FALSE)',
           "=SUM(Models[num_experts])", "='Models'!A4", "=SUM(Summary:Models!B6)")  # fmt: skip
FREE = ("=D1*2", '=D1&"Models!A4"', "=D2")


def test_no_stored_value_is_of_the_report_before(report: Path, tmp_path: Path) -> None:
    """Whatever way a formula, a chart or a pivot table of the user's comes to our cells."""

    def rest(book: Any) -> None:
        own = book.create_sheet("Mine")
        cells = cells_of(book["Models"], "num_experts")
        fixed = f"Models!{absolute_coordinate(cells)}"
        book.defined_names["counts"] = DefinedName("counts", attr_text=fixed)
        for row, (resting, free) in enumerate(zip_longest(RESTING, FREE), start=1):
            own[f"A{row}"], own[f"B{row}"] = resting, free
        own["D1"], own["D2"] = 3, 4
        chart = BarChart()
        chart.add_data(Reference(book["Models"], range_string=f"Models!{cells}"))
        own.add_chart(chart, "H1")

    edited(report, rest)
    package = Package(report.read_bytes())
    part = package.sheets()["Mine"]
    package[part] = re.sub(rb"<v ?/>|<v></v>", b"<v>42</v>", package[part])
    drawing = package.related_part(part, "drawing") or ""
    chart = package.related_part(drawing, "chart") or ""
    package[chart] = package[chart].replace(
        b"</f></numRef>", b"</f><numCache><ptCount val='2'/></numCache></numRef>"
    )
    add_pivot(package, part)
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    package[cache] = package[cache].replace(b'ref="A20:C23" sheet="Models"', b'name="Models"')
    report.write_bytes(package.save())

    update(report, turned(tmp_path, "New"))
    rows = stored(report, "Mine")
    assert [row[0] for row in rows[: len(RESTING)]] == [None] * len(RESTING)
    assert [row[1] for row in rows[: len(FREE)]] == [42] * len(FREE)
    package = Package(report.read_bytes())
    assert b"numCache" not in package[chart]
    assert b'refreshOnLoad="1"' in package[cache]


def set_up(book: Any) -> None:
    """What a user may set on our sheets beside the words in their cells."""
    models, summary = book["Models"], book["Summary"]
    for sheet in (models, summary):
        sheet.protection.sheet = True
        sheet.oddHeader.center.text = "CONFIDENTIAL"
        sheet.page_margins.left = 2.5
        sheet.print_area = "A1:C5"
        sheet.print_options.horizontalCentered = True
    summary.row_breaks.append(Break(id=4))
    models.row_dimensions[at(models, "Small", "name").row].height = 77
    summary.row_dimensions[1].height = 99
    models.column_dimensions[letters(models, "total_params")].outlineLevel = 2
    models.row_dimensions[at(models, "Large", "name").row].outlineLevel = 1
    at(models, "Small", "num_shared_experts").fill = YELLOW
    for name in OTHERS:
        greater = CellIsRule(operator="greaterThan", formula=["777"], fill=YELLOW)
        book[name].conditional_formatting.add("B1:D5", greater)
    summary.conditional_formatting.add("C6:C7", DataBarRule("num", 0, "max", None, "FFAA0000"))
    choice = DataValidation(type="list", formula1='"x,y"')
    choice.add("C1:C3")
    summary.add_data_validation(choice)
    book["Method"].auto_filter.ref = "A4:D9"


OTHERS = ("Summary", "Assumptions", "Compare", "Findings", "Method")


@pytest.mark.parametrize("between", [False, True])
def test_what_is_set_for_a_sheet(report: Path, tmp_path: Path, *, between: bool) -> None:
    """How it prints, what is protected, heights, levels, and what is laid over its cells."""
    edited(report, set_up, settle=between)
    for source in ((), (turned(tmp_path, "New"),)):
        done = run(*source, "--update", report, "-q")
        assert (done.exit_code, done.output) == (0, "")
        book = loaded(report)
        models, summary = book["Models"], book["Summary"]
        for sheet in (models, summary):
            assert sheet.protection.sheet
            assert "CONFIDENTIAL" in sheet.oddHeader.center.text
            assert sheet.page_margins.left == pytest.approx(2.5, abs=0.05)
            assert sheet.print_options.horizontalCentered
        assert summary.print_area == "'Summary'!$A$1:$C$5"
        assert models.print_area == f"'Models'!$A$1:$C${models.max_row}"
        assert [item.id for item in summary.row_breaks.brk] == [4]
        heights = models.row_dimensions
        assert heights[at(models, "Small", "name").row].height == pytest.approx(77, abs=1)
        assert summary.row_dimensions[1].height == pytest.approx(99, abs=1)
        assert heights[at(models, "Large", "name").row].outlineLevel == 1
        assert heights[at(models, "Small", "name").row].outlineLevel == 0
        assert models.column_dimensions[letters(models, "total_params")].outlineLevel == 2
        assert at(models, "Small", "num_shared_experts").fill.fgColor.rgb == "FFFFFF00"
        assert at(models, "Large", "num_shared_experts").fill.fgColor.rgb != "FFFFFF00"
        for name in OTHERS:
            rules = [rule for item in book[name].conditional_formatting for rule in item.rules]
            assert [rule.operator for rule in rules].count("greaterThan") == 1
        bars = [str(item.sqref) for item in summary.conditional_formatting
                if item.rules[0].type == "dataBar"]  # fmt: skip
        assert sum(area.startswith("C6") for area in bars) == 1
        [rule] = summary.data_validations.dataValidation
        assert str(rule.sqref) == "C1:C3"
        assert book["Method"].auto_filter.ref == "A4:D9"
        [ours] = book["Compare"].data_validations.dataValidation
        assert (ours.formula1, ours.formula2) == ("model_list", None)
        package = Package(report.read_bytes())
        root = package.root(package.sheets()["Summary"])
        ids = [item.text for item in root.iter("{*}id")]  # a newer program's half of a rule
        assert [item.get("id") for item in root.iter("{*}cfRule") if item.get("id")] == ids


NAMED = {
    "scenarios": '<scenarios><scenario name="a" count="1"><inputCells r="C4" val="1"/></scenario>'
    "</scenarios>",
    "ranges that may be edited": '<protectedRanges><protectedRange sqref="A1" name="mine"/>'
    "</protectedRanges>",
    "watched cells": '<cellWatches><cellWatch r="A1"/></cellWatches>',
}


@pytest.mark.parametrize("what", NAMED)
def test_what_cannot_be_taken_along_is_named(report: Path, what: str) -> None:
    """In the one line that says what of a sheet is not kept."""
    package = Package(report.read_bytes())
    part = package.sheets()["Findings"]
    root = package.root(part)
    insert_in_order(
        root, parse(re.sub("^<[a-zA-Z]+", rf'\g<0> xmlns="{MAIN}"', NAMED[what]).encode())
    )
    package[part] = serialize(root)
    report.write_bytes(package.save())
    assert f"sheet Findings: not kept, for an update writes this sheet anew: {what}" in (
        update(report).output
    )


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize("count", [0, 1])
def test_a_chart_in_the_place_of_one_of_ours(report: Path, count: int, *, between: bool) -> None:
    """One of ours may be deleted, but one of the user's is not taken for it."""

    def draw(book: Any) -> None:
        sheet = book["Summary"]
        sheet._charts = sheet._charts[1:]
        for _ in range(count):
            chart = PieChart()
            chart.title = "Mine"
            chart.add_data(Reference(book["Models"], min_col=1, min_row=4, max_row=5))
            sheet.add_chart(chart, "D20")

    edited(report, draw, settle=between)
    written = len(loaded(report)["Summary"]._charts) - count
    done = run("--update", report, "-q")
    said = f"has {written + 1} charts, pictures or shapes, {written} of them written by moe-report"
    assert (done.exit_code, said in done.output) == (count, count > 0)


def test_merged_cells_beside_ours(report: Path, tmp_path: Path) -> None:
    """They stay where they are not in the way of ours, which are those of a new report."""
    before = {str(area) for area in loaded(report)["Compare"].merged_cells.ranges}
    assert before
    edited(report, lambda book: book["Compare"].merge_cells("M2:N3"))
    for source in ((), (turned(tmp_path, "New"),)):
        done = run(*source, "--update", report, "-q")
        assert (done.exit_code, done.output) == (0, "")
        now = {str(area) for area in loaded(report)["Compare"].merged_cells.ranges}
        assert now == before | {"M2:N3"}


@pytest.mark.parametrize("cells", ["#REF!", "", "1:D", "nowhere", "#REF! ZZ90", "ZZ90 #REF!"])
def test_rules_over_cells_that_are_gone(report: Path, cells: str) -> None:
    """They keep nothing from being updated; those that lie over other cells, too, stay there."""

    def lay(book: Any) -> None:
        book["Models"].conditional_formatting.add("ZZ90", CellIsRule("equal", ["1"], fill=YELLOW))
        (validation := check("between")).add("ZZ90")
        book["Models"].add_data_validation(validation)

    edited(report, lay)
    package = Package(report.read_bytes(), report.name)
    part = package.sheets()["Models"]
    xml = package[part].decode()
    assert xml.count('sqref="ZZ90"') > 1
    package[part] = xml.replace('sqref="ZZ90"', f'sqref="{cells}"').encode()
    report.write_bytes(package.save())
    assert update(report).exit_code == 0
    xml = Package(report.read_bytes(), report.name)[part].decode()
    assert xml.count('sqref="ZZ90"') == (2 if "ZZ90" in cells else 0)
    assert "#REF!" not in xml
