"""Damage within a part: XML that is none, another root than expected, values of a wrong kind.

What is taken from a part by :meth:`moe_report.ooxml.package.Package.root` has passed here, so its
numbers and addresses can be taken for what they are. The table names those that somebody reads; of
all others a part may say what it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lxml import etree

from moe_report.ooxml.addresses import LAST_COLUMN, LAST_ROW, area_of
from moe_report.ooxml.formula_text import is_cell
from moe_report.ooxml.markup import MAIN, split_name


class DamageError(ValueError):
    """A part is damaged: what was found, and in which line."""


class _Kind(NamedTuple):
    """What an attribute is to be, as a sentence says it, and whether a text is that."""

    expected: str
    fits: Callable[[str], bool]


def _is_number(text: str, first: int, last: int) -> bool:
    text = text.strip()
    return text.isascii() and text.isdecimal() and len(text) < 20 and first <= int(text) <= last


def _is_area(text: str) -> bool:
    try:
        left, top, right, bottom = area_of(text)
    except ValueError:
        return False
    return max(left, right) <= LAST_COLUMN and 0 < min(top, bottom) <= max(top, bottom) <= LAST_ROW


_NUMBER = _Kind("a whole number", lambda text: _is_number(text, 0, 2**32 - 1))
_ROW = _Kind(f"a row from 1 to {LAST_ROW:,}", lambda text: _is_number(text, 1, LAST_ROW))
_COLUMN = _Kind(f"a column from 1 to {LAST_COLUMN:,}", lambda x: _is_number(x, 1, LAST_COLUMN))
_CELL = _Kind("a cell such as B3", is_cell)
_AREA = _Kind("cells such as B3:D9", _is_area)
_NAME = _Kind("a name", bool)
TYPES = ("b", "d", "e", "inlineStr", "n", "s", "str")
_TYPE = _Kind(f"a type of a cell: {', '.join(TYPES)}", TYPES.__contains__)
_NEEDED = {("mergeCell", "ref"), ("table", "ref"), ("sheet", "name"), ("comment", "ref")}
# By the root of the part: its elements, their attribute, and what that is to be.
_VALUES: dict[str, tuple[tuple[str, str, _Kind], ...]] = {
    "worksheet": (
        ("row", "r", _ROW),
        ("row", "s", _NUMBER),
        ("c", "r", _CELL),
        ("c", "s", _NUMBER),
        ("c", "t", _TYPE),
        ("col", "min", _COLUMN),
        ("col", "max", _COLUMN),
        ("col", "style", _NUMBER),
        ("f", "ref", _AREA),
        ("mergeCell", "ref", _AREA),
        ("hyperlink", "ref", _AREA),
    ),
    "workbook": (
        ("sheet", "name", _NAME),
        ("sheet", "sheetId", _NUMBER),
        ("definedName", "localSheetId", _NUMBER),
        ("workbookView", "activeTab", _NUMBER),
        ("workbookView", "firstSheet", _NUMBER),
    ),
    "table": (
        ("table", "ref", _AREA),
        ("table", "id", _NUMBER),
        ("table", "headerRowCount", _NUMBER),
        ("table", "totalsRowCount", _NUMBER),
        ("tableColumn", "id", _NUMBER),
    ),
    "comments": (("comment", "ref", _CELL), ("comment", "authorId", _NUMBER)),
    "ThreadedComments": (("threadedComment", "ref", _CELL),),
    "styleSheet": (
        ("numFmt", "numFmtId", _NUMBER),
        ("xf", "numFmtId", _NUMBER),
        ("xf", "fontId", _NUMBER),
        ("xf", "fillId", _NUMBER),
        ("xf", "borderId", _NUMBER),
    ),
}
_SPACES = {
    "ThreadedComments": "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
}  # the others are in the main one
# What must stand in the root.
_CHILDREN = {
    "worksheet": ("sheetData",),
    "workbook": ("sheets",),
    "table": ("tableColumns",),
}


def refuse_damage(root: etree._Element, expected: str = "") -> None:
    """Refuse a part that is not what it is taken for.

    Args:
        root: Its root.
        expected: The name that the root must have; any if empty.

    Raises:
        DamageError: It has another, or some value is of a wrong kind.
    """
    space, name = split_name(root.tag)
    if expected and name != expected:
        raise DamageError(f"found <{name}> as its root, expected <{expected}>")
    meant = _SPACES.get(name, MAIN)
    if name in _VALUES and space != meant:
        found = f"in the namespace {space}" if space else "in no namespace"
        raise DamageError(f"found <{name}> {found}, expected {meant}")
    space = f"{{{meant}}}"
    for child in _CHILDREN.get(name, ()):
        if root.find(space + child) is None:
            raise DamageError(f"found no <{child}> in it")
    for tag, attribute, kind in _VALUES.get(name, ()):
        needed = (tag, attribute) in _NEEDED
        for item in root.iter(space + tag):
            said = item.get(attribute)
            if (needed or said is not None) and not kind.fits(said or ""):
                raise DamageError(
                    f"found {attribute}={(said or '')[:40]!r} in the element <{tag}>"
                    f"{_row_around(item)}, line {item.sourceline}; expected {kind.expected}"
                )

    if name == "workbook":
        _refuse_names_of_no_sheet(root, space)


def _refuse_names_of_no_sheet(root: etree._Element, space: str) -> None:
    count = len(root.findall(f"{space}sheets/{space}sheet"))
    for item in root.iter(f"{space}definedName"):
        at = int(item.get("localSheetId", "0"))
        if at >= count:
            raise DamageError(
                f"the name {item.get('name')!r} belongs to sheet number {at}, counted from 0; "
                f"expected one below {count}"
            )


def no_shared_text(said: str, count: int) -> str:
    """Return what to say of the number of a shared text; nothing if there is such a text."""
    whole = _NUMBER.fits(said)
    if whole and int(said) < count:
        return ""
    expected = f"one below {count}" if whole else "a whole number"
    return f"found {said!r} as the number of a shared text, expected {expected}"


def _row_around(item: etree._Element) -> str:
    row = item.getparent()
    number = row.get("r") if row is not None and item.tag.endswith("}c") else None
    return f" of row {number}" if number else ""


def broken_xml(error: etree.XMLSyntaxError) -> str:
    """Return what to say of a part that is no XML; the parser's message names line and column."""
    return f"its XML is broken ({error.msg})"
