"""The command ``balance``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from moe_report.load.examples import example_models
from moe_report.schema.registry import installed
from moe_report_metrics.weight_memory import routed_expert_weight_bytes
from tests.commands import run
from tests.routing.test_counts import WIDE, put
from tests.routing.test_placement import PLACED, TOKENS

ASKED = ("--devices", 8, "--nodes", 2, "--groups", 4, "--replicas", 16)


def test_the_example_of_eplb_is_written(tmp_path: Path) -> None:
    """As SGLang and TensorRT-LLM read it, by the name's ending; and what it evens out is said."""
    counts = put(tmp_path, "counts.csv", WIDE)
    for name in ("eplb.json", "eplb.yaml"):
        result = run("balance", counts, *ASKED, "-o", tmp_path / name)
        assert result.exit_code == 0, result.output
    assert "devices, as placed      1.225" in " ".join(result.output.split("\n"))
    assert "coefficient of variation 0.6367, normalised entropy 0.9100" in result.output
    written = json.loads((tmp_path / "eplb.json").read_text("utf-8"))
    assert written == {"physical_to_logical_map": PLACED}
    assert f"  1: {PLACED[1]}" in (tmp_path / "eplb.yaml").read_text("utf-8")


def test_the_placement_is_written_whoever_reads_the_lines(tmp_path: Path) -> None:
    """Who stops reading them, as head does, has the file all the same."""
    counts = put(tmp_path, "counts.csv", WIDE)
    command = [sys.executable, "-m", "moe_report", "balance", counts, *map(str, ASKED)]
    with subprocess.Popen([*command, "-o", tmp_path / "eplb.json"], stdout=subprocess.PIPE) as one:
        assert one.stdout is not None
        one.stdout.close()
    assert json.loads((tmp_path / "eplb.json").read_text("utf-8"))


def test_replicas_cost_memory(tmp_path: Path) -> None:
    """Of each copied expert its weights in every layer, as the model has them."""
    (row,) = (one for one in example_models(installed()) if one.name == "Qwen3-30B-A3B")
    numbers = {name: one.value for name, one in row.numbers.items()}
    layers = [[expert + 1 for expert in range(128)]] * 48
    counts = put(tmp_path, "counts.json", layers)
    asked = ("--devices", 8, "--replicas", 160, "--model", "qwen3-30b-a3b")
    result = run("balance", counts, *asked)
    assert result.exit_code == 0, result.output
    (line,) = (line for line in result.output.splitlines() if "as asked" in line)
    expected = routed_expert_weight_bytes.of(**numbers) * 32 / 128 / 8 / 2**30
    assert float(line.split()[-4]) == pytest.approx(expected, rel=5e-3)


def test_counts_of_another_model_are_refused(tmp_path: Path) -> None:
    """By their experts and layers."""
    counts = put(tmp_path, "counts.json", TOKENS)
    result = run("balance", counts, "--devices", 4, "--model", "qwen3-30b-a3b")
    assert result.exit_code == 1
    assert "counts are of 12 experts, the model has 128" in result.output
    assert "counts are missing of layers 2, 3, 4" in result.output


def test_an_earlier_placement_is_replaced(tmp_path: Path) -> None:
    """It is ours to write again, whatever was asked before; of the layers none is left out."""
    counts = put(tmp_path, "counts.json", [[0] * 12, *TOKENS, [0] * 12])
    for name in ("eplb.json", "eplb.yaml"):
        for devices in (4, 6):
            result = run("balance", counts, "--devices", devices, "-o", tmp_path / name)
            assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "eplb.json").read_text("utf-8"))
    assert len(written["physical_to_logical_map"]) == 4


def test_a_file_of_another_is_not_overwritten(tmp_path: Path) -> None:
    """Only with --force."""
    counts = put(tmp_path, "counts.json", TOKENS)
    put(tmp_path, "mine.json", {"mine": 1})
    result = run("balance", counts, *ASKED, "-o", tmp_path / "mine.json")
    assert result.exit_code == 1
    assert "mine" in (tmp_path / "mine.json").read_text("utf-8")
    result = run("balance", counts, *ASKED, "-o", tmp_path / "mine.json", "--force")
    assert result.exit_code == 0


def test_devices_before_and_after_are_drawn(tmp_path: Path) -> None:
    """In one picture, of one scale; what somebody has changed of it stays."""
    counts = put(tmp_path, "counts.json", [[8, 8, 1, 1], [4, 4, 4, 4]])
    drawn = tmp_path / "loads.svg"
    asked = ("balance", counts, "--devices", 2, "--picture", drawn)
    assert run(*asked).exit_code == 0
    root = etree.fromstring(drawn.read_bytes())
    texts = [one.text or "" for one in root.iter("{*}text")]
    assert texts[1] == "busiest device 1.389× the mean, in the worst layer 1.778×"
    assert texts[3] == "busiest device 1.000× the mean, in the worst layer 1.000×"
    assert len(list(root.iter("{*}image"))) == 2
    assert run(*asked).exit_code == 0
    drawn.write_bytes(drawn.read_bytes() + b"<!-- mine -->")
    assert "was changed since moe-report wrote it" in run(*asked).output
    assert "ends in .svg" in run(*asked[:-1], "loads.png").output
