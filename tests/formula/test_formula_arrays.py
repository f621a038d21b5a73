"""Arrays: unequal sizes, texts in them, ranges through IF and CHOOSE, whole columns.

Every expected value is what IronCalc and LibreOffice give for the same workbook, unless one of
them is said to differ; that one then does not follow Microsoft's documentation.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from formula_books import book_of, value_of

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.formula.compile.broadcasting import filled
from sheetsim.formula.program import Program, compile_book
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.formula.values import NUMBER, ArrayValue
from sheetsim.verifying.verify import verify

CELLS: dict[str, Any] = {
    "A1": 1.0, "A2": 2.0, "A3": 3.0, "B1": 10.0, "B2": 20.0, "B3": 30.0, "C1": 5.0, "C2": "x",
    "C3": 7.0, "T!A1": 4.0, "T!B1": 1.0, "T!B2": 1.0, "T!B3": 1.0, "T!B5": -2.0,
}  # fmt: skip

UNEQUAL: list[tuple[str, Any]] = [
    ("=SUMPRODUCT(A1:A3*B1:B2)", "#N/A"),  # LibreOffice: 50
    ("{=SUM(IFERROR(A1:A3+B1:B2,0))}", 33.0),
    ("{=SUM(A1:A3&B1:B2)}", "#N/A"),  # LibreOffice: 0
    ("=SUMPRODUCT(A1:A2000,B1:B3000)", "#VALUE!"),
]
TEXTS: list[tuple[str, Any]] = [
    ('{=SUM(IF(A1:A3>1,A1:A3,""))}', 5.0), ('{=MAX(IF(A1:A3>1,A1:A3,""))}', 3.0),
    ('{=SMALL(IF(A1:A3>1,A1:A3,""),1)}', 2.0), ('{=AVERAGE(IF(A1:A3>1,A1:A3,""))}', 2.5),
    ('{=MEDIAN(IF(A1:A3>1,A1:A3,""))}', 2.5), ('{=LARGE(IF(A1:A3>1,A1:A3,""),2)}', 2.0),
    ('{=PERCENTILE(IF(A1:A3>1,A1:A3,""),0.5)}', 2.5), ('=SUM({1,"x"})', 1.0),
    ('=AND({TRUE,"x"})', True),  # LibreOffice: #VALUE!
]  # fmt: skip
SITES: list[tuple[str, Any]] = [
    ("{=INDEX(B1:B3,MATCH(1,(A1:A3=2)*(B1:B3=20),0))}", 20.0),
    ("{=INDEX(B1:B3,SUM(--(A1:A3>1)))}", 20.0),
    ("{=SUM(OFFSET(A1,MAX((A1:A3<3)*ROW(A1:A3)),0))}", 3.0),
    ("=INDEX(B1:B3,MATCH(1,INDEX((A1:A3=2)*(B1:B3=20),0),0))", 20.0),
    ("=SUM(INDEX(B1:B3,{1,3}))", 40.0),  # IronCalc: not implemented
    ("{=SUM(INDEX(B1:B3,N(IF(1,{1,3}))))}", 40.0),  # IronCalc: not implemented
]
CHOSEN: list[tuple[str, Any]] = [  # IronCalc: #VALUE! where a range comes through IF
    ("=SUM(IF(1,B1:B3,A1:A3))", 60.0), ("=SUM(IF(A1>0,B1:B3))", 60.0),
    ("=SUM(IF(A1<0,B1:B3,5))", 5.0), ("{=SUM(IF(A1<0,B1:B3,5))}", 5.0),
    ("=COUNT(IF(A1<0,B1:B3,5))", 1.0), ("=SUM(IF(FALSE,B1:B3))", 0.0),
    ("=SUM(IF(A1>0,C1:C3))", 12.0), ("=SUM(IF(A1>0,A1:A2,B1:B3))", 3.0),
    ("=SUM(CHOOSE(2,A1:A3,B1:B3))", 60.0), ("=COUNT(CHOOSE(1,A1:A3))", 3.0),
    ("=SUM(CHOOSE(3,A1:A3,B1:B3))", "#VALUE!"),
    ("=VLOOKUP(2,CHOOSE({1,2},A1:A3,B1:B3),2,FALSE)", 20.0),
    ("=SUM(IFERROR(A1:A3,0))", 0.0),  # its first argument is a single value, here #VALUE!
    ("=SUM(IFERROR(1/0,B1:B3))", 60.0),
]  # fmt: skip
COLUMNS: list[tuple[str, Any]] = [
    ('=SUMIFS(A:A,T!B:B,">0")', 6.0), ("=SUMPRODUCT(A:A,T!B:B)", 6.0),
    ("=SUMPRODUCT(A:A*T!B:B)", 6.0), ("=COUNTBLANK(A:A)", 1048573.0),
    ("=COUNTBLANK(1:1)", 16381.0), ('=COUNTIF(A:A,"<>1")', 1048575.0),
    ('=COUNTIFS(A:A,"<>1",T!B:B,"<>1")', 1048573.0), ('=SUMIF(A:A,">1",T!B:B)', 2.0),
    ('=SUMPRODUCT(--(A:A=""))', 1048573.0), ('=SUMPRODUCT(MAX(ROW(A:A)*(A:A<>"")))', 3.0),
    ("=SUMPRODUCT(ROW($1:$5000))", 12502500.0), ("=SUMPRODUCT((A:A=2)*(B:B))", 20.0),
    ("=MEDIAN(A:A)", 2.0), ("=INDEX(B:B,A2*100)", 0.0), ("=MATCH(2,A:A,0)", 2.0),
    ("{=SUM(ROW(A:A)*(A:A=2))}", 2.0), ("=SUM(1:1)", 16.0),
    ("=SUM(A1:A3)/COLUMNS(TRANSPOSE(A1:A3))", 2.0),
]  # fmt: skip


def _value(formula: str, cells: dict[str, Any]) -> Any:
    """The value of a formula in S!N99."""
    return evaluate(book_of({**cells, "N99": formula})).values["S"][98, 13]


def _program(formula: str) -> Program:
    """A formula in S!N99 with S!A1 as the variable."""
    return compile_book(book_of({**CELLS, "N99": formula}), [("S", (98, 13))], [("S", (0, 0))])


@pytest.mark.parametrize(("formula", "value"), UNEQUAL + TEXTS + SITES + CHOSEN + COLUMNS)
def test_value(formula: str, value: Any) -> None:
    expected = CellError(value) if isinstance(value, str) else value
    found = _value(formula, CELLS)
    assert type(found) is type(expected)
    assert found == expected


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=SUM(IF(A1>0,B1:B3))", 60.0),
        ("=SUM(CHOOSE(1,A1:A3))", 6.0),
        ("{=INDEX(B1:B3,SUM(--(A1:A3>1)))}", 20.0),
    ],
)
def test_beside_the_data(formula: str, value: float) -> None:
    """In the data's own row nothing is cut to one cell either."""
    assert evaluate(book_of({**CELLS, "D2": formula})).values["S"][1, 3] == value


