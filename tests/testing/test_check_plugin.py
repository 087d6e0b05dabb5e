"""What is found in a section that somebody writes, by the function and by the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.formula.expr import Expr
from moe_report.schema import registry as registry_module
from moe_report.schema.fields import AT_MOST, FIELDS
from moe_report.testing import check_plugin, readings
from moe_report.testing.random_rows import random_rows
from tests.conftest import need
from tests.schema.distributions import install

SOUND = '''"""Widths.

How wide experts are.
"""

from dataclasses import dataclass

from moe_report import (
    Doubt, Model, Numbers, assumption, bars, check, doubt, field, metric, point, where
)

bought = field(
    "bought", symbol="b", unit="channels", help="Width that is bought.", minimum=1, default=2
)
doubled = field("doubled", symbol="2b", unit="channels", help="Twice of that.", minimum=1,
                default=lambda m: 2 * bought(m))


@dataclass(frozen=True)
class Use:
    """What the widths are for."""

    spread: float = assumption(2, symbol="σ", unit="byte", help="Bytes of one of them.")


@metric(symbol="w_x", unit="ratio", source="a convention", format="factor")
def width_of_experts(m: Model) -> float:
    """An expert's width over that of the model."""
    return where(m.num_experts > 1, m.moe_intermediate_size / m.hidden_size, 1)


@metric(symbol="w_y", unit="byte", source="Shazeer et al. 2017, arXiv:1701.06538, section 2")
def bytes_of_widths(m: Model, u: Use) -> float:
    """Bytes of all of them."""
    return u.spread * m.num_experts * m.moe_intermediate_size


@check("suspicious", about=width_of_experts)
def wide_experts(m: Model) -> Doubt:
    """Experts are narrower than the model."""
    return doubt(
        width_of_experts(m) > 4 * doubled(m) / doubled(m),
        "an expert is {} wide", m.moe_intermediate_size)


def widest(numbers: Numbers) -> str:
    """Say which model has the widest."""
    rows = numbers.rows(width_of_experts)
    return f"Here, it is {max(rows, key=lambda row: row[1])[0]}." if rows else ""


def widths(rows) -> str:
    """Say how many there are."""
    return f"Of {len(rows)} models {rows.names[0]} is widest"


