"""JSON, CSV and Markdown, read back by others' readers."""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pandas
import pyarrow.parquet
import pytest

from moe_report.cells import Provenance
from moe_report.compute.build import build_report
from moe_report.display import scale, show
from moe_report.errors import MoeReportError
from moe_report.renderers import left_out_of
from moe_report.renderers.data import (
    is_csv_of_ours,
    render_csv,
    render_json,
    render_jsonl,
    render_markdown,
    report_as_dict,
    schema,
)
from moe_report.renderers.parquet import render_parquet
from moe_report.reports import Report
from moe_report.schema.registry import Registry
from moe_report.schema.sections import Failure
from moe_report.table import CarriedCell, Given, ModelTable, Row, Source, given
from tests.rows import example_models

NAMES = (
    "plain", "a|b", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "two\nlines", 'quo"te',
    "comma, then",
    "*bold* `code` <b>_x_</b> [l](u) \\", "Ünïcødé 模型", "\tTab",
)  # fmt: skip


@pytest.fixture(scope="module")
def examples(registry: Registry) -> Report:
    """The report of the shipped examples."""
    table = ModelTable(example_models(), Source("examples", "a" * 64, "Models"))
    return build_report(table, registry)


@pytest.fixture(scope="module")
def odd(registry: Registry) -> Report:
    """A report of rows with odd names, columns that are carried along, and something undefined."""
    numbers = {"num_experts": given(8), "num_experts_per_tok": given(2)}
    rows = []
    for at, name in enumerate(NAMES):
        carried = {"#note": name, "#n": at, "#none": None}
        rows.append(Row(name, f"Models!{at}", {"remark": name}, numbers, carried))
    totals = {"total_params": Given(12e9, "Models!C9"), "active_params": Given(99e9, "Models!D9")}
    rows.append(Row("im|possible\nrow", "Models!9", {}, numbers | totals))
    rows.append(
        Row("undefined", "Models!10", {}, {"total_params": given(0), "active_params": given(0)})
    )
    source = Source("models|=1.xlsx", sheet="Models")
    return build_report(ModelTable(tuple(rows), source, warnings=("skipped one",)), registry)


