"""Workbooks of others, filled in one cell: nothing of them is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from moe_report.errors import MoeReportError
from moe_report.fill.fill import fill
from moe_report.ooxml.guard import check_package
from tests.fill.corpus import opened, with_question
from tests.fill.packages import Touched, compare
from tests.reports import usual_report

# What filling a cell may change besides its sheet.
AROUND = ("*/workbook.xml", "*/[sS]haredStrings.xml", "*/styles.xml", "workbook.xml")
REFUSED, UNTRIED = "refused", "not tried"


def public(paths: list[Path]) -> Iterator[str]:
    """Fill every workbook; yield what went wrong, or nothing, for each."""
    report = usual_report()
    for path in paths:
        try:
            data = path.read_bytes()
            check_package(data, path.name)
            before, sheet, part, address = with_question(data, "{{ report.version }}")
        except Exception as error:  # broken on purpose, or odd beyond what the question can enter
            yield f"{UNTRIED}: {type(error).__name__}"
            continue
        try:
            filled = fill(before, report, where=path.name).data
        except MoeReportError as error:
            yield f"{REFUSED}: {error.message[:200]}"
            continue
        lost = compare(before, filled, Touched((part, *AROUND)))
        try:
            if opened(filled)[sheet][address].value != report.version:
                lost.append("the cell has another value")
        except Exception as error:  # openpyxl cannot open every workbook of others
            if _opens(before):
                lost.append(f"cannot be opened: {error}")
        yield f"{path.name}: {'; '.join(lost)}" if lost else ""


def _opens(data: bytes) -> bool:
    try:
        opened(data)
    except Exception:
        return False
    return True
