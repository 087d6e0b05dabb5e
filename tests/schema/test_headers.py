"""Headers as people write them: read, asked about, or carried along."""

from __future__ import annotations

import re
import string
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moe_report import Model, metric
from moe_report.schema.fields import FIELDS
from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.lexicon import entries_of, lexicon
from moe_report.schema.headers.phrases import FIELD_PHRASES, SYMBOLS
from moe_report.schema.headers.values import Reading
from moe_report.schema.headers.words import COUNT, FOREIGN, NOISE, WORDS
from moe_report.schema.registry import installed, load
from tests.schema.test_header_cases import CASES, cases

REGISTRY = installed()
HEADERS = Headers(REGISTRY.metrics, REGISTRY.assumptions)


def names(reading: Reading) -> list[str]:
    """What a header surely is."""
    return [known.name for known in reading.known]


def candidates(reading: Reading) -> list[str]:
    """What a header may be."""
    return [known.name for known in reading.candidates]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Hidden", "hidden_size"),
        ("d_ff (expert)", "moe_intermediate_size"),
        ("Expert FFN dim", "moe_intermediate_size"),
        ("# Routed Experts", "num_experts"),
        ("**每 token 激活的路由专家数**", "num_experts_per_tok"),
        ("Anzahl der Schichten", "num_hidden_layers"),
        ("Nombre d'experts actifs", "num_experts_per_tok"),
        ("Número de parámetros", "total_params"),
        ("Parâmetros ativos por token", "active_params"),
        ("Lunghezza del contesto", "context_length"),
        ("Активных экспертов на токен", "num_experts_per_tok"),
        ("Kích thước từ vựng", "vocab_size"),
        ("トークンあたりのエキスパート数", "num_experts_per_tok"),
        ("활성 전문가/토큰", "num_experts_per_tok"),
        ("共享專家數", "num_shared_experts"),
        (r"$P_\text{active}$", "active_params"),
        ("numExpertsPerTok", "num_experts_per_tok"),
    ],
)
def test_words_of_many_languages_are_understood(header: str, name: str) -> None:
    """A header is what its words mean, whatever the language, order, markup and spelling."""
    assert names(HEADERS.read(header)) == [name]


@pytest.mark.parametrize(
    "header",
    [
        "$/Mtok", "Vendor", "log_parameters", "Tokens per Param", "Expert rank", "index_topk",
        "num_key_value_groups", "MMLU-Pro", "Training compute (FLOP)", "Model Size (GB)",
        "Non-embedding params", "Vision Params", "Relative Expert Size", "$T$", "Qwen3-235B-A22B",
    ],
)  # fmt: skip
def test_what_is_none_of_ours_is_carried(header: str) -> None:
    """Words of ours beside one that makes it something else are not read."""
    assert HEADERS.read(header).state == "carried"


@pytest.mark.parametrize(
    ("header", "name", "scale"),
    [
        ("Vocab (k)", "vocab_size", 10**3),
        ("Size (B)", "total_params", 10**9),
        ("Total params, B", "total_params", 10**9),
        ("Params [M]", "total_params", 10**6),
        ("Total params (×10⁹)", "total_params", 10**9),
        ("Params ×1e9", "total_params", 10**9),
        ("Parameters (in billions)", "total_params", 10**9),
        ("参数量 / 十亿", "total_params", 10**9),
        ("激活参数量(亿)", "active_params", 10**8),
        ("Параметры (млрд)", "total_params", 10**9),
        ("Gesamtparameter (Mrd.)", "total_params", 10**9),
        ("totalParamsB", "total_params", 10**9),
        ("active_params_b", "active_params", 10**9),
        ("GFLOPs/token", "forward_flops", 10**9),
        ("Active %", "parameter_efficiency", Decimal("0.01")),
        ("Efficiency (%)", "parameter_efficiency", Decimal("0.01")),
        ("Context Length (K)", "context_length", 10**3),
    ],
)
def test_units_in_headers_scale(header: str, name: str, scale: int | Decimal) -> None:
    """What one of a column's numbers is stands in its header."""
    [known] = HEADERS.read(header).known
    assert (known.name, known.scale) == (name, scale)


