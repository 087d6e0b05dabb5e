"""A report as a frame of pandas: a row a model, a column a field or metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moe_report.errors import MoeReportError
from moe_report.reports import Column, Report
from moe_report.schema.fields import TEXT_FIELDS

if TYPE_CHECKING:
    import pandas as pd


def frame_of(report: Report, *, provenance: bool, texts: bool) -> pd.DataFrame:
    """Return the numbers of all models, and perhaps texts and carried columns in front of them.

    Raises:
        MoeReportError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MoeReportError("frame() needs pandas: pip install 'moe-report[pandas]'") from error
    index = pd.Index([model.name for model in report.models], name="name")
    columns: dict[Any, Any] = {}
    for header, words in _texts(report).items() if texts else ():
        columns[(header, "value") if provenance else header] = words
    for column in report.columns.values():
        if provenance:
            columns.update(_beside(column))
        else:
            columns[column.name] = column.cells.values
    frame = pd.DataFrame(columns, index=index)
    if provenance:
        frame.columns = frame.columns.set_names(["column", "part"])
    return frame


def _beside(column: Column) -> dict[tuple[str, str], Any]:
    return {
        (column.name, "value"): column.cells.values,
        (column.name, "provenance"): [str(cell.provenance) for cell in column.cells],
        (column.name, "note"): [cell.note for cell in column.cells],
    }


def _texts(report: Report) -> dict[str, list[object]]:
    found = {header: [*values] for header, values in report.carried.items()}
    said = [name for name in TEXT_FIELDS if any(name in model.texts for model in report.models)]
    return found | {name: [model.texts.get(name, "") for model in report.models] for name in said}
