"""What is known of an expression before there is a report, and what of it is refused then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeGuard

from jinja2 import nodes

from moe_report.errors import nearest
from moe_report.fill.expressions.filters import FILTERS, Filter
from moe_report.fill.expressions.scope import (
    NAMES,
    REPORT_NAMES,
    Kind,
    Known,
    TemplateValueError,
    unknown_model,
)
from moe_report.schema.bounds import LARGEST
from moe_report.text import shown

# What is no one value, and what it lacks to be one.
_NO_VALUE: Mapping[Kind, str] = {
    "model": "a model; add what of it, such as `.num_experts`",
    "models": "models; add which one, or a filter such as `length`",
    "list": "a list; add a filter such as `sum` or `join`",
    "assumptions": "all assumptions; add which one",
    "report": "the whole report; add what of it, such as `.version`",
}
_REFUSED = {
    "Call": "a call (a name with brackets behind it)",
    "Dict": "a dictionary",
    "Slice": "a slice ([a:b])",
}


class Gives(NamedTuple):
    """What a part of an expression gives.

    Attributes:
        kind: What it is.
        about: The field, metric or assumption whose value it is.
    """

    kind: Kind
    about: str | None = None


class StaticCheck:
    """Goes through the nodes of Jinja's grammar that an expression may have, and refuses others.

    Args:
        known: The names there are.
        bare: Whether fields and metrics may be named without ``m.``.

    Attributes:
        names: Which of the names of :data:`NAMES` the expression uses.
    """

    def __init__(self, known: Known, *, bare: bool) -> None:
        self.known = known
        self.bare = bare
        self.names: set[str] = set()

    def value(self, node: nodes.Node, written: str = "") -> Gives:
        """Return what a node gives; all but one value is refused."""
        return _one_value(self.visit(node), written or _written(node))

    def visit(self, node: nodes.Node) -> Gives:
        """Return what a node gives; what is not listed here is refused."""
        match node:
            case nodes.Const(value=value):
                most = LARGEST if isinstance(value, int) else 1e300
                if isinstance(value, (int, float)) and value > most:
                    raise TemplateValueError("found a number that is too large")
                return Gives("truth" if isinstance(value, bool) else "value")
            case nodes.Name(name=name):
                return self._name(name)
            case nodes.Getattr(node=inner, attr=name):
                return self._named(self.visit(inner).kind, name, inner)
            case nodes.Getitem():
                return self._item(node)
            case nodes.Filter():
                return self._filter(node)
            case nodes.Neg() | nodes.Pos():
                return Gives("value", self.value(node.node).about)
            case nodes.And() | nodes.Or():
                return Gives(_either(self.value(node.left), self.value(node.right)))
            case nodes.BinExpr() | nodes.Concat():
                self._values(node)
                if isinstance(node, nodes.BinExpr) and any(map(_is_text, (node.left, node.right))):
                    raise TemplateValueError(
                        f"found a text beside `{node.operator}`, expected numbers (`~` joins texts)"
                    )
                return Gives("value")
            case nodes.CondExpr(test=test, expr1=left, expr2=right):
                self.value(test)
                yes = self.value(left)
                no = self.value(right) if right else Gives("value", yes.about)
                return Gives(_either(yes, no), yes.about if yes.about == no.about else None)
            case nodes.Operand(op=op, expr=inner):
                gives = self.visit(inner)
                return Gives("value") if gives.kind == "list" and op in ("in", "notin") else gives
            case nodes.Test(name=name) if name not in ("none", "defined") or has_arguments(node):
                raise TemplateValueError(
                    f"there is no test {shown(name)}; expected `is none` or `is defined`"
                )
            case nodes.Test() | nodes.Not() | nodes.Compare():
                self._values(node)
                return Gives("truth")
            case nodes.List() | nodes.Tuple():
                self._values(node)
                return Gives("list")
        found = type(node).__name__
        raise TemplateValueError(
            f"found {_REFUSED.get(found, found)}, which expressions of a template do not have"
        )

    def _values(self, node: nodes.Node) -> None:
        for part in node.iter_child_nodes():
            self.value(part)

    def _name(self, name: str) -> Gives:
        columns = self.known.columns
        if name in NAMES:
            self.names.add(name)
            return Gives(NAMES[name])
        if self.bare and name in columns:
            self.names.add("m")
            return Gives("value", name)
        meant = nearest(name, (*NAMES, *(columns if self.bare else ())))
        if not meant and name in columns:
            meant = f" Did you mean 'm.{name}'?"
        elif not meant and name in self.known.assumptions:
            meant = f" Did you mean 'assumptions.{name}'?"
        raise TemplateValueError(
            f"found {shown(name)}, expected one of {', '.join(NAMES)}"
            f"{', or a field or metric' * self.bare}.{meant}"
        )

    def _named(self, kind: Kind, name: str, node: nodes.Expr) -> Gives:
        """What there is of a name behind a node."""
        nowhere = (
            f" behind {_written(node)}, expected m, models[…], assumptions or report in front of a "
            "dot"
        )
        which = ': write models["a name"], or a filter such as `length`'
        names, front, back = {
            "model": (self.known.columns, "m has no", ": it is no field or metric."),
            "assumptions": (self.known.assumptions, "there is no assumption", "."),
            "report": (REPORT_NAMES, "report has no", "."),
            "models": ((), "models has no", which),
        }.get(kind, ((), "found", nowhere))
        if name not in names:
            raise TemplateValueError(f"{front} {shown(name)}{back}{nearest(name, names)}")
        return Gives("value", None if kind == "report" else name)

    def _item(self, node: nodes.Getitem) -> Gives:
        kind = self.visit(node.node).kind
        self.value(node.arg)
        key = node.arg.value if _is_text(node.arg) else None
        names, carried = self.known.models, self.known.carried
        if kind == "models":
            if names is not None and key is not None and key not in names:
                raise unknown_model(key, names)
            return Gives("model")
        if key is None:
            raise TemplateValueError(
                f"found {_written(node.arg)} in brackets, expected a name in quotes"
            )
        if kind != "model" or key in self.known.columns:
            return self._named(kind, key, node.node)
        if carried is not None and key not in carried:
            raise TemplateValueError(
                f"m has no {shown(key)}: it is no field, no metric, and no column that is carried "
                f"along.{nearest(key, (*carried, *self.known.columns))}"
            )
        return Gives("value")

    def _filter(self, node: nodes.Filter) -> Gives:
        name = node.name
        if name == "formula":
            raise TemplateValueError("`| formula` stands at the end, behind `m.` and one name")
        if name not in FILTERS:
            raise TemplateValueError(f"there is no filter {shown(name)}.{nearest(name, FILTERS)}")
        assert node.node is not None  # only the statement has none
        found, of = FILTERS[name], self.visit(node.node)
        if of.kind not in found.takes:
            _one_value(of, _written(node.node))
            raise TemplateValueError(
                f"the filter {name!r} stands behind models or a list, found {_written(node.node)}"
            )
        arguments = self._arguments(node, found, of.kind)
        if len(arguments) not in found.counts:
            raise TemplateValueError(
                f"the filter {name!r} has {len(arguments)} arguments, "
                f"expected {' or '.join(map(str, found.counts))}"
            )
        about = of.about
        if found.attribute and arguments and _is_text(arguments[0]):
            about = arguments[0].value
        if name == "si":
            meaning = self.known.meaning(about)
            node.args = [nodes.Const(meaning.unit if meaning else "parameters")]
        kind = found.kind_behind(of.kind, len(arguments))
        return Gives(kind, about if found.keeps else None)

    def _arguments(self, node: nodes.Filter, found: Filter, kind: Kind) -> list[nodes.Expr]:
        if node.dyn_args or node.dyn_kwargs:
            raise TemplateValueError("found * in front of an argument, expected its value")
        arguments = list(node.args)
        for pair in node.kwargs:
            if pair.key != "attribute" or not found.attribute or arguments:
                raise TemplateValueError(
                    f"the filter {node.name!r} takes no {shown(str(pair.key))} here"
                )
            arguments.append(pair.value)
        for item in arguments:
            self.value(item)
        if found.attribute and arguments:
            if kind != "models" or not _is_text(arguments[0]):
                raise TemplateValueError(
                    f"the filter {node.name!r} takes the name of a field or metric in quotes, "
                    "behind models"
                )
            self.known.column(arguments[0].value, "a model")
        node.args, node.kwargs = arguments, []
        return arguments


def has_arguments(node: nodes.Filter | nodes.Test) -> bool:
    """Whether something stands in brackets behind a filter or a test."""
    return bool(node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)


def _one_value(gives: Gives, written: str) -> Gives:
    if gives.kind in _NO_VALUE:
        raise TemplateValueError(f"{shown(written)} gives {_NO_VALUE[gives.kind]}")
    return gives


def _either(one: Gives, other: Gives) -> Kind:
    return "truth" if one.kind == other.kind == "truth" else "value"


def _is_text(node: nodes.Node) -> TypeGuard[nodes.Const]:
    return isinstance(node, nodes.Const) and isinstance(node.value, str)


def _written(node: nodes.Node) -> str:
    """About what is written there."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Operand):
        return _written(node.expr)
    if isinstance(node, nodes.Const):
        return shown(str(node.value))
    if isinstance(node, nodes.Getattr):
        return f"{_written(node.node)}.{re.sub(r'[^0-9A-Za-z_]', '', node.attr)[:40]}"
    return {"Getitem": "[…]", "Filter": "a filter"}.get(type(node).__name__, "a calculation")
