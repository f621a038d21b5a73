"""Programs: derivatives against differences and closed forms, structure, recurrences, batches."""

import time
from typing import Any

import numpy as np
import pytest
from formula_books import book_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.book import Book, Cell
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.formula.program import Program, compile_book

START = {"A1": 0.4, "A2": 1.7, "A3": -0.6}


def program_of(formula: str, cells: dict[str, Any] | None = None, by: str = "S!A1:A3") -> Program:
    return compile_book(book_of({**START, **(cells or {}), "Z1": formula}), ["S!Z1"], [by])


def checked(program: Program, x: np.ndarray[Any, Any] | None = None) -> None:
    """Gradient, Jacobian and batch agree with differences of the values, and with each other."""
    x = program.start if x is None else x
    step = 1e-6 * np.maximum(1, np.abs(x))
    columns = [
        (program.values(x + d) - program.values(x - d)) / (2 * d.max()) for d in np.diag(step)
    ]
    expected = np.stack(columns, -1)
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(program.jacobian(x), expected, rtol=1e-6, atol=1e-8 * scale)
    for k in range(len(program.outputs)):
        f, g = program.value_and_gradient(x, k)
        np.testing.assert_allclose(g, expected[k], rtol=1e-6, atol=1e-8 * scale)
        assert f == pytest.approx(program.values(x)[k], rel=1e-14)
    many = np.stack([x, x * 1.01 + 0.001, x])
    values = program.values(many)
    f, g = program.value_and_gradient(many)
    np.testing.assert_allclose(
        program.jacobian(many)[1], program.jacobian(many[1]), rtol=1e-9, atol=1e-12
    )
    for i, one in enumerate(many):
        np.testing.assert_allclose(values[i], program.values(one), rtol=1e-12)
        np.testing.assert_allclose(g[i], program.value_and_gradient(one)[1], rtol=1e-9, atol=1e-12)
        assert f[i] == pytest.approx(values[i, 0], rel=1e-13)


@pytest.mark.parametrize(
    "formula",
    [
        "=A1^2+A2*A3", "=SUM(A1:A3)", "=SUMSQ(A1:A3,1,2)", "=EXP(A1)/(1+EXP(A2))",
        "=SUMPRODUCT(A1:A3,A1:A3)", "=SUMPRODUCT((A1:A3-2)^2)", "=A2^A1", "=STDEV(A1:A3)",
        "=IF(A1>0,A2^2,A3)", "=IF(A1<0,SQRT(A1),A3^2)", "=MAX(A1:A3)*A1", "=ABS(A3)",
        "=IFERROR(LN(A3),A1*A2)", "=INDEX(A1:A3,2)^3", "=INDEX(A1:A3,A2+0.5)^3",
        "=OFFSET(A1,1,0)*A1", "=CHOOSE(2,A1,A2^2)", "=AVERAGE(A1:A3,4)", "=PRODUCT(A1:A3)",
        "=SUM(MMULT(TRANSPOSE(A1:A3),A1:A3))", "=-A1%", "=SLOPE(A1:A3,{1;2;5})", "=MEDIAN(A1:A3)",
        "=CORREL({1;2;4},A1:A3)", "=MDETERM(MMULT(A1:A2,TRANSPOSE(A2:A3))+{1,0;0,2})",
        "=SUM(MINVERSE({3,1;1,2}*A2))", "=ATAN2(A1,A2)", "=SUMXMY2(A1:A3,B1:B3)", "=SQRT(A1)+A1",
        "=SUM(A:A)*2", "=LOG(A1)+LOG(A2,3)", "=(A1>0)*A2", "=SUM(A1:A2)^2+SUM(A2:A3)^2",
    ],
)  # fmt: skip
def test_derivatives(formula: str) -> None:
    checked(program_of(formula, {"B1": 1.0, "B3": 2.0}))


def test_a_jacobian_with_many_outputs_few_of_a_variable() -> None:
    """Sparse: columns that share no row are found together; and dense, by rows."""
    cells = {f"A{i}": 0.1 * i + 0.3 for i in range(1, 21)}
    cells |= {f"B{i}": f"=SIN(A{i})*A{i % 20 + 1}" for i in range(1, 21)}  # type: ignore[misc]
    cells |= {"C1": "=SUMSQ(A1:A20)", "C2": "=PRODUCT(A1:A20)"}  # type: ignore[dict-item]
    for outputs in ("S!B1:B20", "S!C1:C2", "S!B1:B20,S!C1:C2"):
        checked(compile_book(book_of(cells), [outputs], ["S!A1:A20"]))


