"""Keys of a config that no adapter reads: which may be left out, and which would change a number.

A key that sounds like experts, like the FFNs that are counted, or like attention may mean
parameters that nothing else tells of. It is refused unless it provably changes nothing: see
``harmless_keys`` and ``attention_keys`` for what is known by name and value, ``counted_keys`` for
what is compared with the numbers that were read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from moe_report.importers.adapter import Adapter
from moe_report.importers.attention_keys import (
    changes_attention,
    is_arithmetic,
    sounds_like_attention,
)
from moe_report.importers.config_json import entries
from moe_report.importers.counted_keys import (
    Comparison,
    Counted,
    comparison,
    is_gate_switch,
    is_switch,
    may_be_another,
    names_size,
    same_size,
    step_of,
)
from moe_report.importers.harmless_keys import is_harmless, is_nothing, words_of

EXPERTS, FFN, DENSE = "experts", "an FFN", "layers without experts"
SHAPE = "a size of the model"
ATTENTION = "attention"
_EXPERT_LIKE = re.compile("expert|moe|router|topk", re.IGNORECASE)
_FFN_LIKE = re.compile("_(ffn|mlp|ff|feed_?forward|intermediate_(size|dim|width))_")
_SIZE = re.compile("_(sizes?|dims?|widths?|hidden|layers)_")
# All words of a name for the width of the ordinary FFN, and of no other beside it.
_ORDINARY = re.compile(
    "_((ffn|mlp|ff|feed_?forward|dense|intermediate|inner|hidden|dims?|sizes?|widths?)_)+"
)
_DENSE_LIKE = re.compile("_(dense|sparse|mlp_only)_(layers|replace|step)_")
_OTHER_PARTS = re.compile(
    "_(vision|visual|images?|audio|video|speech|sound|mm|projector|talker|encoder|draft|mtp|nextn"
    "|attention|attn|index|indexer)_"
)


@dataclass(frozen=True)
class Unread:
    """A key that no adapter reads and that may change a number.

    Attributes:
        path: Where it stands.
        name: What is judged: its name, behind those of the objects about experts that it is in.
        value: What it says.
        what: What it sounds like.
    """

    path: str
    name: str
    value: object
    what: str

    @property
    def key(self) -> str:
        """Its own name."""
        return _name(self.path)

    @property
    def inside(self) -> str:
        """The path of the object that it stands in."""
        return self.path.removesuffix(self.key)


# ``contradicting``: it says otherwise than what is counted without it. ``open``: what is counted,
# with which it would be compared, isn't known. ``idle``: it is probably of something else.
Verdict = Literal["harmless", "refused", "contradicting", "open", "idle"]


def keys_of_experts(config: Mapping[str, object]) -> Iterator[str]:
    """Give the paths of all keys, at any depth, that may mean experts."""
    for path, value in entries(config):
        name = _name(path)
        if _EXPERT_LIKE.search(name) and not is_harmless(name, value):
            yield path


def unread_keys(config: Mapping[str, object], adapter: Adapter) -> Iterator[Unread]:
    """Give the keys that may change a number and that an adapter neither reads nor knows."""
    known, read, home = adapter.known_paths, adapter.objects, adapter.home
    for path, value in entries(config, lambda path: path in read):
        if path in known or path in read:
            continue
        name = _name(path)
        if _EXPERT_LIKE.search(name):
            yield from _leaves(path, name, value, EXPERTS)
        elif not path.startswith(home):
            continue
        elif sounds_like_attention(name):
            yield from _leaves(path, name, value, ATTENTION)
        elif path == home + name and (what := _sounds_like(name, value)):
            yield Unread(path, name, value, what)


def _name(path: str) -> str:
    return path.rsplit(".", 1)[-1]


def _leaves(path: str, name: str, value: object, what: str) -> Iterator[Unread]:
    """A key about experts or attention; of an object all keys are, whatever their names."""
    if not isinstance(value, Mapping) or not value:
        yield Unread(path, name, value, what)
        return
    for inner, within in value.items():
        yield from _leaves(f"{path}.{inner}", f"{name}_{inner}", within, what)


def _sounds_like(name: str, value: object) -> str:
    """What a number or a list may mean that changes what is counted; empty if nothing."""
    words = words_of(name)
    if names_size(name, value):
        return SHAPE
    if is_gate_switch(name, value):
        return FFN
    numbers = type(value) is int or isinstance(value, list)
    if not numbers or is_nothing(value) or name == "intermediate_size":
        return ""
    if _OTHER_PARTS.search(words):
        return ""
    if _DENSE_LIKE.search(words):
        return DENSE
    return FFN if _FFN_LIKE.search(words) and _SIZE.search(words) else ""


def judge(
    keys: Collection[Unread], known: Mapping[str, frozenset[str]], counted: Counted | None
) -> Iterator[tuple[Unread, Verdict]]:
    """Give for each key whether it changes no number.

    Args:
        keys: Those that no adapter reads.
        known: The fields that keys of some names give.
        counted: What was read; None if the config is refused for something else.
    """
    steps: dict[str, int] = {}
    for key in keys:
        if (step := step_of(key.key, key.value)) > 1:
            steps.setdefault(key.inside, step)
    off = tuple(  # with ``use_cla: false``, ``cla_share_factor`` is not used
        f"{key.inside}{key.key.removeprefix('use_')}_"
        for key in keys
        if key.key.startswith("use_") and key.value is False
    )
    for key in keys:
        nothing = is_nothing(key.value)
        if key.what == ATTENTION and key.path.startswith(off):
            yield key, "harmless"
        elif key.what == ATTENTION:
            yield key, _of_attention(key, known, counted)
        elif not nothing and is_harmless(key.name, key.value):
            yield key, "harmless"
        elif compare := _comparison(key, known):
            verdict = _compared(compare, counted, steps.get(key.inside, 1))
            another = counted and key.what == SHAPE and may_be_another(key.key, counted)
            yield key, "idle" if another and verdict == "contradicting" else verdict
        else:
            yield key, "harmless" if nothing else "refused"


def _of_attention(
    key: Unread, known: Mapping[str, frozenset[str]], counted: Counted | None
) -> Verdict:
    if counted is None:
        return "open"
    changes = changes_attention(key.key, key.value, counted)
    switched = is_switch(key.key, known) and type(key.value) is bool
    if changes is None and (switched or not is_arithmetic(key.name, key.value)):
        compare = _comparison(key, known)
        if compare is None:
            return "harmless" if is_nothing(key.value) else "refused"
        changes = not compare(counted)
    return "contradicting" if changes else "harmless"


def _compared(compare: Comparison, counted: Counted | None, step: int) -> Verdict:
    if counted is None:
        return "open"
    return "harmless" if compare(replace(counted, step=step)) else "contradicting"


def _comparison(key: Unread, known: Mapping[str, frozenset[str]]) -> Comparison | None:
    if key.what == SHAPE:
        return lambda counted: same_size(key.key, key.value, counted)
    if key.what == FFN and _ORDINARY.fullmatch(words_of(key.key)):
        values = key.value if isinstance(key.value, list) else [key.value]
        return lambda counted: all(value in counted.widths for value in values)
    return comparison(key.key, key.value, known)
