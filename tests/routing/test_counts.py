"""Files of counts, as engines record them and as people type them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.load.routing_file import read_counts
from tests.routing.test_placement import TOKENS

LONG = "\n".join(
    ["layer,expert,tokens"]
    + [f"{layer},{at},{many}" for layer, row in enumerate(TOKENS) for at, many in enumerate(row)]
)
WIDE = "\n".join(
    ["layer," + ",".join(map(str, range(12)))]
    + [f"{layer}," + ",".join(map(str, row)) for layer, row in enumerate(TOKENS)]
)
BARE = "\n".join([",".join(f"expert {at}" for at in range(12))]
                 + [",".join(map(str, row)) for row in TOKENS])  # fmt: skip
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
        ("sglang.json", {"logical_count": TOKENS}),
        ("steps.json", {"rank": 0, "logical_count": [TOKENS, [[0] * 12] * 2]}),
        ("list.json", TOKENS),
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
    assert found.layers == (0, 1)
    assert found.tokens.tolist() == TOKENS


def test_the_recorder_of_sglang(tmp_path: Path) -> None:
    """A .pt file, which is read without running what may be in it."""
    torch = pytest.importorskip("torch")
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
        ("a.json", [[1, 2], [1]], "no table of numbers"),
        ("a.json", [[0, 0]], "all counts are 0"),
        ("a.json", {"counts": TOKENS}, "found the keys counts; expected logical_count"),
        ("a.json", "{", "is not JSON"),
        ("a.json", [], "no table of numbers"),
        ("a.txt", "1", "expected .json, .csv"),
        ("a.csv", "layer,expert,tokens\n0,0,1\n0,0,2", "expert 0 of layer 0 stands there twice"),
        ("a.csv", "layer,0,1\n0,1,2\n0,1,2", "layer 0 stands there twice"),
        ("a.csv", "layer,expert,tokens\n0,0,-4", "has -4 tokens"),
        ("a.csv", "layer,expert,tokens\nfirst,0,4", "found 'first', expected the number of a lay"),
        ("a.csv", "layer,expert,tokens\n0,0,many", "found 'many', expected a number of tokens"),
        ("a.csv", "layer,0,0\n0,1,2", "a column of an expert twice"),
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
