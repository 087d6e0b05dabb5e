"""The prices of devices on the sheet Devices: where they stand, and what was typed there."""

from __future__ import annotations

import re

from moe_report.load.our_sheets import DEVICES_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.texts import Texts
from moe_report.renderers.excel.fit_choices import Cells, told
from moe_report.renderers.excel.presets_sheet import rows_of_presets
from moe_report.reports import Report
from moe_report.schema.assumptions import Assumption
from moe_report.schema.planner import Planner
from moe_report.schema.presets import PresetGroup
from moe_report.text import shown

FIRST, FIRST_DEVICE = 6, 2  # row of the first model, column of the first device
_NAME = re.compile(r"='?(\w+)'?!\$?B\$?(\d+)")  # how a head refers to a preset's name


def price_of(report: Report, planner: Planner) -> Assumption | None:
    """Return the assumption that is a device's price, if the least cost rests on one."""
    column = report.columns.get(planner.least_cost)
    known = {item.definition.name: item.definition for item in report.assumptions}
    return known.get(planner.price) if column and planner.price in column.rests_on else None


def default_price(report: Report, group: PresetGroup, price: str, device: int) -> str:
    """Return the formula of a price that nobody typed: the preset's, else that of Assumptions."""
    rows = rows_of_presets(report)[group.name]
    return rows.cell(device, price) if price in group.sets else price


def price_cells(cells: Cells) -> set[tuple[int, int]]:
    """Return the cells of a sheet Devices that are prices of devices, by column and row."""
    head = _second_head(cells)
    return {(column, row + 1) for column, row in cells if row == head and column >= FIRST_DEVICE}


def read_prices(
    texts: Texts, report: Report, planner: Planner, group: PresetGroup
) -> tuple[dict[str, float | None], list[str]]:
    """Return the prices that were typed on a sheet Devices, and sentences on what is not kept.

    They are by the device's name; None for a cell that was emptied.
    """
    cells, price = texts(DEVICES_SHEET), price_of(report, planner)
    head = _second_head(cells)
    found: dict[str, float | None] = {}
    lost = []
    for column in sorted(at for at, row in cells if row == head and at >= FIRST_DEVICE):
        text = cells.get((column, head + 1), "")
        called = _device(texts, cells[column, head])
        name = group.find(called) if called else None
        where = f"cell {column_letters(column)}{head + 1}"
        if text.startswith("="):
            if text != "=" and not (name and price and _is_ours(text, report, group, price, name)):
                lost.append(f"{where}: your formula {shown(text)} is not kept; type its value to "
                            "keep that")  # fmt: skip
        elif not name or price is None:
            of = shown(called) if called else "a device"
            lost += [f"{where}: the price {text} is of {of}, which is not there any more"] * (
                text != ""
            )
        elif text == "":
            found[name] = None
        elif (number := _number(text)) is None or (expected := price.refusal(number)):
            wanted = "a number" if number is None else expected
            lost.append(f"{where}: {shown(text)} is no price of {name}, expected {wanted}")
        else:
            found[name] = number
    return found, lost


def _is_ours(text: str, report: Report, group: PresetGroup, price: Assumption, name: str) -> bool:
    ours = default_price(report, group, price.name, group.names.index(name))
    return told(text) in (told(f"={ours}"), told(f"={price.name}"))  # once, all had one price


def _second_head(cells: Cells) -> int:
    """The row of the second table's devices, over that of their prices; 0 if there is none."""
    heads = {row for (column, row), text in cells.items()
             if column >= FIRST_DEVICE and _NAME.fullmatch(text)}  # fmt: skip
    return max(heads) if len(heads) > 1 else 0


def _device(texts: Texts, head: str) -> str:
    """The name that a head shows; empty where what it refers to is gone."""
    refers = _NAME.fullmatch(head)
    if not refers or refers[1] not in texts.package.sheets():
        return ""
    return " ".join(texts(refers[1]).get((2, int(refers[2])), "").split())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
