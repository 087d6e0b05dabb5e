"""Where blocks are counted: here, one after another, or wherever an executor sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class Executor(Protocol):
    """What runs a function for many tasks."""

    def run(
        self, function: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Give the place of each task with its result, in any order.

        Function, tasks and results can all be pickled; a task may be run more than once.
        """


class InProcess:
    """Runs one task after another, here."""

    def run(
        self, function: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Give the place of each task with its result, in their order."""
        return enumerate(map(function, tasks))
