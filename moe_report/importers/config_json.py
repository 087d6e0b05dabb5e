"""A ``config.json`` as a JSON object: not too large, not too deep, no key twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from moe_report.errors import InputError, Problem
from moe_report.importers.lfs import POINTER, WHAT_A_POINTER_IS
from moe_report.input import read_file
from moe_report.schema.bounds import LARGEST

MAX_CONFIG = 10_000_000  # bytes; the largest published ones have some ten thousands
MAX_DEPTH = 50  # objects in one another; the deepest published ones have four
_MOST_DIGITS, _MOST_PARTS, _MOST_TWICE = 1000, 3_000_000, 10
NOT_THERE = "there is no such file"
_SAID = 60  # characters of a value that a message quotes
# What published configs call the part for text.
_TEXT = (
    "text_config", "llm_config", "language_config", "thinker_config.text_config", "thinker_config",
)  # fmt: skip
_KINDS = {list: "list", str: "text", bool: "true or false", type(None): "null"}


def read_config(path: Path) -> dict[str, Any]:
    """Return a parsed ``config.json``.

    Raises:
        InputError: It is not there, too large, or no JSON object.
    """
    where = str(path)
    try:
        text = read_file(path, MAX_CONFIG)
    except FileNotFoundError as error:
        raise InputError([Problem(where, NOT_THERE)]) from error
    except OSError as error:
        raise InputError([Problem(where, f"cannot be read ({error.strerror})")]) from error
    if len(text) > MAX_CONFIG:
        raise InputError([Problem(where, f"is larger than {MAX_CONFIG:,} bytes")])
    return parse_config(text, where)


def parse_config(text: bytes, where: str) -> dict[str, Any]:
    """Return a config's JSON object; the error says what else was found."""
    if text.startswith(POINTER):
        raise InputError([Problem(where, f"is not JSON ({WHAT_A_POINTER_IS})")])
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            said: dict[str, str] = {}
            for key, value in pairs:
                if said.setdefault(key, words := repr(value)) != words:
                    twice.append(key)
        return found

    try:
        config = parse_json(text, unique)
        depth = _depth(config)
    except RecursionError:
        config, depth = {}, MAX_DEPTH + 1
    except OverflowError as error:
        raise InputError([Problem(where, f"has {error}")]) from error
    except ValueError as error:
        raise InputError([Problem(where, f"is not JSON ({error})")]) from error
    if depth > MAX_DEPTH:
        raise InputError([Problem(where, f"is nested more than {MAX_DEPTH} deep")])
    if not isinstance(config, dict):
        kind = _KINDS.get(type(config), "number")
        raise InputError([Problem(where, f"found a JSON {kind}, expected an object")])
    if twice:
        keys = list(dict.fromkeys(twice))
        message = "stands there twice, and says two things"
        problems = [Problem(where, f"key {key!r} {message}") for key in keys[:_MOST_TWICE]]
        if more := len(keys) - len(problems):
            problems.append(Problem(where, f"{more:,} more keys stand there twice"))
        raise InputError(problems)
    return config


def parse_json(
    text: str | bytes, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Any:
    """Return what a JSON text says; ``pairs`` makes what stands for an object.

    Raises:
        ValueError: It is no JSON.
        OverflowError: It has more parts than anything that describes a model, which would take a
            hundred times the memory of the text, or longer numbers.
        RecursionError: It is nested too deeply.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    if (parts := sum(map(text.count, ",[{"))) > _MOST_PARTS:
        raise OverflowError(f"{parts:,} parts, expected at most {_MOST_PARTS:,}")
    return json.loads(text, object_pairs_hook=pairs, parse_int=_whole_number)


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise OverflowError(f"a number of {len(digits):,} digits")
    return int(digits)


def with_whole_numbers(value: Any) -> Any:
    """Return a config with whole numbers as such: ``4096.0`` is a width as ``4096`` is one."""
    if isinstance(value, Mapping):
        return {key: with_whole_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return int(value)
    return value


def said(value: object) -> str:
    """Return a value as a message quotes it: of a long one its beginning, or how much it is.

    >>> said("silu"), said(["full_attention"] * 48)
    ('"silu"', 'a list of 48 items, ["full_attention", "full_atten…')
    """
    text = json.dumps(value)
    if len(text) <= _SAID:
        return text
    counted = f"a list of {len(value)} items, " if isinstance(value, list) else ""
    return f"{counted}{text[: _SAID // (2 if counted else 1)]}…"


def at(config: Mapping[str, Any], path: str) -> Iterable[Any]:
    """Return what stands at a path such as ``text_config.num_experts``: one value, or none."""
    first, _, rest = path.partition(".")
    if first not in config:
        return ()
    inner = config[first]
    if not rest:
        return (inner,)
    return at(inner, rest) if isinstance(inner, Mapping) else ()


def text_parts(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give a config and those of its objects that are for text, with their paths and a dot."""
    yield "", config
    for path in _TEXT:
        yield from ((f"{path}.", part) for part in at(config, path) if isinstance(part, Mapping))


def entries(
    config: Mapping[str, Any], into: Callable[[str], bool] = lambda _: True, before: str = ""
) -> Iterator[tuple[str, Any]]:
    """Give the paths of all keys, and what stands there.

    Args:
        config: The parsed file, or an object of it.
        into: Whether to give the keys of the object at a path, too.
        before: The path of the object itself, and a dot.
    """
    for key, value in config.items():
        path = before + key
        yield path, value
        if isinstance(value, Mapping) and into(path):
            yield from entries(value, into, f"{path}.")


def _depth(value: Any) -> int:
    """How deep lists and objects are in one another; more than enough is not counted out."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level, depth = inner, depth + 1
    return depth
