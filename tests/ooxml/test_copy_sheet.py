"""A sheet that repeats is copied with what is its own, as Excel duplicates a sheet."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

import pytest
from openpyxl.workbook.defined_name import DefinedName

from moe_report.errors import InputError
from moe_report.fill.fill import Filled, fill
from moe_report.ooxml.copying_obstacles import copying_obstacles
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.package import OFFICE_REL, PACKAGE_REL, Package
from moe_report.ooxml.sheet_names import quoted, renamed
from tests.fill.books import MODELS, parts, repacked, saved, sheet_template
from tests.fill.packages import whole_problems
from tests.reports import usual_report

_CARD = "'{{ m.name }}'"
_SHEET = "xl/worksheets/sheet2.xml"


def filled(data: bytes) -> Filled:
    """A filled template whose package fits together."""
    done = fill(data, usual_report(), where="t.xlsx")
    assert list(whole_problems(Package(done.data))) == []
    return done


def obstacles(data: bytes) -> list[str]:
    """What keeps the sheet from being copied."""
    found = copying_obstacles(check_package(data, "t.xlsx"), "{{ m.name }}", where="t.xlsx")
    return list(map(str, found))


def titles(data: bytes) -> list[str]:
    """Names of the copies."""
    return list(check_package(data, "t.xlsx").sheets())[1:-1]


def defined(data: bytes) -> dict[tuple[str, str], str]:
    """The defined names by name and sheet, and what they say."""
    package = check_package(data, "t.xlsx")
    root = package.root(package.workbook_part())
    sheets = [item.get("name", "") for item in package.listed_sheets()]
    return {
        (item.get("name", ""), sheets[int(at)] if (at := item.get("localSheetId")) else ""): str(
            item.text
        )
        for item in root.iter("{*}definedName")
    }


def with_names(**names: str) -> bytes:
    """The template with names of the workbook."""
    book = sheet_template()
    for name, text in names.items():
        hidden = name.startswith("hidden")
        book.defined_names[name] = DefinedName(name, attr_text=text, hidden=hidden)
    return saved(book)


@pytest.mark.parametrize(
    ("name", "said", "there"),
    [
        ("place", f"{_CARD}!$B$1", "{}!$B$1"),
        ("hidden", f"{_CARD}!$B$1:$B$2", "{}!$B$1:$B$2"),
        ("both", f"{_CARD}!$B$1+Last!$A$1", "{}!$B$1+Last!$A$1"),
        ("union", f"{_CARD}!$B$1,{_CARD}!$B$2", "{}!$B$1,{}!$B$2"),
        ("moving", f"OFFSET({_CARD}!$B$1,0,0,2)", "OFFSET({}!$B$1,0,0,2)"),
        ("columns", f"{_CARD}!$A:$B", "{}!$A:$B"),
        ("text", f'{_CARD}!$B$1&"{_CARD}!"', '{}!$B$1&"' + _CARD + '!"'),
    ],
)
def test_a_name_that_leads_into_the_sheet_is_one_of_each_copy(
    name: str, said: str, there: str
) -> None:
    """As Excel does it: the workbook's leads to the first, and each copy has one of its own."""
    data = filled(with_names(**{name: said})).data
    found = defined(data)
    for at, title in enumerate(titles(data)):
        quoted = "'" + title.replace("'", "''") + "'"
        expected = there.replace("{}", quoted)
        assert found[name, title if at else ""] == expected


@pytest.mark.parametrize(
    "said", [f"{_CARD}!#REF!", "#REF!", "#REF!$A$1", "Last!$A$1", '"no place"', "42"]
)
def test_other_names_stay_the_workbooks(said: str) -> None:
    """Dead ones, and those that lead elsewhere."""
    data = filled(with_names(other=said)).data
    assert [key for key in defined(data) if key[0] == "other"] == [("other", "")]


