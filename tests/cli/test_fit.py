"""The command ``fit``: its verdicts, what it refuses by name, and what it writes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from jsonschema import Draft202012Validator

from moe_report.api.fit_report import schema
from moe_report.edit.new_workbook import build_starter
from moe_report.load.examples import published_models
from moe_report.schema.registry import Registry, installed, load
from tests.commands import run
from tests.small_configs import small_config

H100 = ("--device", "H100 SXM", "--context", 32768)
_ROOM = 25  # lines of a model


def fit(*arguments: object) -> Result:
    """What the command says."""
    return run("fit", *arguments)


@pytest.mark.parametrize(
    ("model", "precision", "devices", "by_memory"),
    [
        ("gpt-oss-120b", "MXFP4", 1, 1),
        ("Mixtral-8x7B", "BF16", 2, 2),
        ("Llama-4-Scout", "BF16", 4, 3),
        ("Qwen3-235B-A22B", "BF16", 8, 7),
        ("DeepSeek-V3", "FP8", 16, 9),
    ],
)
def test_devices_that_published_models_need(
    model: str, precision: str, devices: int, by_memory: int
) -> None:
    """H100s of 80 GiB at 32k, in the precision that the checkpoint is published in."""
    result = fit(model, *H100, "--precision", precision)
    assert result.exit_code == 0
    assert result.output.startswith(f"{model} on {devices} × H100 SXM: fits\n")
    told = f"{devices} as engines divide the model; {by_memory} by memory alone"
    assert told in result.output


@pytest.mark.parametrize(
    ("model", "devices", "by_memory"), [("gpt-oss-120b", 1, 1), ("DeepSeek-V3", 16, 9)]
)
def test_devices_as_published(model: str, devices: int, by_memory: int) -> None:
    """The same without a precision: MXFP4 and FP8 are what the rows say."""
    output = fit(model, *H100).output
    assert f"on {devices} × H100 SXM: fits" in output
    assert f"{devices} as engines divide the model; {by_memory} by memory alone" in output


def test_what_is_said_of_a_model() -> None:
    """What it is for, what fills a device and how much there is, in one unit that is named."""
    output = fit("gpt-oss-120b", *H100, "--precision", "mxfp4").output
    assert "precision MXFP4 experts, cache BF16, context 32,768 tokens, batch 1 sequence" in output
    assert "usable (80.0 GiB in all); 1 GiB is 2^30 bytes" in output
    parts = re.findall(r"^    (\w[\w ]+?) {2,}([\d.]+) GiB", output, re.MULTILINE)
    assert [words for words, _ in parts] == [
        "routed experts", "other weights", "cache", "activations",
    ]  # fmt: skip
    (total,) = re.findall(r"on a device +([\d.]+) GiB", output)
    assert sum(float(value) for _, value in parts) == pytest.approx(float(total), abs=0.1)
    assert not re.search(r"\d (GB|MB|kB)\b", output)


def test_what_is_assumed_of_a_config_is_said(tmp_path: Path) -> None:
    """A precision that it lacks, and one of the cache that is not taken over."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(small_config("mixtral") | {"kv_cache_dtype": "fp8_e4m3"}), "utf-8")
    output = " ".join(fit(path, *H100, "--why").output.split())
    assert "does not say its precision (torch_dtype)" in output
    assert "'kv_cache_dtype'" in output


def test_every_published_model_has_room_on_the_screen() -> None:
    """At most 25 lines each, whatever the verdict."""
    names = [row.name for row in published_models(installed())]
    for device in ("H100 SXM", "RTX 4090"):
        result = fit(*names, "--device", device)
        assert result.exit_code == 1  # Switch-C
        for block in result.stdout.strip().split("\n\n"):
            assert len(block.splitlines()) <= _ROOM


