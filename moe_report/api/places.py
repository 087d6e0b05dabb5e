"""Where an output may go, and what stands there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from moe_report.errors import OutputError
from moe_report.output import open_elsewhere


def refuse_same(target: Path, sources: Iterable[Path]) -> None:
    """Refuse to write over an input.

    Raises:
        OutputError: The target is one of the sources.
    """
    if any(same_file(target, source) for source in sources):
        raise OutputError(f"{target}: this is the input; choose another place to write to")


def refuse_folder(output: Path, name: str) -> None:
    """Refuse a folder where a file is asked for.

    Raises:
        OutputError: It is one; what a file of that name in it would be is named.
    """
    if output.is_dir():
        inside = output / name
        raise OutputError(f"{output}: this is a folder; expected a file, such as {inside}")


def refuse_file(folder: Path, formats: Iterable[str], *, choosing: bool) -> None:
    """Refuse a file, and what is called as one of a format is, where a folder is asked for.

    Args:
        folder: What was asked for.
        formats: Those that there are.
        choosing: Whether one may ask for a format alone.

    Raises:
        OutputError: It is, and there is no such folder; what to give instead is named.
    """
    form = folder.suffix.lower().removeprefix(".")
    there = next((one for one in (folder, *folder.parents) if one.exists()), None)
    if there == folder and folder.is_dir():
        return
    if form not in formats:
        if there is not None and not there.is_dir():
            raise OutputError(f"{there}: found a file, expected a folder to write to")
        return
    instead = f"give a folder, as in -o {folder.with_suffix('')}"
    if choosing:
        alone = f"-o {folder.parent} --format {form}"
        instead = f"for this format alone give the folder and --format {form}, as in {alone}"
    raise OutputError(f"{folder}: -o is the folder that reports are written into; {instead}")


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file that is there."""
    return one.exists() and other.exists() and one.samefile(other)


def reload_hint(path: Path) -> str:
    """Return what to say of a written file that is open in a program, or nothing."""
    program = open_elsewhere(path)
    return f"{path} seems to be open in {program}: reload it there" if program else ""