def test_several_outputs_and_sheets() -> None:
    cells = {"other!A1": "=S!A1*S!A2", "other!B1:C2": "{=MMULT(S!A1:A2,TRANSPOSE(S!A2:A3))}",
             "A5": "=SUM(other!B1:C2)+other!A1", "A6": "=B9", "B9": 3.0}  # fmt: skip
    book = book_of({**START, **cells})
    program = compile_book(book, ["S!A5:A6,other!B1:C2"], ["S!A1:A3"])
    assert program.outputs == ("S!A5", "S!A6", "other!B1", "other!C1", "other!B2", "other!C2")
    assert program.moving == (True, False, True, True, True, True)
    checked(program)


def test_the_same_cells_of_several_sheets() -> None:
    cells = {"b!A1:A2": 2.0, "c!A1": "=S!A1^2", "c!A2": 5.0, "d!A1": 100.0,
             "A5": "=SUM(S:c!A1)+AVERAGE('b:c'!A1:A2)*MAX(c:b!A1:A2)"}  # fmt: skip
    program = compile_book(book_of({**START, **cells}), ["S!A5"], ["S!A1:A3"])
    x = program.start
    here = x[0] + 2 + x[0] ** 2 + (2 + 2 + x[0] ** 2 + 5) / 4 * 5
    assert program.values(x)[0] == pytest.approx(here)
    checked(program)


def test_the_sum_range_of_sumif_is_as_large_as_the_first() -> None:
    """Microsoft's help: the cells summed begin in the upper left one, and are as many."""
    cells = {"B1": 5.0, "B2": -1.0, "B3": 7.0, "A5": '=SUMIF(B1:B3,">0",A1)+A1',
             "A6": '=SUMIF(B1:B2,">0",A1:A3)'}  # fmt: skip
    program = compile_book(book_of({**START, **cells}), ["S!A5:A6"], ["S!A1:A3"])
    x = program.start
    np.testing.assert_allclose(program.values(x), [2 * x[0] + x[2], x[0]])
    checked(program)


def test_a_union_where_one_range_belongs_falls_back() -> None:
    program = program_of("=RANK(A1,(A1:A2,A3))+SUM((A1,A3))", {})
    assert [note.function for note in program.fallbacks] == ["RANK of a union"]
    assert not program_of("=SUM((A1,A3))+MAX((A1:A2,A3))", {}).fallbacks


def test_what_takes_no_several_sheets_falls_back_and_moves() -> None:
    cells = {"b!A1": 2.0, "A5": Cell("=SUMPRODUCT(S:b!A1)", 1.0)}
    program = compile_book(book_of({**START, **cells}), ["S!A5"], ["S!A1:A3"])
    assert [(n.function, n.moving) for n in program.fallbacks] == [
        ("SUMPRODUCT over several sheets", True)
    ]


def rosenbrock_chain(rows: int) -> dict[str, Any]:
    """Gradient descent in cells: each row needs the one above."""
    cells: dict[str, Any] = {"A1": 0.3, "B1": 0.7, "C1": 0.01}
    for i in range(2, rows + 1):
        cells[f"A{i}"] = f"=A{i - 1}-$C$1*(2*A{i - 1}-B{i - 1})"
        cells[f"B{i}"] = f"=B{i - 1}-$C$1*(4*B{i - 1}^3-A{i - 1})"
    return cells


def test_recurrence_is_one_loop_of_few_operations() -> None:
    rows = 60
    book = book_of({**rosenbrock_chain(rows), "Z1": f"=A{rows}^2+B{rows}"})
    program = compile_book(book, ["S!Z1"], ["S!A1:C1"])
    a, b, lr = program.start
    for _ in range(rows - 1):
        a, b = a - lr * (2 * a - b), b - lr * (4 * b**3 - a)
    assert program.values(program.start)[0] == pytest.approx(a * a + b, rel=1e-13)
    checked(program)


