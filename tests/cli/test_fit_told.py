"""What the command ``fit`` tells beside its numbers: notes, what it assumes, what is not read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest
from jsonschema import Draft202012Validator

from moe_report.api.fit import fit as answered
from moe_report.api.fit_asked import Question
from moe_report.api.fit_report import schema
from moe_report.cli.fit_lines import described
from moe_report.edit.new_workbook import build_starter
from moe_report.load.examples import published_models
from moe_report.schema.registry import installed, load
from tests.cli.test_fit import H100, fit
from tests.edit.test_device_prices import type_in
from tests.small_configs import small_config

NOTED = "Not in the config, so as llama4_text has it: "


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """A config that leaves out what its architecture then has by default."""
    config = small_config("llama4_text")
    (path := tmp_path / "noted.json").write_text(
        json.dumps({key: config[key] for key in config.keys() - {"no_rope_layer_interval"}})
    )
    return path


def test_what_the_importer_noted_is_said(noted: Path) -> None:
    """In a line of its own, whole with --why and for programs."""
    for more in ((), ("--why",)):
        output = " ".join(fit(noted, *H100, *more).output.split())
        assert f"note {NOTED}" in output
        assert "no_rope_layer_interval = 4" in output
    (model,) = json.loads(fit(noted, *H100, "--json").stdout)["models"]
    assert model["remark"].startswith(NOTED)


def test_long_notes_take_the_lines_that_are_left(tmp_path: Path) -> None:
    """A remark of pages and many doubts: 25 lines, and the last says where the rest is."""
    (book := tmp_path / "models.csv").write_text(
        "name,num_hidden_layers,hidden_size,vocab_size,num_attention_heads,num_key_value_heads,"
        "num_experts,num_experts_per_tok,moe_intermediate_size,routed_expert_params,remark\n"
        f"a,24,2048,50000,16,16,8,2,4096,99e9,{'It is long. ' * 300}\n"
    )
    lines = fit(book, *H100).stdout.splitlines()
    assert len(lines) == 25
    assert any("… (--why: all of it)" in line for line in lines)
    assert lines[-1].startswith("  in doubt ")
    whole = " ".join(fit(book, *H100, "--why").stdout.split())
    assert whole.count("It is long.") == 300
    (model,) = json.loads(fit(book, *H100, "--json").stdout)["models"]
    assert "routed_expert_params" in {doubt["column"] for doubt in model["doubts"]}


def test_one_that_cannot_be_read_keeps_no_other_from_its_answer(
    noted: Path, tmp_path: Path
) -> None:
    """It is named on stderr, and the exit code is 1, also where another does not fit."""
    (broken := tmp_path / "broken.json").write_text("{")
    (bad := tmp_path / "bad.xlsx").write_text("no workbook")
    (good := tmp_path / "good.xlsx").write_bytes(build_starter(load(), examples=True))
    result = fit(broken, noted, bad, good, "--model", "noted", "--model", "DeepSeek-V3", *H100,
                 "--devices", 1)  # fmt: skip
    assert result.exit_code == 1
    assert "noted on 1 × H100 SXM: fits\n" in result.stdout
    assert "DeepSeek-V3 on 1 × H100 SXM: " in result.stdout
    told = result.stderr.splitlines()
    assert [line.split(": ")[:2] for line in told] == [
        ["not read", str(broken)], ["not read", "bad.xlsx"],
    ]  # fmt: skip
    found = json.loads(fit(broken, noted, *H100, "--json").stdout)
    assert [*Draft202012Validator(schema()).iter_errors(found)] == []
    assert [one["name"] for one in found["models"]] == ["noted"]
    assert str(broken) in found["unread"][0]
    alone = fit(broken, *H100)
    assert alone.exit_code == 1
    assert alone.stdout == ""
    lacking = fit(broken, noted, "--model", "broken", *H100)
    assert "there is no model 'broken'" in lacking.output
    assert str(broken) in lacking.output


def test_decoding_with_the_cpu_is_a_bound_and_says_for_which_memory() -> None:
    """The assumed bandwidth with its source, or as it was given."""
    base = ("gpt-oss-120b", "--device", "RTX 4090", "--devices", 1)
    output = fit(*base).output
    assert "fits with 26 layers' experts on the CPU: --n-cpu-moe 26" in output
    assert "  decoding, at most     " in output
    assert "    if the CPU reads    89.6 GB/s, by default: Two channels of DDR5-5600" in output
    assert "0 tokens without the CPU" in output
    given = fit(*base, "--set", "cpu_memory_bandwidth=2e11").output
    assert "    if the CPU reads    200 GB/s, as it was given" in given


def test_a_context_beyond_what_the_model_is_made_for_is_marked(tmp_path: Path) -> None:
    """Where it is the answer, in its line, and for programs; not where less than that fits."""
    mark = "beyond the 131,072 that the model is made for"
    base = ("gpt-oss-120b", "--device", "H100")
    assert fit(*base, "--max-context").output.endswith(f"), {mark}\n")
    assert f"longest context       299,909 tokens, {mark}\n" in fit(*base).output
    (model,) = json.loads(fit(*base, "--json").stdout)["models"]
    assert model["notes"]["fitting_context"] == mark
    assert model["values"]["max_position_embeddings"] == 131_072
    assert "beyond" not in fit(*base, "--max-users").output
    assert "beyond" not in fit(*base, "--max-context", "--batch", 8).output
    fit(*base, "-o", path := tmp_path / "out.md")
    assert mark in path.read_text("utf-8")
    fit(*base, "-o", path := tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(path, data_only=True)["Fit"]
    found = {str(row[0].value): row[2].value for row in sheet.iter_rows()}
    assert found["Longest context"] == 299_909
    assert found["Context that the model is made for"] == 131_072


def test_small_amounts_have_a_unit_that_fits(tmp_path: Path) -> None:
    """Parts stand below each other in one; what is too small for that is only said to be."""
    (path := tmp_path / "m.json").write_text(json.dumps(small_config("mixtral")), "utf-8")
    output = fit(path, "--device", "H100").output
    assert not re.search(r"0\.000\d+ GiB", output)
    parts = re.findall(r"^    [a-z ]+? {2,}(<?[\d.]+) (\w+) +(\S+ %)?$", output, re.MULTILINE)
    assert {unit for _, unit, _ in parts} == {"GiB"}
    assert len(parts) == 4
    assert ("<0.001", "GiB", "<0.1 %") in parts
    tight = f"device_memory={fit_bytes(path) - 5000}"
    short = fit(path, "--device", "H100", "--devices", 1, "--set", "memory_utilisation=1",
                "--set", tight)  # fmt: skip
    assert "4.88 KiB short on a device" in short.output.splitlines()[0]


def fit_bytes(path: Path) -> int:
    """What a device holds of a model."""
    (model,) = json.loads(fit(path, "--device", "H100", "--json").stdout)["models"]
    return int(model["values"]["device_bytes"])


def test_needed_and_allocated_cache_stand_side_by_side() -> None:
    """Where they differ: windows of 128 tokens; Mixtral has none. Copied heads are not counted."""
    base = ("--device", "H100", "--context", 8192, "--batch", 32)
    line = "cache, one copy       6.09 GiB needed, 12.0 GiB where every layer is allocated in full"
    assert line in fit("gpt-oss-20b", *base).output
    assert line in fit("gpt-oss-20b", *base, "--tp", 16).output
    assert "cache, one copy" not in fit("Mixtral-8x7B", *base).output


def test_one_is_no_plural() -> None:
    """A sequence, a token and a layer."""
    users = fit("Mixtral-8x7B", *H100[:2], "--context", 300_000, "--max-users").output
    assert users.startswith("Mixtral-8x7B: 1 sequence on 2 × H100 SXM (")
    assert "most sequences        1 sequence\n" in fit(
        "Mixtral-8x7B", *H100[:2], "--context", 300_000
    ).output  # fmt: skip


def test_markdown_has_the_verdict(tmp_path: Path) -> None:
    """Below its title, as on the terminal; it is written again without --force."""
    path = tmp_path / "out.md"
    for devices in (2, 4):
        done = fit("Mixtral-8x7B", *H100, "--devices", devices, "-o", path)
        assert done.exit_code == 0
        title, rest = path.read_text("utf-8").split("\n\n", 1)
        assert title.startswith("# ")
        assert rest.startswith(f"```text\nMixtral-8x7B on {devices} × H100 SXM: fits\n  for  ")
        assert "| Model |" in rest


def test_what_a_page_has_no_room_for_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``run`` says it: here, too, the page has the largest models alone."""
    sizes = {
        "num_hidden_layers": 2, "hidden_size": 64, "vocab_size": 100, "num_attention_heads": 4,
        "num_key_value_heads": 4, "num_experts": 8, "num_experts_per_tok": 2,
        "moe_intermediate_size": 32,
    }  # fmt: skip
    rows = [["name", *sizes], *([name, *map(str, sizes.values())] for name in "ab")]
    (book := tmp_path / "models.csv").write_text("\n".join(map(",".join, rows)))
    page = tmp_path / "fit.html"
    assert "This page has" not in fit(book, *H100, "-o", page).output
    monkeypatch.setattr("moe_report.renderers.html.capped.MOST_MODELS", 1)
    assert f"{page}: This page has the 1 largest of 2 models" in fit(book, *H100, "-o", page).output


