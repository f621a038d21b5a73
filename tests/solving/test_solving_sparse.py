"""Large models are read sparse, and solved as what they are: beside SciPy's HiGHS on arrays."""

from pathlib import Path

import numpy as np
import pytest
from larger_books import transport_book, transport_data
from scipy.optimize import linprog

from sheetsim.formula.program import Program
from sheetsim.solving.prepare import prepare


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
