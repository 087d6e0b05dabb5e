"""Bytes of checkpoints, as their tensors' headers and their configs alone tell them."""

import json
from collections.abc import Iterator
from math import ceil, prod

import numpy as np
import pytest

from moe_report.compute.evaluate import evaluate_table
from moe_report.errors import InputError
from moe_report.importers.checkpoint import MTP, take_census
from moe_report.importers.gguf_header import read_header
from moe_report.importers.model import Options
from moe_report.importers.published_bits import OTHER, REST, ROUTED, published_bits
from moe_report.importers.safetensors import BITS, Tensor
from moe_report.schema import registry
from moe_report.schema.parts import LEDGER
from moe_report.table import ModelTable, Row, Source
from tests.importers.safetensors_files import room_of, write
from tests.libraries import library
from tests.published_models import MODELS
from tests.rows import import_model

gguf = library("gguf")

CONFIGS = {model.name: model.config for model in MODELS}


def bytes_of(row: Row, **assumed: float) -> float | None:
    """What the weights of a row take."""
    found = registry.load()
    defaults = {key: value.default for key, value in found.assumptions.items()}
    computed = evaluate_table(ModelTable((row,), Source("")), found, defaults | assumed)
    (cell,) = computed.metrics["weight_bytes"].cells
    return cell.value


