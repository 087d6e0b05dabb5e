"""The types of the door for Python, as a strict type checker sees them from outside."""

from __future__ import annotations

from pathlib import Path

from tests.schema.test_typing import complaints

NOTEBOOK = Path(__file__).parent / "typing" / "notebook.py"
MISTAKES = [
    ("assert_type(active, float | None)", "assert_type(active, float)", "assert-type"),
    ("list[Path])", "list[str])", "assert-type"),
    ('only="flops_savings"', "only=3", "arg-type"),
    ("r.notes,", "r.note,", "attr-defined"),
]


def test_a_notebook_is_typed(tmp_path: Path) -> None:
    """Every assertion holds, all that is marked as wrong is, and each mistake is seen."""
    right, wrong = complaints(NOTEBOOK.read_text("utf-8"), MISTAKES, tmp_path)
    assert right == []
    assert len(wrong) == len(MISTAKES)
