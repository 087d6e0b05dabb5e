"""What ``moe-report fit`` prints of a model: at most 25 lines, each amount with its unit."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from moe_report.api.fit import Answer, Fit, Verdict
from moe_report.display import MISSING, digits, exact
from moe_report.errors import shortened
from moe_report.formula.applied import applied
from moe_report.formula.excel import plain
from moe_report.formula.expr import Expr
from moe_report.reports import AssumptionValue
from moe_report.schema.planner import Number
from moe_report.schema.presets import Preset, PresetGroup
from moe_report.text import counted

_GIB = 2**30
_WORDS, _VALUE = 21, 11  # characters of what a line is about, and of a number of bytes
_LONGEST_WHY, _INDENT = 98, "      "
_DOUBTS = 3  # findings that are told of a model


@dataclass(frozen=True)
class Line:
    """A line, and the names of the metrics it is made of, which ``--why`` explains."""

    words: str
    text: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"  {self.words:<{_WORDS}} {self.text}".rstrip()


def described(fit: Fit, answer: Answer, *, why: bool = False) -> list[str]:
    """Return what is printed of a model, the verdict first."""
    lines = [headed(fit, answer)]
    for line in _lines(fit, answer):
        lines.append(str(line))
        for name in dict.fromkeys(line.names) if why else ():
            lines += _explained(name, fit)
    return lines + _doubts(fit)


def _doubts(fit: Fit) -> list[str]:
    """What the audit doubts, the first of it."""
    told = [f"{one.level}: {one.column}: {one.message}" for one in fit.findings[:_DOUBTS]]
    if len(fit.findings) > _DOUBTS:
        told.append(f"and {len(fit.findings) - _DOUBTS} more, which `moe-report check` lists")
    return [str(Line("in doubt", shortened(text))) for text in told]


def headed(fit: Fit, answer: Answer) -> str:
    """Return the line with the verdict."""
    if fit.verdict == Verdict.REFUSED:
        return shortened(f"{fit.name}: no verdict: {fit.why}")
    where = f"{fit.name} on {_devices(fit, answer)}" if fit.devices else fit.name
    if fit.verdict == Verdict.FITS:
        return f"{where}: fits"
    short = f"{gib(fit.short_by)} short on a device"
    if fit.verdict == Verdict.SHORT:
        return f"{where}: does not fit, {short}"
    offload = answer.planner.offload
    to_copy = offload.to_copy.format(fit.offloaded) if offload else ""
    layers = "1 layer's" if fit.offloaded == 1 else f"{fit.offloaded} layers'"
    copied = f": {to_copy}" if to_copy else ""
    return f"{where}: fits with {layers} experts on the CPU{copied} ({short} without)"


def asked_most(fit: Fit, answer: Answer, name: str, words: str) -> str:
    """Return the answer to the question turned round: the most of something that fits."""
    value = fit.value(name) if name else None
    if fit.verdict == Verdict.REFUSED or value is None:
        why = fit.why or (fit.columns[name].cells[fit.at].note if name else "not installed")
        return f"{fit.name}: no {words}: {why}"
    told = ", ".join(_conditions(fit, answer, without=name))
    return (
        f"{fit.name}: {exact(value)} {fit.columns[name].unit} on {_devices(fit, answer)} ({told})"
    )


def _devices(fit: Fit, answer: Answer) -> str:
    """How many devices, and which; one of which a number was set is no longer quite that one."""
    device = _preset(answer, "device")
    if device is None:
        return counted(fit.devices, "device")
    changed = any(fit.assumed[name].value != value for name, value in device.values.items()
                  if name in fit.assumed)  # fmt: skip
    return f"{fit.devices} × {device.name}{' (changed)' * changed}"


def gib(number: float | None) -> str:
    """Return an amount of bytes in GiB.

    >>> gib(80 * 2**30), gib(0), gib(None)
    ('80.0 GiB', '0 GiB', '–')
    """
    return MISSING if number is None else f"{digits(number / _GIB)} GiB"


def _lines(fit: Fit, answer: Answer) -> Iterator[Line]:
    if fit.verdict == Verdict.REFUSED:
        return
    planner = answer.planner
    yield Line("for", ", ".join(_conditions(fit, answer)))
    total, limit = fit.value(planner.total), fit.value(planner.limit)
    of = f" ({gib(fit.value(planner.memory))} in all)" if planner.memory else ""
    yield Line("on a device", f"{gib(total)} of {gib(limit)} usable{of}; 1 GiB is 2^30 bytes",
               (planner.total, planner.limit))  # fmt: skip
    for part in planner.parts:
        value = fit.value(part.name)
        share = f"{digits(100 * value / total, 2)} %" if value and total else ""
        yield Line(f"  {part.words}", f"{gib(value):>{_VALUE}}  {share:>6}", (part.name,))
    needed, by_memory = fit.value(planner.needed), fit.value(planner.by_memory)
    if planner.needed:
        told = "none do" if needed is None else f"{exact(needed)} as engines divide the model"
        memory = f"; {exact(by_memory)} by memory alone" if by_memory is not None else ""
        yield Line("devices needed", told + memory, (planner.needed, planner.by_memory))
    yield Line("layout", _layout(fit, answer))
    if planner.longest_context:
        yield _number(fit, Number(planner.longest_context, "longest context"))
    if planner.most_sequences:
        yield _number(fit, Number(planner.most_sequences, "most sequences"))
    if fit.verdict == Verdict.OFFLOADED and (offload := planner.offload):
        held = f"experts of {counted(fit.offloaded, 'layer')}, {gib(fit.value(offload.on_cpu))}"
        yield Line("on the CPU", held, (offload.layers, offload.on_cpu))
        yield from (_number(fit, one) for one in offload.numbers)
    elif fit.verdict == Verdict.FITS:
        yield from (_number(fit, one) for one in planner.speeds)
        yield from (_number(fit, one) for one in planner.costs)
        if planner.costs and planner.price:
            yield Line("at the price", _price(fit, answer))


def _conditions(fit: Fit, answer: Answer, without: str = "") -> list[str]:
    """What the numbers are for: each asked option with its value, but for the layout."""
    planner = answer.planner
    turned = {planner.longest_context: "context", planner.most_sequences: "batch"}.get(without)
    found = []
    for asked in planner.asked:
        if asked.option in ("device", "price", turned) or asked.name in planner.layout:
            continue
        if asked.name in fit.assumed:
            item = fit.assumed[asked.name]
            found.append(f"{asked.option} {_amount(item)}")
        elif preset := answer.presets.get(asked.name):
            found.append(f"{asked.option} {preset.name}")
        elif group := answer.groups.get(asked.name):
            found.append(f"{asked.option} {_alike(group, fit)}")
    return found


def _alike(group: PresetGroup, fit: Fit) -> str:
    """What holds where no preset of a group is chosen: one may have just these values."""
    held = {name: fit.assumed[name].value for name in group.sets}
    return next((one.name for one in group.presets if dict(one.values) == held), "as set")


def _amount(item: AssumptionValue) -> str:
    unit = item.definition.unit
    text = exact(item.value) if item.value == round(item.value) else digits(item.value)
    return f"{text} {unit.removesuffix('s') if item.value == 1 else unit}"


def _layout(fit: Fit, answer: Answer) -> str:
    named = [
        f"{fit.assumed[name].definition.symbol} {fit.assumed[name].value:g}"
        for name in answer.planner.layout
        if fit.assumed[name].value not in (0, 1)
    ]
    return ", ".join(named) or "one device"


def _number(fit: Fit, number: Number) -> Line:
    column = fit.columns[number.name]
    value = fit.value(number.name)
    if value is None:
        return Line(number.words, f"{MISSING}  ({column.cells[fit.at].note})", (number.name,))
    text = exact(value) if column.format == "integer" else digits(value)
    low, high = (fit.value(name) if name else None for name in (number.low, number.high))
    if low is None or high is None:
        return Line(number.words, f"{text} {column.unit}", (number.name,))
    likely = f"likely {digits(low)} to {digits(high)}"
    return Line(
        number.words,
        f"{likely}, at most {text} {column.unit}",
        (number.name, number.low, number.high),
    )


def _price(fit: Fit, answer: Answer) -> str:
    """The price, and where it comes from: it changes, and so is never silent."""
    name = answer.planner.price
    preset = _preset_of(answer, name)
    names = tuple(preset.values) if preset else (name,)
    told = ", ".join(_amount(fit.assumed[one]) for one in names if one in fit.assumed)
    if preset:
        return f"{told}: {preset.name}, {preset.source}"
    if name in answer.used.assumptions:
        return f"{told}, as it was given"
    return f"{told}, by default: {fit.assumed[name].definition.help}"


def _preset(answer: Answer, option: str) -> Preset | None:
    asked = answer.planner.asks(option)
    return _preset_of(answer, asked.name) if asked else None


def _preset_of(answer: Answer, name: str) -> Preset | None:
    """The chosen preset of a group, or of the group that sets an assumption."""
    if name in answer.presets:
        return answer.presets[name]
    return next((one for one in answer.presets.values() if name in one.values
                 and name not in answer.used.assumptions), None)  # fmt: skip


def _explained(name: str, fit: Fit) -> list[str]:
    """The formula of a metric as it applies, in symbols and in numbers, and its source."""
    if name not in fit.columns:
        item = fit.assumed[name].definition
        return _wrapped(f"{item.symbol} = {_amount(fit.assumed[name])}: {item.help}")
    column = fit.columns[name]
    if column.expr is None:
        return _wrapped(f"{column.symbol}: {column.cells[fit.at].note}")
    row = {one: _nan(fit.value(one)) for one in column.expr.symbols()}
    expr = applied(column.expr, row)
    symbols = {one: _symbol(one, fit) for one in row}
    numbers = {one: f"{value:,.6g}" for one, value in row.items()}
    value = fit.value(name)
    said = MISSING if value is None else f"{value:,.6g} {column.unit}"
    lines = _wrapped(f"{column.symbol} = {_written(expr, symbols)}")
    if expr.symbols():
        lines += _wrapped(f"{' ' * len(column.symbol)} = {_written(expr, numbers)}")
    lines += _wrapped(f"{' ' * len(column.symbol)} = {said}")
    named = [f"{symbols[one]} {_label(one, fit).lower()}" for one in expr.symbols()]
    lines += _wrapped(f"{column.symbol} {column.label.lower()}; {'; '.join(named)}".rstrip("; "))
    return [*lines, *_wrapped(f"source: {column.source}")]


def _written(expr: Expr, names: Mapping[str, str]) -> str:
    def named(part: Expr) -> Expr:
        if part.op == "symbol":
            return Expr("symbol", name=names[part.name])
        return Expr(part.op, tuple(map(named, part.args)), value=part.value)

    return plain(named(expr))


def _symbol(name: str, fit: Fit) -> str:
    one = fit.columns[name] if name in fit.columns else fit.assumed[name].definition
    return one.symbol


def _label(name: str, fit: Fit) -> str:
    one = fit.columns[name] if name in fit.columns else fit.assumed[name].definition
    return one.label


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, _LONGEST_WHY, initial_indent=_INDENT, subsequent_indent=f"{_INDENT}  ",
        break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
    )  # fmt: skip
