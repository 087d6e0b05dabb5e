"""Tables of a page: numbers in one unit a column, and the exact number behind each."""

from __future__ import annotations

from collections.abc import Sequence

from moe_report.display import MISSING, Scale, scale, show
from moe_report.renderers.html.page import PageCell, PageColumn, PageRow, PageTable
from moe_report.renderers.html.rich_text import linked
from moe_report.reports import Cell, Column, Provenance, Report

# How small a table is printed, by the number of its columns.
_CROWDS = ((8, "few"), (14, "many"), (21, "crowd"), (10**6, "throng"))
MOST_PADDED = 9  # digits, for which report.css has classes
_Column = tuple[PageColumn, list[PageCell]]


def metric_table(report: Report, name: str, caption: str, columns: Sequence[Column]) -> PageTable:
    """Return a table of some metrics over all models."""
    return _table(report, name, caption, [_numbers(column) for column in columns])


def input_table(report: Report) -> PageTable:
    """Return what was read, and what was derived of it: columns that are not all defaults."""
    types = [model.texts.get("model_type") for model in report.models]
    columns = [_words("Architecture", "model_type", types)]
    for field in report.fields:
        dull = (Provenance.DEFAULT, Provenance.MISSING)
        if any(cell.provenance not in dull for cell in field.cells):
            columns.append(_numbers(field))
    headers = dict.fromkeys(header for model in report.models for header in model.carried)
    for at, header in enumerate(headers):
        values = [model.carried.get(header) for model in report.models]
        columns.append(_words(header, f"carried-{at}", values))
    filled = [(head, cells) for head, cells in columns if any(cell.content for cell in cells)]
    return _table(report, "input-table", "Numbers that were read", filled)


def _table(report: Report, name: str, caption: str, columns: Sequence[_Column]) -> PageTable:
    doubted = list(dict.fromkeys(finding.model for finding in report.findings))
    rows = tuple(
        PageRow(
            model.name,
            tuple(cells[at] for _, cells in columns),
            f"finding-{doubted.index(model.name) + 1}" if model.name in doubted else "",
        )
        for at, model in enumerate(report.models)
    )
    css = next(word for most, word in _CROWDS if len(columns) <= most)
    return PageTable(name, caption, tuple(head for head, _ in columns), rows, css)


def _numbers(column: Column) -> _Column:
    chosen = scale(column.unit, column.format, [cell.value for cell in column.cells])
    sources = {cell.provenance for cell in column.cells}
    computed = sources - {Provenance.MISSING, Provenance.GIVEN}
    mark = "assumed" if computed == {Provenance.ASSUMED} else ""
    shown = [_number(cell, column, chosen) for cell in column.cells]
    places = [len(text.partition(".")[2]) if in_unit else 0 for text, in_unit in shown]
    most = max(places, default=0)
    made = []
    for cell, (text, in_unit), have in zip(column.cells, shown, places, strict=True):
        # Nothing is said of a number that is computed as the whole column is.
        source = "" if cell.provenance in (Provenance.DERIVED, mark) else cell.provenance.value
        # What stands in for decimals; a number in a unit of its own is not aligned.
        lacking = most - have if in_unit or cell.value is None else 0
        pad = f"{'p' if have else 'q'}{min(lacking, MOST_PADDED)}" if lacking else ""
        made.append(PageCell(f"{source} {pad}".strip(), text))
    return PageColumn(column.name, column.label, _unit(chosen, column), mark), made


def _unit(chosen: Scale, column: Column) -> str:
    """Return the unit of a header: ``B``, ``GFLOP/token``, ``%``, or the column's own."""
    if not chosen.sign:
        return "" if column.unit == "ratio" else column.unit
    _, _, per = column.unit.partition("/")
    return f"{chosen.sign}/{per}" if per and column.format == "si" else chosen.sign


def _number(cell: Cell, column: Column, chosen: Scale) -> tuple[str, bool]:
    """Return a number without its unit if that is the column's, and whether it is."""
    text = show(cell.value, column.unit, column.format, chosen)
    if cell.value is None:
        return MISSING, False
    if chosen.sign == "×":
        return text.removesuffix("×"), True
    number, _, sign = text.partition(" ")
    return (number, True) if sign == chosen.sign else (text, False)


def _words(label: str, name: str, values: Sequence[object]) -> _Column:
    texts = ("" if value is None else str(value) for value in values)
    cells = [PageCell("words", linked(text)) for text in texts]
    return PageColumn(name, label, "", text=True), cells
