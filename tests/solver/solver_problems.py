"""Classic test problems with known minima, vectorized over starts."""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.solver import Model, Vectorized
from sheetsim.solver.functions import checked
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.finite_differences import EPS, difference


def rosenbrock(x: Floats) -> Floats:
    a, b = x[:, :-1], x[:, 1:]
    return np.asarray((100 * (b - a**2) ** 2 + (1 - a) ** 2).sum(axis=1))


def rosenbrock_gradient(x: Floats) -> Floats:
    a, b = x[:, :-1], x[:, 1:]
    g = np.zeros_like(x)
    g[:, :-1] = -400 * a * (b - a**2) - 2 * (1 - a)
    g[:, 1:] += 200 * (b - a**2)
    return g


def beale(x: Floats) -> Floats:
    """Least at (3, 0.5), where it is 0 (Moré, Garbow & Hillstrom 1981, problem 5)."""
    a, b = x[:, 0], x[:, 1]
    terms = (1.5 - a + a * b, 2.25 - a + a * b**2, 2.625 - a + a * b**3)
    return np.asarray(sum(t**2 for t in terms))


def rosenbrock_residuals(x: Floats) -> Floats:
    return np.stack([10 * (x[:, 1] - x[:, 0] ** 2), 1 - x[:, 0]], axis=1)


def rosenbrock_jacobian(x: Floats) -> Floats:
    J = np.zeros((len(x), 2, 2))
    J[:, 0, 0], J[:, 0, 1], J[:, 1, 0] = -20 * x[:, 0], 10.0, -1.0
    return J


def linear(A: Floats, y: Floats, start: Floats, **more: Floats) -> Model:
    """|Ax - y|²."""
    return Model(
        start=start,
        residuals=Vectorized(
            lambda x: x @ A.T - y, lambda x: np.broadcast_to(A, (len(x), *A.shape))
        ),
        lower=more.get("lower"),
        upper=more.get("upper"),
    )


def vectorized(function: object) -> Vectorized:
    """A model's function, which is a vectorized one."""
    assert isinstance(function, Vectorized)
    return function


def derivative_error(model: Model, x: Floats | None = None) -> float:
    """How far a model's own derivatives are from central differences.

    Args:
        model: With a vectorized objective or vectorized residuals.
        x: (S, n) where to compare; the model's start by default.

    Returns:
        The largest absolute difference, relative to the largest derivative: below 1e-7
        for right derivatives of a function of moderate size, near 1 for a wrong sign.

    Raises:
        OptionError: The model has no derivatives of its own, or one of a wrong shape.
    """
    x = model.start[None] if x is None else np.asarray(x, dtype=float)
    function = vectorized(model.objective or model.residuals)
    if function.derivatives is None:
        raise OptionError("model: got no derivatives, expected some to check")
    value = np.asarray(function.values(x), dtype=float)
    expected = difference(function.values, x, value, "central", Box(model.lower, model.upper))
    got = checked("derivatives", function.derivatives(x), expected.shape)
    return float(np.max(np.abs(got - expected)) / max(float(np.max(np.abs(expected))), EPS))
