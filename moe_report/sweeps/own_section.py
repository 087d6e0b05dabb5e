"""What a sweep adds to a report stands in sections of its own, which no plugin brings."""

from __future__ import annotations

from collections.abc import Sequence

from moe_report.schema.charts import Chart
from moe_report.schema.section_fields import SectionField
from moe_report.schema.sections import Section


def own_section(
    name: str, title: str, module: str, fields: Sequence[SectionField], charts: Sequence[Chart] = ()
) -> Section:
    """Return a section of fields and charts, without metrics."""
    return Section(
        name=name,
        title=title,
        introduction=(),
        metrics=(),
        distribution="moe-report",
        version="",
        module=module,
        charts=tuple(charts),
        fields=tuple(fields),
    )
