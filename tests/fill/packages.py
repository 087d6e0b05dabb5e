"""Two packages compared part by part: what is lost, and what changed that should not have."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from lxml import etree

from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import CONTENT_TYPES, Package
from moe_report.ooxml.zip_parts import compressed_bytes
from tests.fill.allowed import (
    COUNTS,
    NEW,
    NEW_ATTRIBUTES,
    NEW_WITH_ROWS,
    NUMBER_TEXTS,
    NUMBERS,
    REFERENCE_TEXTS,
    REFERENCES,
    areas_kept,
    rows_of,
)

TYPES = "[Content_Types].xml"
_TAG = f"{{{MAIN}}}"


@dataclass(frozen=True)
class Inserted:
    """Rows that came into a sheet.

    Attributes:
        after: Number of the row above them.
        count: How many there are.
    """

    after: int
    count: int

    def moved(self, row: int) -> int:
        """Return where a row stands now."""
        return row + self.count if row > self.after else row


@dataclass(frozen=True)
class Touched:
    """What filling may change. A cell whose text has ``{{`` may have another content.

    Attributes:
        parts: Patterns of the names of parts that may change; content types may always.
        cells: Cells that may have another content besides: part and address.
        inserted: The rows that came in, by part of the sheet.
        lost: Patterns of the names of parts that may be gone.
    """

    parts: tuple[str, ...] = ()
    cells: frozenset[tuple[str, str]] = frozenset()
    inserted: Mapping[str, Inserted] = field(default_factory=dict)
    lost: tuple[str, ...] = ()

    @cached_property
    def offsets(self) -> frozenset[int]:
        """By how much a row of a reference may have moved."""
        return frozenset({0, *(item.count for item in self.inserted.values())})


def compare(before: bytes, after: bytes, touched: Touched) -> list[str]:
    """Say what of a package was lost or changed, a line each; nothing where all is well."""
    found = list(_compare_directories(before, after, touched))
    old, new = Package(before), Package(after)
    for name in old:
        if name not in new:
            continue
        if old[name] == new[name] and _packed(before, name) == _packed(after, name):
            continue
        may = name == TYPES or any(fnmatchcase(name, pattern) for pattern in touched.parts)
        if not may:
            found.append(f"{name}: changed, and nothing in it should have")
        elif old[name] != new[name]:
            found.extend(_compare_parts(old, new, name, touched))
    known = set(whole_problems(old))
    found.extend(problem for problem in whole_problems(new) if problem not in known)
    return found


def _packed(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return compressed_bytes(data, archive.getinfo(name))


def _compare_directories(before: bytes, after: bytes, touched: Touched) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(before)) as archive:
        old = archive.namelist()
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        new = archive.namelist()
        if bad := archive.testzip():
            yield f"{bad}: damaged"
    for name in old:
        if name not in new and not any(fnmatchcase(name, pattern) for pattern in touched.lost):
            yield f"{name}: lost"
    for name in sorted({name for name in new if new.count(name) > 1}):
        yield f"{name}: stands twice in the package"
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield "the parts stand in another order"


def whole_problems(new: Package) -> Iterator[str]:
    """Say what of a package does not fit together."""
    types = etree.fromstring(new[TYPES])
    parts = {item.get("PartName") for item in types.iter(f"{{{CONTENT_TYPES}}}Override")}
    extensions = {
        item.get("Extension", "").lower() for item in types.iter(f"{{{CONTENT_TYPES}}}Default")
    }
    for name in new:
        known = "/" + name in parts or name.rpartition(".")[2].lower() in extensions
        if not known and name != TYPES and not name.endswith("/"):
            yield f"{name}: has no content type"
    for part in sorted(filter(None, parts)):
        if part.lstrip("/") not in new:
            yield f"{TYPES}: names {part}, which is not there"


def _compare_parts(old: Package, new: Package, name: str, touched: Touched) -> Iterator[str]:
    try:
        before, after = etree.fromstring(old[name]), etree.fromstring(new[name])
    except etree.XMLSyntaxError:
        yield f"{name}: changed, and is no XML"
        return
    _number(before)
    _number(after)
    yield from _Trees(old, new, name, touched).compare(before, after, "")


def _number(root: etree._Element) -> None:
    """Say of each row and cell of a sheet which it is, where the file leaves that out."""
    number = 0
    for row in root.iterfind(f"{_TAG}sheetData/{_TAG}row"):
        number = int(row.get("r") or number + 1)
        row.set("r", str(number))
        column = 0
        for cell in row.iterchildren(f"{_TAG}c"):
            address = cell.get("r")
            column = split_address(address)[0] if address else column + 1
            cell.set("r", f"{column_letters(column)}{number}")


class _Trees:
    """Two trees of one part."""

    def __init__(self, old: Package, new: Package, part: str, touched: Touched) -> None:
        self.part = part
        self.touched = touched
        self.inserted = touched.inserted.get(part, Inserted(0, 0))
        self.new_tags = NEW_WITH_ROWS if touched.inserted else NEW
        self.old_texts, self.new_texts = shared_texts(old), shared_texts(new)

    def compare(self, old: etree._Element, new: etree._Element, path: str) -> Iterator[str]:
        if old.tag == f"{_TAG}row" and etree.tostring(old) == etree.tostring(new):
            return
        path = f"{path}/{_name(old)}"
        where = f"{self.part}: {path}"
        for prefix, uri in old.nsmap.items():
            if new.nsmap.get(prefix) != uri and (old.getparent() is None or prefix in _used(old)):
                yield f"{where}: lost the declaration of the prefix {prefix}"
        asked = old.tag == f"{_TAG}c" and self._asked(old)
        computed = old.tag == f"{_TAG}c" and old.find(f"{_TAG}f") is not None
        yield from self._attributes(old, new, where, asked, computed)
        if asked:
            return
        if not self._same_text(old, new, computed):
            yield f"{where}: text {(old.text or '')[:60]!r} became {(new.text or '')[:60]!r}"
        if (old.tail or "").strip() != (new.tail or "").strip():
            yield f"{where}: what follows it changed"
        if _local(old) in ("numCache", "strCache"):
            return
        yield from self._children(old, new, path, computed)

    def _attributes(
        self, old: etree._Element, new: etree._Element, where: str, asked: bool, computed: bool
    ) -> Iterator[str]:
        tag = _local(old)
        for name, value in attributes(old).items():
            key, found = etree.QName(name).localname, new.get(name)
            if (asked or computed) and key == "t":
                continue
            if found is None:
                if (
                    tag == "f"
                    and key in ("t", "si", "ref")
                    and old.get("t") == "shared"
                    and new.text
                ):
                    continue  # a formula of its own in place of a shared one
                yield f"{where}: lost the attribute {key}={value!r}"
            elif found != value and not self._may_become(tag, key, value, found, old):
                yield f"{where}: attribute {key}={value!r} became {found!r}"
        for name, value in attributes(new).items():
            key = etree.QName(name).localname
            allowed = (tag, key) in NEW_ATTRIBUTES or ((asked or computed) and key == "t")
            if name not in old.attrib and not allowed:
                yield f"{where}: has a new attribute {key}={value!r}"

    def _may_become(
        self, tag: str, key: str, value: str, found: str, element: etree._Element
    ) -> bool:
        if tag == "row" and key == "r":
            return found == str(self.inserted.moved(int(value)))
        if tag == "c" and key == "r":
            return found == self._moved(value)
        if key in COUNTS.get(tag, ()):
            return int(found) >= int(value)
        if not self.touched.inserted:
            return (tag, key) in (("calcPr", "fullCalcOnLoad"),)
        if key in REFERENCES.get(tag, ()):
            return self._references_moved(value, found)
        if key in NUMBERS.get(tag, ()):
            return int(found) - int(value) in self.touched.offsets
        if (tag, key) == ("shape", "style"):
            return re.sub(r"margin-top:[^;]*|height:[^;]*", "", value) == re.sub(
                r"margin-top:[^;]*|height:[^;]*", "", found
            )
        return (tag, key) in (("calcPr", "fullCalcOnLoad"),)

    def _moved(self, address: str) -> str:
        column, row = split_address(address)
        return f"{column_letters(column)}{self.inserted.moved(row)}"

    def _same_text(self, old: etree._Element, new: etree._Element, computed: bool) -> bool:
        before, after = (old.text or "").strip(), (new.text or "").strip()
        tag, parent = _local(old), old.getparent()
        if before == after:
            return True
        if tag == "t" and parent is not None and _local(parent) == "fld" and not after:
            return True  # what a text box showed of a cell
        if tag == "v" and parent is not None:
            if parent.find(f"{_TAG}f") is not None:
                return True  # computed anew
            if parent.get("t") == "s":
                return _shared(self.old_texts, before) == _shared(self.new_texts, after)
        if not self.touched.inserted:
            return False
        if tag == "f" and old.get("t") == "shared" and not before:
            return True  # a formula of its own in place of a shared one
        if tag in REFERENCE_TEXTS:
            return self._references_moved(before, after)
        if tag in NUMBER_TEXTS:
            return int(after) - int(before) in self.touched.offsets
        if tag == "Anchor":
            pairs = list(zip(before.split(","), after.split(","), strict=False))
            return all(
                int(b) - int(a) in (self.touched.offsets if at in (2, 6) else {0})
                for at, (a, b) in enumerate(pairs)
            )
        return False

    def _references_moved(self, before: str, after: str) -> bool:
        """Whether two texts differ in nothing but rows that moved as they may."""
        old, new = rows_of(before), rows_of(after)
        if old[0] != new[0]:
            return before.split() != after.split() and areas_kept(before, after)
        return all(b - a in self.touched.offsets for a, b in zip(old[1], new[1], strict=True))

    def _asked(self, cell: etree._Element) -> bool:
        """Whether a cell asks to be filled."""
        text = "".join(map(str, cell.itertext()))
        if cell.get("t") == "s":
            text = _shared(self.old_texts, cell.findtext(f"{_TAG}v") or "0")
        return "{{" in text or (self.part, cell.get("r", "")) in self.touched.cells

    def _children(
        self, old: etree._Element, new: etree._Element, path: str, computed: bool
    ) -> Iterator[str]:
        at, matched = 0, set()
        children = list(new)
        for child in old:
            found: int | None = None
            said: list[str] = []
            for n in range(at, len(children)):
                if not self._alike(child, children[n]):
                    continue
                differences = list(self.compare(child, children[n], path))
                if found is None or not differences:
                    found, said = n, differences
                if not differences:
                    break
            if found is None:
                if not self._may_go(child, computed):
                    yield f"{self.part}: {path}/{_name(child)}{_described(child)}: lost"
                continue
            yield from said
            matched.add(found)
            at = found + 1
        for n, child in enumerate(children):
            if n not in matched and _local(child) not in self.new_tags:
                yield f"{self.part}: {path}/{_name(child)}: is new"

    def _may_go(self, element: etree._Element, computed: bool) -> bool:
        """Whether an element may be lost: with its part, or as a value to be read anew."""
        names = (element.get("PartName", "").lstrip("/"), "xl/" + element.get("Target", ""))
        lost = any(fnmatchcase(name, pattern) for name in names for pattern in self.touched.lost)
        kept = computed and _local(element) == "v"
        return lost or kept or _local(element) in ("numCache", "strCache")

    def _alike(self, old: etree._Element, new: etree._Element) -> bool:
        """Whether an element can be what became of another."""
        if old.tag != new.tag:
            return False
        if old.tag == f"{_TAG}row" and old.get("r"):
            return new.get("r") == str(self.inserted.moved(int(old.get("r", "0"))))
        if old.tag == f"{_TAG}c" and old.get("r"):
            return new.get("r") == self._moved(old.get("r", ""))
        for key in ("Id", "id", "name", "PartName", "Extension", "uri"):
            if old.get(key) is not None and _local(old) != "brk":
                return old.get(key) == new.get(key)
        return True


def attributes(element: etree._Element) -> dict[str, str]:
    """Return the attributes of an element."""
    return {str(name): str(value) for name, value in element.attrib.items()}


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else "comment"


def _name(element: etree._Element) -> str:
    name = _local(element)
    key = element.get("r") or element.get("name") or element.get("Id") or element.get("ref")
    return f"{name}[{key}]" if key else name


def _described(element: etree._Element) -> str:
    return "".join(f" {key}={value!r}" for key, value in list(attributes(element).items())[:3])


def _used(element: etree._Element) -> set[str | None]:
    """The prefixes that an element or its attributes need."""
    named: set[str | None] = {element.prefix}
    for name, value in attributes(element).items():
        if name.endswith("}Ignorable") or name == "Requires":
            named |= set(value.split())
    return named


def shared_texts(package: Package) -> list[str]:
    """Return the texts that cells of a package share."""
    for name in package:
        if name.lower().endswith("/sharedstrings.xml"):
            root = etree.fromstring(package[name])
            return [
                "".join(item.text or "" for item in entry.iter(f"{_TAG}t"))
                for entry in root.iterchildren(f"{_TAG}si")
            ]
    return []


def _shared(texts: list[str], number: str) -> str:
    """The text that a cell names by its number; what it names where there is no such text."""
    at = int(number)
    return texts[at] if at < len(texts) else f"no text {at}"


def rewritten(data: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """Return a package with parts replaced, added, or (None) taken away."""
    package = Package(data)
    for name, content in changes.items():
        if content is None:
            del package[name]
        else:
            package[name] = content
    return package.save()
