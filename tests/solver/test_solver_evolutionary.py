"""Evolutionary: what is not smooth, whole numbers, all-different, and its limits."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending
from sheetsim.solver.functions import Vectorized
from sheetsim.solver.model import Constraint, Model
from sheetsim.solver.options import Options
from sheetsim.solver.result import Result
from sheetsim.solver.solve_model import solve

Values = Callable[[Floats], Floats]


def model(values: Values, start: Any, **more: Any) -> Model:
    return Model(
        start=np.array(start, dtype=float),
        objective=Vectorized(values),
        **more,
    )


def evolve(one: Model, **more: Any) -> Result:
    return solve(one, Options(**more), "Evolutionary")


def rastrigin(x: Floats) -> Floats:
    """Least, 0, at 0, among 11 to the power of n local minima."""
    return np.asarray(10 * x.shape[1] + (x**2 - 10 * np.cos(2 * np.pi * x)).sum(axis=1))


@pytest.mark.parametrize("seed", range(3))
def test_rastrigin(seed: int) -> None:
    one = model(rastrigin, [3.3] * 6, lower=np.full(6, -5.12), upper=np.full(6, 5.12))
    result = evolve(one, seed=seed)
    assert result.success, result.status
    assert result.engine == "Evolutionary"
    assert result.objective == pytest.approx(0, abs=1e-6)


def test_kinks_and_steps() -> None:
    """|x - c| summed, and a staircase with its lowest stair from 2 to 3."""
    c = np.array([-1.5, 0.25, 3.0])
    result = evolve(model(lambda x: np.abs(x - c).sum(axis=1), np.zeros(3)))
    assert result.ending in (Ending.CONVERGED, Ending.NO_BETTER), result.status
    np.testing.assert_allclose(result.variables, c, atol=1e-6)
    stairs = model(
        lambda x: np.abs(np.floor(x[:, 0]) - 2), [9.0], lower=np.zeros(1), upper=np.full(1, 10.0)
    )
    result = evolve(stairs)
    assert result.objective == 0
    assert 2 <= result.variables[0] < 3


def test_the_same_seed_gives_the_same_bits() -> None:
    one = model(rastrigin, np.full(3, 2.0))
    first, again = evolve(one, seed=5, max_iterations=50), evolve(one, seed=5, max_iterations=50)
    other = evolve(one, seed=6, max_iterations=50)
    np.testing.assert_array_equal(first.variables, again.variables)
    assert (first.variables != other.variables).any()


def test_bounds_hold_for_every_point_that_is_tried() -> None:
    low, high = np.array([-1.0, 0.0, -np.inf]), np.array([1.0, np.inf, 3.0])

    def values(x: Floats) -> Floats:
        assert ((x >= low) & (x <= high)).all()
        return np.asarray(((x - np.array([2.0, -1.0, 4.0])) ** 2).sum(axis=1))

    result = evolve(model(values, np.zeros(3), lower=low, upper=high))
    np.testing.assert_allclose(result.variables, [1, 0, 3], atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_whole_numbers_agree_with_trying_them_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c, w = rng.uniform(-3, 3, 4), rng.uniform(0.5, 2, 4)

    def values(x: Floats) -> Floats:
        return np.asarray((w * np.abs(x - c)).sum(axis=1) + 2 * np.sin(3 * x).sum(axis=1))

    result = evolve(
        model(
            values,
            np.zeros(4),
            lower=np.full(4, -4.0),
            upper=np.full(4, 4.0),
            integer=np.ones(4, bool),
        ),
        seed=seed,
    )
    points = np.array(list(itertools.product(range(-4, 5), repeat=4)), dtype=float)
    assert result.success, result.status
    assert result.violation == 0
    assert result.objective == pytest.approx(values(points).min(), rel=1e-12)


def test_constraints_by_debs_rules() -> None:
    """Hock & Schittkowski's problem 71 again, with one equality: 17.0140173."""
    above = Constraint(lambda x: (np.array([np.prod(x) - 25]), None), ">=")
    equal = Constraint(lambda x: (np.array([x @ x - 40]), None), "=")
    one = model(
        lambda x: x[:, 0] * x[:, 3] * (x[:, 0] + x[:, 1] + x[:, 2]) + x[:, 2],
        [1, 5, 5, 1],
        lower=np.ones(4),
        upper=np.full(4, 5.0),
        constraints=(above, equal),
    )
    result = evolve(one)
    assert result.success, result.status
    assert result.violation <= 1e-6
    assert result.objective == pytest.approx(17.0140173, rel=1e-5)


def cities(n: int, seed: int) -> tuple[Floats, float]:
    """The distances of n cities on a circle in a random order, and the shortest tour, around it."""
    angle = np.random.default_rng(seed).permutation(n) * 2 * np.pi / n
    place = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    apart = np.linalg.norm(place[:, None] - place[None], axis=2)
    return apart, 2 * n * float(np.sin(np.pi / n))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n", [8, 14, 20])
