"""Architectures that no adapter knows, as transformers builds them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.model import Options
from moe_report.importers.safetensors import read_folder
from moe_report_metrics import parameter_ledger as ledger
from tests.oracle.census import torch, transformers
from tests.oracle.families import Family, all_families, real
from tests.rows import import_model, row_from_transformers

FAMILIES = {family.model_type: family for family in all_families()}
# Its experts, attention and residual streams are like no other's.
DEEPSEEK_4: dict[str, Any] = {
    "model_type": "deepseek_v4", "vocab_size": 512, "hidden_size": 64, "num_hidden_layers": 3,
    "moe_intermediate_size": 32, "num_attention_heads": 4, "n_routed_experts": 8,
    "num_experts_per_tok": 2, "n_shared_experts": 1,
}  # fmt: skip


@pytest.fixture
def _without_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no adapter read DeepSeek-V4."""
    monkeypatch.delitem(cast(dict[str, Any], ADAPTERS), DEEPSEEK_4["model_type"])


def built(config: dict[str, Any]) -> Any:
    """The model of a config."""
    loaded = transformers.AutoConfig.for_model(**json.loads(json.dumps(config)))
    with torch.device("meta"):
        return transformers.AutoModelForCausalLM.from_config(loaded.get_text_config())


def problem(config: dict[str, Any]) -> str:
    """The one thing that is wrong with a config."""
    with pytest.raises(InputError) as caught:
        row_from_transformers(config, where="config.json")
    (found,) = map(str, caught.value.problems)
    assert "\n" not in found
    return found


@pytest.mark.usefixtures("_without_adapter")
def test_an_architecture_without_adapter(tmp_path: Path) -> None:
    """Refused by name; with transformers it is counted to the parameter, and the row says how."""
    path = tmp_path / "four.json"
    path.write_text(json.dumps(DEEPSEEK_4), "utf-8")
    with pytest.raises(InputError, match="model_type 'deepseek_v4' is unknown"):
        import_model(str(path), Options())
    row = import_model(str(path), Options(with_transformers=True))
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    sizes = {name: p.numel() for name, p in built(DEEPSEEK_4).named_parameters()}
    assert ledger.total_params.of(**numbers) == sum(sizes.values())
    routed = sum(size for name, size in sizes.items() if ".experts." in name)
    assert numbers["routed_expert_params"] == routed
    assert ledger.active_params.of(**numbers) == sum(sizes.values()) - routed * 6 // 8
    assert (numbers["num_experts"], numbers["num_experts_per_tok"]) == (8, 2)
    assert row.texts["model_type"] == "deepseek_v4"
    assert row.texts["remark"].startswith("Counted from the model that transformers 5.")
    assert not [name for name in numbers if name.endswith("_bytes")]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_architecture_has_the_total_of_its_model(family: Family) -> None:
    """What adapters know is a test of what is built: total and active parameters are the same."""
    config = family.varied(1)
    row = row_from_transformers(config, where="config.json")
    truth = real(family, config)
    assert ledger.total_params.of(**row.numbers) == truth.components.total()
    if "num_experts_per_tok" in row.numbers:
        assert ledger.active_params.of(**row.numbers) == truth.active


@pytest.mark.parametrize(
    ("config", "cause"),
    [
        ({"model_type": "none_such"}, "cannot build 'none_such': Unrecognized model identifier"),
        ({}, "cannot build 'None': Unrecognized"),
        ({"model_type": ["mixtral"]}, "cannot build"),
        ({"model_type": "mixtral", "hidden_size": "many"}, "cannot build 'mixtral'"),
        ({"model_type": "mixtral", "hidden_size": -1}, "cannot build 'mixtral'"),
        ({"model_type": "vit"}, "cannot build 'vit': no class with a language model's head"),
        (
            {"model_type": "x", "auto_map": {"AutoModelForCausalLM": "evil.Model"}},
            "cannot build 'x'",
        ),
    ],
)
def test_what_transformers_cannot_build(config: dict[str, Any], cause: str) -> None:
    """One line, with the reason; code of a repository is never run."""
    found = problem(config)
    assert found.startswith(f"config.json: transformers {transformers.__version__} cannot build")
    assert cause in found


