"""Defined names of a template that are metrics, fields or assumptions, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from moe_report.fill.expressions.scope import Known
from moe_report.ooxml.addresses import Area, split_address
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import Package, parse

_ONE_CELL = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!\[\]]+))!(\$?[A-Za-z]{1,3}\$?\d+)(?::(\$?[A-Za-z]{1,3}\$?\d+))?"
)


@dataclass(frozen=True)
class Named:
    """A defined name that means something.

    Attributes:
        name: As the workbook spells it.
        meant: The field, metric or assumption.
        sheet: The sheet that it leads to; empty if it leads to no area of a sheet.
        area: The area that it leads to.
        said: What it stands for, as the workbook says it.
        local: Whether it is the name of one sheet only.
    """

    name: str
    meant: str
    sheet: str
    area: Area
    said: str
    local: bool


def named(package: Package, known: Known) -> Iterator[Named]:
    """Give the defined names that are fields, metrics or assumptions. Texts of a model are none.

    Args:
        package: The workbook.
        known: The names there are.
    """
    meant = _meant(known)
    sheets = {sheet.casefold(): sheet for sheet in package.sheets()}
    root = parse(package[package.workbook_part()])
    for item in root.iterfind(f"{TAG}definedNames/{TAG}definedName"):
        name, said = item.get("name", ""), (item.text or "").strip()
        if name.casefold() not in meant or item.get("function") in ("1", "true"):
            continue
        sheet, area = "", (0, 0, 0, 0)
        if match := _ONE_CELL.fullmatch(said):
            written = (match[1] or "").replace("''", "'") or match[2]
            sheet = sheets.get(written.casefold(), "")
            area = (*split_address(match[3]), *split_address(match[4] or match[3]))
        local = item.get("localSheetId") is not None
        yield Named(name, meant[name.casefold()], sheet, area, said, local)


def _meant(known: Known) -> Mapping[str, str]:
    numbers = (name for name, meaning in known.columns.items() if meaning.unit)
    return {name.casefold(): name for name in (*numbers, *known.assumptions)}
