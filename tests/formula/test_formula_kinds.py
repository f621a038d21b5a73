"""Cells that are a number at one x and a text, a boolean or an error at another."""

import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from formula_books import book_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.formula.program import Program, compile_book
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.solver.functions import Vectorized
from sheetsim.solver.model import Model
from sheetsim.solver.options import Options
from sheetsim.solver.solve_model import Engine, solve

UP, DOWN, AT = 2.0, -1.0, 1.0
ENGINES: list[Engine] = ["GRG Nonlinear", "Evolutionary"]


def program_of(cells: dict[str, Any], start: float = AT) -> Program:
    return compile_book(book_of({"A1": start, **cells}), ["S!Z1"], ["S!A1"])


# Cells, then the value and the derivative of Z1 at A1 = 2 and at A1 = -1, worked out by hand.
CASES: dict[str, tuple[dict[str, Any], tuple[float, float], tuple[float, float]]] = {
    "compared": (
        {"A2": '=IF(A1>0,A1,"neg")', "Z1": '=IF(A2="neg",100,A2^2)'}, (4, 4), (100, 0)),
    "a text in a range": (
        {"A2": '=IF(A1>0,A1,"")', "A3": 5.0, "Z1": "=SUM(A2:A3)"}, (7, 1), (5, 0)),
    "a boolean in a range": (
        {"A2": "=IF(A1>0,A1,TRUE)", "A3": 5.0, "Z1": "=SUM(A2:A3)"}, (7, 1), (5, 0)),
    "a boolean in arithmetic": (
        {"A2": "=IF(A1>0,A1,TRUE)", "Z1": "=A2*3+A1"}, (8, 4), (2, 1)),
    "no third argument": (
        {"A2": "=IF(A1>0,A1)", "A3": 5.0, "Z1": "=AVERAGE(A2:A3,A1)"}, (3, 2 / 3), (2, 1 / 2)),
    "a text in an average": (
        {"A2": '=IF(A1>0,A1,"")', "A3": 5.0, "Z1": "=AVERAGE(A2:A3)"}, (3.5, 0.5), (5, 0)),
    "counted": (
        {"A2": '=IF(A1>0,A1,"")', "A3": 5.0, "Z1": "=A1*COUNT(A2:A3)"}, (4, 2), (-1, 1)),
    "ISTEXT": (
        {"A2": '=IF(A1>0,A1,"")', "Z1": "=IF(ISTEXT(A2),A1^2,A2)"}, (2, 1), (1, -2)),
    "IFNA": (
        {"A2": "=IF(A1>0,A1,NA())", "A3": "=A2*2", "Z1": "=IFNA(A3,7*A1)"}, (4, 2), (-7, 7)),
    "IFERROR of arithmetic with a text": (
        {"A2": '=IF(A1>0,A1,"")', "Z1": "=IFERROR(A2^2,A1*3)"}, (4, 4), (-3, 3)),
    "out of CHOOSE's values": (
        {"A2": "=CHOOSE(A1,1,A1)", "Z1": "=IFERROR(A2*4,A1)"}, (8, 4), (-1, 1)),
    "far behind": (
        {"A2": '=IF(A1>0,A1,"")', "A3": "=A2", "B1": "=A3", "B2": 4.0, "B3": "=SUMSQ(B1:B2)",
         "Z1": "=B3/COUNT(B1:B2)"}, (10, 2), (16, 0)),
    "products of pairs": (
        {"A2": '=IF(A1>0,A1,"")', "A3": 5.0, "B2": 3.0, "B3": 2.0,
         "Z1": "=SUMPRODUCT(A2:A3,B2:B3)"}, (16, 3), (10, 0)),
    "a reference to a blank is a number": (
        {"A2": "=IF(A1>0,A1,B9)", "A3": 5.0, "Z1": "=COUNT(A2:A3)+A2"}, (4, 1), (2, 0)),
    "rows of one formula": (
        {"B1": 1.0, "B2": 0.0, "B3": -3.0,
         **{f"C{r}": f'=IF(A1>B{r},A1*{r},"")' for r in (1, 2, 3)},
         "Z1": "=SUM(C1:C3)*COUNT(C1:C3)"}, (36, 18), (-3, 3)),
    "a recurrence": (
        {"B1": "=A1", **{f"B{r}": f'=IF(N(B{r - 1})>0,B{r - 1}+A1,"")' for r in range(2, 8)},
         "Z1": "=SUM(B1:B7)"}, (56, 28), (-1, 1)),
}  # fmt: skip
each = pytest.mark.parametrize(("cells", "up", "down"), CASES.values(), ids=CASES)


@each
@pytest.mark.parametrize("start", [AT, UP, DOWN])
def test_one_x_after_the_other(cells: dict[str, Any], up: Any, down: Any, start: float) -> None:
    expected = {UP: up, DOWN: down}
    program = program_of(cells, start)
    for x in (DOWN, UP, UP, DOWN, DOWN, UP):
        value, slope = expected[x]
        assert program.values(np.array([x])) == pytest.approx([value], rel=1e-14)
        f, g = program.value_and_gradient(np.array([x]))
        assert (f, *g) == pytest.approx((value, slope), rel=1e-14)
        assert program.jacobian(np.array([x])) == pytest.approx(np.array([[slope]]), rel=1e-14)


