"""Offload.

What it takes to keep the routed experts of some layers in the memory of the CPU, as llama.cpp's
``n-cpu-moe`` does; everything else stays on the devices. A token still passes every layer, so
those on the CPU wait for its memory. Of pipeline stages each is too full by itself, so that each
gives up layers of its own, the fullest first.

Letters: ``M`` bytes, ``N`` layers.
"""

from dataclasses import dataclass

from moe_report import (
    Model,
    assumption,
    ceil,
    floor,
    maximum,
    metric,
    minimum,
    where,
)
from moe_report_metrics.cache_memory import Load
from moe_report_metrics.hardware import Device
from moe_report_metrics.parameter_ledger import CONVENTION, routed_expert_params
from moe_report_metrics.serving import decode_bytes_per_step, distinct_experts
from moe_report_metrics.sharding import (
    Parallelism,
    device_bytes,
    device_layer_bytes,
    devices_used,
    expert_devices,
    is_dense_first,
    usable_bytes,
)
from moe_report_metrics.weight_memory import (
    BITS_A_BYTE,
    Precision,
    routed_expert_weight_bytes,
    routed_matrix_params,
)

ORDER = 56
LLAMA_CPP = "llama.cpp, pull request #15077 (n-cpu-moe)"


@dataclass(frozen=True)
class Cpu:
    """The CPU beside the devices."""

    cpu_moe_layers: float = assumption(
        0, symbol="N_ask", unit="layers", label="MoE layers on the CPU", maximum=10_000, whole=True,
        help="Layers whose routed experts are on the CPU, as llama.cpp's n-cpu-moe; all where "
        "there are fewer; 0: as many as are needed.", aliases=("n_cpu_moe",),
    )  # fmt: skip
    cpu_memory: float = assumption(
        0, symbol="M_ram", unit="byte", label="Memory of the CPU", maximum=1e15,
        help="What it has free for experts; 0 if that is not known.", aliases=("ram",),
    )  # fmt: skip
    cpu_memory_bandwidth: float = assumption(
        89.6e9, symbol="W_ram", unit="byte/s", label="Memory bandwidth of the CPU", maximum=1e15,
        help="Two channels of DDR5-5600, by arithmetic: 2 · 8 bytes · 5.6e9/s.",
        minimum=1e6,
    )  # fmt: skip


@metric(symbol="M_layer", unit="byte", source=LLAMA_CPP, label="Routed experts of a layer, bytes")
def expert_layer_bytes(m: Model, p: Precision) -> float:
    """Bytes of the matrices of one MoE layer's routed experts; their biases stay on the device."""
    rest = where(p.remaining_bits > 0, p.remaining_bits, m.remaining_weight_bits)
    biases = (routed_expert_params(m) - routed_matrix_params(m)) * rest / BITS_A_BYTE
    return (routed_expert_weight_bytes(m) - biases) / m.num_moe_layers


@metric(symbol="M_layer,dev", unit="byte", source=LLAMA_CPP,
        label="Routed experts of a layer on a device")  # fmt: skip
def device_expert_layer_bytes(m: Model) -> float:
    """Bytes that a device gives up if the routed experts of a layer are on the CPU."""
    return expert_layer_bytes(m) / expert_devices(m)


@metric(symbol="N_full", unit="stages", source=CONVENTION, label="Fullest stages", format="integer")
def fullest_stages(m: Model, p: Parallelism) -> float:
    """Pipeline stages that have a layer more than the others; all if none has fewer."""
    stages = p.pipeline_parallel
    return m.num_hidden_layers - stages * (ceil(m.num_hidden_layers / stages) - 1)


def _most_given_up(m: Model, p: Parallelism) -> float:
    """Bytes that the fullest device gives up if each stage gives up all the MoE layers it has.

    Dense layers are taken to be spread evenly, and of part of a layer nothing is given up.
    """
    stages, cut = p.pipeline_parallel, device_expert_layer_bytes(m)
    layers = ceil(m.num_hidden_layers / stages)
    of_fullest = floor(m.num_moe_layers * layers / m.num_hidden_layers) * cut
    of_others = floor(m.num_moe_layers * (layers - 1) / m.num_hidden_layers) * cut
    both = minimum(of_fullest, device_layer_bytes(m) + of_others)
    return where(fullest_stages(m) == stages, of_fullest, both)


@metric(symbol="N_cpu,need", unit="layers", source=LLAMA_CPP, label="MoE layers on the CPU, needed",
        format="integer", better="lower")  # fmt: skip
