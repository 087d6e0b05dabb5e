"""Placements: those that EPLB's README gives, what holds of all, and the files of the engines."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from moe_report.errors import InputError
from moe_report.routing import imbalance
from moe_report.routing.counts import Counts, counted
from moe_report.routing.placement import balanced, in_order
from moe_report.routing.placement_files import sglang_json, tensorrt_llm_yaml

# The example in the README of DeepSeek's EPLB: two layers of twelve experts.
TOKENS = [
    [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
    [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
]
PLACED = [
    [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1],
    [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1],
]


def counts_of(rows: list[list[int]]) -> Counts:
    """Counts of layers from 0 on."""
    return counted(dict(enumerate(rows)), "counts")


def test_the_example_of_eplb() -> None:
    """Sixteen replicas in four groups on two nodes of four devices."""
    found = balanced(counts_of(TOKENS), devices=8, slots=16, nodes=2, groups=4)
    assert found.experts.tolist() == PLACED


@pytest.mark.parametrize(
    ("measure", "of_devices", "expected"),
    [
        (imbalance.max_over_mean, True, [1.20813, 1.24221]),
        (imbalance.max_over_mean, False, [2.12585, 2.04498]),
        (imbalance.variation, False, [0.58899, 0.68434]),
        (imbalance.normalised_entropy, False, [0.92425, 0.89582]),
        (imbalance.auxiliary_loss, False, [1.34691, 1.46832]),
    ],
)
def test_measures_of_the_example(measure: Any, of_devices: bool, expected: list[float]) -> None:
    """To five digits: of devices as placed, and of the experts before."""
    counts = counts_of(TOKENS)
    placed = balanced(counts, devices=8, slots=16, nodes=2, groups=4)
    loads = placed.device_loads(counts) if of_devices else counts.tokens
    assert measure(loads) == pytest.approx(expected, abs=5.1e-6)


def test_conventions_of_one_load() -> None:
    """3 and 1: the mean is 2, so 1.5, its inverse, and half as much too much."""
    loads = np.array([[3.0, 1.0]])
    assert imbalance.max_over_mean(loads) == 1.5
    assert imbalance.mean_over_max(loads) == 2 / 3
    assert imbalance.excess(loads) == 0.5


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_what_holds_of_every_placement(data: st.DataObject) -> None:
    """Every expert has a replica, tokens add up, groups stay on a node, and none fares worse."""
    nodes = data.draw(st.sampled_from([1, 2, 4]))
    devices = nodes * data.draw(st.integers(1, 4))
    groups = data.draw(st.sampled_from([1, nodes, 2 * nodes]))
    experts = math.lcm(devices, groups) * data.draw(st.integers(1, 3))
    slots = min(experts + devices * data.draw(st.integers(0, 3)), experts * devices)
    rows = data.draw(
        st.lists(
            st.lists(st.integers(0, 1000), min_size=experts, max_size=experts).filter(any),
            min_size=1, max_size=3,
        )
    )  # fmt: skip
    counts = counts_of(rows)
    found = balanced(counts, devices=devices, slots=slots, nodes=nodes, groups=groups)
    assert found.experts.shape == (len(rows), slots)
    for row in found.experts:
        assert {*row.tolist()} == {*range(experts)}
        if groups % nodes == 0:
            held = (row // (experts // groups)).reshape(nodes, -1)
            assert sum(len({*one.tolist()}) for one in held) == groups
    loads = found.device_loads(counts)
    assert loads.sum(axis=1) == pytest.approx(counts.tokens.sum(axis=1), rel=1e-12)
    before = in_order(counts, devices).device_loads(counts)
    assert (loads.max(axis=1) <= before.max(axis=1) * (1 + 1e-12)).all()


def test_a_layer_that_greed_makes_worse_stays_in_order() -> None:
    """Two devices have 6 tokens each; by the heaviest first they would have 7 and 5."""
    counts = counts_of([[2, 2, 2, 3, 3, 0]])
    assert balanced(counts, devices=2, slots=6).device_loads(counts).tolist() == [[6, 6]]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"devices": 5, "slots": 16}, "16 slots cannot be divided evenly over 5 devices"),
        ({"devices": 2, "slots": 26}, "with 26 slots a device would hold an expert twice"),
        ({"devices": 8, "slots": 8}, "8 slots are fewer than the 12 experts"),
        (
            {"devices": 8, "slots": 16, "nodes": 3},
            "8 devices cannot be divided evenly over 3 nodes",
        ),
        ({"devices": 8, "slots": 16, "groups": 5}, "12 experts cannot be divided evenly over 5 "),
    ],
)
def test_what_does_not_divide_is_refused(asked: dict[str, int], message: str) -> None:
    """With the numbers."""
    with pytest.raises(InputError, match=message):
        balanced(counts_of(TOKENS), **asked)


def test_sglang_reads_it() -> None:
    """As its ``compute_initial_expert_location_metadata``: a list for each layer of the model.

    Each is [layers, slots], by the layer's number, of which all experts must be somewhere.
    """
    counts = Counts((1, 3), np.array(TOKENS, float))
    placed = balanced(counts, devices=8, slots=16, nodes=2, groups=4)
    data = json.loads(sglang_json(placed, layers=5))
    assert [*data] == ["physical_to_logical_map"]
    table = np.array(data["physical_to_logical_map"])
    assert table.shape == (5, 16)
    assert (table[[1, 3]] == PLACED).all()
    for layer in table:
        assert {*layer.tolist()} == {*range(12)}


def test_tensorrt_llm_reads_it() -> None:
    """As the fields of its ``MoeLoadBalancerConfig``, by numbers of layers."""
    counts = Counts((3, 4), np.array(TOKENS, float))
    placed = balanced(counts, devices=8, slots=16, nodes=2, groups=4)
    data = yaml.safe_load(tensorrt_llm_yaml(placed))
    assert data == {
        "initial_global_assignments": {3: PLACED[0], 4: PLACED[1]},
        "num_slots": 16,
        "layer_updates_per_iter": 0,
    }
