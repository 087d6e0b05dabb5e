"""Keys that no adapter reads and that speak of what is counted anyway: do they say the same?

``moe_layer_freq: 1`` changes nothing where every layer has experts, and ``use_moe: true`` nothing
where there are experts at all. Such keys are compared with the numbers that were read, not taken by
their names: with another value they contradict what is counted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import chain

from moe_report.importers.adapter import Adapter
from moe_report.importers.harmless_keys import is_nothing, words_of
from moe_report.schema.fields import FIELDS


@dataclass(frozen=True)
class Counted:
    """What was read of a config, as other keys of it may say it again.

    Attributes:
        numbers: Values by field.
        given: The fields that the config itself gives; others are the architecture's.
        defaults: The fields, and keys of sizes, whose value is the architecture's default.
        step: Every how many layers there are experts, by another key of the same object that
            nobody reads; 1 if none says.
    """

    numbers: Mapping[str, float]
    given: Collection[str]
    defaults: Collection[str] = ()
    step: int = 1

    @property
    def layers(self) -> float:
        """All layers."""
        return self.numbers["num_hidden_layers"]

    @property
    def moe_layers(self) -> float:
        """Layers with experts."""
        return self.numbers.get(
            "num_moe_layers", self.layers - self.numbers.get("first_k_dense_replace", 0)
        )

    @property
    def leading(self) -> float:
        """Dense layers before the first with experts; NaN where the others may be anywhere."""
        others = self.layers - self.moe_layers if self.in_one_run else math.nan
        return self.numbers.get("first_k_dense_replace", others)

    @property
    def in_one_run(self) -> bool:
        """Whether the layers with experts do not stand in turn with dense ones.

        Then they are all that come after the leading ones; or they are more than half of all,
        which every other layer, or fewer, would not be.
        """
        after = self.layers - self.numbers.get("first_k_dense_replace", 0)
        return self.moe_layers == after or 2 * self.moe_layers > self.layers + 1

    @property
    def shared(self) -> float:
        """Experts that every token passes through."""
        return self.numbers.get("num_shared_experts", 0)

    @property
    def widths(self) -> list[float]:
        """Inner widths of FFNs and experts."""
        return [self.numbers[name] for name in _WIDTHS if name in self.numbers]

    def of(self, name: str) -> float | None:
        """Return the value of a field, be it read or its default."""
        if name in self.numbers:
            return self.numbers[name]
        if name == "shared_expert_intermediate_size":
            return self.of("moe_intermediate_size")
        if name == "moe_intermediate_size":
            return self.numbers.get("intermediate_size")
        if name in ("head_dim", "v_head_dim"):
            heads = self.of("num_attention_heads")
            whole = self.of("hidden_size") or 0
            return self.numbers.get("head_dim", whole / heads if heads else 0)
        if name == "num_key_value_heads":
            return self.of("num_attention_heads")
        known = {"num_moe_layers": self.moe_layers, "first_k_dense_replace": self.leading}
        return known.get(name, 0)


Comparison = Callable[[Counted], bool]
_WIDTHS = ("intermediate_size", "moe_intermediate_size", "shared_expert_intermediate_size")
_FIELDS = frozenset(
    name for name, known in FIELDS.items() if known.group in ("Experts", "Attention")
)
# How other programs call the fields, beside the spellings that fields and adapters have.
_ELSEWHERE = {
    "num_experts": ("num_moe_experts", "num_routed_experts", "num_total_experts"),
    "num_experts_per_tok": (
        "moe_router_topk", "router_topk", "router_top_k", "moe_topk", "num_selected_experts",
        "num_activated_experts", "n_activated_experts", "num_active_experts", "experts_per_tok",
        "moe_topk_experts", "num_experts_chosen",
    ),
    "attention_sinks": ("attention_sink", "use_attention_sinks", "use_sinks", "has_sinks", "sinks"),
    "moe_intermediate_size": (
        "moe_ffn_hidden_size", "expert_intermediate_size", "expert_hidden_size", "expert_ffn_dim",
    ),
    "num_shared_experts": ("num_shared_expert", "moe_shared_experts", "shared_experts"),
    "shared_expert_intermediate_size": ("moe_shared_expert_intermediate_size",),
    "num_moe_layers": ("n_moe_layers", "num_sparse_layers", "num_expert_layers"),
    "num_key_value_heads": ("num_query_groups", "multi_query_group_num", "n_head_kv"),
    "head_dim": ("attention_head_size", "head_size"),
    "router_bias": ("use_router_bias", "moe_router_bias", "router_use_bias"),
    "expert_bias": ("use_expert_bias", "moe_expert_bias"),
}  # fmt: skip
# The model's sizes, as other architectures and programs call them; a name may mean one of several.
_SHAPE: Mapping[str, tuple[str, ...]] = {
    "num_hidden_layers": (
        "num_decoder_layers", "num_transformer_layers", "decoder_layers", "num_blocks", "n_blocks",
        "n_block",
    ),
    "hidden_size": ("n_embed", "embed_dim", "emb_dim", "model_dim", "hidden_dim", "dim"),
    "vocab_size": ("vocabulary_size", "padded_vocab_size"),
    "intermediate_size": ("n_inner", "inner_dim", "inner_size", "ff_dim", "hidden_dim"),
    "moe_intermediate_size": ("d_ff", "n_inner", "inner_dim", "inner_size", "ff_dim", "hidden_dim"),
    "tie_word_embeddings": (
        "tie_embeddings", "tie_embedding", "tied_embeddings", "tie_word_embedding", "tie_lm_head",
        "share_embeddings_and_output_weights", "share_embeddings", "share_word_embeddings",
        "share_input_output_embed", "share_input_output_embeddings",
        "tie_embeddings_and_output_weights",
    ),
    "unembedding_bias": ("lm_head_has_bias",),
}  # fmt: skip
# Other things are called so, too: blocks of a cache, widths of further parts, a vocabulary with the
# rows that fill it up.
_OTHERWISE_USED = frozenset({
    "num_blocks", "n_blocks", "n_block", "embed_dim", "emb_dim", "inner_dim", "inner_size",
    "padded_vocab_size",
})  # fmt: skip
_EXPERTS_AT_ALL = re.compile(
    "_((use|is|has|enable|with)_)?((sparse_)?moe|experts)(_(enabled?|block|model))?_"
)
_EVERY = re.compile("_(freq|frequency|interval|every|period|step|stride)_")
_OFFSET = re.compile("_(offset|start)_")
_END = re.compile("_end_")
# All words of a name that says which layers have experts, and nothing of their size.
_WHICH = re.compile(
    "_((moe|experts?|sparse|dense|mlp|only|decoder|layers?|freq|frequency|interval|every|period|step"
    "|stride|interleaved?|offset|start|end|first|replace|index|idx|ids|indices|enum|list|pattern"
    "|mask|is|use|num|n|k)_)+"
)
_DENSE = re.compile("_(dense|mlp_only)_")
_GATED = re.compile(
    "_((use|is|has)_)?((gated|glu|swiglu|geglu|reglu)(_(moe|experts?|mlp|ffn|act(ivation)?|units?))?"
    "|gate_proj|(moe|experts?|mlp|ffn)_((use|is)_)?(gated|glu|swiglu)(_mlp|_ffn)?)_"
)
# Switches that say the opposite of a field.
_UNTIED = re.compile(
    r"_((use|has|is)_)?untied?_((word|token|input|output|lm)_)*(embed\w*|head|weights)_(\w+_)?"
)


def _by_name() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, others in _SHAPE.items():
        for spelling in (name, *FIELDS[name].aliases, *others):
            found.setdefault(spelling, set()).add(name)
    return {spelling: frozenset(names) for spelling, names in found.items()}


SIZES: Mapping[str, frozenset[str]] = _by_name()


def spellings(adapters: Collection[Adapter]) -> Mapping[str, frozenset[str]]:
    """Return the fields of experts and attention that a key gives, in whichever architecture."""
    found: dict[str, set[str]] = {}
    for name in _FIELDS:
        for spelling in (name, *FIELDS[name].aliases, *_ELSEWHERE.get(name, ())):
            found.setdefault(spelling, set()).add(name)
    for adapter in adapters:
        for keys, key in adapter.keys.items():
            for spelling in keys.split("|") if key.fields else ():
                found.setdefault(spelling.rsplit(".", 1)[-1], set()).update(key.fields)
    return {name: frozenset(fields) for name, fields in found.items() if fields <= _FIELDS}


def comparison(name: str, value: object, known: Mapping[str, frozenset[str]]) -> Comparison | None:
    """Return how a key is compared with what is counted; None if that cannot be told.

    Args:
        name: What it is called, without the path.
        value: What it says.
        known: The fields that keys of some names give.
    """
    words = words_of(name)
    if value in (None, "", [], {}):
        return None
    if name in known:
        return lambda counted: all(_same(each, value, counted) for each in known[name])
    if _EXPERTS_AT_ALL.fullmatch(words) and value in (0, 1):
        return lambda counted: bool(value) == (counted.moe_layers > 0)
    if _GATED.fullmatch(words) and type(value) is bool:
        return lambda counted: value == (counted.numbers.get("num_ffn_matrices", 3) == 3)
    if isinstance(value, str) and re.search("glu", value, re.IGNORECASE):
        return lambda counted: counted.numbers.get("num_ffn_matrices", 3) == 3
    return _of_layers(words, value)


def names_size(name: str, value: object) -> bool:
    """Whether a key may give a size of the model, or one of its switches, by another name."""
    if is_untying(name, value):
        return True
    if name not in SIZES or name in FIELDS:  # its own is read, or the architecture takes it so
        return False
    return type(value) is bool if is_switch(name, SIZES) else type(value) is int and value != 0


def is_untying(name: str, value: object) -> bool:
    """Whether a key says whether the output head has weights of its own."""
    return type(value) is bool and bool(_UNTIED.fullmatch(words_of(name)))


def is_switch(name: str, known: Mapping[str, frozenset[str]]) -> bool:
    """Whether all fields that a key of some name gives are true or false."""
    return name in known and all(FIELDS[field].kind == "flag" for field in known[name])


def same_size(name: str, value: object, counted: Counted) -> bool:
    """Whether one of the sizes that a name may mean has a value."""
    if is_untying(name, value):
        return value != bool(counted.of("tie_word_embeddings"))
    fields = SIZES[name]
    if is_switch(name, SIZES):
        return all(value == bool(counted.of(field)) for field in fields)
    other = {key for key, others in SIZES.items() if fields & others} & counted.numbers.keys()
    return value in [*map(counted.of, fields), *(counted.numbers[key] for key in other)]


def may_be_another(name: str, counted: Counted) -> bool:
    """Whether a key may say of another thing what is no size of the model's.

    Its name is of both, and the config itself gives the sizes that it may mean.
    """
    sizes = (SIZES.get(each, frozenset()) for each in counted.defaults)
    return name in _OTHERWISE_USED and SIZES[name].isdisjoint(chain.from_iterable(sizes))


def is_gate_switch(name: str, value: object) -> bool:
    """Whether a key says whether FFNs or experts are gated."""
    return type(value) is bool and bool(_GATED.fullmatch(words_of(name)))


def step_of(name: str, value: object) -> int:
    """Return every how many layers there are experts by a key; 1 if it doesn't say."""
    words = words_of(name)
    every = _WHICH.fullmatch(words) and _EVERY.search(words)
    return value if type(value) is int and every and value > 1 else 1


