"""In which variables residuals are known to be linear while the others are held.

Held against second differences of the residuals: what is called linear has none.
"""

import numpy as np
import pytest
from formula_books import book_of

from sheetsim.formula.program import compile_book

CASES = [
    # residual in A, B, C; the sets that are known to be linear, and some that are not
    ("A1*EXP(-B1)-3+C1", ["A", "C", "AC"], ["B", "AB", "ABC"]),
    ("A1*B1+C1", ["A", "B", "C", "AC", "BC"], ["AB", "ABC"]),
    ("(A1+2*C1)/(1+B1^2)", ["A", "C", "AC"], ["B"]),
    ("SUMPRODUCT(A1:B1,B1:C1)", ["A", "C"], ["B", "AB"]),
    ("MMULT(A1:B1,B1:B2)-1", ["A"], ["B"]),
    ("IF(B1>0,A1,-A1)+C1", ["A", "C", "AC"], ["B"]),
    ("MAX(A1,C1)*B1", ["B"], ["A", "C"]),
    ("2*A1-B1+C1/4-7", ["A", "B", "C", "AB", "ABC"], []),
    ("AVERAGE(A1:C1)*C1", ["A", "B", "AB"], ["C"]),
    ("POWER(B1,2)+A1*ABS(C1)", ["A"], ["B", "C"]),
]


@pytest.mark.parametrize(("residual", "linear", "bent"), CASES)
def test_linear_in_some(residual: str, linear: list[str], bent: list[str]) -> None:
    cells = {"A1": 1.0, "B1": 2.0, "C1": 3.0, "B2": 4.0, "E1": f"={residual}", "E2": "=A1-B1*C1"}
    cells["F1"] = "=SUMSQ(E1)"
    program = compile_book(book_of(cells), ["S!F1"], ["S!A1", "S!B1", "S!C1"])
    squares = program.sum_of_squares
    assert squares is not None
    rng = np.random.default_rng(1)
    for some in linear:
        mask = np.array([name in some for name in "ABC"])
        assert squares.is_linear_in(mask), some
        x, d = rng.uniform(1, 2, (2, 3))
        line = x + np.array([-1.0, 0.0, 1.0])[:, None] * np.where(mask, d, 0.0)
        r = squares.residuals(line)
        assert np.abs(r[0] - 2 * r[1] + r[2]).max() <= 1e-12
    for some in bent:
        assert not squares.is_linear_in(np.array([name in some for name in "ABC"])), some
