"""Keys that nobody reads: said, refused where they contradict, and not refused for nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.config import ConfigRow, row_from_config
from tests.importers.test_altered import (
    ALL,
    DBRX,
    DEEPSEEK,
    DROPPED,
    GRANITE,
    LLAMA,
    MIXTRAL,
    OSS,
    PHI,
    QWEN,
    SWITCH,
    altered,
    shipped,
)
from tests.published_models import MODELS

NOT_READ = "Not read, and nothing is counted for it: "
OUTSIDE = "Not read, as the text model's keys are in text_config: "


def beside(change: dict[str, Any]) -> ConfigRow:
    """What is read of Llama 4 with keys at the top, beside its text part."""
    return row_from_config(copy.deepcopy(shipped(LLAMA)) | change, where=LLAMA)


def new_notes(read: ConfigRow, model: str) -> list[str]:
    """What is said of an altered config and not of the published one."""
    return [note for note in read.notes if note not in altered(model, {}).notes]


IDLE: dict[str, Any] = {
    "use_bias": True,
    "tensor_ranks": [4, 4],
    "mixture_of_depths": 0.5,
    "adapter_dim": 64,
    "norm_type": "layernorm",
    "position_embedding_type": "learned",
    "mlp_type": "plain",
    "ffn_dim_multiplier": 1.3,
    "mlp_expansion_factor": 4,
    "residual_streams": 4,
    "laurel_rank": 64,
    "per_layer_input_dim": 256,
    "altup_num_inputs": 4,
    "embedding_rank": 128,
    "loop_count": 2,
    "early_exit_layers": [3],
    "value_residual": True,
    "byte_embeddings": 256,
    "peft_config": {"r": 8},
    "use_layer_scale": True,
    "draft_layers": 2,
    "num_codebooks": 4,
    "engram_vocab_size": 100_000,
    "sandwich_norm": True,
    "num_norms_per_layer": 7,
    "memory_size": 4096,
    "top_k": 4,
    "share_layers": 2,
    "mlp": "dense",
    "ffn": "relu",
    "feed_forward": "geglu",
    "mlp_hidden_act": "relu2",
    "use_lm_head": False,
    "has_lm_head": False,
    "lm_head": "none",
    "output_embedding": "tied",
    "weight_sharing": "all",
    "position_embedding": "learned",
    "pos_emb": "learned",
    "normalization": "LayerNorm",
    "norm": "LayerNorm",
    "backbone": "mamba",
    "architecture": "hybrid",
    "layer_sharing": "all",
    "sharing": "all",
    "adapter": "lora",
    "use_rms_norm": False,
    "rms_norm": False,
    "no_bias": False,
    "rope_window": 512,
    "rope_layers": [1],
    "loss_layers": 3,
    "layer_drop": 0.1,
    "layer_cap": 3,
    "block_limit": 4,
    "vocab_multiplier": 2,
    "hidden_multiplier": 2,
    "intermediate_multiplier": 2,
    "block_repeat_factor": 2,
    "prompt_tuning": 20,
    "checkpoint_dtype": "fp8",
    "embedding_dtype": "fp8",
    "lm_head_dtype": "float32",
    "norm_dtype": "float32",
    "attention_dtype": "fp8",
}


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("key", IDLE)
def test_a_key_that_nobody_reads_is_said(model: str, key: str) -> None:
    """The architecture has no such key: the row stays as it is, and its remark names the key."""
    read = altered(model, {key: IDLE[key]})
    assert read.numbers == altered(model, {}).numbers
    assert any(NOT_READ in note and key in note for note in new_notes(read, model))


@pytest.mark.parametrize("model", [MIXTRAL, QWEN, OSS, DEEPSEEK, DBRX, GRANITE])
@pytest.mark.parametrize("key", ["vision_config", "audio_config", "text_config"])
def test_a_part_beside_a_text_model_is_said(model: str, key: str) -> None:
    """Towers that are not counted, in a model whose code has none."""
    read = altered(model, {key: {"hidden_size": 1024, "num_local_experts": 3}})
    assert new_notes(read, model) == [NOT_READ + key]


MEANT: dict[str, Any] = {
    "num_layers": 23, "n_layer": 23, "n_layers": 23, "num_decoder_layers": 23, "n_embd": 999,
    "d_model": 999, "hidden_dim": 999, "n_vocab": 10, "vocabulary_size": 10, "d_ff": 999,
    "n_inner": 999, "gated_mlp": False, "pruned_heads": {"0": [1]}, "lm_head_bias": True,
    "tie_embeddings": True, "untie_embeddings_and_output_weights": False,
    "untie_word_embeddings": False, "share_embeddings_and_output_weights": True,
    "use_glu": False, "glu": False, "gated": False, "swiglu": False, "use_swiglu": False,
    "is_gated_act": False, "glu_mlp": False, "use_gate_proj": False,
    "use_gated_activation": False,
}  # fmt: skip


@pytest.mark.parametrize("model", [MIXTRAL, QWEN, OSS, LLAMA, DEEPSEEK])
@pytest.mark.parametrize("key", MEANT)
def test_another_name_of_a_size_may_not_contradict(model: str, key: str) -> None:
    """How other architectures call what is counted, with another value than that."""
    with pytest.raises(InputError, match=key):
        altered(model, {key: MEANT[key]})


ANOTHER: dict[str, Any] = {
    "num_blocks": 512, "n_blocks": 512, "inner_dim": 999, "embed_dim": 777,
    "padded_vocab_size": 300_032,
}  # fmt: skip


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("key", ANOTHER)
def test_a_name_that_other_things_have_is_said(model: str, key: str) -> None:
    """Blocks of a cache, a further part's width, a padded table: the config gives its sizes."""
    read = altered(model, {key: ANOTHER[key]})
    assert read.numbers == altered(model, {}).numbers
    assert any(NOT_READ in note and key in note for note in new_notes(read, model))


