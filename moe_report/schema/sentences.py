"""Digits in a cell that are no number of it: in addresses, places in a text, dates, sentences."""

from __future__ import annotations

import re

from moe_report.schema.numerals import words_beside

# Not 2048, which may be a width.
_YEAR = r"(?:19[89]\d|20[0-3]\d)"
_REST = r"(?:[^\s()]|\([^\s()]*\))+"
_PLACES = re.compile(
    rf"\w+://{_REST}|\bwww\.{_REST}|\S+@{_REST}|\b[a-z][\w-]*(?:\.[\w-]+)*\.[a-z]{{2,}}/{_REST}"
    r"|\b(?:arxiv|doi|isbn)\s?:?\s?\d[\w./-]*"
    r"|(?:\b(?:tables?|figures?|sections?|pages?|appendix|chapters?|footnotes?|notes?|references?|"
    r"versions?|equations?|rows?|lines?|tab\.|figs?\.?|sec\.|app\.|pp?\.|refs?\.?|eqs?\.|"
    r"tabelle|abbildung|abb\.|abschnitt|seite|s\.|kapitel|anhang|tableau|annexe|tabla|figura|"
    r"sección|página|tabela|seção|таблица|табл\.|рис\.|раздел|стр\.)|[表图圖図页頁章节節])"
    r"\s?\d+(?:\.\d+)*(?![\w%])"
    rf"|\b{_YEAR}-\d\d(?:-\d\d)?\b|\b\d{{1,2}}\.\d{{1,2}}\.{_YEAR}\b"
    r"|\b(?:in|since|from|by|until|as of|early|late|mid|q[1-4]|jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|"
    rf"june?|july?|aug\w*|sept?\w*|oct\w*|nov\w*|dec\w*)\.?[ -]{_YEAR}\b",
    re.IGNORECASE,
)
# Behind these a number is said: "hidden size is 4096" is as "hidden size: 4096".
_SAYING = re.compile(r".*(?:[:=,;(]|\b(?:is|are|be|ist|sind|est|sont|es|son)\b)", re.IGNORECASE)


def without_places(text: str) -> str:
    """Return a text without addresses, places in a text and dates.

    >>> [without_places(text) for text in ("671B (https://d.example/2)", "8, see Table 3", "2048")]
    ['671B ( )', '8, see  ', '2048']
    """
    return _PLACES.sub(" ", text)


def in_sentence(text: str, digits: str) -> bool:
    """Whether words that say nothing known lead to a number, or stand on both its sides.

    >>> in_sentence("same as Llama 3", "3"), in_sentence("probably 8", "8")
    (True, False)
    """
    before, _, behind = text.partition(digits)
    parts = (_SAYING.sub("", before), re.split(r"[(,;]", behind, maxsplit=1)[0])
    ahead, after = (sum(bool(words_beside(one)[1]) for one in part.split()) for part in parts)
    return ahead > 1 or (ahead == 1 and after > 1)