def test_a_price_that_a_workbook_says_holds_for_any_device(tmp_path: Path) -> None:
    """A number typed on its sheet Assumptions was given there; an option wins over it."""
    (path := tmp_path / "models.xlsx").write_bytes(build_starter(load(), examples=True))
    book = openpyxl.load_workbook(path)
    (row,) = (
        cells for cells in book["Assumptions"].iter_rows() if cells[1].value == "device_price"
    )
    row[3].value = 7
    book.save(path)
    base = (path, "--model", "DBRX", "--device")
    assert re.search(
        r"7 \$/h, as models.xlsx, Assumptions!D\d+ says\n", fit(*base, "MI300X").output
    )
    output = " ".join(fit(*base, "H100").output.split())
    assert re.search(r"!D\d+ says, and not 3.49 \$/h as H100 SXM has it", output)
    assert "3 $/h, as --price says" in fit(*base, "H100", "--price", 3).output


def test_a_device_has_its_price_with_source_and_date() -> None:
    """The chosen device says it; one's own wins, and changes nothing else of the device."""
    base = ("gpt-oss-20b", "--device")
    output = " ".join(fit(*base, "H100").output.split())
    assert "at the price 3.49 $/h: H100 SXM, " in output
    assert "price: runpod.io/pricing, October 2026" in output
    own = fit(*base, "H100", "--price", 3).output
    assert own.startswith("gpt-oss-20b on 1 × H100 SXM: fits\n")
    assert (
        "at the price          3 $/h, as --price says, and not 3.49 $/h as H100 SXM has it" in own
    )
    assert (
        "3 $/h, as --set device_price says" in fit(*base, "H100", "--set", "device_price=3").output
    )
    assert "--device: say which" in fit("gpt-oss-20b", "--price", 3).output


