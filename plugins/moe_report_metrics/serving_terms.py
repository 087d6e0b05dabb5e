"""What serving assumes: how well memory is used, what devices take, how tokens spread."""

from dataclasses import dataclass

from moe_report import Model, assumption, minimum, where

OMLX = "omlx, issue #2238"
_ALL_REACHED = 40  # tokens an expert gets on average: of e^40 experts one is missed
RUNPOD = "runpod.io/pricing, October 2026"


@dataclass(frozen=True)
class Efficiency:
    """What decoding makes of the memory's bandwidth."""

    dense_efficiency: float = assumption(
        0.939, symbol="η_dense", unit="ratio", label="Bandwidth that dense layers reach",
        help=f"Measured at batch 1 ({OMLX}, M3 Ultra), of reads that are sustained there: 85 % of "
        "the data sheet's.", minimum=0.001, maximum=1,
    )  # fmt: skip
    moe_efficiency: float = assumption(
        0.338, symbol="η_moe", unit="ratio", label="Bandwidth that experts reach",
        help=f"That of a whole model with experts, measured likewise ({OMLX}).",
        minimum=0.001, maximum=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Price:
    """What a device costs."""

    device_price: float = assumption(
        3.49, symbol="p_dev", unit="$/h", label="Price of a device, an hour", maximum=1e6,
        help=f"That of an H100 SXM, {RUNPOD}; 0 if not known.",
        aliases=("price per hour", "gpu hour price"),
    )  # fmt: skip


@dataclass(frozen=True)
class Building:
    """What surrounds the devices."""

    power_usage_effectiveness: float = assumption(
        1.2, symbol="PUE", unit="ratio", label="Power usage effectiveness",
        help="Energy of the building over that of its devices. A round figure, to be replaced.",
        minimum=1, maximum=10, aliases=("PUE",),
    )  # fmt: skip


def reached(m: Model, tokens: float) -> float:
    """The share of the experts that tokens reach; spreadsheets refuse powers below 1e-308."""
    chosen = m.num_experts_per_tok / m.num_experts
    missed: float = (1 - chosen) ** minimum(tokens, _ALL_REACHED / chosen)
    return 1 - missed


def known(price: Price) -> float:
    """The price of a device, an hour; missing where it is 0."""
    return price.device_price / where(price.device_price > 0, 1, 0)


def in_chunk(m: Model, context: float) -> float:
    """Tokens of a chunk so far: on average half of it, past the first."""
    chunk = m.attention_chunk_size
    return where(context > chunk, chunk / 2, context)
