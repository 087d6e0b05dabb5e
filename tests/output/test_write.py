"""Rights, owners and links of files that are written, and what is left of writers that died."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from moe_report.errors import OutputError
from moe_report.output import lock, standing, temporary, unchanged_since, write_files


def rights(path: Path) -> int:
    """What the owner, the group and others may do with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    """All there is in a folder."""
    return sorted(item.name for item in folder.iterdir())


# -- rights and owners


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o660, 0o755, 0o400])
@pytest.mark.parametrize("targets", ["x", "xy"])
def test_rights_stay_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, targets: str
) -> None:
    """No copy beside it may ever be read by more people than the file itself."""
    for name in targets:
        (tmp_path / name).write_bytes(b"old")
        (tmp_path / name).chmod(mode)
    more: set[int] = set()

    def watched(name: str) -> None:
        original: Callable[..., object] = getattr(os, name)

        def watching(*arguments: object, **named: object) -> object:
            for item in tmp_path.glob(f"{temporary.PREFIX}*"):
                more.add(0 if item.name == lock.NAME else rights(item) & 0o077 & ~mode)
            return original(*arguments, **named)

        monkeypatch.setattr(os, name, watching)

    for moment in ("replace", "fsync", "chmod", "chown", "close"):
        watched(moment)
    write_files({tmp_path / name: b"new" for name in targets})
    assert more == {0}
    for name in targets:
        assert rights(tmp_path / name) == mode
        assert (tmp_path / name).read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_owner_and_group_stay(tmp_path: Path) -> None:
    """Root may write for somebody, and the file is still theirs."""
    target = tmp_path / "x"
    target.write_bytes(b"old")
    os.chown(target, 4321, 8765)
    target.chmod(0o640)
    write_files({target: b"new"})
    found = target.stat()
    assert (found.st_uid, found.st_gid, rights(target)) == (4321, 8765, 0o640)