def test_many_cells_choose_ranges_of_different_size() -> None:
    cells = {**CELLS} | {f"E{i}": f"=SUM(IF(A{i}>1,$B$1:$B$3,100))" for i in (1, 2, 3)}
    values = evaluate(book_of(cells)).values["S"]
    assert [values[i, 4] for i in range(3)] == [100.0, 60.0, 60.0]


MOVING = [
    *("=SUM(A1:A3)/COLUMNS(TRANSPOSE(A1:A3))", "{=SUM(IFERROR(A1:A3*B1:B2,1))}"),
    *("=SUM(IF(A1>1.2,B1:B3,A2:A3*1))", "=SUM(IF(A1>1.2,B1:B3,A1))", "=COUNT(IF(A1>1.2,B1:B3,5))"),
    *(
        "=SUM(CHOOSE(A1,A1:A3,B1:B2))",
        "=INDEX(B:B,A1*2+0.3)",
        "=INDEX(B:B,A1*100)",
        "=INDEX(B:B,A1-5)",
    ),
    *("=INDEX(B:B,A1/9)", "=INDEX(A:C,A1*100,A1)", '{=SUM(IF(A1:A3>1.2,A1:A3,""))}'),
    *("{=SUM(INDEX(A1:B3,A1+0.1,0))}", "=SUMPRODUCT(A:A*T!B:B)", '=SUMIFS(A:A,T!B:B,">0")'),
    *("=SUMPRODUCT(A1:A3*B1:B2)", "=SUMPRODUCT(IF(A1>1.2,B1:B3,0)*A1:A3)", "=COUNTBLANK(A:A)"),
]