def loaded(report: Report) -> Any:
    """The JSON of a report, read by a strict reader."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(b"".join(render_json(report)).decode("utf-8"), parse_constant=refuse)


def numbers_in(value: object) -> Iterator[float]:
    """Every number in nested data."""
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from numbers_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from numbers_in(item)


# -- JSON -----------------------------------------------------------------------------------------


def test_schema_is_a_schema() -> None:
    """The shipped schema is itself valid."""
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("which", ["examples", "odd"])
def test_json_follows_the_schema(which: str, request: pytest.FixtureRequest) -> None:
    """What is written is what the schema says, whatever the names are."""
    report = request.getfixturevalue(which)
    jsonschema.Draft202012Validator(schema()).validate(loaded(report))


def test_json_of_failures_follows_the_schema(odd: Report) -> None:
    """Failures and warnings are in it."""
    failure = Failure("energy", "moe-energy", "moe_energy", "ImportError: no")
    data = loaded(replace(odd, failures=(failure,)))
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert data["failures"] == [
        {"section": "energy", "distribution": "moe-energy", "module": "moe_energy",
         "cause": "ImportError: no"}
    ]  # fmt: skip
    assert data["warnings"] == ["skipped one"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("models", 0, "values", "total_params"), "46.7"),
        (("models", 0, "provenance", "total_params", "from"), "guessed"),
        (("models", 0, "more"), 1),
        (("metrics", "total_params", "better"), "more"),
        (("assumptions", "causal", "value"), None),
        (("schema",), 2),
        (("source", "sha256"), "xyz"),
        (("more",), 1),
    ],
)
def test_schema_refuses_what_is_wrong(
    examples: Report, path: tuple[Any, ...], value: object
) -> None:
    """The schema is strict enough to see a false type, word or key."""
    data: Any = copy.deepcopy(loaded(examples))
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(data)


def test_json_has_every_number_of_the_report(examples: Report) -> None:
    """Inputs, values and provenance are those of the report, exactly, null where missing."""
    data = loaded(examples)
    assert [model["name"] for model in data["models"]] == [model.name for model in examples.models]
    count = 0
    for at, model in enumerate(data["models"]):
        for columns, key in ((examples.fields, "inputs"), (examples.metrics, "values")):
            assert list(model[key]) == [column.name for column in columns]
            for column in columns:
                cell = column.cells[at]
                assert model[key][column.name] == cell.value
                assert model["provenance"][column.name]["from"] == str(cell.provenance)
                obvious = cell.provenance in (Provenance.DEFAULT, Provenance.DERIVED)
                note = model["provenance"][column.name].get("note", "")
                assert note == ("" if obvious else cell.note)
                count += cell.value is not None
    assert count > 1000
    mixtral = next(model for model in data["models"] if model["name"] == "Mixtral-8x7B")
    assert mixtral["values"]["total_params"] == 46_702_792_704
    assert b'"total_params": 46702792704' in b"".join(render_json(examples))


def test_json_has_findings_with_their_models(examples: Report) -> None:
    """Each finding stands with the model that it is about."""
    data = loaded(examples)
    total = sum(len(model["findings"]) for model in data["models"])
    assert total == len(examples.findings) > 5
    tabulated = next(m for m in data["models"] if m["name"] == "DeepSeek-V2 (as tabulated)")
    first = tabulated["findings"][0]
    assert (first["level"], first["column"]) == ("impossible", "active_params")
    assert (first["stated"], first["computed"]) == (21e9, 236e9 * 6 / 64)


def test_json_of_no_sweep_says_nothing_of_one(examples: Report) -> None:
    """What a sweep has counted is a key in its own report alone."""
    assert "sweep" not in loaded(examples)


def test_json_has_definitions(examples: Report) -> None:
    """Every metric says its formula, what it needs and rests on, and its MathML is well-formed."""
    data = loaded(examples)
    assert list(data["metrics"]) == [column.name for column in examples.metrics]
    known = {*data["metrics"], *data["fields"], *data["assumptions"]}
    for name, item in data["metrics"].items():
        assert item["formula"]
        assert set(item["needs"]) <= known
        assert set(item["assumes"]) <= set(data["assumptions"])
        assert ElementTree.fromstring(item["mathml"]).tag == "math"
        (section,) = [s for s in data["sections"] if name in s["metrics"]]
        assert item["section"] == section["name"]
    assert (
        data["metrics"]["expert_flops_savings"]["formula"]
        == "1 - num_experts_per_tok / num_experts"
    )


def test_json_has_no_nan(odd: Report, examples: Report) -> None:
    """Neither NaN nor infinity is written, not even for what is undefined."""
    for report in (odd, examples):
        text = b"".join(render_json(report)).decode("utf-8")
        assert "NaN" not in text
        assert "Infinity" not in text
        assert all(math.isfinite(number) for number in numbers_in(report_as_dict(report)))
    undefined = next(model for model in loaded(odd)["models"] if model["name"] == "undefined")
    assert undefined["values"]["parameter_efficiency"] is None
    assert undefined["provenance"]["parameter_efficiency"]["note"].startswith("undefined here")


def test_json_is_the_report_as_data(odd: Report, examples: Report) -> None:
    """What is written a column at a time is what a program gets of a report as data."""
    for report in (odd, examples):
        assert loaded(report) == json.loads(json.dumps(report_as_dict(report)))


def test_jsonl_is_a_line_a_model(odd: Report) -> None:
    """Each line of JSONL says of a model what the report's JSON does."""
    lines = b"".join(render_jsonl(odd)).decode("utf-8").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == loaded(odd)["models"]


def test_parquet_holds_numbers_and_where_they_come_from(odd: Report, examples: Report) -> None:
    """Pandas reads of Parquet what JSON says of each number, of texts and of carried columns."""
    for report in (odd, examples):
        frame = pandas.read_parquet(io.BytesIO(render_parquet(report)))
        models = loaded(report)["models"]
        assert [*frame["name"]] == [model["name"] for model in models]
        for name in report.columns:
            of = "inputs" if name in report.definitions else "values"
            found = [None if pandas.isna(one) else one for one in frame[name]]
            assert found == [model[of][name] for model in models], name
            sources = [model["provenance"][name]["from"] for model in models]
            assert [*frame[f"{name}.from"]] == sources
        assert [json.loads(one) for one in frame["findings"]] == [
            model["findings"] for model in models
        ]
        carried = {header for model in models for header in model["carried"]}
        assert carried <= {*frame.columns}


OWN: dict[str, tuple[object, object]] = {
    "Owner": ("Ann", "=1+1"),
    "Bought": (datetime(2024, 1, 2), datetime(2025, 3, 4, 5, 6)),
    "Day": (date(2024, 1, 2), None),
    "At": (time(3, 4), time(23)),
    "Live": (True, False),
    "Rating": (3, 2.5),
    "Mixed": (7, "n/a"),
    "Truths": (True, 1),
    "Id": (2**60, 1),
    "findings": ("my; own", None),
    "num_experts.from": ("a paper", None),
    "Calc": (None, None),
}


@pytest.fixture(scope="module")
def owned(registry: Registry) -> Report:
    """A report with columns of the user's, one of them formulas that nobody has computed."""
    numbers = {"num_experts": given(8), "num_experts_per_tok": given(2)}
    rows = [
        Row(f"m{at}", numbers=numbers, carried={key: both[at] for key, both in OWN.items()},
            looks={"Calc": CarriedCell(("1+1",))})
        for at in (0, 1)
    ]  # fmt: skip
    return build_report(ModelTable(tuple(rows), Source("models.xlsx")), registry)


