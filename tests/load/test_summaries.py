"""Rows that sum up others are no models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from moe_report.compute.build import build_report
from moe_report.compute.sums_above import MEAN, SUM
from moe_report.load.summaries import named_like_one
from moe_report.load.workbook import inspect_workbook, open_workbook
from moe_report.schema.registry import Registry
from tests.workbooks import F, calculated

HEADER = ("Model", "Total (B)", "Active (B)", "num_experts")
MODELS = [("a", 10, 2, 8), ("b", 20, 4, 16), ("c", 60, 6, 64)]


def left(
    folder: Path, registry: Registry, *rows: Sequence[object], header: Sequence[object] = HEADER
) -> tuple[list[str], str]:
    """The names of the models among rows, and what is said of those left out."""
    path = calculated(folder / "models.xlsx", {"Models": [header, *rows]})
    read = inspect_workbook(open_workbook(path), registry)
    assert read.problems == ()
    said = [str(note) for note in read.table.warnings if note.kind == "summaries"]
    return [row.name for row in read.table.rows], "".join(said)


@pytest.mark.parametrize(
    "formula",
    [
        "=SUM(B2:B4)", "=AVERAGE(B2:B4)", "=SUBTOTAL(9,B2:B4)", "=AGGREGATE(9,6,B2:B4)",
        "=ROUND(MEDIAN($B$2:$B$4),1)", "=sum(B2:B4)", '=IF(B2>0,MAX(B2:B4),"")',
    ],
)  # fmt: skip
def test_a_formula_over_rows_is_a_summary(tmp_path: Path, registry: Registry, formula: str) -> None:
    """Whatever its row is called, and it need not be a column of ours alone."""
    models, said = left(tmp_path, registry, *MODELS, ("All of them", F(formula, 90), None, None))
    assert models == ["a", "b", "c"]
    assert "left out, for they sum up other rows: 'All of them' (B5 sums up others)" in said


def test_a_formula_within_a_row_is_none(tmp_path: Path, registry: Registry) -> None:
    """The sum of a model's own parts makes no summary of it."""
    rows = [("a", F("=SUM(C2:D2)", 10), 2, 8), ("b", F("=MAX(C3:D3)", 16), 4, 16)]
    assert left(tmp_path, registry, *rows) == (["a", "b"], "")


@pytest.mark.parametrize(
    "share", ["=B{}/SUM(B$2:B$4)", "=B{}/SUM(Models[Total (B)])", "=RANK(B{},B2:B4)"]
)
def test_a_share_of_the_sum_in_each_row_leaves_no_model_out(
    tmp_path: Path, registry: Registry, share: str
) -> None:
    """A formula over the rows of which its own is one sums nothing up for the table."""
    rows = [(*row, F(share.format(at), 0.1)) for at, row in enumerate(MODELS, start=2)]
    models, said = left(tmp_path, registry, *rows, header=(*HEADER, "Share"))
    assert (models, said) == (["a", "b", "c"], "")


@pytest.mark.parametrize("name", ["Total", "Average:", "Summe", "Mittelwert (3)", "合计", "Итого"])
@pytest.mark.parametrize(
    "numbers", [(90, 12, 88), (30, 4, 29.3333), (20, 4, 16), (3, 3, 3), (26.5, 2, None)]
)
def test_typed_sums_and_averages_are_known_by_name_and_numbers(
    tmp_path: Path, registry: Registry, name: str, numbers: Sequence[float | None]
) -> None:
    """Sum, mean, median, count and deviation, without a formula, rounded to three digits."""
    total, active, experts = numbers
    row = (name, total, active, experts if isinstance(experts, int) else None)
    models, said = left(tmp_path, registry, *MODELS, row)
    assert models == ["a", "b", "c"]
    assert f"'{name}' (B5 is made of the others)" in said


def test_a_model_called_total_is_a_model(tmp_path: Path, registry: Registry) -> None:
    """Its name alone leaves nothing out: the audit doubts it."""
    models, said = left(tmp_path, registry, *MODELS, ("Total", 500, 17, 128))
    assert (models, said) == (["a", "b", "c", "Total"], "")


