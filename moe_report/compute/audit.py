"""The audit: claims against computed numbers, and rows that no model can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from moe_report.compute.evaluate import Evaluation
from moe_report.display import difference, percent, show
from moe_report.load.summaries import named_like_one
from moe_report.report import Cell, Column, Finding, Level, Provenance
from moe_report.schema.fields import FIELDS
from moe_report.table import Given, ModelTable, Row

_ORDER: tuple[Level, ...] = ("impossible", "differs", "unclear", "suspicious")
# What a published figure claims; of active parameters both conventions are in use.
_CLAIMS = {
    "published_total_params": ("total_params",),
    "published_active_params": ("active_params", "active_params_no_embedding"),
}
_MOST_PARAMS = 5e13  # of a model that may be real
_KINDS_OF_LAYERS = {
    "num_hidden_layers": (
        "num_sliding_window_layers",
        "num_chunked_attention_layers",
        "num_linear_attention_layers",
        "num_attention_free_layers",
    ),
    "num_moe_layers": ("num_moe_layers", "first_k_dense_replace"),
}
_SHARES = (
    "parameter_efficiency", "expert_utilisation", "sparsity", "always_active_share",
    "expert_flops_savings", "model_flops_savings", "router_param_share", "router_flop_share",
)  # fmt: skip


def audit(
    table: ModelTable, evaluation: Evaluation, references: Mapping[str, Mapping[str, float]]
) -> tuple[Finding, ...]:
    """Return what is impossible, different or suspicious, worst first, then in the rows' order.

    The references are the numbers of the models named in ``compare_with``, by that name.
    """
    columns = {column.name: column for column in evaluation.fields} | dict(evaluation.metrics)
    found = [
        Finding("unclear", item.model, item.fields[0], item.text, place=item.place)
        for item in table.unclear
    ]
    for at, row in enumerate(table.rows):
        view = _View(row, columns, at)
        for check in (_impossible, _layers, _shares, _claims, _overrides, _suspicious, _odd_rows):
            found.extend(check(view))
        found.extend(_against(view, references))
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.level)))


@dataclass(frozen=True)
class _View:
    """One row, its place in the columns, and what there is to ask of it."""

    row: Row
    columns: Mapping[str, Column]
    at: int

    def cell(self, name: str) -> Cell | None:
        return self.columns[name].cells[self.at] if name in self.columns else None

    def value(self, name: str) -> float | None:
        cell = self.cell(name)
        return cell.value if cell else None

    def typed(self, name: str) -> Given | None:
        return self.row.numbers.get(name)

    def half_unit(self, name: str) -> float:
        typed = self.typed(name)
        return typed.half_unit if typed else 0.0

    def shown(self, name: str, value: float) -> str:
        column = self.columns[name]
        return show(value, column.unit, column.format, significant=4)

    def finding(
        self,
        level: Level,
        column: str,
        message: str,
        stated: float | None = None,
        computed: float | None = None,
    ) -> Finding:
        typed = self.typed(column)
        place = typed.place if typed else self.row.place
        return Finding(level, self.row.name, column, message, stated, computed, place)


def _impossible(view: _View) -> Iterator[Finding]:
    total, active = view.value("total_params"), view.value("active_params")
    experts, chosen = view.value("num_experts"), view.value("num_experts_per_tok")
    if total is None or active is None:
        return
    slack_total, slack_active = view.half_unit("total_params"), view.half_unit("active_params")
    if active - slack_active > total + slack_total:
        few, many = view.shown("total_params", total), view.shown("active_params", active)
        message = f"{many} are active, of only {few} in total"
        yield view.finding("impossible", "active_params", message, active, total)
    elif experts and chosen and (active + slack_active) * experts < (total - slack_total) * chosen:
        message = (
            f"{percent(active / total)} of the parameters are active, less than the "
            f"{percent(chosen / experts)} of the experts ({chosen:,.0f} of {experts:,.0f}) that a "
            "token uses; everything else is always active, so total, active, experts and top-k "
            "cannot belong to one model"
        )
        least = total * chosen / experts
        yield view.finding("impossible", "active_params", message, active, least)


def _layers(view: _View) -> Iterator[Finding]:
    """Kinds of layers that are more than all layers together."""
    layers = view.value("num_hidden_layers")
    if layers is None:
        return
    for column, kinds in _KINDS_OF_LAYERS.items():
        counted = {kind: view.value(kind) or 0 for kind in kinds}
        if (stated := sum(counted.values())) > layers:
            listed = " and ".join(f"{n:,.0f} {kind}" for kind, n in counted.items() if n)
            message = f"{listed}, of only {layers:,.0f} layers in all"
            yield view.finding("impossible", column, message, stated, layers)


def _shares(view: _View) -> Iterator[Finding]:
    """Typed shares below nothing or above everything."""
    for name in _SHARES:
        stated = view.typed(name)
        if stated is not None and not 0 <= stated.value <= 1:
            message = (
                f"given as {percent(stated.value)}, and a share is from 0 to 100 %; head a column "
                f"of percentages '{name} (%)'"
            )
            yield view.finding("impossible", name, message, stated.value)


def _claims(view: _View) -> Iterator[Finding]:
    for claim, names in _CLAIMS.items():
        stated = view.typed(claim)
        computed = [value for name in names if (value := view.value(name)) is not None]
        if stated is None or not computed or _round_to(stated, computed):
            continue
        nearest = min(computed, key=lambda value: abs(value - stated.value))
        both = view.shown(claim, computed[0])
        if computed[-1] != computed[0]:
            both += f", or {view.shown(claim, computed[-1])} without the input embedding"
        off = difference(stated.value, nearest)
        message = f"published {view.shown(claim, stated.value)}, computed {both} ({off})"
        yield view.finding("differs", claim, message, stated.value, nearest)


def _overrides(view: _View) -> Iterator[Finding]:
    for name, stated in view.row.numbers.items():
        cell = view.cell(name)
        if name in FIELDS or cell is None or cell.computed is None:
            continue
        if not _round_to(stated, [cell.computed]):
            off = difference(stated.value, cell.computed)
            message = (
                f"given as {view.shown(name, stated.value)}, while the formula gives "
                f"{view.shown(name, cell.computed)} ({off}); the given number is used"
            )
            yield view.finding("differs", name, message, stated.value, cell.computed)


def _odd_rows(view: _View) -> Iterator[Finding]:
    total = view.typed("total_params")
    if total is not None and total.value > _MOST_PARAMS:
        shown = view.shown("total_params", total.value)
        message = f"given as {shown}, more than any model has; is one of the units counted twice?"
        yield view.finding("suspicious", "total_params", message, total.value)
    if named_like_one(view.row.name):
        column = "total_params" if "total_params" in view.columns else "num_experts"
        message = "this row is named like a summary of the others, and is taken for a model"
        yield view.finding("suspicious", column, message)
    for window, layers in (
        ("sliding_window", "num_sliding_window_layers"),
        ("attention_chunk_size", "num_chunked_attention_layers"),
    ):
        if view.typed(window) and not view.value(layers):
            message = f"given, while {layers} is 0: no layer uses it; fill in how many do"
            yield view.finding("suspicious", window, message)


def _against(view: _View, references: Mapping[str, Mapping[str, float]]) -> Iterator[Finding]:
    model = view.row.texts.get("compare_with", "")
    reference = references.get(model, {})
    for name, stated in view.row.numbers.items():
        if name in _CLAIMS or name not in view.columns:
            continue
        names = _CLAIMS["published_active_params"] if name == "active_params" else (name,)
        known = [reference[item] for item in names if item in reference]
        rounded = name not in FIELDS
        if not known or stated.value in known or (rounded and _round_to(stated, known)):
            continue
        nearest = min(known, key=lambda value: abs(value - stated.value))
        off = f" ({difference(stated.value, nearest)})" if rounded else ""
        typed, real = view.shown(name, stated.value), view.shown(name, nearest)
        message = f"given as {typed}, while {model} has {real}{off}"
        yield view.finding("differs", name, message, stated.value, nearest)


def _suspicious(view: _View) -> Iterator[Finding]:
    width = view.cell("head_dim")
    derived = width if width and width.provenance == Provenance.DERIVED else None
    latent = view.value("kv_lora_rank")  # latent attention has widths of its own
    if derived and not latent and derived.value != round(derived.value or 0):
        ratio = f"hidden_size / num_attention_heads gives {derived.value:g}"
        yield view.finding("suspicious", "head_dim", f"{ratio}, no whole number; fill in head_dim")
    layers, with_experts = view.value("num_hidden_layers"), view.value("num_moe_layers")
    expert = view.cell("moe_intermediate_size")
    mixed = layers is not None and with_experts is not None and 0 < with_experts < layers
    if mixed and expert and expert.value and expert.provenance == Provenance.DERIVED:
        message = (
            "not filled in, so experts are taken to be as wide as the dense layers' FFN "
            f"({expert.value:,.0f}); models with dense layers rarely are"
        )
        yield view.finding("suspicious", "moe_intermediate_size", message)
    experts, chosen = view.value("num_experts"), view.value("num_experts_per_tok")
    if experts and experts == chosen and experts > 1:
        message = f"a token goes through all {experts:,.0f} experts, so nothing is routed"
        yield view.finding("suspicious", "num_experts_per_tok", message)


def _round_to(stated: Given, computed: Iterable[float]) -> bool:
    """Whether the stated number is what a computed one rounds to, at the digits it has."""
    return any(
        abs(stated.value - value) <= stated.half_unit + 1e-9 * abs(value) for value in computed
    )


def names_compared_with(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the names in ``compare_with``, each with the first row that has it."""
    named: dict[str, Row] = {}
    for row in rows:
        if name := row.texts.get("compare_with", ""):
            named.setdefault(name, row)
    return named
