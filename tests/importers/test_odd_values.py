"""Whatever stands in a config, it is read or refused in words: nothing gives a traceback."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.config import ConfigRow
from tests.configs import QWEN
from tests.rows import row_from_config
from tests.small_configs import MODEL_TYPES, put, small_config


def outcome(config: dict[str, Any]) -> ConfigRow | InputError:
    """The row of a config, or why it is refused; whatever else is raised is a defect."""
    try:
        return row_from_config(config, where="config.json")
    except InputError as error:
        return error


ODD: list[Any] = [
    None, "", [], {}, -1, 0, 1, 2, 7, 10**400, math.inf, math.nan, 2.5, "x", True, False, [1], [0],
    [None], ["x"], [[]], [{}], [-1], [0] * 6, [1] * 6, [True] * 6, ["full_attention"] * 6,
    {"a": 1}, {"0": {}}, {"x": {}}, {"1": {"head_dim": 1}},
]  # fmt: skip


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_no_value_of_a_key_gives_a_traceback(model_type: str) -> None:
    """Whatever a key says, the config is read or refused in words."""
    adapter = ADAPTERS[model_type]
    prefix = f"{adapter.section}." if adapter.section else ""
    paths = {prefix + name for names in adapter.keys for name in names.split("|")}
    rows = refusals = 0
    for path in sorted(paths | adapter.objects):
        for value in ODD:
            config = small_config(model_type)
            put(config, path, copy.deepcopy(value))
            found = outcome(config)
            rows += isinstance(found, ConfigRow)
            refusals += isinstance(found, InputError)
            assert isinstance(found, ConfigRow) or found.problems
    assert min(rows, refusals) > len(paths)


WORDS = ["expert", "moe", "topk", "layers", "dim", ".", "é", "aux", "Freq", "use", "dense", "ffn"]
NAMES = st.lists(st.sampled_from(WORDS), max_size=4).map("_".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(added=st.dictionaries(NAMES, VALUES, max_size=4))
def test_no_key_gives_a_traceback(added: dict[str, Any]) -> None:
    """Keys of any name and value change nothing or are refused."""
    found = outcome(json.loads(json.dumps(added)) | QWEN)
    assert isinstance(found, InputError) or found.numbers == outcome(QWEN).numbers
