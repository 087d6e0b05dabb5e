"""The charts, as Chromium shows them, and the calculator's mark among their points."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page

from moe_report.display import show
from moe_report.renderers.html.charts.figures import figures
from moe_report.renderers.html.charts.labels import text_width
from moe_report.renderers.html.charts.shapes import Drawing
from moe_report.reports import Report
from tests import reports
from tests.browser import Open, contrast
from tests.conftest import not_installed
from tests.renderers.calculator import changed, fill
from tests.reports import ALPHABET, varied
from tests.sections import COUNTING

SMALLER = reports.MIXTRAL | {"num_hidden_layers": 16}
SIZES = {"wide": 1440, "narrow": 360}
FONTS = ("DejaVu Sans", "Liberation Sans", "Open Sans")  # as wide as any, as Arial, between them

# Labels outside of their drawing, on another label, or on a point, as they are laid out.
FAULTS = """() => [...document.querySelectorAll(".drawing")].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  if (!frame.width) return [];
  const boxes = [...svg.querySelectorAll("text")].map(
    (text) => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width);
  const points = [...svg.querySelectorAll(":scope:not([data-rows]) g.mark circle")].map(
    (point) => ["a point", point.getBoundingClientRect()]);
  const found = [];
  boxes.forEach(([text, box], at) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1 ||
        box.top < frame.top - 1 || box.bottom > frame.bottom + 1) found.push(`${text} outside`);
    for (const [other, b] of [...boxes.slice(at + 1), ...points])
      if (box.left < b.right - 1 && b.left < box.right - 1 &&
          box.top < b.bottom - 3 && b.top < box.bottom - 3)
        found.push(`${text} on ${other}`);
  });
  return found;
})"""
# The rest of the page, which is laid out anew with each font, moves no label.
CHARTS_ALONE = """() => {
  for (const it of document.querySelectorAll("main > section"))
    if (!it.querySelector("figure.chart")) it.hidden = true;
}"""


def pair() -> Report:
    """Mixtral, the model that the calculator begins with, and one of half its layers."""
    return reports.report_of(
        reports.row("Mixtral 8x7B", reports.MIXTRAL), reports.row("Half of it", SMALLER)
    )


def mark(page: Page, size: str = "wide") -> dict[str, Any]:
    """Where the calculator's mark is, whether it is seen, what stands beside it and its arrow."""
    found: dict[str, Any] = page.evaluate(
        """(size) => {
          const mark = document.querySelector(`#chart-flops .${size} .what-if`);
          const [x, y] = (mark.getAttribute("transform") || "").match(/-?[\\d.]+/g) || [];
          const seen = (one) => one.getAttribute("display") !== "none";
          const label = mark.querySelector("text");
          return {
            x: Number(x), y: Number(y), seen: seen(mark),
            arrow: seen(mark.querySelector(".beyond")),
            label: seen(label) ? label.textContent : "",
          };
        }""",
        size,
    )
    return found


def drawing(report: Report, size: str) -> Drawing:
    """The scatter of a report."""
    figure = next(figure for figure in figures(report) if figure.name == "flops")
    return figure.wide if size == "wide" else figure.narrow


def set_font(page: Page, family: str) -> None:
    """Set a page in a font, and make sure that it is this one that shows."""
    # Where it is not installed, what stands in for it differs.
    is_there = page.evaluate(
        """(family) => {
          const pen = document.createElement("canvas").getContext("2d");
          const [one, other] = ["monospace", "serif"].map((instead) => {
            pen.font = `40px "${family}", ${instead}`;
            return pen.measureText("mile and a half").width;
          });
          return one === other;
        }""",
        family,
    )
    if not is_there:
        not_installed(f"the font {family}")
    sheet = f'"*{{font-family: \\"{family}\\" !important}}"'
    page.evaluate(
        f"""() => {{
          const sheet = new CSSStyleSheet();
          sheet.replaceSync({sheet});
          document.adoptedStyleSheets = [sheet];
        }}"""
    )


@pytest.mark.parametrize(
    ("count", "longest", "letters"),
    [
        (1, 24, ALPHABET),
        (4, 24, ALPHABET),
        (12, 120, "Wm"),
        (12, 120, "型模数学"),
        (40, 24, ALPHABET),
        (400, 24, ALPHABET),
    ],
)
def test_no_text_outside_or_on_text(
    shown: Open,
    count: int,
    longest: int,
    letters: str,
) -> None:
    """In wide fonts and narrow ones, every label lies inside its drawing and on nothing."""
    page = shown(varied(count, longest=longest, alphabet=letters))
    page.evaluate(CHARTS_ALONE)
    assert page.locator("figure.chart:visible").count() == 7
    for family, width in product(FONTS, SIZES.values()):
        set_font(page, family)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(FAULTS) == [], (family, width)


