"""The @metric decorator, what it refuses, and one model's numbers by ``of``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from moe_report import Model, assumption, coalesce, metric, where
from moe_report.errors import PluginError
from moe_report.schema.assumptions import assumptions_of
from moe_report.schema.fields import FIELDS
from moe_report.schema.layers import TOKENS_SYMBOL
from moe_report.schema.metrics import Metric
from moe_report.schema.parts import Part
from moe_report.schema.registry import Registry
from moe_report_metrics.flops_savings import (
    attention_core_flops,
    dense_layer_flops,
    dense_layer_macs,
    expert_flops_savings,
    flops_savings,
    forward_flops,
    sparse_layer_macs,
)
from moe_report_metrics.parameter_ledger import total_params

if TYPE_CHECKING:
    from moe_report.schema.metrics import Model as OnlyForTypeCheckers

GOOD: dict[str, Any] = {"symbol": "x", "unit": "ratio", "source": "a convention"}


@dataclass(frozen=True)
class Use:
    """Two assumptions."""

    batch: float = assumption(4, symbol="B", unit="sequences", help="Sequences at once.")
    spare: float = assumption(0.5, symbol="ε", unit="ratio", help="Kept free.", maximum=1)


@dataclass(frozen=True)
class More:
    """Another one."""

    devices: float = assumption(8, symbol="D", unit="devices", help="Devices.", label="Devices")


@metric(**GOOD)
def per_expert(m: Model) -> float:
    """Channels an expert.

    A second paragraph.
    """
    return m.hidden_size / m.num_experts


@metric(**GOOD)
def served(m: Model, u: Use, more: More) -> float:
    """Channels an expert, of a batch on several devices."""
    return per_expert(m) * u.batch * (1 - u.spare) / more.devices


def of(function: Callable[..., Any], **said: Any) -> Metric:
    """Decorate a function."""
    return metric(**(GOOD | said))(function)


def refusal(function: Callable[..., Any], **said: Any) -> str:
    """The error of recording a metric."""
    with pytest.raises((TypeError, AttributeError)) as error:
        assert of(function, **said).expr
    return str(error.value)


# -- the decorator --------------------------------------------------------------------------------


def test_metric_has_what_a_report_needs() -> None:
    """Name, label, description and format follow from the function unless they are said."""
    assert per_expert.name == "per_expert"
    assert per_expert.label == "Per expert"
    assert per_expert.description == "Channels an expert."
    assert per_expert.doc.endswith("A second paragraph.")
    assert per_expert.format == "percent"
    assert per_expert.module == __name__
    other = of(per_expert.function, unit="byte", label="Own", format="integer", better="lower")
    assert (other.label, other.format, other.better) == ("Own", "integer", "lower")
    assert of(per_expert.function, unit="byte").format == "si"


def test_metric_without_docstring_is_refused() -> None:
    """The docstring is what the report says about the column."""

    def bare(m: Model) -> float:
        return m.hidden_size

    with pytest.raises(PluginError, match=rf"metric 'bare' of {__name__} has no docstring"):
        of(bare)


@pytest.mark.parametrize("what", ["symbol", "unit", "source"])
@pytest.mark.parametrize("text", ["", "  "])
def test_empty_facts_are_refused(what: str, text: str) -> None:
    """A metric says its symbol, its unit and where it comes from."""
    with pytest.raises(PluginError, match=f"'per_expert' of .* has an empty {what}"):
        of(per_expert.function, **{what: text})


@pytest.mark.parametrize("name", ["num_experts", "Num_Experts", "remark"])
def test_name_of_a_field_is_refused(name: str) -> None:
    """A column cannot be an input and a metric; Excel does not tell case apart."""

    def function(m: Model) -> float:
        """Something."""
        return m.hidden_size

    function.__name__ = name
    with pytest.raises(PluginError, match=f"metric '{name}' of .* has the name of a field"):
        of(function)


def test_unknown_words_are_refused() -> None:
    """A format or direction that does not exist is no silent default."""
    with pytest.raises(PluginError, match=r"format 'percentage'.* Did you mean 'percent'\?"):
        of(per_expert.function, format="percentage")
    with pytest.raises(PluginError, match=r"better 'high'.* Did you mean 'higher'\?"):
        of(per_expert.function, better="high")
    with pytest.raises(PluginError, match=r"counts 'routers'.* Did you mean 'router'\?"):
        of(per_expert.function, counts="routers")


@pytest.mark.parametrize("part", Part)
def test_a_metric_says_what_it_counts(part: Part) -> None:
    """In the engine's words."""
    assert of(per_expert.function, counts=str(part)).counts is part
    assert of(per_expert.function).counts is None


