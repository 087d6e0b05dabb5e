"""What type checkers must make of a plugin: this file is checked, strictly."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_type

from moe_report import (
    Metric,
    Model,
    Preset,
    Rows,
    SectionField,
    assumption,
    bars,
    ceil,
    coalesce,
    exp,
    field,
    floor,
    lines,
    ln,
    log2,
    log10,
    maximum,
    metric,
    minimum,
    preset,
    scatter,
    sqrt,
    stack,
    where,
)
from moe_report.wording import amount, span

SAID = "a convention of these tests"


@dataclass(frozen=True)
class Serving:
    """Assumptions are typed as the numbers that they stand for."""

    batch: float = assumption(1, symbol="B", unit="sequences", help="At once.")
    spare: float = assumption(
        0.5, symbol="ε", unit="ratio", help="Kept.", label="Spare", minimum=0, maximum=1
    )


LARGE = preset("service", "Large", Serving(batch=64), source=SAID)


@metric(symbol="a", unit="parameters", source=SAID)
def plain(m: Model) -> float:
    """Fields are floats, and so is arithmetic with them."""
    assert_type(m.num_experts, float)
    assert_type(1 - m.num_experts_per_tok / m.num_experts, float)
    return m.num_experts * m.hidden_size


@metric(
    symbol="b", unit="ratio", source=SAID, label="B", format="percent", better="higher",
    headline=True, aliases=("bee", "be"),
)  # fmt: skip
def with_assumptions(m: Model, serving: Serving) -> float:
    """Assumptions come after the model; a metric that is called is a float."""
    assert_type(serving.batch, float)
    assert_type(plain(m), float)
    return plain(m) * serving.batch * (1 - serving.spare)


power = field("power", symbol="W", unit="W", help="Under load.", default=700, aliases=("tdp",))
rack = field("rack", symbol="W_r", unit="W", help="Of all.", default=lambda m: 8 * power(m))
cooled = field("cooled", symbol="b_c", help="By liquid.", flag=True)


@metric(symbol="w", unit="W", source=SAID)
def with_fields(m: Model) -> float:
    """A field of a section is called, and is a float."""
    assert_type(power(m), float)
    return rack(m) * cooled(m) / m.num_experts


@metric(symbol="c", unit="bytes", source=SAID)
def functions(m: Model) -> float:
    """Every function takes and gives floats; a test is a bool."""
    x = m.hidden_size
    assert_type(where(x > 1, x, 0), float)
    assert_type(coalesce(x, 1, 2), float)
    assert_type(minimum(x, 1, 2), float)
    assert_type(maximum(x, 1), float)
    for one in (floor(x), ceil(x), sqrt(x), exp(x), ln(x), log2(x), log10(x)):
        assert_type(one, float)
    return where((x > 1) & ~(x == 2), floor(x), ceil(x))


def title(rows: Rows) -> str:
    """A title is made of numbers by metric or name, one a model."""
    assert_type(rows[plain], tuple[float, ...])
    assert_type(rows["num_experts"][0], float)
    assert_type(rows.names, tuple[str, ...])
    return span(*(amount(pick(rows.sum_of(plain)), "parameters") for pick in (min, max)))


bars("rows", (plain, "num_experts"), title=title, colors=("blue", "grey"), headline=True)
bars("row", with_assumptions, title="A sentence", order="smallest first", log=False)
stack("parts", {"all": ((plain, plain), plain)}, title=title, shares=True, focus="A")
scatter("points", "num_experts", plain, title=title, guides={"one": 1, "some": "batch"})
lines("lines", plain, [plain, "num_experts"], title=title, caption=title, headline=2)

assert_type(plain, Metric)
assert_type(plain.of(num_experts=8, hidden_size=64), float)
assert_type(plain.name, str)
assert_type(power, SectionField)
assert_type(LARGE, Preset)

if TYPE_CHECKING:
    # What a checker must refuse. An ignore that is not needed is an error too, so each is proved.
    plain(8)  # type: ignore[arg-type]
    plain.name = "other"  # type: ignore[misc]
    plain.of(num_experts="8")  # type: ignore[arg-type]
    where("x", 1, 2)  # type: ignore[arg-type]
    minimum(1)  # type: ignore[call-arg]
    metric(symbol="d", unit="ratio")  # type: ignore[call-arg]
    metric(symbol="d", unit="ratio", source=SAID, format="percentage")  # type: ignore[arg-type]
    metric(symbol="d", unit="ratio", source=SAID, better="more")  # type: ignore[arg-type]
    metric(symbol="d", unit="ratio", source=SAID, aliases="d")  # type: ignore[arg-type]
    assumption(1)  # type: ignore[call-arg]
    2 * plain  # type: ignore[operator]
    2 * power  # type: ignore[operator]
    preset("service", "Small", Serving(batch="1"), source=SAID)  # type: ignore[arg-type]
    preset("service", "Small", Serving(bach=1), source=SAID)  # type: ignore[call-arg]
    preset("service", "Small", Serving())  # type: ignore[call-arg]
    power(8)  # type: ignore[arg-type]
    field("heat")  # type: ignore[call-arg]
    field("heat", symbol="h", unit="W", help="A.", default="700")  # type: ignore[arg-type]
    field("heat", symbol="h", unit="W", help="A.", default=lambda m: "7")  # type: ignore[arg-type, return-value]
    print(Model().power)  # type: ignore[attr-defined]
    print(Model().num_expertz)  # type: ignore[attr-defined]
    print(Model().model_type)  # type: ignore[attr-defined]
    print(Model()["num_experts"])  # type: ignore[index]
    bars("rows", plain, title=title, colors=("bleu",))  # type: ignore[arg-type]
    bars("rows", plain, title=len)  # type: ignore[arg-type]
    bars("rows", 8, title=title)  # type: ignore[arg-type]
    stack("parts", plain, title=title)  # type: ignore[arg-type]
    scatter("points", plain, title=title)  # type: ignore[call-arg]
    lines("lines", plain, plain)  # type: ignore[call-arg]
    metric(functions)  # type: ignore[call-arg, arg-type]

    @metric(symbol="e", unit="ratio", source=SAID)  # type: ignore[arg-type]
    def gives_a_text(m: Model) -> str:
        """A metric is a number."""
        return "1"
