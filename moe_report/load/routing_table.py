"""Counts of tokens in a table: long, a row an expert of a layer, or wide, a row a layer.

The columns of a long one are called layer, expert and tokens, and perhaps model. A wide one has a
column an expert, called by its number; before them a column called layer, or none, and perhaps one
called model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moe_report.errors import InputError, Problem
from moe_report.routing.counts import MOST_EXPERTS, Counts, counted
from moe_report.text import shown

_NAMES = {
    "model": {"model", "model name"},
    "layer": {"layer", "layer id", "layer idx", "layer index", "moe layer"},
    "expert": {"expert", "expert id", "expert idx", "expert index", "logical expert"},
    "tokens": {"tokens", "count", "counts", "token count", "tokens routed", "load", "num tokens"},
}
_EXPERT = re.compile(r"(?:expert|e)?[\s_#-]*(\d{1,6})", re.IGNORECASE)
_LAYER = re.compile(r"(?:layer|l)?[\s_#-]*(\d{1,6})", re.IGNORECASE)


@dataclass
class _Layers:
    """What was read of one model: the tokens of experts, by layer."""

    rows: dict[int, dict[int, Any]] = field(default_factory=dict)

    def counts(self, where: str) -> Counts:
        """Return them; an expert that no row speaks of has no tokens."""
        experts = 1 + max(expert for row in self.rows.values() for expert in row)
        return counted(
            {layer: [row.get(at, 0) for at in range(experts)] for layer, row in self.rows.items()},
            where,
        )


def counts_of_table(rows: Sequence[Sequence[Any]], where: str) -> Mapping[str, Counts]:
    """Return the counts of each model that a table has; of a table without models under "".

    Args:
        rows: The cells; the first row that is not empty holds the headers.
        where: What to call the table in an error.

    Raises:
        InputError: It is neither long nor wide, or cells are no numbers of layers, experts, tokens.
    """
    filled = [(at, row) for at, row in enumerate(rows, 1) if any(_words(cell) for cell in row)]
    if not filled:
        raise InputError([Problem(where, "is empty, expected counts of tokens")])
    (_, headers), *body = filled
    columns = _columns(headers)
    experts = {at: int(found[1]) for at, cell in enumerate(headers)
               if (found := _EXPERT.fullmatch(_words(cell)))}  # fmt: skip
    long = {"layer", "expert", "tokens"} <= columns.keys()
    if not long and (not experts or "expert" in columns):
        expected = "layer, expert and tokens, or layer and a number for each expert"
        raise InputError([Problem(where, f"has no columns of counts, expected {expected}")])
    if len({*experts.values()}) < len(experts):
        raise InputError([Problem(where, "has a column of an expert twice")])
    models: dict[str, _Layers] = {}
    problems: list[Problem] = []
    for at, row in body:
        try:
            (_read_long if long else _read_wide)(row, columns, experts, models)
        except ValueError as error:
            problems.append(Problem(where, f"row {at}: {error}"))
    if problems or not models:
        raise InputError(problems or [Problem(where, "has no rows of counts")])
    return {
        model: found.counts(f"{where}, {model}" if model else where)
        for model, found in models.items()
    }


def _columns(headers: Sequence[Any]) -> dict[str, int]:
    """Where each column stands that has one of the names."""
    return {
        name: at
        for at, header in reversed([*enumerate(headers)])
        for name, spellings in _NAMES.items()
        if re.sub(r"[\s_-]+", " ", _words(header)).casefold() in spellings
    }


def _read_long(
    row: Sequence[Any], columns: Mapping[str, int], _: object, models: dict[str, _Layers]
) -> None:
    layer = _number(row, columns["layer"], _LAYER, "a layer")
    expert = _number(row, columns["expert"], _EXPERT, "an expert")
    if expert >= MOST_EXPERTS:
        raise ValueError(f"found expert {expert}, expected less than {MOST_EXPERTS:,}")
    experts = models.setdefault(_model(row, columns), _Layers()).rows.setdefault(layer, {})
    if expert in experts:
        raise ValueError(f"expert {expert} of layer {layer} stands there twice")
    experts[expert] = _tokens(_cell(row, columns["tokens"]))


def _read_wide(
    row: Sequence[Any],
    columns: Mapping[str, int],
    experts: Mapping[int, int],
    models: dict[str, _Layers],
) -> None:
    rows = models.setdefault(_model(row, columns), _Layers()).rows
    named = "layer" in columns
    layer = _number(row, columns["layer"], _LAYER, "a layer") if named else len(rows)
    if layer in rows:
        raise ValueError(f"layer {layer} stands there twice")
    rows[layer] = {expert: _tokens(_cell(row, at)) for at, expert in experts.items()}


def _model(row: Sequence[Any], columns: Mapping[str, int]) -> str:
    return _words(_cell(row, columns["model"])) if "model" in columns else ""


def _number(row: Sequence[Any], at: int, pattern: re.Pattern[str], what: str) -> int:
    """The number of a layer or an expert."""
    found = pattern.fullmatch(_words(_cell(row, at)))
    if not found:
        raise ValueError(f"found {shown(_cell(row, at))}, expected the number of {what}")
    return int(found[1])


def _tokens(value: Any) -> Any:
    """A number of tokens; the text of one as its number."""
    if value is None or _words(value) == "":
        return 0
    if isinstance(value, str):
        text = value.strip().replace(",", "")
        if not re.fullmatch(r"-?\d{1,18}(\.0*)?", text):
            raise ValueError(f"found {shown(value)}, expected a number of tokens")
        return float(text)
    return value


def _cell(row: Sequence[Any], at: int) -> Any:
    return row[at] if at < len(row) else None


def _words(value: Any) -> str:
    """A cell as text; a whole number without a decimal point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None or isinstance(value, bool) else str(value).strip()
