"""Experts, some of them several times, on devices: the balancing of DeepSeek's EPLB.

Hierarchical: groups of experts are packed onto nodes, so that a token that is sent to few groups
crosses few links; within each node the expert with most tokens a replica gets another one, as often
as there is room, and all replicas are packed onto its devices. Global: one group on one node.
Packing gives each item, heaviest first, to the lightest pack that has room. Described in the
README of DeepSeek's EPLB (2025) and in arXiv:2412.19437, section 3.4. All layers go at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moe_report.errors import InputError
from moe_report.routing.counts import Counts, Tokens

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Placement:
    """Where the experts of each layer are.

    Attributes:
        layers: The number of each layer in its model.
        experts: A row a layer: the expert in each slot; devices have equally many, in turn.
        devices: How many there are.
        num_experts: Experts of a layer, each in one slot or more.
    """

    layers: tuple[int, ...]
    experts: Indices
    devices: int
    num_experts: int

    @property
    def slots(self) -> int:
        """Experts of a layer on all devices together, replicas included."""
        return int(self.experts.shape[1])

    def device_loads(self, counts: Counts) -> Tokens:
        """Return the tokens of each device by layer, if replicas of an expert share its tokens."""
        rows = np.arange(len(self.layers))[:, None]
        replicas = np.zeros((len(self.layers), self.num_experts))
        np.add.at(replicas, (rows, self.experts), 1)
        shares = counts.tokens[rows, self.experts] / replicas[rows, self.experts]
        return np.asarray(shares.reshape(len(self.layers), self.devices, -1).sum(axis=-1))


def in_order(counts: Counts, devices: int) -> Placement:
    """Return the placement without replicas, experts in the order of their numbers."""
    experts = np.tile(np.arange(counts.num_experts), (len(counts.layers), 1))
    return Placement(counts.layers, experts, devices, counts.num_experts)


def balanced(
    counts: Counts, *, devices: int, slots: int, nodes: int = 1, groups: int = 1
) -> Placement:
    """Return a placement that evens out what devices get.

    Args:
        counts: Tokens of each expert.
        devices: How many share a layer's experts.
        slots: Experts that all devices hold together, replicas included.
        nodes: How many the devices are in; with as many groups or a multiple, each group stays
            within one.
        groups: Groups of experts of which a token is sent to few; 1 if there are none.

    Raises:
        InputError: Something does not divide; named with the numbers.
    """
    experts = counts.num_experts
    problems = [
        f"{many} {what} cannot be divided evenly over {over} {whom}"
        for many, what, over, whom in (
            (slots, "slots", devices, "devices"),
            (devices, "devices", nodes, "nodes"),
            (experts, "experts", groups, "groups"),
        )
        if many % over
    ]
    if slots < experts:
        problems.append(f"{slots} slots are fewer than the {experts} experts")
    if slots > experts * devices:
        problems.append(f"with {slots} slots a device would hold an expert twice")
    if problems:
        raise InputError(problems)
    if groups % nodes:  # then EPLB spreads over all devices alike
        nodes = groups = 1
    tokens = counts.tokens
    layers = len(counts.layers)
    by_node = _experts_of_nodes(tokens, nodes, groups)
    parts = np.take_along_axis(tokens, by_node.reshape(layers, -1), axis=1)
    parts = parts.reshape(layers * nodes, -1)
    copied, replicas = _replicated(parts, slots // nodes)
    shares = np.take_along_axis(parts / replicas, copied, axis=1)
    order = _packed(shares, devices // nodes)
    local = np.take_along_axis(copied, order, axis=1)
    chosen = np.take_along_axis(by_node.reshape(layers * nodes, -1), local, axis=1)
    found = Placement(counts.layers, chosen.reshape(layers, slots), devices, experts)
    return found if experts % devices else _not_worse(found, counts)


def _not_worse(found: Placement, counts: Counts) -> Placement:
    """A placement in which layers that are better off in order are in order.

    Packing is greedy, so that it can be beaten. Each device then repeats experts of its own.
    """
    own = np.arange(found.num_experts).reshape(found.devices, -1)
    room = found.slots // found.devices
    order = np.concatenate([np.resize(experts, room) for experts in own])
    before = in_order(counts, found.devices).device_loads(counts).max(axis=1)
    worse = found.device_loads(counts).max(axis=1) > before
    return replace(found, experts=np.where(worse[:, None], order, found.experts))


def _experts_of_nodes(tokens: Tokens, nodes: int, groups: int) -> Indices:
    """The experts of each node, by layer: those of the groups that are packed onto it."""
    layers, experts = tokens.shape
    size = experts // groups
    order = _packed(tokens.reshape(layers, groups, size).sum(axis=-1), nodes)
    experts_of = order[:, :, None] * size + np.arange(size)
    return np.asarray(experts_of.reshape(layers, nodes, -1))


def _replicated(tokens: Tokens, slots: int) -> tuple[Indices, Tokens]:
    """The expert of each slot, and how often each is there: the heaviest replica is split next."""
    rows, experts = tokens.shape
    chosen = np.empty((rows, slots), np.int64)
    chosen[:, :experts] = np.arange(experts)
    replicas = np.ones((rows, experts))
    each = np.arange(rows)
    for slot in range(experts, slots):
        heaviest = (tokens / replicas).argmax(axis=1)
        chosen[:, slot] = heaviest
        replicas[each, heaviest] += 1
    return chosen, replicas


def _packed(weights: Tokens, packs: int) -> Indices:
    """The items of each pack in turn: the heaviest first, each to the lightest that has room."""
    rows, items = weights.shape
    room = items // packs
    if room == 1:
        return np.tile(np.arange(items), (rows, 1))
    heaviest = np.argsort(-weights, axis=1, kind="stable")
    order: Indices = np.empty((rows, packs, room), np.int64)
    held, filled = np.zeros((rows, packs)), np.zeros((rows, packs), np.int64)
    each = np.arange(rows)
    for item in heaviest.T:
        pack = np.where(filled < room, held, np.inf).argmin(axis=1)
        order[each, pack, filled[each, pack]] = item
        held[each, pack] += weights[each, item]
        filled[each, pack] += 1
    return np.asarray(order.reshape(rows, -1))
