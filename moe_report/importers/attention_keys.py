"""Keys about attention that no adapter reads: which change no number, and which are refused.

A name that sounds like what mixes tokens, such as heads, ranks, states or kinds of layers, may mean
other parameters, other FLOPs and another cache. It changes nothing where its name is one of
arithmetic, positions or of how a program runs, or where it says what is counted anyway. Which
tokens a layer sees is no matter of parameters: see ``cache_keys``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from moe_report.importers.cache_keys import OF_WINDOWS, is_cache_width, is_of_windows
from moe_report.importers.counted_keys import Counted
from moe_report.importers.harmless_keys import is_harmless, is_nothing, words_of

_LIKE = re.compile(
    "_(attn|attns|attention|attentions|kv|qkv?|kqv|key_value|key_values|query|queries|mqa|gqa|mha"
    "|mla|multi_query|multi_latent|latent|heads|head_(dim|dims|size|width)|mixers?|mixing|retention"
    "|retnet|rwkv|hyena|mamba2?|ssm|state_space|recurrent|recurrence|rnn|lstm|gru|xlstm|deltanet"
    "|delta_net|gated_delta|gdn|kda|conv|convs|convolutions?|sinks?|yoco|cla|nsa|csa|dsa"
    "|cross_layer|num_mem(ory)?|memory_tokens|layer_(kinds?|types?|patterns?)"
    "|block_(types?|patterns?)|block_type|layers_types?|hybrid|compress|d_state|state_size"
    "|index(er)?_(n|num|head|heads|topk)|[qkvo]_(proj|lora|rank|dim|groups)|rope_head|parallel_attn"
    "|cache_implementation|d_head|d_kv)_"
)
# Of other parts than what mixes tokens of the text, and keys that nobody takes for a size.
_OTHER = re.compile(
    "_(vision|visual|images?|audio|video|speech|sound|mm|projector|talker|draft|mtp|nextn|vit"
    "|spatial|temporal|patch|attribute_map)_|_output_attentions_|_(lm|norm|cls|score)_heads?_"
    "|_classifier_|_moe_latent_"
)
_REASONS: Mapping[str, tuple[str, ...]] = {
    "how attention's scores and outputs are made": (
        "(output_|value_|floor_)?scal(e|es|ing|ar)", "multiplier", "alpha", "beta",
        "(attn|attention|alpha|beta)_factor", "temperature", "tuning", "tune", "cap", "upcast",
        "logn", "inverse_layer_idx", "lower_bound", "upper_bound", "safe", "reorder_and",
        "max_distance", "(query_)?pre_attn", "apply_query_key_layer", "use_nope", "epsilon",
        r"layernorm_(\w+_)?(alpha|beta|epsilon)", "causal",
        "((qk|kv|[qk]|query|key|attn|attention)_)*(rms_?|layer_?)?norm_(eps|epsilon)",
    ),
    "positions": (
        "rope", "rotary", "rot", "theta", "nope", "yarn", "ntk", "mrope", "xdrope", "alibi",
        "position(al)?(_embeddings?)?(_type)?", "interleaved?", "pct", "freq_base",
    ),
    "randomness and decay of training": (
        "pdrop", "(probs_)?dropout(_prob)?", "conv_dropout",
        "lora_((attn|attention)_)?(dropout|alpha)", "((attn|attention)_)?lora_(dropout|alpha)",
        "(no_)?weight_decay", "wd",
    ),
    "how a program runs": (
        "implementations?", "autoset", "flash(_attn|_attention)?(_2|_3)?(_enabled)?", "attn_2",
        "sdpa", "eager", "xformers", "paged", "memory_efficient", "efficient", "mask(s|ed|ing)?",
        "(projection_)?layout", "split_qkv_in_self", "format", "chunk_size",
        "number_of_conv_states", "(ring|ulysses)((_attn|_attention)?(_size)?)?", "[cs]p(_size)?",
        "((num|max|total)_)?(kv_)?(cache|blocks?|pages?)_((max|block|page)_)?"
        "(size|len|length|tokens|blocks|capacity|memory|(memory_)?bytes|budget|space|fraction"
        "|policy|manager|eviction)",
        "(max|total)_kv_(size|len|length|tokens)", "(num|max|total)_kv_(blocks|pages)",
        r"kv_(transfer|connector|events|sharing_fast_prefill)(_\w+)?",
        "(num_)?((attention|kv|key_value|query|q)_)*heads_(tp|per_(tp|rank|gpu|device|partition))",
    ),
}  # fmt: skip
_WORDS = re.compile(
    f"(?<=_)({'|'.join(word for words in _REASONS.values() for word in words)})(?=_)"
)
# Attention that an architecture has or has not; its sizes are none of how a program runs.
_MECHANISM = re.compile("_(nsa|csa|dsa|moba|yoco|cla|retention|retnet|rwkv|hyena|xlstm|kda|gdn)_")
_SIZE = re.compile("_(sizes?|blocks?|chunks?|dims?|lens?|length|counts?|num|n)_")
_LAYER_KINDS = re.compile(
    "_(layers?|blocks?)_(\\w+_)?(types?|kinds?|patterns?)_|_attn_types?_list_"
)
_FULL = frozenset({
    "full_attention", "attention", "full", "softmax", "global", "global_attention",
    "self_attention", "multihead_attention", "multi_head_attention", "attn", "causal", "default",
    "mha", "gqa", "1",
})  # fmt: skip
_CACHING = re.compile("_((use|enable)_)?(kv_cache|cache_kv)_")
_GROUPED = re.compile("_(use_)?(gqa|grouped_query(_attention)?)_")
# Query heads that share a head of keys and values; shorter names may mean how many such heads.
_SHARING = re.compile("_((num|n)_)?(key_value|(?P<either>kv|gqa))_groups_")
_NORMS = re.compile("_(use_)?qk_(norm|layernorm)_")


def sounds_like_attention(name: str) -> bool:
    """Whether a key may mean other attention than is counted."""
    words = words_of(name)
    return bool(_LIKE.search(words)) and not (
        _OTHER.search(words) or is_of_windows(name) or is_cache_width(name)
    )


def changes_attention(name: str, value: object, counted: Counted) -> bool | None:
    """Whether a key that sounds like attention says otherwise than what is counted.

    None is for what cannot be compared, and changes nothing only if its name says so.
    """
    words = words_of(name)
    if _NORMS.fullmatch(words) and type(value) in (bool, int):
        return bool(value) != bool(counted.of("qk_norm"))
    if _CACHING.fullmatch(words) and type(value) is bool:
        return False
    kv = counted.of("num_key_value_heads") or 0
    each = (counted.of("num_attention_heads") or 0) / kv if kv else 0
    if _GROUPED.fullmatch(words) and value is True:
        return each <= 1
    if (sharing := _SHARING.fullmatch(words)) and type(value) is int and value and kv:
        return value != each and not (sharing["either"] and value == kv)
    if words == "_qk_head_dim_" and counted.of("kv_lora_rank"):
        return value != (counted.of("qk_nope_head_dim") or 0) + (
            counted.of("qk_rope_head_dim") or 0
        )
    if words in ("_head_dim_", "_num_key_value_heads_") and counted.of("kv_lora_rank"):
        return False  # latents take the place of both
    if isinstance(value, list) and _LAYER_KINDS.search(words) and value:
        return _of_layers(value, counted)
    if isinstance(value, str) and value.lower() in _FULL:
        return False
    return None


def _of_layers(kinds: list[object], counted: Counted) -> bool:
    """Whether a list of layers' kinds has other kinds than are counted, or not one for each."""
    if len(kinds) != counted.layers:
        return True
    return not {*map(str, kinds)} <= _FULL | OF_WINDOWS.keys()


def is_arithmetic(name: str, value: object) -> bool:
    """Whether a key that sounds like attention changes neither parameters nor FLOPs nor cache."""
    words = words_of(name)
    if re.search("_groups?_", words):
        return is_nothing(value)
    if type(value) is int and value and _MECHANISM.search(words) and _SIZE.search(words):
        return False  # a block's size of attention that sees blocks is no program's
    return is_harmless(name, value, _WORDS)
