"""A key that provably changes nothing is read and said; one that may change a number is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.config import ConfigRow
from moe_report_metrics.parameter_ledger import active_params, total_params
from tests.configs import DEEPSEEK, GPT_OSS, LLAMA, MIXTRAL, QWEN
from tests.rows import row_from_config
from tests.small_configs import MODEL_TYPES, put, small_config

SAID = "Not counted because it changes no number: "
# Real spellings, with values as they are found.
HARMLESS: dict[str, Any] = {
    "moe_router_dtype": "float32", "expert_dtype": "bfloat16", "enable_moe_fp32_combine": True,
    "moe_aux_loss_coeff": 0.01, "moe_z_loss_coeff": 1e-3, "moe_orthogonal_loss_lambda": 0.1,
    "moe_router_load_balancing_type": "seq_aux_loss", "moe_load_balance_weight": 0.01,
    "moe_loss_weight": 0.01, "moe_seq_aux": True, "router_coef": 0.1, "moe_router_entropy": 0.1,
    "expert_dropout": 0.1, "moe_token_dropout": 0.2, "shared_expert_dropout": 0.1,
    "moe_input_jitter_eps": 0.01, "router_noise": 0.1, "router_std": 0.1,
    "moe_router_group_topk": 4, "use_grouped_topk": True, "router_temperature": 0.7,
    "expert_bits": 16, "num_expert_group": 8, "moe_router_num_groups": 8,
    "moe_router_topk_limited_devices": 3, "num_experts_per_group": 8,
    "moe_router_bias_update_rate": 0.001, "moe_router_enable_expert_bias": True,
    "moe_use_aux_free": True, "moe_expert_capacity_factor": 1.25, "expert_capacity": 64,
    "moe_capacity": [64, 64, 64], "moe_token_drop_policy": "probs",
    "moe_pad_expert_input_to_capacity": True, "moe_router_score_function": "sigmoid",
    "moe_router_topk_scaling_factor": 2.5, "moe_router_pre_softmax": True, "moe_renormalize": True,
    "norm_expert_weight": True, "router_logit_softcapping": 30.0,
    "moe_router_activation_func": "sigmoid", "expert_activation": "silu", "moe_gate": "topk",
    "moe_grouped_gemm": True, "moe_permute_fusion": True, "moe_token_dispatcher_type": "alltoall",
    "experts_implementation": "eager", "moe_shared_expert_overlap": True,
    "expert_model_parallel_size": 8, "moe_world_size": 4, "num_redundant_experts": 32,
    "router_init_method": "normal", "freeze_router": True, "moe_layer_recompute": True,
    "moe_per_layer_logging": True,
}  # fmt: skip
# Words of a width or a count, and what a value of nothing makes of them all.
PARTS = ("dim", "hidden_size", "width", "rank", "intermediate_size", "num_layers", "count", "heads")
NOTHING = (0, 0.0, None, False, "", [], {}, [None], {"a": None})
HARMFUL = st.builds(
    "{}_{}_{}".format,
    st.sampled_from(["expert", "moe", "router", "shared_expert", "extra_expert", "latent_moe"]),
    st.sampled_from(["extra", "inner", "second", "dropout", "loss", "residual", "dtype", "group"]),
    st.sampled_from(PARTS),
)


def read(config: dict[str, Any]) -> ConfigRow:
    """The row of a config that is right."""
    return row_from_config(copy.deepcopy(config), where="config.json")


def refused(config: dict[str, Any]) -> list[str]:
    """What is found wrong with a config."""
    with pytest.raises(InputError) as caught:
        row_from_config(config, where="config.json")
    return [str(problem) for problem in caught.value.problems]


def home(model_type: str) -> str:
    """The path of the object in which an architecture's sizes stand, and a dot."""
    adapter = ADAPTERS[model_type]
    prefix = f"{adapter.section}." if adapter.section else ""
    first = prefix + next(iter(adapter.keys)).split("|")[0]
    return first[: len(first) - len(first.rsplit(".", 1)[-1])]


def known(model_type: str, path: str) -> bool:
    """Whether an adapter reads a key, or knows it to be irrelevant."""
    adapter = ADAPTERS[model_type]
    return path.removeprefix(f"{adapter.section}.") in adapter.known_keys


