"""Programs that are not ours, and readers that may hang: run beside us, within bounds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

_POSIX = os.name == "posix"


def run_program(
    command: Sequence[str], *, seconds: float, memory: int | None = None, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a program, and end it with all that it started if it takes too long.

    Args:
        command: The program and its arguments.
        seconds: How long it may take.
        memory: How many bytes it may ask for, where the system can hold it to that.
        data: What it reads.

    Raises:
        TimeoutExpired: It took too long.
        OSError: It cannot be started.
    """

    def bound() -> None:
        import resource

        assert memory is not None
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
        preexec_fn=bound if _POSIX and memory else None,
    )
    with process:
        try:
            out, errors = process.communicate(data, timeout=seconds)
        except BaseException:
            if _POSIX:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, errors)


def run_module(
    name: str, data: bytes, *, seconds: float, memory: int
) -> subprocess.CompletedProcess[bytes]:
    """Run a module of ours as a program of its own, by its full name.

    Raises:
        TimeoutExpired: It took too long.
    """
    command = [sys.executable, "-m", name]
    return run_program(command, seconds=seconds, memory=memory, data=data)
