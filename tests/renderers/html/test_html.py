"""The page, as Chromium shows it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from moe_report.display import exact, show
from moe_report.renderers.data import report_as_dict
from moe_report.renderers.html.render import STYLES, page_of, render, render_calculator
from moe_report.schema.registry import load
from tests import reports
from tests.browser import Open, contrast
from tests.sections import COUNTING


def names(page: Page, table: str = "summary") -> list[str]:
    """Return the models of a table in the order in which they are seen."""
    return page.locator(f"#table-{table} tbody tr:visible th").all_inner_texts()


def head(page: Page, column: str) -> str:
    """Return a selector of a column's header in the headline table."""
    return f'#table-summary thead th[data-column="{column}"]'


def test_headline_numbers_are_those_of_the_report(shown: Open) -> None:
    """Each cell shows its number in the column's unit, and carries it to the last digit."""
    report = reports.usual_report()
    page = shown(report)
    units = page.locator("#table-summary thead .unit .short").all_inner_texts()
    for at, column in enumerate(report.headline):
        cells = page.locator(f"#table-summary tbody tr td:nth-child({at + 2})").all()
        models = column.cells[:-1]  # the last row is a lone layer
        for cell, drawn in zip(models, cells, strict=True):
            text = drawn.evaluate("(it) => it.firstChild.data").strip()
            drawn.hover()
            told = drawn.get_attribute("title") or ""
            if cell.value is None:
                assert text == "–"
                assert told == cell.note
                continue
            assert told.split(" ")[0] == exact(cell.value)
            sign = units[at].split("/")[0]
            factor = {
                "B": 1e9,
                "M": 1e6,
                "k": 1e3,
                "GFLOP": 1e9,
                "GB": 1e9,
                "kB": 1e3,
                "%": 0.01,
                "×": 1,
                "devices": 1,
            }[sign]
            assert float(text.replace(",", "")) * factor == pytest.approx(cell.value, rel=0.05)
    first = page.locator("#table-summary tbody td").first
    assert first.inner_text().strip() == "46.7"
    first.hover()
    assert (first.get_attribute("title") or "").startswith("46,702,792,704 parameters")


def test_numbers_in_words_agree_with_display(shown: Open) -> None:
    """A number and its header's unit read as the display module writes them together."""
    report = reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL))
    page = shown(report)
    column = report.columns["forward_flops"]
    at = report.headline.index(column) + 2
    cell = page.locator(f"#table-summary tbody td:nth-child({at})")
    cell.hover()
    assert cell.get_attribute("title") == "26,570,915,840 FLOP/token"
    unit = page.locator(f"{head(page, 'forward_flops')} .short").inner_text()
    assert unit == "GFLOP/token"
    assert f"{cell.inner_text()} GFLOP" == show(column.cells[0].value, column.unit, column.format)


def test_sorts_by_click_and_back(shown: Open) -> None:
    """A click sorts the largest first, another turns it, what is missing stays last."""
    page = shown(reports.usual_report(only=COUNTING))
    before = names(page)
    page.click(f"{head(page, 'total_params')} button")
    assert page.get_attribute(head(page, "total_params"), "aria-sort") == "descending"
    assert names(page) == [
        "DeepSeek-V2 (as tabled)", "Mixtral 8x7B", "Qwen3-30B-A3B", "OLMoE-1B-7B"
    ]  # fmt: skip
    page.click(f"{head(page, 'total_params')} button")
    assert page.get_attribute(head(page, "total_params"), "aria-sort") == "ascending"
    assert names(page)[0] == "OLMoE-1B-7B"
    page.go_back()
    assert names(page)[0] == "DeepSeek-V2 (as tabled)"
    page.go_back()
    assert names(page) == before
    assert page.get_attribute(head(page, "total_params"), "aria-sort") is None


def test_what_is_missing_comes_last(shown: Open) -> None:
    """Whichever way one sorts."""
    page = shown(reports.usual_report(only=COUNTING))
    for _ in range(2):
        page.click(f"{head(page, 'forward_flops')} button")
        assert names(page)[-1] == "DeepSeek-V2 (as tabled)"


