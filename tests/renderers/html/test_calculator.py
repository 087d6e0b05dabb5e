"""The calculator of the page, as Chromium runs it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import openpyxl
from playwright.sync_api import Page

from moe_report.compute.build import build_report
from moe_report.display import exact, show
from moe_report.load.workbook import read_workbook
from moe_report.renderers.data import report_as_dict
from moe_report.renderers.html.calculator import QUICK_EXAMPLES, calculator_script
from moe_report.renderers.html.render import render
from moe_report.reports import Report
from moe_report.schema.registry import installed, load
from moe_report.table import ModelTable, Source
from tests import reports
from tests.browser import Open
from tests.renderers.calculator import agree, changed, fill, saved, values
from tests.sections import COUNTING

PLUGIN = '''"""Energy of </script><img src=x onerror=alert(1)>.

What a token costs in *joules*.
"""

from dataclasses import dataclass

from moe_report import Model, assumption, ceil, coalesce, metric, where
from moe_report_metrics.flops_savings import forward_flops


@dataclass(frozen=True)
class Power:
    """The machine."""

    joules_per_flop: float = assumption(
        1e-12, symbol="J", unit="joule/FLOP", help="Of the whole machine.", maximum=1
    )


@metric(symbol="E_tok", unit="joule/token", source="a measurement", format="decimal")
def energy_per_token(m: Model, p: Power) -> float:
    """Joules of a forward pass </script><img src=x onerror=alert(1)>."""
    return forward_flops(m) * p.joules_per_flop


@metric(symbol="H_tok", unit="hops", source="a drawing", better="lower")
def hops(m: Model) -> float:
    """Hops between accelerators of eight experts."""
    return where(m.num_experts > 8, ceil(coalesce(m.sliding_window, m.num_experts) / 8), 0)
'''


def copied(page: Page, button: str = "#calculator-copy") -> str:
    """What a button puts on the clipboard."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(button)
    page.wait_for_function("document.getElementById('calculator-said').textContent")
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_every_model_has_the_numbers_of_the_report(shown: Open, examples: Report) -> None:
    """A click on each quick example, and each choice of the list, gives the JSON's numbers."""
    page = shown(examples)
    entries = report_as_dict(examples)["models"]
    buttons = page.locator("[data-model]:not([data-model=''])")
    assert buttons.all_inner_texts() == [entry["name"] for entry in entries[:QUICK_EXAMPLES]]
    for at, entry in enumerate(entries):
        if at < QUICK_EXAMPLES:
            buttons.nth(at).click()
        else:
            page.select_option("#calculator-model", entry["name"])
        agree(values(page), entry["values"])
        made = saved(page) if at in (0, 3) else None
        if made:
            agree(made["values"], entry["values"])
            assert made | {"values": {}} == entry | {"values": {}}


def test_numbers_read_as_in_the_tables(shown: Open, examples: Report) -> None:
    """Three digits and the unit in sight, the exact number in the tooltip."""
    page = shown(examples)
    for at in (0, 2, 7):
        page.locator("[data-model]").nth(at).click()
        inputs = page.evaluate(
            """(names) => names.map((name) => {
              const { value, title } = document.getElementById(`set-${name}`);
              return [value, title];
            })""",
            [column.name for column in examples.metrics],
        )
        for column, (text, title) in zip(examples.metrics, inputs, strict=True):
            value = column.cells[at].value
            if value is None:
                continue
            assert text == show(value, column.unit, column.format), column.name
            assert title.split(" ")[0][:8] == exact(value)[:8]
        first = examples.headline[0]
        assert page.inner_text(f"[data-headline={first.name}]") == show(
            first.cells[at].value, first.unit, first.format
        )


def test_a_new_top_k_is_what_the_engine_gives(shown: Open) -> None:
    """Typing a number moves every metric to what the engine computes of the changed row."""
    page = shown(reports.usual_report())
    fill(page, "num_experts_per_tok", "4")
    entry = changed(reports.MIXTRAL | {"num_experts_per_tok": 4})
    agree(values(page), entry["values"])
    assert "set.num_experts_per_tok" not in page.url
    page.press("#set-num_experts_per_tok", "Enter")
    assert "set.num_experts_per_tok=4" in page.url
    made = saved(page)
    assert made["name"] == "Mixtral 8x7B (changed)"
    assert made["inputs"] == entry["inputs"]
    assert {name: said["from"] for name, said in made["provenance"].items()} == {
        name: said["from"] for name, said in entry["provenance"].items()
    }
    assert made["findings"] == [{**finding, "place": ""} for finding in entry["findings"]]


def test_assumptions_and_derived_defaults_follow(shown: Open) -> None:
    """A new context moves what rests on it; an emptied field falls back to its default."""
    page = shown(reports.usual_report())
    page.click("[data-model='Qwen3-30B-A3B']")
    fill(page, "context_length", "32k")
    fill(page, "head_dim", "")
    assert page.get_attribute("#set-head_dim", "placeholder") == "64"
    numbers = {name: value for name, value in reports.QWEN3.items() if name != "head_dim"}
    agree(values(page), changed(numbers, context_length=32000)["values"])


