import numpy as np
import pytest
import scipy.optimize
from solver_problems import beale, rosenbrock, rosenbrock_gradient

from sheetsim.arrays import Floats
from sheetsim.solver import Model, Options, Vectorized, solve

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("n", [2, 10, 100])
def test_rosenbrock(n: int) -> None:
    start = np.tile([-1.2, 1.0], n // 2)
    model = Model(start=start, objective=Vectorized(rosenbrock, rosenbrock_gradient))
    result = solve(model)
    assert result.success, result.status
    if n == 2 or result.objective < 1:  # for n >= 4 there is a second minimum near x[0] = -1
        np.testing.assert_allclose(result.variables, np.ones(n), atol=1e-6)
    expected = scipy.optimize.minimize(
        lambda x: rosenbrock(x[None])[0],
        result.variables,
        jac=lambda x: rosenbrock_gradient(x[None])[0],
        method="BFGS",
    )
    assert result.objective <= expected.fun + 1e-10


@pytest.mark.parametrize("derivatives", ["central", "forward", "analytic"])
def test_beale_without_a_gradient(derivatives: str) -> None:
    model = Model(start=np.array([1.0, 1.0]), objective=Vectorized(beale))
    result = solve(model, Options(derivatives=derivatives))  # type: ignore[arg-type]
    assert result.success, result.status
    np.testing.assert_allclose(result.variables, [3.0, 0.5], atol=1e-5)


def quadratic(n: int, scale: float = 100.0) -> tuple[Floats, Floats]:
    Q = np.linalg.qr(RNG.normal(size=(n, n)))[0]
    return Q * np.geomspace(1, scale, n) @ Q.T, RNG.normal(size=n)


@pytest.mark.parametrize("n", [3, 30])
def test_a_bounded_quadratic_agrees_with_scipy(n: int) -> None:
    H, b = quadratic(n)
    lower, upper = np.full(n, -0.05), np.full(n, 0.05)
    upper[0] = np.inf
    model = Model(
        start=np.ones(n),
        objective=Vectorized(
            lambda x: np.einsum("sn,nm,sm->s", x, H, x) / 2 - x @ b, lambda x: x @ H - b
        ),
        lower=lower,
        upper=upper,
    )
    result = solve(model, Options(convergence=1e-12))
    # ½xᵀHx - bᵀx = ½|Lᵀx - L⁻¹b|² + const, with H = LLᵀ: a job for an exact active-set method.
    L = np.linalg.cholesky(H)
    expected = scipy.optimize.lsq_linear(
        L.T, np.linalg.solve(L, b), (lower, upper), method="bvls", tol=1e-15
    )
    assert result.success, result.status
    assert ((result.variables >= lower) & (result.variables <= upper)).all()
    np.testing.assert_allclose(result.variables, expected.x, atol=1e-6)


def test_a_minimum_in_a_corner() -> None:
    model = Model(
        start=np.array([0.5, 0.5]),
        objective=Vectorized(lambda x: x.sum(axis=1), np.ones_like),
        lower=np.zeros(2),
    )
    result = solve(model)
    assert result.status == "converged: the gradient is zero to rounding"
    np.testing.assert_array_equal(result.variables, [0.0, 0.0])


def test_ten_thousand_variables() -> None:
    curvature = np.linspace(1, 50, 10_000)
    model = Model(
        start=np.ones(10_000),
        objective=Vectorized(
            lambda x: (curvature * x**2).sum(axis=1) + (x**4).sum(axis=1) + 1,
            lambda x: 2 * curvature * x + 4 * x**3,
        ),
    )
    result = solve(model)
    assert result.success, result.status
    assert result.objective == pytest.approx(1, rel=1e-8)


def test_a_wrong_gradient_stalls_and_does_not_claim_convergence() -> None:
    model = Model(
        start=np.array([-1.2, 1.0]),
        objective=Vectorized(rosenbrock, lambda x: -rosenbrock_gradient(x)),
    )
    result = solve(model)
    assert result.status.startswith("stalled")
    assert not result.success


def test_the_log_tells_every_trial() -> None:
    model = Model(
        start=np.array([-1.2, 1.0]), objective=Vectorized(rosenbrock, rosenbrock_gradient)
    )
    result = solve(model)
    columns = result.columns()
    assert columns["iteration"] == list(range(result.iterations + 1))
    assert columns["evaluations"] == list(range(1, result.iterations + 2))
    assert (np.diff(columns["objective"]) <= 0).all()
    assert columns["evaluations"][-1] == result.evaluations
    assert columns["objective"][-1] == result.objective
