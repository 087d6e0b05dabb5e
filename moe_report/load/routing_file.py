"""Files of counts, as recorders of engines and people write them: JSON, .pt, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from moe_report.errors import InputError, Notice, Problem, first_of, nearest
from moe_report.importers.config_json import parse_json
from moe_report.input import read_file, why_no_file
from moe_report.load.grid import sheet_named
from moe_report.load.our_sheets import ROUTING_SHEET
from moe_report.load.routing_of_models import routing_of
from moe_report.load.routing_table import counts_of_grid
from moe_report.routing.counts import Counts, counted
from moe_report.text import shown

_MOST_BYTES = 400_000_000
_LOGICAL, _PASS, _MAP = "logical_count", "expert_load_pass", "physical_to_logical_map"
_KEYS = (_LOGICAL, _PASS)


def read_counts(source: str) -> Counts:
    """Return the counts of one model.

    Args:
        source: A file; behind a colon the model, where it holds several.

    Raises:
        InputError: It cannot be read, or what it holds are no counts of tokens.
    """
    path, model = _parted(source)
    found = read_models(path)
    if model:
        if model not in found:
            message = f"has no counts of {model!r}.{nearest(model, found)}"
            raise InputError([Problem(str(path), message)])
        return found[model]
    if len(found) > 1:
        names = ", ".join(list(found)[:5])
        message = f"has counts of {len(found)} models ({names}): name one as {path.name}:MODEL"
        raise InputError([Problem(str(path), message)])
    (only,) = found.values()
    return only


def routing_of_files(
    sources: Iterable[str], models: Sequence[str]
) -> tuple[dict[str, Counts], list[Notice]]:
    """Return the counts of files by model, and what there is to say of them.

    Args:
        sources: Files, each perhaps with a model behind a colon: the one that is meant of several,
            or whose counts they are where the file names none.
        models: The names of the models.

    Raises:
        InputError: A file cannot be read, or its counts are of no model, or of one twice.
    """
    counts: dict[str, Counts] = {}
    notices: list[Notice] = []
    for source in sources:
        path, name = _parted(source)
        found = read_models(path)
        if name:
            named = {one.casefold(): one for one in found}.get(name.casefold(), "")
            if named not in found:
                message = f"has no counts of {shown(name)}.{nearest(name, found)}"
                raise InputError([Problem(str(path), message)])
            found = {name: found[named]}
            if name.casefold() not in {one.casefold() for one in models}:
                message = f"there is no model {shown(name)}.{nearest(name, models)}"
                raise InputError([Problem(source, message)])
        own, said = routing_of(found, models, path.name)
        if not own:
            message = f"has counts of {first_of([*map(shown, found)])}, expected a model's of the"
            raise InputError([Problem(path.name, f"{message} report: {first_of([*models])}")])
        if twice := own.keys() & counts.keys():
            message = f"has counts of {shown(min(twice))}, as a file before has"
            raise InputError([Problem(path.name, message)])
        counts |= own
        notices += said
    return counts, notices


def _parted(source: str) -> tuple[Path, str]:
    """A file, and the model behind its colon."""
    path = Path(source)
    if path.exists() or ":" not in source:
        return path, ""
    before, _, model = source.rpartition(":")
    return Path(before), model


def read_models(path: Path) -> Mapping[str, Counts]:
    """Return the counts of all models of a file; under "" where it names none.

    Raises:
        InputError: It cannot be read, or what it holds are no counts of tokens.
    """
    where = path.name
    suffix = path.suffix.lower()
    if why := why_no_file(path):
        raise InputError([Problem(str(path), why)])
    if suffix in (".pt", ".pth"):
        return _of_object(_torch_file(path), where)
    if suffix != ".json":
        return _of_sheet(path, where)
    try:
        data = read_file(path, _MOST_BYTES)
    except OSError as error:
        raise InputError([Problem(where, f"cannot be read ({error.strerror})")]) from error
    if len(data) > _MOST_BYTES:
        raise InputError([Problem(where, f"is larger than {_MOST_BYTES:,} bytes")])
    try:
        found = parse_json(data)
    except (ValueError, RecursionError, OverflowError) as error:
        raise InputError([Problem(where, f"is not JSON ({error})")]) from error
    return _of_object(found, where)


def _of_sheet(path: Path, where: str) -> Mapping[str, Counts]:
    """The counts of a table: the sheet Routing, or the only one."""
    from moe_report.load.collected import Collected
    from moe_report.load.workbook import open_table, sheets_of

    sheets = sheets_of(open_table(path))
    names = list(sheets.names)
    name = sheet_named(ROUTING_SHEET, names) or (names[0] if len(names) == 1 else "")
    if not name:
        message = f"has no sheet {ROUTING_SHEET}, but {first_of(names)}"
        raise InputError([Problem(where, message)])
    grid = sheets.grid(name, Collected(where))
    return counts_of_grid(grid, where if len(names) == 1 else f"{where}, sheet {name}")


def _torch_file(path: Path) -> Any:
    """What PyTorch saved: tensors and plain values alone, never code."""
    try:
        import torch
    except ImportError as error:
        raise InputError([Problem(path.name, "needs torch: pip install torch")]) from error
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        cause = str(error).split("\n", 1)[0]
        raise InputError([Problem(path.name, f"cannot be read by torch ({cause})")]) from error


def _of_object(found: Any, where: str) -> Mapping[str, Counts]:
    """The counts of what a file holds: a list, an object with one, or objects by model."""
    if not isinstance(found, Mapping):
        return {"": _of_array(found, where)}
    keys = [key for key in _KEYS if key in found]
    if len(keys) == 1:
        values = found[keys[0]]
        if keys[0] == _PASS and _MAP in found:
            values = _logical(values, found[_MAP], where)
        return {"": _of_array(values, where)}
    models = {name: one for name, one in found.items() if isinstance(one, Mapping)}
    if keys or not models or len(models) < len(found):
        keys_there = ", ".join(map(str, list(found)[:5])) or "none"
        expected = f"expected {_LOGICAL} or {_PASS}"
        raise InputError([Problem(where, f"found the keys {keys_there}; {expected}")])
    return {
        str(name): _of_object(one, f"{where}, {name}")[""]
        for name, one in models.items()
    }  # fmt: skip


def _array(values: Any, where: str, what: str) -> Any:
    """Numbers as an array of two dimensions or three."""
    if hasattr(values, "numpy"):
        values = values.numpy()
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(0)
    if array.ndim not in (2, 3) or array.dtype.kind not in "iuf" or not array.size:
        message = f"{what} is no table of numbers, expected [layers, experts]"
        raise InputError([Problem(where, f"{message} or [steps, layers, experts]")])
    return array


def _of_array(values: Any, where: str) -> Counts:
    """Counts by layer and expert, summed over steps if there are any."""
    if isinstance(values, Mapping) and values and all(str(one).isdecimal() for one in values):
        return counted({int(layer): row for layer, row in values.items()}, where)
    if _is_table(values):  # of which what is wrong is said by layer
        return replace(counted(dict(enumerate(values)), where), rows=len(values))
    array = _array(values, where, "what it holds").astype(np.float64)
    if array.ndim == 3:
        if (array < 0).any():
            raise InputError([Problem(where, "a step has negative counts")])
        array = array.sum(axis=0)
    return replace(counted(dict(enumerate(array)), where), rows=len(array))


def _is_table(values: Any) -> bool:
    """Whether something is a list of lists, and these are of no more lists."""
    rows = values if isinstance(values, list) else []
    first = rows[0] if rows and isinstance(rows[0], list) else [[]]
    return not any(isinstance(one, list) for one in first)


def _logical(loads: Any, placed: Any, where: str) -> Any:
    """Loads of slots as those of the experts that are in them."""
    array, slots = _array(loads, where, _PASS), _array(placed, where, _MAP).astype(np.int64)
    if array.shape[-2:] != slots.shape or (slots < 0).any():
        message = f"{_PASS} has {array.shape[-2:]} layers and slots, {_MAP} {slots.shape}"
        raise InputError([Problem(where, message)])
    summed = array.sum(axis=0) if array.ndim == 3 else array
    found = np.zeros((len(slots), int(slots.max()) + 1))
    np.add.at(found, (np.arange(len(slots))[:, None], slots), summed)
    return found
