"""How an architecture is held against transformers: parameters, active ones, FLOPs, windows.

A module ``varied_…`` of this package lists ``FAMILIES``; ``test_families`` finds them, and checks
every one of them. Adding a family is a function that varies its config.
"""

from __future__ import annotations

import importlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

from moe_report.importers.adapter import REQUIRED
from moe_report.importers.architectures import ADAPTERS
from moe_report_metrics.flops_savings import (
    attended_tokens,
    attention_core_flops,
    linear_flops,
    routed_expert_flops,
)
from moe_report_metrics.parameter_ledger import (
    active_params,
    active_params_no_embedding,
    attention_params,
    dense_ffn_params,
    embedding_params,
    norm_and_other_params,
    routed_expert_params,
    router_params,
    shared_expert_params,
    total_params,
    unembedding_params,
)
from tests.oracle.census import component, torch, transformers
from tests.rows import row_from_config

COMPONENTS = {
    "attention": attention_params,
    "routed experts": routed_expert_params,
    "shared experts": shared_expert_params,
    "router": router_params,
    "embedding": embedding_params,
    "unembedding": unembedding_params,
    "dense FFN": dense_ffn_params,
    "norms and other": norm_and_other_params,
}
TOKENS = 48
ONE_OF_TWO = ("layers_block_type",)  # needed if another key is not there
torch.set_num_threads(1)  # the models are tiny: more threads only wait for each other


@dataclass(frozen=True)
class Family:
    """An architecture and how to vary it.

    Attributes:
        model_type: As in ``config.json``.
        vary: Gives a small valid config, without ``model_type``, from a seeded generator.
        default: Changes to the defaults of the configuration class, where those give no MoE or
            take torch too long.
        head: The class of transformers that has the language model's head.
        outside: Parameters that are not of the language model: a pattern of their names.
        places: Components by patterns of names, before those of all architectures.
        top_k: Where the loaded config says how many experts a token is sent to; empty for one.
        experts: Where it says how many there are, where no parameter has an axis for them.
        attention: Modules of softmax attention: a pattern of their names.
        text: The module within the model that takes a text; empty for the model itself.
        all_experts_run: Whether the model computes every expert for every token, and then drops
            what was not asked for. The formulas count what was.
        linear: Whether the FLOPs of linear layers are compared.
        core: Whether those of the attention core are; if not, they may be missing, never wrong.
        windows: Whether the tokens attended to are: how many layers have a window, and which.
        why: Why something is not compared.
    """

    model_type: str
    vary: Callable[[Random], dict[str, Any]]
    default: dict[str, Any] = field(default_factory=dict)
    head: str = "AutoModelForCausalLM"
    outside: str = "$^"
    places: tuple[tuple[str, str], ...] = ()
    top_k: str = "num_experts_per_tok"
    experts: str = ""
    attention: str = r"\.(self_attn|attn)$"
    text: str = ""
    all_experts_run: bool = False
    linear: bool = True
    core: bool = True
    windows: bool = True
    why: str = ""

    def varied(self, seed: int) -> dict[str, Any]:
        """The config that a seed gives."""
        values = self.vary(Random(f"{self.model_type} {seed}"))
        return {"model_type": self.model_type} | values

    def defaults(self) -> dict[str, Any]:
        """The config of the configuration class itself, as transformers saves it."""
        changes = json.loads(json.dumps(self.default))
        return saved(transformers.AutoConfig.for_model(self.model_type, **changes))

    def bare(self) -> dict[str, Any]:
        """The config class's own sizes again, but only those that the adapter cannot do without.

        What is left out then has the adapter's default here and the class's there.
        """
        adapter, config = ADAPTERS[self.model_type], self.defaults()
        prefix = f"{adapter.section}." if adapter.section else ""
        bare: dict[str, Any] = json.loads(json.dumps(self.default))
        paths = ["model_type", "text_config.model_type", *ONE_OF_TWO]
        for spellings, key in adapter.keys.items():
            if key.default is REQUIRED:
                paths += [prefix + spelling for spelling in spellings.split("|")]
        for path in paths:
            *parts, last = path.split(".")
            there, here = config, bare
            for part in parts:
                there = there.get(part, {})
                here = here.setdefault(part, {}) if there else here
            if last in there:
                here.setdefault(last, there[last])
        return bare

    def load(self, config: dict[str, Any]) -> Any:
        """The config as transformers reads it."""
        return transformers.AutoConfig.for_model(**json.loads(json.dumps(config)))

    def build(self, loaded: Any) -> Any:
        """The model that transformers builds, every product of it a plain one."""
        make = getattr(transformers, self.head)
        how = {"attn_implementation": "eager", "experts_implementation": "eager"}
        if self.head.startswith("Auto"):
            return make.from_config(loaded, **how)
        return make._from_config(loaded, **how)


