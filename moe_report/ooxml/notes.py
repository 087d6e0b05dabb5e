"""Notes on cells: the part of their texts, the drawing of their boxes, and their threads."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import LINK_ID, OFFICE_REL, Package, parse, serialize
from moe_report.ooxml.rows import text_of
from moe_report.ooxml.texts import string_text


@dataclass(frozen=True)
class Note:
    """A note on a cell.

    Attributes:
        row: Number of the row, from 1.
        column: Number of the column, from 1.
        element: Its element in the workbook that it was read of, which has its looks.
        thread: Elements of the conversation that it stands for.
    """

    row: int
    column: int
    text: str
    author: str = ""
    element: etree._Element | None = None
    thread: tuple[etree._Element, ...] = ()

    @property
    def cell(self) -> str:
        """The address of its cell."""
        return f"{column_letters(self.column)}{self.row}"

    @property
    def conversation(self) -> str:
        """The comments that it stands for, or what it says itself."""
        said = [item.text or "" for entry in self.thread for item in entry.iterfind("{*}text")]
        return "\n".join(said) if said else self.text


_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_THREADS = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
_THREADS_TYPE = "application/vnd.ms-excel.threadedcomments+xml"
_THREADED = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_NOTE_WIDTH = 260  # pixels
_LINE = 15
_SPACES = (
    b'xmlns:v="urn:schemas-microsoft-com:vml" '
    b'xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_NO_NOTES = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'.encode()
_NO_BOXES = (
    b"<xml " + _SPACES + b'><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
    b'</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    b'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    b'<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)


def read_notes(package: Package, part: str) -> list[Note]:
    """Return the notes of a sheet."""
    threads: dict[str, list[etree._Element]] = {}
    for name in package.related_parts(part, "threadedComment"):
        for item in package.root(name, "ThreadedComments"):
            threads.setdefault(item.get("ref", ""), []).append(item)
    found = []
    for name in package.related_parts(part, "comments"):
        root = package.root(name, "comments")
        authors = [item.text or "" for item in root.iterfind(f"{TAG}authors/{TAG}author")]
        for item in root.iterfind(f"{TAG}commentList/{TAG}comment"):
            ref, at = item.get("ref", "A1"), int(item.get("authorId", "0"))
            column, row = split_address(ref)
            body = item.find(f"{TAG}text")
            text = "" if body is None else string_text(body)
            author = authors[at] if at < len(authors) else ""
            found.append(Note(row, column, text, author, item, tuple(threads.get(ref, ()))))
    return found


def add_notes(
    package: Package,
    part: str,
    sheet: etree._Element,
    notes: Iterable[Note],
    widths: Mapping[int, float] | None = None,
    heights: Mapping[int, float] | None = None,
    *,
    replace: bool = False,
) -> None:
    """Put notes on cells of a sheet, beside those that it has.

    The sheet's root is left to the caller to save. Columns have widths in characters, by number,
    8.43 where not said; rows have heights in points, 15 where not said. With ``replace`` a note
    takes the place of one that its cell has; else its text is added, with its author's name.
    """
    notes = sorted(notes, key=lambda note: (note.row, note.column))
    comments = package.related_part(part, "comments")
    if comments is None:
        comments = package.free_name("xl/comments/comment1.xml")
        package[comments] = _NO_NOTES
        package.declare(comments, _COMMENTS_TYPE)
        package.relate(part, f"{OFFICE_REL}/comments", comments)
    drawing = _drawing(package, part, sheet)
    root = package.root(comments, "comments")
    listed = _list(root, "commentList")
    present = {item.get("ref"): item for item in listed}
    boxed = []
    for note in notes:
        theirs = present.get(note.cell)
        if theirs is not None and not replace:
            _add_text(theirs, note)
        else:
            boxed.append(note)
            if theirs is not None:
                listed.remove(theirs)
    listed.extend(_comments(boxed, root))
    package[comments] = serialize(root)
    vml = _without_boxes(package[drawing], {note.cell for note in boxed} & {*present})
    package[drawing] = _with_boxes(vml, boxed, widths or {}, heights or {})
    _add_threads(package, part, boxed)


def _drawing(package: Package, part: str, sheet: etree._Element) -> str:
    """The drawing of a sheet's notes, made if there is none."""
    # A picture in the page's header is a VML drawing too, so the type of the link will not do.
    used = sheet.find(f"{TAG}legacyDrawing")
    links = {link.id: link.target for link in package.relationships(part)}
    drawing = links.get(used.get(LINK_ID, "")) if used is not None else None
    if drawing is None:
        drawing = package.free_name("xl/drawings/notes1.vml")
        if used is None:
            used = etree.Element(f"{TAG}legacyDrawing", nsmap={"r": OFFICE_REL})
            insert_in_order(sheet, used)
        used.set(LINK_ID, package.relate(part, f"{OFFICE_REL}/vmlDrawing", drawing))
    if drawing not in package:
        package[drawing] = _NO_BOXES
        package.declare_extension("vml", _VML_TYPE)
    return drawing


def _list(root: etree._Element, name: str) -> etree._Element:
    """A list of the part, made if there is none; that of authors comes first."""
    found = root.find(f"{TAG}{name}")
    if found is None:
        found = etree.Element(f"{TAG}{name}")
        root.insert(0 if name == "authors" else len(root), found)
    return found


def _author(root: etree._Element, name: str) -> int:
    authors = _list(root, "authors")
    names = [author.text or "" for author in authors]
    if name not in names:
        etree.SubElement(authors, f"{TAG}author").text = name
        names.append(name)
    return names.index(name)


