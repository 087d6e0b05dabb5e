"""How wide weights are as configs publish them, and what the weights then take."""

import pytest

from moe_report.compute.evaluate import evaluate_table
from moe_report.importers.published_bits import (
    OF_ATTENTION,
    OTHER,
    REST,
    ROUTED,
    notes_of_recipe,
    published_bits,
)
from moe_report.load.examples import published_models
from moe_report.schema import registry
from moe_report.table import ModelTable, Source
from tests.reports import row

_SHAPE = {
    "num_hidden_layers": 61, "hidden_size": 7168, "moe_intermediate_size": 2048,
    "first_k_dense_replace": 1, "num_shared_experts": 1,
}  # fmt: skip
_INT4 = {
    "quant_method": "compressed-tensors", "format": "pack-quantized",
    "config_groups": {"group_0": {"targets": ["Linear"], "weights": {
        "num_bits": 4, "group_size": 32, "strategy": "group", "symmetric": True, "type": "int"}}},
    "ignore": ["lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
               "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"],
}  # fmt: skip


@pytest.mark.parametrize(("recipe", "bits"), [
    ({"quant_method": "fp8", "weight_block_size": [128, 128]}, (8 + 32 / 128**2,) * 2 + (16,)),
    ({"quant_method": "fp8", "weight_block_size": None}, (8, 8, 16)),
    ({"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True},
     (4.15625, 4.15625, 16)),
    (_INT4, (4.5, 16, 16)),
    ({"quant_algo": "NVFP4", "ignore": ["lm_head"]}, (4.5, 4.5, 16)),
    ({"group_size": 64, "bits": 6}, (6.5, 6.5, 6.5)),
    # transformers takes zero_point for true where it is left out.
    ({"quant_method": "awq", "bits": "4", "group_size": 128}, (4.15625, 4.15625, 16)),
    # One group a row: 2048 rows of 7168 twice and 7168 of 2048, of experts; all others of 7168.
    ({"quant_method": "gptq", "bits": 4, "group_size": -1},
     (4 + 20 * (2 * 2048 + 7168) / (3 * 2048 * 7168), 4 + 20 / 7168, 16)),
])  # fmt: skip
def test_a_recipe_gives_the_bits_of_each_group(recipe, bits):
    """By arithmetic: bits of a weight, and its share of the scales."""
    config = {"torch_dtype": "bfloat16", "quantization_config": recipe}
    found, unclear = published_bits(config, _SHAPE)
    assert ([found[group] for group in (ROUTED, OTHER, REST)], unclear) == ([*bits], {})


def test_a_precision_may_be_written_in_capitals():
    """BF16 is bf16."""
    found, unclear = published_bits({"torch_dtype": "BF16"}, _SHAPE)
    assert ({*found.values()}, unclear) == ({16}, {})


_RECIPES = {
    "fp8": {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]},
    "awq": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True},
    "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128},
    "compressed-tensors": _INT4,
    "modelopt": {"quant_method": "modelopt", "quant_algo": "FP8", "ignore": ["lm_head"]},
    "fbgemm": {"quant_method": "fbgemm_fp8", "modules_to_not_convert": ["lm_head"]},
    "bitsandbytes": {"quant_method": "bitsandbytes", "load_in_4bit": True},
}
_MEANT = {
    "expert_bits": 2, "num_bits": 4, "moe_weight_dtype": "fp4", "weight_dtype": "fp4",
    "weights": "int4", "exclude_layers": ["*experts*"], "exclude": ["x"], "include": ["x"],
    "modules_to_convert": ["x"], "layers": {"x": 4}, "overrides": {"x": 4}, "expert_algo": "fp4",
    "linear_attn_only": True, "dequantize": True, "scale_group_size": 32,
}  # fmt: skip


@pytest.mark.parametrize("key", _MEANT)
@pytest.mark.parametrize("recipe", _RECIPES)
def test_an_unknown_key_of_a_recipe_that_speaks_of_bits_leaves_them_unknown(recipe, key):
    """What is quantized, and how, may be other than what is read; the key is named."""
    found, unclear = published_bits({"quantization_config": _RECIPES[recipe]}, _SHAPE)
    assert not {ROUTED} & unclear.keys()
    said = {"quantization_config": _RECIPES[recipe] | {key: _MEANT[key]}}
    found, unclear = published_bits(said, _SHAPE)
    assert not found
    assert all(f"quantization_config.{key} " in why for why in unclear.values())


