"""The audit's rules as a script, for the page's calculator; ``templates/audit.js`` runs them."""

from __future__ import annotations

from moe_report.compute.audit import LIKE_A_SUMMARY, ORDER, about_names
from moe_report.compute.audit_rules import IT, RULES, Piece, Rule
from moe_report.formula.expr import Expr
from moe_report.formula.javascript import javascript, quoted
from moe_report.load.summaries import SUMMARY_NAMES
from moe_report.report import Report


def audit_members(report: Report) -> str:
    """Return the members of ``moe`` that the audit needs, as JavaScript.

    They are ``levels`` (worst first), ``summaries`` (what rows are called that sum up others, what
    is said of such a row, and the column it is put to) and ``audit`` (of each rule: its level; the
    columns it is about, none for every metric; its test; the pieces of its sentence; the number
    that is doubted, and the one it is compared with). Tests and numbers are functions of a row
    ``r`` and the name ``it`` of the column; a piece is its text, number, what that is written like
    (0 for the column) and test.
    """
    names = [sorted(SUMMARY_NAMES), LIKE_A_SUMMARY, about_names(report.columns)]
    rules = ",\n".join(map(_rule, RULES))
    return f"levels: {quoted(ORDER)},\nsummaries: {quoted(names)},\naudit: [\n{rules}\n]"


def _rule(rule: Rule) -> str:
    pieces = ",".join(map(_piece, rule.message))
    numbers = f"{_function(rule.stated)},{_function(rule.computed)}"
    columns = quoted(rule.columns)
    return f"[{quoted(rule.level)},{columns},{_function(rule.when)},[{pieces}],{numbers}]"


def _piece(piece: Piece) -> str:
    like = "0" if piece.like == IT else quoted(piece.like)
    return f"[{quoted(piece.text)},{_function(piece.number)},{like},{_function(piece.when)}]"


def _function(expr: Expr | None) -> str:
    return "0" if expr is None else f"(r,it)=>{javascript(expr, _reference)}"


def _reference(symbol: str) -> str:
    what, _, name = symbol.partition(" ")
    return f"r.{what}({'it' if name == IT else quoted(name)})"
