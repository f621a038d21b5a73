"""Local steps behind Evolutionary: what it returns, no such step betters, seen by plain loops."""

import itertools

import numpy as np
import pytest

from sheetsim.arrays import Floats
from sheetsim.solver import Ending, Model, Options, Vectorized, solve
from sheetsim.solver.functions import Many
from sheetsim.solver.model import Sense

N = 18


def towns(seed: int) -> Floats:
    """Distances (N, N) of random towns in a square."""
    at = np.random.default_rng(seed).uniform(size=(N, 2))
    return np.asarray(np.linalg.norm(at[:, None] - at[None], axis=2))


def length(apart: Floats, tour: list[int]) -> float:
    return sum(float(apart[a, b]) for a, b in zip(tour, tour[1:] + tour[:1], strict=True))


@pytest.mark.parametrize("inverse", [False, True])
def test_no_stretch_turned_or_moved_shortens_a_tour(inverse: bool) -> None:
    """After ten generations, so that it is the local steps that find it."""
    apart = towns(3)

    def values(x: Floats) -> Floats:
        order = np.argsort(x, axis=1) if inverse else x.astype(int) - 1
        return np.asarray(apart[order, np.roll(order, -1, axis=1)].sum(axis=1))

    model = Model(
        start=np.arange(1.0, N + 1), objective=plain(values), different=(np.arange(N),), work=N
    )
    result = solve(model, Options(population=20, max_stall=1), "Evolutionary")
    x = result.variables.astype(int)
    tour = (np.argsort(x) if inverse else x - 1).tolist()
    assert sorted(tour) == list(range(N))
    best = length(apart, tour)
    assert best == pytest.approx(result.objective)
    for i, j in itertools.combinations(range(N + 1), 2):
        assert length(apart, tour[:i] + tour[i:j][::-1] + tour[j:]) >= best - 1e-9
    for size, i in itertools.product((1, 2, 3), range(N - 2)):
        rest = tour[:i] + tour[i + size :]
        for at in range(len(rest) + 1):
            assert length(apart, rest[:at] + tour[i : i + size] + rest[at:]) >= best - 1e-9


def test_onto_bounds_and_whole_numbers() -> None:
    """A fixed charge where x > 0; with whole numbers that add up to 30, costs that bend."""
    charge = np.array([5.0, 1.0, 4.0, 2.0])

    def cost(x: Floats) -> Floats:
        return np.asarray((charge * (x[:, :4] > 0)).sum(axis=1) + (x[:, 4:] ** 2).sum(axis=1))

    model = Model(
        start=np.full(8, 3.0),
        objective=plain(cost),
        lower=np.zeros(8),
        upper=np.full(8, 9.0),
        integer=np.arange(8) >= 4,
        work=10**9,
    )
    result = solve(model, Options(population=10, max_stall=1), "Evolutionary")
    assert result.objective == 0
    np.testing.assert_array_equal(result.variables, 0)


def test_the_last_digits_by_sqp() -> None:
    """Rosenbrock's valley in ten variables, whose minimum a few generations do not meet."""

    def f(x: Floats) -> Floats:
        return np.asarray(
            (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(axis=1)
        )

    def slopes(x: Floats) -> Floats:
        g = np.zeros_like(x)
        bend = x[:, 1:] - x[:, :-1] ** 2
        g[:, :-1] = -400 * x[:, :-1] * bend - 2 * (1 - x[:, :-1])
        g[:, 1:] += 200 * bend
        return g

    sides = np.full(10, -2.0), np.full(10, 2.0)
    smooth = Vectorized(f, slopes, at=lambda x: (float(f(x[None])[0]), slopes(x[None])[0]))
    both: tuple[tuple[Sense, float, float], ...] = (("minimize", 0.0, 1e-12), ("value", 7.5, 1e-8))
    for sense, target, within in both:
        model = Model(
            start=np.zeros(10), objective=smooth, lower=sides[0], upper=sides[1],
            sense=sense, target=target,
        )  # fmt: skip
        result = solve(model, Options(max_stall=3), "Evolutionary")
        assert result.success, result.status
        assert result.ending is not Ending.OPTIMAL
        assert result.objective == pytest.approx(target, abs=within)


def test_populations_one_after_the_other() -> None:
    def waves(x: Floats) -> Floats:
        y = x - 0.37
        return np.asarray((y**2 - 10 * np.cos(2 * np.pi * y)).sum(axis=1))

    model = Model(
        start=np.full(12, 2.0), objective=plain(waves), lower=np.full(12, -5.0),
        upper=np.full(12, 5.0),
    )  # fmt: skip
    one, five = (
        solve(model, Options(population=8, max_stall=2), "Evolutionary", starts=count)
        for count in (1, 5)
    )
    assert five.objective < one.objective
    assert five.evaluations > 2 * one.evaluations


def plain(function: Many) -> Vectorized:
    """Without derivatives."""
    return Vectorized(function, at=lambda x: (float(function(x[None])[0]), None))
