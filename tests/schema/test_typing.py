"""The types of the plugin API, as a strict type checker sees them from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

API = Path(__file__).parent / "typing" / "plugin_api.py"
SETTINGS = "[mypy]\nstrict = true\n"


def check(source: str, folder: Path) -> str:
    """What mypy --strict says about a file that somebody wrote elsewhere."""
    file, settings = folder / "plugin_api.py", folder / "mypy.ini"
    file.write_text(source, "utf-8")
    settings.write_text(SETTINGS, "utf-8")
    command = [
        sys.executable, "-m", "mypy", "--strict", "--config-file", str(settings),
        "--no-error-summary", "--cache-dir", str(folder / "cache"), str(file),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert not done.stderr, done.stderr
    assert (done.returncode == 0) == (not done.stdout)
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cache of its own, away from the checkout."""
    return tmp_path_factory.mktemp("typing")


def test_plugin_api_is_typed(folder: Path) -> None:
    """Every assertion of the file holds, and everything it marks as wrong is refused."""
    assert check(API.read_text("utf-8"), folder) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("assert_type(m.num_experts, float)", "assert_type(m.num_experts, int)", "assert-type"),
        ("assert_type(plain, Metric)", "assert_type(plain, str)", "assert-type"),
        ('format="percent"', 'format="per cent"', "arg-type"),
        ("return plain(m) * serving.batch", "return plain(serving) * serving.batch", "arg-type"),
        ("serving.spare)", "serving.spar)", "attr-defined"),
        ("m.num_experts *", "m.num_expertz *", "attr-defined"),
        ('colors=("blue", "grey")', 'colors=("blue", "greyish")', "arg-type"),
        ("title=len)", "title=title)", "unused"),
        ("2 * plain  #", "2 * plain(Model())  #", "unused"),
        ("Model().num_expertz", "Model().num_experts", "unused"),
        (
            "plain(8)  # type: ignore[arg-type]",
            "plain(Model())  # type: ignore[arg-type]",
            "unused",
        ),
    ],
)
def test_mistakes_of_a_plugin_are_seen(
    folder: Path, right: str, wrong: str, complaint: str
) -> None:
    """A changed line of the file is an error: the check can fail."""
    source = API.read_text("utf-8")
    assert source.count(right) == 1
    said = check(source.replace(right, wrong), folder)
    assert complaint in said
    lines = {line.split(":")[1] for line in said.splitlines()}
    assert len(lines) == 1, said