def test_aliases_are_not_letters() -> None:
    """A lone text would otherwise be an alias a letter."""
    with pytest.raises(PluginError, match=r"write \('total',\)"):
        of(per_expert.function, aliases="total")


# -- recording ------------------------------------------------------------------------------------


def test_typo_in_a_field_names_the_nearest() -> None:
    """An attribute that is no field is an error with a suggestion."""

    def typo(m: Model) -> float:
        """A typo."""
        return m.num_expert

    assert refusal(typo) == "'num_expert' is not a field of a model. Did you mean 'num_experts'?"


def test_text_field_is_no_number() -> None:
    """A name cannot be computed with."""

    def text(m: Model) -> float:
        """A text."""
        return m.model_type

    assert "'model_type' is text, not a number" in refusal(text)


def test_calling_a_metric_gives_its_symbol() -> None:
    """A formula stays one cell deep: it refers to the other's column."""
    assert served.expr.symbols() == ["per_expert", "batch", "spare", "devices"]
    assert dict(served.calls) == {"per_expert": per_expert}
    assert dict(per_expert.calls) == {}


def test_metric_takes_the_model() -> None:
    """Called with anything but the model it says so."""
    with pytest.raises(TypeError, match=r"per_expert\(\) takes the model: per_expert\(m\)"):
        per_expert(8)  # type: ignore[arg-type]


def test_two_metrics_of_one_name_in_a_formula_are_refused() -> None:
    """Two called metrics that share a name would share a symbol."""
    twin = of(per_expert.function)

    def both(m: Model) -> float:
        """Both."""
        return per_expert(m) + twin(m)

    assert "per_expert of tests.schema.test_metrics and that of" in refusal(both)


def test_metric_is_a_number() -> None:
    """A test, None or a text is not what a metric returns."""

    def test(m: Model) -> Any:
        """A test."""
        return m.num_experts > 1

    def nothing(m: Model) -> Any:
        """Nothing."""

    assert "it gives a test; a metric is a number: write where(test, 1, 0)" in refusal(test)
    assert "not None" in refusal(nothing)


def test_python_conditions_are_refused_where_the_metric_is_recorded() -> None:
    """An ``if`` in a metric says what to write."""

    def branch(m: Model) -> float:
        """A branch."""
        return 1 if m.num_experts > 1 else 0

    assert "where(test, a, b) instead of if" in refusal(branch)


@pytest.mark.parametrize("times", [12, 400])
def test_formula_that_no_cell_holds_is_refused(times: int) -> None:
    """A formula that doubles or piles up is refused at once, and does not hang or overflow."""

    def huge(m: Model) -> float:
        """Too much."""
        result = m.hidden_size
        for _ in range(times):
            result = result + (result if times == 12 else 1)
        return result

    assert "split the metric" in refusal(huge)


def test_metric_without_parameters_is_refused() -> None:
    """The first parameter is the model."""

    def none() -> float:
        """Nothing taken."""
        return 1.0

    assert "takes the model as its first parameter" in refusal(none)


# -- assumptions ----------------------------------------------------------------------------------


def test_assumptions_are_second_and_third_parameters() -> None:
    """Every dataclass after the model brings its assumptions, in order, with their defaults."""
    assert served.assumption_types == (Use, More)
    found = [(item.name, item.label, item.default, item.maximum) for item in served.assumptions]
    assert found == [
        ("batch", "Batch", 4.0, 2.0**53),
        ("spare", "Spare", 0.5, 1),
        ("devices", "Devices", 8.0, 2.0**53),
    ]
    assert served.of(hidden_size=64, num_experts=8) == 8 * 4 * 0.5 / 8
    assert served.of(hidden_size=64, num_experts=8, batch=2, spare=0, devices=1) == 16


def test_annotation_of_the_model_may_be_for_type_checkers_only() -> None:
    """Only the annotations of assumptions are looked up when the metric is recorded."""

    def lenient(m: OnlyForTypeCheckers, u: Use) -> float:
        """Lenient."""
        return m.num_experts * u.batch

    assert of(lenient).of(num_experts=3) == 12


