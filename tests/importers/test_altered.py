"""Shipped configs with a key altered or added: never the same row without a word."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.cache_keys import unknown_cache
from moe_report.importers.config import ConfigRow, row_from_config
from moe_report.importers.published_bits import OTHER, REST, ROUTED
from moe_report.load import examples

EXAMPLES = Path(examples.__file__).parent
MIXTRAL, QWEN, OSS, LLAMA = "mixtral-8x7b", "qwen3-30b-a3b", "gpt-oss-20b", "llama-4-scout"
DEEPSEEK, OLMOE, DBRX, GROK = "deepseek-v3", "olmoe-1b-7b", "dbrx", "grok-1"
GRANITE, PHI, SWITCH = "granite-3.0-3b-a800m", "phi-3.5-moe", "switch-c"
ALL = (MIXTRAL, QWEN, OSS, LLAMA, DEEPSEEK, OLMOE, DBRX, GROK, GRANITE, PHI, SWITCH)
DROPPED = object()
BITS = {ROUTED, OTHER, REST}
CACHE = {*unknown_cache(""), "num_sliding_window_layers"}
FP8 = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}


def shipped(model: str) -> dict[str, Any]:
    """The config of an example."""
    config: dict[str, Any] = json.loads((EXAMPLES / f"{model}.json").read_text("utf-8"))["config"]
    return config


def altered(model: str, change: dict[str, Any]) -> ConfigRow:
    """What is read of an example with changes in its text part; a dotted key is in an object."""
    config = copy.deepcopy(shipped(model))
    for path, value in change.items():
        part = config.get("text_config", config)
        *objects, key = path.split(".")
        for name in objects:
            part = part[name]
        part[key] = value
        if value is DROPPED:
            del part[key]
    return row_from_config(config, where=model)


REFUSED: dict[str, Any] = {
    "use_mla": True,
    "num_key_value_heads_per_layer": [8, 4],
    "no_kv_layers": [3, 4],
    "block_types": ["attention", "recurrent"],
    "differential_attention": True,
    "cross_attention_layers": [1, 5],
    "attention_type": "linear",
    "attn_layer_period": 4,
    "linear_attn_config": {"kda_layers": [1, 2]},
    "num_attention_heads_per_layer": [32, 16],
    "q_proj_rank": 64,
    "attention_groups": 2,
    "kv_shared": 2,
    "cross_layer_attention": 2,
    "attn_output_gate": True,
    "n_kv_heads": 3,
    "token_mixer": "rwkv",
    "ssm_layers": [1, 2],
    "rwkv_layers": 4,
    "retention_heads": 8,
    "mixer_types": ["a", "b"],
    "latent_dim": 512,
    "num_memory_tokens": 8,
    "attn_head_dim": 48,
    "layer_types": ["full_attention", "retention"] * 20,
    "max_position_embeddings": 0,
}


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("key", REFUSED)
def test_unknown_attention_is_refused_by_name(model: str, key: str) -> None:
    """What may change parameters, FLOPs and cache at once gives no row."""
    with pytest.raises(InputError, match=key):
        altered(model, {key: REFUSED[key]})


IMPOSSIBLE: list[tuple[str, dict[str, Any]]] = [
    (MIXTRAL, {"num_key_value_heads": 5}),
    (GROK, {"num_key_value_heads": 5}),
    (QWEN, {"num_key_value_heads": 7}),
    (OLMOE, {"num_key_value_heads": 3}),
    (LLAMA, {"num_key_value_heads": 7}),
    (DEEPSEEK, {"num_key_value_heads": 7}),
    (DBRX, {"attn_config.kv_n_heads": 7}),
    (DBRX, {"attn_config.kv_lora_rank": 512}),
    (DBRX, {"attn_config.qk_ln": True}),
    (MIXTRAL, {"v_head_dim": 64}),
    (MIXTRAL, {"attention_bias": True}),
    (MIXTRAL, {"use_qk_norm": True}),
    (QWEN, {"qk_norm": False}),
    (QWEN, {"layer_types": ["full_attention"] * 40}),
    (DEEPSEEK, {"layer_types": ["full_attention"] * 10}),
    (OSS, {"layer_types": ["sliding_attention"] * 20}),
    (OSS, {"layer_types": ["sliding_attention"] * 20, "sliding_window": None}),
    (LLAMA, {"layer_types": ["retention"] * 48, "attention_chunk_size": None}),
    (LLAMA, {"layer_types": ["chunked_attention"] * 8}),
    (GRANITE, {"layer_types": ["mamba"] * 32}),
    (QWEN, {"mlp_only_layers": [99]}),
    (QWEN, {"mlp_only_layers": [-1]}),
    (LLAMA, {"moe_layers": [99]}),
    (OLMOE, {"max_position_embeddings": -5}),
    (OLMOE, {"max_position_embeddings": "4k"}),
    (DBRX, {"max_seq_len": 0}),
    (MIXTRAL, {"max_position_embeddings": 2.5}),
    (MIXTRAL, {"max_position_embeddings": True}),
]


@pytest.mark.parametrize(("model", "change"), IMPOSSIBLE)
def test_what_cannot_be_is_refused_by_name(model: str, change: dict[str, Any]) -> None:
    """Heads that cannot be shared, lists of another length, layers and lengths that are none."""
    with pytest.raises(InputError, match=next(iter(change)).rsplit(".", 1)[-1]):
        altered(model, change)


WINDOWS: list[tuple[str, dict[str, Any]]] = [
    *((model, {"global_attn_every_n_layers": 4}) for model in (MIXTRAL, QWEN, DEEPSEEK, OSS)),
    *((model, {"local_attention_layers": [1]}) for model in (MIXTRAL, LLAMA, SWITCH)),
    (OLMOE, {"sliding_window": 1024}),
    (DBRX, {"attn_config.sliding_window_size": 128}),
    (GRANITE, {"use_sliding_window": True}),
    (MIXTRAL, {"layer_types": ["sliding_attention", "full_attention"] * 16}),
    (QWEN, {"layer_types": ["sliding_attention"] * 48}),
    (QWEN, {"use_sliding_window": True, "sliding_window": None}),
    (QWEN, {"max_window_layers": 24, "use_sliding_window": True, "sliding_window": 4096}),
    (OSS, {"layer_types": ["sliding_attention"] * 24, "sliding_window": None}),
    (OSS, {"use_sliding_window": False}),
    (LLAMA, {"layer_types": ["chunked_attention"] * 48, "attention_chunk_size": None}),
    (PHI, {"layer_types": ["sliding_attention"] * 32, "sliding_window": None}),
    (MIXTRAL, {"layer_types": ["full_attention"] * 32, "sliding_window": 4096}),
    (PHI, {"layer_types": ["full_attention"] * 32, "sliding_window": 2047}),
    (PHI, {"use_sliding_window": False, "sliding_window": 2047}),
]


@pytest.mark.parametrize(("model", "change"), WINDOWS)
def test_unknown_windows_leave_cache_and_core_unknown(model: str, change: dict[str, Any]) -> None:
    """What changes no parameter but what layers see: no such number, and the key's name."""
    read = altered(model, change)
    assert read.unclear.keys() >= CACHE
    assert not read.unclear.keys() & read.numbers.keys()
    harmless = [note for note in read.notes if "changes no number" in note]
    assert not any(next(iter(change)) in note for note in harmless)
    assert any(
        note.startswith("Cache: ") and next(iter(change)) in note for note in read.notes
    ) or (model == SWITCH and next(iter(change)) in read.unclear["num_sliding_window_layers"])


