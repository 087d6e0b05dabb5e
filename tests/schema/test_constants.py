"""Constants of a section's module: what they may be, and that what comes of them is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from moe_report.edit.new_workbook import build_starter
from moe_report.load.workbook import read_workbook
from moe_report.schema.registry import load

SECTION = '''"""Use."""

from dataclasses import dataclass

from moe_report import Model, assumption, metric, point


@dataclass(frozen=True)
class Use:
    """What it is for."""

    batch: float = assumption(
        4, symbol="B", unit="sequences", help="At once.", minimum=1, maximum=9, whole=True
    )


@metric(symbol="x", unit="x", source="a convention")
def used(m: Model, use: Use) -> float:
    """A number."""
    return m.num_experts * use.batch


{}
'''


@pytest.mark.parametrize(
    ("constant", "said"),
    [
        ("ORDER = 'first'", "ORDER is 'first', expected a number"),
        ("ORDER = True", "ORDER is True, expected a number"),
        ("ORDER = float('nan')", "ORDER is nan, expected a number"),
        ("HEADER_WORDS = ['spill']", "HEADER_WORDS is ['spill'], expected texts by texts"),
        ("HEADER_WORDS = {'spill': 7}", "HEADER_WORDS is {'spill': 7}, expected texts by texts"),
        ("POINTS = point('A', 'B')", "expected a tuple of point() and question()"),
        ("POINTS = [point('A', 'B')]", "expected a tuple of point() and question()"),
        ("POINTS = ('A',)", "POINTS is ('A',), expected a tuple of point() and question()"),
        ("SHORT_FORM = 'batch'", "SHORT_FORM is 'batch', expected what short_form() gives"),
        ("SCENARIOS = {'large'}", "SCENARIOS is {'large'}, expected numbers by the names of assu"),
        ("SCENARIOS = {'large': 7}", "SCENARIOS is {'large': 7}, expected numbers by the names"),
        ("SCENARIOS = {7: {'batch': 7}}", "expected numbers by the names of assumptions"),
        ("SCENARIOS = {'large': {'batch': 'x'}}", "expected numbers by the names of assumptions"),
        ("SCENARIOS = {'large': {'batch': None}}", "expected numbers by the names of assumptions"),
        ("SCENARIOS = {'large': {'batch': True}}", "expected numbers by the names of assumptions"),
        ("SCENARIOS = {'nan': {'batch': float('nan')}}", "expected numbers by the names"),
        ("SCENARIOS = {'large': {7: 7}}", "expected numbers by the names of assumptions"),
        ("SCENARIOS = {'large': {'batches': 7}}",
         "scenario 'large' sets 'batches', which is no assumption. Did you mean 'batch'?"),
        ("SCENARIOS = {'large': {'batch': 10}}",
         "scenario 'large' sets batch to 10, expected from 1 to 9"),
        ("SCENARIOS = {'half': {'batch': 1.5}}",
         "scenario 'half' sets batch to 1.5, expected a whole number"),
        ("SCENARIOS = {'negative': {'context_length': -4.0}}", "sets context_length to -4, expect"),
        *((f"SCENARIOS = {{{name!r}: {{'batch': 7}}}}",
           f"SCENARIOS has {name!r}, expected the name of a scenario{why}")
          for name, why in (
              ("a?b", ", without * ? ~"),
              ("a\x01b", ", without control characters"),
              ("x" * 61, ": at most 60 characters"),
              ("", ": another one"), (" a", ": another one"), ("#1", ": another one"),
              ("Base", ": another one"), ("value", ": another one"), ("Notes", ": another one"),
          )),
    ],
)  # fmt: skip
def test_what_a_constant_cannot_be(tmp_path: Path, constant: str, said: str) -> None:
    """The section is left out, by name and with what was found."""
    (file := tmp_path / "use.py").write_text(SECTION.format(constant), "utf-8")
    [failure] = load([file]).failures
    assert failure.section == "use"
    assert said in failure.cause


@pytest.mark.parametrize(
    "name", ["large", "FP8", "fp8", "grüße 2", "12", "=A1", "a'b", "a,b", "x" * 60, "TRUE", "-"]
)
def test_a_workbook_to_fill_in_is_read_again(tmp_path: Path, name: str) -> None:
    """With its scenarios, whatever they are called; two that differ in case are one."""
    text = SECTION.format(f"SCENARIOS = {{{name!r}: {{'batch': 7, 'context_length': 64}}}}")
    (file := tmp_path / "use.py").write_text(text, "utf-8")
    registry = load([file])
    assert not registry.failures
    (book := tmp_path / "models.xlsx").write_bytes(build_starter(registry))
    scenarios = read_workbook(book, registry).scenarios.values
    assert len(scenarios) == len({one.casefold() for one in (name, "fp8", "long context")})
    own = next(own for one, own in scenarios.items() if one.casefold() == name.casefold())
    assert (own["batch"].value, own["context_length"].value) == (7, 64)
