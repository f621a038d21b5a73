"""Circles: what a formula may need is not what it does need, as Excel computes it.

The formulas of the first test are Excel's own (Microsoft's loan template, IronCalc's workbook from
Excel), or have only one value that they can have by the rule that a branch not taken is not looked
at.
"""

from typing import Any

import numpy as np
import pytest
from formula_books import book_of

from sheetsim.book import Book, Cell, CellError, DefinedName
from sheetsim.errors import WorkbookError
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.formula.recalc.formula_alone import Formulas
from sheetsim.formula.recalc.recalculate import recalculate

NAMES = (
    DefinedName("num", None, hidden=False, text="S!$A$1:$A$3"),
    DefinedName("bal", None, hidden=False, text="S!$C$1:$C$3"),
)


def book(cells: dict[str, Any]) -> Book:
    return book_of(cells, names=NAMES)


def values(cells: dict[str, Any]) -> dict[tuple[int, int], Any]:
    return evaluate(book(cells)).values["S"]


@pytest.mark.parametrize(
    ("cells", "place", "expected"),
    [
        ({"E1": '=CHOOSE(2,E1,"no")'}, (0, 4), "no"),
        ({"E1": "=IF(TRUE,5,E1)"}, (0, 4), 5.0),
        ({"E1": "=IF(A1>0,7,F1)", "F1": "=IF(A1>0,E1+1,2)", "A1": 1.0}, (0, 5), 8.0),
        ({"E1": "=IF(A1>0,7,F1)", "F1": "=IF(A1>0,E1+1,2)", "A1": -1.0}, (0, 4), 2.0),
        ({"E1": "=IFERROR(A1,E1)", "A1": 4.0}, (0, 4), 4.0),
        ({"E1": "=IFS(A1=1,3,A1=2,E1)", "A1": 1.0}, (0, 4), 3.0),
        ({"E1": "=SWITCH(A1,1,3,2,E1,E1)", "A1": 1.0}, (0, 4), 3.0),
        ({"E1": "=ROW(E1)+ROWS(E1:E9)+COLUMN(E:E)"}, (0, 4), 15.0),
        ({"E1": "=INDEX(E1:E3,2)", "E2": 6.0}, (0, 4), 6.0),
        (
            {
                "A1": 1.0,
                "A2": 2.0,
                "C1": 100.0,
                "D1": "=IF(AND(bal>5,num>0),bal-1,0)",
                "C2": '=IF(AND(num<>"",num>1),D1,0)',
            },
            (1, 2),
            99.0,
        ),
        ({"A1": 3.0, "C1": "=bal"}, (0, 2), None),
    ],
)
def test_a_branch_not_taken_closes_no_circle(
    cells: dict[str, Any], place: tuple[int, int], expected: object
) -> None:
    if expected is None:
        with pytest.raises(WorkbookError, match="circular reference S!C1 -> S!C1"):
            values(cells)
    else:
        assert values(cells)[place] == expected


def test_a_long_chain_by_need() -> None:
    """Two columns that refer to each other in every row, of which a switch cuts one link."""
    cells: dict[str, Any] = {"A1": 1.0, "B1": 1.0}
    for row in range(2, 301):
        cells[f"B{row}"] = f"=IF($A$1=1,B{row - 1}+1,C{row})"
        cells[f"C{row}"] = f"=IF($A$1=1,B{row}*2,C{row - 1})"
    found = values(cells)
    assert (found[299, 1], found[299, 2]) == (300.0, 600.0)


def test_a_model_with_such_a_branch_has_its_derivative() -> None:
    cells = {"A1": 2.0, "B1": 1.0, "E1": "=IF(B1=1,A1^2,F1)", "F1": "=IF(B1=1,E1*3,1)"}
    program = compile_book(book(cells), ["S!F1"], ["S!A1"])
    value, slope = program.value_and_gradient(np.array([5.0]))
    assert (value, *slope) == (75.0, 30.0)
    with pytest.raises(WorkbookError, match="circular reference"):  # the switch moves
        compile_book(book(cells), ["S!F1"], ["S!B1"])


def test_a_circle_keeps_its_cached_values_and_nothing_else_waits() -> None:
    cells = {
        "A1": Cell("=B1+1", 3.0),
        "B1": Cell("=A1-1", 2.0),
        "C1": Cell("=A1*2", 6.0),
        "D1": Cell("=1+1", 2.0),
        "E1": Cell("=OFFSET(E1,0,0)", 9.0),
        "F1": Cell("=E1", 9.0),
    }
    formulas = Formulas(book(cells))
    found = {formulas.name(slot): formulas.value(slot) for slot in formulas.slots.values()}
    assert found == {"S!A1": 3, "S!B1": 2, "S!C1": 6, "S!D1": 2, "S!E1": 9, "S!F1": 9}
    why = {formulas.name(slot): formulas.unknown(slot) for slot in formulas.slots.values()}
    assert why["S!A1"] == why["S!B1"] == "the circular reference S!A1 -> S!B1 -> S!A1"
    assert "S!E1 -> S!E1" in why["S!E1"]
    assert not any(why[name] for name in ("S!C1", "S!D1", "S!F1"))


def test_after_an_edit_what_waits_for_a_circle_is_said() -> None:
    cells = {"A1": 1.0, "B1": "=C1+A1", "C1": "=B1", "D1": "=B1+1", "E1": "=A1*2"}
    found = recalculate(book(cells), {("S", (0, 0)): 5.0})
    assert found.values == {"S": {(0, 4): 10.0}}
    assert set(found.unsupported) == {("S", (0, c)) for c in (1, 2, 3)}
    assert all(
        "circular reference S!B1 -> S!C1 -> S!B1" in one for one in found.unsupported.values()
    )


def test_an_error_of_a_condition_is_no_circle() -> None:
    assert values({"E1": "=IF(1/0,E1,E1)"})[0, 4] == CellError("#DIV/0!")
