"""What is recorded of a function of a section: its formula, and the assumptions that it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from moe_report.formula.expr import Expr, lift, symbol
from moe_report.schema.assumptions import Assumption, assumptions_of
from moe_report.schema.model import Called

_DEEPEST, _LARGEST = 300, 4000  # of a formula; past them Excel refuses it anyway


class Computed(Called):
    """A number that a function says, which is called once, with symbols for numbers.

    The function takes a model, or a layer, and then any number of assumption dataclasses.
    """

    if TYPE_CHECKING:
        label: str
        symbol: str
        unit: str
        source: str
        doc: str
        function: Callable[..., float]

        @property
        def expr(self) -> Expr:
            """Its formula."""

    @property
    def description(self) -> str:
        """The first paragraph of the docstring, on one line."""
        return " ".join(self.doc.split("\n\n")[0].split())

    @cached_property
    def assumption_types(self) -> tuple[type, ...]:
        """The assumption dataclasses that the function takes after the model."""
        parameters = list(inspect.signature(self.function).parameters.values())
        if not parameters:
            raise TypeError("a metric takes the model as its first parameter")
        return tuple(self._annotation(parameter) for parameter in parameters[1:])

    def _annotation(self, parameter: inspect.Parameter) -> type:
        # Only of assumptions: that of the model may be imported for type checkers alone.
        if parameter.annotation is parameter.empty:
            raise TypeError(
                f"parameter {parameter.name!r} has no annotation; annotate it with the dataclass "
                "of its assumptions"
            )
        holder = cast(Any, parameter.annotation)
        if isinstance(holder, str):
            try:
                holder = eval(holder, self.function.__globals__)
            except NameError as error:
                raise TypeError(
                    f"parameter {parameter.name!r} is annotated with {holder!r}, which the module "
                    f"does not have when it runs ({error})"
                ) from error
        return cast(type, holder)

    @cached_property
    def own_assumptions(self) -> tuple[Assumption, ...]:
        """The assumptions that the function takes after the model."""
        return tuple(item for holder in self.assumption_types for item in assumptions_of(holder))

    def record(self, of: object) -> Expr:
        """Return what the function says of a model or a layer.

        Raises:
            TypeError: It is no number, or its formula is too large.
        """
        arguments = []
        for holder in self.assumption_types:
            items = assumptions_of(holder)
            arguments.append(holder(**{item.name: symbol(item.name) for item in items}))
        expr = lift(self.function(of, *arguments))
        if expr.is_test:
            raise TypeError("it gives a test; a metric is a number: write where(test, 1, 0)")
        if expr.depth > _DEEPEST or expr.size > _LARGEST:
            raise TypeError(
                f"its formula has {expr.size:,} parts, {expr.depth:,} deep, and may have "
                f"{_LARGEST:,} and {_DEEPEST:,}; split the metric in several"
            )
        return expr
