"""What a user put on our sheets beside the cells' contents: an update keeps it, or names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.edit.test_update import at, edited, loaded, update
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report


def test_a_link_to_a_place_in_the_workbook(report: Path) -> None:
    """As openpyxl writes one: with a target that is a place and no part."""

    def link(book: Any) -> None:
        book.create_sheet("Mine")
        at(book["Models"], "Large", "source").value = "see there"
        at(book["Models"], "Large", "source").hyperlink = "#Mine!A1"

    edited(report, link)
    update(report)
    assert at(loaded(report)["Models"], "Large", "source").hyperlink.target == "#Mine!A1"
