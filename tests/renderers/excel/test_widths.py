"""Texts and columns: what LibreOffice prints is whole, and touches nothing beside it."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moe_report.compute.build import build_report
from moe_report.ooxml.package import Package
from moe_report.renderers.excel.column_widths import pages_wide
from moe_report.renderers.excel.palette import Look
from moe_report.renderers.excel.render import render
from moe_report.renderers.excel.text_width import text_lines, text_width
from moe_report.reports import Report
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Scenarios, Source
from moe_report.table import given as amount
from tests.conftest import need
from tests.office import HEADER, convert_all
from tests.reports import LAYER, MIXTRAL, OLMOE, QWEN3, TOTALS, many_models, report_of, row
from tests.rows import example_models
from tests.sections import COUNTING, registry_with

_FONTS = ("Calibri", "Liberation Sans")
_NUMBER = re.compile(r"[−-]?[\d,]+(\.\d+)?(E-?\d+)?[×%.]?|[kMGTB]?(B|FLOP|MAC)?|[≈–·/|%]|no\.")
_PARTS = re.compile(r"(?<=[/?&=.-])")
_EDGES = ("xMin", "yMin", "xMax", "yMax")


def _examples() -> Report:
    return build_report(ModelTable(example_models(), Source("models.xlsx")), load())


def _long_names() -> Report:
    long = "A model with a name that goes on and on, as that of its fine-tuned variants mostly does"
    return report_of(
        row(f"{long} (1)", MIXTRAL, model_type="a_type_with_quite_a_long_name", remark=long * 3),
        row("Internally-called-by-its-branch-and-date-2026-11-27", OLMOE),
        row("Claimed of it in a table of somebody's", TOTALS, compare_with=f"{long} (1)"),
        row("A layer", LAYER),
        title="Models whose names are long, in a report whose title is not short either",
        only=COUNTING,
    )


def _chinese() -> Report:
    return report_of(
        row(
            "通义千问混合专家模型",
            QWEN3,
            remark="模型卡上的数字包括视觉编码器和输出层的全部权重" * 3,
        ),
        row("深度求索混合专家语言模型第二版", MIXTRAL),
        row("混合专家", OLMOE, source="https://huggingface.co/混合专家/模型"),
        only=COUNTING,
    )


_ODD = '''"""Odd.

