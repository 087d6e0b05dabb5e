"""What pages show of the installed sections: tables of fields and metrics, and a report's table."""

from __future__ import annotations

import inspect
import re
import tempfile
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path

import moe_report
from moe_report.edit.new_workbook import build_starter
from moe_report.formula.excel import plain
from moe_report.formula.lines import BREAK, pieces
from moe_report.formula.mathml import mathml_symbol
from moe_report.schema import registry
from moe_report.schema.fields import FIELDS
from moe_report.schema.layers import TOKENS, TOKENS_SYMBOL
from moe_report.schema.recorded import Computed
from moe_report.schema.registry import Registry

_ID = re.compile(r"(arXiv|doi):([\w./-]*\w)")
_PAPER = re.compile(rf"([^;,(]+), {_ID.pattern}")
_ADDRESS = {"arXiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}
# Names of the package that the reference shows beside reports, not for plugins.
OF_REPORTS = {"MoeReportError", "Report", "ReportedModel", "report"}


@cache
def _installed() -> Registry:
    return registry.load()


def fields() -> str:
    """Return a table of the fields for each of their groups."""
    parts = []
    for group, found in groupby(FIELDS.values(), lambda field: field.group):
        rows = [
            [
                f"`{field.name}`",
                _symbol(field.symbol) if field.unit else "",
                field.unit or "text",
                field.help,
                "" if field.default_expr is None else f"`{plain(field.default_expr)}`",
                ", ".join(field.aliases),
            ]
            for field in found
        ]
        heads = ["field", "symbol", "unit", "what it is", "default", "other spellings"]
        parts.append(f"## {group}\n\n{_table(heads, rows)}")
    return "\n\n".join(parts)


def metrics() -> str:
    """Return every section with its introduction, and its metrics with formula and source."""
    parts = []
    for section in _installed().sections:
        parts += [f"## {section.title}", *section.introduction]
        parts += map(_metric, (*section.layers, *section.metrics))
    return "\n\n".join(parts)


def _metric(metric: Computed) -> str:
    assumed = [f"`{item.name}`" for item in metric.own_assumptions]
    facts = [
        f"in {metric.unit}",
        f"`--set` {', '.join(assumed)}" if assumed else "",
        f"source: {_linked(metric.source)}",
    ]
    formula = BREAK.join(pieces(metric.expr, _symbols(), metric.symbol))
    return "\n\n".join(
        [
            f"### {metric.label}",
            f"`{metric.name}`, {'; '.join(filter(None, facts))}",
            metric.doc,
            _html(f'<div class="formula">{formula}</div>'),
        ]
    )


def assumptions() -> str:
    """Return a table of the assumptions."""
    rows = [
        [f"`{item.name}`", _symbol(item.symbol), item.unit, item.help, f"{item.default:,g}"]
        for item in _installed().assumptions.values()
    ]
    return _table(["assumption", "symbol", "unit", "what it is", "default"], rows)


def sources() -> str:
    """Return a list of the papers that metrics cite, with links to them."""
    said = ";".join(metric.source for metric in _installed().metrics.values())
    cited = {(who.strip(), kind, number) for who, kind, number in _PAPER.findall(said)}
    return "\n".join(
        f"- {_linked(f'{who}, {kind}:{number}')}"
        for who, kind, number in sorted(cited, key=lambda paper: paper[0].casefold())
    )


def headline_table() -> str:
    """Return what a notebook shows of the models that a new workbook has."""
    with tempfile.TemporaryDirectory() as folder:
        workbook = Path(folder) / "models.xlsx"
        workbook.write_bytes(build_starter(_installed()))
        table = moe_report.report(workbook)._repr_html_()
    return _html(f'<div class="notebook">{table}</div>')


def plugin_names() -> str:
    """Return the reference of what a plugin may import."""
    lines = []
    for name in moe_report.__all__:
        if name not in OF_REPORTS:
            public = getattr(moe_report, name)
            kind = "function" if callable(public) else "data"
            kind = "class" if inspect.isclass(public) else kind
            lines.append(f".. auto{kind}:: moe_report.{name}")
    return "```{eval-rst}\n" + "\n".join(lines) + "\n```"


@cache
def _symbols() -> dict[str, str]:
    known = _installed()
    computed = (*known.layers.values(), *known.metrics.values())
    named = (*known.fields.values(), *computed, *known.assumptions.values())
    return {TOKENS: TOKENS_SYMBOL, **{item.name: item.symbol for item in named}}


def _symbol(symbol: str) -> str:
    return f"<math>{mathml_symbol(symbol)}</math>"


def _linked(source: str) -> str:
    return _ID.sub(lambda found: f"[{found[0]}]({_ADDRESS[found[1]]}{found[2]})", source)


def _html(text: str) -> str:
    return f"```{{raw}} html\n{text}\n```"


def _table(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
