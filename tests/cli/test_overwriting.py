"""What stands where an output goes is replaced only if it holds nothing that we did not write."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result

from moe_report.ooxml.package import Package
from moe_report.output.marks import is_as_written
from tests.commands import run
from tests.configs import config
from tests.office import convert
from tests.workbooks import FEW, book_of, zipped

ALL = ("xlsx", "html", "json", "csv", "md")


@pytest.fixture(scope="module")
def made(counting_alone: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook, its reports in every format, and a filled template."""
    folder = tmp_path_factory.mktemp("made")
    book_of(folder / "models.xlsx", FEW, ("a", 16, 2, 4), ("b", 8, 2, 4))
    again(folder)
    assert run("template", "new", folder / "template.xlsx").exit_code == 0
    assert fill(folder).exit_code == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of these files."""
    return Path(shutil.copytree(made, tmp_path / "made"))


def again(folder: Path, *options: object, formats: tuple[str, ...] = ALL) -> Result:
    """The reports written once more, of other models than before."""
    chosen = [part for name in formats for part in ("--format", name)]
    return run("run", folder / "models.xlsx", "-o", folder / "out", *chosen, "-q", *options)


def fill(folder: Path, *options: object) -> Result:
    """The template filled once more."""
    template, models = folder / "template.xlsx", folder / "models.xlsx"
    return run("fill", template, models, "-o", folder / "filled.xlsx", "-q", *options)


def other_models(folder: Path) -> None:
    """Change the input, so that every output changes."""
    book_of(folder / "models.xlsx", FEW, ("a", 16, 2, 4), ("c", 32, 4, 9))


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder, hidden ones too."""
    return {str(item): item.read_bytes() for item in folder.rglob("*") if item.is_file()}


def report(folder: Path, suffix: str) -> Path:
    """One of the reports."""
    return folder / "out" / f"models.report.{suffix}"


# -- changes that somebody may have made


def typed(path: Path) -> None:
    """Type into a cell, and save."""
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["Z99"] = "mine"
    book.save(path)


def saved(path: Path) -> None:
    """Open and save."""
    openpyxl.load_workbook(path).save(path)


def saved_by_libreoffice(path: Path) -> None:
    """Open and save in LibreOffice."""
    shutil.copy(convert(path, path.parent.parent / "libre"), path)


def one_part(path: Path) -> None:
    """Change a part within the package, as tools do that keep the others."""
    package = Package(path.read_bytes())
    package["docProps/app.xml"] = package["docProps/app.xml"].replace(b"Excel", b"excel")
    path.write_bytes(package.save())


def one_byte(path: Path) -> None:
    """Change a byte in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def added(path: Path) -> None:
    """Write a line below."""
    path.write_bytes(path.read_bytes() + b"mine\n")


def replaced(path: Path) -> None:
    """Put a file of one's own there."""
    path.write_bytes(b"mine\n")


def key_added(path: Path) -> None:
    """Write a remark into the data."""
    data = json.loads(path.read_text("utf-8"))
    data["models"][0]["remark"] = "mine"
    path.write_text(json.dumps(data), "utf-8")


def number_changed(path: Path) -> None:
    """Put another number in."""
    text = path.read_text("utf-8")
    path.write_text(text.replace('"num_experts": 8', '"num_experts": 9', 1), "utf-8")
    assert path.read_text("utf-8") != text


def column_added(path: Path) -> None:
    """Add a column in a program for tables."""
    head, *lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([f"{head},price", *(f"{line},3" for line in lines)]), "utf-8")


def spelled_anew(path: Path) -> None:
    """Save as a program for tables does, with its own way to write numbers."""
    path.write_text(path.read_text("utf-8").replace(",16,", ",16.0,"), "utf-8")