Assumptions that are tiny, large or fractions, in presets whose names are long.
"""

from dataclasses import dataclass

from moe_report import Model, assumption, metric, preset


@dataclass(frozen=True)
class Odd:
    """What it costs."""

    joules_of_a_switch: float = assumption(
        3e-7, symbol="j", unit="J", help="Tiny.", minimum=0, maximum=1
    )
    flops_of_a_device: float = assumption(
        989e12, symbol="F", unit="FLOP/s", help="Large.", minimum=0, maximum=9e15
    )
    third: float = assumption(1 / 3, symbol="t", unit="ratio", help="Odd.", minimum=-9, maximum=9)


LONG = preset(
    "kind", "A device whose name, with all of its memory, is 60 letters..", Odd(2.5971234e-05, 1),
    source="measured on a device of somebody's, for which there is no data sheet at all, twice",
)
SHORT = preset("kind", "=B & <C>", Odd(1e-12, 165.2e12, -2 / 3), source="2 J")
ALONE = preset("kind", "4,090.0", Odd(0.25, 8192, 2), source="5")


@metric(symbol="e", unit="J/token", source="a convention", format="decimal", headline=True)
def switching(m: Model, odd: Odd) -> float:
    """Joules of switches."""
    return m.num_experts * odd.joules_of_a_switch * odd.third


@metric(symbol="s", unit="s/token", source="a convention", format="si", headline=True)
def seconds(m: Model, odd: Odd) -> float:
    """Seconds of a layer."""
    return m.num_experts / odd.flops_of_a_device
'''


def _presets() -> Report:
    with tempfile.TemporaryDirectory() as folder:
        registry = registry_with(Path(folder), _ODD, "odd_presets")
    names = registry.presets["kind"].names
    scenarios = Scenarios(
        "A scenario whose name is not short",
        {"A scenario whose name is not short": {}, "b": {"third": amount(1 / 7)}, "none": {}},
        presets={
            "base": {"kind": names[0]},
            "A scenario whose name is not short": {"kind": names[1]},
            "b": {"kind": names[2]},
            "none": {"kind": ""},
        },
    )
    rows = (
        row("a-model-whose-name-has-more-than-65-letters-and-no-space-" * 2, MIXTRAL),
        row("b", OLMOE),
    )
    table = ModelTable(rows, Source("models.xlsx"), scenarios=scenarios)
    return build_report(table, registry.choose(only=[*COUNTING, "odd_presets"]))


# Every section's columns are in the examples; those that count have all kinds of texts.
_REPORTS = {
    "presets": _presets,
    "examples": _examples,
    "long": _long_names,
    "chinese": _chinese,
    "sixty": lambda: many_models(60, only=COUNTING),
    "one": lambda: report_of(row("Mixtral", MIXTRAL), only=COUNTING),
}


@dataclass(frozen=True)
class Word:
    """A word on a page, with its edges in points."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Word) -> bool:
        """Whether the two overlap by more than the shadow of a letter."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0.3 and down > 0.4 * (self.bottom - self.top)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[Path, Path]]:
    """Workbooks without their charts, and how they are printed, by name and font."""
    folder = tmp_path_factory.mktemp("printed")
    files = {}
    for name, make in _REPORTS.items():
        content = render(make())
        for font in _FONTS:
            file = folder / f"{name}_{font.split()[0]}.xlsx"
            package = Package(content)
            for part in package.sheets().values():
                package[part] = re.sub(rb"<drawing [^>]*/>", b"", package[part])
            styles = package["xl/styles.xml"]
            package["xl/styles.xml"] = styles.replace(b"Calibri", font.encode())
            file.write_bytes(package.save())
            files[name, font] = file
    pdfs = convert_all(files.values(), folder, "pdf")
    return dict(zip(files, zip(files.values(), pdfs, strict=True), strict=True))


def _pages(pdf: Path) -> Iterator[list[Word]]:
    """The words of each page, but for its footer."""
    command = [need("pdftotext"), "-bbox", str(pdf), "-"]
    xml = subprocess.run(command, check=True, capture_output=True).stdout
    name = "{http://www.w3.org/1999/xhtml}"
    for page in ElementTree.fromstring(xml).iter(f"{name}page"):
        foot = float(page.get("height", 0)) - 40
        words = [
            Word(word.text or "", *(float(word.get(edge, 0)) for edge in _EDGES))
            for word in page.iter(f"{name}word")
        ]
        yield [word for word in words if word.top < foot]


def _shown(file: Path) -> Iterator[str]:
    """The texts of a workbook that are on paper, but for the names that head the table Models."""
    for sheet in openpyxl.load_workbook(file, data_only=True):
        if sheet.sheet_state != "visible":
            continue
        hidden = {letters for letters, item in sheet.column_dimensions.items() if item.hidden}
        for cells in sheet.iter_rows():
            for cell in cells:
                heads = sheet.title == "Models" and cell.row == HEADER
                if isinstance(cell.value, str) and not heads and cell.column_letter not in hidden:
                    yield cell.value


@pytest.mark.parametrize("font", _FONTS)
@pytest.mark.parametrize("name", _REPORTS)
def test_what_is_printed_is_whole_and_apart(
    printed: dict[tuple[str, str], tuple[Path, Path]], name: str, font: str
) -> None:
    """Every word of a cell is on paper; none is cut, broken, run into another, or over one."""
    file, pdf = printed[name, font]
    pages = list(_pages(pdf))
    texts = list(_shown(file))
    said = {part for text in texts for word in text.split() for part in _PARTS.split(word)}
    heads = " ".join(str(cell.value) for cell in openpyxl.load_workbook(file)["Models"][HEADER])
    odd = {
        word.text
        for words in pages
        for word in words
        if not _NUMBER.fullmatch(word.text)
        and not said.issuperset(_PARTS.split(word.text))
        and word.text not in heads
        and not _is_chinese(word.text)
    }
    assert odd == set()
    on_paper = "".join(word.text for words in pages for word in words)
    missing = {word for text in texts for word in text.split() if word not in on_paper}
    assert {
        word for word in missing if len(_PARTS.split(word)) == 1 and not _is_chinese(word)
    } == set()
    assert "##" not in on_paper
    assert [pair for words in pages for pair in _over_one_another(words)] == []


def _over_one_another(words: list[Word]) -> Iterator[tuple[str, str]]:
    words = sorted(words, key=lambda word: word.top)
    for at, one in enumerate(words):
        for other in words[at + 1 :]:
            if other.top >= one.bottom:
                break
            if one.covers(other):
                yield one.text, other.text


def _is_chinese(text: str) -> bool:
    return any(letter > "\u2e80" for letter in text)


@given(st.lists(st.floats(5, 40), min_size=1, max_size=150))
def test_columns_fill_the_pages_that_they_get(widths: list[float]) -> None:
    """Columns are printed on about as many pages as they are wide."""
    usual = sum(widths) / 120
    assert abs(pages_wide(widths, 120) - max(usual, 1)) <= 1.5


@pytest.mark.parametrize("count", range(1, 60))
def test_no_column_has_a_page_alone(count: int) -> None:
    """Columns of one width leave at least a quarter of a page of columns on the last one."""
    pages = pages_wide([10.0] * count, 120)
    each = -(-count // pages)
    assert count - each * (pages - 1) >= min(each, 3)


def test_a_text_that_wraps_takes_the_lines_that_its_words_need() -> None:
    """Words stay whole; one longer than the line is broken, and ideographs break anywhere."""
    look = Look(wrap=True)
    word = text_width("expert", look)
    texts = {"expert": 1, "expert expert": 2, "expert\nexpert": 2, "expertexpert": 2, "": 1}
    assert {text: text_lines(text, word + 0.1, look) for text in texts} == texts
    assert text_lines("\u6a21" * 10, text_width("\u6a21" * 5, look) + 0.1, look) == 2


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (Look(size=9), Look(size=10)), (Look(), Look(bold=True)), (Look(), Look(mono=True)),
    ],
)  # fmt: skip
def test_type_that_is_wider_is_reckoned_wider(narrow: Look, wide: Look) -> None:
    """Size, weight and fixed width count."""
    assert text_width("num_experts", narrow) < text_width("num_experts", wide)
