"""Templates of the user: what they may replace, what is said when one is wrong, what is documented.

What is documented is checked both ways: a name that is missing, and a name that does not exist.
"""

from __future__ import annotations

import base64
import dataclasses
import re
import typing
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from jinja2 import Environment, nodes
from jinja2.filters import FILTERS
from jinja2.meta import find_undeclared_variables

from moe_report.branding import Branding, Logo, branding_of
from moe_report.compute.build import build_report
from moe_report.errors import TemplateError
from moe_report.load.workbook import read_workbook
from moe_report.renderers.html import page as view
from moe_report.renderers.html import templating
from moe_report.renderers.html.render import page_of, render, render_calculator
from moe_report.schema.registry import installed, load
from tests import reports
from tests.browser import Open
from tests.sections import COUNTING

TEMPLATES = Path(__file__).parents[3] / "templates"
REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
DOCUMENT = (REFERENCE / "page-templates.md").read_text("utf-8")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def write(folder: Path, **files: str) -> Path:
    """Write files into a folder; an underscore before the last part of a name is a dot."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def page_with(*folders: Path) -> str:
    """Return the usual page, made with folders of templates."""
    report = reports.usual_report(created="2026-01-02T03:04:05Z")
    return render(report, templates=folders).decode()


# -- what may be replaced


def test_loops_of_ones_own_end_and_know_where_they_are(tmp_path: Path) -> None:
    """They are counted, also where one stands within another."""
    text = (
        "{% for i in range(3) %}{% for j in [1, 2] if j > i %}[{{ i }}{{ j }}"
        "{{ loop.length }}{{ loop.last }}]{% else %}none{% endfor %}{% endfor %}{{ 'ab' * 2 }}"
    )
    block = "{% block main %}" + text + "{% endblock %}"
    write(tmp_path, report_html_j2='{% extends "shipped/report.html.j2" %}' + block)
    assert "[012False][022True][121True]noneabab" in page_with(tmp_path)
    endless = "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}"
    write(tmp_path, report_html_j2=endless)
    with pytest.raises(TemplateError, match=r"report\.html\.j2:1: has more than .* turns of loops"):
        page_with(tmp_path)


def test_macros_that_call_themselves_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their calls count as turns do, though each is nested no deeper than sixty."""
    monkeypatch.setattr(templating, "_MOST_TURNS", 3000)
    macro = "{% macro a(n) %}{% if n %}{{ a(n - 1) }}{{ a(n - 1) }}{% endif %}{% endmacro %}"
    write(tmp_path, report_html_j2=macro + "{{ a(60) }}")
    with pytest.raises(TemplateError, match="has more than 3,000 turns of loops"):
        page_with(tmp_path)
    write(tmp_path, report_html_j2=macro + "<title>{{ a(9) }}</title>")
    assert "<title></title>" in page_with(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 10 ** (10 ** 10) }}",
        "{{ (10 ** 9999) ** 9999 }}",
        '{{ "a" * 10 ** 10 }}',
        "{{ 10**9 * [1] }}",
    ],
)
def test_nothing_huge_is_made_of_little(tmp_path: Path, text: str) -> None:
    """Neither a number nor a text nor a list; what is of the size of a page is made."""
    write(tmp_path, report_html_j2="{{ 2 ** 64 }}{{ 'ab' * 3 }}{{ 1e3 ** 2 }}{{ 1024 ** 3 }}")
    assert "18446744073709551616ababab1000000.01073741824" in page_with(tmp_path)
    write(tmp_path, report_html_j2=text)
    with pytest.raises(TemplateError, match=r"the outcome of .* is too long"):
        page_with(tmp_path)


def test_a_block_is_replaced_alone(tmp_path: Path) -> None:
    """A template that extends the shipped one changes its block and leaves all others."""
    write(tmp_path, report_html_j2=(
        '{% extends "shipped/report.html.j2" %}'
        "{% block findings %}<p>{{ page.findings | length }} doubted</p>{% endblock %}"
    ))  # fmt: skip
    plain, mine = page_with(), page_with(tmp_path)
    assert "<p>1 doubted</p>" in mine
    assert '<ul class="findings">' not in mine
    assert '<ul class="findings">' in plain
    end, start = '<section id="charts"', '<section id="further-charts"'
    assert (
        mine[mine.index("<body>") : mine.index(end)]
        == plain[plain.index("<body>") : plain.index(end)]
    )
    assert mine[mine.index(start) :] == plain[plain.index(start) :]


