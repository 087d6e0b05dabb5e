"""What a text says that has numbers: of which fields they are, by words, places and sizes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from moe_report.schema.amounts import AmbiguousError, Quantity, Said, Style, amount, unclear
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.number_words import IGNORED, LABELS
from moe_report.schema.numerals import Numeral, Text, numbers_in, plain
from moe_report.schema.parts import Part
from moe_report.schema.sentences import in_sentence, without_places
from moe_report.schema.unit_signs import KINDS, doubted, is_sign, sign_scale

# What a number counts by the words beside it, by the kind of what its header counts: a field, or a
# part of a model.
_MEANT: Mapping[str, Mapping[str, str]] = {
    "parameters": {"active": Part.ACTIVE, "total": Part.TOTAL, "chosen": Part.ACTIVE},
    "experts": {
        "shared": "num_shared_experts",
        "routed": "num_experts",
        "active": "num_experts_per_tok",
        "chosen": "num_experts_per_tok",
        "total": "num_experts",
        "experts": "num_experts",
    },
    "heads": {"query": "num_attention_heads", "key-value": "num_key_value_heads"},
    "layers": {
        "moe": "num_moe_layers",
        "dense": "first_k_dense_replace",
        "linear": "num_linear_attention_layers",
    },
    "channels": {
        "dense": "intermediate_size",
        "moe": "moe_intermediate_size",
        "experts": "moe_intermediate_size",
    },
}
# Of two numbers without words, the first named one is the larger one.
_LARGER = (
    (Part.TOTAL, Part.ACTIVE),
    ("published_total_params", "published_active_params"),
    ("num_experts", "num_experts_per_tok"),
    ("num_attention_heads", "num_key_value_heads"),
    ("num_hidden_layers", "first_k_dense_replace"),
)
# Under these a number in a bracket is not surely of the pair: "61 (3)" under "Layers".
_OPEN = frozenset({"num_hidden_layers"})
_ADDED = re.compile(r"\(\s*\+\s*\d+\s*\)\s*$")
_SUM_OF_WORDS = re.compile(r"[^\W\d][^\W\d]*\s*[+×*/]\s*\d")  # n + 1, num_heads/2
_EMBEDDING = re.compile(r"\bembed|\bemb\b|嵌入|埋め込み|임베딩", re.IGNORECASE)
_ROUGHLY = re.compile(r"\((?:est(?:\.|imated|imate)?|approx(?:\.|imately)?)\)", re.IGNORECASE)
_SUM = re.compile(r"\([^()+]*\d[^()+]*\+[^()+]*\d[^()+]*\)")
_SETTING = re.compile(r"([A-Za-z][A-Za-z_]*[A-Za-z])\s*[=:]\s*\(?\s*(\d[\d.,]*)")


def _of_another(number: Numeral, kind: str) -> bool:
    """Whether a number counts what is counted under another kind of header."""
    others = {"layers", "heads", "groups"} - {kind}
    if kind == "layers":
        others -= {"heads", "groups"}
    labels = set(number.labels)
    return bool(others & labels) and not labels & _MEANT.get(kind, {}).keys()


def _in_unit(text: Text, unit: str) -> Text:
    """A text with its numbers in a unit that is a sign such as W: "0.7 kW" is 700."""

    def scaled(number: Numeral) -> Numeral:
        counts = number.unit or is_sign(unit)  # and no lone B, which is billions in a cell
        if counts and doubted(unit, number.word):
            return replace(number, unit="?")
        if not is_sign(unit):
            return number
        scale = sign_scale(unit, number.word)
        if scale is not None:
            return replace(number, multiple=scale, unit=unit.split("/")[0])
        word = number.word.casefold()
        is_known = not word or number.multiple != 1 or word in LABELS or word in IGNORED
        return number if is_known else replace(number, unit="?")

    return replace(text, numbers=tuple(map(scaled, text.numbers)))


class CellText:
    """One text that has something to say of numbers."""

    def __init__(
        self, value: str, known: Sequence[Known], catalogue: Mapping[str, Known], style: Style
    ) -> None:
        self.known = known
        self.catalogue = catalogue
        self.style = style
        self.names = tuple(item.name for item in known)
        self.found: dict[str, Quantity] = {}
        self.text = self._settings(plain(value))
        self.taken = _in_unit(numbers_in(without_places(self.text)), known[0].unit)

    def read(self) -> Said:
        """Return what the text says."""
        try:
            why = self._read()
        except AmbiguousError as error:
            return Said(wrong=str(error))
        if why:
            return unclear(self.text, self.known, why)
        return Said(self.found)

    def _settings(self, text: str) -> str:
        """Take what is said by a name of config.json, as "head_dim=64", out of a text."""

        def take(match: re.Match[str]) -> str:
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", match[1]).lower()
            item = self.catalogue.get(_SHORT.get(name, name))
            if item is None or item.name in self.names:
                return match[0]
            self.found[item.name] = Quantity(*amount(match[2].rstrip(".,"), item, self.style))
            return ""

        without = _SETTING.sub(take, text)
        return re.sub(r"\(\s*=[^()]*\)", "", without)  # "352 (= hidden_dim / 2)"

    def _read(self) -> str:
        """Read the numbers; return why they are not understood, if they are not."""
        numbers = [number for number in self.taken.numbers if not number.comparison]
        if not numbers:
            return "" if self.found else _NO_NUMBER
        kind = self.known[0].unit.split("/")[0]
        plain_ones = {"", "per"} if kind == "experts" else {""}  # 16 per layer
        if any(number.bound not in plain_ones for number in numbers):
            return "a bound or a part, and no value"
        if _SUM_OF_WORDS.match(self.text):
            return "a formula, and no number"
        if self.text.lstrip("( ").startswith(("-", "−", "+")):
            return "a comparison, and no value"
        if any(not number.depth and _of_another(number, kind) for number in numbers):
            return "a number of something else"
        numbers = [number for number in numbers if not _of_another(number, kind)]
        numbers = [n for n in numbers if not (n.depth and n.unit in KINDS - {kind})]
        units = {number.unit for number in numbers if not number.depth}
        if "?" in units:
            return "the letters behind a number are not understood"
        if wrong := units - {"", kind, kind.removesuffix("s")}:
            return f"a number of {wrong.pop()}s"
        per = self.known[0].unit.partition("/")[2].casefold()
        rates = {n.over for n in numbers if n.unit and n.over and not n.depth}
        if others := [rate for rate in rates if not per or rate.casefold() not in (per, f"{per}s")]:
            return f"a number per {others[0]}"
        if kind != "ratio":
            if self._is_share(numbers):
                return "a share of another number"
            numbers = [number for number in numbers if not number.percent]
        if len(numbers) == 1 or not numbers:
            return self._single(numbers, kind)
        for (one, gap), other in zip(
            zip(self.taken.numbers, self.taken.between, strict=True),
            self.taken.numbers[1:],
            strict=False,
        ):
            if one.depth or other.prefix:
                continue
            if gap.strip() in _RANGES:
                return "a range, and no one value"
            if gap.strip() in _CHANGES:
                return "a change, and no one value"
        return self._several(numbers, kind)

    def _is_share(self, numbers: Sequence[Numeral]) -> bool:
        """Whether a text is as "25% of 314B"; a share behind an equals sign only repeats it."""
        gaps = ("", *self.taken.between)
        return len(numbers) > 1 and any(
            number.percent and not number.depth and "=" not in gap
            for number, gap in zip(self.taken.numbers, gaps, strict=False)
        )

    def _single(self, numbers: Sequence[Numeral], kind: str) -> str:
        if not numbers:
            return _NO_NUMBER
        (number,) = numbers
        outside = re.sub(r"\(.*\)", "", self.text).strip()
        if number.depth and re.search(r"[^\W\d]{2}", outside):
            return f"{outside!r} and no number"  # dense (1 FFN)
        is_bare = number.multiple == 1 and not (number.labels or number.unit)
        if is_bare and in_sentence(self.taken.plain, number.digits):
            return "a number inside of a sentence"  # same as Llama 3
        if self.known[1:] and not number.labels:
            return f"one number for {' and '.join(self.names)}"
        target = self.names[0]
        meant = self._meant(number, kind) if number.labels else ""
        if meant and self._differs(meant):
            if not self._known(meant):  # no installed section counts it
                return "a number of something else"
            target = meant
        if number.depth and not number.labels and self.taken.between[:1] == ("",):
            target = self.names[0]
        self._put(target, number)
        return ""

    def _differs(self, meant: str) -> bool:
        """Whether a word beside a lone number says that it is not of the header's field."""
        if self.names[0] == "num_experts":  # a "+ shared" says what is counted besides
            chosen, shared = meant == "num_experts_per_tok", meant == "num_shared_experts"
            return chosen or (shared and "+" not in self.text) or bool(self.known[1:])
        totals = {self._name(Part.TOTAL), self._name(Part.ACTIVE)}
        return {meant, self.names[0]} == totals or bool(self.known[1:])

    def _meant(self, number: Numeral, kind: str) -> str:
        """The field or metric that the words beside a number name."""
        if kind == "parameters" and number.multiple == 1 and number.depth:
            kind = "experts"  # 10B (8 of 256 experts)
        if kind == "experts" and number.multiple not in (1, 1000):
            kind = "parameters"
        table = {**_MEANT["experts"], **_MEANT.get(kind, {})}
        table = table if number.depth and number.multiple == 1 else {}
        table = table or dict(_MEANT.get(kind, {}))
        chosen = "num_experts_per_tok"
        both = chosen in self.names and bool(self.known[1:])
        if kind == "experts" and (self.names == (chosen,) or (both and number.depth)):
            table |= {"routed": chosen, "experts": chosen}
        order = ("shared", "active", "chosen", "routed", *table)
        meant = (table[one] for one in order if one in number.labels and one in table)
        return self._name(next(meant, ""))

    def _name(self, meant: str) -> str:
        """What is called a field or part: a part as the metric that counts it, if one does."""
        if not isinstance(meant, Part):
            return meant
        counting = (item.name for item in self.catalogue.values() if item.counts == meant)
        return next(counting, meant)

    def _known(self, name: str) -> Known | None:
        """The field or metric of a name; None of a part that no installed section counts."""
        return None if isinstance(name, Part) else self.catalogue.get(name)

    def _several(self, numbers: Sequence[Numeral], kind: str) -> str:
        if kind == "parameters" and _EMBEDDING.search(self.text):
            return "with and without embeddings"
        if kind == "ratio" and len(numbers) == 2 and self.taken.between[0].strip() == "/":
            first, second = map(self._value, numbers)
            if 0 < first <= second:
                self.found[self.names[0]] = Quantity(first / second)
                return ""
        parts = self._parts()
        if kind == "experts" and parts and self._value(numbers[0]) == sum(map(self._value, parts)):
            return "it is not said which experts are added"  # 66 (64+2)
        free = []
        for number in numbers:
            if number in parts and kind != "experts":
                continue
            target = self._meant(number, kind)
            if target and target in self.found:
                return f"several numbers for {target}"
            if target:
                self._put(target, number)
            elif not (number.depth and self._is_remark(number, kind)):
                free.append(number)
        inner = [number for number in numbers if number.depth]
        all_of_them = sum(map(self._value, inner)) == self._value(numbers[0])
        named = [number for number in inner if number.labels or number.unknown]
        known = all(self._meant(number, kind) for number in named)
        if kind == "layers" and all_of_them and not known:
            return "layers of several kinds"  # 25 (4 attention, 21 Hyena)
        if kind == "parameters":
            free = self._without_names(self._experts_of_a_size(free))
        elif kind == "experts":
            free = self._without_the_sum(free)
            if len(free) == 3 and free[1].depth and free[2].depth:
                self._put("num_shared_experts", free.pop())  # 128 (8+1)
            if len(free) == 2 and _ADDED.search(self.text):
                self._put("num_shared_experts", free.pop())  # 160(+2)
            if free and "num_shared_experts" in self.found and "/" in self.text:
                return "it is not said whether the shared experts are counted among all"
        return self._place(free)

    def _parts(self) -> list[Numeral]:
        """What a bracket makes the number before it of, as 141B (8x22B) and 685B (671B + 14B)."""
        inner = [one for one in self.taken.numbers if one.depth]
        added = bool(_SUM.search(self.text)) and not any(one.labels for one in inner)
        product = any(gap.strip() in ("x", "×") for gap in self.taken.between)
        product = product and len({one.multiple for one in inner}) == 2
        return [one for one in inner if not one.labels] if added or product else []

    def _is_remark(self, number: Numeral, kind: str) -> bool:
        """Whether a number in a bracket says something else, as in "58 (layers 3-60)"."""
        if kind == "parameters" and re.search(r"\(\s*\d+\s?[x×]\s?[\d.]+\s?\w?\s*\)", self.text):
            return True  # 46.7B (8x7B)
        if kind == "parameters" and number.multiple == 1:
            return "." not in number.digits and not self._of_experts()
        if number.unknown:
            return True
        worded = any(one.depth and (one.labels or one.unknown) for one in self.taken.numbers)
        worded = worded or bool(re.search(r"\([^()]*[^\W\d_]{2,}[^()]*\)", self.text))
        return worded and kind not in ("parameters", "experts", "heads") and not self.known[1:]

    def _of_experts(self) -> bool:
        return any("experts" in number.labels for number in self.taken.numbers)

    def _experts_of_a_size(self, free: list[Numeral]) -> list[Numeral]:
        """Take the chosen experts out of "10B (8 of 256 experts)"."""
        bare = [number for number in free if number.depth and number.multiple == 1]
        all_ = self.found.get("num_experts")
        if len(bare) == 1 and all_ is not None and self._value(bare[0]) <= all_.number:
            self._put("num_experts_per_tok", bare[0])
            return [number for number in free if number is not bare[0]]
        return free

    def _without_the_sum(self, free: list[Numeral]) -> list[Numeral]:
        """Leave out the sum of routed and shared experts, as of 257 (1 + 256)."""
        shared = self.found.get("num_shared_experts")
        others = [self.found.get(name) for name in ("num_experts", "num_experts_per_tok")]
        sums = [Decimal(shared.number) + Decimal(one.number) for one in others if shared and one]
        return [number for number in free if self._value(number) not in sums]

    def _without_names(self, free: list[Numeral]) -> list[Numeral]:
        """Of "1B (1.23B)" the more exact number, of "671 billion (671B)" one."""
        inside = sum(map(self._value, free[1:]), Decimal(0))
        if len(free) > 2 and abs(inside - self._value(free[0])) * 20 <= inside:
            return [free[0]]  # 1.6T (1조 6천억) says it twice
        if len(free) != 2 or not free[1].depth:
            return free
        first, second = free
        if second.multiple == 1 and first.multiple != 1 and "." in second.digits:
            second = replace(second, multiple=first.multiple)
        step = Decimal(1).scaleb(-len(first.digits.partition(".")[2])) * first.multiple
        close = abs(self._value(first) - self._value(second)) <= step / 2
        return [second] if close else [first, second]

    def _place(self, free: Sequence[Numeral]) -> str:
        """Give the numbers without words to the fields that are left; say why if that is open."""
        left = [name for name in self.names if name not in self.found]
        if len(free) == 1 and len(left) == 1:
            self._put(left[0], free[0])
        elif len(free) == 1 and not left and not free[0].depth:
            return f"several numbers for {self.names[0]}"
        elif len(free) > 1:
            return self._place_several(free, left)
        return ""

    def _place_several(self, free: Sequence[Numeral], left: Sequence[str]) -> str:
        pairs = zip(self.taken.numbers, self.taken.between, self.taken.numbers[1:], strict=False)
        if any(gap.strip() == "+" and one in free and two in free for one, gap, two in pairs):
            return "a sum, and no one number"
        named = ([*map(self._name, pair)] for pair in _LARGER)
        pair = next((pair for pair in named if left and set(left) <= set(pair)), None)
        if len(free) == 2 and pair is not None and all(map(self._known, pair)):
            alone = len(left) == 1 and (not self._joined() or left[0] in _OPEN)
            if any(name in self.found for name in pair) or alone:
                return "several numbers"
            if any(number.unknown for number in free) and pair[0] == "num_experts":
                return "several numbers"  # 4 groups of 64
            if free[0].multiple != free[1].multiple and 1 in (free[0].multiple, free[1].multiple):
                return "a product, and no number"  # 8 × 7B
            large, small = sorted(free, key=self._value, reverse=True)
            if small.depth < large.depth:
                return "the number in the bracket is the larger one"
            self._put(pair[0], large)
            self._put(pair[1], small)
        elif len(free) == len(left) > 1:  # in the order of the header
            for name, number in zip(left, free, strict=True):
                self._put(name, number)
        else:
            return "several numbers"
        return ""

    def _joined(self) -> bool:
        """Whether two numbers stand in one expression, as "384 × 6" or "2 / 8"."""
        gaps = [gap.strip() for gap in self.taken.between]
        return any(gap in ("/", "×", "x", "of", "|", ":") or "(" in gap for gap in gaps) or any(
            number.prefix for number in self.taken.numbers
        )

    def _put(self, name: str, number: Numeral) -> None:
        item = self._known(name)
        if item is None:
            return
        own = next((one for one in self.known if one.name == name), None)
        if number.unit in {*KINDS, item.unit.split("/")[0]}:  # it says so itself
            own = None
        digits, scale = amount(number.digits, item, self.style, number.multiple, own, number.usual)
        about = number.about or "?" in self.text[-2:] or bool(_ROUGHLY.search(self.text))
        self.found[name] = Quantity(digits, scale, about)

    def _value(self, number: Numeral) -> Decimal:
        return number.values(self.style.decimal or ".")[0] * number.multiple


_NO_NUMBER = "no number"
_RANGES = frozenset({"-", "–", "—", "~", "to", "..", "～"})
_CHANGES = frozenset({"→", "->", "=>", "➜"})
# Short names that stand before an equals sign.
_SHORT = {"num_heads": "num_attention_heads", "num_kv_heads": "num_key_value_heads",
          "num_kvheads": "num_key_value_heads", "embed_dim": "hidden_size",
          "num_layers": "num_hidden_layers", "d_model": "hidden_size"}  # fmt: skip
