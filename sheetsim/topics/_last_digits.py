"""Functions whose last digit is nobody's: each program rounds them in its own way.

Mostly that is a last digit and no more. Near 1 it is all that is left of 1 - tanh^2, and the steps
of a run go on from there. `check` lays a workbook out with last digits moved, to see by how much
cells may differ between programs that are all right.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from sheetsim.sheet import Array

_MOVES: ContextVar[np.random.Generator | None] = ContextVar("moves", default=None)


def tanh(x: Array) -> Array:
    """Hyperbolic tangent of numbers of any shape, within -1 to 1."""
    y = np.tanh(x)
    rng = _MOVES.get()
    return y if rng is None else y * (1 - np.finfo(float).eps * rng.uniform(0.5, 1, y.shape))


@contextmanager
def moved_digits(rng: np.random.Generator) -> Iterator[None]:
    """Move the last digit of what these functions return, towards 0, until the end of the block."""
    token = _MOVES.set(rng)
    try:
        yield
    finally:
        _MOVES.reset(token)