def of_headline(found: dict[str, float | None]) -> set[float | None]:
    """The numbers of the headline; others may follow from defaults and assumptions alone."""
    return {found[metric.name] for metric in installed().headline}


def test_blank_and_two_numbers(shown: Open) -> None:
    """With experts and top-k there are savings; all else is an en dash that names what it needs."""
    page = shown(reports.usual_report())
    page.click("[data-model='']")
    assert of_headline(values(page)) == {None}
    fill(page, "num_experts", "8")
    fill(page, "num_experts_per_tok", "2")
    entry = changed({"num_experts": 8, "num_experts_per_tok": 2})
    agree(values(page), entry["values"])
    assert page.input_value("#set-expert_flops_savings") == "75.0 %"
    for name, value in entry["values"].items():
        if value is None:
            note = entry["provenance"][name]["note"]
            assert page.get_attribute(f"#set-{name}", "title") == note
    page.click("[data-metric='total_params'] .needs button:has-text('Query heads')")
    assert page.evaluate("document.activeElement.id") == "set-num_attention_heads"
    assert saved(page)["provenance"] == entry["provenance"]


def test_a_typed_metric_wins(shown: Open) -> None:
    """A number typed over a result is given, moves what is below it, and can be taken back."""
    page = shown(reports.usual_report())
    before = values(page)
    fill(page, "attention_params", "3 B")
    page.press("#set-attention_params", "Tab")
    assert page.input_value("#set-attention_params") == "3.00 B"
    entry = changed(reports.MIXTRAL | {"attention_params": 3e9})
    agree(values(page), entry["values"])
    assert "the formula gives" in (page.get_attribute("#set-attention_params", "title") or "")
    page.click("[data-back='attention_params']")
    agree(values(page), before)


def test_out_of_bounds_is_said_in_place_and_not_used(shown: Open) -> None:
    """A number that is refused says why beside its input; it is not replaced by a default."""
    page = shown(reports.usual_report(only=COUNTING))
    for name, text, why in (
        ("num_hidden_layers", "0", "From 1 to 10,000."),
        ("hidden_size", "10.5", "A whole number."),
        ("vocab_size", "many", "“many” is no number."),
        ("num_experts_per_tok", "9", "At most Experts (num_experts), which is 8."),
        ("num_ffn_matrices", "7", "From 2 to 3."),
        ("qkv_bias", "2", "0 or 1."),
        ("vocab_size", "1e20", "At most 2^53."),
        ("num_hidden_layers", "1e20", "From 1 to 10,000."),
        ("context_length", "0", "At least 1."),
        ("total_params", "-1", "A number that is not negative."),
        ("total_params", "46.7", "A whole number."),
        ("total_params", "8,5", "A whole number."),
        ("total_params", "1e-9", "A whole number."),
    ):
        fill(page, name, text)
        assert page.inner_text(f"#why-{name}").removeprefix("▲ ") == why
        assert page.get_attribute(f"#set-{name}", "aria-invalid") == "true"
        assert values(page)["active_params" if name != "total_params" else name] is None or (
            name == "context_length" and values(page)["forward_flops"] is None
        )
        page.press(f"#set-{name}", "Escape")
        assert page.get_attribute(f"#set-{name}", "aria-invalid") is None
        assert not page.is_visible(f"#why-{name}")
    agree(values(page), report_as_dict(reports.usual_report(only=COUNTING))["models"][0]["values"])


def test_a_link_shares_a_what_if_and_back_undoes_it(shown: Open) -> None:
    """The address holds model, numbers and the tables' state; Reset and Back undo."""
    report = reports.usual_report()
    page = shown(report)
    page.click("#table-summary thead th[data-column='total_params'] button")
    page.click("[data-model='OLMoE-1B-7B']")
    fill(page, "num_experts", "128")
    page.press("#set-num_experts", "Enter")
    fill(page, "causal", "0")
    page.press("#set-causal", "Enter")
    assert "summary=total_params.descending" in page.url
    now = values(page)
    agree(now, changed(reports.OLMOE | {"num_experts": 128}, causal=0)["values"])
    other = shown(report, "#" + page.url.partition("#")[2])
    agree(values(other), now)
    assert other.input_value("#set-num_experts") == "128"
    assert other.get_attribute("#table-summary th[data-column='total_params']", "aria-sort")
    link = copied(page, "#calculator-link")
    assert link == page.url
    page.click("#calculator-reset")
    agree(values(page), report_as_dict(report)["models"][1]["values"])
    assert page.is_disabled("#calculator-reset")
    page.go_back()
    agree(values(page), now)
    page.go_back()
    assert page.input_value("#set-causal") == ""
    assert page.input_value("#set-num_experts") == "128"


def test_a_strange_link_does_no_harm(shown: Open) -> None:
    """Names that are no inputs are passed over; a model that is not here is said."""
    page = shown(
        reports.usual_report(),
        "#calculator=%3Cimg%20src=x%3E&set.__proto__=1&set.nothing=2&set.num_experts=%3Cb%3E",
    )
    assert "<img src" in page.inner_text("#calculator-said")
    assert page.inner_text("#why-num_experts").endswith("“<b>” is no number.")
    assert page.locator("#calculator img, #calculator .why b").count() == 0
    page.click("#calculator-reset")
    assert of_headline(values(page)) == {None}


