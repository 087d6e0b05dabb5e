"""Where the page's templates are found, and what is said when one of them is wrong.

A name is looked for in the user's folders, then among those that are shipped; behind the prefix
``shipped/`` only among those, so that a template can extend the one it stands for.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence, Sized
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSyntaxError,
    nodes,
)
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup

import moe_report
from moe_report.errors import MoeReportError, TemplateError, nearest
from moe_report.renderers.html.charts.shapes import px

SHIPPED = "shipped"
ENCODING = "utf-8-sig"  # Windows editors begin a file with a byte order mark
VARIABLES = ("page", "assets")
# A template of 20,000 models with all their metrics has half of these turns.
_MOST_TURNS, _LONGEST = 3_000_000, 10_000_000
_PACKAGE = Path(moe_report.__file__).parent
# The installed package has its templates inside; in a checkout they lie beside it.
SHIPPED_FOLDERS = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
_RECURSION = (
    "is nested without end; a template that extends or imports itself has to name the shipped one, "
    f"as in {SHIPPED}/report.html.j2"
)
_LOOSE = re.compile(r";? ?(}) ?| ?([{;,>]) ?|(:) ")  # needs no space around it in a style sheet
_SIGNS = re.compile(r" ?(=>|[!=]==|[=,?:{}]|&&|\|\|) ?")  # of scripts
_Source = tuple[str, str, Callable[[], bool]]


class _Folder(FileSystemLoader):
    """Reads files, and names the one that cannot be read."""

    def get_source(self, environment: Environment, template: str) -> _Source:
        try:
            return super().get_source(environment, template)
        except TemplateNotFound:
            raise
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise TemplateError(f"{self._path(template)}:{line}: is not UTF-8 text") from error
        except OSError as error:
            message = f"{self._path(template)}: cannot be read ({error.strerror})"
            raise TemplateError(message) from error

    def _path(self, template: str) -> Path:
        paths = [Path(folder, template) for folder in self.searchpath]
        return next((path for path in paths if path.exists()), paths[0])


class _Unknown(StrictUndefined):
    """Says what does not exist, and what comes nearest."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, holder = self._undefined_name, self._undefined_obj
        if self._undefined_hint:
            return self._undefined_hint
        if holder is missing:
            return f"there is no variable {name!r}.{nearest(str(name), VARIABLES)}"
        if isinstance(holder, TemplateModule):
            known = [key for key in vars(holder) if not key.startswith("_")]
            return f"{holder.__name__} has no macro {name!r}.{nearest(str(name), known)}"
        named = getattr(holder, "_fields", ())
        if dataclasses.is_dataclass(holder):
            named = [field.name for field in dataclasses.fields(holder)]
        return f"{type(holder).__name__} has no {name!r}.{nearest(str(name), named)}"


class _Environment(SandboxedEnvironment):
    """Runs templates that end, and make nothing larger than a page."""

    intercepted_binops = frozenset({"*", "**"})
    turns = 0

    def counted(self, items: Iterable[Any]) -> Iterator[Any]:
        """Give the items of a loop, of which all loops together may have so many."""
        for item in items:
            self.count()
            yield item

    def count(self) -> None:
        """Count a turn of a loop, or a call of a macro."""
        self.turns += 1
        if self.turns > _MOST_TURNS:
            raise TemplateRuntimeError(f"has more than {_MOST_TURNS:,} turns of loops")

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a macro, or a loop that calls itself."""
        if isinstance(__obj, LoopContext):
            args = tuple(map(__self.counted, args))
        elif isinstance(__obj, Macro) and not _is_shipped(__obj._func.__code__.co_filename):
            __self.count()
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply, unless the outcome would be huge."""
        if operator == "**":
            huge = (
                isinstance(left, int) and isinstance(right, int) and _bits(left, right) > _LONGEST
            )
        else:
            huge = any(
                isinstance(one, Sized) and isinstance(other, int) and len(one) * other > _LONGEST
                for one, other in ((left, right), (right, left))
            )
        if huge:
            raise TemplateRuntimeError(f"the outcome of {operator} is too long")
        return super().call_binop(context, operator, left, right)


