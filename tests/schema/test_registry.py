"""Discovery of sections: other people's packages, broken ones, files."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from moe_report.errors import PluginError
from moe_report.schema import registry as registry_module
from moe_report.schema.registry import Registry, load
from moe_report.schema.sections import Failure
from tests import sections
from tests.schema.distributions import install

BUILT_IN = list(sections.BUILT_IN)

HEAD = """
from dataclasses import dataclass
from moe_report import Model, assumption, ceil, metric, where
from moe_report_metrics.parameter_ledger import total_params
said = {"symbol": "x", "unit": "byte", "source": "a convention"}
"""
GOOD = (
    '"""Weights in memory.\n\nFirst paragraph\nof the introduction.\n\nSecond.\n"""\n'
    + HEAD
    + '''
@metric(**said)
def zz_weight_bytes(m: Model) -> float:
    """Bytes of the weights."""
    return 2 * total_params(m)

@metric(**said)
def aa_pages(m: Model) -> float:
    """Pages of the weights."""
    return ceil(zz_weight_bytes(m) / 4096)
'''
)


def broken(body: str) -> str:
    """A module whose only metric's function has a body."""
    return HEAD + dedent(
        f'''
        @metric(**said)
        def hapless(m: Model) -> float:
            """It will not work."""
            {body}
        '''
    )


def names(found: Registry) -> list[str]:
    """The sections, in order."""
    return [section.name for section in found.sections]


def only_failure(site: Path, source: str, **options: str) -> Failure:
    """The failure of a module, everything else having come out."""
    points = {"trouble": "trouble_module"}
    install(site, "moe-trouble", {"trouble_module": source}, points, **options)
    found = load()
    assert names(found) == BUILT_IN
    (failure,) = found.failures
    return failure


# -- what is found --------------------------------------------------------------------------------


def test_built_in_sections_come_in_by_the_same_door() -> None:
    """Without anybody else's package, the shipped sections in their order and no failure."""
    found = load()
    assert names(found) == BUILT_IN
    assert not found.failures
    assert {section.distribution for section in found.sections} == {"moe-report"}


def test_section_of_another_distribution(site: Path) -> None:
    """Its title, introduction, version and metrics in source order are those of the module."""
    install(site, "moe-memory", {"memory_module": GOOD}, {"memory": "memory_module"})
    found = load()
    assert not found.failures
    assert names(found) == [*BUILT_IN, "memory"]
    section = found.sections[-1]
    assert section.title == "Weights in memory"
    assert section.introduction == ("First paragraph of the introduction.", "Second.")
    assert [metric.name for metric in section.metrics] == ["zz_weight_bytes", "aa_pages"]
    assert (section.distribution, section.version) == ("moe-memory", "1.5")
    assert section.origin == "moe-memory (memory_module)"
    assert found.metrics["zz_weight_bytes"].of(total_params=10) == 20


def test_imported_metrics_are_not_the_sections_own(site: Path) -> None:
    """Importing a metric to call it does not bring it twice; a second name does neither."""
    source = GOOD + "\nalso_known_as = zz_weight_bytes\n"
    install(site, "moe-memory", {"memory_module": source})
    section = load().sections[-1]
    assert [metric.name for metric in section.metrics] == ["zz_weight_bytes", "aa_pages"]


def test_order_is_stable(site: Path) -> None:
    """Sections follow ORDER, then distribution, then name, however they are found."""

    def module(number: int, order: str = "") -> str:
        own = GOOD.replace("zz_weight_bytes", f"z{number}z").replace("aa_pages", f"a{number}a")
        return own + order

    modules = {"m1": module(1), "m2": module(2, "\nORDER = 15\n")}
    install(site, "moe-b", modules, {"y": "m1", "x": "m2"})
    install(site, "moe-a", {"m3": module(3), "m4": module(4)}, {"z": "m3", "w": "m4"})
    first, again = load(), load()
    assert names(first) == [BUILT_IN[0], "x", *BUILT_IN[1:], "w", "z", "y"]
    assert names(again) == names(first)
    assert list(again.metrics) == list(first.metrics)
    order = [metric.name for metric in first.evaluation_order()]
    assert order == [metric.name for metric in again.evaluation_order()]


def test_evaluation_order_puts_called_metrics_first(site: Path) -> None:
    """A metric comes after those its formula refers to, across sections too."""
    install(site, "moe-memory", {"memory_module": GOOD + "\nORDER = 1\n"})
    found = load()
    assert names(found)[0] == "memory_module"
    order = found.evaluation_order()
    assert {metric.name for metric in order} == set(found.metrics)
    seen: set[str] = set()
    for metric in order:
        assert set(metric.calls) <= seen, metric.name
        seen.add(metric.name)


# -- what fails -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("raise ValueError('first line\\nsecond line')", "ValueError: first line"),
        ("raise ValueError", "ValueError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import sys; sys.exit('good bye')", "SystemExit: good bye"),
        ("def f(:", "SyntaxError"),
        ("raise UnicodeDecodeError('utf-8', b'x', 0, 1, 'bad')", "UnicodeDecodeError"),
        (HEAD, "TypeError: the module defines no @metric function"),
        (HEAD + "\n@metric(**said)\ndef mute(m): return m.x\n", "'mute' of trouble_module has no"),
        (GOOD + "\nORDER = 'first'\n", "TypeError: ORDER is 'first', expected a number"),
        (broken("raise ZeroDivisionError('no')"), "metric 'hapless': ZeroDivisionError: no"),
        (broken("raise SystemExit(1)"), "metric 'hapless': SystemExit: 1"),
        (broken("return b'x'.decode('utf-16')"), "metric 'hapless': UnicodeDecodeError"),
        (broken("return {}['k']"), "metric 'hapless': KeyError: 'k'"),
        (broken("return m.num_expert"), "metric 'hapless': AttributeError: 'num_expert' is not a "
         "field of a model. Did you mean 'num_experts'?"),
        (broken("return 1 if m.num_experts else 0"), "'hapless': TypeError: a symbol is neither"),
        (broken("return m.num_experts > 1"), "metric 'hapless': TypeError: it gives a test"),
        (broken("return None"), "metric 'hapless': TypeError: a formula is made of numbers"),
        (broken("return float('nan')"), "metric 'hapless': TypeError: a formula cannot hold nan"),
        (broken("return hapless.function(m)"), "metric 'hapless': RecursionError"),
    ],
)  # fmt: skip
def test_failing_module_is_named(site: Path, source: str, cause: str) -> None:
    """Whatever a module does, the failure names where it comes from; the others come out."""
    failure = only_failure(site, source)
    assert (failure.section, failure.distribution) == ("trouble", "moe-trouble")
    assert failure.module == "trouble_module"
    assert cause in failure.cause
    assert "\n" not in failure.cause
    assert str(failure) == (
        f"section 'trouble' of moe-trouble (trouble_module) failed: {failure.cause}"
    )


@pytest.mark.parametrize(
    ("source", "mend"),
    [
        (HEAD + "@metric  # here\ndef bare(m): return 1", "@metric: too many positional arguments; "
         "write @metric(symbol=..., unit=..., source=...)"),
        (HEAD + "@metric(symbol='x', source='y')  # here\ndef unitless(m): return 1", "'unit'; "
         "write @metric(symbol=..., unit=..., source=...)"),
        (HEAD + "@metric(**said, units='x')  # here\ndef odd(m): return 1", "@metric: got an "
         "unexpected keyword argument 'units'; write @metric("),
        (GOOD + GOOD[GOOD.index("@metric"):].replace("said)", "said)  # here", 1), "metric "
         "'zz_weight_bytes' of trouble_module is a second one; rename it, or that of line 14"),
        (broken("return 2 * total_params  # here"), "metric 'hapless': TypeError: a formula is "
         "made of numbers and symbols, not the metric total_params (in "
         "a formula write total_params(m))"),
        (broken("return m.num_experts * total_params  # here"), "a formula write total_params(m))"),
        (broken("return where(total_params > 1, 1, 0)  # here"), "write total_params(m))"),
        (broken("return where(m.hidden_size > 1, total_params, 0)  # here"),
         "a formula write total_params(m))"),
        (broken("return total_params").replace("said)", "said)  # here"), "write total_params(m))"),
        (broken("return m['num_experts']  # here"), "metric 'hapless': TypeError: a field is an "
         "attribute of the model: write m.num_experts"),
        ("def f():\n    1 / 0  # here\nf()", "ZeroDivisionError: division by zero"),
    ],
)  # fmt: skip
def test_failure_names_the_line_and_the_mend(site: Path, source: str, mend: str) -> None:
    """What a beginner gets wrong is said in one line: what to write, and where."""
    cause = only_failure(site, source).cause
    before, marked, _ = source.partition("# here")
    assert marked
    assert "\n" not in cause
    assert mend in cause
    assert cause.endswith(f" (trouble_module.py, line {before.count(chr(10)) + 1})")


def test_module_may_be_loaded_anew(site: Path) -> None:
    """The same definition a second time is no second metric."""
    install(site, "moe-memory", {"memory_module": GOOD})
    load()
    importlib.reload(sys.modules["memory_module"])
    assert "zz_weight_bytes" in load().metrics


