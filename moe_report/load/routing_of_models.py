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
        InputError: No name stands there, and there are several models; two names are one model's.
    """
    by_name: dict[str, str] = {}
    for spelling in (*models, *(name.casefold() for name in models)):
        alike = [model for model in models if spelling in (model, model.casefold())]
        by_name[spelling] = spelling if spelling in models else "".join(alike[: len(alike) == 1])
    counts: dict[str, Counts] = {}
    idle: list[str] = []
    for name, one in found.items():
        if not name and len(models) > 1:
            message = f"names no model, and there are {len(models)}: {first_of([*models])}"
            raise InputError([Problem(where, message)])
        model = by_name.get(name) or by_name.get(name.casefold())
        if not name and models:
            model = models[0]
        if not model:
            idle.append(name)
        elif model in counts:
            message = f"has counts of {shown(model)} twice, as {first_of([*map(shown, found)])}"
            raise InputError([Problem(where, message)])
        else:
            counts[model] = replace(one, where=where if not name else f"{where}, {name}")
    notes = [note for one in counts.values() for note in one.notes]
    if idle:
        listed = first_of([*map(shown, idle)])
        notes.append(f"has counts of {listed}, and there is no such model: they are not used")
    return counts, [Notice(IDLE, where, note.removeprefix(f"{where}: ")) for note in notes]