def test_the_only_name_of_a_size_may_not_contradict() -> None:
    """Where the architecture's default stands in for the size, it may be what is meant."""
    dropped: dict[str, Any] = {"intermediate_size_mlp": DROPPED}
    with pytest.raises(InputError, match=r"text_config\.inner_dim' sounds like a size"):
        altered(LLAMA, dropped | {"inner_dim": 999})
    assert altered(LLAMA, dropped | {"inner_dim": 16384}) == altered(LLAMA, dropped)


@pytest.mark.parametrize("key", ["attention_sinks", "use_sinks"])
def test_a_part_that_is_counted_may_not_be_denied(key: str) -> None:
    """gpt-oss has sinks whatever a key says; elsewhere there are none to deny."""
    with pytest.raises(InputError, match=key):
        altered(OSS, {key: False})
    assert altered(MIXTRAL, {key: False}) == altered(MIXTRAL, {})


AGAIN: list[tuple[str, dict[str, Any]]] = [
    (MIXTRAL, {"n_layer": 32, "d_model": 4096, "hidden_dim": 14336, "tie_embeddings": False}),
    (MIXTRAL, {"pruned_heads": {}, "lm_head_bias": False, "gated_mlp": True}),
    (MIXTRAL, {"untie_embeddings_and_output_weights": True, "glu": True, "use_swiglu": True}),
    (MIXTRAL, {"embedding_dtype": "bfloat16", "norm": "rmsnorm", "no_sync": False}),
    (MIXTRAL, {"author_name": "x", "config_path": "a/b", "bos_token": "<s>", "optimizer": "adamw"}),
    (SWITCH, {"is_gated_act": False, "untie_word_embeddings": False}),
    (MIXTRAL, {"num_layers": None, "n_embd": 0, "adapter_dim": None, "mlp_bias": False}),
    (QWEN, {"num_layers": 48, "n_embd": 2048, "n_vocab": 151936}),
    (PHI, {"norm_bias": True}),
]


