"""A report written again over an older one: inputs and remarks are kept, metrics are refreshed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from moe_report.edit.carry_over import Carryover
from moe_report.edit.choices_before import with_choices
from moe_report.edit.replaced import left_out_of, replaced_by
from moe_report.edit.strangers import rows_without_numbers
from moe_report.errors import InputError, OutputError, Problem
from moe_report.load.collected import LEFT_BEHIND, NO_STORED_VALUE, SUMMARIES
from moe_report.load.decisions import Decisions
from moe_report.load.our_sheets import SHEET
from moe_report.load.workbook import Read, WorkbookFile, inspect_workbook, open_workbook
from moe_report.ooxml.package import Package
from moe_report.ooxml.texts import Texts
from moe_report.output import open_elsewhere
from moe_report.renderers.excel.render import package_of
from moe_report.reports import Report
from moe_report.schema.presets import merged_changes
from moe_report.schema.registry import Registry
from moe_report.sweeps.varied_assumptions import TITLE
from moe_report.table import ModelTable, Row
from moe_report.text import listed, shown

SUFFIXES = (".xlsx", ".xlsm")


@dataclass
class Update:
    """An older report that is being written again.

    Attributes:
        file: It as it is on the disk.
        read: Its models, assumptions and settings.
        target: Where it is written.
        notes: What there is to say to the user afterwards.
        said: The headers of the user's columns that another input says of a model, by its name.
        is_input: Whether the new report's models are read from it.
    """

    file: WorkbookFile
    read: Read
    target: Path
    notes: list[str] = field(default_factory=list)
    said: dict[str, Collection[str]] = field(default_factory=dict)
    is_input: bool = False

    @property
    def title(self) -> str | None:
        """The old report's heading; None if it is told by the sheet Report."""
        if "title" in self.read.table.settings:
            return None
        core = self.file.package.related_part("", "core-properties")
        title = self.file.package.root(core).findtext("{*}title") if core else None
        return title if title and title.strip() else None

    def merged(self, table: ModelTable) -> ModelTable:
        """Return a table of other inputs with what is said of the same models in the old report."""
        old = self.read.table
        # such a formula is put back as it was
        told = tuple(notice for notice in table.warnings if notice.kind != NO_STORED_VALUE)
        table = replace(table, warnings=told)
        if table.source.sha256 and table.source.sha256 == old.source.sha256:
            self.is_input = True
            kept = tuple(item for item in told if item.kind not in (SUMMARIES, LEFT_BEHIND))
            return replace(table, warnings=kept)
        self.notes += replaced_by(table.rows, old)
        self.said = {row.name: row.carried.keys() for row in table.rows}
        before = {row.name: row for row in old.rows}
        rows = tuple(_with_remarks(row, before.get(row.name, row)) for row in table.rows)
        gone = before.keys() - {row.name for row in rows}
        self.notes += [
            f"{old.source.name}: {shown(row.name)} is not in the input and leaves the report"
            for row in old.rows
            if row.name in gone
        ]
        scenarios = table.scenarios if table.scenarios.values else old.scenarios
        scenarios = replace(
            scenarios,
            fixed={**old.scenarios.fixed, **table.scenarios.fixed},
            presets={
                name: {
                    **old.scenarios.presets.get(name, {}),
                    **table.scenarios.presets.get(name, {}),
                }
                for name in (*old.scenarios.presets, *table.scenarios.presets)
            },
            changes=merged_changes(table.scenarios.changes, old.scenarios.changes),
        )
        return replace(
            table,
            rows=rows,
            assumptions={**old.assumptions, **table.assumptions},
            settings={**old.settings, **table.settings},
            scenarios=scenarios,
            routing={
                row.name: counts
                for row in rows
                if (counts := {**old.routing, **table.routing}.get(row.name))
            },
        )

    def like_before(self, report: Report) -> Report:
        """Return a report with the old one's heading, and what was chosen on its sheets."""
        report = replace(report, title=report.branding.title or self.title or report.title)
        report, notes = with_choices(report, self.file.package, self.read.table.source.name)
        self.notes += notes
        return report

    def renewed(self, report: Report) -> bytes:
        """Return the old workbook with our sheets replaced by those of a new report.

        Raises:
            InputError: Something of the user's would be lost.
        """
        name = self.file.path.name
        old, new = Package(self.file.package.save(), name), package_of(report)
        work = Carryover(name, self.read, old, new, report, self.said, is_input=self.is_input)
        work.check()
        work.carry()
        data = work.renewed()
        self.notes += (*work.notes, *left_out_of(report, self.read.table))
        return data


def open_report(
    path: Path,
    registry: Registry,
    target: Path | None = None,
    *,
    columns: Mapping[str, str] | None = None,
) -> Update:
    """Return an older report to be written again, by default in its own place.

    What was said of columns, by their headers, holds for it, too.

    Raises:
        InputError: It is no report of ours, or cannot be read.
        OutputError: It is open in another program, or the target has another format.
    """
    target = target or path
    file = open_workbook(path)
    if not file.is_report:
        message = "is not a report of moe-report, and only such can be updated; without --update, "
        raise InputError([Problem(path.name, f"{message}run writes one from any workbook")])
    if SHEET not in file.package.sheets():
        raise InputError([Problem(path.name, _without_models(file.package))])
    if path.suffix.lower() not in SUFFIXES or target.suffix.lower() != path.suffix.lower():
        raise OutputError(f"{target}: expected a name that ends in {path.suffix}, as the old one's")
    program = open_elsewhere(path)
    if program:
        lock = f"~${path.name}" if program == "Excel" else f".~lock.{path.name}#"
        raise OutputError(
            f"{path}: is open in {program}; save and close it there first (or delete {lock}, if "
            "the program has left it behind)"
        )
    decisions = Decisions.of_options(columns or {}, registry.headers)
    read = inspect_workbook(file, registry, sheet=SHEET, decisions=decisions)
    if read.problems:
        raise InputError([*read.problems, *rows_without_numbers(read)])
    assert read.places is not None
    if varied := _varied(file.package, read):
        message = f"is of a sweep that varies {listed(varied)}, which would be one number for all "
        message += "designs in an update; run the sweep again, which writes the report anew"
        raise InputError([Problem(path.name, message)])
    return Update(file, read, target)


def _varied(package: Package, read: Read) -> list[str]:
    """The assumptions that have a column of their own in the report of a sweep."""
    columns = read.columns[read.table.source.name, read.table.source.sheet]
    found = [one.header for one in columns.all if one.assumption == one.header]
    assert read.places is not None
    if not found or TITLE not in {
        text for (_, row), text in Texts(package)(SHEET).items() if row < read.places.header
    }:
        return []
    return found


def _without_models(package: Package) -> str:
    """What to say of a report that has no sheet Models, which tables are called as it is."""
    now = [
        name
        for name, part in package.sheets().items()
        for table in package.related_parts(part, "table")
        if package.root(table).get("displayName") == SHEET
    ]
    if now:
        return f"its sheet {SHEET!r} is called {shown(now[0])} now; rename it back to {SHEET!r}"
    return (
        f"its sheet {SHEET!r} is missing, so there is no model to update; take it from a copy of "
        "the report, or run without --update on the models' workbook writes a new one"
    )


def _with_remarks(row: Row, old: Row) -> Row:
    """A row with the texts and added columns that only the old report has."""
    looks = {
        # another value is of no formula
        header: replace(look, formula=()) if header in row.carried else look
        for header, look in old.looks.items()
    }
    return replace(
        row,
        texts={**old.texts, **row.texts},
        carried={**old.carried, **row.carried},
        looks={**looks, **row.looks},
    )
