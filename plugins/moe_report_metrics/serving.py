"""Serving.

How fast tokens come, and at what price. A decode step reads everything that is always active, the
experts that the batch's tokens are sent to, and the cache; it multiplies each weight once a token.
Whichever takes longer, reading or multiplying, is a *bound*: nothing is faster. It leaves out
communication, launches, waiting, and tokens that are guessed ahead. The *estimate* is what engines
make of the bandwidth, and experts make less of it than dense layers.

Letters: ``B`` sequences at once, ``S`` context, ``E`` experts of which a token uses ``k``, ``v``
tokens a second, ``t`` seconds, ``R`` FLOP/s.
"""

from functools import partial

from moe_report import (
    Doubt,
    Model,
    ceil,
    check,
    coalesce,
    doubt,
    field,
    maximum,
    metric,
    minimum,
    rounding,
    sqrt,
    stack,
    where,
)
from moe_report_metrics import chart_titles, serving_terms
from moe_report_metrics.cache_memory import (
    VLLM,
    Load,
    chunk_bytes_per_token,
    indexer_bytes_per_token,
    kv_bytes_per_sequence,
    kv_bytes_per_token,
)
from moe_report_metrics.communication import Step, all_reduce_seconds, all_to_all_seconds
from moe_report_metrics.flops_savings import (
    PALM,
    Counting,
    forward_flops,
    linear_flops,
    unembedding_flops,
)
from moe_report_metrics.hardware import Device
from moe_report_metrics.parameter_ledger import CONVENTION, MLA
from moe_report_metrics.serving_terms import OMLX, Building, Efficiency, Price, in_chunk, reached
from moe_report_metrics.sharding import NODE, Parallelism, devices_used
from moe_report_metrics.weight_memory import (
    always_read_weight_bytes,
    routed_bits,
    routed_expert_weight_bytes,
)

ORDER = 60
ROOFLINE = "Williams et al. 2009, doi:10.1145/1498765.1498785 (roofline)"
PRICE = "device hours times their price"
MILLION, HOUR, JOULES_A_KWH = 1e6, 3600, 3.6e6
FLOPS_A_MAC = 2  # in what vendors call peak FLOP/s
_bytes = partial(metric, unit="byte", better="lower")
_speed = partial(metric, unit="tokens/s", better="higher")
_seconds = partial(metric, unit="s", better="lower", source=ROOFLINE)
_price = partial(metric, unit="$/Mtoken", better="lower", source=PRICE, format="decimal")

measured_decode_tokens_per_s = field(
    "measured_decode_tokens_per_s", symbol="v*_out", unit="tokens/s", label="Measured decoding",
    help="Tokens a second that somebody measured, of all sequences and devices together.",
    aliases=("measured tokens per second",),
)  # fmt: skip
index_topk = field(
    "index_topk", symbol="k_idx", unit="tokens", label="Tokens an indexer selects",
    help="Tokens that sparse attention reads of those that its indexer scores.",
    minimum=1, whole=True,
)  # fmt: skip


def _met(m: Model, context: float) -> float:
    """Tokens of the text that a layer reads which sees all of it; an indexer selects some."""
    return where(m.indexer_values_per_token > 0, minimum(index_topk(m), context), context)


@metric(symbol="E_B", unit="experts", source="even routing, tokens independent of each other",
        label="Distinct experts of a batch", format="decimal")  # fmt: skip
def distinct_experts(m: Model, load: Load) -> float:
    """Experts of a layer that one token of each sequence reaches, if all are equally likely.

    Uneven routing reaches fewer.
    """
    return m.num_experts * reached(m, load.num_sequences)


@_bytes(symbol="M_step,routed", source=ROOFLINE, label="Experts read in a step")
def routed_bytes_per_step(m: Model) -> float:
    """Bytes of the routed experts that a decode step reads."""
    return routed_expert_weight_bytes(m) * distinct_experts(m) / m.num_experts


