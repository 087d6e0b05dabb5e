"""Tokens of every expert of every layer as a picture: a row a layer, a column an expert."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from moe_report.display import show
from moe_report.formula.lines import BREAK, pieces
from moe_report.renderers.html.page import PageHeatmap, PageLayerMetric
from moe_report.renderers.html.rich_text import cited, rich
from moe_report.renderers.shades import shaded
from moe_report.reports import LayerColumn, Report
from moe_report.routing.counts import Counts
from moe_report.text import listed

_HOTTEST = 5
_ALMOST_ALL, _LEAST_MOST = 0.995, 2.0  # one expert alone does not make all others pale
_WIDTH, _HEIGHT, _LARGEST = 640, 480, 12  # of a picture and of an expert in it, in pixels


def layer_metric_of(report: Report, column: LayerColumn) -> PageLayerMetric:
    """Return the definition of a metric of layers as the page shows it."""
    return PageLayerMetric(
        column.label,
        _unit(column),
        column.name,
        Markup(BREAK.join(pieces(column.expr, report.symbols, column.symbol))),
        rich(column.description),
        cited(column.source),
    )


def _unit(column: LayerColumn) -> str:
    return "" if column.unit == "ratio" else column.unit


def heatmaps_of(report: Report) -> tuple[PageHeatmap, ...]:
    """Return the pictures of the models whose tokens were counted."""
    return tuple(_heatmap(report, name) for name in report.routing)


def _heatmap(report: Report, name: str) -> PageHeatmap:
    counts = report.routing[name]
    tokens = counts.tokens
    layers, experts = tokens.shape
    scale = max(1, min(_WIDTH // experts, _HEIGHT // layers, _LARGEST))
    means = tokens.mean(axis=1, keepdims=True)
    shares = tokens / np.where(means == 0, 1, means)
    most = max(float(np.quantile(shares, _ALMOST_ALL)), _LEAST_MOST)
    alt = f"{layers} layers with {experts} experts each; the busiest got {shares.max():.2f} times "
    return PageHeatmap(
        name=name,
        caption=(
            f"The darkest have {most:.1f} times the mean or more, white ones none. Most have "
            f"{_hottest(counts, shares)}."
        ),
        in_order=shaded(shares, most),
        by_tokens=shaded(-np.sort(-shares, axis=1), most),
        alt=f"{alt}the mean of its layer.",
        width=experts * scale,
        height=layers * scale,
        head=tuple((one.label, _unit(one)) for one in report.layers),
        rows=tuple(
            (
                str(layer),
                *(show(one.values[name][at], one.unit, one.format) for one in report.layers),
            )
            for at, layer in enumerate(counts.layers)
        ),
    )


def _hottest(counts: Counts, shares: NDArray[np.float64]) -> str:
    order = np.argsort(-shares, axis=None, kind="stable")[:_HOTTEST]
    named = (
        f"expert {expert} of layer {counts.layers[layer]} ({shares[layer, expert]:.2f}×)"
        for layer, expert in (divmod(int(one), shares.shape[1]) for one in order)
    )
    return listed(list(named))
