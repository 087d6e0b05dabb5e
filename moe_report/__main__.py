"""``moe-report`` and ``python -m moe_report``: the command line, which Control-C ends at any time.

Next to nothing is imported here, for until ``main`` has begun an interrupt ends in a traceback.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_INTERRUPTED = 130
_came: list[int] = []


def main() -> None:
    """Run the command line."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may ignore it
        signal.signal(signal.SIGINT, _interrupt)
        sys.unraisablehook = _end_if_interrupted
    from moe_report.cli.main import main as command

    _run(command)


def _run(command: Callable[..., None]) -> None:
    try:
        command(prog_name="moe-report")
    except KeyboardInterrupt:
        _end()
    except SystemExit as ended:
        if _came and ended.code != _INTERRUPTED:
            _end()
        raise


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise a KeyboardInterrupt where it gets through to who is to catch it; else end at once.

    A module that is being imported may print it, or turn it into another error.
    """
    running = False
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            _end()
        running = running or frame.f_code is _run.__code__
        frame = frame.f_back
    if _came or not running:
        _end()
    _came.append(number)
    raise KeyboardInterrupt


def _end_if_interrupted(said: sys.UnraisableHookArgs) -> None:
    if issubclass(said.exc_type, KeyboardInterrupt):
        _end()
    sys.__unraisablehook__(said)


def _end() -> None:
    """End the program at once, but for what it has not finished writing."""
    temporary = sys.modules.get("moe_report.output.temporary")
    for path in getattr(temporary, "UNFINISHED", ()):
        try:  # noqa: SIM105 (what is not imported yet may not be now)
            os.unlink(path)
        except OSError:
            pass
    try:
        os.write(2, b"Aborted!\n")
    finally:
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