@pytest.mark.slow
@pytest.mark.parametrize(("option", "said"), [("-O", ""), ("-OO", "python -OO strips docstrings")])
def test_optimized_python(tmp_path: Path, option: str, said: str) -> None:
    """A broken section is a line as ever; one line says that docstrings are needed."""
    plugin = tmp_path / "plugin.py"
    plugin.write_text(broken("return m.num_expert"), "utf-8")
    output = tmp_path / "out"
    command = [sys.executable, option, "-m", "moe_report", "demo", "-o", str(output), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if said:
        assert done.returncode == 1
        assert (done.stderr.count("\n"), said in done.stderr) == (1, True), done.stderr
        return
    assert (done.returncode, done.stderr) == (0, "")
    model = next(output.glob("*.xlsx"))
    command = [
        sys.executable, option, "-m", "moe_report", "run", str(model), "-o", str(tmp_path / "two"),
        "--metrics", str(plugin), "--quiet",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 3, done.stderr
    assert "metric 'hapless': AttributeError: 'num_expert' is not a field" in done.stderr
    assert "Traceback" not in done.stderr


def test_interrupt_is_not_swallowed(site: Path) -> None:
    """Ctrl-C while somebody's module loads stops the program."""
    install(site, "moe-trouble", {"trouble_module": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        load()


@pytest.mark.parametrize(
    ("target", "module", "cause"),
    [
        ("trouble_module:zz_weight_bytes", "trouble_module", "not a module of metrics"),
        ("trouble_module:nothing", "trouble_module", "nothing"),
        ("gone_module", "gone_module", "No module named 'gone_module'"),
        ("not a module", "not a module", ""),
        ("with-hyphen", "with-hyphen", ""),
    ],
)
def test_entry_point_that_is_no_module(site: Path, target: str, module: str, cause: str) -> None:
    """An entry point must name a module that is there; even one that cannot be parsed is told."""
    install(site, "moe-trouble", {"trouble_module": GOOD}, {"trouble": target})
    found = load()
    assert names(found) == BUILT_IN
    (failure,) = found.failures
    assert (failure.distribution, failure.module) == ("moe-trouble", module)
    assert cause in failure.cause


def test_distribution_without_metadata(site: Path) -> None:
    """A half-removed package does not take the others along."""
    install(site, "moe-memory", {"memory_module": GOOD}, metadata="")
    assert names(load()) == [*BUILT_IN, "memory_module"]


def test_metric_of_a_failed_section_fails_whoever_uses_it(site: Path) -> None:
    """A section whose formulas refer to a section that failed fails too, down the chain."""
    base = GOOD.replace("4096)", "4096)\n\nhapless = 1") + broken("return m.nothing_like_it")
    middle = HEAD + dedent(
        '''
        from base_module import aa_pages
        @metric(**said)
        def middling(m: Model) -> float:
            """Uses a metric of the failed section."""
            return aa_pages(m) + 1
        '''
    )
    top = HEAD + dedent(
        '''
        from middle_module import middling
        @metric(**said)
        def topmost(m: Model) -> float:
            """Uses a metric of the section that uses it."""
            return middling(m) + 1
        '''
    )
    install(site, "moe-chain", {"base_module": base, "middle_module": middle, "top_module": top})
    found = load()
    assert names(found) == BUILT_IN
    causes = {failure.section: failure.cause for failure in found.failures}
    assert causes["base_module"].startswith("PluginError: metric 'hapless'")
    assert causes["middle_module"] == (
        "it uses aa_pages of base_module, which no loaded section brings"
    )
    assert causes["top_module"] == (
        "it uses middling of middle_module, which no loaded section brings"
    )


# -- what is refused ------------------------------------------------------------------------------


def refusal() -> str:
    """Why the one section is left out that is."""
    (failure,) = load().failures
    return failure.cause


@pytest.mark.parametrize("name", ["zz_weight_bytes", "ZZ_Weight_Bytes"])
def test_two_metrics_of_one_name(site: Path, name: str) -> None:
    """Both are named; to Excel and to the reader of headers case makes no difference."""
    install(site, "moe-one", {"one_module": GOOD})
    two = GOOD.replace("zz_weight_bytes", name).replace("aa_pages", "other_pages")
    install(site, "moe-two", {"two_module": two})
    message = refusal()
    assert f"two metrics are named {name!r}" in message
    assert "moe-one (one_module)" in message
    assert "moe-two (two_module)" in message


def test_two_sections_of_one_name(site: Path) -> None:
    """A section's name is what --only takes, so it is one section's."""
    install(site, "moe-one", {"one_module": GOOD}, {"memory": "one_module"})
    two = GOOD.replace("zz_weight_bytes", "other").replace("aa_pages", "other_pages")
    install(site, "moe-two", {"two_module": two}, {"memory": "two_module"})
    message = refusal()
    assert "two sections are named 'memory'" in message
    assert "moe-one (one_module)" in message
    assert "moe-two (two_module)" in message


@pytest.mark.parametrize(
    ("alias", "owner"),
    [
        ("top-k", "field 'num_experts_per_tok'"),
        ("Hidden Size", "field 'hidden_size'"),
        ("Total", "metric 'total_params' of moe-report (moe_report_metrics.parameter_ledger)"),
        ("expert_params", "metric 'expert_params' of moe-report"),
    ],
)
def test_alias_that_is_anothers_header(site: Path, alias: str, owner: str) -> None:
    """A column of a workbook would otherwise be read as something else than its author means."""
    source = GOOD.replace("@metric(**said)", f"@metric(**said, aliases=({alias!r},))", 1)
    install(site, "moe-one", {"one_module": source})
    message = refusal()
    assert message.startswith("metric 'zz_weight_bytes' of moe-one (one_module) has the alias")
    assert owner in message


def test_two_metrics_that_count_one_part(site: Path) -> None:
    """What an importer finds could stand under either."""
    source = GOOD.replace("@metric(**said)", '@metric(**said, counts="router")', 1)
    install(site, "moe-one", {"one_module": source})
    message = refusal()
    assert message.startswith("metric 'zz_weight_bytes' of moe-one (one_module) counts 'router',")
    assert "metric 'router_params' of moe-report (moe_report_metrics.parameter_ledger)" in message


@pytest.mark.parametrize(
    ("bodies", "circle"),
    [
        (("return first(m)", "return 1.0"), "first -> first"),
        (("return second(m)", "return 1 + first(m)"), "first -> second -> first"),
    ],
)
def test_circles(site: Path, bodies: tuple[str, str], circle: str) -> None:
    """Formulas that refer to each other in a circle have no value in any program."""
    source = HEAD + "".join(
        f'\n@metric(**said)\ndef {name}(m: Model) -> float:\n    """Round."""\n    {body}\n'
        for name, body in zip(("first", "second"), bodies, strict=True)
    )
    install(site, "moe-round", {"round_module": source})
    message = refusal()
    assert message == f"metrics refer to each other in a circle: {circle} (of round_module)"


def with_assumption(metric: str, name: str, default: float = 1) -> str:
    """A module with a metric that takes an assumption."""
    return HEAD + dedent(
        f'''
        @dataclass(frozen=True)
        class Use:
            """Of use."""
            {name}: float = assumption({default}, symbol="u", unit="things", help="What it is.")
        @metric(**said)
        def {metric}(m: Model, u: Use) -> float:
            """Uses it."""
            return m.num_experts * u.{name}
        '''
    )


def test_assumption_of_two_sections(site: Path) -> None:
    """Declared alike it is one assumption; declared differently both owners are named."""
    one, two = with_assumption("one", "devices"), with_assumption("two", "devices")
    install(site, "moe-one", {"one_module": one})
    install(site, "moe-two", {"two_module": two})
    assert load().assumptions["devices"].default == 1
    (site / "two_module.py").write_text(with_assumption("two", "devices", 42), "utf-8")
    del sys.modules["two_module"]
    message = refusal()
    assert message == (
        "assumption 'devices' of metric 'two' (two_module) differs from 'devices' of metric 'one' "
        "(one_module)"
    )


@pytest.mark.parametrize(
    "name", ["ab12", "B1", "xfd1048576", "R", "c", "R1C1", "r2c", "RC", "rc7", "TPU4", "r5"]
)
def test_assumption_that_reads_as_an_address(site: Path, name: str) -> None:
    """A defined name of Excel must not look like a cell."""
    install(site, "moe-one", {"one_module": with_assumption("one", name)})
    message = refusal()
    assert message.startswith(f"assumption {name!r} of metric 'one' (one_module)")
    assert "reads as a cell's address" in message


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("num_experts", "has the name of a field or metric"),
        ("Num_Experts", "has the name of a field or metric"),
        ("total_params", "has the name of a field or metric"),
        ("models", "means something else in Excel"),
        ("TRUE", "means something else in Excel"),
    ],
)
def test_assumption_whose_name_is_taken(site: Path, name: str, why: str) -> None:
    """An assumption's name is nobody else's, whatever the case of its letters."""
    install(site, "moe-one", {"one_module": with_assumption("one", name)})
    assert why in refusal()


@pytest.mark.parametrize("name", ["batch", "rate", "r_1", "tokens2", "ABCD1", "c_1", "crc"])
def test_assumption_with_an_innocent_name(site: Path, name: str) -> None:
    """Names that only resemble addresses are fine."""
    install(site, "moe-one", {"one_module": with_assumption("one", name)})
    assert name in load().assumptions


# -- files ----------------------------------------------------------------------------------------


def test_file_as_a_section(tmp_path: Path) -> None:
    """A Python file is a section under its own name, and says which file it is."""
    path = tmp_path / "my-memory.py"
    path.write_text(GOOD, "utf-8")
    found = load([path])
    section = found.sections[-1]
    assert (section.name, section.title) == ("my-memory", "Weights in memory")
    assert (section.distribution, section.version) == (str(path), "")
    assert "zz_weight_bytes" in found.metrics


@pytest.mark.parametrize(
    ("name", "source", "cause"),
    [
        ("bad.py", "x = ", "SyntaxError"),
        ("bad.py", "1 / 0", "ZeroDivisionError: division by zero"),
        ("bad.py", "", "the module defines no @metric function"),
        ("bad.txt", GOOD, "bad.txt is not a Python file"),
    ],
)
def test_file_that_fails(tmp_path: Path, name: str, source: str, cause: str) -> None:
    """A file that cannot be used is a failure that names it, and leaves nothing behind."""
    path = tmp_path / name
    path.write_text(source, "utf-8")
    before = set(sys.modules)
    found = load([path])
    assert names(found) == BUILT_IN
    (failure,) = found.failures
    assert (failure.distribution, failure.module) == (str(path), "bad")
    assert cause in failure.cause
    assert {n for n in set(sys.modules) - before if n.startswith("moe_report_file")} <= {
        "moe_report_file_bad"
    }


def test_file_with_assumptions_and_postponed_annotations(tmp_path: Path) -> None:
    """Annotations that are texts are looked up in the file."""
    path = tmp_path / "lazy.py"
    source = "from __future__ import annotations\n" + with_assumption("lazily", "devices", 7)
    path.write_text(source, "utf-8")
    assert load([path]).metrics["lazily"].of(num_experts=2) == 14


# -- choosing -------------------------------------------------------------------------------------


def test_choose_keeps_what_others_need(registry: Registry) -> None:
    """A chosen section comes whole, others with no more than the metrics it needs."""
    chosen = registry.choose(only=["parameter_efficiency"])
    assert names(chosen) == ["parameter_ledger", "parameter_efficiency"]
    whole = {section.name: section for section in registry.sections}
    assert chosen.sections[1] == whole["parameter_efficiency"]
    assert chosen.sections[0].charts == chosen.sections[0].points == ()
    ledger = [metric.name for metric in chosen.sections[0].metrics]
    assert "total_params" in ledger
    assert "embedding_params" in ledger
    assert "active_params_no_embedding" in ledger  # the same claim may mean it
    assert "mtp_params" not in ledger
    assert {m.name for m in chosen.evaluation_order()} == set(chosen.metrics)


def test_skip_leaves_out_what_nobody_needs(registry: Registry) -> None:
    """A skipped section is gone but for what others refer to; both options combine."""
    left = [name for name in BUILT_IN if name != "routing_overhead"]
    assert names(registry.choose(skip=["routing_overhead"])) == left
    assert registry.choose() is registry
    both = registry.choose(only=["parameter_ledger", "flops_savings"], skip=["flops_savings"])
    assert names(both) == ["parameter_ledger"]
    with pytest.raises(PluginError, match="no section is left"):
        registry.choose(skip=BUILT_IN)


def test_choose_of_an_unknown_section(registry: Registry) -> None:
    """A typo is an error with a suggestion."""
    for option in ("only", "skip"):
        with pytest.raises(PluginError, match=r"no section 'flop_savings'.*'flops_savings'\?"):
            registry.choose(**{option: ["flop_savings"]})


def test_failures_follow_the_choice(site: Path) -> None:
    """A failed section can be named; left out on purpose, it is no failure."""
    install(site, "moe-trouble", {"trouble_module": "1 / 0"}, {"trouble": "trouble_module"})
    found = load()
    assert len(found.failures) == 1
    assert not found.choose(skip=["trouble"]).failures
    assert not found.choose(only=["flops_savings"]).failures
    assert len(found.choose(only=["trouble", "flops_savings"]).failures) == 1
    assert len(found.choose(skip=["flops_savings"]).failures) == 1


def test_group_is_the_documented_one() -> None:
    """The entry point group is what other packages write down, so it does not change."""
    assert registry_module.GROUP == "moe_report.metrics"
