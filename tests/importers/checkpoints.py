"""Headers of checkpoints, as models of transformers have them, and the rows that they give."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moe_report.importers.model import Options
from moe_report.importers.safetensors import BITS, Tensor
from moe_report.load import examples
from moe_report.schema.parts import LEDGER, Part
from moe_report.schema.registry import installed
from moe_report.table import Row
from tests.importers.safetensors_files import write
from tests.oracle.census import torch, transformers
from tests.rows import import_model, row_from_config

EXAMPLES = Path(examples.__file__).parent
Headers = dict[str, tuple[str, tuple[int, ...]]]  # type and shape by name
QWEN: dict[str, Any] = {
    "model_type": "qwen3_moe", "vocab_size": 1024, "hidden_size": 256, "intermediate_size": 384,
    "moe_intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 64, "num_experts": 8, "num_experts_per_tok": 2,
    "decoder_sparse_step": 1, "mlp_only_layers": [0], "attention_bias": False,
    "use_sliding_window": False, "sliding_window": None, "tie_word_embeddings": False,
}  # fmt: skip


def example(name: str) -> dict[str, Any]:
    """The published config of a shipped example."""
    config: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))["config"]
    return config


def headers_of(model: Any, *, hub: bool, dtype: str = "BF16") -> Headers:
    """What a model's ``state_dict`` is on disk; tied parameters once, as they are saved.

    Args:
        model: The model, on the meta device.
        hub: Under the names that checkpoints on the Hub have, most with one tensor an expert.
        dtype: Type of all of them.
    """
    from transformers.core_model_loading import revert_weight_conversion

    saved = dict(model.named_parameters())
    everything = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    saved |= {name: item for name, item in model.state_dict().items() if name not in everything}
    if hub:
        saved = revert_weight_conversion(model, saved)
    return {name: (dtype, tuple(item.shape)) for name, item in saved.items()}


def build(config: dict[str, Any]) -> Any:
    """The model of a published config, on the meta device."""
    loaded = transformers.AutoConfig.for_model(**json.loads(json.dumps(config)))
    head = "AutoModelForImageTextToText" if "text_config" in config else "AutoModelForCausalLM"
    with torch.device("meta"):
        return getattr(transformers, head).from_config(loaded)


def tensors_of(headers: Headers) -> list[Tensor]:
    """The tensors of headers."""
    return [
        Tensor(name, dtype, shape, math.prod(shape) * BITS[dtype] // 8)
        for name, (dtype, shape) in headers.items()
    ]


def folder_of(path: Path, headers: Headers, config: Mapping[str, Any] | None = None) -> Path:
    """A checkpoint folder with a config, if there is one."""
    path.mkdir(exist_ok=True)
    write(path / "model.safetensors", headers)
    if config is not None:
        (path / "config.json").write_text(json.dumps(config), "utf-8")
    return path


def imported(path: Path, **options: bool) -> Row:
    """The row of a folder."""
    return import_model(str(path), Options(**options))


def components(row: Row) -> dict[Part, float]:
    """The components of a row, by the formulas or as they are typed."""
    return _counted({name: typed.value for name, typed in row.numbers.items()})


def of_config(config: dict[str, Any]) -> dict[Part, float]:
    """The components that a config gives."""
    return _counted(row_from_config(config, where="config.json").numbers)


def _counted(numbers: Mapping[str, float]) -> dict[Part, float]:
    counting = installed().counting
    return {part: counting[part].of(**numbers) for part in LEDGER}
