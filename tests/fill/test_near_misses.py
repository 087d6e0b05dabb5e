"""What is nearly a convention is named; what people write in ordinary workbooks is not."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter

from moe_report.fill.expressions.scope import Known, known_of_registry
from moe_report.fill.near_misses import near_expressions, near_rules
from moe_report.fill.new_template import build_template
from moe_report.fill.read_template import inspect_template
from moe_report.ooxml.guard import check_package
from moe_report.schema.registry import Registry, installed

CELLS = {
    "{ { m.name } }": "{{ m.name }}",
    "{m.name}": "{{ m.name }}",
    "{ m.total_params }}": "{{ m.total_params }}",
    "{\u200b{ m.name }}": "{{ m.name }}",
    "｛｛ m.name ｝｝": "{{ m.name }}",
    "<<m.name>>": "{{ m.name }}",
    "<< m.nmae >>": "{{ m.name }}",
    "«m.name»": "{{ m.name }}",
    "<m.name>": "{{ m.name }}",
    "<%= m.name %>": "{{ m.name }}",
    "${m.name}": "{{ m.name }}",
    "#{m.totl_params}": "{{ m.total_params }}",
    "%m.name%": "{{ m.name }}",
    "[m.name]": "{{ m.name }}",
    "[[m.total_params | billions]]": "{{ m.total_params | billions }}",
    "As of ${report.date}.": "{{ report.date }}",
    "{ { models | length } } models": "{{ models | length }}",
    '<<models["A"].total_params>>': '{{ models["A"].total_params }}',
    "{total_params}": "{{ m.total_params }}",
    "<<context_length>>": "{{ assumptions.context_length }}",
    "{{ report.date }} and ${m.name}": "{{ m.name }}",
    "{M.Name}": "{{ m.name }}",
    "<<model.total_params>>": "{{ m.total_params }}",
    "<<Context_Length>>": "{{ assumptions.context_length }}",
    "{% for m in models": "repeats by itself",
}
ORDINARY_CELLS = (
    "Dear «name»", "{name}", "${price}", "<<address>>", "{first_name}", "[m.miller]", "{a}", "{}",
    "<anna.m.name@example.com>", "f(x) = {x_1, x_2}", "100 % of m.name", "Total (m.total_params)",
    "[hidden_size]", "=Table[total_params]", "{ 'a': 1 }", "$5 and $7", "C:\\{user}\\x", "{%",
    "5 % }",
    "m.name", "total_params", 'models["A"].active_params', "#1 m.name #2", "<b>models</b>",
    "[1] p. 3",
    "{see note}", "<=5", ">> next", "<< back", "{1,2,3}", "[m]", "<m>", "{m}", "report.docx",
    "% of m", "{models}", "{models_2024}", "[model.year]",
)  # fmt: skip

RULES = {
    "Sort by: total_params": "sort: total_params",
    "sort -total_params": "sort: -total_params",
    "sort = -total_params, name": "sort: -total_params, name",
    "Sort by Total parameters (descending)": "sort: -total_params",
    "order by: total_params desc then by name": "sort: -total_params, name",
    "sorted by total_params": "sort: total_params",
    "sort by totl_params": "sort: total_params",
    "rank by m.active_params": "sort: active_params",
    "srot: name": "sort: name",
    "sortby: name": "sort: name",
    "order_by = -num_experts": "sort: -num_experts",
    "sort on total_params": "sort: total_params",
    "sort -> total_params": "sort: total_params",
    "sort (-total_params)": "sort: -total_params",
    "sort by total parameters, largest first": "sort: -total_params",
    "sort by [active_params] asc, 'name'": "sort: active_params, name",
    "Sort by {{ m.total_params }}": "sort: total_params",
    "Sort by: Total": "sort: -num_experts",
    "sort -x": "sort: -num_experts",
    "sort：name": "sort: name",
    "- sort: name": "sort: name",
    "filter num_experts > 8": "where: num_experts > 8",
    "Filter: num_experts ≥ 8": "where: num_experts >= 8",
    "filter by num_experts = 8": "where: num_experts == 8",
    "where num_experts > 8": "where: num_experts > 8",
    "only num_experts <> 8": "where: num_experts != 8",
    "wehre: num_experts > 8": "where: num_experts > 8",
    "filter num_experts > 8 or so": "where: num_experts > 8",
    "limit 5": "limit: 5",
    "limit = 5 models": "limit: 5",
    "limt: 5": "limit: 5",
    "Top 5": "limit: 5",
    "Top-5": "limit: 5",
    "top5": "limit: 5",
    "show top 10": "limit: 10",
}
ORDINARY_NOTES = (
    "Anna: please check with finance.", "Sort this table before printing", "Sorted by region",
    "Sorted by name", "Order by phone: 555-1234", "Order no. 5", "Sort code: 12-34-56",
    "Filter by region in the pivot", "filter: region = EMEA", "Filter: none",
    "Where do these numbers come from?", "If name = blank, ask Anna", "Only for internal use",
    "Top 10 customers", "Limit of liability: EUR 5m", "Limit: 40 GB a device",
    "limit: see contract",
    "Limit: none", "First half of the year", "Rank: 1 is best", "Source: SAP, export of May",
    "name: as in the contract", "Models are sorted by name", "Show details = yes",
    "Head: Anna Miller",
    "Condition: good", "Include VAT?", "limit is checked by legal", "Keep with next", "a > b",
    "if num_experts is unknown leave empty", "total_params = experts + the rest",
    "Short: it depends", "Sort by hand", "limit of 5 seats", "limit of 5", "sort A-Z",
    "Order by: 15 March", "Sorted by: region", "max 5", "Max: 5", "Limit: 5 seats", "top5seats",
    "Sort - see below", "sort order: as agreed", "first-5 rule", "Order by: Friday",
    "x" * 5000, "sort " * 500, "- " * 2000,
)  # fmt: skip

NAMES = {
    "total_parms": "total_params", "TotalParams": "total_params", "total.params": "total_params",
    "contextlength": "context_length", "context_lenght": "context_length",
    "CapacityFactor": "capacity_factor", "num_expert": "num_experts",
    "flop_per_mac": "flops_per_mac",
}  # fmt: skip
ORDINARY_NAMES = (
    "Budget", "Budget_2024", "Sales", "tax_rate", "TaxRate", "price", "name", "names", "Total",
    "total_2024", "params", "casual", "FX_EURUSD", "discount", "headcount", "num_items", "capacity",
    "total_params_2", "context_length2", "Print_Titles_1", "growth.rate", "start_date", "sparse",
    "batch_size", "q_rank", "hidden", "model", "experts", "report", "source", "tokens",
    "active_users",
)  # fmt: skip


@pytest.fixture(scope="module")
def known(registry: Registry) -> Known:
    """The names of a report of any models."""
    return known_of_registry(registry)


def near_of(known: Known, cells: dict[str, str], note: str = "", **names: str) -> list[str]:
    """What is said to be nearly a convention, with a table whose row repeats."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet: Any = book.add_worksheet("Costs")
        sheet.add_table("B4:C5", {"name": "T", "columns": [{"header": h} for h in ("Model", "n")]})
        sheet.write("B5", "{{ m.name }}")
        for address, text in cells.items():
            sheet.write_string(address, text)
        if note:
            sheet.write_comment("C4", note)
        for name, target in names.items():
            book.define_name(name, target)
    template, problems = inspect_template(check_package(data.getvalue(), "t.xlsx"), known, "t.xlsx")
    assert problems == ()
    return [str(item) for item in template.notes if item.kind == "near-miss"]