def test_dense_models_are_still_refused(tmp_path: Path) -> None:
    """What is built has no experts: it is refused, unless such models are asked for."""
    path = tmp_path / "dense.json"
    config = {
        "model_type": "olmo2", "vocab_size": 500, "hidden_size": 32, "num_hidden_layers": 2,
        "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 4,
    }  # fmt: skip
    path.write_text(json.dumps(config), "utf-8")
    with pytest.raises(InputError, match="not a Mixture-of-Experts"):
        import_model(str(path), Options(with_transformers=True))
    row = import_model(str(path), Options(with_transformers=True, allow_dense=True))
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    total = sum(parameter.numel() for parameter in built(config).parameters())
    assert ledger.total_params.of(**numbers) == ledger.active_params.of(**numbers) == total


@pytest.mark.usefixtures("_without_adapter")
def test_a_checkpoint_helps_where_the_config_is_not_known(tmp_path: Path) -> None:
    """With both, the model that is built and the checkpoint's headers agree."""
    from tests.importers.safetensors_files import write

    shapes = {n: ("BF16", tuple(p.shape)) for n, p in built(DEEPSEEK_4).named_parameters()}
    write(tmp_path / "model.safetensors", shapes)
    (tmp_path / "config.json").write_text(json.dumps(DEEPSEEK_4), "utf-8")
    row = import_model(str(tmp_path), Options(with_transformers=True))
    assert "The checkpoint's headers agree with the config" in row.texts["remark"]
    tensors = read_folder(tmp_path)
    typed = sum(number.value for name, number in row.numbers.items() if name.endswith("_bytes"))
    assert typed == sum(tensor.bytes for tensor in tensors)


@pytest.mark.parametrize("lacking", ["torch", "transformers"])
def test_without_transformers(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named, in one line."""
    monkeypatch.setitem(sys.modules, lacking, None)
    expected = "config.json: needs torch and transformers: pip install 'moe-report[transformers]'"
    assert problem(DEEPSEEK_4) == expected


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"num_hidden_layers": 10**11},
         "key 'num_hidden_layers' is 100,000,000,000, expected at most 10,000"),
        ({"text_config": {"n_layer": 10**11}},
         "key 'text_config.n_layer' is 100,000,000,000, expected at most 10,000"),
        ({"n_routed_experts": 10**11},
         "key 'n_routed_experts' is 100,000,000,000, expected at most 100,000"),
    ],
)  # fmt: skip
def test_a_model_that_would_be_built_for_ever(more: dict[str, Any], said: str) -> None:
    """It is refused before transformers begins: no list is as long as a number in a file says."""
    assert problem(DEEPSEEK_4 | more) == f"config.json: {said}"


@pytest.mark.usefixtures("_without_adapter")
@pytest.mark.parametrize(("said", "bits", "why"), [
    ({"torch_dtype": "float32"}, 32, ""),
    ({"torch_dtype": "bfloat16", "quantization_config": {
        "quant_method": "fp8", "weight_block_size": [128, 128]}}, 8 + 32 / 128**2, ""),
    ({"quantization_config": {"quant_method": "quanto"}}, None, "quant_method is 'quanto'"),
])  # fmt: skip
def test_bits_of_what_is_built(said: Any, bits: float | None, why: str) -> None:
    """What a config says of its weights is read here, too."""
    row = row_from_transformers(DEEPSEEK_4 | said, where="config.json")
    assert row.numbers.get("routed_expert_weight_bits") == bits
    assert why in row.unclear.get("routed_expert_weight_bits", "")


def test_shared_experts_that_are_built_are_no_attention() -> None:
    """A recipe that leaves attention alone quantizes what else is in its group."""
    recipe = {"quant_method": "fp8", "modules_to_not_convert": ["self_attn"]}
    said = DEEPSEEK_4 | {"torch_dtype": "bfloat16", "quantization_config": recipe}
    row = row_from_transformers(said, where="config.json")
    assert row.numbers["other_matrix_weight_bits"] == 8
    assert row.numbers["attention_weight_bits"] == 16
