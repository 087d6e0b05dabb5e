"""``moe_report.report`` gives what the command ``run`` does, for Python."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import moe_report
from moe_report import MoeReportError
from moe_report.edit.new_workbook import build_starter
from moe_report.errors import InputError
from moe_report.schema import registry
from tests.commands import run
from tests.configs import MIXTRAL
from tests.workbooks import FEW, book_of

STORED = '''"""Stored."""
from moe_report import Model, metric
from moe_report_metrics.parameter_ledger import total_params
@metric(symbol="M_w", unit="byte", source="two bytes a parameter")
def stored_bytes(m: Model) -> float:
    """Bytes of the weights."""
    return 2 * total_params(m)
'''
WRONG = '"""Wrong."""\nraise RuntimeError("no watts")\n'


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook that ``init`` writes."""
    path = tmp_path_factory.mktemp("starter") / "models.xlsx"
    path.write_bytes(build_starter(registry.load()))
    return path


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook of two models, with a column that is carried along."""
    path = tmp_path_factory.mktemp("few") / "few.xlsx"
    book_of(path, (*FEW, "Owner"), ("alpha", 16, 2, 4, "infra"), ("beta", 8, 2, None, "web"))
    return path


@pytest.fixture(scope="module")
def r(starter: Path) -> moe_report.Report:
    """The report of the example models."""
    return moe_report.report(starter)


def said_by_command(*arguments: object) -> str:
    """The error of ``check``, which is ``run`` without outputs."""
    done = run("check", *arguments)
    assert done.exit_code == 1, done.output
    return done.stderr.removeprefix("Error: ").rstrip("\n")


# -- what is read and computed


@pytest.mark.parametrize(
    ("named", "options"),
    [
        ({}, ()),
        ({"context_length": 32768}, ("--set", "context_length=32768")),
        ({"context_length": "32k"}, ("--set", "context_length=32k")),
        ({"assumptions": {"context_length": "40,960,000"}},
         ("--set", "context_length=40,960,000")),
        ({"only": "flops_savings"}, ("--only", "flops_savings")),
        ({"only": ["flops_savings", "routing_overhead"], "skip": "routing_overhead"},
         ("--only", "flops_savings", "--only", "routing_overhead", "--skip", "routing_overhead")),
        ({"scenario": "Long Context"}, ("--scenario", "Long Context")),
        ({"sheet": "Models", "title": "Ours"}, ("--sheet", "Models", "--title", "Ours")),
        ({"columns": {"remark": None}}, ("--column", "remark=")),
    ],
)  # fmt: skip
def test_it_computes_what_the_command_does(
    starter: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named: Mapping[str, Any],
    options: tuple[str, ...],
) -> None:
    """The same file comes out, whichever way it was asked for."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    (ours,) = moe_report.report(str(starter), **named).write(tmp_path / "python", "json")
    done = run("run", starter, "-o", tmp_path / "command", "--format", "json", *options)
    assert done.exit_code == 0, done.output
    theirs = tmp_path / "command" / ours.name
    assert ours.read_text("utf-8") == theirs.read_text("utf-8")


def test_sources_of_all_kinds_are_put_together(few: Path, tmp_path: Path) -> None:
    """A workbook, a table and a model's own config."""
    table = tmp_path / "more.csv"
    table.write_text("name,num_experts,num_experts_per_tok\ngamma,4,1\n", "utf-8")
    (tmp_path / "own").mkdir()
    own = tmp_path / "own" / "config.json"
    own.write_text(json.dumps(MIXTRAL), "utf-8")
    report = moe_report.report(few, str(table), own)
    assert [model.name for model in report] == ["alpha", "beta", "gamma", "own"]
    assert [path.name for path in report.write(tmp_path / "out", "md")] == ["models.report.md"]


def test_arguments_in_other_forms(few: Path, starter: Path) -> None:
    """A list of sources, no choice at all, and a value that is said twice."""
    several = moe_report.report([few, starter], only=None, skip=None)
    assert len(several) == len(moe_report.report(few, starter)) == 29
    with pytest.raises(InputError, match="assumption 'context_length': it is given twice"):
        moe_report.report(few, assumptions={"context_length": 1}, context_length=2)
    found = moe_report.report(few, context_length="32,768").assumptions
    assert {item.definition.name: item.value for item in found}["context_length"] == 32768


