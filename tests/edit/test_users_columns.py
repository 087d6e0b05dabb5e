"""Columns that a user put beside ours: an update keeps them, cell by cell."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import TableColumn, TableFormula

from moe_report.ooxml.package import Package, parse, serialize
from tests.edit.test_update import MODELS, at, edited, loaded, run, update, value_of, write_input
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report
from tests.office import FIRST, HEADER, recalculated

YELLOW = PatternFill("solid", fgColor="FFFFFF00")


def turned(folder: Path, *new: str) -> Path:
    """The models in the other order behind new ones, without the columns of the user's own."""
    columns = {
        key: tuple(reversed(values)) for key, values in MODELS.items() if not key.startswith("#")
    }
    first = {key: values[0] for key, values in columns.items()}
    return write_input(
        folder / "next.xlsx",
        {
            key: (*(name if key == "name" else first[key] for name in new), *values)
            for key, values in columns.items()
        },
    )


def letters(sheet: Any, header: str) -> str:
    """The letters of a column of the sheet Models."""
    return str(next(cell.column_letter for cell in sheet[HEADER] if cell.value == header))


def add_column(
    book: Any, header: object, cells: Mapping[str, object], *, grown: bool = True, look: str = ""
) -> str:
    """Put a column at the right end of Models, of a cell a model, and grow the table as Excel does.

    ``{total_params}`` in a formula is that column, ``{row}`` the row, ``{first}`` and ``{last}``
    those of the models.
    """
    sheet = book["Models"]
    column = sheet.max_column + 1
    sheet.cell(HEADER, column).value = header
    places = {name.value: name.column_letter for name in sheet[HEADER] if name.value}
    for row in range(FIRST, FIRST + 2):
        cell = sheet.cell(row, column)
        value = cells[sheet.cell(row, 1).value]
        if isinstance(value, str):
            value = value.format(**places, row=row, first=FIRST, last=FIRST + 1)
        cell.value = value
        if look:
            cell.number_format = look
            cell.fill = YELLOW
    table = sheet.tables["Models"]
    if grown:
        table.ref = f"A{HEADER}:{get_column_letter(column)}{FIRST + 1}"
        table.autoFilter.ref = table.ref
        formula = str(sheet.cell(FIRST, column).value)
        item = TableColumn(id=900 + column, name=str(header))
        if formula.startswith("="):
            item.calculatedColumnFormula = TableFormula(attr_text=formula[1:])
        table.tableColumns.append(item)
    return get_column_letter(column)


def everywhere(cell: object) -> dict[str, object]:
    """The same for every model."""
    return {"Small": cell, "Large": cell}


FORMULAS = {
    "a cell of the row": ("={total_params}{row}*2", lambda row, rows: row["total_params"] * 2),
    "a fixed column": ("=${total_params}{row}/7", lambda row, rows: row["total_params"] / 7),
    "this row": ("=Models[[#This Row],[total_params]]*3",
                 lambda row, rows: row["total_params"] * 3),
    "as it is typed": ("=[@total_params]*5", lambda row, rows: row["total_params"] * 5),
    "all models": ("={total_params}{row}/SUM({total_params}${first}:{total_params}${last})",
                   lambda row, rows: row["total_params"] / sum(r["total_params"] for r in rows)),
    "a whole column of the table": ("=MAX(Models[num_experts])+{num_experts}{row}",
                                    lambda row, rows: max(r["num_experts"] for r in rows)
                                    + row["num_experts"]),
    "another sheet": ("=Prices!$A$1*{num_experts}{row}", lambda row, rows: 3 * row["num_experts"]),
    "a name": ("=context_length+{num_experts}{row}",
               lambda row, rows: 4096 + row["num_experts"]),
    "an assumption's cell": ("=Assumptions!$D$6+{num_experts}{row}", None),
}  # fmt: skip


@pytest.mark.parametrize("grown", [True, False])
def test_columns_of_formulas_stay_what_they_are(report: Path, tmp_path: Path, grown: bool) -> None:
    """Models are turned round and one comes: LibreOffice computes what the formulas mean."""

    def add(book: Any) -> None:
        book.create_sheet("Prices")["A1"] = 3
        for header, (formula, _) in FORMULAS.items():
            add_column(book, header, everywhere(formula), grown=grown, look="#,##0.00")

    edited(report, add)
    done = run(turned(tmp_path, "New"), "--update", report, "-q")
    assert (done.exit_code, done.output) == (0, "")
    rows = recalculated(report, tmp_path / "office", "Models")
    found = [dict(zip(rows[HEADER - 1], row, strict=True)) for row in rows[FIRST - 1 :]]
    assert [row["name"] for row in found] == ["New", "Large", "Small"]
    for header, (_, meant) in FORMULAS.items():
        if meant is not None:
            wanted = [pytest.approx(meant(row, found), rel=1e-12) for row in found]
            assert [row[header] for row in found] == wanted, header
    sheet = loaded(report)["Models"]
    for header in FORMULAS:
        for name in ("New", "Small"):
            cell = at(sheet, name, header)
            assert (cell.number_format, cell.fill.fgColor.rgb) == ("#,##0.00", "FFFFFF00"), header
    assert sheet.tables["Models"].ref.endswith(f"{get_column_letter(sheet.max_column)}6")


HEADERS = (
    "cost", "Monthly GPU cost", "routing_cost", "Parameter efficiency", "Total parameters", "top_k",
    "2025", "a [b] 'c' #", "Kosten/Monat (€)",
)  # fmt: skip


@pytest.mark.parametrize("grown", [True, False])
def test_whatever_their_headers_are(report: Path, grown: bool) -> None:
    """Also ones that a metric could have, or has: these formulas are not what we write."""
    # A table has no two columns of one header.
    headers = HEADERS if grown else (*HEADERS, "total_params")

    def add(book: Any) -> None:
        for header in headers:
            add_column(book, header, everywhere("={active_params}{row}/8"), grown=grown)

    edited(report, add)
    before = [cell.value for cell in loaded(report)["Models"][HEADER]]
    added = [get_column_letter(at) for at in range(1, len(before) + 1)][-len(headers) :]
    for _ in range(2):
        update(report)
        sheet = loaded(report)["Models"]
        active = letters(sheet, "active_params")
        kept = [
            header if before.count(header) == 1 else f"{header} ({place}{HEADER})"
            for header, place in zip(headers, added, strict=True)
        ]
        columns = range(sheet.max_column - len(headers) + 1, sheet.max_column + 1)
        assert [sheet.cell(HEADER, column).value for column in columns] == kept
        for column, row in product(columns, (FIRST, FIRST + 1)):
            assert sheet.cell(row, column).value == f"={active}{row}/8"


def test_a_metric_that_comes_does_not_take_a_users_column(report: Path) -> None:
    """The user's formulas are headed as a metric that was left out, and now is there."""
    update(report, "--only", "parameter_ledger")

    def add(book: Any) -> None:
        add_column(book, "parameter_efficiency", everywhere("={total_params}{row}*2"))
        book.create_sheet("Mine")["A1"] = "=SUM(Models[parameter_efficiency])"

    edited(report, add)
    update(report)
    book = loaded(report)
    sheet = book["Models"]
    theirs = sheet.cell(HEADER, sheet.max_column)
    assert theirs.value.startswith("parameter_efficiency (")
    assert sheet.cell(FIRST, theirs.column).value == f"={letters(sheet, 'total_params')}{FIRST}*2"
    assert at(sheet, "Small", "parameter_efficiency").value.startswith("=IF(")
    assert book["Mine"]["A1"].value == f"=SUM(Models[{theirs.value}])"


def test_a_metric_that_goes_takes_its_column_along(report: Path) -> None:
    """A column of ours without its metric is said to be skipped, and what refers to it, too."""
    edited(report, lambda book: book["Notes"].__setitem__(
        "B7", "=SUM(Models[parameter_efficiency])+Models!A4"
    ))  # fmt: skip
    done = update(report, "--only", "parameter_ledger")
    assert "parameter_efficiency" not in [c.value for c in loaded(report)["Models"][HEADER]]
    assert "sheet Notes, cell B7: refers to Models[parameter_efficiency], which the report" in (
        done.output
    )
    assert loaded(report)["Notes"]["B7"].value == "=SUM(#REF!)+Models!A4"


@pytest.mark.parametrize("formula", [
    "=Models[[#This Row],[active_params]]*1.5", "=2*3", "=SUM(1,2)*1E9",
])  # fmt: skip
def test_a_formula_over_a_metrics_is_not_lost(report: Path, formula: str) -> None:
    """What stands in a column of ours and is not the formula that we wrote there is named."""
    edited(report, lambda book: setattr(at(book["Models"], "Small", "total_params"), "value",
                                        formula))  # fmt: skip
    before = report.read_bytes()
    done = run("--update", report)
    assert done.exit_code == 1
    assert f"your formula {formula} stands in a column of formulas" in done.output
    assert report.read_bytes() == before


VALUES: dict[str, tuple[object, str]] = {
    "day": (datetime.datetime(2024, 1, 8), "dd/mm/yyyy"),
    "moment": (datetime.datetime(2024, 1, 8, 17, 30), "yyyy-mm-dd hh:mm"),
    "time": (datetime.time(17, 30), "h:mm AM/PM"),
    "duration": (datetime.timedelta(hours=49, minutes=5), "[h]:mm:ss"),
    "truth": (True, "General"),
    "price": (1234.5, '#,##0.00 "€"'),
    "share": (0.125, "0.0%"),
    "text": ("0012", "@"),
    "error": ("#N/A", "General"),
    "none": (None, "0.00"),
}


@pytest.mark.parametrize("between", [False, True])
def test_a_value_stays_what_it_is(report: Path, tmp_path: Path, between: bool) -> None:
    """Days, times, truths and errors keep value, format and look, wherever the row goes."""

    def add(book: Any) -> None:
        for header, (value, look) in VALUES.items():
            add_column(book, header, everywhere(value), look=look)

    edited(report, add, settle=between)
    old = loaded(report)["Models"]
    before = {key: at(old, "Small", key) for key in VALUES}
    done = run(turned(tmp_path), "--update", report, "-q")
    assert (done.exit_code, done.output) == (0, "")
    sheet = loaded(report)["Models"]
    for header, (value, _) in VALUES.items():
        cell = at(sheet, "Small", header)
        assert cell.value in (value, before[header].value), header
        assert cell.data_type == before[header].data_type
        assert cell.number_format == before[header].number_format
        assert cell.fill.fgColor.rgb == "FFFFFF00"


def test_words_in_colours_shared_formulas_and_arrays(report: Path, tmp_path: Path) -> None:
    """What only the file's XML shows: runs of a text, a formula that cells share, an array."""

    def add(book: Any) -> None:
        for header in ("rich", "shared", "array"):
            add_column(book, header, everywhere(header), grown=header != "array")

    edited(report, add)
    package = Package(report.read_bytes())
    part = package.sheets()["Models"]
    sheet = loaded(report)["Models"]
    rich, shared, array = (letters(sheet, header) for header in ("rich", "shared", "array"))
    total = letters(sheet, "total_params")
    runs = '<is><r><t>a </t></r><r><rPr><b/><color rgb="FFFF0000"/></rPr><t>b</t></r></is>'
    cells = {
        f"{rich}4": f'<c r="{rich}4" t="inlineStr">{runs}</c>',
        f"{shared}4": f'<c r="{shared}4"><f t="shared" ref="{shared}4:{shared}5" si="0">'
                      f"{total}4*2</f><v>1</v></c>",
        f"{shared}5": f'<c r="{shared}5"><f t="shared" si="0"/><v>1</v></c>',
        f"{array}5": f'<c r="{array}5"><f t="array" ref="{array}5">SUM({total}4:{total}5*1)</f>'
                     "<v>1</v></c>",
    }  # fmt: skip
    text = package[part].decode()
    for address, cell in cells.items():
        start = text.index(f'<c r="{address}"')
        text = text[:start] + cell + text[text.index("</c>", start) + 4 :]
    package[part] = text.encode()
    report.write_bytes(package.save())
    done = run(turned(tmp_path, "New"), "--update", report, "-q")
    assert done.exit_code == 0, done.output
    after = Package(report.read_bytes())
    xml = after[after.sheets()["Models"]].decode()
    assert '<rPr><b/><color rgb="FFFF0000"/></rPr><t>b</t>' in xml
    assert f'<f t="array" ref="{array}5">SUM({total}4:{total}6*1)</f>' in xml
    sheet = loaded(report)["Models"]
    wanted = [f"={total}{row}*2" for row in (4, 5, 6)]
    assert [sheet[f"{shared}{row}"].value for row in (4, 5, 6)] == wanted


def test_what_lies_over_the_column(report: Path, tmp_path: Path) -> None:
    """Width, notes, links, conditional formats and validations come along; ours stay ours."""

    def add(book: Any) -> None:
        sheet = book["Models"]
        here = add_column(book, "cost", everywhere("={total_params}{row}*2"))
        total = letters(sheet, "total_params")
        sheet.column_dimensions[here].width = 31
        area = f"{here}4:{here}5"
        rule = FormulaRule(formula=[f"{here}4>{total}4"], fill=YELLOW)
        sheet.conditional_formatting.add(area, rule)
        own = FormulaRule(formula=[f"{total}4>1E9"], fill=YELLOW)
        sheet.conditional_formatting.add(f"{total}4:{total}5", own)
        check = DataValidation(type="list", formula1='"a,b"')
        check.add(area)
        sheet.add_data_validation(check)
        at(sheet, "Small", "cost").comment = Comment("mine", "Ann")
        at(sheet, "Large", "cost").hyperlink = "https://example.org/cost"

    rules = len(list(loaded(report)["Models"].conditional_formatting))
    edited(report, add)
    update(report, turned(tmp_path, "New"))
    sheet = loaded(report)["Models"]
    here, total = letters(sheet, "cost"), letters(sheet, "total_params")
    assert sheet.column_dimensions[here].width == 31
    laid = {
        str(item.sqref): [rule.formula for rule in item.rules]
        for item in sheet.conditional_formatting
    }
    assert laid[f"{here}4:{here}6"] == [[f"{here}4>{total}4"]]
    assert laid[f"{total}4:{total}6"] == [[f"{total}4>1E9"]]
    assert len(laid) == rules + 2
    [check] = [one for one in sheet.data_validations.dataValidation if one.type == "list"]
    assert str(check.sqref) == f"{here}4:{here}6"
    assert at(sheet, "Small", "cost").comment.text == "mine"
    assert at(sheet, "Large", "cost").hyperlink.target == "https://example.org/cost"


def test_what_refers_to_the_report_follows(report: Path, tmp_path: Path) -> None:
    """Formulas, names and charts of the user's own sheets refer to what they referred to."""

    def add(book: Any) -> None:
        sheet, own = book["Models"], book.create_sheet("Mine")
        here = add_column(book, "cost", everywhere(3))
        total = letters(sheet, "total_params")
        formulas = (
            f"=SUM(Models!{total}4:{total}5)", f"=Models!{total}5", f"=Models!{here}$4",
            "=Summary!B6", "=SUM(Summary!$B$6:$B$7)", "=Assumptions!D6", f"=Models!{total}:{total}",
            '=VLOOKUP("Large",Models!A3:D5,3,FALSE)', f'="Models!{total}4"', "=Mine!A1",
        )  # fmt: skip
        for row, formula in enumerate(formulas, start=1):
            own.cell(row, 1).value = formula
        chart = BarChart()
        values = Reference(sheet, min_col=sheet.max_column, min_row=3, max_row=5)
        chart.add_data(values, titles_from_data=True)
        own.add_chart(chart, "D2")
        book.defined_names["mine"] = DefinedName("mine", attr_text=f"Models!${total}$5")
        check = DataValidation(type="list", formula1="Models!$A$4:$A$5")
        check.add("B1")
        own.add_data_validation(check)
        own.conditional_formatting.add(
            "A1", FormulaRule(formula=[f"A1>Models!${total}$5"], fill=YELLOW)
        )

    edited(report, add)
    done = run(turned(tmp_path, "New"), "--update", report, "-q")
    assert (done.exit_code, done.output) == (0, "")
    book = loaded(report)
    own, sheet = book["Mine"], book["Models"]
    here, total = letters(sheet, "cost"), letters(sheet, "total_params")
    assert [own.cell(row, 1).value for row in range(1, 11)] == [
        f"=SUM(Models!{total}4:{total}6)", f"=Models!{total}5", f"=Models!{here}$6",
        "=Summary!B8", "=SUM(Summary!$B$6:$B$8)", "=Assumptions!D6", f"=Models!{total}:{total}",
        '=VLOOKUP("Large",Models!A3:D6,3,FALSE)', f'="Models!{total}4"', "=Mine!A1",
    ]  # fmt: skip
    assert book.defined_names["mine"].attr_text == f"Models!${total}$5"
    [series] = own._charts[0].series
    assert series.val.numRef.f == f"'Models'!${here}$4:${here}$6"
    assert own.data_validations.dataValidation[0].formula1 == "Models!$A$4:$A$6"
    [item] = own.conditional_formatting
    assert item.rules[0].formula == [f"A1>Models!${total}$5"]


def test_what_refers_to_a_model_that_leaves_says_so(report: Path, tmp_path: Path) -> None:
    """No reference means another model in silence."""
    edited(report, lambda book: book["Notes"].__setitem__("B7", "=Models!D4+Models!D5"))
    columns = {key: values[1:] for key, values in MODELS.items()}
    done = run(write_input(tmp_path / "one.xlsx", columns), "--update", report, "-q")
    assert loaded(report)["Notes"]["B7"].value == "=Models!#REF!+Models!D4"
    assert "sheet Notes, cell B7: refers to Models!D4, which the report does not have" in (
        done.output
    )


def test_a_column_between_ours(report: Path) -> None:
    """One that Excel puts between ours, which move by it, is the user's; references follow."""
    before = [cell.value for cell in loaded(report)["Models"][HEADER]]
    package = Package(report.read_bytes())
    part = package.sheets()["Models"]
    root = parse(package[part])
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    for row in root.iter(f"{space}row"):
        number = row.get("r")
        for cell in row:
            name = str(cell.get("r")).rstrip("0123456789")
            column = openpyxl.utils.column_index_from_string(name)
            if column > 5:
                cell.set("r", f"{get_column_letter(column + 1)}{number}")
        text = {"3": "mine", "4": "four", "5": "five"}.get(str(number))
        if text:
            at_five = next(cell for cell in row if str(cell.get("r")).startswith("E"))
            fresh = parse(
                f'<c xmlns="{space[1:-1]}" r="F{number}" t="inlineStr"><is><t>{text}</t></is></c>'
                .encode()
            )  # fmt: skip
            at_five.addnext(fresh)
    for name in ("dataValidations", "conditionalFormatting", "hyperlinks"):
        for item in root.findall(f"{space}{name}"):
            root.remove(item)
    package[part] = serialize(root)
    [table] = package.related_parts(part, "table")
    listed = parse(package[table])
    columns = listed.find(f"{space}tableColumns")
    assert columns is not None
    columns.insert(5, parse(f'<tableColumn xmlns="{space[1:-1]}" id="900" name="mine"/>'.encode()))
    columns.set("count", str(len(columns)))
    area = f"A{HEADER}:{get_column_letter(len(columns))}5"
    listed.set("ref", area)
    listed.find(f"{space}autoFilter").set("ref", area)  # type: ignore[union-attr]
    package[table] = serialize(listed)
    report.write_bytes(package.save())
    total = letters(loaded(report)["Models"], "total_params")
    edited(report, lambda book: book["Notes"].__setitem__("B7", f"=Models!F4&Models!{total}4"))
    update(report)
    book = loaded(report)
    sheet = book["Models"]
    assert {cell.value for cell in sheet[HEADER]} == {*before, "mine"}
    assert [at(sheet, name, "mine").value for name in ("Small", "Large")] == ["four", "five"]
    here, total = letters(sheet, "mine"), letters(sheet, "total_params")
    assert book["Notes"]["B7"].value == f"=Models!{here}4&Models!{total}4"


def test_a_formula_that_the_input_contradicts(report: Path, tmp_path: Path) -> None:
    """A formula typed as an input keeps its number only while the input says the same."""
    edited(report, lambda book: setattr(at(book["Models"], "Large", "num_experts"), "value",
                                        "=2^7*2"), settle=True)  # fmt: skip
    done = run(turned(tmp_path), "--update", report, "-q")
    assert "your formula =2^7*2 is replaced by its value, for the input says another" in done.output
    assert value_of(report, "Large", "num_experts") == 128


def test_a_copy_is_left_alone(report: Path, tmp_path: Path) -> None:
    """An update into another place leaves the user's columns in the old one as they were."""
    edited(report, lambda book: add_column(book, "cost", everywhere(3)))
    before = report.read_bytes()
    update(report, "-o", tmp_path / "new.xlsx")
    assert report.read_bytes() == before
    assert value_of(tmp_path / "new.xlsx", "Small", "cost") == 3
