"""From a workbook to a table: what is understood, and what is refused and how."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner
from openpyxl.styles import Font

from moe_report.cells import Provenance
from moe_report.cli.main import main
from moe_report.compute.build import build_report
from moe_report.errors import InputError
from moe_report.load.workbook import Read, inspect_workbook, open_workbook, read_workbook
from moe_report.schema.fields import FIELDS
from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable
from tests.office import convert
from tests.rows import example_models
from tests.workbooks import parts_of, sheet_xml, zipped

PLAIN = ("name", "num_experts", "num_experts_per_tok")
Rows = Sequence[Sequence[object]]


class Reader:
    """Writes rows into a workbook and reads them back.

    Args:
        folder: Where the workbook goes.
        registry: The metrics that it may type.
    """

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.path = folder / "models.xlsx"
        self.registry = registry

    def write(self, rows: Rows, sheet: str = "Models", **formats: str) -> Path:
        """Write rows with openpyxl; ``formats`` are number formats by address."""
        book = openpyxl.Workbook()
        target = book.worksheets[0]
        target.title = sheet
        for row in rows:
            target.append(list(row))
        for address, number_format in formats.items():
            target[address].number_format = number_format
        book.save(self.path)
        return self.path

    def inspect(self, **options: object) -> Read:
        """Read the workbook as it is."""
        return inspect_workbook(open_workbook(self.path), self.registry, **options)  # type: ignore[arg-type]

    def table(self, rows: Rows, **formats: str) -> ModelTable:
        """Return the table of rows that are right."""
        self.write(rows, **formats)
        return read_workbook(self.path, self.registry)

    def problems(self, rows: Rows, **formats: str) -> list[str]:
        """Return the problems of rows, without the file and sheet that each must name."""
        self.write(rows, **formats)
        return self.lines()

    def lines(self, sheet: str = "Models", **options: object) -> list[str]:
        """Return the problems of the workbook as it is."""
        start = f"models.xlsx, sheet {sheet}, "
        found = []
        for problem in self.inspect(**options).problems:
            assert str(problem).startswith(start if problem.cell else start[:-2])
            found.append(str(problem).removeprefix(start))
        return found

    def one(self, header: str, value: object, **formats: str) -> float:
        """Return what one value under a header is read as."""
        [row] = self.table([("name", header), ("a", value)], **formats).rows
        [number] = row.numbers.values()
        return number.value


@pytest.fixture
def reader(tmp_path: Path, registry: Registry) -> Reader:
    """A reader of workbooks that the test writes."""
    return Reader(tmp_path, registry)


# -- headers


def test_field_names_are_read(reader: Reader) -> None:
    """Names of config.json head the columns; every number knows its cell."""
    [row] = reader.table([PLAIN, ("Mixtral", 8, 2)]).rows
    assert row.name == "Mixtral"
    assert row.place == "Models!2"
    assert {name: item.value for name, item in row.numbers.items()} == {
        "num_experts": 8, "num_experts_per_tok": 2,
    }  # fmt: skip
    assert row.numbers["num_experts"].place == "Models!B2"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("n_routed_experts", "num_experts"),
        ("num_local_experts", "num_experts"),
        ("Experts", "num_experts"),
        ("NUM EXPERTS", "num_experts"),
        (" num-experts ", "num_experts"),
        ("num_\nexperts", "num_experts"),
        ("top_k", "num_experts_per_tok"),
        ("Top-K", "num_experts_per_tok"),
        ("k", "num_experts_per_tok"),
    ],
)
def test_documented_spellings_are_read(reader: Reader, header: str, field: str) -> None:
    """Case, spaces, hyphens and underscores do not matter, and documented aliases count."""
    [row] = reader.table([("Model", header), ("a", 4)]).rows
    assert row.numbers[field].value == 4


def test_every_documented_spelling_stands_for_its_own_field(registry: Registry) -> None:
    """No name or alias is taken by another one, and no label of a metric by a metric."""
    headers = Headers(registry.metrics)
    for item in (*FIELDS.values(), *registry.metrics.values()):
        for spelling in (item.name, *item.aliases):
            found = headers.find(spelling)
            assert isinstance(found, Known), spelling
            assert found.name == item.name, spelling
        labelled = headers.find(item.label)
        if isinstance(labelled, Known) and labelled.name in registry.metrics:
            assert labelled.name == item.name


def test_a_header_that_may_stand_for_two_metrics_is_asked_about(reader: Reader) -> None:
    """Parameters and FLOPs of one component have one label; only a unit tells them apart."""
    table = reader.table([(*PLAIN, "Dense FFN"), ("a", 8, 2, 5e9)])
    [unclear] = table.unclear
    assert {"dense_ffn_params", "dense_ffn_flops"} <= set(unclear.fields)
    assert table.rows[0].carried == {"Dense FFN": 5e9}
    [row] = reader.table([("name", "Dense FFN (B)"), ("a", 5)]).rows
    assert row.numbers["dense_ffn_params"].value == 5e9
    [row] = reader.table([("name", "Dense FFN (GFLOP)"), ("a", 5)]).rows
    assert row.numbers["dense_ffn_flops"].value == 5e9


@pytest.mark.parametrize(
    ("header", "value", "read"),
    [
        ("Total (B)", 46.7, 46.7e9),
        ("Total (B)", 46.702792704, 46_702_792_704),
        ("Active [billion]", 12.9, 12.9e9),
        ("total_params (M)", 46_700, 46.7e9),
        ("Total\n(B)", 0.1, 1e8),
        ("published_total_params (T)", 1.6, 1.6e12),
        ("expert_flops_savings (%)", 75, 0.75),
        ("forward_flops (GFLOPs)", 25.5, 25.5e9),
        ("hidden_size (channels)", 4096, 4096),
        ("vocab_size (k)", 32, 32_000),
    ],
)
def test_units_in_headers_are_exact(reader: Reader, header: str, value: float, read: float) -> None:
    """46.7 under "Total (B)" is 46.7e9 to the last bit, not 46.7 times a float."""
    assert reader.one(header, value) == read


def test_a_unit_that_does_not_fit_is_no_field(reader: Reader) -> None:
    """A hidden size is not in billions, and total parameters are not in bytes."""
    table = reader.table([(*PLAIN, "hidden_size (B)", "Total (GB)"), ("a", 8, 2, 4, 90)])
    assert set(table.rows[0].numbers) == {"num_experts", "num_experts_per_tok"}
    assert table.rows[0].carried == {"hidden_size (B)": 4, "Total (GB)": 90}


def test_a_percentage_counts_once(reader: Reader) -> None:
    """A cell that shows 27.6 % holds 0.276, whether or not the header says (%) as well."""
    name = "parameter_efficiency"
    assert reader.one(f"{name} (%)", 0.276, B2="0.0%") == 0.276
    assert reader.one(name, 0.276, B2="0.0%") == 0.276
    assert reader.one(f"{name} (%)", 27.6) == 0.276


def test_a_literal_percent_sign_is_no_percent_format(reader: Reader) -> None:
    """Under (%) a cell shown as 27.6 % by a quoted sign holds 27.6, not 0.276."""
    rows = [("name", "Efficiency (%)"), ("a", 27.6), ("b", 27.6), ("c", 0.276)]
    formats = {"B2": '0.0"%"', "B3": "0.0\\%", "B4": "0.0%"}
    found = reader.table(rows, **formats).rows
    assert [row.numbers["parameter_efficiency"].value for row in found] == [0.276] * 3


def test_a_handful_of_parameters_are_refused(reader: Reader) -> None:
    """47 parameters are 47 billion whose unit was forgotten."""
    [problem] = reader.problems([("name", "published_total_params"), ("a", 47)])
    assert "found 47, expected" in problem
    assert "(B)'" in problem


@pytest.mark.parametrize(
    ("header", "field"), [("Total", "total_params"), ("Active", "active_params")]
)
def test_the_unit_of_a_handful_of_parameters_is_asked(
    reader: Reader, header: str, field: str
) -> None:
    """They may be billions or millions; no number rests on either, and the options are told."""
    table = reader.table([(*PLAIN, header), ("a", 8, 2, 47)])
    assert "total_params" not in table.rows[0].numbers
    assert table.rows[0].carried == {f"{header} (D1)": 47}
    [unclear] = table.unclear
    assert f"may be {field} (B) or {field} (M)" in unclear.text
    assert f"--column '{header}={field} (B)' reads it so" in unclear.text


def test_billions_without_their_unit_are_refused(reader: Reader) -> None:
    """46.7 parameters are none; the error says how to write billions."""
    [problem] = reader.problems([("name", "total_params"), ("a", 46.7)])
    assert problem.startswith("cell B2: found 46.7, expected at least 100,000 (is it in billions?")
    assert "'total_params (B)'" in problem


@pytest.mark.parametrize("header", ["total_params", "active_params", "published_total_params"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "expected at least 100,000 for"),
        (47, "expected at least 100,000 (is it in billions?"),
        (99_999, "expected at least 100,000 (is it in billions?"),
    ],
)
def test_too_few_parameters_are_told_the_bound(
    reader: Reader, header: str, value: float, said: str
) -> None:
    """A whole number is not told that it is none, nor 0 that it is in billions."""
    [problem] = reader.problems([("name", header), ("a", value)])
    assert problem.startswith(f"cell B2: found {value}, {said}")


def test_a_column_that_may_be_a_field_is_asked_about(reader: Reader) -> None:
    """It is carried along, and a finding names the likely field and the options."""
    table = reader.table([(*PLAIN, "hiden_size", "zzzz"), ("a", 8, 2, 4, 5)])
    assert table.rows[0].carried == {"hiden_size": 4, "zzzz": 5}
    [unclear] = table.unclear
    assert (unclear.fields[0], unclear.place) == ("hidden_size", "Models!D1")
    assert "--column 'hiden_size=hidden_size' reads it so" in unclear.text
    assert [str(note) for note in table.warnings] == [
        "models.xlsx, sheet Models: carried along: zzzz"
    ]


def test_a_header_with_an_apostrophe_is_a_line(registry: Registry) -> None:
    """Names are suggested whatever quotes they hold."""
    assert isinstance(Headers(registry.metrics).find("Model's 'hidden' size"), str)


def test_columns_that_are_not_ours_are_carried(reader: Reader) -> None:
    """Under a header with # anything goes, and is kept as it is."""
    day = datetime.datetime(2024, 1, 8)
    rows = [(*PLAIN, "# Price", "#Seen"), ("a", 8, 2, "=high", day), ("b", 8, 2, 3.5, None)]
    book = openpyxl.load_workbook(reader.write(rows))
    book["Models"]["D2"].data_type = "s"
    book.save(reader.path)
    table = read_workbook(reader.path, reader.registry)
    assert [list(row.carried) for row in table.rows] == [["# Price", "#Seen"]] * 2
    assert [dict(row.carried) for row in table.rows] == [
        {"# Price": "=high", "#Seen": day}, {"# Price": 3.5, "#Seen": None},
    ]  # fmt: skip


