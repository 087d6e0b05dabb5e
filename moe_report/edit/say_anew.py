"""The sheet Report of an older report, which is the user's: it gets what the command line says."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.branding import Branding, Setting
from moe_report.edit.cell_keys import Address
from moe_report.load.our_sheets import REPORT_SHEET
from moe_report.ooxml.cells import Cells
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.texts import Texts


def say_anew(
    package: Package, file: str, before: Mapping[str, Setting], branding: Branding
) -> list[str]:
    """Put what is said otherwise than before into the sheet Report; return what has no row."""
    part = package.sheets()[REPORT_SHEET]
    heads = heads_of(Texts(package)(REPORT_SHEET))
    sheet = Cells(package.root(part), f"{file}, sheet {REPORT_SHEET}")
    lacking, changed = [], False
    for key in ("title", "intro", "footer"):
        text = getattr(branding, key)
        if not text or (key in before and before[key].text == text):
            continue
        if key not in heads or "value" not in heads:
            lacking.append(f"{file}: the sheet {REPORT_SHEET} has no row {key}")
            continue
        row, column = heads[key][1], heads["value"][0]
        sheet.put(row, column, {"t": text}, sheet.style(row, column))
        changed = True
    if changed:
        package[part] = serialize(sheet.root)
    return lacking


def heads_of(cells: Mapping[Address, str]) -> dict[str, Address]:
    """Return where a sheet has which text, without case: those of its headers are looked for."""
    return {text.strip().casefold(): at for at, text in cells.items()}
