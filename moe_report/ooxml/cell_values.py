"""What the values of cells are that their XML spells as texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.number_formats import NumberFormats, number_formats
from moe_report.ooxml.package import Package
from moe_report.ooxml.rows import is_number
from moe_report.ooxml.texts import Texts, in_one_spelling

Moment = date | time | timedelta
CellValue = str | float | bool | Moment | None
OUT_OF_RANGE = "#VALUE!"  # what Excel shows of a date that is none
EPOCH, EPOCH_OF_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)


@dataclass(frozen=True)
class CellValues:
    """What a workbook's cells refer to.

    Attributes:
        texts: The texts that cells share; None if they are not known.
        formats: How cells show their numbers.
        epoch: The day from which dates are counted.
    """

    texts: Sequence[str] | None = None
    formats: NumberFormats = field(default_factory=NumberFormats)
    epoch: datetime = EPOCH

    def moment(self, number: float, style: int) -> Moment | None:
        """Return the date, time or duration that a number is in a style; None if it is none."""
        from openpyxl.utils.datetime import from_excel  # which takes long to load

        durations = self.formats.durations
        try:
            found: Moment = from_excel(number, self.epoch, timedelta=style in durations)
        except (OverflowError, ValueError):
            return None
        return found


def cell_values(package: Package, texts: Texts) -> CellValues:
    """Return what the cells of a workbook refer to.

    Raises:
        InputError: Its table of styles is damaged.
    """
    settings = package.root(package.workbook_part()).find(f"{{{MAIN}}}workbookPr")
    said = "0" if settings is None else settings.get("date1904", "0")
    return CellValues(
        [in_one_spelling(text) for text in texts.shared],
        number_formats(package),
        EPOCH_OF_1904 if said in ("1", "true", "on") else EPOCH,
    )


def number_of(text: str) -> int | float | None:
    """Return the number that a cell's text is, None if it is none.

    >>> number_of("8"), number_of("-1.5E-3"), number_of("1_0")
    (8, -0.0015, None)
    """
    if text.isdigit() and text.isascii():
        return int(text)
    if not is_number(text):
        return None
    return float(text) if "." in text or "e" in text or "E" in text else int(text)


def moment_of(text: str) -> Moment | None:
    """Return the date, time or duration that a text is in ISO 8601, None if it is none."""
    from openpyxl.utils.datetime import from_ISO8601

    try:
        found: Moment = from_ISO8601(text)
    except ValueError:
        return None
    return found
