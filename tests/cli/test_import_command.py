"""``moe-report import``: what is printed, its options, and models without experts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from moe_report.cli.main import main
from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.architectures.dense import DENSE
from moe_report.importers.exactness import MEANINGS
from tests.commands import put, same_metrics
from tests.configs import DEEPSEEK, MIXTRAL, QWEN, config
from tests.rows import row_from_config
from tests.workbooks import row_of

LLAMA: dict[str, Any] = {
    "model_type": "llama", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32,
    "tie_word_embeddings": False,
}  # fmt: skip
LLAMA_PARAMS = 6_738_415_616  # Llama 2 7B, as transformers counts it


def run(*arguments: object) -> Result:
    """Run moe-report; nothing but a clean exit will do."""
    result = CliRunner().invoke(main, [str(item) for item in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def written(folder: Path, values: dict[str, Any], name: str) -> Path:
    """Write a config.json in a folder of a model's name."""
    path = folder / name / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps(values))
    return path


# -- without --into


def test_a_model_is_described(tmp_path: Path) -> None:
    """Name, architecture, totals to the last digit, every value, and what is to be known."""
    short = {key: value for key, value in MIXTRAL.items() if key != "num_key_value_heads"}
    result = run("import", written(tmp_path, short, "Mixtral"))
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "Mixtral (mixtral)"
    assert lines[1].split() == ["Total", "parameters", "46.7", "B", "46,702,792,704"]
    assert any(line.split() == ["num_experts", "8"] for line in lines)
    assert "Not in the config, so as mixtral has it: num_key_value_heads = 8" in result.stdout
    assert not any(path.suffix == ".xlsx" for path in tmp_path.rglob("*"))


def test_what_stands_in_place_of_a_formula_is_said(tmp_path: Path) -> None:
    """Components that no field describes are given as numbers."""
    sizes = {
        "model_type": "qwen3_next", "vocab_size": 1000, "hidden_size": 64, "num_hidden_layers": 4,
        "num_attention_heads": 4, "num_experts": 8, "num_experts_per_tok": 2,
        "moe_intermediate_size": 32, "intermediate_size": 32,
    }  # fmt: skip
    result = run("import", written(tmp_path, sizes, "Next"))
    assert result.exit_code == 0
    line = next(line for line in result.stdout.splitlines() if "attention_params" in line)
    assert line.endswith("(in place of the formula)")


def test_several_models_are_described(tmp_path: Path) -> None:
    """One below the other, with an empty line between."""
    result = run("import", config(tmp_path, "one"), config(tmp_path, "two"))
    heads = [line for line in result.stdout.splitlines() if line.endswith("(mixtral)")]
    assert heads == ["one (mixtral)", "two (mixtral)"]
    assert "\n\ntwo (mixtral)" in result.stdout


def test_a_model_is_called_as_told(tmp_path: Path) -> None:
    """--name is the row's name; a config without a folder's name is called as the file."""
    source = config(tmp_path)
    assert run("import", source, "--name", "My  model").stdout.startswith("My model (mixtral)\n")
    other = tmp_path / "mix.json"
    other.write_text(json.dumps(MIXTRAL))
    assert run("import", other).stdout.startswith("mix (mixtral)\n")
    path = tmp_path / "models.xlsx"
    put(path, source, options=["--name", "My model"])
    assert row_of(path, "My model", 3)["num_experts"] == 8


