"""What ``--only`` and ``--skip`` leave of sections whose charts and checks refer to each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from moe_report.compute.build import build_report
from moe_report.reports import Report
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Source
from tests import sections
from tests.reports import MIXTRAL, row

BUILT_IN = list(sections.BUILT_IN)

LENDING = '''"""Lending."""

from dataclasses import dataclass

from moe_report import (
    Doubt, Model, assumption, bars, check, doubt, field, metric, point, preset
)


@dataclass(frozen=True)
class Hardware:
    """What it runs on."""

    bandwidth: float = assumption(2, symbol="W", unit="byte/s", help="Of one device.", maximum=99)


FAST = preset("gadget", "Fast", Hardware(9), source="a test")
device_power = field("device_power", symbol="W_d", unit="W", help="Under load.", default=7)
said = {"unit": "x", "source": "a test"}


@metric(symbol="l", **said)
def lent(m: Model, hardware: Hardware) -> float:
    """What the other section draws or checks."""
    return m.num_experts * hardware.bandwidth


@metric(symbol="k", **said)
def kept_back(m: Model) -> float:
    """What no other section needs."""
    return m.num_experts * device_power(m)


def _check(name, about, numbers):
    def found(m: Model) -> Doubt:
        """It always holds."""
        return doubt(m.num_experts > 1, name, stated=numbers(m))

    found.__name__ = name
    return check("suspicious", about=about)(found)


of_lent = _check("of_lent", lent, lambda m: m.num_experts)
of_both = _check("of_both", lent, lambda m: kept_back(m))
of_fields = _check("of_fields", "num_experts", lambda m: m.num_experts)
chart = bars("lent", lent, title="Lent")
POINTS = (point("Lending", "What it is.", here=lambda numbers: "Here."),)
'''
BORROWING = '''"""Borrowing."""

from lending import Hardware, device_power, kept_back, lent
from moe_report import Doubt, Model, bars, check, doubt, metric, rounding, scatter, typed


@metric(symbol="b", unit="x", source="a test")
def borrowed(m: Model) -> float:
    """A number of its own."""
    return 1 * m.num_experts

'''
# What makes the one section need something of the other, and what that is.
NEEDS = {
    "chart = bars('both', (borrowed, lent), title='Both')": {"lent"},
    "chart = scatter('power', device_power, borrowed, title='Power')": {"device_power"},
    "chart = scatter('of', 'num_experts', borrowed, title='T', guides={'g': 'bandwidth'})":
        {"lent"},
    "test, sentence, numbers = lent(m) > 1, 'said', ()": {"lent"},
    "test, sentence, numbers = m.num_experts > 1, '{} lent', (lent(m),)": {"lent"},
    "test, sentence, numbers = m.num_experts > rounding(lent), 'said', ()": {"lent"},
    "test, sentence, numbers = m.num_experts > 1, '{}', (kept_back(m),)":
        {"kept_back", "device_power"},
}  # fmt: skip
CHECK = '''
@check("suspicious", about=borrowed)
def borrowing(m: Model) -> Doubt:
    """A check of numbers of the other section."""
    {}
    return doubt(test, sentence, *numbers)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the lending section is a module that can be imported."""
    (tmp_path / "lending.py").write_text(LENDING, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "lending", raising=False)
    return tmp_path


@pytest.fixture
def site_with_lending(folder: Path) -> Path:
    """The same, installed as the section ``lending``."""
    information = folder / "moe_lending-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: moe-lending\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text("[moe_report.metrics]\nlending = lending\n")
    return folder


def both(folder: Path, body: str) -> Registry:
    """The registry of the two sections and what is installed."""
    text = body if body.startswith("chart") else CHECK.format(body)
    (folder / "borrowing.py").write_text(BORROWING + text, "utf-8")
    found = load([folder / "borrowing.py"])
    assert not found.failures
    return found


def reported(registry: Registry) -> Report:
    """The report of a model."""
    return build_report(ModelTable((row("it", MIXTRAL),), Source("models.xlsx")), registry)


@pytest.mark.parametrize("body", NEEDS)
def test_a_section_brings_what_its_charts_and_checks_need(
    site_with_lending: Path, body: str
) -> None:
    """Alone it draws and finds what it does beside the other, whose own sayings are gone."""
    registry = both(site_with_lending, body)
    alone = registry.choose(only=["borrowing"])
    theirs = [section for section in alone.sections if section.name == "lending"]
    names = {one.name for section in theirs for one in (*section.metrics, *section.fields)}
    assert names == NEEDS[body]
    report, whole = reported(alone), reported(registry)
    own = [chart.drawn.name for chart in whole.charts if chart.drawn.module.endswith("borrowing")]
    assert [chart.drawn.name for chart in report.charts] == own
    of_borrowed = [one for one in whole.findings if one.column == "borrowed"]
    assert [one for one in report.findings if one.column == "borrowed"] == of_borrowed
    assert bool(of_borrowed) == (not body.startswith("chart"))
    assert "Lending" not in [point.title for point in report.help.points]


@pytest.mark.parametrize(
    ("options", "checks", "presets"),
    [
        ({"only": ["parameter_ledger"]}, None, []),
        ({"only": ["borrowing"]}, ["of_lent"], ["gadget"]),
        ({"skip": ["lending"]}, ["of_lent"], ["gadget"]),
        ({"only": ["lending"]}, ["of_lent", "of_both", "of_fields"], ["gadget"]),
        ({"skip": ["borrowing"]}, ["of_lent", "of_both", "of_fields"], ["gadget"]),
    ],
)
def test_what_stays_of_a_section_that_is_not_chosen(
    site_with_lending: Path, options: dict[str, list[str]], checks: list[str] | None,
    presets: list[str],
) -> None:  # fmt: skip
    """Checks of its numbers that stay, and presets of what a metric takes; no chart, no point."""
    registry = both(site_with_lending, "chart = bars('both', (borrowed, lent), title='Both')")
    chosen = registry.choose(**options)
    left = {section.name: section for section in chosen.sections}
    report = reported(chosen)
    if checks is None:
        assert "lending" not in left
        assert not [one for one in report.findings if one.level == "suspicious"]
    else:
        assert [check.name for check in left["lending"].checks] == checks
        said = [one.message for one in report.findings if one.message.startswith("of_")]
        assert said == checks
    assert [name for name in chosen.presets if name == "gadget"] == presets
    own = {one.name for one in chosen.sections if one.points}
    is_chosen = len(checks or []) == 3
    assert ("lending" in own) == is_chosen
    assert ("lent" in chosen.skipped_charts) == (not is_chosen)


@pytest.mark.parametrize("kind", ["only", "skip"])
@pytest.mark.parametrize("name", BUILT_IN[:-1])  # the last is of counts
def test_all_that_is_left_of_the_built_in_ones_is_there(kind: str, name: str) -> None:
    """Every chart that stays is drawn of the report's columns, and no check takes another."""
    chosen = load().choose(**{kind: [name]})
    known = {*chosen.fields, *chosen.metrics}
    for section in chosen.sections:
        for one in (*section.charts, *section.checks):
            assert known.issuperset(one.columns), one.name
    if kind == "only":
        mine = next(section for section in load().sections if section.name == name)
        drawn = [chart.drawn.name for chart in reported(chosen).charts]
        assert sorted(drawn) == sorted(chart.name for chart in mine.charts)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("about='num_expertz'", "'num_expertz', which is no field or metric. Did you mean 'num_e"),
        ("about='lentt'", "is about 'lentt', which is no field or metric. Did you mean 'lent'?"),
        ("about='model_type'", "is about 'model_type', which is text, not a number."),
        ("about=''", "is about '', which is no field or metric."),
        ("about=borrowed; typo", "is about 'num_expertz', which is no field or metric."),
    ],
)
def test_a_check_of_what_there_is_not(site_with_lending: Path, body: str, said: str) -> None:
    """Its section is left out, with the nearest name; it would never have held."""
    about, _, typo = body.partition("; ")
    number = "typed('num_expertz')" if typo else "1"
    text = CHECK.replace("about=borrowed", about).format(
        f"test, sentence, numbers = m.num_experts > {number}, 'said', ()"
    )
    (site_with_lending / "borrowing.py").write_text(BORROWING + text, "utf-8")
    registry = load([site_with_lending / "borrowing.py"])
    [failure] = registry.failures
    assert failure.section == "borrowing"
    assert said in failure.cause
    assert "lending" in [section.name for section in registry.sections]


@pytest.mark.parametrize("options", [{"only": ["borrowing"]}, {"skip": ["lending"]}])
def test_a_preset_of_a_section_that_is_not_chosen(
    site_with_lending: Path, options: dict[str, list[str]]
) -> None:
    """Somebody may have chosen it where all sections were there: it holds."""
    registry = both(site_with_lending, "chart = bars('both', (borrowed, lent), title='Both')")
    table = ModelTable((row("it", MIXTRAL),), Source("models.xlsx"))
    report = build_report(table, registry.choose(**options), presets={"gadget": "Fast"})
    assert report.columns["lent"].cells[0].value == 9 * MIXTRAL["num_experts"]


@pytest.mark.parametrize("kept", [["parameter_efficiency"], ["flops_savings"]])
def test_a_claim_is_checked_in_every_way(registry: Registry, kept: list[str]) -> None:
    """What is published without the input embedding is no finding either, whatever is shown."""
    numbers = MIXTRAL | {"published_active_params": 12_879_925_248 - 32_000 * 4_096}
    table = ModelTable((row("a", numbers),), Source("models.xlsx", sheet="Models"))
    assert build_report(table, registry).findings == ()
    assert build_report(table, registry.choose(only=kept)).findings == ()
