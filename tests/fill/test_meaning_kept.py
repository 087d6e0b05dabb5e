from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from moe_report.fill.fill import fill
from moe_report.ooxml.package import Package
from tests.fill.packages import rewritten
from tests.office import convert_all, opened
from tests.reports import many_models

ROW = 9  # repeats
NEW = 6
LAST = 30
SHEETS = ("Data", "It's other", "Pages")
NUMBERS = "HIJKLM"  # columns of the sheet Data with numbers above and below the table


def cell(made: random.Random, rows: tuple[int, int] | None = None) -> tuple[str, int]:
    """Return a column and a row with a number, above or below the row that repeats."""
    low, high = rows or made.choice([(1, ROW - 1), (ROW + 1, LAST)])
    return made.choice(NUMBERS), made.randint(low, high)


def reference(made: random.Random, sheet: str, *, ranged: bool) -> str:
    """Return a reference to numbers of the sheet Data, as seen from a sheet."""
    front = made.choice(["Data!", "'Data'!", "data!"])
    if sheet == "Data" and made.random() < 0.7:
        front = ""
    column, row = cell(made)
    marks = [made.choice(["", "$"]) for _ in range(4)]
    first = f"{marks[0]}{column}{marks[1]}{row}"
    if not ranged:
        return front + first
    kind = made.random()
    if kind < 0.1:
        return f"{front}{column}:{column}"
    other, end = cell(made)
    low, high = sorted((row, end))
    left, right = sorted((column, other))
    return f"{front}{marks[0]}{left}{marks[1]}{low}:{marks[2]}{right}{marks[3]}{high}"


def formula(made: random.Random, sheet: str) -> str:
    """Return a formula whose value the rows of the table have no part in."""
    one, two = (reference(made, sheet, ranged=False) for _ in range(2))
    area, second = (reference(made, sheet, ranged=True) for _ in range(2))
    column, row = cell(made, (ROW + 1, LAST - 3))
    below = f"Data!${column}${row}:{column}{row + 3}"
    return made.choice([
        f"{one}+{two}", f"-{one}^2%", f"SUM({area})-{two}", f"AVERAGE({area},{second})",
        f"MAX({area})*COUNT({second})", f'IF({one}>{two},"B21",SUM({below}))',
        f'"A9:B21 "&{one}', f"SUMPRODUCT({below},{below})", f"INDEX({below},MATCH(1E9,{below}))",
        f"SUM({one}:{one},{second})", f"LOG10({one})+SUM(Low)", f'SUMIF({area},">40")',
        f"SUMIFS({below},{below},\"<\"&{one})", f"VLOOKUP({two},{below},1,TRUE)&\"'\"",
        f"SUM((({area})))/3", f"COUNTIF({below},{one})", f"SMALL({area},1)+Below",
        f"SUM('It''s other'!A1:A{row})+{one}", f"SUM(Data!{row}:{row + 1})",
        f"OFFSET({one},0,0)", f"{{1,2}}*{one}".replace("{1,2}*", "SUM({1,2})*"),
    ])  # fmt: skip


def template(seed: int) -> tuple[bytes, list[tuple[str, str]]]:
    """Return a workbook of random formulas, and where they are."""
    made = random.Random(seed)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheets = {name: book.add_worksheet(name) for name in SHEETS}
    data = sheets["Data"]
    data.add_table(f"A{ROW - 1}:C{ROW}", {"name": "T", "columns": [{"header": h} for h in "XYZ"]})
    data.write(f"A{ROW}", "{{ m.name }}")
    data.write(f"B{ROW}", "{{ m.total_params }}")
    for row in range(1, LAST + 1):
        if row != ROW:
            for column in NUMBERS:
                data.write(f"{column}{row}", made.randint(1, 99))
        sheets["It's other"].write(f"A{row}", made.randint(1, 99))
    book.define_name("Low", f"=Data!$H${ROW + 3}:$K${ROW + 6}")
    book.define_name("Below", f"=Data!$I${LAST}")
    places = []
    for name in SHEETS:
        for at in range(1, 61):
            if name == "Data" and at == ROW:
                continue
            column = "P" if name == "Data" else "C"
            sheets[name].write_formula(f"{column}{at}", "=" + formula(made, name))
            places.append((name, f"{column}{at}"))
    book.close()
    return out.getvalue(), places


class Books:
    """A workbook before and after it was filled, and with formulas that did not move."""

    def __init__(self, folder: Path) -> None:
        self.data, self.places = template(seed=1)
        filled = fill(self.data, many_models(NEW + 1), where="t.xlsx").data
        part = "xl/worksheets/sheet3.xml"  # Pages
        unmoved = rewritten(filled, {part: Package(self.data)[part]})
        paths = []
        for name, content in (("before", self.data), ("after", filled), ("unmoved", unmoved)):
            paths.append(folder / f"{name}.xlsx")
            paths[-1].write_bytes(content)
        self.before, self.after, self.unmoved = map(opened, convert_all(paths, folder / "out"))


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """The three of them, computed."""
    found = Books(tmp_path_factory.mktemp("meaning"))
    yield found
    for book in (found.before, found.after, found.unmoved):
        book.close()


def test_a_formula_gives_after_the_rows_came_in_what_it_gave_before(books: Books) -> None:
    """Wherever it stands and whatever it refers to, as long as the rows have no part in it."""
    formulas = openpyxl.load_workbook(io.BytesIO(books.data))
    assert len(books.places) > 150
    wrong, numbers = [], 0
    for sheet, address in books.places:
        row = int(address[1:])
        moved = f"{address[0]}{row + NEW * (sheet == 'Data' and row > ROW)}"
        old, new = books.before[sheet][address].value, books.after[sheet][moved].value
        numbers += isinstance(old, (int, float))
        if old != new and new != pytest.approx(old):
            text = formulas[sheet][address].value
            wrong.append(f"{sheet}!{address} {text}: {old!r} became {new!r}")
    formulas.close()
    assert numbers > 100
    assert wrong == []


def test_the_oracle_sees_a_formula_that_did_not_move(books: Books) -> None:
    """With the sheet of formulas as it was before, values differ."""
    pages = [book["Pages"] for book in (books.before, books.unmoved)]
    found = [[page[f"C{at}"].value for page in pages] for at in range(1, 61)]
    assert sum(old != new for old, new in found) > 10
