"""What two sections cannot both bring: names, other headers, assumptions that differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from moe_report.errors import PluginError
from moe_report.schema.assumptions import Assumption
from moe_report.schema.fields import FIELDS
from moe_report.schema.headers.text import folded
from moe_report.schema.metrics import Metric
from moe_report.schema.model import Called
from moe_report.schema.parts import Part
from moe_report.schema.presets import Preset
from moe_report.schema.recorded import Computed
from moe_report.schema.section_fields import SectionField
from moe_report.schema.sections import Section


def refuse_double_names(sections: Iterable[Section]) -> None:
    """Refuse two sections, metrics or fields of one name."""
    seen: dict[str, tuple[Called, Section]] = {}
    names: dict[str, Section] = {}
    for section in sections:
        if section.name in names:
            raise PluginError(
                f"two sections are named {section.name!r}: that of {names[section.name].origin} "
                f"and that of {section.origin}"
            )
        names[section.name] = section
        for one in (*section.layers, *section.metrics, *section.fields):
            # Excel tells the columns of a table apart no better than the reader of headers
            other, owner = seen.setdefault(folded(one.name), (one, section))
            if other is not one:
                also = "" if other.name == one.name else f" and {other.name!r}"
                computed = [isinstance(item, Computed) for item in (other, one)]
                what = "metrics" if all(computed) else "fields"
                what = "metrics or fields" if len({*computed}) > 1 else what
                raise PluginError(
                    f"two {what} are named {one.name!r}{also}: that of {owner.origin} "
                    f"and that of {section.origin}; rename one, or uninstall its package"
                )


def refuse_double_aliases(sections: Iterable[Section]) -> None:
    """Refuse what would let a header of a workbook stand for two things."""
    owners = {
        folded(text): f"field {field.name!r}"
        for field in FIELDS.values()
        for text in (field.name, *field.aliases)
    }
    named = {
        one: f"{'metric' if isinstance(one, Metric) else 'field'} {one.name!r} of {section.origin}"
        for section in sections
        for one in (*section.metrics, *section.fields)
    }
    for one, own in named.items():
        if isinstance(one, SectionField) and (other := owners.get(folded(one.name))):
            raise PluginError(f"{own} has a name that is an alias of {other}; choose another")
    owners |= {folded(one.name): own for one, own in named.items()}
    for one, own in named.items():
        for alias in one.aliases:
            other = owners.setdefault(folded(alias), own)
            if other != own:
                raise PluginError(f"{own} has the alias {alias!r}, which is that of {other}")


def refuse_double_parts(sections: Iterable[Section]) -> None:
    """Refuse two metrics that count the same part: an importer's number would be both's."""
    counting: dict[Part, str] = {}
    for section in sections:
        for metric in section.metrics:
            own = f"metric {metric.name!r} of {section.origin}"
            if metric.counts and (other := counting.setdefault(metric.counts, own)) != own:
                raise PluginError(f"{own} counts {str(metric.counts)!r}, and so does {other}")


def refuse_odd_assumptions(metrics: Mapping[str, Metric], fields: Iterable[str]) -> None:
    """Refuse assumptions that contradict each other, or whose names cannot stand in Excel."""
    seen: dict[str, tuple[Assumption, Metric]] = {}
    taken = {folded(name) for name in (*metrics, *fields)}
    for metric in metrics.values():
        for item in metric.assumptions:
            where = f"assumption {item.name!r} of metric {metric.name!r} ({metric.module})"
            if folded(item.name) in taken:
                raise PluginError(f"{where} has the name of a field or metric; choose another")
            if re.fullmatch(r"[A-Za-z]{1,3}\d+|[rRcC]|[rR]\d*[cC]\d*", item.name):
                raise PluginError(f"{where} reads as a cell's address; choose another name")
            if item.name.casefold() in _WORDS_OF_EXCEL:
                raise PluginError(f"{where} means something else in Excel; choose another name")
            other, owner = seen.setdefault(folded(item.name), (item, metric))
            if other != item:
                raise PluginError(
                    f"{where} differs from {other.name!r} of metric {owner.name!r} ({owner.module})"
                )


def refuse_odd_presets(
    sections: Iterable[Section], fields: Iterable[str], assumptions: Mapping[str, Assumption]
) -> None:
    """Refuse presets of one name, and those that set other assumptions than their group does."""
    sections = list(sections)
    taken = {folded(name) for name in (*fields, *assumptions)}
    taken |= {folded(metric.name) for section in sections for metric in section.metrics}
    seen: dict[tuple[str, str], Preset] = {}
    first: dict[str, tuple[Preset, str]] = {}
    setting: dict[str, str] = {}
    for section in sections:
        for one in section.presets:
            where = f"preset {one.name!r} of {section.origin}"
            if folded(one.group) in taken:
                what = "which a field, metric or assumption is called, too"
                raise PluginError(f"{where} is of the group {one.group!r}, {what}; choose another")
            key = (one.group, re.sub(r"[\s_\-]+", "", one.name).casefold())
            if (other := seen.setdefault(key, one)) is not one:
                also = f"that of {other.module}, and that of {one.module}"
                raise PluginError(f"two presets of {one.group!r} are named {one.name!r}: {also}")
            begun, origin = first.setdefault(one.group, (one, where))
            if {*begun.values} ^ {*one.values}:
                raise PluginError(
                    f"{where} sets {', '.join(one.values)}, while {origin} sets "
                    f"{', '.join(begun.values)}; presets of a group set the same"
                )
            for item in one.assumptions:
                if setting.setdefault(item.name, one.group) != one.group:
                    raise PluginError(
                        f"{where} sets {item.name}, which presets of {setting[item.name]!r} set"
                    )
                if assumptions.get(item.name, item) != item:
                    raise PluginError(f"{where} sets {item.name}, which differs from a metric's")


_WORDS_OF_EXCEL = frozenset({"true", "false", "models"})  # the last is the table's name
