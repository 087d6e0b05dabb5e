"""Models of the Hub: the real client, and a server on loopback in place of the Hub."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from moe_report_metrics import parameter_ledger as ledger
from tests.importers.safetensors_files import header_of, room_of
from tests.libraries import library
from tests.rows import row_from_config

library("huggingface_hub")
COMMIT, OLDER = "c" * 40, "0" * 40
CONFIG: dict[str, Any] = {
    "model_type": "mixtral", "vocab_size": 20_000, "hidden_size": 64, "intermediate_size": 96,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": None,
    "tie_word_embeddings": False,
}  # fmt: skip
LAYER = {
    "self_attn.q_proj.weight": (64, 64), "self_attn.k_proj.weight": (32, 64),
    "self_attn.v_proj.weight": (32, 64), "self_attn.o_proj.weight": (64, 64),
    "input_layernorm.weight": (64,), "post_attention_layernorm.weight": (64,),
    "block_sparse_moe.gate.weight": (4, 64),
} | {
    f"block_sparse_moe.experts.{expert}.{matrix}.weight": (64, 96) if matrix == "w2" else (96, 64)
    for expert in range(4) for matrix in ("w1", "w2", "w3")
}  # fmt: skip
OUTSIDE = {
    "model.embed_tokens.weight": (20_000, 64), "lm_head.weight": (20_000, 64),
    "model.norm.weight": (64,),
}  # fmt: skip
SCRIPT = """
import json, sys
from moe_report.errors import InputError
from moe_report.importers.model import Options, import_model
from moe_report.schema.registry import load
try:
    row = import_model(sys.argv[1], Options(), load())
except InputError as error:
    print(json.dumps({"problems": [str(problem) for problem in error.problems]}))
else:
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    print(json.dumps({"name": row.name, "numbers": numbers, "remark": row.texts.get("remark", "")}))
assert "torch" not in sys.modules
"""


def shards() -> dict[str, bytes]:
    """The weights in two files, and their index."""
    of: list[dict[str, tuple[str, tuple[int, ...]]]] = []
    for layer in range(2):
        of.append({f"model.layers.{layer}.{name}": ("BF16", LAYER[name]) for name in LAYER})
    for number, name in enumerate(OUTSIDE):
        of[number % 2][name] = ("BF16", OUTSIDE[name])
    files: dict[str, bytes] = {}
    weight_map: dict[str, str] = {}
    for number, shapes in enumerate(of, 1):
        name = f"model-{number:05}-of-00002.safetensors"
        header = json.dumps(header_of(shapes)).encode()
        files[name] = struct.pack("<Q", len(header)) + header + bytes(room_of(shapes))
        weight_map |= dict.fromkeys(shapes, name)
    index = {"metadata": {}, "weight_map": weight_map}
    return files | {"model.safetensors.index.json": json.dumps(index).encode()}


@dataclass
class Hub:
    """A server that answers as the Hub does.

    Attributes:
        files: Content by repository, revision and name.
        bare: Whether it says nothing of itself but the number of an error, as some mirrors do.
        nameless: Whether it leaves out of which commit a file is.
        broken: The number of the error that it answers whatever is asked, if it does.
        lists: Whether it lists a repository's files.
        asked: Requests so far: method, path, range, whether with a token.
        sent: Bytes sent of each path.
        url: Where it listens.
    """

    files: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    bare: bool = False
    nameless: bool = False
    broken: int = 0
    lists: bool = False
    asked: list[tuple[str, str, str, bool]] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    url: str = ""

    def put(self, repository: str, files: dict[str, bytes], revision: str = "main") -> None:
        """Have a repository with these files."""
        commit = COMMIT if revision == "main" else OLDER
        for name, content in files.items():
            self.files[repository, revision, name] = content
            self.files[repository, commit, name] = content


class Handler(BaseHTTPRequestHandler):
    """Answers for the hub that the server carries."""

    protocol_version = "HTTP/1.1"
    timeout = 20  # seconds for which a connection may lie idle
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer without the content."""
        self._answer(content=False)

    def do_GET(self) -> None:
        """Answer with the content, or the range of it that was asked for."""
        self._answer(content=True)

    def _answer(self, *, content: bool) -> None:
        hub, span = self.hub, self.headers.get("range", "")
        token = self.headers.get("authorization", "") == "Bearer hf_loopback"
        if hub.broken:
            return self._refuse(hub.broken, "")
        tree = re.match(r"/api/models/([\w-]+/[\w.-]+)/tree/", self.path)
        if tree and hub.lists and any(tree[1] == known for known, _, _ in hub.files):
            return self._list(tree[1])
        found = re.fullmatch(r"/([\w-]+/[\w.-]+)/resolve/([^/]+)/(.+)", self.path)
        if not found:  # what the client asks of its own accord
            return self._refuse(404, "")
        hub.asked.append((self.command, self.path, span, token))
        repository, revision, name = found.groups()
        if repository == "owner/gated" and not token:
            return self._refuse(401, "GatedRepo")
        if not any(known == repository for known, _, _ in hub.files):
            return self._refuse(401, "RepoNotFound")
        revisions = {there for known, there, _ in hub.files if known == repository}
        if revision not in revisions:
            return self._refuse(404, "RevisionNotFound")
        body = hub.files.get((repository, revision, name))
        if body is None:
            return self._refuse(404, "EntryNotFound")
        commit = OLDER if revision in ("old", OLDER) else COMMIT
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", span)
        part = body[int(wanted[1]) : int(wanted[2]) + 1] if wanted else body
        self.send_response(206 if wanted else 200)
        if wanted:
            end = int(wanted[1]) + len(part) - 1
            self.send_header("Content-Range", f"bytes {wanted[1]}-{end}/{len(body)}")
        if not hub.nameless:
            self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{hash((commit, name)):x}"')
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if content:
            hub.sent[self.path] = hub.sent.get(self.path, 0) + len(part)
            self.wfile.write(part)
        return None

    def _list(self, repository: str) -> None:
        names = {name for known, _, name in self.hub.files if known == repository}
        entries = [{"type": "file", "path": name, "size": 1, "oid": "0"} for name in sorted(names)]
        body = json.dumps(entries).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(
            404 if self.hub.bare and status == 401 and code != "GatedRepo" else status
        )
        if not self.hub.bare:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with one good repository."""
    found = Hub()
    found.put("owner/tiny", {"config.json": json.dumps(CONFIG).encode(), **shards()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": found}))
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an empty cache."""
    return tmp_path / "hf"


