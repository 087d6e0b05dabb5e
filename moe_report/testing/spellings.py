"""How units and sources are to be written, and what is nearly that.

A unit of :mod:`moe_report.display` gets prefixes (46.7 GB) and words of headers; one that is spelt
otherwise gets none, silently. What no table knows is left as it is.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from moe_report.display import COUNTED
from moe_report.schema.fields import FIELDS

# Units that stand alone or above a fraction line; below it, one of them is meant.
_FIELD_UNITS = {field.unit for field in FIELDS.values() if field.unit.isalpha()}
_FURTHER_UNITS = {"ratio", "sequences", "devices", "FLOP/s", "byte/s", "0 or 1"}
KNOWN = frozenset({*COUNTED, *_FIELD_UNITS, *_FURTHER_UNITS})
_SINGULAR = {one: one.removesuffix("s") for one in KNOWN if one.endswith("s")} | {
    "matrices": "matrix", "FLOP/s": "FLOP/s",
}  # fmt: skip
_FURTHER = {
    "byte": "B octet", "MAC": "multiply-accumulate multiply-add",
    "FLOP": "floating-point-operation flops", "parameters": "param params", "tokens": "tok toks",
    "sequences": "seq seqs",
}  # fmt: skip
_SHARES = frozenset({"%", "percent", "percents", "per cent", "pct", "percentage", "share",
                     "fraction", "proportion", "ratios", "1", "-", "none", "dimensionless",
                     "unitless", "x", "×", "factor"})  # fmt: skip
_PREFIX = re.compile(
    r"(?:kilo|mega|giga|tera|peta|thousand|million|billion|trillion|[kKMGTPB]i?)[\s-]*(.+)"
)
_PER = re.compile(r"\s*/\s*|\s+per\s+|\s+an?\s+")
_CLOSE = 0.85


def _spelled() -> dict[str, str]:
    """Every spelling that is known, in small letters, and the unit that it means."""
    found: dict[str, str] = {}
    for unit in KNOWN:
        one = _SINGULAR.get(unit, unit)
        spelled = {unit, one, f"{one}s", *_FURTHER.get(unit, "").split()}
        found |= {spelling.casefold(): unit for spelling in spelled}
    return found


_SPELLED = _spelled()


def right_unit(unit: str, *, scaled: bool = True) -> str:
    """Return how a unit is to be written, and why; nothing if it is right or not known at all.

    Args:
        unit: As it is written.
        scaled: Whether numbers in it are shown with a prefix that fits them, as a metric's are.

    >>> right_unit("byte"), right_unit("kWh/Mtoken"), right_unit("bytes")
    ('', '', "write 'byte'")
    >>> right_unit("GB/tok")
    "write 'byte/token' and give that many: the prefix is chosen by their size"
    >>> right_unit("%")
    "write 'ratio' and give a share, 0.27 for 27 %"
    """
    if unit in KNOWN:
        return ""
    if unit.strip().casefold() in _SHARES:
        return "write 'ratio' and give a share, 0.27 for 27 %"
    top, *bottom = _PER.split(unit.strip())
    if top == "FLOPS" and not bottom:
        return "write 'FLOP' for a number of operations, 'FLOP/s' for a speed"
    plain, prefixed = _without_prefix(top)
    if prefixed and not scaled:
        plain, prefixed = top, False
    right = "/".join([plain, *map(_below, bottom)])
    if right == unit:
        return ""
    why = " and give that many: the prefix is chosen by their size" if prefixed else ""
    return f"write {right!r}{why}"


def is_known(unit: str) -> bool:
    """Whether the table has a unit, whatever it is a share of."""
    return unit in KNOWN or unit.split("/")[0] in KNOWN


def _without_prefix(top: str) -> tuple[str, bool]:
    """What is counted, spelled rightly if it is known, and whether it had a prefix."""
    if known := _known(top):
        return known, False
    found = _PREFIX.fullmatch(top)
    if found and (known := _known(found[1])):
        counted = known.split("/")[0] in COUNTED
        return (known, True) if counted else (top, False)
    near = get_close_matches(top.casefold(), _SPELLED, n=1, cutoff=_CLOSE) if len(top) > 3 else []
    return (_SPELLED[near[0]] if near else top), False


def _known(word: str) -> str:
    return word if word in KNOWN else _SPELLED.get(word.casefold(), "")


def _below(word: str) -> str:
    """What stands under the line: one token, one parameter."""
    known = _known(word)
    return _SINGULAR.get(known, known) if known else word


# -- sources

_PLACEHOLDERS = frozenset({
    "an", "and", "article", "asap", "book", "chatgpt", "citation", "cite", "common", "data",
    "doc", "docs", "documentation", "find", "fixme", "from", "google", "gpt", "here", "hf",
    "huggingface", "internet", "it", "knowledge", "known", "later", "link", "me", "my", "na",
    "none", "note", "of", "online", "own", "paper", "papers", "ref", "reference", "references",
    "same", "see", "site", "some", "somewhere", "source", "tba", "tbd", "that", "the", "there",
    "this", "to", "todo", "unknown", "url", "various", "web", "website", "wiki", "wikipedia",
    "wip", "work", "xxx", "xxxx",
})  # fmt: skip
_ARXIV = re.compile(r"arxiv[:\s/]*", re.IGNORECASE)
_ARXIV_ID = re.compile(r"arxiv(?::|\.org/(?:abs|pdf|html)/)\s*(\d{4}\.\d{4,5}|[a-z-]+/\d{7})", re.I)
_DOI = re.compile(r"\bdoi\b", re.IGNORECASE)
_DOI_ID = re.compile(r"doi(?::|\.org/)\s*10\.\d{4,9}/\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"https?://[\w.-]+\.[a-z]{2,}", re.IGNORECASE)


def not_citable(source: str) -> str:
    """Return why nobody could look a source up; nothing if one could.

    A convention in words is a source, too.

    >>> not_citable("Kaplan et al. 2020, arXiv:2001.08361"), not_citable("two bytes a weight")
    ('', '')
    >>> not_citable("TODO"), not_citable("arXiv:2001")
    ('it names nothing', 'arXiv has numbers like arXiv:2401.04088')
    """
    if _ARXIV.search(source) and not _ARXIV_ID.search(source):
        return "arXiv has numbers like arXiv:2401.04088"
    if _DOI.search(source) and not _DOI_ID.search(source):
        return "a DOI is like doi:10.1145/1465482.1465560"
    if _ADDRESS.search(source) and not _HOST.search(source):
        return "the address has no host"
    words = re.findall(r"[^\W_]{2,}", source.casefold())
    if not set(words) - _PLACEHOLDERS:
        return "it names nothing"
    return ""
