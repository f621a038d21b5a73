"""Which formulas are polynomials of degree 2, and their second derivatives.

Held against closed forms, and against differences of exact gradients.
"""

import numpy as np
import pytest
from formula_books import book_of

from sheetsim.formula.autodiff import tape
from sheetsim.formula.autodiff.sparsity import Dependence, Pattern
from sheetsim.formula.functions import TABLE
from sheetsim.formula.program import Program, compile_book

N = 4
S = np.array([[4.0, 1, 0, 2], [1, 3, 0.5, 0], [0, 0.5, 5, 1], [2, 0, 1, 6]])
W = np.array([1.0, 2.0, 3.0, 4.0])
E = np.eye(N)
CENTRED = E - 1 / N
STEPS = np.diff(E, axis=0)


def compiled(formula: str, **more: object) -> Program:
    """The formula in S!Z1; x in A1:A4, S in C1:F4, W in H1:H4, x - W in J1:J4, sums of x in K."""
    cells: dict[str, object] = {f"A{i + 1}": float(i) for i in range(N)}
    for i in range(N):
        cells |= {f"{'CDEF'[j]}{i + 1}": S[i, j] for j in range(N)}
        cells |= {f"H{i + 1}": W[i], f"J{i + 1}": f"=A{i + 1}-H{i + 1}"}
        cells |= {f"K{i + 1}": f"=SUM(A$1:A{i + 1})"}
    cells |= {"Z1": f"={formula}", **more}
    return compile_book(book_of(cells), ["S!Z1"], ["S!A1:A4"])


QUADRATIC = [
    ("SUMPRODUCT(MMULT(C1:F4,A1:A4),A1:A4)", 2 * S),
    ("MMULT(TRANSPOSE(A1:A4),MMULT(C1:F4,A1:A4))", 2 * S),
    ("SUMPRODUCT(C1:F4*A1:A4*TRANSPOSE(A1:A4))", 2 * S),
    ("SUMSQ(A1:A4)", 2 * E),
    ("SUMSQ(J1:J4)/2+SUM(A1:A4)*3+1E9", E),
    ("SUMXMY2(A1:A4,H1:H4)", 2 * E),
    ("SUMX2MY2(A1:A2,A3:A4)", 2 * np.diag([1, 1, -1, -1])),
    ("SUMPRODUCT(A1:A4,A1:A4,H1:H4)", 2 * np.diag(W)),
    ("SUMPRODUCT((A2:A4-A1:A3)^2)", 2 * STEPS.T @ STEPS),
    ("SUMPRODUCT(K1:K4,J1:J4)", np.tri(N) + np.tri(N).T),
    ("A1*A2-3*A3^2+7*A4+POWER(A1+A4,2)", [[2, 1, 0, 2], [1, 0, 0, 0], [0, 0, -6, 0], [2, 0, 0, 2]]),
    ("(A1+2*A2)*(A3-A4)", [[0, 0, 1, -1], [0, 0, 2, -2], [1, 2, 0, 0], [-1, -2, 0, 0]]),
    ("DEVSQ(A1:A4)", 2 * CENTRED),
    ("VAR(A1:A4)*10", 20 * CENTRED / 3),
    ("VARP(J1:J4)", 2 * np.cov(E, bias=True)),
    ("COVARIANCE.P(A1:A4,J1:J4)", 2 * CENTRED / 4),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "right"), QUADRATIC)
def test_a_quadratic_has_its_coefficients(formula: str, right: object) -> None:
    program = compiled(formula)
    assert program.degrees(N) == (2,)
    found = program.quadratic_hessian(np.zeros(N), N)
    assert found is not None
    np.testing.assert_allclose(found.dense(), np.array(right), rtol=1e-15, atol=1e-15)


MORE = ["A1^3", "A1*A2*A3", "SUMPRODUCT(A1:A4,A1:A4,A1:A4)", "EXP(A1)", "A1/A2", "2^A1", "SQRT(A1)"]
MORE += ["SUMSQ(A1:A4)^2", "STDEV(A1:A4)", "ABS(A1)*1", "IF(A1>0,A2,A3)", "A1^2.5", "A1^A2"]


@pytest.mark.parametrize("formula", MORE)
def test_other_formulas_are_none(formula: str) -> None:
    assert compiled(formula).degrees(N) == (3,)


def test_what_is_held_counts_as_a_constant() -> None:
    program = compiled("A1*A4^3+A2*A4*A1")
    assert program.degrees(4) == (3,)
    assert program.degrees(3) == (2,)
    found = program.quadratic_hessian(np.array([0, 0, 0, 5.0]), 3)
    assert found is not None
    np.testing.assert_array_equal(found.dense(), [[0, 5, 0], [5, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].quadratic is not None])
