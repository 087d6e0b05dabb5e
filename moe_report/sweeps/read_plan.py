"""A plan from a .toml file, or from the sheet ``Sweep`` of a workbook."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from moe_report.errors import InputError, Problem, nearest
from moe_report.load.grid import Grid
from moe_report.sweeps.said import KINDS, PARTS, REMARK, Kind, Line, Said
from moe_report.text import one_of, shown

_KEYS = ("base", "model", "without", "vary", "constraints", "objectives", "columns", "set")
_LISTS: Mapping[str, Kind] = {
    "without": "without",
    "constraints": "constraint",
    "objectives": "objective",
    "columns": "column",
}


def read_toml(path: Path, data: bytes) -> Said:
    """Return what a .toml file says.

    Raises:
        InputError: It is none, or says something that no plan does.
    """
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError([Problem(path.name, f"is no TOML ({error})")]) from error
    problems = [
        Problem(path.name, f"found {shown(key)}, expected {one_of(_KEYS)}.{nearest(key, _KEYS)}")
        for key in found
        if key not in _KEYS
    ]
    lines: list[Line] = []
    for key, kind in _LISTS.items():
        listed = found.get(key, [])
        if not (isinstance(listed, list) and all(isinstance(one, str) for one in listed)):
            problems.append(Problem(f"{path.name}, {key}", "expected a list of texts"))
            continue
        of_names = key in ("without", "columns")
        for at, text in enumerate(listed, start=1):
            where = f"{path.name}, {key} {at}"
            name, parts = (text, {}) if of_names else ("", {"formula": text})
            lines.append(Line(kind, name, parts, where))
    for key in ("vary", "set"):
        if not isinstance(found.get(key, {}), dict):
            problems.append(Problem(f"{path.name}, {key}", "expected a table"))
    base, model = found.get("base"), found.get("model")
    if base is None or not isinstance(base, (str, dict)):
        expected = "expected base: a model's file, an example's name, a workbook, or a table"
        raise InputError([*problems, Problem(path.name, expected)])
    if model is not None:
        lines.append(Line("model", str(model), {}, f"{path.name}, model"))
    vary, chosen = (found.get(key, {}) for key in ("vary", "set"))
    lines += [_varied(path, *item) for item in vary.items()] if isinstance(vary, dict) else []
    assumptions = chosen if isinstance(chosen, dict) else {}
    return Said(tuple(lines), path.name, base, assumptions, tuple(problems))


def _varied(path: Path, name: str, said: object) -> Line:
    where = f"{path.name}, vary.{name}"
    if isinstance(said, Mapping):
        return Line("vary", name, said, where)
    return Line("vary", name, {"formula" if isinstance(said, str) else "values": said}, where)


def read_sheet(grid: Grid, where: str) -> Said:
    """Return what the sheet ``Sweep`` says, with what is wrong with its cells.

    Raises:
        InputError: It has no columns ``what`` and ``name``.
    """
    where = f"{where}, sheet {grid.sheet}"
    header = grid.header("what", "name")
    if header is None:
        raise InputError([Problem(where, "expected the columns 'what' and 'name'")])
    lines = tuple(_lines(grid, where, *header))
    return Said(lines, where, problems=tuple(grid.collected.problems))


def _lines(grid: Grid, where: str, top: int, names: list[str]) -> Iterator[Line]:
    columns = {name: at for at, name in enumerate(names, start=1) if name in PARTS}
    what, named = names.index("what") + 1, names.index("name") + 1
    known = ("what", "name", *PARTS, REMARK)
    for at, name in enumerate(names, start=1):
        if grid.text(top, at) and name not in known:
            grid.problem(
                top, at, f"found {shown(name)}, expected {one_of(known)}.{nearest(name, known)}"
            )
    for row in grid.below(top):
        kind, name = grid.text(row, what).casefold(), grid.text(row, named)
        parts: dict[str, object] = {
            part: grid.value(row, column)
            for part, column in columns.items()
            if not grid.is_broken(row, column) and grid.text(row, column)
        }
        if not (kind or name or parts):
            continue
        if kind not in KINDS:
            found = f"found {shown(kind)}, expected {one_of(KINDS)}.{nearest(kind, KINDS)}"
            grid.problem(row, what, found)
            continue
        cells = {part: grid.address(row, column) for part, column in columns.items()}
        cells |= {"name": grid.address(row, named), "what": grid.address(row, what)}
        yield Line(kind, name, parts, where, grid.sheet, cells)