def cpu_moe_layers_needed(m: Model, p: Parallelism) -> float:
    """Fewest layers whose experts must be on the CPU for the rest to fit into all devices.

    Each stage gives up its own, those that have a layer fewer perhaps none. Missing if a stage
    does not fit without any experts.
    """
    over, cut = device_bytes(m) - usable_bytes(m), device_expert_layer_bytes(m)
    fullest_ones, full = fullest_stages(m), ceil(over / cut)
    less = ceil((over - device_layer_bytes(m)) / cut)
    others = p.pipeline_parallel - fullest_ones
    layers = fullest_ones * maximum(0, full) + others * maximum(0, less)
    return layers / where(over <= _most_given_up(m, p), 1, 0)


@metric(symbol="N_cpu", unit="layers", source=LLAMA_CPP, label="MoE layers on the CPU",
        format="integer")  # fmt: skip
def cpu_moe_layers_taken(m: Model, cpu: Cpu) -> float:
    """Layers whose experts are on the CPU: those asked for, else those that are needed."""
    asked = minimum(cpu.cpu_moe_layers, m.num_moe_layers)
    return where(cpu.cpu_moe_layers > 0, asked, cpu_moe_layers_needed(m))


@metric(symbol="M_cpu", unit="byte", source=LLAMA_CPP, label="Experts on the CPU, bytes",
        better="lower")  # fmt: skip
def cpu_expert_bytes(m: Model) -> float:
    """Bytes of the experts that the CPU keeps."""
    return cpu_moe_layers_taken(m) * expert_layer_bytes(m)


@metric(symbol="N_first", unit="layers", source=LLAMA_CPP, label="First layers on the CPU",
        format="integer")  # fmt: skip
def first_layers_on_cpu(m: Model, p: Parallelism) -> float:
    """What an engine is told that takes the experts of the first layers, as llama.cpp does.

    Dense layers that come first count there. Missing where others have no experts, for it is not
    known which, and with pipeline stages, of which each gives up layers of its own.
    """
    taken, dense = cpu_moe_layers_taken(m), m.num_hidden_layers - m.num_moe_layers
    first = (p.pipeline_parallel == 1) & is_dense_first(m)
    return where(taken > 0, taken + dense, 0) / where(first, 1, 0)


@metric(symbol="M_off", unit="byte", source=LLAMA_CPP, label="Left on a device, bytes",
        better="lower")  # fmt: skip
def offloaded_device_bytes(m: Model, p: Parallelism) -> float:
    """Bytes that the fullest device then holds: weights, cache and activations.

    Layers are taken from whichever stage is the fullest: first from those with a layer more, then
    from the others and those in turn, until one has none left.
    """
    taken, cut, layer = cpu_moe_layers_taken(m), device_expert_layer_bytes(m), device_layer_bytes(m)
    fullest_ones, of_each = fullest_stages(m), ceil(layer / cut)
    beyond = taken - fullest_ones * of_each
    turns = floor(beyond / p.pipeline_parallel)
    others = p.pipeline_parallel - fullest_ones
    is_even = beyond - turns * p.pipeline_parallel >= others  # the others gave up theirs, too
    given_up = where(is_even, (of_each + turns) * cut, layer + turns * cut)
    of_some = where(beyond < 0, floor(taken / fullest_ones) * cut, given_up)
    return device_bytes(m) - minimum(of_some, _most_given_up(m, p))


@metric(symbol="f_off", unit="0 or 1", source=CONVENTION, label="Fits with the CPU",
        format="integer")  # fmt: skip
def offload_fits(m: Model, cpu: Cpu) -> float:
    """Whether devices and CPU hold their parts, 1 or 0; missing if the CPU's memory is."""
    held = where(cpu_moe_layers_taken(m) >= cpu_moe_layers_needed(m), 1, 0)
    kept = where(cpu_expert_bytes(m) <= cpu.cpu_memory, 1, 0)
    known = where(cpu.cpu_memory > 0, 1, 0)
    return held * where(cpu_expert_bytes(m) > 0, kept / known, 1)


@metric(symbol="v_off", unit="tokens/s", source="bytes over bandwidths, one side after the other",
        label="Decoding with the CPU, at most", better="higher")  # fmt: skip
def offload_tokens_per_s(m: Model, load: Load, d: Device, cpu: Cpu) -> float:
    """Tokens that all sequences get a second, if only reading memory takes time.

    A token waits for devices and CPU in turn, as in llama.cpp.
    """
    on_cpu = cpu_expert_bytes(m) * distinct_experts(m) / m.num_experts
    on_devices = (decode_bytes_per_step(m) - on_cpu) / (devices_used(m) * d.memory_bandwidth)
    return load.num_sequences / (on_devices + on_cpu / cpu.cpu_memory_bandwidth)
