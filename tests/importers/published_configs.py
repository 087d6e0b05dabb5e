"""Configs of published models that transformers does not have, reduced to what matters."""

from __future__ import annotations

from typing import Any

KIMI_LINEAR: dict[str, Any] = {  # moonshotai/Kimi-Linear-48B-A3B-Instruct
    "model_type": "kimi_linear", "vocab_size": 163840, "hidden_size": 2304, "head_dim": 72,
    "intermediate_size": 9216, "moe_intermediate_size": 1024, "num_hidden_layers": 27,
    "num_attention_heads": 32, "num_key_value_heads": 32, "q_lora_rank": None,
    "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "mla_use_nope": True, "num_experts": 256, "num_experts_per_token": 8, "num_shared_experts": 1,
    "first_k_dense_replace": 1, "moe_layer_freq": 1, "moe_renormalize": True,
    "moe_router_activation_func": "sigmoid", "num_expert_group": 1, "topk_group": 1,
    "use_grouped_topk": True, "num_nextn_predict_layers": 0, "tie_word_embeddings": False,
    "linear_attn_config": {
        "full_attn_layers": [4, 8, 12, 16, 20, 24, 27],
        "kda_layers": [layer for layer in range(1, 27) if layer % 4],
        "head_dim": 128, "num_heads": 32, "short_conv_kernel_size": 4,
    },
}  # fmt: skip
KIMI_K3: dict[str, Any] = {  # moonshotai/Kimi-K3
    "model_type": "kimi_k3", "tie_word_embeddings": False,
    "text_config": {
        "model_type": "kimi_linear", "vocab_size": 163840, "hidden_size": 7168,
        "hidden_act": "situ", "intermediate_size": 33792, "moe_intermediate_size": 3072,
        "num_hidden_layers": 93, "num_attention_heads": 96, "num_key_value_heads": 96,
        "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
        "v_head_dim": 128, "mla_use_nope": True, "mla_use_output_gate": True, "num_experts": 896,
        "num_experts_per_token": 16, "num_shared_experts": 2, "first_k_dense_replace": 1,
        "moe_layer_freq": 1, "moe_renormalize": True, "moe_router_activation_func": "sigmoid",
        "num_expert_group": 1, "topk_group": 1, "topk_method": "noaux_tc",
        "use_grouped_topk": True, "routed_expert_hidden_size": 3584, "latent_moe_use_norm": True,
        "attn_res_block_size": 12, "num_nextn_predict_layers": 0, "tie_word_embeddings": False,
        "linear_attn_config": {
            "full_attn_layers": [*range(4, 93, 4), 93],
            "kda_layers": [layer for layer in range(1, 93) if layer % 4],
            "gate_lower_bound": -5.0, "head_dim": 128, "num_heads": 96,
            "short_conv_kernel_size": 4, "use_full_rank_gate": True,
        },
    },
}  # fmt: skip
DEEPSEEK_MOE: dict[str, Any] = {  # deepseek-ai/deepseek-moe-16b-base
    "model_type": "deepseek", "vocab_size": 102400, "hidden_size": 2048,
    "intermediate_size": 10944, "moe_intermediate_size": 1408, "num_hidden_layers": 28,
    "num_attention_heads": 16, "num_key_value_heads": 16, "n_routed_experts": 64,
    "n_shared_experts": 2, "num_experts_per_tok": 6, "first_k_dense_replace": 1,
    "moe_layer_freq": 1, "norm_topk_prob": False, "scoring_func": "softmax",
    "attention_bias": False, "tie_word_embeddings": False,
}  # fmt: skip
HUNYUAN_LARGE: dict[str, Any] = {  # tencent/Tencent-Hunyuan-Large
    "model_type": "hunyuan", "vocab_size": 129024, "hidden_size": 6400,
    "intermediate_size": 18304, "num_hidden_layers": 64, "num_attention_heads": 80,
    "num_key_value_heads": 8, "num_experts": 16, "moe_topk": 1, "num_shared_expert": 1,
    "use_mixed_mlp_moe": True, "use_cla": True, "cla_share_factor": 2, "use_qk_norm": True,
    "attention_bias": False, "tie_word_embeddings": True, "moe_drop_tokens": False,
    "moe_random_routing_dropped_token": False,
}  # fmt: skip
PANGU_PRO: dict[str, Any] = {  # ascend-tribe/pangu-pro-moe
    "model_type": "PanguProMoE", "vocab_size": 153376, "hidden_size": 5120,
    "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8,
    "moe_intermediate_size": 1344, "shared_expert_intermediate_size": 5376, "num_experts": 64,
    "num_experts_per_tok": 8, "output_router_logits": False, "router_aux_loss_coef": 0.001,
    "tie_word_embeddings": False,
}  # fmt: skip
_LING: dict[str, Any] = {  # what all models of the second generation have
    "architectures": ["BailingMoeV2ForCausalLM"], "model_type": "bailing_moe",
    "vocab_size": 157184, "head_dim": 128, "num_experts": 256, "num_shared_experts": 1,
    "num_experts_per_tok": 8, "n_group": 8, "topk_group": 4, "norm_topk_prob": True,
    "score_function": "sigmoid", "routed_scaling_factor": 2.5, "router_dtype": "fp32",
    "moe_router_enable_expert_bias": True, "use_bias": False, "use_qkv_bias": False,
    "use_qk_norm": True, "use_rmsnorm": True, "output_router_logits": False,
    "num_nextn_predict_layers": 0, "mtp_loss_scaling_factor": 0, "tie_word_embeddings": False,
}  # fmt: skip
LING_MINI: dict[str, Any] = _LING | {  # inclusionAI/Ling-mini-2.0
    "hidden_size": 2048, "num_hidden_layers": 20, "num_attention_heads": 16,
    "num_key_value_heads": 4, "intermediate_size": 5120, "moe_intermediate_size": 512,
    "moe_shared_expert_intermediate_size": 512, "first_k_dense_replace": 1,
}  # fmt: skip
LING_FLASH: dict[str, Any] = _LING | {  # inclusionAI/Ling-flash-2.0
    "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 4, "intermediate_size": 9216, "moe_intermediate_size": 1024,
    "moe_shared_expert_intermediate_size": 1024, "first_k_dense_replace": 1,
}  # fmt: skip
LING_1T: dict[str, Any] = _LING | {  # inclusionAI/Ling-1T and inclusionAI/Ring-1T
    "hidden_size": 8192, "num_hidden_layers": 80, "num_attention_heads": 64,
    "num_key_value_heads": 8, "intermediate_size": 18432, "moe_intermediate_size": 2048,
    "moe_shared_expert_intermediate_size": 2048, "first_k_dense_replace": 4,
}  # fmt: skip
_LINEAR: dict[str, Any] = {  # what makes Ring-linear-2.0 of Ling 2.0
    "architectures": ["BailingMoeLinearV2ForCausalLM"], "model_type": "bailing_moe_linear",
    "linear_silu": False,
}  # fmt: skip
RING_MINI_LINEAR: dict[str, Any] = (  # inclusionAI/Ring-mini-linear-2.0
    LING_MINI | _LINEAR | {"layer_group_size": 5, "group_norm_size": 4}
)
RING_FLASH_LINEAR: dict[str, Any] = (  # inclusionAI/Ring-flash-linear-2.0
    LING_FLASH | _LINEAR | {"layer_group_size": 8, "group_norm_size": 8}
)
_LATENT: dict[str, Any] = {  # what makes Ling-2.5 and 2.6 of Ling 2.0
    "architectures": ["BailingMoeV2_5ForCausalLM"], "model_type": "bailing_hybrid",
    "layer_group_size": 8, "group_norm_size": 8, "q_lora_rank": 1536, "kv_lora_rank": 512,
    "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "num_nextn_predict_layers": 1,
}  # fmt: skip
LING_26_FLASH: dict[str, Any] = LING_FLASH | _LATENT  # inclusionAI/Ling-2.6-flash
LING_26_1T: dict[str, Any] = LING_1T | _LATENT  # inclusionAI/Ling-2.6-1T
LING_3_FLASH: dict[str, Any] = {  # inclusionAI/Ling-3.0-flash
    "architectures": ["BailingMoeV3ForCausalLM"], "model_type": "bailing_hybrid",
    "vocab_size": 157184, "hidden_size": 2560, "num_hidden_layers": 42, "intermediate_size": 6144,
    "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128, "q_lora_rank": None,
    "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "first_k_dense_replace": 2, "num_experts": 512, "num_experts_per_tok": 8,
    "num_shared_experts": 1, "moe_intermediate_size": 768,
    "moe_shared_expert_intermediate_size": 768, "n_group": 8, "topk_group": 4,
    "norm_topk_prob": True, "score_function": "sigmoid", "moe_router_enable_expert_bias": True,
    "layer_group_size": 6, "group_norm_size": 1, "short_conv_kernel_size": 4,
    "no_kda_lora": True, "kda_safe_gate": True, "kda_lower_bound": -5.0,
    "gated_attention_proj_granularity_type": "head_wise", "num_kv_heads_for_linear_attn": 0,
    "use_qk_norm": True, "expert_swiglu_limit_list": None, "num_nextn_predict_layers": 1,
    "tie_word_embeddings": False,
}  # fmt: skip
LING_3_TINY: dict[str, Any] = LING_3_FLASH | {  # inclusionAI/Ling-3.0-tiny
    "hidden_size": 1536, "num_hidden_layers": 24, "intermediate_size": 4608,
    "num_attention_heads": 16, "num_key_value_heads": 16, "q_lora_rank": 256,
    "first_k_dense_replace": 1, "num_experts": 128, "moe_intermediate_size": 512,
    "moe_shared_expert_intermediate_size": 512, "layer_group_size": 4, "linear_silu": True,
    "mtp_use_kda": False, "scale_router_input": False, "num_nextn_predict_layers": 0,
    "up_proj_norm": False, "use_mla_nope": False, "value_norm": False,
}  # fmt: skip
LING_LITE: dict[str, Any] = {  # inclusionAI/Ling-lite
    "architectures": ["BailingMoeForCausalLM"], "model_type": "bailing_moe",
    "vocab_size": 126464, "hidden_size": 2048, "num_hidden_layers": 28,
    "num_attention_heads": 16, "num_key_value_heads": 4, "intermediate_size": 1408,
    "moe_intermediate_size": 1408, "num_experts": 64, "num_shared_experts": 2,
    "num_experts_per_tok": 6, "first_k_dense_replace": 0, "norm_topk_prob": True,
    "norm_head": False, "norm_softmax": False, "use_bias": False, "use_qkv_bias": False,
    "output_router_logits": False, "tie_word_embeddings": False,
}  # fmt: skip
_MIMO: dict[str, Any] = {  # what MiMo-V2.5 and MiMo-V2.5-Pro share
    "model_type": "mimo_v2", "vocab_size": 152576, "head_dim": 192, "v_head_dim": 128,
    "swa_head_dim": 192, "swa_v_head_dim": 128, "intermediate_size": 16384,
    "moe_intermediate_size": 2048, "num_experts_per_tok": 8, "n_shared_experts": None,
    "n_group": 1, "topk_group": 1, "topk_method": "noaux_tc", "scoring_func": "sigmoid",
    "norm_topk_prob": True, "routed_scaling_factor": None, "moe_router_dtype": "bfloat16",
    "sliding_window": 128, "sliding_window_size": 128, "attention_chunk_size": 128,
    "add_full_attention_sink_bias": False, "add_swa_attention_sink_bias": True,
    "attention_bias": False, "attention_projection_layout": "fused_qkv",
    "tie_word_embeddings": False,
}  # fmt: skip
MIMO: dict[str, Any] = _MIMO | {  # XiaomiMiMo/MiMo-V2.5
    "hidden_size": 4096, "num_hidden_layers": 48, "num_attention_heads": 64,
    "num_key_value_heads": 4, "swa_num_attention_heads": 64, "swa_num_key_value_heads": 8,
    "n_routed_experts": 256, "moe_layer_freq": [0] + [1] * 47,
    "hybrid_layer_pattern": [int(i not in {0, *range(5, 48, 6)}) for i in range(48)],
    "vision_config": {"depth": 28}, "audio_config": {"audio_channels": 8},
}  # fmt: skip
MIMO_PRO: dict[str, Any] = _MIMO | {  # XiaomiMiMo/MiMo-V2.5-Pro
    "hidden_size": 6144, "num_hidden_layers": 70, "num_attention_heads": 128,
    "num_key_value_heads": 8, "swa_num_attention_heads": 128, "swa_num_key_value_heads": 8,
    "n_routed_experts": 384, "moe_layer_freq": [0] + [1] * 69,
    "hybrid_layer_pattern": [
        int(i not in {0, 7, 15, 23, 31, 39, 47, 55, 62, 69}) for i in range(70)
    ],
}  # fmt: skip
STEP: dict[str, Any] = {  # stepfun-ai/Step-3.5-Flash
    "model_type": "step3p5", "vocab_size": 128896, "hidden_size": 4096,
    "intermediate_size": 11264, "num_hidden_layers": 45, "num_attention_heads": 64,
    "num_attention_groups": 8, "head_dim": 128, "moe_num_experts": 288, "moe_top_k": 8,
    "moe_intermediate_size": 1280, "share_expert_dim": 1280, "share_expert_dims": 1280,
    "moe_layers_enum": ",".join(map(str, range(3, 45))), "moe_every_n_layer": 1,
    "moe_layer_offset": 0, "sliding_window": 512, "num_nextn_predict_layers": 3,
    "layer_types": (["full_attention"] + ["sliding_attention"] * 3) * 12,
    "attention_other_setting": {
        "attention_type": "sliding_attention", "num_attention_heads": 96,
        "num_attention_groups": 8, "head_dim": 128,
    },
    "use_head_wise_attn_gate": True, "use_moe_router_bias": True, "use_moe": True,
    "moe_router_activation": "sigmoid", "moe_router_scaling_factor": 3.0,
    "norm_expert_weight": True, "need_fp32_gate": True, "tie_word_embeddings": False,
}  # fmt: skip
