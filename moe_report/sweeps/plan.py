"""What a sweep is: axes whose product are the designs, formulas, rules and objectives.

Everything is plain data that can be sent to another process. A design has a number, from 0 on; the
last axis changes fastest, and no list of designs is ever made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

import moe_report
from moe_report.formula.compiled import Compiled
from moe_report.formula.expr import Expr
from moe_report.formula.operations import Column


@dataclass(frozen=True, eq=False)
class Axis:
    """A field or assumption that takes some values, in their order."""

    name: str
    values: Column


@dataclass(frozen=True, eq=False)
class Constraint:
    """What a design must keep to: a constraint of the plan's, or a rule of fields.

    Attributes:
        text: What it is counted as.
        expr: Holds where it is kept.
        lenient: Whether a design of which a number is missing keeps to it.
        asked: Whether it is one of the plan's own.
    """

    text: str
    expr: Expr
    lenient: bool = False
    asked: bool = False


@dataclass(frozen=True, eq=False)
class Objective:
    """What makes one design better than another: a number, and whether more of it is better."""

    text: str
    expr: Expr
    maximize: bool = False

    @property
    def name(self) -> str:
        """The column or assumption that it is; empty if it is more than one."""
        return self.expr.name if self.expr.op == "symbol" else ""

    @property
    def formula(self) -> str:
        """What it is, without whether more of it is better."""
        return self.name or self.text.split(maxsplit=1)[1]


@dataclass(frozen=True, eq=False)
class Stage:
    """What is tested together, of designs that passed the stages before.

    Attributes:
        constraints: What the designs must keep to, in the order in which they are counted.
        formulas: What they are of, by name, each after those that it refers to.
    """

    constraints: tuple[Constraint, ...]
    formulas: Mapping[str, Expr] = field(default_factory=dict)

    @cached_property
    def tests(self) -> Mapping[str, Expr]:
        """The tests of the constraints, by names that no formula has."""
        return {f"constraint {at}": one.expr for at, one in enumerate(self.constraints)}

    @cached_property
    def program(self) -> Compiled:
        """What computes the tests.

        What they are of is computed again of what has passed: to keep it of all costs more.
        """
        return Compiled({**self.formulas, **self.tests}, [*self.tests])


@dataclass(frozen=True, eq=False)
class Plan:
    """A sweep.

    Attributes:
        axes: What is varied.
        constants: What all designs have, by name; NaN for what is missing.
        stages: What is tested, one after another.
        formulas: What is computed of what has passed.
        objectives: What the front is of, the most important first.
        kept: The columns that are kept of each design, those of the objectives among them.
        tied: The formulas of what is varied with something else, by name; stages have them, too.
        best: How many of the best by the first objective are wanted beside the front.
    """

    axes: tuple[Axis, ...]
    constants: Mapping[str, float]
    stages: tuple[Stage, ...]
    formulas: Mapping[str, Expr]
    objectives: tuple[Objective, ...]
    kept: tuple[str, ...]
    tied: Mapping[str, Expr] = field(default_factory=dict)
    best: int = 20

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def designs(self) -> int:
        """How many designs there are."""
        return prod(self.shape)

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """All constraints, in the order in which they are counted."""
        return tuple(one for stage in self.stages for one in stage.constraints)

    @cached_property
    def program(self) -> Compiled:
        """What computes the columns that are kept, with the objectives."""
        known = {*self.constants, *(axis.name for axis in self.axes)}
        aims = {one.formula: one.expr for one in self.objectives if not one.name}
        return Compiled(
            {**self.formulas, **aims}, [name for name in self.kept if name not in known]
        )

    def columns(self, first: int, last: int) -> dict[str, Column]:
        """Return the values of each axis of the designs from one number up to before another.

        >>> axes = Axis("a", np.array([1.0, 2.0])), Axis("b", np.array([5.0, 6.0, 7.0]))
        >>> Plan(axes, {}, (), {}, (), ()).columns(2, 5)
        {'a': array([1., 2., 2.]), 'b': array([7., 5., 6.])}
        """
        found: dict[str, Column] = {}
        size = last - first
        stride = 1
        for axis in reversed(self.axes):
            count = len(axis.values)
            start = first // stride
            runs = (last - 1) // stride - start + 1  # of one value each
            at = np.arange(start, start + runs) % count
            values = axis.values[at]
            if stride > size:  # what is repeated need not fit into memory
                ends = np.clip(np.arange(start, start + runs + 1) * stride, first, last)
                values = np.repeat(values, ends[1:] - ends[:-1])
            elif stride > 1:
                values = np.repeat(values, stride)[(skipped := first % stride) : skipped + size]
            found[axis.name] = values
            stride *= count
        return {axis.name: found[axis.name] for axis in self.axes}

    @cached_property
    def mark(self) -> str:
        """A hash of all that the result depends on, in hex."""
        found = hashlib.sha256()
        for text in self._described():
            found.update(text.encode() + b"\n")
        return found.hexdigest()

    def _described(self) -> Iterator[str]:
        yield f"moe-report {moe_report.__version__}, numpy {np.__version__}, best {self.best}"
        for axis in self.axes:
            yield f"{axis.name} {hashlib.sha256(axis.values.tobytes()).hexdigest()}"
        yield from (f"{name} is {value!r}" for name, value in self.constants.items())
        for stage in self.stages:
            yield from (f"{name} = {spelled(expr)}" for name, expr in stage.formulas.items())
            for one in stage.constraints:
                yield f"{one.text}: {spelled(one.expr)} {one.lenient}"
        yield from (f"{name} = {spelled(expr)}" for name, expr in self.formulas.items())
        for aim in self.objectives:
            yield f"{aim.text}: {spelled(aim.expr)} {aim.maximize}"
        yield " ".join(self.kept)


def spelled(expr: Expr) -> str:
    """Return an expression as text, with every digit of its numbers."""
    if expr.op == "const":
        return repr(expr.value)
    if expr.op in ("symbol", "series"):
        return expr.name
    return f"{expr.op}({', '.join(map(spelled, expr.args))})"
