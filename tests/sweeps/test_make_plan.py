"""A plan's numbers are those of a report of the same rows; what it cannot mean is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moe_report.compute.evaluate import evaluate_table
from moe_report.errors import InputError
from moe_report.schema.registry import Registry
from moe_report.sweeps.block import Block, count_block
from moe_report.sweeps.make_plan import Sweep
from moe_report.sweeps.report import rows_of
from moe_report.sweeps.run import Designs
from tests.sweeps.plans import SMALL, sweep_of

EVERYTHING = """
base = "{base}"
objectives = ["min total_params"]
columns = {columns}
[set]
device = "H100 SXM"
[vary]
num_hidden_layers = {{from = 20, to = 61}}
first_k_dense_replace = [0, 3]
num_moe_layers = "num_hidden_layers - first_k_dense_replace"
hidden_size = {{from = 2048, to = 8192, step = 1024}}
num_experts = [8, 60, 256]
moe_intermediate_size = "2048 * 256 / num_experts"
num_experts_per_tok = [2, 8]
context_length = ["4k", 131072]
tensor_parallel = [1, 8]
"""


def assert_as_in_a_report(sweep: Sweep, blocks: list[Block]) -> int:
    """Compare all columns of some blocks with a table of the same rows; return how many designs."""
    count = 0
    numbers = {one.name: one.default for one in sweep.registry.assumptions.values()}
    numbers |= sweep.values
    for block in blocks:
        found = count_block(sweep.plan, block)
        designs = Designs(found.design, found.columns, found.costs)
        rows = tuple(
            replace(row, name=f"{row.name} {at}")
            for at, row in enumerate(rows_of(sweep, designs, on_front=False))
        )
        table = replace(sweep.table, rows=rows, routing={})
        evaluation = evaluate_table(table, sweep.registry, numbers)
        columns = {**evaluation.metrics, **{one.name: one for one in evaluation.fields}}
        for name in sweep.plan.kept:
            if name in columns:
                cells = [one.value for one in columns[name].cells]
                expected = [np.nan if one is None else one for one in cells]
                np.testing.assert_array_equal(found.columns[name], expected, err_msg=name)
        count += len(rows)
    return count


@pytest.mark.parametrize("base", ["DeepSeek-V3", "gpt-oss-120b"])
def test_every_metric_of_a_design_is_that_of_a_report(
    tmp_path: Path, registry: Registry, base: str
) -> None:
    """To the last bit, and missing where it is missing there."""
    names = [*registry.with_counts(there=False).metrics]
    sweep = sweep_of(tmp_path, EVERYTHING.format(base=base, columns=names))
    starts = np.random.default_rng(1).integers(0, sweep.plan.designs - 60, 5)
    assert assert_as_in_a_report(sweep, [Block(int(at), int(at) + 60) for at in starts]) > 30


def test_every_metric_has_the_same_bits_in_blocks_of_one(
    tmp_path: Path, registry: Registry
) -> None:
    """Whatever a processor computes of many numbers at a time, logarithms and powers included."""
    names = [*registry.with_counts(there=False).metrics]
    plan = sweep_of(tmp_path, EVERYTHING.format(base="DeepSeek-V3", columns=names)).plan
    whole = count_block(plan, Block(3000, 3050))
    ones = [count_block(plan, Block(at, at + 1)) for at in range(3000, 3050)]
    assert len(whole.design) > 20
    for name, values in whole.columns.items():
        alone = np.concatenate([one.columns[name] for one in ones])
        np.testing.assert_array_equal(alone, values, err_msg=name)


def refused(folder: Path, text: str) -> str:
    """What is said of a plan that is refused."""
    with pytest.raises(InputError) as error:
        sweep_of(folder, text)
    return str(error.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    """Each with its place, and the nearest name."""
    said = refused(tmp_path, """
