"""Notes, legends and small tables of something else, beside and below the models of a sheet."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import pytest

from moe_report.load.says_number import says_a_number
from moe_report.load.workbook import inspect_workbook, open_table
from moe_report.schema.registry import Registry
from tests.workbooks import calculated

HEADER = ("Model", "Layers", "hidden_size", "num_experts", "Top-k")
MODELS = [("a", 32, 4096, 8, 2), ("b", 48, 2048, 128, 8), ("c", 24, 2880, 32, 4)]
SOURCE = "Source: vendor page, 2025"
Rows = Sequence[Sequence[object]]


def read(path: Path, registry: Registry) -> tuple[list[str], str]:
    """The names of the models in a file, and what is said of it."""
    found = inspect_workbook(open_table(path), registry)
    assert found.problems == ()
    assert found.table.unclear == ()
    said = "\n".join(map(str, found.table.warnings))
    return [row.name for row in found.table.rows], said


def among(folder: Path, registry: Registry, rows: Rows) -> tuple[list[str], str]:
    """The same of a sheet that has these rows below its header."""
    return read(calculated(folder / "models.xlsx", {"Models": [HEADER, *rows]}), registry)


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ([(None, SOURCE)], f"'{SOURCE}' (Models!5) is not a model"),
        ([(), (None, None, None, SOURCE)], f"'{SOURCE}' (Models!6) is not a model"),
        ([(SOURCE,)], f"'{SOURCE}' (Models!5) is not a model"),
        ([(), ("* estimated",)], "'* estimated' (Models!6) has no number at all"),
        ([("Source:", "https://vendor.example/2025")], "'Source:' (Models!5) is not a model"),
        ([("Source: vendor page", 2025)], "'Source: vendor page' (Models!5) is not a model"),
        ([(), ("Updated", "2025-05-01")], "'Updated' (Models!6) is not a model"),
        ([(), ("Contact", "Jane", "jane@x2.example")], "'Contact' (Models!6) is not a model"),
        ([(), ("red", "estimated"), ("blue", "see page 12, there")],
         "'red' (Models!6), 'blue' (Models!7) are not models"),
        ([(None, None, "n/a = not published")], "'n/a = not published' (Models!5) is not a model"),
        ([(None,) * 6 + ("see below",)], "'see below' (Models!5) is not a model"),
    ],
)  # fmt: skip
def test_a_note_is_read_past_and_said(
    tmp_path: Path, registry: Registry, below: Rows, said: str
) -> None:
    """Wherever it stands below the table, and whatever digits are in it."""
    names, told = among(tmp_path, registry, [*MODELS, *below])
    assert names == ["a", "b", "c"]
    assert said in told


def test_a_note_between_models_leaves_them_in(tmp_path: Path, registry: Registry) -> None:
    """One text in a row whose other cells are empty is a heading in whatever column."""
    first, *others = MODELS
    names, told = among(tmp_path, registry, [first, (None, "Closed models"), *others])
    assert names == ["a", "b", "c"]
    assert "'Closed models' (Models!3) is not a model" in told


@pytest.mark.parametrize(
    "table",
    [
        [("Vendor", "price", "country"), ("Mistral", 2, "FR"), ("Qwen", 1, "CN")],
        [("Prices",), ("GPU", "$/h"), ("H100", 2.5), ("H200", 3.1)],
        [(None, "Vendor", "num_experts"), (None, "Mistral", 8)],
    ],
)
def test_a_table_below_under_headers_of_its_own_is_not_read(
    tmp_path: Path, registry: Registry, table: Rows
) -> None:
    """And said; models that follow it after an empty row are read."""
    more = [(), ("d", 61, 7168, 256, 8)]
    names, told = among(tmp_path, registry, [*MODELS, (), *table, *more])
    assert names == ["a", "b", "c", "d"]
    last = 5 + len(table)
    first = last + 1 - sum(len(row) > 1 for row in table)
    said = f"the table from Models!{first} to Models!{last} has headers of its own and is not read"
    assert said in told


@pytest.mark.parametrize(
    "row",
    [
        ("d", 61), ("d", None, None, None, "about 8"), ("d", "TBD", "TBD"), ("d", "61 layers"),
        ("Source 7B", 61, 7168), ("d", "rumored: 61"),
    ],
)  # fmt: skip
def test_what_may_be_a_model_is_one(
    tmp_path: Path, registry: Registry, row: Sequence[object]
) -> None:
    """A name with a number, or with a word that says that it is not known, after empty rows."""
    names, _ = among(tmp_path, registry, [*MODELS, (), (), row])
    assert names == ["a", "b", "c", row[0]]


def test_a_heading_with_a_remark_hides_no_model_below_it(
    tmp_path: Path, registry: Registry
) -> None:
    """It has no header for each of their numbers, so it is no header of a table."""
    path = tmp_path / "models.xlsx"
    closed = [("Closed models", "(estimated)"), ("d", 61, 7168, 256, 8)]
    calculated(path, {"Models": [HEADER, *MODELS, (), *closed]})
    found = inspect_workbook(open_table(path), registry)
    assert found.table.rows[-1].name == "d"


@pytest.mark.parametrize(
    "heading",
    [
        ("Closed models", None, None, "experts", "top-k"),
        ("Closed models", "n_layers", "d_model"),
        ("Closed models", "Layers", "hidden_size", "num_experts", "Top-k"),
        HEADER,
        ("model", "layers", "hidden size", "experts", "top k"),
    ],
)
@pytest.mark.parametrize("gap", [[], [()]])
def test_below_the_header_again_are_models(
    tmp_path: Path, registry: Registry, heading: Sequence[object], gap: Rows
) -> None:
    """Whatever group it heads, its words agree with the columns that they stand in."""
    closed = [("d", 61, 7168, 256, 8), ("e", 64, 6144, 8, 2)]
    names, told = among(tmp_path, registry, [*MODELS, *gap, heading, *closed])
    assert names == ["a", "b", "c", "d", "e"]
    assert f"headers again, and skipped: Models!{5 + len(gap)}" in told


@pytest.mark.parametrize(
    "words",
    [
        ("Future", "yes", "no", "maybe"), ("Future", "soon", "later", "planned"),
        ("Models", "planned"), ("Future", "TBD", "n/a", "?"), ("Future", "rumored"),
    ],
)  # fmt: skip
def test_words_above_hide_no_model(
    tmp_path: Path, registry: Registry, words: Sequence[object]
) -> None:
    """They name nothing else than the columns hold, and the row below may be a model."""
    path = tmp_path / "models.xlsx"
    calculated(path, {"Models": [HEADER, *MODELS, (), words, ("Grok 5", 8, 64, 16, 2)]})
    found = inspect_workbook(open_table(path), registry)
    assert found.problems == ()
    assert found.table.rows[-1].name == "Grok 5"


def test_fewer_words_than_columns_hide_no_model(tmp_path: Path, registry: Registry) -> None:
    """Each number below stands under a word, and may be of its column."""
    path = tmp_path / "models.xlsx"
    below = [("Future", "yes", "no", "maybe"), ("Grok 5", 8, 64, 16), ("Grok 6", 9, 64, 16)]
    for words in (below[0], ("Future", "soon", "later", "planned")):
        calculated(path, {"Models": [HEADER, *MODELS, (), words, *below[1:]]})
        found = inspect_workbook(open_table(path), registry)
        assert [row.name for row in found.table.rows][-2:] == ["Grok 5", "Grok 6"]


@pytest.mark.parametrize(
    "table",
    [
        [("GPU", "price"), ("H100", 3)], [("Part", "price"), ("H100", 3)],
        [("Where", "top-k", "experts"), ("x", 8, 64)], [("Model", "MMLU", "Elo"), ("a", 70.1, 9)],
        [("Who", "built", "where"), ("Mistral", 2, "FR")],
    ],
)  # fmt: skip
def test_words_that_name_other_things_are_headers(
    tmp_path: Path, registry: Registry, table: Rows
) -> None:
    """They say what no column holds, another column, or stand over what can be no model."""
    names, told = among(tmp_path, registry, [*MODELS, (), *table])
    assert names == ["a", "b", "c"]
    assert "headers of its own and is not read" in told


def test_models_follow_another_table_below_their_header(tmp_path: Path, registry: Registry) -> None:
    """What stands below the header once more is read, whatever was between."""
    between = [(), ("Model", "MMLU"), ("a", 70.1), ("b", 71.5)]
    more = [HEADER, ("d", 61, 7168, 256, 8)]
    names, told = among(tmp_path, registry, [*MODELS, *between, (), *more])
    assert names == ["a", "b", "c", "d"]
    assert "what stands from A6 on has headers of its own and is not read" in told


def test_a_second_table_in_other_units_is_not_read(tmp_path: Path, registry: Registry) -> None:
    """Its numbers would be read as those of the first: a thousand times too large."""
    first = [("Model", "Layers", "Experts", "Top-k", "Total (B)"), ("a", 10, 32, 4, 3)]
    second = [("Model", "Layers", "Experts", "Top-k", "Total (M)"), ("d", 12, 8, 1, 2000)]
    path = calculated(tmp_path / "models.xlsx", {"Models": [*first, (), (), *second]})
    names, told = read(path, registry)
    assert names == ["a"]
    assert "what stands from A5 on has headers of its own and is not read" in told


def test_sums_without_a_name_are_left_out(tmp_path: Path, registry: Registry) -> None:
    """All their numbers sum the column up; a row of which one does not is refused."""
    sums = (None, 104, 9024, 168, 14)
    names, told = among(tmp_path, registry, [*MODELS, sums])
    assert names == ["a", "b", "c"]
    assert "left out, for they sum up other rows: '104' (B5 is made of the others)" in told
    for other in ((None, 104, 9024, 168, 3), (None, 104), (None, 48, 4096, 128, 8)):
        path = calculated(tmp_path / "odd.xlsx", {"Models": [HEADER, *MODELS, other]})
        (problem,) = inspect_workbook(open_table(path), registry).problems
        assert "without a name" in str(problem)


def test_notes_in_text_files(tmp_path: Path, registry: Registry) -> None:
    """A comma in a note parts it into cells."""
    lines = [HEADER, *MODELS, (), ("Source: vendor page", " 2025"), ("* estimated", " by us"),
             (), ("GPU", "price", "memory"), ("H100", 2.5, 80)]  # fmt: skip
    path = tmp_path / "models.csv"
    path.write_text("\n".join(",".join(map(str, line)) for line in lines), "utf-8")
    names, told = read(path, registry)
    assert names == ["a", "b", "c"]
    assert "'Source: vendor page' (models!6), '* estimated' (models!7) are not models" in told
    assert "the table from models!9 to models!10 has headers of its own and is not read" in told


def test_notes_beside_models_that_are_columns(tmp_path: Path, registry: Registry) -> None:
    """One text in a column whose other cells are empty is no model without a name."""
    rows = [[*row] for row in zip(HEADER, *MODELS, strict=True)]
    rows[2] += [None, "from the paper"]
    names, told = read(calculated(tmp_path / "turned.xlsx", {"Models": rows}), registry)
    assert names == ["a", "b", "c"]
    assert "'from the paper' (Models!F) is not a model" in told


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (8, True), (0.5, True), ("8", True), ("46,7 Mrd.", True), ("~1.8T (rumored)", True),
        ("256 routed + 1 shared experts", True), ("n/a", True), ("?", True),
        ("671B (https://x.example/2)", True), (True, False), (datetime.date(2025, 5, 1), False),
        ("2025-05-01", False), ("https://x.example/2025", False), ("estimated", False),
        ("see Table 3 there", False), ("Source: x, 2025", False),
    ],
)  # fmt: skip
def test_what_says_a_number(value: object, says: bool) -> None:
    """Numbers as people write them, and that there is none; no sentences, links and dates."""
    assert says_a_number(value) is says
