"""From what was asked to a report: choose the metrics, read the inputs, compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moe_report.api.asked import number_said
from moe_report.errors import InputError, Problem, nearest
from moe_report.input import why_no_file

if TYPE_CHECKING:
    from moe_report.api.asked import Inputs, Look, Sections
    from moe_report.branding import Branding, Setting
    from moe_report.load.workbook import Read, WorkbookFile
    from moe_report.reports import Report
    from moe_report.schema.registry import Registry
    from moe_report.table import ModelTable


def registries(sections: Sections) -> tuple[Registry, Registry]:
    """Return all that is installed, and what of it is to be computed.

    Raises:
        InputError: A file of metrics is not there.
    """
    from moe_report.schema import registry

    if lacking := {str(path): why for path in sections.files if (why := why_no_file(path))}:
        raise InputError(Problem(path, why) for path, why in lacking.items())
    installed = registry.load(sections.files)
    return installed, installed.choose(sections.only, sections.skip)


def check_templates(look: Look) -> None:
    """Refuse a wrong folder before anything is read."""
    if look.template_dirs:
        from moe_report.renderers.html.templating import check_folder

        for folder in look.template_dirs:
            check_folder(folder)


def branding_for(look: Look | None, settings: Mapping[str, Setting]) -> Branding:
    """Return what was asked that the report says, or else what the workbook says."""
    from moe_report.branding import branding_of

    if look is None:
        return branding_of(settings)
    return branding_of(
        settings, title=look.title, intro=look.intro, footer=look.footer, logo=look.logo
    )


def inspect(
    inputs: Inputs,
    installed: Registry,
    *,
    answers: Mapping[str, str] | None = None,
    opened: Mapping[str, WorkbookFile] | None = None,
) -> Read:
    """Read the inputs with all that is installed, computed or not; return the problems with them.

    Args:
        inputs: What to read.
        installed: All metrics, for their headers and assumptions.
        answers: What else was said of columns, by header.
        opened: Workbooks that are open already, by source.
    """
    from moe_report.importers.model import Options
    from moe_report.load.inputs import inspect_inputs

    return inspect_inputs(
        inputs.sources,
        installed,
        sheets=inputs.sheets,
        columns={**inputs.columns, **(answers or {})},
        options=Options(inputs.allow_dense, inputs.with_transformers),
        opened=opened,
        routing=inputs.routing,
    )


class UnclearError(ValueError):
    """What an assumption is set to is no number.

    Attributes:
        name: Of the assumption.
        why: What is wrong with its value.
    """

    def __init__(self, name: str, message: str, why: str) -> None:
        super().__init__(message)
        self.name = name
        self.why = why


@dataclass(frozen=True)
class Used:
    """What was set and the chosen sections take: numbers of assumptions, presets by group.

    Which presets there are rests on the workbook, too: a name is as it was said.
    """

    assumptions: dict[str, float]
    presets: dict[str, str]


def used_assumptions(
    said: Mapping[str, float | str], installed: Registry, chosen: Registry
) -> tuple[Used, list[str]]:
    """Return what was set, without what only unchosen sections take, and sentences on that.

    Raises:
        UnclearError: A value is no number.
    """
    found = Used({}, {})
    for name, value in said.items():
        if name in installed.presets:
            found.presets[name] = str(value)
            continue
        try:
            known = installed.assumptions.get(name)
            whole, unit = (known.whole, known.unit) if known else (False, "")
            found.assumptions[name] = number_said(value, whole=whole, unit=unit)
        except ValueError as error:
            message = f"found {f'{name}={value}'!r}, expected NAME=NUMBER: {error}"
            if name not in installed.assumptions and installed.presets:
                message += f".{nearest(name, installed.presets)}"
            raise UnclearError(name, message, str(error)) from error
    idle = installed.assumptions.keys() - chosen.assumptions.keys()
    notes = [
        f"no chosen section takes the assumption {name}"
        for name in sorted(found.assumptions.keys() & idle)
    ]
    notes += [
        f"no chosen section takes what the presets of {name} set"
        for name in sorted(found.presets.keys() - chosen.presets.keys())
    ]
    numbers = {name: value for name, value in found.assumptions.items() if name not in idle}
    return Used(numbers, found.presets), notes


def compute(
    table: ModelTable,
    inputs: Inputs,
    used: Used,
    computed: Registry,
    look: Look | None = None,
) -> Report:
    """Return the report of models, for the assumptions and the scenario that were asked for."""
    from moe_report.compute.build import build_report

    return build_report(
        table,
        computed,
        assumptions=used.assumptions,
        presets=used.presets,
        scenario=inputs.scenario,
        branding=branding_for(look, table.settings),
    )
