"""Report: plain data, all that a renderer sees. Nothing here decides how a number is formatted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from moe_report.branding import Branding
from moe_report.cells import Cells
from moe_report.errors import nearest
from moe_report.formula.expr import Expr
from moe_report.routing.counts import Counts
from moe_report.schema.assumptions import Assumption
from moe_report.schema.charts import Chart
from moe_report.schema.checks import Level, Rule
from moe_report.schema.fields import FIELDS, Field
from moe_report.schema.layers import TOKENS, TOKENS_SYMBOL
from moe_report.schema.planner import Planner
from moe_report.schema.presets import PresetGroup
from moe_report.schema.sections import Failure
from moe_report.schema.short_form import ShortForm
from moe_report.schema.sweep_result import SweepResult
from moe_report.table import BASE, CarriedCell, Source
from moe_report.text import shown


@dataclass(frozen=True)
class Column:
    """A field or a metric, over all models.

    Attributes:
        name: Its name in formulas and files.
        label: Its name in words.
        symbol: As a formula writes it.
        unit: What is counted.
        description: A paragraph on what it is.
        source: Where its definition comes from; empty for a field.
        group: The heading it stands under: a group of fields, or the title of a section.
        format: ``integer``, ``si``, ``percent``, ``factor`` or ``decimal``.
        expr: Its formula, None for a field that has no default.
        better: ``higher`` or ``lower`` where one is better.
        headline: Its place among those that the summary shows; 0 if that does not show it.
        cells: One a model, in the models' order.
        rests_on: Names of all assumptions that it depends on, through other metrics too.
    """

    name: str
    label: str
    symbol: str
    unit: str
    description: str
    group: str
    format: str
    expr: Expr | None
    cells: Cells
    source: str = ""
    better: str | None = None
    headline: int = 0
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerColumn:
    """A metric of layers, over all models whose tokens were counted.

    Attributes:
        name: Its name in formulas and files.
        label: Its name in words.
        symbol: As a formula writes it.
        unit: What is counted.
        description: A paragraph on what it is.
        source: Where its definition comes from.
        format: How it is shown, as of :class:`Column`.
        expr: Its formula.
        values: By the name of the model a number a layer that was counted, None if undefined.
        rests_on: Names of the assumptions that it depends on.
    """

    name: str
    label: str
    symbol: str
    unit: str
    description: str
    source: str
    format: str
    expr: Expr
    values: Mapping[str, tuple[float | None, ...]]
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportSection:
    """What a :class:`~moe_report.schema.sections.Section` says of itself, and its columns.

    Of its metrics of layers it has the names.
    """

    name: str
    title: str
    introduction: tuple[str, ...]
    columns: tuple[Column, ...]
    distribution: str
    version: str
    module: str
    short_form: ShortForm | None = None
    layers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportChart:
    """A :class:`~moe_report.schema.charts.Chart` with its words, and the models that it shows.

    Attributes:
        drawn: What is drawn, with a label for each series.
        title: Its point, a sentence.
        caption: How to read it.
        models: Places of the models that have all its numbers, in the order in which it has them.
        without: Places of the others.
        trusted: Places of the models that its title may speak of: those that no finding doubts, or
            all where each is doubted.
        leads: Whether it is one of the few that come first.
    """

    drawn: Chart
    title: str
    caption: str
    models: tuple[int, ...]
    without: tuple[int, ...]
    trusted: tuple[int, ...]
    leads: bool


@dataclass(frozen=True)
class AssumptionValue:
    """An assumption and the value it has in this report.

    Attributes:
        definition: Name, symbol, unit, help, bounds and default.
        value: The value used.
        given: Whether the user set it.
        fixed: Whether it is set for every scenario, whatever those say.
        preset: What the value comes from, such as ``device H100``; empty if from no preset.
    """

    definition: Assumption
    value: float
    given: bool
    fixed: bool = False
    preset: str = ""


@dataclass(frozen=True)
class PresetChoice:
    """A group of presets, and which of them a report is for.

    Attributes:
        group: The presets.
        chosen: The name of the chosen one; empty for none.
        by_scenario: The name of the one that each scenario says itself, base among them.
    """

    group: PresetGroup
    chosen: str = ""
    by_scenario: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A named set of assumptions.

    Attributes:
        name: Its name.
        own: What it sets itself, by assumption; the rest is as in the first scenario, base.
        values: The value that each assumption has if it is chosen.
    """

    name: str
    own: Mapping[str, float]
    values: Mapping[str, float]


@dataclass(frozen=True)
class ModelInfo:
    """Who a row is.

    Attributes:
        name: Its name, unique in the report.
        texts: Its text fields (``model_type``, ``source``, ``remark``, ``compare_with``).
        carried: Columns that are not ours, by header, as they were read.
        place: Where the row was read, e.g. ``Models!5``.
        looks: The formulas and number formats of carried cells, by header.
    """

    name: str
    texts: Mapping[str, str] = field(default_factory=dict)
    carried: Mapping[str, object] = field(default_factory=dict)
    place: str = ""
    looks: Mapping[str, CarriedCell] = field(default_factory=dict)


EVERY_MODEL = "all models"  # what a finding about a column says in place of a model's name


@dataclass(frozen=True)
class Finding:
    """What the audit saw.

    Attributes:
        level: ``impossible`` (no model can be so), ``differs`` (two numbers for one thing),
            ``unclear`` (the input may say a field, in a way that is not sure) or ``suspicious``
            (possible, but worth a look).
        model: Name of the row; empty if it is about a column of the input.
        column: Name of the field or metric it is about.
        message: A sentence: what, against what, how far off.
        stated: The number that is doubted, if one is.
        computed: The number it is compared with, if one is.
        place: The cell of the input that holds the doubted number, if one does.
    """

    level: Level
    model: str
    column: str
    message: str
    stated: float | None = None
    computed: float | None = None
    place: str = ""


