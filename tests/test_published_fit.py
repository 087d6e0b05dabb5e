"""What vendors and engines publish is near what is computed; each difference has a reason."""

from __future__ import annotations

import pytest

from tests import published_fit
from tests.published_fit import ROWS, Row, compared, ours

IDS = [f"{row.name} {row.precision} {row.arrangement} {row.context}" for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_devices_compare_with_the_published_ones_as_known(row: Row) -> None:
    """Never fewer or more than published without a reason on the page."""
    assert compared(row) == row.expected
    assert bool(row.why) == (row.expected != "same")


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.size_gb], ids=lambda row: f"{row.name} {row.precision}"
)
def test_published_sizes(row: Row) -> None:
    """Bytes of weights and of a million tokens; some sources write GB for GiB, 7 % apart."""
    computed = ours(row)
    assert computed.weight_bytes == pytest.approx(row.size_gb * 1e9, rel=0.07)
    if row.cache_gb_per_million:
        assert computed.bytes_per_token == pytest.approx(row.cache_gb_per_million * 1e3, rel=0.07)


@pytest.mark.parametrize("row", [row for row in ROWS if row.cache_tokens], ids=lambda row: row.name)
def test_measured_room_for_the_cache(row: Row) -> None:
    """What an engine measured lies below the longest context, by its buffers alone."""
    longest = ours(row).longest
    assert longest is not None
    assert 0.8 * longest < row.cache_tokens < longest


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_memory_alone_never_asks_for_more_than_engines(row: Row) -> None:
    """However engines divide a model, its bytes have to fit."""
    computed = ours(row)
    if computed.by_memory is not None and computed.needed is not None:
        assert computed.by_memory <= computed.needed


def test_the_page_says_what_is_computed_now() -> None:
    """``python -m tests.published_fit`` writes it."""
    below = published_fit.PAGE.read_text("utf-8").partition(published_fit.MARK)[2]
    assert below == f"\n{published_fit.computed_part()}"
