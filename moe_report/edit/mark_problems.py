"""A copy of a workbook in which the cells with problems are marked and noted; the rest stays."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy

from lxml import etree

from moe_report.errors import Problem
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.notes import Note, comment_xml, comments_xml, vml_shape, vml_xml
from moe_report.ooxml.package import MAIN, OFFICE_REL, Package, parse, serialize

_FILL = "FFFFC7CE"
_AUTHOR = "moe-report"
_TAG = f"{{{MAIN}}}"
_ID = f"{{{OFFICE_REL}}}id"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
# The parts of a style table, in the schema's order, each with what is least of it.
_STYLES = {
    "fonts": '<font><sz val="11"/><name val="Calibri"/></font>',
    "fills": '<fill><patternFill patternType="none"/></fill>'
             '<fill><patternFill patternType="gray125"/></fill>',
    "borders": "<border><left/><right/><top/><bottom/><diagonal/></border>",
    "cellStyleXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    "cellXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
    "cellStyles": '<cellStyle name="Normal" xfId="0" builtinId="0"/>',
}  # fmt: skip
# What the schema wants behind a sheet's <legacyDrawing>.
_AFTER_LEGACY_DRAWING = {
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems",
    "tableParts", "extLst",
}  # fmt: skip
_SHAPE = (
    b'<v:shape xmlns:v="urn:schemas-microsoft-com:vml" '
    b'xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel" '
)


def annotate(package: Package, problems: Iterable[Problem]) -> bytes:
    """Return the workbook with a red fill and a note on each cell that has a problem.

    Args:
        package: The workbook as it was read.
        problems: Those without a cell are passed over: they concern the whole file or sheet.
    """
    by_sheet: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        if problem.sheet and problem.cell:
            by_sheet[problem.sheet][problem.cell].append(problem.message)
    parts = package.sheets()
    styles = _Styles(package)
    for sheet, cells in by_sheet.items():
        part = parts[sheet]
        root = parse(package[part])
        grid = _Grid(root)
        for address in cells:
            cell = grid.cell(address)
            cell.set("s", str(styles.marked(int(cell.get("s", "0")))))
        notes = [
            Note(row, column, "\n".join(messages))
            for address, messages in cells.items()
            for column, row in [split_address(address)]
        ]
        _add_notes(package, part, root, notes)
        package[part] = serialize(root)
    styles.save()
    return package.save()


class _Styles:
    """The workbook's style table, to which marked twins of styles are appended."""

    def __init__(self, package: Package) -> None:
        self.package = package
        workbook = package.workbook_part()
        links = package.relationships(workbook)
        part = next((item.target for item in links if item.type.endswith("/styles")), None)
        if part is None:  # a workbook may do without
            part = "xl/styles.xml"  # where openpyxl looks, whatever the links say
            package[part] = f'<styleSheet xmlns="{MAIN}"/>'.encode()
            package.declare(part, f"{_MAIN_TYPE}.styles+xml")
            package.relate(workbook, f"{OFFICE_REL}/styles", part)
        self.part = part
        self.root = parse(package[self.part])
        children = {name: self._child(name) for name in _STYLES}
        fills, self.formats = children["fills"], children["cellXfs"]
        fill = etree.SubElement(fills, f"{_TAG}fill")
        pattern = etree.SubElement(fill, f"{_TAG}patternFill", patternType="solid")
        etree.SubElement(pattern, f"{_TAG}fgColor", rgb=_FILL)
        fills.set("count", str(len(fills)))
        self.fill = len(fills) - 1
        self.twins: dict[int, int] = {}

    def _child(self, name: str) -> etree._Element:
        found = self.root.find(f"{_TAG}{name}")
        if found is None:
            found = parse(f'<{name} xmlns="{MAIN}">{_STYLES[name]}</{name}>'.encode())
            found.set("count", str(len(found)))
            before = ["numFmts", *list(_STYLES)[: list(_STYLES).index(name)]]
            at = sum(etree.QName(item).localname in before for item in self.root)
            self.root.insert(at, found)
        return found

    def marked(self, style: int) -> int:
        """Return the index of the style that is ``style`` with a red fill."""
        if style not in self.twins:
            known = style if style < len(self.formats) else 0
            twin = deepcopy(self.formats[known])
            twin.set("fillId", str(self.fill))
            twin.set("applyFill", "1")
            self.formats.append(twin)
            self.twins[style] = len(self.formats) - 1
        return self.twins[style]

    def save(self) -> None:
        self.formats.set("count", str(len(self.formats)))
        self.package[self.part] = serialize(self.root)


