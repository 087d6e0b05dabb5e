"""Inputs that say that they are huge, or are, and the commands that read them, by name."""

from __future__ import annotations

import json
import os
import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.importers.safetensors_files import write, write_raw
from tests.small_configs import small_config

CONFIG = small_config("qwen3_moe")
TENSOR = ("BF16", (4, 4))
Command = list[object]
CASES: dict[str, Callable[[Path], Command]] = {}
Make = Callable[[Path], Command]


def case(make: Make) -> Make:
    """Take a function that writes a hostile input and returns the command that reads it."""
    CASES[make.__name__.removeprefix("_")] = make
    return make


def text_case(name: str, file: str, text: Callable[[], str | bytes]) -> None:
    """Take a file whose content is made when it is needed."""

    def make(folder: Path) -> Command:
        content = text()
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        return ["check", folder / file]

    CASES[name] = make


def config(**changes: object) -> str:
    """A config that would be read without the changes."""
    return json.dumps(CONFIG | changes)


# -- configs

for name, said in {
    "config_of_many_layers": lambda: config(num_hidden_layers=10**12),
    "config_of_many_experts": lambda: config(num_experts=10**30),
    "config_of_a_long_number": lambda: config(num_experts=7).replace("7", "7" * 5000),
    "config_of_a_number_past_all_floats": lambda: config(num_experts=10**900),
    "config_of_long_unread_number": lambda: config(moe_thing=10**900),
    "config_of_a_list_of_long_numbers": lambda: config(mlp_only_layers=[10**900] * 1000),
    "config_of_many_keys": lambda: config(**{f"key_{at}": at for at in range(500_000)}),
    "config_of_many_keys_of_experts": lambda: config(**{f"moe_{at}": at for at in range(500_000)}),
    "config_of_some_keys_of_experts": lambda: config(**{f"moe_{at}": at for at in range(3000)}),
    "config_of_many_harmless_keys": lambda: config(**{f"moe_{at}": 0 for at in range(3000)}),
    "config_of_a_long_key": lambda: config(**{"moe_" + "k" * 9_000_000: 1}),
    "config_of_long_keys": lambda: config(**{f"moe_{at}" + "k" * 90_000: 1 for at in range(99)}),
    "config_of_a_long_value": lambda: config(num_experts="v" * 9_000_000),
    "config_of_a_long_type": lambda: config(model_type="moe" * 3_000_000),
    "config_of_a_long_class": lambda: config(model_type=None, architectures=["c" * 9_000_000]),
    "config_of_long_kinds": lambda: config(layer_types=["k" * 900_000] * 6),
    "config_of_many_kinds": lambda: config(layer_types=[f"kind {at}" for at in range(400_000)]),
    "config_of_keys_twice": lambda: "{" + ",".join(f'"k{at}":1,"k{at}":2' for at in range(300_000))
                                    + "}",
    "config_of_one_key_often": lambda: "{" + ",".join(f'"k":{at}' for at in range(600_000)) + "}",
    "config_of_empty_lists": lambda: '{"a":[' + "[]," * 3_000_000 + "[]]}",
    "config_of_empty_objects": lambda: '{"a":[' + "{}," * 900_000 + "{}]}",
    "config_nested_deeply": lambda: '{"a":' * 500_000,
    "config_nested_in_lists": lambda: "[" * 5_000_000,
    "config_of_control_characters": lambda: config(**{"moe_\n\x1b[2J\u2028" * 9: 1}),
    "config_of_half_a_character": lambda: config(**{"moe_\ud800": 1}),
    "config_too_large": lambda: config(text="x" * 10_000_001),
}.items():  # fmt: skip
    text_case(name, "config.json", said)


# -- checkpoints


def folder_of(folder: Path, **changes: object) -> Command:
    """A checkpoint's folder with a config."""
    (folder / "config.json").write_text(config(**changes))
    return ["check", folder]


@case
def _many_layers_for_further_tokens(folder: Path) -> Command:
    write(folder / "model.safetensors", {"model.embed_tokens.weight": TENSOR})
    return folder_of(folder, num_nextn_predict_layers=10**12)


@case
def _many_shards(folder: Path) -> Command:
    write(folder / "model-00001-of-99999999999.safetensors", {"a": TENSOR})
    return ["check", folder]


@case
def _more_shards_than_python_can_read(folder: Path) -> Command:
    write(folder / f"model-00001-of-{'9' * 200}.safetensors", {"a": TENSOR})
    return ["check", folder]


@case
def _an_index_of_many_missing_files(folder: Path) -> Command:
    files = {f"t{at}": f"model-{at}.safetensors" for at in range(200_000)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
    return folder_of(folder)


@case
def _an_index_of_a_long_name(folder: Path) -> Command:
    files = {"t": "n" * 9_000_000}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
    return ["check", folder]


@case
def _an_index_of_many_lists(folder: Path) -> Command:
    text = '{"weight_map":{"a":[' + "[]," * 4_000_000 + "[]]}}"
    (folder / "model.safetensors.index.json").write_text(text)
    return ["check", folder]


def header_case(name: str, header: Callable[[], bytes], length: int | None = None) -> None:
    """Take a safetensors file by its header."""

    def make(folder: Path) -> Command:
        write_raw(folder / "model.safetensors", header(), 100_000_000 if length else 8, length)
        return ["check", folder]

    CASES[name] = make


def entries(names: Mapping[str, Any]) -> bytes:
    """A header of tensors of a byte each."""
    spans = enumerate(names.items())
    said = {name: {"dtype": "U8", "shape": shape, "data_offsets": [at, at + 1]}
            for at, (name, shape) in spans}  # fmt: skip
    return json.dumps(said).encode()


for name, header in {
    "tensors_of_long_names": lambda: entries({f"{at}" + "n" * 900_000: [1] for at in range(9)}),
    "tensors_of_long_numbers": lambda: entries({f"layers.{'9' * 400}.x": [1]}),
    "a_tensor_of_layer_of_5000_digits": lambda: entries({f"layers.{'9' * 5000}.x": [1]}),
    "a_tensor_of_5000_digits": lambda: entries({"a": [7]}).replace(b"7", b"7" * 5000),
    "a_tensor_of_many_dimensions": lambda: entries({"a": [1] * 900_000}),
    "a_header_of_lists": lambda: b'{"a":' + b"[]," * 4_000_000,
    "a_header_nested_deeply": lambda: b'{"a":' * 900_000,
    "a_header_of_names_twice": lambda: b'{"a":1,"a":2}' * 3,
}.items():
    header_case(name, header)
header_case("a_header_of_zeros", bytes, 99_999_999)


@case
def _many_tensors_that_fit_no_component(folder: Path) -> Command:
    write(folder / "model.safetensors", {f"thing_{at}": ("U8", (1,)) for at in range(50_000)})
    return ["check", folder]


@case
def _many_files_of_weights(folder: Path) -> Command:
    for at in range(3000):
        (folder / f"m{at}.safetensors").touch()
    return ["check", folder]


# -- GGUF files


def gguf(name: str, *parts: object) -> None:
    """Take a GGUF file: numbers are of 64 bits, texts have their lengths before them."""

    def make(folder: Path) -> Command:
        data = b"GGUF" + struct.pack("<I", 3)
        for part in parts:
            data += part if isinstance(part, bytes) else struct.pack("<Q", part)
        (folder / "m.gguf").write_bytes(data + bytes(64))
        return ["check", folder / "m.gguf"]

    CASES[name] = make


KEY, LIST, TEXT = struct.pack("<Q", 1) + b"k", struct.pack("<I", 9), struct.pack("<I", 8)
gguf("gguf_of_many_keys", 0, 10**15)
gguf("gguf_of_many_tensors", 10**15, 0)
gguf("gguf_of_keys_that_have_room", 0, 3_000_000, bytes(40_000_000))
gguf("gguf_of_a_long_text", 0, 1, KEY, TEXT, 10**15)
gguf("gguf_of_a_long_list", 0, 1, KEY, LIST, TEXT, 10**15)
gguf("gguf_of_a_list_that_has_room", 0, 1, KEY, LIST, TEXT, 9_000_000, bytes(72_000_000))
gguf("gguf_of_lists_in_lists", 0, 1, KEY, *[LIST, LIST, 2] * 200)


@case
def _many_shards_of_gguf(folder: Path) -> Command:
    (folder / "m-00001-of-99999999999.gguf").write_bytes(b"GGUF")
    return ["check", folder / "m-00001-of-99999999999.gguf"]


# -- what is no file


def no_file_cases() -> None:
    """Take devices and pipes under the names that are read."""
    for kind in ("device", "pipe"):
        for name in ("z.json", "z.xlsx", "z.csv", "z.gguf", "z.ods"):
            CASES[f"a_{kind}_named_{name}"] = _no_file(kind, name, name)
        for name in ("config.json", "model.safetensors", "model.safetensors.index.json",
                     "adapter_config.json", "adapter_model.safetensors"):  # fmt: skip
            CASES[f"a_{kind}_in_a_folder_{name}"] = _no_file(kind, name, "")


def _no_file(kind: str, name: str, read: str) -> Make:
    def make(folder: Path) -> Command:
        if kind == "pipe":
            os.mkfifo(folder / name)
        else:
            (folder / name).symlink_to("/dev/zero")
        return ["check", folder / read]

    return make


no_file_cases()


@case
def _a_pipe_as_a_template(folder: Path) -> Command:
    os.mkfifo(folder / "t.xlsx")
    (folder / "config.json").write_text(config())
    return ["fill", folder / "t.xlsx", folder / "config.json", "-o", folder / "out.xlsx"]


# -- tables


def rows_of(folder: Path, rows: list[list[object]], sheet: str = "Models") -> Path:
    """Write a workbook of one sheet."""
    path = folder / "m.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    page = book.add_worksheet(sheet)
    for at, row in enumerate(rows):
        page.write_row(at, 0, row)
    book.close()
    return path


def noise(length: int) -> str:
    """A text that packs badly, so that no bomb is seen in it."""
    return random.randbytes(length).translate(_LETTERS).decode()


_LETTERS = bytes(b"abcdefghijklmnopqrstuvwxyz 0123456789"[byte % 37] for byte in range(256))


HEAD: list[object] = ["name", "num_experts", "num_experts_per_tok", "hidden_size", "compare_with"]
ROW: list[object] = [64, 8, 2048]


@case
def _cells_of_long_texts(folder: Path) -> Command:
    rows = [[f"m{at}", noise(30_000), 8, noise(30_000)] for at in range(300)]
    return ["check", rows_of(folder, [HEAD, *rows])]


@case
def _names_of_long_texts(folder: Path) -> Command:
    names = [noise(32_000) for _ in range(100)]
    rows: list[list[object]] = [[names[at // 2], *ROW] for at in range(200)]
    return ["check", rows_of(folder, [HEAD, *rows])]


@case
def _headers_of_long_texts(folder: Path) -> Command:
    head = [*HEAD[:4], *(f"expert size {noise(30_000)}" for _ in range(200))]
    return ["check", rows_of(folder, [head, ["m", *ROW, *range(200)]])]


@case
def _many_headers_that_are_not_known(folder: Path) -> Command:
    head = [*HEAD[:4], *(f"num_expertz_{at}" for at in range(1900))]
    return ["check", rows_of(folder, [head, ["m", *ROW, *range(1900)]])]


@case
def _many_rows_that_compare_with_nobody(folder: Path) -> Command:
    rows = [[f"m{at}", *ROW, f"n{at}"] for at in range(4000)]
    return ["check", rows_of(folder, [HEAD, *rows])]


@case
def _many_assumptions_that_are_not_known(folder: Path) -> Command:
    path = folder / "m.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    page = book.add_worksheet("Models")
    page.write_row(0, 0, HEAD[:4])
    page.write_row(1, 0, ["m", *ROW])
    page = book.add_worksheet("Assumptions")
    page.write_row(0, 0, ["name", "value"])
    for at in range(20_000):
        page.write_row(at + 1, 0, [f"context_lengthh_{at}", at])
    book.close()
    return ["check", path]


@case
def _many_sheets(folder: Path) -> Command:
    book = xlsxwriter.Workbook(folder / "m.xlsx")
    for at in range(1000):
        book.add_worksheet(f"a sheet with a long name {at}")
    book.close()
    return ["check", folder / "m.xlsx", "--sheet", "another"]


text_case("csv_of_a_long_cell", "m.csv", lambda: "name,num_experts\nm," + "9" * 9_000_000 + "\n")
text_case("csv_of_a_long_line", "m.csv", lambda: "name," + "," * 9_000_000 + "\n")
text_case("csv_of_many_lines", "m.csv", lambda: "name,num_experts\n" + "m,1\n" * 2_000_000)
text_case("csv_of_long_names", "m.csv", lambda: "name,num_experts\n"
          + "".join("n" * 100_000 + ",x\n" for _ in range(99)))  # fmt: skip
for name, unit in {
    "digits": "9", "groups": "1,", "points": "1.", "sums": "1 + ", "products": "1 x ",
    "words": "one ",
    "brackets": "(1", "blanks": " 1 ", "ranges": "1-", "percent": "%", "letters": "8x",
}.items():  # fmt: skip
    text_case(f"csv_of_cells_of_{name}", "m.csv", lambda unit=unit: "name,num_experts,hidden_size\n"  # type: ignore[misc]
              + "".join(f'm{at},"{unit * 9000}",2048\n' for at in range(30)))  # fmt: skip
    text_case(f"csv_of_headers_of_{name}", "m.csv", lambda unit=unit: "name,num_experts,"  # type: ignore[misc]
              + ",".join(f'"hidden {unit * 9000}"' for _ in range(9)) + "\nm,64\n")  # fmt: skip
text_case("csv_of_a_long_header", "m.csv", lambda: "name," + "num experts " * 9000 + "\nm,64\n")


# -- what is typed


def typed(name: str, command: str, *words: str) -> None:
    """Take a command that gets a good workbook, and long words."""

    def make(folder: Path) -> Command:
        return [command, rows_of(folder, [HEAD, ["m", *ROW]]), *words]

    CASES[name] = make


LONG = "x" * 90_000
typed("long_headers", "check", "--column", f"{LONG}=num_experts")
typed("long_fields", "check", "--column", f"h={LONG}")
typed("a_long_scenario", "check", "--scenario", LONG)
typed("a_long_assumption", "check", "--set", f"{LONG}=1")
typed("a_long_number", "check", "--set", f"batch={'9' * 90_000}")
typed("a_long_path", "check", LONG)
typed("a_long_sheet", "check", "--sheet", LONG)
typed("a_long_section", "check", "--skip", LONG)
typed("a_long_option", "check", f"--{LONG}")
typed("a_long_command", LONG)
typed("a_long_format", "run", "--format", LONG)
typed("a_long_output", "run", "-o", LONG)
typed("a_long_logo", "run", "--logo", LONG)
typed("a_long_folder", "run", "--template-dir", LONG)


# -- templates


@case
def _loops_in_loops(folder: Path) -> Command:
    loops = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}"
    return page_with(folder, loops)


@case
def _a_loop_that_calls_itself(folder: Path) -> Command:
    again = "{% if loop.depth < 9 %}{{ loop(range(1000)) }}{% endif %}"
    return page_with(folder, "{% for i in range(1000) recursive %}" + again + "{% endfor %}")


@case
def _a_product_of_texts(folder: Path) -> Command:
    return page_with(folder, '{{ "a" * 10 ** 10 }}')


def page_with(folder: Path, text: str) -> Command:
    """A page with a template of the user's."""
    block = "{% block main %}" + text + "{% endblock %}"
    (folder / "report.html.j2").write_text('{% extends "shipped/report.html.j2" %}' + block)
    (folder / "m.json").write_text(config())
    return ["run", folder / "m.json", "-o", folder / "out", "--format", "html",
            "--template-dir", folder]  # fmt: skip
