"""Values of single formulas: coercion, blanks, errors, references, names, tables, arrays.

The expected values are Excel's: by its documentation of each function, or by the lecture's files.
"""

import pytest
from formula_books import book_of, value_of

from sheetsim.book import CellError, DefinedName, Table
from sheetsim.errors import WorkbookError
from sheetsim.formula.recalc.evaluate import evaluate

CELLS = {"A1": 1.0, "A2": 2.0, "A3": 4.0, "B1": "text", "B2": True, "B3": "7", "C1": "=1/0",
         "D1": 3.0, "D2": 5.0, "D3": None, "other!A1": 10.0, "other!A2": 20.0}  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=-2^2", 4.0), ("=2^3^2", 64.0), ("=50%", 0.5), ("=5-3-1", 1.0),
        ("=1/0", "#DIV/0!"), ("=0^0", "#NUM!"), ("=0^-1", "#DIV/0!"), ("=SQRT(-1)", "#NUM!"),
        ("=LN(0)", "#NUM!"), ("=1E300*1E300", "#NUM!"), ("=EXP(1000)", "#NUM!"),
        ('="5"+1', 6.0), ('="x"+1', "#VALUE!"), ("=TRUE+1", 2.0), ('="1,000"+0', 1000.0),
        ('="a"&1&TRUE', "a1TRUE"), ("=0.1&\"\"", "0.1"), ("=1/3&\"\"", "0.333333333333333"),
        ("=1=TRUE", False), ('="a"<"B"', True), ('="A"="a"', True), ('=1<"1"', True),
        ('="x"<FALSE', True), ("=C1+1", "#DIV/0!"), ('=C1&"x"', "#DIV/0!"), ("=C1=1", "#DIV/0!"),
        ("=A9", 0.0), ('=A9=""', True), ("=A9=0", True), ("=A9=FALSE", True), ("=A9+1", 1.0),
        ("=SUM(A1:C3)", "#DIV/0!"), ("=SUM(A1:B3)", 7.0), ("=SUM(1,TRUE,\"3\")", 5.0),
        ('=SUM({1,TRUE,"3"})', 1.0), ('=SUM("x")', "#VALUE!"), ("=AVERAGE(A1:B3)", 7 / 3),
        ("=AVERAGE(B1:B2)", "#DIV/0!"), ("=MAX(B1:B2)", 0.0), ("=COUNT(A1:C3)", 3.0),
        ("=COUNTA(A1:C3)", 7.0), ("=COUNTBLANK(D1:D3)", 1.0), ("=PRODUCT(A1:B3)", 8.0),
        ("=STDEV(A1)", "#DIV/0!"), ("=MEDIAN(A1:B3)", 2.0), ("=VARP(A1:A3)", 14 / 9),
        ("=SUMXMY2(A1:A3,D1:D3)", 13.0),  # the pair with the blank is passed over
        ("=SUMXMY2(A1:A2,D1:D3)", "#N/A"), ("=SUMPRODUCT(A1:A3,D1:D3)", 13.0),
        ("=SUMPRODUCT((D1:D3<>\"\")*(A1:A3-D1:D3)^2)", 13.0), ("=SUMPRODUCT(A1:A3*2)", 14.0),
        ("=SUM(A1:A3*2)", "#VALUE!"),  # not an array formula, and no cell of A1:A3 in row 99
        ("=IF(1>2,1)", False), ("=IF(,1,2)", 2.0), ("=IF(1,)", 0.0), ('=IF("x",1,2)', "#VALUE!"),
        ("=IF(C1,1,2)", "#DIV/0!"), ("=IF(TRUE,1,C1)", 1.0), ("=IFERROR(C1,7)", 7.0),
        ("=IFNA(NA(),7)", 7.0), ("=IFNA(C1,7)", "#DIV/0!"), ("=CHOOSE(2,1,A3)", 4.0),
        ("=CHOOSE(3,1,A3)", "#VALUE!"), ("=AND(TRUE,1)", True), ("=AND(B1:B3)", True),
        ("=OR(FALSE,0)", False), ("=NOT(0)", True), ("=ISERROR(C1)", True), ("=ISNA(C1)", False),
        ("=ISBLANK(D3)", True), ("=ISNUMBER(A1)", True), ("=ISTEXT(B3)", True),
        ("=INDEX({1,2;3,4},2,1)", 3.0), ("=INDEX(A1:A3,3)", 4.0), ("=INDEX(A1:A3,4)", "#REF!"),
        ("=SUM(INDEX(A1:B3,0,1))", 7.0), ("=SUM(A1:INDEX(A1:A9,2))", 3.0),
        ("=MATCH(3,A1:A3)", 2.0), ("=MATCH(0,A1:A3)", "#N/A"), ("=MATCH(1,{1,0})", 1.0),
        ('=MATCH("t*t",B1:B3,0)', 1.0), ('=MATCH("7",B1:B3,0)', 3.0), ("=MATCH(7,B1:B3,0)", "#N/A"),
        ("=SUM(OFFSET(A1,1,0,2,1))", 6.0), ("=OFFSET(A3,-2,0)", 1.0), ("=OFFSET(A1,-1,0)", "#REF!"),
        ('=INDIRECT("A"&2)', 2.0), ('=INDIRECT("other!A2")', 20.0), ('=INDIRECT("?")', "#REF!"),
        ("=ROW()", 99.0), ("=COLUMN()", 26.0), ("=ROWS(A1:C5)", 5.0), ("=COLUMN(C3)", 3.0),
        ("=SUM(A:A)", 7.0), ("=SUM(1:1,2:2)", "#DIV/0!"), ("=SUM(2:3)", 11.0),
        ("=SUM((A1,A3))", 5.0), ("=A1:A3 A2:C2", 2.0), ("=A1:A2 B1:B2", "#NULL!"),
        ("=other!A1+'other'!A2", 30.0), ("=nowhere!A1", "#REF!"), ("=nope+1", "#NAME?"),
        ("=ROUND(2.5,0)", 3.0), ("=ROUND(-2.5,0)", -3.0), ("=ROUND(1.005,2)", 1.01),
        ("=MOD(-3,2)", 1.0), ("=INT(-1.5)", -2.0), ("=TRUNC(-1.5)", -1.0), ("=LOG(100)", 2.0),
        ("=LOG(8,2)", 3.0), ('=LEFT("abc",2)', "ab"), ('=TRIM("  a  b ")', "a b"),
        ("=MDETERM({1,2;3,4})", -2.0), ("=SUM(MMULT({1,2},{3;4}))", 11.0),
        ("=SUM(MMULT({1,2},{3,4}))", "#VALUE!"), ("=SINGLE(A1)", 1.0),
    ],
)  # fmt: skip
def test_value(formula: str, value: object) -> None:
    expected = CellError(value) if isinstance(value, str) and value.startswith("#") else value
    found = value_of(formula, CELLS)
    assert type(found) is type(expected)
    assert found == (pytest.approx(expected, rel=1e-13) if isinstance(value, float) else expected)