def test_files_of_metrics_are_read_again(few: Path, tmp_path: Path) -> None:
    """Somebody who writes a metric beside a notebook asks for it again and again."""
    file = tmp_path / "stored.py"
    for factor in (2, 16):
        file.write_text(STORED.replace("2 *", f"{factor} *"), "utf-8")
        report = moe_report.report(few, metrics=file)
        assert report.columns["stored_bytes"].expr is not None
        assert f"mul({factor}," in repr(report.columns["stored_bytes"].expr)


def test_a_failed_section_is_said(few: Path, tmp_path: Path) -> None:
    """In the notes, in the table, and where somebody asks for a metric of it."""
    (tmp_path / "wrong.py").write_text(WRONG, "utf-8")
    report = moe_report.report(few, metrics=[tmp_path / "wrong.py"])
    said = report.notes[-1]
    assert said.startswith("section 'wrong'")
    assert said.endswith("RuntimeError: no watts (wrong.py, line 2)")
    assert "no watts" in report._repr_html_()
    with pytest.raises(AttributeError, match="no watts"):
        _ = report["alpha"].watts


def test_notes_are_those_of_the_command(few: Path, tmp_path: Path) -> None:
    """What was carried along, and an assumption that no chosen section takes."""
    report = moe_report.report(few, only="parameter_efficiency", context_length=9)
    done = run("check", few, "--only", "parameter_efficiency", "--set", "context_length=9")
    told = [line.removeprefix("note: ") for line in done.output.splitlines() if "note:" in line]
    assert sorted(report.notes) == sorted(told)
    assert len(told) == 2


# -- a model of it


def test_a_model_has_its_numbers_and_texts(r: moe_report.Report, few: Path) -> None:
    """As attributes and in brackets; missing ones are None and empty."""
    model = r["gpt-oss-120b"]
    assert model.total_params == model["total_params"] == 116_829_156_672
    assert (model.name, model["name"], model.model_type) == ("gpt-oss-120b",) * 2 + ("gpt_oss",)
    assert model.qk_nope_head_dim is None
    assert model.compare_with == ""
    assert model.cell("num_experts").provenance == "given"
    assert "num_experts" in dir(model)
    assert "total_params" in dir(model)
    carried = moe_report.report(few)["beta"]
    assert (carried["Owner"], carried["total_params"]) == ("web", None)


def test_what_is_exported_is_what_one_gets(r: moe_report.Report) -> None:
    """For ``isinstance``, and for annotations that are looked at."""
    assert type(r) is moe_report.Report
    assert type(r[0]) is moe_report.ReportedModel
    assert moe_report.Report.write.__module__ == "moe_report.api.reported"


