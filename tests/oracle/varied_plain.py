"""Small configs of the architectures of ``plain``, ``latent`` and ``encoder_decoder``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family


def shape(r: Random) -> dict[str, Any]:
    """Sizes that every decoder has, and attention in groups; heads divide the width."""
    heads = r.choice([2, 4, 6])
    return {
        "vocab_size": r.randint(90, 130),
        "hidden_size": heads * r.choice([6, 10, 16]),
        "num_hidden_layers": r.randint(2, 6),
        "num_attention_heads": heads,
        "num_key_value_heads": r.choice([kv for kv in (1, 2, 3, 6) if heads % kv == 0]),
        "tie_word_embeddings": flip(r),
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }


def flip(r: Random) -> bool:
    """True or false."""
    return r.random() < 0.5


def width(r: Random) -> int:
    """The inner width of an FFN or an expert."""
    return r.choice([8, 14, 24, 40])


def routed(r: Random, experts: str, top_k: str = "num_experts_per_tok") -> dict[str, int]:
    """How many experts there are, and how many of them a token visits."""
    number = r.randint(2, 7)
    return {experts: number, top_k: r.randint(1, number)}


def some_layers(r: Random, layers: int) -> list[int]:
    """Numbers of layers, at least one of them and seldom all."""
    return sorted(r.sample(range(layers), r.randint(1, layers)))


def kinds(r: Random, layers: int, *names: str) -> list[str]:
    """A kind for each layer; each is there if there are layers enough."""
    chosen = [*names, *r.choices(names, k=layers)][:layers]
    r.shuffle(chosen)
    return chosen


def head_dim(r: Random) -> dict[str, Any]:
    """A head width of its own, or none."""
    return {"head_dim": r.choice([8, 12, 22])} if flip(r) else {}


def window(r: Random) -> int:
    """A window, at times longer than the text."""
    return r.choice([5, 16, 33, 100])


def _mixtral(r: Random) -> dict[str, Any]:
    return shape(r) | routed(r, "num_local_experts") | head_dim(r) | {
        "intermediate_size": width(r),
        "sliding_window": window(r) if flip(r) else None,
    }  # fmt: skip


def qwen3_moe(r: Random) -> dict[str, Any]:
    """A Qwen 3 with experts."""
    sizes = shape(r)
    layers = sizes["num_hidden_layers"]
    return sizes | routed(r, "num_experts") | {
        "head_dim": r.choice([8, 12, 22]),
        "attention_bias": flip(r),
        "intermediate_size": width(r),
        "moe_intermediate_size": width(r),
        "decoder_sparse_step": r.choice([1, 1, 2]),
        "mlp_only_layers": [0] if layers > 2 and flip(r) else [],
        "use_sliding_window": flip(r),
        "sliding_window": window(r),
    }  # fmt: skip


def deepseek(r: Random) -> dict[str, Any]:
    """DeepSeek's latent attention, and its experts after dense layers."""
    sizes = shape(r)
    groups = r.choice([1, 2])
    experts = groups * r.choice([2, 3, 4])
    return sizes | {
        "num_key_value_heads": sizes["num_attention_heads"],
        "n_routed_experts": experts,
        "num_experts_per_tok": r.randint(1, experts),
        "n_group": groups,
        "topk_group": groups,
        "n_shared_experts": r.randint(1, 3),
        "first_k_dense_replace": r.randint(0, sizes["num_hidden_layers"] - 1),
        "intermediate_size": width(r),
        "moe_intermediate_size": width(r),
        "kv_lora_rank": r.choice([10, 20]),
        "q_lora_rank": r.choice([None, 14]),
        "qk_nope_head_dim": r.choice([6, 14]),
        "qk_rope_head_dim": r.choice([4, 8]),
        "v_head_dim": r.choice([5, 10]),
        "attention_bias": flip(r),
    }  # fmt: skip


def gpt_oss(r: Random) -> dict[str, Any]:
    """A gpt-oss."""
    sizes = shape(r)
    types = ("sliding_attention", "full_attention")
    listed = {"layer_types": kinds(r, sizes["num_hidden_layers"], *types)} if flip(r) else {}
    return sizes | routed(r, "num_local_experts") | listed | {
        "head_dim": r.choice([8, 12, 22]),
        "attention_bias": flip(r),
        "intermediate_size": width(r),
        "sliding_window": window(r),
    }  # fmt: skip


def _olmoe(r: Random) -> dict[str, Any]:
    return shape(r) | routed(r, "num_experts") | {
        "attention_bias": flip(r), "intermediate_size": width(r),
    }  # fmt: skip


