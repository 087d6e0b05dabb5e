"""The formulas of a sheet, among them those that cells share: one has the text, others follow it.

In the file they have a number in common. The standard lets the cell with the text and an area
(``ref``) decide, also over cells outside of that area or with another text; that cell may come
after others, and its number may be used again for a group further down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.ooxml.formula_text import translated


@dataclass
class SharedFormula:
    """A formula that cells share.

    Attributes:
        members: The elements of their formulas, by the address of the cell.
        origin: Address of the one that has the text; empty if none has.
        text: The formula as it is there.
    """

    members: dict[str, etree._Element] = field(default_factory=dict)
    origin: str = ""
    text: str = ""

    def at(self, address: str) -> str:
        """Return the formula as one of the cells has it.

        Raises:
            ValueError: No cell has the text, it cannot be read, or it would lead off the sheet
                from there: some programs go on at the other edge, others take it for an error.
        """
        if not self.text:
            raise ValueError("shares a formula that no cell has; expected one that says it")
        return translated(self.text, self.origin, address)

    @property
    def is_decided(self) -> bool:
        """Whether its text is that of a cell with an area."""
        return bool(self.text) and _decides(self.members[self.origin])


class SheetFormulas:
    """The formulas of a sheet by the address of their cells.

    Args:
        formulas: Each element of a formula with the address of its cell, in the order of the file.
        where: File and sheet, for errors.

    Attributes:
        elements: The elements by address.
        shared: The formulas that cells share.
    """

    def __init__(self, formulas: Iterable[tuple[etree._Element, str]], where: str) -> None:
        self.where = where
        self.elements: dict[str, etree._Element] = {}
        self.shared: list[SharedFormula] = []
        self._of: dict[str, SharedFormula] = {}
        latest: dict[str, SharedFormula] = {}
        for formula, address in formulas:
            self.elements[address] = formula
            if formula.get("t") != "shared":
                continue
            number = formula.get("si", "")
            if number not in latest or (latest[number].is_decided and _decides(formula)):
                latest[number] = SharedFormula()
                self.shared.append(latest[number])
            group = self._of[address] = latest[number]
            group.members[address] = formula
            if _decides(formula) or (formula.text and not group.text):
                group.origin, group.text = address, formula.text or ""

    def is_shared(self, address: str) -> bool:
        """Whether a cell shares its formula with others."""
        return address in self._of

    def text(self, address: str) -> str:
        """Return a cell's formula, written out if it is shared; empty if the file has no text.

        Raises:
            ValueError: It shares one that cannot be written out.
        """
        shared = self._of.get(address)
        return shared.at(address) if shared else self.elements[address].text or ""

    def said(self, address: str) -> str:
        """Return a cell's formula as it stands in the file, maybe in another cell."""
        shared = self._of.get(address)
        return shared.text if shared else self.elements[address].text or ""

    def texts(self, addresses: Iterable[str]) -> dict[str, str]:
        """Return the formulas of cells.

        Raises:
            InputError: Some share one that cannot be written out; each cell is named.
        """
        found, problems = {}, []
        for address in addresses:
            try:
                found[address] = self.text(address)
            except ValueError as error:
                problems.append(Problem(f"{self.where}, cell {address}", f"its formula: {error}"))
        if problems:
            raise InputError(problems)
        return found

    def write_out(self, addresses: Iterable[str]) -> bool:
        """Give each cell that shares a formula with one of these a formula of its own.

        Returns:
            Whether there was any.

        Raises:
            InputError: One of them cannot be written out; nothing has changed.
        """
        groups = {id(self._of[at]): self._of[at] for at in addresses if at in self._of}
        members = {at: item for group in groups.values() for at, item in group.members.items()}
        texts = self.texts(members)
        for address, formula in members.items():
            write_alone(formula, texts[address])
            del self._of[address]
        self.shared = [group for group in self.shared if id(group) not in groups]
        return bool(members)


def _decides(formula: etree._Element) -> bool:
    return bool(formula.text and formula.get("ref"))


def write_alone(formula: etree._Element, text: str) -> None:
    """Let a formula that was shared stand in its cell alone."""
    formula.text = text
    for attribute in ("t", "ref", "si"):
        formula.attrib.pop(attribute, "")
