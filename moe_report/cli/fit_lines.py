"""What ``moe-report fit`` prints of a model: at most 25 lines, each amount with its unit.

What is noted and doubted of a model stands last, and takes the lines that are left.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from moe_report.api.fit import UNBOUNDED, Answer, Fit, Verdict
from moe_report.cli.fit_amounts import amount, assumed, sharing, unit_for, with_unit
from moe_report.display import MISSING, digits, exact
from moe_report.errors import printable, shortened
from moe_report.formula.applied import applied
from moe_report.formula.excel import plain
from moe_report.formula.expr import Expr
from moe_report.schema.planner import Number, Offload
from moe_report.schema.presets import Preset, PresetGroup
from moe_report.text import counted, listed

_WORDS, _VALUE = 21, 11  # characters of what a line is about, and of a number of bytes
_LONGEST_WHY, _INDENT = 98, "      "
_ROOM, _WIDTH = 25, 100  # lines of a model, and characters of one where there is no terminal


@dataclass(frozen=True)
class Line:
    """A line, and the names of the metrics it is made of, which ``--why`` explains."""

    words: str
    text: str
    names: tuple[str, ...] = ()

    def wrapped(self, width: int, most: int | None = None) -> list[str]:
        """Return it as lines of a width; of more than there may be the last says so."""
        head = f"  {self.words:<{_WORDS}} "
        return textwrap.wrap(
            printable(self.text), max(width, 2 * len(head)), initial_indent=head,
            subsequent_indent=" " * len(head), max_lines=most, placeholder=" … (--why: all of it)",
            break_on_hyphens=False,
        ) or [head.rstrip()]  # fmt: skip


def described(
    fit: Fit, answer: Answer, *, why: bool = False, width: int | None = None
) -> list[str]:
    """Return what is printed of a model, the verdict first, in lines of some characters."""
    width = width or _WIDTH
    lines = [headed(fit, answer)]
    for line in _lines(fit, answer):
        lines += line.wrapped(width)
        for name in dict.fromkeys(line.names) if why else ():
            lines += _explained(name, fit)
    beside = _beside(fit)
    if why:
        return lines + [text for line in beside for text in line.wrapped(width)]
    for at, line in enumerate(beside, start=1):
        room, more = max(1, _ROOM - len(lines)), len(beside) - at
        if more and room == 1:
            return lines + Line("and", f"{more + 1} more of these, with --why").wrapped(width)
        lines += line.wrapped(width, room - bool(more))
    return lines


def _beside(fit: Fit) -> list[Line]:
    """What is to be known of the numbers: the remark on the model, and what the audit doubts."""
    remark = [Line("note", fit.remark)] * bool(fit.remark)
    return remark + [
        Line("in doubt", f"{one.level}: {one.column}: {one.message}") for one in fit.findings
    ]


def headed(fit: Fit, answer: Answer) -> str:
    """Return the line with the verdict."""
    if fit.verdict == Verdict.REFUSED:
        return shortened(f"{fit.name}: no verdict: {fit.why}")
    where = f"{fit.name} on {_devices(fit, answer)}" if fit.devices else fit.name
    if fit.verdict == Verdict.FITS:
        return f"{where}: fits{', even without experts on the CPU' * bool(fit.offloaded)}"
    short = f"{amount(fit.short_by)} short on a device"
    offload = answer.planner.offload
    if not fit.offloaded or offload is None:
        never = ", not even with all experts on the CPU" * fit.is_too_large(answer.planner)
        return f"{where}: does not fit{never}, {short}"
    layers = "1 layer's" if fit.offloaded == 1 else f"{fit.offloaded} layers'"
    on_cpu = f"{layers} experts on the CPU"
    if fit.verdict == Verdict.OFFLOADED:
        told = fit.to_copy(answer.planner)
        told = (
            f": {told}"
            if told
            else ", which are not known to be just the first" * bool(offload.first)
        )
        return f"{where}: fits with {on_cpu}{told} ({short} without)"
    if fit.offloaded < (needed := fit.value(offload.layers) or 0):
        return f"{where}: does not fit with {on_cpu}, it takes {exact(needed)} ({short} without)"
    has = amount(fit.value(offload.memory))
    takes = f"which take {amount(fit.value(offload.on_cpu))}, and it has {has}"
    return f"{where}: does not fit with {on_cpu}, {takes} ({short} without)"


def asked_most(fit: Fit, answer: Answer, name: str, words: str) -> str:
    """Return the answer to the question turned round: the most of something that fits."""
    value = fit.value(name) if name else None
    told = ", ".join(_conditions(fit, answer, without=name))
    beyond = _beyond(fit, answer, name)
    if name and fit.is_unbounded(name):
        return f"{fit.name}: {words}: {UNBOUNDED} ({told}){beyond}"
    if fit.verdict == Verdict.REFUSED or value is None:
        why = fit.why or (fit.columns[name].cells[fit.at].note if name else "not installed")
        return f"{fit.name}: no {words}: {why}"
    most = with_unit(value, fit.columns[name].unit)
    return f"{fit.name}: {most} on {_devices(fit, answer)} ({told}){beyond}"


def _beyond(fit: Fit, answer: Answer, name: str) -> str:
    """The mark of a longest context that no engine may take, or no model make sense of."""
    beyond = fit.beyond(answer.planner)
    return f", {beyond}" if beyond and name == answer.planner.longest_context else ""


def _devices(fit: Fit, answer: Answer) -> str:
    """How many devices, and which; one of which a number was set is no longer quite that one."""
    device = _preset(answer, "device")
    if device is None:
        return counted(fit.devices, "device")
    changed = any(fit.assumed[name].value != value for name, value in device.values.items()
                  if name in fit.assumed and name != answer.planner.price)  # fmt: skip
    return f"{fit.devices} × {device.name}{' (changed)' * changed}"


def _lines(fit: Fit, answer: Answer) -> Iterator[Line]:
    if fit.verdict == Verdict.REFUSED:
        return
    planner = answer.planner
    yield Line("for", ", ".join(_conditions(fit, answer)))
    total, limit = fit.value(planner.total), fit.value(planner.limit)
    of = f" ({amount(fit.value(planner.memory))} in all)" if planner.memory else ""
    yield Line("on a device", f"{amount(total)} of {amount(limit)} usable{of}; 1 GiB is 2^30 bytes",
               (planner.total, planner.limit))  # fmt: skip
    for part in planner.parts:
        value = fit.value(part.name)
        held = amount(value, unit_for(total))
        yield Line(f"  {part.words}", f"{held:>{_VALUE}}  {sharing(value, total):>6}", (part.name,))
    if allocated := _allocated(fit, answer):
        yield Line("cache, one copy", allocated, (planner.cache_needed, planner.cache_allocated))
    needed, by_memory = fit.value(planner.needed), fit.value(planner.by_memory)
    if planner.needed:
        told = "none do" if needed is None else f"{exact(needed)} as engines divide the model"
        if needed is not None and fit.verdict == Verdict.FITS and fit.devices < needed:
            told = f"{fit.devices} as chosen; {told} by themselves"
        memory = f"; {exact(by_memory)} by memory alone" if by_memory is not None else ""
        yield Line("devices needed", told + memory, (planner.needed, planner.by_memory))
    yield Line("layout", _layout(fit, answer))
    for name, words in (
        (planner.longest_context, "longest context"), (planner.most_sequences, "most sequences")
    ):  # fmt: skip
        beyond = _beyond(fit, answer, name)
        if name and fit.is_unbounded(name):
            yield Line(words, f"{UNBOUNDED}{beyond}", (name,))
        elif name:
            line = _number(fit, Number(name, words))
            alone = " without the CPU" * bool(fit.offloaded)
            yield replace(line, text=f"{line.text}{alone}{beyond}")
    if fit.offloaded and planner.offload:
        yield from _on_the_cpu(fit, answer, planner.offload)
    elif fit.verdict == Verdict.FITS:
        yield from (_number(fit, one) for one in planner.speeds)
        if not _lacks_price(fit, answer):
            yield from (_number(fit, one) for one in planner.costs)
        if planner.costs and planner.price:
            yield Line("at the price", _priced(fit, answer))


def _on_the_cpu(fit: Fit, answer: Answer, offload: Offload) -> Iterator[Line]:
    """What the CPU holds, what devices then hold, and how fast that is."""
    held = f"experts of {counted(fit.offloaded, 'layer')}"
    if (first := fit.value(offload.first) or 0) > fit.offloaded:
        held += f" (of the first {exact(first)}, dense ones among them)"
    held += f", {amount(fit.value(offload.on_cpu))}"
    if fit.verdict == Verdict.SHORT:
        held = f"with {held}"
    if has := fit.value(offload.memory):
        held += f" of {amount(has)} there"
    if offload.on_device:
        held += f"; the fullest device then holds {amount(fit.value(offload.on_device))}"
    yield Line("on the CPU", held, (offload.layers, offload.on_cpu, offload.on_device))
    if fit.verdict == Verdict.SHORT:
        return
    yield from (_number(fit, one) for one in offload.numbers)
    if offload.numbers and offload.speed:
        yield Line("  if the CPU reads", _sourced(offload.speed, fit, answer))
    numbers = (*answer.planner.speeds, *answer.planner.costs)
    words = [f"{'likely ' * bool(one.low)}{one.words.partition(',')[0]}" for one in numbers]
    if words:
        why = "nothing here says how fast the CPU computes"
        yield Line("no estimate", f"of {listed(words)}: {why}")


def _allocated(fit: Fit, answer: Answer) -> str:
    """The cache needed and the one that engines reserve who give every layer the full length."""
    planner = answer.planner
    needed, allocated = fit.value(planner.cache_needed), fit.value(planner.cache_allocated)
    if needed is None or allocated is None or needed == allocated:
        return ""
    return f"{amount(needed)} needed, {amount(allocated)} where every layer is allocated in full"


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
            found.append(f"{asked.option} {assumed(item)}")
        elif preset := answer.presets.get(asked.name):
            found.append(f"{asked.option} {preset.name}")
        elif group := answer.groups.get(asked.name):
            found.append(f"{asked.option} {_alike(group, fit)}")
    return found


def _alike(group: PresetGroup, fit: Fit) -> str:
    """What holds where no preset of a group is chosen: one may have just these values."""
    held = {name: fit.assumed[name].value for name in group.sets}
    return next((one.name for one in group.presets if dict(one.values) == held), "as set")


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
    whole = column.format == "integer"
    text = with_unit(value, column.unit) if whole else f"{digits(value)} {column.unit}"
    low, high = (fit.value(name) if name else None for name in (number.low, number.high))
    if low is None or high is None:
        return Line(number.words, text, (number.name,))
    likely = f"likely {digits(low)} to {digits(high)}"
    return Line(number.words, f"{likely}, at most {text}", (number.name, number.low, number.high))


def _lacks_price(fit: Fit, answer: Answer) -> bool:
    """Whether a device's price is 0, which stands for one that is not known unless one says it."""
    price, said = answer.planner.price, answer.price
    return price in fit.assumed and fit.assumed[price].value == 0 and not (said and said.is_free)


