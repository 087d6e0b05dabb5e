"""Sums of tensor shapes, written down from the modelling code that is published with the weights.

An oracle for architectures that transformers does not have: it goes through the layers one by one
and names every tensor, where the importer multiplies numbers of layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Config = dict[str, Any]


@dataclass
class Tensors:
    """What a model is made of.

    Attributes:
        always: Numbers in the tensors that every token uses.
        routed: Numbers in the tensors of routed experts.
        taken: Of those, what one token is sent to.
    """

    always: int = 0
    routed: int = 0
    taken: int = 0

    def add(self, *shapes: tuple[int, ...]) -> None:
        """Add tensors that every token uses."""
        for shape in shapes:
            self.always += _size(shape)

    def linear(self, into: int, out: int, *, bias: bool = False) -> None:
        """Add a matrix, and perhaps its bias."""
        self.add((out, into))
        if bias:
            self.add((out,))

    def ffn(self, width: int, inner: int) -> None:
        """Add the three matrices of a gated FFN."""
        self.add((inner, width), (inner, width), (width, inner))

    def experts(self, number: int, taken: int, width: int, inner: int) -> None:
        """Add routed experts, each a gated FFN."""
        self.routed += number * 3 * width * inner
        self.taken += taken * 3 * width * inner

    def around(self, c: Config, *, width: int) -> None:
        """Add the embedding, the output head unless it is tied, and the last norm."""
        self.add((c["vocab_size"], width), (width,))
        if not c.get("tie_word_embeddings"):
            self.add((c["vocab_size"], width))

    @property
    def total(self) -> int:
        """All parameters."""
        return self.always + self.routed

    @property
    def active(self) -> int:
        """Those that one token can touch."""
        return self.always + self.taken


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


def kimi(c: Config) -> Tensors:
    """Kimi Linear and the text model of Kimi K3."""
    c = c.get("text_config", c)
    t, d, linear = Tensors(), c["hidden_size"], c["linear_attn_config"]
    heads, width = linear["num_heads"], linear["head_dim"]
    inner = heads * width
    for layer in range(c["num_hidden_layers"]):
        t.add((d,), (d,))
        if layer + 1 in linear["kda_layers"]:
            for _ in ("q", "k", "v"):
                t.linear(d, inner)
                t.add((inner, 1, linear["short_conv_kernel_size"]))
            t.linear(d, width)  # the gate of forgetting
            t.linear(width, inner)
            t.linear(d, heads)
            if linear.get("use_full_rank_gate"):
                t.linear(d, inner)
            else:
                t.linear(d, width)
                t.linear(width, inner)
            t.add((heads,), (inner,), (width,))  # rate and bias of forgetting, norm of the output
            t.linear(inner, d)
        else:
            _latent_attention(t, c)
            if c.get("mla_use_output_gate"):
                t.linear(d, c["num_attention_heads"] * c["v_head_dim"])
        if layer < c["first_k_dense_replace"] or layer % c["moe_layer_freq"]:
            t.ffn(d, c["intermediate_size"])
        else:
            expert = c["moe_intermediate_size"]
            t.linear(d, c["num_experts"])
            t.ffn(d, c["num_shared_experts"] * expert)
            space = d
            if c.get("routed_expert_hidden_size") is not None:
                space = c["routed_expert_hidden_size"]
                t.linear(d, space)
                t.linear(space, d)
                if c["latent_moe_use_norm"]:
                    t.add((space,))
            t.experts(c["num_experts"], c["num_experts_per_token"], space, expert)
        if c.get("attn_res_block_size"):
            t.add((d,), (1, d), (d,), (1, d))
    if c.get("attn_res_block_size"):
        t.add((d,), (1, d))
    t.around(c, width=d)
    return t


def _latent_attention(t: Tensors, c: Config) -> None:
    d, heads, rank = c["hidden_size"], c["num_attention_heads"], c["kv_lora_rank"]
    query = heads * (c["qk_nope_head_dim"] + c["qk_rope_head_dim"])
    if c["q_lora_rank"]:
        t.linear(d, c["q_lora_rank"])
        t.add((c["q_lora_rank"],))
        t.linear(c["q_lora_rank"], query)
    else:
        t.linear(d, query)
    t.linear(d, rank + c["qk_rope_head_dim"])
    t.add((rank,))
    t.linear(rank, heads * (c["qk_nope_head_dim"] + c["v_head_dim"]))
    t.linear(heads * c["v_head_dim"], d)


def _grouped(t: Tensors, d: int, heads: int, kv: int, head: int, *, bias: bool) -> None:
    for number in (heads, kv, kv):
        t.linear(d, number * head, bias=bias)
    t.linear(heads * head, d, bias=bias)


def deepseek(c: Config) -> Tensors:
    """DeepSeekMoE, before latent attention."""
    t, d, heads = Tensors(), c["hidden_size"], c["num_attention_heads"]
    for layer in range(c["num_hidden_layers"]):
        t.add((d,), (d,))
        _grouped(t, d, heads, c["num_key_value_heads"], d // heads, bias=c["attention_bias"])
        if layer < c["first_k_dense_replace"] or layer % c["moe_layer_freq"]:
            t.ffn(d, c["intermediate_size"])
            continue
        expert = c["moe_intermediate_size"]
        t.linear(d, c["n_routed_experts"])
        if c["n_shared_experts"]:
            t.ffn(d, c["n_shared_experts"] * expert)
        t.experts(c["n_routed_experts"], c["num_experts_per_tok"], d, expert)
    t.around(c, width=d)
    return t


def hunyuan(c: Config) -> Tensors:
    """Hunyuan-Large: every so many layers make the keys and values of those that follow."""
    t, d, heads, kv = (
        Tensors(),
        c["hidden_size"],
        c["num_attention_heads"],
        c["num_key_value_heads"],
    )
    head, width, bias = d // heads, c["intermediate_size"], c["attention_bias"]
    for layer in range(c["num_hidden_layers"]):
        t.add((d,), (d,))
        t.linear(d, d, bias=bias)
        if not (c["use_cla"] and layer % c["cla_share_factor"]):
            t.linear(d, kv * head, bias=bias)
            t.linear(d, kv * head, bias=bias)
        t.linear(d, d, bias=bias)
        if c["use_qk_norm"]:
            t.add((head,), (head,))
        if c["use_mixed_mlp_moe"]:
            t.ffn(d, width * c["num_shared_expert"])
        t.linear(d, c["num_experts"])
        t.experts(c["num_experts"], c["moe_topk"], d, width)
    t.around(c, width=d)
    return t


def pangu(c: Config) -> Tensors:
    """Pangu Pro MoE: biases in attention, and a scale for each expert."""
    t, d, heads = Tensors(), c["hidden_size"], c["num_attention_heads"]
    for _ in range(c["num_hidden_layers"]):
        t.add((d,), (d,))
        _grouped(t, d, heads, c["num_key_value_heads"], d // heads, bias=True)
        t.linear(d, c["num_experts"])
        t.add((1, c["num_experts"]))
        t.ffn(d, c["shared_expert_intermediate_size"])
        t.experts(c["num_experts"], c["num_experts_per_tok"], d, c["moe_intermediate_size"])
    t.around(c, width=d)
    return t


def bailing(c: Config) -> Tensors:
    """Ling and Ring of the first two generations, with or without layers of linear attention."""
    t, d, heads = Tensors(), c["hidden_size"], c["num_attention_heads"]
    head = c.get("head_dim") or d // heads
    for layer in range(c["num_hidden_layers"]):
        if _ling_is_linear(c, layer):
            _lightning(t, c, heads=heads, head=head)
        else:
            keys = c["num_key_value_heads"]
            t.linear(d, (heads + 2 * keys) * head, bias=c["use_qkv_bias"])
            t.linear(heads * head, d)
            if c.get("use_qk_norm"):
                t.add((head,), (head,))
        _ling_ffn(t, c, layer)
    t.around(c, width=d)
    return t


def bailing_hybrid(c: Config) -> Tensors:
    """Ling-2.5 and 2.6 with lightning attention, Ling-3.0 with Kimi Delta Attention."""
    t, d, heads = Tensors(), c["hidden_size"], c["num_attention_heads"]
    head, delta = c["head_dim"], _is_delta(c)
    inner, gate = heads * head, c.get("gated_attention_proj_granularity_type")
    for layer in range(c["num_hidden_layers"]):
        if not _ling_is_linear(c, layer):
            _latent_attention(t, c)
            if gate:
                t.linear(d, heads if gate == "head_wise" else heads * c["v_head_dim"])
        elif delta:
            for _ in ("q", "k", "v"):
                t.linear(d, inner)
                t.add((inner, 1, c["short_conv_kernel_size"]))
            for _ in ("forgetting", "output"):
                if c["no_kda_lora"]:
                    t.linear(d, inner)
                else:
                    t.linear(d, head)
                    t.linear(head, inner)
            t.linear(d, heads)
            t.add((heads,), (inner,), (head,))
            t.linear(inner, d)
        else:
            _lightning(t, c, heads=heads, head=head)
        _ling_ffn(t, c, layer)
    t.around(c, width=d)
    return t


def _is_delta(c: Config) -> bool:
    return "BailingMoeV3ForCausalLM" in c["architectures"]


def _ling_is_linear(c: Config, layer: int) -> bool:
    group = c.get("layer_group_size", 1)
    if (layer + 1) % group == 0:
        return False
    # What makes no whole group is softmax attention; not so with delta attention in transformers.
    return _is_delta(c) or layer < c["num_hidden_layers"] // group * group


def _lightning(t: Tensors, c: Config, *, heads: int, head: int) -> None:
    d = c["hidden_size"]
    t.linear(d, 3 * heads * head, bias=c["use_qkv_bias"])
    t.linear(d, heads * head)
    t.add((heads * head,))
    t.linear(heads * head, d)
    if c["use_qk_norm"]:
        t.add((head,), (head,))


def _ling_ffn(t: Tensors, c: Config, layer: int) -> None:
    """Add the FFN of a layer, or its experts, and the two norms of every layer."""
    d, expert = c["hidden_size"], c["moe_intermediate_size"]
    t.add((d,), (d,))
    if layer < c["first_k_dense_replace"]:
        t.ffn(d, c["intermediate_size"])
        return
    t.linear(d, c["num_experts"])
    width = c.get("moe_shared_expert_intermediate_size", expert)
    t.ffn(d, (c["num_shared_experts"] or 0) * width)
    t.experts(c["num_experts"], c["num_experts_per_tok"], d, expert)


def mimo(c: Config) -> Tensors:
    """MiMo-V2.5 and MiMo-V2.5-Pro, without what reads images and sound."""
    t, d = Tensors(), c["hidden_size"]
    for window, sparse in zip(c["hybrid_layer_pattern"], c["moe_layer_freq"], strict=True):
        t.add((d,), (d,))
        mimo_attention(t, c, window=bool(window))
        if sparse:
            t.linear(d, c["n_routed_experts"])
            expert = c["moe_intermediate_size"]
            t.experts(c["n_routed_experts"], c["num_experts_per_tok"], d, expert)
        else:
            t.ffn(d, c["intermediate_size"])
    t.around(c, width=d)
    return t


def mimo_attention(t: Tensors, c: Config, *, window: bool) -> None:
    """Add the attention of a layer, with a window or without."""
    d, kind, sinks = c["hidden_size"], "swa_" if window else "", "swa" if window else "full"
    heads, keys = c[f"{kind}num_attention_heads"], c[f"{kind}num_key_value_heads"]
    width, value = c[f"{kind}head_dim"], c[f"{kind}v_head_dim"]
    t.linear(d, heads * width + keys * width + keys * value, bias=c["attention_bias"])
    t.linear(heads * value, d)
    if c[f"add_{sinks}_attention_sink_bias"]:
        t.add((heads,))


def step(c: Config) -> Tensors:
    """Step 3.5, without the modules for further tokens."""
    t, d, head = Tensors(), c["hidden_size"], c["head_dim"]
    sparse = [int(layer) for layer in c["moe_layers_enum"].split(",")]
    other = c["attention_other_setting"]
    for layer in range(c["num_hidden_layers"]):
        window = c["layer_types"][layer] == other["attention_type"]
        heads = (other if window else c)["num_attention_heads"]
        t.add((d,), (d,), (head,), (head,))
        _grouped(t, d, heads, c["num_attention_groups"], head, bias=False)
        t.linear(d, heads)
        if layer in sparse:
            t.linear(d, c["moe_num_experts"])
            t.ffn(d, c["share_expert_dim"])
            t.experts(c["moe_num_experts"], c["moe_top_k"], d, c["moe_intermediate_size"])
        else:
            t.ffn(d, c["intermediate_size"])
    t.around(c, width=d)
    return t


SUMS: dict[str, Callable[[Config], Tensors]] = {
    "PanguProMoE": pangu,
    "bailing_hybrid": bailing_hybrid,
    "bailing_moe": bailing,
    "bailing_moe_linear": bailing,
    "bailing_moe_v2": bailing,
    "deepseek": deepseek,
    "hunyuan": hunyuan,
    "kimi_k3": kimi,
    "kimi_linear": kimi,
    "mimo_v2": mimo,
    "step3p5": step,
}
