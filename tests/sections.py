"""Sections of somebody else, as files: what no built-in section has is tested with them."""

from __future__ import annotations

from pathlib import Path

from moe_report.schema.registry import Registry, load

COUNTING = ("parameter_ledger", "parameter_efficiency", "flops_savings", "routing_overhead")
BUILT_IN = (
    *COUNTING,
    "fit", "weight_memory", "cache_memory", "hardware", "sharding", "offload",
    "communication", "serving", "training", "design", "load_balance",
)  # fmt: skip

ENERGY = '''"""Energy.

What a token costs in energy.
"""

from moe_report import Model, field, metric
from moe_report_metrics.parameter_ledger import active_params

device_power = field(
    "device_power", symbol="W_d", unit="W", help="Power that a device draws under load.",
    minimum=0.5, maximum=100_000, default=700, aliases=("tdp", "power (W)"),
)
num_devices = field(
    "num_devices", symbol="n_d", unit="devices", help="Devices that a copy of the model takes.",
    minimum=1, maximum=10_000, whole=True, aliases=("gpus",), headers=("accelerator count",),
)
liquid_cooled = field("liquid_cooled", symbol="b_lc", help="1 if cooled by liquid.", flag=True)
rack_power = field(
    "rack_power", symbol="W_r", unit="W", help="Power of all devices.",
    default=lambda m: device_power(m) * num_devices(m),
)


@metric(
    symbol="E_tok", unit="pJ/token", source="a convention", format="decimal", headline=True
)
def token_energy(m: Model) -> float:
    """Energy of a token, where each parameter costs so much of the power."""
    return rack_power(m) * (1 - 0.1 * liquid_cooled(m)) * active_params(m)


@metric(symbol="W_e", unit="W/expert", source="a convention", format="decimal")
def power_per_expert(m: Model) -> float:
    """Power for an expert."""
    return device_power(m) / m.num_experts
'''


def registry_with(folder: Path, source: str, name: str = "energy") -> Registry:
    """Return what is installed, and a section of a file."""
    path = folder / f"{name}.py"
    path.write_text(source, "utf-8")
    return load([path])


# Presets of two groups.
SPEED = '''"""Speed.

How fast tokens come.
"""

from dataclasses import dataclass

from moe_report import Model, assumption, metric, preset
from moe_report_metrics.parameter_ledger import active_params


@dataclass(frozen=True)
class Hardware:
    """What it runs on."""

    chip_flops: float = assumption(
        1e14, symbol="F_p", unit="FLOP/s", help="Of one device.", minimum=1, maximum=9e15
    )
    chip_bandwidth: float = assumption(
        1e12, symbol="W_m", unit="byte/s", help="Of one device.", minimum=1, maximum=1e15
    )


@dataclass(frozen=True)
class Precision:
    """How weights are stored."""

    bytes_a_weight: float = assumption(
        2, symbol="β_w", unit="byte", help="Of a weight.", minimum=0.25, maximum=8
    )


H100 = preset("machine", "H100 SXM", Hardware(989e12, 3.35e12), source="NVIDIA 2023, data sheet")
A100 = preset("machine", "A100 (80 GB)", Hardware(312e12, 2.039e12), source="NVIDIA 2021")
PC = preset("machine", "4090", Hardware(165.2e12, 1.008e12), source="NVIDIA 2022")
FP8 = preset("storage", "FP8", Precision(1), source="a convention")
MXFP4 = preset("storage", "MXFP4", Precision(4.25 / 8), source="OCP 2023")


@metric(symbol="t_c", unit="s/token", source="a convention", format="decimal", headline=True)
def compute_seconds(m: Model, hardware: Hardware) -> float:
    """Seconds of arithmetic for a token."""
    return 2 * active_params(m) / hardware.chip_flops


@metric(symbol="t_m", unit="s/token", source="a convention", format="decimal", headline=True)
def memory_seconds(m: Model, hardware: Hardware, storage: Precision) -> float:
    """Seconds to read the active weights."""
    return storage.bytes_a_weight * active_params(m) / hardware.chip_bandwidth
'''
