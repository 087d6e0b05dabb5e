"""A checkpoint is counted by names and shapes alone: what is there, and what it stands for."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.checkpoint import (
    MODALITIES,
    MTP,
    components_of_census,
    mtp_of_census,
    row_of_census,
    take_census,
)
from moe_report.importers.config import row_from_config
from moe_report.importers.model import Options, import_model
from moe_report.importers.safetensors import BITS, Tensor
from moe_report.load import examples
from moe_report.schema.components import COMPONENT_METRICS
from moe_report.schema.registry import installed
from moe_report.table import Row
from moe_report_metrics import parameter_ledger as ledger
from tests.importers.safetensors_files import write
from tests.oracle.census import torch, transformers
from tests.oracle.families import Family, all_families

EXAMPLES = Path(examples.__file__).parent
Headers = dict[str, tuple[str, tuple[int, ...]]]  # type and shape by name

# Published configs beside those that are shipped.
GLM_4_5: dict[str, Any] = {  # zai-org/GLM-4.5
    "model_type": "glm4_moe", "vocab_size": 151552, "hidden_size": 5120,
    "intermediate_size": 12288, "moe_intermediate_size": 1536, "num_hidden_layers": 92,
    "num_attention_heads": 96, "num_key_value_heads": 8, "head_dim": 128,
    "n_routed_experts": 160, "n_shared_experts": 1, "num_experts_per_tok": 8,
    "first_k_dense_replace": 3, "attention_bias": True, "use_qk_norm": True,
    "tie_word_embeddings": False, "num_nextn_predict_layers": 1,
}  # fmt: skip
JAMBA: dict[str, Any] = {  # ai21labs/Jamba-v0.1
    "model_type": "jamba", "vocab_size": 65536, "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "num_experts": 16, "num_experts_per_tok": 2, "expert_layer_period": 2,
    "expert_layer_offset": 1, "attn_layer_period": 8, "attn_layer_offset": 4,
    "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_dt_rank": 256,
    "mamba_conv_bias": True, "mamba_proj_bias": False, "tie_word_embeddings": False,
}  # fmt: skip
QWEN_NEXT: dict[str, Any] = {  # Qwen/Qwen3-Next-80B-A3B-Instruct
    "model_type": "qwen3_next", "vocab_size": 151936, "hidden_size": 2048,
    "intermediate_size": 5120, "moe_intermediate_size": 512, "num_hidden_layers": 48,
    "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "num_experts": 512,
    "num_experts_per_tok": 10, "shared_expert_intermediate_size": 512, "decoder_sparse_step": 1,
    "mlp_only_layers": [], "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
    "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128,
    "full_attention_interval": 4, "tie_word_embeddings": False,
}  # fmt: skip


def example(name: str) -> dict[str, Any]:
    """The published config of a shipped example."""
    config: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))["config"]
    return config


def headers_of(model: Any, *, hub: bool, dtype: str = "BF16") -> Headers:
    """What a model's ``state_dict`` is on disk; tied parameters once, as they are saved.

    Args:
        model: The model, on the meta device.
        hub: Under the names that checkpoints on the Hub have, most with one tensor an expert.
        dtype: Type of all of them.
    """
    from transformers.core_model_loading import revert_weight_conversion

    saved = dict(model.named_parameters())
    everything = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    saved |= {name: item for name, item in model.state_dict().items() if name not in everything}
    if hub:
        saved = revert_weight_conversion(model, saved)
    return {name: (dtype, tuple(item.shape)) for name, item in saved.items()}


def build(config: dict[str, Any]) -> Any:
    """The model of a published config, on the meta device."""
    loaded = transformers.AutoConfig.for_model(**json.loads(json.dumps(config)))
    head = "AutoModelForImageTextToText" if "text_config" in config else "AutoModelForCausalLM"
    with torch.device("meta"):
        return getattr(transformers, head).from_config(loaded)


def tensors_of(headers: Headers) -> list[Tensor]:
    """The tensors of headers."""
    return [
        Tensor(name, dtype, shape, math.prod(shape) * BITS[dtype] // 8)
        for name, (dtype, shape) in headers.items()
    ]


def folder_of(path: Path, headers: Headers, config: Mapping[str, Any] | None = None) -> Path:
    """A checkpoint folder with a config, if there is one."""
    path.mkdir(exist_ok=True)
    write(path / "model.safetensors", headers)
    if config is not None:
        (path / "config.json").write_text(json.dumps(config), "utf-8")
    return path


def imported(path: Path, **options: bool) -> Row:
    """The row of a folder."""
    return import_model(str(path), Options(**options))


def components(row: Row) -> dict[str, float]:
    """The components of a row, by the formulas or as they are typed."""
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    return {
        name: numbers[name] if name in numbers else getattr(ledger, name).of(**numbers)
        for name in COMPONENT_METRICS
    }


def of_config(config: dict[str, Any]) -> dict[str, float]:
    """The components that a config gives."""
    numbers = row_from_config(config, where="config.json").numbers
    return {name: getattr(ledger, name).of(**numbers) for name in COMPONENT_METRICS}


def fill_up(config: dict[str, Any]) -> None:
    """Make an output head as long as the embedding: on the Hub it is filled up with zeros."""
    text = config.get("text_config", config)
    if "unpadded_vocab_size" in text:
        text["unpadded_vocab_size"] = text["vocab_size"]


FAMILIES = {family.model_type: family for family in all_families()}
# Biases of attention and of FFNs, and scales of routers, count where the names say.
SPLIT = re.compile(r"agree with the config; by name they split ([\w, ]+) otherwise")


@pytest.mark.parametrize("hub", [False, True], ids=["as saved", "as on the Hub"])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_architecture_agrees_with_its_config(
    family: Family, hub: bool, tmp_path: Path
) -> None:
    """Small models of all architectures, saved by transformers: total and components agree."""
    for seed in range(3):
        config = family.varied(seed)
        if hub:
            fill_up(config)
        with torch.device("meta"):
            model = family.build(family.load(config))
        headers = headers_of(model, hub=hub)
        row = imported(folder_of(tmp_path / str(seed), headers, config))
        expected = of_config(config)
        assert components(row) == expected, row.texts["remark"]
        assert "agree with the config" in row.texts["remark"]
        census = take_census(tensors_of(headers), where="here")
        split = SPLIT.search(row.texts["remark"])
        assert "routed_expert_params" not in (split[1].split(", ") if split else ())
        parts = [part for part in components_of_census(census) if part.endswith("_bytes")]
        typed = sum(row.numbers[part].value for part in parts)
        # Sixteen bits a parameter; and as many a number that is none.
        total = sum(expected.values())
        assert 2 * total <= typed <= 2 * (total + census.buffers.total())


# A tensor that is known to be in the published checkpoint, and its shape.
PUBLISHED: dict[str, tuple[dict[str, Any], str, tuple[int, ...]]] = {
    "mixtral-8x7b": (
        example("mixtral-8x7b"),
        "model.layers.0.block_sparse_moe.experts.0.w1.weight", (14336, 4096),
    ),
    "qwen3-30b-a3b": (
        example("qwen3-30b-a3b"),
        "model.layers.0.mlp.experts.127.gate_proj.weight", (768, 2048),
    ),
    "deepseek-v2": (
        example("deepseek-v2"),
        "model.layers.1.mlp.shared_experts.gate_proj.weight", (3072, 5120),
    ),
    "deepseek-v3": (
        example("deepseek-v3"),
        "model.layers.3.mlp.experts.0.down_proj.weight", (7168, 2048),
    ),
    "gpt-oss-20b": (
        example("gpt-oss-20b"), "model.layers.0.mlp.router.weight", (32, 2880),
    ),
    "dbrx": (
        example("dbrx"), "transformer.blocks.0.ffn.experts.mlp.w1", (16 * 10752, 6144),
    ),
    "llama-4-scout": (
        example("llama-4-scout"),
        "language_model.model.layers.0.feed_forward.experts.gate_up_proj", (16, 5120, 16384),
    ),
    "granite-3.0-3b-a800m": (
        example("granite-3.0-3b-a800m"),
        "model.layers.0.block_sparse_moe.input_linear.weight", (40, 1024, 1536),
    ),
    "phi-3.5-moe": (
        example("phi-3.5-moe"),
        "model.layers.0.block_sparse_moe.experts.15.w2.weight", (4096, 6400),
    ),
    "olmoe-1b-7b": (
        example("olmoe-1b-7b"),
        "model.layers.0.mlp.experts.63.up_proj.weight", (1024, 2048),
    ),
    "jamba": (JAMBA, "model.layers.1.feed_forward.experts.0.gate_proj.weight", (14336, 4096)),
    "glm-4.5": (GLM_4_5, "model.layers.3.mlp.experts.159.gate_proj.weight", (1536, 5120)),
    "qwen3-next": (QWEN_NEXT, "model.layers.0.mlp.experts.511.down_proj.weight", (2048, 512)),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_checkpoints_are_counted_to_the_parameter(name: str) -> None:
    """Checkpoints of real size under their real names, without a config to help."""
    config, known, shape = PUBLISHED[name]
    headers = headers_of(build(config), hub=True)
    assert headers[known][1] == shape
    census = take_census(tensors_of(headers), where=name)
    assert {part: census.params[part] for part in COMPONENT_METRICS} == of_config(config)
    row = row_of_census(census, name)
    fields = row_from_config(config, where=name).numbers
    for field in ("num_hidden_layers", "num_experts", "vocab_size", "hidden_size"):
        assert row[field] == fields[field], field
    assert row.get("tie_word_embeddings", 0) == fields.get("tie_word_embeddings", 0)
    assert row["expert_params"] == ledger.expert_params.of(**fields)


def deepseek_layer_61() -> Headers:
    """What DeepSeek-V3's checkpoint has for a second token: a layer, two norms, two matrices."""
    small = example("deepseek-v3") | {"num_hidden_layers": 4}
    del small["num_nextn_predict_layers"]
    layer = {
        name.replace("layers.3.", "layers.61."): header
        for name, header in headers_of(build(small), hub=True).items()
        if "layers.3." in name
    }
    prefix = "model.layers.61"
    return layer | {
        f"{prefix}.embed_tokens.weight": ("BF16", (129280, 7168)),
        f"{prefix}.enorm.weight": ("BF16", (7168,)),
        f"{prefix}.hnorm.weight": ("BF16", (7168,)),
        f"{prefix}.eh_proj.weight": ("BF16", (7168, 14336)),
        f"{prefix}.shared_head.norm.weight": ("BF16", (7168,)),
        f"{prefix}.shared_head.head.weight": ("BF16", (129280, 7168)),
    }


