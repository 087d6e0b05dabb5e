"""``python -m tests.pictures``: takes the documentation's pictures of the page and the workbook.

Chromium and LibreOffice show the demo's report; pdftoppm of poppler-utils makes a picture of it.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright

from tests.browser import ARGUMENTS
from tests.commands import run
from tests.conftest import need
from tests.office import convert
from tests.test_readme import DOCS, blocks

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
GUIDE = DOCS / "guides" / "sweeps.md"
_MARGIN = 20


def take_page(page: Path, picture: Path) -> None:
    """Take what a laptop shows of a page first."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need("chromium"), args=ARGUMENTS)
        window = browser.new_page(viewport={"width": 1440, "height": 1000})
        window.goto(page.as_uri())
        window.wait_for_timeout(500)
        window.screenshot(path=picture)
        browser.close()
    reduced(Image.open(picture)).save(picture, optimize=True)


def take_front(page: Path, picture: Path) -> None:
    """Take the chart of a sweep's front."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need("chromium"), args=ARGUMENTS)
        window = browser.new_page(viewport={"width": 1440, "height": 1000})
        window.goto(page.as_uri())
        window.wait_for_timeout(500)
        window.locator("#chart-front svg.wide").screenshot(path=picture)
        browser.close()
    reduced(Image.open(picture)).save(picture, optimize=True)


def take_workbook(workbook: Path, picture: Path) -> None:
    """Take a workbook's first printed page, the sheet Summary, without its margins."""
    pdf = convert(workbook, workbook.parent / "converted", "pdf")
    command = [need("pdftoppm"), "-r", "130", "-singlefile", "-png", pdf, picture.with_suffix("")]
    subprocess.run(command, check=True)
    found = Image.open(picture).convert("RGB")
    found = found.crop((0, 0, found.width, int(found.height * 0.93)))  # without the footer
    box = ImageChops.difference(found, Image.new("RGB", found.size, "white")).getbbox()
    assert box, "the sheet is empty"
    left, top, right, bottom = box
    around = (left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN)
    reduced(found.crop(around)).save(picture, optimize=True)


def reduced(picture: Image.Image) -> Image.Image:
    """Return a picture in few colours: it is mailed and committed."""
    return picture.convert("RGB").quantize(64)


def main() -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        done = run("demo", "-o", folder)
        assert done.exit_code == 0, done.output
        take_page(Path(folder) / "models.report.html", PICTURES / "page.png")
        plan = blocks(GUIDE, "toml")[-1]
        (Path(folder) / "v3.toml").write_text(plan, "utf-8")
        options = ("--no-parquet", "--format", "html", "--top", 1)
        done = run("sweep", Path(folder) / "v3.toml", "-o", folder, *options)
        assert done.exit_code == 0, done.output
        take_front(Path(folder) / "v3.report.html", PICTURES / "front.png")
        take_workbook(Path(folder) / "models.report.xlsx", PICTURES / "workbook.png")


if __name__ == "__main__":
    main()
