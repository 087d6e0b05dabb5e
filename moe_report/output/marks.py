"""A mark in an output that tells later whether it still is, byte for byte, as we wrote it.

The mark is a digest of all other bytes. A page has it in a comment at its end, a report's JSON in
its last key, a workbook in the directory of its zip file: in a field for such additions, which
every program passes over, and none that saves the workbook takes along. So a workbook that was
opened and saved counts as changed.
"""

from __future__ import annotations

import hashlib
import re
import struct

from moe_report.output.content import Content, Found, Spooled, end_of, pieces_of, size_of

_WORDS = b"moe-report sha256:"
_BLANK = b"0" * 64
_MARK = re.compile(re.escape(_WORDS) + rb"([0-9a-f]{64})")
# Behind a text, by the ending of the file's name; formats of plugins are among them.
_COMMENTS = {
    **dict.fromkeys((".html", ".htm", ".md", ".xml", ".svg"), b"\n<!-- %s -->\n"),
    **dict.fromkeys((".yaml", ".yml", ".toml"), b"\n# %s\n"),
    ".tex": b"\n%% %s\n",
}
_JSON, _JSON_END = b'{\n "schema": ', b"\n}\n"  # how a report's begins and ends
_JSON_MARK = b',\n "written": "%s"' + _JSON_END
_FIELD = 0x526D  # none of those that are assigned
_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_SIZE, _EXTRA = 12, 30  # where in these the sizes of the directory and of the fields stand


def marked(content: Content, suffix: str) -> Content:
    """Return a file's content with a mark, if one of its kind can have it.

    Args:
        content: The file's bytes; those on the disk get the mark there.
        suffix: The ending of its name.
    """
    found = _end_with_mark(content, suffix)
    if found is None:
        return content
    at, end = found
    place = at + end.rindex(_BLANK)
    if isinstance(content, Spooled):
        content.put(at, end)
        content.put(place, content.digest().encode())
        return content
    whole = bytearray(content)
    whole[at:] = end
    whole[place : place + len(_BLANK)] = _digest(whole)
    return bytes(whole)


def _end_with_mark(content: Content, suffix: str) -> tuple[int, bytes] | None:
    """Where a content ends otherwise for having a mark, and that end; None if it can have none."""
    mark = _WORDS + _BLANK
    size = size_of(content)
    begins = next(iter(pieces_of(content)), b"")
    if begins.startswith(b"PK"):
        return _directory_with(content, struct.pack("<2H", _FIELD, len(mark)) + mark)
    at = size - len(_JSON_END)
    if begins.startswith(_JSON) and end_of(content, at) == _JSON_END:
        return at, _JSON_MARK % mark
    if suffix.lower() in _COMMENTS:
        return size, _COMMENTS[suffix.lower()] % mark
    return None


def can_have_mark(content: Content, suffix: str) -> bool:
    """Return whether files of a kind have a place for a mark."""
    begins = next(iter(pieces_of(content)), b"")
    return begins.startswith(b"PK") or suffix.lower() in _COMMENTS


def is_as_written(content: Content | Found) -> bool | None:
    """Return whether a file is as it was marked; None if it has no mark."""
    found = None
    at, before = 0, b""  # what of a mark may stand at the end of a piece
    for piece in pieces_of(content):
        joined = before + piece
        for match in _MARK.finditer(joined):
            found = at - len(before) + match.start(1), match[1]
        before, at = joined[-len(_WORDS + _BLANK) :], at + len(piece)
    return None if found is None else _digest_without(content, *found) == found[1]


def _digest_without(content: Content | Found, start: int, mark: bytes) -> bytes:
    """The digest of a content in which a mark is blank."""
    found, at = hashlib.sha256(), 0
    for piece in pieces_of(content):
        first, last = (min(max(place - at, 0), len(piece)) for place in (start, start + len(mark)))
        view = memoryview(piece)
        for part in (view[:first], _BLANK[: last - first], view[last:]):
            found.update(part)
        at += len(piece)
    return found.hexdigest().encode()


def _digest(content: bytes | bytearray) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _directory_with(content: Content, field: bytes) -> tuple[int, bytes] | None:
    """Where a zip file has its directory, and that with a field more in its last entry."""
    at = size_of(content) - _END.size
    if at < 0:
        return None
    signature, _, _, _, _, size, start, comment = _END.unpack(end_of(content, at))
    if signature != b"PK\5\6" or comment or not size or start + size != at:
        return None
    changed = bytearray(end_of(content, start))
    end = 0
    while end < size:
        entry = end
        *_, name, extra, note, _, _, _, _ = _ENTRY.unpack_from(changed, entry)
        end += _ENTRY.size + name + extra + note
    struct.pack_into("<H", changed, entry + _EXTRA, extra + len(field))
    struct.pack_into("<L", changed, size + _SIZE, size + len(field))
    changed[end - note : end - note] = field
    return start, bytes(changed)
