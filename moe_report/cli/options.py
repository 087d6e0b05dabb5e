"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class InputOptions:
    """What a command that reads models was told.

    Attributes:
        sources: Workbooks, configs, checkpoint folders, ``.gguf`` files, ``hf:owner/name``.
        sheet: Sheet of the workbooks to read.
        allow_unknown: Carry unknown columns along.
        annotate_errors: Where to write a copy with the bad cells marked.
        scenario: Name of the scenario; None for the one that the input chooses.
        assumptions: Assumptions that win over those of the input.
        strict: Findings are a failure.
        allow_dense: Take configs without experts.
        with_transformers: Build unknown architectures with transformers.
        files: Python files to load as sections.
        only: Sections to compute; all if empty.
        skip: Sections to leave out.
    """

    sources: tuple[str, ...]
    sheet: str | None
    allow_unknown: bool
    annotate_errors: Path | None
    scenario: str | None
    assumptions: dict[str, float]
    strict: bool
    allow_dense: bool
    with_transformers: bool
    files: tuple[Path, ...]
    only: tuple[str, ...]
    skip: tuple[str, ...]

    @property
    def paths(self) -> list[Path]:
        """The sources that are files of this machine."""
        return [Path(source) for source in self.sources if not source.startswith("hf:")]


@dataclass(frozen=True)
class LookOptions:
    """What a command was told about the words and the look of what it writes.

    Attributes:
        title: Heading; None where nothing was said, here and below.
        intro: Paragraphs under the heading.
        footer: Paragraphs at the end.
        logo: A picture above the heading.
        template_dirs: The user's folders of templates.
    """

    title: str | None
    intro: str | None
    footer: str | None
    logo: Path | None
    template_dirs: tuple[Path, ...]

    @classmethod
    def taken_from(cls, chosen: dict[str, Any]) -> LookOptions:
        """Return these options of a command, and leave it the others."""
        return cls(**{field.name: chosen.pop(field.name) for field in fields(cls)})


class Example(click.Command):
    """A command whose help ends with an example."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.epilog = "\b\nExample:\n" + "\n".join(f"  {line}" for line in example.split("\n"))


def options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Return several decorators as one."""

    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def assignment(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> dict[str, float]:
    """Parse ``NAME=NUMBER``, for an option's callback."""
    found = {}
    for text in values:
        name, equals, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise click.BadParameter(f"found {text!r}, expected NAME=NUMBER")
    return found


def _sources(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a command without input, unless there is a report to update."""
    if not values and context.params.get("update") is None:
        raise click.MissingParameter(ctx=context, param=parameter)
    return values


section_options = options(
    click.option(
        "--metrics", "files", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE.py", help="Add the metrics of a Python file as a section.",
    ),
    click.option("--only", multiple=True, metavar="SECTION", help="Only this one (repeatable)."),
    click.option("--skip", multiple=True, metavar="SECTION", help="Not this section (repeatable)."),
)  # fmt: skip
model_options = options(
    click.option(
        "--allow-dense", is_flag=True, help="Take configs without experts, too.",
    ),
    click.option(
        "--with-transformers", is_flag=True,
        help="Build an unknown architecture with transformers, without weights (extra).",
    ),
)  # fmt: skip
update_option = click.option(
    "--update", type=click.Path(path_type=Path), metavar="REPORT.xlsx", is_eager=True,
    help="Write this report again: inputs, remarks and your sheets kept, metrics refreshed. "
         "Without INPUT its own models; over itself but for -o.",
)  # fmt: skip
look_options = options(
    click.option("--title", metavar="TEXT", help="Heading."),
    click.option("--intro", metavar="TEXT", help="Paragraphs under the heading."),
    click.option("--footer", metavar="TEXT", help="Paragraphs at the end."),
    click.option(
        "--logo", type=click.Path(path_type=Path), metavar="FILE",
        help="Picture above the heading of the page: png, jpeg, webp or svg.",
    ),
    click.option(
        "--template-dir", "template_dirs", multiple=True, type=click.Path(path_type=Path),
        metavar="DIR", help="Templates and theme.css of your own (repeatable; the first wins).",
    ),
)  # fmt: skip
set_option = click.option(
    "--set", "assumptions", multiple=True, callback=assignment, metavar="NAME=NUMBER",
    help="Set an assumption, e.g. context_length=32768 (repeatable).",
)  # fmt: skip
input_options = options(
    click.argument("sources", metavar="INPUT...", nargs=-1, callback=_sources),
    click.option("--sheet", help="Sheet to read; by default Models, or the only one."),
    click.option(
        "--allow-unknown", is_flag=True, help="Carry unknown columns along; else they are refused."
    ),
    click.option(
        "--annotate-errors", type=click.Path(path_type=Path), metavar="FILE",
        help="If the input is refused, write a copy of it with the bad cells marked.",
    ),
    click.option(
        "--scenario", metavar="NAME", help="Compute for this scenario of the sheet Assumptions.",
    ),
    set_option,
    click.option("--strict", is_flag=True, help="Exit with 3 if there are findings."),
    model_options,
)  # fmt: skip
