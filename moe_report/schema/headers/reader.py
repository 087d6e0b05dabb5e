"""What the text of a header means, with its unit: one phrase, or several in one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from moe_report.schema.headers.lexicon import Word
from moe_report.schema.headers.phrasebook import Concepts, Known, Meaning, Phrasebook
from moe_report.schema.headers.text import folded, plain, undressed
from moe_report.schema.headers.units import BRACKETS, Unit, trailing_unit, unit_in
from moe_report.schema.headers.values import Reading
from moe_report.schema.headers.words import HELD, PATHS, REMARKS

_SEPARATOR = re.compile(r"\s*[/／×|+&、;]\s*|\s*,\s+|\s+(?:and|x|vs|und|et|y|e|и|và)\s+|[与和及と]")
_EACH = re.compile(r"(.+?)\s*[/／]\s*([^/／()\[\]]*[^\W\d_s])(?:\s*([(\[].*))?", re.DOTALL)
_EACH_OF = ("token", "layer", "head", "expert", "parameter")
_REMARK = re.compile("|".join(plain(word) for word in REMARKS.split(",")))
_NOUNS = ("parameter", "layer", "expert", "head", "dim", "size", "rank", "flop", "length", "inter")
_OF_EXPERTS = frozenset(
    ["total", "active", "routed", "shared", "selected", "topk", "moe", "count", "per_token"]
)
_WITH_TOP_K = re.compile(r"(.+?)\s*[(\[]\s*top[-_ ]?k\s*[)\]]", re.IGNORECASE)
_SHARE = "share"
PATH = re.compile(rf"(?:(?:{PATHS})[./])+([^\W\d][\w.]*)", re.IGNORECASE)
_BESIDE = frozenset({"including", "without"})
# What says nothing beside others: "Model layers", "LLM hidden size (decoder)".
_IDLE = frozenset({"model"})


class TextReader:
    """Reads the texts of headers, by the phrases of a book."""

    def __init__(self, book: Phrasebook) -> None:
        self._book = book

    def read(self, header: str, below: Unit | None) -> Reading:
        """Return what a header means, in the unit that it gives or that stands below it."""
        text, symbol = undressed(header)
        text = f"{symbol} {text}" if BRACKETS.fullmatch(text) else text or symbol
        if (path := PATH.fullmatch(text)) and (last := self._last(path[1], below)).known:
            return last
        known = self._book.names.get(folded(text)) if "_" in text else None
        known = known or self._book.symbols.get(text.removeprefix("#").strip())
        if known is not None and below and (meant := _in_unit([Meaning(known, True)], below)):
            return _decided(header, meant, "its name", decisive=True)
        if known is not None:
            return Reading(header, (known,), why="its name", decisive=len(text) > 1)
        if literal := self._book.literal(text):
            return _decided(header, literal, "these letters", decisive=False)
        if (pair := self._with_top_k(text)) is not None:
            return pair
        rest, unit = unit_in(text)
        named = self._book.symbols.get(rest) if unit and "_" in rest else None
        if named and (meant := _in_unit([Meaning(named, True)], unit)):
            return _decided(header, meant, "its name", decisive=True)
        sure = [item for item in self._book.literal(rest) if item.sure] if unit else []
        if literal := _in_unit(sure, unit):
            return _decided(header, literal, "these letters", decisive=False)
        if (each := self._each(rest, unit or below)) is not None:
            return each
        several = self._composite(rest, unit or below)
        if several is not None and several.known and several.decisive:
            return several
        whole = self._phrase(rest, unit or below)
        if whole.known:
            other = {item.name for item in several.candidates} if several else set()
            if several is None or other <= {item.name for item in whole.known}:
                return whole
            return asked(several, (*whole.known, *several.candidates), several.why)
        if several is not None and several.known and not whole.candidates:
            return several
        again = self._said_again(rest)
        if again is not None and (meant := _in_unit([again], unit)):
            return _decided(text, meant, "said again in brackets", decisive=True)
        if unit is None:
            shorter, behind = trailing_unit(rest)
            if behind is not None and (found := self._phrase(shorter, behind)).known:
                return found
        if several is None and (beside := self._in_brackets(rest, unit or below)) is not None:
            return beside
        if several is not None:
            parts = (*whole.candidates, *several.known, *several.candidates)
            return replace(asked(several, parts, several.why), together=several.known)
        return whole

    def _with_top_k(self, text: str) -> Reading | None:
        """Return what "Experts (top-k)" means: both if the cells are pairs; else None."""
        match = _WITH_TOP_K.fullmatch(text)
        outside = self.read(match[1], None).known if match else ()
        chosen = self._book.names.get(folded("top_k"))
        if len(outside) != 1 or chosen is None or outside[0].name != "num_experts":
            return None
        both = (outside[0], chosen)
        return Reading(text, candidates=both, why="experts and top-k", together=both, decisive=True)

    def _last(self, path: str, below: Unit | None) -> Reading:
        """Return what "attention.q_lora_rank" means, whose last part may be a name."""
        first, _, last = path.rpartition(".")
        whole = self.read(path, below)
        if whole.known or not first or self._is_elsewhere(first):
            return whole
        return self.read(last, below) if folded(last) in self._book.names else whole

    def _each(self, text: str, unit: Unit | None) -> Reading | None:
        """Return what a header means whose slash says "per": "Experts/token"; else None."""
        match = _EACH.fullmatch(text)
        behind = self._book.concepts(match[2]) if match else ()
        if match is None or len(behind) != 1 or behind[0] not in _EACH_OF:
            return None
        found = self._phrase(f"{match[1]} per {behind[0]} {match[3] or ''}", unit)
        if found.known or found.candidates:
            return found
        both = self._composite(text, unit)
        if both is None or not both.known:
            return Reading(text, why=f"per {behind[0]}")
        return replace(asked(both, both.known, "per or and"), together=both.known)

    def _phrase(self, text: str, unit: Unit | None, *, part: bool = False) -> Reading:
        """Return what a text means as one phrase."""
        words = self._book.lexicon.words(text)
        concepts = frozenset(one for word in words for one in word.concepts)
        outside = BRACKETS.sub(" ", text)
        tries = [concepts]
        if unit is not None and unit.kind == "ratio":
            tries = [concepts | {_SHARE}, concepts, concepts - {_SHARE}]
        whole = tuple(tries)
        if apart := self._named_and_more(text, outside, concepts):
            return apart
        tries += [one - _IDLE for one in tries if one - _IDLE]
        if outside != text and (bare := frozenset(self._book.concepts(outside))):
            inside = concepts - bare - {"including"}
            if not inside & self._book.elsewhere and self._is_remark(text, bare):
                tries.append(bare)
                whole += (bare,)
        refused = None
        for one in tries:
            found = self._book.meanings(one, part=part)
            if one not in whole:  # a text with a word left out is another text
                found = [item for item in found if not item.of_text]
            if not found:
                continue
            decisive = bool(one & self._book.decisive)
            fitting = _in_unit(found, unit)
            if not fitting and unit is not None and unit.may_be_symbol:
                fitting = [Meaning(item.known, _is_symbol(unit, item.known)) for item in found]
            if fitting:
                said = " ".join(sorted(one))
                return _decided(text, fitting, said, decisive=decisive)
            refused = refused or _refused(text, found, unit)
        if refused is not None:
            return refused
        return self._resembling(text, words, concepts, unit)

    def _named_and_more(self, text: str, outside: str, concepts: Concepts) -> Reading | None:
        """Return what "Model (params)" may be, whose brackets hold more than the text before."""
        bare = frozenset(self._book.concepts(outside))
        texts = [item for item in self._book.meanings(bare) if item.of_text and item.sure]
        if not texts or bare == concepts:
            return None
        more = self._book.meanings(concepts)
        if not more or {item.known.name for item in more} <= {item.known.name for item in texts}:
            return None
        known = tuple(item.known for item in (*texts, *more))
        return Reading(text, candidates=known, why="one, or both", decisive=True)

    def _signs(self, inside: str) -> Sequence[str]:
        """Return the symbols of "Experts (k/E)", where brackets hold symbols alone."""
        signs = [sign for sign in _SEPARATOR.split(inside.strip()) if sign]
        return signs if all(sign in self._book.symbols for sign in signs) else ()

    def _is_remark(self, text: str, bare: Concepts) -> bool:
        """Whether brackets only say again what stands before them: a symbol, a second name."""
        for inside in BRACKETS.findall(text):
            said = frozenset(self._book.concepts(inside))
            again = {item.known.name for item in self._book.meanings(said)}
            symbol = self._book.symbols.get(inside.strip())
            again |= {symbol.name} if symbol else set()
            meant = self._book.meanings(bare)
            again &= {item.known.name for item in meant}
            counted = any(said <= {*self._book.concepts(item.known.unit)} for item in meant)
            if "including" in said and said - bare & HELD:
                return False
            sign = len(inside.strip()) == 1 or bool(self._signs(inside))
            explained = sign or "=" in inside or _REMARK.search(plain(inside))
            if not (explained or said <= bare or again or counted):
                return False
        return True

    def _resembling(
        self, text: str, words: Sequence[Word], concepts: Concepts, unit: Unit | None
    ) -> Reading:
        """Return what a text may mean of which some words are not understood."""
        book = self._book
        if concepts & _BESIDE and (beside := self._beside(text, words, unit)) is not None:
            return beside
        if other := concepts & book.elsewhere:
            return Reading(text, why=f"{min(other)!r} is something else")
        if unit is not None and unit.kind == "other":
            return Reading(text, why=f"in {unit.written}")
        unknown = [word for word in words if not word.known]
        misspelt = all(book.lexicon.near(word.text) for word in unknown)
        if (len(unknown) > 1 and not misspelt) or any(
            re.search(r"\d", word.text) for word in unknown
        ):
            return Reading(text, why="not understood: " + ", ".join(one.text for one in unknown))
        understood = frozenset(one for word in words if word.known for one in word.concepts)
        meant = understood.union(*(book.lexicon.near(word.text) for word in unknown))
        why = "not understood: " + ", ".join(word.text for word in unknown)
        for one in dict.fromkeys((meant, understood, understood - _IDLE)):
            found = [item for item in book.meanings(one) if item.sure and not item.of_text]
            if not one & book.decisive:
                continue
            if fitting := _in_unit([_only_alike(item.known) for item in found], unit):
                return _decided(text, fitting, why, decisive=True)
        alike = [_only_alike(known) for known in book.resembling(meant - _IDLE)]
        if alike:
            return _decided(text, _in_unit(alike, unit), "resembles", decisive=True)
        return Reading(text, why=why if unknown else "no field is worded so")

    def _beside(self, text: str, words: Sequence[Word], unit: Unit | None) -> Reading | None:
        """Return what "Experts incl. shared" may be: one with a part or without; else None."""
        outside = BRACKETS.sub(" ", text)
        head = {*self._book.concepts(outside)}
        if head & _BESIDE:
            marks = [at for at, word in enumerate(words) if _BESIDE & {*word.concepts}]
            head = {one for word in words[: marks[0]] for one in word.concepts}
        tail = {one for word in words for one in word.concepts} - head - _BESIDE
        if not head or not tail & HELD:
            return None
        found = [_only_alike(item.known) for item in self._book.meanings(frozenset(head))]
        if fitting := _in_unit(found, unit):
            return _decided(text, fitting, "with or without a part", decisive=True)
        return None

    def _composite(self, text: str, unit: Unit | None) -> Reading | None:
        """Return what the parts of a header mean, as in "Params (total / active)"; else None."""
        parts = _parts(text)
        if (match := BRACKETS.search(text)) and (signs := self._signs(match[1])):
            outside = BRACKETS.sub(" ", text)
            parts = list(signs) if self._phrase(outside, unit).known else []
        if len(parts) < 2:
            return None
        nouns = [noun for part in (parts[-1], parts[0]) for noun in self._nouns(part)]
        found = [self._part(part, nouns, unit) for part in parts]
        known = tuple(item for one in found for item in one.known[:1])
        names = {item.name for item in known}
        unclear = [part for part, one in zip(parts, found, strict=True) if not one.known]
        if len(known) == len(parts) == len(names):
            decisive = any(one.decisive for one in found)
            return Reading(text, known, why="several", decisive=decisive)
        odd = sum(not word.known for word in self._book.lexicon.words(text))
        counts = any(one.decisive for one in found if one.known)
        if counts and odd < 2 and not any(self._is_elsewhere(part) for part in unclear):
            perhaps = (item for one in found for item in one.known or one.candidates)
            return asked(found[0], tuple(perhaps), "one of several is not understood")
        return None

    def _said_again(self, text: str) -> Meaning | None:
        """Return what "Width (d_model)" and "k (active)" mean, where one part is sure; else None.

        The other part must be words of its phrases that mean nothing else.
        """
        match = BRACKETS.search(text)
        if match is None or BRACKETS.search(text, match.end()):
            return None
        outside = f"{text[: match.start()]} {text[match.end() :]}".strip()
        for part, other in ((match[1].strip(), outside), (outside, match[1].strip())):
            known = self._book.symbols.get(part) or self._book.names.get(folded(part))
            if known is None and part != outside:
                inside = self._phrase(part, None)
                known = inside.known[0] if len(inside.known) == 1 and inside.decisive else None
            said = frozenset(self._book.concepts(other))
            if known is None or known.kind == "assumption" or not self._book.within(said, known):
                continue
            alone = self._phrase(other, None)
            if not alone.decisive or known.name in {item.name for item in alone.known or (known,)}:
                return Meaning(replace(known, exact=2), True)
        return None

    def _in_brackets(self, text: str, unit: Unit | None) -> Reading | None:
        """Return what "Total params (active)" means: two of a kind, one in brackets; else None."""
        match = BRACKETS.search(text)
        if match is None:
            return None
        outside = self._phrase(f"{text[: match.start()]} {text[match.end() :]}", unit)
        inside = self._part(match[1], self._nouns(text), unit)
        first = outside.known or tuple(item for item in outside.candidates[:1] if item.exact)
        known = (*first, *inside.known)
        if len(known) != 2 or known[0].name == known[1].name or known[0].unit != known[1].unit:
            return None
        if outside.known:
            return Reading(text, known, why="several", decisive=True)
        return replace(asked(outside, known, "one, or both"), together=known)

    def _part(self, part: str, nouns: Sequence[str], unit: Unit | None) -> Reading:
        if symbol := self._book.symbols.get(part):
            return Reading(part, (symbol,), decisive=True)
        alone = self._phrase(part, unit, part=True)
        if alone.known and (alone.decisive or alone.of_text):
            return alone
        if not self._nouns(part):
            concepts = {*self._book.concepts(part)}
            for noun in nouns:
                if noun == "expert" and not concepts <= _OF_EXPERTS:
                    continue  # the MLP of "MLP / experts" is none of theirs
                found = self._phrase(f"{part} {noun}", unit)
                if found.known:
                    return found
        return alone

    def _nouns(self, text: str) -> list[str]:
        """Return what a part of a header counts, which the others may leave out."""
        concepts = self._book.concepts(text)
        return [one for one in reversed(concepts) if one in _NOUNS]

    def _is_elsewhere(self, text: str) -> bool:
        concepts = self._book.concepts(undressed(text)[0])
        return bool(self._book.elsewhere & {*concepts})


def _parts(text: str) -> list[str]:
    """Return the parts of a header that names several: those in its brackets, or of the whole."""
    for match in BRACKETS.finditer(text):
        inner = [part for part in _SEPARATOR.split(match[1]) if part.strip()]
        if len(inner) > 1:
            around = f"{text[: match.start()]} {text[match.end() :]}"
            return [f"{around.strip()} {part}" for part in inner]
    return [part.strip() for part in _SEPARATOR.split(text) if part and part.strip()]


def _only_alike(known: Known) -> Meaning:
    return Meaning(replace(known, exact=0), False)


def _is_symbol(unit: Unit, known: Known) -> bool:
    """Whether a unit's letter is surely a symbol, as in "Top-k (k)", and so no unit."""
    own = known.field is not None and known.field.symbol.casefold() == unit.written.casefold()
    return own or unit.kind != "count"


