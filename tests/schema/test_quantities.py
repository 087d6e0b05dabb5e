"""What cells say: the measured share of public tables' cells, and never another number.

``python -m tests.schema.test_quantities FILE`` scores another file of the same columns.
"""

from __future__ import annotations

import csv
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import assume, given, settings

from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.parts import Part
from moe_report.schema.quantities import Quantity, Said, Style, read_cell, style_of
from moe_report.schema.registry import Registry, installed
from tests.schema.writings import Writing, writings

CASES = Path(__file__).parents[1] / "data" / "cells.tsv"
EITHER = re.compile(r"(?<![\d.,])[1-9]\d{0,2}[.,]\d{3}(?![\d.,])")
Verdict = Literal["understood", "in part", "not understood", "misread"]


def cases(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield cell, header and meaning of each row of a file.

    A meaning is what fields are, as ``total_params=671e9; active_params=37e9``, with ``|`` between
    two that are both right; ``missing``; ``?`` where the cell has no one value; ``-`` where the
    column is no field.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["cell"], row["header"], row["means"]


def value(quantity: Quantity) -> float:
    """A quantity in its field's unit."""
    return float(Fraction(quantity.number) * Fraction(quantity.scale))


def verdict(cell: str, header: str, means: str, headers: Headers) -> Verdict:
    """Judge how a cell is read below its header, which was answered where it is asked about."""
    reading = headers.decide(headers.read(header), [cell])
    known = tuple(one for one in reading.known if one.kind != "assumption")
    numeric = [one for one in known if one.field is None or one.field.kind != "text"]
    if means == "-" or not (known or reading.candidates):
        return "misread" if numeric else "understood" if means == "-" else "not understood"
    wanted = dict(part.split("=") for part in means.split("; ") if "=" in part)
    if not numeric:
        fitting = [one for one in reading.candidates if one.kind != "assumption"]
        numeric = [one for one in fitting if one.name in wanted] or fitting
        numeric = numeric[:1]
    if not numeric:
        return "not understood"
    said = read_cell(cell, numeric, headers.catalogue, Style())
    return _judged(said, wanted, means)


def _judged(said: Said, wanted: Mapping[str, str], means: str) -> Verdict:
    for name, quantity in said.numbers.items():
        right = [float(Decimal(one)) for one in wanted.get(name, "nan").split("|")]
        if not any(math.isclose(value(quantity), one, rel_tol=1e-12) for one in right):
            return "misread"
    if means == "?":
        return "understood" if said.unclear or said.wrong else "not understood"
    zeros = bool(wanted) and all(float(one.split("|")[0]) == 0 for one in wanted.values())
    if means == "missing" or (zeros and said.missing == "absent"):
        return "understood" if said.missing else "not understood"
    if wanted.keys() == said.numbers.keys():
        return "understood"
    return "in part" if said.numbers else "not understood"


def test_cells_of_public_tables_are_understood(registry: Registry) -> None:
    """Nine in ten, and of the rest not one is misread."""
    headers = Headers(registry.metrics, registry.assumptions)
    found = {case: verdict(*case, headers) for case in cases(CASES)}
    counts = Counter(found.values())
    assert [case for case, one in found.items() if one == "misread"] == []
    assert counts.total() >= 160
    assert counts["understood"] / counts.total() >= 0.9, counts


@pytest.mark.slow
@settings(max_examples=500)
@given(writings())
def test_a_cell_says_the_number_that_was_written(written: Writing) -> None:
    """In a column that shows how it is written, each is read, to the last digit, with its mark."""
    assume(written.value == int(written.value))
    said = read(written.text, style_of([written.text, written.anchor]))
    assert (said.wrong, said.unclear, said.missing) == ("", "", "")
    [(name, quantity)] = said.numbers.items()
    assert name == "training_flops"
    assert Fraction(quantity.number) * Fraction(quantity.scale) == Fraction(written.value)
    assert quantity.about == written.about


@pytest.mark.slow
@settings(max_examples=500)
@given(writings())
def test_a_lone_cell_says_that_number_or_is_refused(written: Writing) -> None:
    """Where nothing tells the sign before decimals it is right or refused; a point is one."""
    assume(written.value == int(written.value))
    said = read(written.text, Style())
    if said.wrong:
        assert "can be read in one way" in said.wrong
        return
    [quantity] = said.numbers.values()
    got = Fraction(quantity.number) * Fraction(quantity.scale)
    right = Fraction(written.value)
    either = EITHER.search(written.text)  # which of two it is, the language of its word may tell
    assert got == right or (either and got in (right * 1000, right / 1000))


@cache
def usual_headers() -> Headers:
    """What recognises the headers of installed metrics."""
    return Headers(installed().metrics, installed().assumptions)


def read(cell: object, style: Style, *names: str) -> Said:
    """What a cell says below headers of fields and metrics."""
    headers = usual_headers()
    known = [headers.catalogue[name] for name in names or ("training_flops",)]
    return read_cell(cell, known, headers.catalogue, style)


def known(name: str, **changes: object) -> Known:
    """A column's field or metric."""
    found = usual_headers().find(name)
    assert isinstance(found, Known)
    return found


@pytest.mark.parametrize(
    ("cell", "missing"),
    [
        ("-", "absent"), ("n/a", "absent"), ("N/A (dense)", "absent"), ("—", "absent"),
        ("无", "absent"), ("нет", "absent"), ("**none**", "absent"), (False, "absent"),
        ("?", "unknown"), ("TBD", "unknown"), ("~?", "unknown"), ("not disclosed", "unknown"),
        ("no aplica (no es un MoE)", "absent"), ("unknown (rumoured)", "unknown"),
        ("未公开", "unknown"), ("keine Angabe", "unknown"),
    ],
)  # fmt: skip
def test_marks_of_a_missing_number(cell: object, missing: str) -> None:
    """That a model has no such part is another thing than that nobody knows."""
    assert read(cell, Style(), "num_shared_experts") == Said(missing=missing)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("8-16", "range"), ("8 – 16", "range"), (">8", "bound"), ("8+", "bound"),
        ("at least 8", "bound"),
        ("8 → 16", "change"), ("+3", "comparison"), ("-62% smaller", "comparison"),
        ("2x larger", "no number"), ("n+1", "a formula"), ("many", "no number"),
        ("3.2 GB", "bytes"),
        ("8, 16, 32", "several"), ("4*n_embd", "no number"), (True, "no number"),
    ],
)  # fmt: skip
def test_what_has_no_one_value_is_said(cell: object, why: str) -> None:
    """It is no number for the field, and the fields are named whose defaults it blocks."""
    said = read(cell, Style(), "num_experts")
    assert (dict(said.numbers), said.wrong, said.missing) == ({}, "", "")
    assert why in said.unclear
    assert said.unclear
    assert said.fields == ("num_experts",)


