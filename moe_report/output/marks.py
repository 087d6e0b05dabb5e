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

from moe_report.output.content import Content, Spooled, pieces_of

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
    mark = _WORDS + _BLANK
    if isinstance(content, Spooled):
        return _marked_on_disk(content, mark)
    if content.startswith(b"PK"):
        content = _with_field(content, struct.pack("<2H", _FIELD, len(mark)) + mark)
    elif content.startswith(_JSON) and content.endswith(_JSON_END):
        content = content.removesuffix(_JSON_END) + _JSON_MARK % mark
    elif suffix.lower() in _COMMENTS:
        content += _COMMENTS[suffix.lower()] % mark
    else:
        return content
    at = content.rfind(mark)
    if at < 0:
        return content
    at += len(_WORDS)
    whole = bytearray(content)
    del content  # which may be large
    whole[at : at + len(_BLANK)] = hashlib.sha256(whole).hexdigest().encode()
    return bytes(whole)


def _marked_on_disk(content: Spooled, mark: bytes) -> Spooled:
    """Give a report's JSON its mark; no other is so large that it is kept on the disk."""
    at = content.size - len(_JSON_END)
    if (
        next(iter(content.pieces()), b"").startswith(_JSON)
        and b"".join(content.pieces(at)) == _JSON_END
    ):
        behind = _JSON_MARK % mark
        content.put(at, behind)
        content.put(at + behind.index(_BLANK), content.digest().encode())
    return content


def can_have_mark(content: Content, suffix: str) -> bool:
    """Return whether files of a kind have a place for a mark."""
    begins = next(iter(pieces_of(content)), b"")
    return begins.startswith(b"PK") or suffix.lower() in _COMMENTS


def is_as_written(content: bytes) -> bool | None:
    """Return whether a file is as it was marked; None if it has no mark."""
    found = [match.span(1) for match in _MARK.finditer(content)]
    if not found:
        return None
    start, end = found[-1]
    return _digest(content[:start] + _BLANK + content[end:]) == content[start:end]


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _with_field(content: bytes, field: bytes) -> bytes:
    """Return a zip file with a field added to the last entry of its directory, if it can be."""
    at = len(content) - _END.size
    if at < 0:
        return content
    signature, _, _, _, _, size, start, comment = _END.unpack_from(content, at)
    if signature != b"PK\5\6" or comment or not size or start + size != at:
        return content
    end = start
    while end < at:
        entry = end
        *_, name, extra, note, _, _, _, _ = _ENTRY.unpack_from(content, entry)
        end += _ENTRY.size + name + extra + note
    changed = bytearray(content)
    del content  # which may be large
    struct.pack_into("<H", changed, entry + _EXTRA, extra + len(field))
    struct.pack_into("<L", changed, at + _SIZE, size + len(field))
    changed[end - note : end - note] = field
    return bytes(changed)
