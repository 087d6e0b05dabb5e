"""What the audit sees, and what it lets pass."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from moe_report.compute.audit import names_compared_with
from moe_report.compute.build import build_report
from moe_report.errors import InputError
from moe_report.reports import Finding
from moe_report.schema.registry import Registry
from moe_report.table import Given, ModelTable, Row, Source, given
from tests.rows import example_models

MIXTRAL = {
    "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "num_experts": 8,
    "num_experts_per_tok": 2,
}  # fmt: skip
TOTAL, ACTIVE, ACTIVE_NO_EMBEDDING = 46_702_792_704, 12_879_925_248, 12_748_853_248


def row(numbers: Mapping[str, float | Given], name: str = "it", **texts: str) -> Row:
    """A row whose numbers were typed in cells of its own row."""
    typed = {
        key: value if isinstance(value, Given) else given(value, 1, f"Models!{key}")
        for key, value in numbers.items()
    }
    return Row(name, "Models!2", texts, typed)


def findings(registry: Registry, *rows: Row) -> tuple[Finding, ...]:
    """What the audit sees in some rows."""
    return build_report(ModelTable(rows, Source("models.xlsx")), registry).findings


def seen(found: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """Level, model and column of findings."""
    return [(item.level, item.model, item.column) for item in found]


def billions(number: float) -> Given:
    """A number typed under a header that says (B)."""
    return given(number, 10**9, "Models!X2")


# -- rows that cannot be --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "column"),
    [
        ({"num_sliding_window_layers": 20, "sliding_window": 8, "num_linear_attention_layers": 13},
         "num_hidden_layers"),
        ({"num_moe_layers": 30, "first_k_dense_replace": 3}, "num_moe_layers"),
    ],
)  # fmt: skip
def test_kinds_of_layers_are_no_more_than_all(
    registry: Registry, numbers: dict[str, float], column: str
) -> None:
    """Counts that fit one by one, and not together, are impossible."""
    found = findings(registry, row(MIXTRAL | numbers))
    assert ("impossible", "it", column) in seen(found)


def test_a_share_above_everything_is_impossible(registry: Registry) -> None:
    """27.6 for 27.6 % is 2,760 %, and the finding says how to write percentages."""
    [found] = findings(registry, row({"num_experts": 8, "parameter_efficiency": 27.6}))
    assert (found.level, found.column) == ("impossible", "parameter_efficiency")
    assert "(%)" in found.message


def test_what_is_typed_for_sections_that_are_not_chosen_is_passed_by(registry: Registry) -> None:
    """There is no column to which a finding could be put."""
    typed = {"num_experts": 8, "total_params": 6e13, "sparsity": 2}
    assert seen(findings(registry, row(typed))) == [
        ("impossible", "it", "sparsity"), ("suspicious", "it", "total_params")
    ]  # fmt: skip
    alone = findings(registry.choose(only=["parameter_ledger"]), row(typed))
    assert seen(alone) == [("suspicious", "it", "total_params")]


@pytest.mark.parametrize("name", ["Total", "average"])
def test_a_summary_row_is_suspicious(registry: Registry, name: str) -> None:
    """A row of totals is no model."""
    found = findings(registry, row(MIXTRAL, name=name))
    assert seen(found) == [("suspicious", name, "total_params")]


def test_a_window_that_no_layer_uses_is_suspicious(registry: Registry) -> None:
    """A window without a number of layers changes nothing, silently."""
    found = findings(registry, row(MIXTRAL | {"sliding_window": 128}))
    assert seen(found) == [("suspicious", "it", "sliding_window")]


def test_layers_without_attention_have_no_attention_weights(registry: Registry) -> None:
    """Half the layers without attention are half its weights."""
    from moe_report_metrics.parameter_ledger import attention_params

    half = attention_params.of(**MIXTRAL, num_attention_free_layers=16)
    assert half * 2 == attention_params.of(**MIXTRAL)


# -- claims ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", [46.7, 46.703, 46.7028, 47, 46.702792704])
def test_claim_that_rounds_passes(registry: Registry, claim: float) -> None:
    """A published total is compared at the digits that it has."""
    assert not findings(registry, row(MIXTRAL | {"published_total_params": billions(claim)}))


@pytest.mark.parametrize(
    ("claim", "off"),
    [(46.6, "−0.22 %"), (46.8, "+0.21 %"), (46.702, "−0.0017 %"), (46, "−1.50 %"), (56, "+19.9 %")],
)
def test_claim_that_does_not_round_is_found(registry: Registry, claim: float, off: str) -> None:
    """One unit in its last digit away is a difference, with its size and its cell."""
    (finding,) = findings(registry, row(MIXTRAL | {"published_total_params": billions(claim)}))
    assert (finding.level, finding.column) == ("differs", "published_total_params")
    assert (finding.stated, finding.computed) == (billions(claim).value, TOTAL)
    assert finding.place == "Models!X2"
    assert off in finding.message
    assert finding.message.startswith("published ")


@pytest.mark.parametrize("claim", [12.9, 12.88, 12.7, 12.75, 13, 12.879925248, 12.748853248])
def test_active_parameters_of_either_convention_pass(registry: Registry, claim: float) -> None:
    """Vendors publish active parameters with and without the input embedding; both are right."""
    assert not findings(registry, row(MIXTRAL | {"published_active_params": billions(claim)}))


@pytest.mark.parametrize(
    ("claim", "nearest"), [(12.8, ACTIVE_NO_EMBEDDING), (12.6, ACTIVE_NO_EMBEDDING), (13.9, ACTIVE)]
)
def test_active_parameters_of_no_convention_are_found(
    registry: Registry, claim: float, nearest: int
) -> None:
    """The nearer of the two is what it is compared with, and both are told."""
    (finding,) = findings(registry, row(MIXTRAL | {"published_active_params": billions(claim)}))
    assert (finding.level, finding.column) == ("differs", "published_active_params")
    assert finding.computed == nearest
    assert "without the input embedding" in finding.message
    assert "12.88 B" in finding.message
    assert "12.75 B" in finding.message


def test_tied_model_has_one_convention(registry: Registry) -> None:
    """Where the embedding is also the output head there is only one figure to tell."""
    tied = MIXTRAL | {"tie_word_embeddings": 1, "published_active_params": billions(12.9)}
    (finding,) = findings(registry, row(tied))
    assert finding.computed == ACTIVE - 32000 * 4096
    assert "without the input embedding" not in finding.message


def test_claim_without_anything_to_compare_passes(registry: Registry) -> None:
    """Nothing computed, nothing to say."""
    assert not findings(registry, row({"num_experts": 8, "published_total_params": 46.7e9}))


# -- typed over formulas --------------------------------------------------------------------------


def test_typed_metric_that_differs_is_found(registry: Registry) -> None:
    """A number typed over a formula is used, and said to differ from it."""
    (finding,) = findings(registry, row(MIXTRAL | {"total_params": billions(47.7)}))
    assert (finding.level, finding.column) == ("differs", "total_params")
    assert (finding.stated, finding.computed) == (47.7e9, TOTAL)
    assert "the given number is used" in finding.message


def test_typed_metric_that_rounds_passes(registry: Registry) -> None:
    """At the digits typed it is the formula's value."""
    assert not findings(registry, row(MIXTRAL | {"total_params": billions(46.7)}))
    assert not findings(registry, row(MIXTRAL | {"total_params": TOTAL}))
    assert not findings(registry, row({"total_params": 46.7e9, "active_params": 12.9e9}))