def reads(model_type: str, name: str) -> bool:
    """Whether an adapter reads a key of that name, wherever it stands: to it the value matters."""
    names = "|".join(ADAPTERS[model_type].keys).split("|")
    return name in {path.rsplit(".", 1)[-1] for path in names}


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@settings(max_examples=5)
@given(added=st.dictionaries(st.sampled_from(sorted(HARMLESS)), st.booleans(), min_size=1))
def test_harmless_keys_change_nothing_and_are_said(model_type: str, added: dict[str, bool]) -> None:
    """With keys of training, routing and running beside its own, a config gives the same row."""
    config = small_config(model_type)
    before = read(config)
    said = []
    for name, outside in added.items():
        if reads(model_type, name):
            continue
        path = name if outside else home(model_type) + name
        put(config, path, HARMLESS[name])
        if not known(model_type, path):
            said.append(path)
    after = read(config)
    assert after.numbers == before.numbers
    assert set(after.notes) - set(before.notes) == ({SAID + ", ".join(sorted(said))} - {SAID})


@pytest.mark.parametrize("name", HARMLESS)
def test_each_harmless_key_passes_alone(name: str) -> None:
    """None of them needs another one beside it."""
    assert read(QWEN | {name: HARMLESS[name]}).notes[-1] == SAID + name


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@settings(max_examples=5)
@given(name=HARMFUL, nothing=st.sampled_from(NOTHING))
def test_keys_that_say_nothing_change_nothing(model_type: str, name: str, nothing: Any) -> None:
    """Of whatever part: 0, null, false and what is empty say that it is not there."""
    config = small_config(model_type)
    before = read(config)
    put(config, home(model_type) + name, nothing)
    assert read(config).numbers == before.numbers


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@settings(max_examples=5)
@given(name=HARMFUL, value=st.integers(1, 10**6) | st.lists(st.integers(1, 99), min_size=1))
def test_a_width_or_a_count_that_is_not_read_is_refused(
    model_type: str, name: str, value: Any
) -> None:
    """A harmless word in its name doesn't make it harmless; nor does an object around it."""
    for path in (name, f"moe_config.{name}"):
        config = small_config(model_type)
        put(config, home(model_type) + path, value)
        problems = refused(config)
        assert any(f"key '{home(model_type)}{path}' sounds like" in line for line in problems)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_extra_experts", 2), ("router_hidden_size", 64), ("router_bias", True),
        ("expert_bias", True), ("shared_expert_gate", True), ("residual_moe", True),
        ("router_norm", True), ("router_norm_eps", 1e-6), ("moe_mlp_ratio", 2.5),
        ("moe_layer_group_size", 4), ("expert_lora_rank", 4), ("router_type", "hash"),
        ("router_type", "mlp"), ("expert_choice", True), ("shared_expert_gate_score", True),
        ("routed_expert_hidden_size", 3584), ("router_hidden_act", "silu"), ("frozen_experts", 4),
        ("shared_expert_groups", 2), ("per_expert_scale", True), ("expert_kind", "odd"),
        ("moe_layer_dropout" + "_x" * 200, 0.1),
    ],
)  # fmt: skip
def test_what_may_change_a_number_is_refused(name: str, value: object) -> None:
    """Switches of parts with weights, ratios of widths, and what nobody knows."""
    (problem,) = refused(QWEN | {name: value})
    assert f"key '{name[:60]}" in problem
    assert f"{name[-20:]}' sounds like experts and is not understood" in problem


def test_the_note_gives_paths_in_order() -> None:
    """Keys of nested objects are said with their paths, once, in one line."""
    added = {"router_dtype": "fp32", "moe_layer_freq": 1, "moe": {"top_k": 1, "aux_coef": 0.1}}
    config = {"model_type": "llama4", "text_config": LLAMA | added, "moe_seed": 3}
    config["text_config"]["interleave_moe_layer_step"] = 1
    (note,) = [note for note in read(config).notes if note.startswith(SAID)]
    inner = "text_config."
    assert note == (
        f"{SAID}moe_seed, {inner}moe.aux_coef, {inner}moe.top_k, {inner}moe_layer_freq,"
        f" {inner}router_dtype"
    )


def test_keys_that_an_adapter_knows_are_not_said() -> None:
    """What is known to an architecture, or read, needs no word."""
    known = {"router_jitter_noise": 0.1, "router_aux_loss_coef": 0.1}
    assert read(MIXTRAL | known).notes == read(MIXTRAL).notes


@pytest.mark.parametrize(
    ("config", "same", "other"),
    [
        (QWEN, {"moe_layer_freq": 1}, {"moe_layer_freq": 2}),
        (QWEN, {"moe_layer_freq": [1] * 6}, {"moe_layer_freq": [0] + [1] * 5}),
        (QWEN, {"moe_every_n_layer": 1, "moe_layer_offset": 0}, {"moe_every_n_layer": 0}),
        (QWEN, {"moe_layers": [0, 1, 2, 3, 4, 5]}, {"moe_layers": [0, 2, 4]}),
        (QWEN, {"moe_layers_enum": "0,1,2,3,4,5"}, {"moe_layers_enum": "1,2,3,4,5"}),
        (QWEN, {"moe_layer_end_index": -1}, {"moe_layer_end_index": 3}),
        (QWEN, {"use_moe": True}, {"use_moe": False}),
        (QWEN, {"is_moe_layer": [True] * 6}, {"is_moe_layer": [False] * 6}),
        (QWEN, {"moe_top_k": 2}, {"moe_top_k": 4}),
        (QWEN, {"num_moe_experts": 8}, {"num_moe_experts": 9}),
        (QWEN, {"moe_ffn_hidden_size": 32}, {"moe_ffn_hidden_size": 33}),
        (QWEN, {"num_shared_experts": 0}, {"num_shared_experts": 1}),
        (QWEN, {"shared_expert_intermediate_size": 0}, {"shared_expert_intermediate_size": 32}),
        (QWEN, {"router_bias": False}, {"router_bias": True}),
        (QWEN, {"expert_activation": "swiglu", "moe_gated": True}, {"moe_gated": False}),
        (QWEN, {"first_k_dense_replace": 0}, {"first_k_dense_replace": 1}),
        (MIXTRAL, {"decoder_sparse_step": 1}, {"decoder_sparse_step": 2}),
        (MIXTRAL, {"mlp_only_layers": []}, {"mlp_only_layers": [0]}),
        (GPT_OSS, {"router_bias": True, "expert_bias": True}, {"expert_bias": False}),
        (DEEPSEEK, {"moe_layers": [3, 4, 5]}, {"moe_layers": [0, 1, 2]}),
        (DEEPSEEK, {"moe_layer_start_index": 3}, {"moe_layer_start_index": 2}),
        (DEEPSEEK, {"is_moe_layer": [0, 0, 0, 1, 1, 1]}, {"is_moe_layer": [1, 1, 1, 0, 0, 0]}),
        (DEEPSEEK | {"n_shared_experts": 2}, {"shared_expert_intermediate_size": 64},
         {"shared_expert_intermediate_size": 63}),
        (DEEPSEEK | {"n_shared_experts": 2}, {"shared_expert_intermediate_size": 0},
         {"num_shared_expert": 0}),
        (LLAMA | {"interleave_moe_layer_step": 2}, {"moe_every_n_layers": 2},
         {"moe_every_n_layers": 1}),
        (LLAMA | {"interleave_moe_layer_step": 2}, {"moe_every": 2, "moe_layer_offset": 1},
         {"moe_every": 3, "moe_layer_offset": 1}),
    ],
)  # fmt: skip
def test_keys_are_compared_with_what_is_counted(
    config: dict[str, Any], same: dict[str, Any], other: dict[str, Any]
) -> None:
    """What other keys say anyway may be said again; what contradicts them is refused."""
    assert read(config | same).numbers == read(config).numbers
    assert all("is not what is counted without it" in line for line in refused(config | other))


def test_a_default_is_not_stronger_than_a_zero() -> None:
    """A width of 0 speaks against shared experts that the config itself doesn't give."""
    key = {"shared_expert_intermediate_size": 0}
    assert "n_shared_experts" not in DEEPSEEK
    (problem,) = refused(DEEPSEEK | key)
    assert "'shared_expert_intermediate_size' sounds like experts" in problem
    assert read(DEEPSEEK | key | {"n_shared_experts": 1}).numbers["num_shared_experts"] == 1


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("num_extra_ffn_layers", 2, "an FFN"), ("residual_ffn_dim", 4864, "an FFN"),
        ("residual_mlp_sizes", [64, 64], "an FFN"), ("ffn_sizes", [[1], {}], "an FFN"),
        ("dense_intermediate_size", 96, "an FFN"), ("shared_intermediate_size", 512, "an FFN"),
        ("residual_ffn_dim", 14336, "an FFN"), ("num_dense_layers", 2, "layers without experts"),
        ("mlp_intermediate_size", 8192, "an FFN"), ("num_ffn_layers", 32, "an FFN"),
    ],
)  # fmt: skip
def test_an_ffn_that_is_not_counted_is_refused(name: str, value: object, what: str) -> None:
    """A width or a number of layers of the text model is refused though it names no experts."""
    (problem,) = refused(MIXTRAL | {name: value})
    assert f"key {name!r} sounds like {what} and is not understood" in problem


