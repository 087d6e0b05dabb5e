"""Metrics and fields of sections where they are called, compared or named wrongly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moe_report import Model, field
from moe_report.api.row import ReportedModel
from moe_report.errors import PluginError
from moe_report.schema.declared_names import ATTRIBUTES_OF_A_MODEL
from moe_report.schema.registry import load
from tests.reports import MIXTRAL, report_of, row
from tests.schema.test_metrics import Use, of, per_expert, refusal

power = field("power", symbol="W", unit="W", help="Of a device.")


@pytest.mark.parametrize(
    "call",
    [
        lambda m, u: per_expert(m, Use(batch=100)),
        lambda m, u: per_expert(m, replace(u, spare=0.1)),
        lambda m, u: per_expert(m, u, Use()),
        lambda m, u: per_expert(m, Use(u.spare, u.batch)),
        lambda m, u: per_expert(m, Use),
        lambda m, u: per_expert(m, 100),
        lambda m, u: per_expert(m, m.num_experts),
        lambda m, u: per_expert(m, None),
    ],
)
def test_a_metric_is_computed_for_no_other_assumptions(call: Any) -> None:
    """They would be dropped without a word; those of the report may be passed on."""

    def serving(m: Model, u: Use) -> float:
        """Computed for the assumptions of a call."""
        return call(m, u)

    assert "computed for the report's assumptions and no others: write pe" in refusal(serving)


def test_assumptions_may_be_passed_on() -> None:
    """They are the report's."""

    def serving(m: Model, u: Use) -> float:
        """Computed for the report's assumptions."""
        return 2 * per_expert(m, u)

    assert repr(of(serving).expr) == "mul(2, per_expert)"


@pytest.mark.parametrize(
    "test",
    [
        lambda m: per_expert == 16, lambda m: per_expert != 16,
        lambda m: per_expert == m.num_experts, lambda m: m.num_experts != per_expert,
        lambda m: per_expert == "per_expert", lambda m: per_expert in (1, 2),
        lambda m: power == 7, lambda m: power != per_expert(m),
    ],
)  # fmt: skip
def test_a_metric_that_is_not_called_is_no_number(test: Any) -> None:
    """A comparison with it would be the same for every model."""

    def branch(m: Model) -> float:
        """One arm or the other."""
        return m.num_experts if test(m) else 0

    assert "a formula is made of numbers and symbols, not the " in refusal(branch)


def test_metrics_are_themselves() -> None:
    """They can be told apart, and looked up."""
    twin = of(per_expert.function)
    assert per_expert == per_expert
    assert per_expert != twin
    assert power != per_expert
    assert [twin, power, per_expert].index(per_expert) == 2
    assert {per_expert: 1, twin: 2}[per_expert] == 1


@pytest.mark.parametrize("name", sorted(ATTRIBUTES_OF_A_MODEL))
def test_name_of_an_attribute_of_a_model_is_refused(name: str) -> None:
    """``report[0].at`` would be the row's place, and not the number."""

    def function(m: Model) -> float:
        """Something."""
        return m.hidden_size

    function.__name__ = name
    with pytest.raises(PluginError, match=f"metric '{name}' of .* by which a model has something"):
        of(function)


def test_attributes_of_a_model_are_those_of_the_notebook() -> None:
    """All that a model of a report has without being asked for a column."""
    own = {*vars(ReportedModel), *vars(ReportedModel(report_of(row("it", MIXTRAL)), 0))}
    assert {name for name in own if not name.startswith("_")} == ATTRIBUTES_OF_A_MODEL


ABOVE = {
    "metric": "@metric(symbol='x', unit='x', source='s')\ndef twice(m: Model) -> float:\n"
    '    """A number."""\n    return m.num_experts * {}\n',
    "check": "@check('suspicious', about='num_experts')\ndef twice(m: Model) -> Doubt:\n"
    '    """A doubt."""\n    return doubt(m.num_experts > {}, \'many\')\n',
    "field": "twice = field('twice', symbol='W', unit='W', help='Power.', default={})\n",
}


@pytest.mark.parametrize("second", ["metric", "check"])
@pytest.mark.parametrize("first", ABOVE)
def test_a_second_one_of_a_name_is_refused(tmp_path: Path, first: str, second: str) -> None:
    """The first would be gone without a word."""
    head = '"""Twice."""\nfrom moe_report import Doubt, Model, check, doubt, field, metric\n'
    (tmp_path / "twice.py").write_text(
        head + ABOVE[first].format(1) + ABOVE[second].format(2), "utf-8"
    )
    [failure] = load([tmp_path / "twice.py"]).failures
    said = "has the name of the field twice" if first == "field" else "is a second one; rename it"
    assert f"{second} 'twice' of moe_report_file_twice {said}" in failure.cause
