"""The section of energy and carbon: its numbers, by hand, and what moe-report finds in it."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest

import moe_report
import moe_report_carbon
from moe_report.testing import check_plugin
from moe_report_carbon import carbon_kg, device_seconds, energy_kwh, least_and_most

DEVICE = {"forward_flops": 25e9, "bf16_flops": 1000e12, "flops_utilisation": 0.25}
SITE = DEVICE | {"device_tdp": 720.0, "power_usage_effectiveness": 1.5}


def test_numbers_by_hand() -> None:
    """25 GFLOP a token at 250 useful TFLOP/s are 100 s a million; at 720 W that is 20 Wh."""
    assert device_seconds.of(**DEVICE) == pytest.approx(100)
    assert energy_kwh.of(**SITE) == pytest.approx(0.02 * 1.5)
    assert carbon_kg.of(**SITE, grid_intensity=0.5) == pytest.approx(0.02 * 1.5 * 0.5)


def test_power_that_is_not_known() -> None:
    """A device of which nobody says its power costs no energy that could be told, not none."""
    assert math.isnan(energy_kwh.of(**SITE | {"device_tdp": 0}))


def test_the_default_of_the_grid() -> None:
    """It is what a model card's tonnes, hours and watts make."""
    (intensity,) = [one for one in carbon_kg.assumptions if one.name == "grid_intensity"]
    assert intensity.default == round(1354e3 / (5.0e6 * 0.7), 3)


def test_the_section_is_sound() -> None:
    """Its formulas are the same in every reading, and nothing of what it says is to be mended."""
    assert check_plugin("carbon").problems == ()


@pytest.mark.parametrize(
    ("energies", "said"),
    [
        ({}, ""),
        ({"A": 0.02}, ""),
        ({"A": 0.02, "B": 0.0}, ""),
        ({"A": 0.02, "B": 0.08, "C": 0.01}, "Here, C draws least and B 8 times as much."),
    ],
)
def test_the_sentence(energies: dict[str, float], said: str) -> None:
    """It names the two ends, if there are two."""

    class Known:
        def rows(self, column: object) -> list[tuple[str, tuple[float]]]:
            assert column is energy_kwh
            return [(name, (number,)) for name, number in energies.items()]

    assert least_and_most(Known()) == said  # type: ignore[arg-type]


def test_it_imports_what_a_plugin_may() -> None:
    """Of moe-report the public names alone."""
    tree = ast.parse(Path(moe_report_carbon.__file__).read_text("utf-8"))
    lines = [line for line in ast.walk(tree) if isinstance(line, ast.ImportFrom)]
    public = {name.name for line in lines if line.module == "moe_report" for name in line.names}
    assert public <= set(moe_report.__all__)
    others = {str(line.module).partition(".")[0] for line in lines}
    assert others == {"dataclasses", "moe_report", "moe_report_metrics"}
