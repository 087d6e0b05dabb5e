"""The engine names no metric and no assumption of the built-in sections: they have no privilege."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import moe_report
from moe_report.schema.registry import installed

ENGINE = Path(moe_report.__file__).parent
TEMPLATES = ENGINE.parent / "templates"
# Words that are names of metrics, too, and mean something else here: keys of config.json, and a
# concept of headers. The help's examples set what everybody has.
OTHER_WORDS = {
    "cli/main.py": {"context_length"},
    "cli/options.py": {"context_length"},
    "cli/page.py": {"context_length"},
    "cli/sweep.py": {"context_length"},
    "importers/architectures/bidirectional.py": {"causal"},
    "importers/attention_keys.py": {"causal"},
    "importers/idle_keys.py": {"context_length"},
    "importers/architectures/encoder_decoder.py": {"expert_capacity"},
    "schema/headers/words.py": {"sparsity"},
}


def names() -> list[str]:
    """The metrics and assumptions of the sections that come with the engine."""
    own = [section for section in installed().sections if section.distribution == "moe-report"]
    metrics = [metric for section in own for metric in section.metrics]
    assumed = [item.name for metric in metrics for item in metric.assumptions]
    return [*(metric.name for metric in metrics), *assumed]


def named_in(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each metric or assumption that code names, be it in a text.

    Docstrings and comments may speak of them. A name of several words is found anywhere in a text;
    one that is a plain word ("sparsity") only where it is all of the text, for it stands in prose,
    in patterns and in tables of words as well.
    """
    compound = re.compile(rf"\b({'|'.join(name for name in names() if '_' in name)})\b")
    plain = {name for name in names() if "_" not in name}
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            found = [node.value] if node.value in plain else compound.findall(node.value)
            yield from ((line, name) for name in found)
        for said in ("id", "attr", "arg", "name"):  # of a variable, attribute, argument, function
            if compound.fullmatch(str(getattr(node, said, ""))):
                yield line, getattr(node, said)


def naming(module: str) -> list[str]:
    """Where a module of the engine names one."""
    other = OTHER_WORDS.get(module, set())
    found = named_in((ENGINE / module).read_text("utf-8"))
    return [f"{module}:{line}: {name}" for line, name in found if name not in other]


MODULES = sorted(str(path.relative_to(ENGINE).as_posix()) for path in ENGINE.rglob("*.py"))


def test_the_engine_names_no_metric() -> None:
    """What a metric is to the engine, the metric says itself: ``counts`` and the like."""
    assert [place for module in MODULES for place in naming(module)] == []


def test_no_template_names_a_metric() -> None:
    """The page is made of whatever sections there are."""
    word = re.compile(rf"\b({'|'.join(names())})\b")
    files = [path for path in TEMPLATES.iterdir() if path.suffix in (".j2", ".js", ".css")]
    assert len(files) > 10
    assert [(file.name, word.findall(file.read_text("utf-8"))) for file in files
            if word.search(file.read_text("utf-8"))] == []  # fmt: skip


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('columns["total_params"]', ["total_params"]),
        ("m.router_params", ["router_params"]),
        ("from x import active_params as a", ["active_params"]),
        ("f(context_length=1)", ["context_length"]),
        ('f"{x} counts expert_params of {y}"', ["expert_params"]),
        ('metrics["sparsity"]', ["sparsity"]),
        ('published = "published_total_params"', []),
        ('said = "2:4 sparsity"', []),
        ('"""Of total_params."""', []),
        ("# total_params\nx = 1", []),
    ],
)
def test_what_names_a_metric(code: str, found: list[str]) -> None:
    """Code and texts do, prose does not."""
    assert [name for _, name in named_in(code)] == found
