"""From one point at a time to a batch: how the batched methods ask an `Evaluator`."""

import numpy as np

from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.outcome import (
    CONVERGED,
    ERROR_VALUE,
    ITERATIONS,
    NO_BETTER,
    OPTIMAL,
    TIME,
    UNBOUNDED,
    Ending,
)
from sheetsim.solver.problem import Array


class Batch:
    """Evaluates the rows of x (S, n) one by one, and remembers the last batch.

    The batched methods ask for values first and for derivatives at some of the same points
    later; here the second question costs nothing.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._seen: dict[bytes, Point] = {}

    def points(self, x: Array) -> list[Point]:
        """The points at x (S, n)."""
        seen = self._seen
        keys = [row.tobytes() for row in x]
        if not all(key in seen for key in keys):
            both = zip(keys, x, strict=True)
            at = self.evaluator.at
            seen = {key: seen[key] if key in seen else at(row.copy()) for key, row in both}
            self._seen = seen
        return [seen[key] for key in keys]

    def f(self, x: Array) -> Array:
        """The objectives (S,)."""
        return np.array([point.f for point in self.points(x)])

    def gradient(self, x: Array) -> Array:
        """Their gradients (S, n)."""
        return np.stack([self.evaluator.derive(point)[0] for point in self.points(x)])


def ending(status: str) -> Ending:
    """What a batched method's own sentence is in Excel's terms."""
    kind, _, why = status.partition(": ")
    why = why.strip()
    if kind == "converged":
        return Ending(CONVERGED if "five iterations" in why else OPTIMAL, why)
    if kind == "out of time":
        return Ending(TIME, why)
    if "iteration limit" in why:
        return Ending(ITERATIONS, why)
    if kind == "stalled":
        return Ending(NO_BETTER, why)
    return Ending(UNBOUNDED if "without limit" in why else ERROR_VALUE, why)