base = "Mixtral-8x7B"
constraints = ["total_parms <= 60e9", "total_params + 1", "total_params = 3"]
objectives = ["total_params", "max totl_params"]
columns = ["forward_flop"]
without = ["attention_params"]
[vary]
num_expert = [4, 8]
total_params = [1e9]
num_experts = [4, 4]
hidden_size = {from = 8}
head_dim = {from = 8, to = 4}
vocab_size = {values = [1], factors = [1]}
num_hidden_layers = "num_experts <= 3"
num_experts_per_tok = ["many"]
""")  # fmt: skip
    for expected in (
        "constraints 1: there is no field, assumption or metric 'total_parms'. Did you mean "
        "'total_params'?",
        "constraints 2: found 'total_params + 1', expected a test",
        "constraints 3: 'total_params = 3' is no formula; two numbers are compared by ==",
        "objectives 1: found 'total_params', expected min or max",
        "Did you mean 'total_params'?",
        "columns 1: there is no field, assumption or metric 'forward_flop'. Did you mean "
        "'forward_flops'?",
        "without 1: the base has no 'attention_params'",
        "vary.num_expert: there is no field or assumption 'num_expert'. Did you mean 'num_experts'",
        "vary.total_params: total_params is computed",
        "vary.num_experts: found 4 twice",
        "vary.hidden_size: expected to, too",
        "vary.head_dim: found 8 to 4, expected from the less to the more: from 4, to 8",
        "vary.vocab_size: found values and factors",
        "vary.num_hidden_layers: found 'num_experts <= 3', expected a number",
        "vary.num_experts_per_tok: 'many' is no number",
    ):
        assert expected in said


def test_what_is_wrong_with_the_file_itself_is_said_with_the_rest(tmp_path: Path) -> None:
    """Keys that are none, fields of a base that are none, kinds of values, no objective or axis."""
    said = refused(tmp_path, """
