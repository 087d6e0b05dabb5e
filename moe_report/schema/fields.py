"""What a model is made of: the fields of a row, their units, bounds, defaults and spellings.

The names are those of the models' own ``config.json``. A field whose default is a function takes
it from other fields of the same row; like a metric, that function is recorded once as an
expression, so the default of ``head_dim`` is a live formula in the workbook too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from moe_report.formula.expr import Expr, lift, symbol
from moe_report.schema.bounds import LARGEST, refusal

Kind = Literal["number", "decimal", "flag", "text"]
LONE_LAYER = "A lone expert layer"  # a group of fields
FEWEST = 100_000  # parameters that a claim may be about: fewer are billions without their unit


@dataclass(frozen=True)
class Field:
    """One property of a model.

    Attributes:
        name: As in ``config.json``; the header of its column.
        label: Its name in words.
        symbol: As a formula writes it: a letter, and a subscript after ``_``.
        unit: What is counted; ``""`` for text.
        help: A sentence on what to enter.
        group: The heading it stands under.
        kind: ``number`` is a whole number, ``decimal`` any, ``flag`` is 0 or 1, ``text`` is free.
        minimum: Smallest value accepted.
        maximum: Largest value accepted.
        default: A number, an expression of other fields, or None: the field is then left missing.
        aliases: Other spellings of the header that are accepted.
        headers: Phrases of headers that mean it or may mean it, beside those of
            ``schema/headers/phrases.py``.
    """

    name: str
    label: str
    symbol: str
    unit: str
    help: str
    group: str
    kind: Kind = "number"
    minimum: float = 0
    maximum: float = LARGEST
    default: float | Expr | None = None
    aliases: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it takes whole numbers alone."""
        return self.kind in ("number", "flag")

    def refusal(self, value: float) -> str:
        """Return what was expected in place of a value, or nothing if it will do."""
        return refusal(value, self.minimum, self.maximum, whole=self.whole)

    @property
    def default_expr(self) -> Expr | None:
        """The default as an expression, or None."""
        return None if self.default is None else lift(self.default)


_FIELDS: list[Field] = []


def _group(name: str) -> Callable[..., None]:
    def add(
        field: str, symbol: str, label: str, help: str, *aliases: str, unit: str = "", **more: Any
    ) -> None:
        if more.get("kind") == "flag":
            unit, more = "0 or 1", {"kind": "flag", "maximum": 1, "default": 0}
        _FIELDS.append(Field(field, label, symbol, unit, help, name, aliases=aliases, **more))

    return add


_add = _group("Model")
_add("name", "name", "Name", "What the report calls this row; every row needs one.",
     "model", "model name", kind="text")  # fmt: skip
_add("model_type", "type", "Architecture", "The architecture's name, as in config.json.",
     "architecture", kind="text")  # fmt: skip
_add("source", "src", "Source", "Where the numbers of this row come from: an address or a paper.",
     "url", "reference", kind="text")  # fmt: skip
_add("remark", "rem", "Remark", "Anything worth saying about this row; it is carried along.",
     "remarks", "comment", "comments", "note", "notes", kind="text")  # fmt: skip
_add("compare_with", "cmp", "Compare with",
     "Name of another row, or of a shipped example model: every number typed in this row is "
     "compared with that model's, and differences past rounding are findings.",
     "claims about", kind="text")  # fmt: skip

_add = _group("Shape")
_add("num_hidden_layers", "L", "Layers", "Transformer layers (blocks) of the model.",
     "n_layers", "n_layer", "num_layers", "layers",
     unit="layers", minimum=1, maximum=10_000)  # fmt: skip
_add("hidden_size", "d", "Hidden size", "Width of the residual stream, d_model.",
     "d_model", "n_embd", "model dim", unit="channels", minimum=1)  # fmt: skip
_add("vocab_size", "V", "Vocabulary", "Rows of the embedding matrix, padding included.",
     "n_vocab", "vocabulary size", unit="tokens", minimum=1)  # fmt: skip
_add("tie_word_embeddings", "t", "Tied embeddings",
     "1 if the unembedding (output head) shares the input embedding's matrix, else 0.",
     "tied embeddings", "tied", kind="flag")  # fmt: skip

_add = _group("Attention")
_add("num_attention_heads", "n_h", "Query heads", "Attention (query) heads of a layer.",
     "n_heads", "n_head", "num_heads", "heads", unit="heads", minimum=1)  # fmt: skip
_add("num_key_value_heads", "n_kv", "Key and value heads",
     "Heads of keys and values; fewer than query heads in grouped-query attention. "
     "Defaults to num_attention_heads.",
     "n_kv_heads", "num_kv_heads", "kv heads", unit="heads", minimum=1,
     default=symbol("num_attention_heads"))  # fmt: skip
