"""All designs that passed as Parquet, written a group of rows at a time.

The bytes depend on the rows alone: groups have a size of their own, whatever the blocks had, and
nothing in the file says when or by how many it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from moe_report.errors import OutputError
from moe_report.sweeps.block import Passed
from moe_report.sweeps.plan import Plan
from moe_report.sweeps.run import Found

_GROUP = 131_072  # rows
_MARK = "moe-report"  # a key of the file's own, with the mark of its plan
DESIGN, ON_FRONT = "design", "on_front"


def refuse_without_pyarrow() -> None:
    """Say, before anything is computed, that Parquet cannot be written.

    Raises:
        OutputError: pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise OutputError(
            "Parquet is written by pyarrow: pip install 'moe-report[parquet]', or leave it out "
            "with --no-parquet"
        )


def is_ours(path: Path) -> bool:
    """Whether a file is a table of designs that a sweep has written."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        said = parquet.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return False
    return _MARK.encode() in said


def write_parquet(path: Path, plan: Plan, blocks: Iterable[Passed], found: Found) -> None:
    """Write the designs of all blocks, in the order of their numbers."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {DESIGN: pa.int64(), **dict.fromkeys(plan.kept, pa.float64()), ON_FRONT: pa.bool_()}
    schema = pa.schema(list(kinds.items()), metadata={_MARK: plan.mark})
    few = [axis.name for axis in plan.axes]  # values, each often
    with parquet.ParquetWriter(path, schema, compression="zstd", use_dictionary=few) as writer:
        waiting: list[Mapping[str, Any]] = []
        rows = 0
        for one in blocks:
            on_front = np.isin(one.design, found.front.design, assume_unique=True)
            waiting.append({DESIGN: one.design, **one.columns, ON_FRONT: on_front})
            rows += len(one.design)
            if rows >= _GROUP:
                rows %= _GROUP
                every = _together(waiting, kinds)
                end = len(every[DESIGN]) - rows
                whole = {name: values[:end] for name, values in every.items()}
                writer.write_table(pa.table(whole, schema), row_group_size=_GROUP)
                waiting = [{name: values[end:] for name, values in every.items()}]
        if rows:
            writer.write_table(pa.table(_together(waiting, kinds), schema), row_group_size=_GROUP)


def _together(parts: list[Mapping[str, Any]], names: Iterable[str]) -> Mapping[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
