"""Counts of tokens in reports: whose they are, what becomes of them, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from lxml import html as lxml_html

from moe_report.api.door import report as report_of
from moe_report.api.reported import Report
from moe_report.cli.main import main
from moe_report.errors import InputError
from moe_report.load.our_sheets import ROUTING_SHEET
from moe_report.renderers.html.heatmaps import heatmaps_of
from moe_report.schema.registry import installed
from tests.office import convert_all, disagreements, recalculated, stored
from tests.routing.test_counts import put
from tests.routing.test_placement import TOKENS

MODELS = (
    "name,num_experts,num_experts_per_tok,num_hidden_layers,hidden_size,moe_intermediate_size,"
    "vocab_size,num_attention_heads,num_key_value_heads\n"
    "Twelve,12,4,2,1024,512,1000,16,16\nFour,4,2,3,256,512,1000,4,4\n"
)
FOUR = [[5, 5, 5, 5], [20, 0, 0, 0], [9, 1, 6, 4]]
BOTH = {"Twelve": {"logical_count": TOKENS}, "four": {"logical_count": FOUR}}
# DeepSeek's README of EPLB has the counts; these are computed by hand of them, to five digits.
OF_EXAMPLE = {
    "layer_max_over_mean": [2.12585, 2.04498],
    "layer_variation": [0.58899, 0.68434],
    "layer_normalised_entropy": [0.92425, 0.89582],
    "layer_balancing_loss": [1.34691, 1.46832],
}


def made(folder: Path, counts: Any = None, **options: Any) -> Report:
    """Return the report of the two models, with counts of both."""
    models = put(folder, "models.csv", MODELS)
    return report_of(models, routing=put(folder, "counts.json", counts or BOTH), **options)


def run(*arguments: str) -> str:
    """Return what a command prints."""
    done = CliRunner().invoke(main, [*arguments])
    return f"{done.exit_code} {done.output}{done.stderr}"


def test_the_example_to_five_digits(tmp_path: Path) -> None:
    """Each way to say how uneven a layer is, and what becomes of both layers."""
    found = made(tmp_path)
    layers = {one.name: one.values["Twelve"] for one in found.layers}
    for name, expected in OF_EXAMPLE.items():
        assert [round(value or 0, 5) for value in layers[name]] == expected, name
        assert layers["layer_excess"][0] == pytest.approx(2.12585 - 1, abs=5e-6)
        assert layers["layer_mean_over_max"][0] == pytest.approx(1 / 2.12585, abs=5e-6)
    twelve, four = found["Twelve"], found["Four"]
    assert twelve.expert_max_over_mean == pytest.approx((2.12585 + 2.04498) / 2, abs=1e-5)
    assert twelve.worst_expert_max_over_mean == pytest.approx(2.12585, abs=5e-6)
    assert twelve.counted_tokens == sum(map(sum, TOKENS))
    assert (four.counted_layers, four.dead_experts) == (3, 3)
    # of 20 tokens 6.25 fit: 13.75, then 2.75 of 9 beyond 6.25
    assert four.dropped_token_share == pytest.approx((0 + 13.75 / 20 + 2.75 / 20) / 3)


def test_the_busiest_device_slows_down_what_is_computed(tmp_path: Path) -> None:
    """Experts in order: of four on two devices half of the tokens are on each, or more."""
    even = made(tmp_path)["Four"]
    assert even.device_slowdown == 1
    assert even.uneven_prefill_tokens_per_s == pytest.approx(even.prefill_tokens_per_s)
    two = made(tmp_path, tensor_parallel=2)["Four"]
    assert two.device_slowdown == pytest.approx((1 + 2 + 1) / 3)
    assert two.uneven_prefill_tokens_per_s < two.prefill_tokens_per_s
    added = two.routed_expert_flops * (two.device_slowdown - 1)
    even_flops = two.devices_used / two.prefill_tokens_per_s * two.peak_flops
    slow = two.devices_used / two.uneven_prefill_tokens_per_s * two.peak_flops
    assert slow - even_flops == pytest.approx(added)
    four = made(tmp_path, expert_parallel=4)["Four"]
    assert four.device_slowdown == pytest.approx((1 + 4 + 9 / 5) / 3)


def test_without_counts_there_is_no_such_section(tmp_path: Path) -> None:
    """Nobody is told of metrics that nothing is known for, unless they are asked for."""
    models = put(tmp_path, "models.csv", MODELS)
    found = report_of(models)
    assert "load_balance" not in {section.name for section in found.sections}
    assert not found.layers
    assert "needs counts of tokens" in run("check", models, "--only", "load_balance")
    # of a model without counts the numbers are missing, and say why
    alone = report_of(models, routing=put(tmp_path, "one.json", {"Four": {"logical_count": FOUR}}))
    cell = alone["Twelve"].cell("expert_variation")
    assert cell.value is None
    assert cell.note == "missing: needs counts of tokens"


@pytest.mark.parametrize(
    ("counts", "suffix", "said"),
    [
        ({"logical_count": FOUR}, "", "names no model, and there are 2: Twelve, Four"),
        ({"logical_count": FOUR}, ":Fuor", "there is no model 'Fuor'. Did you mean 'Four'?"),
        ({"logical_count": FOUR}, ":Twelve", "counts are of 4 experts, the model has 12"),
        ({"logical_count": FOUR[:2]}, ":Four", "counts are missing of layers 2"),
        ({"logical_count": [*FOUR, FOUR[0]]}, ":Four", "layer 3: the model's layers are 0 to 2"),
        ({"logical_count": [[1, -1, 1, 1], *FOUR[1:]]}, ":Four", "expert 1 has -1 tokens"),
        ({"Other": {"logical_count": FOUR}}, "", "has counts of 'Other'"),
        (BOTH, ":Three", "has no counts of 'Three'"),
    ],
)
def test_counts_that_are_not_of_the_models(
    tmp_path: Path, counts: Any, suffix: str, said: str
) -> None:
    """Refused, and what does not match is named."""
    models, file = put(tmp_path, "models.csv", MODELS), put(tmp_path, "counts.json", counts)
    with pytest.raises(InputError, match=re.escape(said)):
        report_of(models, routing=f"{file}{suffix}")


def workbook(folder: Path, counts: list[list[Any]]) -> Path:
    """A workbook of the two models, with a sheet Routing."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Models"
    for line in MODELS.splitlines():
        sheet.append([int(one) if one.isdigit() else one for one in line.split(",")])
    routing = book.create_sheet(ROUTING_SHEET)
    for row in counts:
        routing.append(row)
    path = folder / "models.xlsx"
    book.save(path)
    return path


