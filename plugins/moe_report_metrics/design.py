"""Design.

How the experts of a model are cut, in the ratios that papers compare designs by. The share of
experts that a token uses is in Parameter efficiency. *Granularity* has two definitions, which
differ by a factor of 2; a figure of it says nothing without its paper.

Letters: ``d`` hidden size, ``f_e`` an expert's width, ``E`` experts, ``k`` of them a token.
"""

from functools import partial

from moe_report import Model, metric, where

ORDER = 64
FINE_GRAINED = "Krajewski et al. 2024, arXiv:2402.07871, section 3"
ratio = partial(metric, unit="ratio", format="decimal")
grains = partial(ratio, headers=("?[expert] granularity",))


@grains(symbol="G", source=FINE_GRAINED, label="Granularity, 4d over an expert")
def granularity_by_4d(m: Model) -> float:
    """Experts that an FFN of the usual width, four times the hidden size, is cut into."""
    return 4 * m.hidden_size / m.moe_intermediate_size


@grains(
    symbol="G_2",
    source="Tian et al. 2025, arXiv:2507.17702",
    label="Granularity, 2d over an expert",
)
def granularity_by_2d(m: Model) -> float:
    """Granularity as scaling laws of efficiency leverage have it: half of the other."""
    return 2 * m.hidden_size / m.moe_intermediate_size


@ratio(symbol="X", source=FINE_GRAINED, label="Expansion rate")
def expansion_rate(m: Model) -> float:
    """Width of all routed experts of a layer over that of the usual FFN: experts a granularity."""
    return m.num_experts / granularity_by_4d(m)


@metric(
    symbol="l_MoE", unit="ratio", label="Share of MoE layers", minimum=0, maximum=1,
    source="Lepikhin et al. 2020, arXiv:2006.16668, section 4.3 (every other layer)",
)  # fmt: skip
def moe_layer_share(m: Model) -> float:
    """Layers with experts as a share of all."""
    return m.num_moe_layers / m.num_hidden_layers


@ratio(
    symbol="w_k",
    source="Dai et al. 2024, arXiv:2401.06066, section 3.1",
    label="Active FFN width over d",
)
def active_ffn_ratio(m: Model) -> float:
    """Width of the experts that work on a token, shared ones too, over the hidden size.

    Cutting experts finer while more of them are chosen leaves it as it is.
    """
    shared = m.num_shared_experts * m.shared_expert_intermediate_size
    routed = m.num_experts_per_tok * m.moe_intermediate_size
    return (routed + where(m.num_shared_experts > 0, shared, 0)) / m.hidden_size
