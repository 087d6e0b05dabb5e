"""Sections of somebody else, as files: what no built-in section has is tested with them."""

from __future__ import annotations

from pathlib import Path

from moe_report.schema.registry import Registry, load

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