@pytest.mark.parametrize(("text", "meant"), CELLS.items(), ids=list(CELLS))
def test_a_cell_that_nearly_asks_is_named(known: Known, text: str, meant: str) -> None:
    """With the cell, and the expression that is meant."""
    (said,) = near_of(known, {"E7": text})
    assert said.startswith("sheet Costs, cell E7: found ")
    assert said.endswith(meant)
    assert "\n" not in said


def test_ordinary_cells_get_no_word(known: Known) -> None:
    """Braces, brackets and names of other trades."""
    cells = {f"E{row}": text for row, text in enumerate(ORDINARY_CELLS, start=7)}
    assert near_of(known, cells) == []


def test_a_sheet_that_nearly_repeats_is_named(known: Known) -> None:
    """Its name has single braces."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        book.add_worksheet("{ m.name }")
    template, _ = inspect_template(check_package(data.getvalue(), "t.xlsx"), known, "t.xlsx")
    assert [str(note) for note in template.notes] == [
        "sheet { m.name }: found '{ m.name }', which is left as it is; expected {{ m.name }}"
    ]


def test_what_asks_as_it_should_gets_no_word(known: Known) -> None:
    """Each convention that `template new` shows, also as the name of a sheet."""
    template, problems = inspect_template(
        check_package(build_template(installed()), "t.xlsx"), known, "t.xlsx"
    )
    assert problems == ()
    assert [str(note) for note in template.notes if note.kind == "near-miss"] == []


@pytest.mark.parametrize(("line", "rule"), RULES.items(), ids=list(RULES))
def test_a_note_that_is_nearly_a_rule_is_named(known: Known, line: str, rule: str) -> None:
    """With its cell and the rule as it should be; other lines are the user's."""
    (said,) = near_of(known, {}, f"Anna:\nAs agreed.\n{line}\nBye")
    assert said.startswith("sheet Costs, cell C4: its note says ")
    assert f"expected {rule}" in said or f"such as {rule}" in said


