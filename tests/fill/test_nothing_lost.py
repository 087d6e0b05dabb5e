from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import Package, parse, serialize
from tests.fill.odd import plain
from tests.fill.packages import Touched, compare, rewritten, shared_texts
from tests.fill.rich import rich_template

ALL = Touched(parts=("*",))
MODELS = "xl/worksheets/sheet2.xml"


def without(part: str, path: str, attribute: str = "") -> Callable[[Package], None]:
    """Return what takes an element, or one of its attributes, out of a part."""

    def damage(package: Package) -> None:
        root = parse(package[part])
        found = root.find(path)
        assert found is not None
        parent = found.getparent()
        if attribute:
            del found.attrib[attribute]
        else:
            assert parent is not None
            parent.remove(found)
        package[part] = serialize(root)

    return damage


def replaced(part: str, old: bytes, new: bytes) -> Callable[[Package], None]:
    """Return what replaces some bytes of a part."""

    def damage(package: Package) -> None:
        assert old in package[part]
        package[part] = package[part].replace(old, new, 1)

    return damage


def gone(part: str) -> Callable[[Package], None]:
    """Return what takes a part away."""

    def damage(package: Package) -> None:
        assert part in package
        del package[part]

    return damage


M = f"{{{MAIN}}}"
DAMAGES = {
    "a style of a cell": (without(MODELS, f".//{M}c[@s]", "s"), "lost the attribute s="),
    "a height of a row": (without(MODELS, f".//{M}row[@ht]", "ht"), "lost the attribute ht="),
    "a merged cell": (without(MODELS, f"{M}mergeCells/{M}mergeCell"), "mergeCell"),
    "an extension": (without(MODELS, f"{M}extLst/{M}ext[2]"), "ext uri="),
    "all extensions": (without(MODELS, f"{M}extLst"), "/extLst: lost"),
    "a relationship": (
        without("xl/worksheets/_rels/sheet2.xml.rels", "*[last()]"),
        "Relationship",
    ),
    "a content type": (without("[Content_Types].xml", "*[last()]"), "has no content type"),
    "a part": (gone("xl/slicers/slicer1.xml"), "slicer1.xml: lost"),
    "a formula": (without(MODELS, f".//{M}c[@r='B12']/{M}f"), "/f: lost"),
    "a protected range": (without(MODELS, f"{M}protectedRanges"), "protectedRanges"),
    "a colour": (
        replaced("xl/styles.xml", b"FF7030A0", b"FF7030A1"),
        "attribute rgb='FF7030A0' became",
    ),
    "a text": (replaced("xl/sharedStrings.xml", b"below", b"above"), "text 'below' became"),
    "a number": (replaced(MODELS, b"<v>700</v>", b"<v>701</v>"), "text '700' became '701'"),
    "a reference": (replaced(MODELS, b"Lists!$A$1:$A$3", b"Lists!$A$1:$A$4"), "formula1"),
    "a formula's row": (replaced(MODELS, b"<f>SUM(B9:B9)", b"<f>SUM(B9:B8)"), "SUM(B9:B8)"),
    "a threaded comment": (
        without("xl/threadedComments/threadedComment1.xml", "*[2]"),
        "threadedComment",
    ),
    "an anchor": (
        replaced("xl/drawings/drawing2.xml", b"<xdr:row>23<", b"<xdr:row>24<"),
        "text '23' became '24'",
    ),
    "an empty row with a height": (without(MODELS, f".//{M}row[@r='26']"), "row[26]"),
    "a prefix": (
        replaced(MODELS, b' xmlns:xr="', b' xmlns:xs="'),
        "lost the declaration of the prefix",
    ),
}


@pytest.fixture(scope="module")
def rich() -> bytes:
    """The rich template."""
    return rich_template()


def damaged(data: bytes, damage: Callable[[Package], None]) -> bytes:
    """Return a package with something done to it."""
    package = Package(data)
    damage(package)
    return package.save()


@pytest.mark.parametrize("what", DAMAGES)
def test_the_comparison_sees_what_is_lost(rich: bytes, what: str) -> None:
    """However a part may change, it may not lose this."""
    if what == "a prefix":
        rich = damaged(rich, with_ignorable)
    damage, message = DAMAGES[what]
    found = compare(rich, damaged(rich, damage), ALL)
    assert any(message in line for line in found), found
    assert len(found) <= 3, found


def with_ignorable(package: Package) -> None:
    """Declare a prefix that only mc:Ignorable names."""
    replaced(MODELS, b'mc:Ignorable="x14ac"', b'mc:Ignorable="x14ac xr" xmlns:xr="urn:xr"')(package)


def test_the_comparison_sees_a_byte_of_an_untouched_part(rich: bytes) -> None:
    """Parts that are not XML, and those that nothing was asked of, are compared as bytes."""
    for part in ("xl/vbaProject.bin", "xl/media/image1.png", "customXml/item1.xml"):
        content = bytearray(Package(rich)[part])
        content[-3] ^= 1
        found = compare(rich, rewritten(rich, {part: bytes(content)}), Touched((MODELS,)))
        assert found == [f"{part}: changed, and nothing in it should have"]


def test_the_comparison_takes_a_cell_whose_text_is_missing() -> None:
    """Broken workbooks have such cells; one that shows a text afterwards has changed."""
    strings, sheet = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
    count = len(shared_texts(Package(plain())))
    missing = replaced(sheet, b't="s"><v>0</v>', b't="s"><v>%d</v>' % count)
    before = damaged(plain(), missing)
    style = damaged(before, replaced(sheet, b"<sheetData>", b"<sheetData><!-- a -->"))
    assert compare(before, style, ALL) == [f"{sheet}: /worksheet/sheetData/comment: is new"]
    entry = replaced(strings, b"</sst>", b"<si><t>x</t></si></sst>")
    other = damaged(damaged(style, entry), replaced(sheet, b"<v>%d</v>" % count, b"<v>1</v>"))
    assert any("text" in line for line in compare(before, other, ALL))


def test_the_comparison_sees_a_part_packed_anew(rich: bytes) -> None:
    """A part that holds the same as before, but was written again, was not left alone."""
    assert compare(rich, Package(rich).save(), Touched()) == []
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(rich)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            stored = item.filename == "xl/theme/theme1.xml"
            kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            new.writestr(item.filename, old.read(item), kind)
    found = compare(rich, out.getvalue(), Touched())
    assert found == ["xl/theme/theme1.xml: changed, and nothing in it should have"]


def test_the_comparison_sees_an_order_and_a_name_twice(rich: bytes) -> None:
    """Parts keep their order in the file, and each has its own name."""
    moved = Package(rich)
    content = moved["xl/theme/theme1.xml"]
    del moved["xl/theme/theme1.xml"]
    end = rewritten(moved.save(), {"xl/theme/theme1.xml": content})
    assert "the parts stand in another order" in compare(rich, end, ALL)
    twice = io.BytesIO(rich)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/theme/theme1.xml", content)
    found = compare(rich, twice.getvalue(), ALL)
    assert "xl/theme/theme1.xml: stands twice in the package" in found
