"""What the sections' points say of a report's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moe_report.errors import cause
from moe_report.reports import AssumptionValue, Column, Help, HelpPoint, Provenance
from moe_report.schema.points import Numbers, Series
from moe_report.schema.registry import Failure, Section


def help_of(
    sections: Iterable[Section],
    models: Sequence[str],
    fields: Iterable[Column],
    metrics: Iterable[Column],
    doubted: frozenset[str],
    assumptions: Iterable[AssumptionValue],
) -> tuple[Help, tuple[Failure, ...]]:
    """Return the reading help, and the sections of which a sentence failed.

    Args:
        sections: Those of the report.
        models: Their names, in order.
        fields: The input columns that hold numbers.
        metrics: Those of the sections.
        doubted: The models of which a computed number is doubted.
        assumptions: What the numbers are computed for.
    """
    numbers = Numbers(
        tuple(models),
        {column.name: _series(column, metric=False) for column in fields}
        | {column.name: _series(column, metric=True) for column in metrics},
        doubted,
        {item.definition.name: item.value for item in assumptions},
    )
    points, failures = [], []
    for section in sections:
        for point in section.points:
            here = ""
            try:
                here = point.here(numbers) if point.here else ""
                if not isinstance(here, str):
                    raise TypeError(f"it gives {here!r:.60}, expected a text")
            except Exception as error:  # whatever somebody's function raises
                here, why = "", f"point {point.title!r}: {cause(error)}"
                failures.append(Failure(section.name, section.distribution, section.module, why))
            points.append(HelpPoint(point.title, point.text, here, point.is_question))
    return Help(tuple(points), numbers.left_out), tuple(failures)


def _series(column: Column, *, metric: bool) -> Series:
    typed = tuple(metric and cell.provenance == Provenance.GIVEN for cell in column.cells)
    return Series(tuple(cell.value for cell in column.cells), typed)
