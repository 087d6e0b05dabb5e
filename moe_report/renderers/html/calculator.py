"""The calculator of the page: what it begins with, and its functions as a script.

The script is printed from the metrics' own expressions, so what the page computes is what the
engine and the workbook compute. ``templates/calculator.js`` puts numbers through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_uppercase

from moe_report.compute.evaluate import BLANK, NEEDS, UNDEFINED
from moe_report.display import COUNTED
from moe_report.formula.expr import Expr
from moe_report.formula.javascript import (
    CALLED,
    CALLED_OF_MANY,
    HELPERS,
    REDUCING,
    quoted,
    unchecked,
)
from moe_report.renderers.html.audit_script import audit_members
from moe_report.renderers.html.planner_form import PlannerForm, planner_form, planner_members
from moe_report.renderers.html.templating import lean_script
from moe_report.reports import Column, Report
from moe_report.schema.assumptions import Assumption
from moe_report.schema.bounds import LIKE_A_COUNT, LIMITED, NOT_NEGATIVE, TOO_LARGE, WHOLE, between
from moe_report.schema.fields import AT_MOST, Field
from moe_report.schema.layers import COUNTS, TOKENS
from moe_report.schema.number_words import EITHER
from moe_report.text import LISTED, MORE, MOST_LISTED

QUICK_EXAMPLES = 8
OPEN_GROUPS = frozenset({"Shape", "Experts"})  # what a what-if is mostly about
ASSUMPTIONS = "Assumptions"
_Limits = tuple[float, float, bool, str]  # least, most, whether it is whole, and that in words


@dataclass(frozen=True)
class CalculatorMetric:
    """A number that stands large above the others.

    Attributes:
        name: The metric.
        label: Name in words.
        assumed: Whether it rests on assumptions.
    """

    name: str
    label: str
    assumed: bool


@dataclass(frozen=True)
class ShortInput:
    """A number that the short form asks for.

    Attributes:
        name: The field or metric.
        label: Name in words.
        unit: What is typed: ``%`` of the first bar for a ratio.
        share: Whether it is a ratio.
    """

    name: str
    label: str
    unit: str
    share: bool


@dataclass(frozen=True)
class Short:
    """The short form.

    Attributes:
        inputs: What is typed.
        bars: The whole and a part of it.
        ring: A share; None for none.
        numbers: What else follows.
    """

    inputs: tuple[ShortInput, ...]
    bars: tuple[CalculatorMetric, ...]
    ring: CalculatorMetric | None
    numbers: tuple[CalculatorMetric, ...]


@dataclass(frozen=True)
class PresetSelect:
    """A choice that fills inputs of the calculator.

    Attributes:
        name: Of the group of presets.
        label: The group's name in words.
        names: What can be chosen.
    """

    name: str
    label: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Calculator:
    """What of the calculator is not made by its script.

    Attributes:
        examples: The first models, one click each.
        models: All models.
        headline: The metrics that stand large above the others.
        scenarios: What can be chosen; empty if there is no choice.
        scenario: The one that the report is for.
        short: The short form that comes first; None if no section declares one.
        presets: The groups of presets that fill its inputs, but for those that the planner asks.
        planner: The form that says whether a model fits; None if no section declares one.
    """

    examples: tuple[str, ...]
    models: tuple[str, ...]
    headline: tuple[CalculatorMetric, ...]
    scenarios: tuple[str, ...] = ()
    scenario: str = ""
    short: Short | None = None
    presets: tuple[PresetSelect, ...] = ()
    planner: PlannerForm | None = None


def calculator_of(report: Report) -> Calculator:
    """Return a report's calculator as the page shows it."""
    names = tuple(model.name for model in report.models)
    headline = tuple(map(_shown, report.headline))
    scenarios = tuple(scenario.name for scenario in report.scenarios) if report.assumptions else ()
    short = _short_of(report)
    planner = planner_form(report)
    asked = {one.name for one in planner.questions} if planner else ()
    groups = (one.group for one in report.presets if one.group.name not in asked)
    presets = tuple(PresetSelect(one.name, one.label, one.names) for one in groups)
    return Calculator(
        names[:QUICK_EXAMPLES], names, headline, scenarios, report.scenario, short, presets, planner
    )


def _shown(column: Column) -> CalculatorMetric:
    return CalculatorMetric(column.name, column.label, bool(column.rests_on))


def _short_of(report: Report) -> Short | None:
    """Return the first short form whose bars this report has, without what it lacks."""
    columns, metrics = report.columns, {column.name for column in report.metrics}
    for section in report.sections:
        form = section.short_form
        if form is None or not metrics.issuperset(form.bars):
            continue
        inputs = []
        for name, label in form.inputs:
            if name not in columns:
                continue
            share = columns[name].unit == "ratio"
            unit = f"% of {columns[form.bars[0]].label.lower()}" if share else columns[name].unit
            inputs.append(ShortInput(name, label, unit, share))
        return Short(
            tuple(inputs),
            tuple(_shown(columns[name]) for name in form.bars),
            _shown(columns[form.ring]) if form.ring in metrics else None,
            tuple(_shown(columns[name]) for name in form.numbers if name in metrics),
        )
    return None


def input_groups(report: Report) -> list[tuple[str, bool, list[str]]]:
    """Return the inputs by group: its title, whether it is open at first, and the names."""
    groups: dict[str, list[str]] = {}
    for column in report.fields:
        groups.setdefault(column.group, []).append(column.name)
    if report.assumptions:
        groups[ASSUMPTIONS] = [value.definition.name for value in report.assumptions]
    return [(title, title in OPEN_GROUPS, names) for title, names in groups.items()]


