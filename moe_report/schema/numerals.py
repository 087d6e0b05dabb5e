"""Numbers as people write them: signs for thousands and decimals, multiples, percents, "about".

``numbers_in`` finds the numbers of a text, each with the words beside it; what they are numbers of
is for ``quantities`` to say.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from moe_report.schema.number_words import (
    ABOUT,
    BOUND,
    EITHER,
    IGNORED,
    JOINED,
    LABELS,
    MULTIPLES,
    PER,
    PERCENT,
    RELATION,
    usual_mark,
)
from moe_report.schema.unit_signs import AMOUNTS, KINDS

Mark = Literal["", ".", ","]

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_TAGS = re.compile(r"<[^<>]{1,40}>")
_LATEX = re.compile(r"\\(?:text|mathrm|mathbf|mathit|operatorname)\s*\{([^{}]*)\}")
_FOOTNOTES = re.compile(
    r"[*†‡§¶#`$]+|(?<!\w)_+|_+(?!\w)|(?<=[\w)])[⁰¹²³⁴⁵⁶⁷⁸⁹]+|\[\d{1,2}\](?!\()|\\(?=[~#*_$%])"
)
_POWER = re.compile(
    r"\s?(?:[×x*·⋅]|\\times)\s*10\s*(?:\^\s*\{?\s*([+-]?\d+)\s*\}?|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))"
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_MYRIADS = re.compile(r"(\d{1,4})\s?[兆조]\s?(\d{1,4})\s?([億亿억])")  # 1兆400億
_PRECISIONS = re.compile(
    r"\b(?:(?:nv|mx)?fp|bf|u?int|float)\s?\d{1,2}(?:_[a-z0-9]+)*\b|\bw\d{1,2}a\d{1,2}\b"
    r"|\bi?q\d_[a-z0-9_]+\b|\b\d{1,2}[- ]?bits?\b",
    re.IGNORECASE,
)
# Digits, perhaps in groups of three parted by one sign, perhaps decimals, perhaps an exponent.
_NUMBER = re.compile(
    r"(?P<digits>\d{1,2}(?:,\d\d)+,\d{3}(?!\d)"
    r"|\d{1,3}(?:(?P<group>[,.'’_  \u202f ])\d{3})(?:(?P=group)\d{3})*(?:[.,]\d+)?(?!\d)"
    r"|\d+(?:[.,]\d+)?|(?<![\d.,])[.,]\d+)(?P<exponent>[eE][+-]?\d+(?![\w]))?"
)
_WORD = re.compile(
    r"top-k|k/v|key-value|per[ -]tok(?:en)?|[a-z\u00df-\u00ff\u0153\u0400-\u04ff\u1e00-\u1eff]+\.?"
    r"|[\u3040-\u30ff]+|[\u3400-\u9fff]+|[\uac00-\ud7af]+|%|‰",
    re.IGNORECASE,
)
# What parts what belongs to a number from what belongs to the next one.
_PARTING = re.compile(
    r"[,;()×|·&\n]|/(?!\s*[^\W\d])|\+(?!\s*$)|\s[-–—]\s|[→~～–—]|-(?=\s*[Aa]?\0)|[-=]>"
    r"|(?<![A-Za-z])x(?![a-z])|\bof\b|="
)
_GAP = re.compile(r"(?:[-=]>|[\s,;/()×|·&+\-–—→~～x=]|of\b)[\s,;/()×|·&+x=–—-]*(?:of\b)?[\s(]*")
_NEXT = "\0"  # where the next number stands
_AHEAD = re.compile(r"\b(?:top[- ]?|selects? |selected |chooses? |chosen )(?=\0)", re.IGNORECASE)
_ABOUT = frozenset(word.strip() for word in ABOUT)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
LONGEST = 1000  # letters of a text with numbers: a longer one is no cell of a table
_LONGEST_WORD = max(len(word) for word in (*MULTIPLES, *LABELS))
_MOST_DIGITS = 400  # a power of ten that no float holds
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True)
class Numeral:
    """A number in a text.

    Attributes:
        digits: As it is written, without its multiple.
        multiple: What its word or sign multiplies it by; 1 if it has none.
        about: Whether it is said to be approximate.
        bound: A sign or word such as ``>``, ``+``, ``of`` or ``per`` that makes it another number.
        labels: What it counts, by the words beside it.
        unknown: Words beside it that say nothing known.
        depth: How many brackets it stands in.
        prefix: The letter that touches it in front, as of A12.9B.
        comparison: Whether it compares, as "1.6x" does.
        word: The word behind it, as it is written.
        unit: ``byte``, ``bit``, ``FLOP``, ``MAC`` or ``token`` where it counts such; ``?`` if
            letters that touch it are not understood.
        over: The word behind a slash after its unit, as it is written.
        percent: Whether it is in hundredths.
        usual: The sign before decimals in the language of its multiple, if it has one of its own.
    """

    digits: str
    multiple: int | Decimal = 1
    about: bool = False
    bound: str = ""
    labels: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    depth: int = 0
    prefix: str = ""
    comparison: bool = False
    word: str = ""
    unit: str = ""
    over: str = ""
    percent: bool = False
    usual: Mark = ""

    def values(self, mark: Mark) -> tuple[Decimal, ...]:
        """Return what the digits may be: one number, or two where the decimal sign is not known."""
        return tuple(dict.fromkeys(_readings(self.digits, mark or self.usual)))


@dataclass(frozen=True)
class Text:
    """A text taken apart: its numbers, and what stands between each two of them."""

    plain: str
    numbers: tuple[Numeral, ...]
    between: tuple[str, ...]
    words: tuple[str, ...]


def plain(text: str) -> str:
    r"""Return a text without the marks of Markdown, HTML and LaTeX, in the letters of Latin.

    >>> [plain(text) for text in ("**671B**", r"$1.04\text{T}$", "３２Ｋ", "12.9B[^1]", "3.1×10²³")]
    ['671B', '1.04T', '32K', '12.9B', '3.1e23']
    """
    text = _TAGS.sub(" ", html.unescape(text)).replace("[^", "[")
    text = _LATEX.sub(r"\1", _LINK.sub(r"\1", text))
    for sign, command in (("~", r"\sim"), ("≈", r"\approx"), ("×", r"\times"), ("≥", r"\geq")):
        text = text.replace(command, sign)
    # 4*hidden_size and 64*4 are no emphasis
    text = re.sub(r"(?<=\w)\s?\*\s?(?=[A-Za-z\d])", "×", text)
    text = _POWER.sub(lambda at: "e" + (at[1] or at[2].translate(_SUPERSCRIPTS)), text)
    text = unicodedata.normalize("NFKC", _FOOTNOTES.sub("", text)).replace("\ufe0f", "")
    text = _MYRIADS.sub(lambda at: f"{int(at[1]) * 10**4 + int(at[2])}{at[3]}", text)
    return " ".join(text.split())


def without_markup(text: str) -> str:
    """Return a text without marks of Markdown that belong together.

    >>> [without_markup(text) for text in ("**a**", "`b`", "[c](https://d.example)", "e_f*")]
    ['a', 'b', 'c', 'e_f*']
    """
    text = _LINK.sub(r"\1", re.sub(r"<br\s*/?>", " ", text))
    return re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text).strip()


def numbers_in(text: str) -> Text:
    """Return the numbers of a text, each with the words beside it; of a very long one, none.

    >>> one, other = numbers_in("671B (37B active)").numbers
    >>> (one.digits, one.multiple, other.digits, other.labels, other.depth)
    ('671', 1000000000, '37', ('active',), 1)
    """
    if len(text) > LONGEST:
        return Text(text, (), (), ())
    text = _PRECISIONS.sub(" ", plain(text))
    for written, joined in JOINED.items():
        text = re.sub(re.escape(written), joined, text, flags=re.IGNORECASE)
    found = [
        match
        for match in _NUMBER.finditer(text)
        if not _in_a_word(text, match.start()) and not _ORDINAL.match(text, match.end())
    ]
    pieces = [text[: found[0].start()] if found else text]
    for match, after in zip(found, [*found[1:], None], strict=False):
        pieces.append(text[match.end() : after.start() if after else len(text)])
    numbers, between = [], []
    before = pieces[0]
    for match, rest in zip(found, pieces[1:], strict=True):
        word = re.match(r"\s?([^\W\d]+)", rest)
        multiple, rest, unit, percent = _multiple(rest)
        over = re.match(r"(?:\s?[^\W\d]+)?\s?/\s?([^\W\d]+)", rest)
        per = PER.match(rest)
        rest = rest[per.end() :] if per else rest
        mine, gap, following = _shared_out(rest + _NEXT * (match is not found[-1]))
        following = following.removesuffix(_NEXT)
        depth = text.count("(", 0, match.start()) - text.count(")", 0, match.start())
        prefix, about, before = _in_front(before)
        labels, unknown = words_beside(f"{before} {mine}")
        bound = ">" if before.rstrip(" =")[-1:] in (">", "≥", "<", "≤") else ""
        if re.match(r"\+(?!\s*[\d(])", rest) and (match is found[-1] or rest[1:].strip()):
            bound = "+"
        if BOUND.search(before) or BOUND.match(rest.lstrip()):
            bound = ">"
        if per or RELATION.search(before):
            bound = "per" if per else "of"
        if re.match(r"\s*(?:tokens?|toks?)\b", rest, re.IGNORECASE):
            unit = "token"
        if counted := re.match(r"\s*(flop|mac)s?\b", rest, re.IGNORECASE):
            unit = counted[1].upper()
        compared = re.match(r"\s?(?:[x×](?![a-z(])|×(?=[a-z]))(.*)", rest)
        numbers.append(
            Numeral(
                digits=match["digits"] + (match["exponent"] or ""),
                multiple=multiple,
                about=about,
                bound=bound,
                labels=labels + (("active",) if prefix in ("A", "a") else ()),
                unknown=unknown,
                depth=max(depth, 0),
                prefix=prefix,
                comparison=bool(compared and (match is found[-1] or compared[1].strip())),
                word=word[1] if word else "",
                unit=unit,
                over=over[1] if over else "",
                percent=percent,
                usual=usual_mark(word[1]) if word and multiple != 1 else "",
            )
        )
        between.append(gap)
        before = following
    words = tuple(word.casefold() for word in _WORD.findall(text))
    return Text(text, tuple(numbers), tuple(between), words)


def _in_a_word(text: str, start: int) -> bool:
    """Whether digits are the end of a name such as Qwen2 rather than a number."""
    before = text[:start]
    if not before or not (before[-1].isalpha() or before[-1] == "_") or _CJK.match(before[-1]):
        return before[-1:] == "." and before[-2:-1].isalnum()
    return re.search(r"(?:^|[^A-Za-z])[Aa]$|\d[x×]$", before) is None


def _in_front(before: str) -> tuple[str, bool, str]:
    """The letter that touches a number, whether it is said to be about so, and the rest."""
    letter = re.search(r"(?:^|[^A-Za-z])([Aa])$", before)
    if letter:
        before = before[:-1]
    folded = f" {before.casefold()}".rstrip(" ") + " "
    about = any(folded.rstrip().endswith(word.rstrip()) for word in ABOUT if word.strip())
    return (letter[1] if letter else ""), about, before


def _multiple(rest: str) -> tuple[int | Decimal, str, str, bool]:
    """What the word behind a number multiplies it by, what follows, the unit, percents."""
    match = re.match(r"[ \-]?([^\W\d]+\.?)", rest)
    if rest.lstrip().startswith("%"):
        return PERCENT, rest.lstrip()[1:], "", True
    if not match:
        return 1, rest, "", False
    word = match[1].casefold()
    for piece in (word, word.rstrip(".")):
        if piece in AMOUNTS:
            kind, factor = AMOUNTS[piece]
            return factor, rest[match.end() :], kind, False
        if piece in MULTIPLES and not (match[0][0] == "-" and len(piece) < 3):
            return MULTIPLES[piece], rest[match.end() :], "", False
    run = _CJK.match(word)
    if run:  # the longest multiple that the run begins with
        for length in range(min(len(run[0]), _LONGEST_WORD), 0, -1):
            if run[0][:length] in MULTIPLES:
                start = match.start(1) + length
                return MULTIPLES[run[0][:length]], rest[start:], "", False
    known = word in LABELS or word in IGNORED or word in ("x", "of")
    odd = match.start(1) == 0 and not (run or known or match[1][0] in "x×")
    return 1, rest, "?" if odd else "", False


def _shared_out(rest: str) -> tuple[str, str, str]:
    """What behind a number belongs to it, what parts it from the next one, what belongs to that."""
    closed = re.match(r"\s*\(([^()\d]*)\)", rest)
    mine = ""
    if closed:  # a bracket of words alone says what the number is
        mine, rest = closed[1], rest[closed.end() :]
    match = _PARTING.search(rest)
    ahead = _AHEAD.search(rest)
    if ahead and (match is None or ahead.start() < match.start()):  # 128 top 8
        return f"{mine} {rest[: ahead.start()]}", ",", ahead[0]
    if not match:
        return f"{mine} {rest}", "", ""
    gap = _GAP.match(rest, match.start()) or match
    return f"{mine} {rest[: match.start()]}", gap[0], rest[gap.end() :]


def words_beside(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the words beside a number say that it counts, and those that say nothing known."""
    labels: list[str] = []
    unknown: list[str] = []
    for word in map(str.casefold, _WORD.findall(text)):
        if word in LABELS or word.rstrip(".") in LABELS:
            labels.append(LABELS.get(word) or LABELS[word.rstrip(".")])
        elif _CJK.fullmatch(word):
            found = list(_parts(word))
            labels += found
            unknown += [] if found or word in IGNORED else [word]
        elif word.startswith(("per tok", "per-tok")):
            labels.append("chosen")
        elif not {word, word.rstrip(".")} & (IGNORED | _ABOUT):
            unknown.append(word)
    return tuple(dict.fromkeys(labels)), tuple(unknown)


