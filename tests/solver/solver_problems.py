"""Classic test problems with known minima, vectorized over starts."""

import numpy as np

from sheetsim.solver.problem import Array, Problem


def rosenbrock(x: Array) -> Array:
    a, b = x[:, :-1], x[:, 1:]
    return np.asarray((100 * (b - a**2) ** 2 + (1 - a) ** 2).sum(axis=1))


def rosenbrock_gradient(x: Array) -> Array:
    a, b = x[:, :-1], x[:, 1:]
    g = np.zeros_like(x)
    g[:, :-1] = -400 * a * (b - a**2) - 2 * (1 - a)
    g[:, 1:] += 200 * (b - a**2)
    return g


def beale(x: Array) -> Array:
    """Least at (3, 0.5), where it is 0 (Moré, Garbow & Hillstrom 1981, problem 5)."""
    a, b = x[:, 0], x[:, 1]
    terms = (1.5 - a + a * b, 2.25 - a + a * b**2, 2.625 - a + a * b**3)
    return np.asarray(sum(t**2 for t in terms))


def rosenbrock_residuals(x: Array) -> Array:
    return np.stack([10 * (x[:, 1] - x[:, 0] ** 2), 1 - x[:, 0]], axis=1)


def rosenbrock_jacobian(x: Array) -> Array:
    J = np.zeros((len(x), 2, 2))
    J[:, 0, 0], J[:, 0, 1], J[:, 1, 0] = -20 * x[:, 0], 10.0, -1.0
    return J


def linear(A: Array, y: Array, start: Array, **more: Array) -> Problem:
    """|Ax - y|²."""
    return Problem(
        start=start,
        residuals=lambda x: x @ A.T - y,
        jacobian=lambda x: np.broadcast_to(A, (len(x), *A.shape)),
        lower=more.get("lower"),
        upper=more.get("upper"),
    )
