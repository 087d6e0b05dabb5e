"""The few numbers that the calculator of a page asks for first, as a section declares them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ShortForm:
    """A calculator in a few inputs: ``SHORT_FORM`` of a section's module.

    What a report does not have is left out of the form; of several forms the first one is shown.

    Attributes:
        inputs: The fields and metrics to type, each with the form's words for it. A ratio is typed
            in percent of the first bar.
        bars: Two metrics of one unit, the second a part of the first.
        ring: A metric that is a share; empty for none.
        numbers: Further metrics that follow.
    """

    inputs: tuple[tuple[str, str], ...]
    bars: tuple[str, str]
    ring: str = ""
    numbers: tuple[str, ...] = ()
