"""The Report that a notebook has in hand: what renderers see, and how to get at it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from operator import index
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, overload

from moe_report import reports
from moe_report.api.asked import FORMATS, Inputs, Look
from moe_report.api.outputs import Ways
from moe_report.api.prepare import check_templates
from moe_report.api.row import NoSuchModelError, ReportedModel
from moe_report.reports import no_such_model
from moe_report.text import counted

if TYPE_CHECKING:
    import pandas as pd

AnyPath = str | PathLike[str]
_WAYS = Ways(
    "or choose another folder",
    overwrite="force=True overwrites it",
    renew="`moe-report run --update` with this path renews it",
)


@dataclass(frozen=True, repr=False, eq=False)
class Report(reports.Report):
    """What :func:`moe_report.report` gives: all numbers of all models, and where they come from.

    It has its models by name or by place, ``r["Mixtral-8x7B"].active_params``, ``r[0].name``, and
    one after another. Beside the attributes below it has those of the report that every renderer
    sees: ``title``, ``findings``, ``columns`` (each field and metric with its label, unit,
    description, source and formula), ``assumptions``, ``sections``, ``failures``.

    Attributes:
        inputs: What was read, and how.
        said: What there is to say of the assumptions that were set.
    """

    inputs: Inputs = field(default_factory=lambda: Inputs(()))
    said: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what of the input was skipped or left out, and on sections that failed."""
        return (*self.warnings, *self.said, *map(str, self.failures))

    def __len__(self) -> int:
        return len(self.models)

    def __iter__(self) -> Iterator[ReportedModel]:
        return (ReportedModel(self, at) for at in range(len(self.models)))

    def __contains__(self, name: object) -> bool:
        return any(model.name == name for model in self.models)

    @overload
    def __getitem__(self, key: str | int) -> ReportedModel: ...
    @overload
    def __getitem__(self, key: slice) -> list[ReportedModel]: ...

    def __getitem__(self, key: str | int | slice) -> ReportedModel | list[ReportedModel]:
        if isinstance(key, slice):
            return [*self][key]
        if not isinstance(key, str):
            places, place = range(len(self.models)), index(key)
            if not -len(places) <= place < len(places):
                raise IndexError(f"there is no model {place}: the report has {len(places)}")
            return ReportedModel(self, places[place])
        names = [model.name for model in self.models]
        if key not in names:
            raise NoSuchModelError(no_such_model(key, names))
        return ReportedModel(self, names.index(key))

    def __repr__(self) -> str:
        size = ", ".join(
            counted(len(found), noun)
            for found, noun in (
                (self.models, "model"), (self.metrics, "metric"), (self.findings, "finding")
            )
        )  # fmt: skip
        return f"<moe_report.Report {self.title!r}: {size}>"

    def _repr_html_(self) -> str:
        from moe_report.api.headline_table import headline_table

        return headline_table(self, len(self.notes) - len(self.failures))

    def frame(self, *, provenance: bool = False, texts: bool = False) -> pd.DataFrame:
        """Return the numbers as a frame of pandas: a row a model, a column a field or metric.

        Args:
            provenance: Give each number three columns, ``value``, ``provenance`` (``given``,
                ``default``, ``derived``, ``assumed`` or ``missing``) and ``note``, which are the
                second level of the frame's columns.
            texts: Put the models' texts and the columns that were carried along in front.

        Returns:
            Numbers in units, not in thousands or billions; NaN where one is missing.

        Raises:
            MoeReportError: pandas is not installed.
        """
        from moe_report.api.frames import frame_of

        return frame_of(self, provenance=provenance, texts=texts)

    def write(
        self,
        folder: AnyPath = "report",
        formats: str | Iterable[str] = FORMATS,
        *,
        force: bool = False,
        template_dirs: AnyPath | Iterable[AnyPath] = (),
    ) -> list[Path]:
        """Write the report as files, all of them or none, as ``moe-report run`` does.

        Args:
            folder: Where to; it is made if it is not there.
            formats: ``xlsx``, ``html``, ``json``, ``jsonl``, ``csv``, ``md``, ``parquet``, and what
                plugins add.
            force: Whether to overwrite outputs that somebody has changed.
            template_dirs: Folders of templates and a ``theme.css`` of your own for the page.

        Returns:
            The paths of the files. What is to be known of them, such as that one is open in Excel,
            is a warning of Python.

        Raises:
            MoeReportError: There is no such format, or what stands there must not be lost; nothing
                is written then.
        """
        from moe_report.api.write_reports import write_reports
        from moe_report.load.inputs import stem_of

        templates = paths_of(template_dirs)
        check_templates(Look(template_dirs=templates))
        written = write_reports(
            self,
            Path(folder),
            stem_of(self.inputs.sources),
            several(formats),
            templates,
            self.inputs.paths,
            _WAYS,
            force=force,
        )
        for note in (*written.notes, *written.still_open):
            warnings.warn(note, stacklevel=2)
        return list(written.paths)


def reported(report: reports.Report, inputs: Inputs, said: Iterable[str]) -> Report:
    """Return a report as a notebook has it, with what was asked and what is to be said of it."""
    known = {item.name: getattr(report, item.name) for item in fields(reports.Report)}
    inputs = replace(inputs, sources=tuple(map(_lasting, inputs.sources)))
    return Report(**known, inputs=inputs, said=tuple(said))


def _lasting(source: str) -> str:
    """A source by a name that holds wherever one goes."""
    from moe_report.importers.model import HUB

    return source if source.startswith(HUB) else str(Path(source).absolute())


def several(said: str | Iterable[str]) -> tuple[str, ...]:
    """Return one or several as several."""
    return (said,) if isinstance(said, str) else tuple(said)


def paths_of(said: AnyPath | Iterable[AnyPath]) -> tuple[Path, ...]:
    """Return one or several paths as several."""
    if isinstance(said, (str, PathLike)):
        return (Path(fspath(said)),)
    return tuple(map(Path, said))
