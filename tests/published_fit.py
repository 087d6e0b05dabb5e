"""What vendors and engines publish of the devices that models need, beside what is computed here.

``python -m tests.published_fit`` writes what the page says of it, below the page's mark.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import moe_report
from tests.published_models import MODELS as CONFIGS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "guides" / "published-fit.md"
MARK = "<!-- below: python -m tests.published_fit -->\n"
CONTEXT = 32_768  # where the source names no length
NODE = 8
_FACTS = tomllib.loads((ROOT / "tests" / "data" / "published_fit.toml").read_text("utf-8"))
_CONFIGS = {model.name: model.config for model in CONFIGS}
_HEADS = (
    "Model", "Weights as published", "Devices as published", "Tokens", "Weights, GB",
    "Devices by memory", "Devices needed", "Longest context",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What a source publishes; ``tests/data/published_fit.toml`` says what is what."""

    name: str
    config: str
    source: str
    says: str
    precision: str
    devices: int
    expected: str
    preset: str = "as published"
    device: str = ""
    memory_gib: int = 0
    context: int = 0
    further: bool = False
    size_gb: float = 0
    cache_gb_per_million: float = 0
    cache_tokens: int = 0
    why: str = ""

    @property
    def arrangement(self) -> str:
        """The devices as the page writes them."""
        return f"{self.devices} × {self.device or f'{self.memory_gib} GiB'}"


@dataclass(frozen=True)
class Ours:
    """What is computed of a row; missing where an input is."""

    weight_bytes: float | None
    bytes_per_token: float | None
    by_memory: float | None
    needed: float | None
    longest: float | None


def _row(model: dict[str, Any], row: dict[str, Any]) -> Row:
    return Row(**{"name": model["name"], "config": model["config"], **row})


ROWS = tuple(_row(model, row) for model in _FACTS["models"] for row in model["rows"])


@cache
def ours(row: Row) -> Ours:
    """Compute a row for its device by default assumptions, on as many devices as it names."""
    group = min(row.devices, NODE)
    device: dict[str, float | str] = (
        {"device": row.device} if row.device else {"device_memory": row.memory_gib * 2**30}
    )
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(json.dumps(_CONFIGS[row.config]), "utf-8")
        model = moe_report.report(
            config,
            precision=row.preset,
            context_length=row.context or CONTEXT,
            tensor_parallel=group,
            pipeline_parallel=row.devices // group,
            **device,
        )[0]
    names = "weight_bytes kv_bytes_per_token devices_by_memory devices_needed fitting_context"
    return Ours(*(getattr(model, name) for name in names.split()))


def compared(row: Row) -> str:
    """Whether as many devices are needed as are published: same, fewer, more or unknown."""
    needed = ours(row).needed
    if needed is None:
        return "unknown"
    return "same" if needed == row.devices else "fewer" if needed < row.devices else "more"


def computed_part() -> str:
    """Return what the page says below its mark."""
    main = [row for row in ROWS if not row.further]
    further = [row for row in ROWS if row.further]
    parts = [_summary(), "", _table(main), "", "## On other devices", ""]
    parts += [_table(further), "", "## What is published", ""]
    parts += [_note(model) for model in _FACTS["models"]]
    return "\n".join(parts) + "\n"


def _summary() -> str:
    found = [compared(row) for row in ROWS]
    counts = {word: found.count(word) for word in ("same", "fewer", "more", "unknown")}
    models = len({row.name for row in ROWS})
    text = (
        f"Of {len(ROWS)} published arrangements of {models} models, moe-report needs the same "
        f"number of devices in {counts['same']}, fewer in {counts['fewer']} and more in "
        f"{counts['more']}"
    )
    return text + (f"; {counts['unknown']} cannot be computed." if counts["unknown"] else ".")


def _table(rows: list[Row]) -> str:
    lines = ["| " + " | ".join(_HEADS) + " |", "|---|---|---|" + "--:|" * 5]
    named = ""
    for row in rows:
        computed = ours(row)
        needed = _whole(computed.needed)
        cells = (
            "" if row.name == named else row.name,
            row.precision,
            row.arrangement,
            f"{row.context:,}" if row.context else f"({CONTEXT:,})",
            _gigabytes(computed.weight_bytes),
            _whole(computed.by_memory),
            needed if compared(row) in ("same", "unknown") else f"**{needed}**",
            _tokens(computed.longest),
        )
        named = row.name
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _gigabytes(number: float | None) -> str:
    if number is None:
        return "–"
    return f"{number / 1e9:,.0f}" if number >= 99.95e9 else f"{number / 1e9:.1f}"


def _whole(number: float | None) -> str:
    return "–" if number is None else f"{number:.0f}"


def _tokens(number: float | None) -> str:
    if not number:
        return "–" if number is None else "0"
    return f"{number / 1e6:.2f} M" if number >= 999_500 else f"{number / 1e3:.3g} k"


def _note(model: dict[str, Any]) -> str:
    """A model's sources with their words, why numbers differ, and what else there is to say."""
    rows = [_row(model, row) for row in model["rows"]]
    said: dict[str, list[str]] = {}
    for row in (row for row in rows if not row.further):
        quotes = said.setdefault(row.source, [])
        if row.says not in quotes:
            quotes.append(row.says)
    sentences = [f"{_link(source)}: {_quoted(quotes)}." for source, quotes in said.items()]
    sentences += dict.fromkeys(row.why for row in rows if row.why)
    sentences += [model["note"]] if "note" in model else []
    return f"- **{model['name']}.** {' '.join(sentences)}"


def _quoted(quotes: list[str]) -> str:
    return "; ".join(f"“{quote.rstrip('.')}”".replace(" | ", ", ") for quote in quotes)


def _link(source: str) -> str:
    name, _, file = source.partition(" ")
    who, address = _FACTS["sources"][name]
    return f"[{who}]({address}{'/' * bool(file)}{file})"


def main() -> None:
    """Write the computed part of the page."""
    above, mark, _ = PAGE.read_text("utf-8").partition(MARK)
    assert mark, f"{PAGE} has no line {MARK!r}"
    PAGE.write_text(f"{above}{MARK}\n{computed_part()}", "utf-8")


if __name__ == "__main__":
    main()
