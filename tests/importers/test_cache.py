"""What an imported row says of the cache: numbers of published models, or why it is not known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moe_report.cells import Cell, Provenance
from moe_report.cli.import_models import append_to
from moe_report.compute.evaluate import evaluate_table
from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.config import ConfigRow, row_from_config
from moe_report.importers.model import Options, import_model
from moe_report.importers.naming import with_names
from moe_report.load.workbook import inspect_workbook, open_workbook
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Row, Source, given
from tests.small_configs import MODEL_TYPES, small_config

PUBLISHED = Path(__file__).parent.parent / "data" / "published"
TOLD = ("kv_values_per_token", "window_kv_values_per_token", "indexer_values_per_token")
FP32_STATES = {"state_value_bytes": 4.0}
RECORDS = {"cache_value_bytes": 1.0, "latent_records": 1.0}


@pytest.fixture(scope="module")
def known() -> Registry:
    """The installed sections."""
    return load()


def published(name: str) -> dict[str, Any]:
    """The config of a repository, as published."""
    for path in PUBLISHED.glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            if (found := json.loads(line))["name"] == name:
                config: dict[str, Any] = found["config"]
                return config
    raise AssertionError(name)


def cell(read: ConfigRow, registry: Registry, name: str, **assumed: float) -> Cell:
    """A field or metric of an imported row, at assumptions."""
    read = with_names(read, registry.counting)
    numbers = {key: given(value) for key, value in read.numbers.items()}
    table = ModelTable((Row("m", numbers=numbers, unclear=read.unclear),), Source("x"))
    defaults = {key: item.default for key, item in registry.assumptions.items()}
    done = evaluate_table(table, registry, defaults | {"context_length": 32_768} | assumed)
    columns = dict(done.metrics) | {column.name: column for column in done.fields}
    return columns[name].cells[0]


# Bytes of a token, and of a sequence. The first row is Table 1 of arXiv 2505.09343; the others are
# worked out from the published configs: layers times heads times widths, as vLLM's
# v1/kv_cache_interface.py and mamba_utils.py have it.
@pytest.mark.parametrize(
    ("name", "token", "sequence", "assumed"),
    [
        ("deepseek-ai/DeepSeek-R1", 70_272, 0, {}),
        ("moonshotai/Kimi-K2-Instruct", 70_272, 0, {}),
        ("moonshotai/Kimi-K2.5", 70_272, 0, {}),
        ("deepseek-ai/DeepSeek-R1", 35_136, 0, {"cache_value_bytes": 1.0}),
        ("deepseek-ai/DeepSeek-V2-Chat", 69_120, 0, {}),
        ("deepseek-ai/DeepSeek-V3.2", 78_324, 0, {}),
        ("deepseek-ai/DeepSeek-V3.2", 48_068, 0, RECORDS),
        ("QuantTrio/GLM-5-AWQ", 100_152, 0, {}),
        ("QuantTrio/GLM-5-AWQ", 61_464, 0, RECORDS),
        ("nvidia/GLM-5.2-NVFP4", 92_628, 0, {}),  # 21 of its 78 layers have indexers
        ("nvidia/GLM-5.2-NVFP4", 53_940, 0, RECORDS),
        ("Qwen/Qwen3-235B-A22B", 192_512, 0, {}),
        ("Alibaba-NLP/Tongyi-DeepResearch-30B-A3B", 96 * 1024, 0, {}),  # Qwen3-30B-A3B's shape
        ("Qwen/Qwen3-Coder-480B-A35B-Instruct", 253_952, 0, {}),
        ("openai/gpt-oss-120b", 36_864, 4_718_592, {}),
        ("openai/gpt-oss-20b", 24_576, 3_145_728, {}),
        ("MiniMaxAI/MiniMax-M2.5", 253_952, 0, {}),
        ("MiniMaxAI/MiniMax-Text-01-hf", 40_960, 293_601_280, {}),
        ("Qwen/Qwen3-Coder-Next-Base", 24_576, 77_266_944, {}),
        ("Qwen/Qwen3-Coder-Next-Base", 24_576, 39_518_208, {"state_value_bytes": 2.0}),
        ("Qwen/Qwen3.5-397B-A17B", 30_720, 192_061_440, {}),
        ("Qwen/Qwen3.5-122B-A10B", 24_576, 153_649_152, {}),
        ("Qwen/Qwen3.5-35B-A3B", 20_480, 64_389_120, {}),
        ("google/gemma-4-26B-A4B", 20_480, 209_715_200, {}),
        ("meta-llama/Llama-4-Maverick-17B-128E-Instruct", 49_152, 36 * 2 * 1024 * 2 * 8192, {}),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", 6_144, 49_082_368, {}),
        ("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8", 8_192, 170_229_760, {}),
        ("nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16", 12_288, 407_961_600, {}),
        # 6 and 10 layers of 8 heads of 64; 18 and 30 keep two inputs of a convolution of 2048.
        ("LiquidAI/LFM2-8B-A1B", 6 * 2 * 512 * 2, 18 * 2 * 2048 * 2, {}),
        ("LiquidAI/LFM2-24B-A2B", 10 * 2 * 512 * 2, 30 * 2 * 2048 * 2, {}),
        ("ai21labs/AI21-Jamba-1.5-Mini", 16_384, 28 * (49_152 + 524_288), {}),
    ],
)
def test_published_models_keep_what_is_published(
    known: Registry, name: str, token: int, sequence: int, assumed: dict[str, float]
) -> None:
    """Slope and fixed part of the cache come out to the byte."""
    read = row_from_config(published(name), where=name)
    assert cell(read, known, "kv_bytes_per_token", **assumed).value == token
    assert cell(read, known, "kv_bytes_per_sequence", **assumed).value == sequence


# Qwen/Qwen2.5-72B and meta-llama/Llama-3.1-405B (arXiv 2407.21783, Table 3), as published.
DENSE: dict[str, tuple[int, dict[str, Any]]] = {
    "Qwen2.5-72B": (327_680, {
        "model_type": "qwen2", "num_hidden_layers": 80, "hidden_size": 8192,
        "intermediate_size": 29568, "num_attention_heads": 64, "num_key_value_heads": 8,
        "vocab_size": 152_064, "tie_word_embeddings": False, "use_sliding_window": False,
        "sliding_window": 131_072, "max_window_layers": 80,
    }),
    "Llama-3.1-405B": (516_096, {
        "model_type": "llama", "num_hidden_layers": 126, "hidden_size": 16_384,
        "intermediate_size": 53_248, "num_attention_heads": 128, "num_key_value_heads": 8,
        "vocab_size": 128_256, "tie_word_embeddings": False, "attention_bias": False,
        "mlp_bias": False,
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", DENSE)
def test_dense_models_keep_what_is_published(known: Registry, name: str) -> None:
    """The other two rows of Table 1 of arXiv 2505.09343."""
    token, config = DENSE[name]
    read = row_from_config(config, where=name, allow_dense=True)
    assert cell(read, known, "kv_bytes_per_token").value == token
    assert cell(read, known, "kv_bytes_per_sequence").value == 0


def test_gemma_keeps_half_where_values_are_keys(known: Registry) -> None:
    """5 layers of 2 heads of 512, whose keys are the values, too: an engine may keep them once."""
    read = row_from_config(published("google/gemma-4-26B-A4B"), where="x")
    once = replace(read, numbers=read.numbers | {"kv_values_per_token": 5 * 2 * 512})
    assert cell(once, known, "kv_bytes_per_token").value == 10_240
    assert cell(once, known, "kv_bytes_per_sequence").value == 209_715_200


# Where a token attends to what is selected, or heads differ between layers.
@pytest.mark.parametrize(
    "name", ["zai-org/GLM-5", "deepseek-ai/DeepSeek-V3.2", "stepfun-ai/Step-3.5-Flash"]
)
def test_groups_share_heads_where_no_field_describes_the_core(known: Registry, name: str) -> None:
    """Eight devices share every layer, the devices are known, and FLOPs of the core are not."""
    read = row_from_config(published(name), where=name)
    assert cell(read, known, "largest_group").value == 8
    assert cell(read, known, "devices_needed").value
    assert cell(read, known, "attention_core_flops").value is None


def test_windows_allocated_in_full(known: Registry) -> None:
    """As vLLM has it for gpt-oss-120b, and hf-mem for gpt-oss-20b (its issue 60, and PR 70)."""
    large = row_from_config(published("openai/gpt-oss-120b"), where="x")
    small = row_from_config(published("openai/gpt-oss-20b"), where="x")
    scout = row_from_config(
        published("RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic"), where="x"
    )
    assert cell(large, known, "allocated_kv_bytes_per_token").value == 73_728
    assert cell(scout, known, "allocated_kv_bytes_per_token").value == 196_608
    assert cell(small, known, "allocated_kv_bytes_per_token").value == 49_152
    load_of = {"context_length": 8192.0, "num_sequences": 32.0}
    needed = cell(small, known, "needed_cache_bytes", **load_of).value
    allocated = cell(small, known, "allocated_cache_bytes", **load_of).value
    assert needed is not None
    assert allocated is not None
    assert (round(needed / 2**30, 2), allocated / 2**30) == (6.09, 12.0)
    assert round(78_384 * 73_728 / 2**30, 2) == 5.38


def test_mimo_keeps_values_narrower_than_keys(known: Registry) -> None:
    """9 full layers of 4 heads, 39 with a window of 8; keys are 192 wide and values 128.

    As transformers and SGLang have it a token sees 128 earlier ones and itself. With 128 tokens in
    a window, as others count, a sequence would have 25,559,040 bytes.
    """
    read = row_from_config(published("XiaomiMiMo/MiMo-V2-Flash"), where="x")
    assert cell(read, known, "kv_bytes_per_token").value == 23_040
    assert cell(read, known, "kv_bytes_per_sequence").value == 39 * 8 * 320 * 2 * 129
    assert read.numbers["num_window_key_value_heads"] == 8


def _whole(config: dict[str, Any], registry: Registry, model_type: str) -> Cell:
    read = row_from_config(config, where=model_type)
    return cell(read, registry, "kv_values_per_token")


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_every_adapter_tells_its_cache_or_why_not(known: Registry, model_type: str) -> None:
    """No row is silent: there is a number, or a sentence on why there is none."""
    found = _whole(small_config(model_type), known, model_type)
    if why := ADAPTERS[model_type].cache:
        assert (found.provenance, found.note) == (Provenance.MISSING, f"not sure: {why}")
    else:
        assert found.value is not None, found.note


ODD = {
    "cross_layer_kv_sharing": 2,
    "num_kv_shared_layers": 3,
    "kv_share_factor": 2,
    "cla_share_factor_of_layers": 2,
    "sliding_window_of_odd_layers": 77,
    "kv_compression_ratio": 4,
    "attention_type": "retention",
    "mamba_every": 3,
}
WINDOW = "sliding_window_of_odd_layers"  # which changes no parameter


def _home(model_type: str) -> str:
    """Where an adapter's keys stand within its section."""
    return next(iter(ADAPTERS[model_type].keys)).split("|")[0].rpartition(".")[0]


