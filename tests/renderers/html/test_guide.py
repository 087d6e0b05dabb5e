"""The reading help of the page: its sentences, glossary and sources, against the report."""

from __future__ import annotations

import dataclasses
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html as lxml_html
from playwright.sync_api import Browser, Page

from moe_report.compute.build import build_report
from moe_report.display import show
from moe_report.renderers.html import guide
from moe_report.renderers.html.guide import guide_of, sources_of
from moe_report.renderers.html.render import page_of, render
from moe_report.reports import Help, Report
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Source
from tests import reports

SPACE = "\u00a0"
MOST_BYTES = 60_000  # of both sections, with every built-in metric
PLUGIN = '''"""Energy.

What a token costs in energy.
"""

from dataclasses import dataclass

from moe_report import Model, assumption, metric


@dataclass(frozen=True)
class Power:
    """What the hardware needs."""

    picojoules: float = assumption(
        0.5, symbol="ε", unit="pJ/FLOP", help="Energy of a FLOP.", label="Energy a FLOP"
    )


@metric(symbol="W_tok", unit="J/token", source="Doe 2023, arXiv:2301.00001, section 4; Roe 2024")
def token_energy(m: Model, p: Power) -> float:
    """Energy of a token, e.g. For a bill. A second sentence."""
    return m.num_experts_per_tok * p.picojoules
'''


def shown(number: float, unit: str, format: str) -> str:
    """Return a number as a sentence shows it."""
    return show(number, unit, format).replace(" ", SPACE)


@dataclasses.dataclass(frozen=True)
class Said:
    """What the points say of a report's numbers."""

    sizes: str
    memory: str
    top_k: str
    router: str
    balance: str


def said_of(report: Report) -> Said:
    """Return the sentences of the built-in sections, in their order."""
    return Said(*(point.here for point in guide_of(report).points))


def values(report: Report, metric: str, *models: int) -> list[float]:
    """Return a metric's numbers of some models."""
    cells = [report.columns[metric].cells[at].value for at in models]
    assert None not in cells
    return [cell for cell in cells if cell is not None]


def tree(report: Report) -> lxml_html.HtmlElement:
    """Return the rendered page."""
    return lxml_html.document_fromstring(render(report).decode("utf-8"))


def text_of(element: lxml_html.HtmlElement) -> str:
    """Return an element's text with plain spaces."""
    return " ".join(element.text_content().split())


WHOLE = (0, 1, 2)  # the whole models of the usual report: Mixtral, OLMoE, Qwen3


def test_sentences_hold_the_reports_numbers() -> None:
    """Each figure is the report's own, of the models that no finding doubts."""
    report = reports.usual_report()
    said = said_of(report)
    assert guide_of(report).left_out

    shares = values(report, "parameter_efficiency", *WHOLE)
    low, middle, high = (shown(share, "ratio", "percent") for share in sorted(shares))
    assert statistics.median_low(shares) == sorted(shares)[1]
    assert said.sizes == (
        f"Here, a token runs {low} (Qwen3-30B-A3B) to {high} (Mixtral 8x7B) of a model’s weights; "
        f"half of these 3 models run at most {middle}."
    )

    (total,) = values(report, "total_params", 0)
    (flops,) = values(report, "forward_flops", 0)
    (dense,) = values(report, "dense_equivalent_flops", 0)
    assert f"Mixtral 8x7B takes {shown(2 * total, 'byte', 'si')} at 2 bytes" in said.memory
    assert f"costs it {shown(flops, 'FLOP/token', 'si')}, not" in said.memory
    assert f"not the {shown(dense, 'FLOP/token', 'si')} of every expert on" in said.memory

    names = [report.models[at].name for at in WHOLE]
    for metric in ("router_flop_share", "router_param_share"):
        share = max(found := values(report, metric, *WHOLE))
        owner = names[found.index(share)]
        assert re.search(
            re.escape(shown(share, "ratio", "percent")) + rf" of the [\w ]+ \({owner}\)",
            said.router,
        )
    sent = zip(
        values(report, "dispatch_bytes_per_token", *WHOLE),
        values(report, "combine_bytes_per_token", *WHOLE),
        strict=True,
    )
    assert f"up to {shown(max(map(sum, sent)), 'byte', 'si')}" in said.router

    added = [
        routed / per_token / forward
        for routed, per_token, forward in zip(
            *(values(report, name, *WHOLE)
              for name in ("routed_expert_flops", "num_experts_per_tok", "forward_flops")),
            strict=True,
        )
    ]  # fmt: skip
    saved = values(report, "model_flops_savings", *WHOLE)
    for numbers in (added, saved):
        for number in (min(numbers), max(numbers)):
            assert shown(number, "ratio", "percent") in said.top_k


