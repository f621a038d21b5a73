"""Linear and convex quadratic models by HiGHS: coefficients, convexity, and what is claimed.

Expected values are closed forms, eigenvalues, and HiGHS on arrays through SciPy.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from sheetsim.arrays import Floats
from sheetsim.solver import Constraint, Ending, Model, Vectorized, solve
from sheetsim.solver.functions import SparseDerivatives
from sheetsim.solver.methods import quadratic
from sheetsim.solver.parts.convexity import connected, is_convex
from sheetsim.solver.parts.duality import left_to_gain
from sheetsim.sparse import Sparse, from_dense


def model_of(
    H: Floats,
    c: Floats,
    A: Floats,
    b: Floats,
    *,
    lower: float = -np.inf,
    told: Callable[[Floats], Floats] = lambda H: H,
    **more: object,
) -> Model:
    """min ½ xᵀ H x + cᵀ x, A x <= b; `told` is what the sparse derivatives say of H."""
    n = c.size

    def values(x: Floats) -> Floats:
        return np.asarray(0.5 * np.einsum("si,ij,sj->s", x, H, x) + x @ c)

    def function(x: Floats) -> tuple[Floats, Floats]:
        return A @ x - b, A

    given = {
        "start": np.zeros(n),
        "objective": Vectorized(values, lambda x: x @ H + c, at=lambda x: (
            float(values(x[None])[0]), H @ x + c
        )),
        "constraints": (Constraint(function, "<=", linear=True),) if b.size else (),
        "lower": np.full(n, lower),
        "linear": not H.any(),
        "sparse": SparseDerivatives(
            lambda x: (H @ x + c, from_dense(A)),
            2 if H.any() else 1,
            lambda: from_dense(told(H)),
            lambda *_: from_dense(H),
        ),
    }  # fmt: skip
    return Model(**{**given, **more})  # type: ignore[arg-type]


def random_model(seed: int, n: int = 12, m: int = 5) -> tuple[Floats, Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(n, n - 3))  # of lower rank: a singular H
    A, c = rng.normal(size=(m, n)), rng.normal(size=n)
    return B @ B.T, c, A, rng.uniform(0.1, 1.0, m)


@pytest.mark.parametrize("seed", range(6))
def test_an_optimum_meets_the_conditions_of_a_convex_model(seed: int) -> None:
    H, c, A, b = random_model(seed)
    low = -2.0
    found = solve(model_of(H, c, A, b, lower=low, upper=np.full(12, 2.0)))
    assert found.ending is Ending.OPTIMAL
    assert found.proved
    assert found.by == quadratic.BY_QUADRATIC
    x, lam = found.variables, -found.constraints[0].multipliers
    assert (A @ x - b).max() <= 1e-9
    slope = H @ x + c + A.T @ lam
    inside = (x > low + 1e-9) & (x < 2.0 - 1e-9)
    np.testing.assert_allclose(slope[inside], 0.0, atol=1e-9)
    assert (slope[x <= low + 1e-9] >= -1e-9).all()
    assert (slope[x >= 2.0 - 1e-9] <= 1e-9).all()
    assert lam.min() >= -1e-9
    assert abs(lam @ (A @ x - b)) <= 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_a_maximum_is_the_minimum_of_the_negative(seed: int) -> None:
    H, c, A, b = random_model(seed)
    down = solve(model_of(H, c, A, b, lower=-2.0))
    up = solve(model_of(-H, -c, A, b, lower=-2.0, sense="maximize"))
    assert up.proved
    assert up.objective == pytest.approx(-down.objective, rel=1e-12)


def test_equalities_have_a_closed_form() -> None:
    """The solution of the system of Karush, Kuhn and Tucker."""
    rng = np.random.default_rng(1)
    B, A, c = rng.normal(size=(8, 8)), rng.normal(size=(3, 8)), rng.normal(size=8)
    H, b = B @ B.T + np.eye(8), rng.normal(size=3)
    model = model_of(H, c, A, b)
    rows = replace(model.constraints[0], relation="=")
    found = solve(replace(model, constraints=(rows,)))
    system = np.block([[H, A.T], [A, np.zeros((3, 3))]])
    right = np.linalg.solve(system, np.concatenate([-c, b]))
    np.testing.assert_allclose(found.variables, right[:8], atol=1e-12)
    assert found.proved


def test_a_linear_model_under_grg_is_solved_by_highs() -> None:
    rng = np.random.default_rng(3)
    A, c, b = rng.uniform(size=(6, 9)), rng.uniform(size=9), rng.uniform(1, 2, 6)
    none = np.zeros((9, 9))
    found = solve(model_of(none, c, A, b, lower=0.0, sense="maximize"))
    right = linprog(-c, A_ub=A, b_ub=b)
    assert found.objective == pytest.approx(-right.fun, rel=1e-12)
    assert (found.by, found.proved) == (quadratic.BY_LINEAR, True)


def test_without_highs_the_own_methods_solve_it(monkeypatch: pytest.MonkeyPatch) -> None:
    H, c, A, b = random_model(0)
    with_it = solve(model_of(H, c, A, b, lower=-2.0))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    without = solve(model_of(H, c, A, b, lower=-2.0))
    assert without.by == ""
    assert not without.proved
    assert without.objective == pytest.approx(with_it.objective, rel=1e-8)


def test_what_is_not_convex_is_not_said_to_be_proved() -> None:
    """min x y over x + y <= 1, -1 <= x, y <= 1: two optima, of which a search finds one."""
    H = np.array([[0.0, 1.0], [1.0, 0.0]])
    model = model_of(H, np.zeros(2), np.ones((1, 2)), np.ones(1), lower=-1.0, upper=np.ones(2))
    found = solve(replace(model, start=np.array([0.5, -0.3])))
    assert found.by == ""
    assert not found.proved
    assert found.objective == pytest.approx(-1.0)


@pytest.mark.parametrize("told", [lambda H: 1.01 * H, lambda H: np.diag(np.diag(H))])
def test_wrong_coefficients_are_noticed(told: Callable[[Floats], Floats]) -> None:
    """A planted bug: HiGHS gets another objective than the formulas have."""
    H, c, A, b = random_model(2)
    right = solve(model_of(H, c, A, b, lower=-2.0))
    found = solve(model_of(H, c, A, b, lower=-2.0, told=told))
    assert found.by == ""
    assert not found.proved
    assert found.objective == pytest.approx(right.objective, rel=1e-7)


def test_infeasible_rows_are_proved_to_be_so() -> None:
    A, b = np.array([[1.0, 1.0], [-1.0, -1.0]]), np.array([1.0, -3.0])
    found = solve(model_of(np.eye(2), np.zeros(2), A, b))
    assert found.ending is Ending.INFEASIBLE
    assert found.proved


@pytest.mark.parametrize("curved", [True, False])
def test_equations_that_differ_by_less_than_the_precision_are_no_contradiction(
    curved: bool,
) -> None:
    """x + y = 1 and, said again after some rounding, x + y = 1.0000001: met within 1e-6."""
    A, b = np.ones((2, 2)), np.array([1.0, 1.0 + 1e-7])
    H = np.eye(2) if curved else np.zeros((2, 2))
    model = model_of(H, np.array([1.0, 2.0]), A, b, lower=0.0, upper=np.ones(2))
    found = solve(replace(model, constraints=(replace(model.constraints[0], relation="="),)))
    assert found.ending.solved
    assert not found.proved
    assert found.violation <= 1e-6
    assert found.objective == pytest.approx(1.5 if curved else 1.0, rel=2e-5)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_to_gain_is_bounded_closely(seed: int) -> None:
    """Of ½ xᵀHx without bounds it is that itself, for the minimum is 0."""
    rng = np.random.default_rng(seed)
    B, x, far = rng.normal(size=(9, 9)), rng.normal(size=9), np.full(9, 1e3)
    H = B @ B.T + np.eye(9)
    bound = left_to_gain(from_dense(H), H @ x, far, far, np.ones(9), 0.0)
    assert bound >= x @ H @ x / 2 * (1 - 1e-12)
    assert bound == pytest.approx(x @ H @ x / 2, rel=1e-6)


def test_a_flat_valley_beside_a_steep_one_is_seen() -> None:
    """(1e6 (a - b))² + 1e-4 (a - 1e5)²: half-way along it, a quarter of 1e6 is left to gain."""
    H = np.array([[2e12 + 2e-4, -2e12], [-2e12, 2e12]])
    x = np.full(2, 5e4)
    slope = np.array([2e-4 * (5e4 - 1e5), 0.0])
    assert (np.abs(slope) <= quadratic.WITHIN * np.abs(H) @ x).all()  # small beside its terms
    bound = left_to_gain(from_dense(H), slope, 10 * x, 10 * x, x, 1e-3)
    assert bound >= 1e-4 * 5e4**2
    assert left_to_gain(from_dense(H), 0 * slope, 10 * x, 10 * x, x, 1e-3) == 0


@pytest.mark.parametrize("seed", range(8))
def test_convex_is_what_has_no_negative_eigenvalue(seed: int) -> None:
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(9, 6)) * 10.0 ** rng.integers(-4, 4, (9, 1))  # badly scaled, singular
    H = B @ B.T
    assert is_convex(from_dense(H))
    v = np.linalg.svd(B.T)[2][-1]  # of no curvature
    down = H - 1e-6 * np.outer(v, v) * np.abs(np.diag(H)).max()
    assert np.linalg.eigvalsh(down)[0] < 0
    assert not is_convex(from_dense(down))
    blocks = np.zeros((18, 18))
    blocks[::2, ::2], blocks[1::2, 1::2] = H, np.eye(9)
    order = rng.permutation(18)
    assert is_convex(from_dense(blocks[np.ix_(order, order)]))
    blocks[1::2, 1::2] -= 2 * np.diag(np.arange(9) == seed % 9)
    assert not is_convex(from_dense(blocks[np.ix_(order, order)]))


def test_a_variable_with_products_alone_is_not_convex() -> None:
    assert not is_convex(from_dense(np.array([[1.0, 0.1], [0.1, 0.0]])))
    assert is_convex(from_dense(np.array([[1.0, 0.0], [0.0, 0.0]])))


def test_parts_that_hang_together() -> None:
    """A path through the variables in any order, and one by itself."""
    order = np.array([4, 0, 6, 2, 5, 1])
    dense = np.eye(8)
    for a, b in pairwise(order.tolist()):
        dense[a, b] = dense[b, a] = 0.1
    part = connected(from_dense(dense))
    assert len(set(part[order].tolist())) == 1
    assert len(set(part.tolist())) == 3


def test_a_sparse_matrix_of_no_entries_is_convex() -> None:
    assert is_convex(Sparse(np.zeros(4, np.intp), np.zeros(0, np.intp), np.zeros(0), 3))
