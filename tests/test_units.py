"""Powers of ten and of two are told apart: in no label, column or line do both stand."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator

import lxml.html
import openpyxl
import pytest

from moe_report.load.examples import example_models
from moe_report.renderers.excel.render import render as render_workbook
from moe_report.renderers.html.render import render as render_page
from moe_report.reports import Report
from moe_report.schema.registry import load
from tests.commands import run
from tests.reports import report_of

_BINARY = re.compile(r"\b[KMGTP]iB\b")
_DECIMAL = re.compile(r"\b[kKMGTP]B\b")
_KILO = re.compile(r"\bKB\b")  # which some write for 1,000 bytes and others for 1,024
# What says itself how many bytes it is, and names of devices.
_TOLD = re.compile(r"1 G(i?)B is (2\^30|10\^9) bytes|A100 SXM 80 GB")


def mixed(texts: Iterable[str]) -> str:
    """Say what is wrong with the units of texts that stand together; nothing if they are right."""
    text = _TOLD.sub("", " \n".join(texts))
    two, ten = set(_BINARY.findall(text)), set(_DECIMAL.findall(text))
    if _KILO.search(text):
        return f"KB in {text[:200]!r}"
    return f"{two} and {ten} in {text[:200]!r}" if two and ten else ""


@pytest.fixture(scope="module")
def examples() -> Report:
    """The report of the shipped models."""
    return report_of(*example_models(load()))


def test_what_is_mixed_is_seen() -> None:
    """The check itself tells them apart."""
    assert mixed(["80 GiB", "81 GB"])
    assert mixed(["4 KB"])
    assert not mixed(["80 GiB", "6 MiB, 1 GiB is 2^30 bytes"])
    assert not mixed(["6 GB and 3 kB/s"])


def _declared() -> Iterator[tuple[str, str]]:
    registry = load().choose()
    for name, metric in registry.metrics.items():
        yield name, f"{metric.label} {metric.unit} {metric.doc} {metric.source}"
    for name, field in registry.fields.items():
        yield name, f"{field.label} {field.unit} {field.help}"
    for name, item in registry.assumptions.items():
        yield name, f"{item.label} {item.unit} {item.help}"
    for section in registry.sections:
        yield section.name, " ".join((section.title, *section.introduction))


def test_every_declared_label() -> None:
    """Of metrics, fields, assumptions and sections: label, unit, help and source."""
    assert not [(name, wrong) for name, text in _declared() if (wrong := mixed([text]))]


def test_every_column_of_the_page(examples: Report) -> None:
    """Each column of each table with its header, each paragraph, each label of a chart or form."""
    page = lxml.html.fromstring(render_page(examples).decode("utf-8"))
    seen = 0
    for table in page.iter("table"):
        columns: dict[int, list[str]] = {}
        for line in table.iter("tr"):
            for at, cell in enumerate(line.iterchildren("th", "td")):
                columns.setdefault(at, []).append(cell.text_content())
        for texts in columns.values():
            assert not mixed(texts)
            seen += bool(_DECIMAL.search(" ".join(texts)))
    for tag in ("p", "figcaption", "label", "dd", "summary", "option", "li"):
        for element in page.iter(tag):
            assert not mixed([element.text_content()])
    for drawing in page.iter("svg"):
        assert not mixed(drawing.itertext())
    assert seen


def test_every_column_of_the_workbook(examples: Report) -> None:
    """Each column of each sheet: what is written, and the signs that formats put behind numbers."""
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(examples)))
    seen = 0
    for sheet in book:
        for column in sheet.iter_cols():
            texts = [
                f"{cell.value} {cell.number_format}" for cell in column if cell.value is not None
            ]
            assert not mixed(texts), sheet.title
            seen += bool(_DECIMAL.search(" ".join(texts)))
    assert seen


@pytest.mark.parametrize("further", [(), ("--why",), ("--devices", "auto")])
def test_every_line_of_fit(further: tuple[str, ...]) -> None:
    """Amounts of memory are GiB, as engines print them; what is a second is not memory."""
    output = run("fit", "gpt-oss-120b", "--device", "H100 SXM", *further).output
    assert "GiB" in output
    for line in output.splitlines():
        assert not mixed([line])
    assert not _DECIMAL.search(re.sub(r"\b[kMGT]B/s\b", "", output))
