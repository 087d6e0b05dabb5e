"""An .xlsx package: copy every part as it is, rewrite only what changed.

openpyxl loses much of a workbook that it loads and saves, and cannot store a formula together with
its value. So a workbook is changed here on the level of its zip package: parts that nobody touches
keep their compressed bytes.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

from lxml import etree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
# The date of every part: a package must not change with the hour it is written.
_PART_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Relationship:
    """A link from one part to another, e.g. from a sheet to its drawing."""

    id: str
    type: str
    target: str


def parse(xml: bytes) -> etree._Element:
    """Return the root of a part, without entities or network."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(xml, parser)


def serialize(root: etree._Element) -> bytes:
    """Return a part's XML as Excel writes it: UTF-8, standalone."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


class Package:
    """The parts of an .xlsx file by name.

    Args:
        data: The file's bytes; guard them first with :func:`moe_report.ooxml.guard.check_package`.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._changed: dict[str, bytes] = {}
        self._removed: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        """Names of the parts, those of the file first."""
        own = [name for name in self._zip.namelist() if name not in self._removed]
        return iter(dict.fromkeys([*own, *self._changed]))

    def __contains__(self, name: str) -> bool:
        return name in set(self)

    def __getitem__(self, name: str) -> bytes:
        return self._changed[name] if name in self._changed else self._zip.read(name)

    def __setitem__(self, name: str, content: bytes) -> None:
        self._changed[name] = content
        self._removed.discard(name)

    def __delitem__(self, name: str) -> None:
        self._changed.pop(name, None)
        self._removed.add(name)

    def relationships(self, part: str) -> list[Relationship]:
        """Return the links of a part; their targets are names of parts, but for external ones."""
        name = relationships_name(part)
        if name not in self:
            return []
        folder = posixpath.dirname(part)
        found = []
        for item in parse(self[name]):
            target = item.get("Target", "")
            if item.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
            found.append(Relationship(item.get("Id", ""), item.get("Type", ""), target))
        return found

    def relate(self, part: str, type: str, target: str) -> str:
        """Add a link from one part to another and return its id."""
        name = relationships_name(part)
        empty = f'<Relationships xmlns="{PACKAGE_REL}"/>'.encode()
        root = parse(self[name]) if name in self else parse(empty)
        taken = {item.get("Id") for item in root}
        number = next(n for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
        etree.SubElement(
            root,
            f"{{{PACKAGE_REL}}}Relationship",
            Id=f"rId{number}",
            Type=type,
            Target="/" + target,
        )
        self[name] = serialize(root)
        return f"rId{number}"

    def declare(self, part: str, content_type: str) -> None:
        """Say of what type a new part is."""
        root = parse(self["[Content_Types].xml"])
        etree.SubElement(
            root, f"{{{CONTENT_TYPES}}}Override", PartName="/" + part, ContentType=content_type
        )
        self["[Content_Types].xml"] = serialize(root)

    def declare_extension(self, extension: str, content_type: str) -> None:
        """Say of what type the parts with an extension are, unless it is said already."""
        root = parse(self["[Content_Types].xml"])
        said = {item.get("Extension", "").lower() for item in root}
        if extension not in said:
            default = etree.Element(
                f"{{{CONTENT_TYPES}}}Default", Extension=extension, ContentType=content_type
            )
            root.insert(0, default)
            self["[Content_Types].xml"] = serialize(root)

    def free_name(self, pattern: str) -> str:
        """Return the first name that no part has, e.g. of ``xl/comments{}.xml``."""
        taken = set(self)
        return next(
            name for n in range(1, len(taken) + 2) if (name := pattern.format(n)) not in taken
        )

    def sheets(self) -> dict[str, str]:
        """Return the part of each worksheet by the sheet's name, in the workbook's order.

        Chart sheets and macro sheets have no cells and are left out.
        """
        workbook = self.workbook_part()
        links = {item.id: item for item in self.relationships(workbook)}
        root = parse(self[workbook])
        found = {}
        for sheet in root.iterfind(f"{{{MAIN}}}sheets/{{{MAIN}}}sheet"):
            link = links[sheet.get(f"{{{OFFICE_REL}}}id", "")]
            if link.type.endswith("/worksheet"):
                found[sheet.get("name", "")] = link.target
        return found

    def workbook_part(self) -> str:
        """Return the name of the part that lists the sheets."""
        return next(
            item.target for item in self.relationships("") if item.type.endswith("/officeDocument")
        )

    def save(self) -> bytes:
        """Return the package's bytes. Untouched parts keep theirs, compressed as they were."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for name in self:
                if name in self._changed:
                    info = zipfile.ZipInfo(name, _PART_DATE)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    info.external_attr = 0o600 << 16
                    target.writestr(info, self._changed[name])
                else:
                    self._copy_raw(self._zip.getinfo(name), target)
        return out.getvalue()

    def _copy_raw(self, info: zipfile.ZipInfo, target: zipfile.ZipFile) -> None:
        moved = copy(info)
        moved.extra = b""  # dates, and sizes of more than 4 GB: both stand in the header already
        moved.flag_bits &= ~0x08  # sizes stand in the header, not behind the data
        assert target.fp is not None
        moved.header_offset = target.fp.tell()
        target.fp.write(moved.FileHeader())
        target.fp.write(compressed_bytes(self._data, info))
        # zipfile has no public way to add an entry that is compressed already.
        target.filelist.append(moved)
        target.NameToInfo[moved.filename] = moved
        target.start_dir = target.fp.tell()
        target._didModify = True  # type: ignore[attr-defined]


def compressed_bytes(data: bytes, info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a part as they stand in a zip file."""
    header = _LOCAL_HEADER.unpack_from(data, info.header_offset)
    start = info.header_offset + _LOCAL_HEADER.size + header[-2] + header[-1]
    return data[start : start + info.compress_size]


def relationships_name(part: str) -> str:
    """Return the name of the part that holds another part's links.

    >>> relationships_name("xl/worksheets/sheet1.xml"), relationships_name("")
    ('xl/worksheets/_rels/sheet1.xml.rels', '_rels/.rels')
    """
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", base + ".rels")
