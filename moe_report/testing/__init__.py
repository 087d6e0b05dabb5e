"""What ``moe-report plugin check`` finds in a section, for the tests of whoever writes one.

    from moe_report.testing import check_plugin

    def test_the_section_is_sound() -> None:
        assert check_plugin("serving").problems == ()

In comes the name or the file of a section, out comes what was found. Start here, then
``readings`` for what computes, ``declared`` for what is said.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from moe_report.errors import InputError, PluginError, Problem
from moe_report.input import why_no_file
from moe_report.schema import registry as registry_module
from moe_report.schema.registry import Registry
from moe_report.schema.sections import Section
from moe_report.testing.declared import findings, notes
from moe_report.testing.random_rows import random_rows
from moe_report.testing.readings import Difference, compared

__all__ = ["Checked", "Difference", "check_plugin"]

ROWS, SEED = 200, 2
_TRIED = 5000  # rows by which it is told that a check never holds


@dataclass(frozen=True)
class Checked:
    """What was found in a section.

    Attributes:
        section: The section, as it was recorded.
        rows: How many random models its formulas were computed for.
        readings: What computed them: ``numpy``, and of ``LibreOffice`` and ``JavaScript`` what is
            installed.
        differences: Where these differ.
        findings: What is to be mended in what the section says, a line each.
        notes: What its author may want to know, though nothing is wrong.
    """

    section: Section
    rows: int
    readings: tuple[str, ...]
    differences: tuple[Difference, ...]
    findings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Differences and findings, a line each; there are none if the section is sound."""
        return (*map(str, self.differences), *self.findings)


def check_plugin(plugin: str | Path, *, rows: int = ROWS, seed: int = SEED) -> Checked:
    """Trace a section, compare the readings of its formulas, and look through what it says.

    Args:
        plugin: The name of an installed section, or of a distribution that has one, or a Python
            file.
        rows: How many random models its formulas are computed for, some of which lack numbers.
        seed: The same one gives the same models.

    Raises:
        PluginError: There is no such section, or it cannot be used.
        InputError: There is no such file.
    """
    if rows < 1:
        raise ValueError(f"rows is {rows}, expected at least 1")
    section, registry = _found(plugin)
    drawn = random_rows(registry, section, rows, seed)
    formulas = {metric.name: metric.expr for metric in (*section.layers, *section.metrics)}
    differences, readings, why_not = compared(formulas, drawn)
    tried = random_rows(registry, section, _TRIED, seed)
    said = findings(section, registry, tried)
    return Checked(section, rows, readings, differences, said, (*why_not, *notes(section)))


class FailedSectionError(PluginError):
    """A section cannot be used; the message says why."""

    exit_code = 3


def _found(plugin: str | Path) -> tuple[Section, Registry]:
    """Return a section, and the registry that it is part of.

    Raises:
        PluginError: There is none, or it failed.
        InputError: There is no such file.
    """
    registry = registry_module.load()
    if isinstance(plugin, str) and not plugin.endswith(".py"):
        name = _of_distribution(plugin, registry) or plugin
        registry.choose([name])
    else:
        file = Path(plugin)
        if why := why_no_file(file):
            raise InputError([Problem(str(file), why)])
        name = _installed_as(file, registry)
        registry = registry if name else registry_module.load([file])
        name = name or file.stem
    for failure in registry.failures:
        if failure.section == name:
            raise FailedSectionError(str(failure))
    return next(one for one in registry.sections if one.name == name), registry


def _of_distribution(distribution: str, registry: Registry) -> str:
    """The name of the only section of a distribution; empty if that has none or several."""
    sections = [one.name for one in registry.sections if one.distribution == distribution] + [
        one.section for one in registry.failures if one.distribution == distribution
    ]
    return sections[0] if len(sections) == 1 else ""


def _installed_as(file: Path, registry: Registry) -> str:
    """The name of the installed section whose module a file is; empty if it is none's."""
    for section in registry.sections:
        where = getattr(sys.modules[section.module], "__file__", None)
        if where and Path(where).resolve() == file.resolve():
            return section.name
    return ""
