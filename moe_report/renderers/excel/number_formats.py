"""Number formats: numbers as people read them, and none but 0 shown as 0, whatever it becomes.

A format has room for two conditions. LibreOffice shows what meets neither without its sign, and
what meets the second, too; so a format says the minus itself, or has no conditions. It also fills
cells with ``###`` where ``General`` stands behind conditions and the column is too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from moe_report.display import Scale, prefixes, scale
from moe_report.formula.operations import Column as Values
from moe_report.reports import Column

_TINY = "0.0E+0"
_UNIT_FROM = 0.0995  # of a unit, from where on a number is shown in it
_MOST_PLACES = 7
_LEAST_PLAIN = 0.001


@dataclass(frozen=True)
class _Step:
    """How numbers of a size and above are shown: divided by a factor, with a sign behind.

    Numbers below are shown by another format.
    """

    bound: float
    factor: float
    places: int
    sign: str
    below: str = _TINY

    def code(self) -> str:
        """Return it as a number format."""
        places = f".{'0' * self.places}" if self.places else ""
        if self.sign == "%":
            return rf"0{places}\ %"
        behind = f' {self.sign}"' if self.sign not in ("", "×") else f'{self.sign}"'
        return f"#,##0{places}{thousands(self.factor)}" + (f'"{behind}' if self.sign else "")

    def text(self, value: float) -> str:
        """Return a number as it is shown."""
        return f"{value / self.factor:,.{self.places}f} {self.sign}".rstrip()


def number_format(column: Column) -> str:
    """Return the number format of a column: ``46.70 B`` on the sheet, the exact number beneath."""
    values = _known(column)
    first, *second = _steps(column)
    if column.format == "integer" and not column.source and first.places == 0:
        return first.code()  # of a field, whose cells take whole numbers alone
    negative, zero = bool((values < 0).any()), bool((values == 0).any())
    if second:
        return f"{_from(first)};{_from(*second)};General"
    if first.factor > 1 and first.below == "General":
        return _mirrored(first)
    if negative and ((values != 0) & (abs(values) < first.bound)).any():
        return f"{first.below};-{first.below};0"
    if negative and zero:
        return first.code()
    if zero or (column.format != "decimal" and not negative):
        return f"{_from(first)};[>0]{first.below};{first.code()}"
    return _mirrored(first)


def numbers_in_cells(column: Column) -> set[str]:
    """Return the longest numbers of a column as its cells show them, or a little longer."""
    steps, values = _steps(column), _known(column)
    widest = values[abs(values) < steps[-1].bound]  # of which each has digits of its own
    above = np.inf
    for step in steps:  # the digits of which grow with the number
        some = values[(abs(values) >= step.bound) & (abs(values) < above)]
        widest = np.append(widest, [some.min(), some.max()] if len(some) else [])
        above = step.bound
    return {_shown(value, steps) for value in np.unique(widest).tolist()}


def number_format_of(*values: float) -> str:
    """Return the number format of a cell that holds one of these numbers, and any that is typed."""
    whole = all(value == int(value) for value in values)
    if whole and min(values) >= 0 and max(values) >= 1000:
        return "[<1000]General;#,##0"  # LibreOffice shows signs in a first section alone
    return "General"


def column_scale(column: Column) -> Scale:
    """Return the unit that a column is shown in."""
    sizes = np.sort(abs(_known(column)))
    sizes = sizes[sizes > 0]
    return scale(column.unit, column.format, sizes[len(sizes) // 2 :][:1].tolist())


def thousands(factor: float) -> str:
    """Return the commas by which a number format divides by a power of a thousand."""
    return "," * max(round(math.log10(factor) / 3), 0)


def _steps(column: Column) -> list[_Step]:
    """Return how the numbers of a column are shown, the largest first; what is below is tiny."""
    values = _known(column)
    sizes = np.sort(abs(values[values != 0]))
    if column.format == "percent":
        return [_even(sizes, 0.01, "%")]
    if column.format == "factor":
        return [_even(sizes, 1, "×")]
    units = _units(column, sizes, signed=bool((values < 0).any()))
    if column.format == "si" and units:
        steps = [_Step(_UNIT_FROM * factor, factor, 2, sign, "General") for factor, sign in units]
        if sizes[0] < _LEAST_PLAIN:  # which General would show with twenty places
            return [replace(steps[0], below=_TINY)]
        return steps
    if column.format != "decimal" and (sizes == np.floor(sizes)).all():
        return [_Step(1, 1, 0, "")]
    return [_even(sizes, 1, "")]


def _known(column: Column) -> Values:
    """The numbers that are there, a zero never below it."""
    values = column.cells.values
    return values[~np.isnan(values)] + 0.0


def _units(column: Column, sizes: Values, *, signed: bool) -> list[tuple[float, str]]:
    """Return the units of a column: its own, and that of its largest number far below.

    Numbers with signs have one unit, in which each of them can be read; there may be none.
    """
    chosen = column_scale(column).factor
    units = [step for step in prefixes(column.unit) if step[0] <= chosen]
    if signed:
        return [step for step in units if _UNIT_FROM * step[0] <= sizes[0]][:1]
    below = sizes[sizes < _UNIT_FROM * chosen]
    largest = below[-1] if len(below) else math.inf
    return units[:1] + [step for step in units[1:] if _UNIT_FROM * step[0] <= largest][:1]


def _even(sizes: Values, factor: float, sign: str) -> _Step:
    """Return as many places for all numbers as the smallest needs that is not far below the rest.

    That is three digits; of shares two, but for 99.95 %, which is not all of it.
    """
    is_share = sign == "%"
    far = 1e5 if is_share else 1e4
    near = sizes[sizes * far >= sizes[-1:]] / factor
    least = 1 if is_share and not (sizes >= 0.9995).any() else 2
    smallest = math.floor(math.log10(near[0])) if len(near) else 0
    places = min(max((1 if is_share else 2) - smallest, least), _MOST_PLACES)
    below = f'{_TINY}"×"' if sign == "×" else _TINY
    return _Step(factor * 10.0**-places, factor, places, sign, below)


def _shown(value: float, steps: Sequence[_Step]) -> str:
    for step in steps:
        if abs(value) >= step.bound or value == 0:
            return step.text(value)
    return f"{value:.15g}" if steps[0].below == "General" else f"{value:.1E}×"


def _from(step: _Step) -> str:
    return f"[>={_plain(step.bound)}]{step.code()}"


def _mirrored(step: _Step) -> str:
    return f"{_from(step)};[<=-{_plain(step.bound)}]-{step.code()};{step.below}"


def _plain(bound: float) -> str:
    return f"{bound:.12f}".rstrip("0").rstrip(".")
