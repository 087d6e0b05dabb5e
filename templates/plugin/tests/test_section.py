"""Tests of the section: its numbers, and what moe-report finds in it."""

import pytest
from moe_report.testing import check_plugin

import moe_report_new_section as section


@pytest.mark.parametrize(
    ("width", "copies", "expected"), [(2, 1, 16e9), (0.5, 1, 4e9), (2, 3, 48e9)]
)
def test_weights_in_memory(width: float, copies: int, expected: float) -> None:
    """As many bytes as there are weights times their width, in each copy."""
    found = section.new_section_weight_bytes.of(
        total_params=8e9, new_section_weight_width=width, new_section_copies=copies
    )
    assert found == pytest.approx(expected)


def test_share_that_a_token_reads() -> None:
    """Active weights of all."""
    found = section.new_section_active_share.of(total_params=8e9, active_params=2e9)
    assert found == pytest.approx(0.25)


def test_the_section_is_sound() -> None:
    """Its formulas are the same in every reading, and nothing of what it says is to be mended."""
    assert check_plugin("new_section").problems == ()