def _same(name: str, value: object, counted: Counted) -> bool:
    values = value if isinstance(value, list) else [value]
    if FIELDS[name].kind != "flag" and any(type(each) is bool for each in values):
        return False
    if name == "shared_expert_intermediate_size":
        if not counted.shared:
            return is_nothing(value)
        if is_nothing(value):  # it isn't used: the config gives their number otherwise
            return "num_shared_experts" in counted.given
        width = counted.of(name) or 0  # of one, or of all together
        return all(each in (width, width * counted.shared) for each in values)
    if is_nothing(value) and (name == "moe_intermediate_size" or not counted.moe_layers):
        return True  # experts of no width are not what it means
    return all(each == counted.of(name) for each in values)


def _of_layers(words: str, value: object) -> Comparison | None:
    """Compare a key that says which layers have experts, or which have none."""
    if not _WHICH.fullmatch(words):
        return None
    listed = _listed(value)
    if listed is not None:
        dense = bool(_DENSE.search(words))
        return lambda counted: _as_listed(listed, counted, dense=dense)
    if type(value) is not int:
        return None
    if _DENSE.search(words):
        if re.search("_(first|layers|replace)_", words):
            return lambda counted: not counted.moe_layers or value == counted.leading
        return None
    if _EVERY.search(words):
        return lambda counted: _every(value, counted)
    if _OFFSET.search(words):
        return lambda counted: value in (0, counted.leading) or _in_turn(value, counted)
    if _END.search(words):
        return lambda counted: value in (-1, counted.layers - 1, counted.layers)
    return None


