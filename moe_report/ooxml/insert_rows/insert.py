"""Whole rows put into a sheet: everything below moves, in every part of the package.

The rows themselves are not made here: their numbers are left free for who writes them. Everything
is moved in memory first, and put into the package only if nothing was in the way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from lxml import etree

from moe_report.errors import InputError, Problem, first_of
from moe_report.ooxml.calculation import ask_to_recalculate, drop_calculation_chain
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.moved_places import (
    LINKS,
    NAMING_SHEETS,
    SHEETS,
    has_moved_places,
    move_places,
)
from moe_report.ooxml.insert_rows.part_xml import Part, local
from moe_report.ooxml.insert_rows.vml import moved_vml
from moe_report.ooxml.package import LINK_ID, Package, serialize
from moe_report.ooxml.part_names import relationships_name
from moe_report.ooxml.references import Insertion
from moe_report.ooxml.tables import table_area

# Without any of these a part of another sheet has nothing to do with the rows.
_MENTIONS = re.compile(rb"!|&#|\0|dataRef|indirect|evaluate", re.IGNORECASE)


def insert_rows(
    package: Package, insertion: Insertion, *, where: str, table: str | Collection[str] = ""
) -> list[str]:
    """Make room for rows in a sheet: move all that stands below, in every part.

    Args:
        package: The workbook, which changes.
        insertion: The rows.
        where: The workbook's name, for the error.
        table: The part of the Excel Table that grows by the rows, or those of several side by
            side; by default the one whose row they are put below.

    Returns:
        What to tell the user.

    Raises:
        InputError: Something cannot be moved; nothing was changed.
    """
    if insertion.count < 1:
        return []
    moving = _Moving(package, insertion, where, table)
    if moving.move.problems:
        raise InputError(moving.move.problems)
    return moving.commit()


def tried(
    package: Package, insertion: Insertion, *, where: str, table: str | Collection[str] = ""
) -> tuple[list[Problem], list[str]]:
    """Return what :func:`insert_rows` would refuse, and what it would tell. Nothing is changed."""
    if insertion.count < 1:
        return [], []
    moving = _Moving(package, insertion, where, table)
    return moving.move.problems, moving.notes()


class _Moving:
    """Everything moved in memory, part by part along their links."""

    def __init__(
        self, package: Package, insertion: Insertion, where: str, table: str | Collection[str]
    ) -> None:
        self.package = package
        names = sheet_names(package)
        self.move = Move(insertion, where, tuple(names.values()))
        self.move.numbers = {
            item.get("sheetId", ""): item.get("name", "") for item in _listed(package)
        }
        self.tables = {table} if isinstance(table, str) else set(table)
        self.changed: dict[str, bytes] = {}
        self.has_charts = False
        parts = list(parts_of(package, names))
        if not self.tables - {""}:
            self.tables = {self._repeated_table(parts)}
        for name in self.tables & set(self.package):
            with self._refusing(name, self.move.insertion.sheet):
                area = table_area(self.package.root(name))
                self.move.grown_tables.add(area.name.casefold())
                self.move.table_columns |= {*range(area.left, area.right + 1)}
        self.has_macros = any(kind == "vbaProject" for _, kind, _ in parts)
        for name, kind, on in parts:
            with self._refusing(name, on):
                self._move_part(name, kind, on)
                links = relationships_name(name)
                if links in self.package and b"#" in self.package[links]:
                    self._move_xml(links, LINKS, on)

    @contextmanager
    def _refusing(self, name: str, on: str) -> Iterator[None]:
        """Note it if a part cannot be read, or if something in it falls off its sheet."""
        try:
            yield
        except InputError as error:
            self._note(error.problems)
        except ValueError as error:
            self._refuse(f"sheet {on}" if on else f"part {name}", str(error), on or None)

    def _refuse(self, place: str, message: str, sheet: str | None = None) -> None:
        self._note([Problem(f"{self.move.where}, {place}", message, sheet=sheet)])

    def _note(self, problems: Iterable[Problem]) -> None:
        self.move.problems += [item for item in problems if item not in self.move.problems]

    def _repeated_table(self, parts: list[tuple[str, str, str]]) -> str:
        """Return the table whose row the rows are put below."""
        after = self.move.insertion.after
        found = {}
        for name, kind, on in parts:
            if kind == "table" and self.move.is_on(on):
                with self._refusing(name, on):
                    root = self.package.root(name)
                    table = table_area(root)
                    if table.first <= after <= table.last:
                        found[name] = root
        if len(found) > 1:
            named = " and ".join(repr(root.get("displayName")) for root in found.values())
            self.move.refuse(
                f"the tables {named} have row {after} side by side, and it is not known which one "
                "repeats; expected one table there",
                next(iter(found.values())).get("ref", ""),
            )
        return next(iter(found), "")

    def _move_part(self, name: str, kind: str, on: str) -> None:
        if kind == "vmlDrawing":
            self._move_vml(name, on)
        elif has_moved_places(kind):
            needed = self.move.is_on(on) or kind in NAMING_SHEETS
            if needed or _MENTIONS.search(self.package[name]):
                self._move_xml(name, kind, on)

    def _move_xml(self, name: str, kind: str, on: str) -> None:
        root = self.package.root(name)
        part = Part(root, on, inside=self.move.is_on(on), repeats=name in self.tables)
        move_places(part, kind, self.move)
        if part.changed:
            self.changed[name] = serialize(part.root)
            self.has_charts |= kind in ("chart", "chartEx")

    def _move_vml(self, name: str, on: str) -> None:
        moved = moved_vml(
            self.package[name],
            self.move.insertion if self.move.is_on(on) else None,
            lambda formula: self.move.formula(formula, on, "shape", of="the link of a"),
        )
        if moved != self.package[name]:
            self.changed[name] = moved

    def commit(self) -> list[str]:
        """Put what changed into the package, and return what to tell the user."""
        for name, content in self.changed.items():
            self.package[name] = content
        if self.move.formulas_moved:
            drop_calculation_chain(self.package)
        ask_to_recalculate(self.package)
        return self.notes()

    def notes(self) -> list[str]:
        """Return what to tell the user."""
        return list(dict.fromkeys(self._notes()))

    def _notes(self) -> Iterator[str]:
        yield from self.move.notes
        if self.has_charts:
            yield "charts show the new rows once Excel or LibreOffice has opened the file"
        if self.has_macros:
            yield "macros are kept as they are: addresses in their code do not move"
        if self.move.untraced:
            cells = first_of(self.move.untraced, 5, "; ")
            yield (
                "formulas that find cells by a text or a number were left as they are, and may "
                f"mean others now: {cells}"
            )
        if self.move.alone:
            after = self.move.insertion.after
            yield (
                f"{first_of(self.move.alone, 3)}: refers to one cell of the row that repeats, "
                f"and so to the first model alone; a range such as D{after}:D{after} means all "
                "models"
            )


def _listed(package: Package) -> list[etree._Element]:
    root = package.root(package.workbook_part())
    return [item for item in root.iter() if local(item) == "sheet"]


def sheet_names(package: Package) -> dict[str, str]:
    """Return the names of a workbook's sheets in order, by the id of the link to their parts."""
    return {item.get(LINK_ID, ""): item.get("name", "") for item in _listed(package)}


def parts_of(package: Package, sheets: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Give each part with the kind of the link to it, and the sheet that it belongs to.

    Args:
        package: The workbook.
        sheets: The names of its sheets by the id of the link to their parts.
    """
    main = package.workbook_part()
    todo, seen = [(main, "officeDocument", "")], {main}
    while todo:
        name, kind, on = todo.pop(0)
        yield name, kind, on
        for link in package.relationships(name):
            if link.target in seen or link.target not in package:
                continue
            seen.add(link.target)
            is_sheet = name == main and link.kind in SHEETS.split()
            owner = sheets.get(link.id, "") if is_sheet else on
            todo.append((link.target, link.kind, owner))
