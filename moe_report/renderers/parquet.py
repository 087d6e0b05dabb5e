"""The report as Parquet, for programs that take many models: a row a model, a column a number."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from importlib import import_module
from io import BytesIO
from typing import Any

from moe_report.cells import Cells
from moe_report.errors import MoeReportError, first_of
from moe_report.renderers import saying
from moe_report.renderers.data import without_models
from moe_report.renderers.model_lines import finding_as_dict
from moe_report.renderers.own_columns import TEXT, kind_of, texts_of_others, without_value
from moe_report.reports import Report
from moe_report.schema.fields import TEXT_FIELDS
from moe_report.text import written

SOURCE = ".from"  # behind the name of a number's column, the column of where each comes from
_KEY = b"moe_report"  # of the metadata
_ROWS = 10_000  # of a group, which readers take at once


def _said(report: Report) -> str:
    """What is to be said of the user's columns."""
    texts = texts_of_others(report)
    mixed = f"has {first_of(texts)} as texts, for not all there are of one kind"
    return "; ".join(filter(None, (mixed if texts else "", without_value(report))))


@saying(_said)
def render_parquet(report: Report) -> bytes:
    """Return the report's models as Parquet.

    The columns are the models' texts, then of each field and metric a float64 in its own unit, null
    where it is missing, and beside it, as ``NAME.from``, where it comes from; then the findings, as
    JSON, and the columns that were carried along, each of its kind (numbers, truths, dates, times)
    if all of it has one, and else texts. What the report says of itself and of its columns
    is in the file's metadata, under the key ``moe_report``, as JSON.

    Raises:
        MoeReportError: pyarrow is not installed.
    """
    arrow, parquet = pyarrow()
    columns: dict[str, Any] = {
        name: arrow.array([model.texts.get(name) for model in report.models], arrow.string())
        for name in TEXT_FIELDS
    }
    columns["name"] = arrow.array([model.name for model in report.models], arrow.string())
    for column in report.columns.values():
        columns[column.name] = arrow.array(column.cells.values, from_pandas=True)
        columns[column.name + SOURCE] = _sources(arrow, column.cells)
    found = [map(finding_as_dict, report.findings_of(model.name)) for model in report.models]
    columns["findings"] = arrow.array([json.dumps([*one]) for one in found], arrow.string())
    for header, values in report.carried.items():
        columns[_free(header, columns)] = _carried(arrow, values)
    said = json.dumps(without_models(report), ensure_ascii=False)
    table = arrow.table(columns).replace_schema_metadata({_KEY: said})
    out = BytesIO()
    parquet.write_table(table, out, row_group_size=_ROWS, compression="zstd")
    return out.getvalue()


def is_parquet_of_ours(content: bytes, fresh: bytes) -> bool:
    """Whether a file is as we write one: other programs leave out what it says of itself."""
    _, parquet = pyarrow()
    try:
        said = parquet.read_metadata(BytesIO(content)).metadata or {}
    except (ValueError, OSError):  # what pyarrow raises of no such file is one
        return False
    return _KEY in said and not any(key.startswith(b"pandas") for key in said)


def pyarrow() -> tuple[Any, Any]:
    """Return the modules ``pyarrow`` and ``pyarrow.parquet``.

    Raises:
        MoeReportError: They are not installed.
    """
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        needs = "Parquet needs pyarrow: pip install 'moe-report[parquet]'"
        raise MoeReportError(needs) from error


def _sources(arrow: Any, cells: Cells) -> Any:
    """Where each number comes from: few texts, of which a cell has the number."""
    names = arrow.array([str(state.provenance) for state in cells.states])
    return arrow.DictionaryArray.from_arrays(arrow.array(cells.state), names).cast(arrow.string())


def _free(header: str, taken: Collection[str]) -> str:
    """What a column of the user's is called that may have the name of one of ours."""
    return _free(f"{header} (carried)", taken) if header in taken else header


def _carried(arrow: Any, values: Sequence[object]) -> Any:
    """A column of the user's: of its kind if all of it has one, else texts."""
    types = {
        "truth": arrow.bool_(),
        "number": arrow.float64(),
        "time": arrow.timestamp("us"),
        "date": arrow.date32(),
        "time of day": arrow.time64("us"),
        "duration": arrow.duration("us"),
    }
    kind = kind_of(values)
    if kind == TEXT:
        values = [None if one is None else written(one) for one in values]
    return arrow.array(values, types.get(kind, arrow.string()))
