import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.optimize._numdiff import approx_derivative
from solver_problems import (
    derivative_error,
    rosenbrock,
    rosenbrock_gradient,
    rosenbrock_jacobian,
    rosenbrock_residuals,
    vectorized,
)

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.solver import Model, Options, Vectorized, factor_model, solve
from sheetsim.solver.parts import finite_differences
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.finite_differences import difference

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(("scheme", "digits"), [("forward", 1e-6), ("central", 1e-9)])
def test_differences_agree_with_the_closed_form(scheme: str, digits: float) -> None:
    x = RNG.normal(size=(7, 6))
    got = difference(rosenbrock, x, rosenbrock(x), scheme, Box())
    expected = rosenbrock_gradient(x)
    np.testing.assert_allclose(got, expected, atol=digits * np.abs(expected).max())


def test_differences_agree_with_scipy() -> None:
    x = np.array([0.3, -1.2, 0.8])
    got = difference(rosenbrock, x[None], rosenbrock(x[None]), "forward", Box())[0]
    expected = approx_fprime(x, lambda point: rosenbrock(point[None])[0])
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_differences_of_residuals_agree_with_scipy() -> None:
    x = RNG.normal(size=(3, 2))
    got = difference(rosenbrock_residuals, x, rosenbrock_residuals(x), "central", Box())
    for point, J in zip(x, got, strict=True):
        expected = approx_derivative(lambda p: rosenbrock_residuals(p[None])[0], point)
        np.testing.assert_allclose(J, expected, rtol=1e-6, atol=1e-9)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = RNG.normal(size=(4, 9))
    whole = difference(rosenbrock, x, rosenbrock(x), "central", Box())
    monkeypatch.setattr(finite_differences, "CHUNK", 80)
    parts = difference(rosenbrock, x, rosenbrock(x), "central", Box())
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("scheme", ["forward", "central"])
def test_no_point_leaves_the_bounds(scheme: str) -> None:
    lower, upper = np.array([0.0, -1.0, 2.0]), np.array([1.0, 0.0, 2.0])

    def guarded(x: Floats) -> Floats:
        assert ((x >= lower) & (x <= upper)).all()
        return rosenbrock(x)

    x = np.array([[0.0, -1.0, 2.0], [1.0, 0.0, 2.0], [0.5, -0.5, 2.0]])
    got = difference(guarded, x, guarded(x), scheme, Box(lower, upper))
    expected = rosenbrock_gradient(x)
    np.testing.assert_allclose(got[:, :2], expected[:, :2], rtol=1e-4, atol=1e-3)
    assert (got[:, 2] == 0).all()  # fixed


def test_the_checker_passes_right_derivatives() -> None:
    start = np.array([0.7, -0.4])
    gradient = Model(start=start, objective=Vectorized(rosenbrock, rosenbrock_gradient))
    residuals = Vectorized(rosenbrock_residuals, rosenbrock_jacobian)
    jacobian = Model(start=start, residuals=residuals)
    assert derivative_error(gradient) < 1e-8
    assert derivative_error(jacobian) < 1e-8


def test_the_checker_finds_a_wrong_sign() -> None:
    def planted(x: Floats) -> Floats:
        J = rosenbrock_jacobian(x)
        J[:, 1, 0] = 1.0
        return J

    residuals = Vectorized(rosenbrock_residuals, planted)
    assert derivative_error(Model(start=np.array([0.7, -0.4]), residuals=residuals)) > 0.1


def test_the_checker_finds_a_wrong_sign_in_one_block_of_a_factor_model() -> None:
    ratings = RNG.uniform(1, 5, size=(4, 6))
    right = factor_model(ratings, 2, bias=True)
    residuals = vectorized(right.residuals)

    def planted(x: Floats) -> Floats:
        assert residuals.derivatives is not None
        J = residuals.derivatives(x)
        J[:, :, -1] *= -1
        return J

    wrong = Model(start=right.start, residuals=Vectorized(residuals.values, planted))
    assert derivative_error(right) < 1e-7
    assert derivative_error(wrong) > 0.1


def test_the_checker_needs_derivatives() -> None:
    with pytest.raises(OptionError):
        derivative_error(Model(start=np.zeros(2), objective=Vectorized(rosenbrock)))


def test_differences_are_counted() -> None:
    model = Model(start=np.array([-1.2, 1.0]), residuals=Vectorized(rosenbrock_residuals))
    forward = solve(model, Options(derivatives="forward", max_iterations=1))
    central = solve(model, Options(derivatives="central", max_iterations=1))
    assert forward.evaluations in (1 + 2 + 1, 1 + 2 + 1 + 2)  # the trial was dropped or kept
    assert central.evaluations in (1 + 4 + 1, 1 + 4 + 1 + 4)
