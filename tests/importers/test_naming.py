"""What importers count has the names that the installed sections give it, whatever they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from moe_report.importers.config import ConfigRow, row_from_config
from moe_report.importers.model import Options, import_model
from moe_report.importers.naming import with_names
from moe_report.schema.fields import FIELDS
from moe_report.schema.parts import LEDGER, SUMS, Part
from moe_report.schema.registry import Registry, installed, load
from tests.commands import run
from tests.importers.published_configs import KIMI_LINEAR
from tests.published_models import READ, Published
from tests.rows import example_models

HEAD = '"""Another ledger."""\n\nfrom moe_report import Model, metric\n'
MIXING = '''
@metric(symbol="P_m", unit="parameters", source="a test", counts="attention")
def mixing(m: Model) -> float:
    """What mixes tokens, where fields describe it."""
    return m.num_hidden_layers * m.linear_attention_params
'''
EVERYTHING = '''
@metric(symbol="P_e", unit="parameters", source="a test", counts="total")
def everything(m: Model) -> float:
    """A rough total."""
    return m.num_experts * m.hidden_size * m.moe_intermediate_size
'''


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a file with the only metrics that there are."""
    monkeypatch.setattr("moe_report.schema.registry.GROUP", "nothing.is.installed")

    def ledger(metrics: str) -> Path:
        path = tmp_path / "ledger.py"
        path.write_text(HEAD + metrics, "utf-8")
        return path

    return ledger


@pytest.fixture
def kimi(tmp_path: Path) -> Path:
    """A config with attention that no field describes."""
    path = tmp_path / "kimi.json"
    path.write_text(json.dumps(KIMI_LINEAR), "utf-8")
    return path


def test_the_built_in_sections_count_every_part() -> None:
    """Nothing that an importer finds is left out with them."""
    assert set(installed().counting) == set(Part)
    assert not {str(part) for part in Part} & {*FIELDS, *installed().metrics}


def test_authors_of_plugins_read_of_every_part() -> None:
    """The table of plugins/README.md has them all."""
    text = (Path(__file__).parents[2] / "plugins" / "README.md").read_text("utf-8")
    assert [str(part) for part in Part if f"`{part}`" not in text] == []


@pytest.mark.parametrize("model", READ, ids=lambda model: model.name)
def test_importers_find_fields_and_parts(model: Published) -> None:
    """No number has another name, which nobody would count."""
    found = row_from_config(model.config, where=model.name).numbers
    assert [key for key in found if not isinstance(key, Part) and key not in FIELDS] == []


def test_parts_add_up_as_they_say() -> None:
    """The built-in ledger counts what the words say, for every shipped example."""
    count = {part: metric.of for part, metric in installed().counting.items()}
    whole = 0
    for row in example_models():
        numbers = {name: typed.value for name, typed in row.numbers.items()}
        if "vocab_size" not in numbers:  # a claim, or a lone layer
            continue
        whole += 1
        total = sum(count[part](**numbers) for part in LEDGER)
        assert count[Part.TOTAL](**numbers) == total
        routed = count[Part.ROUTED_EXPERTS](**numbers)
        one = count[Part.ONE_EXPERT](**numbers)
        assert routed == numbers["num_experts"] * one
        active = count[Part.ACTIVE](**numbers)
        assert active == total - routed + numbers["num_experts_per_tok"] * one
        tied = numbers.get("tie_word_embeddings", 0)
        without = active - (0 if tied else count[Part.EMBEDDING](**numbers))
        assert count[Part.ACTIVE_WITHOUT_EMBEDDING](**numbers) == without
    assert whole > 10


def test_a_row_has_the_names_of_another_ledger(kimi: Path, another: Callable[[str], Path]) -> None:
    """The number stands under the metric that counts it, in place of its formula."""
    counted = row_from_config(KIMI_LINEAR, where="").numbers[Part.ATTENTION]
    row = import_model(str(kimi), Options(), load([another(MIXING + EVERYTHING)]))
    assert row.numbers["mixing"].value == counted
    assert {*row.numbers} - {"mixing"} <= FIELDS.keys()
    assert "Left out" not in row.texts["remark"]


def test_what_no_section_counts_is_left_out_and_said(
    kimi: Path, another: Callable[[str], Path]
) -> None:
    """A total that a part is in would be wrong in silence; without a total nothing is."""
    counted = row_from_config(KIMI_LINEAR, where="").numbers[Part.ATTENTION]
    row = import_model(str(kimi), Options(), load([another(EVERYTHING)]))
    assert row.numbers.keys() <= FIELDS.keys()
    assert row.texts["remark"].endswith(
        f"Left out, though it is in totals, for no section counts it: attention = {counted:,.0f}"
    )
    for registry in (Registry(()), load([another(MIXING)])):
        assert "Left out" not in import_model(str(kimi), Options(), registry).texts["remark"]


@pytest.mark.parametrize("part", [part for part in Part if part not in SUMS])
@pytest.mark.parametrize("summed", [Part.TOTAL, Part.ACTIVE, Part.FORWARD_FLOPS])
def test_what_is_in_no_sum_is_not_said(part: Part, summed: Part) -> None:
    """Further prediction is in no total, and a total is in no other one."""
    counting = {summed: installed().counting[summed]}
    if part != summed:
        read = with_names(ConfigRow("", {part: 5.0}, ()), counting)
        assert (read.numbers, read.notes) == ({}, ())


@pytest.mark.parametrize(("part", "summed"), [(part, one) for part in SUMS for one in SUMS[part]])
def test_what_is_in_a_sum_is_said(part: Part, summed: Part) -> None:
    """Each of them changes a number that somebody sees."""
    counting = {summed: installed().counting[summed]}
    read = with_names(ConfigRow("", {part: 5.0, "num_experts": 8.0}, ("Read",)), counting)
    assert read.numbers == {"num_experts": 8.0}
    first, note = read.notes
    assert (first, note.rpartition(": ")[2]) == ("Read", f"{part} = 5")


def test_commands_without_the_ledger(
    kimi: Path, tmp_path: Path, another: Callable[[str], Path]
) -> None:
    """A report, an import and a workbook come out, with what there is."""
    own, out = another(MIXING), tmp_path / "out"
    said = run("run", kimi, "--metrics", own, "-o", out, "--format", "json")
    assert said.exit_code == 0, said.output
    (model,) = json.loads((out / "kimi.report.json").read_text("utf-8"))["models"]
    assert "mixing" in json.dumps(model)
    assert run("import", kimi).exit_code == 0
    assert run("import", kimi, "--into", tmp_path / "models.xlsx").exit_code == 0
    assert run("check", tmp_path / "models.xlsx").exit_code == 0
    assert run("init", tmp_path / "new.xlsx").exit_code == 0


@pytest.mark.parametrize(
    "section", [section.name for section in installed().sections if not section.layers]
)
@pytest.mark.parametrize("option", ["--only", "--skip"])
def test_a_chosen_section_says_nothing_is_left_out(
    kimi: Path, tmp_path: Path, section: str, option: str
) -> None:
    """What is installed counts it all, computed or not."""
    said = run("run", kimi, option, section, "-o", tmp_path / "out", "--format", "json")
    assert said.exit_code in (0, 3), said.output
    text = (tmp_path / "out" / "kimi.report.json").read_text("utf-8")
    assert "Left out" not in text
