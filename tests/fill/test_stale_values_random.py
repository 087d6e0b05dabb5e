"""Random workbooks: a stored value that a fill leaves is the one that LibreOffice computes."""

from __future__ import annotations

import io
import math
import random
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils.cell import coordinate_from_string

from moe_report.fill.fill import fill
from moe_report.reports import Report
from tests.fill.books import opened
from tests.office import convert_all
from tests.reports import MIXTRAL, OLMOE, QWEN3, report_of, row

SHEETS = ("Data", "It's far", "Notes", "Last")
TABLES = {"Data": "Costs", "It's far": "Fixed"}
COLUMNS = "JKLMN"  # of formulas
NAMES = {
    "total": "=SUM(Costs[n])", "fixed": "='It''s far'!$B$3", "chain": "=total+1",
    "seen": "=Data!$B$2",
    "area": "=Data!$A$1:$H$40", "low": "=Notes!$A$2:$A$9", "deep": "=chain*fixed",
}  # fmt: skip


def cell(made: random.Random, sheet: str) -> str:
    """A cell of any sheet, of numbers, of formulas, or of the table."""
    on = made.choice(SHEETS)
    front = "" if on == sheet else "'It''s far'!" if "'" in on else f"{on}!"
    column = made.choice("ABCDEF" + COLUMNS)
    return f"{front}{made.choice(['', '$'])}{column}{made.choice(['', '$'])}{made.randint(1, 24)}"


def area(made: random.Random, sheet: str) -> str:
    """Some cells of a column or of a few."""
    start = cell(made, sheet).replace("$", "")
    front, _, place = start.rpartition("!")
    letters, at = coordinate_from_string(place)
    width = made.choice([0, 0, 1])
    last = chr(ord(letters) + width)
    kind = made.random()
    text = f"{letters}:{last}" if kind < 0.05 else f"{letters}{at}:{last}{at + made.randint(0, 8)}"
    return f"{front}!{text}" if front else text


def formula(made: random.Random, sheet: str) -> str:
    """A formula of one of many kinds."""
    one, two = cell(made, sheet), cell(made, sheet)
    some, more = area(made, sheet), area(made, sheet)
    return made.choice([
        f"{one}+1", f"{one}*2-{two}", f"SUM({some})", f"COUNT({some},{more})", f"COUNTA({some})",
        f"COUNTBLANK({some})", f"ROWS({some})", f"MAX({some},{two})",
        f"IF(COUNT({one})=1,{one},{two})",
        "SUM(Costs[n])", "ROWS(Costs[])", "SUM(Fixed[n])+1", "SUBTOTAL(109,Costs[n])",
        "COUNTA(Costs[name])", "Costs[[#Totals],[n]]", "MAX(Fixed[[#All],[n]])",
        "total", "fixed+1", "chain", "deep", "seen", "COUNT(area)", "SUM(low)", "-fixed",
        f"INDEX({some},1)", f'SUMIF({some},">3")', f"ROW({one})", "ROW()", f"COLUMN({one})",
        f'OFFSET({one},0,0)',
        f'INDIRECT("{made.choice("ABJ")}{made.randint(1, 24)}")',
        "SUM(Data:Last!A3)", "SUM('Data:It''s far'!B7)", "SUM(Notes:Last!A1:B9)",
        f"SUM(A1:INDEX(A:H,{made.randint(2, 9)},2))", f'"A7 total "&{one}', f"N({one})",
        f"T({one})",
        f"IFERROR({one}/{two},0)", f"SUMPRODUCT({some}*1)", f"MATCH(3,{some},0)", "SHEETS()",
        f"AVERAGE({some})", f"LARGE({some},1)", f"AND({one}>1,{two}>1)", f"ISBLANK({one})",
    ])  # fmt: skip