def test_columns_that_differ_on_a_field_are_asked_about(reader: Reader) -> None:
    """Two columns that say different things of one field leave open which one is meant."""
    table = reader.table([("name", "Experts", "# experts", "top_k"), ("a", 8, 16, 2)])
    assert set(table.rows[0].numbers) == {"num_experts_per_tok"}
    assert [item.place for item in table.unclear] == ["Models!B1", "Models!C1"]
    assert "num_experts" in table.rows[0].unclear


def test_the_surest_of_two_columns_is_read(reader: Reader) -> None:
    """A field's own name wins over another wording, which is carried along and asked about."""
    table = reader.table([(*PLAIN, "Experts"), ("a", 8, 2, 16)])
    assert table.rows[0].numbers["num_experts"].value == 8
    assert table.rows[0].carried == {"Experts (D1)": 16}
    assert [unclear.fields for unclear in table.unclear] == [("num_experts",)]


def test_a_column_that_says_the_same_again_is_carried(reader: Reader) -> None:
    """Nothing is open where both columns agree."""
    table = reader.table([("name", "Experts", "# experts", "top_k"), ("a", 8, 8, 2)])
    assert table.rows[0].carried == {"# experts": 8}
    assert not table.unclear


def test_carried_columns_of_one_header_are_told_apart(reader: Reader) -> None:
    """Neither hides the other."""
    table = reader.table([(*PLAIN, "#Own", "#own"), ("a", 8, 2, 1, 2)])
    assert table.rows[0].carried == {"#Own": 1, "#own (E1)": 2}


