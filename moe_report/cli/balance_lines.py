"""What ``moe-report balance`` prints: before and after, the curve, the most uneven layers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from moe_report.api.balance import Balance, worst_layers
from moe_report.cli.terminal import aligned
from moe_report.display import digits
from moe_report.routing.counts import Tokens
from moe_report.routing.imbalance import (
    auxiliary_loss,
    excess,
    max_over_mean,
    mean_over_max,
    normalised_entropy,
    variation,
)
from moe_report.text import counted

_GIB = 2**30
_WORST = 5  # layers that are named


def described(found: Balance) -> list[str]:
    """Return the lines."""
    counts, placement = found.counts, found.placement
    slots, each = placement.slots, placement.slots // placement.devices
    layers = counted(len(counts.layers), "layer")
    lines = [
        f"{counts.tokens.sum():,.0f} tokens of {counts.num_experts} experts in {layers},"
        f" on {counted(placement.devices, 'device')} with {each} each: {slots} in all",
        "",
        *_measures(found),
        "",
        *_curve(found),
        "",
        *_worst(found),
    ]
    return [line.rstrip() for line in lines]


def _measures(found: Balance) -> Iterator[str]:
    """The loads of devices in each of the conventions, before and after."""
    kinds = [("experts, each alone", found.counts.tokens)]
    if found.before is not None:
        kinds.append(("devices, experts in order", found.before))
    kinds.append(("devices, as placed", found.after))
    rows = [["of a layer, on average", "max/mean", "mean/max", "(max−mean)/mean", "worst max/mean"]]
    rows += [[words, *_in_conventions(loads)] for words, loads in kinds]
    yield from aligned(rows)

    tokens = found.counts.tokens
    spread = {
        "coefficient of variation": variation, "normalised entropy": normalised_entropy,
        "E·Σf² (1 is even)": auxiliary_loss,
    }  # fmt: skip
    told = [f"{words} {digits(float(of(tokens).mean()), 4)}" for words, of in spread.items()]
    yield f"experts: {', '.join(told)}; {int((tokens == 0).sum())} without tokens"


def _in_conventions(loads: Tokens) -> list[str]:
    uneven = max_over_mean(loads)
    numbers = uneven.mean(), mean_over_max(loads).mean(), excess(loads).mean(), uneven.max()
    return [digits(float(number), 4) for number in numbers]


def _curve(found: Balance) -> Iterator[str]:
    """What other numbers of replicas would do, and what they cost where the model is known."""
    rows = [["experts in all", "max/mean", "worst", ""]]
    if found.copied_bytes is not None:
        rows[0].insert(3, "copies, on a device")
    for step in found.curve:
        row = [f"{step.slots}", digits(step.mean, 4), digits(step.worst, 4)]
        if step.copied_bytes is not None:
            row.append(f"{digits(step.copied_bytes / _GIB)} GiB")
        rows.append([*row, "as asked" if step.slots == found.placement.slots else ""])
    yield from aligned(rows)


def _worst(found: Balance) -> Iterator[str]:
    """The layers that stay most uneven, with their hottest experts."""
    uneven = max_over_mean(found.after)
    for at in worst_layers(found.after, _WORST):
        tokens = found.counts.tokens[at]
        hottest = np.argsort(-tokens, kind="stable")[:3]
        named = ", ".join(f"{expert} ({tokens[expert] / tokens.sum():.1%})" for expert in hottest)
        ratio = digits(float(uneven[at]), 4)
        yield f"layer {found.counts.layers[at]}: max/mean {ratio}; hottest experts {named}"
