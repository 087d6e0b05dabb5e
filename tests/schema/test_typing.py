"""The types of the plugin API, as a strict type checker sees them from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

API = Path(__file__).parent / "typing" / "plugin_api.py"
SETTINGS = "[mypy]\nstrict = true\n"
# What stands in the file, what a mistake puts in its place, and what is complained of then.
MISTAKES = [
    ("assert_type(m.num_experts, float)", "assert_type(m.num_experts, int)", "assert-type"),
    ("assert_type(plain, Metric)", "assert_type(plain, str)", "assert-type"),
    ('format="percent"', 'format="per cent"', "arg-type"),
    ("return plain(m) * serving.batch", "return plain(serving) * serving.batch", "arg-type"),
    ("serving.spare)", "serving.spar)", "attr-defined"),
    ("m.num_experts *", "m.num_expertz *", "attr-defined"),
    ('colors=("blue", "grey")', 'colors=("blue", "gray")', "arg-type"),
    ("title=len)", "title=title)", "unused"),
    ("2 * plain  #", "2 * plain(Model())  #", "unused"),
    ("Model().num_expertz", "Model().num_experts", "unused"),
    (
        "plain(8)  # type: ignore[arg-type]",
        "plain(Model())  # type: ignore[arg-type]",
        "unused",
    ),
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy --strict says about the file and each wrong one, as somebody wrote it elsewhere."""
    folder = tmp_path_factory.mktemp("typing")
    source = API.read_text("utf-8")
    files = {"right.py": source}
    for at, (right, wrong, _) in enumerate(MISTAKES):
        assert source.count(right) == 1
        files[f"wrong_{at}.py"] = source.replace(right, wrong)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    settings = folder / "mypy.ini"
    settings.write_text(SETTINGS, "utf-8")
    command = [
        sys.executable, "-m", "mypy", "--strict", "--config-file", str(settings),
        "--no-error-summary", "--cache-dir", str(folder / "cache"), *files,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert not done.stderr, done.stderr
    lines = done.stdout.splitlines()
    found = {name: [line for line in lines if line.startswith(f"{name}:")] for name in files}
    assert sum(map(len, found.values())) == len(lines), done.stdout
    return found


def test_plugin_api_is_typed(said: dict[str, list[str]]) -> None:
    """Every assertion of the file holds, and everything it marks as wrong is refused."""
    assert said["right.py"] == []


@pytest.mark.parametrize("at", range(len(MISTAKES)))
def test_mistakes_of_a_plugin_are_seen(said: dict[str, list[str]], at: int) -> None:
    """A changed line of the file is an error: the check can fail."""
    found = said[f"wrong_{at}.py"]
    assert any(MISTAKES[at][2] in line for line in found)
    assert len({line.split(":")[1] for line in found}) == 1, found