@pytest.mark.parametrize(("model", "change"), AGAIN)
def test_what_is_counted_may_be_said_again(model: str, change: dict[str, Any]) -> None:
    """The same sizes by other names, and parts that are not there, need no word."""
    assert altered(model, change) == altered(model, {})


@pytest.mark.parametrize("change", [
    {"num_local_experts": 3}, {"num_experts_per_tok": 2}, {"intermediate_size": 999},
    {"num_hidden_layers": 12}, {"hidden_size": 64}, {"attention_chunk_size": 77},
    {"num_attention_heads": 8}, {"head_dim": 64}, {"tie_word_embeddings": True},
    {"moe_layers": [1]}, {"layer_types": ["x"]}, {"vocab_size": 7}, {"attention_bias": True},
])  # fmt: skip
def test_a_key_beside_the_text_part_is_said(change: dict[str, Any]) -> None:
    """The model takes its text part's value; one that differs at the top is named."""
    read = beside(change)
    assert read.numbers == altered(LLAMA, {}).numbers
    assert new_notes(read, LLAMA) == [OUTSIDE + next(iter(change))]


def test_what_the_text_part_says_may_stand_beside_it() -> None:
    """Published configs repeat keys of the text part at the top."""
    text = shipped(LLAMA)["text_config"]
    assert beside({key: text[key] for key in text if key != "model_type"}) == altered(LLAMA, {})


@pytest.mark.parametrize("key", ["extra_experts", "moe_ffn_size", "num_experts_per_layer"])
def test_unknown_experts_beside_the_text_part_are_refused(key: str) -> None:
    """The text part has no such key that would win."""
    with pytest.raises(InputError, match=key):
        beside({key: 3})


@pytest.mark.parametrize("name", ["LlamaForCausalLM", "Qwen3ForCausalLM", "FooForCausalLM"])
@pytest.mark.parametrize("model", [model for model in ALL if model != LLAMA])
def test_a_class_of_another_architecture_is_said(model: str, name: str) -> None:
    """Engines go by the class, and the row by model_type."""
    (note,) = new_notes(altered(model, {"architectures": [name]}), model)
    assert note.startswith(f"Key 'architectures' names '{name}', which is no class of model_type")


@pytest.mark.parametrize(("model", "change"), [
    (MIXTRAL, {"architectures": ["MixtralForCausalLM"]}),
    (OSS, {"architectures": ["GptOssForCausalLM"]}),
    (DEEPSEEK, {"architectures": ["DeepseekV3ForCausalLM", "DeepseekV3Model"]}),
    (SWITCH, {"architectures": ["SwitchTransformersForConditionalGeneration"]}),
    (MIXTRAL, {"architectures": None}),
])  # fmt: skip
def test_its_own_class_needs_no_word(model: str, change: dict[str, Any]) -> None:
    """With a head over the vocabulary, or without a head beside one."""
    assert altered(model, change) == altered(model, {})


@pytest.mark.parametrize("task", [
    "SequenceClassification", "TokenClassification", "QuestionAnswering", "RewardModel",
])  # fmt: skip
def test_a_class_with_another_head_is_said(task: str) -> None:
    """A classifier has no output matrix over the vocabulary, which the row counts."""
    change = {"architectures": [f"Qwen3MoeFor{task}"]}
    (note,) = new_notes(altered(QWEN, change), QWEN)
    assert f"'Qwen3MoeFor{task}', which has a head of another kind" in note


@pytest.mark.parametrize("key", ["language_config", "llm_config"])
def test_a_second_text_part_is_said_where_it_says_otherwise(key: str) -> None:
    """Published configs may have the text part twice; one that differs is named."""
    text = shipped(LLAMA)["text_config"]
    assert new_notes(beside({key: text}), LLAMA) == []
    for change in ({"hidden_size": 64}, {"num_local_experts": 3}, {"extra": 1}):
        assert new_notes(beside({key: text | change}), LLAMA) == [NOT_READ + key]


