"""Words and formulas of a page: docstrings, sources with links, typeset formulas."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from moe_report.formula.expr import Expr
from moe_report.formula.mathml import mathml, mathml_symbol
from moe_report.renderers.html.page import Formula, PageSymbol
from moe_report.report import Column, Report

LONG_FORMULA = 46  # characters, past which a formula takes a whole line
_MARKED = re.compile(r"``(?P<code>[^`]+)``|\*(?P<emphasis>[^*\s](?:[^*]*[^*\s])?)\*")
_LINKS = re.compile(
    r"arXiv:(?P<arxiv>\d{4}\.\d{4,5})|doi:(?P<doi>10\.\d{4,9}/[^\s;,)\"<>]*[^\s;,.)\"<>])"
    r"|(?P<url>https?://[^\s<>\"')]*[^\s<>\"').,;])"
)


def rich(text: str) -> Markup:
    """Return a docstring's ``*emphasis*`` and double-backtick code as HTML, all else escaped.

    >>> print(rich("*Active* of ``k < E`` & <b>"))
    <em>Active</em> of <code>k &lt; E</code> &amp; &lt;b&gt;
    """
    parts, end = [], 0
    for found in _MARKED.finditer(text):
        parts.append(escape(text[end : found.start()]))
        tag = "code" if found["code"] else "em"
        parts.append(
            Markup("<{0}>{1}</{0}>").format(Markup(tag), found["code"] or found["emphasis"])
        )
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def linked(text: str) -> Markup:
    """Return a source with its arXiv ids, DOIs and web addresses as links, all else escaped.

    >>> print(linked("Dai et al. 2024, arXiv:2401.06066, section 3"))
    Dai et al. 2024, <a href="https://arxiv.org/abs/2401.06066">arXiv:2401.06066</a>, section 3
    """
    parts, end = [], 0
    for found in _LINKS.finditer(text):
        parts.append(escape(text[end : found.start()]))
        href = found["url"]
        if found["arxiv"]:
            href = f"https://arxiv.org/abs/{found['arxiv']}"
        elif found["doi"]:
            href = f"https://doi.org/{found['doi']}"
        parts.append(Markup('<a href="{}">{}</a>').format(href, found[0]))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def formula_of(report: Report, column: Column) -> Formula:
    """Return a metric's definition as the page shows it."""
    return Formula(
        anchor=anchor_of(column.name),
        label=column.label,
        name=column.name,
        unit=column.unit,
        pieces=pieces(column.expr, report, column.symbol) if column.expr is not None else (),
        long=column.expr is not None and _length(column.expr, report) > LONG_FORMULA,
        description=rich(column.description),
        source=linked(column.source),
        symbols=_symbols(report, column),
    )


def anchor_of(metric: str) -> str:
    """Return the id of a metric's formula."""
    return f"metric-{metric}"


def pieces(expr: Expr, report: Report, result: str) -> tuple[Markup, ...]:
    """Return a formula as MathML: one element, or of a sum several with breaks between."""
    symbols = report.symbols
    terms = _terms(expr)
    if len(terms) < 3:
        return (Markup(mathml(expr, symbols, result=result)),)
    opening = f'<math><mrow>{mathml_symbol(result)}<mo form="infix">=</mo></mrow></math>'
    typeset = [opening]
    for sign, term in terms:
        inner = mathml(term, symbols).removeprefix("<math>").removesuffix("</math>")
        operator = f'<mo form="infix">{sign}</mo>' if sign else ""
        typeset.append(f"<math><mrow>{operator}{inner}</mrow></math>")
    return tuple(map(Markup, typeset))


def _terms(expr: Expr) -> list[tuple[str, Expr]]:
    """Return the terms of a sum with their signs, or the expression alone if that is not safe."""
    terms: list[tuple[str, Expr]] = []
    node = expr
    while node.op in ("add", "sub"):
        left, right = node.args
        if right.op in _BRACKETED or (right.op == "const" and right.value < 0):
            return [("", expr)]
        terms.append(("+" if node.op == "add" else "−", right))
        node = left
    if node.op in _BRACKETED:
        return [("", expr)]
    return [("", node), *reversed(terms)]


_BRACKETED = frozenset({"add", "sub", "neg", "where", "coalesce"})


def _length(expr: Expr, report: Report) -> int:
    """Return about how many characters wide a formula is when typeset."""
    if expr.op == "symbol":
        return len(report.symbols[expr.name])
    inner = [_length(arg, report) for arg in expr.args]
    if expr.op == "div":
        return max(inner)
    return sum(inner) + {"const": 2, "where": 8, "coalesce": 18}.get(expr.op, 2)


def _symbols(report: Report, column: Column) -> tuple[PageSymbol, ...]:
    if column.expr is None:
        return ()
    columns = report.columns
    metrics = {metric.name for metric in report.metrics}
    assumptions = {item.definition.name: item.definition for item in report.assumptions}
    explained = []
    for name in column.expr.symbols():
        known = columns.get(name) or assumptions[name]
        unit = "" if known.unit == "ratio" else known.unit
        typeset = Markup(mathml_symbol(known.symbol))
        anchor = anchor_of(name) if name in metrics else ""
        explained.append(
            PageSymbol(Markup("<math>{}</math>").format(typeset), known.label, unit, anchor)
        )
    return tuple(explained)
