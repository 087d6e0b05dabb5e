"""Packed weights count as what they stand for; what is not understood is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.checkpoint import take_census
from moe_report.schema.parts import Part
from tests.importers.checkpoints import (
    QWEN,
    Headers,
    build,
    components,
    example,
    folder_of,
    headers_of,
    imported,
    of_config,
    tensors_of,
)

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


def _exl3(bits: int) -> Packing:
    def pack(stem: str, out: int, inner: int) -> Headers:
        return {
            f"{stem}.trellis": ("I16", (inner // 16, out // 16, 16 * bits)),
            f"{stem}.suh": ("F16", (inner,)),
            f"{stem}.svh": ("F16", (out,)),
            f"{stem}.mcg": ("I32", ()),
        }

    return pack


def _exl3_of_old(stem: str, out: int, inner: int) -> Headers:
    return {
        f"{stem}.trellis": ("I16", (inner // 16, out // 16, 64)),
        f"{stem}.su": ("I16", (inner // 16,)),
        f"{stem}.sv": ("I16", (out // 16,)),
    }


def _exl2(stem: str, out: int, inner: int) -> Headers:
    # Half of the rows in four bits and half in two: three bits a weight.
    return {
        f"{stem}.q_weight": ("I32", (inner // 2 * 4 // 32 + inner // 2 * 2 // 32, out)),
        f"{stem}.q_scale": ("I32", (inner // 32, out // 8)),
        f"{stem}.q_scale_max": ("F16", (inner // 32,)),
        f"{stem}.q_groups": ("I16", (inner // 32 * 2,)),
        f"{stem}.q_invperm": ("I32", (inner,)),
    }


def _aqlm(stem: str, out: int, inner: int) -> Headers:
    return {
        f"{stem}.codes": ("I16", (out, inner // 8, 1)),
        f"{stem}.codebooks": ("F16", (1, 65536, 1, 8)),
        f"{stem}.scales": ("F16", (out, 1, 1, 1)),
    }


def _hqq(bits: int, group: int) -> Packing:
    def pack(stem: str, out: int, inner: int) -> Headers:
        rows = out * inner // group
        words = {3: ("I32", (-(-rows // 10), group))}
        return {
            f"{stem}.W_q": words.get(bits, ("U8", (rows * bits // 8, group))),
            f"{stem}.scale": ("F16", (rows, 1)),
            f"{stem}.zero": ("F16", (rows, 1)),
            f"{stem}.shape": ("I64", (2,)),
            f"{stem}.nbits": ("I32", ()),
            f"{stem}.packing": ("U8", (12,)),
        }

    return pack


def _eetq(stem: str, out: int, inner: int) -> Headers:
    return {f"{stem}.weight": ("I8", (inner, out)), f"{stem}.weight_scales": ("F16", (out,))}


def _bitnet(stem: str, out: int, inner: int) -> Headers:
    return {f"{stem}.weight": ("U8", (out // 4, inner)), f"{stem}.weight_scale": ("BF16", (1,))}


def hqq(bits: int, group: int) -> dict[str, Any]:
    """The config of HQQ."""
    weights = {"nbits": bits, "group_size": group, "axis": 1, "view_as_float": False}
    packed = {"weight_quant_params": weights, "scale_quant_params": None}
    return {"quant_method": "hqq", "quant_config": packed}


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
    "exl3": (_exl3(4), {"quant_method": "exl3", "bits": 4.0}, 4),
    "exl3, 3 bits": (_exl3(3), {"quant_method": "exl3", "bits": 3.0}, 3),
    "exl3, signs packed": (_exl3_of_old, {"quant_method": "exl3"}, 4),
    "exl2": (_exl2, {"quant_method": "exl2", "bits": 3.0}, 3),
    "aqlm": (_aqlm, {"quant_method": "aqlm"}, 2),
    "hqq, 4 bits": (_hqq(4, 64), hqq(4, 64), 4),
    "hqq, 2 bits": (_hqq(2, 16), hqq(2, 16), 2),
    "eetq": (_eetq, {"quant_method": "eetq"}, 8),
    "bitnet": (_bitnet, {"quant_method": "bitnet"}, 2),
    "mxfp4, signed bytes": (_mxfp4("I8", ".scale"), {"quant_method": "fp8"}, 4),
}


# Of an expert, what holds its weights: no scale, and nothing else that lies beside it.
WEIGHT = re.compile(r"experts\.\d+\.\w+\.((q_?)?weight(_packed)?|trellis|codes|W_q)$")


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
    routed = of_config(QWEN)[Part.ROUTED_EXPERTS]
    weights = sum(item.bytes for item in tensors_of(headers) if WEIGHT.search(item.name))
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
    assert census.params[Part.ROUTER] == 2 * 32 + 8 + 8


@pytest.mark.parametrize(
    ("ending", "dtype", "method"),
    [
        (".weight", "U32", "unheard of"),
        (".weights_in_bytes", "U8", "unheard of"),
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
    assert str(problem).endswith("more. Its config.json alone can be imported")


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ({".weight._data": ("I8", (16, 16))}, "by Quanto, and headers do not say how many"),
        ({"._weight_qdata": ("I32", (16, 2))}, "by torchao, and headers do not say how many"),
        ({".Qidxs": ("I64", (16, 2))}, "by QuIP#, and headers do not say how many"),
        ({".centroids.weight": ("F16", (1, 16))}, "by VPTQ, and headers do not say how many"),
        ({".meta": ("I16", (16, 16))}, "by 2:4 sparsity, and headers do not say how many"),
        ({".qweight": ("I32", (16, 16))}, "and the config does not say with how many bits"),
        ({".weight_packed": ("I32", (16, 16))}, "and the config does not say with how many bits"),
        ({".weight": ("U32", (16, 16)), ".scales": ("F16", (16, 2)), ".biases": ("F16", (16, 2))},
         "by MLX, and no 'quantization' of the config fits them"),
        ({".W_q": ("U8", (16, 16)), ".scale": ("F16", (16, 1))},
         "by HQQ, and no 'quant_config' of the config fits them"),
    ],
)  # fmt: skip
def test_packings_that_need_more_than_headers(
    ends: dict[str, tuple[str, tuple[int, ...]]], said: str, tmp_path: Path
) -> None:
    """What it is and what to do is said in one line, with a config that says nothing of it."""
    headers = {f"model.layers.0.mlp.experts.0.up_proj{end}": ends[end] for end in ends}
    with pytest.raises(InputError) as caught:
        imported(folder_of(tmp_path / "model", headers, QWEN))
    (problem,) = map(str, caught.value.problems)
    assert problem == (
        f"{tmp_path}/model: weights are packed{'' if said[:2] == 'by' else ','} {said}:"
        f" model.layers.0.mlp.experts.0.up_proj{next(iter(ends))}."
        " Its config.json alone can be imported"
    )


def test_packed_weights_without_a_config(tmp_path: Path) -> None:
    """There is nothing else to import, and it is said what lacks."""
    headers = in_mlx(QWEN, lambda _: mlx(4, 64))
    with pytest.raises(InputError, match=r"by MLX, .* and \d+ more. No config.json beside it says"):
        imported(folder_of(tmp_path / "model", headers))


def mlx(bits: int, group: int, mode: str = "affine") -> Packing:
    """A matrix as MLX packs it: rows of whole words, a scale and mostly an offset a group."""

    def pack(stem: str, *shape: int) -> Headers:
        *rows, inner = shape
        scales = ("BF16" if mode == "affine" else "U8", (*rows, inner // group))
        found: Headers = {
            f"{stem}.weight": ("U32", (*rows, inner * bits // 32)),
            f"{stem}.scales": scales,
        }
        return found | ({f"{stem}.biases": scales} if mode == "affine" else {})

    return pack


def in_mlx(config: dict[str, Any], pack_of: Callable[[str], Packing | None]) -> Headers:
    """A checkpoint under MLX's names: experts in one tensor, whichever layers are packed."""
    found: Headers = {}
    for name, (dtype, shape) in headers_of(build(config), hub=True).items():
        expert = re.search(r"experts\.(\d+)\.", name)
        if expert and expert[1] != "0":
            continue
        if expert:
            shape = (config["num_experts"], *shape)
            name = name.replace("experts.0.", "switch_mlp.")
        stem = name.removesuffix(".weight")
        pack = pack_of(stem) if len(shape) > 1 else None
        found |= pack(stem, *shape) if pack else {name: (dtype, shape)}
    return found


