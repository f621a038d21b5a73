"""The narrow valley: the closed form against the run, the limits against eigenvalues and Polyak.

From outside: NumPy's eigenvalues of the iteration's matrix, and the run itself.
"""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sheetsim.topics.gradient_descent.valley import along, descend, direction, error, slopes, turned

betas = st.just(0.0) | st.floats(0.01, 0.99)
errors = st.floats(-10, 10).filter(lambda e: e == 0 or abs(e) > 1e-200)  # 40 steps keep its digits


@given(curvature=st.floats(1e-3, 1), lr=st.floats(0.01, 5), beta=betas, e=errors)
def test_the_closed_form_is_the_run(curvature: float, lr: float, beta: float, e: float) -> None:
    way = direction(curvature, lr, beta)
    assume(abs(way.d) > 1e-6 or way.d == 0)  # nearer, the difference of the roots has no digits
    assume(way.rate < 1.05)
    curvatures = np.array([curvature, 1.0])
    run = descend(np.array([e, 0.0]), lambda x: curvatures * x, lr, beta, 40)["x"][:, 0]
    closed = error(e, np.arange(41.0), way, lr, beta)
    np.testing.assert_allclose(
        closed, run, rtol=1e-7, atol=1e-9 * abs(e) / min(1, abs(way.d) ** 0.5 + 1e-9)
    )


@given(curvature=st.floats(1e-3, 1), lr=st.floats(0.01, 5), beta=betas)
def test_rates_are_spectral_radii(curvature: float, lr: float, beta: float) -> None:
    """Of the matrix that takes (m, x) a step further; see Goh 2017."""
    matrix = np.array([[beta, curvature], [-lr * beta, 1 - lr * curvature]])
    radius = np.abs(np.linalg.eigvals(matrix)).max()
    way = direction(curvature, lr, beta)
    assert way.rate == pytest.approx(radius, rel=1e-6, abs=1e-6)
    if abs(radius - 1) > 1e-6:
        assert (radius < 1) == (lr * curvature < 2 * (1 + beta))


@pytest.mark.parametrize("kappa", [1.5, 10, 50, 1000])
def test_polyaks_are_the_best(kappa: float) -> None:
    """No lr and beta of a fine grid shrink the slower of the two errors faster."""

    def slower(lr: float, beta: float) -> float:
        return max(direction(c, lr, beta).rate for c in (1, 1 / kappa))

    root = np.sqrt(kappa)
    lr, beta = (2 / (1 + 1 / root)) ** 2, ((root - 1) / (root + 1)) ** 2
    best = slower(lr, beta)
    assert best == pytest.approx((root - 1) / (root + 1), rel=1e-6)
    grid = [slower(a, b) for a in np.linspace(0.05, 4, 80) for b in np.linspace(0, 0.99, 100)]
    assert min(grid) > best - 1e-9
    plain = min(slower(a, 0.0) for a in np.linspace(0.01, 2, 400))
    assert plain >= (kappa - 1) / (kappa + 1) - 1e-9


def test_turning_the_valley_changes_neither_error() -> None:
    turn = np.radians(33)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    start, curvatures = np.array([3.0, 2.0]), np.diag([0.02, 1.0])
    straight = descend(start, lambda x: curvatures @ x, 1.5, 0.5, 50)["x"]
    matrix = axes.T @ curvatures @ axes
    by_matrix = descend(axes.T @ start, lambda x: matrix @ x, 1.5, 0.5, 50)["x"]
    np.testing.assert_allclose(by_matrix @ axes.T, straight, atol=1e-12)
    by_angle = descend(turned(start[0], start[1], 33), lambda x: slopes(x, 50, 33), 1.5, 0.5, 50)[
        "x"
    ]
    np.testing.assert_allclose(by_angle, by_matrix, atol=1e-12)
    np.testing.assert_allclose(np.stack(along(by_angle, 33), axis=1), straight, atol=1e-12)