def _priced(fit: Fit, answer: Answer) -> str:
    """The price of a device, and whose word it is; that of the device itself has a date."""
    price, said = answer.planner.price, answer.price
    own = next((one for one in answer.presets.values() if price in one.values), None)
    if _lacks_price(fit, answer):
        device = f" of {own.name}" if own else ""
        options = (one.option for one in answer.planner.asked if one.name == price)
        asked = next((f"--{option} 2.5" for option in options), f"--set {price}=2.5")
        unit = fit.assumed[price].definition.unit
        whose = f" ({said.where})" if said else ""
        return f"none is known{device}{whose}, and so no cost; give one with {asked}, in {unit}"
    if said is None:
        return _sourced(price, fit, answer)
    told = f"{assumed(fit.assumed[price])}, as {said.where} says"
    if said.is_free:
        return f"{told}: nothing is to be paid"
    if own and own.values[price] not in (0, said.value):
        its = replace(fit.assumed[price], value=own.values[price])
        return f"{told}, and not {assumed(its)} as {own.name} has it"
    return told


def _sourced(name: str, fit: Fit, answer: Answer) -> str:
    """An assumption that changes what follows, and where it comes from: it is never silent."""
    preset = _preset_of(answer, name)
    names = tuple(preset.values) if preset and name in answer.presets else (name,)
    items = [fit.assumed[one] for one in names if one in fit.assumed]
    told = ", ".join(map(assumed, items))
    if preset:
        return f"{told}: {preset.name}, {preset.source}"
    if any(item.given for item in items):
        return f"{told}, as it was given"
    return f"{told}, by default: {items[0].definition.help}"


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
        return _wrapped(f"{item.symbol} = {assumed(fit.assumed[name])}: {item.help}")
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
