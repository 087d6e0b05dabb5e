"""A folder as a user has it: models, a config, a template, and the reports made of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from moe_report.load import examples
from tests.stress.commands import run


@dataclass(frozen=True)
class Made:
    """The folder that each trial gets a copy of."""

    folder: Path


def make(folder: Path) -> Made:
    """Write it with the program's own commands."""
    folder.mkdir()
    shipped = Path(examples.__file__).parent / "qwen3-30b-a3b.json"
    (folder / "config.json").write_text(json.dumps(json.loads(shipped.read_text())["config"]))
    for arguments in (
        ("init", "models.xlsx"),
        ("template", "new", "template.xlsx"),
        ("run", "models.xlsx", "-o", "written"),
    ):
        outcome = run(arguments, folder)
        assert outcome.code == 0, outcome.said
    return Made(folder)
