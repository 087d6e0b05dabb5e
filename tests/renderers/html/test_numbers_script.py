"""How the page reads and writes numbers: as workbook and tables do."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from moe_report.display import exact, show, tables
from moe_report.schema.number_words import number_tables
from moe_report.schema.numerals import numbers_in
from tests import reports
from tests.browser import Open
from tests.conftest import need
from tests.renderers.calculator import fill

# Zeros, ties, and where numbers begin to be written before a power of ten.
EDGES = tuple(
    sign * number
    for sign in (1, -1)
    for number in (
        0.0, 1e-9, 9.996e-10, 1e-4, 9e-5, 999999.5, 9.995e14, 1e15, 1.125e15, 1.135e15, 9.996e15,
        2.0**53 - 1, 2.0**53, 2.0**53 + 2, 1e16, 1e21, 1.5e21, 1.125e27, 1e28, 1e100, 5e-324, 1e300,
    )
)  # fmt: skip


def test_page_and_tables_write_numbers_alike(tmp_path: Path) -> None:
    """Thousands of numbers of every format and size read as the display module writes them."""
    draw = random.Random(5)
    cases: list[tuple[float, str, str]] = []
    for _ in range(4000):
        form = draw.choice(("si", "percent", "factor", "decimal", "integer"))
        number = draw.choice(
            (draw.randint(0, 10**12), draw.randint(0, 99_999), draw.randint(-99, 4000) / 800,
             draw.uniform(-2, 2), 10 ** draw.uniform(-6, 13), draw.randint(0, 300) / 16,
             draw.choice((-1, 1)) * 10 ** draw.uniform(-40, 60), draw.randint(0, 2**58),
             draw.choice(EDGES))
        )  # fmt: skip
        unit = draw.choice(("parameters", "FLOP/token", "byte", "ratio", "tokens"))
        cases.append((float(number), unit, form))
    script = (Path(__file__).parents[3] / "templates" / "numbers.js").read_text("utf-8")
    file = tmp_path / "numbers.js"
    file.write_text(
        f"const report = {{units: {json.dumps(tables() | number_tables())}}};\n{script}\n"
        f"const cases = {json.dumps(cases)};\n"
        "console.log(JSON.stringify(cases.map(([number, unit, format]) =>"
        " [numbers.show(number, unit, format), numbers.exact(number),"
        " numbers.parse(numbers.exact(number), Number.isInteger(number))])));",
        encoding="utf-8",
    )
    done = subprocess.run([need("node"), str(file)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout, parse_int=float)
    for (number, unit, form), theirs in zip(cases, found, strict=True):
        ours = [show(number, unit, form), exact(number), number]
        assert theirs == ours, (number, unit, form)


def test_numbers_are_read_as_in_a_workbook(tmp_path: Path) -> None:
    """What a text may be is the same in the page as in a cell: one number, two, or none."""
    draw = random.Random(5)
    signs, units = (
        ("", ",", ".", "'", " "),
        ("", "k", "M", "B", "bn", " Mrd", "T", "%", "億", " mio"),
    )
    texts = ["1,25", "1,576", "1.576", "46.7B", "12.879.925.248", "4 096", "1e6", "", "x", "12a"]
    for _ in range(3000):
        groups = [
            str(draw.randint(1, 999)),
            *(f"{draw.randint(0, 999):03}" for _ in range(draw.randint(0, 3))),
        ]
        decimals = draw.choice(("", f".{draw.randint(0, 9999)}", f",{draw.randint(0, 9999)}"))
        texts.append(draw.choice(signs).join(groups) + decimals + draw.choice(units))
    script = (Path(__file__).parents[3] / "templates" / "numbers.js").read_text("utf-8")
    file = tmp_path / "numbers.js"
    file.write_text(
        f"const report = {{units: {json.dumps(tables() | number_tables())}}};\n{script}\n"
        f"console.log(JSON.stringify({json.dumps(texts)}.map((text) => numbers.readings(text))));",
        encoding="utf-8",
    )
    done = subprocess.run([need("node"), str(file)], capture_output=True, text=True, check=True)
    both = 0
    for text, theirs in zip(texts, json.loads(done.stdout), strict=True):
        taken = numbers_in(text)
        one = taken.numbers[0] if len(taken.numbers) == 1 and not taken.numbers[0].unknown else None
        ours = [] if one is None else [float(value * one.multiple) for value in one.values("")]
        if theirs:  # the page takes fewer texts, but none otherwise
            assert theirs == pytest.approx(ours, rel=1e-15), text
            both += 1
    assert both > len(texts) // 2


def test_decimals_before_a_multiple_are_decimals(shown: Open) -> None:
    """A whole number has none, but the number that is multiplied may; what is unsure is refused."""
    page = shown(reports.usual_report())
    for text, number in {
        "46.703B": 46_703_000_000, "46.70B": 46_700_000_000, "1.125k": 1125, "4,096": 4096,
        "1,125k": None, "4.096": 4096, "40.960 ": 40960, "39.000": 39000, "1.5k": 1500,
    }.items():  # fmt: skip
        name = "published_total_params" if "B" in text else "vocab_size"
        fill(page, name, text)
        wrong = page.get_attribute(f"#set-{name}", "aria-invalid")
        assert page.evaluate(f"calculation.parse('{name}', '{text}') || null") == number
        assert (wrong is None) == (number is not None)
