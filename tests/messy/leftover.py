"""Sheets that hold less than a table of models, or more than one shape of it."""

from __future__ import annotations

from typing import Any

from tests.messy.form import BASICS, Messy, book, lines, reads

MIXTRAL = ("Mixtral-8x7B", 46.7e9, 12.9e9, 8, 2)
DEEPSEEK = ("DeepSeek-V3", 671e9, 37e9, 256, 8)
HEAD = ["Model", "Total (B)", "Active (B)", "Experts", "Top-k"]
ROWS = [["Mixtral-8x7B", 46.7, 12.9, 8, 2], ["DeepSeek-V3", 671, 37, 256, 8]]
TOP = "num_experts num_experts_per_tok"


def _names_merged(page: Any) -> None:
    page.merge_cells("A2:A3")
    page.merge_cells("C1:D1")


LEFTOVER = [
    Messy("only prices.csv",
          lines(["Provider", "Price"], ["OpenRouter", "0.24"], ["DeepSeek", "0.27"]), {},
          error=("only prices",)),
    Messy("nothing in it.xlsx", book([]), {}, error=("nothing in it.xlsx",)),
    Messy("header alone.xlsx", book(HEAD), {}, error=("header alone.xlsx",)),
    Messy(
        "one model.csv",
        lines(HEAD, ["DeepSeek-V3", "671", "37", "256", "8"]),
        reads(BASICS, DEEPSEEK),
    ),
    Messy(
        "one model down.xlsx",
        book(
            ["DeepSeek-V3"],
            ["Total parameters", "671B"], ["Active parameters", "37B"], ["Experts", 256],
            ["Experts per token", 8], ["License", "MIT"],
        ),
        reads(BASICS, DEEPSEEK), may_refuse=True, said=("one model down",),
    ),
    Messy(
        "averages above.xlsx",
        book(
            [None, "Average", "=AVERAGE(C4:C5)", "=AVERAGE(D4:D5)"],
            [],
            [None, *HEAD], *([None, *row] for row in ROWS),
            stored={"C1": 358.85, "D1": 24.95},
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
    ),
    Messy(
        "totals first.csv",
        lines(
            HEAD,
            ["All models", "717.7", "49.9", "", ""],
            ["Mixtral-8x7B", "46.7", "12.9", "8", "2"],
            ["DeepSeek-V3", "671", "37", "256", "8"],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
        said=("All models",),
    ),
    Messy(
        "ratios below.xlsx",
        book(
            HEAD, *ROWS, [],
            ["Ratio", "=B3/B2", "=C3/C2", "=D3/D2", "=E3/E2"],
            ["Max", "=MAX(B2:B3)", "=MAX(C2:C3)", "=MAX(D2:D3)", "=MAX(E2:E3)"],
            ["Count", "=COUNT(B2:B3)"],
            stored={"B5": 14.368308351177732, "C5": 2.868217054263566, "D5": 32.0, "E5": 4.0,
                    "B6": 671.0, "C6": 37.0, "D6": 256.0, "E6": 8.0, "B7": 2.0},
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
        said=("Ratio", "Max", "Count"),
    ),
    Messy(
        "scores beside.csv",
        lines(
            ["Model", "#Total Params", "#Activated Params", "Context Length", "Experts", "Top-k",
             "MMLU (5-shot)", "HumanEval (pass@1)", "Speed (tok/s)", "$/M in", "$/M out",
             "Elo", "Date added", "Open?", "Modality", "Training cutoff"],
            ["Mixtral-8x7B", "46.7B", "12.9B", "32K", "8", "2", "70.6", "40.2%", "110", "0.08",
             "0.24", "1,114", "12/11/23", "Y", "text", "2023-09"],
            ["DeepSeek-V3", "671B", "37B", "128K", "256", "8", "88.5", "82.6%", "60", "0.27",
             "1.10", "1,318", "12/26/24", "Y", "text", "2024-07"],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
        carried=("Context Length", "MMLU (5-shot)", "HumanEval (pass@1)", "Speed (tok/s)",
                 "$/M in", "$/M out", "Elo", "Date added", "Open?", "Modality", "Training cutoff"),
    ),
    Messy(
        "names merged.xlsx",
        book(
            ["Model", "Variant", "Experts", None, "Total (B)"],
            ["gpt-oss", "gpt-oss-20b", 32, None, 20.9], [None, "gpt-oss-120b", 128, None, 116.8],
            dress=_names_merged,
        ),
        reads("num_experts total_params", ("gpt-oss", 32, 20.9e9), ("gpt-oss-120b", 128, 116.8e9)),
        said=("A3",), may_refuse=True,
    ),
    Messy(
        "told that it is none.csv",
        lines(["Model", "Experts", "Top-k", "Layers"], ["Mixtral-8x7B", "8", "40", "32"],
              ["DeepSeek-V3", "256", "40", "61"]),
        reads("num_experts num_hidden_layers", ("Mixtral-8x7B", 8, 32), ("DeepSeek-V3", 256, 61)),
        carried=("Top-k",), options=("--column", "Top-k="),
    ),
    Messy(
        "told its unit.csv",
        lines(["Model", "Size", "Experts", "Top-k"], ["Mixtral-8x7B", "46.7", "8", "2"],
              ["DeepSeek-V3", "671", "256", "8"]),
        reads(f"total_params {TOP}", ("Mixtral-8x7B", 46.7e9, 8, 2),
              ("DeepSeek-V3", 671e9, 256, 8)),
        options=("--column", "Size=total_params (B)"),
    ),
    Messy(
        "told a wrong name.csv",
        lines(["Model", "Size", "Experts", "Top-k"], ["Mixtral-8x7B", "46.7", "8", "2"]),
        {}, error=("total_parms", "total_params"), options=("--column", "Size=total_parms"),
    ),
    Messy(
        "a sum by chance.xlsx",
        book(
            ["Model", "Experts", "Top-k"],
            ["Mixtral-8x7B", 8, 2], ["Mixtral-8x22B", 8, 2], ["DBRX", 16, 4],
            ["Grok-1", 8, 2], ["Phi-3.5-MoE", 16, 2],
        ),
        reads(TOP, ("Mixtral-8x7B", 8, 2), ("Mixtral-8x22B", 8, 2), ("DBRX", 16, 4),
              ("Grok-1", 8, 2), ("Phi-3.5-MoE", 16, 2)),
    ),
    Messy(
        "a mean by chance.csv",
        lines(
            ["Model", "Layers", "Experts", "Top-k"],
            ["Qwen3-30B-A3B", "48", "128", "8"], ["Llama-4-Scout", "48", "16", "1"],
            ["Llama-4-Maverick", "48", "128", "1"], ["Qwen3-Next-80B-A3B", "48", "512", "10"],
        ),
        reads(f"num_hidden_layers {TOP}", ("Qwen3-30B-A3B", 48, 128, 8),
              ("Llama-4-Scout", 48, 16, 1), ("Llama-4-Maverick", 48, 128, 1),
              ("Qwen3-Next-80B-A3B", 48, 512, 10)),
    ),
    Messy(
        "made from another row.xlsx",
        book(
            HEAD, *ROWS,
            ["DeepSeek-V3, half the experts", "=B3*0.5", "=C3", "=D3/2", "=E3"],
            ["Mixtral-8x7B, top-1", "=B2", 7.2, "=D2", 1],
            stored={"B4": 335.5, "C4": 37.0, "D4": 128.0, "E4": 8.0, "B5": 46.7, "D5": 8.0},
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK,
              ("DeepSeek-V3, half the experts", 335.5e9, 37e9, 128, 8),
              ("Mixtral-8x7B, top-1", 46.7e9, 7.2e9, 8, 1)),
    ),
    *(
        Messy(
            f"{total} {mean}.csv",
            lines(
                [model, *HEAD[1:]],
                ["Mixtral-8x7B", "46.7", "12.9", "8", "2"],
                ["DeepSeek-V3", "671", "37", "256", "8"],
                [total, "717.7", "49.9", "", ""], [mean, "358.85", "24.95", "", ""],
            ),
            reads(BASICS, MIXTRAL, DEEPSEEK),
            said=(total, mean),
        )
        for model, total, mean in (
            ("Modell", "Summe", "Durchschnitt"), ("模型", "合计", "平均"),
            ("モデル", "合計", "平均値"), ("모델", "합계", "평균"), ("Modèle", "Somme", "Moyenne"),
            ("Modelo", "Suma", "Promedio"), ("Модель", "Итого", "Среднее"),
            ("Mô hình", "Tổng cộng", "Trung bình"), ("Modello", "Totale", "Media"),
            ("Modelo", "Soma", "Média"), ("Model", "Grand Total", "Avg."),
        )
    ),
]  # fmt: skip
