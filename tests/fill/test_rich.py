from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moe_report.fill.fill import fill
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import Package, parse
from moe_report.reports import Report
from tests.fill.packages import Inserted, Touched, compare
from tests.fill.rich import ROW, rich_template
from tests.office import convert, opened
from tests.reports import MIXTRAL, OLMOE, QWEN3, report_of, row

NAMES = ("Mixtral 8x7B", "OLMoE-1B-7B", "Qwen3-30B-A3B", "=cmd|' /C calc'!A0")
MODELS = "xl/worksheets/sheet2.xml"
NEW = len(NAMES) - 1
NAMED = frozenset({("xl/worksheets/sheet1.xml", "B5")})  # the cell of the name context_length
# What holds references to the sheet whose rows move; no other part may change.
REFERRING = (
    "xl/workbook.xml", "xl/worksheets/sheet[12].xml", "xl/charts/chart*.xml",
    "xl/drawings/drawing2.xml", "xl/drawings/_rels/drawing2.xml.rels",
    "xl/drawings/vmlDrawing1.vml", "xl/comments1.xml", "xl/threadedComments/*",
    "xl/tables/table[23].xml",
    "xl/ctrlProps/*", "xl/sharedStrings.xml",
    "xl/pivotCache/pivotCacheDefinition1.xml", "xl/styles.xml",
)  # fmt: skip


@pytest.fixture(scope="module")
def report() -> Report:
    """A report of whole models, one of a hostile name."""
    numbers = (MIXTRAL, OLMOE, QWEN3, MIXTRAL | {"num_experts": 16})
    return report_of(*(row(name, given) for name, given in zip(NAMES, numbers, strict=True)))


@pytest.fixture(scope="module")
def rich() -> bytes:
    """The rich template."""
    return rich_template()


