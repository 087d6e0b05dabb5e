"""The bubble with the exact number behind a cell: wholly seen wherever the cell is."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from moe_report.reports import Report
from tests import reports
from tests.browser import Open, contrast
from tests.sections import COUNTING

# Where the bubble is, and of a grid of its points those that are covered or out of the window.
SEEN = """() => {
  const bubble = document.getElementById("bubble");
  bubble.style.pointerEvents = "auto";
  const { left, right, top, bottom, width, height } = bubble.getBoundingClientRect();
  const covered = [];
  for (let i = 0; i <= 8; i += 1) {
    for (let j = 0; j <= 4; j += 1) {
      const [x, y] = [left + 1 + ((width - 2) * i) / 8, top + 1 + ((height - 2) * j) / 4];
      const first = document.elementFromPoint(x, y);
      if (first !== bubble && !(i % 8 === 0 && j % 4 === 0)) covered.push([x, y, first?.outerHTML]);
    }
  }
  const cell = document.activeElement.getBoundingClientRect();
  const beside = left <= cell.right && right >= cell.left;
  const apart = !beside || bottom < cell.top - 9 || top > cell.bottom + 9;
  return { hidden: bubble.hidden, text: bubble.textContent, covered, apart, width };
}"""


def long_report() -> Report:
    """Many rows with long names, and notes of several lines."""
    sized = {name: value for name, value in reports.MIXTRAL.items() if "published" not in name}
    rows = [
        reports.row(f"A model with a rather long name {at}", sized | {"hidden_size": 64 * (at + 1)})
        for at in range(40)
    ]
    return reports.report_of(*rows, reports.row("Layer", reports.LAYER), only=COUNTING)


# The bubble at each place that a table is scrolled to, but where it is hidden.
SCROLLED = f"""async (box, places) => {{
  const found = [];
  for (const at of places) {{
    box.scrollLeft = at;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    if (document.getElementById("bubble").checkVisibility()) found.push(({SEEN})());
  }}
  return found;
}}"""


def seen(page: Page) -> dict[str, Any]:
    """The bubble; fail unless all of it is in sight, beside its cell."""
    return check(page.evaluate(SEEN))


def check(found: dict[str, Any]) -> dict[str, Any]:
    """What was seen of a bubble; fail unless that was all of it, beside its cell."""
    assert not found["hidden"]
    assert found["covered"] == []
    assert not found["apart"]
    return found


@pytest.mark.parametrize("width", [360, 390, 1400])
def test_it_is_wholly_seen_at_every_place(shown: Open, width: int) -> None:
    """Of each corner of a table and the middle, scrolled there by the keyboard or by hand."""
    page = shown(long_report())
    page.set_viewport_size({"width": width, "height": 700})
    for table in ("summary", "section-parameter_ledger", "input-table"):
        box = page.locator(f".scroller:has(> #table-{table})")
        rows = page.locator(f"#table-{table} tbody tr")
        columns = rows.first.locator("td").count()
        for row in (0, 20, 39):
            for column in {0, 1, columns // 2, columns - 1}:
                cell = rows.nth(row).locator("td").nth(column)
                if cell.get_attribute("class") == "words" or cell.inner_text() == "":
                    continue
                cell.hover()
                cell.focus()
                assert seen(page)["text"] == cell.get_attribute("title")
        cell = rows.nth(1).locator("td").nth(min(2, columns - 1))
        cell.hover()
        cell.focus()
        most = box.evaluate("(box) => box.scrollWidth - box.clientWidth")
        places = list(range(0, int(most) + 1, 37))
        for found in box.evaluate(SCROLLED, places):
            check(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_in_light_and_dark(shown: Open, scheme: Any) -> None:
    """Ink and paper are far apart."""
    page = shown(long_report())
    page.emulate_media(color_scheme=scheme)
    cell = page.locator("#table-summary tbody td").first
    cell.hover()
    cell.focus()
    seen(page)
    ink, paper = page.locator("#bubble").evaluate(
        "(it) => [getComputedStyle(it).color, getComputedStyle(it).backgroundColor]"
    )
    assert (
        contrast(
            *(
                "".join(f"{int(part):02x}" for part in colour[4:-1].split(","))
                for colour in (ink, paper)
            )
        )
        > 7
    )


@pytest.mark.parametrize("width", [390, 1400])
def test_keys_go_from_cell_to_cell(shown: Open, width: int) -> None:
    """One stop of Tab a table; arrows, Home and End go on, and no cell hides below what sticks."""
    report = long_report()
    page = shown(report)
    page.set_viewport_size({"width": width, "height": 700})
    page.locator("#table-summary thead button").last.focus()
    page.keyboard.press("Tab")
    at = """(() => {
      const { parentNode: row, cellIndex } = document.activeElement;
      return [row.rowIndex, cellIndex];
    })()"""
    columns = len(report.headline)
    assert page.evaluate(at) == [1, 1]
    steps = [("ArrowRight", [1, 2]), ("End", [1, columns]), ("ArrowRight", [1, columns])]
    steps += [("ArrowDown", [row, columns]) for row in range(2, 30)]
    steps += [
        ("ArrowLeft", [29, columns - 1]),
        ("Home", [29, 1]),
        ("ArrowLeft", [29, 1]),
        ("ArrowUp", [28, 1]),
        *(("ArrowUp", [max(row, 1), 1]) for row in range(27, -3, -1)),
        *(("ArrowDown", [row, 1]) for row in range(2, 29)),
    ]
    for key, expected in steps:
        page.keyboard.press(key)
        assert page.evaluate(at) == expected
        assert seen(page)["text"]
        assert page.evaluate(
            """() => {
              const cell = document.activeElement;
              const { left, right, top, bottom } = cell.getBoundingClientRect();
              const at = (x, y) => cell.contains(document.elementFromPoint(x, y));
              return at(left + 3, top + 3) && at(right - 3, bottom - 3);
            }"""
        ), key
    page.keyboard.press("Escape")
    assert page.is_hidden("#bubble")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.closest('thead') !== null")
    page.fill("#filter", "name 3")
    page.locator("#table-summary thead button").last.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').innerText").startswith(
        "A model with a rather long name 30"
    )


def test_it_goes_with_its_cell_and_is_not_printed(shown: Open) -> None:
    """Without focus, out of sight or on paper there is none."""
    page = shown(long_report())
    cell = page.locator("#table-summary tbody td").first
    cell.hover()
    cell.focus()
    assert page.is_visible("#bubble")
    page.emulate_media(media="print")
    assert page.is_hidden("#bubble")
    page.emulate_media(media="screen")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator("#bubble").wait_for(state="hidden")
    page.evaluate("scrollTo(0, 0)")
    cell.scroll_into_view_if_needed()
    page.locator("#bubble").wait_for(state="visible")
    page.locator("#filter").focus()
    assert page.is_hidden("#bubble")


# What somebody who copies the selection gets; None for what the browser takes by itself.
COPIED = """() => {
  const clipboardData = new DataTransfer();
  const event = new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true });
  getSelection().anchorNode.parentElement.dispatchEvent(event);
  return event.defaultPrevented ? clipboardData.getData("text/plain") : null;
}"""
SELECT = """([from, to]) => {
  const [first, last] = [from, to].map((css) => document.querySelector(css));
  getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length);
}"""


def test_the_exact_number_is_what_is_copied(shown: Open) -> None:
    """Of one number, wherever it stands; of a part of a table as a spreadsheet takes it."""
    named = {"=1+1": reports.MIXTRAL | {"num_experts_per_tok": 9}, "OLMoE": reports.OLMOE}
    report = reports.report_of(*(reports.row(*one) for one in named.items()))
    page = shown(report)
    total, active = (report.columns[name].cells for name in ("total_params", "active_params"))
    numbers = [f"{cell.value:.0f}" for cell in (*total, *active)]
    row = "#table-summary tbody tr"
    page.dblclick(f"{row}:nth-child(2) td:nth-child(2)")
    assert page.evaluate(COPIED) == numbers[1]
    page.dblclick("#comparison [data-row=total_params] td:nth-child(3) > span")
    assert page.evaluate(COPIED) == numbers[1]
    page.evaluate(SELECT, [".headline [data-headline=total_params]"] * 2)
    assert page.evaluate(COPIED) == numbers[0]
    page.evaluate(SELECT, [f"{row}:nth-child(1) td:nth-child(3)"] * 2)  # with a mark behind it
    assert page.evaluate(COPIED) == numbers[2]
    page.evaluate(SELECT, ["#table-summary thead th", f"{row}:nth-child(2) td:nth-child(3)"])
    lines = [line.split("\t") for line in page.evaluate(COPIED).split("\n")]
    assert lines[0][:2] == ["Model", "Total parameters (parameters)"]
    assert lines[1][:3] == ["'=1+1", numbers[0], numbers[2]]
    assert lines[2] == ["OLMoE", numbers[1], numbers[3], *[""] * (len(report.headline) - 2)]
    page.evaluate(SELECT, ["#comparison thead th", "#comparison [data-row=total_params] td"])
    assert page.evaluate(COPIED).split("\n")[-1] == f"Total parameters\t{numbers[0]}\t"


def test_what_is_no_whole_number_is_copied_as_it_is(shown: Open) -> None:
    """A part of its digits, a name, a sentence, what is more than a table."""
    page = shown(reports.usual_report())
    cell = "#table-summary tbody td"
    for from_to in (["#table-summary tbody th"] * 2, ["h1"] * 2, ["h1", cell], [cell, ".legend"]):
        page.evaluate(SELECT, from_to)
        assert page.evaluate(COPIED) is None, from_to
    page.evaluate(
        f"getSelection().setBaseAndExtent(...[0, 2].flatMap((at) =>"
        f" [document.querySelector('{cell}').firstChild, at]))"
    )
    assert page.evaluate(COPIED) is None
