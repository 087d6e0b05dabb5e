"""Cells that tempt to a wrong number: what they say is read, or it is said that it is not clear."""

from __future__ import annotations

import time

import pytest

from moe_report.load.models_checks import out_of_bounds
from moe_report.schema.numerals import numbers_in, without_markup
from moe_report.schema.quantities import Said, read_cell, style_of
from moe_report.schema.registry import installed
from moe_report.table import given

_REGISTRY = installed()
_HEADERS = _REGISTRY.headers
_CATALOGUE = _HEADERS.catalogue


def _said(text: str, field: str) -> Said:
    return read_cell(text, [_CATALOGUE[field]], _CATALOGUE, style_of([text]))


def _numbers(text: str, field: str) -> dict[str, float]:
    found = _said(text, field).numbers
    return {name: given(item.number, item.scale).value for name, item in found.items()}


@pytest.mark.parametrize(
    ("text", "field", "numbers"),
    [
        ("141B (8x22B)", "total_params", {"total_params": 141e9}),
        ("47B (8 x 7B)", "total_params", {"total_params": 47e9}),
        ("141B (8x22B, 39B active)", "total_params",
         {"total_params": 141e9, "active_params": 39e9}),
        ("685B (671B + 14B MTP)", "total_params", {"total_params": 685e9}),
        ("7 x 10^9", "total_params", {"total_params": 7e9}),
        (".5B", "total_params", {"total_params": 5e8}),
        ("1_000_000", "vocab_size", {"vocab_size": 1_000_000}),
        ("Top-2", "num_experts", {"num_experts_per_tok": 2}),
        ("8 active", "num_experts", {"num_experts_per_tok": 8}),
        ("2 shared", "num_experts", {"num_shared_experts": 2}),
        ("64 (+shared)", "num_experts", {"num_experts": 64}),
        ("16 per layer", "num_experts", {"num_experts": 16}),
        ("128 (8+1)", "num_experts",
         {"num_experts": 128, "num_experts_per_tok": 8, "num_shared_experts": 1}),
        ("61 (3+58)", "num_hidden_layers", {"num_hidden_layers": 61}),
        ("WAHR", "tie_word_embeddings", {"tie_word_embeddings": 1}),
        ("faux", "tie_word_embeddings", {"tie_word_embeddings": 0}),
        ("✔️", "tie_word_embeddings", {"tie_word_embeddings": 1}),
    ],
)  # fmt: skip
def test_a_cell_says_no_more_than_it_says(text: str, field: str, numbers: dict[str, float]) -> None:
    """Parts, products and signs for thousands are taken for nothing else."""
    assert _numbers(text, field) == numbers


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (">=671B", "total_params"), ("less than 100B", "total_params"),
        ("up to 100B", "total_params"), ("100B or more", "total_params"),
        ("671B (>30B active)", "total_params"), ("14B (2.7B active + 1B shared)", "total_params"),
        ("64*4", "vocab_size"), ("66 (64+2)", "num_experts"), ("9 (8+1)", "num_experts_per_tok"),
        ("4 groups of 64", "num_experts"), ("8 groups × 32", "num_experts"),
        ("every 2nd", "num_hidden_layers"), ("25 (4 attention, 21 Hyena)", "num_hidden_layers"),
        ("x", "tie_word_embeddings"),
    ],
)  # fmt: skip
def test_what_may_be_another_number_is_not_read(text: str, field: str) -> None:
    """A bound, a sum, a group or an ordinal is no value, and no default stands in for it."""
    said = _said(text, field)
    assert not said.numbers
    assert said.unclear
    assert said.fields == (field,)


@pytest.mark.parametrize(
    "text",
    [
        "see Table 3", "Table 3", "see page 12, there", "footnote 2", "Abb. 4", "表 3", "version 3",
        "https://x.org/2025", "see x.org/2025", "www.x.org/3", "a@x.org/3", "arXiv:2401.04088",
        "2025-05-01", "1.5.2025", "as of 2025", "May 2025", "same as Llama 3", "we use 64 here",
        "GPT 4 uses this", "Fig 3", "ref 3",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["num_experts", "hidden_size", "total_params"])
def test_a_number_inside_of_a_sentence_or_address_is_not_read(text: str, field: str) -> None:
    """It is of a place, a date or a name; no default stands in for the field."""
    said = _said(text, field)
    assert (dict(said.numbers), said.wrong, said.missing) == ({}, "", "")
    assert said.unclear
    assert said.fields == (field,)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8, see Table 3", 8), ("8 (https://x.org/2025)", 8), ("64 (arXiv:2401.04088)", 64),
        ("rumored: 61", 61), ("d_model 7168", 7168), ("hidden size is 4096", 4096),
        ("SentencePiece, 131.072 Tokens", 131_072), ("from 2048", 2048), ("probably 8", 8),
        ("46.7 B (reported in May 2025)", 46.7e9), ("46.7B según el paper de Mistral", 46.7e9),
    ],
)  # fmt: skip
def test_words_and_addresses_beside_a_number_leave_it(text: str, number: float) -> None:
    """It is led to by one word at most, or by a sign or verb that says it."""
    [found] = _numbers(text, "vocab_size").values()
    assert found == number


@pytest.mark.parametrize("text", ["1e999999999", "1e99999999999999999999", "9" * 900, "1e400"])
def test_a_number_out_of_all_bounds_stays_one(text: str) -> None:
    """An exponent of any length is read as one, and the number is refused."""
    for field in ("vocab_size", "total_params"):
        assert out_of_bounds(_CATALOGUE[field], _numbers(text, field)[field]).startswith("at most")


@pytest.mark.parametrize(
    "sign", ["亿", "共享", "9", "9" * 5000, " ", "1 ", "(", "**", "× 10 ", "aB", "a=1 ", "<", "1x"]
)
def test_the_longest_cell_is_read_in_no_time(sign: str) -> None:
    """Of what Excel takes at most, no sign makes the reader search again and again."""
    text = f"1{sign * 32_766}"[:32_767]
    start = time.perf_counter()
    assert _said(text, "num_experts").unclear
    assert not numbers_in(text).numbers
    without_markup(text)
    assert time.perf_counter() - start < 1
