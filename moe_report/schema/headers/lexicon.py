"""A text taken apart into the concepts that its words stand for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from moe_report.schema.headers.text import WIDE, fold, plain
from moe_report.schema.headers.words import ABBREVIATIONS, COUNT, FOREIGN, NOISE, WORDS

COUNTED = "count"  # the concept of words that say no more than that something is counted

_LATIN_ENDINGS = ("", *"aoiesn", "as", "os", "es", "en", "er", "em", "te", "ten", "ter", "tes")
_CYRILLIC_ENDINGS = (
    "", *"аяыиуюейь", "ов", "ев", "еи", "ам", "ям", "ами", "ями", "ах", "ях", "ои", "ыи",
    "ии", "ая", "ое", "ее", "ые", "ие", "ых", "их", "ого", "ому", "ым", "ом",
    "ем", "ыми", "ую", "ия", "ию",
)  # fmt: skip
# What a word put together may have as a part although it is short.
_SHORT_PARTS = frozenset(
    ["kv", "ff", "qk", "num", "dim", "ffn", "moe", "mlp", "tok", "max", "len", "ctx", "seq", "top"]
)
_BOUND = re.compile(rf"[^\W{WIDE}]")
_WORD = re.compile(rf"[^\W_{WIDE}]+(?:\.\d+)*")


@dataclass(frozen=True)
class Word:
    """A word of a text, what it stands for, and whether the vocabulary has it."""

    text: str
    concepts: tuple[str, ...]
    known: bool


class Lexicon:
    """Words of many languages and their concepts.

    Args:
        more: Further concepts and their words, parted by commas: those of plugins.
    """

    def __init__(self, more: Mapping[str, str] | None = None) -> None:
        entries: dict[str, tuple[str, ...]] = {word: (word,) for word in entries_of(FOREIGN)}
        named = {concept for concepts in more or () for concept in concepts.split()}
        self.foreign = frozenset(entries) - named
        entries |= dict.fromkeys(entries_of(NOISE), ())
        entries |= dict.fromkeys(entries_of(COUNT), (COUNTED,))
        for concepts, words in (*WORDS.items(), *(more or {}).items()):
            entries |= {word: tuple(concepts.split()) for word in entries_of(words)}
        self._entries = entries
        self._long: dict[tuple[str, int], list[str]] = {}  # what a misspelt word may be
        for word, said in entries.items():
            if len(word) > 4 and word.isalpha() and said and not self.foreign & {*said}:
                self._long.setdefault((word[0], len(word)), []).append(word)
        lengths: dict[str, set[int]] = {}
        for word in entries:
            lengths.setdefault(word[0], set()).add(len(word))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}
        # Every registry has the same phrases, and columns their headers' words in common.
        self._known = lru_cache(4096)(self._taken_apart)

    def words(self, text: str) -> tuple[Word, ...]:
        """Return the words of a text in order, those that say nothing left out.

        >>> [word.concepts for word in Lexicon().words("每 token 激活的路由专家数")]
        [('per_token',), ('active',), ('routed',), ('expert',), ('count',)]
        """
        return self._known(text)

    def _taken_apart(self, text: str) -> tuple[Word, ...]:
        line = _normal(self._with_parted_words(_spelled_out(text)))
        found: list[Word] = []
        at = 0
        while at < len(line):
            entry = self._at(line, at)
            if entry:
                if self._entries[entry]:
                    found.append(Word(entry, self._entries[entry], True))
                at += len(entry)
                continue
            word = _WORD.match(line, at)
            if word:
                found += self._unknown(word[0])
                at = word.end()
            else:
                if line[at] != " ":
                    found.append(Word(line[at], (line[at],), False))
                at += 1
        return tuple(found)

    def near(self, word: str) -> tuple[str, ...]:
        """Return the concepts of the vocabulary's word that a misspelt one is nearest to."""
        if len(word) < 3 or not word.isalpha():
            return ()
        if len(word) < 5:  # of a short word all but the last letter must be there
            cut = (self._entries[word + end] for end in "eks" if word + end in self._entries)
            return next(cut, ())
        near = [
            entry
            for length in range(len(word) - 1, len(word) + 2)
            for entry in self._long.get((word[0], length), ())
        ]
        close = difflib.get_close_matches(word, near, n=1, cutoff=0.84)
        return self._entries[close[0]] if close else ()

    def _at(self, line: str, at: int) -> str:
        """Return the longest entry that stands at a place of a line, as a word of its own."""
        if at and _BOUND.match(line, at) and _BOUND.match(line, at - 1):
            return ""
        for length in self._lengths.get(line[at], ()):
            end = at + length
            entry = line[at:end]
            if entry in self._entries and not (
                end < len(line) and _BOUND.match(line, end) and _BOUND.match(entry, length - 1)
            ):
                return entry
        return ""

    def _unknown(self, word: str) -> Iterable[Word]:
        """Return the parts of a word that is one of several put together, else itself."""
        parts = self._parts(word, 0) if len(word) > 3 and word.isalpha() else None
        if parts is None:
            return [Word(word, (word,), False)]
        return self.words(" ".join(parts))  # which may be words of several: per token

    def _parts(self, word: str, at: int) -> list[str] | None:
        for end in range(len(word), at + 1, -1):
            part = word[at:end]
            short = len(part) < 4 and part not in _SHORT_PARTS
            if short or part not in self._entries or part == word:
                continue
            if end == len(word):
                return [part]
            for skipped in (0, 1):  # the s of Schichtsanzahl
                if skipped and word[end] not in "sn":
                    continue
                rest = self._parts(word, end + skipped)
                if rest is not None:
                    return [part, *rest]
        if not at and word[0] in "nd" and len(word) > 3:
            rest = self._parts(word, 1)
            if rest is not None:
                return [word[0], *rest]
        return None

    def _with_parted_words(self, text: str) -> str:
        """Part ``numExperts`` and ``TotalParamsB`` where a capital begins a word."""

        def part(match: re.Match[str]) -> str:
            word = match[0]
            folded = fold(word)
            if folded in self._entries or self._parts(folded, 0) is not None:
                return word
            parts = re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", word)
            known = all(fold(item) in self._entries or len(item) == 1 for item in parts)
            return " ".join(parts) if known else word

        return re.sub(r"[A-Za-z][A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*", part, text)


