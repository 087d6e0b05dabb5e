"""The rules of the audit that follow from fields and from what metrics declare, each written once.

:class:`~moe_report.schema.checks.Rule` says what its symbols stand for.
:mod:`moe_report.compute.audit` evaluates a rule for all rows, and the page's calculator runs it as
JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add

from moe_report.formula.expr import lift
from moe_report.formula.functions import coalesce, floor, where
from moe_report.schema.checks import (
    DIFFERENCE,
    IT,
    PERCENT,
    Level,
    Piece,
    Rule,
    derived,
    formula,
    rounding,
    typed,
    value,
)
from moe_report.schema.metrics import Metric
from moe_report.schema.registry import Registry


def _rounds_to(column: str, computed: float) -> bool:
    """Whether the typed number is what a computed one rounds to, at the digits it has."""
    return abs(typed(column) - computed) <= rounding(column) + 1e-9 * abs(computed)


def _piece(
    text: str, number: float | None = None, like: str = IT, *, when: bool | None = None
) -> Piece:
    return Piece(
        text, None if number is None else lift(number), like, None if when is None else lift(when)
    )


def _off(stated: float, computed: float) -> tuple[Piece, Piece]:
    share = (stated - computed) / abs(computed)
    return (
        _piece(" ({})", share, DIFFERENCE, when=computed != 0),
        _piece(" (from 0)", when=computed == 0),
    )


def _rule(
    level: Level,
    columns: str | tuple[str, ...],
    when: bool | int,
    *message: Piece,
    stated: float | None = None,
    computed: float | None = None,
) -> Rule:
    numbers = [None if one is None else lift(one) for one in (stated, computed)]
    columns = (columns,) if isinstance(columns, str) else columns
    return Rule(level, columns, lift(when), message, *numbers)


def _layers(column: str, *kinds: str) -> Rule:
    """Kinds of layers that are more than all layers together."""
    counts = [coalesce(value(kind), 0) for kind in kinds]
    layers, stated = value("num_hidden_layers"), reduce(add, counts)
    listed = [_piece(f"{{}} {kinds[0]}", counts[0], kinds[0], when=counts[0] != 0)]
    for at, (kind, count) in enumerate(zip(kinds[1:], counts[1:], strict=True), start=1):
        further = (count != 0) & (reduce(add, counts[:at]) != 0)
        listed += [
            _piece(" and ", when=further),
            _piece(f"{{}} {kind}", count, kind, when=count != 0),
        ]
    of = _piece(", of only {} layers in all", layers, "num_hidden_layers")
    return _rule("impossible", column, stated > layers, *listed, of, stated=stated, computed=layers)


def _bounds(metric: Metric) -> Iterable[Rule]:
    """What a typed number of a metric cannot be."""
    least, most = metric.minimum, metric.maximum
    outside = [typed() < least] if least is not None else []
    outside += [typed() > most] if most is not None else []
    if not outside:
        return
    test = reduce(lambda one, other: one | other, outside)
    if metric.format == "percent" and (least, most) == (0, 1):
        piece = _piece("given as {}, and a share is from 0 to 100 %; head a column of percentages "
                       "'{it} (%)'", typed(), PERCENT)  # fmt: skip
        yield _rule("impossible", metric.name, test, piece, stated=typed())
        return
    given = _piece("given as {}", typed())
    ends = [
        _piece(f", and it is {said} {{}}", end)
        for said, end in (("at least", least), ("at most", most)) if end is not None
    ]  # fmt: skip
    yield _rule("impossible", metric.name, test, given, *ends, stated=typed())


def claims_of(metrics: Iterable[Metric]) -> Mapping[str, tuple[Metric, ...]]:
    """Return the metrics of which a field states what somebody published, by that field.

    Of more than one the first is meant, and the others are further ways to count it.
    """
    found: dict[str, tuple[Metric, ...]] = {}
    for metric in metrics:
        if metric.claim:
            found[metric.claim] = (*found.get(metric.claim, ()), metric)
    return found


def _claim(claim: str, metrics: tuple[Metric, ...]) -> Rule:
    stated, values = typed(claim), [value(metric.name) for metric in metrics]
    one = nearest = reduce(coalesce, values)
    differs = ~_rounds_to(claim, one)
    said = [_piece("published {}", stated), _piece(", computed {}", one)]
    for at, metric in enumerate(metrics[1:], start=1):
        other = reduce(coalesce, [*values[at:], *reversed(values[:at])])
        nearest = where(abs(stated - other) < abs(stated - nearest), other, nearest)
        differs &= ~_rounds_to(claim, other)
        said.append(_piece(f", or {{}} {metric.variant}", other, when=one != other))
    return _rule(
        "differs", claim, differs, *said, *_off(stated, nearest), stated=stated, computed=nearest
    )


def _overrides() -> Rule:
    return _rule(
        "differs", (), ~_rounds_to(IT, formula()),
        _piece("given as {}", typed()), _piece(", while the formula gives {}", formula()),
        *_off(typed(), formula()), _piece("; the given number is used"),
        stated=typed(), computed=formula(),
    )  # fmt: skip


def _suspicious() -> tuple[Rule, ...]:
    width, latent = derived("head_dim"), value("kv_lora_rank")
    layers, with_experts = value("num_hidden_layers"), value("num_moe_layers")
    expert = derived("moe_intermediate_size")
    experts, chosen = value("num_experts"), value("num_experts_per_tok")
    return (
        _rule(  # latent attention has widths of its own
            "suspicious", "head_dim", (width != floor(width)) & (coalesce(latent, 0) == 0),
            _piece("hidden_size / num_attention_heads gives {}, no whole number; fill in head_dim",
                   width),
        ),
        _rule(
            "suspicious", "moe_intermediate_size",
            (with_experts > 0) & (with_experts < layers) & (expert != 0),
            _piece("not filled in, so experts are taken to be as wide as the dense layers' FFN "
                   "({}); models with dense layers rarely are", expert),
        ),
        _rule(
            "suspicious", "num_experts_per_tok", (experts == chosen) & (experts > 1),
            _piece("a token goes through all {} experts, so nothing is routed", experts,
                   "num_experts"),
        ),
    )  # fmt: skip


def _unused(window: str, layers: str) -> Rule:
    """A width that is typed, of layers that there are none of."""
    return _rule(
        "suspicious", window, (typed(window) >= 0) & (coalesce(value(layers), 0) == 0),
        _piece(f"given, while {layers} is 0: no layer uses it; fill in how many do"),
    )  # fmt: skip


_FIELD_RULES: tuple[Rule, ...] = (
    _layers(
        "num_hidden_layers",
        "num_sliding_window_layers",
        "num_chunked_attention_layers",
        "num_linear_attention_layers",
        "num_attention_free_layers",
    ),
    _layers("num_moe_layers", "num_moe_layers", "first_k_dense_replace"),
    *_suspicious(),
    _unused("sliding_window", "num_sliding_window_layers"),
    _unused("attention_chunk_size", "num_chunked_attention_layers"),
)


def rules_of(registry: Registry) -> tuple[Rule, ...]:
    """Return all rules: the sections' checks, and those of fields, bounds, claims and overrides."""
    metrics = registry.metrics.values()
    return (
        *(check.rule for section in registry.sections for check in section.checks),
        *_FIELD_RULES,
        *(rule for metric in metrics for rule in _bounds(metric)),
        *(_claim(claim, of) for claim, of in claims_of(metrics).items()),
        _overrides(),
    )
