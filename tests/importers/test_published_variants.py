"""Variants of published models that transformers does not have: counted, or refused by name."""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report_metrics.flops_savings import attention_core_flops, forward_flops
from moe_report_metrics.parameter_ledger import active_params, mtp_params, total_params
from tests.importers import published_configs as published
from tests.importers.tensor_sums import SUMS, Tensors, mimo_attention
from tests.rows import row_from_config

Config = dict[str, Any]
DEEPSEEK, HUNYUAN, PANGU = published.DEEPSEEK_MOE, published.HUNYUAN_LARGE, published.PANGU_PRO
LING, MIMO, STEP = published.LING_MINI, published.MIMO, published.STEP
LINEAR, LIGHTNING = published.RING_MINI_LINEAR, published.LING_26_FLASH
GATE = "gated_attention_proj_granularity_type"
OTHER: Config = STEP["attention_other_setting"]
K3_TEXT: Config = published.KIMI_K3["text_config"]


def k3(**changes: object) -> Config:
    """Kimi-K3 with another text model."""
    return published.KIMI_K3 | {"text_config": K3_TEXT | changes}


@pytest.mark.parametrize(
    "config",
    [
        k3(routed_expert_hidden_size=None, attn_res_block_size=None),
        k3(routed_expert_hidden_size=3585),
        k3(latent_moe_use_norm=False, attn_res_block_size=93),
        k3(moe_layer_freq=3, first_k_dense_replace=0),
        k3(mla_use_output_gate=False, q_lora_rank=None, num_shared_experts=3),
        k3(linear_attn_config=K3_TEXT["linear_attn_config"] | {"use_full_rank_gate": False}),
        K3_TEXT,
        DEEPSEEK | {"attention_bias": True, "n_shared_experts": None, "num_key_value_heads": 4},
        DEEPSEEK | {"moe_layer_freq": 2, "first_k_dense_replace": 3, "tie_word_embeddings": True},
        HUNYUAN | {"cla_share_factor": 3, "attention_bias": True, "tie_word_embeddings": False},
        HUNYUAN | {"use_cla": False, "use_qk_norm": False, "num_shared_expert": 2},
        HUNYUAN | {"use_mixed_mlp_moe": False, "moe_topk": 2, "moe_intermediate_size": 18304},
        PANGU | {"num_experts": 72, "shared_expert_intermediate_size": 99},
        MIMO | {"attention_bias": True, "add_full_attention_sink_bias": True},
        MIMO | {"swa_num_attention_heads": 32, "swa_head_dim": 64, "swa_v_head_dim": 63},
        MIMO | {"add_swa_attention_sink_bias": False, "tie_word_embeddings": True},
        LINEAR | {"use_qkv_bias": True, "use_qk_norm": False, "first_k_dense_replace": 0},
        LINEAR | {"num_hidden_layers": 23, "num_shared_experts": None, "tie_word_embeddings": True},
        LIGHTNING | {"use_qkv_bias": True, "use_qk_norm": False, "q_lora_rank": None},
        LIGHTNING | {"num_hidden_layers": 35, "moe_shared_expert_intermediate_size": 99},
        published.LING_3_FLASH | {"q_lora_rank": 256, "short_conv_kernel_size": 3},
        published.LING_3_FLASH | {"no_kda_lora": False, "v_head_dim": 96, GATE: "element_wise"},
        published.LING_3_FLASH | {GATE: None},
        LING | {"use_qkv_bias": True, "moe_shared_expert_intermediate_size": 99},
        LING | {"num_shared_experts": None, "use_qk_norm": False, "use_rmsnorm": False},
        LING | {"first_k_dense_replace": 0, "head_dim": 64, "tie_word_embeddings": True},
    ],
)  # fmt: skip
def test_variants_are_the_sum_of_their_tensors(config: Config) -> None:
    """Each switch of the published code changes what its tensors say."""
    numbers = row_from_config(config, where="config.json").numbers
    tensors = SUMS[config["model_type"]](config)
    assert total_params.of(**numbers) == tensors.total
    assert active_params.of(**numbers) == tensors.active


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (k3(latent_moe_use_norm=None), "'latent_moe_use_norm' must be there"),
        (k3(model_type="deepseek_v3"), "is \"deepseek_v3\", expected"),
        (k3(linear_attn_config={"kda_layers": [1]}), "must be there both, or neither"),
        (k3(attn_res_block_size=0), "expected a whole number of at least 1"),
        (k3(tie_word_embeddings=True), "but tie_word_embeddings is false"),
        (DEEPSEEK | {"n_routed_experts": None}, "not a Mixture-of-Experts"),
        (HUNYUAN | {"num_experts": 1}, "'num_experts' is 1"),
        (HUNYUAN | {"num_experts": [16] * 63 + [8]}, "expected a whole number of at least 1"),
        (HUNYUAN | {"moe_intermediate_size": [100] * 64}, "is not the 18304"),
        (HUNYUAN | {"attention_head_dim": 128}, "is not 80"),
        (HUNYUAN | {"moe_layer_num_skipped": 1}, "'moe_layer_num_skipped' is given"),
        (HUNYUAN | {"mlp_bias": True}, "'mlp_bias' is given"),
        (HUNYUAN | {"num_attention_heads": 77}, "is 6400, not a multiple of the 77 heads"),
        (MIMO | {"n_shared_experts": 1}, "this architecture shares no experts"),
        (MIMO | {"attention_projection_layout": "other"}, "is none of split, fused_qkv"),
        (MIMO | {"hybrid_layer_pattern": [0, 1]}, "has 2 items for 48 layers"),
        (MIMO | {"hybrid_layer_pattern": [2] * 48}, "may say 0 (all tokens) and 1"),
        (MIMO | {"layer_types": ["full_attention"] * 48}, "names other layers"),
        (MIMO | {"layer_types": ["linear_attention"] * 48}, "'sliding_attention' and"),
        (MIMO | {"moe_layer_freq": None}, "no layer has experts"),
        (MIMO | {"moe_layer_freq": [0, 2]}, "a list of 0 and 1"),
        (STEP | {"use_head_wise_attn_gate": False}, "has a gate of heads"),
        (
            STEP | {"attention_other_setting": OTHER | {"attention_type": "full_attention"}},
            "'attention_other_setting.attention_type' is not",
        ),
        (STEP | {"attention_other_setting": OTHER | {"head_dim": 64}}, "head_dim' is not 128"),
        (
            STEP | {"attention_other_setting": OTHER | {"num_attention_groups": 4}},
            "'attention_other_setting.num_attention_groups' is not 8",
        ),
        (
            STEP | {"moe_layers_enum": None, "moe_every_n_layer": 2},
            "'moe_every_n_layer' is given without moe_layers_enum",
        ),
        (LINEAR | {"use_bias": True}, "'use_bias' is true, which is not modelled"),
        (LINEAR | {"num_kv_heads_for_linear_attn": 4}, "is 4, which is not modelled"),
        (
            {key: value for key, value in LIGHTNING.items() if key != "layer_group_size"},
            "'layer_group_size' is missing",
        ),
        (LIGHTNING | {"architectures": None}, "which architectures does not name"),
        (LIGHTNING | {"tie_word_embeddings": True}, "never ties them"),
        (
            published.LING_3_FLASH | {GATE: "layer_wise"},
            "is \"layer_wise\", which is not modelled",
        ),
        (
            published.LING_3_TINY | {"pregate_enabled": True},
            "'pregate_enabled' is true, which is not modelled",
        ),
        (LING | {"use_bias": True}, "'use_bias' is true, which is not modelled"),
        (LING | {"use_rmsnorm": False}, "'use_rmsnorm' is false"),
        (LING | {"use_sliding_window": True}, "'use_sliding_window' is true"),
        (LING | {"multi_gate": True}, "'multi_gate' is true"),
        (LING | {"router_type": "MultiRouter"}, "'router_type' is \"MultiRouter\""),
        (LING | {"moe_router_enable_shared_expert": False}, "is false, which is not modelled"),
        (LING | {"intermediate_size": None}, "'intermediate_size' must be there"),
        (LING | {"expert_extra_dim": 4}, "sounds like experts and is not understood"),
        (PANGU | {"mlp_only_layers": [0]}, "'mlp_only_layers' is not empty"),
        (PANGU | {"num_experts_per_tok": 6}, "one expert of each of eight equal groups"),
        (PANGU | {"num_experts": 60}, "one expert of each of eight equal groups"),
    ],
)  # fmt: skip
def test_what_is_not_modelled_is_refused(config: Config, said: str) -> None:
    """A value that the published code has no shapes for is named."""
    with pytest.raises(InputError) as caught:
        row_from_config(config, where="config.json")
    assert said in str(caught.value)


