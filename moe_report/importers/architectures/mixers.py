"""What mixes tokens in a layer, where no field describes it: parameters of one layer, by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from moe_report.importers.adapter import Key, Kind, Reading, is_count, may, need
from moe_report.schema.parts import Part

FULL, LINEAR, SLIDING = "full_attention", "linear_attention", "sliding_attention"
MIXED = (
    "Layers mix tokens in ways that no field describes: attention's parameters are given, and do"
    " not follow from the fields"
)
# Names that configs gave to kinds of layers before they agreed on these.
_KINDS = {
    "attention": FULL,
    "deepseek_sparse_attention": "indexed_attention",
}


@dataclass(frozen=True)
class Mixer:
    """Parameters of one layer's token mixer.

    Attributes:
        products: Weights that are multiplied with every token: matrices and convolutions.
        others: Norms, biases and what a recurrence is steered by.
        state: Numbers in the state of linear attention, 0 of a convolution alone; None of others.
        conv: Numbers that its short convolutions keep: channels times kernel width less one.
    """

    products: int
    others: int = 0
    state: int | None = None
    conv: int = 0

    def plus(self, products: int, others: int = 0) -> Mixer:
        """Return the mixer with more parameters."""
        return replace(self, products=self.products + products, others=self.others + others)


def typed(*layers: tuple[int, Mixer]) -> dict[str, float]:
    """Return the parts and fields that give a number of layers of each mixer.

    What has a state is linear attention; the others' attention is what the fields say.
    """
    products = sum(number * mixer.products for number, mixer in layers)
    others = sum(number * mixer.others for number, mixer in layers)
    given: dict[str, float] = {
        Part.ATTENTION_PROJECTIONS: products,
        Part.ATTENTION: products + others,
    }
    for number, mixer in layers:
        if mixer.state is not None:
            given["num_linear_attention_layers"] = number
            if number:
                given["linear_attention_state_size"] = mixer.state
                given["linear_attention_conv_size"] = mixer.conv
    return given


STATE_SPACE = {"mamba": LINEAR}


def kinds(
    r: Reading, key: str, *known: str, named: Mapping[str, str] = MappingProxyType({})
) -> Counter[str]:
    """Return how many layers are of each kind, from a list with an item for each layer.

    Some kinds may be named otherwise in configs of an architecture.
    """
    names = {**_KINDS, **named}
    found = Counter(names.get(kind, kind) for kind in r.one_per_layer(key))
    for kind in sorted(set(found) - set(known)):
        r.refuse(key, f"has layers of the kind {kind!r}; known here: {', '.join(known)}")
    return found


# A number, or to be worked out from the others.
_AUTO = Kind('a whole number of at least 1 or "auto"', lambda x: x == "auto" or is_count(x))
AUTO = Key((), _AUTO, "auto")
LATENT = {name: need(name) for name in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim")} | {
    "v_head_dim": need("v_head_dim"),
    "attention_bias": may(False, kind="flag"),
}


INTERVAL = {"full_attention_interval": may(4)}
GATED_DELTA = {
    "linear_conv_kernel_dim": may(4),
    "linear_key_head_dim": may(128),
    "linear_value_head_dim": may(128),
    "linear_num_key_heads": may(16),
    "linear_num_value_heads": may(32),
}


def attention(r: Reading, *, gated: bool = False, qk_norm: bool = False, bias: str = "") -> Mixer:
    """Softmax attention with grouped queries.

    Args:
        r: The config.
        gated: Whether a gate as wide as the queries is applied to the output.
        qk_norm: Whether queries and keys have a norm of the width of a head.
        bias: The key that switches on the biases of all projections, if there is one.
    """
    width, heads = r["hidden_size"], r["num_attention_heads"]
    head = r.values.get("head_dim") or width // heads
    queries = heads * head * (2 if gated else 1)
    keys = 2 * (r["num_key_value_heads"] or heads) * head
    biases = queries + keys + width if bias and r[bias] else 0
    return Mixer(width * (queries + keys + heads * head), biases + (2 * head if qk_norm else 0))


def latent_attention(r: Reading) -> Mixer:
    """Multi-head latent attention."""
    width, heads, rank = r["hidden_size"], r["num_attention_heads"], r["kv_lora_rank"]
    compressed, query = (
        r.values.get("q_lora_rank") or 0,
        r["qk_nope_head_dim"] + r["qk_rope_head_dim"],
    )
    queries = compressed * (width + heads * query) if compressed else width * heads * query
    latent = rank + r["qk_rope_head_dim"]
    expanded = rank * heads * (r["qk_nope_head_dim"] + r["v_head_dim"])
    biases = compressed + latent + width if r["attention_bias"] else 0
    return Mixer(
        queries + width * latent + expanded + heads * r["v_head_dim"] * width,
        compressed + rank + biases,
    )


def indexer(r: Reading) -> Mixer:
    """What selects the tokens of sparse attention (DeepSeek-V3.2): scores, and a LayerNorm."""
    heads, head = r["index_n_heads"], r["index_head_dim"]
    products = r["q_lora_rank"] * heads * head + r["hidden_size"] * (head + heads)
    return Mixer(products, 2 * head)


def gated_delta(r: Reading) -> Mixer:
    """Gated DeltaNet (Qwen3-Next)."""
    width, heads = r["hidden_size"], r["linear_num_value_heads"]
    keys = r["linear_num_key_heads"] * r["linear_key_head_dim"]
    values = heads * r["linear_value_head_dim"]
    into = 2 * keys + 2 * values + 2 * heads
    convolution = (2 * keys + values) * r["linear_conv_kernel_dim"]
    return Mixer(
        width * (into + values) + convolution,
        2 * heads + r["linear_value_head_dim"],
        heads * r["linear_key_head_dim"] * r["linear_value_head_dim"],
        (2 * keys + values) * (r["linear_conv_kernel_dim"] - 1),
    )


def kimi_delta(r: Reading, *, full_gates: int = 0) -> Mixer:
    """Kimi Delta Attention.

    Args:
        r: The config.
        full_gates: How many of its two gates are one matrix; the others go through a compressed
            form as wide as a head.
    """
    width, heads, head = r["hidden_size"], r["linear_num_heads"], r["linear_head_dim"]
    inner = heads * head
    gates = full_gates * width * inner + (2 - full_gates) * head * (width + inner)
    convolution = 3 * inner * r["linear_conv_kernel_dim"]
    return Mixer(
        4 * width * inner + width * heads + gates + convolution,
        inner + heads + head,
        heads * head * head,
        3 * inner * (r["linear_conv_kernel_dim"] - 1),
    )


def lightning(r: Reading) -> Mixer:
    """Lightning attention (MiniMax)."""
    width, heads = r["hidden_size"], r["num_attention_heads"]
    head = r.values.get("head_dim") or width // heads
    return Mixer(5 * width * heads * head, heads * head, heads * head * head)


def mamba(r: Reading) -> Mixer:
    """A Mamba layer with norms inside (Jamba)."""
    width, states, kernel = r["hidden_size"], r["mamba_d_state"], r["mamba_d_conv"]
    inner = r["mamba_expand"] * width
    rank = -(-width // 16) if r["mamba_dt_rank"] == "auto" else r["mamba_dt_rank"]
    selective = inner * (rank + 2 * states) + rank * inner
    biases = inner + inner * r["mamba_conv_bias"] + (2 * inner + width) * r["mamba_proj_bias"]
    return Mixer(
        3 * width * inner + selective + inner * kernel,
        inner * (states + 1) + rank + 2 * states + biases,
        inner * states,
        inner * (kernel - 1),
    )


def mamba2(
    r: Reading, *, heads: int, head: int, groups: int, states: int, kernel: int, bias: bool,
    conv_bias: bool,
) -> Mixer:  # fmt: skip
    """A Mamba-2 layer; ``bias`` is that of its two projections."""
    width, inner = r["hidden_size"], heads * head
    mixed = inner + 2 * groups * states
    into = inner + mixed + heads
    biases = (into + width) * bias + mixed * conv_bias
    return Mixer(
        width * (into + inner) + mixed * kernel,
        3 * heads + inner + biases,
        inner * states,
        mixed * (kernel - 1),
    )


def short_convolution(r: Reading) -> Mixer:
    """A gated short convolution (LFM2)."""
    width = r["hidden_size"]
    kernel = r["conv_L_cache"]
    products, biases = 4 * width * width + width * kernel, 5 * width * r["conv_bias"]
    return Mixer(products, biases, state=0, conv=width * (kernel - 1))


def untied(r: Reading) -> None:
    """Refuse tied embeddings where the architecture's code has them apart, whatever is said."""
    if r["tie_word_embeddings"]:
        r.refuse("tie_word_embeddings", "is true, but this architecture never ties them")


def beside_attention(given: Mapping[str, float], others: Mixer) -> dict[str, float]:
    """Add parts of a model that belong to no component.

    They are other parameters; their products with each token are given with those of attention,
    for no field describes them.
    """
    added = dict(given)
    added[Part.ATTENTION_PROJECTIONS] += others.products
    added["other_params"] = added.get("other_params", 0) + others.products + others.others
    return added


def interval(r: Reading) -> Mapping[str, int]:
    """Kinds of layers, listed or every ``full_attention_interval``-th one full."""
    if r["layer_types"] is not None:
        return kinds(r, "layer_types", FULL, LINEAR)
    full = r["num_hidden_layers"] // r["full_attention_interval"]
    return Counter({FULL: full, LINEAR: r["num_hidden_layers"] - full})
