"""A checkpoint's tensors to the values of a row: a census by names and shapes, no weight read.

Quantized checkpoints are counted as the parameters that they stand for: packed integers by their
bits, four-bit floats two a byte; scales, zero points and the like are bytes but no parameters. What
is packed in a way that is not known is refused. What fits no component is listed, and refused if it
is more than a thousandth.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from moe_report.errors import InputError, Problem
from moe_report.importers.safetensors import Tensor
from moe_report.schema.components import COMPONENT_METRICS

UNCLASSIFIED = "unclassified"
MTP, MODALITIES = "multi-token prediction", "other modalities"
# Components of the ledger by the names of their tensors; the first that matches counts. The names
# are those that published checkpoints have, those of transformers, and those of GGUF files.
PLACES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (component, re.compile(pattern))
    for component, pattern in (
        (MTP, r"(^|\.)(mtp\w*|nextn\w*)\."),
        (MODALITIES, r"^(perception|ctc_timestamp|mlp1|sound_\w+)\.|(^|\.)word_timestamp\w*\."),
        ("norm_and_other_params", r"_message_gate\.|\.controllers\.|message_input\.|"
                                  r"_cycle_cross_pass_|\.self_conditioning\."),
        ("unembedding_params", r"^score\."),
        (MODALITIES, r"^(v|mm|a|resampler)\.|(^|\.)(vision\w*|visual|vit\w*|audio\w*|image\w*|"
                     r"multi_modal\w*|mm_\w+|speech\w*|sam_model|qwen2_model|projector|"
                     r"resampler\w*|embed_vision|embed_audio|talker|code2wav|view_sep\w*|"
                     r"patch_merge_mlp|patch_merger|pre_mm_\w+)(\.|$)|"
                     r"\.gate\.weight_1$"),
        ("shared_expert_params", r"shared?_expert|shared_mlp|_shexp(\.|$)|_latent_proj\.|"
                                 r"_expert_proj\.|\.ffn_latent_"),
        ("routed_expert_params", r"\.experts?[._](?!bias$|e_score|router|\w*norm)|_exps(\.|$)|"
                                 r"\.(block_sparse_moe|mlp)\.(in|out)put_linear|"
                                 r"\.moe\.(gate|up|down)_proj|\.mlp\.mlp[12]_|"
                                 r"\.ffn_(gate|up|down)\.\d+\.|\.(down|up)_embed\."),
        ("router_params", r"^(?!.*(self_attn|linear_attn|attention|\.attn|residual_gate)\.).*"
                          r"\.(gate|router)(\.|$)|_gate_inp(\.|$)|\.gating\.|expert_bias|router_bias|e_score|"
                          r"exp_probs_b|moe_statics|\.router_gate\."),
        ("attention_params", r"\.(self_attn|attn|attention|self_attention|mamba|linear_attn|"
                             r"SelfAttention|EncDecAttention|cross_attention|encoder_attn|conv|"
                             r"short_?conv|ssm|indexer|\w+_sconv|post_\w+_convolution)\.|"
                             r"\.mixer\.(?!(gate|up|down)_proj\.)|"
                             r"^blk\.\d+\.(attn_(?!norm)|ssm_)"),
        ("unembedding_params", r"(^|\.)(lm_head|embed_out|output_layer|unembed)\.|"
                               r"^(output|head|unembedding)\."),
        ("norm_and_other_params", r"norm|(^|\.)ln_?\w*\.|per_layer|layer_scalar|(^|[._])hc[._]|"
                                  r"hyper_connection|\.ple\.(?!\w+\.ngram_emb)|residual|"
                                  r"(^|\.)(rotary_emb|lerope)\.|input_hidden_states|_input\.query|attn_res\."),
        ("embedding_params", r"(^|\.)(embed_tokens\w*|wte|word_embeddings|tok_embeddings|"
                             r"token_embd|ngram_embedding|embeddings?|embed|shared)\."),
        ("dense_ffn_params", r"\.(mlps?|feed_forward|ffn|ff|mixer|block_sparse_moe)\.|"
                             r"\.ffn_(gate|up|down)(\.|$)"),
    )
)  # fmt: skip
# Spellings of top-k, for checkpoints whose architecture no adapter knows.
TOP_K = ("num_experts_per_tok", "num_experts_per_token", "num_selected_experts", "moe_topk",
         "moe_top_k", "moe_k", "top_k_experts", "experts_per_token")  # fmt: skip
# Beside a quantized weight: bytes, but no parameters.
_SIDECAR = re.compile(
    r"(_scale_inv|_scale|_scale_2|_scale_ub|_scales|\.scales?|\.qzeros|\.g_idx|_g_idx|_shape|"
    r"_zero_point|\.SCB|_global_scale|\.weight_format|\.absmax|\.quant_map|\.nested_\w+|"
    r"\.quant_state\.\w+|\.pre_quant_scale)$"
)
# What a scale of activations belongs to: it lies beside a weight of another name.
_ACTIVATIONS = ("input", "activation", "output", "q", "k", "v", "prob", "kv")
_INTEGERS = ("BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64")
# Kept with the weights, and set by no gradient.
_BUFFER = re.compile(
    r"(inv_freq|e_score_correction_bias|expert_bias|\.router_bias|(rotary_emb|lerope)\.(?!alpha$)\w+|"
    r"\.tid2eid|"
    r"exp_probs_b(\.\w+)?|rope_(freqs|factors_\w+)(\.\w+)?|slope_rate|(query|key|diagonal)_decay|"
    r"position_ids|layer_scalar|attn_rot_embd\.\w+|balancing_biases|layer_multipliers|"
    r"ngram_heads_\w+|\.llm\.layers\.\d+\.mlp\.gate\.bias|\.ffn\.gate\.bias)$"
)
_STACK = re.compile(r"(?:^|\.)(encoder|decoder)\.")
_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|block|blk)\.(\d+)\.")
_EXPERT = re.compile(r"\.(?:experts?\.(?:expert_)?|ffn_(?:gate|up|down)\.)(\d+)\.")
# Only layers that predict further tokens join two streams, each with a norm.
_JOINS = re.compile(r"\.(eh_proj|enorm|hnorm)\.")
_COPY = re.compile(r"(^|[._])(embed_tokens|lm_head|shared_head[._]head|shared_embed\w*)(\.|$)")
ALLOWED = 1e-3  # share of parameters that may fit no component
Layer = tuple[str, int]  # encoder, decoder or nothing; and the layer's number


@dataclass
class Census:
    """What a checkpoint holds.

    Attributes:
        params: Parameters by component.
        bytes: Bytes in the files by component, scales and the like included.
        layers: The layers.
        experts: Routed experts by layer; 0 where the names and shapes do not say.
        router: The smaller size of a router's matrix: how many experts there are.
        shared_mtp: Parameters of multi-token prediction that are copies of the model's own:
            embedding and output head.
        embedding: Shape of the input embedding: vocabulary, hidden size.
        buffers: Numbers kept with the weights that are no parameters, by the end of their name.
        offsets: Those of them that belong to routers.
        unclassified: Names that fit no component.
    """

    params: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    layers: set[Layer] = field(default_factory=set)
    experts: dict[Layer, int] = field(default_factory=dict)
    router: int = 0
    shared_mtp: int = 0
    embedding: tuple[int, ...] = ()
    buffers: Counter[str] = field(default_factory=Counter)
    offsets: int = 0
    unclassified: list[str] = field(default_factory=list)

    @property
    def num_experts(self) -> int:
        """Routed experts of a layer; 0 if there are none, or not as many in each layer."""
        found = {number or self.router for number in self.experts.values()}
        return found.pop() if len(found) == 1 else 0

    @property
    def total(self) -> int:
        """Parameters of the model itself: no other modality, no multi-token prediction."""
        return sum(self.params[component] for component in COMPONENT_METRICS)


def take_census(
    tensors: Iterable[Tensor],
    *,
    where: str,
    quantization: Mapping[str, Any] | None = None,
    mtp_layers: Collection[int] = (),
    pictured_from: int | None = None,
    built: bool = False,
) -> Census:
    """Count a checkpoint's parameters and bytes by component.

    Args:
        tensors: Its tensors, by their headers.
        where: What to call the checkpoint in an error.
        quantization: ``quantization_config`` of its ``config.json``: the bits of packed weights.
        mtp_layers: Layers that predict further tokens, beside those that their tensors give away.
        pictured_from: Number of the first expert that is for images, where some are.
        built: Whether the tensors are the parameters of a model, so that none is a mere buffer.

    Raises:
        InputError: More than a thousandth of the parameters fits no component, or weights are
            packed in a way that is not known.
    """
    by_name = {tensor.name: tensor for tensor in tensors}
    apart = {number for name in by_name if _JOINS.search(name) and (number := _number(name))}
    apart |= {("", number) for number in mtp_layers}
    census = Census()
    puzzling: list[str] = []
    for tensor in by_name.values():
        component = MTP if _number(tensor.name) in apart else _component(tensor.name)
        expert = _EXPERT.search(tensor.name)
        if pictured_from is not None and expert and int(expert[1]) >= pictured_from:
            component = MODALITIES
        try:
            count = true_params(tensor, by_name, quantization or {})
        except ValueError:
            puzzling.append(tensor.name)
            continue
        if _BUFFER.search(tensor.name) and not built:
            if component in COMPONENT_METRICS:
                census.buffers[_end(tensor.name)] += count
                census.offsets += count if component == "router_params" else 0
            count = 0
        census.params[component] += count
        if component == MTP and _COPY.search(tensor.name):
            census.shared_mtp += count
        census.bytes[component] += tensor.bytes
        if component == UNCLASSIFIED and count:
            census.unclassified.append(tensor.name)
        if component not in (MTP, MODALITIES):
            _note_shape(census, tensor, component)
    problems: list[Problem] = []
    if puzzling:
        how = (quantization or {}).get("quant_method", "not given")
        message = f"weights are packed in a way that is not known (quant_method {how})"
        problems.append(Problem(where, f"{message}: {_some(puzzling)}"))
    everything = sum(census.params.values())
    if census.params[UNCLASSIFIED] > ALLOWED * everything:
        share = census.params[UNCLASSIFIED] / everything
        message = f"{share:.2%} of the parameters fit no component"
        problems.append(Problem(where, f"{message}: {_some(census.unclassified)}"))
    if not everything and not problems:
        problems.append(Problem(where, "holds no parameter"))
    if problems:
        raise InputError(problems)
    # The little that fits no component is counted all the same: every token uses it.
    census.params["norm_and_other_params"] += census.params.pop(UNCLASSIFIED, 0)
    census.bytes["norm_and_other_params"] += census.bytes.pop(UNCLASSIFIED, 0)
    return census


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more


def _end(name: str) -> str:
    *_, before, last = ("", *name.split("."))
    return before if last in ("weight", "bias") else last


def _number(name: str) -> Layer | None:
    layer, stack = _LAYER.search(name), _STACK.search(name)
    return (stack[1] if stack else "", int(layer[1])) if layer else None


def _component(name: str) -> str:
    return next((place for place, pattern in PLACES if pattern.search(name)), UNCLASSIFIED)


def true_params(
    tensor: Tensor, others: Mapping[str, Tensor], quantization: Mapping[str, Any]
) -> int:
    """Return how many parameters a tensor stands for.

    Args:
        tensor: The tensor.
        others: All tensors of the checkpoint by name: what lies beside one says how it is packed.
        quantization: ``quantization_config`` of the checkpoint.

    Raises:
        ValueError: It is packed in a way that is not known.
    """
    name = tensor.name
    if re.search(r"[._]blocks$", name) and f"{name[:-6]}scales" in others:
        return tensor.numel * 2  # MXFP4: two numbers a byte, a scale for 32 of them
    if _is_sidecar(tensor, others):
        return 0
    if tensor.dtype not in _INTEGERS:
        return tensor.numel
    if name.endswith(".qweight"):
        return _gptq_or_awq(tensor, others, quantization)
    beside = (name + "_scale", name + "_weight_scale", re.sub("weight$", "scale", name))
    scale = next((others[key] for key in beside if key != name and key in others), None)
    if name.endswith("_packed"):
        scale = others.get(f"{name.removesuffix('_packed')}_scale")
        if tensor.dtype in ("I32", "I64") and (bits := _bits(quantization)) and bits <= 8:
            width = 32 if tensor.dtype == "I32" else 64
            return tensor.numel * (width // bits)
    if tensor.dtype == "U8" and (scale or f"{name}.absmax" in others):
        return tensor.numel * 2  # floats or integers of four bits: nvfp4, mxfp4, nf4
    if tensor.dtype == "I8" and f"{name.removesuffix('weight')}SCB" in others:
        return tensor.numel
    if tensor.dtype == "I8" and scale:
        # A scale of eight exponent bits is one for 32 numbers.
        packed = scale.dtype == "F8_E8M0" and tensor.shape[-1] * 2 == scale.shape[-1] * 32
        return tensor.numel * (2 if packed else 1)
    if _BUFFER.search(name) or len(tensor.shape) < 2:
        return tensor.numel if _BUFFER.search(name) else 0
    raise ValueError("is packed in a way that is not known")


def _gptq_or_awq(
    tensor: Tensor, others: Mapping[str, Tensor], quantization: Mapping[str, Any]
) -> int:
    stem = tensor.name.removesuffix("qweight")
    scales, zeros = others.get(f"{stem}scales"), others.get(f"{stem}qzeros")
    bits: float | None = _bits(quantization)
    if scales and zeros and scales.numel:
        # Zero points are packed as the weights are, and there is one for each scale.
        bits = zeros.bytes * 8 / scales.numel
    if bits is None or bits not in range(1, 17):
        raise ValueError("is packed, and nothing says with how many bits")
    return int(tensor.bytes * 8 // bits)


def _is_sidecar(tensor: Tensor, others: Mapping[str, Tensor]) -> bool:
    found = _SIDECAR.search(tensor.name)
    if not found:
        return False
    stem = tensor.name[: found.start()]
    if stem.rsplit(".", 1)[-1] in _ACTIVATIONS and len(tensor.shape) < 2:
        return True
    stems = (stem, stem.removesuffix("_weight"), stem.removesuffix("_input"))
    ends = ("", ".weight", ".qweight", "_packed", "_blocks", ".blocks", ".weight_packed")
    beside = (others.get(start + end) for start, end in product(stems, ends))
    return any(weight and weight.dtype not in _PLAIN for weight in beside)


_PLAIN = ("F16", "BF16", "F32", "F64")  # a weight of these is not quantized, and has no scale


def _bits(quantization: Mapping[str, Any]) -> int | None:
    said = quantization.get("bits", quantization.get("w_bit"))
    if said is None:
        groups = quantization.get("config_groups")
        groups = groups.values() if isinstance(groups, Mapping) else ()
        found = {
            str(group["weights"].get("num_bits")): group["weights"].get("num_bits")
            for group in groups
            if isinstance(group, Mapping) and isinstance(group.get("weights"), Mapping)
        }
        said = next(iter(found.values())) if len(found) == 1 else None
    return said if type(said) is int and 1 <= said <= 16 else None


def _note_shape(census: Census, tensor: Tensor, component: str) -> None:
    layer = _number(tensor.name)
    gguf = tensor.dtype.startswith("GGUF")  # their shapes are the other way round
    shape = tensor.shape[::-1] if gguf else tensor.shape
    if layer:
        census.layers.add(layer)
    if layer and component == "routed_expert_params":
        number = census.experts.get(layer, 0)
        if expert := _EXPERT.search(tensor.name):
            number = max(number, int(expert[1]) + 1)
        elif len(shape) >= 3 or "_embed." in tensor.name:  # fused: the experts are the first
            number = max(number, shape[0])
        census.experts[layer] = number
    if component == "router_params" and len(shape) == 2:
        census.router = min(shape)
    of_tokens = component == "embedding_params" and "ngram" not in tensor.name
    if of_tokens and len(shape) == 2 and not census.embedding:
        census.embedding = shape


def row_of_census(census: Census, where: str) -> dict[str, float]:
    """Return the values of a row that a census gives: typed components, and shapes.

    Raises:
        InputError: There are routed experts, and not as many in each layer, or nobody knows how
            many: what a token uses cannot be said.
    """
    numbers = components_of_census(census) | {"mtp_params": mtp_of_census(census)}
    if census.layers:
        numbers["num_hidden_layers"] = float(len(census.layers))
        numbers["num_moe_layers"] = float(len(census.experts))
    if census.num_experts:
        numbers |= experts_of_census(census)
    elif census.params["routed_expert_params"]:
        found = ", ".join(map(str, sorted(set(census.experts.values())))) or "no layers"
        message = f"layers differ in their number of experts, which no field describes: {found}"
        raise InputError([Problem(where, message)])
    if census.embedding:
        numbers["vocab_size"] = float(census.embedding[0])
        numbers["hidden_size"] = float(census.embedding[1])
    if not census.params["unembedding_params"]:
        numbers["tie_word_embeddings"] = 1.0
    return numbers


def experts_of_census(census: Census) -> dict[str, float]:
    """Return how many routed experts there are and how large one is, where all layers agree."""
    if not census.num_experts:
        return {}
    one = census.params["routed_expert_params"] / census.num_experts
    return {"num_experts": float(census.num_experts), "expert_params": one}


def components_of_census(census: Census) -> dict[str, float]:
    """Return the parameters and the bytes of each component."""
    params = {name: float(census.params[name]) for name in COMPONENT_METRICS}
    stems = {name: name.removesuffix("_params") for name in COMPONENT_METRICS}
    return params | {f"{stem}_bytes": float(census.bytes[name]) for name, stem in stems.items()}


def mtp_of_census(census: Census) -> float:
    """Return the parameters that predict further tokens, without copies of the model's own."""
    return float(census.params[MTP] - census.shared_mtp)


def notes_of_census(census: Census) -> list[str]:
    """Return what a reader should know: what is not counted, and what fits no component."""
    notes = []
    for apart, word in ((MTP, "For multi-token prediction"), (MODALITIES, "For other modalities")):
        if census.params[apart]:
            notes.append(f"{word}: {census.params[apart]:,} parameters, not in the total")
    for buffer, count in census.buffers.items():
        notes.append(f"{buffer}: {count:,} numbers, kept with the weights and no parameters")
    if census.unclassified:
        notes.append(f"Fits no component, counted under other: {_some(census.unclassified)}")
    return notes
