"""Sentences of the reading help on a report's numbers, from functions of anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from moe_report.compute.build import build_report
from moe_report.reports import Report
from moe_report.schema.points import NotOneValueError, Numbers
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Source
from tests.reports import MIXTRAL, row, usual_report

SECTION = '''"""Saying."""

import sys

from moe_report import Model, bars, metric, point

ORDER = 1


@metric(symbol="x", unit="x", source="a test")
def number(m: Model) -> float:
    """A number."""
    return 1 * m.num_experts


def here(numbers):
    {}


POINTS = (point("Said", "What is said.", here=here),)
'''


def report_of(folder: Path, body: str) -> Report:
    """The report of a model, with a section that says something first."""
    (folder / "saying.py").write_text(SECTION.format(body), "utf-8")
    table = ModelTable((row("it", MIXTRAL),), Source("models.xlsx"))
    return build_report(table, load([folder / "saying.py"]))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("sys.exit(3)", "SystemExit: 3"),
        ("sys.exit()", "SystemExit"),
        ("raise SystemExit('gone')", "SystemExit: gone"),
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
        ("return None", "TypeError: it gives None, expected a text"),
        ("return here(numbers)", "RecursionError"),
        ("return str(numbers.assumptions['total_params'])", "KeyError: 'total_params'"),
        ("numbers.assumptions['tokens_per_batch'] = -99", "TypeError: '_Assumptions'"),
        ("numbers.assumptions.clear()", "AttributeError: '_Assumptions'"),
    ],
)
def test_a_sentence_that_fails_is_named(tmp_path: Path, body: str, why: str) -> None:
    """With its line; the point stays without it, and the others are what they were."""
    report = report_of(tmp_path, body)
    first, *others = report.help.points
    assert (first.title, first.text, first.here) == ("Said", "What is said.", "")
    assert others
    [failure] = report.failures
    assert failure.cause.startswith(f"point 'Said': {why}")
    assert ("(saying.py, line 17)" in failure.cause) == ("it gives" not in why)
    usual = report_of(tmp_path, "return ''")
    assert others == list(usual.help.points[1:])


@pytest.mark.parametrize("asked", ["['a']", ".get('a')", ".get('a', 1)"])
def test_what_is_varied_has_no_one_value(asked: str) -> None:
    """An assumption that has a column is not said to be another; a name of nothing is none."""
    numbers = Numbers(("it",), {}, frozenset(), {"b": 2}, varied={"a"})
    with pytest.raises(NotOneValueError):
        eval(f"numbers.assumptions{asked}")
    assert numbers.assumptions.get("c") is None
    assert dict(numbers.assumptions) == {"b": 2}


def test_a_sentence_is_a_line_of_what_can_be_printed(tmp_path: Path) -> None:
    """Control characters are spelt, and lines are one."""
    point = report_of(tmp_path, "return 'a\\x00b\\n  c\\x1b[2Jd'").help.points[0]
    assert point.here == "a\\x00b c\\x1b[2Jd"


def test_titles_of_charts_cannot_change_what_others_see(tmp_path: Path) -> None:
    """A function that tries is named as one that raises."""
    chart = (
        "return ''\n\n\ndef title(rows):\n    rows.assumptions['flops_per_mac'] = 7\n\n\n"
        "chart = bars('odd', number, title=title)"
    )
    report = report_of(tmp_path, chart)
    [warning] = report.warnings
    assert "title of chart 'odd'" in warning
    assert {one.drawn.name for one in usual_report().charts} - {
        one.drawn.name for one in report.charts
    } == set()
