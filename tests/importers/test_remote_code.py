"""Models whose modelling code is published with the weights: exact, or refused by name."""

from __future__ import annotations

import math
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report_metrics.flops_savings import attention_core_flops, linear_flops
from moe_report_metrics.parameter_ledger import (
    active_params,
    active_params_no_embedding,
    total_params,
    unembedding_params,
)
from tests.importers.published import PUBLISHED, Published, parameters
from tests.rows import row_from_config


def numbers(config: dict[str, Any]) -> dict[str, float]:
    """What a config says."""
    return row_from_config(config, where="config.json").numbers


@pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED)
def test_published_models_are_counted_to_the_parameter(published: Published) -> None:
    """Total and active parameters are the sums of the tensors' shapes."""
    found = numbers(published.config)
    always, expert = parameters(published.always), parameters(published.expert)
    total, active = total_params.of(**found), active_params.of(**found)
    assert total == published.total == always + published.experts * expert
    assert active == published.active == always + published.chosen * expert


def rounded(value: float, digits: str) -> bool:
    """Whether a value in billions has these digits, as far as they go."""
    said = Decimal(digits).normalize()
    step = Decimal(1).scaleb(int(said.as_tuple().exponent))
    return abs(Decimal(value) / 10**9 - said) <= step / 2


@pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED)
def test_publishers_say_the_same(published: Published) -> None:
    """At their rounding; active parameters with or without the input embedding."""
    found = numbers(published.config)
    total, active = published.said
    assert not total or rounded(total_params.of(**found), total)
    counted = (active_params.of(**found), active_params_no_embedding.of(**found))
    assert not active or any(rounded(value, active) for value in counted)


@pytest.mark.parametrize(
    ("name", "flops"),
    [
        ("LLaDA-MoE-7B-A1B", False), ("LLaDA2.0-mini", False), ("nomic-embed-text-v2-moe", False),
        ("SmallThinker-21B-A3B", True), ("DeepSeek-VL2", True), ("DeepSeek-VL2-Tiny", True),
    ],
)  # fmt: skip
def test_the_core_is_left_out_where_tokens_see_later_ones(name: str, flops: bool) -> None:
    """A causal mask would halve it, and nothing in a row says that there is none."""
    found = numbers(PUBLISHED[name].config)
    text = {"context_length": 4096, "causal": 1, "flops_per_mac": 2}
    assert math.isnan(attention_core_flops.of(**found, **text)) != flops
    assert linear_flops.of(**found, **text) > 0


@pytest.mark.parametrize("name", [name for name in PUBLISHED if "nomic" not in name])
def test_a_token_is_multiplied_with_every_matrix_it_meets(name: str) -> None:
    """All matrices but the embedding, and of the experts those that the token is sent to."""
    published = PUBLISHED[name]
    found = numbers(published.config)
    matrices = [(times, shape) for times, shape in published.always if len(shape) == 2]
    lookup = 0 if found["tie_word_embeddings"] else found["vocab_size"] * found["hidden_size"]
    expected = parameters(matrices) + published.chosen * parameters(published.expert) - lookup
    assert linear_flops.of(**found, flops_per_mac=1) == expected


def test_an_encoder_has_no_output_head() -> None:
    """Neither its parameters nor its products count; the embedding is a lookup."""
    published = PUBLISHED["nomic-embed-text-v2-moe"]
    found = numbers(published.config)
    assert (unembedding_params.of(**found), found["unembedding_flops"]) == (0, 0)
    embedding = 250048 * 768
    assert active_params_no_embedding.of(**found) == published.active - embedding
    every = linear_flops.of(**found, flops_per_mac=1)
    matrices = sum(
        times * math.prod(shape) for times, shape in published.always if shape == (8, 768)
    )
    dense = 12 * 4 * 768 * 768 + 6 * 2 * 768 * 3072
    assert every == dense + matrices + 2 * parameters(published.expert)


def test_windows_are_those_of_the_layout() -> None:
    """Three of four layers of SmallThinker-21B look back 4096 tokens."""
    found = numbers(PUBLISHED["SmallThinker-21B-A3B"].config)
    assert (found["num_sliding_window_layers"], found["sliding_window"]) == (39, 4096)
    assert "sliding_window" not in numbers(PUBLISHED["SmallThinker-4B-A0.6B"].config)


