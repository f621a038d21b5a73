"""General models by GRG Nonlinear: bounds, whole numbers, many variables, many starts."""

import itertools
import time

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings, strategies
from solver_models import rosenbrock, rows, square

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.solver.endings import Ending
from sheetsim.solver.model import Model
from sheetsim.solver.options import Options
from sheetsim.solver.parts import quadratic_program
from sheetsim.solver.solve_model import solve

# Smooth, within bounds -------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 5, 40])
def test_rosenbrock_with_bounds_agrees_with_scipy(n: int) -> None:
    low, high = np.full(n, -1.5), np.full(n, 0.8)
    result = solve(Model(start=np.zeros(n), objective=rosenbrock, lower=low, upper=high))
    expected = scipy.optimize.minimize(
        lambda x: rosenbrock(x)[0],
        np.zeros(n),
        jac=lambda x: rosenbrock(x)[1],
        method="L-BFGS-B",
        bounds=list(zip(low, high, strict=True)),
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10_000},
    )
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(expected.fun, rel=1e-9)
    np.testing.assert_allclose(result.variables, expected.x, atol=1e-5)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
def test_units_do_not_matter(scale: float) -> None:
    """Rosenbrock in other units of x and of f."""

    def f(z: Floats) -> tuple[float, Floats]:
        value, g = rosenbrock(z / scale)
        return value * scale, g

    result = solve(Model(start=np.array([-1.2, 1.0]) * scale, objective=f))
    assert result.success, result.status
    np.testing.assert_allclose(result.variables / scale, [1, 1], rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_a_quadratic_program_agrees_with_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = 12, 7
    M = rng.normal(size=(n, n))
    H, g = M @ M.T + np.eye(n), rng.normal(size=n) * 5
    A, b = rng.normal(size=(m, n)), rng.uniform(0.1, 1, m)
    model = Model(
        start=np.zeros(n),
        objective=lambda x: (float(x @ H @ x / 2 + g @ x), H @ x + g),
        constraints=(rows(A, b, "<="), rows(np.ones(n), 0.5, "=")),
        lower=np.full(n, -1.0),
        upper=np.full(n, 1.0),
    )
    result = solve(model)
    expected = scipy.optimize.minimize(
        lambda x: x @ H @ x / 2 + g @ x,
        np.zeros(n),
        jac=lambda x: H @ x + g,
        method="SLSQP",
        bounds=[(-1, 1)] * n,
        constraints=[
            {"type": "ineq", "fun": lambda x: b - A @ x},
            {"type": "eq", "fun": lambda x: x.sum() - 0.5},
        ],
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(expected.fun, rel=1e-8)
    np.testing.assert_allclose(result.variables, expected.x, atol=1e-5)


@given(
    seed=strategies.integers(0, 10**6), n=strategies.integers(1, 8), m=strategies.integers(0, 14)
)
@settings(max_examples=150, deadline=None)
def test_the_nearest_point_meets_the_optimality_conditions(seed: int, n: int, m: int) -> None:
    """Which for a convex program are sufficient; cold, and from any guess of the active set."""
    rng = np.random.default_rng(seed)
    equal = int(rng.integers(0, min(n, m) + 1))
    B, y0 = rng.normal(size=(m, n)), rng.normal(size=n) * 3
    slack = np.concatenate([np.zeros(equal), rng.choice([0, 1], m - equal)])
    b = B @ rng.normal(size=n) - slack * rng.exponential(size=m)
    if m > equal + 1:
        B[-1], b[-1] = B[equal], b[equal]  # one that depends on another
    for guess in (None, [int(row) for row in rng.permutation(m)[: m // 2]]):
        found = quadratic_program.solve(y0, B, b, equal, guess)
        assert found is not None
        y, u, _ = found
        size = 1e-7 * (1 + np.abs(u).max(initial=0) + np.abs(y).max())
        np.testing.assert_allclose(y - y0, B.T @ u, atol=size)
        np.testing.assert_allclose((B @ y - b)[:equal], 0, atol=size)
        assert (B @ y - b >= -size).all()
        assert (u[equal:] >= -size).all()
        np.testing.assert_allclose(u * (B @ y - b), 0, atol=size)


def test_contradicting_rows_have_no_nearest_point() -> None:
    B = np.array([[1.0, 0.0], [-1.0, 0.0]])
    assert quadratic_program.solve(np.zeros(2), B, np.array([1.0, 0.0]), 0) is None
    assert quadratic_program.solve(np.zeros(2), B, np.array([1.0, -2.0]), 2) is None


# Many variables --------------------------------------------------------------------------

N = 10_000


def test_ten_thousand_variables_within_bounds() -> None:
    """½w(x - c)², one for each variable: at c, or at the bound next to it."""
    c, w = np.linspace(-2, 2, N), np.geomspace(1, 1000, N)
    model = Model(
        start=np.zeros(N),
        objective=lambda x: (float(w @ (x - c) ** 2 / 2), w * (x - c)),
        lower=np.full(N, -1.0),
        upper=np.full(N, 1.5),
    )
    result = solve(model, Options(convergence=1e-13), clock=time.process_time)
    assert result.success, result.status
    np.testing.assert_allclose(result.variables, np.clip(c, -1, 1.5), atol=1e-4)
    assert result.seconds < 60


def test_ten_thousand_variables_with_constraints() -> None:
    """The nearest point with a given sum: all variables move by the same, if none is at a bound."""
    c = np.linspace(0, 1, N)
    total, half = rows(np.ones(N), 6000.0, "="), rows(np.arange(N) < N // 2, 2000.0, ">=")
    result = solve(square(c, constraints=(total, half)))
    # Both bind: the first half sums to 2,000, the second to 4,000.
    expected = c + np.where(np.arange(N) < N // 2, 2000 - c[: N // 2].sum(), 0) / (N / 2)
    expected += np.where(np.arange(N) < N // 2, 0, 4000 - c[N // 2 :].sum()) / (N / 2)
    assert result.success, result.status
    assert result.violation <= 1e-6
    np.testing.assert_allclose(result.variables, expected, atol=1e-5)
    shift = 2 * (expected - c)
    np.testing.assert_allclose(result.constraints[0].multipliers, shift[-1], rtol=1e-4)
    np.testing.assert_allclose(result.constraints[1].multipliers, shift[0] - shift[-1], rtol=1e-4)


# Many starts -----------------------------------------------------------------------------


def egg_crate(x: Floats) -> tuple[float, Floats]:
    """Least, 0, at 0, among many local minima."""
    f = x @ x + 25 * (np.sin(x) ** 2).sum()
    return float(f), 2 * x + 25 * np.sin(2 * x)


def test_a_multistart_finds_the_lowest_of_many_minima() -> None:
    model = Model(
        start=np.array([-4.2, 2.5]),
        objective=egg_crate,
        lower=np.full(2, -5.0),
        upper=np.full(2, 5.0),
    )
    alone = solve(model)
    assert alone.success
    assert alone.objective > 1
    many = solve(model, Options(seed=1), starts=41)
    assert many.ending is Ending.PROBABLE, many.status
    assert many.message == Ending.PROBABLE.message
    assert many.objective == pytest.approx(0, abs=1e-12)
    again = solve(model, Options(seed=1), starts=41)
    np.testing.assert_array_equal(many.variables, again.variables)
    assert many.evaluations == again.evaluations


def test_a_multistart_of_least_squares() -> None:
    """cos(w·t) has a minimum of the squares for many a frequency, and one that is 0."""
    t = np.linspace(0, 3, 40)
    y = np.cos(7.3 * t)

    def residuals(x: Floats) -> tuple[Floats, Floats]:
        return np.cos(x[0] * t) - y, (-t * np.sin(x[0] * t))[:, None]

    def objective(x: Floats) -> tuple[float, Floats]:
        r, J = residuals(x)
        return float(r @ r), 2 * J.T @ r

    model = Model(
        start=np.array([2.0]),
        objective=objective,
        residuals=residuals,
        lower=np.array([0.1]),
        upper=np.array([15.0]),
    )
    assert solve(model).objective > 1
    result = solve(model, starts=31)
    assert result.ending is Ending.PROBABLE, result.status
    assert result.variables[0] == pytest.approx(7.3, rel=1e-12)
    assert len(result.ends) == 31
    assert "best of 31 starts: " in result.status


@pytest.mark.parametrize("constrained", [False, True])
def test_a_limit_of_iterations_is_one_of_each_start(constrained: bool) -> None:
    """What the others used up, the last one has as well."""
    rules = (rows([1.0, 1.0], 100.0, "<="),) if constrained else ()
    few = Options(max_iterations=2)
    model = Model(start=np.array([-1.2, 1.0]), objective=rosenbrock, constraints=rules)
    result = solve(model, few, starts=5)
    assert [end.ending for end in result.ends] == [Ending.ITERATIONS] * 5
    assert result.status.endswith("best of 5 starts: 5 stopped at a limit")
    assert result.objective <= solve(model, few).objective
    many = solve(model, starts=5)
    assert many.success
    assert many.status.endswith("best of 5 starts: 5 converged")


# Whole numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_whole_numbers_agree_with_trying_them_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(3, 3))
    H, c = M @ M.T + 0.3 * np.eye(3), rng.uniform(-2, 2, 3)
    a = rng.normal(size=3)

    def f(x: Floats) -> tuple[float, Floats]:
        return float((x - c) @ H @ (x - c)), 2 * H @ (x - c)

    model = Model(
        start=np.zeros(3),
        objective=f,
        constraints=(rows(a, a @ c - 0.5, "<="),),
        lower=np.full(3, -4.0),
        upper=np.full(3, 4.0),
        integer=np.ones(3, bool),
    )
    result = solve(model)
    points = np.array(list(itertools.product(range(-4, 5), repeat=3)), dtype=float)
    allowed = points[points @ a <= a @ c - 0.5 + 1e-6]
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(min(f(x)[0] for x in allowed), rel=1e-9)
    np.testing.assert_array_equal(result.variables, np.round(result.variables))


def test_some_whole_and_some_not() -> None:
    """(x - 1.4)² + (y - 2.6)² with x whole and x + y = 3.5: x = 1 beats x = 0 and 2."""
    integer = np.array([True, False])
    model = square([1.4, 2.6], constraints=(rows([1, 1], 3.5, "="),), integer=integer)
    result = solve(model)
    assert result.ending is Ending.OPTIMAL, result.status
    np.testing.assert_allclose(result.variables, [1, 2.5], atol=1e-8)
    relaxed = solve(model, Options(ignore_integers=True))
    np.testing.assert_allclose(relaxed.variables, [1.15, 2.35], atol=1e-8)


def test_binaries_are_bounded_by_themselves() -> None:
    result = solve(square([0.7, -3, 5], binary=np.ones(3, bool)))
    np.testing.assert_array_equal(result.variables, [1, 0, 1])


def test_a_tolerance_is_said_to_be_one() -> None:
    model = square([0.5, 1.4], integer=np.ones(2, bool))
    result = solve(model, Options(integer_tolerance=0.01))
    assert result.ending is Ending.INTEGER
    assert result.message == Ending.INTEGER.message


def test_a_limit_of_subproblems_gives_the_best_so_far() -> None:
    model = square(
        np.full(8, 0.5), integer=np.ones(8, bool), constraints=(rows(np.ones(8), 3.5, "<="),)
    )
    result = solve(model, Options(max_subproblems=3))
    assert result.ending is Ending.SUBPROBLEMS, result.status
    assert result.violation == 0


def test_no_whole_point() -> None:
    model = square([0.0], integer=np.ones(1, bool), constraints=(rows([2], 1, "="),))
    result = solve(model)
    assert result.ending is Ending.INFEASIBLE, result.status
    assert not result.success


def test_all_different_is_not_for_grg() -> None:
    with pytest.raises(OptionError, match="Evolutionary"):
        solve(square([1, 2], different=(np.arange(2),)))


# A value ---------------------------------------------------------------------------------


def test_a_value_is_met() -> None:
    model = square([1.0, 2.0], sense="value", target=7.0, start=np.array([3.0, 3.0]))
    result = solve(model)
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(7, rel=1e-9)


def test_a_value_is_met_together_with_constraints() -> None:
    model = square([0.0, 0.0], sense="value", target=25, constraints=(rows([1, -1], 1, "="),))
    result = solve(model)
    assert result.objective == pytest.approx(25, rel=1e-9)
    assert result.variables[0] - result.variables[1] == pytest.approx(1, abs=1e-6)


def test_a_value_out_of_reach_is_said_to_be_so() -> None:
    """Not that it is out of reach of all: of a plain function nobody knows that."""
    result = solve(square([1.0], sense="value", target=-4.0, start=np.array([3.0])))
    assert result.ending is Ending.NOT_FOUND, result.status
    assert result.message == Ending.INFEASIBLE.message
    assert result.objective == pytest.approx(0, abs=1e-6)  # as near as it gets
