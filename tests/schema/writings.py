"""Numbers in the ways in which people write them, for tests that read them back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

# A word or sign behind a number, and what it multiplies by.
MULTIPLES = {
    "": 1, "K": 10**3, "k": 10**3, "M": 10**6, " M": 10**6, "B": 10**9, " B": 10**9, "bn": 10**9,
    "G": 10**9, "T": 10**12, " billion": 10**9, " million": 10**6, " trillion": 10**12,
    " Mio.": 10**6, " Mrd.": 10**9, " Milliarden": 10**9, " Billionen": 10**12, " Mds": 10**9,
    " milliards": 10**9, " mil millones": 10**9, " millones": 10**6, " bilhões": 10**9,
    " miliardi": 10**9, " млрд": 10**9, " тыс.": 10**3, "万": 10**4, "亿": 10**8, "億": 10**8,
    "万亿": 10**12, "兆": 10**12, "천만": 10**7, "억": 10**8, "만": 10**4, " tỷ": 10**9,
}  # fmt: skip
SIGNS = (("", "."), ("", ","), (",", "."), (".", ","), ("'", "."), ("’", "."), (" ", "."),
         (" ", ","), ("\u00a0", ","), ("\u202f", ","))  # fmt: skip
BEFORE = ("", "~", "≈ ", "ca. ", "about ", "约 ", "約", "약 ", "около ")
AROUND = ("{}", "**{}**", "`{}`", "*{}*", "${}$", "{} (est.)", "{} (rumour)", "{}[1]", "{}†")


@dataclass(frozen=True)
class Writing:
    """One number, written in one way.

    Attributes:
        text: As it stands in a cell.
        value: What it is.
        about: Whether the text says that it is approximate.
        anchor: Another number in the same way, which can be read in one way only.
    """

    text: str
    value: Decimal
    about: bool
    anchor: str


@st.composite
def writings(draw: st.DrawFn) -> Writing:
    """Draw a number and a way to write it."""
    whole = draw(st.one_of(st.integers(0, 999), st.integers(1000, 10**12)))
    decimals = draw(st.text("0123456789", max_size=4))
    thousands, mark = draw(st.sampled_from(SIGNS))
    word = draw(st.sampled_from(sorted(MULTIPLES)))
    before = draw(st.sampled_from(BEFORE))
    around = draw(st.sampled_from(AROUND))
    digits = f"{whole:,}".replace(",", thousands) + (mark + decimals if decimals else "")
    value = Decimal(f"{whole}.{decimals or 0}") * MULTIPLES[word]
    about = bool(before) or "est." in around
    return Writing(around.format(f"{before}{digits}{word}"), value, about, f"0{mark}25")