@dataclass
class Thawed:
    """Not frozen."""

    batch: float = assumption(4, symbol="B", unit="sequences", help="Sequences at once.")


@dataclass(frozen=True)
class Undeclared:
    """A plain default."""

    batch: float = 4.0


@dataclass(frozen=True)
class OutOfBounds:
    """A default that nobody could type."""

    spare: float = assumption(2, symbol="ε", unit="ratio", help="Kept free.", maximum=1)


@dataclass(frozen=True)
class Unhelpful:
    """No unit."""

    spare: float = assumption(1, symbol="ε", unit=" ", help="Kept free.")


@pytest.mark.parametrize(
    ("holder", "message"),
    [
        (Thawed, "Thawed must be a frozen dataclass of assumptions"),
        (float, "float must be a frozen dataclass of assumptions"),
        (Undeclared, r"Undeclared\.batch must be declared with assumption\(\)"),
        (OutOfBounds, r"OutOfBounds\.spare is 2 by default, expected from 0 to 1 ratio"),
        (Unhelpful, r"Unhelpful\.spare has an empty unit"),
        (Use | None, r"must be a frozen dataclass of assumptions"),
    ],
)
def test_odd_assumptions_are_refused(holder: Any, message: str) -> None:
    """Assumptions are declared in full, and their defaults lie in their own bounds."""
    with pytest.raises(TypeError, match=message):
        assumptions_of(holder)

    def uses(m: Model, u) -> float:  # type: ignore[no-untyped-def]
        """Uses them."""
        return m.num_experts * u.batch

    uses.__annotations__["u"] = holder
    with pytest.raises(TypeError, match=message):
        assert of(uses).expr


def test_assumptions_need_an_annotation() -> None:
    """A second parameter without annotation, or with one that is not there, is explained."""

    def bare(m: Model, u) -> float:  # type: ignore[no-untyped-def]
        """Bare."""
        return m.num_experts * u.batch  # type: ignore[no-any-return]

    def unknown(m: Model, u: Nowhere) -> float:  # type: ignore[name-defined]  # noqa: F821
        """Unknown."""
        return m.num_experts * u.batch  # type: ignore[no-any-return]

    assert "parameter 'u' has no annotation" in refusal(bare)
    assert "'Nowhere', which the module does not have" in refusal(unknown)


# -- of -------------------------------------------------------------------------------------------


def test_of_is_the_function() -> None:
    """One model's fields give the metric; what is missing gives NaN."""
    assert expert_flops_savings.of(num_experts=1000, num_experts_per_tok=2) == 0.998
    assert math.isnan(expert_flops_savings.of(num_experts=1000))
    assert math.isnan(expert_flops_savings.of(num_experts=0, num_experts_per_tok=1))


def test_of_takes_typed_metrics_and_assumptions() -> None:
    """A typed value wins wherever it stands in the chain, and assumptions reach through it."""
    assert total_params.of(always_active_params=2, expert_params=3, num_experts=4) == 14
    assert total_params.of(total_params=5) == 5
    layer = {"num_experts": 4, "expert_input_dim": 3, "expert_output_dim": 5}
    assert dense_layer_flops.of(**layer) == 120
    assert dense_layer_flops.of(**layer, flops_per_mac=1) == 60
    known = {"linear_flops": 7, "attention_core_flops": 5}
    assert forward_flops.of(**known, context_length=9) == 12


def test_of_fills_in_defaults() -> None:
    """Fields with defaults have them here too, those made of other fields included."""
    shape = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4}
    assert attention_core_flops.of(**shape) == 2 * 4 * 32 * 2 * 2048
    assert attention_core_flops.of(**shape, head_dim=8) == 2 * 4 * 16 * 2 * 2048


def test_of_refuses_unknown_names() -> None:
    """A typo is no missing input; names that the metric does not need are fine."""
    with pytest.raises(TypeError, match=r"'num_expert'\. Did you mean 'num_experts'\?"):
        expert_flops_savings.of(num_expert=8, num_experts_per_tok=2)
    with pytest.raises(TypeError, match=r"'contxt_length'\. Did you mean 'context_length'\?"):
        forward_flops.of(contxt_length=8)
    assert expert_flops_savings.of(num_experts=8, num_experts_per_tok=2, vocab_size=9) == 0.75
    assert expert_flops_savings.of(num_experts=8, num_experts_per_tok=2, total_params=9) == 0.75


