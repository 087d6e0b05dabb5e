"""Files are written whole or not at all, and never over the input."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moe_report.cli.main import main
from moe_report.errors import OutputError
from moe_report.output import open_elsewhere, write_files


def everything_in(folder: Path) -> dict[str, bytes]:
    """Return the content of all files of a folder."""
    return {item.name: item.read_bytes() for item in folder.iterdir() if item.is_file()}


def run(*arguments: object) -> Result:
    """Run moe-report; nothing but a clean exit will do."""
    result = CliRunner().invoke(main, [str(item) for item in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A workbook with the example models."""
    path = tmp_path / "in" / "models.xlsx"
    assert run("init", path).exit_code == 0
    return path


def test_files_are_written_with_their_folders(tmp_path: Path) -> None:
    """Folders that are missing are made, and nothing else is left behind."""
    folder = tmp_path / "a" / "b c"
    write_files({folder / "x": b"1", folder / "y": b"2"})
    assert everything_in(folder) == {"x": b"1", "y": b"2"}


def test_a_written_file_has_the_usual_permissions(tmp_path: Path) -> None:
    """Others may read a report as they may read any new file."""
    (tmp_path / "usual").write_bytes(b"")
    write_files({tmp_path / "x": b"1"})
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.parametrize("fresh", [True, False])
def test_all_files_are_written_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int, fresh: bool
) -> None:
    """If one of the files cannot be put in its place, those before it are put back as they were."""
    if not fresh:
        for name in "xyz":
            (tmp_path / name).write_bytes(b"old " + name.encode())
    before = everything_in(tmp_path)
    replace, calls = os.replace, []

    def failing_once(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == failing + 1:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr("os.replace", failing_once)
    with pytest.raises(OutputError) as caught:
        write_files({tmp_path / name: b"new" for name in "xyz"})
    assert str(calls[failing]) in caught.value.message
    assert "Permission denied" in caught.value.message
    assert ("open in another program" in caught.value.message) is not fresh
    assert everything_in(tmp_path) == before


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written before the disk was full is removed, and the old file is whole."""
    (tmp_path / "y").write_bytes(b"old")
    monkeypatch.setattr("os.fdopen", lambda *_: _FullDisk())
    with pytest.raises(OutputError, match="No space left on device"):
        write_files({tmp_path / "x": b"new", tmp_path / "y": b"new"})
    assert everything_in(tmp_path) == {"y": b"old"}


class _FullDisk:
    def __enter__(self) -> _FullDisk:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, _: bytes) -> None:
        raise OSError(28, "No space left on device")


def test_an_interrupt_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control-C while files are put in place undoes what was done."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files({tmp_path / "x": b"new"})
    assert everything_in(tmp_path) == {}


def test_a_folder_that_may_not_be_written_is_named(
    tmp_path: Path, workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only folder is a line that names the file, and nothing appears in it."""

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", denied)
    output = tmp_path / "out"
    result = run("run", workbook, "-o", output)
    assert result.exit_code == 1
    assert "models.report.xlsx: cannot be written (Permission denied)" in result.output
    assert everything_in(output) == {}


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path, workbook: Path) -> None:
    """An output folder that is a file, or lies beneath one, is refused and the file is whole."""
    file = tmp_path / "report"
    file.write_bytes(b"mine")
    itself = run("run", workbook, "-o", file)
    assert itself.exit_code == 1
    assert f"{file}: found a file, expected a folder" in itself.output
    beneath = run("run", workbook, "-o", file / "deep")
    assert beneath.exit_code == 1
    assert f"{file}: found a file, expected a folder" in beneath.output
    assert file.read_bytes() == b"mine"


def test_a_folder_where_a_file_should_be_is_named(tmp_path: Path, workbook: Path) -> None:
    """A folder that has the name of a report is refused before anything is written."""
    output = tmp_path / "out"
    (output / "models.report.html").mkdir(parents=True)
    result = run("run", workbook, "-o", output)
    assert result.exit_code == 1
    assert "models.report.html: cannot be written (it is a folder)" in result.output
    assert everything_in(output) == {}


def test_the_input_is_not_overwritten(tmp_path: Path, workbook: Path) -> None:
    """An earlier report as input, with its own folder as output, is refused and stays."""
    output = tmp_path / "out"
    assert run("run", workbook, "-o", output, "--format", "xlsx").exit_code == 0
    report = output / "models.report.xlsx"
    before = everything_in(output)
    result = run("run", report, "-o", output)
    assert result.exit_code == 1
    assert f"{report}: this is the input" in result.output
    assert everything_in(output) == before


def test_a_failing_renderer_writes_nothing(
    tmp_path: Path, workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is rendered before anything is written."""

    def broken(_: object) -> bytes:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("moe_report.renderers.data.render_json", broken)
    output = tmp_path / "out"
    result = run("run", workbook, "-o", output, "--format", "html", "--format", "json")
    assert result.exit_code == 1
    assert "format 'json'" in result.output
    assert "ZeroDivisionError: oh" in result.output
    assert not output.exists()


@pytest.mark.parametrize(
    ("lock", "program"),
    [("~$models.report.xlsx", "Excel"), (".~lock.models.report.xlsx#", "LibreOffice")],
)
def test_a_report_that_is_open_elsewhere_is_noted(
    tmp_path: Path, workbook: Path, lock: str, program: str
) -> None:
    """The lock files of Excel and LibreOffice tell that the old report is still on a screen."""
    output = tmp_path / "out"
    output.mkdir()
    assert open_elsewhere(output / "models.report.xlsx") is None
    (output / lock).write_bytes(b"")
    assert open_elsewhere(output / "models.report.xlsx") == program
    result = run("run", workbook, "-o", output, "--format", "xlsx")
    assert result.exit_code == 0
    assert f"models.report.xlsx seems to be open in {program}: reload it there" in result.stderr
    assert run("run", workbook, "-o", output, "--format", "xlsx", "--quiet").stderr == ""
