"""What the READMEs and guides show is what happens: their commands and Python run here."""

from __future__ import annotations

import csv
import doctest
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moe_report.edit.new_workbook import build_starter
from moe_report.schema import registry

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "plugins" / "README.md",
    *sorted((DOCS / "guides").glob("*.md")),
    DOCS / "counting.md",
]
SHEET = "## A sheet as people keep it"
EXAMPLES = ROOT / "moe_report" / "load" / "examples"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [body for kind, body in FENCE.findall(page.read_text("utf-8")) if kind == language]


def named(page: Path) -> str:
    """A page as the name of a test."""
    return str(page.relative_to(ROOT))


def with_blocks(language: str) -> list[Path]:
    """The pages that have blocks of a language."""
    return [page for page in PAGES if blocks(page, language)]


def matches(shown: str, printed: str) -> bool:
    """Whether what was printed is what is shown, with ``...`` for anything."""
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def modules(page: Path) -> list[str]:
    """The Python blocks that are modules, not sessions at a prompt."""
    return [body for body in blocks(page, "python") if not body.startswith(">>>")]


def as_csv(page: Path) -> str:
    """The table that a page shows as a sheet, as the file that its commands read."""
    section = page.read_text("utf-8").partition(SHEET)[2]
    lines = re.findall(r"^\|.*\|$", section.partition("```")[0], re.MULTILINE)
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]
    out = io.StringIO()
    csv.writer(out).writerows(row for row in rows if set("".join(row)) != {"-"})
    return out.getvalue()


def prepare(page: Path, folder: Path) -> None:
    """Put the files into a folder that a page's examples begin with."""
    config = json.loads((EXAMPLES / "qwen3-30b-a3b.json").read_text("utf-8"))["config"]
    (folder / "qwen3").mkdir()
    (folder / "qwen3" / "config.json").write_text(json.dumps(config), "utf-8")
    text = page.read_text("utf-8")
    if SHEET in text:
        (folder / "overview.csv").write_text(as_csv(page), "utf-8")
    if modules(page):
        (folder / "bf16.py").write_text(modules(page)[0], "utf-8")
    for body in blocks(page, "toml"):
        (folder / body.partition("\n")[0].removeprefix("# ")).write_text(body, "utf-8")
    if "$ moe-report init models.xlsx" not in text:
        (folder / "models.xlsx").write_bytes(build_starter(registry.load()))


@pytest.mark.parametrize("page", with_blocks("console"), ids=named)
def test_commands_print_what_is_shown(page: Path, tmp_path: Path) -> None:
    """Every console block, run in order in one folder, prints what stands below it."""
    prepare(page, tmp_path)
    folder = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    commands = 0
    for block in blocks(page, "console"):
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


@pytest.mark.parametrize("page", with_blocks("python"), ids=named)
def test_sessions_give_what_is_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every session at a prompt, one after another in one folder."""
    prepare(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    text = "\n".join(body for body in blocks(page, "python") if body.startswith(">>>"))
    session = doctest.DocTestParser().get_doctest(text, {}, named(page), str(page), 0)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(session, out=said.append).failed == 0, "".join(said)
    assert session.examples or modules(page)


@pytest.mark.parametrize("page", [page for page in PAGES if modules(page)], ids=named)
def test_modules_are_sections(page: Path, tmp_path: Path) -> None:
    """Every Python block that is a module loads as a section with metrics."""
    for number, body in enumerate(modules(page)):
        path = tmp_path / f"block{number}.py"
        path.write_text(body, "utf-8")
        loaded = registry.load([path])
        assert not loaded.failures
        assert loaded.sections[-1].name == path.stem


def test_guides_have_examples() -> None:
    """The pages that must have some have not lost them."""
    assert {page.stem for page in with_blocks("console")} >= {"README", "spreadsheet", "template"}
    assert {page.stem for page in with_blocks("python")} >= {"README", "notebook", "counting"}
