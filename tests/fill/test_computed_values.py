"""Values computed for formulas that rest on filled cells: right ones, or none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from moe_report.fill.fill import fill
from moe_report.ooxml.package import Package, parse
from moe_report.reports import Report
from tests import reports
from tests.conftest import need
from tests.fill import test_stale_values as stale
from tests.fill.books import parts
from tests.fill.packages import rewritten
from tests.libraries import library

STORED = 4242
ENGINES = ("formulon", "libreoffice")
SUM, TOKENS = 200, (8, 64, 128)  # of the experts of the models


def report() -> Report:
    """Three models."""
    numbers = {"a": reports.MIXTRAL, "b": reports.OLMOE, "c": reports.QWEN3}
    return reports.report_of(*(reports.row(name, item) for name, item in numbers.items()))


def available(engine: str) -> None:
    """Skip where an engine is not installed."""
    if engine == "formulon":
        library("formulon")
    else:
        need("soffice")


def template(formulas: Mapping[str, str], *, behind: Any = None) -> bytes:
    """A workbook with a table of models on Data, whose experts are in B2:B4 once it is filled.

    The formulas are on Sums; each has the value 4242. Z1 and Z2 hold a date and a truth.
    """
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    book.calc_on_load = False
    data, sums = book.add_worksheet("Data"), book.add_worksheet("Sums")
    columns = [{"header": "name"}, {"header": "n"}, {"header": "Share [%]"}]
    data.add_table("A1:C2", {"name": "Costs", "columns": columns})
    data.write_row("A2", ["{{ m.name }}", "{{ m.num_experts }}"])
    data.write_formula("C2", "=Costs[[#This Row],[n]]/SUM(Costs[n])", None, STORED)
    sums.write("Z1", 45418)
    sums.write("Z2", True)
    book.define_name("experts", "=Costs[n]")
    book.define_name("top", "=MAX(experts)")
    for cell, formula in formulas.items():
        if ":" in cell:
            sums.write_array_formula(cell, f"{{={formula}}}", None, STORED)
        else:
            sums.write_formula(cell, f"={formula}", None, STORED)
    if behind:
        behind(book, data, sums)
    book.close()
    return out.getvalue()


def filled(data: bytes, calc: str) -> tuple[bytes, str]:
    """The workbook filled, and what is said of its values."""
    done = fill(data, report(), where="t.xlsx", calc=calc)
    notes = [note for note in done.notes if note.kind == "no-value"]
    said = [str(note) for note in notes]
    assert len(said) <= 1
    assert all(len(note.text) <= 200 and said == [f"t.xlsx: {note.text}"] for note in notes)
    return done.data, "".join(said)


def values(data: bytes, sheet: str = "Sums") -> dict[str, object]:
    """The values of a sheet's formulas by address, as pandas sees them."""
    texts, numbers = (
        openpyxl.load_workbook(BytesIO(data), data_only=only)[sheet] for only in (False, True)
    )
    return {
        cell.coordinate: numbers[cell.coordinate].value
        for row in texts.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


GIVEN: dict[str, tuple[str, object]] = {
    "A1": ("SUM(Costs[n])", SUM),
    "A2": ("MEDIAN(Data!B2:B4)", 64),
    "A3": ("A1/3", SUM / 3),
    "A4": ("SUM(experts)+top", SUM + 128),
    "A5": ("AVERAGE(Costs[Share '[%']])", 1 / 3),
    "A6": ('"all: "&TEXT(A1,"0.0")', "all: 200.0"),
    "A7": ("A1>100", True),
    "A8": ("SUM(Data:Sums!B2)", 8),
    "A9": ("COUNT(Data!B:B)", 3),
    "A10": ('IF(A1>100,"  much ","")', "  much "),
    "A11": ("Z1+A1", 45418 + SUM),
    "A12": ("SUMPRODUCT((Costs[n]>10)*Costs[n])", 192),
    "A13": ("COUNTA(Costs[[#Headers],[n]:[Share '[%']]])+A1", 2 + SUM),
    "A14": ("ROWS(Costs[])+A1", 3 + SUM),
    "A17": ("ROWS(Costs)*10+COLUMNS(costs)+A1", 33 + SUM),
    "A15": ("INDEX(Costs[name],MATCH(MAX(Costs[n]),Costs[n],0))", "c"),
    "A16:A16": ("SUM(IF(Costs[n]>10,Costs[n]))", 192),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_formulas_that_rest_on_filled_cells_have_their_values(engine: str) -> None:
    """Of every type, through tables, names and arrays, to the last bit."""
    available(engine)
    data, said = filled(template({cell: text for cell, (text, _) in GIVEN.items()}), engine)
    found = values(data)
    assert said == ""
    expected = {cell.partition(":")[0]: value for cell, (_, value) in GIVEN.items()}
    assert found == expected
    assert [type(value) for value in found.values()] == [
        type(expected[cell]) if isinstance(expected[cell], str | bool) else type(found[cell])
        for cell in found
    ]
    assert values(data, "Data") == {
        f"C{row}": experts / SUM for row, experts in enumerate(TOKENS, start=2)
    }


DATES = {
    "D1": ("DATE(2024,5,6)+A1", 45421, 43959),
    "D2": ('TEXT(A2+A1,"yyyy-mm-dd")', "1902-09-29", "1906-09-30"),
    "D3": ("A3+A1", 45421, 43959),
    "D4": ("IFERROR(A4,A1)", 3, 3),
    "D5": ("ISERROR(A4)+A1", 4, 4),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("since_1904", [False, True])
def test_days_are_counted_from_where_the_workbook_counts(engine: str, since_1904: bool) -> None:
    """Also those that it stores as texts; and a stored error is one."""
    available(engine)
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": since_1904})
    sheet = book.add_worksheet("Sums")
    sheet.write_column("A1", ["{{ models | length }}", 1000, 77, 78])
    for cell, (formula, *_) in DATES.items():
        sheet.write_formula(cell, f"={formula}", None, STORED)
    book.close()
    part = "xl/worksheets/sheet1.xml"
    xml = Package(out.getvalue())[part]
    for old, new in (
        (b'"A3"><v>77<', b'"A3" t="d"><v>2024-05-06<'), (b'"A4"><v>78<', b'"A4" t="e"><v>#N/A<')
    ):  # fmt: skip
        assert old in xml
        xml = xml.replace(old, new)
    found = values(filled(rewritten(out.getvalue(), {part: xml}), engine)[0])
    assert found == {cell: item[1 + since_1904] for cell, item in DATES.items()}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_older_template_gets_its_values_too(engine: str) -> None:
    """Only the formula that finds its cell by a text stays empty, and is counted."""
    available(engine)
    data, said = filled(stale.template(), engine)
    found = stale.values(data)
    assert {key for key, value in found.items() if value is None} == {("Other", "A5")}
    assert {found[key] for key in stale.FREE} == {stale.STORED}
    assert found["Other", "A1"] == 328
    assert "no value is stored with 1 of 10 formulas" in said


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_else_of_the_package_changes(engine: str) -> None:
    """Without its new values each sheet is what it was, and all other parts are byte by byte."""
    available(engine)
    before = template({cell: text for cell, (text, _) in GIVEN.items()})
    plain, rich = (parts(filled(before, calc)[0]) for calc in ("none", engine))
    assert plain.keys() == rich.keys()
    changed = {name for name in plain if plain[name] != rich[name]}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"}
    for name in changed:
        trees = [parse(data[name]) for data in (plain, rich)]
        for root in trees:
            for cell in [cell for cell in root.iter("{*}c") if cell.find("{*}f") is not None]:
                cell.attrib.pop("t", None)
                for value in cell.findall("{*}v"):
                    cell.remove(value)
        assert _texts(trees[0]) == _texts(trees[1])


def _texts(root: Any) -> list[tuple[str, dict[str, str], str | None]]:
    return [(item.tag, dict(item.attrib), item.text) for item in root.iter()]


EMPTY = {
    "the hour": "A1+TODAY()",
    "now": "NOW()-NOW()+A1",
    "chance": "RAND()*0+A1",
    "between": "RANDBETWEEN(1,1)+A1",
    "what rests on the hour": "F1+A1",
    "an error": "A1/0",
    "an error of ours": "NA()+A1",
    "what an address in a text finds": 'INDIRECT("A1")',
    "what a number of rows finds": "OFFSET(A1,F2,0)",
    "how a cell looks": 'CELL("format",A1)&A1',
    "an unknown function behind IFERROR": "IFERROR(MY_OWN(A1),7)",
    "an unknown name behind IFERROR": "IFERROR(nowhere+A1,7)",
    "a web service": 'IFERROR(_xlfn.WEBSERVICE("http://127.0.0.1:9"),A1)',
    "another file": "IFERROR([1]Other!A1,0)+A1",
    "another file by its path": "IFERROR('C:\\[o.xlsx]S'!A1,0)+A1",
    "another program": "IFERROR(cmd|' /c calc'!A1,0)+A1",
    "itself": "SUM(E:E)+A1",
    "a function that is new but not marked so": "IFERROR(IFS(A1>0,1),2)",
    "an unknown table": "IFERROR(SUM(Nowhere[n]),0)+A1",
    "an unknown column": "IFERROR(SUM(Costs[m]),0)+A1",
}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_sure_has_no_value(engine: str) -> None:
    """It stays empty, is counted, and so does what rests on it; the rest has its values."""
    available(engine)
    formulas = {"A1": "SUM(Costs[n])", "F1": "TODAY()", "F2": "A1*0"}
    formulas |= {f"E{row}": text for row, text in enumerate(EMPTY.values(), start=1)}
    data, said = filled(template(formulas), engine)
    found = values(data)
    assert found.pop("A1") == SUM
    assert found.pop("F2") == 0
    assert found.pop("F1") == STORED  # nothing of it was filled
    of = dict(zip((f"E{row}" for row in range(1, len(EMPTY) + 1)), EMPTY, strict=True))
    assert {of[cell]: value for cell, value in found.items() if value is not None} == {}
    assert f"{len(EMPTY)} of {len(EMPTY) + 5} formulas" in said


@pytest.mark.parametrize("setting", ['iterate="1"', 'fullPrecision="0"'])
def test_workbooks_that_compute_in_their_own_way_are_left_to_excel(setting: str) -> None:
    """Those that iterate, or that round as they show."""
    before = template({"A1": "SUM(Costs[n])"})
    book = Package(before)["xl/workbook.xml"].replace(b"<calcPr ", f"<calcPr {setting} ".encode())
    assert setting.encode() in book
    data, said = filled(rewritten(before, {"xl/workbook.xml": book}), "auto")
    assert values(data) == {"A1": None}
    assert "is left to Excel" in said


@pytest.mark.parametrize("engine", ENGINES)
def test_sums_over_visible_rows_are_left_to_excel(engine: str) -> None:
    """What counts as hidden differs between programs: by hand, by a filter, in a group."""
    available(engine)
    before = template(
        {"A1": "SUBTOTAL(109,Data!B:B)", "A2": "SUM(Data!B:B)"},
        behind=lambda book, data, sums: data.set_row(8, None, None, {"hidden": True}),
    )
    assert values(filled(before, engine)[0]) == {"A1": None, "A2": SUM}


def test_formulas_that_never_had_a_value_get_one_where_they_rest_on_filled_cells() -> None:
    """Those of openpyxl have none; one that nothing was filled for stays as it is."""
    library("formulon")
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Sums"
    sheet["A1"], sheet["A2"], sheet["A3"] = "{{ models | length }}", "=A1*2", "=1+1"
    out = BytesIO()
    book.save(out)
    assert values(filled(out.getvalue(), "formulon")[0]) == {"A2": 6, "A3": None}


def test_copies_of_a_sheet_have_their_own_values() -> None:
    """Each from its own cells."""
    library("formulon")
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("{{ m.name }}")
    sheet.write("A1", "{{ m.num_experts }}")
    sheet.write_formula("A2", "=A1*2", None, STORED)
    book.close()
    data, said = filled(out.getvalue(), "formulon")
    assert said == ""
    assert [values(data, name)["A2"] for name in "abc"] == [2 * number for number in TOKENS]


def test_shared_formulas_and_arrays_of_several_cells() -> None:
    """Each cell of them has its own value."""
    library("formulon")
    before = template({"A1": "Data!B2*1", "A2": "shared2", "A3": "shared3", "C1:C3": "Costs[n]*2"})
    part = "xl/worksheets/sheet2.xml"
    xml = Package(before)[part].replace(
        b"<f>Data!B2*1</f>", b'<f t="shared" si="0" ref="A1:A3">ROW(D1)+SUM(Costs[n])</f>'
    )
    for row in (2, 3):
        xml = xml.replace(f"<f>shared{row}</f>".encode(), b'<f t="shared" si="0"/>')
    data, _ = filled(rewritten(before, {part: xml}), "formulon")
    assert [values(data)[f"A{row}"] for row in (1, 2, 3)] == [SUM + 1, SUM + 2, SUM + 3]
    stored = openpyxl.load_workbook(BytesIO(data), data_only=True)["Sums"]
    assert [stored[f"C{row}"].value for row in (1, 2, 3)] == [2 * number for number in TOKENS]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_may_spill_is_left_to_excel_with_all_that_may_rest_on_it(engine: str) -> None:
    """It fills more cells once there are more models; what gives one value stays one."""
    available(engine)
    one = {"G1": "SUM(Costs[n]*2)", "G2": "ROUND(SUM(Costs[n]*Costs[n])/MAX(Costs[n]),0)+A1"}
    many = {
        "D1": "Costs[n]*2", "E1": "SUM(Costs[n])*{1,2}", "F1": "IF(Costs[n]>9,1,0)",
        "J1": "experts", "K1": "COUNTIF(Costs[n],Costs[n])",
        "L1": '_xlfn.XLOOKUP("b",Costs[name],Costs[])', "M1": "_xlfn.XLOOKUP(Costs[n],A1:A3,A1:A3)",
    }  # fmt: skip
    rest = {"A5": "SUM(D1:D9)", "A6": "COUNT(E:E)", "A7": "SUM(F2:F9)",
            "A9": "SUM(J2)", "A10": "SUM(K3)", "A11": "SUM(N1)"}  # fmt: skip
    before = template(
        {"A1": "Data!B2", "A2": "G1+G2", "A8": "H1+1", **rest}
        | {f"{cell}:{cell}": text for cell, text in (one | many).items()}
    )
    part = "xl/worksheets/sheet2.xml"
    xml = re.sub(rb'<c r="(?:[D-M]1|G2)"(?! cm)', rb'\g<0> cm="1"', Package(before)[part])
    found = values(filled(rewritten(before, {part: xml}), engine)[0])
    assert [found[cell] for cell in ("G1", "G2", "A2", "A8")] == [400, 169, 569, 1]
    assert {cell: found[cell] for cell in (*many, *rest)} == dict.fromkeys([*many, *rest])