def test_a_group_that_cannot_be_kept_gives_no_rights_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the old group might, the new one may not."""
    target = tmp_path / "x"
    target.write_bytes(b"old")
    target.chmod(0o664)

    def denied(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", denied)
    group = os.getgid()
    monkeypatch.setattr("moe_report.output.write._given", lambda *_: False)
    write_files({target: b"new"})
    assert rights(target) == 0o644
    assert target.stat().st_gid == group


def test_hard_links_are_told(tmp_path: Path) -> None:
    """The other name keeps what was there, for a file is replaced in one step."""
    target, other = tmp_path / "x", tmp_path / "y"
    target.write_bytes(b"old")
    other.hardlink_to(target)
    (note,) = write_files({target: b"new"})
    assert note == f"{target}: had 1 other name (hard links), under which the former content stays"
    assert (target.read_bytes(), other.read_bytes()) == (b"new", b"old")
    assert write_files({target: b"newer"}) == []


# -- links


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    "links",
    [
        {"x": "real"},
        {"x": "y", "y": "z", "z": "real"},
        {"x": "folder/real"},
        {"x": "linked/real", "linked": "folder"},
        {"x": "folder/missing/real"},
    ],
)
def test_links_are_followed(tmp_path: Path, links: Mapping[str, str], there: bool) -> None:
    """One, several, into other folders, and to what is not there yet."""
    (tmp_path / "folder").mkdir()
    for name, leads in links.items():
        (tmp_path / name).symlink_to(leads)
    real = tmp_path / links["x"] if links["x"] != "y" else tmp_path / "real"
    if there:
        real.parent.mkdir(exist_ok=True)
        real.write_bytes(b"old")
    write_files({tmp_path / "x": b"new", tmp_path / "else": b"2"})
    assert all((tmp_path / name).is_symlink() for name in links)
    assert real.read_bytes() == b"new"
    assert not real.is_symlink()


@pytest.mark.parametrize("links", [{"x": "x"}, {"x": "y", "y": "x"}])
@pytest.mark.parametrize("inside", ["", "file"])
def test_links_in_a_circle_are_one_line(
    tmp_path: Path, links: Mapping[str, str], inside: str
) -> None:
    """Of a file and of a folder."""
    for name, leads in links.items():
        (tmp_path / name).symlink_to(leads)
    with pytest.raises(OutputError) as caught:
        write_files({tmp_path / "a": b"1", tmp_path / "x" / inside: b"2"})
    assert caught.value.message == f"{tmp_path / 'x'}: is a link that leads in a circle"
    assert names(tmp_path) == sorted(links)


def test_two_outputs_at_one_place_are_refused(tmp_path: Path) -> None:
    """One of them would be lost."""
    (tmp_path / "x").symlink_to("y")
    with pytest.raises(OutputError, match="leads to the same file as"):
        write_files({tmp_path / "x": b"1", tmp_path / "y": b"2"})
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path: Path, kind: str) -> None:
    """Reading from a pipe may never end."""
    target = tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(target)
    else:
        target.symlink_to("/dev/null")
    with pytest.raises(OutputError, match="it is a pipe or a device; expected a file"):
        write_files({target: b"1"})
    assert names(tmp_path) == ["x"]


# -- others who write there


def test_what_was_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """Neither a file that was read, nor one that was not there."""
    read, fresh = tmp_path / "read", tmp_path / "fresh"
    read.write_bytes(b"theirs")
    for path, before, said in ((read, b"mine", "changed"), (fresh, None, "made")):
        fresh.write_bytes(b"theirs")
        with pytest.raises(OutputError, match=f"was {said} by another program in the meantime"):
            write_files({tmp_path / "new": b"1", path: b"2"}, unchanged_since({path: before}))
        assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["fresh", "read"]


@pytest.mark.parametrize("size", [16 << 20, (16 << 20) + 1])
def test_a_large_file_is_told_from_what_it_was(tmp_path: Path, size: int) -> None:
    """It is looked at piece by piece, and comes back whole where another cannot be replaced."""
    path = tmp_path / "large"
    path.write_bytes(bytes(size))
    read = standing([path])
    write_files({path: bytes(size - 1) + b"1"}, unchanged_since(read))
    with pytest.raises(OutputError, match="large: was changed by another program"):
        write_files({path: b"2"}, unchanged_since(read))
    (tmp_path / "there").write_bytes(b"")
    replaced: list[object] = []

    def replace(source: Path, target: Path) -> None:
        replaced.append(target)
        if len(replaced) == 2:
            raise OSError(1, "it is held")
        os.rename(source, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("os.replace", replace)
        with pytest.raises(OutputError, match="there: cannot be written"):
            write_files({path: b"2", tmp_path / "there": b"2"})
    assert [*map(Path, replaced)] == [path, tmp_path / "there", path]
    assert path.read_bytes() == bytes(size - 1) + b"1"


def test_of_many_writers_none_is_lost(tmp_path: Path) -> None:
    """Each adds a line to what it has read, and does so again where it is told to."""
    target = tmp_path / "x"
    target.write_bytes(b"")

    def add(number: int) -> None:
        while True:
            before = target.read_bytes()
            try:
                write_files({target: before + b"%d\n" % number}, unchanged_since({target: before}))
            except OutputError:
                continue
            return

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, target.read_bytes().split())) == list(range(12))
    assert names(tmp_path) == ["x"]


def dead() -> str:
    """What names a process of this machine that has ended."""
    done = subprocess.run(
        [sys.executable, "-c", "from moe_report.output import temporary as t; print(t.writer())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def elsewhere() -> str:
    """What names a process of another machine."""
    return "00000000" + temporary.writer()[8:]


@pytest.mark.parametrize(
    ("holder", "age", "left"),
    [
        ("dead", 0, True),
        ("reused", 0, True),  # the number is that of a process that began at another time
        ("mine", 10_000, False),
        ("elsewhere", 0, False),
        ("elsewhere", 10_000, True),
        ("", 0, False),
        ("", 10_000, True),
        ("what is this", 10_000, False),
    ],
)
def test_a_lock_that_was_left_is_told_from_one_that_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: str, age: float, left: bool
) -> None:
    """A crashed process, one on another machine, one that was stopped before it wrote its name."""
    monkeypatch.setattr(lock, "_WAIT", 0.05)
    said = {
        "dead": dead, "mine": temporary.writer, "elsewhere": elsewhere,
        "reused": lambda: f"{temporary.writer()}1",
    }.get(holder, lambda: holder)()  # fmt: skip
    held = tmp_path / lock.NAME
    held.write_text(said and f"{said} on node")
    os.utime(held, (held.stat().st_mtime - age,) * 2)
    if left:
        write_files({tmp_path / "x": b"1"})
        assert names(tmp_path) == ["x"]
    else:
        with pytest.raises(OutputError, match="another moe-report is writing here") as caught:
            write_files({tmp_path / "x": b"1"})
        assert str(held) in caught.value.message
        assert names(tmp_path) == [lock.NAME]


def test_who_was_killed_while_breaking_a_lock_stops_nobody(tmp_path: Path) -> None:
    """What it left is broken, too."""
    held = tmp_path / lock.NAME
    held.write_text(f"{dead()} on node")
    found = lock._look(held)
    assert found is not None
    lock._claim_of(held, found).write_text(dead())
    write_files({tmp_path / "x": b"1"})
    assert names(tmp_path) == ["x"]


def test_a_lock_that_cannot_be_removed_ends_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a folder where each may remove but what is their own."""
    monkeypatch.setattr(lock, "_WAIT", 0.05)
    monkeypatch.setattr(lock, "_break", lambda *_: None)
    (tmp_path / lock.NAME).write_text(f"{dead()} on node")
    with pytest.raises(OutputError, match="this lock was left"):
        write_files({tmp_path / "x": b"1"})
    assert names(tmp_path) == [lock.NAME]


