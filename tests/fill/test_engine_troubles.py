"""Engines that are absent, hang, crash or write garbage: the file is written all the same."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import xlsxwriter

from moe_report.child_process import run_program
from moe_report.fill.calculate import engines
from tests.fill.test_computed_values import ENGINES, SUM, available, filled, template, values


def one_formula() -> bytes:
    """A workbook with a filled cell, and a formula that rests on it."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write("A1", "{{ models | length }}")
    sheet.write_formula("A2", "=A1*2")
    book.close()
    return out.getvalue()


def test_without_an_engine_the_note_says_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """And by name one that is not there is refused."""
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    monkeypatch.setattr(engines, "_office", lambda: None)
    data, said = filled(template({"A1": "SUM(Costs[n])"}), "auto")
    assert values(data) == {"A1": None}
    assert said.startswith("t.xlsx: no value is stored with 4 formulas that rest on filled cells")
    assert "with 1 formula that rests on" in filled(one_formula(), "auto")[1]
    assert said.endswith("pip install 'moe-report[calc]' to have them computed")
    with pytest.raises(engines.EngineError, match="formulon is not installed"):
        engines.engines("formulon")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_that_hangs_is_ended(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its values are missing, and the file is written all the same."""
    available(engine)
    monkeypatch.setattr(engines, "SECONDS", 0.01)
    data, said = filled(template({"A1": "SUM(Costs[n])"}), engine)
    assert values(data) == {"A1": None}
    assert said.lower().endswith(f"opens the file; {engine}: it took more than 0.01 s")


GARBAGE = {
    "formulon": (b"", b"garbage", b"3", b"null", b"[]", b"[1.0]", b'{"a": 1}', b"[[1.0],[2],{},3]"),
    "libreoffice": (b"", b"garbage", b"\xff\xfe", b"n,1\n" * 4, b"n,x,y\n" * 4, b"n,1,0\n"),
}


@pytest.mark.parametrize(
    ("engine", "written"), [(engine, data) for engine, all in GARBAGE.items() for data in all]
)
def test_what_an_engine_writes_is_not_trusted(
    engine: str, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is, the file is written without values, and the reason is said."""

    def module(*_: Any, **__: Any) -> CompletedProcess[bytes]:
        return CompletedProcess([], 0, written, b"")

    def convert(source: Path, *_: Any) -> None:
        (source.parent / "excerpt-asked.csv").write_bytes(written)

    monkeypatch.setattr(engines, "find_spec", lambda name: True)
    monkeypatch.setattr(engines, "_office", lambda: "soffice")
    monkeypatch.setattr(engines, "run_module", module)
    monkeypatch.setattr(engines, "_convert", convert)
    data, said = filled(template({"A1": "SUM(Costs[n])"}), engine)
    assert values(data) == {"A1": None}
    assert said.lower().endswith(f"{engine}: what it wrote cannot be read")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.abort()", "it ended early"),
        ("import sys; sys.exit(3)", "it ended early"),
        ("from math import no_such_thing", "ImportError: cannot import name"),
        ("import math; math.no_such_thing()", "has no attribute 'no_such_thing'"),
    ],
)
def test_an_engine_that_crashes_or_is_of_another_version(
    code: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is said where values are missing for it, and only there."""
    monkeypatch.setattr(engines, "find_spec", lambda name: True)
    monkeypatch.setattr(
        engines, "run_module", lambda *_, **__: run_program([sys.executable, "-c", code], seconds=9)
    )
    data, said = filled(template({"A1": "SUM(Costs[n])"}), "formulon")
    assert values(data) == {"A1": None}
    assert "opens the file; formulon: " in said
    assert reason in said
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet().write("A1", "{{ models | length }}")
    book.close()
    assert filled(out.getvalue(), "formulon")[1] == ""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_text_that_no_cell_can_hold_is_not_stored(engine: str) -> None:
    """Nor one that is cut off where a cell ends; a shorter one is."""
    available(engine)
    formulas = {
        "A1": 'REPT("a",32700+SUM(Costs[n])*0)&REPT("b",100)',
        "A2": 'REPT("a",32700+SUM(Costs[n])*0)&REPT("b",66)',
    }
    found = values(filled(template(formulas), engine)[0])
    assert found == {"A1": None, "A2": "a" * 32700 + "b" * 66}


def test_an_engine_that_fails_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a workbook asks for more memory than there is."""
    available("formulon")
    available("libreoffice")
    monkeypatch.setattr(engines, "_MEMORY", 2**20)
    data, said = filled(template({"A1": "SUM(Costs[n])"}), "auto")
    assert (values(data), said) == ({"A1": SUM}, "")