@pytest.mark.parametrize("key", ["expert_bits", "expert_dtype", "moe_weight_dtype", "attn_bits"])
def test_a_key_that_leaves_bits_unknown_is_not_said_to_change_no_number(key: str) -> None:
    """One remark speaks of it, and no other contradicts that."""
    (note,) = new_notes(altered(QWEN, {key: "fp4"}), QWEN)
    assert note.startswith("Bits not known: ")
    assert key in note


@pytest.mark.parametrize("inner", [{"block_size": 64}, {"block_counts": 16}, {"window_size": 512}])
def test_a_mechanism_of_attention_is_refused_by_its_sizes(inner: dict[str, int]) -> None:
    """A block of sparse attention is no block of a program's cache."""
    with pytest.raises(InputError, match="nsa_config"):
        altered(QWEN, {"nsa_config": inner})


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("key", [
    "kv_cache_size", "kv_block_size", "max_kv_cache_len", "num_attention_heads_tp",
    "kv_cache_max_tokens", "num_kv_blocks", "kv_cache_memory_bytes", "kv_page_size",
])  # fmt: skip
def test_knobs_of_engines_are_not_refused(model: str, key: str) -> None:
    """How much of a cache is reserved says nothing of what a token takes in it."""
    read = altered(model, {key: 16})
    assert read.numbers == altered(model, {}).numbers
    assert any("changes no number" in note and key in note for note in read.notes)


def test_whole_numbers_may_be_written_as_floats() -> None:
    """4096.0 is a width as 4096 is one, in lists, too; 4096.5 is none."""
    config = shipped(QWEN)
    floats = {key: float(value) for key, value in config.items() if type(value) is int}
    assert len(floats) > 5
    assert altered(QWEN, floats) == altered(QWEN, {})
    assert altered(QWEN, {"mlp_only_layers": [0.0]}) == altered(QWEN, {"mlp_only_layers": [0]})
    with pytest.raises(InputError, match=r"'hidden_size' is 2048\.5, expected a whole number"):
        altered(QWEN, {"hidden_size": 2048.5})


def test_a_width_that_no_layer_has_may_be_null() -> None:
    """Every layer of Qwen3-MoE has experts; with a dense one among them it is refused."""
    read, before = altered(QWEN, {"intermediate_size": None}), altered(QWEN, {}).numbers
    assert read.numbers == {k: v for k, v in before.items() if k != "intermediate_size"}
    assert "intermediate_size is not in the config, and no layer has such an FFN" in read.notes
    for model, change in [(QWEN, {"mlp_only_layers": [0]}), (DEEPSEEK, {}), (MIXTRAL, {})]:
        with pytest.raises(InputError, match="'intermediate_size' is null, expected a whole"):
            altered(model, {"intermediate_size": None, **change})
    dense = {key: value for key, value in shipped(MIXTRAL).items() if "experts" not in key}
    with pytest.raises(InputError, match="'intermediate_size' is null"):
        row_from_config(
            dense | {"model_type": "llama", "intermediate_size": None}, where="", allow_dense=True
        )


# They have keys that the model's own code does not read, as far as is known.
LEFT_OVER = {
    "tencent/Hunyuan-A13B-Instruct", "poolside/Laguna-S-2.1-FP8", "google/switch-c-2048",
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_published_configs_have_no_idle_keys(model: Any) -> None:
    """What publishers write is known, so that a key that is named means something."""
    if model.refused:
        return
    notes = row_from_config(copy.deepcopy(model.config), where="", allow_dense=True).notes
    idle = [note for note in notes if note.startswith(("Not read", "Key 'architectures'"))]
    assert bool(idle) == (model.name in LEFT_OVER), idle
