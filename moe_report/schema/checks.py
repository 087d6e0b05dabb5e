"""Checks: a test of a row's numbers, and the sentence of the finding where it holds.

A check is a function of a model, recorded once as a metric is; the audit runs it for all rows, the
page's calculator as JavaScript.

>>> from moe_report import Model, check, doubt
>>> @check("suspicious", about="num_experts")
... def single_expert(m: Model) -> Doubt:
...     '''One expert is no choice.'''
...     return doubt(m.num_experts == 1, "{} expert, of {} a token", 1, m.num_experts_per_tok)
>>> single_expert.rule.when, [piece.text for piece in single_expert.rule.message]
(eq(value num_experts, 1), ['{}', ' expert, of {}', ' a token'])

In a :class:`Rule` a symbol stands for a number of a column: its ``value``, the number ``typed``
there, half a unit of that one's last digit, what the ``formula`` gives, or what is ``derived``
where nothing is typed. A test of a missing number does not hold.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from string import Formatter
from typing import Literal, cast, get_args

from moe_report.errors import PluginError, nearest
from moe_report.formula.expr import Expr, lift, symbol
from moe_report.schema.declared_names import refuse_second
from moe_report.schema.model import Called, Model
from moe_report.text import A_TEXT, is_text

Level = Literal["impossible", "differs", "unclear", "suspicious"]
IT = "it"  # in place of a column: the one that the rule is about
# What a sentence may write a number like, beside a column's own numbers.
PERCENT, DIFFERENCE = "as percent", "as difference"
_SPECS = {"": "", "percent": PERCENT, "difference": DIFFERENCE}


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


# -- the symbols of a rule


def _of(what: str, column: str | Called) -> float:
    return cast(float, symbol(f"{what} {column.name if isinstance(column, Called) else column}"))


def value(column: str) -> float:
    """Return the symbol of a column's number."""
    return _of("value", column)


def typed(column: str | Called = IT) -> float:
    """Return the symbol of the number that is typed; missing where none is."""
    return _of("typed", column)


def rounding(column: str | Called = IT) -> float:
    """Return the symbol of how far the number that a typed one rounds may be off.

    It is half a unit of the last digit that is typed, and 0 where nothing is.
    """
    return _of("half_unit", column)


def formula(column: str = IT) -> float:
    """Return the symbol of what the formula gives, also where another number is typed."""
    return _of("formula", column)


def derived(column: str | Called = IT) -> float:
    """Return the symbol of what is derived; missing where a number is typed."""
    return _of("derived", column)


# -- the door


@dataclass(frozen=True)
class Doubt:
    """What a check's function returns; made by :func:`doubt`."""

    when: Expr
    message: tuple[Piece, ...]
    stated: Expr | None = None
    computed: Expr | None = None


def doubt(
    when: bool | int,
    sentence: str,
    *numbers: float,
    stated: float | None = None,
    computed: float | None = None,
) -> Doubt:
    """Say where something is wrong with a row, and how to say so.

    Args:
        when: The test, as of :func:`~moe_report.where`; it does not hold where a number lacks.
        sentence: Of the finding, without a full stop. ``{}`` is the next number, written like
            those of its column, else of the column that the check is about; ``{:percent}`` writes
            a share, ``{:difference}`` how far something is off.
        numbers: Those of the sentence.
        stated: The number that is doubted, if one is.
        computed: The number that it is compared with, if there is one.

    Raises:
        TypeError: ``when`` is no test, or numbers and places are not as many.
    """
    test = lift(when)
    if not test.is_test:
        raise TypeError("doubt() takes a test first, such as m.num_experts < 2")
    message = tuple(_pieces(sentence, numbers))
    of = [None if number is None else lift(number) for number in (stated, computed)]
    return Doubt(test, message, *of)


