"""Workbooks with damage anywhere: every command takes them, or says in a line what is wrong."""

from __future__ import annotations

import io
import json
import traceback
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from moe_report.cli.main import main
from moe_report.ooxml.part_names import part_key
from tests.configs import MIXTRAL
from tests.fill.books import opened, saved, sheet_template
from tests.fill.rich import rich_template
from tests.ooxml.mutants import mutant

_DROPPED = {"xl/calcchain.xml"}  # Excel makes a new one
_COMMANDS = ("run", "check", "columns", "import", "fill", "fill sheets", "template check", "update")


def models() -> bytes:
    """A workbook of models with a table, comments, a chart, formats, and a second sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Models")
    heads = ["name", "num_experts", "num_experts_per_tok", "num_hidden_layers", "hidden_size",
             "intermediate_size", "vocab_size", "num_attention_heads", "date", "mine"]  # fmt: skip
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    for at in (1, 2, 3):
        sheet.write_row(at, 0, [f"model {at}", 8 * at, 2, 16, 2048, 1024, 50304, 16])
        sheet.write_number(at, 8, 45000 + at, date)
        sheet.write_formula(at, 9, f"=B{at + 1}*2", None, 16 * at)
    columns = [{"header": head} for head in heads]
    sheet.add_table("A1:J4", {"name": "Models", "columns": columns})
    sheet.write_comment("B2", "eight of them")
    sheet.conditional_format("B2:B4", {"type": "data_bar"})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Models!$B$2:$B$4"})
    sheet.insert_chart("L2", chart)
    other = book.add_worksheet("Notes")
    other.write_url("A1", "internal:Models!A1")
    other.merge_range("A3:B4", "kept")
    book.define_name("first", "=Models!$B$2")
    book.close()
    return out.getvalue()


class Bench:
    """Whole workbooks, and the commands that are given them damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "whole.xlsx").write_bytes(models())
        (folder / "config.json").write_text(json.dumps(MIXTRAL))
        self._run("run", folder / "whole.xlsx", "-o", folder, "--format", "xlsx", "-q")
        whole = models()
        self.bases = dict.fromkeys(("run", "check", "columns", "import"), whole)
        self.bases |= dict.fromkeys(("fill", "template check"), rich_template(macros=False))
        self.bases["fill sheets"] = saved(sheet_template())
        self.bases["update"] = (folder / "whole.report.xlsx").read_bytes()

    def _run(self, *arguments: object) -> Result:
        return CliRunner().invoke(main, [str(item) for item in arguments])

    def _arguments(self, command: str, path: Path, out: Path) -> tuple[object, ...]:
        if command in ("fill", "fill sheets"):
            return ("fill", path, self.folder / "whole.xlsx", "-o", out)
        return {
            "run": ("run", path, "-o", out.parent, "--format", "xlsx", "-q"),
            "check": ("check", path),
            "columns": ("columns", path),
            "import": ("import", self.folder / "config.json", "--into", path),
            "template check": ("template", "check", path),
            "update": ("run", "--update", path),
        }[command]

    def problems(self, seed: int) -> list[str]:
        """What is wrong with how a command deals with one damaged package."""
        command = _COMMANDS[seed % len(_COMMANDS)]
        said, data = mutant(self.bases[command], seed)
        path, out = self.folder / "d.xlsx", self.folder / "out" / "d.filled.xlsx"
        for old in (self.folder / "out").glob("*"):
            old.unlink()
        (self.folder / "out").mkdir(exist_ok=True)
        path.write_bytes(data)
        before = {item.name for item in self.folder.iterdir()}
        result = self._run(*self._arguments(command, path, out))
        found = list(_clean(result, path.name))
        if {item.name for item in self.folder.iterdir()} != before:
            found.append("leaves something beside the workbook")
        refused = result.exit_code not in (0, 3)
        if refused and (path.read_bytes() != data or any((self.folder / "out").iterdir())):
            found.append("refuses, and has written")
        if command in ("fill", "fill sheets"):
            checked = self._run("template", "check", path)
            if (checked.exit_code == 1) != refused:
                found.append(
                    f"fill says {result.output!r}, template check {checked.output[-300:]!r}"
                )
        written = {"import": path, "update": path, "fill": out, "fill sheets": out}.get(command)
        if not refused and written is not None:
            found += _kept(data, written.read_bytes(), command)
        return [f"{said}: {command}: {problem}" for problem in found]


def _clean(result: Result, name: str) -> list[str]:
    error = result.exception
    if error is not None and not isinstance(error, SystemExit):
        place = traceback.extract_tb(error.__traceback__)[-1]
        mine = [x for x in traceback.extract_tb(error.__traceback__) if "moe_report" in x.filename]
        at = f"{Path(mine[-1].filename).name}:{mine[-1].lineno} {mine[-1].name}"
        return [f"{type(error).__name__}: {error} in {place.name}, {at}"]
    if result.exit_code not in (0, 1, 3):
        return [f"exits with {result.exit_code}: {result.output[:200]}"]
    if "Traceback" in result.output:
        return ["prints a traceback"]
    lines = result.output.splitlines()
    if result.exit_code == 1 and lines and lines[0].startswith("Error:"):
        odd = [line for line in lines if name not in line]
        return [f"says in a line without the file: {odd[0]!r}"] if odd else []
    return []


def _kept(before: bytes, after: bytes, command: str) -> list[str]:
    """What of a package is lost in one that was written, or cannot be read any more."""
    with zipfile.ZipFile(io.BytesIO(before)) as one, zipfile.ZipFile(io.BytesIO(after)) as other:
        names = {part_key(name) for name in one.namelist()} - _DROPPED
        lost = names - {part_key(name) for name in other.namelist()}
    found = [f"lost {sorted(lost)}"] if lost and command != "update" else []
    try:
        opened(before)
    except Exception:  # openpyxl cannot read the damaged one either
        return found
    try:
        book = opened(after)
    except Exception as error:
        return [*found, f"openpyxl cannot read it any more: {error!r}"]
    assert isinstance(book, openpyxl.Workbook)
    return found


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The workbooks, made once."""
    return Bench(tmp_path_factory.mktemp("damaged"))


def test_the_whole_workbooks_are_taken(bench: Bench) -> None:
    """What is damaged below is fine before."""
    for command, data in bench.bases.items():
        path, out = bench.folder / "d.xlsx", bench.folder / "d.filled.xlsx"
        path.write_bytes(data)
        result = bench._run(*bench._arguments(command, path, out))
        assert result.exit_code == 0, (command, result.output)
        out.unlink(missing_ok=True)
    (bench.folder / "d.report.xlsx").unlink()


@pytest.mark.parametrize("start", [0, 16])
def test_damage_is_told_in_a_line(bench: Bench, start: int) -> None:
    """No traceback, nothing torn, nothing lost."""
    assert [line for seed in range(start, start + 16) for line in bench.problems(seed)] == []


@pytest.mark.parametrize("start", range(1000, 1048, 24))
def test_much_damage_is_told_in_a_line(bench: Bench, start: int) -> None:
    """The same, of many more; ``make stress`` tries thousands."""
    assert [line for seed in range(start, start + 24) for line in bench.problems(seed)] == []
