"""What ``metrics`` explains beside metrics, and numbers that ``--set`` takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moe_report.schema.fields import FIELDS
from moe_report.schema.registry import Registry
from tests.commands import run
from tests.workbooks import FEW, book_of


def test_a_field_is_explained(registry: Registry) -> None:
    """Every one: its help, bounds, default and the headers that it has."""
    done = run("metrics", "moe_intermediate_size")
    assert done.exit_code == 0
    assert done.output.startswith("moe_intermediate_size: ")
    assert "takes    whole numbers from 1 to " in done.output
    assert "default  " in done.output
    assert FIELDS["moe_intermediate_size"].help.split()[0] in done.output
    for name in FIELDS:
        assert run("metrics", name).output.startswith(f"{name}: ")


def test_an_assumption_is_explained(registry: Registry) -> None:
    """Every one: what it takes and how to set it."""
    done = run("metrics", "context_length")
    assert "--set context_length=" in done.output
    for name in registry.assumptions:
        done = run("metrics", name)
        assert done.exit_code == 0
        assert done.output.startswith(f"{name}: ")


def test_a_slip_is_told_with_the_nearest_name() -> None:
    """Among fields and assumptions, too."""
    for slip, name in (("hidden_sise", "hidden_size"), ("context_lenght", "context_length")):
        done = run("metrics", slip)
        assert done.exit_code == 1
        assert f"Did you mean '{name}'?" in done.output


@pytest.mark.parametrize(
    ("text", "number"),
    [("32k", 32000), ("131,072,000", 131072000), ("1e4", 10000), (" 4096 ", 4096)],
)
def test_assumptions_are_set_as_people_write_numbers(
    tmp_path: Path, text: str, number: int
) -> None:
    """With a multiple, signs for thousands, an exponent."""
    book = book_of(tmp_path / "a.xlsx", FEW, ("a", 16, 2, 4))
    done = run("run", book, "-o", tmp_path, "--format", "json", "--set", f"context_length={text}")
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "a.report.json").read_text("utf-8"))
    assert report["assumptions"]["context_length"]["value"] == number


@pytest.mark.parametrize("text", ["many", "8-16", "", "32k+", "nan", "inf"])
def test_what_is_no_one_number_is_wrong_usage(tmp_path: Path, text: str) -> None:
    """Also what may be read in two ways, of a number that need not be whole."""
    book = book_of(tmp_path / "a.xlsx", FEW, ("a", 16, 2, 4))
    for said in (f"context_length={text}", "capacity_factor=4,096"):
        done = run("check", book, "--set", said)
        assert done.exit_code == 2
        assert "expected NAME=NUMBER" in done.output
