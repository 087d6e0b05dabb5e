"""Cache memory.

What the text itself takes: keys and values of the tokens so far, and the states of layers that
have a fixed one. It is affine in the text: ``a`` bytes a token where layers see all of it, and
``b`` bytes a sequence, for windows and chunks once they are full and for recurrent states.

*Needed* is what the layers look at. *Allocated* is what engines reserve that give every layer the
full length, windows and chunks too; an assumption says which of the two the other sections take.

Letters: ``S`` context, ``B`` sequences at once, ``c`` cached values, ``w`` window.
"""

from dataclasses import dataclass

from moe_report import Model, assumption, metric, minimum, preset, where
from moe_report_metrics.flops_savings import Counting

ORDER = 52
VLLM = (
    "vLLM, v1/kv_cache_interface.py: AttentionSpec, MLAAttentionSpec, SlidingWindowSpec, MambaSpec"
)
RECORDS = (
    "FlashMLA's records for sparse attention: values in FP8, an FP32 scale for 128, rotary in BF16"
)
_SCALED = 128  # values that share a scale of 4 bytes


@dataclass(frozen=True)
class Cached:
    """How wide a cached value is."""

    cache_value_bytes: float = assumption(
        2, symbol="β_kv", unit="byte/value", label="Bytes of a cached value",
        help="2 for BF16, 1 for FP8.", minimum=0.25, maximum=8,
    )  # fmt: skip
    latent_records: float = assumption(
        0, symbol="b_rec", unit="0 or 1", label="Latents as FP8 records", maximum=1, whole=True,
        help="1: models with an indexer keep latents as sparse engines do: values in "
        "FP8 with an FP32 scale for each 128, the rotary part in BF16.",
    )  # fmt: skip


@dataclass(frozen=True)
class States:
    """How wide the numbers of indexers and of fixed states are."""

    indexer_value_bytes: float = assumption(
        1.03125, symbol="β_i", unit="byte/value", label="Bytes of an indexer's value",
        help="132/128, FP8 with an FP32 scale for each 128, as DeepSeek-V3.2 keeps them; 1 without "
        "scales, 2 for BF16.", minimum=0.25, maximum=8,
    )  # fmt: skip
    state_value_bytes: float = assumption(
        4, symbol="β_s", unit="byte/value", label="Bytes of a state's value",
        help="Of linear attention and state-space layers: 4 for FP32, 2 for BF16.",
        minimum=1, maximum=8,
    )  # fmt: skip
    conv_value_bytes: float = assumption(
        2, symbol="β_c", unit="byte/value", label="Bytes of a convolution state's value",
        help="2 for BF16.", minimum=1, maximum=8,
    )  # fmt: skip


@dataclass(frozen=True)
class Load:
    """How much is served at once."""

    num_sequences: float = assumption(
        1, symbol="B", unit="sequences", label="Sequences at once",
        help="Sequences that are decoded together, each as long as the context.",
        minimum=1, maximum=10_000_000, whole=True,
        aliases=("concurrency", "num_seqs", "max_num_seqs"),
    )  # fmt: skip
    allocate_in_full: float = assumption(
        0, symbol="b_full", unit="0 or 1", label="Windows allocated in full", maximum=1, whole=True,
        help="1: the engine keeps the full length for layers with windows or chunks, too.",
    )  # fmt: skip


@metric(symbol="ι", unit="byte/token", source=VLLM, label="Indexer's cache, a token")
def indexer_bytes_per_token(m: Model, s: States) -> float:
    """Bytes of a token that the indexers of sparse attention keep."""
    return m.indexer_values_per_token * s.indexer_value_bytes


@metric(symbol="a_kv", unit="byte/token", source=f"{VLLM}; {RECORDS}", label="Cache, a token",
        headline=6, better="lower")  # fmt: skip
def kv_bytes_per_token(m: Model, c: Cached) -> float:
    """Bytes that one more token needs, past all windows: the slope of the cache."""
    scaled = m.kv_lora_rank * (1 + 4 / _SCALED) + 2 * m.qk_rope_head_dim
    record = scaled / (m.kv_lora_rank + m.qk_rope_head_dim)
    in_records = (c.latent_records == 1) & (m.indexer_values_per_token > 0) & (m.kv_lora_rank > 0)
    value_bytes = where(in_records, record, c.cache_value_bytes)
    return m.kv_values_per_token * value_bytes + indexer_bytes_per_token(m)


@metric(symbol="a_win", unit="byte/token", source=VLLM, label="Cache of windows, a token")
def window_bytes_per_token(m: Model, c: Cached) -> float:
    """Bytes of a token in the layers with windows, while it is in them."""
    return m.window_kv_values_per_token * c.cache_value_bytes


