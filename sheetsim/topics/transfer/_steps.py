"""Training in NumPy: gradient descent, one point a step, at a rate for each layer group.

    weight <- weight - rate of its group x derivative of (pred - y)^2 by it

The rate of a frozen group is 0, so that its weights stay what they are to the last bit.
"""

import numpy as np

from sheetsim.sheet import Array
from sheetsim.topics.transfer._cells import finite
from sheetsim.topics.transfer.net import GROUPS, backward, forward


def epoch_rates(rates: Array, freeze: Array, after: Array, epochs: int) -> Array:
    """Rates in effect, (epochs, groups): 0 while a group is frozen.

    Args:
        rates: of the groups, (groups,).
        freeze: 1 where a group starts frozen, (groups,).
        after: epoch, from 1, after which a frozen group trains, (groups,); half an epoch more is
            the limit, so that rounding decides nothing.
        epochs: how many.
    """
    epoch = np.arange(1, epochs + 1)[:, None]
    return np.where((freeze == 1) & (epoch < after + 0.5), 0.0, rates)


def step(weights: Array, x: float, y: float, rates: Array) -> tuple[Array, Array, Array]:
    """One step of gradient descent on one point.

    Args:
        weights: (13,).
        x: the point.
        y: its target.
        rates: of the three groups; a group whose rate is 0 keeps its weights to the last bit.

    Returns:
        The new weights (13,), the units (5,) and the derivatives by the sums (5,).
    """
    units = finite(forward(weights, np.array([x]))[0])
    by_sum = finite(backward(weights, np.array([x]), np.array([y]))[0])
    (h, g), (out, by_g, by_h) = (units[:2], units[2:4]), (by_sum[:1], by_sum[1:3], by_sum[3:])
    slopes = np.concatenate([by_h * x, by_h, np.outer(h, by_g).ravel(), by_g, out * g, out])
    return finite(weights - rates[np.array(GROUPS) - 1] * slopes), units, by_sum


def train(start: Array, x: Array, y: Array, rates: Array) -> tuple[dict[str, Array], Array]:
    """Step through the points, in their order, once for every row of the rates.

    Args:
        start: weights, (13,).
        x: points, (n,).
        y: targets, (n,).
        rates: (epochs, 3).

    Returns:
        For each step the weights before it (steps, 13), the units (steps, 5) and the derivatives
        by the sums (steps, 5), as "weights", "units" and "sums"; and the weights at the end, (13,).
    """
    weights, rows = start, []
    for epoch_rate in rates:
        for point, target in zip(x, y, strict=True):
            before = weights
            weights, units, by_sum = step(before, float(point), float(target), epoch_rate)
            rows.append((before, units, by_sum))
    steps = {
        name: np.array(column)
        for name, column in zip(("weights", "units", "sums"), zip(*rows, strict=True), strict=True)
    }
    return steps, weights
