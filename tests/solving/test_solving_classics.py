"""Workbook files of linear models, of a tour and of 10,000 variables.

Oracles: the textbooks' optima (see `classic_books`), all tours tried one by one, and SciPy's
solution of the normal equations.
"""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from classic_books import SUPPLY, knapsack_book, product_mix_book, transport_book
from other_books import TOWNS, rounded_noise, smoothing_book, tour_book

from sheetsim.solver.endings import Ending
from sheetsim.solving import solve_file


@pytest.fixture
def _highs() -> None:
    pytest.importorskip("highspy", reason="the extra lp is not installed")


@pytest.mark.usefixtures("_highs")
def test_product_mix(tmp_path: Path) -> None:
    result = solve_file(product_mix_book(tmp_path / "mix.xlsx")).solution
    assert (result.ending, result.engine) == (Ending.OPTIMAL, "Simplex LP"), result.status
    assert result.objective == pytest.approx(36, rel=1e-12)
    np.testing.assert_allclose(result.variables, [2, 6], rtol=1e-12)
    (plants,) = result.constraints
    np.testing.assert_allclose(plants.multipliers, [0, 1.5, 1], atol=1e-9)


@pytest.mark.usefixtures("_highs")
def test_transport(tmp_path: Path) -> None:
    result = solve_file(transport_book(tmp_path / "transport.xlsx")).solution
    assert (result.ending, result.engine) == (Ending.OPTIMAL, "Simplex LP"), result.status
    assert result.objective == pytest.approx(1020, rel=1e-12)
    plan = result.variables.reshape(3, 4)
    np.testing.assert_allclose(plan.sum(axis=0), [45, 20, 30, 30], atol=1e-9)
    assert (plan.sum(axis=1) <= np.array(SUPPLY) + 1e-9).all()


@pytest.mark.usefixtures("_highs")
def test_knapsack(tmp_path: Path) -> None:
    result = solve_file(knapsack_book(tmp_path / "knapsack.xlsx")).solution
    assert (result.ending, result.engine) == (Ending.OPTIMAL, "Simplex LP"), result.status
    assert result.objective == 1030
    np.testing.assert_array_equal(np.unique(result.variables), [0, 1])
    assert result.variables.sum() == 12


def shortest_tour() -> float:
    """The least of all (n - 1)! tours that begin in the first town."""
    places = np.array([(x, y) for _, x, y in TOWNS], dtype=float)
    distance = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    rest = np.array(list(permutations(range(1, len(TOWNS)))))
    tours = np.column_stack([np.zeros(len(rest), dtype=int), rest])
    return float(distance[tours, np.roll(tours, -1, axis=1)].sum(axis=1).min())


def test_the_shortest_tour(tmp_path: Path) -> None:
    result = solve_file(tour_book(tmp_path / "tour.xlsx")).solution
    assert (result.ending, result.engine) == (Ending.OPTIMAL, "Evolutionary"), result.status
    assert result.proved  # all 9! tours were tried
    assert sorted(result.variables) == list(range(1, len(TOWNS) + 1))
    assert result.objective == pytest.approx(shortest_tour(), rel=1e-12)


def test_ten_thousand_variables(tmp_path: Path) -> None:
    """(I + w D'D) x = y, with D the differences of neighbours; three bands."""
    y, weight, n = rounded_noise(10_000, seed=3), 25.0, 10_000
    result = solve_file(smoothing_book(tmp_path / "smooth.xlsx", y, weight)).solution
    bands = np.full((2, n), -weight)
    bands[0] = 1 + 2 * weight
    bands[0, [0, -1]] = 1 + weight
    x = scipy.linalg.solveh_banded(bands, y, lower=True)
    best = float(((x - y) ** 2).sum() + weight * (np.diff(x) ** 2).sum())
    assert result.success, result.status
    assert result.variables.size == n
    assert result.objective == pytest.approx(best, rel=1e-9)
    np.testing.assert_allclose(result.variables, x, atol=1e-4)
