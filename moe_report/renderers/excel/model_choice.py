"""Cells in which a model is chosen from a list, and where that is in the table Models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openpyxl.workbook.defined_name import DefinedName

from moe_report.load.our_sheets import SHEET
from moe_report.renderers.excel.sheet import Sheet

_NAME = "model_list"


def place_of_model(cell: str) -> str:
    """Return the formula, without ``=``, of the number in the table Models of a name in a cell.

    It is 0 for none. MATCH alone takes * and ? of a name for wildcards, and a for A; and the
    comparison with a single name is no list, in which LibreOffice would find it.
    """
    exact = f"EXACT({cell},{SHEET}[name])"
    found = f"SUMPRODUCT(MATCH(TRUE,INDEX({exact},0),0))"
    found = f"IF(ROWS({SHEET}[name])=1,SUMPRODUCT(--{exact}),{found})"
    return f'IF({cell}="",0,IFERROR({found},0))'


def allow_models(names: Any, sheet: Sheet, cells: Iterable[str]) -> None:
    """Let cells take the names of the sheet Models; ``names`` are the workbook's, and get one."""
    target = f"{SHEET}[name]"
    name = _NAME
    while name.casefold() in {taken.casefold() for taken, item in names.items()
                              if item.attr_text != target}:  # fmt: skip
        name += "_"
    # Excel takes no structured reference in a validation, but a name that stands for one.
    names[name] = DefinedName(name, attr_text=target)
    sheet.allow(
        *cells,
        type="list",
        formula1=name,
        allow_blank=True,
        errorTitle="Model",
        error="Expected a name of the sheet Models, or nothing.",
    )