def test_a_name_of_a_table_is_one_of_each_copy() -> None:
    """It leads to the copy's table."""
    data = filled(with_names(column="Own[One]")).data
    found = {key[1]: said for key, said in defined(data).items() if key[0] == "column"}
    assert found[""] == "Own[One]"
    assert sorted(found.values()) == ["Own[One]", *(f"Own_{n}[One]" for n in range(2, 6))]


def test_names_of_other_sheets_follow_the_first() -> None:
    """A name of another sheet that leads here would else lead to no sheet."""
    book = sheet_template()
    book["Last"].defined_names["mine"] = DefinedName("mine", attr_text=f"{_CARD}!$B$1")
    data = filled(saved(book)).data
    assert defined(data)["mine", "Last"] == f"'{titles(data)[0]}'!$B$1"


def test_where_else_a_name_is_used_is_said() -> None:
    """There it leads to the first sheet, as in Excel."""
    book = sheet_template()
    book.defined_names["place"] = DefinedName("place", attr_text=f"{_CARD}!$B$1")
    book["Last"]["A3"] = "=place*2"
    done = filled(saved(book))
    (note,) = (note for note in done.notes if note.kind == "name-of-copies")
    assert str(note).startswith(
        "sheet Last, cell A3: uses the name place, which leads to the first"
    )


@pytest.mark.parametrize(
    ("cell", "formula"),
    [
        ("A3", f"={_CARD}!B1"),
        ("A3", "=SUM(Own[One])"),
        ("A3", "=ROWS(Own)"),
        ("A3", f"={_CARD.upper()}!B1"),
    ],
)
def test_a_formula_elsewhere_that_refers_to_the_sheet_is_named(cell: str, formula: str) -> None:
    """With its cell: nobody knows which copy it means."""
    book = sheet_template()
    book["Last"][cell] = formula
    with pytest.raises(InputError, match=f"sheet Last, cell {cell}: refers to the sheet"):
        filled(saved(book))


@pytest.mark.parametrize("formula", ['="Own[One]"', f'="{_CARD}!A1"', "=Own2", "=First!A1"])
def test_what_only_looks_like_a_reference_keeps_no_sheet_from_being_copied(formula: str) -> None:
    """A text, another word."""
    book = sheet_template()
    book["Last"]["A3"] = formula
    assert b"<f>" in Package(filled(saved(book)).data)[_SHEET]


def test_a_span_of_sheets_may_go_across_the_sheet() -> None:
    """The copies stand within it; a span that ends at the sheet has no known end."""
    book = sheet_template()
    book["Last"]["A3"] = "=SUM('First:Last'!B1)"
    filled(saved(book))
    book["Last"]["A3"] = "=SUM('First:{{ m.name }}'!B1)"
    with pytest.raises(InputError, match=r"sheet Last, cell A3: refers to a span of sheets up to"):
        filled(saved(book))


