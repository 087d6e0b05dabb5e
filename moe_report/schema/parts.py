"""What can be counted of a model, in words that no section owns.

An importer finds numbers that no field holds: how many parameters a model's attention has where no
field describes it, or what a checkpoint's tensors add up to. It says them in this vocabulary. The
section that counts the same says so, ``metric(..., counts="router")``, and a row has the number
under that metric's name, in place of its formula. So engine and importers name no metric, and
another ledger can take the place of the built-in one.

>>> Part("router").name
'ROUTER'
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Part(StrEnum):
    """A part of a model, or a sum of parts, and the unit in which it is counted.

    Parameters are weights, biases and scales that training sets, each once, whatever number of bits
    stores it; buffers are none. They are those of the whole model, all layers together, of the part
    that reads and writes text. FLOPs are of the forward pass of one token.
    """

    EMBEDDING = "embedding"
    """Parameters of the input embedding, with further tables that are looked up (n-grams). An
    output head that is tied to it has no parameters of its own: they are here."""
    UNEMBEDDING = "unembedding"
    """Parameters of the output head and its bias, 0 where it is tied to the input embedding and has
    no bias, and where there is none. The norm in front of it is not in."""
    ATTENTION = "attention"
    """Parameters of all that mixes tokens, of any kind: projections, their biases, gates, sinks,
    convolutions, recurrences, norms of queries and keys. The norm in front of a layer is not in."""
    ATTENTION_PROJECTIONS = "attention projections"
    """Those parameters of attention that are multiplied with every token: matrices and
    convolutions. Products of parts that no other word has are counted here, too, though
    their parameters are elsewhere: it decides FLOPs, and is no summand of a total."""
    DENSE_FFN = "dense FFN"
    """Parameters of the FFNs of layers without experts, and of those that stand beside routed
    experts and are called no expert."""
    SHARED_EXPERTS = "shared experts"
    """Parameters of the experts that every token passes through, of their gates, and of projections
    into and out of a narrower space that all experts of a layer share."""
    ROUTER = "router"
    """Parameters of what scores experts: matrices, and biases that are trained. Offsets that
    balance the load without a gradient are not in."""
    NORMS_AND_OTHER = "norms and other"
    """All other parameters: norms of layers, the final norm, and what is none of the other parts.
    Every token uses them."""
    ONE_EXPERT = "one expert"
    """Parameters of one routed expert, added up over all layers that have experts: all routed
    experts, divided by how many a layer has."""
    ROUTED_EXPERTS = "routed experts"
    """Parameters of all routed experts of all layers."""
    FURTHER_PREDICTION = "further prediction"
    """Parameters of modules that predict further tokens (MTP), without copies of the embedding and
    the output head. They are in no total."""
    UNEMBEDDING_FLOPS = "unembedding FLOPs"
    """FLOPs of the output head over the vocabulary, tied or not; 0 where there is none."""
    DENSE_FFN_FLOPS = "dense FFN FLOPs"
    """FLOPs of the FFNs of layers without experts."""
    TOTAL = "total"
    """All parameters: the sum of embedding, unembedding, attention, dense FFN, shared experts,
    router, norms and other, and routed experts."""
    ACTIVE = "active"
    """Parameters that the forward pass of one token can touch: the total without the routed experts
    that the token is not sent to."""
    ACTIVE_WITHOUT_EMBEDDING = "active without embedding"
    """The active ones without the input embedding, unless that is the output head, too."""
    FORWARD_FLOPS = "forward FLOPs"
    """FLOPs of the forward pass of one token, all of them."""


LEDGER = (
    Part.EMBEDDING,
    Part.UNEMBEDDING,
    Part.ATTENTION,
    Part.DENSE_FFN,
    Part.SHARED_EXPERTS,
    Part.ROUTER,
    Part.NORMS_AND_OTHER,
    Part.ROUTED_EXPERTS,
)
"""The parts that add up to the total: each parameter is in one of them."""

PARAMETER_TOTALS = (Part.TOTAL, Part.ACTIVE, Part.ACTIVE_WITHOUT_EMBEDDING)
"""The sums of parameters that people publish of a model."""

SUMS: Mapping[Part, tuple[Part, ...]] = {
    **dict.fromkeys(LEDGER, PARAMETER_TOTALS),
    Part.ONE_EXPERT: (Part.ROUTED_EXPERTS, *PARAMETER_TOTALS),
    **dict.fromkeys(
        (Part.ATTENTION_PROJECTIONS, Part.UNEMBEDDING_FLOPS, Part.DENSE_FFN_FLOPS),
        (Part.FORWARD_FLOPS,),
    ),
}
"""In which sums a part is: they come out wrong where a model's own number of it is left out."""
