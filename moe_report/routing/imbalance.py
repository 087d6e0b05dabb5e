"""How unevenly tokens are spread, in the ways that are in use. Each is of a row of numbers.

Engines mean different things by *imbalance* and *balancedness*, so none of the names is used alone:
DeepSeek's EPLB and vLLM look at the mean over the maximum, others at the maximum over the mean, and
TensorRT-LLM at the excess, which is that less 1.
"""

from __future__ import annotations

import numpy as np

from moe_report.routing.counts import Tokens


def max_over_mean(loads: Tokens) -> Tokens:
    """Return the largest load over the mean one: 1 is even."""
    return np.asarray(loads.max(axis=-1) / loads.mean(axis=-1))


def mean_over_max(loads: Tokens) -> Tokens:
    """Return the mean load over the largest: 1 is even."""
    return 1 / max_over_mean(loads)


def excess(loads: Tokens) -> Tokens:
    """Return by how much the largest load exceeds the mean one, over the mean: 0 is even."""
    return max_over_mean(loads) - 1


def variation(loads: Tokens) -> Tokens:
    """Return the coefficient of variation: the standard deviation of all over the mean."""
    return np.asarray(loads.std(axis=-1) / loads.mean(axis=-1))


def normalised_entropy(loads: Tokens) -> Tokens:
    """Return the entropy of the shares over that of even ones: 1 is even."""
    shares = loads / loads.sum(axis=-1, keepdims=True)
    logs = np.log(np.where(shares > 0, shares, 1))
    most = np.log(loads.shape[-1]) or 1.0
    return np.asarray(-(shares * logs).sum(axis=-1) / most)


def auxiliary_loss(loads: Tokens) -> Tokens:
    """Return E·Σf², Switch's balancing loss with shares of tokens for probabilities: 1 is even."""
    shares = loads / loads.sum(axis=-1, keepdims=True)
    return np.asarray(loads.shape[-1] * (shares**2).sum(axis=-1))
