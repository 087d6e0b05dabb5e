"""What is exact for which architecture: a table, which the tests against transformers enforce."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from moe_report.importers.architectures import ADAPTERS

Flops = Literal["all", "no core", "no recurrence", "parts"]
TRANSFORMERS = "5.24.0"


@dataclass(frozen=True)
class Exactness:
    """What of an architecture's FLOPs is exact; its parameters, and the active ones, all are.

    Attributes:
        flops: ``all``: every product of the forward pass. ``no core``: products with weights; the
            attention core is left out where no field describes it. ``no recurrence``: all but the
            recurrence of linear attention, which is counted by its state, as a convention.
            ``parts``: products with attention's weights; those of routers and experts, and so the
            whole, are left out.
        transformers: The version of transformers whose model it was compared with; empty if
            transformers has no such model.
        like: Another architecture that it is counted like, and that was compared.
        check: What else its counts were compared with, such as a total that the publisher states.
    """

    flops: Flops
    transformers: str = TRANSFORMERS
    like: str = ""
    check: str = ""


_BY_FLOPS: Mapping[Flops, tuple[str, ...]] = {
    "all": (
        "kimi_k25", "sarvam_mla", "sarvam_moe",
        "afmoe", "aria", "aria_text", "axk1", "beam", "cohere2_moe", "dbrx", "deepseek_ocr2",
        "deepseek_v2", "deepseek_v3", "dots1", "ernie4_5_moe", "ernie4_5_vl_moe", "exaone_moe",
        "flex_olmo", "flint", "glm4_moe", "glm4_moe_lite", "glm4v_moe", "gpt_oss", "granitemoe",
        "granitemoe_swa", "granitemoeshared", "hunyuan_v1_moe", "hy_v3", "internvl", "jetmoe",
        "kolibri1", "llama4", "llama4_text", "longcat_flash", "mellum", "mimo_v2_flash",
        "minimax_m2", "mistral3", "mistral4", "mixtral", "muse_spark", "olmoe", "phimoe",
        "qwen2_moe", "qwen3_moe", "qwen3_omni_moe", "qwen3_omni_moe_thinker", "qwen3_vl_moe",
        "solar_open",
    ),
    "no core": (
        "diffusion_gemma", "hy_v4_vl", "inkling2_loop", "inkling2_loop_text",
        "openai_privacy_filter",
        "axk2", "deepseek_v32", "deepseek_v4", "dots3_note", "dots3_note_text", "gemma4",
        "gemma4_text", "glm5_next", "glm_moe_dsa", "hy_v4", "inkling2", "inkling2_text",
        "inkling_mm_model", "inkling_text", "laguna", "minimax_m3_vl", "minimax_m3_vl_text",
        "mistral_large4", "nllb-moe", "qwen4_exp", "qwen4_exp_text", "step3p7",
        "switch_transformers", "unlimited_ocr",
    ),
    "no recurrence": (
        "lara_mini", "nemo_speechlm", "nemotron_h_omni",
        "bailing_hybrid", "granitemoehybrid", "jamba", "kimi_linear", "lfm2_moe", "minimax",
        "nemotron_h", "qwen3_5_moe", "qwen3_5_moe_text", "qwen3_next",
    ),
    "parts": ("doge", "zaya"),
}  # fmt: skip
# Not compared under these names: their text models are made like those that are.
_LIKE: Mapping[str, str] = {
    "deepseek_ocr2_text": "deepseek_ocr2",
    "ernie4_5_moe_vl": "ernie4_5_vl_moe",
    "ernie4_5_vl_moe_text": "ernie4_5_vl_moe",
    "glm4v_moe_text": "glm4v_moe",
    "glm5_next_text": "glm5_next",
    "grok-1": "mixtral",
    "internvl_chat": "qwen3_moe",
    "kimi_k2": "deepseek_v3",
    "kimi_vl": "deepseek_v3",
    "NemotronH_Nano_Omni_Reasoning_V3": "nemotron_h_omni",
    "diffusion_gemma_text": "diffusion_gemma",
    "hy_v4_vl_text": "hy_v4_vl",
    "minimax_m1": "minimax",
    "minimax_text_01": "minimax",
    "minimax_vl_01": "minimax",
    "mistral_large4_text": "mistral_large4",
    "muse_spark_text": "muse_spark",
    "qwen3_omni_moe_text": "qwen3_omni_moe",
    "qwen3_vl_moe_text": "qwen3_vl_moe",
    "step3p5": "step3p7",
    "unlimited_ocr_text": "unlimited_ocr",
}
# transformers has no such model: the shapes are those of the modelling code that is published with
# the weights, and the counts are compared with what is named here.
_PUBLISHED: Mapping[str, tuple[Flops, str]] = {
    "PanguProMoE": ("all", "the published totals of Pangu Pro MoE, 71.99 B and 16.5 B active"),
    "bailing_moe": ("all", "the published totals of Ling-lite, 16.8 B, and Ling-mini-2.0, 16.26 B"),
    "bailing_moe_linear": (
        "no recurrence",
        "the published totals of Ring-mini-linear-2.0, 16.4 B and 1.6 B active",
    ),
    "bailing_moe_v2": ("all", "the published totals of Ling-flash-2.0, 103 B, and Ling-1T, 1000 B"),
    "deepseek": ("all", "the published total of deepseek-moe-16b, 16.4 B"),
    "hunyuan": ("all", "the published total of Hunyuan-Large, 389 B"),
    "kimi_k3": (
        "no recurrence",
        "the published totals of Kimi-K3, 2.78 T, and 104.2 B active without the input embedding",
    ),
    "mimo_v2": ("all", "the published totals of MiMo-V2.5-Pro, 1.02 T and 42 B active"),
    "arctic": ("all", "the published 480 B of Arctic"),
    "deepseek_vl_v2": ("all", "the published 27 B of DeepSeek-VL2"),
    "git": ("all", "the shapes of Grok 2's tensors"),
    "grok-2": ("all", "the shapes of Grok 2's tensors"),
    "llada": ("no core", "the shapes of LLaDA-MoE's tensors"),
    "llada2_moe": ("no core", "the published 16 B of LLaDA2.0-mini"),
    "llada_moe": ("no core", "the shapes of LLaDA-MoE's tensors"),
    "nomic_bert": ("no core", "the published 475 M of Nomic Embed v2"),
    "skywork": ("all", "the published 146 B of Skywork-MoE"),
    "smallthinker": ("all", "the published 4 B of SmallThinker"),
    "xverse": ("all", "the published 255.4 B of XVERSE-MoE"),
}  # fmt: skip


def exactness() -> Mapping[str, Exactness]:
    """Return what is exact, by ``model_type``."""
    table = {
        model_type: Exactness(flops)
        for flops, model_types in _BY_FLOPS.items()
        for model_type in model_types
    }
    for model_type, like in _LIKE.items():
        table[model_type] = Exactness(table[like].flops, transformers="", like=like)
    for model_type, (flops, check) in _PUBLISHED.items():
        table[model_type] = Exactness(flops, transformers="", check=check)
    return dict(sorted(table.items(), key=lambda row: row[0].casefold()))


MEANINGS: Mapping[Flops, str] = {
    "all": "every product of the forward pass",
    "no core": "all but the attention core, which is left out",
    "no recurrence": "all but recurrences, which are counted by their state",
    "parts": "those of attention's matrices; routers, experts and the whole are left out",
}
# How an architecture is compared with the model of transformers.
BUILT = (
    f"the model that transformers {TRANSFORMERS} builds on torch's meta device, component by"
    " component, and small real ones with torch's flop counter"
)

CACHE = (
    "Cache: what layers keep of a text; where it is not known, or a config has a key on it that is"
    " not understood, its fields are missing, with the reason as their note."
)
_OTHERS = "the tensors of the code that is published with the weights, and what is named"
_TESTED = f"Others are compared with {_OTHERS}. A test fails where this page says something else."


def rows() -> list[tuple[str, ...]]:
    """Return the table in words, the header first."""
    found: list[tuple[str, ...]] = [("architecture", "exact FLOPs", "cache", "compared with")]
    for model_type, exact in exactness().items():
        compared = "transformers"
        if exact.like:
            compared = f"nothing; counted like {exact.like}"
        elif exact.check:
            compared = exact.check
        found.append((model_type, exact.flops, _cache(model_type), compared))
    return found


def _cache(model_type: str) -> str:
    adapter = ADAPTERS[model_type]
    ways = [adapter, *adapter.by_text_model.values()]
    return next((f"not known: {way.cache}" for way in ways if way.cache), "known")


def markdown() -> str:
    """Return the table as the page ``docs/architectures.md``."""
    head, *body = rows()
    lines = [
        "# Architectures that are read from a config.json",
        "",
        "Parameters, total and active, are exact for each `model_type`. Exact FLOPs:",
        "",
        *(f"- *{word}*: {meaning}" for word, meaning in MEANINGS.items()),
        "",
        *textwrap.wrap(f"*transformers* is {BUILT}. {_TESTED}", 100),
        "",
        *textwrap.wrap(CACHE, 100),
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join((f"`{row[0]}`", *row[1:])) + " |" for row in body),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
