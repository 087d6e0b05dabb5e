"""An .xlsx package: copy every part as it is, rewrite only what changed.

openpyxl loses much of a workbook that it loads and saves, and cannot store a formula together with
its value. So a workbook is changed here on the level of its zip package: parts that nobody touches
keep their compressed bytes.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import count
from typing import IO, NoReturn

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.ooxml.damage import DamageError, broken_xml, refuse_damage
from moe_report.ooxml.markup import MAIN, UTF16, in_utf8, is_markup
from moe_report.ooxml.part_names import Relationship, part_key, relationships_name, target_name
from moe_report.ooxml.zip_parts import Held, copy_raw, write_pieces

STRICT_MAIN = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINK_ID = f"{{{OFFICE_REL}}}id"  # the attribute that names a link
PACKAGE_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPES = "[Content_Types].xml"
_LINK = f"{{{PACKAGE_REL}}}Relationship"
_NO_LINKS = f'<Relationships xmlns="{PACKAGE_REL}"/>'.encode()
_RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
SAVE_AGAIN = "open it in Excel or LibreOffice and save it as .xlsx"
_PIECE = 1 << 18


def parse(xml: bytes) -> etree._Element:
    """Return the root of a part, without entities or network."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(xml, parser)


def serialize(root: etree._Element) -> bytes:
    """Return a part's XML as Excel writes it: UTF-8, standalone."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


class Package:
    """The parts of an .xlsx file by name, however that is spelled.

    Args:
        data: The file's bytes; guard them first with :func:`moe_report.ooxml.guard.check_package`.
        where: The file's name, for errors.
    """

    def __init__(self, data: bytes, where: str = "") -> None:
        self._data = data
        self.where = where
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        # All by what spellings of one name have in common.
        self._names = {part_key(name): name for name in self._zip.namelist()}
        self._changed: dict[str, bytes] = {}
        self._held: dict[str, Held] = {}
        self._trees: dict[str, etree._Element] = {}  # of links and types, which many calls ask for
        self._unsaved: set[str] = set()
        self._sound: set[tuple[str, str]] = set()  # parts without damage, and their roots' names
        self._overrides: dict[str, etree._Element] | None = None
        self._numbers: dict[str, int] = {}

    def __iter__(self) -> Iterator[str]:
        """Names of the parts, those of the file first."""
        return iter(list(self._names.values()))

    def __contains__(self, name: str) -> bool:
        return part_key(name) in self._names

    def __getitem__(self, name: str) -> bytes:
        """The content of a part; XML is in UTF-8, whatever the file has."""
        key = part_key(name)
        if key in self._unsaved:
            self._changed[key] = serialize(self._trees[key])
            self._unsaved.discard(key)
        if key in self._held:
            return b"".join(self._held[key].pieces())
        if key in self._changed:
            return self._changed[key]
        content = self._zip.read(self._names[key])
        return in_utf8(content) if is_markup(name, content) else content

    def pieces(self, name: str) -> Iterator[bytes]:
        """Give the content of a part piece by piece, unpacked no further than it is asked for."""
        key = part_key(name)
        if key in self._held:
            yield from self._held[key].pieces()
            return
        if key in self._changed or key in self._unsaved or not is_markup(name, b""):
            yield self[name]
            return
        with self._zip.open(self._names[key]) as part:
            if (first := part.read(_PIECE)).startswith(UTF16):
                yield self[name]
                return
            yield in_utf8(first)
            while piece := part.read(_PIECE):
                yield piece

    def root(self, name: str, expected: str = "") -> etree._Element:
        """Return the root of a part that may have another one, if no name is expected.

        Raises:
            InputError: The part is not there, or it is damaged.
        """
        if name not in self:
            self.refuse(name, "it is missing")
        try:
            root = parse(self[name])
            if (part_key(name), expected) not in self._sound:
                refuse_damage(root, expected)
                self._sound.add((part_key(name), expected))
        except etree.XMLSyntaxError as error:
            self.refuse(name, broken_xml(error))
        except DamageError as error:
            self.refuse(name, str(error))
        return root

    def refuse(self, part: str, message: str) -> NoReturn:
        """Refuse the file for a part that is damaged.

        Raises:
            InputError: Always.
        """
        place = f"{self.where}, part {self._names.get(part_key(part), part)}"
        raise InputError([Problem(place, f"{message}; the file is damaged, {SAVE_AGAIN}")])

    def __setitem__(self, name: str, content: bytes) -> None:
        self._forget(name)
        self._names.setdefault(part_key(name), name)
        self._changed[part_key(name)] = content

    def hold(self, name: str, content: Held) -> None:
        """Let a part be what something gives of it, as it is whenever that is asked for."""
        self[name] = b""
        self._held[part_key(name)] = content

    def held(self, name: str) -> Held | None:
        """Return what gives a part piece by piece; None if it is bytes."""
        return self._held.get(part_key(name))

    def __delitem__(self, name: str) -> None:
        """Drop a part, if it is there, with its links and with what is said of its type."""
        for gone in (name, relationships_name(name)):
            self._forget(gone)
            self._names.pop(part_key(gone), None)
            self._changed.pop(part_key(gone), None)
            said = self._said().pop(part_key(gone), None)
            if said is not None:
                self._tree(_TYPES).remove(said)
                self._tree_changed(_TYPES)

    def _forget(self, name: str) -> None:
        self._held.pop(part_key(name), None)
        self._trees.pop(part_key(name), None)
        self._unsaved.discard(part_key(name))
        self._sound = {one for one in self._sound if one[0] != part_key(name)}
        if part_key(name) == part_key(_TYPES):
            self._overrides = None

    def _tree(self, name: str) -> etree._Element:
        """The root of a part of links or types, kept; empty links where there are none."""
        key = part_key(name)
        if key not in self._trees:
            self._trees[key] = self.root(name) if name in self else parse(_NO_LINKS)
        return self._trees[key]

    def _tree_changed(self, name: str) -> None:
        self._names.setdefault(part_key(name), name)
        self._unsaved.add(part_key(name))

    # -- links

    def relationships(self, part: str) -> list[Relationship]:
        """Return the links of a part, also those to parts that are not there."""
        name = relationships_name(part)
        if name not in self or not is_markup(name, self[name]):
            return []
        return [
            Relationship(
                item.get("Id", ""),
                item.get("Type", ""),
                self._target(part, item),
                item.get("TargetMode") == "External",
            )
            for item in self._tree(name).iterchildren("*")
        ]

    def _target(self, part: str, item: etree._Element) -> str:
        target = item.get("Target", "")
        if item.get("TargetMode") == "External" or target.startswith("#"):
            return target
        target = target_name(part, target)
        return self._names.get(part_key(target), target)

    def related_parts(self, part: str, kind: str) -> list[str]:
        """Return the parts that a part's links of a kind lead to, e.g. ``table``."""
        links = self.relationships(part)
        return [link.target for link in links if link.kind == kind and link.target in self]

    def related_part(self, part: str, kind: str) -> str | None:
        """Return the first part that a part's links of a kind lead to."""
        return next(iter(self.related_parts(part, kind)), None)

    def relate(self, part: str, type: str, target: str, *, external: bool = False) -> str:
        """Add a link from one part to another, or out of the package, and return its id."""
        name = relationships_name(part)
        root = self._tree(name)
        taken = {item.get("Id") for item in root.iterchildren("*")}
        number = next(n for n in count(len(taken) + 1) if f"rId{n}" not in taken)
        link = etree.SubElement(root, _LINK, Id=f"rId{number}", Type=type)
        link.set("Target", target if external else "/" + target)
        if external:
            link.set("TargetMode", "External")
        self._tree_changed(name)
        self.declare_extension("rels", _RELS_TYPE)
        return f"rId{number}"

    def unlink(self, part: str, id: str) -> None:
        """Remove a link of a part."""
        name = relationships_name(part)
        root = self._tree(name)
        for item in [item for item in root.iterchildren("*") if item.get("Id") == id]:
            root.remove(item)
            self._tree_changed(name)

    def copy_links(
        self,
        source: str,
        target: str,
        moved: Callable[[Relationship], str],
        origin: Package | None = None,
    ) -> None:
        """Give a part the links of another.

        Args:
            source: The part that has them.
            target: The part that gets them.
            moved: What the copy of a link within the package says as its target; it may lead to a
                place, such as ``#Sheet!A1``, rather than to a part.
            origin: The package of ``source``, if it is another.
        """
        origin = origin or self
        name = relationships_name(source)
        if name in origin:
            root = deepcopy(origin._tree(name))
            for item, link in zip(
                root.iterchildren("*"), origin.relationships(source), strict=True
            ):
                if not link.external or link.target.startswith("#"):
                    item.set("Target", moved(link))
            self[relationships_name(target)] = serialize(root)
            self.declare_extension("rels", _RELS_TYPE)

    # -- types

    def _said(self) -> dict[str, etree._Element]:
        """What is said of the type of single parts, also of such as are not there."""
        if self._overrides is None:
            listed = self._tree(_TYPES).iterchildren(f"{{{CONTENT_TYPES}}}Override")
            self._overrides = {part_key(item.get("PartName", "")): item for item in listed}
        return self._overrides

    def declared_part(self, kind: str) -> str | None:
        """Return the first part of which a type is said that ends in a kind, e.g. ``styles``."""
        for part, item in self._said().items():
            if item.get("ContentType", "").endswith(f".{kind}+xml") and part in self:
                return self._names[part]
        return None

    def content_type(self, part: str) -> str:
        """Return the type of a part: what is said of it, else of all parts with its extension."""
        said = self._said().get(part_key(part))
        if said is None:
            said = self._said_of_all(posixpath.splitext(part)[1])
        return said.get("ContentType", "") if said is not None else ""

    def _said_of_all(self, extension: str) -> etree._Element | None:
        extension = extension.lstrip(".").lower()
        for item in self._tree(_TYPES).iterchildren(f"{{{CONTENT_TYPES}}}Default"):
            if item.get("Extension", "").lower() == extension:
                return item
        return None

    def declare(self, part: str, content_type: str) -> None:
        """Say of what type a part is."""
        said = self._said().get(part_key(part))
        if said is None:
            tag = f"{{{CONTENT_TYPES}}}Override"
            said = etree.SubElement(self._tree(_TYPES), tag, PartName="/" + part)
            self._said()[part_key(part)] = said
        said.set("ContentType", content_type)
        self._tree_changed(_TYPES)

    def declare_like(self, part: str, like: str, origin: Package | None = None) -> None:
        """Say that a part is of the type of another, which may be of another package."""
        origin = origin or self
        content_type = origin.content_type(like)
        if part_key(like) in origin._said():
            self.declare(part, content_type)
        elif content_type:
            self.declare_extension(posixpath.splitext(like)[1].lstrip("."), content_type)

    def declare_extension(self, extension: str, content_type: str) -> None:
        """Say of what type the parts with an extension are, unless it is said already."""
        if self._said_of_all(extension) is None:
            default = etree.Element(
                f"{{{CONTENT_TYPES}}}Default", Extension=extension, ContentType=content_type
            )
            self._tree(_TYPES).insert(0, default)
            self._tree_changed(_TYPES)

    def free_name(self, like: str) -> str:
        """Return a name that no part has, after that of another, e.g. of ``xl/comments1.xml``."""
        stem, extension = posixpath.splitext(like)
        stem = stem.rstrip("0123456789")
        for number in count(self._numbers.get(stem + extension, 0) + 1):
            name = f"{stem}{number}{extension}"
            if name not in self and part_key(name) not in self._said():
                break
        self._numbers[stem + extension] = number
        return name

    # -- the workbook

    def sheets(self) -> dict[str, str]:
        """Return the part of each worksheet by the sheet's name, in the workbook's order.

        Chart sheets and macro sheets have no cells and are left out.

        Raises:
            InputError: What lists them is damaged.
        """
        workbook = self.workbook_part()
        links = {item.id: item for item in self.relationships(workbook)}
        found = {}
        for sheet in self.listed_sheets():
            id = sheet.get(LINK_ID, "")
            if id not in links:
                name = sheet.get("name")
                self.refuse(workbook, f"the sheet {name!r} has the link {id!r}, which is not there")
            if links[id].kind == "worksheet":
                found[sheet.get("name", "")] = links[id].target
        return found

    def listed_sheets(self) -> list[etree._Element]:
        """Return what lists the sheets of all kinds; Excel, too, passes over one without an id."""
        root = self.root(self.workbook_part(), "workbook")
        listed = root.iterfind(f"{{{MAIN}}}sheets/{{{MAIN}}}sheet")
        return [sheet for sheet in listed if sheet.get(LINK_ID)]

    def workbook_part(self) -> str:
        """Return the name of the part that lists the sheets.

        Raises:
            StopIteration: There is none.
        """
        return next(link.target for link in self.relationships("") if link.kind == "officeDocument")

    def save(self) -> bytes:
        """Return the package's bytes, as :meth:`write` writes them."""
        out = io.BytesIO()
        self.write(out)
        return out.getvalue()

    def write(self, out: IO[bytes]) -> None:
        """Write the package. Untouched parts keep their bytes, compressed as they were.

        Raises:
            OutputError: A part is larger than a package has room for.
        """
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for key, name in self._names.items():
                if key not in self._changed and key not in self._unsaved:
                    copy_raw(self._data, self._zip.getinfo(name), target)
                elif self._is_as_it_was(name):
                    copy_raw(self._data, self._zip.getinfo(name), target, anew=True)
                else:
                    write_pieces(target, name, self.pieces(name))

    def _is_as_it_was(self, name: str) -> bool:
        """Whether a part is what the file has; to compare takes less than to pack it again."""
        if name not in self._zip.NameToInfo:
            return False
        with self._zip.open(name) as before:
            same = all(before.read(len(piece)) == piece for piece in self.pieces(name))
            return same and not before.read(1)
