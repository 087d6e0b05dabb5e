"""Stored values of formulas after a fill: right, or not there to be shown."""

from __future__ import annotations

import itertools
import random
import re
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

from moe_report.fill.fill import fill
from moe_report.ooxml.addresses import Area
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.package import Package, parse
from moe_report.ooxml.resting import dependents
from moe_report.ooxml.resting.dependents import Place, meet, resting_on
from moe_report.ooxml.resting.formula_sources import Changed, Sources
from moe_report.ooxml.resting.resting_formulas import resting_on as formulas_resting_on
from moe_report.ooxml.resting.stale_values import forget_values
from tests import reports
from tests.fill import richparts
from tests.fill.books import saved
from tests.office import convert

# Formulas of the sheets, and what the template stored for each.
RESTING = {
    ("Board", "A1"): "=SUM(D6:D6)",
    ("Board", "A2"): "=A1*2",
    ("Board", "D8"): "=MAX(D$6:D6)",
    ("Other", "A1"): "=SUM(Board!$D:$D)",
    ("Other", "A2"): "=A1+1",
    ("Other", "A3"): "=SUM(Costs[n])",
    ("Other", "A4"): "=seen+1",
    ("Other", "A5"): '=INDIRECT("Board!D6")',
    ("Other", "A6"): "=far*2",
    ("Other", "A7"): "=SUM(Board:Other!B1)",
}
FREE = {("Board", "F1"): "=G1*2", ("Other", "C1"): "=SUM(G1:G9)", ("Other", "C2"): '=C1&"D6"'}
STORED = 4242


def template() -> bytes:
    """A workbook of which every formula has the value 4242 stored."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    board, other = book.add_worksheet("Board"), book.add_worksheet("Other")
    board.write("B1", "{{ models | length }}")
    board.write("G1", 21)
    board.write_row("C5", ["name", "n"])
    board.write_row("C6", ["{{ m.name }}", "{{ m.num_experts }}"])
    board.add_table("C5:D6", {"name": "Costs", "columns": [{"header": "name"}, {"header": "n"}]})
    board.write_row("C6", ["{{ m.name }}", "{{ m.num_experts }}"])
    book.define_name("seen", "=Board!$B$1")
    book.define_name("far", "=Costs[n]")
    for (sheet, cell), formula in {**RESTING, **FREE}.items():
        (board if sheet == "Board" else other).write_formula(cell, formula, None, STORED)
    book.close()
    return out.getvalue()


def values(data: bytes | Path) -> dict[tuple[str, str], object]:
    """What is stored for each formula, by its sheet and where it began."""
    book = openpyxl.load_workbook(
        BytesIO(data) if isinstance(data, bytes) else data, data_only=True
    )
    moved = {"D8": "D10"}
    return {
        (sheet, cell): book[sheet][moved.get(cell, cell)].value for sheet, cell in (*RESTING, *FREE)
    }


def test_what_rests_on_filled_cells_has_no_old_value(tmp_path: Path) -> None:
    """And all else keeps its own; LibreOffice shows what is right."""
    report = reports.report_of(
        reports.row("a", reports.MIXTRAL), reports.row("b", reports.OLMOE),
        reports.row("c", reports.QWEN3),
    )  # fmt: skip
    before = template()
    assert set(values(before).values()) == {STORED, None}  # D8 has not moved yet
    filled = fill(before, report, where="t.xlsx").data
    found = values(filled)
    assert {key for key, value in found.items() if value is None} == set(RESTING)
    assert {found[key] for key in FREE} == {STORED}
    file = tmp_path / "filled.xlsx"
    file.write_bytes(filled)
    shown = values(convert(file, tmp_path / "office"))
    assert shown["Board", "A1"] == 8 + 64 + 128
    assert shown["Board", "A2"] == 2 * 200
    assert shown["Board", "D8"] == 128
    assert shown["Other", "A1"] == 200 + 128
    assert shown["Other", "A3"] == 200
    assert shown["Other", "A4"] == 3 + 1
    assert shown["Other", "A5"] == 8
    assert shown["Other", "A7"] == 3


def test_long_chains_of_formulas() -> None:
    """A cell at the end of five thousand that rest on one another is found, and quickly."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("S")
    sheet.write("A1", 1)
    for row in range(1, 5000):
        sheet.write_formula(row, 0, f"=A{row}+1", None, row)
        sheet.write_formula(row, 2, f"=D{row}+1", None, row)
    book.close()
    package = check_package(out.getvalue(), "t.xlsx")
    changed = Changed()
    changed.add(1, 1)
    forget_values(package, {"S": changed})
    root = parse(package[package.sheets()["S"]])
    cells = {
        cell.get("r"): len(cell) for cell in root.iter("{*}c") if cell.find("{*}f") is not None
    }
    assert {size for name, size in cells.items() if name and name[0] == "A"} == {1}
    assert {size for name, size in cells.items() if name and name[0] == "C"} == {2}


