"""The program ends in a line at most, whatever the system or the user does; nothing is torn."""

from __future__ import annotations

import os
import pkgutil
import pty
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pytest

from tests.bounded import ended
from tests.commands import leftovers, run
from tests.configs import config
from tests.workbooks import FEW, book_of

PROGRAM = [sys.executable, "-m", "moe_report"]
LONG = "x" * 300


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models and a template, and one with a report of theirs in a folder in it."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "plain").mkdir()
    book_of(folder / "plain" / "models.xlsx", FEW, ("a", 16, 2, 4))
    run("template", "new", folder / "plain" / "template.xlsx")
    shutil.copytree(folder / "plain", folder / "run")
    run("run", folder / "run" / "models.xlsx", "-o", folder / "run" / "out", "-q")
    return folder


@pytest.fixture
def folder(begun: Path, tmp_path: Path) -> Path:
    """A folder with models and a template."""
    return Path(shutil.copytree(begun / "plain", tmp_path, dirs_exist_ok=True))


@pytest.fixture
def reported(begun: Path, tmp_path: Path) -> Path:
    """A folder with models, a template, and a report in a folder in it."""
    return Path(shutil.copytree(begun / "run", tmp_path, dirs_exist_ok=True))


def all_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder, hidden ones too."""
    return {str(item): item.read_bytes() for item in folder.rglob("*") if item.is_file()}


def shell(command: str, folder: Path) -> tuple[int, str]:
    """Run a line of a shell that has the program as ``moe``; return how it ends, and its errors."""
    moe = " ".join(PROGRAM)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; moe() {{ {moe} \"$@\"; }}; {command}"],
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stderr


# -- the system


@pytest.mark.parametrize(
    "command",
    ["moe metrics", "moe --help", "moe check models.xlsx", "moe columns models.xlsx --json",
     "moe run models.xlsx -o out", "moe fill template.xlsx models.xlsx -o f.xlsx",
     "moe init i.xlsx"],
)  # fmt: skip
def test_a_full_or_a_closed_output_is_a_line_at_most(folder: Path, command: str) -> None:
    """A device without space is told; a reader that has gone is not, and never a traceback."""
    code, said = shell(f"{command} > /dev/full", folder)
    assert (code, said) == (
        1, "Error: standard output: cannot be written to (No space left on device)\n"
    )  # fmt: skip
    again = "--force" if "init" in command else ""
    assert shell(f"{command} {again} | true", folder) in ((141, ""), (0, ""))
    assert shell(f"{command} {again} 2>&1 | true", folder) in ((141, ""), (0, ""))
    assert shell(f"{command} {again} >&-", folder) == (0, "")


def test_errors_that_nobody_hears_end_quietly(folder: Path) -> None:
    """Nothing is left to be said."""
    assert shell("moe check none.xlsx 2> /dev/full", folder) == (1, "")
    assert shell("moe check none.xlsx 2>&-", folder)[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("init", f"{LONG}.xlsx"),
        ("template", "new", f"{LONG}.xlsx"),
        ("template", "check", f"{LONG}.xlsx"),
        ("run", "models.xlsx", "-o", LONG),
        ("run", f"{LONG}.xlsx"),
        ("run", "--update", f"{LONG}.xlsx"),
        ("run", "models.xlsx", "--template", f"{LONG}.xlsx"),
        ("run", "models.xlsx", "--template-dir", LONG),
        ("run", "models.xlsx", "--logo", LONG),
        ("demo", "-o", LONG),
        ("page", "-o", f"{LONG}.html"),
        ("fill", "template.xlsx", "models.xlsx", "-o", f"{LONG}.xlsx"),
        ("check", "models.xlsx", "--annotate-errors", f"{LONG}.xlsx"),
        ("columns", f"{LONG}.csv"),
        ("import", f"{LONG}.json"),
        ("import", "models/config.json", "--into", f"{LONG}.xlsx"),
        ("metrics", "--metrics", f"{LONG}.py"),
    ],
    ids=" ".join,
)
def test_a_name_that_is_too_long_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """In whatever place it stands."""
    config(folder, "models")
    monkeypatch.chdir(folder)
    before = all_of(folder)
    done = run(*arguments)
    if done.exit_code:  # a copy of what is wrong is not written where nothing is
        assert done.exit_code == 1
        assert done.stderr.count("\n") == 1
        assert LONG[:50] in done.stderr
        assert "too long" in done.stderr or "no such file" in done.stderr
    else:
        assert "--annotate-errors" in arguments
    assert all_of(folder) == before


@pytest.mark.parametrize("size", [0, 4096, 100_000])
def test_a_limit_on_the_size_of_files_leaves_nothing(reported: Path, size: int) -> None:
    """The signal that comes with it ends nothing halfway."""
    book_of(reported / "models.xlsx", FEW, ("b", 8, 2, 4))
    before = all_of(reported)
    done = subprocess.run(
        [*PROGRAM, "run", "models.xlsx", "-o", "out"], cwd=reported, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip
    assert done.returncode == 1
    assert re.fullmatch(
        r"Error: out/models.report.\w+: cannot be written \(File too large\)\n", done.stderr
    )
    assert all_of(reported) == before


def test_no_temporary_folder_is_needed(folder: Path) -> None:
    """It may be full, or missing."""
    assert shell("TMPDIR=/nowhere moe init new.xlsx >&-", folder) == (0, "")
    before = set(os.listdir("/tmp"))
    assert shell("moe run models.xlsx -o out -q", folder) == (0, "")
    assert not [name for name in set(os.listdir("/tmp")) - before if name.startswith("openpyxl")]


@pytest.mark.parametrize("command", ["run ../models.xlsx", "init x.xlsx", "page", "metrics a"])
def test_a_current_folder_that_is_gone_is_one_line(folder: Path, command: str) -> None:
    """Every relative name leads nowhere."""
    code, said = shell(f"mkdir gone; cd gone; rmdir ../gone; moe {command}", folder)
    assert code == 1
    assert said.startswith("Error: ")
    assert said.count("\n") == 1


def test_a_folder_that_may_not_be_written_is_one_line(folder: Path) -> None:
    """For root too, in a folder that the kernel keeps."""
    code, said = shell("moe run models.xlsx -o /proc/none", folder)
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Error: /proc/none: the folder cannot be made")


# -- names of files

BAD = "a\x1b[31mb\nc\x9bd"


def on_a_terminal(*arguments: object, folder: Path) -> str:
    """What the program prints on a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
        cwd=folder,
    ):  # fmt: skip
        os.close(slave)
        shown = b""
        while True:
            try:
                shown += os.read(master, 65536)
            except OSError:  # the end
                break
    os.close(master)
    return shown.decode()