def test_the_copied_row_is_a_row_of_a_workbook(shown: Open, tmp_path: Path) -> None:
    """Header line and row, pasted into the sheet Models, give the page's numbers."""
    report = reports.report_of(
        reports.row("=1+1", reports.QWEN3, remark="two\nlines\tand a tab", model_type="qwen3_moe")
    )
    page = shown(report)
    fill(page, "num_experts_per_tok", "16")
    fill(page, "router_params", "2e8")
    now = values(page)
    lines = copied(page).splitlines()
    assert len(lines) == 2
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Models"
    for at, line in enumerate(lines):
        cells = line.split("\t")
        # a spreadsheet takes the apostrophe for "this is text", and digits for a number
        sheet.append([float(c) if at and _is_number(c) else c.removeprefix("'") for c in cells])
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    book.save(tmp_path / "models.xlsx")
    table = read_workbook(tmp_path / "models.xlsx", load())
    again = report_as_dict(build_report(table, load()))["models"][0]
    agree(again["values"], now)
    assert again["name"] == "=1+1 (changed)"
    assert again["texts"] == {"model_type": "qwen3_moe"}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_metrics_of_others_are_there_untouched(shown: Open, tmp_path: Path) -> None:
    """A section from a file is computed, with its assumption; its docstrings stay text."""
    (tmp_path / "energy.py").write_text(PLUGIN, encoding="utf-8")
    registry = load(files=[tmp_path / "energy.py"])
    row = reports.row(
        reports.HOSTILE, reports.MIXTRAL, remark=reports.HOSTILE, model_type=reports.HOSTILE
    )
    report = build_report(ModelTable((row,), Source("models.xlsx")), registry)
    page = shown(report)
    fill(page, "joules_per_flop", "3e-12")
    fill(page, "num_experts", "20")
    entry = changed(reports.MIXTRAL | {"num_experts": 20}, registry, joules_per_flop=3e-12)
    agree(values(page), entry["values"])
    assert values(page)["hops"] == 3
    assert page.locator("img").count() == 0
    assert page.locator("[data-model]").first.inner_text() == reports.HOSTILE
    assert reports.HOSTILE in page.inner_text("#calculator .right")
    assert saved(page)["name"] == f"{reports.HOSTILE} (changed)"
    assert reports.HOSTILE in copied(page)


def test_formulas_show_symbols_and_on_demand_numbers(shown: Open) -> None:
    """Beside a number stands its formula as typeset in its section; a switch puts numbers in."""
    page = shown(reports.usual_report(only=COUNTING))
    place = "[data-metric='expert_flops_savings'] .formula"
    symbols = page.inner_text(place)
    assert "".join(symbols.split()) == "".join(
        page.inner_text("#metric-expert_flops_savings .formula").split()
    )
    page.check("#calculator-numbers")
    assert [item.strip() for item in page.locator(f"{place} mn").all_text_contents()] == [
        "1", "2", "8"
    ]  # fmt: skip
    fill(page, "num_experts", "16")
    assert page.locator(f"{place} mn").last.text_content() == "16"
    page.uncheck("#calculator-numbers")
    assert page.inner_text(place) == symbols


def test_works_from_the_keyboard(shown: Open) -> None:
    """A quick example by Enter, a field by Tab, Escape takes back what was typed."""
    page = shown(reports.usual_report(only=COUNTING))
    page.focus("[data-model='OLMoE-1B-7B']")
    page.keyboard.press("Enter")
    assert page.get_attribute("[data-model='OLMoE-1B-7B']", "aria-pressed") == "true"
    page.focus("#set-num_hidden_layers")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "set-hidden_size"
    page.keyboard.press("Control+a")
    page.keyboard.type("4096")
    assert values(page)["embedding_params"] == 50304 * 4096
    page.keyboard.press("Escape")
    assert values(page)["embedding_params"] == 50304 * 2048


def test_nothing_to_compute_means_no_calculator(shown: Open) -> None:
    """Without sections there is nothing to follow, and the contents list has no entry."""
    report = dataclasses.replace(
        reports.usual_report(), sections=(), assumptions=(), findings=(), charts=()
    )
    page = shown(report)
    assert page.locator("#calculator").count() == 0
    assert page.locator("a[href='#calculator']").count() == 0


def test_the_script_has_no_text_but_names(examples: Report) -> None:
    """Models, remarks and docstrings are not in the script, nor is a way to run text."""
    script = calculator_script(examples)
    assert script.isascii()
    assert "Mixtral" not in script
    page = render(examples).decode()
    for word in (
        "eval(",
        "Function(",
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
    ):
        assert word not in page


def test_the_calculator_is_small(examples: Report) -> None:
    """Inputs, results and functions take under 150 kB of a page."""
    page = render(examples).decode()
    section = page[page.index('<section id="calculator"') :]
    section = section[: section.index("</section>")]
    scripts = page[page.index("const moe = ") :]
    assert len(section) + len(scripts) < 150_000