_add("head_dim", "d_h", "Head width",
     "Width of a head. Defaults to hidden_size / num_attention_heads.",
     "d_head", "head size", "attention_head_dim", unit="channels", minimum=1,
     default=symbol("hidden_size") / symbol("num_attention_heads"))  # fmt: skip
_add("q_lora_rank", "r_q", "Query rank (MLA)",
     "Width of the compressed query of multi-head latent attention; 0 if queries are not "
     "compressed.", unit="channels", default=0)  # fmt: skip
_add("kv_lora_rank", "r_kv", "Key and value rank (MLA)",
     "Width of the compressed keys and values of multi-head latent attention; 0 for ordinary "
     "attention.", unit="channels", default=0)  # fmt: skip
_add("qk_nope_head_dim", "d_nope", "Head width without position (MLA)",
     "Width of a query or key head that carries no rotary position.", unit="channels")  # fmt: skip
_add("qk_rope_head_dim", "d_rope", "Head width with position (MLA)",
     "Width of a query or key head that carries the rotary position.", unit="channels")  # fmt: skip
_add("v_head_dim", "d_v", "Value head width (MLA)", "Width of a value head.",
     unit="channels")  # fmt: skip
_add("qkv_bias", "b_qkv", "Bias on queries, keys, values",
     "1 if the query, key and value projections have biases, else 0.", kind="flag")  # fmt: skip
_add("attention_out_bias", "b_o", "Bias on attention output",
     "1 if the output projection of attention has a bias, else 0.", kind="flag")  # fmt: skip
_add("qk_norm", "n_qk", "Query and key norms",
     "0: none. 1: one norm weight a head channel, shared by the heads (Qwen3). "
     "2: one a channel of the whole projection (OLMoE).",
     unit="0, 1 or 2", maximum=2, default=0)  # fmt: skip
_add("attention_sinks", "b_s", "Attention sinks",
     "1 if each head has a learned sink logit (gpt-oss), else 0.", kind="flag")  # fmt: skip
_add("sliding_window", "w", "Sliding window",
     "Tokens that a sliding-window layer looks back on.", "window",
     unit="tokens", minimum=1)  # fmt: skip
_add("num_sliding_window_layers", "L_w", "Sliding-window layers",
     "Layers whose attention sees sliding_window tokens only; the others see all.",
     unit="layers", maximum=10_000, default=0)  # fmt: skip
_add("attention_chunk_size", "c", "Attention chunk",
     "Tokens of a chunk, where attention does not cross chunks (Llama 4).",
     unit="tokens", minimum=1)  # fmt: skip
_add("num_chunked_attention_layers", "L_c", "Chunked layers",
     "Layers whose attention stays within chunks of attention_chunk_size tokens.",
     unit="layers", maximum=10_000, default=0)  # fmt: skip

_add("max_position_embeddings", "S_model", "Longest context of the model",
     "Tokens of the longest sequence that the model is made for.", unit="tokens",
     minimum=1)  # fmt: skip
_add("num_linear_attention_layers", "L_l", "Linear-attention layers",
     "Layers that mix tokens through a state of fixed size (linear attention, state-space models) "
     "in place of softmax attention.",
     unit="layers", maximum=10_000, default=0)  # fmt: skip
_add("linear_attention_state_size", "z", "State of linear attention",
     "Numbers in the state of one linear-attention layer: heads times key width times value width; "
     "0 if it has a convolution alone.",
     unit="numbers")  # fmt: skip
_add("linear_attention_params", "P_l", "Parameters of linear attention",
     "Parameters of the token mixer of one linear-attention layer.", unit="parameters",
     minimum=1)  # fmt: skip
_add("num_attention_free_layers", "L_0", "Layers without attention",
     "Layers that mix no tokens at all: an FFN or experts alone.",
     unit="layers", maximum=10_000, default=0)  # fmt: skip

_add = _group("Experts")
_add("num_experts", "E", "Experts", "Routed experts of an MoE layer.",
     "n_routed_experts", "num_local_experts", "moe_num_experts", "n_experts", "experts",
     "routed experts", unit="experts", minimum=1)  # fmt: skip
_add("num_experts_per_tok", "k", "Experts a token", "Routed experts each token is sent to, top-k.",
     "num_experts_per_token", "top_k", "topk", "top-k", "moe_top_k", "k", "active experts",
     unit="experts", minimum=1)  # fmt: skip
_add("moe_intermediate_size", "f_e", "Expert width",
     "Inner width of one routed expert. Defaults to intermediate_size, as Mixtral spells it.",
     "expert_ffn_hidden_size", "expert width", "d_expert", unit="channels", minimum=1,
     default=symbol("intermediate_size"))  # fmt: skip
_add("num_shared_experts", "E_s", "Shared experts", "Experts that every token passes through.",
     "n_shared_experts", unit="experts", default=0)  # fmt: skip
