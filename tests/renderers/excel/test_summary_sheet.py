"""The sheet Summary: the models, apart from them what is none, and the findings as sentences."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest

from moe_report.renderers.excel.render import render
from moe_report.reports import Report
from tests.reports import LAYER, MIXTRAL, OLMOE, TOTALS, report_of, row

WHOLE = row("Mixtral", MIXTRAL)
CLAIM = row("Mixtral in a table", TOTALS, compare_with="Mixtral")
ALONE = row("A layer", LAYER)


def _sheet(report: Report, name: str = "Summary") -> Any:
    return openpyxl.load_workbook(BytesIO(render(report)))[name]


def _firsts(sheet: Any) -> list[str]:
    """What stands in the first column below the facts, down to the findings."""
    texts = [cell.value for cell in sheet["A"][4:] if cell.value]
    return texts[: next(at for at, text in enumerate(texts) if text.startswith("Findings"))]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([WHOLE], ["Model", "Mixtral"]),
        ([CLAIM, WHOLE], ["Model", "Mixtral", "Claims", "Mixtral in a table", "A claim"]),
        ([WHOLE, ALONE], ["Model", "Mixtral", "Lone layers", "A layer", "A lone layer"]),
        (
            [ALONE, CLAIM, WHOLE],
            ["Model", "Mixtral", "Claims", "Mixtral in a table", "A claim",
             "Lone layers", "A layer", "A lone layer"],
        ),
        ([ALONE], ["Lone layers", "A layer", "A lone layer"]),
        ([], ["Model"]),
    ],
)  # fmt: skip
def test_what_is_no_model_has_a_table_of_its_own(rows: list[Any], expected: list[str]) -> None:
    """Claims and lone layers stand below the models, each with a sentence on what they are."""
    found = _firsts(_sheet(report_of(*rows)))
    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True))


def test_numbers_of_a_claim_are_live_and_its_own() -> None:
    """A row of another table than the models' leads to its own row of the sheet Models."""
    sheet = _sheet(report_of(ALONE, CLAIM, WHOLE))
    rows = {cell.value: cell.row for cell in reversed(sheet["A"]) if cell.value}
    links = [sheet.cell(rows[name], 2).value for name in ("A layer", CLAIM.name, "Mixtral")]
    assert [link[-1] for link in links] == ["4", "5", "6"]
    assert all(link.startswith("=Models!") for link in links)


def test_data_bars_compare_models_alone() -> None:
    """What is claimed and what is a layer alone make no model's bar shorter."""
    sheet = _sheet(report_of(ALONE, CLAIM, WHOLE, row("OLMoE", OLMOE)))
    areas = [str(area.sqref) for area in sheet.conditional_formatting]
    assert areas
    assert all(area.partition(":")[2].endswith("7") for area in areas)


def test_facts_count_each_kind() -> None:
    """A claim is not counted as a model."""
    facts = _sheet(report_of(ALONE, CLAIM, WHOLE, row("OLMoE", OLMOE)))["A2"].value
    assert "2 models · 1 claim · 1 lone layer · " in facts


def test_findings_are_sentences_with_links() -> None:
    """A finding says in words what it is about, ends as a sentence, and leads to the number."""
    report = report_of(row("Mixtral", MIXTRAL | {"published_total_params": 40e9}), ALONE)
    sheet = _sheet(report)
    top = next(cell.row for cell in sheet["A"] if str(cell.value).startswith("Findings"))
    assert sheet.cell(top, 1).value == "Findings: 1 differs"
    line = sheet.cell(top + 1, 2).value
    assert line.startswith("Published total: published 40.00 B, computed 46.70 B")
    assert line.endswith(").")
    assert sheet.cell(top + 1, 1).hyperlink.location.startswith("Models!")


def test_models_are_compared_first() -> None:
    """A new workbook compares models, and others only where there are few models."""
    sheet = _sheet(report_of(ALONE, CLAIM, WHOLE, row("OLMoE", OLMOE)), "Compare")
    chosen = [sheet.cell(5, column).value for column in (4, 5, 7, 9)]
    assert chosen == ["Mixtral", "OLMoE", CLAIM.name, "A layer"]
