"""Sharding.

How weights and cache are spread over devices, and how many of them it takes. Tensor parallelism
divides the heads and matrices of every layer; key and value heads that it cannot divide are copied,
as engines do it, and so are the narrow projections of latent attention, and its cache. Experts are
spread apart, whole (expert parallelism) or in slices (expert tensor parallelism). Pipeline stages
hold whole layers; the fullest one counts. Data parallelism divides the sequences.

Letters: ``TP`` tensor, ``EP`` expert, ``ETP`` expert tensor, ``DP`` data and ``PP`` pipeline
parallelism.
"""

from dataclasses import dataclass

from moe_report import (
    Doubt,
    Model,
    assumption,
    ceil,
    check,
    coalesce,
    doubt,
    floor,
    maximum,
    metric,
    minimum,
    where,
)
from moe_report_metrics.cache_memory import (
    Load,
    chunk_bytes_per_token,
    indexer_bytes_per_token,
    indexer_cache_bytes,
    kv_bytes_per_token,
    state_bytes_per_sequence,
    state_cache_bytes,
    text_cache_bytes,
    window_bytes_per_token,
    window_cache_bytes,
)
from moe_report_metrics.flops_savings import Counting
from moe_report_metrics.hardware import GB, Device
from moe_report_metrics.parameter_ledger import CONVENTION, attention_params, softmax_layers
from moe_report_metrics.weight_memory import (
    attention_weight_bytes,
    dense_ffn_weight_bytes,
    embedding_weight_bytes,
    mtp_weight_bytes,
    norm_and_other_weight_bytes,
    routed_expert_weight_bytes,
    router_weight_bytes,
    shared_expert_weight_bytes,
    unembedding_weight_bytes,
)

ORDER = 54
MEGATRON = (
    "Shoeybi et al. 2019, arXiv:1909.08053, section 3 (tensor); "
    "Lepikhin et al. 2020, arXiv:2006.16668 (expert)"
)
VLLM = (
    "vLLM's engine arguments: gpu_memory_utilization, tensor_parallel_size, pipeline_parallel_size"
)
NODE = 8  # devices that tensor parallelism may span


@dataclass(frozen=True)
class Parallelism:
    """How the model is spread."""

    tensor_parallel: float = assumption(
        1, symbol="TP", unit="devices", help="Devices that share every matrix outside the experts.",
        minimum=1, maximum=4096, whole=True,
    )  # fmt: skip
    expert_parallel: float = assumption(
        0, symbol="EP", unit="devices", maximum=65536, whole=True,
        help="Groups of devices that hold different experts; 0: all devices of a stage, over the "
        "expert tensor parallelism.",
    )  # fmt: skip
    expert_tensor_parallel: float = assumption(
        1, symbol="ETP", unit="devices", help="Devices that share every expert's matrices.",
        minimum=1, maximum=4096, whole=True,
    )  # fmt: skip
    data_parallel: float = assumption(
        1, symbol="DP", unit="copies", maximum=65536, minimum=1, whole=True,
        help="Copies of what is outside the experts, which divide the sequences.",
    )  # fmt: skip
    pipeline_parallel: float = assumption(
        1, symbol="PP", unit="stages", help="Stages of whole layers.",
        minimum=1, maximum=4096, whole=True,
    )  # fmt: skip


@dataclass(frozen=True)
class Reserve:
    """What else is in a device's memory."""

    memory_utilisation: float = assumption(
        0.9, symbol="υ", unit="ratio", label="Usable share of the memory", minimum=0.01, maximum=1,
        help="What an engine may take of a device's memory; 0.9 was vLLM's default for long.",
    )  # fmt: skip
    activation_bytes: float = assumption(
        GB, symbol="M_act", unit="byte", label="Activations on a device", maximum=1e14,
        help="At their most, with workspaces. A round figure, to be replaced by what was measured.",
    )  # fmt: skip


def _held(heads: float, tp: float) -> float:
    """The share of some heads that a device of a group holds: copied where they do not divide."""
    return ceil(heads / tp) / heads


def fullest(m: Model, stages: float) -> float:
    """The share of the layers that the fullest pipeline stage holds."""
    return ceil(m.num_hidden_layers / stages) / m.num_hidden_layers