def _parts(run: str) -> Iterator[str]:
    """The labels within a run of letters that are written without spaces, the longest first."""
    at = 0
    while at < len(run):
        for length in range(min(len(run) - at, _LONGEST_WORD), 0, -1):
            if run[at : at + length] in LABELS:
                yield LABELS[run[at : at + length]]
                at += length
                break
        else:
            at += 1


def _readings(digits: str, mark: Mark) -> Iterator[Decimal]:
    """What digits are, with this sign before decimals, or with either if it is not known."""
    mantissa, _, exponent = digits.lower().partition("e")
    # of a thousand digits it is a number, too, if one out of all bounds
    most = Decimal(_MOST_DIGITS)
    power = Decimal(10) ** int(max(-most, min(Decimal(exponent or 0), most)))
    text = re.sub(r"['’_\s]", "", mantissa)
    text = f"0{text}" if text[0] in ".," else text
    signs = re.findall(r"[.,]", text)
    if not signs:
        yield Decimal(text) * power
        return
    whole, last = re.split(r"[.,](?=[^.,]*$)", text)
    grouped = re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", text) and len(set(signs)) == 1
    as_decimal = Decimal(re.sub(r"[.,]", "", whole) + "." + last) * power
    as_whole = Decimal(re.sub(r"[.,]", "", text)) * power
    if len(signs) > 1 and len(set(signs)) == 1:  # by threes, or by twos as lakhs and crores
        yield as_whole
    elif not grouped or (mark and mark == signs[-1]):
        yield as_decimal
    elif mark:
        yield as_whole
    else:
        yield from (as_whole, as_decimal)


