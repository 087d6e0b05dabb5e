"""Configs of Mixture-of-Experts models as their publishers have them, and what is known of each.

``data/published`` holds them, a file an architecture, a line a model, and ``models.tsv`` beside
them; its README says what the columns are.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "published"
NOT_KNOWN = "-"


@dataclass(frozen=True)
class Published:
    """A published model.

    Attributes:
        name: Of the publisher's repository.
        config: Its ``config.json``.
        total: Parameters, verified against what ``against`` names; none if the config is refused.
        active: Those that a token can touch.
        total_figure: The total as its publisher gives it, in billions; empty if not compared.
        active_figure: Likewise the active parameters.
        active_counts: What the publisher's active parameters count: ``all`` of them, those with
            ``no embedding`` of what is read, or with ``neither embedding``.
        against: What the numbers were held against.
        refused: What the refusal says, where refusing is right.
    """

    name: str
    config: dict[str, Any]
    total: int | None
    active: int | None
    total_figure: str
    active_figure: str
    active_counts: str
    against: str
    refused: str


def near(number: float, figure: str) -> bool:
    """Whether a number is within one unit of the last digit of a figure in billions.

    Publishers cut digits off as often as they round.
    """
    unit = Decimal(1).scaleb(int(Decimal(figure).as_tuple().exponent))
    return abs(Decimal(number) / 10**9 - Decimal(figure)) < unit


def _configs() -> dict[str, dict[str, Any]]:
    files = [file.read_text("utf-8") for file in sorted(FOLDER.glob("*.jsonl"))]
    models = [json.loads(line) for text in files for line in text.splitlines()]
    configs = {model["name"]: model["config"] for model in models}
    assert len(configs) == len(models), "a model stands there twice"
    return configs


def _known(text: str) -> str:
    return "" if text == NOT_KNOWN else text


def _models() -> tuple[Published, ...]:
    configs = _configs()
    with (FOLDER / "models.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["name"] for row in rows] == sorted(configs), "each config has its row, in order"
    return tuple(
        Published(
            name=row["name"],
            config=configs[row["name"]],
            total=int(row["total"]) if _known(row["total"]) else None,
            active=int(row["active"]) if _known(row["active"]) else None,
            total_figure=_known(row["published total (B)"]),
            active_figure=_known(row["published active (B)"]),
            active_counts=_known(row["active counts"]),
            against=row["held against"],
            refused=_known(row["rightly refused"]),
        )
        for row in rows
    )


MODELS = _models()
READ = tuple(model for model in MODELS if not model.refused)