def run(source: str, url: str, home: Path, **more: str) -> dict[str, Any]:
    """Import in a process of its own: the client reads its environment when it is imported."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not re.search(r"^HF_|^HUGGING|proxy$", name, re.IGNORECASE)
    }
    clean |= {"HF_ENDPOINT": url, "HF_HOME": str(home), "HOME": str(home), "NO_PROXY": "*"} | more
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, source],
        env=clean, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "%|" not in done.stderr, "a progress bar"
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_config_and_headers(hub: Hub, home: Path) -> None:
    """The row is the config's, the bytes are the checkpoint's, and no weight file is fetched."""
    said = run("hf:owner/tiny", hub.url, home)
    expected = row_from_config(CONFIG, where="config.json").numbers
    assert said["name"] == "tiny"
    assert {name: said["numbers"][name] for name in expected} == expected
    assert "The checkpoint's headers agree with the config" in said["remark"]
    total = ledger.total_params.of(**expected)
    assert sum(value for name, value in said["numbers"].items() if "_bytes" in name) == 2 * total
    weights = [(how, path, span) for how, path, span, _ in hub.asked if ".safetensors" in path
               and not path.endswith(".json") and how == "GET"]  # fmt: skip
    assert sorted(path for _, path, _ in weights) == [
        f"/owner/tiny/resolve/{COMMIT}/model-0000{number}-of-00002.safetensors" for number in (1, 2)
    ]
    assert all(re.fullmatch(r"bytes=\d+-\d+", span) for _, _, span in weights)
    for _, path, _ in weights:
        whole = hub.files["owner/tiny", "main", path.rsplit("/", 1)[1]]
        assert hub.sent[path] < len(whole) / 20
    kept = [path for path in home.rglob("*") if path.is_file() and "safetensors" in path.name]
    assert not [path for path in kept if path.suffix == ".safetensors"]


def test_what_modelopt_says_beside_a_config(hub: Hub, home: Path) -> None:
    """A file beside a config is asked for where the config does not say how weights are packed."""
    recipe = {"quantization": {"quant_algo": "NVFP4", "exclude_modules": ["lm_head"]}}
    config = json.dumps(CONFIG | {"torch_dtype": "bfloat16"}).encode()
    files = {"config.json": config, "hf_quant_config.json": json.dumps(recipe).encode()}
    hub.put("owner/packed", files)
    for more in ({}, {"HF_HUB_OFFLINE": "1"}):
        said = run("hf:owner/packed", hub.url, home, **more)
        assert said["numbers"]["routed_expert_weight_bits"] == 4.5


def test_one_file(hub: Hub, home: Path) -> None:
    """A model in one file needs no index; an architecture without adapter is counted by it."""
    shapes = {name: ("BF16", shape) for name, shape in OUTSIDE.items()} | {
        f"model.layers.{layer}.{name}": ("BF16", LAYER[name]) for layer in (0, 1) for name in LAYER
    }
    header = json.dumps(header_of(shapes)).encode()
    content = struct.pack("<Q", len(header)) + header + bytes(room_of(shapes))
    config = json.dumps(CONFIG | {"model_type": "mixtral9"}).encode()
    hub.put("owner/one", {"config.json": config, "model.safetensors": content})
    said = run("hf:owner/one", hub.url, home)
    assert "The config was not understood: model_type 'mixtral9' is unknown" in said["remark"]
    expected = row_from_config(CONFIG, where="config.json").numbers
    for metric in (ledger.total_params, ledger.active_params):
        assert metric.of(**said["numbers"]) == metric.of(**expected)


def test_revision(hub: Hub, home: Path) -> None:
    """What stands behind the @ is asked for, and the headers are of the same commit."""
    older = CONFIG | {"num_experts_per_tok": 1}
    hub.put("owner/tiny", {"config.json": json.dumps(older).encode(), **shards()}, "old")
    said = run("hf:owner/tiny@old", hub.url, home)
    assert said["numbers"]["num_experts_per_tok"] == 1
    assert {path.split("/")[4] for _, path, _, _ in hub.asked} == {"old", OLDER}


def test_token(hub: Hub, home: Path) -> None:
    """The token is the client's own; without it a gated repository is refused by name."""
    hub.put("owner/gated", {"config.json": json.dumps(CONFIG).encode()})
    assert run("hf:owner/gated", hub.url, home) == {
        "problems": [
            "hf:owner/gated: is gated: accept its terms on its page, and log in (`hf auth login`)"
        ]
    }
    assert "numbers" in run("hf:owner/gated", hub.url, home, HF_TOKEN="hf_loopback")
    (home / "token").write_text("hf_loopback", "utf-8")
    hub.asked.clear()
    assert "numbers" in run("hf:owner/gated", hub.url, home)
    assert all(token for *_, token in hub.asked)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("hf:owner/none", "there is no such repository, or it is private and you are not logged in"
                          " (`hf auth login`)"),
        ("hf:owner/tiny@v9", "has no such revision"),
        ("hf:owner/empty", "has no config.json"),
        ("hf:a/b/c", "is not the name of a repository; expected hf:owner/name"),
        ("hf:", "names no repository; expected hf:owner/name"),
        ("hf:owner/lacking", "has no model-00001-of-00001.safetensors, which its index names"),
        ("hf:owner/broken", "has a safetensors file whose header is broken"),
        ("hf:owner/lying, model.safetensors",
         "its entry for w is broken: 8 bytes for [2, 3] of BF16"),
        ("hf:owner/unjson, config.json", "is not JSON (Expecting value: line 1 column 1 (char 0))"),
    ],
)  # fmt: skip
def test_errors_of_a_line(hub: Hub, home: Path, source: str, problem: str) -> None:
    """What is wrong is said in one line, and never with a traceback."""
    config = {"config.json": json.dumps(CONFIG).encode()}
    index = json.dumps({"weight_map": {"w": "model-00001-of-00001.safetensors"}}).encode()
    lie = b'{"w": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 8]}}'
    hub.put("owner/empty", {"README.md": b""})
    hub.put("owner/lacking", config | {"model.safetensors.index.json": index})
    hub.put("owner/broken", config | {"model.safetensors": struct.pack("<Q", 2) + b"[["})
    hub.put("owner/lying", config | {"model.safetensors": struct.pack("<Q", len(lie)) + lie})
    hub.put("owner/unjson", {"config.json": b"hello"})
    said = run(source.split(",")[0], hub.url, home)
    assert said == {"problems": [f"{source}: {problem}"]}