def test_the_header_may_stand_below_a_title(reader: Reader) -> None:
    """Title rows, merged cells in them and empty rows above the header are passed over."""
    reader.write([("Our models", None), (), ("as of", "name"), PLAIN, (), ("a", 8, 2)])
    book = openpyxl.load_workbook(reader.path)
    book["Models"].merge_cells("A1:C2")
    book.save(reader.path)
    [row] = read_workbook(reader.path, reader.registry).rows
    assert row.place == "Models!6"


def test_a_sheet_without_header_is_refused(reader: Reader) -> None:
    """The answer says what a header looks like."""
    [problem] = reader.problems([("some", "thing"), (1, 2)])
    assert "found no header row in the first 30 rows" in str(reader.inspect().problems[0])
    assert "moe-report init" in problem
    assert "found no header row" in reader.problems([])[0]


def test_a_merged_header_names_its_first_column(reader: Reader) -> None:
    """A header over two columns names one of them; numbers under the other are carried along."""
    reader.write([(*PLAIN, None), ("a", 8, 2, 4)])
    book = openpyxl.load_workbook(reader.path)
    book["Models"].merge_cells("C1:D1")
    book.save(reader.path)
    [row] = reader.inspect().table.rows
    assert row.carried == {"column D": 4}


def test_a_number_merged_over_rows_counts_for_each(reader: Reader) -> None:
    """It is shown for all of them, and a line says so."""
    reader.write([PLAIN, ("a", 8, 2), ("b", None, 4)])
    book = openpyxl.load_workbook(reader.path)
    book["Models"].merge_cells("B2:B3")
    book.save(reader.path)
    table = reader.inspect().table
    assert [row.numbers["num_experts"].value for row in table.rows] == [8, 8]
    assert str(table.warnings[0]).endswith("merged cells count for each of their rows: B2:B3")


def test_values_under_no_header_are_carried(reader: Reader) -> None:
    """A column that somebody forgot to name is called by its letter."""
    table = reader.table([(*PLAIN, None, " "), ("a", 8, 2), ("b", 8, 2, None, "x")])
    assert table.rows[1].carried == {"column E": "x"}


@pytest.mark.parametrize(
    ("header", "found"),
    [("#REF!", "cell D1: found the error #REF!"), ("=1+1", "cell D1: found the formula =1+1")],
)
def test_a_broken_header_is_refused(reader: Reader, header: str, found: str) -> None:
    """The error #REF! is no header that starts with #."""
    [problem] = reader.problems([(*PLAIN, header), ("a", 8, 2, 4)])
    assert problem.startswith(found)


# -- sheets


def _sheets(path: Path, *names: str, hidden: Sequence[str] = ()) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in names:
        sheet = book.create_sheet(name)
        sheet.append(PLAIN)
        sheet.append((f"on {name}", 8, 2))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)


