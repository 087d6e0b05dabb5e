"""Columns that look like a field and aren't one, and cells that can be read wrongly in silence."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.messy.form import BASICS, Messy, book, lines, reads

MIXTRAL = ("Mixtral-8x7B", 46.7e9, 12.9e9, 8, 2)
DEEPSEEK = ("DeepSeek-V3", 671e9, 37e9, 256, 8)
QWEN = ("Qwen3-235B-A22B", 235e9, 22e9, 128, 8)
KIMI = ("Kimi-K2", 1.04e12, 32.6e9, 384, 8)
TOP = "num_experts num_experts_per_tok"
SHORT = f"total_params {TOP}"


def _separator_told(path: Path) -> None:
    path.write_text(
        "sep=;\nModel;Total (B);Experts;Top-k\nMixtral-8x7B;46.7;8;2\nDeepSeek-V3;671;256;8\n"
    )


def _empty_around(path: Path) -> None:
    path.write_text(
        ",,,,,,\n,,,,,,\nModel,Total params,Active params,Experts,Top-k,,\n"
        "Mixtral-8x7B,46.7B,12.9B,8,2,,\n,,,,,,\nDeepSeek-V3,671B,37B,256,8,,\n,,,,,,\n,,,,,,\n"
    )


def _percent_once(page: Any) -> None:
    page["C2"].number_format = "0.0%"


TRAPS = [
    Messy(
        "serving.xlsx",
        book(
            ["Model", "Total params", "Experts", "Top-k", "Context window", "Experts per GPU",
             "Tokens per expert", "Layers per stage", "Batch size", "KV cache (GB)",
             "Top-1 accuracy", "Training tokens (T)", "Head node", "Model version"],
            ["DeepSeek-V3", "671B", 256, 8, 131072, 32, 512, 8, 64, 4.6, 0.72, 14.8, 1, 3],
            ["Qwen3-235B-A22B", "235B", 128, 8, 40960, 16, 256, 12, 32, 7.2, 0.7, 36, 2, 1],
        ),
        reads(SHORT, ("DeepSeek-V3", 671e9, 256, 8), ("Qwen3-235B-A22B", 235e9, 128, 8)),
        maybe=dict.fromkeys((
            "Context window", "Experts per GPU", "Tokens per expert", "Layers per stage",
            "Batch size", "KV cache (GB)", "Top-1 accuracy", "Training tokens (T)", "Head node",
            "Model version",
        )),
    ),
    Messy(
        "params of parts.xlsx",
        book(
            ["Model", "Params per expert (M)", "Non-embedding params (B)", "Embedding params (B)",
             "Trainable params (LoRA)", "Experts", "Top-k"],
            ["Mixtral-8x7B", 5637, 46.4, 0.131, "20M", 8, 2],
            ["DeepSeek-V3", 2554, 669, 0.927, "32M", 256, 8],
        ),
        reads(f"expert_params embedding_params {TOP}",
              ("Mixtral-8x7B", 5.637e9, 0.131e9, 8, 2),
              ("DeepSeek-V3", 2.554e9, 0.927e9, 256, 8)),
        maybe={"Params per expert (M)": "expert_params", "Non-embedding params (B)": None,
               "Embedding params (B)": "embedding_params", "Trainable params (LoRA)": None},
    ),
    Messy(
        "sampling.xlsx",
        book(
            ["Model", "Total params", "Experts", "Temperature", "Top-p", "Top-k", "Max tokens"],
            ["Qwen3-235B-A22B", "235B", 128, 0.6, 0.95, 20, 32768],
            ["Qwen3-30B-A3B", "30.5B", 128, 0.6, 0.95, 20, 32768],
        ),
        reads("total_params num_experts", ("Qwen3-235B-A22B", 235e9, 128),
              ("Qwen3-30B-A3B", 30.5e9, 128)),
        maybe=dict.fromkeys(("Temperature", "Top-p", "Top-k", "Max tokens")),
    ),
    Messy(
        "still active.xlsx",
        book(
            ["Model", "Params", "Active", "Total downloads", "Experts", "Shared with", "Heads up"],
            ["Mixtral-8x7B", "46.7B", "no", 1_200_000, 8, "everyone", "old"],
            ["DeepSeek-V3", "671B", "yes", 3_400_000, 256, "team", None],
        ),
        reads("total_params num_experts", ("Mixtral-8x7B", 46.7e9, 8), ("DeepSeek-V3", 671e9, 256)),
        maybe=dict.fromkeys(("Active", "Total downloads", "Shared with", "Heads up")),
    ),
    Messy(
        "total and active alone.csv",
        lines(
            ["Model", "Total", "Active", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", "12.9B", "8", "2"],
            ["DeepSeek-V3", "671B", "37B", "256", "8"],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
        maybe={"Total": "total_params", "Active": "active_params"},
    ),
    Messy(
        "unit twice.xlsx",
        book(
            ["Model", "Total params (B)", "Active params (B)", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", "12.9 B", 8, 2],
            ["Granite-3.0-3B-A800M", "3.3B", "800M", 40, 8],
            ["Kimi-K2", "1.04T", 32.6, 384, 8],
        ),
        reads(BASICS, MIXTRAL, ("Granite-3.0-3B-A800M", 3.3e9, 0.8e9, 40, 8), KIMI),
    ),
    Messy(
        "exact under billions.xlsx",
        book(
            ["Model", "Total params (B)", "Experts", "Top-k"],
            ["DeepSeek-V3", 671, 256, 8], ["Mixtral-8x7B", 46702792704, 8, 2],
        ),
        reads(SHORT, ("DeepSeek-V3", 671e9, 256, 8), ("Mixtral-8x7B", 46_702_792_704, 8, 2)),
        said=("B3",), may_refuse=True,
    ),
    Messy(
        "percent once.xlsx",
        book(
            ["Model", "Total (B)", "Active share"],
            ["Mixtral-8x7B", 46.7, 0.276], ["DeepSeek-V3", 671, 5.5],
            dress=_percent_once,
        ),
        reads("total_params parameter_efficiency", ("Mixtral-8x7B", 46.7e9, 0.276),
              ("DeepSeek-V3", 671e9, 0.055)),
    ),
    Messy(
        "a date of two counts.xlsx",
        book(
            ["Model", "Total params", "Top-k / experts"],
            ["DeepSeek-V3", "671B", "8/256"], ["Mixtral-8x7B", "46.7B", datetime(2025, 2, 8)],
        ),
        reads("total_params num_experts_per_tok num_experts", ("DeepSeek-V3", 671e9, 8, 256),
              ("Mixtral-8x7B", 46.7e9, None, None)),
        said=("C3",), may_refuse=True,
    ),
    Messy(
        "no header over names.xlsx",
        book(
            [None, "Total (B)", "Active (B)", "Experts", "Top-k"],
            ["Mixtral-8x7B", 46.7, 12.9, 8, 2], ["DeepSeek-V3", 671, 37, 256, 8],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
    ),
    Messy(
        "families.xlsx",
        book(
            ["Rank", "Company", "Model family", "Model", "HF repo", "Params", "Experts", "Top-k"],
            [1, "DeepSeek", "DeepSeek", "DeepSeek-V3", "deepseek-ai/DeepSeek-V3", "671B", 256, 8],
            [2, "Mistral AI", "Mixtral", "Mixtral-8x7B", "mistralai/Mixtral-8x7B-v0.1", "46.7B",
             8, 2],
        ),
        reads(SHORT, ("DeepSeek-V3", 671e9, 256, 8), ("Mixtral-8x7B", 46.7e9, 8, 2)),
        carried=("Company", "Model family"), maybe={"Rank": None, "HF repo": None},
    ),
    Messy(
        "rounded and exact.xlsx",
        book(
            ["Model", "Total params (B)", "Total params", "Experts", "Top-k"],
            ["Mixtral-8x7B", 46.7, 46702792704, 8, 2], ["OLMoE-1B-7B", 6.92, 6919161856, 64, 8],
        ),
        reads(SHORT, ("Mixtral-8x7B", 46_702_792_704, 8, 2), ("OLMoE-1B-7B", 6_919_161_856, 64, 8)),
        maybe={"Total params (B)": None}, said=("Total params (B)",), may_refuse=True,
    ),
    Messy(
        "footnotes.xlsx",
        book(
            ["Model", "Total (B)", "Active (B)", "Experts¹", "Top-k²"],
            ["Mixtral-8x7B", "46.7", "12.9", "8", "2"],
            ["DeepSeek-V3", "671¹", "37²", "256*", "8†"],
            ["Qwen3-235B-A22B", "235 [1]", "22 [2]", "128 **", "8 ‡"],
            ["¹ routed experts only"], ["² per token"], ["* without the layer for further tokens"],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK, QWEN),
    ),
    Messy(
        "words after numbers.xlsx",
        book(
            ["Model", "Parameters", "Layers", "Experts", "Top-k", "Hidden size", "Vocabulary"],
            ["Mixtral-8x7B", "46.7B total", "32 layers", "8 experts", "2 per token", "4096 dims",
             "32k tokens"],
            ["DeepSeek-V3", "671B parameters", "61 layers", "256 routed", "top-8", "d=7168",
             "129,280 tokens"],
        ),
        reads(f"total_params num_hidden_layers {TOP} hidden_size vocab_size",
              ("Mixtral-8x7B", 46.7e9, 32, 8, 2, 4096, 32000),
              ("DeepSeek-V3", 671e9, 61, 256, 8, 7168, 129280)),
    ),
    Messy(
        "eight times seven.xlsx",
        book(
            ["Model", "Params", "Experts", "Top-k"],
            ["DeepSeek-V3", "671B", 256, 8], ["Mixtral", "8x7B", 8, 2],
        ),
        reads(SHORT, ("DeepSeek-V3", 671e9, 256, 8), ("Mixtral", None, 8, 2)),
        said=("B3",), may_refuse=True,
    ),
    Messy(
        "Billionen.csv",
        lines(
            ["Modell", "Parameter insgesamt", "Davon aktiv", "Experten", "Experten pro Token"],
            ["DeepSeek-V3", "671 Milliarden", "37 Milliarden", "256", "8"],
            ["Kimi-K2", "1,04 Billionen", "32,6 Milliarden", "384", "8"],
            ["Granite-3.0-3B-A800M", "3,3 Milliarden", "800 Millionen", "40", "8"],
            separator=";",
        ),
        reads(BASICS, DEEPSEEK, KIMI, ("Granite-3.0-3B-A800M", 3.3e9, 0.8e9, 40, 8)),
        maybe={"Davon aktiv": "active_params"},
    ),
    Messy(
        "billones.csv",
        lines(
            ["Modelo", "Parámetros totales", "Expertos", "Expertos por token"],
            ["DeepSeek-V3", "0,671 billones", "256", "8"],
            ["Kimi-K2", "1,04 billones", "384", "8"],
            separator=";",
        ),
        reads(SHORT, ("DeepSeek-V3", 671e9, 256, 8), ("Kimi-K2", 1.04e12, 384, 8)),
    ),
    Messy(
        "units in headers.xlsx",
        book(
            ["Model", "Total params (×10⁹)", "Active params [bn]", "Published total (10^9)",
             "Published active, in billions", "Experts (#)", "Vocab (k)"],
            ["Mixtral-8x7B", 46.7, 12.9, 47, 13, 8, 32],
            ["DeepSeek-V3", 671.03, 37.55, 671, 37, 256, 129.28],
        ),
        reads("total_params active_params published_total_params published_active_params "
              "num_experts vocab_size", ("Mixtral-8x7B", 46.7e9, 12.9e9, 47e9, 13e9, 8, 32000),
              ("DeepSeek-V3", 671.03e9, 37.55e9, 671e9, 37e9, 256, 129280)),
    ),
    Messy(
        "单位在表头.xlsx",
        book(
            ["模型名称", "总参数（亿）", "激活参数(B)", "路由专家数", "激活专家数", "开源协议"],
            ["DeepSeek-V3", 6710, 37, 256, 8, "MIT"],
            ["Qwen3-235B-A22B", 2350, 22, 128, 8, "Apache 2.0"],
        ),
        reads(BASICS, DEEPSEEK, QWEN),
        carried=("开源协议",),
    ),
    Messy(
        "bilingual.xlsx",
        book(
            ["模型 / Model", "总参数 / Total params", "激活参数 / Active params",
             "专家数 / Experts", "激活专家数 / Active experts", "厂商 / Vendor"],
            ["DeepSeek-V3", "671B", "37B", 256, 8, "深度求索"],
            ["Qwen3-235B-A22B", "235B", "22B", 128, 8, "阿里云"],
        ),
        reads(BASICS, DEEPSEEK, QWEN),
        carried=("Vendor",),
    ),
    Messy(
        "emoji.csv",
        lines(
            ["🤖 Model", "🧠 Total params", "⚡ Active params", "🔀 Experts", "🎯 Top-k",
             "💰 Price"],
            ["Mixtral-8x7B", "46.7B", "12.9B", "8", "2", "$0.24"],
            ["DeepSeek-V3 🔥", "671B", "37B", "256", "8", "$0.27"],
        ),
        reads(BASICS, MIXTRAL, ("DeepSeek-V3 🔥", *DEEPSEEK[1:])),
        carried=("Price",),
    ),
    Messy(
        "dataframe.csv",
        lines(
            ["Unnamed: 0", "modelName", "totalParams", "activeParams", "numExperts", "topK",
             "hiddenSize", "isOpen", "lastUpdated"],
            ["0", "Mixtral-8x7B", "46700000000.0", "12900000000.0", "8.0", "2.0", "4096", "True",
             "2023-12-11T00:00:00"],
            ["1", "DeepSeek-V3", "671000000000.0", "37000000000.0", "256.0", "8.0", "7168", "True",
             "2024-12-26T00:00:00"],
            ["2", "Grok-1", "314000000000.0", "nan", "8.0", "2.0", "6144", "True", "NaN"],
        ),
        reads(f"{BASICS} hidden_size", (*MIXTRAL, 4096), (*DEEPSEEK, 7168),
              ("Grok-1", 314e9, None, 8, 2, 6144)),
        carried=("isOpen", "lastUpdated"),
    ),
    Messy(
        "a column of units.xlsx",
        book(
            ["Specification", "Unit", "Mixtral-8x7B", "DeepSeek-V3"],
            ["Total parameters", "B", 46.7, 671],
            ["Active parameters", "B", 12.9, 37],
            ["Experts", "#", 8, 256],
            ["Experts per token", "#", 2, 8],
            ["Hidden size", "", 4096, 7168],
        ),
        reads(f"{BASICS} hidden_size", (*MIXTRAL, 4096), (*DEEPSEEK, 7168)),
    ),
    Messy(
        "two sheets.xlsx",
        book(
            ["Model", "Total (B)", "Active (B)", "Experts", "Top-k"],
            ["Mixtral-8x7B", 46.7, 12.9, 8, 2],
            sheet="2023",
            after={"2024": [["Model", "Total (B)", "Active (B)", "Experts", "Top-k"],
                            ["DeepSeek-V3", 671, 37, 256, 8]]},
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
        options=("--sheet", "2023", "--sheet", "2024"),
    ),
    Messy(
        "subtotals.xlsx",
        book(
            ["Vendor", "Model", "Total (B)", "Active (B)", "Experts", "Top-k"],
            ["Mistral AI", "Mixtral-8x7B", 46.7, 12.9, 8, 2],
            ["Subtotal Mistral AI", None, "=SUBTOTAL(9,C2:C2)", "=SUBTOTAL(9,D2:D2)"],
            ["DeepSeek", "DeepSeek-V3", 671, 37, 256, 8],
            ["Subtotal DeepSeek", None, "=SUBTOTAL(9,C4:C4)", "=SUBTOTAL(9,D4:D4)"],
            ["Grand total", None, "=SUBTOTAL(9,C2:C5)", "=SUBTOTAL(9,D2:D5)"],
            stored={"C3": 46.7, "D3": 12.9, "C5": 671, "D5": 37, "C6": 717.7, "D6": 49.9},
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK),
        carried=("Vendor",), said=("Grand total",),
    ),
    Messy(
        "with dense ones.xlsx",
        book(
            ["Model", "Type", "Params", "Active", "Experts", "Top-k"],
            ["Llama-3.1-70B", "dense", "70.6B", "70.6B", "—", "—"],
            ["Mixtral-8x7B", "MoE", "46.7B", "12.9B", 8, 2],
            ["Gemma-2-27B", "dense", "27.2B", None, None, None],
        ),
        reads(BASICS, ("Llama-3.1-70B", 70.6e9, 70.6e9, None, None), MIXTRAL,
              ("Gemma-2-27B", 27.2e9, None, None, None)),
        texts=("model_type",), maybe={"Active": "active_params"},
    ),
    Messy(
        "several dimensions.xlsx",
        book(
            ["Model", "Heads (Q / KV)", "Experts (total/active)", "Params, B (total/active)",
             "Hidden / FFN / expert dim"],
            ["Qwen3-235B-A22B", "64 / 4", "128/8", "235/22", "4096 / 12288 / 1536"],
            ["Qwen3-30B-A3B", "32 / 4", "128/8", "30.5/3.3", "2048 / 6144 / 768"],
        ),
        reads(f"num_attention_heads num_key_value_heads {TOP} total_params active_params "
              "hidden_size intermediate_size moe_intermediate_size",
              ("Qwen3-235B-A22B", 64, 4, 128, 8, 235e9, 22e9, 4096, 12288, 1536),
              ("Qwen3-30B-A3B", 32, 4, 128, 8, 30.5e9, 3.3e9, 2048, 6144, 768)),
    ),
    Messy(
        "active first.csv",
        lines(
            ["Model", "Active / total params", "Active / total experts", "MoE / dense layers"],
            ["DeepSeek-V3", "37B / 671B", "8 of 256", "58 / 3"],
            ["GLM-4.5", "32B / 355B", "8 of 160", "89 / 3"],
        ),
        reads("active_params total_params num_experts_per_tok num_experts num_moe_layers "
              "first_k_dense_replace", ("DeepSeek-V3", 37e9, 671e9, 8, 256, 58, 3),
              ("GLM-4.5", 32e9, 355e9, 8, 160, 89, 3)),
    ),
    Messy("separator told.csv", _separator_told,
          reads(SHORT, ("Mixtral-8x7B", 46.7e9, 8, 2), ("DeepSeek-V3", 671e9, 256, 8))),
    Messy("empty around.csv", _empty_around, reads(BASICS, MIXTRAL, DEEPSEEK)),
]  # fmt: skip
