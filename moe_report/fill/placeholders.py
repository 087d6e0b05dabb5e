"""The text of a cell, taken apart into literal texts and what stands between double braces."""

from __future__ import annotations

import re
from dataclasses import dataclass

from moe_report.fill.expressions.scope import TemplateValueError
from moe_report.fill.near_misses import is_near_expression
from moe_report.text import shown

_STATEMENT = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
# What closes a text that a quotation mark opens. Programs turn straight marks into curly ones.
_CLOSES = {'"': '"', "'": "'", "“": '”“"', "”": '”"', "„": '“”"', "‘": "’'", "’": "’'", "‚": "‘’'"}
_QUOTED = (rf"{opens}(?:\\.|[^\\{closes}])*[{closes}]" for opens, closes in _CLOSES.items())
_TOKEN = re.compile("|".join([r"\}\}", r"\{\{", *_QUOTED, "."]), re.DOTALL)
_STRAIGHT = dict.fromkeys('"“”„', '"') | dict.fromkeys("'‘’‚", "'")


@dataclass(frozen=True)
class Inner:
    """What stands between ``{{`` and ``}}``, with straight quotation marks."""

    text: str


def asks(text: str) -> bool:
    """Whether a text may hold an expression, or a statement that is to be refused."""
    return "{{" in text or "{%" in text or "{#" in text


def may_ask(text: str) -> bool:
    """Whether a text may hold an expression, or what is nearly one."""
    return asks(text) or is_near_expression(text)


def split_text(text: str) -> list[str | Inner]:
    """Return the literal texts and expressions of a cell, in order.

    An expression with only blanks around it stands alone.

    Raises:
        TemplateValueError: The braces do not match, or there is a statement.

    >>> split_text("As of {{ report.date }}.")
    ['As of ', Inner(text='report.date'), '.']
    >>> split_text("  {{ models[“A”].name }} ")
    [Inner(text='models["A"].name')]
    """
    pieces: list[str | Inner] = []
    at = 0
    while (start := text.find("{{", at)) >= 0:
        if start > at:
            pieces.append(text[at:start])
        inner, at = _inner(text, start + 2)
        pieces.append(Inner(inner))
    if text[at:]:
        pieces.append(text[at:])
    literals = "\0".join(piece for piece in pieces if isinstance(piece, str))
    if statement := _STATEMENT.search(literals):
        raise TemplateValueError(
            f"found {shown(statement[0])}, expected expressions ({{{{ … }}}}) and no statements"
        )
    if len(literals) == len(text):
        return pieces
    if "}}" in literals:
        raise TemplateValueError("found }} without {{ in front of it")
    alone = [piece for piece in pieces if isinstance(piece, Inner)]
    return list(alone) if len(alone) == 1 and not literals.strip(" \t\r\n\xa0\0") else pieces


def _inner(text: str, at: int) -> tuple[str, int]:
    """The expression that starts at a place, and where the text goes on behind it."""
    if text[at : at + 1] in ("-", "+"):
        raise TemplateValueError(f"found {{{{{text[at]}, expected a blank behind the braces")
    found: list[str] = []
    for token in _TOKEN.finditer(text, at):
        said = token[0]
        if said == "}}":
            return "".join(found).strip(), token.end()
        if said == "{{":
            raise TemplateValueError("found {{ within {{, expected }} first")
        if mark := _STRAIGHT.get(said[0]):
            if len(said) == 1:
                message = "found {{ with a quotation mark behind it that nothing closes"
                raise TemplateValueError(message)
            said = mark + said[1:-1] + mark
        found.append(said)
    raise TemplateValueError("found {{ without }} behind it")
