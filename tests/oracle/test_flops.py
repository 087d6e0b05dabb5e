"""FLOPs of small real models, counted while they run, against the formulas."""

from __future__ import annotations

from typing import Any

import pytest

from moe_report_metrics.flops_savings import attention_core_flops, linear_flops
from tests.oracle.census import torch, transformers
from tests.rows import row_from_config

SHAPE = {
    "vocab_size": 97, "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 40, "num_experts_per_tok": 2,
    "tie_word_embeddings": False, "pad_token_id": 0,
}  # fmt: skip
LATENT = {
    "kv_lora_rank": 20, "qk_nope_head_dim": 12, "qk_rope_head_dim": 8, "v_head_dim": 10,
    "moe_intermediate_size": 24, "n_routed_experts": 8, "first_k_dense_replace": 1,
    "num_key_value_heads": 4, "n_group": 2, "topk_group": 1,
}  # fmt: skip
MODELS: dict[str, dict[str, Any]] = {
    "mixtral": {"model_type": "mixtral", "num_local_experts": 5, "sliding_window": None},
    "mixtral, tied": {"model_type": "mixtral", "num_local_experts": 5, "head_dim": 16}
    | {"tie_word_embeddings": True},
    "qwen3_moe": {"model_type": "qwen3_moe", "num_experts": 6, "moe_intermediate_size": 24}
    | {"head_dim": 16, "mlp_only_layers": [1]},
    "deepseek_v2": LATENT
    | {"model_type": "deepseek_v2", "q_lora_rank": None}
    | {"n_shared_experts": 2, "topk_method": "greedy"},
    "deepseek_v3": LATENT
    | {"model_type": "deepseek_v3", "q_lora_rank": 28}
    | {"n_shared_experts": 2},
    "gpt_oss": {"model_type": "gpt_oss", "num_local_experts": 6, "head_dim": 16}
    | {"sliding_window": 100},
    "olmoe": {"model_type": "olmoe", "num_experts": 6},
    "phimoe": {"model_type": "phimoe", "num_local_experts": 4, "attention_bias": True},
    "granitemoe": {"model_type": "granitemoe", "num_local_experts": 4},
    "dbrx": {"model_type": "dbrx", "vocab_size": 97, "d_model": 48, "n_heads": 4, "n_layers": 2}
    | {"attn_config": {"kv_n_heads": 2, "clip_qkv": 8, "rope_theta": 10000.0}}
    | {"ffn_config": {"ffn_hidden_size": 40, "moe_num_experts": 4, "moe_top_k": 3}},
}
TOKENS = 64


@pytest.mark.parametrize("name", MODELS)
def test_forward_pass_costs_what_the_formulas_say(name: str) -> None:
    """Counted while the model runs, the products of a forward pass are the formulas', to the FLOP.

    Eager attention computes the whole square of queries and keys and masks it, so the formulas are
    asked for attention that is not causal, and a window is longer than the text.
    """
    from torch.utils.flop_counter import FlopCounterMode

    config = MODELS[name] if name == "dbrx" else SHAPE | MODELS[name]
    loaded = transformers.AutoConfig.for_model(**config)
    model = transformers.AutoModelForCausalLM.from_config(
        loaded, attn_implementation="eager", experts_implementation="eager"
    )
    model.eval().requires_grad_(False)
    torch.manual_seed(0)
    text = torch.randint(1, 97, (1, TOKENS))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(text, use_cache=False)
    numbers = row_from_config(config, where="").numbers
    core = attention_core_flops.of(**numbers, context_length=TOKENS, causal=0)
    assert counter.get_total_flops() == TOKENS * (linear_flops.of(**numbers) + core)


def test_encoder_and_decoder_cost_what_the_formulas_say() -> None:
    """A token read and one written cost Switch the linear FLOPs, and attention in both halves."""
    from torch.utils.flop_counter import FlopCounterMode

    config = {
        "model_type": "switch_transformers", "vocab_size": 97, "d_model": 32, "d_ff": 48,
        "d_kv": 12, "num_heads": 4, "num_layers": 4, "num_decoder_layers": 3, "num_experts": 3,
        "num_sparse_encoder_layers": 2, "num_sparse_decoder_layers": 3,
        "expert_capacity": 2 * TOKENS,
    }  # fmt: skip
    loaded = transformers.AutoConfig.for_model(**config)
    loaded._attn_implementation = "eager"
    model = transformers.SwitchTransformersForConditionalGeneration(loaded).eval()
    text = torch.randint(1, 97, (1, TOKENS))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(input_ids=text, decoder_input_ids=text, use_cache=False)
    core = (4 + 2 * 3) * 4 * 4 * 12 * TOKENS
    linear = linear_flops.of(**row_from_config(config, where="").numbers)
    assert counter.get_total_flops() == TOKENS * (linear + core)