@pytest.mark.parametrize("note", ORDINARY_NOTES, ids=lambda note: note[:30])
def test_ordinary_notes_get_no_word(known: Known, note: str) -> None:
    """What people write on headers, also beside a rule."""
    assert list(near_rules(f"sort: -total_params\n{note}", known)) == []
    assert near_of(known, {}, note) == []


def test_a_rule_on_another_cell_is_named(known: Known) -> None:
    """Only the headers' notes count."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet: Any = book.add_worksheet("Costs")
        sheet.add_table("B4:C5", {"name": "T", "columns": [{"header": h} for h in ("Model", "n")]})
        sheet.write("B5", "{{ m.name }}")
        sheet.write_comment("B5", "sort: -total_params")
        sheet.write_comment("C5", "limit: 5\nlimit: see contract")
        sheet.write_comment("B1", "sort: as you like\nwhere: Berlin\nlimit: 5")
        sheet.write_comment("C4", "where: num_experts > 8")
    template, problems = inspect_template(check_package(data.getvalue(), "t.xlsx"), known, "t.xlsx")
    assert problems == ()
    assert [str(note) for note in template.notes] == [
        f"sheet Costs, cell {cell}: its note says {rule!r}, which changes nothing; expected it on "
        "a header of the table"
        for cell, rule in (("B5", "sort: -total_params"), ("C5", "limit: 5"))
    ]


@pytest.mark.parametrize(("name", "meant"), NAMES.items())
def test_a_name_that_is_nearly_ours_is_named(known: Known, name: str, meant: str) -> None:
    """With the cell that it leads to, unless it could not be filled anyway."""
    assert near_of(known, {}, **{name: "=Costs!$H$9"}) == [
        f"name {name}, sheet Costs, cell H9: it is left as it is; expected {meant} if it is to be "
        "filled"
    ]
    assert near_of(known, {}, **{name: "=Costs!$H$9:$H$12"}) == []
    assert near_of(known, {}, **{name: "=1+1"}) == []


def test_ordinary_names_get_no_word(known: Known) -> None:
    """Names of ordinary workbooks, each of a cell of its own."""
    names = {name: f"=Costs!$H${row}" for row, name in enumerate(ORDINARY_NAMES, start=9)}
    assert near_of(known, {}, **names) == []


@pytest.mark.parametrize(
    "text",
    [
        "{a" + "_a" * 16000,
        "{" + " " * 32000,
        "{models[" * 4000,
        "{m.a" + "|a" * 10000,
        "{% for " * 4000,
    ],
    ids=lambda text: text[:10],
)
def test_long_texts_end_soon(known: Known, text: str) -> None:
    """Nothing is tried at every letter anew; a test that hangs is one that fails."""
    assert len(list(near_expressions(text, known))) == text.startswith("{%")
    assert list(near_rules("sort " + "." * 32000 + "x\n" + "- " * 16000 + text, known)) == []


def test_a_workbook_full_of_near_misses_is_told_in_some_lines(known: Known) -> None:
    """Nobody reads a thousand."""
    cells = {f"E{row}": f"<<m.name>> {row}" for row in range(7, 300)}
    assert len(near_of(known, cells)) == 20
