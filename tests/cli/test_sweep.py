"""The command ``sweep``: from a plan to a report of its front, and back after an interruption."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from moe_report.renderers.data import schema
from moe_report.sweeps import cluster
from moe_report.sweeps import run as running
from moe_report.sweeps.block import Passed
from moe_report.sweeps.spool import Spool
from tests.commands import run
from tests.office import disagreements, recalculated, stored
from tests.sweeps.plans import SMALL

pytestmark = pytest.mark.usefixtures("counting_alone")
VARIED = SMALL.replace("max total_params", "max context_length")
MORE = SMALL + "context_length = [4096, 32768]\n"


def plan(folder: Path, text: str = SMALL) -> Path:
    """A plan's file."""
    path = folder / "plan.toml"
    path.write_text(text, "utf-8")
    return path


def models_of(folder: Path) -> list[dict[str, Any]]:
    """The models of the report in a folder."""
    found: list[dict[str, Any]] = json.loads((folder / "plan.report.json").read_text("utf-8"))[
        "models"
    ]
    return found


def test_front_and_best_are_a_report_and_all_that_passed_a_table(tmp_path: Path) -> None:
    """The base first, then the front, the best by the first objective in front, then the others."""
    out = tmp_path / "out"
    result = run("sweep", plan(tmp_path), "-o", out, "--top", 3, "--format", "json")
    assert result.exit_code == 0, result.output
    base, *designs = models_of(out)
    assert base["name"] == "Mixtral-8x7B"
    front = [one for one in designs if one["inputs"]["on_front"] == 1]
    table = parquet.read_table(out / "plan.parquet").to_pydict()
    assert len(front) == sum(table["on_front"])
    sizes = [one["values"]["total_params"] for one in front]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == max(table["total_params"])
    others = [one["values"]["total_params"] for one in designs if one not in front]
    assert all(size in sorted(table["total_params"])[-3:] for size in others)
    flops = dict(zip(table["total_params"], table["forward_flops"], strict=True))
    assert all(flops[one["values"]["total_params"]] for one in front)
    assert not (out / "plan.sweep-state").exists()
    assert "removed by total_params <= 50e9" in result.output
    assert f"on the front {len(front)}" in " ".join(result.output.split())


def test_json_has_what_the_terminal_says_of_the_sweep(tmp_path: Path) -> None:
    """Counts by rule add up, and designs of the front are found in the table by their numbers."""
    out = tmp_path / "out"
    undefined = SMALL.replace('"total_params <= 50e9"', '"total_params <= 50e9", "ln(num_experts'
                              ' - 4) >= 0"')  # fmt: skip
    result = run("sweep", plan(tmp_path, undefined), "-o", out, "--format", "json")
    assert result.exit_code == 0, result.output
    whole = json.loads((out / "plan.report.json").read_text("utf-8"))
    jsonschema.validate(whole, schema())
    said = whole["sweep"]
    assert said["varied"] == {"num_experts": 4, "num_experts_per_tok": 3, "hidden_size": 13}
    assert said["followed"] == ["moe_intermediate_size"]
    assert said["objectives"] == ["max total_params", "min forward_flops"]
    assert said["designs"] == 4 * 3 * 13
    gone = sum(one["removed"] + one["undefined"] for one in said["rules"])
    assert said["passed"] + gone == said["designs"]
    assert any(one["undefined"] for one in said["rules"])
    output = " ".join(result.output.split())
    for one in said["rules"]:
        if one["removed"]:
            assert f"removed by {one['rule']} {one['removed']:,}" in output
    assert f"on the front {said['on_front']}" in output
    assert said["standing"] in output
    table = parquet.read_table(out / "plan.parquet").to_pydict()
    at = {number: place for place, number in enumerate(table["design"])}
    assert sorted(said["front"].values()) == [
        one for one, on in zip(table["design"], table["on_front"], strict=True) if on
    ]
    for model in whole["models"]:
        if model["name"] in said["front"]:
            place = at[said["front"][model["name"]]]
            assert model["values"]["total_params"] == table["total_params"][place]