def _comments(notes: Sequence[Note], root: etree._Element) -> Iterator[etree._Element]:
    """The elements of notes, those that have none yet parsed all at once."""
    texts = ("" if note.element is not None else note.text for note in notes)
    plain = _parsed("".join(f"<comment><text>{_run(text)}</text></comment>" for text in texts))
    for note, item in zip(notes, plain, strict=True):
        if note.element is not None:
            item = deepcopy(note.element)
        item.set("ref", note.cell)
        item.set("authorId", str(_author(root, note.author)))
        yield item


def _run(text: str) -> str:
    return (
        '<r><rPr><sz val="9"/><rFont val="Calibri"/><family val="2"/></rPr>'
        f'<t xml:space="preserve">{text_of(text)}</t></r>'
    )


def _parsed(xml: str) -> list[etree._Element]:
    return list(parse(f'<list xmlns="{MAIN}">{xml}</list>'.encode()))


def _add_text(comment: etree._Element, note: Note) -> None:
    body = comment.find(f"{TAG}text")
    assert body is not None
    # Runs go behind its text, before what tells how to pronounce it.
    texts = (f"{TAG}t", f"{TAG}r")
    last = max((at for at, item in enumerate(body, 1) if item.tag in texts), default=0)
    body[last:last] = _parsed(_run(f"\n{note.author}: {note.text}"))


def _add_threads(package: Package, part: str, notes: Iterable[Note]) -> None:
    holder = parse(f'<ThreadedComments xmlns="{_THREADED}"/>'.encode())
    for note in notes:
        for entry in map(deepcopy, note.thread):
            entry.set("ref", note.cell)
            holder.append(entry)
    if len(holder):
        target = package.free_name("xl/threadedComments/threadedComment1.xml")
        package[target] = serialize(holder)
        package.declare(target, _THREADS_TYPE)
        package.relate(part, _THREADS, target)


def _without_boxes(vml: bytes, cells: Collection[str]) -> bytes:
    def kept(match: re.Match[bytes]) -> bytes:
        row = re.search(rb"<x:Row>\s*(\d+)", match[0])
        column = re.search(rb"<x:Column>\s*(\d+)", match[0])
        if row and column and f"{column_letters(int(column[1]) + 1)}{int(row[1]) + 1}" in cells:
            return b""
        return match[0]

    return re.sub(rb"<v:shape\b.*?</v:shape>", kept, vml, flags=re.DOTALL) if cells else vml


def _with_boxes(
    vml: bytes, notes: Iterable[Note], widths: Mapping[int, float], heights: Mapping[int, float]
) -> bytes:
    closing = re.search(rb"</xml\s*>\s*$", vml)
    if closing is None:
        return vml  # the notes then show without a box of their own size
    number = max([1024, *map(int, re.findall(rb"_x0000_s(\d+)", vml))])
    shapes, blocks = [], set()
    for note in notes:
        number += 2 if (number + 1) % 1024 == 0 else 1  # the first of a block of 1024 is not used
        blocks.add(number // 1024)
        shapes.append(_shape(note, number, widths, heights))
    added = "".join(shapes).encode()
    # Excel calls the type of a note's box _x0000_t202, LibreOffice shapetype_202.
    kind = re.search(rb'<v:shapetype\b[^>]*\bid="([^"]+)"[^>]*\bo:spt="202"', vml)
    if kind:
        added = added.replace(b'"#_x0000_t202"', b'"#' + kind[1] + b'"')
    if _SPACES not in vml:  # the drawing may call its namespaces otherwise
        added = added.replace(b"<v:shape ", b"<v:shape " + _SPACES + b" ")

    def all_blocks(match: re.Match[bytes]) -> bytes:
        known = {int(block) for block in re.findall(rb"\d+", match[2])}
        return match[1] + ",".join(map(str, sorted(known | blocks))).encode()

    vml = vml[: closing.start()] + added + vml[closing.start() :]
    return re.sub(rb'(<o:idmap\b[^>]*\bdata=")([^"]*)', all_blocks, vml, count=1)


def _shape(
    note: Note, number: int, widths: Mapping[int, float], heights: Mapping[int, float]
) -> str:
    """The box of one note, anchored right of its cell."""
    lines = sum(max(1, math.ceil(len(line) / 42)) for line in note.text.split("\n"))
    height = lines * _LINE + 12
    left, right, right_offset = note.column, note.column, _NOTE_WIDTH
    while right_offset > (room := round(widths.get(right + 1, 8.43) * 7 + 5)):
        right_offset -= room
        right += 1
    top = max(note.row - 2, 0)
    bottom, bottom_offset = top, height
    while bottom_offset > (room := round(heights.get(bottom + 1, 15) * 4 / 3)):
        bottom_offset -= room
        bottom += 1
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;'
        f"width:{_NOTE_WIDTH * 0.75:g}pt;height:{height * 0.75:g}pt;z-index:{number - 1024};"
        'visibility:hidden" fillcolor="#fffbe6" strokecolor="#b9b29a" o:insetmode="auto">'
        '<v:fill color2="#fffbe6"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{left},8,{top},4,{right},{right_offset},{bottom},{bottom_offset}</x:Anchor>"
        f"<x:AutoFill>False</x:AutoFill><x:Row>{note.row - 1}</x:Row>"
        f"<x:Column>{note.column - 1}</x:Column></x:ClientData></v:shape>"
    )