_add("shared_expert_intermediate_size", "f_s", "Shared expert width",
     "Inner width of one shared expert. Defaults to moe_intermediate_size.",
     unit="channels", minimum=1, default=symbol("moe_intermediate_size"))  # fmt: skip
_add("first_k_dense_replace", "L_d", "Leading dense layers",
     "Layers at the bottom that have a dense FFN in place of experts.",
     "n_dense_layers", "dense layers", unit="layers", maximum=10_000, default=0)  # fmt: skip
_add("num_moe_layers", "L_e", "MoE layers",
     "Layers with experts, wherever they are. Defaults to num_hidden_layers - "
     "first_k_dense_replace.",
     "moe layers", unit="layers", maximum=10_000,
     default=symbol("num_hidden_layers") - symbol("first_k_dense_replace"))  # fmt: skip
_add("router_bias", "b_r", "Bias on the router", "1 if the router has biases, else 0.",
     kind="flag")  # fmt: skip
_add("expert_bias", "b_e", "Bias in experts", "1 if the experts' matrices have biases, else 0.",
     kind="flag")  # fmt: skip
_add("shared_expert_gate", "g_s", "Gate of the shared experts",
     "1 if a learned gate (hidden_size weights a layer) scales the shared experts, else 0.",
     kind="flag")  # fmt: skip

_add = _group("Feed-forward and the rest")
_add("intermediate_size", "f", "FFN width", "Inner width of the FFN of a dense layer.",
     "d_ff", "ffn_hidden_size", "ffn dim", unit="channels", minimum=1)  # fmt: skip
_add("num_ffn_matrices", "n_f", "Matrices of an FFN",
     "3 for gated FFNs and experts (SwiGLU), 2 for plain ones (ReLU, GELU).",
     "ffn_matrices", unit="matrices", minimum=2, maximum=3, default=3)  # fmt: skip
_add("num_norms_per_layer", "n_n", "Norms a layer", "Norms of width hidden_size in each layer.",
     unit="norms", maximum=16, default=2)  # fmt: skip
_add("norm_bias", "b_n", "Bias in norms", "1 for LayerNorm with biases, 0 for RMSNorm.",
     kind="flag")  # fmt: skip
_add("unembedding_bias", "b_u", "Bias on the unembedding",
     "1 if the output head has a bias, else 0.", "lm_head_bias", kind="flag")  # fmt: skip
_add("num_nextn_predict_layers", "L_mtp", "Layers for further tokens (MTP)",
     "Modules that each predict one token more (multi-token prediction), beside the layers.",
     "num_mtp_layers", "mtp layers", unit="modules", maximum=64)  # fmt: skip
_add("other_params", "P_x", "Other parameters",
     "Parameters that no other field describes; every token's forward pass uses them.",
     unit="parameters", default=0)  # fmt: skip

_add = _group(LONE_LAYER)
_add("expert_input_dim", "d_in", "Expert input",
     "For a single layer without a model around it: input width of an expert that is one matrix.",
     "input_dim", "d_in", unit="channels", minimum=1)  # fmt: skip
_add("expert_output_dim", "d_out", "Expert output",
     "For a single layer without a model around it: output width of an expert that is one matrix.",
     "output_dim", "d_out", unit="channels", minimum=1)  # fmt: skip

_add = _group("Claims to check")
_add("published_total_params", "P*_total", "Published total",
     "Total parameters as published; compared with what is computed.",
     "published total", unit="parameters", minimum=FEWEST)  # fmt: skip
_add("published_active_params", "P*_active", "Published active",
     "Active parameters as published, with or without the input embedding; compared with what is "
     "computed.", "published active", unit="parameters", minimum=FEWEST)  # fmt: skip

_add = _group("Bytes of a checkpoint")
for _name, _letters, _label, _what in (
    ("embedding", "emb", "Embedding", "the input embedding"),
    ("unembedding", "unemb", "Unembedding", "the output head"),
    ("attention", "attn", "Attention", "all attention layers"),
    ("dense_ffn", "dense", "Dense FFN", "the FFNs of layers without experts"),
    ("routed_expert", "routed", "Routed experts", "all routed experts"),
    ("shared_expert", "shared", "Shared experts", "the experts that every token passes through"),
    ("router", "router", "Router", "the routers"),
):
    _add(f"{_name}_bytes", f"B_{_letters}", f"{_label}, bytes",
         f"Bytes of {_what} in the checkpoint, with the scales of quantized weights.",
         unit="byte")  # fmt: skip
_add("norm_and_other_bytes", "B_other", "Norms and other, bytes",
     "Bytes of the norms in the checkpoint, and of all that has no other place.",
     unit="byte")  # fmt: skip