def test_no_name_of_a_file_reaches_the_terminal_raw(folder: Path) -> None:
    """Neither in what is said, nor in errors; a report of such a file can be made."""
    (folder / "models.xlsx").rename(folder / f"{BAD}.xlsx")
    (folder / f"{BAD}.csv").write_text("name,Hiden size,Experts,Top-K\na,5,8,2\n")
    (folder / "template.xlsx").rename(folder / f"{BAD}.t.xlsx")
    config(folder, BAD)
    commands: Iterable[tuple[str, ...]] = [
        ("run", f"{BAD}.xlsx", "-o", BAD), ("check", f"{BAD}.csv"), ("columns", f"{BAD}.csv"),
        ("columns", f"{BAD}.csv", "--json"), ("check", f"{BAD}.none"), ("init", f"{BAD}.i.xlsx"),
        ("import", f"{BAD}/config.json"),
        ("import", f"{BAD}/config.json", "--name", "m", "--into", f"{BAD}.xlsx"),
        ("template", "check", f"{BAD}.t.xlsx"), ("run", "--update", f"{BAD}.xlsx"),
        ("fill", f"{BAD}.t.xlsx", f"{BAD}.xlsx", "-o", f"{BAD}.xlsx"), ("page", "-o", BAD),
        ("metrics", BAD), ("run", f"{BAD}.xlsx", "--scenario", BAD),
    ]  # fmt: skip
    for command in commands:
        shown = on_a_terminal(*command, folder=folder)
        assert "Traceback" not in shown
        assert not re.search(r"\x1b\[31mb|\x9b|b\r?\nc", shown), shown
    assert (folder / BAD / f"{BAD}.report.xlsx").is_file()


# -- an interrupt

AT_IMPORT = """
import builtins, os, runpy, signal, sys
at = int(sys.argv.pop(1))
original, count = builtins.__import__, 0
def importing(*arguments, **named):
    global count
    count += "moe_report.cli" in sys.modules
    if count == at:
        count += 1
        os.kill(os.getpid(), signal.SIGINT)
    return original(*arguments, **named)
builtins.__import__ = importing
runpy.run_module("moe_report", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("at", [1, 2, 7, 30, 100, 250, 500, 800, 1200, 1600])
def test_an_interrupt_ends_the_program_in_a_word(reported: Path, at: int) -> None:
    """While modules are imported, while it computes, while it writes."""
    before = all_of(reported)
    done = subprocess.run(
        [sys.executable, "-c", AT_IMPORT, str(at), "run", "models.xlsx", "-o", "out"],
        cwd=reported, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "Aborted!\n")
    assert all_of(reported).keys() == before.keys()


SWALLOWED = """
import os, signal
import moe_report.__main__ as program
import moe_report.cli.main as cli
class Thing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
def command(prog_name):
    {}
    raise SystemExit(0)