CHANGES: list[tuple[str, Callable[[Path], None]]] = [
    *(("xlsx", change) for change in (typed, saved, one_part, one_byte, added, replaced)),
    ("xlsx", saved_by_libreoffice),
    *(("html", change) for change in (added, one_byte, replaced)),
    *(("md", change) for change in (added, one_byte, replaced)),
    *(("json", change) for change in (added, replaced, key_added, number_changed)),
    *(("csv", change) for change in (added, replaced, column_added, spelled_anew)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("suffix", "change"), CHANGES, ids=lambda item: getattr(item, "__name__", item)
)
def test_what_was_changed_stays_and_nothing_is_written(
    folder: Path, suffix: str, change: Callable[[Path], None]
) -> None:
    """The error names the file and the ways out; --force is one of them."""
    change(report(folder, suffix))
    other_models(folder)
    before = contents(folder)
    done = again(folder)
    assert done.exit_code == 1
    assert contents(folder) == before
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: {report(folder, suffix)}: was ")
    assert line.endswith("--force overwrites it, or choose another folder with -o")
    is_report = suffix == "xlsx" and change not in (one_byte, replaced)
    assert ("--update" in line) == is_report
    assert again(folder, "--force").exit_code == 0
    assert is_as_written(report(folder, "html").read_bytes())
    assert again(folder).exit_code == 0


def test_every_file_that_stays_is_named(folder: Path) -> None:
    """One line each."""
    typed(report(folder, "xlsx"))
    added(report(folder, "md"))
    lines = again(folder).stderr.splitlines()
    assert [line.partition(": was")[0] for line in lines] == [
        f"Error: {report(folder, 'xlsx')}", f"{report(folder, 'md')}"
    ]  # fmt: skip


def test_what_nobody_changed_is_replaced_without_a_word(folder: Path) -> None:
    """Whatever the input has become meanwhile, and with other sections."""
    other_models(folder)
    for options in ((), ("--only", "flops_savings"), (), ("--title", "Other")):
        before = contents(folder / "out")
        done = again(folder, *options)
        assert (done.exit_code, done.output) == (0, "")
        after = contents(folder / "out")
        assert after.keys() == before.keys()
        assert after != before


def test_the_mark_makes_no_difference_from_run_to_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one input at one time come the same bytes."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    again(folder)
    before = contents(folder)
    again(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("suffix", ["xlsx", "html", "md"])
def test_what_an_earlier_version_wrote_is_told_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """It has no mark, and whether somebody wrote in it cannot be known; data need none."""
    monkeypatch.setattr("moe_report.api.outputs.marked", lambda content, _: content)
    assert again(folder).exit_code == 0
    monkeypatch.undo()
    other_models(folder)
    assert again(folder, formats=("json", "csv")).exit_code == 0
    done = again(folder, formats=(suffix,))
    assert done.exit_code == 1
    said = "earlier version" if suffix != "md" else "was not written by moe-report"
    assert said in done.stderr


@pytest.mark.parametrize(("name", "known"), [("tex", True), ("ods", True), ("txt", False)])
def test_a_format_of_a_plugin_is_known_again_if_it_has_a_place_for_a_mark(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, known: bool
) -> None:
    """Of others it is said why they stay."""
    parts = {"part": "1"}

    def render(_: object) -> bytes:
        return zipped(parts) if name == "ods" else parts["part"].encode()

    monkeypatch.setattr("moe_report.api.write_reports.load_renderer", lambda *_: render)
    assert again(folder, formats=(name,)).exit_code == 0
    assert again(folder, formats=(name,)).exit_code == 0
    parts["part"] = "2"
    done = again(folder, formats=(name,))
    why = "is there already, and what was changed in a file of its kind cannot be told"
    assert (done.exit_code, why in done.stderr) == (int(not known), not known)


def test_data_that_other_tools_write_anew_stays(folder: Path) -> None:
    """What they changed in it cannot be told."""
    path = report(folder, "json")
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), indent=4), "utf-8")
    other_models(folder)
    assert again(folder).exit_code == 1


@pytest.mark.parametrize("suffix", ALL)
def test_an_empty_file_holds_nothing_of_anybody(folder: Path, suffix: str) -> None:
    """As programs make it that choose a name for another one."""
    report(folder, suffix).write_bytes(b"")
    assert again(folder).exit_code == 0


def test_an_updated_report_holds_what_is_not_ours(folder: Path) -> None:
    """Only if the older one was as we wrote it is the new one, too."""
    path = report(folder, "xlsx")
    assert run("run", "--update", path, "-q").exit_code == 0
    assert is_as_written(path.read_bytes())
    typed_notes(path)
    assert run("run", "--update", path, "-q").exit_code == 0
    assert is_as_written(path.read_bytes()) is None
    assert again(folder).exit_code == 1
    assert openpyxl.load_workbook(path)["Notes"]["A9"].value == "mine"


