"""What the tests share: the registry, the demo's files, and the programs they check against."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner
from hypothesis import settings

from moe_report.cli.main import main
from moe_report.schema import registry as registry_module
from moe_report.schema.registry import GROUP, Registry, installed
from tests.sections import COUNTING

TESTS = Path(__file__).parent
# Modules and folders of tests that compute long, or for which other programs are started: left out
# by ``pytest -m "not slow"``. So is, by a mark, what needs more than the extra ``test`` installs.
SLOW = (
    "api", "cli", "edit", "fill", "oracle", "output", "renderers", "compute/test_unclear.py",
    "formula/test_fuzz_excel.py", "formula/test_fuzz_javascript.py",
    "importers/test_checkpoint.py", "importers/test_harmless_keys.py", "importers/test_hub.py",
    "importers/test_lora.py", "importers/test_meta.py", "importers/test_mutations.py",
    "importers/test_odd_values.py", "importers/test_packing.py", "load/test_carried.py",
    "load/test_messy_workbooks.py", "load/test_messy_workbooks_office.py",
    "load/test_other_workbook.py", "ooxml/test_copy_sheet.py", "ooxml/test_damaged_packages.py",
    "ooxml/test_insert_rows.py", "schema/test_plugin_distribution.py", "schema/test_typing.py",
    "sweeps/test_cluster.py", "test_audit.py", "test_output.py", "test_readme.py", "test_wheel.py",
    "testing/test_check_plugin.py", "testing/test_new_plugin.py",
)  # fmt: skip
# Of these the files that take longest, and those that would else be the last.
FIRST = (
    "cli/test_bounds.py", "renderers/excel/test_fit_sheet.py", "renderers/html/test_access.py",
    "renderers/excel/test_second_opinion.py", "renderers/html/test_calculator.py",
    "renderers/html/test_drawn_charts.py", "test_wheel.py", "testing/test_check_plugin.py",
    "testing/test_new_plugin.py",
)  # fmt: skip

settings.register_profile("unhurried", deadline=None)  # other programs run beside the tests
settings.load_profile("unhurried")


def need(program: str) -> str:
    """Return a program's path; skip the test where it is not installed, but fail in CI."""
    path = shutil.which(program)
    if path is None:
        not_installed(program)
    return path


def not_installed(what: str) -> NoReturn:
    """Skip a test for want of what it checks against, but fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed, and in CI nothing may skip")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Everything installed."""
    return registry_module.load()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``moe-report demo`` writes."""
    folder = tmp_path_factory.mktemp("demo")
    result = CliRunner().invoke(main, ["demo", "-o", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def counting_alone() -> Iterator[None]:
    """The sections that count alone: those that plan have presets and sheets of their own."""
    every = importlib.metadata.entry_points

    def some(**asked: str) -> importlib.metadata.EntryPoints:
        found = every(**asked)
        if asked.get("group") != GROUP:
            return found
        return importlib.metadata.EntryPoints(one for one in found if one.name in COUNTING)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.metadata, "entry_points", some)
        installed.cache_clear()
        yield
    installed.cache_clear()


@pytest.fixture(autouse=True)
def _steady_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the caller's colours or clock."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, and begin with it: else one process ends long after the others."""
    slow, first = ({TESTS / name for name in names} for names in (SLOW, FIRST))
    assert all(place.exists() for place in slow | first), "a slow test has moved"
    within = cache(lambda path: not slow.isdisjoint((path, *path.parents)))
    for item in items:
        if within(item.path):
            item.add_marker("slow")
    items.sort(key=lambda item: (item.path not in first, item.get_closest_marker("slow") is None))
