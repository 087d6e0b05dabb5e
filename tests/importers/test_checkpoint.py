"""A checkpoint is counted by names and shapes alone: what is there, and what it stands for."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.checkpoint import (
    BYTES,
    MODALITIES,
    MTP,
    mtp_of_census,
    row_of_census,
    take_census,
)
from moe_report.importers.model import Options, import_model
from moe_report.schema.fields import FIELDS
from moe_report.schema.parts import LEDGER, Part
from moe_report.schema.registry import Registry
from moe_report_metrics import parameter_ledger as ledger
from tests.importers.checkpoints import (
    QWEN,
    Headers,
    build,
    components,
    example,
    folder_of,
    headers_of,
    imported,
    of_config,
    tensors_of,
)
from tests.oracle.census import torch
from tests.oracle.families import Family, all_families
from tests.rows import row_from_config

# Published configs beside those that are shipped.
GLM_4_5: dict[str, Any] = {  # zai-org/GLM-4.5
    "model_type": "glm4_moe", "vocab_size": 151552, "hidden_size": 5120,
    "intermediate_size": 12288, "moe_intermediate_size": 1536, "num_hidden_layers": 92,
    "num_attention_heads": 96, "num_key_value_heads": 8, "head_dim": 128,
    "n_routed_experts": 160, "n_shared_experts": 1, "num_experts_per_tok": 8,
    "first_k_dense_replace": 3, "attention_bias": True, "use_qk_norm": True,
    "tie_word_embeddings": False, "num_nextn_predict_layers": 1,
}  # fmt: skip
JAMBA: dict[str, Any] = {  # ai21labs/Jamba-v0.1
    "model_type": "jamba", "vocab_size": 65536, "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "num_experts": 16, "num_experts_per_tok": 2, "expert_layer_period": 2,
    "expert_layer_offset": 1, "attn_layer_period": 8, "attn_layer_offset": 4,
    "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_dt_rank": 256,
    "mamba_conv_bias": True, "mamba_proj_bias": False, "tie_word_embeddings": False,
}  # fmt: skip
QWEN_NEXT: dict[str, Any] = {  # Qwen/Qwen3-Next-80B-A3B-Instruct
    "model_type": "qwen3_next", "vocab_size": 151936, "hidden_size": 2048,
    "intermediate_size": 5120, "moe_intermediate_size": 512, "num_hidden_layers": 48,
    "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "num_experts": 512,
    "num_experts_per_tok": 10, "shared_expert_intermediate_size": 512, "decoder_sparse_step": 1,
    "mlp_only_layers": [], "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
    "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128,
    "full_attention_interval": 4, "tie_word_embeddings": False,
}  # fmt: skip


def fill_up(config: dict[str, Any]) -> None:
    """Make an output head as long as the embedding: on the Hub it is filled up with zeros."""
    text = config.get("text_config", config)
    if "unpadded_vocab_size" in text:
        text["unpadded_vocab_size"] = text["vocab_size"]


FAMILIES = {family.model_type: family for family in all_families()}
# Biases of attention and of FFNs, and scales of routers, count where the names say.
SPLIT = re.compile(r"agree with the config; by name they split ([\w, ]+) otherwise")


@lru_cache(maxsize=3)
def built(model_type: str, config: str) -> Any:
    """The model of a config, on the meta device: once for both ways to save it."""
    family = FAMILIES[model_type]
    with torch.device("meta"):
        return family.build(family.load(json.loads(config)))


@pytest.mark.parametrize("hub", [False, True], ids=["as saved", "as on the Hub"])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_architecture_agrees_with_its_config(
    family: Family, hub: bool, tmp_path: Path
) -> None:
    """Small models of all architectures, saved by transformers: total and components agree."""
    for seed in range(3):
        config = family.varied(seed)
        if hub:
            fill_up(config)
        headers = headers_of(built(family.model_type, json.dumps(config)), hub=hub)
        row = imported(folder_of(tmp_path / str(seed), headers, config))
        expected = of_config(config)
        assert components(row) == expected, row.texts["remark"]
        assert "agree with the config" in row.texts["remark"]
        census = take_census(tensors_of(headers), where="here")
        split = SPLIT.search(row.texts["remark"])
        assert "routed_expert_params" not in (split[1].split(", ") if split else ())
        typed = sum(row.numbers[field].value for field in BYTES.values())
        # Sixteen bits a parameter; and as many a number that is none.
        total = sum(expected.values())
        assert 2 * total <= typed <= 2 * (total + census.buffers.total())


# A tensor that is known to be in the published checkpoint, and its shape.
PUBLISHED: dict[str, tuple[dict[str, Any], str, tuple[int, ...]]] = {
    "mixtral-8x7b": (
        example("mixtral-8x7b"),
        "model.layers.0.block_sparse_moe.experts.0.w1.weight", (14336, 4096),
    ),
    "qwen3-30b-a3b": (
        example("qwen3-30b-a3b"),
        "model.layers.0.mlp.experts.127.gate_proj.weight", (768, 2048),
    ),
    "deepseek-v2": (
        example("deepseek-v2"),
        "model.layers.1.mlp.shared_experts.gate_proj.weight", (3072, 5120),
    ),
    "deepseek-v3": (
        example("deepseek-v3"),
        "model.layers.3.mlp.experts.0.down_proj.weight", (7168, 2048),
    ),
    "gpt-oss-20b": (
        example("gpt-oss-20b"), "model.layers.0.mlp.router.weight", (32, 2880),
    ),
    "dbrx": (
        example("dbrx"), "transformer.blocks.0.ffn.experts.mlp.w1", (16 * 10752, 6144),
    ),
    "llama-4-scout": (
        example("llama-4-scout"),
        "language_model.model.layers.0.feed_forward.experts.gate_up_proj", (16, 5120, 16384),
    ),
    "granite-3.0-3b-a800m": (
        example("granite-3.0-3b-a800m"),
        "model.layers.0.block_sparse_moe.input_linear.weight", (40, 1024, 1536),
    ),
    "phi-3.5-moe": (
        example("phi-3.5-moe"),
        "model.layers.0.block_sparse_moe.experts.15.w2.weight", (4096, 6400),
    ),
    "olmoe-1b-7b": (
        example("olmoe-1b-7b"),
        "model.layers.0.mlp.experts.63.up_proj.weight", (1024, 2048),
    ),
    "jamba": (JAMBA, "model.layers.1.feed_forward.experts.0.gate_proj.weight", (14336, 4096)),
    "glm-4.5": (GLM_4_5, "model.layers.3.mlp.experts.159.gate_proj.weight", (1536, 5120)),
    "qwen3-next": (QWEN_NEXT, "model.layers.0.mlp.experts.511.down_proj.weight", (2048, 512)),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_checkpoints_are_counted_to_the_parameter(name: str) -> None:
    """Checkpoints of real size under their real names, without a config to help."""
    config, known, shape = PUBLISHED[name]
    headers = headers_of(build(config), hub=True)
    assert headers[known][1] == shape
    census = take_census(tensors_of(headers), where=name)
    assert {part: census.params[part] for part in LEDGER} == of_config(config)
    row = row_of_census(census, name)
    fields = row_from_config(config, where=name).numbers
    for field in ("num_hidden_layers", "num_experts", "vocab_size", "hidden_size"):
        assert row[field] == fields[field], field
    assert row.get("tie_word_embeddings", 0) == fields.get("tie_word_embeddings", 0)
    assert row[Part.ONE_EXPERT] == ledger.expert_params.of(**fields)


def deepseek_layer_61() -> Headers:
    """What DeepSeek-V3's checkpoint has for a second token: a layer, two norms, two matrices."""
    small = example("deepseek-v3") | {"num_hidden_layers": 4}
    del small["num_nextn_predict_layers"]
    layer = {
        name.replace("layers.3.", "layers.61."): header
        for name, header in headers_of(build(small), hub=True).items()
        if "layers.3." in name
    }
    prefix = "model.layers.61"
    return layer | {
        f"{prefix}.embed_tokens.weight": ("BF16", (129280, 7168)),
        f"{prefix}.enorm.weight": ("BF16", (7168,)),
        f"{prefix}.hnorm.weight": ("BF16", (7168,)),
        f"{prefix}.eh_proj.weight": ("BF16", (7168, 14336)),
        f"{prefix}.shared_head.norm.weight": ("BF16", (7168,)),
        f"{prefix}.shared_head.head.weight": ("BF16", (129280, 7168)),
    }


