"""Large models are read sparse, and solved as what they are: beside SciPy's HiGHS on arrays."""

from pathlib import Path

import numpy as np
import pytest
from larger_books import portfolio_book, portfolio_data, transport_book, transport_data
from scipy.optimize import linprog

from sheetsim.formula.program import Program
from sheetsim.solving.prepare import prepare
from sheetsim.solving.run import solve_file


def test_a_linear_model_is_solved_from_its_coefficients_and_never_dense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "transport.xlsx"
    prepared = prepare(path, transport_book(path, 14, 17))

    def dense(self: Program, x: object) -> None:
        raise AssertionError("a dense Jacobian was asked for")

    monkeypatch.setattr(Program, "values_and_jacobian", dense)
    found = prepared.solve()
    cost, supply, demand = transport_data(14, 17)
    rows = np.vstack([np.kron(np.eye(14), np.ones(17)), -np.kron(np.ones(14), np.eye(17))])
    right = linprog(cost.ravel(), A_ub=rows, b_ub=np.concatenate([supply, -demand]))
    assert found.objective == pytest.approx(right.fun, rel=1e-12)
    assert found.proved
    # what a unit costs that the solution does not use, in the sheet's own terms
    prices = np.concatenate([row.multipliers for row in found.constraints])
    out, into = prices[:14], prices[14:]
    reduced = cost - out[:, None] - into[None, :]
    np.testing.assert_allclose(found.reduced_gradients.reshape(14, 17), reduced, atol=1e-9)
    assert reduced.min() >= -1e-9


def test_a_portfolio_is_a_convex_quadratic_and_the_summary_says_who_solved_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "portfolio.xlsx"
    solved = solve_file(path, portfolio_book(path, 40))
    covariance, returns, least = portfolio_data(40)
    x = solved.solution.variables
    assert solved.solution.proved
    assert x.sum() == pytest.approx(1.0, abs=1e-12)
    assert returns @ x >= least - 1e-12
    # The conditions of a minimum: gradients agree on the papers that are held, with one price
    # for the sum and one for the return.
    slope, held = 2 * covariance @ x, (x > 1e-9) & (x < 0.25 - 1e-9)
    rows = np.column_stack([np.ones(40), returns])
    prices = np.linalg.lstsq(rows[held], slope[held], rcond=None)[0]
    left = slope - rows @ prices
    np.testing.assert_allclose(left[held], 0.0, atol=1e-12)
    assert (left[x <= 1e-9] >= -1e-12).all()
    assert (left[x >= 0.25 - 1e-9] <= 1e-12).all()
    assert prices[1] >= 0
    assert any("HiGHS" in line for line in solved.after)
