"""Ctrl-C waits until what other programs' code does is whole: half of it cannot be undone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing import resource_tracker


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C interrupt only at the end of the context; processes that it starts never hear it.

    Raises:
        KeyboardInterrupt: It was pressed meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python interrupts no other thread
        return
    heard = False

    def hear(*_: object) -> None:
        nonlocal heard
        heard = True

    # A handler for this process, in whose every thread the signal may arrive; for the others a
    # mask, which threads and processes inherit. Python's tracker of processes would clear that.
    before = signal.signal(signal.SIGINT, hear)
    try:
        with _deaf() if hasattr(signal, "pthread_sigmask") else nullcontext():
            yield
    finally:
        signal.signal(signal.SIGINT, before)
        if heard:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _deaf() -> Iterator[None]:
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
