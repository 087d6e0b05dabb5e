"""Numbers and texts of declarations: what none may be, whatever declares them."""

from __future__ import annotations

from pathlib import Path

import pytest

from moe_report.schema.registry import load

SECTION = '''"""HEADING."""

from dataclasses import dataclass

from moe_report import (
    Doubt, Model, assumption, bars, check, doubt, field, metric, point, preset, scatter
)


@dataclass(frozen=True)
class Use:
    """What it is for."""

    batch: float = assumption(
        4, symbol="ASYMBOL", unit="AUNIT", help="AHELP", label="ALABEL", minimum=1, maximum=9,
        whole=True, aliases=("AALIAS",), headers=("aheader",),
    )


power = field(
    "power", symbol="FSYMBOL", unit="FUNIT", help="FHELP", label="FLABEL", minimum=2, maximum=8,
    default=7, aliases=("FALIAS",),
)


@metric(
    symbol="MSYMBOL", unit="MUNIT", source="MSOURCE", label="MLABEL", aliases=("MALIAS",),
    minimum=3, maximum=6,
)
def numbers(m: Model, use: Use) -> float:
    """MDOC."""
    return power(m) * use.batch


@check("suspicious", about=numbers)
def many(m: Model) -> Doubt:
    """Many are many."""
    return doubt(m.num_experts > 1, "SENTENCE")


ONE = preset("group", "PNAME", Use(5), source="PSOURCE")
chart = bars("numbers", numbers, title="CTITLE", caption="CCAPTION", labels=("CLABEL",),
             axis="CAXIS")
line = scatter("line", "num_experts", numbers, title="T", x_axis="CX", guides={"GUIDE": 5})
POINTS = (point("PTITLE", "PTEXT"),)
'''
TEXTS = (
    "HEADING", "ASYMBOL", "AUNIT", "AHELP", "ALABEL", "AALIAS", "FSYMBOL", "FUNIT", "FHELP",
    "FLABEL",
    "FALIAS", "MSYMBOL", "MUNIT", "MSOURCE", "MLABEL", "MALIAS", "MDOC", "SENTENCE", "PNAME",
    "PSOURCE", "CTITLE", "CCAPTION", "CLABEL", "CAXIS", "CX", "GUIDE", "PTITLE", "PTEXT",
)  # fmt: skip
# A number of the section, and with which name it is told.
NUMBERS = {
    "    4, symbol": "default", "minimum=1,": "minimum", "maximum=9,": "maximum",
    "minimum=2,": "minimum", "maximum=8,": "maximum", "default=7,": "default",
    "minimum=3,": "lowest", "maximum=6,": "highest", "Use(5)": "batch", '"GUIDE": 5': "guide",
}  # fmt: skip


def failure(folder: Path, old: str, new: str) -> str:
    """Why the section is left out, if it is."""
    assert SECTION.count(old) == 1
    (file := folder / "declared.py").write_text(SECTION.replace(old, new), "utf-8")
    failures = load([file]).failures
    assert [one.section for one in failures] in ([], ["declared"])
    return failures[0].cause if failures else ""


def test_the_section_is_sound(tmp_path: Path) -> None:
    """Nothing else is wrong with it, and texts of lines and tabs are texts."""
    assert failure(tmp_path, "PTEXT", "A line,\\n\\tand another.") == ""


@pytest.mark.parametrize("sign", ["\\x00", "\\x01", "\\x1b[2J", "\\x7f", "\\x85"])
@pytest.mark.parametrize("text", TEXTS)
def test_no_text_has_control_characters(tmp_path: Path, text: str, sign: str) -> None:
    """No page and no workbook may hold them; the error shows where they are."""
    cause = failure(tmp_path, text, f"{text[0]}{sign}{text[1:]}")
    assert "without control characters" in cause
    assert f"{text[0]}{sign}" in cause
    assert cause.isprintable()


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("place", NUMBERS)
def test_numbers_are_finite(tmp_path: Path, place: str, number: str) -> None:
    """Where one is not, the section is left out, and what it is told."""
    digit = next(sign for sign in reversed(place) if sign.isdigit())
    cause = failure(tmp_path, place, place.replace(digit, f'float("{number}")'))
    assert NUMBERS[place] in cause
    assert f"{number}, expected a number" in cause


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("minimum=3,", "minimum=7,", "is from 7 to 6, expected a smaller and a larger number"),
        ("minimum=3,", "minimum=10**400,", "has the lowest 1000"),
        ("minimum=3, maximum=6,", "minimum=3, maximum=3,", ""),
        ("    4, symbol", "    4.5, symbol", "is 4.5 by default, expected a whole number"),
        ("    4, symbol", "    0, symbol", "is 0 by default, expected from 1 to 9"),
        ("    4, symbol", "    10, symbol", "is 10 by default, expected from 1 to 9"),
        ("minimum=1,", "minimum=9.5,", "is 4 by default, expected from 9.5 to 9"),
        ("    4, symbol", "    9.0, symbol", ""),
    ],
)
def test_bounds_have_an_order_and_defaults_keep_to_them(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """Else no report could be made, or a typed number would always be impossible."""
    cause = failure(tmp_path, old, new)
    assert said in cause
    assert bool(said) == bool(cause)
