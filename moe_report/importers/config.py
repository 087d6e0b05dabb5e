"""A model's ``config.json`` to the values of a row.

Each architecture has an adapter: the keys that it reads and the fields that they give, the values
that the architecture fixes, and perhaps a function for what is more than a copy. A key that may be
left out takes the default of the architecture's configuration class in ``transformers``, and a note
says so. Nothing is guessed: a key about experts that the adapter does not know is an error, for
leaving it out would give a smaller model than there is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice

from moe_report.errors import MOST_LINES, InputError, Problem, first_of, nearest
from moe_report.importers.adapter import Adapter, Reading
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.architectures.dense import DENSE
from moe_report.importers.cache_keys import (
    holds_all,
    notes_of_widths,
    unclear_cache,
    windows_told,
)
from moe_report.importers.config_json import at, entries, said, text_parts, with_whole_numbers
from moe_report.importers.counted_keys import SIZES, Counted, spellings
from moe_report.importers.harmless_keys import is_nothing
from moe_report.importers.idle_keys import is_outside, is_width_of_a_part, notes_of_idle
from moe_report.importers.impossible import (
    ALLOW,
    impossible,
    longest_context,
    moe_layers,
    uneven_groups,
)
from moe_report.importers.model_class import notes_of_class
from moe_report.importers.published_bits import (
    notes_of_bits,
    notes_of_recipe,
    published_bits,
    widths_told,
)
from moe_report.importers.read_keys import read_keys, refuse_untold
from moe_report.importers.section_fields import read_section_fields
from moe_report.importers.unread_keys import (
    ATTENTION,
    EXPERTS,
    Unread,
    judge,
    keys_of_experts,
    unread_keys,
)
from moe_report.schema.fields import FIELDS, Field
from moe_report.schema.parts import Part
from moe_report.text import shown

_MTP = "num_nextn_predict_layers"
_MTP_LIKE = re.compile("(^|[._])(mtp|nextn)", re.IGNORECASE)
# Published without a model_type, which only code beside the weights knows.
_BY_CLASS = {"SmallThinkerForCausalLM": "smallthinker"}
_NO_EXPERTS = {"num_experts": 1, "num_experts_per_tok": 1, "num_moe_layers": 0}
_SPELLINGS = spellings(ADAPTERS.values())
_SHOWN = 80  # characters of a model_type that are compared with the known ones
_MOST_UNREAD = 5000  # keys that are judged; published configs have some dozens
_MOST_NOTED, _NOTED_ROOM = 100, 3000  # keys that change no number, and characters for them


@dataclass(frozen=True)
class ConfigRow:
    """What a config says of its model.

    Attributes:
        model_type: The architecture, as the config names it.
        numbers: Values by field, and by :class:`~moe_report.schema.parts.Part` for what no field
            describes.
        notes: What a reader should know: which defaults were taken, what is not counted.
        unclear: Fields that are missing whatever their defaults, each with why.
    """

    model_type: str
    numbers: dict[str, float]
    notes: tuple[str, ...]
    unclear: Mapping[str, str] = field(default_factory=dict)


def row_from_config(
    config: Mapping[str, object],
    *,
    where: str,
    allow_dense: bool = False,
    fields: Collection[Field] = (),
) -> ConfigRow:
    """Return the values of a row that a model's ``config.json`` gives.

    Args:
        config: The parsed file.
        where: What to call the file in an error.
        allow_dense: Take a model without experts, as one expert in none of its layers.
        fields: Fields of sections, which keys of their names or aliases give.

    Raises:
        InputError: The architecture is unknown or not a Mixture-of-Experts, a key is missing or
            has a wrong value, or a key about experts is not understood. All of it at once.
    """
    model_type = config.get("model_type", _of_class(config))
    adapter = _adapter(model_type, config) if allow_dense else ADAPTERS.get(str(model_type))
    if adapter is not None:
        adapter = adapter.by_text_model.get(str(_text_model(config)), adapter)
    if (
        not isinstance(model_type, str)
        or adapter is None
        or _of_another(adapter, config)
        or (_is_dense(config, adapter) and not (allow_dense and model_type in DENSE))
    ):
        raise InputError([Problem(where, _unknown(model_type, config))])
    if config.get("text_config") is None:
        adapter = adapter.flat or adapter
    config = with_whole_numbers(config)
    reading = Reading(problems=_no_objects(config, adapter))
    numbers = dict(adapter.fixed)
    numbers.update(read_keys(config, adapter, model_type, reading))
    if not reading.problems:
        numbers.update(adapter.derive(reading) if adapter.derive else {})
        refuse_untold(adapter, reading, numbers)
        if allow_dense and ("num_experts" not in numbers or moe_layers(numbers) == 0):
            numbers.update(_NO_EXPERTS)
            reading.notes.append("Not a Mixture-of-Experts: no layer has experts")
    else:
        reading.problems.extend(reading.untold.values())
    further = read_section_fields(config, adapter.section, fields)
    reading.problems.extend(further.problems)
    lengths = Reading()
    numbers.update(longest_context(config, adapter, lengths))
    _judge_unread(config, adapter, numbers, reading, set(further.paths.values()))
    if not reading.problems:
        reading.problems.extend(impossible(numbers, allow_dense))
        reading.problems.extend(uneven_groups(config, adapter, numbers, reading))
    reading.problems.extend(lengths.problems)
    if reading.problems:
        raise InputError([Problem(where, problem) for problem in reading.problems])
    if adapter.note:
        reading.notes.append(adapter.note)
    numbers.update(_further_tokens(config, adapter, numbers, reading))
    numbers.update(further.numbers)
    reading.notes.extend(lengths.notes)
    no_cache = unclear_cache(config, adapter, numbers)
    _without_idle_window(numbers, reading)
    bits, no_bits = published_bits(config, numbers)
    numbers.update(bits)
    reading.notes.extend(notes_of_bits(bits, no_bits))
    reading.notes.extend(notes_of_recipe(config))
    reading.notes.extend(notes_of_widths(config, adapter))
    model_types = [name for name in (model_type, _text_model(config)) if isinstance(name, str)]
    known, own_head = ADAPTERS.keys() | DENSE.keys(), Part.UNEMBEDDING_FLOPS in numbers
    reading.notes.extend(notes_of_class(config, model_types, known, own_head=own_head))
    reading.notes.extend(dict.fromkeys(f"Cache: {why}" for why in no_cache.values()))
    unclear = {**reading.unclear, **no_bits, **no_cache}
    numbers = {name: value for name, value in numbers.items() if name not in unclear}
    return ConfigRow(
        model_type,
        {name: float(value) for name, value in numbers.items()},
        tuple(reading.notes),
        unclear,
    )


def _of_class(config: Mapping[str, object]) -> str | None:
    """The architecture of the class that a config without a ``model_type`` is for."""
    classes = config.get("architectures")
    names = map(str, classes if isinstance(classes, list) else [])
    return next((_BY_CLASS[name] for name in names if name in _BY_CLASS), None)


def _adapter(model_type: object, config: Mapping[str, object]) -> Adapter | None:
    """The adapter of an architecture that may be dense."""
    name = str(model_type)
    adapter = ADAPTERS.get(name)
    if adapter is None or name not in DENSE:
        return adapter or DENSE.get(name)
    if not any(keys_of_experts(config)):
        return DENSE[name]
    counts = [
        value
        for spellings, key in adapter.keys.items()
        if "num_experts" in key.fields
        for spelling in spellings.split("|")
        for value in at(config, spelling)
    ]
    return adapter if any(counts) or not counts else DENSE[name]


def _of_another(adapter: Adapter, config: Mapping[str, object]) -> bool:
    """Whether the text part is of an architecture that the adapter is not for."""
    wanted = _wanted(adapter)
    return bool(wanted) and _text_model(config) not in wanted


def _wanted(adapter: Adapter) -> tuple[str, ...]:
    return (adapter.text_model,) if adapter.text_model else tuple(adapter.by_text_model)


def _is_dense(config: Mapping[str, object], adapter: Adapter) -> bool:
    """Whether a config has the sizes of a model and says nothing of experts."""
    prefix = adapter.prefix
    sizes = [prefix + path for path in next(iter(adapter.keys)).split("|")]
    has_sizes = any(list(at(config, path)) for path in sizes)
    return has_sizes and not any(keys_of_experts(config))


def _text_model(config: Mapping[str, object]) -> object:
    parts = (part for prefix, part in text_parts(config) if prefix)
    return next((part["model_type"] for part in parts if "model_type" in part), None)


def _unknown(model_type: object, config: Mapping[str, object]) -> str:
    if not isinstance(model_type, str):
        return f"key 'model_type' is {said(model_type)}, expected the architecture's name"
    if not any(keys_of_experts(config)):
        way_out = (
            ALLOW
            if model_type in DENSE
            else f". Known without experts: {first_of([*DENSE], room=60)}"
        )
        return (
            f"model_type {shown(model_type)}: no key of this config speaks of experts; it is not a"
            f" Mixture-of-Experts{way_out}"
        )
    if model_type in DENSE and model_type not in ADAPTERS:
        key = next(keys_of_experts(config))
        return f"model_type {shown(model_type)} has no experts, and key {key!r} sounds like experts"
    if model_type in ADAPTERS:
        return (
            f"key 'model_type' of the text part is {said(_text_model(config))}, expected"
            f" {' or '.join(map(repr, _wanted(ADAPTERS[model_type])))} with model_type"
            f" {shown(model_type)}"
        )
    compared = model_type[:_SHOWN].casefold()
    close = difflib.get_close_matches(compared, ADAPTERS, n=3, cutoff=0.4)
    listed = f" The nearest known are {', '.join(close)};" if close else ""
    return (
        f"model_type {shown(model_type)} is unknown.{listed} `moe-report import --list` lists all."
        " Two other ways: a folder with the checkpoint's safetensors files, whose headers are"
        " counted, or --with-transformers"
    )


def _no_objects(config: Mapping[str, object], adapter: Adapter) -> list[str]:
    return [
        f"key {path!r} is {said(value)}, expected an object"
        for path in sorted(adapter.objects)
        for value in at(config, path)
        if value is not None and not isinstance(value, Mapping)
    ]


def _judge_unread(
    config: Mapping[str, object],
    adapter: Adapter,
    numbers: Mapping[str, float],
    reading: Reading,
    read: Collection[str],
) -> None:
    """Refuse keys that are not read and may change a number; say which change none."""
    known = FIELDS.keys() | SIZES.keys()
    fields = {key: value for key, value in reading.values.items() if key in known and value}
    counted = None
    if not reading.problems:
        counted = Counted({**fields, **numbers}, reading.given, reading.defaults)
    unread = (
        key
        for key in unread_keys(config, adapter)
        if not (key.path in read or is_outside(key.path, adapter))
    )
    keys = list(islice(unread, _MOST_UNREAD + 1))
    if len(keys) > _MOST_UNREAD:
        reading.problems.append(f"more than {_MOST_UNREAD:,} keys sound like experts or an FFN")
        return
    windows = windows_told(config, adapter, numbers)
    judged = {*read, *(key.path for key in keys), *windows}
    elsewhere = {*windows, *widths_told(config)}  # a remark of their own speaks of them
    harmless = [path for path, why in windows.items() if not why]
    for key, verdict in judge(keys, _SPELLINGS, counted):
        if verdict == "harmless" and (key.what == EXPERTS or _is_told(key)):
            if is_width_of_a_part(key.key, key.value):
                judged.remove(key.path)
            elif key.path not in elsewhere:
                harmless.append(key.path)
        elif verdict == "idle":
            judged.remove(key.path)
        elif verdict in ("refused", "contradicting"):
            why = "is not understood"
            if verdict == "contradicting":
                why += f": {said(key.value)} is not what is counted without it"
            hint = _hint(key, adapter) if len(reading.problems) < MOST_LINES else ""
            reading.problems.append(f"key {key.path!r} sounds like {key.what} and {why}.{hint}")
    if harmless:
        listed = first_of(sorted(harmless), _MOST_NOTED, room=_NOTED_ROOM)
        reading.notes.append(f"Not counted because it changes no number: {listed}")
    reading.notes.extend(notes_of_idle(config, adapter, judged, {**reading.values, **numbers}))


def _hint(key: Unread, adapter: Adapter) -> str:
    """Name the key that may be meant, with its path where it stands in another object."""
    paths: dict[str, str] = {}
    for path in sorted(adapter.known_paths):
        inside, dot, name = path.rpartition(".")
        if inside + dot == key.inside:
            paths[name] = name
        paths.setdefault(name, path)
    return nearest(key.key, paths, paths)


def _is_told(key: Unread) -> bool:
    """Whether a key about attention that changes nothing says anything at all."""
    return key.what == ATTENTION and not is_nothing(key.value)


def _further_tokens(
    config: Mapping[str, object], adapter: Adapter, numbers: Mapping[str, float], reading: Reading
) -> Mapping[str, float]:
    """Without modules that predict further tokens, unless something speaks of them."""
    if _MTP in numbers or _MTP in reading.unknown:
        return {}
    known = adapter.known_paths
    told_of = any(
        value for path, value in entries(config) if _MTP_LIKE.search(path) and path not in known
    )
    if adapter.untold_mtp and not told_of:
        told = "Published models have layers that predict further tokens (MTP), of which the config"
        reading.notes.append(f"{told} does not tell: they are not counted")
    elif told_of:
        reading.notes.append("The layers that predict further tokens (MTP) are not counted")
    else:
        return {_MTP: 0}
    return {}


def _without_idle_window(numbers: dict[str, float], reading: Reading) -> None:
    """Let a window that holds the longest sequence be what it is: attention to all of it."""
    if holds_all(numbers):
        window = numbers.pop("sliding_window")
        numbers.pop("num_sliding_window_layers", None)
        reading.notes.append(f"The window of {window:,.0f} tokens holds the longest context")
