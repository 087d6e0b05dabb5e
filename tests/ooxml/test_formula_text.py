"""What is found in the text of a formula, and what cannot be followed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from moe_report.ooxml.formula_text import calls, references
from moe_report.ooxml.references import Insertion, counts_rows_of, moved_formula, untraceable


def test_references_are_found_with_their_sheets_and_places() -> None:
    """From left to right; those of other workbooks are left out."""
    formula = "SUM($A1,'It''s'!B2:C3,Jan:Mar!4:5,S!D6:s!E7,[1]S!F8,D:D)"
    found = [
        (formula[item.outset : item.end], item.sheet, item.last_sheet, item.first, item.last)
        for item in references(formula, "On", ["Jan", "Mar"])
    ]
    assert found == [
        ("$A1", "On", "On", "$A1", ""),
        ("'It''s'!B2:C3", "It's", "It's", "B2", "C3"),
        ("Jan:Mar!4:5", "Jan", "Mar", "4", "5"),
        ("S!D6:s!E7", "S", "S", "D6", "E7"),
        ("D:D", "On", "On", "D", "D"),
    ]
    for item in references(formula):
        assert formula[item.start : item.end] == item.text


def test_calls_are_found_with_their_arguments() -> None:
    """Inner ones first; texts, tables and constants are no calls."""
    formula = 'IF((A1),"F(1,2)",_xlfn.XLOOKUP(B1, T[a,(b],{1,2}))+NOW()'
    assert list(calls(formula)) == [
        ("XLOOKUP", ["B1", "T[a,(b]", "{1,2}"]),
        ("IF", ["(A1)", '"F(1,2)"', "_xlfn.XLOOKUP(B1, T[a,(b],{1,2})"]),
        ("NOW", [""]),
    ]


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ('INDIRECT("B"&9)', "INDIRECT"),
        ("sum(indirect(A1))", "INDIRECT"),
        ("SUM(A1:INDIRECT(B1))+OFFSET(A1,1,0)", "INDIRECT"),
        ("INDIRECT (A1)", "INDIRECT"),
        ("EVALUATE(A1)", "EVALUATE"),
        ("OFFSET(A1,3,0)", "OFFSET"),
        ("OFFSET(A1,-1,0)", "OFFSET"),
        ("OFFSET(A1,B1,0)", "OFFSET"),
        ("OFFSET(A1,ROW()-2,0)", "OFFSET"),
        ("OFFSET($A$1,0,0,10,1)", "OFFSET"),
        ("OFFSET(A1,0,1)", None),
        ("OFFSET(A1,,1)", None),
        ("OFFSET(A1,0,1,1,12)", None),
        ("OFFSET($A$5,0,0,COUNTA($A:$A)-1,1)", None),
        ("OFFSET(A1,MATCH(B1,A:A,0),2)", None),
        ("ADDRESS(9,1)", "ADDRESS"),
        ("ADDRESS(MAX(A1:A9),1)", "ADDRESS"),
        ("ADDRESS(ROW(A9),COLUMN(A9))", None),
        ("INDEX(A1:C9,7,2)", "INDEX"),
        ("INDEX(Data!$A:$A,7)", "INDEX"),
        ("INDEX('It''s'!A1:A9,7)", "INDEX"),
        ("INDEX(A1:A9,MATCH(B1,C1:C9,0))", None),
        ("INDEX(A1:A9,1)", None),
        ("INDEX(A1:D1,3)", None),
        ("INDEX(LINEST(A1:A9,B1:B9,TRUE,TRUE),3,1)", None),
        ("INDEX(Models[name],3)", None),
        ('HYPERLINK("#Data!A9","total")', "HYPERLINK"),
        ('HYPERLINK("#"&A1)', "HYPERLINK"),
        ('HYPERLINK("https://example.org/#a")', None),
        ('"INDIRECT(A1)"', None),
        ("'INDIRECT(A1)'!A1+Table1[INDIRECT(x)]", None),
        ("MY_INDIRECT(A1)", None),
        ("INDIRECT+1", None),
        ("SUM(A1:A9)", None),
    ],
)  # fmt: skip
def test_functions_that_find_cells_by_text_or_number_are_named(
    formula: str, name: str | None
) -> None:
    """What they find cannot be moved, so somebody has to be told."""
    assert untraceable(formula) == name


@pytest.mark.parametrize(
    ("formula", "counts"),
    [
        ("INDEX(Models[name],3)", True),
        ("INDEX(models,3,2)", True),
        ("INDEX(Models[[name]:[price]],2,1)", True),
        ("INDEX(Models[[#Data],[name]],2)", True),
        ("INDEX(A1:A9,3)+INDEX( Models[name] , 2)", True),
        ("OFFSET(Models[[#Headers],[name]],2,0)", True),
        ("OFFSET(Models[[#Headers],[name]],0,1)", False),
        ("INDEX(Models[[#This Row],[name]:[price]],2)", False),
        ("INDEX(Models[@[name]:[price]],2)", False),
        ("INDEX(Models[name],MATCH(A1,Models[name],0))", False),
        ("INDEX(Models[name],1)", False),
        ("INDEX(Others[name],3)+SUM(Models[name])", False),
        ("INDEX(My_Models,3)", False),
        ('"INDEX(Models,3)"', False),
    ],
)
def test_a_number_of_a_row_of_a_table(formula: str, *, counts: bool) -> None:
    """As it is with a range: the number stays, and the row is another one."""
    assert counts_rows_of({"models"}, formula) == counts


@pytest.mark.parametrize(
    "formula",
    ["F(" * 20_000 + "A6", "INDEX(" * 20_000 + "A6", "A5:" * 20_000 + "A6", "A6 " * 20_000,
     "1" * 60_000 + "+A6", "[" * 60_000 + "A6", "A" * 60_000 + "!A6", "A5" + " " * 60_000 + ":A6"],
)  # fmt: skip
def test_a_formula_made_to_take_long_does_not(formula: str) -> None:
    """Longer than Excel takes: time grows with its length and no faster."""
    started = time.perf_counter()
    with contextlib.suppress(ValueError):
        moved_formula(formula, "Data", Insertion("Data", 5, 3))
    untraceable(formula)
    assert time.perf_counter() - started < 5


def test_sheets_are_looked_at_only_for_a_span_of_them() -> None:
    """A workbook of a thousand sheets has many references, nearly all to one of them."""

    class Sheets(list[str]):
        looks = 0

        def __iter__(self) -> Iterator[str]:
            self.looks += 1
            return super().__iter__()

    sheets = Sheets(["A", "B", "C"])
    found = [item.spanned(sheets) for item in references("B!A1+c!B2+A1", "A")]
    assert (found, sheets.looks) == ([["b"], ["c"], ["a"]], 0)
    assert [item.spanned(sheets) for item in references("c:A!A1")] == [["a", "b", "c"]]