@dataclass(frozen=True)
class HelpPoint:
    """A point of the reading help.

    Attributes:
        title: Its heading, or the question.
        text: A paragraph, marked up as :class:`~moe_report.schema.points.Point` says.
        here: A sentence on this report's numbers; may be empty.
        is_question: Whether it is a question.
    """

    title: str
    text: str
    here: str = ""
    is_question: bool = False


@dataclass(frozen=True)
class Help:
    """The reading help.

    Attributes:
        points: In the order of the sections.
        left_out: Whether the sentences speak of some models only.
    """

    points: tuple[HelpPoint, ...] = ()
    left_out: bool = False


@dataclass(frozen=True)
class Report:
    """Everything that a renderer needs.

    Attributes:
        title: Heading of the report.
        version: Version of moe-report.
        created: When it was made, ISO 8601, UTC.
        source: What the models were read from.
        models: One a row.
        fields: The input columns that hold numbers.
        sections: The metrics.
        assumptions: What the metrics were computed for.
        findings: What the audit saw, worst first.
        failures: Sections that are left out because they failed.
        warnings: What of the input was skipped.
        branding: What the user wants it to say.
        scenario: Name of the scenario that the numbers are for.
        usual_scenario: Name of the one that the source chooses.
        scenarios: All that can be chosen, base first; empty if there are none.
        rules: What the audit looks for; the page's calculator does so, too.
        help: What the sections say on how to read their numbers.
        charts: What the sections draw of the models, those first that answer most.
        undrawn: A sentence for each reason why charts are missing.
        compared: Names of the models that the sheet Compare shows, empty for a free place; None for
            the first ones.
        definitions: Every field of a model by name, those of texts and of sections too.
        presets: The groups of presets of assumptions.
        planner: How a model fits into devices, without what the report does not have.
        fitted: What was typed in each column of the sheet Fit: the model by the name ``model``,
            presets and numbers by what they set; None for the first models and nothing typed.
        device_prices: What was typed over prices on the sheet Devices, by the device's name; None
            for a price that was emptied.
        routing: Tokens of experts by the name of the model, where they were counted.
        layers: What is computed of each of their layers.
        sort: The metric or field by which a page has its models, the largest first, unless less is
            better; empty for the order in which they were read.
        sweep: What was counted, if it is the report of a sweep.
    """

    title: str
    version: str
    created: str
    source: Source
    models: tuple[ModelInfo, ...]
    fields: tuple[Column, ...]
    sections: tuple[ReportSection, ...]
    assumptions: tuple[AssumptionValue, ...]
    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    branding: Branding = field(default_factory=Branding)
    scenario: str = BASE
    usual_scenario: str = BASE
    scenarios: tuple[Scenario, ...] = ()
    rules: tuple[Rule, ...] = ()
    help: Help = field(default_factory=Help)
    compared: tuple[str, ...] | None = None
    charts: tuple[ReportChart, ...] = ()
    undrawn: tuple[str, ...] = ()
    definitions: Mapping[str, Field] = field(default_factory=lambda: FIELDS)
    presets: tuple[PresetChoice, ...] = ()
    planner: Planner | None = None
    fitted: tuple[Mapping[str, str | float], ...] | None = None
    device_prices: Mapping[str, float | None] = field(default_factory=dict)
    routing: Mapping[str, Counts] = field(default_factory=dict)
    layers: tuple[LayerColumn, ...] = ()
    sort: str = ""
    sweep: SweepResult | None = None

    @cached_property
    def metrics(self) -> tuple[Column, ...]:
        """The metric columns of all sections, in order."""
        return tuple(column for section in self.sections for column in section.columns)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every number column by name, fields before metrics."""
        return {column.name: column for column in (*self.fields, *self.metrics)}

    @cached_property
    def carried(self) -> Mapping[str, tuple[object, ...]]:
        """The columns that are not ours, by header: of each model what was read, or None."""
        headers = dict.fromkeys(header for model in self.models for header in model.carried)
        return {one: tuple(model.carried.get(one) for model in self.models) for one in headers}

    @cached_property
    def headline(self) -> tuple[Column, ...]:
        """The columns that the summary shows, in their order there."""
        shown = (column for column in self.metrics if column.headline)
        return tuple(sorted(shown, key=lambda column: column.headline))

    @cached_property
    def symbols(self) -> Mapping[str, str]:
        """What formulas write for each field, metric, assumption and series."""
        return {
            TOKENS: TOKENS_SYMBOL,
            **{column.name: column.symbol for column in self.layers},
            **{column.name: column.symbol for column in (*self.fields, *self.metrics)},
            **{item.definition.name: item.definition.symbol for item in self.assumptions},
        }

    @cached_property
    def doubted(self) -> frozenset[str]:
        """The models of which a computed number is doubted, so that no sentence rests on them."""
        metrics = {column.name for column in self.metrics}
        return frozenset(found.model for found in self.findings if found.column in metrics)

    def findings_of(self, model: str) -> tuple[Finding, ...]:
        """Return the findings about one row."""
        return self._findings_by_model.get(model, ())

    @cached_property
    def _findings_by_model(self) -> Mapping[str, tuple[Finding, ...]]:
        found: dict[str, tuple[Finding, ...]] = {}
        for finding in self.findings:
            found[finding.model] = (*found.get(finding.model, ()), finding)
        return found


def no_such_model(name: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that no model has."""
    return f"there is no model {shown(name)}.{nearest(name, known)}"


def no_such_column(of: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that is no field or metric of a model."""
    return f"{of} has no {shown(name)}: it is no field or metric.{nearest(name, known)}"
