"""A folder as a user has it: models, a config, a template, and the reports made of them."""

from __future__ import annotations

import json
from pathlib import Path

from moe_report.load import examples
from tests.commands import run


def make(folder: Path) -> Path:
    """Write it, for one model, and return it.

    The program's own commands do so in this process, which has then imported all that the
    processes need that are forked from it.
    """
    folder.mkdir()
    shipped = Path(examples.__file__).parent / "qwen3-30b-a3b.json"
    config, models, template = (folder / f for f in ("config.json", "models.xlsx", "template.xlsx"))
    config.write_text(json.dumps(json.loads(shipped.read_text())["config"]))
    for command in (
        ("init", models, "--empty"),
        ("import", config, "--into", models, "--name", "First"),
        ("check", models),
        ("template", "new", template),
        ("template", "check", template),
        ("fill", template, models, "-o", folder / "filled.xlsx", "--calc", "none"),
        ("run", models, "-o", folder / "written"),
        ("run", "--update", folder / "written" / "models.report.xlsx"),
    ):
        _do(*command)
    (folder / "filled.xlsx").unlink()
    return folder


def make_large(folder: Path) -> Path:
    """Write a workbook of many models and their report, and return the folder."""
    folder.mkdir()
    _do("init", folder / "models.xlsx")
    _do("run", folder / "models.xlsx", "-o", folder / "written", "--format", "xlsx")
    return folder


def _do(*arguments: object) -> None:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
