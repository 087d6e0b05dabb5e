"""The built-in planner: that its layout is the one that is counted, and that it names what is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moe_report.formula.operations import evaluate
from moe_report.load.examples import published_models
from moe_report.schema.planner import DEVICES
from moe_report.schema.registry import installed
from moe_report.table import ModelTable, Row, Source
from moe_report_metrics.fit import (
    PLANNER,
    device_bytes,
    device_cache_bytes,
    device_expert_bytes,
    device_other_weight_bytes,
    devices_needed,
    fits_device,
    fitting_context,
)
from moe_report_metrics.weight_memory import routed_expert_weight_bytes

# What sections that are not written yet bring.
EXPECTED = {
    "cpu_moe_layers_needed", "offloaded_device_bytes", "cpu_expert_bytes", "offload_tokens_per_s",
    "decode_tokens_per_s", "estimated_decode_tokens_per_s_low", "prefill_tokens_per_s",
    "estimated_decode_tokens_per_s_high", "time_to_first_token", "cost_per_mtoken_out",
    "cost_per_mtoken_in", "device_price", "offload_fits", "cpu_moe_layers",
}  # fmt: skip


def test_it_names_what_is() -> None:
    """A misspelt name would be left out without a word."""
    all_ = installed()
    known = {*all_.metrics, *all_.fields, *all_.assumptions, *all_.presets}
    parts = {part.name for part in PLANNER.parts}
    assert {*PLANNER.columns, *PLANNER.assumed, *parts} - known <= EXPECTED


def layout(devices: int, heads: float) -> dict[str, float]:
    """The assumptions of some devices, for a model of some heads."""
    values = {DEVICES: float(devices), "num_attention_heads": heads, "num_key_value_heads": np.nan}
    return {name: float(evaluate(expr, values)) for name, expr in PLANNER.layout.items()}


@pytest.mark.parametrize(
    ("devices", "heads", "tensor", "stages"),
    [
        (1, 64, 1, 1), (2, 64, 2, 1), (4, 64, 4, 1), (8, 64, 8, 1), (16, 64, 8, 2),
        (24, 64, 8, 3), (12, 64, 4, 3), (3, 64, 1, 3), (8, 28, 4, 2), (12, 28, 4, 3),
        (8, 6, 2, 4), (2, 7, 1, 2), (1, np.nan, 1, 1),
    ],
)  # fmt: skip
def test_devices_are_spread(devices: int, heads: float, tensor: int, stages: int) -> None:
    """Over a node's tensor parallelism, as far as heads and devices divide; the rest are stages."""
    found = layout(devices, heads)
    assert (found["tensor_parallel"], found["pipeline_parallel"]) == (tensor, stages)


@example("DeepSeek-V3", None, 80e9, 300)
@example("DeepSeek-V3", 4, 370740327357.0, 2)  # the layers fit on one stage, not with both ends
@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([row.name for row in published_models(installed())][:-1]),
    heads=st.sampled_from([None, 4, 6, 12, 28, 40, 64]),
    memory=st.floats(6e9, 4e11),
    batch=st.integers(1, 64),
)
def test_needed_devices_hold_it_as_they_are_spread(
    name: str, heads: int | None, memory: float, batch: int
) -> None:
    """The number that is needed fits in the layout of that many, and no group of 1, 2 or 4 less."""
    (row,) = (one for one in published_models(installed()) if one.name == name)
    values = {name: one.value for name, one in row.numbers.items()}
    values |= {"num_attention_heads": heads} if heads else {}
    values |= {"device_memory": memory, "num_sequences": batch, "context_length": 8192}
    needed = devices_needed.of(**values)
    if np.isnan(needed):
        return
    spread_out = values | layout(int(needed), values["num_attention_heads"])
    spread_out["device_memory"] *= 1 + 1e-6  # as far as floor takes a number for a whole one
    assert fits_device.of(**spread_out) == 1
    for fewer in (one for one in (1, 2, 4) if one < needed):
        if layout(fewer, values["num_attention_heads"])["pipeline_parallel"] == 1:
            assert fits_device.of(**values, **layout(fewer, values["num_attention_heads"])) == 0


