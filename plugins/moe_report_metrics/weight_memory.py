"""Weight memory.

What the weights take. Memory holds every expert, whatever a token uses. By default each part is as
it was published: a checkpoint's true bytes where they are known, else the bits that its config
says, scales included. A *precision* takes the place of that, part by part.

Letters: ``q`` bits of a weight, ``M`` bytes; parts are named as in the ledger.
"""

from dataclasses import dataclass
from functools import partial

from moe_report import (
    Doubt,
    Model,
    assumption,
    check,
    coalesce,
    doubt,
    metric,
    preset,
    typed,
    where,
)
from moe_report_metrics.parameter_ledger import (
    attention_params,
    dense_ffn_params,
    embedding_params,
    mtp_params,
    norm_and_other_params,
    routed_expert_params,
    router_params,
    shared_expert_params,
    unembedding_params,
)

ORDER = 50
BITS_A_BYTE = 8
PUBLISHED = "a convention: bits of the checkpoint's headers or config over 8"
in_bytes = partial(metric, unit="byte", source=PUBLISHED)
_bits = partial(assumption, 0, unit="bit", maximum=64)
_HELP = "Bits of a weight of {}, scales included; 0 for as published."


@dataclass(frozen=True)
class Precision:
    """Bits of a weight, by part; 0 leaves a part as it was published."""

    routed_expert_bits: float = _bits(
        symbol="Q_routed", help=_HELP.format("the routed experts' matrices")
    )
    shared_expert_bits: float = _bits(symbol="Q_shared", help=_HELP.format("shared experts"))
    attention_bits: float = _bits(symbol="Q_attn", help=_HELP.format("attention"))
    dense_ffn_bits: float = _bits(symbol="Q_dense", help=_HELP.format("dense FFNs"))
    embedding_bits: float = _bits(
        symbol="Q_emb", help=_HELP.format("input embedding and output head")
    )
    remaining_bits: float = _bits(
        symbol="Q_rest", help=_HELP.format("routers, norms and biases of experts")
    )


@dataclass(frozen=True)
class FurtherTokens:
    """Whether modules that predict further tokens are loaded."""

    load_mtp: float = assumption(
        0,
        symbol="b_mtp",
        unit="0 or 1",
        label="Load MTP modules",
        help="1: the modules that predict further tokens are in memory, too. They share embedding "
        "and output head, of which checkpoints may hold copies.",
        maximum=1,
        whole=True,
    )


def _of(bits: float, params: float, given: float, published_bits: float) -> float:
    return where(
        bits > 0,
        params * bits / BITS_A_BYTE,
        coalesce(given, params * published_bits / BITS_A_BYTE),
    )


@in_bytes(symbol="M_emb", label="Embedding, bytes in memory")
def embedding_weight_bytes(m: Model, p: Precision) -> float:
    """Bytes of the input embedding."""
    return _of(p.embedding_bits, embedding_params(m), m.embedding_bytes, m.remaining_weight_bits)


@in_bytes(symbol="M_unemb", label="Unembedding, bytes in memory")
def unembedding_weight_bytes(m: Model, p: Precision) -> float:
    """Bytes of the output head; none where it shares the embedding's matrix."""
    params = unembedding_params(m)
    return _of(p.embedding_bits, params, m.unembedding_bytes, m.remaining_weight_bits)


@in_bytes(symbol="M_attn", label="Attention, bytes in memory")
def attention_weight_bytes(m: Model, p: Precision) -> float:
    """Bytes of all attention layers; their norms and biases at the width of the matrices."""
    params = attention_params(m)
    return _of(p.attention_bits, params, m.attention_bytes, m.attention_weight_bits)


@in_bytes(symbol="M_dense", label="Dense FFN, bytes in memory")
def dense_ffn_weight_bytes(m: Model, p: Precision) -> float:
    """Bytes of the FFNs of layers without experts."""
    params = dense_ffn_params(m)
    return _of(p.dense_ffn_bits, params, m.dense_ffn_bytes, m.other_matrix_weight_bits)


