"""Problems of Hock & Schittkowski as workbook files, against the optima that the book gives."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hock_books import HOCK, hock_book

from sheetsim.solver.endings import Ending
from sheetsim.solving import Request, solve_file
from sheetsim.solving.prepare import prepare
from sheetsim.workbook.solver_model.model import Goal


@pytest.mark.parametrize("number", HOCK)
def test_the_published_optimum_is_found(number: int, tmp_path: Path) -> None:
    problem = HOCK[number]
    result = solve_file(hock_book(tmp_path / "model.xlsx", number)).solution
    assert result.ending is (Ending.PROBABLE if problem.multistart else Ending.OPTIMAL), (
        result.status
    )
    assert result.violation <= 1e-9
    assert result.objective == pytest.approx(problem.best, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("number", [7, 14, 43, 71, 100])
def test_the_maximum_of_the_negative_is_the_same(number: int, tmp_path: Path) -> None:
    path = hock_book(tmp_path / "model.xlsx", number, goal=Goal.MAXIMIZE)
    result = solve_file(path).solution
    assert result.ending is Ending.OPTIMAL, result.status
    assert result.objective == pytest.approx(-HOCK[number].best, rel=1e-8)


def test_the_better_minimum_of_problem_2(tmp_path: Path) -> None:
    """A single search from the book's start ends in the better one of two minima.

    On the bound x2 = 3/2 the slope is 400 x1 (x1^2 - 3/2) + 2 (x1 - 1), a cubic with three roots;
    the middle one is a maximum, and the first, which is nearer to the start, a minimum of 4.94.
    Linear in x2, the model is a least-squares model of x1 alone for the first steps.
    """
    request = Request(starts=1)
    result = solve_file(hock_book(tmp_path / "model.xlsx", 2), request).solution
    _, _, far = np.sort(np.roots([400, 0, -598, -2]).real)
    assert result.ending is Ending.OPTIMAL, result.status
    np.testing.assert_allclose(result.variables, [far, 1.5], rtol=1e-8)
    value = 100 * (1.5 - far**2) ** 2 + (1 - far) ** 2
    assert result.objective == pytest.approx(value, rel=1e-8)
    assert value == pytest.approx(HOCK[2].best, rel=1e-8)


def test_objective_and_constraints_share_one_run(tmp_path: Path) -> None:
    """Each point is computed once, however many blocks of constraints ask for their rows."""
    prepared = prepare(hock_book(tmp_path / "hock.xlsx", 43))
    program = prepared.compiled.program
    assert program is not None
    with (
        patch.object(program, "values_and_jacobian", wraps=program.values_and_jacobian) as both,
        patch.object(program, "value_and_gradient", wraps=program.value_and_gradient) as single,
    ):
        result = prepared.solve()
    assert result.objective == pytest.approx(HOCK[43].best, rel=1e-8)
    assert both.call_count <= result.evaluations
    assert single.call_count == 0
