"""The version of the plugin door that a section asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

import moe_report
from moe_report.schema import registry as registry_module
from tests.schema.distributions import install

ASKS = (
    f"asks for version 2 of the plugin door, this is moe-report {moe_report.__version__} with 1; "
    "upgrade moe-report"
)
WHOLE = "TypeError: API is {}, expected a whole number such as 1"
SECTION = '''"""Shares."""

from moe_report import Model, metric{more}

{api}


@metric(symbol="s", unit="ratio", source="a convention")
def api_share(m: Model) -> float:
    """Share of the experts that a token is sent to."""
    return m.num_experts_per_tok / m.num_experts
'''


@pytest.mark.parametrize(
    ("api", "more", "cause"),
    [
        ("", "", ""),
        ("API = 1", "", ""),
        ("API = 2", "", ASKS),
        ("API: int = 2", ", something_of_tomorrow", ASKS),
        ("FORMER = API = 2", ", something_of_tomorrow", ASKS),
        ("API = 1 + 1", "", f"PluginError: {ASKS}"),
        ("API = 1", ", something_of_tomorrow", "ImportError: cannot import name"),
        ("API = '1'", "", WHOLE.format("'1'")),
        ("API = True", "", WHOLE.format("True")),
        ("API = 0", "", WHOLE.format("0")),
        ("API = 1.5", "", WHOLE.format("1.5")),
        ("API = 2 2", "", "SyntaxError"),
    ],
)
def test_a_section_that_asks_for_a_newer_door(
    tmp_path: Path, site: Path, api: str, more: str, cause: str
) -> None:
    """It is left out with the sentence, as a file and as a package, also if it cannot load."""
    (file := tmp_path / "shares.py").write_text(SECTION.format(api=api, more=more), "utf-8")
    install(site, "moe-shares", {"moe_shares": file.read_text("utf-8")}, {"ours": "moe_shares"})
    for files, name in ([], "ours"), ([file], "shares"):
        if files:
            (site / "moe_shares-1.5.dist-info" / "entry_points.txt").unlink()
        found = registry_module.load(files)
        failures = {failure.section: failure.cause for failure in found.failures}
        assert set(failures) == ({name} if cause else set())
        assert failures.get(name, "").startswith(cause)
        assert ("api_share" in found.metrics) == (not cause)
