"""What users added to the sheets of a report that are ours: found, carried over, or refused.

Notes and links on the sheet Models belong to a model and a column, and move with them; on other
sheets, to the row's first cell. What cannot be moved is a problem, which names its cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from moe_report.errors import Problem
from moe_report.load.models_sheet import Places
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.notes import Note, vml_shape
from moe_report.ooxml.package import OFFICE_REL, Package, parse, relationships_name, serialize
from moe_report.renderers.excel.record import (
    RECORD_COLUMN,
    RECORD_SHEET,
    Footprint,
    Record,
    mark_of,
    read_record,
)
from moe_report.text import shown

OUR_AUTHOR = "moe-report"
_THREADS = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
_THREADS_TYPE = "application/vnd.ms-excel.threadedcomments+xml"
_THREADED = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_ID = f"{{{OFFICE_REL}}}id"
_LINKS_OF_OURS = {
    "table", "comments", "vmlDrawing", "drawing", "printerSettings", "hyperlink", "threadedComment",
}  # fmt: skip
# What the schema wants behind a sheet's <hyperlinks>.
_AFTER_LINKS = {
    "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks",
    "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing",
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems",
    "tableParts", "extLst", "AlternateContent",
}  # fmt: skip
Address = tuple[int, int]
Key = tuple[str, ...]


class Texts:
    """The contents of a workbook's cells, as texts, by column and row."""

    def __init__(self, package: Package) -> None:
        self.package = package
        links = package.relationships(package.workbook_part())
        part = next((item.target for item in links if item.type.endswith("/sharedStrings")), "")
        self.shared = [_joined(item) for item in parse(package[part])] if part in package else []

    def __call__(self, sheet: str) -> dict[Address, str]:
        """Return the filled cells of a sheet; a formula is its own text, with a leading ``=``."""
        found: dict[Address, str] = {}
        row = 0
        for line in parse(self.package[self.package.sheets()[sheet]]).iter(f"{TAG}row"):
            row = int(line.get("r") or row + 1)
            column = 0
            for cell in line.iterchildren(f"{TAG}c"):
                address = cell.get("r")
                column = split_address(address)[0] if address else column + 1
                text = self._text(cell)
                if text:
                    found[column, row] = text
        return found

    def _text(self, cell: etree._Element) -> str:
        if cell.find(f"{TAG}f") is not None:
            return f"={cell.findtext(f'{TAG}f') or ''}"
        inline = cell.find(f"{TAG}is")
        if inline is not None:
            return _joined(inline)
        value = cell.findtext(f"{TAG}v") or ""
        return self.shared[int(value)] if cell.get("t") == "s" and value else value


def _joined(item: etree._Element) -> str:
    """The text of a string item, without what tells how to pronounce it."""
    return "".join(
        part.text or ""
        for part in item.iter(f"{TAG}t")
        if part.getparent() is item or etree.QName(part.getparent()).localname == "r"
    )


def record_of(package: Package, texts: Texts) -> Record | None:
    """Return the record of what is ours, None if there is none."""
    if RECORD_SHEET not in package.sheets():
        return None
    cells = texts(RECORD_SHEET)
    rows = sorted(row for column, row in cells if column == RECORD_COLUMN + 1)
    if not rows:
        return None
    return read_record(
        (
            cells.get((RECORD_COLUMN, row), ""),
            cells[RECORD_COLUMN + 1, row],
            cells.get((RECORD_COLUMN + 2, row), ""),
        )
        for row in rows
    )


@dataclass
class Keyed:
    """A sheet's cells by what they are about.

    Attributes:
        keys: Key of each cell that has one.
        places: Cell of each key.
    """

    keys: dict[Address, Key] = field(default_factory=dict)
    places: dict[Key, Address] = field(default_factory=dict)


def models_columns(
    cells: Mapping[Address, str], header: int, places: Places | None = None
) -> dict[int, str]:
    """Return the header of each column of the sheet Models, those of fields as we write them."""
    found = {column: text.strip() for (column, row), text in cells.items() if row == header}
    return found | {column: name for name, column in (places.columns if places else {}).items()}