def test_two_readings_are_both_told() -> None:
    """1,576 may be thousands or decimals, where both fit: neither is taken."""
    said = read("1,576", Style(), "training_flops")
    assert said.numbers or "1576 or 1.576" in said.wrong
    said = read("1,576 B", Style(), "total_params")
    assert said.numbers == {}
    assert "this may be 1576 or 1.576" in said.wrong


def test_whole_numbers_have_no_decimals() -> None:
    """Of what can only be counted 4,096 and 4.096 are thousands."""
    for cell in ("4,096", "4.096", "4 096", "4'096"):
        [quantity] = read(cell, Style(), "hidden_size").numbers.values()
        assert value(quantity) == 4096


@pytest.mark.parametrize(
    ("number_format", "cell", "expected"),
    [
        ("0.0%", 0.276, 0.276), ("General", 27.6, 0.276), ("General", 0.276, 0.00276),
        ('0.0"%"', 27.6, 0.276),
    ],
)  # fmt: skip
def test_hundredths_count_once(number_format: str, cell: float, expected: float) -> None:
    """A format that shows percent holds a share already."""
    headers = usual_headers()
    [share] = headers.read("Active %").known
    said = read_cell(cell, [share], headers.catalogue, Style(), number_format=number_format)
    assert value(said.numbers["parameter_efficiency"]) == pytest.approx(expected, rel=1e-15)


def test_a_share_without_a_format_is_not_guessed() -> None:
    """Where the file has no formats, 0.276 under percent may be either."""
    headers = usual_headers()
    [share] = headers.read("Active %").known
    assert read_cell(0.276, [share], headers.catalogue, Style(), number_format="").unclear
    said = read_cell(27.6, [share], headers.catalogue, Style(), number_format="")
    assert value(said.numbers["parameter_efficiency"]) == pytest.approx(0.276)


