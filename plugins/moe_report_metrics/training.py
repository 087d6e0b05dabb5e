"""Training.

What a training run takes, by its FLOPs: a device spends them at a share of its peak, the *model
FLOPs utilisation*. That share is of the BF16 peak, whatever the run multiplies in: DeepSeek-V3's,
measured with FP8 training, is the default. Then what training keeps beside activations: weights,
gradients and the optimizer's states. How long a step takes is left out: it rests on the network.

Letters: ``D`` tokens, ``C`` FLOPs, ``d`` copies that share an optimizer's states.
"""

from dataclasses import dataclass

from moe_report import Model, assumption, ceil, maximum, metric, preset, where
from moe_report_metrics.design import granularity_by_4d
from moe_report_metrics.flops_savings import training_flops
from moe_report_metrics.hardware import Device
from moe_report_metrics.parameter_ledger import (
    embedding_params,
    norm_and_other_params,
    routed_expert_params,
    router_params,
    total_params,
    unembedding_params,
)
from moe_report_metrics.sharding import Parallelism, expert_devices

ORDER = 62
PALM = "Chowdhery et al. 2022, arXiv:2204.02311, appendix B"
V3_HARDWARE = "Zhao et al. 2025, arXiv:2505.09343, Table 4"
MEGATRON = "Megatron-LM, docs, dist_optimizer.md"
SHARES = f"{MEGATRON}; theoretical_memory_usage.py (experts)"
FINE_GRAINED = "Krajewski et al. 2024, arXiv:2402.07871"


@dataclass(frozen=True)
class Run:
    """How much is trained, and how well devices are used."""

    training_tokens: float = assumption(
        1e12, symbol="D", unit="tokens", minimum=1, maximum=1e16, whole=True,
        help="Tokens of the run. A round figure: models differ, DeepSeek-V3 saw 14.8e12.",
    )  # fmt: skip
    training_mfu: float = assumption(
        0.3894, symbol="μ_train", unit="ratio", label="Model FLOPs utilisation, training",
        help="Share of the BF16 peak, attention causal. DeepSeek-V3's on H800, with FP8 training.",
        minimum=0.001, maximum=1,
    )  # fmt: skip


@dataclass(frozen=True)
class TrainingPrice:
    """What a device costs while it trains."""

    training_hour_price: float = assumption(
        2, symbol="p_train", unit="$/h", label="Price of a device hour, training",
        help="$2 is what DeepSeek-V3's report takes for an H800.", maximum=1e4,
    )  # fmt: skip


@dataclass(frozen=True)
class Optimizer:
    """Bytes that a parameter takes in training: weight, gradient, and the optimizer's states."""

    copied_state_bytes: float = assumption(
        6, symbol="β_copy", unit="byte/parameter", label="Training bytes in every copy",
        help="Of a parameter, on each device that holds it.", maximum=64,
    )  # fmt: skip
    divided_state_bytes: float = assumption(
        12, symbol="β_div", unit="byte/parameter", label="Training bytes that copies divide",
        help="Of a parameter, divided over its data-parallel copies; 0 for a plain optimizer.",
        maximum=64,
    )  # fmt: skip


FP16_PLAIN = preset("optimizer", "FP16 plain", Optimizer(20, 0), source=MEGATRON)
BF16_PLAIN = preset("optimizer", "BF16 plain", Optimizer(18, 0), source=MEGATRON)
FP32_PLAIN = preset("optimizer", "FP32 plain", Optimizer(16, 0), source=MEGATRON)
FP16_DIVIDED = preset("optimizer", "FP16 distributed", Optimizer(4, 16), source=MEGATRON)
BF16_DIVIDED = preset("optimizer", "BF16 distributed", Optimizer(6, 12), source=MEGATRON)
FP32_DIVIDED = preset("optimizer", "FP32 distributed", Optimizer(8, 8), source=MEGATRON)


@metric(symbol="C_train", unit="FLOP", source=PALM, label="Training FLOPs, all tokens")
def training_run_flops(m: Model, r: Run) -> float:
    """FLOPs of the run, forward and backward; nothing is computed twice to save memory."""
    return training_flops(m) * r.training_tokens


