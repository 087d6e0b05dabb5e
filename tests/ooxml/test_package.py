"""Parts of a package are found, added, dropped and declared as the format wants it."""

from __future__ import annotations

import io
import zipfile

import pytest

from moe_report.ooxml.package import OFFICE_REL, Package
from tests.workbooks import parts_of, zipped

_SHEET = "xl/worksheets/sheet1.xml"
_LINKS = "xl/worksheets/_rels/sheet1.xml.rels"
_TYPES = "[Content_Types].xml"


@pytest.fixture
def package() -> Package:
    """The smallest workbook there is."""
    return Package(zipped(parts_of()))


def test_names_are_equal_whatever_their_case(package: Package) -> None:
    """A part is found, replaced and dropped under its name in any case, and keeps its own."""
    assert "XL/Workbook.xml" in package
    assert package["XL/Workbook.xml"] == package["xl/workbook.xml"]
    package["xl/WORKBOOK.xml"] = b"<workbook/>"
    assert package["xl/workbook.xml"] == b"<workbook/>"
    assert "xl/WORKBOOK.xml" not in list(Package(package.save()))
    del package["XL/WORKBOOK.XML"]
    assert "xl/workbook.xml" not in package
    assert "xl/_rels/workbook.xml.rels" not in package


def test_a_link_leads_to_the_part_as_it_is_named() -> None:
    """Links and the parts of links are matched without case, too."""
    parts = dict(parts_of())
    parts["xl/Worksheets/SHEET1.xml"] = parts.pop(_SHEET)
    parts["xl/_RELS/workbook.xml.rels"] = parts.pop("xl/_rels/workbook.xml.rels")
    package = Package(zipped(parts))
    assert package.sheets() == {"Models": "xl/Worksheets/SHEET1.xml"}
    assert package.related_part("xl/Workbook.xml", "worksheet") == "xl/Worksheets/SHEET1.xml"
    assert package.content_type(_SHEET).endswith("worksheet+xml")


def test_links_are_added_and_removed(package: Package) -> None:
    """An id is never given twice; a link to what is not there is listed, but leads to no part."""
    first = package.relate(_SHEET, f"{OFFICE_REL}/drawing", "xl/drawings/drawing1.xml")
    second = package.relate(_SHEET, f"{OFFICE_REL}/hyperlink", "https://a.example", external=True)
    package.unlink(_SHEET, first)
    third = package.relate(_SHEET, f"{OFFICE_REL}/drawing", "xl/drawings/drawing2.xml")
    assert len({first, second, third}) == 3
    saved = Package(package.save())
    links = [(link.kind, link.target) for link in saved.relationships(_SHEET)]
    assert links == [("hyperlink", "https://a.example"), ("drawing", "xl/drawings/drawing2.xml")]
    assert saved.related_part(_SHEET, "drawing") is None
    assert _LINKS in saved


def test_a_part_is_dropped_with_what_belongs_to_it(package: Package) -> None:
    """Its links and its declaration go, in the saved file as well."""
    package.relate(_SHEET, f"{OFFICE_REL}/drawing", "xl/drawings/drawing1.xml")
    del package[_SHEET]
    saved = Package(package.save())
    assert _SHEET not in saved
    assert _LINKS not in saved
    assert b"sheet1" not in saved[_TYPES]


def test_a_declared_name_is_taken(package: Package) -> None:
    """A type may be declared for a part that is not there; a second would be damage."""
    package.declare("xl/worksheets/Sheet2.xml", "text/old")
    assert package.free_name(_SHEET) == "xl/worksheets/sheet3.xml"
    package.declare("xl/worksheets/sheet2.xml", "text/new")
    assert package.content_type("xl/worksheets/sheet2.xml") == "text/new"
    assert package[_TYPES].lower().count(b"sheet2.xml") == 1


def test_types_can_be_read_and_replaced_in_any_order(package: Package) -> None:
    """What was declared is in the part's bytes; bytes that replace them are what counts then."""
    package.declare("xl/a.bin", "text/a")
    before = package[_TYPES]
    assert b"/xl/a.bin" in before
    package.declare("xl/b.bin", "text/b")
    package[_TYPES] = before
    assert package.content_type("xl/b.bin") == ""
    assert package.content_type("xl/a.bin") == "text/a"
    assert package.content_type("xl/other.xml") == "application/xml"
    assert b"/xl/b.bin" not in Package(package.save())[_TYPES]


def test_links_without_a_declared_extension_get_one() -> None:
    """A file may declare each part of links by its name; a new one is then declared, too."""
    types = str(parts_of()[_TYPES])
    default = types[types.index("<Default") : types.index("<Default", types.index("<Default") + 1)]
    override = (
        '<Override PartName="/xl/_rels/workbook.xml.rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    )
    types = types.replace(default, "").replace("</Types>", f"{override}</Types>")
    package = Package(zipped(parts_of() | {_TYPES: types}))
    assert package.content_type(_LINKS) == ""
    package.relate(_SHEET, f"{OFFICE_REL}/drawing", "xl/drawings/drawing1.xml")
    assert package.content_type(_LINKS).endswith("relationships+xml")


def test_what_is_put_in_place_as_it_was_stays_as_it_was_packed() -> None:
    """To pack it takes time, and other programs pack otherwise; its date is that of all parts."""
    contents = {"xl/a.xml": b"<a/>" * 99, "xl/b.xml": b"<b/>" * 99, "xl/c.xml": b"<c/>"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name, content in {**parts_of(), **contents}.items():
            target.writestr(name, content)
    package = Package(out.getvalue())
    del package["xl/a.xml"]
    package["xl/a.xml"] = contents["xl/a.xml"]
    package["xl/b.xml"] = contents["xl/b.xml"] + b" "
    with zipfile.ZipFile(io.BytesIO(package.save())) as saved:
        assert saved.read("xl/a.xml") == contents["xl/a.xml"]
        assert saved.read("xl/b.xml") == contents["xl/b.xml"] + b" "
        kinds = [saved.getinfo(name).compress_type for name in contents]
        years = [saved.getinfo(name).date_time[0] for name in contents]
    assert kinds == [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]
    assert years[:2] == [1980, 1980] < years[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_pieces_of_a_part_are_what_it_holds(encoding: str) -> None:
    """XML in UTF-8, in whichever encoding the file has it."""
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?><a>ü</a>' + " " * 10**6
    package = Package(zipped({**parts_of(), "xl/a.xml": text.encode(encoding)}))
    pieces = list(package.pieces("xl/a.xml"))
    assert b"".join(pieces) == package["xl/a.xml"]
    assert "ü".encode() in pieces[0]
