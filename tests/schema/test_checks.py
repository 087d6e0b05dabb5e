"""Checks that a section declares: found in rows, refused where they are written wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.compute.build import build_report
from moe_report.schema import registry as registry_module
from moe_report.table import ModelTable, Source
from tests.reports import row
from tests.workbooks import book_of

SECTION = '''"""Widths."""

from moe_report import Doubt, Model, check, doubt, metric, rounding


@metric(symbol="w", unit="ratio", source="a test", maximum=40, minimum=0.5, format="decimal")
def expert_share_of_width(m: Model) -> float:
    """Width of an expert over that of the model."""
    return m.moe_intermediate_size / m.hidden_size


@metric(
    symbol="h", unit="parameters", source="a test", headline=1,
    claim="published_total_params",
)
def halves(m: Model) -> float:
    """Half of what all experts' rows are."""
    return m.num_experts * m.hidden_size / 2


@check("suspicious", about=expert_share_of_width)
def wide_experts(m: Model) -> Doubt:
    """Experts are narrower than the model."""
    return doubt(
        expert_share_of_width(m) > 1 + rounding(expert_share_of_width),
        "an expert is {} wide, {} times the model, or {:percent} of it ({:difference})",
        m.moe_intermediate_size,
        expert_share_of_width(m),
        expert_share_of_width(m),
        expert_share_of_width(m) - 1,
        stated=m.moe_intermediate_size,
        computed=m.hidden_size,
    )
'''
SENTENCE = "an expert is 14,336 wide, 3.500 times the model, or 350 % of it (+250 %)"


def written(folder: Path, text: str = SECTION) -> Path:
    """The section as a file."""
    (file := folder / "widths.py").write_text(text, "utf-8")
    return file


def checked(folder: Path, *rows: tuple[object, ...]) -> str:
    """What the command finds in a workbook with the section."""
    header = ("name", "num_experts", "hidden_size", "moe_intermediate_size",
              "published_total_params", "expert_share_of_width")  # fmt: skip
    book = book_of(folder / "models.xlsx", header, *rows)
    options = ["--metrics", str(written(folder)), "--only", "widths"]
    done = CliRunner().invoke(main, ["check", str(book), *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_check_of_a_section_is_found(tmp_path: Path) -> None:
    """With its sentence, its numbers written like their columns; without one where none lack."""
    found = checked(tmp_path, ("A", 8, 4096, 14336), ("B", 8, 4096, 4096), ("C", 8, None, 4096))
    assert found.count("suspicious A, expert_share_of_width") == 1
    assert SENTENCE in found
    assert "B," not in found
    assert "C," not in found


LACKING = """

@check("suspicious", about="num_experts")
def lacking(m: Model) -> Doubt:
    '''What it says is not always known.'''
    return doubt(
        m.num_experts > 1,
        "{}, {}, {:percent} and {:difference} of {}",
        m.num_hidden_layers,
        halves(m),
        m.num_hidden_layers / 0,
        (m.num_hidden_layers - 5) / m.num_hidden_layers,
        m.num_experts,
        stated=m.num_hidden_layers,
        computed=1 / (m.num_experts - 8),
    )
"""


@pytest.mark.parametrize(
    ("numbers", "said", "stated", "computed"),
    [
        ({"num_experts": 8}, "–, –, – and – of 8", None, None),
        ({"num_experts": 9}, "–, –, – and – of 9", None, 1),
        ({"num_experts": 8, "num_hidden_layers": 4}, "4, –, – and −25.0 % of 8", 4, None),
        ({"num_experts": 9, "hidden_size": 2e9}, "–, 9.000 B, – and – of 9", None, 1),
    ],
)
def test_a_sentence_with_numbers_that_lack(
    tmp_path: Path, numbers: dict[str, float], said: str, stated: float | None,
    computed: float | None,
) -> None:  # fmt: skip
    """They are dashes, and of what is stated and computed there is none."""
    registry = registry_module.load([written(tmp_path, SECTION + LACKING)])
    report = build_report(ModelTable((row("it", numbers),), Source("models.xlsx")), registry)
    [found] = [one for one in report.findings if one.column == "num_experts"]
    assert (found.message, found.stated, found.computed) == (said, stated, computed)


def test_bounds_and_claims_of_a_section(tmp_path: Path) -> None:
    """A typed number out of bounds, and a published one that another metric contradicts."""
    found = checked(tmp_path, ("A", 80000, 4096, 14336, 5e9, 41), ("B", 8, 4096, 100, None, 0.5))
    said = "given as 41.00, and it is at least 0.5000, and it is at most 40.00"
    assert f"impossible A, expert_share_of_width (Models!F2): {said}" in found
    assert "published_total_params (Models!E2): published 5.000 B, computed 163.8 M" in found
    assert "impossible B" not in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"suspicious"', '"suspicius"', "level 'suspicius', expected one of impossible, differs"),
        ("{:percent}", "{:percents}", "has the place {:percents}, expected {}, {:percent} or"),
        (" ({:difference})", "", "has 3 places for 4 numbers"),
        (" > 1 + rounding(expert_share_of_width)", "", "takes a test first"),
        ('    """Experts are narrower than the model."""\n', "", "has no docstring"),
        ("m.moe_intermediate_size,", "m.moe_intermediate_sise,", "Did you mean"),
        ("published_total_params", "published_total_param", "Did you mean"),
        ("return doubt(", "return str(", "check 'wide_experts': "),
    ],
)
def test_what_is_written_wrongly_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The section is left out, and the rest comes."""
    assert old in SECTION
    failures = registry_module.load([written(tmp_path, SECTION.replace(old, new))]).failures
    assert [failure.section for failure in failures] == ["widths"]
    assert said in failures[0].cause