_add = _group("Weights as published")
for _name, _letters, _label, _what in (
    ("routed_expert", "routed", "Bits of routed experts", "the matrices of the routed experts"),
    (
        "other_matrix",
        "other",
        "Bits of other matrices",
        "the matrices of dense FFNs and shared experts, and of attention unless it has its own",
    ),
    ("remaining", "rest", "Bits of all other weights", "embeddings, routers, norms and biases"),
):
    _add(f"{_name}_weight_bits", f"q_{_letters}", _label,
         f"Bits of a weight of {_what} as published, scales included. Defaults to 16.",
         unit="bit", maximum=64, kind="decimal", default=16)  # fmt: skip
_add("attention_weight_bits", "q_attn", "Bits of attention",
     "Bits of a weight of attention's matrices as published, scales included, where they differ. "
     "Defaults to other_matrix_weight_bits.", unit="bit", maximum=64, kind="decimal",
     default=symbol("other_matrix_weight_bits"))  # fmt: skip


def _if_any(count: Expr, then: Expr, otherwise: float | Expr = 0) -> Expr:
    return Expr("where", (count > 0, then, lift(otherwise)))


_KEPT = _if_any(  # by one layer of softmax attention, of a token
    symbol("kv_lora_rank"),
    symbol("kv_lora_rank") + symbol("qk_rope_head_dim"),
    2 * symbol("num_key_value_heads") * symbol("head_dim"),
)

_add = _group("Cache")
_add("kv_values_per_token", "c_full", "Cached values of a token",
     "Numbers that the layers that see the whole text keep of each token, all of them together: "
     "keys and values, or their compressed form. Defaults to what attention of one kind keeps.",
     unit="values/token", default=(
         symbol("num_hidden_layers") - symbol("num_sliding_window_layers")
         - symbol("num_chunked_attention_layers") - symbol("num_linear_attention_layers")
         - symbol("num_attention_free_layers")) * _KEPT)  # fmt: skip
_add("window_kv_values_per_token", "c_w", "Cached values of a token in windows",
     "Numbers that all sliding-window layers together keep of each token in their window.",
     unit="values/token",
     default=_if_any(symbol("num_sliding_window_layers"),
                   symbol("num_sliding_window_layers") * _KEPT))  # fmt: skip
_add("chunk_kv_values_per_token", "c_c", "Cached values of a token in chunks",
     "Numbers that all chunked layers together keep of each token in their chunk.",
     unit="values/token",
     default=_if_any(symbol("num_chunked_attention_layers"),
                   symbol("num_chunked_attention_layers") * _KEPT))  # fmt: skip
_add("num_window_key_value_heads", "n_kv,w", "Key and value heads of windows",
     "Heads of keys and values of a sliding-window layer. Defaults to num_key_value_heads.",
     unit="heads", minimum=1, default=symbol("num_key_value_heads"))  # fmt: skip
_add("indexer_values_per_token", "c_i", "Cached values of the indexer",
     "Numbers that the indexers of sparse attention, which choose the tokens to attend to, keep of "
     "each token, all layers together.", unit="values/token", default=0)  # fmt: skip
_add("linear_attention_conv_size", "z_c", "Convolution state of linear attention",
     "Numbers that one linear-attention layer keeps for its short convolution: channels times "
     "kernel width less one; 0 if it has none.", unit="numbers")  # fmt: skip

FIELDS: Mapping[str, Field] = {field.name: field for field in _FIELDS}
TEXT_FIELDS = tuple(field.name for field in _FIELDS if field.kind == "text")


def numbers_of(fields: Mapping[str, Field]) -> tuple[str, ...]:
    """Return the names of those fields that hold numbers."""
    return tuple(name for name, field in fields.items() if field.kind != "text")


NUMBER_FIELDS = numbers_of(FIELDS)


# Of a row, no field is larger than the one that stands beside it.
AT_MOST = {
    "num_experts_per_tok": "num_experts",
    "num_key_value_heads": "num_attention_heads",
    "first_k_dense_replace": "num_hidden_layers",
    "num_moe_layers": "num_hidden_layers",
    "num_sliding_window_layers": "num_hidden_layers",
    "num_chunked_attention_layers": "num_hidden_layers",
    "num_linear_attention_layers": "num_hidden_layers",
    "num_attention_free_layers": "num_hidden_layers",
    "published_active_params": "published_total_params",
}


def model_fields_source() -> str:
    """Return the module ``model_fields``, which tells type checkers what fields there are."""
    lines = "".join(f"    {name}: float\n" for name in NUMBER_FIELDS)
    return f'''"""The fields of a model for type checkers and editors; ``make docs`` writes them."""


class ModelFields:
    """The fields that hold numbers, under the names of ``config.json``."""

{lines}'''


if __name__ == "__main__":
    print(model_fields_source(), end="")
