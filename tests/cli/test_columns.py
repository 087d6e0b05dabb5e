"""``moe-report columns``, ``--column``, the questions on a terminal and their answers."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.commands import run
from tests.office import convert, stored
from tests.workbooks import F, calculated

ROWS = [
    ("Model", "Experts", "Top-K", "Hiden size", "Vendor", "Heads (Q / KV)"),
    ("a", 8, 2, 64, "Ann", "32 / 8"),
    ("b", 16, 2, 128, F('="B"&"ob"', "Bob"), "64 / 8"),
]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A workbook with a column that may be a field's, a second sheet, a comment and a format."""
    return calculated(
        tmp_path / "models.xlsx", {"Models": ROWS, "Prices": [("Model", "$"), ("a", 1)]},
        comments={"B2": "from the paper"}, formats={"D2": "0.00"},
    )  # fmt: skip


def test_columns_are_listed(workbook: Path) -> None:
    """Cell, header, what it is read as and why: in a table."""
    done = run("columns", workbook)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "models.xlsx, sheet Models"
    found = {re.split(r"  +", line)[1]: re.split(r"  +", line)[2:4] for line in lines[2:]}
    assert found["Hiden size"] == ["ask", "hidden_size?"]
    assert found["Vendor"][0] == "carried"
    assert found["Heads (Q / KV)"] == ["read", "num_attention_heads, num_key_value_heads"]
    assert len(lines) == 8


def test_columns_as_json(workbook: Path) -> None:
    """A list of objects, for programs."""
    done = run("columns", workbook, "--json")
    assert done.exit_code == 0, done.output
    items = json.loads(done.stdout)
    assert [item["cell"] for item in items] == ["A1", "B1", "C1", "D1", "E1", "F1"]
    assert {key: items[3][key] for key in ("file", "sheet", "header", "field", "state")} == {
        "file": "models.xlsx", "sheet": "Models", "header": "Hiden size", "field": None,
        "state": "ask",
    }  # fmt: skip
    assert items[3]["candidates"] == ["hidden_size"]
    assert items[1]["field"] == "num_experts"
    assert all(item["why"] for item in items)


def test_columns_follow_the_option(workbook: Path) -> None:
    """What was said is shown as such; a slip is refused."""
    items = json.loads(
        run("columns", workbook, "--json", "--column", "Hiden size=hidden_size").stdout
    )
    assert (items[3]["state"], items[3]["field"], items[3]["why"]) == (
        "read", "hidden_size", "said so",
    )  # fmt: skip
    done = run("columns", workbook, "--column", "Hiden size=hidden_sise")
    assert done.exit_code == 1
    assert "hidden_size" in done.output


@pytest.mark.parametrize("value", ["", "Hiden size", "=hidden_size"])
def test_an_option_without_a_header_or_an_equals_sign_is_wrong_usage(
    workbook: Path, value: str
) -> None:
    """The form that is expected is told."""
    done = run("columns", workbook, "--column", value)
    assert done.exit_code == 2
    assert "expected HEADER=FIELD" in done.output


def test_several_sheets_are_read(tmp_path: Path) -> None:
    """Each --sheet is one; their models stand together."""
    path = calculated(
        tmp_path / "two.xlsx",
        {"2024": [("name", "num_experts"), ("a", 8)], "2025": [("name", "Experts"), ("b", 16)]},
    )
    done = run("columns", path, "--sheet", "2024", "--sheet", "2025", "--json")
    assert [item["sheet"] for item in json.loads(done.stdout)] == ["2024"] * 2 + ["2025"] * 2
    assert "2 models" in run("check", path, "--sheet", "2024", "--sheet", "2025").output


def test_a_file_without_models_has_no_columns(tmp_path: Path) -> None:
    """It is refused as check refuses it."""
    path = calculated(tmp_path / "none.xlsx", {"Models": [("Name", "Age"), ("Ann", 5)]})
    done = run("columns", path)
    assert done.exit_code == 1
    assert "found no header row" in done.output


def test_nobody_is_asked_where_nobody_is(workbook: Path) -> None:
    """In a pipe the finding is told, with the option that answers it."""
    done = run("check", workbook)
    assert done.exit_code == 0
    assert "1 finding" in done.output
    assert "--column 'Hiden size=hidden_size' reads it so" in done.output
    assert "what is the column" not in done.output


# -- on a terminal


