"""The sheets of an .xlsx file, and what is beside their cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from lxml import etree

from moe_report.errors import InputError, first_of
from moe_report.load.collected import Collected
from moe_report.load.grid import Grid, read_grid
from moe_report.load.our_sheets import OUR_AUTHOR
from moe_report.load.record import Record, record_of
from moe_report.ooxml.addresses import area_of
from moe_report.ooxml.calculation import asks_to_recalculate
from moe_report.ooxml.cell_values import cell_values
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import Package
from moe_report.ooxml.texts import Texts
from moe_report.text import counted

_COMMENT = f"{{{MAIN}}}comment"
_SHOWN = 6
_HIDDEN = ("hidden", "veryHidden")


class XlsxSheets:
    """The sheets of an .xlsx file.

    Raises:
        InputError: What its cells refer to is damaged.
    """

    def __init__(self, package: Package, *, is_report: bool) -> None:
        self.package = package
        self.is_report = is_report
        self.recalculated = asks_to_recalculate(package)
        self.names = tuple(package.sheets())
        self._texts = Texts(package)
        self._values = cell_values(package, self._texts)
        listed = package.listed_sheets()
        self._hidden = {item.get("name") for item in listed if item.get("state") in _HIDDEN}
        self._links: dict[str, Sequence[str]] = {}

    def is_hidden(self, name: str) -> bool:
        """Whether a sheet is not shown."""
        return name in self._hidden

    def grid(self, name: str, collected: Collected) -> Grid:
        """Return the cells of a sheet.

        Raises:
            InputError: The sheet as a whole cannot be read.
        """
        record = self._record.sheets.get(name) if self._record else None
        grid = read_grid(self.package, self._values, name, collected, self.is_report, record)
        self._links[name] = self._saying_more(name, grid)
        return grid

    def _saying_more(self, name: str, grid: Grid) -> list[str]:
        """The cells with links, but for addresses that lead where their own text says."""
        links = self.package.relationships(self.package.sheets()[name]) if grid.scan.links else ()
        targets = {link.id: link.target.rstrip("/") for link in links}
        return [
            cells
            for cells, id in grid.scan.links.items()
            if _text(grid, cells).rstrip("/") != targets.get(id)
        ]

    @cached_property
    def _record(self) -> Record | None:
        return record_of(self.package, self._texts) if self.is_report else None

    def left_behind(self, name: str) -> Sequence[str]:
        """Return what beside its cells a sheet has, in words."""
        part = self.package.sheets()[name]
        found = []
        for comments in self.package.related_parts(part, "comments"):
            try:
                cells = _commented(self.package.root(comments, "comments"))
            except InputError:
                found.append(f"the comments of {name!r}, for the part {comments} is damaged")
                continue
            found += _named("comment", cells)
        found += _named("link", self._links.get(name, ()))
        drawings = self.package.related_parts(part, "drawing")
        if any(self._is_filled(drawing) for drawing in drawings):
            found.append(f"the charts and pictures of {name!r}")
        if self.package.related_parts(part, "pivotTable"):
            found.append(f"the pivot tables of {name!r}")
        return found

    def _is_filled(self, drawing: str) -> bool:
        try:
            return len(self.package.root(drawing)) > 0
        except InputError:  # nobody knows what was in it
            return True


def _text(grid: Grid, cells: str) -> str:
    """The text of the first of some cells; none beyond those with content, and of no address."""
    try:
        column, row, _, _ = area_of(cells)
        return grid.text(row, column)
    except (ValueError, IndexError):
        return ""


def _named(what: str, cells: Sequence[str]) -> list[str]:
    return [f"{counted(len(cells), what)} ({first_of(cells, _SHOWN)})"] if cells else []


def _commented(root: etree._Element) -> list[str]:
    """The cells of the comments of a part that are not ours."""
    authors = [item.text for item in root.iter(f"{{{MAIN}}}author")]
    ours = {str(at) for at, author in enumerate(authors) if author == OUR_AUTHOR}
    return [item.get("ref", "") for item in root.iter(_COMMENT) if item.get("authorId") not in ours]
