"""A page of very many models: it has the ones that matter, and says where the others are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from moe_report.compute.kinds import only
from moe_report.display import show
from moe_report.renderers.html.charts import plots
from moe_report.renderers.html.charts.figures import Figure, Key, twice
from moe_report.renderers.html.charts.plots import Drawn, Unit
from moe_report.reports import Column, Report
from moe_report.text import counted

MOST_MODELS = 500
_BARS = 12


def capped(report: Report) -> tuple[Report, str, Figure | None]:
    """Return the models that a page shows, what it says of the others, and a chart of all.

    Beyond the most that a page has room for, those stay that come first by the metric that the
    report is sorted by, or else by the first of its headline: the largest, unless less is better.
    """
    models = len(report.models)
    by = report.columns.get(report.sort) or next(iter(report.headline), None)
    places: Sequence[int] = range(models)
    if by is not None and (report.sort or models > MOST_MODELS):
        sizes = by.cells.values if by.better == "lower" else -by.cells.values
        places = np.argsort(sizes, kind="stable").tolist()  # what is missing comes last
    if models <= MOST_MODELS:
        return only(report, places), "", None
    shown = only(report, places[:MOST_MODELS])
    size = "first" if by is None else "smallest" if by.better == "lower" else "largest"
    about = f" by {by.label}" if by else ""
    said = (
        f"This page has the {MOST_MODELS} {size} of {models:,} models{about}. Titles of charts and "
        "the reading help speak of all, which the report has as a workbook, JSON, CSV or Parquet."
    )
    return shown, said, None if by is None else _distribution(by)


def _distribution(column: Column) -> Figure | None:
    """How many models there are of each size, all of them counted."""
    values = column.cells.values[~np.isnan(column.cells.values)]
    if len(values) < 2 or values.min() == values.max():
        return None
    low, high = float(values.min()), float(values.max())
    log = low > 0 and high / low >= 10
    ends = np.geomspace(low, high, _BARS + 1) if log else np.linspace(low, high, _BARS + 1)
    ends[0], ends[-1] = low, high  # to the last bit
    counts, _ = np.histogram(values, ends)
    texts = [show(float(end), column.unit, column.format) for end in ends]
    names = [f"{least} to {most}" for least, most in pairwise(texts)]
    series = [Drawn("sky", "models", "models")]
    unit = Unit("models", "integer", "models")
    numbers = [(float(count),) for count in counts]
    wide, narrow = twice(lambda width: plots.rows(names, numbers, series, width, unit, log=False))
    missing = len(column.cells) - len(values)
    without = f" {counted(missing, 'model')} without this number are not counted." * bool(missing)
    return Figure(
        name="distribution",
        title=f"{column.label} of all {len(column.cells):,} models",
        caption=f"How many models there are of each size.{without}",
        legend=(Key("sky", "bar", "models"),),
        wide=wide,
        narrow=narrow,
        header=(column.label, "models"),
        rows=tuple((name, f"{count:,}") for name, count in zip(names, counts, strict=True)),
        leads=True,
    )