def _spelled_out(text: str) -> str:
    """Put the word where it is abbreviated with a point, or behind a #.

    >>> _spelled_out("Anz. Exp./tok"), _spelled_out("# exp")
    ('anzahl  expert /tok', '# expert')
    """

    def word(match: re.Match[str]) -> str:
        return ABBREVIATIONS.get(match[1].casefold(), match[1])

    text = re.sub(r"(?<![^\W_])([^\W\d_]{2,6})\.(?!\w)", lambda at: word(at) + " ", text).strip()
    return re.sub(r"(?<=#)( ?[^\W\d_]{2,6})(?!\w)", lambda at: _behind(at[1]), text)


def _behind(text: str) -> str:
    return " " + ABBREVIATIONS.get(text.strip().casefold(), text.strip())


def _normal(text: str) -> str:
    text = re.sub(r"\b([dl])['’`](?=\w)", r"\1e ", plain(text))
    text = re.sub(r"[_\-‐-―/\\.,:;'’\"“”()（）\[\]{}|・·~*+?!<>=&、。「」×]+", " ", text)
    return plain(text)


def entries_of(words: str) -> Iterable[str]:
    """Yield the words of an entry of the vocabulary as they are compared, with their endings."""
    for word in words.split(","):
        entry = " ".join(word.split())
        stem = entry.removesuffix("~")
        stem = fold(stem) if stem.isalnum() else _normal(stem) or stem
        if entry.endswith("~"):
            endings = _CYRILLIC_ENDINGS if "а" <= stem[0] <= "я" else _LATIN_ENDINGS
            yield from (stem + ending for ending in endings)
        elif entry:
            yield stem


@cache
def lexicon() -> Lexicon:
    """Return the vocabulary without any plugin's words."""
    return Lexicon()
