"""Headers of public tables, and what they mean: how many are understood, asked about, misread.

``python -m tests.schema.test_header_cases FILE`` scores another file of the same columns.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.values import Reading, seen_in
from moe_report.schema.registry import installed

CASES = Path(__file__).parents[1] / "data" / "headers.tsv"
FURTHER = CASES.with_name("headers_further.tsv")
IN_LANGUAGES = CASES.with_name("headers_in_languages.tsv")

Verdict = Literal["understood", "asked", "not understood", "misread"]


@dataclass
class Score:
    """How often each verdict was given, and a line for whatever is not understood."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def share(self, *verdicts: Verdict) -> float:
        """Share of the headers that got one of these verdicts."""
        return sum(self.verdicts[one] for one in verdicts) / self.verdicts.total()


def cases(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Yield header, meaning and values of each row of a file."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            values = [value for value in (row["examples"] or "").split(" | ") if value]
            yield row["header"], row["means"], values


def verdict(means: str, reading: Reading, values: list[str]) -> Verdict:
    """Judge a reading by what the header means.

    ``-`` is none of ours; ``?a,b`` is one or the other; ``?`` holds several fields.
    """
    names = [known.name for known in reading.known]
    candidates = {known.name for known in reading.candidates}
    options = set(means.removeprefix("?").split(","))
    if reading.state == "read":
        if means == "?":  # that of one of them, where the cells say in words what they hold
            in_words = bool(values) and all(seen_in(value).kind == "several" for value in values)
            return "understood" if len(names) > 1 or in_words else "misread"
        right = set(names) <= options - {"-"} if means[0] == "?" else names == [means]
        return "understood" if right else "misread"
    if reading.state == "ask":
        return "asked" if means in ("?", "-") or options & candidates else "not understood"
    return "understood" if "-" in options else "not understood"


def score(path: Path) -> Score:
    """Read every header of a file, with the values below it, and judge the readings."""
    registry = installed()
    headers = registry.headers
    found = Score()
    for header, means, values in cases(path):
        reading = headers.decide(headers.read(header), values)
        judged = verdict(means, reading, values)
        found.verdicts[judged] += 1
        if judged in ("misread", "not understood"):
            read = [known.name for known in reading.known or reading.candidates]
            found.lines.append(f"{judged}: {header!r} means {means}, {reading.state} {read}")
    return found


def test_headers_of_public_tables_are_understood() -> None:
    """Of what people have written, nothing is misread, and little is asked about."""
    found = score(CASES)
    assert found.share("misread") == 0, found.lines
    assert found.share("understood", "asked") >= 0.97, found.lines
    assert found.share("asked") <= 0.1, found.verdicts


def test_further_headers_are_understood() -> None:
    """Abbreviations, paths, keys of files, columns of exports and sums, as we would write them."""
    found = score(FURTHER)
    assert found.share("misread") == 0, found.lines
    assert found.share("understood", "asked") >= 0.97, found.lines
    assert found.share("asked") <= 0.12, found.verdicts


def test_headers_in_many_languages_are_understood() -> None:
    """Variants of one header after another, none of which shows its values."""
    found = score(IN_LANGUAGES)
    assert found.share("misread") == 0, found.lines
    assert found.share("understood", "asked") >= 0.99, found.lines
    assert found.share("asked") <= 0.1, found.verdicts


def test_headers_alone_are_not_misread() -> None:
    """Also without a value no field is taken for another, and nothing of others for ours."""
    registry = installed()
    headers = Headers(registry.metrics, registry.assumptions)
    for header, means, _ in cases(CASES):
        if not means.startswith("?"):
            reading = headers.read(header)
            assert verdict(means, reading, []) != "misread", header


if __name__ == "__main__":
    result = score(Path(sys.argv[1]))
    print(*result.lines, sep="\n")
    print(dict(result.verdicts), f"understood or asked {result.share('understood', 'asked'):.1%}")
    print(f"asked {result.share('asked'):.1%}, misread {result.share('misread'):.2%}")