@in_bytes(symbol="M_shared", label="Shared experts, bytes in memory")
def shared_expert_weight_bytes(m: Model, p: Precision) -> float:
    """Bytes of the experts that every token passes through."""
    params = shared_expert_params(m)
    return _of(p.shared_expert_bits, params, m.shared_expert_bytes, m.other_matrix_weight_bits)


@in_bytes(symbol="M_router", label="Router, bytes in memory")
def router_weight_bytes(m: Model, p: Precision) -> float:
    """Bytes of the routers."""
    return _of(p.remaining_bits, router_params(m), m.router_bytes, m.remaining_weight_bits)


@in_bytes(symbol="M_other", label="Norms and other, bytes in memory")
def norm_and_other_weight_bytes(m: Model, p: Precision) -> float:
    """Bytes of norms and of all that has no other place."""
    params = norm_and_other_params(m)
    return _of(p.remaining_bits, params, m.norm_and_other_bytes, m.remaining_weight_bits)


@metric(
    symbol="N_routed",
    unit="parameters",
    source="matrices times their sides",
    label="Weights in routed experts' matrices",
)
def routed_matrix_params(m: Model) -> float:
    """Weights of the matrices of all routed experts, without biases: what is quantized."""
    matrices = m.num_ffn_matrices * m.hidden_size * m.moe_intermediate_size
    return where(
        m.expert_bias == 1, m.num_moe_layers * m.num_experts * matrices, routed_expert_params(m)
    )


@in_bytes(symbol="M_routed", label="Routed experts, bytes in memory")
def routed_expert_weight_bytes(m: Model, p: Precision) -> float:
    """Bytes of all routed experts of all layers; their biases are not quantized."""
    matrices = routed_matrix_params(m)
    biases = routed_expert_params(m) - matrices
    rest = where(p.remaining_bits > 0, p.remaining_bits, m.remaining_weight_bits)
    asked = (matrices * p.routed_expert_bits + biases * rest) / BITS_A_BYTE
    published = (matrices * m.routed_expert_weight_bits + biases * rest) / BITS_A_BYTE
    return where(p.routed_expert_bits > 0, asked, coalesce(m.routed_expert_bytes, published))


@metric(symbol="q_exp", unit="bit", source=PUBLISHED, label="Bits of an expert's weight")
def routed_bits(m: Model, p: Precision) -> float:
    """Bits of a routed expert's weight in memory, scales included."""
    true = m.routed_expert_bytes * BITS_A_BYTE / routed_expert_params(m)
    published = coalesce(true, m.routed_expert_weight_bits)
    return where(p.routed_expert_bits > 0, p.routed_expert_bits, published)


@in_bytes(symbol="M_mtp", label="MTP, bytes in memory")
def mtp_weight_bytes(m: Model, p: Precision, f: FurtherTokens) -> float:
    """Bytes of the modules that predict further tokens, as wide as routed experts; 0 without."""
    bits = where(p.routed_expert_bits > 0, p.routed_expert_bits, m.routed_expert_weight_bits)
    return where(f.load_mtp == 1, coalesce(mtp_params(m), 0) * bits / BITS_A_BYTE, 0)


def _all_parts(m: Model) -> float:
    return (
        embedding_weight_bytes(m)
        + unembedding_weight_bytes(m)
        + attention_weight_bytes(m)
        + dense_ffn_weight_bytes(m)
        + shared_expert_weight_bytes(m)
        + router_weight_bytes(m)
        + norm_and_other_weight_bytes(m)
        + routed_expert_weight_bytes(m)
        + mtp_weight_bytes(m)
    )


@in_bytes(
    symbol="M", label="Weights, bytes", headline=5, better="lower",
    aliases=("weight memory", "model memory"),
)  # fmt: skip
def weight_bytes(m: Model) -> float:
    """Bytes of all weights: every expert is in memory, whatever a token uses."""
    return _all_parts(m)


@in_bytes(symbol="M_always", label="Always read, bytes", better="lower")
def always_read_weight_bytes(m: Model) -> float:
    """Bytes that every decoded token reads, whatever its route.

    The input embedding is a lookup: of an untied one a row is read, which is not counted. A tied
    one is also the output head, and read in full.
    """
    return (
        where(m.tie_word_embeddings == 1, embedding_weight_bytes(m), unembedding_weight_bytes(m))
        + attention_weight_bytes(m)
        + dense_ffn_weight_bytes(m)
        + shared_expert_weight_bytes(m)
        + router_weight_bytes(m)
        + norm_and_other_weight_bytes(m)
    )