@pytest.mark.parametrize(
    "name", [block.name for block in templating.blocks(Environment(), "report.html.j2")]
)
def test_every_block_can_be_replaced(tmp_path: Path, name: str) -> None:
    """Each block of the page gives way to one of the user."""
    write(tmp_path, report_html_j2=(
        '{% extends "shipped/report.html.j2" %}'
        "{% block " + name + " %}INSTEAD{% endblock %}"
    ))  # fmt: skip
    assert page_with(tmp_path).count("INSTEAD") == 1


def test_a_macro_is_replaced_alone_and_the_shipped_ones_use_it(tmp_path: Path) -> None:
    """The shipped macro that draws a chart calls the user's swatch, which may call the shipped."""
    write(tmp_path, charts_svg_j2=(
        '{% extends "shipped/charts.svg.j2" %}'
        '{% import "shipped/charts.svg.j2" as shipped %}'
        "{% macro swatch(key) %}<i>{{ shipped.swatch(key) }}</i>{% endmacro %}"
    ))  # fmt: skip
    plain, mine = page_with(), page_with(tmp_path)
    page = page_of(reports.usual_report())
    keys = sum(len(figure.legend) for figure in (*page.figures, *page.further))
    assert mine.count('<i><svg class="swatch"') == keys > 0
    assert mine.count('<svg class="drawing') == plain.count('<svg class="drawing') > 0


def test_a_macro_of_the_page_itself_is_replaced(tmp_path: Path) -> None:
    """The table of models is a macro of report.html.j2, and is replaced in every section."""
    write(tmp_path, report_html_j2=(
        '{% extends "shipped/report.html.j2" %}'
        "{% macro model_table(table) %}[{{ table.caption }}]{% endmacro %}"
    ))  # fmt: skip
    mine = page_with(tmp_path)
    assert "[Headline numbers of all models]" in mine
    assert '<table class="models' not in mine


def test_a_folder_serves_both_pages(tmp_path: Path) -> None:
    """The calculator's page extends the report, so a block is replaced in both."""
    write(tmp_path, report_html_j2=(
        '{% extends "shipped/report.html.j2" %}{% block facts %}MINE{% endblock %}'
    ))  # fmt: skip
    assert "MINE" in render_calculator(reports.usual_report(only=COUNTING), [tmp_path]).decode()


