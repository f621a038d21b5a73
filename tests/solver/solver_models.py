"""Models that several tests of the general solver have."""

from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.functions import Vectorized
from sheetsim.solver.model import Constraint, Model, Relation

__all__ = ["rosenbrock", "rows", "square"]


def rosenbrock(x: Floats) -> tuple[float, Floats]:
    a, b = x[:-1], x[1:]
    g = np.zeros_like(x)
    g[:-1] = -400 * a * (b - a * a) - 2 * (1 - a)
    g[1:] += 200 * (b - a * a)
    return float((100 * (b - a * a) ** 2 + (1 - a) ** 2).sum()), g


def rows(A: Any, b: Any, relation: Relation, name: str = "") -> Constraint:
    A, b = np.atleast_2d(np.array(A, dtype=float)), np.atleast_1d(np.array(b, dtype=float))
    return Constraint(
        Vectorized(lambda x: x @ A.T - b, at=lambda x: (A @ x - b, A)), relation, name, linear=True
    )


def square(centre: Any, **more: Any) -> Model:
    """The distance to `centre`, squared."""
    c = np.array(centre, dtype=float)
    more.setdefault("start", np.zeros(c.size))
    more.setdefault("convex", more.get("sense") != "maximize")
    return Model(objective=lambda x: (float((x - c) @ (x - c)), 2 * (x - c)), **more)
