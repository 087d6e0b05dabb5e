"""Checkpoints in several files, called ``name-00001-of-00003`` and whatever the suffix is."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from itertools import islice

SHARD = re.compile(r"(.+?)-+(\d+)-of-(\d+)")
MOST_NAMED = 8  # of what lacks; more are counted


def missing(there: AbstractSet[int], total: int) -> tuple[list[int], int]:
    """Return the first numbers from 1 to a total that are not there, and how many more there are.

    The total is what a file's name says: it may be larger than any list could be long.
    """
    lacking = (number for number in range(1, total + 1) if number not in there)
    first = list(islice(lacking, MOST_NAMED))
    return first, total - sum(1 <= number <= total for number in there) - len(first)
