"""Every architecture, varied at random, against the models of transformers."""

from __future__ import annotations

from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.exactness import TRANSFORMERS, exactness
from moe_report_metrics.parameter_ledger import active_params, total_params
from tests.oracle.census import transformers
from tests.oracle.families import Family, all_families, check_flops, check_parameters
from tests.rows import row_from_config

FAMILIES = {family.model_type: family for family in all_families()}
SEEDS = range(20)
RUNS = range(3)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_defaults_are_counted_exactly(family: Family) -> None:
    """The configuration class's own sizes: every component, total and active, zero off."""
    check_parameters(family, family.defaults())


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_what_is_left_out_has_the_same_default(family: Family) -> None:
    """A config of nothing but what is needed is read as transformers reads it."""
    check_parameters(family, family.bare())


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_random_configs_are_counted_exactly(family: Family) -> None:
    """Twenty small configs that differ in whatever the architecture lets differ."""
    for seed in SEEDS:
        check_parameters(family, family.varied(seed))


@pytest.mark.parametrize(
    "family",
    [family for family in FAMILIES.values() if family.linear or family.core or family.windows],
    ids=lambda family: family.model_type,
)
def test_forward_passes_cost_what_the_formulas_say(family: Family) -> None:
    """Products are counted, and attention weights looked at, while small models run."""
    for seed in RUNS:
        check_flops(family, family.varied(seed))


# An encoder and a decoder have a test of their own: in test_flops, in test_hybrid_families.
ELSEWHERE = {"switch_transformers", "nllb-moe"}


def test_table_of_exactness_is_what_is_tested_here() -> None:
    """Each architecture is in the table, and what it says is what the tests above check."""
    table = exactness()
    assert set(table) == set(ADAPTERS)
    assert set(FAMILIES) <= set(table)
    assert transformers.__version__ == TRANSFORMERS
    for model_type, exact in table.items():
        family = FAMILIES.get(model_type)
        assert bool(family or model_type in ELSEWHERE) == bool(exact.transformers), model_type
        assert bool(exact.transformers) + bool(exact.like) + bool(exact.check) == 1, model_type
        if exact.like:
            assert exact.like in FAMILIES
        elif family and model_type not in ELSEWHERE:
            everything = family.linear and family.core and family.windows
            but = "no recurrence" if "recurrence" in family.why else "no core"
            but = "parts" if "routers" in family.why else but
            assert exact.flops == ("all" if everything else but), model_type
            assert everything or family.why, model_type


GLM_4_5 = {  # zai-org/GLM-4.5
    "model_type": "glm4_moe", "vocab_size": 151552, "hidden_size": 5120,
    "intermediate_size": 12288, "moe_intermediate_size": 1536, "num_hidden_layers": 92,
    "num_attention_heads": 96, "num_key_value_heads": 8, "head_dim": 128,
    "n_routed_experts": 160, "n_shared_experts": 1, "num_experts_per_tok": 8,
    "first_k_dense_replace": 3, "attention_bias": True, "use_qk_norm": True,
    "tie_word_embeddings": False, "num_nextn_predict_layers": 1,
}  # fmt: skip


def test_reference_numbers() -> None:
    """GLM-4.5 is what an independent count with transformers gave."""
    numbers = row_from_config(GLM_4_5, where="").numbers
    assert total_params.of(**numbers) == 352_797_814_784
    assert active_params.of(**numbers) == 33_632_251_904


@pytest.mark.parametrize(
    ("model_type", "total", "active"),
    [
        ("sarvam_moe", "32", "2.4"),  # sarvamai/sarvam-30b
        ("sarvam_mla", "106", "10.3"),  # sarvamai/sarvam-105b
    ],
)
def test_defaults_are_the_published_models(model_type: str, total: str, active: str) -> None:
    """Billions of parameters in the files, and active ones without embedding and output head."""
    numbers = row_from_config(FAMILIES[model_type].defaults(), where="").numbers
    both = 2 * numbers["vocab_size"] * numbers["hidden_size"]
    assert f"{total_params.of(**numbers) / 1e9:.0f}" == total
    assert f"{(active_params.of(**numbers) - both) / 1e9:.1f}" == active


def test_step_reads_the_keys_of_its_own_code() -> None:
    """Step 3.5's own spellings mean those of transformers, where it is a part of Step 3.7."""
    sizes = {
        "vocab_size": 100, "hidden_size": 64, "intermediate_size": 48, "num_hidden_layers": 4,
        "num_attention_heads": 4, "moe_intermediate_size": 24, "sliding_window": 16,
    }  # fmt: skip
    kinds = ["full_attention"] + ["sliding_attention"] * 3
    own = sizes | {
        "model_type": "step3p5", "num_attention_groups": 2, "moe_num_experts": 6, "moe_top_k": 2,
        "moe_layers_enum": "2,3", "attention_other_setting": {"num_attention_heads": 6},
        "layer_types": [*kinds, "full_attention"], "num_nextn_predict_layers": 1,
        "use_moe_router_bias": True,
    }  # fmt: skip
    text = sizes | {
        "num_key_value_heads": 2, "n_routed_experts": 6, "num_experts_per_tok": 2,
        "mlp_layer_types": ["dense"] * 2 + ["sparse"] * 2, "num_sliding_attention_heads": 6,
        "layer_types": kinds,
    }  # fmt: skip
    there = row_from_config({"model_type": "step3p7", "text_config": text}, where="").numbers
    assert there.pop("num_nextn_predict_layers") == 0  # its own has one, and nobody says of what
    assert row_from_config(own, where="").numbers == there


@pytest.mark.parametrize(
    ("model_type", "change", "said"),
    [
        ("mimo_v2_flash", {"n_shared_experts": 1}, "shares no experts"),
        ("mimo_v2_flash", {"swa_num_key_value_heads": 5}, "not twice"),
        ("gemma4_text", {"enable_moe_block": False}, "not a Mixture-of-Experts"),
        ("gemma4_text", {"num_kv_shared_layers": 2}, "not modelled"),
        ("minimax_m2", {"use_qk_norm": False}, "has norms"),
        ("hunyuan_v1_moe", {"num_shared_expert": 2}, "is not 1"),
        ("laguna", {"gating": False}, "per-head"),
        ("exaone_moe", {"is_moe_layer": [1]}, "true and false"),
        ("mellum", {"layer_types": ["linear_attention"] * 28}, "linear_attention"),
        ("glm4_moe", {"n_shared_expert": 2}, "sounds like experts"),
    ],
)
def test_what_an_architecture_cannot_be_is_refused(
    model_type: str, change: dict[str, Any], said: str
) -> None:
    """What transformers would ignore, or the formulas get wrong, is an error that names it."""
    with pytest.raises(InputError) as caught:
        row_from_config(FAMILIES[model_type].defaults() | change, where="")
    assert any(said in str(problem) for problem in caught.value.problems)
