"""A section of somebody else's, with charts, as a file."""

from __future__ import annotations

from pathlib import Path

_HEAD = '''"""Depth.

How deep models are.
"""

from moe_report import Model, bars, lines, metric, scatter, stack
{imports}
said = {{"source": "a convention of these tests"}}


@metric(symbol="D", unit="layers", headline=True, **said)
def depth(m: Model) -> float:
    """Layers."""
    return m.num_hidden_layers


@metric(symbol="Λ", unit="layers", **said)
def loss(m: Model) -> float:
    """Layers beyond twenty, which may be negative."""
    return m.num_hidden_layers - 20


'''
_BUILT_IN = "from moe_report_metrics.parameter_ledger import total_params\n"

FOUR_KINDS = """
from moe_report.wording import span


def _title(rows):
    return f"Models have {span(*(f'{pick(rows[depth]):g}' for pick in (min, max)))} layers"


rows = bars("depth", (depth, loss), title=_title, labels=("all", "beyond 20"), axis="layers",
            colors=("sky", "black"), caption="What is beyond twenty may be less than none.",
            log=False, headline=True)
heads = stack("heads", {"query": ("num_attention_heads", "num_key_value_heads"),
                        "shared": ("num_key_value_heads", "num_key_value_heads")},
              title="Heads", labels=("query", "key"), colors=("green", "orange"))
spread = scatter("spread", depth, "hidden_size", title="Deep models are wide", log=False,
                 guides={"128 a layer": 128, "64": 64}, colors=("orange",), headline=2)
deep = scatter("deep", "hidden_size", loss, title="Some are deeper", log=True)
along = lines("along", "hidden_size", (depth, loss), title="Wide models are deep",
              labels=("layers", "beyond 20"), axis="layers")
"""


def section_of(folder: Path, charts: str, *, alone: bool = False) -> Path:
    """Write a section with some charts; alone, it needs no other."""
    folder.mkdir(exist_ok=True)
    file = folder / "foreign.py"
    file.write_text(_HEAD.format(imports="" if alone else _BUILT_IN) + charts, "utf-8")
    return file
