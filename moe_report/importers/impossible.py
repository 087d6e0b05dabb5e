"""What no config can say: numbers that contradict each other, and lengths that are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from moe_report.importers.adapter import Adapter, Reading, is_count
from moe_report.importers.config_json import at, said
from moe_report.schema.bounds import LARGEST
from moe_report.schema.fields import AT_MOST

ALLOW = "; --allow-dense takes it"
_LONGEST = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length")


def longest_context(
    config: Mapping[str, object], adapter: Adapter, reading: Reading
) -> Mapping[str, float]:
    """The tokens of the longest sequence, where the text part says them in one way."""
    found: dict[str, float] = {}
    endless: list[str] = []
    for path in (adapter.home + name for name in _LONGEST):
        for value in at(config, path):
            if value is None:
                continue
            if type(value) not in (int, float) or not (value == -1 or value >= 1):
                reading.refuse(path, f"is {said(value)}, expected a whole number of at least 1")
            elif value == -1 or value > LARGEST:  # how some say that there is no limit
                endless.append(f"{path} is {said(value)}")
            elif value % 1:
                reading.refuse(path, f"is {said(value)}, expected a whole number")
            else:
                found[path] = int(value)
    lengths = set(found.values())
    if endless:
        reading.notes.append(f"{' and '.join(endless)}, which limits no sequence: it is not read")
    if len(lengths) > 1:
        reading.notes.append(f"The longest context is not known: {' and '.join(found)} differ")
    return {"max_position_embeddings": lengths.pop()} if len(lengths) == 1 else {}


def uneven_groups(
    config: Mapping[str, object], adapter: Adapter, numbers: Mapping[str, float], reading: Reading
) -> Iterator[str]:
    """Refuse heads of keys and values that are not shared by equally many query heads each."""
    heads = numbers.get("num_attention_heads") or reading.values.get("num_attention_heads")
    paths = [
        adapter.prefix + path
        for paths, key in adapter.keys.items()
        if "num_key_value_heads" in (*key.fields, paths)
        for path in paths.split("|")
    ]
    for path in dict.fromkeys([*paths, f"{adapter.home}num_key_value_heads"]):
        for value in at(config, path):
            if is_count(heads) and is_count(value) and heads % value:
                yield f"key {path!r} is {value}, which does not divide the {heads} query heads"


def moe_layers(numbers: Mapping[str, float]) -> float:
    """Return how many layers have experts."""
    layers = numbers["num_hidden_layers"] - numbers.get("first_k_dense_replace", 0)
    return numbers.get("num_moe_layers", layers)


def impossible(numbers: Mapping[str, float], allow_dense: bool) -> Iterator[str]:
    """Give what is wrong with the numbers of a row."""
    for name, value in numbers.items():
        if value > LARGEST:
            yield f"{name} is {value}, more than 2^53: it cannot be counted exactly"
    for name, limit in AT_MOST.items():
        if numbers.get(name, 0) > numbers.get(limit, float("inf")):
            yield f"{name} is {numbers[name]}, more than the {numbers[limit]} of {limit}"
    if moe_layers(numbers) == 0 and not allow_dense:
        yield f"no layer has experts: the model is not a Mixture-of-Experts{ALLOW}"
    heads = numbers.get("num_attention_heads", 1)
    if not {"head_dim", "kv_lora_rank"} & set(numbers) and numbers["hidden_size"] % heads:
        yield f"hidden_size {numbers['hidden_size']} is not a multiple of the {heads} heads"
