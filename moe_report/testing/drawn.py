"""What a section's charts and links come to in reports of random models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from moe_report.compute.build import build_report
from moe_report.errors import nearest
from moe_report.renderers.html.guide import PARTS
from moe_report.renderers.html.rich_text import lost_targets
from moe_report.schema.registry import Registry
from moe_report.schema.sections import Section
from moe_report.table import ModelTable, Row, Source, given
from moe_report.testing.random_rows import RandomRows
from moe_report.text import counted

_MANY = 20


def most_complete(section: Section, rows: RandomRows) -> list[int]:
    """Return the places of the rows that lack the fewest of a section's numbers, best first."""
    lacking = sum(np.isnan(rows.values[metric.name]) for metric in section.metrics)
    order = np.argsort(np.broadcast_to(lacking, rows.count), kind="stable")
    return [int(at) for at in order]


def failed_titles(section: Section, registry: Registry, rows: RandomRows) -> Iterator[str]:
    """Return what titles and captions of charts raise, in reports of many models and of one."""
    if not section.charts:
        return
    alone = replace(
        registry,
        sections=tuple(
            one if one.name == section.name else replace(one, charts=(), points=())
            for one in registry.sections
        ),
    )
    best = most_complete(section, rows)
    for some in (best[:_MANY], best[:1]):
        found = build_report(_table(rows, some), alone).warnings
        yield from (f"for {counted(len(some), 'model')}, {warning}" for warning in found)
        if found:
            return


def _table(rows: RandomRows, some: Sequence[int]) -> ModelTable:
    return ModelTable(
        tuple(
            Row(
                f"model {at}",
                numbers={
                    name: given(float(typed[at]))
                    for name, typed in rows.typed.items()
                    if not np.isnan(typed[at])
                },
            )
            for at in some
        ),
        Source("random models"),
    )


def lost_links(section: Section, registry: Registry) -> Iterator[str]:
    """Return the links of points that lead nowhere."""
    known = [*registry.metrics, *(f"#{part}" for part in PARTS)]
    links = {name.removeprefix("#") for name in known}
    for point in section.points:
        for target in lost_targets(point.text, links):
            yield (
                f"point {point.title!r}: its link to {target!r} leads nowhere; expected a metric, "
                f"a source or a part of the page.{nearest(target, known)}"
            )
