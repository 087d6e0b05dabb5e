"""How Sphinx builds these pages: ``make docs``.

Pages are Markdown that reads well in a checkout, too. So a page says ``<!-- fields -->`` where a
table is generated, ``<!-- include ../CHANGELOG.md -->`` where a file of the checkout is the page,
and links lead to files; here the links between pages are led to pages.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from sphinx.application import Sphinx

import moe_report

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import generated  # noqa: E402 (found by the line above)

project = "moe-report"
author = "The moe-report authors"
project_copyright = author
release = version = moe_report.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["pictures"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
napoleon_use_ivar = True

html_theme = "furo"
html_title = "moe-report"
html_static_path = ["style"]
html_css_files = ["pages.css"]
html_show_sourcelink = False

# Files elsewhere in the checkout that are pages here.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "plugins/README.md": "guides/plugins.md",
    "templates/README.md": "reference/page-templates.md",
}
GENERATED: Mapping[str, Callable[[], str]] = {
    "assumptions": generated.assumptions,
    "fields": generated.fields,
    "headline table": generated.headline_table,
    "metrics": generated.metrics,
    "plugin names": generated.plugin_names,
    "sources": generated.sources,
}
_INCLUDED = re.compile(r"<!-- include (\S+) -->")
_MARKED = re.compile(f"<!-- ({'|'.join(GENERATED)}) -->")
_OPTION = re.compile(r"(?<![`\w-])(--[a-z][a-z-]*)")
_LINK = re.compile(r"(\]\()([^)#:\s]+\.md)([^)\s]*\))")


def assemble(page: str, text: str) -> str:
    """Return a page's text with what it includes, what is generated, and its links to pages."""
    place = posixpath.join("docs", page)
    if found := _INCLUDED.fullmatch(text.strip()):
        place = posixpath.normpath(posixpath.join(posixpath.dirname(place), found[1]))
        text = (DOCS.parent / place).read_text("utf-8")
    text = _LINK.sub(lambda link: link[1] + _led(link[2], place, page) + link[3], text)
    text = text.replace("\n\n```\n", "\n```\n")  # the empty line ends an example for doctest alone
    return _MARKED.sub(lambda mark: GENERATED[mark[1]](), text)


def _led(target: str, place: str, page: str) -> str:
    """Where a link of a file leads on a page."""
    file = posixpath.normpath(posixpath.join(posixpath.dirname(place), target))
    leads = PAGES.get(file) or posixpath.relpath(file, "docs")
    return posixpath.relpath(leads, posixpath.dirname(page) or ".")


def setup(app: Sphinx) -> None:
    """Assemble each page as it is read, and keep the hyphens of options that a help names."""

    def read(app: Sphinx, name: str, source: list[str]) -> None:
        source[0] = assemble(f"{name}.md", source[0])

    def mark_options(app: Sphinx, context: object, lines: list[str]) -> None:
        lines[:] = [
            line if line.lstrip().startswith("..") else _OPTION.sub(r"``\1``", line)
            for line in lines
        ]

    app.connect("source-read", read)
    for part in ("description", "options", "epilog"):
        app.connect(f"sphinx-click-process-{part}", mark_options)