@metric(
    symbol="t_train", unit="h", source=f"{PALM}; {V3_HARDWARE}", label="Training, device hours",
    format="si", better="lower",
)  # fmt: skip
def training_device_hours(m: Model, r: Run, d: Device) -> float:
    """Hours of one device: FLOPs over what it reaches of its BF16 peak."""
    return training_run_flops(m) / (r.training_mfu * d.bf16_flops) / 3600


@metric(
    symbol="c_train", unit="$", source="DeepSeek-AI 2024, arXiv:2412.19437, Table 1",
    label="Training cost", format="si", better="lower",
)  # fmt: skip
def training_cost(m: Model, p: TrainingPrice) -> float:
    """Device hours times their price; without research, data and failed runs."""
    return training_device_hours(m) * p.training_hour_price


@metric(
    symbol="E_train", unit="kWh", source="power times hours", label="Training energy",
    format="si", better="lower",
)  # fmt: skip
def training_energy_kwh(m: Model, d: Device) -> float:
    """Energy of the devices at their rated power; without hosts and cooling, missing without it."""
    return training_device_hours(m) * (d.device_tdp / where(d.device_tdp > 0, 1000, 0))


@metric(
    symbol="M_train", unit="byte", source=MEGATRON, label="Training state, bytes", better="lower"
)
def training_state_bytes(m: Model, o: Optimizer) -> float:
    """Bytes of one copy of weights, gradients and the optimizer's states; without activations."""
    return total_params(m) * (o.copied_state_bytes + o.divided_state_bytes)


@metric(symbol="d_exp", unit="copies", source=SHARES, label="Copies of an expert")
def expert_data_parallel(m: Model, p: Parallelism) -> float:
    """Devices that hold the same part of an expert: its data-parallel size."""
    return p.tensor_parallel * p.data_parallel / expert_devices(m)


@metric(
    symbol="M_train,dev", unit="byte", source=SHARES, label="Training state of a device",
    better="lower",
)  # fmt: skip
def device_training_state_bytes(m: Model, p: Parallelism, o: Optimizer) -> float:
    """Bytes of weights, gradients and states on the fullest device; without activations.

    Experts' states are divided over the copies of an expert, all others over the data parallelism.
    Routers and norms are copied by tensor parallelism; embedding and output head are on one stage.
    """
    ends = embedding_params(m) + unembedding_params(m)
    whole = router_params(m) + norm_and_other_params(m)
    layers = total_params(m) - routed_expert_params(m) - ends - whole
    fullest = ceil(m.num_hidden_layers / p.pipeline_parallel) / m.num_hidden_layers
    end = where(p.pipeline_parallel == 1, ends, maximum(embedding_params(m), unembedding_params(m)))
    outside = (layers / p.tensor_parallel + whole) * fullest + end / p.tensor_parallel
    experts = routed_expert_params(m) / expert_devices(m) * fullest
    return outside * (o.copied_state_bytes + o.divided_state_bytes / p.data_parallel) + experts * (
        o.copied_state_bytes + o.divided_state_bytes / expert_data_parallel(m)
    )


@metric(
    symbol="ℒ", unit="nat/token", source=f"{FINE_GRAINED}, Eq. 9", label="Loss by Krajewski's law",
    format="decimal",
)  # fmt: skip
def fine_grained_law_loss(m: Model, r: Run) -> float:
    """Loss of such a size and granularity at the expansion rate 64: a line to compare with.

    Missing outside what its authors trained: 129 M to 3.7 B parameters without embeddings, 16 to
    130 B tokens, granularity 1 to 16. Other expansion rates than 64 they did not fit.
    """
    params = total_params(m) - embedding_params(m) - unembedding_params(m)
    of_size = (2.1 / granularity_by_4d(m) ** 0.58 + 18.1) / params**0.115
    of_tokens = 30.8 / r.training_tokens**0.147
    loss: float = 0.47 + of_size + of_tokens
    tried = (
        _within(params, 129e6, 3.7e9)
        * _within(r.training_tokens, 16e9, 130e9)
        * _within(granularity_by_4d(m), 1, 16)
    )
    return loss / tried  # over 0, it is missing


def _within(value: float, least: float, most: float) -> float:
    """1 between two bounds, else 0."""
    return where((value >= least) & (value <= most), 1, 0)