@pytest.mark.parametrize(
    ("bits", "group", "mode"),
    [(4, 64, "affine"), (8, 64, "affine"), (2, 32, "affine"), (3, 64, "affine"), (5, 32, "affine"),
     (6, 128, "affine"), (4, 32, "mxfp4"), (4, 16, "nvfp4"), (8, 32, "mxfp8")],
)  # fmt: skip
@pytest.mark.parametrize("key", ["quantization", "quantization_config"])
def test_mlx(bits: int, group: int, mode: str, key: str, tmp_path: Path) -> None:
    """Words of 32 bits are unpacked; neither scales nor offsets are parameters."""
    said = {"group_size": group, "bits": bits, "mode": mode}
    headers = in_mlx(QWEN, lambda _: mlx(bits, group, mode))
    assert not any(".experts." in name for name in headers)
    row = imported(folder_of(tmp_path / "model", headers, QWEN | {key: said}))
    assert components(row) == of_config(QWEN)
    assert "agree with the config" in row.texts["remark"]
    routed = of_config(QWEN)[Part.ROUTED_EXPERTS]
    beside = {"affine": 4}.get(mode, 1)  # bytes of scale and offset
    assert row.numbers["routed_expert_bytes"].value == routed * (bits / 8 + beside / group)
    unknown = {"model_type": "qwen9_moe", key: said}
    row = imported(folder_of(tmp_path / "other", headers, QWEN | unknown))
    assert components(row) == of_config(QWEN)
    numbers = {name: row.numbers[name].value for name in ("num_experts", "hidden_size")}
    assert numbers == {"num_experts": 8, "hidden_size": 256}


