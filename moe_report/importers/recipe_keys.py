"""Keys of a recipe of quantization that its reader has no use for: they are named.

One that speaks of widths, or of what is quantized and what is not, may mean other bits than those
that are read, which are missing then; any other is said. What the programs that write recipes put
there, and what changes no bit, is known by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moe_report.importers.cache_keys import is_cache_width
from moe_report.importers.harmless_keys import is_nothing, words_of
from moe_report.importers.quantization import BITS_KEYS, GROUP_KEYS

# What names layers that a recipe leaves as they were, in whichever program's words.
IGNORED = (
    "ignore", "modules_to_not_convert", "ignored_layers", "exclude_modules",
    "llm_int8_skip_modules", "skip_modules",
)  # fmt: skip
_ANY = {"quant_method", "activation_scheme", "version", "producer", *IGNORED}
_GPTQ = {
    *BITS_KEYS, *GROUP_KEYS, "dynamic", "sym", "desc_act", "act_group_aware", "static_groups",
    "true_sequential", "damp_percent", "damp_auto_increment", "checkpoint_format", "format",
    "meta", "backend", "dataset", "tokenizer", "model_seqlen", "block_name_to_quantize",
    "module_name_preceding_first_block", "batch_size", "pad_token_id", "max_input_length",
    "cache_block_outputs", "use_exllama", "disable_exllama", "exllama_config", "use_cuda_fp16",
    "model_name_or_path", "model_file_base_name", "is_marlin_format", "pack_dtype", "mse",
    "max_shard_size", "uri",
}  # fmt: skip
# By method: what is read, and what changes no bit.
_KNOWN: Mapping[str, set[str]] = {
    "fp8": {
        "fmt", "weight_block_size", "weight_per_tensor", "expert_dtype", "act_per_tensor",
        "scale_fmt",
    },
    "fbgemm-fp8": {"activation_scale_ub"},
    "bitsandbytes": {
        "load_in_4bit", "load_in_8bit", "_load_in_4bit", "_load_in_8bit", "bnb_4bit_quant_type",
        "bnb_4bit_use_double_quant", "bnb_4bit_quant_storage", "bnb_4bit_compute_dtype",
        "llm_int8_enable_fp32_cpu_offload", "llm_int8_threshold",
    },
    "mxfp4": set(),
    "gptq": _GPTQ,
    "awq": _GPTQ | {
        "zero_point", "do_fuse", "modules_to_fuse", "fuse_max_seq_len",
    },
    "modelopt": {
        "quant_algo", "moe_quant_algo", "group_size", "config_groups", "quantization",
        "kv_cache_scheme", "pre_quant_scale",
    },
    "compressed-tensors": {
        "config_groups", "format", "sparsity_config", "kv_cache_scheme", "quantization_status",
        "global_compression_ratio", "transform_config", "run_compressed",
        "use_optimized_inference",
    },
}  # fmt: skip
_OF_GROUP = {"targets", "weights", "input_activations", "output_activations", "format"}
_OF_WEIGHTS = {
    "num_bits", "type", "symmetric", "strategy", "group_size", "block_structure", "dynamic",
    "observer", "observer_kwargs", "actorder",
}  # fmt: skip
# Scales that are counted, or that are few.
_USUAL = {("scale_dtype", "torch.float8_e4m3fn"), ("scale_dtype", "torch.uint8")}
_SPEAKS = re.compile(
    r"_([nwq]?bits?|\d?bits?|d?types?|dtypes|precision|formats?|\w*quant\w*|dequantize|algo\w*|schemes?"
    r"|weights?|layers?|modules?|blocks?|experts?|moe|mlp|ffn|linears?|attn|attention|embed\w*|head"
    r"|(ex|in)clu\w+|skip\w*|ignor\w+|keep|kept|convert\w*|only|overrides?|per|mixed|targets?"
    r"|groups?|sparsity|sparse|rank|lora|scales?|zeros?|(u?int|nf|(nv|mx)?fp|float)\d+|\w*\dbit)_"
)


def unread_of(recipe: Mapping[str, Any], method: str) -> Iterator[tuple[str, bool]]:
    """Give the keys that are not read, with their path in a recipe, and whether they mean bits."""
    known = _KNOWN.get(method)
    if known is None:
        return
    known = known | _ANY
    yield from _further(recipe, known, "")
    inner = recipe.get("quantization")
    if isinstance(inner, Mapping) and method == "modelopt":
        yield from _further(inner, known, "quantization.")
    groups = recipe.get("config_groups")
    for name, group in groups.items() if isinstance(groups, Mapping) else ():
        if isinstance(group, Mapping):
            yield from _further(group, _OF_GROUP, f"config_groups.{name}.")
            if isinstance(weights := group.get("weights"), Mapping):
                yield from _further(weights, _OF_WEIGHTS, f"config_groups.{name}.weights.")


def _further(part: Mapping[str, Any], known: set[str], inside: str) -> Iterator[tuple[str, bool]]:
    for name, value in part.items():
        if name in known or is_nothing(value) or is_cache_width(name):
            continue
        if (name, str(value)) not in _USUAL:
            yield inside + name, bool(_SPEAKS.search(words_of(name)))
