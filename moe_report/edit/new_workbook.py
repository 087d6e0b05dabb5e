"""The workbook to fill in: what ``moe-report init`` writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from moe_report.compute.build import build_report, creation_time
from moe_report.formula.excel import plain
from moe_report.load.examples import example_models
from moe_report.load.our_sheets import HOW_TO_SHEET, REPORT_SHEET, SWEEP_SHEET
from moe_report.renderers.excel.assumptions_sheet import write_assumptions
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.models_sheet import write_models
from moe_report.renderers.excel.palette import INPUT, TITLE, Look
from moe_report.renderers.excel.presets_sheet import sheets_of_presets, write_presets
from moe_report.renderers.excel.report_sheet import write_settings
from moe_report.renderers.excel.sweep_sheet import write_sweep
from moe_report.reports import Provenance, Report
from moe_report.schema.registry import Registry
from moe_report.sweeps.said import Line
from moe_report.table import ModelTable, Row, Scenarios, Source, given

_STEPS = (
    ("1", "Fill in a row a model on the sheet Models. Only name is required: a row with "
          "num_experts and num_experts_per_tok gets numbers, and the report says what each empty "
          "one still needs."),
    ("2", "Leave a cell empty where you don't know it, or where the default below is right. "
          "Headers are the names of config.json; usual other spellings, and units such as "
          "Total (B), are understood."),
    ("3", "A number typed under a metric's name wins over the formula; add such a column, e.g. "
          "{metrics}, where you have only that."),
    ("4", "Under published_total_params and published_active_params write what was claimed: it is "
          "compared with what is computed. Columns of your own are carried along."),
    ("5", "On the sheet Assumptions change what the metrics are computed for, or choose one of the "
          "scenarios: columns of values, each headed with a name; rename, add or delete them."),
    ("6", "On the sheet Report write what the report says: its title, introduction, footer and "
          "logo."),
    ("7", "Run: moe-report run models.xlsx -o report/"),
)  # fmt: skip
_SWEEP = (
    "8",
    "On the sheet Sweep write what is varied around a model of the sheet Models, which tests "
    "designs must pass, and what is best. Run: moe-report sweep plan.xlsx -o sweep/",
)


def build_starter(
    registry: Registry,
    *,
    examples: bool = True,
    models: Sequence[Row] = (),
    sweep: Sequence[tuple[Line, str]] = (),
) -> bytes:
    """Return a workbook to fill in.

    Args:
        registry: The metrics whose assumptions it lists.
        examples: Fill in the shipped example models.
        models: Fill in these; without any and without examples the sheet Models is empty.
        sweep: Lines of a sheet Sweep, each with a remark; without any there is no such sheet.
    """
    rows = (*(example_models(registry) if examples else ()), *models)
    shown = {
        name: {key: given(value) for key, value in own.items() if key in registry.assumptions}
        for name, own in registry.scenarios.items()
    }
    scenarios = Scenarios(values={name: own for name, own in shown.items() if own})
    table = ModelTable(rows, Source("models.xlsx"), scenarios=scenarios)
    report = build_report(table, registry)
    presets = sheets_of_presets(report)
    swept = (SWEEP_SHEET,) if sweep else ()
    book = Book("Models", *swept, "Assumptions", *presets, REPORT_SHEET, HOW_TO_SHEET)
    write_models(book, _typed_only(report), to_fill_in=True)
    write_assumptions(book, report)
    if presets:
        write_presets(book, report)
    if sweep:
        write_sweep(book, sweep)
    write_settings(book, {})
    _write_how_to(book, registry, (*_STEPS, *((_SWEEP,) if sweep else ())))
    return book.save("Mixture-of-Experts models", creation_time())


def _typed_only(report: Report) -> Report:
    """The report without findings, and of its metrics only the columns that somebody typed in."""
    sections = []
    for section in report.sections:
        typed = tuple(
            column
            for column in section.columns
            if any(cell.provenance == Provenance.GIVEN for cell in column.cells)
        )
        if typed:
            sections.append(replace(section, columns=typed))
    return replace(report, sections=tuple(sections), findings=())


def _write_how_to(book: Book, registry: Registry, steps: Sequence[tuple[str, str]]) -> None:
    sheet = book[HOW_TO_SHEET]
    sheet.put(1, 1, "How to fill in this workbook", TITLE)
    sheet.height(1, 28)
    typed = ", ".join(metric.name for metric in registry.headline[:2]) or "of it"
    for row, (number, step) in enumerate(steps, start=3):
        text = step.format(metrics=typed)
        sheet.put(row, 1, number, Look(bold=True, color=INPUT, vertical="top"))
        sheet.put(row, 2, text, Look(wrap=True, vertical="top"))
        sheet.merge(row, 2, 4)
    top = len(steps) + 5
    columns = {"": 5.0, "Column": 32.0, "Meaning": 88.0, "Unit": 13.0, "Default": 30.0,
               "Other spellings": 60.0}  # fmt: skip
    sheet.table_head(top, columns.items())
    for row, field in enumerate(registry.fields.values(), start=top + 1):
        default = "" if field.default_expr is None else plain(field.default_expr)
        texts = (field.name, field.help, field.unit, default, ", ".join(field.aliases))
        for column, text in enumerate(texts, start=2):
            if text:
                mono = column in (2, 5)
                look = Look(mono=mono, size=9 if mono else 10, wrap=True, vertical="top")
                sheet.put(row, column, text, look)
    sheet.freeze("A3")
    sheet.print_setup("1:2")
