"""``moe-report columns``, and the questions that a terminal asks about columns."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from moe_report.cli.terminal import aligned, say
from moe_report.edit.keep_columns import keep_columns
from moe_report.errors import InputError, first_of, printable, shortened
from moe_report.load.columns import ColumnReading, Columns
from moe_report.load.workbook import Read
from moe_report.text import shown

_KEYS = "123456789"
_WIDEST = 60
_NONE, _OPEN = "0", "\r"


def listed(found: Mapping[tuple[str, str], Columns]) -> str:
    """Return what each column is as text: header, cell, what it is read as, why."""
    parts = []
    for (file, sheet), columns in found.items():
        rows = [["cell", "header", "", "field", "why"]]
        rows += [
            [one.cell, shortened(one.header, _WIDEST), one.state, _field(one) or _candidates(one),
             shortened(one.why, 2 * _WIDEST)]
            for one in columns.all
        ]  # fmt: skip
        lines = aligned(rows)
        title = printable(f"{file}, sheet {sheet}" if sheet else file)
        parts.append("\n".join([title, *lines]))
    return "\n\n".join(parts)


def as_json(found: Mapping[tuple[str, str], Columns]) -> str:
    """Return what each column is as JSON: a list of objects."""
    items: list[dict[str, Any]] = [
        {
            "file": file,
            "sheet": sheet,
            "header": one.header,
            "cell": one.cell,
            "field": _field(one) or None,
            "state": one.state,
            "candidates": [known.name for known in one.candidates],
            "why": one.why,
        }
        for (file, sheet), columns in found.items()
        for one in columns.all
    ]
    return json.dumps(items, indent=1, ensure_ascii=False)


def _field(one: ColumnReading) -> str:
    return ", ".join(known.name for known in one.known)


def _candidates(one: ColumnReading) -> str:
    return " or ".join(f"{known.with_unit}?" for known in one.candidates)


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(read: Read) -> dict[str, str]:
    """Ask what each column is that may be a field's, one key each; return the answers by header."""
    answers: dict[str, str] = {}
    for (file, sheet), columns in read.columns.items():
        for one in columns.asked:
            where = ", ".join(filter(None, (file, sheet and f"sheet {sheet}", one.cell)))
            values = f" ({first_of(one.values)})" if one.values else ""
            say(f"{where}: what is the column {shown(one.header)}{values}?", err=True)
            known = one.candidates[: len(_KEYS)]
            names = [each.with_unit for each in known]
            for key, name, each in zip(_KEYS, names, known, strict=False):
                label = each.field.label if each.field and each.name == name else ""
                say(f"  {key}  {name}  {label}".rstrip(), err=True)
            click.echo(f"  {_NONE}  none of these: carry it along", err=True)
            click.echo("  Enter  leave it open", err=True)
            key = _key({*_KEYS[: len(names)], _NONE, _OPEN, "\n"})
            if key in _KEYS[: len(names)]:
                answers[one.header] = names[_KEYS.index(key)]
            elif key == _NONE:
                answers[one.header] = ""
    return answers


def _key(accepted: set[str]) -> str:
    while (key := click.getchar()) not in accepted:
        if key in ("\x03", "\x04"):
            raise click.Abort
    return key


def offer_to_keep(read: Read, answers: Mapping[str, str]) -> None:
    """Ask whether the answers are to be kept, in the workbook's sheet Columns.

    Where there is no one workbook to keep them in, say the options that repeat them.
    """
    file = read.file
    options = " ".join(f"--column '{header}={name}'" for header, name in answers.items())
    if file is None or file.path.suffix.lower() not in (".xlsx", ".xlsm"):
        say(f"the same without questions: {options}", err=True)
        return
    say(f"keep the answers in {file.path.name}, sheet Columns? [y/n]", err=True)
    if _key({*"yYnN", _OPEN, "\n"}) not in "yY":
        return
    try:
        notes = keep_columns(Path(file.path), file, answers)
    except InputError as error:
        say(f"the answers are not kept: {error}", err=True)
        say(f"the same without questions: {options}", err=True)
        return
    for note in notes:
        say(f"note: {note}", err=True)
    say(f"wrote {file.path}, sheet Columns", err=True)
