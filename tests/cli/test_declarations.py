"""Plugins that declare what is of another kind: refused by name, and all others computed."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from click.testing import Result

from tests.commands import run
from tests.small_configs import small_config


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A config that can be read."""
    path = tmp_path / "m.json"
    path.write_text(json.dumps(small_config("qwen3_moe")))
    return path


PLUGIN = '''
"""A section."""
from dataclasses import dataclass
from moe_report import Model, assumption, metric

{before}
@dataclass(frozen=True)
class Its:
    spare: float = assumption({default}, symbol={a_symbol}, unit="x", help="Some.", {more_a})

@metric(symbol={symbol}, unit={unit}, source="nowhere", {more})
def odd_ratio(m: Model, its: Its) -> float:
    """Divides."""
    return m.num_experts / its.spare
'''
USUAL = {"before": "", "default": "1.0", "a_symbol": '"s"', "symbol": '"z"', "unit": '"ratio"',
         "more": "", "more_a": ""}  # fmt: skip


def with_plugin(model: Path, changes: dict[str, str]) -> Result:
    """Check a model with the metrics of a file."""
    path = model.parent / "odd.py"
    path.write_text(textwrap.dedent(PLUGIN.format_map(USUAL | changes)))
    return run("check", model, "--metrics", path)


def test_the_plugin_without_changes_is_taken(model: Path) -> None:
    """Else the others would be refused for something else."""
    assert with_plugin(model, {}).exit_code == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"more": "label=5"},
            "metric 'odd_ratio' of moe_report_file_odd has the label 5, expected a text",
        ),
        ({"more": "label=['x']"}, "has the label ['x'], expected a text"),
        ({"symbol": "5"}, "has the symbol 5, expected a text"),
        ({"symbol": "None"}, "has the symbol None, expected a text"),
        ({"unit": "b'ratio'"}, "has the unit b'ratio', expected a text"),
        (
            {"more": "headline='yes'"},
            "has the headline 'yes', expected True, False or a place from 1",
        ),
        ({"more": "aliases='odd'"}, "has a text for aliases; write ('odd',)"),
        ({"more": "headers=5"}, "has the headers 5, expected a tuple of texts"),
        ({"more": "aliases=(5,)"}, "has the aliases (5,), expected a tuple of texts"),
        ({"more": "format=5"}, "has the format 5, expected one of"),
        ({"a_symbol": "5"}, "Its.spare has the symbol 5, expected a text"),
        ({"more_a": "label=5"}, "Its.spare has the label 5, expected a text"),
        ({"default": "'1'"}, "Its.spare has the default '1', expected a number"),
        ({"more_a": "minimum='0'"}, "Its.spare has the minimum '0', expected a number"),
        ({"more_a": "whole='no'"}, "Its.spare has the whole 'no', expected True or False"),
        ({"before": "ORDER = 'first'"}, "ORDER is 'first', expected a number"),
        ({"before": "HEADER_WORDS = 5"}, "HEADER_WORDS is 5, expected texts by texts"),
        ({"before": "HEADER_WORDS = {1: 2}"}, "HEADER_WORDS is {1: 2}, expected texts by texts"),
    ],
)
def test_a_declaration_of_another_kind_is_refused_by_name(
    model: Path, changes: dict[str, str], said: str
) -> None:
    """In a line that names the file, what was found and what was expected; the rest is computed."""
    result = with_plugin(model, changes)
    assert result.exit_code == 3, result.output
    (line,) = result.stderr.splitlines()
    assert "section 'odd' of " in line
    assert said in line
    assert "no findings" in result.stdout
