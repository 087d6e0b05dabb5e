"""Jinja's sandbox, which parses and evaluates expressions, with bounds of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser
from jinja2.runtime import Context as Variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from moe_report.errors import first_line
from moe_report.fill.expressions.filters import FILTERS, remembered
from moe_report.fill.expressions.scope import NAMES, Model, Models, TemplateValueError
from moe_report.fill.expressions.values import Comparable, finite, is_lacking, number_of
from moe_report.text import shown

MAX_LENGTH = 1000
_DEEPEST = 60


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment in which expressions see a report, and nothing of Python.

    There are no globals and no calls, names are looked up in the report, and the results of
    calculations are numbers.
    """

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    intercepted_unops = frozenset(ImmutableSandboxedEnvironment.default_unop_table)

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, optimized=False)
        self.globals.clear()
        self.filters = {name: remembered(found.run) for name, found in FILTERS.items()}
        self.filters["comparable"] = Comparable
        self.tests = {"none": is_lacking, "defined": lambda value: not is_lacking(value)}

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return what models, assumptions or the report hold, and no attribute of Python's."""
        if isinstance(obj, (Model, Models)) or (isinstance(obj, dict) and argument in obj):
            return obj[argument]
        raise SecurityError(f"nothing is looked up in {type(obj).__name__}")

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the same."""
        return self.getitem(obj, attribute)

    def is_safe_callable(self, obj: Any) -> bool:
        """Refuse every call."""
        return False

    def call_binop(self, context: Variables, operator: str, left: Any, right: Any) -> float:
        """Calculate with numbers, and refuse texts and results that are no number."""
        one, other = number_of(left), number_of(right)
        try:
            return finite(super().call_binop(context, operator, one, other))
        except ZeroDivisionError:
            raise TemplateValueError("found a division by 0") from None
        except OverflowError:
            raise TemplateValueError("the result is too large for a number") from None

    def call_unop(self, context: Variables, operator: str, arg: Any) -> float:
        """Calculate with a number."""
        return number_of(super().call_unop(context, operator, number_of(arg)))


class _Rewriting(NodeTransformer):
    """Puts filters where Jinja hands something to Python without asking its environment."""

    def visit(self, node: nodes.Node) -> nodes.Node:
        """Return what stands for a node."""
        self.generic_visit(node)
        match node:
            case nodes.Const(value=int(number)) if not isinstance(number, bool):
                return nodes.Const(float(number))
            case nodes.Name(name=name) if name not in NAMES:  # of a field or metric
                return nodes.Getattr(nodes.Name("m", "load"), name, "load")
            case nodes.Compare() | nodes.Operand():
                node.expr = _filter(node.expr, "comparable")
            case nodes.Concat(nodes=texts):
                return _filter(nodes.List(texts), "join")
            case nodes.CondExpr(expr2=None):
                node.expr2 = nodes.Const(None)
        return node


def _filter(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None)


def _depth(node: nodes.Node) -> int:
    own = not isinstance(node, nodes.Operand)  # which stands for a sign such as <
    return own + max(map(_depth, node.iter_child_nodes()), default=0)


_SANDBOX = Sandbox()


def parsed(text: str) -> nodes.Expr:
    """Return the nodes of an expression; it is an error if a text is none, or too long or deep."""
    if len(text) > MAX_LENGTH:
        raise TemplateValueError(
            f"found an expression of {len(text):,} characters, expected at most {MAX_LENGTH:,}"
        )
    if not text:
        raise TemplateValueError("found nothing between {{ and }}, expected an expression")
    try:
        parser = Parser(_SANDBOX, text, state="variable")
        node = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError(f"found {parser.stream.current.value!r} behind it", 1)
        if _depth(node) > _DEEPEST:
            raise RecursionError
    except RecursionError:
        raise TemplateValueError(f"{shown(text)} is nested too deeply") from None
    except (TemplateSyntaxError, ValueError, OverflowError) as error:
        raise TemplateValueError(f"{shown(text)} is no expression: {first_line(error)}") from None
    return node


def compiled(node: nodes.Expr) -> Callable[[dict[str, Any]], Any]:
    """Return an expression that is checked as a function of what its names stand for."""

    @cache  # of a template that is only checked, nothing is compiled
    def prepared() -> tuple[Variables, Callable[[Variables], Iterator[str]]]:
        result = nodes.Assign(nodes.Name("result", "store"), _Rewriting().visit(node))
        template = _SANDBOX.from_string(nodes.Template([result]))
        return template.new_context(), template.root_render_func

    def run(names: dict[str, Any]) -> Any:
        variables, render = prepared()
        variables.parent = names  # to make new variables for each row takes most of the time
        for _ in render(variables):  # which writes nothing
            pass
        return variables.vars["result"]

    return run