def test_no_character_is_wider_than_reckoned(shown: Open) -> None:
    """A character of a label, as it is drawn, takes no more room than labels are given."""
    page = shown(pair())
    page.evaluate(CHARTS_ALONE)
    for family in FONTS:
        set_font(page, family)
        assert too_wide(page) == [], family


def too_wide(page: Page) -> list[tuple[str, float, float]]:
    """The characters that take more room than labels are given, with both."""
    characters = [*map(chr, range(0x21, 0x7F)), *"…–×·éßØЖЩλΩ模型数"]
    widths = page.evaluate(
        """(characters) => {
          const label = document.querySelector(".drawing .name text");
          return characters.map((one) => {
            label.textContent = one.repeat(10);
            return label.getComputedTextLength() / 10;
          });
        }""",
        characters,
    )
    assert min(widths) > 1
    reckoned = [text_width(one) for one in characters]
    return [
        (one, width, room)
        for one, width, room in zip(characters, widths, reckoned, strict=True)
        if width > room + 0.01
    ]


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_mark_stands_where_a_model_of_its_numbers_does(shown: Open, size: str) -> None:
    """It begins on the calculator's model; typing another's numbers moves it there at once."""
    report = pair()
    page = shown(report)
    page.set_viewport_size({"width": SIZES[size], "height": 900})
    points = {
        row[0]: point
        for row, point in zip(
            next(figure for figure in figures(report) if figure.name == "flops").rows,
            dict(drawing(report, size).points)["blue"],
            strict=True,
        )
    }
    first, other = points["Mixtral 8x7B"], points["Half of it"]
    now = mark(page, size)
    assert now["seen"]
    assert (now["x"], now["y"]) == pytest.approx((first.x, first.y), abs=0.11)
    assert now["label"] == ""
    fill(page, "num_hidden_layers", "16")
    now = mark(page, size)
    assert (now["x"], now["y"]) == pytest.approx((other.x, other.y), abs=0.11)
    assert not now["arrow"]


def test_the_mark_follows_what_the_engine_computes(shown: Open) -> None:
    """Between the models it stands where the engine's numbers of the changed row put it."""
    report = reports.usual_report(only=COUNTING)
    page = shown(report)
    for top_k in ("1", "4", "7"):
        fill(page, "num_experts_per_tok", top_k)
        values = changed(reports.MIXTRAL | {"num_experts_per_tok": float(top_k)})["values"]
        for size in SIZES:
            plot = drawing(report, size)
            assert plot.x is not None
            assert plot.y is not None
            now = mark(page, size)
            assert now["x"] == pytest.approx(plot.x.at(values["total_params"]), abs=0.11)
            assert now["y"] == pytest.approx(plot.y.at(values["forward_flops"]), abs=0.11)
        said = page.inner_text(".what-if-said")
        assert "Mixtral 8x7B (changed)" in said
        assert show(values["forward_flops"], "FLOP/token", "si") in said
    assert page.locator(".what-if-said").get_attribute("aria-live") is None
    assert page.locator("#charts [style]").count() == 0


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_mark_has_a_label_that_lies_on_nothing(shown: Open, size: str) -> None:
    """A changed model is labelled, by its name if one is typed, never on another label."""
    page = shown(reports.usual_report(only=COUNTING))
    page.set_viewport_size({"width": SIZES[size], "height": 900})
    labels = set()
    for layers in range(4, 120, 12):
        fill(page, "num_hidden_layers", str(layers))
        assert page.evaluate(FAULTS) == []
        labels.add(mark(page, size)["label"])
    assert "what-if" in labels
    assert labels <= {"what-if", ""}
    page.fill("#calculator-name", "<b>Mine</b>")
    assert mark(page, size)["label"] in ("<b>Mine</b>", "")
    assert page.inner_text(".what-if-said").strip().startswith("In the calculator: <b>Mine</b>, ")
    assert page.locator("#charts b").count() == 0


def test_the_mark_is_hidden_without_numbers(shown: Open) -> None:
    """With a blank calculator, or where a number is missing, neither mark nor sentence is there."""
    page = shown(reports.usual_report(only=COUNTING))
    page.click("[data-model='']")
    assert not mark(page)["seen"]
    assert not page.is_visible(".what-if-said")
    page.click("[data-model='OLMoE-1B-7B']")
    assert mark(page)["seen"]
    fill(page, "hidden_size", "")
    assert not mark(page)["seen"]
    assert not page.is_visible(".what-if-said")
    fill(page, "hidden_size", "2048")
    assert mark(page)["seen"]
    assert page.is_visible(".what-if-said")