class _Grid:
    """Rows and cells of a sheet by address; addresses that the file leaves out are filled in."""

    def __init__(self, root: etree._Element) -> None:
        data = root.find(f"{_TAG}sheetData")
        assert data is not None
        self.data = data
        self.columns = root.findall(f"{_TAG}cols/{_TAG}col")
        self.rows: dict[int, etree._Element] = {}
        number = 0
        for row in data.iterchildren(f"{_TAG}row"):
            number = int(row.get("r") or number + 1)
            self.rows[number] = row
            row.set("r", str(number))
            column = 0
            for cell in row.iterchildren(f"{_TAG}c"):
                address = cell.get("r")
                column = split_address(address)[0] if address else column + 1
                cell.set("r", f"{column_letters(column)}{number}")

    def cell(self, address: str) -> etree._Element:
        """Return a cell's element, made where the sheet has none."""
        column, number = split_address(address)
        row = self.rows.get(number)
        if row is None:
            row = etree.Element(f"{_TAG}row", r=str(number))
            self.data.insert(sum(other < number for other in self.rows), row)
            self.rows[number] = row
        at = 0
        for at, cell in enumerate(row.iterchildren(f"{_TAG}c"), start=1):
            here = split_address(cell.get("r", ""))[0]
            if here == column:
                return cell
            if here > column:
                at -= 1
                break
        made = etree.Element(f"{_TAG}c", r=address, s=self._style(row, column))
        row.insert(at, made)
        return made

    def _style(self, row: etree._Element, column: int) -> str:
        """The style that an empty cell shows: its row's, else its column's."""
        if row.get("customFormat") in ("1", "true"):
            return row.get("s", "0")
        for span in self.columns:
            if int(span.get("min", "0")) <= column <= int(span.get("max", "0")):
                return span.get("style", "0")
        return "0"


def _add_notes(package: Package, part: str, sheet: etree._Element, notes: list[Note]) -> None:
    """Add notes to those that a sheet has, and to its drawing of their boxes."""
    links = package.relationships(part)
    comments = next((item.target for item in links if item.type.endswith("/comments")), None)
    # A picture in the page's header is a VML drawing too, so the type of the link will not do.
    used = sheet.find(f"{_TAG}legacyDrawing")
    drawing = next((i.target for i in links if used is not None and i.id == used.get(_ID)), None)
    if comments is None:
        comments = package.free_name("xl/comments/comment1.xml")
        package[comments] = comments_xml(())
        package.declare(comments, f"{_MAIN_TYPE}.comments+xml")
        package.relate(part, f"{OFFICE_REL}/comments", comments)
    if drawing is None:
        drawing = package.free_name("xl/drawings/notes1.vml")
        package[drawing] = vml_xml((), {}, {})
        package.declare_extension("vml", _VML_TYPE)
        id = package.relate(part, f"{OFFICE_REL}/vmlDrawing", drawing)
        _insert_legacy_drawing(sheet, id)
    package[comments], fresh = _with_comments(package[comments], notes)
    package[drawing] = _with_shapes(package[drawing], fresh)


def _insert_legacy_drawing(sheet: etree._Element, id: str) -> None:
    later = (
        at
        for at, child in enumerate(sheet)
        if isinstance(child.tag, str)
        and any(
            isinstance(item.tag, str) and etree.QName(item).localname in _AFTER_LEGACY_DRAWING
            for item in (child, *(child.iter() if "compatibility" in child.tag else ()))
        )
    )
    element = etree.Element(f"{_TAG}legacyDrawing", nsmap={"r": OFFICE_REL})
    element.set(_ID, id)
    sheet.insert(next(later, len(sheet)), element)


def _with_comments(xml: bytes, notes: list[Note]) -> tuple[bytes, list[Note]]:
    """The part of the notes' texts with ours added, and those of ours that need a box."""
    root = parse(xml)
    authors, items = root.find(f"{_TAG}authors"), root.find(f"{_TAG}commentList")
    assert authors is not None
    assert items is not None
    names = [author.text for author in authors]
    if _AUTHOR not in names:
        etree.SubElement(authors, f"{_TAG}author").text = _AUTHOR
        names.append(_AUTHOR)
    present = {item.get("ref"): item for item in items}
    fresh = []
    for note in sorted(notes, key=lambda note: (note.row, note.column)):
        text = comment_xml(note, names.index(_AUTHOR))
        ours = parse(text.replace("<comment ", f'<comment xmlns="{MAIN}" ', 1).encode())
        theirs = present.get(f"{column_letters(note.column)}{note.row}")
        if theirs is None:
            items.append(ours)
            fresh.append(note)
            continue
        body, added = theirs.find(f"{_TAG}text"), ours.find(f"{_TAG}text")
        assert body is not None
        assert added is not None
        for run in added:
            content = run.find(f"{_TAG}t")
            assert content is not None
            content.text = f"\n{_AUTHOR}: {content.text}"
            last = max((at for at, item in enumerate(body, 1) if item.tag == run.tag), default=None)
            body.insert(_behind_text(body) if last is None else last, run)
    etree.cleanup_namespaces(items)
    return serialize(root), fresh


def _behind_text(body: etree._Element) -> int:
    """Where the runs of a note go: behind its plain text, before what tells how to pronounce it."""
    return sum(item.tag == f"{_TAG}t" for item in body)


def _with_shapes(vml: bytes, notes: list[Note]) -> bytes:
    numbers = [int(number) for number in re.findall(rb"_x0000_s(\d+)", vml)] or [1024]
    shapes = "".join(
        vml_shape(note, max(numbers) + at, {}, {}) for at, note in enumerate(notes, start=1)
    ).encode()
    # Excel calls the type of a note's box _x0000_t202, LibreOffice shapetype_202.
    kind = re.search(rb'<v:shapetype\b[^>]*\bid="([^"]+)"[^>]*\bo:spt="202"', vml)
    if kind:
        shapes = shapes.replace(b'"#_x0000_t202"', b'"#' + kind[1] + b'"')
    shapes = shapes.replace(b"<v:shape ", _SHAPE)  # the drawing may call its namespaces otherwise
    closing = re.search(rb"</xml\s*>\s*$", vml)
    if closing is None:
        return vml  # the notes then show without a box of their own size
    return vml[: closing.start()] + shapes + vml[closing.start() :]
