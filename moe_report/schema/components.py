"""What a model's parameters are made of, as charts show it: the metrics that add up to its total.

They are stacked in this order: what every token uses first, then what routing switches.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Component:
    """A part of a model's parameters.

    Attributes:
        metric: The metric that counts it.
        label: Its name in words.
        css: Class of its colour on the page; neighbours of one class are drawn as one.
        group: What the page calls all of that class.
        color: Its colour in a workbook, as RRGGBB.
    """

    metric: str
    label: str
    css: str
    group: str
    color: str


COMPONENTS = tuple(
    Component(*row)
    for row in (
        ("embedding_params", "Embedding", "embedding", "Embeddings", "AEB4BB"),
        ("unembedding_params", "Unembedding", "embedding", "Embeddings", "BFC5CB"),
        ("attention_params", "Attention", "attention", "Attention", "0072B2"),
        ("dense_ffn_params", "Dense FFN", "dense", "Dense FFN", "56B4E9"),
        ("shared_expert_params", "Shared experts", "shared", "Shared experts", "009E73"),
        ("router_params", "Router", "router", "Router", "20262D"),
        ("norm_and_other_params", "Norms and other", "other", "Norms and other", "CCD1D6"),
        ("routed_expert_params", "Routed experts", "routed", "Routed experts", "D55E00"),
    )
)
COMPONENT_METRICS = tuple(component.metric for component in COMPONENTS)
