"""How wide weights are as a ``config.json`` publishes them: bits of a weight, scales included.

A row has three groups of weights: matrices of routed experts, other matrices, and the rest; of the
other matrices attention's have a field of their own where a recipe leaves them, or them alone, as
they were. What it leaves is told by the names that it ignores. A way that is not known, or widths
that differ within a group, leave the group's field missing, with the key that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from moe_report.errors import first_of
from moe_report.importers.cache_keys import is_cache_width
from moe_report.importers.config_json import text_parts
from moe_report.importers.harmless_keys import is_nothing, words_of
from moe_report.importers.quantization import KEYS
from moe_report.importers.quantization_recipes import UnclearError, bits_of, keys_not_read
from moe_report.importers.recipe_keys import IGNORED
from moe_report.schema.fields import FIELDS
from moe_report.schema.parts import Part
from moe_report.text import shown

ROUTED, OTHER, REST = (
    "routed_expert_weight_bits", "other_matrix_weight_bits", "remaining_weight_bits",
)  # fmt: skip
OF_ATTENTION = "attention_weight_bits"
_DTYPES = {
    "float32": 32, "float": 32, "fp32": 32, "bfloat16": 16, "bf16": 16, "float16": 16, "half": 16,
    "fp16": 16, "float8_e4m3fn": 8, "float8_e5m2": 8,
}  # fmt: skip
_ATTENTION, _SHARED, _DENSE, _EXPERTS, _HEAD = "attention", "shared", "dense", "experts", "head"
# What a name that is ignored speaks of, the first that fits; nothing is what no recipe quantizes,
# or what is no part of the text model.
_SPEAK_OF: tuple[tuple[str, frozenset[str]], ...] = (
    (r"vision|visual|mm_projector|multi_modal|audio|mtp|nextn|eh_proj|norm|bias", frozenset()),
    (r"lm_head|^head$|embed_out", frozenset({_HEAD})),
    (r"embed|router|shared_expert_gate|conv1d|a_log|dt_bias|rotary", frozenset()),
    (r"(^|[._])gate$|mlp\.gate$", frozenset()),
    (r"shared_?experts?", frozenset({_SHARED})),
    (r"experts", frozenset({_EXPERTS})),
    (r"(self_attn|attn|attention)$", frozenset({_ATTENTION})),
    (r"(mlp|ffn|feed_forward)\.?\(?(gate|up|gate_up|down)", frozenset({_DENSE})),
    (r"(mlp|ffn|feed_forward)$", frozenset({_DENSE, _SHARED, _EXPERTS})),
    (r"(^|\.)layers(\.#)?$", frozenset({_ATTENTION, _DENSE, _SHARED, _EXPERTS})),
)
_DTYPE_KEY = re.compile(r"(torch_|(params?|weights?|model|storage|tensors?)_)?dtype")
_EXPERT_KEY = re.compile(r"(moe|experts?)_((weights?|params?)_)?(dtype|bits|precision)")
_NARROW = r"(u?int|nf|(nv|mx)?fp|float)[1-8]|[2-8]bit|w\d+a\d+|e\dm\d|gptq|awq|hqq|bnb|bitsandbytes"
_QUANTIZED = re.compile(
    rf"_([a-z]*quant[a-z]*|{_NARROW}|[nwq]?bits?"
    "|(params?|weights?|model|storage|tensors?)_(dtype|bits|precision|format))_|^_(precision|format)_$"
)
# What names a container or how products are made, and no width.
_NO_WIDTH = {
    "auto", "default", "mixed", "high", "highest", "medium", "safetensors", "pt", "pytorch", "hf",
    "16", "16-mixed", "bf16-mixed", "fp16-mixed",
}  # fmt: skip
_LAYER = re.compile(r"(?:^|\.)(?:layers|blocks|h)\.(\d+)(?:\.|$)")


def published_bits(
    config: Mapping[str, Any], numbers: Mapping[Any, float]
) -> tuple[dict[str, float], dict[str, str]]:
    """Return the bits of groups of weights that a config tells, and why others are not known.

    Args:
        config: The parsed file.
        numbers: What is known of the model.
    """
    plain: float | None = None
    unclear: dict[str, str] = {}
    try:
        _refuse_misnamed(config)
    except UnclearError as error:
        return {}, dict.fromkeys((ROUTED, OTHER, REST), str(error))
    try:
        plain = _plain(config)
    except UnclearError as error:
        unclear = dict.fromkeys((ROUTED, OTHER, REST), str(error))
    found = {} if plain is None else dict.fromkeys((ROUTED, OTHER, REST), plain)
    try:
        said, differ = _said(config), next(_of_experts(config), "")
        if said is None:
            if differ:
                found.pop(ROUTED, None)
                unclear[ROUTED] = f"{differ} says that experts differ, which is not known"
            return found, unclear
        key, recipe = said
        if differ:
            raise UnclearError(f"{differ} beside it says that experts differ, which is not known")
        widths = bits_of(recipe, key, str(config.get("model_type", "")), numbers)
        kept = _kept(recipe, key, numbers)
    except UnclearError as error:
        return {}, dict.fromkeys((ROUTED, OTHER, REST), str(error))
    of_group = {
        ROUTED: widths.routed, OF_ATTENTION: widths.other, OTHER: widths.other, REST: widths.rest,
    }  # fmt: skip
    if plain is not None:
        found[OF_ATTENTION] = plain
    for group, parts in _parts(numbers, widths.embeddings).items():
        quantized = of_group[group]
        partly = [part for part in parts if part in kept.partly]
        whole = [part for part in parts if part in kept.wholly]
        if quantized is None or (parts and len(whole) == len(parts)):
            continue
        if partly or whole:
            unclear[group] = f"{key} leaves some of {', '.join(partly + whole)} as they were"
            found.pop(group, None)
        else:
            found[group] = quantized
            unclear.pop(group, None)
    _join_attention(found, unclear, key, alone=not _parts(numbers, embeddings=False)[OTHER])
    if widths.linear_head and _HEAD not in kept.wholly and not numbers.get("tie_word_embeddings"):
        unclear[REST] = f"{key} does not say that the output head is left as it was"
        found.pop(REST, None)
    return found, unclear


def _join_attention(
    found: dict[str, float], unclear: dict[str, str], key: str, *, alone: bool
) -> None:
    """Let attention's bits be those of other matrices where they are, or where it has no others.

    Args:
        found: Bits by group.
        unclear: Why others are not known.
        key: Where the recipe stands.
        alone: Whether there are neither dense FFNs nor shared experts.
    """
    if alone:
        for known in (found, unclear):
            _rename(known)
    elif OTHER in found and found[OTHER] == found.get(OF_ATTENTION):
        del found[OF_ATTENTION]
    elif OTHER in found and not {OF_ATTENTION} & (found.keys() | unclear):
        why = f"{key} leaves attention as it was, and the config does not say how (torch_dtype)"
        unclear[OF_ATTENTION] = why


def _rename(known: dict[str, Any]) -> None:
    known.pop(OTHER, None)
    if OF_ATTENTION in known:
        known[OTHER] = known.pop(OF_ATTENTION)


def notes_of_bits(found: Mapping[str, float], unclear: Mapping[str, str]) -> list[str]:
    """Return why bits are not known, each reason once, and which ones are a default."""
    notes = [f"Bits not known: {why}" for why in dict.fromkeys(unclear.values())]
    untold = [group for group in (ROUTED, OTHER, REST) if not {group} & (found.keys() | unclear)]
    if untold:
        of = ", ".join(FIELDS[group].label.removeprefix("Bits of ") for group in untold)
        notes.append(
            "The config does not say its precision (torch_dtype): unless a checkpoint's headers"
            f" do, the weights count with {FIELDS[untold[0]].default:.0f} bits, as of BF16 ({of})"
        )
    return notes


def notes_of_recipe(config: Mapping[str, Any]) -> Iterator[str]:
    """Say which keys of a recipe are not read, where they speak of no bits."""
    try:
        said = _said(config)
    except UnclearError:
        return  # that is said of the bits
    if said and (unread := [f"{said[0]}.{path}" for path in keys_not_read(said[1])]):
        yield f"Not read, and nothing is counted for it: {first_of(sorted(unread), 10)}"


_LONGEST_KEY = 200  # characters of one that may be misspelt


def widths_told(config: Mapping[str, Any]) -> Iterator[str]:
    """Give the keys beside a recipe that leave bits unknown, with their paths."""
    yield from _misnamed(config)
    yield from _of_experts(config)


def _refuse_misnamed(config: Mapping[str, Any]) -> None:
    """Raise for a key that may speak of quantization and has another name than those read."""
    if path := next(_misnamed(config), ""):
        raise UnclearError(f"key {path!r} is not understood: is it quantization_config?")


def _misnamed(config: Mapping[str, Any]) -> Iterator[str]:
    for prefix, part in text_parts(config):
        for key, value in part.items():
            if key in KEYS or is_nothing(value) or is_cache_width(key) or "expert" in key:
                continue
            if len(key) > _LONGEST_KEY:
                continue
            if _DTYPE_KEY.fullmatch(key) or is_usual_precision(value):
                continue
            if _QUANTIZED.search(words_of(key)) or get_close_matches(key, KEYS, cutoff=0.8):
                yield prefix + key


def is_usual_precision(value: object) -> bool:
    """Whether a value is the precision that weights count with anyway, or none."""
    name = str(value).lower().removeprefix("torch.")
    return name in _NO_WIDTH or _DTYPES.get(name) == FIELDS[OTHER].default


def _of_experts(config: Mapping[str, Any]) -> Iterator[str]:
    """The keys that give experts a width of their own."""
    for prefix, part in text_parts(config):
        for key, value in part.items():
            if _EXPERT_KEY.fullmatch(key) and value is not None and not is_usual_precision(value):
                yield prefix + key


def _plain(config: Mapping[str, Any]) -> float | None:
    """The bits of a weight that is not quantized; None if nothing is said."""
    bits: dict[int, str] = {}
    for path, value in _dtypes(config):
        name = value.lower().removeprefix("torch.") if isinstance(value, str) else ""
        if name not in _DTYPES:
            raise UnclearError(f"{path} is {shown(value)}, which is not known")
        bits.setdefault(_DTYPES[name], path)
    if len(bits) > 1:
        raise UnclearError(f"{' and '.join(bits.values())} of the config contradict each other")
    return float(next(iter(bits))) if bits else None


def _dtypes(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for prefix, part in text_parts(config):
        for key, value in part.items():
            if _DTYPE_KEY.fullmatch(key) and value not in (None, "auto"):
                yield prefix + key, value


def _said(config: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """What the config says of quantization, once, and under which key."""
    found: list[tuple[str, Any]] = []
    for prefix, part in text_parts(config):
        found += [(prefix + key, part[key]) for key in KEYS if part.get(key)]
    for key, value in found:
        if not isinstance(value, Mapping):
            raise UnclearError(f"{key} is {shown(value)}, expected an object")
        if value != found[0][1]:
            raise UnclearError(f"{found[0][0]} and {key} contradict each other")
    return found[0] if found else None


class _Kept:
    """Parts that a recipe leaves as they were, wholly or in some layers."""

    def __init__(self) -> None:
        self.wholly: set[str] = set()
        self.partly: set[str] = set()


def _kept(recipe: Mapping[str, Any], key: str, numbers: Mapping[Any, float]) -> _Kept:
    kept = _Kept()
    layers: dict[str, set[int]] = {}
    num_layers = int(numbers.get("num_hidden_layers", 0))
    for where, name in _names(recipe, key):
        found = _LAYER.search(_simple(name))
        if found and int(found[1]) >= num_layers:
            continue  # of a module that predicts further tokens
        parts = _spoken_of(name)
        if parts is None:
            raise UnclearError(f"{where} names {shown(name)}, which is not known")
        for part in parts[0]:
            if found and parts[1]:
                layers.setdefault(part, set()).add(int(found[1]))
            elif found or not parts[1]:
                kept.partly.add(part)
            else:
                kept.wholly.add(part)
    for part, named in layers.items():
        (kept.wholly if named >= _layers_of(part, numbers) else kept.partly).add(part)
    kept.partly -= kept.wholly
    return kept


def _layers_of(part: str, numbers: Mapping[Any, float]) -> set[int]:
    first = int(numbers.get("first_k_dense_replace", 0))
    num_layers = int(numbers.get("num_hidden_layers", 0))
    if part == _DENSE and first:
        return set(range(first))
    return set(range(first if part in (_EXPERTS, _SHARED) else 0, num_layers))


def _names(recipe: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    within = recipe.get("quantization")
    for part in (recipe, within if isinstance(within, Mapping) else {}):
        for spelling in IGNORED:
            names = part.get(spelling) or []
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise UnclearError(f"{key}.{spelling} is {shown(names)}, expected a list of names")
            yield from ((f"{key}.{spelling}", name) for name in names)


def _simple(name: str) -> str:
    """A name, a pattern with stars or a regular expression as plain words with dots."""
    text = name.removeprefix("re:").replace("\\", "").replace(".*", "*").lower()
    return re.sub(r"\.{2,}", ".", text.replace("*", ".")).strip("^$.")


def _spoken_of(name: str) -> tuple[frozenset[str], bool] | None:
    """The parts that a name speaks of, and whether it names them whole; None if not known."""
    text = re.sub(r"\.\d+(?=\.|$)", ".#", _simple(name))
    for pattern, parts in _SPEAK_OF:
        if re.search(pattern, text):
            return parts, not re.search(r"#.*#|(experts|attn)\.(#\.)?\w+_proj|\[", text)
    if re.search(r"attn|attention", text):
        return frozenset({_ATTENTION}), False
    return None


def _parts(numbers: Mapping[Any, float], embeddings: bool) -> dict[str, list[str]]:
    """The parts that a model's groups consist of."""
    layers = numbers.get("num_hidden_layers", 0)
    dense = (
        numbers.get("first_k_dense_replace", 0) or numbers.get("num_moe_layers", layers) < layers
    )
    shared = numbers.get("num_shared_experts", numbers.get("n_shared_experts", 0))
    shared = shared or numbers.get("shared_expert_intermediate_size", 0)
    shared = shared or numbers.get(Part.SHARED_EXPERTS, 0)
    return {
        ROUTED: [_EXPERTS],
        OF_ATTENTION: [_ATTENTION],
        OTHER: [*([_DENSE] if dense else []), *([_SHARED] if shared else [])],
        REST: [_HEAD] if embeddings else [],
    }