@in_bytes(symbol="M_touched", label="Touched by a token, bytes", better="lower")
def touched_weight_bytes(m: Model) -> float:
    """Bytes of the weights that one token reads, without the row of the input embedding."""
    routed = routed_expert_weight_bytes(m) * m.num_experts_per_tok / m.num_experts
    return always_read_weight_bytes(m) + routed


@check("suspicious", about=weight_bytes)
def active_taken_for_total(m: Model) -> Doubt:
    """All experts are in memory: what the active parameters take says nothing of it."""
    stated, counted, active = typed(weight_bytes), _all_parts(m), touched_weight_bytes(m)
    near = (stated > 0.8 * active) & (stated < 1.25 * active)
    return doubt(
        near & (stated < 0.8 * counted),
        "given as {}, about what the active parameters take, {}; memory holds all experts, {}",
        stated,
        active,
        counted,
        stated=stated,
        computed=counted,
    )


_GGUF = (
    "llama.cpp's README on quantizing, bits of the whole file of Llama-3.1-8B; other models differ"
)
_MATRICES = "matrices alone; embeddings, routers and norms stay at 16"


def _uniform(bits: float) -> Precision:
    return Precision(bits, bits, bits, bits, bits, bits)


def _matrices(
    bits: float, *, attention: float | None = None, others: float | None = None
) -> Precision:
    """Matrices at some bits; attention, and all but routed experts, at others if they differ."""
    rest = bits if others is None else others
    return Precision(bits, rest, rest if attention is None else attention, rest, 16, 16)


AS_PUBLISHED = preset(
    "precision", "as published", Precision(), source="the checkpoint's headers, else its config"
)
BF16 = preset("precision", "BF16", _uniform(16), source="by arithmetic")
FP8 = preset(
    "precision", "FP8 128×128", _matrices(8 + 32 / 128**2),
    source=f"DeepSeek-V3's blocks, by arithmetic: an FP32 scale for 128×128 weights; {_MATRICES}",
)  # fmt: skip
MXFP8 = preset(
    "precision", "MXFP8", _matrices(8.25),
    source=f"by arithmetic: an 8 bit scale for 32 weights; {_MATRICES}",
)  # fmt: skip
MXFP4 = preset(
    "precision", "MXFP4 experts", _matrices(4.25, others=16),
    source="gpt-oss, by arithmetic: an 8 bit scale for 32 weights; the rest at 16",
)  # fmt: skip
NVFP4 = preset(
    "precision", "NVFP4", _matrices(4.5, attention=16),
    source="by arithmetic: an FP8 scale for 16 weights of experts and FFNs; attention stays at 16",
)  # fmt: skip
INT4_G32 = preset(
    "precision", "INT4 g32 experts", _matrices(4.5, others=16),
    source="Kimi-K2, by arithmetic: a BF16 scale for 32 weights; the rest at 16",
)  # fmt: skip
INT4_G128 = preset(
    "precision", "INT4 g128", _matrices(4.125),
    source=f"GPTQ, symmetric, by arithmetic: a 16 bit scale for 128 weights; {_MATRICES}",
)  # fmt: skip
AWQ = preset(
    "precision", "AWQ g128", _matrices(4.15625),
    source=f"by arithmetic: a 16 bit scale and a 4 bit zero for 128 weights; {_MATRICES}",
)  # fmt: skip
Q2_K = preset("precision", "Q2_K", _uniform(3.1593), source=_GGUF)
Q4_K_S = preset("precision", "Q4_K_S", _uniform(4.6672), source=_GGUF)
Q4_K_M = preset("precision", "Q4_K_M", _uniform(4.8944), source=_GGUF)
Q5_K_M = preset("precision", "Q5_K_M", _uniform(5.7036), source=_GGUF)
Q6_K = preset("precision", "Q6_K", _uniform(6.5633), source=_GGUF)
Q8_0 = preset("precision", "Q8_0", _uniform(8.5008), source=_GGUF)
