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
from dataclasses import dataclass, replace
from functools import cached_property

from moe_report.errors import PluginError
from moe_report.schema.assumptions import Assumption, assumptions_of, wrongly_said

NO_PRESET = "–"  # what is chosen where the assumptions have values of their own
_LONGEST_NAME = 60
_WILD = re.compile(r"[*?~]")  # what MATCH of a spreadsheet takes for other letters


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
    """

    group: str
    name: str
    source: str
    values: Mapping[str, float]
    assumptions: tuple[Assumption, ...]
    module: str


@dataclass(frozen=True)
class PresetGroup:
    """The presets of one group, in the order of their sections."""

    name: str
    presets: tuple[Preset, ...]

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ").capitalize()

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
        """The values of each preset, by its name; of none of them there are none."""
        return {"": {}, **{one.name: one.values for one in self.presets}}

    def find(self, text: str) -> str | None:
        """Return the name of the preset that a text means, whatever its case, spaces and hyphens.

        It is empty for none of them (a dash); None if there is no such preset.
        """
        if text.strip() in ("", "-", NO_PRESET):
            return ""
        return {_bare(name): name for name in self.names}.get(_bare(text))

    def of(self, assumptions: Mapping[str, Assumption]) -> PresetGroup | None:
        """Return the group for those assumptions alone; None if it sets none of them."""
        presets = [
            replace(one, values={k: v for k, v in one.values.items() if k in assumptions})
            for one in self.presets
        ]
        return PresetGroup(self.name, tuple(presets)) if presets[0].values else None


def _bare(text: str) -> str:
    return re.sub(r"[\s_\-]+", "", text).casefold()


def preset(group: str, name: str, *values: object, source: str) -> Preset:
    """Declare values of several assumptions under a name.

    The module keeps it: ``H100 = preset("device", "H100 SXM", Hardware(...), source="...")``.
    It sets every assumption of the dataclasses that it is given; what it should leave alone
    belongs into a dataclass of its own.

    Args:
        group: What it is one of; ``--set device="H100 SXM"`` chooses it.
        name: Its name.
        values: Dataclasses of assumptions, with the values.
        source: Where the values come from.

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
    if _WILD.search(name) or len(name) > _LONGEST_NAME or not _bare(name).strip(NO_PRESET):
        most = f"of at most {_LONGEST_NAME} characters, without * ? ~"
        raise PluginError(f"{where}: expected a name {most}")
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
    return Preset(group, name, source, numbers, tuple(known), module)