def _pieces(sentence: str, numbers: tuple[float, ...]) -> Iterator[Piece]:
    if not is_text(sentence):
        raise TypeError(f"doubt() has the sentence {sentence!r:.60}, expected {A_TEXT}")
    parts = list(Formatter().parse(sentence))
    places = sum(field is not None for _, field, _, _ in parts)
    if places != len(numbers):
        raise TypeError(f"{sentence!r} has {places} places for {len(numbers)} numbers")
    left = iter(numbers)
    for text, field, spec, _ in parts:
        if field is None:
            yield Piece(text)
            continue
        if field or spec not in _SPECS:
            raise TypeError(
                f"{sentence!r} has the place {{{field}:{spec}}}, expected {{}}, {{:percent}} or "
                "{:difference}"
            )
        number = lift(next(left))
        own = number.name.rpartition(" ")[2] if number.op == "symbol" else IT
        yield Piece(f"{text}{{}}", number, _SPECS[spec] or own)


@dataclass(frozen=True, eq=False)
class Check:
    """A check as a section declares it.

    Attributes:
        name: The function's name.
        level: How bad it is where the test holds.
        about: The field or metric that the finding is put to.
        doc: The function's docstring.
        module: The module that defines it.
        function: The function as written.
        subject: What it is about, where that was not given by its name.
    """

    name: str
    level: Level
    about: str
    doc: str
    module: str
    function: Callable[[Model], Doubt]
    subject: Called | None = None

    @property
    def rule(self) -> Rule:
        """What the audit runs, recorded by calling the function once with symbols.

        Raises:
            TypeError: The function returns something else than a :class:`Doubt`.
        """
        return self._recorded[0]

    @property
    def calls(self) -> tuple[Called, ...]:
        """The metrics and fields of sections that it calls, or is about."""
        return self._recorded[1]

    @property
    def columns(self) -> frozenset[str]:
        """The names of all fields and metrics whose numbers it takes, or that it is about."""
        symbols = (name for expr in self.rule.expressions() for name in expr.symbols())
        return frozenset({self.about, *(name.partition(" ")[2] for name in symbols)} - {IT})

    @cached_property
    def _recorded(self) -> tuple[Rule, tuple[Called, ...]]:
        model = Model()
        found = self.function(model)
        if not isinstance(found, Doubt):
            raise TypeError(f"it returns {found!r:.60}, expected what doubt(...) gives")
        message = tuple(
            Piece(piece.text, _as_value(piece.number), piece.like) for piece in found.message
        )
        when, stated, computed = map(_as_value, (found.when, found.stated, found.computed))
        assert when is not None
        rule = Rule(self.level, (self.about,), when, message, stated, computed)
        subject = () if self.subject is None else (self.subject,)
        return rule, (*subject, *model._calls.values())


def _as_value(expr: Expr | None) -> Expr | None:
    """The expression with the number of a column wherever a field or metric is named."""
    if expr is None or (expr.op == "symbol" and " " in expr.name):
        return expr
    if expr.op == "symbol":
        return lift(value(expr.name))
    args = tuple(cast(Expr, _as_value(arg)) for arg in expr.args)
    return Expr(expr.op, args, value=expr.value)


def check(
    level: Literal["impossible", "differs", "suspicious"], *, about: Called | str
) -> Callable[[Callable[[Model], Doubt]], Check]:
    """Make a check of a function of a model, which returns a :func:`doubt`.

    Args:
        level: ``impossible`` (no model can be so), ``differs`` (two numbers for one thing) or
            ``suspicious`` (possible, but worth a look).
        about: The metric or field, by itself or its name, that a finding is put to.

    Raises:
        PluginError: The function has no docstring, its name is that of something above, or there is
            no such level.
    """

    def decorate(function: Callable[[Model], Doubt]) -> Check:
        where = f"check {function.__name__!r} of {function.__module__}"
        levels = [word for word in get_args(Level) if word != "unclear"]
        if level not in levels:
            raise PluginError(
                f"{where} has the level {level!r}, expected one of {', '.join(levels)}."
                f"{nearest(str(level), levels)}"
            )
        refuse_second(function, where)
        doc = inspect.getdoc(function) or ""
        if not doc:
            raise PluginError(f"{where} has no docstring, which says what it is about")
        subject = about if isinstance(about, Called) else None
        column = about.name if isinstance(about, Called) else about
        return Check(function.__name__, level, column, doc, function.__module__, function, subject)

    return decorate