@pytest.mark.parametrize("order", ["downwards", "upwards", "any", "between two sheets"])
def test_chains_in_any_order(order: str) -> None:
    """However often a chain goes against the order of the cells, it is followed to its end."""
    rows = list(range(2, 300))
    if order == "upwards":
        rows.reverse()
    elif order == "any":
        random.Random(1).shuffle(rows)
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheets = [book.add_worksheet(name) for name in ("S", "T")]
    sheets[0].write("A1", "{{ models | length }}")
    before = "S!A1"
    for row in rows:
        at = row % 2 if order == "between two sheets" else 0
        sheets[at].write_formula(row - 1, 0, f"={before}+1", None, STORED)
        before = f"{'ST'[at]}!A{row}"
    book.close()
    assert STORED not in stored_values(fill(out.getvalue(), reports.usual_report(), where="t").data)


def stored_values(data: bytes) -> list[object]:
    """All values of a workbook."""
    book = openpyxl.load_workbook(BytesIO(data), data_only=True)
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]


def test_all_cells_of_an_array_and_what_rests_on_them_through_many_names() -> None:
    """Not its first cell alone; and names of names of names."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("S")
    sheet.write("A1", "{{ models | length }}")
    book.define_name("name_a", "=S!$A$1")
    for before, name in itertools.pairwise("abcd"):
        book.define_name(f"name_{name}", f"=name_{before}+1")
    sheet.write_array_formula("C1:C3", "{=A1:A3*2}", None, STORED)
    sheet.write("C2", STORED)
    sheet.write("C3", STORED)
    sheet.write_formula("D1", "=C3+1", None, STORED)
    sheet.write_formula("D2", "=name_d", None, STORED)
    book.close()
    found = stored_values(fill(out.getvalue(), reports.usual_report(), where="t").data)
    assert STORED not in found


class Thing(NamedTuple):
    """Something at a place of a sheet that rests on places."""

    sheet: str
    spills: tuple[int, int, int, int]
    places: list[Place]


FAR = st.sampled_from([1, 2, 3, 4, 7, 8, 9, 16, 64, 2**20 - 1, 2**20])
SPANS = st.tuples(FAR, FAR).map(lambda ends: (min(ends), max(ends)))
AREAS = st.builds(
    lambda columns, rows: (columns[0], rows[0], columns[1], rows[1]),
    st.tuples(st.integers(1, 20), st.integers(1, 20)).map(lambda ends: (min(ends), max(ends))),
    SPANS,
)
CELLS = st.tuples(st.integers(1, 20), FAR).map(lambda at: (*at, *at))
PLACES = st.tuples(st.sampled_from("st"), AREAS | CELLS)
THINGS = st.builds(
    Thing, st.sampled_from("ST"), CELLS | CELLS | AREAS, st.lists(PLACES, max_size=3)
)


@given(st.lists(THINGS, min_size=1, max_size=25))
def test_what_rests_on_a_thing_is_what_going_round_and_round_finds(things: list[Thing]) -> None:
    """Cells, whole columns and wide areas, in circles too."""
    found = [things[0]]
    for _ in things:
        found += [
            thing
            for thing in things
            if not any(thing is other for other in found)
            and any(
                sheet == other.sheet.casefold() and meet(area, other.spills)
                for sheet, area in thing.places
                for other in found
            )
        ]
    ours = resting_on(things, things[:1])
    assert sorted(map(id, ours)) == sorted(map(id, found))


@pytest.mark.parametrize("spills", [(2, 1), (9, 1), (1, 2), (16384, 1), (3, 2**20)])
def test_what_spills_is_not_held_against_everything(
    spills: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain of a thousand formulas that may spill takes no million looks."""
    looks = 0

    def counted(first: Area, second: Area) -> bool:
        nonlocal looks
        looks += 1
        return meet(first, second)

    monkeypatch.setattr(dependents, "meet", counted)
    wide, high = spills
    things = [
        Thing(
            "S", (2, row, wide + 1, min(row + high - 1, 2**20)), [("s", (2, row - 2, 2, row - 2))]
        )
        for row in range(3, 2003, 2)
    ]
    assert len(resting_on(things, things[:1])) == 1000
    assert looks < 20_000