def is_dense_first(m: Model) -> bool:
    """Whether the layers without experts, if any, are the first ones."""
    dense: bool = m.num_hidden_layers - m.num_moe_layers == coalesce(m.first_k_dense_replace, 0)
    return dense


def fullest_of_experts(m: Model, stages: float) -> float:
    """The share of the experts on the stage with most: behind dense layers one of MoE layers."""
    behind = minimum(1, ceil(m.num_hidden_layers / stages) / m.num_moe_layers)
    return where(is_dense_first(m), behind, fullest(m, stages))


@metric(symbol="n_c", unit="heads", source=VLLM, label="Heads of the cache", format="integer")
def cached_heads(m: Model) -> float:
    """Key and value heads that can be divided: one for latent attention, whose cache is copied."""
    return where(m.kv_lora_rank > 0, 1, m.num_key_value_heads)


@metric(symbol="M_kv", unit="byte", source=MEGATRON, label="Key and value projections, bytes")
def key_value_weight_bytes(m: Model) -> float:
    """Bytes of the projections whose heads are copied where they cannot be divided."""
    params = softmax_layers(m) * 2 * m.hidden_size * m.head_dim * m.num_key_value_heads
    share = params / attention_params(m)
    return where(m.kv_lora_rank > 0, 0, attention_weight_bytes(m) * share)


@metric(symbol="M_copy", unit="byte", source=VLLM, label="Copied weights, bytes")
def copied_weight_bytes(m: Model) -> float:
    """Bytes that every device of a stage holds: routers, norms, latent attention's way down."""
    narrow = m.hidden_size * (m.q_lora_rank + m.kv_lora_rank + m.qk_rope_head_dim)
    share = softmax_layers(m) * narrow / attention_params(m)
    latent = where(m.kv_lora_rank > 0, attention_weight_bytes(m) * share, 0)
    return router_weight_bytes(m) + norm_and_other_weight_bytes(m) + latent


@metric(symbol="M_div", unit="byte", source=MEGATRON, label="Divided weights, bytes")
def divided_weight_bytes(m: Model) -> float:
    """Bytes of the layers that tensor parallelism divides, without routed experts."""
    attention = attention_weight_bytes(m) - key_value_weight_bytes(m)
    copied = copied_weight_bytes(m) - router_weight_bytes(m) - norm_and_other_weight_bytes(m)
    ffns = dense_ffn_weight_bytes(m) + shared_expert_weight_bytes(m)
    return attention - copied + ffns


@metric(symbol="M_ends", unit="byte", source=MEGATRON, label="Larger end, bytes")
def larger_end_bytes(m: Model) -> float:
    """Bytes of the embedding or the output head: with stages, they are on the first and the last.

    A tied one is then copied.
    """
    return maximum(embedding_weight_bytes(m), unembedding_weight_bytes(m))


def layer_bytes(m: Model, tp: float, expert_devices: float) -> float:
    """Bytes of a device's layers, without cache and if there is one stage."""
    experts = routed_expert_weight_bytes(m) + mtp_weight_bytes(m)
    return (
        divided_weight_bytes(m) / tp
        + key_value_weight_bytes(m) * _held(m.num_key_value_heads, tp)
        + copied_weight_bytes(m)
        + experts / expert_devices
    )


def both_ends_bytes(m: Model) -> float:
    """Bytes of embedding and output head together."""
    return embedding_weight_bytes(m) + unembedding_weight_bytes(m)


def device_end_bytes(m: Model, p: Parallelism) -> float:
    """Bytes of embedding and output head on a device; of stages, the larger is on any."""
    ends = where(p.pipeline_parallel == 1, both_ends_bytes(m), larger_end_bytes(m))
    return ends / p.tensor_parallel


@metric(symbol="N_dev", unit="devices", source=MEGATRON, label="Devices", format="integer")
def devices_used(m: Model, p: Parallelism) -> float:
    """Devices of one copy of the experts: tensor times data parallelism times stages."""
    return p.tensor_parallel * p.data_parallel * p.pipeline_parallel


@metric(symbol="N_exp", unit="devices", source=MEGATRON, label="Devices that share the experts",
        format="integer")  # fmt: skip
