"""Words of others as HTML: emphasis and code of docstrings, links of sources, all else escaped."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup, escape

_MARKED = re.compile(r"``(?P<code>[^`]+)``|\*(?P<emphasis>[^*\s](?:[^*]*[^*\s])?)\*")
REFERENCE = re.compile(
    r"arXiv:(?P<arxiv>\d{4}\.\d{4,5})|doi:(?P<doi>10\.\d{4,9}/[^\s;,)\"<>]*[^\s;,.)\"<>])"
    r"|(?P<url>https?://[^\s<>\"')]*[^\s<>\"').,;])"
)


def rich(text: str) -> Markup:
    """Return a docstring's ``*emphasis*`` and double-backtick code as HTML, all else escaped.

    >>> print(rich("*Active* of ``k < E`` & <b>"))
    <em>Active</em> of <code>k &lt; E</code> &amp; &lt;b&gt;
    """
    return _with_elements(text, _MARKED, _marked)


def linked(text: str) -> Markup:
    """Return a source with its arXiv ids, DOIs and web addresses as links, all else escaped.

    >>> print(linked("Dai et al. 2024, arXiv:2401.06066, section 3"))
    Dai et al. 2024, <a href="https://arxiv.org/abs/2401.06066">arXiv:2401.06066</a>, section 3
    """
    return _with_elements(text, REFERENCE, _link)


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
    href = found["url"]
    if found["arxiv"]:
        href = f"https://arxiv.org/abs/{found['arxiv']}"
    elif found["doi"]:
        href = f"https://doi.org/{found['doi']}"
    return Markup('<a href="{}">{}</a>').format(href, found[0])
