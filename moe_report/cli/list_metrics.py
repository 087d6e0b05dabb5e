"""What ``moe-report metrics`` prints: the list of what is installed, or all about one of it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from moe_report.cli.terminal import aligned
from moe_report.errors import PluginError, nearest
from moe_report.formula.excel import excel, plain
from moe_report.schema.assumptions import Assumption
from moe_report.schema.fields import Field
from moe_report.schema.layers import COUNTS, TOKENS
from moe_report.schema.metrics import Metric
from moe_report.schema.presets import Preset, PresetGroup
from moe_report.schema.recorded import Computed
from moe_report.schema.registry import Registry
from moe_report.schema.sections import Section
from moe_report.text import shown


def list_metrics(registry: Registry) -> str:
    """Return all sections and metrics as text."""
    lines = []
    for section in registry.sections:
        origin = f"{section.distribution} {section.version}".strip()
        lines += [f"{section.title}  [{section.name}, {origin}]"]
        lines += aligned([[f"  {one.name}", one.unit, _said(one)] for one in section.fields])
        for computed in (section.layers, section.metrics):
            formulas = [plain(item.expr) for item in computed]
            shortened = [textwrap.shorten(text, 72, placeholder=" …") for text in formulas]
            named = zip(computed, shortened, strict=True)
            lines += aligned([[f"  {item.name}", item.unit, text] for item, text in named])
        lines += aligned([[f"  {one.name}", one.group, _values(one)] for one in section.presets])
        lines.append("")
    return "\n".join(lines).rstrip()


def _said(field: Field) -> str:
    default = field.default_expr
    return "a field" if default is None else f"a field, {plain(default)} by default"


def _values(preset: Preset) -> str:
    return ", ".join(f"{name} = {value:,g}" for name, value in preset.values.items())


def describe(registry: Registry, name: str) -> str:
    """Return all about one metric, section, field or assumption as text.

    Raises:
        PluginError: There is none of that name; the nearest one is named.
    """
    for section in registry.sections:
        for metric in (*section.layers, *section.metrics):
            if metric.name == name:
                return _metric(metric, section)
        if section.name == name:
            intro = "\n\n".join(textwrap.fill(part, 80) for part in section.introduction)
            chosen = Registry((section,))
            return f"{list_metrics(chosen)}\n\n{intro}".rstrip()
    if name in registry.fields:
        return _field(registry.fields[name])
    if name in registry.assumptions:
        return _assumption(registry.assumptions[name])
    if name in registry.presets:
        return _group(registry.presets[name])
    sections = [section.name for section in registry.sections]
    known = [
        *registry.layers,
        *registry.metrics,
        *sections,
        *registry.fields,
        *registry.assumptions,
        *registry.presets,
    ]
    raise PluginError(f"there is no metric, section or field {shown(name)}.{nearest(name, known)}")


def _metric(metric: Computed, section: Section) -> str:
    own = {item.name for item in metric.own_assumptions}
    needs = [item for item in metric.expr.symbols() if item not in own]
    needs += [f"{COUNTS} of layers" if item == TOKENS else f"{item} of all layers"
              for item in metric.expr.series()]  # fmt: skip
    rests_on = _rests_on(metric)
    facts = [
        ("section", f"{section.title} [{section.name}]"),
        ("symbol", metric.symbol),
        ("unit", metric.unit),
        ("formula", plain(metric.expr)),
        ("needs", ", ".join(needs) or "nothing"),
        ("assumes", ", ".join(f"{item.name} = {item.default:,g}" for item in rests_on)),
        ("in Excel", "" if metric.expr.series() else "=" + excel(metric.expr, str)),
        ("source", metric.source),
        ("from", f"{section.distribution} {section.version}".strip() + f", {section.module}"),
    ]
    return _described(metric.name, metric.label, metric.doc, facts)


def _field(field: Field) -> str:
    bounds = {
        "decimal": f"numbers from {field.minimum:,g} to {field.maximum:,g}",
        "number": f"whole numbers from {field.minimum:,.0f} to {field.maximum:,.0f}",
        "flag": "0 or 1",
        "text": "text",
    }
    default = field.default_expr
    facts = [
        ("group", field.group),
        ("symbol", field.symbol),
        ("unit", field.unit),
        ("takes", bounds[field.kind]),
        ("default", "" if default is None else plain(default)),
        ("headers", ", ".join((field.label, *field.aliases))),
    ]
    return _described(field.name, field.label, field.help, facts)


def _assumption(item: Assumption) -> str:
    facts = [
        ("symbol", item.symbol),
        ("unit", item.unit),
        ("takes", f"{'whole numbers' * item.whole or 'numbers'} from {item.minimum:,g} to "
                  f"{item.maximum:,g}"),
        ("default", f"{item.default:,g}"),
        ("set", f"--set {item.name}={item.default:g}, or in the sheet Assumptions"),
    ]  # fmt: skip
    return _described(item.name, item.label, item.help, facts)


def _group(group: PresetGroup) -> str:
    facts = [("sets", ", ".join(group.sets)), ("set", f'--set {group.name}="{group.names[0]}"')]
    lines = [_described(group.name, group.label, "Presets: a name for several assumptions.", facts)]
    for one in group.presets:
        lines += ["", f"  {one.name}", f"    {_values(one)}", f"    {one.source}"]
    return "\n".join(lines)


def _described(name: str, label: str, text: str, facts: Sequence[tuple[str, str]]) -> str:
    lines = [f"{name}: {label}", ""]
    lines += [textwrap.fill(" ".join(part.split()), 80) for part in text.split("\n\n")]
    lines.append("")
    wrapper = textwrap.TextWrapper(96, break_long_words=False, break_on_hyphens=False)
    wrapper.subsequent_indent = " " * 9
    for what, text in facts:
        wrapper.initial_indent = f"{what:<9}"
        if text:
            lines += wrapper.wrap(text)
    return "\n".join(lines)


def _rests_on(metric: Computed) -> list[Assumption]:
    """The assumptions that a metric depends on, through others too."""
    used = metric.expr.symbols()
    found = {item.name: item for item in metric.own_assumptions if item.name in used}
    if isinstance(metric, Metric):
        for called in (*metric.layers.values(), *metric.calls.values()):
            found |= {item.name: item for item in _rests_on(called)}
    return list(found.values())
