"""The page of a report as plain data: every variable that a template sees is a field here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from moe_report.renderers.html.calculator import Calculator
from moe_report.renderers.html.charts.figures import Figure
from moe_report.renderers.html.findings import FindingGroup
from moe_report.renderers.html.formulas import Formula
from moe_report.renderers.html.guide import Guide


@dataclass(frozen=True)
class Link:
    """An entry of the contents list.

    Attributes:
        anchor: The element's id.
        text: What it says.
        count: A number that stands behind it; empty for none.
    """

    anchor: str
    text: str
    count: str = ""


@dataclass(frozen=True)
class PageColumn:
    """A column of a table.

    Attributes:
        name: Name of the field or metric, unique in the table.
        label: Name in words.
        unit: Unit of the numbers as they are shown.
        mark: ``assumed`` if all its numbers rest on assumptions, else empty.
        text: Whether it holds words rather than numbers.
    """

    name: str
    label: str
    unit: str
    mark: str = ""
    text: bool = False


class PageCell(NamedTuple):
    """A cell of a table; there are thousands, so a template takes it apart in one go.

    Attributes:
        css: Classes: ``given``, ``default``, ``assumed``, ``missing`` or ``words``, and nothing for
            what is computed; ``p2`` for two invisible digits that bring a column's decimal points
            in line, ``q2`` for a point and two digits.
        content: What is shown; behind a number that the audit doubts, a mark.
    """

    css: str
    content: str | Markup


@dataclass(frozen=True)
class PageRow:
    """A row of a table: one model.

    Attributes:
        name: The model.
        cells: In the order of the columns.
        findings: Anchor of the findings about it; empty if each is beside a number of this row.
    """

    name: str
    cells: tuple[PageCell, ...]
    findings: str = ""


@dataclass(frozen=True)
class PageTable:
    """A table with a row a model.

    Attributes:
        name: Its id, and its name in the address.
        caption: What it shows, for those who do not see it.
        columns: Without the model's name.
        rows: One a model.
        css: ``few``, ``many``, ``crowd`` or ``throng`` by the number of columns, for print.
        title: Heading; empty for a table of models.
    """

    name: str
    caption: str
    columns: tuple[PageColumn, ...]
    rows: tuple[PageRow, ...]
    css: str
    title: str = ""


@dataclass(frozen=True)
class PageHeatmap:
    """The tokens that the experts of a model got, layer by layer.

    Attributes:
        name: The model.
        caption: The experts that got most.
        in_order: A picture with the experts in the order of their numbers, as a ``data:`` address.
        by_tokens: The same with the experts of each layer by their tokens.
        alt: What the pictures show, for those who do not see them.
        width: Of a picture, in pixels.
        height: Of a picture, in pixels.
        head: Label and unit of what is computed of each layer.
        rows: Of each layer its number, and what is computed of it.
    """

    name: str
    caption: str
    in_order: str
    by_tokens: str
    alt: str
    width: int
    height: int
    head: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PageLayerMetric:
    """A number that is computed of each layer.

    Attributes:
        label: Name in words.
        unit: What is counted; empty for a pure number.
        name: Name in formulas and files.
        formula: How it is computed, typeset.
        description: What it is.
        source: Where the definition comes from, with links.
    """

    label: str
    unit: str
    name: str
    formula: Markup
    description: Markup
    source: Markup


@dataclass(frozen=True)
class PageSection:
    """What one plugin brings.

    Attributes:
        anchor: Its id.
        title: Heading.
        introduction: Its paragraphs.
        table: Its numbers.
        others: Those of claims and lone layers, which are no models.
        formulas: Its metrics.
        layers: Its metrics of layers.
        heatmaps: The tokens that those are computed of; empty if it has none.
    """

    anchor: str
    title: str
    introduction: tuple[Markup, ...]
    table: PageTable
    others: tuple[PageTable, ...]
    formulas: tuple[Formula, ...]
    layers: tuple[PageLayerMetric, ...] = ()
    heatmaps: tuple[PageHeatmap, ...] = ()


@dataclass(frozen=True)
class PageAssumption:
    """What the numbers were computed for.

    Attributes:
        symbol: In an element that the script typesets.
        label: Name in words.
        name: Name in files.
        value: The value used.
        unit: Its unit.
        help: What it means.
        origin: ``default``, or ``set`` with the default it replaces.
        given: Whether the user set it.
    """

    symbol: Markup
    label: str
    name: str
    value: str
    unit: str
    help: str
    origin: str
    given: bool


@dataclass(frozen=True)
class PageNote:
    """What the input says about a model in words.

    Attributes:
        name: The model.
        compared: The model that its numbers are compared with; empty for none.
        source: Where its numbers come from, with links.
        remark: What the user wrote about it, with links.
    """

    name: str
    compared: str
    source: Markup
    remark: Markup


@dataclass(frozen=True)
class PageLogo:
    """A picture above the heading.

    Attributes:
        uri: The picture itself, as a ``data:`` address.
        alt: What it is, for those who do not see it.
    """

    uri: str
    alt: str


@dataclass(frozen=True)
class Page:
    """All that ``report.html.j2`` sees under the name ``page``.

    Attributes:
        title: Heading.
        logo: A picture above it; None for none.
        intro: Paragraphs of the user below it, with links.
        facts: Short facts of the line below it.
        created: When it was made, ISO 8601.
        date: The same day in words.
        version: Version of moe-report.
        contents: Entries of the contents list.
        findings: Grouped by model.
        gist: How many findings there are of each level.
        summary: The headline table; None if no metric is a headline.
        others: Headline numbers of claims and lone layers, which are no models.
        figures: The charts that say which model costs least for what.
        further: The other charts.
        figure_notes: A sentence for each chart that cannot be drawn.
        calculator: Its inputs and results; None if nothing is computed.
        compared: How many models can stand side by side; 0 for no comparison.
        sections: One a plugin.
        assumptions: What the numbers were computed for.
        inputs: What was read.
        notes: What was read in words, of the models that have any.
        made: How it was made: pairs of a word and what stands behind it.
        warnings: What of the input was skipped.
        guide: What helps to read the page.
        footer: Paragraphs of the user at the end, with links.
        unfolded: Anchor of the part that is unfolded at first; empty for none.
        rest: Where the models are that the page has no room for; empty if it has all.
    """

    title: str
    logo: PageLogo | None
    intro: tuple[Markup, ...]
    facts: tuple[str, ...]
    created: str
    date: str
    version: str
    contents: tuple[Link, ...]
    findings: tuple[FindingGroup, ...]
    gist: str
    summary: PageTable | None
    others: tuple[PageTable, ...]
    figures: tuple[Figure, ...]
    further: tuple[Figure, ...]
    figure_notes: tuple[str, ...]
    calculator: Calculator | None
    compared: int
    sections: tuple[PageSection, ...]
    assumptions: tuple[PageAssumption, ...]
    inputs: PageTable
    notes: tuple[PageNote, ...]
    made: tuple[tuple[str, Markup], ...]
    warnings: tuple[str, ...]
    guide: Guide
    footer: tuple[Markup, ...]
    unfolded: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Assets:
    """What the template puts inside the page, under the name ``assets``.

    Attributes:
        policy: The Content-Security-Policy: it allows this style sheet and these scripts.
        style: The style sheet: ``report.css`` and those behind it, ``theme.css`` last.
        scripts: The scripts, in the order in which they run.
        data: The report as JSON, safe inside a script element.
    """

    policy: Markup
    style: Markup
    scripts: tuple[Markup, ...]
    data: Markup