def test_the_first_folder_wins(tmp_path: Path) -> None:
    """Of two folders the first is looked into first."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        write(folder, theme_css=f"/* {folder.name} */")
    text = render(reports.usual_report(only=COUNTING), folders).decode()
    assert "/* one */" in text
    assert "/* two */" not in text


def test_a_theme_sets_the_colours(tmp_path: Path, shown: Open) -> None:
    """A theme of the user is in force, in light and dark; the policy allows just this style."""
    write(tmp_path, theme_css=(
        "\ufeff:root { --link: #6a1b9a; --font: monospace }\r\n"
        "@media (prefers-color-scheme: dark) { :root { --link: #d6a8f0 } }"
    ))  # fmt: skip
    themed = partial(render, templates=[tmp_path])
    page = shown(reports.usual_report(only=COUNTING), render=themed)
    for scheme, colour in (("light", "rgb(106, 27, 154)"), ("dark", "rgb(214, 168, 240)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.eval_on_selector(".source a", "a => getComputedStyle(a).color") == colour
    assert page.eval_on_selector("h1", "h => getComputedStyle(h).fontFamily") == "monospace"


def test_examples_of_the_documents_work(tmp_path: Path) -> None:
    """The folder that the document shows gives what it says."""
    found = re.findall(
        r"^```(?:jinja|css)\n\W+my-templates/(\S+).*?\n(.*?)^```", DOCUMENT, re.M | re.S
    )
    assert [name for name, _ in found] == ["report.html.j2", "charts.svg.j2", "theme.css"]
    for name, text in found:
        (tmp_path / name).write_text(text, encoding="utf-8")
    templating.check_folder(tmp_path)
    text = page_with(tmp_path)
    shown = [one for one in installed().sections if not one.layers]
    assert f"{sum(1 for one in shown if one.metrics)} sections, prepared for the board" in text
    assert '<span class="framed"><svg class="swatch"' in text
    assert "--heading: #6a1b9a" in text


# -- what is said when one is wrong

FAULTS = {
    "syntax": ("\n{% if %}", 2, "Expected an expression, got 'end of statement block'"),
    "unclosed": ("\n\n{% block x %}", 3, "Unexpected end of template"),
    "attribute": ("\n\n{{ page.titel }}", 3, "Page has no 'titel'. Did you mean 'title'?"),
    "variable": ("{{ pages }}", 1, "there is no variable 'pages'. Did you mean 'page'?"),
    "nested": ("{% for c in page.contents %}\n{{ c.ancor }}{% endfor %}", 2,
               "Link has no 'ancor'. Did you mean 'anchor'?"),
    "filter": ("\n{{ 1 | nonsense }}", 2, "No filter named 'nonsense'"),
    "macro": ('{% import "charts.svg.j2" as c %}\n{{ c.cart(1) }}', 2,
              "charts.svg.j2 has no macro 'cart'. Did you mean 'chart'?"),
    "template": ('\n{% include "footer.j2" %}', 2, "there is no template 'footer.j2'."),
    "outside": ('\n{% include "../secret.j2" %}', 2, "there is no template '../secret.j2'."),
    "security": ("\n{{ ''.__class__ }}", 2, "access to attribute '__class__' of 'str'"),
    "format": ("\n{{ '{0.__class__}'.format(page) }}", 2, "access to attribute '__class__'"),
    "range": ("\n{{ range(10 ** 9) | list }}", 2, "OverflowError: Range too big"),
    "division": ("\n\n\n{{ 1 / 0 }}", 4, "ZeroDivisionError: division by zero"),
    "arguments": ('{% from "charts.svg.j2" import swatch %}\n{{ swatch(1, 2, 3) }}', 2,
                  "TypeError: macro 'swatch' takes not more than 1 argument(s)"),
    "itself": ('{% extends "report.html.j2" %}', 1, "is nested without end"),
    "block": ('{% extends "shipped/report.html.j2" %}\n{% block finding %}{% endblock %}', 2,
              "there is no block 'finding' to replace. Did you mean 'findings'?"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_names_the_file_and_the_line(tmp_path: Path, fault: str) -> None:
    """Whatever is wrong in a template is one line: file, line, what, and the nearest name."""
    source, line, message = FAULTS[fault]
    write(tmp_path, report_html_j2=source)
    with pytest.raises(TemplateError) as caught:
        page_with(tmp_path)
    said = str(caught.value.message)
    assert said.startswith(f"{tmp_path / 'report.html.j2'}:{line}: {message}"), said
    assert "\n" not in said


def test_an_error_in_a_macro_names_the_macros_file(tmp_path: Path) -> None:
    """Where a page is put together of several files, the one at fault is named."""
    write(tmp_path, charts_svg_j2=(
        '{% extends "shipped/charts.svg.j2" %}\n{% macro swatch(key) %}\n{{ key.colour }}'
        "{% endmacro %}"
    ))  # fmt: skip
    with pytest.raises(TemplateError, match=r"charts\.svg\.j2:3: Key has no 'colour'"):
        page_with(tmp_path)


def test_an_error_in_a_shipped_file_names_the_way_there(tmp_path: Path) -> None:
    """A shipped macro that gets something wrong tells who called it."""
    write(tmp_path, report_html_j2=(
        '{% import "shipped/charts.svg.j2" as charts %}\n\n{{ charts.chart(page.title) }}'
    ))  # fmt: skip
    place = re.escape(str(tmp_path / "report.html.j2"))
    with pytest.raises(
        TemplateError,
        match=rf"^shipped/charts\.svg\.j2:\d+: str has no '\w+'.* \(on the way from {place}:3\)$",
    ):
        page_with(tmp_path)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """Bytes that are no text, and a style sheet that would end its own element."""
    (tmp_path / "report.html.j2").write_bytes(b"one\ntwo \xff")
    with pytest.raises(TemplateError, match=r"report\.html\.j2:2: is not UTF-8 text"):
        page_with(tmp_path)
    (tmp_path / "report.html.j2").unlink()
    write(tmp_path, theme_css="a {}\n</STYLE><script>alert(1)</script>")
    with pytest.raises(TemplateError, match=r"theme\.css:2: found '</style', which would end it"):
        page_with(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "holds none of the files that are looked for"),
     ("report.htm.j2", "Did you mean 'report.html.j2'?"), (None, "there is no such folder")],
)  # fmt: skip
def test_a_folder_that_would_change_nothing_is_refused(
    tmp_path: Path, name: str | None, message: str
) -> None:
    """A wrong folder, or a misspelt file, would pass unnoticed else."""
    folder = tmp_path / "mine"
    if name is not None:
        folder.mkdir()
        (folder / (name or "notes.txt")).touch()
    with pytest.raises(TemplateError) as caught:
        templating.check_folder(folder)
    assert str(caught.value.message).startswith(f"{folder}: ")
    assert message in caught.value.message


# -- the user's words


def test_title_logo_intro_and_footer_are_shown(shown: Open) -> None:
    """Paragraphs, links, and a picture that is part of the page."""
    branding = Branding(
        "Ours", "One, https://example.org/a?b=c&d.\nTwo.\n\nThree.", "Acme", Logo("image/png", PNG)
    )
    page = shown(reports.usual_report(branding=branding, title="Ours"))
    assert page.inner_text("h1") == page.title() == "Ours"
    assert page.locator(".intro p").all_inner_texts() == [
        "One, https://example.org/a?b=c&d.\nTwo.", "Three."
    ]  # fmt: skip
    assert page.get_attribute(".intro a", "href") == "https://example.org/a?b=c&d"
    assert page.inner_text("footer") == "Acme"
    logo = page.locator("header img")
    assert logo.get_attribute("alt") == "Logo"
    assert logo.evaluate("image => image.complete && image.naturalWidth") == 1


def test_without_any_there_is_no_trace() -> None:
    """An ordinary report has neither picture nor empty paragraphs."""
    text = render(reports.usual_report(only=COUNTING)).decode()
    for element in ("<img", '<div class="intro">', "<footer"):
        assert element not in text


def test_hostile_words_and_logo_stay_what_they_are(shown: Open) -> None:
    """Words are text, and a picture's script does not run, nor does it load anything."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="alert(1)">'
        "<script>alert(1)</script><image href='https://example.org/x.png'/>"
        "<style>@import url(https://example.org/x.css);</style></svg>"
    )
    branding = Branding(
        reports.HOSTILE, reports.HOSTILE, f"{reports.HOSTILE}\n\njavascript:alert(1)",
        Logo("image/svg+xml", svg.encode()),
    )  # fmt: skip
    page = shown(reports.usual_report(branding=branding, title=reports.HOSTILE))
    assert page.inner_text("h1") == page.inner_text(".intro") == reports.HOSTILE
    assert page.inner_text("footer p") == reports.HOSTILE
    assert page.locator("img").count() == 1
    assert page.evaluate("document.querySelector('img').naturalWidth") == 9
    assert page.locator("a[href^='javascript']").count() == 0


