"""What layers of a model differ in: kinds of attention and of FFN, and how many there are of each.

Newer configs list a kind for each layer; where the list is left out, the architecture's rule says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from moe_report.importers.adapter import Kind, Reading, is_count, may
from moe_report.schema.parts import Part

Rule = Callable[[int], bool]
LAYER_TYPES = {"layer_types": may(None, kind="texts")}
MLP_TYPES = {"mlp_layer_types": may(None, kind="texts")}
MTP = {"num_nextn_predict_layers|num_mtp_layers": may(None, minimum=0)}
SPARSE_STEP = {
    "decoder_sparse_step": may(1),
    "mlp_only_layers": may([], kind="numbers", null=True),
}


def _one_number(value: object) -> bool:
    numbers = value if isinstance(value, list) else [value]
    return bool(numbers) and all(is_count(item) and item == numbers[0] for item in numbers)


# A number, or a list of the same number for each layer.
ONE_FOR_ALL = Kind("a whole number of at least 1", _one_number)


def _is_each_or_every(value: object) -> bool:
    if isinstance(value, list):
        return all(item in (0, 1) for item in value)
    return is_count(value)


# Every how many layers there are experts, or which layers have them.
EACH_OR_EVERY = Kind("a whole number of at least 1 or a list of 0 and 1", _is_each_or_every)


def one_for_all(r: Reading, key: str) -> int:
    """Return the number that all layers share."""
    value = r[key]
    number: int = r.one_per_layer(key)[0] if isinstance(value, list) else value
    return number


def sparse_step(r: Reading) -> Mapping[str, float]:
    """Every so many layers have experts, but for those that are listed as dense."""
    step, dense = r["decoder_sparse_step"], set(r["mlp_only_layers"] or ())
    if dense:
        r.layers("mlp_only_layers")
    return {"num_moe_layers": len(set(range(step - 1, r["num_hidden_layers"], step)) - dense)}


def _of_kind(r: Reading, key: str, kind: str, other: str, rule: Rule) -> int:
    if r[key] is None:
        return sum(map(rule, range(r["num_hidden_layers"])))
    kinds = r.one_per_layer(key)
    if unknown := set(kinds) - {kind, other}:
        r.refuse(key, f"has {sorted(unknown)}, expected {kind!r} and {other!r}")
    return kinds.count(kind)


def sliding(r: Reading, rule: Rule) -> Mapping[str, int]:
    """Layers with a window: as listed, or else those of the rule."""
    number = _of_kind(r, "layer_types", "sliding_attention", "full_attention", rule)
    return {"num_sliding_window_layers": number if r["sliding_window"] else 0}


def sparse(r: Reading, rule: Rule) -> Mapping[str, int]:
    """Layers with experts: as listed, or else those of the rule."""
    return {"num_moe_layers": _of_kind(r, "mlp_layer_types", "sparse", "dense", rule)}


def with_mtp(r: Reading) -> Mapping[str, float]:
    """Modules that predict further tokens, where they are made as in DeepSeek-V3."""
    return {"num_nextn_predict_layers": r["num_nextn_predict_layers"] or 0}


def without_mtp(r: Reading, key: str = "num_nextn_predict_layers") -> None:
    """Leave the modules that predict further tokens out, and say so, where there are any."""
    if r.values.get(key):
        r.unknown.add("num_nextn_predict_layers")
        r.notes.append("The layers that predict further tokens (MTP) are not counted")


def gated_attention(r: Reading, heads: int, *, per_head: bool) -> Mapping[str, float]:
    """Attention whose output is scaled by a gate; with norms of queries and keys.

    Args:
        r: The config.
        heads: Query heads of all layers together.
        per_head: Whether the gate is a number a head; else it is one a channel.
    """
    d, width, layers = r["hidden_size"], r["head_dim"], r["num_hidden_layers"]
    pairs = 2 * layers * (r["num_key_value_heads"] or r["num_attention_heads"])
    projections = d * (heads * (2 * width + (1 if per_head else width)) + pairs * width)
    bias = (heads + pairs) * width + layers * d if r["attention_bias"] else 0
    r.notes.append("Attention has a gate, which no field describes: it is counted as a whole")
    return {
        Part.ATTENTION_PROJECTIONS: projections,
        Part.ATTENTION: projections + layers * 2 * width + bias,
    }
