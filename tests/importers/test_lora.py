"""Adapters are named as what they are, wherever they lie; a model beside one is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.schema.parts import Part
from tests.importers.checkpoints import (
    QWEN,
    Headers,
    build,
    components,
    folder_of,
    headers_of,
    imported,
    of_config,
)
from tests.importers.safetensors_files import write

SAID = "is an adapter (LoRA or the like), and no model. Import the model that it is for"
PEFT = "base_model.model.model.layers.0.self_attn.q_proj"
CHANGES: dict[str, Headers] = {
    "PEFT": {
        f"{PEFT}.lora_A.weight": ("F32", (8, 256)),
        f"{PEFT}.lora_B.weight": ("F32", (256, 8)),
    },
    "PEFT, with a router of its own": {
        f"{PEFT}.lora_A.weight": ("F32", (8, 256)),
        "base_model.model.model.layers.1.mlp.gate.weight": ("F32", (8, 256)),
        "base_model.model.model.embed_tokens.weight": ("F32", (1024, 256)),
    },
    "MLX": {
        "model.layers.0.mlp.switch_mlp.up_proj.lora_a": ("F32", (256, 8)),
        "model.layers.0.mlp.switch_mlp.up_proj.lora_b": ("F32", (8, 128)),
    },
    "IA3": {f"{PEFT}.ia3_l": ("F32", (256, 1))},
}  # fmt: skip


def problem(path: Path) -> str:
    """The one thing that is wrong with a folder."""
    with pytest.raises(InputError) as caught:
        imported(path)
    (found,) = map(str, caught.value.problems)
    return found


@pytest.mark.parametrize(
    ("said", "base"),
    [
        ({"peft_type": "LORA", "base_model_name_or_path": "owner/name"}, ": owner/name"),
        ({"fine_tune_type": "lora", "model": "owner/name"}, ": owner/name"),
        ({"peft_type": "LORA", "base_model_name_or_path": None}, ""),
        ({}, ""),
    ],
)
def test_a_folder_with_an_adapter(said: dict[str, Any], base: str, tmp_path: Path) -> None:
    """Its config names the model to import instead; the weights need not be there."""
    (tmp_path / "adapter_config.json").write_text(json.dumps(said), "utf-8")
    assert problem(tmp_path) == f"{tmp_path}: {SAID}{base}"
    write(tmp_path / "adapter_model.safetensors", CHANGES["PEFT"])
    assert problem(tmp_path) == f"{tmp_path}: {SAID}{base}"


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("config", [None, QWEN], ids=["no config", "a config"])
def test_weights_of_an_adapter(kind: str, config: dict[str, Any] | None, tmp_path: Path) -> None:
    """By its tensors' names it is known without a config of its own, and with its model's."""
    assert problem(folder_of(tmp_path / "model", CHANGES[kind], config)).endswith(SAID)


def test_a_model_beside_an_adapter(tmp_path: Path) -> None:
    """The model is counted, and the adapter is not."""
    path = folder_of(tmp_path / "model", headers_of(build(QWEN), hub=True), QWEN)
    (path / "adapter_config.json").write_text("{}", "utf-8")
    write(path / "adapter_model.safetensors", CHANGES["PEFT"])
    assert components(imported(path)) == of_config(QWEN)


def test_a_model_with_changes_that_are_not_merged(tmp_path: Path) -> None:
    """All of it is counted: the changes are parameters beside what they change."""
    headers: Headers = {
        f"{name.removesuffix('.weight')}.base_layer.weight" if "q_proj" in name else name: header
        for name, header in headers_of(build(QWEN), hub=True).items()
    }
    for matrix, shape in {"lora_A": (8, 256), "lora_B": (256, 8)}.items():
        headers[f"model.layers.0.self_attn.q_proj.{matrix}.default.weight"] = ("BF16", shape)
    row = imported(folder_of(tmp_path / "model", headers, QWEN))
    expected = of_config(QWEN)
    assert components(row) == expected | {Part.ATTENTION: expected[Part.ATTENTION] + 2 * 8 * 256}
