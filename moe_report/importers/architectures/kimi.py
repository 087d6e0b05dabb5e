"""Kimi Linear, and Kimi K3, whose text model is one with more parts.

The shapes are those of the modelling code that is published with the weights. Its switches are off
where they are left out: then it is the Kimi Linear that transformers has, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.importers.architectures import mixers
from moe_report.importers.architectures.latent import checked, deepseek
from moe_report.importers.architectures.layers import LAYER_TYPES
from moe_report.importers.architectures.text_part import NO_IMAGES, text_part
from moe_report.schema.parts import Part


def _full_layers(r: Reading) -> int:
    """How many layers have softmax attention: as listed, or every fourth but the first."""
    layers: int = r["num_hidden_layers"]
    if r["layer_types"] is not None:
        return mixers.kinds(r, "layer_types", mixers.FULL, mixers.LINEAR)[mixers.FULL]
    full, linear = r["full_attn_layers"], r["kda_layers"]
    if full is None and linear is None:
        return (layers - 1) // 4
    if full is None or linear is None:
        r.refuse("kda_layers", "and full_attn_layers must be there both, or neither")
        return 0
    if sorted(full + linear) != list(range(1, layers + 1)):
        r.refuse("kda_layers", "and full_attn_layers must name each layer once, from 1 on")
    return len(full)


def _derive(r: Reading) -> Mapping[str, float]:
    mixers.untied(r)
    given, full = checked(r), _full_layers(r)
    softmax = mixers.latent_attention(r)
    if r["mla_use_output_gate"]:
        softmax = softmax.plus(r["hidden_size"] * r["num_attention_heads"] * r["v_head_dim"])
    linear = mixers.kimi_delta(r, full_gates=int(r["use_full_rank_gate"] or 0))
    given |= mixers.typed((full, softmax), (r["num_hidden_layers"] - full, linear))
    if r["routed_expert_hidden_size"] is not None:
        given = _narrow_experts(r, given)
    else:
        given["moe_intermediate_size"] = r["moe_intermediate_size"]
    if r["attn_res_block_size"] is not None:
        given = _residuals(r, given)
    return given


def _narrow_experts(r: Reading, given: dict[str, float]) -> dict[str, float]:
    """Routed experts in a space of their own, into which and out of which two matrices lead."""
    layers = int(given["num_moe_layers"])
    d, inner, expert = r["hidden_size"], r["routed_expert_hidden_size"], r["moe_intermediate_size"]
    if r["latent_moe_use_norm"] is None:
        r.refuse("latent_moe_use_norm", "must be there with routed_expert_hidden_size")
    norm = inner if r["latent_moe_use_norm"] else 0
    given["shared_expert_intermediate_size"] = expert
    given = mixers.beside_attention(given, mixers.Mixer(layers * 2 * d * inner, layers * norm))
    note = f"Routed experts work in a space of width {inner}, whose matrices are other parameters"
    if inner * expert % d:
        r.notes.append(f"{note}; FLOPs of experts are left out")
        return given | {Part.ONE_EXPERT: layers * 3 * inner * expert}
    r.notes.append(f"{note}, and moe_intermediate_size is that of an expert as large without it")
    return given | {"moe_intermediate_size": inner * expert // d}


def _residuals(r: Reading, given: dict[str, float]) -> dict[str, float]:
    """Attention residuals: what blocks of layers gave is mixed anew before every part of a layer.

    A norm and a row of weights score each block; the score and the mixing are a product a channel
    each, so that weights take part in more products than there are weights.
    """
    d, layers, block = r["hidden_size"], r["num_hidden_layers"], r["attn_res_block_size"]
    before_attention = [-(-layer // block) for layer in range(layers)]
    before_ffn = [layer // block + 1 for layer in range(layers)]
    mixed = [*before_attention, *before_ffn, -(-layers // block)]
    products = 2 * d * sum(blocks + 1 for blocks in mixed if blocks)
    r.notes.append(
        "What earlier blocks of layers gave is mixed anew for each (attention residuals): other"
        " parameters, whose FLOPs stand with attention's projections"
    )
    given[Part.ATTENTION_PROJECTIONS] += products
    weights = (2 * layers + 1) * 2 * d
    return given | {"other_params": given.get("other_params", 0) + weights}


# Latent attention beside Kimi Delta Attention, and the spellings of its models.
KIMI = {
    spellings: key
    for spellings, key in deepseek(leading=1, q_rank=None).items()
    if "expert" not in spellings
} | {
    "num_experts_per_token|num_experts_per_tok": need("num_experts_per_tok"),
    "num_experts|num_local_experts|n_routed_experts": need("num_experts"),
    "num_shared_experts|n_shared_experts": may(1, "num_shared_experts", null=True),
} | LAYER_TYPES  # fmt: skip
KIMI_ROUTING = frozenset({
    "moe_renormalize", "moe_router_activation_func", "num_expert_group", "use_grouped_topk",
})  # fmt: skip
_KIMI = Adapter(
    KIMI | {
        "moe_intermediate_size": need(),
        "linear_head_dim|linear_attn_config.head_dim": may(128),
        "linear_num_heads|linear_attn_config.num_heads": may(32),
        "linear_conv_kernel_dim|linear_attn_config.short_conv_kernel_size": may(4),
        "linear_attn_config.full_attn_layers": may(None, kind="numbers"),
        "linear_attn_config.kda_layers": may(None, kind="numbers"),
        "linear_attn_config.use_full_rank_gate": may(None, kind="flag"),
        "mla_use_output_gate": may(None, kind="flag"),
        "routed_expert_hidden_size": may(None),
        "latent_moe_use_norm": may(None, kind="flag"),
        "attn_res_block_size": may(None),
    },
    derive=_derive, irrelevant=KIMI_ROUTING, note=mixers.MIXED,
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "kimi_linear": _KIMI,
    "kimi_k3": replace(text_part(_KIMI, note=NO_IMAGES), text_model="kimi_linear"),
}
