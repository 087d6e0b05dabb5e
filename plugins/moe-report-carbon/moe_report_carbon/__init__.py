"""Energy and carbon.

What a million tokens cost in electricity and in greenhouse gases. A device at full power does so
many FLOPs a second, of which a share is useful; devices and building are those of the built-in
sections, and so are their assumptions; and a kWh from the grid stands for so much CO2e.

The time is that of arithmetic alone. Decoding waits for memory instead, so its utilisation is far
lower than that of reading a prompt or of training: set ``flops_utilisation`` to what was measured.
What it takes to build the devices is left out.
"""

from dataclasses import dataclass

from moe_report import (
    Doubt,
    Model,
    Numbers,
    assumption,
    check,
    doubt,
    metric,
    point,
    question,
    typed,
)
from moe_report_metrics.flops_savings import forward_flops
from moe_report_metrics.hardware import Device
from moe_report_metrics.serving import site_watts

API = 1
ORDER = 70

TOKENS = 1_000_000
JOULES_A_KWH = 3.6e6
LONGEST = 3600  # seconds of a device for a million tokens
MOST_FLOPS_A_JOULE = 15_000e12 / 1400  # of a GB300: FP4, dense (AIConfigurator's system files)


@dataclass(frozen=True)
class Utilisation:
    """How well a device is used."""

    flops_utilisation: float = assumption(
        0.4,
        symbol="μ",
        unit="ratio",
        label="Utilisation of the peak speed",
        help="A round figure, to be replaced by what was measured: training DeepSeek-V3 reached "
        "0.39 (arXiv:2505.09343, Table 4), decoding far less.",
        minimum=0.0001,
        maximum=1,
    )


@dataclass(frozen=True)
class Grid:
    """Where the electricity comes from."""

    grid_intensity: float = assumption(
        0.387,
        symbol="g",
        unit="kg CO2e/kWh",
        label="Carbon intensity of the grid",
        help="The default is that of Llama 4's model card: 1,354 t for 5.0 M hours at 700 W.",
        maximum=10,
    )


@metric(
    symbol="t_M",
    unit="s/Mtoken",
    source="FLOPs over FLOPs a second; utilisation as Chowdhery et al. 2022, arXiv:2204.02311, "
    "section 4.1, define it",
    label="Device time, a million tokens",
    format="decimal",
    better="lower",
)
def device_seconds(m: Model, device: Device, used: Utilisation) -> float:
    """Seconds that one device computes for a million tokens, forward, in BF16.

    If arithmetic bounds it.
    """
    return TOKENS * forward_flops(m) / (device.bf16_flops * used.flops_utilisation)


@metric(
    symbol="E_M",
    unit="kWh/Mtoken",
    source="power times time",
    label="Energy, a million tokens",
    format="decimal",
    better="lower",
    headline=50,
)
def energy_kwh(m: Model) -> float:
    """Electricity that the building draws for a million tokens."""
    return device_seconds(m) * site_watts(m) / JOULES_A_KWH


@metric(
    symbol="C_M",
    unit="kg CO2e/Mtoken",
    source="a convention: electricity times the grid's average intensity",
    label="Carbon, a million tokens",
    format="decimal",
    better="lower",
    headline=51,
)
def carbon_kg(m: Model, grid: Grid) -> float:
    """Greenhouse gases of the electricity for a million tokens, as CO2."""
    return energy_kwh(m) * grid.grid_intensity


@check("suspicious", about=device_seconds)
def over_an_hour(m: Model) -> Doubt:
    """A million tokens take a device of today minutes."""
    return doubt(
        device_seconds(m) > LONGEST,
        "a million tokens keep a device busy for {} s, over an hour; are its FLOPs, its speed and "
        "its utilisation right?",
        device_seconds(m),
    )


@check("impossible", about=energy_kwh)
def less_than_any_device(m: Model) -> Doubt:
    """Somebody's figure is not below what the best device of today needs at its peak."""
    least = TOKENS * forward_flops(m) / MOST_FLOPS_A_JOULE / JOULES_A_KWH
    return doubt(
        typed(energy_kwh) < least,
        "given as {} kWh for a million tokens, and a GB300 at its FP4 peak takes {}",
        typed(energy_kwh),
        least,
        stated=typed(energy_kwh),
        computed=least,
    )


def least_and_most(numbers: Numbers) -> str:
    """Say which models draw least and most."""
    rows = sorted(numbers.rows(energy_kwh), key=lambda row: row[1])
    if len(rows) < 2 or rows[0][1][0] == 0:
        return ""
    (least, (low,)), (most, (high,)) = rows[0], rows[-1]
    return f"Here, {least} draws least and {most} {high / low:.3g} times as much."


POINTS = (
    point(
        "Energy follows the FLOPs",
        "[Energy](energy_kwh) and [carbon](carbon_kg) are [forward FLOPs](forward_flops) times "
        "what the device, the building and the grid make of them: they rank models as FLOPs do.",
        here=least_and_most,
    ),
    question(
        "Why is my bill higher?",
        "Decoding waits for memory, and idle devices draw power, too. Set the utilisation to what "
        "was measured.",
    ),
)
