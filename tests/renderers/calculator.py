"""The calculator of the page, used as a reader does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from moe_report.compute.build import build_report
from moe_report.renderers.data import report_as_dict
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Source
from tests import reports


def changed(
    numbers: Mapping[str, float],
    registry: Registry | None = None,
    **assumptions: float,
) -> dict[str, Any]:
    """What the engine gives for one row of typed numbers."""
    table = ModelTable((reports.row("A row", numbers),), Source("models.xlsx"))
    report = build_report(table, registry or load(), assumptions=assumptions)
    entry: dict[str, Any] = report_as_dict(report)["models"][0]
    return entry


def values(page: Page) -> dict[str, float | None]:
    """Every metric's exact number; None where it shows an en dash."""
    found: dict[str, float | None] = {}
    for name, value, invalid, shown in page.evaluate(
        """() => [...document.querySelectorAll("[data-metric] [data-set]")].map((item) => {
          const input = document.getElementById(`set-${item.dataset.set}`);
          return [
            item.dataset.set, item.dataset.exact ? Number(item.dataset.exact) : null,
            input.getAttribute("aria-invalid"), input.value,
          ];
        })"""
    ):
        found[name] = value
        if invalid is None:
            assert (value is None) == (shown == "–"), name
    return found


def agree(ours: Mapping[str, float | None], theirs: Mapping[str, float | None]) -> None:
    """Fail unless two sets of numbers are equal to 1e-12, with the same ones missing."""
    assert list(ours) == list(theirs)
    for name, value in ours.items():
        if value is None or theirs[name] is None:
            assert value is theirs[name], name
        else:
            assert value == pytest.approx(theirs[name], rel=1e-12, abs=0), name


def fill(page: Page, name: str, text: str) -> None:
    """Type a number into an input, as a reader does."""
    page.evaluate("id => (document.getElementById(id).closest('details') || {}).open = true",
                  f"set-{name}")  # fmt: skip
    page.fill(f"#set-{name}", text)


def saved(page: Page) -> dict[str, Any]:
    """The JSON that the page gives to save."""
    with page.expect_download() as download:
        page.click("#calculator-json")
    entry: dict[str, Any] = json.loads(Path(download.value.path()).read_text("utf-8"))
    return entry
