"""Names that a section cannot give to what it declares: they mean something else already."""

from __future__ import annotations

from collections.abc import Callable

from moe_report.errors import PluginError
from moe_report.schema.fields import FIELDS

# What a model of a report has beside its numbers, which are attributes of it, too.
ATTRIBUTES_OF_A_MODEL = frozenset({"at", "cell", "findings", "info", "report"})


def refuse_taken(name: str, where: str) -> None:
    """Refuse the name of a metric or field that something else of a model has.

    Raises:
        PluginError: It is that of a built-in field, or would hide a number behind something else.
    """
    if name.casefold() in FIELDS:
        raise PluginError(f"{where} has the name of a field; choose another")
    if name in ATTRIBUTES_OF_A_MODEL:
        raise PluginError(f"{where} has a name by which a model has something else; choose another")


def refuse_second(function: Callable[..., object], where: str) -> None:
    """Refuse a function by whose name its module declares something above: that would be gone.

    Args:
        function: As it is written.
        where: What is declared, as an error names it.

    Raises:
        PluginError: There is a metric, a check or a field above.
    """
    name = function.__name__
    above = function.__globals__.get(name)
    if function.__qualname__ != name or getattr(above, "module", None) != function.__module__:
        return
    written = getattr(above, "function", None)
    if written is None:
        raise PluginError(f"{where} has the name of {above!r} above; choose another")
    first, again = written.__code__, function.__code__
    if first.co_filename == again.co_filename and first != again:
        line = first.co_firstlineno
        raise PluginError(f"{where} is a second one; rename it, or that of line {line}")