def expert_devices(m: Model, p: Parallelism) -> float:
    """Devices over which a stage's experts are spread: EP times ETP, by default all of them."""
    spread = p.tensor_parallel * p.data_parallel
    return where(p.expert_parallel > 0, p.expert_parallel * p.expert_tensor_parallel, spread)


@metric(symbol="E_dev", unit="experts", source=MEGATRON, label="Experts on a device",
        format="decimal")  # fmt: skip
def device_experts(m: Model, p: Parallelism) -> float:
    """Experts of a layer on a device, whole ones or slices: those of EP groups, else of all."""
    groups = where(p.expert_parallel > 0, p.expert_parallel, expert_devices(m))
    return m.num_experts / groups


@metric(symbol="M_w,dev", unit="byte", source=MEGATRON, label="Weights on a device",
        better="lower")  # fmt: skip
def device_weight_bytes(m: Model, p: Parallelism) -> float:
    """Bytes of the weights that the fullest device holds."""
    stages, shared_by = p.pipeline_parallel, expert_devices(m)
    layers = layer_bytes(m, p.tensor_parallel, shared_by) * fullest(m, stages)
    more = fullest_of_experts(m, stages) - fullest(m, stages)
    return layers + routed_expert_weight_bytes(m) / shared_by * more + device_end_bytes(m, p)


def group_cache_bytes(m: Model, tp: float) -> float:
    """Bytes of the cache on a device of a group that shares every layer, for all sequences."""
    return (
        text_cache_bytes(m) * _held(cached_heads(m), tp)
        + window_cache_bytes(m) * _held(m.num_window_key_value_heads, tp)
        + indexer_cache_bytes(m)
        + state_cache_bytes(m) / tp
    )


@metric(symbol="M_k,dev", unit="byte", source=MEGATRON, label="Cache on a device", better="lower")
def device_cache_bytes(m: Model, p: Parallelism, load: Load) -> float:
    """Bytes of the cache that the fullest device holds."""
    sequences = ceil(load.num_sequences / p.data_parallel) / load.num_sequences
    return group_cache_bytes(m, p.tensor_parallel) * sequences * fullest(m, p.pipeline_parallel)


@metric(symbol="M_l,dev", unit="byte", source=MEGATRON, label="A layer on a device")
def device_layer_bytes(m: Model, p: Parallelism) -> float:
    """Bytes of a layer on a device: its weights and its cache."""
    layers = device_weight_bytes(m) - device_end_bytes(m, p) + device_cache_bytes(m)
    return layers / ceil(m.num_hidden_layers / p.pipeline_parallel)


@metric(symbol="M_all,dev", unit="byte", source=MEGATRON, label="Bytes of a device",
        better="lower")  # fmt: skip
def device_bytes(m: Model, r: Reserve) -> float:
    """Bytes that the fullest device needs: weights, cache and activations."""
    return device_weight_bytes(m) + device_cache_bytes(m) + r.activation_bytes


@metric(symbol="M_use", unit="byte", source=VLLM, label="Usable bytes of a device")
def usable_bytes(m: Model, d: Device, r: Reserve) -> float:
    """Bytes of a device that an engine may take."""
    return d.device_memory * r.memory_utilisation


@metric(symbol="χ_fit", unit="0 or 1", source=CONVENTION, label="Fits", format="integer")
def fits_device(m: Model) -> float:
    """Whether the fullest device holds its part: 1 if it does, else 0."""
    return where(device_bytes(m) <= usable_bytes(m), 1, 0)


@metric(symbol="a_dev", unit="byte/token", source=MEGATRON, label="Cache on a device, a token",
        better="lower")  # fmt: skip
def device_kv_bytes_per_token(m: Model, p: Parallelism, load: Load) -> float:
    """Bytes that one more token of every sequence takes on the fullest device, past windows."""
    text = kv_bytes_per_token(m) - indexer_bytes_per_token(m)
    slope = text * _held(cached_heads(m), p.tensor_parallel) + indexer_bytes_per_token(m)
    windows = where(load.allocate_in_full == 1, device_window_bytes_per_token(m), 0)
    return (
        ceil(load.num_sequences / p.data_parallel) * slope * fullest(m, p.pipeline_parallel)
        + windows
    )


