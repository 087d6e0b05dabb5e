"""What nobody foresaw: said as a bug of ours, and a traceback only where somebody asks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import moe_report
from moe_report.compute import build
from tests.commands import run
from tests.small_configs import small_config


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A config that can be read."""
    path = tmp_path / "m.json"
    path.write_text(json.dumps(small_config("qwen3_moe")))
    return path


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the work of all commands fail."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(build, "build_report", fail)


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), AssertionError(), ValueError("a\nb"), RuntimeError("y" * 9999),
     RecursionError("maximum recursion depth exceeded")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_a_bug_is_said_to_be_ours(
    model: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """With the version, the command and the place, and what to send; nothing else."""
    failing(monkeypatch, error)
    result = run("check", model)
    assert result.exit_code == 70
    first, *lines = result.stderr.splitlines()
    assert first.startswith(f"Error: this is a bug of moe-report: {type(error).__name__}")
    assert f"moe-report {moe_report.__version__}, Python 3." in lines[0]
    assert lines[1].startswith("  command  moe-report")
    assert lines[2].startswith("  place    moe_report/api/prepare.py, line ")
    assert lines[3].startswith("Please send these lines")
    assert len(lines) == 5
    assert max(map(len, (first, *lines))) <= 300
    assert "Traceback" not in result.output


@pytest.mark.parametrize("error", [KeyError("x"), MemoryError()], ids=["bug", "memory"])
def test_the_traceback_is_shown_where_somebody_asks(
    model: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """``--debug`` in front of the command."""
    failing(monkeypatch, error)
    assert "Traceback (most recent call last):\n" in run("--debug", "check", model).stderr


def test_what_the_system_refuses_is_no_bug(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was asked of it."""
    failing(monkeypatch, PermissionError(13, "Permission denied", "a/b.xlsx"))
    result = run("check", model)
    assert result.exit_code == 1
    assert result.stderr == "Error: a/b.xlsx: cannot be used (Permission denied)\n"


def test_used_up_memory_is_no_bug(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have a large input on a small machine."""
    failing(monkeypatch, MemoryError())
    result = run("check", model)
    assert result.exit_code == 1
    assert result.stderr == "Error: there is not enough memory for this input\n"


def test_debug_changes_nothing_of_what_goes_well(model: Path) -> None:
    """Nor of what is refused."""
    for command in (("check", model), ("check", "missing.json")):
        plain, debug = run(*command), run("--debug", *command)
        assert (plain.exit_code, plain.output) == (debug.exit_code, debug.output)
