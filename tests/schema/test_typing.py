"""The types of the plugin API, as a strict type checker sees them from outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

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
    ('colors=("blue", "grey")', 'colors=("blue", "greyish")', "arg-type"),
    ("title=len)", "title=title)", "unused"),
    ("2 * plain  #", "2 * plain(Model())  #", "unused"),
    ("Model().num_expertz", "Model().num_experts", "unused"),
    (
        "plain(8)  # type: ignore[arg-type]",
        "plain(Model())  # type: ignore[arg-type]",
        "unused",
    ),
]


def complaints(
    source: str, mistakes: Sequence[tuple[str, str, str]], folder: Path
) -> tuple[list[str], list[list[str]]]:
    """What mypy --strict says about a file, and about it with each mistake, away from here.

    Args:
        source: The file.
        mistakes: What stands in it, what a mistake puts in its place, and what it is to say.
        folder: For the files and a cache.
    """
    files = {"right.py": source}
    for at, (right, wrong, _) in enumerate(mistakes):
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
    found = [[line for line in lines if line.startswith(f"{name}:")] for name in files]
    assert sum(map(len, found)) == len(lines), done.stdout
    for said, (_, _, complaint) in zip(found[1:], mistakes, strict=True):
        assert any(complaint in line for line in said), (complaint, said)
        assert len({line.split(":")[1] for line in said}) == 1, said
    return found[0], found[1:]


def test_plugin_api_is_typed(tmp_path: Path) -> None:
    """Every assertion holds, all that is marked as wrong is, and each mistake is seen."""
    right, wrong = complaints(API.read_text("utf-8"), MISTAKES, tmp_path)
    assert right == []
    assert len(wrong) == len(MISTAKES)
