"""Tokens that each routed expert of each layer got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moe_report.errors import InputError, Problem, first_of

Tokens = NDArray[np.float64]
MOST_LAYERS, MOST_EXPERTS = 10_000, 100_000
_LARGEST = 2.0**53  # whole numbers beyond it are not exact


@dataclass(frozen=True)
class Counts:
    """How many tokens each expert of the layers with experts got.

    Attributes:
        layers: The number of each layer in its model, ascending.
        tokens: A row for each of them, a column an expert.
        rows: Of layers that the file gives no numbers, how many it has, dense ones included: their
            numbers in ``layers`` are counted from 0. Else 0.
        idle: The numbers of layers without any tokens: dense ones, as recorders write them, or ones
            that nothing was sent to.
        most: How many experts there may be: those after the last one have no tokens; 0 for none.
        unsaid: Whether no row of a table is of expert 0, which then has no tokens or is called 1.
        notes: Sentences on what was assumed.
        where: What an error calls the file.
    """

    layers: tuple[int, ...]
    tokens: Tokens
    rows: int = 0
    idle: tuple[int, ...] = ()
    most: int = 0
    unsaid: bool = False
    notes: tuple[str, ...] = ()
    where: str = ""

    @property
    def num_experts(self) -> int:
        """Experts of a layer."""
        return int(self.tokens.shape[1])


def last_layer(counts: Counts) -> int:
    """Return how many layers there are at least, dense ones included."""
    return max(counts.rows, counts.layers[-1] + 1)


def counted(rows: Mapping[int, object], where: str) -> Counts:
    """Return the counts of layers, each a list of a number an expert.

    Layers without any tokens are dense ones, as recorders write them, and left out.

    Args:
        rows: The list of each layer, by its number.
        where: What to call the file in an error.

    Raises:
        InputError: A list has other than whole numbers from 0 on, or another length than the first
            one, or no layer has tokens. All of it at once.
    """
    if not rows or len(rows) > MOST_LAYERS:
        expected = f"expected counts of 1 to {MOST_LAYERS:,} layers"
        raise InputError([Problem(where, f"found {len(rows):,} layers, {expected}")])
    problems: list[Problem] = []
    found: dict[int, Tokens] = {}
    length = 0
    for layer, row in sorted(rows.items()):
        values = np.asarray(_numbers(row), np.float64)
        length = length or len(values)
        if why := _wrong(values, length):
            problems.append(Problem(where, f"layer {layer}: {why}"))
        elif values.any():
            found[layer] = values
    if problems:
        raise InputError(problems)
    if not found:
        raise InputError([Problem(where, "all counts are 0")])
    idle = tuple(layer for layer in sorted(rows) if layer not in found)
    return Counts(tuple(found), np.stack([*found.values()]), idle=idle, where=where)


def _numbers(row: object) -> list[float]:
    """The numbers of a list; NaN for what is none."""
    if isinstance(row, np.ndarray):
        return [float(value) for value in row]
    if not isinstance(row, list):
        return []
    return [_number(value) for value in row]


def _number(value: object) -> float:
    """A number as a float, which the largest whole ones are too large for; NaN for none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return np.nan
    return float(value) if abs(value) <= _LARGEST else np.inf


def _wrong(values: Tokens, length: int) -> str:
    """What is wrong with the counts of a layer; empty if nothing."""
    if not 1 <= len(values) <= MOST_EXPERTS:
        return f"found counts of {len(values):,} experts, expected a list of 1 to {MOST_EXPERTS:,}"
    if len(values) != length:
        return f"found {len(values):,} experts, expected {length:,} as in the first layer"
    bad = ~((values >= 0) & (values <= _LARGEST) & (values == np.floor(values)))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        found = "no number of" if np.isnan(values[at]) else f"{values[at]:g}"
        return f"expert {at} has {found} tokens, expected a whole number from 0 to 2^53"
    return ""


