"""What a section knows of fitting a model into devices, as plain data that whoever asks can use.

The command ``fit``, a sheet of the workbook and a form of the page are made of one
:class:`Planner`: what is asked, what fills a device, what its limit is, and what else is worth
knowing. Names are those of metrics, assumptions and groups of presets; see :func:`planner`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_args

from moe_report.errors import PluginError, cause, nearest
from moe_report.formula.expr import Expr, lift, symbol
from moe_report.schema.charts import Color
from moe_report.schema.model import Called, Model
from moe_report.text import is_text

DEVICES = "devices"  # the symbol of the number of devices in the formulas of a layout
# What may be left out of a planner, each a name.
_SINGLE = (
    "memory", "in_use", "by_memory", "needed", "cache_needed", "cache_allocated",
    "longest_context", "made_for", "most_sequences", "price", "least_cost", "experts",
    "heads",
)  # fmt: skip
_NO_NAMES = ("numbers", "to_copy")  # of what an offload has; the others are names


@dataclass(frozen=True)
class Asked:
    """One thing that a planner asks.

    Attributes:
        option: What the command calls it: ``device`` is ``--device``.
        name: The assumption, or the group of presets, that the answer sets.
        words: What it is called in a form.
    """

    option: str
    name: str
    words: str


@dataclass(frozen=True)
class Part:
    """A part of what fills a device: a metric or an assumption, in bytes.

    Attributes:
        name: Its name.
        words: What it is called.
        color: One of those of charts.
    """

    name: str
    words: str
    color: str


@dataclass(frozen=True)
class Number:
    """A metric that is worth knowing beside the verdict.

    Attributes:
        name: Its name.
        words: What it is called.
        low: A metric of the same unit: what is likely reached at least; empty for none.
        high: What is likely reached at most; where there are both, the number itself is a bound.
    """

    name: str
    words: str
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Offload:
    """What it takes where experts of some layers may lie in the memory of the CPU.

    Attributes:
        layers: How many layers' experts go there, at least, so that the rest fits.
        on_device: Bytes that a device then holds, as in ``total``.
        on_cpu: What the memory of the CPU then holds.
        verdict: 1 if devices and CPU hold their parts, else 0; missing where the memory of the CPU
            is not known.
        memory: The assumption that is the memory of the CPU.
        numbers: What else is worth knowing then.
        set_by: The assumption that says how many layers' experts lie there, if there is one; it is
            0 where nobody says.
        taken: How many layers' experts lie there: those that are asked for, or needed.
        speed: The assumption that the numbers rest on: how fast the memory of the CPU is.
        first: How many layers an engine is told that takes the first ones; missing where those
            are not the ones. By default as many as are taken.
        to_copy: What it is told, with ``{}`` for these layers: ``--n-cpu-moe {}``.
    """

    layers: str
    on_device: str = ""
    on_cpu: str = ""
    verdict: str = ""
    memory: str = ""
    numbers: tuple[Number, ...] = ()
    set_by: str = ""
    taken: str = ""
    speed: str = ""
    first: str = ""
    to_copy: str = ""

    @property
    def copied(self) -> str:
        """The metric whose number an engine is told, where it is told one."""
        return (self.first or self.taken or self.layers) * bool(self.to_copy)


_NAMES_OF_OFFLOAD = {one.name for one in fields(Offload)} - {*_NO_NAMES}


@dataclass(frozen=True)
class Planner:
    """How a model fits into devices; made by :func:`planner`. An empty name is left out.

    Attributes:
        asked: What is asked, in order.
        parts: What fills a device; together they are ``total``.
        total: Bytes that the fullest device needs.
        limit: Bytes of a device that may be used.
        verdict: 1 if the one is not more than the other, else 0.
        memory: The assumption that is a device's whole memory.
        in_use: Devices of the layout.
        by_memory: Devices whose memory together holds the model, however it might be divided.
        needed: Devices that hold it as engines divide it.
        layout: How some devices are spread: by the names of assumptions, formulas of fields and of
            the symbol :data:`DEVICES`.
        cache_needed: Bytes of the cache on all devices that the layers look at.
        cache_allocated: What engines reserve for it that give every layer the full length.
        longest_context: Longest context.
        made_for: The field that is the longest context that the model is made for.
        most_sequences: Most sequences.
        offload: Experts in the memory of the CPU.
        speeds: How fast it is.
        costs: What it costs, each in proportion to the price.
        price: The assumption, or the group of presets, that is the price of a device.
        least_cost: What it costs at least, on whatever number of devices.
        experts: Bytes of all routed experts, of which replicas take their share more.
        heads: Query heads on a device; where its check says that they are impossible, no memory
            makes the layout one.
    """

    asked: tuple[Asked, ...]
    parts: tuple[Part, ...]
    total: str
    limit: str
    verdict: str
    memory: str = ""
    in_use: str = ""
    by_memory: str = ""
    needed: str = ""
    cache_needed: str = ""
    cache_allocated: str = ""
    layout: Mapping[str, Expr] = field(default_factory=dict, compare=False)
    longest_context: str = ""
    made_for: str = ""
    most_sequences: str = ""
    offload: Offload | None = None
    speeds: tuple[Number, ...] = ()
    costs: tuple[Number, ...] = ()
    price: str = ""
    least_cost: str = ""
    experts: str = ""
    heads: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The metrics without which there is no verdict."""
        return self.total, self.limit, self.verdict

    @property
    def reach(self) -> tuple[str, ...]:
        """What it takes and how far it goes, whatever the verdict: the metrics that are named."""
        found = self.needed, self.by_memory, self.longest_context, self.most_sequences
        return tuple(filter(None, found))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all metrics and fields in it, installed or not; parts may be assumptions."""
        numbers = [*self.speeds, *self.costs]
        beside: tuple[str, ...] = ()
        if self.offload is not None:
            numbers += self.offload.numbers
            one = self.offload
            beside = one.layers, one.on_device, one.on_cpu, one.verdict, one.taken, one.first
        found = (
            *self.needs,
            *(part.name for part in self.parts),
            *(self.in_use, self.by_memory, self.needed, self.longest_context, self.made_for),
            *(self.most_sequences, self.cache_needed, self.cache_allocated),
            *beside,
            *(name for one in numbers for name in (one.name, one.low, one.high)),
            *(self.least_cost, self.experts, self.heads),
        )
        return tuple(dict.fromkeys(filter(None, found)))

    @property
    def assumed(self) -> tuple[str, ...]:
        """The names of all assumptions and groups of presets in it, installed or not."""
        one = self.offload
        cpu = (one.set_by, one.speed, one.memory) if one is not None else ()
        found = (*(one.name for one in self.asked), *self.layout, self.memory, self.price, *cpu)
        return tuple(dict.fromkeys(filter(None, found)))

    def asks(self, option: str) -> Asked | None:
        """Return what an option of the command asks, if that is asked."""
        return next((one for one in self.asked if one.option == option), None)

    def of(self, names: Collection[str]) -> Planner:
        """Return it without what is none of some names: of metrics, fields, assumptions, groups."""

        def kept(name: str) -> str:
            return name if name in names else ""

        def numbers(all_: Sequence[Number]) -> tuple[Number, ...]:
            there = (one for one in all_ if one.name in names)
            return tuple(
                one if {one.low, one.high} <= {*names} else replace(one, low="", high="")
                for one in there
            )

        offload = self.offload
        if offload is not None:
            offload = None if offload.layers not in names else replace(
                offload, numbers=numbers(offload.numbers),
                **{what: kept(getattr(offload, what)) for what in _NAMES_OF_OFFLOAD},
            )  # fmt: skip
        return replace(
            self,
            asked=tuple(one for one in self.asked if one.name in names),
            parts=tuple(one for one in self.parts if one.name in names),
            layout={name: expr for name, expr in self.layout.items() if name in names},
            offload=offload,
            speeds=numbers(self.speeds),
            costs=numbers(self.costs),
            **{what: kept(getattr(self, what)) for what in _SINGLE},
        )


def planner(
    *,
    asked: Mapping[str, tuple[str, str]],
    parts: Sequence[tuple[Called | str, str, str]],
    total: Called | str,
    limit: Called | str,
    verdict: Called | str,
    memory: str = "",
    in_use: Called | str = "",
    by_memory: Called | str = "",
    needed: Called | str = "",
    cache_needed: Called | str = "",
    cache_allocated: Called | str = "",
    spread: Callable[[Model, float], Mapping[str, float]] | None = None,
    longest_context: Called | str = "",
    made_for: str = "",
    most_sequences: Called | str = "",
    offload: Mapping[str, Any] | None = None,
    speeds: Sequence[tuple[Called | str, ...]] = (),
    costs: Sequence[tuple[Called | str, ...]] = (),
    price: str = "",
    least_cost: Called | str = "",
    experts: Called | str = "",
    heads: Called | str = "",
) -> Planner:
    """Declare a planner, for the constant ``PLANNER`` of a section's module.

    Metrics are given by themselves or by their names. But for ``total``, ``limit`` and ``verdict``,
    what is not installed is left out; of several planners the first section's is used. Arguments
    are what :class:`Planner` and :class:`Offload` say; ``asked`` by the command's option, with the
    name of what it sets and with words; ``speeds`` and ``costs`` with words, and of a bound with
    two metrics more, the least and the most that is likely. ``spread`` is a function of the model
    and of a number of devices that returns the layout; it is recorded as a metric is.

    Raises:
        PluginError: An argument is none of what is accepted, or something is there twice.
    """
    single = {
        "memory": memory, "in_use": in_use, "by_memory": by_memory, "needed": needed,
        "cache_needed": cache_needed, "cache_allocated": cache_allocated, "price": price,
        "longest_context": longest_context, "made_for": made_for, "least_cost": least_cost,
        "most_sequences": most_sequences, "experts": experts, "heads": heads,
    }  # fmt: skip
    return Planner(
        asked=_asked(asked),
        parts=_parts(parts),
        total=_name("total", total),
        limit=_name("limit", limit),
        verdict=_name("verdict", verdict),
        layout={} if spread is None else _recorded(spread),
        offload=None if offload is None else _offload(offload),
        speeds=_numbers("speeds", speeds),
        costs=_numbers("costs", costs),
        **{what: _name(what, name) for what, name in single.items()},
    )


def _offload(said: Mapping[str, Any]) -> Offload:
    known = {*_NAMES_OF_OFFLOAD, *_NO_NAMES}
    if not isinstance(said, Mapping) or not {"layers"} <= {*said} <= known:
        expected = f"layers and what of {', '.join(sorted(known))} there is"
        raise PluginError(f"planner() has {said!r:.60} for offload, expected {expected}")
    names = {what: _name("offload", one) for what, one in said.items() if what not in _NO_NAMES}
    numbers = _numbers("offload", said.get("numbers", ()))
    to_copy = said.get("to_copy", "")
    return Offload(**names, numbers=numbers, to_copy=to_copy and _words("offload", to_copy))


def _asked(asked: object) -> tuple[Asked, ...]:
    if not isinstance(asked, Mapping):
        raise PluginError(
            f"planner() has {asked!r:.60} for asked, expected a name and words by option"
        )
    found = []
    for option, said in asked.items():
        name, words = _listed("asked", said, 2)
        option = _words("asked", option)
        found.append(Asked(option, _name("asked", name), _words("asked", words)))
    _refuse_twice("asked", [one.name for one in found])
    return tuple(found)


def _parts(parts: object) -> tuple[Part, ...]:
    found = []
    for part in _listed("parts", parts):
        name, words, color = _listed("parts", part, 3)
        if color not in get_args(Color):
            accepted = ", ".join(get_args(Color))
            hint = nearest(str(color), get_args(Color))
            raise PluginError(
                f"planner() has the colour {color!r:.40}, expected one of {accepted}.{hint}"
            )
        found.append(Part(_name("parts", name), _words("parts", words), str(color)))
    _refuse_twice("parts", [one.name for one in found])
    return tuple(found)


def _numbers(what: str, numbers: object) -> tuple[Number, ...]:
    found = []
    for number in _listed(what, numbers):
        name, words, *range_ = _listed(what, number, 2, 4)
        low_high = [_name(what, one) for one in range_]
        found.append(Number(_name(what, name), _words(what, words), *low_high))
    _refuse_twice(what, [one.name for one in found])
    return tuple(found)


def _recorded(spread: Callable[[Model, float], Mapping[str, float]]) -> dict[str, Expr]:
    """The formulas of a layout, by assumption."""
    try:
        found = spread(Model(), symbol(DEVICES))  # type: ignore[arg-type]
        return {_name("spread", name): lift(value) for name, value in found.items()}
    except PluginError:
        raise
    except Exception as error:  # whatever somebody's function raises
        raise PluginError(f"planner() cannot record spread: {cause(error)}") from error


def _listed(what: str, items: object, *sizes: int) -> tuple[Any, ...]:
    """Several things in brackets, as many as one of the sizes."""
    if isinstance(items, str) or not isinstance(items, Sequence):
        raise PluginError(f"planner() has {items!r:.60} for {what}, expected several in brackets")
    if sizes and len(items) not in sizes:
        expected = " or ".join(map(str, sizes))
        raise PluginError(
            f"planner() has {items!r:.60} for {what}, expected {expected} in brackets"
        )
    return tuple(items)


def _name(what: str, item: object) -> str:
    name = item.name if isinstance(item, Called) else item
    if name == "" and what in _SINGLE:
        return ""
    if not isinstance(name, str) or not name.isidentifier():
        raise PluginError(f"planner() has {item!r:.60} for {what}, expected a metric, or a name")
    return name


def _words(what: str, text: object) -> str:
    if not is_text(text) or not str(text).strip():
        raise PluginError(f"planner() has {text!r:.60} for {what}, expected words")
    return str(text)


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise PluginError(f"planner() has {twice!r} twice in {what}")
