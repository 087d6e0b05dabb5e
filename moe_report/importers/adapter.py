"""How an architecture's ``config.json`` is read: the vocabulary that adapters are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from moe_report.schema.fields import FIELDS

Kind = Literal["number", "flag", "text", "numbers", "texts"]
REQUIRED: Any = object()
_EXPECTED: Mapping[Kind, str] = {
    "number": "a whole number",
    "flag": "true or false",
    "text": "a text",
    "numbers": "a list of whole numbers",
    "texts": "a list of texts",
}
# Of routing and its training loss: they change which experts a token takes, not how many there are.
_IRRELEVANT = frozenset({
    "output_router_logits", "router_aux_loss_coef", "router_jitter_noise", "norm_topk_prob",
    "topk_group", "topk_method",
})  # fmt: skip


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
        if value is None:
            return self.nullable
        if self.kind in ("numbers", "texts"):
            item = int if self.kind == "numbers" else str
            return isinstance(value, list) and all(type(part) is item for part in value)
        if self.kind == "number":
            return type(value) is int and value >= self.minimum
        return type(value) is (bool if self.kind == "flag" else str)

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        least = f" of at least {self.minimum:.0f}" if self.kind == "number" else ""
        return _EXPECTED[self.kind] + least + (" or null" if self.nullable else "")


def _key(fields: tuple[str, ...], kind: Kind, default: Any, null: bool, minimum: float) -> Key:
    if fields:
        kind = "flag" if FIELDS[fields[0]].kind == "flag" else "number"
        minimum = FIELDS[fields[0]].minimum
    return Key(fields, kind, default, null or default is None, minimum)


def need(*fields: str) -> Key:
    """Return a key that must be there."""
    return _key(fields, "number", REQUIRED, False, 1)


def may(
    default: object, *fields: str, kind: Kind = "number", null: bool = False, minimum: float = 1
) -> Key:
    """Return a key that may be left out; with the default None it may also be ``null``."""
    return _key(fields, kind, default, null, minimum)


@dataclass
class Reading:
    """The values of one config while its adapter works on them.

    Attributes:
        values: What the adapter's keys say.
        problems: Why the config is refused, if it is.
        notes: What a reader of the row should know.
        unknown: Fields that nothing tells, though most configs do: they stay out of the row.
    """

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

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
        derive: What is more than a copy: gives fields, or metrics that count as typed.
        irrelevant: Keys that sound like experts and change neither parameters nor FLOPs.
        section: The object in which the keys stand, where it is not the config itself.
        note: What is not counted, if something is not.
        flat: How a config is read that has no text part, where there are such.
        text_model: The ``model_type`` that the text part must have, where others are possible.
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
    untold_mtp: bool = False

    def known_keys(self) -> Iterator[str]:
        """All keys that the adapter reads or knows to be irrelevant, with their paths."""
        for spellings in self.keys:
            yield from spellings.split("|")
        yield from self.irrelevant | _IRRELEVANT
