"""Presets: a name for several assumptions at once, such as a device or a recipe of precision.

>>> from dataclasses import dataclass
>>> from moe_report import assumption, preset
>>> @dataclass(frozen=True)
... class Hardware:
...     peak_flops: float = assumption(1e12, symbol="F", unit="FLOP/s", help="At its best.")
>>> h100 = preset("device", "H100 SXM", Hardware(peak_flops=989e12), source="NVIDIA 2023")
>>> h100.values
{'peak_flops': 989000000000000.0}
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from moe_report.errors import PluginError
from moe_report.schema.assumptions import Assumption, assumptions_of, wrongly_said
from moe_report.schema.choice_names import unfit
from moe_report.text import CONTROL

_SHEET_NAME = 31
NO_PRESET = "–"  # what is chosen where the assumptions have values of their own


@dataclass(frozen=True, eq=False)
class Preset:
    """A set of values of assumptions, declared by :func:`preset`.

    Attributes:
        group: What it is one of: presets of a group set the same assumptions.
        name: Its name.
        source: Where the values come from.
        values: By the names of the assumptions.
        assumptions: What these are.
        module: The module that declares it.
        sheet: The sheet of the group's own in a workbook; empty for the one of all groups.
    """

    group: str
    name: str
    source: str
    values: Mapping[str, float]
    assumptions: tuple[Assumption, ...]
    module: str
    sheet: str = ""


@dataclass(frozen=True)
class PresetChange:
    """What a workbook says of a preset that its section does not, or of one of its own.

    Attributes:
        values: By the names of the assumptions; of one of its own all of them.
        source: Where the values come from; None if that is as it was.
    """

    values: Mapping[str, float]
    source: str | None = None


Changes = Mapping[str, Mapping[str, PresetChange]]  # by group, then by preset


@dataclass(frozen=True)
class PresetGroup:
    """The presets of one group, in the order of their sections.

    Attributes:
        name: Its name.
        presets: The presets.
        none: What holds in place of the defaults where none is chosen.
    """

    name: str
    presets: tuple[Preset, ...]
    none: Mapping[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ").capitalize()

    @property
    def sheet(self) -> str:
        """The sheet of its own in a workbook; empty if its table is with those of others."""
        return next((one.sheet for one in self.presets if one.sheet), "")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its presets."""
        return tuple(one.name for one in self.presets)

    @property
    def sets(self) -> tuple[str, ...]:
        """The assumptions that each of them sets."""
        return tuple(self.presets[0].values)

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, float]]:
        """The values of each preset, by its name; of none of them what is not by default."""
        return {"": self.none, **{one.name: one.values for one in self.presets}}

    def find(self, text: str) -> str | None:
        """Return the name of the preset that a text means, whatever its case, spaces and hyphens.

        It is empty for none of them (a dash); None if there is no such preset.
        """
        if text.strip() in ("", "-", NO_PRESET):
            return ""
        return {_bare(name): name for name in self.names}.get(_bare(text))

    def matching(self, text: str) -> tuple[str, ...]:
        """Return the names of the presets that a text may mean: several if it is not sure.

        It is the one of that name, or none for a dash; else those that have all its words; else
        those whose words begin with them.
        """
        if (name := self.find(text)) is not None:
            return (name,)
        words = _words(text)
        by_name = {name: _words(name) for name in self.names}
        found = tuple(name for name, own in by_name.items() if words and words <= own)
        return found or tuple(
            name
            for name, own in by_name.items()
            if words and all(any(one.startswith(word) for one in own) for word in words)
        )

    def changed(self, changes: Mapping[str, PresetChange]) -> PresetGroup:
        """Return the group with what a workbook says of its presets, by name; empty for none.

        Presets of its own follow those of the sections.
        """
        presets = [
            replace(
                one,
                values={**one.values, **change.values},
                source=one.source if change.source is None else change.source,
            )
            if (change := changes.get(one.name))
            else one
            for one in self.presets
        ]
        first = self.presets[0]
        presets += [
            replace(first, name=name, values=change.values, source=change.source or "", module="")
            for name, change in changes.items()
            if name not in self.values
        ]
        none = changes[""].values if "" in changes else {}
        return PresetGroup(self.name, tuple(presets), none)

    def of(self, assumptions: Mapping[str, Assumption]) -> PresetGroup | None:
        """Return the group for those assumptions alone; None if it sets none of them."""
        presets = [
            replace(one, values={k: v for k, v in one.values.items() if k in assumptions})
            for one in self.presets
        ]
        return PresetGroup(self.name, tuple(presets)) if presets[0].values else None


