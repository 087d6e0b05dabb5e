"""What a user may give to run and check: workbooks, configs and folders, one or several."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from moe_report.cli.main import main
from moe_report.errors import InputError
from moe_report.importers.config_json import MAX_CONFIG
from moe_report.load.inputs import inspect_inputs, stem_of
from moe_report.schema.registry import Registry
from tests.commands import put, same_metrics
from tests.configs import DEEPSEEK, MIXTRAL, QWEN, SWITCH, config
from tests.workbooks import FEW, book_of

NEXT = {
    "model_type": "qwen3_next", "vocab_size": 1000, "hidden_size": 64, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_experts": 8, "num_experts_per_tok": 2,
    "moe_intermediate_size": 32, "intermediate_size": 32,
}  # fmt: skip


def run(*arguments: object) -> Result:
    """Run moe-report; nothing but a clean exit will do."""
    result = CliRunner().invoke(main, [str(item) for item in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refusal(*sources: object) -> list[str]:
    """The lines with which inputs are refused by check, which is as run."""
    result = run("check", *sources)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr.removeprefix("Error: ").splitlines()


def assumed(path: Path, **values: float) -> Path:
    """Add a sheet of assumptions to a workbook."""
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Assumptions")
    for row in (("name", "value"), *values.items()):
        sheet.append(row)
    book.save(path)
    return path


def written(folder: Path) -> Mapping[str, Any]:
    """The one JSON report of a folder."""
    (path,) = folder.glob("*.json")
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return found


# -- several inputs


def test_workbooks_and_configs_are_put_together(tmp_path: Path) -> None:
    """Models stand in the order of the inputs; places say which workbook."""
    one = book_of(tmp_path / "one.xlsx", (*FEW, "# owner"), ("a", 16, 2, 4, "Ann"), ("b", 8, 2, 4))
    two = book_of(tmp_path / "two.xlsx", (*FEW, "Total (B)"), ("c", 16, 2, 4, 9))
    source = config(tmp_path)
    out = tmp_path / "out"
    result = run("run", one, source.parent, two, "-o", out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == [
        "models.report.html", "models.report.json", "models.report.xlsx",
    ]  # fmt: skip
    report = written(out)
    assert [model["name"] for model in report["models"]] == ["a", "b", "Mixtral", "c"]
    assert report["source"]["name"] == "one.xlsx, Mixtral/config.json, two.xlsx"
    assert report["models"][0]["carried"] == {"# owner": "Ann"}
    note = report["models"][3]["provenance"]["total_params"]["note"]
    assert note.endswith("two.xlsx, Models!E2")
    assert "one.xlsx, Mixtral/config.json, two.xlsx: 4 models" in result.output


def test_one_workbook_among_configs_keeps_short_places(tmp_path: Path) -> None:
    """Where there is but one workbook, a cell needs no file's name."""
    book = book_of(tmp_path / "one.xlsx", FEW, ("a", 16, 2, 4))
    assert run("run", book, config(tmp_path), "-o", tmp_path / "out").exit_code == 0
    model = written(tmp_path / "out")["models"][0]
    note = model["provenance"]["num_experts"]["note"]
    assert "Models!B2" in note
    assert "one.xlsx" not in note


def test_all_problems_of_all_inputs_are_told(tmp_path: Path) -> None:
    """Each names its file, and nothing is printed but them."""
    one = book_of(tmp_path / "one.xlsx", FEW, ("a", -8, 2, 4))
    two = book_of(tmp_path / "two.xlsx", FEW, ("b", 8, 9, 4))
    bad = config(tmp_path, "Bad", hidden_size="wide")
    lines = refusal(one, two, bad, tmp_path / "none.xlsx", tmp_path / "none" / "config.json")
    assert len(lines) == 5
    starts = (
        "one.xlsx, sheet Models, cell B2: ", "two.xlsx, sheet Models, cell C2: ",
        f"{bad}: key 'hidden_size' is \"wide\"", f"{tmp_path / 'none.xlsx'}: there is no such file",
        f"{tmp_path / 'none' / 'config.json'}: there is no such file",
    )  # fmt: skip
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start)


