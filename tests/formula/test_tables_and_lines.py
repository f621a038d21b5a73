"""Database functions, lines of least squares, arrays laid out anew, and what a reference is.

Values are those of Microsoft's documentation of each function (as many digits as it prints), of
NumPy's `lstsq`, or by definition.
"""

from typing import Any

import numpy as np
import pytest
from formula_books import book_of, value_of

from sheetsim.book import CellError, Value
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.evaluate import evaluate

ORCHARD: tuple[tuple[Any, ...], ...] = (
    ("Tree", "Height", "Age", "Yield", "Profit"),
    ("Apple", 18, 20, 14, 105), ("Pear", 12, 12, 10, 96), ("Cherry", 13, 14, 9, 105),
    ("Apple", 14, 15, 10, 75), ("Pear", 9, 8, 8, 77), ("Apple", 8, 9, 6, 45),
)  # fmt: skip
CRITERIA: tuple[tuple[Any, ...], ...] = (
    ("Tree", "Height", "Age", "Yield", "Profit", "Height"),
    ('="=Apple"', ">10", None, None, None, "<16"),
    ('="=Pear"', None, None, None, None, None),
)


def grid(rows: tuple[tuple[Any, ...], ...], first: int) -> dict[str, Any]:
    """Cells from column A on, the first row numbered so."""
    return {
        f"{'ABCDEF'[c]}{first + r}": float(one) if isinstance(one, int) else one
        for r, row in enumerate(rows)
        for c, one in enumerate(row)
        if one is not None
    }


TREES = grid(CRITERIA, 1) | grid(ORCHARD, 5)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ('DSUM(A5:E11,"Profit",A1:A2)', 225), ('DSUM(A5:E11,"Profit",A1:F3)', 248),
        ('DPRODUCT(A5:E11,"Yield",A1:F3)', 800), ('DAVERAGE(A5:E11,"Yield",A1:B2)', 12),
        ("DAVERAGE(A5:E11,3,A5:E11)", 13), ('DSTDEV(A5:E11,"Yield",A1:A3)', 2.96648),
        ('DSTDEVP(A5:E11,"Yield",A1:A3)', 2.6533), ('DVAR(A5:E11,"Yield",A1:A3)', 8.8),
        ('DVARP(A5:E11,"Yield",A1:A3)', 7.04), ('DMIN(A5:E11,"Profit",A1:F3)', 75),
        ('DMAX(A5:E11,"Profit",A1:F3)', 96), ('DCOUNT(A5:E11,"Age",A1:F2)', 1),
        ('DCOUNTA(A5:E11,"Profit",A1:F2)', 1), ('DGET(A5:E11,"Yield",A1:F2)', 10),
        ("DSUM(A5:E11,5,A1:A2)", 225), ("DCOUNT(A5:E11,,A1:A2)", 3),
        ('DGET(A5:E11,"Yield",A1:A3)', CellError("#NUM!")),
        ('DSUM(A5:E11,"None",A1:A2)', CellError("#VALUE!")),
        ('DSUM(#REF!,"Profit",A1:A2)', CellError("#REF!")),
    ],
)  # fmt: skip
def test_databases(formula: str, value: float | CellError) -> None:
    found = value_of("=" + formula, TREES)
    assert found == (value if isinstance(value, CellError) else pytest.approx(value, rel=2e-6))


def test_a_text_means_what_begins_with_it() -> None:
    cells = {**TREES, "H1": "Tree", "H2": "App", "I1": "Tree", "I2": '="=App"'}
    assert value_of('=DCOUNTA(A5:E11,"Tree",H1:H2)', cells) == 3.0
    assert value_of('=DCOUNTA(A5:E11,"Tree",I1:I2)', cells) == 0.0