def test_mlx_with_widths_that_differ_by_layer(tmp_path: Path) -> None:
    """The config names the layers that differ; one that it leaves out has the common width."""
    gates = {f"model.layers.{layer}.mlp.gate": {"group_size": 32, "bits": 8} for layer in (1, 2)}
    said = {"group_size": 64, "bits": 4, "lm_head": {"group_size": 64, "bits": 6}, **gates}

    def pack_of(stem: str) -> Packing | None:
        if stem == "model.embed_tokens":
            return None
        return {"lm_head": mlx(6, 64)}.get(stem, mlx(8, 32) if stem in gates else mlx(4, 64))

    headers = in_mlx(QWEN, pack_of)
    assert len({shape for name, (_, shape) in headers.items() if "mlp.gate.scales" in name}) == 1
    row = imported(folder_of(tmp_path / "model", headers, QWEN | {"quantization": said}))
    assert components(row) == of_config(QWEN)
    # Four bits in groups of 64 and eight in groups of 32 look the same but for the config.
    lying = said | {"model.layers.1.mlp.gate": {"group_size": 64, "bits": 4}}
    row = imported(folder_of(tmp_path / "lying", headers, QWEN | {"quantization": lying}))
    assert row.texts["remark"].endswith("not as in the config: router_params")


def mixed(*of: tuple[int, int | None, list[str]]) -> dict[str, Any]:
    """A config of compressed-tensors with groups of bits, group size and targets."""
    found = {
        f"group_{number}": {
            "targets": targets,
            "weights": {"num_bits": bits, "group_size": group, "type": "int"},
            "input_activations": {"num_bits": 8},
        }
        for number, (bits, group, targets) in enumerate(of)
    }
    return {"quant_method": "compressed-tensors", "config_groups": found}