def typed_notes(path: Path) -> None:
    """Write a remark where remarks go."""
    book = openpyxl.load_workbook(path)
    book["Notes"]["A9"] = "mine"
    book.save(path)


def test_an_update_to_another_place_overwrites_nothing_there(folder: Path) -> None:
    """There the older report is not what is renewed."""
    other = folder / "other.xlsx"
    typed_notes(Path(shutil.copy(report(folder, "xlsx"), other)))
    before = contents(folder)
    done = run("run", "--update", report(folder, "xlsx"), "-o", other)
    assert done.exit_code == 1
    assert contents(folder) == before


@pytest.mark.parametrize("change", [typed, saved, one_part, one_byte, added, replaced])
def test_only_what_a_fill_wrote_is_filled_over(
    folder: Path, change: Callable[[Path], None]
) -> None:
    """Byte for byte."""
    other_models(folder)
    assert fill(folder).exit_code == 0
    change(folder / "filled.xlsx")
    before = contents(folder)
    done = fill(folder)
    assert done.exit_code == 1
    assert done.stderr.endswith("--force overwrites it, or give -o another name\n")
    assert contents(folder) == before
    assert fill(folder, "--force").exit_code == 0


def test_a_page_and_the_demo_keep_changes_too(tmp_path: Path) -> None:
    """Also of the workbook that the demo begins with."""
    page, demo = tmp_path / "page.html", tmp_path / "demo"
    for path, *command in ((page, "page", "-o", page), (demo / "models.xlsx", "demo", "-o", demo)):
        assert run(*command, "-q").exit_code == 0
        assert run(*command, "-q").exit_code == 0
        (typed if path.suffix == ".xlsx" else added)(path)
        before = contents(tmp_path)
        assert run(*command, "-q").exit_code == 1
        assert contents(tmp_path) == before
        assert run(*command, "-q", "--force").exit_code == 0


def test_a_marked_copy_that_somebody_mends_is_not_overwritten(tmp_path: Path) -> None:
    """The mended cells would be lost; what is wrong is told all the same."""
    book_of(tmp_path / "models.xlsx", FEW, ("a", -16, 2, 4))
    copy = tmp_path / "marked.xlsx"
    command = ("check", tmp_path / "models.xlsx", "--annotate-errors", copy)
    assert "with the bad cells marked" in run(*command).stderr
    book_of(tmp_path / "models.xlsx", FEW, ("a", -17, 2, 4))
    assert "with the bad cells marked" in run(*command).stderr
    typed(copy)
    before = contents(tmp_path)
    done = run(*command)
    assert "give --annotate-errors another name" in done.stderr
    assert "found -17" in done.stderr
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("run models.xlsx -o out", "out/models.report.xlsx"),
        ("run models.xlsx -o out", "out/models.report.html"),
        ("run models.xlsx -o out --template template.xlsx", "out/models.template.xlsx"),
        ("run --update out/models.report.xlsx", "out/models.report.xlsx"),
        ("run --update out/models.report.xlsx -o new.xlsx", "new.xlsx"),
        ("fill template.xlsx models.xlsx -o filled.xlsx", "filled.xlsx"),
        ("import one/config.json --into models.xlsx", "models.xlsx"),
        ("page -o page.html", "page.html"),
        ("demo -o demo", "demo/models.xlsx"),
        ("init models.xlsx --force", "models.xlsx"),
        ("template new models.xlsx --force", "models.xlsx"),
        ("check bad.xlsx --annotate-errors marked.xlsx", "marked.xlsx"),
    ],
)
def test_every_command_follows_links_and_keeps_a_file_private(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, path: str
) -> None:
    """The link stays, and what it leads to is written, for its owner alone."""
    monkeypatch.chdir(folder)
    other_models(folder)
    config(folder, "one")
    book_of(folder / "bad.xlsx", FEW, ("a", -16, 2, 4))
    link, real = Path(path), Path("real")
    real.write_bytes(link.read_bytes() if link.exists() else b"")
    real.chmod(0o600)
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(real.resolve())
    before = real.read_bytes()
    assert run(*command.split()).exit_code == int(command.startswith("check"))
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert real.read_bytes() != before