@_bytes(symbol="M_step,cache", source=VLLM, label="Cache read in a step")
def cache_bytes_per_step(m: Model, c: Counting, load: Load) -> float:
    """Bytes of the cache that a decode step reads: of all sequences, at the context's length.

    Of windows what they show, also where more is allocated; of a chunk on average half; of sparse
    attention the selected tokens, and the indexer's keys of all.
    """
    scored = indexer_bytes_per_token(m)
    text = (kv_bytes_per_token(m) - scored) * _met(m, c.context_length)
    full = minimum(m.attention_chunk_size, c.context_length)
    half = chunk_bytes_per_token(m) * (full - in_chunk(m, c.context_length))
    fixed = kv_bytes_per_sequence(m) - where(m.chunk_kv_values_per_token > 0, half, 0)
    return load.num_sequences * (text + scored * c.context_length + fixed)


@_bytes(symbol="M_step", source=ROOFLINE, label="Read in a step")
def decode_bytes_per_step(m: Model) -> float:
    """Bytes that a decode step reads: what is always active, experts, and the cache."""
    return always_read_weight_bytes(m) + routed_bytes_per_step(m) + cache_bytes_per_step(m)


@metric(symbol="F_dec", unit="FLOP/token", source=f"{PALM}; {MLA}.2 (latents)",
        label="Decode FLOPs", better="lower")  # fmt: skip
def decode_flops_per_token(m: Model, c: Counting) -> float:
    """FLOPs of one decoded token that attends to the whole context, not to the average.

    Latent attention is computed on the latents themselves, as they are cached.
    """
    windowed, chunked = m.num_sliding_window_layers, m.num_chunked_attention_layers
    layers = m.num_linear_attention_layers
    full = m.num_hidden_layers - windowed - chunked - layers - m.num_attention_free_layers
    attended = (
        full * _met(m, c.context_length)
        + where(windowed > 0, windowed * minimum(m.sliding_window, c.context_length), 0)
        + where(chunked > 0, chunked * in_chunk(m, c.context_length), 0)
    )
    width = where(m.kv_lora_rank > 0, 2 * m.kv_lora_rank + m.qk_rope_head_dim, 2 * m.head_dim)
    states = where(layers > 0, 2 * layers * m.linear_attention_state_size, 0)
    return linear_flops(m) + c.flops_per_mac * (m.num_attention_heads * width * attended + states)


@metric(symbol="I", unit="FLOP/byte", source=ROOFLINE, label="Arithmetic intensity",
        format="decimal")  # fmt: skip
def arithmetic_intensity(m: Model, load: Load) -> float:
    """FLOPs of a decode step for each byte that it reads."""
    return load.num_sequences * decode_flops_per_token(m) / decode_bytes_per_step(m)


@metric(symbol="q_comp", unit="bit", source=ROOFLINE, label="Bits computed in", format="integer")
def compute_bits(m: Model, d: Device) -> float:
    """Fewest bits that the device multiplies experts in: 4 or 8 if it has that peak, else 16."""
    bits = routed_bits(m)
    eight = where((bits < 16) & (d.fp8_flops > 0), 8, 16)
    return where((bits < 8) & (d.fp4_flops > 0), 4, eight)


@check("suspicious", about=compute_bits)
def a_precision_that_the_device_lacks(m: Model) -> Doubt:
    """Experts in FP8 are widened where a device has no FP8; 4 bit ones mostly are anyway."""
    bits = routed_bits(m)
    return doubt(
        (bits >= 8) & (bits < 16) & (compute_bits(m) == 16),
        "experts have {} bits, and the device computes in {}: it has no FP8",
        bits,
        compute_bits(m),
    )


@metric(symbol="R_peak", unit="FLOP/s", source=ROOFLINE, label="Peak speed used")
def peak_flops(m: Model, d: Device) -> float:
    """The highest peak that a device could use for experts of so many bits: FP4, FP8 or BF16."""
    bits = compute_bits(m)
    return where(bits == 4, d.fp4_flops, where(bits == 8, d.fp8_flops, d.bf16_flops))