def test_implicit_intersection() -> None:
    cells = {"A1": 1.0, "A2": 2.0, "B2": "=A1:A3*10", "B1": "=@A1:A3", "C3": "=A1:B1"}
    values = evaluate(book_of(cells)).values["S"]
    assert values[1, 1] == 20.0
    assert values[0, 1] == 1.0
    assert values[2, 2] == CellError("#VALUE!")


def test_array_formulas() -> None:
    cells = {"A1": 1.0, "A2": 2.0, "B1:C2": "{=A1:A2*{1,10}}", "D1:D3": "{=A1:A2+1}",
             "E1": "{=SUM(A1:A2*A1:A2)}", "F1": "=SUM(B1#)"}  # fmt: skip
    values = evaluate(book_of(cells)).values["S"]
    assert [values[r, c] for r in (0, 1) for c in (1, 2)] == [1.0, 10.0, 2.0, 20.0]
    assert [values[r, 3] for r in range(3)] == [2.0, 3.0, CellError("#N/A")]
    assert values[0, 4] == 5.0
    assert values[0, 5] == 33.0


def test_names() -> None:
    names = (
        DefinedName("rate", None, False, "S!$A$1"),
        DefinedName("rate", "other", False, "0.5"),
        DefinedName("twice", None, False, "rate*2"),
        DefinedName("round", None, False, "round_too+1"),
        DefinedName("round_too", None, False, "round"),
    )
    cells = {"A1": 3.0, "B1": "=RATE", "B2": "=twice+1", "other!A1": "=rate", "other!A2": "=S!B1"}
    values = evaluate(book_of(cells, names=names)).values
    assert (values["S"][0, 1], values["S"][1, 1]) == (3.0, 7.0)
    assert (values["other"][0, 0], values["other"][1, 0]) == (0.5, 3.0)
    with pytest.raises(WorkbookError, match=r"name round(_too)? refers to itself"):
        value_of("=round", cells, names=names)


