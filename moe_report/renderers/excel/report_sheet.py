"""The sheet Report: what the next report made from the workbook shall say."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.load.our_sheets import REPORT_SHEET
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.palette import CODE, INPUT, SOFT, Look

_TOP = 4
_MEANINGS = {
    "title": "Heading of the report.",
    "intro": "Paragraphs under the heading; an empty line parts them. Web addresses become links.",
    "footer": "Paragraphs at the end.",
    "logo": "Picture above the heading of the page: a png, jpeg, webp or svg file beside this "
    "workbook, or in a folder below.",
}
_VALUE = Look(color=INPUT, wrap=True, vertical="top")


def write_settings(book: Book, said: Mapping[str, str]) -> None:
    """Fill the sheet Report with what the next report shall say, by key."""
    sheet = book[REPORT_SHEET]
    sheet.heading(
        "Report", "What a report made from this workbook says. Options of the command line win."
    )
    columns = (("key", 12), ("value", 78), ("meaning", 78))
    sheet.table_head(_TOP, columns, fixed=("value",))
    for row, (key, meaning) in enumerate(_MEANINGS.items(), start=_TOP + 1):
        text = said.get(key, "")
        sheet.put(row, 1, key, CODE)
        sheet.put(row, 2, text or None, _VALUE)
        sheet.put(row, 3, meaning, SOFT)