def test_devices_are_few_or_as_asked() -> None:
    """By default as few as fit; a number is spread, and a layout of one's own wins."""
    base = ("Mixtral-8x7B", *H100, "--precision", "bf16")
    assert "on 2 × H100" in fit(*base).output
    one = fit(*base, "--devices", 1)
    assert one.exit_code == 4
    assert re.search(r"on 1 × H100 SXM: fits with \d+ layers' experts on the CPU", one.output)
    assert "TP 4, PP 3" in fit(*base, "--devices", 12).output
    four = fit(*base, "--tp", 2, "--pp", 2)
    assert "on 4 × H100 SXM: fits" in four.output
    wrong = fit(*base, "--devices", 8, "--tp", 2)
    assert wrong.exit_code == 1
    assert "--devices: found 8, but tensor_parallel 2 takes 2 of them; say --dp or" in wrong.output
    whole = fit(*base, "--devices", 16, "--tp", 4, "--dp", 2, "--pp", 1)
    assert re.search(r"--devices: found 16, but .* takes 8 of them; leave --devices to auto\n",
                     " ".join(whole.output.split()) + "\n")  # fmt: skip
    shared = fit(*base, "--devices", 8, "--dp", 4)  # the rest of the layout takes what that leaves
    assert "TP 2, DP 4" in shared.output
    odd = fit(*base, "--devices", 4, "--dp", 3)
    assert "--devices: found 4, but data_parallel 3 takes a multiple of 3" in odd.output


def test_devices_as_chosen_are_no_contradiction() -> None:
    """Fewer than engines take by themselves may hold it in a layout of one's own."""
    output = fit("DeepSeek-V3", *H100, "--devices", 12).output
    assert output.startswith("DeepSeek-V3 on 12 × H100 SXM: fits\n")
    assert "12 as chosen; 16 as engines divide the model by themselves; 9 by memory" in output


@pytest.mark.parametrize(
    "options",
    [
        ("--ep", 4), ("--devices", 2, "--ep", 4), ("--tp", 2, "--pp", 2, "--ep", 4),
        ("--devices", 8, "--ep", 5),
    ],
)  # fmt: skip
def test_experts_are_on_devices_that_there_are(options: tuple[object, ...]) -> None:
    """Of more, or a part that does not divide them, the verdict would be of another layout."""
    result = fit("Qwen3-30B-A3B", *H100, *options)
    assert result.exit_code == 1
    assert re.search(r"no verdict: devices_used: a stage has [128] devices, its", result.stderr)
    assert fit("Qwen3-30B-A3B", *H100, "--tp", 4, "--ep", 4).exit_code == 0


def test_stages_are_no_more_than_layers() -> None:
    """Devices without a layer would help nobody."""
    result = fit("Mixtral-8x7B", *H100, "--devices", 264)
    assert result.exit_code == 1
    assert "no verdict: devices_used: there are 33 stages, and 32 layers" in result.stderr
    assert fit("Mixtral-8x7B", *H100, "--devices", 256).exit_code == 0


def test_heads_that_a_group_does_not_divide_leave_no_verdict() -> None:
    """No engine runs such a layout, whatever memory is left."""
    result = fit("Qwen3-30B-A3B", *H100, "--tp", 7)
    assert result.exit_code == 1
    assert "no verdict: device_heads: 32 query heads cannot be divided evenly" in result.stderr
    result = fit("Qwen3-30B-A3B", *H100, "--devices", 7)  # in seven stages
    assert result.output.startswith("Qwen3-30B-A3B on 7 × H100 SXM: fits\n")


def test_a_device_that_was_changed_is_said_to_be() -> None:
    """Its name alone would say that it has the memory of its kind."""
    result = fit("Mixtral-8x7B", *H100, "--set", "device_memory=24e9", "--devices", 8)
    assert result.output.startswith("Mixtral-8x7B on 8 × H100 SXM (changed): ")