def _computing(m: Model, flops: float, c: Counting) -> float:
    """Seconds that one device multiplies, if it does so at its peak."""
    return flops * FLOPS_A_MAC / c.flops_per_mac / peak_flops(m)


def _step_computing(m: Model, c: Counting, load: Load) -> float:
    """Where attention's core is not described, it is left out, which leaves the bound a bound."""
    flops = coalesce(decode_flops_per_token(m), linear_flops(m))
    return _computing(m, load.num_sequences * flops, c)


def _rest_read(m: Model, p: Parallelism, load: Load, speed: float) -> float:
    """Seconds that a device reads in a step, but for experts, at least.

    Copies and stages read what is always active again and again: neither is faster for it.
    """
    at_once = minimum(p.data_parallel * p.pipeline_parallel, load.num_sequences)
    cache = cache_bytes_per_step(m) / (p.tensor_parallel * at_once * speed)
    return always_read_weight_bytes(m) / (p.tensor_parallel * speed) + cache


def _experts_read(m: Model, p: Parallelism, load: Load, speed: float) -> float:
    """Seconds that a device reads experts in a step, at least: copies share them."""
    micro_batch = maximum(1, load.num_sequences / p.pipeline_parallel)
    read = routed_expert_weight_bytes(m) * reached(m, micro_batch)
    return read / (p.tensor_parallel * p.data_parallel * speed)


@_seconds(symbol="t_step", label="Decode step, at least")
def decode_step_seconds(m: Model, c: Counting, load: Load, d: Device, p: Parallelism) -> float:
    """Seconds until every sequence has a token, at least."""
    speed = d.memory_bandwidth
    reading = _rest_read(m, p, load, speed) + _experts_read(m, p, load, speed)
    return maximum(reading, _step_computing(m, c, load) / devices_used(m))


@_speed(symbol="v_out", source=ROOFLINE, label="Decoding, at most")
def decode_tokens_per_s(m: Model, load: Load) -> float:
    """Tokens that all sequences get a second at most, on all devices."""
    return load.num_sequences / decode_step_seconds(m)


@_speed(symbol="v_out,dev", source=ROOFLINE, label="Decoding of a device, at most")
def decode_tokens_per_s_per_device(m: Model) -> float:
    """Tokens decoded a second at most, for each device."""
    return decode_tokens_per_s(m) / devices_used(m)


@_speed(symbol="v_out,8", source=ROOFLINE, label="Decoding of a node of 8, at most")
def decode_tokens_per_s_per_node(m: Model) -> float:
    """Tokens decoded a second at most, for each eight devices."""
    return NODE * decode_tokens_per_s_per_device(m)


@_speed(symbol="v_low", source=OMLX, label="Decoding, estimate, low")
def estimated_decode_tokens_per_s_low(
    m: Model, c: Counting, load: Load, d: Device, e: Efficiency, p: Parallelism
) -> float:
    """Tokens a second if everything is read as slowly as by models with experts."""
    speed = d.memory_bandwidth * e.moe_efficiency
    reading = _rest_read(m, p, load, speed) + _experts_read(m, p, load, speed)
    return load.num_sequences / maximum(reading, _step_computing(m, c, load) / devices_used(m))


@_speed(symbol="v_high", source=OMLX, label="Decoding, estimate, high")
def estimated_decode_tokens_per_s_high(
    m: Model, c: Counting, load: Load, d: Device, e: Efficiency, p: Parallelism
) -> float:
    """Tokens a second if only the routed experts are read so slowly, and the rest as if dense."""
    experts = _experts_read(m, p, load, d.memory_bandwidth * e.moe_efficiency)
    reading = _rest_read(m, p, load, d.memory_bandwidth * e.dense_efficiency) + experts
    return load.num_sequences / maximum(reading, _step_computing(m, c, load) / devices_used(m))