def test_grok_2_goes_by_two_names() -> None:
    """It is published as another architecture, whose models have no experts."""
    config = PUBLISHED["Grok 2"].config
    assert numbers(config | {"model_type": "grok-2"}) == numbers(config)
    dense = {"model_type": "git", "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 6}
    with pytest.raises(InputError, match="not a Mixture-of-Experts"):
        numbers(dense)


def test_what_stands_beside_experts_may_be_missing() -> None:
    """Without a dense FFN beside the experts, all of it goes."""
    config = PUBLISHED["Snowflake Arctic"].config
    plain = numbers(config | {"parallel_attn_mlp_res": False, "use_residual": False})
    beside = 35 * (3 * 7168 * 7168 + 7168)
    assert total_params.of(**plain) == 478_584_608_768 - beside
    config = PUBLISHED["Grok 2"].config | {"residual_moe": False}
    assert total_params.of(**numbers(config)) == 269_515_497_472 - 64 * 3 * 8192 * 32768


def test_every_other_layer_may_have_experts() -> None:
    """Arctic's other layers have an FFN as wide as an expert, and no third norm."""
    config = PUBLISHED["Snowflake Arctic"].config
    found = numbers(config | {"moe_layer_frequency": 2})
    assert found["num_moe_layers"] == 17
    lost = 3 * 7168 * 7168 + 7168 + 128 * 7168 + 127 * 3 * 7168 * 4864
    assert total_params.of(**found) == 478_584_608_768 - 18 * lost


def test_a_vocabulary_is_padded_as_the_code_does() -> None:
    """The embedding has rows up to the next multiple."""
    config = PUBLISHED["nomic-embed-text-v2-moe"].config
    assert numbers(config | {"vocab_size": 250002})["vocab_size"] == 250048


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("LLaDA-MoE-7B-A1B", {"moe_layer_freq": [1] * 15}, "15 items for 16 layers"),
        ("LLaDA-MoE-7B-A1B", {"moe_layer_freq": [2] * 16}, "may say 0 and 1 only"),
        ("LLaDA-MoE-7B-A1B", {"moe_layer_freq": [0] + [1] * 15, "dense_intermediate_size": None},
         "dense_intermediate_size"),
        ("LLaDA-MoE-7B-A1B", {"moe_router_enable_expert_bias": True}, "only false is modelled"),
        ("LLaDA-MoE-7B-A1B", {"expert_extra_dim": 2}, "sounds like experts"),
        ("LLaDA2.0-mini", {"use_qk_norm": False}, "only true is modelled"),
        ("LLaDA2.0-mini", {"moe_shared_expert_intermediate_size": 768}, "width of other experts"),
        ("SmallThinker-4B-A0.6B", {"use_qk_norm": True}, "only false is modelled"),
        ("SmallThinker-4B-A0.6B", {"moe_enable_secondary_experts": True}, "only false"),
        ("SmallThinker-4B-A0.6B", {"moe_shared_primary_experts": 1}, "only 0 is modelled"),
        ("SmallThinker-21B-A3B", {"moe_layer_layout": [0] + [1] * 51}, "may say 1 only"),
        ("SmallThinker-21B-A3B", {"sliding_window_layout": [1]}, "1 items for 52 layers"),
        ("Snowflake Arctic", {"use_residual": False}, "but parallel_attn_mlp_res is true"),
        ("Grok 2", {"sliding_window_size": 4096}, "which is not modelled"),
        ("Skywork-MoE", {"moe_2layer_gate": True}, "only false is modelled"),
        ("Skywork-MoE", {"moe_2layer_gate": None}, "expected true or false"),
        ("Skywork-MoE", {"moe_expert_interval": 2}, "only 1 is modelled"),
        ("Skywork-MoE", {"num_experts": [16, 8]}, "or a list of one"),
        ("Skywork-MoE", {"num_local_experts": 8}, "not the 16 of num_experts"),
        ("XVERSE-MoE-A4.2B", {"num_experts": None}, "not a Mixture-of-Experts"),
        ("nomic-embed-text-v2-moe", {"activation_function": "swiglu"}, "a gated one"),
        ("nomic-embed-text-v2-moe", {"num_shared_experts": 1}, "only 0 is modelled"),
        ("nomic-embed-text-v2-moe", {"ffn_div": 2}, "expected 1"),
        ("nomic-embed-text-v2-moe", {"moe_impl": "contrastors"}, 'only "megablocks"'),
        ("nomic-embed-text-v2-moe", {"rotary_emb_fraction": 0.0}, "more than 0"),
        ("nomic-embed-text-v2-moe", {"add_pooling_layer": True}, "only false is modelled"),
        ("nomic-embed-text-v2-moe", {"expert_choice_router": True}, "only false is modelled"),
        ("nomic-embed-text-v2-moe", {"moe_every_n_layers": 1}, "no layer has experts"),
        ("nomic-embed-text-v2-moe", {"num_heads_kv": 4}, "is not the 12 of n_head"),
        ("DeepSeek-VL2", {"kv_lora_rank": None}, "use_mla must be false"),
        ("DeepSeek-VL2", {"attention_bias": True}, "only false is modelled"),
        ("DeepSeek-VL2", {"expert_kind": 1}, "sounds like experts"),
        ("DeepSeek-VL2-Tiny", {"num_key_value_heads": None}, "is needed"),
    ],
)  # fmt: skip
def test_other_variants_are_refused_by_name(name: str, change: dict[str, Any], said: str) -> None:
    """What would change a number and is not modelled is an error that names it."""
    config = deepcopy(PUBLISHED[name].config)
    config.get("language_config", config).update(change)
    with pytest.raises(InputError) as caught:
        numbers(config)
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems
