"""The sheet Sweep of a workbook to fill in: what is varied, what designs must keep to, what for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from moe_report.load.our_sheets import SWEEP_SHEET
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.palette import INPUT, SOFT, Look
from moe_report.sweeps.said import KINDS, MEANINGS, PARTS, REMARK, Line

_TOP, _SPARE = 4, 40  # row of the header; rows below what is filled in that may be filled in, too
_WIDTHS: Mapping[str, float] = {
    "what": 12, "name": 26, "from": 10, "to": 10, "step": 8, "factors": 16, "values": 20,
    "formula": 34, REMARK: 46,
}  # fmt: skip
_NUMBERS = ("from", "to", "step")
_TYPED = Look(color=INPUT, vertical="top")
_FORMULA = Look(color=INPUT, mono=True, size=9, wrap=True, vertical="top")


def write_sweep(book: Book, lines: Sequence[tuple[Line, str]]) -> None:
    """Fill the sheet with lines, each with a remark."""
    sheet = book[SWEEP_SHEET]
    sheet.heading(
        SWEEP_SHEET,
        "Every combination of what is varied is a design around the model of the sheet Models. "
        "moe-report sweep counts all, and reports the front.",
    )
    sheet.table_head(_TOP, _WIDTHS.items(), right=_NUMBERS, fixed=("factors", "values", "formula"))
    names = list(_WIDTHS)
    for row, (line, remark) in enumerate(lines, start=_TOP + 1):
        cells: dict[str, object] = {"what": line.kind, "name": line.name, **line.parts}
        for column, name in enumerate(names, start=1):
            value = cells.get(name)
            look = _FORMULA if name == "formula" else _TYPED
            look = replace(look, horizontal="right") if name in _NUMBERS else look
            if isinstance(value, (str, int, float)) and value != "":
                sheet.put(row, column, value, look)
        sheet.put(row, len(names), remark, SOFT)
    last = _TOP + len(lines) + _SPARE
    sheet.allow(
        f"A{_TOP + 1}:A{last}",
        type="list",
        formula1=f'"{",".join(KINDS)}"',
        allow_blank=True,
        errorTitle="What",
        error=f"One of {', '.join(KINDS)}."[:255],
    )
    kinds = "\n".join(f"{kind}: {meaning}" for kind, meaning in MEANINGS.items())
    for column, name in enumerate(names, start=1):
        if meaning := {"what": kinds, **PARTS}.get(name):
            sheet.note(_TOP, column, meaning)
