"""The sheet Presets: what each preset sets and where that comes from; Assumptions looks it up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from moe_report.load.our_sheets import PRESETS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.number_formats import number_format_of
from moe_report.renderers.excel.palette import CODE, INPUT, SOFT, STRONG, Look
from moe_report.reports import Report
from moe_report.schema.presets import NO_PRESET

_TOP = 4  # the header's row
_FIRST_NUMBER = 3  # the column of the first assumption
_DEFAULTS = "the defaults; a number typed on the sheet Assumptions wins over them, too"


@dataclass(frozen=True)
class PresetRows:
    """Where the values of a group's presets are.

    Attributes:
        first: The row of the values without any.
        last: The row of the last preset.
        columns: The number of each assumption's column.
    """

    first: int
    last: int
    columns: dict[str, int]

    @property
    def names(self) -> str:
        """The area of the names, for a list of choices."""
        return self._area("B")

    def value(self, assumption: str, choice: str) -> str:
        """Return the formula, without ``=``, of what the preset named in a cell sets."""
        area = self._area(column_letters(self.columns[assumption]))
        named = f'IF({choice}="","{NO_PRESET}",{choice})'
        return f"INDEX({area},MATCH({named},{self.names},0))"

    def cell(self, preset: int, assumption: str = "") -> str:
        """Return where a preset's value of an assumption is, or its name, counted from 0."""
        letters = column_letters(self.columns[assumption]) if assumption else "B"
        return f"{PRESETS_SHEET}!${letters}${self.first + 1 + preset}"

    def _area(self, letters: str) -> str:
        return f"{PRESETS_SHEET}!${letters}${self.first}:${letters}${self.last}"


def rows_of_presets(report: Report) -> dict[str, PresetRows]:
    """Return where the presets of each group are, by its name."""
    names = [name for one in report.presets for name in one.group.sets]
    columns = {name: at for at, name in enumerate(names, start=_FIRST_NUMBER)}
    found, row = {}, _TOP + 1
    for one in report.presets:
        found[one.group.name] = PresetRows(row, row + len(one.group.presets), columns)
        row += len(one.group.presets) + 1
    return found


def write_presets(book: Book, report: Report) -> None:
    """Fill the sheet Presets."""
    sheet = book[PRESETS_SHEET]
    sheet.heading("Presets", "What each choice on the sheet Assumptions sets. A change here holds.")
    assumptions = [name for one in report.presets for name in one.group.sets]
    numbers = [(name, max(12.0, len(name) + 2.0)) for name in assumptions]
    sheet.table_head(
        _TOP, [("group", 14.0), ("preset", 24.0), *numbers, ("source", 60.0)], right=assumptions
    )
    defaults = {item.definition.name: item.definition.default for item in report.assumptions}
    last = _FIRST_NUMBER + len(assumptions)
    for one in report.presets:
        lines = [(NO_PRESET, {**defaults, **one.group.none}, _DEFAULTS)]
        lines += [(preset.name, dict(preset.values), preset.source) for preset in one.group.presets]
        where = rows_of_presets(report)[one.group.name]
        for row, (preset, values, source) in enumerate(lines, start=where.first):
            sheet.put(row, 1, one.group.name, CODE)
            sheet.put(row, 2, preset, STRONG)
            for name in one.group.sets:
                look = Look(
                    color=INPUT, number_format=number_format_of(values[name]), vertical="top"
                )
                sheet.put(row, where.columns[name], values[name], look)
            sheet.put(row, last, source, replace(SOFT, indent=1))
