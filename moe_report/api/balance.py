"""Counts of routing to a placement of experts: what it evens out, and what memory it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moe_report.api.fit_models import models_of
from moe_report.compute.evaluate import evaluate_table
from moe_report.errors import InputError, Problem
from moe_report.load.routing_file import read_counts
from moe_report.routing.counts import Counts, Tokens, last_layer, of_model, with_tokens
from moe_report.routing.imbalance import max_over_mean
from moe_report.routing.placement import Placement, balanced, in_order
from moe_report.schema.registry import installed
from moe_report.text import counted

_MOST_STEPS, _MOST_PLACED = 16, 40_000  # points of the curve, and experts placed for it


@dataclass(frozen=True)
class Asked:
    """What is asked.

    Attributes:
        source: The file of counts, and perhaps a model of it behind a colon.
        devices: How many share the experts of a layer.
        nodes: How many they are in.
        groups: Groups of experts that stay on a node.
        slots: Experts on all devices together; 0: as few as hold each expert.
        model: What the counts are of: a config, a checkpoint, an example; empty if nobody says.
    """

    source: str
    devices: int
    nodes: int = 1
    groups: int = 1
    slots: int = 0
    model: str = ""


@dataclass(frozen=True)
class Step:
    """One point of the curve: what so many slots even out.

    Attributes:
        slots: Experts on all devices together.
        worst: The largest load of a device over the mean one, in the layer where that is most.
        mean: The same, on average over the layers.
        copied_bytes: Bytes that the replicas take on each device; None where nobody knows.
    """

    slots: int
    worst: float
    mean: float
    copied_bytes: float | None


@dataclass(frozen=True)
class Balance:
    """What came out.

    Attributes:
        counts: What was read.
        placement: Where experts and replicas go.
        after: Tokens of each device by layer.
        before: The same without replicas, experts in order; None where devices cannot share the
            experts evenly.
        curve: What fewer and more replicas would do.
        copied_bytes: Bytes that the replicas take on each device; None where nobody knows.
        layers: All layers of the model, dense ones among them.
        notes: Sentences on what was assumed.
    """

    counts: Counts
    placement: Placement
    after: Tokens
    before: Tokens | None
    curve: tuple[Step, ...]
    copied_bytes: float | None
    layers: int
    notes: tuple[str, ...] = ()


def balance(asked: Asked) -> Balance:
    """Place experts so that devices share the counted tokens as evenly as EPLB does.

    Raises:
        InputError: The counts or the model cannot be read, do not match, or do not divide.
    """
    counts, expert_bytes, layers = _of_model(asked.model, read_counts(asked.source), asked.source)
    counts = with_tokens(counts)
    notes = [*counts.notes]
    if counts.rows and not asked.model:
        numbered = "rows have no numbers of layers and are taken as layers 0, 1 and so on"
        notes.append(f"{numbered}; --model knows which have experts")
    at_least = asked.devices * -(-counts.num_experts // asked.devices)
    slots = asked.slots or at_least
    if not asked.slots and slots > counts.num_experts:
        devices = counted(asked.devices, "device")
        notes.append(f"{counts.num_experts} experts do not divide over {devices}: {slots} in all")
    if asked.nodes > 1 and asked.groups % asked.nodes:
        groups = counted(asked.groups, "group")
        message = f"cannot be divided over {asked.nodes} nodes: experts go over all devices alike"
        notes.append(f"{groups} {message}")

    def placed(slots: int) -> Placement:
        return balanced(
            counts, devices=asked.devices, slots=slots, nodes=asked.nodes, groups=asked.groups
        )

    def bytes_of(slots: int) -> float | None:
        more = slots - counts.num_experts
        return None if expert_bytes is None else expert_bytes * more / asked.devices

    placement = placed(slots)
    curve = []
    for one in _steps(counts, asked, at_least, slots):
        uneven = max_over_mean(placed(one).device_loads(counts))
        curve.append(Step(one, float(uneven.max()), float(uneven.mean()), bytes_of(one)))
    divides = counts.num_experts % asked.devices == 0
    before = in_order(counts, asked.devices).device_loads(counts) if divides else None
    after = placement.device_loads(counts)
    return Balance(
        counts, placement, after, before, tuple(curve), bytes_of(slots), layers, tuple(notes)
    )


def _steps(counts: Counts, asked: Asked, at_least: int, slots: int) -> Sequence[int]:
    """Numbers of slots of the curve: from none more, in even steps, past what is asked."""
    most = max(slots, min(2 * counts.num_experts, at_least + 8 * asked.devices))
    all_ = range(at_least, most + 1, asked.devices)
    points = max(2, min(_MOST_STEPS, _MOST_PLACED // most))
    chosen = {*all_[:: -(-len(all_) // points)], slots}
    return sorted(chosen)


def _of_model(source: str, counts: Counts, where: str) -> tuple[Counts, float | None, int]:
    """Counts by the layers of the model, bytes of an expert in all layers, and layers of all.

    Raises:
        InputError: It cannot be read, or the counts are not of it.
    """
    if not source:
        return of_model(counts, {}, where), None, last_layer(counts)
    registry = installed()
    table = models_of([source], (), registry, None).table
    if len(table.rows) != 1:
        raise InputError([Problem(source, f"has {len(table.rows)} models, expected one")])
    planner = next((one.planner for one in registry.sections if one.planner), None)
    defaults = {name: item.default for name, item in registry.assumptions.items()}
    found = evaluate_table(table, registry, defaults)
    sizes = {column.name: column.cells[0].value for column in found.fields}
    counts = of_model(counts, sizes, where)
    name = planner.experts if planner else ""
    whole = found.metrics[name].cells[0].value if name else None
    layers = int(sizes["num_hidden_layers"] or last_layer(counts))
    return counts, None if whole is None else whole / counts.num_experts, layers


def worst_layers(loads: Tokens, most: int) -> Sequence[int]:
    """Return the places of the layers whose devices differ most, worst first."""
    return [int(at) for at in np.argsort(-max_over_mean(loads), kind="stable")[:most]]