def test_sorts_by_keyboard(shown: Open) -> None:
    """Headers are buttons: Tab reaches them, Enter and Space press them, focus stays."""
    page = shown(reports.usual_report(only=COUNTING))
    page.focus(f"{head(page, 'name')} button")
    page.keyboard.press("Enter")
    assert names(page) == sorted(names(page), key=str.lower)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_attribute(head(page, "total_params"), "aria-sort") == "descending"
    assert page.get_attribute(head(page, "name"), "aria-sort") is None
    assert page.evaluate("document.activeElement.closest('th').dataset.column") == "total_params"


def test_filters_and_keeps_the_state_in_the_address(shown: Open) -> None:
    """Typing filters at once; the address then holds it, and a page opened there shows it."""
    report = reports.usual_report(only=COUNTING)
    page = shown(report)
    page.fill("#filter", "MIX")
    assert names(page) == ["Mixtral 8x7B"]
    assert page.inner_text("#matches") == "1 of 5"
    page.press("#filter", "Enter")
    assert "filter=MIX" in page.url
    other = shown(report, "#filter=q&summary=total_params.ascending")
    assert names(other) == ["Qwen3-30B-A3B"]
    assert other.input_value("#filter") == "q"
    page.go_back()
    assert len(names(page)) == 4


def test_links_inside_the_page_keep_the_state(shown: Open) -> None:
    """Following the contents list does not undo a sort."""
    page = shown(reports.usual_report(only=COUNTING))
    page.click(f"{head(page, 'total_params')} button")
    page.click("nav.contents a[href='#made']")
    assert page.url.endswith("#made")
    assert names(page)[0] == "DeepSeek-V2 (as tabled)"


def test_exact_numbers_are_one_gesture_away(shown: Open) -> None:
    """The switch shows, and lets one copy, every digit with its own unit; it can be undone."""
    page = shown(reports.usual_report(only=COUNTING))
    page.check("#exact")
    assert page.locator("#table-summary td").first.inner_text() == "46,702,792,704"
    assert page.locator(f"{head(page, 'total_params')} .unit").inner_text() == "parameters"
    page.uncheck("#exact")
    assert page.locator("#table-summary td").first.inner_text() == "46.7"


def test_text_from_outside_stays_text(shown: Open) -> None:
    """Names, remarks, titles and docstrings are shown as they are and never run."""
    report = reports.report_of(
        reports.row(reports.HOSTILE, reports.MIXTRAL, remark=reports.HOSTILE,
                    source="javascript:alert(1)"),
        title=reports.HOSTILE, warnings=(reports.HOSTILE,),
    )  # fmt: skip
    section = report.sections[0]
    column = dataclasses.replace(
        section.columns[0], label=reports.HOSTILE, description=f"``{reports.HOSTILE}`` *a*",
        source=f"{reports.HOSTILE} javascript:alert(1) https://a.b/'\"><b>", symbol=reports.HOSTILE,
    )  # fmt: skip
    section = dataclasses.replace(
        section, title=reports.HOSTILE, introduction=(f"*{reports.HOSTILE}*",),
        columns=(column, *section.columns[1:]),
    )  # fmt: skip
    report = dataclasses.replace(report, sections=(section, *report.sections[1:]))
    page = shown(report)
    assert page.inner_text("h1") == reports.HOSTILE
    assert names(page) == [reports.HOSTILE]
    assert page.title() == reports.HOSTILE
    assert page.locator("img").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    data = page.evaluate("JSON.parse(document.getElementById('report-data').textContent)")
    assert data["models"][0]["name"] == reports.HOSTILE


def test_the_script_unpacks_what_json_says(shown: Open) -> None:
    """Numbers, where each comes from, and what metrics need are those of the JSON."""
    mixed = reports.MIXTRAL | {"total_params": 46.7e9, "head_dim": 128}
    rows = [reports.row("A", mixed, "Models!3"), reports.row("B", {"num_experts": 8}, "Models!14")]
    report = reports.report_of(*rows, *(reports.row(f"C{at}", reports.QWEN3) for at in range(3)))
    expected = report_as_dict(report)
    page = shown(report)
    for key in ("inputs", "values", "provenance"):
        found = page.evaluate(f"report.models.map((model) => model.{key})")
        assert found == [model[key] for model in expected["models"]]
    needs = page.evaluate("Object.entries(report.metrics).map(([name, of]) => [name, of.needs])")
    assert dict(needs) == {name: of["needs"] for name, of in expected["metrics"].items()}


