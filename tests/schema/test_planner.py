"""A planner: what a section says of it, that it travels, and that it stands without what lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from moe_report.compute.build import build_report
from moe_report.schema.planner import Planner
from moe_report.schema.registry import installed, load
from moe_report.table import ModelTable, Row, Source, given

SECTION = '''"""Shelves."""

from dataclasses import dataclass

from moe_report import Model, assumption, metric, planner, where

ORDER = 1


@dataclass(frozen=True)
class Shelf:
    """What a shelf holds."""

    shelf: float = assumption(50, symbol="s", unit="byte", help="Of one.")
    shelves: float = assumption(1, symbol="n", unit="shelves", help="In use.", minimum=1)


@metric(symbol="b", unit="byte", source="a convention")
def books(m: Model, s: Shelf) -> float:
    """Bytes of a shelf's books."""
    return 10 * m.num_experts / s.shelves


@metric(symbol="u", unit="byte", source="a convention")
def usable(m: Model, s: Shelf) -> float:
    """Bytes that a shelf bears."""
    return s.shelf


@metric(symbol="h", unit="0 or 1", source="a convention")
def holds(m: Model) -> float:
    """1 if it does."""
    return where(books(m) <= usable(m), 1, 0)


PLANNER = planner(
    asked={"device": ("shelf", "Shelf"), "ep": ("ladders", "Ladders")},
    parts=((books, "books", "orange"), ("dust", "dust", "grey")),
    total=books,
    limit=usable,
    verdict=holds,
    most_sequences="most_books",
    spread=lambda m, devices: {"shelves": devices, "ladders": 2},
    offload={"layers": "in_the_cellar", "numbers": (("by_stairs", "stairs"),)},
    speeds=(("books", "speed", "slow", "fast"),),
    costs=[("rent", "rent")],
)
'''


def test_it_travels_without_what_is_not_there(tmp_path: Path) -> None:
    """Metrics of sections that are not installed are left out, and so is what needs them."""
    (file := tmp_path / "shelves.py").write_text(SECTION, encoding="utf-8")
    registry = load(files=[file])
    assert registry.failures == ()
    row = Row("a", numbers={"num_experts": given(8.0)})
    planner = build_report(ModelTable((row,), Source("x")), registry).planner
    assert planner is not None
    assert planner == registry.planner
    assert [(one.option, one.name) for one in planner.asked] == [("device", "shelf")]
    assert [one.name for one in planner.parts] == ["books"]
    assert planner.needs == ("books", "usable", "holds")
    assert (planner.most_sequences, planner.offload, planner.costs) == ("", None, ())
    assert [(one.name, one.low, one.high) for one in planner.speeds] == [("books", "", "")]
    assert [*planner.layout] == ["shelves"]
    assert planner.columns == ("books", "usable", "holds")
    assert {"most_books", "by_stairs", "rent"} <= {*_declared(file).columns}
    assert {"ladders", "shelf"} <= {*_declared(file).assumed}


def test_what_it_names_is_computed_where_its_section_alone_is_chosen() -> None:
    """Its metrics are of other sections, which are reduced to what it takes to compute them."""
    whole = installed()
    chosen = whole.choose(["fit"])
    assert chosen.planner == whole.planner
    assert chosen.planner is not None
    assert {*chosen.planner.columns} <= {*chosen.metrics, *chosen.assumptions, *chosen.fields}
    assert len(chosen.metrics) < len(whole.metrics)
    assert whole.choose(["parameter_ledger"]).planner is None


def test_a_module_may_have_nothing_else(tmp_path: Path) -> None:
    """It is then a section of other sections' metrics, and keeps the planner when it is chosen."""
    names = 'total="total_params", limit="active_params", verdict="total_params"'
    (file := tmp_path / "only.py").write_text(
        f'"""Only."""\nfrom moe_report import planner\nORDER = 1\n'
        f"PLANNER = planner(asked={{}}, parts=(), {names}, costs=(('no_such', 'none'),))\n",
        encoding="utf-8",
    )
    registry = load(files=[file])
    assert registry.failures == ()
    assert registry.planner is not None
    assert registry.planner.total == "total_params"
    chosen = registry.choose(["only"])
    assert chosen.planner == registry.planner.of({*chosen.metrics})
    assert "total_params" in chosen.metrics


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("total=books", "total=7", "has 7 for total, expected a metric, or a name"),
        ("total=books", "total=''", "has '' for total, expected a metric, or a name"),
        ("total=books", "total='boks'", "PLANNER needs 'boks', which is no field or metric. Did"),
        ("verdict=holds", "verdict='model_type'", "PLANNER needs 'model_type', which is text"),
        ('"orange"', '"ornge"', "has the colour 'ornge', expected one of black, blue, green"),
        ('"dust", "grey"', '"dust"', "has ('dust', 'dust') for parts, expected 3 in brackets"),
        ('("dust", "dust"', '(books, "dust"', "has 'books' twice in parts"),
        ('("ladders", "Ladders")', '"ladders"', "has 'ladders' for asked, expected several in br"),
        ('("ladders", "Ladders")', '("ladders", "")', "has '' for asked, expected words"),
        ('("ladders", "Ladders")', '("shelf", "S")', "has 'shelf' twice in asked"),
        ('"slow", "fast"', '"slow"', "for speeds, expected 2 or 4 in brackets"),
        ('"layers"', '"layer"', "for offload, expected layers and what of first, layers, memory"),
        ('"most_books"', "None", "has None for most_sequences, expected a metric, or a name"),
        (': devices, "', ': m.shelf, "', "cannot record spread: AttributeError: 's"),
    ],
)  # fmt: skip
def test_what_is_declared_wrongly_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The section is left out, and the line says what was found and what is expected."""
    assert SECTION.count(old) == 1
    (file := tmp_path / "shelves.py").write_text(SECTION.replace(old, new), encoding="utf-8")
    (failure,) = load(files=[file]).failures
    assert said in failure.cause


def _declared(file: Path) -> Planner:
    (section,) = (one for one in load(files=[file]).sections if one.name == "shelves")
    assert section.planner is not None
    return section.planner