@pytest.mark.parametrize(
    "change",
    [
        {"use_sliding_window": False},
        {"use_sliding_window": True},
        {"layer_types": ["full_attention"] * 32},
        {"layer_types": ["sliding_attention"] * 32},
    ],
)
def test_a_window_that_holds_all_leaves_nothing_unknown(change: dict[str, Any]) -> None:
    """Whether layers have a window as long as the longest context changes nothing."""
    read = altered(PHI, change)
    assert read.numbers == altered(PHI, {}).numbers
    assert not read.unclear


@pytest.mark.parametrize(
    ("change", "longest", "said"),
    [
        ({"max_position_embeddings": 131072.0}, 131072, ""),
        ({"max_sequence_length": -1}, 32768, "max_sequence_length is -1, which limits no"),
        ({"max_position_embeddings": -1}, None, "max_position_embeddings is -1, which limits no"),
        ({"max_position_embeddings": 10**17}, None, "is 100000000000000000, which limits no"),
        ({"max_position_embeddings": 1e30}, None, "is 1e+30, which limits no"),
        ({"max_sequence_length": 4096}, None, "The longest context is not known"),
    ],
)
def test_a_length_that_limits_nothing_is_said(
    change: dict[str, Any], longest: int | None, said: str
) -> None:
    """Markers of no limit leave the row, and another length beside them."""
    read = altered(MIXTRAL, change)
    assert read.numbers.get("max_position_embeddings") == longest
    assert any(said in note for note in read.notes)


