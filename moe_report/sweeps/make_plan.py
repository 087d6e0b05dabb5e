"""From what a plan says to the plan: every name looked up, every value read, formulas in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moe_report.compute.assumed import assumption_values
from moe_report.compute.scenarios import groups_of
from moe_report.errors import InputError, Problem, nearest
from moe_report.formula.expr import Expr
from moe_report.reports import AssumptionValue
from moe_report.schema.registry import Registry
from moe_report.sweeps.axis_values import ValuesError, axis_values
from moe_report.sweeps.formula_text import FormulaError, formula_of
from moe_report.sweeps.formulas import CircleError, Formulas
from moe_report.sweeps.plan import Axis, Constraint, Objective, Plan, Stage
from moe_report.sweeps.rules import checks_of, field_rules
from moe_report.sweeps.said import Line, Said
from moe_report.sweeps.varied_assumptions import with_varied_assumptions
from moe_report.table import ModelTable, Row
from moe_report.text import listed, shown

_OF_THE_MODEL = ("Claims to check", "Bytes of a checkpoint")  # groups that say nothing of designs
_MOST_DESIGNS = 2**62


@dataclass(frozen=True, eq=False)
class Sweep:
    """A plan, and what its report is made of.

    Attributes:
        plan: What is counted.
        base: The model whose designs are swept.
        row: The same, with what its designs have of it.
        table: What was read beside it.
        registry: What computes; assumptions that are varied are fields in it.
        values: What all other assumptions are.
        assumptions: Those of them that were set.
        presets: The presets that were chosen.
        notes: What is to be known of it.
        sources: The files that it was read from.
    """

    plan: Plan
    base: Row
    row: Row
    table: ModelTable
    registry: Registry
    values: Mapping[str, float]
    assumptions: Mapping[str, float]
    presets: Mapping[str, str]
    scenario: str
    notes: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()


def make_plan(
    said: Said,
    base: Row,
    table: ModelTable,
    registry: Registry,
    assumptions: Mapping[str, float],
    presets: Mapping[str, str],
    scenario: str,
    best: int,
) -> Sweep:
    """Return the sweep that a plan says.

    Args:
        said: What it says.
        base: The model that designs are made of.
        table: What was read with it: assumptions, scenarios.
        registry: What can be computed.
        assumptions: Numbers that win over those of the table, by name.
        presets: Presets that do, by group.
        scenario: Of the table.
        best: How many of the best are wanted.

    Raises:
        InputError: With all that is wrong.
    """
    groups = groups_of(table, registry.presets)
    values = assumption_values(table, registry, groups, assumptions, presets, scenario)
    return _Making(said, base, table, registry, values).sweep(assumptions, presets, scenario, best)


@dataclass
class _Making:
    said: Said
    base: Row
    table: ModelTable
    registry: Registry
    values: Sequence[AssumptionValue]
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def sweep(
        self,
        assumptions: Mapping[str, float],
        presets: Mapping[str, str],
        scenario: str,
        best: int,
    ) -> Sweep:
        self.problems.extend(self.said.problems)
        varied = self._varied()
        numbers = {one.definition.name: one.value for one in self.values}
        lifted = {name: numbers[name] for name in varied if name in numbers}
        registry = with_varied_assumptions(self.registry, lifted)
        row = self._row(registry)
        known = {name: item.value for name, item in row.numbers.items()}
        known |= dict.fromkeys(row.unclear, np.nan)
        known |= {name: value for name, value in numbers.items() if name not in lifted}
        formulas = Formulas(registry, known, [*varied])
        axes, tied = self._axes(varied, registry, formulas)
        self._constraints_and_objectives(formulas)
        if self.problems:
            raise InputError(self.problems)
        try:
            formulas = formulas.with_tied(tied)
        except CircleError as error:
            line = next(varied[name] for name in error.names if name in tied)
            raise InputError([line.problem("formula", str(error))]) from error
        if not axes:
            raise InputError([self._nothing_to_follow(varied, tied)])
        self._refuse_typed(row, formulas)
        plan = self._plan(axes, tied, formulas, best)
        if plan.designs > _MOST_DESIGNS:
            raise InputError([Problem(self.said.where, f"there are {plan.designs:,} designs")])
        others = {name: value for name, value in assumptions.items() if name not in lifted}
        usual = {name: value for name, value in numbers.items() if name not in lifted}
        return Sweep(plan, self.base, row, self.table, registry, usual, others, presets, scenario,
                     tuple(self.notes))  # fmt: skip

    def _problem(self, line: Line, part: str, message: str) -> None:
        self.problems.append(line.problem(part, message))

    def _varied(self) -> dict[str, Line]:
        """The lines that vary something, by what."""
        fields = [one for one, known in self.registry.fields.items() if known.kind != "text"]
        names = (*fields, *self.registry.assumptions)
        found: dict[str, Line] = {}
        for line in self.said.of("vary"):
            if line.name in found:
                self._problem(line, "name", f"{line.name} is varied twice")
            elif line.name in self.registry.metrics:
                message = f"{line.name} is computed; vary fields and assumptions, and constrain it"
                self._problem(line, "name", message)
            elif group := self.registry.presets.get(line.name):
                several = listed([*group.presets[0].values])
                message = f"{line.name} is a preset, one for all designs: --set {line.name}=… says "
                self._problem(line, "name", f"{message}which; or vary what it sets: {several}")
            elif line.name not in names:
                hint = nearest(line.name, names)
                message = f"there is no field or assumption {shown(line.name)}.{hint}"
                self._problem(line, "name", message)
            else:
                found[line.name] = line
        if not self.said.of("vary") and not self.said.problems:
            self.problems.append(Problem(self.said.where, "expected something that is varied"))
        return found

    def _row(self, registry: Registry) -> Row:
        """The base without what is said of itself alone."""
        dropped = {line.name: line for line in self.said.of("without")}
        for name, line in dropped.items():
            if name not in self.base.numbers:
                hint = nearest(name, self.base.numbers)
                self._problem(line, "name", f"the base has no {shown(name)}.{hint}")
        own = [
            name
            for name in self.base.numbers
            if name in registry.fields and registry.fields[name].group in _OF_THE_MODEL
        ]
        if own:
            self.notes.append(
                f"what {self.base.name} says of itself alone holds for no design: {listed(own)}"
            )
        numbers = {
            name: item
            for name, item in self.base.numbers.items()
            if name not in dropped and name not in own
        }
        varied = {line.name for line in self.said.of("vary")}
        unclear = {name: why for name, why in self.base.unclear.items() if name not in varied}
        return Row(self.base.name, numbers=numbers, unclear=unclear)

    def _axes(
        self, varied: Mapping[str, Line], registry: Registry, formulas: Formulas
    ) -> tuple[list[Axis], dict[str, Expr]]:
        axes: list[Axis] = []
        tied: dict[str, Expr] = {}
        for name, line in varied.items():
            known = registry.fields[name]
            try:
                if "formula" in line.parts:
                    tied[name] = self._formula(line, formulas, test=False)
                else:
                    base = formulas.of_base(name)
                    values = axis_values(line, base, whole=known.whole, unit=known.unit)
                    axes.append(Axis(name, values))
            except ValuesError as error:
                self._problem(line, error.part, str(error))
            except FormulaError as error:
                self._problem(line, "formula", str(error))
        return axes, tied

    def _nothing_to_follow(self, varied: Mapping[str, Line], tied: Mapping[str, Expr]) -> Problem:
        name, expr = next(iter(tied.items()))
        taken = [one for one in expr.symbols() if one not in self.registry.metrics]
        such = f" of {listed(taken)}" if taken else ""
        message = f"all that is varied are formulas; expected a line with values, too, as{such}"
        return varied[name].problem("formula", message)

    def _formula(self, line: Line, formulas: Formulas, *, test: bool) -> Expr:
        if line.kind == "vary" and len(line.parts) > 1:
            others = listed([part for part in line.parts if part != "formula"])
            raise FormulaError(f"found {others} beside a formula; expected one of them")
        text = str(line.parts.get("formula", "")).removeprefix("=")
        if not text.strip():
            raise FormulaError("expected a formula")
        found = formula_of(text, formulas.names)
        if found.is_test != test:
            wanted = "a test, such as num_experts <= 64" if test else "a number, not a test"
            raise FormulaError(f"found {shown(text)}, expected {wanted}")
        return found

    def _constraints_and_objectives(self, formulas: Formulas) -> None:
        self.constraints: list[Constraint] = []
        self.objectives: list[Objective] = []
        for line in self.said.of("constraint"):
            try:
                test = self._formula(line, formulas, test=True)
                text = str(line.parts["formula"]).removeprefix("=").strip()
                self.constraints.append(Constraint(text, test, asked=True))
            except FormulaError as error:
                self._problem(line, "formula", str(error))
        for line in self.said.of("objective"):
            text = " ".join(str(line.parts.get("formula", "")).split())
            sense, _, rest = text.partition(" ")
            if sense.casefold() not in ("min", "max") or not rest:
                message = f"found {shown(text)}, expected min or max and a number, as in "
                self._problem(line, "formula", f"{message}'min num_experts'")
                continue
            try:
                value = formula_of(rest, formulas.names)
                if value.is_test:
                    raise FormulaError(f"found {shown(rest)}, expected a number, not a test")
                aim = Objective(f"{sense.casefold()} {rest}", value, sense.casefold() == "max")
                if any(one.formula == aim.formula for one in self.objectives):
                    raise FormulaError(f"{rest} is an objective twice")
                self.objectives.append(aim)
            except FormulaError as error:
                self._problem(line, "formula", str(error))
        if not self.said.of("objective") and not self.said.problems:
            self.problems.append(Problem(self.said.where, "expected an objective, such as "
                                         "'min num_experts'"))  # fmt: skip
        for line in self.said.of("column"):
            if line.name not in formulas.names:
                hint = nearest(line.name, formulas.names)
                message = f"there is no field, assumption or metric {shown(line.name)}.{hint}"
                self._problem(line, "name", message)

    def _refuse_typed(self, row: Row, formulas: Formulas) -> None:
        """Refuse typed numbers that formulas would change, and tell of fields that stay."""
        stay: list[str] = []
        for name in row.numbers:
            changing = formulas.varied_below(name)
            if name in formulas.varied or not changing:
                continue
            if name in self.registry.metrics:
                self.problems.append(Problem(
                    self.said.where,
                    f"the base {self.base.name} has a number for {name}, whose formula rests on "
                    f"{listed(changing)}, which is varied; empty it there, or name it under "
                    "'without', to have it computed",
                ))  # fmt: skip
            else:
                stay.append(f"{name} ({row.numbers[name].value:,.15g})")
        if stay:
            self.notes.append(
                f"stays as in {self.base.name}, though by default it follows what is varied: "
                f"{listed(stay)}"
            )
        if self.problems:
            raise InputError(self.problems)

    def _plan(
        self, axes: Sequence[Axis], tied: Mapping[str, Expr], formulas: Formulas, best: int
    ) -> Plan:
        rules = field_rules(axes, tied, formulas)
        checks = checks_of(formulas)
        named = [line.name for line in self.said.of("column")]
        used = [
            *(name for one in self.constraints for name in one.expr.symbols()),
            *(name for one in self.objectives for name in one.expr.symbols()),
        ]
        for one in self.objectives:
            if not any(map(formulas.is_varied, one.expr.symbols())):
                self.notes.append(f"{one.text}: rests on nothing that is varied")
        varied = [
            name
            for name in (*(axis.name for axis in axes), *tied, *used)
            if formulas.is_varied(name)
        ]
        kept = dict.fromkeys([*varied, *named, *(one.formula for one in self.objectives)])

        def stage(*constraints: Constraint) -> Stage:
            names = (name for one in constraints for name in one.expr.symbols())
            return Stage(constraints, formulas.needed(names))

        stages = (stage(*rules), stage(*checks, *self.constraints))
        columns = [name for name in kept if name in formulas.names]
        last = formulas.needed([*columns, *used])
        taken = [expr for one in stages for expr in (*one.formulas.values(), *one.tests.values())]
        constants = formulas.constants_of([*columns, *used], [*taken, *last.values()])
        return Plan(
            tuple(axes),
            constants,
            tuple(one for one in stages if one.constraints),
            last,
            tuple(self.objectives),
            tuple(kept),
            dict(tied),
            best,
        )