def _read_from(reader: Reader, sheet: str | None = None) -> str:
    return reader.inspect(sheet=sheet).table.rows[0].name


def test_the_sheet_is_found(reader: Reader) -> None:
    """Models wins; else the only sheet, or the only visible one; like Excel, case is ignored."""
    _sheets(reader.path, "Old", "Models", "More")
    assert _read_from(reader) == "on Models"
    assert _read_from(reader, "More") == "on More"
    _sheets(reader.path, "Sheet1")
    assert _read_from(reader) == "on Sheet1"
    _sheets(reader.path, "Lists", "Mine", hidden=["Lists"])
    assert _read_from(reader) == "on Mine"
    _sheets(reader.path, "Old", "models")
    assert _read_from(reader) == "on models"


def test_no_sheet_is_guessed(reader: Reader) -> None:
    """Of several sheets that have models alike none is picked; the error says the way out."""
    _sheets(reader.path, "2023", "Modells")
    with pytest.raises(InputError) as caught:
        reader.inspect()
    assert caught.value.message == (
        "models.xlsx: the sheets '2023' and 'Modells' have models alike; name one, or several, "
        "with --sheet"
    )
    with pytest.raises(InputError, match=r"there is no sheet 'Model'.*Did you mean 'Modells'\?"):
        reader.inspect(sheet="Model")


def test_a_hidden_sheet_is_read_and_noted(reader: Reader) -> None:
    """What is read but not seen is worth a note, and what is left out another."""
    _sheets(reader.path, "Models", "Seen", hidden=["Models"])
    assert list(map(str, reader.inspect().table.warnings)) == [
        "models.xlsx: the sheet 'Models' that was read is hidden",
        "models.xlsx: not taken along: the sheet 'Seen'",
    ]


def test_a_chart_sheet_is_no_sheet(reader: Reader) -> None:
    """A chart on a sheet of its own has no cells; it is neither read nor counted."""
    with xlsxwriter.Workbook(reader.path) as book:
        chart = book.add_chart({"type": "bar"})
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, PLAIN)
        sheet.write_row(1, 0, ("a", 8, 2))
        chart.add_series({"values": "=Data!$B$2:$C$2"})
        book.add_chartsheet("Models").set_chart(chart)
    assert _read_from(reader) == "a"
    with pytest.raises(InputError, match="there is no sheet 'Models'; found 'Data'"):
        reader.inspect(sheet="Models")


# -- rows


