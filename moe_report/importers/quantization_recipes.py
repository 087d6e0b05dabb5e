"""Ways to quantize weights, and the bits that each takes for a weight with its scales.

Blocks and scales are those of the programs that write the files: bitsandbytes packs blocks of 64,
fbgemm scales rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moe_report.errors import first_of
from moe_report.importers.quantization import BITS_KEYS, GROUP_KEYS
from moe_report.importers.recipe_keys import unread_of
from moe_report.text import shown

Recipe = Mapping[str, Any]
Numbers = Mapping[Any, float]
_BYTE = 8
_WHOLE = -1  # instead of a group's size: a row of the matrix is one group


class UnclearError(ValueError):
    """What a config says of its weights is not understood; the text names the key."""


@dataclass(frozen=True)
class Widths:
    """Bits of a weight of what a recipe quantizes; None is what it never does.

    Attributes:
        routed: Of routed experts' matrices.
        other: Of other matrices.
        rest: Of embeddings and the rest.
        linear_head: Whether the output head is quantized unless the recipe ignores it.
    """

    routed: float | None
    other: float | None = None
    rest: float | None = None
    linear_head: bool = False

    @property
    def embeddings(self) -> bool:
        """Whether embeddings are quantized."""
        return self.rest is not None


def bits_of(recipe: Recipe, key: str, model_type: str, numbers: Numbers) -> Widths:
    """Return the bits of what a recipe quantizes.

    Raises:
        UnclearError: The recipe is not known, or it does not say enough.
    """
    method = _method(recipe)
    reader = _READERS.get(method)
    if reader is None:
        said = recipe.get("quant_method") or ""
        raise UnclearError(f"{key}.quant_method is {shown(said)}, which is not known")
    if method == "mxfp4" and model_type != "gpt_oss":
        raise UnclearError(f"{key}.quant_method is 'mxfp4', known of gpt_oss alone")
    try:
        widths = reader(recipe, numbers)
    except UnclearError as error:
        raise UnclearError(f"{key}{error}") from None
    if meant := [f"{key}.{path}" for path, of_bits in unread_of(recipe, method) if of_bits]:
        raise UnclearError(f"{first_of(meant, 10)} of the recipe is not understood")
    return widths


def keys_not_read(recipe: Recipe) -> Iterator[str]:
    """Give the keys of a recipe that are not read, and that speak of no bits."""
    yield from (path for path, of_bits in unread_of(recipe, _method(recipe)) if not of_bits)


def _method(recipe: Recipe) -> str:
    """How a recipe quantizes, as readers are called: by its name, or by the keys that it has."""
    method = recipe.get("quant_method")
    if method is None:
        method = "mlx" if "group_size" in recipe and "config_groups" not in recipe else ""
        if "quant_algo" in recipe or "quantization" in recipe:
            method = "modelopt"
    return str(method).lower().replace("_", "-")


def _same(bits: float, *, linear_head: bool = False) -> Widths:
    return Widths(bits, bits, linear_head=linear_head)


_FP8_FORMATS = (None, "e4m3", "e5m2", "e4m3fn", "float8_e4m3fn", "float8_e5m2", "float8_e4m3")


def _fp8(recipe: Recipe, numbers: Numbers) -> Widths:
    if (found := recipe.get("fmt")) not in _FP8_FORMATS:
        raise UnclearError(f".fmt is {shown(found)}, which is no known float of 8 bits")
    if recipe.get("expert_dtype") not in (None, "fp8"):
        raise UnclearError(f".expert_dtype is {shown(recipe['expert_dtype'])}, expected 'fp8'")
    if recipe.get("weight_per_tensor") and recipe.get("weight_block_size"):
        raise UnclearError(".weight_per_tensor and .weight_block_size contradict each other")
    return _same(_BYTE + _of_blocks(recipe.get("weight_block_size"), ".weight_block_size", 32))


def _of_blocks(block: Any, key: str, scale: int) -> float:
    if block is None:
        return 0  # one scale a matrix
    if not isinstance(block, list) or len(block) != 2 or not all(
        type(side) is int and side > 0 for side in block
    ):  # fmt: skip
        raise UnclearError(f"{key} is {shown(block)}, expected two whole numbers")
    return float(scale / (block[0] * block[1]))


def _by_channel(bits: float, scale: int, numbers: Numbers) -> Widths:
    """A scale for each row of a matrix: of experts' by their sides, of others' by the width."""
    width, inner = numbers.get("hidden_size"), numbers.get("moe_intermediate_size")
    if not width or not inner:
        raise UnclearError(" has a scale for each row, and the sides of experts are not known")
    rows = (2 * inner + width) / (3 * inner * width)
    return Widths(bits + scale * rows, bits + scale / width)


def _fbgemm(recipe: Recipe, numbers: Numbers) -> Widths:
    """FP8 with an FP32 scale for each row, the output head left as it was."""
    found = _by_channel(_BYTE, 32, numbers)
    return Widths(found.routed, found.other, linear_head=_names_kept(recipe))


def _names_kept(recipe: Recipe) -> bool:
    """Whether the recipe names what is kept; the output head is kept if it names nothing."""
    return any(recipe.get(key) for key in ("modules_to_not_convert", "llm_int8_skip_modules"))


def _bitsandbytes(recipe: Recipe, numbers: Numbers) -> Widths:
    """Of 4 bits, blocks of 64 share an FP32 scale, or one of 8 bits, 256 of which share another.

    Of 8 bits, each row has an FP32 scale.
    """
    four, eight = (
        any(recipe.get(f"{before}load_in_{bits}bit") for before in ("", "_")) for bits in (4, 8)
    )
    head = _names_kept(recipe)
    if eight and not four:
        found = _by_channel(_BYTE, 32, numbers)
        return Widths(found.routed, found.other, linear_head=head)
    if not four or eight:
        raise UnclearError(".load_in_4bit and .load_in_8bit: one of them must be true")
    kind = recipe.get("bnb_4bit_quant_type", "fp4")
    if kind not in ("nf4", "fp4"):
        raise UnclearError(f".bnb_4bit_quant_type is {shown(kind)}, expected 'nf4' or 'fp4'")
    if recipe.get("bnb_4bit_quant_storage") not in (None, "uint8"):
        raise UnclearError(".bnb_4bit_quant_storage is not 'uint8'")
    double = recipe.get("bnb_4bit_use_double_quant")
    scale = (8 + 32 / 256) / 64 if double else 32 / 64
    return _same(4 + scale, linear_head=head)


def _mxfp4(recipe: Recipe, numbers: Numbers) -> Widths:
    return Widths(4 + 8 / 32)


def _bits_and_group(recipe: Recipe, allowed: tuple[int, ...]) -> tuple[int, int]:
    bits = next((recipe[key] for key in BITS_KEYS if key in recipe), None)
    group = next((recipe[key] for key in GROUP_KEYS if key in recipe), None)
    if isinstance(bits, str) and re.fullmatch("[0-9]", bits):
        bits = int(bits)
    if type(bits) is not int or bits not in allowed:
        raise UnclearError(
            f".bits is {shown(bits)}, expected one of {', '.join(map(str, allowed))}"
        )
    if type(group) is not int or (group != _WHOLE and (group <= 0 or group % 8)):
        raise UnclearError(f".group_size is {shown(group)}, expected a multiple of 8")
    return bits, group


def _in_groups(recipe: Recipe, allowed: tuple[int, ...], numbers: Numbers) -> Widths:
    """A 16 bit scale and a packed zero for a group; symmetric ones are stored with zeros too."""
    bits, group = _bits_and_group(recipe, allowed)
    if group == _WHOLE:
        return _by_channel(bits, 16 + bits, numbers)
    return _same(bits + (16 + bits) / group)


def _gptq(recipe: Recipe, numbers: Numbers) -> Widths:
    if recipe.get("dynamic"):
        raise UnclearError(".dynamic has widths that differ by layer")
    return _in_groups(recipe, (2, 3, 4, 8), numbers)


def _awq(recipe: Recipe, numbers: Numbers) -> Widths:
    if recipe.get("zero_point", True) is not True:
        raise UnclearError(f".zero_point is {shown(recipe.get('zero_point'))}, expected true")
    return _in_groups(recipe, (4,), numbers)


_MLX_MODES = {("mxfp4", 4, 32): 4.25, ("mxfp8", 8, 32): 8.25, ("nvfp4", 4, 16): 4.5}
_MLX_WORDS = {"quant_method", "mode", "bits", "group_size"}


def _mlx(recipe: Recipe, numbers: Numbers) -> Widths:
    """A 16 bit scale and bias for a group of all matrices, embeddings too."""
    if single := [key for key, value in recipe.items() if key not in _MLX_WORDS]:
        raise UnclearError(f" has widths that differ by layer: {shown(single[0])}")
    bits, group = _bits_and_group(recipe, (2, 3, 4, 5, 6, 8))
    if group == _WHOLE:
        raise UnclearError(f".group_size is {group}, expected a multiple of 8")
    mode = recipe.get("mode", "affine")
    if mode == "affine":
        width = bits + 32 / group
    elif (mode, bits, group) in _MLX_MODES:
        width = _MLX_MODES[mode, bits, group]
    else:
        raise UnclearError(f".mode is {shown(mode)}, which is not known with these bits")
    return Widths(width, width, width)


def _modelopt(recipe: Recipe, numbers: Numbers) -> Widths:
    inner = recipe.get("quantization")
    said = inner if isinstance(inner, Mapping) else recipe
    algorithm = said.get("quant_algo")
    widths = {"NVFP4": 4.5, "FP8": 8.0}
    if algorithm not in widths or said.get("moe_quant_algo") not in (None, algorithm):
        raise UnclearError(f".quant_algo is {shown(algorithm)}, which is not known")
    if algorithm == "NVFP4" and said.get("group_size", 16) != 16:
        raise UnclearError(f".group_size is {shown(said['group_size'])}, expected 16")
    found = _weights(said) if said.get("config_groups") else {}
    if found and found.get("num_bits") != int(widths[algorithm]):
        raise UnclearError(f".quant_algo is {algorithm}, which its config_groups contradict")
    return _same(widths[algorithm], linear_head=True)


def _weights(recipe: Recipe) -> Mapping[str, Any]:
    """What the only group of a recipe says of weights, for all linear layers."""
    groups = recipe.get("config_groups")
    if not isinstance(groups, Mapping) or len(groups) != 1:
        raise UnclearError(".config_groups has widths that differ by layer, or none")
    (group,) = groups.values()
    weights = group.get("weights") if isinstance(group, Mapping) else None
    if not isinstance(weights, Mapping) or group.get("targets") != ["Linear"]:
        raise UnclearError(".config_groups is not for all linear layers")
    return weights


def _compressed(recipe: Recipe, numbers: Numbers) -> Widths:
    weights, layout = _weights(recipe), recipe.get("format")
    bits, strategy = weights.get("num_bits"), weights.get("strategy")
    group, kind = weights.get("group_size"), weights.get("type")
    sparsity = recipe.get("sparsity_config")
    if isinstance(sparsity, Mapping) and sparsity.get("format") not in (None, "dense"):
        raise UnclearError(".sparsity_config says that weights are left out")
    if (layout, bits, group) == ("nvfp4-pack-quantized", 4, 16):
        return _same(4.5, linear_head=True)
    if (layout, bits, group) == ("mxfp4-pack-quantized", 4, 32):
        return _same(4.25, linear_head=True)
    packed = layout == "pack-quantized" and kind == "int" and bits in (2, 4, 8)
    whole = layout in ("int-quantized", "float-quantized", "naive-quantized") and bits == _BYTE
    if type(bits) is not int or not (packed or whole):
        raise UnclearError(f".format is {shown(layout)} of {shown(bits)} bits, which is not known")
    if weights.get("symmetric") is not True and strategy != "group":
        raise UnclearError(".config_groups has zeros, of which is not known how they are stored")
    zero = 0 if weights.get("symmetric") is True else bits
    if strategy == "group" and type(group) is int and group > 0 and not group % 8:
        return _same(bits + (16 + zero) / group, linear_head=True)
    if strategy == "block":
        key = ".config_groups.weights.block_structure"
        return _same(bits + _of_blocks(weights.get("block_structure"), key, 16), linear_head=True)
    if strategy == "channel":
        found = _by_channel(bits, 16, numbers)
        return Widths(found.routed, found.other, linear_head=True)
    if strategy == "tensor":
        return _same(bits, linear_head=True)
    raise UnclearError(f".config_groups has the strategy {shown(strategy)}, which is not known")


_READERS: Mapping[str, Callable[[Recipe, Numbers], Widths]] = {
    "fp8": _fp8,
    "fbgemm-fp8": _fbgemm,
    "bitsandbytes": _bitsandbytes,
    "mxfp4": _mxfp4,
    "gptq": _gptq,
    "awq": _awq,
    "mlx": _mlx,
    "modelopt": _modelopt,
    "compressed-tensors": _compressed,
}