def test_a_unit_may_stand_in_a_row_of_its_own() -> None:
    """A row of units below, or the group above, says it as well."""
    assert HEADERS.read("Total", unit="B").known[0].scale == 10**9
    assert HEADERS.read("Active", above="Parameters (B)").known[0].scale == 10**9
    assert HEADERS.read("Layers", unit="B").state == "ask"
    assert HEADERS.read("Layers", unit="count").known[0].scale == 1


def test_a_unit_of_something_else_makes_it_something_else() -> None:
    """Gigabytes are no parameters; billions of channels are a slip to ask about."""
    assert HEADERS.read("Total (GB)").state == "carried"
    assert candidates(HEADERS.read("hidden_size (B)")) == ["hidden_size"]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Params (total / active)", ["total_params", "active_params"]),
        ("总参数/激活参数", ["total_params", "active_params"]),
        ("#Experts (activated/total)", ["num_experts_per_tok", "num_experts"]),
        ("# Experts × top-k", ["num_experts", "num_experts_per_tok"]),
        ("Top-k / experts", ["num_experts_per_tok", "num_experts"]),
        ("Heads (Q / KV)", ["num_attention_heads", "num_key_value_heads"]),
        ("num_attn / num_kv", ["num_attention_heads", "num_key_value_heads"]),
        ("MLP/Expert dim", ["intermediate_size", "moe_intermediate_size"]),
        ("Lớp / chiều ẩn", ["num_hidden_layers", "hidden_size"]),
        ("エキスパート（ルーテッド × アクティブ）", ["num_experts", "num_experts_per_tok"]),
        ("First/Last K Dense", ["first_k_dense_replace"]),
        ("experts/token", ["num_experts_per_tok"]),
    ],
)
def test_several_in_one_header_are_taken_apart(header: str, found: list[str]) -> None:
    """In the order written; a slash that parts nothing is none."""
    assert names(HEADERS.read(header)) == found


@pytest.mark.parametrize(
    ("above", "header", "name"),
    [
        ("Experts", "Total", "num_experts"),
        ("Experts", "Top-K", "num_experts_per_tok"),
        ("Experts", "Shared", "num_shared_experts"),
        ("Expert", "FFN dim", "moe_intermediate_size"),
        ("Attention heads", "KV", "num_key_value_heads"),
        ("Params", "Total", "total_params"),
        ("Architecture", "Layers", "num_hidden_layers"),
        ("Model", "Name", "name"),
    ],
)
def test_a_group_above_completes_a_header(above: str, header: str, name: str) -> None:
    """A total is one of what its group counts."""
    assert names(HEADERS.read(header, above=above)) == [name]


def test_a_group_of_something_else_is_heeded() -> None:
    """The total of costs is no total of parameters, and parameters of experts are not all."""
    assert HEADERS.read("Total", above="Cost").state == "carried"
    assert HEADERS.read("Parameters", above="Experts").state == "ask"
    assert HEADERS.read("Total", above="Reasoning").state == "ask"
    assert HEADERS.read("K", above="Benchmarks").state == "carried"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("注意力头数 (h)", "num_attention_heads"),
        ("Top-K (k)", "num_experts_per_tok"),
        ("Layers (L)", "num_hidden_layers"),
        ("Hidden Dimension (d_model)", "hidden_size"),
        ("隐藏层大小（hidden_size）", "hidden_size"),
        ("Context (tokens)", "context_length"),
        ("**Number of Layers** (Dense layer included)", "num_hidden_layers"),
        ("# AP", "active_params"),
    ],
)
def test_brackets_that_say_it_again_change_nothing(header: str, name: str) -> None:
    """A symbol, a second name, a unit that is its own, or a remark."""
    assert names(HEADERS.read(header)) == [name]


