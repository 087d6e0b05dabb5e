"""What a notebook shows of a report: the headline table, in HTML that needs nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import html

from moe_report.api.asked import Inputs
from moe_report.api.headline_table import MOST_ROWS
from moe_report.api.reported import Report, reported
from moe_report.cells import Cells, Provenance
from moe_report.compute.kinds import only
from moe_report.reports import Finding
from tests.reports import HOSTILE, failed_report, many_models, report_of, row, usual_report


def shown(report: Any) -> str:
    """The HTML of a report."""
    return reported(report, Inputs(("models.xlsx",)), ())._repr_html_()


def table_of(page: str) -> list[list[str]]:
    """Its table as texts."""
    found = html.fragment_fromstring(page)
    return [[cell.text_content() for cell in line] for line in found.iter("tr")]


def test_it_has_the_headline_of_every_model() -> None:
    """In units that people read, with the exact number and the note one gesture away."""
    report = usual_report()
    head, *rows = table_of(shown(report))
    assert head == ["Model", *(column.label for column in report.headline)]
    assert [cells[0] for cells in rows] == [model.name for model in report.models]
    assert rows[0][1:3] == ["46.7 B", "12.9 B"]
    titles = html.fragment_fromstring(shown(report)).xpath("//td[contains(., '46.7')]/@title")
    assert titles == ["46,702,792,704"]


def test_doubts_and_sources_are_marked() -> None:
    """Beside the number, with the sentence one gesture away and a legend below."""
    report = usual_report()
    found = html.fragment_fromstring(shown(report))
    cells = {finding.message for finding in report.findings}
    marked = [cell for cell in found.iter("td") if "▲" in (cell.text or "")]
    assert marked
    assert all(any(message in cell.get("title") for message in cells) for cell in marked)
    assert "▪ given in the input, ≈ rests on an assumption, ▲ doubted" in found.text_content()
    assert "▫ default" not in found.text_content()


def test_every_doubt_of_a_number_is_told() -> None:
    """All sentences, and the legend names each mark that is shown."""
    report = usual_report()
    total = report.columns["total_params"]
    given = replace(total.cells[0], provenance=Provenance.GIVEN)
    name = report.models[0].name
    doubts = (
        Finding("impossible", name, total.name, "this is impossible"),
        Finding("suspicious", name, total.name, "this is suspicious"),
    )
    sections = tuple(
        replace(section, columns=tuple(
            replace(column, cells=Cells.of([given, *column.cells[1:]])) if column.name == total.name
            else column for column in section.columns
        )) for section in report.sections
    )  # fmt: skip
    one = replace(only(replace(report, sections=sections), [0]), findings=doubts)
    found = html.fragment_fromstring(shown(one))
    (cell,) = found.xpath("//td[contains(., '▲')]")
    assert cell.text.startswith("▲▪ ")
    assert cell.get("title").endswith("this is impossible\nthis is suspicious")
    assert "▪ given in the input" in found.text_content()


def test_nothing_of_the_input_is_markup() -> None:
    """Names and titles are text."""
    report = report_of(row(f"a {HOSTILE}", {"num_experts": 8, "num_experts_per_tok": 2}))
    page = shown(replace(report, title=HOSTILE, failures=failed_report().failures))
    assert "<img" not in page
    assert "<script" not in page
    assert HOSTILE in html.fragment_fromstring(page).text_content()
    assert "no module named 'watts'" in html.fragment_fromstring(page).text_content()


def test_it_is_one_element_without_colours_or_addresses() -> None:
    """So it reads in a dark notebook and in a light one, and offline."""
    page = shown(usual_report())
    assert html.fragment_fromstring(page).tag == "div"
    assert not re.search(r"<style|<link|class=|src=|url\(|http", page)
    assert not re.search(r"[^-]color:|background", page)


@pytest.mark.parametrize("count", [1, MOST_ROWS, MOST_ROWS + 1, MOST_ROWS + 40])
def test_of_many_models_the_first_are_shown(count: int) -> None:
    """And how many there are."""
    page = shown(many_models(count))
    assert len(table_of(page)) == 1 + min(count, MOST_ROWS)
    more = max(0, count - MOST_ROWS)
    assert (f"and {more} more models: frame() has all" in page) == (more > 0)


def test_a_report_without_a_headline_shows_something() -> None:
    """The first metrics that there are."""
    report = usual_report()
    sections = tuple(
        replace(
            section, columns=tuple(replace(column, headline=False) for column in section.columns)
        )
        for section in report.sections
    )
    head = table_of(shown(replace(report, sections=sections)))[0]
    assert head == ["Model", *(column.label for column in report.metrics[:4])]
    assert isinstance(reported(report, Inputs(("a",)), ()), Report)
