"""Parameter ledger.

Where a model's parameters are, component by component. The components add up to the total, exactly:
norms, biases and sinks are counted, tied embeddings once. *Active* parameters are those that the
forward pass of one token can touch: all but the routed experts that the token is not sent to.
Vendors publish two figures for it, with the input embedding and without (looking up a row is no
product); both are here. Total decides how much memory the model takes, active how much computing.

Letters: ``L`` layers, ``d`` hidden size, ``V`` vocabulary, ``n_h`` heads of width ``d_h``, ``E``
experts of width ``f_e``, ``k`` of them a token.
"""

from functools import partial

from moe_report import (
    Doubt,
    Model,
    Rows,
    bars,
    check,
    coalesce,
    doubt,
    metric,
    rounding,
    stack,
    typed,
    where,
)
from moe_report_metrics import chart_titles, guide, header_phrases

ORDER = 10
POINTS = guide.LEDGER
TRANSFORMER = "Vaswani et al. 2017, arXiv:1706.03762"
MLA = "DeepSeek-AI 2024, arXiv:2405.04434, section 2.1"
EMBEDDING = f"{TRANSFORMER}, section 3.4"
ATTENTION = f"{TRANSFORMER}, section 3.2.2; {MLA}"
V3 = "DeepSeek-AI 2024, arXiv:2412.19437, section 2.2"
MOE = "Shazeer et al. 2017, arXiv:1701.06538, section 2"
DEEPSEEK_MOE = "Dai et al. 2024, arXiv:2401.06066, section 3"
CONVENTION = "convention of this report"
parameters = partial(metric, unit="parameters")


@parameters(symbol="P_emb", source=EMBEDDING, label="Embedding", counts="embedding")
def embedding_params(m: Model) -> float:
    """Weights of the input embedding: a row of the hidden size for each token of the vocabulary."""
    return m.vocab_size * m.hidden_size


@parameters(symbol="P_unemb", source=EMBEDDING, label="Unembedding", counts="unembedding")
def unembedding_params(m: Model) -> float:
    """Parameters of the output head; none where it shares the embedding's matrix."""
    matrix = where(m.tie_word_embeddings == 1, 0, m.vocab_size * m.hidden_size)
    return matrix + m.unembedding_bias * m.vocab_size


def softmax_layers(m: Model) -> float:
    """Layers whose attention looks at tokens, not at a state."""
    return m.num_hidden_layers - m.num_linear_attention_layers - m.num_attention_free_layers


@parameters(
    symbol="P_proj", source=ATTENTION, label="Attention projections", counts="attention projections"
)
def attention_projection_params(m: Model) -> float:
    """Weights of the matrices of all attention layers: those that take part in products.

    Layers of linear attention count with what each is said to have. With a key and value rank the
    other layers are multi-head latent attention: queries, keys and values
    go through compressed forms, and a key is a part without and a part with position.
    """
    key_width = m.qk_nope_head_dim + m.qk_rope_head_dim
    query = where(
        m.q_lora_rank > 0,
        m.q_lora_rank * (m.hidden_size + m.num_attention_heads * key_width),
        m.hidden_size * m.num_attention_heads * key_width,
    )
    latent = (
        query
        + m.hidden_size * (m.kv_lora_rank + m.qk_rope_head_dim)
        + m.kv_lora_rank * m.num_attention_heads * (m.qk_nope_head_dim + m.v_head_dim)
        + m.num_attention_heads * m.v_head_dim * m.hidden_size
    )
    plain = 2 * m.hidden_size * m.head_dim * (m.num_attention_heads + m.num_key_value_heads)
    mixers = m.num_linear_attention_layers * m.linear_attention_params
    return softmax_layers(m) * where(m.kv_lora_rank > 0, latent, plain) + where(
        m.num_linear_attention_layers > 0, mixers, 0
    )


@parameters(symbol="P_attn", source=ATTENTION, label="Attention", counts="attention")
def attention_params(m: Model) -> float:
    """Parameters of all attention layers: projections, their biases, query and key norms, sinks.

    The norms of multi-head latent attention are one weight a channel of each compressed form.
    """
    heads = m.num_attention_heads + m.num_key_value_heads
    norms = where(m.qk_norm == 2, heads * m.head_dim, where(m.qk_norm == 1, 2 * m.head_dim, 0))
    latent_norms = where(m.kv_lora_rank > 0, m.q_lora_rank + m.kv_lora_rank, 0)
    qkv_bias = where(
        m.qkv_bias == 1, (m.num_attention_heads + 2 * m.num_key_value_heads) * m.head_dim, 0
    )
    extras = (
        norms
        + latent_norms
        + qkv_bias
        + m.attention_out_bias * m.hidden_size
        + m.attention_sinks * m.num_attention_heads
    )
    return attention_projection_params(m) + softmax_layers(m) * extras


