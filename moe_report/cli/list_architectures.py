"""What ``moe-report import --list`` prints: every architecture, and how exact it is."""

from __future__ import annotations

import shutil
import textwrap

from moe_report.cli.terminal import aligned
from moe_report.importers.architectures.dense import DENSE
from moe_report.importers.exactness import BUILT, MEANINGS, rows

_WIDTH = 96  # columns, where the output is no terminal
_ROOM = 20  # columns that a text takes at least behind what it begins with


def list_architectures() -> str:
    """Return a line for each architecture, and what its words mean, as wide as the terminal."""
    width = shutil.get_terminal_size((_WIDTH, 0)).columns
    listed = aligned([row[:-1] for row in rows()])
    indent = max(map(len, listed)) + 2
    lines = [
        line
        for start, row in zip(listed, rows(), strict=True)
        for line in _hanging(f"{start:<{indent}}", row[-1], indent, width)
    ]
    lines += [f"{len(listed) - 1} architectures", ""]
    lines += textwrap.wrap("Parameters, total and active, are exact for all. Exact FLOPs:", width)
    words = max(map(len, MEANINGS)) + 4
    for word, meaning in MEANINGS.items():
        lines += _hanging(f"  {word:<{words - 2}}", meaning, words, width)
    lines += ["", *textwrap.wrap(f"transformers: {BUILT}", width), ""]
    dense = f"With --allow-dense also, without experts, all exact: {', '.join(sorted(DENSE))}"
    return "\n".join([*lines, *textwrap.wrap(dense, width)])


def _hanging(start: str, text: str, indent: int, width: int) -> list[str]:
    """Lines of a text that begins behind something, or below it where that leaves no room."""
    before = []
    if width < indent + _ROOM:
        before, start, indent = [start.rstrip()], " " * 4, 4
    wrapped = textwrap.wrap(
        text, width, initial_indent=start, subsequent_indent=" " * indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [*before, *wrapped]
