"""What the READMEs show is what happens: their commands and Python run here."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moe_report.schema import registry

ROOT = Path(__file__).parent.parent
READMES = [ROOT / "README.md", ROOT / "plugins" / "README.md"]
EXAMPLES = ROOT / "moe_report" / "load" / "examples"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(readme: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [body for kind, body in FENCE.findall(readme.read_text("utf-8")) if kind == language]


def matches(shown: str, printed: str) -> bool:
    """Whether what was printed is what is shown, with ``...`` for anything."""
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def modules(readme: Path) -> list[str]:
    """The Python blocks that are modules, not sessions at a prompt."""
    return [body for body in blocks(readme, "python") if not body.startswith(">>>")]


def as_csv(readme: Path) -> str:
    """The table that a README shows as a sheet, as the file that its commands read."""
    section = readme.read_text("utf-8").partition("## A sheet as people keep it")[2]
    lines = re.findall(r"^\|.*\|$", section.partition("```")[0], re.MULTILINE)
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]
    out = io.StringIO()
    csv.writer(out).writerows(row for row in rows if set("".join(row)) != {"-"})
    return out.getvalue()


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_commands_print_what_is_shown(readme: Path, tmp_path: Path) -> None:
    """Every console block, run in order in one folder, prints what stands below it."""
    (tmp_path / "serving.py").write_text(modules(readme)[0], "utf-8")
    config = json.loads((EXAMPLES / "qwen3-30b-a3b.json").read_text("utf-8"))["config"]
    (tmp_path / "qwen3").mkdir()
    (tmp_path / "qwen3" / "config.json").write_text(json.dumps(config), "utf-8")
    (tmp_path / "overview.csv").write_text(as_csv(readme), "utf-8")
    folder = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    if readme != READMES[0]:
        subprocess.run(
            ["moe-report", "init", "models.xlsx"], cwd=tmp_path, env=environment, check=True
        )
    commands = 0
    for block in blocks(readme, "console"):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = step.partition("\n")
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, env=environment, text=True,
                capture_output=True, timeout=120,
            )  # fmt: skip
            assert not done.stderr, command
            assert matches(shown, done.stdout), f"{command}\n{done.stdout}"
            commands += 1
    assert commands


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_modules_are_sections(readme: Path, tmp_path: Path) -> None:
    """Every Python block that is a module loads as a section with metrics."""
    for number, body in enumerate(modules(readme)):
        path = tmp_path / f"block{number}.py"
        path.write_text(body, "utf-8")
        loaded = registry.load([path])
        assert not loaded.failures
        assert loaded.sections[-1].name == path.stem


def test_links_lead_somewhere() -> None:
    """Relative links and pictures of the README exist."""
    for target in re.findall(r"\]\(([^)#:]+)\)", READMES[0].read_text("utf-8")):
        assert (ROOT / target).exists(), target
