"""Values and where they come from: provenance, partial rows, typed numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pytest

from moe_report import Model, metric
from moe_report.cells import Cell, Provenance
from moe_report.compute.evaluate import Evaluation, evaluate_table
from moe_report.schema.fields import FIELDS, numbers_of
from moe_report.schema.metrics import field_value
from moe_report.schema.registry import Registry
from moe_report.schema.sections import Section
from moe_report.table import Given, ModelTable, Row, Source, given
from tests.rows import example_models

MIXTRAL = {
    "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "num_experts": 8,
    "num_experts_per_tok": 2,
}  # fmt: skip


def defaults(registry: Registry) -> dict[str, float]:
    """Every assumption at its default."""
    return {name: item.default for name, item in registry.assumptions.items()}


def evaluated(
    registry: Registry, *rows: Mapping[str, float | Given], **assumed: float
) -> Evaluation:
    """Rows of typed numbers, evaluated."""
    table = ModelTable(
        tuple(
            Row(
                f"row {at}",
                numbers={k: v if isinstance(v, Given) else given(v) for k, v in row.items()},
            )
            for at, row in enumerate(rows)
        ),
        Source("models.xlsx"),
    )
    return evaluate_table(table, registry, defaults(registry) | assumed)


def cell(evaluation: Evaluation, name: str, row: int = 0) -> Cell:
    """A cell of a field or metric."""
    columns = {column.name: column for column in evaluation.fields} | dict(evaluation.metrics)
    return columns[name].cells[row]


# -- provenance -----------------------------------------------------------------------------------


def test_given_number(registry: Registry) -> None:
    """A typed number is as typed, and its note says where."""
    typed = Given(8.0, "Models!C5", 0.5)
    found = cell(evaluated(registry, MIXTRAL | {"num_experts": typed}), "num_experts")
    assert found == Cell(8.0, Provenance.GIVEN, "given in the input, Models!C5")


def test_default_number(registry: Registry) -> None:
    """A field's constant default is a default, typed or not in other rows."""
    evaluation = evaluated(registry, MIXTRAL, MIXTRAL | {"num_ffn_matrices": 2})
    first, second = (cell(evaluation, "num_ffn_matrices", row) for row in (0, 1))
    assert (first.value, first.provenance) == (3.0, Provenance.DEFAULT)
    assert first.note == "default: num_ffn_matrices is 3 unless it is filled in"
    assert (second.value, second.provenance) == (2.0, Provenance.GIVEN)


def test_derived_default(registry: Registry) -> None:
    """A default made of other fields is derived, and missing while they are."""
    evaluation = evaluated(registry, MIXTRAL, {"num_experts": 4})
    assert cell(evaluation, "head_dim") == Cell(
        128.0, Provenance.DERIVED, "derived from other fields"
    )
    lacking = cell(evaluation, "head_dim", 1)
    assert lacking.provenance == Provenance.MISSING
    assert lacking.note == "missing: needs hidden_size and num_attention_heads"


def test_defaults_of_defaults(registry: Registry) -> None:
    """The shared experts' width defaults to the experts', and that to the FFN's."""
    evaluation = evaluated(registry, MIXTRAL, MIXTRAL | {"moe_intermediate_size": 7})
    assert cell(evaluation, "shared_expert_intermediate_size").value == 14336
    assert cell(evaluation, "shared_expert_intermediate_size", 1).value == 7
    assert cell(evaluation, "num_moe_layers").value == 32


def test_derived_and_assumed_metrics(registry: Registry) -> None:
    """What rests on an assumption, through other metrics too, is assumed; the rest is derived."""
    evaluation = evaluated(registry, MIXTRAL)
    assert cell(evaluation, "total_params") == Cell(46_702_792_704.0, Provenance.DERIVED)
    for name, rests_on in {
        "attention_core_flops": ("flops_per_mac", "context_length", "causal"),
        "linear_flops": ("flops_per_mac",),
        "forward_flops": ("flops_per_mac", "context_length", "causal"),
        "expert_capacity": ("tokens_per_batch", "capacity_factor"),
        "total_params": (),
    }.items():
        column = evaluation.metrics[name]
        assert set(column.rests_on) == set(rests_on), name
        expected = Provenance.ASSUMED if rests_on else Provenance.DERIVED
        assert column.cells[0].provenance == expected


