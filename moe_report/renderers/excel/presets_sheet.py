"""The sheet Presets: what each preset sets and where that comes from; Assumptions looks it up."""

from __future__ import annotations

from dataclasses import dataclass

from moe_report.load.our_sheets import PRESETS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.palette import CODE, INPUT, SOFT, STRONG, Look
from moe_report.reports import Report
from moe_report.schema.presets import NO_PRESET

_TOP = 4  # the header's row
_DEFAULTS = "the defaults; a number typed on the sheet Assumptions wins over them, too"


@dataclass(frozen=True)
class PresetRows:
    """Where the values of a group's presets are.

    Attributes:
        first: The row of the values without any.
        last: The row of the last preset.
        columns: The letters of each assumption's column.
    """

    first: int
    last: int
    columns: dict[str, str]

    @property
    def names(self) -> str:
        """The area of the names, for a list of choices."""
        return self._area("B")

    def value(self, assumption: str, choice: str) -> str:
        """Return the formula, without ``=``, of what the preset named in a cell sets."""
        area = self._area(self.columns[assumption])
        named = f'IF({choice}="","{NO_PRESET}",{choice})'
        return f"INDEX({area},MATCH({named},{self.names},0))"

    def _area(self, letters: str) -> str:
        return f"{PRESETS_SHEET}!${letters}${self.first}:${letters}${self.last}"


def rows_of_presets(report: Report) -> dict[str, PresetRows]:
    """Return where the presets of each group are, by its name."""
    names = [name for one in report.presets for name in one.group.sets]
    columns = {name: column_letters(at) for at, name in enumerate(names, start=3)}
    found, row = {}, _TOP + 1
    for one in report.presets:
        found[one.group.name] = PresetRows(row, row + len(one.group.presets), columns)
        row += len(one.group.presets) + 1
    return found


def write_presets(book: Book, report: Report) -> None:
    """Fill the sheet Presets."""
    sheet = book[PRESETS_SHEET]
    sheet.heading("Presets", "What each choice on the sheet Assumptions sets. A change here holds.")
    defaults = {item.definition.name: item.definition.default for item in report.assumptions}
    columns = {"group": 14.0, "preset": 24.0}
    for one in report.presets:
        for name in one.group.sets:
            numbers = [preset.values[name] for preset in one.group.presets]
            longest = max(len(f"{number:,.4f}") for number in numbers)
            columns[name] = float(max(12, longest, len(name) + 2))
    numbers_in = tuple(name for name in columns if name not in ("group", "preset"))
    columns["source"] = 60.0
    sheet.table_head(_TOP, columns, right=numbers_in)
    at = {name: number for number, name in enumerate(columns, start=1)}
    for one in report.presets:
        none = {name: defaults[name] for name in one.group.sets}
        lines = [(NO_PRESET, none, _DEFAULTS)]
        lines += [(preset.name, dict(preset.values), preset.source) for preset in one.group.presets]
        first = rows_of_presets(report)[one.group.name].first
        for row, (name, values, source) in enumerate(lines, start=first):
            sheet.put(row, 1, one.group.name, CODE)
            sheet.put(row, 2, name, STRONG)
            for assumption, value in values.items():
                format = "#,##0" if value == int(value) else "#,##0.####"
                sheet.put(row, at[assumption], value, Look(color=INPUT, number_format=format))
            sheet.put(row, at["source"], source, SOFT)