def test_declared_quadratic_is_quadratic(name: str) -> None:
    """The third difference along a line in all arguments is 0; of ^, the exponent is 2."""
    form = {"^": "A1:A2^2", "POWER": "POWER(A1:A2,2)"}.get(name, f"{name}(A1:A2")
    two = TABLE[name].least == 2
    formula = form if ")" in form or "^" in form else f"{form}{',A3:A4' if two else ''})"
    program = compiled(f"SUMPRODUCT({formula})")
    x, d = np.array([0.3, 1.7, -0.4, 2.2]), np.array([1.0, -0.5, 0.7, 0.2])
    f = program(x + np.arange(4.0)[:, None] * d)
    assert f[3] - 3 * f[2] + 3 * f[1] - f[0] == pytest.approx(0.0, abs=1e-13)


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].by_places])
def test_declared_by_places_has_no_products_of_two_places(name: str) -> None:
    two = "A1:A2,A3:A4" if TABLE[name].least == 2 or name == "SUMPRODUCT" else "A1:A4"
    program = compiled(f"{name}({two})")
    x = np.array([0.3, 1.7, -0.4, 2.2])
    for i, j in ((0, 1), (2, 3), (0, 3), (1, 2)):
        both = [x, x + E[i], x + E[j], x + E[i] + E[j]]
        f = program(np.stack(both))
        assert f[0] - f[1] - f[2] + f[3] == pytest.approx(0.0, abs=1e-13)


NONLINEAR = {
    "B1:B4": "=SIN(A1)*A1",
    "Z2": "=EXP(A1/9)+A2*A3",
    "Z3": "=SUMPRODUCT(B1:B4,H1:H4)",
    "Z4": "=MAX(A1:A4)",
    "Z5": "=SUM(B1:B4)*K2",
    "Z6:Z7": "{=MMULT(C1:F2,A1:A4^3)}",
    "Z8": "=SQRT(SUMSQ(J2:J3)+1)",
    "Z9": "=A1+A2",
}


def test_second_derivatives_of_a_weighted_sum_are_those_of_dense_differences() -> None:
    cells: dict[str, object] = {f"A{i + 1}": 0.5 + i for i in range(N)}
    for i in range(N):
        cells |= {f"{'CDEF'[j]}{i + 1}": S[i, j] for j in range(N)}
        cells |= {f"H{i + 1}": W[i], f"J{i + 1}": f"=A{i + 1}-H{i + 1}"}
        cells |= {f"K{i + 1}": f"=SUM(A$1:A{i + 1})"}
    program = compile_book(book_of({**cells, **NONLINEAR}), ["S!Z2:Z9"], ["S!A1:A4"])
    rng = np.random.default_rng(6)
    for _ in range(3):
        x, weights = rng.uniform(0.5, 4.0, N), rng.normal(size=8)
        found = program.hessian(x, weights, np.full(N, 1e-7))
        assert found is not None
        slopes = program.jacobian(np.stack([x + 1e-5 * E, x - 1e-5 * E], 0).reshape(-1, N))
        dense = np.einsum("m,smj->sj", weights, slopes)
        dense = (dense[:N] - dense[N:]) / 2e-5
        np.testing.assert_allclose(found.dense(), dense, atol=2e-5)


def test_pairs_that_a_pattern_misses_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted bug: only the variable itself."""

    def own(calls: object, registers: object, known: Dependence) -> Pattern:
        return Pattern(np.arange(known.size + 1), np.arange(known.size), known.size)

    monkeypatch.setattr(tape, "interactions", own)
    found = compiled("SUMPRODUCT(MMULT(C1:F4,A1:A4),A1:A4)").quadratic_hessian(np.zeros(N), N)
    assert found is not None
    assert not np.array_equal(found.dense(), 2 * S)


def test_a_chain_of_squares_takes_few_directions() -> None:
    """(x_(i+1) - x_i)^2, each in a cell, a hundred of them: two colours or three, not a hundred."""
    cells: dict[str, object] = {f"A{i}": 0.0 for i in range(1, 102)}
    cells |= {f"B{i}": f"=(A{i + 1}-A{i})^2" for i in range(1, 101)}
    cells["C1"] = "=SUM(B1:B100)"
    program = compile_book(book_of(cells), ["S!C1"], ["S!A1:A101"])
    found = program.quadratic_hessian(np.zeros(101), 101)
    assert found is not None
    steps = np.diff(np.eye(101), axis=0)
    np.testing.assert_array_equal(found.dense(), 2 * steps.T @ steps)
    assert found.values.size == 3 * 101 - 2
    directions = program._directions
    assert directions is not None
    assert directions[1].max() == 2
