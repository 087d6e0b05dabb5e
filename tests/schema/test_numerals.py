"""Numbers in texts: one reading, or two that are both told; never another number."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings

from moe_report.schema.numerals import mark_of, numbers_in
from moe_report.schema.one_number import one_number
from tests.schema.writings import Writing, writings

# Digits that are as well a number with three decimals as one of thousands.
EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@settings(max_examples=600)
@given(writings())
def test_a_number_is_found_as_it_was_written(written: Writing) -> None:
    """With the sign before decimals known, each is one number: that which was written."""
    mark = mark_of([written.text, written.anchor])
    [number] = numbers_in(written.text).numbers
    assert [one * number.multiple for one in number.values(mark)] == [written.value]
    assert not number.bound
    assert not number.comparison


@settings(max_examples=400)
@given(writings())
def test_alone_a_number_is_read_right_or_in_both_ways(written: Writing) -> None:
    """Without a neighbour, digits that may be two numbers are two, and the right one is there."""
    [number] = numbers_in(written.text).numbers
    found = [one * number.multiple for one in number.values("")]
    either = bool(EITHER.fullmatch(number.digits))
    if number.usual and either:  # 1.000 Billionen: the word's language tells
        assert len(found) == 1
    else:
        assert written.value in found
        assert len(found) == 1 + either


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,5", "2"], ","), (["1.5"], "."), (["1,024"], ""), (["1.024", "7"], ""),
        (["1.234.567"], ","), (["1,234,567"], "."), (["1.234,5"], ","), (["1,234.5"], "."),
        (["0,125"], ","), (["1,5", "1.5"], ""), (["1,234,567", "1,024"], "."), ([], ""),
    ],
)  # fmt: skip
def test_neighbours_tell_the_sign_before_decimals(texts: list[str], mark: str) -> None:
    """One number that can be read in one way only decides; two that disagree decide nothing."""
    assert mark_of(texts) == mark


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("32768", "32768"), ("32k", "32000"), ("32K", "32000"), (" 1.5e-3 ", "0.0015"),
        ("4,096,000", "4096000"), ("0,5", "0.5"), ("-2", "-2"), ("1e6", "1000000"),
        ("128 000", "128000"), ("1.0万亿", "1000000000000"), ("2 Mio.", "2000000"),
        ("1.000.000", "1000000"), ("1 048 576", "1048576"), ("1'048'576", "1048576"),
        ("50%", "0.5"), ("1.024", "1.024"), ("3.1×10²³", "310000000000000000000000"),
    ],
)  # fmt: skip
def test_one_number_is_read(text: str, number: str) -> None:
    """What ``--set`` takes: multiples, signs for thousands, powers of ten, a sign in front."""
    assert one_number(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no number"), ("many", "no number"), ("2 3 x 4", "no number"), ("1-2", "no number"),
        (">17B", "no number"), ("32k+", "no number"), ("1.6x", "no number"),
        ("8 of 256", "no number"),
        ("nan", "no number"), ("inf", "no number"), ("0x10", "no number"),
        ("5 apples", "no number"),
        ("4,096", "may be 4096 or 4.096"),
    ],
)  # fmt: skip
def test_what_is_no_one_number_is_refused(text: str, why: str) -> None:
    """None, several, a bound, a comparison, words, or digits that may be two numbers."""
    with pytest.raises(ValueError, match=re.escape(why)):
        one_number(text)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("Qwen2-57B-A14B", ["57", "14"]), ("FP8 340B", ["340"]), ("w4a16 8B", ["8"]),
        ("top-2 of 16", ["2", "16"]), ("12,34,567", ["12,34,567"]), ("v3.1", []),
        ("[7B](https://example.org/13b)", ["7"]), ("2<sup>3</sup>", ["2", "3"]),
    ],
)  # fmt: skip
def test_digits_of_names_and_precisions_are_no_numbers(text: str, digits: list[str]) -> None:
    """What stands in a name, a link or a number format counts nothing."""
    assert [number.digits for number in numbers_in(text).numbers] == digits


def test_a_long_text_is_read_at_once() -> None:
    """A megabyte of digits, of brackets or of signs takes no more than its length."""
    for text in ("1" * 200_000, "(" * 200_000, "1," * 100_000, "~" * 200_000, "1 " * 50_000):
        assert numbers_in(text).plain is not None
