"""What the checks of all families cannot see of attention to selected tokens, and of streams."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report_metrics.flops_savings import attended_tokens, attention_core_flops, linear_flops
from moe_report_metrics.parameter_ledger import (
    active_params,
    active_params_no_embedding,
    attention_projection_params,
    total_params,
)
from tests.oracle import varied_hyper_connected, varied_indexed
from tests.oracle.families import TOKENS, Family, check_parameters, forward
from tests.oracle.running import products, run
from tests.rows import row_from_config

FAMILIES = {
    family.model_type: family
    for family in (*varied_indexed.FAMILIES, *varied_hyper_connected.FAMILIES)
}
SELECTED = [family for family in FAMILIES.values() if not family.core]
MIXED = [family for family in SELECTED if not family.linear]
SEEDS = range(4)


@pytest.mark.parametrize("family", SELECTED, ids=lambda family: family.model_type)
def test_attention_to_selected_tokens_is_missing_rather_than_wrong(family: Family) -> None:
    """The core is left out, a note says so, and all products with weights are there."""
    for seed in SEEDS:
        config = family.varied(seed)
        if family.model_type.startswith("dots3"):
            config.get("text_config", config)["use_dsa"] = True
            config.get("text_config", config)["layer_types"] = None
        row = row_from_config(config, where="config.json")
        assert math.isnan(attention_core_flops.of(**row.numbers))
        linear = row.numbers.get("num_linear_attention_layers", 0)
        attended = attended_tokens.of(**row.numbers | dict.fromkeys(row.unclear, math.nan))
        assert attended == 0 if linear == row.numbers["num_hidden_layers"] else math.isnan(attended)
        assert any("are left out" in note for note in row.notes)
        assert linear_flops.of(**row.numbers) > 0


@pytest.mark.parametrize("family", MIXED, ids=lambda family: family.model_type)
def test_weights_of_mixed_streams_cost_what_the_formulas_say(family: Family) -> None:
    """Streams are mixed with each other by what depends on the token, which is no weight.

    A grouped projection is a product of batches; a convolution is counted by its weights.
    """
    for seed in SEEDS:
        config = family.varied(seed)
        _, model, counted = run(family, config, use_cache=False)
        grouped = sum(
            sum(operations.values())
            for module, operations in counted.items()
            if module.endswith(".o_a_proj")
        )
        convolutions = sum(
            parameter.numel()
            for name, parameter in model.named_parameters()
            if re.search(r"\.conv1d\.weight$", name)
        )
        numbers = row_from_config(config, where="config.json").numbers
        expected = products(counted) + grouped + 2 * TOKENS * convolutions
        assert TOKENS * linear_flops.of(**numbers) == expected, config


def test_hyper_connections_are_products_beside_those_of_attention() -> None:
    """They are other parameters; what attention multiplies is given with them."""
    config = FAMILIES["hy_v4"].varied(1)
    streams, layers, d = (config[key] for key in ("hc_mult", "num_hidden_layers", "hidden_size"))
    projections = [
        attention_projection_params.of(
            **row_from_config(config | {"hc_mult": number}, where="").numbers
        )
        for number in (streams, streams + 1)
    ]
    # Two weights a stream before and after both halves of a layer, and one after the last.
    added = (4 * layers + 1) * ((streams + 1) ** 2 - streams**2) * d
    assert projections[1] - projections[0] == added


def test_windows_without_an_indexer_are_exact() -> None:
    """Without selection a layer of Dots 3 sees its window or everything."""
    family = replace(FAMILIES["dots3_note_text"], windows=True)
    for seed in SEEDS:
        config = family.varied(seed) | {"use_dsa": False}
        numbers = row_from_config(config, where="config.json").numbers
        text = {"context_length": TOKENS, "causal": 0}
        assert attended_tokens.of(**numbers, **text) == forward(family, config).attended, config


@pytest.mark.parametrize("model_type", ["dots3_note", "glm5_next", "mistral3", "mistral_large4"])
def test_the_text_part_has_no_say_in_tied_embeddings(model_type: str) -> None:
    """The config alone says it, or its default."""
    family = FAMILIES[model_type]
    config = family.varied(2)
    if "text_config" not in config:
        text = {key: config.pop(key) for key in [*config] if not key.endswith("_config")}
        text.pop("model_type")
        config |= {"model_type": model_type, "text_config": text}
    for tied in (True, False):
        config["text_config"]["tie_word_embeddings"] = not tied
        check_parameters(family, config | {"tie_word_embeddings": tied})
        config.pop("tie_word_embeddings", None)
        check_parameters(family, config)


@pytest.mark.parametrize("model_type", ["dots3_note", "glm5_next"])
def test_a_config_may_be_its_own_text_part(model_type: str) -> None:
    """Published configs have the keys of the text part outside of one."""
    family = FAMILIES[model_type]
    configs = [family.varied(seed) for seed in range(10)]
    assert {"text_config" in config for config in configs} == {True, False}
    flat = next(config for config in configs if "text_config" not in config)
    text = {key: value for key, value in flat.items() if not key.endswith("_config")}
    text |= {key: flat[key] for key in ("linear_attn_config",) if key in flat}
    inside = {"model_type": model_type, "text_config": text}
    inside["tie_word_embeddings"] = flat["tie_word_embeddings"]
    numbers = row_from_config(flat, where="config.json").numbers
    assert row_from_config(inside, where="config.json").numbers == numbers


def test_sizes_of_single_layers_are_read() -> None:
    """Dots 3 as transformers saves it has the sizes of layers that differ, by their numbers."""
    family = FAMILIES["dots3_note_text"]
    for seed in SEEDS:
        config = family.varied(seed)
        listed = Random(seed).choices(
            ["indexed_attention", "full_attention"], k=config["num_hidden_layers"]
        )
        sizes = {"num_attention_heads": 3, "num_key_value_heads": 3, "kv_lora_rank": 7}
        config |= {"layer_types": listed, "per_layer_config": {
            str(layer): sizes for layer, kind in enumerate(listed) if kind == "full_attention"
        }}  # fmt: skip
        config.pop("use_dsa", None)
        check_parameters(family, {key: v for key, v in config.items() if "swa" not in key})


@pytest.mark.parametrize(
    ("model_type", "total", "active"),
    [
        ("deepseek_v4", "284", "13"),  # DeepSeek-V4-Flash
        ("mistral3", "118", "6"),  # Mistral-Small-4-119B, whose pictures need the rest
        ("mistral_large4", "1050", "52"),  # Mistral-Large-4-1T-A52B
    ],
)
def test_defaults_are_the_published_models(model_type: str, total: str, active: str) -> None:
    """Billions of parameters, the active ones without the input embedding."""
    numbers = row_from_config(FAMILIES[model_type].defaults(), where="").numbers
    assert f"{total_params.of(**numbers) / 1e9:.0f}" == total
    assert active_params.of(**numbers) < total_params.of(**numbers)
    assert f"{active_params_no_embedding.of(**numbers) / 1e9:.0f}" == active


@pytest.mark.parametrize(
    ("model_type", "change", "said"),
    [
        ("axk2", {"q_lora_rank": None}, "indexer needs compressed queries"),
        ("axk2", {"layer_types": ["full_attention"] * 48}, "indexed_attention"),
        ("hy_v4", {"mlp_layer_types": None, "first_k_dense_replace": 3}, "only mlp_layer_types"),
        ("hy_v4", {"indexer_types": ["half"] * 34}, "'full' or 'shared'"),
        ("hy_v4", {"index_topk_freq": 4}, "sounds like experts"),
        ("deepseek_v4", {"num_key_value_heads": 2}, "is not 1"),
        ("deepseek_v4", {"n_shared_experts": 2}, "is not 1"),
        ("deepseek_v4", {"attention_bias": True}, "no such biases"),
        ("deepseek_v4", {"o_groups": 7}, "does not divide"),
        ("deepseek_v4", {"layer_types": None, "compress_ratios": [2] * 43}, "0, 4 and 128"),
        ("deepseek_v4", {"mlp_layer_types": ["dense"] * 43}, "'dense'"),
        ("dots3_note_text", {"n_shared_experts": 0}, "at least 1"),
        ("dots3_note_text", {"q_lora_rank": None}, "indexer needs compressed queries"),
        ("dots3_note_text", {"layer_types": ["linear_attention"] * 46}, "linear_attention"),
        ("dots3_note_text", {"per_layer_config": {"1": {"index_n_heads": 2}}}, "not modelled"),
        ("dots3_note_text", {"per_layer_config": {"1": {"num_key_value_heads": 2}}}, "heads"),
        (
            "dots3_note_text",
            {"mlp_layer_types": None, "moe_layer_freq": [2] * 46},
            "a list of 0 and 1",
        ),
        (
            "dots3_note_text",
            {"per_layer_config": None, "swa_head_dim": 64},
            "not more than swa_qk_nope_head_dim",
        ),
    ],
)
def test_what_an_architecture_cannot_be_is_refused(
    model_type: str, change: dict[str, Any], said: str
) -> None:
    """What transformers would ignore, or the formulas get wrong, is an error that names it."""
    assert said in refused(FAMILIES[model_type].defaults() | change)


@pytest.mark.parametrize(
    ("model_type", "change", "said"),
    [
        ("glm5_next", {"qk_rope_head_dim": 64}, "does not have"),
        ("glm5_next", {"kv_lora_rank": 0}, "without latent attention"),
        ("glm5_next", {"layer_types": ["sliding_attention"] * 45}, "sliding_attention"),
        ("mistral_large4", {"q_lora_rank": 8}, "compresses no queries"),
        ("mistral_large4", {"kv_source_layers": [1] * 72}, "itself or an earlier one"),
        ("mistral_large4", {"kv_source_layers": [0]}, "1 items for 72"),
        ("mistral_large4", {"no_rope_layers": [1]}, "1 items for 72"),
        ("mistral3", {"model_type": "ministral3"}, "expected 'mistral4'"),
    ],
)
def test_what_a_text_part_cannot_be_is_refused(
    model_type: str, change: dict[str, Any], said: str
) -> None:
    """The same, of models of text and images."""
    config = FAMILIES[model_type].defaults()
    assert said in refused(config | {"text_config": config["text_config"] | change})


def test_mistral_3_with_a_dense_text_part_is_no_mixture_of_experts() -> None:
    """Its config speaks of no experts."""
    text = {"model_type": "mistral", "hidden_size": 5120, "num_hidden_layers": 40}
    assert "not a Mixture-of-Experts" in refused({"model_type": "mistral3", "text_config": text})


def refused(config: dict[str, Any]) -> str:
    """Why a config is refused."""
    with pytest.raises(InputError) as caught:
        row_from_config(config, where="config.json")
    return " ".join(map(str, caught.value.problems))
