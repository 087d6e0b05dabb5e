"""Architectures in which a token sees all others, not the earlier ones alone.

Diffusion language models and encoders. transformers does not have them: a default is that of the
configuration class that is published with the weights.
"""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import REQUIRED, Adapter, Key, Kind, Reading, may, need
from moe_report.importers.architectures.caches import BOTH_WAYS
from moe_report.importers.architectures.common import (
    FFN_WIDTHS,
    HEAD_DIM,
    SHAPE,
    TOP_K,
    attention_bias,
    kv_heads,
    leading,
    one_value,
    only,
)
from moe_report.schema.parts import Part

_CORE = "Tokens see later ones, too, which no field describes: the attention core is left out"


def _without_core(r: Reading) -> dict[str, float]:
    """Give a window that has no size: what a token attends to is then unknown."""
    return {"num_sliding_window_layers": r["num_hidden_layers"]}


def _derive_llada(r: Reading) -> Mapping[str, float]:
    only(r, _LLADA)
    listed = r.one_per_layer("moe_layer_freq")
    if set(listed) - {0, 1}:
        r.refuse("moe_layer_freq", "may say 0 and 1 only")
    given = _without_core(r) | {
        "num_moe_layers": sum(listed), "qk_norm": int(r["qk_layernorm"] or False)
    }  # fmt: skip
    if width := r["shared_expert_intermediate_size"]:
        given |= {"num_shared_experts": 1, "shared_expert_intermediate_size": width}
    if r["dense_intermediate_size"] is not None:
        given["intermediate_size"] = r["dense_intermediate_size"]
    elif sum(listed) < len(listed):
        r.refuse("dense_intermediate_size", "is missing, and some layers have no experts")
    return given


def _derive_llada2(r: Reading) -> Mapping[str, float]:
    only(r, _LLADA2)
    if r["moe_shared_expert_intermediate_size"] not in (None, r["moe_intermediate_size"]):
        r.refuse("moe_shared_expert_intermediate_size", "is not the width of other experts")
    return _without_core(r)


def _derive_nomic(r: Reading) -> Mapping[str, float]:
    """Count biases of dense FFNs, one of all experts of a layer, and embeddings of segments."""
    only(r, _NOMIC)
    d, layers, width = r["n_embd"], r["n_layer"], r["n_inner"]
    if r["activation_function"].endswith("glu"):
        r.refuse("activation_function", "is a gated one, which is not modelled")
    if r["num_heads_kv"] not in (None, r["n_head"]):
        r.refuse("num_heads_kv", f"is not the {r['n_head']} of n_head")
    moe = sum(layer % r["moe_every_n_layers"] == 1 for layer in range(layers))
    biases = r["mlp_fc1_bias"] * width + r["mlp_fc2_bias"] * d
    return {
        "num_sliding_window_layers": layers,
        "num_moe_layers": moe,
        "vocab_size": r["vocab_size"] + -r["vocab_size"] % r["pad_vocab_size_multiple"],
        "other_params": r["type_vocab_size"] * d + (layers - moe) * biases + moe * d,
        # There is no output head.
        Part.UNEMBEDDING: 0,
        Part.UNEMBEDDING_FLOPS: 0,
    }


_LLADA = {"moe_router_enable_expert_bias": False}
# Norms of queries and keys are there, whatever is said of them.
_LLADA2 = {"use_qk_norm": True, "use_rmsnorm": True}
_NOMIC: Mapping[str, bool | int | str] = {
    "prenorm": False, "parallel_block": False, "use_rms_norm": False, "layer_scale": False,
    "add_pooling_layer": False, "expert_choice_router": False, "num_shared_experts": 0,
    "causal": False, "moe_impl": "megablocks",
}  # fmt: skip
_MORE_THAN_0 = Kind(
    "a number of more than 0", lambda value: type(value) in (int, float) and value > 0
)
_LLADA_MOE = Adapter(
    SHAPE | TOP_K | kv_heads(None) | attention_bias(False) | one_value(_LLADA) | {
        "num_experts": may(None, "num_experts"),
        "expert_intermediate_size": need("moe_intermediate_size"),
        "dense_intermediate_size": may(None),
        "shared_expert_intermediate_size": may(None, minimum=0),
        "moe_layer_freq": may(REQUIRED, kind="numbers"),
        "qk_layernorm": may(False, kind="flag", null=True),
    },
    derive=_derive_llada, note=_CORE, cache=BOTH_WAYS,
    irrelevant=frozenset({
        "moe_router_score_function", "router_num_group", "router_topk_group",
    }),
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "llada": _LLADA_MOE,
    "llada_moe": _LLADA_MOE,
    "llada2_moe": Adapter(
        SHAPE | TOP_K | HEAD_DIM | FFN_WIDTHS | leading(0) | one_value(_LLADA2) | {
            "num_key_value_heads": need("num_key_value_heads"),
            "num_experts": need("num_experts"),
            "num_shared_experts": may(0, "num_shared_experts", null=True),
            "moe_shared_expert_intermediate_size": may(None),
            "use_qkv_bias": may(False, "qkv_bias"),
            "use_bias": may(True, "attention_out_bias"),
        },
        fixed={"qk_norm": 1}, derive=_derive_llada2, note=_CORE,
        cache=BOTH_WAYS,
        irrelevant=frozenset({"moe_router_enable_expert_bias", "router_dtype"}),
    ),
    "nomic_bert": Adapter(
        {
            "n_layer|num_hidden_layers": need("num_hidden_layers"),
            "n_embd|hidden_size": need("hidden_size"),
            "n_head|num_attention_heads": need("num_attention_heads"),
            "n_inner|intermediate_size": need("intermediate_size", "moe_intermediate_size"),
            "vocab_size": need("vocab_size"),
            "pad_vocab_size_multiple": may(1),
            "type_vocab_size": may(2, minimum=0),
            "num_experts": may(None, "num_experts"),
            "moe_top_k": need("num_experts_per_tok"),
            "moe_every_n_layers": need(),
            "ffn_div": Key((), Kind("1", lambda value: value == 1), 1),
            "qkv_proj_bias": may(True, "qkv_bias", "attention_out_bias"),
            "mlp_fc1_bias": may(True, kind="flag"),
            "mlp_fc2_bias": may(True, kind="flag"),
            "num_heads_kv": may(None),
            "activation_function": may("gelu", kind="text"),
            # Without, positions have embeddings.
            "rotary_emb_fraction": Key((), _MORE_THAN_0),
            **one_value(_NOMIC),
        },
        fixed={"num_ffn_matrices": 2, "norm_bias": 1, "tie_word_embeddings": 0},
        derive=_derive_nomic, cache=BOTH_WAYS,
        note=f"{_CORE}. It is an encoder: there is no output head",
        irrelevant=frozenset({
            "moe_normalize_expert_weights", "moe_resid_pdrop",
        }),
    ),
}  # fmt: skip
