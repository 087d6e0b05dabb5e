"""Models for text and images around language models of others: these are what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Reading, may
from moe_report.importers.architectures import mixers
from moe_report.importers.architectures.common import one_value, only
from moe_report.importers.architectures.latent import deepseek, sparse_layers
from moe_report.importers.architectures.plain import ADAPTERS as PLAIN
from moe_report.importers.architectures.text_part import NO_IMAGES, tied_outside


def _derive_deepseek_vl2(r: Reading) -> Mapping[str, float]:
    """Attention is latent, or with ordinary heads; the router may have a bias for balance."""
    only(r, _ONE_VALUE)
    given = sparse_layers(r) | {"router_bias": int(r["topk_method"] == "noaux_tc")}
    if not r["use_mla"]:
        heads, width = r["num_attention_heads"], r["head_dim"] or 0
        if not width and r["hidden_size"] % heads:
            r.refuse("hidden_size", f"is {r['hidden_size']}, not a multiple of the {heads} heads")
        if r["num_key_value_heads"] is None:
            r.refuse("num_key_value_heads", "is needed where use_mla is false")
        return given | {
            "num_key_value_heads": r["num_key_value_heads"] or heads,
            "head_dim": width or r["hidden_size"] // heads,
        }
    for key in _LATENT:
        if not r[key]:
            r.refuse(key, f"is {r[key]}: without latent attention use_mla must be false")
    if r["q_lora_rank"] == 0:
        r.refuse("q_lora_rank", "is 0; queries that are not compressed have null")
    return given | {key: r[key] or 0 for key in (*_LATENT, "q_lora_rank")}


_LATENT = ("kv_lora_rank", *(key for key in mixers.LATENT if key.endswith("head_dim")))
_ONE_VALUE = {"attention_bias": False, "mlp_bias": False}
# As the configuration class has it where a config is silent, and published ones often are.
_DEEPSEEK = deepseek(leading=0, q_rank=1536) | one_value(_ONE_VALUE) | {
    "vocab_size": may(102_400, "vocab_size"),
    "num_hidden_layers": may(30, "num_hidden_layers"),
    "num_attention_heads": may(32, "num_attention_heads"),
    "num_key_value_heads": may(None),
    "head_dim": may(None),
    "intermediate_size": may(11_008, "intermediate_size"),
    "moe_intermediate_size": may(1407, "moe_intermediate_size"),
    "n_shared_experts": may(None, "num_shared_experts"),
    "use_mla": may(True, kind="flag"),
    "q_lora_rank": may(1536, null=True, minimum=0),
    "kv_lora_rank": may(512, null=True, minimum=0),
    "qk_nope_head_dim": may(128, minimum=0),
    "qk_rope_head_dim": may(64, minimum=0),
    "v_head_dim": may(128, minimum=0),
    "topk_method": may("greedy", kind="text"),
}  # fmt: skip
_IN_INTERNVL = {text: PLAIN[text] for text in ("qwen3_moe", "gpt_oss")}

ADAPTERS: Mapping[str, Adapter] = {
    # As published, and as transformers has it.
    "internvl_chat": Adapter(
        {},
        by_text_model={
            text: replace(adapter, section="llm_config", note=NO_IMAGES)
            for text, adapter in _IN_INTERNVL.items()
        },
    ),
    "internvl": Adapter(
        {},
        by_text_model={
            text: tied_outside(adapter, default=True, note=NO_IMAGES)
            for text, adapter in _IN_INTERNVL.items()
        },
    ),
    "deepseek_vl_v2": Adapter(
        _DEEPSEEK,
        section="language_config",
        derive=_derive_deepseek_vl2,
        note=NO_IMAGES,
    ),
}
