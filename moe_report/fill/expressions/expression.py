"""Expressions of a template: Jinja's grammar, over the report.

An expression comes with somebody's file: Jinja reads it, and
:mod:`moe_report.fill.expressions.compiler` takes of it only what is listed there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from moe_report.display import MISSING
from moe_report.fill.expressions.compiler import Compiler
from moe_report.fill.expressions.parts import Place, Run, refuse_kind
from moe_report.fill.expressions.scope import (
    Context,
    Known,
    Missing,
    Model,
    TemplateValueError,
    short,
)
from moe_report.fill.expressions.values import as_text, bounded

__all__ = [
    "Context", "Expression", "Known", "Model", "TemplateValueError", "as_text", "choose",
    "evaluate", "parse_expression", "text_of_pieces",
]  # fmt: skip

MAX_LENGTH = 1000
_ENVIRONMENT = ImmutableSandboxedEnvironment()


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
    """

    text: str
    names: frozenset[str]
    formula: bool
    plain: str | None
    about: str | None
    truth: bool
    run: Run = field(repr=False, compare=False)


def parse_expression(text: str, known: Known, *, bare: bool = False) -> Expression:
    """Read an expression, and refuse what it must not say or what is unknown.

    Args:
        text: What stands between the braces.
        known: The names there are.
        bare: Whether fields and metrics may be named without ``m.``.

    Raises:
        TemplateValueError: It is no expression, or names something unknown.
    """
    node = _parsed(text.strip())
    formula = isinstance(node, nodes.Filter) and node.name == "formula"
    if formula:
        assert isinstance(node, nodes.Filter)
        inner, plain = node.node, _plain(node.node)
        takes_nothing = not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
        if plain is None or inner is None or not takes_nothing:
            raise TemplateValueError(
                f"found {short(text)}, expected `m.` and one name in front of `| formula`"
            )
        node = inner
        if known.column(plain).format == "":
            raise TemplateValueError(f"{plain!r} is text and has no formula")
    compiler = Compiler(known, bare)
    part = compiler.part(node)
    if part.kind not in ("value", "truth"):
        refuse_kind(part.kind, text)
    return Expression(
        text, frozenset(compiler.names), formula, _plain(node), part.about,
        part.kind == "truth", part.run,
    )  # fmt: skip


def evaluate(
    expression: Expression, context: Context, m: Model | None = None, number: int | None = None
) -> float | str | bool | None:
    """Return what an expression gives; None where a number is missing or a text is empty.

    Args:
        expression: The expression.
        context: The report.
        m: The model of the row or sheet.
        number: Number of the row among those that repeat, from 1.

    Raises:
        TemplateValueError: It has no value: what it uses is missing or has another type.
    """
    value = expression.run(Place(context, m, None if number is None else float(number)))
    if isinstance(value, Missing):
        return None
    assert value is None or isinstance(value, (float, str, bool))
    return value


def text_of_pieces(
    pieces: Sequence[str | Expression],
    context: Context,
    m: Model | None = None,
    number: int | None = None,
) -> str:
    """Return a text with its expressions filled in; an en dash where a number is missing."""
    place = Place(context, m, None if number is None else float(number))
    texts = []
    for piece in pieces:
        value = piece if isinstance(piece, str) else piece.run(place)
        texts.append(MISSING if isinstance(value, Missing) else as_text(value))
    return bounded("".join(texts))


def choose(
    context: Context, sort: Iterable[tuple[Expression, bool]], where: Expression | None
) -> list[Model]:
    """Return the models that a table shows, in its order; what lacks a number comes last.

    Args:
        context: The report.
        sort: What to sort by, the most important first, and whether the largest comes first.
        where: What is true of them; None for all.

    Raises:
        TemplateValueError: An expression has no value for some model.
    """
    models = [model for model in context.models if where is None or evaluate(where, context, model)]
    for expression, descending in reversed(tuple(sort)):
        keys = {model: evaluate(expression, context, model) for model in models}
        kinds = {type(key) for key in keys.values() if key is not None}
        if len(kinds) > 1:
            raise TemplateValueError(f"{short(expression.text)} sorts texts and numbers together")
        there = [model for model in models if keys[model] is not None]
        there.sort(key=lambda model, of=keys: _folded(of[model]), reverse=descending)  # type: ignore[misc]
        models = there + [model for model in models if keys[model] is None]
    return models


def _folded(key: object) -> Any:
    return key.casefold() if isinstance(key, str) else key


def _parsed(text: str) -> nodes.Expr:
    if len(text) > MAX_LENGTH:
        raise TemplateValueError(
            f"found an expression of {len(text):,} characters, expected at most {MAX_LENGTH:,}"
        )
    if not text:
        raise TemplateValueError("found nothing between {{ and }}, expected an expression")
    try:
        parser = Parser(_ENVIRONMENT, text, state="variable")
        node = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError(f"found {parser.stream.current.value!r} behind it", 1)
    except RecursionError:
        raise TemplateValueError(f"{short(text)} is nested too deeply") from None
    except (TemplateSyntaxError, ValueError, OverflowError) as error:
        why = next(iter(str(getattr(error, "message", None) or error).splitlines()), "")
        raise TemplateValueError(f"{short(text)} is no expression: {why}") from None
    return node


def _plain(node: nodes.Node | None) -> str | None:
    """The name of ``m.NAME``."""
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return node.attr if node.node.name == "m" else None
    return None
