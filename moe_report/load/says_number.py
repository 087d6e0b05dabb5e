"""Whether a cell may say a number of a model's."""

from __future__ import annotations

import re

from moe_report.schema.headers.values import seen_in
from moe_report.schema.number_words import ABOUT, IGNORED, LABELS, MULTIPLES
from moe_report.schema.numerals import LONGEST
from moe_report.schema.sentences import without_places

# What begins a note even if a number stands beside it, as where a comma parts cells:
# "Source: vendor page, 2025".
NOTE = re.compile(
    r"\W*(?:sources?|notes?|legend|remarks?|comments?|(?:last )?updated?|as of|date|references?|"
    r"quellen?|anmerkung(?:en)?|hinweise?|legende|stand|datum|notas?|fuentes?|fontes?|leyenda|"
    r"remarques?|légende|источники?|примечани[ея]|来源|來源|注|备注|備註|出典|注記|출처|비고|주)"
    r"\s*[:：]",
    re.IGNORECASE,
)  # fmt: skip
_DATE = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MOST_WORDS = 1  # beside a number, of those that nobody knows
_NO_NUMBERS = ("text", "architecture", "flag")
_KNOWN = frozenset({*LABELS, *MULTIPLES, *IGNORED, *(word.strip(" .") for word in ABOUT)})


def says_a_number(value: object) -> bool:
    """Whether a cell may say a number of a model's, or that there is none.

    A sentence, a link or a date says none, whatever digits are in it.

    >>> [says_a_number(value) for value in (8, "~671B", "n/a", "see vendor page, 2025", "8 of 256")]
    [True, True, True, False, True]
    """
    if not isinstance(value, str):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    text = _DATE.sub("", without_places(value[:LONGEST])).strip()
    if not text.strip("()[] ") or NOTE.match(text):
        return False
    if (kind := seen_in(text).kind) != "several":
        return kind not in _NO_NUMBERS
    words = (word.casefold() for word in _WORD.findall(text))
    return sum(word not in _KNOWN for word in words) <= _MOST_WORDS
