"""A template to begin with: what ``moe-report template new`` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

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
from moe_report.schema.assumptions import Assumption
from moe_report.schema.charts import Stack
from moe_report.schema.fields import FIELDS
from moe_report.schema.metrics import Metric
from moe_report.schema.registry import Registry

_SI = '[>=99500000]#,##0.00,,," B";[>=99500]#,##0.00,," M";#,##0'
_PERCENT = r"[>=0.9995]0.00\ %;0.0\ %"  # 99.95 % is not all of it
_TABLE_ROW = 12
_INPUTS = (
    ("Model", "{{ m.name }}", "General", 34),
    ("Type", '{{ m.model_type | default("–") }}', "General", 18),
    ("Experts", "{{ m.num_experts }}", "#,##0", 14),
    ("Top-k", "{{ m.num_experts_per_tok }}", "#,##0", 9),
)
_METRICS = 4  # columns of the table
_TEXTS = {"percent": "percent"}  # filters by format, where a number is within a text


class _Named(NamedTuple):
    """What the template speaks of: as many of each as are installed."""

    metrics: tuple[Metric, ...]
    assumptions: tuple[Assumption, ...]
    parts: tuple[tuple[str, str], ...]

    @property
    def first(self) -> str:
        """Name of the metric, or else the field, that examples speak of."""
        return self.metrics[0].name if self.metrics else "num_experts"

    def column(self, metric: Metric) -> tuple[str, str, str, float]:
        """Header, expression, number format and width of a metric's column.

        A share whose formula needs nothing but what the table has is a live one.
        """
        share = metric.format == "percent"
        has = {"num_experts", "num_experts_per_tok", *(one.name for one in self.metrics)}
        live = share and not metric.layers and set(metric.expr.symbols()) <= has
        expression = f"{{{{ m.{metric.name}{' | formula' if live else ''} }}}}"
        return metric.label, expression, _PERCENT if share else _SI, 13 if share else 16

    def columns(self) -> tuple[tuple[str, str, str, float], ...]:
        """The table's."""
        return (*_INPUTS, *map(self.column, self.metrics))

    def how_to(self) -> Iterator[tuple[str, str, str]]:
        """Convention by convention: what it is, how it is written, what it gives."""
        live = next((one[1] for one in self.columns() if "| formula" in one[1]), "")
        yield (
            "A value",
            f'models["Mixtral-8x7B"].{self.first}',
            "Alone in a cell it is a number, shown in the cell's own number format.",
        )
        yield ("Inside a text", "report.num_models", "It becomes part of the text: 24 models.")
        if self.assumptions:
            yield (
                "An assumption",
                f"assumptions.{self.assumptions[0].name}",
                "What the numbers are for; so do report.title, report.date and report.version.",
            )
        yield (
            "Over all models",
            f'models | sum("{self.first}")',
            "Where none lacks the number. Likewise min, max, map, first, last, length.",
        )
        yield (
            "Units",
            f"m.{self.first} | billions",
            "In the unit that the filter names; | si makes a text.",
        )
        yield (
            "A row a model",
            f"m.name, m.{self.first}, ...",
            "A row of an Excel Table that holds m is there for each model. All below moves "
            "down, and formulas, charts and formats that reach to the row reach to the last of "
            "them.",
        )
        yield (
            "Order and filter",
            f"sort: -{self.first}",
            "In the note on the table's first header; below it, where: num_experts >= 8 keeps "
            "some models only, and limit: 5 the first five.",
        )
        if live:
            yield (
                "A live formula",
                live.strip("{} "),
                "The formula in place of the value, where the table has columns for all that it "
                "needs.",
            )
        yield (
            "A sheet a model",
            "m.name as the sheet's name",
            "The sheet is there for each model.",
        )
        yield ("A defined name", self.assumptions[-1].name if self.assumptions else self.first,
               "The cell of a name that is a metric, a field or an assumption gets its value, "
               "without any braces.")  # fmt: skip

    def facts(self) -> Iterator[tuple[str, str | None, str, str]]:
        """Label, expression, number format and note of the cells above the table."""
        yield ("Models", "{{ models | length }}", "#,##0",
               f'A filter over all models; likewise models | sum("{self.first}"), where none lacks '
               "it.")  # fmt: skip
        for at, one in enumerate(self.assumptions):
            said = (
                f"No braces here: the cell has the defined name {one.name}, which is an "
                "assumption, and so it gets its value."
                if at
                else f"What the numbers are computed for. --set {one.name}={one.default:g}, or "
                "another number, changes it."
            )
            value = None if at else f"{{{{ assumptions.{one.name} }}}}"
            yield one.label, value, "#,##0" if one.whole else "#,##0.##", said


def build_template(registry: Registry) -> bytes:
    """Return a template in which every convention is shown once.

    Args:
        registry: What the template asks for: the first metrics of its summary.
    """
    assumptions = tuple(registry.assumptions.values())
    named = _Named(tuple(registry.headline[:_METRICS]), assumptions[:2], _parts_of(registry))
    book = Workbook()
    palette = Palette(book)
    first: Any = book.active
    first.title = "Overview"
    _overview(_Sheet(first, palette), named)
    _card(_Sheet(book.create_sheet("{{ m.name }}"), palette), named)
    _how_to(_Sheet(book.create_sheet("How to"), palette), named)
    for assumption in named.assumptions[1:]:
        name = assumption.name
        book.defined_names[name] = DefinedName(name, attr_text="Overview!$C$6")
    return saved(book, "Template", creation_time()).save()


