"""Which models a table shows, in which order, and how many of them."""

from __future__ import annotations

from typing import Any

import pytest

from moe_report.fill.check import check_template
from moe_report.fill.fill import fill
from moe_report.fill.table_notes import TableRules, read_note
from moe_report.schema.registry import Registry
from tests.fill.books import opened, template
from tests.fill.test_fill import problems_of
from tests.reports import MIXTRAL, OLMOE, report_of, row, usual_report

COLUMNS = ["{{ m.name }}", "{{ m.num_experts }}", "{{ number }}"]
TABLE = "t.xlsx, sheet Data, table Filled: "
MIXTRAL_8, OLMOE_64, QWEN_128, DEEPSEEK_64, LAYER_1000 = (
    "Mixtral 8x7B", "OLMoE-1B-7B", "Qwen3-30B-A3B", "DeepSeek-V2 (as tabled)", "A layer",
)  # fmt: skip


def shown(note: str) -> tuple[list[str], list[str]]:
    """The models that a table with a note shows, and what is told of their number."""
    result = fill(template(COLUMNS, note=note), usual_report(), where="t.xlsx")
    sheet = opened(result.data)["Data"]
    assert sheet.max_row == int(sheet.tables["Filled"].ref.rpartition("C")[2])
    names = [sheet.cell(at, 1).value for at in range(2, sheet.max_row + 1)]
    assert [sheet.cell(at, 3).value for at in range(2, sheet.max_row + 1)] == [
        at + 1 for at, name in enumerate(names) if name
    ] or names == [None]
    told = [str(n) for n in result.notes if n.kind in ("limited-rows", "no-rows")]
    return names, told


