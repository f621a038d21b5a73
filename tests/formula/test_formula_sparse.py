"""Sparse Jacobians of compiled formulas: their places, their values, and in how few passes."""

import numpy as np
import pytest
from formula_books import book_of

from sheetsim.formula.autodiff import sparsity
from sheetsim.formula.autodiff.sparsity import Pattern, plan_passes
from sheetsim.formula.program import Program, compile_book
from sheetsim.formula.values import Ints
from sheetsim.references import a1


def transport(m: int, n: int) -> Program:
    """Costs below, amounts in the first rows, their sums beside them; the cost in S!A200."""
    cells: dict[str, object] = {}
    for i in range(m):
        for j in range(n):
            cells[a1(i, j)] = 0.0
            cells[a1(50 + i, j)] = float(1 + (7 * i + 3 * j) % 11)
        cells[a1(i, n + 1)] = f"=SUM({a1(i, 0)}:{a1(i, n - 1)})"
    for j in range(n):
        cells[a1(m + 1, j)] = f"=SUM({a1(0, j)}:{a1(m - 1, j)})"
    all_ = f"{a1(0, 0)}:{a1(m - 1, n - 1)}"
    cells["A200"] = f"=SUMPRODUCT({all_},{a1(50, 0)}:{a1(49 + m, n - 1)})+5"
    outputs = ["S!A200", f"S!{a1(0, n + 1)}:{a1(m - 1, n + 1)}"]
    outputs.append(f"S!{a1(m + 1, 0)}:{a1(m + 1, n - 1)}")
    return compile_book(book_of(cells), outputs, [f"S!{all_}"])


def closed_form(m: int, n: int) -> np.ndarray:
    i, j = np.divmod(np.arange(m * n), n)
    cost = 1.0 + (7 * i + 3 * j) % 11
    return np.vstack([cost, i == np.arange(m)[:, None], j == np.arange(n)[:, None]])


def test_coefficients_of_a_transport_are_the_closed_form_in_three_passes() -> None:
    program = transport(6, 9)
    found = program.values_and_sparse_jacobian(np.zeros(54))
    assert found is not None
    values, jacobian = found
    assert values.tolist() == [5.0] + [0.0] * 15
    np.testing.assert_array_equal(jacobian.dense(), closed_form(6, 9))
    assert jacobian.values.size == 3 * 54, "only what is not 0"
    passes = program._tape.passes(program._out)
    assert passes is not None
    assert passes.count == (3, 0)
    assert set(program.linear) == {True}


def test_rows_of_one_colour_that_share_a_column_are_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A planted bug: all rows in one pass."""

    def one(pattern: Pattern, most: int) -> Ints:
        return np.zeros(pattern.width, np.intp)

    monkeypatch.setattr(sparsity, "colours", one)
    program = transport(6, 9)
    monkeypatch.setattr(program.straight_line, "values_and_entries", lambda *_: None)
    found = program.values_and_sparse_jacobian(np.zeros(54))
    assert found is not None
    assert not np.array_equal(found[1].dense(), closed_form(6, 9))


CELLS = {
    "A1:H1": 0.0,
    "A2:H2": "=A1^2+3*A1",  # cell by cell
    "A3:G3": "=A2*B1",
    "A4": "=SUM(A3:G3)",  # of all
    "A5:H5": "{=A2:H2*2+A1:H1}",
    "A6:B7": "{=MMULT(A1:B2,C1:D2)}",
    "A8": "=MAX(A1:D1)*5",
    "A9": "=7",
    "A10:H10": "=IF(A1>0.5,A1*$H1,SIN(A1))",
}


def test_sparse_jacobians_are_the_dense_ones_in_any_formulas() -> None:
    book = book_of(CELLS)
    program = compile_book(book, ["S!A2:H10"], ["S!A1:H1"])
    rng = np.random.default_rng(4)
    for x in rng.uniform(0.1, 0.9, (3, 8)):
        found = program.values_and_sparse_jacobian(x)
        assert found is not None
        step = 1e-6 * np.eye(8)
        slopes = (program.values(x + step) - program.values(x - step)).T / 2e-6
        number = np.isfinite(program.values(x))
        np.testing.assert_allclose(found[1].dense()[number], slopes[number], atol=1e-8)
        dense = program.jacobian(x[None])[0]  # by arrays, where the sparse one may not be
        np.testing.assert_allclose(found[1].dense(), dense, rtol=1e-15)


@pytest.mark.parametrize("seed", range(4))
def test_passes_of_any_pattern_keep_apart_what_they_must(seed: int) -> None:
    """No two columns of a colour share a row that goes forward, no two rows back a column."""
    rng = np.random.default_rng(seed)
    dense = rng.uniform(size=(30, 20)) < 0.08
    dense[seed] = True  # a full row, which goes backward
    dense[:, 3] = seed % 2 == 0  # and a full column
    rows, columns = np.nonzero(dense)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=30))])
    passes = plan_passes(Pattern(starts, columns, 20))
    for colour in range(passes.count[0]):
        assert dense[passes.back[passes.rows == colour]].sum(0).max() <= 1
    ahead = np.setdiff1d(np.arange(30), passes.back)
    for colour in range(passes.count[1]):
        assert dense[np.ix_(ahead, passes.columns == colour)].sum(1).max() <= 1
    assert sum(passes.count) <= 20