def _dbrx(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    return {
        "vocab_size": sizes["vocab_size"],
        "d_model": sizes["hidden_size"],
        "n_heads": sizes["num_attention_heads"],
        "n_layers": sizes["num_hidden_layers"],
        "attn_config": {
            "kv_n_heads": sizes["num_key_value_heads"], "clip_qkv": 8, "rope_theta": 1e4,
        },
        "ffn_config": {"ffn_hidden_size": width(r)} | routed(r, "moe_num_experts", "moe_top_k"),
    }  # fmt: skip


def _llama4(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    layers = sizes["num_hidden_layers"]
    moe = [{"moe_layers": some_layers(r, layers)}, {"interleave_moe_layer_step": r.choice([1, 2])}]
    return sizes | routed(r, "num_local_experts") | r.choice(moe) | {
        "head_dim": r.choice([8, 12, 24]),
        "attention_bias": flip(r),
        "intermediate_size": width(r),
        "intermediate_size_mlp": width(r),
        "attention_chunk_size": r.choice([8, 16, 24, 100]),
        "no_rope_layers": r.choice([[], [r.randint(0, 1) for _ in range(layers)]]),
        "no_rope_layer_interval": r.choice([2, 4]),
    }  # fmt: skip


def _phimoe(r: Random) -> dict[str, Any]:
    return shape(r) | routed(r, "num_local_experts") | head_dim(r) | {
        "num_experts_per_tok": 2,
        "num_local_experts": r.randint(2, 6),
        "attention_bias": flip(r),
        "lm_head_bias": flip(r),
        "intermediate_size": width(r),
        "sliding_window": window(r) if flip(r) else None,
    }  # fmt: skip


def _granitemoe(r: Random) -> dict[str, Any]:
    return shape(r) | routed(r, "num_local_experts") | {
        "attention_bias": flip(r), "intermediate_size": width(r),
    }  # fmt: skip


def _switch(r: Random) -> dict[str, Any]:
    encoder, decoder = r.randint(1, 6), r.randint(1, 6)
    steps = {"encoder_sparse_step": 1, "decoder_sparse_step": r.randint(0, 3)}
    return {
        **r.choice([{}, steps]),
        "vocab_size": r.randint(90, 130),
        "d_model": 8 * r.randint(2, 5),
        "d_ff": width(r),
        "d_kv": r.choice([6, 11]),
        "num_heads": r.choice([2, 3]),
        "num_layers": encoder,
        "num_decoder_layers": r.choice([None, decoder]),
        "num_sparse_encoder_layers": r.randint(1, encoder),
        "num_sparse_decoder_layers": r.randint(1, min(encoder, decoder)),
        "num_experts": r.randint(2, 5),
        "router_bias": flip(r),
        "relative_attention_num_buckets": r.choice([8, 32]),
    }


# The biases of compressed queries and keys are other parameters: no field describes them.
COMPRESSED = (("norms and other", r"_a_proj\w*\.bias"),)


def _llama4_pictures(r: Random) -> dict[str, Any]:
    vision = {
        "hidden_size": 16, "intermediate_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": 28, "patch_size": 14, "vision_output_dim": 16,
        "projector_input_dim": 16, "projector_output_dim": 16,
    }  # fmt: skip
    text = {"model_type": "llama4_text"} | _llama4(r)
    return {"text_config": text, "vision_config": vision}


FAMILIES = (
    Family("mixtral", _mixtral),
    Family("qwen3_moe", qwen3_moe),
    Family("deepseek_v2", deepseek, {"num_experts_per_tok": 6}, places=COMPRESSED),
    Family("deepseek_v3", deepseek, places=COMPRESSED),
    Family("gpt_oss", gpt_oss),
    Family("olmoe", _olmoe),
    Family("dbrx", _dbrx, {"attn_config": {"rope_theta": 1e4}},
           top_k="ffn_config.moe_top_k", experts="ffn_config.moe_num_experts",
           attention=r"\.attn$"),
    Family("llama4_text", _llama4, all_experts_run=True),
    # Without a picture, only the language model within the whole one can be run.
    Family("llama4", _llama4_pictures, head="Llama4ForConditionalGeneration",
           outside="vision|projector", all_experts_run=True, text="language_model"),
    Family("phimoe", _phimoe),
    Family("granitemoe", _granitemoe),
    Family("switch_transformers", _switch, head="SwitchTransformersForConditionalGeneration",
           top_k="", experts="num_experts", linear=False, core=False, windows=False,
           why="an encoder and a decoder: see test_flops"),
)  # fmt: skip