NAMES = [one.name for section in installed().sections if section.layers for one in section.metrics]


def test_a_workbook_has_counts_of_its_own(tmp_path: Path) -> None:
    """On a sheet Routing, below a title; of a model that is not there it is said."""
    long = [["Counts of June"], [], ["model", "layer", "expert", "tokens"]]
    long += [["Four", layer, at, many] for layer, row in enumerate(FOUR)
             for at, many in enumerate(row)]  # fmt: skip
    found = report_of(workbook(tmp_path, [*long, ["Nobody", 0, 0, 7]]))
    assert found["Four"].expert_max_over_mean == pytest.approx((1 + 4 + 1.8) / 3)
    assert [one for one in found.warnings if "'Nobody'" in one and "not used" in one]


def test_the_workbook_computes_the_same_and_is_read_again(tmp_path: Path) -> None:
    """Every formula of both sheets, in LibreOffice; and a run of the report."""
    found = made(tmp_path, tensor_parallel=2)
    (path,) = found.write(tmp_path / "report", "xlsx")
    for sheet in ("Models", ROUTING_SHEET):
        assert disagreements(stored(path, sheet), recalculated(path, tmp_path / "lo", sheet)) == []
    again = report_of(path)
    assert not [one for one in again.warnings if "Routing" in one]
    for model in ("Twelve", "Four"):
        assert again[model].layer_excess_over_median == found[model].layer_excess_over_median
    values = json.loads(made_json(again, tmp_path))["models"][1]["layers"]
    assert values["tokens"] == FOUR
    assert values["numbers"] == [0, 1, 2]