@given(st.text(max_size=60), st.text(max_size=20), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_taken(header: str, other: str, values: list[str]) -> None:
    """Whatever stands in a header, above, below or in its column, there is a reading."""
    reading = HEADERS.decide(HEADERS.read(header, above=other, unit=other), values)
    assert reading.header == header
    assert bool(reading.known) == (reading.state == "read")


def test_a_text_is_no_header() -> None:
    """A paragraph in a cell is carried along, and takes no time."""
    assert HEADERS.read("Experts / layer " * 2000).state == "carried"


@pytest.mark.parametrize(
    ("header", "first"),
    [
        ("hiden_size", "hidden_size"),
        ("Predicted Total Params", "total_params"),
        ("Size", "total_params"),
        ("FFN", "intermediate_size"),
        ("Sparsity", "parameter_efficiency"),
        ("Activation Rate", "parameter_efficiency"),
        ("Expert foo dim", "moe_intermediate_size"),
    ],
)
def test_what_resembles_a_field_is_asked_about(header: str, first: str) -> None:
    """The likeliest first: by what the words mean, not by letters in common."""
    reading = HEADERS.read(header)
    assert reading.state == "ask"
    assert candidates(reading)[0] == first
    assert reading.why


@pytest.mark.parametrize(
    ("header", "first"),
    [
        ("Experts incl. shared", "num_experts"),
        ("Top-k (incl. shared)", "num_experts_per_tok"),
        ("Total incl. MTP (B)", "total_params"),
        ("Layers (incl. MTP)", "num_hidden_layers"),
        ("Experts without shared", "num_experts"),
        ("Total params w/o embeddings", "total_params"),
        ("Params per expert (M)", "expert_params"),
        ("moe_intermediat_siz", "moe_intermediate_size"),
        ("tok-k", "num_experts_per_tok"),
        ("totl params (B)", "total_params"),
        ("Max params (B)", "total_params"),
    ],
)
def test_a_number_with_or_without_a_part_is_asked_about(header: str, first: str) -> None:
    """As is a misspelt header, and a bound; values and units of the right kind do not tell."""
    reading = HEADERS.decide(HEADERS.read(header), ["46.7B", "671B"])
    assert reading.state != "read"
    assert candidates(HEADERS.read(header))[0] == first


@pytest.mark.parametrize(
    "header",
    [
        "Δ params (B)", "Prev. params (B)", "Target params", "Params last year", "Nr.", "No", "#",
        "vision_config.hidden_size", "Change in params", "LoRA params", "Trainable params",
    ],
)  # fmt: skip
def test_changes_plans_and_indexes_are_carried(header: str) -> None:
    """A number of another time or part, and a running number, are none of the model's."""
    assert HEADERS.read(header).state == "carried"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Anz. Exp.", "num_experts"),
        ("N.º de expertos", "num_experts"),
        ("Exp./tok", "num_experts_per_tok"),
        ("Act. params (B)", "active_params"),
        ("config.num_hidden_layers", "num_hidden_layers"),
        ("text_config.hidden_size", "hidden_size"),
        ("arch/num_experts", "num_experts"),
        ("deepseek2.attention.q_lora_rank", "q_lora_rank"),
        ("llama.expert_used_count", "num_experts_per_tok"),
        ("Width (d_model)", "hidden_size"),
        ("Breite (hidden size)", "hidden_size"),
        ("$k$ (active)", "num_experts_per_tok"),
    ],
)
def test_abbreviations_paths_and_names_in_brackets_are_read(header: str, name: str) -> None:
    """A point that shortens a word, the last part of a path, a name beside its words."""
    assert names(HEADERS.read(header)) == [name]


@pytest.mark.parametrize(
    "header", ["davon aktiv", "dont actifs", "di cui attivi", "из них активных", "其中激活"]
)
def test_of_which_active_is_told_by_its_values(header: str) -> None:
    """Beside a total of parameters they are parameters, beside one of experts experts."""
    reading = HEADERS.read(header)
    assert {"active_params", "num_experts_per_tok"} <= {*candidates(reading)}
    assert names(HEADERS.decide(reading, ["12,9 Mrd.", "37 Mrd."])) == ["active_params"]


def test_an_assumption_is_told_from_a_field() -> None:
    """A context length is set, not typed in a row."""
    [known] = HEADERS.read("Max. Context").known
    assert (known.name, known.kind, known.field) == ("context_length", "assumption", None)


