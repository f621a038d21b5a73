"""The starts of a call: the model's own and random ones, or those that are given.

Random ones are uniform between two bounds. What stands in for a bound that is missing depends on
what is asked: a start anywhere (`unit_box`) lies between 0 and 1, or as near to the one bound;
starts beside a given one (`around`) reach as far from it as a width says.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.functions import checked


def all_starts(evaluator: Evaluator) -> Floats:
    """The starts of a call (S, n), within the bounds, the model's own first."""
    low, high, model = evaluator.low, evaluator.high, evaluator.model
    asked = evaluator.starts
    if not isinstance(asked, int):
        given: Floats = np.clip(asked, low, high)
        return given
    starts: Floats = np.clip(model.start[None], low, high)
    if asked == 1:
        return starts
    rng, count = np.random.default_rng([evaluator.options.seed, 1]), asked - 1
    if model.sample is not None:
        drawn = checked("sample", model.sample(rng, count), (count, model.n))
        return np.concatenate([starts, np.clip(drawn, low, high)])
    width = np.maximum(1.0, np.abs(starts[0]))
    drawn = uniform(rng, around(starts[0], low, high, width), count)
    return np.concatenate([starts, drawn])


def uniform(rng: np.random.Generator, sides: tuple[Floats, Floats], count: int) -> Floats:
    """Points (count, n) between sides (n,) and (n,)."""
    bottom, top = sides
    drawn: Floats = bottom + rng.uniform(size=(count, bottom.size)) * (top - bottom)
    return drawn


def unit_box(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The sides (n,) of a box without a given point, from bounds (n,)."""
    bottom = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high - 1.0, 0.0))
    return bottom, np.where(np.isfinite(high), high, bottom + 1.0)


def around(x: Floats, low: Floats, high: Floats, width: Floats) -> tuple[Floats, Floats]:
    """The sides (n,) of a box about x (n,) or the bound next to it, from bounds (n,)."""
    bottom = np.where(np.isfinite(low), low, np.fmin(x, high) - width)
    return bottom, np.where(np.isfinite(high), high, np.fmax(x, low) + width)
