"""What a metric function is given: a model whose attributes are symbols, and what it may call."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NoReturn, cast

from moe_report.errors import nearest
from moe_report.formula.expr import Expr, symbol
from moe_report.schema.fields import FIELDS, NUMBER_FIELDS
from moe_report.schema.model_fields import ModelFields

# Names of the fields that any section has declared so far: for hints alone.
FIELDS_OF_SECTIONS: set[str] = set()


class Model(ModelFields):
    """What a metric function is given: each attribute is a field of the model.

    While a formula is recorded an attribute is a symbol, though it is typed as the number that it
    stands for. The fields are those of :mod:`moe_report.schema.fields`, under the names of
    ``config.json``.

    Raises:
        AttributeError: There is no such field; the nearest one is named.
    """

    def __init__(self) -> None:
        self._calls: dict[str, Called] = {}

    if not TYPE_CHECKING:  # to a type checker there are the fields, and no others

        def __getattr__(self, name: str) -> Expr:
            if name in NUMBER_FIELDS:
                return symbol(name)
            if name.startswith("__"):
                raise AttributeError(name)
            if name in FIELDS_OF_SECTIONS:
                raise AttributeError(f"{name!r} is a field of a section: call {name}(m)")
            kind = "is text, not a number" if name in FIELDS else "is not a field of a model"
            hint = nearest(name, (*NUMBER_FIELDS, *FIELDS_OF_SECTIONS))
            raise AttributeError(f"{name!r} {kind}.{hint}")

        def __getitem__(self, name: object) -> NoReturn:
            raise TypeError(f"a field is an attribute of the model: write m.{name}")


class Called:
    """What a formula calls with the model, and is then a symbol of: a metric, a section's field."""

    if TYPE_CHECKING:

        @property
        def name(self) -> str:
            """What it is called."""

        @property
        def module(self) -> str:
            """The module that has it."""

        @property
        def aliases(self) -> tuple[str, ...]:
            """Other headers of its column."""

    def __call__(self, m: Model, *assumptions: object) -> float:
        """Return its symbol, for use in a metric's formula.

        It is computed for the report's assumptions; the dataclasses that a metric is given of them
        may be passed on, and others cannot.
        """
        if not isinstance(m, Model):
            raise TypeError(f"{self.name}() takes the model: {self.name}(m)")
        if not all(map(_is_recorded, assumptions)):
            raise TypeError(
                f"{self.name} is a column, computed for the report's assumptions and no others: "
                f"write {self.name}(m)"
            )
        if m._calls.setdefault(self.name, self) is not self:
            other = m._calls[self.name].module
            raise TypeError(f"{self.name} of {self.module} and that of {other} in one formula")
        return cast(float, symbol(self.name))

    if not TYPE_CHECKING:

        def _uncalled(self, *_: Any) -> NoReturn:
            raise TypeError(f"a formula is made of numbers and symbols, not {self!r}")

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _uncalled
        __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _uncalled
        __pow__ = __rpow__ = __neg__ = __abs__ = __lt__ = __le__ = __gt__ = __ge__ = _uncalled

        def __eq__(self, other: object) -> bool:
            return self is other if isinstance(other, Called) else self._uncalled()

        __hash__ = object.__hash__


def _is_recorded(holder: object) -> bool:
    """Whether something is a dataclass of assumptions as a metric's function is given it."""
    return dataclasses.is_dataclass(holder) and all(
        isinstance(value, Expr) and value.op == "symbol" and value.name == name
        for name, value in vars(holder).items()
    )