def test_body_never_scrolls_sideways(shown: Open) -> None:
    """Wide tables and formulas scroll in their own boxes."""
    page = shown(reports.usual_report())
    for width in (360, 768, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("nav.contents").is_visible() == (width >= 1152)
        assert page.locator(".drawing.narrow").first.is_visible() == (width == 360)


def test_header_and_names_stay_in_sight(shown: Open) -> None:
    """Within their scroller the header row and the first column are sticky."""
    page = shown(reports.many_models(60))
    page.evaluate("document.querySelector('#models .scroller').scrollTo(200, 600)")
    scroller = page.locator("#models .scroller").bounding_box()
    corner = page.locator(head(page, "name")).bounding_box()
    assert scroller is not None
    assert corner is not None
    assert corner["x"] == pytest.approx(scroller["x"], abs=1)
    assert corner["y"] == pytest.approx(scroller["y"], abs=1)


def test_findings_name_model_level_and_cell(shown: Open) -> None:
    """A finding says what, where and how far off; the doubted number leads to it."""
    page = shown(reports.usual_report(only=COUNTING))
    group = page.locator("#findings .group", has_text="DeepSeek-V2 (as tabled)")
    assert "Impossible" in group.inner_text()
    assert "Models!5" in group.inner_text()
    page.focus("#table-summary td a")
    page.keyboard.press("Enter")
    assert page.url.endswith(f"#{group.locator('li').first.get_attribute('id')}")


def test_no_findings_is_said_in_a_line(shown: Open) -> None:
    """Without findings the section is one sentence, and no row is flagged."""
    page = shown(reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL)))
    assert page.inner_text("#findings .none").startswith("No findings")
    assert page.locator(".flag").count() == 0


def test_failed_section_is_a_finding(shown: Open) -> None:
    """A section that failed is named with its package and the cause."""
    page = shown(reports.failed_report())
    text = page.inner_text("#findings")
    assert "Failed" in text
    assert "energy" in text
    assert "no module named 'watts'" in text
    assert "moe-energy" in text


def test_one_model_has_every_chart(shown: Open) -> None:
    """A report of one model speaks of it by name."""
    page = shown(reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL)))
    assert page.locator("figure.chart").count() == 7
    assert (
        page.inner_text("#chart-share h3") == "Mixtral 8x7B runs 27.6 % of its weights for a token"
    )
    assert "1 model" in page.inner_text(".facts")


def test_layer_without_totals_has_no_charts(shown: Open) -> None:
    """A lone layer shows its savings; a line says why there are no charts."""
    page = shown(reports.report_of(reports.row("A layer", reports.LAYER)))
    assert "99.8" in page.inner_text("#table-summary tbody")
    assert page.locator("figure.chart").count() == 0
    assert page.inner_text("#charts .none").startswith("No chart of size, flops, ledger, ")


def test_missing_sections_leave_charts_out(shown: Open) -> None:
    """Where a section was skipped its charts are left out, and that is said."""
    rows = (reports.row("Mixtral 8x7B", reports.MIXTRAL),)
    page = shown(reports.report_of(*rows, only=["parameter_efficiency"]))
    assert page.locator("#chart-flops").count() == 0
    assert page.locator("#chart-share").count() == 1
    assert page.inner_text("#charts .none") == (
        "No chart of size, ledger, flops, overhead, traffic or step: its section is not part of "
        "this report."
    )


def test_page_without_any_section(shown: Open) -> None:
    """With nothing computed the page still says what was read."""
    report = dataclasses.replace(
        reports.usual_report(), sections=(), assumptions=(), findings=(), charts=()
    )
    page = shown(report)
    assert page.locator("#filter").count() == 0
    assert page.locator("#table-input-table").count() == 1


def test_texts_have_contrast(shown: Open) -> None:
    """Colours of text keep 4.5:1 against the page, light and dark."""
    page = shown(reports.usual_report())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        colours = page.evaluate(
            """() => Object.fromEntries(["paper", "ink", "quiet", "link", "strong"].map((name) =>
              [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)]))"""
        )
        for name in ("ink", "quiet", "link", "strong"):
            assert contrast(colours[name], colours["paper"]) >= 4.5, (scheme, name)