CELLS_OF = st.sets(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=12)


@given(CELLS_OF, st.sets(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=2))
def test_an_array_may_spill_up_to_what_is_there(
    filled: set[tuple[int, int]], ends: set[tuple[int, int]]
) -> None:
    """To the right of its rows, and below its columns; cells that are empty stop nothing."""
    rows = [at for at, _ in ends]
    columns = [at for _, at in ends]
    top, bottom, left, right = min(rows), max(rows), min(columns), max(columns)
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row, column in itertools.product(range(1, 10), repeat=2):
        sheet.cell(row, column, 1 if (row, column) in filled else None).number_format = "0.0"
    address = f"{get_column_letter(left)}{top}"
    area = f"{address}:{get_column_letter(right)}{bottom}"
    sheet[address] = ArrayFormula(area, "=M99")
    package = Package(saved(book))
    part = package.sheets()[sheet.title]
    package[part] = re.sub(rf'<c r="{address}"'.encode(), rb'\g<0> cm="1"', package[part])
    changed = Changed()
    changed.add(13, 99)
    (found,) = formulas_resting_on(package, {sheet.title: changed}).formulas
    beside = [x for y, x in filled if top <= y <= bottom and x > right]
    below = [y for y, x in filled if left <= x <= right and y > bottom]
    assert found.spills == (
        left, top, min(beside, default=16385) - 1, min(below, default=1048577) - 1,
    )  # fmt: skip


def test_shared_formulas_rest_on_what_each_cell_has_of_them() -> None:
    """Also where the number of a group is used again; what cannot be read is let go of."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("S")
    for row in range(1, 9):
        sheet.write(f"D{row}", row)
        sheet.write_formula(f"B{row}", f"=shared{row}", None, 4242)
    book.close()
    package = check_package(out.getvalue(), "t.xlsx")
    part = package.sheets()["S"]
    xml = package[part]
    share = {
        1: b'<f t="shared" si="0"/>', 2: b'<f t="shared" si="0" ref="B1:B3">D3</f>',
        3: b'<f t="shared" si="0"/>', 4: b'<f t="shared" si="0" ref="B4:B5">D1</f>',
        5: b'<f t="shared" si="0"/>', 6: b'<f t="shared" si="1" ref="B6:B7">D1048576</f>',
        7: b'<f t="shared" si="1"/>', 8: b'<f t="shared" si="2"/>',
    }  # fmt: skip
    for row, formula in share.items():
        xml = xml.replace(f"<f>shared{row}</f>".encode(), formula)
    package[part] = xml
    changed = Changed()
    changed.add(4, 2)
    forget_values(package, {"S": changed})
    cells = parse(package[part]).iter("{*}c")
    kept = {cell.get("r") for cell in cells if cell.findtext("{*}v") == "4242"}
    assert kept == {"B2", "B3", "B4", "B6"}


def shown_elsewhere() -> bytes:
    """A template with a pivot table, charts and text boxes of cells that change, and of others."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    data, other = book.add_worksheet("Data"), book.add_worksheet("Other")
    data.add_table("A1:B2", {"name": "Costs", "columns": [{"header": "name"}, {"header": "n"}]})
    data.write_row("A2", ["{{ m.name }}", "{{ m.num_experts }}"])
    data.write_row("A20", ["Team", "Cost", "Grade"])
    for row, team in enumerate(("A", "B", "A"), start=20):
        data.write_row(row, 0, [team, 4242, 1])
    data.write_formula("B22", "=SUM(Costs[n])", None, 4242)
    data.write("F1", 7)
    for row in (30, 31):
        other.write_formula(f"A{row}", "=Data!B22" if row == 30 else "=Data!F1", None, 4242)
    for name, values in (("rests", "=Data!$B$21:$B$23"), ("far", "=Other!$A$30"),
                         ("free", "=Other!$A$31"), ("named", "=Data!total")):  # fmt: skip
        chart = book.add_chart({"type": "line"})
        chart.add_series({"name": name, "values": values, "values_data": [4242]})
        other.insert_chart("D1", chart)
    book.define_name("total", "=Data!$B$22")
    for cell in ("B22", "F1"):
        other.insert_textbox("J1", "4242", {"textlink": f"=Data!${cell[0]}${cell[1:]}"})
    book.close()
    package = Package(out.getvalue())
    richparts.add_pivot(package, package.sheets()["Other"])
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    package[cache] = package[cache].replace(b'sheet="Models"', b'sheet="Data"')
    return package.save()