UNREAD = [
    (model_type, key)
    for model_type in MODEL_TYPES
    for key in ODD
    if f"{_home(model_type)}.{key}".lstrip(".") not in ADAPTERS[model_type].known_keys
]


@pytest.mark.parametrize(("model_type", "key"), UNREAD)
def test_a_key_that_sounds_like_the_cache_gives_no_silent_number(model_type: str, key: str) -> None:
    """Where nobody reads the key, it is refused by name; or the cache is missing, with why."""
    config, adapter = small_config(model_type), ADAPTERS[model_type]
    inner = config
    for part in filter(None, f"{adapter.section}.{_home(model_type)}".split(".")):
        inner = inner.get(part, inner)
    inner[key] = ODD[key]
    if key != WINDOW:
        with pytest.raises(InputError, match=key):
            row_from_config(config, where=model_type)
        return
    read = row_from_config(config, where=model_type)
    assert (adapter.cache or key) in read.unclear["kv_values_per_token"]
    assert not read.unclear.keys() & read.numbers.keys()


@pytest.mark.parametrize("name", ["openai/gpt-oss-20b", "Qwen/Qwen3.5-35B-A3B"])
def test_an_unknown_kind_of_layer_is_refused(name: str) -> None:
    """A layer of no known kind is no layer that sees everything."""
    config = published(name)
    part = config.get("text_config", config)
    part["layer_types"] = ["retention", *part["layer_types"][1:]]
    with pytest.raises(Exception, match="retention"):
        row_from_config(config, where=name)


