"""The geometry of the charts: where marks, lines, bars and labels lie."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest

from moe_report.compute.build import build_report
from moe_report.display import show
from moe_report.renderers.html.charts import figures
from moe_report.renderers.html.charts import shapes as charts
from moe_report.renderers.html.charts.labels import overlap, place_labels, room_of, tick_labels
from moe_report.renderers.html.charts.plots import Drawn, Unit
from moe_report.renderers.html.charts.points import Plane, fractions_of, guide_lines, scatter
from moe_report.renderers.html.charts.shapes import Axis, Box, Drawing, axis
from moe_report.renderers.html.render import render
from moe_report.reports import Report
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Source
from tests import reports
from tests.reports import varied


def drawings(report: Report) -> Iterator[tuple[str, Drawing]]:
    """Every drawing of a report with the name of its chart."""
    for figure in figures.figures(report):
        yield f"{figure.name}, wide", figure.wide
        yield f"{figure.name}, narrow", figure.narrow


def chart(report: Report, name: str) -> figures.Figure:
    """One chart of a report."""
    return next(figure for figure in figures.figures(report) if figure.name == name)


def faults(report: Report) -> list[str]:
    """Labels that leave their drawing, lie on another one, or on a point."""
    found = []
    for name, drawing in drawings(report):
        frame = Box(-0.5, 0, drawing.width + 1, drawing.height)
        rooms = [(text, room_of(text)) for text in drawing.texts]
        found += [f"{name}: {t.text} outside" for t, room in rooms if not room.within(frame)]
        found += [
            f"{name}: {one.text} on {other.text}"
            for (one, room), (other, taken) in combinations(rooms, 2)
            if overlap(room, taken)
        ]
        points = [Box(m.x - m.radius, m.y - m.radius, 2 * m.radius, 2 * m.radius)
                  for m in drawing.marks if not drawing.rows]  # fmt: skip
        found += [
            f"{name}: {text.text} on a point"
            for text, room in rooms
            if any(overlap(room, point) for point in points)
        ]
    return found


@pytest.mark.parametrize("count", [1, 4, 40, 400])
def test_labels_lie_inside_and_apart(count: int) -> None:
    """With one model or hundreds, no label leaves the drawing or lies on another or a point."""
    report = varied(count)
    assert len(figures.figures(report)) == 7
    assert faults(report) == []


@pytest.mark.parametrize("seed", range(30))
def test_labels_of_any_models_lie_inside_and_apart(seed: int) -> None:
    """The same for models of all shapes and names of up to 120 letters, narrow, wide and double."""
    draw = random.Random(seed)
    assert faults(varied(draw.randint(1, 30), seed, draw.choice((0, 12, 40, 120)))) == []


@pytest.mark.parametrize("seed", range(40))
def test_labels_of_any_numbers_lie_inside_and_apart(seed: int) -> None:
    """The same for typed numbers from one parameter to a thousand trillions, and tiny shares."""
    draw = random.Random(seed)
    low, high = sorted((draw.uniform(0, 15), draw.uniform(0, 15)))
    rows = []
    for at in range(draw.choice((1, 2, 7, 30))):
        total = 10 ** draw.uniform(low, high)
        active = total * 10 ** -draw.uniform(0, 5)
        numbers = {
            "num_experts": 64, "num_experts_per_tok": 1,
            "total_params": total, "active_params": active,
            "forward_flops": active * draw.uniform(1, 6),
            "dense_equivalent_flops": total * draw.uniform(1, 6),
            "router_param_share": 10 ** -draw.uniform(0, 7),
            "router_flop_share": 10 ** -draw.uniform(0, 7),
            "dispatch_bytes_per_token": 10 ** draw.uniform(0, 10),
            "combine_bytes_per_token": 10 ** draw.uniform(0, 10),
        }  # fmt: skip
        rows.append(reports.row(f"{at} {'mW' * draw.randint(0, 30)}", numbers))
    report = reports.report_of(*rows)
    assert len(figures.figures(report)) == 5
    assert faults(report) == []


def number(scale: Axis, position: float) -> float:
    """The number at a position of a logarithmic axis."""
    share = (position - scale.start) / (scale.end - scale.start)
    return float(scale.low * (scale.high / scale.low) ** share)


@pytest.mark.parametrize("slope", [2.0, 1.0])
@pytest.mark.parametrize("width", [540.0, 340.0])
def test_guide_lines_lie_where_they_say(slope: float, width: float) -> None:
    """Both ends of a line are at its slope, and its label says which fraction it is."""
    x = axis([1e9, 2e12], 60, width - 54, log=True)
    y = axis([1e9, 4e12], 400, 30, log=True)
    slopes = fractions_of("dense", slope, [(20e9, slope * 1e9)])
    lines = guide_lines(x, y, slopes, width)
    assert [line.slope / slope for line in lines] == [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]
    for line in lines:
        for at, high in ((line.segment.x1, line.segment.y1), (line.segment.x2, line.segment.y2)):
            assert number(y, high) / number(x, at) == pytest.approx(line.slope, rel=1e-3)
            assert x.start <= at <= x.end
            assert y.end <= high <= y.start
        assert line.label is not None
        words = "dense" if line.slope == slope else f"1/{round(slope / line.slope)}"
        assert line.label.text == words
        end = abs(line.label.x - line.segment.x2) + abs(line.label.y - line.segment.y2)
        assert end < 15


def test_fractions_reach_down_to_the_lowest_point() -> None:
    """At most six lines, of which the lowest lies at or below the lowest point."""
    for lowest in (1.4, 1.0, 0.3, 1 / 33, 1 / 900, 1 / 2000):
        slopes = fractions_of("dense", 2, [(1e9, 1e12), (1e9, 2e9 * lowest)])
        assert len(slopes) == 6
        assert slopes[-1][1] <= 2 * lowest
        assert slopes[0] == ("dense", 2)


def test_a_dense_model_lies_on_the_dense_line() -> None:
    """What does two FLOPs a parameter stands where the line called dense runs."""
    numbers = [(1e9, 2e9, 2e9), (7e10, 14e10, 14e10), (4e11, 1e10, 8e11)]
    series = (Drawn("blue", "as routed", "as routed"), Drawn("grey", "dense", "dense"))
    plane = Plane(Unit("parameters", "si", "x"), Unit("FLOP/token", "si", "y"), True, True)
    names = ["a", "b", "c"]
    drawing, left_off = scatter(names, numbers, series, 540.0, plane, [("dense", 2.0)])
    assert left_off == 0
    line = next(item for item in drawing.segments if item.css == "iso whole")
    rise = (line.y2 - line.y1) / (line.x2 - line.x1)
    active = [mark for mark in drawing.marks if mark.css == "blue"]
    for mark in active[:2]:
        assert mark.y == pytest.approx(line.y1 + rise * (mark.x - line.x1), abs=0.1)
    assert active[2].y > line.y1 + rise * (active[2].x - line.x1) + 20


def test_flops_of_a_multiply_accumulate_move_the_lines() -> None:
    """Where one multiply-accumulate is one FLOP, the dense line is that of one FLOP."""
    table = ModelTable((reports.row("Mixtral 8x7B", reports.MIXTRAL),), Source("models.xlsx"))
    report = build_report(table, load(), assumptions={"flops_per_mac": 1})
    figure = chart(report, "flops")
    drawing = figure.wide
    line = next(item for item in drawing.segments if item.css == "iso whole")
    assert drawing.x is not None
    assert drawing.y is not None
    ratio = number(drawing.y, line.y2) / number(drawing.x, line.x2)
    assert ratio == pytest.approx(1, rel=1e-3)
    assert "(1 FLOP)" in figure.caption


def test_points_are_in_the_order_of_the_table() -> None:
    """The marks of a class follow the rows, so that a script can tell whose they are."""
    report = varied(30)
    figure = chart(report, "flops")
    total, flops = (report.columns[name] for name in ("total_params", "forward_flops"))
    places = {model.name: at for at, model in enumerate(report.models)}
    for drawing in (figure.wide, figure.narrow):
        marks = dict(drawing.points)["blue"]
        assert len(marks) == len(figure.rows) == 30
        assert drawing.x is not None
        assert drawing.y is not None
        for mark, row in zip(marks, figure.rows, strict=True):
            size, cost = (column.cells[places[row[0]]].value for column in (total, flops))
            assert size is not None
            assert cost is not None
            assert mark.x == drawing.x.at(size)
            assert mark.y == drawing.y.at(cost)


def test_of_many_models_some_are_shown_and_that_is_said() -> None:
    """Charts of rows show models from the largest to the smallest; the scatter has all."""
    report = varied(400)
    sizes = [cell.value or 0 for cell in report.columns["total_params"].cells]
    figure = chart(report, "size")
    assert len(figure.rows) == figures.MOST_ROWS
    assert f"Shown are {figures.MOST_ROWS} of 400 models, spread evenly" in figure.caption
    shown = [row[0] for row in figure.rows]
    of = {model.name: size for model, size in zip(report.models, sizes, strict=True)}
    doubted = {finding.model for finding in report.findings}
    trusted = sorted((size for name, size in of.items() if name not in doubted), reverse=True)
    assert [of[name] for name in shown] == sorted((of[name] for name in shown), reverse=True)
    assert of[shown[0]] == trusted[0]
    assert of[shown[-1]] == trusted[-1]
    flops = chart(report, "flops")
    assert len(flops.rows) == 400
    assert re.search(r"\d+ labels found no room; rest on a mark", flops.caption)
    assert not any(segment.css == "span" for segment in flops.wide.segments)


def test_few_models_are_all_shown() -> None:
    """Up to two dozen rows nothing is left out, and nothing said of it."""
    for figure in figures.figures(varied(figures.MOST_ROWS)):
        assert len(figure.rows) == figures.MOST_ROWS
        assert "Shown are" not in figure.caption


def test_overhead_shows_shares() -> None:
    """The numbers are the metrics', the scale of the axis is said, the largest is in the title."""
    report = reports.usual_report()
    figure = chart(report, "overhead")
    names = ("router_param_share", "router_flop_share")
    columns = [report.columns[name] for name in names]
    texts = [text.text for text in figure.wide.texts]
    for row in figure.rows:
        at = next(i for i, model in enumerate(report.models) if model.name == row[0])
        for column in columns:
            assert show(column.cells[at].value, "ratio", "percent") in texts
    assert "share of the model, logarithmic scale" in texts
    most = show(max(cell.value or 0 for cell in columns[1].cells), "ratio", "percent")
    assert most in figure.title


