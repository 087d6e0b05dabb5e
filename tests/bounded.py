"""Commands in child processes that may take much memory and time, but no end of them.

The modules are loaded once; each command then runs in a copy of that process.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MOST_MEMORY, MOST_SECONDS = 2_000_000_000, 60  # the system ends what takes more


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, what it said, and the memory that it had, in bytes."""

    code: int
    said: str
    memory: int


def ended(folder: Path, commands: Iterable[Sequence[object]], *, at_once: int = 1) -> list[Ended]:
    """Run commands of moe-report one after the other, or so many at once, in a folder."""
    words = [[str(word) for word in command] for command in commands]
    given = json.dumps({"commands": words, "at_once": at_once})
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bounded"], input=given, capture_output=True, text=True,
        check=True, cwd=root, env=os.environ | {"BOUNDED_FOLDER": str(folder)},
    )  # fmt: skip
    return [Ended(**item) for item in json.loads(done.stdout)]


def _main() -> None:
    import moe_report.compute.build
    import moe_report.load.inputs
    import moe_report.renderers.html.render  # noqa: F401 (loaded once, for all)
    from moe_report.schema.headers.lexicon import lexicon
    from moe_report.schema.registry import load

    _ = load(), lexicon()  # so are the sections, and the words of headers
    given = json.load(sys.stdin)
    commands, at_once = given["commands"], given["at_once"]
    os.chdir(os.environ["BOUNDED_FOLDER"])
    ends = []
    for first in range(0, len(commands), at_once):
        copies = [_begun_in_a_copy(command) for command in commands[first : first + at_once]]
        ends += [_end_of(*copy) for copy in copies]
    json.dump(ends, sys.stdout)


def _begun_in_a_copy(command: list[str]) -> tuple[int, IO[bytes]]:
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the copy has ended
    copy = os.fork()
    if not copy:
        _run(command, out)
    return copy, out


def _end_of(copy: int, out: IO[bytes]) -> dict[str, object]:
    with out:
        _, status, used = os.wait4(copy, 0)
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "said": said, "memory": used.ru_maxrss * 1024}


def _run(command: list[str], out: IO[bytes]) -> None:
    from moe_report.cli.main import main

    for stream in (1, 2):
        os.dup2(out.fileno(), stream)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    code = 1
    try:
        main(command, prog_name="moe-report")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _main()