def test_links_of_cells_follow_the_sheet() -> None:
    """In the sheet to its own copy, elsewhere to the first; spelled with quotes or without."""
    book: Any = sheet_template()
    for sheet, cell in (("{{ m.name }}", "D1"), ("Last", "D1")):
        book[sheet][cell].hyperlink = f"#{_CARD}!A1"
        book[sheet][cell].value = "there"
    data = saved(book)
    links = "xl/worksheets/_rels/sheet2.xml.rels"
    assert b'TargetMode="External"' in parts(data)[links]  # as openpyxl writes them
    located = '<hyperlinks><hyperlink ref="D2" location="{{ m.name }}!B2"/>'
    sheet = parts(data)[_SHEET].replace(b"<hyperlinks>", located.encode())
    package = Package(filled(repacked(data, {_SHEET: sheet})).data, "t.xlsx")
    names = list(package.sheets())
    for title, part in package.sheets().items():
        targets = [x.target for x in package.relationships(part) if x.kind == "hyperlink"]
        own = title if title in names[1:-1] else names[1]
        assert {unquote(target) for target in targets} <= {f"#'{own}'!A1"}
        assert bool(targets) == (title != "First")
        if title in names[1:-1]:
            assert f"location=\"'{title}'!B2\"".encode() in package[part]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM(Own[One])", "SUM(Own_2[One])"),
        ("own[[#This Row],[One]]", "Own_2[[#This Row],[One]]"),
        ("ROWS( Own )", "ROWS( Own_2 )"),
        ("VLOOKUP(1,Own,2)", "VLOOKUP(1,Own_2,2)"),
        ("OWN (1)", "OWN (1)"),
        ("Own!A1", "Own!A1"),
        ("[1]!Own[One]", "[1]!Own[One]"),
        ("Other.xlsx!Own[One]", "Other.xlsx!Own[One]"),
        ("'a b'!Own", "'a b'!Own"),
        ('"Own[One]"&Own[One]', '"Own[One]"&Own_2[One]'),
        ("T[Own]+T[[Own]:[x]]", "T[Own]+T[[Own]:[x]]"),
        ("Owner+my.Own+Own_1", "Owner+my.Own+Own_1"),
        ("T['[Own']]+Own[x]", "T['[Own']]+Own_2[x]"),
    ],
)
def test_references_to_a_table_alone_are_renamed(formula: str, expected: str) -> None:
    """Not functions, sheets, tables of other workbooks, texts, columns, longer words."""
    assert renamed(formula, {}, {"Own": "Own_2"}) == expected


def test_a_word_that_is_a_defined_name_is_no_table() -> None:
    """Behind it a bracket stands only if it is the table."""
    assert renamed("Own+Own[One]", {}, {"Own": "Own_2"}, ["own"]) == "Own+Own_2[One]"


_KINDS = {
    "pivotTable": "a pivot table",
    "slicer": "a slicer",
    "timeline": "a timeline",
    "ctrlProp": "a form control",
    "control": "an ActiveX control",
    "oleObject": "an OLE object",
    "webextension": "an Office add-in",
    "namedSheetView": "a view that was saved",
    "model3d": "something of the kind 'model3d'",
}


@pytest.mark.parametrize("kind", _KINDS)
def test_what_cannot_be_copied_is_named(kind: str) -> None:
    """By what a user calls it; a link that leads nowhere is in nobody's way."""
    data = saved(sheet_template())
    links = "xl/worksheets/_rels/sheet2.xml.rels"
    link = f'<Relationship Id="x" Type="{OFFICE_REL}/{kind}" Target="/xl/odd.xml"/>'
    changed = parts(data)[links].replace(b"</Relationships>", f"{link}</Relationships>".encode())
    assert PACKAGE_REL.encode() in changed
    dangling = repacked(data, {links: changed})
    assert obstacles(dangling) == []
    [problem] = obstacles(repacked(data, {links: changed, "xl/odd.xml": b"<odd/>"}))
    assert _KINDS[kind] in problem
    assert problem.startswith("t.xlsx, sheet {{ m.name }}: ")


def test_a_pivot_table_elsewhere_that_counts_the_sheet_is_named() -> None:
    """Its source is a sheet that will not be there under that name."""
    cache = (
        '<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="{{ m.name }}"/>'
        "</cacheSource></pivotCacheDefinition>"
    )
    data = repacked(saved(sheet_template()), {"xl/pivotCache/p1.xml": cache.encode()})
    [problem] = obstacles(data)
    assert "xl/pivotCache/p1.xml: refers to the sheet" in problem


def test_printer_settings_are_copied() -> None:
    """Each sheet has its own, as Excel writes it."""
    data = saved(sheet_template())
    links = "xl/worksheets/_rels/sheet2.xml.rels"
    link = f'<Relationship Id="p" Type="{OFFICE_REL}/printerSettings" Target="/xl/p1.bin"/>'
    changed = parts(data)[links].replace(b"</Relationships>", f"{link}</Relationships>".encode())
    types = parts(data)["[Content_Types].xml"].replace(
        b"<Default", b'<Default Extension="bin" ContentType="application/x"/><Default', 1
    )
    whole = repacked(data, {links: changed, "xl/p1.bin": b"\x01\xff", "[Content_Types].xml": types})
    package = Package(filled(whole).data)
    settings = [package.related_part(part, "printerSettings") for part in package.sheets().values()]
    assert len(set(settings) - {None}) == len(MODELS)
    assert all(package[part] == b"\x01\xff" for part in settings if part)