def in_fp8(headers: Headers) -> Headers:
    """Matrices as DeepSeek-V3 publishes them: eight bits, and a scale for 128 times 128."""
    found: Headers = {}
    for name, (dtype, shape) in headers.items():
        found[name] = (dtype, shape)
        if re.search(r"e_score_correction_bias$", name):
            found[name] = ("F32", shape)
        if len(shape) == 2 and re.search(r"(self_attn|mlp)\.(?!gate\.).*_proj\S*\.weight$", name):
            found[name] = ("F8_E4M3", shape)
            blocks = tuple(-(-size // 128) for size in shape)
            found[name + "_scale_inv"] = ("F32", blocks)
    return found


def test_deepseek_v3_as_it_is_published() -> None:
    """FP8 with scales, and a layer for a second token: 671 billion, and the size of the index."""
    headers = in_fp8(headers_of(build(example("deepseek-v3")), hub=True) | deepseek_layer_61())
    tensors = tensors_of(headers)
    census = take_census(tensors, where="deepseek-v3")
    assert census.total == 671_026_404_352
    assert {part: census.params[part] for part in LEDGER} == of_config(example("deepseek-v3"))
    assert len(census.layers) == 61
    assert census.params[MTP] == sum(
        math.prod(shape)
        for name, (_, shape) in headers.items()
        if "layers.61." in name and not re.search("scale_inv|e_score", name)
    )
    fields = row_from_config(example("deepseek-v3"), where="deepseek-v3").numbers
    assert mtp_of_census(census) == ledger.mtp_params.of(**fields)
    # The weight files on the Hub have 688,586,727,753 bytes, of which the headers have some.
    of_headers = 688_586_727_753 - sum(tensor.bytes for tensor in tensors)
    assert 100 < of_headers / len(tensors) < 150


def in_mxfp4(headers: Headers) -> Headers:
    """Experts as gpt-oss publishes them: blocks of 32 numbers in 16 bytes, and a byte of scale."""
    found: Headers = {}
    for name, (dtype, shape) in headers.items():
        if re.search(r"experts\.(gate_up|down)_proj$", name):
            experts, inner, outer = shape
            found[f"{name}_blocks"] = ("U8", (experts, outer, inner // 32, 16))
            found[f"{name}_scales"] = ("U8", (experts, outer, inner // 32))
        else:
            found[name] = (dtype, shape)
    return found


@pytest.mark.parametrize(("name", "gib"), [("gpt-oss-120b", 60.8), ("gpt-oss-20b", 12.8)])
def test_gpt_oss_as_it_is_published(name: str, gib: float) -> None:
    """MXFP4 is 4.25 bits a number, and the checkpoint as large as the model card says."""
    config = example(name)
    headers = in_mxfp4(headers_of(build(config), hub=True))
    blocks = headers["model.layers.0.mlp.experts.gate_up_proj_blocks"]
    assert blocks == ("U8", (config["num_local_experts"], 5760, 90, 16))
    tensors = tensors_of(headers)
    census = take_census(tensors, where=name)
    assert {part: census.params[part] for part in LEDGER} == of_config(config)
    size = sum(tensor.bytes for tensor in tensors)
    assert round(size / 2**30, 1) == gib
    biases = sum(math.prod(shape) for key, (_, shape) in headers.items()
                 if re.search(r"experts\.\w+_bias$", key))  # fmt: skip
    routed = census.params[Part.ROUTED_EXPERTS] - biases
    assert census.bytes[Part.ROUTED_EXPERTS] == routed * 4.25 / 8 + 2 * biases
    assert sum(census.bytes.values()) == size


def test_a_thousandth_may_fit_no_component(tmp_path: Path) -> None:
    """It is counted and named; more than that is refused, and named too."""
    few: Headers = headers_of(build(QWEN), hub=True)
    total = sum(of_config(QWEN).values())
    few["model.oddity"] = ("BF16", (int(total / 1000),))
    row = imported(folder_of(tmp_path / "few", few))
    assert sum(components(row).values()) == total + int(total / 1000)
    assert "Fits no component, counted under other: model.oddity" in row.texts["remark"]
    many = few | {f"model.oddity.{number}": ("BF16", (8,)) for number in range(10)}
    with pytest.raises(InputError, match=r"0\.1\d% of the parameters fit no component: model"):
        imported(folder_of(tmp_path / "many", many))


def test_a_folder_without_a_parameter_is_refused(tmp_path: Path) -> None:
    """Nothing is not a model."""
    with pytest.raises(InputError, match="holds no parameter"):
        imported(folder_of(tmp_path / "model", {}))


def test_images_and_further_tokens_are_counted_apart(tmp_path: Path) -> None:
    """Vision towers, projectors and multi-token prediction are named with their size."""
    headers = headers_of(build(QWEN), hub=True) | {
        "vision_tower.encoder.layers.0.self_attn.q_proj.weight": ("BF16", (10, 10)),
        "model.visual.blocks.0.mlp.fc1.weight": ("BF16", (10, 5)),
        "multi_modal_projector.linear_1.weight": ("BF16", (10, 3)),
        "mtp.layers.0.mlp.experts.0.up_proj.weight": ("BF16", (7, 1)),
        "mtp.fc.weight": ("BF16", (7, 2)),
    }
    census = take_census(tensors_of(headers), where="here")
    assert census.params[MODALITIES] == 180
    assert census.params[MTP] == 21
    assert {part: census.params[part] for part in LEDGER} == of_config(QWEN)
    remark = imported(folder_of(tmp_path / "model", headers, QWEN)).texts["remark"]
    assert "For multi-token prediction: 21 parameters, not in the total" in remark
    assert "For other modalities: 180 parameters, not in the total" in remark


def test_layers_for_further_tokens_by_the_config(tmp_path: Path) -> None:
    """As many layers past the last as the config has of them, whatever they are called."""
    config = GLM_4_5 | {
        "num_hidden_layers": 2, "first_k_dense_replace": 1, "vocab_size": 64, "hidden_size": 32,
        "n_routed_experts": 4, "num_experts_per_tok": 2, "intermediate_size": 16,
        "moe_intermediate_size": 8, "num_attention_heads": 2, "num_key_value_heads": 2,
        "head_dim": 8,
    }  # fmt: skip
    headers = headers_of(build(config), hub=True)
    last = {n.replace("layers.1.", "layers.2."): h for n, h in headers.items() if "layers.1." in n}
    row = imported(folder_of(tmp_path / "model", headers | last, config))
    assert components(row) == of_config(config)
    config["num_nextn_predict_layers"] = 0
    row = imported(folder_of(tmp_path / "longer", headers | last, config))
    assert "As in the checkpoint, not as in the config" in row.texts["remark"]
    assert sum(components(row).values()) > sum(of_config(config).values())


def test_checkpoint_without_the_section_that_counts(tmp_path: Path) -> None:
    """Where no installed section counts components, nothing is compared, and the row says so."""
    headers = headers_of(build(QWEN | {"num_experts": 6}), hub=True)
    path = folder_of(tmp_path / "model", headers, QWEN)
    row = import_model(str(path), Options(), Registry(()))
    told, compared = row.texts["remark"].split(". ")[-2:]
    assert told == "No installed section counts a total: it may be too large to be exact"
    assert (
        compared == "No installed section counts components: config and checkpoint are not compared"
    )
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    assert numbers.keys() >= {*BYTES.values()}
    of_config = row_from_config(QWEN, where="config.json").numbers
    assert {name: numbers[name] for name in of_config} == of_config
    assert numbers.keys() <= FIELDS.keys()


def test_more_parameters_than_a_float_counts() -> None:
    """A total past 2^53 is refused: the sum would not be exact to the parameter."""
    with pytest.raises(InputError, match="parameters are more than 2\\^53"):
        row_from_config(QWEN | {"moe_intermediate_size": 2**50}, where="config.json")


def test_a_checkpoint_that_differs_from_its_config(tmp_path: Path) -> None:
    """What is in the files counts, and the components that differ are named."""
    pruned = QWEN | {"num_experts": 6}
    headers = headers_of(build(pruned), hub=True)
    row = imported(folder_of(tmp_path / "model", headers, QWEN))
    assert components(row) == of_config(pruned)
    assert row.texts["remark"].endswith(
        "As in the checkpoint, not as in the config: router_params, routed_expert_params"
    )
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    expected = row_from_config(pruned, where="here").numbers
    for metric in (ledger.total_params, ledger.active_params):
        assert metric.of(**numbers) == metric.of(**expected)


def test_a_config_that_is_not_known(tmp_path: Path) -> None:
    """The checkpoint is counted; why the config was not used is said; top-k is taken from it."""
    config = QWEN | {"model_type": "qwen9_moe"}
    row = imported(folder_of(tmp_path / "model", headers_of(build(QWEN), hub=True), config))
    assert components(row) == of_config(QWEN)
    assert row.texts["model_type"] == "qwen9_moe"
    assert "The config was not understood: model_type 'qwen9_moe' is unknown" in row.texts["remark"]
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    expected = row_from_config(QWEN, where="here").numbers
    assert ledger.active_params.of(**numbers) == ledger.active_params.of(**expected)


def test_a_checkpoint_alone(tmp_path: Path) -> None:
    """Without a config there is no top-k, and all the rest."""
    row = imported(folder_of(tmp_path / "model", headers_of(build(QWEN), hub=True)))
    assert components(row) == of_config(QWEN)
    assert row.numbers["num_experts"].value == 8
    assert row.numbers["num_moe_layers"].value == 2
    assert "num_experts_per_tok" not in row.numbers
    assert row.texts["remark"] == "Counted from the checkpoint's headers"


def test_tied_embeddings_that_are_saved_twice(tmp_path: Path) -> None:
    """A head that the config ties is counted once, in parameters and in bytes."""
    config = QWEN | {"tie_word_embeddings": True}
    headers = headers_of(build(config), hub=True) | {"lm_head.weight": ("BF16", (1024, 256))}
    row = imported(folder_of(tmp_path / "model", headers, config))
    assert components(row) == of_config(config)
    assert row.numbers["unembedding_bytes"].value == 0
    assert "The tied output head is in the checkpoint a second time" in row.texts["remark"]


def test_layers_with_unlike_numbers_of_experts(tmp_path: Path) -> None:
    """Without a config they are refused, even where dense models are taken: nothing is guessed."""
    headers = headers_of(build(QWEN), hub=True)
    fewer = {name: header for name, header in headers.items() if "1.mlp.experts.7" not in name}
    for allow_dense in (False, True):
        with pytest.raises(InputError, match=r"layers differ in their number of experts.*: 7, 8$"):
            imported(folder_of(tmp_path / "model", fewer), allow_dense=allow_dense)
    row = imported(folder_of(tmp_path / "model", fewer, QWEN))
    assert row.texts["remark"].endswith("not as in the config: routed_expert_params")
    assert components(row)[Part.ROUTED_EXPERTS] == 15 * 3 * 256 * 128


def test_fused_experts_in_two_dimensions() -> None:
    """Where neither names nor shapes of experts say how many there are, the router's do (DBRX)."""
    headers = headers_of(build(example("dbrx")), hub=True)
    assert take_census(tensors_of(headers), where="here").num_experts == 16


def renamed(headers: Headers, names: dict[str, str]) -> Headers:
    """A checkpoint under other names, by regular expressions."""
    found: Headers = {}
    for name, header in headers.items():
        for old, new in names.items():
            name = re.sub(old, new, name)
        found[name] = header
    return found


# How others than transformers name the parts of a layer.
NAMES: dict[str, dict[str, str]] = {
    "SmallThinker": {
        r"mlp\.gate\.": "block_sparse_moe.primary_router.",
        r"mlp\.experts\.(\d+)\.(gate|up|down)_proj": r"block_sparse_moe.experts.\1.\2",
    },
    "OpenMoE": {r"mlp\.gate\.weight": "mlp.gate_weight"},
    "Tutel": {
        r"mlp\.gate\.": "mlp._moe_layer.gates.0.wg.",
        r"mlp\.experts": "mlp._moe_layer.experts",
    },
    "DeepSpeed": {
        r"mlp\.gate\.": "mlp.deepspeed_moe.gate.wg.",
        r"mlp\.experts": "mlp.deepspeed_moe.experts.deepspeed_experts",
    },
    "Arctic": {
        r"mlp\.(gate\.|experts)": r"block_sparse_moe.\1",
        r"layers\.0\.mlp": "layers.0.residual_mlp",
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_other_implementations(name: str) -> None:
    """Routers, experts and FFNs beside them are found whoever wrote the model."""
    headers = renamed(headers_of(build(QWEN), hub=True), NAMES[name])
    assert headers.keys() != headers_of(build(QWEN), hub=True).keys()
    census = take_census(tensors_of(headers), where=name)
    assert {part: census.params[part] for part in LEDGER} == of_config(QWEN)
    assert census.num_experts == 8


def test_fused_experts_of_tutel_and_openmoe() -> None:
    """Experts in one tensor, whose first dimension says how many there are."""
    layer = "model.layers.0.mlp."
    headers: Headers = {
        f"{layer}_moe_layer.experts.batched_fc1_w": ("F32", (6, 16, 8)),
        f"{layer}_moe_layer.experts.batched_fc2_w": ("F32", (6, 16, 8)),
        f"{layer}_moe_layer.experts.batched_fc1_bias": ("F32", (6, 16)),
        f"{layer}_moe_layer.experts.batched_fc2_bias": ("F32", (6, 8)),
        f"{layer}_moe_layer.gates.0.wg.weight": ("F32", (6, 8)),
        f"{layer}_moe_layer._num_global_experts": ("I64", ()),
    }
    census = take_census(tensors_of(headers), where="tutel")
    assert census.num_experts == 6
    assert census.params[Part.ROUTED_EXPERTS] == 6 * (2 * 16 * 8 + 16 + 8)
    assert census.params[Part.ROUTER] == 6 * 8
    headers = {
        f"{layer}experts.wi_gate": ("F32", (4, 8, 16)),
        f"{layer}experts.wi_up": ("F32", (4, 8, 16)),
        f"{layer}experts.wo": ("F32", (4, 16, 8)),
        f"{layer}gate_weight": ("F32", (4, 8)),
        "model.layers.0.extra_mlp.gate_proj.weight": ("F32", (16, 8)),
        "model.layers.0.pre_extra_mlp_layernorm.weight": ("F32", (8,)),
    }
    census = take_census(tensors_of(headers), where="openmoe")
    assert census.num_experts == 4
    expected = {Part.ROUTED_EXPERTS: 4 * 3 * 8 * 16, Part.ROUTER: 32,
                Part.DENSE_FFN: 128, Part.NORMS_AND_OTHER: 8}  # fmt: skip
    assert {part: census.params[part] for part in expected} == expected


HIDDEN = {r"mlp\.experts\.(\d+)\.": r"mlp.specialists.n\1."}


@pytest.mark.parametrize("model_type", ["qwen3_moe", "qwen9_moe"], ids=["known", "unknown"])
@pytest.mark.parametrize("allow_dense", [False, True])
def test_experts_under_names_that_nobody_knows(
    model_type: str, allow_dense: bool, tmp_path: Path
) -> None:
    """Where the config speaks of experts and no name does, nothing is given; names are shown."""
    headers = renamed(headers_of(build(QWEN), hub=True), HIDDEN)
    path = folder_of(tmp_path / "model", headers, QWEN | {"model_type": model_type})
    with pytest.raises(InputError) as caught:
        imported(path, allow_dense=allow_dense)
    (problem,) = caught.value.problems
    said = {
        "qwen3_moe": "by the config there are routed experts",
        "qwen9_moe": "key 'num_experts' is 8",
    }[model_type]
    assert problem.where == str(path)
    assert problem.message.startswith(f"{said}, and no tensor is named as routed experts are; most")
    assert "model.layers.*.mlp.specialists.n*.gate_proj.weight" in problem.message
    assert problem.message.endswith("Its config.json alone can be imported")


def test_a_router_that_asks_for_more_experts_than_there_are(tmp_path: Path) -> None:
    """A pruned checkpoint below its config's top-k would have more active parameters than all."""
    headers = headers_of(build(QWEN | {"num_experts": 2, "num_experts_per_tok": 1}), hub=True)
    path = folder_of(tmp_path / "model", headers, QWEN | {"num_experts_per_tok": 4})
    with pytest.raises(InputError, match=r"a layer of 2 experts, fewer than \w+_tok, 4$"):
        imported(path)
    unknown = {"model_type": "qwen9_moe", "num_experts_per_tok": 4}
    path = folder_of(tmp_path / "unknown", headers, QWEN | unknown)
    with pytest.raises(InputError, match=r"num_experts_per_tok is 4, more than num_experts, 2$"):
        imported(path)


def test_one_layer_with_fewer_experts_than_a_token_uses(tmp_path: Path) -> None:
    """Its layers differ and one has too few: what a token uses would be more than there is."""
    few = re.compile(r"layers\.1\.mlp\.experts\.[1-7]")
    headers = {n: h for n, h in headers_of(build(QWEN), hub=True).items() if not few.search(n)}
    with pytest.raises(InputError, match=r"a layer of 1 experts, fewer than \w+_tok, 2$"):
        imported(folder_of(tmp_path / "model", headers, QWEN))


@pytest.mark.parametrize("key", ["num_nextn_predict_layers", "num_mtp_layers"])
def test_a_config_that_speaks_of_more_layers_than_there_can_be(key: str, tmp_path: Path) -> None:
    """It is refused at once: no list is as long as a number in a file says."""
    path = folder_of(tmp_path / "model", headers_of(build(QWEN), hub=True), QWEN | {key: 10**12})
    with pytest.raises(
        InputError, match=f"key '{key}' is 1,000,000,000,000, expected at most 10,0"
    ):
        imported(path)


def test_numbers_in_names_that_no_model_has() -> None:
    """A name may hold a number of any length; none is taken for a layer or an expert."""
    digits = "9" * 5000
    headers: Headers = {
        f"model.layers.{digits}.self_attn.q_proj.weight": ("BF16", (4, 4)),
        f"model.layers.0.mlp.experts.{digits}.up_proj.weight": ("BF16", (4, 4)),
    }
    census = take_census(tensors_of(headers), where="here")
    assert census.layers == {("", 0)}
    assert census.experts == {("", 0): 0}


@pytest.mark.parametrize("file", ["pytorch_model-00001-of-00002.bin", "weights.npz", "q4.gguf"])
def test_a_config_beside_weights_without_headers(file: str, tmp_path: Path) -> None:
    """The config is counted, and the row says that nothing was compared."""
    (tmp_path / "config.json").write_text(json.dumps(QWEN), "utf-8")
    assert "No headers" not in imported(tmp_path).texts.get("remark", "")
    (tmp_path / "training_args.bin").write_bytes(b"")
    assert "No headers" not in imported(tmp_path).texts.get("remark", "")
    (tmp_path / file).write_bytes(b"")
    row = imported(tmp_path)
    assert components(row) == of_config(QWEN)
    assert row.texts["remark"].endswith(
        f"No headers of safetensors files were found, but {file}: the config alone is counted"
    )


@pytest.mark.parametrize(
    ("file", "more"),
    [
        ("notes.txt", ""),
        ("pytorch_model.bin", "; of pytorch_model.bin no header can be read"),
        ("q4.gguf", "; its GGUF files are imported one by one: q4.gguf"),
    ],
)
def test_a_folder_with_nothing_to_read(file: str, more: str, tmp_path: Path) -> None:
    """What is there instead is named."""
    (tmp_path / file).write_bytes(b"")
    with pytest.raises(InputError) as caught:
        imported(tmp_path)
    there = "found neither config.json nor *.safetensors in this folder"
    assert str(caught.value) == f"{tmp_path}: {there}{more}"


def test_a_pointer_of_git_lfs_in_place_of_a_config(tmp_path: Path) -> None:
    """It is named as what it is, and what to do."""
    (tmp_path / "config.json").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InputError) as caught:
        imported(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/config.json: is not JSON (it is a pointer of Git LFS, and not the file:"
        " `git lfs pull` fetches that)"
    )


def test_tensors_without_a_number() -> None:
    """Their shapes say nothing: neither how many experts there are nor how large the vocabulary."""
    layer = "model.layers.0.mlp"
    headers: Headers = {
        "model.embed_tokens.weight": ("BF16", (0, 2**62)),
        f"{layer}.experts.up_proj": ("BF16", (2**40, 0, 5)),
        f"{layer}.experts.down_proj": ("BF16", (2, 5, 4)),
        f"{layer}.gate.weight": ("BF16", (0, 2**50)),
    }
    census = take_census(tensors_of(headers), where="here")
    assert (census.num_experts, census.embedding, census.router) == (2, (), 0)


def test_routers_without_experts(tmp_path: Path) -> None:
    """Without a config the routers tell that there are experts, under whatever names."""
    headers = renamed(headers_of(build(QWEN), hub=True), HIDDEN)
    for allow_dense in (False, True):
        with pytest.raises(InputError, match="has routers for 8 experts, and no tensor is named"):
            imported(folder_of(tmp_path / "model", headers), allow_dense=allow_dense)
