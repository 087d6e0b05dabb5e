"""Models that transformers does not have, against what is published of them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report_metrics.parameter_ledger import (
    active_params,
    active_params_no_embedding,
    total_params,
)
from tests.importers import published_configs as published
from tests.importers.tensor_sums import SUMS
from tests.rows import row_from_config

Config = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """A published model.

    Attributes:
        config: Its config, reduced to what matters.
        total: Parameters, exactly.
        active: Of them active, exactly.
        stated: What the publisher states, total and active, rounded; and half of the last digit.
        without_embedding: Whether the stated active parameters leave the input embedding out.
    """

    config: Config
    total: int
    active: int
    stated: tuple[tuple[float, float], ...]
    without_embedding: bool = False


MODELS = {
    # Kimi-K3's technical report: 2.78 T and 104.2 B.
    "Kimi-K3": Published(
        published.KIMI_K3, 2_779_484_393_568, 105_363_935_328,
        ((2.78e12, 0.005e12), (104.2e9, 0.05e9)), without_embedding=True,
    ),
    # Its model card: 48 B and 3 B.
    "Kimi-Linear-48B-A3B": Published(
        published.KIMI_LINEAR, 49_122_675_072, 3_484_453_248,
        ((48e9, 1.5e9), (3e9, 0.5e9)),
    ),
    # Its model card: 16.4 B.
    "deepseek-moe-16b": Published(
        published.DEEPSEEK_MOE, 16_375_728_128, 2_828_650_496, ((16.4e9, 0.05e9),),
    ),
    # Its report: 389 B (and 52 B active, with the tied embedding counted twice).
    "Hunyuan-Large": Published(
        published.HUNYUAN_LARGE, 388_701_405_440, 51_322_077_440, ((389e9, 0.5e9),),
    ),
    # Their report, arXiv:2510.22115, table 1, and the README of Ling-mini-2.0.
    "Ling-mini-2.0": Published(
        published.LING_MINI, 16_255_638_528, 1_432_968_192,
        ((16.26e9, 0.005e9), (1.43e9, 0.005e9)),
    ),
    "Ling-flash-2.0": Published(
        published.LING_FLASH, 102_889_697_280, 6_152_269_824, ((103e9, 0.5e9), (6.1e9, 0.1e9)),
    ),
    "Ling-1T": Published(
        published.LING_1T, 999_705_309_184, 51_054_407_680, ((1000e9, 0.5e9), (51e9, 0.1e9)),
    ),
    "Ling-1T as bailing_moe_v2": Published(
        published.LING_1T | {"model_type": "bailing_moe_v2"}, 999_705_309_184, 51_054_407_680,
        ((1000e9, 0.5e9), (51e9, 0.1e9)),
    ),
    # Their model cards: 16.4 B and 1.6 B; 104 B; 104 B and 7.4 B; 1 T and 63 B.
    "Ring-mini-linear-2.0": Published(
        published.RING_MINI_LINEAR, 16_423_443_456, 1_600_773_120,
        ((16.4e9, 0.05e9), (1.6e9, 0.05e9)),
    ),
    "Ring-flash-linear-2.0": Published(
        published.RING_FLASH_LINEAR, 104_181_657_600, 7_444_230_144, ((104e9, 0.5e9),),
    ),
    "Ling-2.6-flash": Published(
        published.LING_26_FLASH, 104_186_907_648, 7_449_480_192,
        ((104e9, 0.5e9), (7.4e9, 0.05e9)),
    ),
    "Ling-2.6-1T": Published(
        published.LING_26_1T, 1_012_231_140_864, 63_580_239_360,
        ((1e12, 0.05e12), (63e9, 0.6e9)),
    ),
    # Its model card: 124 B and 5.1 B.
    "Ling-3.0-flash": Published(
        published.LING_3_FLASH, 124_414_191_072, 5_505_672_672,
        ((124e9, 0.5e9), (5.1e9, 0.05e9)), without_embedding=True,
    ),
    # Its weights: 15.8 GB of two bytes each; its model card: 7.9 B and 1.3 B.
    "Ling-3.0-tiny": Published(
        published.LING_3_TINY, 7_893_389_856, 1_381_732_896, ((7.9e9, 0.01e9),),
    ),
    # Its report, arXiv:2503.05139: 16.8 B and 2.75 B.
    "Ling-lite": Published(
        published.LING_LITE, 16_801_974_272, 2_753_153_024,
        ((16.8e9, 0.05e9), (2.75e9, 0.005e9)),
    ),
    # Its model card: 1.02 T and 42 B.
    "MiMo-V2.5-Pro": Published(
        published.MIMO_PRO, 1_021_248_099_840, 41_894_893_056,
        ((1.02e12, 0.005e12), (42e9, 0.5e9)),
    ),
    # Its model card: 310 B with what reads images and sound, and 15 B.
    "MiMo-V2.5": Published(
        published.MIMO, 308_778_768_832, 15_445_924_288, ((310e9, 1.5e9), (15e9, 0.5e9)),
    ),
    # Its model card: 196 B, without what predicts further tokens.
    "Step-3.5-Flash": Published(
        published.STEP, 196_956_118_272, 11_987_311_872, ((196e9, 1e9),),
    ),
    # Its report: 71.99 B and 16.5 B.
    "Pangu-Pro-MoE": Published(
        published.PANGU_PRO, 71_988_781_056, 16_498_139_136,
        ((71.99e9, 0.005e9), (16.5e9, 0.05e9)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_published_models_have_the_parameters_that_are_stated(model: Published) -> None:
    """To the parameter, and so at the rounding of whoever published them."""
    numbers = row_from_config(model.config, where="config.json").numbers
    assert total_params.of(**numbers) == model.total
    assert active_params.of(**numbers) == model.active
    active = active_params_no_embedding if model.without_embedding else active_params
    for (stated, half), metric in zip(model.stated, (total_params, active), strict=False):
        assert metric.of(**numbers) == pytest.approx(stated, abs=half)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_published_models_are_the_sum_of_their_tensors(model: Published) -> None:
    """Every tensor of the published modelling code, layer by layer."""
    tensors = SUMS[model.config["model_type"]](model.config)
    assert (tensors.total, tensors.active) == (model.total, model.active)


def sizes(config: Config) -> Iterator[tuple[Config, str]]:
    """Every whole number of a config, those of nested objects too."""
    for key, value in config.items():
        if type(value) is int:
            yield config, key
        elif isinstance(value, dict):
            yield from sizes(value)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_other_sizes_are_the_sum_of_their_tensors(model: Published) -> None:
    """Each number of a published config, changed: counted with its tensors, or refused."""
    read = 0
    for spot, more in product(range(len([*sizes(model.config)])), (1, 8)):
        config = deepcopy(model.config)
        part, key = [*sizes(config)][spot]
        part[key] += more
        try:
            numbers = row_from_config(config, where="config.json").numbers
        except InputError:
            continue
        tensors = SUMS[config["model_type"]](config)
        assert total_params.of(**numbers) == tensors.total, (key, part[key])
        assert active_params.of(**numbers) == tensors.active, (key, part[key])
        read += 1
    # Of Pangu only 9: 16 heads of keys and values cannot be shared by its 40 query heads.
    assert read >= (9 if model.config is published.PANGU_PRO else 10)
