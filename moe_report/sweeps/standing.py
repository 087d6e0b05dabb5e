"""Where a model stands in a sweep: whether it keeps to the constraints, and what beats it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from moe_report.compute.evaluate import Evaluation, evaluate_table
from moe_report.display import percent
from moe_report.formula.operations import evaluate
from moe_report.sweeps.make_plan import Sweep
from moe_report.sweeps.run import Found
from moe_report.table import Given, Row
from moe_report.text import counted, listed


def standing_of_base(sweep: Sweep, found: Found) -> str:
    """Return a sentence on the model that all designs are made of."""
    plan, name = sweep.plan, sweep.base.name
    values = _values(sweep, sweep.row.numbers)
    failed = [one.text for one in plan.constraints if one.asked and evaluate(one.expr, values) != 1]
    if failed:
        return f"{name} itself does not keep to {listed(failed)}."
    aims = [float(evaluate(one.expr, values)) for one in plan.objectives]
    if any(map(np.isnan, aims)):
        return f"{name} itself lacks a number that the objectives take."
    signs = [-1 if one.maximize else 1 for one in plan.objectives]
    costs = np.array(aims) * signs
    front = found.front.costs
    better = (front <= costs).all(axis=1) & (front < costs).any(axis=1)
    if not better.any():
        return f"{name} itself is on the front: no design that passed beats it."
    sentence = f"{name} itself is not on the front: {counted(int(better.sum()), 'design')} there "
    sentence += "beats it" if better.sum() == 1 else "beat it"
    gains = []
    for at, one in enumerate(plan.objectives):
        best = float(front[better, at].min())
        if best < costs[at] and costs[at]:
            more = "more" if one.maximize else "less"
            gains.append(f"{percent(abs(best / float(costs[at]) - 1))} {more} {one.formula}")
    return f"{sentence}, with up to {' or '.join(gains)}." if gains else f"{sentence}."


def why_nothing_passed(sweep: Sweep, found: Found) -> Iterator[str]:
    """Give sentences on what keeps all designs from passing, if none has passed."""
    if found.passed:
        return
    yield "nothing passed"
    plan = sweep.plan
    exprs = [*(one.expr for one in plan.constraints), *(one.expr for one in plan.objectives)]
    undefined = np.flatnonzero(found.removed[:, 1])
    if not undefined.size:
        return
    first = {name: Given(float(values[0])) for name, values in plan.columns(0, 1).items()}
    notes = _notes(_evaluation(sweep, {**sweep.row.numbers, **first}))
    for name in exprs[undefined[0]].symbols():
        if name in notes:
            yield f"{name} of the first design: {notes[name]}"


def _evaluation(sweep: Sweep, numbers: Mapping[str, Given]) -> Evaluation:
    row = Row("model", numbers=numbers, unclear=sweep.row.unclear)
    table = replace(sweep.table, rows=(row,), routing={})
    return evaluate_table(table, sweep.registry, sweep.values)


def _values(sweep: Sweep, numbers: Mapping[str, Given]) -> dict[str, float]:
    evaluation = _evaluation(sweep, numbers)
    columns = (*evaluation.fields, *evaluation.metrics.values())
    cells = {one.name: one.cells[0].value for one in columns}
    found = {name: np.nan if value is None else value for name, value in cells.items()}
    return {**sweep.values, **found}


def _notes(evaluation: Evaluation) -> dict[str, str]:
    """Why numbers are missing, by name."""
    columns = (*evaluation.fields, *evaluation.metrics.values())
    return {one.name: one.cells[0].note for one in columns if one.cells[0].value is None}