def test_models_come_by_name_by_place_and_in_order(r: moe_report.Report) -> None:
    """As a list and as a mapping by name."""
    assert [model.name for model in r] == [model.name for model in r.models]
    assert len(r) == len(r.models) == 27
    assert r[0].name == "Mixtral-8x7B"
    assert r[-1].name == r.models[-1].name
    assert "DBRX" in r
    assert "dbrx" not in r
    assert [found.model for found in r["DeepSeek-V2 (as tabulated)"].findings] == [
        found.model for found in r.findings if found.model == "DeepSeek-V2 (as tabulated)"
    ]
    assert [model.name for model in r[1:4:2]] == [r.models[1].name, r.models[3].name]
    with pytest.raises(IndexError, match="there is no model 27: the report has 27"):
        _ = r[27]


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        (lambda r: r["gpt-oss-120"], KeyError,
         "there is no model 'gpt-oss-120'. Did you mean 'gpt-oss-120b'?"),
        (lambda r: r["DBRX"].activ_params, AttributeError,
         "model 'DBRX' has no 'activ_params': it is no field or metric. "
         "Did you mean 'active_params'?"),
        (lambda r: r["DBRX"]["activ_params"], KeyError,
         "model 'DBRX' has no 'activ_params': it is no field or metric. "
         "Did you mean 'active_params'?"),
        (lambda r: r["DBRX"].cell("remark"), KeyError,
         "'remark' is no number: model['remark'] is what it says"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_an_error_that_names_the_nearest(
    r: moe_report.Report, wrong: Callable[[moe_report.Report], object], kind: type, said: str
) -> None:
    """Of Python's own kind, and of ours."""
    with pytest.raises(kind) as found:
        wrong(r)
    assert isinstance(found.value, MoeReportError)
    assert str(found.value) == said


def test_python_may_look_for_what_it_likes(r: moe_report.Report) -> None:
    """A copy, a pickle and a notebook ask for methods that are not there."""
    model = r["DBRX"]
    assert not hasattr(model, "_repr_html_")
    assert copy.copy(model).name == "DBRX"
    assert repr(model) == "<model 'DBRX' of a moe_report.Report>"
    assert repr(r).startswith("<moe_report.Report 'Mixture-of-Experts models of models.xlsx': 27 m")
    assert pickle.loads(pickle.dumps(r.frame())).equals(r.frame())


# -- frames


def test_a_frame_has_what_the_csv_has(r: moe_report.Report, tmp_path: Path) -> None:
    """A row a model, a column a field or metric, and nothing else."""
    import pandas as pd

    (path,) = r.write(tmp_path, "csv")
    read = pd.read_csv(path, index_col="name").astype(float)
    pd.testing.assert_frame_equal(r.frame(), read)


def test_provenance_stands_beside_the_values(r: moe_report.Report) -> None:
    """In a second level of columns."""
    frame = r.frame(provenance=True)
    assert frame.xs("value", axis=1, level="part").equals(
        r.frame().rename_axis("column", axis="columns")
    )
    cell = frame.loc["Switch-C", "forward_flops"]
    assert (cell["provenance"], math.isnan(cell["value"])) == ("missing", True)
    assert cell["note"] == r["Switch-C"].cell("forward_flops").note != ""
    assert set(frame.xs("provenance", axis=1, level="part").stack()) == {
        "given", "default", "derived", "assumed", "missing"
    }  # fmt: skip


@pytest.mark.parametrize("provenance", [False, True])
def test_texts_and_carried_columns_come_in_front(few: Path, provenance: bool) -> None:
    """Where they are asked for: one groups by them."""
    frame = moe_report.report(few).frame(texts=True, provenance=provenance)
    owner = frame["Owner"]["value"] if provenance else frame["Owner"]
    assert owner.to_dict() == {"alpha": "infra", "beta": "web"}
    assert frame.columns[0] == (("Owner", "value") if provenance else "Owner")


def test_without_pandas_the_extra_is_named(
    r: moe_report.Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the report needs none."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MoeReportError, match=r"pip install 'moe-report\[pandas\]'"):
        r.frame()
    assert "46.7 B" in r._repr_html_()


# -- errors


@pytest.mark.parametrize(
    ("named", "options"),
    [
        ({"context_length": -3}, ("--set", "context_length=-3")),
        ({"assumptions": {"contxt_length": 3}}, ("--set", "contxt_length=3")),
        ({"scenario": "long"}, ("--scenario", "long")),
        ({"only": "flop_savings"}, ("--only", "flop_savings")),
        ({"sheet": "Modls"}, ("--sheet", "Modls")),
        ({"columns": {"Experts": "num_expert"}}, ("--column", "Experts=num_expert")),
        ({"title": "a\x1bb"}, ("--title", "a\x1bb")),
        ({"logo": "none.png"}, ("--logo", "none.png")),
        ({"metrics": "none.py"}, ("--metrics", "none.py")),
    ],
)  # fmt: skip
def test_errors_have_the_sentences_of_the_command(
    few: Path, tmp_path: Path, named: Mapping[str, Any], options: tuple[str, ...]
) -> None:
    """An exception with the lines that the command prints."""
    command = ("run", few, "-o", tmp_path / "out", *options)
    done = run(*command)
    assert done.exit_code in (1, 2), done.output
    with pytest.raises(MoeReportError) as found:
        moe_report.report(few, **named)
    assert done.stderr.endswith(f"Error: {found.value}\n")


def test_all_problems_of_an_input_are_told(tmp_path: Path) -> None:
    """One exception has all of them, with their cells."""
    path = tmp_path / "bad.xlsx"
    book_of(path, FEW, ("alpha", 8.5, 2, 4), ("beta", 8, -2, 4))
    with pytest.raises(MoeReportError) as found:
        moe_report.report(path, tmp_path / "none.xlsx")
    error = found.value
    assert isinstance(error, InputError)
    assert [problem.cell for problem in error.problems] == ["B2", "C3", None]
    assert str(error) == said_by_command(path, tmp_path / "none.xlsx")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"sheets": "Models"}, "argument 'sheets': there is no such argument or assumption. "
         "Did you mean 'sheet'?"),
        ({"context_lenght": 3}, "argument 'context_lenght': there is no such argument or "
         "assumption. Did you mean 'context_length'?"),
        ({"context_length": "3x"},
         "assumption 'context_length': '3x' is no number, expected tokens"),
        ({"context_length": True}, "assumption 'context_length': found True, expected a number"),
        ({"context_length": None}, "assumption 'context_length': found None, expected a number"),
        ({"context_length": math.nan}, "assumption 'context_length': found nan, expected at least "
         "1 for context_length"),
    ],
)  # fmt: skip
def test_what_only_python_can_say_is_refused_in_its_words(
    few: Path, named: Mapping[str, Any], said: str
) -> None:
    """The nearest argument is named."""
    with pytest.raises(InputError) as found:
        moe_report.report(few, **named)
    assert str(found.value) == said