widest_chart = bars("widths", width_of_experts, title=widths)
POINTS = (point("Widest", "The one with the widest.", here=widest),)
'''
RAISES = "point 'Widest': for {}, it raises"


def written(folder: Path, text: str = SOUND) -> Path:
    """The section as a file."""
    (file := folder / "widths.py").write_text(text, "utf-8")
    return file


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other program is there."""
    monkeypatch.setenv("PATH", "")


def test_a_sound_section_in_every_reading(tmp_path: Path) -> None:
    """Nothing is found, and three programs computed it."""
    need("node"), need("soffice")
    checked = check_plugin(written(tmp_path))
    assert checked.readings == ("numpy", "LibreOffice", "JavaScript")
    assert (checked.problems, checked.notes) == ((), ())


def test_the_built_in_sections_are_sound(bare: None) -> None:
    """What is asked of others, they keep to; without other programs, that is said."""
    for section in registry_module.load().sections:
        checked = check_plugin(section.name)
        assert (section.name, checked.problems) == (section.name, ())
        assert checked.readings == ("numpy",)
        assert "not compared with JavaScript: node is not installed" in checked.notes


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('"""Widths.\n\nHow wide experts are.\n"""', "", "the module has no docstring"),
        ('    """What the widths are for."""\n', "", "assumptions 'Use': the dataclass has no doc"),
        ("Bytes of one of them.", "Spread.", "assumption 'spread': the help only says its name"),
        ('"""Bytes of all of them.', '"""Bytes of widths.', "metric 'bytes_of_widths': the docst"),
        ('unit="ratio"', 'unit="%"', "metric 'width_of_experts' has the unit '%': write 'ratio'"),
        ('"w_y", unit="byte"', '"w_y", unit="GB"', "write 'byte' and give that many: the prefix"),
        ('"σ", unit="byte"', '"σ", unit="Bytes"', "assumption 'spread' has the unit 'Bytes': wri"),
        ('"a convention"', '"see paper"', "has the source 'see paper': it names nothing; name a"),
        ("arXiv:1701.06538", "arXiv:1701", "arXiv has numbers like arXiv:2401.04088"),
        ("return u.spread *", "return 2 *", "assumption 'spread': no metric uses it"),
        ("bytes_of_widths(m: Model, u: Use)", "bytes_of_widths(m: Model)", "NameError"),
        ("* m.num_experts *", "/ (m.num_experts - m.num_experts) *", "has a value in none of 5,0"),
        ("> 4 *", "< 0 *", "check 'wide_experts': holds in none of 5,000 random rows"),
        ("m.moe_intermediate_size)\n\n\ndef widest", "m.num_experts / 0)\n\n\ndef widest",
         "check 'wide_experts': number 1 of its sentence is missing wherever it holds"),
        ("    rows = numbers.rows", "    if 1:\n        return 3\n    rows = numbers.rows",
         "point 'Widest': for 20 models, it gives 3, expected a text"),
        (' if rows else ""', "", RAISES.format("0 models") + " ValueError: max() "),
        ("max(rows,", "max(rows[1:],", RAISES.format("1 model")),
        ('rows else ""', 'rows else exit(2)', RAISES.format("0 models") + " SystemExit: 2"),
        ("numbers.rows(width_of_experts)", 'numbers.rows("num_expertz")',
         "it asks for 'num_expertz', which is no field or metric. Did you mean 'num_experts'?"),
        ("The one with the", "The [one](width_of_expert) with the", "its link to 'width_of_expert' "
         "leads nowhere; expected a metric, a source or a part of the page. Did you mean 'width"),
        ("The one with the", "The [one](#calculato) with the", "Did you mean '#calculator'?"),
        ("The one with the", "The [one](num_experts) with the", "to 'num_experts' leads nowhere"),
        ("title=widths", "title=lambda rows: rows['num_experts']", "for 20 models, the title of"),
        ("title=widths", "title=lambda rows: 3", "it gives 3, expected a sentence"),
        ("title=widths", "title=lambda rows: exit(1)", "failed: SystemExit: 1"),
        ("title=widths", "title=lambda rows: rows.names[1]", "for 1 model, the title of chart"),
        ('title=widths', 'title="Widths", caption=lambda rows: 1 / 0', "the caption of chart 'wid"),
        ("Width that is bought.", "Bought.", "field 'bought': the help only says its name again"),
        ('"b", unit="channels"', '"b", unit="bytes"', "'bought' has the unit 'bytes': write 'by"),
        ("4 * doubled(m) / doubled(m)", "4",
         "field 'doubled': no metric, field, chart or check uses it"),
    ],
)  # fmt: skip
def test_what_is_to_be_mended(bare: None, tmp_path: Path, old: str, new: str, found: str) -> None:
    """One thing is wrong, and that is found."""
    assert old in SOUND
    file = written(tmp_path, SOUND.replace(old, new))
    if found == "NameError":
        result = CliRunner().invoke(main, ["plugin", "check", str(file)])
        assert (result.exit_code, found in result.output) == (3, True)
        return
    problems = check_plugin(file).problems
    assert [found in problem for problem in problems] == [True]


def test_a_dataclass_that_no_metric_takes(bare: None, tmp_path: Path) -> None:
    """Its assumptions are named."""
    text = SOUND.replace("(m: Model, u: Use)", "(m: Model)").replace("u.spread", "2")
    assert check_plugin(written(tmp_path, text)).problems == (
        "assumption 'spread': no metric uses it",
    )


@pytest.mark.parametrize("reading", ["LibreOffice", "JavaScript"])
def test_a_reading_that_differs(
    tmp_path: Path, reading: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named with the metric, both numbers, and the row."""

    def wrong(formulas: Mapping[str, Expr], rows: object) -> dict[str, Sequence[float | str]]:
        found = dict(right(formulas, rows))  # type: ignore[arg-type]
        numbers = list(found["bytes_of_widths"])
        at = next(at for at, one in enumerate(numbers) if isinstance(one, float | int) and one)
        numbers[at : at + 1] = [numbers[at] * 1.001]  # type: ignore[operator]
        return found | {"bytes_of_widths": numbers}

    need("node"), need("soffice")
    right = readings.READINGS[reading]
    monkeypatch.setattr(readings, "READINGS", {reading: wrong})
    (problem,) = check_plugin(written(tmp_path)).problems
    assert problem.startswith(f"metric 'bytes_of_widths': {reading} gives ")
    assert ", numpy " in problem
    assert "where spread = " in problem


def test_a_printer_that_is_wrong_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula printed as another one differs in many rows."""
    need("node")
    right = readings.javascript
    monkeypatch.setattr(readings, "javascript", lambda *args: f"-({right(*args)})")
    monkeypatch.setattr(readings, "READINGS", {"JavaScript": readings.READINGS["JavaScript"]})
    first, second = check_plugin(written(tmp_path)).differences
    assert (first.metric, second.metric) == ("width_of_experts", "bytes_of_widths")
    assert min(first.rows, second.rows) > 50


def test_what_hangs_on_the_last_digit_is_no_difference(tmp_path: Path) -> None:
    """LibreOffice takes a tiny difference of large numbers for 0: neither reading is wrong."""
    need("soffice")
    text = SOUND.replace(
        "u.spread * m.num_experts * m.moe_intermediate_size",
        "(m.hidden_size * 0.1 + m.hidden_size * 0.2 - m.hidden_size * 0.3) * u.spread",
    )
    assert check_plugin(written(tmp_path, text)).differences == ()


def test_rows_are_models_that_can_be() -> None:
    """Within bounds, whole where numbers are; some missing, most not; the same for a seed."""
    registry = registry_module.load()
    section = registry.sections[0]
    rows, again = (random_rows(registry, section, 500, 7) for _ in range(2))
    for name, field in FIELDS.items():
        if field.kind != "text":
            typed = rows.typed[name][~np.isnan(rows.typed[name])]
            assert ((field.minimum <= typed) & (typed <= field.maximum)).all(), name
            assert not field.whole or (typed == np.round(typed)).all(), name
            assert 0.3 * 500 < len(typed) < 500, name
            assert len(np.unique(typed)) > 1, name
            assert np.array_equal(rows.values[name], again.values[name], equal_nan=True)
    for smaller, larger in AT_MOST.items():
        assert not (rows.typed[smaller] > rows.typed[larger]).any(), smaller
    for item in registry.assumptions.values():
        assert not any(map(item.refusal, rows.values[item.name])), item.name
    known = ~np.isnan(rows.values["total_params"])
    assert 0.4 * 500 < known.sum() < 500


# -- the command


def test_the_command_says_it(bare: None, tmp_path: Path) -> None:
    """Formulas, of Excel too, checks, the readings, findings; 0 or 3."""
    file = written(tmp_path)
    right = CliRunner().invoke(main, ["plugin", "check", str(file), "--excel"])
    assert right.exit_code == 0, right.output
    for said in (
        f"Widths  [widths, {file}]",
        "bytes_of_widths  byte\n  spread * num_experts * moe_intermediate_size\n  =IF(COUNT(",
        "check wide_experts  suspicious\n  width_of_experts > 4",
        "computed on 200 random models by numpy alone\nno findings\n",
    ):
        assert said in right.output
    assert "=IF" not in CliRunner().invoke(main, ["plugin", "check", str(file)]).output
    written(tmp_path, SOUND.replace('"w_y", unit="byte"', '"w_y", unit="bytes"'))
    wrong = CliRunner().invoke(main, ["plugin", "check", str(file)])
    assert wrong.exit_code == 3
    assert wrong.output.endswith(
        "1 finding:\n  metric 'bytes_of_widths' has the unit 'bytes': write 'byte'\n"
    )


def test_an_installed_section(bare: None, site: Path) -> None:
    """By its name, by its distribution's, and by its file, which is not taken for a second one."""
    install(site, "moe-widths", {"moe_widths": SOUND}, {"widths": "moe_widths"})
    for wanted in ("widths", "moe-widths", str(site / "moe_widths.py"), site / "moe_widths.py"):
        checked = check_plugin(wanted)
        assert (checked.section.name, checked.section.distribution) == ("widths", "moe-widths")
        assert checked.problems == ()


@pytest.mark.parametrize(
    ("wanted", "code", "said"),
    [
        ("flops_saving", 1, "there is no section 'flops_saving'; installed are"),
        ("flops_saving", 1, "Did you mean 'flops_savings'?"),
        ("moe-report", 1, "there is no section 'moe-report'"),
        ("serving.py", 1, "serving.py: there is no such file"),
        ("folder.py", 1, "folder.py: is a folder"),
        ("broken.py", 3, "section 'broken' of broken.py (broken) failed: NameError: name 'no'"),
        ("empty.py", 3, "failed: TypeError: the module defines no @metric function"),
    ],
)
def test_what_is_no_section(
    tmp_path: Path, wanted: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, with the nearest name or with what is wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "broken.py").write_text("no", "utf-8")
    (tmp_path / "empty.py").write_text("", "utf-8")
    result = CliRunner().invoke(main, ["plugin", "check", wanted])
    assert (result.exit_code, said in result.output) == (code, True), result.output