def test_one_more_expert_costs_what_is_said() -> None:
    """The engine, run with one more expert a token, agrees with the sentence."""

    def forward(**changes: float) -> float:
        row = reports.row("Mixtral 8x7B", reports.MIXTRAL | changes)
        return values(reports.report_of(row), "forward_flops", 0)[0]

    added = forward(num_experts_per_tok=3) / forward() - 1
    said = said_of(reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL)))
    assert f"would add {shown(added, 'ratio', 'percent')} (Mixtral 8x7B)" in said.top_k


def test_doubted_rows_make_no_point() -> None:
    """A row of totals that cannot be is in no sentence; alone, it leaves only general words."""
    row = reports.row("Impossible", reports.TOTALS)
    said = said_of(reports.usual_report())
    assert "as tabled" not in "".join(map(str, dataclasses.astuple(said)))
    alone = said_of(reports.report_of(row))
    assert (alone.sizes, alone.memory) == ("", "")


def test_one_model_is_spoken_of_by_name() -> None:
    """With one model there is no range, no half, and nobody left out."""
    report = reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL))
    said = said_of(report)
    assert said.sizes == (
        f"Here, Mixtral 8x7B holds 46.7{SPACE}B parameters and runs 27.6{SPACE}% of them."
    )
    assert said.router.startswith("Here, the router of Mixtral 8x7B takes 0.0079")
    assert "up to" not in said.router
    assert said.balance == (
        "Here, 4,096 tokens spread evenly would fill 1,024 slots of each expert of Mixtral 8x7B; "
        f"a capacity factor of 1.25 gives it 1,280, of which 20.0{SPACE}% stay empty even then."
    )
    assert not guide_of(report).left_out
    assert tree(report).xpath("//section[@id='reading']//p[@class='none']") == []


@pytest.mark.parametrize(
    ("factor", "ending"),
    [(0.5, "gives it 512, too few even then."), (1, "gives it 1,024, none to spare.")],
)
def test_balance_follows_the_capacity_factor(factor: float, ending: str) -> None:
    """With too few slots nothing is said to stay empty."""
    table = ModelTable((reports.row("Mixtral 8x7B", reports.MIXTRAL),), Source("models.xlsx"))
    report = build_report(table, load(), assumptions={"capacity_factor": factor})
    assert said_of(report).balance.endswith(ending)


def test_typed_capacity_is_not_explained_by_the_factor() -> None:
    """A number that replaces the formula's is not said to follow from it."""
    row = reports.row("Mixtral 8x7B", reports.MIXTRAL | {"expert_capacity": 2000})
    assert said_of(reports.report_of(row)).balance == ""


def test_equal_models_are_no_range() -> None:
    """Where all models share a number it stands once."""
    rows = [reports.row(f"Copy {at}", reports.MIXTRAL) for at in range(3)]
    said = said_of(reports.report_of(*rows))
    assert said.sizes.startswith(f"Here, a token runs 27.6{SPACE}% of a model’s weights;")


def test_lone_layer_has_the_general_words() -> None:
    """What cannot be said of a layer is left out; its savings are there."""
    said = said_of(reports.report_of(reports.row("A layer", reports.LAYER)))
    assert (said.sizes, said.memory, said.router) == ("", "", "")
    assert said.top_k == f"Here, routing skips 99.8{SPACE}% (A layer) of an expert layer’s FLOPs."


def test_without_sections_there_is_no_help() -> None:
    """A page with nothing computed has the inputs, and no dead link."""
    report = dataclasses.replace(
        reports.usual_report(), sections=(), assumptions=(), findings=(), help=Help(), charts=()
    )
    page = tree(report)
    assert page.xpath("//*[@id='reading']") == []
    assert "reading" not in [link.anchor for link in page_of(report).contents]
    assert "Metrics" not in text_of(page.xpath("//section[@id='glossary']")[0])
    assert {*page.xpath("//a[starts-with(@href, '#')]/@href")} <= {
        f"#{id}" for id in page.xpath("//@id")
    }


