"""Models side by side in the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from moe_report.reports import Report
from tests import reports
from tests.browser import Open
from tests.sections import COUNTING


def side_by_side(page: Page) -> dict[str, list[float | None]]:
    """The exact numbers of the comparison by name; None where one is missing."""
    found: dict[str, list[float | None]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#comparison tbody tr")]
          .filter((row) => row.dataset.row).map((row) => [row.dataset.row,
            [...row.cells].slice(1).map((c) => c.dataset.exact ? +c.dataset.exact : null)]))"""
    )
    return found


def test_models_stand_side_by_side(shown: Open, examples: Report) -> None:
    """Every metric of the chosen models, headline first, in the order of the sections."""
    page = shown(examples)
    names = [model.name for model in examples.models]
    assert page.locator("#comparison thead th").all_inner_texts() == names[:2]
    page.select_option("[data-compare='compare.2']", names[5])
    page.select_option("[data-compare='compare.3']", names[2])
    found = side_by_side(page)
    for column in examples.metrics:
        assert found[column.name] == [column.cells[at].value for at in (0, 5, 2)]
    titles = page.locator("#comparison .group-of-rows").all_inner_texts()
    assert titles == ["Headline", *(section.title for section in examples.sections)]
    row = page.locator("#comparison [data-row='total_params']").first
    first, second = (examples.columns["total_params"].cells[at].value for at in (0, 5))
    assert first is not None
    assert second is not None
    ratio = row.locator(".ratio").first.inner_text().removesuffix("×")
    assert float(ratio) == pytest.approx(second / first, rel=0.01)
    other = shown(examples, "#" + page.url.partition("#")[2])
    assert side_by_side(other) == found
    page.go_back()
    assert len(side_by_side(page)["total_params"]) == 2


def test_the_best_is_marked_where_one_way_is_better(shown: Open) -> None:
    """The star stands at the largest or smallest, and nowhere if no way is better."""
    report = reports.usual_report()
    page = shown(report)
    page.select_option("[data-compare='compare.3']", "A layer")
    marked = 0
    found = side_by_side(page)
    for column in report.metrics:
        row = page.locator(f"#comparison [data-row='{column.name}']").last
        stars = row.locator("td").evaluate_all("all => all.map((c) => !!c.querySelector('.best'))")
        known = [value for value in found[column.name] if value is not None]
        if column.better is None or len(set(known)) < 2:
            assert not any(stars), column.name
            continue
        best = (min if column.better == "lower" else max)(known)
        assert stars == [value == best for value in found[column.name]], column.name
        marked += 1
    assert marked


def test_comparison_says_when_too_few_are_chosen(shown: Open) -> None:
    """With one model there is a sentence in place of the table; keys choose."""
    page = shown(reports.usual_report(only=COUNTING))
    page.focus("[data-compare='compare.2']")
    page.keyboard.press("Home")
    assert page.is_visible("#comparison-few")
    assert not page.is_visible("#comparison-table")
    page.keyboard.press("End")
    assert page.locator("#comparison thead th").all_inner_texts() == ["Mixtral 8x7B", "A layer"]
    page.emulate_media(media="print")
    assert page.is_visible("#comparison-table")
    assert not page.is_visible("#calculator")
    alone = shown(reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL)))
    assert alone.locator("#comparison").count() == 0