@pytest.mark.parametrize(
    ("header", "values", "found"),
    [
        ("Size", ["236B", "671B"], "total_params"),
        ("Type", ["MoE", "Dense"], "model_type"),
        ("Total / Active", ["671B / 37B", "1T/32B"], "total_params"),
        ("Layers", [32, 61.0, None], "num_hidden_layers"),
        ("Parameters", ["Undisclosed", "7B"], "total_params"),
    ],
)
def test_values_that_say_what_they_are_decide(
    header: str, values: list[object], found: str
) -> None:
    """Of several candidates the values' own units and words choose."""
    assert names(HEADERS.decide(HEADERS.read(header), values))[0] == found


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Size", ["3.56 GiB", "6.86 GiB"]),
        ("Parameter", ["model_name", "batch"]),
        ("GQA", ["✓", "✗"]),
        ("Attention", ["MLA", "GQA"]),
        ("Activation", ["SwiGLU", "GELU"]),
    ],
)
def test_values_that_fit_nothing_let_a_header_go(header: str, values: list[object]) -> None:
    """A column of bytes or words is not asked about for a number of parameters."""
    assert HEADERS.decide(HEADERS.read(header), values).state == "carried"


def test_values_that_cannot_be_raise_a_question() -> None:
    """What is surely parameters by its header, and bytes by its values, is asked about."""
    assert HEADERS.decide(HEADERS.read("Parameters"), ["12 GB", "30 GB"]).state == "ask"
    assert HEADERS.decide(HEADERS.read("Shared experts"), ["yes", "no"]).state == "ask"
    assert HEADERS.decide(HEADERS.read("Sliding window"), ["No", "no"]).state == "read"
    assert HEADERS.decide(HEADERS.read("Total"), [46_702_792_704]).state == "read"


def test_few_parameters_are_billions_without_their_unit() -> None:
    """The header is read; their unit is asked about where the cells are."""
    assert names(HEADERS.decide(HEADERS.read("Total"), [85.3, 71.0])) == ["total_params"]
    assert names(HEADERS.decide(HEADERS.read("Total (B)"), [0.1, 0.5])) == ["total_params"]


def test_values_do_not_decide_on_a_resemblance() -> None:
    """A prediction stays one, though its values are parameters."""
    reading = HEADERS.decide(HEADERS.read("Predicted Total Params"), ["7B", "8B"])
    assert reading.state == "ask"


def test_phrases_and_symbols_are_of_fields() -> None:
    """No table names a field that is none."""
    assert {*FIELD_PHRASES, *SYMBOLS} <= {*FIELDS}


def test_a_word_stands_for_one_concept() -> None:
    """A word of two meanings would silently be the later one."""
    tables = [*WORDS.values(), NOISE, COUNT, FOREIGN]
    words = Counter(word for table in tables for word in set(entries_of(table)))
    assert [word for word, times in words.items() if times > 1] == []


def test_phrases_are_of_words_of_the_vocabulary() -> None:
    """A phrase with a misspelt word would never be met."""
    phrases = [*FIELD_PHRASES.values(), *(one.headers for one in REGISTRY.metrics.values())]
    texts = " ".join(phrase for some in phrases for phrase in some if "=" not in phrase)
    unknown = {word.text for word in lexicon().words(texts) if not word.known}
    assert unknown == {
        "always",
        "bpe",
        "checkpoint",
        "granularity",
        "k",
        "tokenizer",
        "variant",
        "version",
        "word",
    }


def test_names_and_aliases_of_programs_are_read() -> None:
    """What is written as in config.json is always that, however ambiguous its words."""
    for item in (*FIELDS.values(), *REGISTRY.metrics.values()):
        for spelling in (item.name, *item.aliases):
            if "_" in spelling:
                assert names(HEADERS.read(spelling)) == [item.name]


READ = [
    header
    for header, _, _ in cases(CASES)
    if HEADERS.read(header).known
    and not re.search(r"[$\\`*<(_/,×]|(?<=[a-z])[A-Z]|^\W*\w{1,3}\W*$", header)
]


def _full_width(text: str) -> str:
    wide = {ord(sign): ord(sign) + 0xFEE0 for sign in string.ascii_letters + string.digits}
    return text.translate(wide)