@pytest.mark.parametrize(
    "key",
    [
        {"ffn_hidden_size": 14336}, {"mlp_bias": True}, {"mlp_hidden_act": "silu"},
        {"ffn_dropout": 1}, {"vision_mlp_dim": 64}, {"vision_config": {"mlp_dim": 64}},
        {"top_k": 50}, {"num_beams": 4}, {"intermediate_size_of": "x"}, {"ffn_dim_multiplier": 1.3},
    ],
)  # fmt: skip
def test_other_parts_and_settings_pass(key: dict[str, Any]) -> None:
    """A width that is counted, switches, and what belongs to images or to generation."""
    assert read(MIXTRAL | key).numbers == read(MIXTRAL).numbers


QWEN3_MOE = {
    "attention_bias": False, "decoder_sparse_step": 1, "head_dim": 128, "mlp_only_layers": [],
    "norm_topk_prob": True, "num_experts_per_tok": 8, "output_router_logits": False,
    "router_aux_loss_coef": 0.0, "shared_expert_intermediate_size": 0, "sliding_window": None,
    "tie_word_embeddings": False, "use_qk_norm": True, "use_sliding_window": False,
}  # fmt: skip
PUBLISHED: dict[str, tuple[dict[str, Any], int, int]] = {
    "Qwen3-Coder-480B-A35B": (
        QWEN3_MOE | {
            "model_type": "qwen3_moe", "hidden_size": 6144, "intermediate_size": 8192,
            "max_window_layers": 62, "moe_intermediate_size": 2560, "num_attention_heads": 96,
            "num_experts": 160, "num_hidden_layers": 62, "num_key_value_heads": 8,
            "qkv_bias": False, "vocab_size": 151936,
        },
        480_154_875_392, 35_474_765_312,
    ),
    "Qwen3-Omni-30B-A3B": (
        {"model_type": "qwen3_omni_moe", "thinker_config": {
            "model_type": "qwen3_omni_moe_thinker",
            "text_config": QWEN3_MOE | {
                "model_type": "qwen3_omni_moe_text", "hidden_size": 2048, "intermediate_size": 768,
                "moe_intermediate_size": 768, "num_attention_heads": 32, "num_experts": 128,
                "num_hidden_layers": 48, "num_key_value_heads": 4, "vocab_size": 152064,
            },
        }},
        30_532_646_912, 3_353_556_992,
    ),
    "Step-3.5-Flash": (
        {
            "model_type": "step3p5", "hidden_size": 4096, "intermediate_size": 11264,
            "num_hidden_layers": 45, "num_attention_heads": 64, "num_attention_groups": 8,
            "head_dim": 128, "vocab_size": 128896, "moe_num_experts": 288, "moe_top_k": 8,
            "moe_intermediate_size": 1280, "share_expert_dim": 1280, "share_expert_dims": 1280,
            "moe_layers_enum": ",".join(map(str, range(3, 45))), "sliding_window": 512,
            "layer_types": [
                "sliding_attention" if layer % 4 else "full_attention" for layer in range(45)
            ],
            "attention_other_setting": {
                "attention_type": "sliding_attention", "num_attention_heads": 96,
                "num_attention_groups": 8, "head_dim": 128,
            },
            "num_nextn_predict_layers": 3, "need_fp32_gate": True, "use_moe": True,
            "moe_every_n_layer": 1, "moe_layer_offset": 0, "swiglu_limits": [0.0] * 48,
            "tie_word_embeddings": False,
        },
        196_956_118_272, 11_987_311_872,
    ),
    "dots.llm1": (
        {
            "model_type": "dots1", "attention_bias": False, "first_k_dense_replace": 1,
            "hidden_size": 4096, "intermediate_size": 10944, "moe_intermediate_size": 1408,
            "moe_layer_freq": 1, "n_routed_experts": 128, "n_shared_experts": 2,
            "num_attention_heads": 32, "num_experts_per_tok": 6, "num_hidden_layers": 62,
            "num_key_value_heads": 32, "scoring_func": "noaux_tc", "sliding_window": None,
            "tie_word_embeddings": False, "topk_method": "noaux_tc", "vocab_size": 152064,
        },
        142_774_373_888, 14_016_581_120,
    ),
    "Phi-mini-MoE": (
        {
            "model_type": "phimoe", "attention_bias": True, "expert_dropout": 0.0,
            "head_dim": 128, "hidden_size": 4096, "input_jitter_noise": 0.01,
            "intermediate_size": 960, "lm_head_bias": True, "num_attention_heads": 32,
            "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_key_value_heads": 8,
            "num_local_experts": 16, "router_jitter_noise": 0.01, "sliding_window": 2047,
            "tie_word_embeddings": False, "vocab_size": 32064,
        },
        7_647_632_704, 2_362_809_664,
    ),
    "GLM-5.2": (
        {
            "model_type": "glm_moe_dsa", "attention_bias": False, "ep_size": 1,
            "first_k_dense_replace": 3, "hidden_size": 6144, "index_head_dim": 128,
            "index_n_heads": 32, "index_topk": 2048, "index_topk_freq": 4,
            "index_skip_topk_offset": 3, "index_topk_pattern": None, "intermediate_size": 12288,
            "kv_lora_rank": 512, "moe_intermediate_size": 2048, "moe_layer_freq": 1,
            "moe_router_dtype": "float32", "n_group": 1, "n_routed_experts": 256,
            "n_shared_experts": 1, "num_attention_heads": 64, "num_experts_per_tok": 8,
            "num_hidden_layers": 78, "num_key_value_heads": 64, "num_nextn_predict_layers": 1,
            "q_lora_rank": 2048, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64,
            "tie_word_embeddings": False, "topk_group": 1, "v_head_dim": 256,
            "vocab_size": 154880,
        },
        743_377_000_704, 41_250_511_104,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_configs_are_exact(name: str) -> None:
    """Published configs with such keys give the published model's parameters, to the last one."""
    config, total, active = PUBLISHED[name]
    row = read(config)
    assert (total_params.of(**row.numbers), active_params.of(**row.numbers)) == (total, active)
    assert sum(note.startswith(SAID) for note in row.notes) <= 1


@pytest.mark.parametrize("model_type", ["qwen3", "llama", "gemma2", "mistral", "qwen3_moe"])
def test_a_dense_model_is_said_to_be_one(model_type: str) -> None:
    """A model without experts gets one sentence with the way out, whatever else its config says."""
    config = {"hidden_size": 64, "num_hidden_layers": 4, "vocab_size": 100, "intermediate_size": 96,
              "num_attention_heads": 4, "num_key_value_heads": 2, "num_experts": None,
              "router_aux_loss_coef": 0.001, "use_moe": False}  # fmt: skip
    (problem,) = refused(config | {"model_type": model_type})
    assert problem.endswith("it is not a Mixture-of-Experts; --allow-dense takes it")
    row = row_from_config(config | {"model_type": model_type}, where="", allow_dense=True)
    assert row.numbers["num_moe_layers"] == 0


@pytest.mark.parametrize("model_type", ["mixtral", "deepseek_v3", "gemma3", "mistral3"])
def test_a_family_that_is_never_dense_gets_a_sentence_too(model_type: str) -> None:
    """Not a list of the keys that a Mixture-of-Experts would have."""
    sizes = {"hidden_size": 64, "num_hidden_layers": 4, "vocab_size": 100, "num_attention_heads": 4}
    config = {"model_type": model_type, **sizes, "text_config": sizes}
    for allow_dense in (False, True):
        with pytest.raises(InputError) as caught:
            row_from_config(config, where="config.json", allow_dense=allow_dense)
        (problem,) = caught.value.problems
        assert "no key of this config speaks of experts; it is not a" in problem.message


def test_a_dense_family_with_experts_is_not_unknown() -> None:
    """The key that doesn't belong there is named, and no other architecture suggested."""
    (problem,) = refused({"model_type": "llama", "hidden_size": 64, "num_experts": 4})
    assert problem == (
        "config.json: model_type 'llama' has no experts, and key 'num_experts' sounds like experts"
    )
