"""Ctrl-C while something must become whole: it comes after that, and to this process alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading

import pytest

from moe_report.sweeps.undisturbed import undisturbed


def interrupt_oneself() -> None:
    """What Ctrl-C does to a process; one that is deaf to it goes on, and ends with 0."""
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_waits_for_the_end() -> None:
    """It is not lost, and what handled it before does so again."""
    done = []

    def become_whole() -> None:
        interrupt_oneself()
        done.append("whole")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # perhaps it was ignored
    try:
        with pytest.raises(KeyboardInterrupt), undisturbed():
            become_whole()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert done == ["whole"]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with undisturbed():
        pass


def test_ctrl_c_that_is_ignored_stays_so() -> None:
    """As in a shell's background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with undisturbed():
            interrupt_oneself()
    finally:
        signal.signal(signal.SIGINT, before)


def test_processes_that_are_started_meanwhile_are_deaf_from_the_first() -> None:
    """Also those that a thread starts, and later: workers that are started anew."""
    codes: list[int | None] = []
    begin = threading.Event()

    def start() -> None:
        begin.wait()
        process = multiprocessing.get_context("spawn").Process(target=interrupt_oneself)
        process.start()
        process.join()
        codes.append(process.exitcode)

    later = threading.Thread(target=start)
    with undisturbed():
        later.start()
    begin.set()
    later.join()
    assert codes == [0]


def test_thread_is_as_it_was() -> None:
    """Python interrupts none but the first."""
    done = []

    def enter() -> None:
        with undisturbed():
            done.append(True)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert done == [True]
