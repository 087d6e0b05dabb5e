"""Which cells of a report's own sheets hold input, and which the user put beside what is ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from moe_report.edit.cell_keys import Address, Contents
from moe_report.edit.typed_assumptions import READ, input_cells, typed_formulas
from moe_report.edit.typed_presets import preset_cells
from moe_report.load.models_sheet import Places
from moe_report.load.our_sheets import (
    ASSUMPTIONS_SHEET,
    COMPARE_SHEET,
    DEVICES_SHEET,
    FIT_SHEET,
    ROUTING_SHEET,
    SHEET,
)
from moe_report.load.record import Footprint, is_constant_of
from moe_report.renderers.excel.compare_sheet import CHOICE
from moe_report.renderers.excel.device_prices import price_cells
from moe_report.renderers.excel.fit_choices import is_choice
from moe_report.renderers.excel.presets_sheet import sheets_of_presets
from moe_report.renderers.excel.routing_sheet import tokens_in
from moe_report.reports import Report

_ROWS_ABOVE = 2  # of the header of Models


class OurCells:
    """The cells of a report's own sheets.

    Args:
        cells: The texts of each sheet, with formulas as such.
        report: What is computed of it.
        scenarios: Its scenarios, by name.
    """

    def __init__(
        self,
        cells: Mapping[str, Contents],
        report: Report,
        scenarios: Collection[str],
    ) -> None:
        self.cells, self.report, self._scenarios = cells, report, scenarios

    def is_input(self, sheet: str, column: int, row: int) -> bool:
        """Whether a cell of a sheet, of another than Models, holds what is read from it."""
        if sheet == ASSUMPTIONS_SHEET:
            return (column, row) in self._assumptions
        if sheet in self._presets:
            text = self.cells[sheet].get((column, row), "")
            return (column, row) in self._presets[sheet] and not text.startswith("=")
        if sheet == ROUTING_SHEET:
            return (column, row) in self._tokens
        return self._is_chosen(sheet, column, row) or (sheet == COMPARE_SHEET and row == CHOICE)

    def added(self, sheet: str, ours: Footprint) -> dict[Address, str]:
        """Return the filled cells of a sheet, of another than Models, that are nobody's input."""
        cells = self.cells[sheet]
        inputs = self._presets.get(sheet, set())
        if sheet == ASSUMPTIONS_SHEET:
            inputs = input_cells(cells, self._scenarios)
        if sheet == ROUTING_SHEET:
            inputs = self._tokens
        return {
            (column, row): text
            for (column, row), text in cells.items()
            if column not in ours.cells.get(row, ())
            and (column, row) not in inputs
            and not self._is_chosen(sheet, column, row)
        }

    def typed_over(self, sheet: str, ours: Footprint) -> dict[Address, str]:
        """Return the words and numbers that stand in place of ours, and are nobody's input.

        Reports of earlier versions do not tell.
        """
        return {
            (column, row): text
            for (column, row), text in self.cells[sheet].items()
            if ours.texts
            and column in ours.cells.get(row, ())
            and not text.startswith("=")
            and not is_constant_of(ours, text)
            and not self.is_input(sheet, column, row)
        }

    def typed_formulas(self, sheet: str) -> dict[Address, str]:
        """Return the formulas of the user's in cells that are read, by their values."""
        cells = self.cells[sheet]
        if sheet == ASSUMPTIONS_SHEET:
            return typed_formulas(cells)
        read = self._presets.get(sheet, set())
        return {at: cells[at] for at in read if cells[at].startswith("=")}

    def added_to_models(self, places: Places) -> dict[Address, str]:
        """Return the filled cells of Models that are in no model's row, or under no header.

        A formula without a value, which is not stored yet, is not read, and so not refused.
        """
        cells, header = self.cells[SHEET], places.header
        rows = {header, *places.rows.values(), *places.totals}
        return {
            (column, row): text
            for (column, row), text in cells.items()
            if (
                ((column, header) not in cells or row < header - _ROWS_ABOVE)
                if row < header
                else text.startswith("=") and (row not in rows or (column, header) not in cells)
            )
        }

    def _is_chosen(self, sheet: str, column: int, row: int) -> bool:
        if sheet == FIT_SHEET:
            return is_choice(self.cells[sheet], column, row)
        return sheet == DEVICES_SHEET and (column, row) in self._prices

    @cached_property
    def _assumptions(self) -> set[Address]:
        """The cells that are read of the sheet Assumptions."""
        return input_cells(self.cells[ASSUMPTIONS_SHEET], self._scenarios, READ)

    @cached_property
    def _prices(self) -> set[Address]:
        return price_cells(self.cells[DEVICES_SHEET])

    @cached_property
    def _tokens(self) -> set[Address]:
        """The cells of layers, but for numbers in place of formulas."""
        cells = self.cells[ROUTING_SHEET]
        return tokens_in(cells, {one.label for one in self.report.layers})

    @cached_property
    def _presets(self) -> dict[str, set[Address]]:
        """The cells that are read of each sheet of presets."""
        groups = [one.group for one in self.report.presets]
        return {
            sheet: preset_cells(self.cells[sheet], groups)
            for sheet in sheets_of_presets(self.report)
            if sheet in self.cells
        }
