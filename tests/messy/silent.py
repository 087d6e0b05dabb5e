"""Cells and headers that tempt to a wrong number: none may be read that isn't there."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from tests.messy.form import BASICS, Messy, book, lines, reads

MIXTRAL = ("Mixtral-8x7B", 46.7e9, 12.9e9, 8, 2)
DEEPSEEK = ("DeepSeek-V3", 671e9, 37e9, 256, 8)
QWEN = ("Qwen3-235B-A22B", 235e9, 22e9, 128, 8)
TOP = "num_experts num_experts_per_tok"
SHORT = f"total_params {TOP}"
TWO = (("Mixtral-8x7B", 46.7e9, 8, 2), ("DeepSeek-V3", 671e9, 256, 8))


def _thousands(page: Any) -> None:
    for row in (2, 3):
        page.cell(row, 2).number_format = "#,##0.0,,,"


SILENT = [
    Messy(
        "with and without.xlsx",
        book(
            ["Model", "Total params", "Params w/o embeddings", "Params without experts",
             "Params excluding MTP", "Experts", "Top-k", "Layers without MTP", "Total - active"],
            ["DeepSeek-V3", "671B", "669B", "17B", "671B", 256, 8, 61, "634B"],
            ["Mixtral-8x7B", "46.7B", "46.4B", "1.6B", "46.7B", 8, 2, 32, "33.8B"],
        ),
        reads(f"{SHORT} num_hidden_layers", ("DeepSeek-V3", 671e9, 256, 8, 61),
              ("Mixtral-8x7B", 46.7e9, 8, 2, 32)),
        maybe={"Params w/o embeddings": None, "Params without experts": None,
               "Params excluding MTP": None, "Layers without MTP": "num_hidden_layers",
               "Total - active": None},
    ),
    Messy(
        "changes.csv",
        lines(
            ["Model", "Total params", "Params growth (B)", "Params diff", "Target params (B)",
             "Params rank", "Params budget (B)", "Min params (B)", "Avg. params of family (B)",
             "Experts", "Experts added", "Top-k change"],
            ["Mixtral-8x7B", "46.7B", "39", "+39", "50", "3", "60", "7", "94", "8", "8", "1"],
            ["DeepSeek-V3", "671B", "435", "+435", "700", "1", "700", "16", "300", "256", "96",
             "2"],
        ),
        reads("total_params num_experts", ("Mixtral-8x7B", 46.7e9, 8), ("DeepSeek-V3", 671e9, 256)),
        maybe=dict.fromkeys((
            "Params growth (B)", "Params diff", "Target params (B)", "Params rank",
            "Params budget (B)", "Min params (B)", "Avg. params of family (B)", "Experts added",
            "Top-k change",
        )),
    ),
    Messy(
        "people and machines.xlsx",
        book(
            ["Model", "Experts", "Top-k", "Active contributors", "Active parameters tuned (%)",
             "Heads of department", "Layers of review", "Vocabulary tests passed",
             "Hidden test score", "Shared drive", "Expert rating", "Total score", "Total votes"],
            ["Mixtral-8x7B", 8, 2, 40, 5, 2, 3, 12, 0.7, "M:", 4, 88, 1200],
            ["DeepSeek-V3", 256, 8, 60, 5, 2, 3, 14, 0.9, "M:", 5, 95, 9000],
        ),
        reads(TOP, ("Mixtral-8x7B", 8, 2), ("DeepSeek-V3", 256, 8)),
        maybe=dict.fromkeys((
            "Active contributors", "Active parameters tuned (%)", "Heads of department",
            "Layers of review", "Vocabulary tests passed", "Hidden test score", "Shared drive",
            "Expert rating", "Total score", "Total votes",
        )),
    ),
    Messy(
        "teacher and draft.xlsx",
        book(
            ["Model", "Total params", "Experts", "Top-k", "Teacher params", "Draft model params",
             "Draft model layers", "Vision encoder params (M)", "Vision layers",
             "LoRA rank", "Draft experts", "Base model"],
            ["Llama-4-Scout", "109B", 16, 1, "2T", "1B", 16, 850, 34, 16, 4, "Llama-4"],
            ["DeepSeek-V3", "671B", 256, 8, None, "14B", 1, None, None, 32, 256,
             "DeepSeek-V3-Base"],
        ),
        reads(SHORT, ("Llama-4-Scout", 109e9, 16, 1), ("DeepSeek-V3", 671e9, 256, 8)),
        maybe=dict.fromkeys((
            "Teacher params", "Draft model params", "Draft model layers",
            "Vision encoder params (M)", "Vision layers", "LoRA rank", "Draft experts",
            "Base model",
        )),
    ),
    Messy(
        "times and dates in numbers.xlsx",
        book(
            ["Model", "Total params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", 8, 2],
            ["DeepSeek-V3", "671B", datetime(2025, 8, 1), time(8, 0)],
        ),
        reads(SHORT, TWO[0], ("DeepSeek-V3", 671e9, None, None)),
        said=("C3", "D3"), may_refuse=True,
    ),
    Messy(
        "signs.csv",
        lines(
            ["Model", "Total params", "Active params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", "12.9B", "8", "2"],
            ["DeepSeek-V3", "-671B", "37B", "256", "8"],
        ),
        reads(BASICS, MIXTRAL, ("DeepSeek-V3", None, 37e9, 256, 8)),
        said=("B3", "-671B"), may_refuse=True,
    ),
    Messy(
        "letters for digits.csv",
        lines(
            ["Model", "Total params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", "8", "2"],
            ["DeepSeek-V3", "67lB", "256", "8"],
        ),
        reads(SHORT, TWO[0], ("DeepSeek-V3", None, 256, 8)),
        said=("B3", "67lB"), may_refuse=True,
    ),
    Messy(
        "two points.csv",
        lines(
            ["Model", "Total params", "Active params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.702.792.704", "12.879.925.248", "8", "2"],
            ["OLMoE-1B-7B", "6.919.161.856", "1.281.951.744", "64", "8"],
            separator=";",
        ),
        reads(BASICS, ("Mixtral-8x7B", 46_702_792_704, 12_879_925_248, 8, 2),
              ("OLMoE-1B-7B", 6_919_161_856, 1_281_951_744, 64, 8)),
    ),
    Messy(
        "lakh and crore.csv",
        lines(
            ["Model", "Total params", "Vocab size", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46,70,27,92,704", "32,000", "8", "2"],
            ["Qwen3-30B-A3B", "30,53,21,22,624", "1,51,936", "128", "8"],
        ),
        reads(f"total_params vocab_size {TOP}", ("Mixtral-8x7B", 46_702_792_704, 32000, 8, 2),
              ("Qwen3-30B-A3B", 30_532_122_624, 151936, 128, 8)),
        said=(), may_refuse=True,
    ),
    Messy(
        "thousandths and thousands.csv",
        lines(
            ["Modell", "Parameter (Mrd.)", "Vokabulargröße", "Hidden Size", "Experten", "Top-k"],
            ["Mixtral-8x7B", "46,703", "32.000", "4.096", "8", "2"],
            ["OLMoE-1B-7B", "6,919", "50.304", "2.048", "64", "8"],
            separator=";",
        ),
        reads(f"total_params vocab_size hidden_size {TOP}",
              ("Mixtral-8x7B", 46.703e9, 32000, 4096, 8, 2),
              ("OLMoE-1B-7B", 6.919e9, 50304, 2048, 64, 8)),
    ),
    Messy(
        "kilos.csv",
        lines(
            ["Model", "Experts", "Top-k", "Vocab size", "Sliding window", "Max. context"],
            ["gpt-oss-120b", "128", "4", "201k", "128", "128k"],
            ["Mixtral-8x7B", "8", "2", "32k", "4,096", "32k"],
        ),
        reads(f"{TOP} vocab_size sliding_window", ("gpt-oss-120b", 128, 4, 201000, 128),
              ("Mixtral-8x7B", 8, 2, 32000, 4096)),
    ),
    Messy(
        "numbers for names.xlsx",
        book(
            ["ID", "Experts", "Top-k", "Total (B)", "LLM"],
            [101, 8, 2, 46.7, "Mixtral-8x7B"], [102, 256, 8, 671, "DeepSeek-V3"],
        ),
        reads(SHORT, *TWO), maybe={"ID": None},
    ),
    Messy(
        "billions shown.xlsx",
        book(
            ["Model", "Total params (B)", "Experts", "Top-k"],
            ["Mixtral-8x7B", 46.7e9, 8, 2], ["DeepSeek-V3", 671e9, 256, 8],
            dress=_thousands,
        ),
        reads(SHORT, *TWO),
        said=("B2",), may_refuse=True,
    ),
    Messy(
        "unit of the first cell.csv",
        lines(
            ["Model", "Total params", "Active params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", "12.9B", "8", "2"],
            ["DeepSeek-V3", "671", "37", "256", "8"],
            ["Qwen3-235B-A22B", "235", "22", "128", "8"],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK, QWEN),
        said=("B3",), may_refuse=True,
    ),
    Messy(
        "none, all, every.csv",
        lines(
            ["Model", "Total params", "Active params", "Experts", "Top-k", "Shared experts"],
            ["Llama-3.1-70B", "70.6B", "all", "none", "none", "0"],
            ["Mixtral-8x7B", "46.7B", "12.9B", "8", "2", "0"],
            ["DeepSeek-V3", "671B", "37B", "256", "8", "one"],
        ),
        reads(f"{BASICS} num_shared_experts", ("Llama-3.1-70B", 70.6e9, None, None, None, 0),
              (*MIXTRAL, 0), (*DEEPSEEK, None)),
        said=("C2", "F4"), may_refuse=True,
    ),
    Messy(
        "fractions.csv",
        lines(
            ["Model", "Total params", "Experts", "Share of active experts", "MoE layers"],
            ["Mixtral-8x7B", "46.7B", "8", "1/4", "every"],
            ["Llama-4-Maverick", "400B", "128", "1/128", "1 in 2"],
        ),
        reads("total_params num_experts expert_utilisation", ("Mixtral-8x7B", 46.7e9, 8, 0.25),
              ("Llama-4-Maverick", 400e9, 128, 1 / 128)),
        maybe={"Share of active experts": "expert_utilisation", "MoE layers": None},
        said=("E2",), may_refuse=True,
    ),
]  # fmt: skip