def one_number(text: str, *, whole: bool = False) -> Decimal:
    """Return the number that a text is; of two that it may be the whole one, if it is to be whole.

    Raises:
        ValueError: It is none, or several, or may be read in two ways.

    >>> [str(one_number(text)) for text in ("32k", "1.5e-3", "4,096,000", "0,5", "-2")]
    ['32000', '0.0015', '4096000', '0.5', '-2']
    """
    sign = -1 if re.match(r"\s*[-−]\s*\d", text) else 1
    numbers = numbers_in(re.sub(r"^\s*[-−+]", "", text)).numbers
    if (
        len(numbers) != 1
        or numbers[0].unknown
        or numbers[0].labels
        or numbers[0].comparison
        or numbers[0].bound
        or numbers[0].unit in KINDS
    ):
        raise ValueError(f"{text.strip()!r} is no number")
    values = [sign * value * numbers[0].multiple for value in numbers[0].values("")]
    if len(values) == 2 and whole:
        values = [value for value in values if value == int(value)]
    elif len(values) == 2 and "," not in numbers[0].digits:
        values = values[1:]  # a point parts decimals
    if len(values) == 2:
        either = EITHER.format(one=f"{values[0]:f}", other=f"{values[1]:f}")
        raise ValueError(f"{text.strip()!r} {either}")
    return values[0].normalize() if values[0] != int(values[0]) else Decimal(int(values[0]))


def roughly(text: str) -> float | None:
    """Return a number that a text may be, None if it is none."""
    numbers = numbers_in(text).numbers
    values = numbers[0].values("") if len(numbers) == 1 else ()
    return float(values[-1] * numbers[0].multiple) if values else None


def mark_of(texts: Iterable[str], *, whole: bool = False) -> Mark:
    """Return the sign before decimals that texts use where it can only be one; else nothing.

    If they are whole numbers, a sign that parts three digits is not the one before decimals.
    """
    found: set[Mark] = set()
    for text in texts:
        for number in numbers_in(text).numbers:
            digits = number.digits.lower().partition("e")[0]
            signs = re.findall(r"[.,]", digits)
            if not signs:
                continue
            last: Mark = "," if signs[-1] == "," else "."
            other: Mark = "." if last == "," else ","
            if len(set(signs)) == 2 or (
                len(signs) == 1 and not re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits)
            ):
                found.add(last)
            elif len(signs) > 1 or (whole and number.multiple == 1):
                found.add(other)
    return found.pop() if len(found) == 1 else ""
