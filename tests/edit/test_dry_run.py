"""What an update would do, said without doing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.edit.test_update import MODELS, at, edited, run, write_input
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report


def contents(folder: Path) -> dict[Path, bytes]:
    """The files of a folder, and of those in it."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def dry(report: Path, *arguments: str | Path) -> list[str]:
    """The lines of a dry run, which leaves the folder as it was."""
    before = contents(report.parent)
    done = run(*arguments, "--update", report, "--dry-run")
    assert done.exit_code == 0, done.output
    assert contents(report.parent) == before
    return done.output.splitlines()


def test_nothing_has_changed(report: Path) -> None:
    """The report of the same models has the same numbers."""
    assert dry(report) == [
        f"would write {report}",
        "  no number of a model that stays would change",
        "  your columns, kept: #price",
        "nothing was written",
    ]


def test_what_the_update_would_refuse_is_refused(report: Path, tmp_path: Path) -> None:
    """A file of somebody's stands where the new report would go."""
    there = tmp_path / "mine.xlsx"
    there.write_bytes(report.read_bytes() + b"mine")
    done = run("--update", report, "--dry-run", "-o", there)
    assert done.exit_code == 1
    assert f"{there}: was " in done.output


def test_models_numbers_and_columns(report: Path, tmp_path: Path) -> None:
    """Who comes and who leaves, how many numbers change, and which columns are not there again."""
    columns = {key: value for key, value in MODELS.items() if key != "#price"}
    columns |= {"name": ("Large", "New"), "num_experts_per_tok": (4, 2)}
    same = {key: value[1] for key, value in MODELS.items()}
    columns |= {
        key: (same[key], value[1])
        for key, value in columns.items()
        if key not in ("name", "num_experts_per_tok")
    }
    folder = tmp_path / "input"
    folder.mkdir()
    source = write_input(folder / "next.xlsx", columns)
    lines = dry(report, source, "--skip", "routing_overhead")
    start = lines.index(f"would write {report}")
    assert lines[start + 1 : start + 3] == ["  models that come: New", "  models that leave: Small"]
    assert lines[start + 3].startswith("  columns that leave: router_param_share, ")
    changed = next(line for line in lines if line.startswith("  Large: "))
    assert "numbers would change: num_experts_per_tok, " in changed
    assert " active_params, " in changed
    assert "note: models.report.xlsx: 'Small' is not in the input and leaves the report" in lines


def test_numbers_that_are_not_stored(report: Path) -> None:
    """Openpyxl drops the values of formulas: then nothing is known, which is said."""
    edited(report, lambda book: None)
    assert "  not known of Small, Large: the old numbers are not stored with their formulas" in (
        dry(report)
    )


def test_what_would_be_refused_is_refused(report: Path) -> None:
    """An update that would do nothing says why."""

    def type_over(book: Any) -> None:
        at(book["Models"], "Small", "total_params").value = "=1+1"

    before = edited(report, type_over).read_bytes()
    done = run("--update", report, "--dry-run")
    assert done.exit_code == 1
    assert "your formula =1+1 stands in a column of formulas" in done.output
    assert report.read_bytes() == before


def test_it_goes_with_an_update(tmp_path: Path) -> None:
    """Any other run writes new files, of which there is nothing to say before."""
    source = write_input(tmp_path / "models.xlsx")
    done = run(source, "--dry-run")
    assert done.exit_code == 2
    assert "--dry-run goes with --update." in done.output