def test_bars_of_amounts_are_as_long_as_them() -> None:
    """A bar of what a token moves is as long as its bytes, which stand beside it."""
    report = reports.usual_report()
    figure = chart(report, "traffic")
    names = ("dispatch_bytes_per_token", "combine_bytes_per_token")
    (drawn,) = (one for one in report.charts if one.drawn.name == "traffic")
    moved = [
        sum(report.columns[name].cells[at].value or 0 for name in names) for at in drawn.models
    ]
    assert moved == sorted(moved, reverse=True)
    sent = [box for box in figure.wide.boxes if box.css == "blue"]
    back = [box for box in figure.wide.boxes if box.css == "silver"]
    texts = [text.text for text in figure.wide.texts]
    lengths = [end.x + end.width - start.x for start, end in zip(sent, back, strict=True)]
    for amount, length in zip(moved, lengths, strict=True):
        assert length / lengths[0] == pytest.approx(amount / moved[0], rel=0.02)
        assert show(amount, "byte/token", "si") in texts


def test_models_without_a_router_are_left_out_by_name() -> None:
    """A dense model has no routing overhead; the caption says so."""
    dense = {key: value for key, value in reports.OLMOE.items() if "experts" not in key}
    report = reports.report_of(
        reports.row("Mixtral 8x7B", reports.MIXTRAL), reports.row("A dense model", dense)
    )
    figure = chart(report, "overhead")
    assert [row[0] for row in figure.rows] == ["Mixtral 8x7B"]
    assert "Left out for lack of numbers above 0: A dense model." in figure.caption


