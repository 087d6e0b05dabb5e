"""FLOPs savings.

The computing that routing saves. A single expert layer first: with every expert on it costs
``E·d_in·d_out`` multiply-accumulates, with top-k routing ``k·d_in·d_out``, so it saves ``1 − k/E``.
Then the whole model, line by line, for the forward pass of one token, against the *dense
equivalent*: the same model with every expert on for every token. Attention, router and unembedding
are not saved, so a model saves less than its layers.

One multiply-accumulate is two FLOPs unless the assumption says otherwise (with 1, the figures are
those of texts that count multiply-accumulates). Norms, activations, softmax and additions are left
out, as is usual; they are far below 1 %.
"""

from dataclasses import dataclass
from statistics import median

from moe_report import (
    Model,
    Rows,
    assumption,
    coalesce,
    metric,
    minimum,
    scatter,
    where,
)
from moe_report.wording import digits, span
from moe_report_metrics import guide
from moe_report_metrics.parameter_ledger import (
    CONVENTION,
    DEEPSEEK_MOE,
    MOE,
    attention_projection_params,
    total_params,
)

ORDER = 30
POINTS = guide.FLOPS
SCENARIOS = {"long context": {"context_length": 131072.0}}
SCALING = "Kaplan et al. 2020, arXiv:2001.08361, section 2.1"
PALM = "Chowdhery et al. 2022, arXiv:2204.02311, appendix B"


@dataclass(frozen=True)
class Counting:
    """How operations are counted, and for how long a text."""

    flops_per_mac: float = assumption(
        2,
        symbol="φ",
        unit="FLOP/MAC",
        label="FLOPs a multiply-accumulate",
        help="2 counts a multiplication and an addition; 1 counts multiply-accumulates.",
        minimum=1,
        maximum=2,
        whole=True,
    )
    context_length: float = assumption(
        4096,
        symbol="S",
        unit="tokens",
        help="Tokens of a sequence; the FLOPs of the attention core are its average over them.",
        minimum=1,
        whole=True,
        aliases=("max_seq_len", "n_ctx", "seq_len"),
        headers=(
            "[max] [supported] [model] context [length|window|size|window size|window length]",
            "[max] [supported] [model] sequence length",
            "native context [length|window]",
            "?(training|inference|extended|base|effective) context [length|window]",
            "?[global] window [size]",
            "?max token",
            "?length",
        ),
    )
    causal: float = assumption(
        1,
        symbol="ζ",
        unit="0 or 1",
        label="Causal attention",
        help="1: a token sees the tokens before it, on average half the context. 0: all of it.",
        maximum=1,
        whole=True,
    )


def flops_savings(num_experts: int, active_experts: int, input_dim: int, output_dim: int) -> float:
    """Return the percentage of a layer's FLOPs that routing saves, rounded to one decimal.

    Args:
        num_experts: Experts of the layer, at least 1.
        active_experts: Experts a token is sent to, from 1 to ``num_experts``.
        input_dim: Input width of an expert, at least 1; it cancels in the ratio.
        output_dim: Output width of an expert, at least 1; it cancels, too.

    Returns:
        ``(1 - active_experts / num_experts) * 100``, from 0 to 100.

    Raises:
        ValueError: An argument is not a whole number of at least 1, or more experts are active
            than there are.

    >>> flops_savings(1000, 2, 512, 512)
    99.8
    """
    named = {
        "num_experts": num_experts,
        "active_experts": active_experts,
        "input_dim": input_dim,
        "output_dim": output_dim,
    }
    for name, value in named.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    if active_experts > num_experts:
        raise ValueError(f"active_experts is {active_experts}, of only {num_experts} experts")
    layer = {
        "num_experts": num_experts,
        "num_experts_per_tok": active_experts,
        "expert_input_dim": input_dim,
        "expert_output_dim": output_dim,
    }
    dense, sparse = dense_layer_macs.of(**layer), sparse_layer_macs.of(**layer)
    return round((1 - sparse / dense) * 100, 1)


@metric(symbol="m_expert", unit="MAC/token", source=MOE, label="One expert, one layer")
def expert_macs(m: Model) -> float:
    """Multiply-accumulates of one expert for one token: of a lone matrix, else of a gated FFN."""
    return coalesce(
        m.expert_input_dim * m.expert_output_dim,
        m.num_ffn_matrices * m.hidden_size * m.moe_intermediate_size,
    )


@metric(symbol="m_dense", unit="MAC/token", source=MOE, label="Layer, every expert on")
def dense_layer_macs(m: Model) -> float:
    """Multiply-accumulates of one expert layer for one token if every expert were on."""
    return m.num_experts * expert_macs(m)


@metric(symbol="m_sparse", unit="MAC/token", source=MOE, label="Layer, top-k experts")
def sparse_layer_macs(m: Model) -> float:
    """Multiply-accumulates of one expert layer for one token with top-k routing."""
    return m.num_experts_per_tok * expert_macs(m)