def _in_unit(found: Iterable[Meaning], unit: Unit | None) -> list[Meaning]:
    """Return those meanings whose numbers can be in a unit, scaled by it."""
    if unit is None:
        return list(found)
    fitting = []
    for item in found:
        scale = unit.of(item.known.unit)
        if scale is not None:
            billions = unit.kind == "count" and unit.scale >= 10**6 and not unit.letter
            sure = item.sure or (billions and item.known.exact > 0) or item.known.exact == 1
            fitting.append(Meaning(replace(item.known, scale=scale), sure))
    return fitting


def _refused(text: str, found: Sequence[Meaning], unit: Unit | None) -> Reading:
    """Return what to do with a header whose unit is not that of what it names."""
    assert unit is not None
    if unit.kind != "count":
        return Reading(text, why=f"in {unit.written}")
    known = tuple(item.known for item in found)
    return Reading(text, candidates=known, why=f"counts no {unit.written}", decisive=True)


def _decided(text: str, found: Sequence[Meaning], why: str, *, decisive: bool) -> Reading:
    """Return the one thing that is meant for sure, else everything that may be."""
    sure = [item for item in found if item.sure]
    if sure:  # a label of a metric leaves out what its section says, and gives way
        found = [item for item in found if item.sure or item.known.exact > 1]
    known = tuple(item.known for item in found)
    best = [item for item in sure if item.known.exact >= 2] or sure
    if len(best) == 1 and len(found) == len(sure):
        return Reading(text, (best[0].known,), why=why, decisive=decisive)
    return Reading(text, candidates=known, why=why, decisive=decisive)


def asked(reading: Reading, candidates: Sequence[Known], why: str) -> Reading:
    """Return a reading that is asked about: what it may be, and why."""
    unique = {item.name: item for item in candidates}
    return replace(reading, known=(), candidates=tuple(unique.values()), why=why)
