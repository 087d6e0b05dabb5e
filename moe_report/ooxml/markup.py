"""The bytes of parts that are XML, in whichever encoding."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterable

from lxml import etree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"  # of all that a sheet says

_ENCODING = re.compile(r"(^<\?xml[^>]*?encoding\s*=\s*[\"'])[^\"'>]*([\"'])")
UTF16 = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE  # how a part in that encoding begins
_APPLE_DOUBLE = b"\0\5\x16\7"  # begins ._sheet1.xml, which macOS zips beside sheet1.xml


def split_name(name: str) -> tuple[str, str]:
    """Return namespace and local name of an element's or attribute's name, whatever they hold.

    >>> split_name("{urn:x}row"), split_name("row"), split_name("{odd}n}row")
    (('urn:x', 'row'), ('', 'row'), ('odd}n', 'row'))
    """
    space, _, local = name.rpartition("}")
    return space[1:], local


def local_name(item: etree._Element) -> str:
    """Return an element's name without its namespace; empty for a comment."""
    return split_name(item.tag)[1] if isinstance(item.tag, str) else ""


def is_markup(
    name: str, content: bytes, endings: tuple[str, ...] = (".xml", ".rels", ".vml")
) -> bool:
    """Whether a part is XML by the ending of its name, and not what macOS keeps of such a file."""
    return name.lower().endswith(endings) and not content.startswith(_APPLE_DOUBLE)


def in_utf8(content: bytes) -> bytes:
    """Return XML in UTF-8 without a mark in front, whichever encoding of Unicode it is in."""
    if content.startswith(UTF16):
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
