"""How units and sources are to be written."""

from __future__ import annotations

import pytest

from moe_report.schema.fields import FIELDS
from moe_report.schema.registry import Registry
from moe_report.testing.spellings import is_known, not_citable, right_unit

RIGHT = {
    "parameters": "parameter params Params param PARAMETERS parametres",
    "byte": "bytes Byte B Bytes octets",
    "byte/token": "bytes/token|byte/tokens|byte per token|bytes a token|Byte / tok|B/tok",
    "byte/parameter": "bytes/param byte/parameters B/params",
    "byte/s": "bytes/s B/s",
    "FLOP": "flop FLOPs flops Flop",
    "FLOP/token": "FLOPs/token|flops per token|FLOP/tok|FLOPS/token",
    "FLOP/s": "FLOPs/s flop/s",
    "MAC/token": "MACs/token mac/tokens",
    "tokens": "token Tokens tokns",
    "tokens/s": "token/s Tokens/s",
    "experts": "expert Experts",
    "matrices": "matrix",
    "layers": "layer",
}
PREFIXED = {
    "byte": "GB|GiB|kB|MiB|TB|giga bytes|kilobytes|Gbyte",
    "byte/token": "kB/token|MB per token",
    "FLOP/token": "GFLOP/token|GFLOPs/token|TFLOP/tok",
    "parameters": "B params|billion parameters|M parameters|B parameters",
    "byte/s": "GB/s",
    "FLOP/s": "TFLOP/s",
}


def _pairs(table: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (written, right)
        for right, all_of_them in table.items()
        for written in all_of_them.split("|" if "|" in all_of_them else None)
    ]


@pytest.mark.parametrize(("written", "right"), _pairs(RIGHT))
def test_a_unit_that_is_nearly_one(written: str, right: str) -> None:
    """The right spelling is named, of a metric and of an assumption."""
    assert right_unit(written) == f"write {right!r}"
    assert right_unit(written, scaled=False) == f"write {right!r}"
    assert right_unit(right) == ""


@pytest.mark.parametrize(("written", "right"), _pairs(PREFIXED))
def test_a_unit_with_a_prefix(written: str, right: str) -> None:
    """Metrics get theirs by size; an assumption is shown in the unit it has."""
    said = f"write {right!r} and give that many: the prefix is chosen by their size"
    assert right_unit(written) == said
    assert "and give" not in right_unit(written, scaled=False)


@pytest.mark.parametrize("written", ["%", "percent", "Share", "fraction", "pct", "1", "-", "×"])
def test_a_share(written: str) -> None:
    """Whatever it is called, it is a ratio."""
    assert right_unit(written) == "write 'ratio' and give a share, 0.27 for 27 %"


@pytest.mark.parametrize(
    "unit",
    ["kWh/Mtoken", "kg CO2e", "pJ/byte", "W", "s", "ms", "$", "€/token", "hours", "qubit",
     "K", "m", "g", "GPU", "GPU hours", "BTU", "points", "Pa", "kg/kWh", "Mtokens"],
)  # fmt: skip
def test_a_unit_of_ones_own(unit: str) -> None:
    """What nobody can know is left as it is."""
    assert right_unit(unit) == ""
    assert not is_known(unit) or unit == "pJ/byte"


# That take prefixes as they are, or that no header words otherwise.
SIGNS = {
    "s",
    "h",
    "W",
    "kWh",
    "kWh/Mtoken",
    "$",
    "$/Mtoken",
    "$/day",
    "nat/token",
    "copies",
    "stages",
}


def test_units_of_our_own_are_known(registry: Registry) -> None:
    """Those of the fields, and of all that is built in."""
    for item in (*registry.metrics.values(), *registry.assumptions.values(), *FIELDS.values()):
        assert right_unit(item.unit) == "", item.name
    for metric in registry.metrics.values():
        assert is_known(metric.unit) or metric.unit in SIGNS, metric.unit
        assert not_citable(metric.source) == "", metric.source


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("TODO", "it names nothing"),
        ("t.b.d.", "it names nothing"),
        ("?", "it names nothing"),
        ("-", "it names nothing"),
        ("n/a", "it names nothing"),
        ("see paper", "it names nothing"),
        ("from the internet", "it names nothing"),
        ("Wikipedia", "it names nothing"),
        ("own work", "it names nothing"),
        ("arXiv", "arXiv has numbers"),
        ("arXiv:1234", "arXiv has numbers"),
        ("arxiv 2401", "arXiv has numbers"),
        ("doi:", "a DOI is like"),
        ("DOI 1145/1465482", "a DOI is like"),
        ("https://", "the address has no host"),
        ("http://localhost/x", "the address has no host"),
        ("arXiv:1701.06538", ""),
        ("Shazeer et al. 2017, arXiv:1701.06538, section 2", ""),
        ("https://arxiv.org/abs/1701.06538", ""),
        ("arXiv:cs/0112017", ""),
        ("Amdahl 1967, doi:10.1145/1465482.1465560", ""),
        ("https://doi.org/10.1145/1465482.1465560", ""),
        ("https://example.com/data-sheet", ""),
        ("a convention", ""),
        ("a convention of this package", ""),
        ("two bytes a parameter", ""),
        ("a round figure, to be replaced", ""),
        ("定义", ""),
    ],
)
def test_a_source(source: str, why: str) -> None:
    """What nobody could look up is told from a paper, an address, a convention in words."""
    assert not_citable(source).startswith(why)
    assert bool(not_citable(source)) == bool(why)
