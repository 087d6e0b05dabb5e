"""References after rows were inserted, at random: as made, and as LibreOffice computes them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from moe_report.ooxml.references import Insertion, moved_formula, moved_row
from tests.office import convert, stored


def _decoy(dice: random.Random) -> tuple[str, str]:
    row = dice.randint(1, 40)
    text = dice.choice(
        ["\"A{0}\"", "\"say \"\"A{0}\"\"\"", "LOG10({0})", "T_1[A{0}]", "T_1[[#This Row],[B{0}]]",
         "Other!A{0}", "'Not this'!$A${0}:B{0}", "[1]Data!A{0}", "'[b.xlsx]Data'!A{0}", "XFE{0}",
         "name_A{0}", "{{1,\"A{0}\";{0},2}}", "#REF!", "{0}", "{0}.5E3", "A:C", "#REF!A{0}",
         "Jan:Mar!A{0}", "x.A{0}"]
    ).format(row)  # fmt: skip
    return text, text


def _real(dice: random.Random, after: int, count: int) -> tuple[str, str]:
    """A reference and where it has to lead, made without reading any."""

    def shown(row: int, dollar: str) -> str:
        return f"{dollar}{row}"

    prefix = dice.choice(["", "", "Data!", "'Data'!", "DATA!"])
    top = dice.randint(1, 40)
    bottom = dice.randint(top, 40)
    left, right = (dice.choice(["$", ""]) + dice.choice(["a", "B", "XFD"]) for _ in range(2))
    signs = [dice.choice(["$", ""]) for _ in range(2)]
    new_top = top + count if top > after else top
    new_bottom = bottom + count if bottom >= after else bottom
    kind = dice.choice(["cell", "range", "reversed", "rows", "qualified"])
    if kind == "cell":
        made = [f"{prefix}{left}{shown(row, signs[0])}" for row in (top, new_top)]
    elif kind == "rows":
        made = [
            f"{prefix}{shown(one, signs[0])}:{shown(two, signs[1])}"
            for one, two in ((top, bottom), (new_top, new_bottom))
        ]
    else:
        second = "Data!" if kind == "qualified" else ""
        pairs = [(top, bottom), (new_top, new_bottom)]
        if kind == "reversed" and top < bottom:
            pairs = [(two, one) for one, two in pairs]
        made = [
            f"{prefix or second}{left}{shown(one, signs[0])}:{second}{right}{shown(two, signs[1])}"
            for one, two in pairs
        ]
    return made[0], made[1]


def test_random_formulas_move_where_they_were_made_to() -> None:
    """References and what only looks like them, in any order."""
    dice = random.Random(20260)
    changed = 0
    for _ in range(4000):
        after, count = dice.randint(1, 35), dice.randint(1, 5000)
        parts = [
            _decoy(dice) if dice.random() < 0.5 else _real(dice, after, count)
            for _ in range(dice.randint(1, 7))
        ]
        before = after_all = ""
        for at, (old, new) in enumerate(parts):
            sign = dice.choice(["+", "*", ",", "&", "<>", " - ", "^", "=(", "+MAX("]) if at else ""
            before, after_all = before + sign + old, after_all + sign + new
        sheets = ["Jan", "Mar", "Data", "Other"]
        assert moved_formula(before, "Data", Insertion("Data", after, count), sheets=sheets) == (
            after_all
        )
        changed += before != after_all
    assert changed > 1500


# What LibreOffice says. Rows are put in below row 7 of Data. In columns A to D, the number of the
# repeated row is shared among it and the new rows: sums are the same only if they grew. In columns
# E to H it stays in the repeated row, and the new rows hold zeros.
AFTER, COUNT, ROWS = 7, 4, 20
INSERTION = Insertion("Data", AFTER, COUNT)
BOOK = ["Jan", "It's one", "Mar", "Data", "Q1", "Sums"]


def _ranged(dice: random.Random, columns: str) -> tuple[str, bool]:
    """A range of Data, and whether it has the repeated row in it."""
    rows = sorted(dice.randint(1, ROWS) for _ in range(2))
    if dice.random() < 0.4:
        rows[dice.randint(0, 1)] = AFTER
        rows.sort()
    letters = sorted(dice.choice(columns) for _ in range(2))
    signs = [dice.choice(["$", ""]) for _ in range(4)]
    first, last = (
        f"{signs[at]}{letters[at]}{signs[2 + at]}{rows[at]}" for at in range(2)
    )  # fmt: skip
    return f"{first}:{last}", rows[0] <= AFTER <= rows[1]


def _computed(dice: random.Random, on: str) -> str:
    """A formula whose value stays when rows are put in as they are here."""
    data = "" if on == "Data" and dice.random() < 0.7 else dice.choice(["Data!", "'Data'!"])
    area, crosses = _ranged(dice, "ABCD")
    cell = f"{data}{dice.choice('EFGH')}{dice.choice(['$', ''])}{dice.randint(1, ROWS)}"
    other = f"'It''s one'!{dice.choice('AB')}{dice.randint(1, ROWS)}"
    column = dice.choice("EFGH")
    kinds: list[Callable[[], str]] = [
        lambda: f"SUM({data}{area})",
        lambda: f"SUM({data}{area},{cell})*{dice.randint(2, 9)}+{other}",
        lambda: f"{cell}-{other}^2%",
        lambda: f"-{cell}&\"A9\"&{other}",
        lambda: f"SUMPRODUCT({data}{area}*2)+LOG10(1000)",
        lambda: f"SUM({data}E1:G{ROWS} {data}F{dice.randint(1, 9)}:F{dice.randint(10, ROWS)})",
        lambda: f"SUM(({data}{area},{cell}))",
        lambda: f"SUM({data}A{dice.randint(1, 6)}:INDEX({data}B{AFTER + 1}:B{ROWS},3))",
        lambda: f"SUM(Data!{area.split(':')[0]}:Data!{area.split(':')[1]})",
        lambda: (
            f"INDEX({data}F1:F{ROWS},"
            f"MATCH({data}{column}{AFTER + 5},{data}{column}1:{column}{ROWS},0))"
        ),
        lambda: f"VLOOKUP(Data!E{dice.choice([2, 9, 15])},Data!E$1:H${ROWS},3,FALSE)",
        lambda: f"SUMIF({data}E2:E{ROWS},\">50\",{data}F2:F{ROWS})",
        lambda: f"SUM({data}E:F)+SUM('It''s one'!6:9)",
        lambda: f"SUM(Jan:Mar!B{dice.randint(1, ROWS)})+{cell}",
        lambda: f"SUM(T_1[A9],T_1[[#All],[B9]])+{cell}",
        lambda: f"Q1!A{dice.randint(1, ROWS)}+'Q1'!$B${dice.randint(1, ROWS)}+{cell}",
        lambda: f"SUM({{9,10;11,12}})*{cell}+TAXES2024",
        lambda: f"IF({cell}>{other},MAX({data}E1:H{ROWS}),COUNTIF({data}E1:H{ROWS},\">0\"))",
    ]  # fmt: skip
    if on != "Data":
        kinds.append(lambda: f"SUM(A{dice.randint(1, 7)}:D{dice.randint(7, ROWS)})+{cell}")
        kinds.append(lambda: f"SUM(Data!{dice.randint(3, 7)}:{dice.randint(7, 12)})")
    if not crosses:
        kinds += [lambda: f"ROWS({data}{area})+COUNT({data}{area})+MAX({data}{area})"] * 3
    return dice.choice(kinds)()


def _numbers(seed: str) -> list[list[int]]:
    dice = random.Random(seed)
    return [[dice.randint(8, 100_000) for _ in range(8)] for _ in range(ROWS)]


def _write(path: Path, formulas: dict[tuple[str, int, int], str], insertion: Insertion) -> None:
    """Write the workbook, with rows put in or without."""
    book = openpyxl.Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for name in BOOK:
        sheet = book.create_sheet(name)
        for row, numbers in enumerate(_numbers(name) if name != "Sums" else [], start=1):
            for column, number in enumerate(numbers, start=1):
                at = moved_row(row, insertion) if name == "Data" else row
                shared = insertion.count if (name, row) == ("Data", AFTER) else 0
                part = number // (shared + 1) if column <= 4 else 0
                sheet.cell(at, column, number - shared * part)
                for below in range(1, shared + 1):
                    sheet.cell(at + below, column, part)
    table = book["Q1"]
    for at, header in enumerate(("A9", "B9")):
        table.cell(1, 11 + at, header)
        table.cell(2, 11 + at, 1000 + at)
        table.cell(3, 11 + at, 3000 + at)
    table.add_table(Table(displayName="T_1", ref="K1:L3"))
    book.defined_names["TAXES2024"] = DefinedName("TAXES2024", attr_text="Jan!$A$9")
    for (name, row, column), formula in formulas.items():
        at = moved_row(row, insertion) if name == "Data" else row
        moved = moved_formula(formula, name, insertion, sheets=BOOK)
        book[name].cell(at, column, f"={moved}")
    book.save(path)


@pytest.mark.slow
def test_libreoffice_computes_the_same_after_rows_were_inserted(tmp_path: Path) -> None:
    """Formulas above, below and beside the new rows and on other sheets keep their values."""
    dice = random.Random(7)
    places = [("Data", row, column) for row in range(1, ROWS + 1) for column in range(11, 19)]
    places += [(name, row, column) for name in ("Sums", "Mar")
               for row in range(1, 31) for column in range(11, 17)]  # fmt: skip
    # Not in the repeated row: each of its copies would have a formula of its own.
    formulas = {
        place: _computed(dice, place[0]) for place in places if place[:2] != ("Data", AFTER)
    }
    changed = [
        formula
        for (name, _, _), formula in formulas.items()
        if moved_formula(formula, name, INSERTION, sheets=BOOK) != formula
    ]
    assert len(formulas) > 400
    assert len(changed) > 200
    before, after = tmp_path / "before.xlsx", tmp_path / "after.xlsx"
    _write(before, formulas, Insertion("Data", AFTER, 0))
    _write(after, formulas, INSERTION)
    before, after = (convert(path, tmp_path / "out") for path in (before, after))
    for name in ("Data", "Sums", "Mar"):
        was, now = stored(before, name), stored(after, name)
        for (sheet, row, column), formula in formulas.items():
            if sheet != name:
                continue
            place = f"{name}!{get_column_letter(column)}{row} ={formula}"
            at = moved_row(row, INSERTION) if name == "Data" else row
            old, new = was[row - 1][column - 1], now[at - 1][column - 1]
            assert old is not None, place
            assert not str(old).startswith("#"), f"{place}: {old}"
            same = old == new if isinstance(old, str) else new == pytest.approx(old, rel=1e-12)
            assert same, f"{place}: {old} became {new}"
