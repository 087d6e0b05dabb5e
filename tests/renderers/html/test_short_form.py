"""The short form of the calculator: five numbers, and what follows while one types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page

from moe_report.compute.build import build_report
from moe_report.display import show
from moe_report.renderers.html.calculator import calculator_of
from moe_report.renderers.html.render import render_calculator
from moe_report.reports import Report
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Source
from tests import reports
from tests.browser import Open
from tests.sections import COUNTING

# Shared, experts, one expert, top-k; then total, active, efficiency, utilisation and savings.
FORMS = [
    ("1.61B", 8, "5.64B", 2, "46.7 B", "12.9 B", "27.6 %", "25.0 %", "75.0 %"),
    ("7.3B", 64, "24.5B", 1, "1.58 T", "31.8 B", "2.02 %", "1.56 %", "98.4 %"),
    ("10 B", 160, "1.41 B", 6, "236 B", "18.5 B", "7.84 %", "3.75 %", "96.3 %"),
    ("0.5B", 4, "0.5B", 4, "2.50 B", "2.50 B", "100 %", "100 %", "0 %"),
]
EDGE = "(item) => getComputedStyle(item).borderColor"
# Of the two bars and their track, and of the ring's arc and the rest of it.
COLOURS = """() => [
  ...[...document.querySelectorAll("[data-bar]"), document.querySelector(".track")]
    .map((it) => getComputedStyle(it).backgroundColor),
  ...[".arc", ".rest"].map((it) => getComputedStyle(document.querySelector(it)).stroke),
]"""
PLUGIN = '''"""Bricks."""

from moe_report import Model, metric, short_form

SHORT_FORM = short_form(
    inputs=(("num_experts", "Piles"), ("wet_share", "Wet"), ("sparsity", "Nothing")),
    bars=("bricks", "dry_bricks"),
    numbers=("flops_speedup", "wet_share"),
)


@metric(symbol="B", unit="bricks", source="a wall")
def bricks(m: Model) -> float:
    """Bricks of all piles."""
    return 100 * m.num_experts


@metric(symbol="w", unit="ratio", source="rain")
def wet_share(m: Model) -> float:
    """Share of wet bricks."""
    return m.num_experts / m.num_experts / 4


@metric(symbol="D", unit="bricks", source="a roof")
def dry_bricks(m: Model) -> float:
    """Bricks that are dry."""
    return bricks(m) * (1 - wet_share(m))
'''


def type_in(page: Page, name: str, text: str) -> None:
    """Type a number into the short form."""
    page.fill(f"#short-{name}", text)


def large(page: Page, name: str) -> str:
    """A number of the short form's outcome, and by how much it is off."""
    return page.inner_text(f".outcome [data-headline={name}]")


def test_five_numbers_give_the_rest(shown: Open) -> None:
    """Total, active, efficiency, utilisation and savings, from a blank form, without Enter."""
    page = shown(reports.usual_report(only=COUNTING), "#calculator=")
    for form in FORMS:
        check_form(page, form)
        page.click("[data-model='']")


def check_form(page: Page, form: Sequence[str | int]) -> None:
    """Fail unless a blank form gives the rest of one's numbers, as text, bar and ring."""
    shared, experts, expert, top_k, *expected = form
    type_in(page, "always_active_params", shared)
    type_in(page, "num_experts", str(experts))
    type_in(page, "expert_params", expert)
    type_in(page, "num_experts_per_tok", str(top_k))
    names = ("total_params", "active_params", "parameter_efficiency")
    names += ("expert_utilisation", "expert_flops_savings")
    assert [large(page, name) for name in names] == expected
    whole, part = page.locator("[data-bar]").evaluate_all(
        "(all) => all.map((it) => it.style.width)"
    )
    share = page.get_attribute("#set-parameter_efficiency", "data-exact")
    assert whole == "100%"
    assert float(part.removesuffix("%")) == pytest.approx(100 * float(share or 0), rel=1e-4)
    arc = page.get_attribute(".ring .arc", "stroke-dasharray") or ""
    assert float(arc.split()[0]) == pytest.approx(100 * int(top_k) / int(experts))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        whole, part, track, arc, rest = page.evaluate(COLOURS)
        assert len({whole, part, track, "rgba(0, 0, 0, 0)"}) == 4
        assert len({arc, rest, "none"}) == 3


