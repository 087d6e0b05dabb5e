"""Parameter efficiency.

How much of the model works on a token. *Efficiency* is active over total parameters: a model with
28 % runs like a dense model of a little over a quarter of its size, and takes the memory of the
whole. It can never be lower than ``k/E``, the share of experts that a token uses, because all that
is not a routed expert is always active.

With only totals typed in, the last two columns solve them for the size of one expert and of what
the experts share; a negative result means that the four numbers cannot belong to one model.
"""

from moe_report import (
    Model,
    Rows,
    bars,
    metric,
    short_form,
)
from moe_report.wording import percent
from moe_report_metrics import guide
from moe_report_metrics.parameter_ledger import (
    CONVENTION,
    MOE,
    active_params,
    always_active_params,
    total_params,
)

ORDER = 20
POINTS = guide.EFFICIENCY
SHORT_FORM = short_form(
    inputs=(
        ("always_active_params", "Shared parameters"),
        ("num_experts", "Experts"),
        ("expert_params", "Parameters of an expert"),
        ("num_experts_per_tok", "Experts a token (top-k)"),
        ("router_param_share", "Routing overhead"),
    ),
    bars=("total_params", "active_params"),
    ring="expert_utilisation",
    numbers=("parameter_efficiency", "expert_flops_savings"),
)
SOLVED = "solved from total = shared + E·expert and active = shared + k·expert"


@metric(
    symbol="η",
    unit="ratio",
    source=CONVENTION,
    label="Efficiency",
    minimum=0,
    maximum=1,
    headline=3,
    headers=(
        "active share",
        "active parameter (share|ratio)",
        "?active [total] ratio",
        "?total active ratio",
        "?[total] active [per] total",
        "?activation [ratio|share]",
        "?efficiency [ratio|share]",
        "?sparsity [ratio]",
        "?=efficiency",
        "efficiency share",
    ),
)
def parameter_efficiency(m: Model) -> float:
    """Active parameters as a share of all."""
    return active_params(m) / total_params(m)


@metric(
    symbol="u",
    unit="ratio",
    source=MOE,
    label="Expert utilisation",
    minimum=0,
    maximum=1,
    headers=(
        "(active|selected) expert (share|ratio)",
        "?active ratio",
        "?activation ratio",
        "?[expert] sparsity [ratio]",
    ),
)
def expert_utilisation(m: Model) -> float:
    """Share of a layer's routed experts that a token is sent to."""
    return m.num_experts_per_tok / m.num_experts


@metric(
    symbol="σ",
    unit="ratio",
    source=CONVENTION,
    label="Sparsity",
    minimum=0,
    maximum=1,
    headers=("?sparsity [ratio]",),
)
def sparsity(m: Model) -> float:
    """Share of the parameters that rest while a token passes."""
    return 1 - parameter_efficiency(m)


@metric(
    symbol="a", unit="ratio", source=CONVENTION, label="Always-active share", minimum=0, maximum=1
)
def always_active_share(m: Model) -> float:
    """Share of the parameters that every token uses, whatever its route."""
    return always_active_params(m) / total_params(m)


@metric(symbol="P̂_expert", unit="parameters", source=SOLVED, label="Implied expert size")
def implied_expert_params(m: Model) -> float:
    """Size of one expert, over all layers, that total and active parameters imply."""
    return (total_params(m) - active_params(m)) / (m.num_experts - m.num_experts_per_tok)


@metric(symbol="P̂_shared", unit="parameters", source=SOLVED, label="Implied shared parameters")
def implied_shared_params(m: Model) -> float:
    """Parameters outside the experts that total and active imply; below 0 is impossible."""
    return total_params(m) - m.num_experts * implied_expert_params(m)


def _title_of_shares(rows: Rows) -> str:
    shares = sorted(rows[parameter_efficiency])
    middle = percent(shares[(len(shares) - 1) // 2])
    if len(rows) == 1:
        return f"{rows.names[0]} runs {middle} of its weights for a token"
    return f"Half of these models run at most {middle} of their weights for a token"


shares = bars(
    "share",
    (parameter_efficiency, expert_utilisation),
    title=_title_of_shares,
    caption=(
        "Efficiency is active over total parameters, utilisation the share of the routed experts "
        "that a token is sent to. What lies between the two is what every token uses."
    ),
    labels=("efficiency", "expert utilisation"),
    heads=("efficiency", "utilisation"),
    colors=("blue", "orange"),
    axis="share of parameters, and of experts",
    first="most efficient model",
    log=False,
)
