from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from moe_report.fill.fill import fill
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.reports import Report
from tests.fill.corpus import (
    all_workbooks,
    installed,
    opened,
    with_question,
)
from tests.fill.makers import OPENPYXL, made_with_openpyxl
from tests.fill.packages import Touched, compare, rewritten
from tests.office import convert_all
from tests.reports import MIXTRAL, report_of, row, usual_report

MODEL = "OLMoE-1B-7B"
# What filling a cell may change besides its sheet.
AROUND = ("*/workbook.xml", "*/[sS]haredStrings.xml", "*/styles.xml")


@pytest.fixture(scope="module")
def report() -> Report:
    """A report of a few models."""
    return usual_report()


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The corpus."""
    return all_workbooks(tmp_path_factory.mktemp("corpus"))


def questions(report: Report) -> dict[str, str | float]:
    """Texts of cells, and what becomes of them."""
    at = [model.name for model in report.models].index(MODEL)
    total = report.columns["total_params"].cells[at].value
    assert total is not None
    return {
        "{{ report.version }}": report.version,
        f'{{{{ models["{MODEL}"].total_params }}}}': total,
        "by {{ report.version }}, <&>": f"by {report.version}, <&>",
    }


def test_the_corpus_is_large_and_each_workbook_another(workbooks: dict[str, bytes]) -> None:
    """At least 40 of them, of three programs."""
    assert len(workbooks) >= 60
    assert len(set(workbooks.values())) == len(workbooks)
    for program in ("xlsxwriter", "openpyxl", "libreoffice", "odd"):
        assert sum(name.startswith(program) for name in workbooks) >= 10
    for name, data in workbooks.items():
        check_package(data, name)


def test_a_workbook_that_asks_for_nothing_stays_as_it_is(
    workbooks: dict[str, bytes], report: Report
) -> None:
    """Not a part of it changes, but that it is computed anew."""
    found = {}
    for name, data in workbooks.items():
        filled = fill(data, report, where=name).data
        found[name] = compare(data, filled, Touched(("*/workbook.xml",)))
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("at", range(3))
def test_one_cell_is_filled_and_all_else_is_as_before(
    workbooks: dict[str, bytes], report: Report, at: int
) -> None:
    """Whatever wrote a workbook, whatever it has."""
    text, expected = list(questions(report).items())[at]
    wrong: dict[str, object] = {}
    for name, data in workbooks.items():
        before, sheet, part, address = with_question(data, text)
        try:
            filled = fill(before, report, where=name).data
            lost = compare(before, filled, Touched((part, *AROUND)))
            check_package(filled, name)
            value = opened(filled)[sheet][address].value
        except Exception as error:
            wrong[name] = repr(error)
            continue
        if lost:
            wrong[name] = lost
        elif value != expected or type(value) is bool:
            wrong[name] = value
    assert wrong == {}


def test_a_sheet_repeats_with_all_that_it_has(workbooks: dict[str, bytes]) -> None:
    """Each copy has the elements and links of the sheet that it comes from, and its own value."""
    names = ("First", "Second", "Third")
    numbers = [MIXTRAL | {"num_experts": 8 * at} for at in (1, 2, 3)]
    report = report_of(*map(row, names, numbers))
    totals = [cell.value for cell in report.columns["total_params"].cells]
    wrong: dict[str, object] = {}
    for name, data in workbooks.items():
        before, sheet, part, address = with_question(data, "{{ m.total_params }}")
        before = renamed(before, sheet, "{{ m.name }}")
        old, new = Package(before), Package(fill(before, report, where=name).data)
        data = new.save()
        check_package(data, name)
        book = opened(data)
        if [book[title][address].value for title in names] != totals:
            wrong[name] = "values"
        asked = anatomy(old, part)
        for title in names:
            made = anatomy(new, new.sheets()[title])
            if made != asked:
                wrong[name] = (title, made - asked, asked - made)
            for link in new.relationships(new.sheets()[title]):
                if "://" not in link.target and "/" in link.target and link.target not in new:
                    wrong.setdefault(name, link)
    assert wrong == {}


def renamed(data: bytes, old: str, new: str) -> bytes:
    """Give a sheet another name."""
    package = Package(data)
    root = parse(package[package.workbook_part()])
    for item in root.iter(f"{{{MAIN}}}sheet"):
        if item.get("name") == old:
            item.set("name", new)
    return rewritten(data, {package.workbook_part(): serialize(root)})


def anatomy(package: Package, part: str) -> Counter[str]:
    """Count the kinds of elements and links of a sheet; how its texts are stored says nothing."""
    tags = [str(item.tag) for item in parse(package[part]).iter()]
    links = [link.type for link in package.relationships(part)]
    stored = {f"{{{MAIN}}}{name}" for name in ("is", "t", "v")}
    return Counter(name for name in (*tags, *links) if name not in stored)


def test_libreoffice_opens_what_was_filled(
    workbooks: dict[str, bytes], report: Report, tmp_path: Path
) -> None:
    """A sample of every program's, in one run."""
    text, expected = list(questions(report).items())[1]
    asked = {}
    for name in list(workbooks)[::3]:
        before, _, _, address = with_question(workbooks[name], text)
        path = tmp_path / f"{name.replace(': ', ' ')}.xlsx"
        path.write_bytes(fill(before, report, where=name).data)
        asked[path] = address
    convert_all(asked, tmp_path / "out", "csv")
    for path, address in asked.items():
        table = (tmp_path / "out" / f"{path.stem}.csv").read_text("utf-8", "replace")
        rows = list(csv.reader(table.splitlines()))
        cell = rows[int(address[1:]) - 1][ord(address[0]) - 65]
        assert float(cell.replace(",", "")) == pytest.approx(expected, rel=1e-4), path.name


def test_installed_packages_ship_none_that_we_overlook(tmp_path: Path) -> None:
    """What is found there belongs to the corpus; broken files do not."""
    (tmp_path / "package" / "tests").mkdir(parents=True)
    good = tmp_path / "package" / "tests" / "good.xlsx"
    good.write_bytes(made_with_openpyxl(OPENPYXL["plain"]))
    (tmp_path / "package" / "tests" / "broken.xlsm").write_bytes(b"PK")
    assert list(installed(tmp_path)) == ["package: good.xlsx"]
