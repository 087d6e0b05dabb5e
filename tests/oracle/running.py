"""Real models, run: what they give, and the FLOPs that torch counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.oracle.census import torch
from tests.oracle.families import TOKENS, Family
from tests.rows import row_from_config


def numbers(config: dict[str, Any]) -> Mapping[str, float]:
    """The numbers that a config gives."""
    return row_from_config(config, where="config.json").numbers


def run(family: Family, config: dict[str, Any], **inputs: Any) -> tuple[Any, Any, dict[str, Any]]:
    """Run a real model: what it gives, the model, and FLOPs by module and operation."""
    from torch.utils.flop_counter import FlopCounterMode

    torch.manual_seed(0)
    model = family.build(family.load(config)).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        given = model(torch.randint(5, 90, (1, TOKENS)), **inputs)
    counted = {
        module: {str(operation): flops for operation, flops in operations.items()}
        for module, operations in counter.get_flop_counts().items()
    }
    return given, model, counted


def products(counted: dict[str, Any]) -> int:
    """FLOPs of products with matrices of weights: neither of a batch of them nor convolutions."""
    return sum(
        flops for name, flops in counted["Global"].items() if name in ("aten.mm", "aten.addmm")
    )