def test_empty_rows_and_cells_are_passed_over(reader: Reader) -> None:
    """Blank cells, and signs that say "not known", leave a field missing."""
    rows = [PLAIN, (), ("a", 8, None), (None, " ", None), ("b", "-", 2), ("c", "n/a", 2)]
    table = reader.table(rows)
    assert [row.name for row in table.rows] == ["a", "b", "c"]
    assert [list(row.numbers) for row in table.rows] == [
        ["num_experts"], ["num_experts_per_tok"], ["num_experts_per_tok"],
    ]  # fmt: skip
    assert [row.place for row in table.rows] == ["Models!3", "Models!5", "Models!6"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (datetime.datetime(2024, 8, 2), "found the date 2024-08-02, expected a number for "
                                        "num_experts"),
        (datetime.time(8, 2), "found the time 08:02:00, expected a number for num_experts"),
        (0, "found 0, expected at least 1 for num_experts"),
        (-8, "found -8, expected at least 1 for num_experts"),
        (-1e20, "found -1e+20, expected at least 1 for num_experts"),
        (8.5, "found 8.5, expected a whole number for num_experts"),
        (2**53 + 2, "found 9007199254740994, expected at most 2^53 (9,007,199,254,740,992) for "
                    "num_experts"),
        (1e300, "found 1e+300, expected at most 2^53 (9,007,199,254,740,992) for num_experts"),
        ("#REF!", "found the error #REF!; expected a value"),
        ("#N/A", "found the error #N/A; expected a value"),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_wrong_number_is_refused(reader: Reader, value: object, message: str) -> None:
    """Each names what was found and what was expected."""
    assert reader.problems([PLAIN, ("a", value, None)]) == [f"cell B2: {message}"]


@pytest.mark.parametrize("value", ["eight", "8 FFN + 8 attn", True, "x" * 500])
def test_what_is_no_number_is_a_finding(reader: Reader, value: object) -> None:
    """The number is missing then, and the run goes on."""
    table = reader.table([PLAIN, ("a", value, 2)])
    assert "num_experts" not in table.rows[0].numbers
    assert "num_experts" in table.rows[0].unclear
    assert [(item.model, item.place) for item in table.unclear] == [("a", "Models!B2")]


def test_a_percentage_for_a_count_is_refused(reader: Reader) -> None:
    """25 % is 0.25, which is no number of experts."""
    [problem] = reader.problems([PLAIN, ("a", 0.25, 1)], B2="0%")
    assert problem == "cell B2: found 0.25, expected at least 1 for num_experts"


@pytest.mark.parametrize(
    ("value", "read"), [(1, 1), (0, 0), (True, 1), ("yes", 1), ("FALSE", 0), ("No", 0)]
)
def test_a_flag_may_be_words(reader: Reader, value: object, read: float) -> None:
    """0 or 1 may also be written as yes and no, or as truth values."""
    assert reader.one("tie_word_embeddings", value) == read


def test_a_flag_is_zero_or_one(reader: Reader) -> None:
    """Another number for a flag is refused; a word that is neither yes nor no is a finding."""
    assert reader.problems([("name", "qkv_bias", "top_k"), ("a", 2, 2)]) == [
        "cell B2: found 2, expected 0 or 1 for qkv_bias",
    ]
    table = reader.table([("name", "tie_word_embeddings", "top_k"), ("a", "maybe", 2)])
    assert [item.fields for item in table.unclear] == [("tie_word_embeddings",)]


def test_more_chosen_experts_than_there_are_is_refused(reader: Reader) -> None:
    """Rules that hold between two fields of a row name both."""
    assert reader.problems([PLAIN, ("a", 8, 9)]) == [
        "cell C2: found 9 for num_experts_per_tok, expected at most num_experts, which is 8"
    ]
    assert not reader.problems([PLAIN, ("a", 8, 8), ("b", None, 9)])


def test_names_are_unique_and_present(reader: Reader) -> None:
    """A second row of one name, and a row without, are refused; each keeps its place."""
    assert reader.problems([PLAIN, ("a", 8, 2), (None, 16, 2), ("a ", 4, 2)]) == [
        "cell A3: found a row without a name; expected one in every row",
        "cell A4: found a second model named 'a' (the first is in Models!2); expected each "
        "name once",
    ]


def test_a_heading_alone_is_not_called_a_model(reader: Reader) -> None:
    """What else there is to note, such as a hidden sheet, does not change what is said of rows."""
    _sheets(reader.path, "Models", "Seen", hidden=["Models"])
    book = openpyxl.load_workbook(reader.path)
    book["Models"].delete_rows(2, 9)
    book.save(reader.path)
    assert reader.lines()[0].endswith("found a header in row 1 but no model below it")
    book["Models"].append(("Dense models",))
    book.save(reader.path)
    assert reader.lines()[0].endswith("but no row with a number below it")


def test_a_row_with_only_a_name_is_skipped_and_noted(reader: Reader) -> None:
    """It may be a heading between the rows, but it may also be a mistake."""
    table = reader.table([PLAIN, ("Dense models",), ("a", 8, 2)])
    assert [row.name for row in table.rows] == ["a"]
    assert tuple(map(str, table.warnings)) == (
        "models.xlsx, sheet Models: 'Dense models' (Models!2) has no number at all and is skipped",
    )


def test_a_sheet_without_models_is_refused(reader: Reader) -> None:
    """A header alone, or names alone, make no report."""
    reader.write([PLAIN])
    [problem] = reader.inspect().problems
    assert str(problem) == (
        "models.xlsx, sheet Models: found a header in row 1 but no model below it"
    )
    reader.write([PLAIN, ("a",)])
    [problem] = reader.inspect().problems
    assert "but no row with a number below it" in str(problem)


def test_all_problems_are_told_at_once(reader: Reader) -> None:
    """One run shows everything, sheet by sheet, each problem on a line of its own."""
    reader.write([(*PLAIN, "nonsense"), ("a", 0, 2), ("b", 8, 9), (None, 0, 1), ("b", 4, 0.5)])
    book = openpyxl.load_workbook(reader.path)
    sheet = book.create_sheet("Assumptions")
    for row in (("name", "value"), ("contextlength", 5), ("batch_size", -1)):
        sheet.append(row)
    book.save(reader.path)
    cells = [(problem.sheet, problem.cell) for problem in reader.inspect().problems]
    assert cells == [
        ("Models", "B2"), ("Models", "C3"), ("Models", "B4"), ("Models", "A4"),
        ("Models", "C5"), ("Models", "A5"), ("Assumptions", "A2"), ("Assumptions", "A3"),
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_workbook(reader.path, reader.registry)
    # what two cells of a column have in common is one line
    assert caught.value.message.count("\n") < len(cells) - 1


# -- names and texts


@pytest.mark.parametrize(
    "name", ["=1+1", "+cmd", "@x", "Mixtral ×8 – 中文 🦙 עברית", "m" * 5000, "<b>&amp;", "'x"]
)
def test_any_text_is_a_name(reader: Reader, name: str) -> None:
    """A text that starts with = is no formula, and no length or letter is special."""
    reader.write([PLAIN, ("x", 8, 2)])
    book = openpyxl.load_workbook(reader.path)
    book["Models"]["A2"].value = name
    book["Models"]["A2"].data_type = "s"
    book.save(reader.path)
    table = read_workbook(reader.path, reader.registry)
    assert table.rows[0].name == name
    assert build_report(table, reader.registry).models[0].name == name


def test_a_number_is_a_name(reader: Reader) -> None:
    """A model may be called 7, but a date was surely a name that Excel made one of."""
    assert reader.table([PLAIN, (7, 8, 2)]).rows[0].name == "7"
    problems = reader.problems([PLAIN, (datetime.datetime(2024, 5, 1), 8, 2)])
    assert problems == ["cell A2: found the date 2024-05-01, expected text"]


def test_a_line_break_in_a_name_is_a_space(reader: Reader) -> None:
    """Cells wrap names for looks; two lines are still one name."""
    rows = [("name", "num_experts", "remark"), ("Mixtral\n 8x7B ", 8, "one\ntwo_x000D_\nthree")]
    [row] = reader.table(rows).rows
    assert row.name == "Mixtral 8x7B"
    assert row.texts["remark"] == "one\ntwo\nthree"


def test_a_control_character_in_a_text_is_refused(reader: Reader) -> None:
    """Excel spells it _x001B_; on a terminal it would start an escape sequence."""
    assert reader.problems([PLAIN, ("a_x001B_[2J", 8, 2)]) == [
        "cell A2: found 'a\\x1b[2J', expected text without control characters"
    ]
    assert reader.table([PLAIN, ("_x0041_x", 8, 2)]).rows[0].name == "Ax"
    assert reader.table([PLAIN, ("a_xD800_", 8, 2)]).rows[0].name == "a\ufffd"


def test_compare_with_names_a_row_or_an_example(reader: Reader) -> None:
    """The model that a row is compared with is checked with everything else, at its cell."""
    example = example_models()[0].name
    rows = [
        (*PLAIN, "compare_with"),
        ("a", 8, 2, "b"),
        ("b", 8, 2, example),
        ("c", 8, 2, "Mixtrl-8x7B"),
    ]
    [problem] = reader.problems(rows)
    assert problem == (
        "cell D4: found 'Mixtrl-8x7B', expected the name of another row or of a shipped example. "
        "Did you mean 'Mixtral-8x7B'?"
    )


# -- formulas


def test_a_formula_without_a_value_is_refused(reader: Reader) -> None:
    """Openpyxl stores formulas without values; they are no blanks, but where they are carried."""
    problems = reader.problems([(*PLAIN, "#own"), ("a", "=4+4", 2, "=B2"), ("=B1", 8, 2, None)])
    hint = "without a stored value; open the file in Excel or LibreOffice and save it"
    assert problems == [
        f"cell B2: found the formula =4+4 {hint}",
        f"cell A3: found the formula =B1 {hint}",
    ]


def test_a_formula_with_a_value_counts(reader: Reader) -> None:
    """The value that is stored with a formula is read, and its cell is known."""
    with xlsxwriter.Workbook(reader.path) as book:
        sheet = book.add_worksheet("Models")
        sheet.write_row(0, 0, PLAIN)
        sheet.write(1, 0, "a")
        sheet.write_formula("B2", "=4+4", None, 8)
    table = read_workbook(reader.path, reader.registry)
    assert {name: item.value for name, item in table.rows[0].numbers.items()} == {"num_experts": 8}


@pytest.mark.slow
def test_values_that_nobody_computed_are_noted(reader: Reader) -> None:
    """XlsxWriter stores 0 for each formula and asks Excel to compute it on opening."""
    with xlsxwriter.Workbook(reader.path) as book:
        sheet = book.add_worksheet("Models")
        sheet.write_row(0, 0, (*PLAIN, "num_shared_experts"))
        sheet.write_row(1, 0, ("a", 8, 2))
        sheet.write_formula("D2", "=1+1")
    [note] = read_workbook(reader.path, reader.registry).warnings
    assert "(D2) may be stale" in note.text
    path = convert(reader.path, reader.path.parent / "saved")
    table = read_workbook(path, reader.registry)
    assert not table.warnings
    assert table.rows[0].numbers["num_shared_experts"].value == 2


# -- other programs


@pytest.mark.slow
def test_a_workbook_of_libreoffice_is_read(reader: Reader) -> None:
    """Formulas, errors, texts and empty cells arrive the same through LibreOffice."""
    reader.write([(*PLAIN, "#own"), ("a", "=4+4", 2, "x"), ("b", "=1/0", "=NA()", None)])
    reader.path = convert(reader.path, reader.path.parent / "libre")
    assert reader.lines() == [
        "cell B3: found the error #DIV/0!; expected a value",
        "cell C3: found the error #N/A; expected a value",
    ]
    assert reader.inspect().table.rows[0].numbers["num_experts"].value == 8


def test_what_openpyxl_would_lose_is_no_warning(reader: Reader) -> None:
    """Newer data bars and the like make openpyxl warn of losses that only saving would bring."""
    with xlsxwriter.Workbook(reader.path) as book:
        sheet = book.add_worksheet("Models")
        sheet.write_row(0, 0, PLAIN)
        sheet.write_row(1, 0, ("a", 8, 2))
        sheet.conditional_format("B2:B9", {"type": "data_bar", "data_bar_2010": True})
        sheet.write_datetime(
            "C3", datetime.datetime(2024, 1, 1), book.add_format({"num_format": "d"})
        )
    assert reader.lines() == [
        "cell C3: found the date 2024-01-01, expected a number for num_experts_per_tok",
        "cell A3: found a row without a name; expected one in every row",
    ]


def test_a_date_out_of_range_is_refused(reader: Reader) -> None:
    """A number that is formatted as a date beyond all calendars is an error cell."""
    [problem] = reader.problems([PLAIN, ("a", 9e9, 2)], B2="yyyy-mm-dd")
    assert problem == "cell B2: found the error #VALUE!; expected a value"


def test_macros_are_no_obstacle(reader: Reader, tmp_path: Path) -> None:
    """An .xlsm file is read like any other."""
    path = tmp_path / "models.xlsm"
    parts = parts_of()
    types = str(parts["[Content_Types].xml"]).replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main",
        "application/vnd.ms-excel.sheet.macroEnabled.main",
    )
    path.write_bytes(
        zipped(parts | {"[Content_Types].xml": types, "xl/vbaProject.bin": b"\xd0\xcf"})
    )
    assert read_workbook(path, reader.registry).rows[0].name == "tiny"


def test_rich_text_and_shared_strings_are_read(reader: Reader) -> None:
    """A header in two colours is one text, inline or shared, without its pronunciation."""
    parts = parts_of(sheet_xml(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><r><t>num_</t></r>'
        "<r><rPr><b/></rPr><t>experts</t></r></is></c></row>"
        '<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>8.0</v></c></row>'
    ))  # fmt: skip
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<si><r><t>na</t></r><r><t>me</t></r></si>"
        '<si><t>模型</t><rPh sb="0" eb="1"><t>mo</t></rPh></si></sst>'
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types = str(parts["[Content_Types].xml"]).replace(
        "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    )
    parts |= {"[Content_Types].xml": types, "xl/sharedStrings.xml": strings}
    reader.path.write_bytes(zipped(parts))
    [row] = read_workbook(reader.path, reader.registry).rows
    assert row.name == "模型"
    assert row.numbers["num_experts"].value == 8


def test_cells_without_addresses_are_read(reader: Reader) -> None:
    """Some programs leave out where a cell stands: right of the one before, in the next row."""
    text = '<c t="inlineStr"><is><t>{}</t></is></c>'
    rows = (
        f"<row>{''.join(map(text.format, PLAIN))}</row><row/>"
        f"<row>{text.format('a')}<c><v>8</v></c><c><f>1+1</f></c></row>"
        f"<row>{text.format('b')}<c/><c><v>4</v></c></row>"
    )
    reader.path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    [problem] = reader.lines()
    assert problem.startswith("cell C3: found the formula =1+1")
    first, second = reader.inspect().table.rows
    assert first.numbers["num_experts"].place == "Models!B3"
    assert second.numbers["num_experts_per_tok"].place == "Models!C4"


def test_a_date_that_is_none_is_refused(reader: Reader) -> None:
    """As a number that is none: the cell is named, and what the file says of it."""
    rows = sheet_xml().replace('t="inlineStr"><is><t>tiny</t></is>', 't="d"><v>5</v>')
    reader.path.write_bytes(zipped(parts_of(rows)))
    with pytest.raises(InputError) as caught:
        reader.inspect()
    assert caught.value.message == (
        "models.xlsx, sheet Models, cell A2: found '5', while the file says that it is a date"
    )


# -- assumptions


def _with_assumptions(reader: Reader, *rows: Sequence[object], sheet: str = "Assumptions") -> None:
    reader.write([PLAIN, ("a", 8, 2)])
    book = openpyxl.load_workbook(reader.path)
    target = book.create_sheet(sheet)
    for row in rows:
        target.append(list(row))
    book.save(reader.path)


@pytest.mark.parametrize("sheet", ["Assumptions", "assumptions"])
def test_assumptions_are_read(reader: Reader, sheet: str) -> None:
    """The sheet Assumptions sets what the metrics are computed for; empty cells leave defaults."""
    _with_assumptions(
        reader, ("Set here", None), (), ("Name", "Unit", "Value"), ("Hardware",),
        (" context_length ", "tokens", 32_768), ("flops_per_mac", None, None), sheet=sheet,
    )  # fmt: skip
    table = read_workbook(reader.path, reader.registry)
    assert {name: item.value for name, item in table.assumptions.items()} == {
        "context_length": 32_768
    }
    assert table.assumptions["context_length"].place == f"{sheet}!C5"
    [value] = [
        item
        for item in build_report(table, reader.registry).assumptions
        if item.definition.name == "context_length"
    ]
    assert value.value == 32_768
    assert value.given


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("contextlength", 5), "cell A2: found 'contextlength', expected the name of an assumption."
                               " Did you mean 'context_length'?"),
        (("context_length", "long"), "cell B2: found 'long', expected a number for context_length"),
        (("context_length", "4096"), "cell B2: found '4096', expected a number for context_length "
                                     "(it is stored as text; convert the cell to a number)"),
        (("context_length", True), "cell B2: found True, expected a number for context_length"),
        (("context_length", "#N/A"), "cell B2: found '#N/A', expected a number for context_length"),
        (("context_length", "=4*1024"), "cell B2: found the formula =4*1024 without a stored value;"
                                        " open the file in Excel or LibreOffice and save it"),
        ((None, 4096), "cell A2: found 4096 without a name; expected the name of an assumption"),
        ((5, 4096), "cell A2: found 5, expected the name of an assumption."),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_a_wrong_assumption_is_refused(reader: Reader, row: Sequence[object], message: str) -> None:
    """Each names the cell of the sheet Assumptions."""
    _with_assumptions(reader, ("name", "value"), row)
    assert reader.lines("Assumptions") == [message]


def test_an_assumption_out_of_bounds_is_refused(reader: Reader) -> None:
    """The error says the bounds."""
    _with_assumptions(reader, ("name", "value"), ("context_length", -1))
    [problem] = reader.lines("Assumptions")
    assert problem == "cell B2: found -1, expected at least 1 for context_length"


def test_an_assumption_that_stands_twice_is_refused(reader: Reader) -> None:
    """The second would silently win."""
    rows = (("name", "value"), ("context_length", 1024), ("context_length", 2048))
    _with_assumptions(reader, *rows)
    assert reader.lines("Assumptions") == [
        "cell A3: found context_length once more (already in A2); expected it once"
    ]


def test_a_sheet_of_other_assumptions_is_skipped_and_noted(reader: Reader) -> None:
    """Somebody's own sheet of that name, without our columns, is not ours to judge."""
    _with_assumptions(reader, ("what", "how much"), ("rent", 5))
    table = read_workbook(reader.path, reader.registry)
    assert table.assumptions == {}
    assert "has no columns 'name' and 'value' and is skipped" in table.warnings[0].text


# -- our own report as input


@pytest.fixture
def own(demo: Path, reader: Reader) -> Reader:
    """A copy of the demo's report."""
    shutil.copy(demo / "models.report.xlsx", reader.path)
    return reader


def _cell_of(path: Path, model: str, column: str) -> tuple[str, int]:
    book = openpyxl.load_workbook(path)
    found: dict[str, tuple[int, int]] = {}
    for row, values in enumerate(book["Models"].iter_rows(values_only=True), start=1):
        for at, value in enumerate(values, start=1):
            if value in (model, column):
                found.setdefault(str(value), (row, at))
    book.close()
    return openpyxl.utils.get_column_letter(found[column][1]), found[model][0]


def test_an_own_report_reads_back_as_its_input(own: Reader, demo: Path) -> None:
    """A report holds its input: reading it gives the same rows, and computes the same numbers."""
    first = read_workbook(demo / "models.xlsx", own.registry)
    second = read_workbook(own.path, own.registry)
    assert not second.warnings
    old, new = build_report(first, own.registry), build_report(second, own.registry)
    assert [row.name for row in first.rows] == [row.name for row in second.rows]
    for name, column in old.columns.items():
        values = [cell.value for cell in new.columns[name].cells]
        assert values == [cell.value for cell in column.cells], name
    assert [f.message for f in old.findings] == [f.message for f in new.findings]


def test_a_number_typed_over_a_formula_wins(own: Reader) -> None:
    """Somebody types a total over a report's formula: that total is then given, as in any input."""
    letters, row = _cell_of(own.path, "Mixtral-8x7B", "total_params")
    _edit_with_values(own.path, lambda sheet: sheet.__setitem__(f"{letters}{row}", 50e9))
    table = read_workbook(own.path, own.registry)
    typed = next(item for item in table.rows if item.name == "Mixtral-8x7B")
    assert typed.numbers["total_params"].value == 50e9
    assert typed.numbers["total_params"].place == f"Models!{letters}{row}"
    assert "active_params" not in typed.numbers
    report = build_report(table, own.registry)
    at = [model.name for model in report.models].index("Mixtral-8x7B")
    assert report.columns["total_params"].cells[at].provenance == Provenance.GIVEN


def _edit_with_values(path: Path, edit: Callable[[object], None]) -> None:
    """Edit a workbook with openpyxl; it drops the formulas' values, which nobody needs here."""
    book = openpyxl.load_workbook(path)
    edit(book["Models"])
    book.save(path)


# -- through the command line


def test_an_edge_of_every_kind_reaches_every_format(reader: Reader, tmp_path: Path) -> None:
    """Odd names, carried dates, times and texts that look like formulas are written everywhere."""
    rows = [
        (*PLAIN, "#day", "#time", "#text", "remark"),
        (
            "Mixtral ×8\n中文 🦙",
            8,
            2,
            datetime.datetime(2024, 1, 8),
            datetime.time(1, 2),
            "=1+1",
            "<b>",
        ),
        ("m" * 3000, 8, 2, datetime.timedelta(days=2), True, "a_x0007_b", "two\nlines"),
    ]
    book = openpyxl.load_workbook(reader.write(rows))
    book["Models"]["F2"].data_type = "s"
    book["Models"]["A2"].font = Font(bold=True)
    book.save(reader.path)
    formats = [
        item for name in ("xlsx", "html", "json", "csv", "md") for item in ("--format", name)
    ]
    result = CliRunner().invoke(
        main, ["run", str(reader.path), "-o", str(tmp_path / "out"), *formats]
    )
    assert result.exit_code == 0, result.output
    assert all(
        (tmp_path / "out" / f"models.report.{name}").stat().st_size for name in formats[1::2]
    )
    sheet = openpyxl.load_workbook(tmp_path / "out" / "models.report.xlsx")["Models"]
    values = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert values["=1+1"] == "s"
    assert values["Mixtral ×8 中文 🦙"] == "s"
