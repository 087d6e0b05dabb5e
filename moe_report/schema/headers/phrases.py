"""How headers word each field of a model, beside its name, its label and its documented aliases.

A phrase is English, of words of the vocabulary (``words``), and stands for every language,
every order and every inflection of them. ``[a|b]`` may be missing, ``(a|b)`` is one of them.
A sign in front says how sure it is:

- ``?`` the header may stand for the field and is asked about unless the values tell,
- ``??`` it is asked about whatever the values are,
- ``/`` it stands for the field as one of several in a header: the Q of "Heads (Q / KV)",
- ``=`` (also ``?=``) the letters themselves count, not what they mean.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

_WIDE = "(size|dim)"
_LONG = "(size|dim|length)"
_EXPERT = "(expert|moe|moe expert|routed expert)"
_INNER = "[inter|hidden|inter hidden|hidden layer]"

FIELD_PHRASES: Mapping[str, tuple[str, ...]] = {
    "name": (
        "[model] name", "model", "?=llm", "?=llms", "?checkpoint", "?model variant",
        "?model version", "?model scale", "=nombre", "?(model|repository) id",
    ),
    "model_type": (
        "[model] architecture [type]", "model type", "?type", "?[model] structure",
        "?model architecture structure", "?moe (architecture|structure)",
    ),
    "source": ("source", "?paper", "?paper reference", "?paper source"),
    "num_hidden_layers": (
        *(f"?={word}" for word in ("layer", "block", "blocks", "层", "層")),
        "[total] [model|transformer|hidden|model hidden] layer", "backbone layer",
        "layer mtp without", "(model|transformer) depth", "?depth", "?decoder [layer]",
        "?layer ffn", "?[transformer] decoder layer", "/layer",
    ),
    "hidden_size": (
        f"(hidden|embedding|model hidden|hidden embedding|residual) {_WIDE}", "model dim",
        "hidden", "embedding length", f"hidden state {_WIDE}", f"hidden layer {_WIDE}",
        f"embedding representation {_WIDE}", "model hidden dim model",
        f"?[self] attention {_WIDE}", "?=width", "?residual", "/hidden",
    ),
    "vocab_size": ("[model] [bpe|tokenizer] vocabulary [token] [size|dim]", "?token size"),
    "tie_word_embeddings": (
        "?untied [input output] embedding", "?untied output",
        "tied [word|input output] [weight] embedding", "tied weight",
        "[input output] embedding shared", "input output embedding tied",
        "?shared embedding weight",
    ),
    "num_attention_heads": (
        "[total] [attention|query|attention query] head [per_layer]", "?=head", "/query",
        "/attention",
    ),
    "num_key_value_heads": (
        "(kv|key value|key) [attention] head [per_layer]", "/kv", "?gqa [group]", "gqa kv head",
        "?kv group", "?kv", "?value head", "/key value",
    ),
    "head_dim": (
        f"[attention] head {_WIDE}", f"{_WIDE} per_head", "key dim", "key head dim",
        "[attention] key length", f"[attention] {_WIDE} per_head",
        f"?(query|kv|qk|qkv) [head] {_WIDE}",
    ),
    "q_lora_rank": ("query (lora|latent|lora latent) [rank|dim|size]", "query rank"),
    "kv_lora_rank": (
        "kv (lora|latent|lora latent) [rank|dim|size]", "kv rank", "?latent (rank|dim|size)",
        "?lora rank", "?mla [rank|dim]",
    ),
    "qk_nope_head_dim": ("[qk] nope head (dim|size)", "qk nope [dim]", "[qk] nope dim [per_head]"),
    "qk_rope_head_dim": (
        "[qk] rope head (dim|size)", "qk rope [dim]", "?rope dim", "[qk] rope dim per_head",
    ),
    "v_head_dim": (
        "value head (dim|size)", "value dim per_head", "[attention] value length", "?value dim",
    ),
    "qkv_bias": ("qkv bias", "?attention bias", "?[attention] query bias"),
    "attention_out_bias": ("attention output bias", "?attention bias"),
    "qk_norm": ("qk norm",),
    "attention_sinks": ("attention sink", "?sink"),
    "sliding_window": (
        "sliding [attention] [window] [size]", "sliding window", "?[attention] window [size]",
        "?local [attention] window [size]",
    ),
    "num_sliding_window_layers": ("sliding [window] [attention] layer", "?local [attention] layer"),
    "attention_chunk_size": ("attention chunk [size]",),
    "num_linear_attention_layers": ("linear attention layer",),
    "num_experts": (
        "[total] [routed] [moe] expert [per_layer]", "?=expert", "?moe",
        "?[total] moe (architecture|structure)", "?expert (structure|architecture)",
        "?local expert", "?expert capacity", "?of_which routed", "?routed",
        "/[moe] expert", "/routed", "/total expert",
    ),
    "num_experts_per_tok": (
        "(active|selected) [routed] [moe] expert [per_token]", "[routed] [moe] expert per_token",
        "[moe|router|routed|routing|expert|routed expert|moe expert] topk [per_token]",
        "of_which active [routed] expert", "?of_which active", "?=tok-k", "?=tok k", "=moe_k",
        "topk active expert", "?total active expert [per_token]", "?active per_token",
        "?selected [per_token]", "=k", "?moe (architecture|structure)", "/active expert",
        "?expert (structure|architecture)",
    ),
    "moe_intermediate_size": (
        f"{_EXPERT} [ffn] (inter|hidden|inter hidden|hidden layer) [size|dim] [per_expert]",
        f"{_EXPERT} ffn {_LONG} [per_expert]", "(expert|routed expert) ffn",
        "(expert|moe expert|routed expert) dim", "?moe (dim|ffn)", "?expert size",
        f"(ffn|ffn inter|ffn hidden|inter|hidden) {_WIDE} per_expert", "expert dim per_expert",
    ),
    "num_shared_experts": (
        "[moe] shared expert [per_layer]", "/shared", "?total shared expert", "?shared",
        "of_which shared expert", "?of_which shared",
        "?always active expert",
    ),
    "shared_expert_intermediate_size": (
        "[moe] shared expert [ffn] (inter|hidden) [size|dim]", "shared expert ffn length",
        "shared expert [ffn] dim", "shared expert ffn [size]", "?shared expert size",
    ),
    "first_k_dense_replace": (
        "first [k] dense [layer]", "first [k] last dense [layer]", "/dense layer",
    ),
    "num_moe_layers": (
        "[total] (moe|moe expert|expert) layer", "?sparse [moe] layer", "?moe layer frequency",
        "/moe layer",
    ),
    "intermediate_size": (
        f"[dense] ffn {_INNER} {_LONG}", f"[dense] (inter|inter hidden) {_WIDE}",
        "ffn (inter|hidden|inter hidden)", "?[dense] ffn", "?inter", "?dense dim", "?inter layer",
        "/[dense] inter", "/dense ffn",
    ),
    "num_nextn_predict_layers": (
        "mtp [token] (layer|module|depth|head)", "mtp layer module", "?mtp [token]",
    ),
    "published_total_params": ("published [total] [model] parameter",),
    "published_active_params": ("published active [model] parameter",),
}  # fmt: skip

# What formulas call a field: here the case counts, and nothing else may stand beside it.
SYMBOLS: Mapping[str, tuple[str, ...]] = {
    "num_hidden_layers": ("L", "n_layer", "n_layers", "N_layer", "N_layers", "n_L", "N_L"),
    "hidden_size": ("d", "d_model", "d_m", "D_model", "d_h,model"),
    "vocab_size": ("V", "|V|", "n_vocab", "N_vocab"),
    "num_attention_heads": (
        "n_h", "n_heads", "N_heads", "n_head", "n_q", "N_q", "N_h", "H_q", "h_q",
    ),
    "num_key_value_heads": ("n_kv", "N_kv", "n_kv_heads", "H_kv", "h_kv"),
    "head_dim": ("d_h", "d_head", "d_k", "d_key", "d_qk", "D_h"),
    "q_lora_rank": ("Lq", "r_q", "R_q", "d_c'", "d_cq", "d_c^q", "L_q"),
    "kv_lora_rank": ("Lkv", "r_kv", "d_c", "d_ckv", "L_kv"),
    "qk_rope_head_dim": ("Dr", "d_rope", "d_h^R", "d_r", "D_r"),
    "qk_nope_head_dim": ("d_nope", "Dn"),
    "v_head_dim": ("Dv", "v_head", "d_v", "D_v", "d_value"),
    "num_experts": ("E", "N_e", "n_e", "N_r", "n_r", "N_E", "N_experts", "n_experts", "|E|"),
    "num_experts_per_tok": ("k", "K", "K_r", "k_r", "K_e", "top_k", "topk"),
    "num_shared_experts": ("E_s", "N_s", "n_s", "K_s", "n_shared"),
    "moe_intermediate_size": ("d_expert", "d_e", "d_moe", "f_e", "d_ff,e", "d_ff^e", "I_moe"),
    "intermediate_size": ("d_ff", "d_ffn", "d_mlp", "d_MLP", "d_FF", "d_FFN", "D_ff", "d_f"),
    "first_k_dense_replace": ("L_d",),
    "num_moe_layers": ("L_e", "L_moe", "L_MoE"),
    "num_nextn_predict_layers": ("L_mtp", "n_mtp", "D_mtp"),
}  # fmt: skip


def expanded(phrase: str) -> list[list[str]]:
    """Return what a phrase says, each choice made, as lists of its pieces.

    >>> expanded("(kv|key) head [dim]")
    [['kv', ' head ', 'dim'], ['kv', ' head ', ''], ['key', ' head ', 'dim'], ['key', ' head ', '']]
    """
    pieces = []
    for piece in re.findall(r"[(\[][^()\[\]]*[)\]]|[^()\[\]]+", phrase):
        if piece.strip():
            choices = piece.strip("[()]").split("|") if piece[0] in "[(" else [piece]
            pieces.append(choices + [""] * (piece[0] == "["))
    return [list(choice) for choice in itertools.product(*pieces)]
