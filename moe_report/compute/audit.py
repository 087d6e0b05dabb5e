"""The audit: claims against computed numbers, and rows that no model can be.

What is said of a row's own numbers are the rules of :mod:`moe_report.compute.audit_rules`. Here
they are put to all rows at once, and beside them stands what rests on more than numbers: a row's
name, and the model that it is compared with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from moe_report.cells import Provenance, numbers_of
from moe_report.compute.audit_rules import claims_of, rules_of
from moe_report.compute.evaluate import Evaluation
from moe_report.compute.sums_above import made_of_rows_above
from moe_report.display import MISSING, difference, off, percent, show
from moe_report.formula.expr import Expr
from moe_report.formula.operations import Column as Values
from moe_report.formula.operations import evaluate
from moe_report.load.summaries import named_like_one
from moe_report.reports import Column, Finding
from moe_report.schema.checks import DIFFERENCE, IT, PERCENT, Level, Piece, Rule
from moe_report.schema.registry import Registry
from moe_report.table import Given, ModelTable, Row

Places = NDArray[np.intp]

ORDER: tuple[Level, ...] = ("impossible", "differs", "unclear", "suspicious")
FAILED = "failed"  # in place of a level: of a section, not of a finding
LIKE_A_SUMMARY = "this row is named like a summary of the others, and is taken for a model"


def counted_by_level(levels: Iterable[str]) -> str:
    """Return how many findings, and sections that failed, there are, worst first.

    >>> counted_by_level(["suspicious", "differs"]), counted_by_level(["differs", "differs"])
    ('1 differs, 1 suspicious', '2 differ')
    >>> counted_by_level([])
    'none'
    """
    counts = Counter(levels)
    said = (
        f"{counts[level]} {'differ' if level == 'differs' and counts[level] > 1 else level}"
        for level in (*ORDER, FAILED)
        if counts[level]
    )
    return ", ".join(said) or "none"


def audit(
    table: ModelTable,
    evaluation: Evaluation,
    references: Mapping[str, Mapping[str, float]],
    registry: Registry,
) -> tuple[Finding, ...]:
    """Return what is impossible, different or suspicious, worst first, then in the rows' order.

    The references are the numbers of the models named in ``compare_with``, by that name.
    """
    claims = claims_of(registry.metrics.values())
    ways = {claim: tuple(metric.name for metric in of) for claim, of in claims.items()}
    rows = _Rows(table.rows, evaluation, ways)
    found = [
        (-1, Finding("unclear", item.model, item.fields[0], item.text, place=item.place))
        for item in table.unclear
    ]
    for rule in rules_of(registry):
        found.extend(rows.found(rule))
    made = made_of_rows_above(
        [{name: number.value for name, number in row.numbers.items()} for row in table.rows]
    )
    for at, row in enumerate(table.rows):
        doubt = LIKE_A_SUMMARY if named_like_one(row.name) else made.get(at)
        if doubt:
            column = about_names(evaluation.metrics.values())
            found.append((at, rows.finding(at, "suspicious", column, doubt)))
        found.extend((at, finding) for finding in rows.against(at, references))
    found.sort(key=lambda item: (ORDER.index(item[1].level), item[0]))
    return tuple(finding for _, finding in found)


def about_names(metrics: Iterable[Column]) -> str:
    """Return the column that a finding about a row's name is put to: the first of the summary."""
    shown = [column for column in metrics if column.headline]
    return min(shown, key=lambda column: column.headline).name if shown else "num_experts"


