"""References after rows were inserted, case by case."""

from __future__ import annotations

import pytest

from moe_report.ooxml.references import (
    Insertion,
    moved_area,
    moved_areas,
    moved_formula,
    moved_row,
)

THREE = Insertion("Data", after=5, count=3)
LAST = 1_048_576


@pytest.mark.parametrize(("row", "moved"), [(1, 1), (4, 4), (5, 5), (6, 9), (LAST - 3, LAST)])
def test_rows_below_the_repeated_one_move(row: int, moved: int) -> None:
    """The repeated row itself stays."""
    assert moved_row(row, THREE) == moved


def test_a_row_that_falls_off_the_sheet_is_refused() -> None:
    """Nothing may be lost in silence."""
    with pytest.raises(ValueError, match="row 1048574 falls off the sheet 'Data'"):
        moved_row(LAST - 2, THREE)


AREAS = [
    ("B3", "B3"),
    ("B5", "B5"),
    ("b6", "b9"),
    ("$B$6", "$B$9"),
    ("B$6", "B$9"),
    ("$B6", "$B9"),
    ("B3:D4", "B3:D4"),
    ("$B$3:D9", "$B$3:D12"),
    ("B3:D5", "B3:D8"),
    ("B5:D5", "B5:D8"),
    ("B5:B5", "B5:B8"),
    ("B5:D6", "B5:D9"),
    ("B6:D7", "B9:D10"),
    ("D9:B3", "D12:B3"),  # the ends may come in any order
    ("B5:A1", "B8:A1"),
    ("B9:$D$5", "B12:$D$5"),
    ("A:B", "A:B"),
    ("$A:$XFD", "$A:$XFD"),
    ("3:4", "3:4"),
    ("3:5", "3:8"),
    ("5:5", "5:8"),
    ("$6:7", "$9:10"),
    ("1:1048576", "1:1048576"),
    ("A6:B1048576", "A9:B1048576"),
    ("A5:B1048576", "A5:B1048576"),
    ("A6:B1048575", "A9:B1048576"),
    ("XFD6", "XFD9"),
    ("A06", "A9"),
    ("A05", "A05"),
]


@pytest.mark.parametrize(("ref", "moved"), AREAS)
def test_an_area_keeps_what_it_held_and_holds_the_new_rows(ref: str, moved: str) -> None:
    """A range that ends in the repeated row, or goes across it, grows; dollar signs stay."""
    assert moved_area(ref, THREE) == moved
    assert moved_area(ref, Insertion("Data", 5, 0), single=True) == ref


@pytest.mark.parametrize(
    ("ref", "moved"),
    [("D5", "D5:D8"), ("$D$5", "$D$5:$D$8"), ("D$5", "D$5:D$8"), ("D4", "D4"), ("D6", "D9"),
     ("D5:E5", "D5:E8"), ("D:D", "D:D")],
)  # fmt: skip
def test_a_cell_may_stand_for_the_whole_repeated_row(ref: str, moved: str) -> None:
    """As in conditional formats and charts."""
    assert moved_area(ref, THREE, single=True) == moved


@pytest.mark.parametrize(
    "ref", ["", "B", "5", "B0", "B3:", "B3:D", "3:D", "XFE1", "A1048577", "A1 B2", "S!A1",
            "A1:B2:C3", "A:B5", "0:5", "LOG10(", "A1#"],
)  # fmt: skip
def test_what_is_no_reference_is_refused(ref: str) -> None:
    """An area that cannot be read is not passed on as if it had been."""
    with pytest.raises(ValueError, match="is no reference"):
        moved_area(ref, THREE)


@pytest.mark.parametrize("ref", ["A1048574", "A1048574:B1048576", "1048576:1048576"])
def test_an_area_that_falls_off_the_sheet_is_refused(ref: str) -> None:
    """Only the end of a range may meet the sheet's last row."""
    with pytest.raises(ValueError, match="falls off the sheet 'Data'"):
        moved_area(ref, THREE)


