"""Tables of a page: numbers in one unit a column, and the exact number behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from markupsafe import escape

from moe_report.cells import Provenance
from moe_report.compute.kinds import Kind, rows_by_kind
from moe_report.display import MISSING, Scale, scale, show
from moe_report.renderers.html.findings import Marks, anchors_of, doubts_of, marks_of
from moe_report.renderers.html.page import PageCell, PageColumn, PageRow, PageTable
from moe_report.renderers.html.rich_text import linked
from moe_report.reports import Column, ModelInfo, Report
from moe_report.text import written

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


class Tables:
    """The tables of a report's page; what of it is doubted is looked for once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._doubts = tuple(doubts_of(report))
        self._marks = marks_of(self._doubts)
        self._anchors = anchors_of(report)
        self._kinds = rows_by_kind(report)

    def of_metrics(
        self, name: str, caption: str, columns: Sequence[Column]
    ) -> tuple[PageTable, ...]:
        """Return tables of some metrics: of all models, of claims and of lone layers.

        There is always one; the others have only the columns in which they have a number.
        """
        tables: list[PageTable] = []
        for kind, places in self._kinds.items():
            models = [self._report.models[at] for at in places]
            shown = [replace(column, cells=column.cells.take(places)) for column in columns]
            if kind != "models":
                known = (column.cells.provenances - {Provenance.MISSING} for column in shown)
                shown = [column for column, one in zip(shown, known, strict=True) if one]
            made = [_numbers(models, column, self._marks) for column in shown]
            if kind == "claims":
                about = [model.texts["compare_with"] for model in models]
                made.insert(0, _words("Claims about", "compare_with", about))
            if shown or not tables:
                own = f"{name}-{kind}" if tables else name
                whole = f"{caption} {_WHOSE[kind]}"
                tables.append(self._table(models, own, whole, made, _TITLES[kind]))
        return tuple(tables)

    def of_inputs(self) -> PageTable:
        """Return what was read, and what was derived of it: columns that are not all defaults."""
        models = self._report.models
        types = [model.texts.get("model_type") for model in models]
        columns = [_words("Architecture", "model_type", types)]
        for field in self._report.fields:
            if field.cells.provenances - {Provenance.DEFAULT, Provenance.MISSING}:
                columns.append(_numbers(models, field, self._marks))
        for at, (header, values) in enumerate(self._report.carried.items()):
            columns.append(_words(header, f"carried-{at}", values))
        filled = [(head, cells) for head, cells in columns if any(cell.content for cell in cells)]
        return self._table(models, "input-table", "Numbers that were read", filled)

    def _table(
        self,
        models: Sequence[ModelInfo],
        name: str,
        caption: str,
        columns: Sequence[_Column],
        title: str = "",
    ) -> PageTable:
        beside = {head.name for head, _ in columns}
        elsewhere = {found.model for _, found, names in self._doubts if beside.isdisjoint(names)}
        rows = tuple(
            PageRow(
                model.name,
                tuple(cells[at] for _, cells in columns),
                self._anchors[model.name] if model.name in elsewhere else "",
            )
            for at, model in enumerate(models)
        )
        css = next(word for most, word in _CROWDS if len(columns) <= most)
        return PageTable(name, caption, tuple(head for head, _ in columns), rows, css, title)


def _numbers(models: Sequence[ModelInfo], column: Column, marks: Marks) -> _Column:
    cells = column.cells
    chosen = scale(column.unit, column.format, cells.numbers)
    computed = cells.provenances - {Provenance.MISSING, Provenance.GIVEN}
    mark = "assumed" if computed == {Provenance.ASSUMED} else ""
    shown = [_number(value, column, chosen) for value in cells.numbers]
    places = [len(text.partition(".")[2]) if aligned else 0 for text, aligned in shown]
    most = max(places, default=0)
    made = []
    # Nothing is said of a number that is computed as the whole column is.
    plain = (Provenance.DERIVED, mark)
    words = ["" if one.provenance in plain else one.provenance.value for one in cells.states]
    sources = [words[state] for state in cells.state.tolist()]
    rows = zip(models, cells.numbers, sources, shown, places, strict=True)
    for model, value, source, (text, aligned), have in rows:
        # What stands in for decimals; what has a unit or a power of ten of its own is not aligned.
        lacking = most - have if aligned or value is None else 0
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


def _number(value: float | None, column: Column, chosen: Scale) -> tuple[str, bool]:
    """Return a number without its unit if that is the column's, and whether its digits align."""
    text = show(value, column.unit, column.format, chosen)
    if value is None:
        return MISSING, False
    number, _, sign = text.partition(" ")
    if chosen.sign == "×":
        number = text.removesuffix("×")
    elif sign != chosen.sign:
        return text, False
    return number, "e" not in number


def _words(label: str, name: str, values: Sequence[object]) -> _Column:
    texts = ("" if value is None else written(value) for value in values)
    cells = [PageCell("words", linked(text)) for text in texts]
    return PageColumn(name, label, "", text=True), cells
