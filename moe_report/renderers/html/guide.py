"""What helps to read a page: sentences on its numbers, a glossary, the sources.

Points and questions come from the sections, the glossary is built from the definitions of fields
and metrics, whoever made them. Assumptions have a table of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from moe_report.renderers.html.formulas import anchor_of, lettered
from moe_report.renderers.html.rich_text import REFERENCE, linked, rich, worded
from moe_report.reports import Column, Report
from moe_report.schema.fields import Field


@dataclass(frozen=True)
class Term:
    """An entry of the glossary.

    Attributes:
        symbol: In an element that the script typesets; empty for a text.
        label: Name in words.
        name: Name in formulas and files.
        unit: What is counted; empty for a text, a flag or a pure number.
        text: What it is; empty where the anchor says it.
        anchor: Id of its formula; empty if there is none.
    """

    symbol: Markup
    label: str
    name: str
    unit: str
    text: Markup
    anchor: str


@dataclass(frozen=True)
class TermGroup:
    """Entries of the glossary under one heading.

    Attributes:
        title: Heading.
        terms: By label.
    """

    title: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class PageSource:
    """A paper or page that definitions come from.

    Attributes:
        anchor: Its id, the arXiv id or DOI; empty for what has no link.
        text: Who, when, and the link; without one where there is none.
        places: The sections that are cited; may be empty.
    """

    anchor: str
    text: Markup
    places: str


@dataclass(frozen=True)
class Advice:
    """A point of the reading help, or a question with its answer.

    Attributes:
        title: Its heading, or the question.
        text: A paragraph, with links where the page has what they lead to.
        here: A sentence on this report's numbers; may be empty.
    """

    title: str
    text: Markup
    here: str


@dataclass(frozen=True)
class Guide:
    """All that ``guide.html.j2`` sees.

    Attributes:
        points: What matters, in the order of the sections.
        questions: With their answers.
        left_out: Whether the sentences speak of some models only.
        links: The ids of the formulas by metric, and of the parts that not every page has.
        metrics: The metrics, by label.
        inputs: The fields, by group.
        sources: What the metrics cite, by author; those without a link come last.
    """

    points: tuple[Advice, ...]
    questions: tuple[Advice, ...]
    left_out: bool
    links: Mapping[str, str]
    metrics: tuple[Term, ...]
    inputs: tuple[TermGroup, ...]
    sources: tuple[PageSource, ...]


# The parts of a page that words may link to, and what is in them: without it there is no part.
PARTS: Mapping[str, Callable[[Report], Sequence[object]]] = {
    "calculator": lambda report: report.metrics,
    "findings": lambda report: report.findings,
    "assumptions": lambda report: report.assumptions,
    "models": lambda report: report.models,
    "charts": lambda report: report.metrics,
}


def guide_of(report: Report) -> Guide:
    """Return the reading help of a report."""
    links = {column.name: anchor_of(column.name) for column in report.metrics}
    links |= {name: name for name, content in PARTS.items() if content(report)}
    metrics = (_term(one, one.symbol, anchor=anchor_of(one.name)) for one in report.metrics)
    return Guide(
        points=_advice(report, links, questions=False),
        questions=_advice(report, links, questions=True),
        left_out=report.help.left_out,
        links=links,
        metrics=_by_label(metrics),
        inputs=_inputs(report.definitions),
        sources=tuple(sources_of(column.source for column in report.metrics)),
    )


def _advice(report: Report, links: Mapping[str, str], *, questions: bool) -> tuple[Advice, ...]:
    return tuple(
        Advice(item.title, worded(item.text, links), item.here)
        for item in report.help.points
        if item.is_question == questions
    )


def _inputs(fields: Mapping[str, Field]) -> tuple[TermGroup, ...]:
    groups: dict[str, list[Term]] = {}
    for field in fields.values():
        symbol = "" if field.kind == "text" else field.symbol
        groups.setdefault(field.group, []).append(_term(field, symbol, field.help))
    return tuple(TermGroup(title, _by_label(terms)) for title, terms in groups.items())


def _term(of: Column | Field, symbol: str, text: str = "", anchor: str = "") -> Term:
    counted = "" if of.unit == "ratio" or of.unit[:1].isdigit() else of.unit
    return Term(lettered(symbol), of.label, of.name, counted, rich(text), anchor)


def _by_label(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda term: (term.label.casefold(), term.name)))


# A full stop behind fewer than three letters ends no sentence but "e.g." or a name's initial.
_END = re.compile(r"(?<=\w\w\w[.!?])\s+(?=[A-Z])")


def first_sentence(text: str) -> str:
    """Return a text's first sentence.

    >>> first_sentence("Bytes of a token, e.g. FP8. Two for BF16.")
    'Bytes of a token, e.g. FP8.'
    """
    return _END.split(text, maxsplit=1)[0]


_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def sources_of(cited: Iterable[str]) -> Iterator[PageSource]:
    """Return distinct sources: each paper once, with all of its sections that are cited.

    Args:
        cited: Sources as metrics name them, several separated by semicolons. Behind a source that
            has a link, a part with neither link nor year is a remark on it, and left out.

    >>> [source.places for source in sources_of(["A 2020, arXiv:2001.00001, section 2", "a habit"])]
    ['section 2', '']
    """
    papers: dict[str, tuple[str, dict[str, None]]] = {}
    others: dict[str, None] = {}
    for text in cited:
        parts = [part.strip() for part in text.split(";")]
        has_link = False
        for part in parts:
            if found := REFERENCE.search(part):
                has_link = True
                _, places = papers.setdefault(found[0], (part[: found.end()], {}))
                place, _, _ = part[found.end() :].partition("(")  # behind it stands a remark
                places[place.strip(" ,")] = None
            elif part and (not has_link or _YEAR.search(part)):
                others[part] = None
    for anchor, (said, places) in sorted(papers.items(), key=lambda one: one[1][0].casefold()):
        yield PageSource(anchor, linked(said), _listed([place for place in places if place]))
    for other in sorted(others, key=str.casefold):
        yield PageSource("", linked(other), "")


def _listed(places: Sequence[str]) -> str:
    """Return ``sections 2, 2.1`` of several sections, other places as they are."""
    sections = [place for place in places if place.startswith("section ")]
    if len(sections) > 1:
        numbers = sorted(place.removeprefix("section ") for place in sections)
        rest = [place for place in places if place not in sections]
        places = [f"sections {', '.join(numbers)}", *rest]
    return ", ".join(places)
