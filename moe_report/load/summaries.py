"""Rows that sum up others, such as totals and averages: they are no models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from math import isclose
from statistics import fmean, median, pstdev, stdev
from typing import TYPE_CHECKING

from moe_report.ooxml.addresses import split_address
from moe_report.schema.headers.text import folded
from moe_report.schema.numerals import roughly

if TYPE_CHECKING:  # they load openpyxl, and the audit asks for names alone
    from moe_report.load.columns import Columns
    from moe_report.load.grid import Grid

# What such rows are called; of "Total (8 models)" the first word decides.
SUMMARY_NAMES = frozenset({
    "total", "totals", "grand total", "all models", "all", "ratio", "difference", "diff", "delta",
    "change", "growth", "variance", "range", "sum", "subtotal", "sub total", "average", "avg",
    "ave",
    "mean", "ø", "median", "min", "max", "minimum", "maximum", "count", "std", "stdev", "overall",
    "summe", "gesamt", "gesamtsumme", "zwischensumme", "durchschnitt", "mittelwert", "mittel",
    "somme", "moyenne", "médiane", "totaux", "suma", "promedio", "media", "mediana", "soma",
    "média",
    "somma", "totale", "итого", "всего", "сумма", "среднее", "медиана",
    "合计", "总计", "总和", "小计", "平均", "平均值", "均值", "中位数", "合計", "總計", "小計",
    "総計",
    "平均値", "中央値", "합계", "총계", "소계", "평균", "중앙값", "tổng", "tổng cộng", "trung bình",
})  # fmt: skip
_AGGREGATES = re.compile(
    r"\b(?:SUM|SUMIFS?|SUMPRODUCT|AVERAGE|AVERAGEA|AVERAGEIFS?|SUBTOTAL|AGGREGATE|MEDIAN|MIN|MAX|"
    r"COUNT|COUNTA|STDEV(?:\.[SP])?|VAR|GEOMEAN|HARMEAN|QUARTILE|PERCENTILE)\("
    r"[^()]*?(?:\$?([A-Z]{1,3})\$?([0-9]+):\$?([A-Z]{1,3})\$?([0-9]+)|\[[^\]]+\])",
    re.IGNORECASE,
)
_ROW_OF_CELL = re.compile(r"(?<![\w.])\$?[A-Z]{1,3}\$?([0-9]{1,7})(?![\w(])")
_MEASURES: Sequence[Callable[[Sequence[float]], float]] = (
    sum, fmean, median, min, max, len, stdev, pstdev,
)  # fmt: skip
_BY_NO_CHANCE = (sum, fmean)  # some model is always the largest
_NO_CHANCE = 3  # numbers that sum up those above, all of them
_LONGEST = 200  # characters of a name that words are looked for in
_CLOSE = 0.006  # a typed average is often rounded to three digits


def named_like_one(name: str) -> bool:
    """Whether a row is called as one that sums up others.

    >>> [named_like_one(name) for name in ("Total", "Average:", "Summe (4)", "Mixtral")]
    [True, True, True, False]
    """
    words = _words(name)
    return words[0] in SUMMARY_NAMES or " ".join(words) in SUMMARY_NAMES


def called_one(name: str) -> bool:
    """Whether a name is that of a summary, and nothing more.

    >>> [called_one(name) for name in ("Grand total", "Summe (4)", "Total Recall MoE")]
    [True, True, False]
    """
    return " ".join(_words(name)) in SUMMARY_NAMES


def _words(name: str) -> list[str]:
    return folded(re.sub(r"[*:=()\[\]0-9.,#]+", " ", name[:_LONGEST])).strip().split(" ")


def summary_rows(grid: Grid, columns: Columns, rows: Sequence[int]) -> dict[int, str]:
    """Return the rows that sum up others, each with how that is known.

    Formulas over the rows of a column tell; without formulas, the name and the numbers together, or
    all the numbers of a row without a name. A copy of a model is a model, unless its name is that
    of a summary and nothing more. Where no word of the name tells, the audit doubts a sum.
    """
    name_at = columns.at("name")
    found: dict[int, str] = {}
    texts = {at: grid.text(at, name_at) for at in rows}
    called = [at for at, text in texts.items() if text and not named_like_one(text)]
    of_models = frozenset(called)
    for row in rows:
        name = texts[row] or row_label(grid, row, name_at)
        named, nameless = row not in of_models and named_like_one(name), not texts[row]
        if cell := _aggregate(grid, row, columns, named=named):
            found[row] = f"{cell} sums up others"
        elif named and (cell := _refers_to_others(grid, row, columns)):
            found[row] = f"{cell} is computed from others"
        elif named or nameless or not {*_words(name)}.isdisjoint(SUMMARY_NAMES):
            models = [at for at in called if at not in found and at != row]
            cell = ""
            if named or nameless:
                if called_one(name) or not _is_copy(grid, row, columns, models):
                    cell = _equals_a_summary(grid, row, columns, models, named=named)
            else:
                cell = _made_of_rows_above(grid, row, columns, [at for at in models if at < row])
            if cell:
                found[row] = f"{cell} is made of the others"
    return found


def rows_below_models(grid: Grid, columns: Columns, rows: Sequence[int]) -> dict[int, str]:
    """Return the rows below the models of an earlier report that sum them up.

    Ours have formulas over other rows nowhere, but a user's column may; so the name tells, too.
    """
    found: dict[int, str] = {}
    for row in reversed(rows):
        named = named_like_one(row_label(grid, row, columns.at("name")))
        if row in grid.totals:
            found[row] = "the table's totals"
        elif named and (cell := _aggregate(grid, row, columns, named=True)):
            found[row] = f"{cell} sums up others"
        elif any(grid.text(row, one.number) for one in columns.all):
            break
    return found


def row_label(grid: Grid, row: int, name_at: int) -> str:
    """Return what a row is called: its name, or else its first text."""
    texts = (grid.text(row, column) for column in range(1, len(grid.cells[row - 1]) + 1))
    return grid.text(row, name_at) or next(filter(None, texts), "")


def _aggregate(grid: Grid, row: int, columns: Columns, *, named: bool) -> str:
    """The address of a formula over rows of models, over several if the name does not tell."""
    if not grid.scan.formulas:
        return ""
    for column in (one.number for one in columns.all if one.known or named):
        formula = grid.formula(row, column)
        if formula is None:
            continue
        for match in _AGGREGATES.finditer(formula.text):
            left, top, right, bottom = match.groups()
            if top is None:  # a column of a table: each row may have its share of the sum
                if named or column in columns.known:
                    return grid.address(row, column)
                continue
            corners = split_address(f"{left}{top}"), split_address(f"{right}{bottom}")
            first, last = sorted(corner[not grid.turned] for corner in corners)
            if named or (first != last and not first <= row <= last):
                return grid.address(row, column)
    return ""


def _refers_to_others(grid: Grid, row: int, columns: Columns) -> str:
    """The address of a formula that refers to another row; empty if there is none."""
    for column in columns.known:
        for number in _ROW_OF_CELL.findall(grid.formula_text(row, column)):
            if grid.turned or int(number) != row:
                return grid.address(row, column)
    return ""


def _equals_a_summary(
    grid: Grid, row: int, columns: Columns, models: Sequence[int], *, named: bool
) -> str:
    """The address of a number that sums up the models', if most of the row's do; else empty.

    Where no name tells, all of them must, several that a model has by no chance.
    """
    measures = _MEASURES if named else _BY_NO_CHANCE
    fitting: list[str] = []
    others = 0
    for column, number in _numbers(grid, row, columns):
        values = [value for at in models for _, value in _numbers(grid, at, columns, column)]
        if len(values) < 2 or not (named or len({*values}) > 1):
            continue
        if any(abs(measure(values) - number) <= _CLOSE * abs(number) for measure in measures):
            fitting.append(grid.address(row, column))
        else:
            others += 1
    if not named and (others or len(fitting) < 2):
        return ""
    return fitting[0] if len(fitting) > others else ""


def _made_of_rows_above(grid: Grid, row: int, columns: Columns, above: Sequence[int]) -> str:
    """The address of a number if all of the row are the sums of those above, or all the means."""
    numbers = [*_numbers(grid, row, columns)]
    values = [
        [value for at in above for _, value in _numbers(grid, at, columns, column)]
        for column, _ in numbers
    ]
    if len(numbers) < _NO_CHANCE or min(map(len, values)) < 2:
        return ""
    if _is_copy(grid, row, columns, above):
        return ""
    fits = any(
        all(isclose(measure(of), number) for of, (_, number) in zip(values, numbers, strict=True))
        for measure in _BY_NO_CHANCE
    )
    return grid.address(row, numbers[0][0]) if fits else ""


def _is_copy(grid: Grid, row: int, columns: Columns, models: Sequence[int]) -> bool:
    """Whether a model has the same numbers, as one and its other names do."""
    numbers = [*_numbers(grid, row, columns)]
    return bool(numbers) and any([*_numbers(grid, at, columns)] == numbers for at in models)


def _numbers(
    grid: Grid, row: int, columns: Columns, only: int | None = None
) -> Iterator[tuple[int, float]]:
    from moe_report.load.layout import like_a_number

    for column in columns.known if only is None else (only,):
        value = grid.value(row, column)
        if isinstance(value, str) and like_a_number(value):
            value = roughly(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield column, float(value)