OFFICES: tuple[tuple[Any, ...], ...] = (
    (2310, 2, 2, 20, 142000), (2333, 2, 2, 12, 144000), (2356, 3, 1.5, 33, 151000),
    (2379, 3, 2, 43, 150000), (2402, 2, 3, 53, 139000), (2425, 4, 2, 23, 169000),
    (2448, 2, 1.5, 99, 126000), (2471, 2, 2, 34, 142900), (2494, 3, 3, 23, 163000),
    (2517, 4, 4, 55, 169000), (2540, 2, 3, 22, 149000),
)  # fmt: skip
FIT = "LINEST(E1:E11,A1:D11,TRUE,TRUE)"
UNITS = "{33100;47300;69000;102000;150000;220000},{11;12;13;14;15;16}"


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (f"INDEX({FIT},1,1)", -234.2371645), (f"INDEX({FIT},1,2)", 2553.21066),
        (f"INDEX({FIT},1,3)", 12529.76817), (f"INDEX({FIT},1,4)", 27.64138737),
        (f"INDEX({FIT},1,5)", 52317.83051), (f"INDEX({FIT},2,1)", 13.26801148),
        (f"INDEX({FIT},2,2)", 530.6691519), (f"INDEX({FIT},2,3)", 400.0668382),
        (f"INDEX({FIT},2,4)", 5.429374042), (f"INDEX({FIT},2,5)", 12237.3616),
        (f"INDEX({FIT},3,1)", 0.996747993), (f"INDEX({FIT},3,2)", 970.5784629),
        (f"INDEX({FIT},4,1)", 459.7536742), (f"INDEX({FIT},4,2)", 6),
        (f"INDEX({FIT},5,1)", 1732393319), (f"INDEX({FIT},5,2)", 5652135.316),
        (f"INDEX({FIT},3,3)", CellError("#N/A")), ("INDEX(LINEST({1,9,5,7},{0,4,2,3}),1)", 2),
        ("INDEX(LINEST({1,9,5,7},{0,4,2,3},,FALSE),2)", 1),
        ("SUM(LINEST({3100;4500;4400;5400;7500;8100})*{9,1})", 11000),
        (f"INDEX(LOGEST({UNITS}),1)", 1.4632756), (f"INDEX(LOGEST({UNITS}),2)", 495.3047702),
        (f"GROWTH({UNITS},17)", 320196.718), (f"INDEX(GROWTH({UNITS}),1)", 32618.20377),
        ("LINEST({1;2},{1;2;3})", CellError("#REF!")),
        ('LINEST({1;"x"},{1;2})', CellError("#VALUE!")),
        ("LOGEST({-1;2})", CellError("#NUM!")), ("INDEX(LINEST({2;4;7},{1,2;2,4;3,6}),1)", 0),
        ("LINEST({2;4;6},{1;2;3},FALSE)", 2),
    ],
)  # fmt: skip
def test_lines(formula: str, value: float | CellError) -> None:
    found = value_of("=" + formula, grid(OFFICES, 1))
    expected = value if isinstance(value, CellError) else pytest.approx(value, rel=3e-8, abs=1e-9)
    assert found == expected


def test_lines_are_numpys_and_so_are_their_derivatives() -> None:
    rng = np.random.default_rng(20190501)
    y, x, new = rng.normal(size=6), rng.normal(size=(6, 2)), rng.normal(size=(2, 2))
    cells: dict[str, Any] = {f"A{r + 1}": float(one) for r, one in enumerate(y)}
    cells |= {f"{'BC'[c]}{r + 1}": float(x[r, c]) for r in range(6) for c in range(2)}
    cells |= {f"{'DE'[c]}{r + 1}": float(new[r, c]) for r in range(2) for c in range(2)}
    cells["Z1"] = "=SUM(TREND(A1:A6,B1:C6,D1:E2)*{1;3})"
    program = compile_book(book_of(cells), ["S!Z1"], ["S!A1:A6"])
    value, slopes = program.value_and_gradient(y)
    design = np.column_stack([x, np.ones(6)])
    solve = np.linalg.pinv(design)
    weights = np.array([1.0, 3.0]) @ np.column_stack([new, np.ones(2)])
    assert value == pytest.approx(float(weights @ np.linalg.lstsq(design, y, rcond=None)[0]))
    np.testing.assert_allclose(slopes, weights @ solve, rtol=1e-10)


BLOCK = {"A1": 1.0, "A2": 2.0, "A3": 4.0, "B1": 10.0, "B2": 20.0, "B3": 30.0, "C1": "a,b;c"}


