"""LET, LAMBDA and what goes through arrays with one: values by definition, and derivatives."""

import numpy as np
import pytest
from formula_books import book_of, value_of

from sheetsim.book import CellError, DefinedName, Value
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.dependents import find_dependents
from sheetsim.formula.recalc.evaluate import evaluate

NAMES = (
    DefinedName("DOUBLE", None, hidden=False, text="_xlfn.LAMBDA(_xlpm.x,_xlpm.x*2)"),
    DefinedName("FACTO", None, hidden=False, text="LAMBDA(n,IF(n<2,1,n*FACTO(n-1)))"),
    DefinedName("RATE_OF", None, hidden=False, text="LAMBDA(x,x*S!$A$2)"),
)
CELLS: dict[str, Value] = {"A1": 1.0, "A2": 2.0, "A3": 4.0, "B1": 10.0, "B2": 20.0, "B3": 30.0}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("_xlfn.LET(_xlpm.x,A1+1,_xlpm.x*_xlpm.x)", 4.0),
        ("LET(x,2,y,x+1,LET(x,10,x+y))", 13.0),
        ("LET(r,A1:A3,SUM(r)/COUNT(r))", 7 / 3),
        ("LET(x,A1:A3,ROWS(x))", 3.0),
        ("SUM(LET(x,FILTER(A1:A3,A1:A3>1),x*2))", 12.0),
        ("LAMBDA(x,x+1)(3)", 4.0),
        ("(LAMBDA(x,x*2))(4)", 8.0),
        ("LET(f,LAMBDA(x,y,x*y),f(3,4))", 12.0),
        ("LET(a,3,f,LAMBDA(x,x*a),a,5,f(2))", 6.0),
        ("DOUBLE(DOUBLE(A3))+1", 17.0),
        ("RATE_OF(5)", 10.0),
        ("SUM(MAP(A1:A3,LAMBDA(x,x^2)))", 21.0),
        ("SUM(MAP(A1:A3,B1:B3,LAMBDA(a,b,a*b)))", 170.0),
        ("SUM(MAP(A1:A3,LAMBDA(x,INDEX(B1:B3,MATCH(x,A1:A3,0)))))", 60.0),
        ("SUM(MAP(A1:A3,LAMBDA(x,SUM(MAP(B1:B3,LAMBDA(y,x*y))))))", 420.0),
        ("SUM(MAP(A1:A3,DOUBLE))", 14.0),
        ("SUM(MAP({1,2},{1;2},LAMBDA(a,b,a+b)))", 12.0),
        ("REDUCE(0,A1:A3,LAMBDA(s,x,s+x))", 7.0),
        ('REDUCE("",{"a","b"},LAMBDA(s,x,s&x))', "ab"),
        ("SUM(SCAN(0,A1:A3,LAMBDA(s,x,s+x)))", 11.0),
        ("INDEX(SCAN(1,A1:A3,LAMBDA(s,x,s*x)),3)", 8.0),
        ("SUM(BYROW(A1:B3,LAMBDA(r,MAX(r))))", 60.0),
        ("ROWS(BYROW(A1:B3,LAMBDA(r,MAX(r))))", 3.0),
        ("SUM(BYCOL(A1:B3,LAMBDA(c,MAX(c))))", 34.0),
        ("SUM(BYROW(A1:B3,_xleta.SUM))", 67.0),
        ("SUM(MAKEARRAY(2,3,LAMBDA(r,c,r*c)))", 18.0),
        ("SUM(MAKEARRAY(2,2,LAMBDA(r,c,SUM(MAKEARRAY(r,c,LAMBDA(i,j,i+j))))))", 24.0),
        ("LET(k,A2,SUM(MAP(SEQUENCE(k),LAMBDA(i,i*k))))", 6.0),
        ("LAMBDA(x,x)", CellError("#CALC!")),
        ("LAMBDA(x,x)(1,2)", CellError("#VALUE!")),
        ("LET(x,1,y)", CellError("#NAME?")),
        ("SUM(MAP(A1:A3,LAMBDA(x,A1:A2)))", CellError("#CALC!")),
        ("SUM(MAP(A1:A3,LAMBDA(a,b,a)))", CellError("#VALUE!")),
        ("SUM(MAKEARRAY(0,1,LAMBDA(r,c,1)))", CellError("#VALUE!")),
        ("LET(x,1/0,IFERROR(x,7))", 7.0),
        ("LAMBDA(x,_xlop.y,IF(ISOMITTED(_xlop.y),x,x+_xlop.y))(5)", 5.0),
        ("LAMBDA(x,_xlop.y,IF(ISOMITTED(_xlop.y),x,x+_xlop.y))(5,)", 5.0),
        ("LAMBDA(x,_xlop.y,IF(ISOMITTED(_xlop.y),x,x+_xlop.y))(5,A2)", 7.0),
        ("LET(f,LAMBDA(_xlop.x,_xlop.y,_xlop.x+_xlop.y+1),f()+f(2)+f(2,3))", 10.0),
        ("LAMBDA(x,_xlop.y,x)()", CellError("#VALUE!")),
        ("LAMBDA(x,ISOMITTED(x))(B9)", False),
    ],
)
def test_values(formula: str, value: Value) -> None:
    assert value_of("=" + formula, CELLS, names=NAMES) == value