NO_TOKENS, NO_CELL, APART = "a layer without tokens", "an empty cell", "rows that stand apart"


def test_what_is_changed_on_the_sheet_counts_live(tmp_path: Path) -> None:
    """As if the report was made anew of it; never for another model, and nothing half counted."""
    (path,) = made(tmp_path, tensor_parallel=2).write(tmp_path / "report", "xlsx")
    files = {}
    for change in (NO_TOKENS, NO_CELL, APART):
        book = openpyxl.load_workbook(path)
        sheet = book[ROUTING_SHEET]
        first = sheet.max_column - 11
        if change == NO_TOKENS:
            for column in range(first, first + 4):
                sheet.cell(8, column).value = 0
        elif change == NO_CELL:
            sheet.cell(7, first).value = None
        else:
            sheet["A6"], sheet["A8"] = "Four", "Twelve"
        files[change] = tmp_path / f"{change}.xlsx"
        book.save(files[change])
    convert_all(files.values(), tmp_path / "lo")
    for change, file in files.items():
        header, *rows = recalculated(file, tmp_path / "lo", "Models")[2:5]
        again = None if change == APART else report_of(file)
        for name, model in zip(("Twelve", "Four"), rows, strict=True):
            for one in NAMES if again else ("expert_max_over_mean",):
                expected = again[name].cell(one).value if again else None
                found = model[header.index(one)] or (0 if expected == 0 else None)
                assert found == (expected and pytest.approx(expected, rel=1e-12)), (change, one)


def made_json(found: Report, folder: Path) -> str:
    """What a report writes as JSON."""
    (path,) = found.write(folder / "again", "json")
    return path.read_text("utf-8")


def test_pictures_of_many_experts_are_small(tmp_path: Path) -> None:
    """Of 64 layers with 256 experts, both pictures together; the busiest is named."""
    counts = [[(layer * 37 + at * 101) % 499 + 1 for at in range(256)] for layer in range(64)]
    counts[40][17] = 9_999
    models = MODELS.replace("Four,4,2,3", "Four,256,2,64")
    found = report_of(
        put(tmp_path, "models.csv", models), routing=put(tmp_path, "c.json", counts) + ":Four"
    )
    (heatmap,) = heatmaps_of(found)
    assert len(heatmap.in_order) + len(heatmap.by_tokens) < 100_000
    assert "Most have expert 17 of layer 40" in heatmap.caption
    assert (heatmap.width, heatmap.height) == (512, 128)


@pytest.mark.parametrize(
    ("address", "value", "said"),
    [
        ("M5", 9_000, ""),
        ("D6", 3.5, "cell D6: '3.5' would be lost"),
        ("B99", "a note of mine", "cell B99: 'a note of mine' would be lost"),
        ("AA6", "mine", "cell AA6: 'mine' would be lost"),
    ],
)
def test_an_update_reads_the_counts_of_the_report(
    tmp_path: Path, address: str, value: Any, said: str
) -> None:
    """What is changed of them counts; what else somebody typed is not lost without a word."""
    (path,) = made(tmp_path).write(tmp_path / "report", "xlsx")
    book = openpyxl.load_workbook(path)
    book[ROUTING_SHEET][address] = value
    book.save(path)
    output = run("run", "--update", str(path))
    if said:
        assert said in output
        return
    assert output.startswith("0 ")
    assert report_of(path)["Twelve"].worst_expert_max_over_mean == pytest.approx(
        9_000 * 12 / (sum(TOKENS[0]) - TOKENS[0][0] + 9_000)
    )


