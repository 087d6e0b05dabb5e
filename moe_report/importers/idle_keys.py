"""Keys that nobody reads and that sound like nothing that is counted: they are said.

The code of a known architecture has no use for a key that its configuration class does not have, so
such a key changes no number; and yet who wrote it may have meant other code. It is named in the
row's remark, unless its name says that it is of another matter: tokens, positions, arithmetic,
training, writing text, or where the file came from.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from moe_report.errors import first_of
from moe_report.importers.adapter import Adapter
from moe_report.importers.attention_keys import is_arithmetic
from moe_report.importers.cache_keys import is_cache_width, is_of_windows
from moe_report.importers.config_json import at, entries, text_parts
from moe_report.importers.harmless_keys import is_harmless, is_nothing, words_of
from moe_report.importers.published_bits import is_usual_precision
from moe_report.importers.quantization import KEYS

_MOST, _ROOM = 50, 1000  # keys that are listed, and characters for them
# Each is all words of a name.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "the file, and the program that wrote it": (
        "architectures", "auto_map", "model_type", "(model_)?name_or_path", "version", "license",
        "source", "retrieved", "commit_hash", r"model_(sha|name|id)(_\w+)?", "url", "languages?",
        "(hub_)?artifacts", "task_specific_params", "finetuning_task", "custom_pipelines?",
        "torchscript", "return_dict", r"tokenizer(_\w+)?", "pretraining_tp", "library_name",
        "(torch_)?dtype", "description", "comments?", "notes?", "framework",
        r"base_model(_\w+)?", "chat_template", "device(_map)?",
        "(bos|eos|pad|unk|mask|cls|sep)_token", "js_config",
        "unsloth_(fixed|version)", "for_llm_compressor",
    ),
    "a classifier, and its labels": (
        "id2label", "label2id", "num_labels", "label_set", "problem_type", r"summary_\w+",
        "dense_seq_output",
    ),
    "lengths, of which the longest is read apart": (
        "max_(position_embeddings|(seq|sequence)_(len|length)|trained_positions)", "n_positions",
        "(n_ctx|context_length)", "(default|initial)_(n_ctx|context_length)", "(model_)?max_length",
        "(seq|sequence)_(len|length)", "original_max_position_embeddings",
    ),
    "vocabulary": ("org_vocab_size", "ignore_index"),
    "positions": ("freq_allocation", "use_rotary_pos_emb"),
    "arithmetic": (
        "(hidden_)?act(ivation)?(_fn|_function|_type)?", "fused_bias_fc", "use_associative_scan",
        "mup_enabled", "use_mup", "route_norm", "scor(e|ing)_func(tion)?", "use_xentropy",
        "time_step_(min|max)",
        r"(\w+_)?(compute|activations?|softmax|rope|residual|reduce|autocast|grads?)_dtype",
        "(block|chunk)_size", "residual_in_fp32", "rescale_prenorm_residual", "scale_embeddings?",
        "log_scaling_n_floor",
    ),
    "training": (
        "optimizer", r"(lr_)?scheduler(_\w+)?", "label_smoothing", "learning_rate", "lr",
        "weight_decay", "warmup_steps",
    ),
    "writing text": (
        "use_cache", "do_sample", "num_beams", "num_beam_groups", "num_return_sequences", "top_p",
        "typical_p", "max_new_tokens", "min_length", "early_stopping",
        "output_(scores|hidden_states|attentions|logits)", "remove_invalid_values",
        "is_decoder", "is_encoder_decoder", "chunk_size_feed_forward", "no_repeat_ngram_size",
        "generation_config", "(num_)?logits_to_keep",
    ),
    "engines": (
        "attn_implementation",
        "max_(num_)?(batched_tokens|seqs|batch_size|model_len)", "gpu_memory_utilization",
        "batch_size", "enforce_eager", "enable_prefix_caching", "mapping", "swap_space",
        "max_(input|output)_len",
    ),
}  # fmt: skip
# What a name ends with, or begins with.
_ENDS = (
    "version|penalty|dropout|pdrop|drop|layerdrop|(dropout|drop)_(prob|rate|p)|token_map"
    "|tokens?_(ids?|index|indices)|(start|end|newline|patch|pad|bos|eos|eod|sep)_(token_)?id"
    "|eps|epsilon|multiplier|alpha|beta|scale|limit|cap|floor|bound|magnitude|factor|theta"
    "|rotary_(dim|factor)"
)
_BEGINS = "rope|rotary|alibi|mrope|initializer|init_(std|range|method|scale|device)|loss"
# Sizes, whatever else the name begins or ends with.
_OF_SIZE = re.compile(
    "_(depth|width|dims?|sizes?|layers?|blocks?|mlp|ffn|expand|expansion|vocab|hidden|intermediate"
    "|inner|repeat)_(multiplier|factor|scale|limit|cap|drop|bound)_"
    "|^_(rope|rotary|loss|alibi)_(\\w+_)?(windows?|layers?|blocks?)_(size_)?$|_(prompt|prefix|p)_tuning_"
)
_SAYS = re.compile(
    f"_({'|'.join(each for of in _NAMES.values() for each in of)})_"
    rf"|_(\w+_)?({_ENDS})_|_({_BEGINS})_(\w+_)?"
)
# Of other parts than the text model; that these are not counted has a note of its own.
_ELSEWHERE = re.compile(
    "_(vision|visual|images?|audio|video|speech|sound|mm|multimodal|multi_modal|projector|talker"
    "|media|vit|im|spatial|temporal|patch|anyres|pixel|token2wav|boi|eoi"
    "|projection|merged|downsample|canvas)_|_out_hidden_size_"
)
# A text may choose how something is built, unless that is usual or its key is of a name or path.
_USUAL = {"default", "none", "nope", "rope", "rotary", "rms", "rmsnorm", "rms_norm"}
_NAMING = re.compile("_(names?|path|dir|file|url|repo|date|id|hash|commit|author|revision|by|on)_$")
_PART_DTYPE = re.compile(
    r"_((lm|token|word|input|output|layer|rms|self)_)*(attn|attention|embed\w*|head|norm"
    "|checkpoint)_((weights?|params?)_)?dtype_"
)
# What a model of these architectures has; that it lacks it is said though it reads as nothing.
_HAD = re.compile(
    "_((use|has|is|with|enable|add)_)?((output|lm)_head|((pre|post|final|rms|layer)_?)*norm|rmsnorm"
    "|layernorm|residuals?|(token_|word_)?embeddings?)_"
    "|_no_(\\w+_)?(bias|biases|norms?|embed\\w*|residuals?|head|mlp|ffn)_"
)


def notes_of_idle(
    config: Mapping[str, object],
    adapter: Adapter,
    judged: Collection[str],
    read: Mapping[str, object],
) -> Iterator[str]:
    """Say which keys are not read, and which stand where they are not.

    Args:
        config: The parsed file.
        adapter: How it is read.
        judged: Paths of keys that others speak of.
        read: Values that were read, by the name of their key or field.
    """
    idle, outside = [], []
    around = {path[: dot.start()] for path in judged for dot in re.finditer(r"\.", path)}
    known = adapter.known_paths | adapter.objects | around | set(judged)
    for path, value in entries(config, lambda path: path in adapter.objects):
        name = path.rpartition(".")[2]
        if (is_nothing(value) and not _denies(name, value)) or path in known:
            continue
        if _is_another_text(path, value, config, adapter):
            idle.append(path)
        elif is_outside(path, adapter):
            inside = next(iter(at(config, adapter.home + name)), read.get(name))
            if value != inside:
                outside.append(path)
        elif name == "top_k" and any(at(config, f"{path[:-1]}p")):
            continue  # of writing text, beside top_p
        elif value != read.get(name) and _may_mean_something(name, value, path, adapter):
            idle.append(path)
    if outside:
        yield f"Not read, as the text model's keys are in {adapter.home[:-1]}: {_listed(outside)}"
    if idle:
        yield f"Not read, and nothing is counted for it: {_listed(idle)}"


def _listed(paths: list[str]) -> str:
    return first_of(sorted(paths), _MOST, room=_ROOM)


def is_outside(path: str, adapter: Adapter) -> bool:
    """Whether a key has the name of one of the text part, and stands in an object around it."""
    around, _, name = path.rpartition(".")
    above = not around or adapter.home.startswith(f"{around}.")
    return (
        above
        and name != "model_type"
        and not path.startswith(adapter.home)
        and path not in adapter.known_paths
        and adapter.home + name in adapter.read_paths
    )


def is_width_of_a_part(name: str, value: object) -> bool:
    """Whether a key gives a part of the model another precision than is usual."""
    return bool(_PART_DTYPE.fullmatch(words_of(name))) and not is_usual_precision(value)


def _denies(name: str, value: object) -> bool:
    """Whether a key says that there is none of what every such model has."""
    none = value is False or (isinstance(value, str) and value.lower() == "none")
    return none and bool(_HAD.fullmatch(words_of(name)))


def _is_another_text(
    path: str, value: object, config: Mapping[str, object], adapter: Adapter
) -> bool:
    """Whether an object beside the text model's says of a text model what that does not say."""
    home = next(iter(at(config, adapter.home[:-1])), None) if adapter.home else None
    if not isinstance(value, Mapping) or not isinstance(home, Mapping):
        return False
    parts = {prefix[:-1] for prefix, _ in text_parts(config)}
    return path in parts and any(
        key not in home or home[key] != inner for key, inner in value.items()
    )


def _may_mean_something(name: str, value: object, path: str, adapter: Adapter) -> bool:
    words = words_of(name)
    if not path.startswith(adapter.home) and isinstance(value, Mapping):
        return False
    if adapter.note and _ELSEWHERE.search(words):
        return False
    if name in KEYS or is_of_windows(name) or is_cache_width(name):
        return False
    if _OF_SIZE.search(words) or is_width_of_a_part(name, value) or _denies(name, value):
        return True
    if isinstance(value, str):
        return not (
            value.lower() in _USUAL
            or is_usual_precision(value)
            or _NAMING.search(words)
            or _SAYS.fullmatch(words)
        )
    return not (_SAYS.fullmatch(words) or is_harmless(name, value) or is_arithmetic(name, value))
