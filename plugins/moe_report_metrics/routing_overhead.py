"""Routing overhead.

What routing itself costs. The router is small: a vector for each expert, typically well under 1 %
of parameters and FLOPs. What weighs is moving tokens to their experts and back when experts live
on different devices (*dispatch* and *combine*), and the padding where each expert has a fixed
number of slots: the *capacity factor* says how many more slots there are than an even spread would
need; tokens over it are dropped or rerouted, slots under it are computed for nothing.
"""

from dataclasses import dataclass

from moe_report import (
    Model,
    Rows,
    assumption,
    bars,
    ceil,
    metric,
    stack,
)
from moe_report.wording import amount, percent, span
from moe_report_metrics import guide
from moe_report_metrics.flops_savings import forward_flops, router_flops
from moe_report_metrics.parameter_ledger import CONVENTION, router_params, total_params

ORDER = 40
POINTS = guide.ROUTING
SCENARIOS = {"fp8": {"dispatch_bytes": 1.0}}
GSHARD = "Lepikhin et al. 2020, arXiv:2006.16668, section 2.2"
SWITCH = "Fedus et al. 2021, arXiv:2101.03961, section 2.2"


@dataclass(frozen=True)
class Routing:
    """How tokens travel to experts."""

    tokens_per_batch: float = assumption(
        4096,
        symbol="T",
        unit="tokens",
        help="Tokens routed together; an expert's slots are counted for so many.",
        minimum=1,
        whole=True,
    )
    capacity_factor: float = assumption(
        1.25,
        symbol="γ",
        unit="ratio",
        help="Slots of an expert over what an even spread of the tokens would fill.",
        minimum=0.01,
        maximum=1000,
    )
    dispatch_bytes: float = assumption(
        2,
        symbol="β_out",
        unit="byte",
        label="Bytes of a value sent out",
        help="Width of an activation on its way to the experts: 2 for BF16, 1 for FP8.",
        minimum=0.25,
        maximum=16,
    )
    combine_bytes: float = assumption(
        2,
        symbol="β_in",
        unit="byte",
        label="Bytes of a value sent back",
        help="Width of an activation on its way back from the experts: 2 for BF16.",
        minimum=0.25,
        maximum=16,
    )


@metric(
    symbol="ρ_P",
    unit="ratio",
    source=CONVENTION,
    label="Router share of parameters",
    minimum=0,
    maximum=1,
    better="lower",
)
def router_param_share(m: Model) -> float:
    """Router parameters as a share of all."""
    return router_params(m) / total_params(m)


@metric(
    symbol="ρ_F",
    unit="ratio",
    source=CONVENTION,
    label="Router share of FLOPs",
    minimum=0,
    maximum=1,
    better="lower",
)
def router_flop_share(m: Model) -> float:
    """Router FLOPs as a share of the forward pass."""
    return router_flops(m) / forward_flops(m)


@metric(symbol="B_out", unit="byte/token", source=GSHARD, label="Dispatch", better="lower")
def dispatch_bytes_per_token(m: Model, r: Routing) -> float:
    """Bytes sent out for one token, all MoE layers, if every chosen expert is elsewhere."""
    return m.num_moe_layers * m.num_experts_per_tok * m.hidden_size * r.dispatch_bytes


@metric(symbol="B_in", unit="byte/token", source=GSHARD, label="Combine", better="lower")
def combine_bytes_per_token(m: Model, r: Routing) -> float:
    """Bytes sent back for one token, all MoE layers, if every chosen expert is elsewhere."""
    return m.num_moe_layers * m.num_experts_per_tok * m.hidden_size * r.combine_bytes


@metric(
    symbol="C",
    unit="slots",
    source=SWITCH,
    label="Expert capacity",
    format="integer",
    headers=("?capacity",),
)
def expert_capacity(m: Model, r: Routing) -> float:
    """Slots of one expert for a batch: the even spread times the capacity factor, rounded up."""
    even = r.tokens_per_batch * m.num_experts_per_tok / m.num_experts
    return ceil(r.capacity_factor * even)


@metric(symbol="π", unit="ratio", source=SWITCH, label="Padding", better="lower")
def capacity_padding(m: Model, r: Routing) -> float:
    """Slots beyond the batch's assignments, as a share of all slots; below 0: so many must drop."""
    slots = expert_capacity(m) * m.num_experts
    return 1 - r.tokens_per_batch * m.num_experts_per_tok / slots


def _title_of_overhead(rows: Rows) -> str:
    params, flops = (percent(max(rows[share])) for share in (router_param_share, router_flop_share))
    if len(rows) == 1:
        return (
            f"The router of {rows.names[0]} holds {params} of the parameters and does {flops} of "
            "the FLOPs"
        )
    return f"Routers hold at most {params} of the parameters and do at most {flops} of the FLOPs"


overhead = bars(
    "overhead",
    (router_param_share, router_flop_share),
    title=_title_of_overhead,
    labels=("router's share of parameters", "router's share of FLOPs"),
    heads=("of params", "of FLOPs"),
    colors=("black", "blue"),
    axis="share of the model",
    by=router_flop_share,
    first="largest share of FLOPs",
    zeros=False,
)


def _title_of_traffic(rows: Rows) -> str:
    moved = rows.sum_of(dispatch_bytes_per_token, combine_bytes_per_token)
    least, most = (amount(pick(moved), "byte/token") for pick in (min, max))
    if len(rows) == 1:
        return f"What weighs in routing is moving {most} a token of {rows.names[0]}"
    return f"What weighs in routing is moving {span(least, most)} a token"


traffic = stack(
    "traffic",
    {"moved": (dispatch_bytes_per_token, combine_bytes_per_token)},
    title=_title_of_traffic,
    caption=(
        "What a token sends to its experts and gets back in all layers, if each of them is on "
        "another device."
    ),
    labels=("sent out", "sent back"),
    colors=("blue", "silver"),
    axis="bytes a token",
    first="one that moves most",
)
