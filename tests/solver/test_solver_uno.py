"""Smooth models of many variables by Uno: what it returns is tested, and nothing is believed.

Where unopy is not installed, those that need it are skipped; the others put an answer in its place.
"""

from pathlib import Path

import numpy as np
import pytest

from sheetsim.arrays import Floats
from sheetsim.solver import Constraint, Ending, Model, Result, Vectorized, solve
from sheetsim.solver.functions import SparseDerivatives
from sheetsim.solver.methods import uno
from sheetsim.sparse import from_entries

N = 150


def weights() -> Floats:
    """1, 2, 1, 2, ..."""
    return np.asarray(np.arange(N) % 2 + 1.0, dtype=float)


def sphere(dense: bool = False) -> Model:
    """min x_0 + 2 x_1 + x_2 + 2 x_3 ... where all neighbours have x_i^2 + x_(i+1)^2 = 1.

    Then the squares are p^2 and q^2 in turn, with p^2 + q^2 = 1: a minimum in one unknown.
    """
    c = weights()
    rows = np.arange(N - 1)
    at = np.concatenate([rows, rows]), np.concatenate([rows, rows + 1])

    def entries(x: Floats) -> Floats:
        return 2 * np.concatenate([x[:-1], x[1:]])

    def slopes(x: Floats) -> tuple[Floats, object]:
        return c, from_entries(*at, entries(x), (N - 1, N))

    def hessian(x: Floats, sigma: float, lam: Floats, steps: Floats) -> object:
        double = 2 * (np.append(lam, 0) + np.append(0, lam))
        return from_entries(np.arange(N), np.arange(N), double, (N, N))

    def rows_at(x: Floats) -> tuple[Floats, Floats]:
        return x[:-1] ** 2 + x[1:] ** 2 - 1, from_entries(*at, entries(x), (N - 1, N)).dense()

    return Model(
        start=np.full(N, -0.5),
        objective=Vectorized(lambda x: x @ c, lambda x: np.tile(c, (len(x), 1)), at=lambda x: (
            float(x @ c), c
        )),
        constraints=(
            Constraint(
                Vectorized(lambda x: x[:, :-1] ** 2 + x[:, 1:] ** 2 - 1, at=rows_at), "=",
                linear=False,
            ),
        ),
        sparse=None if dense else SparseDerivatives(
            slopes, 1, lambda: None, hessian  # type: ignore[arg-type]
        ),
    )  # fmt: skip


BEST = -(N / 2) * 5**0.5
"""-75 (p + 2 q) with p^2 + q^2 = 1, at its least: p = 1 / 5^0.5, q = 2 / 5^0.5."""


def test_uno_reaches_the_closed_form_and_the_result_says_that_it_did() -> None:
    pytest.importorskip("unopy", reason="unopy is not installed")
    found = solve(sphere())
    assert found.by.startswith("Uno")
    assert found.objective == pytest.approx(BEST, rel=1e-9)
    assert found.ending is Ending.OPTIMAL
    assert not found.proved


def answered(monkeypatch: pytest.MonkeyPatch, x: Floats, lam: Floats) -> Result:
    """The model solved where Uno returns this."""
    monkeypatch.setattr(uno, "is_installed", lambda: True)
    monkeypatch.setattr(uno, "package", lambda: None)
    monkeypatch.setattr(uno, "optimize", lambda *_: uno.Answer(x, lam, None, 1))
    return solve(sphere())


P, Q = -1 / 5**0.5, -2 / 5**0.5
RIGHT = np.where(np.arange(N) % 2 == 0, P, Q)


def multipliers() -> Floats:
    """c_i + 2 x_i (lam_(i-1) + lam_i) = 0 from the first on; the last then holds by itself."""
    lam, c = np.zeros(N - 1), weights()
    before = 0.0
    for i in range(N - 1):
        lam[i] = -c[i] / (2 * RIGHT[i]) - before
        before = lam[i]
    return lam


def test_a_right_answer_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    lam = multipliers()
    assert lam[0] == pytest.approx(5**0.5 / 2)
    found = answered(monkeypatch, RIGHT, lam)
    assert found.by.startswith("Uno")
    assert found.objective == pytest.approx(BEST, rel=1e-12)


@pytest.mark.parametrize(
    "what", ["misses a row", "wrong multipliers", "no number", "not a minimum"]
)
def test_a_wrong_answer_is_not_believed(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Planted: our own search takes its place, and ends where it ends by itself."""
    x, lam = RIGHT.copy(), multipliers()
    if what == "misses a row":
        x[7] += 1e-3
    elif what == "wrong multipliers":
        lam *= 1.01
    elif what == "no number":
        x[3] = np.nan
    else:
        x = np.full(N, -(0.5**0.5))
    found = answered(monkeypatch, x, lam)
    assert found.by == ""
    own = solve(sphere(dense=True))
    assert found.objective == pytest.approx(own.objective, rel=1e-8)


def test_without_it_the_own_methods_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uno, "is_installed", lambda: False)
    found = solve(sphere())
    assert found.by == ""
    assert found.objective == pytest.approx(BEST, rel=1e-6)


def test_ctrl_c_in_a_function_ends_with_the_best_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> uno.Answer:
        raise KeyboardInterrupt

    monkeypatch.setattr(uno, "is_installed", lambda: True)
    monkeypatch.setattr(uno, "package", lambda: None)
    monkeypatch.setattr(uno, "optimize", interrupted)
    assert solve(sphere()).ending is Ending.STOPPED


def test_it_is_an_extra_of_its_own() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '\nuno = ["unopy' in text


@pytest.mark.parametrize("right", [True, False])
def test_each_variable_is_measured_in_its_own_units(
    monkeypatch: pytest.MonkeyPatch, right: bool
) -> None:
    """1E9 x_0 + 1E-4 sum (x_i - 3)^2 where x_0 >= 1: beside the first slope no other is any."""

    def gradient(x: Floats) -> Floats:
        return np.append(1e9, 2e-4 * (x[1:] - 3))

    def objective(x: Floats) -> tuple[float, Floats]:
        return float(1e9 * x[0] + 1e-4 * ((x[1:] - 3) ** 2).sum()), gradient(x)

    row = from_entries(np.zeros(1, int), np.zeros(1, int), -np.ones(1), (1, N))
    H = from_entries(np.arange(N), np.arange(N), np.append(0.0, np.full(N - 1, 2e-4)), (N, N))
    model = Model(
        start=np.full(N, 3.0),
        objective=objective,
        constraints=(
            Constraint(
                Vectorized(lambda x: 1 - x[:, :1], at=lambda x: (1 - x[:1], row.dense())), "<="
            ),
        ),
        sparse=SparseDerivatives(lambda x: (gradient(x), row), 1, lambda: None, lambda *_: H),
    )
    planted = np.append(1.0, np.full(N - 1, 3.0 if right else 8.7))
    monkeypatch.setattr(uno, "is_installed", lambda: True)
    monkeypatch.setattr(uno, "package", lambda: None)
    monkeypatch.setattr(uno, "optimize", lambda *_: uno.Answer(planted, np.array([1e9]), None, 1))
    assert solve(model).by.startswith("Uno") == right
