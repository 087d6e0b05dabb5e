"""A config is read exactly or refused: nothing in between."""

from __future__ import annotations

from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.adapter import REQUIRED
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.cache_keys import notes_of_widths
from moe_report.importers.config_json import text_parts
from moe_report.schema.fields import FIELDS
from tests.configs import DEEPSEEK, GPT_OSS, LLAMA, MIXTRAL, QWEN, SWITCH
from tests.rows import row_from_config
from tests.small_configs import put


def problems(config: dict[str, Any]) -> list[str]:
    """What is found wrong with a config."""
    with pytest.raises(InputError) as caught:
        row_from_config(config, where="config.json")
    return [str(problem) for problem in caught.value.problems]


def numbers(config: dict[str, Any]) -> dict[str, float]:
    """The numbers of a config that is right."""
    return row_from_config(config, where="config.json").numbers


def test_published_keys_become_fields() -> None:
    """Keys that are fields under another name are given under the field's name."""
    assert numbers(MIXTRAL) == {
        "vocab_size": 32000, "hidden_size": 4096, "moe_intermediate_size": 14336,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
        "num_experts": 8, "num_experts_per_tok": 2, "tie_word_embeddings": 0,
        "num_sliding_window_layers": 0, "num_nextn_predict_layers": 0,
        "routed_expert_weight_bits": 16, "other_matrix_weight_bits": 16,
        "remaining_weight_bits": 16,
    }  # fmt: skip


def test_complete_config_needs_no_note() -> None:
    """Without defaults taken there is nothing to say."""
    row = row_from_config(MIXTRAL | {"head_dim": 128}, where="config.json")
    assert (row.model_type, row.notes) == ("mixtral", ())


def test_defaults_taken_are_named() -> None:
    """A key that is left out has the architecture's default, and the note gives the value."""
    config = {
        key: MIXTRAL[key] for key in MIXTRAL if key not in ("num_key_value_heads", "sliding_window")
    }
    row = row_from_config(config, where="config.json")
    assert row.numbers["num_key_value_heads"] == 8
    taken = "num_key_value_heads = 8, head_dim = 4096 / 32"
    assert row.notes == (f"Not in the config, so as mixtral has it: {taken}",)


def test_null_means_that_there_is_none() -> None:
    """Null where the architecture allows it leaves the field out, so its own default applies."""
    assert "num_key_value_heads" not in numbers(MIXTRAL | {"num_key_value_heads": None})
    assert "q_lora_rank" not in numbers(DEEPSEEK | {"q_lora_rank": None})
    assert numbers(DEEPSEEK)["q_lora_rank"] == 1536


def test_unknown_architecture_is_refused() -> None:
    """An architecture that is not known is named, and so is the nearest that is."""
    (problem,) = problems(MIXTRAL | {"model_type": "mixtrall"})
    assert problem.startswith("config.json: model_type 'mixtrall' is unknown.")
    assert "The nearest known are mixtral" in problem


@pytest.mark.parametrize("model_type", [None, 5, ["mixtral"], {}])
def test_model_type_must_be_a_text(model_type: object) -> None:
    """A config without the name of its architecture is not guessed at."""
    (problem,) = problems(MIXTRAL | {"model_type": model_type})
    assert "key 'model_type' is" in problem


def test_dense_model_is_refused() -> None:
    """A model without experts is said to be none, rather than unknown."""
    config = {"model_type": "llama", "hidden_size": 4096, "rope_scaling": {"type": "linear"}}
    (problem,) = problems(config)
    assert "not a Mixture-of-Experts" in problem


@pytest.mark.parametrize(
    "config",
    [
        MIXTRAL | {"num_local_experts": 0},
        MIXTRAL | {"num_local_experts": None},
        QWEN | {"mlp_only_layers": [0, 1, 2, 3, 4, 5]},
        QWEN | {"decoder_sparse_step": 7},
        DEEPSEEK | {"first_k_dense_replace": 6},
        LLAMA | {"moe_layers": []},
    ],
)
def test_config_whose_layers_are_all_dense_is_refused(config: dict[str, Any]) -> None:
    """An MoE architecture that is used without experts is not an MoE."""
    (problem,) = problems(config)
    assert "not a Mixture-of-Experts" in problem


