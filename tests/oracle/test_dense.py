"""Models without experts, which ``--allow-dense`` takes, against the models of transformers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from moe_report.importers.adapter import REQUIRED
from moe_report.importers.architectures.dense import DENSE
from moe_report_metrics.flops_savings import attended_tokens, attention_core_flops, linear_flops
from moe_report_metrics.parameter_ledger import active_params, total_params
from tests.oracle.families import COMPONENTS, TOKENS, Family, forward, real, saved
from tests.oracle.varied_plain import flip, head_dim, kinds, shape, width, window
from tests.rows import row_from_config

SEEDS = range(10)
RUNS = range(3)
# No field describes the biases of an FFN: they are other parameters.
PLACES = (("norms and other", r"\.mlp\.\w+\.bias"), ("dense FFN", r"shared_mlp"))
# The state of a recurrence has its own test, with the Mixture-of-Experts of the same name.
RECURRENT = {"granitemoehybrid"}
Vary = Callable[[Random], dict[str, Any]]


def _dense(r: Random) -> dict[str, Any]:
    return shape(r) | head_dim(r) | {"intermediate_size": width(r)}


def _biases(*keys: str) -> Vary:
    return lambda r: _dense(r) | {key: flip(r) for key in keys}


def _window(r: Random) -> dict[str, Any]:
    return _dense(r) | {"sliding_window": window(r) if flip(r) else None}


def _listed(*more: str, pattern: str = "", always: bool = False) -> Vary:
    """Some layers with a window: by a list, or by the architecture's rule."""

    def vary(r: Random) -> dict[str, Any]:
        sizes = _dense(r) | {key: flip(r) for key in more}
        layers = sizes["num_hidden_layers"]
        sizes["sliding_window"] = window(r) if always or flip(r) else None
        if flip(r):
            sizes["layer_types"] = kinds(r, layers, "sliding_attention", "full_attention")
        elif pattern and flip(r):
            sizes[pattern] = r.randint(2, 4)
        return sizes

    return vary


def _qwen(r: Random) -> dict[str, Any]:
    return _dense(r) | {
        "use_sliding_window": flip(r),
        "sliding_window": window(r),
        "max_window_layers": r.randint(0, 6),
    }


def _qwen3(r: Random) -> dict[str, Any]:
    return _qwen(r) | {"attention_bias": flip(r)}


def _smollm(r: Random) -> dict[str, Any]:
    sizes = _dense(r) | {"attention_bias": flip(r), "mlp_bias": flip(r)}
    ropes = [r.randint(0, 1) for _ in range(sizes["num_hidden_layers"])]
    return sizes | {
        "use_sliding_window": flip(r),
        "sliding_window": window(r),
        "no_rope_layers": ropes if flip(r) else None,
        "no_rope_layer_interval": r.randint(1, 4),
    }


def _without_experts(r: Random) -> dict[str, Any]:
    return _dense(r) | {"num_experts": 0, "moe_intermediate_size": 8, "use_sliding_window": False}


def _granite_hybrid(r: Random) -> dict[str, Any]:
    sizes = _dense(r)
    del sizes["intermediate_size"]
    sizes.pop("head_dim", None)
    return sizes | {
        "num_local_experts": 0,
        "num_experts_per_tok": 0,
        "shared_intermediate_size": width(r),
        "layer_types": kinds(r, sizes["num_hidden_layers"], "full_attention", "linear_attention"),
        "mamba_n_heads": 4,
        "mamba_d_head": sizes["hidden_size"] // 2,
        "mamba_d_state": 8,
        "mamba_n_groups": 1,
    }


VARIED: dict[str, Vary] = {
    "llama": _biases("attention_bias", "mlp_bias"),
    "mistral": _window,
    "ministral": lambda r: _listed(always=True)(r) | {"head_dim": r.choice([8, 12])},
    "qwen2": _qwen,
    "qwen3": _qwen3,
    "gemma": _biases("attention_bias"),
    "gemma2": _listed("attention_bias", always=True),
    "gemma3_text": _listed("attention_bias", pattern="sliding_window_pattern", always=True),
    "granite": _biases("attention_bias", "mlp_bias"),
    "phi3": _window,
    "olmo2": _biases("attention_bias"),
    "olmo3": _listed("attention_bias", always=True),
    "cohere": _biases("attention_bias", "use_qk_norm"),
    "cohere2": _listed("attention_bias", pattern="sliding_window_pattern", always=True),
    "exaone4": _listed(pattern="sliding_window_pattern", always=True),
    "glm": _biases("attention_bias"),
    "glm4": _biases("attention_bias"),
    "seed_oss": _biases("attention_bias", "attention_out_bias", "mlp_bias"),
    "smollm3": _smollm,
    "starcoder2": lambda r: _window(r) | {"use_bias": flip(r)},
    "nemotron": _biases("attention_bias", "mlp_bias"),
    "arcee": _biases("attention_bias", "mlp_bias"),
    "qwen2_moe": _without_experts,
    "qwen3_moe": _without_experts,
    "granitemoehybrid": _granite_hybrid,
}
# Changes to a configuration class's own sizes, which else are no model without experts.
DEFAULTS: dict[str, dict[str, Any]] = {
    "ministral": {"head_dim": 128},  # without one, transformers cannot build it
    "nemotron": {"num_key_value_heads": 48},
    "qwen2_moe": {"num_experts": 0},
    "qwen3_moe": {"num_experts": 0},
    "granitemoehybrid": {"num_local_experts": 0},
}
STATE_SPACE = (("attention", r"\.mamba\."),)