@parameters(
    symbol="P_dense",
    source=f"{TRANSFORMER}, section 3.3; Shazeer 2020, arXiv:2002.05202 (gated)",
    label="Dense FFN",
    counts="dense FFN",
)
def dense_ffn_params(m: Model) -> float:
    """Weights of the FFNs of the layers that have no experts."""
    dense_layers = m.num_hidden_layers - m.num_moe_layers
    ffn = m.num_ffn_matrices * m.hidden_size * m.intermediate_size
    return where(dense_layers > 0, dense_layers * ffn, 0)


@parameters(symbol="P_shared", source=DEEPSEEK_MOE, label="Shared experts", counts="shared experts")
def shared_expert_params(m: Model) -> float:
    """Parameters of the experts that every token passes through, and of their gate."""
    width = m.num_shared_experts * m.shared_expert_intermediate_size
    one_layer = m.hidden_size * (m.num_ffn_matrices * width + m.shared_expert_gate)
    return m.num_moe_layers * where(m.num_shared_experts > 0, one_layer, 0)


@parameters(symbol="P_router", source=f"{MOE}.1", label="Router", counts="router")
def router_params(m: Model) -> float:
    """Parameters of the routers: a weight an expert and channel, and a bias if there is one."""
    return m.num_moe_layers * m.num_experts * (m.hidden_size + m.router_bias)


@parameters(
    symbol="P_other",
    source="Ba et al. 2016, arXiv:1607.06450; Zhang and Sennrich 2019, arXiv:1910.07467 (norms)",
    label="Norms and other",
    counts="norms and other",
)
def norm_and_other_params(m: Model) -> float:
    """Weights (and biases) of the layers' norms and of the final norm, and other_params."""
    norms = m.num_norms_per_layer * m.num_hidden_layers + 1
    return norms * m.hidden_size * (1 + m.norm_bias) + m.other_params


@parameters(symbol="P_always", source=CONVENTION, label="Always active",
            aliases=("shared parameters", "shared params"))  # fmt: skip
def always_active_params(m: Model) -> float:
    """Parameters outside the routed experts: what every token uses, whatever its route."""
    return (
        embedding_params(m)
        + unembedding_params(m)
        + attention_params(m)
        + dense_ffn_params(m)
        + shared_expert_params(m)
        + router_params(m)
        + norm_and_other_params(m)
    )


@parameters(
    symbol="P_expert",
    source=MOE,
    label="One expert",
    aliases=("expert parameters", "params per expert", "expert size"),
    headers=("?[routed] expert parameter", "??parameter per_expert"),
    counts="one expert",
)
def expert_params(m: Model) -> float:
    """Parameters of one routed expert, added up over all MoE layers."""
    weights = m.num_ffn_matrices * m.hidden_size * m.moe_intermediate_size
    biases = (m.num_ffn_matrices - 1) * m.moe_intermediate_size + m.hidden_size
    biases = where(m.expert_bias == 1, biases, 0)
    return m.num_moe_layers * (weights + biases)


@parameters(symbol="P_routed", source=MOE, label="Routed experts", counts="routed experts")
def routed_expert_params(m: Model) -> float:
    """Parameters of all routed experts of all layers."""
    return m.num_experts * expert_params(m)


@parameters(
    symbol="P_routed,k",
    source=MOE,
    label="Routed experts, active",
    headers=("active [routed] expert parameter",),
)
def active_routed_expert_params(m: Model) -> float:
    """Parameters of the routed experts that one token is sent to."""
    return m.num_experts_per_tok * expert_params(m)


@parameters(
    symbol="P_total",
    source=CONVENTION,
    label="Total parameters",
    headline=1,
    claim="published_total_params",
    aliases=("total", "total params", "parameters", "params"),
    headers=header_phrases.TOTAL,
    counts="total",
)
def total_params(m: Model) -> float:
    """All parameters of the model, tied embeddings counted once. Memory follows this number."""
    return always_active_params(m) + routed_expert_params(m)


@parameters(
    symbol="P_active",
    source=CONVENTION,
    label="Active parameters",
    headline=2,
    claim="published_active_params",
    aliases=("active", "active params", "activated params", "activated parameters"),
    headers=header_phrases.ACTIVE,
    counts="active",
)
def active_params(m: Model) -> float:
    """Parameters that the forward pass of one token can touch. Compute follows this number."""
    return always_active_params(m) + active_routed_expert_params(m)


@parameters(
    symbol="P_active,-emb",
    source="gpt-oss model card, arXiv:2508.10925, section 2 (embedding left out)",
    label="Active without input embedding",
    claim="published_active_params",
    variant="without the input embedding",
    counts="active without embedding",
)
def active_params_no_embedding(m: Model) -> float:
    """Active parameters without the input embedding, which is a lookup and no product.

    A tied embedding is also the output head, so it stays in.
    """
    return active_params(m) - where(m.tie_word_embeddings == 1, 0, embedding_params(m))