def template(seed: int, values: dict[tuple[str, str], Any] | None = None) -> bytes:
    """A workbook of random formulas, with their values if they are known."""
    made, known = random.Random(seed), values or dict.fromkeys([(name, "B9") for name in TABLES], 0)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheets = {name: book.add_worksheet(name) for name in SHEETS}
    for name, sheet in sheets.items():
        for at in range(1, 25):
            for column in "ABC":
                if made.random() < 0.6 and not (name in TABLES and 6 <= at <= 9):
                    sheet.write_number(f"{column}{at}", made.randint(1, 9))
    columns = [{"header": "name"}, {"header": "n", "total_function": "sum"}]
    for name, table in TABLES.items():
        options = {"name": table, "columns": columns, "total_row": True}
        sheets[name].add_table("A7:B9", options)
        sheets[name].write_formula("B9", f"=SUBTOTAL(109,{table}[n])", None, known[name, "B9"])
    sheets["Data"].write_row("A8", ["{{ m.name }}", "{{ m.num_experts }}"])
    sheets["It's far"].write_row("A8", ["x", 5])
    sheets["Data"].write("B2", "{{ models | length }}")
    sheets["Last"].write("A3", "{{ models[0].num_experts }}")
    for name, text in NAMES.items():
        book.define_name(name, text)
    for name, sheet in sheets.items():
        for column in COLUMNS:
            for at in range(1, 25):
                text, kind = formula(made, name), made.random()
                place = f"{column}{at}"
                if name == "Data" and at == 8:
                    continue
                value = known.get((name, place), 0)
                if kind < 0.9 or column == "N":
                    sheet.write_formula(place, f"={text}", None, value)
                else:
                    value = int(value) if isinstance(value, bool) else value
                    sheet.write_array_formula(f"{place}:{place}", f"{{={text}}}", None, value)
    top = made.randint(1, 20)  # an array over cells that change, and over others
    for at, (name, columns) in enumerate((("Data", "AB"), ("Notes", "BC"))):
        left, right = "QRST"[2 * at : 2 * at + 2]
        text = f"{{=IFERROR({name}!{columns[0]}{top}:{columns[1]}{top + 2}*1,0)}}"
        places = [f"{column}{line}" for column in (left, right) for line in (2, 3, 4)]
        first, *others = ((place, known.get(("Notes", place), 0)) for place in places)
        sheets["Notes"].write_array_formula(f"{left}2:{right}4", text, None, first[1])
        for place, value in others:
            sheets["Notes"].write_number(place, value)
    book.close()
    return out.getvalue()


def report() -> Report:
    """Three models: two rows come in."""
    return report_of(row("a", MIXTRAL), row("b", OLMOE), row("c", QWEN3))


def stored_of(path: Path) -> dict[tuple[str, str], Any]:
    """The values that a workbook stores, by sheet and cell."""
    book = opened(path.read_bytes(), values=True)
    return {
        (sheet.title, item.coordinate): item.value
        for sheet in book for line in sheet.iter_rows() for item in line if item.value is not None
    }  # fmt: skip


def formulas_of(data: bytes) -> set[tuple[str, str]]:
    """The cells of a workbook with formulas."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        (sheet.title, item.coordinate)
        for sheet in book for line in sheet.iter_rows() for item in line
        if item.data_type == "f"
    }  # fmt: skip


def alike(one: object, other: object) -> bool:
    """Whether two values are the same; an error is like any other, nothing like an empty text."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-12)
    if isinstance(one, str) and isinstance(other, str) and one[:1] == other[:1] == "#":
        return True
    return (one or "") == (other or "")


SEEDS = range(8)


@pytest.mark.slow
def test_what_is_left_is_what_is_computed(tmp_path: Path) -> None:
    """Each value was right before the fill, and each that is left is right after it."""
    plain = []
    for seed in SEEDS:
        plain.append(tmp_path / f"plain{seed}.xlsx")
        plain[-1].write_bytes(template(seed))
    filled = []
    known = [stored_of(path) for path in convert_all(plain, tmp_path / "known")]
    for seed, values in zip(SEEDS, known, strict=True):
        filled.append(tmp_path / f"filled{seed}.xlsx")
        filled[-1].write_bytes(fill(template(seed, values), report(), where="t.xlsx").data)
    computed = convert_all(filled, tmp_path / "computed")
    wrong, left, dropped = [], 0, 0
    for ours, theirs in zip(filled, computed, strict=True):
        cells, before, after = formulas_of(ours.read_bytes()), stored_of(ours), stored_of(theirs)
        left += len(cells & before.keys())
        dropped += len(cells - before.keys())
        wrong += [
            (ours.name, *place, before[place], after.get(place))
            for place in sorted(before)
            if not alike(before[place], after.get(place))
        ]
    assert wrong == []
    assert left > 500
    assert dropped > 500
