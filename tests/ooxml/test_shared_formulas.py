"""Formulas that cells share, as the standard has them, and written out as LibreOffice does."""

from __future__ import annotations

import random
import time
import zipfile
from html import escape
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openpyxl.worksheet.table import Table

from moe_report.errors import InputError
from moe_report.ooxml.cells import Cells
from moe_report.ooxml.formula_text import references, translated
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.shared_formulas import SheetFormulas
from tests.office import convert


def first(text: str, ref: str, number: int = 0) -> str:
    """The element of the cell that has the text."""
    return f'<f t="shared" ref="{ref}" si="{number}">{escape(text)}</f>'


def follows(number: int = 0, text: str = "") -> str:
    """The element of a cell that has it from there."""
    return f'<f t="shared" si="{number}">{escape(text)}</f>'


def cells_of(**formulas: str) -> Cells:
    """A sheet with elements of formulas by the address of their cells, in order."""
    rows: dict[str, str] = {}
    for address, formula in formulas.items():
        row = address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        rows[row] = rows.get(row, "") + f'<c r="{address}">{formula}<v>1</v></c>'
    data = "".join(f'<row r="{row}">{cells}</row>' for row, cells in rows.items())
    root = etree.fromstring(
        f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>'.encode()
    )
    return Cells(root, "t.xlsx, sheet S")


def texts(**formulas: str) -> dict[str, str]:
    """The formulas of such a sheet, written out."""
    found = cells_of(**formulas).formulas()
    return found.texts(found.elements)


def test_shared_formulas_are_written_out() -> None:
    """Beside formulas of a cell's own and those of an array, which stay as they are."""
    assert texts(
        A1=first("B1*2", "A1:A3"), C1="<f>D1</f>", A2=follows(), A3=follows(),
        C3='<f t="array" ref="C3:C4">D1:D2</f>',
    ) == {"A1": "B1*2", "C1": "D1", "A2": "B2*2", "A3": "B3*2", "C3": "D1:D2"}  # fmt: skip


def test_the_cell_with_the_text_may_come_later() -> None:
    """As in files of programs that write a sheet's cells in another order than they were made."""
    assert texts(A1=follows(), A2=first("B2", "A1:A3"), A3=follows()) == {
        "A1": "B1", "A2": "B2", "A3": "B3",
    }  # fmt: skip


def test_a_number_may_be_used_again() -> None:
    """Cells follow the latest text above them."""
    assert texts(
        A1=first("B1", "A1:A2"), A2=follows(), A5=first("C5", "A5:A6"), A6=follows(),
        D6=first("E6", "D6:D7", 1), A7=follows(), D7=follows(1),
    ) == {
        "A1": "B1", "A2": "B2", "A5": "C5", "A6": "C6", "D6": "E6", "A7": "C7", "D7": "E7",
    }  # fmt: skip


def test_a_cell_outside_of_the_area_and_one_with_a_text_of_its_own_follow() -> None:
    """The standard lets the first cell decide."""
    assert texts(A1=first("B1", "A1:A2"), A2=follows(text="Z99"), A9=follows()) == {
        "A1": "B1", "A2": "B2", "A9": "B9",
    }  # fmt: skip
    assert texts(A1=follows(text="B1"), A2=follows()) == {"A1": "B1", "A2": "B2"}  # without an area


def test_writing_out_takes_the_whole_group_and_no_other() -> None:
    """A group is told by one of its cells; what has the same number further down stays."""
    cells = cells_of(
        A1=first("B1", "A1:A2"), A2=follows(), A5=first("C5", "A5:A6"), A6=follows(), B6="<f>A1</f>"
    )
    formulas = cells.formulas()
    assert not formulas.write_out(["B6", "Z1"])
    assert formulas.write_out(["A2"])
    found = [(item.text, dict(item.attrib)) for item in cells.root.iter("{*}f")]
    assert found == [
        ("B1", {}), ("B2", {}), ("C5", {"t": "shared", "ref": "A5:A6", "si": "0"}),
        (None, {"t": "shared", "si": "0"}), ("A1", {}),
    ]  # fmt: skip
    assert [list(group.members) for group in formulas.shared] == [["A5", "A6"]]
    assert formulas.text("A2") == "B2"
    assert not formulas.is_shared("A2")


@pytest.mark.parametrize(
    ("formulas", "message"),
    [
        ({"A1": first("B2", "A1:A3"), "A3": follows(), "A2": first("B1", "A2", 1)}, None),
        ({"A1": follows(), "A2": first("B1", "A1:A2")}, "A1: its formula: B1 would lead off the"),
        ({"A1": first("XFD1", "A1:B1"), "B1": follows()}, "B1: its formula: XFD1 would lead off"),
        ({"B2": first("A:B", "B2:B2"), "A2": follows()}, "A2: its formula: A would lead off the"),
        ({"A1": first("XFE1", "A1:A2"), "A2": follows()}, None),
        ({"A1": first('B1+"', "A1:A2"), "A2": follows()}, "A2: its formula: the formula cannot be"),
        ({"A1": follows()}, "A1: its formula: shares a formula that no cell has"),
    ],
)
def test_what_cannot_be_written_out_is_named(formulas: dict[str, str], message: str | None) -> None:
    """Beyond the edge, programs go on at the other one or show an error; none of that is said."""
    cells = cells_of(**formulas)
    before = etree.tostring(cells.root)
    if message is None:
        assert cells.formulas().write_out(formulas)
        return
    with pytest.raises(InputError) as caught:
        cells.formulas().write_out(formulas)
    assert str(caught.value).startswith(f"t.xlsx, sheet S, cell {message}")
    assert etree.tostring(cells.root) == before


