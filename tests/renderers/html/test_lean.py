"""The shipped style sheet as a page has it: shorter, and the same to a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from moe_report.renderers.html.render import STYLES
from moe_report.renderers.html.templating import _lean_style, environment_of, text_of

TEMPLATES = Path(__file__).parents[3] / "templates"
READ = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map((rule) => rule.cssText);
}"""


def rules(browser: Browser, text: str) -> list[str]:
    """What a browser reads in a style sheet; what a variable holds it keeps as it was typed."""
    page = browser.new_page()
    found: list[str] = page.evaluate(READ, text)
    page.close()
    return [re.sub(r", +", ",", rule) for rule in found]


def test_the_style_of_a_page_is_the_shipped_one(browser: Browser) -> None:
    """Every rule, in its order; the text is a seventh shorter at least."""
    whole = "\n".join((TEMPLATES / name).read_text("utf-8") for name in STYLES)
    lean = "\n".join(text_of(environment_of(()), name) for name in STYLES)
    assert rules(browser, lean) == rules(browser, whole)
    assert len(rules(browser, lean)) > 250
    assert len(lean) < 6 / 7 * len(whole)


@pytest.mark.parametrize(
    "text",
    [
        'a::before { content: " ; } /  x : {  "; color: red; }',
        "a > b ,\n c + d ~ e { margin : 0 auto }",
        ".a :is(.b, .c) :not( .d ) { width: calc(1px + 2px) }",
        "@media (min-width: 10rem) and print { a { color: red; } b { color: blue } }",
        "a { /* one; } */ color: red; /* two */ }",
        '[title="a > b"] > c:hover :focus { font: 1rem / 1.5 "A  B", serif; }',
        "a { background: url(data:image/png;base64,iVBORw0KGgo=) }",
    ],
)
def test_no_rule_is_read_otherwise(browser: Browser, text: str) -> None:
    """Space goes where it means nothing, and only there."""
    assert rules(browser, _lean_style(text)) == rules(browser, text)