@metric(symbol="M_free", unit="byte", source=CONVENTION, label="Left for the cache",
        better="higher")  # fmt: skip
def free_bytes(m: Model, r: Reserve) -> float:
    """Usable bytes of the fullest device that weights and activations leave; below 0: too few."""
    return usable_bytes(m) - device_weight_bytes(m) - r.activation_bytes


@metric(symbol="a_w,dev", unit="byte/token", source=MEGATRON, label="Windows on a device, a token",
        better="lower")  # fmt: skip
def device_window_bytes_per_token(m: Model, p: Parallelism, load: Load) -> float:
    """Bytes that a token of every sequence takes in windows and chunks on the fullest device."""
    windows = window_bytes_per_token(m) + chunk_bytes_per_token(m)
    share = windows * _held(m.num_window_key_value_heads, p.tensor_parallel)
    return ceil(load.num_sequences / p.data_parallel) * share * fullest(m, p.pipeline_parallel)


@metric(symbol="S_max", unit="tokens", source=CONVENTION, label="Longest context",
        format="integer", better="higher")  # fmt: skip
def fitting_context(m: Model, p: Parallelism, load: Load) -> float:
    """Tokens of a sequence that fit beside the weights, with so many sequences at once.

    Missing where any length fits, as the cache stops growing. What the model was trained for does
    not bound it.
    """
    held = ceil(load.num_sequences / p.data_parallel) * fullest(m, p.pipeline_parallel)
    free = free_bytes(m) - held * state_bytes_per_sequence(m) / p.tensor_parallel
    slope = device_kv_bytes_per_token(m)
    window = device_window_bytes_per_token(m)
    reach = coalesce(m.sliding_window, m.attention_chunk_size)
    ends = (window > 0) & (load.allocate_in_full == 0)
    inside = where(ends, free / (slope + window), free / slope)
    past = where(inside >= reach, (free - window * reach) / slope, inside)
    return maximum(0, floor(where(ends, past, inside)))


@metric(symbol="B_max", unit="sequences", source=CONVENTION, label="Most sequences",
        format="integer", better="higher")  # fmt: skip
def fitting_sequences(m: Model, p: Parallelism, load: Load) -> float:
    """Sequences of the context's length that fit beside the weights."""
    one = device_cache_bytes(m) / ceil(load.num_sequences / p.data_parallel)
    return maximum(0, floor(free_bytes(m) / one)) * p.data_parallel


@metric(symbol="n_h,dev", unit="heads", source=MEGATRON, label="Query heads on a device",
        format="decimal")  # fmt: skip
def device_heads(m: Model, p: Parallelism) -> float:
    """Query heads that a device of a group computes."""
    return m.num_attention_heads / p.tensor_parallel


@metric(symbol="σ_S", unit="ratio", source=CONVENTION, label="Share of the longest context")
def context_share(m: Model, c: Counting) -> float:
    """The context as a share of the longest that the model is made for."""
    return c.context_length / m.max_position_embeddings


@check("suspicious", about="max_position_embeddings")
def longer_than_made_for(m: Model) -> Doubt:
    """A context beyond that of the model is extrapolated, if an engine takes it at all."""
    share, longest = context_share(m), m.max_position_embeddings
    return doubt(
        share > 1,
        "the context is {} tokens, longer than the {} that the model is made for",
        share * longest,
        longest,
    )


@check("impossible", about=device_heads)
def heads_that_do_not_divide(m: Model) -> Doubt:
    """Engines refuse tensor parallelism that does not divide the query heads."""
    heads = device_heads(m)
    return doubt(
        heads != floor(heads),
        "{} query heads cannot be divided evenly: a device would have {}",
        m.num_attention_heads,
        heads,
    )


@check("suspicious", about=device_experts)
def more_groups_than_experts(m: Model) -> Doubt:
    """A device cannot hold less than one expert, unless experts are in slices."""
    return doubt(
        device_experts(m) < 1,
        "{} experts cannot be spread over {} groups of devices",
        m.num_experts,
        m.num_experts / device_experts(m),
    )
