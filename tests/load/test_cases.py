"""Workbooks as people have them: each is read as its author means it, and says what it left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from moe_report.compute.build import build_report
from moe_report.load.workbook import Read, inspect_workbook, open_workbook
from moe_report.reports import Report
from moe_report.schema.registry import Registry
from moe_report.table import Row
from tests.workbooks import F, calculated


def of(path: Path, registry: Registry) -> Read:
    """What a workbook is read as, without a problem."""
    read = inspect_workbook(open_workbook(path), registry)
    assert read.problems == ()
    return read


def report_of(read: Read, registry: Registry) -> Report:
    """The report of what was read."""
    return build_report(read.table, registry)


def numbers(row: Row) -> Mapping[str, float]:
    """The numbers of a model."""
    return {name: number.value for name, number in row.numbers.items()}


def notices(read: Read) -> list[str]:
    """What is said of the reading."""
    return [notice.text for notice in read.table.warnings]


def test_messy_headers(tmp_path: Path, registry: Registry) -> None:
    """Titles above, a vendor, a share as formula, a gap, a row of totals, a comment."""
    rows = [
        ("MoE model landscape (internal)",),
        ("Owner: infra team",),
        (),
        ("Model", "Vendor", "Params (B)", "Active (B)", "Active %", "# Experts", "Top-K",
         "Hidden size", "Layers", "Comments"),
        ("Mixtral 8x7B", "Mistral", 46.7, 12.9, F("=D5/C5", 12.9 / 46.7), 8, 2, 4096, 32, "old"),
        ("DeepSeek-V3", "DeepSeek", 671, 37, F("=D6/C6", 37 / 671), 256, 8, 7168, 61, "MLA"),
        (),
        ("Qwen3-30B-A3B", "Alibaba", 30.5, 3.3, F("=D8/C8", 3.3 / 30.5), 128, 8, 2048, 48, ""),
        ("Total", None, F("=SUM(C5:C8)", 748.2), F("=SUM(D5:D8)", 53.2)),
    ]  # fmt: skip
    path = calculated(
        tmp_path / "messy.xlsx", {"MoE overview": rows}, merged={"MoE overview": ["A1:J1"]},
        comments={"C6": "from the paper"},
        formats={f"E{row}": "0.0%" for row in (5, 6, 8)},
    )  # fmt: skip
    read = of(path, registry)
    assert [row.name for row in read.table.rows] == ["Mixtral 8x7B", "DeepSeek-V3", "Qwen3-30B-A3B"]
    first = read.table.rows[0]
    assert numbers(first) == {
        "total_params": 46.7e9, "active_params": 12.9e9, "num_experts": 8,
        "num_experts_per_tok": 2, "hidden_size": 4096, "num_hidden_layers": 32,
        "parameter_efficiency": 12.9 / 46.7,
    }  # fmt: skip
    assert first.texts == {"remark": "old"}
    assert first.carried == {"Vendor": "Mistral"}
    assert notices(read) == [
        "carried along: Vendor",
        "left out, for they sum up other rows: 'Total' (C9 sums up others)",
        "not taken along: 1 comment (C6)",
    ]
    assert report_of(read, registry).findings == ()


def test_numbers_as_text(tmp_path: Path, registry: Registry) -> None:
    """Multiples, signs for thousands, marks of what is missing, and an assumption's column."""
    rows = [
        ("Model name", "Total params", "Active params", "Experts", "Top-k", "d_model",
         "d_ff (expert)", "Layers", "Vocab", "Context length", "Notes"),
        ("a", "46.7B", "12.9B", "8", "2", "4,096", "14,336", "32", "32,000", "32k", "ok"),
        ("b", "~141B", "39B", "8", "2", "6144", "16384", "56", "32768", "64K", None),
        ("c", "236 B", "21 B", "160", "6", "5120", "1,576", "60", "102,400", "128k", None),
        ("d", "1.8T", "280B", "16", "2", "n/a", "?", "120", "TBD", "-", "rumour"),
        ("e", "41.9bn", "6.6bn", "16", "2", "4096", "6400", "32", "32064", "131072", None),
        ("f", "52 billion", "12 billion", "16", "2", "4096", "14336", "32", "65536", "256k", None),
    ]  # fmt: skip
    read = of(calculated(tmp_path / "texts.xlsx", {"Models": rows}), registry)
    by_name = {row.name: row for row in read.table.rows}
    totals = [row.numbers["total_params"].value for row in read.table.rows]
    assert totals == [46.7e9, 141e9, 236e9, 1.8e12, 41.9e9, 52e9]
    assert [row.name for row in read.table.rows if row.numbers["total_params"].about] == ["b"]
    assert numbers(by_name["a"])["hidden_size"] == 4096
    assert numbers(by_name["c"])["moe_intermediate_size"] == 1576
    assert not {"hidden_size", "moe_intermediate_size", "vocab_size"} & {*numbers(by_name["d"])}
    assert by_name["a"].carried == {"Context length": "32k"}
    assert any("Context length is an assumption" in text for text in notices(read))


