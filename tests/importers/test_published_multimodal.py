"""Models for text and images as they are published: their text parts, exact or refused."""

from __future__ import annotations

from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report_metrics.parameter_ledger import active_params, total_params
from tests.rows import row_from_config

QWEN_30B: dict[str, Any] = {  # Qwen/Qwen3-30B-A3B, within OpenGVLab/InternVL3_5-30B-A3B
    "architectures": ["Qwen3MoeForCausalLM"], "attention_bias": False, "decoder_sparse_step": 1,
    "head_dim": 128, "hidden_size": 2048, "intermediate_size": 6144, "max_window_layers": 48,
    "mlp_only_layers": [], "model_type": "qwen3_moe", "moe_intermediate_size": 768,
    "norm_topk_prob": True, "num_attention_heads": 32, "num_experts": 128,
    "num_experts_per_tok": 8, "num_hidden_layers": 48, "num_key_value_heads": 4,
    "output_router_logits": False, "router_aux_loss_coef": 0.001, "sliding_window": None,
    "tie_word_embeddings": False, "use_sliding_window": False, "vocab_size": 151936,
}  # fmt: skip
GPT_OSS_20B: dict[str, Any] = {  # openai/gpt-oss-20b, within the preview of InternVL 3.5
    "attention_bias": True, "experts_per_token": 4, "head_dim": 64, "hidden_size": 2880,
    "intermediate_size": 2880, "layer_types": ["sliding_attention", "full_attention"] * 12,
    "model_type": "gpt_oss", "num_attention_heads": 64, "num_experts_per_tok": 4,
    "num_hidden_layers": 24, "num_key_value_heads": 8, "num_local_experts": 32,
    "output_router_logits": False, "router_aux_loss_coef": 0.9, "sliding_window": 128,
    "swiglu_limit": 7.0, "tie_word_embeddings": False, "vocab_size": 201088,
}  # fmt: skip
MINIMAX_01: dict[str, Any] = {  # MiniMaxAI/MiniMax-Text-01, within MiniMax-VL-01
    "architectures": ["MiniMaxText01ForCausalLM"], "attn_type_list": ([0] * 7 + [1]) * 10,
    "head_dim": 128, "hidden_size": 6144, "intermediate_size": 9216, "layernorm_mlp_beta": 1.0,
    "model_type": "minimax_text_01", "num_attention_heads": 64, "num_experts_per_tok": 2,
    "num_hidden_layers": 80, "num_key_value_heads": 8, "num_local_experts": 32,
    "output_router_logits": False, "postnorm": True, "rotary_dim": 64,
    "router_aux_loss_coef": 0.001, "router_jitter_noise": 0.0, "shared_intermediate_size": 0,
    "shared_moe_mode": "sigmoid", "sliding_window": None, "tie_word_embeddings": False,
    "vocab_size": 200064,
}  # fmt: skip
ERNIE_28B: dict[str, Any] = {  # baidu/ERNIE-4.5-VL-28B-A3B-PT
    "architectures": ["Ernie4_5_VLMoeForConditionalGeneration"], "model_type": "ernie4_5_moe_vl",
    "hidden_size": 2560, "intermediate_size": 12288, "num_hidden_layers": 28,
    "num_attention_heads": 20, "num_key_value_heads": 4, "vocab_size": 103424,
    "moe_num_experts": [64, 64], "moe_intermediate_size": [1536, 512], "moe_k": 6,
    "moe_layer_start_index": [1, 1], "moe_layer_end_index": [29, 28], "moe_layer_interval": 1,
    "moe_num_shared_experts": 2, "moe_capacity": [128, 128, 128], "moe_gate": "topk",
    "moe_use_aux_free": True, "moe_gate_act": "softmax", "use_bias": False, "use_rmsnorm": True,
    "moe_multimodal_dispatch_use_allgather": "v2-alltoall-unpad-text", "rope_3d": True,
    "tie_word_embeddings": True, "vision_config": {"depth": 32, "embed_dim": 1280},
}  # fmt: skip


def internvl(text: dict[str, Any]) -> dict[str, Any]:
    """A published InternVL around a language model."""
    return {
        "architectures": ["InternVLChatModel"], "model_type": "internvl_chat", "llm_config": text,
        "vision_config": {"hidden_size": 1024, "model_type": "intern_vit_6b", "qk_norm": True},
        "dynamic_image_size": True, "ps_version": "v2", "template": "internvl2_5",
    }  # fmt: skip


