"""The fields, and what type checkers know of them."""

from __future__ import annotations

from pathlib import Path

from moe_report.schema import model_fields
from moe_report.schema.fields import NUMBER_FIELDS, model_fields_source


def test_type_checkers_know_the_fields() -> None:
    """``make docs`` has been run since the fields changed; every field is a number."""
    assert Path(model_fields.__file__).read_text("utf-8") == model_fields_source()
    declared = model_fields.ModelFields.__annotations__
    assert declared == dict.fromkeys(NUMBER_FIELDS, float)