def test_lists_of_areas_move_one_by_one() -> None:
    """A cell alone stands for the repeated row unless told otherwise."""
    assert moved_areas("A1 D5 B3:C5  F9", THREE) == "A1 D5:D8 B3:C8 F12"
    assert moved_areas("D5 F9", THREE, single=False) == "D5 F12"
    assert moved_areas("", THREE) == ""


# On the sheet Data; rows are put in below row 5.
FORMULAS = [
    # cells, ranges, operators
    ("A1", "A1"),
    ("A5", "A5"),
    ("A6", "A9"),
    ("a6+$b$6", "a9+$b$9"),
    ("-A6^2%", "-A9^2%"),
    ("+A6", "+A9"),
    ("@A6", "@A9"),
    ("A6#", "A9#"),
    ("SUM(A6#)", "SUM(A9#)"),
    ('A6&"A6"&A6', 'A9&"A6"&A9'),
    ('"A6"" A6"&A6', '"A6"" A6"&A9'),
    ('"""A6"&A6', '"""A6"&A9'),
    ('""&A6', '""&A9'),
    ("A6<>A7", "A9<>A10"),
    ("A6>=A7", "A9>=A10"),
    ("SUM(A2:A5)", "SUM(A2:A8)"),
    ("SUM(A2 : A5)", "SUM(A2 : A8)"),
    ("SUM(A2:\nA9)", "SUM(A2:\nA12)"),
    ("SUM(A1:A4)", "SUM(A1:A4)"),
    ("SUM(A5:D5)", "SUM(A5:D8)"),
    ("SUM(A6:A7,A2:A5,7)", "SUM(A9:A10,A2:A8,7)"),
    ("SUM((A6,A7))", "SUM((A9,A10))"),
    ("SUM(A1:C9 B2:B5)", "SUM(A1:C12 B2:B8)"),
    ("SUM(A1:C9  5:5)", "SUM(A1:C12  5:8)"),
    ("SUM(6:7)+SUM($4:$5)", "SUM(9:10)+SUM($4:$8)"),
    ("SUM(A:A)*A6", "SUM(A:A)*A9"),
    ("IF(A6,,A7)", "IF(A9,,A10)"),
    ("A6 ", "A9 "),
    (" A6", " A9"),
    ("A1:INDEX(B:B,9)", "A1:INDEX(B:B,9)"),
    ("SUM(A6:INDEX(B7:B9,2))", "SUM(A9:INDEX(B10:B12,2))"),
    ("SUM(A5:INDEX(A:A,COUNTA(A:A)))", "SUM(A5:INDEX(A:A,COUNTA(A:A)))"),
    ("SUM(INDEX(A:A,2):A6)", "SUM(INDEX(A:A,2):A9)"),
    ("SUM(A5:last_one)", "SUM(A5:last_one)"),
    ("XFD6+XFD$6", "XFD9+XFD$9"),
    # what only looks like a reference
    ("LOG10(A6)", "LOG10(A9)"),
    ("LOG10 (A6)", "LOG10 (A9)"),
    ("log10(A6)", "log10(A9)"),
    ("BIN2HEX(6)+DEC2BIN(A6)+DAYS360(A6,A7)", "BIN2HEX(6)+DEC2BIN(A9)+DAYS360(A9,A10)"),
    ("ATAN2(A6,A7)", "ATAN2(A9,A10)"),
    ("TAXES2024*A6", "TAXES2024*A9"),
    ("XFE6*A6", "XFE6*A9"),
    ("TAX2024*A6", "TAX2027*A9"),  # a cell to Excel, which has no names like it: column TAX
    ("A1048577*A6", "A1048577*A9"),
    ("A1B6*A6", "A1B6*A9"),
    ("_A6+A6_x+A6.x+x.A6+\\A6+A6", "_A6+A6_x+A6.x+x.A6+\\A6+A9"),
    ("A6é+éA6+A6", "A6é+éA6+A9"),
    ("Größe6+A6", "Größe6+A9"),
    ("_xlfn.SINGLE(A6)", "_xlfn.SINGLE(A9)"),
    ("_xlfn.ANCHORARRAY(A6)", "_xlfn.ANCHORARRAY(A9)"),
    ("_xlfn.LET(_xlpm.A6,A6,_xlpm.A6*2)", "_xlfn.LET(_xlpm.A6,A9,_xlpm.A6*2)"),
    ("1E6+1.5E9+6+A6", "1E6+1.5E9+6+A9"),
    ("1E+6+A6", "1E+6+A9"),
    ('{6,"A6";"{A6}",9}*A6', '{6,"A6";"{A6}",9}*A9'),
    ('SUM({6;7}*A6:A7,{"a""}A6"})', 'SUM({6;7}*A9:A10,{"a""}A6"})'),
    ("IF(TRUE,A6,FALSE)", "IF(TRUE,A9,FALSE)"),
    # tables
    ("Table1[[#This Row],[A6]]*A6", "Table1[[#This Row],[A6]]*A9"),
    ("SUM(Table1[A6])+A6", "SUM(Table1[A6])+A9"),
    ("SUM(Table1[[#All],[A6]:[B6]])+A6", "SUM(Table1[[#All],[A6]:[B6]])+A9"),
    ("Table1[[#This Row],[A6 '[b']]]+A6", "Table1[[#This Row],[A6 '[b']]]+A9"),
    ("Table1['#A6]+A6", "Table1['#A6]+A9"),
    ("Table1[it''s A6]+A6", "Table1[it''s A6]+A9"),
    ("Table1[a \"A6]+A6", "Table1[a \"A6]+A9"),
    ("[@A6]+[A6]+A6", "[@A6]+[A6]+A9"),
    ("SUM(Table1[]:A6)", "SUM(Table1[]:A9)"),
    # errors
    ("#REF!+A6", "#REF!+A9"),
    ("#REF!A6+A6", "#REF!A6+A9"),
    ("#REF!$A$6:$B$9+A6", "#REF!$A$6:$B$9+A9"),
    ("Data!#REF!+A6", "Data!#REF!+A9"),
    ("IFERROR(#N/A,A6)+#DIV/0!+#NAME?+A6", "IFERROR(#N/A,A9)+#DIV/0!+#NAME?+A9"),
    # sheets
    ("Data!A6+DATA!A6", "Data!A9+DATA!A9"),
    ("'Data'!$A$6:B7", "'Data'!$A$9:B10"),
    ("Other!A6+A6", "Other!A6+A9"),
    ("'Other one'!A6+A6", "'Other one'!A6+A9"),
    ("'It''s one'!A6+A6", "'It''s one'!A6+A9"),
    ("'A6'!A6+A6", "'A6'!A6+A9"),
    ("A6!A6+A6", "A6!A6+A9"),
    ("Data2!A6+XData!A6+A6", "Data2!A6+XData!A6+A9"),
    ("Other!A1:A6+A6", "Other!A1:A6+A9"),
    ("Other!6:7+6:7", "Other!6:7+9:10"),
    ("Other!total6+A6", "Other!total6+A9"),
    ("Data!total6+Data!A6", "Data!total6+Data!A9"),
    ("Data!A:A+Data!6:6", "Data!A:A+Data!9:9"),
    ("SUM(Data!A1:Data!A5)", "SUM(Data!A1:Data!A8)"),
    ("SUM(Data!A1:data!A9)", "SUM(Data!A1:data!A12)"),
    ("SUM('Data'!A6 : Data!B9)", "SUM('Data'!A9 : Data!B12)"),
    ("SUM(A1:Data!A5)", "SUM(A1:Data!A8)"),
    ("SUM(Other!A1:Other!A5)+A6", "SUM(Other!A1:Other!A5)+A9"),
    # other workbooks
    ("[1]Data!A6+A6", "[1]Data!A6+A9"),
    ("[1]Data!$A$1:$B$6+A6", "[1]Data!$A$1:$B$6+A9"),
    ("[1]Data!6:7+[1]Data!A:B+A6", "[1]Data!6:7+[1]Data!A:B+A9"),
    ("'[1]Data'!6:7+A6", "'[1]Data'!6:7+A9"),
    ("[1]!A6+A6", "[1]!A6+A9"),
    ("[1]!total+A6", "[1]!total+A9"),
    ("[1]Jan:Mar!A6+A6", "[1]Jan:Mar!A6+A9"),
    ("[Book.xlsx]Data!A6+A6", "[Book.xlsx]Data!A6+A9"),
    ("'[Book.xlsx]Data'!A6+A6", "'[Book.xlsx]Data'!A6+A9"),
    ("'[It''s.xlsx]Data'!A6:B9+A6", "'[It''s.xlsx]Data'!A6:B9+A9"),
    ("'C:\\dir\\[Book.xlsx]Data'!A6+A6", "'C:\\dir\\[Book.xlsx]Data'!A6+A9"),
    ("'[1]Data'!A6:INDEX('[1]Data'!B6,1)+A6", "'[1]Data'!A6:INDEX('[1]Data'!B6,1)+A9"),
    ("cmd|'/c calc'!A6+A6", "cmd|'/c calc'!A6+A9"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "moved"), FORMULAS)