@pytest.mark.parametrize(("key", "hint"), [
    ("kv_n_heads", "attn_config.kv_n_heads"), ("attn_config.kv_n_head", "kv_n_heads"),
])  # fmt: skip
def test_a_hint_names_the_path_of_a_key_in_another_object(key: str, hint: str) -> None:
    """A key that stands in the wrong object is not told to have its own name."""
    with pytest.raises(InputError, match=f"Did you mean '{hint}'"):
        altered(DBRX, {key: 3})


UNCLEAR_BITS: list[tuple[str, dict[str, Any]]] = [
    *((model, {"quantisation_config": FP8}) for model in (MIXTRAL, OLMOE, GROK, DEEPSEEK, LLAMA)),
    *((model, {"quantization_conifg": FP8}) for model in (MIXTRAL, QWEN, OSS, SWITCH)),
    (MIXTRAL, {"qantization_config": FP8}),
    (MIXTRAL, {"quant_config": {"bits": 4}}),
    (MIXTRAL, {"load_in_4bit": True}),
    (GRANITE, {"weight_bits": 4}),
    (MIXTRAL, {"torch_dtype": "float8_e9m9"}),
    (QWEN, {"torch_dtype": "posit16"}),
    (PHI, {"dtype": "nf4"}),
    *((MIXTRAL, {key: True}) for key in ("fp8", "use_fp8", "fp4_weights", "gptq", "int8")),
    (MIXTRAL, {"nbits": 4}),
    (MIXTRAL, {"precision": "fp8"}),
    (MIXTRAL, {"weight_format": "int4"}),
    (MIXTRAL, {"tensor_dtype": "float8"}),
    (MIXTRAL, {"params_dtype": "float32"}),
    (MIXTRAL, {"storage_dtype": "float8_e4m3fn"}),
    (LLAMA, {"use_fp8": True}),
    (OLMOE, {"torch_dtype": 16}),
    (DEEPSEEK, {"quantization_config": FP8 | {"fmt": "e9m9"}}),
    (MIXTRAL, {"quantization_config": {"quant_method": "quark"}}),
    (MIXTRAL, {"quantization_config": {"quant_method": "bitsandbytes"}}),
    (MIXTRAL, {"quantization_config": {
        "quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf3"}}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "change"), UNCLEAR_BITS)
def test_unknown_precision_leaves_bits_unknown(model: str, change: dict[str, Any]) -> None:
    """No group of weights keeps 16 bits, and the note names the key."""
    read = altered(model, change)
    assert read.unclear.keys() >= BITS
    key = next(iter(change))
    assert any(note.startswith("Bits not known: ") and key in note for note in read.notes)


@pytest.mark.parametrize("change", [{"expert_dtype": "fp4"}, {"expert_bits": 4}])
def test_experts_of_another_width_leave_theirs_unknown(change: dict[str, Any]) -> None:
    """Other weights have what the config says of all."""
    read = altered(QWEN, change)
    assert read.unclear.keys() & BITS == {"routed_expert_weight_bits"}
    key = next(iter(change))
    assert any(note.startswith("Bits not known: ") and key in note for note in read.notes)