def test_a_chain_of_100_000_cells_does_not_overflow(whole: bool) -> None:
    """Of 20,000 without `--all`: far deeper than Python lets functions call each other."""
    count = 100_000 if whole else 20_000
    cells = {(0, 0): Cell(None, 1.0)}
    cells |= {(i, 0): Cell(f"=A{i}+1", None, None, (1, 0)) for i in range(1, count)}
    program = compile_book(Book("chain.xlsx", {"S": cells}), [("S", (count - 1, 0))], ["S!A1"])
    f, g = program.value_and_gradient(np.array([2.0]))
    assert f == count + 1
    assert g.tolist() == [1.0]


def test_models_beyond_reason_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    book = book_of(rosenbrock_chain(30))
    monkeypatch.setattr("sheetsim.formula.compile.topological_order.MAX_WAVES", 20)
    with pytest.raises(WorkbookError, match=r"needs a chain of 2[0-9] cells.*at most 20"):
        compile_book(book, ["S!A30"], ["S!A1:B1"])
    compile_book(book, ["S!A15"], ["S!A1:B1"])
    monkeypatch.setattr("sheetsim.formula.compile.dependency_graph.MAX_KINDS", 1)
    with pytest.raises(WorkbookError, match="needs more than 1 different formulas"):
        compile_book(book, ["S!A3"], ["S!A1:B1"])


def test_only_what_is_needed_is_compiled() -> None:
    cells = {"B1": "=A1*2", "B2": "=NOT_A_FUNCTION(A1)", "B3": "=C3", "C3": "=B3", "B4": "=1+"}
    program = program_of("=B1+1", cells)
    assert program.values(program.start)[0] == pytest.approx(1.8)
    assert program.fallbacks == ()


def test_a_filled_block_is_one_operation() -> None:
    """Of 20 x 30 cells with one formula."""
    cells: dict[str, Any] = {}
    for r in range(20):
        for c in range(30):
            cells[f"{_letters(c + 2)}{r + 10}"] = f"=$A{r % 3 + 1}*{c + 1}^1+A$1*A$2"
    for r in range(20):
        for c in range(30):
            cells[f"{_letters(c + 2)}{r + 10}"] = f"=$A$1*{_letters(c + 2)}$9+$A$2*$B$8"
    cells["B8"] = 2.0
    program = program_of("=SUMSQ(C10:AF29)", cells)
    assert len(program._tape.calls) == 2
    checked(program)


def _letters(column: int) -> str:
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)


def test_smooth_and_linear_are_reported() -> None:
    smooth = program_of("=A1^2+IF(B1>0,A2,A3)", {"B1": 1.0})
    assert smooth.smooth == ()
    assert smooth.linear == (False,)
    kinked = program_of("=IF(A1>0,ROUND(A2,1),A3)+MAX(A1:A3)+B1", {"B1": "=ABS(A1)"})
    assert {(note.function, note.cells) for note in kinked.smooth} == {
        (">", ("S!Z1",)), ("ROUND", ("S!Z1",)), ("IF", ("S!Z1",)), ("MAX", ("S!Z1",)),
        ("ABS", ("S!B1",)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "linear"),
    [
        ("=2*A1-A2/3+SUM(A1:A3)", True), ("=SUMPRODUCT(A1:A3,{1;2;3})+5", True), ("=A1*A2", False),
        ("=SUM(MMULT({1,2,3},A1:A3))", True), ("=IF(B1=0,A1,A2^2)", False), ("=A1/A2", False),
        ("=B2", True), ("=AVERAGE(A1:A3)%", True), ("=1", True), ("=A1^1", False),
    ],
)  # fmt: skip
def test_linear(formula: str, linear: bool) -> None:
    assert program_of(formula, {"B2": "=A1+A2"}).linear == (linear,)


