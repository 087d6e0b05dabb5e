"""Configs as published of models that transformers does not have, and the shapes of their tensors.

The shapes are those of the modelling code that is published with the weights, written out here
once more, and not from the formulas of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

# How often, and the shape.
Tensors = list[tuple[int, tuple[int, ...]]]


@dataclass(frozen=True)
class Published:
    """A model as it is published.

    Attributes:
        config: What of its ``config.json`` tells sizes, and what must not disturb.
        always: Tensors that every token meets.
        expert: Tensors of one routed expert, in all layers that have experts.
        total: What they add up to.
        active: The same with the experts that one token is sent to.
        said: Total and active as they are published, rounded, in billions; empty if neither is.
    """

    config: dict[str, Any]
    always: Tensors
    expert: Tensors
    experts: int
    chosen: int
    total: int
    active: int
    said: tuple[str, str] = ("", "")


def parameters(tensors: Tensors) -> int:
    """How many numbers the tensors hold."""
    return sum(times * prod(shape) for times, shape in tensors)


def gated(layers: int, width: int, inner: int) -> Tensors:
    """Gated FFNs."""
    return [(2 * layers, (inner, width)), (layers, (width, inner))]


def grouped(layers: int, width: int, heads: int, kv: int, head: int) -> Tensors:
    """The four projections of attention."""
    pairs = (2 * layers, (kv * head, width))
    return [(layers, (heads * head, width)), pairs, (layers, (width, heads * head))]


def ends(vocabulary: int, width: int, *, tied: bool = False) -> Tensors:
    """Embedding and output head, and the norm before the head."""
    return [(1 if tied else 2, (vocabulary, width)), (1, (width,))]


LLADA_MOE = Published(  # inclusionAI/LLaDA-MoE-7B-A1B-Base
    {
        "architectures": ["LLaDAMoEModelLM"], "model_type": "llada", "attention_bias": False,
        "clip_qkv": None, "dense_intermediate_size": 8192, "expert_intermediate_size": 1024,
        "shared_expert_intermediate_size": None, "hidden_size": 2048, "moe_layer_freq": [1] * 16,
        "moe_router_enable_expert_bias": False, "moe_router_score_function": "softmax",
        "norm_topk_prob": None, "num_attention_heads": 16, "num_experts": 64,
        "num_experts_per_tok": 8, "num_hidden_layers": 16, "num_key_value_heads": 16,
        "qk_layernorm": True, "rope_theta": 50000, "routed_scaling_factor": 1.0,
        "router_num_group": None, "router_topk_group": None, "tie_word_embeddings": False,
        "vocab_size": 157184,
    },
    [*ends(157184, 2048), *grouped(16, 2048, 16, 16, 128), (2 * 16, (128,)), (2 * 16, (2048,)),
     (16, (64, 2048))],
    gated(16, 2048, 1024), 64, 8, 7_356_880_896, 1_719_736_320, ("7", ""),
)  # fmt: skip
LLADA2_MINI = Published(  # inclusionAI/LLaDA2.0-mini
    {
        "architectures": ["LLaDA2MoeModelLM"], "model_type": "llada2_moe",
        "first_k_dense_replace": 1, "head_dim": 128, "hidden_size": 2048,
        "intermediate_size": 5120, "moe_intermediate_size": 512, "n_group": 8,
        "norm_head": False, "norm_topk_prob": True, "num_attention_heads": 16,
        "num_experts": 256, "num_experts_per_tok": 8, "num_hidden_layers": 20,
        "num_key_value_heads": 4, "num_shared_experts": 1, "output_router_logits": False,
        "partial_rotary_factor": 0.5, "routed_scaling_factor": 2.5, "score_function": "sigmoid",
        "tie_word_embeddings": False, "topk_group": 4, "use_bias": False, "use_qk_norm": True,
        "use_qkv_bias": False, "vocab_size": 157184, "moe_router_enable_expert_bias": True,
        "router_dtype": "fp32", "rotary_dim": 64,
    },
    [*ends(157184, 2048), *grouped(20, 2048, 16, 4, 128), (2 * 20, (128,)), (2 * 20, (2048,)),
     *gated(1, 2048, 5120), (19, (256, 2048)), *gated(19, 2048, 512)],
    gated(19, 2048, 512), 256, 8, 16_255_638_528, 1_432_968_192, ("16", "1.4"),
)  # fmt: skip
LLADA2_FLASH = Published(  # inclusionAI/LLaDA2.0-flash
    LLADA2_MINI.config | {
        "hidden_size": 4096, "intermediate_size": 9216, "moe_intermediate_size": 1024,
        "num_attention_heads": 32, "num_hidden_layers": 32,
    },
    [*ends(157184, 4096), *grouped(32, 4096, 32, 4, 128), (2 * 32, (128,)), (2 * 32, (4096,)),
     *gated(1, 4096, 9216), (31, (256, 4096)), *gated(31, 4096, 1024)],
    gated(31, 4096, 1024), 256, 8, 102_889_697_280, 6_152_269_824, ("100", ""),
)  # fmt: skip
SMALLTHINKER_4B = Published(  # PowerInfer/SmallThinker-4BA0.6B-Instruct
    {
        "architectures": ["SmallThinkerForCausalLM"], "model_type": "smallthinker",
        "head_dim": 128, "hidden_size": 1536, "max_length": None,
        "model_name": "smallthinker_4b_instruct", "moe_ffn_hidden_size": 768,
        "moe_num_active_primary_experts": 4, "moe_num_primary_experts": 32,
        "norm_topk_prob": True, "num_attention_heads": 12, "num_hidden_layers": 32,
        "num_key_value_heads": 2, "output_router_logits": False, "rope_layout": [1] * 32,
        "rope_theta": 1.5e6, "sliding_window_size": 4096, "sliding_window_layout": [0] * 32,
        "tie_word_embeddings": True, "vocab_size": 151936,
    },
    [*ends(151936, 1536, tied=True), *grouped(32, 1536, 12, 2, 128), (2 * 32, (1536,)),
     (32, (32, 1536))],
    gated(32, 1536, 768), 32, 4, 4_035_085_824, 864_192_000, ("4", ""),
)  # fmt: skip
SMALLTHINKER_21B = Published(  # PowerInfer/SmallThinker-21BA3B-Instruct
    {
        "model_type": "smallthinker", "head_dim": 128, "hidden_size": 2560,
        "moe_ffn_hidden_size": 768, "moe_num_active_primary_experts": 6,
        "moe_num_primary_experts": 64, "moe_primary_router_apply_softmax": False,
        "moe_enable_early_router": True, "moe_layer_layout": [1] * 52,
        "num_attention_heads": 28, "num_hidden_layers": 52, "num_key_value_heads": 4,
        "rope_layout": [0, 1, 1, 1] * 13, "sliding_window_size": 4096,
        "sliding_window_layout": [0, 1, 1, 1] * 13, "tie_word_embeddings": False,
        "vocab_size": 151936,
    },
    [*ends(151936, 2560), *grouped(52, 2560, 28, 4, 128), (2 * 52, (2560,)), (52, (64, 2560))],
    gated(52, 2560, 768), 64, 6, 21_506_562_560, 3_717_470_720,
)  # fmt: skip
ARCTIC = Published(  # Snowflake/snowflake-arctic-base
    {
        "architectures": ["ArcticForCausalLM"], "model_type": "arctic", "hidden_size": 7168,
        "intermediate_size": 4864, "num_hidden_layers": 35, "num_attention_heads": 56,
        "num_key_value_heads": 8, "num_experts_per_tok": 2, "num_local_experts": 128,
        "moe_layer_frequency": 1, "parallel_attn_mlp_res": True, "use_residual": True,
        "moe_train_capacity_factor": 1, "moe_eval_capacity_factor": 1, "moe_min_capacity": 0,
        "moe_token_dropping": False, "enable_expert_tensor_parallelism": False,
        "router_aux_loss_coef": 0.001, "sliding_window": None, "tie_word_embeddings": False,
        "vocab_size": 32000, "quantization": None,
    },
    [*ends(32000, 7168), *grouped(35, 7168, 56, 8, 128), (3 * 35, (7168,)), (35, (128, 7168)),
     *gated(35, 7168, 7168)],
    gated(35, 7168, 4864), 128, 2, 478_584_608_768, 17_318_647_808, ("480", "17"),
)  # fmt: skip
GROK_2 = Published(  # xai-org/grok-2
    {
        "architectures": ["Grok1ForCausalLM"], "embedding_multiplier_scale": 90.50966799187809,
        "output_multiplier_scale": 0.5, "vocab_size": 131072, "hidden_size": 8192,
        "intermediate_size": 32768, "moe_intermediate_size": 16384,
        "max_position_embeddings": 131072, "num_experts_per_tok": 2, "num_local_experts": 8,
        "residual_moe": True, "num_attention_heads": 64, "num_key_value_heads": 8,
        "num_hidden_layers": 64, "head_dim": 128, "rms_norm_eps": 1e-05,
        "final_logit_softcapping": 50, "attn_logit_softcapping": 30.0,
        "router_logit_softcapping": 30.0, "rope_theta": 208533496, "attn_temperature_len": 1024,
        "sliding_window_size": -1, "global_attn_every_n": 1, "model_type": "git",
        "rope_type": "original", "original_max_position_embeddings": 8192,
        "scaling_factor": 16.0, "extrapolation_factor": 1.0, "attn_factor": 1.0,
    },
    [*ends(131072, 8192), *grouped(64, 8192, 64, 8, 128), (4 * 64, (8192,)), (64, (8, 8192)),
     *gated(64, 8192, 32768)],
    gated(64, 8192, 16384), 8, 2, 269_515_497_472, 114_896_674_816,
)  # fmt: skip
SKYWORK = Published(  # Skywork/Skywork-MoE-Base
    {
        "architectures": ["SkyworkForCausalLM"], "model_type": "skywork", "vocab_size": 65536,
        "hidden_size": 4608, "intermediate_size": 12288, "num_hidden_layers": 52,
        "num_attention_heads": 36, "num_key_value_heads": 36, "num_experts": [16],
        "moe_expert_interval": 1, "moe_use_skywork_gating": False, "moe_2layer_gate": False,
        "moe_use_logits_norm": True, "moe_gate_norm_std": 1.0, "moe_feature_no_mul_topk": True,
        "tie_word_embeddings": False,
    },
    [*ends(65536, 4608), *grouped(52, 4608, 36, 36, 128), (2 * 52, (4608,)), (52, (16, 4608))],
    gated(52, 4608, 12288), 16, 2, 146_356_167_168, 22_691_308_032, ("146", "22"),
)  # fmt: skip
XVERSE_4B = Published(  # xverse/XVERSE-MoE-A4.2B
    {
        "architectures": ["XverseForCausalLM"], "model_type": "xverse", "hidden_size": 2560,
        "intermediate_size": 1728, "num_attention_heads": 32, "num_hidden_layers": 28,
        "num_experts": 64, "moe_top_k": 6, "num_shared_experts": 2, "vocab_size": 100534,
        "output_router_logits": False, "router_aux_loss_coef": 0.01,
        "tie_word_embeddings": False,
    },
    [*ends(100534, 2560), *grouped(28, 2560, 32, 32, 80), (2 * 28, (2560,)), (28, (64, 2560)),
     *gated(28, 2560, 2 * 1728)],
    gated(28, 2560, 1728), 64, 6, 25_778_352_640, 4_226_183_680, ("25.8", "4.2"),
)  # fmt: skip
XVERSE_36B = Published(  # xverse/XVERSE-MoE-A36B
    {
        "architectures": ["XverseForCausalLM"], "model_type": "xverse", "hidden_size": 6144,
        "intermediate_size": 4096, "num_attention_heads": 48, "num_key_value_heads": 8,
        "num_hidden_layers": 50, "num_experts": 64, "moe_top_k": 6, "num_shared_experts": 2,
        "vocab_size": 151936, "tie_word_embeddings": False,
    },
    [*ends(151936, 6144), *grouped(50, 6144, 48, 8, 128), (2 * 50, (6144,)), (50, (64, 6144)),
     *gated(50, 6144, 2 * 4096)],
    gated(50, 6144, 4096), 64, 6, 255_432_947_712, 36_490_278_912, ("255.4", "36.5"),
)  # fmt: skip
NOMIC = Published(  # nomic-ai/nomic-embed-text-v2-moe
    {
        "activation_function": "gelu", "add_pooling_layer": False,
        "architectures": ["NomicBertModel"], "attn_pdrop": 0.0, "causal": False,
        "dense_seq_output": True, "embd_pdrop": 0.1, "expert_choice_router": False,
        "ffn_div": 1, "fused_bias_fc": True, "fused_dropout_add_ln": True,
        "layer_norm_epsilon": 1e-05, "max_trained_positions": 2048, "mlp_fc1_bias": True,
        "mlp_fc2_bias": True, "model_type": "nomic_bert", "moe_every_n_layers": 2,
        "moe_impl": "megablocks", "moe_normalize_expert_weights": False, "moe_resid_pdrop": 0.0,
        "moe_top_k": 2, "n_embd": 768, "n_head": 12, "n_inner": 3072, "n_layer": 12,
        "n_positions": 2048, "num_experts": 8, "num_shared_experts": 0, "pad_token_id": 1,
        "pad_vocab_size_multiple": 64, "parallel_block": False, "prenorm": False,
        "qkv_proj_bias": True, "resid_pdrop": 0.0, "rotary_emb_base": 10000,
        "rotary_emb_fraction": 1.0, "router_aux_loss_coef": 0.1, "tie_word_embeddings": True,
        "type_vocab_size": 1, "use_rms_norm": None, "vocab_size": 250048,
    },
    [(1, (250048, 768)), (1, (1, 768)), (2 * (2 * 12 + 1), (768,)), (12, (3 * 768, 769)),
     (12, (768, 769)), (6, (3072, 769)), (6, (768, 3073)), (6, (8, 768)), (6, (768,))],
    [(2 * 6, (3072, 768))], 8, 2, 475_292_928, 305_423_616, ("0.475", "0.305"),
)  # fmt: skip
DEEPSEEK_VL2 = Published(  # deepseek-ai/deepseek-vl2
    {
        "model_type": "deepseek_vl_v2", "tile_tag": "2D", "global_view_pos": "head",
        "language_config": {
            "model_type": "deepseek_v2", "first_k_dense_replace": 1, "hidden_size": 2560,
            "intermediate_size": 12288, "kv_lora_rank": 512, "lm_head": True,
            "moe_intermediate_size": 1536, "n_group": 1, "n_routed_experts": 72,
            "n_shared_experts": 2, "norm_topk_prob": True, "num_experts_per_tok": 6,
            "num_hidden_layers": 30, "q_lora_rank": None, "rm_head": False,
            "routed_scaling_factor": 2.0, "scoring_func": "sigmoid", "topk_group": 1,
            "topk_method": "noaux_tc", "vocab_size": 129280,
        },
        "projector_config": {"n_embed": 2560}, "vision_config": {"layers": 27, "mlp_ratio": 3.7},
    },
    [*ends(129280, 2560), (30, (32 * 192, 2560)), (30, (512 + 64, 2560)), (30, (512,)),
     (30, (32 * 256, 512)), (30, (2560, 32 * 128)), (2 * 30, (2560,)), *gated(1, 2560, 12288),
     *gated(29, 2560, 2 * 1536), (29, (72, 2560)), (29, (72,))],
    gated(29, 2560, 1536), 72, 6, 27_033_548_328, 4_455_085_608, ("27", "4.5"),
)  # fmt: skip
DEEPSEEK_VL2_TINY = Published(  # deepseek-ai/deepseek-vl2-tiny: ordinary attention
    {
        "model_type": "deepseek_vl_v2", "tile_tag": "2D",
        "language_config": {
            "first_k_dense_replace": 1, "hidden_size": 1280, "intermediate_size": 6848,
            "kv_lora_rank": None, "lm_head": True, "moe_intermediate_size": 896, "n_group": 1,
            "n_routed_experts": 64, "n_shared_experts": 2, "num_attention_heads": 10,
            "num_experts_per_tok": 6, "num_hidden_layers": 12, "num_key_value_heads": 10,
            "q_lora_rank": None, "qk_nope_head_dim": 0, "qk_rope_head_dim": 0, "topk_group": 1,
            "topk_method": "greedy", "use_mla": False, "v_head_dim": 0, "vocab_size": 129280,
        },
    },
    [*ends(129280, 1280), *grouped(12, 1280, 10, 10, 128), (2 * 12, (1280,)),
     *gated(1, 1280, 6848), *gated(11, 1280, 2 * 896), (11, (64, 1280))],
    gated(11, 1280, 896), 64, 6, 2_934_734_080, 739_605_760,
)  # fmt: skip
PUBLISHED = {
    "LLaDA-MoE-7B-A1B": LLADA_MOE,
    "LLaDA2.0-mini": LLADA2_MINI,
    "LLaDA2.0-flash": LLADA2_FLASH,
    "SmallThinker-4B-A0.6B": SMALLTHINKER_4B,
    "SmallThinker-21B-A3B": SMALLTHINKER_21B,
    "Snowflake Arctic": ARCTIC,
    "Grok 2": GROK_2,
    "Skywork-MoE": SKYWORK,
    "XVERSE-MoE-A4.2B": XVERSE_4B,
    "XVERSE-MoE-A36B": XVERSE_36B,
    "nomic-embed-text-v2-moe": NOMIC,
    "DeepSeek-VL2": DEEPSEEK_VL2,
    "DeepSeek-VL2-Tiny": DEEPSEEK_VL2_TINY,
}