@pytest.mark.parametrize("change", [
    {"recipe": "fp8", "moe_quant_algo": "NVFP4"}, {"recipe": "fp8", "group_size": 32},
    {"recipe": "fp8", "bits": 4}, {"recipe": "fp8", "expert_dtype": "fp4"},
    {"recipe": "fp8", "weight_per_tensor": True}, {"recipe": "gptq", "lm_head": True},
    {"recipe": "bitsandbytes", "llm_int8_has_fp16_weight": True},
    {"recipe": "compressed-tensors", "config_groups": {"group_0": {
        "targets": ["Linear"], "weights": _INT4["config_groups"]["group_0"]["weights"],
        "expert_bits": 2}}},
])  # fmt: skip
def test_a_key_of_another_recipe_leaves_bits_unknown(change):
    """What one method reads, another does not."""
    said = _RECIPES[change["recipe"]] | {k: v for k, v in change.items() if k != "recipe"}
    found, unclear = published_bits({"quantization_config": said}, _SHAPE)
    assert (found, unclear.keys()) == ({}, {ROUTED, OTHER, REST})


@pytest.mark.parametrize("recipe", _RECIPES)
def test_other_keys_of_a_recipe_are_said(recipe):
    """Bits stay, and the remark names the key; what says no, and notes of programs, need none."""
    said = {"quantization_config": _RECIPES[recipe] | {"calibrated_by": "x", "expert_bits": 0}}
    assert published_bits(said, _SHAPE) == published_bits(
        {"quantization_config": _RECIPES[recipe]}, _SHAPE
    )
    (note,) = notes_of_recipe(said)
    assert note.endswith(": quantization_config.calibrated_by")
    assert not [*notes_of_recipe({"quantization_config": _RECIPES[recipe] | {"version": "1"}})]


_GPTQ_WRITES = {
    "sym": True, "desc_act": True, "static_groups": False, "true_sequential": True,
    "damp_percent": 0.01, "checkpoint_format": "gptq", "meta": {"quantizer": ["x"]},
    "backend": "auto", "lm_head": False, "dynamic": None, "model_seqlen": 2048,
}  # fmt: skip


def test_what_programs_write_into_a_recipe_needs_no_word():
    """GPTQ's and llm-compressor's usual keys."""
    llm_compressor = {
        "quantization_status": "compressed", "global_compression_ratio": 1.2, "version": "0.9",
        "kv_cache_scheme": None, "sparsity_config": {}, "transform_config": {"x": 1},
    }  # fmt: skip
    for recipe, more in (("gptq", _GPTQ_WRITES), ("compressed-tensors", llm_compressor)):
        said = {"quantization_config": _RECIPES[recipe] | more}
        assert published_bits(said, _SHAPE) == published_bits(
            {"quantization_config": _RECIPES[recipe]}, _SHAPE
        )
        assert not [*notes_of_recipe(said)]


_NVFP4 = {"quant_algo": "NVFP4", "group_size": 16}
_NO_SHARED = _SHAPE | {"first_k_dense_replace": 0, "num_shared_experts": 0}
_OTHERS = ("*mlp.gate_proj", "*mlp.up_proj", "*mlp.down_proj", "*shared_experts*")
_HALF = "model.layers.0.self_attn"  # of one layer


@pytest.mark.parametrize(("said", "shape", "expected"), [
    # Attention in BF16, the other matrices quantized: ModelOpt's usual recipe for MLA.
    ({"exclude_modules": ["lm_head", "model.layers.*self_attn*"]}, _SHAPE, (4.5, 4.5, 16, 16)),
    ({"ignore": ["lm_head", "re:.*self_attn.*"]}, _SHAPE, (4.5, 4.5, 16, 16)),
    ({"ignore": ["lm_head", *_OTHERS]}, _SHAPE, (4.5, 16, 4.5, 16)),
    ({"ignore": ["lm_head"]}, _SHAPE, (4.5, 4.5, None, 16)),
    ({"ignore": ["lm_head", "*self_attn*"]}, _NO_SHARED, (4.5, 16, None, 16)),
    ({"ignore": ["lm_head", "*self_attn*", *_OTHERS]}, _SHAPE, (4.5, 16, None, 16)),
    ({"ignore": ["lm_head", _HALF]}, _SHAPE, (4.5, 4.5, "leaves some of attention", 16)),
    ({"ignore": ["lm_head", _HALF]}, _NO_SHARED, (4.5, "leaves some of attention", None, 16)),
    ({"ignore": ["lm_head", "*shared_experts*"]}, _SHAPE, (4.5, "leaves some of shared", 4.5, 16)),
])  # fmt: skip
def test_attention_has_bits_of_its_own_where_it_differs(said, shape, expected):
    """A recipe that names attention, or the other matrices of its group, and not both."""
    config = {"torch_dtype": "bfloat16", "quantization_config": _NVFP4 | said}
    found, unclear = published_bits(config, shape)
    for group, bits in zip((ROUTED, OTHER, OF_ATTENTION, REST), expected, strict=True):
        if isinstance(bits, str):
            assert bits in unclear.pop(group)
            assert group not in found
        else:
            assert found.pop(group, None) == bits
    assert not found
    assert not unclear


