"""What was asked of a report: by the options of a command, or the arguments of a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import SupportsFloat

FORMATS = ("xlsx", "html", "json")  # what is written where nothing was said


@dataclass(frozen=True)
class Sections:
    """Which metrics are computed: those of Python files too, all of them or only some."""

    files: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """What is read, and how; and what is computed of it.

    Attributes:
        sources: Workbooks, configs, checkpoints, models of the Hub.
        sheets: Of a workbook; by default the one that has models.
        columns: Which field a column is, by its header; empty if it is none.
        scenario: Of the sheet Assumptions; by default the one that it chooses.
        assumptions: Values that win over those of the input, by name; texts as on the command
            line; presets by their group.
        allow_dense: Whether to take models without experts.
        with_transformers: Whether to build an unknown architecture with transformers.
        routing: Files of counts of tokens, each perhaps with a model behind a colon.
    """

    sources: tuple[str, ...]
    sheets: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    scenario: str | None = None
    assumptions: Mapping[str, float | str] = field(default_factory=dict)
    allow_dense: bool = False
    with_transformers: bool = False
    routing: tuple[str, ...] = ()

    @property
    def paths(self) -> list[Path]:
        """The sources that are files of this machine."""
        from moe_report.importers.model import HUB

        return [Path(source) for source in self.sources if not source.startswith(HUB)]


@dataclass(frozen=True)
class Look:
    """The words and the look of what is written; None where nothing was said."""

    title: str | None = None
    intro: str | None = None
    footer: str | None = None
    logo: Path | None = None
    template_dirs: tuple[Path, ...] = ()


def number_said(said: object, *, whole: bool = False, unit: str = "") -> float:
    """Return a number, or one that a text is: ``"32k"``, ``"1.5e-3"``, or ``"4,096"`` if whole.

    Of something of a unit the text may have that, too: ``"512 GB"``.

    Raises:
        ValueError: It is none, or may be read in two ways.
    """
    from moe_report.schema.one_number import one_number
    from moe_report.text import shown

    if isinstance(said, str):
        return float(one_number(said, whole=whole, unit=unit))
    if isinstance(said, bool) or not isinstance(said, SupportsFloat):
        raise ValueError(f"found {shown(said)}, expected a number")
    return float(said)
