"""The factor model through a sigmoid: its derivatives, and that every start ends well."""

import numpy as np
import pytest
from solver_problems import vectorized

from sheetsim.data import default_ratings
from sheetsim.solver import Options, sigmoid_factor_model, solve

RATINGS = default_ratings().values


@pytest.mark.parametrize("k", [1, 3])
def test_jacobian_and_normal_equations_fit_the_residuals(k: int) -> None:
    rng = np.random.default_rng(k)
    x = rng.normal(size=(k + 1) * 30) * 0.5
    model = sigmoid_factor_model(RATINGS, k, low=0.0, high=5.5, start=x)
    residuals = vectorized(model.residuals)
    r, J = residuals(x)
    assert J is not None
    step, h = rng.normal(size=x.size), 1e-6
    up, down = (residuals(x + d * step)[0] for d in (h, -h))
    np.testing.assert_allclose((up - down) / (2 * h), J @ step, rtol=0, atol=1e-8)
    assert model.reduction is not None
    total, g, H = model.reduction.normal_equations(x[None])
    np.testing.assert_allclose(total[0], r @ r, rtol=1e-12)
    np.testing.assert_allclose(g[0], J.T @ r, atol=1e-10)
    np.testing.assert_allclose(H[0], J.T @ J, atol=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_every_start_reaches_one_optimum(seed: int) -> None:
    start = np.random.default_rng(seed).uniform(size=180)
    model = sigmoid_factor_model(RATINGS, 5, low=0.0, high=5.5, start=start)
    result = solve(model, Options())
    assert result.success
    assert result.objective == pytest.approx(0.156634777, abs=1e-8)


def test_range_without_width_is_no_error() -> None:
    start = np.random.default_rng(0).uniform(size=60)
    model = sigmoid_factor_model(RATINGS, 1, low=3.0, high=3.0, start=start)
    assert solve(model, Options()).status.startswith("converged")