@pytest.mark.parametrize(
    "key", ["n_shared_expert", "moe_every", "ROUTER_kind", "my_topk", "num_experts_per_tok_"]
)
@pytest.mark.parametrize("config", [MIXTRAL, QWEN, DEEPSEEK, SWITCH])
def test_expert_key_that_is_not_understood_is_refused(config: dict[str, Any], key: str) -> None:
    """A key about experts that the adapter does not read would be a silent error: it is named."""
    (problem,) = problems(config | {key: 5})
    assert f"key {key!r} sounds like experts" in problem


def test_expert_key_in_a_part_is_refused() -> None:
    """Keys within the objects that an adapter reads are looked at too, and only those."""
    config = {"model_type": "llama4", "text_config": LLAMA | {"moe_dim": 5}}
    (problem,) = problems(config)
    assert "key 'text_config.moe_dim' sounds like experts" in problem
    fine = {"model_type": "llama4", "text_config": LLAMA, "vision_config": {"moe_dim": 5}}
    assert numbers(fine)["num_experts"] == 4
    assert problems(fine | {"moe_dim": 5})


def test_similar_key_is_suggested() -> None:
    """A misspelt key is named, with the key that it may be."""
    found = problems({**MIXTRAL, "num_experts_per_token": 3})
    assert found == [
        "config.json: key 'num_experts_per_token' sounds like experts and is not understood:"
        " 3 is not what is counted without it. Did you mean 'num_experts_per_tok'?"
    ]


@pytest.mark.parametrize(
    "key", ["output_router_logits", "router_aux_loss_coef", "router_jitter_noise"]
)
def test_routing_keys_that_change_no_number_pass(key: str) -> None:
    """Keys of the training loss are known to be irrelevant."""
    assert numbers(MIXTRAL | {key: 0.02}) == numbers(MIXTRAL)


def test_missing_key_is_named() -> None:
    """A key that is needed is named, in all its spellings."""
    config = {key: value for key, value in MIXTRAL.items() if key != "num_local_experts"}
    assert problems(config) == [
        "config.json: key 'num_local_experts' or 'num_experts' is missing",
    ]


@pytest.mark.parametrize("value", [True, 8.5, "8", -1, 0, [8], {}, None])
def test_number_must_be_a_whole_one(value: object) -> None:
    """A number that is not whole, too small, or no number is refused with what was expected."""
    (problem,) = problems(MIXTRAL | {"hidden_size": value})
    assert "key 'hidden_size' is" in problem
    assert "expected a whole number of at least 1" in problem


@pytest.mark.parametrize("value", [1, "false", None])
def test_flag_must_be_true_or_false(value: object) -> None:
    """A flag is true or false, and nothing that merely looks so."""
    (problem,) = problems(MIXTRAL | {"tie_word_embeddings": value})
    assert "expected true or false" in problem


@pytest.mark.parametrize("value", [3, [True], ["a"], [1.5]])
def test_list_must_hold_whole_numbers(value: object) -> None:
    """A list of layers holds their numbers."""
    (problem,) = problems(QWEN | {"mlp_only_layers": value})
    assert "expected a list of whole numbers or null" in problem


def test_all_problems_are_reported_at_once() -> None:
    """Whoever mends a config learns of everything in one go."""
    config = MIXTRAL | {"hidden_size": "4096", "vocab_size": 1.5, "expert_kind": "odd"}
    del config["num_hidden_layers"]
    found = problems(config)
    assert len(found) == 4
    for key in ("hidden_size", "vocab_size", "expert_kind", "num_hidden_layers"):
        assert sum(f"'{key}'" in problem for problem in found) == 1


def test_second_spelling_is_read() -> None:
    """A key may have either of its two names."""
    config = {key: value for key, value in MIXTRAL.items() if key != "num_local_experts"}
    assert numbers(config | {"num_experts": 8}) == numbers(MIXTRAL)


def test_spellings_must_agree() -> None:
    """Two names of one key with two values are refused."""
    (problem,) = problems(GPT_OSS | {"experts_per_token": 4})
    assert "'experts_per_token' is 4, but num_experts_per_tok is 1" in problem
    assert numbers(GPT_OSS | {"experts_per_token": 1})["num_experts_per_tok"] == 1


