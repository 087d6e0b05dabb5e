"""Inputs that say that they are huge, or are: refused in some short lines, and in little memory."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import pytest

from moe_report.errors import InputError
from moe_report.importers.gguf_header import read_header
from moe_report.importers.safetensors import parse_header, read_index
from moe_report.load.text_table import read_text
from moe_report.ooxml import guard
from moe_report.ooxml.guard import MAX_ROWS
from tests.bounded import Ended, ended
from tests.cli.hostile import CASES, CONFIG, KEY, LIST, TEXT, entries
from tests.commands import run

MOST_MEMORY = 300_000_000
LONGEST_LINE, MOST_LINES = 300, 21


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """How the commands end, by the name of the case."""
    root = tmp_path_factory.mktemp("hostile")
    commands = {}
    for name, make in CASES.items():
        (root / name).mkdir()
        commands[name] = make(root / name)
    return dict(zip(commands, ended(root, commands.values()), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_hostile_inputs_end_in_some_short_lines(name: str, outcomes: dict[str, Ended]) -> None:
    """No list, set or message is as long as a number or a text in a file says."""
    end = outcomes[name]
    assert end.code in (0, 1, 2), end.said[:2000]
    assert "Traceback" not in end.said
    assert "bug of moe-report" not in end.said
    assert "not enough memory" not in end.said
    lines = end.said.splitlines()
    assert max(map(len, lines)) <= LONGEST_LINE
    assert len(lines) <= MOST_LINES
    assert end.memory < MOST_MEMORY


def test_what_a_huge_model_needs_is_read(tmp_path: Path) -> None:
    """An index and a header of more tensors than any published model has, and a vocabulary."""
    path = tmp_path / "model.safetensors.index.json"
    files = {f"model.layers.{at}.weight": "model.safetensors" for at in range(400_000)}
    path.write_text(json.dumps({"weight_map": files}))
    assert read_index(path, "") == files
    header = entries({f"model.layers.{at}.weight": [1] for at in range(150_000)})
    content = io.BytesIO(struct.pack("<Q", len(header)) + header)
    assert len(parse_header(content.read, "", len(header) + 150_008)) == 150_000
    words = 262_144 + 514_906
    gguf = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + KEY + LIST + TEXT + struct.pack("<Q", words)
    (tmp_path / "m.gguf").write_bytes(gguf + (struct.pack("<Q", 2) + b"ab") * words)
    assert read_header(tmp_path / "m.gguf", {}).tensors == []


def test_many_rows_of_text_are_read(tmp_path: Path) -> None:
    """Up to the last that a sheet may have."""
    path = tmp_path / "m.csv"
    data = "name,num_experts\n" + "".join(f"m{at},64\n" for at in range(MAX_ROWS - 1))
    assert len(read_text(path, data.encode()).sheets["m"].rows) == MAX_ROWS
    with pytest.raises(InputError, match=f"has {MAX_ROWS + 2:,} rows and 2 columns"):
        read_text(path, data.encode() + b"m,1\n" * 2)


def test_a_workbook_that_cannot_be_read_again_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is written, and with what the reader will say."""
    model = tmp_path / "m.json"
    model.write_text(json.dumps(CONFIG))
    command = ("run", model, "-o", model.parent, "--format", "xlsx")
    assert "too large" not in run(*command).output
    report = model.parent / "m.report.xlsx"
    assert run("check", report).exit_code == 0
    monkeypatch.setattr(guard, "MAX_PART", 20_000)
    result = run(*command)
    assert result.exit_code == 0
    (note,) = [line for line in result.stderr.splitlines() if "too large" in line]
    assert note.startswith("note: ")
    assert "m.report.xlsx" in note
    refused = run("check", report)
    assert refused.exit_code == 1
    why = "unpacks to more than 20,000 bytes"
    assert why in refused.stderr
    assert why in note