def test_only_what_leads_to_the_sheet_moves(formula: str, moved: str) -> None:
    """All else of a formula stays as it is, down to its spaces."""
    assert moved_formula(formula, "data", THREE) == moved
    assert moved_formula(formula, "Data", Insertion("Data", 5, 0)) == formula
    assert moved_formula(formula, "Data", Insertion("Elsewhere", 5, 3)) == formula


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A6+Data!A6", "A6+Data!A9"),
        ("SUM(A1:Data!A6)", "SUM(A1:Data!A9)"),
        ("SUM(6:7,data!6:7)", "SUM(6:7,data!9:10)"),
        ("A6&\"Data!A6\"&'Data'!A6", "A6&\"Data!A6\"&'Data'!A9"),
        ("SUM(A1:A9)+SUM(Data!A1:A5)", "SUM(A1:A9)+SUM(Data!A1:A8)"),
    ],
)
def test_a_formula_of_another_sheet_moves_where_it_names_the_sheet(
    formula: str, moved: str
) -> None:
    """References without a sheet are to the formula's own."""
    assert moved_formula(formula, "Other", THREE) == moved


@pytest.mark.parametrize(
    ("sheet", "formula", "moved"),
    [
        ("It's one", "'It''s one'!$A$1:B6+It!A6", "'It''s one'!$A$1:B9+It!A6"),
        ("Größe", "Größe!A6+'GRÖSSE'!A6", "Größe!A9+'GRÖSSE'!A6"),
        ("Q1", "'Q1'!A6+Q1!A6+Q2!A6", "'Q1'!A9+Q1!A9+Q2!A6"),
        ("模型", "模型!A6+'模型'!A6", "模型!A9+'模型'!A9"),
        ("2024", "'2024'!A6", "'2024'!A9"),
        ('a "b" {c', "'a \"b\" {c'!A6", "'a \"b\" {c'!A9"),
    ],
)
def test_names_of_sheets_may_be_any(sheet: str, formula: str, moved: str) -> None:
    """Quoted or not, in capitals or not."""
    insertion = Insertion(sheet, 5, 3)
    assert moved_formula(formula, "Other", insertion, sheets=[sheet, "Other"]) == moved