def keyed_models(cells: Mapping[Address, str], header: int, places: Places | None = None) -> Keyed:
    """Return the cells of the sheet Models by model and column, those of the header by column."""
    columns = models_columns(cells, header, places)
    at = next(column for column, text in columns.items() if text == "name")
    rows = {
        row: " ".join(text.split())
        for (column, row), text in cells.items()
        if column == at and row > header
    }
    keyed = Keyed()
    for column, name in columns.items():
        for row, model in ((header, ""), *rows.items()):
            keyed.keys[column, row] = (model, name)
            keyed.places[model, name] = (column, row)
    return keyed


def keyed_otherwise(cells: Mapping[Address, str], at: Address) -> Key | None:
    """Return what a cell of another sheet is about: its column, and the first text of its row."""
    column, row = at
    first = cells.get((1, row), "")
    return (column_letters(column), first) if first else None


# -- what is in the way


def strangers(
    package: Package, ours: Footprint, sheet: str, added: Mapping[Address, str], file: str
) -> Iterator[Problem]:
    """Say what of a sheet that is ours was put there by somebody else and cannot be carried over.

    Args:
        package: The old workbook.
        ours: What we wrote on the sheet.
        sheet: Its name.
        added: Its cells that are not ours.
        file: The workbook's name.
    """
    where = f"{file}, sheet {sheet}"
    part = package.sheets()[sheet]
    if added:
        column, row = min(added, key=lambda at: (at[1], at[0]))
        address = f"{column_letters(column)}{row}"
        more = f" (and {len(added) - 1} more)" if len(added) > 1 else ""
        yield Problem(
            f"{where}, cell {address}",
            f"{shown(added[column, row])}{more} would be lost, for an update writes this sheet "
            "anew; move it to the sheet Notes or to a sheet of your own",
            sheet=sheet, cell=address,
        )  # fmt: skip
    for link in package.relationships(part):
        kind = link.type.rsplit("/", 1)[-1]
        if kind == "drawing":
            count = sum(isinstance(item.tag, str) for item in parse(package[link.target]))
            if count > ours.drawings:
                yield Problem(
                    where,
                    f"has {count} charts, pictures or shapes, {ours.drawings} of them written by "
                    "moe-report, and yours would be lost; move them to a sheet of your own",
                )
        elif kind == "table" and parse(package[link.target]).get("displayName") != sheet:
            name = parse(package[link.target]).get("displayName")
            yield Problem(
                where, f"the table {name!r} of yours would be lost; move it to a sheet of your own"
            )
        elif kind not in _LINKS_OF_OURS:
            yield Problem(
                where,
                f"something of yours ({kind}) would be lost; move it to a sheet of your own",
            )


# -- notes on cells


@dataclass(frozen=True)
class Remark:
    """A note on a cell that is the user's.

    Attributes:
        at: Its cell.
        author: Who wrote it.
        comment: Its element.
        thread: Elements of the conversation that it stands for.
    """

    at: Address
    author: str
    comment: etree._Element
    thread: tuple[etree._Element, ...]

    @property
    def text(self) -> str:
        """What it says."""
        body = self.comment.find(f"{TAG}text")
        return _joined(body) if body is not None else ""


def remarks_of(package: Package, sheet: str, ours: frozenset[str]) -> list[Remark]:
    """Return the notes on a sheet that somebody else wrote, or wrote over.

    Args:
        package: The workbook.
        sheet: The sheet's name.
        ours: Marks of the texts of our notes.
    """
    links = package.relationships(package.sheets()[sheet])
    threads: dict[str, list[etree._Element]] = {}
    for link in links:
        if link.type == _THREADS:
            for item in parse(package[link.target]):
                threads.setdefault(item.get("ref", ""), []).append(item)
    found = []
    for link in links:
        if not link.type.endswith("/comments"):
            continue
        root = parse(package[link.target])
        authors = [item.text or "" for item in root.iterfind(f"{TAG}authors/{TAG}author")]
        for item in root.iterfind(f"{TAG}commentList/{TAG}comment"):
            at = int(item.get("authorId", "0"))
            author = authors[at] if at < len(authors) else ""
            ref = item.get("ref", "A1")
            remark = Remark(split_address(ref), author, item, tuple(threads.get(ref, ())))
            if mark_of(remark.text) not in ours:
                found.append(remark)
    return found


