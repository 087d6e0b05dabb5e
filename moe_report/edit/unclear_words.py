"""Words typed as inputs on the sheet Models that are not surely one number: they stay."""

from __future__ import annotations

from collections.abc import Iterable

from moe_report.edit.cell_keys import Contents
from moe_report.load.our_sheets import SHEET
from moe_report.ooxml.cells_by_rows import cells_by_rows
from moe_report.ooxml.package import Package
from moe_report.ooxml.rearranged import Rearranged
from moe_report.schema.number_words import UNKNOWN_MARK
from moe_report.text import is_number


def keep_unclear_words(
    old: Contents, new: Package, fresh: Contents, models: Rearranged, columns: Iterable[int]
) -> None:
    """Put such words into the new sheet where it has a mark, so that the next update tells again.

    Args:
        old: What stands in the cells of the old sheet, which is what the report is made of.
        new: The new workbook.
        fresh: What stands in the cells of its sheet.
        models: Where the cells are now.
        columns: The old columns of fields and metrics.
    """
    marks = [at for at, text in fresh.items() if text == UNKNOWN_MARK]
    if not marks:
        return
    before = {now: column for column in columns if (now := models.columns.get(column))}
    rows = {now: row for row, now in models.rows.items()}
    part = new.sheets()[SHEET]
    cells = cells_by_rows(new, part, SHEET)
    for column, row in marks:
        words = old.get((before.get(column, 0), rows.get(row, 0)), "")
        if words and not words.startswith("=") and not is_number(words):
            cells.put(row, column, {"t": words}, cells.style(row, column))
    new.hold(part, cells)