def test_assumptions_count(registry: Registry) -> None:
    """Another assumption, another number; one it does not rest on, the same."""
    usual = evaluated(registry, MIXTRAL)
    other = evaluated(registry, MIXTRAL, flops_per_mac=1)
    for name in ("forward_flops", "linear_flops", "router_flops"):
        assert cell(other, name).value == cell(usual, name).value / 2  # type: ignore[operator]
    assert cell(other, "total_params") == cell(usual, "total_params")


def test_missing_field(registry: Registry) -> None:
    """A field without a default that is not typed is missing."""
    found = cell(evaluated(registry, {"num_experts": 4}), "hidden_size")
    assert found == Cell(None, Provenance.MISSING, "not filled in")


def one_section(*metrics: object) -> Registry:
    """A registry of some metrics."""
    return Registry((Section("s", "S", (), tuple(metrics), "d", "", "m"),))  # type: ignore[arg-type]


SAID = {"symbol": "x", "unit": "ratio", "source": "a convention"}


@metric(**SAID)
def per_spare_expert(m: Model) -> float:
    """Undefined where every expert is used."""
    return m.hidden_size / (m.num_experts - m.num_experts_per_tok)


@metric(**SAID)
def twice_that(m: Model) -> float:
    """Of the one above."""
    return 2 * per_spare_expert(m) + m.vocab_size


@metric(**SAID)
def four_times(m: Model) -> float:
    """Of the one above that."""
    return 2 * twice_that(m)


def test_undefined_number() -> None:
    """A division by zero is told from a missing input, and named to whoever depends on it."""
    registry = one_section(per_spare_expert, twice_that, four_times)
    dense = {"hidden_size": 8, "num_experts": 2, "num_experts_per_tok": 2}
    evaluation = evaluated(registry, dense, dense | {"vocab_size": 9}, {"num_experts": 2})
    undefined = cell(evaluation, "per_spare_expert")
    assert undefined.undefined
    assert undefined.value is None
    assert undefined.provenance == Provenance.MISSING
    assert undefined.note.startswith("undefined here: a division by zero")
    both = "missing: needs per_spare_expert (undefined here) and vocab_size"
    assert cell(evaluation, "twice_that").note == both
    assert cell(evaluation, "four_times").note == both
    assert (
        cell(evaluation, "four_times", 1).note == "missing: needs per_spare_expert (undefined here)"
    )
    assert not cell(evaluation, "twice_that").undefined
    absent = cell(evaluation, "per_spare_expert", 2)
    assert not absent.undefined
    assert absent.note == "missing: needs hidden_size and num_experts_per_tok"


# -- partial rows ---------------------------------------------------------------------------------


def test_partial_row_gets_what_it_can(registry: Registry) -> None:
    """Experts and top-k give the savings, and everything else says what would unlock it."""
    evaluation = evaluated(registry, {"num_experts": 8, "num_experts_per_tok": 2})
    assert cell(evaluation, "expert_flops_savings").value == 0.75
    assert cell(evaluation, "expert_utilisation").value == 0.25
    assert cell(evaluation, "expert_capacity").value == 1280
    for column in evaluation.metrics.values():
        found = column.cells[0]
        assert (found.value is None) == found.note.startswith("missing: needs "), column.name


def test_notes_name_inputs_not_metrics(registry: Registry) -> None:
    """What is missing is named by the fields that a user can fill in, through all metrics."""
    evaluation = evaluated(registry, {"num_experts": 8, "num_experts_per_tok": 2})
    for column in evaluation.metrics.values():
        for name in registry.metrics:
            assert f" {name}" not in column.cells[0].note.replace(",", " ").replace(" and ", "  ")
    note = cell(evaluation, "expert_params").note
    assert note == "missing: needs num_hidden_layers, hidden_size and intermediate_size"
    many = cell(evaluation, "total_params").note
    assert many.startswith("missing: needs vocab_size, hidden_size, num_hidden_layers, ")