@pytest.mark.parametrize("formula", MOVING)
def test_with_a_variable(formula: str) -> None:
    """A program's values are those of the workbook with the number in the cell."""
    program = _program(formula)
    for x in (1.0, 1.5, 2.25):
        at = np.array([x])
        expected = _value(formula, {**CELLS, "A1": x})
        found = float(program.values(at)[0])
        assert np.isnan(found) if isinstance(expected, CellError) else found == expected
        if x == 1.5 and isinstance(expected, float):
            step = 1e-6
            slope = (program.values(at + step) - program.values(at - step)) / (2 * step)
            assert program.value_and_gradient(at)[1] == pytest.approx(slope, abs=1e-6)
            assert program.values_and_jacobian(at)[1].ravel() == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("formula", ["{=SUM(IF(A1<0,B1:B3,5))}", "=SUM(IFERROR(1/(A1-1),B1:B3))"])
def test_a_size_that_moves_is_not_guessed(formula: str) -> None:
    program = _program(formula)
    assert [note.function for note in program.fallbacks] == [
        f"{formula.partition('(')[2].partition('(')[0]} of values of unequal size"
    ]
    with pytest.raises(WorkbookError, match="of values of unequal size"):
        program.values(np.array([1.0]))


def test_filling_up_and_its_derivatives_are_transposes() -> None:
    fill = filled((4, 3))
    random = np.random.default_rng(0)
    a, bar = random.normal(size=(1, 1, 2, 1)), random.normal(size=(1, 1, 4, 1))
    out = fill.value([ArrayValue(a)], True)
    assert out.num.shape == (1, 1, 4, 1)  # a column of one stands for all columns
    assert out.kind is not None
    assert (out.kind[0, 0, :2] == NUMBER).all()
    assert [value.code for value in out.objects()[0, 0, 2:, 0]] == ["#N/A", "#N/A"]
    assert fill.jvp is not None
    assert fill.vjp is not None
    pushed, pulled = fill.jvp(0, a, out.num, a), fill.vjp(0, bar, out.num, a)
    assert (pushed * bar).sum() == pytest.approx((a * pulled).sum(), rel=1e-15)


def test_index_of_row_0_is_the_own_row() -> None:
    """Between two rows a solver may ask for row 0, which in one cell means the cell's own."""
    cells = {**CELLS, "D2": "=INDEX(B1:B3,A1)"}
    program = compile_book(book_of(cells), [("S", (1, 3))], [("S", (0, 0))])
    assert program.values(np.array([0.5])) == value_of("=B2", CELLS)


def test_verify_says_what_unequal_arrays_give(tmp_path: Path) -> None:
    path = tmp_path / "unequal.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column(0, 0, [1, 2, 3])
        sheet.write_column(0, 1, [10, 20, 30])
        sheet.write_array_formula("D1:D1", UNEQUAL[1][0], None, 33)
        sheet.write_formula("D2", UNEQUAL[0][0], None, 7)
    found = verify(path, engines=["numpy"])
    assert found.first is not None
    assert (found.first.sheet, found.first.cell) == ("S", "D2")


@pytest.mark.parametrize(
    ("formula", "objective", "gradient"),
    [
        ("{=A1:A5*2}", "=SUM(D1:D3)", [2.0, 2.0, 2.0]),
        ("{=A1:A3+B1:B2}", "=IFERROR(D1,0)+IFERROR(D3,7)", [1.0, 0.0, 0.0]),
    ],
)
def test_the_gradient_of_a_result_larger_or_smaller_than_its_cells(
    formula: str, objective: str, gradient: list[float]
) -> None:
    """Closed forms: what is cut off counts for nothing, and neither does what fills up."""
    cells = {"A1": 1.0, "A2": 2.0, "A3": 3.0, "A4": 4.0, "A5": 5.0, "B1": 4.0, "B2": 5.0}
    book = book_of({**cells, "D1:D3": formula, "E1": objective})
    program = compile_book(book, ["S!E1"], ["S!A1:A3"])
    np.testing.assert_allclose(program.value_and_gradient(program.start)[1], gradient)
    np.testing.assert_allclose(program.jacobian(program.start), [gradient])
