"""What an expression is put together from: functions, and what is known of what they give."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from jinja2 import nodes

from moe_report.fill.expressions.filters import Kind
from moe_report.fill.expressions.scope import Context, Model, TemplateValueError, short

NAMES = ("m", "models", "assumptions", "report", "number")


@dataclass(frozen=True)
class Place:
    """Where an expression is evaluated: the report, and in what repeats the model and its row."""

    context: Context
    m: Model | None
    number: float | None


Run = Callable[[Place], Any]


def refuse_kind(kind: Kind, text: str) -> NoReturn:
    """Refuse what is no one value.

    Raises:
        TemplateValueError: Always.
    """
    said = {
        "model": "a model; add what of it, such as `.total_params`",
        "models": "models; add which one, or a filter such as `length`",
        "list": "a list; add a filter such as `sum` or `join`",
        "assumptions": "all assumptions; add which one",
        "report": "the whole report; add what of it, such as `.version`",
    }
    raise TemplateValueError(f"{short(text)} gives {said[kind]}")


@dataclass(frozen=True)
class Part:
    """A part of an expression.

    Attributes:
        kind: What it gives.
        run: Called with a place, gives it.
        about: The field, metric or assumption whose value it is.
        varies: Whether it differs from model to model.
        literal: What is written there, if that is a text or a number.
    """

    kind: Kind
    run: Run
    about: str | None = None
    varies: bool = True
    literal: object = None


def _the_model(place: Place) -> Model:
    if place.m is None:
        raise TemplateValueError("m is known only in a table's row or on a sheet that repeats")
    return place.m


def _number(place: Place) -> float:
    if place.number is None:
        raise TemplateValueError("number is known only in a table's row or on a sheet that repeats")
    return place.number


THE_MODEL = Part("model", _the_model)
THE_NUMBER = Part("value", _number)


def refusal(node: nodes.Node) -> str:
    """Return why a node of Jinja's grammar is no part of an expression here."""
    said: dict[type[nodes.Node], str] = {
        nodes.Call: "a call (a name with brackets behind it)",
        nodes.Dict: "a dictionary",
        nodes.Slice: "a slice",
    }
    found = said.get(type(node), type(node).__name__)
    return f"found {found}, which expressions of a template do not have"


def written(node: nodes.Node) -> str:
    """About what is written there."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Const):
        return short(str(node.value))
    if isinstance(node, nodes.Getattr):
        return f"{written(node.node)}.{re.sub(r'[^0-9A-Za-z_]', '', node.attr)[:40]}"
    return {"Getitem": "[…]", "Filter": "a filter"}.get(type(node).__name__, "a calculation")