def test_what_is_shown_elsewhere_has_no_old_value() -> None:
    """Charts and text boxes of what changes are empty, and pivot tables are named."""
    filled = fill(shown_elsewhere(), reports.usual_report(), where="t.xlsx")
    package = Package(filled.data)
    kept = [b"4242" in package[f"xl/charts/chart{at}.xml"] for at in (1, 2, 3, 4)]
    assert kept == [False, False, True, False]
    boxes = re.findall(
        rb'textlink="([^"]*)".*?<a:t>(.*?)</a:t>', package["xl/drawings/drawing1.xml"]
    )
    assert boxes == [(b"Data!$B$26", b""), (b"Data!$F$1", b"4242")]
    assert b'refreshOnLoad="1"' in package["xl/pivotCache/pivotCacheDefinition1.xml"]
    assert [str(note) for note in filled.notes if note.kind == "pivot-table"] == [
        "sheet Other, pivot table PivotTable1: shows the template's numbers until Excel opens the "
        "file, and counts anew then"
    ]


# What rests on F1, that is filled, and what does not; with what a workbook needs for it.
KINDS = {
    "=D1": False, "=D1+F1": True, "=SUM(Costs[n])": True, "=Free[n]": False, "=three": True,
    "=four": False, "=loop1": False, "=SUM(lost)": True, "=prev": True, "=fn(3)": True,
    '=INDIRECT("D1")': True, "=OFFSET(D1,0,0)": True, '=CELL("row",D1)': True, "=ROW(D1)": True,
    "=FORMULATEXT(D1)": True, "=SUM(D1:INDEX(D:D,3))": True, "=SUM(E1:three)": True,
    "=SUM(S:Z!F1)": True, "=SUM(S:Z!D1)": False, "='T'!D1": False, "=T!F1": False, "=S!F1": True,
    "=[1]Book!F1": False, "=[1]!three": True, '="F1 three"': False, "=D1&\":\"&D2": False,
    "=SUM(1:1)": True, "=SUM(F:F)": True, "=SUM(D:E)": False, "=SUM((D1,F1))": True,
    "=SUM(D1:G2 F1:F2)": True, "=#REF!+1": False, "={1,2}": False, "=SUM(S!D1:S!G1)": True,
    "=LET(x,F1,x)": True, "=@Costs[n]": True, "=Costs[[#Totals],[n]]": True, "=ADDRESS(5,2)": False,
    "=GETPIVOTDATA(\"n\",D1)": True, "=INDEX(D1:D9,2)": False, "=XYZ?1": True, "=\\rate": True,
    "=Three.1": False, "=ANCHORARRAY(F1)": True, "=1:1048576 D1": True,
}  # fmt: skip
DEFINED = {
    "one": "S!$F$1", "two": "one*2", "three": "two+1", "four": "S!$D$1", "loop1": "loop2",
    "loop2": "loop1", "lost": 'INDIRECT("S!F1")', "prev": "S!D1", "fn": "LAMBDA(x,x*one)",
    "XYZ?1": "one", "\\rate": "one", "Three.1": "four",
}  # fmt: skip


