"""Where people put things: titles, groups, totals, other tables, other sheets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table

from tests.messy.form import BASICS, Messy, book, lines, reads

MIXTRAL = ("Mixtral-8x7B", 46.7e9, 12.9e9, 8, 2)
MIXTRAL_22 = ("Mixtral-8x22B", 141e9, 39e9, 8, 2)
DEEPSEEK = ("DeepSeek-V3", 671e9, 37e9, 256, 8)
QWEN = ("Qwen3-235B-A22B", 235e9, 22e9, 128, 8)
GLM = ("GLM-4.5", 355e9, 32e9, 160, 8)
HEAD = ["Model", "Total (B)", "Active (B)", "Experts", "Top-k"]
ROWS = [
    ["Mixtral-8x7B", 46.7, 12.9, 8, 2],
    ["DeepSeek-V3", 671, 37, 256, 8],
    ["Qwen3-235B-A22B", 235, 22, 128, 8],
]
THREE = (MIXTRAL, DEEPSEEK, QWEN)


def _analyst(page: Any) -> None:
    for cells in ("A1:L1", "C3:E3", "G3:J3", "A6:A7"):
        page.merge_cells(cells)


def _merged_heads(page: Any) -> None:
    for cells in ("A1:A2", "B1:C1", "D1:F1", "G1:G2"):
        page.merge_cells(cells)


def _hidden(page: Any) -> None:
    page.column_dimensions["C"].hidden = True
    page.row_dimensions[3].hidden = True


def _dates(page: Any) -> None:
    for row in (2, 3, 4):
        page.cell(row, 3).number_format = "mmm yyyy"
        page.cell(row, 4).number_format = '"$"#,##0.00'
        page.cell(row, 7).number_format = '0.0" B"'


def _table(page: Any) -> None:
    page.add_table(Table(displayName="Models_1", ref="A1:G4"))


def _comments(page: Any) -> None:
    page["B3"].comment = Comment("Without the layer for further tokens.", "a reader")
    page["A2"].comment = Comment("The first one.", "a reader")


LAYOUTS = [
    Messy(
        "analyst.xlsx",
        book(
            ["MoE landscape, Q3"],
            [],
            [None, None, "Size", None, None, None, "Routing", None, None, None, None, "Shape"],
            ["Vendor", "Model", "Total", "Active", "Weights", None, "Experts", "Top-k", "Shared",
             None, None, "Layers"],
            [None, None, "(B)", "(B)", "(GB)", None, "#", "#", "#", None, None, None],
            ["Mistral AI", "Mixtral-8x7B", 46.7, 12.9, 93.4, None, 8, 2, 0, None, None, 32],
            [None, "Mixtral-8x22B", 141, 39, 282, None, 8, 2, 0, None, None, 56],
            [],
            ["DeepSeek", "DeepSeek-V3", 671, 37, 688, None, 256, 8, 1, None, None, 61],
            [],
            ["Source: technical reports and model cards."],
            ["(1) Weights as published, FP8 for DeepSeek-V3."],
            dress=_analyst,
        ),
        reads(f"{BASICS} num_shared_experts num_hidden_layers", (*MIXTRAL, 0, 32),
              (*MIXTRAL_22, 0, 56), (*DEEPSEEK, 1, 61)),
        carried=("Vendor", "Weights"),
        maybe=dict.fromkeys(("Shared", "Routing / Shared"), "num_shared_experts"),
    ),
    Messy(
        "two rows of headers.xlsx",
        book(
            ["Model", "Parameters", None, "Experts", None, None, "License"],
            [None, "Total", "Active", "Routed", "Active", "Shared", None],
            ["DeepSeek-V3", "671B", "37B", 256, 8, 1, "MIT"],
            ["GLM-4.5", "355B", "32B", 160, 8, 1, "MIT"],
            dress=_merged_heads,
        ),
        reads(f"{BASICS} num_shared_experts", (*DEEPSEEK, 1), (*GLM, 1)),
        carried=("License",),
    ),
    Messy(
        "two rows not merged.csv",
        lines(
            ["", "Parameters (B)", "", "Routing", "", ""],
            ["Model", "Total", "Active", "Experts", "Top-k", "Developer"],
            ["Mixtral-8x7B", "46.7", "12.9", "8", "2", "Mistral AI"],
            ["DeepSeek-V3", "671", "37", "256", "8", "DeepSeek"],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
        carried=("Developer",),
    ),
    Messy(
        "spec sheet.xlsx",
        book(
            ["Specification", "Mixtral-8x7B", "DeepSeek-V3", "Qwen3-235B-A22B"],
            ["General"],
            ["Total parameters", "46.7B", "671B", "235B"],
            ["Active parameters", "12.9B", "37B", "22B"],
            ["License", "Apache 2.0", "MIT", "Apache 2.0"],
            ["Attention"],
            ["Layers", 32, 61, 94],
            ["Attention heads", 32, 128, 64],
            ["KV heads", 8, None, 4],
            ["MoE"],
            ["Experts", 8, 256, 128],
            ["Active experts", 2, 8, 8],
            ["Shared experts", 0, 1, 0],
        ),
        reads(f"{BASICS} num_hidden_layers num_attention_heads num_key_value_heads"
              " num_shared_experts", (*MIXTRAL, 32, 32, 8, 0), (*DEEPSEEK, 61, 128, None, 1),
              (*QWEN, 94, 64, 4, 0)),
        carried=("License",),
    ),
    Messy(
        "models as columns.csv",
        lines(
            ["", "Llama 4 Scout", "Llama 4 Maverick", "gpt-oss-120b"],
            ["total params", "109B", "400B", "117B"],
            ["active params", "17B", "17B", "5.1B"],
            ["experts", "16", "128", "128"],
            ["experts per token", "1", "1", "4"],
            ["hidden size", "5120", "5120", "2880"],
            ["context", "10M", "1M", "128k"],
            ["released", "2025-04-05", "2025-04-05", "2025-08-05"],
        ),
        reads(f"{BASICS} hidden_size", ("Llama 4 Scout", 109e9, 17e9, 16, 1, 5120),
              ("Llama 4 Maverick", 400e9, 17e9, 128, 1, 5120),
              ("gpt-oss-120b", 117e9, 5.1e9, 128, 4, 2880)),
        carried=("context", "released"),
    ),
    Messy(
        "dates and prices.xlsx",
        book(
            ["Model", "Year", "Released", "Price / 1M tokens", "Experts", "Top-k", "Total (B)",
             "MMLU", "Downloads last month"],
            ["Mixtral-8x7B", 2023, date(2023, 12, 11), 0.24, 8, 2, 46.7, 70.6, 1234567],
            ["DeepSeek-V3", 2024, datetime(2024, 12, 26), 0.27, 256, 8, 671, 88.5, 987654],
            ["Qwen3-235B-A22B", 2025, date(2025, 4, 28), 0.2, 128, 8, 235, 87.8, 456789],
            dress=_dates,
        ),
        reads("num_experts num_experts_per_tok total_params", ("Mixtral-8x7B", 8, 2, 46.7e9),
              ("DeepSeek-V3", 256, 8, 671e9), ("Qwen3-235B-A22B", 128, 8, 235e9)),
        carried=("Year", "Released", "Price / 1M tokens", "MMLU", "Downloads last month"),
    ),
    Messy(
        "hidden.xlsx",
        book(HEAD, *ROWS, dress=_hidden),
        reads(BASICS, *THREE),
        said=("hidden",),
    ),
    Messy(
        "sums below.xlsx",
        book(
            HEAD, *ROWS,
            ["Total", "=SUM(B2:B4)", "=SUM(C2:C4)", "=SUM(D2:D4)", None],
            ["Average", "=AVERAGE(B2:B4)", "=AVERAGE(C2:C4)", None, None],
            stored={"B5": 952.7, "C5": 71.9, "D5": 392.0, "B6": 317.56666666666666,
                    "C6": 23.966666666666665},
        ),
        reads(BASICS, *THREE),
        said=("Total", "Average"),
    ),
    Messy(
        "sums typed.csv",
        lines(
            HEAD,
            ["Mixtral-8x7B", "46.7", "12.9", "8", "2"],
            ["DeepSeek-V3", "671", "37", "256", "8"],
            ["Qwen3-235B-A22B", "235", "22", "128", "8"],
            ["Sum", "952.7", "71.9", "", ""],
            ["Ø", "317.6", "24.0", "", ""],
            ["Median", "235", "22", "128", "8"],
        ),
        reads(BASICS, *THREE),
        said=("Sum", "Median"),
    ),
    Messy(
        "far down.xlsx",
        book(
            ["Working file for the comparison of sparse models"],
            ["Status:", "draft"],
            ["Date:", date(2025, 9, 1)],
            [], ["How to read this sheet"],
            ["Counts are in billions; routed experts only."],
            ["Empty means that nothing was published."],
            [], [], ["Contact: see the first sheet"], [],
            [None, *HEAD],
            *([None, *row] for row in ROWS),
        ),
        reads(BASICS, *THREE),
    ),
    Messy(
        "numbered.xlsx",
        book(["#", *HEAD], *([at, *row] for at, row in enumerate(ROWS, 1))),
        reads(BASICS, *THREE),
    ),
    Messy(
        "line breaks.xlsx",
        book(
            ["Model\nname", "Total\nparams\n(B)", "Active\nparams\n(B)", "Experts\n(routed)",
             "Active\nexperts", "Tokens\ntrained\n(T)"],
            *([*row, tokens] for row, tokens in zip(ROWS, (None, 14.8, 36), strict=True)),
        ),
        reads(BASICS, *THREE),
        carried=("trained",),
    ),
    Messy(
        "another table beside.xlsx",
        book(
            [*HEAD, None, "GPU", "Memory (GB)", "Price ($/h)"],
            [*ROWS[0], None, "H100", 80, 2.5],
            [*ROWS[1], None, "H200", 141, 3.8],
            [*ROWS[2], None, "B200", 192, 6.0],
            [None, None, None, None, None, None, "A100", 80, 1.6],
        ),
        reads(BASICS, *THREE),
        said=("GPU",),
    ),
    Messy(
        "another table below.xlsx",
        book(
            HEAD, *ROWS, [], [],
            ["Prices"],
            ["Model", "Provider", "$ / 1M in", "$ / 1M out"],
            ["Mixtral-8x7B", "OpenRouter", 0.08, 0.24],
            ["DeepSeek-V3", "DeepSeek", 0.27, 1.10],
        ),
        reads(BASICS, *THREE),
        said=("A8",),
    ),
    Messy(
        "groups and pages.xlsx",
        book(
            HEAD, ["Open weights"], ROWS[0], ROWS[1], [], HEAD, ["Apache 2.0"], ROWS[2],
        ),
        reads(BASICS, *THREE),
    ),
    Messy(
        "prices first.xlsx",
        book(
            HEAD, *ROWS,
            sheet="Architectures",
            before={
                "Prices": [["Model", "Provider", "$ / 1M tokens"],
                           ["Mixtral-8x7B", "OpenRouter", 0.24],
                           ["DeepSeek-V3", "DeepSeek", 0.27]],
                "Benchmarks": [["Model", "MMLU", "GSM8K"], ["Mixtral-8x7B", 70.6, 74.4],
                               ["DeepSeek-V3", 88.5, 89.3]],
            },
        ),
        reads(BASICS, *THREE),
        said=("Architectures", "Prices", "Benchmarks"),
    ),
    Messy(
        "read me first.xlsx",
        book(
            HEAD, *ROWS,
            sheet="Data",
            before={"README": [["This workbook compares models with experts."],
                               ["Model names are in column A of the sheet Data."],
                               ["Total: all parameters. Active: those of one token."]]},
        ),
        reads(BASICS, *THREE),
        said=("Data",),
    ),
    Messy(
        "columns told.xlsx",
        book(
            ["Model", "Size", "Fan-out", "Experts", "Layers of fun"],
            ["Mixtral-8x7B", 46.7e9, 2, 8, 5], ["DeepSeek-V3", 671e9, 8, 256, 7],
            after={"Columns": [["header", "field"], ["Size", "total_params"],
                               ["Fan-out", "num_experts_per_tok"], ["Layers of fun", None]]},
        ),
        reads("total_params num_experts_per_tok num_experts", ("Mixtral-8x7B", 46.7e9, 2, 8),
              ("DeepSeek-V3", 671e9, 8, 256)),
        carried=("Layers of fun",),
    ),
    Messy(
        "table with formulas.xlsx",
        book(
            ["Model", "Total", "Share", "Active", "Experts", "Top-k", "Cost index"],
            ["Mixtral-8x7B", 46.7e9, 0.25, "=Models_1[[#This Row],[Total]]*C2", 8, 2,
             "=Models_1[[#This Row],[Active]]/1000000000"],
            ["DeepSeek-V3", 671e9, 0.05, "=B3*C3", 256, 8, "=D3/1000000000"],
            ["Qwen3-235B-A22B", 235e9, 0.1, "=B4*C4", 128, 8, "=D4/1000000000"],
            dress=_table,
            stored={"D2": 11.675e9, "D3": 33.55e9, "D4": 23.5e9, "G2": 11.675, "G3": 33.55,
                    "G4": 23.5},
        ),
        reads(BASICS, ("Mixtral-8x7B", 46.7e9, 11.675e9, 8, 2),
              ("DeepSeek-V3", 671e9, 33.55e9, 256, 8), ("Qwen3-235B-A22B", 235e9, 23.5e9, 128, 8)),
        carried=("Cost index",),
    ),
    Messy(
        "precisions.xlsx",
        book(
            ["Model", "Precision", "Params", "Size (GB)", "Experts", "Top-k"],
            ["gpt-oss-120b (MXFP4)", "MXFP4", "117B", 65, 128, 4],
            ["gpt-oss-120b (BF16)", "BF16", "117B", 234, 128, 4],
            ["DeepSeek-V3 (FP8)", "FP8", "671B", 688, 256, 8],
        ),
        reads("total_params num_experts num_experts_per_tok",
              ("gpt-oss-120b (MXFP4)", 117e9, 128, 4), ("gpt-oss-120b (BF16)", 117e9, 128, 4),
              ("DeepSeek-V3 (FP8)", 671e9, 256, 8)),
        carried=("Precision", "Size (GB)"),
    ),
    Messy(
        "comments.xlsx",
        book(HEAD, *ROWS, dress=_comments),
        reads(BASICS, *THREE),
        said=("comment",),
    ),
    Messy(
        "notion.csv",
        lines(
            ["Name", "Tags", "Total params", "Active params", "Experts", "Top-k", "Created",
             "Link"],
            ["Mixtral-8x7B", "moe, open", "46.7B", "12.9B", "8", "2",
             "December 11, 2023 4:12 PM", "https://huggingface.co/mistralai/Mixtral-8x7B-v0.1"],
            ["DeepSeek-V3", "moe", "671B", "37B", "256", "8", "December 26, 2024 9:00 AM", ""],
            ["Qwen3-235B-A22B", "", "235B", "22B", "128", "8", "April 28, 2025 11:30 PM", ""],
            encoding="utf-8-sig",
        ),
        reads(BASICS, *THREE),
        carried=("Tags", "Created", "Link"),
    ),
    Messy(
        "utf-16.tsv",
        lines(HEAD, *ROWS, separator="\t", encoding="utf-16"),
        reads(BASICS, *THREE),
    ),
    Messy(
        "exact counts.csv",
        lines(
            ["model", "total_params", "active_params", "num_experts", "num_experts_per_tok",
             "vocab"],
            ["Mixtral-8x7B", "46,702,792,704", "12,879,925,248", "8", "2", "32,000"],
            ["OLMoE-1B-7B", "6,919,161,856", "1,281,951,744", "64", "8", "50,304"],
        ),
        reads(f"{BASICS} vocab_size",
              ("Mixtral-8x7B", 46_702_792_704, 12_879_925_248, 8, 2, 32000),
              ("OLMoE-1B-7B", 6_919_161_856, 1_281_951_744, 64, 8, 50304)),
    ),
]  # fmt: skip