def test_names_must_differ_across_inputs(tmp_path: Path) -> None:
    """Both places are named, with their files."""
    one = book_of(tmp_path / "one.xlsx", FEW, ("Mixtral", 16, 2, 4))
    two = book_of(tmp_path / "two.xlsx", FEW, ("Mixtral", 16, 2, 4))
    source = config(tmp_path)
    assert refusal(one, two, source) == [
        "two.xlsx, Models!2: is a second model named 'Mixtral'; the first is in one.xlsx, Models!2",
        f"{source}: is a second model named 'Mixtral'; the first is in one.xlsx, Models!2",
    ]
    twin = config(tmp_path / "elsewhere")
    assert refusal(source, twin) == [
        f"{twin}: is a second model named 'Mixtral'; the first is in {source}"
    ]
    assert len(refusal(one, one)) == 1


def test_assumptions_that_contradict_are_told(tmp_path: Path) -> None:
    """The first input's wins, and a warning says what each other one would have."""
    one = assumed(book_of(tmp_path / "one.xlsx", FEW, ("a", 16, 2, 4)), context_length=8192)
    two = assumed(
        book_of(tmp_path / "two.xlsx", FEW, ("b", 16, 2, 4)),
        context_length=32768, capacity_factor=2,
    )  # fmt: skip
    same = assumed(book_of(tmp_path / "same.xlsx", FEW, ("c", 16, 2, 4)), context_length=8192)
    none = book_of(tmp_path / "none.xlsx", FEW, ("d", 16, 2, 4))
    inputs = (config(tmp_path), one, two, same, none)
    result = run("run", *inputs, "-o", tmp_path / "out", "--format", "json")
    assert result.exit_code == 0, result.output
    report = written(tmp_path / "out")
    assert sorted(report["warnings"]) == [
        "none.xlsx: capacity_factor is as in two.xlsx, 2",
        "none.xlsx: context_length is as in one.xlsx, 8192",
        "one.xlsx: capacity_factor is as in two.xlsx, 2",
        "same.xlsx: capacity_factor is as in two.xlsx, 2",
        "two.xlsx: context_length is 32768 here and 8192 in one.xlsx, which is used",
    ]
    assert all(warning in result.output for warning in report["warnings"])
    values = {name: item["value"] for name, item in report["assumptions"].items()}
    assert (values["context_length"], values["capacity_factor"]) == (8192, 2)


def test_the_report_may_be_no_input(tmp_path: Path) -> None:
    """A report that would be written over one of several inputs is refused."""
    book = book_of(tmp_path / "models.report.xlsx", FEW, ("a", 16, 2, 4))
    before = book.read_bytes()
    result = run("run", config(tmp_path), book, "-o", tmp_path)
    assert result.exit_code == 1
    assert "this is the input" in result.output
    assert book.read_bytes() == before


def test_bad_cells_are_marked_in_the_one_workbook(tmp_path: Path) -> None:
    """--annotate-errors needs to know which workbook, so there may be one among the inputs."""
    bad = book_of(tmp_path / "bad.xlsx", FEW, ("a", -8, 2, 4))
    source, copy = config(tmp_path), tmp_path / "marked.xlsx"
    assert run("check", source, bad, "--annotate-errors", copy).exit_code == 1
    assert copy.exists()
    for inputs in ((source,), (bad, bad)):
        result = run("check", *inputs, "--annotate-errors", copy)
        assert result.exit_code == 2
        assert "--annotate-errors goes with one workbook" in result.output


# -- one input is as good as another


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sliding_window": 4096, "tie_word_embeddings": True, "num_key_value_heads": None},
        {"num_local_experts": 3, "num_experts_per_tok": 1, "head_dim": 100},
    ],
)
def test_a_config_is_as_good_as_its_row(tmp_path: Path, changes: dict[str, object]) -> None:
    """Run on a config gives every number that run gives on a workbook it was imported into."""
    source = config(tmp_path, **changes)
    path = tmp_path / "models.xlsx"
    put(path, source)
    same_metrics(source, path, "Mixtral", tmp_path)