@each
@pytest.mark.parametrize("start", [AT, UP, DOWN])
def test_many_x_at_once(cells: dict[str, Any], up: Any, down: Any, start: float) -> None:
    program = program_of(cells, start)
    x = np.array([[UP], [DOWN], [UP], [DOWN]])
    expected = np.array([up, down, up, down])
    np.testing.assert_allclose(program.values(x)[:, 0], expected[:, 0], rtol=1e-14)
    f, g = program.value_and_gradient(x)
    np.testing.assert_allclose(f, expected[:, 0], rtol=1e-14)
    np.testing.assert_allclose(g[:, 0], expected[:, 1], rtol=1e-14)
    np.testing.assert_allclose(program.jacobian(x)[:, 0, 0], expected[:, 1], rtol=1e-14)
    for i in range(4):
        np.testing.assert_array_equal(program.values(x[i]), program.values(x)[i])


def test_two_changes_that_are_seen_one_by_one() -> None:
    cells = {
        "A2": '=IF(A1>0,A1,"")', "A3": "=IF(A1<4,A1,TRUE)", "A4": "=IF(A1<>3,A1,NA())",
        "Z1": "=IFERROR(SUM(A2:A4),-7)",
    }  # fmt: skip
    expected = {2.0: 6.0, -1.0: -2.0, 5.0: 10.0, 3.0: -7.0}
    for order in permutations(expected):
        program = program_of(cells)
        for x in (*order, *order):
            assert program(np.array([x])) == expected[x], order
    points = np.array(list(expected))[:, None]
    np.testing.assert_array_equal(program_of(cells)(points), list(expected.values()))


def test_a_division_by_zero_leaves_no_trace() -> None:
    program = program_of({"A2": "=1/A1", "A3": 5.0, "Z1": "=IFERROR(SUM(A2:A3),-1)"})
    for x, value in ((2.0, 5.5), (0.0, -1.0), (4.0, 5.25), (0.0, -1.0)):
        assert program(np.array([x])) == value
    np.testing.assert_array_equal(program(np.array([[2.0], [0.0], [4.0]])), [5.5, -1.0, 5.25])


def test_what_one_x_gave_is_not_kept_for_the_next() -> None:
    program = program_of(
        {"A2": '=IF(A1>0,A1,"")', "A3": '=A2&"!"', "Z1": '=MATCH(A3,{"!","2!","3!"},0)'}
    )
    assert [program(np.array([x])) for x in (2.0, -1.0, 3.0)] == [2.0, 1.0, 3.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_solver_over_a_change_of_type(engine: Engine) -> None:
    cells = {"A2": '=IF(A1>2,A1,"")', "A3": 5.0, "Z1": "=(SUM(A2:A3)-4)^2+(A1-1)^2"}
    program = program_of(cells, 3.0)
    model = Model(
        start=program.start,
        objective=Vectorized(
            program, at=lambda x: (program.values(x)[0], program.value_and_gradient(x)[1])
        ),
        lower=np.array([-5.0]),
        upper=np.array([5.0]),
    )
    found = solve(model, Options(), engine)
    assert found.objective == pytest.approx(1.0, abs=1e-5)
    assert found.variables == pytest.approx([1.0], abs=1e-2)


@pytest.mark.parametrize(
    "cells",
    [
        {"B1": "=(A1-1)^2", "B2": '=IF(A1>2,(A1-5)^2,"")', "Z1": "=SUM(B1:B2)"},
        {"B1": "=A1-1", "B2": '=IF(A1>0,A1-5,"")', "Z1": "=SUMSQ(B1:B2)"},
        {"B1": "=A1-1", "B2": '=IF(A1<0,A1-5,"")', "Z1": "=SQRT(SUMSQ(B1:B2))"},
        {"B1": "=A1-1", "B2": '=IFERROR(A1-5,"")', "B3": "=B2", "Z1": "=SUMSQ(B1:B3)"},
        {"B1": "=A1-1", "B2": "=CHOOSE(A1,A1,TRUE)", "Z1": "=SUMPRODUCT(B1:B2,B1:B2)"},
        {"B1": "=(A1-1)^2", "B2": "=IF(A1>2,A1)", "Z1": "=AVERAGE(B1:B2)"},
    ],
)
def test_no_sum_of_squares_with_terms_that_come_and_go(cells: dict[str, Any]) -> None:
    assert program_of(cells).sum_of_squares is None


@pytest.mark.parametrize(
    "cells",
    [
        {"B1": "=A1-1", "B2": "=IF(A1>2,A1-5,2*A1)", "Z1": "=SUMSQ(B1:B2)"},
        {"B1": "=A1-1", "C1": "", "B2": '=IF(C1="","",A1-5)', "Z1": "=SUMSQ(B1:B2)"},
        {"B1": "=A1-1", "B2": "=CHOOSE(2,A1,A1-3)", "Z1": "=SUMXMY2(B1:B2,{1;4})"},
        {"B1": "=(IFERROR(A1,0)-1)^2", "B2": 3.0, "Z1": "=AVERAGE(B1:B2)"},
    ],
)
def test_a_sum_of_squares_whose_terms_stay(cells: dict[str, Any]) -> None:
    program = program_of(cells)
    squares = program.sum_of_squares
    assert squares is not None
    for x in (np.array([UP]), np.array([DOWN])):
        total = float((squares.residuals(x) ** 2).sum())
        assert squares.report(np.array(total)) == pytest.approx(program(x))


NUMBERS = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0])
WORDS = st.sampled_from(['""', '"neg"', "TRUE", "FALSE", "NA()", "7"])


