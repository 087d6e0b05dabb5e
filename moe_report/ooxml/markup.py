"""The bytes of parts that are XML, in whichever encoding."""

from __future__ import annotations

import codecs
import re

_ENCODING = re.compile(r"(^<\?xml[^>]*?encoding\s*=\s*[\"'])[^\"'>]*([\"'])")


def is_markup(name: str) -> bool:
    """Whether a part is XML by the ending of its name."""
    return name.lower().endswith((".xml", ".rels", ".vml"))


def in_utf8(content: bytes) -> bytes:
    """Return XML in UTF-8 without a mark in front, whichever encoding of Unicode it is in."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
        return _ENCODING.sub(r"\1UTF-8\2", text, count=1).encode()
    return content.removeprefix(codecs.BOM_UTF8)
