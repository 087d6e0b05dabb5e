"""What the terminal shows: the headline table, the list of metrics, all about one metric."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from moe_report.display import scale, show
from moe_report.errors import PluginError, nearest
from moe_report.formula.excel import excel, plain
from moe_report.report import Report
from moe_report.schema.assumptions import Assumption
from moe_report.schema.metrics import Metric
from moe_report.schema.registry import Registry, Section

_HEADLINE = ("total_params", "active_params", "parameter_efficiency", "expert_flops_savings")
_NAME_WIDTH = 34


def headline_table(report: Report, most: int) -> str:
    """Return the headline numbers of up to ``most`` models as aligned text."""
    columns = [report.columns[name] for name in _HEADLINE if name in report.columns]
    columns = columns or list(report.headline[:4]) or list(report.metrics[:4])
    rows = [["model", *(column.label.lower() for column in columns)]]
    scales = [
        scale(column.unit, column.format, [cell.value for cell in column.cells])
        for column in columns
    ]
    for at, model in enumerate(report.models[:most]):
        numbers = [
            show(column.cells[at].value, column.unit, column.format, unit)
            for column, unit in zip(columns, scales, strict=True)
        ]
        rows.append([_cut(model.name), *numbers])
    lines = _aligned(rows)
    if len(report.models) > most:
        lines.append(f"and {len(report.models) - most} more in the report")
    return "\n".join(lines)


def _cut(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1].rstrip() + "…"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(t.rjust(w) for t, w in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    ]


def listing(registry: Registry) -> str:
    """Return all sections and metrics as text."""
    lines = []
    for section in registry.sections:
        origin = f"{section.distribution} {section.version}".strip()
        lines += [f"{section.title}  [{section.name}, {origin}]"]
        rows = [[f"  {metric.name}", metric.unit, plain(metric.expr)] for metric in section.metrics]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        for name, unit, formula in rows:
            short = textwrap.shorten(formula, 72, placeholder=" …")
            lines.append(f"{name.ljust(widths[0])}  {unit.ljust(widths[1])}  {short}".rstrip())
        lines.append("")
    return "\n".join(lines).rstrip()


def describe(registry: Registry, name: str) -> str:
    """Return all about one metric or section as text.

    Raises:
        PluginError: There is none of that name; the nearest one is named.
    """
    for section in registry.sections:
        for metric in section.metrics:
            if metric.name == name:
                return _metric(metric, section)
        if section.name == name:
            intro = "\n\n".join(textwrap.fill(part, 80) for part in section.introduction)
            chosen = Registry((section,))
            return f"{listing(chosen)}\n\n{intro}".rstrip()
    known = [*registry.metrics, *(section.name for section in registry.sections)]
    raise PluginError(f"there is no metric or section {name!r}.{nearest(name, known)}")


def _metric(metric: Metric, section: Section) -> str:
    own = {item.name for item in metric.assumptions}
    needs = [item for item in metric.expr.symbols() if item not in own]
    rests_on = _rests_on(metric)
    facts = [
        ("section", f"{section.title} [{section.name}]"),
        ("symbol", metric.symbol),
        ("unit", metric.unit),
        ("formula", plain(metric.expr)),
        ("needs", ", ".join(needs) or "nothing"),
        ("assumes", ", ".join(f"{item.name} = {item.default:,g}" for item in rests_on)),
        ("in Excel", "=" + excel(metric.expr, str)),
        ("source", metric.source),
        ("from", f"{section.distribution} {section.version}".strip() + f", {section.module}"),
    ]
    lines = [f"{metric.name}: {metric.label}", ""]
    lines += [textwrap.fill(" ".join(part.split()), 80) for part in metric.doc.split("\n\n")]
    lines.append("")
    for what, text in facts:
        if text:
            lines.append(
                textwrap.fill(
                    text, 96, initial_indent=f"{what:<9}", subsequent_indent=" " * 9,
                    break_long_words=False, break_on_hyphens=False,
                )
            )  # fmt: skip
    return "\n".join(lines)


def _rests_on(metric: Metric) -> list[Assumption]:
    """The assumptions that a metric depends on, through others too."""
    found = {item.name: item for item in metric.assumptions if item.name in metric.expr.symbols()}
    for called in metric.calls.values():
        found |= {item.name: item for item in _rests_on(called)}
    return list(found.values())
