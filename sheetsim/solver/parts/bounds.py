"""Bounds on the variables: the nearest point within them, and which variables they hold.

A variable is held where it stands on its bound and the gradient points out of the box: a step down
would leave it. Methods that project leave such variables where they are and move the others
(Bertsekas 1982).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.functions import Mask


@dataclass(frozen=True)
class Box:
    """The points x with lower <= x <= upper.

    Attributes:
        lower: (n,), -inf for none; None if no variable has one.
        upper: (n,), inf for none; None likewise.
    """

    lower: Floats | None = None
    upper: Floats | None = None

    @classmethod
    def of(cls, low: Floats, high: Floats) -> Self:
        """The box of bounds (n,), without a side on which no variable has one."""
        bounded = np.isfinite(low).any(), np.isfinite(high).any()
        return cls(low if bounded[0] else None, high if bounded[1] else None)

    @property
    def is_bounded(self) -> bool:
        """Whether there is a side at all."""
        return self.lower is not None or self.upper is not None

    def project(self, x: Floats) -> Floats:
        """The point (S, n) within the bounds that is nearest to x (S, n)."""
        return np.clip(x, self.lower, self.upper) if self.is_bounded else x

    def held(self, x: Floats, g: Floats, room: float | Floats = 0.0) -> Mask:
        """Which variables (..., n) stand on a bound (or within `room` of it) and would leave it."""
        held = np.zeros(x.shape, dtype=bool)
        if self.lower is not None:
            held |= (x - self.lower <= room) & (g > 0)
        if self.upper is not None:
            held |= (self.upper - x <= room) & (g < 0)
        return held

    def projected(self, x: Floats, g: Floats) -> Floats:
        """The gradient (..., n), 0 for the variables that are held."""
        return np.where(self.held(x, g), 0.0, g) if self.is_bounded else g