def test_hostile_text_of_every_origin_is_shown_as_text(tmp_path: Path, shown: Open) -> None:
    """In a workbook's cells, its sheet Report, and a plugin's words: nothing runs or is loaded."""
    bad = reports.HOSTILE
    book = openpyxl.Workbook()
    models = book.worksheets[0]
    models.title = "Models"
    models.append(("name", "num_experts", "num_experts_per_tok", "remark", "source", f"# {bad}"))
    models.append((bad, 8, 2, bad, f"{bad} https://a.b/{bad}", bad))
    worded = book.create_sheet("Report")
    for key in ("title", "intro", "footer"):
        worded.append((key, bad))
    book.save(tmp_path / "models.xlsx")
    (tmp_path / "plugin.py").write_text(
        f'"""{bad}\n\n{bad}"""\nfrom moe_report import Model, metric\n'
        f'@metric(symbol="z", unit="{bad}", source="{bad}", label="{bad}")\n'
        f'def own_ratio(m: Model) -> float:\n    """{bad}"""\n    return m.num_experts\n',
        encoding="utf-8",
    )
    registry = load([tmp_path / "plugin.py"])
    assert registry.failures == ()
    table = read_workbook(tmp_path / "models.xlsx", registry)
    page = shown(build_report(table, registry, branding=branding_of(table.settings)))
    for place in ("h1", ".intro", "footer p", "#table-summary tbody th", "#section-plugin h2"):
        assert page.inner_text(place) == bad
    assert bad in page.inner_text("#metric-own_ratio")
    assert bad in page.inner_text("#inputs .notes")
    assert page.locator("img").count() == 0
    data = page.evaluate("document.getElementById('report-data').textContent")
    assert "<img" not in data


