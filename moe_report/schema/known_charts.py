"""Charts of sections: found in a module, and held against what there is to draw."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from moe_report.errors import PluginError, nearest
from moe_report.schema.charts import Chart, Column
from moe_report.schema.fields import FIELDS, NUMBER_FIELDS


def charts_of(module: ModuleType) -> tuple[Chart, ...]:
    """Return the charts that a module declares, in source order.

    Raises:
        PluginError: One draws a field that is none, or different units on one axis; or two have
            one name.
    """
    mine = (item for item in vars(module).values() if isinstance(item, Chart))
    charts = tuple(dict.fromkeys(item for item in mine if item.module == module.__name__))
    for chart in charts:
        _refuse_odd_columns(chart)
    refuse_double_charts((chart, module.__name__) for chart in charts)
    return charts


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