def test_errors_are_nan_and_gradients_of_what_is_not_taken_are_zero() -> None:
    program = program_of("=IF(A3<0,A1,SQRT(A3))+1/A2")
    assert np.isfinite(program.value_and_gradient(program.start)[1]).all()
    assert np.isnan(program.values(np.array([1.0, 0.0, -1.0]))[0])
    many = program.values(np.array([[1.0, 0.0, -1.0], [1.0, 1.0, -1.0]]))[:, 0]
    np.testing.assert_array_equal(many, [np.nan, 2.0])
    text = program_of('=IF(A1>0,"high",1)')
    assert np.isnan(text.values(text.start)[0])
    assert program_of('=IF(B1="high",A2,A3)', {"B1": '=IF(A1>0,"high",1)'}).values(
        np.array([[1.0, 2.0, 3.0], [-1.0, 2.0, 3.0]])
    ).tolist() == [[2.0], [3.0]]


def test_where_a_moving_reference_lies_is_not_known() -> None:
    """Like what it refers to: ROWS of it was the formula's own column, a wrong number."""
    for formula in ("=ROWS(OFFSET(B1,0,0,A1,1))", "=ROW(OFFSET(B1,A1,0))+A2"):
        program = program_of(formula)
        names = [note.function for note in program.fallbacks]
        assert names == ["OFFSET with arguments that depend on the variables"]
        with pytest.raises(WorkbookError, match="OFFSET"):
            program.values(program.start)
    fixed = program_of("=ROWS(OFFSET(B1,0,0,B9,1))+COLUMN(INDEX(A1:D4,2,B9))+A1", {"B9": 3.0})
    assert fixed.values(np.zeros(3)).tolist() == [6.0]


def test_a_union_is_no_reference_to_start_from() -> None:
    program = program_of("=OFFSET((A1,A2),1,0)")
    assert [note.function for note in program.fallbacks] == ["OFFSET of a union"]


def test_fallbacks_are_named() -> None:
    program = program_of("=A1+B1", {"B1": "=NOT_A_FUNCTION(A2)", "B2": "=NOPE(3)"})
    assert [(n.function, n.cells, n.moving) for n in program.fallbacks] == [
        ("NOT_A_FUNCTION", ("S!B1",), True)
    ]
    with pytest.raises(WorkbookError, match="S!B1 depends on the variables by NOT_A_FUNCTION"):
        program.values(program.start)
    fixed = program_of("=A1+B2", {"B2": Cell("=NOPE(3)", 4.0)})
    assert [n.moving for n in fixed.fallbacks] == [False]
    assert fixed.values(fixed.start)[0] == pytest.approx(4.4)
    moving = program_of("=OFFSET(A1,A2,0)")
    assert moving.fallbacks[0].function == "OFFSET with arguments that depend on the variables"