CASES = {
    "limit: 2": (
        [MIXTRAL_8, OLMOE_64], "shows 2 of 5 models, as its limit says",
    ),
    "sort: -num_experts\nlimit: 2": (
        [LAYER_1000, QWEN_128], "shows 2 of 5 models, as its limit says",
    ),
    "Limit : 02\nsort: -num_experts, name": (
        [LAYER_1000, QWEN_128], "shows 2 of 5 models, as its limit says",
    ),
    "sort: -num_experts\nlimit: 3": (
        [LAYER_1000, QWEN_128, OLMOE_64],
        "shows 3 of 5 models, as its limit says; DeepSeek-V2 (as tabled) would come level with "
        "OLMoE-1B-7B, the last one",
    ),
    "sort: -num_experts, name\nlimit: 3": (
        [LAYER_1000, QWEN_128, DEEPSEEK_64], "shows 3 of 5 models, as its limit says",
    ),
    "where: num_experts < 100\nsort: num_experts\nlimit: 1": (
        [MIXTRAL_8],
        "shows 1 of 3 models, as its limit says; its `where:` leaves out 2 more",
    ),
    "limit: 5": (
        [MIXTRAL_8, OLMOE_64, QWEN_128, DEEPSEEK_64, LAYER_1000],
        "",
    ),
    "limit: 9000000\nwhere: num_experts == 8": (
        [MIXTRAL_8], "",
    ),
    "limit: 3\nwhere: num_experts > 1e6": ([None], "no model has a row; one is left, empty"),
    "sort: -total_params\nlimit: 5": (
        [DEEPSEEK_64, MIXTRAL_8, QWEN_128, OLMOE_64, LAYER_1000],
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("note", CASES, ids=lambda note: note.replace("\n", "; "))
def test_a_limit_shows_the_first_and_says_how_many(note: str) -> None:
    """After the filter and the order; level models are named, for their order is the workbook's.

    A limit that leaves nobody out gets no word.
    """
    names, told = CASES[note]
    assert shown(note) == (names, [TABLE + told] * bool(told))


def test_models_that_lack_what_is_sorted_by_come_level_with_nobody_that_has_it() -> None:
    """They come last, and are level with one another."""
    report = report_of(
        row("a", MIXTRAL), row("b", {"num_experts": 4}), row("c", {"num_experts": 4})
    )
    data = template(COLUMNS, note="sort: total_params\nlimit: 1")
    (note,) = fill(data, report, where="t.xlsx").notes[-1:]
    assert "level" not in str(note)
    data = template(COLUMNS, note="sort: total_params\nlimit: 2")
    said = [str(note) for note in fill(data, report, where="t.xlsx").notes]
    assert any("c would come level with b, the last one" in line for line in said)


NO_LIMITS = (
    "0", "-1", "+0", "00", "2.5", "5,5", "1e3", "5 models", "12 rows", "5 (top five)", "five",
    "{{ 5 }}", "top 5", '"5"',
)  # fmt: skip


@pytest.mark.parametrize("said", NO_LIMITS)
def test_a_limit_that_is_no_number_of_models_is_refused(said: str) -> None:
    """With its cell, and what is expected."""
    message = problems_of(template(COLUMNS, note=f"limit: {said}"))
    assert message.startswith("t.xlsx, sheet Data, cell A1: its note: found ")
    assert message.endswith("behind `limit:`, expected a number of models such as 5")


def test_the_same_rule_twice_is_refused() -> None:
    """In a note, and in two notes of a table."""
    assert "found two lines `limit:`" in problems_of(template(COLUMNS, note="limit: 5\nlimit: 5"))
    assert "found nothing behind `limit:`" in problems_of(template(COLUMNS, note="limit:"))

    def change(sheet: Any) -> None:
        sheet["B1"].comment = type(sheet["A1"].comment)("limit: 3", "test")

    said = problems_of(template(COLUMNS, note="limit: 5", change=change))
    assert "says what another note of the table says already" in said


@pytest.mark.parametrize(
    "line", ["limit: 40 GB a device", "Limit: see contract", "limit: none", "limit: 5000 EUR", "x"]
)
def test_a_limit_of_something_else_is_the_users(line: str, registry: Registry) -> None:
    """All models are shown, and nothing is said."""
    assert len(shown(line)[0]) == 5
    assert shown(line)[1] == []
    notes = check_template(template(COLUMNS, note=line), registry, where="t.xlsx").notes
    assert notes == ()


def test_check_says_the_limit(registry: Registry) -> None:
    """Behind the condition and the order."""
    data = template(COLUMNS, note="limit: 1\nsort: -name\nwhere: num_experts > 8")
    said = check_template(data, registry, where="t.xlsx").said
    assert (
        "row 2 once for each model where num_experts > 8, sorted by name, the largest first; the "
        "first 1 model only\n"
    ) in said


def test_rules_of_two_notes_are_joined(registry: Registry) -> None:
    """Each may say another kind of rule."""
    known = check_known(registry)
    one, two = read_note("sort: name", known), read_note("limit: 3\nwhere: num_experts > 8", known)
    both = one.joined(two)
    assert both == TableRules(one.sort, two.where, 3)
    assert both is not None
    assert both.joined(read_note("limit: 3", known)) is None


def check_known(registry: Registry) -> Any:
    """The names of a report of any models."""
    from moe_report.fill.expressions.scope import known_of_registry

    return known_of_registry(registry)


def test_tables_side_by_side_with_other_limits_are_refused() -> None:
    """They share rows; and the same limit in each is right."""

    def change(sheet: Any) -> None:
        from openpyxl.worksheet.table import Table

        sheet["F1"], sheet["F2"] = "name", "{{ m.name }}"
        sheet["F1"].comment = type(sheet["A1"].comment)("limit: 2", "test")
        sheet.add_table(Table(displayName="Right", ref="F1:F2"))

    said = problems_of(template(COLUMNS, note="limit: 3", change=change))
    assert "stand side by side and would have 3 and 2 rows" in said
    data = template(COLUMNS, note="limit: 2", change=change)
    report = report_of(row("a", MIXTRAL), row("b", OLMOE), row("c", OLMOE))
    assert opened(fill(data, report, where="t.xlsx").data)["Data"].tables["Right"].ref == "F1:F3"