def of_model(counts: Counts, sizes: Mapping[str, float | None], where: str) -> Counts:
    """Return the counts with the numbers that the layers have in their model.

    Args:
        counts: As a file has them.
        sizes: The model's fields.
        where: What to call the file in an error.

    Raises:
        InputError: They are of other experts or layers; which ones is said.
    """
    experts, layers, sparse = (
        int(sizes.get(name) or 0) for name in ("num_experts", "num_hidden_layers", "num_moe_layers")
    )
    first = int(sizes.get("first_k_dense_replace") or 0)
    problems = []
    counts = _from_zero(counts, experts, layers, where)
    if counts.num_experts < experts <= counts.most:
        missing = np.zeros((len(counts.layers), experts - counts.num_experts))
        counts = replace(counts, tokens=np.hstack([counts.tokens, missing]))
    if experts and counts.num_experts != experts:
        problems.append(f"counts are of {counts.num_experts} experts, the model has {experts}")
    if counts.rows and counts.rows == sparse != layers:
        if first + sparse != layers:
            problems.append("which layers of the model have experts is not known: number them")
        counts = replace(counts, layers=tuple(first + layer for layer in counts.layers))
    if layers and counts.layers[-1] >= layers:
        problems.append(f"layer {counts.layers[-1]}: the model's layers are 0 to {layers - 1}")
    elif counts.layers[0] < first:
        problems.append(f"layer {counts.layers[0]} has no experts in the model, nor have others"
                        f" before layer {first}")  # fmt: skip
    idle = tuple(layer for layer in counts.idle if first <= layer < layers)
    if sparse and len(counts.layers) + len(idle) == sparse:
        counts = _with_idle(counts, idle)
    elif sparse and len(counts.layers) != sparse:
        problems.append(_missing(counts.layers, first, layers, sparse))
    if problems:
        raise InputError(Problem(where, problem) for problem in problems)
    return counts


def _from_zero(counts: Counts, experts: int, layers: int, where: str) -> Counts:
    """Counts whose experts or layers are numbered from 1, as the number of the last one tells."""
    said = []
    if counts.unsaid and experts and counts.num_experts == experts + 1:
        counts = replace(counts, tokens=counts.tokens[:, 1:])
        said.append("experts are numbered from 1; here from 0")
    elif counts.unsaid:
        said.append("expert 0 has no row, and so no tokens")
    numbers = {*counts.layers, *counts.idle}
    if layers and not counts.rows and min(numbers) > 0 and max(numbers) == layers:
        found, idle = (
            tuple(layer - 1 for layer in listed) for listed in (counts.layers, counts.idle)
        )
        counts = replace(counts, layers=found, idle=idle)
        said.append("layers are numbered from 1; here from 0")
    notes = (f"{where}: {note}" for note in said)
    return replace(counts, unsaid=False, notes=(*counts.notes, *notes))


def _missing(found: tuple[int, ...], first: int, layers: int, sparse: int) -> str:
    """What to say where counts are not of the layers with experts."""
    if first + sparse == layers and (lacking := sorted({*range(first, layers)} - {*found})):
        return f"counts are missing of layers {first_of([*map(str, lacking)])}"
    listed = first_of([*map(str, found)])
    return f"{sparse} layers of the model have experts, counts are of layers {listed}"


def _with_idle(counts: Counts, idle: tuple[int, ...]) -> Counts:
    """Counts with layers that have experts, none of which got a token."""
    tokens = np.vstack([counts.tokens, np.zeros((len(idle), counts.num_experts))])
    layers = (*counts.layers, *idle)
    order = np.argsort(layers)
    return replace(counts, layers=tuple(sorted(layers)), tokens=tokens[order], idle=())


def with_tokens(counts: Counts) -> Counts:
    """Return the counts of the layers of which an expert has tokens."""
    busy = np.flatnonzero(counts.tokens.sum(axis=1))
    return replace(
        counts, layers=tuple(counts.layers[at] for at in busy), tokens=counts.tokens[busy]
    )