def test_a_cell_of_a_series_may_stand_for_the_repeated_row() -> None:
    """A chart over a table of one row is one over all of its models afterwards."""
    for formula, moved in [
        ("Data!$D$5", "Data!$D$5:$D$8"),
        ("(Data!$A$5,Data!$C$5:$D$5)", "(Data!$A$5:$A$8,Data!$C$5:$D$8)"),
        ("Data!$D$4", "Data!$D$4"),
        ("Other!$D$5", "Other!$D$5"),
        ("A5:INDEX(A:A,9)", "A5:INDEX(A:A,9)"),
        ("LOG10(A5)", "LOG10(A5:A8)"),
    ]:
        assert moved_formula(formula, "Data", THREE, single=True) == moved


SHEETS = ["Jan", "Data", "Mar", "Other", "Q1", "Q2"]


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("SUM(Jan:Mar!A1)", "SUM(Jan:Mar!A1)"),  # above the new rows
        ("SUM(Jan:Mar!A:A)", "SUM(Jan:Mar!A:A)"),
        ("SUM(Mar:Other!A6)+A6", "SUM(Mar:Other!A6)+A9"),
        ("SUM('Mar:Other'!A1:B6)+A6", "SUM('Mar:Other'!A1:B6)+A9"),
        ("SUM(Other:Mar!A6)+A6", "SUM(Other:Mar!A6)+A9"),
        ("SUM('Q1:Q2'!A6)+A6", "SUM('Q1:Q2'!A6)+A9"),
        ("SUM(Q1:Q2!A6)+A6", "SUM(Q1:Q2!A6)+A9"),
        ("SUM('Q1':'Q2'!A6)+A6", "SUM('Q1':'Q2'!A6)+A9"),
        ("SUM(Data:Data!A1:A5)", "SUM(Data:Data!A1:A8)"),
        ("SUM(Mar:Gone!A6)+A6", "SUM(Mar:Gone!A6)+A9"),
        ("SUM(total:Data!A6)", "SUM(total:Data!A9)"),
    ],
)
def test_spans_of_sheets_are_seen_with_the_order_of_the_sheets(formula: str, moved: str) -> None:
    """A span without the sheet stays; one that nothing happens to stays too."""
    assert moved_formula(formula, "Data", THREE, sheets=SHEETS) == moved


