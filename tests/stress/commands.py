"""Commands of moe-report in processes of their own, forked from one that has imported all."""

from __future__ import annotations

import gc
import os
import signal
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from moe_report.cli.main import main

PATIENCE = 20  # seconds until a command counts as hanging


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code, or the negative signal, and what it said."""

    code: int
    said: str

    @property
    def clean(self) -> bool:
        """Whether it ended in a way that is documented."""
        return self.code in {0, 1, 2, 3} and "Traceback" not in self.said

    @property
    def hung(self) -> bool:
        """Whether it was stopped for it did not end."""
        return self.code == -signal.SIGALRM


def start(arguments: Sequence[object], folder: Path, said: Path) -> int:
    """Start a command in a folder and return its process; what it says goes into a file."""
    child = os.fork()
    if child:
        return child
    os.chdir(folder)
    os._exit(_ended(arguments, said))


def finish(process: int, said: Path) -> Outcome:
    """Wait for a command's end."""
    _, status = os.waitpid(process, 0)
    return Outcome(os.waitstatus_to_exitcode(status), said.read_text("utf-8", "replace"))


def run(arguments: Sequence[object], folder: Path) -> Outcome:
    """Run a command in a folder."""
    said = folder.parent / f"{folder.name}.said"
    return finish(start(arguments, folder, said), said)


def _ended(arguments: Sequence[object], said: Path) -> int:
    """Run a command in this process, and return its exit code; in time, or the process ends."""
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)
    gc.disable()  # such a process does not live long
    try:
        main([str(item) for item in arguments], prog_name="moe-report")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        return 70
    finally:
        signal.alarm(0)
    return 0


class Child:
    """A process that runs one command after another; it ends where one does not end as it should.

    A command is as cheap as its own work: no process starts for it, and nothing is imported.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = folder.parent / f"{folder.name}.said"
        self.process: int | None = None
        self.pipe: Connection

    def run(self, arguments: Sequence[object]) -> Outcome:
        """Run a command, in a fresh process if there is none."""
        if self.process is None:
            self._start()
        assert self.process is not None
        self.pipe.send(arguments)
        try:
            outcome = Outcome(self.pipe.recv(), self.said.read_text("utf-8", "replace"))
        except EOFError:
            outcome, self.process = finish(self.process, self.said), None
        if not outcome.clean:
            self.end()
        return outcome

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the process; the next command gets another."""
        if self.process is not None:
            self.pipe.send(None)
            os.waitpid(self.process, 0)
            self.process = None

    def _start(self) -> None:
        self.pipe, theirs = Pipe()
        self.process = os.fork()
        if self.process:
            theirs.close()
            return
        self.pipe.close()
        os.chdir(self.folder)
        while (arguments := theirs.recv()) is not None:
            theirs.send(_ended(arguments, self.said))
        os._exit(0)
