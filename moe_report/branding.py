"""What a report says of its own accord: its title, introduction, footer and logo."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from moe_report.errors import InputError, Problem
from moe_report.input import why_no_file
from moe_report.text import CONTROL, shown

KEYS = ("title", "intro", "footer", "logo")
LARGEST_LOGO = 1_000_000  # bytes; it is part of every page
_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
)
_SVG = "{http://www.w3.org/2000/svg}svg"


@dataclass(frozen=True)
class Logo:
    """A picture: its type, such as ``image/png``, and the file's bytes."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Setting:
    """What a workbook's sheet Report says of one key, and where.

    A logo's path starts from the folder, which is the workbook's.
    """

    text: str
    where: str
    folder: Path


@dataclass(frozen=True)
class Branding:
    """What the user wants a report to say, in plain text; empty where nothing was said."""

    title: str = ""
    intro: str = ""
    footer: str = ""
    logo: Logo | None = None


def branding_of(
    settings: Mapping[str, Setting],
    *,
    title: str | None = None,
    intro: str | None = None,
    footer: str | None = None,
    logo: Path | None = None,
) -> Branding:
    """Return what the command line says or else, where that is None, the workbook.

    Raises:
        InputError: A text holds control characters, or the logo is no picture.
    """
    texts = {}
    for key, said in {"title": title, "intro": intro, "footer": footer}.items():
        if said is not None:
            texts[key] = plain_text(said, f"--{key}")
        else:
            texts[key] = settings[key].text if key in settings else ""
    picture = None
    if logo is not None:
        picture = read_logo(logo, "--logo")
    elif "logo" in settings:
        picture = read_logo(_below(settings["logo"]), settings["logo"].where)
    return Branding(" ".join(texts["title"].split()), texts["intro"], texts["footer"], picture)


def plain_text(text: str, where: str) -> str:
    """Return a text as a report can hold it.

    Raises:
        InputError: It holds control characters.
    """
    if CONTROL.search(text):
        message = f"found {shown(text)}, expected text without control characters"
        raise InputError([Problem(where, message)])
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode().strip()


def paragraphs(text: str) -> list[str]:
    r"""Return the paragraphs of a text; empty lines part them.

    >>> paragraphs("One\nline.\n\nTwo.")
    ['One\nline.', 'Two.']
    """
    return [part.strip() for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def read_logo(path: Path, where: str) -> Logo:
    """Return a PNG, JPEG, WebP or SVG picture; what it is, its content says and not its name.

    Raises:
        InputError: It is not there, too large, or none of these.
    """
    if why := why_no_file(path):
        _refuse(where, path, f"{why}; expected a picture")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_LOGO + 1)
    except OSError as error:
        _refuse(where, path, f"cannot be read ({error.strerror})")
    if len(data) > LARGEST_LOGO:
        size = path.stat().st_size / 1e6
        _refuse(where, path, f"is {size:.1f} MB large, expected at most {LARGEST_LOGO / 1e6:g} MB")
    for signature, media_type in _SIGNATURES:
        if signature.match(data):
            return Logo(media_type, data)
    if _is_svg(data):
        return Logo("image/svg+xml", data)
    return _refuse(where, path, "found no picture in it, expected PNG, JPEG, WebP or SVG")


def _below(setting: Setting) -> Path:
    """The path that a workbook names; one that was mailed must not reach for other folders."""
    written = PureWindowsPath(setting.text)  # takes both kinds of slashes apart
    try:
        folder = setting.folder.resolve()
        path = folder.joinpath(Path(written.as_posix()).expanduser()).resolve()
    except (OSError, RuntimeError):  # links in a circle, or nobody's home
        path = Path()
    if written.drive or not path.is_relative_to(folder):
        message = (
            f"found {shown(setting.text)}, expected a file beside the workbook or in a folder "
            "below (--logo takes any)"
        )
        raise InputError([Problem(setting.where, message)])
    return path


def _is_svg(data: bytes) -> bool:
    from lxml import etree  # it takes long to load, and most reports have no logo

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.fromstring(data, parser).tag == _SVG
    except (etree.XMLSyntaxError, ValueError):
        return False


def _refuse(where: str, path: Path, message: str) -> Logo:
    raise InputError([Problem(f"{where}, {path}", message)])