def test_no_price_is_taken_for_one_that_is_not_known(tmp_path: Path) -> None:
    """There is no cost then, and the line says how to give one; the sheet Hardware may, too."""
    (path := tmp_path / "models.xlsx").write_bytes(build_starter(load(), examples=True))
    base = (path, "--model", "DBRX", "--device", "MI300X")
    result = fit(*base)
    assert result.exit_code == 0
    assert "none is known of MI300X, and so no cost; give one with --price 2.5" in result.output
    assert "million" not in result.output
    (model,) = json.loads(fit(*base, "--json").stdout)["models"]
    assert model["values"]["cost_per_mtoken_out"] is None
    assert "million out, at least" in fit(*base, "--price", 2).output
    book = openpyxl.load_workbook(path)
    heads, *rows = (cells for cells in book["Hardware"].iter_rows(min_row=4))
    at = {str(cell.value): cell.column - 1 for cell in heads}
    (row,) = (cells for cells in rows if cells[at["preset"]].value == "MI300X")
    row[at["device_price ($/h)"]].value = 1.5
    row[at["source"]].value = "an offer of 3 May"
    book.save(path)
    output = fit(*base).output
    assert "at the price          1.50 $/h: MI300X, an offer of 3 May" in output
    assert "million out, at least" in output


def test_a_price_typed_on_the_sheet_hardware_is_the_workbook_s_word(tmp_path: Path) -> None:
    """Where no source is typed beside it, that of the device's own price is not credited."""
    (path := tmp_path / "models.xlsx").write_bytes(build_starter(load(), examples=True))
    book = openpyxl.load_workbook(path)
    heads, *rows = (cells for cells in book["Hardware"].iter_rows(min_row=4))
    at = {str(cell.value): cell.column - 1 for cell in heads}
    (row,) = (cells for cells in rows if cells[at["preset"]].value == "RTX 4090")
    row[at["device_price ($/h)"]].value = 0.35
    book.save(path)
    base = (path, "--model", "DBRX", "--device")
    typed = fit(*base, "RTX 4090").stdout
    assert "at the price          0.350 $/h, as models.xlsx, sheet Hardware says\n" in typed
    assert "sheet Hardware" not in fit(*base, "H100").stdout
    assert (
        "4 $/h, as --price says, and not 0.350 $/h" in fit(*base, "RTX 4090", "--price", 4).stdout
    )


def test_a_price_of_nothing_is_one() -> None:
    """A device that one owns costs 0, which is said, also where none is known of the device."""
    for device in ("H100", "MI300X"):
        output = fit("gpt-oss-20b", "--device", device, "--price", 0).output
        assert "million out, at least 0 $/Mtoken\n" in output
        assert "at the price          0 $/h, as --price says: nothing is to be paid\n" in output
    base = ("gpt-oss-20b", "--device", "MI300X", "--price", 0)
    (model,) = json.loads(fit(*base, "--json").stdout)["models"]
    assert model["values"]["cost_per_mtoken_out"] == 0
    assert model["values"]["decode_tokens_per_s"] > 0
    why = [line.strip() for line in fit(*base, "--why").output.splitlines()]
    assert "c_out = c_day / 86400 * 1000000 / v_out" in why
    assert why[why.index("c_out = c_day / 86400 * 1000000 / v_out") + 2] == "= 0 $/Mtoken"
    assert not [line for line in why if line.endswith(":")]


