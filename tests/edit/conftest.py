"""Tests of what becomes of somebody's workbook: of which sections it is does not matter."""

import pytest


@pytest.fixture(autouse=True, scope="module")
def few_sections(counting_alone: None) -> None:
    """Load those that count alone: with all, each report takes three times as long."""
