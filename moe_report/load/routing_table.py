"""Counts of tokens in a table: long, a row an expert of a layer, or wide, a row a layer.

The columns of a long one are called layer, expert and tokens, and perhaps model; of several steps
their tokens are summed. A wide one has a column an expert, called by its number from 0 or 1 on;
before them a column called layer, or none, and perhaps one called model.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from moe_report.errors import InputError, NoCountsError, Problem, first_of
from moe_report.load.grid import Grid
from moe_report.routing.counts import MOST_EXPERTS, Counts, counted
from moe_report.schema.numerals import mark_of
from moe_report.text import shown

_NAMES = {
    "model": {"model", "model name"},
    "layer": {"layer", "layer id", "layer idx", "layer index", "moe layer"},
    "expert": {"expert", "expert id", "expert idx", "expert index", "logical expert"},
    "step": {"step", "iteration", "iter", "batch"},
    "tokens": {"tokens", "count", "counts", "token count", "tokens routed", "load", "num tokens"},
}
_EXPERT = re.compile(r"(?:(?:expert|e)[\s_#-]*)?#?(\d{1,6})", re.IGNORECASE)
_TOKENS = re.compile(r"-?\d{1,18}(\.\d+)?(e\+?\d)?", re.IGNORECASE)
_HEADS = 10  # rows among which the headers are looked for
_LAYER = re.compile(r"(?:(?:layer|l)[\s_#-]*)?#?(\d{1,6})", re.IGNORECASE)
_TOTALS = {"total", "totals", "sum", "all", "mean", "average", "max", "min"}
_MOST_DIGITS = 10**6  # the numbers that a layer or an expert may have in words, too
_LEFT_OUT = 1.05  # a long table may leave out the last experts, where these are so few


@dataclass
class _Table:
    """What the headers of a table say.

    Attributes:
        columns: Where each column stands that has one of the names.
        experts: The expert of each other column, if it is wide.
        ignored: The headers of columns that are neither, and rows without any number.
        mark: The sign before decimals in its texts; empty if none has one.
        dotted: One of its texts with a point; empty if none has one.
        models: What was read: by model and by layer the tokens of experts.
    """

    columns: Mapping[str, int]
    experts: Mapping[int, int]
    ignored: list[str] = field(default_factory=list)
    mark: str = ""
    dotted: str = ""
    models: dict[str, dict[int, dict[int, Any]]] = field(default_factory=dict)

    @property
    def is_long(self) -> bool:
        """Whether a row is an expert of a layer."""
        return {"layer", "expert", "tokens"} <= self.columns.keys()


def counts_of_grid(grid: Grid, where: str, ours: Collection[str] = ()) -> Mapping[str, Counts]:
    """Return the counts of each model on a sheet, as :func:`counts_of_table` does.

    Raises:
        InputError: As there.
    """
    rows = [grid.row(at) for at in grid.below(0)]
    if grid.scan.formulas:
        columns = range(1, grid.last_column + 1)
        rows = [[_value(grid, at, column) for column in columns] for at in grid.below(0)]
    return counts_of_table(rows, where, ours)


def _value(grid: Grid, row: int, column: int) -> Any:
    """What a cell holds; of a formula without a stored value its text."""
    value, formula = grid.value(row, column), grid.formula(row, column)
    if value is None and formula is not None and not formula.has_value:
        return f"={grid.formula_text(row, column)}"
    return value


def counts_of_table(
    rows: Sequence[Sequence[Any]], where: str, ours: Collection[str] = ()
) -> Mapping[str, Counts]:
    """Return the counts of each model that a table has; of a table without models under "".

    Args:
        rows: The cells. The first row that is not empty holds the headers, or one soon below it
            that has layers.
        where: What to call the table in an error.
        ours: Headers of columns that are computed of the counts.

    Raises:
        InputError: It is neither long nor wide, or cells are no numbers of layers, experts, tokens.
    """
    filled = [(at, row) for at, row in enumerate(rows, 1) if any(map(_is_said, row))]
    if not filled:
        raise NoCountsError([Problem(where, "is empty, expected counts of tokens")])
    heads = (at for at, (_, row) in enumerate(filled[:_HEADS]) if "layer" in _columns(row))
    (_, headers), *body = filled[next(heads, 0) :]
    table = _table(headers, where, ours)
    counted_in = [table.columns["tokens"]] if table.is_long else [*table.experts]
    cells = (_cell(row, at) for _, row in body for at in counted_in)
    texts = [cell for cell in cells if isinstance(cell, str)]
    table.mark = mark_of(texts, whole=True)
    table.dotted = next((text for text in texts if "." in text), "")
    problems: list[Problem] = []
    layer_at = table.columns.get("layer")
    for at, row in body:
        label = "" if layer_at is None else _words(_cell(row, layer_at))
        if not _LAYER.fullmatch(label) and (
            label.casefold().strip(":") in _TOTALS
            or not any(_is_said(_cell(row, column)) for column in counted_in)
        ):
            text = next(text for cell in row if (text := _words(cell)))
            table.ignored.append(f"row {at} ({shown(text)})")
            continue
        try:
            (_read_long if table.is_long else _read_wide)(row, table)
        except ValueError as error:
            problems.append(Problem(where, f"row {at}: {error}"))
    if problems or not table.models:
        raise InputError(problems or [Problem(where, "has no rows of counts")])
    return {
        model: _counts(table, layers, f"{where}, {model}" if model else where)
        for model, layers in table.models.items()
    }


def _table(headers: Sequence[Any], where: str, ours: Collection[str]) -> _Table:
    """What the headers say; an error if they are those of no table of counts."""
    headers = ["" if _words(cell) in ours else cell for cell in headers]
    columns = _columns(headers)
    experts = {at: int(found[1]) for at, cell in enumerate(headers)
               if (found := _EXPERT.fullmatch(_words(cell)))}  # fmt: skip
    other = {*range(len(headers))} - {*columns.values(), *experts}
    ignored = [shown(headers[at]) for at in sorted(other) if _words(headers[at])]
    table = _Table(columns, experts, ignored)
    if not table.is_long and (not experts or "expert" in columns):
        expected = "layer, expert and tokens, or layer and a number for each expert"
        raise NoCountsError([Problem(where, f"has no columns of counts, expected {expected}")])
    numbers = sorted(experts.values())
    if not table.is_long and numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        message = f"the columns of experts are called {first_of([*map(str, numbers)])}"
        raise InputError([Problem(where, f"{message}, expected each number from 0 on once")])
    before = min(experts, default=0) - 1
    if not table.is_long and numbers[0] == 1 and before in other and _words(headers[before]):
        message = f"the column before expert 1 is called {shown(headers[before])}, expected 0"
        raise InputError([Problem(where, message)])
    if not table.is_long and numbers[0] > 1:
        message = f"the first expert is {numbers[0]}, expected 0; is there no row of headers?"
        raise InputError([Problem(where, message)])
    return table


def _counts(table: _Table, layers: Mapping[int, Mapping[int, Any]], where: str) -> Counts:
    """The counts of a model; an expert that no row speaks of has no tokens."""
    first = 0 if table.is_long else min(table.experts.values())
    last = max((expert for row in layers.values() for expert in row), default=first)
    experts = range(first, 1 + last)
    found = counted(
        {layer: [row.get(at, 0) for at in experts] for layer, row in layers.items()}, where
    )
    notes = [f"{where}: experts are numbered from 1; here from 0"] * bool(first)
    if table.ignored:
        notes.append(f"{where}: not read: {first_of(table.ignored)}")
    unsaid = table.is_long and not any(0 in row for row in layers.values())
    if left_out := sum(len(experts) - unsaid - len(row) for row in layers.values()):
        what = "row" if table.is_long else "number"
        notes.append(f"{where}: {left_out:,} experts of layers have no {what}, and so no tokens")
    rows = 0 if "layer" in table.columns else len(layers)
    most = len(table.experts) if "model" in table.columns else 0
    most = int(len(experts) * _LEFT_OUT) + 1 if table.is_long else most
    if table.mark == "," and table.dotted:
        notes.append(f"{where}: {shown(table.dotted)} is read as {_tokens(table.dotted, ','):,.0f}")
    return replace(found, rows=rows, most=most, unsaid=unsaid, notes=tuple(notes))


def _columns(headers: Sequence[Any]) -> dict[str, int]:
    """Where each column stands that has one of the names."""
    return {
        name: at
        for at, header in reversed([*enumerate(headers)])
        for name, spellings in _NAMES.items()
        if re.sub(r"[\s_-]+", " ", _words(header)).casefold() in spellings
    }


def _read_long(row: Sequence[Any], table: _Table) -> None:
    layer = _number(row, table.columns["layer"], _LAYER, "a layer")
    expert = _number(row, table.columns["expert"], _EXPERT, "an expert")
    if expert >= MOST_EXPERTS:
        raise ValueError(f"found expert {expert}, expected less than {MOST_EXPERTS:,}")
    experts = _layers(row, table).setdefault(layer, {})
    tokens = _tokens(_cell(row, table.columns["tokens"]), table.mark)
    if expert in experts and "step" not in table.columns:
        raise ValueError(f"expert {expert} of layer {layer} stands there twice")
    experts[expert] = experts.get(expert, 0) + tokens


def _read_wide(row: Sequence[Any], table: _Table) -> None:
    layers = _layers(row, table)
    at = table.columns.get("layer")
    layer = len(layers) if at is None else _number(row, at, _LAYER, "a layer")
    if layer in layers:
        raise ValueError(f"layer {layer} stands there twice")
    cells = {expert: _cell(row, at) for at, expert in table.experts.items()}
    # of several models, each has as many experts as the longest of its rows
    filled = (expert for expert, cell in cells.items() if _is_said(cell))
    last = max(filled, default=-1) if "model" in table.columns else max(cells)
    layers[layer] = {
        expert: _tokens(cell, table.mark) for expert, cell in cells.items() if expert <= last
    }


def _layers(row: Sequence[Any], table: _Table) -> dict[int, dict[int, Any]]:
    """The layers of the model that a row is of."""
    at = table.columns.get("model")
    return table.models.setdefault("" if at is None else _words(_cell(row, at)), {})


def _number(row: Sequence[Any], at: int, pattern: re.Pattern[str], what: str) -> int:
    """The number of a layer or an expert."""
    cell = _cell(row, at)
    if type(cell) is int and 0 <= cell < _MOST_DIGITS:  # nearly every one
        return cell
    found = pattern.fullmatch(_words(cell))
    if not found:
        raise ValueError(f"found {shown(cell)}, expected the number of {what}")
    return int(found[1])


def _tokens(value: Any, mark: str) -> Any:
    """A number of tokens; the text of one as its number, with the column's sign for decimals."""
    if type(value) is int or type(value) is float:
        return value
    if isinstance(value, bool):
        raise ValueError(f"found {str(value).upper()}, expected a number of tokens")
    if value is None or _words(value) == "":
        return 0
    if not isinstance(value, str):
        return value
    text = re.sub(r"[\s'’_]", "", value)
    if mark:
        text = text.replace("." if mark == "," else ",", "").replace(mark, ".")
    if not _TOKENS.fullmatch(text) or (not mark and "." in text):
        raise ValueError(f"found {shown(value)}, expected a number of tokens")
    return float(text)


def _cell(row: Sequence[Any], at: int) -> Any:
    return row[at] if at < len(row) else None


def _is_said(value: Any) -> bool:
    """Whether a cell has words, or a number."""
    return type(value) is int or bool(_words(value))


def _words(value: Any) -> str:
    """A cell as text; a whole number without a decimal point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None or isinstance(value, bool) else str(value).strip()
