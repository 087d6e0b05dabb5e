"""Expressions of a template: Jinja's grammar, over the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes

from moe_report.display import MISSING
from moe_report.fill.expressions.sandbox import compiled, parsed
from moe_report.fill.expressions.scope import (
    Context,
    Known,
    Missing,
    Model,
    TemplateValueError,
    Value,
)
from moe_report.fill.expressions.static_check import StaticCheck, has_arguments
from moe_report.fill.expressions.values import as_text, joined
from moe_report.text import shown


@dataclass(frozen=True)
class Expression:
    """What stands between ``{{`` and ``}}``.

    Attributes:
        text: As it was written.
        names: Which of ``m``, ``models``, ``assumptions``, ``report`` and ``number`` it uses.
        formula: Whether it asks for the live formula in place of the value.
        plain: The field or metric if it is just ``m.NAME``.
        about: The field, metric or assumption whose value it gives, in that one's unit.
        truth: Whether it can only be true or false.
        run: Called with what the names stand for, gives its value.
    """

    text: str
    names: frozenset[str]
    formula: bool
    plain: str | None
    about: str | None
    truth: bool
    run: Callable[[dict[str, Any]], Any] = field(repr=False, compare=False)


def parse_expression(text: str, known: Known, *, bare: bool = False) -> Expression:
    """Read an expression, and refuse what it must not say or what is unknown.

    Args:
        text: What stands between the braces.
        known: The names there are.
        bare: Whether fields and metrics may be named without ``m.``.

    Raises:
        TemplateValueError: It is no expression, or names something unknown.
    """
    node, formula = parsed(text.strip()), False
    if isinstance(node, nodes.Filter) and node.name == "formula":
        inner, plain, formula = node.node, _plain(node.node), True
        if inner is None or plain is None or has_arguments(node):
            raise TemplateValueError(
                f"found {shown(text)}, expected `m.` and one name in front of `| formula`"
            )
        if not known.column(plain).unit:
            raise TemplateValueError(f"{plain!r} is text and has no formula")
        node = inner
    check = StaticCheck(known, bare=bare)
    gives = check.value(node, text)
    names, plain, truth = frozenset(check.names), _plain(node), gives.kind == "truth"
    return Expression(text, names, formula, plain, gives.about, truth, compiled(node))


def _plain(node: nodes.Node | None) -> str | None:
    """The name of ``m.NAME``."""
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return node.attr if node.node.name == "m" else None
    return None


def _value(expression: Expression, context: Context, m: Model | None, number: int | None) -> Value:
    for name, here in (("m", m), ("number", number)):
        if here is None and name in expression.names:
            raise TemplateValueError(
                f"{name} is known only in a table's row or on a sheet that repeats"
            )
    if expression.plain is not None and m is not None:
        return m[expression.plain]  # what most cells of a table ask for
    counted = None if number is None else float(number)
    value = expression.run({**context.names, "m": m, "number": counted})
    assert value is None or isinstance(value, (float, str, bool, Missing))
    return value


def evaluate(
    expression: Expression, context: Context, m: Model | None = None, number: int | None = None
) -> float | str | bool | None:
    """Return what an expression gives; None where a number is missing or a text is empty.

    In what repeats, ``m`` is its model, and ``number`` counts from 1.

    Raises:
        TemplateValueError: It has no value: what it uses is missing or has another type.
    """
    value = _value(expression, context, m, number)
    return None if isinstance(value, Missing) else value


def text_of_pieces(
    pieces: Sequence[str | Expression],
    context: Context,
    m: Model | None = None,
    number: int | None = None,
) -> str:
    """Return a text with its expressions filled in; an en dash where a number is missing."""
    texts = []
    for piece in pieces:
        value = piece if isinstance(piece, str) else _value(piece, context, m, number)
        texts.append(MISSING if isinstance(value, Missing) else as_text(value))
    return joined(texts)


def choose(
    context: Context, sort: Iterable[tuple[Expression, bool]], where: Expression | None
) -> list[Model]:
    """Return the models that a table shows, in its order; what lacks a number comes last.

    Each expression to sort by, the most important first, says whether the largest comes first.

    Raises:
        TemplateValueError: An expression has no value for some model.
    """
    models = [model for model in context.models if where is None or evaluate(where, context, model)]
    for expression, descending in reversed(tuple(sort)):
        keys = {model: evaluate(expression, context, model) for model in models}
        kinds = {type(key) for key in keys.values() if key is not None}
        if len(kinds) > 1:
            raise TemplateValueError(f"{shown(expression.text)} sorts texts and numbers together")
        there = [model for model in models if keys[model] is not None]
        there.sort(key=lambda model, of=keys: _folded(of[model]), reverse=descending)  # type: ignore[misc]
        models = there + [model for model in models if keys[model] is None]
    return models


def _folded(key: object) -> Any:
    return key.casefold() if isinstance(key, str) else key