def test_stacked_bars_add_up() -> None:
    """The parts of a bar follow one another from 0 to 100 %, each as long as its share."""
    report = varied(6)
    figure = chart(report, "ledger")
    drawing = figure.wide
    by_bar: dict[float, list[Box]] = {}
    for box in drawing.boxes:
        by_bar.setdefault(box.y, []).append(box)
    assert len(by_bar) == 12
    ordered = [sorted(parts, key=lambda part: part.x) for parts in by_bar.values()]
    ends = [parts[-1].x + parts[-1].width for parts in ordered]
    assert len({parts[0].x for parts in ordered}) == 1
    assert max(ends) - min(ends) <= 1
    for parts in ordered:
        for one, other in pairwise(parts):
            assert 0 <= other.x - one.x - one.width <= 1.2


def test_paths_say_the_same_as_the_shapes() -> None:
    """A path of bars has each box's corner and size; one of lines each segment's ends."""
    drawing = Drawing(
        100, 50,
        segments=(charts.Segment(0, 5, 10, 5, "a"), charts.Segment(1, 2, 3.14, 4, "b"),
                  charts.Segment(7, 0, 7, 9.96, "a")),
        boxes=(Box(1.26, 2, 3, 4, "c"), Box(4.26, 2, 3, 4, "d")),
    )  # fmt: skip
    assert [(path.css, path.d) for path in drawing.lines] == [
        ("a", "M0 5H10M7 0V10"), ("b", "M1 2L3.1 4"),
    ]  # fmt: skip
    assert [(path.css, path.d) for path in drawing.bars] == [
        ("c", "M1.3 2h3v4h-3z"), ("d", "M4.3 2h3v4h-3z"),
    ]  # fmt: skip