def _listed(value: object) -> list[int] | None:
    """Numbers of layers, or a 0 or 1 for each, as a list or as a text of them."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,5}(\s*,\s*\d{1,5})*\s*", value):
        return [int(number) for number in value.split(",")]
    if isinstance(value, list) and value and all(type(item) in (int, bool) for item in value):
        return [int(item) for item in value]
    return None


def _as_listed(listed: list[int], counted: Counted, *, dense: bool) -> bool:
    layers = int(counted.layers)
    if len(listed) == layers and set(listed) <= {0, 1}:
        listed = [layer for layer, flag in enumerate(listed) if flag]
    sparse = set(range(layers)) - set(listed) if dense else set(listed)
    if not set(listed) <= set(range(layers)) or len(sparse) != counted.moe_layers:
        return False
    return not sparse or min(sparse) == counted.numbers.get("first_k_dense_replace", min(sparse))


def _every(step: int, counted: Counted) -> bool:
    """Whether every so many layers have experts, whichever of so many it is."""
    if step < 1 or not counted.moe_layers:
        return not counted.moe_layers
    if step == 1:
        return counted.in_one_run
    return _number(step, None, counted) == {counted.moe_layers}


def _in_turn(offset: int, counted: Counted) -> bool:
    """Whether every so many layers have experts from an offset on."""
    step = counted.step
    return step > 1 and _number(step, offset, counted) == {counted.moe_layers}


def _number(step: int, offset: int | None, counted: Counted) -> set[int]:
    """How many layers have experts, for each way to count every so many of them."""
    ways = [0, step - 1] if offset is None else [offset % step]
    after = range(int(counted.numbers.get("first_k_dense_replace", 0)), int(counted.layers))
    return {sum(layer % step == way for layer in after) for way in ways}
