"""New section.

Say here what the section is about: the paragraphs below the title introduce it in the report.
"""

from dataclasses import dataclass

from moe_report import (
    Doubt,
    Model,
    Numbers,
    Rows,
    assumption,
    bars,
    check,
    doubt,
    field,
    metric,
    point,
)
from moe_report.wording import amount
from moe_report_metrics.parameter_ledger import active_params, total_params

API = 1  # the version of moe-report's plugin door that this was written for
ORDER = 60  # the built-in sections have 10 to 64


@dataclass(frozen=True)
class Storage:
    """How the weights are stored."""

    new_section_weight_width: float = assumption(
        2,
        symbol="β",
        unit="byte/parameter",
        label="Width of a weight",
        help="2 for BF16, 1 for FP8, 0.5 for four bits.",
        minimum=0.1,
        maximum=8,
    )


new_section_copies = field(
    "new_section_copies",
    symbol="n_c",
    unit="copies",
    label="Copies in memory",
    help="How often the weights are held, e.g. once for each group of devices.",
    minimum=1,
    default=1,
    whole=True,
)


@metric(
    symbol="M_w",
    unit="byte",
    source="the number of weights times their width",
    label="Weights in memory",
    better="lower",
    headline=True,
)
def new_section_weight_bytes(m: Model, storage: Storage) -> float:
    """Bytes of all weights, in all copies: memory holds every expert."""
    return storage.new_section_weight_width * new_section_copies(m) * total_params(m)


@metric(
    symbol="σ_a",
    unit="ratio",
    source="Shazeer et al. 2017, arXiv:1701.06538, section 2",
    label="Weights that a token reads",
)
def new_section_active_share(m: Model) -> float:
    """Share of the weights that a token's forward pass reads."""
    return active_params(m) / total_params(m)


@check("suspicious", about=new_section_active_share)
def new_section_hardly_sparse(m: Model) -> Doubt:
    """A Mixture-of-Experts model leaves most of its weights alone."""
    return doubt(
        new_section_active_share(m) > 0.9,
        "a token reads {:percent} of the weights",
        new_section_active_share(m),
    )


def _title(rows: Rows) -> str:
    largest = amount(rows[new_section_weight_bytes][0], "byte")
    return f"The weights of {rows.names[0]} take {largest}"


new_section_weights = bars(
    "new_section_weights",
    new_section_weight_bytes,
    title=_title,
    caption="All copies of the weights together.",
    first="largest model",
)


def _smallest(numbers: Numbers) -> str:
    rows = numbers.rows(new_section_weight_bytes)
    return f"Here, {min(rows, key=lambda row: row[1])[0]} needs least." if rows else ""


POINTS = (
    point(
        "Memory holds every expert",
        "A token reads [some of the weights](new_section_active_share), and "
        "[all of them](new_section_weight_bytes) must be there.",
        here=_smallest,
    ),
)
