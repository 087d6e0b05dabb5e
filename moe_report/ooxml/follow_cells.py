"""What refers to cells of sheets that were written anew is made to follow them, part by part."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from moe_report.ooxml.formula_text import Reference, references
from moe_report.ooxml.hyperlinks import place_led
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.insert import parts_of, sheet_names
from moe_report.ooxml.insert_rows.moved_places import has_moved_places, move_places
from moe_report.ooxml.insert_rows.part_xml import Part
from moe_report.ooxml.insert_rows.shifts import linked_cells
from moe_report.ooxml.insert_rows.vml import moved_vml
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.part_names import Relationship
from moe_report.ooxml.rearranged import GONE, Rearranged, ScatteredError, moved
from moe_report.ooxml.references import Insertion, counts_rows_of, untraceable

_NOWHERE = "\0"  # no sheet's name


@dataclass
class Following(Move):
    """References that follow the cells of some sheets.

    Attributes:
        places: Where the cells of these sheets are.
        without: Defined names, the sheets of such, and formulas that are left as they are.
        lost: What referred to cells that are not there any more: where, and to which.
        unsure: What may refer to other cells than before, and stays as it is.
        named: Names of tables and of cells, in small letters, that lead to cells which moved.
    """

    places: tuple[Rearranged, ...] = ()
    without: frozenset[str] = frozenset()
    lost: list[tuple[str, str]] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    named: frozenset[str] = frozenset()

    def is_on(self, sheet: str) -> bool:
        """Whether a sheet's own cells move; those are written by others."""
        return False

    def formula(
        self,
        text: str,
        on: str,
        cell: str,
        *,
        single: bool = False,
        row: int = 0,
        of: str = "cell",
        stays: Callable[[Reference], bool] | None = None,
    ) -> str:
        """Return a formula that refers to the same cells as before."""
        named = {cell.casefold(), on.casefold()} if of == "name" else set()
        if self.without & {*named, text.casefold()}:
            return text
        body = text.removeprefix("=")
        place = ", ".join(filter(None, (on and f"sheet {on}", f"{of} {cell}")))
        try:
            if stays and any(map(stays, self._of_ours(body, on))):
                raise ScatteredError
            now = moved(body, on, self.sheets, self.places)
        except ScatteredError:
            self.unsure.append(place)
            return text
        except ValueError:
            return text  # no formula, but e.g. what a macro left
        by_number = untraceable(body) and any(
            re.search(rf"{re.escape(moving.sheet)}'?!", body, re.IGNORECASE)
            for moving in self.places
            if not moving.is_same
        )
        if by_number or counts_rows_of(self.named, body):
            self.unsure.append(place)
        self.lost += [(place, reference) for reference in now.lost]
        return "=" * text.startswith("=") + now.text

    def _of_ours(self, body: str, on: str) -> Iterator[Reference]:
        moving = {place.sheet.casefold() for place in self.places if not place.is_same}
        for found in references(body, on, self.sheets):
            if found.sheet.casefold() in moving:
                yield found

    def laid(self, text: str, on: str, areas: str, *, of: str) -> str:
        """Return a formula that is laid over areas of cells of another sheet."""
        return self.formula(text, on, areas, of=of)

    def link(self, location: str, on: str) -> str:
        """Return a link to the same cells as before."""
        linked = linked_cells(location, on)
        if linked is None:
            return location
        start, sheet, ref = linked
        return start + self.area(ref, sheet)

    def area(self, ref: str, sheet: str) -> str:
        """Return an area of a sheet as it is now."""
        try:
            now = moved(ref, sheet, self.sheets, self.places).text
        except ValueError:
            now = GONE
        if GONE in now:
            self.unsure.append(f"sheet {sheet}, area {ref}")
        return ref if GONE in now else now


def following_of(places: Iterable[Rearranged], where: str, sheets: tuple[str, ...]) -> Following:
    """Return what follows cells to their places, in a workbook of some sheets."""
    return Following(Insertion(_NOWHERE, 0, 0), where, sheets, places=tuple(places))


def follow_cells(
    package: Package,
    places: Iterable[Rearranged],
    *,
    without: Collection[str],
    names: Collection[str],
    where: str,
) -> Following:
    """Let what refers to cells follow them, in a whole workbook.

    Args:
        package: The workbook, which changes.
        places: Where the cells are.
        without: Sheets that are left as they are, with all that is on them.
        names: Defined names and formulas that are left as they are.
        where: The workbook's name, for errors.

    Returns:
        What could not follow.
    """
    sheets = sheet_names(package)
    places = tuple(places)
    left = {name.casefold() for name in without}
    following = replace(
        following_of(places, where, tuple(sheets.values())),
        without=frozenset({*left, *map(str.casefold, names)}),
        named=frozenset(_named(package, [place for place in places if not place.is_same])),
    )
    for name, kind, on in list(parts_of(package, sheets)):
        if on.casefold() in left:
            continue
        _follow_links(package, name, on, following)
        if kind == "vmlDrawing":
            rule = partial(following.formula, on=on, cell="shape", of="the link of a")
            fresh = moved_vml(package[name], None, rule)
            if fresh != package[name]:
                package[name] = fresh
        elif has_moved_places(kind):
            part = Part(package.root(name), on, inside=False)
            try:
                move_places(part, kind, following)
            except ValueError as error:
                package.refuse(name, str(error))
            if part.changed:
                package[name] = serialize(part.root)
    return following


def _follow_links(package: Package, part: str, on: str, following: Following) -> None:
    """Let links follow of which the target, rather than what is said beside it, is a place."""

    def target(link: Relationship) -> str:
        if not link.target.startswith("#"):
            return f"/{link.target}"
        return place_led(link.target, partial(following.link, on=on))

    if any(link.target.startswith("#") for link in package.relationships(part)):
        package.copy_links(part, part, target)


def _named(package: Package, moving: Sequence[Rearranged]) -> Iterator[str]:
    """Give the names, in small letters, of the tables of sheets, and of cells there."""
    yield from (place.table.casefold() for place in moving if place.table)
    leads = [rf"'?{re.escape(place.sheet)}'?!" for place in moving]
    leads += [rf"{re.escape(place.table)}\[" for place in moving if place.table]
    for item in package.root(package.workbook_part()).iter("{*}definedName"):
        if any(re.match(lead, item.text or "", re.IGNORECASE) for lead in leads):
            yield item.get("name", "").casefold()
