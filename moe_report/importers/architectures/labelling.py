"""Architectures that label the tokens of a text, and write none."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Key, Kind, Reading, may
from moe_report.importers.architectures import mixers
from moe_report.importers.architectures.caches import BOTH_WAYS
from moe_report.importers.architectures.common import LOCAL, NO_CORE
from moe_report.schema.parts import Part

_LABELS = Kind("an object that names the labels", lambda value: isinstance(value, dict))


def _derive_privacy_filter(r: Reading) -> Mapping[str, float]:
    """Attention with sinks and a window to both sides, and a head that scores labels."""
    mixers.untied(r)
    heads, layers, d = r["num_attention_heads"], r["num_hidden_layers"], r["hidden_size"]
    labels = len(r["id2label"]) if r["id2label"] else r["num_labels"]
    given = mixers.typed((layers, mixers.attention(r, bias="attention_bias").plus(0, heads)))
    return given | {
        "num_sliding_window_layers": layers,
        Part.ATTENTION_PROJECTIONS: given[Part.ATTENTION_PROJECTIONS] + d * labels,
        Part.UNEMBEDDING: (d + 1) * labels,
        Part.UNEMBEDDING_FLOPS: 0,
    }


ADAPTERS: Mapping[str, Adapter] = {
    "openai_privacy_filter": Adapter(
        LOCAL | NO_CORE | {
            "num_key_value_heads": may(2),
            "head_dim": may(64),
            "attention_bias": may(True, kind="flag"),
            "id2label": Key((), _LABELS, None, nullable=True),
            "num_labels": may(33),
        },
        fixed={"router_bias": 1, "expert_bias": 1}, derive=_derive_privacy_filter,
        cache=BOTH_WAYS,
        irrelevant=frozenset({"sliding_window", "gated"}),  # gated is the Hub's word for access
        note="A token attends to a window to both sides, which no field describes: the attention"
        " core is left out. The output head scores labels, not the vocabulary: its FLOPs are among"
        " those of attention's projections",
    ),
}  # fmt: skip