@metric(symbol="u_bound", unit="ratio", source=ROOFLINE, label="Measured, of the bound")
def measured_of_bound(m: Model) -> float:
    """Measured decoding as a share of the bound."""
    return measured_decode_tokens_per_s(m) / decode_tokens_per_s(m)


@metric(symbol="u_est", unit="ratio", source=OMLX, label="Measured, of the estimate")
def measured_of_estimate(m: Model) -> float:
    """Measured decoding over the estimate's middle, the geometric one."""
    low, high = estimated_decode_tokens_per_s_low(m), estimated_decode_tokens_per_s_high(m)
    return measured_decode_tokens_per_s(m) / sqrt(low * high)


@metric(symbol="B_comp", unit="sequences", source=ROOFLINE, label="Compute-bound batch",
        format="integer")  # fmt: skip
def compute_bound_batch(m: Model, c: Counting, load: Load, d: Device) -> float:
    """Sequences from which on multiplying takes longer than reading.

    Every expert is reached long before. Missing where one sequence's cache takes longer alone.
    """
    a_sequence = _computing(m, decode_flops_per_token(m), c) * d.memory_bandwidth
    spared = a_sequence - cache_bytes_per_step(m) / load.num_sequences
    read = always_read_weight_bytes(m) + routed_expert_weight_bytes(m)
    return maximum(1, ceil(read / where(spared > 0, spared, 0)))


def _prompt_flops(m: Model, c: Counting) -> float:
    """FLOPs of a token of the prompt; only the last one needs the output head."""
    core = where(m.indexer_values_per_token > 0, linear_flops(m), forward_flops(m))
    return coalesce(core, linear_flops(m)) - unembedding_flops(m) * (1 - 1 / c.context_length)


@_speed(symbol="v_in", source=ROOFLINE, label="Reading prompts, at most")
def prefill_tokens_per_s(m: Model, c: Counting) -> float:
    """Tokens of prompts of the context's length a second at most, on all devices.

    Multiplying alone bounds it, for weights are read for many at once; none is in a cache already.
    """
    return devices_used(m) / _computing(m, _prompt_flops(m, c), c)


@_seconds(symbol="t_first", label="First token, at least")
def time_to_first_token(m: Model, c: Counting, d: Device) -> float:
    """Seconds to read one prompt of the context's length at least, with all devices."""
    experts = routed_expert_weight_bytes(m) * reached(m, c.context_length)
    read = always_read_weight_bytes(m) + experts
    reading = read / d.memory_bandwidth / devices_used(m)
    return maximum(reading, c.context_length / prefill_tokens_per_s(m))


def _decoding(m: Model) -> float:
    return coalesce(measured_decode_tokens_per_s(m), decode_tokens_per_s(m))


@_seconds(symbol="t_token", label="Time of an output token")
def time_per_output_token(m: Model, load: Load) -> float:
    """Seconds between two tokens of a sequence: as measured, else the bound."""
    return load.num_sequences / _decoding(m)


@metric(symbol="ρ_com", unit="ratio", source=CONVENTION, label="Communication, of a step",
        better="lower")  # fmt: skip
def communication_share(m: Model, load: Load, p: Parallelism, step: Step) -> float:
    """Share of a decode step that is communication, if nothing hides it, beside the bound.

    Its times are taken in proportion to the tokens that the batch gives a device.
    """
    tokens = load.num_sequences / devices_used(m) / (step.tokens_per_device * step.micro_batches)
    sending = tokens * (all_to_all_seconds(m) + p.tensor_parallel * all_reduce_seconds(m))
    return sending / (sending + decode_step_seconds(m))


@_price(symbol="c_out", label="Cost of a million tokens out")
def cost_per_mtoken_out(m: Model) -> float:
    """Dollars for a million decoded tokens: at the measured speed, else at the bound, at least."""
    return cost_per_day(m) / (24 * HOUR) * MILLION / _decoding(m)


