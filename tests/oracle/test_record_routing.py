"""The program that counts the tokens of experts, on tiny random models of transformers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from moe_report.load.routing_file import read_counts
from tests.oracle.census import torch, transformers

ROOT = Path(__file__).parents[2]
SMALL: dict[str, Any] = {
    "vocab_size": 128, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
}  # fmt: skip
MIXTRAL = transformers.MixtralConfig(**SMALL, num_local_experts=4, num_experts_per_tok=2)
QWEN = transformers.Qwen3MoeConfig(
    **SMALL, num_experts=8, num_experts_per_tok=3, moe_intermediate_size=16, mlp_only_layers=[1]
)
GPT_OSS = transformers.GptOssConfig(**SMALL, num_local_experts=4, num_experts_per_tok=2)
DEEPSEEK = transformers.DeepseekV3Config(
    vocab_size=128, hidden_size=32, intermediate_size=48, num_hidden_layers=3,
    num_attention_heads=4, num_key_value_heads=4, n_routed_experts=8, num_experts_per_tok=2,
    moe_intermediate_size=16, first_k_dense_replace=1, n_group=2, topk_group=1, q_lora_rank=8,
    kv_lora_rank=8, qk_nope_head_dim=8, qk_rope_head_dim=4, v_head_dim=8,
)  # fmt: skip
TEXTS = [[1, 2, 3, 4, 5], [7, 8, 9], [11, 12, 13, 14, 15, 16, 17]]


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """The program as a module."""
    spec = importlib.util.spec_from_file_location(
        "record_routing", ROOT / "plugins/record_routing.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(program: ModuleType, model: Any) -> Any:
    """Return the counts of the texts, one after the other."""
    with program.recording(model) as counts, torch.no_grad():
        for text in TEXTS:
            model(input_ids=torch.tensor([text]))
    return counts


@pytest.mark.parametrize(
    ("config", "layers"),
    [(MIXTRAL, [0, 1, 2]), (QWEN, [0, 2]), (GPT_OSS, [0, 1, 2]), (DEEPSEEK, [1, 2])],
    ids=lambda one: getattr(one, "model_type", ""),
)
def test_every_token_is_counted_once_an_expert(
    program: ModuleType, tmp_path: Path, config: Any, layers: list[int]
) -> None:
    """By layer, as a file that the report reads; dense layers are none of them."""
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    counts = recorded(program, model)
    assert list(counts) == layers
    tokens = sum(map(len, TEXTS))
    assert {int(one.sum()) for one in counts.values()} == {tokens * config.num_experts_per_tok}
    assert max(int(one.max()) for one in counts.values()) <= tokens
    file = tmp_path / "counts.json"
    file.write_text(program.as_json(counts), "utf-8")
    assert list(read_counts(str(file)).layers) == layers


def test_the_counts_are_those_of_the_router(program: ModuleType) -> None:
    """Of the experts with the largest logits, which the model gives out itself."""
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(MIXTRAL).eval()
    counts = recorded(program, model)
    expected = torch.zeros(3, 4, dtype=torch.int64)
    for text in TEXTS:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([text]), output_router_logits=True).router_logits
        for layer, one in enumerate(logits):
            expected[layer] += torch.bincount(one.topk(2).indices.flatten(), minlength=4)
    assert [one.tolist() for one in counts.values()] == expected.tolist()


def test_models_that_do_not_say_are_refused(program: ModuleType) -> None:
    """Experts that are told no numbers of theirs, and models without experts."""
    llama = transformers.Llama4TextConfig(
        **SMALL, num_local_experts=4, num_experts_per_tok=1, interleave_moe_layer_step=1
    )
    with pytest.raises(ValueError, match="not told which experts"):
        recorded(program, transformers.AutoModelForCausalLM.from_config(llama).eval())
    with pytest.raises(ValueError, match="no module that is called experts"):
        recorded(program, torch.nn.Linear(1, 1))