def _parts_of(registry: Registry) -> tuple[tuple[str, str], ...]:
    """Return label and name of what the first chart of shares stacks; nothing if there is none."""
    charts = (chart for section in registry.sections for chart in section.charts)
    shares = (chart for chart in charts if isinstance(chart, Stack) and chart.shares)
    labels = {name: field.label for name, field in FIELDS.items()}
    labels |= {name: metric.label for name, metric in registry.metrics.items()}
    chart = next(shares, None)
    parts = chart.bars[0][1] if chart else ()
    return tuple((labels[name], name) for part in parts for name in part)


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


def _overview(sheet: _Sheet, named: _Named) -> None:
    sheet.heading(
        "{{ report.title }}",
        "{{ report.num_models }} models · {{ report.date }} · moe-report {{ report.version }}",
        "Two braces around an expression: alone in a cell it gives a number or a text with the "
        "cell's own format, inside a text it becomes part of it.",
    )
    for row, (label, value, number_format, note) in enumerate(named.facts(), start=4):
        sheet.put(f"A{row}", label, Look(fill=INPUT_BANDS[1]))
        sheet.put(f"B{row}", None, Look(fill=INPUT_BANDS[1]))
        look = Look(color=INPUT, number_format=number_format, horizontal="right")
        sheet.put(f"C{row}", value, look, note)
        sheet.shell.merge_cells(f"A{row}:B{row}")
    _table(sheet, named)
    _below_table(sheet, named)
    widths = {column_letters(at): column[3] for at, column in enumerate(named.columns(), start=1)}
    sheet.finish("B2", "portrait", widths)


def _table(sheet: _Sheet, named: _Named) -> None:
    header = _TABLE_ROW - 1
    sheet.put(f"A{header - 1}", "Models", Look(bold=True, size=13))
    for number, (title, expression, number_format, _) in enumerate(named.columns(), start=1):
        letters = column_letters(number)
        fill = METRIC_BANDS[0] if number > 4 else INPUT_BANDS[0]
        align = "left" if number < 3 else "right"
        look = Look(bold=True, fill=fill, wrap=True, rule=True, horizontal=align)
        rules = f"sort: -{named.first}\nwhere: {named.first} is not none"
        note = rules if number == 1 else ""
        sheet.put(f"{letters}{header}", title, look, note)
        color = INPUT if 2 < number < 5 else "000000"
        look = Look(bold=number == 1, number_format=number_format, horizontal=align, color=color)
        sheet.put(f"{letters}{_TABLE_ROW}", expression, look)
    sheet.shell.row_dimensions[header].height = 32
    area = f"A{header}:{column_letters(len(named.columns()))}{_TABLE_ROW}"
    table = Table(displayName="Costs", name="Costs", ref=area)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.shell.add_table(table)
    shares = [at for at, one in enumerate(named.metrics) if one.format == "percent"]
    if shares:
        bars = DataBarRule("num", 0, "num", 1, color="56B4E9")
        letters = column_letters(len(_INPUTS) + 1 + shares[0])
        sheet.shell.conditional_formatting.add(f"{letters}{_TABLE_ROW}", bars)


def _below_table(sheet: _Sheet, named: _Named) -> None:
    row, left = _TABLE_ROW + 2, len(_INPUTS) + 1
    sheet.put(f"A{row}", "Median", Look(italic=True, color=QUIET))
    for at, (_, _, number_format, _) in enumerate(map(named.column, named.metrics), start=left):
        letters = column_letters(at)
        look = Look(italic=True, number_format=number_format, horizontal="right")
        formula = f"=MEDIAN({letters}{_TABLE_ROW}:{letters}{_TABLE_ROW})"
        note = "A formula below the table reaches to its last row." if at == left else ""
        sheet.put(f"{letters}{row}", formula, look, note)
    alike = [one for one in named.metrics if one.unit == named.metrics[0].unit][:2]
    if alike != list(named.metrics[: len(alike)]) or not alike:
        return
    title = " and ".join(one.label for one in alike).capitalize()
    rows = _TABLE_ROW, _TABLE_ROW
    ends, colors = (left, left + len(alike) - 1), (GREY, BLUE)[-len(alike) :]
    chart = sheet.bars(f"A{row + 2}", title, ends, rows, *colors)
    chart.height, chart.width = 17, 26
    chart.y_axis.numFmt = '[>=1000000000]0,,," B";[>=1000000]0,," M";0'
    chart.y_axis.number_format = chart.y_axis.numFmt.formatCode
    chart.y_axis.scaling.logBase = 10
    chart.y_axis.title = f"{alike[0].unit}, on a logarithmic scale"
    if len(alike) > 1:
        chart.legend.position = "b"


def _card(sheet: _Sheet, named: _Named) -> None:
    sheet.heading(
        "{{ m.name }}",
        " · ".join(
            f"{one.label}: {{{{ m.{one.name} | {_TEXTS.get(one.format, 'si')} }}}}"
            for one in named.metrics
        ),
        "The name of this sheet has an expression with m, so there is one for each model.",
    )
    sheet.finish("A2", "landscape", {"A": 30, "B": 20, "C": 12})
    if named.parts:
        _write_parts(sheet, named.parts)


def _write_parts(sheet: _Sheet, parts: Sequence[tuple[str, str]]) -> None:
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


def _how_to(sheet: _Sheet, named: _Named) -> None:
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
    for row, texts in enumerate(named.how_to(), start=5):
        for letters, text, look in zip("ABC", texts, looks, strict=True):
            sheet.put(f"{letters}{row}", text, look)
        sheet.shell.row_dimensions[row].height = 15 * max(1, -(-len(texts[2]) // 78)) + 4
    sheet.finish("A5", "landscape", {"A": 20, "B": 42, "C": 78})
