"""What the values of a column say of its header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.headers.text import plain, undressed
from moe_report.schema.headers.units import unit_of
from moe_report.schema.numerals import numbers_in


@dataclass(frozen=True)
class Reading:
    """What a header may stand for.

    Attributes:
        header: As it stands in the cell.
        known: What it surely is: one; several for a composite, in the order written.
        candidates: What it may be, the likeliest first, where ``known`` is empty.
        why: A few words on what decided.
        together: What it is, where ``known`` is empty, if its cells hold several: "671B / 37B".
        decisive: Whether it says what it counts: "Experts" does, "Total" does not.
    """

    header: str
    known: tuple[Known, ...] = ()
    candidates: tuple[Known, ...] = ()
    why: str = ""
    together: tuple[Known, ...] = ()
    decisive: bool = False

    @property
    def of_text(self) -> bool:
        """Whether it is surely a name, an architecture, a source or a remark."""
        return any(item.field and item.field.kind == "text" for item in self.known)

    @property
    def state(self) -> Literal["read", "ask", "carried"]:
        """Whether the column is read, must be asked about, or is carried along."""
        return "read" if self.known else "ask" if self.candidates else "carried"


Value = Literal[
    "", "no", "text", "architecture", "flag", "link", "number", "parameters", "count", "percent",
    "factor", "fraction", "ratio", "byte", "other", "several",
]  # fmt: skip

_MANY = 10**7  # nothing else of a model is as many as parameters
_LONGEST = 200  # letters of a value that tell what it is
_ENOUGH = 50  # values of a column tell what it is; all the others say it again

_MISSING = {
    "", "-", "--", "—", "–", "n/a", "na", "none", "null", "?", "tbd", "unknown", "undisclosed",
    "same", "varies", "unpublished", "not disclosed", "未公开", "未公開", "不明", "비공개",
    "미공개", "=", "n.a.", "nan",
}  # fmt: skip
_YES = {
    "yes", "true", "y", "是", "有", "あり", "예", "있음", "ja", "oui",
    "si", "sim", "да", "co", "evet",
}  # fmt: skip
_NO = {
    "no", "false", "n", "否", "无", "無", "なし", "아니오", "없음", "nein",
    "non", "nao", "нет", "khong",
    "×", "x", "hayir",
}  # fmt: skip
_ARCHITECTURE = re.compile(
    r"\b(?:moe|mixture|dense|transformer|mamba|hybrid|decoder|sparse)|稠密|稀疏|混合|密集"
)
_NUMBER = r"[+-]?\d[\d,.'’\u00a0\u202f ]*(?:e[+-]?\d+)?"
_APPROX = r"(?:[~≈≤≥<>+±]|ca\.?|about|approx\.?|约|約|약|up to|hasta|bis|до)*\s*"
_FORMULA = re.compile(r"\$([^$]*\d[^$]*)\$")
_PAIR = re.compile(r"[^/|×]*\d[^/|×]*[/|×][^/|×]*\d[^/|×]*|[^()]*\d[^()]*\([^()]*\d[^()]*\)")
_TEXTS: tuple[Value, ...] = (
    "text", "architecture", "link", "several", "number", "parameters", "count", "factor",
)  # fmt: skip
_ACCEPTED: Mapping[str, tuple[Value, ...]] = {
    "ratio": ("percent", "fraction", "factor", "ratio", "number", "several"),
    "parameters": ("number", "parameters", "count", "several"),
    "FLOP": ("number", "parameters", "count", "several"),
    "MAC": ("number", "parameters", "count", "several"),
    "byte": ("number", "byte", "several"),
    "tokens": ("number", "count", "parameters", "several"),
}
_COUNTED = (
    "token",
    "tok",
    "トークン",
    "토큰",
    "个",
    "個",
    "개",
    "layers",
    "heads",
    "experts",
    "dims",
)
_VALUE = re.compile(rf"{_APPROX}({_NUMBER})\s*(.*)")


@dataclass(frozen=True)
class Seen:
    """What a cell's value looks like: its kind, its number if it is one alone, "8 / 64" or not."""

    kind: Value
    number: float | None = None
    pair: bool = False


def seen_in(value: object) -> Seen:
    """Return what a cell's value looks like; of no kind if it is missing.

    >>> [seen_in(value).kind for value in (8, "~671B", "3.56 GiB", "28%", "4:1", "MoE", "n/a")]
    ['number', 'parameters', 'byte', 'percent', 'ratio', 'architecture', '']
    """
    if isinstance(value, bool):
        return Seen("flag")
    if isinstance(value, (int, float)):
        return Seen("fraction" if 0 < abs(value) < 1 else "number", float(value))
    return _seen_in_text("" if value is None else str(value)[:_LONGEST])


