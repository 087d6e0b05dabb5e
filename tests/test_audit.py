"""Excel's own validator finds no error in what is written, nor a new one in what is filled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from moe_report.edit.keep_columns import with_columns
from moe_report.fill.fill import fill
from moe_report.fill.new_template import build_template
from moe_report.load.workbook import open_workbook
from moe_report.renderers.excel.render import render
from moe_report.reports import Report
from moe_report.schema.registry import installed
from tests import reports
from tests.audit import errors
from tests.commands import put, run
from tests.configs import config
from tests.fill.corpus import all_workbooks, with_question
from tests.fill.rich import rich_template
from tests.fill.test_corpus import renamed
from tests.renderers.test_scenarios import report_of as with_scenarios
from tests.workbooks import book_of

REPORTS: dict[str, Callable[[], Report]] = {
    "usual": reports.usual_report,
    "many": lambda: reports.many_models(40),
    "odd names": lambda: reports.varied(9, longest=60),
    "none that can be": reports.failed_report,
    "one section": lambda: reports.report_of(
        reports.row("a", reports.MIXTRAL), only=["flops_savings"]
    ),
    "a lone layer": lambda: reports.report_of(reports.row("<&>", reports.LAYER, remark="=1")),
    "no model": reports.report_of,
    "scenarios": with_scenarios,
}


def new_errors(before: bytes, after: bytes) -> set[str]:
    """The errors of a workbook of which another had none such, wherever they stand."""
    old, new = ({text.partition(": ")[2] for text in errors(data)} for data in (before, after))
    return new - old


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, str]]:
    """Workbooks of many programs, with a cell that is filled, and the name of its sheet."""
    found = all_workbooks(tmp_path_factory.mktemp("corpus"))
    return {name: with_question(data, "{{ report.version }}")[:2] for name, data in found.items()}


def test_the_validator_sees_fonts_as_openpyxl_writes_them(tmp_path: Path) -> None:
    """Else its silence would say nothing."""
    book = openpyxl.Workbook()
    cell = book.worksheets[0]["A1"]
    cell.font = openpyxl.styles.Font(bold=True, color="FF0000")
    book.save(tmp_path / "book.xlsx")
    assert any("Unexpected element" in text for text in errors(tmp_path / "book.xlsx"))


@pytest.mark.parametrize("name", REPORTS)
def test_reports_have_no_errors(name: str) -> None:
    """Whatever models they are of."""
    assert errors(render(REPORTS[name]())) == {}


def test_new_workbooks_and_what_becomes_of_them_have_no_errors(tmp_path: Path) -> None:
    """A workbook to fill in, models imported into it, its report, updated; a template."""
    book = tmp_path / "models.xlsx"
    run("init", book)
    assert errors(book) == {}
    put(book, config(tmp_path, "one"), config(tmp_path, "two", num_local_experts=4))
    assert errors(book) == {}
    run("run", book, "-o", tmp_path, "--format", "xlsx")
    report = tmp_path / "models.report.xlsx"
    assert errors(report) == {}
    run("run", "--update", report)
    assert errors(report) == {}
    template = build_template(installed())
    assert errors(template) == {}
    assert errors(fill(template, reports.usual_report(), where="t.xlsx").data) == {}


def test_marks_and_answers_bring_no_errors(tmp_path: Path) -> None:
    """What is written into somebody's workbook: bad cells marked, answers kept."""
    book = book_of(
        tmp_path / "bad.xlsx", ("name", "num_experts", "num_experts_per_tok"), ("a", -8, 2)
    )
    result = run("check", book, "--annotate-errors", tmp_path / "marked.xlsx")
    assert result.exit_code == 1
    assert new_errors(book.read_bytes(), (tmp_path / "marked.xlsx").read_bytes()) == set()
    good = book_of(tmp_path / "good.xlsx", ("name", "Experts", "Top-K", "Hiden"), ("a", 8, 2, 64))
    kept = with_columns(open_workbook(good), {"Hiden": "hidden_size"})
    assert new_errors(good.read_bytes(), kept) == set()


def test_fills_bring_no_errors(corpus: dict[str, tuple[bytes, str]]) -> None:
    """Whatever wrote the template: a cell filled, or its sheet repeated."""
    report = reports.report_of(reports.row("a", reports.MIXTRAL), reports.row("b", reports.OLMOE))
    found = {}
    for name, (data, sheet) in corpus.items():
        for before in (data, renamed(data, sheet, "{{ m.name }}")):
            found[name] = new_errors(before, fill(before, report, where=name).data)
    assert {name: errors for name, errors in found.items() if errors} == {}


def test_rich_templates_bring_no_errors() -> None:
    """With rows that come in, charts, rules, notes and much else; and with values computed."""
    template = rich_template()
    for calc in ("none", "auto"):
        filled = fill(template, reports.usual_report(), where="t.xlsx", calc=calc).data
        assert new_errors(template, filled) == set()