USUAL: dict[str, Any] = {
    "fp8": False, "nbits": 0, "gptq": None, "precision": "bf16", "weight_bits": 16, "fp16": True,
    "params_dtype": "bfloat16", "model_dtype": "torch.bfloat16", "storage_dtype": "bfloat16",
    "weight_format": "safetensors", "matmul_precision": "high", "mixed_precision": "bf16",
}  # fmt: skip


@pytest.mark.parametrize("key", USUAL)
def test_the_usual_precision_leaves_nothing_unknown(key: str) -> None:
    """What says no, or the precision that is said anyway, changes no bits and needs no word."""
    assert altered(MIXTRAL, {key: USUAL[key]}) == altered(MIXTRAL, {})


@pytest.mark.parametrize("key", ["params_dtype", "model_dtype", "storage_dtype", "weight_dtype"])
def test_a_known_dtype_is_read_under_other_names(key: str) -> None:
    """Where torch_dtype is silent, they say how wide weights are."""
    read = altered(MIXTRAL, {"torch_dtype": DROPPED, key: "float32"})
    assert {read.numbers[group] for group in BITS} == {32}


ATTENTION: dict[str, Any] = {
    "attention_norm_eps": 1e-5, "attn_norm_eps": 1e-5, "qk_norm_eps": 1e-6, "kv_norm_eps": 1e-6,
    "attention_norm_epsilon": 1e-5, "use_kv_cache": True, "kv_cache": True, "cache_kv": True,
    "attn_weight_decay": 0.1, "attn_wd": 0.1, "no_weight_decay_attn": True, "conv_dropout": 0.1,
    "lora_attn_dropout": 0.1, "attn_lora_alpha": 16, "num_key_value_groups": 4, "num_kv_groups": 8,
    "gqa_groups": 4, "num_query_groups": 8, "multi_query_group_num": 8, "n_head_kv": 8,
    "attention_head_size": 128, "head_size": 128, "kv_channels": 128, "use_gqa": True,
    "attn_type": "multihead_attention", "is_causal_attention": True, "ring_attn_size": 2,
    "ulysses_attn": True, "attn_cp": 2, "attn_init_std": 0.02, "attn_lr_mult": 0.5,
    "clip_qkv": 8.0, "attn_pdrop": 0.1, "attn_logit_cap": 50.0, "fused_qkv": True,
    "attn_kernel": "triton", "attn_scale": 0.09, "attn_rope_theta": 1e4, "qk_clip": 100.0,
    "attention_softmax_in_fp32": True, "attention_backend": "flashinfer", "attn_drop": 0.1,
}  # fmt: skip
OTHERWISE: dict[str, Any] = {
    "num_key_value_groups": 8, "num_kv_groups": 3, "num_query_groups": 4, "head_size": 64,
    "attention_head_size": 64, "kv_channels": 64, "multi_query_group_num": 2, "conv_dropout_dim": 4,
    "attn_norm_eps_dim": 3, "kv_cache_layers": 4, "attn_norm": True, "qk_rms_norm": True,
    "multi_query_attention": True, "attn_output_gate": True, "causal_conv": True,
}  # fmt: skip


@pytest.mark.parametrize("key", ATTENTION)
def test_what_attention_is_anyway_is_not_refused(key: str) -> None:
    """Arithmetic, training, programs, and sizes that are counted anyway: each is said."""
    read = altered(MIXTRAL, {key: ATTENTION[key]})
    assert read.numbers == altered(MIXTRAL, {}).numbers
    assert any("changes no number" in note and key in note for note in read.notes)


@pytest.mark.parametrize("key", OTHERWISE)
def test_what_attention_would_be_otherwise_is_refused(key: str) -> None:
    """The same words with another size, or with a part that has weights."""
    with pytest.raises(InputError, match=key):
        altered(MIXTRAL, {key: OTHERWISE[key]})


