"""Fit.

Whether a model fits into devices, what fills them, and how many it takes. Engines spread some
devices as they do it here: those of a node share every layer, as far as they divide the heads, and
nodes are pipeline stages.
"""

from moe_report import (
    Doubt,
    Model,
    ceil,
    check,
    coalesce,
    doubt,
    floor,
    maximum,
    metric,
    planner,
    where,
)
from moe_report_metrics.cache_memory import (
    allocated_cache_bytes,
    kv_cache_bytes,
    needed_cache_bytes,
)
from moe_report_metrics.sharding import (
    MEGATRON,
    NODE,
    VLLM,
    Parallelism,
    Reserve,
    both_ends_bytes,
    device_bytes,
    device_cache_bytes,
    device_heads,
    device_weight_bytes,
    devices_used,
    expert_devices,
    fits_device,
    fitting_context,
    fitting_sequences,
    fullest_of_experts,
    group_cache_bytes,
    is_dense_first,
    larger_end_bytes,
    layer_bytes,
    usable_bytes,
)
from moe_report_metrics.weight_memory import routed_expert_weight_bytes, weight_bytes

ORDER = 48


@metric(symbol="M_r,dev", unit="byte", source=MEGATRON, label="Routed experts on a device",
        better="lower")  # fmt: skip
def device_expert_bytes(m: Model, p: Parallelism) -> float:
    """Bytes of the routed experts that the fullest device holds."""
    share = fullest_of_experts(m, p.pipeline_parallel) / expert_devices(m)
    return routed_expert_weight_bytes(m) * share


@metric(symbol="M_o,dev", unit="byte", source=MEGATRON, label="Other weights on a device",
        better="lower")  # fmt: skip
def device_other_weight_bytes(m: Model) -> float:
    """Bytes of all other weights of the fullest device, which every token reads."""
    return device_weight_bytes(m) - device_expert_bytes(m)


def _on(m: Model, r: Reserve, tp: float) -> float:
    """Bytes of a device of a group of some devices that shares every layer."""
    return (
        layer_bytes(m, tp, tp)
        + both_ends_bytes(m) / tp
        + group_cache_bytes(m, tp)
        + r.activation_bytes
    )


@metric(symbol="M_2", unit="byte", source=MEGATRON, label="Bytes of one of two devices",
        better="lower")  # fmt: skip
def device_bytes_of_2(m: Model, r: Reserve) -> float:
    """Bytes of each of two devices that share every layer."""
    return _on(m, r, 2)


@metric(symbol="M_4", unit="byte", source=MEGATRON, label="Bytes of one of four devices",
        better="lower")  # fmt: skip
def device_bytes_of_4(m: Model, r: Reserve) -> float:
    """Bytes of each of four devices that share every layer."""
    return _on(m, r, 4)


@metric(symbol="M_8", unit="byte", source=MEGATRON, label="Bytes of one of eight devices",
        better="lower")  # fmt: skip
def device_bytes_of_8(m: Model, r: Reserve) -> float:
    """Bytes of each of eight devices that share every layer."""
    return _on(m, r, 8)


@metric(symbol="N_mem", unit="devices", source="bytes over usable bytes",
        label="Devices by memory alone", format="integer", better="lower")  # fmt: skip
def devices_by_memory(m: Model, r: Reserve) -> float:
    """Devices whose memory together holds weights and cache, however they might be divided."""
    return ceil((weight_bytes(m) + kv_cache_bytes(m)) / (usable_bytes(m) - r.activation_bytes))


def divides(heads: float, tp: int) -> bool:
    """Whether a group of devices shares some heads evenly."""
    return heads / tp == floor(heads / tp)


def divided_heads(m: Model) -> float:
    """Query heads; where layers differ in them, those of keys and values if eight devices do."""
    kv, heads = m.num_key_value_heads, m.num_attention_heads
    return coalesce(heads, where(divides(kv, NODE), kv, heads))


@metric(symbol="N_grp", unit="devices", source=VLLM, label="Largest group", format="integer")
def largest_group(m: Model) -> float:
    """Most devices of a node of eight that share every layer, as far as they divide the heads."""
    heads = divided_heads(m)
    fewer = where(divides(heads, 4), 4, where(divides(heads, 2), 2, 1))
    return where(divides(heads, NODE), NODE, fewer)