def test_replace_is_for_names_that_are_there(tmp_path: Path) -> None:
    """A model that is not there is added all the same."""
    path = tmp_path / "models.xlsx"
    assert "added Mixtral" in put(path, config(tmp_path))
    source = config(tmp_path, num_local_experts=4)
    output = put(path, source, config(tmp_path, "new"), options=["--replace"])
    assert "replaced Mixtral" in output
    assert "added new" in output
    assert row_of(path, "Mixtral", 3)["num_experts"] == 4
    same_metrics(source, path, "Mixtral", tmp_path)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_every_architecture_is_listed(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each adapter says how exact it is, as wide as the terminal."""
    monkeypatch.setenv("COLUMNS", str(columns))
    result = run("import", "--list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[0].split()[0] == "architecture"
    end = lines.index(f"{len(ADAPTERS)} architectures")
    listed = [line.split()[0] for line in lines[1:end] if not line.startswith(" ")]
    assert listed == sorted(ADAPTERS, key=str.casefold)
    for word, meaning in MEANINGS.items():
        assert f"{word} {meaning}" in " ".join(result.stdout.split())
    assert set(DENSE) <= set(result.stdout.partition("without experts")[2].replace(",", "").split())


# -- what is refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument 'MODEL...'"),
        (["a.json", "b.json", "--name", "x"], "--name goes with one model"),
        (["a.json", "--name", " "], "--name needs a name"),
        (["a.json", "--replace"], "--replace goes with --into"),
        (["a.json", "--sheet", "Models"], "--sheet goes with --into"),
        (["a.json", "--nonsense"], "No such option"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    """Exit code 2, and what was wrong."""
    result = run("import", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Usage: " in result.stderr


def test_all_problems_of_all_models_are_told(tmp_path: Path) -> None:
    """In one go, and nothing is written."""
    path = tmp_path / "models.xlsx"
    lacking, wrong = tmp_path / "config.json", config(tmp_path, "Wrong", hidden_size=0)
    result = run("import", lacking, config(tmp_path), wrong, "--into", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"Error: {lacking}: there is no such file",
        f"{wrong}: key 'hidden_size' is 0, expected a whole number of at least 1",
    ]
    assert not path.exists()


def test_a_workbook_is_no_model(tmp_path: Path) -> None:
    """A workbook is an input of run; import reads models' own files."""
    path = tmp_path / "models.xlsx"
    put(path, config(tmp_path))
    result = run("import", path)
    assert result.stderr == (
        f"Error: {path}: is no config.json, checkpoint folder, .gguf file or hf:owner/name\n"
    )
    lacking = tmp_path / "none.xlsx"
    assert run("import", lacking).stderr == f"Error: {lacking}: there is no such file\n"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("models.csv", "expected a name that ends in .xlsx"),
        ("models.xlsm", "expected a name that ends in .xlsx"),  # a new one has no macros
        ("x" * 300 + ".xlsx", "too long"),
        ("config.json/models.xlsx", "expected a folder"),
        ("folder.xlsx", "found a folder, expected a workbook"),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_written_to_is_refused(
    tmp_path: Path, target: str, said: str
) -> None:
    """One line, and no traceback."""
    (tmp_path / "folder.xlsx").mkdir()
    source = config(tmp_path.parent / f"{tmp_path.name} source")
    (tmp_path / "config.json").write_text("{}")
    result = run("import", source, "--into", tmp_path / target)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "folder.xlsx"]


def test_a_sheet_of_no_workbook_is_refused(tmp_path: Path) -> None:
    """A new workbook has the sheet Models; another that was asked for is not made up."""
    path = tmp_path / "models.xlsx"
    result = run("import", config(tmp_path), "--into", path, "--sheet", "Ours")
    assert result.exit_code == 1
    assert "there is no such file, and so no sheet 'Ours'" in result.stderr
    assert not path.exists()


# -- models without experts


def test_a_dense_model_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """A Llama is said to be no Mixture-of-Experts, and the option that takes it is named."""
    source = written(tmp_path, LLAMA, "Llama")
    for command in ("import", "run", "check"):
        result = run(command, source)
        assert result.exit_code == 1
        assert "is not a Mixture-of-Experts; --allow-dense takes it" in result.stderr


