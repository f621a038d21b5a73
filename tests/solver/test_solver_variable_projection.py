"""Least squares that are linear in some variables: the reduced problem, and starts made by it.

Expected values are the plain definition (the best y by NumPy's lstsq), differences of it, and
planted factors.
"""

import numpy as np
import pytest

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.functions import Mask
from sheetsim.solver.methods.variable_projection import Separable, separable
from sheetsim.solver.model import Model
from sheetsim.solver.options import Options
from sheetsim.solver.solve_model import solve

T = np.linspace(0, 4, 25)
DATA = 2.0 * np.exp(-0.7 * T) + 0.5 * np.exp(-2.5 * T) + 0.3 + 0.01 * np.sin(17 * T)


class Exponentials:
    """a exp(-c t) + b exp(-d t) + e, in the order c, a, d, b, e."""

    y = np.array([False, True, False, True, True])

    def both(self, x: Floats) -> tuple[Floats, Floats]:
        c, a, d, b, e = x
        first, second = np.exp(-c * T), np.exp(-d * T)
        J = [-a * T * first, first, -b * T * second, second, np.ones_like(T)]
        return a * first + b * second + e - DATA, np.stack(J, axis=1)

    def known(self, some: Mask) -> bool:
        return not (some & ~self.y).any()

    def reduced(self, z: Floats) -> float:
        """The definition: the least sum of squares for z."""
        _, J = self.both(np.array([z[0], 1.0, z[1], 1.0, 1.0]))
        A = J[:, self.y]
        r = A @ np.linalg.lstsq(A, DATA, rcond=None)[0] - DATA
        return float(r @ r)


@pytest.mark.parametrize("z", [(0.7, 2.5), (0.1, 0.2), (3.0, 0.4)])
def test_the_reduced_problem_is_that_of_the_best_y(z: tuple[float, float]) -> None:
    source = Exponentials()
    found = Separable(source, source.y, ~source.y, bilinear=False)
    F, g, H = found._normal_equations(np.array([z]))
    assert F[0] == pytest.approx(source.reduced(np.array(z)), rel=1e-9)
    # Kaufman leaves out what does not count in the gradient, so 2 Jᵀr is exact.
    for i in range(2):
        step = np.eye(2)[i] * 1e-5
        there, back = source.reduced(np.array(z) + step), source.reduced(np.array(z) - step)
        assert 2 * g[0, i] == pytest.approx((there - back) / 2e-5, rel=1e-5, abs=1e-9)
    assert (np.linalg.eigvalsh(H[0]) >= -1e-9 * np.abs(H).max()).all()


def test_it_is_found_which_variables_are_linear() -> None:
    source = Exponentials()
    model = Model(np.ones(5), residuals=source.both, partly_linear=source.known)
    found = separable(Evaluator(model, Options()), source, model.start)
    assert found is not None
    assert (found.y == source.y).all()
    assert not found.bilinear
    assert found.mixed.tolist() == [True, True, True, True, False], "e is with none"


@pytest.mark.parametrize(
    "known", [None, lambda _: False, lambda _: True], ids=["unknown", "nothing", "all"]
)
def test_nothing_is_made_of_models_that_are_not_partly_linear(known: object) -> None:
    source = Exponentials()
    model = Model(np.ones(5), residuals=source.both, partly_linear=known)  # type: ignore[arg-type]
    assert separable(Evaluator(model, Options()), source, model.start) is None


def test_a_start_from_which_the_plain_search_fails() -> None:
    """Both rates negative and amplitudes of the wrong sign and size."""
    source = Exponentials()
    start = np.array([-1.0, 50.0, -2.0, -80.0, 10.0])
    found = solve(Model(start, residuals=source.both, partly_linear=source.known))
    best = source.reduced(np.array([0.7, 2.5]))
    assert found.success
    assert found.objective <= best
    near = found.variables[[0, 2]]
    assert np.sort(near) == pytest.approx([0.7, 2.5], rel=0.2)


def test_a_start_is_never_made_worse_and_bounds_hold() -> None:
    source, rng = Exponentials(), np.random.default_rng(5)
    low, high = np.array([0.0, 0.5, 0.0, -9.0, 0.0]), np.array([1.0, 1.5, 4.0, 0.0, 9.0])
    model = Model(np.ones(5), residuals=source.both, partly_linear=source.known)
    evaluator = Evaluator(model, Options())
    found = Separable(source, source.y, ~source.y, bilinear=False)
    for _ in range(20):
        x = rng.uniform(low, high)
        better = found.better(evaluator, x, low, high)
        assert (better >= low).all()
        assert (better <= high).all()
        assert np.sum(source.both(better)[0] ** 2) <= np.sum(source.both(x)[0] ** 2)


class Table:
    """u_i v_j for a full table of planted factors, and noise."""

    def __init__(self, users: int, movies: int, k: int, noise: float) -> None:
        rng = np.random.default_rng(3)
        self.shape = users, movies, k
        planted = rng.normal(size=(users, k)) @ rng.normal(size=(k, movies))
        self.table = planted + noise * rng.normal(size=(users, movies))

    def both(self, x: Floats) -> tuple[Floats, Floats]:
        users, movies, k = self.shape
        U, V = x[: users * k].reshape(users, k), x[users * k :].reshape(k, movies)
        J = np.zeros((users, movies, x.size))
        for i in range(users):
            J[i, :, i * k : (i + 1) * k] = V.T
            for f in range(k):
                J[i, np.arange(movies), users * k + f * movies + np.arange(movies)] = U[i, f]
        return (U @ V - self.table).ravel(), J.reshape(-1, x.size)

    def known(self, some: Mask) -> bool:
        users, _, k = self.shape
        return not (some[: users * k].any() and some[users * k :].any())


def test_factors_are_led_to_the_best_of_low_rank() -> None:
    """Eckart & Young 1936: what is left is the sum of the squared singular values cut off."""
    source = Table(8, 6, 2, 0.3)
    best = float((np.linalg.svd(source.table, compute_uv=False)[2:] ** 2).sum())
    n = 2 * (8 + 6)
    for seed in range(5):
        start = np.random.default_rng(seed).uniform(size=n)
        model = Model(start, residuals=source.both, partly_linear=source.known)
        found = separable(Evaluator(model, Options()), source, start)
        assert found is not None
        assert found.bilinear
        assert int(found.y.sum()) in {16, 12}
        assert solve(model).objective == pytest.approx(best, rel=1e-9)