def _by_channel(bits: int) -> Packing:
    return lambda stem, out, inner: {
        f"{stem}.weight_packed": ("I32", (out, inner * bits // 32)),
        f"{stem}.weight_scale": ("BF16", (out, 1)),
        f"{stem}.weight_shape": ("I64", (2,)),
    }


@pytest.mark.parametrize(
    ("attention", "experts", "said"),
    [
        (_packed(8, False), _packed(4, False), [(8, 64, ["Linear"]), (4, 64, ["re:.*experts.*"])]),
        (_packed(8, False), _packed(3, False), [(8, 64, ["re:.*attn"]), (3, 64, ["re:.*experts"])]),
        (_by_channel(8), _by_channel(4), [(8, None, ["Linear"]), (4, None, ["re:.*experts.*"])]),
        (_by_channel(8), _by_channel(4),
         [(8, None, ["re:.*self_attn.(q|k|v|o)_proj$"]), (4, None, ["Linear"])]),
    ],
    ids=["by groups", "three bits", "by targets", "the other way round"],
)  # fmt: skip
def test_compressed_tensors_with_several_widths(
    attention: Packing, experts: Packing, said: list[Any], tmp_path: Path
) -> None:
    """Scales tell how long rows are; where they do not, the targets tell the width."""

    def pack(stem: str, out: int, inner: int) -> Headers:
        return (experts if "experts" in stem else attention)(stem, out, inner)

    config = QWEN | {"quantization_config": mixed(*said)}
    row = imported(folder_of(tmp_path / "model", quantized(QWEN, pack), config))
    assert components(row) == of_config(QWEN)
    assert "agree with the config" in row.texts["remark"]


@pytest.mark.parametrize(
    "target", ["re:(a+)+$", "re:.*.*.*.*.*.*x", "re:(", "Linear", "re:.*nothing.*"]
)
def test_targets_that_do_not_tell_the_width(target: str, tmp_path: Path) -> None:
    """Nothing is guessed; nor is an expression asked that could take for ever."""
    said = mixed((4, None, [target]), (8, None, [target]))
    config = QWEN | {"quantization_config": said}
    with pytest.raises(InputError, match="packed, and the config does not say with how many bits"):
        imported(folder_of(tmp_path / "model", quantized(QWEN, _by_channel(4)), config))


def test_three_bits_of_hqq(tmp_path: Path) -> None:
    """Ten to a word: rows are filled up, and the scales tell how many there are."""
    headers = quantized(QWEN, _hqq(3, 64))
    config = QWEN | {"quantization_config": hqq(3, 64)}
    row = imported(folder_of(tmp_path / "model", headers, config))
    assert components(row) == of_config(QWEN)
    fewer = QWEN | {"quantization_config": hqq(3, 32)}
    with pytest.raises(InputError, match="packed by HQQ, and no 'quant_config' of the config fits"):
        imported(folder_of(tmp_path / "model", headers, fewer))


def test_exl3_that_fills_matrices_up(tmp_path: Path) -> None:
    """With zeros among the parameters the config's are not the checkpoint's: it is refused."""
    small = QWEN | {"moe_intermediate_size": 96}
    headers = quantized(small, lambda stem, out, inner: _exl3(4)(
        stem, -(-out // 128) * 128, -(-inner // 128) * 128))  # fmt: skip
    path = folder_of(tmp_path / "model", headers, small)
    with pytest.raises(InputError, match="EXL3 fills matrices up to multiples of 128") as caught:
        imported(path)
    assert str(caught.value).endswith("routed_expert_params. Its config.json alone can be imported")
    row = imported(folder_of(tmp_path / "other", headers, small | {"model_type": "qwen9_moe"}))
    assert "EXL3 fills matrices up to multiples of 128 with zeros" in row.texts["remark"]


@pytest.mark.parametrize("scale", [(1,), (256, 1)])
def test_bytes_that_may_be_one_number_or_two(scale: tuple[int, ...], tmp_path: Path) -> None:
    """Four bits have a scale for some dozens; bytes with fewer scales are not guessed at."""
    headers: Headers = {
        "model.layers.0.mlp.experts.0.up_proj.weight": ("U8", (256, 512)),
        "model.layers.0.mlp.experts.0.up_proj.weight_scale": ("F32", scale),
    }
    with pytest.raises(InputError, match="packed in a way that is not known"):
        imported(folder_of(tmp_path / "model", headers, QWEN))


def test_zero_points_that_are_filled_up(tmp_path: Path) -> None:
    """Where zero points do not come out even the config's bits count, and without them nothing."""

    def pack(stem: str, out: int, inner: int) -> Headers:
        found = _gptq(4)(stem, out, inner)
        rows, words = found[f"{stem}.qzeros"][1]
        return found | {f"{stem}.qzeros": ("I32", (rows, words + 1))}

    headers = quantized(QWEN, pack)
    config = QWEN | {"quantization_config": GPTQ | {"bits": 4}}
    assert components(imported(folder_of(tmp_path / "model", headers, config))) == of_config(QWEN)
    with pytest.raises(InputError, match="the config does not say with how many bits"):
        imported(folder_of(tmp_path / "model", headers, QWEN))


def test_lists_of_integers(tmp_path: Path) -> None:
    """A short one holds positions or the like, and no parameter; a long one may hold weights."""
    headers = headers_of(build(QWEN), hub=True) | {"model.layers.0.mlp.order": ("I64", (1_000,))}
    assert components(imported(folder_of(tmp_path / "model", headers, QWEN))) == of_config(QWEN)
    headers["model.layers.0.mlp.order"] = ("I64", (2_000_000,))
    with pytest.raises(InputError, match="packed in a way that is not known"):
        imported(folder_of(tmp_path / "model", headers, QWEN))