cli.main = command
program.main()
"""


@pytest.mark.parametrize(
    "body",
    [
        "Thing()",  # Python prints what is raised in a __del__, and goes on
        "os.kill(os.getpid(), signal.SIGINT)",
        "\n    try:\n        os.kill(os.getpid(), signal.SIGINT)\n    except BaseException: pass",
        "import atexit; atexit.register(os.kill, os.getpid(), signal.SIGINT)",
    ],
)
def test_an_interrupt_that_is_caught_elsewhere_ends_the_program_too(body: str) -> None:
    """By a finalizer, by somebody's plugin, after all is done."""
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED.format(body)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (130, "Aborted!\n")


def test_a_shell_may_have_it_ignored(folder: Path) -> None:
    """As for what runs in the background of a script."""
    code, said = shell(
        "trap '' INT; moe metrics > /dev/null & sleep 0.2; kill -INT $!; wait $!", folder
    )
    assert (code, said) == (0, "")


# -- two at once


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
def test_of_two_imports_none_is_lost(tmp_path: Path, there: bool) -> None:
    """Whoever says that a row was added has added it; the other one ends with 1 and a line."""
    sources = [config(tmp_path, name) for name in ("one", "two", "three")]
    folder = tmp_path / "into"
    folder.mkdir()
    paths = [folder / f"{number}.xlsx" for number in range(4)]
    for path in paths if there else ():
        book_of(path, FEW, ("a", 16, 2, 4))
    commands = [("import", source, "--into", path) for path in paths for source in sources]
    ends = iter(ended(folder, commands, at_once=len(sources)))
    for path in paths:
        rows = {row[0] for row in openpyxl.load_workbook(path)["Models"].values}
        for name, end in zip(("one", "two", "three"), ends, strict=False):
            assert (end.code == 0) == (name in rows)
            if end.code:
                assert (end.code, end.said.count("\n")) == (1, 1)
                assert f"{path}: was " in end.said
    assert leftovers(paths[0]) == []


_BOOK = "moe_report.renderers.excel.book.Book.package"
_FILL = "moe_report.fill.fill.fill"
# A command, a file that it writes, what happens to that, and during which step.
MEANWHILE = [
    ("import one/config.json --into models.xlsx", "models.xlsx", "changed",
     "moe_report.edit.append._Sheet.save"),
    ("import one/config.json --into new.xlsx", "new.xlsx", "made", _BOOK),
    ("run --update out/models.report.xlsx", "out/models.report.xlsx", "changed",
     "moe_report.edit.carry_over.Carryover.renewed"),
    ("run models.xlsx -o out", "out/models.report.json", "changed", _BOOK),
    ("run models.xlsx -o out --force", "out/models.report.xlsx", "changed", _BOOK),
    ("run models.xlsx -o new", "new/models.report.html", "made", _BOOK),
    ("run models.xlsx -o new --template t.xlsx", "new/models.t.xlsx", "made", _BOOK),
    ("fill t.xlsx models.xlsx -o filled.xlsx", "filled.xlsx", "changed", _FILL),
    ("fill t.xlsx models.xlsx -o new.xlsx", "new.xlsx", "made", _FILL),
    ("page -o page.html", "page.html", "made", "moe_report.compute.build.build_report"),
    ("demo -o new", "new/models.report.json", "made",
     "moe_report.renderers.data.render_json"),
    ("init new.xlsx", "new.xlsx", "made", _BOOK),
]  # fmt: skip


@pytest.mark.parametrize(("command", "path", "happens", "step"), MEANWHILE)
def test_what_changes_while_a_command_works_is_not_overwritten(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    path: str,
    happens: str,
    step: str,
) -> None:
    """What stood there when it began must stand there when it writes, or nothing is written."""
    monkeypatch.chdir(folder)
    config(folder, "one")
    (folder / "template.xlsx").rename("t.xlsx")
    if happens == "changed":
        run("run", "models.xlsx", "-o", "out", "-q")
        run("fill", "t.xlsx", "models.xlsx", "-o", "filled.xlsx")
    book_of(folder / "models.xlsx", FEW, ("b", 8, 2, 4))
    original = pkgutil.resolve_name(step)

    def meanwhile(*given: object, **named: object) -> object:
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_bytes(b"theirs")
        return original(*given, **named)

    monkeypatch.setattr(step, meanwhile)
    before = all_of(folder) | {str(folder / path): b"theirs"}
    done = run(*command.split())
    assert done.exit_code == 1
    assert done.stderr.endswith(
        f"Error: {path}: was {happens} by another program in the meantime; nothing is written, "
        "run this again\n"
    )
    assert all_of(folder) == before
