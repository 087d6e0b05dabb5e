"""Communication.

What devices send each other in a step: tokens to their experts and back (*dispatch* and *combine*,
an all-to-all in every MoE layer), and the sums of tensor parallelism (an all-reduce twice a layer).
Texts count the first differently, so what they count are switches: traffic that stays on the
device, the shared expert, and the scales of FP8. Times are those of one direction of a link, with
nothing hidden behind arithmetic.

Letters: ``T`` tokens of a device, ``M`` bytes, ``t`` seconds.
"""

from dataclasses import dataclass
from functools import partial

from moe_report import Model, assumption, metric, where
from moe_report_metrics.hardware import Device
from moe_report_metrics.parameter_ledger import CONVENTION
from moe_report_metrics.routing_overhead import Routing
from moe_report_metrics.sharding import MEGATRON, Parallelism, expert_devices

ORDER = 58
DEEPSEEK = "Zhao et al. 2025, arXiv:2505.09343, section 2.3.2"
DEEPEP = "DeepEP's docs: its low-latency kernels"
RING = "Patarasuk and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002 (ring)"
_SCALE = 4 / 128  # bytes a value
_switch = partial(assumption, 0, unit="0 or 1", maximum=1, whole=True)


@dataclass(frozen=True)
class Traffic:
    """What is counted as sent."""

    count_local_traffic: float = _switch(
        symbol="b_local", label="Count local traffic",
        help="1: also what stays on the device, as DeepEP and DeepSeek count; 0: (EP − 1)/EP of "
        "it all, an even spread.",
    )  # fmt: skip
    send_shared_expert: float = _switch(
        symbol="b_shared", label="Send to shared experts",
        help="1: a shared expert is elsewhere like a routed one; 0: every device has it.",
    )  # fmt: skip
    send_scales: float = _switch(
        symbol="b_scale", label="Send FP8 scales",
        help="1: an FP32 scale goes with each 128 values sent out.",
    )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What a device sends at once."""

    tokens_per_device: float = assumption(
        128, symbol="T_dev", unit="tokens", label="Tokens of a device, sent together",
        help="Of a micro-batch. 128 is what DeepEP's low-latency kernels are measured with.",
        minimum=1, maximum=10_000_000, whole=True,
    )  # fmt: skip
    micro_batches: float = assumption(
        1, symbol="n_micro", unit="batches", label="Micro-batches of a step", minimum=1,
        maximum=10_000, whole=True,
        help="Each sends its tokens on its own; 2 where one computes while the other sends.",
    )  # fmt: skip
    link_latency: float = assumption(
        0, symbol="τ", unit="s", label="Latency of a link", maximum=1,
        help="Of each message; 0 leaves it out.",
    )  # fmt: skip


def _away(m: Model, parallelism: Parallelism, traffic: Traffic) -> float:
    """The share of what a device sends that leaves it."""
    groups = expert_devices(m) / parallelism.expert_tensor_parallel
    return where(traffic.count_local_traffic == 1, 1, 1 - 1 / groups)


def _values(m: Model, traffic: Traffic, step: Step) -> float:
    """Values of a device's tokens, a copy for each expert."""
    shared = where(traffic.send_shared_expert == 1, m.num_shared_experts, 0)
    return step.tokens_per_device * (m.num_experts_per_tok + shared) * m.hidden_size


def _seconds(sent: float, messages: float, device: Device, step: Step) -> float:
    return where(sent > 0, messages * step.link_latency + sent / device.link_bandwidth, 0)


@metric(symbol="M_out", unit="byte", source=f"{DEEPSEEK}; {DEEPEP}", label="Dispatch of a layer",
        better="lower")  # fmt: skip
def dispatch_bytes_per_layer(
    m: Model, routing: Routing, traffic: Traffic, step: Step, p: Parallelism
) -> float:
    """Bytes that a device sends to experts in one MoE layer."""
    width = routing.dispatch_bytes + where(traffic.send_scales == 1, _SCALE, 0)
    return _values(m, traffic, step) * width * _away(m, p, traffic)


@metric(symbol="M_in", unit="byte", source=f"{DEEPSEEK}; {DEEPEP}", label="Combine of a layer",
        better="lower")  # fmt: skip
def combine_bytes_per_layer(
    m: Model, routing: Routing, traffic: Traffic, step: Step, p: Parallelism
) -> float:
    """Bytes that come back to a device from experts in one MoE layer."""
    return _values(m, traffic, step) * routing.combine_bytes * _away(m, p, traffic)


@metric(symbol="t_out", unit="s", source=DEEPSEEK, label="Dispatch, time of a layer",
        better="lower")  # fmt: skip
def dispatch_seconds(m: Model, d: Device, step: Step) -> float:
    """Seconds of one layer's dispatch. Missing where the link's bandwidth is not known."""
    return _seconds(dispatch_bytes_per_layer(m), 1, d, step)


@metric(symbol="t_in", unit="s", source=DEEPSEEK, label="Combine, time of a layer",
        better="lower")  # fmt: skip
def combine_seconds(m: Model, d: Device, step: Step) -> float:
    """Seconds of one layer's combine."""
    return _seconds(combine_bytes_per_layer(m), 1, d, step)


@metric(symbol="t_a2a", unit="s", source=DEEPSEEK, label="All-to-all, time of a step",
        better="lower")  # fmt: skip
def all_to_all_seconds(m: Model, step: Step) -> float:
    """Seconds of dispatch and combine in all MoE layers, for all micro-batches."""
    layer = dispatch_seconds(m) + combine_seconds(m)
    return step.micro_batches * m.num_moe_layers * layer


@metric(symbol="M_ar", unit="byte", source=f"{MEGATRON}; {RING}", label="All-reduce of a layer",
        better="lower")  # fmt: skip
def all_reduce_bytes_per_layer(m: Model, routing: Routing, step: Step, p: Parallelism) -> float:
    """Bytes that a device sends in a layer's two all-reduces, in a ring of the tensor group.

    Values are as wide as those that come back from experts.
    """
    ring = 2 * (1 - 1 / p.tensor_parallel)
    return 2 * ring * step.tokens_per_device * m.hidden_size * routing.combine_bytes


@metric(symbol="t_ar", unit="s", source=f"{MEGATRON}; {RING}", label="All-reduce, time of a step",
        better="lower")  # fmt: skip
def all_reduce_seconds(m: Model, d: Device, step: Step, p: Parallelism) -> float:
    """Seconds of tensor parallelism's sums in all layers, for all micro-batches."""
    messages = 4 * (p.tensor_parallel - 1)
    layer = _seconds(all_reduce_bytes_per_layer(m), messages, d, step)
    return step.micro_batches * m.num_hidden_layers * layer


@metric(symbol="t_com", unit="s", source=CONVENTION, label="Communication, time of a step",
        better="lower")  # fmt: skip
def communication_seconds(m: Model) -> float:
    """Seconds that a device spends sending in a step, if nothing is hidden."""
    return all_to_all_seconds(m) + all_reduce_seconds(m)
