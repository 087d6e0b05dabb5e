"""What users put on the sheets of a report that are ours, and an update cannot take along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from moe_report.edit.cell_keys import Address
from moe_report.edit.replace_sheets import tables_of
from moe_report.errors import Problem
from moe_report.load.collected import NO_NUMBER
from moe_report.load.our_sheets import NOTES_SHEET
from moe_report.load.record import Footprint, Record, mark_of
from moe_report.load.workbook import Read
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import LINK_ID, Package
from moe_report.ooxml.texts import Texts
from moe_report.renderers.excel.notes_sheet import COLUMNS as NOTES
from moe_report.reports import Report
from moe_report.table import ModelTable
from moe_report.text import shown

_ALIKE = 0.8  # of the cells of two sheets
_LINKS_OF_OURS = {
    "table", "comments", "vmlDrawing", "drawing", "printerSettings", "hyperlink", "threadedComment",
}  # fmt: skip


def typed_numbers(table: ModelTable, report: Report, file: str) -> Iterator[Problem]:
    """Name each number that is typed for a metric of the report that is not computed this time."""
    models = {model.name for model in report.models}
    for row in table.rows:
        for name, number in row.numbers.items():
            if row.name in models and name not in report.columns:
                yield Problem(
                    f"{file}, {number.place}",
                    f"{name} of {shown(row.name)} is typed, and would be lost: its section is "
                    "not computed",
                )


def rows_without_numbers(read: Read) -> Iterator[Problem]:
    """Name the rows of Models that a run passes over with a word, and that would be lost here."""
    for notice in read.table.warnings:
        if notice.kind == NO_NUMBER:
            yield Problem(
                notice.where,
                f"{notice.text}, and would be lost; a model gets a number, and what is none is "
                f"moved to the sheet {NOTES_SHEET}",
            )


def renamed(
    package: Package, record: Record, texts: Texts, theirs: Iterable[str], file: str
) -> Iterator[Problem]:
    """Name each sheet of ours that has another name, so that its numbers would not be refreshed."""
    lacking = [name for name in record.sheets if name not in package.sheets()]
    for name in theirs if lacking else ():
        cells = texts(name).keys()
        for wanted in lacking:
            listed = record.sheets[wanted].cells.items()
            ours = {(column, row) for row, columns in listed for column in columns}
            if ours and len(ours & cells) > _ALIKE * len(ours | cells):
                yield Problem(
                    f"{file}, sheet {name}",
                    f"looks like the report's sheet {wanted!r} under another name, and would "
                    "not be refreshed; rename it back, or delete it",
                    sheet=name,
                )


def has_notes(package: Package) -> bool:
    """Return whether a sheet has the table of the sheet Notes, or one that was made of it."""
    return any(
        table.get("displayName") == NOTES_SHEET
        and not {column.get("name") for column in table.iter(f"{TAG}tableColumn")}.isdisjoint(NOTES)
        for table in tables_of(package)
    )


def strangers(
    package: Package, ours: Footprint, sheet: str, added: Mapping[Address, str], file: str
) -> Iterator[Problem]:
    """Say what of a sheet that is ours was put there by somebody else and cannot be carried over.

    Of its filled cells that is ``added``; of what else there is, what is not ``ours``.
    """
    where = f"{file}, sheet {sheet}"
    part = package.sheets()[sheet]
    if added:
        column, row = min(added, key=lambda at: (at[1], at[0]))
        address = f"{column_letters(column)}{row}"
        more = f" (and {len(added) - 1} more)" if len(added) > 1 else ""
        yield Problem(
            f"{where}, cell {address}",
            f"{shown(added[column, row])}{more} would be lost, for an update writes this sheet "
            "anew; move it to the sheet Notes or to a sheet of your own",
            sheet=sheet,
            cell=address,
        )
    for link in package.relationships(part):
        if link.kind == "drawing":
            drawn = [item for item in package.root(link.target) if isinstance(item.tag, str)]
            marks = [_marks(package, link.target, item) for item in drawn] if ours.charts else []
            theirs = sum(not known & ours.charts for known in marks)
            theirs = max(theirs, len(drawn) - ours.drawings)
            if theirs > 0:
                yield Problem(
                    where,
                    f"has {len(drawn)} charts, pictures or shapes, {len(drawn) - theirs} of them "
                    "written by moe-report, and yours would be lost; move them to a sheet of your "
                    "own",
                )
        elif link.kind == "table":
            if (name := package.root(link.target).get("displayName")) == sheet:
                continue
            yield Problem(
                where, f"the table {name!r} of yours would be lost; move it to a sheet of your own"
            )
        elif link.kind not in _LINKS_OF_OURS:
            yield Problem(
                where,
                f"something of yours ({link.kind}) would be lost; move it to a sheet of your own",
            )


def _marks(package: Package, drawing: str, item: etree._Element) -> set[str]:
    """Marks of what a chart, picture or shape is called, and of its title if it is a chart."""
    called = next((inner.get("name", "") for inner in item.iter("{*}cNvPr")), "")
    marks = {mark_of(called)}
    charts = {link.id: link.target for link in package.relationships(drawing)}
    for frame in item.iter("{*}chart"):
        part = charts.get(frame.get(LINK_ID, ""), "")
        title = package.root(part).find("{*}chart/{*}title") if part in package else None
        paragraphs = [] if title is None else title.iter("{*}p")
        lines = ["".join(run.text or "" for run in item.iter("{*}t")) for item in paragraphs]
        # LibreOffice makes one paragraph of all lines
        marks |= {mark_of(line) for line in "\n".join(lines).splitlines()[:1]}
    return marks