@pytest.mark.parametrize(
    "formula",
    ["SUM(Jan:Mar!A6)", "SUM('Jan:Mar'!A1:A5)", "SUM(Mar:Jan!A6)", "SUM(data:mar!A6)",
     "SUM('Jan':'Mar'!6:7)", "COUNT(Other:Jan!A6)"],
)  # fmt: skip
def test_a_span_of_which_one_sheet_gets_rows_is_refused(formula: str) -> None:
    """It would need one address for two."""
    with pytest.raises(ValueError, match="spans several sheets, and rows are inserted into 'Data'"):
        moved_formula(formula, "Other", THREE, sheets=SHEETS)


def test_a_span_is_refused_while_the_order_of_the_sheets_is_unknown() -> None:
    """It may hold the sheet."""
    with pytest.raises(ValueError, match=r"Jan:Mar!A6 spans several sheets"):
        moved_formula("SUM(Jan:Mar!A6)", "Other", THREE)


@pytest.mark.parametrize(
    "formula", ["SUM(INDEX(A:A,2):A5)", "SUM(first:A5)", "SUM((A1):A5)", "SUM(A5:(A1))",
                "SUM(Other!A1:Data!A5)", "SUM(first:A5:last)"],
)  # fmt: skip
def test_a_range_of_which_one_end_is_computed_is_refused_if_it_ends_in_the_repeated_row(
    formula: str,
) -> None:
    """Whether it should grow depends on what is computed."""
    with pytest.raises(ValueError, match=r"the other end of the range at .*A5 is computed"):
        moved_formula(formula, "Data", THREE)


@pytest.mark.parametrize(
    "formula", ['"A6&A6', "'Data!A6", "{A6", "Table1[A6", "A6]", "'Data'A6", "A6}", "A6`"]
)
def test_what_cannot_be_read_is_refused(formula: str) -> None:
    """A formula that is not understood does not pass as one that needs nothing."""
    with pytest.raises(ValueError, match="cannot be read from its character"):
        moved_formula(formula, "Data", THREE)


def test_a_formula_that_falls_off_the_sheet_is_refused() -> None:
    """Excel would not let the rows in either."""
    with pytest.raises(ValueError, match="falls off the sheet"):
        moved_formula("SUM(A1048575)", "Data", THREE)
    assert moved_formula("SUM(A2:A1048576)", "Data", THREE) == "SUM(A2:A1048576)"
    assert moved_formula("SUM(1:1048576)", "Data", THREE) == "SUM(1:1048576)"
