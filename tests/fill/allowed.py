"""What of a workbook's parts may differ once cells are filled and rows have come in."""

from __future__ import annotations

import re
from collections.abc import Callable

_ROW_OF_REFERENCE = re.compile(r"(?<![A-Za-z0-9_.])(\$?[A-Z]{1,3}\$?)(\d{1,7})(?![A-Za-z0-9_(.])")
_WHOLE_ROWS = re.compile(r"(?<![A-Za-z0-9_.$])(\$?)(\d{1,7}):(\$?)(\d{1,7})(?![A-Za-z0-9_(.])")

# What may say other rows than before, where rows were put in: attributes by element,
REFERENCES = {
    "dimension": {"ref"}, "mergeCell": {"ref"}, "hyperlink": {"ref", "location"},
    "conditionalFormatting": {"sqref"}, "dataValidation": {"sqref"}, "autoFilter": {"ref"},
    "table": {"ref"}, "selection": {"activeCell", "sqref"}, "pane": {"topLeftCell"},
    "sheetView": {"topLeftCell"}, "protectedRange": {"sqref"}, "ignoredError": {"sqref"},
    "comment": {"ref"}, "threadedComment": {"ref"}, "cellWatch": {"r"}, "f": {"ref"},
    "worksheetSource": {"ref"}, "location": {"ref"}, "sortState": {"ref"},
    "sortCondition": {"ref"}, "inputCells": {"r"}, "formControlPr": {"fmlaLink", "fmlaRange"},
    "sp": {"textlink"}, "dataRef": {"ref"}, "webPublishItem": {"sourceRef"},
    "Relationship": {"Target"},
}  # fmt: skip
# row numbers that stand alone,
NUMBERS = {"brk": {"id", "min", "max"}}
# and texts.
REFERENCE_TEXTS = {
    "f", "formula", "formula1", "formula2", "definedName", "sqref", "calculatedColumnFormula",
    "totalsRowFormula", "FmlaLink", "FmlaRange", "oddFooter", "t",
}  # fmt: skip
NUMBER_TEXTS = {"row", "Row"}
# What only counts.
COUNTS = {
    "sst": {"count", "uniqueCount"}, "cellXfs": {"count"}, "numFmts": {"count"},
    "fonts": {"count"}, "fills": {"count"}, "borders": {"count"}, "dxfs": {"count"},
    "mergeCells": {"count"}, "rowBreaks": {"count", "manualBreakCount"},
    "dataValidations": {"count"}, "ptCount": {"val"}, "hyperlinks": {"count"},
    "TitlesOfParts": set(), "vector": {"size"},
}  # fmt: skip
# What may be new where cells are filled, and where rows come in besides.
NEW = {"calcPr", "si", "xf", "numFmt", "Override", "Default", "Relationship"}
NEW_WITH_ROWS = NEW | {
    "row", "c", "mergeCell", "hyperlink", "brk", "comment", "sparkline", "pt", "ignoredError",
    "dataValidation", "conditionalFormatting", "shape", "numCache", "strCache",
}  # fmt: skip
NEW_ATTRIBUTES = {
    ("calcPr", "fullCalcOnLoad"),
    ("calcPr", "calcId"),
    ("pivotCacheDefinition", "refreshOnLoad"),
}


def rows_of(text: str) -> tuple[str, list[int]]:
    """A text without the rows of its references, and these."""
    rows: list[int] = []

    def whole(match: re.Match[str]) -> str:
        rows.extend((int(match[2]), int(match[4])))
        return f"{match[1]}#:{match[3]}#"

    def single(match: re.Match[str]) -> str:
        rows.append(int(match[2]))
        return f"{match[1]}#"

    # a string or a quoted name of a sheet is no reference
    pieces = re.split(r"(\"[^\"]*\"|'[^']*')", text)
    out = []
    for piece in pieces:
        if piece[:1] in "\"'" and piece:
            out.append(piece)
        else:
            out.append(_ROW_OF_REFERENCE.sub(single, _WHOLE_ROWS.sub(whole, piece)))
    return "".join(out), rows


def areas_kept(before: str, after: str) -> bool:
    """Whether a cell became an area, in a list of areas or at the end of a formula's range."""
    skeleton: Callable[[str], str] = lambda text: re.sub(  # noqa: E731
        r"(\$?[A-Z]{1,3}\$?)#:\1#", r"\1#", rows_of(text)[0]
    )
    return skeleton(before) == skeleton(after)
