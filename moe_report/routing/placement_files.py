"""The files that engines take a placement from."""

from __future__ import annotations

import json
import re

from moe_report.routing.placement import Placement

_SGLANG, _TENSORRT_LLM = "physical_to_logical_map", "initial_global_assignments"
_OURS = re.compile(rf'\{{"{_SGLANG}": [\[\]\d, ]+\}}\n|{_TENSORRT_LLM}:\n(  \d+: \[[\d, ]+\]\n)+'
                   r"num_slots: \d+\nlayer_updates_per_iter: 0\n")  # fmt: skip


def is_placement(content: bytes) -> bool:
    """Whether a file has a placement as it is written here, and nothing else."""
    return bool(_OURS.fullmatch(content.decode("utf-8", "replace")))


def sglang_json(placement: Placement, layers: int) -> bytes:
    """Return the file of ``--init-expert-location``: a list for each layer of the model.

    SGLang indexes it by the layer's number, so layers that have no counts stand there, too, with
    experts in order.

    Args:
        placement: Where the experts are.
        layers: All layers of the model, dense ones among them.
    """
    rows = dict(zip(placement.layers, placement.experts.tolist(), strict=True))
    in_order = [slot % placement.num_experts for slot in range(placement.slots)]
    lists = [rows.get(layer, in_order) for layer in range(layers)]
    return (json.dumps({_SGLANG: lists}) + "\n").encode()


def tensorrt_llm_yaml(placement: Placement) -> bytes:
    """Return the file of ``moe_load_balancer``: a list for each layer that has experts."""
    lines = [f"{_TENSORRT_LLM}:"]
    for layer, experts in zip(placement.layers, placement.experts.tolist(), strict=True):
        lines.append(f"  {layer}: {experts}")
    lines += [f"num_slots: {placement.slots}", "layer_updates_per_iter: 0", ""]
    return "\n".join(lines).encode()
