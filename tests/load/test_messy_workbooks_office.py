"""The same messy workbooks, as LibreOffice saves them: .ods, .xls, and .xlsx calculated anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.messy.form import BASICS, Messy, book, reads
from tests.messy_workbooks import WORKBOOKS, check
from tests.office import convert_all

SAVED = (
    "模型对比.xlsx", "units of all kinds.xlsx", "two numbers in a cell.xlsx",
    "percent formats.xlsx",
    "flags.xlsx", "nothing known.xlsx", "analyst.xlsx", "two rows of headers.xlsx",
    "spec sheet.xlsx", "dates and prices.xlsx", "hidden.xlsx", "sums below.xlsx", "far down.xlsx",
    "another table below.xlsx", "prices first.xlsx", "table with formulas.xlsx",
)  # fmt: skip
CALCULATED = Messy(
    "calculated.xlsx",
    book(
        ["Model", "Total (B)", "Share", "Active (B)", "Experts", "Top-k", "Price", "Price per B"],
        ["Mixtral-8x7B", 46.7, 0.25, "=B2*C2", 8, "=E2/4", 0.24, "=G2/B2"],
        ["DeepSeek-V3", 671, 0.0625, "=B3*C3", 256, "=E3/32", 0.27, "=G3/B3"],
        ["Total", "=SUM(B2:B3)", None, "=SUM(D2:D3)", None, None, "=SUM(G2:G3)", None],
    ),
    reads(BASICS, ("Mixtral-8x7B", 46.7e9, 11.675e9, 8, 2),
          ("DeepSeek-V3", 671e9, 41.9375e9, 256, 8)),
    carried=("Price", "Price per B"),
)  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of workbooks in each of the formats, saved by LibreOffice."""
    folder = tmp_path_factory.mktemp("saved")
    files = []
    for messy in [*WORKBOOKS, CALCULATED]:
        if messy.name in (*SAVED, CALCULATED.name):
            files.append(folder / messy.name)
            messy.build(files[-1])
    for suffix in ("ods", "xls", "xlsx"):
        convert_all(files, folder / suffix, suffix)
    return folder


@pytest.mark.parametrize("suffix", ["ods", "xls", "xlsx"])
@pytest.mark.parametrize("name", [*SAVED, CALCULATED.name])
def test_a_workbook_saved_by_libreoffice_is_read_the_same(
    name: str, suffix: str, saved: Path, tmp_path: Path
) -> None:
    """Another program's file of the same cells has the same models in it."""
    (messy,) = (messy for messy in [*WORKBOOKS, CALCULATED] if messy.name == name)
    path = (saved / suffix / name).with_suffix(f".{suffix}")
    assert path.exists()
    check(replace(messy, name=path.name), path, tmp_path)
