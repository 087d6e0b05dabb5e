"""A header without its dress: markup, footnotes, emoji, LaTeX, case and accents taken off."""

from __future__ import annotations

import html
import re
import unicodedata

_SPELLED = str.maketrans({"đ": "d", "ı": "i", "ø": "o", "ł": "l", "œ": "oe", "æ": "ae"})
_MARKS = re.compile("[\u0300-\u036f]")
# Scripts whose words are not parted by spaces, and Hangul, whose spaces are a matter of taste.
WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
_BESIDE_WIDE = re.compile(f" (?=[{WIDE}])|(?<=[{WIDE}]) ")

_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,200}>")
_NUMBER = re.compile(r"\b(?:No|Nr|Num)\.|№|\bn\.? ?[º°]|\bNo\.? of\b", re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]*[/.#][^)]*\)")
_FOOTNOTE = re.compile(r"\[\^?\d+\]|\[\^[^\]]*\]|[\u00b9\u00b2\u00b3\u2070-\u2079†‡§¶]")
_POWER = re.compile("(?<![0-9])10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_ESCAPE = re.compile(r"\\([#_*\[\]()$%&{}~`|<>+\-.!])")
_LATEX_WORD = re.compile(r"\\(?:text|mathrm|mathit|mathbf|mathcal|operatorname|rm|bf)\b\s*")
_EMPHASIS = re.compile(r"\*+|`+|~~|==|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)")


def fold(text: str) -> str:
    """Return a text as words are compared: one case, one width, no accents.

    >>> fold("Größe") == fold("GRÖSSE"), fold("Ｔｏｔａｌ"), fold("Lớp")
    (True, 'total', 'lop')
    """
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKC", text).casefold()
    bare = _MARKS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).translate(_SPELLED)


def plain(text: str) -> str:
    """Return a text folded, with single spaces, and none beside characters that need none."""
    return _BESIDE_WIDE.sub("", " ".join(fold(text).split()))


def undressed(header: str) -> tuple[str, str]:
    r"""Return a header without its markup, and the symbol that it gives in LaTeX, if one.

    >>> undressed(r"**\#Activated<br>Params**"), undressed(r"$P_\text{total}$")
    (('#Activated Params', ''), ('', 'P_total'))
    """
    text = html.unescape(header) if "&" in header else header
    text = _POWER.sub(lambda match: "10^" + match[1].translate(_RAISED), text)
    text = _IMAGE.sub(" ", text)
    text = _LINK.sub(r"\1", text)
    text = _NUMBER.sub("#", _TAG.sub(" ", text))
    symbols: list[str] = []

    def formula(match: re.Match[str]) -> str:
        symbol = _LATEX_WORD.sub("", match[1] or match[2] or "")
        symbol = re.sub(r"[{}\s\\]", "", symbol)
        if symbol in ("#", "%"):
            return symbol
        symbols.append(symbol)
        return " "

    text = _ESCAPE.sub(lambda match: match[0] if match[1] in "()[]" else match[1], text)
    text = re.sub(r"\$(?! )([^$]+)(?<! )\$|\\\(([^)]*)\\\)", formula, text)
    text = _FOOTNOTE.sub("", text)
    text = _EMPHASIS.sub(lambda match: " " if "*" in match[0] else "", text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(" " if _is_dress(sign) else sign for sign in text)
    return " ".join(text.split()), symbols[0] if symbols else ""


def _is_dress(sign: str) -> bool:
    """Whether a sign is decoration: emoji, arrows, stars, invisible signs."""
    if sign < "\u2000":
        return sign < " " or sign in "\u00ad\u200b"
    kind = unicodedata.category(sign)
    return kind in ("So", "Cf", "Cc", "Co", "Cs", "Mn") or "\u2190" <= sign <= "\u21ff"


def folded(header: str) -> str:
    """Return a header as it is compared: case, spaces, hyphens and underscores do not matter.

    >>> folded("Top-K") == folded("top_k") == folded(" Top  k ")
    True
    """
    return re.sub(r"[\s_\-]+", " ", header.strip()).casefold()