def calculator_script(report: Report) -> str:
    """Return the script that defines ``moe``, what ``templates/calculator.js`` computes with.

    It has the members ``operations`` (what formulas call, by name), ``formulas`` (for such calls,
    of each field and metric, after those it is made of: its name, and its formula as a function of
    all values by name), ``order`` (the formulas with those operations, which compute the values),
    ``lacking`` (what such a formula lacks),
    ``groups`` (of inputs: title, whether it is open at first, names), ``bounds`` (of each input:
    least, most, whether it is whole, and the bounds in words), ``rules`` (a field, and the field
    that it is at most), ``defaults`` (the fields whose default is a number), ``layers`` (of each
    metric of layers, if there are some, its name and its formula), ``counted`` (units
    that no negative number has), ``few`` (parameters, of which fewer are whole numbers), ``words``
    (why a number is missing or refused), ``planner``
    (:func:`~moe_report.renderers.html.planner_form.planner_members`) and those of the audit
    (:func:`~moe_report.renderers.html.audit_script.audit_members`). Names, titles, units and what
    is said of numbers are the only text in it; names are in variables.
    ``bounds`` are a Map, for in the text of an
    object the name ``__proto__`` would be no name.
    """
    alias = {name: _variable(at) for at, name in enumerate(_symbols(report))}
    steps = ",\n".join(_step(name, expr, alias) for name, expr in _ordered(report).items())
    assumed = {item.definition.name: item.definition for item in report.assumptions}
    known: dict[str, Field] = {
        column.name: report.definitions[column.name] for column in report.fields
    }
    limits = {name: _limits(item) for name, item in known.items()}
    limits |= {name: _limits(item) for name, item in assumed.items()}
    fallbacks = {name: item.default_expr for name, item in known.items()}
    defaults = [name for name, expr in fallbacks.items() if expr is not None and expr.op == "const"]
    words = {
        "blank": BLANK, "undefined": UNDEFINED, "needs": NEEDS, "listed": LISTED, "more": MORE,
        "most": MOST_LISTED, "large": TOO_LARGE, "negative": NOT_NEGATIVE, "whole": WHOLE,
        "limited": LIMITED, "either": EITHER, "counts": COUNTS,
    }  # fmt: skip
    rules = list(AT_MOST.items())
    helpers = HELPERS + REDUCING if report.layers else HELPERS
    calls = ", ".join((*CALLED, *(CALLED_OF_MANY if report.layers else ())))
    return (
        'const moe = (() => {\n"use strict";\n'
        f"const [{','.join(alias.values())}] =\n"
        "[report.fields, report.metrics, report.assumptions, report.layers ?? {}]"
        ".flatMap(Object.keys);\n"
        f"{lean_script(helpers)}\nconst operations = {{{calls}}};\n"
        f"const formulas = ({{{calls}}}) => [\n{steps}\n]"
        ".map(([name, of]) => (of ? [name, (v) => num(of(v))] : [name]));\n"
        "return {\nlacking, operations, formulas, order: formulas(operations),\n"
        f"{_layer_members(report, alias)}"
        f"groups: {quoted(input_groups(report), alias)},\n"
        f"bounds: new Map({quoted(_by_bound(limits), alias)}\n"
        ".flatMap(([of, names]) => names.map((name) => [name, of]))),\n"
        f"rules: {quoted(rules, alias)},\n"
        f"defaults: {quoted(defaults, alias)},\n"
        f"counted: {quoted(COUNTED)},\nfew: {LIKE_A_COUNT},\nwords: {quoted(words)},\n"
        f"{planner_members(report, alias)}{audit_members(report, alias)}}};\n}})();"
    )


def _variable(at: int) -> str:
    """Return a variable's name, ``A`` to ``Z``, ``A1`` and so on; those of functions are lower."""
    return f"{ascii_uppercase[at % 26]}{at // 26 or ''}"


def _symbols(report: Report) -> list[str]:
    """The names of all fields, metrics, assumptions and series, as the page's data has them."""
    names = [*report.columns, *(item.definition.name for item in report.assumptions)]
    return [*names, *(one.name for one in report.layers), *([TOKENS] if report.layers else [])]


def _layer_members(report: Report, alias: Mapping[str, str]) -> str:
    if not report.layers:
        return ""
    steps = ",\n".join(_step(one.name, one.expr, alias) for one in report.layers)
    return f"layers: [\n{steps}\n],\n"


def _step(name: str, expr: Expr | None, alias: Mapping[str, str]) -> str:
    if expr is None:
        return f"[{alias[name]}]"
    return f"[{alias[name]},v=>{unchecked(expr, lambda one: f'v[{alias[one]}]')}]"


def _by_bound(limits: Mapping[str, _Limits]) -> list[tuple[_Limits, list[str]]]:
    names: dict[_Limits, list[str]] = {}
    for name, limit in limits.items():
        names.setdefault(limit, []).append(name)
    return list(names.items())


def _limits(of: Field | Assumption) -> _Limits:
    said = between(of.minimum, of.maximum, whole=of.whole)
    return _plain(of.minimum), _plain(of.maximum), of.whole, said


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value


def _ordered(report: Report) -> Mapping[str, Expr | None]:
    """Return the formula of each field and metric, those it refers to first."""
    formulas = {name: column.expr for name, column in report.columns.items()}
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
