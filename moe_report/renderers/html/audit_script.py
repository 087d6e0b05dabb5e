"""The audit's rules as a script, for the page's calculator; ``templates/audit.js`` runs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from moe_report.compute.audit import LIKE_A_SUMMARY, ORDER, about_names
from moe_report.formula.expr import Expr
from moe_report.formula.javascript import javascript, quoted
from moe_report.formula.shared import shared_parts
from moe_report.load.summaries import SUMMARY_NAMES
from moe_report.reports import Report
from moe_report.schema.checks import IT, Piece, Rule


def audit_members(report: Report, alias: Mapping[str, str]) -> str:
    """Return the members of ``moe`` that the audit needs, as JavaScript.

    They are ``levels`` (worst first), ``summaries`` (what rows are called that sum up others, what
    is said of such a row, and the column it is put to) and ``audit`` (of each rule: its level; the
    columns it is about, none for every metric; and a function of a row ``r`` and the name ``it`` of
    the column, which gives its test, the pieces of its sentence, the number that is doubted, and
    the one it is compared with). A piece is its text, number, what that is written like (the column
    itself, if nothing) and test. ``alias`` has the variables that hold names.
    """
    names = [sorted(SUMMARY_NAMES), LIKE_A_SUMMARY, about_names(report.metrics)]
    rules = ",\n".join(
        f"[{quoted(level)},{quoted(columns, alias)},{function}]"
        for level, function, columns in _grouped(report.rules, alias)
    )
    return f"levels: {quoted(ORDER)},\nsummaries: {quoted(names)},\naudit: [\n{rules}\n]"


def _grouped(
    rules: Iterable[Rule], alias: Mapping[str, str]
) -> Iterator[tuple[str, str, list[str]]]:
    """Levels and functions of rules, and their columns; neighbours that say the same are one."""
    printed = ((rule.level, _function(rule, alias), rule.columns) for rule in rules)
    for (level, function, _), same in groupby(printed, lambda one: (*one[:2], bool(one[2]))):
        yield level, function, [column for *_, columns in same for column in columns]


def _function(rule: Rule, alias: Mapping[str, str]) -> str:
    exprs = list(rule.expressions())
    parts, whole = shared_parts(exprs, "p{}".format)

    def reference(symbol: str) -> str:
        what, _, name = symbol.partition(" ")
        if not name:  # of a part with a name
            return what
        return f"r.{what}({'it' if name == IT else quoted(name, alias)})"

    texts = {
        id(expr): javascript(short, reference) for expr, short in zip(exprs, whole, strict=True)
    }

    def text(expr: Expr | None) -> str:
        return texts.get(id(expr), "")

    def piece(of: Piece) -> str:
        like = "" if of.like == IT else quoted(of.like, alias)
        return _array(quoted(of.text), text(of.number), like, text(of.when))

    found = _array(
        text(rule.when), _array(*map(piece, rule.message)), text(rule.stated), text(rule.computed)
    )
    named = ",".join(f"{name}={javascript(expr, reference)}" for name, expr in parts.items())
    body = f"{{const {named};return {found}}}" if named else found
    return f"(r,it)=>{body}"


def _array(*items: str) -> str:
    """Return an array; an item without text is none (a hole), and nothing at the end."""
    return f"[{','.join(items).rstrip(',')}]"
