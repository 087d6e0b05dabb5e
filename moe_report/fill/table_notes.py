"""What a table's note says: the order of its rows, and which and how many models have one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from moe_report.fill.expressions.expression import Expression, parse_expression
from moe_report.fill.expressions.scope import Known, TemplateValueError
from moe_report.text import shown

LINE = re.compile(r"\s*(sort|where|limit)\s*:(.*)", re.IGNORECASE)
# A number that is meant as one, unlike that of "limit: 40 GB a device".
_NUMBER = re.compile(
    r"[\"'`({<=≤#\s]*(?:(?:top|first)\s)?"
    r"[-+]?[0-9][0-9.,]*(?:e[0-9]+)?\s*(?:models?|rows?|lines?|[^\w\s%].*)?"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty",
    re.IGNORECASE,
)
_STRAIGHT = str.maketrans("“”„‘’‚\xa0", "\"\"\"''' ")
Order = tuple[tuple[Expression, bool], ...]


@dataclass(frozen=True)
class TableRules:
    """Which models a table shows, and in which order.

    Attributes:
        sort: Expressions to sort by, and whether the largest comes first; the order of the
            workbook if there are none.
        where: What is true of the models; None for all.
        limit: How many of them there are at most, the first ones; None for all.
    """

    sort: Order = ()
    where: Expression | None = None
    limit: int | None = None

    def joined(self, other: TableRules) -> TableRules | None:
        """Return the rules of two notes; None if both say the same kind of thing."""
        ours, theirs = ((rules.sort or None, rules.where, rules.limit) for rules in (self, other))
        if any(a is not None and b is not None for a, b in zip(ours, theirs, strict=True)):
            return None
        limit = other.limit if self.limit is None else self.limit
        return TableRules(self.sort or other.sort, self.where or other.where, limit)


def read_note(note: str, known: Known) -> TableRules:
    """Return what a note says.

    Raises:
        TemplateValueError: A line says it otherwise than it should.
    """
    rules = TableRules()
    for line in note.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        key, said = match[1].lower(), match[2].translate(_STRAIGHT).strip()
        if not said:
            raise TemplateValueError(f"found nothing behind `{key}:`")
        both = rules.joined(_read_line(key, said, known))
        if both is None:
            raise TemplateValueError(f"found two lines `{key}:`, expected one")
        rules = both
    return rules


def _read_line(key: str, said: str, known: Known) -> TableRules:
    if key == "sort":
        return TableRules(sort=tuple(_sort_key(item, known) for item in _items(said)))
    if key == "limit":
        return TableRules(limit=_limit(said))
    where = _of_model(said, known)
    if not where.truth:
        raise TemplateValueError(
            f"found {shown(said)} behind `where:`, expected a comparison such as num_experts > 8"
        )
    return TableRules(where=where)


def _limit(said: str) -> int | None:
    """How many models there are at most; None if the line says something else to its reader."""
    if re.fullmatch(r"0*[1-9][0-9]{0,6}", said):
        return int(said)
    if _NUMBER.fullmatch(said):
        raise TemplateValueError(
            f"found {shown(said)} behind `limit:`, expected a number of models such as 5"
        )
    return None


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