# -- the page of the calculator


def test_the_calculators_page_opens_with_the_calculator(shown: Open) -> None:
    """It is in sight before one scrolls, on a laptop and a phone, and has numbers in it."""
    page = shown(reports.usual_report(), render=render_calculator)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        box = page.locator("#calculator .few .input").nth(3).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < height
    assert page.locator("section").first.get_attribute("id") == "calculator"
    assert page.locator("nav.contents a").first.get_attribute("href") == "#calculator"
    assert page.locator("#findings").count() == 0
    assert page.locator("a.flag").count() == 0
    assert page.locator(".outcome [data-headline=total_params]").inner_text() == "46.7 B"
    page.click("#calculator [data-model='OLMoE-1B-7B']")
    assert page.locator(".outcome [data-headline=total_params]").inner_text() == "6.92 B"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((item) => item.id)")
    links = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.getAttribute('href'))"
    )
    assert {link[1:] for link in links} <= set(ids)


def test_both_pages_have_the_same_parts() -> None:
    """Of the report's blocks the calculator's page leaves out the findings and nothing else."""
    environment = Environment()
    source = (TEMPLATES / "calculator-page.html.j2").read_text("utf-8")
    tree = environment.parse(source)
    used = {
        node.node.attr for node in tree.find_all(nodes.Call) if isinstance(node.node, nodes.Getattr)
    }
    main = next(b for b in templating.blocks(environment, "report.html.j2") if b.name == "main")
    parts = {node.name for node in main.body if isinstance(node, nodes.Block)}
    assert used == parts - {"findings"}


# -- what is documented


def tables() -> dict[str, list[list[str]]]:
    """Return the rows of the document's tables by the heading above them."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in DOCUMENT.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| ") and not line.startswith("|--"):
            found.setdefault(heading, []).append(
                [cell.strip() for cell in line.strip("| ").split(" | ")]
            )
    return {name: rows[1:] for name, rows in found.items()}


def quoted(text: str) -> list[str]:
    """Return what stands in backticks, but not what stands in brackets, which explains."""
    while "(" in text:
        text, before = re.sub(r"\([^()]*\)", "", text), text
        assert text != before, before
    return re.findall(r"`([^`]+)`", text)


def hints_of(kind: Any) -> dict[str, Any]:
    """Return the fields and properties of a type with their types."""
    hints = typing.get_type_hints(kind)
    for name, item in vars(kind).items():
        if isinstance(item, property):
            hints[name] = typing.get_type_hints(item.fget)["return"]
    return hints


def seen_by_templates() -> dict[str, Any]:
    """Return every type that a template can reach, by its name."""
    found: dict[str, Any] = {}

    def walk(kind: Any) -> None:
        for part in typing.get_args(kind):
            walk(part)
        ours = dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")
        if ours and found.setdefault(kind.__name__, kind) is kind and kind not in done:
            done.add(kind)
            for hint in hints_of(kind).values():
                walk(hint)

    done: set[Any] = set()
    walk(view.Page)
    walk(view.Assets)
    assert done == set(found.values()), "two types of one name"
    return found


def test_every_variable_is_documented_and_exists() -> None:
    """The document's tables name each field of each type that a template sees, and no other."""
    documented = {"Page": "page", "Assets": "assets"}
    said = {
        kind: [name for row in tables()[heading_of(variable)] for name in quoted(row[0])]
        for kind, variable in documented.items()
    }
    for kind, fields in tables()["What these are made of"]:
        (name,) = quoted(kind)
        assert name not in said, name
        said[name] = quoted(fields)
    seen = seen_by_templates()
    assert {"Page", "Assets", "Figure", "Calculator", "PageCell"} <= seen.keys()
    assert said.keys() == seen.keys()
    for name, kind in seen.items():
        assert sorted(said[name]) == sorted(hints_of(kind)), name


