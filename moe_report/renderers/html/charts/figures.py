"""The charts of a report: which numbers they show, and the sentence that is their point.

Each chart is drawn twice, for a wide and for a narrow column, so that its text stays readable on a
phone. Models that lack a number are left out and named; of many models some are shown, spread
evenly over the order of the chart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TypeVar

from moe_report.display import digits, parameters, percent, scale, show
from moe_report.errors import first_of
from moe_report.renderers.html.charts.plots import (
    NARROW,
    WIDE,
    Series,
    overheads,
    pairs,
    slices,
    stacks,
)
from moe_report.renderers.html.charts.scatter import CROWD, scatter
from moe_report.renderers.html.charts.shapes import Drawing, spans_decades
from moe_report.reports import Column, Report
from moe_report.schema.components import COMPONENT_METRICS

_T = TypeVar("_T")
MOST_ROWS = 24
_LEDGER = (*COMPONENT_METRICS, "active_routed_expert_params")
_SHARES = ("router_param_share", "router_flop_share")
_MOVED = ("dispatch_bytes_per_token", "combine_bytes_per_token")


@dataclass(frozen=True)
class Key:
    """An entry of a chart's legend.

    Attributes:
        css: Class of the colour.
        shape: ``bar``, ``circle`` or ``diamond``.
        label: What it stands for.
    """

    css: str
    shape: str
    label: str


@dataclass(frozen=True)
class Figure:
    """A chart, with all that is written around it.

    Attributes:
        name: Its anchor on the page.
        title: Its point, a sentence.
        caption: How to read it, and what is left out.
        legend: What its marks stand for.
        wide: The drawing for a column of usual width.
        narrow: The drawing for a phone.
        header: Header of the table of its data, with units.
        rows: What it shows as numbers, a row a model, the name first.
    """

    name: str
    title: str
    caption: str
    legend: tuple[Key, ...]
    wide: Drawing
    narrow: Drawing
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Rows:
    """The models that have every number a chart needs; ``numbers`` are in the columns' order."""

    columns: tuple[Column, ...]
    names: tuple[str, ...]
    numbers: tuple[tuple[float, ...], ...]
    without: tuple[str, ...]
    doubted: frozenset[str]

    def sorted(self, key: Callable[[tuple[float, ...]], float]) -> _Rows:
        """Return them with the largest first."""
        places = range(len(self.names))
        return self._at(sorted(places, key=lambda at: key(self.numbers[at]), reverse=True))

    @property
    def trusted(self) -> _Rows:
        """Those that a title may speak of: a doubted number makes no point."""
        kept = [at for at, name in enumerate(self.names) if name not in self.doubted]
        return self._at(kept) if kept else self

    @property
    def shown(self) -> _Rows:
        """Those that have room in a chart of rows: of many, some from the first to the last."""
        rows = self.trusted if len(self.trusted.names) >= MOST_ROWS else self
        last = len(rows.names) - 1
        if len(self.names) <= MOST_ROWS:
            return self
        return rows._at([round(at * last / (MOST_ROWS - 1)) for at in range(MOST_ROWS)])

    def _at(self, places: Sequence[int]) -> _Rows:
        names = tuple(self.names[at] for at in places)
        return replace(self, names=names, numbers=tuple(self.numbers[at] for at in places))

    def table(self) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Return header and rows of the data: one unit a column, three digits."""
        header, columns = ["Model"], []
        for column, numbers in zip(self.columns, zip(*self.numbers, strict=True), strict=True):
            chosen = scale(column.unit, column.format, numbers)
            header.append(f"{column.label} ({chosen.sign})" if chosen.sign else column.label)
            texts = (show(number, column.unit, column.format, chosen) for number in numbers)
            columns.append([text.removesuffix(f" {chosen.sign}") for text in texts])
        return tuple(header), tuple(zip(self.names, *columns, strict=True))

    def figure(
        self,
        name: str,
        title: str,
        caption: str,
        legend: Sequence[Key],
        drawings: tuple[Drawing, Drawing],
        shown: _Rows,
        *,
        on_top: str = "",
        lacking: str = "for lack of numbers",
    ) -> Figure:
        """Return a chart of these rows, its caption completed by their order and what is left."""
        if on_top and len(self.names) > 1:
            caption = f"A model a row, the {on_top} on top. {caption}"
        if len(self.trusted.names) < len(self.names):
            caption += " The title leaves out the rows whose numbers the findings doubt."
        count, of = len(shown.names), len(self.names)
        if count < of:
            caption += f" Shown are {count} of {of:,} models, spread evenly over this order; "
            caption += "the tables of the sections have all."
        if self.without:
            caption += f" Left out {lacking}: {first_of(self.without, 4)}."
        return Figure(name, title, caption, tuple(legend), *drawings, *shown.table())


def figures(report: Report) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """Return the charts of a report, and sentences on those that cannot be drawn."""
    drawn: list[Figure] = []
    lacking: dict[str, list[str]] = {}
    assumed = {item.definition.name: item.value for item in report.assumptions}
    flops_per_param = assumed.get("flops_per_mac", 2.0)
    charts: tuple[tuple[str, Callable[[_Rows], Figure], tuple[str, ...], bool], ...] = (
        ("size", _sizes, ("total_params", "active_params"), True),
        ("efficiency", _shares, ("parameter_efficiency", "expert_utilisation"), False),
        (
            "FLOPs",
            lambda rows: _flops(rows, flops_per_param),
            ("total_params", "forward_flops", "dense_equivalent_flops"),
            True,
        ),
        ("the parameter ledger", _ledger, _LEDGER, False),
        ("routing overhead", _overhead, (*_SHARES, *_MOVED), True),
    )
    for what, draw, names, positive in charts:
        if any(name not in report.columns for name in names):
            lacking.setdefault("its section is not part of this report", []).append(what)
            continue
        rows = _complete(report, names, positive=positive)
        if rows.names:
            drawn.append(draw(rows))
        else:
            lacking.setdefault("no model has all the numbers that it needs", []).append(what)
    notes = (f"No chart of {_or(what)}: {why}." for why, what in lacking.items())
    return tuple(drawn), tuple(notes)


def _or(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _complete(report: Report, names: Sequence[str], *, positive: bool) -> _Rows:
    columns = tuple(report.columns[name] for name in names)
    kept, numbers, without = [], [], []
    for at, model in enumerate(report.models):
        values = [column.cells[at].value for column in columns]
        present = [value for value in values if value is not None]
        fits = len(present) == len(values) and min(present) >= 0 and max(present) > 0
        if not fits or (positive and min(present) == 0):
            without.append(model.name)
        else:
            kept.append(model.name)
            numbers.append(tuple(present))
    return _Rows(columns, tuple(kept), tuple(numbers), tuple(without), report.doubted)


def _sizes(rows: _Rows) -> Figure:
    rows = rows.sorted(lambda row: row[0])
    trusted, numbers = rows.trusted.names, rows.trusted.numbers
    (total, active), (least, least_active) = numbers[0], numbers[-1]
    if len(trusted) == 1:
        title = (
            f"{trusted[0]} holds {parameters(total)} parameters; "
            f"{parameters(active)} work on a token"
        )
    elif total < 1.05 * least:
        fewest, most = (pick(row[1] for row in numbers) for pick in (min, max))
        title = (
            f"{parameters(fewest)} to {parameters(most)} of about {parameters(total)} parameters "
            "work on a token"
        )
    else:
        title = (
            f"{trusted[0]} holds {digits(total / least)} times the parameters of {trusted[-1]}, "
            f"and runs {digits(active / least_active)} times as many for a token"
        )
    shown = rows.shown
    log = spans_decades([number for row in shown.numbers for number in row])
    caption = (
        "The axis is logarithmic: the longer the line between the two marks, the sparser the model."
        if log
        else "The inner bar is what a token's forward pass can touch."
    )
    series = (
        Series("total", "total", "total parameters"),
        Series("active", "active", "active for a token"),
    )
    shapes = ("circle", "diamond") if log else ("bar", "bar")
    unit = "parameters"
    drawings = _twice(
        lambda width: pairs(shown.names, shown.numbers, series, width, unit, unit, log=log)
    )
    legend, on_top = _keys(series, shapes), "largest model"
    return rows.figure("size", title, caption, legend, drawings, shown, on_top=on_top)


def _shares(rows: _Rows) -> Figure:
    rows = rows.sorted(lambda row: row[0])
    shares = sorted(row[0] for row in rows.trusted.numbers)
    middle = percent(shares[(len(shares) - 1) // 2])
    title = f"Half of these models run at most {middle} of their weights for a token"
    if len(shares) == 1:
        title = f"{rows.trusted.names[0]} runs {middle} of its weights for a token"
    caption = (
        "Efficiency is active over total parameters, utilisation the share of the routed experts "
        "that a token is sent to. What lies between the two is what every token uses."
    )
    series = (
        Series("active", "efficiency", "efficiency"),
        Series("routed", "utilisation", "expert utilisation"),
    )
    shown, said = rows.shown, "share of parameters, and of experts"
    drawings = _twice(
        lambda width: pairs(shown.names, shown.numbers, series, width, "ratio", said, log=False)
    )
    legend, on_top = _keys(series), "most efficient model"
    return rows.figure("share", title, caption, legend, drawings, shown, on_top=on_top)


def _flops(rows: _Rows, flops_per_param: float) -> Figure:
    rows = rows.sorted(lambda row: row[0])
    savings = sorted(dense / sparse for _, sparse, dense in rows.trusted.numbers)
    if len(savings) == 1:
        name = rows.trusted.names[0]
        title = f"Routing divides the FLOPs of a token of {name} by {digits(savings[0])}"
    else:
        title = (
            "Routing divides the FLOPs of a token by "
            f"{_range(digits(savings[0]), digits(savings[-1]))}, the median is "
            f"{digits(median(savings))}"
        )
    caption = (
        "Forward FLOPs of a token against size; the ring is the same model with every expert on. "
    )
    if len(rows.names) <= CROWD:
        caption += "The line between a model's two marks is what routing saves. "
    caption += (
        "Along a slanted line FLOPs a parameter are the same: on “dense” every parameter works "
        f"once for every token ({digits(flops_per_param, 1)} FLOP), on the others that share of "
        "them. What attention adds for the context puts a model higher."
    )
    (wide, left_off), (narrow, _) = _twice(
        lambda width: scatter(rows.names, rows.numbers, width, flops_per_param)
    )
    if left_off:
        found = "1 label found" if left_off == 1 else f"{left_off:,} labels found"
        caption += f" {found} no room; rest on a mark to see its name."
    legend = [
        Key("active", "circle", "as routed"),
        Key("dense-equivalent", "circle", "every expert on (dense equivalent)"),
    ]
    return rows.figure("flops", title, caption, legend, (wide, narrow), rows)


def _ledger(rows: _Rows) -> Figure:
    rows = rows.sorted(lambda row: row[-2] / sum(row[:-1]))
    numbers = rows.trusted.numbers
    shares = [row[-2] / sum(row[:-1]) for row in numbers]
    active = [row[-1] / (sum(row[:-2]) + row[-1]) for row in numbers]
    if len(shares) == 1:
        whose = f"of {rows.trusted.names[0]}, and {percent(active[0])} of those a token uses"
        title = f"Routed experts hold {percent(shares[0])} of the parameters {whose}"
    else:
        of_all, of_active = (_range(percent(min(s)), percent(max(s))) for s in (shares, active))
        title = (
            f"Routed experts hold {of_all} of the parameters, and {of_active} of those a token uses"
        )
    legend = [
        Key(css, "bar", label)
        for css, label, part in slices()
        if any(sum(row[part]) for row in rows.numbers)
    ]
    caption = (
        "The upper bar of a model is all of its parameters, the lower one those that a token uses; "
        "both add up to 100 %, in the order of the legend. The numbers are the routed experts' "
        "shares."
    )
    shown = rows.shown
    drawings = _twice(lambda width: stacks(shown.names, shown.numbers, width))
    on_top = "largest share of routed experts"
    return rows.figure("ledger", title, caption, legend, drawings, shown, on_top=on_top)


def _overhead(rows: _Rows) -> Figure:
    rows = rows.sorted(lambda row: row[1])
    most_params, most_flops = (max(row[at] for row in rows.trusted.numbers) for at in (0, 1))
    moved = sorted(row[2] + row[3] for row in rows.trusted.numbers)
    whose, do, most_of = "Routers hold", "do", "at most "
    if len(moved) == 1:
        whose, do, most_of = f"The router of {rows.trusted.names[0]} holds", "does", ""
    amount = _range(*(show(amount, "byte/token", "si") for amount in (moved[0], moved[-1])))
    title = (
        f"{whose} {most_of}{percent(most_params)} of the parameters and {do} "
        f"{most_of}{percent(most_flops)} of the FLOPs; what weighs is moving {amount} a token"
    )
    series = (
        Series("router-params", "of params", "router's share of parameters"),
        Series("router-flops", "of FLOPs", "router's share of FLOPs"),
    )
    legend = [*_keys(series), Key("moved", "bar", "bytes moved a token")]
    shown = rows.shown
    log = spans_decades([share for row in shown.numbers for share in row[:2]])
    caption = (
        "The bar behind a number is what a token sends to its experts and gets back in all "
        "layers, if each of them is on another device."
    )
    numbers = [(*row[:2], row[2] + row[3]) for row in shown.numbers]
    drawings = _twice(lambda width: overheads(shown.names, numbers, series, width, log=log))
    on_top, lacking = "largest share of FLOPs", "for lack of numbers or of a router"
    return rows.figure(
        "overhead", title, caption, legend, drawings, shown, on_top=on_top, lacking=lacking
    )


def _keys(
    series: tuple[Series, Series], shapes: Sequence[str] = ("circle", "diamond")
) -> list[Key]:
    return [Key(item.css, shape, item.label) for item, shape in zip(series, shapes, strict=True)]


def _range(least: str, most: str) -> str:
    return most if least == most else f"{least} to {most}"


def _twice(draw: Callable[[float], _T]) -> tuple[_T, _T]:
    return draw(WIDE), draw(NARROW)
