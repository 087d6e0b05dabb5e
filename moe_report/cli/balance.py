"""The command ``balance``: where to place experts, and what that evens out and costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moe_report.cli import options
from moe_report.cli.options import PATH, example

if TYPE_CHECKING:
    from moe_report.api.balance import Balance

_COUNT = click.IntRange(1, 1_000_000)
_ENDS = (".json", ".yaml", ".yml")


@click.command(
    epilog=example(
        "moe-report balance counts.json --devices 32 --replicas 288",
        "moe-report balance counts.csv --devices 8 --nodes 2 --groups 4 --replicas 16 -o eplb.json",
        "moe-report balance counts.json --model deepseek-v3 --devices 36 --replicas 288 -o b.yaml",
    )
)
@click.argument("counts", metavar="COUNTS")
@click.option("--devices", type=_COUNT, required=True, metavar="N",
              help="Devices that share the experts of a layer.")  # fmt: skip
@click.option("--nodes", type=_COUNT, default=1, show_default=True, metavar="M",
              help="Nodes that the devices are in.")  # fmt: skip
@click.option("--groups", type=_COUNT, default=1, show_default=True, metavar="G",
              help="Groups of experts, of which each stays on a node.")  # fmt: skip
@click.option("--replicas", type=_COUNT, metavar="R",
              help="Experts on all devices together, copies included; by default as few as can be."
)  # fmt: skip
@click.option("--model", default="", metavar="MODEL",
              help="What the counts are of: a config, a checkpoint, or an example.")  # fmt: skip
@click.option("-o", "--output", type=PATH, metavar="FILE",
              help="Write the placement: .json as SGLang reads it, .yaml as TensorRT-LLM does."
)  # fmt: skip
@click.option("--picture", type=PATH, metavar="FILE.svg",
              help="Draw what each device gets of each layer's tokens, before and after."
)  # fmt: skip
@options.force_changed
def balance(
    counts: str,
    devices: int,
    nodes: int,
    groups: int,
    replicas: int | None,
    model: str,
    output: Path | None,
    picture: Path | None,
    force: bool,
) -> None:
    """Place experts on devices so that they share the tokens in COUNTS evenly.

    COUNTS is .json with logical_count as SGLang records it or expert_load_pass as vLLM does, .pt of
    SGLang's recorder, or a table (.csv, or the sheet Routing of a workbook): a row an expert, with
    layer, expert and tokens, or a row a layer. Of a file of several models, COUNTS:MODEL is one.
    The placement is that of DeepSeek's EPLB.
    """
    from moe_report.api.balance import Asked
    from moe_report.api.balance import balance as balanced
    from moe_report.cli.balance_lines import described
    from moe_report.cli.terminal import echo_notes, say

    if output is not None and output.suffix.lower() not in _ENDS:
        message = f"found {output.name!r}, expected a name that ends in .json or .yaml"
        raise click.BadParameter(message, param_hint="'--output'")
    if picture is not None and picture.suffix.lower() != ".svg":
        message = f"found {picture.name!r}, expected a name that ends in .svg"
        raise click.BadParameter(message, param_hint="'--picture'")
    found = balanced(Asked(counts, devices, nodes, groups, replicas or 0, model))
    notes = list(found.notes)
    if output is not None or picture is not None:
        notes += _write(found, output, picture, force)  # before who reads the lines may stop
    echo_notes(notes, err=True)
    for line in described(found):
        say(line)
    for written in filter(None, (output, picture)):
        say(f"wrote {written}")


def _write(found: Balance, output: Path | None, picture: Path | None, force: bool) -> list[str]:
    from moe_report.api.balance_picture import loads_svg
    from moe_report.api.outputs import Outputs, Ways
    from moe_report.api.places import refuse_folder
    from moe_report.output import standing
    from moe_report.output.content import whole
    from moe_report.routing.placement_files import is_placement, sglang_json, tensorrt_llm_yaml

    contents: dict[Path, bytes] = {}
    if picture is not None:
        refuse_folder(picture, "loads.svg")
        contents[picture] = loads_svg(found)
    if output is not None:
        refuse_folder(output, "placement.json")
        json = output.suffix.lower() == ".json"
        placement = found.placement
        contents[output] = (
            sglang_json(placement, found.layers) if json else tensorrt_llm_yaml(placement)
        )
    there = standing([*contents])
    placements = [] if output is None else [output]  # which have no place for a mark of ours
    ours = [path for path in placements if is_placement(whole(there[path] or b""))]
    ways = Ways("or give another name")
    return Outputs(contents, ways, force, there, renewed=ours, theirs=placements).write()