def test_a_workbook_chooses_the_device(tmp_path: Path) -> None:
    """What its sheet Assumptions says holds unless an option says otherwise."""
    (path := tmp_path / "models.xlsx").write_bytes(build_starter(load(), examples=True))
    assert "--device: say which" in fit(path, "--model", "DBRX").output
    book = openpyxl.load_workbook(path)
    sheet = book["Assumptions"]
    (row,) = (cells for cells in sheet.iter_rows() if cells[1].value == "device")
    row[3].value = "H200"
    book.save(path)
    assert fit(path, "--model", "DBRX").output.startswith("DBRX on 2 × H200: fits")
    assert fit(path, "--model", "DBRX", *H100).output.startswith("DBRX on 4 × H100 SXM: fits")


def test_what_is_doubted_is_said(tmp_path: Path) -> None:
    """A verdict on numbers that the audit doubts names the doubt."""
    (book := tmp_path / "models.csv").write_text(
        "name,num_hidden_layers,hidden_size,vocab_size,num_attention_heads,num_key_value_heads,"
        "num_experts,num_experts_per_tok,moe_intermediate_size,routed_expert_params\n"
        "a,24,2048,50000,16,16,8,2,4096,99e9\n"
    )
    result = fit(book, *H100)
    assert result.exit_code == 0
    assert "  in doubt              differs: routed_expert_params: " in result.output


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "²", ""])
def test_devices_are_a_number(text: str) -> None:
    """What else is wrong usage."""
    result = fit("Mixtral-8x7B", *H100, f"--devices={text}")
    assert result.exit_code == 2
    assert "expected a number of devices, or auto" in result.output


@pytest.mark.parametrize(
    ("option", "text", "name"),
    [
        ("device", "h100", "H100 SXM"), ("device", "h100-sxm", "H100 SXM"),
        ("device", "4090", "RTX 4090"), ("device", "rtx4090", "RTX 4090"),
        ("device", "b200", "B200"), ("device", "mi300", "MI300X"),
        ("device", "pro 6000", "RTX PRO 6000"),
        ("precision", "fp8", "FP8 128×128"), ("precision", "mxfp8", "MXFP8"),
        ("precision", "mxfp4", "MXFP4 experts"), ("precision", "q4_k_m", "Q4_K_M"),
        ("precision", "g128 int4", "INT4 g128"), ("precision", "published", "as published"),
        ("cache", "fp8", "FP8"), ("cache", "records", "FP8 records"),
    ],
)  # fmt: skip
def test_a_preset_is_known_by_its_words(option: str, text: str, name: str) -> None:
    """Its name however it is written, else the words that it alone has, or that begin its."""
    group = installed().presets[option]
    (found,) = group.matching(text)
    assert found.startswith(name)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--device", "TPU"), "--device: 'TPU' may be 'TPU v5p' or"),
        (("--device", "H101"), "--device: there is no device 'H101'. Did you mean 'H100'?"),
        (("--device", ""), "--device: say which, one of "),
        (("--device", "-"), "--device: say which, one of "),
        (("--set", "device=TPU"), "--set device: 'TPU' may be 'TPU v5p' or"),
        (("--device", "GPU"), "--device: there is no device 'GPU'"),
        ((*H100, "--precision", "int4"), "--precision: 'int4' may be 'INT4 g32 experts' or 'INT4"),
        ((*H100, "--precision", "int5"), "--precision: there is no precision 'int5'"),
        ((*H100, "--cache", "fp16"), "--cache: there is no cache 'fp16'"),
        (("--context", "32k"), "--device: say which, one of "),
        ((*H100, "--batch", "many"), "--batch: "),
        ((*H100, "--batch", 0), "--batch: found 0, expected from 1 to "),
        ((*H100, "--context", "1e30"), "found 1e+30, expected at most 2^53 (9,007,199,254,740,99"),
        ((*H100, "--set", "memory_bandwidth=1e19"), "found 1e+19, expected at most 1e+18"),
        ((*H100, "--batch", 1.5), "--batch: found 1.5, expected a whole number"),
        ((*H100, "--set", "context_length=9"), "--context: context_length is set twice, by --set"),
        ((*H100, "--set", "activation_bytes=much"), "--set activation_bytes: "),
        ((*H100, "--set", "context=9"), "assumption 'context': there is no such assumption."),
        ((*H100, "--model", "Mixtral"), "--model: there is no model 'Mixtral'. Did you mean 'Mix"),
    ],
)
def test_what_is_not_known_is_refused_by_name(options: tuple[object, ...], said: str) -> None:
    """Nothing is taken by default in its place."""
    result = fit("Mixtral-8x7B", *options)
    assert result.exit_code == 1
    assert said in result.output


