"""Sparse matrices as plain arrays, held against SciPy's and against NumPy's dense ones."""

import numpy as np
import pytest
import scipy.sparse

from sheetsim.sparse import Sparse, from_dense, from_entries, stacked, stretches


def both(seed: int, m: int = 7, n: int = 5) -> tuple[Sparse, "scipy.sparse.csr_array"]:
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(m, n)) * (rng.uniform(size=(m, n)) < 0.4)
    return from_dense(dense), scipy.sparse.csr_array(dense)


@pytest.mark.parametrize("seed", range(3))
def test_products_and_rows_are_those_of_scipy(seed: int) -> None:
    ours, theirs = both(seed)
    rng = np.random.default_rng(seed + 10)
    x, y = rng.normal(size=5), rng.normal(size=7)
    np.testing.assert_array_equal(ours.dense(), theirs.toarray())
    np.testing.assert_allclose(ours.dot(x), theirs @ x, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(ours.transposed_dot(y), theirs.T @ y, rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(ours.scaled(y).dense(), theirs.toarray() * y[:, None])
    which = np.array([6, 0, 0, 3])
    np.testing.assert_array_equal(ours.take(which).dense(), theirs.toarray()[which])
    np.testing.assert_array_equal(ours.cut(2).dense(), theirs.toarray()[:, :2])
    rows = np.array([1, 0, 1, 1, 0, 0, 1], bool)
    np.testing.assert_array_equal(ours.only(rows).dense(), theirs.toarray() * rows[:, None])
    other = both(seed + 5)[0]
    np.testing.assert_array_equal(ours.minus(other).dense(), ours.dense() - other.dense())
    below = stacked([ours, other], 5)
    np.testing.assert_array_equal(below.dense(), np.concatenate([ours.dense(), other.dense()]))


def test_entries_of_one_place_are_added_up_and_zeros_go() -> None:
    rows, columns = np.array([2, 0, 2, 1]), np.array([1, 0, 1, 2])
    made = from_entries(rows, columns, np.array([1.0, 2.0, 3.0, 0.0]), (3, 3))
    theirs = scipy.sparse.coo_array(([1.0, 2.0, 3.0, 0.0], (rows, columns)), (3, 3)).tocsr()
    np.testing.assert_array_equal(made.dense(), theirs.toarray())
    assert made.columns.tolist() == [0, 2, 1]
    assert made.without_zeros().starts.tolist() == [0, 1, 1, 2]


def test_stretches_are_ranges_one_behind_the_other() -> None:
    got = stretches(np.array([5, 0, 9]), np.array([2, 0, 3]))
    assert got.tolist() == [5, 6, 9, 10, 11]
