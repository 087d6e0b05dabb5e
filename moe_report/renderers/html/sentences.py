"""Sentences of the reading help that speak of the numbers of this page's models.

A sentence speaks of rows that have every number it needs and that no finding doubts; where there
is none it is empty, and the page has the general words alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from moe_report.display import digits, exact, parameters, percent, show
from moe_report.reports import Provenance, Report

BF16_BYTES = 2

Rows = list[tuple[str, tuple[float, ...]]]


@dataclass(frozen=True)
class Said:
    """What this report's numbers say on each point; each is empty where numbers lack.

    Attributes:
        sizes: Total against active parameters.
        memory: Memory against compute.
        router: What the router costs.
        balance: What an even spread over the experts fills.
        top_k: What one more expert costs, and what routing skips.
        left_out: Whether some models are not part of what is said.
    """

    sizes: str
    memory: str
    router: str
    balance: str
    top_k: str
    left_out: bool


def said_of(report: Report) -> Said:
    """Return the sentences on a report's numbers."""
    trusted = _Trusted(report)
    sizes, router, top_k = _sizes(trusted), _router(trusted), _top_k(trusted)
    left_out = trusted.left_out  # the other two speak of one model only
    return Said(sizes, _memory(trusted), router, _balance(trusted, report), top_k, left_out)


class _Trusted:
    """The rows of a report that a sentence may speak of: with every number, and none doubted."""

    def __init__(self, report: Report) -> None:
        self._metrics = {column.name for column in report.metrics}
        self._report = report
        self.left_out = False

    def rows(self, *names: str, typed: bool = True) -> Rows:
        """Return each model's name and numbers.

        Args:
            names: Fields and metrics; if the report lacks one, there are no rows.
            typed: Whether a metric may be typed in rather than computed.
        """
        known = self._report.columns
        if any(name not in known for name in names):
            return []
        rows = []
        for at, model in enumerate(self._report.models):
            cells = {name: known[name].cells[at] for name in names}
            numbers = tuple(cell.value for cell in cells.values() if cell.value is not None)
            replaced = not typed and any(
                cells[name].provenance == Provenance.GIVEN for name in cells.keys() & self._metrics
            )
            doubted = model.name in self._report.doubted
            if len(numbers) == len(names) and not doubted and not replaced:
                rows.append((model.name, numbers))
        self.left_out |= 0 < len(rows) < len(self._report.models)
        return rows


def _sizes(trusted: _Trusted) -> str:
    rows = trusted.rows("parameter_efficiency", "total_params")
    if not rows:
        return ""
    if len(rows) == 1:
        name, (share, total) = rows[0]
        return f"Here, {name} holds {_size(total)} parameters and runs {_percent(share)} of them."
    shares = sorted(share for _, (share, _) in rows)
    said = f"Here, a token runs {_span(rows)} of a model’s weights"
    if len(rows) > 2:
        middle = _percent(shares[(len(shares) - 1) // 2])
        said += f"; half of these {len(rows)} models run at most {middle}"
    return f"{said}."


def _memory(trusted: _Trusted) -> str:
    rows = trusted.rows("total_params", "forward_flops", "dense_equivalent_flops")
    rows = [row for row in rows if row[1][2] > row[1][1] > 0]
    if rows:
        name, (total, flops, dense) = max(rows, key=lambda row: row[1][0])
        sparse, full = (_amount(number, "FLOP/token") for number in (flops, dense))
        costs = f"a token costs it {sparse}, not the {full} of every expert on"
    else:
        rows = trusted.rows("total_params", "active_params")
        if not rows:
            return ""
        name, (total, active) = max(rows, key=lambda row: row[1][0])
        costs = f"a token runs {_size(active)} of its {_size(total)} parameters"
    takes = _amount(BF16_BYTES * total, "byte")
    return f"Here, {name} takes {takes} at {BF16_BYTES} bytes a weight (BF16), while {costs}."


def _router(trusted: _Trusted) -> str:
    largest = []
    for name, of in (("router_flop_share", "forward FLOPs"), ("router_param_share", "parameters")):
        if rows := trusted.rows(name):
            model, (share,) = max(rows, key=lambda row: row[1][0])
            largest.append((f"{_percent(share)} of the {of}", model, len(rows)))
    said = ""
    if largest and all(count == 1 for _, _, count in largest):
        shares = " and ".join(share for share, _, _ in largest)
        said = f"Here, the router of {largest[0][1]} takes {shares}."
    elif largest:
        shares = " and ".join(f"{share} ({model})" for share, model, _ in largest)
        which = "routers take" if len(largest) == 2 else "router takes"
        said = f"Here, the largest {which} {shares}."
    if rows := trusted.rows("dispatch_bytes_per_token", "combine_bytes_per_token"):
        model, parts = max(rows, key=lambda row: sum(row[1]))
        moved = _amount(sum(parts), "byte")
        most = "up to " if len(rows) > 1 else ""
        lead = " But sending" if said else "Here, sending"
        said += (
            f"{lead} a token to experts on other devices and back moves {most}{moved} ({model})."
        )
    return said


def _balance(trusted: _Trusted, report: Report) -> str:
    rows = trusted.rows(
        "expert_capacity", "capacity_padding", "num_experts", "num_experts_per_tok", typed=False
    )
    values = {item.definition.name: item.value for item in report.assumptions}
    if not rows or not {"tokens_per_batch", "capacity_factor"} <= values.keys():
        return ""
    name, (slots, padding, experts, per_token) = rows[0]
    tokens, factor = values["tokens_per_batch"], values["capacity_factor"]
    even = tokens * per_token / experts
    told = exact(even) if even == round(even) else digits(even)
    if padding > 0:
        result = f"of which {_percent(padding)} stay empty even then"
    else:
        result = "too few even then" if padding < 0 else "none to spare"
    return (
        f"Here, {exact(tokens)} tokens spread evenly would fill {told} slots of each expert of "
        f"{name}; a capacity factor of {exact(factor)} gives it {exact(slots)}, {result}."
    )


def _top_k(trusted: _Trusted) -> str:
    names = ("routed_expert_flops", "forward_flops", "num_experts_per_tok", "num_experts")
    more: Rows = [
        (name, (routed / per_token / forward,))
        for name, (routed, forward, per_token, experts) in trusted.rows(*names, typed=False)
        if per_token < experts and forward > 0
    ]
    said = []
    if more:
        said.append(f"one more expert a token would add {_span(more)} to the forward FLOPs")
    if saved := trusted.rows("model_flops_savings"):
        said.append(f"routing skips {_span(saved)} of the dense equivalent’s")
    elif saved := trusted.rows("expert_flops_savings"):
        said.append(f"routing skips {_span(saved)} of an expert layer’s FLOPs")
    return f"Here, {', and '.join(said)}." if said else ""


def _span(rows: Rows) -> str:
    """Return the smallest and largest first number of some rows, as percentages, and whose."""
    ordered = sorted(rows, key=lambda row: row[1][0])
    (least, (low, *_)), (most, (high, *_)) = ordered[0], ordered[-1]
    if len(rows) == 1:
        return f"{_percent(low)} ({least})"
    if _percent(low) == _percent(high):
        return _percent(low)
    return f"{_percent(low)} ({least}) to {_percent(high)} ({most})"


def _size(number: float) -> str:
    return _unbroken(parameters(number))


def _percent(share: float) -> str:
    return _unbroken(percent(share))


def _amount(number: float, unit: str) -> str:
    return _unbroken(show(number, unit, "si"))


def _unbroken(text: str) -> str:
    """Return a number and its unit so that no line break parts them."""
    return text.replace(" ", "\u00a0")
