"""Conditional formats, validations and sparklines that the user laid over our sheets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from moe_report.ooxml.addresses import areas_of
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.formula_text import references
from moe_report.ooxml.markup import local_name
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.rearranged import Rearranged, moved, moved_areas
from moe_report.ooxml.resting.dependents import meet

_MAIN = "http://schemas.microsoft.com/office/excel/2006/main"
_FORMULAS = ("formula", "formula1", "formula2", "f")
_LAID = ("conditionalFormatting", "dataValidation", "sparkline")


@dataclass
class Overlays:
    """What lies over cells of an old sheet of ours on its way to the new one.

    Args:
        old: The root of the old sheet.
        new: That of the new one, which changes.
        places: Where the cells of our sheets are now, those of this one first.
        sheets: Names of the workbook's sheets.
        ours: The old columns that are ours; a rule over others is the user's.

    Attributes:
        lost: What cannot be laid over the new cells, as areas of the old ones.
        halves: Ids of rules of ours, of which newer programs keep half elsewhere.
    """

    old: etree._Element
    new: etree._Element
    places: tuple[Rearranged, ...]
    sheets: tuple[str, ...]
    ours: Collection[int]
    lost: list[str] = field(default_factory=list)
    halves: set[str | None] = field(default_factory=set)

    def put(self) -> None:
        """Lay over the new cells what is not ours."""
        ours = {_shape(item) for item in _rules(self.new)}
        for item in self.old.iterfind(f"{TAG}conditionalFormatting"):
            known = ours if self._is_over_ours(item) else set()
            rules = [rule for rule in item.iterfind(f"{TAG}cfRule") if _shape(rule) not in known]
            left = [rule for rule in item.iterfind(f"{TAG}cfRule") if rule not in rules]
            self.halves |= {id.text for rule in left for id in rule.iter("{*}id")}
            for rule in rules:  # one may stay where another cannot
                copy = etree.Element(item.tag, {str(k): str(v) for k, v in item.attrib.items()})
                copy.append(deepcopy(rule))
                if self._move(copy):
                    insert_in_order(self.new, copy)
        checks = self.old.iterfind(f"{TAG}dataValidations/{TAG}dataValidation")
        for item in checks:
            is_ours = _shape(item) in ours and self._is_over_ours(item)
            if not is_ours and self._move(copy := deepcopy(item)):
                self._check(copy)
        self._extensions()

    def _is_over_ours(self, item: etree._Element) -> bool:
        """Whether it lies within columns of ours, between which there may be one of the user's."""
        ends = (area[::2] for area in areas_of(item.get("sqref", "")))
        return all(column in self.ours for columns in ends for column in columns)

    def _check(self, item: etree._Element) -> None:
        """Put a validation in place of what ours says of its cells, for a cell has one."""
        listed = self.new.find(f"{TAG}dataValidations")
        if listed is None:
            listed = etree.Element(f"{TAG}dataValidations")
            insert_in_order(self.new, listed)
        taken = areas_of(item.get("sqref", ""))
        for other in list(listed):
            refs = [
                ref for ref in other.get("sqref", "").split()
                if not any(meet(area, there) for area in taken for there in areas_of(ref))
            ]  # fmt: skip
            other.set("sqref", " ".join(refs))
            if not refs:
                listed.remove(other)
        listed.append(item)
        listed.set("count", str(len(listed)))

    def _extensions(self) -> None:
        """Take over what newer programs lay over cells; we write nothing of the kind.

        They keep half of what a rule of ours says here, which goes with the other half.
        """
        theirs, there = self.old.find(f"{TAG}extLst"), self.new.find(f"{TAG}extLst")
        for entry in () if theirs is None else deepcopy(theirs):
            for rule in [item for item in entry.iter("{*}cfRule") if item.get("id") in self.halves]:
                _remove(rule)
            laid = [item for item in entry.iter() if local_name(item) in _LAID]
            for item in laid:
                if local_name(item) == "conditionalFormatting" and item.find("{*}cfRule") is None:
                    _remove(item)
                    continue
                if not self._move(item):
                    _remove(item)
            if any(local_name(item) in _LAID for item in entry.iter()):
                if there is None:
                    there = etree.Element(f"{TAG}extLst")
                    insert_in_order(self.new, there)
                there.append(entry)

    def _move(self, item: etree._Element) -> bool:
        """Lay a copy over the cells where they are now, and say whether there are any."""
        inside = item.find(f"{{{_MAIN}}}sqref")
        said = item.get("sqref") or (inside.text if inside is not None else "") or ""
        now, lost = moved_areas(said, self.places[0])
        formulas = [inner for inner in item.iter() if local_name(inner) in _FORMULAS and inner.text]
        rows = _first_row(said), _first_row(now)
        found = {}
        try:
            for formula in formulas:
                text = formula.text or ""
                base = None if local_name(item) == "sparkline" else rows
                found[formula] = moved(text, self.places[0].sheet, self.sheets, self.places, base)
        except ValueError:
            lost = said.split()
            now = ""
        self.lost += lost
        if not now or any(one.lost for one in found.values()):
            self.lost += [] if lost else said.split()
            return False
        for formula, one in found.items():
            formula.text = one.text
        if item.get("sqref"):
            item.set("sqref", now)
        elif inside is not None:
            inside.text = now
        return True


def _first_row(listed: str) -> int:
    return next((area[1] for area in areas_of(listed)), 0)


def _remove(item: etree._Element) -> None:
    around = item.getparent()
    assert around is not None
    around.remove(item)


def _rules(root: etree._Element) -> Iterator[etree._Element]:
    yield from root.iter(f"{TAG}cfRule", f"{TAG}dataValidation")


def _shape(item: etree._Element) -> tuple[str, ...]:
    """What a rule says, wherever it lies and however a program spells it."""
    kind = item.get("type", "")
    compares = kind not in ("list", "custom", "expression")
    operator = item.get("operator", "between") if compares else ""
    # LibreOffice writes a 0 where there is no second number
    idle = () if operator in ("between", "notBetween") else ("formula2",)
    formulas = [inner for inner in item.iter() if local_name(inner) in _FORMULAS]
    said = [inner.text or "" for inner in formulas if local_name(inner) not in idle]
    return (local_name(item), kind, operator, *map(_spelled, said))


def columns_laid_over(root: etree._Element) -> set[int]:
    """Return the columns that rules of a sheet lie over."""
    rules = root.iter(f"{TAG}conditionalFormatting", f"{TAG}dataValidation")
    ends = (area[::2] for item in rules for area in areas_of(item.get("sqref", "")))
    return {column for left, right in ends for column in range(left, right + 1)}


def _spelled(formula: str) -> str:
    """A formula with nothing but its functions and numbers, these as LibreOffice spells them."""
    try:
        return f"{float(formula):.12g}"
    except ValueError:
        pass
    pieces, done = [], 0
    try:
        for found in references(formula):
            pieces.append(formula[done : found.outset])
            done = found.end
    except ValueError:
        return formula
    return "".join("".join([*pieces, formula[done:]]).split()).replace("_xlfn.", "")
