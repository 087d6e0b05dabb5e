"""The form of the page that says whether a model fits, made of a report's planner.

``templates/calculator-planner.js`` fills it; what is chosen in it is the calculator's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from moe_report.formula.javascript import javascript, member, quoted
from moe_report.formula.shared import shared_parts
from moe_report.reports import Report
from moe_report.schema.planner import DEVICES, Asked


@dataclass(frozen=True)
class Question:
    """A thing that the form asks.

    Attributes:
        name: The assumption, or the group of presets.
        label: What it is called.
        unit: What is typed; empty for a choice.
        names: What can be chosen; empty for a number.
    """

    name: str
    label: str
    unit: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class PlannerForm:
    """What of the form is not made by its script.

    Attributes:
        questions: What is always asked.
        layout: What can be said of the layout one by one.
        spreads: Whether a number of devices is spread.
    """

    questions: tuple[Question, ...]
    layout: tuple[Question, ...]
    spreads: bool


def planner_form(report: Report) -> PlannerForm | None:
    """Return the form of a report's planner; None if it has none."""
    planner = report.planner
    if planner is None:
        return None
    asked = [(one.name in planner.layout, _question(one, report)) for one in planner.asked]
    return PlannerForm(
        tuple(question for layout, question in asked if not layout),
        tuple(question for layout, question in asked if layout),
        bool(planner.layout and planner.in_use),
    )


def _question(asked: Asked, report: Report) -> Question:
    groups = {one.group.name: one.group for one in report.presets}
    if asked.name in groups:
        return Question(asked.name, asked.words, "", groups[asked.name].names)
    assumed = {item.definition.name: item.definition for item in report.assumptions}
    unit = assumed[asked.name].unit if asked.name in assumed else ""
    return Question(asked.name, asked.words, unit, ())


def planner_members(report: Report, alias: Mapping[str, str]) -> str:
    """Return the member ``planner`` of the script of formulas: what it declares, as it is named.

    ``layout`` has the names of what devices are spread over, and ``spread`` a function of all
    values by name and of ``devices`` that gives as many numbers. Nothing is returned where the
    report has no planner. ``alias`` has the variables that hold names.
    """
    planner = report.planner
    if planner is None:
        return ""

    parts, spread = shared_parts(list(planner.layout.values()), "${}".format)  # no name of a symbol

    def named(symbol: str) -> str:
        if symbol in parts:
            return symbol
        return f"v[{alias[symbol]}]" if symbol in alias else member(symbol)

    declared = asdict(replace(planner, layout={})) | {
        "layout": [*planner.layout],
        "columns": planner.columns,
        "reach": planner.reach,
    }
    own = f"...{quoted(declared, alias)},devices:{quoted(DEVICES)}"
    steps = "".join(f"const {name}={javascript(expr, named)};" for name, expr in parts.items())
    numbers = ",".join(javascript(expr, named) for expr in spread)
    return f"planner: {{{own},spread:(v)=>{{{steps}return [{numbers}]}}}},\n"