def _bits(base: int, exponent: int) -> int:
    return base.bit_length() * abs(exponent)


class _Generator(CodeGenerator):
    """Lets a template redefine a macro of the one that it extends, as it does a block.

    Jinja runs the extended template last, so that its macro would win; here the first one stays.
    The loops of templates that are not shipped are counted, as their macros are.
    """

    def visit_Template(  # noqa: N802 - Jinja's name
        self, node: nodes.Template, frame: Frame | None = None
    ) -> None:
        for loop in () if _is_shipped(self.filename or "") else node.find_all(nodes.For):
            counted = nodes.EnvironmentAttribute("counted")
            loop.iter = nodes.Call(counted, [loop.iter], [], None, None, lineno=loop.iter.lineno)
        super().visit_Template(node, frame)

    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        super().visit_Macro(node, frame)
        if frame.toplevel:
            macro = frame.symbols.ref(node.name)
            self.writeline(
                f"{macro} = context.vars[{node.name!r}] = "
                f"context.vars.setdefault({'macro ' + node.name!r}, {macro})"
            )


@cache
def environment_of(folders: tuple[Path, ...]) -> _Environment:
    """Return the environment in which templates run, the user's folders first."""
    shipped = _Folder(SHIPPED_FOLDERS, encoding=ENCODING)
    own = _Folder(folders, encoding=ENCODING)
    environment = _Environment(
        loader=ChoiceLoader([PrefixLoader({SHIPPED: shipped}), own, shipped]),
        autoescape=True,
        undefined=_Unknown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.code_generator_class = _Generator
    environment.filters["px"] = lambda value: Markup(px(value))
    return environment


def check_folder(folder: Path) -> None:
    """Refuse a folder of templates that would change nothing.

    Raises:
        TemplateError: It is not there, or holds none of the files that are looked for.
    """
    if not folder.is_dir():
        kind = "found a file, expected a folder" if folder.exists() else "there is no such folder"
        raise TemplateError(f"{folder}: {kind}")
    known = _overridable()
    if not any((folder / name).is_file() for name in known):
        found = sorted(path.name for path in folder.glob("*") if path.is_file())
        near = next(filter(None, (nearest(name, known) for name in found)), "")
        raise TemplateError(
            f"{folder}: holds none of the files that are looked for ({', '.join(known)}).{near}"
        )


def _overridable(*suffixes: str) -> list[str]:
    folder = next(path for path in SHIPPED_FOLDERS if path.is_dir())
    wanted = suffixes or (".j2", ".css", ".js")
    return sorted(path.name for path in folder.iterdir() if path.suffix in wanted)


def text_of(environment: Environment, name: str) -> str:
    """Return a style sheet or script as it goes into the page.

    Raises:
        TemplateError: It would end the element that holds it.
    """
    assert environment.loader is not None
    text, path, _ = environment.loader.get_source(environment, name)
    for end in ("</style", "</script", "<!--"):
        at = text.lower().find(end)
        if at >= 0:
            line = text[:at].count("\n") + 1
            raise TemplateError(f"{path}:{line}: found {end!r}, which would end it inside a page")
    if _within(path or "", SHIPPED_FOLDERS):
        text = _lean_style(text) if name.endswith(".css") else lean_script(text)
    return text.strip()


@cache
def lean_script(text: str) -> str:
    """Return a shipped script without indentation, lines of comments, and space around signs.

    None of them has a text over several lines. Lines with a template or a slash, which may begin a
    pattern, keep their spaces, and so does what stands in quotes.
    """
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(map(_tight, (line for line in lines if line and not line.startswith("//"))))


def _tight(line: str) -> str:
    if "`" in line or "/" in line:
        return line
    parts = re.split(r"""("[^"]*"|'[^']*')""", line)
    parts[::2] = (_SIGNS.sub(r"\1", part) for part in parts[::2])
    return "".join(parts)


@cache
def _lean_style(text: str) -> str:
    """Return a shipped style sheet without comments and without space that means nothing.

    What stands in quotes stays.
    """
    parts = re.split(r'("[^"]*")', re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    parts[::2] = (_LOOSE.sub(r"\1\2\3", re.sub(r"\s+", " ", part)) for part in parts[::2])
    return "".join(parts)


def check_blocks(environment: Environment, folder: Path) -> None:
    """Refuse a block that replaces no other, for it would show nowhere.

    Raises:
        TemplateError: A template of the folder has such a block.
    """
    known = {block.name for name in _overridable(".j2") for block in blocks(environment, name)}
    top: dict[str, list[nodes.Block]] = {}
    for name in sorted(path.name for path in folder.glob("*.j2")):
        tree = _parsed(_Folder(folder, encoding=ENCODING), environment, name)
        extends = tree.find(nodes.Extends) is not None
        top[name] = [node for node in tree.body if extends and isinstance(node, nodes.Block)]
        known |= {block.name for block in tree.find_all(nodes.Block) if block not in top[name]}
    for name, own_blocks in top.items():
        for block in own_blocks:
            if block.name not in known:
                raise TemplateError(
                    f"{folder / name}:{block.lineno}: there is no block {block.name!r} to replace."
                    f"{nearest(block.name, known)}"
                )


def blocks(environment: Environment, name: str) -> list[nodes.Block]:
    """Return the blocks of a shipped template."""
    tree = _parsed(_Folder(SHIPPED_FOLDERS, encoding=ENCODING), environment, name)
    return list(tree.find_all(nodes.Block))


def _parsed(loader: FileSystemLoader, environment: Environment, name: str) -> nodes.Template:
    text, path, _ = loader.get_source(environment, name)
    return environment.parse(text, name, path)


@contextmanager
def explained(environment: _Environment, folders: Sequence[Path]) -> Iterator[None]:
    """Turn whatever goes wrong in a template into a line that names the file and the line.

    Raises:
        TemplateError: Something went wrong in a template.
    """
    environment.turns = 0
    try:
        yield
    except MoeReportError:
        raise
    except TemplateSyntaxError as error:
        place = f"{_shown(error.filename or error.name or '?')}:{error.lineno}"
        raise TemplateError(f"{place}: {_sentence(error.message or 'is no template')}") from error
    except Exception as error:
        places = list(_places(error.__traceback__))
        if not places:
            raise
        message = _message(error, environment)
        at = f"{_shown(places[-1][0])}:{places[-1][1]}"
        own = [(file, line) for file, line in places if _within(file, folders)]
        if own and not _within(places[-1][0], folders):
            message += f" (on the way from {own[-1][0]}:{own[-1][1]})"
        raise TemplateError(f"{at}: {message}") from error


def _message(error: Exception, environment: Environment) -> str:
    if isinstance(error, TemplateNotFound):
        known = environment.list_templates(extensions=("j2",))
        return f"there is no template {error.name!r}.{nearest(str(error.name), known)}"
    if isinstance(error, RecursionError):
        return _RECURSION
    named = "" if isinstance(error, TemplateRuntimeError) else f"{type(error).__name__}: "
    return named + _sentence(str(error))


def _sentence(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")


def _places(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    """Files and lines of the templates that were running, the outermost first."""
    while traceback is not None:
        names: MutableMapping[str, Any] = traceback.tb_frame.f_globals
        if "__jinja_exception__" in names:  # Jinja puts such a frame in place of its own code
            yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def _within(file: str, folders: Iterable[Path]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)


@cache
def _is_shipped(file: str) -> bool:
    return _within(file, SHIPPED_FOLDERS)


def _shown(file: str) -> str:
    """A shipped file by the name that templates give it, another by its path."""
    for folder in SHIPPED_FOLDERS:
        if Path(file).is_relative_to(folder):
            return f"{SHIPPED}/{Path(file).relative_to(folder).as_posix()}"
    return file