@pytest.fixture(scope="module")
def filled(rich: bytes, report: Report) -> bytes:
    """The rich template, filled."""
    return fill(rich, report, where="rich.xlsm").data


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The template as LibreOffice writes it."""
    folder = tmp_path_factory.mktemp("again")
    (folder / "rich.xlsx").write_bytes(rich_template(macros=False))
    return convert(folder / "rich.xlsx", folder / "out").read_bytes()


def test_nothing_of_the_rich_template_is_lost(rich: bytes, filled: bytes) -> None:
    """What has no reference to the table is left byte for byte; of the rest, nothing is lost."""
    check_package(filled, "rich.xlsm")
    touched = Touched(REFERRING, NAMED, {MODELS: Inserted(ROW, NEW)})
    assert compare(rich, filled, touched) == []


def test_parts_without_references_keep_their_bytes(rich: bytes, filled: bytes) -> None:
    """By name, so that no pattern hides one."""
    before, after = Package(rich), Package(filled)
    for part in (
        "xl/vbaProject.bin", "xl/media/image1.png", "xl/theme/theme1.xml", "docProps/custom.xml",
        "customXml/item1.xml", "xl/persons/person.xml", "xl/slicers/slicer1.xml",
        "xl/slicerCaches/slicerCache1.xml", "xl/pivotTables/pivotTable1.xml",
        "xl/pivotCache/pivotCacheRecords1.xml", "xl/externalLinks/externalLink1.xml",
        "xl/worksheets/sheet3.xml", "xl/worksheets/sheet4.xml", "xl/drawings/drawing1.xml",
        "xl/drawings/vmlDrawing2.vml", "xl/chartsheets/sheet1.xml", "xl/tables/table1.xml",
        "xl/worksheets/_rels/sheet2.xml.rels", "xl/metadata.xml", "xl/richData/rdrichvalue.xml",
        "xl/featurePropertyBag/featurePropertyBag.xml",
    ):  # fmt: skip
        assert before[part] == after[part], part


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        (MODELS, '<mergeCell ref="A18:C18"/>', '<mergeCell ref="A21:C21"/>'),
        (MODELS, '<mergeCell ref="A1:F1"/>', '<mergeCell ref="A1:F1"/>'),
        (MODELS, 'sqref="B21:B23" name="Costs"', 'sqref="B24:B26" name="Costs"'),
        (MODELS, 'conditionalFormatting sqref="A9:F9"', 'conditionalFormatting sqref="A9:F12"'),
        (MODELS, 'conditionalFormatting sqref="C21:C23"', 'conditionalFormatting sqref="C24:C26"'),
        (MODELS, "<formula>$B$21</formula>", "<formula>$B$24</formula>"),
        (MODELS, "<xm:sqref>B9</xm:sqref>", "<xm:sqref>B9:B12</xm:sqref>"),
        (MODELS, 'sqref="D25"', 'sqref="D28"'),
        (MODELS, "<formula1>$B$12</formula1>", "<formula1>$B$15</formula1>"),
        (MODELS, 'sqref="F9"', 'sqref="F9:F12"'),
        (MODELS, '<hyperlink ref="A25"', '<hyperlink ref="A28"'),
        (MODELS, "location=\"'Models'!A21\"", "location=\"'Models'!A24\""),
        (MODELS, 'location="Board!A1"', 'location="Board!A1"'),
        (MODELS, '<brk id="19"', '<brk id="22"'),
        (MODELS, '<brk id="7"', '<brk id="7"'),
        (MODELS, 'ignoredError sqref="A21:A23"', 'ignoredError sqref="A24:A26"'),
        (MODELS, 'cellWatch r="B12"', 'cellWatch r="B15"'),
        (MODELS, "<xm:f>Models!B21:B23</xm:f>", "<xm:f>Models!B24:B26</xm:f>"),
        (MODELS, "<xm:f>Models!B9:C9</xm:f>", "<xm:f>Models!B9:C9</xm:f>"),
        (MODELS, "<xm:sqref>E25</xm:sqref>", "<xm:sqref>E28</xm:sqref>"),
        (MODELS, "<xm:sqref>D26:D27</xm:sqref>", "<xm:sqref>D29:D30</xm:sqref>"),
        (MODELS, "<xm:f>Lists!$A$1:$A$3</xm:f>", "<xm:f>Lists!$A$1:$A$3</xm:f>"),
        (MODELS, "<xdr:row>24</xdr:row>", "<xdr:row>27</xdr:row>"),
        (MODELS, 'topLeftCell="B9"', 'topLeftCell="B9"'),
        (MODELS, "<f>SUM(B9:B9)</f>", "<f>SUM(B9:B12)</f>"),
        (MODELS, "<f>SUM(C9:C9)</f>", "<f>SUM(C9:C12)</f>"),
        (MODELS, "<f>MAX($B$8:$B$9)</f>", "<f>MAX($B$8:$B$12)</f>"),
        (MODELS, "<f>$B$9</f>", "<f>$B$9</f>"),
        (MODELS, "<f>B21+B12</f>", "<f>B24+B15</f>"),
        (MODELS, 'ref="B13:C13">B21:B22*{1,10}<', 'ref="B16:C16">B24:B25*{1,10}<'),
        ("xl/worksheets/sheet1.xml", "<f>[1]Models!$B$21</f>", "<f>[1]Models!$B$21</f>"),
        ("xl/worksheets/sheet1.xml", "<f>Models!B12</f>", "<f>Models!B15</f>"),
        ("xl/worksheets/sheet1.xml", "<f>SUM(Models!B9:B9)</f>", "<f>SUM(Models!B9:B12)</f>"),
        ("xl/worksheets/sheet1.xml", "<f>SUM(Models!B:B)</f>", "<f>SUM(Models!B:B)</f>"),
        ("xl/workbook.xml", ">Models!$B$21<", ">Models!$B$24<"),
        ("xl/workbook.xml", ">Models!$A$20:$C$23<", ">Models!$A$23:$C$26<"),
        ("xl/workbook.xml", ">Models!$A$1:$J$60<", ">Models!$A$1:$J$63<"),
        ("xl/workbook.xml", ">Models!$8:$8<", ">Models!$8:$8<"),
        ("xl/workbook.xml", ">Models!$B$9:$B$9<", ">Models!$B$9:$B$12<"),
        ("xl/tables/table2.xml", 'ref="A8:F10"', 'ref="A8:F13"'),
        ("xl/tables/table2.xml", '<autoFilter ref="A8:F9"/>', '<autoFilter ref="A8:F12"/>'),
        ("xl/tables/table3.xml", 'ref="A20:C23"', 'ref="A23:C26"'),
        ("xl/pivotCache/pivotCacheDefinition1.xml", 'ref="A20:C23"', 'ref="A23:C26"'),
        ("xl/ctrlProps/ctrlProp1.xml", 'fmlaLink="Models!$G$25"', 'fmlaLink="Models!$G$28"'),
        ("xl/comments1.xml", '<comment ref="A21"', '<comment ref="A24"'),
        ("xl/comments1.xml", '<comment ref="A8"', '<comment ref="A8"'),
        ("xl/threadedComments/threadedComment1.xml", 'ref="B23"', 'ref="B26"'),
        ("xl/drawings/vmlDrawing1.vml", "<x:Row>20</x:Row>", "<x:Row>23</x:Row>"),
        ("xl/drawings/vmlDrawing1.vml", "<x:Row>7</x:Row>", "<x:Row>7</x:Row>"),
        ("xl/drawings/vmlDrawing1.vml", "7, 0, 32, 0, 8, 0, 33, 0", "7, 0, 35, 0, 8, 0, 36, 0"),
        ("xl/drawings/vmlDrawing1.vml", ">Models!$G$25<", ">Models!$G$28<"),
        ("xl/drawings/drawing2.xml", "<xdr:row>35</xdr:row>", "<xdr:row>38</xdr:row>"),
        ("xl/drawings/drawing2.xml", "<xdr:row>1</xdr:row>", "<xdr:row>1</xdr:row>"),
        ("xl/drawings/drawing2.xml", 'textlink="$B$12"', 'textlink="$B$15"'),
        ("xl/charts/chart1.xml", ">Models!$B$9:$B$9<", ">Models!$B$9:$B$12<"),
        ("xl/charts/chart1.xml", ">Models!$A$18<", ">Models!$A$21<"),
        ("xl/charts/chart3.xml", ">Models!$B$9:$C$9<", ">Models!$B$9:$C$9<"),
        ("xl/charts/chart3.xml", ">Models!$A$9<", ">Models!$A$9<"),
        ("xl/charts/chart6.xml", ">Models!$B$21:$B$23<", ">Models!$B$24:$B$26<"),
    ],
)  # fmt: skip
def test_what_is_below_moves_and_the_rest_stays(
    rich: bytes, filled: bytes, part: str, before: str, after: str
) -> None:
    """Each kind of thing that names rows, in its part."""
    old, new = Package(rich)[part].decode(), Package(filled)[part].decode()
    for text, xml in ((before, old), (after, new)):
        spaced = text if text in xml else text.replace(", ", ",")
        assert spaced in xml or text.replace('"/>', '" />') in xml, text
    if before != after:
        assert before not in new


def expected(report: Report) -> Iterator[tuple[str, str, Any]]:
    """Each cell of the filled template, and what the engine has for it."""
    total = [cell.value or 0 for cell in report.columns["total_params"].cells]
    active = [cell.value or 0 for cell in report.columns["active_params"].cells]
    experts = [cell.value or 0 for cell in report.columns["num_experts"].cells]
    order = sorted(range(len(total)), key=lambda at: -total[at])
    for at, model in enumerate(order):
        line = ROW + at
        yield "Models", f"A{line}", NAMES[model]
        yield "Models", f"B{line}", total[model]
        yield "Models", f"C{line}", active[model]
        yield "Models", f"D{line}", active[model] / total[model]
        yield "Models", f"E{line}", total[model] * 2
        yield "Models", f"F{line}", experts[model]
    everything, largest = sum(total), max(total)
    yield "Models", "A1", f"Costs by moe-report {report.version}"
    yield from (("Models", cell, value) for cell, value in {
        "B2": everything, "C2": sum(active), "D2": largest, "E2": 10 + everything,
        "B13": everything, "C13": sum(active) / len(active),
        "B15": everything, "C15": sum(active) / len(active), "D15": largest,
        "E15": everything + 42, "F15": len(NAMES), "D16": 2 * everything,
        "B16": 10, "C16": 100, "F17": 28, "F18": 30, "F19": 32, "B24": 10, "C26": 3,
    }.items())  # fmt: skip
    context = next(a.value for a in report.assumptions if a.definition.name == "context_length")
    yield from (("Board", cell, value) for cell, value in {
        "A1": f"Board of {len(NAMES)} models", "B2": report.version, "B3": everything, "B4": 42,
        "B5": context, "B6": everything, "B7": 12, "B8": everything / len(NAMES),
        "B9": active[order[0]] + 12, "B10": 10 + everything, "B12": 42 + 702.5, "B13": context,
    }.items())  # fmt: skip


def disagreements(book: Any, report: Report) -> list[str]:
    """Say where a workbook has something else than the engine."""
    wrong = []
    for sheet, cell, value in expected(report):
        found = book[sheet][cell].value
        same = found == (value if isinstance(value, str) else pytest.approx(value, rel=1e-12))
        if not same:
            wrong.append(f"{sheet}!{cell}: found {found!r}, expected {value!r}")
    return wrong


def test_libreoffice_computes_what_the_engine_does(
    filled: bytes, report: Report, tmp_path: Path
) -> None:
    """In every filled cell and every formula: above, below, beside and on another sheet."""
    (tmp_path / "rich.xlsm").write_bytes(filled)
    book = opened(convert(tmp_path / "rich.xlsm", tmp_path / "out"))
    assert disagreements(book, report) == []
    book.close()


def test_a_template_of_libreoffice_is_filled_as_well(
    made_again: bytes, report: Report, tmp_path: Path
) -> None:
    """Nothing is lost of what LibreOffice made of the template, and it computes the same."""
    done = fill(made_again, report, where="again.xlsx").data
    part = Package(made_again).sheets()["Models"]
    touched = Touched(
        ("xl/workbook.xml", "xl/worksheets/sheet[12].xml", "xl/charts/*", "xl/drawings/*",
         "xl/comments*.xml", "xl/tables/*", "xl/ctrlProps/*", "xl/sharedStrings.xml",
         "xl/pivotCache/pivotCacheDefinition1.xml", "xl/styles.xml"),
        NAMED, {part: Inserted(ROW, NEW)},
    )  # fmt: skip
    assert compare(made_again, done, touched) == []
    (tmp_path / "again.xlsx").write_bytes(done)
    book = opened(convert(tmp_path / "again.xlsx", tmp_path / "out"))
    assert disagreements(book, report) == []
    book.close()


def test_repeated_rows_look_like_the_first(filled: bytes) -> None:
    """Height, styles, and what else the row says of itself."""
    data = parse(Package(filled)[MODELS]).find(f"{{{MAIN}}}sheetData")
    assert data is not None
    rows = {item.get("r"): item for item in data}
    first = {key: value for key, value in rows[str(ROW)].attrib.items() if key != "r"}
    assert first["ht"] == "21"
    for number in range(ROW + 1, ROW + NEW + 1):
        again = rows[str(number)]
        assert {key: value for key, value in again.attrib.items() if key != "r"} == first
        assert [cell.get("s") for cell in again] == [cell.get("s") for cell in rows[str(ROW)]]


def test_one_model_and_none_need_no_rows(rich: bytes) -> None:
    """With a single model nothing moves."""
    report = report_of(row(NAMES[0], MIXTRAL))
    done = fill(rich, report, where="rich.xlsm").data
    parts = ("xl/workbook.xml", "xl/worksheets/sheet[12].xml", "xl/sharedStrings.xml",
             "xl/styles.xml", "xl/charts/*", "xl/drawings/drawing2.xml")  # fmt: skip
    assert compare(rich, done, Touched(parts, NAMED)) == []
