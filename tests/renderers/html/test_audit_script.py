"""The audit as the page's calculator runs it: by the same rules as the engine."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from moe_report.compute.audit_rules import claims_of, rules_of
from moe_report.compute.build import build_report
from moe_report.display import COUNTED
from moe_report.renderers.data import report_as_dict
from moe_report.renderers.html.calculator import calculator_script
from moe_report.renderers.html.packed import packed
from moe_report.reports import Finding, Report
from moe_report.schema.bounds import LARGEST
from moe_report.schema.fields import AT_MOST, FIELDS
from moe_report.schema.metrics import field_value
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Row, Source, given
from tests import reports
from tests.browser import Open
from tests.conftest import need
from tests.renderers.calculator import changed, fill, saved
from tests.schema.test_checks import LACKING, SECTION, SENTENCE, written

TEMPLATES = Path(__file__).parents[3] / "templates"
DRAWS = 1500
# What checks of layouts, devices, measured speeds and mistaken memory are about: not drawn here.
OF_LAYOUTS = {
    "device_heads", "device_experts", "devices_used", "compute_bits", "max_position_embeddings",
    "measured_decode_tokens_per_s", "weight_bytes",
}  # fmt: skip
FIELD_VALUES: Mapping[str, tuple[float, ...]] = {
    "num_hidden_layers": (1, 4, 32, 61), "hidden_size": (512, 1000, 4096, 7168),
    "vocab_size": (32000, 151936), "num_attention_heads": (3, 16, 48),
    "intermediate_size": (500, 14336),
    "num_experts": (1, 4, 8, 64), "num_experts_per_tok": (1, 2, 4, 8, 64),
    "num_key_value_heads": (1, 3), "head_dim": (64, 128), "kv_lora_rank": (0, 512),
    "moe_intermediate_size": (768, 2048), "first_k_dense_replace": (0, 1, 3),
    "num_moe_layers": (0, 2, 30, 61), "sliding_window": (128,), "attention_chunk_size": (8192,),
    "num_sliding_window_layers": (0, 3, 20, 40), "num_chunked_attention_layers": (0, 20),
    "num_linear_attention_layers": (0, 1, 40), "num_attention_free_layers": (0, 2),
    "tie_word_embeddings": (0, 1), "qk_norm": (0, 1), "expert_input_dim": (512,),
    "expert_output_dim": (64,),
}  # fmt: skip
NAMES = (
    "A row",
    "Total",
    "Ø (4 models)",
    "average:",
    "Totally new",
    "合计",
    "total_params",
    "  ",
    "_total",
    "-Sum-",
)


def drawn(draw: random.Random, registry: Registry) -> list[Row]:
    """Rows that are read, with numbers of metrics and claims among them, near to the computed."""
    fields = [_fields(draw) for _ in range(DRAWS)]
    computed = report_as_dict(_report(map(_row, range(DRAWS), fields), registry))["models"]
    metrics = {**dict.fromkeys(registry.metrics)}
    for numbers, entry in zip(fields, computed, strict=True):
        names = draw.sample(list(metrics), draw.choice((0, 1, 2, 4)))
        names += ["total_params", "active_params"] if draw.random() < 0.4 else []
        for name in names:
            unit = registry.metrics[name].unit.split("/")[0]
            near = _near(draw, entry["values"][name], counted=unit in COUNTED)
            if near <= LARGEST:
                numbers[name] = near
        for claim, of in claims_of(registry.metrics.values()).items():
            value = entry["values"][draw.choice(of).name]
            if draw.random() < 0.4 and value and value > 3e5:
                numbers[claim] = _near(draw, value, counted=True)
        _keep_to_rules(numbers)
    return list(map(_row, range(DRAWS), fields))


def _row(at: int, numbers: Mapping[str, float]) -> Row:
    typed = {name: given(value, place=str(at)) for name, value in numbers.items()}
    return Row(NAMES[at % len(NAMES)], str(at), {}, typed)


def _report(rows: Iterable[Row], registry: Registry) -> Report:
    return build_report(ModelTable(tuple(rows), Source("it")), registry)


def _fields(draw: random.Random) -> dict[str, float]:
    often = draw.choice((0.3, 0.6, 0.95))
    numbers = {
        name: draw.choice(values)
        for name, values in FIELD_VALUES.items()
        if draw.random() < often * (1 if name in reports.MIXTRAL else 0.4)
    }
    _keep_to_rules(numbers)
    return numbers


def _keep_to_rules(numbers: dict[str, float]) -> None:
    for name, limit in AT_MOST.items():
        if name in numbers and numbers[name] > field_value(limit, numbers):
            del numbers[name]


def _near(draw: random.Random, value: float | None, *, counted: bool) -> float:
    if value is None:
        value = draw.choice((12.9e9, 236e9, 6e13) if counted else (0.2, 5.0, 100.0))
    off = draw.choice((1, 1, 1, 1 + 1e-12, 1.001, 1.07, 0.4, 3, -1))
    near = value * (abs(off) if counted else off)
    near = float(f"{near:.{draw.choice((1, 2, 3, 6, 15))}g}")
    return abs(float(round(near))) if counted else near


def found_by_the_page(report: Report, rows: list[Any], folder: Path) -> list[Any]:
    """What the scripts of a page find in rows of texts, and whether they refuse a number."""
    texts = {name: (TEMPLATES / name).read_text("utf-8") for name in (
        "data.js", "numbers.js", "calculation.js", "audit.js")}  # fmt: skip
    data = json.dumps(json.dumps(packed(report)))
    file = folder / "audit.js"
    file.write_text(
        "const document = {getElementById: (id) => id === 'report-data' ? "
        f"{{textContent: {data}}} : null, "
        "querySelectorAll: () => [], querySelector: () => null};\n"
        f"{texts['data.js']}\n{texts['numbers.js']}\n{calculator_script(report)}\n"
        f"{texts['calculation.js']}\n{texts['audit.js']}\n"
        f"const rows = {json.dumps(rows)};\n"
        "console.log(JSON.stringify(rows.map(([name, texts]) => {"
        "const made = calculation.of((one) => texts[one] ?? '', undefined);"
        "return [[...made.wrong], audit.findings(made, name)]; })));",
        encoding="utf-8",
    )
    done = subprocess.run([need("node"), str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[Any] = json.loads(done.stdout)
    return found


def test_page_and_engine_find_the_same(registry: Registry, tmp_path: Path) -> None:
    """In random rows: the same findings in the same order, to the letter, and to 1e-12."""
    draw, registry = random.Random(20261127), registry.with_counts(there=False)
    rows = drawn(draw, registry)
    texts = [
        (row.name, {name: _written(draw, typed.value) for name, typed in row.numbers.items()})
        for row in rows
    ]
    ours: dict[str, list[Finding]] = {}
    for one in _report(rows, registry).findings:
        ours.setdefault(one.place, []).append(one)
    found = found_by_the_page(reports.usual_report(), texts, tmp_path)
    fired: set[tuple[str, str]] = set()
    for row, (wrong, theirs) in zip(rows, found, strict=True):
        assert wrong == [], row
        expected = ours.get(row.place, [])
        assert [(one["level"], one["column"], one["message"]) for one in theirs] == [
            (one.level, one.column, one.message) for one in expected
        ], row
        for one, other in zip(expected, theirs, strict=True):
            for key, number in (("stated", one.stated), ("computed", one.computed)):
                right = None if number is None else pytest.approx(number, rel=1e-12, abs=0)
                assert other[key] == right
        fired |= {(one.level, one.column) for one in expected}
    about = {(rule.level, column) for rule in rules_of(registry) for column in rule.columns[:1]}
    about = {(level, column) for level, column in about if column not in OF_LAYOUTS}
    assert about <= fired, about - fired
    assert len({column for level, column in fired if level == "differs"} - {*FIELDS}) > 20


def test_a_sentence_with_numbers_that_lack_is_the_same(tmp_path: Path) -> None:
    """Dashes and none, as the engine has them."""
    need("node")
    typed: list[dict[str, float]] = [
        {"num_experts": 8}, {"num_experts": 9}, {"num_experts": 9, "hidden_size": 2e9},
        {"num_experts": 8, "num_hidden_layers": 4},
    ]  # fmt: skip
    rows = [
        Row("it", str(at), {}, {k: given(v) for k, v in one.items()})
        for at, one in enumerate(typed)
    ]
    report = _report(rows, load([written(tmp_path, SECTION + LACKING)]))
    texts = [("it", {name: repr(int(number)) for name, number in one.items()}) for one in typed]
    found = [one for _, theirs in found_by_the_page(report, texts, tmp_path) for one in theirs]
    theirs = [one for one in found if one["column"] == "num_experts"]
    assert [(one["message"], one["stated"], one["computed"]) for one in theirs] == [
        (one.message, one.stated, one.computed)
        for one in report.findings
        if one.column == "num_experts"
    ]
    assert len(theirs) == len(typed)


def _written(draw: random.Random, value: float) -> str:
    if value >= 1e9 and draw.random() < 0.5:
        return f"{value / 1e9!r}B" if value / 1e9 * 1e9 == value else repr(value)
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def test_half_units_are_those_of_cells(tmp_path: Path) -> None:
    """How far a typed number may be off is the same, whatever its digits."""
    draw = random.Random(3)
    cases = [0.0, 5.0, 80e9, 46.7e9, 46_702_792_704.0, 1e21, 12e-7] + [
        float(f"{10 ** draw.uniform(-9, 15):.{draw.randint(1, 15)}g}") for _ in range(2000)
    ]
    script = (TEMPLATES / "numbers.js").read_text("utf-8")
    file = tmp_path / "half.js"
    file.write_text(
        f"{script}\nconsole.log(JSON.stringify({json.dumps(cases)}.map(numbers.halfUnit)));",
        "utf-8",
    )
    done = subprocess.run([need("node"), str(file)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [given(case).half_unit for case in cases]


# -- in the page ----------------------------------------------------------------------------------


def test_more_active_than_total_is_marked(shown: Open) -> None:
    """5 B in total beside 12.9 B active: said in a list, marked at the number, in what is saved."""
    page = shown(reports.usual_report())
    assert page.locator("#calculator-findings li").count() == 0
    fill(page, "total_params", "5B")
    entry = changed(reports.MIXTRAL | {"total_params": 5e9})
    assert [one["level"] for one in entry["findings"]] == ["impossible", "differs", "differs"]
    levels = page.locator("#calculator-findings .level").all_inner_texts()
    assert levels == ["Impossible", "Differs", "Differs"]
    sentence = "12.88 B are active, of only 5.000 B in total"
    assert sentence in page.inner_text("#calculator-findings")
    assert page.get_attribute("[data-metric='active_params']", "data-finding") == "impossible"
    assert sentence in (page.get_attribute("[data-metric='active_params']", "title") or "")
    assert page.locator(".outcome [data-headline='active_params']").locator("..").get_attribute(
        "data-finding") == "impossible"  # fmt: skip
    assert page.inner_text("#calculator-state") == "1 changed, 3 findings"
    page.press("#set-total_params", "Enter")
    assert saved(page)["findings"] == [{**one, "place": ""} for one in entry["findings"]]
    # what rests on the number is there, as in a workbook, and no sentence speaks of it
    assert page.get_attribute("#set-parameter_efficiency", "data-exact") == str(
        entry["values"]["parameter_efficiency"]
    )
    said = "whose numbers are doubted; beyond these axes, where the arrow points."
    assert page.locator(".what-if-said span").first.inner_text().endswith(said)
    page.click("#calculator-findings button:has-text('Active parameters')")
    assert page.evaluate("document.activeElement.id") == "set-active_params"
    fill(page, "total_params", "")
    assert page.is_hidden("#calculator-findings")
    assert page.get_attribute("[data-metric='active_params']", "data-finding") is None


def test_findings_of_the_report_are_those_of_its_rows(shown: Open) -> None:
    """A row as it was read has the report's findings, also those that no rule here makes."""
    real = reports.row("Real", reports.MIXTRAL)
    claim = reports.row("Claim", {"num_experts": 16, "total_params": 47e9}, compare_with="Real")
    report = reports.report_of(
        real, claim, reports.row("Total", reports.OLMOE | {"sliding_window": 8})
    )
    page = shown(report)
    for model in report.models:
        page.select_option("#calculator-model", model.name)
        messages = page.locator("#calculator-findings p").all_inner_texts()
        expected = [one.message for one in report.findings_of(model.name)]
        assert [text.partition(": ")[2].removesuffix(".") for text in messages] == expected
        assert saved(page)["findings"] == [
            {key: value for key, value in asdict(one).items() if key != "model"}
            for one in report.findings_of(model.name)
        ]
    page.select_option("#calculator-model", "Claim")
    fill(page, "num_experts", "32")
    assert page.locator("#calculator-findings li").all_inner_texts() == [
        "A changed row is not compared with Real here."
    ]


def test_a_check_of_a_plugin_is_made_as_one_types(shown: Open, tmp_path: Path) -> None:
    """In the words of the section."""
    table = ModelTable((reports.row("Mixtral 8x7B", reports.MIXTRAL),), Source("models.xlsx"))
    page = shown(build_report(table, load([written(tmp_path)])))
    assert SENTENCE in page.locator("#calculator-findings").inner_text()
    fill(page, "moe_intermediate_size", "4096")
    assert "an expert is" not in page.locator("#calculator-findings").inner_text()