@metric(symbol="a_chunk", unit="byte/token", source=VLLM, label="Cache of chunks, a token")
def chunk_bytes_per_token(m: Model, c: Cached) -> float:
    """Bytes of a token in the layers with chunks, while it is in one."""
    return m.chunk_kv_values_per_token * c.cache_value_bytes


@metric(symbol="a_alloc", unit="byte/token", source=VLLM, label="Cache allocated, a token",
        better="lower")  # fmt: skip
def allocated_kv_bytes_per_token(m: Model) -> float:
    """Bytes a token takes where every layer gets the full length."""
    return kv_bytes_per_token(m) + window_bytes_per_token(m) + chunk_bytes_per_token(m)


@metric(symbol="b_state", unit="byte", source=f"{VLLM}; mamba_utils.py", label="States, a sequence",
        better="lower")  # fmt: skip
def state_bytes_per_sequence(m: Model, s: States) -> float:
    """Bytes of the fixed states of a sequence: recurrent ones, and those of convolutions."""
    layers = m.num_linear_attention_layers
    state = m.linear_attention_state_size * s.state_value_bytes
    return where(
        layers > 0, layers * (state + m.linear_attention_conv_size * s.conv_value_bytes), 0
    )


@metric(symbol="b_kv", unit="byte", source=VLLM, label="Cache fixed, a sequence", better="lower")
def kv_bytes_per_sequence(m: Model, c: Counting) -> float:
    """Bytes of a sequence that do not grow with it past its windows and chunks."""
    window = where(
        m.window_kv_values_per_token > 0,
        window_bytes_per_token(m) * minimum(m.sliding_window, c.context_length),
        0,
    )
    chunk = where(
        m.chunk_kv_values_per_token > 0,
        chunk_bytes_per_token(m) * minimum(m.attention_chunk_size, c.context_length),
        0,
    )
    return window + chunk + state_bytes_per_sequence(m)


@metric(symbol="K_need", unit="byte", source=VLLM, label="Cache needed", better="lower")
def needed_cache_bytes(m: Model, c: Counting, load: Load) -> float:
    """Bytes of the cache that the layers look at, at the context and for all sequences."""
    return load.num_sequences * (
        kv_bytes_per_token(m) * c.context_length + kv_bytes_per_sequence(m)
    )


@metric(symbol="K_alloc", unit="byte", source=VLLM, label="Cache allocated", better="lower")
def allocated_cache_bytes(m: Model, c: Counting, load: Load) -> float:
    """Bytes of the cache where every layer gets the full length."""
    return load.num_sequences * (
        allocated_kv_bytes_per_token(m) * c.context_length + state_bytes_per_sequence(m)
    )


@metric(symbol="K_text", unit="byte", source=VLLM, label="Cache of the whole text", better="lower")
def text_cache_bytes(m: Model, c: Counting, load: Load) -> float:
    """Bytes of the cache in layers that see the whole text, without indexers."""
    slope = kv_bytes_per_token(m) - indexer_bytes_per_token(m)
    return load.num_sequences * c.context_length * slope


@metric(symbol="K_win", unit="byte", source=VLLM, label="Cache of windows and chunks",
        better="lower")  # fmt: skip
def window_cache_bytes(m: Model, c: Counting, load: Load) -> float:
    """Bytes of the cache in layers with windows or chunks, needed or allocated."""
    needed = kv_bytes_per_sequence(m) - state_bytes_per_sequence(m)
    slope = window_bytes_per_token(m) + chunk_bytes_per_token(m)
    return load.num_sequences * where(load.allocate_in_full == 1, slope * c.context_length, needed)


@metric(symbol="K_idx", unit="byte", source=VLLM, label="Cache of indexers", better="lower")
def indexer_cache_bytes(m: Model, c: Counting, load: Load) -> float:
    """Bytes of the cache of indexers."""
    return load.num_sequences * c.context_length * indexer_bytes_per_token(m)


@metric(symbol="K_state", unit="byte", source=VLLM, label="Recurrent states", better="lower")
def state_cache_bytes(m: Model, load: Load) -> float:
    """Bytes of the fixed states of all sequences."""
    return load.num_sequences * state_bytes_per_sequence(m)


@metric(symbol="K", unit="byte", source=VLLM, label="Cache, bytes", better="lower")
def kv_cache_bytes(m: Model) -> float:
    """Bytes of the cache, needed or allocated as the assumption says: the sum of its parts."""
    return (
        text_cache_bytes(m) + window_cache_bytes(m) + indexer_cache_bytes(m) + state_cache_bytes(m)
    )


BF16_CACHE = preset("cache", "BF16", Cached(), source="by arithmetic")
FP8_CACHE = preset("cache", "FP8", Cached(1, 0), source="by arithmetic, without scales")
FP8_RECORDS = preset("cache", "FP8 records", Cached(1, 1), source=RECORDS)
