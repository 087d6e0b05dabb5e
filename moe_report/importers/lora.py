"""Adapters: folders and files that hold changes to a model, and no model."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from moe_report.errors import InputError, Problem
from moe_report.importers.config_json import read_config
from moe_report.importers.safetensors import ADAPTERS

CONFIG = "adapter_config.json"
_CHANGE = re.compile(r"(^|[._])(lora_\w+|lokr_\w+|hada_\w+|oft_\w+|ia3_l|vera_lambda_\w+)(\.|$)")
_UNMERGED = re.compile(r"\.(base_layer|original_module)\.")
_IN_A_LAYER = re.compile(r"\.\d+\.")


def is_adapter(names: Collection[str]) -> bool:
    """Whether tensors are those of an adapter alone, by their names.

    Where what is changed lies beside the changes, all of it is a model.
    """
    changes = {name for name in names if _CHANGE.search(name)}
    if not changes or any(map(_UNMERGED.search, names)):
        return False
    rest = (name for name in names if name not in changes and _IN_A_LAYER.search(name))
    return all(name.startswith("base_model.model.") for name in rest)


def refuse_adapter(folder: Path) -> InputError | None:
    """Return what to say of a folder with an adapter and no model; None if it is no such folder."""
    config = folder / CONFIG
    weights = [path for path in folder.glob("*.safetensors") if path.stem not in ADAPTERS]
    if not config.is_file() or weights or (folder / "config.json").is_file():
        return None
    said = read_config(config)
    base = said.get("base_model_name_or_path", said.get("model"))
    return adapter_problem(str(folder), base if isinstance(base, str) else "")


def adapter_problem(where: str, base: str = "") -> InputError:
    """Return what to say of an adapter: that it is one, and what to import instead."""
    named = f": {base}" if base else ""
    message = (
        f"is an adapter (LoRA or the like), and no model. Import the model that it is for{named}"
    )
    return InputError([Problem(where, message)])