# -- impossible rows ------------------------------------------------------------------------------


def test_more_active_than_total(registry: Registry) -> None:
    """No model has more active parameters than parameters."""
    (finding,) = findings(registry, row({"total_params": 12e9, "active_params": 14e9}))
    assert (finding.level, finding.column) == ("impossible", "active_params")
    assert (finding.stated, finding.computed) == (14e9, 12e9)
    assert finding.message == "14.00 B are active, of only 12.00 B in total"
    assert finding.place == "Models!active_params"


@pytest.mark.parametrize(
    ("total", "active", "experts"),
    [
        (3, 4, {"num_experts": 4, "num_experts_per_tok": 1}),
        (7, 7.4, {"num_experts": 8, "num_experts_per_tok": 2}),
        (46.7, 46.71, {}),
        (2, 3, {"num_experts": 8}),
    ],
)
def test_more_active_than_total_within_rounding(
    registry: Registry, total: float, active: float, experts: dict[str, float]
) -> None:
    """It is possible, and hardly so; it is said once."""
    numbers = {"total_params": billions(total), "active_params": billions(active), **experts}
    (finding,) = findings(registry, row(numbers))
    assert (finding.level, finding.column) == ("suspicious", "active_params")
    assert "are active, of only" in finding.message


def test_rounding_explains_it_where_all_experts_are_used(registry: Registry) -> None:
    """Then what is active is the total, as it is in a dense model."""
    numbers = {"total_params": billions(3), "num_experts": 4, "num_experts_per_tok": 4}
    for active, levels in ((3.4, []), (5, ["impossible"])):
        found = findings(registry, row(numbers | {"active_params": billions(active)}))
        assert [one.level for one in found if one.column == "active_params"] == levels


