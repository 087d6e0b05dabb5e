"""Load balance.

How unevenly tokens are spread over experts, from counts of the tokens that each expert of each
layer got, and what that costs: a step waits for the busiest expert, or for the device with the
busiest experts. Engines mean different things by *imbalance* and *balancedness*: each way has a
name of its own here. Counts are of tokens times the experts that each was sent to; those of many
batches together are more even than each batch is.

Letters: ``t_e`` tokens of an expert, ``EP`` groups of devices that hold
different experts.
"""

from functools import partial

from moe_report import (
    Doubt,
    Layer,
    Model,
    check,
    coalesce,
    count,
    deviation,
    doubt,
    entropy,
    largest,
    largest_block,
    layer_metric,
    ln,
    maximum,
    mean,
    median,
    metric,
    sum_of_squares,
    total,
    total_above,
    where,
    zeros,
)
from moe_report_metrics.cache_memory import Load
from moe_report_metrics.flops_savings import Counting, linear_flops, routed_expert_flops
from moe_report_metrics.parameter_ledger import CONVENTION
from moe_report_metrics.routing_overhead import SWITCH, Routing
from moe_report_metrics.serving import (
    FLOPS_A_MAC,
    ROOFLINE,
    decode_flops_per_token,
    estimated_decode_tokens_per_s_high,
    peak_flops,
    prefill_tokens_per_s,
)
from moe_report_metrics.sharding import MEGATRON, Parallelism, devices_used

ORDER = 64
EPLB = "the mean over the maximum, as vLLM's balancedness has it of ranks"
SGLANG = "the maximum over the mean, as load balancing is mostly reported"
TENSORRT = "TensorRT-LLM: imbalance ratio"
SHANNON = "Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x, of the shares"
_factor = partial(layer_metric, unit="ratio", format="factor")
_share = partial(layer_metric, unit="ratio")


@layer_metric(symbol="T_l", unit="tokens", source=CONVENTION, label="Tokens of the layer",
              format="integer")  # fmt: skip
def layer_tokens(layer: Layer) -> float:
    """Tokens that the experts of the layer got, each once an expert that it was sent to."""
    return total(layer.tokens)


@_factor(symbol="u_l", source=SGLANG, label="Busiest expert over the mean")
def layer_max_over_mean(layer: Layer) -> float:
    """Tokens of the busiest expert over the mean: 1 is even."""
    return largest(layer.tokens) / mean(layer.tokens)


@_share(symbol="b_l", source=EPLB, label="Mean over the busiest expert")
def layer_mean_over_max(layer: Layer) -> float:
    """Mean tokens of an expert over those of the busiest one: 100 % is even."""
    return mean(layer.tokens) / largest(layer.tokens)


@_share(symbol="x_l", source=TENSORRT, label="Excess of the busiest expert")
def layer_excess(layer: Layer) -> float:
    """By how much the busiest expert exceeds the mean, over the mean: 0 is even."""
    return (largest(layer.tokens) - mean(layer.tokens)) / mean(layer.tokens)


@_factor(symbol="cv_l", source=CONVENTION, label="Coefficient of variation")
def layer_variation(layer: Layer) -> float:
    """Standard deviation of the experts' tokens over their mean: 0 is even."""
    return deviation(layer.tokens) / mean(layer.tokens)


@_share(symbol="h_l", source=SHANNON, label="Normalised entropy")
def layer_normalised_entropy(layer: Layer) -> float:
    """Entropy of the experts' shares over that of even ones: 100 % is even."""
    experts = count(layer.tokens)
    return where(experts > 1, entropy(layer.tokens) / ln(maximum(experts, 2)), 1)


@layer_metric(symbol="D_l", unit="experts", source=CONVENTION, label="Dead experts",
              format="integer")  # fmt: skip
def layer_dead_experts(layer: Layer) -> float:
    """Experts of the layer that got no token."""
    return zeros(layer.tokens)


@_share(symbol="d_l", source=SWITCH, label="Dropped tokens, at least")
def layer_dropped_share(layer: Layer, r: Routing) -> float:
    """Share of the tokens beyond the slots of their experts, if all came in one batch.

    Each of many batches is more uneven than all together, and drops more.
    """
    slots = r.capacity_factor * mean(layer.tokens)
    return total_above(layer.tokens, slots) / total(layer.tokens)


@_factor(symbol="ℓ_l", source=f"{SWITCH}.2, with shares of tokens as probabilities",
         label="Balancing loss")  # fmt: skip
def layer_balancing_loss(layer: Layer) -> float:
    """Experts times the sum of squares of their shares: 1, its minimum, is even."""
    tokens = total(layer.tokens)
    return count(layer.tokens) * sum_of_squares(layer.tokens) / (tokens * tokens)


@_factor(symbol="w_l", source=MEGATRON, label="Busiest device over the mean")
def layer_device_max_over_mean(layer: Layer, p: Parallelism) -> float:
    """Tokens of the busiest device over the mean, experts in order and none twice: 1 is even."""
    spread = p.tensor_parallel * p.data_parallel
    groups = where(p.expert_parallel > 0, p.expert_parallel, spread)
    return largest_block(layer.tokens, groups) * groups / total(layer.tokens)


_whole = partial(metric, source=CONVENTION, format="integer")
_mean = partial(metric, better="lower", format="factor", unit="ratio")


@_whole(symbol="L_cnt", unit="layers", label="Layers with counts")
def counted_layers(m: Model) -> float:
    """Layers of which the tokens were counted."""
    return count(layer_tokens(m))


@_whole(symbol="T_cnt", unit="tokens", label="Tokens counted")
def counted_tokens(m: Model) -> float:
    """Tokens that experts got in all layers, each once an expert that it was sent to."""
    return total(layer_tokens(m))