def row_of(folder, config, shapes=None) -> Row:
    """The row of a config, and of a checkpoint beside it if there are shapes."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    if shapes:
        write(folder / "model.safetensors", shapes)
    return import_model(str(folder), Options())


def test_kimi_k2_takes_what_its_four_bits_take(tmp_path):
    """Kimi-K2.5's config: experts of 4 bits, a BF16 scale for 32; else BF16; the text model.

    The offsets of routers are in the published tensors, and no parameters: two bytes each.
    """
    row = row_of(tmp_path / "kimi", CONFIGS["moonshotai/Kimi-K2.5"])
    assert bytes_of(row) == 594_205_305_856 - 60 * 384 * 2


def _deepseek_v3() -> Iterator[Tensor]:
    """The tensors of the published DeepSeek-V3, by the shapes of its modelling code."""
    width, vocabulary = 7168, 129280

    def plain(name: str, *shape: int, dtype: str = "BF16") -> Iterator[Tensor]:
        yield Tensor(name, dtype, shape, prod(shape) * BITS[dtype] // 8)

    def fp8(name: str, rows: int, columns: int) -> Iterator[Tensor]:
        yield from plain(f"{name}.weight", rows, columns, dtype="F8_E4M3")
        blocks = ceil(rows / 128), ceil(columns / 128)
        yield from plain(f"{name}.weight_scale_inv", *blocks, dtype="F32")

    def gated(name: str, inner: int) -> Iterator[Tensor]:
        yield from fp8(f"{name}.gate_proj", inner, width)
        yield from fp8(f"{name}.up_proj", inner, width)
        yield from fp8(f"{name}.down_proj", width, inner)

    yield from plain("model.embed_tokens.weight", vocabulary, width)
    yield from plain("model.norm.weight", width)
    yield from plain("lm_head.weight", vocabulary, width)
    for number in range(62):
        layer = f"model.layers.{number}"
        yield from plain(f"{layer}.input_layernorm.weight", width)
        yield from plain(f"{layer}.post_attention_layernorm.weight", width)
        yield from fp8(f"{layer}.self_attn.q_a_proj", 1536, width)
        yield from plain(f"{layer}.self_attn.q_a_layernorm.weight", 1536)
        yield from fp8(f"{layer}.self_attn.q_b_proj", 128 * 192, 1536)
        yield from fp8(f"{layer}.self_attn.kv_a_proj_with_mqa", 576, width)
        yield from plain(f"{layer}.self_attn.kv_a_layernorm.weight", 512)
        yield from fp8(f"{layer}.self_attn.kv_b_proj", 128 * 256, 512)
        yield from fp8(f"{layer}.self_attn.o_proj", width, 128 * 128)
        if number < 3:
            yield from gated(f"{layer}.mlp", 18432)
            continue
        yield from plain(f"{layer}.mlp.gate.weight", 256, width)
        yield from plain(f"{layer}.mlp.gate.e_score_correction_bias", 256, dtype="F32")
        yield from gated(f"{layer}.mlp.shared_experts", 2048)
        for expert in range(256):
            yield from gated(f"{layer}.mlp.experts.{expert}", 2048)
    yield from plain("model.layers.61.enorm.weight", width)
    yield from plain("model.layers.61.hnorm.weight", width)
    yield from plain("model.layers.61.eh_proj.weight", width, 2 * width)
    yield from plain("model.layers.61.embed_tokens.weight", vocabulary, width)
    yield from plain("model.layers.61.shared_head.norm.weight", width)
    yield from plain("model.layers.61.shared_head.head.weight", vocabulary, width)


def test_deepseek_v3_takes_what_its_tensors_take(tmp_path):
    """Its files are 688,586,727,753 bytes by the Hub; what is not tensors are their headers.

    The config alone is 191,121.5 bytes short: it has no offsets of routers, 58 layers of 256 at 4
    bytes, nor that a block at the edge of 576 rows has a scale of its own; and norms of attention
    count as matrices.
    """
    census = take_census(_deepseek_v3(), where="DeepSeek-V3")
    everything = sum(census.bytes.values())
    assert everything == 688_574_839_360
    assert everything == pytest.approx(688_586_727_753, rel=2e-5)
    model = sum(census.bytes[part] for part in LEDGER)
    assert model == everything - census.bytes[MTP]
    by_config = bytes_of(row_of(tmp_path / "v3", CONFIGS["deepseek-ai/DeepSeek-V3"]))
    assert by_config == 673_150_420_686.5
    assert model - by_config == 191_121.5
    assert by_config == pytest.approx(model, rel=1e-4)


@pytest.mark.parametrize(("kind", "bits"), [
    ("Q4_0", 4.5), ("Q5_0", 5.5), ("Q8_0", 8.5), ("Q2_K", 2.625), ("Q3_K", 3.4375), ("Q4_K", 4.5),
    ("Q5_K", 5.5), ("Q6_K", 6.5625), ("IQ4_XS", 4.25), ("MXFP4", 4.25), ("NVFP4", 4.5),
])  # fmt: skip
def test_types_of_gguf_have_their_bits(tmp_path, kind, bits):
    """The importer's bytes of a tensor by GGML_QUANT_SIZES of the gguf package."""
    number = getattr(gguf.GGMLQuantizationType, kind)
    block, size = gguf.GGML_QUANT_SIZES[number]
    writer = gguf.GGUFWriter(tmp_path / "one.gguf", "qwen2moe")
    stored = np.zeros((4, 256 // block * size), "uint8")
    writer.add_tensor("blk.0.ffn_up.weight", stored, raw_dtype=number)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    types = {int(number): (kind, block, size)}
    (tensor,) = read_header(tmp_path / "one.gguf", types).tensors
    assert (tensor.shape, tensor.bytes * 8 / tensor.numel) == ((256, 4), bits)


def _int4(group: int) -> dict[str, object]:
    weights = {"num_bits": 4, "group_size": group, "strategy": "group", "symmetric": True,
               "type": "int"}  # fmt: skip
    return {
        "quant_method": "compressed-tensors", "format": "pack-quantized", "ignore": ["lm_head"],
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}},
    }  # fmt: skip


