"""What a table's note says: the order of its rows, and which models have one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from moe_report.fill.expressions.expression import Expression, parse_expression
from moe_report.fill.expressions.scope import Known, TemplateValueError
from moe_report.text import shown

_LINE = re.compile(r"\s*(sort|where)\s*:(.*)", re.IGNORECASE)
_STRAIGHT = str.maketrans("“”„‘’‚\xa0", "\"\"\"''' ")
Order = tuple[tuple[Expression, bool], ...]


def read_note(note: str, known: Known) -> tuple[Order | None, Expression | None]:
    """Return what a note says to sort by, and what is true of the models; None if it doesn't say.

    Raises:
        TemplateValueError: A line says neither as it should.
    """
    sort: Order | None = None
    where: Expression | None = None
    for line in note.splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        key, said = match[1].lower(), match[2].translate(_STRAIGHT).strip()
        if not said:
            raise TemplateValueError(f"found nothing behind `{key}:`")
        if (sort if key == "sort" else where) is not None:
            raise TemplateValueError(f"found two lines `{key}:`, expected one")
        if key == "sort":
            sort = tuple(_sort_key(item, known) for item in _items(said))
        else:
            where = _of_model(said, known)
            if not where.truth:
                raise TemplateValueError(
                    f"found {shown(said)} behind `where:`, expected a comparison such as "
                    "num_experts > 8"
                )
    return sort, where


def _sort_key(text: str, known: Known) -> tuple[Expression, bool]:
    if not text:
        raise TemplateValueError("found nothing between two commas of `sort:`")
    name = re.fullmatch(r"-\s*([A-Za-z_][\w.]*|\(.*\))", text)
    if name and (name[1][0] != "(" or _is_one_bracket(name[1])):
        return _of_model(name[1], known), True
    if text.startswith("-"):
        raise TemplateValueError(f"found {shown(text)} behind `sort:`, expected -( … ) around it")
    return _of_model(text, known), False


def _of_model(text: str, known: Known) -> Expression:
    expression = parse_expression(text, known, bare=True)
    if "m" not in expression.names or "number" in expression.names or expression.formula:
        raise TemplateValueError(f"found {shown(text)}, expected a field or metric of a model")
    return expression


def _items(text: str) -> Iterator[str]:
    """The parts between commas that stand neither in brackets nor in quotation marks."""
    depth, start, quote = 0, 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and not depth:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _is_one_bracket(text: str) -> bool:
    depth = 0
    for at, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if not depth:
            return at == len(text) - 1
    return False
