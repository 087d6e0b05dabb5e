"""Count the tokens that each expert of a transformers model gets, and write them as JSON.

    python plugins/record_routing.py ./checkpoint-folder prompts.txt -o counts.json
    moe-report run ./checkpoint-folder --routing counts.json

Each line of the prompts goes through the model by itself, so that no padding is counted. Needs
torch and transformers. In a program of one's own :func:`recording` does the same::

    with recording(model) as counts:
        model(**inputs)
    Path("counts.json").write_text(as_json(counts))
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

Counts = dict[int, Any]  # by layer a tensor with a number an expert
_EXPERTS = "experts"  # what transformers calls the module that is given tokens and their experts
_NUMBER = re.compile(r"\.(\d+)\.")


@contextmanager
def recording(model: Any) -> Iterator[Counts]:
    """Count, as long as the block runs, the tokens of each expert by layer.

    Args:
        model: One of transformers, whose routers say which experts a token goes to.

    Yields:
        Of each layer with experts a tensor with a number an expert, which grows.

    Raises:
        ValueError: The model has no experts, does not say which of them a token is sent to, or had
            no tokens.
    """
    import torch

    found = [
        (name, module)
        for name, module in model.named_modules()
        if name.rpartition(".")[2] == _EXPERTS
    ]
    if not found:
        raise ValueError(f"{type(model).__name__} has no module that is called {_EXPERTS}")
    counts: Counts = {}
    hooks = []
    for name, module in found:
        layer = int(number[1]) if (number := _NUMBER.search(name)) else len(counts)
        if layer in counts:
            raise ValueError(f"{name} is a second module of experts in layer {layer}")
        counts[layer] = torch.zeros(_experts_of(module, model), dtype=torch.int64)
        hook = _counting(counts[layer], name)
        hooks.append(module.register_forward_pre_hook(hook, with_kwargs=True))
    try:
        yield counts
    finally:
        for one in hooks:
            one.remove()
    if idle := [layer for layer, tokens in counts.items() if not tokens.any()]:
        raise ValueError(f"no tokens were seen in layers {idle}: their experts are not called")


def as_json(counts: Counts) -> str:
    """Return counts as JSON that ``moe-report`` reads: a list a layer, dense ones with zeros."""
    experts = max(map(len, counts.values()))
    rows = [
        counts[layer].tolist() if layer in counts else [0] * experts
        for layer in range(max(counts) + 1)
    ]
    return json.dumps({"logical_count": rows})


def _experts_of(module: Any, model: Any) -> int:
    """How many experts a module has."""
    config = model.config.get_text_config()
    known = (getattr(of, name, None) for of in (module, config)
             for name in ("num_experts", "num_local_experts", "n_routed_experts"))  # fmt: skip
    return next(int(number) for number in known if number)


def _counting(counts: Any, name: str) -> Any:
    """A hook that counts the experts that tokens are sent to."""
    import torch

    def hook(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for given in (*args, *kwargs.values()):
            if isinstance(given, torch.Tensor) and not given.is_floating_point():
                seen = torch.bincount(given.flatten().cpu(), minlength=len(counts))
                if len(seen) > len(counts):
                    raise ValueError(f"{name} has {len(counts)} experts, and is told of more")
                counts.add_(seen)
                return
        raise ValueError(f"{name} is not told which experts its tokens are sent to")

    return hook


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.argument("prompts", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("counts.json"))
def main(folder: Path, prompts: Path, output: Path) -> None:
    """Count the tokens of PROMPTS, a text a line, in the model of FOLDER."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto").eval()
    texts = [line for line in prompts.read_text("utf-8").splitlines() if line.strip()]
    with recording(model) as counts, torch.no_grad():
        for text in texts:
            model(**tokenizer(text, return_tensors="pt"))
    output.write_text(as_json(counts), "utf-8")
    click.echo(f"{len(texts)} texts through {len(counts)} layers with experts; wrote {output}")


if __name__ == "__main__":
    main()
