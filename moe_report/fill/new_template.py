"""A template to begin with: what ``moe-report template new`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import DataBarRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableStyleInfo

from moe_report.compute.build import creation_time
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import saved
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
from moe_report.schema.charts import Stack
from moe_report.schema.fields import FIELDS
from moe_report.schema.registry import installed

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
     "it, where: num_experts >= 8 keeps some models only, and limit: 5 the first five."),
    ("A live formula", "m.parameter_efficiency | formula",
     "The formula in place of the value, where the table has columns for all that it needs."),
    ("A sheet a model", "m.name as the sheet's name", "The sheet is there for each model."),
    ("A defined name", "context_length", "The cell of a name that is a metric, a field or an "
     "assumption gets its value, without any braces."),
)  # fmt: skip
_FACTS = (
    ("Models", "{{ models | length }}", "#,##0",
     'A filter over all models; likewise models | sum("total_params"), where none lacks it.'),
    ("Context length", "{{ assumptions.context_length }}", '#,##0" tokens"',
     "What the numbers are computed for. --set context_length=131072 changes it."),
    ("FLOPs a multiply-accumulate", None, "0",
     "No braces here: the cell has the defined name flops_per_mac, which is an assumption, "
     "and so it gets its value."),
)  # fmt: skip


def build_template() -> bytes:
    """Return a template in which every convention is shown once."""
    book = Workbook()
    palette = Palette(book)
    first: Any = book.active
    first.title = "Overview"
    _overview(_Sheet(first, palette))
    _card(_Sheet(book.create_sheet("{{ m.name }}"), palette))
    _how_to(_Sheet(book.create_sheet("How to"), palette))
    name = "flops_per_mac"
    book.defined_names[name] = DefinedName(name, attr_text="Overview!$C$6")
    return saved(book, "Template", creation_time()).save()


class _Sheet:
    """An openpyxl sheet, and the looks of its cells."""

    def __init__(self, shell: Any, palette: Palette) -> None:
        self.shell = shell
        self.palette = palette

    def put(self, address: str, value: object, look: Look, note: str = "") -> None:
        """Fill a cell, and put a note on it."""
        cell = self.shell[address]
        cell.value = value
        self.palette.dress(cell, look)
        if note:
            lines = sum(1 + len(line) // 46 for line in note.split("\n"))
            cell.comment = Comment(note, "moe-report", width=300, height=24 + 16 * lines)

    def heading(self, title: str, subtitle: str, note: str = "") -> None:
        """Write the title, and a line beneath it."""
        self.put("A1", title, Look(bold=True, size=16), note)
        self.put("A2", subtitle, Look(color=QUIET))
        self.shell.row_dimensions[1].height = 26

    def bars(
        self, at: str, title: str, columns: tuple[int, int], rows: tuple[int, int], *colors: str
    ) -> Any:
        """Put a bar chart on the sheet, and return it; column A has the names of the bars.

        Each column has a color; if they are several, their names stand in the row above.
        """
        chart: Any = BarChart()
        chart.type = "bar"
        chart.style = 10
        chart.title = title
        (left, right), (top, bottom) = columns, rows
        named = len(colors) > 1
        data = Reference(self.shell, left, top - named, right, bottom)
        chart.add_data(data, titles_from_data=named)
        chart.set_categories(Reference(self.shell, 1, top, 1, bottom))
        for series, color in zip(chart.series, colors, strict=True):
            series.graphicalProperties.solidFill = color
        chart.x_axis.scaling.orientation = "maxMin"
        chart.x_axis.delete = chart.y_axis.delete = False
        self.shell.add_chart(chart, at)
        return chart

    def finish(self, frozen: str, orientation: str, widths: Mapping[str, float]) -> None:
        """Set the widths of columns, the frozen panes, and how it is printed: one page wide."""
        shell = self.shell
        for letters, width in widths.items():
            shell.column_dimensions[letters].width = width
        freeze(shell, frozen, 100, gridlines=False)
        shell.page_setup.orientation = orientation
        shell.page_setup.paperSize = 9
        shell.sheet_properties.pageSetUpPr.fitToPage = True
        shell.page_setup.fitToWidth, shell.page_setup.fitToHeight = 1, 0
        shell.oddFooter.left.text = "&F"
        shell.oddFooter.right.text = "&P / &N"


def _overview(sheet: _Sheet) -> None:
    sheet.heading(
        "{{ report.title }}",
        "{{ report.num_models }} models · {{ report.date }} · moe-report {{ report.version }}",
        "Two braces around an expression: alone in a cell it gives a number or a text with the "
        "cell's own format, inside a text it becomes part of it.",
    )
    for row, (label, value, number_format, note) in enumerate(_FACTS, start=4):
        sheet.put(f"A{row}", label, Look(fill=INPUT_BANDS[1]))
        sheet.put(f"B{row}", None, Look(fill=INPUT_BANDS[1]))
        look = Look(color=INPUT, number_format=number_format, horizontal="right")
        sheet.put(f"C{row}", value, look, note)
        sheet.shell.merge_cells(f"A{row}:B{row}")
    _table(sheet)
    _below_table(sheet)
    widths = {column_letters(at): column[3] for at, column in enumerate(_COLUMNS, start=1)}
    sheet.finish("B2", "portrait", widths)


def _table(sheet: _Sheet) -> None:
    header = _TABLE_ROW - 1
    sheet.put(f"A{header - 1}", "Models", Look(bold=True, size=13))
    for number, (title, expression, number_format, _) in enumerate(_COLUMNS, start=1):
        letters = column_letters(number)
        fill = METRIC_BANDS[0] if number > 4 else INPUT_BANDS[0]
        align = "left" if number < 3 else "right"
        look = Look(bold=True, fill=fill, wrap=True, rule=True, horizontal=align)
        note = "sort: -total_params\nwhere: total_params is not none" if number == 1 else ""
        sheet.put(f"{letters}{header}", title, look, note)
        color = INPUT if 2 < number < 5 else "000000"
        look = Look(bold=number == 1, number_format=number_format, horizontal=align, color=color)
        sheet.put(f"{letters}{_TABLE_ROW}", expression, look)
    sheet.shell.row_dimensions[header].height = 32
    area = f"A{header}:{column_letters(len(_COLUMNS))}{_TABLE_ROW}"
    table = Table(displayName="Costs", name="Costs", ref=area)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.shell.add_table(table)
    bars = DataBarRule("num", 0, "num", 1, color="56B4E9")
    sheet.shell.conditional_formatting.add(f"G{_TABLE_ROW}", bars)


def _below_table(sheet: _Sheet) -> None:
    row = _TABLE_ROW + 2
    sheet.put(f"A{row}", "Median", Look(italic=True, color=QUIET))
    for letters, number_format in (("E", _SI), ("F", _SI), ("G", _PERCENT), ("H", _PERCENT)):
        look = Look(italic=True, number_format=number_format, horizontal="right")
        formula = f"=MEDIAN({letters}{_TABLE_ROW}:{letters}{_TABLE_ROW})"
        note = "A formula below the table reaches to its last row." if letters == "E" else ""
        sheet.put(f"{letters}{row}", formula, look, note)
    title, rows = "Total and active parameters", (_TABLE_ROW, _TABLE_ROW)
    chart = sheet.bars(f"A{row + 2}", title, (5, 6), rows, GREY, BLUE)
    chart.height, chart.width = 17, 26
    chart.y_axis.numFmt = '[>=1000000000]0,,," B";[>=1000000]0,," M";0'
    chart.y_axis.number_format = chart.y_axis.numFmt.formatCode
    chart.y_axis.scaling.logBase = 10
    chart.y_axis.title = "parameters, on a logarithmic scale"
    chart.legend.position = "b"


def _card(sheet: _Sheet) -> None:
    sheet.heading(
        "{{ m.name }}",
        "{{ m.total_params | si }} parameters, of which {{ m.active_params | si }} are active",
        "The name of this sheet has an expression with m, so there is one for each model.",
    )
    sheet.finish("A2", "landscape", {"A": 30, "B": 20, "C": 12})
    if parts := _parts():
        _write_parts(sheet, parts)


def _parts() -> list[tuple[str, str]]:
    """Return label and name of what the first chart of shares stacks; nothing if there is none."""
    registry = installed()
    charts = (chart for section in registry.sections for chart in section.charts)
    shares = (chart for chart in charts if isinstance(chart, Stack) and chart.shares)
    labels = {name: field.label for name, field in FIELDS.items()}
    labels |= {name: metric.label for name, metric in registry.metrics.items()}
    chart = next(shares, None)
    return [(labels[name], name) for part in chart.bars[0][1] for name in part] if chart else []


def _write_parts(sheet: _Sheet, parts: list[tuple[str, str]]) -> None:
    for letters, title in zip("ABC", ("Part", "Parameters", "Share"), strict=True):
        align = "left" if letters == "A" else "right"
        look = Look(bold=True, fill=METRIC_BANDS[0], rule=True, horizontal=align)
        sheet.put(f"{letters}4", title, look)
    last = 4 + len(parts)
    for row, (label, name) in enumerate(parts, start=5):
        sheet.put(f"A{row}", label, Look())
        look = Look(number_format="#,##0", horizontal="right")
        sheet.put(f"B{row}", f"{{{{ m.{name} }}}}", look)
        share = f'=IF(COUNT(B{row})<1,"",B{row}/SUM(B$5:B${last}))'
        sheet.put(f"C{row}", share, Look(number_format=_PERCENT, horizontal="right"))
    title = "Where the parameters are"
    chart = sheet.bars("E4", title, (3, 3), (5, last), BLUE)
    chart.height, chart.width = 9, 17
    chart.y_axis.numFmt = chart.y_axis.number_format = "0%"
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 1
    chart.y_axis.title = "share of all parameters"
    chart.legend = None


def _how_to(sheet: _Sheet) -> None:
    sheet.heading(
        "How to use this template",
        "Change the look of it, add and remove what you like, delete this sheet. moe-report fills "
        "in what stands between two braces, and changes nothing else.",
    )
    for letters, title in zip("ABC", ("", "Between two braces", "What it gives"), strict=True):
        sheet.put(f"{letters}4", title, Look(bold=True, fill=INPUT_BANDS[0], rule=True))
    looks = (
        Look(bold=True, size=10, wrap=True, vertical="top"),
        Look(mono=True, size=9, wrap=True, vertical="top"),
        Look(size=10, wrap=True, vertical="top"),
    )
    for row, texts in enumerate(_HOW_TO, start=5):
        for letters, text, look in zip("ABC", texts, looks, strict=True):
            sheet.put(f"{letters}{row}", text, look)
        sheet.shell.row_dimensions[row].height = 15 * max(1, -(-len(texts[2]) // 78)) + 4
    sheet.finish("A5", "landscape", {"A": 20, "B": 42, "C": 78})
