"""What a device costs in an answer of ``fit``: which price is used, and who says so.

That of ``--price`` comes first, then one that is typed for the device on a report's sheet Devices,
then one that is typed on the sheet Assumptions; else it is the device's own, which a workbook may
have changed on its sheet of devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from moe_report.api.fit_asked import DEVICE, Question
from moe_report.cells import Cell, Cells, Provenance
from moe_report.compute.scenarios import typed_in
from moe_report.load.our_sheets import DEVICES_SHEET, PRESETS_SHEET
from moe_report.reports import Column
from moe_report.schema.planner import Planner
from moe_report.schema.presets import PresetGroup
from moe_report.schema.registry import Registry
from moe_report.text import shown_name

if TYPE_CHECKING:
    from moe_report.api.fit_models import Asked
    from moe_report.api.prepare import Used


@dataclass(frozen=True)
class Priced:
    """A price that somebody said.

    Attributes:
        value: It; 0 if it is not known, or nothing is to be paid.
        where: Who says it: an option, or a sheet.
        is_free: Whether nothing is to be paid; of sheets, 0 says that a price is not known.
        is_own: Whether it is the device's own, which follows the device.
    """

    value: float
    where: str
    is_free: bool = False
    is_own: bool = False


def price_said(
    question: Question,
    planner: Planner,
    known: Registry,
    groups: Mapping[str, PresetGroup],
    in_use: Mapping[str, str],
    used: Used,
    asked: Asked,
) -> tuple[Priced | None, list[str]]:
    """Return the price that somebody said, and sentences on those that are not understood."""
    name = planner.price
    if name in used.assumptions:
        options = (one.option for one in planner.asked if one.name == name)
        option = next((one for one in options if one in question.options), "")
        value = used.assumptions[name]
        return Priced(value, f"--{option}" if option else f"--set {name}", value == 0), []
    device = planner.asks(DEVICE)
    prices: dict[str, Priced] = {}
    lost: list[str] = []
    if asked.reports and device and device.name in groups and name:
        prices, lost = _typed_on_devices(asked, known, groups[device.name])
    if device and (price := prices.get(in_use.get(device.name, ""))):
        return price, lost
    typed = typed_in(asked.table, asked.scenario, groups).get(name)
    if typed and typed.place:  # an option that names a device is no word on what one pays for it
        return Priced(typed.value, f"{asked.table.source.name}, {typed.place}"), lost
    return _changed(asked, name, groups, in_use), lost


def _changed(
    asked: Asked, price: str, groups: Mapping[str, PresetGroup], in_use: Mapping[str, str]
) -> Priced | None:
    """The price that a workbook says of the device, if its source is still that of another one."""
    for group, preset in in_use.items():
        change = asked.table.scenarios.changes.get(group, {}).get(preset)
        if change and change.source is None and price in change.values:
            sheet = groups[group].sheet or PRESETS_SHEET
            where = f"{asked.table.source.name}, sheet {sheet}"
            return Priced(change.values[price], where, is_own=True)
    return None


def _typed_on_devices(
    asked: Asked, known: Registry, group: PresetGroup
) -> tuple[dict[str, Priced], list[str]]:
    """The prices of a group's devices that are typed in reports, the first one's first."""
    from moe_report.compute.build import build_report
    from moe_report.ooxml.texts import Texts
    from moe_report.renderers.excel.device_prices import read_prices

    report = build_report(replace(asked.table, rows=asked.table.rows[:1]), known)
    prices: dict[str, Priced] = {}
    lost: list[str] = []
    for file in asked.reports:
        where = f"{shown_name(file.path.name)}, sheet {DEVICES_SHEET}"
        if DEVICES_SHEET in file.package.sheets() and report.planner:
            found, gone = read_prices(Texts(file.package), report, report.planner, group)
            prices = {one: Priced(value or 0, where) for one, value in found.items()} | prices
            lost += [f"{where}, {one}" for one in gone]
    return prices, lost


def free(column: Column) -> Column:
    """Return a cost where nothing is to be paid: it is 0 wherever it is known with a price."""
    cells = (cell if cell.value is None else Cell(0.0, Provenance.ASSUMED) for cell in column.cells)
    return replace(column, cells=Cells.of(cells))