def dead_links(page: lxml_html.HtmlElement) -> list[str]:
    """Return the links of the help and the glossary that lead nowhere in the page."""
    ids = set(page.xpath("//@id"))
    links = page.xpath("//section[@id='reading' or @id='glossary']//a/@href")
    assert links
    return [link for link in links if link.startswith("#") and link[1:] not in ids]


@pytest.mark.parametrize(
    ("only", "metrics"),
    [
        ([], {"total_params", "forward_flops"}),
        (["parameter_ledger"], {"total_params"}),
        (["flops_savings"], {"forward_flops"}),
    ],
)
def test_links_lead_somewhere(only: list[str], metrics: set[str]) -> None:
    """Words on a metric that the report lacks are no link; every link has its target."""
    report = reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL), only=only)
    page = tree(report)
    assert dead_links(page) == []
    linked = page.xpath("//section[@id='reading']//a/@href")
    assert metrics == {"total_params", "forward_flops"} & {link[8:] for link in linked}
    for article in page.xpath("//section[@id='reading']//article"):
        assert article.xpath(".//a[starts-with(@href, 'https://arxiv.org/abs/')]")


def test_contents_list_has_the_help() -> None:
    """Both sections are in the contents list, in the order of the page."""
    report = reports.usual_report()
    entries = {link.anchor: link.text for link in page_of(report).contents}
    assert entries["reading"] == "How to read this"
    assert entries["glossary"] == "Glossary"
    sections = tree(report).xpath("//main/section/@id")
    assert [at for at in entries if at in sections] == sections


def test_glossary_has_every_definition() -> None:
    """Each field and metric stands there once, an assumption in its own table, with its symbol."""
    report = reports.usual_report()
    page = tree(report)
    terms = {}
    for term in page.xpath("//dl[@class='terms']/dt"):
        words = term.getnext()
        assert words.tag == "dd"
        name = words.xpath("code")[-1].text
        assert name not in terms
        terms[name] = (term, text_of(words))
    fields = load().fields
    metrics = {column.name: column for column in report.metrics}
    assumed = {item.definition.name: item.definition for item in report.assumptions}
    assert terms.keys() == metrics.keys() | fields.keys()
    for row in page.xpath("//table[@class='assumptions']/tbody/tr"):
        item = assumed.pop(row.xpath("th/code")[0].text)
        symbol, _, unit, words = map(text_of, row.xpath("td"))
        assert (symbol, unit, words) == (item.symbol, item.unit, item.help)
    assert not assumed
    for name, (term, words) in terms.items():
        known = metrics.get(name) or fields[name]
        assert text_of(term).startswith(known.label)
        typed = name not in fields or fields[name].kind != "text"
        assert len(term.xpath("var")) == typed
        assert term.xpath("a/@href") == ([] if name in fields else [f"#metric-{name}"])
        if known.unit != "ratio" and not known.unit[:1].isdigit() and known.unit:
            assert words.endswith(f"{name} · {known.unit}")
    assert terms["num_experts"][1].startswith(fields["num_experts"].help)


def test_glossary_is_in_order() -> None:
    """Within its kind, and its group, an entry is found by its label."""
    made = guide_of(reports.usual_report())
    for terms in (made.metrics, *(group.terms for group in made.inputs)):
        labels = [term.label.casefold() for term in terms]
        assert labels == sorted(labels)
        assert labels
    groups = dict.fromkeys(field.group for field in load().fields.values())
    assert [group.title for group in made.inputs] == list(groups)


def test_plugin_of_others_is_in_the_glossary(tmp_path: Path) -> None:
    """A metric from anybody's file stands there, and so does what it cites."""
    file = tmp_path / "energy.py"
    file.write_text(PLUGIN, encoding="utf-8")
    table = ModelTable((reports.row("Mixtral 8x7B", reports.MIXTRAL),), Source("models.xlsx"))
    report = build_report(table, load([file]))
    made = guide_of(report)
    term = next(term for term in made.metrics if term.name == "token_energy")
    assert (term.label, term.unit, term.anchor) == (
        "Token energy", "J/token", "metric-token_energy"
    )  # fmt: skip
    assert term.symbol == "<var>W_tok</var>"
    listed = [text_of(item) for item in tree(report).xpath("//ul[@class='sources']/li")]
    assert "Doe 2023, arXiv:2301.00001, section 4" in listed
    assert "Roe 2024" in listed


