"""Problems of Hock & Schittkowski as workbook files, against the optima that the book gives."""

from pathlib import Path

import pytest
from hock_books import HOCK, hock_book
from solved_books import solve_book

from sheetsim.solver.outcome import CONVERGED, OPTIMAL
from sheetsim.workbook.stored_model import Goal


@pytest.mark.parametrize("number", HOCK)
def test_the_published_optimum_is_found(number: int, tmp_path: Path) -> None:
    best = HOCK[number].best
    result = solve_book(hock_book(tmp_path / "model.xlsx", number, convergence=1e-10))
    assert result.code == OPTIMAL, result.status
    assert result.violation <= 1e-9
    assert result.objective == pytest.approx(best, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("number", HOCK)
def test_excels_own_convergence_costs_few_digits(number: int, tmp_path: Path) -> None:
    """A relative change of 0.0001 over five trials, which a file has unless somebody changed it."""
    best = HOCK[number].best
    result = solve_book(hock_book(tmp_path / "model.xlsx", number))
    assert result.code in (OPTIMAL, CONVERGED), result.status
    assert result.objective == pytest.approx(best, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("number", [7, 14, 43, 71, 100])
def test_the_maximum_of_the_negative_is_the_same(number: int, tmp_path: Path) -> None:
    path = hock_book(tmp_path / "model.xlsx", number, goal=Goal.MAXIMISE, convergence=1e-10)
    result = solve_book(path)
    assert result.code == OPTIMAL, result.status
    assert result.objective == pytest.approx(-HOCK[number].best, rel=1e-8)
