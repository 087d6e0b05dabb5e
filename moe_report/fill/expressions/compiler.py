"""From Jinja's grammar to functions: the few kinds of nodes that an expression may have.

Each node is turned into a function, or refused if it is none of the kinds below. Nothing of Python
can be reached: there are no calls, attributes are looked up in the report, and numbers and texts
are bounded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from jinja2 import nodes

from moe_report.fill.expressions.filters import (
    FILTERS,
    WITH_ATTRIBUTE,
    Kind,
    kind_after,
)
from moe_report.fill.expressions.parts import (
    NAMES,
    THE_MODEL,
    THE_NUMBER,
    Part,
    Place,
    refusal,
    refuse_kind,
    written,
)
from moe_report.fill.expressions.scope import (
    REPORT_NAMES,
    Known,
    Meaning,
    Missing,
    TemplateValueError,
    near,
    raise_unless_header,
    short,
    unknown_model,
)
from moe_report.fill.expressions.values import (
    as_text,
    assumption_of,
    bounded,
    compared,
    finite,
    is_true,
    model_of,
    number_of,
)
from moe_report.schema.fields import LARGEST

_DEEPEST = 60
_ARITHMETIC: dict[type[nodes.Node], Callable[[float, float], object]] = {
    nodes.Add: operator.add,
    nodes.Sub: operator.sub,
    nodes.Mul: operator.mul,
    nodes.Div: operator.truediv,
    nodes.FloorDiv: operator.floordiv,
    nodes.Mod: operator.mod,
    nodes.Pow: operator.pow,
}


class Compiler:
    """Turns nodes of Jinja's grammar into functions."""

    def __init__(self, known: Known, bare: bool) -> None:
        self.known = known
        self.bare = bare
        self.names: set[str] = set()
        self.depth = 0

    def part(self, node: nodes.Node) -> Part:
        """Return the function of a node."""
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if type(node) in _ARITHMETIC:
            method = self._arithmetic
        if method is None:
            raise TemplateValueError(refusal(node))
        self.depth += 1
        if self.depth > _DEEPEST:
            raise TemplateValueError("the expression is nested too deeply")
        part = method(node)
        self.depth -= 1
        assert isinstance(part, Part)
        return part

    def value(self, node: nodes.Node) -> Part:
        """Return the function of a node that gives one value."""
        part = self.part(node)
        if part.kind not in ("value", "truth"):
            refuse_kind(part.kind, written(node))
        return part

    def _const(self, node: nodes.Const) -> Part:
        value = node.value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if not abs(value) <= LARGEST and not (isinstance(value, float) and value < 1e300):
                raise TemplateValueError("found a number that is too large")
            value = float(value)
        return Part(
            "truth" if isinstance(value, bool) else "value", lambda place: value,
            varies=False, literal=value,
        )  # fmt: skip

    def _name(self, node: nodes.Name) -> Part:
        name = node.name
        if name not in NAMES:
            if self.bare and name in self.known.columns:
                self.names.add("m")
                return self._of_model(THE_MODEL, name, varies=True)
            known = (*NAMES, *(self.known.columns if self.bare else ()))
            meant = near(name, known)
            if not meant and name in self.known.columns:
                meant = f" Did you mean 'm.{name}'?"
            elif not meant and name in self.known.assumptions:
                meant = f" Did you mean 'assumptions.{name}'?"
            raise TemplateValueError(
                f"found {short(name)}, expected one of {', '.join(NAMES)}"
                f"{', or a field or metric' * self.bare}.{meant}"
            )
        self.names.add(name)
        if name == "m":
            return THE_MODEL
        if name == "number":
            return THE_NUMBER
        if name == "models":
            return Part("models", lambda place: place.context.models, varies=False)
        kind: Kind = "assumptions" if name == "assumptions" else "report"
        return Part(kind, lambda place: None, varies=False)

    def _getattr(self, node: nodes.Getattr) -> Part:
        return self._of(self.part(node.node), node.attr, node)

    def _of(self, part: Part, name: str, node: nodes.Getattr | nodes.Getitem) -> Part:
        if part.kind == "model":
            return self._of_model(part, name, varies=part.varies)
        if part.kind == "assumptions":
            if name not in self.known.assumptions:
                meant = near(name, self.known.assumptions)
                raise TemplateValueError(f"there is no assumption {short(name)}.{meant}")
            return Part("value", lambda place: assumption_of(place.context, name), name, False)
        if part.kind == "report":
            if name not in REPORT_NAMES:
                raise TemplateValueError(f"report has no {short(name)}.{near(name, REPORT_NAMES)}")
            return Part("value", lambda place: place.context.facts[name], varies=False)
        if part.kind == "models":
            raise TemplateValueError(
                f'models has no {short(name)}: write models["a name"], or a filter such as `length`'
            )
        raise TemplateValueError(
            f"found {short(name)} behind {written(node.node)}, expected m, models[…], assumptions "
            "or report in front of a dot"
        )

    def _of_model(self, part: Part, name: str, *, varies: bool) -> Part:
        self.known.column(name)
        run = part.run
        return Part("value", lambda place: run(place).value(name), name, varies)

    def _getitem(self, node: nodes.Getitem) -> Part:
        part = self.part(node.node)
        if isinstance(node.arg, nodes.Slice):
            raise TemplateValueError("found a slice ([a:b]), expected one name in brackets")
        key = self.value(node.arg)
        run = part.run
        if part.kind == "models":
            names = self.known.models
            if names is not None and isinstance(key.literal, str) and key.literal not in names:
                raise unknown_model(key.literal, names)
            choice = key.run
            return Part(
                "model", lambda place: model_of(place.context, run(place), choice(place)),
                varies=part.varies or key.varies,
            )  # fmt: skip
        if not isinstance(key.literal, str):
            raise TemplateValueError(
                f"found {written(node.arg)} in brackets, expected a name in quotes"
            )
        header = key.literal
        if part.kind == "model" and header not in self.known.columns:
            raise_unless_header(header, self.known)
            return Part("value", lambda place: run(place).item(header), varies=part.varies)
        return self._of(part, header, node)

    def _filter(self, node: nodes.Filter) -> Part:
        name = node.name
        if name == "formula":
            raise TemplateValueError("`| formula` stands at the end, behind `m.` and one name")
        if name not in FILTERS:
            raise TemplateValueError(f"there is no filter {short(name)}.{near(name, FILTERS)}")
        found = FILTERS[name]
        if node.node is None:
            raise TemplateValueError(refusal(node))
        part = self.part(node.node)
        if part.kind not in found.takes:
            if part.kind in ("value", "truth"):
                raise TemplateValueError(
                    f"the filter {name!r} stands behind models or a list, "
                    f"found {written(node.node)}"
                )
            refuse_kind(part.kind, written(node.node))
        arguments = self._arguments(node, part.kind)
        if not found.least <= len(arguments) <= found.most:
            count = (
                f"{found.least}" if found.least == found.most else f"{found.least} or {found.most}"
            )
            raise TemplateValueError(
                f"the filter {name!r} has {len(arguments)} arguments, expected {count}"
            )
        about = part.about
        if name in WITH_ATTRIBUTE and arguments:
            about = str(arguments[0].literal)
        kind = kind_after(name, part.kind, len(arguments))
        kept = about if found.keeps or name in WITH_ATTRIBUTE or name in ("first", "last") else None
        return self._filtered(name, kind, part, arguments, about, kept)

    def _filtered(
        self, name: str, kind: Kind, part: Part, arguments: Sequence[Part], about: str | None,
        kept: str | None,
    ) -> Part:  # fmt: skip
        work, run = FILTERS[name].run, part.run
        meaning = self._meaning(about)
        rest = tuple(item.run for item in arguments)
        varies = part.varies or any(item.varies for item in arguments)

        def filtered(place: Place) -> Any:
            return work(run(place), meaning, *(item(place) for item in rest))

        if varies or part.kind not in ("models", "list"):
            return Part(kind, filtered, kept, varies)
        key = object()

        def remembered(place: Place) -> Any:
            memo = place.context.memo  # the total of all models is the same in every row
            if key not in memo:
                memo[key] = filtered(place)
            return memo[key]

        return Part(kind, remembered, kept, varies)

    def _arguments(self, node: nodes.Filter, kind: Kind) -> list[Part]:
        if node.dyn_args or node.dyn_kwargs:
            raise TemplateValueError("found * in front of an argument, expected its value")
        arguments = list(node.args)
        for pair in node.kwargs:
            if pair.key != "attribute" or node.name not in WITH_ATTRIBUTE or arguments:
                raise TemplateValueError(
                    f"the filter {node.name!r} takes no {short(str(pair.key))} here"
                )
            arguments.append(pair.value)
        parts = [self.value(item) for item in arguments]
        if node.name in WITH_ATTRIBUTE and parts:
            attribute = parts[0].literal
            if kind != "models" or not isinstance(attribute, str):
                raise TemplateValueError(
                    f"the filter {node.name!r} takes the name of a field or metric in quotes, "
                    "behind models"
                )
            self.known.column(attribute, "a model")
        return parts

    def _meaning(self, about: str | None) -> Meaning | None:
        if about is None:
            return None
        return self.known.columns.get(about) or self.known.assumptions.get(about)

    def _arithmetic(self, node: nodes.BinExpr) -> Part:
        left, right = self.value(node.left), self.value(node.right)
        work, one, other = _ARITHMETIC[type(node)], left.run, right.run
        texts = isinstance(left.literal, str) or isinstance(right.literal, str)
        if texts:
            raise TemplateValueError(
                f"found a text beside `{node.operator}`, expected numbers (`~` joins texts)"
            )

        def run(place: Place) -> float:
            a, b = number_of(one(place)), number_of(other(place))
            try:
                return finite(work(a, b))
            except ZeroDivisionError:
                raise TemplateValueError("found a division by 0") from None
            except OverflowError:
                raise TemplateValueError("the result is too large for a number") from None

        return Part("value", run, varies=left.varies or right.varies)

    def _neg(self, node: nodes.Neg) -> Part:
        part = self.value(node.node)
        inner = part.run
        return Part("value", lambda place: -number_of(inner(place)), part.about, part.varies)

    def _pos(self, node: nodes.Pos) -> Part:
        part = self.value(node.node)
        inner = part.run
        return Part("value", lambda place: number_of(inner(place)), part.about, part.varies)

    def _not(self, node: nodes.Not) -> Part:
        part = self.value(node.node)
        inner = part.run
        return Part("truth", lambda place: not is_true(inner(place)), varies=part.varies)

    def _and(self, node: nodes.And) -> Part:
        return self._either(node, stop=False)

    def _or(self, node: nodes.Or) -> Part:
        return self._either(node, stop=True)

    def _either(self, node: nodes.And | nodes.Or, *, stop: bool) -> Part:
        left, right = self.value(node.left), self.value(node.right)
        one, other = left.run, right.run

        def run(place: Place) -> Any:
            value = one(place)
            return value if is_true(value) == stop else other(place)

        kind: Kind = "truth" if left.kind == right.kind == "truth" else "value"
        return Part(kind, run, varies=left.varies or right.varies)

    def _condexpr(self, node: nodes.CondExpr) -> Part:
        test, yes = self.value(node.test), self.value(node.expr1)
        no = Part("value", lambda place: None, yes.about, False)
        if node.expr2 is not None:
            no = self.value(node.expr2)
        asked, one, other = test.run, yes.run, no.run
        return Part(
            "truth" if yes.kind == no.kind == "truth" else "value",
            lambda place: one(place) if is_true(asked(place)) else other(place),
            yes.about if yes.about == no.about else None,
            test.varies or yes.varies or no.varies,
        )

    def _concat(self, node: nodes.Concat) -> Part:
        parts = [self.value(item) for item in node.nodes]
        runs = [part.run for part in parts]
        return Part(
            "value",
            lambda place: bounded("".join(as_text(run(place)) for run in runs)),
            varies=any(part.varies for part in parts),
        )

    def _list(self, node: nodes.List | nodes.Tuple) -> Part:
        parts = [self.value(item) for item in node.items]
        runs = [part.run for part in parts]
        varies = any(part.varies for part in parts)
        return Part("list", lambda place: [run(place) for run in runs], varies=varies)

    _tuple = _list

    def _compare(self, node: nodes.Compare) -> Part:
        first = self.value(node.expr)
        rest = []
        varies = first.varies
        for item in node.ops:
            inside = item.op in ("in", "notin")
            part = self.part(item.expr) if inside else self.value(item.expr)
            if part.kind not in ("value", "truth", "list"):
                refuse_kind(part.kind, written(item.expr))
            rest.append((item.op, part.run))
            varies = varies or part.varies

        def run(place: Place) -> bool:
            left = first.run(place)
            for op, other in rest:
                right = other(place)
                if not compared(op, left, right):
                    return False
                left = right
            return True

        return Part("truth", run, varies=varies)

    def _test(self, node: nodes.Test) -> Part:
        if node.name not in ("none", "defined") or node.args or node.kwargs:
            raise TemplateValueError(
                f"there is no test {short(node.name)}; expected `is none` or `is defined`"
            )
        part = self.value(node.node)
        inner, asked = part.run, node.name == "none"

        def run(place: Place) -> bool:
            value = inner(place)
            return (value is None or isinstance(value, Missing)) == asked

        return Part("truth", run, varies=part.varies)
