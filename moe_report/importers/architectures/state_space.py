"""Architectures that mix softmax attention with state-space models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.importers.architectures import mixers
from moe_report.importers.architectures.common import HEAD_DIM, LOCAL, SHAPE, TOP_K, kv_heads
from moe_report.importers.architectures.layers import without_mtp
from moe_report.importers.architectures.text_part import or_under, text_part
from moe_report.schema.parts import Part


def _derive_jamba(r: Reading) -> Mapping[str, float]:
    layers = range(r["num_hidden_layers"])
    if r["num_experts"] == 1:
        r.refuse("num_experts", "is 1: the model is not a Mixture-of-Experts")
    counted = {}
    for name in ("attn", "expert"):
        period, offset = r[f"{name}_layer_period"], r[f"{name}_layer_offset"]
        if offset >= period:
            r.refuse(f"{name}_layer_offset", f"is {offset}, not below the period {period}")
        counted[name] = sum(layer % period == offset for layer in layers)
    full = counted["attn"]
    return mixers.typed((full, mixers.attention(r)), (len(layers) - full, mixers.mamba(r))) | {
        "num_moe_layers": counted["expert"],
    }


def _derive_granite(r: Reading) -> Mapping[str, float]:
    layers, heads = r["num_hidden_layers"], r["mamba_n_heads"]
    inner = r["mamba_expand"] * r["hidden_size"]
    head = inner // heads if r["mamba_d_head"] == "auto" else r["mamba_d_head"]
    if heads * head != inner:
        r.refuse("mamba_d_head", f"times the {heads} heads is {heads * head}, expected {inner}")
    state_space = mixers.mamba2(
        r, heads=heads, head=head, groups=r["mamba_n_groups"], states=r["mamba_d_state"],
        kernel=r["mamba_d_conv"], bias=r["mamba_proj_bias"], conv_bias=r["mamba_conv_bias"],
    )  # fmt: skip
    found = Counter({mixers.LINEAR: layers})
    if r["layer_types"] is not None:
        found = mixers.kinds(r, "layer_types", mixers.FULL, mixers.LINEAR, named=mixers.STATE_SPACE)
    softmax = mixers.attention(r, bias="attention_bias")
    return mixers.typed((found[mixers.FULL], softmax), (found[mixers.LINEAR], state_space))


_BLOCKS = {"M": mixers.LINEAR, "*": mixers.FULL, "E": "moe", "-": "mlp"}


def _blocks(r: Reading) -> Counter[str]:
    if r["layers_block_type"] is not None:
        listed = r["layers_block_type"]
        r.values["num_hidden_layers"] = r["num_hidden_layers"] or len(listed)
        return mixers.kinds(r, "layers_block_type", *_BLOCKS.values(), named=mixers.STATE_SPACE)
    pattern = r["hybrid_override_pattern"]
    if pattern is None:
        pattern = "ME*-"
        r.notes.append(f"Not in the config, so as nemotron_h has it: {pattern!r} for the layers")
    r.values["num_hidden_layers"] = r["num_hidden_layers"] or len(pattern)
    if set(pattern) - set(_BLOCKS) or len(pattern) != r["num_hidden_layers"]:
        r.refuse("hybrid_override_pattern", f"must have one of {' '.join(_BLOCKS)} for each layer")
    return Counter(_BLOCKS.get(letter, letter) for letter in pattern)


def _derive_nemotron(r: Reading) -> Mapping[str, float]:
    found, width = _blocks(r), r["hidden_size"]
    state_space = mixers.mamba2(
        r, heads=r["mamba_num_heads"], head=r["mamba_head_dim"], groups=r["n_groups"],
        states=r["ssm_state_size"], kernel=r["conv_kernel"], bias=r["use_bias"],
        conv_bias=r["use_conv_bias"],
    )  # fmt: skip
    mixers.untied(r)
    if r["mlp_bias"]:
        r.refuse("mlp_bias", "is true, which is not modelled")
    without_mtp(r)
    given = mixers.typed(
        (found[mixers.FULL], mixers.attention(r)), (found[mixers.LINEAR], state_space)
    ) | {
        "num_hidden_layers": r["num_hidden_layers"],
        "num_moe_layers": found["moe"],
        "num_attention_free_layers": found["moe"] + found["mlp"],
        Part.DENSE_FFN: found["mlp"] * 2 * width * r["intermediate_size"],
        "shared_expert_intermediate_size": r["moe_shared_expert_intermediate_size"],
    }
    if not found["mlp"]:
        given[Part.DENSE_FFN_FLOPS] = 0
    else:
        r.notes.append("A layer is an FFN or a mixer alone: FLOPs of the FFNs are left out")
    return given | _latent_experts(r, found["moe"])


def _latent_experts(r: Reading, layers: int) -> dict[str, float]:
    """The width of experts, which may work in a space narrower than the model."""
    inner, expert, width = r["moe_latent_size"], r["moe_intermediate_size"], r["hidden_size"]
    if inner is None:
        return {"moe_intermediate_size": expert}
    given = {
        "shared_expert_intermediate_size": r["moe_shared_expert_intermediate_size"] + inner,
        Part.ONE_EXPERT: layers * 2 * inner * expert,
    }
    note = (
        f"Experts work in a space of width {inner}; its two matrices count with the shared expert"
    )
    if inner * expert % width:
        r.notes.append(f"{note}; FLOPs of experts are left out")
        return given
    del given[Part.ONE_EXPERT]
    r.notes.append(f"{note}, and moe_intermediate_size is that of an expert as large without it")
    return given | {"moe_intermediate_size": inner * expert // width}


_NO_SOUND = "Only the text model is counted, not what hears"
_NEMOTRON = Adapter(
    SHAPE | TOP_K | kv_heads(8) | {
        "num_hidden_layers": may(None),
        "layers_block_type|layer_types": may(None, kind="texts"),
        "hybrid_override_pattern": may(None, kind="text"),
        "head_dim|attention_head_dim": may(128, "head_dim"),
        "intermediate_size": may(21504),
        "n_routed_experts|num_local_experts": need("num_experts"),
        "moe_intermediate_size": need(),
        "moe_shared_expert_intermediate_size": need(),
        "moe_latent_size": may(None),
        "mamba_num_heads": may(128),
        "mamba_head_dim": may(64),
        "n_groups|mamba_n_groups": may(8),
        "ssm_state_size": may(128),
        "conv_kernel|mamba_d_conv": may(4),
        "use_bias": may(False, kind="flag"),
        "mlp_bias": may(False, kind="flag"),
        "use_conv_bias|mamba_conv_bias": may(True, kind="flag"),
        "num_nextn_predict_layers": may(None, minimum=0),
    },
    fixed={"num_shared_experts": 1, "num_ffn_matrices": 2, "num_norms_per_layer": 1},
    derive=_derive_nemotron, note=mixers.MIXED,
    irrelevant=frozenset({"n_shared_experts", "moe_shared_expert_overlap", "expand",
        "mtp_layers_block_type", "mtp_hybrid_override_pattern", "mlp_hidden_act",
    }),
)  # fmt: skip
# Published configs name the text part otherwise.
_OMNI = or_under(text_part(_NEMOTRON), "llm_config")

ADAPTERS: Mapping[str, Adapter] = {
    "jamba": Adapter(
        SHAPE | TOP_K | kv_heads(8) | {
            "num_experts|num_local_experts": need("num_experts"),
            "intermediate_size": need("intermediate_size", "moe_intermediate_size"),
            "expert_layer_period": may(2),
            "expert_layer_offset": may(1, minimum=0),
            "attn_layer_period": may(8),
            "attn_layer_offset": may(4, minimum=0),
            "mamba_d_state": may(16),
            "mamba_d_conv": may(4),
            "mamba_expand": may(2),
            "mamba_dt_rank": mixers.AUTO,
            "mamba_conv_bias": may(True, kind="flag"),
            "mamba_proj_bias": may(False, kind="flag"),
        },
        derive=_derive_jamba, note=mixers.MIXED,
    ),
    "granitemoehybrid": Adapter(
        LOCAL | kv_heads(None) | HEAD_DIM | {
            "shared_intermediate_size": may(1024, "shared_expert_intermediate_size"),
            "attention_bias": may(False, kind="flag"),
            "layer_types|layers_block_type": may(None, kind="texts"),
            "mamba_n_heads": may(128),
            "mamba_n_groups": may(1),
            "mamba_d_state": may(256),
            "mamba_d_head": mixers.AUTO,
            "mamba_d_conv": may(4),
            "mamba_expand": may(2),
            "mamba_conv_bias": may(True, kind="flag"),
            "mamba_proj_bias": may(False, kind="flag"),
        },
        fixed={"num_shared_experts": 1}, derive=_derive_granite, note=mixers.MIXED,
    ),
    "nemotron_h": _NEMOTRON,
    "nemotron_h_omni": _OMNI,
    "NemotronH_Nano_Omni_Reasoning_V3": _OMNI,
    "nemo_speechlm": text_part(_NEMOTRON, note=_NO_SOUND),
}  # fmt: skip
