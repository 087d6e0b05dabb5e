"""The documents lead to files that are there, and the site is built of them without a warning."""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html

import moe_report
from moe_report.schema.fields import FIELDS
from moe_report.schema.registry import Registry
from tests.conftest import not_installed

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(ROOT / name / "README.md" for name in ("plugins", "templates")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
_PLACE = re.compile(r"`((?:moe_report|plugins|templates|tests|docs)/[\w/.-]*)`")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)\)|<!-- include (\S+) -->")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_places_and_links_lead_somewhere(page: Path) -> None:
    """Every file or folder that a document names is in the checkout."""
    text = page.read_text("utf-8")
    named = [ROOT / place for place in _PLACE.findall(text)]
    prose = _CODE.sub("", text)
    linked = [page.parent / (link or included) for link, included in _LINK.findall(prose)]
    assert [str(path) for path in (*named, *linked) if not path.exists()] == []


def test_formulas_of_the_reference_wrap_and_sources_are_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No piece of a formula is wider than a telephone; each paper is one click away."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    text = importlib.import_module("generated").metrics()
    found = [re.sub("<[^>]+>", "", math) for math in re.findall("<math>.*?</math>", text)]
    assert len(found) > 100
    assert max(len(unescape(one)) for one in found) <= 40
    assert not re.search(r"(?<!\[)(arXiv|doi):", text)


def built(source: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build a site as ``make docs`` does."""
    if any(importlib.util.find_spec(name) is None for name in ("sphinx", "furo", "myst_parser")):
        not_installed("Sphinx")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--fresh-env"]
    return subprocess.run(
        [*command, "--quiet", "-d", folder / "trees", source, folder / "site"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, which is built without a warning."""
    folder = tmp_path_factory.mktemp("docs")
    done = built(ROOT / "docs", folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.mark.slow
def test_links_of_the_site_lead_somewhere(site: Path) -> None:
    """Each page, picture and place in a page that a page of the site names is there."""
    pages = {path: html.parse(path) for path in site.rglob("*.html")}
    names = {path: set(page.xpath("//@id | //@name")) for path, page in pages.items()}
    lost = []
    for path, page in pages.items():
        for target in page.xpath("//a/@href | //img/@src"):
            file, _, anchor = unquote(target).partition("#")
            if ":" in file:
                continue
            leads = (path.parent / file).resolve() if file else path
            if not leads.exists() or (anchor and leads in names and anchor not in names[leads]):
                lost.append(f"{path.relative_to(site)}: {target}")
    assert lost == []
    assert len(pages) > 15


@pytest.mark.slow
def test_the_reference_has_everything(site: Path, registry: Registry) -> None:
    """Every field, metric, assumption, command and public name."""
    text = {path.stem: html.parse(path).getroot().text_content()
            for path in (site / "reference").glob("*.html")}  # fmt: skip
    assert [name for name in FIELDS if name not in text["fields"]] == []
    known = (*registry.metrics, *registry.assumptions)
    assert [name for name in known if name not in text["metrics"]] == []
    names = (f"moe_report.{name}(" for name in moe_report.__all__)
    assert [name for name in names if name[:-1] not in text["python"]] == []
    for command in ("run", "check", "fill", "template new", "columns"):
        assert f"moe-report {command} [OPTIONS]" in text["commands"]


@pytest.mark.slow
def test_nothing_is_left_as_markup(site: Path) -> None:
    """No directive, marker or fence is shown to a reader."""
    for path in site.rglob("*.html"):
        page = html.parse(path).getroot()
        for code in page.xpath("//pre | //code"):
            code.drop_tree()
        text = page.text_content()
        assert not re.search(r"\.\. \w+::|<!-- |```|:\w+:`|–[a-z]| -- ", text), path


@pytest.mark.slow
def test_a_broken_link_breaks_the_build(tmp_path: Path) -> None:
    """A warning is an error."""
    source = tmp_path / "docs"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["myst_parser"]\nhtml_theme = "furo"\n', "utf-8")
    (source / "index.md").write_text("# A page\n\n[nowhere](nowhere.md)\n", "utf-8")
    done = built(source, tmp_path)
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr
