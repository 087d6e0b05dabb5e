"""The command ``page``: a page that is a calculator."""

from __future__ import annotations

from pathlib import Path

import click

from moe_report.api.outputs import Outputs, Ways
from moe_report.api.places import refuse_folder
from moe_report.api.prepare import branding_for, check_templates, registries
from moe_report.cli import options, prepare
from moe_report.cli.options import LookOptions, SectionOptions, example
from moe_report.cli.terminal import echo_failures, say

_WAYS = Ways("or give -o another name")


@click.command(
    epilog=example(
        "moe-report page -o calculator.html",
        "moe-report page --metrics serving.py --set context_length=32768",
    )
)
@options.sections
@options.assumptions
@options.output("calculator.html", "FILE")
@options.force_changed
@options.look
@options.quiet
def page(
    sections: SectionOptions,
    assumptions: dict[str, str],
    look: LookOptions,
    output: Path,
    force: bool,
    quiet: bool,
) -> None:
    """Write a page that is a calculator, with published models to begin with."""
    from moe_report.compute.build import build_report
    from moe_report.load.examples import published_models
    from moe_report.output import standing
    from moe_report.renderers.html.render import render_calculator
    from moe_report.table import ModelTable, Source

    check_templates(look)
    refuse_folder(output, "calculator.html")
    if output.suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(
            f"found {output.name!r}, expected a name that ends in .html", param_hint="'--output'"
        )
    found = standing([output])
    installed, computed = registries(sections)
    used = prepare.used_assumptions(assumptions, installed, computed)
    report = build_report(
        ModelTable(published_models(computed), Source("the shipped examples")),
        computed,
        assumptions=used.assumptions,
        presets=used.presets,
        title="Mixture-of-Experts calculator",
        branding=branding_for(look, {}),
    )
    content = render_calculator(report, look.template_dirs)
    prepare.tell_notes(Outputs({output: content}, _WAYS, force, found=found).write())
    echo_failures(report.failures)
    if not quiet:
        say(f"wrote {output}")
    prepare.leave(report, strict=False)
