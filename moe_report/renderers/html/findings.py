"""What the audit saw: grouped by model, and numbered, so that a mark beside a number names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from moe_report.compute.audit import FAILED, counted_by_level
from moe_report.reports import EVERY_MODEL, Finding, Report

_WORDS = {
    "impossible": "Impossible",
    "differs": "Differs",
    "unclear": "Unclear",
    "suspicious": "Suspicious",
    FAILED: "Failed",
}
Marks = Mapping[tuple[str, str], Markup]


@dataclass(frozen=True)
class PageFinding:
    """One finding.

    Attributes:
        number: What marks beside numbers call it.
        level: Class of its badge: ``impossible``, ``differs``, ``unclear``, ``suspicious`` or
            ``failed``.
        word: The level in words.
        subject: Label of the field or metric.
        message: What, against what, how far off.
        place: The cell of the input; empty if there is none.
    """

    number: int
    level: str
    word: str
    subject: str
    message: str
    place: str


@dataclass(frozen=True)
class FindingGroup:
    """The findings about one model, or one section that failed.

    Attributes:
        anchor: Id of the group.
        name: Name of the model or section.
        findings: Worst first.
    """

    anchor: str
    name: str
    findings: tuple[PageFinding, ...]


def finding_groups(report: Report) -> tuple[FindingGroup, ...]:
    """Return all findings, and the sections that failed."""
    return (*_of_models(report), *_of_sections(report))


def gist(groups: tuple[FindingGroup, ...]) -> str:
    """Return how many findings there are of each level, in a line."""
    return counted_by_level(found.level for group in groups for found in group.findings)


Doubt = tuple[int, Finding, tuple[str, ...]]


def marks_of(doubts: Iterable[Doubt]) -> Marks:
    """Return the mark of each number that is in doubt, by its model and column."""
    found: dict[tuple[str, str], list[tuple[int, Finding]]] = {}
    for number, finding, columns in doubts:
        for name in columns:
            found.setdefault((finding.model, name), []).append((number, finding))
    return {place: _mark(items) for place, items in found.items()}


def doubts_of(report: Report) -> Iterator[Doubt]:
    """Return the findings with their numbers, and the columns of the numbers that are in doubt.

    Those are what a finding is about, and the computed number that it disagrees with.
    """
    rows = {model.name: at for at, model in enumerate(report.models)}
    for number, finding in numbered(report):
        about, at = report.columns.get(finding.column), rows.get(finding.model)
        against: list[str] = []
        if about is not None and at is not None and finding.computed is not None:
            against = [
                column.name
                for column in report.metrics
                if column.unit == about.unit and column.cells.values[at] == finding.computed
            ]
        yield number, finding, tuple(dict.fromkeys((finding.column, *against)))


def anchors_of(report: Report) -> Mapping[str, str]:
    """Return the id of the findings about each model that has some."""
    names = dict.fromkeys(finding.model for finding in report.findings)
    return {name: f"finding-{at}" for at, name in enumerate(names, start=1)}


def _mark(items: list[tuple[int, Finding]]) -> Markup:
    numbers = ",".join(str(number) for number, _ in items)
    first, worst = items[0]
    # There may be thousands, so nothing is in quotes that need not be.
    return Markup("<a class={} href=#doubt-{}>{}</a>").format(worst.level, first, numbers)


def numbered(report: Report) -> Iterator[tuple[int, Finding]]:
    """Return the findings with their numbers, those about one model together."""
    names = dict.fromkeys(finding.model for finding in report.findings)
    ordered = (finding for name in names for finding in report.findings_of(name))
    return enumerate(ordered, start=1)


def _of_models(report: Report) -> Iterator[FindingGroup]:
    columns, anchors = report.columns, anchors_of(report)
    by_model: dict[str, list[PageFinding]] = {}
    for number, finding in numbered(report):
        known = columns.get(finding.column)
        by_model.setdefault(finding.model, []).append(
            PageFinding(
                number,
                finding.level,
                _WORDS[finding.level],
                known.label if known else finding.column,
                finding.message,
                finding.place,
            )
        )
    for name, found in by_model.items():
        yield FindingGroup(anchors[name], name or EVERY_MODEL.capitalize(), tuple(found))


def _of_sections(report: Report) -> Iterator[FindingGroup]:
    for at, failure in enumerate(report.failures, start=1):
        cause = f"This section is left out: {failure.cause}"
        origin = f"{failure.distribution} ({failure.module})"
        number = len(report.findings) + at
        finding = PageFinding(number, FAILED, _WORDS[FAILED], "Section", cause, origin)
        yield FindingGroup(f"failure-{at}", failure.section, (finding,))