def test_routing_overhead_is_typed_in_percent_of_the_total(shown: Open) -> None:
    """With a sign or without; beside it stands how many parameters that is."""
    page = shown(reports.usual_report(only=COUNTING), "#calculator=Mixtral+8x7B")
    place = ".input:has(#short-router_param_share)"
    assert page.input_value("#short-router_param_share") == "0.0022"
    for text in ("0.5", "0.5 %"):
        type_in(page, "router_param_share", text)
        assert page.inner_text(f"{place} .help") == "234 M parameters"
        assert page.get_attribute("#set-router_param_share", "data-exact") == "0.005"
    page.press("#short-router_param_share", "Enter")
    page.press("#short-router_param_share", "Escape")
    assert page.inner_text(f"{place} .help") == "1.05 M parameters"


def test_all_inputs_have_the_same_values(shown: Open) -> None:
    """Both ways, in the address, after Escape and of another model; nothing is unfolded for it."""
    page = shown(reports.usual_report(only=COUNTING), "#calculator=Mixtral+8x7B", folded=True)
    page.click("#calculator summary h2")
    everything = page.locator(".all-inputs")
    assert everything.get_attribute("open") is None
    type_in(page, "num_experts", "16")
    assert page.input_value("#set-num_experts") == "16"
    page.press("#short-num_experts", "Enter")
    assert "set.num_experts=16" in page.url
    assert everything.get_attribute("open") is None
    everything.evaluate("(it) => { it.open = true; }")
    page.fill("#set-num_experts_per_tok", "4")
    assert page.input_value("#short-num_experts_per_tok") == "4"
    page.fill("#set-num_experts_per_tok", "99")
    assert page.inner_text("#short-why-num_experts_per_tok").endswith("which is 16.")
    page.press("#set-num_experts_per_tok", "Escape")
    page.focus("#short-num_experts")
    page.press("#short-num_experts", "Escape")
    assert page.input_value("#short-num_experts") == "8"
    assert page.evaluate("document.activeElement.id") == "short-num_experts"
    page.select_option("#calculator-model", "OLMoE-1B-7B")
    assert page.input_value("#short-num_experts") == "64"
    assert page.input_value("#short-expert_params") == "101 M"
    other = shown(
        reports.usual_report(only=COUNTING), "#calculator=Mixtral+8x7B&set.num_experts=16"
    )
    assert other.input_value("#short-num_experts") == "16"


REFUSED = {"num_experts": "abc", "expert_params": "-5", "router_param_share": "1.2.3%"}


def test_what_is_refused_is_shown_and_marked(shown: Open) -> None:
    """As it stands in the address, also where the focus comes by; among all inputs, too."""
    state = "".join(f"&set.{name}={text}" for name, text in REFUSED.items()).replace("%", "%25")
    page = shown(reports.usual_report(only=COUNTING), f"#calculator=Mixtral+8x7B{state}")
    plain = page.locator("#short-num_experts_per_tok").evaluate(EDGE)
    edges = page.locator(".calculator [aria-invalid]").evaluate_all(f"(all) => all.map({EDGE})")
    assert len(edges) == 2 * len(REFUSED)
    assert len({*edges, plain}) == 2
    for name, text in REFUSED.items():
        for place in ("short", "set"):
            assert page.get_attribute(f"#{place}-{name}", "aria-invalid") == "true"
        for press in ("focus", "blur"):
            assert page.input_value(f"#short-{name}") == text.removesuffix("%"), press
            page.locator(f"#short-{name}").evaluate(f"(item) => item.{press}()")
        assert page.input_value(f"#short-{name}") == text.removesuffix("%")
    page.click("#calculator-reset")
    assert page.locator(".calculator [aria-invalid]").count() == 0
    assert page.input_value("#short-num_experts") == "8"