class _Rows:
    """The rows, and what the symbols of the rules stand for in them."""

    def __init__(
        self, rows: Sequence[Row], evaluation: Evaluation, claims: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.rows = rows
        self.claims = claims
        self.metrics = tuple(evaluation.metrics)
        fields = {column.name: column for column in evaluation.fields}
        self.columns: Mapping[str, Column] = fields | dict(evaluation.metrics)
        self.typed: dict[str, dict[int, Given]] = {}  # by column, then by the place of the row
        for at, row in enumerate(rows):
            for name, number in row.numbers.items():
                self.typed.setdefault(name, {})[at] = number
        self.numbers: dict[str, Values] = {}  # those that were asked for so far

    def found(self, rule: Rule) -> Iterator[tuple[int, Finding]]:
        """Return what a rule finds, with the places of the rows."""
        typed = (name for name in self.metrics if name in self.typed)
        for column in filter(self.columns.__contains__, rule.columns or typed):
            names = dict.fromkeys(name for expr in rule.expressions() for name in expr.symbols())
            numbers = {name: self._numbers(name, column) for name in names}
            holds = np.broadcast_to(evaluate(rule.when, numbers), len(self.rows)) == 1
            places = np.flatnonzero(holds)
            if len(places):
                some = {name: values[places] for name, values in numbers.items()}
                yield from zip(places.tolist(), self._said(rule, column, places, some), strict=True)

    def _said(
        self, rule: Rule, column: str, places: Places, numbers: Mapping[str, Values]
    ) -> Iterator[Finding]:
        """What a rule says of the rows at some places."""

        def of_each(expr: Expr | None) -> list[float | None]:
            found = np.nan if expr is None else evaluate(expr, numbers)
            return numbers_of(np.broadcast_to(found, len(places)))

        pieces = [
            (piece, of_each(piece.number), None if piece.when is None else of_each(piece.when))
            for piece in rule.message
        ]
        stated, computed = of_each(rule.stated), of_each(rule.computed)
        for one, at in enumerate(places.tolist()):
            said = [
                self._text(piece, column, number[one])
                for piece, number, when in pieces
                if when is None or when[one] == 1
            ]
            yield self.finding(at, rule.level, column, "".join(said), stated[one], computed[one])

    def _text(self, piece: Piece, column: str, number: float | None) -> str:
        text = piece.text.replace("{it}", column)
        if piece.number is None:
            return text
        like = column if piece.like == IT else piece.like
        ways = {PERCENT: percent, DIFFERENCE: off}
        if number is None:
            return text.replace("{}", MISSING)
        return text.replace("{}", ways[like](number) if like in ways else self._shown(like, number))

    def _shown(self, name: str, number: float) -> str:
        column = self.columns[name]
        return show(number, column.unit, column.format, significant=4)

    def _numbers(self, symbol: str, it: str) -> Values:
        what, _, name = symbol.partition(" ")
        name = it if name == IT else name
        key = f"{what} {name}"
        if key not in self.numbers:
            self.numbers[key] = self._column(what, name)
        return self.numbers[key]

    def _column(self, what: str, name: str) -> Values:
        if what in ("half_unit", "typed"):
            found = np.full(len(self.rows), 0.0 if what == "half_unit" else np.nan)
            for at, number in self.typed.get(name, {}).items():
                found[at] = number.half_unit if what == "half_unit" else number.value
            return found
        if name not in self.columns:
            return np.full(len(self.rows), np.nan)
        cells = self.columns[name].cells
        if what == "formula":
            return cells.computed
        if what == "derived":
            return np.where(cells.are(Provenance.DERIVED), cells.values, np.nan)
        return cells.values

    def finding(
        self,
        at: int,
        level: Level,
        column: str,
        message: str,
        stated: float | None = None,
        computed: float | None = None,
    ) -> Finding:
        row = self.rows[at]
        place = row.numbers[column].place if column in row.numbers else row.place
        return Finding(level, row.name, column, message, stated, computed, place)

    def against(self, at: int, references: Mapping[str, Mapping[str, float]]) -> Iterator[Finding]:
        """What is typed in a row, and different of the model that it is compared with."""
        row = self.rows[at]
        model = row.texts.get("compare_with", "")
        reference = references.get(model, {})
        for name, stated in row.numbers.items():
            if name in self.claims or name not in self.columns:
                continue
            ways = (ways for ways in self.claims.values() if ways[0] == name)
            names = next(ways, (name,))
            known = [reference[item] for item in names if item in reference]
            rounded = name in self.metrics
            if not known or stated.value in known or (rounded and _round_to(stated, known)):
                continue
            nearest = min(known, key=lambda value: abs(value - stated.value))
            by = f" ({difference(stated.value, nearest)})" if rounded else ""
            given, real = self._shown(name, stated.value), self._shown(name, nearest)
            message = f"given as {given}, while {model} has {real}{by}"
            yield self.finding(at, "differs", name, message, stated.value, nearest)


def _round_to(stated: Given, computed: Iterable[float]) -> bool:
    """Whether the stated number is what a computed one rounds to, at the digits it has."""
    return any(
        abs(stated.value - value) <= stated.half_unit + 1e-9 * abs(value) for value in computed
    )


def names_compared_with(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the names in ``compare_with``, each with the first row that has it."""
    named: dict[str, Row] = {}
    for row in rows:
        if name := row.texts.get("compare_with", ""):
            named.setdefault(name, row)
    return named
