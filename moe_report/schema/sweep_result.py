"""What a sweep has counted, for the report of its best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SweepRule:
    """What a constraint, a rule of fields or an objective of a sweep has removed.

    Attributes:
        rule: What it is called.
        removed: How many designs it removed of those that the rules before it had left.
        undefined: Of how many of these it has no value, which removed them too.
    """

    rule: str
    removed: int
    undefined: int


@dataclass(frozen=True)
class SweepResult:
    """What a sweep has counted, of which the report's models are the best.

    Attributes:
        base: The model that all designs are made of.
        designs: How many there were.
        varied: How many values each field or assumption took that was varied by itself.
        followed: What followed from these by a formula.
        objectives: What the front is of, the most important first.
        rules: What removed designs, one after another.
        passed: How many designs passed all rules.
        on_front: How many of these are on the front.
        standing: A sentence on where the base stands; empty if nothing passed.
        front: The report's models that are on the front, each with the number of its design.
    """

    base: str
    designs: int
    varied: Mapping[str, int]
    followed: tuple[str, ...]
    objectives: tuple[str, ...]
    rules: tuple[SweepRule, ...]
    passed: int
    on_front: int
    standing: str
    front: Mapping[str, int]
