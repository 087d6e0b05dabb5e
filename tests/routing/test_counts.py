"""Files of counts, as engines record them and as people type them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from moe_report.errors import InputError
from moe_report.load.routing_file import read_counts
from moe_report.routing.counts import of_model
from tests.libraries import library
from tests.routing.test_placement import TOKENS

LONG = "\n".join(
    ["layer,expert,tokens"]
    + [f"{layer},{at},{many}" for layer, row in enumerate(TOKENS) for at, many in enumerate(row)]
)
STEPS = LONG.replace("layer", "step,layer").replace("\n", "\n0,") + "\n1,0,0,0"
WIDE = "\n".join(
    ["layer," + ",".join(map(str, range(12)))]
    + [f"{layer}," + ",".join(map(str, row)) for layer, row in enumerate(TOKENS)]
)
BARE = "\n".join([",".join(f"expert {at}" for at in range(12))]
                 + [",".join(map(str, row)) for row in TOKENS])  # fmt: skip
FROM_1 = "\n".join([",".join(map(str, range(1, 13)))]
                   + [",".join(map(str, row)) for row in TOKENS])  # fmt: skip
THOUSANDS = "\n".join(
    ["layer," + ",".join(map(str, range(12)))]
    + [f"{layer}," + ",".join(f"{many}.000" for many in row) for layer, row in enumerate(TOKENS)]
)
OTHER = [[1, 0], [0, 2]]


def put(folder: Path, name: str, content: Any) -> str:
    """Write a file; what is no text as JSON."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(path)


def refused(folder: Path, name: str, content: Any, model: str = "") -> str:
    """What is said of a file."""
    with pytest.raises(InputError) as caught:
        read_counts(put(folder, name, content) + model)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("long.csv", LONG),
        ("semicolons.csv", LONG.replace(",", ";")),
        ("long.tsv", LONG.replace(",", "\t").replace("tokens", "Token Count")),
        ("wide.csv", WIDE),
        ("bare.csv", BARE),
        ("from 1.csv", FROM_1),
        ("points.csv", THOUSANDS),
        ("sglang.json", {"logical_count": TOKENS}),
        ("steps.json", {"rank": 0, "logical_count": [TOKENS, [[0] * 12] * 2]}),
        ("list.json", TOKENS),
        ("layers.json", {"logical_count": {"0": TOKENS[0], "1": TOKENS[1]}}),
        ("steps.csv", STEPS),
        ("vllm.json", {"expert_load_pass": TOKENS}),
        ("slots.json", {
            "expert_load_pass": [[*row[:11], row[11] - 1, 1] for row in TOKENS],
            "physical_to_logical_map": [[*range(12), 11]] * 2,
        }),
    ],
)  # fmt: skip
def test_counts_are_read(tmp_path: Path, name: str, content: Any) -> None:
    """Whatever the form, by layer and expert; steps and replicas are summed."""
    found = read_counts(put(tmp_path, name, content))
    scale = 1000 if content == THOUSANDS else 1
    assert found.layers == (0, 1)
    assert found.tokens.tolist() == [[scale * many for many in row] for row in TOKENS]
    assert bool(found.notes) == (name in ("from 1.csv", "points.csv"))


def test_the_sheet_routing(tmp_path: Path) -> None:
    """Of a workbook of models, as of one that has nothing else."""
    book = openpyxl.Workbook()
    book.create_sheet("Models").append(["name"])
    sheet = book.create_sheet("Routing")
    sheet.append(["layer", *range(12)])
    for layer, row in enumerate(TOKENS):
        sheet.append([f"layer {layer}", *row])
    book.save(tmp_path / "models.xlsx")
    assert read_counts(str(tmp_path / "models.xlsx")).tokens.tolist() == TOKENS
    del book["Routing"]
    book.save(tmp_path / "none.xlsx")
    with pytest.raises(InputError, match="has no sheet Routing, but Sheet, Models"):
        read_counts(str(tmp_path / "none.xlsx"))


DEEP = {"num_experts": 12.0, "num_hidden_layers": 5.0, "num_moe_layers": 2.0,
        "first_k_dense_replace": 3.0}  # fmt: skip


