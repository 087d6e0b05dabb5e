"""formulon, a second opinion beside LibreOffice: what it computes, how wide it shows numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moe_report.fill.calculate.engines import ENGINES, Cell
from moe_report.fill.calculate.formulas import Formulas
from moe_report.ooxml.cells import forget_value
from moe_report.ooxml.package import Package, parse, serialize
from tests.libraries import library


def without_values(data: bytes) -> Package:
    """A workbook whose formulas have no values."""
    package = Package(data)
    for part in package.sheets().values():
        root = parse(package[part])
        for cell in root.iter("{*}c"):
            forget_value(cell)
        package[part] = serialize(root)
    return package


def computed(data: bytes) -> dict[Cell, object]:
    """What formulon computes for each formula of a workbook; None for an error."""
    library("formulon")
    formulas = Formulas(without_values(data))
    all_functions = {name for item in formulas.cells for name in item.needs.functions}
    known = formulas.computable(all_functions)
    values = ENGINES["formulon"].compute(formulas, known)
    return {cell: values.get(cell) for item in known for cell in item.filled}


def numbers_shown(data: bytes) -> Iterator[tuple[Cell, str, float]]:
    """Give each number of a workbook as it is shown, with the width of its column in digits."""
    engine: Any = library("formulon")
    with engine.Workbook.load(data) as book:
        for sheet in range(book.sheet_count()):
            widths = {
                column: item.width
                for item in book.get_sheet_columns(sheet)
                for column in range(item.first, item.last + 1)
            }
            cursor: int | None = 0
            while cursor is not None:
                area = engine.MergeRange(0, 0, 9999, 999)
                cells, cursor = book.get_cells_in_range(sheet, area, cursor)
                for cell in cells:
                    if cell.value.kind is engine.ValueKind.NUMBER:
                        text, _ = book.get_display_text(sheet, cell.row, cell.col)
                        place = (book.sheet_name(sheet), cell.col + 1, cell.row + 1)
                        yield place, text, widths.get(cell.col, 8.43)
