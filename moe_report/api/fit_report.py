"""The answer for programs and for others: as JSON after a shipped schema, and as a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import moe_report
from moe_report.api.fit import UNBOUNDED, Answer, Fit, Verdict
from moe_report.api.outputs import Outputs, Ways
from moe_report.api.places import refuse_folder, refuse_same
from moe_report.api.write_reports import rendered
from moe_report.compute.build import build_report
from moe_report.errors import printable
from moe_report.output import standing
from moe_report.output.content import Content, whole
from moe_report.renderers import left_out_of, load_renderer, renderers
from moe_report.schema.registry import installed
from moe_report.text import counted

SCHEMA_VERSION = 1


def schema() -> dict[str, Any]:
    """Return the JSON Schema of :func:`as_dict`'s result."""
    text = (files("moe_report") / "fit.schema.json").read_text("utf-8")
    return cast(dict[str, Any], json.loads(text))


def as_dict(answer: Answer) -> dict[str, Any]:
    """Return the answer as JSON-able data, as the shipped schema describes it."""
    names = [name for name in answer.planner.columns if name in answer.fits[0].columns]
    columns = answer.fits[0].columns
    return {
        "schema": SCHEMA_VERSION,
        "version": moe_report.__version__,
        "presets": {
            group: {"name": one.name, "source": one.source} for group, one in answer.presets.items()
        },
        "models": [_model(fit, answer, names) for fit in answer.fits],
        "unread": [str(problem) for problem in answer.unread],
        "metrics": {
            name: {
                "label": columns[name].label,
                "unit": columns[name].unit,
                "source": columns[name].source,
            }
            for name in names
        },
    }


def _model(fit: Fit, answer: Answer, names: Sequence[str]) -> dict[str, Any]:
    cells = {name: fit.columns[name].cells[fit.at] for name in names}
    notes = {name: cell.note for name, cell in cells.items() if cell.value is None}
    return {
        "name": fit.name,
        "verdict": str(fit.verdict),
        "why": fit.why,
        "devices": fit.devices or None,
        "short_by_bytes": fit.short_by,
        "layers_on_cpu": fit.offloaded,
        "to_copy": fit.to_copy(answer.planner),
        "parts": {part.name: fit.value(part.name) for part in answer.planner.parts},
        "values": {name: cell.value for name, cell in cells.items()},
        "notes": notes | _on_longest(fit, answer),
        "remark": fit.remark,
        "doubts": [
            {"level": one.level, "column": one.column, "message": one.message}
            for one in fit.findings
        ],
        "assumptions": {name: item.value for name, item in fit.assumed.items()},
    }


def _on_longest(fit: Fit, answer: Answer) -> dict[str, str]:
    """What is to be known of the longest context, and of the most sequences, by name."""
    planner = answer.planner
    most = filter(None, (planner.longest_context, planner.most_sequences))
    notes = {name: UNBOUNDED for name in most if fit.is_unbounded(name)}
    if beyond := fit.beyond(planner):
        said = notes.get(planner.longest_context, "")
        notes[planner.longest_context] = f"{said}, {beyond}".removeprefix(", ")
    return notes


def _with_answer(content: bytes, told: Sequence[str]) -> bytes:
    """A report in Markdown with what is told below its title."""
    title, rest = content.split(b"\n\n", 1)
    said = "\n".join(["```text", *map(printable, told), "```"])
    return b"\n\n".join([title, said.encode(), rest])


def _unpriced(answer: Answer) -> list[str]:
    """What a report does not say as the answer does: devices of which nothing is to be paid."""
    if not (answer.price and answer.price.is_free and answer.planner.costs):
        return []
    name = answer.planner.price
    return [f"{name} is 0, as {answer.price.where} says: costs are missing here, for in a report "
            "that stands for a price that is not known"]  # fmt: skip


def write_report(
    answer: Answer,
    output: Path,
    keep: Sequence[Path],
    scenario: str | None,
    told: Sequence[str],
    *,
    force: bool,
) -> list[str]:
    """Write the report of the models for what was asked, in the format of the file's suffix.

    What is told on the terminal stands in Markdown, too: it has no column for each number.

    Returns:
        What is to be known of it.

    Raises:
        OutputError: What stands there must not be lost.
        PluginError: There is no such format.
    """
    form = output.suffix.lower().removeprefix(".")
    render = load_renderer(form, renderers())
    refuse_folder(output, f"fit.{form or 'html'}")
    refuse_same(output, keep)
    found = standing([output])
    judged = [fit for fit in answer.fits if fit.verdict != Verdict.REFUSED] or answer.fits
    largest = max(judged, key=lambda fit: fit.devices)
    layout = {name: largest.assumed[name].value for name in answer.planner.layout}
    report = build_report(
        answer.table,
        installed(),
        assumptions={**answer.used.assumptions, **layout},
        presets=answer.used.presets,
        scenario=scenario,
    )
    unpriced = _unpriced(answer)
    report = replace(report, warnings=(*report.warnings, *unpriced))
    content: Content = rendered(form, render, report)
    if form == "md":
        content = _with_answer(whole(content), told)
    ways = Ways("or give -o another name")
    notes = Outputs({output: content}, ways, force, found=found).write()
    said = (*unpriced, left_out_of(render, report))
    notes = [*notes, *(f"{output}: {one}" for one in said if one)]
    if answer.reports:
        from moe_report.edit.choices_before import left_of

        notes += left_of(report, answer.reports)
    if len({fit.devices for fit in judged}) > 1:
        devices = counted(largest.devices, "device")
        notes.append(
            f"{output} is for {devices}, what {largest.name} takes; a report has one layout"
        )
    return notes
