"""Limits, divergence, multistart and determinism: the same for both methods."""

import time

import numpy as np
import pytest
from solver_problems import (
    rosenbrock,
    rosenbrock_gradient,
    rosenbrock_jacobian,
    rosenbrock_residuals,
)

from sheetsim.solver import Options, Problem, minimize
from sheetsim.solver.problem import Array

START = np.array([-1.2, 1.0])
BOTH = {
    "quasi-Newton": {"objective": rosenbrock, "gradient": rosenbrock_gradient},
    "Levenberg-Marquardt": {"residuals": rosenbrock_residuals, "jacobian": rosenbrock_jacobian},
}
WORDS = ("converged", "stalled", "out of time", "diverged", "infeasible")
both = pytest.mark.parametrize("method", BOTH)


@both
def test_the_iteration_limit_ends_with_the_best_point_so_far(method: str) -> None:
    result = minimize(Problem(start=START, **BOTH[method]), Options(max_iterations=4))  # type: ignore[arg-type]
    assert result.status == "stalled: the iteration limit of 4 was reached"
    assert not result.success
    assert result.iterations == 4
    assert result.objective == min(result.columns()["objective"]) < result.start_objective
    assert rosenbrock(result.variables[None])[0] == pytest.approx(result.objective, rel=1e-12)


@both
def test_out_of_time_ends_with_the_best_point_so_far(method: str) -> None:
    slow = dict(BOTH[method])
    name = next(iter(slow))
    quick = slow[name]

    def sleepy(x: Array) -> Array:
        time.sleep(0.02)
        return quick(x)

    slow[name] = sleepy
    result = minimize(Problem(start=START, **slow), Options(max_time=0.07))  # type: ignore[arg-type]
    assert result.status.startswith("out of time: max_time was reached at iteration")
    assert not result.success
    assert 1 <= result.iterations <= 4
    assert result.objective < result.start_objective


@both
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_start_that_is_no_number_diverges_at_iteration_0(method: str, bad: float) -> None:
    start = np.array([bad, 1.0])
    result = minimize(Problem(start=start, **BOTH[method]))  # type: ignore[arg-type]
    assert result.status == "diverged at iteration 0: NaN or an infinity at the start"
    assert not result.success
    assert result.iterations == 0


@both
def test_overflow_at_the_start_diverges_without_a_warning(method: str) -> None:
    result = minimize(Problem(start=np.array([1e200, 1.0]), **BOTH[method]))  # type: ignore[arg-type]
    assert result.status.startswith("diverged at iteration 0")


@both
def test_a_nan_on_the_way_is_backed_away_from(method: str) -> None:
    # x[1] > 1.1 is forbidden ground that a bold step enters; the minimum is outside it.
    poisoned = dict(BOTH[method])
    name = next(iter(poisoned))
    clean = poisoned[name]

    def forbidden(x: Array) -> Array:
        value = clean(x)
        value[x[:, 1] > 1.1] = np.nan
        return value

    poisoned[name] = forbidden
    result = minimize(Problem(start=START, **poisoned))  # type: ignore[arg-type]
    assert result.success, result.status
    np.testing.assert_allclose(result.variables, [1, 1], atol=1e-6)


@both
def test_nan_all_around_diverges_and_says_at_which_step(method: str) -> None:
    poisoned = dict(BOTH[method])
    name = next(iter(poisoned))
    clean = poisoned[name]

    def island(x: Array) -> Array:
        value = clean(x)
        value[(x != START).any(axis=1)] = np.nan
        return value

    poisoned[name] = island
    result = minimize(Problem(start=START, **poisoned))  # type: ignore[arg-type]
    assert result.status.startswith("diverged at iteration ")
    assert result.status.endswith("every step from here ends in NaN or an infinity")
    np.testing.assert_array_equal(result.variables, START)


