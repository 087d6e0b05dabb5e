"""The report's workbook as formulon computes and shows it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from moe_report.load.our_sheets import WORKINGS_SHEET
from moe_report.renderers.excel.render import render
from moe_report.reports import Report
from tests import reports
from tests.office import opened
from tests.second_opinion import computed, numbers_shown
from tests.sections import COUNTING


def wrong_values(path: Path) -> list[object]:
    """The formulas whose stored values are not those that formulon computes, to 1e-12."""
    found = computed(path.read_bytes())
    book = opened(path)
    assert len(found) > 1000
    return [
        (cell, ours, value)
        for cell, value in found.items()
        if not _same(ours := book[cell[0]].cell(cell[2], cell[1]).value, value)
    ]


def _same(ours: object, value: object) -> bool:
    if isinstance(ours, int | float) and isinstance(value, float):
        return math.isclose(ours, value, rel_tol=1e-12, abs_tol=0.0)
    is_error = isinstance(ours, str) and ours.startswith("#")
    return value is None if is_error else (ours or "") == (value or "")


def two() -> Report:
    """A report of every section: its engine takes a minute for twenty models."""
    return reports.report_of(
        reports.row("a", reports.MIXTRAL), reports.row("b", reports.OLMOE, remark="from a table")
    )


@pytest.mark.parametrize("made", [two, partial(reports.usual_report, only=COUNTING)])
def test_every_formula_gives_what_is_stored(made: Callable[[], Report], tmp_path: Path) -> None:
    """On every sheet, Compare, Fit and Devices among them."""
    path = tmp_path / "models.report.xlsx"
    path.write_bytes(render(made()))
    assert wrong_values(path) == []


@pytest.mark.parametrize(
    "names", [("abc", "ABC", "a*", "a?c"), ("x", "X ", "~x", "=1"), ("name",), ("A", "a")]
)
def test_compare_tells_names_apart_by_every_letter(names: tuple[str, ...]) -> None:
    """By capitals, and by signs that other functions take for wildcards."""
    rows = [reports.row(name, reports.MIXTRAL) for name in names]
    found = computed(render(reports.report_of(*rows, only=COUNTING)))
    places = [found["Compare", column, 6] for column in (4, 5, 7, 9)]
    assert places == [*range(1, len(names) + 1), 0, 0, 0, 0][:4]


@pytest.mark.parametrize(
    "made", [two, partial(reports.many_models, 30, only=COUNTING)], ids=["every section", "many"]
)
def test_every_number_is_shown_in_its_column(made: Callable[[], Report]) -> None:
    """No column shows ``####``: each number is as wide as its digits, or less."""
    shown = [item for item in numbers_shown(render(made())) if item[0][0] != WORKINGS_SHEET]
    assert len(shown) > 300
    assert [item for item in shown if _digits(item[1]) > item[2]] == []


def _digits(text: str) -> float:
    """How many digits are as wide as a number: what parts thousands is half as wide as one."""
    return len(text) - text.count(",") / 2