NO_HEADERS = "No headers of safetensors files were found: the config alone is counted"


@pytest.mark.parametrize("more", ["", "pytorch_model.bin", "model-q4.gguf"])
@pytest.mark.parametrize("bare", [False, True], ids=["the Hub", "a mirror"])
def test_a_config_without_headers(hub: Hub, home: Path, more: str, bare: bool) -> None:
    """The config gives the row, and the row says that there was nothing to compare it with."""
    hub.bare = bare
    hub.put(
        "owner/bare", {"config.json": json.dumps(CONFIG).encode()} | ({more: b""} if more else {})
    )
    said = run("hf:owner/bare", hub.url, home)
    assert said["numbers"] == row_from_config(CONFIG, where="config.json").numbers
    assert NO_HEADERS in said["remark"]


def test_a_mirror_that_says_little(hub: Hub, home: Path) -> None:
    """An index is found although the one file before it is not, and headers are compared."""
    hub.bare = True
    said = run("hf:owner/tiny", hub.url, home)
    assert "The checkpoint's headers agree with the config" in said["remark"]


def test_what_a_mirror_lacks(hub: Hub, home: Path) -> None:
    """No repository, no config, a shut door and a broken server are told apart."""
    hub.bare = True
    hub.put("owner/empty", {"README.md": b""})
    hub.put("owner/gated", {"config.json": json.dumps(CONFIG).encode()})
    which = f"there is no such repository, or no config.json in it: {hub.url} does not say which"
    for name in ("none", "empty"):
        assert run(f"hf:owner/{name}", hub.url, home) == {"problems": [f"hf:owner/{name}: {which}"]}
    hub.lists = True
    assert run("hf:owner/none", hub.url, home) == {"problems": [f"hf:owner/none: {which}"]}
    (problem,) = run("hf:owner/empty", hub.url, home)["problems"]
    assert problem == "hf:owner/empty: has no config.json"
    (problem,) = run("hf:owner/gated", hub.url, home)["problems"]
    shut = ("it is gated or private, and you are not logged in (`hf auth login`) or your token does"
            " not open it")  # fmt: skip
    assert problem == f"hf:owner/gated: may not be read (HTTP 401): {shut}"
    hub.nameless = True
    (problem,) = run("hf:owner/tiny", hub.url, home)["problems"]
    assert problem.endswith(f"{hub.url} does not answer as the Hub does: it names no commit")
    for status, said in {
        403: f"may not be read (HTTP 403): {shut}",
        501: "the Hub answers HTTP 501: try again later",
    }.items():  # fmt: skip
        hub.broken = status
        assert run("hf:owner/tiny", hub.url, home) == {"problems": [f"hf:owner/tiny: {said}"]}


