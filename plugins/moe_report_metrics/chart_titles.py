"""Titles of charts: what their numbers say, models in the order of the chart."""

from __future__ import annotations

from collections.abc import Sequence

from moe_report.wording import amount, digits, percent, span


def sizes(names: Sequence[str], total: Sequence[float], active: Sequence[float]) -> str:
    """Say how far the models' parameters lie apart, or how many a token uses, largest first."""
    first, last = (amount(numbers[0], "parameters") for numbers in (total, active))
    if len(names) == 1:
        return f"{names[0]} holds {first} parameters; {last} work on a token"
    if total[0] < 1.05 * total[-1]:
        fewest, most = (amount(pick(active), "parameters") for pick in (min, max))
        return f"{fewest} to {most} of about {first} parameters work on a token"
    return (
        f"{names[0]} holds {digits(total[0] / total[-1])} times the parameters of {names[-1]}, "
        f"and runs {digits(active[0] / active[-1])} times as many for a token"
    )


def routed(names: Sequence[str], of_all: Sequence[float], of_active: Sequence[float]) -> str:
    """Say which share routed experts have of all parameters and of those that a token uses."""
    if len(names) == 1:
        return (
            f"Routed experts hold {percent(of_all[0])} of the parameters of {names[0]}, and "
            f"{percent(of_active[0])} of those a token uses"
        )
    ranges = [span(percent(min(some)), percent(max(some))) for some in (of_all, of_active)]
    return (
        f"Routed experts hold {ranges[0]} of the parameters, and {ranges[1]} of those a token uses"
    )


def read(names: Sequence[str], bytes_read: Sequence[float]) -> str:
    """Say what a decode step reads, or between what it lies."""
    least, most = (amount(pick(bytes_read), "byte") for pick in (min, max))
    if len(names) == 1:
        return f"A decode step of {names[0]} reads {most}"
    return f"A decode step reads {span(least, most)}"
