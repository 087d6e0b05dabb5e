"""Control-C, put off for the moments in which it would leave something half done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextmanager
def put_off() -> Iterator[None]:
    """Let what would end the program wait until the block is left."""
    came: list[int] = []

    def note(number: int, _: object) -> None:
        came.append(number)

    before: dict[int, Any] = {}
    try:
        for number in _SIGNALS:
            before[number] = signal.signal(number, note)
    except ValueError:  # Python tells only the main thread of signals
        pass
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        for number in came:
            signal.raise_signal(number)
