"""What a chart is: numbers, colours and words that a section declares for page and workbook.

Made by the calls of :mod:`moe_report.schema.declare_charts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from moe_report.schema.metrics import Metric
from moe_report.schema.section_fields import SectionField

Color = Literal["black", "blue", "green", "grey", "orange", "pale", "silver", "sky"]
Order = Literal["largest first", "smallest first", "as read"]
Log = bool | Literal["auto"]
Column = Metric | SectionField | str
Part = Column | tuple[Column, ...]

# As RRGGBB; templates/report.css has the same for the page, and others for the dark.
COLORS: Mapping[Color, str] = {
    "black": "20262D", "blue": "0072B2", "green": "009E73", "grey": "7D8894",
    "orange": "D55E00", "pale": "CCD1D6", "silver": "AEB4BB", "sky": "56B4E9",
}  # fmt: skip

_DECADES = 25  # largest over smallest, from where on a linear axis would hide the small ones


def is_logarithmic(log: Log, numbers: Sequence[float]) -> bool:
    """Whether an axis of such numbers is; never where one of them has no place on it.

    >>> is_logarithmic("auto", [1, 30]), is_logarithmic("auto", [1, 20]), is_logarithmic(True, [0])
    (True, False, False)
    """
    least = min(numbers, default=0)
    if least <= 0:
        return False
    return max(numbers) / least >= _DECADES if log == "auto" else log


def name_of(column: Column) -> str:
    """Return the name of a metric or field."""
    return column if isinstance(column, str) else column.name


@dataclass(frozen=True)
class Rows:
    """What a title may speak of: the models of a chart that no finding doubts.

    Each has every number of the chart, and they are in the order in which it draws them. Where all
    are doubted, they are all there.

    >>> rows = Rows(("a", "b"), {"total_params": (8e9, 2e9)}, {"flops_per_mac": 2})
    >>> len(rows), rows.names[0], max(rows["total_params"])
    (2, 'a', 8000000000.0)

    Attributes:
        names: The models' names.
        numbers: By column of the chart, one a model.
        assumptions: What the report's numbers are for, by name.
    """

    names: tuple[str, ...]
    numbers: Mapping[str, tuple[float, ...]]
    assumptions: Mapping[str, float]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, column: Column) -> tuple[float, ...]:
        """Return the numbers of a metric or field, one a model."""
        return self.numbers[name_of(column)]

    def sum_of(self, *columns: Column) -> tuple[float, ...]:
        """Return the sum of some metrics or fields, one a model.

        >>> Rows(("a", "b"), {"x": (1, 2), "y": (3, 5)}, {}).sum_of("x", "y")
        (4, 7)
        """
        return tuple(map(sum, zip(*(self[column] for column in columns), strict=True)))


Words = str | Callable[[Rows], str]


@dataclass(frozen=True)
class Series:
    """What a chart draws in one colour.

    Attributes:
        columns: Names of the metrics and fields whose numbers add up to it; mostly one.
        label: What it is; empty for the label of its first column.
        head: A word for it above a column of numbers.
        color: Its colour.
    """

    columns: tuple[str, ...]
    label: str
    head: str
    color: Color


@dataclass(frozen=True, kw_only=True, eq=False)
class Chart:
    """What all charts have; made by :func:`bars`, :func:`stack`, :func:`scatter`, :func:`lines`.

    Attributes:
        name: Its anchor on the page, and what a workbook calls the object.
        title: Its point: a sentence, or a function that makes one of the report's numbers.
        caption: How to read it.
        series: What it draws.
        axis: What the axis of its numbers counts.
        rank: Charts with a rank come first, the lowest rank of all on top.
        uses: The metrics and fields, as they were given.
        module: The module that declares it.
    """

    name: str
    title: Words
    caption: Words
    series: tuple[Series, ...]
    axis: str
    rank: float | None
    uses: tuple[Column, ...]
    module: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the metrics and fields that it needs."""
        return tuple(dict.fromkeys(name_of(item) for item in self.uses))

    @property
    def of_one_unit(self) -> tuple[Column, ...]:
        """What stands on one axis, and so must have one unit."""
        return self.uses


@dataclass(frozen=True, kw_only=True, eq=False)
class Bars(Chart):
    """A row a model; what :func:`bars` makes, and says."""

    order: Order
    by: str
    first: str
    log: Log
    zeros: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack(Chart):
    """Parts of a whole; what :func:`stack` makes, and says.

    Attributes:
        bars: A bar's name, and for each part the columns that add up to it.
        focus: Place of the part whose share is written down, and orders the models; or None.
    """

    bars: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    shares: bool
    focus: int | None
    first: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Points(Chart):
    """Numbers against a number: what scatter and lines have in common."""

    x: Series
    log: Log

    @property
    def of_one_unit(self) -> tuple[Column, ...]:
        """All but what runs from left to right."""
        return self.uses[1:]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scatter(Points):
    """A point a model; what :func:`scatter` makes, and says."""

    guides: tuple[tuple[str, float | str], ...]
    fractions: bool

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Names of the assumptions that its guides use."""
        return tuple(slope for _, slope in self.guides if isinstance(slope, str))


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines(Points):
    """Points joined in the order of x; what :func:`lines` makes, and says."""