def test_attention_residuals_cost_products_for_each_block() -> None:
    """A block's score and its share in the mixture are a product a channel each."""
    plain = row_from_config(k3(attn_res_block_size=None), where="").numbers
    mixed = row_from_config(K3_TEXT, where="").numbers
    layers, block = 93, 12
    seen = [len(range(0, layer, block)) for layer in range(layers)]
    seen += [len(range(0, layer + 1, block)) for layer in range(layers)]
    seen.append(len(range(0, layers, block)))
    products = sum(2 * 7168 * (blocks + 1) for blocks in seen if blocks)
    flops = [forward_flops.of(**numbers) for numbers in (plain, mixed)]
    assert flops[1] - flops[0] == 2 * products


def test_shared_keys_are_made_once_and_read_by_every_layer() -> None:
    """Cross-layer attention saves matrices; each layer attends as before."""
    own, lent = (
        row_from_config(HUNYUAN | {"use_cla": use_cla}, where="").numbers
        for use_cla in (False, True)
    )
    saved = 32 * 2 * 6400 * 8 * 80
    assert total_params.of(**own) - total_params.of(**lent) == saved
    assert attention_core_flops.of(**own) == attention_core_flops.of(**lent)
    assert forward_flops.of(**own) - forward_flops.of(**lent) == 2 * saved


