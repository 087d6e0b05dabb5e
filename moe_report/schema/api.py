"""The version of the plugin door: which one a section asks for, and whether this is new enough."""

from __future__ import annotations

import ast
import importlib.util
from contextlib import suppress
from pathlib import Path

import moe_report


def newer(asked: object) -> str:
    """Return what is wrong if a section asks for a newer door than this, else nothing.

    Args:
        asked: ``API`` of its module.

    Raises:
        TypeError: That is no version.

    >>> newer(1)
    ''
    """
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise TypeError(f"API is {asked!r:.60}, expected a whole number such as 1")
    if asked <= moe_report.API_VERSION:
        return ""
    return (
        f"asks for version {asked} of the plugin door, this is moe-report "
        f"{moe_report.__version__} with {moe_report.API_VERSION}; upgrade moe-report"
    )


def newer_by_its_source(module: str, file: Path | None) -> str:
    """Return the same of a module that cannot be imported, perhaps just because it is newer.

    Args:
        module: Its import name.
        file: Its file, if it was given as one.
    """
    with suppress(Exception, SystemExit):  # whatever keeps it from being read
        found = None if file else importlib.util.find_spec(module)
        path = file or (Path(found.origin) if found and found.origin else None)
        for line in ast.parse(path.read_bytes()).body if path else ():
            if isinstance(line, ast.Assign | ast.AnnAssign) and line.value is not None:
                targets = line.targets if isinstance(line, ast.Assign) else [line.target]
                if any(isinstance(one, ast.Name) and one.id == "API" for one in targets):
                    return newer(ast.literal_eval(line.value))
    return ""