def test_a_travelling_salesman(n: int, seed: int) -> None:
    apart, best = cities(n, seed)

    def length(x: Floats) -> Floats:
        tour = x.astype(int) - 1
        return np.asarray(apart[tour, np.roll(tour, -1, axis=1)].sum(axis=1))

    one = model(length, np.arange(1, n + 1), different=(np.arange(n),))
    result = evolve(one, seed=seed)
    assert result.success, result.status
    np.testing.assert_array_equal(np.sort(result.variables), np.arange(1, n + 1))
    assert result.objective == pytest.approx(best, rel=1e-12)


def test_a_permutation_read_the_other_way() -> None:
    """Where x is the place of a city in the tour, and not the city at a place."""
    apart, best = cities(15, 0)

    def length(x: Floats) -> Floats:
        tour = np.argsort(x, axis=1)
        return np.asarray(apart[tour, np.roll(tour, -1, axis=1)].sum(axis=1))

    result = evolve(model(length, np.arange(1, 16), different=(np.arange(15),)))
    assert result.objective == pytest.approx(best, rel=1e-12)


def test_two_groups_beside_other_variables() -> None:
    """Weights in order, twice, and one variable that is free."""
    weights = np.array([3, 1, 2, 9, 4, 8])

    def values(x: Floats) -> Floats:
        return np.asarray(x[:, :6] @ weights + (x[:, 6] - 0.5) ** 2)

    groups = np.array([0, 1, 2]), np.array([3, 4, 5])
    result = evolve(model(values, [1, 2, 3, 1, 2, 3, 0], different=groups))
    np.testing.assert_array_equal(result.variables[:6], [1, 3, 2, 1, 3, 2])
    assert result.variables[6] == pytest.approx(0.5, abs=1e-4)


def test_senses() -> None:
    def hill(x: Floats) -> Floats:
        return np.asarray(5 - np.abs(x[:, 0] - 2))

    result = evolve(model(hill, [0.0], sense="maximize"))
    assert result.objective == pytest.approx(5, abs=1e-6)
    result = evolve(model(hill, [0.0], sense="value", target=3.0))
    assert result.objective == pytest.approx(3, abs=1e-6)
    result = evolve(model(hill, [0.0], sense="value", target=6.0))
    assert result.ending is Ending.NOT_FOUND
    assert "off its target by 1" in result.status
    assert not result.success


def test_infeasible() -> None:
    """A population that finds no feasible point does not prove that there is none."""
    block = Constraint(Vectorized(lambda x: x - 2), ">=")
    one = model(lambda x: x[:, 0], [1.0], lower=np.zeros(1), upper=np.ones(1), constraints=(block,))
    result = evolve(one, max_stall=20)
    assert result.ending is Ending.NOT_FOUND, result.status
    assert result.message == Ending.INFEASIBLE.message
    assert result.violation == pytest.approx(1)


def test_limits() -> None:
    one = model(rastrigin, np.full(4, 3.0))
    result = evolve(one, max_iterations=3)
    assert result.ending is Ending.ITERATIONS
    assert result.iterations == 3


def test_limits_of_time() -> None:
    now = [0.0]

    def slow(x: Floats) -> Floats:
        now[0] += 0.25
        return rastrigin(x)

    one = model(slow, np.full(4, 3.0))
    result = solve(one, Options(max_time=2.5), "Evolutionary", clock=lambda: now[0])
    assert result.ending is Ending.TIME
    assert result.seconds == 2.5
    options = Options(max_stall_time=2.5, max_stall=10**6)
    flat = model(lambda x: 0 * slow(x), np.zeros(2))
    assert solve(flat, options, "Evolutionary", clock=lambda: now[0]).success
    # Whole numbers have not drawn together when they are equal: only the time ends this one.
    whole = model(lambda x: 0 * slow(x), np.zeros(2), integer=np.ones(2, bool))
    result = solve(whole, options, "Evolutionary", clock=lambda: now[0])
    assert result.success
    assert result.ending is Ending.NO_BETTER
    assert "2.5 seconds brought nothing better" in result.status


def test_ctrl_c_keeps_the_best_so_far() -> None:
    seen = [np.inf]

    def values(x: Floats) -> Floats:
        if len(seen) > 10:
            raise KeyboardInterrupt
        found = rastrigin(x)
        seen.append(float(found.min()))
        return found

    result = evolve(model(values, np.full(4, 3.0)))
    assert result.ending is Ending.STOPPED
    assert result.message == "Solver stopped at user's request."
    assert result.objective == min(seen)


def test_nan_is_never_the_best() -> None:
    """√x - x, which is NaN below 0."""
    one = model(lambda x: np.abs(np.sqrt(x[:, 0]) - 1), [4.0], lower=np.full(1, -10.0))
    result = evolve(one)
    assert result.success, result.status
    assert result.variables[0] == pytest.approx(1, abs=1e-5)


def test_a_model_without_a_batch_is_evaluated_point_by_point() -> None:
    block = Constraint(lambda x: (np.array([x.sum() - 1]), None), "<=")
    one = Model(
        start=np.zeros(2),
        objective=lambda x: (float(np.abs(x - 2).max()), None),
        constraints=(block,),
    )
    result = evolve(one, population=30)
    assert result.success, result.status
    np.testing.assert_allclose(result.variables, [0.5, 0.5], atol=1e-4)
