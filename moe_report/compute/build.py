"""From a table to a report: evaluate, audit, collect. Nothing is read or written here."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence

import moe_report
from moe_report.branding import Branding
from moe_report.cells import number_of
from moe_report.compute.assumed import assumption_values
from moe_report.compute.audit import audit, names_compared_with
from moe_report.compute.audit_rules import rules_of
from moe_report.compute.charted import charted
from moe_report.compute.evaluate import Evaluation, evaluate_table
from moe_report.compute.points import helped
from moe_report.compute.scenarios import groups_of, presets_in, scenario_named, typed_in
from moe_report.errors import InputError, Problem, nearest
from moe_report.load.examples import example_models
from moe_report.reports import (
    AssumptionValue,
    ModelInfo,
    PresetChoice,
    Report,
    ReportSection,
    Scenario,
)
from moe_report.routing.counts import Counts
from moe_report.schema.presets import PresetGroup
from moe_report.schema.registry import Registry
from moe_report.table import BASE, ModelTable, Source
from moe_report.text import listed, one_of


def build_report(
    table: ModelTable,
    registry: Registry,
    *,
    assumptions: Mapping[str, float] | None = None,
    presets: Mapping[str, str] | None = None,
    scenario: str | None = None,
    title: str | None = None,
    branding: Branding | None = None,
) -> Report:
    """Compute and audit everything that a report of these models holds.

    Args:
        table: The models.
        registry: The metrics.
        assumptions: Values that win over those of the table, by name.
        presets: Names of presets by group, whose values win over those of the table.
        scenario: Name of the scenario; by default the one that the table chooses.
        title: Heading where the branding has none; by default it says what was read.
        branding: What the user wants the report to say.

    Raises:
        InputError: An assumption is unknown or out of bounds, there is no such preset or no such
            scenario, ``compare_with`` names no model, or counts do not match their model.
    """
    registry = registry.with_counts(there=bool(table.routing))
    scenario = scenario_named(table, scenario)
    groups = groups_of(table, registry.presets)
    chosen = _named_presets(groups, presets or {})
    values = assumption_values(table, registry, groups, assumptions or {}, chosen, scenario)
    numbers = {value.definition.name: value.value for value in values}
    evaluation = evaluate_table(table, registry, numbers)
    references = _references(table, evaluation, registry, numbers)
    sections = tuple(
        ReportSection(
            name=section.name,
            title=section.title,
            introduction=section.introduction,
            columns=tuple(evaluation.metrics[metric.name] for metric in section.metrics),
            distribution=section.distribution,
            version=section.version,
            module=section.module,
            short_form=section.short_form,
            layers=tuple(one.name for one in section.layers),
        )
        for section in registry.sections
        if section.metrics
    )
    branding = branding or Branding()
    report = Report(
        title=branding.title or title or f"Mixture-of-Experts models of {table.source.name}",
        version=moe_report.__version__,
        created=creation_time().strftime("%Y-%m-%dT%H:%M:%SZ"),
        source=table.source,
        models=tuple(
            ModelInfo(row.name, row.texts, row.carried, row.place, row.looks) for row in table.rows
        ),
        fields=evaluation.fields,
        sections=sections,
        assumptions=values,
        findings=audit(table, evaluation, references, registry),
        failures=registry.failures,
        warnings=(
            *map(str, table.warnings),
            *_renumbered(table, evaluation.routing),
            *_unused_counts(table, registry),
        ),
        branding=branding,
        scenario=scenario,
        usual_scenario=table.scenarios.chosen,
        scenarios=_scenarios(table, values, groups),
        rules=rules_of(registry),
        definitions=registry.fields,
        presets=_preset_choices(table, groups, chosen, scenario),
        planner=registry.planner,
        routing=evaluation.routing,
        layers=evaluation.layers,
    )
    return charted(helped(report, registry), registry)


def _renumbered(table: ModelTable, routing: Mapping[str, Counts]) -> list[str]:
    """What is said of counts once the sizes of their models are known."""
    before = {note for counts in table.routing.values() for note in counts.notes}
    return [note for counts in routing.values() for note in counts.notes if note not in before]


def _unused_counts(table: ModelTable, registry: Registry) -> list[str]:
    """What to say where tokens were counted and nothing that is computed takes them."""
    if not table.routing or registry.layers:
        return []
    named = listed([*table.routing])
    return [f"{table.source.name}: counts of tokens of {named} are not in this report: no section "
            "that is computed takes them"]  # fmt: skip


def _named_presets(groups: Mapping[str, PresetGroup], said: Mapping[str, str]) -> dict[str, str]:
    """The presets that were asked for, by group; empty for none of a group's."""
    found, problems = {}, []
    for name in said.keys() & groups.keys():
        group, text = groups[name], said[name]
        preset = group.find(text)
        if preset is not None:
            found[name] = preset
        else:
            expected = f"expected {one_of(group.names)}.{nearest(text, group.names)}"
            problems.append(Problem(f"preset {name!r}", f"found {text!r}, {expected}"))
    if problems:
        raise InputError(problems)
    return found


