"""More of what people keep: sheets pasted together, two meanings in one table, long habits."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.messy.form import BASICS, Messy, book, lines, reads

MIXTRAL = ("Mixtral-8x7B", 46.7e9, 12.9e9, 8, 2)
DEEPSEEK = ("DeepSeek-V3", 671e9, 37e9, 256, 8)
QWEN = ("Qwen3-235B-A22B", 235e9, 22e9, 128, 8)
TOP = "num_experts num_experts_per_tok"
SHORT = f"total_params {TOP}"
HEAD = ["Model", "Total (B)", "Active (B)", "Experts", "Top-k"]
ROWS = [
    ["Mixtral-8x7B", 46.7, 12.9, 8, 2],
    ["DeepSeek-V3", 671, 37, 256, 8],
    ["Qwen3-235B-A22B", 235, 22, 128, 8],
]
THREE = (MIXTRAL, DEEPSEEK, QWEN)


def _formats(page: Any) -> None:
    page["B2"].number_format = '0.0" B"'
    page["B3"].number_format = '0.0,,," B"'
    page["B4"].number_format = '#,##0,,"M"'


def _filtered(page: Any) -> None:
    page.auto_filter.ref = "A1:E4"
    page.row_dimensions[2].hidden = True
    page.row_dimensions[4].hidden = True
    page.column_dimensions.group("D", "E", hidden=True)


def _old_sheet_hidden(page: Any) -> None:
    page.parent["Old"].sheet_state = "hidden"


def _links(page: Any) -> None:
    page["A2"].hyperlink = "https://huggingface.co/mistralai/Mixtral-8x7B-v0.1"


def _tabs_and_commas(path: Path) -> None:
    path.write_text(
        "# exported for the weekly\nmodel\ttotal\tactive\texperts\ttop_k\n"
        "Mixtral-8x7B\t46,7B\t12,9B\t8\t2\nDeepSeek-V3\t671B\t37B\t256\t8\n"
    )


MORE = [
    Messy(
        "formats show billions.xlsx",
        book(
            ["Model", "Total params", "Experts", "Top-k"],
            ["DeepSeek-V3", 671, 256, 8],
            ["Mixtral-8x7B", 46702792704, 8, 2],
            ["OLMoE-1B-7B", 6919161856, 64, 8],
            dress=_formats,
        ),
        reads(SHORT, ("DeepSeek-V3", 671e9, 256, 8), ("Mixtral-8x7B", 46_702_792_704, 8, 2),
              ("OLMoE-1B-7B", 6_919_161_856, 64, 8)),
        said=("B2",), may_refuse=True,
    ),
    Messy(
        "filtered and outlined.xlsx",
        book(HEAD, *ROWS, dress=_filtered),
        reads(BASICS, *THREE), said=("hidden",),
    ),
    Messy(
        "old sheet hidden.xlsx",
        book(
            HEAD, *ROWS, sheet="Current",
            before={"Old": [HEAD, ["Mixtral-8x7B", 45, 12, 8, 2], ["Grok-1", 314, 86, 8, 2]]},
            dress=_old_sheet_hidden,
        ),
        reads(BASICS, *THREE), said=("Current", "Old"),
    ),
    Messy(
        "commented text.tsv", _tabs_and_commas, reads(BASICS, MIXTRAL, DEEPSEEK),
        maybe={"total": "total_params", "active": "active_params"},
    ),
    Messy(
        "links.xlsx",
        book(HEAD, *ROWS, dress=_links),
        reads(BASICS, *THREE),
    ),
    Messy(
        "three rows of headers.xlsx",
        book(
            ["Model", "Parameters", None, "Mixture", None, None, "Shape", None],
            [None, "Total", "Active", "Routed experts", "Chosen per token", "Shared experts",
             "Layers", "Hidden size"],
            [None, "10^9", "10^9", "count", "count", "count", "count", "dims"],
            ["DeepSeek-V3", 671, 37, 256, 8, 1, 61, 7168],
            ["GLM-4.5", 355, 32, 160, 8, 1, 92, 5120],
        ),
        reads(f"{BASICS} num_shared_experts num_hidden_layers hidden_size",
              (*DEEPSEEK, 1, 61, 7168), ("GLM-4.5", 355e9, 32e9, 160, 8, 1, 92, 5120)),
        maybe={"Mixture / Chosen per token": "num_experts_per_tok"},
    ),
    Messy(
        "two tables of models beside.xlsx",
        book(
            ["Open", None, None, None, None, "Closed"],
            ["Model", "Total (B)", "Experts", "Top-k", None, "Model", "Price ($)", "Context"],
            ["Mixtral-8x7B", 46.7, 8, 2, None, "GPT-4o", 2.5, "128k"],
            ["DeepSeek-V3", 671, 256, 8, None, "Gemini-1.5-Pro", 1.25, "2M"],
        ),
        reads(SHORT, ("Mixtral-8x7B", 46.7e9, 8, 2), ("DeepSeek-V3", 671e9, 256, 8)),
    ),
    Messy(
        "notes in the numbers.xlsx",
        book(
            ["Model", "Total params", "Active params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B (paper says 47B)", "12.9B", 8, 2],
            ["DeepSeek-V3", "671B + 14B MTP", "37B", "256", "8"],
            ["Grok-1", "314B", "25% of 314B", 8, 2],
        ),
        reads(BASICS, ("Mixtral-8x7B", 46.7e9, 12.9e9, 8, 2), ("DeepSeek-V3", None, 37e9, 256, 8),
              ("Grok-1", 314e9, None, 8, 2)),
        said=("B3", "C4"), may_refuse=True,
    ),
    Messy(
        "lower bound in words.csv",
        lines(
            ["Model", "Total params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", "8", "2"],
            ["Grok-2", "at least 200B", "8", "2"],
            ["GPT-4", "1.8T?", "16", "2"],
            ["Gemini-1.5-Pro", "< 1T", "?", "?"],
        ),
        reads(SHORT, ("Mixtral-8x7B", 46.7e9, 8, 2), ("Grok-2", None, 8, 2),
              ("GPT-4", 1.8e12, 16, 2), ("Gemini-1.5-Pro", None, None, None)),
        said=("at least 200B", "2 cells"), may_refuse=True,
    ),
    Messy(
        "plain billions.csv",
        lines(
            ["Model", "Total params", "Active params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7", "12.9", "8", "2"], ["DeepSeek-V3", "671", "37", "256", "8"],
        ),
        {}, error=("B2", "billions"),
    ),
    Messy(
        "impossible counts.csv",
        lines(
            ["Model", "Experts", "Top-k", "Layers"],
            ["Mixtral-8x7B", "2", "8", "32"], ["DeepSeek-V3", "256", "8", "61"],
        ),
        {}, error=("num_experts_per_tok",),
    ),
    Messy(
        "years of release as headers.xlsx",
        book(
            ["Model", "Experts", "Top-k", 2023, 2024, 2025, "Total (B)"],
            ["Mixtral-8x7B", 8, 2, 1200, 800, 300, 46.7],
            ["DeepSeek-V3", 256, 8, 0, 500, 9000, 671],
        ),
        reads(SHORT, ("Mixtral-8x7B", 46.7e9, 8, 2), ("DeepSeek-V3", 671e9, 256, 8)),
        carried=("2023", "2024", "2025"),
    ),
    Messy(
        "dates as headers.xlsx",
        book(
            ["Model", "Experts", "Top-k", date(2025, 7, 1), date(2025, 8, 1)],
            ["Mixtral-8x7B", 8, 2, 0.24, 0.24], ["DeepSeek-V3", 256, 8, 0.27, 0.25],
        ),
        reads(TOP, ("Mixtral-8x7B", 8, 2), ("DeepSeek-V3", 256, 8)),
    ),
    Messy(
        "same header twice.csv",
        lines(
            ["Model", "Notes", "Experts", "Top-k", "Notes"],
            ["Mixtral-8x7B", "open", "8", "2", "first of its kind"],
            ["DeepSeek-V3", "open", "256", "8", ""],
        ),
        reads(TOP, ("Mixtral-8x7B", 8, 2), ("DeepSeek-V3", 256, 8)),
        texts=("remark",),
    ),
    Messy(
        "two conventions.xlsx",
        book(
            ["Model", "Total incl. MTP (B)", "Total excl. embeddings (B)",
             "Active incl. shared (B)",
             "Experts incl. shared", "Top-k incl. shared", "Layers incl. MTP"],
            ["DeepSeek-V3", 685, 669, 37, 257, 9, 62],
            ["Kimi-K2", 1058, 1026, 32.6, 385, 9, 62],
        ),
        reads("active_params", ("DeepSeek-V3", 37e9), ("Kimi-K2", 32.6e9)),
        maybe={"Total incl. MTP (B)": None, "Total excl. embeddings (B)": None,
               "Active incl. shared (B)": "active_params", "Experts incl. shared": None,
               "Top-k incl. shared": None, "Layers incl. MTP": None},
        may_refuse=True,
    ),
    Messy(
        "last year's numbers.xlsx",
        book(
            ["Model", "Experts (old)", "Experts", "Top-k", "Δ params (B)", "Total (B)",
             "Total, previous version (B)", "% of total budget"],
            ["DeepSeek-V3", 160, 256, 8, 435, 671, 236, 12],
            ["Mixtral-8x22B", 8, 8, 2, 94.3, 141, 46.7, 3],
        ),
        reads(SHORT, ("DeepSeek-V3", 671e9, 256, 8), ("Mixtral-8x22B", 141e9, 8, 2)),
        maybe={"Experts (old)": None, "Δ params (B)": None, "Total, previous version (B)": None,
               "% of total budget": None},
    ),
    Messy(
        "memory by precision.xlsx",
        book(
            ["Model", "Total (B)", "Total (GB, FP8)", "Active (GB)", "Params @ 4 bit (GiB)",
             "Total FLOPs (1e24)", "Total tokens (T)", "Total cost ($M)", "Total GPU hours (M)"],
            ["DeepSeek-V3", 671, 688, 37, 335, 3.3, 14.8, 5.576, 2.788],
            ["Mixtral-8x7B", 46.7, 46.7, 12.9, 23.4, None, None, None, None],
        ),
        reads("total_params", ("DeepSeek-V3", 671e9), ("Mixtral-8x7B", 46.7e9)),
        maybe=dict.fromkeys((
            "Total (GB, FP8)", "Active (GB)", "Params @ 4 bit (GiB)", "Total FLOPs (1e24)",
            "Total tokens (T)", "Total cost ($M)", "Total GPU hours (M)",
        )),
    ),
    Messy(
        "Vergleich.xlsx",
        book(
            ["Vergleich offener MoE-Modelle", None, None, None, "Stand: August 2025"],
            [],
            ["Nr.", "Modell", "Hersteller", "Gesamtparameter", "davon aktiv", "Anzahl Experten",
             "Experten je Token", "Geteilte Experten", "Anzahl Schichten", "Kontextlänge"],
            [None, None, None, "in Mrd.", "in Mrd.", None, None, None, None, "Token"],
            [1, "Mixtral-8x7B", "Mistral AI", "46,7", "12,9", 8, 2, 0, 32, "32.768"],
            [2, "DeepSeek-V3", "DeepSeek", "671", "37", 256, 8, 1, 61, "131.072"],
            [None, "Mittelwert", None, "358,9", "25,0"],
        ),
        reads(f"{BASICS} num_shared_experts num_hidden_layers", (*MIXTRAL, 0, 32),
              (*DEEPSEEK, 1, 61)),
        carried=("Hersteller", "Kontextlänge"),
        maybe={"davon aktiv": "active_params", "Geteilte Experten": "num_shared_experts"},
    ),
    Messy(
        "model cards.csv",
        lines(
            ["repo_id", "config.num_hidden_layers", "config.hidden_size",
             "config.num_local_experts", "config.num_experts_per_tok", "downloads", "likes"],
            ["mistralai/Mixtral-8x7B-v0.1", "32", "4096", "8", "2", "123456", "1700"],
            ["openai/gpt-oss-20b", "24", "2880", "32", "4", "654321", "3200"],
        ),
        reads(f"num_hidden_layers hidden_size {TOP}",
              ("mistralai/Mixtral-8x7B-v0.1", 32, 4096, 8, 2),
              ("openai/gpt-oss-20b", 24, 2880, 32, 4)),
        carried=("downloads", "likes"),
    ),
    Messy(
        "only shares.xlsx",
        book(
            ["Model", "Experts used", "Share of experts used", "Number of experts"],
            ["Mixtral-8x7B", 2, 0.25, 8], ["DeepSeek-V3", 8, 0.03125, 256],
        ),
        reads(f"{TOP} expert_utilisation", ("Mixtral-8x7B", 8, 2, 0.25),
              ("DeepSeek-V3", 256, 8, 0.03125)),
        maybe={"Share of experts used": "expert_utilisation",
         "Experts used": "num_experts_per_tok"},
    ),
    Messy(
        "as typed on a phone.csv",
        lines(
            ["model", "total", "active", "experts", "topk"],
            ["mixtral 8x7b", "46.7 b", "12.9 b", "8", "2"],
            ["deepseek v3", "671 b", "37 b", "256", "8"],
            ["", "", "", "", ""],
            ["todo: add llama 4", "", "", "", ""],
        ),
        reads(BASICS, ("mixtral 8x7b", *MIXTRAL[1:]), ("deepseek v3", *DEEPSEEK[1:])),
        maybe={"total": "total_params", "active": "active_params"}, said=("todo",),
    ),
    Messy(
        "quoted commas.csv",
        lines(
            ["Modell", "Parameter\ngesamt (Mrd.)", "Aktive Parameter (Mrd.)", "Experten", "Top-k"],
            ["Mixtral-8x7B", "46,7", "12,9", "8", "2"],
            ["DeepSeek-V3", "671,0", "37,0", "256", "8"],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
    ),
    Messy(
        "errors of formulas.xlsx",
        book(
            ["Model", "Total (B)", "Active (B)", "Experts", "Top-k", "Price per B"],
            ["Mixtral-8x7B", 46.7, 12.9, 8, 2, "#DIV/0!"],
            ["DeepSeek-V3", 671, "#N/A", 256, 8, "#REF!"],
        ),
        reads(BASICS, MIXTRAL, ("DeepSeek-V3", 671e9, None, 256, 8)),
        carried=("Price per B",), said=("C3",), may_refuse=True,
    ),
    Messy(
        "never calculated.xlsx",
        book(
            ["Model", "Total (B)", "Active (B)", "Price", "Price per B"],
            ["Mixtral-8x7B", 46.7, "=B2*0.276", 0.24, "=D2/B2"],
            ["DeepSeek-V3", 671, 37, 0.27, "=D3/B3"],
        ),
        {},
        error=("C2",),
    ),
    Messy(
        "ratio.xlsx",
        book(
            ["Model", "Total (B)", "Sparsity ratio", "Experts", "Top-k"],
            ["DeepSeek-V3", 671, "18.1×", 256, 8], ["Kimi-K2", 1040, "31.9×", 384, 8],
        ),
        reads(SHORT, ("DeepSeek-V3", 671e9, 256, 8), ("Kimi-K2", 1.04e12, 384, 8)),
        maybe={"Sparsity ratio": None}, said=("Sparsity ratio",), may_refuse=True,
    ),
    Messy(
        "in haste.csv",
        lines(
            ["model", "totl params", "actve params", "expets", "tok-k", "layers"],
            ["Mixtral-8x7B", "46.7B", "12.9B", "8", "2", "32"],
            ["DeepSeek-V3", "671B", "37B", "256", "8", "61"],
        ),
        reads(f"{BASICS} num_hidden_layers", (*MIXTRAL, 32), (*DEEPSEEK, 61)),
        maybe={"totl params": "total_params", "actve params": "active_params",
               "expets": "num_experts", "tok-k": "num_experts_per_tok"},
    ),
    Messy(
        "short headers.xlsx",
        book(
            ["Model", "Tot. params (B)", "Act. params (B)", "No. of exp.", "Exp./tok", "# layers",
             "Hid. dim", "Q heads", "KV heads", "Shared exp."],
            ["DeepSeek-V3", 671, 37, 256, 8, 61, 7168, 128, None, 1],
            ["GLM-4.5", 355, 32, 160, 8, 92, 5120, 96, 8, 1],
        ),
        reads(f"{BASICS} num_hidden_layers hidden_size num_attention_heads num_key_value_heads "
              "num_shared_experts", (*DEEPSEEK, 61, 7168, 128, None, 1),
              ("GLM-4.5", 355e9, 32e9, 160, 8, 92, 5120, 96, 8, 1)),
        maybe={"No. of exp.": "num_experts", "Exp./tok": "num_experts_per_tok",
               "Hid. dim": "hidden_size", "Shared exp.": "num_shared_experts"},
    ),
]  # fmt: skip