LETTERS = (str, str.upper, str.lower, str.title, _full_width)
SPACES = (" ", "<br>", "_", "\u00a0", "  ", "\n")
MARKUP = (
    "{}", "**{}**", "`{}`", "<b>{}</b>", "# {}", r"\#{}", "  {} ", "{}¹", "{} [^2]", "{} 🔥",
    "**# {}**", "[{}](https://example.org/a)", "*{}*", "{} ↓",
)  # fmt: skip


@given(
    st.sampled_from(READ),
    st.sampled_from(LETTERS),
    st.sampled_from(SPACES),
    st.sampled_from(MARKUP),
)
def test_dress_never_changes_a_reading(
    header: str, letters: Callable[[str], str], space: str, markup: str
) -> None:
    """Case, width, markup, a # in front, spaces and footnotes say nothing."""
    dressed = markup.format(letters(header).replace(" ", space))
    assert names(HEADERS.read(dressed)) == names(HEADERS.read(header)), dressed


@given(
    st.sampled_from(READ),
    st.text("bcdfghjklmnpqrstvwxz", min_size=5, max_size=9),
    st.booleans(),
)
def test_an_unknown_word_is_never_read_over(header: str, word: str, behind: bool) -> None:
    """Who knows what "Layers zgrtf" counts."""
    if all(one.known for one in lexicon().words(word)):
        return
    reading = HEADERS.read(f"{header} {word}" if behind else f"{word} {header}")
    assert reading.state != "read", reading


def rank_of_router(m: Model) -> float:
    """Rank of a router's matrix."""
    return m.num_experts


ROUTER_RANK = metric(
    symbol="r_r", unit="channels", source="convention", aliases=("router rank",),
    headers=("router [latent] dim", "?quirk size"),
)(rank_of_router)  # fmt: skip


@pytest.mark.parametrize(
    "header", ["Ранг маршрутизатора", "라우터 랭크", "Router-Rang", "ルーターランク"]
)
def test_an_alias_in_english_serves_all_languages(header: str) -> None:
    """A plugin writes a spelling once; the vocabulary has the words of the others."""
    headers = Headers({"rank_of_router": ROUTER_RANK})
    assert names(headers.read(header)) == ["rank_of_router"]
    assert HEADERS.read(header).state != "read"


def test_a_plugin_adds_words_and_phrases() -> None:
    """Words of its own join the vocabulary; its phrases are read or asked about as it says."""
    headers = Headers({"rank_of_router": ROUTER_RANK}, words={"quirk": "Eigenheit, 怪癖"})
    assert candidates(headers.read("Größe der Eigenheit")) == ["rank_of_router"]
    assert names(headers.read("Router width")) == ["rank_of_router"]
    assert HEADERS.read("Größe der Eigenheit").state != "read"


def test_words_of_a_plugin_come_with_its_section(tmp_path: Path) -> None:
    """``HEADER_WORDS`` of its module serves its aliases in other languages."""
    plugin = tmp_path / "spilling.py"
    plugin.write_text(
        '"""Spilling."""\nfrom moe_report import Model, metric\n'
        'HEADER_WORDS = {"spill": "spill, spilled, Überlauf, 溢出"}\n'
        '@metric(symbol="q_s", unit="tokens", source="convention", aliases=("spilled tokens",))\n'
        'def token_spill(m: Model) -> float:\n    """Tokens."""\n    return m.num_experts\n',
        "utf-8",
    )
    registry = load([plugin])
    headers = registry.headers
    for header in ("Spilled tokens (k)", "溢出 token 数", "Überlauf-Token"):
        assert names(headers.read(header)) == ["token_spill"]


def test_sixty_headers_take_milliseconds() -> None:
    """Also with four hundred values each; a generous bound, for busy machines."""
    rows = list(cases(CASES))[:60]
    values = [f"{number}B" for number in range(400)]
    headers = Headers(REGISTRY.metrics, REGISTRY.assumptions)
    start = time.process_time()
    for header, _, _ in rows:
        headers.decide(headers.read(header), values)
    assert time.process_time() - start < 0.5
