"""A command of moe-report in a process of its own that starts at once, may be killed, and ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moe_report.cli.main import main

PATIENCE = 30  # seconds until a command counts as hanging


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
    try:
        os.chdir(folder)
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(PATIENCE)
        main([str(item) for item in arguments], prog_name="moe-report")
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
        os._exit(70)
    os._exit(0)


def finish(process: int, said: Path) -> Outcome:
    """Wait for a command's end."""
    _, status = os.waitpid(process, 0)
    return Outcome(os.waitstatus_to_exitcode(status), said.read_text("utf-8", "replace"))


def run(arguments: Sequence[object], folder: Path, kill_after: float | None = None) -> Outcome:
    """Run a command in a folder, or kill it after so many seconds."""
    said = folder.parent / f"{folder.name}.said"
    process = start(arguments, folder, said)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(process, signal.SIGKILL)
    return finish(process, said)
