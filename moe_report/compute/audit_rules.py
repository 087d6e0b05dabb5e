"""The audit's rules, each written once: a test, and a sentence for where it holds.

A rule is recorded over symbols as a metric is. :mod:`moe_report.compute.audit` evaluates it for all
rows, and the page's calculator runs it as JavaScript. A symbol stands for a number of a column:
its ``value``, the number ``typed`` there, half a unit of that one's last digit, what the
``formula`` gives, or what is ``derived`` where nothing is typed. A test of a missing number does
not hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import cast

from moe_report.formula.expr import Expr, lift, symbol
from moe_report.formula.functions import coalesce, floor, where
from moe_report.reports import Level

IT = "it"  # in place of a column: the one that the rule is about
# What a sentence may write a number like, beside a column's own numbers.
PERCENT, DIFFERENCE = "as percent", "as difference"
# What a published figure claims; of active parameters both conventions are in use.
CLAIMS = {
    "published_total_params": ("total_params",),
    "published_active_params": ("active_params", "active_params_no_embedding"),
}
_MOST_PARAMS = 5e13  # of a model that may be real
_SHARES = (
    "parameter_efficiency", "expert_utilisation", "sparsity", "always_active_share",
    "expert_flops_savings", "model_flops_savings", "router_param_share", "router_flop_share",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A piece of a sentence.

    Attributes:
        text: What it says; ``{}`` is the number, ``{it}`` the name of the column.
        number: The number in it, if it has one.
        like: How that is written: as those of the column of this name, or :data:`PERCENT`, or
            :data:`DIFFERENCE` of a share that something is off.
        when: The test of whether it is there; None if it always is.
    """

    text: str
    number: Expr | None = None
    like: str = IT
    when: Expr | None = None


@dataclass(frozen=True)
class Rule:
    """What is found in a row where a test holds.

    Attributes:
        level: How bad it is.
        columns: What it is about, one at a time; none for every metric.
        when: The test.
        message: The sentence.
        stated: The number that is doubted, if one is.
        computed: The number it is compared with, if one is.
    """

    level: Level
    columns: tuple[str, ...]
    when: Expr
    message: tuple[Piece, ...]
    stated: Expr | None = None
    computed: Expr | None = None

    def expressions(self) -> Iterable[Expr]:
        """Everything that is to be worked out for a finding."""
        parts = [part for piece in self.message for part in (piece.number, piece.when)]
        return (one for one in (self.when, *parts, self.stated, self.computed) if one is not None)


def _of(what: str, column: str) -> float:
    return cast(float, symbol(f"{what} {column}"))


def value(column: str) -> float:
    """Return the symbol of a column's number."""
    return _of("value", column)


def typed(column: str = IT) -> float:
    """Return the symbol of the number that is typed; missing where none is."""
    return _of("typed", column)


def half_unit(column: str = IT) -> float:
    """Return the symbol of how far the number that a typed one rounds may be off."""
    return _of("half_unit", column)


def formula(column: str = IT) -> float:
    """Return the symbol of what the formula gives, also where another number is typed."""
    return _of("formula", column)


def derived(column: str = IT) -> float:
    """Return the symbol of what is derived; missing where a number is typed."""
    return _of("derived", column)


def _rounds_to(column: str, computed: float) -> bool:
    """Whether the typed number is what a computed one rounds to, at the digits it has."""
    return abs(typed(column) - computed) <= half_unit(column) + 1e-9 * abs(computed)


def _piece(
    text: str, number: float | None = None, like: str = IT, *, when: bool | None = None
) -> Piece:
    return Piece(
        text, None if number is None else lift(number), like, None if when is None else lift(when)
    )


def _off(stated: float, computed: float) -> Piece:
    return _piece(" ({})", (stated - computed) / abs(computed), DIFFERENCE)


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


def _impossible_totals() -> tuple[Rule, Rule]:
    """More active than there are; or fewer than the share of experts that is chosen."""
    total, active = value("total_params"), value("active_params")
    experts, chosen = value("num_experts"), value("num_experts_per_tok")
    most = total + half_unit("total_params")
    least = total - half_unit("total_params")
    more = active - half_unit("active_params") > most
    fewer = (active + half_unit("active_params")) * experts < least * chosen
    return (
        _rule(
            "impossible", "active_params", more,
            _piece("{} are active", active), _piece(", of only {} in total", total, "total_params"),
            stated=active, computed=total,
        ),
        _rule(
            "impossible", "active_params", fewer & ~more,
            _piece("{} of the parameters are active", active / total, PERCENT),
            _piece(", less than the {} of the experts", chosen / experts, PERCENT),
            _piece(" ({} of ", chosen, "num_experts_per_tok"),
            _piece("{}) that a token uses; everything else is always active, so total, active, "
                   "experts and top-k cannot belong to one model", experts, "num_experts"),
            stated=active, computed=total * chosen / experts,
        ),
    )  # fmt: skip


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


def _shares() -> Rule:
    """Typed shares below nothing or above everything."""
    said = ", and a share is from 0 to 100 %; head a column of percentages '{it} (%)'"
    return _rule(
        "impossible", _SHARES, (typed() < 0) | (typed() > 1),
        _piece("given as {}" + said, typed(), PERCENT), stated=typed(),
    )  # fmt: skip


def _claim(claim: str, *computed: str) -> Rule:
    stated, values = typed(claim), list(map(value, computed))
    one = nearest = reduce(coalesce, values)
    differs = ~_rounds_to(claim, one)
    said = [_piece("published {}", stated), _piece(", computed {}", one)]
    if len(values) > 1:
        other = reduce(coalesce, reversed(values))
        nearest = where(abs(stated - other) < abs(stated - one), other, one)
        differs &= ~_rounds_to(claim, other)
        said.append(_piece(", or {} without the input embedding", other, when=one != other))
    return _rule(
        "differs", claim, differs, *said, _off(stated, nearest), stated=stated, computed=nearest
    )


def _overrides() -> Rule:
    return _rule(
        "differs", (), ~_rounds_to(IT, formula()),
        _piece("given as {}", typed()), _piece(", while the formula gives {}", formula()),
        _off(typed(), formula()), _piece("; the given number is used"),
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
        _rule(
            "suspicious", "total_params", typed("total_params") > _MOST_PARAMS,
            _piece("given as {}, more than any model has; is one of the units counted twice?",
                   typed("total_params")),
            stated=typed("total_params"),
        ),
    )  # fmt: skip


def _unused(window: str, layers: str) -> Rule:
    """A width that is typed, of layers that there are none of."""
    return _rule(
        "suspicious", window, (typed(window) >= 0) & (coalesce(value(layers), 0) == 0),
        _piece(f"given, while {layers} is 0: no layer uses it; fill in how many do"),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (
    *_impossible_totals(),
    _layers(
        "num_hidden_layers",
        "num_sliding_window_layers",
        "num_chunked_attention_layers",
        "num_linear_attention_layers",
        "num_attention_free_layers",
    ),
    _layers("num_moe_layers", "num_moe_layers", "first_k_dense_replace"),
    _shares(),
    *(_claim(claim, *computed) for claim, computed in CLAIMS.items()),
    _overrides(),
    *_suspicious(),
    _unused("sliding_window", "num_sliding_window_layers"),
    _unused("attention_chunk_size", "num_chunked_attention_layers"),
)