@pytest.mark.parametrize(
    ("counting", "cell", "expected"),
    [
        ("total active", "671B (37B active)", {"whole": 671e9, "used": 37e9}),
        ("total active", "671B/37B", {"whole": 671e9, "used": 37e9}),
        ("total active", "37B active", {"used": 37e9}),
        ("total", "671B (37B active)", {"whole": 671e9}),
        ("total", "37B active", {}),
        ("", "671B (37B active)", {"whole": 671e9}),
    ],
)
def test_a_cell_speaks_of_another_ledger(counting: str, cell: str, expected: object) -> None:
    """The words of a cell name what a metric counts, not what it is called."""
    names = {"whole": Part.TOTAL, "used": Part.ACTIVE}
    total = installed().metrics["total_params"]
    metrics = {
        name: replace(total, name=name, counts=part if part in counting else None)
        for name, part in names.items()
    }
    catalogue = Headers(metrics).catalogue
    columns = ["whole", "used"] if "/" in cell else ["whole"]
    said = read_cell(cell, [catalogue[name] for name in columns], catalogue, Style())
    assert {name: value(number) for name, number in said.numbers.items()} == expected


if __name__ == "__main__":
    tables = usual_headers()
    judged = {case: verdict(*case, tables) for case in cases(Path(sys.argv[1]))}
    print(Counter(judged.values()))
    print(*(f"{one}: {case}" for case, one in judged.items() if one != "understood"), sep="\n")


_POWER = Known("power", "W", None)
_ENERGY = Known("energy", "kWh/Mtoken", None)
_BYTES = Known("held", "byte", None)
_FLOPS = Known("work", "FLOP/token", None)


@pytest.mark.parametrize(
    ("cell", "known", "scale", "means"),
    [
        ("5 GB", _BYTES, 1, 5e9), ("2048 MiB", _BYTES, 1, 2**31), ("5GB", _BYTES, 1, 5e9),
        ("5000 MB", _BYTES, 10**9, 5e9), ("5 bytes", _BYTES, 10**9, 5), ("12", _BYTES, 10**9, 12e9),
        ("5 Gb", _BYTES, 1, None), ("5 gb", _BYTES, 1, None), ("5 Gbit", _BYTES, 1, None),
        ("5 B", _BYTES, 1, 5e9), ("5m", _POWER, 1, None), ("5M", _POWER, 1, 5e6),
        ("5 GB/s", _BYTES, 1, None), ("5 GB / s", _BYTES, 1, None),
        ("6 GFLOPs", _FLOPS, 1, 6e9), ("6 GFLOP/token", _FLOPS, 1, 6e9),
        ("600 MFLOPs", _FLOPS, 10**9, 6e8), ("6 T FLOPs", _FLOPS, 1, 6e12),
        ("6 GMACs", _FLOPS, 1, None), ("6 GFLOP/s", _FLOPS, 1, None), ("6 GB", _FLOPS, 1, None),
        ("0.7 kW", _POWER, 1, 700), ("0,7 kW", _POWER, 1, 700), ("0.7kW", _POWER, 1, 700),
        ("700 mW", _POWER, 1, 0.7), ("1.2 MW", _POWER, 1, 1.2e6), ("700 w", _POWER, 1, 700),
        ("700 W", _POWER, 1000, 700), ("0.7", _POWER, 1000, 700), ("0.7k", _POWER, 1, 700),
        ("~ 700 W (peak)", _POWER, 1, 700), ("1 hp", _POWER, 1, None), ("700 J", _POWER, 1, None),
        ("5 kWh", _ENERGY, 1, 5), ("5 kWh/Mtoken", _ENERGY, 1, 5), ("5 MWh", _ENERGY, 1, None),
        ("5 kWh/token", _ENERGY, 1, None),
    ],
)  # fmt: skip
def test_a_unit_in_a_cell_is_that_of_its_number(
    cell: str, known: Known, scale: int, means: float | None
) -> None:
    """It goes before the header's, and what is of another unit is said to be unclear."""
    known = replace(known, scale=scale)
    said = read_cell(cell, [known], {known.name: known}, Style())
    if means is None:
        assert (said.numbers, bool(said.unclear)) == ({}, True)
    else:
        assert value(said.numbers[known.name]) == pytest.approx(means, rel=1e-12)
