"""Whole rows put into a sheet: everything below moves, in every part of the package.

The rows themselves are not made here: their numbers are left free for who writes them. Everything
is moved in memory first, and put into the package only if nothing was in the way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.ooxml.calculation import ask_to_recalculate, drop_calculation_chain
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.parts import (
    MOVERS,
    data_rows,
    move_links,
    move_table,
    unmovable,
    unreadable,
    untraced_note,
)
from moe_report.ooxml.insert_rows.places import moved_vml
from moe_report.ooxml.insert_rows.xml import Part, local
from moe_report.ooxml.package import OFFICE_REL, Package, parse, relationships_name, serialize
from moe_report.ooxml.references import Insertion

_SHEETS = ("worksheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet", "chartsheet")
# Without any of these a part of another sheet has nothing to do with the rows.
_MENTIONS = re.compile(rb"!|&#|\0|dataRef|indirect|evaluate", re.IGNORECASE)
_ALWAYS = ("officeDocument", "pivotCacheDefinition", "volatileDependencies")


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
    moving.run()
    if moving.move.problems:
        raise InputError(moving.move.problems)
    return moving.commit()


def obstacles(
    package: Package, insertion: Insertion, *, where: str, table: str | Collection[str] = ""
) -> list[Problem]:
    """Return what cannot be moved safely, by name. Nothing is changed.

    Args:
        package: The workbook.
        insertion: The rows.
        where: The workbook's name, for the problems.
        table: The part of the Excel Table that grows by the rows, or several.
    """
    if insertion.count < 1:
        return []
    moving = _Moving(package, insertion, where, table)
    moving.run()
    return moving.move.problems


class _Moving:
    """Goes through the parts of a package along their links."""

    def __init__(
        self, package: Package, insertion: Insertion, where: str, table: str | Collection[str]
    ) -> None:
        self.package = package
        self.main = package.workbook_part()
        root = parse(package[self.main])
        listed = [item for group in root if local(group) == "sheets" for item in group]
        # by the id of the link to its part
        self.names = {item.get(f"{{{OFFICE_REL}}}id", ""): item.get("name", "") for item in listed}
        self.move = Move(insertion, where, tuple(self.names.values()))
        self.move.numbers = {item.get("sheetId", ""): item.get("name", "") for item in listed}
        self.tables = {table} if isinstance(table, str) else set(table)
        self.changed: dict[str, bytes] = {}
        self.has_charts = self.has_macros = False

    def run(self) -> None:
        """Move everything, in memory."""
        parts = list(self._parts())
        if not self.tables - {""}:
            self.tables = {self._repeated_table(parts)}
        for name in self.tables & set(self.package):
            root = parse(self.package[name])
            self.move.grown_tables.add((root.get("displayName") or "").casefold())
        self.has_macros = any(kind == "vbaProject" for _, kind, _ in parts)
        for name, kind, on in parts:
            try:
                self._move_part(name, kind, on)
                links = relationships_name(name)
                if links in self.package and b"#" in self.package[links]:
                    self._move_xml(links, "links", on)
            except etree.XMLSyntaxError as error:
                self.move.problems.append(unreadable(self.move.where, name, error))
            except ValueError as error:
                self.move.problems.append(unmovable(self.move.where, name, on, error))

    def _parts(self) -> Iterator[tuple[str, str, str]]:
        """Give each part with the kind of the link to it, and the sheet that it belongs to."""
        todo, seen = [(self.main, "officeDocument", "")], {self.main}
        while todo:
            name, kind, on = todo.pop(0)
            yield name, kind, on
            for link in self.package.relationships(name):
                if link.target in seen or link.target not in self.package:
                    continue
                seen.add(link.target)
                to = link.type.rpartition("/")[2]
                if name == self.main and to in _SHEETS:
                    todo.append((link.target, to, self.names.get(link.id, "")))
                else:
                    todo.append((link.target, to, on))

    def _repeated_table(self, parts: list[tuple[str, str, str]]) -> str:
        """Return the table whose row the rows are put below."""
        after = self.move.insertion.after
        found = {}
        for name, kind, on in parts:
            if kind == "table" and self.move.is_on(on):
                root = parse(self.package[name])
                if after in data_rows(root):
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
        elif kind in MOVERS:
            needed = self.move.is_on(on) or kind in _ALWAYS
            if needed or _MENTIONS.search(self.package[name]):
                self._move_xml(name, kind, on)

    def _move_xml(self, name: str, kind: str, on: str) -> None:
        part = Part(parse(self.package[name]))
        if kind == "links":
            move_links(part, on, self.move)
        elif kind == "table":
            move_table(part, on, self.move, repeats=name in self.tables)
        else:
            MOVERS[kind](part, on, self.move)
        if part.changed:
            self.changed[name] = serialize(part.root)
            self.has_charts |= kind in ("chart", "chartEx")

    def _move_vml(self, name: str, on: str) -> None:
        """Move shapes in text: what Excel writes there is not always XML."""
        data = self.package[name]
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        text = data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
        moved = moved_vml(
            text,
            self.move.insertion if self.move.is_on(on) else None,
            lambda formula: self.move.formula(formula, on, "shape", of="the link of a"),
        )
        if moved != text:
            errors = "surrogateescape" if encoding == "utf-8" else "strict"
            self.changed[name] = moved.encode(encoding, errors)

    def commit(self) -> list[str]:
        """Put what changed into the package, and return what to tell the user."""
        for name, content in self.changed.items():
            self.package[name] = content
        if self.move.formulas_moved:
            drop_calculation_chain(self.package)
        ask_to_recalculate(self.package)
        notes = list(self.move.notes)
        if self.has_charts:
            notes.append("charts show the new rows once Excel or LibreOffice has opened the file")
        if self.has_macros:
            notes.append("macros are kept as they are: addresses in their code do not move")
        if self.move.untraced:
            notes.append(untraced_note(self.move))
        if self.move.alone:
            few = ", ".join(self.move.alone[:3])
            more = f" and {len(self.move.alone) - 3} more" if len(self.move.alone) > 3 else ""
            after = self.move.insertion.after
            notes.append(
                f"{few}{more}: refers to one cell of the row that repeats, and so to the first "
                f"model alone; a range such as D{after}:D{after} means all models"
            )
        return list(dict.fromkeys(notes))
