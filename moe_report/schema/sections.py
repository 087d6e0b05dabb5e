"""A section of the report: a module of metrics, and whatever it declares beside them."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from moe_report.errors import PluginError, cause
from moe_report.schema.api import newer
from moe_report.schema.charts import Chart
from moe_report.schema.checks import Check
from moe_report.schema.constants import constants_of
from moe_report.schema.known_charts import refuse_odd_charts
from moe_report.schema.layers import LayerMetric
from moe_report.schema.metrics import Metric
from moe_report.schema.planner import Planner
from moe_report.schema.points import Point
from moe_report.schema.presets import Preset
from moe_report.schema.section_fields import SectionField
from moe_report.schema.short_form import ShortForm
from moe_report.text import A_TEXT, is_text

Recorded = Metric | LayerMetric | Check  # of a function, which is called once with symbols
_Declared = TypeVar("_Declared", Metric, LayerMetric, Check, Chart, Preset)


@dataclass(frozen=True)
class Section:
    """A module of metrics.

    Attributes:
        name: Name of its entry point, or of its file: what ``--only`` and ``--skip`` take.
        title: First line of the module's docstring.
        introduction: The other paragraphs of the docstring.
        metrics: Its metrics, in source order.
        distribution: The package that brings it, or the file.
        version: The package's version; empty for a file.
        module: The module's import name.
        order: ``ORDER`` of the module; sections are sorted by it, then by distribution and name.
        words: ``HEADER_WORDS`` of the module: words of headers that it adds, by concept.
        checks: Its checks, in source order.
        points: ``POINTS`` of the module: what it says in the reading help.
        scenarios: ``SCENARIOS`` of the module: examples of sets of assumptions, by name.
        charts: Its charts, in source order.
        fields: Fields of models that it adds, in source order.
        short_form: ``SHORT_FORM`` of the module: what the page's calculator asks for first.
        presets: Presets of assumptions that it adds, in source order.
        planner: ``PLANNER`` of the module: how a model fits into devices.
        layers: Its metrics of layers, in source order. It is left out where no tokens are counted.
    """

    name: str
    title: str
    introduction: tuple[str, ...]
    metrics: tuple[Metric, ...]
    distribution: str
    version: str
    module: str
    order: float = 100
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    checks: tuple[Check, ...] = ()
    points: tuple[Point, ...] = ()
    scenarios: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    charts: tuple[Chart, ...] = ()
    fields: tuple[SectionField, ...] = ()
    short_form: ShortForm | None = None
    presets: tuple[Preset, ...] = ()
    planner: Planner | None = None
    layers: tuple[LayerMetric, ...] = ()

    @property
    def recorded(self) -> tuple[Recorded, ...]:
        """Its metrics, of layers first, and its checks."""
        return *self.layers, *self.metrics, *self.checks

    @property
    def origin(self) -> str:
        """Distribution and module, as an error names them."""
        return f"{self.distribution} ({self.module})"


@dataclass(frozen=True)
class Failure:
    """A section that is left out, where it comes from, and the exception that is why, as a line."""

    section: str
    distribution: str
    module: str
    cause: str

    def __str__(self) -> str:
        return (
            f"section {self.section!r} of {self.distribution} ({self.module}) failed: {self.cause}"
        )


def section_of(module: object, name: str, distribution: str, version: str) -> Section:
    """Return what a module declares.

    Raises:
        PluginError: It asks for a newer version of the door, or a declaration is refused.
        TypeError: It is no module, or something in it is of another kind than it must be.
    """
    if not isinstance(module, ModuleType):
        raise TypeError(f"the entry point names {module!r}, not a module of metrics")
    if why := newer(getattr(module, "API", 1)):
        raise PluginError(why)
    metrics, checks = _declared(module, Metric), _declared(module, Check)
    fields, presets = _fields(module), _declared(module, Preset)
    refuse_odd_charts(charts := _declared(module, Chart), module.__name__)
    constants = constants_of(module)
    layers = _declared(module, LayerMetric)
    if not (metrics or layers or fields or presets or constants["PLANNER"]):
        raise TypeError("the module defines no @metric function")
    if not is_text(module.__doc__ or ""):
        raise TypeError(f"the docstring of the module is {module.__doc__!r:.60}, expected {A_TEXT}")
    parts = inspect.cleandoc(module.__doc__ or "").split("\n\n")
    paragraphs = [" ".join(part.split()) for part in parts]
    title = paragraphs[0].rstrip(".") or name.replace("_", " ").capitalize()
    introduction = tuple(part for part in paragraphs[1:] if part)
    return Section(
        name,
        title,
        introduction,
        metrics,
        distribution,
        version,
        module.__name__,
        float(constants["ORDER"]),
        dict(constants["HEADER_WORDS"]),
        checks,
        constants["POINTS"],
        {name: dict(own) for name, own in constants["SCENARIOS"].items()},
        charts,
        fields,
        constants["SHORT_FORM"],
        presets,
        constants["PLANNER"],
        layers,
    )


def _declared(module: ModuleType, kind: type[_Declared]) -> tuple[_Declared, ...]:
    """What a module declares of a kind, in source order; one may have a second name there."""
    found = (item for item in vars(module).values() if isinstance(item, kind))
    return tuple(dict.fromkeys(item for item in found if item.module == module.__name__))


def _fields(module: ModuleType) -> tuple[SectionField, ...]:
    own = {
        name: item
        for name, item in vars(module).items()
        if isinstance(item, SectionField) and item.module == module.__name__
    }
    for name, item in own.items():
        if own.get(item.name) is not item:
            raise TypeError(
                f"the field {item.name!r} is called {name} in the module; write "
                f"{item.name} = field({item.name!r}, ...)"
            )
    return tuple(dict.fromkeys(own.values()))


def line_of(module: str, error: BaseException | None, declared: Recorded | None = None) -> str:
    """File and line of a module where an error came from; at least where a function begins."""
    if isinstance(error, SyntaxError):  # says so itself
        return ""
    packages = {module.partition(".")[0], _name_of_file(Path(module))}
    code = declared.function.__code__ if declared else None
    line = f" ({Path(code.co_filename).name}, line {code.co_firstlineno})" if code else ""
    while error is not None:
        for frame, number in traceback.walk_tb(error.__traceback__):
            if frame.f_globals.get("__name__", "").partition(".")[0] in packages:
                line = f" ({Path(frame.f_code.co_filename).name}, line {number})"
        error = error.__cause__
    return line


def record(declared: Recorded) -> None:
    """Record a metric's formula or a check, or say of which it is that it cannot be.

    Raises:
        PluginError: Its function raises.
    """
    try:
        if isinstance(declared, Check):
            _ = declared.rule
        else:
            _ = declared.expr, declared.own_assumptions
    except (Exception, SystemExit) as error:
        kind = "check" if isinstance(declared, Check) else "metric"
        raise PluginError(f"{kind} {declared.name!r}: {cause(error)}") from error


def _name_of_file(path: Path) -> str:
    return f"moe_report_file_{re.sub(r'[^0-9A-Za-z]', '_', path.stem)}"


def module_of_file(path: Path) -> ModuleType:
    """Return the module that a Python file is.

    Raises:
        TypeError: It is no Python file.
    """
    name = _name_of_file(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TypeError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations of its metrics are looked up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
