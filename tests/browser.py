"""What tests of the page in Chromium share."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

from playwright.sync_api import Page

from tests.conftest import need

# Of two lists of features the last counts: these are Playwright's that concern pages of files, and
# the popups of the address bar, which Chromium would load beside each page: half of all its work.
_NO_FEATURES = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "PaintHolding",
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup",
)  # fmt: skip
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    f"--disable-features={','.join(_NO_FEATURES)}",
)  # fmt: skip
# Opens the parts of a page that are folded at first.
UNFOLD = """() => {
  const folds = ".fold > details, .others, .explained, .all-inputs";
  for (const it of document.querySelectorAll(folds)) it.open = true;
}"""
Open = Callable[..., Page]


def printed(page: Page) -> list[str]:
    """Return the text of each sheet of paper that a page is printed on."""
    command = [need("pdftotext"), "-raw", "-", "-"]
    pdf = page.pdf(prefer_css_page_size=True)
    done = subprocess.run(command, input=pdf, capture_output=True, check=True)
    return done.stdout.decode().split("\f")[:-1]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(part, 16) / 255 for part in re.findall("..", colour.strip().lstrip("#"))]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
