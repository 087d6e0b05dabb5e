"""Recognises a header: reads its text, with its group and unit, and narrows that by its values.

What is one field, metric or assumption for sure is read, what may be one is asked about,
everything else is carried along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from moe_report.schema.assumptions import Assumption
from moe_report.schema.fields import FIELDS, Field
from moe_report.schema.headers.exact import ExactHeaders
from moe_report.schema.headers.phrasebook import Known, Phrasebook
from moe_report.schema.headers.reader import TextReader, asked
from moe_report.schema.headers.text import folded, undressed
from moe_report.schema.headers.units import unit_in, unit_of
from moe_report.schema.headers.values import Reading, decide
from moe_report.schema.metrics import Metric

# Groups that say nothing of what stands below: "Architecture" over "Layers".
_GROUPS = frozenset(
    ["model", "architecture", "structure", "type", "name", "size", "scale", "count"]
)
_LONGEST = 200  # letters of a header that is one


class Headers:
    """Recognises headers.

    Args:
        metrics: The metrics that may be typed in place of being computed, by name.
        assumptions: What metrics are computed for, by name; a column of one is recognised as such.
        words: Further words of headers, by concept, as ``schema/headers/words.py`` has them.
        fields: The fields, by name, those of sections among them.
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        assumptions: Mapping[str, Assumption] | None = None,
        words: Mapping[str, str] | None = None,
        fields: Mapping[str, Field] = FIELDS,
    ) -> None:
        self._book = Phrasebook(metrics, assumptions or {}, words or {}, fields)
        self._reader = TextReader(self._book)
        self._exact = ExactHeaders(metrics, fields)
        self._seen: dict[tuple[str, str, str], Reading] = {}

    @property
    def catalogue(self) -> Mapping[str, Known]:
        """Every field and metric, by name."""
        return self._exact.catalogue

    def read(self, header: str, *, above: str = "", unit: str = "") -> Reading:
        """Return what a header stands for.

        Args:
            header: The text of its cell.
            above: The header of a group over it: "Experts" over "Total".
            unit: The cell of a row of units below it: "B".
        """
        key = (header, above, unit)
        if key not in self._seen:
            self._seen[key] = self._read(header, above, unit)
        return self._seen[key]

    def decide(self, reading: Reading, values: Sequence[object]) -> Reading:
        """Return a reading narrowed by the values of its column, as they stand in the cells."""
        return decide(reading, values)

    def find(self, header: str) -> Known | str:
        """Return what a header spelt as documented stands for, or why it stands for none."""
        found = self._exact.find(header)
        if isinstance(found, str) and found.endswith("no field or metric."):
            reading = self.read(header)
            near = [*reading.known, *reading.candidates]
            return f"{found} Did you mean {near[0].name!r}?" if near else found
        return found

    def _read(self, header: str, above: str, unit: str) -> Reading:
        if len(header) + len(above) > _LONGEST:
            return Reading(header, why="longer than a header")
        below = unit_of(unit) if unit.strip() else None
        own = self._exact.find(header)
        alone = self._of_section(own) if below is None else None
        alone = alone or self._reader.read(header, below)
        named = isinstance(own, Known) and folded(own.name) == folded(header)
        if named or not above.strip() or folded(above) == folded(header):
            return replace(alone, header=header)
        joint = self._reader.read(f"{above} {header}", below or unit_in(above)[1])
        concepts = {*self._book.concepts(undressed(above)[0])}
        chosen = self._with_group(alone, joint, concepts)
        return replace(chosen, header=header)

    def _of_section(self, found: Known | str) -> Reading | None:
        """Return what a header spelt as a section's field is, whose unit no vocabulary has."""
        if isinstance(found, str) or found.field is None or found.field.name in FIELDS:
            return None
        named = found.exact >= 2
        return Reading("", (found,), why="its name and unit", decisive=True) if named else None

    def _with_group(self, alone: Reading, joint: Reading, above: set[str]) -> Reading:
        """Choose between what a header says by itself and together with that of its group."""
        weak = not (alone.decisive or alone.of_text)
        if joint.known:
            units = {item.unit for item in joint.known} ^ {item.unit for item in alone.known}
            if weak or not alone.known or not units:
                return joint
            return asked(joint, (*alone.known, *joint.known), "its group says otherwise")
        if weak and above & (self._book.elsewhere - _GROUPS):
            return Reading("", why=joint.why)
        worded = any(item.exact for item in joint.candidates)
        if alone.known and joint.candidates and (weak or worded):
            return asked(joint, (*joint.candidates, *alone.known), joint.why)
        if alone.known and weak and not above <= _GROUPS:
            return asked(alone, alone.known, "its group is not understood")
        return alone if alone.known or not joint.candidates else joint
