"""All messy workbooks, and what must hold when one is read."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from tests.commands import run
from tests.messy.cells import CELLS
from tests.messy.form import Messy
from tests.messy.languages import LANGUAGES
from tests.messy.layouts import LAYOUTS
from tests.messy.leftover import LEFTOVER
from tests.messy.more import MORE
from tests.messy.silent import SILENT
from tests.messy.traps import TRAPS
from tests.messy.words import WORDS

WORKBOOKS = [*LANGUAGES, *CELLS, *LAYOUTS, *TRAPS, *MORE, *SILENT, *LEFTOVER, *WORDS]


def check(messy: Messy, path: Path, folder: Path) -> None:
    """Assert that a file is read as a careful human reads it, or refused for what it says."""
    output = folder / "out"
    result = run("run", path, "-o", output, "--format", "json", *messy.options)
    assert "Traceback" not in result.output
    if messy.error or (messy.may_refuse and result.exit_code):
        assert result.exit_code == 1, result.output
        assert not output.exists()
        assert not_said(messy.error or messy.said, result.output) == [], result.output
        return
    assert result.exit_code == 0, result.output
    (report,) = output.iterdir()
    models = json.loads(report.read_text("utf-8"))["models"]
    columns = _columns(messy, path)
    asked = {column["header"] for column in columns if column["state"] == "ask"}
    unread = {messy.maybe[header] for header in asked if header in messy.maybe}
    wrong = [*differences(messy, models, unread), *column_differences(messy, columns)]
    wrong += defaults_of_asked(columns, models)
    wrong += [f"not said: {words!r}" for words in not_said(messy.said, result.output)]
    assert wrong == [], "\n".join((*wrong, result.output))


def not_said(wanted: tuple[str, ...], text: str) -> list[str]:
    """Which of the wanted texts are not in another, whatever the case."""
    return [words for words in wanted if words.lower() not in text.lower()]


def differences(messy: Messy, models: list[dict[str, Any]], unread: set[str | None]) -> list[str]:
    """What was read otherwise than expected; a number that is not in the sheet is wrong, too."""
    wrong = []
    names = [model["name"] for model in models]
    if names != list(messy.models):
        wrong.append(f"models: expected {list(messy.models)}, got {names}")
    for model in models:
        numbers = model["inputs"] | model["values"]
        given = {
            key: numbers[key] for key, from_ in model["provenance"].items()
            if from_["from"] == "given"
        }  # fmt: skip
        expected = {
            key: number for key, number in messy.models.get(model["name"], {}).items()
            if key not in unread
        }  # fmt: skip
        for key in {**expected, **given}:
            wants, got = expected.get(key), given.get(key)
            if wants is None or got is None or not math.isclose(wants, got, rel_tol=1e-12):
                wrong.append(f"{model['name']}, {key}: expected {wants}, got {got}")
        wrong += [
            f"{model['name']}, {key}: expected it missing, got {numbers[key]}"
            for key in messy.missing if numbers[key] is not None
        ]  # fmt: skip
    texts = {key for model in models for key, text in model["texts"].items() if text}
    if texts != set(messy.texts):
        wrong.append(f"fields of text: expected {set(messy.texts)}, got {texts}")
    return wrong


def _columns(messy: Messy, path: Path) -> list[dict[str, Any]]:
    result = run("columns", path, "--json", *messy.options)
    assert result.exit_code == 0, result.output
    columns: list[dict[str, Any]] = json.loads(result.stdout)
    return columns


def defaults_of_asked(columns: list[dict[str, Any]], models: list[dict[str, Any]]) -> list[str]:
    """Which fields have a default though a column that is asked about may hold them."""
    asked = {
        candidate.split(" (")[0]
        for column in columns if column["state"] == "ask" for candidate in column["candidates"]
    }  # fmt: skip
    return [
        f"{model['name']}, {key}: has its default, and a column that is asked about may hold it"
        for model in models for key in sorted(asked)
        if model["provenance"].get(key, {}).get("from") == "default"
    ]  # fmt: skip


def column_differences(messy: Messy, columns: list[dict[str, Any]]) -> list[str]:
    """Which columns are not carried, or not asked about, as they should be."""
    carried = [" ".join(col["header"].split()) for col in columns if col["state"] == "carried"]
    asked = [col["header"] for col in columns if col["state"] == "ask"]
    wrong = [
        f"{header!r}: expected carried, got {carried}"
        for header in messy.carried if not any(header in name for name in carried)
    ]  # fmt: skip
    surely = [header for header in asked if header not in messy.maybe]
    if sorted(surely) != sorted(messy.asked):
        wrong.append(f"asked about: expected {list(messy.asked)}, got {surely}")
    return wrong
