"""The work behind ``moe-report import``: rows of models, shown or put into a workbook."""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from moe_report.api.places import reload_hint
from moe_report.compute.build import build_report
from moe_report.display import MISSING, exact, show
from moe_report.edit.append import append_rows
from moe_report.edit.new_workbook import build_starter
from moe_report.errors import InputError, OutputError, Problem, shortened
from moe_report.importers.model import Options, import_model
from moe_report.load.workbook import Read, guarded, inspect_workbook, open_workbook
from moe_report.output import followed, unchanged_since, write_files
from moe_report.schema.parts import PARAMETER_TOTALS, Part
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable, Row, Source
from moe_report.text import shown

_SHOWN_NAME = 100


def import_rows(
    sources: Sequence[str], options: Options, known: Registry, name: str | None
) -> list[Row]:
    """Return a row for each source.

    Raises:
        InputError: With every problem of every source, or if two models have one name.
    """
    fields = tuple(known.own_fields.values())
    options = dataclasses.replace(options, fields=fields)
    rows: list[Row] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            row = import_model(source, options, known, name=name)
        except InputError as error:
            problems.extend(error.problems)
            continue
        if row.name in {other.name for other in rows}:
            problems.append(Problem(source, f"is a second model named {shown(row.name)}"))
        rows.append(row)
    if problems:
        raise InputError(problems)
    return rows


def describe_row(row: Row, known: Registry) -> str:
    """Return all about an imported model as text: its totals, its values, what is to be known."""
    report = build_report(ModelTable((row,), Source(row.place)), known)
    model_type = row.texts.get("model_type")
    lines = [shortened(f"{row.name} ({model_type})" if model_type else row.name)]
    for part in (*PARAMETER_TOTALS, Part.FORWARD_FLOPS):
        if part in known.counting:
            column = report.columns[known.counting[part].name]
            value = column.cells[0].value
            number, short = exact(value) or MISSING, show(value, column.unit, column.format)
            lines.append(f"  {column.label:<32} {short:>12}   {number:>22}")
    lines.append("")
    for name, typed in row.numbers.items():
        kind = "" if name in known.fields else "   (in place of the formula)"
        lines.append(f"  {name:<32} {exact(typed.value):>12}{kind}")
    remark = row.texts.get("remark")
    if remark:
        lines += ["", textwrap.fill(remark, 96, initial_indent="  ", subsequent_indent="  ")]
    return "\n".join(lines)


def append_to(
    workbook: Path, rows: Sequence[Row], known: Registry, *, sheet: str | None, replace: bool
) -> list[str]:
    """Put models into a workbook, which is made if it is not there; return what was done, in lines.

    Raises:
        InputError: The workbook cannot be read, or has a model of a name already.
        OutputError: It cannot be written; it is as it was then.
    """
    suffixes = {path.suffix.lower() for path in (workbook, followed(workbook))}  # of a link, either
    if not _is_there(workbook):
        if ".xlsx" not in suffixes:
            raise OutputError(f"{workbook}: expected a name that ends in .xlsx")
        if sheet is not None:
            raise OutputError(f"{workbook}: there is no such file, and so no sheet {sheet!r}")
        starter = build_starter(known, examples=False, models=rows)
        write_files({workbook: starter}, unchanged_since({workbook: None}))
        return [
            f"wrote {workbook}",
            *(f"  added {shortened(row.name, _SHOWN_NAME)}" for row in rows),
        ]
    if suffixes.isdisjoint({".xlsx", ".xlsm"}):
        raise OutputError(f"{workbook}: expected a name that ends in .xlsx or .xlsm")
    file = open_workbook(workbook)
    read = inspect_workbook(file, known, sheet=sheet)
    if read.places is None:
        raise InputError(read.problems or [_in_columns(read)])
    _refuse_two_of_a_name(read, rows, workbook.name)
    rows, kept = _with_remarks(read, rows)
    done = append_rows(file.package, read.places, rows, workbook.name, replace=replace)
    fresh = _problems_since(read, known, done.data, rows, workbook)
    notes = write_files({workbook: done.data}, unchanged_since({workbook: file.data}))
    lines = [f"changed {workbook}, sheet {read.places.sheet}"]
    lines += [f"  added {shortened(name, _SHOWN_NAME)}" for name in done.added]
    lines += [f"  replaced {shortened(name, _SHOWN_NAME)}" for name in done.replaced]
    if done.columns:
        lines.append(f"  new columns: {', '.join(done.columns)}")
    if done.emptied:
        lines.append(f"  emptied, for the import has no number: {', '.join(done.emptied)}")
    lines += kept
    lines += [f"note: {note}" for note in (*notes, *fresh)]
    before = [problem for problem in read.problems if problem.cell]
    if before:
        more = f", and {len(before) - 1} more like this" if before[1:] else ""
        lines.append(f"note: run will refuse it: {before[0]}{more}")
    if hint := reload_hint(workbook):
        lines.append(f"note: {hint}")
    return lines


def _in_columns(read: Read) -> Problem:
    """Why nothing can be put into a sheet that has a model in each column."""
    place = f"{read.table.source.name}, sheet {read.table.source.sheet}"
    text = "its models are its columns, and an import is put into rows: transpose it (in Excel "
    text += "copy, Paste Special, Transpose), or import into a new workbook"
    return Problem(place, text)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def _refuse_two_of_a_name(read: Read, rows: Sequence[Row], file: str) -> None:
    count = Counter(row.name for row in read.table.rows)
    where = f"{file}, sheet {read.table.source.sheet}"
    problems = [
        Problem(
            where, f"has {count[row.name]} models named {shown(row.name)}; expected each name once"
        )
        for row in rows
        if count[row.name] > 1
    ]
    if problems:
        raise InputError(problems)


def _with_remarks(read: Read, rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """The rows with the remarks that the workbook has, and what they would else have said."""
    remarks = {row.name: row.texts.get("remark", "") for row in read.table.rows}
    found, lines = [], []
    for row in rows:
        old, new = remarks.get(row.name, ""), row.texts.get("remark", "")
        if old:
            texts = {key: text for key, text in row.texts.items() if key != "remark"}
            row = dataclasses.replace(row, texts=texts)
        if old and new and old != new:
            name = shortened(row.name, _SHOWN_NAME)
            said = f"note: {name} keeps its remark; of this import it would be: {new}"
            lines.append(shortened(said))
        found.append(row)
    return found, lines


def _problems_since(
    read: Read, known: Registry, data: bytes, rows: Sequence[Row], workbook: Path
) -> list[Problem]:
    """What is wrong with the new workbook that was not with the old one.

    Raises:
        OutputError: It does not give the models back as they were put in.
    """
    assert read.file is not None
    file = guarded(read.file.path, data)
    new = inspect_workbook(file, known, sheet=read.table.source.sheet)
    there = {row.name: row.numbers for row in new.table.rows}
    for row in rows:
        for name, typed in row.numbers.items():
            value = there[row.name][name].value if name in there.get(row.name, {}) else math.nan
            if not math.isclose(value, typed.value, rel_tol=1e-14):
                raise OutputError(
                    f"{workbook}: is unchanged, for {row.name!r} could not be put in: its {name} "
                    f"of {typed.value:.15g} would be read as {value:.15g}"
                )
    before = set(read.problems)
    return [problem for problem in new.problems if problem not in before]