def test_parquet_has_columns_of_the_users_as_what_they_hold(owned: Report) -> None:
    """Dates, truths and numbers are such where a whole column is; no name of ours hides one."""
    table = pyarrow.parquet.read_table(io.BytesIO(render_parquet(owned)))
    found = {name: table[name] for name in table.column_names}
    for header, kind in {
        "Bought": "timestamp[us]", "Day": "date32[day]", "At": "time64[us]", "Live": "bool",
        "Rating": "double", "Owner": "string", "Calc": "string",
        "findings (carried)": "string", "num_experts.from (carried)": "string",
    }.items():  # fmt: skip
        assert str(found[header].type) == kind, header
        assert found[header].to_pylist() == [*OWN[header.removesuffix(" (carried)")]]
    assert found["Mixed"].to_pylist() == ["7", "n/a"]
    assert found["Truths"].to_pylist() == ["True", "1"]
    assert found["Id"].to_pylist() == [str(2**60), "1"], "no float has all its digits"


def test_files_of_data_say_what_of_the_users_columns_is_not_as_it_was(owned: Report) -> None:
    """Mixed columns that Parquet has as texts, and formulas without a value, by their headers."""
    said = left_out_of(render_parquet, owned)
    assert "has Mixed, Truths, Id as texts" in said
    for render in (render_parquet, render_json, render_jsonl, render_csv):
        assert "is empty in Calc where a formula of yours has no value" in left_out_of(
            render, owned
        )
    first = replace(owned, models=tuple(replace(one, carried={}) for one in owned.models))
    assert not left_out_of(render_parquet, first)


def test_csv_has_columns_of_the_users_behind_the_numbers(owned: Report) -> None:
    """As a spreadsheet writes them; none is a formula, and a file with them is known as ours."""
    header, first, second = csv_rows(owned)
    places = {name: at for at, name in enumerate(header)}
    assert header[-len(OWN) :] == [*OWN]
    assert second[places["Owner"]] == "'=1+1"
    assert first[places["Live"]] == "TRUE"
    assert first[places["Rating"]] == "3"
    assert first[places["Id"]] == str(2**60)
    assert first[places["Bought"]] == "2024-01-02"
    assert first[places["Calc"]] == ""
    assert first[places["findings"]] == "my; own"
    content = render_csv(owned)
    assert is_csv_of_ours(content, content)
    assert not is_csv_of_ours(content.replace(b",Owner,", b",Boss,"), content)
    assert not is_csv_of_ours(content.replace(b"\r\nm0,", b"\r\nm0,1.50"), content)


def test_parquet_says_what_its_columns_are(examples: Report) -> None:
    """Labels, units and formulas of the columns are in the file's metadata, as in the JSON."""
    schema_of_it = pyarrow.parquet.read_schema(io.BytesIO(render_parquet(examples)))
    said = json.loads(schema_of_it.metadata[b"moe_report"])
    assert said["metrics"] == loaded(examples)["metrics"]
    assert "models" not in said


def test_parquet_without_pyarrow(examples: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow a sentence says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MoeReportError, match=r"pip install 'moe-report\[parquet\]'"):
        render_parquet(examples)


def test_json_refuses_nan(odd: Report) -> None:
    """If a NaN ever got into a report, writing it fails: no reader would take it."""
    first, *others = odd.assumptions
    broken = replace(odd, assumptions=(replace(first, value=math.nan), *others))
    with pytest.raises(ValueError, match="not JSON compliant"):
        b"".join(render_json(broken))


def test_json_keeps_texts_as_they_are(odd: Report) -> None:
    """Names, remarks and carried columns come back unchanged: JSON needs no escaping of ours."""
    models = loaded(odd)["models"][: len(NAMES)]
    assert tuple(model["name"] for model in models) == NAMES
    assert [model["texts"]["remark"] for model in models] == list(NAMES)
    assert models[2]["carried"] == {"#note": NAMES[2], "#n": 2, "#none": None}


# -- CSV ------------------------------------------------------------------------------------------


def csv_rows(report: Report) -> list[list[str]]:
    """The CSV of a report, read by the standard library."""
    return list(csv.reader(io.StringIO(render_csv(report).decode("utf-8"), newline="")))


def test_csv_has_every_number_of_the_report(examples: Report) -> None:
    """A row a model, every field and metric exactly, empty where missing."""
    header, *rows = csv_rows(examples)
    columns = (*examples.fields, *examples.metrics)
    assert header == ["name", *(column.name for column in columns)]
    assert [row[0] for row in rows] == [model.name for model in examples.models]
    for at, row in enumerate(rows):
        for text, column in zip(row[1:], columns, strict=True):
            value = column.cells[at].value
            assert text == "" if value is None else float(text) == value


