"""Defined names of a template that are metrics, fields or assumptions, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from moe_report.fill.expressions.expression import parse_expression
from moe_report.fill.expressions.scope import Known
from moe_report.fill.findings import Findings, FoundSheet, Place
from moe_report.fill.near_misses import SHORT, near_word
from moe_report.fill.template import NamedCell, TemplateCell
from moe_report.ooxml.addresses import Area, column_letters, split_address
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import Package

_TRUE = {"1", "true"}
_ONE_CELL = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!\[\]]+))!(\$?[A-Za-z]{1,3}\$?\d+)(?::(\$?[A-Za-z]{1,3}\$?\d+))?"
)


@dataclass(frozen=True)
class Named:
    """A defined name that means something.

    Attributes:
        name: As the workbook spells it.
        meant: The field, metric or assumption.
        area: The area that it leads to.
        said: What it stands for, as the workbook says it.
        near: Whether the name is not quite that of what is meant.
    """

    name: str
    meant: str
    area: Area
    said: str
    near: bool = False


def named_by_sheet(package: Package, known: Known, findings: Findings) -> dict[str, list[Named]]:
    """Return by sheet the names that lead to a place on it; what is left as it is, is noted.

    Such are names of fields, metrics and assumptions. Texts of a model are none.
    """
    numbers = (name for name, meaning in known.columns.items() if meaning.unit)
    meant = {name.casefold(): name for name in (*numbers, *known.assumptions)}
    sheets = {sheet.casefold(): sheet for sheet in package.sheets()}
    found: dict[str, list[Named]] = {}
    root = package.root(package.workbook_part())
    for item in root.iterfind(f"{TAG}definedNames/{TAG}definedName"):
        name, said = item.get("name", ""), (item.text or "").strip()
        near = name.casefold() not in meant
        known_as = near_word(name, meant, SHORT) if near else name.casefold()
        if not known_as or {item.get("function"), item.get("hidden") if near else ""} & _TRUE:
            continue
        match = _ONE_CELL.fullmatch(said)
        written = (match[1] or match[2]).replace("''", "'") if match else ""
        sheet = sheets.get(written.casefold())
        if near and (item.get("localSheetId") is not None or not match or not sheet):
            continue
        if item.get("localSheetId") is not None:
            _leave(name, "it is the name of one sheet only", findings)
        elif not match or not sheet:
            _leave(name, f"it leads to {said}, which is no cell", findings)
        else:
            area = (*split_address(match[3]), *split_address(match[4] or match[3]))
            named = Named(name, meant[known_as], area, said, near)
            found.setdefault(sheet, []).append(named)
    return found


def _leave(name: str, why: str, findings: Findings) -> None:
    findings.note("unused-name", f"name {name}", f"it is left as it is, because {why}")


def named_cells(
    found: FoundSheet, wanted: Iterable[Named], known: Known, findings: Findings
) -> Iterator[NamedCell]:
    """Give the cells of a sheet that get the value of what their name means."""
    seen: dict[Place, str] = {}
    for item in wanted:
        left, top, right, bottom = item.area
        address, place = f"{column_letters(left)}{top}", (top, left)
        wrong = ""
        if item.near:
            if (left, top) == (right, bottom) and place not in {*found.cells, *found.formulas}:
                text = f"it is left as it is; expected {item.meant} if it is to be filled"
                where = f"name {item.name}, sheet {found.sheet}, cell {address}"
                findings.note("near-miss", where, text)
            continue
        if (left, top) != (right, bottom) and item.area not in found.merged:
            _leave(item.name, f"it leads to {item.said}, which is no single cell", findings)
        elif place in found.cells:
            continue  # the cell says itself what it wants
        elif found.repeats:
            wrong = "the sheet repeats; rename the name"
        elif place in found.rows:
            wrong = "the row repeats; rename the name"
        elif place in found.formulas:
            why = f"it leads to a formula, in cell {address} of sheet {found.sheet}"
            _leave(item.name, why, findings)
        elif place in seen:
            wrong = f"so does {seen[place]}; expected one of them"
        elif item.meant in known.columns and len(known.models or " ") != 1:
            wrong = (
                f"there are {len(known.models or ())} models; rename the name and "
                f'write {{{{ models["a name"].{item.meant} }}}} into the cell'
            )
        else:
            seen[place] = item.name
            front = "models[0]" if item.meant in known.columns else "assumptions"
            expression = parse_expression(f"{front}.{item.meant}", known)
            pieces = (replace(expression, text=item.meant),)
            yield NamedCell(item.name, TemplateCell(found.sheet, top, left, pieces))
        if wrong:
            message = f"the name {item.name} leads here, and {wrong}"
            findings.problem(found.sheet, address, message)
