"""The headline table as a notebook shows it: one element of HTML, its looks inside.

A notebook may be dark or light and knows no style sheet of ours: nothing here has a colour of its
own, but lines that are half transparent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from moe_report.cells import Cell, Provenance
from moe_report.display import Scale, exact, scale, show
from moe_report.reports import Column, Report
from moe_report.text import counted

MOST_ROWS = 60
_MARKS = {Provenance.GIVEN: "▪", Provenance.DEFAULT: "▫", Provenance.ASSUMED: "≈"}
_DOUBT = "▲"
_LEGEND = {
    "▪": "given in the input", "▫": "default", "≈": "rests on an assumption",
    "▲": "doubted: point at it", "–": "missing",
}  # fmt: skip
_MARKED = re.compile(r"<td[^>]*>([▲▪▫≈]+ |–)")
_LINE = "1px solid rgba(128, 128, 128, 0.4)"
_QUIET = "margin: 0.3em 0; opacity: 0.75; font-size: 0.9em"
_HEAD = f"text-align: {{}}; vertical-align: bottom; border-bottom: {_LINE}; padding: 0.2em 0.5em"
_CELL = "white-space: nowrap; padding: 0.15em 0.5em"
_NUMBER = f"text-align: right; font-variant-numeric: tabular-nums; {_CELL}"
_NAME = f"text-align: left; font-weight: normal; {_CELL}"


def headline_table(report: Report, notes: int) -> str:
    """Return the headline numbers of a report as HTML, with what is doubted and what is missing.

    Below them stands how many notes there are on what was read.
    """
    columns = report.headline or report.metrics[:4]
    scales = [scale(column.unit, column.format, column.cells.numbers) for column in columns]
    doubts: dict[tuple[str, str], list[str]] = {}
    for found in report.findings:
        doubts.setdefault((found.model, found.column), []).append(found.message)
    rows = Markup("").join(
        Markup('<tr><th scope="row" style="{}">{}</th>{}</tr>').format(
            _NAME,
            model.name,
            Markup("").join(
                _number(column.cells[at], column, unit, doubts.get((model.name, column.name), []))
                for column, unit in zip(columns, scales, strict=True)
            ),
        )
        for at, model in enumerate(report.models[:MOST_ROWS])
    )
    heads = Markup("").join(
        Markup('<th scope="col" style="{}" title="{}">{}</th>').format(
            _HEAD.format("right"), column.description, column.label
        )
        for column in columns
    )
    table = Markup(
        '<div style="overflow-x: auto"><table style="border-collapse: collapse"><thead><tr>'
        '<th scope="col" style="{}">Model</th>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(_HEAD.format("left"), heads, rows)
    lines = Markup("").join(
        Markup('<p style="{}">{}</p>').format(_QUIET, line) for line in _lines(report, table, notes)
    )
    return str(
        Markup("<div><p><strong>{}</strong></p>{}{}</div>").format(report.title, table, lines)
    )


def _number(cell: Cell, column: Column, unit: Scale, doubts: Sequence[str]) -> Markup:
    marks = (_DOUBT if doubts else "") + _MARKS.get(cell.provenance, "")
    said = (exact(cell.value), cell.note, *doubts)
    shown = show(cell.value, column.unit, column.format, unit)
    return Markup('<td style="{}" title="{}">{}{}</td>').format(
        _NUMBER, "\n".join(filter(None, said)), f"{marks} " if marks else "", shown
    )


def _lines(report: Report, table: str, notes: int) -> Iterator[str]:
    """What stands below the table: the legend of its marks, and what else there is."""
    if len(report.models) > MOST_ROWS:
        yield f"and {len(report.models) - MOST_ROWS:,} more models: frame() has all"
    used = {mark for marks in _MARKED.findall(table) for mark in marks}
    legend = [f"{mark} {meaning}" for mark, meaning in _LEGEND.items() if mark in used]
    if legend:
        yield ", ".join(legend)
    yield from (str(failure) for failure in report.failures)
    levels = Counter(found.level for found in report.findings)
    if levels:
        kinds = ", ".join(f"{count} {level}" for level, count in levels.items())
        yield f"{counted(len(report.findings), 'finding')}: {kinds} (see .findings)"
    if notes:
        yield f"{counted(notes, 'note')} on what was read (see .notes)"