def test_active_share_below_share_of_experts(registry: Registry) -> None:
    """Active over total cannot be below top-k over experts."""
    numbers = {
        "num_experts": 64,
        "num_experts_per_tok": 6,
        "total_params": 236e9,
        "active_params": 21e9,
    }
    (finding,) = findings(registry, row(numbers))
    assert (finding.level, finding.column) == ("impossible", "active_params")
    assert "8.90 %" in finding.message
    assert "9.38 %" in finding.message
    assert finding.computed == 236e9 * 6 / 64


@pytest.mark.parametrize(
    ("total", "active", "experts", "chosen"),
    [(12, 12, 8, 2), (8, 2, 8, 2), (47, 13, 8, 2), (10, 2.46, 4, 1)],
)
def test_possible_rows_pass(
    registry: Registry, total: float, active: float, experts: int, chosen: int
) -> None:
    """Equality is possible, and so is what the rounding of the typed numbers may hide."""
    numbers = {
        "num_experts": experts, "num_experts_per_tok": chosen,
        "total_params": billions(total), "active_params": billions(active),
    }  # fmt: skip
    assert not findings(registry, row(numbers))


def test_computed_rows_are_never_impossible(registry: Registry) -> None:
    """What comes out of dimensions is a model."""
    assert not findings(registry, row(MIXTRAL))


# -- suspicious rows ------------------------------------------------------------------------------