def test_csv_is_read_by_pandas(examples: Report, tmp_path: Path) -> None:
    """Numbers are numbers to whoever reads it, whole ones without a point."""
    path = tmp_path / "models.csv"
    path.write_bytes(render_csv(examples))
    frame = pandas.read_csv(path, index_col="name")
    assert frame.loc["Mixtral-8x7B", "total_params"] == 46_702_792_704
    assert all(kind.kind in "if" for kind in frame.dtypes)
    assert b"46702792704," in path.read_bytes()


def test_csv_names_are_no_formulas(odd: Report) -> None:
    """A name that a spreadsheet would run is prefixed; line breaks, quotes and commas survive."""
    found = [row[0] for row in csv_rows(odd)[1 : len(NAMES) + 1]]
    for name, shown in zip(NAMES, found, strict=True):
        assert shown == (f"'{name}" if name[0] in "=+-@\t" else name)
        assert shown[0] not in "=+-@\t"
    assert len(csv_rows(odd)) == 1 + len(odd.models)


@pytest.mark.parametrize("name", ["a;b", "a\tb", 'a"b', "a\nb", "a\rb", "a,b", '";\t"', "=1;2"])
def test_csv_names_stay_whole_whatever_parts_the_cells(odd: Report, name: str) -> None:
    """In many countries a spreadsheet parts cells at semicolons, and some programs at tabs."""
    renamed = replace(odd, models=(replace(odd.models[0], name=name), *odd.models[1:]))
    assert csv_rows(renamed)[1][0].removeprefix("'") == name
    text = render_csv(renamed).decode("utf-8")
    for separator in ",;\t":
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        next(rows)
        assert next(rows)[0].split(",")[0].removeprefix("'") == name.split(",")[0]


def test_csv_has_no_nan(odd: Report) -> None:
    """What is missing or undefined is empty."""
    cells = {cell.casefold() for row in csv_rows(odd) for cell in row}
    assert cells.isdisjoint({"nan", "inf", "-inf", "none"})


# -- Markdown -------------------------------------------------------------------------------------


def cells_of(line: str) -> list[str]:
    """The cells of a row of a table, as a renderer splits it: an escaped bar is none."""
    return line.replace("\\\\", "\0").replace("\\|", "\1").split("|")[1:-1]


def test_markdown_table_has_the_headline(examples: Report) -> None:
    """A row a model, a column a headline metric, as people read numbers."""
    lines = render_markdown(examples).decode("utf-8").splitlines()
    assert lines[0] == "# Mixture-of-Experts models of examples"
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(examples.models)
    headline = examples.headline
    head = [cell.strip() for cell in cells_of(table[0])]
    assert head == ["Model", *(column.label for column in headline)]
    assert [cell.strip() for cell in cells_of(table[1])] == ["---", *("---:" for _ in headline)]
    for at, line in enumerate(table[2:]):
        shown = [
            show(
                column.cells[at].value, column.unit, column.format,
                scale(column.unit, column.format, [cell.value for cell in column.cells]),
            )
            for column in headline
        ]  # fmt: skip
        assert [cell.strip() for cell in cells_of(line)][1:] == shown
    assert "46.7 B" in "".join(line for line in table if "Mixtral-8x7B " in line)


def test_markdown_names_do_not_break_the_table(odd: Report) -> None:
    """Bars and line breaks in names leave the table whole, and markup in them stays text."""
    text = render_markdown(odd).decode("utf-8")
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(odd.models)
    assert {len(cells_of(line)) for line in table} == {1 + len(odd.headline)}
    assert "two lines" in text
    assert "\\*bold\\* \\`code\\` \\<b\\>\\_x\\_\\</b\\> \\[l\\](u) \\\\" in text
    assert "# Mixture-of-Experts models of models\\|=1.xlsx" in text


def test_markdown_lists_findings(odd: Report, registry: Registry) -> None:
    """Each finding is a line; without any there is no heading for them."""
    text = render_markdown(odd).decode("utf-8")
    listed = [line for line in text.splitlines() if line.startswith("- **")]
    assert len(listed) == len(odd.findings) == 1
    assert listed[0].startswith("- **impossible**: im\\|possible row, `active_params`: 99.00 B are")
    numbers = {"num_experts": given(8), "num_experts_per_tok": given(2)}
    quiet = build_report(ModelTable((Row("x", numbers=numbers),), Source("x.xlsx")), registry)
    assert "Findings" not in render_markdown(quiet).decode("utf-8")


def test_markdown_has_no_nan(odd: Report) -> None:
    """What is missing is a dash."""
    text = render_markdown(odd).decode("utf-8")
    assert "nan" not in text.casefold()
    assert "None" not in text
    assert "| – |" in text
