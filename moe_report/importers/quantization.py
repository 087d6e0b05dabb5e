"""What a ``config.json`` says of packed weights: how many bits one has, and how many share a scale.

Three spellings are read: ``quantization_config`` with ``bits`` (GPTQ, AWQ) or ``config_groups``
(compressed-tensors), the same with ``quant_config`` (HQQ), and ``quantization`` (MLX), which names
layers that differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moe_report.importers.config_json import read_config, text_parts

KEYS = ("quantization", "quantization_config", "compression_config")
BITS_KEYS = ("bits", "w_bit", "nbits")
GROUP_KEYS = ("group_size", "q_group_size")
BESIDE = "hf_quant_config.json"  # where ModelOpt says it, and its config.json may say nothing
_OTHER = re.compile(r"activation|cache|scale_|zero_|sparsity")  # parts that are not about weights
# Targets are regular expressions of a file's author: one that could run for hours is not asked.
_MOST_REPEATS, _LONGEST = 3, 200
_MOST_WIDTHS = 256  # a config that speaks of more says nothing of a tensor
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")


@dataclass(frozen=True)
class Width:
    """How weights are packed.

    Attributes:
        bits: Of one weight.
        group: How many neighbours share a scale; None if the config does not say.
        targets: Names of layers that it is for, as compressed-tensors writes them.
    """

    bits: int
    group: int | None = None
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quantization:
    """How the weights of a checkpoint are packed, as far as its config says.

    Attributes:
        method: What the config calls it.
        widths: All that it speaks of.
        layers: What it says of single layers, by their name (MLX).
    """

    method: str = ""
    widths: tuple[Width, ...] = ()
    layers: Mapping[str, Width] = field(default_factory=dict)

    @property
    def bits(self) -> int | None:
        """Bits of a weight, where the config speaks of one width only."""
        found = {width.bits for width in self.widths}
        return found.pop() if len(found) == 1 else None

    def widths_of(self, layer: str) -> tuple[Width, ...]:
        """Return the widths that a layer's weights may have, the likeliest first.

        It is the layer's own where the config names the layer; else the one for all layers, which
        stands before those of single layers.
        """
        return (self.layers[layer],) if layer in self.layers else self.widths


def quantization_of(*configs: Mapping[str, Any]) -> Quantization:
    """Return what the first of the configs that speaks of quantization says."""
    for config in configs:
        for key in KEYS:
            said = config.get(key)
            if isinstance(said, Mapping):
                method = said.get("quant_method") or ("mlx" if key == "quantization" else "")
                return Quantization(str(method), tuple(_widths(said)), _layers(said))
    return Quantization()


def with_recipe(config: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """Return a config with what a file beside it says of quantization, if it says nothing itself.

    Raises:
        InputError: The file is no JSON object.
    """
    if says_how_packed(config) or not (folder / BESIDE).exists():
        return config
    return {**config, "quantization_config": read_config(folder / BESIDE)}


def says_how_packed(config: Mapping[str, Any]) -> bool:
    """Whether a config, or its part for text, says anything of quantization."""
    return any(part.get(key) for _, part in text_parts(config) for key in KEYS)


def _widths(said: Mapping[str, Any]) -> Iterator[Width]:
    """The widths that stand anywhere in what is said; nothing about how activations are packed."""
    level: list[tuple[Mapping[str, Any], tuple[str, ...]]] = [(said, ())]
    seen: set[Width] = set()
    for part, targets in level:  # what is found within is put behind
        named = part.get("targets")
        if isinstance(named, list):
            targets = tuple(target for target in named if isinstance(target, str))
        width = _width(part, targets)
        if width and width not in seen and len(seen) < _MOST_WIDTHS:
            seen.add(width)
            yield width
        level.extend(
            (inner, targets)
            for key, inner in part.items()
            if isinstance(inner, Mapping) and not _OTHER.search(key)
        )


def _width(part: Mapping[str, Any], targets: tuple[str, ...] = ()) -> Width | None:
    bits = next((part[key] for key in (*BITS_KEYS, "num_bits") if key in part), None)
    group = next((part[key] for key in GROUP_KEYS if key in part), None)
    if type(bits) is not int or not 1 <= bits <= 16:
        return None
    return Width(bits, group if type(group) is int and group > 0 else None, targets)


def _layers(said: Mapping[str, Any]) -> dict[str, Width]:
    return {
        name: width
        for name, inner in said.items()
        if isinstance(inner, Mapping) and (width := _width(inner))
    }


def is_target(target: str, layer: str) -> bool | None:
    """Whether a target of compressed-tensors is a layer; None if that cannot be said.

    Args:
        target: A layer's name, ``re:`` and a regular expression, or the name of a class, which
            may be any layer's.
        layer: A layer's name.
    """
    if not target.startswith("re:"):
        return target == layer or (False if "." in target else None)
    pattern = target.removeprefix("re:")
    repeats = len(re.findall(r"[*+{?]", pattern))
    if repeats > _MOST_REPEATS or _REPEATED_GROUP.search(pattern) or len(layer) > _LONGEST:
        return None
    try:
        return re.match(pattern, layer) is not None
    except (re.error, RecursionError, OverflowError):
        return None
