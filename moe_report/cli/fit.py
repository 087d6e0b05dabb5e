"""The command ``fit``: whether models fit into devices, how fast they are there and what it costs.

What it asks and says is a section's planner; here are its options, and what each verdict ends with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moe_report.cli import options
from moe_report.cli.options import PATH, F, example

if TYPE_CHECKING:
    from moe_report.api.fit import Answer

DOES_NOT_FIT = 4
_EXIT_CODES = """\b
Exit codes:
  0  every model fits
  1  refused: an unknown device or precision, a model that cannot be read or judged; others have
     their answer all the same
  2  wrong usage
  4  a model does not fit on these devices alone, and none was refused
"""
_ASKED = ("device", "context", "batch", "precision", "cache", "tp", "ep", "dp", "pp", "price")


def _devices(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value != "auto" and not (value.isascii() and value.isdigit() and int(value) > 0):
        raise click.BadParameter(f"found {value!r}, expected a number of devices, or auto")
    return value if value == "auto" else str(int(value))


def _asked(option: str, metavar: str, help: str) -> Callable[[F], F]:
    return click.option(f"--{option}", metavar=metavar, help=help)


@click.command(
    epilog="\n\n".join((
        example(
            "moe-report fit gpt-oss-120b --device H100",
            "moe-report fit config.json --device 'RTX 4090' --devices 2 --context 32k",
            "moe-report fit models.xlsx --model Mixtral-8x7B --device H200 --precision fp8",
        ),
        _EXIT_CODES,
    ))
)  # fmt: skip
@click.argument("sources", metavar="MODEL...", nargs=-1, required=True)
@_asked("device", "NAME", "The device, such as H100; `moe-report metrics device` lists them.")
@click.option("--devices", metavar="N|auto", default="auto", show_default=True, callback=_devices,
              help="How many; auto: as few as hold the model.")  # fmt: skip
@_asked("context", "TOKENS", "Length of each sequence, e.g. 32k, which is 32,000.")
@_asked("batch", "N", "Sequences at once.")
@_asked("precision", "NAME", "Of the weights, e.g. fp8; by default as published.")
@_asked("cache", "NAME", "Of the cache, e.g. fp8.")
@_asked("tp", "N", "Tensor parallelism.")
@_asked("ep", "N", "Expert parallelism.")
@_asked("dp", "N", "Data parallelism.")
@_asked("pp", "N", "Pipeline stages.")
@_asked("price", "$/H", "Price of a device, by the hour.")
@options.assumptions
@click.option("--scenario", metavar="NAME", help="Scenario of a workbook's sheet Assumptions.")
@click.option("--model", "models", multiple=True, metavar="NAME",
              help="Only this model of a workbook (repeatable).")  # fmt: skip
@click.option(
    "--max-context", "longest", is_flag=True, help="Only say the longest context that fits."
)
@click.option("--max-users", "users", is_flag=True, help="Only say how many sequences fit at once.")
@click.option("--why", is_flag=True, help="With the formula of each line, and its source.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("-o", "--output", type=PATH, metavar="FILE",
              help="Write the report for this, too: .xlsx, .html, .json, .md or .csv.")  # fmt: skip
@options.force_changed
def fit(
    sources: tuple[str, ...],
    devices: str,
    assumptions: dict[str, str],
    scenario: str | None,
    models: tuple[str, ...],
    longest: bool,
    users: bool,
    why: bool,
    as_json: bool,
    output: Path | None,
    force: bool,
    **asked: str | None,
) -> None:
    """Say whether each MODEL fits into devices, what fills them, how fast it is and what it costs.

    A MODEL is a config.json, a checkpoint folder, a .gguf file, hf:owner/name, a shipped example
    such as gpt-oss-120b, or a workbook of models.
    """
    from moe_report.api.fit import fit as answered
    from moe_report.api.fit_asked import Question
    from moe_report.api.prepare import UnclearError
    from moe_report.cli.terminal import echo_notes, echo_unread, say

    if (longest, users, why, as_json).count(True) > 1:
        raise click.UsageError("--max-context, --max-users, --why and --json exclude each other.")
    said = {option: text for option in _ASKED if (text := asked[option]) is not None}
    try:
        answer = answered(Question(sources, models, said, assumptions, devices, scenario))
    except UnclearError as error:
        raise click.BadParameter(str(error), param_hint="'--set'") from error
    echo_notes(answer.notes, err=True)
    _print(answer, longest, users, why, as_json)
    echo_unread(answer.unread)
    if output is not None:
        from moe_report.api.fit_report import write_report

        keep = [Path(source) for source in sources if Path(source).exists()]
        told = list(_told(answer))
        echo_notes(write_report(answer, output, keep, scenario, told, force=force), err=True)
        say(f"wrote {output}", err=as_json)
    _leave(answer)


def _print(answer: Answer, longest: bool, users: bool, why: bool, as_json: bool) -> None:
    from moe_report.api.fit import Verdict
    from moe_report.cli.fit_lines import asked_most, described
    from moe_report.cli.terminal import say, width

    if as_json:
        import json

        from moe_report.api.fit_report import as_dict

        click.echo(json.dumps(as_dict(answer), indent=2, ensure_ascii=False))
        return
    planner = answer.planner
    for at, one in enumerate(answer.fits):
        refused = one.verdict == Verdict.REFUSED
        if longest:
            say(asked_most(one, answer, planner.longest_context, "longest context"), err=refused)
            continue
        if users:
            say(asked_most(one, answer, planner.most_sequences, "most sequences"), err=refused)
            continue
        if at:
            click.echo()
        for line in described(one, answer, why=why, width=width()):
            say(line, err=refused)


def _told(answer: Answer) -> Iterator[str]:
    """What is said of all models in a file, where lines may be long."""
    from moe_report.cli.fit_lines import described

    for at, one in enumerate(answer.fits):
        yield from [""] * bool(at)
        yield from described(one, answer)
    yield from (f"not read: {problem}" for problem in answer.unread)


def _leave(answer: Answer) -> None:
    """End with what the worst verdict means."""
    from moe_report.api.fit import Verdict

    verdicts = {one.verdict for one in answer.fits}
    if answer.unread or Verdict.REFUSED in verdicts:
        raise SystemExit(1)
    if verdicts != {Verdict.FITS}:
        raise SystemExit(DOES_NOT_FIT)
