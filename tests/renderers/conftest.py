"""Chromium and pages in it, and a section of somebody else's with presets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from moe_report.renderers.html.render import render
from moe_report.reports import Report
from moe_report.schema.registry import Registry, load
from tests.browser import ARGUMENTS, UNFOLD, Open
from tests.conftest import need
from tests.sections import SPEED


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser; its absence is a failure where tests run unattended."""
    path = need("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a report's page; fail at the end if it complained or asked for anything else.

    Its parts are unfolded, unless one asks for them as they are at first.
    """
    complaints: list[str] = []
    asked: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})

    def open_page(
        report: Report,
        fragment: str = "",
        render: Callable[[Report], bytes] = render,
        *,
        folded: bool = False,
    ) -> Page:
        file = tmp_path / "report.html"
        file.write_bytes(render(report))
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri() + fragment)
        if not folded:
            page.evaluate(UNFOLD)
        return page

    yield open_page
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert len({url.partition("#")[0] for url in asked if url.startswith("file:")}) == 1


@pytest.fixture(scope="module")
def plugin(counting_alone: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a section with presets, beside the sections that count."""
    path = tmp_path_factory.mktemp("speed") / "speed.py"
    path.write_text(SPEED, "utf-8")
    return path


@pytest.fixture(scope="module")
def speed(plugin: Path) -> Registry:
    """The sections that count, and that one."""
    found = load([plugin])
    assert not found.failures
    return found
