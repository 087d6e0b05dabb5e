"""How an architecture's ``config.json`` is read: the vocabulary that adapters are written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from moe_report.schema.fields import FIELDS

REQUIRED: Any = object()
# Of routing and its training loss: they change which experts a token takes, not how many there are.
ROUTING = frozenset({
    "output_router_logits", "router_aux_loss_coef", "router_jitter_noise", "norm_topk_prob",
    "topk_group", "topk_method",
})  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What a value may be.

    Attributes:
        expected: In words.
        accepts: Whether a value is such; of a whole number the key says how large it must be.
    """

    expected: str
    accepts: Callable[[Any], bool]


def _list_of(item: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(type(part) is item for part in value)


_NUMBER = Kind("a whole number", lambda value: type(value) is int)
_FLAG = Kind("true or false", lambda value: type(value) is bool)
_KINDS: Mapping[str, Kind] = {
    "number": _NUMBER,
    "flag": _FLAG,
    "text": Kind("a text", lambda value: isinstance(value, str)),
    "numbers": Kind("a list of whole numbers", _list_of(int)),
    "texts": Kind("a list of texts", _list_of(str)),
}


@dataclass(frozen=True)
class Key:
    """One key that an adapter reads.

    Attributes:
        fields: The fields that its value gives; none if only the adapter's function looks at it.
        kind: What its value is.
        default: Its value where it is left out.
        nullable: Whether ``null`` is a value: that the model has no such part.
        minimum: Smallest number accepted.
    """

    fields: tuple[str, ...]
    kind: Kind
    default: Any = REQUIRED
    nullable: bool = False
    minimum: float = 1

    def accepts(self, value: object) -> bool:
        """Whether a value of the config is of this key's kind and not too small."""
        if value is None and self.nullable:
            return True
        return self.kind.accepts(value) and not (type(value) is int and value < self.minimum)

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        least = f" of at least {self.minimum:.0f}" if self.kind is _NUMBER else ""
        return self.kind.expected + least + (" or null" if self.nullable else "")


def is_count(value: object) -> bool:
    """Whether a value is a whole number of at least one."""
    return type(value) is int and value >= 1


def need(*fields: str) -> Key:
    """Return a key that must be there."""
    return may(REQUIRED, *fields)


def may(
    default: object, *fields: str, kind: str = "number", null: bool = False, minimum: float = 1
) -> Key:
    """Return a key that may be left out; with the default None it may also be ``null``.

    Args:
        default: Its value where it is left out.
        fields: The fields that its value gives; they know its kind and its minimum.
        kind: What its value is: ``number``, ``flag``, ``text``, ``numbers`` or ``texts``.
        null: Whether ``null`` is a value.
        minimum: Smallest number accepted.
    """
    of_kind = _KINDS[kind]
    if fields:
        of_kind = _FLAG if FIELDS[fields[0]].kind == "flag" else _NUMBER
        minimum = FIELDS[fields[0]].minimum
    return Key(fields, of_kind, default, null or default is None, minimum)


@dataclass
class Reading:
    """The values of one config while its adapter works on them.

    Attributes:
        values: What the adapter's keys say.
        given: The fields that the config itself gives, and not a default.
        defaults: The fields, and keys, whose value is the architecture's default.
        problems: Why the config is refused, if it is.
        notes: What a reader of the row should know.
        unknown: Fields that nothing tells, though most configs do: they stay out of the row.
        unclear: Fields that are missing whatever their defaults, each with why.
        untold: Widths that the config does not tell, each with the problem if a layer has it.
    """

    values: dict[str, Any] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    defaults: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    unclear: dict[str, str] = field(default_factory=dict)
    untold: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def refuse(self, key: str, why: str) -> None:
        """Record that a value is of the right kind and yet cannot be."""
        self.problems.append(f"key {key!r} {why}")

    def layers(self, key: str) -> int:
        """Return how many layers a list of layer numbers names."""
        layers = set(self[key])
        if not layers <= set(range(self["num_hidden_layers"])):
            self.refuse(key, f"names layers that the model's {self['num_hidden_layers']} lack")
        return len(layers)

    def one_per_layer(self, key: str) -> list[Any]:
        """Return a list that must have an item for each layer."""
        items: list[Any] = self[key]
        if len(items) != self["num_hidden_layers"]:
            self.refuse(key, f"has {len(items)} items for {self['num_hidden_layers']} layers")
        return items


@dataclass(frozen=True)
class Adapter:
    """How an architecture's config is read.

    Attributes:
        keys: By name. ``a|b`` are two spellings of one key, ``a.b`` is a key ``b`` in an object
            ``a``. A function finds the value under the last part of the first spelling.
        fixed: Fields that the architecture fixes.
        derive: What is more than a copy: gives fields, and parts that no field describes.
        irrelevant: Keys that sound like experts and change neither parameters nor FLOPs.
        section: The object in which the keys stand, where it is not the config itself.
        note: What is not counted, if something is not.
        flat: How a config is read that has no text part, where there are such.
        text_model: The ``model_type`` that the text part must have, where others are possible.
        by_text_model: How a config is read by that ``model_type``, where it decides.
        cache: Why its cache is not known; empty if the fields or ``derive`` tell it.
        untold_mtp: Whether published models have modules that predict further tokens (MTP) of
            which the config does not tell.
    """

    keys: Mapping[str, Key]
    fixed: Mapping[str, float] = field(default_factory=dict)
    derive: Callable[[Reading], Mapping[str, float]] | None = None
    irrelevant: frozenset[str] = frozenset()
    section: str = ""
    note: str = ""
    flat: Adapter | None = None
    text_model: str = ""
    by_text_model: Mapping[str, Adapter] = field(default_factory=dict)
    cache: str = ""
    untold_mtp: bool = False

    @cached_property
    def known_keys(self) -> frozenset[str]:
        """All keys that the adapter reads or knows to be irrelevant, with their paths."""
        read = {name for spellings in self.keys for name in spellings.split("|")}
        return self.irrelevant | ROUTING | read

    @cached_property
    def read_paths(self) -> frozenset[str]:
        """The paths of the keys that the adapter reads."""
        return frozenset(
            self.prefix + name for spellings in self.keys for name in spellings.split("|")
        )

    @cached_property
    def known_paths(self) -> frozenset[str]:
        """The paths of the keys that it reads or knows to be irrelevant; of routing anywhere."""
        return frozenset(self.prefix + key for key in self.known_keys) | ROUTING

    @property
    def prefix(self) -> str:
        """The path of its section, with a dot; empty if there is none."""
        return f"{self.section}." if self.section else ""

    @cached_property
    def home(self) -> str:
        """The path of the object in which the text model's keys stand, with a dot, or nothing."""
        before, dot, _ = next(iter(self.keys)).split("|")[0].rpartition(".")
        return self.prefix + before + dot

    @cached_property
    def objects(self) -> frozenset[str]:
        """The paths of the objects in which keys are read."""
        prefix = self.prefix
        found = {self.section} - {""}
        for path in self.known_keys:
            parts = (prefix + path).split(".")
            found |= {".".join(parts[:end]) for end in range(1, len(parts))}
        return frozenset(found)
