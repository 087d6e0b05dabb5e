"""The report of a sweep: which designs it shows, what they are called, and what it says of all."""

from __future__ import annotations

from pathlib import Path

import pytest

from moe_report.branding import Branding
from moe_report.reports import Report
from moe_report.schema.charts import Scatter
from moe_report.sweeps.block import Block, count_block
from moe_report.sweeps.make_plan import Sweep
from moe_report.sweeps.report import ON_FRONT, axes_of, name_of_design, report_of, shown_of
from moe_report.sweeps.run import Found, merged
from tests.sweeps.plans import SMALL, sweep_of

pytestmark = pytest.mark.usefixtures("counting_alone")


def found_of(sweep: Sweep) -> Found:
    """What a small sweep finds."""
    return merged(sweep.plan, [count_block(sweep.plan, Block(0, sweep.plan.designs))])


def reported(folder: Path, text: str = SMALL, most: int = 500, x: str | None = None) -> Report:
    """The report of a sweep."""
    sweep = sweep_of(folder, text)
    axes = axes_of(sweep, x, None)
    return report_of(sweep, found_of(sweep), axes, most, "Title", Branding(intro="Theirs."))


def test_front_that_is_too_long_is_shown_from_end_to_end(tmp_path: Path) -> None:
    """Both ends and the best are there, and a sentence says how many are not."""
    text = SMALL.replace("{from = 1, to = 3}", "[2]")
    sweep = sweep_of(tmp_path, text)
    found = found_of(sweep)
    assert len(found.front) > 8
    shown = found.front.of(shown_of(found, 4)).ordered()
    whole = found.front.ordered()
    assert shown.design[[0, -1]].tolist() == whole.design[[0, -1]].tolist()
    best = {*found.best.design.tolist()} & {*whole.design.tolist()}
    assert len(best) > 1
    assert best <= {*shown.design.tolist()}
    assert 4 <= len(shown) <= 4 + len(best)
    report = reported(tmp_path, text, most=4)
    assert f"Of the front {len(shown)} designs are shown here" in report.branding.intro
    front = [cell.value for cell in report.columns[ON_FRONT.name].cells]
    assert front.count(1) == len(shown)


def test_report_says_what_was_swept_below_what_its_user_says(tmp_path: Path) -> None:
    """How many designs, of what, how many each rule removed, and where the model stands."""
    said = reported(tmp_path).branding.intro
    assert said.startswith(
        "Theirs.\n\n156 designs of Mixtral-8x7B were counted, of num_experts (4)"
    )
    assert "moe_intermediate_size follows from them" in said
    assert "39 by not whole: moe_intermediate_size" in said
    assert "by total_params <= 50e9" in said
    assert "Mixtral-8x7B itself is not on the front" in said


def test_chart_has_the_objectives_on_its_axes_or_what_is_asked(tmp_path: Path) -> None:
    """The first two; of one objective alone what is varied; and what is named."""
    one = SMALL.replace('"max total_params", ', "")
    for text, x, expected in (
        (SMALL, None, ("total_params", "forward_flops")),
        (SMALL, "hidden_size", ("hidden_size", "total_params")),
        (one, None, ("num_experts", "forward_flops")),
    ):
        chart = reported(tmp_path, text, x=x).charts[0].drawn
        assert isinstance(chart, Scatter)
        assert (chart.x.columns[0], chart.series[0].columns[0]) == expected


def test_designs_are_called_by_what_is_varied(tmp_path: Path) -> None:
    """By symbols and values; what is the same for all is left out, and large values are short."""
    text = SMALL.replace("num_experts_per_tok = {from = 1, to = 3}", "num_experts_per_tok = [2]")
    sweep = sweep_of(tmp_path, text + "context_length = [4096, 2e6]\n")
    values = {"num_experts": 8.0, "hidden_size": 4096.0, "num_experts_per_tok": 2.0}
    called = name_of_design(sweep, {**values, "context_length": 2e6})
    assert called == "E=8 d=4096 S=2M"
    names = [model.name for model in reported(tmp_path).models]
    assert len({*names}) == len(names)