@pytest.mark.parametrize(
    ("formula", "shown", "rows"),
    [
        ("TAKE(A1:B3,2)", "1 10 2 20", 2), ("TAKE(A1:B3,-1,1)", "4", 1),
        ("TAKE(A1:B3,,-1)", "10 20 30", 3), ("TAKE(A1:B3,9)", "1 10 2 20 4 30", 3),
        ("TAKE(A1:B3,0)", "#CALC!", 0), ("DROP(A1:B3,1)", "2 20 4 30", 2),
        ("DROP(A1:B3,-2,1)", "10", 1), ("DROP(A1:B3,3)", "#CALC!", 0),
        ("CHOOSEROWS(A1:B3,3,1)", "4 30 1 10", 2), ("CHOOSEROWS(A1:B3,{-1,1})", "4 30 1 10", 2),
        ("CHOOSECOLS(A1:B3,2)", "10 20 30", 3), ("CHOOSECOLS(A1:B3,3)", "#VALUE!", 0),
        ("VSTACK(A1:B1,B2:B3)", "1 10 20 E 30 E", 3), ("HSTACK(A1:A3,B1:B2)", "1 10 2 20 4 E", 3),
        ("TOCOL(A1:B3)", "1 10 2 20 4 30", 6), ("TOCOL(A1:B3,,TRUE)", "1 2 4 10 20 30", 6),
        ("TOROW(A1:C2,1)", "1 10 a,b;c 2 20", 1), ("WRAPROWS({1,2,3},2)", "1 2 3 E", 2),
        ('WRAPROWS({1,2,3},2,"x")', "1 2 3 x", 2), ("WRAPCOLS({1,2,3},2,0)", "1 3 2 0", 2),
        ("WRAPROWS({1,2,3},0)", "#NUM!", 0), ('EXPAND(A1:B1,2,3,"-")', "1 10 - - - -", 2),
        ("EXPAND(A1:B1,2)", "1 10 E E", 2), ("EXPAND(A1:B3,1)", "#VALUE!", 0),
        ("MODE.MULT({1,2,2,3,3})", "2 3", 2), ("MODE.MULT({1,2,3})", "#N/A", 0),
        ('TEXTSPLIT(C1,",",";")', "a b c E", 2), ('TEXTSPLIT(C1,{",",";"})', "a b c", 1),
        ('TEXTSPLIT("a,,b",",",,TRUE)', "a b", 1), ('TEXTSPLIT("aXbxc","x",,,1)', "a b c", 1),
    ],
)  # fmt: skip
def test_arrays_laid_out_anew(formula: str, shown: str, rows: int) -> None:
    if not rows:
        assert value_of(f"={formula}", BLOCK) == CellError(shown)
        return
    assert value_of(f'=TEXTJOIN(" ",FALSE,IFERROR({formula},"E"))', BLOCK) == shown
    assert value_of(f"=ROWS({formula})", BLOCK) == rows


def test_elements_keep_their_derivatives_where_they_go() -> None:
    formula = "=SUMPRODUCT(VSTACK(TAKE(A1:A3,2),EXPAND(A3,1,1))*{1;10;100})+SUM(DROP(A1:A3,2))"
    program = compile_book(book_of({**BLOCK, "Z1": formula}), ["S!Z1"], ["S!A1:A3"])
    assert not program.fallbacks
    value, slopes = program.value_and_gradient(np.array([1.0, 2.0, 4.0]))
    assert value == 425.0
    assert slopes.tolist() == [1.0, 10.0, 101.0]


CELLS = {"A1": 1.0, "A2": "=A1+1", "A3": '=_xlfn.CONCAT("a",A2)', "B!A1": 3.0}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("ISREF(A1:B2)", True), ("ISREF(1)", False), ("ISREF(INDEX(A1:A3,2))", True),
        ("ISREF(#REF!)", False), ('ISREF(INDIRECT("nope"))', False), ("ISFORMULA(A2)", True),
        ("ISFORMULA(A1)", False), ("SUM(--ISFORMULA(A1:A3))", 2.0), ("FORMULATEXT(A2)", "=A1+1"),
        ("FORMULATEXT(A3)", '=CONCAT("a",A2)'), ("FORMULATEXT(A1)", CellError("#N/A")),
        ("FORMULATEXT(Z99)", "=FORMULATEXT(Z99)"), ("ISFORMULA(Z99)", True), ("SHEET()", 1.0),
        ("SHEET(B!A1)", 2.0), ('SHEET("B")', 2.0), ('SHEET("x")', CellError("#N/A")),
        ("SHEETS()", 2.0), ("AREAS(A1:B2)", 1.0), ('CELL("row",B5)', 5.0),
        ('CELL("address",Z99)', "$Z$99"), ('CELL("col",Z99)', 26.0), ("ADDRESS(2,3)", "$C$2"),
        ("ADDRESS(2,3,2)", "C$2"), ("ADDRESS(2,3,2,FALSE)", "R2C[3]"),
        ('ADDRESS(2,3,1,FALSE,"[Book1]Sheet1")', "'[Book1]Sheet1'!R2C3"),
        ('ADDRESS(2,3,1,FALSE,"EXCEL SHEET")', "'EXCEL SHEET'!R2C3"),
        ("ADDRESS(0,1)", CellError("#VALUE!")), ("INDIRECT(ADDRESS(1,1))", 1.0),
    ],
)  # fmt: skip
def test_what_a_reference_is(formula: str, value: Value) -> None:
    """A cell may ask so about itself: Z99 is where the formula stands."""
    assert value_of("=" + formula, CELLS) == value


def test_what_is_not_in_the_cells_is_named() -> None:
    found = evaluate(book_of({"A1": '=CELL("filename",A1)', "A2": "{=FORMULATEXT(B1)}"}))
    assert found.unsupported == {("S", (0, 0)): "CELL of what is not in the cells"}