def test_ids_that_tell_edits_apart_are_not_there_twice() -> None:
    """Excel gives each of its own."""
    data = saved(sheet_template())
    space = "http://schemas.microsoft.com/office/spreadsheetml/2014/revision"
    sheet = parts(data)[_SHEET].replace(
        b"<worksheet ", f'<worksheet xmlns:xr="{space}" xr:uid="{{0001}}" '.encode()
    )
    package = Package(filled(repacked(data, {_SHEET: sheet})).data)
    uids = re.findall(rb'xr:uid="[^"]*"', b"".join(package[part] for part in package))
    assert len(uids) == 1


ODD = ["R&D {{ m.name }}", "It's <5> {{ m.name }}", "Größe {{ m.name }}", "ǅ & ẞ {{ m.name }}"]
SPELLED: list[Callable[[str], str]] = [
    escape,
    lambda text: escape(text, {"'": "&apos;", '"': "&quot;"}),
    lambda text: "".join(x if x.isascii() and x.isalnum() else f"&#{ord(x)};" for x in text),
    lambda text: "".join(x if x in " {}" else f"&#x{ord(x):X};" for x in text),
]


def with_text(data: bytes, old: str, new: str) -> bytes:
    """A workbook in whose parts something is spelled otherwise."""
    changed = {name: part.replace(old.encode(), new.encode()) for name, part in parts(data).items()}
    return repacked(data, changed)


def oddly_named(title: str, spell: Callable[[str], str], there: str = "", **names: str) -> bytes:
    """The template with another name of the sheet, which parts spell in some way."""
    book = sheet_template()
    book["{{ m.name }}"].title = title
    book["Last"]["A3"] = there
    for name, text in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=text)
    return with_text(saved(book), f"{_CARD}!", spell(quoted(title)) + "!")


@pytest.mark.parametrize("title", ODD)
@pytest.mark.parametrize("spell", SPELLED)
def test_whatever_spells_the_name_knows_the_first_copy(
    title: str, spell: Callable[[str], str]
) -> None:
    """Parts may spell letters by entities; no reference to the template's sheet is left."""
    done = filled(oddly_named(title, spell))
    package = Package(done.data)
    left = [
        part for part in package if "{{ m." in unescape(package[part].decode("utf-8", "replace"))
    ]
    assert left == []
    assert [note for note in done.notes if note.kind.startswith("braces")] == []


@pytest.mark.parametrize("title", ODD)
@pytest.mark.parametrize("spell", SPELLED)
def test_whatever_spells_the_name_is_seen_elsewhere(
    title: str, spell: Callable[[str], str]
) -> None:
    """A formula of another sheet that refers to it keeps it from being copied."""
    data = with_text(oddly_named(title, spell, "=X_X!B1"), "X_X", spell(quoted(title)))
    package = check_package(data, "t.xlsx")
    (found,) = copying_obstacles(package, title, where="t.xlsx")
    assert str(found).startswith("t.xlsx, sheet Last, cell A3: refers to the sheet")


@pytest.mark.parametrize("name", ["Größe", "ÄX", "ẞ", "plain"])
@pytest.mark.parametrize("spell", SPELLED)
def test_a_name_in_any_letters_is_seen_elsewhere(name: str, spell: Callable[[str], str]) -> None:
    """As in the file of a program that spells them by entities, or in capitals."""
    data = oddly_named("{{ m.name }}", escape, "=X_X*2", **{name: f"{_CARD}!$B$1"})
    data = with_text(data, "X_X", spell(name.upper()))
    kinds = [str(note) for note in filled(data).notes if note.kind == "name-of-copies"]
    assert [text[:19] for text in kinds] == ["sheet Last, cell A3"]
