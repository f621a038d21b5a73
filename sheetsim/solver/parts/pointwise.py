"""From one point at a time to many: how the vectorized methods ask an `Evaluator`."""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.functions import Vectorized


class Pointwise:
    """Evaluates the rows of x (S, n) one by one, and remembers the last ones.

    The vectorized methods ask for values first and for derivatives at some of the same points
    later; here the second question costs nothing.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._seen: dict[bytes, Point] = {}

    def points(self, x: Floats) -> list[Point]:
        """The points at x (S, n)."""
        seen = self._seen
        keys = [row.tobytes() for row in x]
        if not all(key in seen for key in keys):
            both = zip(keys, x, strict=True)
            at = self.evaluator.at
            seen = {key: seen[key] if key in seen else at(row.copy()) for key, row in both}
            self._seen = seen
        return [seen[key] for key in keys]

    @property
    def objective(self) -> Vectorized:
        """The objective as it is minimized inside."""
        return Vectorized(self._f, self._gradient)

    def _f(self, x: Floats) -> Floats:
        return np.array([point.f for point in self.points(x)])

    def _gradient(self, x: Floats) -> Floats:
        return np.stack([self.evaluator.derive(point)[0] for point in self.points(x)])
