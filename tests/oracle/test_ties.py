"""Tied embeddings of configs with a text part: said outside of it, in it, twice, or not at all."""

from __future__ import annotations

import json
from itertools import product

import pytest

from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from moe_report_metrics.parameter_ledger import total_params
from tests.oracle.families import Family, all_families, real
from tests.rows import row_from_config

NESTED = [
    family
    for family in all_families()
    if any(key.startswith("text_config.") for key in ADAPTERS[family.model_type].keys)
]


@pytest.mark.parametrize("family", NESTED, ids=lambda family: family.model_type)
def test_ties_are_those_of_the_model(family: Family) -> None:
    """The total is the real one whoever says it, or the config is refused."""
    refused = []
    for outside, inside in product((None, True, False), repeat=2):
        config = json.loads(json.dumps(family.varied(1)))
        places = {"outside": (config, outside), "inside": (config.get("text_config"), inside)}
        for place, said in places.values():
            if place is not None:
                place.pop("tie_word_embeddings", None)
                if said is not None:
                    place["tie_word_embeddings"] = said
        try:
            row = row_from_config(config, where="config.json")
        except InputError as error:
            refused += error.problems
        else:
            truth = real(family, config).components.total()
            assert total_params.of(**row.numbers) == truth, (outside, inside)
    assert all("tie_word_embeddings" in str(problem) for problem in refused)
    assert len(refused) < 9, "no config is taken"