# -- what is shipped ------------------------------------------------------------------------------


def test_shipped_metrics_are_documented(registry: Registry) -> None:
    """Every metric has a unit, a symbol, a source, a docstring that is a sentence, and a name."""
    assert len(registry.metrics) > 40
    for item in registry.metrics.values():
        for text in (item.symbol, item.unit, item.source, item.label):
            assert text.strip(), item.name
        assert item.description.endswith("."), item.name
        assert item.description[0].isupper(), item.name
        assert item.name.isidentifier()
        assert item.name not in FIELDS
        assert item.expr.symbols() or item.expr.series(), item.name


def test_shipped_names_and_symbols_are_unique(registry: Registry) -> None:
    """No two things that a formula can mention look alike."""
    names = list(registry.metrics)
    assert len(set(names)) == sum(len(section.metrics) for section in registry.sections)
    computed = (*registry.layers.values(), *registry.metrics.values())
    symbols = [TOKENS_SYMBOL, *(item.symbol for item in computed)]
    symbols += [item.symbol for item in registry.assumptions.values()]
    symbols += [field.symbol for field in FIELDS.values()]
    twice = {text for text in symbols if symbols.count(text) > 1}
    assert not twice
    for section in registry.sections:
        labels = [item.label for item in section.metrics]
        assert len(set(labels)) == len(labels)


def test_shipped_assumptions_are_documented(registry: Registry) -> None:
    """Every assumption has a unit, a default within bounds and a sentence of help."""
    assert registry.assumptions
    for item in registry.assumptions.values():
        assert item.unit.strip()
        assert item.symbol.strip()
        assert item.help.endswith(".")
        assert item.minimum <= item.default <= item.maximum


# -- sparse expert efficiency, as its text has it -------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "dense", "sparse", "savings"),
    [
        ((1000, 2, 512, 512), 262_144_000, 524_288, 99.8),
        ((10, 1, 64, 64), 40_960, 4_096, 90.0),
        ((16, 2, 256, 512), 2_097_152, 262_144, 87.5),
        ((1, 1, 1, 1), 1, 1, 0.0),
        ((3, 1, 7, 5), 105, 35, 66.7),
    ],
)
def test_flops_savings_of_a_layer(
    arguments: tuple[int, int, int, int], dense: int, sparse: int, savings: float
) -> None:
    """The text's examples, to the multiply-accumulate and to its one decimal."""
    experts, active, input_dim, output_dim = arguments
    layer = {
        "num_experts": experts, "num_experts_per_tok": active,
        "expert_input_dim": input_dim, "expert_output_dim": output_dim,
    }  # fmt: skip
    assert dense_layer_macs.of(**layer) == dense
    assert sparse_layer_macs.of(**layer) == sparse
    assert flops_savings(*arguments) == savings
    assert round(expert_flops_savings.of(**layer) * 100, 1) == savings


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1, 4, 4), "num_experts must be a whole number of at least 1, not 0"),
        ((8, 0, 4, 4), "active_experts must be a whole number of at least 1, not 0"),
        ((8, -2, 4, 4), "active_experts must be a whole number of at least 1, not -2"),
        ((8, 2, 0, 4), "input_dim must be a whole number of at least 1, not 0"),
        ((8, 2, 4, -1), "output_dim must be a whole number of at least 1, not -1"),
        ((8, 9, 4, 4), "active_experts is 9, of only 8 experts"),
        ((8.5, 2, 4, 4), "num_experts must be a whole number of at least 1, not 8.5"),
        ((True, True, 4, 4), "num_experts must be a whole number of at least 1, not True"),
        (("8", 2, 4, 4), "num_experts must be a whole number of at least 1, not '8'"),
    ],
)
def test_flops_savings_refuses_impossible_layers(
    arguments: tuple[Any, Any, Any, Any], message: str
) -> None:
    """What is no layer is a ValueError that names the argument and the value."""
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        flops_savings(*arguments)


def test_functions_are_typed_as_floats() -> None:
    """A metric's body may mix fields and functions freely."""

    def mixed(m: Model) -> float:
        """Mixed."""
        return coalesce(m.moe_intermediate_size, 0) + where(m.num_experts > 1, m.hidden_size, 1)

    assert of(mixed).of(intermediate_size=3, num_experts=2, hidden_size=5) == 8