@metric(symbol="F_dense,layer", unit="FLOP/token", source=MOE, label="Layer FLOPs, dense")
def dense_layer_flops(m: Model, c: Counting) -> float:
    """FLOPs of one expert layer for one token if every expert were on."""
    return c.flops_per_mac * dense_layer_macs(m)


@metric(symbol="F_sparse,layer", unit="FLOP/token", source=MOE, label="Layer FLOPs, sparse")
def sparse_layer_flops(m: Model, c: Counting) -> float:
    """FLOPs of one expert layer for one token with top-k routing."""
    return c.flops_per_mac * sparse_layer_macs(m)


@metric(
    symbol="s_layer",
    unit="ratio",
    source=MOE,
    label="Expert FLOPs savings",
    minimum=0,
    maximum=1,
    better="higher",
    headline=4,
)
def expert_flops_savings(m: Model) -> float:
    """Share of an expert layer's FLOPs that top-k routing skips."""
    return 1 - m.num_experts_per_tok / m.num_experts


@metric(symbol="F_attn", unit="FLOP/token", source=SCALING, label="Attention projections")
def attention_projection_flops(m: Model, c: Counting) -> float:
    """FLOPs of the attention layers' matrices, forward, one token."""
    return c.flops_per_mac * attention_projection_params(m)


@metric(symbol="A", unit="tokens", format="integer", source=PALM, label="Tokens attended to")
def attended_tokens(m: Model, c: Counting) -> float:
    """Tokens that a token's softmax attention meets, over all layers, average over the context.

    A causal token sees on average half the context; in a layer with a sliding window of ``w``
    tokens ``w − w²/2S``; in a layer with chunks half a chunk; in linear attention none.
    """
    window = minimum(m.sliding_window, c.context_length)
    chunk = minimum(m.attention_chunk_size, c.context_length)
    full_layers = (
        m.num_hidden_layers
        - m.num_sliding_window_layers
        - m.num_chunked_attention_layers
        - m.num_linear_attention_layers
        - m.num_attention_free_layers
    )
    in_full = full_layers * where(c.causal == 1, c.context_length / 2, c.context_length)
    in_window = where(c.causal == 1, window - window**2 / (2 * c.context_length), window)
    in_chunk = where(c.causal == 1, chunk / 2, chunk)
    windowed, chunked = m.num_sliding_window_layers, m.num_chunked_attention_layers
    return (
        in_full
        + where(windowed > 0, windowed * in_window, 0)
        + where(chunked > 0, chunked * in_chunk, 0)
    )


@metric(symbol="F_core", unit="FLOP/token", source=PALM, label="Attention core")
def attention_core_flops(m: Model, c: Counting) -> float:
    """FLOPs of queries times keys and weights times values, forward, average over the context.

    Grouped-query attention does not change it: every query head meets its keys. A layer of linear
    attention costs two multiply-accumulates a number of its state, whatever the context: the token
    is written into it, and it is read once.
    """
    width = where(
        m.kv_lora_rank > 0,
        m.qk_nope_head_dim + m.qk_rope_head_dim + m.v_head_dim,
        2 * m.head_dim,
    )
    softmax = m.num_attention_heads * width * attended_tokens(m)
    layers = m.num_linear_attention_layers
    linear = where(layers > 0, 2 * layers * m.linear_attention_state_size, 0)
    return c.flops_per_mac * (softmax + linear)


@metric(
    symbol="F_ffn", unit="FLOP/token", source=SCALING, label="Dense FFN", counts="dense FFN FLOPs"
)
def dense_ffn_flops(m: Model, c: Counting) -> float:
    """FLOPs of the FFNs of the layers without experts, forward, one token."""
    dense_layers = m.num_hidden_layers - m.num_moe_layers
    ffn = m.num_ffn_matrices * m.hidden_size * m.intermediate_size
    return where(dense_layers > 0, c.flops_per_mac * dense_layers * ffn, 0)


@metric(symbol="F_shared", unit="FLOP/token", source=DEEPSEEK_MOE, label="Shared experts")
def shared_expert_flops(m: Model, c: Counting) -> float:
    """FLOPs of the shared experts and their gate, forward, one token."""
    width = m.num_shared_experts * m.shared_expert_intermediate_size
    one_layer = m.hidden_size * (m.num_ffn_matrices * width + m.shared_expert_gate)
    return c.flops_per_mac * m.num_moe_layers * where(m.num_shared_experts > 0, one_layer, 0)


@metric(symbol="F_router", unit="FLOP/token", source=MOE, label="Router")
def router_flops(m: Model, c: Counting) -> float:
    """FLOPs of the routers, forward, one token: a score for each expert of each MoE layer."""
    return c.flops_per_mac * m.num_moe_layers * m.num_experts * m.hidden_size