def heading_of(variable: str) -> str:
    """Return the heading of a variable's table."""
    return f"`{variable}`"


def test_every_field_is_in_its_docstring() -> None:
    """The Attributes of a type that a template sees are its fields."""
    for kind in seen_by_templates().values():
        named = re.findall(r"^        (\w+): ", kind.__doc__ or "", re.MULTILINE)
        fields = [name for name in hints_of(kind) if not isinstance(vars(kind).get(name), property)]
        assert sorted(named) == sorted(fields), kind


def template_trees() -> Iterator[tuple[str, nodes.Template]]:
    """Return the shipped templates, parsed."""
    environment = templating.environment_of(())
    for path in sorted(TEMPLATES.glob("*.j2")):
        yield path.name, environment.parse(path.read_text("utf-8"))


def test_every_name_that_a_template_uses_is_documented() -> None:
    """Templates see page and assets; what they ask of them is a documented field."""
    known = {name for kind in seen_by_templates().values() for name in hints_of(kind)}
    for name, tree in template_trees():
        own = {node.target for node in tree.find_all(nodes.Import)}
        own |= {node.name for node in tree.find_all(nodes.Macro)}  # blocks are scopes of their own
        assert find_undeclared_variables(tree) - own <= set(templating.VARIABLES), name
        imported = {
            node.target for _, other in template_trees() for node in other.find_all(nodes.Import)
        }
        for node in tree.find_all(nodes.Getattr):
            of = node.node.name if isinstance(node.node, nodes.Name) else ""
            if of in imported | {"loop", "self"}:
                continue
            assert node.attr in known, (name, node.lineno, node.attr)


def test_every_file_block_macro_and_filter_is_documented() -> None:
    """As they are, in the order in which they are."""
    rows = tables()
    files = sorted(path.name for path in TEMPLATES.glob("*.*") if path.name != "README.md")
    assert sorted(quoted(row[0])[0] for row in rows["Templates of the HTML report"]) == files
    blocks = [block.name for block in templating.blocks(Environment(), "report.html.j2")]
    assert sorted(quoted(row[0])[0] for row in rows["Blocks"]) == sorted(blocks)
    macros = {
        name: [macro.name for macro in tree.find_all(nodes.Macro)]
        for name, tree in template_trees()
    }
    said = {quoted(row[0])[0]: quoted(row[1]) for row in rows["Macros"]}
    assert said == {name: found for name, found in macros.items() if found}
    for name in templating.environment_of(()).filters.keys() - FILTERS.keys():
        assert f"`{name}`" in DOCUMENT


def test_every_variable_of_a_theme_is_documented() -> None:
    """The document lists what report.css sets on :root, and nothing else."""
    style = (TEMPLATES / "report.css").read_text("utf-8")
    light = style[style.index(":root {") : style.index("}")]
    said = [name for row in tables()["Variables of a theme"] for name in quoted(row[0])]
    assert sorted(said) == sorted(re.findall(r"^  (--[\w-]+):", light, re.M))


def test_every_variable_that_is_used_is_set() -> None:
    """By the style sheets themselves: one that is not would leave a shape without its colour."""
    style = "".join(path.read_text("utf-8") for path in sorted(TEMPLATES.glob("*.css")))
    used = set(re.findall(r"var\((--[\w-]+)", style))
    assert len(used) > 20
    assert used <= set(re.findall(r"(--[\w-]+):", style))