def test_a_model_like_another_is_no_summary(tmp_path: Path, registry: Registry) -> None:
    """The numbers alone leave nothing out either: some model is always the largest."""
    models, _ = left(tmp_path, registry, *MODELS, ("d", 90, 12, 88))
    assert models == ["a", "b", "c", "d"]


EQUAL = [("MoE-A", 4, 2, 64), ("MoE-B", 4, 2, 64)]


@pytest.mark.parametrize(
    ("models", "numbers"), [(EQUAL, (8, 4, 128)), (MODELS, (90, 12, 88)), (MODELS[:2], (15, 3, 12))]
)
def test_exact_sums_and_means_are_known_by_any_word_of_the_name(
    tmp_path: Path, registry: Registry, models: list[tuple[object, ...]], numbers: Sequence[object]
) -> None:
    """In every column, of three or more, and none of them off by a digit."""
    names, said = left(tmp_path, registry, *models, ("Ensemble total", *numbers))
    assert names == [name for name, *_ in models]
    assert "'Ensemble total' (B" in said
    names, said = left(tmp_path, registry, *models, ("Ensemble total", *numbers[:2], 7))
    assert (names[-1], said) == ("Ensemble total", "")


@pytest.mark.parametrize("name", ["Total Recall MoE", "Recall Mean", "Copy"])
@pytest.mark.parametrize("models", [EQUAL, MODELS])
def test_a_copy_of_a_model_is_a_model(
    tmp_path: Path, registry: Registry, models: list[tuple[object, ...]], name: str
) -> None:
    """Whatever words its name has, unless it is that of a summary, and nothing more."""
    last = models[-1][1:]
    assert left(tmp_path, registry, *models, (name, *last))[0][-1] == name
    assert left(tmp_path, registry, *models, ("Maximum", *last))[0][-1] == models[-1][0]


@pytest.mark.parametrize(
    ("models", "numbers", "doubts"),
    [
        (MODELS, (90, 12, 88), [SUM]), (MODELS, (80, 10, 80), [SUM]), (EQUAL, (8, 4, 128), [SUM]),
        (MODELS[:2], (15, 3, 12), [MEAN]), (MODELS, (60, 6, 64), []), (MODELS, (90, 12, 87), []),
        (MODELS, (90, 12, None), []), (EQUAL, (4, 2, 64), []),
    ],
)  # fmt: skip
def test_sums_under_another_name_are_models_in_doubt(
    tmp_path: Path,
    registry: Registry,
    models: list[tuple[object, ...]],
    numbers: Sequence[object],
    doubts: list[str],
) -> None:
    """A model may be as large as two others, so it is not left out; nor are copies in doubt."""
    rows = [HEADER, *models, ("Fleet", *numbers)]
    table = inspect_workbook(
        open_workbook(calculated(tmp_path / "models.xlsx", {"Models": rows})), registry
    ).table
    assert [row.name for row in table.rows][-1] == "Fleet"
    report = build_report(table, registry)
    found = [one.message for one in report.findings if one.message in (SUM, MEAN)]
    assert found == doubts
    assert {one.model for one in report.findings if one.message in doubts} <= {"Fleet"}


def test_models_as_columns_have_summaries_too(tmp_path: Path, registry: Registry) -> None:
    """A column of sums along the rows."""
    rows = [
        ("Total (B)", 10, 20, F("=SUM(B2:C2)", 30)), ("num_experts", 8, 16, None),
        ("num_experts_per_tok", 2, 2, None),
    ]  # fmt: skip
    models, said = left(tmp_path, registry, *rows, header=("Model", "a", "b", "Sum"))
    assert models == ["a", "b"]
    assert "'Sum' (D2 sums up others)" in said


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("Total", True), ("Total (8 models)", True), ("TOTAL:", True), ("Grand total", True),
        ("∅", False), ("Totally open", False), ("Minimax-M1", False), ("Mixtral", False),
        ("", False), ("Max", True), ("Summer", False),
    ],
)  # fmt: skip
def test_names_of_summaries(name: str, like: bool) -> None:
    """The first word decides, and it is a word."""
    assert named_like_one(name) is like