def test_every_paper_is_listed_once_as_a_link() -> None:
    """The sources are those of the metrics; each arXiv number and DOI is a link, once."""
    report = reports.usual_report()
    cited = " ".join(column.source for column in report.metrics)
    papers = set(re.findall(r"arXiv:(\d{4}\.\d{4,5})", cited))
    page = tree(report)
    links = page.xpath("//ul[@class='sources']//a/@href")
    assert len(links) == len(set(links))
    assert {f"https://arxiv.org/abs/{paper}" for paper in papers} <= set(links)
    assert "https://doi.org/10.1145/1465482.1465560" in links
    for item in page.xpath("//ul[@class='sources']/li"):
        numbers = re.findall(r"arXiv:(\d{4}\.\d{4,5})", text_of(item))
        assert item.xpath("a/@href[contains(., 'arxiv')]") == [
            f"https://arxiv.org/abs/{number}" for number in numbers
        ]
    assert "convention of this report" in text_of(page.xpath("//ul[@class='sources']")[0])


def test_sources_are_joined_by_their_paper() -> None:
    """Sections are gathered; a remark behind a paper is no source; what has no link is last."""
    found = [
        (source.text.striptags(), source.places)
        for source in sources_of([
            "Zed 2020, arXiv:2001.00002, section 3; so called here",
            "a habit",
            "Abe 2021, arXiv:2101.00001, section 2 (gated); Bee 1999",
            "Abe 2021, arXiv:2101.00001, section 2.1",
            "Abe 2021, arXiv:2101.00001, appendix B",
        ])
    ]  # fmt: skip
    assert found == [
        ("Abe 2021, arXiv:2101.00001", "sections 2, 2.1, appendix B"),
        ("Zed 2020, arXiv:2001.00002", "section 3"),
        ("a habit", ""),
        ("Bee 1999", ""),
    ]


def test_text_from_outside_stays_text() -> None:
    """A hostile docstring, label, unit, source or name is shown as it is."""
    plain = reports.report_of(reports.row(reports.HOSTILE, reports.MIXTRAL))
    section = plain.sections[0]
    column = dataclasses.replace(
        section.columns[0], label=reports.HOSTILE, description=reports.HOSTILE,
        unit=reports.HOSTILE, source=reports.HOSTILE, symbol=reports.HOSTILE,
    )  # fmt: skip
    section = dataclasses.replace(section, columns=(column, *section.columns[1:]))
    item = plain.assumptions[0]
    hostile = dataclasses.replace(item.definition, label=reports.HOSTILE, help=reports.HOSTILE)
    report = dataclasses.replace(
        plain,
        sections=(section, *plain.sections[1:]),
        assumptions=(dataclasses.replace(item, definition=hostile), *plain.assumptions[1:]),
    )
    page = tree(report)
    assert page.xpath("//main//img") == []
    assert reports.HOSTILE in text_of(page.xpath("//section[@id='reading']")[0])
    glossary = text_of(page.xpath("//section[@id='glossary']")[0])
    assert glossary.count(reports.HOSTILE) >= 4
    assumed = text_of(page.xpath("//section[@id='assumptions']")[0])
    assert assumed.count(reports.HOSTILE) == 2


def test_costs_few_bytes() -> None:
    """Help and glossary are a small part of a page of 400 kB."""
    page = render(reports.usual_report()).decode("utf-8")
    found = [
        re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
        for name in ("reading", "glossary")
    ]
    assert sum(len(section[0].encode("utf-8")) for section in found if section) < MOST_BYTES
    assert None not in found


