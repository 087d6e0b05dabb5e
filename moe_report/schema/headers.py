"""Which column of a workbook is which: names, documented aliases, units in headers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from moe_report.schema.fields import FIELDS, Field
from moe_report.schema.metrics import Metric

_COUNTS = {
    "k": 10**3, "thousand": 10**3, "thousands": 10**3,
    "m": 10**6, "mn": 10**6, "million": 10**6, "millions": 10**6,
    "b": 10**9, "g": 10**9, "bn": 10**9, "billion": 10**9, "billions": 10**9,
    "t": 10**12, "trillion": 10**12, "trillions": 10**12,
}  # fmt: skip
_PREFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_UNITS: dict[str, dict[str, int | Decimal]] = {
    "parameters": {**_COUNTS},
    "FLOP": {f"{prefix}{sign}": factor for prefix, factor in _PREFIXES.items()
             for sign in ("flop", "flops")},
    "MAC": {f"{prefix}{sign}": factor for prefix, factor in _PREFIXES.items()
            for sign in ("mac", "macs")},
    "byte": {f"{prefix}b": factor for prefix, factor in (_PREFIXES | _BINARY).items()},
    "ratio": {"%": Decimal("0.01"), "percent": Decimal("0.01")},
    "tokens": {"k": 10**3, "thousand": 10**3},
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What a header stands for.

    Attributes:
        name: The field or metric.
        unit: Its unit.
        field: The field, None for a metric.
        scale: What one of a cell's numbers is in that unit: 10**9 under "Total (B)".
        exact: 3 if the header is the name itself, 2 an alias, 1 the label: how sure it is.
    """

    name: str
    unit: str
    field: Field | None
    scale: int | Decimal = 1
    exact: int = 3


@dataclass(frozen=True)
class Reading:
    """What a header may stand for (interim)."""

    header: str
    known: tuple[Known, ...] = ()
    candidates: tuple[Known, ...] = ()
    why: str = ""

    @property
    def state(self) -> str:
        return "read" if self.known else "ask" if self.candidates else "carried"


class Headers:
    """Recognises headers.

    Args:
        metrics: The metrics that may be typed in place of being computed, by name.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        # A spelling that two names of one stage share stands for neither.
        self._known: dict[str, tuple[Known, ...]] = {}
        fields, measures = FIELDS.values(), metrics.values()
        self._add((f.name, Known(f.name, f.unit, f)) for f in fields)
        self._add((m.name, Known(m.name, m.unit, None)) for m in measures)
        self._add((a, Known(f.name, f.unit, f, exact=2)) for f in fields for a in f.aliases)
        self._add((a, Known(m.name, m.unit, None, exact=2)) for m in measures for a in m.aliases)
        self._add((f.label, Known(f.name, f.unit, f, exact=1)) for f in fields)
        self._add((m.label, Known(m.name, m.unit, None, exact=1)) for m in measures)

    def _add(self, spellings: Iterable[tuple[str, Known]]) -> None:
        stage: dict[str, dict[str, Known]] = {}
        for spelling, known in spellings:
            stage.setdefault(folded(spelling), {}).setdefault(known.name, known)
        for spelling, meanings in stage.items():
            self._known.setdefault(spelling, tuple(meanings.values()))

    def find(self, header: str) -> Known | str:
        """Return what a header stands for, or a sentence that says why nothing."""
        meanings = self._known.get(folded(header), ())
        match = re.fullmatch(r"(.+?)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]", header.strip(), re.DOTALL)
        if match and not meanings and (known := self._known.get(folded(match[1]))):
            unit = match[2]
            scales = {item: _unit_scale(item.unit, unit) for item in known}
            meanings = tuple(
                replace(item, scale=scale) for item, scale in scales.items() if scale is not None
            )
            if not meanings:
                return _unit_refused(known[0], unit)
        if len(meanings) == 1:
            return meanings[0]
        if meanings:
            names = " or ".join(item.name for item in meanings)
            return f"found a column {header!r} that may stand for {names}; expected one of these."
        return f"found a column {header!r} that is no field or metric.{self._suggest(header)}"

    def read(self, header: str, *, above: str = "", unit: str = "") -> Reading:
        for text in (f"{header} {above}".strip(), header, f"{above} {header}".strip()):
            found = self.find(text.lstrip("# ") + (f" ({unit})" if unit else ""))
            if isinstance(found, Known):
                return Reading(header, (found,), (), "interim")
        near = difflib.get_close_matches(folded(header), self._known, n=1, cutoff=0.6)
        return Reading(header, (), tuple(self._known[near[0]]) if near else (), "interim")

    def decide(self, reading: Reading, values: object) -> Reading:
        return reading

    def is_unit(self, header: str, unit: str, *, above: str = "") -> bool:
        return unit.casefold() in ("b", "m", "k", "%") and bool(
            self.read(header, above=above, unit=unit).known
        )

    @property
    def catalogue(self) -> dict[str, Known]:
        return {
            known.name: known
            for group in self._known.values()
            for known in group
            if known.scale == 1
        }

    @property
    def names(self) -> list[str]:
        return list(self.catalogue)

    def _suggest(self, header: str) -> str:
        base = re.sub(r"\s*[(\[].*", "", header)
        near = difflib.get_close_matches(folded(base), self._known, n=1, cutoff=0.6)
        return f" Did you mean {self._known[near[0]][0].name!r}?" if near else ""


def folded(header: str) -> str:
    """Return a header as it is compared: case, spaces, hyphens and underscores do not matter.

    >>> folded("Top-K") == folded("top_k") == folded(" Top  k ")
    True
    """
    return re.sub(r"[\s_\-]+", " ", header.strip()).casefold()


def _unit_refused(known: Known, unit: str) -> str:
    accepted = ", ".join(_UNITS.get(_kind(known.unit), ()))
    expected = f"one of: {accepted}" if accepted else "the header without it"
    counted = f", which counts {known.unit}" if known.unit else ""
    return f"found the unit {unit!r} behind {known.name}{counted}; expected {expected}."


def _kind(unit: str) -> str:
    return unit.split("/")[0]


def _unit_scale(unit: str, written: str) -> int | Decimal | None:
    kind = _kind(unit)
    if written.casefold() in (unit.casefold(), kind.casefold()):
        return 1
    return _UNITS.get(kind, {}).get(written.casefold().removesuffix("/token"))
