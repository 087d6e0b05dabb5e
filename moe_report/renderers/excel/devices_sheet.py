"""The sheet Devices: how many of each device hold each model, and what tokens cost there, live.

What a device sets is on the sheet of its group. The cost is the one at the bound, which is the same
on any number of devices: others rest on a layout, and some ten thousand cells would have to work
out one for every pair.
"""

from __future__ import annotations

from dataclasses import replace

from openpyxl.styles import Font, PatternFill

from moe_report.compute.kinds import rows_by_kind
from moe_report.display import MISSING
from moe_report.load.our_sheets import DEVICES_SHEET, SHEET, WORKINGS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.chart_data import ChartData
from moe_report.renderers.excel.column_widths import GAP
from moe_report.renderers.excel.device_prices import (
    FIRST,
    FIRST_DEVICE,
    default_price,
    price_of,
)
from moe_report.renderers.excel.devices_workings import Pairs
from moe_report.renderers.excel.palette import (
    HINT,
    INPUT,
    INPUT_BANDS,
    LINK,
    SECTION,
    TABLE_HEAD,
    WARN_FILL,
    Look,
)
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.text_width import longest_word
from moe_report.renderers.excel.typed_numbers import is_right
from moe_report.reports import Column, Report
from moe_report.schema.assumptions import Assumption
from moe_report.schema.planner import Planner
from moe_report.schema.presets import PresetGroup

HEAD = 5  # row of the devices
NAME = 1  # column
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
    needed, cost = report.columns[planner.needed], _cost(report, planner, group)
    price = price_of(report, planner) if cost else None
    wanted = tuple(one.name for one in (needed, cost) if one)
    pairs = Pairs(
        book[WORKINGS_SHEET], report, wanted, price.name if price else "", group, data, first
    )
    pairs.write()
    sheet = book[DEVICES_SHEET]
    sheet.heading(
        needed.label,
        "How many of each device hold a model as engines divide it, live: for the load and the "
        "weights that the sheet Assumptions says.",
    )
    hint = (
        f"Green: one is enough. {MISSING}: something is missing, or not even a layer fits. What a "
        f"device has is on {pairs.presets.sheet}; the steps are on the hidden sheet Workings."
    )
    if len(pairs.places) < len(data.models):
        hint += f" These are the first {len(pairs.places)} of {len(data.models):,} models."
    sheet.put(3, 1, hint, HINT)
    _head(sheet, HEAD, pairs)
    _models(sheet, FIRST, pairs, needed.name, "#,##0")
    _frame(sheet, pairs)
    if cost:
        _costs(sheet, pairs, cost, price)


def _cost(report: Report, planner: Planner, group: PresetGroup) -> Column | None:
    """The least cost, if there is one that a device tells."""
    column = report.columns.get(planner.least_cost)
    return None if column is None or {*group.sets}.isdisjoint(column.rests_on) else column


def _frame(sheet: Sheet, pairs: Pairs) -> None:
    head = _device_look()
    wide = 1 + GAP + max(longest_word(name, head) for name in pairs.group.names)
    for at in range(len(pairs.group.names)):
        sheet.width(FIRST_DEVICE + at, wide)
    sheet.limits[NAME] = (14, 34)
    first = f"{column_letters(FIRST_DEVICE)}{FIRST}"
    sheet.highlight(
        f"{first}:{_last(pairs)}{FIRST + pairs.count - 1}",
        f"AND(ISNUMBER({first}),{first}=1)",
        fill=PatternFill("solid", bgColor=_ONE_FILL),
    )
    sheet.freeze(first, 90)
    sheet.print_setup(f"{HEAD}:{HEAD}", title_columns="A:A")


def _last(pairs: Pairs) -> str:
    return column_letters(FIRST_DEVICE + len(pairs.group.presets) - 1)


def _device_look() -> Look:
    return replace(TABLE_HEAD, size=9, horizontal="right")


def _head(sheet: Sheet, row: int, pairs: Pairs) -> None:
    sheet.put(row, NAME, "Model", TABLE_HEAD)
    for at, name in enumerate(pairs.group.names):
        sheet.formula(row, FIRST_DEVICE + at, pairs.preset(at, ""), name, _device_look())


def _models(sheet: Sheet, first: int, pairs: Pairs, metric: str, number_format: str) -> None:
    """A row a model: the first table has its name from Models, the second from the first."""
    look = Look(color=LINK, number_format=number_format, horizontal="right")
    for at in range(pairs.count):
        row, there = first + at, at < len(pairs.places)
        place = pairs.place(at)
        name = pairs.report.models[pairs.places[at]].name if there else ""
        formula = f'IF({place}="","",INDEX({SHEET}[name],{place})&"")'
        formula = formula if first == FIRST else f"$A{FIRST + at}"
        sheet.formula(row, NAME, formula, name, Look(color=LINK, wrap=True))
        for device in range(len(pairs.group.presets)):
            cell = pairs.cell(metric, device, at)
            value: float | str | None = pairs.value(metric, device, at)
            formula = f'IF({place}="","",IF(ISNUMBER({cell}),{cell},"{MISSING}"))'
            value = MISSING if value is None and there else value
            sheet.formula(row, FIRST_DEVICE + device, formula, value, look)


def _costs(sheet: Sheet, pairs: Pairs, cost: Column, price: Assumption | None) -> None:
    """The second table, and the row of prices over it."""
    row = pairs.price_row
    sheet.put(row - 4, NAME, f"{cost.label} ({cost.unit})", SECTION)
    load = "Live, for the load and the weights that the sheet Assumptions says."
    sheet.put(row - 3, NAME, f"{cost.description} {load}", HINT)
    if price:
        own = price.name in pairs.group.sets
        said = (
            f"A device's price in {price.unit} is the one of the sheet "
            f"{pairs.presets.sheet if own else 'Assumptions'}, where its source stands, until you "
            f"type another over it; an empty one, or {MISSING}, gives no cost."
        )
        sheet.put(row - 2, NAME, said, HINT)
    _head(sheet, row - 1, pairs)
    if price:
        _prices(sheet, pairs, price)
    _models(sheet, row + bool(price), pairs, cost.name, "[<0.095]0.000;[<99.5]0.00;#,##0")


def _prices(sheet: Sheet, pairs: Pairs, price: Assumption) -> None:
    row, report = pairs.price_row, pairs.report
    form = f'#,##0.00##;-#,##0.00##;"{MISSING}"'
    look = Look(fill=INPUT_BANDS[1], rule=True, number_format=form, horizontal="right")
    sheet.put(
        row, NAME, f"Price of a device, {price.unit}", replace(look, horizontal=None, wrap=True)
    )
    for at, name in enumerate(pairs.group.names):
        column = FIRST_DEVICE + at
        if name in report.device_prices:
            sheet.put(row, column, report.device_prices[name], replace(look, color=INPUT))
            continue
        formula = default_price(report, pairs.group, price.name, at)
        sheet.formula(
            row, column, formula, pairs.assumed(price.name, at), replace(look, color=LINK)
        )
    first = f"{column_letters(FIRST_DEVICE)}{row}"
    area = f"{first}:{_last(pairs)}{row}"
    sheet.allow_number(area, price)
    sheet.highlight(
        area, f"NOT({is_right(price, first)})", fill=PatternFill("solid", bgColor=WARN_FILL)
    )
    sheet.highlight(area, f"NOT(_xlfn.ISFORMULA({first}))", font=Font(color=INPUT))
