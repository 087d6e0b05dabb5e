"""Which phrase stands for which field, metric or assumption, and how surely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from moe_report.schema.assumptions import Assumption
from moe_report.schema.fields import FIELDS, Field
from moe_report.schema.headers.lexicon import COUNTED, Lexicon, lexicon
from moe_report.schema.headers.phrases import FIELD_PHRASES, SYMBOLS, expanded
from moe_report.schema.headers.text import folded, plain
from moe_report.schema.headers.words import DECISIVE, ELSEWHERE
from moe_report.schema.metrics import Metric
from moe_report.schema.parts import Part

Concepts = frozenset[str]

# What a phrase may have over a header that still resembles it.
_GENERAL = frozenset({"dim", "size"})
# Of an abbreviated name these words alone say too little: d_in, n_embd, compare_with.
_TOO_LITTLE = _GENERAL | {"rank", "embedding", "published", "input", "output", COUNTED}


_SIGNS = {10**3: "k", 10**6: "M", 10**9: "B", 10**12: "T", Decimal("0.01"): "%"}


@dataclass(frozen=True)
class Known:
    """What a header stands for.

    Attributes:
        name: The field, metric or assumption.
        unit: Its unit.
        field: The field, None for anything else.
        scale: What one of a cell's numbers is in that unit: 10**9 under "Total (B)".
        exact: 3 if the header is the name itself, 2 another wording, 1 the label, 0 if it only
            resembles one of these: how sure it is.
        kind: Whether it is a field, a metric or an assumption.
        counts: What of a model a metric counts, if that is a part in the engine's words.
    """

    name: str
    unit: str
    field: Field | None
    scale: int | Decimal = 1
    exact: int = 3
    kind: Literal["field", "metric", "assumption"] = "field"
    counts: Part | None = None

    @property
    def with_unit(self) -> str:
        """Its name, and the unit of its numbers if they are multiples: ``vocab_size (k)``."""
        sign = _SIGNS.get(self.scale, "") if self.unit in ("parameters", "tokens", "ratio") else ""
        return f"{self.name} ({sign})" if sign else self.name


@dataclass(frozen=True)
class Meaning:
    """What a phrase means, and whether for sure."""

    known: Known
    sure: bool

    @property
    def of_text(self) -> bool:
        """Whether it is a name or remark, which nothing counts and no word may be left out of."""
        return self.known.field is not None and self.known.field.kind == "text"


def _further_words(fields: Iterable[Field], lexicon: Lexicon) -> Concepts:
    """The words of sections' fields that the vocabulary lacks or has for what is none of ours."""
    spellings = (
        spelling
        for field in fields
        if field.name not in FIELDS
        for spelling in (field.name, field.label, *field.aliases)
    )
    words = (word for spelling in spellings for word in lexicon.words(spelling))
    return frozenset(
        one.text
        for one in words
        if len(one.text) > 2 and (not one.known or lexicon.foreign.issuperset(one.concepts))
    )


