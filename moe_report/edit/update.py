"""A report written again over an older one: inputs and remarks are kept, metrics are refreshed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from moe_report.cli.options import InputOptions, given
from moe_report.cli.publish import same_file
from moe_report.edit.carry_over import Carryover
from moe_report.edit.replace_sheets import renew
from moe_report.errors import InputError, OutputError, Problem
from moe_report.load.grid import COMPARE_SHEET, REPORT_PROPERTY, SHEET
from moe_report.load.models_sheet import NO_NUMBER, NO_VALUE_YET
from moe_report.load.workbook import Read, inspect_workbook, read_bytes
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.package import Package, parse
from moe_report.ooxml.texts import Texts
from moe_report.output import open_elsewhere
from moe_report.renderers.excel.compare_sheet import CHOICE, VALUES
from moe_report.renderers.excel.record import record_of
from moe_report.report import Report
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable, Row
from moe_report.text import shown

_SUFFIXES = (".xlsx", ".xlsm")


@dataclass
class Update:
    """An older report that is being written again.

    Attributes:
        path: Where it is.
        package: It as it was read.
        read: Its models, assumptions and settings.
        target: Where it is written.
        notes: What there is to say to the user afterwards.
    """

    path: Path
    package: Package
    read: Read
    target: Path
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str | None:
        """The old report's heading; None if it is told by the sheet Report."""
        if "title" in self.read.table.settings:
            return None
        links = self.package.relationships("")
        cores = [item.target for item in links if item.type.endswith("/core-properties")]
        found = [
            item.text or ""
            for core in cores
            for item in parse(self.package[core])
            if "}title" in str(item.tag)
        ]
        return found[0] if found and found[0].strip() else None

    def merged(self, table: ModelTable) -> ModelTable:
        """Return a table of other inputs with what is said of the same models in the old report."""
        old = self.read.table
        # such a formula is put back as it was
        told = tuple(text for text in table.warnings if not text.endswith(NO_VALUE_YET))
        table = replace(table, warnings=told)
        if table.source.sha256 and table.source.sha256 == old.source.sha256:
            return table
        before = {row.name: row for row in old.rows}
        rows = tuple(_with_remarks(row, before[row.name]) if row.name in before else row
                     for row in table.rows)  # fmt: skip
        gone = before.keys() - {row.name for row in rows}
        for name in (row.name for row in old.rows if row.name in gone):
            self.notes.append(
                f"{self.path.name}: {shown(name)} is not in the input and leaves the report"
            )
        scenarios = table.scenarios if table.scenarios.values else old.scenarios
        scenarios = replace(scenarios, fixed={**old.scenarios.fixed, **table.scenarios.fixed})
        return replace(
            table,
            rows=rows,
            assumptions={**old.assumptions, **table.assumptions},
            settings={**old.settings, **table.settings},
            scenarios=scenarios,
        )

    def like_before(self, report: Report) -> Report:
        """Return a report with the old one's heading, that compares the models that it compared."""
        report = replace(report, title=report.branding.title or self.title or report.title)
        texts = Texts(self.package)
        record = record_of(self.package, texts)
        if record is None or COMPARE_SHEET not in record.sheets:
            return report
        if COMPARE_SHEET not in self.package.sheets():
            return report
        cells = texts(COMPARE_SHEET)
        names = tuple(" ".join(cells.get((column, CHOICE), "").split()) for column in VALUES)
        known = {model.name for model in report.models}
        self.notes += [
            f"{self.path.name}, sheet {COMPARE_SHEET}: {shown(name)} is not in the report any more"
            for name in names
            if name and name not in known
        ]
        return replace(report, compared=tuple(name if name in known else "" for name in names))

    def renewed(self, report: Report, data: bytes) -> bytes:
        """Return the old workbook with our sheets replaced by those of a new one.

        Args:
            report: The new report.
            data: It as a workbook.

        Raises:
            InputError: Something of the user's would be lost.
        """
        old, new = Package(self.package.save()), Package(data)
        work = Carryover(self.path.name, self.read, old, new, report)
        work.check()
        work.carry()
        self.notes += work.notes
        return renew(old, new, work.renewal())


def open_report(path: Path, registry: Registry, target: Path | None = None) -> Update:
    """Return an older report to be written again.

    Args:
        path: The report.
        registry: The metrics that are installed.
        target: Where to write; by default over the old one.

    Raises:
        InputError: It is no report of ours, or cannot be read.
        OutputError: It is open in another program, or the target has another format.
    """
    target = target or path
    package = check_package(read_bytes(path), path.name)
    links = package.relationships("")
    custom = next((i.target for i in links if i.type.endswith("/custom-properties")), None)
    names = [] if custom is None else [item.get("name") for item in parse(package[custom])]
    if REPORT_PROPERTY not in names or SHEET not in package.sheets():
        message = "is not a report of moe-report, and only such can be updated; without --update, "
        raise InputError([Problem(path.name, f"{message}run writes one from any workbook")])
    if path.suffix.lower() not in _SUFFIXES or target.suffix.lower() != path.suffix.lower():
        raise OutputError(f"{target}: expected a name that ends in {path.suffix}, as the old one's")
    program = open_elsewhere(path)
    if program:
        lock = f"~${path.name}" if program == "Excel" else f".~lock.{path.name}#"
        raise OutputError(
            f"{path}: is open in {program}; save and close it there first (or delete {lock}, if "
            "the program has left it behind)"
        )
    read = inspect_workbook(path, registry, sheet=SHEET)
    # What a run passes over with a word would be lost here.
    lost = [
        Problem(path.name, f"{text.removeprefix(f'{path.name}: ')}, and would be lost")
        for text in read.table.warnings
        if text.endswith(NO_NUMBER)
    ]
    if read.problems or lost:
        raise InputError([*read.problems, *lost])
    assert read.places is not None
    return Update(path, package, read, target)


def older_report(
    path: Path,
    what: InputOptions,
    output: Path,
    formats: tuple[str, ...],
    registry: Registry,
    context: click.Context,
) -> tuple[Update, InputOptions, Path, tuple[str, ...]]:
    """Return the report to update, and what the other options of a run then mean.

    Args:
        path: The report.
        what: What was said of the input; without one, the report is it.
        output: A folder, or a file for the workbook.
        formats: What to write; only the workbook if nothing was said of it.
        registry: The metrics that are installed.
        context: Tells which options were said.
    """
    target, folder = path, path.parent
    if given(context, "output"):
        is_file = output.suffix.lower() in _SUFFIXES and not output.is_dir()
        target, folder = (output, output.parent) if is_file else (output / path.name, output)
    update = open_report(path, registry, target)
    sources = tuple(source for source in what.sources if not same_file(source, path))
    chosen = ("xlsx", *formats) if given(context, "formats") else ("xlsx",)
    return update, replace(what, sources=sources or (str(path),)), folder, chosen


def _with_remarks(row: Row, old: Row) -> Row:
    """A row with the texts and added columns that only the old report has."""
    return replace(row, texts={**old.texts, **row.texts}, carried={**old.carried, **row.carried})
