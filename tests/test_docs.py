"""The documents lead to files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/reference/page-templates.md",
    "templates/README.md",
)  # fmt: skip
_PLACE = re.compile(r"`((?:moe_report|plugins|templates|tests|docs)/[\w/.-]*)`")
_LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("page", PAGES)
def test_places_and_links_lead_somewhere(page: str) -> None:
    """Every file or folder that a document names is in the checkout."""
    text = (ROOT / page).read_text("utf-8")
    named = [ROOT / place for place in _PLACE.findall(text)]
    linked = [(ROOT / page).parent / target for target in _LINK.findall(text)]
    assert [str(path) for path in (*named, *linked) if not path.exists()] == []
    assert named or linked
