"""What the values of a column say of its header."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from moe_report.schema.header_phrasebook import Known
from moe_report.schema.header_text import plain, undressed
from moe_report.schema.header_units import unit_of

@dataclass(frozen=True)
class Reading:
    """What a header may stand for.

    Attributes:
        header: As it stands in the cell.
        known: What it surely is: one; several for a composite, in the order written.
        candidates: What it may be, the likeliest first, where ``known`` is empty.
        why: A few words on what decided.
        decisive: Whether it says what it counts: "Experts" does, "Total" does not.
    """

    header: str
    known: tuple[Known, ...] = ()
    candidates: tuple[Known, ...] = ()
    why: str = ""
    decisive: bool = False

    @property
    def state(self) -> Literal["read", "ask", "carried"]:
        """Whether the column is read, must be asked about, or is carried along."""
        return "read" if self.known else "ask" if self.candidates else "carried"


Value = Literal[
    "", "text", "architecture", "flag", "link", "number", "parameters", "count", "percent", "factor",
    "fraction", "ratio", "byte", "other", "several",
]  # fmt: skip

_MISSING = {
    "", "-", "--", "—", "–", "n/a", "na", "none", "null", "?", "tbd", "unknown", "undisclosed", "same",
    "varies", "unpublished", "not disclosed", "未公开", "未公開", "不明", "비공개", "미공개", "=", "n.a.", "nan",
}  # fmt: skip
_FLAGS = {
    "yes", "no", "true", "false", "✓", "✗", "✔", "✘", "√", "×", "x", "是", "否", "有", "无", "あり", "なし",
    "예", "아니오", "ja", "nein", "oui", "non", "si", "sim", "nao", "да", "нет", "co", "khong",
}  # fmt: skip
_ARCHITECTURE = re.compile(r"\b(?:moe|mixture|dense|transformer|mamba|hybrid|decoder|sparse)|稠密|稀疏|混合|密集")
_NUMBER = r"[+-]?\d[\d,.\u00a0\u202f ]*(?:e[+-]?\d+)?"
_APPROX = r"(?:[~≈≤≥<>+±]|ca\.?|about|approx\.?|约|約|약|up to|hasta|bis|до)*\s*"
_COUNTED = ("token", "tok", "トークン", "토큰", "个", "個", "개", "layers", "heads", "experts", "dims")
_VALUE = re.compile(rf"{_APPROX}({_NUMBER})\s*(.*)")


def kind_of(value: object) -> Value:
    """Return of which kind a cell's value is; empty if it is missing.

    >>> [kind_of(value) for value in (8, "~671B", "3.56 GiB", "28%", "4:1", "MoE", "n/a", True)]
    ['number', 'parameters', 'byte', 'percent', 'ratio', 'architecture', '', 'flag']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, (int, float)):
        return "fraction" if 0 < value < 1 else "number"
    text = str(value)
    if "://" in text or "](" in text:
        return "link"
    text = plain(undressed(html.unescape(text))[0] or text.strip())
    if text in _MISSING:
        return ""
    if text in _FLAGS or text[0] in "✓✗✔✘√":
        return "flag"
    if match := _VALUE.fullmatch(text):
        return _kind_of_rest(match[2])
    if text[0] in "$€¥£":
        return "other"
    if _ARCHITECTURE.search(text):
        return "architecture"
    return "several" if re.search(r"(?:^|[^a-z])\d", text) else "text"


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
        return "count" if word and word[0].startswith(_COUNTED) else "several"
    if unit.kind == "count":
        return "parameters" if unit.scale >= 10**6 else "count"
    return "byte" if unit.kind == "byte" else "percent" if unit.kind == "ratio" else "other"


def decide(reading: Reading, values: Sequence[object]) -> Reading:
    """Return a reading narrowed by the values of its column.

    What cannot be, by its values, is no longer read but asked about; of several candidates one is
    read only if its values say so in words or units, and none if no candidate fits.
    """
    if reading.state == "carried":
        return reading
    kinds = Counter(kind for value in values if (kind := kind_of(value)))
    filled = sum(kinds.values())
    if not filled:
        return reading
    if reading.known:
        if len(reading.known) > 1 or _fits(reading.known[0], kinds, filled):
            return reading
        return replace(
            reading, known=(), candidates=reading.known, why=f"its values are {_said(kinds)}"
        )
    fitting = [known for known in reading.candidates if _fits(known, kinds, filled)]
    told = [known for known in fitting if _says(known, kinds, filled)]
    if len(told) == 1 and (len(fitting) == 1 or filled > 1):
        return replace(reading, known=(told[0],), candidates=(), why=f"its values are {_said(kinds)}")
    if not fitting:
        return replace(reading, candidates=(), why=f"its values are {_said(kinds)}")
    return replace(reading, candidates=tuple(fitting))


def _said(kinds: Counter[Value]) -> str:
    return " and ".join(kind for kind, _ in kinds.most_common(2))


def _fits(known: Known, kinds: Counter[Value], filled: int) -> bool:
    """Whether a column of values of these kinds may hold it: at least one does."""
    return any(kinds[kind] for kind in _accepted(known))


def _accepted(known: Known) -> tuple[Value, ...]:
    if known.field is not None and known.field.kind == "text":
        return ("text", "architecture", "link", "several", "number", "parameters", "count", "factor")
    if known.field is not None and known.field.kind == "flag":
        return ("flag", "number", "text", "several")
    counted = known.unit.split("/")[0]
    if counted == "ratio":
        return ("percent", "fraction", "factor", "ratio", "number", "several")
    if counted in ("parameters", "FLOP", "MAC"):
        return ("number", "parameters", "count", "several")
    if counted == "byte":
        return ("number", "byte", "parameters", "several")
    if counted == "tokens":
        return ("number", "count", "parameters", "several", "flag")
    return ("number", "count", "several", "ratio", "flag")


def _says(known: Known, kinds: Counter[Value], filled: int) -> bool:
    """Whether all values are in its very unit."""
    if known.unit == "parameters":
        return kinds["parameters"] == filled
    if known.name == "model_type":
        return kinds["architecture"] == filled
    return False
