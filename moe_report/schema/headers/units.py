"""The units that headers give: "(B)", "in millions", "十亿", "GFLOPs/token"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from moe_report.schema.headers.text import fold, plain
from moe_report.schema.number_words import MULTIPLES
from moe_report.schema.unit_signs import AMOUNTS, Amount

Kind = Literal["count", "ratio", "other"] | Amount

_OTHER = """$, €, ¥, £, usd, eur, us$, ms, s, sec, seconds, h, hours, days, mb/s, gb/s, tok/s,
    tokens/s, t/s, x, w, kw, nm, °c, year, years, gpu, gpus"""
# What stands beside a unit and says nothing: "in billions of parameters", "单位：亿", "B params".
_BESIDE = """in, unit, units, einheit, unité, unidad, unidade, en, em, de, of, 单位, 單位,
    単位, 단위, ед, đơn vị, parameters, params, parameter, param, paramètres, parámetros,
    parâmetros, parametri, параметров, tokens, token, tok, 参数, 參數, 个, 個, パラメータ, トークン,
    토큰, 파라미터, experts, per, x, ×, ca, approx, words"""


@dataclass(frozen=True)
class Unit:
    """What one of a column's numbers is: so many (``scale``) of a kind, as it is ``written``."""

    kind: Kind
    scale: int | Decimal
    written: str

    @property
    def letter(self) -> bool:
        """Whether it is a single letter that may abbreviate something else: M, K, G."""
        return len(self.written) == 1 and self.written.casefold() in "kmg"

    @property
    def may_be_symbol(self) -> bool:
        """Whether it may as well be what formulas call the field: "Attention heads (h)"."""
        return self.written.casefold() in ("k", "h", "s", "w", "x")

    def of(self, unit: str) -> int | Decimal | None:
        """Return what one of the numbers is in a field's or metric's unit, None if it is none."""
        counted = unit.split("/")[0]
        if self.kind == "count":
            most = {"parameters": 10**12, "tokens": 10**6}.get(counted, 0)
            return self.scale if self.scale <= most else None
        return self.scale if self.kind == counted else None


def _split(text: str) -> list[str]:
    return [word for part in text.split(",") if (word := fold(" ".join(part.split())))]


def _table() -> dict[str, tuple[Kind, int | Decimal]]:
    found: dict[str, tuple[Kind, int | Decimal]] = {}
    for word, scale in MULTIPLES.items():
        found[plain(word.replace("_", " ")).strip(".")] = ("count", scale)
    found |= {sign: (kind, factor) for sign, (kind, factor) in AMOUNTS.items() if kind != "bit"}
    found["giga"] = ("count", 10**9)
    found |= dict.fromkeys(("字节", "байт"), ("byte", 1))
    found |= {word: ("ratio", Decimal("0.01")) for word in ("%", "percent", "pct", "проценты")}
    found |= dict.fromkeys(_split(_OTHER), ("other", 1))
    return found


_UNITS = _table()
_IDLE = frozenset(_split(_BESIDE))
BRACKETS = re.compile(r"\s*[(\[【]([^()\[\]【】]*)[)\]】]")
_FLOPS = re.compile(r"(?<![^\W_])([kmgtp]?(?:flop|mac)s?)(?![^\W_])", re.IGNORECASE)
# "Total, B" and "Params, B (total / active)"; "Params ×1e9".
_BEHIND = re.compile(r"(?<=\S)\s*[,/，]\s*([^,/，()]*[^,/，()\s])(?=\s*(?:\([^()]*\))?$)")
_TIMES = re.compile(r"(?<=\S)\s*([x×*] ?(?:10\^?|1?e\+?)\d{1,2})$")
_AHEAD = re.compile(r"([BMT]) ([^\W\d_]{4,}.*)")  # "B params"
_POWER = re.compile(r"(?:[x×*] ?)?(?:10\^?|1?e\+?)(\d{1,2})")


def unit_of(text: str) -> Unit | None:
    """Return the unit that a text is, None if it is something else.

    >>> unit_of("in billions"), unit_of("GFLOPs/token").scale, unit_of("Active")
    (Unit(kind='count', scale=1000000000, written='in billions'), 1000000000, None)
    """
    written = text.strip()
    folded = plain(written).strip(". ").removesuffix("/token").removesuffix(" per token")
    found = _UNITS.get(folded)
    if found is None:
        words = [word for word in re.split(r"[\s:：/,]+", folded) if word not in _IDLE]
        rest = " ".join(words)
        if power := _POWER.fullmatch(rest):
            return Unit("count", 10 ** int(power[1]), written)
        found = _UNITS.get(rest) or _UNITS.get(rest.removesuffix("个").removesuffix("個"))
    return None if found is None else Unit(found[0], found[1], written)


def unit_in(text: str) -> tuple[str, Unit | None]:
    """Return a header without its unit, and the unit."""
    for match in reversed(list(BRACKETS.finditer(text))):
        if (unit := unit_of(match[1])) is not None:
            return f"{text[: match.start()]} {text[match.end() :]}".strip(), unit
    behind = _BEHIND.search(text) or _TIMES.search(text)
    if behind and (unit := unit_of(behind[1])) is not None:
        return f"{text[: behind.start()]}{text[behind.end(1) :]}", unit
    if ahead := _AHEAD.fullmatch(text):
        return ahead[2], unit_of(ahead[1])
    if flops := _FLOPS.search(text):
        return text.replace(flops[0], "flops"), unit_of(flops[0])
    if "%" in text:
        return text, unit_of("%")
    return text, None


def trailing_unit(text: str) -> tuple[str, Unit | None]:
    """Return a header without a unit that is its last word: "params_b", "totalParamsB"."""
    match = re.fullmatch(r"(.*?[^\W\d_])(?:[\s_]+([^\W_]+)|(?<=[a-z])([BMKT]))", text)
    if match is None:
        return text, None
    return match[1], unit_of(match[2] or match[3])
