"""What the sheet Devices computes with, on the hidden sheet Workings.

Per pair of model and device it has each metric that rests on the device; what does not is taken
from the table Models once a model, and what rests on nothing else is computed once a device.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from moe_report.compute.chains import Chain, chain_of, chain_values
from moe_report.errors import PluginError
from moe_report.formula.excel import excel
from moe_report.load.our_sheets import CHART_DATA_SHEET, DEVICES_SHEET, SHEET, WORKINGS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import MAX_FORMULA
from moe_report.renderers.excel.chart_data import ChartData
from moe_report.renderers.excel.device_prices import FIRST, FIRST_DEVICE
from moe_report.renderers.excel.fit_workings import number, too_long
from moe_report.renderers.excel.palette import CODE, LINK, SOFT, Look
from moe_report.renderers.excel.presets_sheet import PresetRows, rows_of_presets
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.typed_numbers import number_if_right
from moe_report.reports import Column, Report
from moe_report.schema.presets import PresetGroup

MOST_MODELS = 50
_SPARE = 3  # rows for models that are added
_NAMED = re.compile("\1(.*?)\1")  # a name in a formula until its place is known
_ROW = "\0"  # stands for a row's number in a formula until that is known
_NUMBER, _LINK = Look(), Look(color=LINK)


@dataclass
class Pairs:
    """The block: a row a model, and for each metric a column a device.

    Attributes:
        wanted: The metrics that the sheet Devices shows.
        price: The assumption that has a number for each device there; empty for none.
    """

    sheet: Sheet
    report: Report
    wanted: tuple[str, ...]
    price: str
    group: PresetGroup
    data: ChartData
    first: int

    def __post_init__(self) -> None:
        self.places = self.data.drawn[:MOST_MODELS]
        self.count = min(len(self.places) + _SPARE, MOST_MODELS, self.data.count)
        self.chain: Chain = chain_of(self.report, self.wanted, {*self.group.sets, self.price})
        self.by_device: list[Column] = []
        self.by_pair: list[Column] = []
        models = {column.name for column in self.chain.taken}
        for column in self.chain.computed:
            assert column.expr is not None
            of_model = not models.isdisjoint(column.expr.symbols())
            (self.by_pair if of_model else self.by_device).append(column)
            models |= {column.name} if of_model else set()
        self.top = self.first + 4 + len(self.group.sets) + len(self.by_device)
        self.presets: PresetRows = rows_of_presets(self.report)[self.group.name]

    # -- where things are

    def preset(self, device: int, assumption: str) -> str:
        """Where a device's value of an assumption is, or its name."""
        return self.presets.cell(device, assumption)

    @property
    def price_row(self) -> int:
        """Where the sheet Devices has prices: below its first table, and a heading of four rows."""
        return FIRST + self.count + 5

    @property
    def _checked_prices(self) -> int:
        return self.first + 2 + len(self.by_device)

    def place(self, at: int) -> str:
        """Where the number of a model in the table Models is, empty for none."""
        return f"'{CHART_DATA_SHEET}'!{self.data.number_of_drawn(at)}"

    def cell(self, name: str, device: int, at: int) -> str:
        """Return where a metric of a pair is."""
        return f"{WORKINGS_SHEET}!{self._of_pair(name, device)}{self.top + at}"

    def _of_pair(self, name: str, device: int) -> str:
        block = [column.name for column in self.by_pair].index(name)
        count = len(self.group.presets)
        return f"${column_letters(2 + len(self.chain.taken) + block * count + device)}"

    def _refer(self, name: str, device: int) -> str:
        """Return how the formula of a pair, or of a device, refers to a number."""
        for at, column in enumerate(self.chain.taken):
            if column.name == name:
                return f"${column_letters(2 + at)}{_ROW}"
        if name == self.price:
            return f"{column_letters(2 + device)}${self._checked_prices}"
        if name in self.group.sets:
            return self.preset(device, name)
        for at, column in enumerate(self.by_device):
            if column.name == name:
                return f"{column_letters(2 + device)}${self.first + 2 + at}"
        known = {column.name for column in self.by_pair}
        return f"{self._of_pair(name, device)}{_ROW}" if name in known else name

    # -- what they are

    @cached_property
    def _assumed(self) -> list[dict[str, float]]:
        """The assumptions for each device."""
        items = self.report.assumptions
        numbers = {item.definition.name: item.value for item in items}
        defaults = {item.definition.name: item.definition.default for item in items}
        found = []
        for one in self.group.presets:
            own = {name: one.values.get(name, defaults[name]) for name in self.group.sets}
            if self.price and one.name in self.report.device_prices:
                typed = self.report.device_prices[one.name]
                own[self.price] = np.nan if typed is None else typed
            found.append({**numbers, **own})
        return found

    @cached_property
    def _values(self) -> list[dict[str, np.ndarray]]:
        found = []
        for numbers in self._assumed:
            values = chain_values(self.chain, self.places, numbers, typed=False)
            found.append({k: np.broadcast_to(v, len(self.places)) for k, v in values.items()})
        return found

    def assumed(self, name: str, device: int) -> float | None:
        """Return what is assumed for a device; None if that is missing."""
        return number(self._assumed[device][name])

    def value(self, name: str, device: int, at: int) -> float | None:
        """Return a number of a pair; None if it is missing, or there is no such model."""
        return number(self._values[device][name][at]) if at < len(self.places) else None

    # -- what is written

    def write(self) -> None:
        """Fill the block."""
        note = "How the sheet Devices computes: first what rests on a device alone, then by model "
        self.sheet.put(self.first, 1, f"{note}and device.", SOFT)
        for at, name in enumerate(self.group.names):
            text = self.preset(at, "")
            self.sheet.formula(self.first + 1, 2 + at, text, name, _LINK)
        for at, column in enumerate(self.by_device):
            row = self.first + 2 + at
            self.sheet.put(row, 1, column.name, CODE)
            self._devices(column, row, 2, 0)
        self._prices()
        self._heads()
        for at in range(self.count):
            self._model(at)

    def _prices(self) -> None:
        """What a price of the sheet Devices is, if it may be one."""
        items = (one.definition for one in self.report.assumptions)
        for price in (one for one in items if one.name == self.price):
            self.sheet.put(self._checked_prices, 1, price.name, CODE)
            for at in range(len(self.group.presets)):
                cell = f"{DEVICES_SHEET}!{column_letters(FIRST_DEVICE + at)}${self.price_row}"
                text = number_if_right(price, cell)
                value = self.assumed(price.name, at)
                self.sheet.formula(self._checked_prices, 2 + at, text, value, _LINK)

    def _heads(self) -> None:
        row = self.top - 1
        self.sheet.put(row, 1, "name", CODE)
        columns = [column.name for column in self.chain.taken]
        columns += [column.name for column in self.by_pair for _ in self.group.presets]
        for at, name in enumerate(columns):
            self.sheet.put(row, 2 + at, name, CODE)

    def _model(self, at: int) -> None:
        row, place = self.top + at, self.place(at)
        there = at < len(self.places)
        name = self.report.models[self.places[at]].name if there else ""
        self.sheet.formula(
            row, 1, f'IF({place}="","",INDEX({SHEET}[name],{place})&"")', name, _LINK
        )
        for column_at, column in enumerate(self.chain.taken):
            taken = f"INDEX({SHEET}[{column.name}],{place})"
            formula = f'IF({place}="","",IF(ISNUMBER({taken}),{taken},""))'
            value = column.cells[self.places[at]].value if there else None
            self.sheet.formula(row, 2 + column_at, formula, value, _LINK)
        start = 2 + len(self.chain.taken)
        for block, column in enumerate(self.by_pair):
            self._devices(column, row, start + block * len(self.group.presets), at)

    def _devices(self, column: Column, row: int, first: int, at: int) -> None:
        """Write a metric for each device, of one model or of none."""
        for device in range(len(self.group.presets)):
            formula = self._texts[column.name][device].replace(_ROW, str(row))
            if len(formula) >= MAX_FORMULA:
                raise PluginError(too_long(column.name, formula))
            value = self.value(column.name, device, at)
            self.sheet.formula(row, first + device, formula, value, _NUMBER)

    @cached_property
    def _texts(self) -> dict[str, list[str]]:
        """The formula of each metric for each device, without the row's number."""
        columns: Sequence[Column] = (*self.by_device, *self.by_pair)
        marked = {c.name: excel(c.expr, "\1{}\1".format) for c in columns if c.expr is not None}
        devices = range(len(self.group.presets))
        return {
            name: [self._on(device, text) for device in devices] for name, text in marked.items()
        }

    def _on(self, device: int, formula: str) -> str:
        return _NAMED.sub(lambda found: self._refer(found[1], device), formula)
