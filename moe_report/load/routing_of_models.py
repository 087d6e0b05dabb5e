"""Counts of tokens as those of a table's models: by the names that a sheet or a file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from moe_report.errors import InputError, Notice, Problem, first_of
from moe_report.routing.counts import Counts
from moe_report.text import shown

IDLE = "idle-counts"  # kind of a notice


def routing_of(
    found: Mapping[str, Counts], models: Sequence[str], where: str
) -> tuple[dict[str, Counts], list[Notice]]:
    """Return counts by model, and what there is to say of them.

    Args:
        found: As they were read: by the name that stands there, or under "" if none does.
        models: The names of the models.
        where: What to call the file or sheet.

    Raises:
        InputError: No name stands there, and there are several models.
    """
    by_name = {name.casefold(): name for name in models}
    counts: dict[str, Counts] = {}
    idle: list[str] = []
    for name, one in found.items():
        if not name and len(models) > 1:
            message = f"names no model, and there are {len(models)}: {first_of([*models])}"
            raise InputError([Problem(where, message)])
        model = by_name.get(name.casefold()) if name else models[0] if models else None
        if model is None:
            idle.append(name)
        else:
            counts[model] = replace(one, where=where if not name else f"{where}, {name}")
    notes = [note for one in counts.values() for note in one.notes]
    if idle:
        listed = first_of([*map(shown, idle)])
        notes.append(f"has counts of {listed}, and there is no such model: they are not used")
    return counts, [Notice(IDLE, where, note.removeprefix(f"{where}: ")) for note in notes]
