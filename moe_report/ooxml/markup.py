"""The bytes of parts that are XML, in whichever encoding."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterable

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"  # of all that a sheet says

_ENCODING = re.compile(r"(^<\?xml[^>]*?encoding\s*=\s*[\"'])[^\"'>]*([\"'])")
_APPLE_DOUBLE = b"\0\5\x16\7"  # begins ._sheet1.xml, which macOS zips beside sheet1.xml


def is_markup(
    name: str, content: bytes, endings: tuple[str, ...] = (".xml", ".rels", ".vml")
) -> bool:
    """Whether a part is XML by the ending of its name, and not what macOS keeps of such a file."""
    return name.lower().endswith(endings) and not content.startswith(_APPLE_DOUBLE)


def in_utf8(content: bytes) -> bytes:
    """Return XML in UTF-8 without a mark in front, whichever encoding of Unicode it is in."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
        return _ENCODING.sub(r"\1UTF-8\2", text, count=1).encode()
    return content.removeprefix(codecs.BOM_UTF8)


def folded_text(content: bytes) -> str:
    """Return XML as text without case, with what its entities stand for.

    >>> folded_text(b"<f>'R&amp;D &#x47;r&#246;&#223;e'!A1</f>")
    "<f>'r&d grösse'!a1</f>"
    """
    return html.unescape(content.decode("utf-8", "replace")).casefold()


def mentions(content: bytes, words: Iterable[str]) -> bool:
    """Whether XML has one of some words, spelled with entities or other capitals too."""
    text = folded_text(content)
    return any(word.casefold() in text for word in words)
