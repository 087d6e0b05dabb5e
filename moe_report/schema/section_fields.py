"""Fields that a section brings: further columns of the sheet Models, beside the built-in ones.

>>> from moe_report import Model, field, metric
>>> device_power = field("device_power", symbol="W_d", unit="W", help="Power under load.")
>>> @metric(symbol="E_tok", unit="J", source="a convention")
... def energy(m: Model) -> float:
...     '''Energy of a token at a thousand tokens a second.'''
...     return device_power(m) / 1000
>>> energy.of(device_power=700)
0.7
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from moe_report.errors import PluginError, cause
from moe_report.formula.expr import Expr, lift
from moe_report.schema.assumptions import wrongly_said
from moe_report.schema.bounds import LARGEST
from moe_report.schema.declared_names import refuse_taken
from moe_report.schema.fields import Field, Kind
from moe_report.schema.model import FIELDS_OF_SECTIONS, Called, Model


@dataclass(frozen=True, eq=False, repr=False)
class SectionField(Called, Field):
    """A field that a section declares by :func:`field`.

    Calling it inside a metric's function gives its symbol, as calling a metric does.

    Attributes:
        module: The module that declares it.
        needs: The fields of sections that its default is made of.
    """

    module: str = ""
    needs: tuple[SectionField, ...] = ()

    def __repr__(self) -> str:
        return f"the field {self.name} (in a formula write {self.name}(m))"


def field(
    name: str,
    *,
    symbol: str,
    help: str,
    unit: str = "",
    label: str | None = None,
    minimum: float = 0,
    maximum: float = LARGEST,
    default: float | Callable[[Model], float] | None = None,
    whole: bool = False,
    flag: bool = False,
    aliases: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
) -> SectionField:
    """Declare a field: a number of each model that is typed, or that its config says.

    The module gives it the same name: ``device_power = field("device_power", ...)``.

    Args:
        name: The header of its column, and its key in a ``config.json``.
        symbol: As formulas write it: a letter, and a subscript after ``_``.
        help: A sentence on what to enter.
        unit: What is counted; of a flag it is left out.
        label: Name in words; made from the name by default.
        minimum: Smallest value accepted.
        maximum: Largest value accepted.
        default: A number, or a function of the model that is recorded as a metric's is, made of
            fields alone; without one the field is missing where it is left empty.
        whole: Whether only whole numbers make sense.
        flag: Whether it is 0 or 1; its default is then 0, unless another is given.
        aliases: Other headers of its column, and other keys.
        headers: Phrases of headers that mean it, as of :func:`~moe_report.metric`.

    Raises:
        PluginError: An argument is missing, empty or none of those accepted, or the name is that of
            something else.
    """
    module = str(sys._getframe(1).f_globals.get("__name__", ""))
    where = f"field {name!r} of {module}"
    if not isinstance(name, str) or not name.isidentifier():
        raise PluginError(f"{where}: expected a name of letters, digits and underscores")
    if flag:
        unit, maximum, whole = "0 or 1", 1, True
        default = 0 if default is None else default
    needed = {"symbol": symbol, "unit": unit, "help": help}
    said = {"label": label, "minimum": minimum, "maximum": maximum, "whole": whole, "flag": flag,
            "aliases": aliases, "headers": headers}  # fmt: skip
    if not (default is None or callable(default)):
        said["default"] = default
    if wrong := wrongly_said(needed, said):
        raise PluginError(f"{where} has {wrong}")
    refuse_taken(name, where)
    if not minimum <= maximum <= LARGEST:
        message = "bounds from a smaller to a larger number, of at most 2^53"
        raise PluginError(f"{where} is from {minimum:g} to {maximum:g}, expected {message}")
    kind: Kind = "flag" if flag else "number" if whole else "decimal"
    expr, needs = _recorded(default, where)
    one = SectionField(
        name=name,
        label=label or name.replace("_", " ").capitalize(),
        symbol=symbol,
        unit=unit,
        help=help,
        group="",
        kind=kind,
        minimum=minimum,
        maximum=maximum,
        default=expr,
        aliases=tuple(aliases),
        headers=tuple(headers),
        module=module,
        needs=needs,
    )
    if isinstance(expr, float) and (expected := one.refusal(expr)):
        raise PluginError(f"{where} is {expr:g} by default, expected {expected}")
    FIELDS_OF_SECTIONS.add(name)
    return one


def _recorded(
    default: float | Callable[[Model], float] | None, where: str
) -> tuple[float | Expr | None, tuple[SectionField, ...]]:
    """A default as it is recorded, and the fields of sections that it is made of."""
    if not callable(default):
        return None if default is None else float(default), ()
    model = Model()
    try:
        expr = lift(default(model))
    except Exception as error:  # whatever somebody's function raises
        raise PluginError(f"the default of {where}: {cause(error)}") from error
    if expr.is_test:
        raise PluginError(f"the default of {where} is a test; write where(test, 1, 0)")
    called = model._calls.values()
    needs = tuple(one for one in called if isinstance(one, SectionField))
    if others := [one.name for one in called if one not in needs]:
        raise PluginError(f"the default of {where} calls the metric {others[0]}; it is of fields")
    return expr, needs


def with_needs(fields: Iterable[SectionField]) -> dict[str, SectionField]:
    """Return fields by name, with those that their defaults are made of."""
    found: dict[str, SectionField] = {}
    for one in fields:
        found |= with_needs(one.needs) | {one.name: one}
    return found


def under(title: str, fields: Iterable[SectionField]) -> Mapping[str, SectionField]:
    """Return fields by name, with the heading that they stand under."""
    return {one.name: replace(one, group=title) for one in fields}
