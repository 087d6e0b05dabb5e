"""Words of others as HTML: emphasis and code of docstrings, links of sources, all else escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping

from markupsafe import Markup, escape

_MARKED = re.compile(r"``(?P<code>[^`]+)``|\*(?P<emphasis>[^*\s](?:[^*]*[^*\s])?)\*")
REFERENCE = re.compile(
    r"arXiv:(?P<arxiv>\d{4}\.\d{4,5})|doi:(?P<doi>10\.\d{4,9}/[^\s;,)\"<>]*[^\s;,.)\"<>])"
    r"|(?<![A-Za-z0-9:/.@+-])(?P<url>https?://[^\s<>\"')]*[^\s<>\"').,;])"
)
# A host that is spelled in letters which look like no others; a user name before it leads astray.
_PLAIN_HOST = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?([/?#]|$)")
_WORDS = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<target>[^()\s]+)\)")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # text behind one reads otherwise


def rich(text: str) -> Markup:
    """Return a docstring's ``*emphasis*`` and double-backtick code as HTML, all else escaped.

    >>> print(rich("*Active* of ``k < E`` & <b>"))
    <em>Active</em> of <code>k &lt; E</code> &amp; &lt;b&gt;
    """
    return _with_elements(text, _MARKED, _marked)


def linked(text: str) -> Markup:
    """Return a source with its arXiv ids, DOIs and web addresses as links, all else escaped.

    An address that is not what it looks like stays a text.

    >>> print(linked("Dai et al. 2024, arXiv:2401.06066, section 3"))
    Dai et al. 2024, <a href="https://arxiv.org/abs/2401.06066">arXiv:2401.06066</a>, section 3
    """
    return escape(text) if _DIRECTIONS.search(text) else _with_elements(text, REFERENCE, _link)


def cited(text: str) -> Markup:
    """Return sources whose papers lead to the page's list of sources; addresses stay as they are.

    >>> print(cited("Dai et al. 2024, arXiv:2401.06066, section 3; a habit"))
    <a href="#arXiv:2401.06066">Dai et al. 2024</a>, section 3; a habit
    """
    return (
        escape(text)
        if _DIRECTIONS.search(text)
        else Markup(";").join(map(_citation, text.split(";")))
    )


def _citation(part: str) -> Markup:
    found = REFERENCE.search(part)
    who = part[: found.start()].strip(" ,") if found else ""
    if not found or not who or found["url"]:
        return linked(part)
    space = " " if part.startswith(" ") else ""
    link = Markup('{}<a href="#{}">{}</a>').format(space, found[0], who)
    return link + linked(part[found.end() :])


def worded(text: str, links: Mapping[str, str]) -> Markup:
    """Return a text of ``[words](target)`` as HTML, with emphasis and code.

    Args:
        text: What a section says.
        links: Ids of the page by name. A target that has none, and is no source, is no link.

    >>> print(worded("[All](total) of [it](arXiv:1701.06538), [not](x)", {"total": "metric-total"}))
    <a href="#metric-total">All</a> of <a href="https://arxiv.org/abs/1701.06538">it</a>, not
    """

    def link(found: re.Match[str]) -> Markup:
        words, target = rich(found["words"]), found["target"]
        if (source := REFERENCE.fullmatch(target)) and not _DIRECTIONS.search(target):
            address = _address(source)
            return Markup('<a href="{}">{}</a>').format(address, words) if address else words
        anchor = links.get(target.removeprefix("#"))
        return Markup('<a href="#{}">{}</a>').format(anchor, words) if anchor else words

    parts, end = [], 0
    for found in _WORDS.finditer(text):
        parts += [rich(text[end : found.start()]), link(found)]
        end = found.end()
    return Markup("").join([*parts, rich(text[end:])])


def lost_targets(text: str, known: Container[str]) -> Iterator[str]:
    """Return the targets of a text of ``[words](target)`` that are no source, and are not known.

    >>> list(lost_targets("[All](total) of [it](arXiv:1701.06538), [not](x)", {"total"}))
    ['x']
    """
    for found in _WORDS.finditer(text):
        target = found["target"]
        if not REFERENCE.fullmatch(target) and target.removeprefix("#") not in known:
            yield target


def _with_elements(
    text: str, pattern: re.Pattern[str], element: Callable[[re.Match[str]], Markup]
) -> Markup:
    parts, end = [], 0
    for found in pattern.finditer(text):
        parts += [escape(text[end : found.start()]), element(found)]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _marked(found: re.Match[str]) -> Markup:
    if found["code"]:
        return Markup("<code>{}</code>").format(found["code"])
    return Markup("<em>{}</em>").format(found["emphasis"])


def _link(found: re.Match[str]) -> Markup:
    address = _address(found)
    return Markup('<a href="{}">{}</a>').format(address, found[0]) if address else escape(found[0])


def _address(found: re.Match[str]) -> str:
    """Where a reference leads; nothing if that is not what it looks like."""
    hidden = any(unicodedata.category(sign) in ("Cc", "Cf") for sign in found[0])
    if hidden or "\\" in found[0] or (found["url"] and not _PLAIN_HOST.match(found["url"])):
        return ""
    if found["arxiv"]:
        return f"https://arxiv.org/abs/{found['arxiv']}"
    return f"https://doi.org/{found['doi']}" if found["doi"] else found["url"]
