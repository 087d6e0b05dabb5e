"""The shapes of notes and form controls after rows were put in: VML, which need not be XML."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

from moe_report.ooxml.addresses import LAST_ROW
from moe_report.ooxml.insert_rows.shifts import moved_span
from moe_report.ooxml.references import Insertion, moved_row

FormulaMover = Callable[[str], str]
_CLIENT_DATA = re.compile(r"<((?:\w+:)?)ClientData\b.*?</\1ClientData\s*>", re.DOTALL)
_TRUE = {"", "t", "true", "1"}
# What of a note's or a control's shape leads to cells.
_LINKS = ("FmlaLink", "FmlaRange", "FmlaTxbx", "FmlaGroup", "FmlaPict")


def moved_vml(data: bytes, insertion: Insertion | None, formula: FormulaMover) -> bytes:
    """Return the shapes of notes and form controls; what need not change keeps its bytes.

    Args:
        data: The part.
        insertion: What was put into the sheet of the shapes; None if it was another one.
        formula: Moves a formula.
    """
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    text = data.decode(encoding, errors)

    def client(match: re.Match[str]) -> str:
        block = match[0]
        for name in _LINKS:
            block = _replace(block, name, lambda said: escape(formula(unescape(said)), quote=False))
        if insertion is None:
            return block
        anchor = _content(block, "Anchor")
        numbers = [int(item) for item in re.findall(r"-?\d+", anchor or "")]
        if len(numbers) == 8:
            numbers[2], numbers[6] = _moved_shape(block, numbers, insertion)
            fresh = map(str, numbers)
            block = _replace(
                block, "Anchor", lambda said: re.sub(r"-?\d+", lambda _: next(fresh), said)
            )
        return _replace(block, "Row", lambda said: str(moved_row(int(said) + 1, insertion) - 1))

    moved = _CLIENT_DATA.sub(client, text)
    return data if moved == text else moved.encode(encoding, errors)


def _moved_shape(block: str, numbers: list[int], insertion: Insertion) -> tuple[int, int]:
    top, bottom = numbers[2], numbers[6]
    row = _content(block, "Row")
    if re.search(r"ObjectType\s*=\s*[\"']Note[\"']", block) and row is not None:
        by = moved_row(int(row) + 1, insertion) - 1 - int(row)  # a note stays beside its cell
        return min(top + by, LAST_ROW - 1), min(bottom + by, LAST_ROW - 1)
    # Excel means the opposite of what the standard says: these keep a shape where it is.
    keeps_place, keeps_size = (_is_said(block, f"{name}WithCells") for name in ("Move", "Size"))
    return moved_span(
        top, bottom, insertion, moves=not keeps_place, sizes=not keeps_size, flush=numbers[7] == 0
    )


def _is_said(block: str, name: str) -> bool:
    if re.search(rf"<(?:\w+:)?{name}\s*/>", block):
        return True
    said = _content(block, name)
    return said is not None and said.strip().lower() in _TRUE


def _content(block: str, name: str) -> str | None:
    match = _element(name).search(block)
    return match[2] if match else None


def _replace(block: str, name: str, change: FormulaMover) -> str:
    return _element(name).sub(lambda match: f"{match[1]}{change(match[2])}{match[3]}", block)


def _element(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<(?:\w+:)?{name}(?:\s[^>]*)?(?<!/)>)([^<]*)(</(?:\w+:)?{name}\s*>)")