def put_remarks(package: Package, sheet: str, moved: Mapping[Address, Remark]) -> None:
    """Put users' notes on a sheet that has notes of ours, in place of ours where both would be."""
    part = package.sheets()[sheet]
    links = package.relationships(part)
    comments = next(item.target for item in links if item.type.endswith("/comments"))
    drawing = next(item.target for item in links if item.type.endswith("/vmlDrawing"))
    root, vml = parse(package[comments]), package[drawing].decode()
    authors, listed = root.find(f"{TAG}authors"), root.find(f"{TAG}commentList")
    assert authors is not None
    assert listed is not None
    names = [item.text or "" for item in authors]
    last = max([1024, *map(int, re.findall(r'id="_x0000_s(\d+)"', vml))])
    threads: list[etree._Element] = []
    for number, (at, remark) in enumerate(moved.items(), start=last + 1):
        column, row = at
        ref = f"{column_letters(column)}{row}"
        for item in [item for item in listed if item.get("ref") == ref]:
            listed.remove(item)
        shape = rf"<v:shape (?:(?!</v:shape>).)*<x:Row>{row - 1}</x:Row>"
        shape += rf"<x:Column>{column - 1}</x:Column>.*?</v:shape>"
        vml = re.sub(shape, "", vml, count=1, flags=re.DOTALL)
        if remark.author not in names:
            names.append(remark.author)
            etree.SubElement(authors, f"{TAG}author").text = remark.author
        item = deepcopy(remark.comment)
        item.set("ref", ref)
        item.set("authorId", str(names.index(remark.author)))
        listed.append(item)
        box = vml_shape(Note(row, column, remark.text), number, {}, {})
        vml = vml.replace("</xml>", f"{box}</xml>")
        for entry in map(deepcopy, remark.thread):
            entry.set("ref", ref)
            threads.append(entry)
    package[comments] = serialize(root)
    package[drawing] = vml.encode()
    if threads:
        target = package.free_name("xl/threadedComments/threadedComment1.xml")
        holder = parse(f'<ThreadedComments xmlns="{_THREADED}"/>'.encode())
        holder.extend(threads)
        package[target] = serialize(holder)
        package.declare(target, _THREADS_TYPE)
        package.relate(part, _THREADS, target)


# -- links of cells


@dataclass(frozen=True)
class Link:
    """A link on a cell that is the user's.

    Attributes:
        at: Its cell.
        element: The link's element.
        target: Address outside of the workbook; empty if it leads to a place within.
    """

    at: Address
    element: etree._Element
    target: str


def links_of(package: Package, sheet: str) -> list[Link]:
    """Return the links on a sheet's cells."""
    part = package.sheets()[sheet]
    targets = {item.id: item.target for item in package.relationships(part)}
    return [
        Link(
            split_address(item.get("ref", "A1").partition(":")[0]),
            item,
            targets.get(item.get(_ID, ""), ""),
        )
        for item in parse(package[part]).iterfind(f"{TAG}hyperlinks/{TAG}hyperlink")
    ]


def put_links(package: Package, sheet: str, moved: Mapping[Address, Link]) -> None:
    """Put users' links on the cells of a sheet."""
    part = package.sheets()[sheet]
    root = parse(package[part])
    listed = root.find(f"{TAG}hyperlinks")
    if listed is None:
        listed = etree.Element(f"{TAG}hyperlinks")
        at = next(
            (at for at, item in enumerate(root) if etree.QName(item).localname in _AFTER_LINKS),
            len(root),
        )
        root.insert(at, listed)
    for (column, row), link in moved.items():
        item = deepcopy(link.element)
        item.set("ref", f"{column_letters(column)}{row}")
        if link.target:
            id = package.relate(part, f"{OFFICE_REL}/hyperlink", link.target)
            outside = parse(package[relationships_name(part)])
            for relation in outside:
                if relation.get("Id") == id:
                    relation.set("Target", link.target)
                    relation.set("TargetMode", "External")
            package[relationships_name(part)] = serialize(outside)
            item.set(_ID, id)
        listed.append(item)
    package[part] = serialize(root)
