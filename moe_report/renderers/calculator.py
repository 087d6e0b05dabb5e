"""The calculator of the page: its inputs and results as plain data, and its functions as a script.

The script is printed from the metrics' own expressions, so what the page computes is what the
engine and the workbook compute. ``templates/calculator.js`` puts numbers through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from moe_report.expr import Expr
from moe_report.fields import FIELDS, LARGEST, NUMBER_FIELDS, RULES
from moe_report.javascript import HELPERS, javascript, member, needs, quoted
from moe_report.printers import mathml_symbol
from moe_report.report import Column, Report

QUICK_EXAMPLES = 8
OPEN_GROUPS = frozenset({"Shape", "Experts"})  # what a what-if is mostly about
ASSUMPTIONS = "Assumptions"


@dataclass(frozen=True)
class CalculatorInput:
    """A number one may type.

    Attributes:
        name: The field or assumption.
        label: Name in words.
        symbol: Typeset.
        unit: What is counted; empty for a flag, whose help says what 0 and 1 mean.
        help: What to enter.
        bounds: What is accepted, in words; empty where only whole numbers from 0 on are asked for.
    """

    name: str
    label: str
    symbol: Markup
    unit: str
    help: str
    bounds: str


@dataclass(frozen=True)
class InputGroup:
    """Inputs under one heading.

    Attributes:
        title: Heading.
        inputs: In the order of the fields.
        unfolded: Whether it is open at first.
    """

    title: str
    inputs: tuple[CalculatorInput, ...]
    unfolded: bool


@dataclass(frozen=True)
class CalculatorMetric:
    """A number that follows, and that one may type over.

    Attributes:
        name: The metric.
        label: Name in words.
        unit: What is counted.
        title: What it is, a sentence.
        assumed: Whether it rests on assumptions.
    """

    name: str
    label: str
    unit: str
    title: str
    assumed: bool


@dataclass(frozen=True)
class CalculatorSection:
    """The metrics of a section.

    Attributes:
        title: Heading.
        metrics: In source order.
    """

    title: str
    metrics: tuple[CalculatorMetric, ...]


@dataclass(frozen=True)
class Calculator:
    """All that the calculator shows.

    Attributes:
        examples: The first models, one click each.
        models: All models.
        groups: The inputs: fields by group, then assumptions.
        headline: The metrics that stand large above the others.
        results: Every metric, by section.
    """

    examples: tuple[str, ...]
    models: tuple[str, ...]
    groups: tuple[InputGroup, ...]
    headline: tuple[CalculatorMetric, ...]
    results: tuple[CalculatorSection, ...]


def calculator_of(report: Report) -> Calculator:
    """Return a report's calculator as the page shows it."""
    groups: dict[str, list[CalculatorInput]] = {}
    for name in NUMBER_FIELDS:
        field = FIELDS[name]
        said = _bounds(field.minimum, field.maximum) if field.kind == "number" else ""
        unit = "" if field.unit[:1].isdigit() else field.unit
        item = CalculatorInput(name, field.label, _symbol(field.symbol), unit, field.help, said)
        groups.setdefault(field.group, []).append(item)
    for value in report.assumptions:
        one = value.definition
        item = CalculatorInput(
            one.name, one.label, _symbol(one.symbol), one.unit, one.help,
            _bounds(one.minimum, one.maximum),
        )  # fmt: skip
        groups.setdefault(ASSUMPTIONS, []).append(item)
    names = tuple(model.name for model in report.models)
    return Calculator(
        examples=names[:QUICK_EXAMPLES],
        models=names,
        groups=tuple(
            InputGroup(title, tuple(inputs), title in OPEN_GROUPS)
            for title, inputs in groups.items()
        ),
        headline=tuple(map(_metric, report.headline)),
        results=tuple(
            CalculatorSection(section.title, tuple(map(_metric, section.columns)))
            for section in report.sections
        ),
    )


def _symbol(symbol: str) -> Markup:
    return Markup("<math>{}</math>").format(Markup(mathml_symbol(symbol)))


def _metric(column: Column) -> CalculatorMetric:
    unit = "" if column.unit == "ratio" else column.unit
    return CalculatorMetric(
        column.name, column.label, unit, column.description, bool(column.rests_on)
    )


def _bounds(minimum: float, maximum: float) -> str:
    if maximum < LARGEST:
        return f"{minimum:,.15g} to {maximum:,.15g}"
    return f"at least {minimum:,.15g}" if minimum else ""


def calculator_script(report: Report) -> str:
    """Return the script that defines ``moe``, what ``templates/calculator.js`` computes with.

    It has the members ``order`` (of each field and metric, after those it is made of: its name,
    its formula as a function of all values by name, and what the formula asks for), ``bounds``,
    ``rules`` (a field, and the field that it is at most) and ``defaults`` (the fields whose default
    is a number). Names are the only text in it.
    """
    order = ",\n".join(_step(name, expr) for name, expr in _ordered(report).items())
    assumed = {item.definition.name: item.definition for item in report.assumptions}
    bounds = {name: FIELDS[name] for name in NUMBER_FIELDS} | assumed
    limits = {name: [_plain(item.minimum), _plain(item.maximum)] for name, item in bounds.items()}
    defaults = [
        name for name in NUMBER_FIELDS
        if (default := FIELDS[name].default_expr) is not None and default.op == "const"
    ]  # fmt: skip
    rules = [[rule.field, rule.limit] for rule in RULES]
    return (
        'const moe = (() => {\n"use strict";\n'
        f"{HELPERS}return {{\n"
        f"bounds: {quoted(limits)},\nrules: {quoted(rules)},\ndefaults: {quoted(defaults)},\n"
        f"order: [\n{order}\n]}};\n}})();"
    )


def _step(name: str, expr: Expr | None) -> str:
    if expr is None:
        return f"[{quoted(name)}]"
    return f"[{quoted(name)},(v)=>{javascript(expr, member)},{needs(expr, member)}]"


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value


def _ordered(report: Report) -> Mapping[str, Expr | None]:
    """Return the formula of each field and metric, those it refers to first."""
    formulas: dict[str, Expr | None] = {name: FIELDS[name].default_expr for name in NUMBER_FIELDS}
    formulas |= {column.name: column.expr for column in report.metrics}
    ordered: dict[str, Expr | None] = {}

    def visit(name: str) -> None:
        if name in ordered or name not in formulas:  # the rest are assumptions
            return
        expr = formulas[name]
        for needed in () if expr is None else expr.symbols():
            visit(needed)
        ordered[name] = expr

    for name in formulas:
        visit(name)
    return ordered
