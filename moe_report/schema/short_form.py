"""The few numbers that the calculator of a page asks for first, as a section declares them.

>>> from moe_report import short_form
>>> short_form(inputs=[("num_experts", "Experts")], bars=("total_params", "active_params")).columns
('num_experts', 'total_params', 'active_params')
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from moe_report.errors import PluginError
from moe_report.schema.fields import FIELDS
from moe_report.schema.model import Called
from moe_report.schema.section_fields import SectionField
from moe_report.text import is_text


@dataclass(frozen=True)
class ShortForm:
    """A calculator in a few inputs; made by :func:`short_form`.

    Attributes:
        inputs: Names of the fields and metrics to type, each with the form's words for it.
        bars: Names of a whole and its part.
        ring: Name of a metric that is a share; empty for none.
        numbers: Names of further metrics that follow.
    """

    inputs: tuple[tuple[str, str], ...]
    bars: tuple[str, str]
    ring: str = ""
    numbers: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all fields and metrics in it."""
        ring = (self.ring,) if self.ring else ()
        return (*(name for name, _ in self.inputs), *self.bars, *ring, *self.numbers)


def short_form(
    *,
    inputs: Sequence[tuple[Called | str, str]],
    bars: Sequence[Called | str],
    ring: Called | str = "",
    numbers: Sequence[Called | str] = (),
) -> ShortForm:
    """Declare a short form, for the constant ``SHORT_FORM`` of a section's module.

    Metrics and fields are given by themselves or by their names. What a report does not have is
    left out of the form; of several forms the first one is shown.

    Args:
        inputs: The fields and metrics to type, each in brackets with the form's words for it. A
            ratio is typed in percent of the first bar.
        bars: Two metrics of one unit, the second a part of the first.
        ring: A metric that is a share.
        numbers: Further metrics that follow.

    Raises:
        PluginError: One of them is none of what is accepted, or an input is there twice.
    """
    pairs = [_listed("inputs", pair) for pair in _listed("inputs", inputs)]
    for pair in pairs:
        if len(pair) != 2 or not is_text(pair[1]) or not str(pair[1]).strip():
            raise PluginError(
                f"short_form() has the input {pair!r:.60}, expected a field or metric and its words"
            )
    typed = tuple((_name("inputs", item), str(words)) for item, words in pairs)
    names = [name for name, _ in typed]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise PluginError(f"short_form() has the input {twice!r} twice")
    both = [_name("bars", item) for item in _listed("bars", bars)]
    if len(both) != 2 or both[0] == both[1]:
        raise PluginError(f"short_form() has the bars {both!r:.60}, expected a whole and its part")
    return ShortForm(
        typed,
        (both[0], both[1]),
        _name("ring", ring) if isinstance(ring, Called) or ring else "",
        tuple(_name("numbers", item) for item in _listed("numbers", numbers)),
    )


def _listed(what: str, items: object) -> tuple[object, ...]:
    if isinstance(items, str) or not isinstance(items, Collection):
        raise PluginError(
            f"short_form() has {items!r:.60} for {what}, expected several in brackets"
        )
    return tuple(items)


def _name(what: str, item: object) -> str:
    name = item.name if isinstance(item, Called) else item
    metric = what == "inputs" or not (isinstance(item, SectionField) or name in FIELDS)
    if not isinstance(name, str) or not name or not metric:
        kind = "metric or field" if what == "inputs" else "metric"
        raise PluginError(
            f"short_form() has {item!r:.60} for {what}, expected a {kind}, or its name"
        )
    return name