@st.composite
def books(draw: st.DrawFn) -> dict[str, str]:
    """Formulas in B1:B6, each of cells above it and of the variables A1:A3, and Z1."""
    cells: dict[str, str] = {}
    for row in range(1, 7):
        single = st.sampled_from(["A1", "A2", "A3", *cells, *cells])
        value = st.one_of(single, single, st.sampled_from(["0", "1.5", "-2"]))
        sign = st.sampled_from(["<", ">", "<=", ">=", "=", "<>"])
        ranges = st.sampled_from(
            ["A1:A3", *(f"B{a}:B{b}" for b in range(1, row) for a in range(1, b + 1))]
        )
        u, v, w, word = draw(value), draw(value), draw(value), draw(WORDS)
        test = draw(single) + draw(sign) + draw(st.one_of(value, WORDS))
        area = draw(ranges)
        cells[f"B{row}"] = draw(
            st.sampled_from(
                [
                    f"=IF({test},{v},{word})", f"=IF({test},{word},{v})", f"=IF({test},{v})",
                    f"=IFERROR({v},{word})", f"=IFERROR({v}/{w},{word})", f"=IFNA({v},{u})",
                    f"=CHOOSE({v},{w},{word},{u})", f"=CHOOSE(IF({test},1,2),{word},{v})",
                    f"={test}", f"={v}+{w}", f"={v}*{w}", f"={v}", f"={v}/{w}", f"={v}^2",
                    f"=SUM({area})", f"=AVERAGE({area})", f"=COUNT({area})", f"=SUM({area},{v})",
                    f"=MAX({area})", f"=SUMSQ({area})*{v}", f"=SUMPRODUCT({area},{area})",
                    f"=IF(ISTEXT({v}),{w},{u})", f"=IF(ISNUMBER({v}),{v},{u})", f"=N({v})",
                    f'=IF({v}="",{w},{u})', f"=COUNTA({area})", f"=SUMIF({area},\">0\")",
                ]
            )
        )  # fmt: skip
    cells["Z1"] = draw(
        st.sampled_from(["=SUM(B1:B6)", "=AVERAGE(B1:B6)", "=COUNT(B1:B6)*A1+B6", "=B6",
                         "=SUM(A1:B6)", '=IFERROR(B6,0)+SUM(B4:B5)*2', "=SUMSQ(B3:B6)"])
    )  # fmt: skip
    return cells


def expected(cells: dict[str, str], x: list[float]) -> tuple[float, Any]:
    """The value of Z1, of the cells as they are; the gradient of a program made of them."""
    book = book_of({**dict(zip(("A1", "A2", "A3"), x, strict=True)), **cells})
    value = evaluate(book).values["S"][0, 25]
    number = float(value) if isinstance(value, float | bool) else math.nan
    program = compile_book(book, ["S!Z1"], ["S!A1:A3"])
    np.testing.assert_allclose(program(program.start), number, rtol=1e-12)
    return number, program.value_and_gradient(program.start)[1]


@settings(max_examples=60, deadline=None)
@given(books(), st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=2, max_size=4))
def test_any_x_is_as_compiled_there(cells: dict[str, str], points: list[list[float]]) -> None:
    program = compile_book(
        book_of({"A1": 1.0, "A2": 2.0, "A3": 3.0, **cells}), ["S!Z1"], ["S!A1:A3"]
    )
    x = np.array(points)
    found = [expected(cells, point) for point in points]
    values = np.array([value for value, _ in found])
    for one, value in zip(x, values, strict=True):
        np.testing.assert_allclose(program(one), value, rtol=1e-12)
    np.testing.assert_allclose(program(x), values, rtol=1e-12)
    f, g = program.value_and_gradient(x)
    np.testing.assert_allclose(f, values, rtol=1e-12)
    for i, (value, slopes) in enumerate(found):
        if math.isfinite(value):
            np.testing.assert_allclose(g[i], slopes, rtol=1e-12)
            np.testing.assert_allclose(program.value_and_gradient(x[i])[1], slopes, rtol=1e-12)
