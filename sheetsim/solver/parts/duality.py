"""How much a convex quadratic can still fall, by a bound from below.

With s the slope of the Lagrangian at a point and δ a step from it, no feasible point is lower than
the Lagrangian by more than -min sᵀδ + ½δᵀHδ. For every y, with r = s - Hy and δ = ε - y,

    sᵀδ + ½δᵀHδ = -½yᵀ(s + r) + rᵀε + ½εᵀHε >= -½yᵀ(s + r) + rᵀε,

and rᵀε is at least what the bounds let it be. Conjugate gradients (Hestenes & Stiefel 1952) bring
y, and y is good where r is small; whatever they bring, the bound holds. A slope that is small
beside the terms of a steep valley says nothing of a flat one that crosses it; this does. Where a
variable has no bound, or a far one, its reach is ten times what it is or was.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.sparse import Sparse

STEPS = 100
REACH = 10.0  # of a variable, its start, or 1
AT_BOUND = 1e-9  # of a variable, or of 1: what counts as on a bound


def reach_of(x: Floats, start: Floats) -> Floats:
    """How far (n,) a variable without a bound may be from its optimum."""
    return np.asarray(REACH * np.fmax(np.fmax(np.abs(x), np.abs(start)), 1.0))


def left_to_gain(
    H: Sparse, slope: Floats, down: Floats, up: Floats, size: Floats, enough: float
) -> float:
    """A bound on how far ½ xᵀHx + ... falls at most, from a point with a slope (n,).

    Args:
        H: (n, n), convex.
        slope: (n,) of the Lagrangian there.
        down: (n,) how far variables may fall.
        up: (n,) how far they may rise.
        size: (n,) of the variables, at least 1.
        enough: a bound that no lower one is asked for.
    """
    diagonal = np.zeros(slope.size)
    own = H.rows == H.columns
    diagonal[H.rows[own]] = H.values[own]
    free = (np.where(slope > 0, down, up) > AT_BOUND * size) & (diagonal > 0)
    weight = np.where(free, 1 / np.where(free, diagonal, 1.0), 0.0)
    y, r = np.zeros(slope.size), slope
    p = weight * r
    square, least = float(r @ p), np.inf
    for _ in range(STEPS):
        bound = 0.5 * y @ (slope + r) + np.abs(r) @ (np.where(r > 0, down, up) + np.abs(y))
        least = min(least, float(bound))
        curve = float(p @ H.dot(p))
        if least <= enough or not (square > 0 and curve > 0):
            break
        y = y + square / curve * p
        r = slope - H.dot(y)
        z = weight * r
        p, square = z + float(r @ z) / square * p, float(r @ z)
    return least
