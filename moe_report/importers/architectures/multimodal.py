"""Text models within models for images, video and sound (Muse Spark, Qwen3-Omni)."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Key, Reading, may, need
from moe_report.importers.architectures.common import SHAPE, TOP_K, attention_bias, kv_heads
from moe_report.importers.architectures.layers import (
    LAYER_TYPES,
    MLP_TYPES,
    SPARSE_STEP,
    sliding,
    sparse,
    sparse_step,
)
from moe_report.importers.architectures.mixers import (
    TEXT_ROUTING,
    attention,
    text_part,
    typed,
    untied,
)
from moe_report.importers.architectures.qwen_glm import BASE, EXPERTS, TEXT_ONLY, tied_outside


def _derive_muse(r: Reading) -> Mapping[str, float]:
    untied(r)
    d, layers, heads = r["hidden_size"], r["num_hidden_layers"], r["num_attention_heads"]
    last = layers - 1
    moe = sparse(r, lambda layer: True)
    gated = attention(r, bias="attention_bias").plus(d * heads * r["head_dim"])
    number = moe["num_moe_layers"]
    return {
        **sliding(r, lambda layer: bool((last - layer) % 4)),
        **moe,
        **typed((layers, gated)),
        **_narrow_experts(r, number),
        # Two gates of what is passed on; norms before and after the experts.
        "other_params": 2 * layers * d + 2 * number * r["moe_hidden_size"],
    }


def _narrow_experts(r: Reading, number: int) -> dict[str, float]:
    """FFNs in pairs of matrices: of three, and of experts in a space narrower than the model."""
    d, inner, dense = r["hidden_size"], r["moe_hidden_size"], r["intermediate_size"]
    weights = 3 * inner * r["moe_intermediate_size"]
    given = {"shared_expert_intermediate_size": inner}
    dense_layers = r["num_hidden_layers"] - number
    note = f"Experts work in a space of width {inner}; its two matrices count as a shared expert"
    if weights % (2 * d) or (dense_layers and dense % 2):
        r.notes.append(f"{note}; FLOPs of experts and dense layers are left out")
        return given | {
            "expert_params": number * weights,
            "dense_ffn_params": dense_layers * 3 * d * dense,
        }
    r.notes.append(
        f"{note}, and FFNs are given as large as they are with two matrices in place of three"
    )
    given["moe_intermediate_size"] = weights // (2 * d)
    return given | ({} if dense % 2 else {"intermediate_size": 3 * dense // 2})


_MUSE: dict[str, Key] = SHAPE | TOP_K | LAYER_TYPES | MLP_TYPES | kv_heads(16) | {
    "head_dim": may(64, "head_dim"),
    "sliding_window": may(2048, "sliding_window", null=True),
    "attention_bias": may(False, kind="flag"),
    "intermediate_size": need(),
    "moe_intermediate_size": need(),
    "moe_hidden_size": may(4096),
    "num_local_experts|num_experts": need("num_experts"),
}  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "muse_spark": Adapter(
        text_part(_MUSE),
        fixed={"num_shared_experts": 1, "num_ffn_matrices": 2, "num_norms_per_layer": 3},
        derive=_derive_muse, irrelevant=TEXT_ROUTING, note=TEXT_ONLY,
    ),
    # The configuration class has a window that the layers never use.
    "qwen3_omni_moe": Adapter(
        tied_outside(BASE | EXPERTS | SPARSE_STEP | attention_bias(False) | kv_heads(4)),
        fixed={"qk_norm": 1}, derive=sparse_step, irrelevant=TEXT_ROUTING,
        section="thinker_config",
        note="Only the thinker's text model is counted, not those for images, video and sound,"
        " nor the talker",
    ),
}  # fmt: skip
