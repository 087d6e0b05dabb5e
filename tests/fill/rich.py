"""A template with nearly everything that Excel can put into a workbook."""

from __future__ import annotations

import base64
import io
import random
import tempfile
from pathlib import Path
from typing import Any

import xlsxwriter

from moe_report.ooxml.package import Package
from tests.fill import richparts

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ROW = 9  # the row of the sheet Models that repeats
# A note of the table: the sort order of its rows, and which have one.
RULES = "sort: -total_params"
_SHARE = "=Models[[#This Row],[Active]]/Models[[#This Row],[Total]]"


def rich_template(*, macros: bool = True) -> bytes:
    """Return the template; its sheet Models has a table whose row 9 repeats.

    Args:
        macros: Whether it has a VBA project (and so is an .xlsm).
    """
    package = Package(_written(macros))
    sheets = package.sheets()
    xml = package[sheets["Models"]]
    for name in (b"Total", b"Active"):  # as Excel writes it, and LibreOffice wants it
        xml = xml.replace(b",[" + name + b"])", b",Models[" + name + b"])")
    package[sheets["Models"]] = xml
    richparts.share_formulas(package, sheets["Models"], ROW)
    richparts.add_threads(package, sheets["Models"])
    richparts.add_control(package, sheets["Models"])
    richparts.add_x14_validation(package, sheets["Models"])
    richparts.add_watches(package, sheets["Models"])
    richparts.add_slicer(package, sheets["Models"])
    richparts.add_pivot(package, sheets["Pivot"])
    richparts.add_external_link(package, sheets["Board"])
    richparts.add_custom_xml(package)
    return package.save()


def _written(macros: bool) -> bytes:
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        board, models = book.add_worksheet("Board"), book.add_worksheet("Models")
        lists, pivot = book.add_worksheet("Lists"), book.add_worksheet("Pivot")
        _write_models(book, models)
        _write_board(book, board)
        for at, name in enumerate(("small", "large", "huge")):
            lists.write(at, 0, name)
        for at, texts in enumerate((("Team", "Sum of Cost"), ("A", 30), ("B", 12))):
            pivot.write_row(2 + at, 0, texts)
        _write_chartsheet(book)
        book.define_name("Totals", f"=Models!$B${ROW}:$B${ROW}")
        book.define_name("First_cost", "=Models!$B$21")
        book.define_name("Models!Local", "=Models!$A$20:$C$23")
        book.define_name("context_length", "=Board!$B$5")
        book.set_properties({"title": "Quarterly", "author": "Ann", "company": "Acme"})
        book.set_custom_property("Checked by", "Bob")
        book.set_custom_property("Edition", 7)
        book.set_calc_mode("auto")
        if macros:
            blob = Path(folder) / "vbaProject.bin"
            blob.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + random.Random(1).randbytes(3000))
            book.add_vba_project(str(blob))
            book.set_vba_name("ThisWorkbook")
            for sheet, name in ((board, "Sheet1"), (models, "Sheet2")):
                sheet.set_vba_name(name)
        book.close()
    return out.getvalue()


def _table(name: str, headers: tuple[str, ...], data: list[list[Any]]) -> dict[str, Any]:
    return {"name": name, "columns": [{"header": header} for header in headers], "data": data}


def _write_models(book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#DDEEFF", "border": 1})
    big = book.add_format({"num_format": '0.00,,,"B"', "font_color": "#7030A0"})
    share = book.add_format({"num_format": "0.0%"})
    open_cell = book.add_format({"locked": False, "bg_color": "#FFFFCC"})
    sheet.set_column("A:A", 28)
    sheet.set_column("B:F", 14, None, {"level": 1})
    sheet.merge_range("A1:F1", "Costs by moe-report {{ report.version }}", bold)
    sheet.write("A2", "All")
    sheet.write_formula("B2", "=SUM(Models[Total])")
    sheet.write_formula("C2", f"=SUM(C{ROW}:C{ROW})")
    sheet.write_formula("D2", f"=$B${ROW}")
    sheet.write_formula("E2", "=B21+B12")
    data: list[list[Any]] = [["power", 700, "W"], ["price", 2.5, "USD"]]
    sheet.add_table("A4:C6", _table("Above", ("Key", "Value", "Unit"), data))
    sheet.add_table(
        f"A{ROW - 1}:F{ROW + 1}",
        {
            "name": "Models", "total_row": True, "style": "Table Style Medium 4",
            "columns": [
                {"header": "Model", "total_string": "Sum"},
                {"header": "Total", "total_function": "sum", "format": big},
                {"header": "Active", "total_function": "average", "format": big},
                {"header": "Share", "formula": _SHARE, "format": share},
                {"header": "Twice"}, {"header": "Experts"},
            ],
        },
    )  # fmt: skip
    sheet.write(f"A{ROW}", "{{ m.name }}")
    sheet.write(f"B{ROW}", "{{ m.total_params }}", big)
    sheet.write(f"C{ROW}", "{{ m.active_params }}", big)
    sheet.write_formula(f"E{ROW}", f"=B{ROW}*2")
    sheet.write(f"F{ROW}", "{{ m.num_experts }}")
    sheet.set_row(ROW - 1, 21)
    sheet.write_comment(f"A{ROW - 1}", RULES, {"visible": False})
    sheet.write("A12", "below")
    sheet.write_formula("B12", f"=SUM(B{ROW}:B{ROW})")
    sheet.write_formula("C12", "=AVERAGE(Models[Active])")
    sheet.write_formula("D12", f"=MAX($B${ROW - 1}:$B${ROW})")
    sheet.write_formula("E12", f"=SUM(Models!B{ROW - 1}:B{ROW})+SUM(B21:B23)+Board!B3*0")
    sheet.write_formula("F12", "=COUNTA(Models[Model])")
    sheet.write_array_formula("D13:D13", f"{{=SUM(B{ROW}:B{ROW}*2)}}")
    sheet.write_array_formula("B13:C13", "{=B21:B22*{1,10}}")
    for at in (14, 15, 16):
        sheet.write(f"B{at}", at)
    sheet.merge_range("A18:C18", "Costs of the teams", bold)
    data = [["A", 10, 1], ["B", 12, 2], ["A", 20, 3]]
    sheet.add_table("A20:C23", _table("Below", ("Team", "Cost", "Grade"), data))
    sheet.write("A21", "A", open_cell)
    sheet.write_comment("A21", "A note on team A", {"author": "Ann"})
    sheet.write_comment("B23", "[Threaded comment] Is it so?", {"author": "tc={A1}"})
    for row in (24, 25, 26):
        sheet.set_row(row, 18, None, {"level": 1})
    sheet.add_sparkline("E25", {"range": f"Models!B{ROW}:C{ROW}"})
    sheet.add_sparkline("E26", {"range": "Models!B21:B23", "type": "column"})
    sheet.data_validation("D25", {"validate": "list", "source": "=Lists!$A$1:$A$3"})
    sheet.data_validation("B21:B23", {"validate": "decimal", "criteria": "<", "value": "=$B$12"})
    sheet.data_validation(f"F{ROW}", {"validate": "integer", "criteria": ">", "value": 0})
    sheet.write_url("A25", "https://example.org/a?b=1&c=2#d", string="outside", tip="A page")
    sheet.write_url("A26", "internal:'Models'!A21", string="inside")
    sheet.write_url("A27", "internal:Board!A1", string="board")
    sheet.conditional_format(
        f"B{ROW}", {"type": "data_bar", "data_bar_2010": True, "bar_solid": True}
    )
    sheet.conditional_format(f"A{ROW}:F{ROW}", {"type": "formula", "criteria": f"=$F${ROW}>60",
                                                "format": bold})  # fmt: skip
    sheet.conditional_format("C21:C23", {"type": "icon_set", "icon_style": "5_quarters"})
    sheet.conditional_format("B21:B23", {"type": "3_color_scale"})
    sheet.conditional_format(
        "B14:B16", {"type": "cell", "criteria": ">", "value": "=$B$21", "format": bold}
    )
    sheet.insert_image(
        "H24", "pixel.png", {"image_data": io.BytesIO(PIXEL), "url": "internal:Models!B21"}
    )
    sheet.insert_textbox("H27", "A text box", {"textlink": "=$B$12"})
    sheet.insert_button("H33", {"macro": "Refresh", "caption": "Refresh"})
    chart = book.add_chart({"type": "column"})
    chart.add_series({
        "name": f"=Models!$B${ROW - 1}", "categories": f"=Models!$A${ROW}:$A${ROW}",
        "values": f"=Models!$B${ROW}:$B${ROW}", "data_labels": {"value": True},
    })  # fmt: skip
    sheet.insert_chart("A36", chart)
    sheet.insert_chart("H2", _combined(book), {"object_position": 1})
    sheet.freeze_panes(ROW - 1, 1, ROW - 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(ROW - 2)
    sheet.print_area("A1:J60")
    sheet.set_h_pagebreaks([19, 35])
    sheet.set_v_pagebreaks([7])
    sheet.set_header(
        "&L&G&CQuarterly", {"image_left": "p.png", "image_data_left": io.BytesIO(PIXEL)}
    )
    sheet.set_footer(
        "&L&F&RPage &P&C&G", {"image_center": "q.png", "image_data_center": io.BytesIO(PIXEL)}
    )
    sheet.protect("", {"sort": True, "autofilter": True})
    sheet.unprotect_range("B21:B23", "Costs")
    sheet.ignore_errors({"number_stored_as_text": "A21:A23", "formula_differs": "B12:F12"})


def _write_board(book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True, "font_size": 16})
    red = book.add_format({"font_color": "red"})
    sheet.write("A1", "Board of {{ report.num_models }} models", bold)
    sheet.write("A2", "version")
    sheet.write("B2", "{{ report.version }}")
    sheet.write("A3", "all parameters")
    sheet.write_formula("B3", f"=SUM(Models!B{ROW}:B{ROW})")
    sheet.write_formula("B4", "=SUM(Models!$B$21:$B$23)")
    sheet.write("A5", "context")
    sheet.write_blank("B5", None, book.add_format({"num_format": "#,##0"}))
    sheet.write_formula("B6", "=Models!B12")
    sheet.write_formula("B7", '=VLOOKUP("B",Models!A20:C23,2,FALSE)')
    sheet.write_formula("B8", "=SUM(Models[Total])/COUNT(Models[Total])")
    sheet.write_formula("B9", f"=Models!C{ROW}+INDEX(Models!$B$21:$B$23,2)")
    sheet.write_formula("B10", "=First_cost+SUM(Totals)")
    sheet.write_formula("B11", "=SUM(Models!B:B)")
    sheet.write_formula("B12", "=SUM(Below[Cost])+SUM(Above[Value])")
    sheet.write("B13", "{{ assumptions.context_length }}")
    sheet.write_rich_string("A14", "not ", red, "red", " and plain")
    sheet.insert_checkbox("A15", True)
    sheet.write_dynamic_array_formula("D20:D20", "=SUM(LEN(Models!A4:A6))")
    sheet.insert_chart("D2", _combined(book))
    scatter = book.add_chart({"type": "scatter"})
    scatter.add_series({
        "categories": f"=Models!$B${ROW}:$B${ROW}", "values": f"=Models!$C${ROW}:$C${ROW}",
        "trendline": {"type": "linear"},
    })  # fmt: skip
    sheet.insert_chart("D22", scatter)
    first = book.add_chart({"type": "bar"})
    first.add_series({
        "name": f"=Models!$A${ROW}", "values": f"=Models!$B${ROW}:$C${ROW}",
        "categories": f"=Models!$B${ROW - 1}:$C${ROW - 1}",
    })  # fmt: skip
    sheet.insert_chart("D40", first)
    sheet.insert_image("A22", "pixel.png", {"image_data": io.BytesIO(PIXEL), "description": "logo"})
    sheet.embed_image("A17", "pixel.png", {"image_data": io.BytesIO(PIXEL)})
    sheet.set_background(io.BytesIO(PIXEL))
    sheet.insert_textbox("A30", "Text", {"gradient": {"colors": ["#DDEBCF", "#9CB86E", "#156B13"]}})


def _combined(book: Any) -> Any:
    line = book.add_chart({"type": "line"})
    names = f"=Models!$A${ROW}:$A${ROW}"
    bars = book.add_chart({"type": "column"})
    bars.add_series(
        {"name": "=Models!$B$8", "categories": names, "values": f"=Models!$B${ROW}:$B${ROW}"}
    )
    line.add_series({"categories": names, "values": f"=Models!$C${ROW}:$C${ROW}", "y2_axis": True})
    bars.combine(line)
    bars.set_title({"name": "=Models!$A$18"})
    return bars


def _write_chartsheet(book: Any) -> None:
    sheet, chart = book.add_chartsheet("Chart"), book.add_chart({"type": "bar"})
    chart.add_series({"categories": "=Models!$A$21:$A$23", "values": "=Models!$B$21:$B$23"})
    sheet.set_chart(chart)
