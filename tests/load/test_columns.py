"""What each column of a sheet is: read, asked about or carried along, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from moe_report.errors import InputError
from moe_report.load.columns import ColumnReading
from moe_report.load.inputs import inspect_inputs
from moe_report.load.workbook import Read
from moe_report.schema.registry import Registry
from tests.workbooks import F, calculated

PLAIN = ("name", "num_experts", "num_experts_per_tok")
MODEL = ("a", 8, 2)
Rows = Sequence[Sequence[object]]


def read(
    folder: Path,
    registry: Registry,
    rows: Rows,
    *,
    said: Mapping[str, str] | None = None,
    **others: Rows,
) -> Read:
    """What a workbook is read as; other sheets by name."""
    path = calculated(folder / "models.xlsx", {"Models": rows, **others})
    return inspect_inputs([str(path)], registry, columns=said)


def column(found: Read, header: str) -> ColumnReading:
    """The column of a header."""
    [columns] = found.columns.values()
    [one] = [one for one in columns.all if one.header == header]
    return one


def names(one: ColumnReading) -> list[str]:
    """The fields of a column."""
    return [known.with_unit for known in one.known]


def test_every_column_says_what_decided(tmp_path: Path, registry: Registry) -> None:
    """Fields, what is carried, what has no header; each with its cell and first values."""
    rows = [
        (*PLAIN, "Vendor", None, "Total (B)"),
        (*MODEL, "Ann", "x", 46.7),
        ("b", 16, 2, "Ann", "y", 9),
    ]
    found = read(tmp_path, registry, rows)
    assert found.problems == ()
    vendor, nameless, total = (
        column(found, header) for header in ("Vendor", "column E", "Total (B)")
    )
    assert (vendor.state, vendor.cell, vendor.values) == ("carried", "D1", ("Ann",))
    assert (nameless.state, nameless.why) == ("carried", "has no header")
    assert (total.state, names(total)) == ("read", ["total_params (B)"])
    assert all(one.why for columns in found.columns.values() for one in columns.all)
    assert [row.carried for row in found.table.rows] == [
        {"Vendor": "Ann", "column E": "x"}, {"Vendor": "Ann", "column E": "y"},
    ]  # fmt: skip


def test_the_first_column_of_texts_that_differ_names_the_models(
    tmp_path: Path, registry: Registry
) -> None:
    """Where none is headed so; it is said."""
    rows = [("Vendor", "Thing", "Experts", "Top-K"), ("x", "a", 8, 2), ("x", "b", 16, 2)]
    found = read(tmp_path, registry, rows)
    assert [row.name for row in found.table.rows] == ["a", "b"]
    assert any(
        note.text.startswith("the models' names are taken from the column of B1")
        for note in found.table.warnings
    )


def test_a_repeated_column_with_the_same_values_is_carried(
    tmp_path: Path, registry: Registry
) -> None:
    """Two columns of one field that never differ are no contradiction."""
    rows = [("name", "Experts", "Top-K", "Number of experts"), ("a", 8, 2, 8), ("b", 16, 2, 16)]
    found = read(tmp_path, registry, rows)
    assert found.problems == ()
    assert column(found, "Number of experts").why == "repeats B1"
    assert found.table.rows[0].carried == {"Number of experts": 8}


TWICE = [("name", "Experts", "Top-K", "Number of experts"), ("a", 8, 2, 9)]


def test_two_columns_that_differ_on_a_field_are_both_asked(
    tmp_path: Path, registry: Registry
) -> None:
    """Which of the two is meant cannot be told: no number rests on either, nor on a default."""
    found = read(tmp_path, registry, TWICE)
    assert found.problems == ()
    assert [item.place for item in found.table.unclear] == ["Models!B1", "Models!D1"]
    [row] = found.table.rows
    assert row.carried == {"Experts (B1)": 8, "Number of experts": 9}
    assert "num_experts" not in row.numbers
    assert "num_experts" in row.unclear


@pytest.mark.parametrize(("header", "value"), [("Experts", 8), ("Number of experts", 9)])
def test_one_answer_settles_which_of_two_columns_is_meant(
    tmp_path: Path, registry: Registry, header: str, value: int
) -> None:
    """That one is read, and the number rests on it."""
    found = read(tmp_path, registry, TWICE, said={header: "num_experts"})
    assert found.problems == ()
    [row] = found.table.rows
    assert row.numbers["num_experts"].value == value
    assert found.table.unclear == ()


def test_a_top_k_beside_temperatures_is_asked_until_it_is_said(
    tmp_path: Path, registry: Registry
) -> None:
    """It may be what tokens are sampled with; an answer is not asked for again."""
    rows = [("name", "Experts", "Top-K", "Temperature", "Top-P"), ("a", 64, 40, 0.7, 0.9)]
    assert column(read(tmp_path, registry, rows), "Top-K").state == "ask"
    found = read(tmp_path, registry, rows, said={"Top-K": "num_experts_per_tok"})
    assert found.table.rows[0].numbers["num_experts_per_tok"].value == 40


def test_a_fields_own_name_wins_over_another_spelling(tmp_path: Path, registry: Registry) -> None:
    """The other column is asked about, and nothing is lost."""
    rows = [("name", "Experts", "num_experts", "Top-K"), ("a", 9, 8, 2)]
    found = read(tmp_path, registry, rows)
    assert found.table.rows[0].numbers["num_experts"].value == 8
    assert column(found, "Experts").state == "ask"
    assert found.table.rows[0].carried == {"Experts (B1)": 9}


def test_carried_columns_of_one_header_are_told_apart(tmp_path: Path, registry: Registry) -> None:
    """Both are kept, each with its cell where it comes second."""
    found = read(tmp_path, registry, [(*PLAIN, "Vendor", "vendor"), (*MODEL, "Ann", "Bob")])
    assert found.table.rows[0].carried == {"Vendor": "Ann", "vendor (E1)": "Bob"}


def test_an_assumption_is_carried_and_told_how_to_set(tmp_path: Path, registry: Registry) -> None:
    """It is no property of a model."""
    found = read(tmp_path, registry, [(*PLAIN, "Context length"), (*MODEL, 4096)])
    one = column(found, "Context length")
    assert (one.state, one.assumption) == ("carried", "context_length")
    assert any("--set context_length=" in note.text for note in found.table.warnings)


def test_several_fields_in_one_column(tmp_path: Path, registry: Registry) -> None:
    """Each cell says both; a column of one of them alone wins over it."""
    rows = [("name", "Experts (total / active)", "Top-K"), ("a", "64 / 6", 6), ("b", "16/2", 4)]
    found = read(tmp_path, registry, rows)
    assert found.problems == ()
    assert [
        (row.numbers["num_experts"].value, row.numbers["num_experts_per_tok"].value)
        for row in found.table.rows
    ] == [(64, 6), (16, 4)]


# -- what the user says


ODD = [("name", "Experts", "Top-K", "Hiden size"), ("a", 8, 2, 64), ("b", 16, 2, 128)]


def test_a_column_that_may_be_a_field_is_asked_about(tmp_path: Path, registry: Registry) -> None:
    """Until it is answered it is carried, and the field has no default in that row."""
    found = read(tmp_path, registry, ODD)
    one = column(found, "Hiden size")
    assert (one.state, [known.name for known in one.candidates]) == ("ask", ["hidden_size"])
    assert "hidden_size" in found.table.rows[0].unclear
    [unclear] = found.table.unclear
    assert unclear.text == one.question
    assert (unclear.place, unclear.model) == ("Models!D1", "")


@pytest.mark.parametrize(
    ("header", "field", "value"),
    [
        ("Hiden size", "hidden_size", 64), ("hiden SIZE ", "hidden_size", 64),
        ("Hiden size", "published total (B)", 64e9),
    ],
)  # fmt: skip
def test_an_option_says_it(
    tmp_path: Path, registry: Registry, header: str, field: str, value: float
) -> None:
    """By the header, without regard to case; a field may have a unit, and need not resemble."""
    found = read(tmp_path, registry, ODD, said={header: field})
    assert found.problems == ()
    assert (found.table.unclear, column(found, "Hiden size").why) == ((), "said so")
    assert value in {number.value for number in found.table.rows[0].numbers.values()}


def test_an_option_says_that_it_is_none(tmp_path: Path, registry: Registry) -> None:
    """It is carried along without a finding, and the default is back."""
    found = read(tmp_path, registry, ODD, said={"Hiden size": ""})
    assert (found.table.unclear, dict(found.table.rows[0].unclear)) == ((), {})
    assert found.table.rows[0].carried == {"Hiden size": 64}


def test_an_option_of_several_fields(tmp_path: Path, registry: Registry) -> None:
    """Parted by commas, in the order in which the cells have them."""
    rows = [("name", "Odd", "Layers"), ("a", "6 / 64", 4)]
    found = read(tmp_path, registry, rows, said={"Odd": "num_experts_per_tok, num_experts"})
    numbers = found.table.rows[0].numbers
    assert (numbers["num_experts"].value, numbers["num_experts_per_tok"].value) == (64, 6)


def test_an_option_for_no_column_is_refused(tmp_path: Path, registry: Registry) -> None:
    """With the nearest header."""
    [problem] = read(tmp_path, registry, ODD, said={"Hidden sizes": "hidden_size"}).problems
    assert "no column is headed so" in str(problem)
    assert "'Hiden size'" in str(problem)


def test_an_option_of_no_field_is_refused(tmp_path: Path, registry: Registry) -> None:
    """With the nearest field."""
    with pytest.raises(InputError, match=r"no field or metric.*hidden_size"):
        read(tmp_path, registry, ODD, said={"Hiden size": "hidden_sice"})


def test_the_sheet_columns_says_it(tmp_path: Path, registry: Registry) -> None:
    """It is read wherever its header stands, and no sheet that is left behind."""
    sheet = [("Columns",), (), ("field", "header"), ("hidden_size", "hiden size")]
    found = read(tmp_path, registry, ODD, Columns=sheet)
    assert found.problems == ()
    assert found.table.rows[0].numbers["hidden_size"].value == 64
    assert not any(note.kind == "left-behind" for note in found.table.warnings)
    outdone = read(tmp_path, registry, ODD, said={"Hiden size": ""}, Columns=sheet)
    assert "hidden_size" not in outdone.table.rows[0].numbers


def test_a_slip_in_the_sheet_columns_is_a_problem(tmp_path: Path, registry: Registry) -> None:
    """With its cell."""
    sheet = [("header", "field"), ("Hiden size", "hidden_sice")]
    [problem] = read(tmp_path, registry, ODD, columns=sheet).problems
    assert (problem.sheet, problem.cell) == ("columns", "B2")
    assert "hidden_size" in problem.message


# -- values that belong to several rows, or to none


def test_an_error_below_a_carried_header_is_no_problem(tmp_path: Path, registry: Registry) -> None:
    """What is none of ours may be wrong; below a field it is a problem."""
    rows = [(*PLAIN, "Price"), (*MODEL, F("=1/0", "#DIV/0!"))]
    found = read(tmp_path, registry, rows)
    assert found.problems == ()
    rows = [("name", "num_experts", "Price"), ("a", F("=1/0", "#DIV/0!"), 4)]
    [problem] = read(tmp_path, registry, rows).problems
    assert problem.cell == "B2"