@pytest.mark.parametrize(
    ("name", "text"),
    [("num_hidden_layers", "9000"), ("hidden_size", "2"), ("total_params", "9e15")],
)
def test_beyond_the_axes_the_mark_stays_inside(shown: Open, name: str, text: str) -> None:
    """It is held at the edge, an arrow points to where it would be, and the sentence says so."""
    report = reports.usual_report(only=COUNTING)
    page = shown(report)
    fill(page, name, text)
    for size, width in SIZES.items():
        page.set_viewport_size({"width": width, "height": 900})
        plot = drawing(report, size)
        assert plot.x is not None
        assert plot.y is not None
        now = mark(page, size)
        assert now["seen"]
        assert now["arrow"]
        assert plot.x.start < now["x"] < plot.x.end
        assert plot.y.end < now["y"] < plot.y.start
        inside = page.evaluate(
            """(size) => {
              const svg = document.querySelector(`#chart-flops .drawing.${size}`);
              const [frame, box] = [svg, svg.querySelector(".what-if .beyond")].map(
                (item) => item.getBoundingClientRect());
              return box.width > 0 && box.left >= frame.left && box.right <= frame.right &&
                box.top >= frame.top && box.bottom <= frame.bottom;
            }""",
            size,
        )
        assert inside
        assert "beyond these axes" in page.inner_text(".what-if-said")
    page.click("#calculator-reset")
    assert not mark(page)["arrow"]
    assert "beyond" not in page.inner_text(".what-if-said")


def test_the_mark_differs_by_shape(shown: Open) -> None:
    """Models are circles; the calculator's mark is a diamond, in sight in light and dark."""
    page = shown(reports.usual_report(only=COUNTING))
    shapes = "[...document.querySelectorAll('#chart-flops g.mark > *')].map((i) => i.localName)"
    assert set(page.evaluate(shapes)) == {"circle"}
    assert page.locator("#chart-flops .wide .what-if circle").count() == 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours = page.evaluate(
            """() => Object.fromEntries(["paper", "what-if", "black", "blue", "green", "grey",
              "orange"].map((name) =>
              [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)]))"""
        )
        for name in colours.keys() - {"paper"}:
            assert contrast(colours[name], colours["paper"]) >= 3, (scheme, name)


def test_a_resting_pointer_is_told_the_numbers(shown: Open) -> None:
    """Each point, and each row, has as its title the row of the table that it shows."""
    page = shown(reports.usual_report())
    for figure in page.locator("figure.chart").all():
        table = figure.locator(".data tbody tr")
        places = figure.locator(".drawing.wide[data-rows] .row").all()
        places = places or figure.locator(".drawing.wide .blue circle").all()
        assert len(places) == table.count()
        for place, row in zip(places, table.all(), strict=True):
            told = (place.locator("title").text_content() or "").split("\n")
            assert told[0] == row.locator("th").text_content()
            assert [line.partition(": ")[2] for line in told[1:]] == (
                row.locator("td").all_text_contents()
            )


def test_rows_cover_their_marks(shown: Open) -> None:
    """What a pointer rests on at a name, a mark or a number is the row of that model."""
    page = shown(reports.usual_report())
    for width in SIZES.values():
        page.set_viewport_size({"width": width, "height": 900})
        names = page.evaluate(
            """() => [...document.querySelectorAll(".drawing[data-rows] .name text")].filter(
              (text) => text.getBoundingClientRect().width).map((text) => {
                text.scrollIntoView({ block: "center" });
                const box = text.getBoundingClientRect();
                const at = document.elementFromPoint(box.left + box.width / 2, box.top + 6);
                return [text.textContent, at.querySelector("title").textContent.split("\\n")[0]];
              })"""
        )
        assert len(names) > 10
        assert all(name == told for name, told in names)


def test_each_chart_has_title_sentence_and_table(shown: Open) -> None:
    """A drawing is an image with a name and a description; its numbers are a table with headers."""
    page = shown(reports.usual_report())
    for figure in page.locator("figure.chart").all():
        svg = figure.locator(".drawing.wide")
        caption = svg.get_attribute("aria-describedby")
        assert svg.get_attribute("role") == "img"
        assert svg.get_attribute("aria-labelledby") == figure.locator("h3").get_attribute("id")
        assert len(page.inner_text(f"#{caption}")) > 60
        figure.locator("details").evaluate("(details) => { details.open = true; }")
        assert figure.get_by_role("columnheader").count() >= 3
        assert figure.get_by_role("rowheader").count() >= 3