class Phrasebook:
    """All phrases, as the concepts of their words.

    Args:
        metrics: The metrics that may be typed in place of being computed, by name.
        assumptions: What metrics are computed for, by name.
        words: Further words of headers, by concept.
        fields: The fields, by name.
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        assumptions: Mapping[str, Assumption],
        words: Mapping[str, str],
        fields: Mapping[str, Field],
    ) -> None:
        further = _further_words(fields.values(), Lexicon(words) if words else lexicon())
        words = {**words, **{word: word for word in further}}
        self.lexicon: Lexicon = Lexicon(words) if words else lexicon()
        self.decisive: Concepts = DECISIVE | further
        self.elsewhere: Concepts = self.lexicon.foreign | ELSEWHERE
        self.names: dict[str, Known] = {}  # by name or alias as programs write it: with a _
        self.symbols: dict[str, Known] = {}
        self._concepts: dict[str, tuple[str, ...]] = {}
        self._phrases: dict[Concepts, dict[str, Meaning]] = {}
        self._parts: dict[Concepts, dict[str, Meaning]] = {}
        self._literal: dict[str, dict[str, Meaning]] = {}
        self._worded: dict[str, list[Concepts]] = {}  # the phrases of a field, by its name
        self._with: dict[str, list[Concepts]] = {}
        for field in fields.values():
            known = Known(field.name, field.unit, field)
            self._phrase(replace(known, exact=1), [field.label])
            phrases = (*FIELD_PHRASES.get(field.name, ()), *field.headers)
            self._add(known, (field.name, *field.aliases), phrases)
            for symbol in SYMBOLS.get(field.name, ()):
                self.symbols[symbol] = replace(known, exact=2)
        for metric in metrics.values():
            known = Known(metric.name, metric.unit, None, kind="metric", counts=metric.counts)
            # A label leaves out what its section says: "Attention" is its parameters or its FLOPs.
            self._phrase(replace(known, exact=1), [metric.label], sure=bool(metric.headline))
            self._add(known, (metric.name, *metric.aliases), metric.headers)
            if len(metric.symbol) > 2:
                self.symbols.setdefault(metric.symbol, replace(known, exact=2))
        for item in assumptions.values():
            known = Known(item.name, item.unit, None, kind="assumption")
            self._add(known, (item.name, item.label, *item.aliases), item.headers)
        for concepts in self._phrases:
            for concept in concepts & self.decisive:
                self._with.setdefault(concept, []).append(concepts)

    def _add(self, known: Known, spellings: Iterable[str], phrases: Iterable[str]) -> None:
        for at, spelling in enumerate(spellings):
            spelt = replace(known, exact=2 if at else 3)
            if "_" in spelling:
                self.names.setdefault(folded(spelling), spelt)
            if not _TOO_LITTLE.issuperset(self.concepts(spelling)):
                self._phrase(spelt, [spelling])
        for phrase in phrases:
            sign = phrase[: len(phrase) - len(phrase.lstrip("?/="))]
            stage = replace(known, exact=0 if "??" in sign else 2)
            if "=" in sign:
                meaning = Meaning(stage, "?" not in sign)
                text = plain(phrase[len(sign) :])
                self._literal.setdefault(text, {}).setdefault(known.name, meaning)
                continue
            for pieces in expanded(phrase[len(sign) :]):
                self._phrase(stage, pieces, sure="?" not in sign, part="/" in sign)

    def _phrase(
        self, known: Known, pieces: Iterable[str], *, sure: bool = True, part: bool = False
    ) -> None:
        found = {one for piece in pieces for one in self.concepts(piece)}
        concepts = frozenset(found - {COUNTED})
        if not concepts:
            return
        self._worded.setdefault(known.name, []).append(concepts)
        there = (self._parts if part else self._phrases).setdefault(concepts, {})
        before = there.get(known.name)
        if before is not None and sure and before.sure:
            known = max(before.known, known, key=lambda item: item.exact)
        there[known.name] = Meaning(known, sure)  # what is declared last, a ? among it, counts

    def concepts(self, text: str) -> tuple[str, ...]:
        """Return the concepts of a text's words, in their order; an unknown word is its own."""
        if text not in self._concepts:
            words = self.lexicon.words(text)
            self._concepts[text] = tuple(concept for word in words for concept in word.concepts)
        return self._concepts[text]

    def literal(self, text: str) -> list[Meaning]:
        """Return what stands for these very letters."""
        return list(self._literal.get(plain(text).replace("# ", "#"), {}).values())

    def meanings(self, concepts: Concepts, *, part: bool = False) -> list[Meaning]:
        """Return what a phrase of these concepts means, the surest first."""
        bare = concepts - {COUNTED}
        found = self._phrases.get(bare, {})
        if part and bare in self._parts:
            found = self._parts[bare]
        meanings = [item for item in found.values() if bare == concepts or not item.of_text]
        return sorted(meanings, key=lambda item: (not item.sure, -item.known.exact))

    def within(self, concepts: Concepts, known: Known) -> bool:
        """Whether some phrase of a field says all this, and perhaps more."""
        bare = concepts - {COUNTED}
        return bool(bare) and any(bare <= phrase for phrase in self._worded[known.name])

    def resembling(self, concepts: Concepts) -> list[Known]:
        """Return what has most in common with these concepts, a decisive one among them."""
        near: dict[str, tuple[float, Known]] = {}
        for concept in concepts & self.decisive:
            for phrase in self._with.get(concept, ()):
                alike = len(phrase & concepts) / len(phrase | concepts)
                if alike < 0.5 or not phrase - concepts <= _GENERAL:
                    continue
                for meaning in self._phrases[phrase].values():
                    if meaning.of_text or not meaning.sure:
                        continue
                    rank = alike + 0.01 * meaning.known.exact
                    if rank > near.get(meaning.known.name, (0.0,))[0]:
                        near[meaning.known.name] = (rank, meaning.known)
        ordered = sorted(near.values(), key=lambda item: -item[0])
        return [known for _, known in ordered[:3]]
