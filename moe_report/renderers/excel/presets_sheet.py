"""The sheets of presets: what each sets and where that comes from; Assumptions looks it up.

A group may have a sheet for itself, on which headers say the unit of the numbers below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from moe_report.display import MISSING
from moe_report.load.our_sheets import PRESETS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import number_text
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.number_formats import number_format_of
from moe_report.renderers.excel.palette import CODE, INPUT, SOFT, STRONG, Look
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import Report
from moe_report.schema.assumptions import Assumption
from moe_report.schema.preset_columns import factor, heading
from moe_report.schema.presets import NO_PRESET, PresetGroup

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
        factors: What a number there is multiplied with.
        sheet: The sheet.
    """

    first: int
    last: int
    columns: dict[str, int]
    factors: dict[str, float]
    sheet: str

    @property
    def names(self) -> str:
        """The area of the names, for a list of choices."""
        return self._area("B")

    def value(self, assumption: str, choice: str) -> str:
        """Return the formula, without ``=``, of what the preset named in a cell sets."""
        area = self._area(column_letters(self.columns[assumption]))
        named = f'IF({choice}="","{NO_PRESET}",{choice})'
        found = f"INDEX({area},MATCH({named},{self.names},0))"
        factor = self.factors[assumption]
        return found if factor == 1 else f"{found}*{number_text(factor)}"

    def cell(self, preset: int, assumption: str = "") -> str:
        """Return what refers to a preset's value of an assumption, or to its name, from 0."""
        letters = column_letters(self.columns[assumption]) if assumption else "B"
        place = f"{self.sheet}!${letters}${self.first + 1 + preset}"
        factor = self.factors[assumption] if assumption else 1
        return place if factor == 1 else f"({place}*{number_text(factor)})"

    def _area(self, letters: str) -> str:
        return f"{self.sheet}!${letters}${self.first}:${letters}${self.last}"


def sheets_of_presets(report: Report) -> list[str]:
    """Return the names of the sheets that presets are on, in the order of their groups."""
    return [*dict.fromkeys(one.group.sheet or PRESETS_SHEET for one in report.presets)]


def rows_of_presets(report: Report) -> dict[str, PresetRows]:
    """Return where the presets of each group are, by its name."""
    definitions = _definitions(report)
    found = {}
    for sheet in sheets_of_presets(report):
        groups = _groups_on(report, sheet)
        names = [name for group in groups for name in group.sets]
        columns = {name: at for at, name in enumerate(names, start=_FIRST_NUMBER)}
        row = _TOP + 1
        for group in groups:
            factors = {name: factor(definitions[name]) if group.sheet else 1 for name in group.sets}
            last = row + len(group.presets)
            found[group.name] = PresetRows(row, last, columns, factors, sheet)
            row = last + 1
    return found


def write_presets(book: Book, report: Report) -> None:
    """Fill the sheets of presets."""
    for name in sheets_of_presets(report):
        _write_sheet(book[name], report, name)


def _write_sheet(sheet: Sheet, report: Report, title: str) -> None:
    said = "What each choice on the sheet Assumptions sets. A change here holds at once; a row of "
    said += "your own below (group, name, every number, source) is a choice after the next run."
    sheet.heading(title, said)
    definitions, groups = _definitions(report), _groups_on(report, title)
    heads = {
        name: heading(definitions[name]) if group.sheet else name
        for group in groups
        for name in group.sets
    }
    numbers = [(head, max(12.0, len(head) + 2.0)) for head in heads.values()]
    columns = [("group", 14.0), ("preset", 24.0), *numbers, ("source", 60.0)]
    sheet.table_head(_TOP, columns, right=[*heads.values()])
    for group in groups:
        where = rows_of_presets(report)[group.name]
        defaults = {name: definitions[name].default for name in group.sets}
        lines = [(NO_PRESET, {**defaults, **group.none}, _DEFAULTS)]
        lines += [(preset.name, dict(preset.values), preset.source) for preset in group.presets]
        formats = {
            name: _format_of(
                [values[name] / where.factors[name] for _, values, _ in lines],
                definitions[name],
            )
            for name in group.sets
        }
        for row, (preset, values, source) in enumerate(lines, start=where.first):
            sheet.put(row, 1, group.name, CODE)
            sheet.put(row, 2, preset, STRONG)
            for name in group.sets:
                value = values[name] / where.factors[name]
                shown = formats[name] if group.sheet else number_format_of(value)
                look = Look(color=INPUT, number_format=shown, vertical="top")
                sheet.put(row, where.columns[name], value, look)
            sheet.put(row, _FIRST_NUMBER + len(heads), source, replace(SOFT, indent=1))


def _format_of(numbers: Sequence[float], of: Assumption) -> str:
    """Return the number format of a column: as many places for all, where one has some.

    Amounts of money have two, and a 0 is a dash: a device lacks it, or nobody knows it.
    """
    if of.unit.startswith("$"):
        return f'[=0]"{MISSING}";#,##0.00'
    if any(number != int(number) for number in numbers):
        return f'[=0]"{MISSING}";[<1]General;#,##0.0'
    return (
        f'[=0]"{MISSING}";{number_format_of(max(numbers), 0)}'
        if 0 in numbers
        else number_format_of(*numbers)
    )


def _definitions(report: Report) -> dict[str, Assumption]:
    return {item.definition.name: item.definition for item in report.assumptions}


def _groups_on(report: Report, sheet: str) -> list[PresetGroup]:
    groups = (one.group for one in report.presets)
    return [group for group in groups if (group.sheet or PRESETS_SHEET) == sheet]