@pytest.mark.parametrize("values", [QWEN, DEEPSEEK, SWITCH, NEXT], ids=lambda v: v["model_type"])
@pytest.mark.parametrize("into", ["new", "report"])
def test_any_architecture_is_as_good_as_its_row(
    tmp_path: Path, values: dict[str, Any], into: str
) -> None:
    """Also where components are given in place of formulas, and whatever the workbook is."""
    source = tmp_path / "Model" / "config.json"
    source.parent.mkdir()
    source.write_text(json.dumps(values))
    path = tmp_path / "models.xlsx"
    if into == "report":
        assert run("run", config(tmp_path), "-o", tmp_path, "--format", "xlsx").exit_code == 0
        path = tmp_path / "Mixtral.report.xlsx"
    put(path, source)
    same_metrics(source, path, "Model", tmp_path)


def test_a_folder_is_its_config(tmp_path: Path) -> None:
    """A checkpoint folder without weights is read as its config is."""
    source = config(tmp_path)
    same_metrics(source, source.parent, "Mixtral", tmp_path)


@pytest.mark.parametrize(
    ("source", "stem"),
    [
        ("a/b/models.xlsx", "models"), ("models.report.xlsx", "models"),
        ("x/Mix/config.json", "Mix"), ("x/Mix/Config.JSON", "Mix"),
        ("x/mix.json", "mix"), ("x/mix.Q4_K_M.gguf", "mix.Q4_K_M"),
        ("hf:owner/name", "name"), ("hf:owner/name@main", "name"), ("hf:", "models"),
        ("/config.json", "models"), ("/", "models"),
    ],
)  # fmt: skip
def test_files_are_called_as_the_input(source: str, stem: str) -> None:
    """A config is called as its folder, for all configs have one name."""
    assert stem_of([source]) == stem
    assert stem_of([source, "b.xlsx"]) == "models"


def test_files_are_called_as_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the folder is the one that one is in."""
    source = config(tmp_path)
    monkeypatch.chdir(source.parent)
    assert stem_of(["."]) == stem_of(["config.json"]) == stem_of([str(source.parent)]) == "Mixtral"
    assert run("run", "config.json", "-o", "out", "--format", "json").exit_code == 0
    assert (source.parent / "out" / "Mixtral.report.json").exists()


# -- what is no model


def one_line(source: object) -> str:
    """The one line with which an input is refused, by check and by import."""
    (line,) = refusal(source)
    result = run("import", source)
    assert (result.exit_code, result.stderr) == (1, f"Error: {line}\n")
    return line


def json_file(folder: Path, content: bytes | str) -> Path:
    """Write a file that says it is JSON."""
    path = folder / "config.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    """A path with a typo is not taken for something else."""
    path = tmp_path / "config.json"
    assert one_line(path) == f"{path}: there is no such file"


def test_a_name_that_is_too_long_is_no_traceback() -> None:
    """The system refuses to look for it at all."""
    (line,) = refusal("x" * 5000 + ".xlsx")
    assert "too long" in line
    assert "too long" in one_line("x" * 5000 + ".json")
    assert run("import", "x" * 5000).exit_code == 1


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """What was looked for is said."""
    line = one_line(tmp_path)
    assert line == f"{tmp_path}: found neither config.json nor *.safetensors in this folder"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1, 2]", "found a JSON list, expected an object"),
        ('"mixtral"', "found a JSON text"),
        ("5", "found a JSON number"),
        ("null", "found a JSON null"),
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("name,num_experts\nMixtral,8\n", "is not JSON"),
        (b"\xff\xfe\x00\x01", "is not JSON"),
        (b"PK\x03\x04", "is not JSON"),
        ("{}", "key 'model_type' is null"),
        ('{"model_type": "%s"}' % ("x" * 99999), "Known without experts: "),
        ("[" * 100_000, "is nested more than 50 deep"),
        ('{"a":' * 900 + "1" + "}" * 900, "is nested more than 50 deep"),
        ('{"model_type": "mixtral", "a": ' + "[" * 60 + "]" * 60 + "}", "more than 50 deep"),
        ('{"model_type": "mixtral", "vocab_size": 1' + "0" * 9000 + "}", "of 9,001 digits"),
    ],
)
def test_what_is_no_config_is_refused(tmp_path: Path, content: bytes | str, said: str) -> None:
    """One line, whatever the file holds."""
    assert said in one_line(json_file(tmp_path, content))


def test_a_config_beyond_any_size_is_refused(tmp_path: Path) -> None:
    """Eleven megabytes are not even parsed."""
    path = json_file(tmp_path, '{"model_type": "' + "x" * 11_000_000 + '"}')
    assert one_line(path) == f"{path}: is larger than {MAX_CONFIG:,} bytes"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("NaN", "is NaN, expected a whole number"),
        ("Infinity", "is Infinity, expected a whole number"),
        ("1.5e0", "is 1.5, expected a whole number"),
        ("1" + "0" * 400, "expected at most 9,007,199,254,740,992"),
        ("[" + "1," * 5000 + "1]", "…, expected a whole number"),
        ("9007199254740993", "expected at most 9,007,199,254,740,992"),
    ],
)
def test_a_number_that_is_none_is_refused(tmp_path: Path, value: str, said: str) -> None:
    """Python's JSON knows numbers that JSON does not, and any length."""
    text = json.dumps(MIXTRAL | {"vocab_size": "@"}).replace('"@"', value)
    line = one_line(json_file(tmp_path, text))
    assert "key 'vocab_size' is" in line
    assert said in line
    assert len(line) < 1000


