"""A copy of a workbook in which the cells with problems are marked and noted; the rest stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from moe_report.errors import Problem
from moe_report.load.our_sheets import OUR_AUTHOR
from moe_report.ooxml.addresses import split_address
from moe_report.ooxml.cells import Cells
from moe_report.ooxml.notes import Note, add_notes
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.styles import Styles

_RED = "FFFFC7CE"


def annotate(package: Package, problems: Iterable[Problem]) -> bytes:
    """Return the workbook with a red fill and a note on each cell that has a problem.

    Problems without a cell are passed over: they concern the whole file or sheet.
    """
    by_sheet: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        if problem.sheet and problem.cell:
            by_sheet[problem.sheet][problem.cell].append(problem.message)
    parts = package.sheets()
    styles = Styles(package)
    for sheet, messages in by_sheet.items():
        root = package.root(parts[sheet])
        cells = Cells(root, sheet)
        notes = []
        for address, lines in messages.items():
            column, row = split_address(address)
            cell = cells.cell(row, column)
            cell.set("s", str(styles.filled(int(cell.get("s", "0")), _RED)))
            notes.append(Note(row, column, "\n".join(lines), OUR_AUTHOR))
        add_notes(package, parts[sheet], root, notes)
        package[parts[sheet]] = serialize(root)
    styles.save()
    return package.save()
