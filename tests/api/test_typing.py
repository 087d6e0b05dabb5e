"""The types of the door for Python, as a strict type checker sees them from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schema.test_typing import check

NOTEBOOK = Path(__file__).parent / "typing" / "notebook.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cache of its own, away from the checkout."""
    return tmp_path_factory.mktemp("typing")


def test_a_notebook_is_typed(folder: Path) -> None:
    """Every assertion of the file holds, and everything it marks as wrong is refused."""
    assert check(NOTEBOOK.read_text("utf-8"), folder) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("assert_type(active, float | None)", "assert_type(active, float)", "assert-type"),
        ("list[Path])", "list[str])", "assert-type"),
        ('only="flops_savings"', "only=3", "arg-type"),
        ("r.notes,", "r.note,", "attr-defined"),
    ],
)
def test_mistakes_of_a_notebook_are_seen(
    folder: Path, right: str, wrong: str, complaint: str
) -> None:
    """A changed line of the file is an error: the check can fail."""
    source = NOTEBOOK.read_text("utf-8")
    assert source.count(right) == 1
    assert complaint in check(source.replace(right, wrong), folder)
