"""Charts of sections, held against what there is to draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moe_report.errors import PluginError, nearest
from moe_report.schema.charts import Chart, Column
from moe_report.schema.fields import FIELDS, NUMBER_FIELDS


def refuse_odd_charts(charts: Sequence[Chart], origin: str) -> None:
    """Refuse charts of a module that cannot be drawn; given with where they come from.

    Raises:
        PluginError: One draws a field that is none, or different units on one axis; or two have
            one name.
    """
    for chart in charts:
        _refuse_odd_columns(chart)
    refuse_double_charts((chart, origin) for chart in charts)


def refuse_double_charts(charts: Iterable[tuple[Chart, str]]) -> None:
    """Refuse two charts of one name, which is their anchor; given with where they come from.

    Raises:
        PluginError: There are two.
    """
    seen: dict[str, str] = {}
    for chart, origin in charts:
        if chart.name in seen:
            raise PluginError(
                f"two charts are named {chart.name!r}: that of {seen[chart.name]} and that of "
                f"{origin}; rename one"
            )
        seen[chart.name] = origin


def _refuse_odd_columns(chart: Chart) -> None:
    for item in chart.uses:
        if isinstance(item, str) and item not in NUMBER_FIELDS:
            kind = "is text, not a number" if item in FIELDS else "is not a field of a model"
            raise PluginError(
                f"chart {chart.name!r}: {item!r} {kind}.{nearest(item, NUMBER_FIELDS)}"
            )
    units = dict.fromkeys(_unit(item) for item in chart.of_one_unit)
    if len(units) > 1:
        listed = ", ".join(map(repr, units))
        raise PluginError(f"chart {chart.name!r} has different units on one axis: {listed}")


def _unit(column: Column) -> str:
    return FIELDS[column].unit if isinstance(column, str) else column.unit