def test_models_as_columns(tmp_path: Path, registry: Registry) -> None:
    """Every place is the cell of the user's sheet."""
    rows = [
        (None, "Mixtral-8x7B", "Qwen3-30B-A3B", "DeepSeek-V3"),
        ("Total params (B)", 46.7, 30.5, 671),
        ("num_experts", 8, 128, 256),
        ("top_k", 2, 8, 8),
        ("num_hidden_layers", 32, 48, 61),
        ("Comments", "classic", "small", "big"),
    ]
    path = calculated(tmp_path / "turned.xlsx", {"Comparison": rows})
    read = of(path, registry)
    assert [(row.name, row.place) for row in read.table.rows] == [
        ("Mixtral-8x7B", "Comparison!B"), ("Qwen3-30B-A3B", "Comparison!C"),
        ("DeepSeek-V3", "Comparison!D"),
    ]  # fmt: skip
    last = read.table.rows[2]
    assert last.numbers["num_experts"].place == "Comparison!D3"
    assert (last.numbers["total_params"].value, last.texts["remark"]) == (671e9, "big")
    assert read.places is None
    rows[3] = ("top_k", 2, 8, 512)
    wrong = inspect_workbook(
        open_workbook(calculated(tmp_path / "turned.xlsx", {"Comparison": rows})), registry
    )
    [problem] = wrong.problems
    assert problem.cell == "D4"


def test_two_sheets(tmp_path: Path, registry: Registry) -> None:
    """The sheet that has models is read, which is said, and so is what stays behind."""
    models = [("Model", "Total (B)", "Active (B)", "Experts", "Top-K"), ("a", 46.7, 12.9, 8, 2)]
    prices = [("Model", "$/Mtok in", "$/Mtok out", "GPU"), ("a", 0.24, 0.24, "2xA100")]
    path = calculated(tmp_path / "two.xlsx", {"Pricing": prices, "2025 Q3": models})
    read = of(path, registry)
    assert read.table.source.sheet == "2025 Q3"
    assert notices(read) == [
        "the models were found in the sheet '2025 Q3'",
        "not taken along: the sheet 'Pricing'",
    ]


def test_unknown_columns(tmp_path: Path, registry: Registry) -> None:
    """Units in headers count, and what is no field is carried along."""
    rows = [
        ("Name", "Total parameters [B]", "Routed experts", "Active experts", "Hidden",
         "Expert FFN dim", "Vocab (k)", "Dense GB (fp16)", "Ratio"),
        ("Mixtral", 46.7, 8, 2, 4096, 14336, 32, F("=B2*2", 93.4), F("=D2/C2", 0.25)),
        ("Qwen3", 30.5, 128, 8, 2048, 768, 151.936, F("=B3*2", 61), F("=D3/C3", 0.0625)),
        (),
        ("Average", F("=AVERAGE(B2:B3)", 38.6)),
    ]  # fmt: skip
    read = of(calculated(tmp_path / "unknown.xlsx", {"Models": rows}), registry)
    assert [row.name for row in read.table.rows] == ["Mixtral", "Qwen3"]
    second = read.table.rows[1]
    assert numbers(second) == {
        "total_params": 30.5e9, "num_experts": 128, "num_experts_per_tok": 8, "hidden_size": 2048,
        "moe_intermediate_size": 768, "vocab_size": 151936,
    }  # fmt: skip
    assert second.carried == {"Dense GB (fp16)": 61, "Ratio": 0.0625}