def test_null_in_one_spelling_says_nothing() -> None:
    """A spelling that is left empty doesn't contradict the other, unless null is a value."""
    assert numbers(QWEN | {"num_local_experts": None}) == numbers(QWEN)
    assert numbers(QWEN | {"num_experts": None, "num_local_experts": 8}) == numbers(QWEN)
    (problem,) = problems(QWEN | {"num_experts": None, "num_local_experts": None})
    assert "not a Mixture-of-Experts" in problem
    null_is_none = {"model_type": "kimi_linear", "num_shared_experts": None, "n_shared_experts": 2}
    (problem,) = problems(DEEPSEEK | null_is_none)
    assert "'n_shared_experts' is 2, but num_shared_experts is null" in problem


def test_more_active_than_there_are_is_refused() -> None:
    """The rules of a row hold for a config."""
    (problem,) = problems(MIXTRAL | {"num_experts_per_tok": 9})
    assert "num_experts_per_tok is 9, more than the 8 of num_experts" in problem


def test_head_width_that_is_no_whole_number_is_refused() -> None:
    """Without a head width of its own a model must divide its width among its heads."""
    heads = {"num_attention_heads": 33, "num_key_value_heads": 11}
    (problem,) = problems(MIXTRAL | heads)
    assert "not a multiple of the 33 heads" in problem
    assert numbers(MIXTRAL | heads | {"head_dim": 128})["head_dim"] == 128


def test_window_is_in_every_layer_of_a_mixtral() -> None:
    """A window, where there is one, is that of all layers."""
    given = numbers(MIXTRAL | {"sliding_window": 4096})
    assert (given["sliding_window"], given["num_sliding_window_layers"]) == (4096, 32)


def test_longest_context_is_read() -> None:
    """In each spelling; two that differ say nothing, for the number changes no other."""
    for key in ("max_position_embeddings", "n_positions", "max_seq_len"):
        assert numbers(MIXTRAL | {key: 32768})["max_position_embeddings"] == 32768
    assert "max_position_embeddings" not in numbers(MIXTRAL | {"n_positions": None})
    for other in (0, -2, "32k", 1.5, True):
        assert "key 'n_positions' is" in problems(MIXTRAL | {"n_positions": other})[0]
    both = MIXTRAL | {"max_position_embeddings": 32768, "max_seq_len": 4096}
    read = row_from_config(both, where="config.json")
    assert "max_position_embeddings" not in read.numbers
    assert "max_position_embeddings and max_seq_len differ" in read.notes[1]


@pytest.mark.parametrize(("window", "idle"), [(32768, True), (32767, False), (40000, True)])
def test_window_of_the_longest_context_is_none(window: int, idle: bool) -> None:
    """Its cache grows with every token, as far as the model goes."""
    config = MIXTRAL | {"sliding_window": window, "max_position_embeddings": 32768}
    said = row_from_config(config, where="config.json")
    assert ("sliding_window" not in said.numbers) == idle
    assert bool(said.numbers.get("num_sliding_window_layers")) != idle
    assert any("holds the longest context" in note for note in said.notes) == idle


def test_gpt_oss_alternates() -> None:
    """Every other layer of gpt-oss has a window, from the first, unless it says otherwise."""
    assert numbers(GPT_OSS)["num_sliding_window_layers"] == 3
    kinds = ["sliding_attention"] + ["full_attention"] * 4
    assert numbers(GPT_OSS | {"layer_types": kinds})["num_sliding_window_layers"] == 1
    assert "num_sliding_window_layers" not in numbers(GPT_OSS | {"sliding_window": None})
    (problem,) = problems(GPT_OSS | {"layer_types": kinds[:4]})
    assert "'layer_types' has 4 items for 5 layers" in problem


def test_qwen_windows_only_where_they_are_used() -> None:
    """The window of a Qwen3 config counts if it is switched on."""
    assert "sliding_window" not in numbers(QWEN | {"sliding_window": 512})
    used = numbers(QWEN | {"sliding_window": 512, "use_sliding_window": True})
    assert (used["sliding_window"], used["num_sliding_window_layers"]) == (512, 6)


def test_llama4_layers() -> None:
    """Layers with experts and layers with chunks are counted as Llama 4 places them."""
    assert numbers(LLAMA)["num_moe_layers"] == 8
    assert numbers(LLAMA | {"interleave_moe_layer_step": 3})["num_moe_layers"] == 2
    assert numbers(LLAMA | {"moe_layers": [1, 3, 7]})["num_moe_layers"] == 3
    assert numbers(LLAMA)["num_chunked_attention_layers"] == 6
    assert numbers(LLAMA | {"no_rope_layers": []})["num_chunked_attention_layers"] == 6
    ropes = [1, 0, 0, 0, 0, 0, 0, 1]
    assert numbers(LLAMA | {"no_rope_layers": ropes})["num_chunked_attention_layers"] == 2
    assert "attention_chunk_size" not in numbers(LLAMA | {"attention_chunk_size": None})
    (problem,) = problems(LLAMA | {"moe_layers": [1, 8]})
    assert "names layers that the model's 8 lack" in problem


