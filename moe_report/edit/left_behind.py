"""What a user put into a report, and a new report that is made of it does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from moe_report.edit.cell_keys import Address
from moe_report.edit.our_cells import OurCells
from moe_report.edit.strangers import strangers
from moe_report.errors import first_of
from moe_report.load.our_sheets import NOTES_SHEET, OUR_SHEETS, SHEET
from moe_report.load.record import RECORD_SHEET, Record, mark_of, record_of
from moe_report.load.workbook import WorkbookFile
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.notes import read_notes
from moe_report.ooxml.package import Package
from moe_report.ooxml.texts import Texts
from moe_report.renderers.excel.notes_sheet import TOP
from moe_report.renderers.excel.presets_sheet import sheets_of_presets
from moe_report.reports import Report
from moe_report.text import counted, shown, shown_name

_SHOWN = 4  # cells that a line names


def left_behind(report: Report, files: Sequence[WorkbookFile]) -> list[str]:
    """Say which sheets, comments and cells of the reports that a new one is made of it lacks."""
    found = ((shown_name(file.path.name), _left_in(report, file.package)) for file in files)
    return [
        f"{name}: not in the new report: {'; '.join(left)} (run --update keeps sheets and comments)"
        for name, left in found
        if left
    ]


def _left_in(report: Report, package: Package) -> list[str]:
    texts = Texts(package)
    record = record_of(package, texts)
    if record is None:  # of a version that did not say what it writes
        return []
    sheets = package.sheets()
    ours = [name for name in sheets if name in record.sheets and name != RECORD_SHEET]
    read = {*OUR_SHEETS, *sheets_of_presets(report), RECORD_SHEET, NOTES_SHEET}
    own = [name for name in sheets if name not in {*ours, *read}]
    if NOTES_SHEET in sheets and any(row > TOP for _, row in texts(NOTES_SHEET)):
        own.append(NOTES_SHEET)
    left = []
    if own:
        left.append(f"the sheet{'s' * (len(own) > 1)} {first_of([*map(shown, own)])}")
    if comments := list(_comments(package, record, ours)):
        left.append(f"{counted(len(comments), 'comment')} ({first_of(comments, _SHOWN)})")
    ours = [name for name in ours if name != SHEET]  # what is no model there is said in reading it
    scenarios = [scenario.name for scenario in report.scenarios]
    cells = OurCells({name: texts(name) for name in ours}, report, scenarios)
    added = {name: cells.added(name, record.sheets[name]) for name in ours}
    typed = {name: cells.typed_over(name, record.sheets[name]) for name in ours}
    formulas = {name: cells.typed_formulas(name) for name in ours}
    if named := _named(added, with_text=False):
        left.append(f"{counted(len(named), 'cell')} of yours ({first_of(named, _SHOWN)})")
    if named := _named(typed):
        left.append(f"{counted(len(named), 'cell')} typed over ({first_of(named, _SHOWN)})")
    if named := _named(formulas):
        only = "only its value is" if len(named) == 1 else "only their values are"
        lead = f"{counted(len(named), 'formula')} of yours, {only} taken"
        left.append(f"{lead} ({first_of(named, _SHOWN)})")
    drawn = [name for name in ours if any(strangers(package, record.sheets[name], name, {}, ""))]
    if drawn:
        left.append(f"charts, pictures or tables of yours on {first_of(drawn)}")
    return left


def _named(found: Mapping[str, Mapping[Address, str]], *, with_text: bool = True) -> list[str]:
    """The cells of each sheet, from left to right, with what stands in them or without."""
    return [
        f"{name}!{column_letters(column)}{row}" + f" {shown(text)}" * with_text
        for name, cells in found.items()
        for (column, row), text in sorted(cells.items())
    ]


def _comments(package: Package, record: Record, ours: Sequence[str]) -> Iterator[str]:
    sheets = package.sheets()
    for name in [*ours, *({NOTES_SHEET} & sheets.keys())]:
        known = record.sheets[name].notes if name in record.sheets else ()
        for note in read_notes(package, sheets[name]):
            if mark_of(note.text) not in known:
                yield f"{name}!{note.cell}"
