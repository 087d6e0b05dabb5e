"""Tables of embeddings for hashed n-grams of tokens (Qwen4-Exp): how many rows they have."""

from __future__ import annotations

from math import isqrt

from moe_report.importers.adapter import Reading, may

NGRAMS = {
    "ple_layer_ids": may(None, kind="numbers"),
    "ple_embed_dim": may(None),
    "ple_conv_kernel_size": may(4),
    "ngram_size": may(3, minimum=2),
    "heads_per_ngram": may(8),
    "ngram_vocab_size_base": may(20_000_000),
    "make_ngram_vocab_size_divisible_by": may(128),
}
MOST_HEADS, LARGEST_BASE = 4096, 2**31  # a table has a prime for each head: they must be found


def ngram_tables(r: Reading, layers: int) -> int:
    """Return the weights of the tables of so many layers.

    The rows of a head are the next prime that no head before it has; all heads of a layer share a
    table, which is padded.
    """
    if not layers:
        return 0
    heads: int = (r["ngram_size"] - 1) * r["heads_per_ngram"]
    width: int = r["ple_embed_dim"] or r["hidden_size"]
    if width % heads:
        r.refuse("ple_embed_dim", f"is {width}, no multiple of the {heads} heads of n-grams")
    if heads * layers > MOST_HEADS:
        r.refuse("heads_per_ngram", f"gives {heads * layers} heads, more than {MOST_HEADS}")
    if r["ngram_vocab_size_base"] > LARGEST_BASE:
        r.refuse("ngram_vocab_size_base", f"is more than {LARGEST_BASE}")
    if r.problems:
        return 0
    step: int = r["make_ngram_vocab_size_divisible_by"]
    last, rows = r["ngram_vocab_size_base"] - 1, 0
    for _ in range(layers):
        in_layer = 0
        for _ in range(heads):
            last = _prime_after(last)
            in_layer += last
        rows += -(-in_layer // step) * step
    return rows * (width // heads)


def _prime_after(number: int) -> int:
    number = max(number + 1, 2)
    while any(number % divisor == 0 for divisor in range(2, isqrt(number) + 1)):
        number += 1
    return number
