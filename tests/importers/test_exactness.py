"""The table of architectures, as it is printed and as it stands in the docs."""

from __future__ import annotations

from pathlib import Path

from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.exactness import markdown, rows

PAGE = Path(__file__).parent.parent.parent / "docs" / "architectures.md"


def test_the_page_is_what_the_table_says() -> None:
    """``make docs`` has been run since the table changed."""
    assert PAGE.read_text("utf-8") == markdown()


def test_every_adapter_has_a_row() -> None:
    """No architecture is read without the table saying how exact it is."""
    assert sorted(ADAPTERS) == sorted(row[0] for row in rows()[1:])