def test_rows_of_one_formula_have_their_own_sizes() -> None:
    cells = {**CELLS, **{f"D{r}": f"=SUM(MAP(SEQUENCE(A{r}),LAMBDA(i,i*B{r})))" for r in (1, 2, 3)}}
    found = evaluate(book_of(cells)).values["S"]
    assert [found[r, 3] for r in range(3)] == [10.0, 60.0, 300.0]


def test_derivatives_go_through() -> None:
    """Of the root of a sum of squares, and of a product, by their closed forms."""
    formula = (
        "=LET(s,SUM(MAP(A1:A3,B1:B3,LAMBDA(a,b,(a-b)^2))),SQRT(s))+REDUCE(1,A1:A3,LAMBDA(p,x,p*x))"
    )
    program = compile_book(book_of({**CELLS, "Z1": formula}), ["S!Z1"], ["S!A1:A3"])
    assert not program.fallbacks
    x, b = np.array([1.5, 2.5, 3.5]), np.array([10.0, 20.0, 30.0])
    value, slopes = program.value_and_gradient(x)
    distance = np.sqrt(((x - b) ** 2).sum())
    assert value == pytest.approx(distance + x.prod(), rel=1e-14)
    np.testing.assert_allclose(slopes, (x - b) / distance + x.prod() / x, rtol=1e-13)
    several = program.values(np.stack([x, 2 * x]))
    assert several[0, 0] == pytest.approx(float(value), rel=1e-14)


def test_what_they_read_is_known() -> None:
    cells = {**CELLS, "Z1": "=LET(x,A1,SUM(MAP(B1:B3,LAMBDA(y,x*y))))", "Z2": "=RATE_OF(1)"}
    book = book_of(cells, names=NAMES)
    assert find_dependents(book, [("S", (1, 1))]).cells == [("S", (0, 25))]
    assert find_dependents(book, [("S", (1, 0))]).cells == [("S", (1, 25))]


def test_what_is_not_unrolled_is_named() -> None:
    cells = {**CELLS, "Z1": "=FACTO(3)", "Z2": "=SUM(MAP(A1:A3,LAMBDA(x,SUM(OFFSET(B1,0,0,x)))))",
             "Z3": "=SUM(MAP(SEQUENCE(30000),LAMBDA(x,x)))"}  # fmt: skip
    why = evaluate(book_of(cells, names=NAMES)).unsupported
    assert why == {
        ("S", (0, 25)): "FACTO, a LAMBDA that calls itself",
        ("S", (1, 25)): "OFFSET of a parameter of a LAMBDA",
        ("S", (2, 25)): "MAP of more than 20,000 elements",
    }