PEAKS = '''"""Peaks."""

from moe_report import Layer, Model, largest, layer_metric, metric, total
from moe_report_metrics.load_balance import device_slowdown


@layer_metric(symbol="p_l", unit="ratio", source="a convention")
def layer_peak(layer: Layer) -> float:
    """Share of the busiest expert."""
    return largest(layer.tokens) / total(layer.tokens)


@metric(symbol="p_max", unit="ratio", source="a convention")
def slow_peak(m: Model) -> float:
    """The largest share, times the slowdown."""
    return largest(layer_peak(m)) * device_slowdown(m)
'''
SLOW = PEAKS.replace("largest(layer_peak(m)) *", "m.num_experts *")
SLOW = SLOW[: SLOW.index("@layer_metric")] + SLOW[SLOW.index("@metric") :]


@pytest.mark.parametrize("source", [PEAKS, SLOW], ids=["of layers", "of a metric of those"])
def test_metrics_of_layers_of_others(tmp_path: Path, source: str) -> None:
    """With counts they are beside ours, and without they are missing, or not there."""
    section = put(tmp_path, "peaks.py", source)
    found = made(tmp_path, metrics=section)
    assert found["Four"].slow_peak is not None
    pages = found.write(tmp_path / "with", ("html", "xlsx"))
    text = next(path for path in pages if path.suffix == ".html").read_text("utf-8")
    assert text.count('<figure class="heatmap">') == 2
    tree = lxml_html.document_fromstring(text)
    for table in tree.xpath("//figure[@class='heatmap']//table"):
        cells = {len(row.xpath("th|td")) for row in table.xpath(".//tr")}
        assert cells == {1 + len(found.layers)}
    without = report_of(put(tmp_path, "models.csv", MODELS), metrics=section)
    without.write(tmp_path / "without", ("html", "xlsx", "json"))
    if source == SLOW:
        assert without["Four"].cell("slow_peak").note == "missing: needs counts of tokens"


@pytest.mark.parametrize(
    ("names", "counts", "said"),
    [
        (("A", "a"), {"A": FOUR, "a": FOUR}, ""),
        (("A", "a"), {"A": FOUR}, ""),
        (("A", "B"), {"a": FOUR, "A": FOUR}, "has counts of 'A' twice, as 'a', 'A'"),
        (("Four", "B"), {"four": FOUR}, ""),
    ],
)
def test_names_that_differ_by_case(
    tmp_path: Path, names: tuple[str, str], counts: dict[str, Any], said: str
) -> None:
    """Each model has its own, and none has two."""
    head, _, four = MODELS.splitlines()
    rows = [four.replace("Four", name) for name in names]
    models = put(tmp_path, "models.csv", "\n".join((head, *rows)))
    file = put(tmp_path, "counts.json", {key: {"logical_count": of} for key, of in counts.items()})
    if said:
        with pytest.raises(InputError, match=re.escape(said)):
            report_of(models, routing=file)
        return
    found = report_of(models, routing=file)
    assert found[names[0]].counted_layers == 3
    assert found[names[1]].counted_layers == (3 if len(counts) == 2 else None)


def test_a_sheet_of_that_name_that_is_none(tmp_path: Path) -> None:
    """Is not read, and that is said; what looks like counts and is wrong is refused."""
    found = report_of(workbook(tmp_path, [["router", "kind"], ["top-k", "softmax"]]))
    assert [one for one in found.warnings if "'Routing' has no counts of tokens" in one]
    with pytest.raises(InputError, match="found 'x', expected a number of tokens"):
        report_of(workbook(tmp_path, [["model", "layer", 0, 1, 2, 3], ["Four", 0, "x", 1, 1, 1]]))


def test_counts_that_nothing_takes_are_said(tmp_path: Path) -> None:
    """Where the section on them is left out; and what a run leaves behind on the sheet, too."""
    found = made(tmp_path, skip="load_balance")
    assert [one for one in found.warnings if "counts of tokens of Twelve and Four are not" in one]
    (path,) = made(tmp_path).write(tmp_path / "report", "xlsx")
    book = openpyxl.load_workbook(path)
    book[ROUTING_SHEET]["D6"], book[ROUTING_SHEET]["B99"] = 3.5, "a note of mine"
    book.save(path)
    said = run("run", str(path), "-o", str(tmp_path / "new"), "--format", "json")
    assert "D6" in said
    assert "B99" in said
