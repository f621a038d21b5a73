"""SUBTOTAL and AGGREGATE over rows that are hidden by hand or by a filter.

Expected are sums of what is shown, by the rules of Microsoft's documentation: SUBTOTAL never counts
what a filter hides, from 101 on not what is hidden by hand either, and neither counts cells that
hold such a formula. LibreOffice computes the same file.
"""

from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from formula_books import book_of, value_of
from installed import installed

from sheetsim.book import CellError, HiddenRows, Value
from sheetsim.engines.libreoffice import LibreOffice
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.workbook.read.book import read_book

CELLS = {
    "A1": 1.0, "A2": 2.0, "A3": 4.0, "A4": 8.0, "A5": "=SUBTOTAL(9,A1:A4)", "A6": "=1+A1",
    "B1": CellError("#DIV/0!"), "B2": 5.0, "B3": 7.0, "B4": 3.0, "C1": "x", "C3": "x", "C4": "y",
}  # fmt: skip
HIDDEN = {"S": HiddenRows(by_hand=frozenset({1}), filtered=frozenset({2}))}

EXPECTED: dict[str, Value] = {
    "SUBTOTAL(9,A1:A4)": 11.0, "SUBTOTAL(109,A1:A4)": 9.0, "SUBTOTAL(9,A1:A6)": 13.0,
    "SUBTOTAL(1,A1:A4)": 11 / 3, "SUBTOTAL(101,A:A)": 11 / 3, "SUBTOTAL(2,A1:A4,B1:B4)": 5.0,
    "SUBTOTAL(3,C1:C4)": 2.0, "SUBTOTAL(103,C1:C4)": 2.0, "SUBTOTAL(4,A1:A4)": 8.0,
    "SUBTOTAL(105,A2:A4)": 8.0, "SUBTOTAL(6,A1:A4)": 16.0, "SUBTOTAL(110,A1:A4)": 24.5,
    "SUBTOTAL(111,A1:A4)": 12.25, "SUBTOTAL(9,B1:B4)": CellError("#DIV/0!"),
    "SUBTOTAL(12,A1:A2)": CellError("#VALUE!"), "SUBTOTAL(9,#REF!)": CellError("#REF!"),
    "SUBTOTAL(1/0,A1)": CellError("#DIV/0!"), "SUBTOTAL(9,INDEX(A1:A4,0))": 11.0,
    "SUMPRODUCT(SUBTOTAL(103,OFFSET(A1,ROW(A1:A4)-ROW(A1),0)))": 2.0,
    'SUMPRODUCT(SUBTOTAL(109,OFFSET(A1,ROW(A1:A4)-ROW(A1),0)),--(C1:C4="x"))': 1.0,
    "AGGREGATE(9,5,A1:A4)": 9.0, "AGGREGATE(9,4,A1:A5)": 26.0, "AGGREGATE(9,0,A1:A5)": 15.0,
    "AGGREGATE(9,6,B1:B4)": 15.0, "AGGREGATE(9,7,B1:B4)": 3.0,
    "AGGREGATE(9,4,B1:B4)": CellError("#DIV/0!"),
    "AGGREGATE(14,6,B1:B4,2)": 5.0, "SUM(AGGREGATE(14,6,B1:B4,{1,2}))": 12.0,
    "AGGREGATE(15,6,ROW(A1:A4)/(A1:A4>1),1)": 2.0, "AGGREGATE(12,6,B1:B4)": 5.0,
    "AGGREGATE(16,6,A1:A4,0.5)": 3.0, "AGGREGATE(15,6,A1:A4/(A1:A4>99),1)": CellError("#NUM!"),
    "AGGREGATE(20,6,A1)": CellError("#VALUE!"), "AGGREGATE(9,8,A1)": CellError("#VALUE!"),
    "AGGREGATE(9,6,A1:A4*1)": CellError("#VALUE!"),
}  # fmt: skip


@pytest.mark.parametrize("formula", EXPECTED)
def test_what_is_shown_counts(formula: str) -> None:
    expected = EXPECTED[formula]
    found = value_of("=" + formula, CELLS, hidden=HIDDEN)
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_derivatives_are_those_of_what_counts() -> None:
    cells = {"A1": 1.0, "A2": 2.0, "A3": 4.0, "Z1": "=SUBTOTAL(101,A1:A3)+AGGREGATE(14,4,A1:A3,1)"}
    program = compile_book(book_of(cells, hidden=HIDDEN), ["S!Z1"], ["S!A1:A3"])
    value, slopes = program.value_and_gradient(np.array([1.0, 2.0, 4.0]))
    assert value == 5.0
    assert slopes.tolist() == [1.0, 0.0, 1.0]


def book(path: Path) -> Path:
    """Rows 3 and 5 filtered, 7 hidden by hand; a table with a filter of its own to the right."""
    with xlsxwriter.Workbook(path, {"use_future_functions": True}) as file:
        sheet = file.add_worksheet("S")
        sheet.write_row(0, 0, ["kind", "amount"])
        for row in range(1, 6):
            sheet.write_row(row, 0, ["ab"[row % 2], float(2**row)])
        sheet.autofilter("A1:B6")
        sheet.filter_column("A", "x == b")
        for row in (2, 4):
            sheet.set_row(row, options={"hidden": True})
        sheet.write(7, 1, 64.0)
        sheet.set_row(7, options={"hidden": True})
        formulas = ("SUBTOTAL(9,B2:B8)", "SUBTOTAL(109,B2:B8)", "SUBTOTAL(2,B2:B8)", "SUM(B2:B8)",
                    "AGGREGATE(9,5,B2:B8)", "AGGREGATE(9,4,B2:B8)")  # fmt: skip
        for i, formula in enumerate(formulas):
            sheet.write_formula(i + 9, 3, f"={formula}")
    return path


def test_a_files_hidden_rows_are_read_and_libreoffice_agrees(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx")
    read = read_book(path)
    assert read.hidden["S"] == HiddenRows(frozenset({7}), frozenset({2, 4}))
    values = evaluate(read).values["S"]
    own = [values[row, 3] for row in range(9, 15)]
    assert own == [106.0, 42.0, 4.0, 126.0, 42.0, 126.0]
    engine = LibreOffice()
    if installed(engine):
        theirs = engine.recalculate(path)["S"]
        assert own == [theirs[row, 3] for row in range(9, 15)]
