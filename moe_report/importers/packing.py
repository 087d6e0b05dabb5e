"""How many parameters a tensor of a quantized checkpoint stands for, by its name and shape.

Every way to pack weights gives itself away by the tensors that lie beside one another. Where a
scale's shape and the config both say how many numbers are packed, they must agree. What is not
understood is an error: nothing is guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

from moe_report.importers.quantization import Quantization, Width, is_target
from moe_report.importers.safetensors import Tensor

Others = Mapping[str, Tensor]
# Beside a quantized weight: bytes, but no parameters.
_SIDECAR = re.compile(
    r"(_scale_inv|_scale|_scale_2|_scale_ub|_scales|\.scales?|\.biases|\.qzeros|\.g_idx|_g_idx|"
    r"_shape|_zero_point|\.SCB|_global_scale|\.weight_format|\.absmax|\.quant_map|\.nested_\w+|"
    r"\.quant_state\.\w+|\.pre_quant_scale)$"
)
# What a scale of activations belongs to: it lies beside a weight of another name.
_ACTIVATIONS = ("input", "activation", "output", "q", "k", "v", "prob", "kv")
INTEGERS = ("BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64")
_PLAIN = ("F16", "BF16", "F32", "F64")  # a weight of these is not quantized, and has no scale
_WHICH = "weights are packed, and the config does not say with how many bits"
_MOST_NUMBERS = 1_000_000  # of a list of positions or the like; a longer one may be weights
_GROUPS = (16, 32, 64, 128)  # numbers of four bits that share a scale
_OF_A_BYTE = (1, 2, 4, 8)  # bits of which whole numbers of weights fill a byte
# Known, and yet their headers do not say how many weights there are.
_UNTOLD: Mapping[str, re.Pattern[str]] = {
    "Quanto": re.compile(r"\.weight\._data(\._data)?$"),
    "torchao": re.compile(r"_qdata$"),
    "QuIP#": re.compile(r"\.Qidxs(_\d+)?$"),
    "VPTQ": re.compile(r"\.(res_)?centroids\.weight$"),
    "2:4 sparsity": re.compile(r"\.(bitmask|meta|scale_packed)$"),
    "SpQR": re.compile(r"\.dense_weights$"),
}


def true_params(tensor: Tensor, others: Others, quantization: Quantization) -> int:
    """Return how many parameters a tensor stands for.

    Args:
        tensor: The tensor.
        others: All tensors of the checkpoint by name: what lies beside one says how it is packed.
        quantization: What the checkpoint's config says of it.

    Raises:
        ValueError: It is packed in a way that is not known.
    """
    name = tensor.name
    if packer := next((word for word, end in _UNTOLD.items() if end.search(name)), None):
        raise ValueError(f"weights are packed by {packer}, and headers do not say how many")
    if re.search(r"[._]blocks$", name) and f"{name[:-6]}scales" in others:
        return tensor.numel * 2  # MXFP4: two numbers a byte, a scale for 32 of them
    module, _, part = name.rpartition(".")
    for weight, (companions, count) in _MODULES.items():
        if part == "bias" or f"{module}.{weight}" not in others:
            continue
        if any(f"{module}.{companion}" in others for companion in companions):
            return count(tensor, module, others, quantization) if part == weight else 0
    if not tensor.shape or _is_sidecar(tensor, others):
        return 0
    if tensor.dtype not in INTEGERS:
        return tensor.numel
    if part == "qweight":
        return _gptq_or_awq(tensor, others, quantization)
    if tensor.dtype == "U32" and part == "weight" and f"{module}.scales" in others:
        return _mlx(tensor, module, others, quantization)
    beside = (name + "_scale", name + "_scales", name + "_weight_scale",
              re.sub("weight$", "scale", name))  # fmt: skip
    scale = next((others[key] for key in beside if key != name and key in others), None)
    if name.endswith("_packed"):
        scale = others.get(f"{name.removesuffix('_packed')}_scale")
        if tensor.dtype in ("I32", "I64"):
            return _compressed(tensor, module, scale, quantization)
    if tensor.dtype == "U8" and f"{name}.absmax" in others:
        return tensor.numel * 2  # bitsandbytes: nf4 and fp4
    if tensor.dtype == "U8" and scale:
        return tensor.numel * _in_a_byte(tensor, scale, quantization)
    if tensor.dtype == "I8" and f"{name.removesuffix('weight')}SCB" in others:
        return tensor.numel
    if tensor.dtype == "I8" and scale:
        # A scale of eight exponent bits is one for 32 numbers.
        packed = scale.dtype == "F8_E8M0" and tensor.shape[-1] * 2 == scale.shape[-1] * 32
        return tensor.numel * (2 if packed else 1)
    if len(tensor.shape) < 2 and tensor.numel <= _MOST_NUMBERS:
        return 0
    raise _unknown(quantization)


def true_shape(tensor: Tensor, count: int) -> tuple[int, ...]:
    """Return the shape that a matrix has once its last dimension is unpacked."""
    rows = math.prod(tensor.shape[:-1])
    if count in (0, tensor.numel) or not rows or count % rows or tensor.shape[-1] == 1:
        return tensor.shape
    return (*tensor.shape[:-1], count // rows)


def _unknown(quantization: Quantization) -> ValueError:
    how = quantization.method or "not given"
    return ValueError(f"weights are packed in a way that is not known (quant_method {how})")


def _only(counts: Iterable[int], why: str) -> int:
    found = set(counts)
    if len(found) != 1:
        raise ValueError(why)
    return found.pop()


def _mlx(weight: Tensor, module: str, others: Others, quantization: Quantization) -> int:
    """Rows of whole words, whatever the bits; the scales must be as many as the config has them."""
    scales = others[f"{module}.scales"]
    said = quantization.widths_of(module)
    for widths in (said[:1], said[1:]):
        fitting = {
            weight.bytes * 8 // width.bits
            for width in widths
            if width.group and weight.bytes * 8 == width.bits * width.group * scales.numel
        }
        if len(fitting) == 1:
            return fitting.pop()
    raise ValueError("weights are packed by MLX, and no 'quantization' of the config fits them")


def _compressed(
    weight: Tensor, module: str, scale: Tensor | None, quantization: Quantization
) -> int:
    """Rows that may be filled up to whole words: groups say how long they are, or whole bytes."""
    fitting = [
        (width, count)
        for width in quantization.widths
        if (count := _of_compressed(weight, scale, width)) is not None
    ]
    if len({count for _, count in fitting}) > 1:
        asked = [
            (count, [is_target(target, module) for target in width.targets])
            for width, count in fitting
        ]
        # One for all layers of a class stands back behind one that names the layer.
        named = [count for count, answers in asked if True in answers]
        return _only(named or [count for count, answers in asked if None in answers], _WHICH)
    return _only((count for _, count in fitting), _WHICH)


def _of_compressed(weight: Tensor, scale: Tensor | None, width: Width) -> int | None:
    word = 32 if weight.dtype == "I32" else 64
    if not weight.shape or width.bits > 8:
        return None
    *rows, packed = weight.shape
    if width.group and scale and len(scale.shape) == len(weight.shape):
        columns = scale.shape[-1] * width.group
        filled = {-(-columns * width.bits // word), -(-columns // (word // width.bits))}
        return math.prod(rows) * columns if packed in filled else None
    return weight.numel * (word // width.bits) if width.bits in _OF_A_BYTE else None


def _in_a_byte(weight: Tensor, scale: Tensor, quantization: Quantization) -> int:
    """Numbers in a byte: two of four bits, with a scale for some dozens; BitNet has four."""
    if quantization.method == "bitnet":
        return 4
    if scale.numel and weight.numel * 2 in (scale.numel * group for group in _GROUPS):
        return 2
    raise _unknown(quantization)


def _gptq_or_awq(tensor: Tensor, others: Others, quantization: Quantization) -> int:
    stem = tensor.name.removesuffix("qweight")
    scales, zeros = others.get(f"{stem}scales"), others.get(f"{stem}qzeros")
    bits = quantization.bits
    if scales and zeros and scales.numel and not zeros.bytes * 8 % scales.numel:
        # Zero points are packed as the weights are, and there is one for each scale.
        bits = zeros.bytes * 8 // scales.numel
    if bits is None or bits not in range(1, 17):
        raise ValueError(_WHICH)
    return tensor.bytes * 8 // bits


def _exl3(tensor: Tensor, module: str, others: Others, _: Quantization) -> int:
    """Tiles of 16 times 16; two vectors have a number for each row and each column."""
    if len(tensor.shape) != 3 or tensor.shape[-1] % 16:
        raise ValueError("weights are no trellis of EXL3")
    for axis, vector in enumerate(("suh", "svh")):
        beside = others.get(f"{module}.{vector}")
        if beside and beside.numel != tensor.shape[axis] * 16:
            raise ValueError("weights are no trellis of EXL3")
    return tensor.shape[0] * tensor.shape[1] * 256


def _exl2(tensor: Tensor, module: str, others: Others, _: Quantization) -> int:
    """Rows of mixed bits: how many there are is said by what puts them in their order."""
    order = others.get(f"{module}.q_invperm") or others.get(f"{module}.q_perm")
    if order is None or len(tensor.shape) != 2:
        raise ValueError("weights are packed by EXL2, without an order of their rows")
    return order.numel * tensor.shape[1]


def _aqlm(tensor: Tensor, module: str, others: Others, _: Quantization) -> int:
    """A code for some neighbours; the books say for how many."""
    books = others[f"{module}.codebooks"]
    if len(books.shape) != 4 or len(tensor.shape) != 3:
        raise ValueError("weights are no codes of AQLM")
    return math.prod(tensor.shape[:2]) * math.prod(books.shape[2:])


def _hqq(tensor: Tensor, module: str, others: Others, quantization: Quantization) -> int:
    """Whole bytes of one width, and a scale a group; three bits are ten to a word."""
    scale = others[f"{module}.scale"]
    if scale.dtype not in _PLAIN:  # scales that are packed themselves say nothing
        counts = (tensor.bytes * 8 // width.bits for width in quantization.widths
                  if width.bits in _OF_A_BYTE)  # fmt: skip
    else:
        counts = (
            scale.numel * width.group
            for width in quantization.widths
            if width.group and _fits_hqq(tensor, scale.numel * width.group, width.bits)
        )
    return _only(counts, "weights are packed by HQQ, and no 'quant_config' of the config fits them")


def _fits_hqq(tensor: Tensor, count: int, bits: int) -> bool:
    if bits != 3:
        return tensor.bytes * 8 == count * bits
    room = tensor.bytes // 4 * 10
    return tensor.dtype == "I32" and count <= room < count + 10 * tensor.shape[-1]


# Of one module, the tensor that holds its weights, what may lie beside it, and how it is counted;
# all else of the module but a bias belongs to it.
_MODULES: Mapping[str, tuple[Sequence[str], Callable[[Tensor, str, Others, Quantization], int]]] = {
    "trellis": (("svh", "sv"), _exl3),
    "q_weight": (("q_scale",), _exl2),
    "codes": (("codebooks",), _aqlm),
    "W_q": (("scale",), _hqq),
}


def _is_sidecar(tensor: Tensor, others: Others) -> bool:
    found = _SIDECAR.search(tensor.name)
    if not found:
        return False
    stem = tensor.name[: found.start()]
    if stem.rsplit(".", 1)[-1] in _ACTIVATIONS and len(tensor.shape) < 2:
        return True
    stems = (stem, stem.removesuffix("_weight"), stem.removesuffix("_input"))
    ends = ("", ".weight", ".qweight", "_packed", "_blocks", ".blocks", ".weight_packed")
    beside = (others.get(start + end) for start, end in product(stems, ends))
    return any(weight and weight.dtype not in _PLAIN for weight in beside)