# -- files


def test_files_are_those_of_the_command(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last byte, and by default in the same formats."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    paths = moe_report.report(few).write(tmp_path / "python")
    assert run("run", few, "-o", tmp_path / "command").exit_code == 0
    assert [path.name for path in paths] == [
        "few.report.xlsx", "few.report.html", "few.report.json"
    ]  # fmt: skip
    for path in paths:
        assert path.read_bytes() == (tmp_path / "command" / path.name).read_bytes()


def test_what_somebody_has_changed_stays(few: Path, tmp_path: Path) -> None:
    """The error says what to do in Python, and ``force`` overwrites."""
    report = moe_report.report(few)
    (path,) = report.write(tmp_path, ["xlsx"])
    report.write(tmp_path, ["xlsx"])
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["Z99"] = "mine"
    book.save(path)
    changed = path.read_bytes()
    with pytest.raises(MoeReportError) as found:
        report.write(tmp_path, ["xlsx", "json"])
    assert "`moe-report run --update` with this path renews it, force=True" in str(found.value)
    assert path.read_bytes() == changed
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    report.write(tmp_path, ["xlsx"], force=True)
    assert path.read_bytes() != changed


def test_an_input_is_never_overwritten(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with ``force`` either, and not from another folder than it was read from."""
    path = tmp_path / "few.report.xlsx"
    path.write_bytes(few.read_bytes())
    monkeypatch.chdir(tmp_path)
    report = moe_report.report(path.name)
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(MoeReportError, match="this is the input"):
        report.write(tmp_path, force=True)
    assert path.read_bytes() == few.read_bytes()


def test_what_is_to_be_known_of_a_file_is_a_warning(few: Path, tmp_path: Path) -> None:
    """A page that is linked twice, a workbook that is open in Excel."""
    report = moe_report.report(few)
    page, workbook = report.write(tmp_path, ["html", "xlsx"])
    (tmp_path / "other.html").hardlink_to(page)
    (tmp_path / f"~${workbook.name}").touch()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        report.write(tmp_path, ["html", "xlsx"])
    assert [str(item.message).partition(": ")[2][:20] for item in found] == [
        "had 1 other name (ha", "reload it there",
    ]  # fmt: skip
    assert all(item.filename == __file__ for item in found)


def test_templates_of_ones_own_make_the_page(few: Path, tmp_path: Path) -> None:
    """A wrong folder is refused before anything is rendered."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "theme.css").write_text(":root { --link: #123456; }", "utf-8")
    report = moe_report.report(few)
    (page,) = report.write(tmp_path, "html", template_dirs=tmp_path / "mine")
    assert "#123456" in page.read_text("utf-8")
    with pytest.raises(MoeReportError, match="none"):
        report.write(tmp_path, "html", template_dirs=[tmp_path / "none"])


# -- importing


def test_import_is_instant() -> None:
    """Nothing is loaded before it is used, and what is exported is there."""
    code = (
        "import sys, moe_report\n"
        "print(*sys.modules)\n"
        "names = [getattr(moe_report, name) for name in moe_report.__all__]\n"
        "import moe_report.reports\n"
        "print(callable(moe_report.report), set(moe_report.__all__) <= set(dir(moe_report)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, said = done.stdout.splitlines()
    heavy = {"numpy", "openpyxl", "click", "lxml", "jinja2", "pandas", "pathlib", "dataclasses"}
    assert not heavy & set(loaded.split())
    assert said == "True True"


def test_the_library_prints_nothing(
    few: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not of notes, findings or files either."""
    report = moe_report.report(few, only="parameter_efficiency", context_length=9)
    report.write(tmp_path)
    report.frame()
    assert capfd.readouterr() == ("", "")