def test_labels_of_ticks_do_not_touch() -> None:
    """Where ticks are close, every second or third label is left out; none leaves the drawing."""
    for count in range(1, 30):
        ticks = [(at * 200 / count, f"{10**at}") for at in range(count)]
        kept = [room_of(text) for text in tick_labels(ticks, 20, 0, 220)]
        assert kept
        assert not any(overlap(one, other) for one, other in combinations(kept, 2))
        assert all(room.within(Box(-0.01, 0, 220.02, 40)) for room in kept)


def test_labels_that_find_no_room_are_left_out() -> None:
    """Labels of points in one place never overlap; those past the room are None."""
    frame = Box(0, 0, 120, 40)
    labels = place_labels([(60, 20, "a label")] * 30, [Box(54, 14, 12, 12)], [], frame)
    assert any(label is None for label in labels)
    assert any(label is not None for label in labels)


def test_axes_hold_all_numbers() -> None:
    """Every number lies on its axis, between the ends, and ticks lie there too."""
    draw = random.Random(3)
    for _ in range(300):
        log = draw.random() < 0.5
        numbers = [10 ** draw.uniform(-6, 14) for _ in range(draw.randint(1, 9))]
        made = axis(numbers, 10, 300, log=log)
        assert all(10 <= made.at(number) <= 300 for number in (*numbers, *made.ticks))
        assert 1 <= len(made.ticks) <= 7
        assert all(math.isfinite(tick) for tick in made.ticks)


@pytest.mark.parametrize(("count", "most"), [(20, 70_000), (400, 250_000)])
def test_charts_take_few_bytes(count: int, most: int) -> None:
    """All charts of a page, with captions and data tables, stay small."""
    page = render(varied(count)).decode()
    section = page[page.index('<section id="charts"') :]
    assert len(section[: section.index("</section>")].encode()) < most


TURNING = (
    "\u202edne",
    "\u202bdne",
    "a\u2069\u202eb",
    "\u2067a\u202eb",
    "\u202e\u2066a",
    "מודל 7",
    "نموذج",
)


@pytest.mark.parametrize("name", TURNING)
def test_a_name_turns_nothing_but_itself(name: str) -> None:
    """In titles, captions and sentences it stands within marks that end what it begins."""
    report = reports.report_of(
        reports.row(name, reports.MIXTRAL), reports.row("OLMoE", reports.OLMOE),
        reports.row(f"{name} 2", {"num_experts": 8, "num_experts_per_tok": 2}),
    )  # fmt: skip
    texts = [text for figure in figures.figures(report) for text in (figure.title, figure.caption)]
    texts += [point.here for point in report.help.points]
    bare = name.translate(dict.fromkeys(range(0x2066, 0x206A)))
    assert sum(f"\u2068{bare}" in text for text in texts) > 2
    for text in texts:
        rest = re.sub("\u2068[^\u2066-\u2069]*\u2069", "", text)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u0590-\u06ff]", rest), ascii(text)
