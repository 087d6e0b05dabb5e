"""Modules that predict further tokens: a layer more, and what joins two streams.

transformers builds such modules of some models. Of others, what it builds with one layer more is
the layer in it.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from moe_report_metrics.parameter_ledger import mtp_params, total_params
from tests.oracle.census import torch
from tests.oracle.families import Family, all_families
from tests.rows import example_models, row_from_config

FAMILIES = {family.model_type: family for family in all_families()}
SEEDS = range(10)
BUILT = ("deepseek_v3", "glm4_moe", "inkling_mm_model", "inkling_text", "mellum", "sarvam_mla",
         "sarvam_moe")  # fmt: skip
AS_V3 = ("deepseek_v3", "deepseek_v32", "glm4_moe", "glm4_moe_lite", "sarvam_mla", "sarvam_moe")
QWEN = {
    "model_type": "qwen3_5_moe_text", "num_hidden_layers": 48, "hidden_size": 2048,
    "vocab_size": 151936, "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256,
    "num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 512,
    "shared_expert_intermediate_size": 512, "tie_word_embeddings": False,
}  # fmt: skip


def mtp(config: dict[str, Any]) -> float:
    """The metric's value for a config."""
    return mtp_params.of(**row_from_config(config, where="config.json").numbers)


def one_layer(family: Family, config: dict[str, Any]) -> int:
    """Parameters of the layer that transformers adds when there is one more, with experts."""
    layers = config["num_hidden_layers"]
    sizes = []
    for more in (1, 2):  # the first layers may be dense
        longer = config | {"num_hidden_layers": layers + more}
        for key, kind in (("mlp_layer_types", "sparse"), ("layer_types", None)):
            if longer.get(key):
                longer[key] = [*longer[key], *more * [kind or longer[key][-1]]]
        model = family.build(family.load(longer))
        sizes.append(sum(parameter.numel() for parameter in model.parameters()))
    return sizes[1] - sizes[0]


@pytest.mark.parametrize("family", [f for f in all_families() if f.model_type in AS_V3],
                         ids=lambda family: family.model_type)  # fmt: skip
def test_a_module_is_a_layer_a_matrix_and_three_norms(family: Family) -> None:
    """As DeepSeek-V3 has it, whatever the shape."""
    checked = 0
    for seed in SEEDS:
        config = family.varied(seed) | {"num_nextn_predict_layers": 2}
        d = config["hidden_size"]
        if family.model_type != "glm4_moe" and config.get("attention_bias"):
            assert math.isnan(mtp(config))
            continue
        assert mtp(config) == 2 * (one_layer(family, config) + 2 * d * d + 3 * d), config
        assert mtp(config | {"num_nextn_predict_layers": 0}) == 0
        checked += 1
    assert checked > 2


def built(family: Family, config: dict[str, Any]) -> int:
    """Parameters of the modules that transformers builds; embedding and head are the model's."""
    from transformers.modeling_layers import MtpModel

    loaded = family.load(config)
    number = loaded.get_text_config().num_mtp_layers
    if not number:
        return 0
    with torch.device("meta"):
        modules = MtpModel(family.build(loaded), number)
    return sum(
        parameter.numel()
        for name, parameter in modules.named_parameters()
        if name.startswith(("layers.", "shared_post_norm."))
    )


@pytest.mark.parametrize("model_type", BUILT)
def test_modules_have_as_many_as_those_that_are_built(model_type: str) -> None:
    """Whatever the shape; of DeepSeek's with biases nothing is said."""
    family = FAMILIES[model_type]
    found = set()
    for seed in SEEDS:
        config = family.varied(seed)
        if "inkling" not in model_type:
            config["num_nextn_predict_layers"] = seed % 2
        truth = built(family, config)
        if truth and config.get("attention_bias") and "kv_lora_rank" in config:
            assert math.isnan(mtp(config))
            continue
        assert mtp(config) == truth, config
        found.add(bool(truth))
    assert found == {True, False}


def test_deepseek_v3_has_as_many_as_its_files() -> None:
    """The model page counts 3,918,786,560 in BF16 and 680,571,043,840 in FP8.

    That is the model, its module for a second token, and copies of embedding and head.
    """
    typed = next(model.numbers for model in example_models() if model.name == "DeepSeek-V3")
    given = {name: number.value for name, number in typed.items()}
    copies = 2 * 129_280 * 7_168
    everything = total_params.of(**given) + mtp_params.of(**given) + copies
    assert everything == 3_918_786_560 + 680_571_043_840


def test_qwen_joins_two_streams_before_a_layer_of_softmax_attention() -> None:
    """Qwen3-Next-80B-A3B's page counts 81,324,862,720, of which 79,674,391,296 are the model."""
    given = row_from_config(QWEN | {"mtp_num_hidden_layers": 1}, where="config.json").numbers
    assert total_params.of(**given) == 79_674_391_296
    assert mtp_params.of(**given) == 81_324_862_720 - 79_674_391_296
    assert mtp(QWEN | {"mtp_num_hidden_layers": 0}) == 0


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (QWEN, "does not tell"),
        (QWEN | {"model_type": "qwen3_next"}, "does not tell"),
        (
            QWEN | {"model_type": "qwen3_next", "num_nextn_predict_layers": 1},
            "The layers that predict further tokens (MTP) are not counted",
        ),
        (
            {
                "model_type": "mixtral", "num_hidden_layers": 2, "hidden_size": 8,
                "vocab_size": 16, "num_attention_heads": 2, "num_key_value_heads": 2,
                "num_local_experts": 4, "num_experts_per_tok": 2, "intermediate_size": 6,
                "num_mtp_layers": 1,
            },
            "are not counted",
        ),
    ],
)  # fmt: skip
def test_what_nobody_describes_is_missing_and_not_nothing(
    config: dict[str, Any], said: str
) -> None:
    """A note says so, and the metric has no value."""
    row = row_from_config(config, where="config.json")
    assert math.isnan(mtp_params.of(**row.numbers))
    assert any("MTP" in note and said in note for note in row.notes)