def test_layers_are_numbered_as_in_the_model(tmp_path: Path) -> None:
    """Lists of the layers with experts alone are those after the dense ones; all lists are all."""
    alone = read_counts(put(tmp_path, "alone.json", TOKENS))
    assert of_model(alone, DEEP, "x").layers == (3, 4)
    empty = [0] * 12
    every = read_counts(put(tmp_path, "all.json", [empty, empty, empty, *TOKENS]))
    assert of_model(every, DEEP, "x").layers == (3, 4)
    numbered = read_counts(put(tmp_path, "long.csv", LONG))
    with pytest.raises(InputError, match="layer 0 has no experts in the model"):
        of_model(numbered, DEEP, "x")
    with pytest.raises(InputError, match="layer 1: the model's layers are 0 to 0"):
        of_model(numbered, DEEP | {"num_hidden_layers": 1.0, "first_k_dense_replace": 0.0}, "x")
    with pytest.raises(InputError, match="which layers of the model have experts is not known"):
        of_model(alone, DEEP | {"first_k_dense_replace": 0.0}, "x")


def test_numbers_from_one_are_told_by_the_last(tmp_path: Path) -> None:
    """Of experts in rows of their own, and of layers: no other numbering has these."""
    sizes = {"num_experts": 12.0, "num_hidden_layers": 2.0, "num_moe_layers": 2.0}
    head, *rows = LONG.splitlines()
    pairs = [line.split(",") for line in rows]
    shifted = [f"{int(layer) + 1},{int(expert) + 1},{tokens}" for layer, expert, tokens in pairs]
    found = read_counts(put(tmp_path, "one.csv", "\n".join([head, *shifted])))
    assert found.notes == ()
    counts = of_model(found, sizes, "x")
    assert (counts.layers, counts.tokens.tolist()) == ((0, 1), TOKENS)
    assert counts.notes == (
        "x: experts are numbered from 1; here from 0", "x: layers are numbered from 1; here from 0",
    )  # fmt: skip
    without_0 = [line for line, (_, expert, _) in zip(rows, pairs, strict=True) if expert != "0"]
    found = read_counts(put(tmp_path, "none.csv", "\n".join([head, *without_0])))
    counts = of_model(found, sizes, "x")
    assert counts.tokens.tolist() == [[0, *row[1:]] for row in TOKENS]
    assert counts.notes == ("x: expert 0 has no row, and so no tokens",)
    said = [*shifted, "1,0,0"]  # 13 experts
    with pytest.raises(InputError, match="counts are of 13 experts, the model has 12"):
        of_model(read_counts(put(tmp_path, "said.csv", "\n".join([head, *said]))), sizes, "x")


def test_the_last_experts_may_have_no_tokens(tmp_path: Path) -> None:
    """A long table has no rows of them; a list has a number for each."""
    wide = read_counts(put(tmp_path, "wide.csv", WIDE.replace("11\n", "total\n", 1)))
    assert wide.notes == ("wide.csv: not read: 'total'",)
    rows = [line for line in LONG.splitlines() if line.split(",")[1] != "11"]
    found = read_counts(put(tmp_path, "short.csv", "\n".join(rows)))
    sizes = {"num_experts": 12.0}
    assert of_model(found, sizes, "x").tokens.tolist() == [[*row[:11], 0] for row in TOKENS]
    short = read_counts(put(tmp_path, "short.json", [row[:11] for row in TOKENS]))
    with pytest.raises(InputError, match="counts are of 11 experts, the model has 12"):
        of_model(short, sizes, "x")


@pytest.mark.slow
def test_the_recorder_of_sglang(tmp_path: Path) -> None:
    """A .pt file, which is read without running what may be in it."""
    torch = library("torch")
    torch.save({"rank": 0, "logical_count": torch.tensor([TOKENS, TOKENS])}, tmp_path / "a.pt")
    found = read_counts(str(tmp_path / "a.pt"))
    assert found.tokens.tolist() == [[2 * many for many in row] for row in TOKENS]
    torch.save({"logical_count": Path("x")}, tmp_path / "code.pt")
    with pytest.raises(InputError, match="cannot be read by torch"):
        read_counts(str(tmp_path / "code.pt"))


