"""Defined names of a template that are metrics, fields or assumptions, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from moe_report.fill.expressions.expression import Expression, parse_expression
from moe_report.fill.expressions.scope import Known
from moe_report.fill.findings import Findings, FoundSheet, Place
from moe_report.fill.template import NamedCell, TemplateCell
from moe_report.ooxml.addresses import Area, column_letters, split_address
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


def named_by_sheet(package: Package, known: Known, findings: Findings) -> dict[str, list[Named]]:
    """Return by sheet the names that lead to a place on it; what is left as it is, is noted.

    Args:
        package: The workbook.
        known: The names there are.
        findings: Takes the notes.
    """
    found: dict[str, list[Named]] = {}
    for item in _named(package, known):
        if item.local:
            _leave(item, "it is the name of one sheet only", findings)
        elif not item.sheet:
            _leave(item, f"it leads to {item.said}, which is no cell", findings)
        else:
            found.setdefault(item.sheet, []).append(item)
    return found


def _leave(item: Named, why: str, findings: Findings) -> None:
    findings.note("unused-name", f"name {item.name}", f"it is left as it is, because {why}")


def named_cells(
    found: FoundSheet, wanted: Iterable[Named], known: Known, findings: Findings
) -> Iterator[NamedCell]:
    """Give the cells of a sheet that get the value of what their name means.

    Args:
        found: What the sheet holds.
        wanted: The names that lead to it.
        known: The names there are.
        findings: Takes the notes and problems.
    """
    seen: dict[Place, str] = {}
    for item in wanted:
        left, top, right, bottom = item.area
        address, place = f"{column_letters(left)}{top}", (top, left)
        wrong = ""
        if (left, top) != (right, bottom) and item.area not in found.merged:
            _leave(item, f"it leads to {item.said}, which is no single cell", findings)
        elif place in found.cells:
            continue  # the cell says itself what it wants
        elif found.repeats:
            wrong = "the sheet repeats; rename the name"
        elif place in found.rows:
            wrong = "the row repeats; rename the name"
        elif place in found.formulas:
            why = f"it leads to a formula, in cell {address} of sheet {found.sheet}"
            _leave(item, why, findings)
        elif place in seen:
            wrong = f"so does {seen[place]}; expected one of them"
        elif item.meant in known.columns and len(known.models or " ") != 1:
            wrong = (
                f"there are {len(known.models or ())} models; rename the name and "
                f'write {{{{ models["a name"].{item.meant} }}}} into the cell'
            )
        else:
            seen[place] = item.name
            pieces = (_expression(item, known),)
            yield NamedCell(item.name, TemplateCell(found.sheet, top, left, pieces))
        if wrong:
            message = f"the name {item.name} leads here, and {wrong}"
            findings.problem(found.sheet, address, message)


def _expression(item: Named, known: Known) -> Expression:
    front = "models[0]" if item.meant in known.columns else "assumptions"
    return replace(parse_expression(f"{front}.{item.meant}", known), text=item.meant)


def _named(package: Package, known: Known) -> Iterator[Named]:
    """Give the defined names that are fields, metrics or assumptions. Texts of a model are none."""
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
