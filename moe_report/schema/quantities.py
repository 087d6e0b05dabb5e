"""What a cell says: numbers as people write them, or that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from moe_report.schema.amounts import Quantity, Said, Style, unclear
from moe_report.schema.cell_text import CellText
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.number_words import ABSENT, PERCENT, UNKNOWN, YES_NO
from moe_report.schema.numerals import LONGEST, mark_of, plain

__all__ = ["Quantity", "Said", "Style", "read_cell", "style_of"]

_REMARK = re.compile(r"\s*\([^()\d]*\)$")


def style_of(
    values: Iterable[object], formats: Iterable[str] = (), *, whole: bool = False
) -> Style:
    """Return how the numbers of a column are written, as its cells together tell.

    Args:
        values: What stands in its cells.
        formats: How Excel shows them.
        whole: Whether its numbers are whole.
    """
    texts = [value for value in values if isinstance(value, str)]
    percents = any("%" in text for text in texts) or any(map(_shows_percent, formats))
    return Style(mark_of(texts, whole=whole), percents)


def read_cell(
    value: object,
    known: Sequence[Known],
    catalogue: Mapping[str, Known],
    style: Style,
    *,
    number_format: str = "General",
) -> Said:
    """Return what a cell says.

    Args:
        value: As it stands there: text, number or truth.
        known: What its column holds: one field or metric, or several in the order of the header.
        catalogue: Every field and metric: a cell may say more than its header, as "671B (37B
            active)" under "Parameters" does.
        style: How the numbers of its column are written.
        number_format: How Excel shows it.
    """
    first = known[0]
    if isinstance(value, str) and "{{" in value:
        return Said(wrong=f"expected a number for {first.name}, no expression (`moe-report fill`)")
    is_flag = first.field is not None and first.field.kind == "flag"
    if isinstance(value, bool):
        if is_flag:
            return Said({first.name: Quantity(int(value))})
        return Said(missing="absent") if not value else unclear(value, known)
    if isinstance(value, (int, float)):
        if known[1:]:
            return unclear(value, known)
        scale = first.scale
        shows_percent = _shows_percent(number_format)
        if scale == PERCENT and shows_percent:
            scale = 1  # the cell shows 27.6 % for 0.276
        elif first.unit == "ratio" and scale == 1 and style.percents and abs(value) > 1:
            scale = 1 if shows_percent else PERCENT  # 5.5 beside 27.6 %
        elif scale == PERCENT and not number_format and 0 < abs(value) <= 1:
            return unclear(value, known, "a share or percents, which the file does not tell")
        return Said({first.name: Quantity(value, scale)})
    if not isinstance(value, str):
        return Said(wrong=f"expected a number for {first.name}")
    if len(value) > LONGEST:
        return unclear(value, known)
    text = plain(value).casefold().strip(" .:;()") if value.strip() not in ABSENT else ""
    for written in (text, value.strip().casefold()):
        if is_flag and written in YES_NO:
            return Said({first.name: Quantity(YES_NO[written])})
    if is_flag and value.strip().casefold() == "x":
        return unclear(value, known, "a mark that may say yes or no")
    bare = _REMARK.sub("", plain(value).casefold())  # n/a (dense)
    if text in ABSENT or (bare and bare in ABSENT):
        return Said(missing="absent")
    if text in UNKNOWN or bare in UNKNOWN or not text.strip("?~≈ "):
        return Said(missing="unknown")
    return CellText(value, known, catalogue, style).read()


def _shows_percent(number_format: str) -> bool:
    """Whether a number format shows hundredths; a quoted or escaped % is only a letter."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", number_format)