def creation_time() -> datetime.datetime:
    """Return now, or the time that ``SOURCE_DATE_EPOCH`` sets, in UTC.

    Raises:
        InputError: ``SOURCE_DATE_EPOCH`` is no such time.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        try:
            return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
        except (ValueError, OverflowError, OSError) as error:
            message = f"found {epoch!r}, expected seconds since 1970"
            raise InputError([Problem("SOURCE_DATE_EPOCH", message)]) from error
    return datetime.datetime.now(datetime.UTC)


def _preset_choices(
    table: ModelTable, groups: Mapping[str, PresetGroup], chosen: Mapping[str, str], scenario: str
) -> tuple[PresetChoice, ...]:
    in_use = {**presets_in(table, scenario, groups), **chosen}
    said = table.scenarios.presets
    return tuple(
        PresetChoice(
            group, in_use[name], {one: own[name] for one, own in said.items() if name in own}
        )
        for name, group in groups.items()
    )


def _scenarios(
    table: ModelTable, used: Sequence[AssumptionValue], groups: Mapping[str, PresetGroup]
) -> tuple[Scenario, ...]:
    if not table.scenarios.values:
        return ()
    found = []
    for name, own in {BASE: table.assumptions, **table.scenarios.values}.items():
        values = {item.definition.name: item.definition.default for item in used}
        values |= {
            key: given.value
            for key, given in typed_in(table, name, groups).items()
            if key in values
        }
        values |= {item.definition.name: item.value for item in used if item.fixed}
        numbers = {key: given.value for key, given in own.items() if key in values}
        found.append(Scenario(name, numbers, values))
    return tuple(found)


def _references(
    table: ModelTable, evaluation: Evaluation, registry: Registry, assumptions: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    wanted = names_compared_with(table.rows)
    at_hand = _by_name(table, evaluation, wanted)
    if set(wanted) <= set(at_hand):
        return at_hand
    rows = example_models(registry)
    shipped = ModelTable(rows, Source("shipped examples"))
    examples = _by_name(shipped, evaluate_table(shipped, registry, assumptions), wanted)
    found = examples | at_hand
    names = [row.name for row in (*table.rows, *rows)]
    problems = [
        Problem(
            f"{table.source.name}, {row.place}" if row.place else f"row {row.name!r}",
            f"compare_with names {name!r}, which is neither a row nor a shipped example."
            f"{nearest(name, names)}",
        )
        for name, row in wanted.items()
        if name not in found
    ]
    if problems:
        raise InputError(problems)
    return found


def _by_name(
    table: ModelTable, evaluation: Evaluation, wanted: Mapping[str, object]
) -> dict[str, dict[str, float]]:
    found = {}
    columns = (*evaluation.fields, *evaluation.metrics.values())
    for at, row in enumerate(table.rows):
        if row.name in wanted:
            cells = {column.name: number_of(column.cells.values[at]) for column in columns}
            found[row.name] = {name: number for name, number in cells.items() if number is not None}
    return found