def test_numbers_that_multiply_past_all_bounds_are_refused(tmp_path: Path) -> None:
    """Layers are bounded before anything loops over them, sums before they lose a digit."""
    line = one_line(config(tmp_path, "Deep", num_hidden_layers=10**12))
    assert "'num_hidden_layers' is 1000000000000, expected at most 10,000" in line


def test_a_key_that_says_two_things_is_refused(tmp_path: Path) -> None:
    """JSON takes the last; which one was meant nobody knows."""
    text = json.dumps(MIXTRAL)[:-1] + ', "vocab_size": 5}'
    line = one_line(json_file(tmp_path, text))
    assert line.endswith("key 'vocab_size' stands there twice, and says two things")
    same = json.dumps(MIXTRAL)[:-1] + ', "vocab_size": 32000}'
    assert run("check", json_file(tmp_path, same)).exit_code == 0


def test_a_value_that_no_key_needs_may_be_anything(tmp_path: Path) -> None:
    """Published configs hold infinities and lists of lists where nothing counts them."""
    text = json.dumps(MIXTRAL | {"time_step_limit": [0.0, float("inf")], "a": [[{"b": []}]]})
    assert run("check", json_file(tmp_path, text)).exit_code == 0


def test_a_mark_at_the_beginning_is_no_harm(tmp_path: Path) -> None:
    """Some editors begin a file with the mark of its encoding."""
    path = json_file(tmp_path, json.dumps(MIXTRAL).encode("utf-8-sig"))
    assert run("check", path).exit_code == 0
    assert run("check", json_file(tmp_path, json.dumps(MIXTRAL).encode("utf-16"))).exit_code == 0


def test_a_problem_that_is_only_a_sentence_is_told(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever refuses an input is a problem, and never an empty table."""

    def refuse(*_: object, **__: object) -> None:
        raise InputError(["a sentence"])

    monkeypatch.setattr("moe_report.load.inputs.import_model", refuse)
    read = inspect_inputs([str(config(tmp_path))], registry)
    assert [str(problem) for problem in read.problems] == ["a sentence"]


def test_a_report_of_ours_in_json_is_no_config(tmp_path: Path) -> None:
    """The report of a run is told apart by what it lacks."""
    assert run("run", config(tmp_path), "-o", tmp_path / "out", "--format", "json").exit_code == 0
    assert "key 'model_type' is null" in one_line(tmp_path / "out" / "Mixtral.report.json")