@_price(symbol="c_least", label="Cost of a million out, at least")
def least_cost_per_mtoken_out(m: Model, c: Counting, load: Load, d: Device, price: Price) -> float:
    """Dollars for a million decoded tokens, at least: at the bound, on any number of devices."""
    reading = decode_bytes_per_step(m) / d.memory_bandwidth
    seconds = maximum(reading, _step_computing(m, c, load)) / load.num_sequences
    return serving_terms.known(price) / HOUR * MILLION * seconds


@_price(symbol="c_in", label="Cost of a million tokens in")
def cost_per_mtoken_in(m: Model) -> float:
    """Dollars for a million tokens of prompts, at least: at the bound."""
    return cost_per_day(m) / (24 * HOUR) * MILLION / prefill_tokens_per_s(m)


@metric(symbol="c_day", unit="$/day", source=PRICE, label="Cost of a day", format="decimal",
        better="lower")  # fmt: skip
def cost_per_day(m: Model, price: Price) -> float:
    """Dollars for all devices, a day. Missing where the price of a device is not known."""
    return serving_terms.known(price) * devices_used(m) * 24


@metric(symbol="W_site", unit="W", source="PUE as ISO/IEC 30134-2:2016 defines it",
        label="Power for a device", format="integer", better="lower")  # fmt: skip
def site_watts(m: Model, d: Device, b: Building) -> float:
    """What the building draws for one device. Missing where the device's power is not known."""
    return d.device_tdp * b.power_usage_effectiveness / where(d.device_tdp > 0, 1, 0)


@metric(symbol="E_out", unit="kWh/Mtoken", source="power times time", format="decimal",
        label="Energy of a million tokens out", better="lower")  # fmt: skip
def energy_kwh_per_mtoken_out(m: Model) -> float:
    """Electricity for a million decoded tokens: at the measured speed, else at the bound."""
    return site_watts(m) * devices_used(m) / JOULES_A_KWH * MILLION / _decoding(m)


_READ = always_read_weight_bytes, routed_bytes_per_step, cache_bytes_per_step
step = stack(
    "step", {"read": _READ}, axis="bytes a step", first="one that reads most",
    title=lambda rows: chart_titles.read(rows.names, rows.sum_of(*_READ)),
    caption="What is read for one token of every sequence, at the assumed batch and context.",
    labels=("always read", "routed experts", "cache"), colors=("blue", "orange", "green"),
)  # fmt: skip


def _fastest(m: Model) -> float:
    """Tokens a second at most if all sequences used the same experts: no routing is faster."""
    fewer = routed_bytes_per_step(m) * (1 - m.num_experts_per_tok / distinct_experts(m))
    read = decode_bytes_per_step(m)
    return decode_tokens_per_s(m) * read / (read - fewer)


@check("impossible", about="measured_decode_tokens_per_s")
def measured_above_any_bound(m: Model) -> Doubt:
    """Nothing decodes faster than memory is read, whatever the routing."""
    measured, most = measured_decode_tokens_per_s(m), _fastest(m)
    return doubt(
        measured - rounding() > most,
        "measured as {} tokens/s, where the devices, batch and context of this report allow {}; "
        "are they those of the measurement, and are no tokens guessed ahead?",
        measured, most, stated=measured, computed=most,
    )  # fmt: skip


@check("suspicious", about="measured_decode_tokens_per_s")
def measured_above_even_routing(m: Model) -> Doubt:
    """A batch whose tokens are independent reads so many experts."""
    measured, bound = measured_decode_tokens_per_s(m), decode_tokens_per_s(m)
    return doubt(
        (measured - rounding() > bound) & (measured - rounding() <= _fastest(m)),
        "measured as {} tokens/s, above the bound of {} that even routing has",
        measured, bound, stated=measured, computed=bound,
    )  # fmt: skip
