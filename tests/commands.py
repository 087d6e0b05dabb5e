"""Commands as a user gives them, and what must hold after each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from click.testing import CliRunner, Result

from moe_report.cli.main import main


def run(*arguments: object) -> Result:
    """Run moe-report; nothing but a clean exit will do."""
    result = CliRunner().invoke(main, [str(item) for item in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def put(workbook: Path, *sources: object, options: Iterable[object] = ()) -> str:
    """Import models into a workbook, which must go well; return what is said."""
    result = run("import", *sources, "--into", workbook, *options)
    assert result.exit_code == 0, result.output
    assert leftovers(workbook) == []
    return result.output


def leftovers(workbook: Path) -> list[str]:
    """Names of files that a write may leave beside a workbook."""
    return [
        item.name for item in workbook.parent.iterdir()
        if item.name.startswith(".") or item.suffix in (".bak", ".tmp") or "~" in item.name
    ]  # fmt: skip


def same_metrics(first: Path, second: Path, name: str, folder: Path) -> None:
    """Assert that two inputs give a model the same fields and metrics, all of them."""
    found = []
    for at, source in enumerate((first, second)):
        output = folder / f"compared {at}"
        result = run("run", source, "-o", output, "--format", "json")
        assert result.exit_code == 0, result.output
        (path,) = output.iterdir()
        models = json.loads(path.read_text("utf-8"))["models"]
        found.append(next(model for model in models if model["name"] == name))
    numbers = [model["inputs"] | model["values"] for model in found]
    assert numbers[0] == numbers[1]
    assert len(numbers[0]) > 60
    assert numbers[0]["total_params"]