@pytest.fixture(scope="module")
def browsed(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The usual report in a browser that runs no script."""
    file = tmp_path_factory.mktemp("guide") / "report.html"
    file.write_bytes(render(reports.usual_report()))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    yield page
    context.close()


def test_opens_by_keyboard_without_script(browsed: Page) -> None:
    """Questions and glossary are folded; Enter opens one. What needs a script is not there."""
    assert browsed.locator("#models h2").is_visible()
    assert not browsed.locator("#filter").is_visible()
    details = browsed.locator("#glossary details details").first
    entry = details.locator("dt").first
    assert not entry.is_visible()
    browsed.locator("#glossary summary").first.focus()
    browsed.keyboard.press("Enter")
    assert not entry.is_visible()
    details.locator("summary").focus()
    browsed.keyboard.press("Enter")
    assert entry.is_visible()
    browsed.keyboard.press("Enter")
    assert not entry.is_visible()


def test_columns_of_text_are_narrow(browsed: Page) -> None:
    """No paragraph of the help is wider than 70 characters; none scrolls at 360 px."""
    for width in (360, 1440, 2560):
        browsed.set_viewport_size({"width": width, "height": 900})
        for paragraph in browsed.locator("#reading .points p").all():
            box = paragraph.bounding_box()
            assert box is not None
            assert box["width"] <= min(width - 32, 70 * 16 * 0.6)


def test_folded_parts_are_printed(browsed: Page) -> None:
    """On paper answers and glossary are there, though nobody opened them."""
    screen = browsed.locator("#glossary").bounding_box()
    browsed.emulate_media(media="print")
    paper = browsed.locator("#glossary").bounding_box()
    answers = browsed.locator("#reading .answers p").first.bounding_box()
    browsed.emulate_media(media="screen")
    assert screen is not None
    assert paper is not None
    assert answers is not None
    assert paper["height"] > screen["height"] + 500
    assert answers["height"] > 10


def test_every_field_is_documented() -> None:
    """Each variable that a template sees is in its class's docstring and in the documents."""
    reference = Path(__file__).parents[3] / "docs" / "reference"
    document = (reference / "page-templates.md").read_text("utf-8")
    for holder in (
        guide.Guide, guide.Term, guide.TermGroup, guide.PageSource, guide.Advice
    ):  # fmt: skip
        row = next(
            line for line in document.splitlines() if line.startswith(f"| `{holder.__name__}`")
        )
        for field in dataclasses.fields(holder):
            assert f"        {field.name}: " in (holder.__doc__ or ""), (holder, field.name)
            assert f"`{field.name}`" in row, (holder, field.name)


HELPFUL = (
    PLUGIN
    + '''

from moe_report import Numbers, point, question


def dearest(numbers: Numbers) -> str:
    """The model that needs most."""
    rows = numbers.rows(token_energy)
    return f"Most: {max(rows, key=lambda row: row[1])[0]}, at {numbers.assumptions['picojoules']}."


POINTS = (
    point(
        "Energy",
        "See [it](token_energy), [a paper](arXiv:2301.00001), [b](#nowhere), <b>.",
        here=dearest,
    ),
    question("Why?", "For *many* reasons, ``k`` among them."),
)
'''
)


def test_a_plugins_points_stand_in_the_help(tmp_path: Path) -> None:
    """Alone, too, with its links and what it says of these models; all else is escaped."""
    (file := tmp_path / "energy.py").write_text(HELPFUL, "utf-8")
    table = ModelTable(
        (
            reports.row("A", {"num_experts_per_tok": 2}),
            reports.row("B", {"num_experts_per_tok": 9}),
        ),
        Source("models.xlsx"),
    )
    report = build_report(table, load([file]).choose(only=["energy"]))
    made = guide_of(report)
    assert [(one.title, str(one.text), one.here) for one in (*made.points, *made.questions)] == [
        (
            "Energy",
            'See <a href="#metric-token_energy">it</a>, <a href="https://arxiv.org/abs/2301.00001">'
            "a paper</a>, b, &lt;b&gt;.",
            "Most: B, at 0.5.",
        ),
        ("Why?", "For <em>many</em> reasons, <code>k</code> among them.", ""),
    ]
    assert report.failures == ()
    assert dead_links(tree(report)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rows = numbers.rows(token_energy)", "rows = []", "point 'Energy': "),
        ("return f", "return 5, f", "point 'Energy': TypeError: it gives (5, "),
        ('question("Why?",', 'question("",', "a point has the title ''"),
        ("POINTS = (", "POINTS = [1] or (", "POINTS is [1], expected a tuple"),
    ],
)
def test_a_point_that_fails_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The rest of the report comes."""
    (file := tmp_path / "energy.py").write_text(HELPFUL.replace(old, new), "utf-8")
    table = ModelTable((reports.row("Mixtral 8x7B", reports.MIXTRAL),), Source("models.xlsx"))
    report = build_report(table, load([file]))
    assert [failure.section for failure in report.failures] == ["energy"]
    assert said in report.failures[0].cause
    assert guide_of(report).points
