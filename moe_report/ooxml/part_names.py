"""Names of parts: how a package, its links and its types spell one and the same."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from urllib.parse import unquote


@lru_cache(maxsize=4096)
def part_key(name: str) -> str:
    r"""Return what the names of one part have in common, however they are spelled.

    To the format, capitals make no difference, and neither does the code of a letter. Some
    programs write a slash in front, or backslashes.

    >>> part_key("/XL/media/./Image%201.png") == part_key(r"xl\media\image 1.png")
    True
    """
    path = unquote(name).replace("\\", "/")
    folder = "/" * path.endswith("/")  # some zip programs list folders, which are no parts
    return (posixpath.normpath(f"/{path}").lstrip("/") + folder).casefold()


def target_name(part: str, target: str) -> str:
    """Return the name of the part that a link of another part leads to.

    >>> target_name("xl/worksheets/sheet1.xml", "../media/a.png"), target_name("", "/xl/a.xml")
    ('xl/media/a.png', 'xl/a.xml')
    """
    path = posixpath.join("/", *(name.replace("\\", "/") for name in (part, "..", target)))
    return posixpath.normpath(path).lstrip("/")


def relationships_name(part: str) -> str:
    """Return the name of the part that holds another part's links.

    >>> relationships_name("xl/worksheets/sheet1.xml"), relationships_name("")
    ('xl/worksheets/_rels/sheet1.xml.rels', '_rels/.rels')
    """
    folder, base = posixpath.split(part.replace("\\", "/"))
    return posixpath.join(folder, "_rels", base + ".rels")
