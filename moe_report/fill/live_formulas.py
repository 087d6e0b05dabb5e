"""Live formulas of a template's table: a metric as Excel computes it from the row's own cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from moe_report.cells import Provenance
from moe_report.formula.excel import excel
from moe_report.formula.expr import Expr, lift
from moe_report.ooxml.rows import MAX_FORMULA, Contents
from moe_report.reports import Column, Report

_SPECIAL = re.compile(r"(['\[\]#@])")


class LackingError(Exception):
    """A formula cannot be written; the message says why."""


@dataclass
class LiveFormulas:
    """The formulas of one table.

    Attributes:
        report: What is filled in.
        table: The table's name.
        headers: The header of the column that a field or metric fills, by its name.
        assumptions: The defined name or the cell that holds an assumption, by its name.
    """

    report: Report
    table: str
    headers: Mapping[str, str]
    assumptions: Mapping[str, str]

    @cached_property
    def _metrics(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.report.metrics}

    def contents(self, name: str, models: Iterable[int], write: Contents) -> list[str]:
        """Return the contents of a metric's cells: formulas, and numbers where they were typed.

        The models that have a row go by their place in the report.

        Raises:
            LackingError: The table lacks what the formula needs.
        """
        column = self.report.columns[name]
        if column.expr is None:
            raise LackingError(f"{name!r} has no formula; expected a metric")
        inlined = self._inlined(column)
        known: dict[tuple[tuple[str, float], ...], str] = {}
        found = []
        for at in models:
            cell = column.cells[at]
            if cell.provenance in (Provenance.GIVEN, Provenance.DEFAULT):
                found.append(write.of(cell.value))
                continue
            typed = tuple(
                (other.name, value)
                for other in inlined
                if other.cells[at].provenance == Provenance.GIVEN
                and (value := other.cells[at].value) is not None
            )
            if typed not in known:
                known[typed] = self._printed(column, dict(typed))
            found.append(write.formula(known[typed], cell.value))
        if () not in known:
            self._printed(column, {})  # a table without rows is told what it lacks, too
        return found

    def _inlined(self, column: Column) -> list[Column]:
        """The metrics that stand within a formula because they have no column of the table."""
        found: dict[str, Column] = {}
        stack = [column]
        while stack:
            expr = stack.pop().expr
            for name in expr.symbols() if expr is not None else ():
                if name in self.headers or name in found or name not in self._metrics:
                    continue
                found[name] = self._metrics[name]
                stack.append(found[name])
        return list(found.values())

    def _printed(self, column: Column, typed: Mapping[str, float]) -> str:
        assert column.expr is not None
        expr = self._spelled_out(column.expr, typed)
        if expr.series():
            raise LackingError(
                f"the formula of {column.name!r} reduces layers, which the workbook does not have: "
                "leave out | formula"
            )
        needed = expr.symbols()
        assumed = {item.definition.name for item in self.report.assumptions}
        fields = [name for name in needed if name not in self.headers and name not in assumed]
        named = [name for name in needed if name in assumed and name not in self.assumptions]
        if fields:
            columns = ", ".join(f"{{{{ m.{name} }}}}" for name in fields)
            raise LackingError(
                f"the formula of {column.name!r} needs what the table has no column for; "
                f"expected beside it {columns}"
            )
        if named:
            cells = ", ".join(f"{{{{ assumptions.{name} }}}}" for name in named)
            raise LackingError(
                f"the formula of {column.name!r} needs assumptions that the workbook has no cell "
                f"for; expected somewhere {cells}, or a defined name {named[0]}"
            )
        text = excel(expr, self._reference)
        if len(text) >= MAX_FORMULA:
            parts = ", ".join(other.name for other in self._inlined(column))
            raise LackingError(
                f"the formula of {column.name!r} would have {len(text):,} characters, and Excel "
                f"takes {MAX_FORMULA:,}; give the table columns for its parts: {parts}"
            )
        return text

    def _spelled_out(self, expr: Expr, typed: Mapping[str, float]) -> Expr:
        """An expression in which metrics without a column are written out."""
        if expr.op != "symbol":
            args = tuple(self._spelled_out(arg, typed) for arg in expr.args)
            return Expr(expr.op, args, value=expr.value, name=expr.name)
        if expr.name in self.headers:
            return expr
        if expr.name in typed:
            return lift(typed[expr.name])
        column = self._metrics.get(expr.name)
        if column is None or column.expr is None:
            return expr
        return self._spelled_out(column.expr, typed)

    def _reference(self, name: str) -> str:
        if name in self.headers:
            return f"{self.table}[[#This Row],[{escaped_header(self.headers[name])}]]"
        return self.assumptions[name]


def escaped_header(header: str) -> str:
    """Return a header as a structured reference spells it.

    >>> escaped_header("Total [B] #1")
    "Total '[B'] '#1"
    """
    return _SPECIAL.sub(r"'\1", header)