constraint = ["num_experts <= 3"]
columns = "total_params"
[base]
num_expert = 8
hidden_size = "wide"
num_hidden_layers = -1
expert_params = inf
router_params = -5
total_params = 46.7
name = "a\\u0007"
[vary]
vocab_sise = [1, 2]
""")  # fmt: skip
    for expected in (
        "found 'constraint', expected",
        "Did you mean 'constraints'?",
        "plan.toml, columns: expected a list of texts",
        "base.num_expert: there is no field or metric 'num_expert'. Did you mean 'num_experts'?",
        "base.hidden_size: found 'wide', expected a number",
        "base.num_hidden_layers: found -1, expected from 1 to 10,000",
        "base.expert_params: found inf, expected at most",
        "base.router_params: found -5, expected ",
        "base.total_params: found 46.7, expected at least 100,000\n",
        "base.name: found 'a\\x07', expected a name without control characters",
        "vary.vocab_sise: there is no field or assumption 'vocab_sise'",
    ):
        assert expected in said
    assert "base: a model's file" in refused(tmp_path, "")
    said = refused(tmp_path, 'base = "Mixtral-8x7B"')
    assert "expected something that is varied" in said
    assert "expected an objective" in said
    assert "is no TOML" in refused(tmp_path, "base = ")
    nearest = "Did you mean 'Mixtral-8x7B'?"
    assert nearest in refused(tmp_path, 'base = "Mixtral-8x7"')
    text = SMALL.replace("Mixtral-8x7B", 'Mixtral-8x7B"\nmodel = "Mixtral-8x7')
    assert nearest in refused(tmp_path, text)


def test_an_objective_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    """In brackets or with a sign it is still the column, and not another objective."""
    text = 'base = "Mixtral-8x7B"\nobjectives = [{}]\n[vary]\nnum_experts = [8, 16]\n'
    bare, inside = (
        sweep_of(tmp_path, text.format(one)).plan
        for one in ('"min total_params"', '"min (total_params)"')
    )
    counted = [count_block(plan, Block(0, 2)).costs.tolist() for plan in (bare, inside)]
    assert counted[0] == counted[1] != [[0], [0]]
    assert bare.kept == inside.kept
    said = refused(tmp_path, text.format('"min +total_params", "max total_params"'))
    assert "total_params is an objective twice" in said


def test_formulas_in_a_circle_are_refused(tmp_path: Path) -> None:
    """Two fields that follow from each other have no value."""
    said = refused(tmp_path, SMALL + 'num_shared_experts = "intermediate_size / 2"\n'
                   'intermediate_size = "num_shared_experts * 2"\n')  # fmt: skip
    assert "in a circle: num_shared_experts -> intermediate_size -> num_shared_experts" in said


def test_formulas_that_follow_from_nothing_are_refused_by_their_keys(tmp_path: Path) -> None:
    """A circle is named also where nothing else is varied; else what is to be varied, too."""
    head = 'base = "Mixtral-8x7B"\nobjectives = ["min total_params"]\n[vary]\n'
    circle = 'num_experts = "hidden_size / 512"\nhidden_size = "num_experts * 512"\n'
    said = refused(tmp_path, head + circle)
    assert "vary.num_experts: formulas refer to each other in a circle: num_experts" in said
    said = refused(tmp_path, head + 'hidden_size = "num_experts * 512"\n')
    assert "vary.hidden_size: all that is varied are formulas" in said
    assert "a line with values, too, as of num_experts" in said


def test_presets_that_are_varied_are_refused_with_what_they_set(
    tmp_path: Path, registry: Registry
) -> None:
    """They are known, so that no other name is meant."""
    assert "device" in registry.presets
    said = refused(tmp_path, SMALL + 'device = ["H100 SXM", "H200"]\n')
    assert "vary.device: device is a preset, one for all designs: --set device=… says which" in said
    assert "or vary what it sets: device_memory, memory_bandwidth" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hidden_size = {from = 8, to = 4, step = -2}", "found 8 to 4, expected from the less to"),
        ("hidden_size = {from = 4, to = 8, step = -2}", "found a step of -2, expected one above 0"),
        ("hidden_size = {from = 4, to = 8, step = '×1'}", "found a step of '1', expected one above"
         " ×1"),
        ("hidden_size = {from = 4, to = 8, step = '×1.0000000000000000000001'}", "makes more than"),
        ("hidden_size = {from = 0, to = 8, step = '×2'}", "found 0, of which ×2 makes no more; "
         "expected from above 0"),
        ("first_k_dense_replace = {factors = [1, 2]}", "the base has first_k_dense_replace 0, and "
         "so all are 0; expected values"),
        ("hidden_size = {factors = [0.5, 0.5]}", "found 0.5 twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_range_is_the_part_that_is(
    tmp_path: Path, line: str, said: str
) -> None:
    """The step where it is the step, and the ends where it is the ends."""
    text = f'base = "Mixtral-8x7B"\nobjectives = ["min total_params"]\n[vary]\n{line}\n'
    assert f"vary.{line.partition(' ')[0]}: {said}" in refused(tmp_path, text)


def test_typed_count_that_would_stay_is_refused(tmp_path: Path) -> None:
    """A base whose attention was counted elsewhere says nothing of another width."""
    text = SMALL.replace("Mixtral-8x7B", "Switch-C")
    said = refused(tmp_path, text)
    assert "the base Switch-C has a number for attention_params" in said
    names = '["attention_params", "attention_projection_params"]'
    sweep = sweep_of(tmp_path, f"without = {names}\n{text}")
    assert "attention_params" not in sweep.row.numbers


def test_typed_field_that_stays_is_told(tmp_path: Path) -> None:
    """Its default follows what is varied, and a typed number does not."""
    text = 'base = "DeepSeek-V3"\nobjectives = ["min total_params"]\n[vary]\n'
    sweep = sweep_of(tmp_path, text + "num_hidden_layers = [61, 70]\n")
    assert any("num_moe_layers (58)" in note for note in sweep.notes)
    assert any("published_total_params" in note for note in sweep.notes)
    assert "published_total_params" not in sweep.row.numbers


@pytest.mark.parametrize(
    ("varied", "rule"),
    [
        ("num_experts = [4, 4.5]", "not whole: num_experts"),
        ("num_experts = [0, 4]", "out of bounds: num_experts (at least 1)"),
        ("num_experts = [1, 4]", "num_experts_per_tok at most num_experts"),
        ("moe_intermediate_size = '1000 / 3'\nnum_experts = [4]",
         "not whole: moe_intermediate_size"),
        ("num_moe_layers = [32, 33]", "num_moe_layers at most num_hidden_layers"),
        ("num_attention_heads = [32, 36]\ntensor_parallel = [8]",
         "impossible: heads that do not divide"),
    ],
)  # fmt: skip
def test_what_no_model_can_be_is_removed_and_counted(
    tmp_path: Path, varied: str, rule: str
) -> None:
    """Nothing is rounded, and nothing impossible is on the front."""
    text = f'base = "Mixtral-8x7B"\nobjectives = ["min total_params"]\n[vary]\n{varied}\n'
    plan = sweep_of(tmp_path, text).plan
    found = count_block(plan, Block(0, plan.designs))
    at = [one.text for one in plan.constraints].index(rule)
    assert found.removed[at].tolist() == [1, 0]
    assert found.passed == plan.designs - 1


def test_missing_numbers_are_counted_as_undefined(tmp_path: Path) -> None:
    """A design whose objective has no value is not on the front."""
    text = """
objectives = ["min 1 / (num_experts - 4)"]
constraints = ["sqrt(num_experts - 2) >= 0"]
[base]
num_hidden_layers = 3
[vary]
num_experts = [1, 4, 8]
"""
    plan = sweep_of(tmp_path, text).plan
    found = count_block(plan, Block(0, 3))
    assert found.removed[-2:].tolist() == [[0, 1], [0, 1]]
    assert found.columns["num_experts"].tolist() == [8]
    assert found.columns["1 / (num_experts - 4)"].tolist() == [0.25]
