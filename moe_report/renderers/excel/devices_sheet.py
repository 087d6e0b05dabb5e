"""The sheet Devices: how many of each device hold each model, live.

What a device sets is on the sheet of its group. Prices of tokens are not here: they rest on a
layout, and some ten thousand cells would have to work out one for every pair.
"""

from __future__ import annotations

from dataclasses import replace

from openpyxl.styles import PatternFill

from moe_report.compute.kinds import rows_by_kind
from moe_report.display import MISSING
from moe_report.load.our_sheets import DEVICES_SHEET, SHEET, WORKINGS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.chart_data import ChartData
from moe_report.renderers.excel.column_widths import GAP
from moe_report.renderers.excel.devices_workings import Pairs
from moe_report.renderers.excel.palette import (
    HINT,
    LINK,
    TABLE_HEAD,
    Look,
)
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.text_width import longest_word
from moe_report.reports import Report
from moe_report.schema.planner import Planner
from moe_report.schema.presets import PresetGroup

HEAD, FIRST = 5, 6  # rows: the devices, the first model
NAME, FIRST_DEVICE = 1, 2  # columns
_ONE_FILL = "CFE8D5"


def devices_of(report: Report, planner: Planner) -> PresetGroup | None:
    """Return the group whose presets are devices, if a device tells how many it takes."""
    column = report.columns.get(planner.needed)
    if "models" not in rows_by_kind(report):
        return None
    groups = (choice.group for choice in report.presets)
    group = next((one for one in groups if planner.memory in one.sets), None)
    if column is None or group is None or {*group.sets}.isdisjoint(column.rests_on):
        return None
    return group


def write_devices(
    book: Book, report: Report, planner: Planner, group: PresetGroup, data: ChartData, first: int
) -> None:
    """Fill the sheet Devices, and what it computes with on Workings, from a row on."""
    pairs = Pairs(book[WORKINGS_SHEET], report, planner.needed, group, data, first)
    pairs.write()
    sheet = book[DEVICES_SHEET]
    column = report.columns[planner.needed]
    sheet.heading(
        column.label,
        "How many of each device hold a model as engines divide it, live: for the load and the "
        "weights that the sheet Assumptions says.",
    )
    hint = (
        f"Green: one is enough. {MISSING}: something is missing, or not even a layer fits. What a "
        "device has is on Presets; the steps are on the hidden sheet Workings."
    )
    if len(pairs.places) < len(data.models):
        hint += f" These are the first {len(pairs.places)} of {len(data.models):,} models."
    sheet.put(3, 1, hint, HINT)
    _table(sheet, report, pairs)


def _table(sheet: Sheet, report: Report, pairs: Pairs) -> None:
    head = replace(TABLE_HEAD, size=9, horizontal="right")
    sheet.put(HEAD, NAME, "Model", TABLE_HEAD)
    wide = GAP + max(longest_word(name, head) for name in pairs.group.names)
    for at, name in enumerate(pairs.group.names):
        sheet.formula(HEAD, FIRST_DEVICE + at, pairs.preset(at, ""), name, replace(head))
        sheet.width(FIRST_DEVICE + at, wide)
    for at in range(pairs.count):
        row, there = FIRST + at, at < len(pairs.places)
        place = pairs.place(at)
        name = report.models[pairs.places[at]].name if there else ""
        formula = f'IF({place}="","",INDEX({SHEET}[name],{place})&"")'
        sheet.formula(row, NAME, formula, name, Look(color=LINK, wrap=True))
        look = Look(color=LINK, number_format="#,##0", horizontal="right")
        for device in range(len(pairs.group.presets)):
            cell = pairs.cell(pairs.wanted, device, at)
            value: float | str | None = pairs.value(pairs.wanted, device, at)
            formula = f'IF({place}="","",IF(ISNUMBER({cell}),{cell},"{MISSING}"))'
            value = MISSING if value is None and there else value
            sheet.formula(row, FIRST_DEVICE + device, formula, value, look)
    sheet.limits[NAME] = (14, 34)
    last = column_letters(FIRST_DEVICE + len(pairs.group.presets) - 1)
    first = f"{column_letters(FIRST_DEVICE)}{FIRST}"
    sheet.highlight(
        f"{first}:{last}{FIRST + pairs.count - 1}",
        f"AND(ISNUMBER({first}),{first}=1)",
        fill=PatternFill("solid", bgColor=_ONE_FILL),
    )
    sheet.freeze(f"{column_letters(FIRST_DEVICE)}{FIRST}", 90)
    sheet.print_setup(f"{HEAD}:{HEAD}", title_columns="A:A")
