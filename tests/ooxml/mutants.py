"""Packages damaged at random, each by a seed: the same seed gives the same damage."""

from __future__ import annotations

import io
import random
import re
import warnings
import zipfile
from collections.abc import Callable

from tests.fill.books import parts

Parts = list[tuple[str, bytes]]
_WRONG = (
    "", "x", "-1", "0", "1.5", "R1C1", "A0", "ZZZZ9", "XFE1", "#REF!", "A1:", "é", "1e99", "A:A",
    "99999999999999999999", "4294967295", "rId99", "../../../a.xml", "1_0", "²", "true", " 2 ",
)  # fmt: skip
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_TEXT = re.compile(rb">([^<>]+)<")
_ELEMENT = re.compile(rb"<([\w:]+)\b[^<>]*/>|<([\w:]+)\b[^<>]*>[^<>]*</\2>")


def mutant(data: bytes, seed: int) -> tuple[str, bytes]:
    """Return what was done to a package, and the package after it."""
    chance = random.Random(seed)
    found = list(parts(data).items())
    change = chance.choice(_CHANGES)
    said = change(found, chance)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on names that are there twice
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in found:
                archive.writestr(name, content)
    return f"seed {seed}: {change.__name__.strip('_')}: {said}", out.getvalue()


def _xml(found: Parts, chance: random.Random) -> int:
    return chance.choice([at for at, (name, _) in enumerate(found) if _is_xml(name)])


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels", ".vml")) and "theme" not in name


def _drop(found: Parts, chance: random.Random) -> str:
    name, _ = found.pop(chance.randrange(len(found)))
    return name


def _twin(found: Parts, chance: random.Random) -> str:
    name, content = chance.choice(found)
    spelled = chance.choice([name, name.upper(), f"/{name}", name.replace("/", "\\"), f"./{name}"])
    found.append((spelled, content))
    return spelled


def _truncate(found: Parts, chance: random.Random) -> str:
    at = chance.randrange(len(found))
    name, content = found[at]
    found[at] = name, content[: chance.randrange(len(content) + 1)]
    return name


def _noise(found: Parts, chance: random.Random) -> str:
    at = chance.randrange(len(found))
    name, content = found[at]
    where = chance.randrange(len(content) + 1)
    found[at] = name, content[:where] + chance.randbytes(3) + content[where + 2 :]
    return f"{name}, byte {where}"


def _edit(
    found: Parts,
    chance: random.Random,
    pattern: re.Pattern[bytes],
    new: Callable[[re.Match[bytes]], bytes],
) -> str:
    """Replace one place that matches; other parts are tried if a part has none."""
    for _ in range(20):
        at = _xml(found, chance)
        name, content = found[at]
        places = list(pattern.finditer(content))
        if places:
            place = chance.choice(places)
            fresh = new(place)
            found[at] = name, content[: place.start()] + fresh + content[place.end() :]
            return f"{name}: {place[0][:60]!r} became {fresh[:60]!r}"
    return "nothing"


def _attribute(found: Parts, chance: random.Random) -> str:
    wrong = chance.choice(_WRONG).encode()
    return _edit(found, chance, _ATTRIBUTE, lambda place: place[1] + b'="' + wrong + b'"')


def _no_attribute(found: Parts, chance: random.Random) -> str:
    return _edit(found, chance, _ATTRIBUTE, lambda place: b"")


def _text(found: Parts, chance: random.Random) -> str:
    wrong = chance.choice(_WRONG).encode()
    return _edit(found, chance, _TEXT, lambda place: b">" + wrong + b"<")


def _no_element(found: Parts, chance: random.Random) -> str:
    return _edit(found, chance, _ELEMENT, lambda place: b"")


def _two_elements(found: Parts, chance: random.Random) -> str:
    return _edit(found, chance, _ELEMENT, lambda place: place[0] * 2)


def _other_element(found: Parts, chance: random.Random) -> str:
    return _edit(found, chance, _ELEMENT, lambda place: b"<odd/>")


def _targets(found: Parts, chance: random.Random) -> str:
    """Let two links lead where the other did."""
    at = chance.choice([at for at, (name, _) in enumerate(found) if name.endswith(".rels")])
    name, content = found[at]
    targets = re.findall(rb'Target="([^"]*)"', content)
    if len(targets) < 2:
        return "nothing"
    one, other = chance.sample(targets, 2)
    swapped = {one: other, other: one}
    found[at] = (
        name,
        re.sub(
            rb'Target="([^"]*)"', lambda m: b'Target="' + swapped.get(m[1], m[1]) + b'"', content
        ),
    )
    return f"{name}: {one!r} and {other!r}"


def _contents(found: Parts, chance: random.Random) -> str:
    one, other = _xml(found, chance), _xml(found, chance)
    first, second = found[one], found[other]
    found[one], found[other] = (first[0], second[1]), (second[0], first[1])
    return f"{first[0]} and {second[0]}"


def _other_encoding(found: Parts, chance: random.Random) -> str:
    at = _xml(found, chance)
    name, content = found[at]
    found[at] = name, content.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    return name


_CHANGES = (
    _drop, _twin, _truncate, _noise, _attribute, _attribute, _attribute, _attribute, _no_attribute,
    _text, _text, _no_element, _two_elements, _other_element, _targets, _contents, _other_encoding,
)  # fmt: skip