def fill(
    registry: Registry, targets: Iterable[str], start: Mapping[str, float], candidate: float
) -> dict[str, set[str]]:
    """Fill in, one after another, the first field that a metric's note names; return them all.

    Each metric has a row of its own, for all rows are evaluated at once.
    """
    rows = {name: dict(start) for name in targets}
    filled: dict[str, set[str]] = {name: set() for name in rows}
    for _ in range(len(registry.fields)):
        evaluation = evaluated(registry, *rows.values())
        found = {name: cell(evaluation, name, at) for at, name in enumerate(rows)}
        rows = {name: row for name, row in rows.items() if found[name].value is None}
        if not rows:
            return filled
        for name, row in rows.items():
            note = found[name].note
            first = note.removeprefix("missing: needs ").replace(" and ", ", ").split(", ")[0]
            assert first in registry.fields, note
            assert first not in filled[name]
            filled[name].add(first)
            row[first] = candidate
    raise AssertionError(f"they never unlock: {', '.join(rows)}")


# Of a model as small as that they are missing, and say so.
OUT_OF_RANGE = {"compute_bound_batch", "fine_grained_law_loss"}


def test_notes_unlock(registry: Registry) -> None:
    """Following the notes, every metric that is shipped gets a value, without any counts."""
    registry = registry.with_counts(there=False)
    base = {"num_experts": 8, "num_experts_per_tok": 2}
    every = registry.metrics.keys() - OUT_OF_RANGE
    for filled in fill(registry, every, base, 64).values():
        assert filled <= {*registry.fields}
    assert fill(registry, ["embedding_params"], {"num_experts": 1}, 2) == {
        "embedding_params": {"vocab_size", "hidden_size"}
    }


def test_arm_not_taken_is_not_asked_for(registry: Registry) -> None:
    """Without dense layers nobody needs their width; with a key rank other fields are needed."""
    row = {"num_hidden_layers": 2, "hidden_size": 64}
    evaluation = evaluated(registry, row, row | {"first_k_dense_replace": 1})
    assert cell(evaluation, "dense_ffn_params").value == 0
    assert cell(evaluation, "dense_ffn_params", 1).note == "missing: needs intermediate_size"
    latent = row | {"kv_lora_rank": 16, "num_attention_heads": 4, "q_lora_rank": 0}
    note = cell(evaluated(registry, latent), "attention_projection_params").note
    assert note == "missing: needs qk_nope_head_dim, qk_rope_head_dim and v_head_dim"


# -- typed values ---------------------------------------------------------------------------------


def test_typed_metric_wins_downstream(registry: Registry) -> None:
    """A number typed under a metric's name replaces the computed one for whoever uses it."""
    typed = Given(50e9, "Models!F2", 0.5e9)
    evaluation = evaluated(registry, MIXTRAL | {"total_params": typed}, MIXTRAL)
    found = cell(evaluation, "total_params")
    assert found == Cell(50e9, Provenance.GIVEN, "given in the input, Models!F2", 46_702_792_704.0)
    active = cell(evaluation, "active_params").value
    assert cell(evaluation, "parameter_efficiency").value == active / 50e9  # type: ignore[operator]
    assert cell(evaluation, "total_params", 1).value == 46_702_792_704


def test_row_of_published_totals(registry: Registry) -> None:
    """Nothing but totals is a valid row."""
    evaluation = evaluated(registry, {"total_params": 46.7e9, "active_params": 12.9e9})
    found = cell(evaluation, "parameter_efficiency")
    assert (found.value, found.provenance) == (12.9 / 46.7, Provenance.DERIVED)
    assert cell(evaluation, "total_params").computed is None
    assert cell(evaluation, "sparsity").value == 1 - 12.9e9 / 46.7e9