def test_repositories_without_a_config(hub: Hub, home: Path) -> None:
    """An adapter names its model; of GGUF files one is named."""
    hub.lists = True
    adapter = json.dumps({"peft_type": "LORA", "base_model_name_or_path": "owner/tiny"}).encode()
    hub.put("owner/lora", {"adapter_config.json": adapter})
    hub.put("owner/ggufs", {"q8.gguf": b"", "q4.gguf": b""})
    assert run("hf:owner/lora", hub.url, home)["problems"] == [
        "hf:owner/lora: is an adapter (LoRA or the like), and no model. Import the model that it is"
        " for: owner/tiny"
    ]
    assert run("hf:owner/ggufs", hub.url, home)["problems"] == [
        "hf:owner/ggufs: has no config.json; its GGUF files can be imported once they are there:"
        " q4.gguf"
    ]


def test_no_network(hub: Hub, home: Path) -> None:
    """Nobody listens: one line, at once; and what is in the cache is within reach."""
    closed = "http://127.0.0.1:9"
    (problem,) = run("hf:owner/tiny", closed, home)["problems"]
    assert problem.startswith("hf:owner/tiny: the Hub cannot be reached (ConnectError: ")
    run("hf:owner/tiny", hub.url, home)
    (problem,) = run("hf:owner/tiny", closed, home)["problems"]
    assert problem.startswith("hf:owner/tiny: the Hub cannot be reached (ConnectError: ")
    assert problem.endswith("; HF_HUB_OFFLINE=1 reads what is in the cache")


def test_offline(hub: Hub, home: Path) -> None:
    """Offline the cache is read, and nothing is asked; what is not in it is refused."""
    expected = run("hf:owner/tiny", hub.url, home)
    hub.asked.clear()
    said = run("hf:owner/tiny", hub.url, home, HF_HUB_OFFLINE="1")
    assert said["numbers"] == row_from_config(CONFIG, where="config.json").numbers
    (problem,) = run("hf:owner/one", hub.url, home, HF_HUB_OFFLINE="1")["problems"]
    assert problem == "hf:owner/one: is not in the cache, and the Hub cannot be reached"
    # With the weights in the cache, too, their headers are read there.
    (cached,) = home.rglob(f"snapshots/{COMMIT}")
    for name, content in shards().items():
        (cached / name).unlink(missing_ok=True)
        (cached / name).write_bytes(content)
    assert run("hf:owner/tiny", hub.url, home, HF_HUB_OFFLINE="1") == expected
    assert hub.asked == []


def test_without_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    from moe_report.errors import InputError
    from moe_report.importers.model import Options
    from tests.rows import import_model

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"^hf:o/n: needs huggingface_hub: pip install"):
        import_model("hf:o/n", Options())