@both
def test_a_derivative_that_turns_nan_diverges_and_says_at_which_step(method: str) -> None:
    poisoned = dict(BOTH[method])
    name = list(poisoned)[1]
    clean = poisoned[name]

    def sick(x: Array) -> Array:
        value = clean(x)
        value[x[:, 0] > 0] = np.nan
        return value

    poisoned[name] = sick
    result = minimize(Problem(start=START, **poisoned))  # type: ignore[arg-type]
    at = result.iterations
    assert at > 0
    assert result.status == f"diverged at iteration {at}: NaN or an infinity at a point on the way"


def test_an_objective_without_a_minimum_diverges() -> None:
    problem = Problem(
        start=np.ones(2),
        objective=lambda x: -np.exp((x**2).sum(axis=1)),
        gradient=lambda x: -2 * x * np.exp((x**2).sum(axis=1))[:, None],
    )
    result = minimize(problem)
    assert result.status.startswith("diverged"), result.status
    assert np.isfinite(result.variables).all()


@both
def test_a_batch_equals_its_single_runs(method: str) -> None:
    starts = np.random.default_rng(2).uniform(-2, 2, size=(9, 2))
    problem = Problem(start=starts[0], sample=lambda _, n: starts[1 : n + 1], **BOTH[method])  # type: ignore[arg-type]
    batch = minimize(problem, Options(multistart=True, population=8))
    singles = [minimize(Problem(start=s, **BOTH[method])) for s in starts]  # type: ignore[arg-type]
    best = min(singles, key=lambda result: result.objective)
    assert batch.evaluations == sum(single.evaluations for single in singles)
    assert batch.status == best.status
    assert batch.iterations == best.iterations
    np.testing.assert_array_equal(batch.start, best.start)
    np.testing.assert_allclose(batch.variables, best.variables, rtol=1e-12)
    np.testing.assert_allclose(
        batch.columns()["objective"], best.columns()["objective"], rtol=1e-9, atol=1e-25
    )


def test_multistart_finds_the_deeper_of_two_wells() -> None:
    def wells(x: Array) -> Array:
        return np.asarray((x[:, 0] ** 2 - 1) ** 2 + 0.3 * x[:, 0])

    problem = Problem(
        start=np.array([0.9]), objective=wells, lower=np.array([-2.0]), upper=np.array([2.0])
    )
    single = minimize(problem)
    many = minimize(problem, Options(multistart=True, population=20))
    assert single.variables[0] > 0
    assert many.variables[0] < 0
    assert many.objective < single.objective
    assert many.start_objective == pytest.approx(wells(many.start[None])[0], rel=1e-14)


@both
def test_multistart_survives_starts_that_diverge(method: str) -> None:
    problem = Problem(
        start=np.array([np.nan, 0.0]),
        sample=lambda rng, n: np.where(np.arange(n)[:, None] % 2, np.inf, rng.normal(size=(n, 2))),
        **BOTH[method],  # type: ignore[arg-type]
    )
    result = minimize(problem, Options(multistart=True, population=6))
    assert result.success, result.status
    np.testing.assert_allclose(result.variables, [1, 1], atol=1e-6)


@both
def test_the_same_seed_gives_the_same_bits(method: str) -> None:
    problem = Problem(start=START, **BOTH[method])  # type: ignore[arg-type]
    one, two, other = (
        minimize(problem, Options(multistart=True, population=10, seed=seed)) for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(one.variables, two.variables)
    assert one.log == two.log or str(one.log) == str(two.log)  # NaN is not equal to itself
    assert not np.array_equal(one.start, other.start)


@both
def test_the_problem_and_the_result_share_no_memory(method: str) -> None:
    start = START.copy()
    result = minimize(Problem(start=start, **BOTH[method]))  # type: ignore[arg-type]
    assert not np.shares_memory(result.start, start)
    assert not np.shares_memory(result.start, result.variables)
    for array in (result.start, result.variables):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 7
    start[:] = 7
    np.testing.assert_array_equal(result.start, START)


def test_a_status_begins_with_one_of_the_words() -> None:
    problem = Problem(start=START, objective=rosenbrock)
    for options in (Options(), Options(max_iterations=1), Options(max_time=1e-9)):
        status = minimize(problem, options).status
        assert sum(word in status for word in WORDS) == 1
        assert status.startswith(WORDS)