def _family(model_type: str) -> Family:
    return Family(
        model_type, VARIED[model_type], DEFAULTS.get(model_type, {}), places=STATE_SPACE + PLACES
    )


def check(family: Family, config: dict[str, Any]) -> None:
    """Assert that the total, the active parameters and every component are transformers'."""
    truth = real(family, config)
    total = truth.components.total()
    expected = dict.fromkeys(COMPONENTS, 0) | truth.components | {"total": total, "active": total}
    for written in (config, saved(family.load(config))):
        row = row_from_config(written, where="config.json", allow_dense=True)
        numbers = row.numbers
        assert numbers["num_experts"] == numbers["num_experts_per_tok"] == 1
        assert numbers["num_moe_layers"] == 0
        found = {name: metric.of(**numbers) for name, metric in COMPONENTS.items()}
        found |= {"total": total_params.of(**numbers), "active": active_params.of(**numbers)}
        assert found == expected, written


def test_every_dense_architecture_is_checked() -> None:
    """Whatever ``--allow-dense`` takes is compared here."""
    assert set(VARIED) == set(DENSE)


@pytest.mark.parametrize("model_type", DENSE)
def test_defaults_are_counted_exactly(model_type: str) -> None:
    """The configuration class's own sizes: every component, zero off."""
    family = _family(model_type)
    check(family, family.defaults())


@pytest.mark.parametrize("model_type", DENSE)
def test_what_is_left_out_has_the_same_default(model_type: str) -> None:
    """A config of nothing but what is needed is read as transformers reads it."""
    family = _family(model_type)
    config = family.defaults()
    needed = {
        spelling
        for spellings, key in DENSE[model_type].keys.items()
        if key.default is REQUIRED
        for spelling in spellings.split("|")
    }
    bare = {key: value for key, value in config.items() if key in needed | {"model_type"}}
    check(family, bare | DEFAULTS.get(model_type, {}))


@pytest.mark.parametrize("model_type", DENSE)
def test_random_configs_are_counted_exactly(model_type: str) -> None:
    """Ten small configs that differ in whatever the architecture lets differ."""
    family = _family(model_type)
    for seed in SEEDS:
        check(family, family.varied(seed))


@pytest.mark.parametrize("model_type", [name for name in DENSE if name not in RECURRENT])
def test_forward_passes_cost_what_the_formulas_say(model_type: str) -> None:
    """Products are counted, and attention weights looked at, while small models run."""
    family = _family(model_type)
    text = {"context_length": TOKENS, "causal": 0}
    for seed in RUNS:
        config = family.varied(seed)
        truth = forward(family, config)
        numbers = row_from_config(config, where="config.json", allow_dense=True).numbers
        assert TOKENS * linear_flops.of(**numbers) == truth.linear, config
        unmasked = numbers | {"num_sliding_window_layers": 0}
        assert TOKENS * attention_core_flops.of(**unmasked, **text) == truth.core, config
        assert attended_tokens.of(**numbers, **text) == truth.attended, config


LAYERS = {
    "qwen3_moe": {"mlp_only_layers": [0, 1, 2]},
    "deepseek_v3": {"first_k_dense_replace": 3},
}


@pytest.mark.parametrize("model_type", LAYERS)
def test_experts_in_none_of_the_layers_are_no_experts(model_type: str) -> None:
    """A Mixture-of-Experts architecture all of whose layers are dense is a dense model."""
    compressed = (("norms and other", r"_a_proj\w*\.bias"),)
    family = Family(model_type, lambda _: {}, places=compressed)
    config = family.defaults() | {
        "num_hidden_layers": 3, "hidden_size": 64, "vocab_size": 100, **LAYERS[model_type],
    }  # fmt: skip
    config = {key: value for key, value in config.items() if key != "mlp_layer_types"}
    check(family, config)