def on_a_terminal(*arguments: object, keys: str, code: int = 0) -> str:
    """What moe-report says on a terminal where each key is pressed when it is waited for."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "moe_report", *map(str, arguments)],
        stdin=slave, stdout=slave, stderr=slave, env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip
    os.close(slave)
    shown, waiting, end = b"", list(keys), time.monotonic() + 40
    asks = re.compile(rb"leave it open\r?\n|\[y/n\]\r?\n")
    answered = 0
    while time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # the end, on Linux
                break
            if not chunk:
                break
            shown += chunk
        raw = not termios.tcgetattr(master)[3] & termios.ICANON  # a key is waited for
        if raw and len(asks.findall(shown)) > answered and waiting:
            answered += 1
            os.write(master, waiting.pop(0).encode())
    os.close(master)
    assert child.wait(timeout=10) == code, shown.decode()
    assert waiting == []
    return shown.decode().replace("\r\n", "\n")


def parts(path: Path) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_column_is_asked_about_and_the_answer_kept(workbook: Path, tmp_path: Path) -> None:
    """One key answers, one keeps; the next run asks nothing, and nothing else has changed."""
    before = parts(workbook)
    said = on_a_terminal("check", workbook, keys="1y")
    assert "models.xlsx, sheet Models, D1: what is the column 'Hiden size' (64, 128)?" in said
    assert "  1  hidden_size  " in said
    assert "keep the answers in models.xlsx, sheet Columns? [y/n]" in said
    assert "no findings" in said
    assert stored(workbook, "Columns")[3:] == [["header", "field"], ["Hiden size", "hidden_size"]]
    after = parts(workbook)
    assert {name for name in before if before[name] != after.get(name)} <= {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        "docProps/app.xml",
    }  # fmt: skip
    for name in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/comments1.xml"):
        assert before[name] == after[name]
    again = on_a_terminal("check", workbook, keys="")
    assert "what is the column" not in again
    assert "no findings" in again


def test_the_kept_workbook_opens_in_libreoffice(workbook: Path, tmp_path: Path) -> None:
    """With all its sheets, and the formats of the user's cells."""
    on_a_terminal("check", workbook, keys="1y")
    opened = convert(workbook, tmp_path / "office")
    assert openpyxl.load_workbook(opened).sheetnames == ["Models", "Prices", "Columns"]
    assert openpyxl.load_workbook(workbook)["Models"]["D2"].number_format == "0.00"
    assert openpyxl.load_workbook(workbook)["Models"]["E3"].value == '="B"&"ob"'


def test_an_answer_that_is_not_kept_changes_no_file(workbook: Path) -> None:
    """It counts for this run alone."""
    before = workbook.read_bytes()
    assert "no findings" in on_a_terminal("check", workbook, keys="1n")
    assert workbook.read_bytes() == before


def test_a_column_that_is_none_is_carried(workbook: Path) -> None:
    """Zero says so, and that is kept as an empty field."""
    assert "no findings" in on_a_terminal("check", workbook, keys="0y")
    assert stored(workbook, "Columns")[4:] == [["Hiden size", None]]
    assert "what is the column" not in on_a_terminal("check", workbook, keys="")


def test_a_question_may_be_left_open(workbook: Path) -> None:
    """Enter leaves it: the finding stays, and nothing is to be kept."""
    before = workbook.read_bytes()
    said = on_a_terminal("check", workbook, keys="\r")
    assert "1 finding" in said
    assert "keep the answers" not in said
    assert workbook.read_bytes() == before


def test_answers_are_added_to_those_that_are_there(workbook: Path) -> None:
    """What the sheet said already stays."""
    on_a_terminal("check", workbook, keys="1y")
    book = openpyxl.load_workbook(workbook)
    book["Models"]["G1"], book["Models"]["G2"] = "Vocab sise", 32000
    book.save(workbook)
    on_a_terminal("check", workbook, keys="1y")
    assert stored(workbook, "Columns")[4:] == [
        ["Hiden size", "hidden_size"], ["Vocab sise", "vocab_size"],
    ]  # fmt: skip


def test_a_sheet_of_somebodys_own_is_left_alone_and_the_options_are_told(workbook: Path) -> None:
    """The answers count for this run, and nothing is written."""
    book = openpyxl.load_workbook(workbook)
    book.create_sheet("Columns")["A1"] = "of the warehouse"
    book["Models"]["E3"] = "Bob"
    book.save(workbook)
    before = workbook.read_bytes()
    said = on_a_terminal("check", workbook, keys="1y")
    assert "the answers are not kept: models.xlsx, sheet Columns: has no heads 'header'" in said
    assert "the same without questions: --column 'Hiden size=hidden_size'" in said
    assert "no findings" in said
    assert workbook.read_bytes() == before


def test_of_a_text_file_the_options_are_told(tmp_path: Path) -> None:
    """There is no sheet to keep answers in."""
    (tmp_path / "models.csv").write_text("name,Experts,Top-K,Hiden size\na,8,2,64\n")
    said = on_a_terminal("check", tmp_path / "models.csv", keys="1")
    assert "the same without questions: --column 'Hiden size=hidden_size'" in said
    assert (tmp_path / "models.csv").read_text().startswith("name,Experts")


def test_ctrl_c_at_a_question_ends_the_command(workbook: Path) -> None:
    """Nothing is written."""
    before = workbook.read_bytes()
    assert "Aborted!" in on_a_terminal("check", workbook, keys="\x03", code=130)
    assert workbook.read_bytes() == before
