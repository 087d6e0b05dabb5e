"""The formulas of each built-in section, in numpy, LibreOffice and JavaScript, on random rows."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.schema.registry import installed

SECTIONS = [section.name for section in installed().sections if section.metrics]


@pytest.mark.slow
@pytest.mark.parametrize("section", SECTIONS)
def test_all_readings_agree(section: str) -> None:
    """And nothing else is found about the section."""
    done = CliRunner().invoke(main, ["plugin", "check", section])
    assert done.exit_code == 0, done.output
    assert "numpy, LibreOffice and JavaScript agree" in done.output
    assert done.output.rstrip().endswith("no findings")