@pytest.mark.parametrize(("number", "taken"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_file_system_that_cannot_sync_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, taken: bool
) -> None:
    """But for one that says now that it failed."""

    def fails(handle: int) -> None:
        raise OSError(number, "so it is")

    monkeypatch.setattr(os, "fsync", fails)
    if taken:
        write_files({tmp_path / "x": b"1"})
        assert names(tmp_path) == ["x"]
    else:
        with pytest.raises(OutputError, match="so it is"):
            write_files({tmp_path / "x": b"1"})
        assert names(tmp_path) == []


def test_files_of_dead_writers_are_removed_and_no_others(tmp_path: Path) -> None:
    """Ours, whose writer has ended; not those of a run that goes on, nor what only looks alike."""
    prefix = temporary.PREFIX
    gone = [f"{prefix}{dead()}-abcdefgh"]
    stay = [
        f"{prefix}{temporary.writer()}-abcdefgh", f"{prefix}{elsewhere()}-abcdefgh",
        f"{prefix}abcdefgh", f"{prefix}notes", ".moe-report", f"{prefix}{dead()}-abcdefgh.txt",
    ]  # fmt: skip
    old = f"{prefix}{elsewhere()}-12345678"
    for name in (*gone, *stay, old):
        (tmp_path / name).write_bytes(b"")
    os.utime(tmp_path / old, (0, 0))
    write_files({tmp_path / "x": b"1"})
    assert names(tmp_path) == sorted((*stay, "x"))


KILLED = """
import os, sys, signal
from pathlib import Path
from moe_report.output import write_files
name, = sys.argv[1:]
def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, name, killed)
write_files({Path("x"): b"new", Path("y"): b"new"})
"""


@pytest.mark.parametrize("moment", ["fsync", "replace", "chmod", "close"])
def test_what_a_killed_run_leaves_is_removed_by_the_next(tmp_path: Path, moment: str) -> None:
    """Temporary files and the lock; what stood there is whole."""
    (tmp_path / "x").write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, moment], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "x").read_bytes() == b"old"
    assert len(names(tmp_path)) > 1
    write_files({tmp_path / "z": b"1"})
    assert names(tmp_path) == ["x", "z"]


def test_an_interrupt_waits_until_files_are_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of them new and others not would be no state at all."""
    replace = os.replace

    def interrupted(source: Path, target: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files({tmp_path / "x": b"1", tmp_path / "y": b"2"})
    assert names(tmp_path) == ["x", "y"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
