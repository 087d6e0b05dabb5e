"""A distribution to begin with: the files of ``templates/plugin``, under other names."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import keyword
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moe_report.errors import OutputError
from moe_report.output import unchanged_since, write_files
from moe_report.renderers.html.templating import SHIPPED_FOLDERS
from moe_report.schema import registry
from moe_report.schema.fields import FIELDS
from moe_report.text import shown

_PREFIX = "moe_report_"
_SHIPPED = "new_section"  # the section of the template
_MADE = re.compile(rf"\b{_SHIPPED}_\w+")  # names that its module defines


@dataclass(frozen=True)
class Names:
    """What a distribution, its module and its section are called."""

    distribution: str
    module: str
    section: str

    @property
    def title(self) -> str:
        """Heading of the section."""
        return self.section.replace("_", " ").capitalize()

    def put_into(self, text: str) -> str:
        """Return a text or path of the template with these names in place of its own."""
        shipped = _PREFIX + _SHIPPED
        pairs = {
            shipped.replace("_", "-"): self.distribution,
            shipped: self.module,
            _SHIPPED: self.section,
            "New section": self.title,
        }
        return re.sub("|".join(pairs), lambda found: pairs[found[0]], text)


def names_for(name: str) -> Names:
    """Return the names of a distribution, if it can have that one.

    Raises:
        ValueError: It cannot, and why.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._\s-]{0,58}[A-Za-z0-9]", name.strip()):
        raise ValueError(
            f"found {shown(name)}, expected 2 to 60 letters from a to z, digits, spaces, - and _, "
            "a letter first and none of the signs last, such as moe-report-serving"
        )
    distribution = re.sub(r"[-_.\s]+", "-", name.strip()).lower()
    module = distribution.replace("-", "_")
    section = module.removeprefix(_PREFIX)
    if not section.isidentifier() or {module, section} & {*keyword.kwlist, *keyword.softkwlist}:
        raise ValueError(f"{shown(name)} makes no name of a module; choose another")
    with suppress(importlib.metadata.PackageNotFoundError):
        found = importlib.metadata.distribution(distribution)
        raise ValueError(f"a distribution {found.name!r} is installed already; choose another")
    if (
        module in (*sys.stdlib_module_names, "tests")
        or importlib.util.find_spec(module) is not None
    ):
        raise ValueError(f"there is a module {module!r} already; choose another")
    names = Names(distribution, module, section)
    _refuse_taken(names)
    return names


def _refuse_taken(names: Names) -> None:
    """Refuse a section whose name, or one that its module would define, is taken."""
    there = registry.load()
    sections = {*(one.name for one in there.sections), *(one.section for one in there.failures)}
    if names.section in sections:
        raise ValueError(f"a section {names.section!r} is installed already; choose another")
    made = {names.put_into(name) for text in _template().values() for name in _MADE.findall(text)}
    taken = {name.casefold() for name in (*FIELDS, *there.metrics, *there.assumptions)}
    if both := sorted(name for name in made if name.casefold() in taken):
        raise ValueError(f"there is a field or metric {both[0]!r} already; choose another")


def write_distribution(names: Names, folder: Path) -> list[Path]:
    """Write a distribution into a folder that is not there, or empty; return its files.

    Raises:
        OutputError: Something is there already, or it cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        what = "is there already, and not empty" if folder.is_dir() else "is a file"
        raise OutputError(f"{folder}: {what}; give -o another name")
    files = {
        folder / names.put_into(path): names.put_into(text).encode()
        for path, text in _template().items()
    }
    write_files(files, unchanged_since(dict.fromkeys(files)))
    return list(files)


def _template() -> Mapping[str, str]:
    """The texts of the template, by their paths in it."""
    root = next(place for folder in SHIPPED_FOLDERS if (place := folder / "plugin").is_dir())
    found = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in found
        if not {"__pycache__", ".mypy_cache", ".ruff_cache"} & set(path.parts)
    }
