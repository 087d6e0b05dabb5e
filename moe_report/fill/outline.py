"""What ``moe-report template check`` prints: cell by cell what a template asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moe_report.errors import Problem, first_lines
from moe_report.fill.expressions.expression import Expression
from moe_report.fill.expressions.scope import REPORT_NAMES, Known, Meaning
from moe_report.fill.template import NamedCell, Template, TemplateCell, TemplateTable
from moe_report.text import counted

_WIDEST = 60


def describe(template: Template, known: Known, problems: Sequence[Problem] = ()) -> str:
    """Return what a template would fill, and what is wrong with it."""
    blocks: list[tuple[str, list[str]]] = []
    by_sheet: dict[str, list[TemplateCell]] = {}
    for cell in template.cells:
        by_sheet.setdefault(cell.sheet, []).append(cell)
    for sheet, cells in by_sheet.items():
        blocks.append((f"Sheet {sheet}", _cells(cells, known)))
    for table in template.tables:
        blocks.append((_table(table), _cells(table.cells, known)))
    for repeated in template.sheets:
        name = _written(repeated.name)
        blocks.append((f"Sheet {name}, once for each model", _cells(repeated.cells, known)))
    blocks.append(("Names", _aligned(_name(item, known) for item in template.names)))
    told = [*map(str, problems)]
    blocks.append(("Not understood", [f"  {line}" for line in first_lines(told, "and {} more")]))
    texts = ["\n".join([title, *lines]) for title, lines in blocks if lines]
    return "\n\n".join([_summary(template, problems), *texts])


def _summary(template: Template, problems: Sequence[Problem]) -> str:
    counts = [
        (len(template.cells), "cell", "cells"),
        (len(template.tables), "table row that repeats", "table rows that repeat"),
        (len(template.sheets), "sheet that repeats", "sheets that repeat"),
        (len(template.names), "name", "names"),
    ]
    said = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    summary = f"It asks for {', '.join(said)}." if said else "It asks for nothing."
    if problems:
        summary += f" {len(problems)} problem{'s' * (len(problems) > 1)}: it would not be filled."
    return summary


def _table(table: TemplateTable) -> str:
    said = f"Table {table.area.name} (sheet {table.sheet}), row {table.row} once for each model"
    rules = table.rules
    if rules.where:
        said += f" where {rules.where.text}"
    if rules.sort:
        keys = [
            f"{key.text}{', the largest first' if largest else ''}" for key, largest in rules.sort
        ]
        said += f", sorted by {'; then by '.join(keys)}"
    return (
        said if rules.limit is None else f"{said}; the first {counted(rules.limit, 'model')} only"
    )


def _name(item: NamedCell, known: Known) -> list[str]:
    meaning = _meaning(item.cell.pieces, known)
    piece = item.cell.pieces[0]
    if known.models is None and isinstance(piece, Expression) and "models" in piece.names:
        meaning += ", if there is one model"
    return [item.name, f"{item.cell.sheet}!{item.cell.address}", meaning]


def _cells(cells: Iterable[TemplateCell], known: Known) -> list[str]:
    return _aligned(
        [cell.address, _cut(_written(cell.pieces)), _meaning(cell.pieces, known)] for cell in cells
    )


def _written(pieces: Iterable[str | Expression]) -> str:
    """The text as it stands in the workbook, on one line."""
    texts = [piece if isinstance(piece, str) else f"{{{{ {piece.text} }}}}" for piece in pieces]
    return " ".join("".join(texts).split())


def _meaning(pieces: Sequence[str | Expression], known: Known) -> str:
    """What a cell becomes."""
    if len(pieces) > 1 or isinstance(pieces[0], str):
        return "text"
    expression = pieces[0]
    if expression.text.startswith("report.") and expression.text[7:] in REPORT_NAMES:
        return REPORT_NAMES[expression.text[7:]]
    about = known.meaning(expression.about)
    if about is None:
        return "true or false" if expression.truth else "worked out"
    return f"{_label(about)}, live formula" if expression.formula else _label(about)


def _label(meaning: Meaning) -> str:
    return f"{meaning.label} ({meaning.unit})" if meaning.unit else f"{meaning.label}, text"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1].rstrip() + "…"


def _aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    table = list(rows)
    widths = [max((len(row[at]) for row in table), default=0) for at in range(2)]
    return [f"  {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in table]