def test_a_dense_model_is_taken_where_allowed(tmp_path: Path) -> None:
    """It has one expert, in none of its layers: all of it is active."""
    source, path = written(tmp_path, LLAMA, "Llama"), tmp_path / "models.xlsx"
    result = run("import", source, "--allow-dense")
    assert result.exit_code == 0
    assert f"{LLAMA_PARAMS:,}" in result.stdout
    assert "no layer has experts" in result.stdout
    put(path, source, options=["--allow-dense"])
    row = row_of(path, "Llama", 3)
    assert (row["num_experts"], row["num_experts_per_tok"], row["num_moe_layers"]) == (1, 1, 0)
    for inputs in ((path,), (source, "--allow-dense")):
        result = run("run", *inputs, "-o", tmp_path / "out", "--format", "json")
        assert result.exit_code == 0, result.output
        (report,) = (tmp_path / "out").iterdir()
        values = json.loads(report.read_text("utf-8"))["models"][0]["values"]
        assert values["total_params"] == values["active_params"] == LLAMA_PARAMS
        assert values["router_params"] == values["routed_expert_params"] == 0
        report.unlink()


def test_a_dense_architecture_that_is_not_known_is_refused(tmp_path: Path) -> None:
    """What can be read without experts is named."""
    source = written(tmp_path, LLAMA | {"model_type": "lama"}, "Lama")
    result = run("import", source, "--allow-dense")
    assert result.exit_code == 1
    assert "is not a Mixture-of-Experts. Known without experts: llama, mistral" in result.stderr


@pytest.mark.parametrize(
    ("values", "known"),
    [
        (QWEN | {"num_experts": 0}, True),
        (QWEN | {"num_experts": None}, True),
        (QWEN | {"mlp_only_layers": [0, 1, 2, 3, 4, 5]}, True),
        (DEEPSEEK | {"first_k_dense_replace": 6}, True),
        (DEEPSEEK | {"n_routed_experts": None}, False),
        (MIXTRAL | {"num_local_experts": 0}, False),
    ],
)
def test_a_mixture_that_has_no_experts(values: dict[str, Any], known: bool) -> None:
    """An MoE architecture is dense if none of its layers has experts, and its FFN is known."""
    with pytest.raises(InputError, match="not a Mixture-of-Experts") as caught:
        row_from_config(values, where="")
    assert ("; --allow-dense takes it" in str(caught.value)) == known
    if not known:
        with pytest.raises(InputError, match="not a Mixture-of-Experts"):
            row_from_config(values, where="", allow_dense=True)
        return
    row = row_from_config(values, where="", allow_dense=True)
    assert row.numbers["num_experts"] == row.numbers["num_experts_per_tok"] == 1
    assert row.numbers["num_moe_layers"] == 0
    assert row.numbers["intermediate_size"] == values["intermediate_size"]


def test_allowing_dense_models_changes_no_other(tmp_path: Path) -> None:
    """A Mixture-of-Experts is read as ever, and a key about experts is never passed over."""
    for values in (MIXTRAL, QWEN, DEEPSEEK):
        strict = row_from_config(values, where="")
        assert row_from_config(values, where="", allow_dense=True) == strict
    with pytest.raises(InputError, match="'num_local_experts' sounds like experts"):
        row_from_config(LLAMA | {"num_local_experts": 8}, where="", allow_dense=True)


def test_a_checkpoint_without_experts_is_refused(tmp_path: Path) -> None:
    """Weights without a config, none of them an expert's, are a dense model too."""
    shapes = {
        "model.embed_tokens.weight": [100, 8], "model.layers.0.mlp.up_proj.weight": [16, 8],
        "model.norm.weight": [8],
    }  # fmt: skip
    header: dict[str, Any] = {}
    at = 0
    for name, shape in shapes.items():
        size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    folder = tmp_path / "Dense"
    folder.mkdir()
    file = folder / "model.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(at))
    result = run("import", folder)
    assert result.exit_code == 1
    assert "it is not a Mixture-of-Experts; --allow-dense takes it" in result.stderr
    result = run("import", folder, "--allow-dense")
    assert result.exit_code == 0, result.output
    assert "936" in result.stdout
