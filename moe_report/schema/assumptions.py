"""What a metric is computed for: dataclasses of assumptions, which are no part of the model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from moe_report.schema.bounds import LARGEST, is_number, refusal
from moe_report.text import A_TEXT, is_text


@dataclass(frozen=True)
class Assumption:
    """One property not of the model but of its use: what a metric is computed *for*.

    Attributes:
        name: Its name: a cell of the Assumptions sheet, an input of the page.
        label: Its name in words.
        symbol: As a formula writes it.
        unit: What is counted.
        help: A sentence on what it means.
        default: The value unless the user sets another.
        minimum: Smallest value accepted.
        maximum: Largest value accepted.
        whole: Whether only whole numbers make sense.
        aliases: Other headers of a column of it.
        headers: Phrases of headers that mean it, as ``schema/headers/phrases.py`` writes them.
    """

    name: str
    label: str
    symbol: str
    unit: str
    help: str
    default: float
    minimum: float
    maximum: float
    whole: bool = False
    aliases: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    def refusal(self, value: float) -> str:
        """Return what was expected in place of a value, or nothing if it will do."""
        said = refusal(value, self.minimum, self.maximum, whole=self.whole)
        return f"{said} {self.unit}" if said and not self.whole else said


def assumption(
    default: float,
    *,
    symbol: str,
    unit: str,
    help: str,
    label: str | None = None,
    minimum: float = 0,
    maximum: float = LARGEST,
    whole: bool = False,
    aliases: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
) -> Any:
    """Declare a field of an assumptions dataclass.

    >>> @dataclass(frozen=True)
    ... class Serving:
    ...     batch_size: float = assumption(1, symbol="B", unit="sequences", help="At once.")
    >>> assumptions_of(Serving)[0].label
    'Batch size'
    """
    said = {"symbol": symbol, "unit": unit, "help": help, "label": label}
    bounds = {"minimum": minimum, "maximum": maximum, "whole": whole}
    spelt = {"aliases": aliases, "headers": headers}
    return dataclasses.field(default=default, metadata={"moe_report": said | bounds | spelt})


def assumptions_of(holder: type) -> tuple[Assumption, ...]:
    """Return the assumptions that a frozen dataclass declares, in order.

    Raises:
        TypeError: It is not a frozen dataclass of :func:`assumption` fields, one of them says too
            little, or its default is out of its bounds.
    """
    return _declared(holder)


@cache  # metrics share them, and ask often
def _declared(holder: type) -> tuple[Assumption, ...]:
    named = getattr(holder, "__name__", repr(holder))
    if not dataclasses.is_dataclass(holder) or not holder.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{named} must be a frozen dataclass of assumptions")
    found = []
    for item in dataclasses.fields(holder):
        where = f"{named}.{item.name}"
        if "moe_report" not in item.metadata:
            raise TypeError(f"{where} must be declared with assumption()")
        said = dict(item.metadata["moe_report"])
        needed = {what: said[what] for what in ("symbol", "unit", "help")}
        if wrong := wrongly_said(needed, {"default": item.default, **said}):
            raise TypeError(f"{where} has {wrong}")
        label = said.pop("label") or item.name.replace("_", " ").capitalize()
        one = Assumption(name=item.name, label=label, default=float(item.default), **said)  # type: ignore[arg-type]
        if expected := one.refusal(one.default):
            raise TypeError(f"{where} is {one.default:g} by default, expected {expected}")
        found.append(one)
    return tuple(found)


def wrongly_said(needed: Mapping[str, object], others: Mapping[str, object]) -> str:
    """Return what is wrong with the arguments of a declaration; nothing if they are of their kinds.

    Args:
        needed: Texts that may not be empty.
        others: By their names, which tell their kinds.
    """
    for what, value in {**needed, **others}.items():
        expected, right = _KINDS.get(what, (A_TEXT, is_text))
        if isinstance(value, str) and what in ("aliases", "headers"):
            return f"a text for {what}; write ({value!r},)"
        if not right(value):
            return f"the {what} {value!r:.60}, expected {expected}"
    return next((f"an empty {what}" for what, text in needed.items() if not str(text).strip()), "")


_FLAG = ("True or False", lambda value: isinstance(value, bool))
_TEXTS = (
    "a tuple of texts without control characters",
    lambda value: isinstance(value, Collection) and all(map(is_text, value)),
)
_PLACE = ("True, False or a place from 1", lambda value: isinstance(value, int) and value >= 0)
_END = ("a number", lambda value: value is None or is_number(value))
_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "label": (A_TEXT, lambda value: value is None or is_text(value)),
    "headline": _PLACE, "whole": _FLAG, "flag": _FLAG,
    "lowest": _END, "highest": _END,
    "aliases": _TEXTS, "headers": _TEXTS,
    **dict.fromkeys(("default", "minimum", "maximum"), ("a number", is_number)),
}  # fmt: skip
