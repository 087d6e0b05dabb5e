from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moe_report.renderers.html.rich_text import linked


@pytest.mark.parametrize(
    "text",
    [
        "https://bank.com@evil.example/x", "https://user:secret@evil.example",
        "https://bank.com\\@evil.example", "https://bank.com%40evil.example",
        "javascript:https://evil.example", "xhttps://evil.example", "view-source+https://evil.example",
        "httрs://bank.com",  # with a Cyrillic letter
        "https://bаnk.com", "https://bank．com", "https：//bank.com", "https:/bank.com", "https://",
        "\u202ehttps://evil.example", "https://evil.example/\u2066gpj.exe", "https://a.org/\u200fx",
        "https://a.org/\u200bx", "https://a.org/\x01x", "https://a.org\\x",
        "doi:10.1234/a\u202eb", "doi:10.1234/a\u200bb",
    ],
)  # fmt: skip
def test_an_address_that_is_not_what_it_looks_like_stays_a_text(text: str) -> None:
    """User names, marks of direction, control characters, letters that look like others."""
    assert "<a" not in linked(text)
    assert "<a" not in linked(f"see {text} and so on")


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("see https://example.org.", "https://example.org"),
        ("(http://a-b.example.org:8080/x?q=a@b#c)", "http://a-b.example.org:8080/x?q=a@b#c"),
        ("参见https://zh.wikipedia.org/wiki/专家", "https://zh.wikipedia.org/wiki/专家"),
        ("https://xn--bnk-5cd.com/", "https://xn--bnk-5cd.com/"),
        ("doi:10.1000/182", "https://doi.org/10.1000/182"),
        ("arXiv:2401.06066", "https://arxiv.org/abs/2401.06066"),
    ],
)
def test_an_honest_address_is_a_link(text: str, href: str) -> None:
    """With what a sentence puts around it left out."""
    assert re.findall('href="([^"]*)"', linked(text)) == [href]


@given(
    st.lists(
        st.sampled_from(
            ["https://", "http://", "a.org", "@", "\\", "/", ":", ".", "е", "\u202e", "\u200b", "%",
             "?", " "]
        ),
        max_size=9,
    ).map("".join)
)  # fmt: skip
def test_whatever_is_linked_has_a_plain_host(text: str) -> None:
    """Nothing that a browser could take for another host, and nothing that cannot be seen."""
    for href in re.findall('href="([^"]*)"', linked(text)):
        assert re.match(r"https?://[A-Za-z0-9.-]+(:\d+)?([/?#]|$)", href)
        assert not set(href) & set("\\\u202e\u200b")