def test_a_changed_number_says_by_how_much(shown: Open) -> None:
    """Against the model that one began with, in the short form and among all results."""
    page = shown(reports.usual_report(only=COUNTING), "#calculator=Mixtral+8x7B")
    offs = ".outcome .off"
    assert set(page.locator(offs).all_inner_texts()) == {""}
    type_in(page, "num_experts_per_tok", "4")
    assert page.inner_text(".outcome [data-off=active_params]") == "+87.5 %"
    assert page.inner_text(".outcome [data-off=total_params]") == ""
    assert page.inner_text(".outcome [data-off=expert_flops_savings]") == "−25.0 points"
    page.locator(".all-inputs").evaluate("(it) => { it.open = true; }")
    assert page.inner_text("[data-metric=active_params] .off") == "+87.5 %"
    page.click("#calculator-reset")
    assert set(page.locator(offs).all_inner_texts()) == {""}


def test_the_first_input_is_two_stops_from_the_heading(shown: Open, examples: Report) -> None:
    """From the line that unfolds the calculator: what to begin with, then what is asked first."""
    for kind in (None, render_calculator):
        page = shown(examples, **({"render": kind} if kind else {}))
        page.focus("#calculator summary")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "calculator-model"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "plan-device"


def test_what_matters_stays_in_sight_on_a_telephone(shown: Open, examples: Report) -> None:
    """However far down one types, and without covering the input."""
    page = shown(examples, "", render_calculator)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".all-inputs").evaluate("(it) => { it.open = true; }")
    page.locator(".group-of-inputs").nth(2).evaluate("(it) => { it.open = true; }")
    for name in ("short-num_experts_per_tok", "set-moe_intermediate_size", "set-num_hidden_layers"):
        page.focus(f"#{name}")
        page.evaluate("document.activeElement.scrollIntoView({block: 'nearest'})")
        outcome = page.locator(".outcome").bounding_box()
        typed = page.locator(f"#{name}").bounding_box()
        assert outcome is not None
        assert typed is not None
        assert outcome["y"] >= -1
        assert outcome["y"] + outcome["height"] < 844 / 3 or name.startswith("short")
        assert outcome["y"] + outcome["height"] <= typed["y"]


def test_inputs_are_found(shown: Open, examples: Report) -> None:
    """By label, name or what is said of them; nothing else is shown meanwhile."""
    page = shown(examples, "", render_calculator)
    page.locator(".all-inputs").evaluate("(it) => { it.open = true; }")
    count = page.locator(".left .input").count()
    for text, name in (
        ("kv_lora", "kv_lora_rank"), ("Vocab", "vocab_size"), ("slots", "capacity_factor"),
    ):  # fmt: skip
        page.fill("#calculator-search", text)
        assert page.is_visible(f"#set-{name}"), text
        seen = page.locator(".left .input:visible").count()
        assert 0 < seen < 9
        assert page.inner_text("#calculator-matches") == f"{seen} of {count}"
    page.fill("#calculator-search", "no such thing")
    assert page.locator(".left .group-of-inputs:visible").count() == 0
    page.fill("#calculator-search", "")
    assert page.locator(".left .group-of-inputs:visible").count() > 5
    assert page.inner_text("#calculator-matches") == ""


def test_a_section_of_others_declares_its_own(shown: Open, tmp_path: Path) -> None:
    """What the report lacks of it is left out; without the built-in one it is the form."""
    (tmp_path / "bricks.py").write_text(PLUGIN, encoding="utf-8")
    registry = load(files=[tmp_path / "bricks.py"]).choose(only=["bricks"])
    row = reports.row("Wall", {"num_experts": 8})
    page = shown(build_report(ModelTable((row,), Source("models.xlsx")), registry))
    labels = page.locator(".few label").all_inner_texts()
    assert labels == ["Piles", "Wet"]
    type_in(page, "num_experts", "10")
    type_in(page, "wet_share", "50")
    assert large(page, "dry_bricks") == show(500, "bricks", "si")
    assert page.locator(".ring").count() == 0


