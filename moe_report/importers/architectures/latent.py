"""Architectures with multi-head latent attention."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Key, Reading, may, need
from moe_report.importers.architectures.common import SHAPE, TOP_K


def _deepseek(shared: int, leading: int) -> dict[str, Key]:
    latent = ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    return SHAPE | TOP_K | {name: need(name) for name in latent} | {
        "q_lora_rank": may(1536, "q_lora_rank", null=True),
        "intermediate_size": need("intermediate_size"),
        "moe_intermediate_size": need("moe_intermediate_size"),
        "n_routed_experts|num_local_experts|num_experts": need("num_experts"),
        "n_shared_experts": may(shared, "num_shared_experts", null=True),
        "first_k_dense_replace": may(leading, "first_k_dense_replace"),
        "moe_layer_freq": may(1),
        "attention_bias": may(False, kind="flag"),
        "mlp_bias": may(None, kind="flag"),
        "num_nextn_predict_layers|num_mtp_layers": may(None, minimum=0),
    }  # fmt: skip


def _derive_deepseek(r: Reading) -> Mapping[str, float]:
    for key in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"):
        if r[key] == 0:
            r.refuse(key, "is 0: without latent attention it is not this architecture")
    if r["mlp_bias"]:
        r.refuse("mlp_bias", "is true, which is not modelled")
    if r["num_nextn_predict_layers"]:
        r.notes.append("The layers that predict further tokens (MTP) are not counted")
    layers = range(r["first_k_dense_replace"], r["num_hidden_layers"])
    given = {"num_moe_layers": sum(layer % r["moe_layer_freq"] == 0 for layer in layers)}
    if r["attention_bias"]:
        compressed = (r["q_lora_rank"] or 0) + r["kv_lora_rank"] + r["qk_rope_head_dim"]
        given |= {"attention_out_bias": 1, "other_params": r["num_hidden_layers"] * compressed}
    return given


ADAPTERS: Mapping[str, Adapter] = {
    "deepseek_v2": Adapter(_deepseek(shared=2, leading=0), derive=_derive_deepseek),
    "deepseek_v3": Adapter(_deepseek(shared=1, leading=3), derive=_derive_deepseek),
}
