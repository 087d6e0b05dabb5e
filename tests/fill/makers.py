"""Small workbooks of XlsxWriter and of openpyxl, each with something that others lack."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.chart import BarChart, LineChart, PieChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import ColorScaleRule, DataBarRule, FormulaRule, IconSetRule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from tests.fill.rich import PIXEL

# -- XlsxWriter


def made_with_xlsxwriter(write: Callable[[Any, Any], None]) -> bytes:
    """Return a small workbook with something written into it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("Data")
    for at, row in enumerate((("Name", "Cost"), ("a", 1), ("b", 2.5), ("c", -3))):
        sheet.write_row(at, 0, row)
    write(book, sheet)
    book.close()
    return out.getvalue()


def _chart(book: Any, sheet: Any) -> None:
    for at, kind in enumerate(("column", "pie", "radar", "area", "stock")):
        chart = book.add_chart({"type": kind})
        chart.add_series({"categories": "=Data!$A$2:$A$4", "values": "=Data!$B$2:$B$4"})
        sheet.insert_chart(at * 15, 4, chart)


def _formats(book: Any, sheet: Any) -> None:
    sheet.conditional_format("B2:B4", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("B2:B4", {"type": "icon_set", "icon_style": "4_ratings"})
    sheet.conditional_format("A2:B4", {"type": "duplicate", "format": book.add_format({"bold": 1})})
    sheet.conditional_format("B2:B4", {"type": "top", "value": 1, "multi_range": "B2:B4 D2:D4"})


def _styles(book: Any, sheet: Any) -> None:
    for at, number_format in enumerate(("0.00%", "yyyy-mm-dd", '#,##0 "W"', "[Red]-0;0", "@")):
        style = book.add_format({"num_format": number_format, "rotation": at * 10, "border": at})
        sheet.write_blank(6, at, None, style)
        sheet.write_number(7, at, 0.5 + at, style)
    sheet.set_row(9, 33, book.add_format({"italic": True}))
    sheet.set_column("C:D", 3, book.add_format({"bg_color": "yellow"}))
    sheet.write_datetime("D1", datetime.datetime(2026, 1, 2))


def _outline(book: Any, sheet: Any) -> None:
    for row in (1, 2):
        sheet.set_row(row, None, None, {"level": 1, "hidden": True})
    sheet.set_row(3, None, None, {"collapsed": True})
    sheet.set_column("E:F", 9, None, {"level": 2})
    sheet.outline_settings(False, False, True, True)


def _printing(book: Any, sheet: Any) -> None:
    sheet.set_header(
        "&L&D&C&A&R&G", {"image_right": "x.png", "image_data_right": io.BytesIO(PIXEL)}
    )
    sheet.print_area("A1:C9")
    sheet.repeat_rows(0, 1)
    sheet.repeat_columns("A:A")
    sheet.set_h_pagebreaks([3, 9])
    sheet.set_print_scale(70)
    sheet.center_horizontally()
    sheet.set_margins(1, 1, 2, 2)


def _many_sheets(book: Any, sheet: Any) -> None:
    for at in range(7):
        other = book.add_worksheet(f"It's {at} & <more>")
        other.write_formula(0, 0, "=SUM(Data!B2:B4)", None, 0.5)
    book.worksheets()[3].hide()
    book.worksheets()[4].very_hidden()
    book.worksheets()[2].activate()
    book.worksheets()[1].set_tab_color("red")
    book.define_name("Costs", "=Data!$B$2:$B$4")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Data!$B$2:$B$4"})
    book.add_chartsheet("C").set_chart(chart)


def write_formulas(book: Any, sheet: Any) -> None:
    """Write formulas of several kinds, and values of several types."""
    sheet.write_formula("C2", "=B2*2", None, 2)
    sheet.write_array_formula("D2:D4", "{=B2:B4*2}")
    sheet.write_dynamic_array_formula("E2", "=SORT(B2:B4)")
    sheet.write_formula("F2", '=IFERROR(1/0,"<&>")', None, "<&>")
    sheet.write_boolean("G2", True)
    sheet.write_string("H2", " leading and\nbreak ")


def _validation(book: Any, sheet: Any) -> None:
    sheet.data_validation("B2:B9", {"validate": "list", "source": ["a", "b"]})
    sheet.data_validation("C2", {"validate": "custom", "value": "=B2>0", "input_title": "T"})
    sheet.protect("secret", {"select_locked_cells": False})
    sheet.unprotect_range("B2:B9")


XLSXWRITER: dict[str, Callable[[Any, Any], None]] = {
    "plain": lambda book, sheet: None,
    "chart": _chart,
    "table": lambda book, sheet: sheet.add_table("A1:B4", {"total_row": False, "name": "T"}),
    "conditional formats": _formats,
    "styles": _styles,
    "outline": _outline,
    "printing": _printing,
    "many sheets": _many_sheets,
    "formulas": write_formulas,
    "validation": _validation,
    "notes": lambda book, sheet: [sheet.write_comment(f"A{n}", "note") for n in (1, 3)],
    "images": lambda book, sheet: [
        sheet.insert_image("D3", "a.png", {"image_data": io.BytesIO(PIXEL)}),
        sheet.embed_image("D1", "a.png", {"image_data": io.BytesIO(PIXEL)}),
        sheet.set_background(io.BytesIO(PIXEL)),
    ],
    "text boxes": lambda book, sheet: [
        sheet.insert_textbox("D9", "A text"),
        sheet.insert_button("D20", {"caption": "Go"}),
    ],
    "sparklines": lambda book, sheet: sheet.add_sparkline("C2", {"range": "Data!B2:B4"}),
    "filter": lambda book, sheet: [
        sheet.autofilter("A1:B4"), sheet.filter_column("B", "x > 1"), sheet.freeze_panes(1, 0),
    ],
    "links": lambda book, sheet: [
        sheet.write_url("C1", "https://example.org/?a=1&b=2"),
        sheet.write_url("C2", "internal:Data!A1"), sheet.write_url("C3", "external:other.xlsx"),
    ],
    "rich texts": lambda book, sheet: sheet.write_rich_string(
        "C1", "a ", book.add_format({"bold": True}), "b", " c"
    ),
    "properties": lambda book, sheet: [
        book.set_custom_property("A", 1), book.set_properties({"title": "T & <t>"}),
        book.set_size(900, 600), book.read_only_recommended(), sheet.right_to_left(),
    ],
    "merged": lambda book, sheet: sheet.merge_range(
        "A6:C8", "wide", book.add_format({"border": 1})
    ),
}  # fmt: skip


# -- openpyxl


def made_with_openpyxl(write: Callable[[Any, Any], None]) -> bytes:
    """Return a small workbook with something written into it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in (("Name", "Cost"), ("a", 1), ("b", 2.5), ("c", -3)):
        sheet.append(row)
    write(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _charts_of(*kinds: Any) -> Callable[[Any, Any], None]:
    def write(book: Any, sheet: Any) -> None:
        for at, kind in enumerate(kinds):
            chart = kind()
            chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=4), titles_from_data=True)
            sheet.add_chart(chart, f"E{2 + 15 * at}")

    return write


def _openpyxl_styles(book: Any, sheet: Any) -> None:
    side = Side(style="double", color="00FF00")
    book.add_named_style(NamedStyle("Mine", font=Font(name="Courier New", sz=13)))
    sheet["A2"].style = "Mine"
    sheet["C6"].border = Border(left=side, diagonal=side, diagonalUp=True)
    sheet["C7"].fill = PatternFill("lightGrid", fgColor="FF00FF")
    sheet["C8"].alignment = Alignment(wrap_text=True, text_rotation=45, indent=2)
    sheet["C9"].protection = Protection(locked=False, hidden=True)
    sheet["C9"].number_format = "0.0E+00"


def _openpyxl_table(book: Any, sheet: Any) -> None:
    table = Table(displayName="T", ref="A1:B4")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium9", showRowStripes=True)
    sheet.add_table(table)


def _openpyxl_rules(book: Any, sheet: Any) -> None:
    sheet.conditional_formatting.add("B2:B4", DataBarRule("min", None, "max", None, "FF638EC6"))
    sheet.conditional_formatting.add("B2:B4", IconSetRule("3Arrows", "percent", [0, 33, 67]))
    sheet.conditional_formatting.add("A2:A4", FormulaRule(formula=["$B2>1"], font=Font(b=True)))
    sheet.conditional_formatting.add("B2:B4", ColorScaleRule(
        start_type="min", start_color="FF0000", end_type="max", end_color="00FF00"))  # fmt: skip


def _openpyxl_validation(book: Any, sheet: Any) -> None:
    book.create_sheet("Lists").append(["x", "y"])
    rule = DataValidation(type="list", formula1="Lists!$A$1:$B$1", allow_blank=True)
    rule.add("C2:C9")
    sheet.add_data_validation(rule)


def _openpyxl_views(book: Any, sheet: Any) -> None:
    sheet.freeze_panes = "B2"
    sheet.column_dimensions.group("D", "F", hidden=True)
    sheet.row_dimensions.group(2, 3, outline_level=2)
    sheet.sheet_view.zoomScale = 80
    sheet.sheet_properties.tabColor = "1072BA"
    sheet.print_title_rows = "1:1"
    sheet.oddFooter.center.text = "&P of &N"
    sheet.auto_filter.ref = "A1:B4"


def _openpyxl_names(book: Any, sheet: Any) -> None:
    book.defined_names["Costs"] = DefinedName("Costs", attr_text="Sheet!$B$2:$B$4")
    sheet.defined_names["Own"] = DefinedName("Own", attr_text="Sheet!$A$1")
    sheet["C1"] = "=SUM(Costs)"
    book.calculation.fullCalcOnLoad = False
    book.security.lockStructure = True


def _openpyxl_notes(book: Any, sheet: Any) -> None:
    for at in range(1, 5):
        sheet.cell(at, 1).comment = Comment(f"Note {at}", "Ann", height=30, width=80)
    sheet["B2"].hyperlink = "https://example.org/x?y&z"


def _openpyxl_values(book: Any, sheet: Any) -> None:
    sheet.append([datetime.date(2026, 5, 1), datetime.time(3), True, 1e300, "=B2/0", "é𝔘\u200b"])
    sheet.merge_cells("A8:B9")
    book.create_chartsheet("Pictured").add_chart(LineChart())


OPENPYXL: dict[str, Callable[[Any, Any], None]] = {
    "plain": lambda book, sheet: None,
    "empty": lambda book, sheet: sheet.delete_rows(1, 9),
    "bar and line": _charts_of(BarChart, LineChart),
    "pie": _charts_of(PieChart),
    "styles": _openpyxl_styles,
    "table": _openpyxl_table,
    "rules": _openpyxl_rules,
    "validation": _openpyxl_validation,
    "frozen and grouped": _openpyxl_views,
    "names": _openpyxl_names,
    "notes": _openpyxl_notes,
    "values": _openpyxl_values,
    "image": lambda book, sheet: sheet.add_image(Image(io.BytesIO(PIXEL)), "D4"),
    "template": lambda book, sheet: setattr(book, "template", True),
}
