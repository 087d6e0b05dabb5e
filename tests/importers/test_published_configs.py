"""Published configs, whole: each is read, and gives the model's exact numbers."""

from __future__ import annotations

import pytest

from moe_report.errors import InputError
from moe_report_metrics.parameter_ledger import (
    active_params,
    active_params_no_embedding,
    embedding_params,
    total_params,
    unembedding_params,
)
from tests.published_models import MODELS, READ, Published, near
from tests.rows import row_from_config

REFUSED = tuple(model for model in MODELS if model.refused)


def _row(model: Published) -> dict[str, float]:
    return row_from_config(model.config, where="config.json").numbers


@pytest.mark.parametrize("model", READ, ids=[model.name for model in READ])
def test_published_config_gives_the_exact_numbers(model: Published) -> None:
    """Nothing that a publisher writes beside the architecture stands in the way."""
    row = _row(model)
    assert total_params.of(**row) == model.total
    assert active_params.of(**row) == model.active


@pytest.mark.parametrize("model", READ, ids=[model.name for model in READ])
def test_numbers_are_those_that_the_publisher_rounds(model: Published) -> None:
    """What a model card says is what its config gives, to the card's last digit."""
    row = _row(model)
    active = {
        "all": active_params.of(**row),
        "no embedding": active_params_no_embedding.of(**row),
        "neither embedding": active_params.of(**row)
        - embedding_params.of(**row)
        - unembedding_params.of(**row),
    }
    if model.total_figure:
        assert near(total_params.of(**row), model.total_figure)
    if model.active_figure:
        assert near(active[model.active_counts], model.active_figure)


@pytest.mark.parametrize("model", REFUSED, ids=[model.name for model in REFUSED])
def test_config_that_does_not_tell_is_refused_by_name(model: Published) -> None:
    """A config that contradicts itself, or says too little, gives no number."""
    with pytest.raises(InputError) as refusal:
        _row(model)
    assert model.refused in str(refusal.value)


def test_there_are_many_and_of_many_kinds() -> None:
    """The collection doesn't shrink unseen; most of it is held against two things."""
    assert len(READ) >= 180
    assert len({model.config.get("model_type") for model in READ}) >= 50
    assert sum(bool(model.total_figure) for model in READ) >= 120
    assert all(model.against for model in READ)