@pytest.mark.parametrize("devices", [1, 4, 16])
def test_parts_of_a_device_are_all_of_it(devices: int) -> None:
    """Routed experts, other weights, cache and activations, of every published model with all."""
    for row in ModelTable(published_models(installed()), Source("x")).rows[:-1]:
        values = numbers_of(row) | layout(devices, numbers_of(row)["num_attention_heads"])
        parts = (device_expert_bytes, device_other_weight_bytes, device_cache_bytes)
        whole = sum(part.of(**values) for part in parts) + 1e9
        assert whole == pytest.approx(device_bytes.of(**values), rel=1e-12)


def numbers_of(row: Row) -> dict[str, float]:
    """The numbers of a row, by name."""
    return {name: one.value for name, one in row.numbers.items()}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"vocab_size": np.nan}, "the weights are not known"),
        ({"kv_values_per_token": np.nan}, "the cache is not known"),
        ({"device_memory": np.nan}, "the device is not known"),
        ({"kv_values_per_token": 0.0}, "the cache does not grow"),
    ],
)
def test_the_longest_context_is_missing_rather_than_none(
    changed: dict[str, float], why: str
) -> None:
    """Zero tokens would say that a model does not fit at all."""
    (row,) = (one for one in published_models(installed()) if one.name == "Mixtral-8x7B")
    values = numbers_of(row) | {"tensor_parallel": 2.0}
    assert fitting_context.of(**values) > 0
    assert np.isnan(fitting_context.of(**values | changed)), why


def test_an_h200_has_gib() -> None:
    """AIConfigurator's h200_sxm.yaml, 151397597184 bytes; nvidia-smi shows 143771 MiB of them."""
    (h200,) = (one for one in installed().presets["device"].presets if one.name == "H200")
    assert h200.values["device_memory"] == 151_397_597_184


PLACES = {"kv_values_per_token", "window_kv_values_per_token", "chunk_kv_values_per_token"}


@example("Mixtral-8x7B", "window", 4096, 2, 1, 0)  # every layer has a window
@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from([row.name for row in published_models(installed())][:-1]),
    where=st.sampled_from(["as it is", "window", "chunk", "half"]),
    reach=st.sampled_from([64, 4096, 1_000_000]),
    devices=st.sampled_from([1, 2, 8]),
    batch=st.sampled_from([1, 7, 300]),
    in_full=st.sampled_from([0, 1]),
)
def test_the_longest_context_is_the_last_that_fits(
    name: str, where: str, reach: int, devices: int, batch: int, in_full: int
) -> None:
    """As many tokens fit and one more does not, wherever the layers have windows or chunks."""
    (row,) = (one for one in published_models(installed()) if one.name == name)
    values = numbers_of(row)
    held = 131_072.0
    if where != "as it is":
        values |= dict.fromkeys(PLACES, 0.0) | {"sliding_window": float(reach)}
        values |= {"attention_chunk_size": float(reach)} if where == "chunk" else {}
        if where == "half":
            values |= {"kv_values_per_token": held / 2, "window_kv_values_per_token": held / 2}
        else:
            values[f"{where}_kv_values_per_token"] = held
    values |= layout(devices, values["num_attention_heads"])
    values |= {"num_sequences": batch, "allocate_in_full": in_full, "device_memory": 2e11}

    def fits(context: float) -> bool:
        return bool(fits_device.of(**values, context_length=context) == 1)

    longest = fitting_context.of(**values)
    if np.isnan(longest):  # something is not known, or any length fits
        assert np.isnan(fits_device.of(**values, context_length=1.0)) or fits(1e15)
        return
    assert longest == 0 or fits(longest)
    assert not fits(longest + 1)


@pytest.mark.parametrize(("stages", "layers"), [(1, 58), (2, 31), (12, 6), (20, 4), (61, 1)])
def test_a_stage_behind_dense_layers_holds_experts_in_each_of_its_layers(
    stages: int, layers: int
) -> None:
    """Of DeepSeek-V3's 61 layers the first 3 are dense: a stage of 6 has the experts of 6."""
    (row,) = (one for one in published_models(installed()) if one.name == "DeepSeek-V3")
    values = numbers_of(row) | {"pipeline_parallel": stages}
    whole = routed_expert_weight_bytes.of(**numbers_of(row))
    assert device_expert_bytes.of(**values) == pytest.approx(whole * layers / 58, rel=1e-12)