def test_attention_that_is_left_as_it_was_needs_a_precision():
    """It does not take the other matrices' bits where the config is silent on how it was."""
    recipe = _NVFP4 | {"ignore": ["lm_head", "*self_attn*"]}
    found, unclear = published_bits({"quantization_config": recipe}, _SHAPE)
    assert OF_ATTENTION not in found
    assert "leaves attention as it was" in unclear[OF_ATTENTION]


@pytest.mark.parametrize("said", [
    {"torch_dtype": "posit8"},
    {"torch_dtype": "float32", "dtype": "bfloat16"},
    {"quantization_config": {"quant_method": "quanto"}},
    {"quantization_config": {"quant_method": "gptq", "bits": 3, "group_size": 77}},
    {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128, "dynamic": {
        "x": {}}}},
    {"quantization_config": {"bits": 4, "group_size": 64, "model.layers.1.mlp": {"bits": 8}}},
    {"quantization_config": _INT4 | {"config_groups": {}}},
    {"quantization_config": _INT4 | {"ignore": ["lm_head", "re:.*shared_experts.*"]}},
    {"quantization_config": _INT4 | {"ignore": ["lm_head", "something"]}},
    {"quantization_config": "fp8"},
    {"quantization_config": {"quant_method": "fp8", "weight_block_size": [128]}},
    {"quantization_config": {"quant_algo": "MIXED_PRECISION"}},
])  # fmt: skip
def test_what_is_not_understood_is_unclear_and_not_sixteen(said):
    """No group silently keeps its default."""
    found, unclear = published_bits(said, _SHAPE)
    assert unclear
    assert not found.keys() & unclear.keys()


@pytest.mark.parametrize(("name", "expected", "within"), [
    ("gpt-oss-120b", 65_248_815_744, 0),
    ("gpt-oss-20b", 13_761_264_768, 0),
    ("Mixtral-8x7B", 93_405_585_408, 0),
    # As the Hub lists the files, to 10 MB each: 5, 5 and 3.84 GB.
    ("OLMoE-1B-7B", 13_840_000_000, 13_840_000),
    # 4.89, 4.99 and 3.63 GB, with the tied head a second time.
    ("Granite-3.0-3B-A800M", 13_510_000_000 - 49155 * 1536 * 4, 13_200_000),
])  # fmt: skip
def test_weights_of_examples_are_those_of_the_published_files(name, expected, within):
    """Sizes of the tensors on the Hub, as the headers of the safetensors files state them."""
    found = registry.load()
    table = ModelTable(published_models(found), Source(""))
    assumed = {key: value.default for key, value in found.assumptions.items()}
    cells = evaluate_table(table, found, assumed).metrics["weight_bytes"].cells
    values = {row.name: cell.value for row, cell in zip(table.rows, cells, strict=True)}
    assert values[name] == pytest.approx(expected, abs=within)


def test_attention_in_its_own_bits_takes_them():
    """Of a published model, the bytes of attention alone change with its own bits."""
    found = registry.load()
    assumed = {key: value.default for key, value in found.assumptions.items()}
    model = next(model for model in published_models(found) if model.name == "DeepSeek-V3")
    shape = {name: typed.value for name, typed in model.numbers.items()} | {OTHER: 4.5}
    table = [row("as others", shape, "A!2"), row("its own", shape | {OF_ATTENTION: 16}, "A!3")]
    metrics = evaluate_table(ModelTable(tuple(table), Source("")), found, assumed).metrics
    names = ("attention_weight_bytes", "dense_ffn_weight_bytes", "shared_expert_weight_bytes")
    of = {name: [cell.value for cell in metrics[name].cells] for name in names}
    less, more = of.pop("attention_weight_bytes")
    assert more == pytest.approx(less * 16 / 4.5)
    assert all(one == other for one, other in of.values())
