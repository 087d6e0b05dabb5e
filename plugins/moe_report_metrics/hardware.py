"""Hardware.

Devices by name: memory, speed, links and price, each from a source that is named beside it. Speeds
are dense figures, never those "with sparsity"; a link's bandwidth is one way. Prices change, and so
have a date; 0 stands for one that is not known.
"""

from dataclasses import dataclass

from moe_report import assumption, preset
from moe_report_metrics.serving_terms import RUNPOD, Price

ORDER = 53
GIB = 2**30
GB = 1e9
TFLOPS = 1e12
LACKS = 0.0


@dataclass(frozen=True)
class Device:
    """What one device has."""

    device_memory: float = assumption(
        80 * GIB, symbol="M_dev", unit="byte", label="Memory of a device",
        help="By default that of an H100 SXM.", minimum=1e6, maximum=1e15,
    )  # fmt: skip
    memory_bandwidth: float = assumption(
        3350 * GB, symbol="W_m", unit="byte/s", label="Memory bandwidth of a device",
        help="At which a device reads its memory.", minimum=1e6, maximum=1e18,
    )  # fmt: skip
    bf16_flops: float = assumption(
        989 * TFLOPS, symbol="R_16", unit="FLOP/s", label="Peak speed in BF16",
        help="Dense.", minimum=1e6, maximum=1e21,
    )  # fmt: skip
    fp8_flops: float = assumption(
        1978 * TFLOPS, symbol="R_8", unit="FLOP/s", label="Peak speed in FP8",
        help="Dense; 0 if it has none.", maximum=1e21,
    )  # fmt: skip
    fp4_flops: float = assumption(
        LACKS, symbol="R_4", unit="FLOP/s", label="Peak speed in FP4",
        help="Dense; 0 if it has none.", maximum=1e21,
    )  # fmt: skip
    link_bandwidth: float = assumption(
        450 * GB, symbol="W_l", unit="byte/s", label="Link bandwidth of a device",
        help="One way; 0 if not known.", maximum=1e18,
    )  # fmt: skip
    device_tdp: float = assumption(
        700, symbol="W_dev", unit="W", label="Rated power",
        help="TDP; 0 if not known.", maximum=1e6,
    )  # fmt: skip


def _device(
    memory: float,
    bandwidth: float,
    tflops: tuple[float, float, float],
    link: float,
    watts: float,
) -> Device:
    """A device: memory in bytes, bandwidths in GB/s, peaks in TFLOP/s (BF16, FP8, FP4), W."""
    bf16, fp8, fp4 = (peak * TFLOPS for peak in tflops)
    return Device(memory, bandwidth * GB, bf16, fp8, fp4, link * GB, watts)


def _named(name: str, device: Device, source: str, price: float = LACKS, seen: str = "") -> object:
    """A device under its name, with a price in $/h, and where and when that was seen."""
    told = f"{source}; price: {seen}" if price else source
    return preset("device", name, device, Price(price), source=told, sheet="Hardware")


_AIC = "AIConfigurator's system files, which cite NVIDIA's data sheets"
_INFERSIM = "InferSim's hardware table"
_THIRD = "third party, not the vendor"
_TPU = "Google Cloud's TPU documentation; link is half of the two-way figure"

A100 = _named(
    "A100 SXM 80 GB", _device(80 * GIB, 2039, (312, 0, 0), 300, 400), _AIC,
    1.79, "runpod.io/pricing, November 2026",
)  # fmt: skip
H100 = _named(
    "H100 SXM", _device(80 * GIB, 3350, (989, 1978, 0), 450, 700), _AIC, 3.49, RUNPOD,
)  # fmt: skip
H200 = _named(
    "H200", _device(141 * GIB, 4800, (989, 1978, 0), 450, 700), _AIC, 4.59, RUNPOD,
)  # fmt: skip
B200 = _named(
    "B200", _device(180 * GIB, 7700, (2250, 4500, 9000), 900, 1000), _AIC, 6.79, RUNPOD,
)  # fmt: skip
B300 = _named(
    "B300", _device(268.6 * GIB, 7750, (2250, 4500, 14000), 900, 1100),
    f"{_AIC}; 268.6 GiB are usable; on FP4 sources say 13,100 to 15,000 TFLOP/s", 7.89, RUNPOD,
)  # fmt: skip
GB200 = _named("GB200", _device(185 * GIB, 8000, (2500, 5000, 10000), 900, 1200), source=_AIC)
GB300 = _named("GB300", _device(277.5 * GIB, 8000, (2500, 5000, 15000), 900, 1400), source=_AIC)
L40S = _named(
    "L40S", _device(45 * GIB, 864, (362, 733, 0), 32, 350),
    source=f"{_AIC}; link is PCIe",
)  # fmt: skip
RTX_PRO_6000 = _named(
    "RTX PRO 6000", _device(95.6 * GIB, 1792, (468, 936, 1871), 64, 600),
    source=f"{_AIC}; link is PCIe",
)  # fmt: skip
H800 = _named(
    "H800", _device(80 * GIB, 3430, (989, 1979, 0), 200, 0),
    source=f"{_INFERSIM}; memory as an H100's",
    price=2, seen="DeepSeek's overview of its inference system, March 2025",
)  # fmt: skip
H20 = _named("H20", _device(96 * GIB, 4096, (148, 296, 0), 450, 0), source=_INFERSIM)
RTX_4090 = _named("RTX 4090", _device(24 * GIB, 1008, (165.2, 330.3, 0), 0, 450), source=_THIRD)
RTX_5090 = _named("RTX 5090", _device(32 * GIB, 1792, (419, 838, 1676), 0, 575), source=_THIRD)
TPU_V5P = _named("TPU v5p", _device(95 * GIB, 2765, (459, 459, 0), 600, 0), source=_TPU)
TPU_V6E = _named("TPU v6e", _device(32 * GIB, 1638, (918, 918, 0), 400, 0), source=_TPU)
TPU_7X = _named("TPU 7x", _device(192 * GIB, 7380, (2307, 4614, 0), 600, 0), source=_TPU)
MI300X = _named("MI300X", _device(192 * GIB, 5300, (1307, 2615, 0), 0, 750), source=_THIRD)
MI325X = _named("MI325X", _device(256 * GIB, 6000, (1307, 2615, 0), 0, 1000), source=_THIRD)
MI355X = _named("MI355X", _device(288 * GIB, 8000, (2500, 5000, 10000), 0, 1400), source=_THIRD)