def test_a_report_without_a_form_has_all_inputs_open(shown: Open) -> None:
    """Where the section that declares it is left out, or lacks a bar."""
    row = reports.row("Mixtral 8x7B", reports.MIXTRAL)
    report = reports.report_of(row, only=["parameter_ledger"])
    assert calculator_of(report).short is None
    page = shown(report)
    assert page.locator(".short-form").count() == 0
    assert page.is_visible("#set-num_experts")


def test_every_name_of_the_built_in_form_is_known(examples: Report) -> None:
    """Nothing of it is left out of a full report."""
    short = calculator_of(examples).short
    assert short is not None
    assert len(short.inputs) == 5
    assert short.ring is not None
    assert len(short.numbers) == 2
    assert [item.share for item in short.inputs] == [False] * 4 + [True]


def test_what_is_no_form_is_refused(tmp_path: Path) -> None:
    """By the module's name, with what was found."""
    file = tmp_path / "odd.py"
    file.write_text(PLUGIN.partition("SHORT_FORM")[0] + "SHORT_FORM = ['num_experts']\n"
                    + PLUGIN.partition("\n\n\n")[2], encoding="utf-8")  # fmt: skip
    registry = load(files=[file])
    (failure,) = registry.failures
    assert "SHORT_FORM is ['num_experts'], expected what short_form() gives" in failure.cause


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"bricks", "dry_bricks"', '"bricks",', "has the bars ['bricks'], expected a whole"),
        ('("bricks", "dry_bricks")', '"bricks"', "has 'bricks' for bars, expected several in br"),
        ('"dry_bricks"', '"bricks"', "has the bars ['bricks', 'bricks'], expected a whole and"),
        ('("bricks", ', '("num_experts", ', "has 'num_experts' for bars, expected a metric"),
        ('("bricks", ', '(7, ', "has 7 for bars, expected a metric, or its name"),
        ('("bricks", ', '("brick", ', "has 'brick', which is no field or metric. Did you mean"),
        ('("wet_share", "Wet")', '("wet_shar", "Wet")', "SHORT_FORM has 'wet_shar', which is no f"),
        ('("wet_share", "Wet")', '"wet_share"', "has 'wet_share' for inputs, expected several in"),
        ('("wet_share", "Wet")', '("wet_share",)', "has the input ('wet_share',), expected a fie"),
        ('"wet_share", "Wet"', '"wet_share", ""', "has the input ('wet_share', ''), expected a f"),
        ('"wet_share", "Wet"', '"model_type", "M"', "has 'model_type', which is text, not a num"),
        ('"sparsity", "Nothing"', '"num_experts", "N"', "has the input 'num_experts' twice"),
        ('numbers=("flops_speedup", "wet_share")', 'ring=0.5', "has 0.5 for ring, expected a met"),
        ('numbers=("flops_speedup", ', 'numbers=(None, ', "has None for numbers, expected a met"),
    ],
)  # fmt: skip
def test_what_is_declared_wrongly_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The section is left out: half a form, or none, would say nothing of what is wrong."""
    assert PLUGIN.count(old) == 1
    (file := tmp_path / "odd.py").write_text(PLUGIN.replace(old, new), encoding="utf-8")
    (failure,) = load(files=[file]).failures
    assert said in failure.cause


def test_metrics_and_lists_make_the_same_form(tmp_path: Path) -> None:
    """A form is of names, whatever it was made of, and of tuples, which can be looked up."""
    by_name = PLUGIN[PLUGIN.index("SHORT_FORM") : PLUGIN.index("@metric")]
    by_itself = """
SHORT_FORM = short_form(
    inputs=[["num_experts", "Piles"], [wet_share, "Wet"], ("sparsity", "Nothing")],
    bars=[bricks, dry_bricks],
    numbers=["flops_speedup", wet_share],
)
"""
    found = []
    for at, text in enumerate((PLUGIN, PLUGIN.replace(by_name, "") + by_itself)):
        (folder := tmp_path / str(at)).mkdir()
        (folder / "bricks.py").write_text(text, encoding="utf-8")
        registry = load(files=[folder / "bricks.py"])
        found += [one.short_form for one in registry.sections if one.name == "bricks"]
    first, second = found
    assert first == second
    assert hash(first) == hash(second)