@metric(symbol="M_grp", unit="byte", source=MEGATRON, label="Bytes of one of the largest group",
        better="lower")  # fmt: skip
def device_bytes_of_group(m: Model, r: Reserve) -> float:
    """Bytes of each device of the largest group that shares every layer."""
    group = largest_group(m)
    return where(
        group == NODE,
        device_bytes_of_8(m),
        where(
            group == 4,
            device_bytes_of_4(m),
            where(group == 2, device_bytes_of_2(m), _alone(m, r)),
        ),
    )


def _alone(m: Model, r: Reserve) -> float:
    return weight_bytes(m) + kv_cache_bytes(m) + r.activation_bytes


@metric(symbol="N_need", unit="devices", source=f"{MEGATRON}; {VLLM}", label="Devices needed",
        format="integer", headline=7, better="lower")  # fmt: skip
def devices_needed(m: Model, r: Reserve) -> float:
    """Fewest devices that hold the model as engines divide it.

    1, 2, 4 or 8 that share every layer, as far as they divide the heads; else stages of such
    groups, each of whole layers. Missing where not even a layer fits.
    """
    use, group = usable_bytes(m), largest_group(m)
    layers = device_bytes_of_group(m) - r.activation_bytes - both_ends_bytes(m) / group
    free = use - r.activation_bytes - larger_end_bytes(m) / group
    more = m.num_hidden_layers / m.num_moe_layers - 1  # layers of a stage behind dense ones
    experts = where(is_dense_first(m), routed_expert_weight_bytes(m) / group * more, 0)
    held = maximum(0, floor(free * m.num_hidden_layers / (layers + experts)))
    stages = group * maximum(2, ceil(m.num_hidden_layers / held))  # not on one
    whole = where(device_bytes_of_group(m) <= use, group, stages)
    four = where((device_bytes_of_4(m) <= use) & (group >= 4), 4, whole)
    two = where((device_bytes_of_2(m) <= use) & (group >= 2), 2, four)
    return where(_alone(m, r) <= use, 1, two)


@metric(symbol="N_stage", unit="devices", source=MEGATRON, label="Devices of a stage",
        format="integer")  # fmt: skip
def stage_devices(m: Model, p: Parallelism) -> float:
    """Devices that hold a pipeline stage: tensor times data parallelism."""
    return p.tensor_parallel * p.data_parallel


@check("impossible", about=devices_used)
def experts_on_more_devices(m: Model) -> Doubt:
    """Experts are spread over the devices of a stage, or over a part that divides them."""
    experts, stage = expert_devices(m), stage_devices(m)
    shared = stage / experts
    return doubt(
        shared != floor(shared),
        "a stage has {} devices, its experts are on {}",
        stage,
        experts,
    )


@check("impossible", about=devices_used)
def stages_without_layers(m: Model) -> Doubt:
    """Each pipeline stage has a layer."""
    stages, layers = devices_used(m) / stage_devices(m), m.num_hidden_layers
    return doubt(stages > layers, "there are {} stages, and {} layers", stages, layers)


def spread(m: Model, devices: float) -> dict[str, float]:
    """How engines spread some devices, as they are counted in ``devices_needed``."""

    def share_layers(some: int) -> bool:
        return divides(divided_heads(m), some) & divides(devices, some)

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
        "batch": ("num_sequences", "Sequences at once"),
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
    verdict=fits_device,
    memory="device_memory",
    in_use=devices_used,
    by_memory=devices_by_memory,
    needed=devices_needed,
    cache_needed=needed_cache_bytes,
    cache_allocated=allocated_cache_bytes,
    spread=spread,
    longest_context=fitting_context,
    made_for="max_position_embeddings",
    most_sequences=fitting_sequences,
    offload={
        "layers": "cpu_moe_layers_needed",
        "on_device": "offloaded_device_bytes",
        "on_cpu": "cpu_expert_bytes",
        "verdict": "offload_fits",
        "memory": "cpu_memory",
        "numbers": (("offload_tokens_per_s", "decoding, at most"),),
        "set_by": "cpu_moe_layers",
        "taken": "cpu_moe_layers_taken",
        "speed": "cpu_memory_bandwidth",
        "first": "first_layers_on_cpu",
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
    least_cost="least_cost_per_mtoken_out",
    experts=routed_expert_weight_bytes,
    heads=device_heads,
)  # fmt: skip
