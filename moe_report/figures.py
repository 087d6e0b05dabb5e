"""The charts of a report: which numbers they show, and the sentence that is their point.

Each chart is drawn twice, for a wide and for a narrow column, so that its text stays readable on a
phone. Models that lack a number are left out and named; of many models the first are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from moe_report.charts import Drawing, spans_decades
from moe_report.display import digits, exact, show
from moe_report.plots import COMPONENTS, NARROW, WIDE, Series, pairs, scatter, slices, stacks
from moe_report.report import Column, Report

MOST_ROWS = 24
_LEDGER = tuple(name for _, _, names in COMPONENTS for name in names)


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
        header: Header of the table of its data.
        rows: Its data, a row a model, the name first.
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
        order = sorted(range(len(self.names)), key=lambda at: key(self.numbers[at]), reverse=True)
        names, numbers = ([rows[at] for at in order] for rows in (self.names, self.numbers))
        return replace(self, names=tuple(names), numbers=tuple(numbers))  # type: ignore[arg-type]

    @property
    def trusted(self) -> _Rows:
        """Those that a title may speak of: a doubted number makes no point."""
        kept = [at for at, name in enumerate(self.names) if name not in self.doubted]
        if not kept:
            return self
        names, numbers = ([rows[at] for at in kept] for rows in (self.names, self.numbers))
        return replace(self, names=tuple(names), numbers=tuple(numbers))  # type: ignore[arg-type]

    def figure(
        self,
        name: str,
        title: str,
        caption: str,
        legend: Sequence[Key],
        draw: Callable[[float], Drawing],
        shown: int,
    ) -> Figure:
        """Return a chart of these rows, its caption completed by what is not shown."""
        if len(self.trusted.names) < len(self.names):
            caption += " The title leaves out the rows whose numbers the findings doubt."
        if shown < len(self.names):
            caption += f" Shown are the first {shown} of {len(self.names)} models."
        if self.without:
            listed = ", ".join(self.without[:4])
            more = f" and {len(self.without) - 4} more" if len(self.without) > 4 else ""
            caption += f" Left out for lack of numbers: {listed}{more}."
        return Figure(
            name,
            title,
            caption,
            tuple(legend),
            draw(WIDE),
            draw(NARROW),
            ("Model", *(f"{column.label} ({column.unit})" for column in self.columns)),
            tuple(
                (model, *(exact(number) for number in numbers))
                for model, numbers in zip(self.names, self.numbers, strict=True)
            ),
        )


def figures(report: Report) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """Return the charts of a report, and sentences on those that cannot be drawn."""
    drawn: list[Figure] = []
    lacking: dict[str, list[str]] = {}
    for what, draw, names in (
        ("size", _sizes, ("total_params", "active_params")),
        ("efficiency", _shares, ("parameter_efficiency", "expert_utilisation")),
        ("FLOPs", _flops, ("total_params", "forward_flops", "dense_equivalent_flops")),
        ("the parameter ledger", _ledger, (*_LEDGER, "active_routed_expert_params")),
    ):
        if any(name not in report.columns for name in names):
            lacking.setdefault("its section is not part of this report", []).append(what)
            continue
        rows = _complete(report, names, positive=draw in (_sizes, _flops))
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
    metrics = {column.name for column in report.metrics}
    doubted = frozenset(found.model for found in report.findings if found.column in metrics)
    return _Rows(columns, tuple(kept), tuple(numbers), tuple(without), doubted)


def _sizes(rows: _Rows) -> Figure:
    rows = rows.sorted(lambda row: row[0])
    trusted, numbers = rows.trusted.names, rows.trusted.numbers
    (total, active), (least, least_active) = numbers[0], numbers[-1]
    if len(trusted) == 1:
        title = f"{trusted[0]} holds {_size(total)} parameters; {_size(active)} work on a token"
    elif total < 1.05 * least:
        fewest, most = (pick(row[1] for row in numbers) for pick in (min, max))
        title = (
            f"{_size(fewest)} to {_size(most)} of about {_size(total)} parameters work on a token"
        )
    else:
        title = (
            f"{trusted[0]} holds {digits(total / least)} times the parameters of {trusted[-1]}, "
            f"and runs {digits(active / least_active)} times as many for a token"
        )
    shown = rows.numbers[:MOST_ROWS]
    log = spans_decades([number for row in shown for number in row])
    caption = "A model a row, the largest on top. " + (
        "The axis is logarithmic: the longer the line between the two marks, the sparser the model."
        if log
        else "The inner bar is what a token's forward pass can touch."
    )
    series = (
        Series("total", "total", "total parameters"),
        Series("active", "active", "active for a token"),
    )
    legend = [
        Key(item.css, shape if log else "bar", item.label)
        for item, shape in zip(series, ("circle", "diamond"), strict=True)
    ]
    names = rows.names[:MOST_ROWS]

    def draw(width: float) -> Drawing:
        return pairs(names, shown, series, width, "parameters", "parameters", log=log)

    return rows.figure("size", title, caption, legend, draw, len(shown))


def _shares(rows: _Rows) -> Figure:
    rows = rows.sorted(lambda row: row[0])
    shares = sorted(row[0] for row in rows.trusted.numbers)
    middle = _percent(shares[(len(shares) - 1) // 2])
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
    legend = [
        Key(item.css, shape, item.label)
        for item, shape in zip(series, ("circle", "diamond"), strict=True)
    ]
    names, shown = rows.names[:MOST_ROWS], rows.numbers[:MOST_ROWS]

    def draw(width: float) -> Drawing:
        said = "share of parameters, and of experts"
        return pairs(names, shown, series, width, "ratio", said, log=False)

    return rows.figure("share", title, caption, legend, draw, len(shown))


def _flops(rows: _Rows) -> Figure:
    rows = rows.sorted(lambda row: row[0])
    savings = sorted(dense / sparse for _, sparse, dense in rows.trusted.numbers)
    if len(savings) == 1:
        name = rows.trusted.names[0]
        title = f"Routing divides the FLOPs of a token of {name} by {digits(savings[0])}"
    else:
        title = (
            f"Routing divides the FLOPs of a token by {digits(savings[0])} to "
            f"{digits(savings[-1])}, the median is {digits(median(savings))}"
        )
    caption = (
        "Forward FLOPs of a token against size. The line between a model's two marks is what "
        "routing saves; the ring is the same model with every expert on."
    )
    left_off = scatter(rows.names, rows.numbers, WIDE)[1]
    if left_off:
        found = "1 label found" if left_off == 1 else f"{left_off} labels found"
        caption += f" {found} no room; rest on a mark to see its name."
    legend = [
        Key("active", "circle", "as routed"),
        Key("dense-equivalent", "circle", "every expert on (dense equivalent)"),
    ]
    return rows.figure(
        "flops", title, caption, legend,
        lambda width: scatter(rows.names, rows.numbers, width)[0],
        len(rows.names),
    )  # fmt: skip


def _ledger(rows: _Rows) -> Figure:
    rows = rows.sorted(lambda row: row[-2] / sum(row[:-1]))
    numbers = rows.trusted.numbers
    shares = [row[-2] / sum(row[:-1]) for row in numbers]
    active = [row[-1] / (sum(row[:-2]) + row[-1]) for row in numbers]
    if len(shares) == 1:
        whose = f"of {rows.trusted.names[0]}, and {_percent(active[0])} of those a token uses"
        title = f"Routed experts hold {_percent(shares[0])} of the parameters {whose}"
    else:
        of_all, of_active = (f"{_percent(min(s))} to {_percent(max(s))}" for s in (shares, active))
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
    shown = rows.numbers[:MOST_ROWS]
    return rows.figure(
        "ledger", title, caption, legend,
        lambda width: stacks(rows.names[:MOST_ROWS], shown, width),
        len(shown),
    )  # fmt: skip


def _size(number: float) -> str:
    return show(number, "parameters", "si")


def _percent(share: float) -> str:
    return show(share, "ratio", "percent")
