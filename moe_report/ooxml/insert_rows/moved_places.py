"""All that refers to cells, part by part: how it moves when rows are put into a sheet.

A part, element or attribute that is missing here stays as it is. To let it move, add a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from lxml import etree

from moe_report.ooxml.insert_rows import part_rules, sheet_rules
from moe_report.ooxml.insert_rows.cells import move_cells
from moe_report.ooxml.insert_rows.common_rules import (
    Rule,
    anchor,
    formula,
    grow,
    grow_cells,
    link,
    shift,
)
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.part_xml import TEXT, Part, local

SHEETS = "worksheet dialogsheet xlMacrosheet xlIntlMacrosheet chartsheet"
LINKS = "links"  # the part with the links of another
# Kinds of parts that say of which sheet their cells are, other than in a formula.
NAMING_SHEETS = ("officeDocument", "pivotCacheDefinition", "volatileDependencies")

ITSELF = "."  # the element; what is in it has rules of its own
WHOLE = "*"  # the element with all that is in it

# Kinds of parts, by the end of the type of the link that leads to them; elements, with the one
# around them where that matters; their attribute; and how that moves: `shift` to the same cells as
# before, `grow` to all that come of the repeated row, `formula`, `link`, `anchor`; or otherwise.
# Shapes of notes and form controls are no XML, and have a module of their own: `vml`.
MOVED: tuple[tuple[str, str, str, Rule], ...] = (
    # the cells of a sheet, and its views
    (SHEETS, "sheetData", WHOLE, move_cells),
    (SHEETS, "dimension", "ref", grow),
    (SHEETS, "sheetPr", "syncRef", shift),
    (SHEETS, "sheetView customSheetView", "topLeftCell", shift),
    (SHEETS, "pane", "topLeftCell", sheet_rules.scrolled_corner),
    (SHEETS, "selection", "activeCell", shift),
    (SHEETS, "selection", "sqref", shift),
    (SHEETS, "rowBreaks/brk", "id", sheet_rules.page_break),
    (SHEETS, "colBreaks/brk", "min", sheet_rules.page_break),
    (SHEETS, "colBreaks/brk", "max", sheet_rules.page_break),
    # what lies over cells
    (SHEETS, "mergeCell", "ref", sheet_rules.merged_cells),
    (SHEETS, "conditionalFormatting dataValidation", WHOLE, sheet_rules.laid_over_cells),
    (SHEETS, "sparkline", WHOLE, sheet_rules.sparkline),
    (SHEETS, "autoFilter sortState sortCondition", "ref", grow),
    (SHEETS, "protectedRange ignoredError", "sqref", grow_cells),
    (SHEETS, "hyperlink", "ref", grow_cells),
    (SHEETS, "hyperlink", "location", link),
    (SHEETS, "scenarios", "sqref", shift),
    (SHEETS, "inputCells cellWatch cellSmartTags", "r", shift),
    (SHEETS, "webPublishItem", "sourceRef", shift),
    (SHEETS, "dataRef", "ref", part_rules.consolidated),
    # its controls and embedded files, and what extensions of Excel add
    (SHEETS, "controlPr", "linkedCell", formula("control")),
    (SHEETS, "controlPr", "listFillRange", formula("control", grows=True)),
    (SHEETS, "anchor", ITSELF, anchor),
    (SHEETS, "f", TEXT, sheet_rules.formula_beside_cells),
    (SHEETS, "sqref", TEXT, grow_cells),
    # what belongs to a sheet
    ("table", "table", "ref", part_rules.table_itself),
    ("table", "autoFilter sortState sortCondition", "ref", part_rules.within_table),
    ("table", "calculatedColumnFormula totalsRowFormula", TEXT, part_rules.column_formula),
    ("tableSingleCells", "singleXmlCell", "r", shift),
    ("queryTable namedSheetView", "sortState sortCondition sortRule nsvFilter", "ref", grow),
    ("comments threadedComment", "comment threadedComment", "ref", shift),
    ("comments", "anchor", ITSELF, anchor),
    ("pivotTable", "location", "ref", part_rules.pivot_table),
    ("ctrlProp", "formControlPr", "fmlaLink", formula("control")),
    ("ctrlProp", "formControlPr", "fmlaRange", formula("control", grows=True)),
    ("ctrlProp", "formControlPr", "fmlaTxbx", formula("control")),
    ("ctrlProp", "formControlPr", "fmlaGroup", formula("control")),
    # drawings and charts
    ("drawing", "twoCellAnchor oneCellAnchor", ITSELF, anchor),
    ("drawing chartUserShapes", "sp", "textlink", formula("text of a", "drawing")),
    ("drawing chartUserShapes", "cameraTool", "cellRange", formula("text of a", "drawing")),
    ("chart chartEx", "f sqref", TEXT, part_rules.chart_series),
    (LINKS, "Relationship", "Target", part_rules.shape_link),
    # what belongs to the workbook
    ("officeDocument", "definedName", TEXT, part_rules.defined_name),
    ("pivotCacheDefinition", "cacheSource", WHOLE, part_rules.pivot_source),
    ("connections", "parameter", "cell", formula("parameter", "of a query")),
    ("volatileDependencies", "tr", "r", part_rules.waiting_cell),
)

_Rules = dict[str, list[tuple[str, Rule]]]  # attributes and rules of each element
_BY_KIND: dict[str, _Rules] = {}
for _kinds, _elements, _attribute, _rule in MOVED:
    for _kind, _element in product(_kinds.split(), _elements.split()):
        _BY_KIND.setdefault(_kind, {}).setdefault(_element, []).append((_attribute, _rule))


def has_moved_places(kind: str) -> bool:
    """Whether something of a kind of parts may move."""
    return kind in _BY_KIND


def move_places(part: Part, kind: str, move: Move) -> None:
    """Move all that refers to cells in a part, by the end of the type of the link to it."""
    for item, attribute, rule in _found(part.root, _BY_KIND[kind]):
        if attribute in (ITSELF, WHOLE) or part.said(item, attribute):
            rule(part, item, attribute, move)
    sheet_rules.repeat_twins(part, move)


def _found(root: etree._Element, rules: _Rules) -> Iterator[tuple[etree._Element, str, Rule]]:
    """Give the elements that have rules, in the order in which they stand."""
    todo = [root]
    while todo:
        item = todo.pop()
        name = local(item)
        around = item.getparent()
        parent = local(around) if around is not None else ""
        own = rules.get(name) or rules.get(f"{parent}/{name}") or []
        for attribute, rule in own:
            yield item, attribute, rule
        if all(attribute != WHOLE for attribute, _ in own):
            todo.extend(reversed(item))