def test_what_a_formula_reads() -> None:
    """Each kind of reference, by names of names and by what cannot be followed."""
    out = BytesIO()
    book = openpyxl.Workbook()
    for name in ("T", "S", "Z"):
        sheet = book.create_sheet(name)
        sheet["H1"], sheet["H2"], sheet["K1"], sheet["K2"] = "n", 1, "n", 1
    del book["Sheet"]
    book["S"]["F1"], book["S"]["F2"] = "n", 1
    book["S"].add_table(Table(displayName="Costs", ref="F1:F2"))
    book["S"].add_table(Table(displayName="Free", ref="K1:K2"))
    for name, text in DEFINED.items():
        book.defined_names[name] = DefinedName(name, attr_text=text)
    book.save(out)
    sources = Sources(Package(out.getvalue()), moved=True)
    changed = Changed()
    changed.add(6, 1)
    found = {text: sources.read_by(text[1:], "S", 4, 9).meets({"s": changed}) for text in KINDS}
    assert {text: rests for text, rests in found.items() if rests != KINDS[text]} == {}
    still = Sources(Package(out.getvalue()))
    assert not still.read_by("ROW(D1)", "S", 4, 9).meets({"s": changed})
    assert not still.read_by("SUM(T:Z!D1)", "S", 4, 9).meets({"s": changed})
    repeated = Sources(Package(out.getvalue()), ["S"])
    assert repeated.read_by("SUM(T:Z!D1)", "Z").unknown
    assert repeated.read_by("SHEETS()", "Z").unknown
    assert not repeated.read_by("SUM(Z!D1:D3)", "Z").unknown


@pytest.mark.parametrize("step", [1, -1, 7])
def test_chains_are_followed_in_any_direction(step: int) -> None:
    """A cell rests on the next, or the one before, or one further on of a ring."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("S")
    count = 3000
    for at in range(count):
        if at:
            sheet.write_formula(at * step % count, 0, f"=A{(at - 1) * step % count + 1}+1", None, 9)
        sheet.write_formula(at, 2, f"=D{at + 1}", None, 9)
    book.close()
    package = check_package(out.getvalue(), "t.xlsx")
    changed = Changed()
    changed.add(1, 1)
    forget_values(package, {"S": changed})
    cells = list(parse(package[package.sheets()["S"]]).iter("{*}c"))
    assert {cell.get("r", "")[0] for cell in cells if cell.find("{*}v") is not None} == {"C"}


def test_all_cells_of_an_array_and_of_a_data_table_lose_their_values() -> None:
    """Also those that only show what the formula of another gives, and what rests on them."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("S")
    sheet.write("A1", 1)
    sheet.write_array_formula("C1:D2", "{=A1:A2*{1,2}}", None, 9)
    for cell in ("D1", "C2", "D2"):
        sheet.write(cell, 9)
    sheet.write_formula("F1", "=D2", None, 9)
    sheet.write_formula("F2", "=SUM(G9:G20)", None, 9)
    sheet.write_formula("F3", "=SUM(H9:H20)", None, 9)
    sheet.write_formula("F4", "=SUM(J9:J20)", None, 9)
    sheet.write_dynamic_array_formula("G9:G9", "=A1:A3", None, 9)
    sheet.write("J9", 5)
    sheet.write_formula("M1", "=N1", None, 9)
    for cell in ("N1", "M2", "N2"):
        sheet.write(cell, 9)
    sheet.write_formula("O1", "=N2", None, 9)
    sheet.write_formula("O2", "=P2", None, 9)
    book.close()
    package = check_package(out.getvalue(), "t.xlsx")
    part = package.sheets()["S"]
    table = b'<f t="dataTable" ref="M1:N2" dt2D="1" dtr="1" r1="Q1" r2="Q2"/>'
    package[part] = package[part].replace(b"<f>N1</f>", table)
    changed = Changed()
    changed.add(1, 1)
    forget_values(package, {"S": changed})
    cells = parse(package[part]).iter("{*}c")
    kept = {cell.get("r") for cell in cells if cell.findtext("{*}v") == "9"}
    assert kept == {"F4", "O2"}
