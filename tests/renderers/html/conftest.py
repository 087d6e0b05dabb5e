"""What tests of the page share."""

from __future__ import annotations

import pytest

from moe_report.compute.build import build_report
from moe_report.reports import Report
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Source
from tests.rows import example_models


@pytest.fixture(scope="module")
def examples() -> Report:
    """The report of the shipped models."""
    return build_report(ModelTable(example_models(), Source("models.xlsx")), load())
