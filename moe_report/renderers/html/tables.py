"""Tables of a page: numbers in one unit a column, and the exact number behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import escape

from moe_report.cells import Cell, Provenance
from moe_report.compute.kinds import Kind, only, rows_by_kind
from moe_report.display import MISSING, Scale, scale, show
from moe_report.renderers.html.findings import Marks, anchors_of, doubts_of, marks_of
from moe_report.renderers.html.page import PageCell, PageColumn, PageRow, PageTable
from moe_report.renderers.html.rich_text import linked
from moe_report.reports import Column, Report

# How small a table is printed, by the number of its columns.
_CROWDS = ((8, "few"), (14, "many"), (21, "crowd"), (10**6, "throng"))
MOST_PADDED = 9  # digits, for which report.css has classes
_TITLES: Mapping[Kind, str] = {
    "models": "",
    "claims": "Claims, each compared with a model",
    "layers": "Lone expert layers",
}
_WHOSE: Mapping[Kind, str] = {
    "models": "of all models",
    "claims": "of claims",
    "layers": "of lone layers",
}
_Column = tuple[PageColumn, list[PageCell]]


def metric_tables(
    report: Report, name: str, caption: str, columns: Sequence[Column]
) -> tuple[PageTable, ...]:
    """Return tables of some metrics: of all models, of claims and of lone layers.

    There is always one; the others have only the columns in which they have a number.
    """
    wanted = [column.name for column in columns]
    marks = marks_of(report)
    tables: list[PageTable] = []
    for kind, places in rows_by_kind(report).items():
        part = only(report, places)
        shown = [part.columns[one] for one in wanted]
        if kind != "models":
            shown = [column for column in shown if any(c.value is not None for c in column.cells)]
        made = [_numbers(part, column, marks) for column in shown]
        if kind == "claims":
            about = [model.texts["compare_with"] for model in part.models]
            made.insert(0, _words("Claims about", "compare_with", about))
        if shown or not tables:
            own = f"{name}-{kind}" if tables else name
            whole = f"{caption} {_WHOSE[kind]}"
            tables.append(_table(report, places, own, whole, made, _TITLES[kind]))
    return tuple(tables)


def input_table(report: Report) -> PageTable:
    """Return what was read, and what was derived of it: columns that are not all defaults."""
    marks = marks_of(report)
    types = [model.texts.get("model_type") for model in report.models]
    columns = [_words("Architecture", "model_type", types)]
    for field in report.fields:
        dull = (Provenance.DEFAULT, Provenance.MISSING)
        if any(cell.provenance not in dull for cell in field.cells):
            columns.append(_numbers(report, field, marks))
    headers = dict.fromkeys(header for model in report.models for header in model.carried)
    for at, header in enumerate(headers):
        values = [model.carried.get(header) for model in report.models]
        columns.append(_words(header, f"carried-{at}", values))
    filled = [(head, cells) for head, cells in columns if any(cell.content for cell in cells)]
    every = range(len(report.models))
    return _table(report, every, "input-table", "Numbers that were read", filled)


def _table(
    report: Report,
    places: Sequence[int],
    name: str,
    caption: str,
    columns: Sequence[_Column],
    title: str = "",
) -> PageTable:
    beside = {head.name for head, _ in columns}
    elsewhere = {found.model for _, found, names in doubts_of(report) if beside.isdisjoint(names)}
    anchors = anchors_of(report)
    rows = tuple(
        PageRow(
            report.models[place].name,
            tuple(cells[at] for _, cells in columns),
            anchors[report.models[place].name] if report.models[place].name in elsewhere else "",
        )
        for at, place in enumerate(places)
    )
    css = next(word for most, word in _CROWDS if len(columns) <= most)
    return PageTable(name, caption, tuple(head for head, _ in columns), rows, css, title)


def _numbers(report: Report, column: Column, marks: Marks) -> _Column:
    chosen = scale(column.unit, column.format, column.cells.numbers)
    sources = {cell.provenance for cell in column.cells}
    computed = sources - {Provenance.MISSING, Provenance.GIVEN}
    mark = "assumed" if computed == {Provenance.ASSUMED} else ""
    shown = [_number(cell, column, chosen) for cell in column.cells]
    places = [len(text.partition(".")[2]) if aligned else 0 for text, aligned in shown]
    most = max(places, default=0)
    made = []
    rows = zip(report.models, column.cells, shown, places, strict=True)
    for model, cell, (text, aligned), have in rows:
        # Nothing is said of a number that is computed as the whole column is.
        source = "" if cell.provenance in (Provenance.DERIVED, mark) else cell.provenance.value
        # What stands in for decimals; what has a unit or a power of ten of its own is not aligned.
        lacking = most - have if aligned or cell.value is None else 0
        pad = f"{'p' if have else 'q'}{min(lacking, MOST_PADDED)}" if lacking else ""
        doubt = marks.get((model.name, column.name))
        content = escape(text) + doubt if doubt else text
        made.append(PageCell(f"{source} {pad}".strip(), content))
    return PageColumn(column.name, column.label, _unit(chosen, column), mark), made


def _unit(chosen: Scale, column: Column) -> str:
    """Return the unit of a header: ``B``, ``GFLOP/token``, ``%``, or the column's own."""
    if not chosen.sign:
        return "" if column.unit == "ratio" else column.unit
    _, _, per = column.unit.partition("/")
    return f"{chosen.sign}/{per}" if per and column.format == "si" else chosen.sign


def _number(cell: Cell, column: Column, chosen: Scale) -> tuple[str, bool]:
    """Return a number without its unit if that is the column's, and whether its digits align."""
    text = show(cell.value, column.unit, column.format, chosen)
    if cell.value is None:
        return MISSING, False
    number, _, sign = text.partition(" ")
    if chosen.sign == "×":
        number = text.removesuffix("×")
    elif sign != chosen.sign:
        return text, False
    return number, "e" not in number


def _words(label: str, name: str, values: Sequence[object]) -> _Column:
    texts = ("" if value is None else str(value) for value in values)
    cells = [PageCell("words", linked(text)) for text in texts]
    return PageColumn(name, label, "", text=True), cells
