"""Keys that no adapter reads and that change no number, by what they say and what they are called.

Two kinds of them. A value of nothing says that there is no such part. A name of training, of the
arithmetic of routing or of how a program runs says nothing of how many parameters there are: the
table lists such words, a reason each. A name that also holds a word of size, or of a part with
weights of its own, is harmful in spite of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# A pattern is one or more whole words of a name; longer ones first, since what is found is taken
# out of the name before the rest is looked at: "num" is a count, "num_groups" is not.
_REASONS: Mapping[str, tuple[str, ...]] = {
    "bias that balances experts without a loss": (
        "enable_expert_bias", "(expert_|router_|topk_)?bias_(update_)?(rate|speed|lr)",
        "bias_update(_rate|_speed)?", "update_(rate|speed)", "aux(_loss)?_free",
        "balance_via_topk_bias",
    ),
    "groups of experts, of which some are chosen first": (
        "((num|n)_)?((experts?|router|routing|topk|limited)_)*groups?(_(size|topk|top_k|limit|score))?",
        "(num_)?experts_per_group", "grouped", "group_limited(_greedy)?",
        "(topk_)?limited_(devices|groups?)", "device_limited",
    ),
    "losses, and other balances of training": (
        "loss(es)?", "aux", "(load_)?balanc(e|ed|ing)", "coefs?", "coeffs?", "coefficients?",
        "entropy", "diversity", "orthogonal(ity)?", "lambda",
    ),
    "randomness of training": (
        "dropout", "drop", "dropped", "dropping", "jitter", "nois(e|y)", "random", "seed",
    ),
    "how many tokens an expert takes at most": (
        "capacity(_factors?)?", "overflow", "pad(ding|ded)?", "prioriti[sz]ed",
    ),
    "arithmetic": (
        r"dtype", "precision", r"(b?f|fp|mxfp|nvfp|float|bfloat|int)\d+", r"quanti[sz]\w*", "quant",
        "(num_)?bits", "eps", "epsilon",
    ),
    "how experts' scores are made": (
        "norm_(topk_|expert_)?(prob|weight)s?", r"(re)?norm(ali[sz]\w*)", "renorm",
        "scal(e|ing)_factor", "rout(e|ed|er|ing)_scal(e|ing)", "scor(e|es|ing)", "probs?",
        "logits?", r"soft_?cap(ping)?", "(pre_)?softmax", "sigmoid", "sinkhorn",
        "temperature", "clip", "clamp", r"apply_\w+_on_input",
    ),
    "how a program runs": (
        "((experts?|model|tensor|pipeline|data|context|sequence)_)+parallel(ism)?"
        "(_(size|degree|rank|mode|group))?",
        "(e?tp|ep)(_size|_rank)?", "world_size", "((num|n)_)?redundant(_experts?(_num)?)?",
        "(num_)?sms", "barrier", "async", "replay",
        "impl(ementations?)?", "backend", r"kernels?", "fus(e|ed|ion)", "gemm", "permut(e|ation)",
        r"dispatch(er|ing)?", "all2all", "a2a", "alltoall", "all_to_all", "deepep", "overlap",
        "recompute", "checkpointing", "offload(ing)?", "megablocks",
    ),
    "how weights begin, and which are trained": (
        r"init(iali[sz]\w*)?(_(range|std|scale|method))?", "std", "freez(e|ing)", "frozen",
        "trainable", "lr", "learning_rate", "warmup", "gradients?", "optimizer",
    ),
    "what is reported": ("log(s|ging)?", "metrics", "stats?", "statistics", "debug", "verbose"),
}  # fmt: skip
_LONGEST = 200  # characters of a name; what is longer is no name that anybody gave a key
_WORDS = [re.compile(f"(?<=_)({'|'.join(patterns)})(?=_)") for patterns in _REASONS.values()]
# Names of a function, or of a way to choose, where the value is one.
_FUNCTIONS = re.compile(
    "(?<!router)_(hidden_)?(act|activation)(_(fn|func|function|type))?_"
    "|(router|gate)_(act|activation)(_(fn|func|function|type))?_"
    "|_(gating|selection|score|scoring|topk|routing)_(fn|func|function|method|type)_"
    "|_router_type_|(?<=_moe)_gate(_type)?_"
)
# A router that is a table or a network has other weights; where experts choose, FLOPs differ.
_OTHER_ROUTERS = re.compile("hash|mlp|cosine|nois|choice|dense|soft(?!max|plus)", re.IGNORECASE)
_OTHER_GROUPS = re.compile(r"_layers?_groups?_|_shared_(\w+_)?groups?_")
_SIZES = re.compile(
    "_(sizes?|dims?|widths?|num|n|number|counts?|experts|layers|blocks|ranks?|intermediate|depth"
    "|heads?"
    "|ratio|mult|multiplier|expand|expansion)_"
)
_PARTS = re.compile(
    "_(bias|biases|norms?|layernorm|rmsnorm|hidden|inner|latent|conv|proj|projections?"
    r"|embed\w*|lora|adapters?)_|_shared_experts?_gat(e|ed|ing)_"
)


def is_nothing(value: object) -> bool:
    """Whether a value says that there is none: 0, null, false, empty, or all of it such."""
    if isinstance(value, Mapping):
        return all(map(is_nothing, value.values()))
    if isinstance(value, list):  # a single 0 is rather the number of a layer or an expert
        return value != [0] and all(map(is_nothing, value))
    return value is None or value is False or value == "" or (is_number(value) and value == 0)


def is_number(value: object) -> bool:
    """Whether a value is a number, which true and false are not."""
    return type(value) in (int, float)


def words_of(name: str) -> str:
    """Return the words of a name with ``_`` around each, whichever way they were joined."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)
    return f"_{'_'.join(parts).lower()}_"


def is_harmless(name: str, value: object, further: re.Pattern[str] | None = None) -> bool:
    """Whether a key changes no number: neither parameters nor FLOPs.

    Args:
        name: What it is called, without the path.
        value: What it says; an object is looked at key by key by the caller.
        further: Words that say so in the caller's names, beside those of the table.
    """
    if is_nothing(value):
        return True
    if len(name) > _LONGEST:
        return False
    rest = words_of(name)
    if isinstance(value, str) and not _counts(value) and _FUNCTIONS.search(rest):
        if "glu" in value.lower():  # it has a matrix more
            return False
        return not (_OTHER_ROUTERS.search(value) or _PARTS.search(_FUNCTIONS.sub("_", rest)))
    if _OTHER_GROUPS.search(rest):
        return False
    found = False
    for words in (*([further] if further else []), *_WORDS):
        rest, times = words.subn("", rest)
        found = found or times > 0
    rest = re.sub("__+", "_", rest)
    return found and not _PARTS.search(rest) and not (_counts(value) and _SIZES.search(rest))


def _counts(value: object) -> bool:
    """Whether a value can be a width or a count."""
    if isinstance(value, str):
        return value.isdigit()
    return value is not True and not (isinstance(value, float) and not value.is_integer())