@lru_cache(maxsize=4096)
def _seen_in_text(text: str) -> Seen:
    if "://" in text or "](" in text:
        return Seen("link")
    if not (text.isascii() and text.replace(".", "").replace(" ", "").isalnum()):
        text = undressed(_FORMULA.sub(r"\1", text))[0] or text
    text = plain(text)
    if text in _MISSING:
        return Seen("")
    if text in _NO or text[0] in "✗✘":
        return Seen("no")
    if text in _YES or text[0] in "✓✔√":
        return Seen("flag")
    pair = bool(_PAIR.fullmatch(text))
    if match := _VALUE.fullmatch(text):
        kind = _kind_of_rest(match[2])
        return Seen(kind, _number(match[1]) if kind == "number" else None, pair)
    if text[0] in "$€¥£":
        return Seen("other")
    if _ARCHITECTURE.search(text):
        return Seen("architecture")
    return Seen("several" if re.search(r"(?:^|[^a-z])\d", text) else "text", pair=pair)


def _number(text: str) -> float | None:
    """Return the number that a text is, a point parting decimals; None if it is none alone."""
    numbers = numbers_in(text).numbers
    values = numbers[0].values(".") if len(numbers) == 1 else ()
    return float(values[0]) if values else None


def _kind_of_rest(rest: str) -> Value:
    """Return of which kind a number is by what stands behind it."""
    if not rest:
        return "number"
    if re.match(r"[x×](?!\s*\d)", rest):
        return "factor"
    if re.match(r":\s*\d", rest):
        return "ratio"
    if rest[0] in "%$€¥£":
        return "percent" if rest[0] == "%" else "other"
    word = re.match(r"[^\s\d()\[\],;+*~/]+(?:/s\b)?", rest)
    unit = unit_of(word[0]) if word else None
    if unit is None:
        one = word is not None and word[0].startswith(_COUNTED) and not re.search(r"\d", rest)
        return "count" if one else "several"
    if unit.kind == "count":
        return "parameters" if unit.scale >= 10**6 else "count"
    return "byte" if unit.kind == "byte" else "percent" if unit.kind == "ratio" else "other"


def decide(reading: Reading, values: Sequence[object]) -> Reading:
    """Return a reading narrowed by the values of its column.

    What cannot be, by its values, is no longer read but asked about; of several candidates one is
    read only if its values say so in words or units, and none if no candidate fits.
    """
    some = values[:: len(values) // _ENOUGH + 1]
    seen = [one for value in some if (one := seen_in(value)).kind]
    if reading.state == "carried" or not seen:
        return reading
    kinds: Counter[Value] = Counter(one.kind for one in seen)
    why = "its values are " + " and ".join(kind for kind, _ in kinds.most_common(2))
    if reading.known:
        # What a weak word such as "Total" counts must at least be as many.
        weak = not reading.decisive and reading.known[0].unit == "parameters"
        if len(reading.known) > 1 or _fits(reading.known[0], seen, asked=weak):
            return reading
        return replace(reading, known=(), candidates=reading.known, why=why)
    if reading.together and all(one.pair for one in seen):
        return replace(reading, known=reading.together, candidates=(), why="its values are pairs")
    fitting = tuple(known for known in reading.candidates if _fits(known, seen, asked=True))
    told = tuple(known for known in fitting if known.exact and _says(known, kinds, seen))
    if len(told) == 1 and (len(fitting) == 1 or len(seen) > 1):
        return replace(reading, known=told, candidates=(), why=why)
    return replace(reading, candidates=fitting, why=reading.why if fitting else why)


def _fits(known: Known, seen: Sequence[Seen], *, asked: bool) -> bool:
    """Whether one value at least may be one of it; what is surely a field may have odd values."""
    accepted = _accepted(known)
    if not asked:
        no = all(one.kind == "no" for one in seen)
        return no or any(one.kind in accepted for one in seen)
    if known.name == "model_type":
        return any(one.kind == "architecture" for one in seen)
    return any(one.kind in accepted and _within(known, one) for one in seen)


def _within(known: Known, one: Seen) -> bool:
    """Whether a plain number is within a field's bounds."""
    if one.number is None:
        return True
    number = one.number * float(known.scale)
    if known.field is None:
        return known.unit != "parameters" or number > 0  # perhaps billions without their unit
    return known.field.kind in ("flag", "text") or not known.field.refusal(number)


def _accepted(known: Known) -> tuple[Value, ...]:
    if known.field is not None and known.field.kind == "text":
        return _TEXTS
    if known.field is not None and known.field.maximum <= 2:  # a flag, or nearly one
        return ("flag", "no", "number", "text", "several")
    if known.unit == "parameters" and known.scale != 1:  # 0.1 billions
        return (*_ACCEPTED["parameters"], "fraction")
    return _ACCEPTED.get(known.unit.split("/")[0], ("number", "count", "several", "ratio"))


def _says(known: Known, kinds: Counter[Value], seen: Sequence[Seen]) -> bool:
    """Whether nearly all values say in units or words that they are of it."""
    if known.unit == "parameters":
        large = sum(one.number is not None and one.number >= _MANY for one in seen)
        return (kinds["parameters"] + large) * 3 >= len(seen) * 2
    return known.name == "model_type" and kinds["architecture"] == len(seen)