def test_a_model_without_numbers_is_refused_by_name(tmp_path: Path) -> None:
    """It says what lacks; other models have their verdict all the same."""
    result = fit("Switch-C", "Mixtral-8x7B", *H100)
    assert result.exit_code == 1
    assert "Switch-C: no verdict: missing: needs " in result.stderr
    assert "Mixtral-8x7B on 2 × H100 SXM: fits" in result.stdout
    unknown = fit("gpt-oss-12b", *H100)
    assert unknown.exit_code == 1
    assert "is no file here, and no shipped example. Did you mean 'gpt-oss-120b'?" in unknown.output
    assert fit(tmp_path / "no.json", *H100).exit_code == 1
    assert fit(tmp_path / "no.xlsx", *H100).exit_code == 1


def test_files_and_workbooks_are_models(tmp_path: Path) -> None:
    """A config, a folder with one, and the rows of a workbook, or the one that is named."""
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "config.json").write_text(json.dumps(small_config("qwen3_moe")))
    for source in (tmp_path / "small", tmp_path / "small" / "config.json"):
        assert fit(source, *H100).output.startswith("small on 1 × H100 SXM: fits")
    (book := tmp_path / "models.xlsx").write_bytes(build_starter(load(), examples=True))
    one = fit(book, "--model", "mixtral-8x7b", *H100)
    assert one.exit_code == 0
    assert one.output.count("fits") == 1
    both = fit(book, tmp_path / "small", "--model", "small", "--model", "DBRX", *H100)
    assert re.findall(r"^(\S+) on", both.output, re.MULTILINE) == ["small", "DBRX"]


def test_the_question_turned_round() -> None:
    """Just the longest context, or the most sequences, with what it is for."""
    base = ("gpt-oss-120b", *H100, "--precision", "mxfp4", "--batch", 4)
    context = fit(*base, "--max-context")
    assert re.fullmatch(
        r"gpt-oss-120b: [\d,]+ tokens on 1 × H100 SXM \(.*batch 4 sequences\)\n", context.output
    )
    longest = int(context.output.split()[1].replace(",", ""))
    for tokens, code in ((longest, 0), (longest + 2, 4)):
        tried = fit(*base[:3], "--precision", "mxfp4", "--batch", 4, "--devices", 1,
                    "--context", tokens)  # fmt: skip
        assert tried.exit_code == code
    users = fit(*base, "--max-users")
    assert re.fullmatch(
        r"gpt-oss-120b: \d+ sequences on 1 × H100 SXM \(.*context 32,768 tokens\)\n", users.output
    )
    assert fit(*base, "--max-context", "--json").exit_code == 2


def test_why() -> None:
    """Of each line the formula in symbols and in numbers, what the symbols are, and a source."""
    output = fit("Mixtral-8x7B", *H100, "--precision", "bf16", "--why").output
    assert "M_all,dev = M_w,dev + M_k,dev + M_act" in output
    assert re.search(r"= [\d.]+e\+10 \+ [\d.]+e\+09 \+ 1e\+09\n", output)
    assert "M_w,dev weights on a device" in output
    assert output.count("source: ") >= 8


