"""Charts that a section declares: what is accepted, what is refused and how, whose they are."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from moe_report import Rows, bars, lines, scatter, stack
from moe_report.errors import PluginError
from moe_report.schema.charts import Chart
from moe_report.schema.registry import load
from moe_report_metrics.parameter_efficiency import parameter_efficiency, sparsity
from moe_report_metrics.parameter_ledger import active_params, total_params
from tests import sections
from tests.schema.distributions import install

ROOT = Path(__file__).parents[2]
BOTH = (total_params, active_params)
T: Any = {"title": "t"}
MODULE = '''
"""Layers."""
from moe_report import Model, bars, metric, scatter, stack
from moe_report_metrics.parameter_ledger import total_params

@metric(symbol="x", unit="parameters", source="a convention")
def wide_layers(m: Model) -> float:
    """Parameters of a layer, if all were alike."""
    return total_params(m) / m.num_hidden_layers

'''


def test_what_is_left_out_is_what_fits() -> None:
    """Labels are those of the columns, colours come in turn, what is drawn is named."""
    chart = bars("both", BOTH, title="Two")
    assert [item.color for item in chart.series] == ["blue", "orange"]
    assert chart.columns == ("total_params", "active_params")
    assert (chart.by, chart.order, chart.log, chart.rank) == (
        "total_params", "largest first", "auto", None
    )  # fmt: skip
    assert scatter("p", "hidden_size", total_params, title="P").columns == (
        "hidden_size", "total_params"
    )  # fmt: skip
    two = stack("s", {"a": [BOTH, sparsity], "b": [BOTH, sparsity]}, title="S", shares=True)
    assert [name for name, _ in two.bars] == ["a", "b"]
    assert (two.focus, two.series[0].columns) == (1, ("total_params", "active_params"))
    assert lines("l", "num_experts", BOTH, title="L", headline=3).rank == 3


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: bars("b", BOTH, **T, colors=("bleu", "grey")), "color 'bleu', expected one "
         "of blue, orange, green, grey, sky, black, silver, pale. Did you mean 'blue'?"),
        (lambda: bars("b", BOTH, **T, colors=("grey",)), "1 colors, expected 2"),
        (lambda: bars("b", BOTH, **T, colors=("grey", "grey")), "the color 'grey' twice"),
        (lambda: bars("b", BOTH, **T, labels=("x", "x")), "the label 'x' twice"),
        (lambda: bars("b", BOTH, **T, labels="xy"), "'xy' for labels, expected several"),
        (lambda: bars("b", BOTH, **T, order="largest"), "Did you mean 'largest first'?"),
        (lambda: bars("b", BOTH, **T, by=sparsity), "'sparsity', which is none of its series"),
        (lambda: bars("b", BOTH, **T, log="yes"), "log='yes', expected True, False or 'auto'"),
        (lambda: bars("b", BOTH, **T, zeros=1), "zeros=1, expected True or False"),
        (lambda: bars("b", BOTH, title=" "), "an empty title"),
        (lambda: bars("b", BOTH, title=7), "the title 7, expected a text"),
        (lambda: bars("b", BOTH, **T, headline="first"), "headline 'first', expected True or"),
        (lambda: bars("b", (), **T), "draws 0 numbers, expected 1 to 3 in bars"),
        (lambda: bars("b", (*BOTH, sparsity, "num_experts"), **T), "draws 4 numbers, expected 1"),
        (lambda: bars("b", 8, **T), "8 for series, expected several in brackets"),
        (lambda: bars("b", (8,), **T), "8 for a number, expected metrics, or names of fields"),
        (lambda: bars("b", (BOTH,), **T), "several columns for one number"),
        (lambda: bars("b", (sparsity, sparsity), **T), "chart 'b' draws 'sparsity' twice"),
        (lambda: lines("b", sparsity, sparsity, **T), "chart 'b' draws 'sparsity' twice"),
        (lambda: bars("A chart", BOTH, **T), "the name 'A chart', expected small letters"),
        (lambda: stack("s", BOTH, **T, labels=("x", "y"), focus="z"), "the focus 'z'"),
        (lambda: stack("s", {"a": BOTH, "b": (sparsity,)}, **T), "different numbers of parts"),
        (lambda: stack("s", ((), sparsity), **T), "nothing in a pair of brackets"),
        (lambda: stack("s", {}, **T), "no parts"),
        (lambda: scatter("p", *BOTH, **T, guides={"dense": 0}), "guide 0, expected a number"),
        (lambda: scatter("p", *BOTH, **T, guides={"x": None}), "guide None, expected a number"),
        (lambda: scatter("p", *BOTH, **T, fractions=True), "fractions of no guide"),
        (lambda: lines("l", BOTH, sparsity, **T), "several columns for one number"),
        (lambda: lines("l", "num_experts", BOTH, **T, axis=1), "the axis 1, expected a text"),
    ],
)  # fmt: skip
def test_what_is_refused(make: Any, said: str) -> None:
    """By name, with what was found and what is accepted, where the section is loaded."""
    with pytest.raises(PluginError) as caught:
        make()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("chart", "cause"),
    [
        ("bars('b', wide_layers, title='t', colors=('gren',))", "Did you mean 'green'?"),
        ("bars('b', 'num_expert', title='t')",
         "'num_expert' is not a field of a model. Did you mean 'num_experts'?"),
        ("bars('b', 'model_type', title='t')", "'model_type' is text, not a number"),
        ("bars('b', (wide_layers, 'num_experts'), title='t')",
         "chart 'b' has different units on one axis: 'parameters', 'experts'"),
        ("scatter('p', total_params, wide_layers, title='t', guides={'a': 'flops_per_mc'})",
         "it uses assumption 'flops_per_mc', which no loaded section brings"),
        ("bars('b', wide_layers, title='t'); d = bars('b', total_params, title='t')",
         "two charts are named 'b'"),
        ("bars('b', wide_layers)", "missing 1 required keyword-only argument: 'title'"),
        ("bars('b', wide_layers, title='t', color='blue')", "unexpected keyword argument 'color'"),
    ],
)  # fmt: skip
def test_a_wrong_chart_is_a_failure_by_name(site: Path, chart: str, cause: str) -> None:
    """Its section is left out, and everything else comes out."""
    install(site, "moe-layers", {"layers_module": f"{MODULE}c = {chart}\n"})
    found = load()
    assert [section.name for section in found.sections][-1] == sections.BUILT_IN[-1]
    (failure,) = found.failures
    assert failure.distribution == "moe-layers"
    assert cause in failure.cause


def test_a_metric_that_no_section_brings(site: Path) -> None:
    """A chart of it makes its section a failure that names the metric."""
    other = MODULE.replace("wide_layers", "lone_layers")
    source = f"{MODULE}from lone_module import lone_layers\nc = bars('b', lone_layers, title='t')\n"
    install(site, "moe-layers", {"layers_module": source}, {"layers": "layers_module"})
    (site / "lone_module.py").write_text(other, "utf-8")
    (failure,) = load().failures
    assert "it uses lone_layers of lone_module, which no loaded section brings" in failure.cause


def test_two_sections_with_one_chart_are_refused(site: Path) -> None:
    """As two metrics of one name are: the error names both."""
    install(
        site, "moe-layers", {"layers_module": f"{MODULE}c = bars('size', wide_layers, title='t')\n"}
    )
    (failure,) = load().failures
    assert failure.section == "layers_module"
    assert re.match(r"two charts are named 'size': that of moe-report \(.*\) and that of "
                    r"moe-layers \(layers_module\)", failure.cause)  # fmt: skip


def test_imported_charts_are_not_the_sections_own(site: Path) -> None:
    """Only what a module declares is drawn for it, once, in source order."""
    source = (
        f"{MODULE}from moe_report_metrics.parameter_ledger import sizes\n"
        "z = bars('z', wide_layers, title='t')\na = bars('a', 'num_experts', title='t')\nb = z\n"
    )
    install(site, "moe-layers", {"layers_module": source})
    found = load()
    assert not found.failures
    assert [chart.name for chart in found.sections[-1].charts] == ["z", "a"]


def test_rows_give_numbers_by_metric_and_name() -> None:
    """A title asks for the metric itself, or for its name."""
    rows = Rows(("a", "b"), {"total_params": (8.0, 2.0), "active_params": (1.0, 2.0)}, {"n": 2.0})
    assert rows[total_params] == rows["total_params"] == (8.0, 2.0)
    assert rows.sum_of(*BOTH) == (9.0, 4.0)
    with pytest.raises(KeyError):
        rows[parameter_efficiency]


def test_no_module_that_draws_names_a_metric() -> None:
    """What is drawn is declared by sections; page and workbook draw whatever that is."""
    folders = {
        "moe_report/renderers/html/charts": "*.py", "moe_report/renderers/excel": "*chart*.py",
        "moe_report/compute": "charted.py", "moe_report/schema": "*charts.py",
        "templates": "charts*",
    }  # fmt: skip
    files = [file for folder, names in folders.items() for file in (ROOT / folder).glob(names)]
    assert len(files) > 13
    named = re.compile(rf"\b({'|'.join(load().metrics)})\b")
    found = []
    for file in files:
        text = file.read_text("utf-8")
        text = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)  # examples of docstrings
        found += [(file.name, name) for name in named.findall(text)]
    assert found == []


def test_every_built_in_chart_is_a_constant_with_words() -> None:
    """Each has a computed title, and all are declared in the sections."""
    charts = [chart for section in load().sections for chart in section.charts]
    assert all(isinstance(chart, Chart) and callable(chart.title) for chart in charts)
    assert {chart.name for chart in charts} == {
        "size", "ledger", "share", "flops", "overhead", "traffic", "step"
    }  # fmt: skip
    assert sum(not math.isnan(chart.rank or math.nan) for chart in charts) == 2


def test_the_modules_of_the_documents_load(tmp_path: Path) -> None:
    """What plugins/README.md shows as Python is a section, each of them."""
    text = (ROOT / "plugins" / "README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    modules = [code for code in blocks if "@metric" in code]
    assert len(modules) == 9
    drawn = []
    for at, module in enumerate(modules):
        file = tmp_path / f"shown{at}.py"
        file.write_text(module, "utf-8")
        found = load([file])
        assert not found.failures
        drawn += [chart.name for chart in found.sections[-1].charts]
    assert drawn == ["aspect", "halves", "shape", "trend"]
