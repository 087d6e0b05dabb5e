"""From what was asked to a report: choose the metrics, read the inputs, compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from moe_report.errors import InputError, Problem
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
    )


def used_assumptions(
    assumptions: Mapping[str, float], installed: Registry, chosen: Registry
) -> tuple[dict[str, float], list[str]]:
    """Return the assumptions that were set, without those that only unchosen sections take.

    With them, what is to be said of those.
    """
    idle = installed.assumptions.keys() - chosen.assumptions.keys()
    used = {name: value for name, value in assumptions.items() if name not in idle}
    said = [f"no chosen section takes the assumption {name}" for name in assumptions.keys() & idle]
    return used, sorted(said)


def compute(
    table: ModelTable,
    inputs: Inputs,
    installed: Registry,
    computed: Registry,
    look: Look | None = None,
) -> tuple[Report, list[str]]:
    """Return the report of models, and what is to be said of the assumptions that were set."""
    from moe_report.compute.build import build_report

    branding = branding_for(look, table.settings)
    used, said = used_assumptions(inputs.assumptions, installed, computed)
    report = build_report(
        table, computed, assumptions=used, scenario=inputs.scenario, branding=branding
    )
    return report, said
