"""Names that mean something to JavaScript are names like any other in the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from moe_report.compute.build import build_report
from moe_report.renderers.data import report_as_dict
from moe_report.reports import Report
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Scenarios, Source, given
from tests import reports
from tests.browser import Open
from tests.renderers.calculator import agree, fill, saved, values
from tests.sections import COUNTING

# Properties of objects, functions and arrays; words of the language; names of the page's own.
NAMES = (
    "constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "isPrototypeOf",
    "__defineGetter__", "length", "prototype", "then", "toJSON",
    "delete", "new", "function", "var", "this", "typeof", "void", "switch", "enum", "let", "const",
    "moe", "numbers", "v", "num", "div", "undefined", "NaN", "it", "value", "arguments",
)  # fmt: skip
ASSUMED = (
    "__lookupGetter__", "propertyIsEnumerable", "toLocaleString", "__count__", "apply",
    "instanceof", "extends", "eval", "max", "said", "data",
)  # fmt: skip


SCENARIOS = {
    "__proto__": {"__count__": given(50)}, "valueOf": {"propertyIsEnumerable": given(7)},
    " two  spaces": {"__count__": given(60)},
}  # fmt: skip
SHOWN = 4  # of them in the headline table
ASSUMPTION = "    {}: float = assumption({}, symbol='a_{}', unit='ratio', help='It is odd.')"
METRIC = """

@metric(symbol='x_{at}', unit='ratio', source='s', format='decimal', headline={headline})
def {name}(m: Model, o: Odd) -> float:
    'It is odd.'
    return where(m.num_experts > 2, m.num_experts + o.{assumed}{call}, m.sliding_window)
"""


def plugin(folder: Path) -> Path:
    """A module whose metrics and assumptions have such names; one is `class`, by hand."""
    text = [
        '"""Odd names."""',
        "from dataclasses import dataclass",
        "from moe_report import Model, assumption, metric, where",
        "@dataclass(frozen=True)",
        "class Odd:",
        *(ASSUMPTION.format(name, at + 1, at) for at, name in enumerate(ASSUMED)),
    ]
    call = ""
    for at, name in enumerate(NAMES):
        assumed = ASSUMED[at % len(ASSUMED)]
        text.append(
            METRIC.format(at=at, name=name, assumed=assumed, call=call, headline=at < SHOWN)
        )
        call = f" + {name}(m)"
    text += [
        "def by_hand(m: Model) -> float:",
        "    'It is odd.'",
        f"    return 2 * {NAMES[-1]}(m)",
        'by_hand.__name__ = "class"',
        "as_class = metric(symbol='c', unit='ratio', source='s', format='decimal')(by_hand)",
    ]
    file = folder / "odd.py"
    file.write_text("\n".join(text) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """The installed sections, and the odd one."""
    found = load(files=[plugin(tmp_path)])
    assert not [failure for failure in found.failures if failure.section == "odd"], found.failures
    return found


def odd_report(registry: Registry) -> Report:
    """Models and scenarios of such names, too."""
    names = ("__proto__", "constructor", "toString", "class", "two  spaces ")
    rows = [reports.row(name, reports.MIXTRAL | {"num_experts": 8 + at})
            for at, name in enumerate(names)]  # fmt: skip
    table = ModelTable(tuple(rows), Source("it"), scenarios=Scenarios("base", SCENARIOS))
    return build_report(table, registry)


def test_the_calculator_computes_them(shown: Open, registry: Registry) -> None:
    """Each model, each scenario, numbers typed over results: what the engine gives."""
    report = odd_report(registry)
    assert {*NAMES, "class"} <= {column.name for column in report.metrics}
    page = shown(report)
    for entry in report_as_dict(report)["models"]:
        page.select_option("#calculator-model", entry["name"])
        agree(values(page), entry["values"])
        agree(saved(page)["values"], entry["values"])
    page.select_option("#calculator-model", "class")
    row = reports.row("class", reports.MIXTRAL | {"num_experts": 11})
    for name, sets in SCENARIOS.items():
        page.select_option("#calculator-scenario", name)
        table = ModelTable((row,), Source("it"), sets)
        agree(values(page), report_as_dict(build_report(table, registry))["models"][0]["values"])
    page.click("#calculator-reset")
    for name in ("constructor", "__proto__", "class", "valueOf", "length"):
        fill(page, name, "5000")
        page.press(f"#set-{name}", "Enter")
        table = ModelTable(
            (reports.row("class", reports.MIXTRAL | {"num_experts": 11, name: 5000}),), Source("it")
        )
        again = build_report(table, registry)
        agree(values(page), report_as_dict(again)["models"][0]["values"])
        messages = page.locator("#calculator-findings p").all_inner_texts()
        assert [text.partition(": ")[2].removesuffix(".") for text in messages] == [
            one.message for one in again.findings
        ]
        page.reload()
        assert page.locator(f"[data-metric='{name}']").evaluate(
            "(row) => row.classList.contains('given')"
        )
        page.keyboard.press("Escape")
        page.click(f"[data-back='{name}']")
    for name in ASSUMED:
        fill(page, name, "-1")
        assert page.inner_text(f"#why-{name}").endswith("At least 0.")
        fill(page, name, "9")
        assert page.is_hidden(f"#why-{name}")


def test_the_tables_know_them(shown: Open, registry: Registry) -> None:
    """What stands behind a number, sorting, and the comparison."""
    report = odd_report(registry)
    page = shown(report)
    for name in NAMES[:SHOWN]:
        column = report.columns[name]
        page.click(f"#table-summary th[data-column='{name}'] button")
        cells = page.locator(
            f"#table-summary tbody tr td:nth-child({report.headline.index(column) + 2})"
        )
        largest = max(cell.value or 0 for cell in column.cells)
        cells.first.hover()
        assert cells.first.get_attribute("title") == f"{largest:.0f}"
    page.select_option("[data-compare='compare.1']", "__proto__")
    for at, name in enumerate(("constructor", "class"), start=2):
        page.select_option(f"[data-compare='compare.{at}']", name)
    for name in NAMES:
        cells = page.locator(f"#comparison [data-row='{name}']").last.locator("td")
        shown_ones = cells.evaluate_all("(all) => all.map((one) => Number(one.dataset.exact))")
        assert shown_ones == [report.columns[name].cells[at].value for at in (0, 1, 3)]


def test_a_text_of_such_a_word_is_no_number(shown: Open) -> None:
    """Nor does a unit of a number mean anything by such a name."""
    page = shown(reports.usual_report(only=COUNTING))
    for text in ("5 constructor", "5 __proto__", "5toString", "valueOf", "5 length"):
        fill(page, "num_experts", text)
        assert page.inner_text("#why-num_experts").endswith(f"“{text}” is no number.")


def test_a_link_with_such_names_does_no_harm(shown: Open) -> None:
    """In an address they are names that the page does not have."""
    page = shown(
        reports.usual_report(only=COUNTING),
        "#calculator=__proto__&scenario=constructor&set.constructor=5&set.__proto__=6&"
        "compare.1=constructor&compare.2=__proto__&summary=__proto__.descending&__proto__=1",
    )
    assert "no model named “__proto__”" in page.inner_text("#calculator-said")
    page.click("[data-model='Mixtral 8x7B']")
    agree(values(page), report_as_dict(reports.usual_report(only=COUNTING))["models"][0]["values"])
    assert "constructor=5" not in page.url
