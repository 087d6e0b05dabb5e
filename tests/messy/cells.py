"""What people put into one cell: units, two numbers, marks, words for nothing."""

from __future__ import annotations

from typing import Any

from tests.messy.form import BASICS, Messy, book, lines, reads

MIXTRAL = ("Mixtral-8x7B", 46.7e9, 12.9e9, 8, 2)
DEEPSEEK = ("DeepSeek-V3", 671e9, 37e9, 256, 8)
HEAD = ["Model", "Total params", "Active params", "Experts", "Top-k"]


def _percent(page: Any) -> None:
    for row in (2, 3, 4):
        page.cell(row, 3).number_format = "0.0%"


CELLS = [
    Messy(
        "units of all kinds.xlsx",
        book(
            HEAD,
            ["Mixtral-8x7B", "46.7B", "12.9e9", "8", "2"],
            ["Mixtral-8x22B", "~141bn", "39 billion", "8", "2"],
            ["DeepSeek-V2", "236 B", "21 B", "160", "6"],
            ["Switch-C", "1.6T", "n/a", "2,048", "1"],
            ["Granite-3.0-3B-A800M", "3.3B", "800M", "40", "8"],
            ["Qwen2-57B-A14B", "57.4 b", "14.2 Billion", "64", "8"],
            ["OLMoE-1B-7B", "6.92E+09", "1.28E+09", "64", "8"],
            ["Snowflake Arctic", "0.48T", "17B", "128", "2"],
        ),
        reads(BASICS, MIXTRAL, ("Mixtral-8x22B", 141e9, 39e9, 8, 2),
              ("DeepSeek-V2", 236e9, 21e9, 160, 6), ("Switch-C", 1.6e12, None, 2048, 1),
              ("Granite-3.0-3B-A800M", 3.3e9, 0.8e9, 40, 8),
              ("Qwen2-57B-A14B", 57.4e9, 14.2e9, 64, 8), ("OLMoE-1B-7B", 6.92e9, 1.28e9, 64, 8),
              ("Snowflake Arctic", 480e9, 17e9, 128, 2)),
    ),
    Messy(
        "two numbers in a cell.xlsx",
        book(
            ["Model", "Params", "Top-k / experts", "Layers"],
            ["Mixtral-8x7B", "46.7B-A12.9B", "2 / 8", 32],
            ["DeepSeek-V3", "671B (37B active)", "8 / 256", 61],
            ["Qwen3-235B-A22B", "235B-A22B", "8/128", 94],
            ["gpt-oss-120b", "117B total, 5.1B active", "4 / 128", 36],
            ["GLM-4.5", "355B / 32B active", "8/160", 92],
        ),
        reads(f"{BASICS} num_hidden_layers", (*MIXTRAL, 32), (*DEEPSEEK, 61),
              ("Qwen3-235B-A22B", 235e9, 22e9, 128, 8, 94),
              ("gpt-oss-120b", 117e9, 5.1e9, 128, 4, 36), ("GLM-4.5", 355e9, 32e9, 160, 8, 92)),
    ),
    Messy(
        "experts and shared.xlsx",
        book(
            ["Model", "Total (B)", "Experts"],
            ["DeepSeek-V2-Lite", 15.7, "64 (6) + 2 shared"],
            ["DeepSeek-V3", 671, "256 (8 active) + 1 shared"],
            ["Kimi-K2", 1040, "384 (8 active) + 1 shared"],
            ["Mixtral-8x7B", 46.7, "8 (2 active)"],
        ),
        reads("total_params num_experts num_experts_per_tok num_shared_experts",
              ("DeepSeek-V2-Lite", 15.7e9, 64, 6, 2), ("DeepSeek-V3", 671e9, 256, 8, 1),
              ("Kimi-K2", 1.04e12, 384, 8, 1), ("Mixtral-8x7B", 46.7e9, 8, 2, None)),
    ),
    Messy(
        "experts times.xlsx",
        book(
            ["Model", "Experts × top-k", "Layers (dense)"],
            ["DeepSeek-V2-Lite", "64 × 6", "27 (1)"],
            ["DeepSeek-V3", "256 × 8", "61 (3)"],
            ["Kimi-K2", "384 x 8", "61 (1)"],
        ),
        reads("num_experts num_experts_per_tok num_hidden_layers first_k_dense_replace",
              ("DeepSeek-V2-Lite", 64, 6, 27, 1), ("DeepSeek-V3", 256, 8, 61, 3),
              ("Kimi-K2", 384, 8, 61, 1)),
    ),
    Messy(
        "layers in words.csv",
        lines(
            ["model", "layers", "experts", "experts per token", "hidden dim"],
            ["DeepSeek-V3", "61 layers (3 dense)", "256", "8", "7168"],
            ["GLM-4.5", "92 layers (3 dense)", "160", "8", "5120"],
            ["Mixtral-8x7B", "32 layers", "8", "2", "4096"],
        ),
        reads("num_hidden_layers first_k_dense_replace num_experts num_experts_per_tok hidden_size",
              ("DeepSeek-V3", 61, 3, 256, 8, 7168), ("GLM-4.5", 92, 3, 160, 8, 5120),
              ("Mixtral-8x7B", 32, None, 8, 2, 4096)),
    ),
    Messy(
        "apostrophes.csv",
        lines(
            ["Modell", "Parameter", "Vokabular", "Breite (hidden size)", "Experten", "Top-k"],
            ["Mixtral-8x7B", "46'702'792'704", "32'000", "4'096", "8", "2"],
            ["Qwen3-30B-A3B", "30’532’122’624", "151’936", "2’048", "128", "8"],
            separator=";",
        ),
        reads("total_params vocab_size hidden_size num_experts num_experts_per_tok",
              ("Mixtral-8x7B", 46_702_792_704, 32000, 4096, 8, 2),
              ("Qwen3-30B-A3B", 30_532_122_624, 151936, 2048, 128, 8)),
    ),
    Messy(
        "spaces in numbers.xlsx",
        book(
            ["Model", "Total parameters", "Vocab size", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46\u00a0702\u00a0792\u00a0704", "32\u00a0000", "8\u00a0", "\u00a02"],
            ["Qwen3-30B-A3B", "30\u2009532\u2009122\u2009624", "151\u2009936", "128", "8"],
            [" OLMoE-1B-7B\u00a0", "6 919 161 856", "50\u202f304", "64", "8"],
        ),
        reads("total_params vocab_size num_experts num_experts_per_tok",
              ("Mixtral-8x7B", 46_702_792_704, 32000, 8, 2),
              ("Qwen3-30B-A3B", 30_532_122_624, 151936, 128, 8),
              ("OLMoE-1B-7B", 6_919_161_856, 50304, 64, 8)),
    ),
    Messy(
        "全角.xlsx",
        book(
            ["モデル", "総パラメータ", "エキスパート数", "Ｔｏｐ－ｋ", "層数"],
            ["DeepSeek-V3", "６７１Ｂ", "２５６", "８", "６１"],
            ["Mixtral-8x7B", "４６．７Ｂ", "８", "２", "３２"],
        ),
        reads("total_params num_experts num_experts_per_tok num_hidden_layers",
              ("DeepSeek-V3", 671e9, 256, 8, 61), ("Mixtral-8x7B", 46.7e9, 8, 2, 32)),
    ),
    Messy(
        "nothing known.xlsx",
        book(
            HEAD,
            ["Mixtral-8x7B", "46.7B", "12.9B", 8, 2],
            ["Grok-2", "—", "—", "—", "—"],
            ["DeepSeek-V3", "671B", "37B", 256, 8],
            ["Llama-4-Behemoth", "TBD", "288B", "?", "-"],
            ["Gemini-1.5-Pro", "n/a", "N/A", "unknown", "not disclosed"],
        ),
        reads(BASICS, MIXTRAL, ("Grok-2", None, None, None, None), DEEPSEEK,
              ("Llama-4-Behemoth", None, 288e9, None, None),
              ("Gemini-1.5-Pro", None, None, None, None)),
    ),
    Messy(
        "a range.xlsx",
        book(
            ["Model", "Total params", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", 8, 2],
            ["LongCat-Flash", "560B", 512, "8-16"],
        ),
        reads("total_params num_experts num_experts_per_tok", ("Mixtral-8x7B", 46.7e9, 8, 2),
              ("LongCat-Flash", 560e9, 512, None)),
        said=("8-16", "D3"), may_refuse=True,
    ),
    Messy(
        "a bound.xlsx",
        book(
            ["Model", "Total params", "Active params", "Experts"],
            ["Mixtral-8x7B", "46.7B", "12.9B", 8],
            ["Llama-4-Maverick", "400B", ">17B", 128],
        ),
        reads("total_params active_params num_experts", ("Mixtral-8x7B", 46.7e9, 12.9e9, 8),
              ("Llama-4-Maverick", 400e9, None, 128)),
        said=(">17B", "C3"), may_refuse=True,
    ),
    Messy(
        "shares as text.csv",
        lines(
            ["Model", "Total params", "Active share", "Context", "Released"],
            ["Mixtral-8x7B", "46.7B", "27.6 %", "32k", "2023-12-11"],
            ["DeepSeek-V3", "671B", "5.5%", "128k", "2024-12-26"],
            ["Mixtral-8x22B", "141B", "27,7 %", "64k", "2024-04-17"],
        ),
        reads("total_params parameter_efficiency", ("Mixtral-8x7B", 46.7e9, 0.276),
              ("DeepSeek-V3", 671e9, 0.055), ("Mixtral-8x22B", 141e9, 0.277)),
        carried=("Context", "Released"),
    ),
    Messy(
        "percent formats.xlsx",
        book(
            ["Model", "Active %", "Sparsity", "Total (B)"],
            ["Mixtral-8x7B", 27.6, 0.724, 46.7],
            ["DeepSeek-V3", 5.5, 0.945, 671],
            ["Llama-4-Maverick", 4.25, 0.9575, 400],
            dress=_percent,
        ),
        reads("parameter_efficiency sparsity total_params", ("Mixtral-8x7B", 0.276, 0.724, 46.7e9),
              ("DeepSeek-V3", 0.055, 0.945, 671e9), ("Llama-4-Maverick", 0.0425, 0.9575, 400e9)),
    ),
    Messy(
        "millions.csv",
        lines(
            ["Model", "Params (M)", "Active (M)", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46700", "12900", "8", "2"],
            ["Granite-3.0-1B-A400M", "1300", "400", "32", "8"],
        ),
        reads(BASICS, MIXTRAL, ("Granite-3.0-1B-A400M", 1.3e9, 0.4e9, 32, 8)),
    ),
    Messy(
        "sizes in GB.xlsx",
        book(
            ["Model", "Params (B)", "Size (GB)", "Size on disk", "VRAM (FP8)", "Experts", "Top-k"],
            ["Mixtral-8x7B", 46.7, 93.4, "93.4 GB", "47 GB", 8, 2],
            ["DeepSeek-V3", 671, 1342, "688 GB", "700 GB", 256, 8],
        ),
        reads("total_params num_experts num_experts_per_tok", ("Mixtral-8x7B", 46.7e9, 8, 2),
              ("DeepSeek-V3", 671e9, 256, 8)),
        carried=("Size (GB)", "Size on disk", "VRAM (FP8)"),
    ),
    Messy(
        "size alone.xlsx",
        book(
            ["Model", "Size", "Experts", "Top-k"],
            ["Mixtral-8x7B", 46.7, 8, 2],
            ["DeepSeek-V3", 671, 256, 8],
        ),
        reads("num_experts num_experts_per_tok", ("Mixtral-8x7B", 8, 2), ("DeepSeek-V3", 256, 8)),
        asked=("Size",), missing=("total_params", "parameter_efficiency"),
        said=("Size", "total_params", "--column"),
    ),
    Messy(
        "size told.xlsx",
        book(
            ["Model", "Size", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7B", 8, 2],
            ["Snowflake Arctic", "0.48T", 128, 2],
        ),
        reads("total_params num_experts num_experts_per_tok", ("Mixtral-8x7B", 46.7e9, 8, 2),
              ("Snowflake Arctic", 480e9, 128, 2)),
        options=("--column", "Size=total_params"),
    ),
    Messy(
        "comma decided by its column.csv",
        lines(
            ["Model", "Total (B)", "Experts", "Top-k"],
            ["Mixtral-8x7B", "46.7", "8", "2"],
            ["Switch-C", "1,571", "2,048", "1"],
        ),
        reads("total_params num_experts num_experts_per_tok", ("Mixtral-8x7B", 46.7e9, 8, 2),
              ("Switch-C", 1571e9, 2048, 1)),
    ),
    Messy(
        "comma undecided.xlsx",
        book(
            ["Model", "Total (B)", "Experts", "Top-k"],
            ["Kimi-K2", "1,040", 384, 8],
            ["DeepSeek-V3", "671", 256, 8],
        ),
        {},
        error=("B2", "1,040", "1.04", "1040"),
    ),
    Messy(
        "flags.xlsx",
        book(
            ["Model", "Tied embeddings", "QKV bias", "Attention sinks", "Open weights", "Experts"],
            ["gpt-oss-20b", "no", "yes", "yes", "✓", 32],
            ["Granite-3.0-3B-A800M", "Yes", "No", "No", "✓", 40],
            ["OLMoE-1B-7B", False, False, False, "✗", 64],
        ),
        reads("tie_word_embeddings qkv_bias attention_sinks num_experts",
              ("gpt-oss-20b", 0, 1, 1, 32), ("Granite-3.0-3B-A800M", 1, 0, 0, 40),
              ("OLMoE-1B-7B", 0, 0, 0, 64)),
        carried=("Open weights",),
    ),
    Messy(
        "check marks.xlsx",
        book(
            ["Model", "Tied", "Router bias", "Experts", "Multimodal"],
            ["gpt-oss-20b", "✗", "✓", 32, "✗"],
            ["Granite-3.0-3B-A800M", "✔", "✘", 40, "✗"],
            ["Llama-4-Scout", "❌", "❌", 16, "✅"],
        ),
        reads("tie_word_embeddings router_bias num_experts", ("gpt-oss-20b", 0, 1, 32),
              ("Granite-3.0-3B-A800M", 1, 0, 40), ("Llama-4-Scout", 0, 0, 16)),
        carried=("Multimodal",),
    ),
    Messy(
        "pasted markdown.xlsx",
        book(
            ["**Model**", "**Total params**", "**Active params**", "**#Experts**", "**Top-K**"],
            [":---", "---:", "---:", ":---:", ":---:"],
            ["**Mixtral-8x7B**", "46.7B", "12.9B", "8", "2"],
            ["[DeepSeek-V3](https://huggingface.co/deepseek-ai/DeepSeek-V3)", "**671B**", "37B[^1]",
             "256", "8"],
            ["`Qwen3-235B-A22B`", "235B", "22B*", "128", "8"],
            ["[^1]: without the layer for further tokens"],
        ),
        reads(BASICS, MIXTRAL, DEEPSEEK, ("Qwen3-235B-A22B", 235e9, 22e9, 128, 8)),
    ),
    Messy(
        "approximately.csv",
        lines(
            ["Model name", "# Params", "# Activated Params", "# experts", "# experts / token",
             "Ctx. len.", "d_model", "n_layers", "Vocab"],
            ["Kimi-K2", "≈1.04T", "~32.6B", "384", "8", "128K", "7,168", "61", "~164k"],
            ["MiniMax-Text-01", "ca. 456B", "45.9B", "32", "2", "1M", "6,144", "80", "200,064"],
        ),
        reads(f"{BASICS} hidden_size num_hidden_layers vocab_size",
              ("Kimi-K2", 1.04e12, 32.6e9, 384, 8, 7168, 61, 164000),
              ("MiniMax-Text-01", 456e9, 45.9e9, 32, 2, 6144, 80, 200064)),
        carried=("Ctx. len.",),
    ),
]  # fmt: skip
