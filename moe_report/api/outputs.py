"""What stands where an output goes is replaced if we wrote it and nobody has changed it since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moe_report.errors import InputError, OutputError, placed
from moe_report.output import standing, unchanged_since, write_files
from moe_report.output.content import Content, Found, whole
from moe_report.output.marks import can_have_mark, is_as_written, marked

_GENERATOR = b'<meta name="generator" content="moe-report '
# What is in such a file can be told without a mark: its columns and keys are ours to know.
_DATA = (".json", ".csv", ".jsonl", ".parquet")


@dataclass(frozen=True)
class Ways:
    """How the user gets past a file that must not be lost; empty where there is no such way.

    Attributes:
        elsewhere: Says that the outputs go to another place.
        overwrite: Overwrites the file.
        renew: Renews it, if it is a report.
    """

    elsewhere: str
    overwrite: str = "--force overwrites it"
    renew: str = ""


@dataclass(frozen=True)
class Outputs:
    """Files that are written, all of them or none.

    Attributes:
        contents: What to write, by path.
        ways: What an error says that the user may do.
        force: Whether to overwrite what somebody has changed.
        found: What stood there when the command began, and still must; None for nothing.
        renewed: Paths of files that were read, and whose content is in what is written.
        theirs: Paths of what holds something that we did not write.
    """

    contents: Mapping[Path, Content]
    ways: Ways
    force: bool = False
    found: Mapping[Path, Found | None] = field(default_factory=dict)
    renewed: Collection[Path] = ()
    theirs: Collection[Path] = ()

    def write(self) -> list[str]:
        """Write the files; return what could not be kept of those that they replace.

        Raises:
            OutputError: They cannot be written, or what stands there must not be lost.
        """
        contents = self._marked()
        return write_files(contents, lambda before: self._check(contents, before))

    def check(self) -> None:
        """Refuse what :meth:`write` would, and write nothing.

        Raises:
            OutputError: What stands there must not be lost.
        """
        self._check(self._marked(), standing(self.contents))

    def _marked(self) -> dict[Path, Content]:
        return {
            path: content if path in self.theirs else marked(content, path.suffix)
            for path, content in self.contents.items()
        }

    def _check(self, contents: Mapping[Path, Content], before: Mapping[Path, Found | None]) -> None:
        differing = [path for path in self.found if before[path] != contents[path]]
        unchanged_since({path: self.found[path] for path in differing})(before)
        if self.force:
            return
        lines = [
            placed(str(path), f"{why}, and stays; {self._ways(path, content)}")
            for path, content in before.items()
            if path not in self.renewed and content and content != contents[path]
            if (why := _why_kept(path, content, contents[path]))
        ]
        if lines:
            raise OutputError(*lines)

    def _ways(self, path: Path, content: Found) -> str:
        ways = self.ways
        renew = ways.renew if ways.renew and _is_report(path, whole(content)) else ""
        return ", ".join(filter(None, (renew, ways.overwrite, ways.elsewhere)))


def _why_kept(path: Path, before: Found, fresh: Content) -> str:
    """Why a file that stands in the way may hold what we did not write; empty if it does not."""
    as_written = is_as_written(before)
    if as_written is None:
        content = whole(before)
        if _is_data_of_ours(path.suffix, content, fresh):
            return ""
        if _GENERATOR in content or _is_report(path, content):
            return "was added to, saved by another program, or written by an earlier version"
        if path.suffix not in _DATA and not can_have_mark(fresh, path.suffix):
            return "is there already, and what was changed in a file of its kind cannot be told"
        wrote = "these sections of moe-report" if path.suffix in _DATA else "moe-report"
        return f"was not written by {wrote}, or was saved by another program since"
    return "" if as_written else "was changed since moe-report wrote it"


def _is_data_of_ours(suffix: str, content: bytes, fresh: Content) -> bool:
    """Whether a file of data, which has no place for a mark, holds nothing but what ours do."""
    from moe_report.renderers.data import is_csv_of_ours, is_json_of_ours, is_jsonl_of_ours
    from moe_report.renderers.parquet import is_parquet_of_ours

    judge = (is_json_of_ours, is_csv_of_ours, is_jsonl_of_ours, is_parquet_of_ours)
    judges = dict(zip(_DATA, judge, strict=True))
    return suffix in judges and judges[suffix](content, whole(fresh))


def _is_report(path: Path, content: bytes) -> bool:
    from moe_report.load.workbook import guarded

    try:
        return content.startswith(b"PK") and guarded(path, content).is_report
    except InputError:
        return False