def test_every_cell_that_cannot_be_written_out_is_named() -> None:
    """At once, so that a user mends them in one go."""
    with pytest.raises(InputError) as caught:
        texts(A1=follows(), A2=follows(), A3=first("B1", "A1:A3"))
    assert [problem.where for problem in caught.value.problems] == [
        "t.xlsx, sheet S, cell A1", "t.xlsx, sheet S, cell A2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "below"),
    [
        ("SUM(A3:INDEX(B:B,ROW()))", "SUM(A4:INDEX(B:B,ROW()))"),
        ("SUM(Data!A1:Data!B2)", "SUM(Data!A2:Data!B3)"),
        ("XFE1+A1", "XFE1+A2"),
        ("@A5", "@A6"),
        ("SUM(A5#)", "SUM(A6#)"),
        ("[1]Sheet!B2", "[1]Sheet!B3"),
        ("[1]Sheet!B2:C$3", "[1]Sheet!B3:C$3"),
        ("[1]Jan:Mar!B2", "[1]Jan:Mar!B3"),
        ("SUM([1]Sheet!2:$3,[1]Sheet!B:B)", "SUM([1]Sheet!3:$3,[1]Sheet!B:B)"),
        ("'[b.xlsx]It''s'!B2", "'[b.xlsx]It''s'!B3"),
        ("[1]!name+B2", "[1]!name+B3"),
        ("[1]Sheet!name+B2", "[1]Sheet!name+B3"),
    ],
)
def test_overwriting_the_first_cell_leaves_what_the_others_say(formula: str, below: str) -> None:
    """Each is then a formula of its own."""
    cells = cells_of(A3=first(formula, "A3:A4"), A4=follows())
    cells.put(3, 1, {"v": "7"}, None)
    assert [(item.text, dict(item.attrib)) for item in cells.root.iter("{*}f")] == [(below, {})]
    assert cells.formulas_lost


def test_a_large_sheet_made_to_take_long_does_not() -> None:
    """Neither many groups with one number, nor cells that follow them."""
    made = etree.fromstring("<a>" + first("B1", "A1:A2") + follows() + "</a>")
    elements = [made[0]] * 40_000 + [made[1]] * 40_000
    started = time.perf_counter()
    found = SheetFormulas(((item, f"A{at}") for at, item in enumerate(elements, start=1)), "t")
    assert len(found.shared) == 40_000
    assert len(found.shared[-1].members) == 40_001
    assert time.perf_counter() - started < 5


# What LibreOffice says. A sheet has a formula in one cell and shared by cells around it; its twin
# has, in the same cells, formulas that we have written out. LibreOffice reads both, and has to
# write the same text into both. It is not asked about what it reads as a name or takes for an
# error: a spill (A5#), the name of another workbook, a number that is used again, and what would
# lead off the sheet, which it shows as #REF!.
SHEETS = ("Data", "It's one", "Jan", "Mar")
FORMULAS = 4000
BLOCK = 9  # rows and columns that a formula and those that follow it take


def _reference(dice: random.Random) -> str:
    """A reference that stays on the sheet, wherever a block's cells are."""
    signs = [dice.choice(["$", ""]) for _ in range(4)]
    sheet = dice.choice(["", "", "Data!", "'Data'!", "'It''s one'!", "Jan:Mar!", "[1]Data!"])
    kind = dice.choice(["cell", "far", "range", "columns", "rows", "qualified"])
    left, right = (dice.choice(["M", "n", "AA", "Az", "CC"]) for _ in range(2))
    top, bottom = (dice.randint(20, 400) for _ in range(2))
    if sheet == "[1]Data!":  # whole rows and columns LibreOffice spells in two ways
        kind = dice.choice(["cell", "far", "range"])
    if sheet in ("[1]Data!", "Jan:Mar!"):  # in the twin LibreOffice does not turn ends round
        signs = signs[:2] * 2
        left, right = sorted((left, right), key=lambda letters: (len(letters), letters.upper()))
        top, bottom = sorted((top, bottom))
    if kind == "far":
        return f"{sheet}{signs[0]}{dice.choice(['XEX', 'xez'])}{signs[1]}{1_048_000 + top}"
    if kind == "cell":
        return f"{sheet}{signs[0]}{left}{signs[1]}{top}"
    if kind == "columns":
        return f"{sheet}{signs[0]}{left}:{signs[1]}{right}"
    if kind == "rows":
        return f"{sheet}{signs[0]}{top}:{signs[1]}{top + 2}"
    second = "Data!" if kind == "qualified" else ""
    first_end = f"{second or sheet}{signs[0]}{left}{signs[1]}{top}"
    return f"{first_end}:{second}{signs[2]}{right}{signs[3]}{bottom}"