# Each with the config of its text part where that stands alone, and the parameters of that.
PUBLISHED: dict[str, tuple[dict[str, Any], dict[str, Any], int, int]] = {
    "InternVL3.5-30B-A3B": (internvl(QWEN_30B), QWEN_30B, 30_532_122_624, 3_353_032_704),
    "InternVL3.5-GPT-OSS-20B": (
        internvl(GPT_OSS_20B), GPT_OSS_20B, 20_914_757_184, 4_187_440_704
    ),
    "MiniMax-VL-01": (
        {"model_type": "minimax_vl_01", "text_config": MINIMAX_01, "image_token_index": 200025,
         "vision_config": {"model_type": "clip_vision_model", "hidden_size": 1024}},
        MINIMAX_01, 456_089_655_296, 48_403_306_496,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_text_parts_count_as_where_they_stand_alone(name: str) -> None:
    """The same numbers, to the parameter, and a word on what is not counted."""
    config, text, total, active = PUBLISHED[name]
    row = row_from_config(config, where="config.json")
    alone = row_from_config(text, where="config.json")
    assert row.numbers == alone.numbers
    assert any("not the one for images" in note for note in row.notes)
    assert total_params.of(**row.numbers) == total
    assert active_params.of(**row.numbers) == active


def test_ernie_counts_the_experts_for_text() -> None:
    """As published it counts like the config that transformers makes of it."""
    row = row_from_config(ERNIE_28B, where="config.json")
    text = {
        key: ERNIE_28B[key]
        for key in (
            "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
            "num_key_value_heads", "vocab_size", "moe_intermediate_size", "moe_k",
            "moe_num_shared_experts", "use_bias",
        )
    }  # fmt: skip
    text |= {"moe_num_experts": 64, "mlp_layer_types": ["dense"] + ["sparse"] * 27}
    converted = {"model_type": "ernie4_5_vl_moe", "text_config": text, "tie_word_embeddings": True}
    there = row_from_config(converted, where="config.json").numbers
    assert total_params.of(**row.numbers) == total_params.of(**there) == 21_825_437_888
    assert active_params.of(**row.numbers) == active_params.of(**there) == 3_352_150_208
    assert any("nor the experts that only they are sent to" in note for note in row.notes)


def test_ernie_may_share_no_experts_and_have_one_number_for_both() -> None:
    """The large one leaves the shared experts out; a number stands for a list of it twice."""
    config = {key: ERNIE_28B[key] for key in ERNIE_28B if key != "moe_num_shared_experts"}
    numbers = row_from_config(config, where="config.json").numbers
    assert total_params.of(**numbers) == 21_825_437_888 - 27 * 3 * 2560 * 2 * 1536
    once = ERNIE_28B | {"moe_num_experts": 64, "moe_layer_start_index": 1} | {
        "moe_layer_end_index": -1, "moe_intermediate_size": 1536,
    }  # fmt: skip
    same = row_from_config(once, where="config.json").numbers
    assert same == row_from_config(ERNIE_28B, where="config.json").numbers


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (internvl(QWEN_30B | {"model_type": "phimoe"}), "expected 'qwen3_moe' or 'gpt_oss'"),
        (internvl(QWEN_30B | {"expert_kind": 1}), "'llm_config.expert_kind' sounds like experts"),
        (internvl({"model_type": "qwen3", "hidden_size": 64}), "not a Mixture-of-Experts"),
        (internvl({}), "not a Mixture-of-Experts"),
        (ERNIE_28B | {"moe_layer_end_index": [27, 9]}, "images experts in other layers"),
        (ERNIE_28B | {"moe_num_experts": [64, 32]}, "expected a whole number"),
        (ERNIE_28B | {"moe_layer_start_index": [1, 1, 1]}, "a list of two"),
        (ERNIE_28B | {"use_bias": True}, "only false is modelled"),
        (ERNIE_28B | {"use_rmsnorm": False}, "only true is modelled"),
        (ERNIE_28B | {"moe_group_experts": True}, "only false is modelled"),
        (ERNIE_28B | {"mm_vocab_size": 8}, "only 0 is modelled"),
    ],
)
def test_other_variants_are_refused_by_name(config: dict[str, Any], said: str) -> None:
    """What would change a number and is not modelled is an error that names it."""
    with pytest.raises(InputError) as caught:
        row_from_config(config, where="config.json")
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems
