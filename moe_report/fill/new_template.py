"""A template to begin with: what ``moe-report template new`` writes."""

from __future__ import annotations

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import DataBarRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableStyleInfo

from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.palette import (
    BLUE,
    GREY,
    INPUT,
    INPUT_BANDS,
    METRIC_BANDS,
    QUIET,
    Look,
    Palette,
)
from moe_report.renderers.excel.sheet import freeze

_SI = '[>=99500000]#,##0.00,,," B";[>=99500]#,##0.00,," M";#,##0'
_PERCENT = r"[>=0.9995]0.00\ %;0.0\ %"  # 99.95 % is not all of it
_TABLE_ROW = 12
_COLUMNS = (
    ("Model", "{{ m.name }}", "General", 34),
    ("Type", '{{ m.model_type | default("–") }}', "General", 18),
    ("Experts", "{{ m.num_experts }}", "#,##0", 14),
    ("Top-k", "{{ m.num_experts_per_tok }}", "#,##0", 9),
    ("Total parameters", "{{ m.total_params }}", _SI, 16),
    ("Active parameters", "{{ m.active_params }}", _SI, 16),
    ("Active share", "{{ m.parameter_efficiency | formula }}", _PERCENT, 12),
    ("FLOPs savings", "{{ m.expert_flops_savings | formula }}", _PERCENT, 13),
)
_LEDGER = (
    ("Embedding", "embedding_params"), ("Unembedding", "unembedding_params"),
    ("Attention", "attention_params"), ("Dense FFN", "dense_ffn_params"),
    ("Shared experts", "shared_expert_params"), ("Router", "router_params"),
    ("Routed experts", "routed_expert_params"),
)  # fmt: skip
_HOW_TO = (
    ("A value", "models[\"Mixtral-8x7B\"].active_params",
     "Alone in a cell it is a number, shown in the cell's own number format."),
    ("Inside a text", "report.num_models", "It becomes part of the text: 24 models."),
    ("An assumption", "assumptions.context_length",
     "What the numbers are for; so do report.title, report.date and report.version."),
    ("Over all models", "models | sum(\"total_params\")",
     "Where none lacks the number. Likewise min, max, map, first, last, length."),
    ("Units", "m.total_params | billions", "In the unit that the filter names; | si makes a text."),
    ("A row a model", "m.name, m.total_params, ...",
     "A row of an Excel Table that holds m is there for each model. All below moves down, and "
     "formulas, charts and formats that reach to the row reach to the last of them."),
    ("Order and filter", "sort: -total_params", "In the note on the table's first header; below "
     "it, where: num_experts >= 8 keeps some models only."),
    ("A live formula", "m.parameter_efficiency | formula",
     "The formula in place of the value, where the table has columns for all that it needs."),
    ("A sheet a model", "m.name as the sheet's name", "The sheet is there for each model."),
    ("A defined name", "context_length", "The cell of a name that is a metric, a field or an "
     "assumption gets its value, without any braces."),
)  # fmt: skip


def build_template() -> bytes:
    """Return a template in which every convention is shown once."""
    book = Workbook()
    style = _Style(book)
    overview: Any = book.active
    overview.title = "Overview"
    _overview(book, overview, style)
    _card(book.create_sheet("{{ m.name }}"), style)
    _how_to(book.create_sheet("How to"), style)
    book.properties.title = "Template"
    book.properties.creator = "moe-report"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


class _Style:
    """Puts things into cells."""

    def __init__(self, book: Workbook) -> None:
        self.palette = Palette(book)

    def put(self, sheet: Any, address: str, value: object, look: Look, note: str = "") -> None:
        """Fill a cell, and put a note on it."""
        cell = sheet[address]
        cell.value = value
        self.palette.dress(cell, look)
        if note:
            cell.comment = Comment(note, "moe-report", width=300, height=24 + 16 * _lines(note))


def _lines(note: str) -> int:
    return sum(1 + len(line) // 46 for line in note.split("\n"))


def _overview(book: Workbook, sheet: Any, style: _Style) -> None:
    style.put(
        sheet, "A1", "{{ report.title }}", Look(bold=True, size=16),
        "Two braces around an expression: alone in a cell it gives a number or a text with the "
        "cell's own format, inside a text it becomes part of it.",
    )  # fmt: skip
    facts = "{{ report.num_models }} models · {{ report.date }} · moe-report {{ report.version }}"
    style.put(sheet, "A2", facts, Look(color=QUIET))
    sheet.row_dimensions[1].height = 26
    facts_of = (
        ("Models", "{{ models | length }}", "#,##0",
         'A filter over all models; likewise models | sum("total_params"), where none lacks it.'),
        ("Context length", "{{ assumptions.context_length }}", '#,##0" tokens"',
         "What the numbers are computed for. --set context_length=131072 changes it."),
        ("FLOPs a multiply-accumulate", None, "0",
         "No braces here: the cell has the defined name flops_per_mac, which is an assumption, "
         "and so it gets its value."),
    )  # fmt: skip
    for row, (label, value, number_format, note) in enumerate(facts_of, start=4):
        style.put(sheet, f"A{row}", label, Look(fill=INPUT_BANDS[1]))
        style.palette.dress(sheet[f"B{row}"], Look(fill=INPUT_BANDS[1]))
        look = Look(color=INPUT, number_format=number_format, horizontal="right")
        style.put(sheet, f"C{row}", value, look, note)
        sheet.merge_cells(f"A{row}:B{row}")
    name = "flops_per_mac"
    book.defined_names[name] = DefinedName(name, attr_text="Overview!$C$6")
    _table(sheet, style)
    _below_table(sheet, style)
    freeze(sheet, "B2", 100, gridlines=False)
    _print_setup(sheet, landscape=False)


def _table(sheet: Any, style: _Style) -> None:
    header = _TABLE_ROW - 1
    style.put(sheet, f"A{header - 1}", "Models", Look(bold=True, size=13))
    for number, (title, expression, number_format, width) in enumerate(_COLUMNS, start=1):
        letters = column_letters(number)
        is_metric = number > 4
        fill = METRIC_BANDS[0] if is_metric else INPUT_BANDS[0]
        align = "left" if number < 3 else "right"
        look = Look(bold=True, fill=fill, wrap=True, rule=True, horizontal=align)
        note = "sort: -total_params\nwhere: total_params is not none" if number == 1 else ""
        style.put(sheet, f"{letters}{header}", title, look, note)
        look = Look(
            bold=number == 1, number_format=number_format, horizontal=align,
            color=INPUT if 2 < number < 5 else "000000",
        )  # fmt: skip
        style.put(sheet, f"{letters}{_TABLE_ROW}", expression, look)
        sheet.column_dimensions[letters].width = width
    sheet.row_dimensions[header].height = 32
    table = Table(displayName="Costs", name="Costs",
                  ref=f"A{header}:{column_letters(len(_COLUMNS))}{_TABLE_ROW}")  # fmt: skip
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(table)
    bars = DataBarRule("num", 0, "num", 1, color="56B4E9")
    sheet.conditional_formatting.add(f"G{_TABLE_ROW}", bars)


def _below_table(sheet: Any, style: _Style) -> None:
    row = _TABLE_ROW + 2
    style.put(sheet, f"A{row}", "Median", Look(italic=True, color=QUIET))
    for letters, number_format in (("E", _SI), ("F", _SI), ("G", _PERCENT), ("H", _PERCENT)):
        look = Look(italic=True, number_format=number_format, horizontal="right")
        formula = f"=MEDIAN({letters}{_TABLE_ROW}:{letters}{_TABLE_ROW})"
        note = "A formula below the table reaches to its last row." if letters == "E" else ""
        style.put(sheet, f"{letters}{row}", formula, look, note)
    chart = BarChart()
    chart.type = "bar"
    chart.style = 10
    chart.title = "Total and active parameters"
    header = _TABLE_ROW - 1
    chart.add_data(
        Reference(sheet, min_col=5, max_col=6, min_row=header, max_row=_TABLE_ROW),
        titles_from_data=True,
    )
    chart.set_categories(Reference(sheet, min_col=1, min_row=_TABLE_ROW))
    for series, color in zip(chart.series, (GREY, BLUE), strict=True):
        series.graphicalProperties.solidFill = color
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.scaling.logBase = 10
    chart.y_axis.numFmt = '[>=1000000000]0,,," B";[>=1000000]0,," M";0'
    chart.y_axis.number_format = chart.y_axis.numFmt.formatCode
    chart.y_axis.title = "parameters, on a logarithmic scale"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.legend.position = "b"
    chart.height, chart.width = 17, 26
    sheet.add_chart(chart, f"A{row + 2}")


def _card(sheet: Any, style: _Style) -> None:
    style.put(
        sheet, "A1", "{{ m.name }}", Look(bold=True, size=16),
        "The name of this sheet has an expression with m, so there is one for each model.",
    )  # fmt: skip
    sheet.row_dimensions[1].height = 26
    summary = "{{ m.total_params | si }} parameters, of which {{ m.active_params | si }} are active"
    style.put(sheet, "A2", summary, Look(color=QUIET))
    for letters, title in zip("ABC", ("Part", "Parameters", "Share"), strict=True):
        align = "left" if letters == "A" else "right"
        look = Look(bold=True, fill=METRIC_BANDS[0], rule=True, horizontal=align)
        style.put(sheet, f"{letters}4", title, look)
    last = 4 + len(_LEDGER)
    for row, (label, name) in enumerate(_LEDGER, start=5):
        style.put(sheet, f"A{row}", label, Look())
        look = Look(number_format="#,##0", horizontal="right")
        style.put(sheet, f"B{row}", f"{{{{ m.{name} }}}}", look)
        share = f'=IF(COUNT(B{row})<1,"",B{row}/SUM(B$5:B${last}))'
        style.put(sheet, f"C{row}", share, Look(number_format=_PERCENT, horizontal="right"))
    chart = BarChart()
    chart.type = "bar"
    chart.style = 10
    chart.title = "Where the parameters are"
    chart.add_data(Reference(sheet, min_col=3, min_row=5, max_row=last))
    chart.set_categories(Reference(sheet, min_col=1, min_row=5, max_row=last))
    chart.series[0].graphicalProperties.solidFill = BLUE
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.numFmt = "0%"
    chart.y_axis.number_format = "0%"
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 1
    chart.y_axis.title = "share of all parameters"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.legend = None
    chart.height, chart.width = 9, 17
    sheet.add_chart(chart, "E4")
    for letters, width in zip("ABC", (30, 20, 12), strict=True):
        sheet.column_dimensions[letters].width = width
    freeze(sheet, "A2", 100, gridlines=False)
    _print_setup(sheet, landscape=True)


def _how_to(sheet: Any, style: _Style) -> None:
    style.put(sheet, "A1", "How to use this template", Look(bold=True, size=16))
    sheet.row_dimensions[1].height = 26
    intro = (
        "Change the look of it, add and remove what you like, delete this sheet. moe-report fills "
        "in what stands between two braces, and changes nothing else."
    )
    style.put(sheet, "A2", intro, Look(color=QUIET))
    for letters, title in zip("ABC", ("", "Between two braces", "What it gives"), strict=True):
        look = Look(bold=True, fill=INPUT_BANDS[0], rule=True)
        style.put(sheet, f"{letters}4", title, look)
    for row, texts in enumerate(_HOW_TO, start=5):
        for letters, text in zip("ABC", texts, strict=True):
            mono = letters == "B"
            look = Look(bold=letters == "A", mono=mono, size=9 if mono else 10, wrap=True,
                        vertical="top")  # fmt: skip
            style.put(sheet, f"{letters}{row}", text, look)
        sheet.row_dimensions[row].height = 15 * max(1, -(-len(texts[2]) // 78)) + 4
    for letters, width in zip("ABC", (20, 42, 78), strict=True):
        sheet.column_dimensions[letters].width = width
    freeze(sheet, "A5", 100, gridlines=False)
    _print_setup(sheet, landscape=True)


def _print_setup(sheet: Any, *, landscape: bool) -> None:
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = 9
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.oddFooter.left.text = "&F"
    sheet.oddFooter.right.text = "&P / &N"
