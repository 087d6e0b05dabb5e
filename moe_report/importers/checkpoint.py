"""A checkpoint's tensors to the values of a row: a census by names and shapes, no weight read.

Quantized checkpoints are counted as the parameters that they stand for; scales, zero points and the
like are bytes but no parameters. What is packed in a way that is not known is refused. What fits no
component is listed, and refused if it is more than a thousandth.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from moe_report.errors import InputError, Problem, first_of
from moe_report.importers.lora import adapter_problem, is_adapter
from moe_report.importers.packing import true_params, true_shape
from moe_report.importers.quantization import Quantization
from moe_report.importers.safetensors import Tensor
from moe_report.importers.shards import MOST_NAMED
from moe_report.schema.parts import LEDGER, Part

UNCLASSIFIED = "unclassified"
MTP, MODALITIES = "multi-token prediction", "other modalities"
# Parts of the ledger by the names of their tensors; the first that matches counts. The names
# are those that published checkpoints have, those of transformers, and those of GGUF files.
PLACES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (component, re.compile(pattern))
    for component, pattern in (
        (MTP, r"(^|\.)(mtp\w*|nextn\w*)\."),
        (MODALITIES, r"^(perception|ctc_timestamp|mlp1|sound_\w+)\.|(^|\.)word_timestamp\w*\."),
        (Part.NORMS_AND_OTHER, r"_message_gate\.|\.controllers\.|message_input\.|"
                               r"_cycle_cross_pass_|\.self_conditioning\."),
        (Part.UNEMBEDDING, r"^score\."),
        (MODALITIES, r"^(v|mm|a|resampler)\.|(^|\.)(vision\w*|visual|vit\w*|audio\w*|image\w*|"
                     r"multi_modal\w*|mm_\w+|speech\w*|sam_model|qwen2_model|projector|"
                     r"resampler\w*|embed_vision|embed_audio|talker|code2wav|view_sep\w*|"
                     r"patch_merge_mlp|patch_merger|pre_mm_\w+)(\.|$)|"
                     r"\.gate\.weight_1$"),
        (Part.SHARED_EXPERTS, r"shared?_expert|shared_mlp|_shexp(\.|$)|_latent_proj\.|"
                              r"_expert_proj\.|\.ffn_latent_"),
        (Part.ROUTED_EXPERTS, r"\.experts?[._](?!bias$|e_score|router|\w*norm)|"
                              r"(?<!norm)_exps(\.|$)|\.switch_(mlp|glu)\.|"
                              r"\.(block_sparse_moe|mlp)\.(in|out)put_linear|"
                              r"\.moe\.(gate|up|down)_proj|\.mlp\.mlp[12]_|"
                              r"\.ffn_(gate|up|down)\.\d+\.|\.(down|up)_embed\."),
        (Part.ROUTER, r"^(?!.*(self_attn|linear_attn|attention|\.attn|residual_gate)\.).*"
                      r"\.(gate|gate_weight|router|primary_router)(\.|$)|\.gates\.\d+\.|"
                      r"_gate_inp(\.|$)|\.gating\.|expert_bias|router_bias|e_score|"
                      r"exp_probs_b|moe_statics|\.router_gate\."),
        (Part.ATTENTION, r"\.(self_attn|attn|attention|self_attention|mamba|linear_attn|"
                         r"SelfAttention|EncDecAttention|cross_attention|encoder_attn|conv|"
                         r"short_?conv|ssm|indexer|\w+_sconv|post_\w+_convolution)\.|"
                         r"\.mixer\.(?!(gate|up|down)_proj\.)|"
                         r"^blk\.\d+\.(attn_(?!norm)|ssm_)"),
        (Part.UNEMBEDDING, r"(^|\.)(lm_head|embed_out|output_layer|unembed)\.|"
                           r"^(output|head|unembedding)\."),
        (Part.NORMS_AND_OTHER, r"norm|(^|\.)ln_?\w*\.|per_layer|layer_scalar|(^|[._])hc[._]|"
                               r"hyper_connection|\.ple\.(?!\w+\.ngram_emb)|residual(?!_mlp\.)|"
                               r"(^|\.)(rotary_emb|lerope)\.|input_hidden_states|_input\.query|attn_res\."),
        (Part.EMBEDDING, r"(^|\.)(embed_tokens\w*|wte|word_embeddings|tok_embeddings|"
                         r"token_embd|ngram_embedding|embeddings?|embed|shared)\."),
        (Part.DENSE_FFN, r"\.(mlps?|residual_mlp|extra_mlp|feed_forward|ffn|ff|mixer|"
                         r"block_sparse_moe)\.|"
                         r"\.ffn_(gate|up|down)(\.|$)"),
    )
)  # fmt: skip
# The field that has a part's bytes.
BYTES = {
    Part.EMBEDDING: "embedding_bytes",
    Part.UNEMBEDDING: "unembedding_bytes",
    Part.ATTENTION: "attention_bytes",
    Part.DENSE_FFN: "dense_ffn_bytes",
    Part.SHARED_EXPERTS: "shared_expert_bytes",
    Part.ROUTER: "router_bytes",
    Part.NORMS_AND_OTHER: "norm_and_other_bytes",
    Part.ROUTED_EXPERTS: "routed_expert_bytes",
}
# Spellings of top-k, for checkpoints whose architecture no adapter knows.
TOP_K = ("num_experts_per_tok", "num_experts_per_token", "num_selected_experts", "moe_topk",
         "moe_top_k", "moe_k", "top_k_experts", "experts_per_token",
         "moe_num_active_primary_experts", "router_topk", "moe_router_topk")  # fmt: skip
# Kept with the weights, and set by no gradient.
_BUFFER = re.compile(
    r"(inv_freq|e_score_correction_bias|expert_bias|\.router_bias|(rotary_emb|lerope)\.(?!alpha$)\w+|"
    r"\.tid2eid|"
    r"exp_probs_b(\.\w+)?|rope_(freqs|factors_\w+)(\.\w+)?|slope_rate|(query|key|diagonal)_decay|"
    r"position_ids|layer_scalar|attn_rot_embd\.\w+|balancing_biases|layer_multipliers|"
    r"ngram_heads_\w+|\.llm\.layers\.\d+\.mlp\.gate\.bias|\.ffn\.gate\.bias)$"
)
_OF_LIST = re.compile(r"\.\d+\.")
_STACK = re.compile(r"(?:^|\.)(encoder|decoder)\.")
_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|block|blk)\.(\d{1,9})\.")
_EXPERT = re.compile(
    r"\.(?:experts?\.(?:expert_|\w+_experts\.)?|ffn_(?:gate|up|down)\.)(\d{1,9})\."
)
# Only layers that predict further tokens join two streams, each with a norm.
_JOINS = re.compile(r"\.(eh_proj|enorm|hnorm)\.")
_COPY = re.compile(r"(^|[._])(embed_tokens|lm_head|shared_head[._]head|shared_embed\w*)(\.|$)")
WAY_OUT = ". Its config.json alone can be imported"
_WITHOUT = ". No config.json beside it says more"
_MOST_ROUTED = 1024  # experts; a larger matrix called gate is one of a dense FFN
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
        filled_up: Whether zeros that fill matrices up may be among the parameters (EXL3).
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
    filled_up: bool = False

    @property
    def num_experts(self) -> int:
        """Routed experts of a layer; 0 if there are none, or not as many in each layer."""
        found = {number or self.router for number in self.experts.values()}
        return found.pop() if len(found) == 1 else 0

    @property
    def fewest_experts(self) -> int:
        """Routed experts of the layer that has the fewest; 0 if there are none."""
        return min((number or self.router for number in self.experts.values()), default=0)

    @property
    def total(self) -> int:
        """Parameters of the model itself: no other modality, no multi-token prediction."""
        return sum(self.params[part] for part in LEDGER)


def take_census(
    tensors: Iterable[Tensor],
    *,
    where: str,
    quantization: Quantization | None = None,
    mtp_layers: Container[int] = (),
    pictured_from: int | None = None,
    built: bool = False,
) -> Census:
    """Count a checkpoint's parameters and bytes by component.

    Args:
        tensors: Its tensors, by their headers.
        where: What to call the checkpoint in an error.
        quantization: What its ``config.json`` says of how weights are packed; None without one.
        mtp_layers: Layers that predict further tokens, beside those that their tensors give away;
            a config may speak of more than any list could hold.
        pictured_from: Number of the first expert that is for images, where some are.
        built: Whether the tensors are the parameters of a model, so that none is a mere buffer.

    Raises:
        InputError: More than a thousandth of the parameters fits no component, weights are packed
            in a way that is not known, or they are an adapter's.
    """
    by_name = {tensor.name: tensor for tensor in tensors}
    if is_adapter(by_name):
        raise adapter_problem(where)
    apart = {number for name in by_name if _JOINS.search(name) and (number := _number(name))}
    census = Census(filled_up=any(name.endswith(".trellis") for name in by_name))
    puzzling: dict[str, list[str]] = {}
    for tensor in by_name.values():
        layer = _number(tensor.name)
        further = layer in apart or (layer and not layer[0] and layer[1] in mtp_layers)
        component = MTP if further else _component(tensor.name)
        expert = _EXPERT.search(tensor.name)
        if pictured_from is not None and expert and int(expert[1]) >= pictured_from:
            component = MODALITIES
        buffer = not built and _BUFFER.search(tensor.name)
        try:
            held = true_params(tensor, by_name, quantization or Quantization())
        except ValueError as error:
            if not buffer:
                puzzling.setdefault(str(error), []).append(tensor.name)
                continue
            held = tensor.numel
        count = 0 if buffer else held
        if buffer and component in LEDGER:
            census.buffers[_end(tensor.name)] += held
            census.offsets += held if component == Part.ROUTER else 0
        census.params[component] += count
        if component == MTP and _COPY.search(tensor.name):
            census.shared_mtp += count
        census.bytes[component] += tensor.bytes
        if component == UNCLASSIFIED and count:
            census.unclassified.append(tensor.name)
        if component not in (MTP, MODALITIES):
            _note_shape(census, tensor, count, component, layer)
    rest = _WITHOUT if quantization is None else WAY_OUT
    problems = [
        Problem(where, f"{why}: {first_of(names, MOST_NAMED, room=50)}{rest}")
        for why, names in puzzling.items()
    ]
    everything = sum(census.params.values())
    if census.params[UNCLASSIFIED] > ALLOWED * everything:
        share = census.params[UNCLASSIFIED] / everything
        message = f"{share:.2%} of the parameters fit no component"
        problems.append(Problem(where, f"{message}: {first_of(census.unclassified, MOST_NAMED)}"))
    if not everything and not problems:
        problems.append(Problem(where, "holds no parameter"))
    if problems:
        raise InputError(problems)
    # The little that fits no component is counted all the same: every token uses it.
    census.params[Part.NORMS_AND_OTHER] += census.params.pop(UNCLASSIFIED, 0)
    census.bytes[Part.NORMS_AND_OTHER] += census.bytes.pop(UNCLASSIFIED, 0)
    return census


def _end(name: str) -> str:
    *_, before, last = ("", *name.split("."))
    return before if last in ("weight", "bias") else last


def _number(name: str) -> Layer | None:
    layer, stack = _LAYER.search(name), _STACK.search(name)
    return (stack[1] if stack else "", int(layer[1])) if layer else None


def _component(name: str) -> str:
    return _component_of_kind(_OF_LIST.sub(".0.", name))


@lru_cache(10_000)  # a checkpoint has a hundred thousand names of some dozens of kinds
def _component_of_kind(name: str) -> str:
    return next((place for place, pattern in PLACES if pattern.search(name)), UNCLASSIFIED)


def _note_shape(
    census: Census, tensor: Tensor, count: int, component: str, layer: Layer | None
) -> None:
    gguf = tensor.dtype.startswith("GGUF")  # their shapes are the other way round
    shape = tensor.shape[::-1] if gguf else true_shape(tensor, count)
    if layer:
        census.layers.add(layer)
    if not count:  # scales and the like, and tensors without a number, have shapes of their own
        return
    if layer and component == Part.ROUTED_EXPERTS:
        number = census.experts.get(layer, 0)
        if expert := _EXPERT.search(tensor.name):
            number = max(number, int(expert[1]) + 1)
        elif len(shape) >= 3 or "_embed." in tensor.name:  # fused: the experts are the first
            number = max(number, shape[0])
        census.experts[layer] = number
    if component == Part.ROUTER and len(shape) == 2:
        census.router = min(shape)
    of_tokens = component == Part.EMBEDDING and "ngram" not in tensor.name
    if of_tokens and len(shape) == 2 and not census.embedding:
        census.embedding = shape


def row_of_census(census: Census, where: str) -> dict[str, float]:
    """Return the values of a row that a census gives: typed components, and shapes.

    Raises:
        InputError: There are routed experts, and not as many in each layer, or nobody knows how
            many, or there are routers alone: what a token uses cannot be said.
    """
    numbers = components_of_census(census) | {Part.FURTHER_PREDICTION: mtp_of_census(census)}
    if census.layers:
        numbers["num_hidden_layers"] = float(len(census.layers))
        numbers["num_moe_layers"] = float(len(census.experts))
    if census.num_experts:
        numbers |= experts_of_census(census)
    elif census.params[Part.ROUTED_EXPERTS]:
        found = first_of([*map(str, sorted(set(census.experts.values())))]) or "no layers"
        message = f"layers differ in their number of experts, which no field describes: {found}"
        raise InputError([Problem(where, message)])
    elif 1 < census.router <= _MOST_ROUTED:
        message = f"has routers for {census.router} experts, and no tensor is named as experts are"
        raise InputError([Problem(where, message)])
    if census.embedding:
        numbers["vocab_size"] = float(census.embedding[0])
        numbers["hidden_size"] = float(census.embedding[1])
    if not census.params[Part.UNEMBEDDING]:
        numbers["tie_word_embeddings"] = 1.0
    return numbers


def experts_of_census(census: Census) -> dict[str, float]:
    """Return how many routed experts there are and how large one is, where all layers agree."""
    if not census.num_experts:
        return {}
    one = census.params[Part.ROUTED_EXPERTS] / census.num_experts
    return {"num_experts": float(census.num_experts), Part.ONE_EXPERT: one}


def components_of_census(census: Census) -> dict[str, float]:
    """Return the parameters and the bytes of each component."""
    params: dict[str, float] = {part: float(census.params[part]) for part in LEDGER}
    return params | {field: float(census.bytes[part]) for part, field in BYTES.items()}


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
    if census.filled_up:
        notes.append("EXL3 fills matrices up to multiples of 128 with zeros, which are counted")
    if census.unclassified:
        notes.append(
            f"Fits no component, counted under other: {first_of(census.unclassified, MOST_NAMED)}"
        )
    return notes
