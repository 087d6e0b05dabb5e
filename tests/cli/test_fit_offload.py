"""What ``moe-report fit`` says of experts in the memory of the CPU."""

from __future__ import annotations

import json

from tests.cli.test_fit import H100, fit


def test_layers_on_the_cpu_as_asked() -> None:
    """More than are needed, fewer, and where none is: the answer is for as many."""
    asked = ("gpt-oss-120b", "--devices", 1, "--set", "cpu_moe_layers=30", "--device")
    more = fit(*asked, "RTX 4090")
    assert more.exit_code == 4
    assert "fits with 30 layers' experts on the CPU: --n-cpu-moe 30" in more.output
    assert "experts of 30 layers, 47.3 GiB; the fullest device then holds" in more.output
    none = fit(*asked, "H100")
    assert none.exit_code == 0
    assert none.output.startswith("gpt-oss-120b on 1 × H100 SXM: fits, even without experts on")
    assert "experts of 30 layers, 47.3 GiB" in none.output
    assert "$/Mtoken" not in none.output  # that would be the price without
    few = fit(*asked[:3], "--set", "cpu_moe_layers=1", "--device", "RTX 4090")
    assert few.exit_code == 4
    assert "does not fit with 1 layer's experts on the CPU, it takes 26 (" in few.output


def test_each_stage_gives_up_layers_of_its_own() -> None:
    """Of 94 layers four stages of six have 16, and are too full; no first layers help all four."""
    base = ("Qwen3-235B-A22B", "--device", "H100", "--pp", 6)
    first, *others = fit(*base).output.splitlines()
    assert (
        "fits with 4 layers' experts on the CPU, which are not known to be just the first (4.36"
        in first
    )
    assert any("the fullest device then holds 71.9 GiB" in line for line in others)
    (model,) = json.loads(fit(*base, "--json").stdout)["models"]
    assert (model["verdict"], model["to_copy"]) == ("offloaded", "")
    few = fit(*base, "--set", "cpu_moe_layers=3").output
    assert "does not fit with 3 layers' experts on the CPU, it takes 4 (" in few


def test_dense_layers_are_among_the_first() -> None:
    """llama.cpp counts them: three of DeepSeek-V3's have no experts to take."""
    (model,) = json.loads(fit("DeepSeek-V3", *H100, "--devices", 8, "--json").stdout)["models"]
    layers = model["layers_on_cpu"]
    assert model["to_copy"] == f"--n-cpu-moe {layers + 3}"
    output = fit("DeepSeek-V3", *H100, "--devices", 8).output
    assert f"experts of {layers} layers (of the first {layers + 3}, dense ones among them" in output


def test_first_layers_are_not_told_where_dense_ones_alternate() -> None:
    """The first six of Llama-4-Maverick have three with experts: nothing is to be copied."""
    base = ("Llama-4-Maverick", "--device", "H100", "--devices", 8)
    first = fit(*base).output.splitlines()[0]
    assert (
        "fits with 6 layers' experts on the CPU, which are not known to be just the first" in first
    )
    (model,) = json.loads(fit(*base, "--json").stdout)["models"]
    assert (model["layers_on_cpu"], model["to_copy"]) == (6, "")


def test_not_even_all_experts_on_the_cpu_help() -> None:
    """It is said, however many are asked for; not where a CPU could help."""
    said = "does not fit, not even with all experts on the CPU, "
    base = ("gpt-oss-120b", "--device", "RTX 4090", "--devices", 1, "--context")
    never = fit(*base, "10M", "--set", "cpu_moe_layers=60")
    assert never.exit_code != 0
    assert said in never.output.splitlines()[0]
    assert said in fit(*base, "10M").output
    assert "not even" not in fit(*base, "4k", "--set", "cpu_moe_layers=1").output


def test_few_devices_do_where_layers_are_on_the_cpu() -> None:
    """As few as hold the rest; as many as hold all of it where the CPU's memory is too small."""
    base = ("gpt-oss-120b", "--device", "RTX 4090")
    assert " on 4 × RTX 4090: fits\n" in fit(*base).output
    asked = (*base, "--set", "cpu_moe_layers=30")
    assert " on 1 × RTX 4090: fits with 30 layers'" in fit(*asked).output
    assert " on 2 × RTX 4090: fits with 15 " in fit(*base, "--set", "cpu_moe_layers=15").output
    assert " on 4 × RTX 4090: fits, even" in fit(*asked, "--set", "cpu_memory=1 GB").output
    assert " on 4 × RTX 4090: fits, even" in fit(*asked, "--tp", 4).output


def test_memory_of_the_cpu_that_is_too_small_is_said() -> None:
    """With what it takes, and what there is; where both are enough, too."""
    base = ("gpt-oss-120b", "--device", "RTX 4090", "--devices", 1, "--set")
    short = fit(*base, "cpu_memory=16GiB")
    assert short.exit_code == 4
    assert short.output.startswith(
        "gpt-oss-120b on 1 × RTX 4090: does not fit with 26 layers' experts on the CPU, which take "
        "41.0 GiB, and it has 16.0 GiB (40.2 GiB short on a device without)\n"
    )
    (model,) = json.loads(fit(*base, "cpu_memory=16GiB", "--json").stdout)["models"]
    assert (model["verdict"], model["layers_on_cpu"]) == ("short", 26)
    enough = fit(*base, "cpu_memory=64GiB").output
    assert "fits with 26 layers' experts on the CPU: --n-cpu-moe 26" in enough
    assert "experts of 26 layers, 41.0 GiB of 64.0 GiB there" in enough


def test_what_is_not_estimated_with_the_cpu_is_said() -> None:
    """Each line that stands there without it, and why it does not."""
    output = " ".join(fit("gpt-oss-120b", "--device", "4090", "--devices", 1).output.split())
    assert (
        "no estimate of likely decoding, prompts, first token, million out and million in: nothing "
        "here says how fast the CPU computes"
    ) in output
    assert "no estimate" not in fit("gpt-oss-120b", "--device", "H100").output
