"""Names of parts, and links between them: how a package and its types spell one and the same."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote


@dataclass(frozen=True)
class Relationship:
    """A link from one part to another, e.g. from a sheet to its drawing.

    Attributes:
        target: The name of the other part; of an external link, or one to a place within the
            part's own workbook (``#Sheet!A1``), what the file says.
        external: Whether it leads out of the package.
    """

    id: str
    type: str
    target: str
    external: bool = False

    @property
    def kind(self) -> str:
        """The end of its type, e.g. ``drawing``."""
        return self.type.rpartition("/")[2]


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