@_mean(symbol="u_exp", source=SGLANG, label="Busiest expert over the mean")
def expert_max_over_mean(m: Model) -> float:
    """Tokens of the busiest expert over the mean, on average over the layers: 1 is even."""
    return mean(layer_max_over_mean(m))


@_mean(symbol="u_max", source=SGLANG, label="Busiest expert over the mean, worst layer")
def worst_expert_max_over_mean(m: Model) -> float:
    """Tokens of the busiest expert over the mean in the layer where that is most."""
    return largest(layer_max_over_mean(m))


@metric(symbol="b_exp", unit="ratio", source=EPLB, label="Mean over the busiest expert",
        better="higher")  # fmt: skip
def expert_mean_over_max(m: Model) -> float:
    """Mean tokens of an expert over those of the busiest, on average over the layers."""
    return mean(layer_mean_over_max(m))


@metric(symbol="x_exp", unit="ratio", source=TENSORRT, label="Excess of the busiest expert",
        better="lower")  # fmt: skip
def expert_excess(m: Model) -> float:
    """By how much the busiest expert exceeds the mean, on average over the layers: 0 is even."""
    return mean(layer_excess(m))


@_mean(symbol="cv_exp", source=CONVENTION, label="Coefficient of variation of experts")
def expert_variation(m: Model) -> float:
    """Standard deviation of the experts' tokens over their mean, on average over the layers."""
    return mean(layer_variation(m))


@metric(symbol="h_exp", unit="ratio", source=SHANNON, label="Normalised entropy of experts",
        better="higher")  # fmt: skip
def expert_normalised_entropy(m: Model) -> float:
    """Entropy of the experts' shares over that of even ones, on average over the layers."""
    return mean(layer_normalised_entropy(m))


@_whole(symbol="D_dead", unit="experts", label="Dead experts", better="lower")
def dead_experts(m: Model) -> float:
    """Experts that got no token, in all layers together."""
    return total(layer_dead_experts(m))


@metric(symbol="d_drop", unit="ratio", source=SWITCH, label="Dropped tokens, at least",
        better="lower")  # fmt: skip
def dropped_token_share(m: Model) -> float:
    """Share of the tokens beyond their experts' slots, on average over the layers."""
    return mean(layer_dropped_share(m))


@_mean(symbol="ℓ_bal", source=SWITCH, label="Balancing loss, as counted")
def balancing_loss(m: Model) -> float:
    """Switch's loss with shares of tokens as probabilities, on average over the layers.

    Its minimum, 1, is even.
    """
    return mean(layer_balancing_loss(m))


@_mean(symbol="u_rel", source=CONVENTION, label="Most uneven layer over the median one")
def layer_excess_over_median(m: Model) -> float:
    """Excess of the busiest expert in the most uneven layer over that of the median layer."""
    return largest(layer_excess(m)) / median(layer_excess(m))


@_mean(symbol="w_dev", source=MEGATRON, label="Slowdown by the busiest device")
def device_slowdown(m: Model) -> float:
    """How much longer experts take than if devices got equally many tokens: layer after layer.

    A device holds experts in the order of their numbers, as without any balancing.
    """
    return mean(layer_device_max_over_mean(m))


def _added_seconds(m: Model, c: Counting) -> float:
    """Seconds that the busiest device's further tokens take at its peak, for each token of all."""
    added = routed_expert_flops(m) * (device_slowdown(m) - 1)
    return added * FLOPS_A_MAC / c.flops_per_mac / peak_flops(m) / devices_used(m)


@metric(symbol="v_in,hot", unit="tokens/s", source=ROOFLINE, better="higher",
        label="Reading prompts, with the busiest device, at most")  # fmt: skip
def uneven_prefill_tokens_per_s(m: Model, c: Counting) -> float:
    """Tokens of prompts a second at most, if in every layer all wait for the busiest device."""
    return 1 / (1 / prefill_tokens_per_s(m) + _added_seconds(m, c))


@metric(symbol="v_high,hot", unit="tokens/s", source=ROOFLINE, better="higher",
        label="Decoding, estimate, high, with the busiest device")  # fmt: skip
def uneven_decode_tokens_per_s_high(m: Model, c: Counting, load: Load) -> float:
    """Tokens a second by the high estimate, if all wait for the busiest device to multiply.

    Where reading weights takes longer than multiplying, uneven tokens cost nothing.
    """
    flops = coalesce(decode_flops_per_token(m), linear_flops(m))
    even = flops * FLOPS_A_MAC / c.flops_per_mac / peak_flops(m) / devices_used(m)
    reading = 1 / estimated_decode_tokens_per_s_high(m)
    return 1 / maximum(reading, even + _added_seconds(m, c))


@check("suspicious", about=dead_experts)
def experts_without_tokens(m: Model) -> Doubt:
    """Dead experts take memory for nothing, or the counts are of too few tokens."""
    return doubt(dead_experts(m) > 0, "experts without any token: {}", dead_experts(m))


@check("suspicious", about=layer_excess_over_median)
def a_layer_more_uneven_than_others(m: Model) -> Doubt:
    """One layer that is far less even than the others holds all devices up."""
    return doubt(
        layer_excess_over_median(m) > 2,
        "in one layer the busiest expert exceeds the mean {} as far as in the median one",
        layer_excess_over_median(m),
    )


@check("suspicious", about=dropped_token_share)
def tokens_that_are_dropped(m: Model) -> Doubt:
    """Tokens beyond the capacity skip their expert, which costs quality."""
    return doubt(
        dropped_token_share(m) > 0.01,
        "with the assumed capacity factor at least {} of the tokens would be dropped",
        dropped_token_share(m),
    )