def test_a_row_carries_why(known: Registry, tmp_path: Path) -> None:
    """An imported row says of the fields that they are unclear, and its remark says why."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(published("deepseek-ai/DeepSeek-V3.2") | {"window_every": 2}))
    row = import_model(str(path), Options(), known)
    assert set(TOLD) <= set(row.unclear)
    assert "window_every" in row.texts["remark"]
    assert not set(row.unclear) & set(row.numbers)


def test_a_workbook_keeps_that_it_is_not_known(known: Registry, tmp_path: Path) -> None:
    """Put into a workbook, new or there already, and read again, no default stands in its place."""
    path, workbook = tmp_path / "config.json", tmp_path / "models.xlsx"
    rows = []
    for name in ("deepseek-ai/DeepSeek-R1", "openai/gpt-oss-20b"):
        path.write_text(json.dumps(published(name) | {"window_every": 2}))
        rows.append(import_model(str(path), Options(), known, name=name))
    for row in rows:
        append_to(workbook, [row], known, sheet=None, replace=False)
    for row in inspect_workbook(open_workbook(workbook), known).table.rows:
        assert set(TOLD) <= set(row.unclear), row.name


def test_minimax_m3_keeps_keys_of_its_indexers(known: Registry) -> None:
    """60 layers of 4 heads of 128; 57 of them index with one key of 128, in 8 bit or BF16."""
    config = small_config("minimax_m3_vl_text") | {
        "num_hidden_layers": 60, "num_attention_heads": 64, "num_key_value_heads": 4,
        "head_dim": 128, "index_head_dim": 128, "moe_layer_freq": [0] * 3 + [1] * 57,
        "layer_types": ["full_attention"] * 3 + ["minimax_m3_sparse"] * 57,
    }  # fmt: skip
    read = row_from_config(config, where="x")
    for width, index in ((1.0, 7_296), (2.0, 14_592)):
        found = cell(read, known, "kv_bytes_per_token", indexer_value_bytes=width)
        assert found.value == 122_880 + index


def test_layers_that_take_the_keys_of_another_keep_none(known: Registry) -> None:
    """Four layers, the last takes the second's latents of 16, which carry no position of 4."""
    config = small_config("mistral_large4_text") | {
        "num_hidden_layers": 4, "no_rope_layers": [1, 0, 1, 0], "kv_source_layers": [0, 1, 2, 1],
        "indexer_types": ["full", "shared", "full", "full"], "index_head_dim": 8,
    }  # fmt: skip
    read = row_from_config(config, where="x")
    assert cell(read, known, "kv_values_per_token").value == 3 * 16 + 2 * 4
    assert cell(read, known, "indexer_values_per_token").value == 3 * 8


def test_windows_between_layers_that_select(known: Registry) -> None:
    """Three layers keep latents of 16 + 4 and index; three keep 12 + 5 in a window of 7."""
    config = small_config("dots3_note_text") | {
        "layer_types": ["indexed_attention", "sliding_attention"] * 3, "sliding_window": 7,
        "swa_kv_lora_rank": 12, "swa_qk_rope_head_dim": 5, "index_head_dim": 8,
    }  # fmt: skip
    read = row_from_config(config, where="x")
    assert cell(read, known, "kv_values_per_token").value == 3 * 20
    assert cell(read, known, "indexer_values_per_token").value == 3 * 8
    assert cell(read, known, "kv_bytes_per_sequence").value == 3 * 17 * 7 * 2
    assert cell(read, known, "attended_tokens").value is None
