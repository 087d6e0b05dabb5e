"""What is exact for which architecture: a table, which the tests against transformers enforce."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Flops = Literal["all", "no core", "no recurrence", "parts"]
TRANSFORMERS = "5.23.0"


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
        "afmoe", "aria", "aria_text", "axk1", "beam", "cohere2_moe", "dbrx", "deepseek_ocr2",
        "deepseek_v2", "deepseek_v3", "dots1", "ernie4_5_moe", "ernie4_5_vl_moe", "exaone_moe",
        "flex_olmo", "flint", "glm4_moe", "glm4_moe_lite", "glm4v_moe", "gpt_oss", "granitemoe",
        "granitemoe_swa", "granitemoeshared", "hunyuan_v1_moe", "hy_v3", "jetmoe", "kolibri1",
        "llama4", "llama4_text", "longcat_flash", "mellum", "mimo_v2_flash", "minimax_m2",
        "mistral3", "mistral4", "mixtral", "muse_spark", "olmoe", "phimoe", "qwen2_moe",
        "qwen3_moe", "qwen3_omni_moe", "qwen3_omni_moe_thinker", "qwen3_vl_moe", "solar_open",
        "internvl",
    ),
    "no core": (
        "axk2", "deepseek_v32", "deepseek_v4", "dots3_note", "dots3_note_text", "gemma4",
        "gemma4_text", "glm5_next", "glm_moe_dsa", "hy_v4", "inkling2", "inkling2_text",
        "inkling_mm_model", "inkling_text", "laguna", "minimax_m3_vl", "minimax_m3_vl_text",
        "mistral_large4", "nllb-moe", "qwen4_exp", "qwen4_exp_text", "step3p7",
        "switch_transformers", "unlimited_ocr",
    ),
    "no recurrence": (
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
    "kimi_k25": "deepseek_v3",
    "kimi_vl": "deepseek_v3",
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
    return dict(sorted(table.items()))


_WORDS: Mapping[Flops, str] = {
    "all": "exact",
    "no core": "exact without the attention core, which is left out",
    "no recurrence": "exact; recurrences are counted by their state",
    "parts": "exact for attention's matrices; routers, experts and the whole are left out",
}


def rows() -> list[tuple[str, str, str, str, str]]:
    """Return the table in words, the header first."""
    found = [("architecture", "parameters", "active", "FLOPs", "compared with")]
    for model_type, exact in exactness().items():
        compared = f"transformers {exact.transformers}"
        if exact.like:
            compared = f"nothing; counted like {exact.like}"
        elif exact.check:
            compared = exact.check
        found.append((model_type, "exact", "exact", _WORDS[exact.flops], compared))
    return found


def markdown() -> str:
    """Return the table as the page ``docs/architectures.md``."""
    head, *body = rows()
    lines = [
        "# Architectures that are read from a config.json",
        "",
        "What is exact for which `model_type`. The tests compare every one that transformers has",
        f"with the model that transformers {TRANSFORMERS} builds on torch's meta device, component",
        "by component, and small real models with torch's flop counter; the others with the shapes",
        "of the modelling code that is published with the weights, and with what is named here. A",
        "test fails where this page says something else.",
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join((f"`{row[0]}`", *row[1:])) + " |" for row in body),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
