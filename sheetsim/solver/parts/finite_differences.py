"""Derivatives by finite differences, as Excel's Solver takes them: forward or central.

The step weighs two errors against each other. With a relative rounding error ε in f, forward
differences (f(x+h) - f(x)) / h err by about h|f''|/2 + 2ε|f|/h, smallest near h ~ √ε; central
ones (f(x+h) - f(x-h)) / 2h by h²|f'''|/6 + ε|f|/h, smallest near h ~ ε^(1/3) (Gill, Murray &
Wright 1981, Practical Optimization, section 8.6). Both are times the variable's scale, for which
|x| stands, and 1e-3 where |x| is less, so that a variable that passes through zero does not get a
step that drowns in rounding. A relative step of a fixed size suits a parameter of 1e-4 as well
as one of 500, which a step of fixed absolute size does not.

The n perturbed points of all S starts go to the function in one call, or in a few whose
points fill at most `CHUNK` numbers. A point that would leave the bounds is moved onto them and
the quotient is taken over the distance that is left, so no function is called outside its bounds.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.functions import Many
from sheetsim.solver.parts.bounds import Box

CHUNK = 2**23  # numbers: 64 MB
EPS = float(np.finfo(float).eps)
RELATIVE_STEP = {"forward": EPS ** (1 / 2), "central": EPS ** (1 / 3)}
LEAST_SCALE = 1e-3


def evaluations(scheme: str, n: int) -> int:
    """How many points one set of derivatives in n variables takes, besides x itself."""
    return n if scheme == "forward" else 2 * n


def noise(scheme: str) -> float:
    """The relative error of one derivative: √ε for forward differences, ε^(2/3) for central."""
    return float(EPS ** (1 / 2) if scheme == "forward" else EPS ** (2 / 3))


def difference(function: Many, x: Floats, value: Floats, scheme: str, box: Box) -> Floats:
    """The derivatives of `function` at x by finite differences.

    Args:
        function: x (S, n) -> (S,) or (S, m).
        x: (S, n), within the bounds.
        value: (S,) or (S, m), the function at x.
        scheme: `forward` or `central`.
        box: What no point may leave.

    Returns:
        (S, n) or (S, m, n).
    """
    h = RELATIVE_STEP[scheme] * np.maximum(np.abs(x), LEAST_SCALE)
    if scheme == "forward":
        # Where there is no room above, step down.
        upper = np.inf if box.upper is None else box.upper
        ahead, behind = box.project(np.where(x + h > upper, x - h, x + h)), x
    else:
        ahead, behind = box.project(x + h), box.project(x - h)
    up = _perturbed(function, x, ahead)
    down = np.expand_dims(value, 1) if scheme == "forward" else _perturbed(function, x, behind)
    # The distance as it is in floating point, not as it was meant: rounding of x + h drops out.
    distance = ahead - behind
    rise = up - down
    run = distance.reshape(distance.shape + (1,) * (rise.ndim - 2))
    slope: Floats = np.divide(rise, run, out=np.zeros_like(rise), where=run != 0)
    return np.moveaxis(slope, 1, -1)


def _perturbed(function: Many, x: Floats, moved: Floats) -> Floats:
    """The function with one variable moved at a time: (S, n) + its own shape."""
    S, n = x.shape
    columns = max(1, min(n, CHUNK // max(1, S * n)))
    parts = []
    for first in range(0, n, columns):
        index = np.arange(first, min(n, first + columns))
        points = np.repeat(x[:, None, :], index.size, axis=1)
        points[:, index - first, index] = moved[:, index]
        values = np.asarray(function(points.reshape(-1, n)), dtype=float)
        parts.append(values.reshape((S, index.size, *values.shape[1:])))
    return np.concatenate(parts, axis=1)
