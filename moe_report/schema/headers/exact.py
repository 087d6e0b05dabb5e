"""Headers spelt as documented: names, aliases, labels, and these with a unit in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from moe_report.schema.fields import Field
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.headers.text import folded
from moe_report.schema.metrics import Metric
from moe_report.schema.unit_signs import AMOUNTS, is_sign, sign_scale

_COUNTS = {
    "k": 10**3, "thousand": 10**3, "thousands": 10**3,
    "m": 10**6, "mn": 10**6, "million": 10**6, "millions": 10**6,
    "b": 10**9, "g": 10**9, "bn": 10**9, "billion": 10**9, "billions": 10**9,
    "t": 10**12, "trillion": 10**12, "trillions": 10**12,
}  # fmt: skip
_UNITS: dict[str, dict[str, int | Decimal]] = {
    "parameters": {**_COUNTS},
    **{kind: {sign: factor for sign, (of, factor) in AMOUNTS.items() if of == kind}
       for kind in ("FLOP", "MAC", "byte")},
    "ratio": {"%": Decimal("0.01"), "percent": Decimal("0.01")},
    "tokens": {"k": 10**3, "thousand": 10**3},
}  # fmt: skip


class ExactHeaders:
    """Recognises headers that are spelt as documented.

    Args:
        metrics: The metrics that may be typed in place of being computed, by name.
        by_name: The fields, by name.
    """

    def __init__(self, metrics: Mapping[str, Metric], by_name: Mapping[str, Field]) -> None:
        # A spelling that two names of one stage share stands for neither.
        self._known: dict[str, tuple[Known, ...]] = {}
        fields, measures = by_name.values(), metrics.values()
        self.catalogue = {
            **{f.name: Known(f.name, f.unit, f) for f in fields},
            **{m.name: Known(m.name, m.unit, None, counts=m.counts) for m in measures},
        }
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
            scales = {item: _unit_scale(item, unit) for item in known}
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
        return f"found a column {header!r} that is no field or metric."


def _unit_refused(known: Known, unit: str) -> str:
    accepted = ", ".join(_UNITS.get(_kind(known.unit), ()))
    expected = f"one of: {accepted}" if accepted else "the header without it"
    counted = f", which counts {known.unit}" if known.unit else ""
    return f"found the unit {unit!r} behind {known.name}{counted}; expected {expected}."


def _kind(unit: str) -> str:
    return unit.split("/")[0]


def _unit_scale(known: Known, written: str) -> int | Decimal | None:
    kind = _kind(known.unit)
    if is_sign(kind):
        return 1 if written == known.unit else sign_scale(known.unit, written)
    if written.casefold() in (known.unit.casefold(), kind.casefold()):
        return 1
    return _UNITS.get(kind, {}).get(written.casefold().removesuffix("/token"))