def test_page_prints_on_landscape_pages(shown: Open) -> None:
    """Nothing is scrolled away on paper: no table or formula is wider than its page."""
    page = shown(reports.usual_report())
    page.set_viewport_size({"width": 1032, "height": 700})  # A4 landscape without its margins
    page.emulate_media(media="print")
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(item => item.checkVisibility())"
        ".filter(item => item.getBoundingClientRect().right > innerWidth + 1)"
        ".map(item => `${item.localName} ${item.className} ${item.textContent.slice(0, 30)}`)"
    )
    assert wide == []


def test_ids_are_unique_and_links_lead_somewhere(shown: Open) -> None:
    """No id is used twice; every link inside the page has its target."""
    few = reports.report_of(reports.row("A", reports.MIXTRAL), only=["parameter_ledger"])
    for report in (reports.failed_report(), few):
        check_links(shown(report))


def check_links(page: Page) -> None:
    """Fail if an id is used twice, or a link leads nowhere."""
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((item) => item.id)")
    assert len(ids) == len(set(ids))
    links = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.getAttribute('href'))"
    )
    assert {link[1:] for link in links} <= set(ids)


def test_only_web_addresses_are_linked(shown: Open) -> None:
    """Outside links are http or https, of sources and arXiv ids."""
    page = shown(reports.usual_report(only=COUNTING))
    links = page.evaluate("[...document.querySelectorAll('a')].map((a) => a.href)")
    outside = [link for link in links if not link.startswith("file:")]
    assert "https://arxiv.org/abs/2401.04088" in outside
    assert "https://arxiv.org/abs/1701.06538" in outside
    assert all(link.startswith(("https://", "http://")) for link in outside)


def test_own_templates_come_first(tmp_path: Path) -> None:
    """Style sheets in the user's folder replace ours, one by one, and the policy allows it."""
    (tmp_path / "report.css").write_text("body { color: teal }", encoding="utf-8")
    page = render(reports.usual_report(only=COUNTING), templates=[tmp_path]).decode()
    assert "<style>body { color: teal }\n.charts{" in page
    for name in STYLES:
        (tmp_path / name).write_text("/* mine */", encoding="utf-8")
    page = render(reports.usual_report(only=COUNTING), templates=[tmp_path]).decode()
    assert re.search(r"<style>(/\* mine \*/\n?){6}</style>", page)


def test_same_report_gives_the_same_bytes() -> None:
    """Rendering is a function of the report."""
    report = reports.usual_report()
    assert render(report) == render(report)


def test_assumption_set_by_the_user_is_told() -> None:
    """A value that is not the default says so."""
    from moe_report.compute.build import build_report
    from moe_report.table import ModelTable, Source

    table = ModelTable((reports.row("Mixtral 8x7B", reports.MIXTRAL),), Source("models.xlsx"))
    report = build_report(table, load(), assumptions={"context_length": 8192})
    told = {item.name: item.origin for item in page_of(report).assumptions}
    assert told["context_length"] == "set (default 4,096)"
    assert told["causal"] == "default"


def test_numbers_of_any_size_can_be_read() -> None:
    """Those that a row may have at most are written before a power of ten, and not aligned."""
    sizes = dict.fromkeys(
        ("hidden_size", "moe_intermediate_size", "vocab_size", "num_experts"), 9e15
    )
    huge = sizes | {"num_experts_per_tok": 2, "num_hidden_layers": 10_000, "num_attention_heads": 1}
    report = reports.report_of(
        reports.row("Huge", huge), reports.row("Mixtral 8x7B", reports.MIXTRAL)
    )
    table = page_of(report).summary
    assert table is not None
    cells = [cell for row in table.rows for cell in row.cells]
    assert "2.19e+40" in [cell.content for cell in cells]
    assert all(re.fullmatch(r"[\d,.]+(e[+−]\d\d)?( kB)?|–", cell.content) for cell in cells)
    assert not any("p6" in cell.css for cell in cells)
    assert b"Huge" in render(report)


def test_both_pages_say_what_their_titles_leave_out() -> None:
    """The calculator's page, too, which shows no findings."""
    report = reports.usual_report()
    said = [kind(report).count(b"The title leaves out") for kind in (render, render_calculator)]
    assert said[0] == said[1] > 0