def in_fp8(headers: Headers) -> Headers:
    """Matrices as DeepSeek-V3 publishes them: eight bits, and a scale for 128 times 128."""
    found: Headers = {}
    for name, (dtype, shape) in headers.items():
        found[name] = (dtype, shape)
        if re.search(r"e_score_correction_bias$", name):
            found[name] = ("F32", shape)
        if len(shape) == 2 and re.search(r"(self_attn|mlp)\.(?!gate\.).*_proj\S*\.weight$", name):
            found[name] = ("F8_E4M3", shape)
            blocks = tuple(-(-size // 128) for size in shape)
            found[name + "_scale_inv"] = ("F32", blocks)
    return found


def test_deepseek_v3_as_it_is_published() -> None:
    """FP8 with scales, and a layer for a second token: 671 billion, and the size of the index."""
    headers = in_fp8(headers_of(build(example("deepseek-v3")), hub=True) | deepseek_layer_61())
    tensors = tensors_of(headers)
    census = take_census(tensors, where="deepseek-v3")
    assert census.total == 671_026_404_352
    assert {part: census.params[part] for part in COMPONENT_METRICS} == of_config(
        example("deepseek-v3")
    )
    assert len(census.layers) == 61
    assert census.params[MTP] == sum(
        math.prod(shape)
        for name, (_, shape) in headers.items()
        if "layers.61." in name and not re.search("scale_inv|e_score", name)
    )
    fields = row_from_config(example("deepseek-v3"), where="deepseek-v3").numbers
    assert mtp_of_census(census) == ledger.mtp_params.of(**fields)
    # The weight files on the Hub have 688,586,727,753 bytes, of which the headers have some.
    of_headers = 688_586_727_753 - sum(tensor.bytes for tensor in tensors)
    assert 100 < of_headers / len(tensors) < 150


def in_mxfp4(headers: Headers) -> Headers:
    """Experts as gpt-oss publishes them: blocks of 32 numbers in 16 bytes, and a byte of scale."""
    found: Headers = {}
    for name, (dtype, shape) in headers.items():
        if re.search(r"experts\.(gate_up|down)_proj$", name):
            experts, inner, outer = shape
            found[f"{name}_blocks"] = ("U8", (experts, outer, inner // 32, 16))
            found[f"{name}_scales"] = ("U8", (experts, outer, inner // 32))
        else:
            found[name] = (dtype, shape)
    return found


@pytest.mark.parametrize(("name", "gib"), [("gpt-oss-120b", 60.8), ("gpt-oss-20b", 12.8)])
def test_gpt_oss_as_it_is_published(name: str, gib: float) -> None:
    """MXFP4 is 4.25 bits a number, and the checkpoint as large as the model card says."""
    config = example(name)
    headers = in_mxfp4(headers_of(build(config), hub=True))
    blocks = headers["model.layers.0.mlp.experts.gate_up_proj_blocks"]
    assert blocks == ("U8", (config["num_local_experts"], 5760, 90, 16))
    tensors = tensors_of(headers)
    census = take_census(tensors, where=name)
    assert {part: census.params[part] for part in COMPONENT_METRICS} == of_config(config)
    size = sum(tensor.bytes for tensor in tensors)
    assert round(size / 2**30, 1) == gib
    biases = sum(math.prod(shape) for key, (_, shape) in headers.items()
                 if re.search(r"experts\.\w+_bias$", key))  # fmt: skip
    routed = census.params["routed_expert_params"] - biases
    assert census.bytes["routed_expert_params"] == routed * 4.25 / 8 + 2 * biases
    assert sum(census.bytes.values()) == size


QWEN: dict[str, Any] = {
    "model_type": "qwen3_moe", "vocab_size": 1024, "hidden_size": 256, "intermediate_size": 384,
    "moe_intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 64, "num_experts": 8, "num_experts_per_tok": 2,
    "decoder_sparse_step": 1, "mlp_only_layers": [0], "attention_bias": False,
    "use_sliding_window": False, "sliding_window": None, "tie_word_embeddings": False,
}  # fmt: skip
Packing = Callable[[str, int, int], Headers]


def _fp8(stem: str, out: int, inner: int) -> Headers:
    return {
        f"{stem}.weight": ("F8_E4M3", (out, inner)),
        f"{stem}.weight_scale_inv": ("F32", (-(-out // 128), -(-inner // 128))),
    }


def _fp8_static(stem: str, out: int, inner: int) -> Headers:
    kv: Headers = {}
    if stem.endswith(("k_proj", "v_proj")):
        kv[f"{stem}.{stem[-6]}_scale"] = ("F32", ())
    return kv | {
        f"{stem}.weight": ("F8_E4M3", (out, inner)),
        f"{stem}.weight_scale": ("F32", ()),
        f"{stem}.input_scale": ("F32", ()),
    }


def _gptq(bits: int, g_idx: bool = True) -> Packing:
    def pack(stem: str, out: int, inner: int) -> Headers:
        found: Headers = {
            f"{stem}.qweight": ("I32", (inner * bits // 32, out)),
            f"{stem}.qzeros": ("I32", (inner // 64, out * bits // 32)),
            f"{stem}.scales": ("F16", (inner // 64, out)),
        }
        return found | ({f"{stem}.g_idx": ("I32", (inner,))} if g_idx else {})

    return pack


def _awq(stem: str, out: int, inner: int) -> Headers:
    return {
        f"{stem}.qweight": ("I32", (inner, out // 8)),
        f"{stem}.qzeros": ("I32", (inner // 64, out // 8)),
        f"{stem}.scales": ("F16", (inner // 64, out)),
    }


def _nf4(stem: str, out: int, inner: int) -> Headers:
    return {
        f"{stem}.weight": ("U8", (out * inner // 2, 1)),
        f"{stem}.weight.absmax": ("U8", (out * inner // 64,)),
        f"{stem}.weight.quant_map": ("F32", (16,)),
        f"{stem}.weight.nested_absmax": ("F32", (-(-out * inner // 64 // 256),)),
        f"{stem}.weight.nested_quant_map": ("F32", (256,)),
        f"{stem}.weight.quant_state.bitsandbytes__nf4": ("U8", (88,)),
    }


def _int8(stem: str, out: int, inner: int) -> Headers:
    return {
        f"{stem}.weight": ("I8", (out, inner)),
        f"{stem}.SCB": ("F32", (out,)),
        f"{stem}.weight_format": ("U8", ()),
    }


def _packed(bits: int, zero_point: bool) -> Packing:
    def pack(stem: str, out: int, inner: int) -> Headers:
        found: Headers = {
            f"{stem}.weight_packed": ("I32", (out, inner * bits // 32)),
            f"{stem}.weight_scale": ("BF16", (out, inner // 64)),
            f"{stem}.weight_shape": ("I64", (2,)),
        }
        if zero_point:
            found[f"{stem}.weight_zero_point"] = ("I32", (out * bits // 32, inner // 64))
            found[f"{stem}.weight_g_idx"] = ("I32", (inner,))
        return found

    return pack


def _nvfp4_compressed(stem: str, out: int, inner: int) -> Headers:
    return {
        f"{stem}.weight_packed": ("U8", (out, inner // 2)),
        f"{stem}.weight_scale": ("F8_E4M3", (out, inner // 16)),
        f"{stem}.weight_global_scale": ("F32", (1,)),
        f"{stem}.input_global_scale": ("F32", (1,)),
    }


def _channel(dtype: str) -> Packing:
    def pack(stem: str, out: int, inner: int) -> Headers:
        return {
            f"{stem}.weight": (dtype, (out, inner)),
            f"{stem}.weight_scale": ("BF16", (out, 1)),
        }

    return pack


def _nvfp4_modelopt(stem: str, out: int, inner: int) -> Headers:
    return {
        f"{stem}.weight": ("U8", (out, inner // 2)),
        f"{stem}.weight_scale": ("F8_E4M3", (out, inner // 16)),
        f"{stem}.weight_scale_2": ("F32", ()),
        f"{stem}.input_scale": ("F32", ()),
    }


def _mxfp4(dtype: str, end: str) -> Packing:
    def pack(stem: str, out: int, inner: int) -> Headers:
        return {
            f"{stem}.weight": (dtype, (out, inner // 2)),
            f"{stem}{end}": ("F8_E8M0", (out, inner // 32)),
        }

    return pack


def groups(bits: int) -> dict[str, Any]:
    """The config of compressed-tensors for one group of layers."""
    weights = {"num_bits": bits, "group_size": 64, "strategy": "group", "type": "int"}
    return {
        "quant_method": "compressed-tensors",
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}},
    }


GPTQ = {"quant_method": "gptq", "group_size": 64, "desc_act": False}
NVFP4 = {"quant_method": "modelopt", "quant_algo": "NVFP4"}
# How weights are packed; what the config says of it; bits of one weight, with scales.
KINDS: dict[str, tuple[Packing, dict[str, Any], float]] = {
    "fp8 in blocks": (_fp8, {"quant_method": "fp8", "weight_block_size": [128, 128]}, 8),
    "fp8 of modelopt": (_fp8_static, {"quant_method": "modelopt", "quant_algo": "FP8"}, 8),
    "fp8 of compressed-tensors": (_channel("F8_E4M3"), {"quant_method": "compressed-tensors"}, 8),
    "int8 of compressed-tensors": (_channel("I8"), {"quant_method": "compressed-tensors"}, 8),
    "gptq, 4 bits": (_gptq(4), GPTQ | {"bits": 4}, 4),
    "gptq, 8 bits": (_gptq(8), GPTQ | {"bits": 8}, 8),
    "gptq, 3 bits": (_gptq(3), GPTQ | {"bits": 3}, 3),
    "gptq, bits from shapes": (_gptq(2, g_idx=False), GPTQ, 2),
    "gptq, bits that differ": (_gptq(8), GPTQ | {"bits": 4, "dynamic": {"+:.*": {"bits": 8}}}, 8),
    "awq": (_awq, {"quant_method": "awq", "bits": 4, "group_size": 64, "version": "gemm"}, 4),
    "bitsandbytes, nf4": (_nf4, {"quant_method": "bitsandbytes", "load_in_4bit": True}, 4),
    "bitsandbytes, int8": (_int8, {"quant_method": "bitsandbytes", "load_in_8bit": True}, 8),
    "packed, 4 bits": (_packed(4, False), groups(4), 4),
    "packed, 8 bits": (_packed(8, True), groups(8), 8),
    "nvfp4 of compressed-tensors": (_nvfp4_compressed, groups(4), 4),
    "nvfp4 of modelopt": (_nvfp4_modelopt, NVFP4, 4),
    "mxfp4, bytes": (_mxfp4("U8", ".weight_scale"), {"quant_method": "quark"}, 4),
    "mxfp4, signed bytes": (_mxfp4("I8", ".scale"), {"quant_method": "fp8"}, 4),
}


def quantized(config: dict[str, Any], pack: Packing) -> Headers:
    """A checkpoint whose matrices in attention and experts are packed."""
    found: Headers = {}
    for name, (dtype, shape) in headers_of(build(config), hub=True).items():
        if re.search(r"(self_attn|experts\.\d+)\.\w+_proj\.weight$", name):
            found |= pack(name.removesuffix(".weight"), *shape)
        else:
            found[name] = (dtype, shape)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_quantized_weights_count_as_what_they_stand_for(kind: str, tmp_path: Path) -> None:
    """Parameters are those of the config, bytes those of the files."""
    pack, quantization, bits = KINDS[kind]
    headers = quantized(QWEN, pack)
    config = QWEN | {"quantization_config": quantization}
    row = imported(folder_of(tmp_path / "model", headers, config))
    assert components(row) == of_config(QWEN)
    assert "agree with the config" in row.texts["remark"]
    by_component = {name: row.numbers[name].value for name in row.numbers if "_bytes" in name}
    assert sum(by_component.values()) == sum(tensor.bytes for tensor in tensors_of(headers))
    experts = sum(item.bytes for item in tensors_of(headers) if ".experts." in item.name)
    assert by_component["routed_expert_bytes"] == experts
    routed = of_config(QWEN)["routed_expert_params"]
    weights = sum(
        item.bytes for item in tensors_of(headers)
        if re.search(r"experts\.\d+\.\w+\.(q?weight|weight_packed)$", item.name)
    )  # fmt: skip
    assert weights == routed * bits / 8
    assert experts > weights


def test_fused_experts_of_modelopt(tmp_path: Path) -> None:
    """Experts in one tensor, whose scales are named after it (gate_up_proj_weight_scale_2)."""
    config = example("gpt-oss-20b") | {"num_hidden_layers": 2}
    config["layer_types"] = config["layer_types"][:2]
    headers: Headers = {}
    for name, (dtype, shape) in headers_of(build(config), hub=True).items():
        if re.search(r"experts\.(gate_up|down)_proj$", name):
            experts, inner, outer = shape
            headers |= {
                name: ("U8", (experts, outer, inner // 2)),
                f"{name}_weight_scale": ("F8_E4M3", (experts, outer, inner // 16)),
                f"{name}_weight_scale_2": ("F32", (experts,)),
                f"{name}_input_scale": ("F32", (experts,)),
            }
        else:
            headers[name] = (dtype, shape)
    row = imported(folder_of(tmp_path / "model", headers, config | {"quantization_config": NVFP4}))
    assert components(row) == of_config(config)
    assert row.numbers["num_experts"].value == 32


def test_scales_of_a_model_are_not_those_of_its_quantization() -> None:
    """A scale beside a weight that is not quantized is a parameter (Gemma 4's router)."""
    headers: Headers = {
        "model.layers.0.router.proj.weight": ("BF16", (4, 8)),
        "model.layers.0.router.scale": ("BF16", (8,)),
        "model.layers.0.router.weight": ("BF16", (4, 8)),
        "model.layers.0.router.weight_scale": ("BF16", (8,)),
    }
    census = take_census(tensors_of(headers), where="here")
    assert census.params["router_params"] == 2 * 32 + 8 + 8


@pytest.mark.parametrize(
    ("ending", "dtype", "method"),
    [
        (".codes", "I16", "aqlm"),
        (".W_q", "U8", "hqq"),
        (".weight", "U32", "mlx"),
        (".weight._data", "I8", "quanto"),
        (".qweight", "I32", "unheard of"),
        (".weight_packed", "I32", "compressed-tensors"),
    ],
)
def test_unknown_packings_are_refused(ending: str, dtype: str, method: str, tmp_path: Path) -> None:
    """Integers that are not understood are named, in one line; nothing is guessed."""
    headers: Headers = {
        f"model.layers.0.mlp.experts.{expert}.up_proj{ending}": (dtype, (16, 16))
        for expert in range(20)
    }
    config = QWEN | {"quantization_config": {"quant_method": method}}
    with pytest.raises(InputError) as caught:
        imported(folder_of(tmp_path / "model", headers, config))
    (problem,) = caught.value.problems
    assert f"packed in a way that is not known (quant_method {method})" in str(problem)
    assert f"model.layers.0.mlp.experts.0.up_proj{ending}" in str(problem)
    assert str(problem).endswith("and 12 more")


def test_a_thousandth_may_fit_no_component(tmp_path: Path) -> None:
    """It is counted and named; more than that is refused, and named too."""
    few: Headers = headers_of(build(QWEN), hub=True)
    total = sum(of_config(QWEN).values())
    few["model.oddity"] = ("BF16", (int(total / 1000),))
    row = imported(folder_of(tmp_path / "few", few))
    assert sum(components(row).values()) == total + int(total / 1000)
    assert "Fits no component, counted under other: model.oddity" in row.texts["remark"]
    many = few | {f"model.oddity.{number}": ("BF16", (8,)) for number in range(10)}
    with pytest.raises(InputError, match=r"0\.1\d% of the parameters fit no component: model"):
        imported(folder_of(tmp_path / "many", many))


def test_a_folder_without_a_parameter_is_refused(tmp_path: Path) -> None:
    """Nothing is not a model."""
    with pytest.raises(InputError, match="holds no parameter"):
        imported(folder_of(tmp_path / "model", {}))


def test_images_and_further_tokens_are_counted_apart(tmp_path: Path) -> None:
    """Vision towers, projectors and multi-token prediction are named with their size."""
    headers = headers_of(build(QWEN), hub=True) | {
        "vision_tower.encoder.layers.0.self_attn.q_proj.weight": ("BF16", (10, 10)),
        "model.visual.blocks.0.mlp.fc1.weight": ("BF16", (10, 5)),
        "multi_modal_projector.linear_1.weight": ("BF16", (10, 3)),
        "mtp.layers.0.mlp.experts.0.up_proj.weight": ("BF16", (7, 1)),
        "mtp.fc.weight": ("BF16", (7, 2)),
    }
    census = take_census(tensors_of(headers), where="here")
    assert census.params[MODALITIES] == 180
    assert census.params[MTP] == 21
    assert {part: census.params[part] for part in COMPONENT_METRICS} == of_config(QWEN)
    remark = imported(folder_of(tmp_path / "model", headers, QWEN)).texts["remark"]
    assert "For multi-token prediction: 21 parameters, not in the total" in remark
    assert "For other modalities: 180 parameters, not in the total" in remark


def test_layers_for_further_tokens_by_the_config(tmp_path: Path) -> None:
    """As many layers past the last as the config has of them, whatever they are called."""
    config = GLM_4_5 | {
        "num_hidden_layers": 2, "first_k_dense_replace": 1, "vocab_size": 64, "hidden_size": 32,
        "n_routed_experts": 4, "num_experts_per_tok": 2, "intermediate_size": 16,
        "moe_intermediate_size": 8, "num_attention_heads": 2, "num_key_value_heads": 2,
        "head_dim": 8,
    }  # fmt: skip
    headers = headers_of(build(config), hub=True)
    last = {n.replace("layers.1.", "layers.2."): h for n, h in headers.items() if "layers.1." in n}
    row = imported(folder_of(tmp_path / "model", headers | last, config))
    assert components(row) == of_config(config)
    config["num_nextn_predict_layers"] = 0
    row = imported(folder_of(tmp_path / "longer", headers | last, config))
    assert "As in the checkpoint, not as in the config" in row.texts["remark"]
    assert sum(components(row).values()) > sum(of_config(config).values())


def test_checkpoint_without_the_section_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no installed section counts components, nothing is compared, and the row says so."""
    headers = headers_of(build(QWEN | {"num_experts": 6}), hub=True)
    path = folder_of(tmp_path / "model", headers, QWEN)
    monkeypatch.setattr("moe_report.schema.registry.GROUP", "nothing.is.installed")
    installed.cache_clear()
    try:
        row = imported(path)
        read = row_from_config(QWEN, where="config.json")
    finally:
        installed.cache_clear()
    assert row.texts["remark"].endswith("components: config and checkpoint are not compared")
    assert read.notes[-1].startswith("No installed section counts total_params")
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    assert numbers.pop("router_bytes") > 0
    assert {name: numbers[name] for name in read.numbers} == read.numbers
    assert not set(numbers) & set(COMPONENT_METRICS)


def test_more_parameters_than_a_float_counts() -> None:
    """A total past 2^53 is refused: the sum would not be exact to the parameter."""
    with pytest.raises(InputError, match="parameters are more than 2\\^53"):
        row_from_config(QWEN | {"moe_intermediate_size": 2**50}, where="config.json")


def test_a_checkpoint_that_differs_from_its_config(tmp_path: Path) -> None:
    """What is in the files counts, and the components that differ are named."""
    pruned = QWEN | {"num_experts": 6}
    headers = headers_of(build(pruned), hub=True)
    row = imported(folder_of(tmp_path / "model", headers, QWEN))
    assert components(row) == of_config(pruned)
    assert row.texts["remark"].endswith(
        "As in the checkpoint, not as in the config: router_params, routed_expert_params"
    )
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    expected = row_from_config(pruned, where="here").numbers
    for metric in (ledger.total_params, ledger.active_params):
        assert metric.of(**numbers) == metric.of(**expected)


def test_a_config_that_is_not_known(tmp_path: Path) -> None:
    """The checkpoint is counted; why the config was not used is said; top-k is taken from it."""
    config = QWEN | {"model_type": "qwen9_moe"}
    row = imported(folder_of(tmp_path / "model", headers_of(build(QWEN), hub=True), config))
    assert components(row) == of_config(QWEN)
    assert row.texts["model_type"] == "qwen9_moe"
    assert "The config was not understood: model_type 'qwen9_moe' is unknown" in row.texts["remark"]
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    expected = row_from_config(QWEN, where="here").numbers
    assert ledger.active_params.of(**numbers) == ledger.active_params.of(**expected)


def test_a_checkpoint_alone(tmp_path: Path) -> None:
    """Without a config there is no top-k, and all the rest."""
    row = imported(folder_of(tmp_path / "model", headers_of(build(QWEN), hub=True)))
    assert components(row) == of_config(QWEN)
    assert row.numbers["num_experts"].value == 8
    assert row.numbers["num_moe_layers"].value == 2
    assert "num_experts_per_tok" not in row.numbers
    assert row.texts["remark"] == "Counted from the checkpoint's headers"


def test_tied_embeddings_that_are_saved_twice(tmp_path: Path) -> None:
    """A head that the config ties is counted once, in parameters and in bytes."""
    config = QWEN | {"tie_word_embeddings": True}
    headers = headers_of(build(config), hub=True) | {"lm_head.weight": ("BF16", (1024, 256))}
    row = imported(folder_of(tmp_path / "model", headers, config))
    assert components(row) == of_config(config)
    assert row.numbers["unembedding_bytes"].value == 0
    assert "The tied output head is in the checkpoint a second time" in row.texts["remark"]


def test_layers_with_unlike_numbers_of_experts(tmp_path: Path) -> None:
    """Without a config they are refused, even where dense models are taken: nothing is guessed."""
    headers = headers_of(build(QWEN), hub=True)
    fewer = {name: header for name, header in headers.items() if "1.mlp.experts.7" not in name}
    for allow_dense in (False, True):
        with pytest.raises(InputError, match=r"layers differ in their number of experts.*: 7, 8$"):
            imported(folder_of(tmp_path / "model", fewer), allow_dense=allow_dense)
    row = imported(folder_of(tmp_path / "model", fewer, QWEN))
    assert row.texts["remark"].endswith("not as in the config: routed_expert_params")
    assert components(row)["routed_expert_params"] == 15 * 3 * 256 * 128


def test_fused_experts_in_two_dimensions() -> None:
    """Where neither names nor shapes of experts say how many there are, the router's do (DBRX)."""
    headers = headers_of(build(example("dbrx")), hub=True)
    assert take_census(tensors_of(headers), where="here").num_experts == 16