def test_tables() -> None:
    table = Table("T", "S", (0, 0), (4, 2), ("a", "b", "c [d]"), 1, 1)
    cells = {
        "A1": "a", "B1": "b", "C1": "c [d]", "A2": 1.0, "A3": 2.0, "A4": 3.0,
        "B2": "=T[[#This Row],[a]]*2", "B3": "=T[@a]*2", "B4": "=[@a]+SUM(T[@[a]:[a]])",
        "C2": "=SUM(T[a])", "C3": "=T[[#Totals],[b]]", "C4": "=COUNTA(T[#Headers])",
        "B5": "=SUM(T[b])", "E1": "=ROWS(T[#All])", "E2": "=SUM(T[[c '[d']]])",
        "E3": "=T[[#Data],[a]]",
        "other!A1": "=SUM(T[[a]:[b]])", "E4": "=SUM(T[zzz])",
    }  # fmt: skip
    values = evaluate(book_of(cells, tables={"T": table})).values
    own = values["S"]
    assert [own[r, 1] for r in range(1, 5)] == [2.0, 4.0, 6.0, 12.0]
    assert [own[r, 2] for r in (1, 2, 3)] == [6.0, 12.0, 3.0]
    assert [own[r, 4] for r in range(4)] == [5.0, 21.0, 2.0, CellError("#REF!")]
    assert values["other"][0, 0] == 18.0


def test_what_cannot_be_computed_keeps_its_cached_value() -> None:
    from sheetsim.book import Cell

    cells = {"A1": Cell("=NOT_A_FUNCTION(1)", 5.0), "A2": "=A1*2", "A3": Cell("=RAND()", 0.25),
             "A4": "=A3*4", "A5": Cell("=[1]x!B1", 7.0)}  # fmt: skip
    result = evaluate(book_of(cells))
    assert [result.values["S"][r, 0] for r in range(5)] == [5.0, 10.0, 0.25, 1.0, 7.0]
    assert result.unsupported == {
        ("S", (0, 0)): "NOT_A_FUNCTION",
        ("S", (4, 0)): "a link to another file",
    }
    assert result.frozen == {("S", (2, 0))}


@pytest.mark.parametrize(
    ("cells", "circle"),
    [
        ({"A1": "=B1", "B1": "=C1+1", "C1": "=A1"}, "S!A1 -> S!B1 -> S!C1 -> S!A1"),
        ({"A1": "=A1+1"}, "S!A1 -> S!A1"),
        ({"A1": "=SUM(A1:A9)"}, "S!A1 -> S!A1"),
        ({"A1": "=OFFSET(B1,0,0)", "B1": "=A1"}, "S!A1 -> S!B1 -> S!A1"),
        ({"A1": "=other!A1", "other!A1": "=S!A1"}, "S!A1 -> other!A1 -> S!A1"),
    ],
)
def test_circle_is_named(cells: dict[str, object], circle: str) -> None:
    with pytest.raises(WorkbookError, match=f"test.xlsx: circular reference {circle};"):
        evaluate(book_of(cells))


def test_offset_that_waits_for_itself() -> None:
    cells = {"A1": "=OFFSET(B1,A2,0)", "A2": "=A1"}
    with pytest.raises(WorkbookError, match="circular reference"):
        evaluate(book_of(cells))


def test_sites_that_need_each_other_in_turn() -> None:
    """Each row looks up where the next one lies; Excel follows, cell by cell."""
    cells: dict[str, object] = {f"B{i}": float(i) for i in range(1, 21)}
    cells["A1"] = 1.0
    cells |= {f"A{i}": f"=INDEX($B$1:$B$20,A{i - 1}+1)" for i in range(2, 20)}
    values = evaluate(book_of(cells)).values["S"]
    assert [values[i, 0] for i in range(1, 19)] == [float(i + 1) for i in range(1, 19)]


def test_deep_formula() -> None:
    assert value_of("=" + "ABS(" * 1000 + "-1" + ")" * 1000) == 1.0


def test_unreadable_formula_is_one_line() -> None:
    with pytest.raises(WorkbookError, match=r"formula '=1\+', position 4"):
        value_of("=1+")