def test_typed_components_of_the_calculator(registry: Registry) -> None:
    """Shared parameters, size of an expert, experts and top-k give total, active and efficiency."""
    numbers = {
        "always_active_params": 1.6e9, "expert_params": 5.64e9, "num_experts": 8,
        "num_experts_per_tok": 2,
    }  # fmt: skip
    evaluation = evaluated(registry, numbers)
    total, active = 1.6e9 + 8 * 5.64e9, 1.6e9 + 2 * 5.64e9
    assert cell(evaluation, "total_params").value == total
    assert cell(evaluation, "active_params").value == active
    assert cell(evaluation, "parameter_efficiency").value == active / total


def test_zero_is_a_number(registry: Registry) -> None:
    """A typed 0 is given, not missing."""
    evaluation = evaluated(registry, MIXTRAL | {"router_params": 0})
    assert cell(evaluation, "router_params").value == 0
    assert cell(evaluation, "router_params").provenance == Provenance.GIVEN
    assert cell(evaluation, "router_param_share").value == 0


# -- all at once ----------------------------------------------------------------------------------


def test_vectorised_is_one_by_one(registry: Registry) -> None:
    """All examples together give what ``of`` gives of each alone, bit by bit, for every metric."""
    examples = example_models()
    table = ModelTable(examples, Source("examples"))
    evaluation = evaluate_table(table, registry, defaults(registry))
    assert set(evaluation.metrics) == set(registry.metrics)
    values = 0
    for at, example in enumerate(examples):
        numbers = {name: typed.value for name, typed in example.numbers.items()}
        for name, item in registry.metrics.items():
            alone = item.of(**numbers)
            together = evaluation.metrics[name].cells[at].value
            values += together is not None
            assert (math.nan if together is None else together) == pytest.approx(
                alone, rel=0, abs=0, nan_ok=True
            ), (example.name, name)
        for column in (one for one in evaluation.fields if one.name in FIELDS):
            alone = field_value(column.name, numbers)
            together = column.cells[at].value
            assert (together is None) == math.isnan(alone)
            assert together is None or together == alone
    assert values > 700


def test_no_rows(registry: Registry) -> None:
    """An empty table has all columns, all empty."""
    evaluation = evaluated(registry)
    assert [column.name for column in evaluation.fields] == list(numbers_of(registry.fields))
    assert all(column.cells == () for column in evaluation.metrics.values())


def test_columns_are_in_order(registry: Registry) -> None:
    """Fields in the order of the fields, metrics in that of the registry."""
    evaluation = evaluated(registry, MIXTRAL)
    assert [column.name for column in evaluation.fields] == list(numbers_of(registry.fields))
    assert list(evaluation.metrics) == list(registry.metrics)


def test_value_of_a_cell(registry: Registry) -> None:
    """A field's or metric's value in a row, None if missing."""
    evaluation = evaluated(registry, MIXTRAL)
    assert cell(evaluation, "hidden_size").value == 4096
    assert cell(evaluation, "embedding_params").value == 4096 * 32000
    assert cell(evaluation, "kv_lora_rank").value == 0
    assert cell(evaluation, "expert_input_dim").value is None


def test_counts_are_exact_to_the_last_digit(registry: Registry) -> None:
    """Up to 2**53 every count is exact, where int32 and float32 are long wrong."""
    evaluation = evaluated(
        registry,
        {"vocab_size": 94_906_265, "hidden_size": 94_906_265},
        {"vocab_size": 2**27 - 1, "hidden_size": 2**26 - 1},
        {"vocab_size": 3, "hidden_size": 3_002_399_751_580_330},
    )
    found = [cell(evaluation, "embedding_params", row).value for row in range(3)]
    assert [int(v or 0) for v in found] == [94_906_265**2, (2**27 - 1) * (2**26 - 1), 2**53 - 2]


def test_no_value_is_nan(registry: Registry) -> None:
    """Missing is None in cells, never NaN or infinity."""
    rows = [MIXTRAL, {"num_experts": 1, "num_experts_per_tok": 1}, MIXTRAL | {"total_params": 0}]
    evaluation = evaluated(registry, *rows)
    for column in (*evaluation.fields, *evaluation.metrics.values()):
        for item in column.cells:
            for number in (item.value, item.computed):
                assert number is None or np.isfinite(number), column.name
            assert (item.value is None) == (item.provenance == Provenance.MISSING)