SAID: list[tuple[str, dict[str, Any], str]] = [
    *((model, {"torch_dtype": DROPPED}, "count with 16 bits, as of BF16")
      for model in (MIXTRAL, QWEN, DBRX, GROK, GRANITE)),
    (DEEPSEEK, {"torch_dtype": DROPPED}, "(all other weights)"),
    (QWEN, {"head_dim": DROPPED}, "head_dim = 2048 / 32"),
    (MIXTRAL, {"layer_types": ["full_attention"] * 32}, "changes no number: layer_types"),
    (DEEPSEEK, {"head_dim": 64}, "changes no number: head_dim"),
    (MIXTRAL, {"n_kv_heads": 8}, "changes no number: n_kv_heads"),
    (MIXTRAL, {"v_head_dim": 128}, "changes no number: v_head_dim"),
    (QWEN, {"use_qk_norm": True}, "changes no number: use_qk_norm"),
    (QWEN, {"max_window_layers": 48}, "changes no number: max_window_layers"),
    (LLAMA, {"use_qk_norm": True}, "use_qk_norm changes no number"),
    *((model, {"cache_implementation": "hybrid"}, "cache_implementation") for model in ALL),
    *((model, {"attn_implementation": "sdpa"}, "attn_implementation") for model in ALL),
    *((model, {"kv_cache_dtype": "fp8_e4m3"}, "kv_cache_dtype") for model in ALL),
    *((model, {"mamba_ssm_dtype": "float8_e4m3fn"}, "mamba_ssm_dtype") for model in (MIXTRAL, OSS)),
    (MIXTRAL, {"kv_bits": 4}, "kv_bits"),
    (DEEPSEEK, {"quantization_config": FP8 | {"kv_cache_scheme": {"num_bits": 8}}},
     "quantization_config.kv_cache_scheme"),
    (DEEPSEEK, {"quantization_config": {
        "quant_algo": "FP8", "kv_cache_quant_algo": "NVFP4", "exclude_modules": ["lm_head"]}},
     "quantization_config.kv_cache_quant_algo"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "change", "said"), SAID)
def test_what_is_taken_or_changes_nothing_is_said(
    model: str, change: dict[str, Any], said: str
) -> None:
    """A default, a precision that is only assumed, and a key without effect: each has its word."""
    assert any(said in note for note in altered(model, change).notes)
    assert not any(said in note for note in altered(model, {}).notes)


@pytest.mark.parametrize(("recipe", "routed", "other"), [
    ({"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
     4.5, 4.5),
    ({"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4",
      "bnb_4bit_use_double_quant": True}, 4 + 8 / 64 + 32 / (64 * 256), 4 + 8 / 64 + 32 / 64 / 256),
    ({"quant_method": "bitsandbytes", "load_in_8bit": True, "load_in_4bit": False},
     8 + 32 * (2 * 14336 + 4096) / (3 * 14336 * 4096), 8 + 32 / 4096),
    ({"quant_method": "fbgemm_fp8", "modules_to_not_convert": ["lm_head"]},
     8 + 32 * (2 * 14336 + 4096) / (3 * 14336 * 4096), 8 + 32 / 4096),
])  # fmt: skip
def test_common_recipes_are_read(recipe: dict[str, Any], routed: float, other: float) -> None:
    """Bits and scales as bitsandbytes and fbgemm store them; the head stays as it was."""
    read = altered(MIXTRAL, {"quantization_config": recipe})
    found = [read.numbers[group] for group in (ROUTED, OTHER, REST)]
    assert found == pytest.approx([routed, other, 16], rel=1e-12)


def test_a_long_list_leaves_room_for_what_is_wrong() -> None:
    """Key and reason stand in the first characters of a line, however long the value is."""
    with pytest.raises(InputError) as caught:
        altered(OLMOE, {"layer_types": ["full_attention", "retention"] * 30})
    (problem,) = caught.value.problems
    assert len(str(problem)) < 200
    assert str(problem).startswith("olmoe-1b-7b: key 'layer_types' sounds like attention")


@pytest.mark.parametrize("model", ALL)
def test_shipped_configs_leave_nothing_unclear(model: str) -> None:
    """What is published is understood whole."""
    assert not altered(model, {}).unclear.keys() - ({*unknown_cache("")} if model == SWITCH else ())
