"""MiMo-V2.5 and later: layers with a window may have other heads, of other widths, than the rest.

The shapes are those of the modelling code that is published with the weights.
"""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Key, Kind, Reading, may, need
from moe_report.importers.architectures.caches import kept
from moe_report.importers.architectures.common import FFN_WIDTHS, NO_CORE, SHAPE, TOP_K
from moe_report.importers.architectures.layers import EACH_OR_EVERY, LAYER_TYPES, MLP_TYPES
from moe_report.importers.architectures.mixers import Mixer, typed
from moe_report.importers.architectures.text_part import TEXT_ONLY
from moe_report.importers.architectures.uneven import UNEVEN
from moe_report.schema.parts import Part

_LAYOUTS = ("split", "fused_qkv")  # of the same numbers


_PART = Kind("an object", lambda value: isinstance(value, dict))


def _agreeing(r: Reading, flags: list[bool], key: str, kind: str, other: str) -> list[bool]:
    """Return which layers are of a kind: as the flags say, and as a list of kinds, if any, says."""
    if r[key] is None:
        return flags
    kinds = r.one_per_layer(key)
    if set(kinds) - {kind, other}:
        r.refuse(key, f"may say {kind!r} and {other!r} only")
    named = [found == kind for found in kinds]
    if any(flags) and named != flags:
        r.refuse(key, "names other layers than other keys do")
    return named


def _windowed(r: Reading) -> list[bool]:
    layers, block = r["num_hidden_layers"], r["hybrid_block_size"]
    flags = [False] * layers
    if r["hybrid_layer_pattern"] is not None:
        flags = [bool(item) for item in r.one_per_layer("hybrid_layer_pattern")]
        if set(r["hybrid_layer_pattern"]) - {0, 1}:
            r.refuse("hybrid_layer_pattern", "may say 0 (all tokens) and 1 (a window) only")
    elif block is not None:
        flags = [(layer + 1) % block != 0 for layer in range(layers)]
    return _agreeing(r, flags, "layer_types", "sliding_attention", "full_attention")


def _sparse(r: Reading) -> list[bool]:
    layers, freq = r["num_hidden_layers"], r["moe_layer_freq"]
    if isinstance(freq, list):
        flags = [bool(item) for item in r.one_per_layer("moe_layer_freq")]
    else:
        flags = [freq is not None and layer % freq == 0 for layer in range(layers)]
    return _agreeing(r, flags, "mlp_layer_types", "sparse", "dense")


def _sizes(r: Reading, *, window: bool) -> tuple[int, int, int, int]:
    """Heads of queries, of keys and values, and the widths of a key and of a value."""
    heads = r["num_attention_heads"]
    key = r["head_dim"] or r["hidden_size"] // heads
    full = heads, r["num_key_value_heads"] or heads, key, r["v_head_dim"] or key
    if not window:
        return full
    heads, keys, key = (
        r[f"swa_{name}"] or size
        for name, size in zip(
            ("num_attention_heads", "num_key_value_heads", "head_dim"), full[:3], strict=True
        )
    )
    return heads, keys, key, r["swa_v_head_dim"] or key


def _attention(r: Reading, *, window: bool) -> Mixer:
    heads, keys, key, value = _sizes(r, window=window)
    sinks = r["add_swa_attention_sink_bias" if window else "add_full_attention_sink_bias"]
    biases = heads * key + keys * (key + value) if r["attention_bias"] else 0
    return Mixer(
        r["hidden_size"] * (heads + keys) * (key + value), biases + (heads if sinks else 0)
    )


def _core(r: Reading, windows: int) -> Mapping[str, float]:
    """Heads, and the mean width of a key and a value, where all layers have the same."""
    found = set()
    if windows < r["num_hidden_layers"]:
        found.add(_sizes(r, window=False))
    if windows:
        found.add(_sizes(r, window=True))
    uses = {(heads, key + value) for heads, _, key, value in found}
    if len(uses) > 1 or any(widths % 2 for _, widths in uses):
        r.notes.append(UNEVEN)
        return {}
    heads, widths = uses.pop()
    return {"num_attention_heads": heads, "head_dim": widths // 2}


def _derive(r: Reading) -> Mapping[str, float]:
    layers, d = r["num_hidden_layers"], r["hidden_size"]
    if r["n_shared_experts"]:
        r.refuse("n_shared_experts", "is not 0, but this architecture shares no experts")
    if r["attention_projection_layout"] not in (None, *_LAYOUTS):
        r.refuse("attention_projection_layout", f"is none of {', '.join(_LAYOUTS)}")
    windows, sparse = sum(_windowed(r)), sum(_sparse(r))
    if r["vision_config"] or r["audio_config"]:
        r.notes.append(TEXT_ONLY)
    given = {
        "num_sliding_window_layers": windows,
        "num_moe_layers": sparse,
        **_core(r, windows),
        **typed(
            (layers - windows, _attention(r, window=False)), (windows, _attention(r, window=True))
        ),
    }
    of_kind = []
    for window, number in ((False, layers - windows), (True, windows)):
        _, keys, key, value = _sizes(r, window=window)
        of_kind.append(number * keys * (key + value))
    given |= kept(full=of_kind[0], window=of_kind[1])
    if windows:
        given["num_window_key_value_heads"] = _sizes(r, window=True)[1]
    if r["num_key_value_heads"]:
        given["num_key_value_heads"] = r["num_key_value_heads"]
    length = r["sliding_window"] or r["sliding_window_size"]
    if windows and length:
        given["sliding_window"] = length
    further = r["num_nextn_predict_layers"]
    if further is not None:  # modules with a window, and a dense FFN
        mixer = _attention(r, window=True)
        module = mixer.products + mixer.others + 3 * d * r["intermediate_size"] + 2 * d * d + 5 * d
        given |= {"num_nextn_predict_layers": further, Part.FURTHER_PREDICTION: further * module}
    return given


ADAPTERS: Mapping[str, Adapter] = {
    "mimo_v2": Adapter(
        SHAPE | TOP_K | NO_CORE | FFN_WIDTHS | LAYER_TYPES | MLP_TYPES | {
            "n_routed_experts|num_local_experts": need("num_experts"),
            "n_shared_experts": may(None, minimum=0),
            "num_key_value_heads": may(None),
            "head_dim": may(None),
            "v_head_dim": may(None),
            "swa_num_attention_heads": may(None),
            "swa_num_key_value_heads": may(None),
            "swa_head_dim": may(None),
            "swa_v_head_dim": may(None),
            "sliding_window": may(None),
            "sliding_window_size": may(None),
            "attention_bias": may(False, kind="flag"),
            "attention_projection_layout": may(None, kind="text"),
            "add_full_attention_sink_bias": may(False, kind="flag"),
            "add_swa_attention_sink_bias": may(False, kind="flag"),
            "hybrid_layer_pattern": may(None, kind="numbers"),
            "hybrid_block_size": may(None),
            "moe_layer_freq": Key((), EACH_OR_EVERY, None, nullable=True),
            "num_nextn_predict_layers": may(None, minimum=0),
            "vision_config": Key((), _PART, None, nullable=True),
            "audio_config": Key((), _PART, None, nullable=True),
        },
        derive=_derive, untold_mtp=True,
        irrelevant=frozenset({"moe_router_dtype", "attention_chunk_size"}),
        note="Keys and values differ in width: head_dim is the mean width, and attention is counted"
        " as a whole",
    ),
}  # fmt: skip
