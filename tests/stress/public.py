"""Workbooks of others, filled in one cell: nothing of them is lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moe_report.errors import MoeReportError
from moe_report.fill.fill import fill
from moe_report.ooxml.guard import check_package
from moe_report.reports import Report
from tests.fill.corpus import opened, with_question
from tests.fill.packages import Touched, compare
from tests.reports import usual_report
from tests.stress.findings import LOST, REFUSED, TRACEBACK, UNTRIED, WRONG, Finding

# What filling a cell may change besides its sheet.
AROUND = ("*/workbook.xml", "*/[sS]haredStrings.xml", "*/styles.xml", "workbook.xml")
PATIENCE = 60  # seconds for a workbook


class TooLong(BaseException):
    """A workbook has taken too long; nothing on the way may catch it as an error of its own."""


def public(paths: list[Path]) -> Iterator[list[Finding]]:
    """Fill every workbook; yield what went wrong with each."""
    report = usual_report()
    for path in paths:
        try:
            with _within(PATIENCE):
                found = list(_filled(path, report))
        except TooLong:
            found = [Finding(UNTRIED, f"took more than {PATIENCE} s")]
        yield [Finding(one.kind, f"{path.name}: {one.text}") for one in found]


@contextmanager
def _within(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _filled(path: Path, report: Report) -> Iterator[Finding]:
    try:
        data = path.read_bytes()
        check_package(data, path.name)
        before, sheet, part, address = with_question(data, "{{ report.version }}")
    except Exception as error:  # broken on purpose, or odd beyond what the question can enter
        yield Finding(UNTRIED, f"{type(error).__name__} {error}")
        return
    try:
        filled = fill(before, report, where=path.name).data
    except MoeReportError as error:
        yield Finding(REFUSED, error.message)
        return
    except Exception as error:
        yield Finding(TRACEBACK, repr(error))
        return
    for lost in compare(before, filled, Touched((part, *AROUND))):
        yield Finding(LOST, lost)
    try:
        if opened(filled)[sheet][address].value != report.version:
            yield Finding(WRONG, "the cell has another value")
    except Exception as error:  # openpyxl cannot open every workbook of others
        if _opens(before):
            yield Finding(WRONG, f"cannot be opened: {error}")


def _opens(data: bytes) -> bool:
    try:
        opened(data)
    except Exception:
        return False
    return True
