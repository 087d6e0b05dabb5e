"""What the sections' points say of a report's numbers."""

from __future__ import annotations

import re
from dataclasses import replace

from moe_report.cells import Provenance
from moe_report.compute.kinds import only_models
from moe_report.errors import cause, printable
from moe_report.reports import Column, Help, HelpPoint, Report
from moe_report.schema.points import NotOneValueError, Numbers, Series
from moe_report.schema.registry import Registry
from moe_report.schema.sections import Failure, line_of
from moe_report.text import isolated


def helped(report: Report, registry: Registry) -> Report:
    """Return a report with its reading help; a section of which a sentence fails is named."""
    numbers = _numbers(only_models(report))
    points, failures = [], []
    for section in registry.sections:
        for point in section.points:
            here = ""
            try:
                here = point.here(numbers) if point.here else ""
                if not isinstance(here, str):
                    raise TypeError(f"it gives {here!r:.60}, expected a text")
            except NotOneValueError:
                here = ""
            except (Exception, SystemExit) as error:  # whatever somebody's function raises
                why = f"point {point.title!r}: {cause(error)}{line_of(section.module, error)}"
                failures.append(Failure(section.name, section.distribution, section.module, why))
                here = ""
            sentence = printable(re.sub(r"\s*\n\s*", " ", here))
            points.append(HelpPoint(point.title, point.text, sentence, point.is_question))
    return replace(
        report,
        help=Help(tuple(points), numbers.left_out),
        failures=(*report.failures, *failures),
    )


def _numbers(report: Report) -> Numbers:
    return Numbers(
        tuple(isolated(model.name) for model in report.models),
        {column.name: _series(column, metric=False) for column in report.fields}
        | {column.name: _series(column, metric=True) for column in report.metrics},
        frozenset(map(isolated, report.doubted)),
        {item.definition.name: item.value for item in report.assumptions},
        {column.name for column in report.fields},
    )


def _series(column: Column, *, metric: bool) -> Series:
    typed = column.cells.are(Provenance.GIVEN) & metric
    return Series(column.cells.values, typed)