def test_only_the_second_generation_of_ling_has_norms_unless_it_is_said() -> None:
    """Norms of queries and keys: as said, or by the name of the model's class."""
    silent = {key: value for key, value in LING.items() if key != "use_qk_norm"}
    nameless = {key: value for key, value in silent.items() if key != "architectures"}
    first = published.LING_LITE
    found = [
        row_from_config(config, where="").numbers["qk_norm"]
        for config in (LING, silent, nameless, first, first | {"use_qk_norm": True})
    ]
    assert found == [1, 1, 0, 0, 1]


def test_modules_of_ling_for_further_tokens_are_layers_with_experts() -> None:
    """A module is a layer as the others, behind a matrix and three norms."""
    numbers = row_from_config(LING | {"num_nextn_predict_layers": 2}, where="").numbers
    layers = (
        SUMS["bailing_moe"](LING | {"num_hidden_layers": number, "first_k_dense_replace": 0})
        for number in (1, 2)
    )
    one, two = (layer.total for layer in layers)
    assert mtp_params.of(**numbers) == 2 * (two - one + 2 * 2048 * 2048 + 3 * 2048)


def test_mimo_is_read_as_its_predecessor_where_they_are_alike() -> None:
    """MiMo-V2-Flash, which is compared with transformers, has the sizes of MiMo-V2.5."""
    own = {"moe_router_dtype", "attention_projection_layout", "vision_config", "audio_config"}
    flash = {key: value for key, value in MIMO.items() if key not in own}
    flash |= {"model_type": "mimo_v2_flash", "sliding_window_size": 127}
    newer, older = (row_from_config(config, where="").numbers for config in (MIMO, flash))
    for metric in (total_params, active_params, forward_flops, attention_core_flops):
        assert metric.of(**newer) == metric.of(**older)


