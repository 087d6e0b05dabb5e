"""What devices send each other, against the figures of DeepSeek's paper and of DeepEP."""

from __future__ import annotations

import pytest

from moe_report_metrics.communication import (
    all_reduce_bytes_per_layer,
    all_reduce_seconds,
    all_to_all_seconds,
    combine_bytes_per_layer,
    combine_seconds,
    communication_seconds,
    dispatch_bytes_per_layer,
    dispatch_seconds,
)

PAPER = {  # arXiv 2505.09343, section 2.3.2: 32 tokens, 8 routed experts and a shared one
    "num_moe_layers": 61, "num_experts_per_tok": 8, "num_shared_experts": 1, "hidden_size": 7000,
    "tokens_per_device": 32, "micro_batches": 2, "dispatch_bytes": 1, "combine_bytes": 2,
    "count_local_traffic": 1, "send_shared_expert": 1,
}  # fmt: skip
DEEPEP = {"num_experts_per_tok": 8, "hidden_size": 7168, "tokens_per_device": 128,
          "dispatch_bytes": 1, "count_local_traffic": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("gb", "layer", "step"), [(50, 120.96e-6, 14.76e-3), (900, 6.72e-6, 0.82e-3)]
)
def test_the_time_of_a_step_is_that_of_the_paper(gb: float, layer: float, step: float) -> None:
    """Of arXiv 2505.09343, section 2.3.2: 120.96 µs, 14.76 ms, 67 tokens/s; 6.72 µs, 0.82 ms."""
    link = {"link_bandwidth": gb * 1e9}
    both = dispatch_seconds.of(**PAPER, **link) + combine_seconds.of(**PAPER, **link)
    assert both == pytest.approx(layer, rel=1e-12)
    seconds = all_to_all_seconds.of(**PAPER, **link)
    assert seconds == pytest.approx(step, abs=0.005e-3)
    assert int(1 / all_to_all_seconds.of(**PAPER, link_bandwidth=50e9)) == 67


@pytest.mark.parametrize(
    ("dispatch", "combine"),
    [
        ((77, 98), (114, 127)),
        ((118, 63), (195, 74)),
        ((155, 48), (273, 53)),
        ((173, 43), (314, 46)),
        ((192, 39), (369, 39)),
        ((194, 39), (360, 40)),
    ],
)
def test_bytes_are_those_of_deepep(
    dispatch: tuple[float, float], combine: tuple[float, float]
) -> None:
    """DeepEP's docs, low-latency kernels, EP 8 to 256: µs and GB/s."""
    sent = dispatch_bytes_per_layer.of(**DEEPEP, send_scales=1)
    assert sent == 128 * 8 * (7168 + 4 * 7168 / 128)
    micro, gb = dispatch
    assert sent / (micro * 1e-6) == pytest.approx(gb * 1e9, rel=0.02)
    micro, gb = combine
    back = combine_bytes_per_layer.of(**{k: v for k, v in DEEPEP.items() if k != "dispatch_bytes"})
    cut = 0.8e9  # the table has whole GB/s: 39.78 is 39 there
    assert back / (micro * 1e-6) == pytest.approx(gb * 1e9, rel=0.02, abs=cut)


@pytest.mark.parametrize(("devices", "share"), [(1, 0), (2, 1 / 2), (8, 7 / 8), (256, 255 / 256)])
def test_what_stays_on_a_device_is_left_out(devices: int, share: float) -> None:
    """An even spread sends (EP − 1)/EP, and one device nothing, at no time."""
    model = {"num_experts_per_tok": 8, "hidden_size": 7168, "expert_parallel": devices}
    assert combine_bytes_per_layer.of(**model) == pytest.approx(128 * 8 * 7168 * 2 * share)
    seconds = combine_seconds.of(**model, link_latency=1e-6, link_bandwidth=50e9)
    assert seconds == pytest.approx(128 * 8 * 7168 * 2 * share / 50e9 + (share > 0) * 1e-6)


def test_experts_in_slices_are_in_fewer_places() -> None:
    """Of eight devices over which two share an expert, a token leaves four places."""
    model = {"num_experts_per_tok": 1, "hidden_size": 1, "tensor_parallel": 8,
             "expert_tensor_parallel": 2, "tokens_per_device": 4}  # fmt: skip
    assert combine_bytes_per_layer.of(**model) == 4 * 2 * 3 / 4


@pytest.mark.parametrize(("tp", "sent"), [(1, 0), (2, 2), (4, 3), (8, 3.5)])
def test_an_all_reduce_goes_round_a_ring(tp: int, sent: float) -> None:
    """Twice a layer, 2(TP − 1)/TP of the values."""
    model = {"hidden_size": 7168, "tokens_per_device": 64, "tensor_parallel": tp}
    assert all_reduce_bytes_per_layer.of(**model) == sent * 64 * 7168 * 2
    step = {**model, "num_hidden_layers": 61, "micro_batches": 2, "link_latency": 1e-6,
            "link_bandwidth": 50e9}  # fmt: skip
    layer = sent * 64 * 7168 * 2 / 50e9 + 4 * (tp - 1) * 1e-6
    assert all_reduce_seconds.of(**step) == pytest.approx(2 * 61 * layer)


def test_a_link_that_is_not_known_gives_no_time() -> None:
    """But one device needs none."""
    model = {"num_experts_per_tok": 2, "hidden_size": 8, "num_moe_layers": 1,
             "num_hidden_layers": 1, "link_bandwidth": 0}  # fmt: skip
    assert communication_seconds.of(**model) == 0
    missing = communication_seconds.of(**model, expert_parallel=2)
    assert missing != missing