def test_two_header_rows(tmp_path: Path, registry: Registry) -> None:
    """A group's header is part of those below it; headings between the models are none."""
    rows = [
        ("Model", "Size (B)", None, "Experts", None, None, "License"),
        (None, "Total", "Active", "Total", "Top-K", "Shared", None),
        ("Open weights",),
        ("Mixtral-8x7B", 46.7, 12.9, 8, 2, 0, "Apache"),
        ("DeepSeek-V3", 671, 37, 256, 8, 1, "MIT"),
        ("Closed",),
        ("Grok-1", 314, 86, 8, 2, 0, "Apache"),
        ("Sum", F("=SUM(B4:B7)", 1031.7)),
    ]
    merged = ["A1:A2", "B1:C1", "D1:F1", "G1:G2", "A3:G3", "A6:G6"]
    path = calculated(tmp_path / "two.xlsx", {"Models": rows}, merged={"Models": merged})
    read = of(path, registry)
    assert [row.name for row in read.table.rows] == ["Mixtral-8x7B", "DeepSeek-V3", "Grok-1"]
    assert numbers(read.table.rows[1]) == {
        "total_params": 671e9, "active_params": 37e9, "num_experts": 256,
        "num_experts_per_tok": 8, "num_shared_experts": 1,
    }  # fmt: skip
    assert read.table.rows[1].carried == {"License": "MIT"}
    assert "'Open weights' (Models!3), 'Closed' (Models!6) have no number and are skipped" in (
        notices(read)
    )


def test_hash_headers(tmp_path: Path, registry: Registry) -> None:
    """A # before a header says "number of" and hides nothing."""
    rows = [
        ("Model", "# Params (B)", "# Active params (B)", "# Experts", "Top-K", "# Layers"),
        ("Mixtral-8x7B", 46.7, 12.9, 8, 2, 32),
    ]
    read = of(calculated(tmp_path / "hash.xlsx", {"Models": rows}), registry)
    assert numbers(read.table.rows[0]) == {
        "total_params": 46.7e9, "active_params": 12.9e9, "num_experts": 8,
        "num_experts_per_tok": 2, "num_hidden_layers": 32,
    }  # fmt: skip


MISLEADING = [
    ("Model", "Experts", "Top-K", "Hidden size", "expert_input_dim", "Layers", "Heads", "KV heads",
     "Vocab size"),
    ("Q", 128, 8, 2048, 768, 48, 32, 4, 151936),
]  # fmt: skip


def test_a_lone_layers_field_in_a_whole_model(tmp_path: Path, registry: Registry) -> None:
    """It is probably the experts' width: a finding, and no number rests on that one's default."""
    path = calculated(tmp_path / "misleading.xlsx", {"Models": MISLEADING})
    report = report_of(of(path, registry), registry)
    [finding] = report.findings
    assert (finding.level, finding.column, finding.place) == (
        "unclear", "expert_input_dim", "Models!E1",
    )  # fmt: skip
    assert "--column 'expert_input_dim=moe_intermediate_size'" in finding.message
    cell = report.columns["moe_intermediate_size"].cells[0]
    assert cell.value is None
    assert cell.unclear
    assert report.columns["total_params"].cells[0].value is None


@pytest.mark.parametrize("cells", [("Total",), ("Total", "Key figures")])
def test_a_workbook_to_fill_is_no_table_of_models(
    tmp_path: Path, registry: Registry, cells: tuple[str, ...]
) -> None:
    """What stands in braces is no number: one line says so."""
    rows = [("Model", *cells), ("{{ m.name }}", "{{ m.total_params | default(0) }}")]
    path = calculated(tmp_path / "template.xlsx", {"Models": rows})
    read = inspect_workbook(open_workbook(path), registry)
    [problem] = read.problems
    assert (problem.cell, "'{{ m.total_params" in problem.message) == ("B2", True)