def test_dense_layers_are_left_out(tmp_path: Path) -> None:
    """A recorder has rows for all layers; the others keep their numbers."""
    found = read_counts(put(tmp_path, "a.json", {"logical_count": [[0] * 12, *TOKENS]}))
    assert found.layers == (1, 2)


def test_one_of_several_models(tmp_path: Path) -> None:
    """Named behind a colon, else the models are listed."""
    both = {"one": {"logical_count": TOKENS}, "other": {"logical_count": OTHER}}
    path = put(tmp_path, "both.json", both)
    assert read_counts(f"{path}:other").tokens.tolist() == OTHER
    assert "one, other" in refused(tmp_path, "both.json", both)
    assert "Did you mean 'other'" in refused(tmp_path, "both.json", both, ":othr")
    rows = ["model,layer,expert,tokens", "one,0,0,5", "one,0,1,6", "other,3,0,7"]
    path = put(tmp_path, "both.csv", "\n".join(rows))
    assert read_counts(f"{path}:one").tokens.tolist() == [[5, 6]]
    assert read_counts(f"{path}:other").layers == (3,)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", [[1, -1]], "layer 0: expert 1 has -1 tokens"),
        ("a.json", {"logical_count": [[[1, -1]], [[1, 2]]]}, "negative"),
        ("a.json", [[1.5, 1]], "expert 0 has 1.5 tokens"),
        ("a.json", [[1, 2], [1]], "layer 1: found 1 experts, expected 2"),
        ("a.json", [[True, 2]], "expert 0 has no number of tokens"),
        ("a.json", [[10**30, 2]], "expert 0 has inf tokens, expected a whole number from 0 to"),
        ("a.json", [[1, None]], "expert 1 has no number of tokens"),
        ("a.json", [[0, 0]], "all counts are 0"),
        ("a.json", {"counts": TOKENS}, "found the keys counts; expected logical_count"),
        ("a.json", "{", "is not JSON"),
        ("a.json", [], "no table of numbers"),
        ("a.txt", "1", "a.txt"),
        (
            "a.csv",
            "90,132,40\n20,107,104",
            "experts are called 40, 90, 132, expected",
        ),
        ("a.csv", "5,6,7\n20,107,104", "is there no row of headers?"),
        ("a.csv", 'layer,expert,tokens\n0,0,1;5\n0,1,"1,5"', "expected a number of tokens"),
        ("a.csv", "layer,expert,tokens\n0,0,1\n0,0,2", "expert 0 of layer 0 stands there twice"),
        ("a.csv", "layer,0,1\n0,1,2\n0,1,2", "layer 0 stands there twice"),
        ("a.csv", "layer,expert,tokens\n0,0,-4", "has -4 tokens"),
        ("a.csv", "layer,expert,tokens\nfirst,0,4", "found 'first', expected the number of a lay"),
        ("a.csv", "layer,expert,tokens\n0,0,many", "found 'many', expected a number of tokens"),
        ("a.csv", "layer,0,0\n0,1,2", "expected each number from 0 on once"),
        ("a.csv", "name,size\na,1", "has no columns of counts"),
        ("a.csv", "layer,0,1", "no rows of counts"),
        ("a.csv", "layer,expert,tokens\n0,99999999,1", "expected the number of an expert"),
    ],
)
def test_what_is_no_count_is_refused(tmp_path: Path, name: str, content: Any, message: str) -> None:
    """By row, layer or expert."""
    assert message in refused(tmp_path, name, content)


def test_a_missing_file(tmp_path: Path) -> None:
    """Said with its name."""
    with pytest.raises(InputError, match="there is no such file"):
        read_counts(str(tmp_path / "a.json"))


def test_a_note_below_is_no_layer(tmp_path: Path) -> None:
    """A row without any number is read past, and said; one that has a number is a problem."""
    counts = read_counts(put(tmp_path, "counts.csv", WIDE + "\n\nmeasured in June"))
    assert counts.layers == (0, 1)
    assert "not read: row 5 ('measured in June')" in counts.notes[0]
    with pytest.raises(InputError, match="row 4: found 'June', expected the number of a layer"):
        read_counts(put(tmp_path, "counts.csv", WIDE + "\nJune,3"))
