"""ModelTable: the rows that were read, and where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from moe_report.branding import Setting
from moe_report.errors import Notice
from moe_report.routing.counts import Counts
from moe_report.schema.presets import PresetChange
from moe_report.schema.scenario_names import BASE as BASE


@dataclass(frozen=True, slots=True)
class Given:
    """A number that the user typed.

    Attributes:
        value: The number, in the unit of its field (46.7 under "Total (B)" is 46.7e9).
        place: Where it stands, e.g. ``Models!C5``; empty if it comes from no cell.
        half_unit: Half of one unit of its last digit: how far the number it rounds may be off.
        about: Whether the input says that it is approximate, as "~141B" does.
    """

    value: float
    place: str = ""
    half_unit: float = 0.0
    about: bool = False


def given(
    number: float | Decimal, scale: int | Decimal = 1, place: str = "", *, about: bool = False
) -> Given:
    """Return a typed number times the unit of its header, exactly.

    >>> given(46.7, 10**9).value, given(46.7, 10**9).half_unit
    (46700000000.0, 50000000.0)
    >>> given(80e9).half_unit, given(46_702_792_704).half_unit
    (500000000.0, 0.5)
    """
    typed = number if isinstance(number, Decimal) else Decimal(repr(number))
    typed = (typed * scale).normalize()
    digits = typed.as_tuple()
    exponent = digits.exponent if isinstance(digits.exponent, int) else 0
    if exponent > 0:
        # 80,000,000,000 is 80 billion to the billion, not 8 ten-billions to the ten-billion
        exponent = min(exponent, 3 * ((len(digits.digits) + exponent - 1) // 3))
    return Given(float(typed), place, float(Decimal(5).scaleb(exponent - 1)), about)


@dataclass(frozen=True)
class Reference:
    """What a formula refers to in its own row.

    Attributes:
        name: The field, metric or carried header.
        scale: What one of the numbers was there: the formula means the number divided by it.
    """

    name: str
    scale: int | Decimal = 1

    def at(self, cell: str) -> str:
        """Return how a formula says it where a cell has the number."""
        return cell if self.scale == 1 else f"({cell}/{self.scale})"


@dataclass(frozen=True)
class CarriedCell:
    """What a cell that is carried along has beside its value.

    Attributes:
        formula: Its text, with references in their places; empty if it has none, or one that
            cannot be moved.
        number_format: How Excel shows it; empty if it is nothing special.
    """

    formula: tuple[str | Reference, ...] = ()
    number_format: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One model as it was read.

    Attributes:
        name: Its name, unique in the table.
        place: Where the row stands, e.g. ``Models!5``.
        texts: Text fields by name.
        numbers: Typed fields and typed metrics by name.
        carried: Columns that are not ours, by header, as they were.
        looks: The formulas and number formats of these, by header, where they have such.
        unclear: Fields that the input may say, in a way that is not sure, each with a sentence on
            it: what is not typed of them is missing, whatever their defaults.
    """

    name: str
    place: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Given] = field(default_factory=dict)
    carried: Mapping[str, object] = field(default_factory=dict)
    unclear: Mapping[str, str] = field(default_factory=dict)
    looks: Mapping[str, CarriedCell] = field(default_factory=dict)


@dataclass(frozen=True)
class Unclear:
    """What the input says and could not be told for sure.

    Attributes:
        fields: The fields and metrics that it may be, the likeliest first.
        text: What is not known, and how to say it.
        place: Where it stands, e.g. ``Models!H1``.
        model: The row that it is about; empty if it is a whole column.
        cause: The text without what was found, where cells of a column may have it in common.
    """

    fields: tuple[str, ...]
    text: str
    place: str
    model: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Source:
    """The file that a table was read from, without its folder, its hash in hex, and the sheet."""

    name: str
    sha256: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class Scenarios:
    """Named sets of assumptions, of which one is chosen.

    Attributes:
        chosen: Name of the chosen one; ``base`` is the assumptions as they are without any.
        values: What each scenario sets, by its name and then by assumption; the rest is as in base.
        fixed: Numbers typed in place of the choice, which hold whatever is chosen.
        presets: The preset of each group that a scenario names, by its name, base among them; an
            empty name is that of none.
        changes: What the workbook's own table of presets says, by group and then by preset.
    """

    chosen: str = BASE
    values: Mapping[str, Mapping[str, Given]] = field(default_factory=dict)
    fixed: Mapping[str, Given] = field(default_factory=dict)
    presets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, PresetChange]] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelTable:
    """Models in the order they were read.

    Attributes:
        rows: One a model.
        source: What they were read from.
        assumptions: Assumptions that the input sets, by name: those of base, if it has scenarios.
        warnings: What of the input was skipped.
        settings: What the sheet Report says, by key.
        scenarios: Other sets of assumptions, by name.
        unclear: What of it could not be told for sure.
        routing: Tokens that experts got, by the name of the model.
    """

    rows: tuple[Row, ...]
    source: Source
    assumptions: Mapping[str, Given] = field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    scenarios: Scenarios = field(default_factory=Scenarios)
    unclear: tuple[Unclear, ...] = ()
    routing: Mapping[str, Counts] = field(default_factory=dict)