@metric(symbol="F_routed", unit="FLOP/token", source=MOE, label="Routed experts")
def routed_expert_flops(m: Model, c: Counting) -> float:
    """FLOPs of the routed experts that one token is sent to, forward."""
    weights = m.num_ffn_matrices * m.hidden_size * m.moe_intermediate_size
    return c.flops_per_mac * m.num_moe_layers * m.num_experts_per_tok * weights


@metric(
    symbol="F_unemb",
    unit="FLOP/token",
    source=SCALING,
    label="Unembedding",
    counts="unembedding FLOPs",
)
def unembedding_flops(m: Model, c: Counting) -> float:
    """FLOPs of the output head, forward, one token; tied or not, it is a product."""
    return c.flops_per_mac * m.vocab_size * m.hidden_size


@metric(
    symbol="F_linear",
    unit="FLOP/token",
    source=SCALING,
    label="Forward FLOPs without attention core",
)
def linear_flops(m: Model) -> float:
    """FLOPs of all products with weights, forward, one token; independent of the context."""
    return (
        attention_projection_flops(m)
        + dense_ffn_flops(m)
        + shared_expert_flops(m)
        + router_flops(m)
        + routed_expert_flops(m)
        + unembedding_flops(m)
    )


@metric(
    symbol="F",
    unit="FLOP/token",
    source=PALM,
    label="Forward FLOPs",
    better="lower",
    headline=True,
    headers=(
        "[forward] [inference] flop per_token",
        "[forward|inference] compute [flop] per_token",
        "?[forward|inference] flop",
        "?[forward|inference] compute [flop]",
    ),
    counts="forward FLOPs",
)
def forward_flops(m: Model) -> float:
    """FLOPs of the forward pass, a token, average over the context."""
    return linear_flops(m) + attention_core_flops(m)


@metric(
    symbol="F_train",
    unit="FLOP/token",
    source=SCALING,
    label="Training FLOPs",
    headers=(
        "(training|finetuning) [compute] flop per_token",
        "training compute per_token",
        "?training flop",
    ),
)
def training_flops(m: Model) -> float:
    """FLOPs of a training step, a token: the backward pass costs twice the forward pass."""
    return 3 * forward_flops(m)


@metric(symbol="F_E", unit="FLOP/token", source=CONVENTION, label="Dense equivalent")
def dense_equivalent_flops(m: Model) -> float:
    """FLOPs of the forward pass if every token went through every expert."""
    skipped = m.num_experts / m.num_experts_per_tok - 1
    return forward_flops(m) + skipped * routed_expert_flops(m)


@metric(
    symbol="s_model",
    unit="ratio",
    source=CONVENTION,
    label="Model FLOPs savings",
    minimum=0,
    maximum=1,
    better="higher",
    headline=True,
)
def model_flops_savings(m: Model) -> float:
    """Share of the dense equivalent's FLOPs that routing saves in the whole model."""
    return 1 - forward_flops(m) / dense_equivalent_flops(m)


@metric(
    symbol="x",
    unit="ratio",
    format="factor",
    source="Amdahl 1967, doi:10.1145/1465482.1465560",
    label="Speed-up bound",
    better="higher",
)
def flops_speedup(m: Model) -> float:
    """How many times fewer FLOPs than the dense equivalent: an upper bound of the speed-up."""
    return dense_equivalent_flops(m) / forward_flops(m)


def _title_of_flops(rows: Rows) -> str:
    sparse, dense = rows[forward_flops], rows[dense_equivalent_flops]
    factors = sorted(every / some for every, some in zip(dense, sparse, strict=True))
    if len(rows) == 1:
        return f"Routing divides the FLOPs of a token of {rows.names[0]} by {digits(factors[0])}"
    return (
        "Routing divides the FLOPs of a token by "
        f"{span(digits(factors[0]), digits(factors[-1]))}, the median is {digits(median(factors))}"
    )


def _caption_of_flops(rows: Rows) -> str:
    return (
        "Forward FLOPs of a token against size; the ring is the same model with every expert on, "
        "and a line between the two marks is what routing saves. Along a slanted line FLOPs a "
        "parameter are the same: on “dense” every parameter works once for every token "
        f"({digits(rows.assumptions['flops_per_mac'], 1)} FLOP), on the others that share of them. "
        "What attention adds for the context puts a model higher."
    )


costs = scatter(
    "flops",
    total_params,
    (forward_flops, dense_equivalent_flops),
    title=_title_of_flops,
    caption=_caption_of_flops,
    labels=("as routed", "every expert on (dense equivalent)"),
    colors=("blue", "grey"),
    x_axis="total parameters",
    axis="FLOPs a token",
    log=True,
    guides={"dense": "flops_per_mac"},
    fractions=True,
    headline=2,
)
