"""The sheet Routing: tokens of every expert, a row a layer, and what metrics make of each layer.

The counts are input: who changes one changes every number that rests on it. Layers of a model that
do not stand together, or that lack what is computed of them, leave the model's numbers empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial

from openpyxl.formatting.rule import ColorScaleRule

from moe_report.formula.excel import excel, plain
from moe_report.load.our_sheets import ROUTING_SHEET, SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import is_number
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.column_widths import GAP, pages_wide
from moe_report.renderers.excel.palette import (
    FORMULA,
    HINT,
    INPUT,
    QUIET,
    STRONG,
    TABLE_HEAD,
    Look,
)
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.text_width import text_width
from moe_report.reports import LayerColumn, Report

HEAD, FIRST = 4, 5  # rows
SPARE = 1000  # rows below, for layers that somebody adds
MODEL, LAYER, METRICS = 1, 2, 3  # columns
SHADE = "7FB8DA"  # of the most tokens; numbers are to be read on it
_METRIC_WIDTH, _PAGE = 13.0, 200.0  # characters
_FORMATS = {"percent": r"0.0\ %", "decimal": "0.000", "factor": '0.00"×"', "integer": "#,##0"}


def rows_of(report: Report) -> Iterator[tuple[int, str, int]]:
    """Give each row that a layer has: its number, the model, and the layer's place of the model."""
    row = FIRST
    for model, counts in report.routing.items():
        for at in range(len(counts.layers)):
            yield row, model, at
            row += 1


def places_of_layers(report: Report) -> Mapping[str, Mapping[str, str]]:
    """Return where the sheet has each metric of layers, for a formula in a row of Models."""
    if not report.routing:
        return {}
    last = FIRST + sum(len(counts.layers) for counts in report.routing.values()) - 1 + SPARE

    def down(column: int) -> str:
        letters = column_letters(column)
        return f"{ROUTING_SHEET}!${letters}${FIRST}:${letters}${last}"

    names, name = down(MODEL), f"{SHEET}[[#This Row],[name]]"
    return {
        column.name: {"values": down(METRICS + at), "names": names, "name": name}
        for at, column in enumerate(report.layers)
    }


def write_routing(book: Book, report: Report) -> None:
    """Fill the sheet Routing."""
    sheet = book[ROUTING_SHEET]
    experts = max(counts.num_experts for counts in report.routing.values())
    first = METRICS + len(report.layers)
    sheet.heading(
        "Routing",
        "How many tokens each expert of each layer got: a row a layer, a column an expert. "
        "Change a number in blue and everything follows.",
    )
    hint = (
        "The darker, the more tokens. Each column between is live, of the tokens of its row. Rows "
        "of a model stay together; a further one is copied whole. An empty cell is no token."
    )
    sheet.put(3, 1, hint, HINT)
    _head(sheet, report, first, experts)
    for row, model, at in rows_of(report):
        _row(sheet, report, row, model, at, first)
    _shade(sheet, report, first)
    _frame(sheet, report, first, experts)


def _head(sheet: Sheet, report: Report, first: int, experts: int) -> None:
    right = replace(TABLE_HEAD, horizontal="right")
    sheet.put(HEAD, MODEL, "Model", TABLE_HEAD)
    sheet.put(HEAD, LAYER, "Layer", right)
    for column, one in enumerate(report.layers, start=METRICS):
        sheet.put(HEAD, column, one.label, right)
        sheet.note(HEAD, column, _note(one))
    for expert in range(experts):
        sheet.put(HEAD, first + expert, expert, replace(right, wrap=False))


def _note(column: LayerColumn) -> str:
    lines = [column.label, column.description, "", f"Unit {column.unit}"]
    lines += [f"Formula {plain(column.expr)}", f"Source {column.source}"]
    return "\n".join(lines)


def _row(sheet: Sheet, report: Report, row: int, model: str, at: int, first: int) -> None:
    counts = report.routing[model]
    start, end = column_letters(first), column_letters(first + counts.num_experts - 1)
    range_of = partial(f"${start}{{0}}{{1}}:${end}{{0}}{{1}}".format)
    tokens = range_of("", row), range_of("$", HEAD)
    sheet.put(row, MODEL, model, STRONG)
    sheet.put(row, LAYER, counts.layers[at], Look(color=QUIET))
    for column, one in enumerate(report.layers, start=METRICS):
        formula = excel(one.expr, str, lambda _: tokens)
        look = Look(color=FORMULA, number_format=_FORMATS.get(one.format, "General"))
        sheet.formula(row, column, formula, one.values[model][at], look)
    look = Look(color=INPUT, number_format="#,##0")
    sheet.put_numbers(row, first, counts.tokens[at].tolist(), look)


def _shade(sheet: Sheet, report: Report, first: int) -> None:
    """Give each model's tokens a colour, from white for none to blue for the most."""
    row = FIRST
    for counts in report.routing.values():
        last = row + len(counts.layers) - 1
        end = column_letters(first + counts.num_experts - 1)
        scale = ColorScaleRule(
            start_type="num", start_value=0, start_color="FFFFFF", end_type="max", end_color=SHADE
        )
        area = f"{column_letters(first)}{row}:{end}{last}"
        sheet.shell.conditional_formatting.add(area, scale)
        row = last + 1


def _frame(sheet: Sheet, report: Report, first: int, experts: int) -> None:
    sheet.limits[MODEL] = (14, 34)
    sheet.width(LAYER, 7)
    for column in range(METRICS, first):
        sheet.width(column, _METRIC_WIDTH)
    most = max(counts.tokens.max() for counts in report.routing.values())
    wide = text_width(f"{most:,.0f}", Look()) + GAP
    for column in range(first, first + experts):
        sheet.width(column, wide)
    sheet.freeze(f"{column_letters(METRICS)}{FIRST}", 90)
    pages = pages_wide([_METRIC_WIDTH] * len(report.layers) + [wide] * experts, _PAGE)
    sheet.print_setup(f"{HEAD}:{HEAD}", wide=pages, title_columns="A:B")


def tokens_in(
    texts: Mapping[tuple[int, int], str], labels: Collection[str]
) -> set[tuple[int, int]]:
    """Return which cells of the sheet are of layers, without numbers in place of formulas.

    Args:
        texts: By column and row, formulas as such.
        labels: Of the metrics of layers.
    """
    heads = {column: text for (column, row), text in texts.items() if row == HEAD}
    layers = {row for (column, row), text in texts.items() if column == LAYER and is_number(text)}
    return {
        (column, row)
        for (column, row), text in texts.items()
        if row >= FIRST
        and row in layers
        and column in heads
        and (
            column < METRICS
            or is_number(heads[column])
            or (heads[column] in labels and text.startswith("="))
        )
    }
