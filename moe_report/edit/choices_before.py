"""What was chosen on the sheets Fit, Devices and Compare of a report, for one that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from moe_report.compute.kinds import rows_by_kind
from moe_report.edit.left_behind import left_behind
from moe_report.load.our_sheets import COMPARE_SHEET, DEVICES_SHEET, FIT_SHEET, SHEET
from moe_report.load.record import record_of
from moe_report.load.workbook import WorkbookFile
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.package import Package
from moe_report.ooxml.texts import Texts
from moe_report.renderers.excel.compare_sheet import CHOICE, VALUES
from moe_report.renderers.excel.device_prices import read_prices
from moe_report.renderers.excel.devices_sheet import devices_of
from moe_report.renderers.excel.fit_choices import MODEL, read_choices, users_formulas
from moe_report.renderers.excel.fit_workings import formulas_shown
from moe_report.reports import Report
from moe_report.text import shown, shown_name


def with_choices_of(report: Report, files: Sequence[WorkbookFile]) -> tuple[Report, list[str]]:
    """Return a report with the choices of the first of the reports that it is made of.

    Also sentences on what of all of them is not taken along.
    """
    if not files:
        return report, []
    first = shown_name(files[0].path.name)
    chosen, notes = with_choices(report, files[0].package, first)
    notes += _not_chosen(report, files[1:], f", but that of {first}")
    return chosen, [*notes, *left_behind(report, files)]


def left_of(report: Report, files: Sequence[WorkbookFile]) -> list[str]:
    """Say what a report does not have of the older ones that it is made of, choices neither."""
    return [*_not_chosen(report, files), *left_behind(report, files)]


def _not_chosen(report: Report, files: Sequence[WorkbookFile], instead: str = "") -> list[str]:
    sheets = f"{FIT_SHEET}, {DEVICES_SHEET} and {COMPARE_SHEET}"
    return [
        f"{shown_name(one.path.name)}: what its sheets {sheets} choose is not used{instead}"
        for one in files
        if _is_chosen(report, one.package)
    ]


def _is_chosen(report: Report, package: Package) -> bool:
    """Whether anything is chosen on the sheets of an older report, or typed, but its first models.

    Args:
        report: One that has its models, too, and no choices.
        package: The older one.
    """
    there, gone = with_choices(report, package, "")
    if gone or there.device_prices or any(one.keys() - {MODEL} for one in there.fitted or ()):
        return True
    own = {" ".join(text.split()) for text in Texts(package)(SHEET).values()}
    names = (report.models[at].name for rows in rows_by_kind(report).values() for at in rows)
    models = [name for name in names if name in own]
    fitted = there.fitted and [str(one.get(MODEL, "")) for one in there.fitted]
    return any([*filter(None, names)] != models[: len(names)]
               for names in (fitted, there.compared) if names is not None)  # fmt: skip


def with_choices(report: Report, package: Package, name: str) -> tuple[Report, list[str]]:
    """Return a report with what was chosen on the sheets of an older one of some name.

    Also sentences on what cannot be chosen any more.
    """
    notes: list[str] = []
    texts = Texts(package)
    record = record_of(package, texts)
    ours = package.sheets().keys() & record.sheets if record else set()
    if FIT_SHEET in ours and report.planner:
        cells, fresh = texts(FIT_SHEET), formulas_shown(report, report.planner)
        fitted, gone = read_choices(cells, report, report.planner)
        report = replace(report, fitted=fitted)
        notes += [f"{name}, sheet {FIT_SHEET}: {one} cannot be chosen any more" for one in gone]
        notes += [
            f"{name}, sheet {FIT_SHEET}, cell {column_letters(column)}{row}: your formula "
            f"{shown(text)} is not kept; type its value to keep that"
            for (column, row), text in users_formulas(cells, fresh)
        ]
    group = devices_of(report, report.planner) if report.planner else None
    if DEVICES_SHEET in ours and report.planner and group:
        prices, lost = read_prices(texts, report, report.planner, group)
        report = replace(report, device_prices=prices)
        notes += [f"{name}, sheet {DEVICES_SHEET}, {one}" for one in lost]
    if COMPARE_SHEET not in ours:
        return report, notes
    compared_in = texts(COMPARE_SHEET)
    names = tuple(" ".join(compared_in.get((column, CHOICE), "").split()) for column in VALUES)
    known = {model.name for model in report.models}
    notes += [
        f"{name}, sheet {COMPARE_SHEET}: {shown(one)} is not in the report any more"
        for one in names
        if one and one not in known
    ]
    compared = tuple(one if one in known else "" for one in names)
    return replace(report, compared=compared), notes
