"""Packages with something wrong in them, as bad programs and broken transfers leave them."""

from __future__ import annotations

import io
import random
import re
import warnings
import zipfile
from collections.abc import Callable

Parts = list[tuple[str, bytes]]

ODD = (
    b"", b"x", b"-1", b"0", b"1e9", b"99999999999", b"R1C1", b"#REF!", b"A:A", b"XFE1", b"A0",
    b"A1:", b"rId999", b"/", b"../../x", b"%2e%2e", b"&#x202E;", b"NaN", b"true", b"s", b"{{ m.",
)  # fmt: skip
_ATTRIBUTE = re.compile(rb'(\s[\w:]+=")([^"]*)(")')
_ELEMENT = re.compile(rb"<(\w[\w:]*)[^<>]*/>|<(\w[\w:]*)[^<>]*>[^<>]*</\2>")
_TEXT = re.compile(rb">([^<>]+)<")


def mutant(data: bytes, chance: random.Random) -> bytes:
    """Return a package with one to three things changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(item.filename, archive.read(item)) for item in archive.infolist()]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if not parts:
            break
        at = chance.randrange(len(parts))
        chance.choice(CHANGES)(parts, at, chance)
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore")  # of names that stand twice
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    whole = target.getvalue()
    if chance.random() < 0.05:
        at = chance.randrange(len(whole))
        whole = chance.choice((whole[:at], whole[:at] + b"\x00" + whole[at + 1 :]))
    return whole


def _drop(parts: Parts, at: int, chance: random.Random) -> None:
    del parts[at]


def _twice(parts: Parts, at: int, chance: random.Random) -> None:
    name, content = parts[at]
    parts.append((chance.choice((name, name.upper(), name.lower())), content))


def _other_case(parts: Parts, at: int, chance: random.Random) -> None:
    name, content = parts[at]
    parts[at] = (name.swapcase() if chance.random() < 0.5 else name.title(), content)


def _cut(parts: Parts, at: int, chance: random.Random) -> None:
    name, content = parts[at]
    parts[at] = (name, content[: chance.randrange(len(content) + 1)])


def _exchange(parts: Parts, at: int, chance: random.Random) -> None:
    other = chance.randrange(len(parts))
    (first, one), (second, two) = parts[at], parts[other]
    parts[at], parts[other] = (first, two), (second, one)


def _byte(parts: Parts, at: int, chance: random.Random) -> None:
    name, content = parts[at]
    if content:
        where = chance.randrange(len(content))
        odd = bytes([chance.randrange(256)])
        parts[at] = (name, content[:where] + odd + content[where + 1 :])


def _inside(
    pattern: re.Pattern[bytes], change: Callable[[re.Match[bytes], bytes], bytes]
) -> Change:
    def changed(parts: Parts, at: int, chance: random.Random) -> None:
        name, content = parts[at]
        found = list(pattern.finditer(content[:2_000_000]))
        if found:
            match = chance.choice(found)
            new = change(match, chance.choice(ODD))
            parts[at] = (name, content[: match.start()] + new + content[match.end() :])

    return changed


Change = Callable[[Parts, int, random.Random], None]
Replace = Callable[[re.Match[bytes], bytes], bytes]
_odd_attribute = _inside(_ATTRIBUTE, lambda match, odd: match[1] + odd + match[3])
CHANGES: tuple[Change, ...] = (
    _drop, _twice, _other_case, _cut, _exchange, _byte,
    _odd_attribute, _odd_attribute, _odd_attribute, _odd_attribute,
    _inside(_ATTRIBUTE, lambda match, odd: b""),
    _inside(_ELEMENT, lambda match, odd: b""),
    _inside(_ELEMENT, lambda match, odd: match[0] * 2),
    _inside(_TEXT, lambda match, odd: b">" + odd + b"<"),
)  # fmt: skip
