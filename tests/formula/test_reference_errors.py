"""Errors where a reference, or a number that chooses one, is due: they stay what they are.

Expected are the errors that stand in the arguments, as Excel's rule says (an error as an argument
is the result); the values of ranges are sums of what stands there.
"""

import pytest
from formula_books import value_of

from sheetsim.book import CellError, Value

CELLS: dict[str, Value] = {
    "A1": 1.0,
    "A2": 2.0,
    "A3": 3.0,
    "B1": 10.0,
    "B2": 20.0,
    "B3": 30.0,
    "C1": "text",
    "C2": CellError("#DIV/0!"),
    "C3": CellError("#REF!"),
    "C4": CellError("#NUM!"),
}

LOST = "MATCH(99,A1:A3,0)"


@pytest.mark.parametrize(
    "around",
    [
        "{0}",
        "SUM({0})",
        "ROWS({0})",
        "ROW({0})",
        "COUNTIF({0},1)",
        "SUMIF({0},1)",
        "MATCH(1,{0},0)",
        "VLOOKUP(1,{0},1)",
        "XLOOKUP(1,{0},{0})",
        "SUMPRODUCT({0})",
        "LOOKUP(1,{0})",
        "AVERAGEIFS({0},A1:A3,1)",
        "SUMIFS(A1:A3,{0},1)",
        "COUNTBLANK({0})",
        "XMATCH(1,{0})",
        "COLUMNS({0})",
    ],
)
@pytest.mark.parametrize(
    ("formula", "code"),
    [
        (f"INDEX(A1:A3,{LOST})", "#N/A"),
        (f"INDEX(A1:B3,1,{LOST})", "#N/A"),
        (f"OFFSET(A1,{LOST},0)", "#N/A"),
        ("OFFSET(A1,0,0,C2)", "#DIV/0!"),
        (f"A1:INDEX(A1:A3,{LOST})", "#N/A"),
        ("INDEX(A1:A3,C4):A3", "#NUM!"),
        ('OFFSET(A1,"x",0)', "#VALUE!"),
        ("INDEX(A1:A3,C1)", "#VALUE!"),
        ("INDIRECT(C2)", "#DIV/0!"),
        ('INDIRECT("nowhere")', "#REF!"),
        ("INDEX(A1:A3,9)", "#REF!"),
        ("INDEX(A1:A3,-1)", "#VALUE!"),
        ("#REF!", "#REF!"),
        ("OFFSET(A1,-1,0)", "#REF!"),
        (f"INDEX(A1:A3,{LOST}):INDEX(A1:A3,C2)", "#N/A"),
        (f"CHOOSE({LOST},A1,A2):A3", "#N/A"),
        ("IF(C2,A1,A2):A3", "#DIV/0!"),
        ("XLOOKUP(9,A1:A3,B1:B3):B3", "#N/A"),
        ("NA()", "#N/A"),
        ("A1:A2 B1:B2", "#NULL!"),
    ],
)
def test_an_error_in_a_reference_is_the_result(around: str, formula: str, code: str) -> None:
    assert value_of("=" + around.format(formula), CELLS) == CellError(code)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (f"IFNA(INDEX(A1:A3,{LOST}),-1)", -1.0),
        ("COUNTA(#REF!)", 1.0),
        ("COUNT(#REF!)", 0.0),
        ("COUNTIF(C3,1)", 0.0),
        ("COUNTIF(C3:C3,C3)", 1.0),
        ('SUMIF(C1:C4,">0")', 0.0),
        ("ROWS(C3)", 1.0),
        ("ROW(C3)", 3.0),
        ("COLUMN(C2)", 3.0),
        ("SUM(CHOOSE(1,A1,A2):CHOOSE(2,B1,B3))", 66.0),
        ("SUM(IF(A1=1,A1,A2):B3)", 66.0),
        ("SUM(IF(A1=2,A1,A2):B3)", 55.0),
        ("SUM(XLOOKUP(2,A1:A3,B1:B3):XLOOKUP(3,A1:A3,B1:B3))", 50.0),
        ("SUM(XLOOKUP(2,A1:A3,A1:B3):B3)", 55.0),
        ("ISERROR(INDEX(A1:A3,C2))", True),
        ('SUMPRODUCT(SUMIF(INDIRECT("A"&ROW(A1:A3)),">1"))', 5.0),
        ("SUMPRODUCT(COUNTIF(OFFSET(A1,ROW(A1:A3)-1,0),{1,3}))", 2.0),
        ("SUMPRODUCT(N(OFFSET(A1,{0,1,2},1)))", 60.0),
        ('SUMPRODUCT(SUMIF(INDIRECT({"A","B"}&"1:"&{"A","B"}&"3"),">1"))', 65.0),
    ],
)
def test_what_is_no_lost_reference_is_none(formula: str, value: Value) -> None:
    assert value_of("=" + formula, CELLS) == value