def test_a_report_says_that_a_price_of_nothing_is_not_known_there(tmp_path: Path) -> None:
    """A price of 0 stands for none there; one that is known has no such note."""
    said = "device_price is 0, as --price says: costs are missing here"
    base = ("gpt-oss-20b", "--device", "H100", "--price")
    for price, is_said in ((0, True), (2, False)):
        output = " ".join(
            fit(*base, price, "-o", path := tmp_path / f"{price}.xlsx").stderr.split()
        )
        sheet = openpyxl.load_workbook(path)["Findings"]
        noted = any(said in str(cell.value) for row in sheet.iter_rows() for cell in row)
        assert (noted, said in output) == (is_said, is_said)


def test_a_price_typed_on_a_report_s_sheet_devices_is_read(tmp_path: Path) -> None:
    """It is that of one device, and goes before its own; one that was emptied is not known."""
    fit("gpt-oss-20b", "--device", "H100", "-o", path := tmp_path / "report.xlsx")
    type_in(path, {"H200": 9.25, "H100 SXM": None, "A100 SXM 80 GB": "much"})
    output = " ".join(fit(path, "--device", "H200").output.split())
    assert "9.25 $/h, as report.xlsx, sheet Devices says, and not 4.59 $/h as H200 has it" in output
    lost = fit(path, "--device", "B200")
    assert "6.79 $/h: B200, " in lost.output
    assert "'much' is no price of A100 SXM 80 GB" in " ".join(lost.stderr.split())
    empty = " ".join(fit(path, "--device", "H100").output.split())
    assert "none is known of H100 SXM (report.xlsx, sheet Devices), and so no cost" in empty
    assert "2 $/h, as --price says" in fit(path, "--device", "H200", "--price", 2).output


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("cpu_memory=64 GB", "of 59.6 GiB there"),
        ("cpu_memory=64GiB", "of 64.0 GiB there"),
        ("cpu_memory_bandwidth=200 GB/s", "200 GB/s, as it was given"),
        ("cpu_memory=64 tokens", "--set cpu_memory: '64 tokens' is no number, expected byte"),
        ("cpu_memory=64 GB/s", "--set cpu_memory: '64 GB/s' is a number per s, expected byte"),
        ("cpu_memory=64Gb", "'64Gb' may be bits; write GB, or Gbit"),
        ("cpu_memory=512 Gbit", "of 59.6 GiB there"),
        ("cpu_memory_bandwidth=400Gb/s", "'400Gb/s' may be bits; write GB, or Gbit"),
        ("cpu_memory_bandwidth=1600 Gbit/s", "200 GB/s, as it was given"),
        ("link_latency=5m", "'5m' may be thousandths or millions; write it in digits"),
        ("context_length=64GB", "'64GB' is a number of bytes, expected tokens"),
        ("cpu_memory=64 B", "'64 B' may be bytes or billions"),
        ("cpu_memory=50%", "'50%' is no number, expected byte"),
    ],
)
def test_an_assumption_takes_its_unit(typed: str, said: str) -> None:
    """With a prefix, and no other one: that is refused by name."""
    result = fit("gpt-oss-120b", "--device", "4090", "--devices", 1, "--set", typed)
    assert said in " ".join(result.output.split())


@pytest.mark.parametrize("device", ["H100", "RTX 4090", "MI300X"])
def test_a_terminal_shows_each_answer_whole(device: str) -> None:
    """At most 25 lines of 80 characters below the verdict, which may be longer."""
    names = tuple(row.name for row in published_models(installed()))
    answer = answered(Question(names, options={"device": device, "context": "32k"}))
    for one in answer.fits:
        lines = described(one, answer, width=80)
        assert len(lines) <= 25
        assert max(map(len, lines[1:]), default=0) <= 80


def test_any_context_may_fit(tmp_path: Path) -> None:
    """Where every layer has a window, the cache stops growing, which is said."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(small_config("mixtral") | {"sliding_window": 4096}), "utf-8")
    assert "longest context       any, for the memory" in fit(path, "--device", "H100").output
    assert ": any, for" in fit(path, "--device", "H100", "--max-context").output
    (model,) = json.loads(fit(path, "--device", "H100", "--json").stdout)["models"]
    assert model["notes"]["fitting_context"].startswith("any, for the memory that it takes stops")