@pytest.mark.parametrize(
    ("outputs", "variables", "message"),
    [
        ([], ["S!A1"], "no output"),
        (["nowhere!A1"], ["S!A1"], "names no sheet"),
        (["S!A1"], ["S!A1:A2", "S!A2"], "named twice"),
        (["1+1"], ["S!A1"], "no reference"),
    ],
)
def test_bad_cells_are_refused(outputs: list[str], variables: list[str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        compile_book(book_of(START), outputs, variables)


def test_x_of_another_size_is_refused() -> None:
    with pytest.raises(OptionError, match=r"x has shape \(2,\); expected \(3,\)"):
        program_of("=A1").values(np.zeros(2))


SQUARES = {
    "=SUMXMY2(A1:A3,B1:B3)": (2, False), "=SQRT(SUMXMY2(A1:A3,B1:B3)/COUNT(B1:B3))": (2, True),
    "=SUMSQ(A1:A3)": (3, False), "=SQRT(SUMSQ(A1:A3))/3": (3, True), "=SUM(C1:C3)": (3, False),
    "=AVERAGE(C1:C3)": (3, False), "=100*SQRT(AVERAGE(C1:C3))+2": (3, True),
    "=SUMPRODUCT((A1:A3-2)^2)": (3, False), "=SUMPRODUCT(A1:A3,A1:A3)": (3, False),
    "=SUMPRODUCT({1;0;2},(A1:A3-2)^2)": (2, False), "=A1^2+(A2-A1)*(A2-A1)": (2, False),
    "=(SUM(C1:C3)/3)^0.5": (3, True), "=SUMPRODUCT((B1:B3<>\"\")*(B1:B3-A1:A3)^2)": (2, False),
    "=SUM(C1:C3)+5": (3, False), "=D1": (3, True), "=SUM(IF(B1>0,C1,0),C2)": (2, False),
}  # fmt: skip
CELLS = {"B1": 1.0, "B3": 2.0, "C1": "=(A1-3)^2", "C2": "=A2^2", "C3": "=(A3+A1)*(A3+A1)",
         "D1": "=SQRT(D2)", "D2": "=D3/3", "D3": "=SUM(C1:C3)"}  # fmt: skip


@pytest.mark.parametrize("formula", SQUARES)
def test_sums_of_squares_are_found(formula: str) -> None:
    program = program_of(formula, CELLS)
    squares = program.sum_of_squares
    assert squares is not None
    assert (squares.size, squares.root) == SQUARES[formula]
    for x in (program.start, np.array([0.2, -1.1, 2.3])):
        residuals, jacobian = squares.residuals_and_jacobian(x)
        assert squares.report((residuals**2).sum()) == pytest.approx(
            program.values(x)[0], rel=1e-12
        )
        step = 1e-6
        expected = [
            (squares.residuals(x + d) - squares.residuals(x - d)) / (2 * step)
            for d in step * np.eye(3)
        ]
        np.testing.assert_allclose(jacobian, np.stack(expected, -1), rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(squares.residuals(np.stack([x, x]))[1], residuals, rtol=1e-12)
        np.testing.assert_allclose(squares.jacobian(np.stack([x, x]))[1], jacobian, rtol=1e-12)


@pytest.mark.parametrize(
    "formula",
    ["=A1", "=A1^3", "=A1^2-A2^2", "=SUM(C1:C3)+A1", "=EXP(SUMSQ(A1:A3))", "=ABS(A1)", "=B1",
     "=-SUMSQ(A1:A3)", "=A1^2*A2^2", "=IF(A1>0,A2^2,0)"],
)  # fmt: skip
def test_what_is_no_sum_of_squares_is_not_taken_for_one(formula: str) -> None:
    assert program_of(formula, CELLS).sum_of_squares is None


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(
        st.sampled_from(["A1", "A2", "A3", "2", "0.5"]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({''.join(t)})"),
            inner.map(lambda t: f"TANH({t})"),
            inner.map(lambda t: f"SIN({t})"),
            inner.map(lambda t: f"({t})^2"),
            inner.map(lambda t: f"SQRT(1+{t}*{t})"),
        ),
        max_leaves=12,
    )
)
def test_derivatives_of_any_formula(text: str) -> None:
    checked(program_of(f"=SUM({text},0)"))


def test_ten_thousand_variables() -> None:
    count = 10_000
    cells = {(i, 0): Cell(None, i / count) for i in range(count)}
    cells |= {(i, 1): Cell(f"=(A{i + 1}-{3})^2+SIN(A{i + 1})", None) for i in range(count)}
    cells[0, 3] = Cell(f"=SUM(B1:B{count})")
    begin = time.process_time()
    program = compile_book(Book("b.xlsx", {"S": cells}), ["S!D1"], [f"S!A1:A{count}"])
    x = program.start
    f, g = program.value_and_gradient(x)
    assert time.process_time() - begin < 60
    assert f == pytest.approx(((x - 3) ** 2 + np.sin(x)).sum(), rel=1e-12)
    np.testing.assert_allclose(g, 2 * (x - 3) + np.cos(x), rtol=1e-12)


def test_a_sum_that_grows_from_row_to_row() -> None:
    count = 400
    cells = {(i, 0): Cell(None, 0.1 * i) for i in range(count)}
    cells |= {(i, 1): Cell(f"=SIN(A{i + 1})") for i in range(count)}
    cells |= {(i, 2): Cell(f"=SUM(B$1:B{i + 1})^2") for i in range(count)}
    cells[0, 4] = Cell(f"=SUM(C1:C{count})")
    program = compile_book(Book("sums.xlsx", {"S": cells}), ["S!E1"], [f"S!A1:A{count}"])
    x = program.start
    sums = np.sin(x).cumsum()
    f, g = program.value_and_gradient(x)
    assert f == pytest.approx((sums**2).sum(), rel=1e-12)
    np.testing.assert_allclose(g, 2 * sums[::-1].cumsum()[::-1] * np.cos(x), rtol=1e-10)