def with_changes(groups: Mapping[str, PresetGroup], changes: Changes) -> dict[str, PresetGroup]:
    """Return groups of presets with what a workbook says of them, by name."""
    return {
        name: group.changed(changes[name]) if name in changes else group
        for name, group in groups.items()
    }


def merged_changes(*said: Changes) -> dict[str, dict[str, PresetChange]]:
    """Return what several workbooks say of presets; of each preset the first holds."""
    found: dict[str, dict[str, PresetChange]] = {}
    for changes in said:
        for group, presets in changes.items():
            found[group] = {**presets, **found.get(group, {})}
    return found


def _bare(text: str) -> str:
    return re.sub(r"[\s_\-]+", "", text).casefold()


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.casefold()))


def preset(group: str, name: str, *values: object, source: str, sheet: str = "") -> Preset:
    """Declare values of several assumptions under a name.

    The module keeps it: ``H100 = preset("device", "H100 SXM", Hardware(...), source="...")``.
    It sets every assumption of the dataclasses that it is given; what it should leave alone
    belongs into a dataclass of its own.

    Args:
        group: What it is one of; ``--set device="H100 SXM"`` chooses it.
        name: Its name.
        values: Dataclasses of assumptions, with the values.
        source: Where the values come from.
        sheet: A sheet of a workbook that its group has for itself, such as ``Hardware``.

    Raises:
        PluginError: An argument is missing, empty or none of those accepted, or a value is out of
            its assumption's bounds.
    """
    module = str(sys._getframe(1).f_globals.get("__name__", ""))
    where = f"preset {name!r} of {module}"
    if wrong := wrongly_said({"group": group, "name": name, "source": source}, {}):
        raise PluginError(f"{where} has {wrong}")
    if not group.isidentifier():
        raise PluginError(f"{where}: expected a group of letters, digits and underscores")
    if sheet and not (sheet.isascii() and sheet.isidentifier() and len(sheet) <= _SHEET_NAME):
        raise PluginError(f"{where}: expected a sheet of at most {_SHEET_NAME} letters and digits")
    name = " ".join(name.split())  # as cells and pages have it, which know no other spaces
    if expected := unfit(name):
        raise PluginError(f"{where}: expected a name{expected}")
    if not _bare(name).strip(NO_PRESET):
        raise PluginError(f"{where}: expected a name that is no dash")
    if CONTROL.search(source):
        raise PluginError(f"{where}: expected a source without control characters")
    known: list[Assumption] = []
    numbers: dict[str, float] = {}
    for holder in values:
        try:
            items = assumptions_of(type(holder))
        except TypeError as error:
            raise PluginError(f"{where}: {error}") from error
        for item in items:
            number = getattr(holder, item.name)
            if wrong := wrongly_said({}, {"default": number}):
                raise PluginError(f"{where}: {item.name} is {number!r:.60}, expected a number")
            if expected := item.refusal(float(number)):
                raise PluginError(f"{where}: {item.name} is {number:,g}, expected {expected}")
            numbers[item.name] = float(number)
        known += items
    if not numbers:
        raise PluginError(f"{where} sets nothing; give it a dataclass of assumptions")
    return Preset(group, name, source, numbers, tuple(known), module, sheet)