def test_json_is_as_the_schema_says() -> None:
    """Every verdict, and a model without one."""
    Draft202012Validator.check_schema(schema())
    result = fit("Mixtral-8x7B", "DeepSeek-V3", "Switch-C", *H100, "--devices", 2, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert [*Draft202012Validator(schema()).iter_errors(found)] == []
    assert [(one["name"], one["verdict"]) for one in found["models"]] == [
        ("Mixtral-8x7B", "fits"), ("DeepSeek-V3", "offloaded"), ("Switch-C", "refused"),
    ]  # fmt: skip
    first, second, _ = found["models"]
    assert sum(first["parts"].values()) == pytest.approx(first["values"]["device_bytes"])
    assert second["short_by_bytes"] > 0
    assert first["assumptions"]["tensor_parallel"] == 2


@pytest.mark.parametrize("suffix", ["md", "json", "csv", "html", "xlsx"])
def test_a_report_is_for_what_was_asked(tmp_path: Path, suffix: str) -> None:
    """The same as ``run`` writes, with the answers and the layout among its assumptions."""
    path = tmp_path / f"out.{suffix}"
    result = fit("Mixtral-8x7B", *H100, "--precision", "bf16", "-o", path)
    assert result.exit_code == 0
    assert result.output.endswith(f"wrote {path}\n")
    assert path.stat().st_size > 300
    if suffix == "json":
        found = json.loads(path.read_text("utf-8"))["assumptions"]
        assert found["tensor_parallel"]["value"] == 2
        assert found["context_length"]["value"] == 32768
        assert found["routed_expert_bits"]["value"] == 16


def test_a_report_has_one_layout(tmp_path: Path) -> None:
    """Where models take different numbers of devices, the note says whose it has."""
    (path := tmp_path / "out.md").write_text("mine")
    base = ("Mixtral-8x7B", "DeepSeek-V3", "--precision", "mxfp4", *H100)
    kept = fit(*base, "-o", path)
    assert kept.exit_code == 1
    assert path.read_text() == "mine"
    result = fit(*base, "-o", path, "--force")
    devices = re.findall(r"on (\d+) ×", result.output)
    assert len({*devices}) == 2
    assert f"is for {max(devices)} devices, what " in result.stderr
    odd = fit("Mixtral-8x7B", *H100, "-o", tmp_path / "out.txt")
    assert odd.exit_code == 1
    assert "there is no format 'txt'" in odd.output


def test_nothing_is_loaded_that_is_not_needed() -> None:
    """No network, and no reader of workbooks, where there is none: the answer comes at once."""
    code = (
        "import sys; from moe_report.cli.main import main\n"
        "try: main(['fit', 'Mixtral-8x7B', '--device', 'H100 SXM'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'openpyxl', 'jinja2', 'huggingface_hub', 'urllib.request'} "
        "& {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


PLANNED = '''"""Shelves."""

from dataclasses import dataclass

from moe_report import Model, assumption, metric, planner, where

ORDER = 1


@dataclass(frozen=True)
class Shelf:
    """What a shelf holds."""

    shelf_bytes: float = assumption(50 * 2**30, symbol="s", unit="byte", help="Of one.")
    shelf_rent: float = assumption(2, symbol="p", unit="$/h", help="A shop's list, May 2026.")


@metric(symbol="o1", unit="byte", source="a convention")
def books(m: Model) -> float:
    """Bytes of the books."""
    return 10 * 2**30 * m.num_experts


@metric(symbol="o2", unit="byte", source="a convention")
def usable_shelf(m: Model, s: Shelf) -> float:
    """Bytes that a shelf bears."""
    return s.shelf_bytes


@metric(symbol="o3", unit="0 or 1", source="a convention")
def holds(m: Model) -> float:
    """1 if it does."""
    return where(books(m) <= usable_shelf(m), 1, 0)


@metric(symbol="o4", unit="layers", source="a convention")
def in_the_cellar(m: Model) -> float:
    """Layers below."""
    return where(holds(m) == 1, 0, where(m.num_experts <= 9, m.num_experts - 5, 1 / (holds(m) * 0)))


@metric(symbol="o5", unit="byte", source="a convention")
def cellar_bytes(m: Model) -> float:
    """Bytes below."""
    return in_the_cellar(m) * 10 * 2**30


@metric(symbol="o6", unit="tokens/s", source="a convention")
def reading(m: Model) -> float:
    """At most."""
    return 1000 / m.num_experts


@metric(symbol="o7", unit="tokens/s", source="a convention")
def reading_low(m: Model) -> float:
    """At least."""
    return reading(m) / 4


@metric(symbol="o8", unit="$/Mtoken", source="a convention")
def rent(m: Model, s: Shelf) -> float:
    """Of a million."""
    return s.shelf_rent / reading(m)


PLANNER = planner(
    asked={"price": ("shelf_rent", "Rent")},
    parts=((books, "books", "orange"),),
    total=books,
    limit=usable_shelf,
    fits_=holds,
    offload={"layers": in_the_cellar, "on_cpu": cellar_bytes, "to_copy": "--cellar {}",
             "numbers": ((reading, "reading below"),)},
    speeds=((reading, "reading", reading_low, reading),),
    costs=((rent, "a million tokens"),),
    price="shelf_rent",
)
'''.replace("fits_=", "verdict=")


@pytest.fixture
def shelves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A planner of another section, which has all that a planner may have."""
    (file := tmp_path / "shelves.py").write_text(PLANNED, encoding="utf-8")
    registry = load(files=[file])
    assert not registry.failures
    monkeypatch.setattr("moe_report.api.fit.installed", lambda: registry)
    return registry


@pytest.fixture
def config(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A config of some experts."""
    (path := tmp_path / "m.json").write_text(
        json.dumps(small_config("qwen3_moe") | {"num_experts": request.param})
    )
    return path


@pytest.mark.parametrize("config", [4], indirect=True)
def test_speed_and_price(shelves: Registry, config: Path) -> None:
    """An estimate has a range beside its bound, and a price says where it comes from."""
    output = fit(config).output
    assert "reading               likely 62.5 to 250, at most 250 tokens/s" in output
    assert "a million tokens      0.00800 $/Mtoken" in output
    assert "2 $/h, by default: A shop's list, May 2026." in output
    output = fit(config, "--price", 3).output
    assert "3 $/h, as --price says" in output
    refused = fit(config, "--tp", 2)
    assert refused.exit_code == 1
    assert "--tp: no installed section asks for it" in refused.output


@pytest.mark.parametrize("config", [7], indirect=True)
def test_experts_on_the_cpu(shelves: Registry, config: Path) -> None:
    """How many layers' experts, to copy; the exit code says that the device alone is too small."""
    result = fit(config)
    assert result.exit_code == 4
    first, *others = result.output.splitlines()
    assert first == (
        "m: fits with 2 layers' experts on the CPU: --cellar 2 (20.0 GiB short on a device without)"
    )
    assert "  on the CPU            experts of 2 layers, 20.0 GiB" in others
    assert any(line.startswith("  reading below ") for line in others)
    (model,) = json.loads(fit(config, "--json").stdout)["models"]
    assert (model["verdict"], model["layers_on_cpu"]) == ("offloaded", 2)
    assert model["to_copy"] == "--cellar 2"


@pytest.mark.parametrize("config", [16], indirect=True)
def test_not_even_with_the_cpu(shelves: Registry, config: Path) -> None:
    """Where the number of layers is missing, no number of them helps."""
    result = fit(config)
    assert result.exit_code == 4
    said = "m: does not fit, not even with all experts on the CPU, 110 GiB short on a device"
    assert result.output.splitlines()[0] == said