def test_assumption_that_is_varied_is_a_column_of_live_formulas(tmp_path: Path) -> None:
    """Designs differ in it, so each has its own; LibreOffice computes the same."""
    out = tmp_path / "out"
    options = ("--format", "xlsx", "--format", "json", "--no-parquet", "--top", 1)
    text = VARIED + "context_length = [1024, 65536]\n"
    result = run("sweep", plan(tmp_path, text), "-o", out, *options)
    assert result.exit_code == 0, result.output
    contexts = {one["inputs"]["context_length"] for one in models_of(out)[1:]}
    assert contexts == {1024, 65536}
    workbook = out / "plan.report.xlsx"
    computed = recalculated(workbook, tmp_path / "office", "Models")
    assert disagreements(stored(workbook, "Models"), computed) == []
    again = run("run", workbook, "-o", tmp_path / "again", "--format", "json")
    assert "context_length is an assumption, no property of a model" in again.output
    assert not (out / "plan.parquet").exists()


def test_interrupted_sweep_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done is kept; going on with it ends as if nothing had happened."""
    path, whole, broken = plan(tmp_path), tmp_path / "whole", tmp_path / "broken"
    options = ("--format", "json", "--block", 20)
    assert run("sweep", path, "-o", whole, *options).exit_code == 0
    count, done = running.count_block, []

    def interrupted(*arguments: Any) -> Any:
        done.append(arguments)
        if len(done) == 4:
            raise KeyboardInterrupt
        return count(*arguments)

    monkeypatch.setattr(running, "count_block", interrupted)
    result = run("sweep", path, "-o", broken, *options)
    assert result.exit_code == 130
    assert "3 of 8 blocks are done and kept; go on with: moe-report" in result.output
    assert "--resume" in result.output
    again = run("sweep", path, "-o", broken, *options)
    assert again.exit_code == 1
    assert "--resume goes on with it, --force begins anew" in again.output
    assert run("sweep", path, "-o", broken, *options, "--resume").exit_code == 0
    assert len(done) == 4 + 5
    name = "plan.parquet"
    assert (broken / name).read_bytes() == (whole / name).read_bytes()
    assert models_of(broken) == models_of(whole)


def test_workbook_to_begin_with_runs_as_it_is(tmp_path: Path) -> None:
    """What ``init --sweep`` writes has every kind of values, and a front."""
    workbook = tmp_path / "plan.xlsx"
    assert "moe-report sweep" in run("init", workbook, "--sweep").output
    result = run("sweep", workbook, "-o", tmp_path / "out", "--format", "json")
    assert result.exit_code == 0, result.output
    assert "designs 640" in " ".join(result.output.split())
    assert len(models_of(tmp_path / "out")) > 10
    assert run("init", workbook, "--sweep", "--empty").exit_code == 2


def test_what_is_wrong_with_a_sheet_is_said_with_its_cells(tmp_path: Path) -> None:
    """All of it at once: kinds, headers, names, lists that may be one number, broken cells."""
    path = tmp_path / "plan.xlsx"
    run("init", path, "--sweep")
    book = openpyxl.load_workbook(path)
    sheet = book["Sweep"]
    places = {sheet.cell(row, 2).value: row for row in range(5, 10)}
    sheet["F4"] = "factor"
    sheet.cell(places["num_experts_per_tok"], 1).value = "varry"
    sheet.cell(places["num_hidden_layers"], 7).value = "24,320"
    sheet.cell(places["hidden_size"], 2).value = "hiden_size"
    sheet.cell(places["num_experts"], 4).value = 2
    book.save(path)
    result = run("sweep", path, "-o", tmp_path / "out")
    assert result.exit_code == 1
    for said in (
        "sheet Sweep, cell F4: found 'factor', expected",
        "cell A7: found 'varry', expected",
        "Did you mean 'vary'?",
        "cell G8: found '24,320', one number or several: write 24; 320, or no comma",
        "cell D5: found 4 to 2, expected from the less to the more",
        "cell B9: there is no field or assumption 'hiden_size'. Did you mean 'hidden_size'?",
    ):
        assert said in result.output
    del book["Sweep"]
    book.save(path)
    result = run("sweep", path, "-o", tmp_path / "out")
    assert "there is no sheet 'Sweep'" in result.output
    assert "moe-report init --sweep" in result.output


def test_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    """Not what would have been put into it."""
    (tmp_path / "theirs").write_text("theirs")
    for out in (tmp_path / "theirs", tmp_path / "theirs" / "deeper"):
        result = run("sweep", plan(tmp_path), "-o", out)
        assert result.exit_code == 1
        assert f"{tmp_path / 'theirs'}: found a file, expected a folder" in result.output
        assert "sweep-state" not in result.output


def test_without_pyarrow_nothing_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to be installed, or left out, is said before."""
    monkeypatch.setattr("moe_report.sweeps.parquet.find_spec", lambda name: None)
    result = run("sweep", plan(tmp_path), "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "pip install 'moe-report[parquet]'" in result.output
    assert not (tmp_path / "out").exists()


def test_what_stands_there_is_not_lost(tmp_path: Path) -> None:
    """A table of another run is kept, and whatever else is in the way."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "plan.parquet").write_bytes(b"theirs")
    result = run("sweep", plan(tmp_path), "-o", out)
    assert result.exit_code == 1
    assert (
        "plan.parquet: was not written by moe-report, and stays; --force overwrites it"
        in result.output
    )
    parquet.write_table(pyarrow.table({"design": [1]}), out / "plan.parquet")
    assert run("sweep", plan(tmp_path), "-o", out).exit_code == 1
    theirs = (out / "plan.parquet").read_bytes()
    (out / "plan.sweep-state").mkdir()
    (out / "plan.sweep-state" / "theirs.txt").write_text("kept")
    result = run("sweep", plan(tmp_path), "-o", out, "--force")
    assert result.exit_code == 1
    assert (out / "plan.sweep-state" / "theirs.txt").read_text() == "kept"
    assert (out / "plan.parquet").read_bytes() == theirs
    (out / "plan.sweep-state" / "theirs.txt").unlink()
    (out / "plan.sweep-state").rmdir()
    options = ("--format", "json", "--quiet")
    assert run("sweep", plan(tmp_path), "-o", out, "--force", *options).exit_code == 0
    assert run("sweep", plan(tmp_path), "-o", out, *options).exit_code == 0, "ours is replaced"
    result = run("sweep", plan(tmp_path), "-o", out, "--no-parquet", *options)
    assert "plan.parquet: is of an earlier sweep, and stays" in result.output


def test_report_of_varied_assumptions_is_not_updated(tmp_path: Path) -> None:
    """An update would count all designs with one number for all."""
    options = ("--format", "xlsx", "--no-parquet", "--quiet")
    assert run("sweep", plan(tmp_path, MORE), "-o", tmp_path, *options).exit_code == 0
    before = (tmp_path / "plan.report.xlsx").read_bytes()
    result = run("run", "--update", tmp_path / "plan.report.xlsx")
    assert result.exit_code == 1
    assert "is of a sweep that varies context_length" in result.output
    assert (tmp_path / "plan.report.xlsx").read_bytes() == before


def test_csv_of_another_plan_is_replaced(tmp_path: Path) -> None:
    """Also one with a column of an assumption that is varied no more."""
    options = ("--format", "csv", "--no-parquet", "--quiet")
    assert run("sweep", plan(tmp_path, MORE), "-o", tmp_path, *options).exit_code == 0
    assert run("sweep", plan(tmp_path), "-o", tmp_path, *options).exit_code == 0


def test_nothing_that_passes_is_said_with_what_is_missing(tmp_path: Path) -> None:
    """A number that every design lacks is named with what it needs."""
    text = 'objectives = ["min total_params"]\n[base]\nnum_hidden_layers = 4\n'
    path = plan(tmp_path, text + "[vary]\nnum_experts = [4, 8]\n")
    result = run("sweep", path, "-o", tmp_path / "out", "--no-parquet", "--format", "json")
    assert result.exit_code == 0, result.output
    assert "undefined in min total_params" in result.output
    assert "nothing passed" in result.output
    assert "total_params of the first design: missing: needs" in result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--x", "total_parms"), "Did you mean 'total_params'?"),
        (("--format", "pdf"), "pdf"),
        (("--set", "context_length=much"), "expected NAME=NUMBER"),
        (("--top", "0"), "not in the range"),
    ],
)
def test_options_are_refused_before_anything_is_counted(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """By name, and with the nearest."""
    result = run("sweep", plan(tmp_path), "-o", tmp_path / "out", "--no-parquet", *options)
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert not (tmp_path / "out").exists()


def test_workers_that_cannot_be_had_are_refused_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler that is not there, or two kinds of workers at once; the next sweep begins."""
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    options = ("sweep", plan(tmp_path), "-o", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    result = run(*options)
    assert result.exit_code == 1
    assert result.output.startswith("Error: there is no scheduler at tcp://127.0.0.1:1: ")
    assert run(*options, "--workers", 2).exit_code == 2
    assert not (tmp_path / "out").exists()


def test_block_that_is_damaged_is_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that becomes full is named, and of what was kept a damaged block is done anew."""
    path, whole, broken = plan(tmp_path), tmp_path / "whole", tmp_path / "broken"
    options = ("--format", "json", "--block", 20)
    assert run("sweep", path, "-o", whole, *options).exit_code == 0
    put, done = Spool.put, []

    def full(self: Spool, at: int, passed: Passed) -> None:
        done.append(at)
        if len(done) == 4:
            raise OSError(28, "No space left on device")
        put(self, at, passed)

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "put", full)
        result = run("sweep", path, "-o", broken, *options)
    assert result.exit_code == 1
    assert f"{broken}: cannot be written to (No space left on device)" in result.output
    assert "--resume" in result.output
    first = next(iter((broken / "plan.sweep-state").glob("*.npz")))
    first.write_bytes(first.read_bytes()[:100])
    assert run("sweep", path, "-o", broken, *options, "--resume").exit_code == 0
    name = "plan.parquet"
    assert (broken / name).read_bytes() == (whole / name).read_bytes()


def test_stop_before_the_first_block_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever one is stopped once something is kept, the line on going on is printed."""

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("moe_report.cli.sweep._interruptible", stopped)
    result = run("sweep", plan(tmp_path), "-o", tmp_path / "out", "--format", "json")
    assert result.exit_code == 130
    assert "what is done is kept; go on with: moe-report" in result.output


def test_plan_of_one_design_has_a_name_for_it(tmp_path: Path) -> None:
    """Where nothing differs, a design is called by what is set."""
    text = 'base = "Mixtral-8x7B"\nobjectives = ["min forward_flops"]\n[vary]\nnum_experts = [4]\n'
    result = run("sweep", plan(tmp_path, text), "-o", tmp_path / "out", "--format", "json")
    assert result.exit_code == 0, result.output
    assert [one["name"] for one in models_of(tmp_path / "out")] == ["Mixtral-8x7B", "E=4"]


def test_doubts_on_what_is_reported_are_printed(tmp_path: Path) -> None:
    """What the audit sees in designs of the report stands at the terminal, too."""
    text = (
        'base = "Mixtral-8x7B"\nobjectives = ["min forward_flops"]\n'
        "[vary]\nhidden_size = [1000, 4096]\n"
    )
    result = run("sweep", plan(tmp_path, text), "-o", tmp_path / "out", "--format", "json")
    assert "gives 31.25, no whole number" in result.output


def test_sentences_do_without_an_assumption_that_is_varied(tmp_path: Path) -> None:
    """A section that speaks of an assumption says nothing of it where each design has its own."""
    text = (
        'base = "Mixtral-8x7B"\nobjectives = ["min expert_capacity"]\n'
        "[vary]\ncapacity_factor = [1, 1.25]\ntokens_per_batch = [4096, 8192]\n"
    )
    result = run("sweep", plan(tmp_path, text), "-o", tmp_path / "out", "--format", "json")
    assert result.exit_code == 0, result.output
