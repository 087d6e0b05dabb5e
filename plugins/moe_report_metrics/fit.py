"""Fit.

Whether a model fits into devices, what fills them, and how many it takes. Engines spread some
devices as they do it here: those of a node share every layer, as far as they divide the heads, and
nodes are pipeline stages.
"""

from moe_report import Doubt, Model, check, doubt, metric, planner, where
from moe_report_metrics.sharding import (
    MEGATRON,
    NODE,
    Parallelism,
    _divides,
    _fullest,
    device_bytes,
    device_cache_bytes,
    device_weight_bytes,
    devices_by_memory,
    devices_needed,
    expert_devices,
    fits,
    max_batch,
    max_context,
    num_devices,
    usable_bytes,
)
from moe_report_metrics.weight_memory import routed_expert_weight_bytes

ORDER = 48


@metric(symbol="M_r,dev", unit="byte", source=MEGATRON, label="Routed experts on a device",
        better="lower")  # fmt: skip
def device_expert_bytes(m: Model, p: Parallelism) -> float:
    """Bytes of the routed experts that the fullest device holds."""
    share = _fullest(m, p.pipeline_parallel) / expert_devices(m)
    return routed_expert_weight_bytes(m) * share


@metric(symbol="M_o,dev", unit="byte", source=MEGATRON, label="Other weights on a device",
        better="lower")  # fmt: skip
def device_other_weight_bytes(m: Model) -> float:
    """Bytes of all other weights of the fullest device, which every token reads."""
    return device_weight_bytes(m) - device_expert_bytes(m)


@metric(symbol="N_stage", unit="devices", source=MEGATRON, label="Devices of a stage",
        format="integer")  # fmt: skip
def stage_devices(m: Model, p: Parallelism) -> float:
    """Devices that hold a pipeline stage: tensor times data parallelism."""
    return p.tensor_parallel * p.data_parallel


@check("impossible", about=num_devices)
def experts_on_more_devices(m: Model) -> Doubt:
    """Experts are spread over no more devices than a stage has."""
    experts, stage = expert_devices(m), stage_devices(m)
    return doubt(experts > stage, "a stage has {} devices, its experts are on {}", stage, experts)


@check("impossible", about=num_devices)
def stages_without_layers(m: Model) -> Doubt:
    """Each pipeline stage has a layer."""
    stages, layers = num_devices(m) / stage_devices(m), m.num_hidden_layers
    return doubt(stages > layers, "there are {} stages, and {} layers", stages, layers)


def spread(m: Model, devices: float) -> dict[str, float]:
    """How engines spread some devices, as they are counted in ``devices_needed``."""

    def share_layers(some: int) -> bool:
        return _divides(m.num_attention_heads, some) & _divides(devices, some)

    fours = where(share_layers(4), 4, where(share_layers(2), 2, 1))
    group = where(devices == 1, 1, where(share_layers(NODE), NODE, fours))
    return {
        "tensor_parallel": group,
        "pipeline_parallel": devices / group,
        "data_parallel": 1,
        "expert_parallel": 0,
        "expert_tensor_parallel": 1,
    }


PLANNER = planner(
    asked={
        "device": ("device", "Device"),
        "precision": ("precision", "Weights"),
        "cache": ("cache", "Cache"),
        "context": ("context_length", "Context"),
        "batch": ("batch_size", "Sequences at once"),
        "tp": ("tensor_parallel", "Tensor parallelism"),
        "ep": ("expert_parallel", "Expert parallelism"),
        "dp": ("data_parallel", "Data parallelism"),
        "pp": ("pipeline_parallel", "Pipeline stages"),
        "price": ("device_price", "Price of a device"),
    },
    parts=(
        (device_expert_bytes, "routed experts", "orange"),
        (device_other_weight_bytes, "other weights", "blue"),
        (device_cache_bytes, "cache", "green"),
        ("activation_bytes", "activations", "silver"),
    ),
    total=device_bytes,
    limit=usable_bytes,
    verdict=fits,
    memory="device_memory",
    in_use=num_devices,
    by_memory=devices_by_memory,
    needed=devices_needed,
    spread=spread,
    longest_context=max_context,
    most_sequences=max_batch,
    offload={
        "layers": "cpu_moe_layers_needed",
        "on_device": "offloaded_device_bytes",
        "on_cpu": "cpu_expert_bytes",
        "verdict": "offload_fits",
        "numbers": (("offload_tokens_per_s", "decoding"),),
        "set_by": "cpu_moe_layers",
        "to_copy": "--n-cpu-moe {}",
    },
    speeds=(
        (
            "decode_tokens_per_s", "decoding",
            "estimated_decode_tokens_per_s_low", "estimated_decode_tokens_per_s_high",
        ),
        ("prefill_tokens_per_s", "prompts, at most"),
        ("time_to_first_token", "first token, at least"),
    ),
    costs=(
        ("cost_per_mtoken_out", "million out, at least"),
        ("cost_per_mtoken_in", "million in, at least"),
    ),
    price="device_price",
)  # fmt: skip
