"""Options that several commands share. What belongs together is handed over as one value."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from moe_report.api.asked import Inputs, Look, Sections

F = TypeVar("F", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)


def _set_by(option: Callable[[Any], Any]) -> Any:
    """A field of a class of options, with the option that sets it."""
    return field(metadata={"option": option})


def _option(*names: str, **attributes: Any) -> Any:
    return _set_by(click.option(*names, **attributes))


def _together(name: str, kind: type[Any]) -> Callable[[F], F]:
    """Return the options of a class as a decorator, which hands the command one value of it."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def command(*args: Any, **chosen: Any) -> Any:
            value = kind(**{item.name: chosen.pop(item.name) for item in fields(kind)})
            return function(*args, **chosen, **{name: value})

        for item in reversed(fields(kind)):
            item.metadata["option"](command)
        return command  # type: ignore[return-value]

    return decorate


def _assignments(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> dict[str, str]:
    """Parse ``NAME=VALUE``, for an option's callback; what the values mean, the sections say."""
    found: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"found {text!r}, expected NAME=NUMBER")
        if found.setdefault(name.strip(), value) != value:
            raise click.BadParameter(
                f"{name.strip()} is set twice, to {found[name.strip()]} and {value}"
            )
    return found


def _columns(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> dict[str, str]:
    """Parse ``HEADER=FIELD``, for an option's callback."""
    found = {}
    for text in values:
        header, equals, name = text.rpartition("=")
        if not equals or not header.strip():
            raise click.BadParameter(f"found {text!r}, expected HEADER=FIELD")
        found[header.strip()] = name.strip()
    return found


def _engine(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse an engine by name that is not installed."""
    if value not in ("auto", "none"):
        from moe_report.fill.calculate.engines import EngineError, engines

        try:
            engines(value)
        except EngineError as error:
            raise click.BadParameter(f"{error}") from error
    return value


def _sources(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a command without input, unless there is a report to update."""
    if not values and context.params.get("update") is None:
        raise click.MissingParameter(ctx=context, param=parameter)
    return values


def output(default: str | None, metavar: str) -> Callable[[F], F]:
    """Return ``-o`` for a folder or a file; it is required if it has no default."""
    say: dict[str, Any] = {"metavar": metavar, "help": "Where to write.", "show_default": True}
    # to click, a default of None is one
    say |= {"required": True} if default is None else {"default": Path(default)}
    return click.option("-o", "--output", type=PATH, **say)


quiet = click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
force = click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
calc = click.option(
    "--calc",
    type=click.Choice(["auto", "formulon", "libreoffice", "none"]),
    default="auto",
    show_default=True,
    callback=_engine,
    help="What computes the values that a filled workbook stores with its formulas.",
)
force_changed = click.option(
    "--force", is_flag=True, help="Overwrite outputs that somebody has changed."
)
allow_dense = click.option("--allow-dense", is_flag=True, help="Take configs without experts, too.")
with_transformers = click.option(
    "--with-transformers",
    is_flag=True,
    help="Build an unknown architecture with transformers, without weights (extra).",
)
assumptions = click.option(
    "--set",
    "assumptions",
    multiple=True,
    callback=_assignments,
    metavar="NAME=NUMBER",
    help="Set an assumption, e.g. context_length=32k (repeatable).",
)


@dataclass(frozen=True)
class SectionOptions(Sections):
    """Which metrics are computed, and the options that say so."""

    files: tuple[Path, ...] = _option(
        "--metrics",
        "files",
        multiple=True,
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE.py",
        help="Add the metrics of a Python file as a section.",
    )
    only: tuple[str, ...] = _option(
        "--only", multiple=True, metavar="SECTION", help="Only this one (repeatable)."
    )
    skip: tuple[str, ...] = _option(
        "--skip", multiple=True, metavar="SECTION", help="Not this section (repeatable)."
    )


@dataclass(frozen=True)
class InputOptions(Inputs):
    """What is read and computed, the options that say so, and what only commands know."""

    sources: tuple[str, ...] = _set_by(
        click.argument("sources", metavar="INPUT...", nargs=-1, callback=_sources)
    )
    sheets: tuple[str, ...] = _option(
        "--sheet",
        "sheets",
        multiple=True,
        metavar="NAME",
        help="Sheet to read; by default Models, or the one that has models (repeatable).",
    )
    columns: Mapping[str, str] = _option(
        "--column",
        "columns",
        multiple=True,
        callback=_columns,
        metavar="HEADER=FIELD",
        help="Say which field a column is; HEADER= says that it is none (repeatable).",
    )
    scenario: str | None = _option(
        "--scenario", metavar="NAME", help="Compute for this scenario of the sheet Assumptions."
    )
    assumptions: Mapping[str, float] = _set_by(assumptions)
    allow_dense: bool = _set_by(allow_dense)
    with_transformers: bool = _set_by(with_transformers)
    routing: tuple[str, ...] = _option(
        "--routing",
        multiple=True,
        metavar="FILE[:MODEL]",
        help="Counts of the tokens that experts got: JSON, .pt or a table (repeatable).",
    )
    annotate_errors: Path | None = _option(
        "--annotate-errors",
        type=PATH,
        metavar="FILE",
        help="If the input is refused, write a copy of it with the bad cells marked.",
    )
    strict: bool = _option("--strict", is_flag=True, help="Exit with 3 if there are findings.")


@dataclass(frozen=True)
class LookOptions(Look):
    """The words and the look of what is written, and the options that say so."""

    title: str | None = _option("--title", metavar="TEXT", help="Heading.")
    intro: str | None = _option("--intro", metavar="TEXT", help="Paragraphs under the heading.")
    footer: str | None = _option("--footer", metavar="TEXT", help="Paragraphs at the end.")
    logo: Path | None = _option(
        "--logo",
        type=PATH,
        metavar="FILE",
        help="Picture above the heading of the page: png, jpeg, webp or svg.",
    )
    template_dirs: tuple[Path, ...] = _option(
        "--template-dir",
        "template_dirs",
        multiple=True,
        type=PATH,
        metavar="DIR",
        help="Templates and theme.css of your own (repeatable; the first wins).",
    )


sections = _together("sections", SectionOptions)
inputs = _together("inputs", InputOptions)
look = _together("look", LookOptions)


def example(*lines: str) -> str:
    """Return what the help of a command ends with."""
    return "\n".join(["\b", "Example:", *(f"  {line}" for line in lines)])
