"""The command ``sweep``: many designs around a model, sifted; a report of the best of them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from moe_report.api.asked import FORMATS
from moe_report.api.outputs import Ways
from moe_report.api.prepare import check_templates
from moe_report.cli import options
from moe_report.cli.options import PATH, LookOptions, SectionOptions, example
from moe_report.cli.program import INTERRUPTED
from moe_report.cli.sweep_progress import progress_of
from moe_report.cli.terminal import (
    aligned,
    echo_failures,
    echo_findings,
    echo_notes,
    echo_written,
    say,
)
from moe_report.errors import OutputError

if TYPE_CHECKING:
    from moe_report.reports import Report
    from moe_report.sweeps.executor import Executor
    from moe_report.sweeps.make_plan import Sweep
    from moe_report.sweeps.run import Found
    from moe_report.sweeps.spool import Spool

_SHOWN = 8  # rows of the front
_WAYS = Ways("or choose another folder with -o")


@click.command(
    epilog=example(
        "moe-report sweep plan.xlsx -o sweep/",
        "moe-report sweep plan.toml --set context_length=32k --top 50 --no-parquet",
    )
)
@click.argument("plan", type=PATH)
@options.sections
@options.assumptions
@click.option("--scenario", metavar="NAME", help="Scenario of the plan's sheet Assumptions.")
@options.output("sweep", "FOLDER")
@click.option("--format", "formats", multiple=True, default=FORMATS, show_default=True,
              metavar="NAME", help="Of the report (repeatable); csv and md as well.")  # fmt: skip
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, metavar="N",
              help="Designs beside the front: the best by the first objective.")  # fmt: skip
@click.option("--front", "most", type=click.IntRange(2), default=500, show_default=True,
              metavar="N", help="Designs of the front in the report; of more, some.")  # fmt: skip
@click.option("--x", metavar="NAME", help="What the chart has from left to right.")
@click.option("--y", metavar="NAME", help="What it has upwards; by default both are objectives.")
@click.option("--parquet/--no-parquet", "keep_all", default=True,
              help="Keep all designs that pass, or only what is reported.")  # fmt: skip
@click.option("--block", type=click.IntRange(1), metavar="N", help="Designs counted at a time.")
@click.option("--workers", type=click.IntRange(1), metavar="N",
              help="Count in so many processes of this machine (extra dask).")  # fmt: skip
@click.option("--scheduler", metavar="URL",
              help="Count on the workers of Dask's scheduler there: tcp://host:8786.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with a sweep that was interrupted.")
@options.force_changed
@options.look
@options.quiet
def sweep(
    plan: Path,
    sections: SectionOptions,
    assumptions: dict[str, str],
    scenario: str | None,
    output: Path,
    formats: tuple[str, ...],
    top: int,
    most: int,
    x: str | None,
    y: str | None,
    keep_all: bool,
    block: int | None,
    workers: int | None,
    scheduler: str | None,
    resume: bool,
    look: LookOptions,
    force: bool,
    quiet: bool,
) -> None:
    """Count all designs that PLAN varies, and report those that pass and are best.

    PLAN is a workbook with a sheet Sweep, which an option of `moe-report init` writes, or a .toml
    file: base (the model), vary (for each name from, to, step, factors, values or a formula),
    constraints, objectives, columns and set.
    """
    from moe_report.api.prepare import UnclearError
    from moe_report.api.sweep import AskedSweep, Outcome, read_sweep, write_sweep
    from moe_report.sweeps.parquet import refuse_without_pyarrow
    from moe_report.sweeps.run import BLOCK, merged, run_blocks
    from moe_report.sweeps.spool import open_spool

    check_templates(look)
    if keep_all:
        refuse_without_pyarrow()
    try:
        found = read_sweep(AskedSweep(plan, assumptions, scenario, top), sections)
    except UnclearError as error:
        raise click.BadParameter(str(error), param_hint="'--set'") from error
    outcome = Outcome(found, plan, output, formats, most, keep_all, x, y)
    outcome.check(force)
    ways = ("--resume goes on with it", "--force begins anew")
    with _kept(outcome.state), _executor(workers, scheduler) as executor:
        spool = open_spool(
            outcome.state, found.plan, block or BLOCK, keep_all=keep_all, resume=resume,
            force=force, ways=ways,
        )  # fmt: skip
        with _interruptible(spool):
            with progress_of(spool, quiet) as progress:
                run_blocks(spool, executor, progress)
            counted = merged(found.plan, spool, executor)
            report, written = write_sweep(outcome, spool, counted, look, _WAYS, force=force)
    spool.remove()
    echo_written(written, quiet)
    if not quiet:
        _tell(found, counted)
        _tell_front(found, counted, report)
        echo_notes(found.notes)
        for path in written.paths:
            say(f"wrote {path}")
    if report.findings and not quiet:
        echo_findings(report)
    else:
        echo_failures(report.failures)
    if report.failures:
        raise SystemExit(3)


def _tell(sweep: Sweep, found: Found) -> None:
    """Print what became of the designs, each rule of those that the ones before it left."""
    from moe_report.sweeps.report import outcomes
    from moe_report.sweeps.standing import standing_of_base, why_nothing_passed

    asked = {one.text for one in sweep.plan.constraints if one.asked}
    rows = [["designs", f"{sweep.plan.designs:,}"]]
    for text, removed, undefined in outcomes(sweep, found):
        if removed or text in asked:
            rows.append([f"  removed by {text}", f"{removed:,}"])
        if undefined:
            rows.append([f"  undefined in {text}", f"{undefined:,}"])
    rows.append(["passed", f"{found.passed:,}"])
    rows.append(["on the front", f"{len(found.front):,}"])
    for line in aligned(rows, str.rjust):
        say(line)
    for line in why_nothing_passed(sweep, found):
        say(line, color="yellow")
    if found.passed:
        say(standing_of_base(sweep, found))


def _tell_front(sweep: Sweep, found: Found, report: Report) -> None:
    """Print the best of the front with what is wanted of them, and what the base has of it."""
    from moe_report.display import MISSING, scale, show
    from moe_report.sweeps.report import ON_FRONT

    aims = [one.expr for one in sweep.plan.objectives]
    aims += [one.expr for one in sweep.plan.constraints if one.asked]
    names = dict.fromkeys(name for expr in aims for name in expr.symbols())
    columns = [report.columns[name] for name in names if name in report.columns]
    front = [cell.value for cell in report.columns[ON_FRONT.name].cells]
    places = [at for at, on in enumerate(front) if on is None][:1]
    places += [at for at, on in enumerate(front) if on][:_SHOWN]
    rows = [["design", *(one.label.lower() for one in columns)]]
    numbers = [[one.cells[at].value for at in places] for one in columns]
    scales = [scale(one.unit, one.format, of) for one, of in zip(columns, numbers, strict=True)]
    for at in places:
        texts = [
            MISSING if (value := one.cells[at].value) is None
            else show(value, one.unit, one.format, unit)
            for one, unit in zip(columns, scales, strict=True)
        ]  # fmt: skip
        rows.append([report.models[at].name, *texts])
    click.echo()
    for line in aligned(rows, str.rjust):
        say(line)
    if len(found.front) > _SHOWN:
        click.echo(f"and {len(found.front) - _SHOWN:,} more on the front")
    click.echo()


@contextmanager
def _executor(workers: int | None, scheduler: str | None) -> Iterator[Executor]:
    """What counts the blocks: this process, others that it starts, or those of a scheduler."""
    if workers is None and scheduler is None:
        from moe_report.sweeps.executor import InProcess

        yield InProcess()
        return
    if workers is not None and scheduler is not None:
        raise click.UsageError("--workers starts workers here, and --scheduler has its own")
    from moe_report.sweeps.cluster import cluster

    with cluster(scheduler, workers or 0) as found:
        if not found.threads:
            say(f"{scheduler} has no worker yet; the blocks wait for one", err=True)
        yield found


@contextmanager
def _interruptible(spool: Spool) -> Iterator[None]:
    """Say how to go on where the user stops it."""
    try:
        yield
    except KeyboardInterrupt as error:
        done = len(spool.done())
        say(
            f"interrupted: {done:,} of {spool.blocks:,} blocks are done and kept; go on with: "
            f"{_going_on()}",
            err=True,
        )
        raise Exit(INTERRUPTED) from error
    except OSError as error:
        raise OutputError(
            f"{spool.folder.parent}: cannot be written to ({error.strerror or error}); what is "
            f"done is kept, go on with: {_going_on()}"
        ) from error


@contextmanager
def _kept(state: Path) -> Iterator[None]:
    """Say how to go on also where the user stops what starts, or ends, around the blocks."""
    try:
        yield
    except KeyboardInterrupt as error:
        if not state.exists():
            raise
        say(f"interrupted: what is done is kept; go on with: {_going_on()}", err=True)
        raise Exit(INTERRUPTED) from error


def _going_on() -> str:
    command = shlex.join(one for one in sys.argv[1:] if one not in ("--resume", "--force"))
    return f"moe-report {command} --resume"
