"""Rules that a design must keep to whatever the plan says: those of fields, and of the sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from math import isnan, nan

from moe_report.compute.audit_rules import rules_of
from moe_report.formula.expr import Expr, join_tests, lift, number, symbol
from moe_report.formula.operations import always_needed
from moe_report.schema.bounds import between
from moe_report.schema.checks import Rule
from moe_report.schema.fields import AT_MOST, Field
from moe_report.sweeps.formulas import Formulas
from moe_report.sweeps.plan import Axis, Constraint
from moe_report.text import listed


def field_rules(
    axes: Sequence[Axis], tied: Mapping[str, Expr], formulas: Formulas
) -> list[Constraint]:
    """Return the rules of fields that designs may break: whole numbers, bounds, one below another.

    >>> from moe_report.schema.registry import installed
    >>> import numpy as np
    >>> formulas = Formulas(installed(), {"num_experts": 8}, ["num_experts_per_tok"])
    >>> axes = [Axis("num_experts_per_tok", np.array([1.5, 2, 9]))]
    >>> [one.text for one in field_rules(axes, {}, formulas)]  # doctest: +ELLIPSIS
    ['not whole: num_experts_per_tok', 'out of bounds: num_experts_per_tok (at least 1)', ...]
    """
    fields = formulas.registry.fields
    found: list[Constraint] = []

    def ends(name: str) -> tuple[float, float]:
        """The least and the largest value that it has; NaN where that takes computing."""
        values = next((axis.values for axis in axes if axis.name == name), None)
        if values is not None:
            return values.min(), values.max()
        value = nan if formulas.is_varied(name) else formulas.of_base(name)
        return value, value

    for axis in axes:
        known = fields[axis.name]
        if any(known.refusal(value) for value in (axis.values.min(), axis.values.max())) or (
            known.whole and (axis.values % 1 != 0).any()
        ):
            found += _bounds(known)
    for name in tied:
        found += _bounds(fields[name])
    for smaller, larger in AT_MOST.items():
        said = smaller in formulas.varied or smaller in formulas.known
        if not (said and (formulas.is_varied(smaller) or formulas.is_varied(larger))):
            continue
        if not ends(smaller)[1] <= ends(larger)[0]:
            test = symbol(smaller) <= symbol(larger)
            found.append(Constraint(f"{smaller} at most {larger}", test, lenient=True))
    return found


def _bounds(known: Field) -> Iterator[Constraint]:
    value = symbol(known.name)
    if known.whole:
        yield Constraint(f"not whole: {known.name}", value == number("floor", value))
    said = between(known.minimum, known.maximum, whole=known.whole)
    least, most = value >= known.minimum, value <= known.maximum
    yield Constraint(f"out of bounds: {known.name} ({said})", join_tests("and", least, most))


def checks_of(formulas: Formulas) -> list[Constraint]:
    """Return what the audit calls impossible, as far as designs may be so."""
    registry = formulas.registry
    names = [check.name for section in registry.sections for check in section.checks]
    found = []
    for rule, name in zip_longest(rules_of(registry), names, fillvalue=""):
        assert isinstance(rule, Rule)
        test = _of_values(rule.when) if rule.level == "impossible" else None
        if test is None or not {*test.symbols()} <= formulas.names:
            continue
        missing = (one for one in always_needed(test) if not formulas.is_varied(one))
        if not any(map(formulas.is_varied, test.symbols())) or any(
            isnan(formulas.of_base(one)) for one in missing
        ):
            continue
        said = name.replace("_", " ") or f"{listed(test.symbols())} together"
        found.append(Constraint(f"impossible: {said}", join_tests("not", test), lenient=True))
    return found


def _of_values(expr: Expr) -> Expr | None:
    """A test of a rule as one of columns; None if it is of numbers that are typed."""
    if expr.op == "symbol":
        what, _, name = expr.name.partition(" ")
        if what == "half_unit":
            return lift(0)
        return symbol(name) if what == "value" else None
    args = [_of_values(arg) for arg in expr.args]
    if any(arg is None for arg in args):
        return None
    return Expr(expr.op, tuple(arg for arg in args if arg is not None), value=expr.value)