def test_llama4_says_that_images_are_left_out() -> None:
    """A config with a part for images gives the text model, and says so."""
    row = row_from_config({"model_type": "llama4", "text_config": LLAMA}, where="config.json")
    assert row.model_type == "llama4"
    assert row.numbers == numbers(LLAMA)
    assert any("Only the text model" in note for note in row.notes)


def test_missing_part_is_named() -> None:
    """Without its text part a Llama 4 has none of its keys, and each is named with its path."""
    found = problems({"model_type": "llama4"})
    assert "config.json: key 'text_config.hidden_size' is missing" in found


def test_deepseek_further_tokens_and_frequency() -> None:
    """Layers for further tokens are a field; every so many layers may have experts."""
    row = row_from_config(DEEPSEEK | {"num_nextn_predict_layers": 1}, where="config.json")
    assert not any("MTP" in note for note in row.notes)
    assert row.numbers["num_nextn_predict_layers"] == 1
    assert row.numbers["num_moe_layers"] == 3
    assert numbers(DEEPSEEK | {"moe_layer_freq": 2})["num_moe_layers"] == 1
    assert "num_shared_experts" not in numbers(DEEPSEEK | {"n_shared_experts": None})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kv_lora_rank": 0}, "without latent attention"),
        ({"mlp_bias": True}, "not modelled"),
        ({"moe_layer_freq": 0}, "at least 1"),
    ],
)
def test_deepseek_that_is_not_modelled_is_refused(change: dict[str, Any], said: str) -> None:
    """What the formulas would get wrong is refused."""
    (problem,) = problems(DEEPSEEK | change)
    assert said in problem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dense_act_fn": "gated-gelu"}, "gated"),
        ({"tie_word_embeddings": False}, "shared embeddings"),
        ({"num_sparse_encoder_layers": 7}, "more than the 6 layers of the encoder"),
        ({"num_sparse_decoder_layers": 0}, "at least 1"),
    ],
)
def test_switch_that_is_not_modelled_is_refused(change: dict[str, Any], said: str) -> None:
    """What the formulas would get wrong is refused."""
    (problem,) = problems(SWITCH | change)
    assert said in problem


def test_switch_leaves_out_heads() -> None:
    """No field describes cross-attention, so the core of attention stays missing, not wrong."""
    given = numbers(SWITCH)
    assert given["num_hidden_layers"] == 12
    assert "num_attention_heads" not in given
    assert "attention_params" in given


@pytest.mark.parametrize("model_type", ADAPTERS)
def test_every_text_part_is_known_as_one(model_type: str) -> None:
    """Where an adapter reads, precision is looked for, too: the list of names lacks none."""
    adapter = ADAPTERS[model_type]
    for way in (adapter, *adapter.by_text_model.values()):
        if not way.keys:
            continue
        for spelling in next(iter(way.keys)).split("|"):
            config: dict[str, Any] = {}
            put(config, way.prefix + spelling, 1)
            *_, name = (way.prefix + spelling).split(".")
            assert any(name in part for _, part in text_parts(config)), spelling


@pytest.mark.parametrize("part", ["text_config", "llm_config", "language_config"])
def test_widths_of_the_cache_are_noted_in_every_text_part(part: str) -> None:
    """A recipe in a part of whichever name may speak of the cache."""
    config = {part: {"quantization_config": {"kv_cache_scheme": {"num_bits": 8}}}}
    (note,) = notes_of_widths(config, ADAPTERS["deepseek_vl_v2"])
    assert f"{part}.quantization_config.kv_cache_scheme" in note


@pytest.mark.parametrize("model_type", ADAPTERS)
def test_adapters_give_fields(model_type: str) -> None:
    """Every key of every adapter gives fields that exist or is looked at by the function."""
    adapter = ADAPTERS[model_type]
    for name, key in adapter.keys.items():
        assert set(key.fields) <= set(FIELDS)
        assert key.fields or adapter.derive, name
        assert key.default is REQUIRED or key.accepts(key.default), name
    assert set(adapter.fixed) <= set(FIELDS)