@pytest.mark.parametrize(("recipe", "bits"), [
    (_int4(128), 4.125),
    (_int4(32), 4.5),
    ({"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": True}, 4.15625),
    ({"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True}, 4.15625),
    ({"quant_algo": "NVFP4", "ignore": ["lm_head"]}, 4.5),
    ({"quant_method": "fp8", "weight_block_size": [128, 128]}, 8.001953125),
    ({"quant_method": "mlx", "mode": "mxfp8", "bits": 8, "group_size": 32}, 8.25),
])  # fmt: skip
def test_bits_of_a_weight_by_arithmetic(recipe, bits):
    """Bits of the number, and its share of a scale and of a zero.

    GPTQ is published as 4.125 where it is symmetric; AutoGPTQ stores ``qzeros`` then,
    too, so a checkpoint has 4.15625. compressed-tensors leaves them out.
    """
    found, _ = published_bits({"quantization_config": recipe}, {"tie_word_embeddings": 0.0})
    assert found[ROUTED] == bits


_NVFP4 = {
    "producer": {"name": "modelopt", "version": "0.29.0"},
    "quantization": {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16,
                     "exclude_modules": ["lm_head", "model.layers.*.self_attn*"]},
}  # fmt: skip


@pytest.mark.parametrize("alone", [False, True])
def test_what_modelopt_says_beside_a_config(tmp_path, alone):
    """NVIDIA's older checkpoints have a config that says bfloat16 and no more."""
    config = CONFIGS["nvidia/Qwen3-30B-A3B-NVFP4"]
    row_of(tmp_path, config)
    (tmp_path / "hf_quant_config.json").write_text(json.dumps(_NVFP4), "utf-8")
    row = import_model(str(tmp_path / "config.json" if alone else tmp_path), Options())
    found = {name: typed.value for name, typed in row.numbers.items()}
    assert [found[group] for group in (ROUTED, OTHER, REST)] == [4.5, 16, 16]


def test_a_config_that_says_it_itself_wins(tmp_path):
    """What lies beside it is then not read."""
    row_of(tmp_path, CONFIGS["Qwen/Qwen3-30B-A3B-FP8"])
    (tmp_path / "hf_quant_config.json").write_text(json.dumps(_NVFP4), "utf-8")
    assert import_model(str(tmp_path), Options()).numbers[ROUTED].value == 8 + 32 / 128**2


def test_what_lies_beside_a_config_and_is_not_understood(tmp_path):
    """Missing, with the key, and not 16."""
    row_of(tmp_path, CONFIGS["nvidia/Qwen3-30B-A3B-NVFP4"])
    said = {"quantization": {"quant_algo": "W4A8_AWQ"}}
    (tmp_path / "hf_quant_config.json").write_text(json.dumps(said), "utf-8")
    row = import_model(str(tmp_path), Options())
    assert bytes_of(row) is None
    assert "quant_algo is 'W4A8_AWQ'" in row.unclear[ROUTED]
    (tmp_path / "hf_quant_config.json").write_text("[4]", "utf-8")
    with pytest.raises(InputError, match=r"hf_quant_config.json.*expected an object"):
        import_model(str(tmp_path), Options())


def _checkpoint(
    *, tied: bool = False
) -> tuple[dict[str, object], dict[str, tuple[str, list[int]]]]:
    """A small model in FP8 with MTP, and its tensors: a scale a matrix, the rest BF16."""
    config = CONFIGS["deepseek-ai/DeepSeek-V3"] | {
        "hidden_size": 128, "intermediate_size": 256, "moe_intermediate_size": 128,
        "num_hidden_layers": 1, "first_k_dense_replace": 0, "n_routed_experts": 2, "n_group": 1,
        "topk_group": 1, "num_experts_per_tok": 1, "num_attention_heads": 1, "vocab_size": 512,
        "num_key_value_heads": 1, "q_lora_rank": None, "kv_lora_rank": 64, "qk_nope_head_dim": 64,
        "qk_rope_head_dim": 64, "v_head_dim": 64, "tie_word_embeddings": tied,
    }  # fmt: skip
    shapes = {
        name: ("BF16", [512, 128]) for name in ("model.embed_tokens.weight", "lm_head.weight")
    }
    shapes["model.norm.weight"] = ("BF16", [128])
    matrices = {"self_attn.q_proj": [128, 128], "self_attn.kv_a_proj_with_mqa": [128, 128],
                "self_attn.kv_b_proj": [128, 64], "self_attn.o_proj": [128, 64]}  # fmt: skip
    for expert in ("shared_experts", "experts.0", "experts.1"):
        sides = ("gate_proj", "up_proj", "down_proj")
        matrices |= {f"mlp.{expert}.{side}": [128, 128] for side in sides}
    for layer in ("model.layers.0", "model.layers.1"):
        for name in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"{layer}.{name}.weight"] = ("BF16", [128])
        shapes[f"{layer}.self_attn.kv_a_layernorm.weight"] = ("BF16", [64])
        shapes[f"{layer}.mlp.gate.weight"] = ("BF16", [2, 128])
        for name, sides in matrices.items():
            shapes[f"{layer}.{name}.weight"] = ("F8_E4M3", sides)
            shapes[f"{layer}.{name}.weight_scale_inv"] = ("F32", [1, 1])
    shapes["model.layers.1.eh_proj.weight"] = ("BF16", [128, 256])
    return config, shapes


@pytest.mark.parametrize("has_config", [True, False])
@pytest.mark.parametrize("tied", [False, True])
def test_true_bytes_win_over_bits(tmp_path, tied, has_config):
    """Neither MTP nor a tied head that is stored again is in memory; a precision still counts."""
    config, shapes = _checkpoint(tied=tied)
    row = row_of(tmp_path / "small", config, shapes)
    left_out = ["model.layers.1."]
    if not has_config:
        (tmp_path / "small" / "config.json").unlink()
        row = import_model(str(tmp_path / "small"), Options())
    elif tied:
        left_out.append("lm_head")
    held = {name: of for name, of in shapes.items() if not name.startswith(tuple(left_out))}
    assert bytes_of(row) == room_of(held)
    if has_config:
        assert bytes_of(row) != bytes_of(row_of(tmp_path / "config alone", config))
        wide = dict.fromkeys(
            ("routed_expert_bits", "shared_expert_bits", "attention_bits", "dense_ffn_bits",
             "embedding_bits", "remaining_bits"), 16.0)  # fmt: skip
        assert bytes_of(row, **wide) > bytes_of(row)


_FP8 = {"quant_method": "fp8", "weight_block_size": [128, 128]}
_GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": 128}


def _group(**weights: object) -> dict[str, object]:
    recipe = json.loads(json.dumps(_int4(128)))
    recipe["config_groups"]["group_0"]["weights"].update(weights)
    return recipe


@pytest.mark.parametrize("said", [
    {"torch_dtype": "posit8"}, {"torch_dtype": 16}, {"dtype": "int4"}, {"dtype": ["bfloat16"]},
    {"torch_dtype": "float32", "dtype": "bfloat16"},
    *({"quantization_config": recipe} for recipe in (
        "fp8", 4, ["fp8"], {"bits": 4}, {"quant_method": "quanto"}, {"quant_method": "aqlm"},
        {"quant_method": "bitsandbytes"}, {"quant_method": "hqq"},
        {"quant_method": ["fp8"]}, {"quant_method": "mxfp4"}, {"quant_method": "quark"},
        _FP8 | {"weight_block_size": [128]}, _FP8 | {"weight_block_size": [0, 128]},
        _FP8 | {"weight_block_size": "128"}, _FP8 | {"modules_to_not_convert": ["something"]},
        _FP8 | {"modules_to_not_convert": "lm_head"},
        _FP8 | {"ignored_layers": ["model.layers.0.mlp.experts"]},
        _GPTQ | {"bits": 3, "group_size": 77}, _GPTQ | {"bits": 5}, _GPTQ | {"bits": "four"},
        _GPTQ | {"group_size": -2}, _GPTQ | {"group_size": None}, _GPTQ | {"bits": True},
        _GPTQ | {"dynamic": {"+:.*down_proj.*": {"bits": 8}}},
        _GPTQ | {"quant_method": "awq", "zero_point": False},
        {"group_size": 64, "bits": 4, "model.layers.1.mlp": {"bits": 8, "group_size": 64}},
        {"quant_algo": "MIXED_PRECISION"}, {"quant_algo": "NVFP4"},
        {"quant_algo": "NVFP4", "group_size": 32, "ignore": ["lm_head"]},
        _group(num_bits=3), _group(strategy="token"), _group(group_size=100), _group(type="float"),
        _int4(128) | {"ignore": []}, _int4(128) | {"config_groups": {}},
        _int4(128) | {"format": "marlin-24"},
    )),
    {"quantization_config": _FP8, "quantization": {"group_size": 64, "bits": 4}},
    {"quantization_config": _FP8, "expert_dtype": "fp4"},
])  # fmt: skip
def test_no_altered_config_answers_silently(tmp_path, said):
    """What is not understood leaves the bytes missing, and a note names the key."""
    config = CONFIGS["Qwen/Qwen3-30B-A3B"]
    if "dtype" in said and "torch_dtype" not in said:
        config = {key: value for key, value in config.items() if key != "torch_dtype"}
    row = row_of(tmp_path, config | said)
    assert bytes_of(row) is None
    assert "Bits not known: " in row.texts["remark"]
    assert any(key in row.texts["remark"] for key in said)