def test_broken_head_width(registry: Registry) -> None:
    """A head of 21⅓ channels is a missing head_dim; typed, it is fine."""
    odd = MIXTRAL | {"hidden_size": 1024, "num_attention_heads": 48}
    (finding,) = findings(registry, row(odd))
    assert (finding.level, finding.column) == ("suspicious", "head_dim")
    assert "21.3333" in finding.message
    assert finding.place == "Models!2"
    assert not findings(registry, row(odd | {"head_dim": 64}))
    latent = {"qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16}
    assert not findings(registry, row(odd | latent | {"kv_lora_rank": 32}))


def test_experts_as_wide_as_dense_layers(registry: Registry) -> None:
    """With leading dense layers the experts' width is seldom the FFN's."""
    mixed = MIXTRAL | {"first_k_dense_replace": 1}
    assert seen(findings(registry, row(mixed))) == [("suspicious", "it", "moe_intermediate_size")]
    assert not findings(registry, row(mixed | {"moe_intermediate_size": 2048}))


def test_nothing_routed(registry: Registry) -> None:
    """Top-k of all experts routes nothing; a single expert is just a dense model."""
    assert seen(findings(registry, row(MIXTRAL | {"num_experts_per_tok": 8}))) == [
        ("suspicious", "it", "num_experts_per_tok")
    ]
    assert not findings(registry, row(MIXTRAL | {"num_experts": 1, "num_experts_per_tok": 1}))


# -- compare_with ---------------------------------------------------------------------------------


def test_compared_with_a_row(registry: Registry) -> None:
    """Typed fields must be equal, typed metrics must round to the other's."""
    claim = {
        "num_experts": 16,
        "num_hidden_layers": 32,
        "total_params": billions(46.7),
        "active_params": 14e9,
    }
    found = findings(registry, row(MIXTRAL, "real"), row(claim, "claim", compare_with="real"))
    assert seen(found) == [
        ("differs", "claim", "num_experts"),
        ("differs", "claim", "active_params"),
    ]
    assert found[0].message == "given as 16, while real has 8"
    assert (found[0].stated, found[0].computed) == (16, 8)
    assert "14.00 B, while real has 12.88 B (+8.70 %)" in found[1].message


def test_compared_with_a_later_row_or_itself(registry: Registry) -> None:
    """The order of the rows does not matter, and a row agrees with itself."""
    claim = {"num_experts": 16}
    rows = (row(claim, "claim", compare_with="real"), row(MIXTRAL, "real", compare_with="real"))
    assert seen(findings(registry, *rows)) == [("differs", "claim", "num_experts")]


def test_compared_with_an_example(registry: Registry) -> None:
    """A shipped model need not be in the table."""
    claim = {"num_experts": 256, "total_params": billions(671), "active_params": billions(39)}
    (finding,) = findings(registry, row(claim, "claim", compare_with="DeepSeek-V3"))
    assert finding.column == "active_params"
    assert "DeepSeek-V3 has 37.55 B" in finding.message
    assert not findings(registry, row({"num_experts": 256}, "claim", compare_with="DeepSeek-V3"))


def test_a_row_goes_before_an_example_of_its_name(registry: Registry) -> None:
    """Whoever has a row called like an example means that row."""
    mine = row(MIXTRAL | {"num_experts": 4}, "Mixtral-8x7B")
    claim = row({"num_experts": 4}, "claim", compare_with="Mixtral-8x7B")
    assert not findings(registry, mine, claim)
    assert findings(registry, claim)


def test_compared_with_nobody(registry: Registry) -> None:
    """A name that is neither a row nor an example is an error with the nearest, each told once."""
    rows = [
        row({"num_experts": 8}, "one", compare_with="Mixtral-8x7"),
        row({"num_experts": 8}, "two", compare_with="nothing like it"),
    ]
    with pytest.raises(InputError) as error:
        findings(registry, *rows)
    first, second = map(str, error.value.problems)
    assert first.startswith("models.xlsx, Models!2: compare_with names 'Mixtral-8x7'")
    assert first.endswith("Did you mean 'Mixtral-8x7B'?")
    assert "'nothing like it'" in second


def test_names_compared_with() -> None:
    """Each name once, with the first row that has it."""
    rows = [row({}, "a", compare_with="x"), row({}, "b"), row({}, "c", compare_with="x")]
    assert {name: item.name for name, item in names_compared_with(rows).items()} == {"x": "a"}


# -- the table of a web calculator ----------------------------------------------------------------


def test_wrong_cells_of_the_published_table(registry: Registry) -> None:
    """Of the four tabulated models three have wrong cells, each found; Mixtral's row is right."""
    table = ModelTable(example_models(), Source("examples"))
    found = build_report(table, registry).findings
    tabulated = {item for item in seen(found) if item[1].endswith("(as tabulated)")}
    assert tabulated == {
        ("impossible", "DeepSeek-V2 (as tabulated)", "active_params"),
        ("differs", "DeepSeek-V2 (as tabulated)", "num_experts"),
        ("differs", "Switch-C (as tabulated)", "num_experts"),
        ("differs", "Switch-C (as tabulated)", "total_params"),
        ("differs", "Switch-C (as tabulated)", "active_params"),
        ("differs", "Grok-1 (as tabulated)", "total_params"),
        ("differs", "Grok-1 (as tabulated)", "active_params"),
    }
    told = {(item.model.split(" (")[0], item.column): item.message for item in found}
    assert "DeepSeek-V2 has 160" in told["DeepSeek-V2", "num_experts"]
    assert "Switch-C has 2,048" in told["Switch-C", "num_experts"]
    assert "Switch-C has 1.571 T" in told["Switch-C", "total_params"]
    assert "Switch-C has 1.728 B" in told["Switch-C", "active_params"]
    assert "Grok-1 has 315.7 B" in told["Grok-1", "total_params"]
    assert "Grok-1 has 83.76 B" in told["Grok-1", "active_params"]


def test_worst_first(registry: Registry) -> None:
    """Impossible before different before suspicious, within each in the rows' order."""
    rows = (
        row(MIXTRAL | {"num_experts_per_tok": 8}, "a"),
        row(MIXTRAL | {"published_total_params": 50e9}, "b"),
        row({"total_params": 1e9, "active_params": 3e9}, "c"),
        row(MIXTRAL | {"published_total_params": 40e9}, "d"),
    )
    found = findings(registry, *rows)
    assert [(item.level, item.model) for item in found] == [
        ("impossible", "c"), ("differs", "b"), ("differs", "d"), ("suspicious", "a")
    ]  # fmt: skip