def _formula(dice: random.Random) -> str:
    """A formula in which references and what only looks like them stand in any order."""
    one, two = (_reference(dice) for _ in range(2))
    row = dice.randint(20, 400)
    kinds = [
        one,
        f"SUM({one},{two})*{dice.randint(2, 99)}",
        f"{one}&\"M{row}\"\"N{row}\"&{two}",
        f"SUM(M{row}:INDEX(N:N,ROW()))+SUM({one})",
        f"SUM(INDEX(N:N,ROW()):M${row})-{one}%",
        f"SUM(OFFSET($M{row},1,2):AA{row})",
        f"SUM((M{row}:AA$99,{one}))",
        f"SUM(M{row}:$AA99 N{row}:CC99)+LOG10({row})",
        f"{one}+XFE{row}+name_M{row}",
        f"IF({one}>={two},-M{row}^2,{{1,\"M{row}\";{row},2}})",
        f"SUM(T_1[M9],T_1[[#All],[N9]])+{one}",
        f"@M{row}+{one}",
        f"'It''s one'!M{row}:'It''s one'!$N{row + 1}",
        f"{row}.5E3+{one}<>TRUE",
        f"IFERROR({one}/M{row},#N/A)",
        f"VLOOKUP(M{row}, {one} ,2,FALSE)",
    ]  # fmt: skip
    return f"IF(0,{dice.choice(kinds)})"  # what it gives would take LibreOffice long


def _workbook(path: Path, blocks: list[str]) -> dict[tuple[str, str], str]:
    """Write the workbook, and return what we write out, by sheet of the shared ones and cell."""
    dice = random.Random(11)
    expected: dict[tuple[str, str], str] = {}
    parts = {}
    for half in range(2):
        shared: dict[int, list[tuple[int, str, str]]] = {}
        for at, formula in enumerate(blocks[half::2]):
            across, down = at % 50, at // 50
            corner = (4 + across * BLOCK, 4 + down * BLOCK)
            origin = _address(corner, (0, 0))
            others = {(dice.randint(-3, 4), dice.randint(-3, 4)) for _ in range(2)} - {(0, 0)}
            area = f"{_address(corner, (-3, -3))}:{_address(corner, (4, 4))}"
            for move in ((0, 0), *others):
                address = _address(corner, move)
                item = first(formula, area, at) if move == (0, 0) else follows(at)
                own = translated(formula, origin, address)
                expected[f"Shared{half}", address] = own
                shared.setdefault(corner[1] + move[1], []).append(
                    (corner[0] + move[0], f'<c r="{address}">{item}<v>1</v></c>',
                     f'<c r="{address}"><f>{escape(own)}</f><v>1</v></c>')
                )  # fmt: skip
        for which, name in ((1, "Shared"), (2, "Own")):
            rows = "".join(
                f'<row r="{row}">{"".join(item[which] for item in sorted(items))}</row>'
                for row, items in sorted(shared.items())
            )
            parts[f"{name}{half}"] = (
                f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
            )
    book = openpyxl.Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for name in (*parts, *SHEETS):
        book.create_sheet(name)
    table = book["Data"]
    for at, header in enumerate(("M9", "N9"), start=1):
        table.cell(1, at, header)
        table.cell(2, at, at)
    table.add_table(Table(displayName="T_1", ref="A1:B2"))
    data = BytesIO()
    book.save(data)
    written = {f"xl/worksheets/sheet{at}.xml": xml for at, xml in enumerate(parts.values(), 1)}
    with zipfile.ZipFile(data) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, written.get(name) or source.read(name))
    return expected


def _address(corner: tuple[int, int], move: tuple[int, int]) -> str:
    letters = openpyxl.utils.get_column_letter(corner[0] + move[0])
    return f"{letters}{corner[1] + move[1]}"


@pytest.mark.slow
def test_libreoffice_writes_out_the_same(tmp_path: Path) -> None:
    """Four thousand random formulas, each shared by cells above, below and beside."""
    dice = random.Random(2026)
    blocks = [_formula(dice) for _ in range(FORMULAS)]
    source = tmp_path / "shared.xlsx"
    expected = _workbook(source, blocks)
    book = openpyxl.load_workbook(convert(source, tmp_path / "out"))
    read = {
        (sheet.title, cell.coordinate): str(getattr(cell.value, "text", cell.value))
        .lower()
        .replace("~", ",")
        for sheet in book.worksheets[:4]
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }
    assert len(expected) > 2.5 * FORMULAS
    apart = [
        (sheet, address, own, theirs)
        for (sheet, address), own in expected.items()
        if (theirs := read[sheet, address]) != read[sheet.replace("Shared", "Own"), address]
        or "#ref!" in theirs
    ]
    assert not apart
    found = [sum(1 for _ in references(text, elsewhere=True)) for text in blocks]
    assert sum(found) > 1.5 * FORMULAS
    assert len(set(read.values())) > 2 * FORMULAS
