"""Packages to damage: small ones, for a command takes as long as its workbook, and large ones."""

from __future__ import annotations

import random
from pathlib import Path

from tests.fill.corpus import installed, with_question
from tests.fill.makers import OPENPYXL, XLSXWRITER, made_with_openpyxl, made_with_xlsxwriter
from tests.fill.rich import rich_template

OURS = ("models.xlsx", "template.xlsx", "written/models.report.xlsx")
LARGE = 20  # every so many packages is a large one


class Seeds:
    """What to damage next."""

    def __init__(self, made: Path, large: Path) -> None:
        small = [made_with_xlsxwriter(write) for write in XLSXWRITER.values()]
        small += [made_with_openpyxl(write) for write in OPENPYXL.values()]
        others = [with_question(data, "{{ report.version }}")[0] for data in small]
        models, template, report = ([(made / name).read_bytes()] for name in OURS)
        self._small = [models, template, others, others, models, template, others, report]
        self._large = [(large / name).read_bytes() for name in OURS if (large / name).exists()]
        self._large += [rich_template(), *installed().values()]

    def choose(self, number: int, chance: random.Random) -> bytes:
        """Return the package to damage as the so many-th."""
        if number % LARGE == LARGE - 1:
            return chance.choice(self._large)
        return chance.choice(self._small[number % len(self._small)])