def test_layers_of_mimo_are_listed_or_follow_a_rule() -> None:
    """A period of windows and of experts, or kinds for each layer, in place of flags."""
    flags = MIMO | {
        "hybrid_layer_pattern": [int((layer + 1) % 6 > 0) for layer in range(48)],
        "moe_layer_freq": [int(layer % 2 == 0) for layer in range(48)],
    }
    rule = flags | {"hybrid_layer_pattern": None, "hybrid_block_size": 6, "moe_layer_freq": 2}
    kinds = flags | {
        "hybrid_layer_pattern": None, "moe_layer_freq": None,
        "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 8,
        "mlp_layer_types": ["sparse", "dense"] * 24,
    }  # fmt: skip
    read = [row_from_config(config, where="").numbers for config in (flags, rule, kinds)]
    assert read[0] == read[1] == read[2]
    everywhere = row_from_config(MIMO | {"hybrid_layer_pattern": None}, where="").numbers
    assert everywhere["num_sliding_window_layers"] == 0


def test_sizes_that_mimo_leaves_out_are_those_of_other_layers() -> None:
    """Layers with a window are as the others, and a value is as wide as a key."""
    left_out = {key: value for key, value in MIMO.items() if not key.startswith("swa_")}
    said = MIMO | {"swa_num_key_value_heads": 4, "swa_v_head_dim": 192}
    assert row_from_config(left_out, where="").numbers == row_from_config(said, where="").numbers


def test_mimo_tells_what_is_not_counted() -> None:
    """What reads images and sound; the core, where heads differ; further tokens, if not told."""
    row = row_from_config(MIMO | {"swa_num_attention_heads": 32}, where="")
    notes = ". ".join(row.notes)
    assert "not those for images, video and sound" in notes
    assert "the attention core is left out" in notes
    assert "of which the config does not tell" in notes
    assert isnan(forward_flops.of(**row.numbers))
    assert "images" not in ". ".join(row_from_config(published.MIMO_PRO, where="").notes)


def test_modules_of_mimo_for_further_tokens_have_a_window_and_a_dense_ffn() -> None:
    """A module is a layer as no other: its FFN is dense, its attention that with a window."""
    row = row_from_config(published.MIMO_PRO | {"num_nextn_predict_layers": 3}, where="")
    module = Tensors()
    mimo_attention(module, published.MIMO_PRO, window=True)
    module.ffn(6144, 16384)
    module.linear(2 * 6144, 6144)
    module.add(*5 * [(6144,)])
    assert mtp_params.of(**row.numbers) == 3 * module.total
    none = row_from_config(published.MIMO_PRO | {"num_nextn_predict_layers": 0}, where="")
    assert mtp_params.of(**none.numbers) == 0
    assert not any("MTP" in note for note in none.notes)


def test_hunyuan_a13b_is_the_same_under_either_name() -> None:
    """Its config goes by the name of Hunyuan-Large, too; under its own transformers counts it."""
    config = HUNYUAN | {
        "vocab_size": 128167, "hidden_size": 4096, "num_hidden_layers": 32,
        "intermediate_size": 3072, "moe_intermediate_size": [3072] * 32, "num_experts": 64,
        "num_attention_heads": 32, "attention_head_dim": 128, "moe_topk": [8] * 32,
        "num_shared_expert": [1] * 32, "use_cla": False, "moe_layer_num_skipped": 0,
    }  # fmt: skip
    read = [
        row_from_config(config | {"model_type": name}, where="").numbers
        for name in ("hunyuan", "hunyuan_v1_moe")
    ]
    for metric in (total_params, active_params, forward_flops):
        assert metric.of(**read[0]) == metric.of(**read[1])
