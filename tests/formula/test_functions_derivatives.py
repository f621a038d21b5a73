"""Functions inside compiled workbooks: gradients, blocks of cells, batches, non-smooth ones."""

from typing import Any

import numpy as np
import pytest
from formula_books import book_of

from sheetsim.formula.program import compile_book

CELLS: dict[str, Any] = {
    "A1": 0.08, "A2": 1.4, "A3": 2.3, "A4": 0.6, "A5": 3.1,
    "B1": "x", "B2": "y", "B3": "x", "B4": "y", "C1": 1.0, "C2": 2.0, "C3": 3.0, "C4": None,
}  # fmt: skip

FORMULAS = [
    "=PMT(A1/12,24,A2*100,A3)", "=IPMT(A1,2,5,A2)+PPMT(A1,3,5,A3)", "=NPV(A1,A2:A5)",
    "=NPV(A1,-5,A2:A3,A4:A5)", "=IRR(A2:A5*{-1;1;1;1})", "=RATE(24,-A2,20*A3)",
    "=XNPV(A1,A2:A5,{40000;40100;40200;41000})", "=MIRR(A2:A5*{-1;1;1;1},A1,0.1)",
    "=NORM.DIST(A2,A3,A4,TRUE)*NORM.DIST(A2,A3,A4,FALSE)", "=NORM.INV(A1,A2,A3)",
    "=LN(GAMMA.DIST(A2,A3,A4,TRUE))", "=BETA.DIST(A4,A2,A3,TRUE)", "=T.DIST.2T(A2,7)",
    "=GAMMALN(A2)+ERF(A4)", "=POISSON.DIST(3,A2,TRUE)", "=BINOM.DIST(2,9,A4,FALSE)",
    '=SUMIF(B1:B4,"x",A2:A5)^2', '=SUMIFS(A2:A5,B1:B4,"y",C1:C4,">1")*A1',
    '=AVERAGEIF(B1:B4,"x",A2:A5)^2', '=MAXIFS(A2:A5,B1:B4,"y")', "=VLOOKUP(2,C1:C3*{1,1},2)",
    "=XLOOKUP(2,C1:C4,A2:A5)^2", "=PERCENTILE.INC(A2:A5,0.3)*A1", "=LARGE(A2:A5,2)^2",
    "=FORECAST(A2,A2:A4,C1:C3)", "=SKEW(A1:A5)+KURT(A1:A5)", "=GEOMEAN(A1:A5)*HARMEAN(A2:A5)",
    "=AVEDEV(A1:A5)+STEYX(A2:A5,C1:C4)", 'SWITCH("b","a",A1,"b",A2^2)', "=SUM(SEQUENCE(3,1,A1,A2))",
    "=N(A2)*CEILING(A5,A4)", "=DDB(A2*100,A3,10,3,A5)+SYD(A2*9,A3,7,2)+SLN(A2,A3,A5)",
    "=PRICE(39493,43054,A1,A2/20,A3*40,2)+PRICE(39493,39600,A1,A4/9,A3*40,2,1)",
    "=YIELD(39493,43054,A1,90+A2,100+A3,2)", "=DURATION(39493,43054,A1,A2/20,2)",
    "=ACCRINT(39508,39691,39569,A1,A2*100,2)", "=ODDFPRICE(39763,44256,39736,39873,A1,A2/20,99,2)",
    "=DISC(39494,39614,90+A2,100+A3)*TBILLEQ(39538,39800,A1)", "=VDB(A2*100,A3,10,0.5,3)",
    "=T.TEST(A1:A5,C1:C3,2,2)", "=T.TEST(A1:A5,C1:C3,1,3)", "=T.TEST(A2:A4,C1:C3,2,1)",
    "=F.TEST(A1:A5,C1:C3)", "=Z.TEST(A1:A5,A2)", "=CHISQ.TEST(A1:A3*{2;1;1},C1:C3)",
    '=CONVERT(A2,"kg","lbm")*CONVERT(A1,"F","C")', "=BESSELJ(A2,1)*BESSELK(A3,0)-BESSELY(A5,2)",
    "=SERIESSUM(A2,A4,A1,A3:A5)", "=PERCENTOF(A2:A3,A2:A5)", "=BINOM.DIST.RANGE(9,A4,2,5)",
    "=EFFECT(A1,4)+NOMINAL(A1,4)+PDURATION(A1,A2,A3)", "=SEC(A2)+COTH(A3)+ACOT(A4)",
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_gradient_in_a_workbook(formula: str) -> None:
    """Against central differences of the program's own values."""
    content = "{" + ("" if formula.startswith("=") else "=") + formula + "}"
    book = book_of({**CELLS, "D1": content})
    program = compile_book(book, ["S!D1"], ["S!A1:A5"])
    assert not program.fallbacks
    x = np.asarray(program.start)
    value, gradient = program.value_and_gradient(x)
    assert np.isfinite(value)
    step = 1e-6
    slopes = [
        (program.values(x + step * e)[0] - program.values(x - step * e)[0]) / (2 * step)
        for e in np.eye(5)
    ]
    np.testing.assert_allclose(gradient, slopes, rtol=2e-6, atol=1e-7 * (1 + np.abs(slopes).max()))


def test_a_column_of_payments_is_one_operation() -> None:
    """2,000 loans with rates of their own: values and a gradient by all rates."""
    count = 2000
    cells: dict[str, Any] = {f"A{i}": 0.01 + 0.00005 * i for i in range(1, count + 1)}
    cells |= {f"B{i}": f"=PMT(A{i}/12,360,100000)" for i in range(1, count + 1)}
    cells["C1"] = f"=SUM(B1:B{count})"
    program = compile_book(book_of(cells), ["S!C1"], [f"S!A1:A{count}"])
    x = np.asarray(program.start)
    value, gradient = program.value_and_gradient(x)
    r = x / 12
    expected = -1e5 * r / (1 - (1 + r) ** -360)
    assert value == pytest.approx(expected.sum(), rel=1e-12)
    g = (1 + r) ** -360
    slopes = -1e5 * ((1 - g) - r * 360 * g / (1 + r)) / (1 - g) ** 2 / 12
    np.testing.assert_allclose(gradient, slopes, rtol=1e-11)


def test_criteria_in_a_block_find_their_own() -> None:
    cells: dict[str, Any] = {f"A{i}": float(i) for i in range(1, 7)}
    cells |= {f"B{i}": "abc"[i % 3] for i in range(1, 7)}
    cells |= {"D1": "a", "D2": "b", "D3": "c", "D4": "none"}
    cells |= {f"E{i}": f"=SUMIF(B$1:B$6,D{i},A$1:A$6)" for i in range(1, 5)}
    cells |= {f"F{i}": f'=VLOOKUP(D{i},{{"a",10;"b",20;"c",30}},2,FALSE)' for i in range(1, 4)}
    program = compile_book(book_of(cells), ["S!E1:E4", "S!F1:F3"], ["S!A1:A6"])
    values, jacobian = program.values_and_jacobian(np.asarray(program.start))
    assert np.asarray(values).tolist() == [9.0, 5.0, 7.0, 0.0, 10.0, 20.0, 30.0]
    dense = np.asarray(jacobian.todense() if hasattr(jacobian, "todense") else jacobian)
    letters = ["abc"[i % 3] for i in range(1, 7)]
    for row, letter in enumerate("abc"):
        assert dense[row].tolist() == [float(one == letter) for one in letters]
    assert not dense[3].any()


def test_a_choice_that_depends_on_variables_is_not_smooth() -> None:
    """`Program.smooth` names what is not smooth in the variables."""
    cells = {"A1": 1.2, "A2": 3.4, "A3": 0.5, "B1": "=LARGE(A1:A3,1)", "B2": "=PMT(A1,10,A2)",
             "B3": "=COUNTIF(A1:A3,\">1\")", "B4": "=FORECAST(A1,A1:A3,{1;2;4})"}  # fmt: skip
    smooth = {
        cell: not compile_book(book_of(cells), [f"S!{cell}"], ["S!A1:A3"]).smooth
        for cell in ("B1", "B2", "B3", "B4")
    }
    assert smooth == {"B1": False, "B2": True, "B3": False, "B4": True}


def test_an_array_of_results_has_no_wrong_derivative() -> None:
    """SUM(LARGE(range, {1, 2})) has none here: it is NaN, not something else."""
    cells = {"A1": 1.2, "A2": 3.4, "A3": 0.5, "B1": "=SUM(LARGE(A1:A3,{1,2}))"}
    program = compile_book(book_of(cells), ["S!B1"], ["S!A1:A3"])
    value, gradient = program.value_and_gradient(np.asarray(program.start))
    assert value == pytest.approx(4.6)
    assert np.isnan(gradient).all()