def saved(loaded: Any) -> dict[str, Any]:
    """A loaded config as transformers writes it to ``config.json``, and reads it again."""

    def plain(part: dict[str, Any]) -> Any:
        return float(part["__float__"]) if part.keys() == {"__float__"} else part

    written: dict[str, Any] = json.loads(loaded.to_json_string(), object_hook=plain)
    return written


@dataclass(frozen=True)
class Real:
    """What there is in a model of transformers.

    Attributes:
        components: Parameters by component.
        active: What a token can touch.
        tied: Whether no matrix is the output head's own.
    """

    components: Counter[str]
    active: int
    tied: bool = False


def real(family: Family, config: dict[str, Any]) -> Real:
    """Count the parameters of the model that transformers builds, on torch's meta device."""
    loaded = family.load(config)
    with torch.device("meta"):
        model = family.build(loaded)
    text = loaded.get_text_config()
    components: Counter[str] = Counter()
    unvisited, tied = Fraction(0), True
    for name, parameter in model.named_parameters():
        if re.search(family.outside, name):
            continue
        place = component(name, family.places)
        components[place] += parameter.numel()
        tied &= place != "unembedding" or parameter.dim() < 2
        if place == "routed experts":
            experts = attrgetter(family.experts)(text) if family.experts else parameter.shape[0]
            visited = attrgetter(family.top_k)(text) if family.top_k else 1
            if isinstance(visited, list):
                (visited,) = set(visited)
            unvisited += Fraction(parameter.numel() * (experts - visited), experts)
    assert unvisited.denominator == 1
    return Real(components, components.total() - int(unvisited), tied)


def check_parameters(family: Family, config: dict[str, Any]) -> None:
    """Assert that total, active and every component are those of transformers.

    The config is read as written, and as transformers saves it.
    """
    truth = real(family, config)
    total, embedding = truth.components.total(), truth.components["embedding"]
    expected = dict.fromkeys(COMPONENTS, 0) | truth.components | {
        "total": total,
        "active": truth.active,
        "active, no embedding": truth.active - (0 if truth.tied else embedding),
    }  # fmt: skip
    for written in (config, saved(family.load(config))):
        numbers = row_from_config(written, where="config.json").numbers
        found = {name: metric.of(**numbers) for name, metric in COMPONENTS.items()}
        found["total"] = total_params.of(**numbers)
        found["active"] = active_params.of(**numbers)
        found["active, no embedding"] = active_params_no_embedding.of(**numbers)
        assert found == expected, written


@dataclass(frozen=True)
class Forward:
    """What a forward pass of ``TOKENS`` tokens took, and what its last token attended to."""

    linear: int
    core: int
    attended: int


def forward(family: Family, config: dict[str, Any]) -> Forward:
    """Run a real model and count.

    Eager attention computes the whole square of queries and keys and masks it, so its FLOPs are
    those of attention to all tokens. What the masks leave is read from the attention weights.
    """
    from torch.utils.flop_counter import FlopCounterMode

    torch.manual_seed(0)
    loaded = family.load(config)
    model = family.build(loaded).eval().requires_grad_(False)
    model = model.get_submodule(family.text)
    tokens = torch.randint(5, loaded.get_text_config().vocab_size, (1, TOKENS))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        given = model(tokens, use_cache=False, output_attentions=family.windows)
    core = sum(
        flops
        for module, counts in counter.get_flop_counts().items()
        for operation, flops in counts.items()
        if re.search(family.attention, module) and "bmm" in str(operation)
    )
    attended = 0
    for weights in (given.attentions or ()) if family.windows else ():
        attended += int((weights[0, :, -1] > 0).sum(-1).max())
    return Forward(counter.get_total_flops() - core, core, attended)


def check_flops(family: Family, config: dict[str, Any]) -> None:
    """Assert that the formulas give the FLOPs and the attended tokens of a real forward pass."""
    truth = forward(family, config)
    numbers = row_from_config(config, where="config.json").numbers
    text = {"context_length": TOKENS, "causal": 0}
    if family.linear:
        linear = linear_flops.of(**numbers)
        if family.all_experts_run:
            every = numbers | {"num_experts_per_tok": numbers["num_experts"]}
            linear += routed_expert_flops.of(**every) - routed_expert_flops.of(**numbers)
        assert TOKENS * linear == truth.linear, config
    unmasked = {"num_sliding_window_layers": 0, "num_chunked_attention_layers": 0}
    said = attention_core_flops.of(**numbers, **text)  # missing where no field has what is selected
    if family.core or (family.linear and not (said is None or math.isnan(said))):
        core = attention_core_flops.of(**numbers | unmasked, **text)
        assert TOKENS * core == truth.core, config
    if family.windows:
        assert attended_tokens.of(**numbers, **text) == truth.attended, config


def all_families() -> Iterator[Family]:
    """Every family that a ``varied_`` module of this package lists."""
    package = Path(__file__).parent
    for path in sorted(package.glob("varied_*.py")):
        module = importlib.import_module(f"tests.oracle.{path.stem}")
        yield from getattr(module, "FAMILIES", ())