@parameters(
    symbol="P_mtp",
    source=f"{V3}; what the module and the model share is counted with the model",
    label="Multi-token prediction",
    aliases=("mtp", "mtp params"),
    headers=("mtp [layer|module] parameter",),
    counts="further prediction",
)
def mtp_params(m: Model) -> float:
    """Parameters of the modules that predict further tokens; they are not part of the total.

    As in DeepSeek-V3, a module is one more layer with experts, a matrix that joins the token's
    embedding with the last hidden state, and three norms; embedding and output head are the
    model's own.
    """
    experts = routed_expert_params(m) + shared_expert_params(m) + router_params(m)
    norms = (m.num_norms_per_layer + 3) * m.hidden_size * (1 + m.norm_bias)
    module = (
        attention_params(m) / m.num_hidden_layers
        + experts / m.num_moe_layers
        + 2 * m.hidden_size * m.hidden_size
        + norms
    )
    return where(m.num_nextn_predict_layers > 0, m.num_nextn_predict_layers * module, 0)


sizes = bars(
    "size",
    (total_params, active_params),
    title=lambda rows: chart_titles.sizes(rows.names, rows[total_params], rows[active_params]),
    caption="What is active is all that a token's forward pass can touch.",
    labels=("total parameters", "active for a token"),
    heads=("total", "active"),
    colors=("grey", "blue"),
    axis="parameters",
    first="largest model",
    zeros=False,
    headline=1,
)


_EMBEDDINGS = (embedding_params, unembedding_params)
_OTHERS = (
    attention_params,
    dense_ffn_params,
    shared_expert_params,
    router_params,
    norm_and_other_params,
)


def _title_of_ledger(rows: Rows) -> str:
    always = rows.sum_of(*_EMBEDDINGS, *_OTHERS)
    of_all, of_active = (
        [part / (part + rest) for part, rest in zip(rows[routed], always, strict=True)]
        for routed in (routed_expert_params, active_routed_expert_params)
    )
    return chart_titles.routed(rows.names, of_all, of_active)


ledger = stack(
    "ledger",
    {
        "of all": (_EMBEDDINGS, *_OTHERS, routed_expert_params),
        "of active": (_EMBEDDINGS, *_OTHERS, active_routed_expert_params),
    },
    title=_title_of_ledger,
    caption=(
        "The upper bar of a model is all of its parameters, the lower one those that a token uses; "
        "both add up to 100 %, in the order of the legend. The numbers are the routed experts' "
        "shares."
    ),
    labels=(
        "Embeddings",
        "Attention",
        "Dense FFN",
        "Shared experts",
        "Router",
        "Norms and other",
        "Routed experts",
    ),
    colors=("silver", "blue", "sky", "green", "black", "pale", "orange"),
    axis="share of parameters",
    shares=True,
    first="largest share of routed experts",
)


@check("impossible", about=active_params)
def more_active_than_there_are(m: Model) -> Doubt:
    """A token cannot use more parameters than the model has."""
    active, total = active_params(m), total_params(m)
    return doubt(
        active - rounding(active_params) > total + rounding(total_params),
        "{} are active, of only {} in total",
        active,
        total,
        stated=active,
        computed=total,
    )


@check("suspicious", about=active_params)
def more_active_within_rounding(m: Model) -> Doubt:
    """Where experts are left out, a token uses fewer parameters than there are."""
    active, total = active_params(m), total_params(m)
    within = active - rounding(active_params) <= total + rounding(total_params)
    chosen = coalesce(m.num_experts_per_tok / m.num_experts, 0)
    return doubt(
        (active > total) & within & (chosen < 1),
        "{} are active, of only {} in total, which nothing but rounding could explain",
        active,
        total,
        stated=active,
        computed=total,
    )


@check("impossible", about=active_params)
def fewer_active_than_chosen(m: Model) -> Doubt:
    """A token uses at least the share of the parameters that it uses of the experts."""
    active, total = active_params(m), total_params(m)
    experts, chosen = m.num_experts, m.num_experts_per_tok
    within = active - rounding(active_params) <= total + rounding(total_params)
    most = (active + rounding(active_params)) * experts
    return doubt(
        (most < (total - rounding(total_params)) * chosen) & within,
        "{:percent} of the parameters are active, less than the {:percent} of the experts "
        "({} of {}) that a token uses; everything else is always active, so total, active, "
        "experts and top-k cannot belong to one model",
        active / total,
        chosen / experts,
        chosen,
        experts,
        stated=active,
        computed=total * chosen / experts,
    )


@check("suspicious", about=total_params)
def counted_in_units_twice(m: Model) -> Doubt:
    """No model is so large."""
    stated = typed(total_params)
    return doubt(
        stated > 5e13,
        "given as {}, more than any model has; is one of the units counted twice?",
        stated,
        stated=stated,
    )
