"""No cell keeps an old value: what follows a change against all of a workbook computed anew.

Formulas that cannot be computed here stand in the workbook beside ones that can and mean the same
(`LIKE`), so that the oracle knows which of them would change.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pytest
from formula_books import book_of, place_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.book import Book, Cell, DefinedName, Place, Table, Value
from sheetsim.columns import FormulaRun
from sheetsim.errors import WorkbookError
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.formula.recalc.overlay import overlay
from sheetsim.formula.recalc.recalculate import recalculate
from sheetsim.workbook.read.book import mentions

SHEETS = {"S": "", "Two": "Two!", "It's (3)": "'It''s (3)'!"}
LIKE = {"NOPE(": "SUM(", "f(": "SUM(S!$A$1,"}

NAMES = (
    DefinedName("one", None, False, "S!$A$1"),
    DefinedName("left", None, False, "S!XFD1"),
    DefinedName("above", None, False, "Two!A1048576"),
    DefinedName("here", None, False, "Two!A1"),
    DefinedName("tot", None, False, "SUM(one,'S:It''s (3)'!$B$2)"),
    DefinedName("outer", None, False, "one+tot"),
    DefinedName("local", None, False, "S!$C$3"),
    DefinedName("local", "Two", False, "$C$3"),
    DefinedName("deeper", "Two", False, "local+1"),
    DefinedName("area", None, False, "S!$A$1:$B$3"),
    DefinedName("through", None, False, "Two!$A:$A"),
    DefinedName("texts", None, False, 'INDIRECT("S!B1")'),
    DefinedName("small", None, False, 'SUMIF(S!$A$1:$A$4,">0",Two!$B$1)'),
    DefinedName("f", None, False, "LAMBDA(x,x+S!$A$1)"),
    DefinedName("tabled", None, False, "SUM(T[b])"),
)
TABLES = {"T": Table("T", "Two", (0, 0), (3, 2), ("a", "b", "c"))}

FORMULAS = st.sampled_from(
    ["{a}+1", "SUM({a}:{p})", "IF({a}>2,{b},{c})", "OFFSET({a},1,1)", "SUM(OFFSET({a},0,0,{p},2))",
     "INDEX({a}:{p},2,1)", "SUM({a}:INDEX({p},1))", "{a}-{b}", "MAX({a},{b},{c})", "SUM({s}A:A)",
     "SUM({s}$B:C)", "SUM({s}2:3)", 'INDIRECT("{a}")', 'SUM(INDIRECT("{s}A"&{p}&":C4"))',
     'SUMIF({a}:{p},">0",{b})', 'SUMIF({s}A$1:A3,">0",{s}B$1)', 'AVERAGEIF({s}A1:B2,">0",{c})',
     'SUMIF({s}$A$1:$A$3,">1",{s}B1:C1)', 'SUMIF(area,">0",{b})', "one*{a}", "left+{a}", "above",
     "here+{b}", "tot", "outer-{c}", "local", "Two!local", "Two!deeper", "SUM(area)",
     "SUM(through)", "texts", "small+{a}", "tabled", "SUM(T[a])", "SUM(T[[#Headers],[b]:[c]])",
     "ROWS({a}:{p})",
     "SUM(S:Two!{p})", "SUM('Two:It''s (3)'!{p})", "AVERAGE('S:It''s (3)'!$A$1:{p})", "NOPE({a})",
     "NOPE(OFFSET({a},0,1))", "NOPE({a}:{p})", "f({b})", "NOPE(SUMIF({a}:{p},1,{b}))", "NOPE(tot)",
     "IFERROR(MATCH({a},{s}A1:C1,0),{b})", "CHOOSE(2,{a},{b})", "SUM({a}:{p} {s}B1:C4)",
     "SUM(({a},{b}))", "VLOOKUP({a},{s}A1:C4,2,FALSE)", "SUM({a}#)",
     "SUMPRODUCT({s}A1:A3,{s}B1:B3)", "[1]S!A1"]
)  # fmt: skip
CELL = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "$"]),
    st.sampled_from("ABCAABCE"),
    st.sampled_from(["", "$"]),
    st.integers(1, 4),
)
SHEET = st.sampled_from(["", *SHEETS.values(), "S!"])
OF_SHEET = st.builds("{}{}".format, SHEET, CELL)
TEXT = st.builds(
    lambda text, a, b, c, p, s: "=" + text.format(a=a, b=b, c=c, p=p, s=s),
    *(FORMULAS, OF_SHEET, OF_SHEET, OF_SHEET, CELL, SHEET),
)
NUMBERS = st.lists(st.integers(0, 4).map(float), min_size=36, max_size=36)
WHERE = st.tuples(st.sampled_from(list(SHEETS)), st.integers(0, 3), st.sampled_from([4, 5]))
HOW = st.sampled_from(["plain", "plain", "plain", "array", "shared"])
CHANGES = st.dictionaries(
    st.tuples(st.sampled_from(list(SHEETS)), st.tuples(st.integers(0, 3), st.integers(0, 2))),
    st.sampled_from([9.0, -3.0, None, 2.0]),
    min_size=1,
    max_size=3,
)
Cells = dict[str, dict[Place, Cell]]


class Sheets(Mapping[str, Mapping[Place, Cell]]):
    """Sheets that tell what they mention from bytes, as those of a file do."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def __getitem__(self, name: str) -> Mapping[Place, Cell]:
        return self._cells[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def mentions(self, name: str, words: set[str]) -> bool:
        texts = (escape(cell.formula) for cell in self._cells[name].values() if cell.formula)
        return mentions("".join(f"<f>{text}</f>" for text in texts).encode(), words)


def entered(cells: Cells, where: tuple[str, int, int], how: str, text: str) -> None:
    """Enter a formula, as a plain one, over two rows as an array, or filled down."""
    sheet, row, column = where
    if how == "plain":
        cells[sheet][row, column] = Cell(text)
    elif how == "array":
        for at in (7, 8):
            cells[sheet][at, column] = Cell(text, None, f"{'EF'[column - 4]}8:{'EF'[column - 4]}9")
    else:
        origin = (0, column + 2)
        shared = FormulaRun(text, origin)
        for down in range(4):
            filled = shared.at(down, column + 2)
            cells[sheet][down, column + 2] = Cell(filled, None, None, origin)


def known(cells: Cells) -> Cells:
    """The cells, formulas that cannot be computed replaced by their like."""
    out: Cells = {}
    for sheet, own in cells.items():
        out[sheet] = {}
        for place, cell in own.items():
            formula = cell.formula
            if formula is not None and formula.startswith(("=NOPE(", "=f(")):
                call = formula[1 : formula.index("(") + 1]
                formula = "=" + LIKE[call] + formula[1 + len(call) :]
                formula += "+3-3" if cell.origin else ""
            out[sheet][place] = Cell(formula, cell.value, cell.array)
    return out


def values_of(cells: Cells, changes: Mapping[tuple[str, Place], Value]) -> Any:
    book = Book("test.xlsx", cells, NAMES, TABLES, dict.fromkeys(SHEETS, "visible"))
    found = evaluate(overlay(book, changes)[0])
    return {(s, p): v for s, own in found.values.items() for p, v in own.items()}


def same(a: Value, b: Value) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == pytest.approx(b, rel=1e-9, abs=1e-9)
    return type(a) is type(b) and a == b


@settings(max_examples=150, deadline=None)
@given(NUMBERS, st.lists(st.tuples(WHERE, HOW, TEXT), min_size=1, max_size=8), CHANGES)
def test_no_cell_keeps_an_old_value(
    numbers: list[float],
    formulas: list[tuple[tuple[str, int, int], str, str]],
    changes: dict[tuple[str, Place], Value],
) -> None:
    """Circles, and what no formula's like can be made for, are left out."""
    cells: Cells = {}
    for i, sheet in enumerate(SHEETS):
        own = numbers[12 * i : 12 * i + 12]
        cells[sheet] = {divmod(k, 3): Cell(None, x) for k, x in enumerate(own)}
    for where, how, text in formulas:
        entered(cells, where, how, text)
    try:
        before, after = values_of(known(cells), {}), values_of(known(cells), changes)
    except WorkbookError as error:
        if "circular" in str(error):
            return
        raise
    cached = {
        sheet: {
            p: cell._replace(value=before.get((sheet, p), cell.value)) for p, cell in own.items()
        }
        for sheet, own in cells.items()
    }
    book = Book("test.xlsx", Sheets(cached), NAMES, TABLES, dict.fromkeys(SHEETS, "visible"))
    for trusted in (True, False):
        found = recalculate(book, changes, trusted=trusted)
        shown = {(s, p): v for s, own in found.values.items() for p, v in own.items()}
        for spot, value in shown.items():
            assert same(value, after[spot]), (spot, trusted, value, after[spot])
        for spot, value in after.items():
            if not same(value, before[spot]):
                assert spot in shown or spot in found.unsupported, (spot, trusted, value)


# Cases that a review found -------------------------------------------------------------------


def names(**meanings: str) -> dict[str, Any]:
    return {"names": tuple(DefinedName(name, None, False, text) for name, text in meanings.items())}


LEFT = names(left="S!XFD1", above="S!A1048576", edge="S!XFD1")
ONES = {"A1": 1.0, "A2": 1.0, "A3": 1.0, "B1": 1.0, "B2": 2.0, "B3": 3.0}


@pytest.mark.parametrize(
    ("cells", "more", "change", "shown"),
    [
        (ONES | {"D2": '=SUMIF(A1:A3,">0",B1)'}, {}, "B2", {"D2": 14.0}),
        (ONES | {"D3": '=AVERAGEIF(A$1:A3,">0",B$1)'}, {}, "B3", {"D3": 13 / 3}),
        (ONES | {"D3": '=SUMIF(A1:A$3,">0",B$1)'}, {}, "B1", {}),
        (
            {"Cfg!A1": 1.0, "Jan!A1": 2.0, "Feb!A1": 3.0, "Mar!A1": 4.0, "Total!B2": "=tot"},
            names(tot="SUM(Cfg!$A$1,Jan:Mar!$A$1)"), "Feb!A1", {"Total!B2": 17.0},
        ),
        (
            {"Jan (1)!A1": 2.0, "Feb (2)!A1": 3.0, "Mar (3)!A1": 4.0}
            | {"Z1": "=SUM('Jan (1):Mar (3)'!A1)"},
            {}, "Feb (2)!A1", {"Z1": 16.0},
        ),
        ({"A1": 1.0, "B1": "=left*2", "A2": "=above*3"}, LEFT, "A1", {"B1": 20.0, "A2": 30.0}),
        ({"XFD2": 1.0, "A2": "=edge+1"}, LEFT, "XFD2", {"A2": 11.0}),
        ({"A1": 1.0, "B1": '=INDIRECT("left")'}, LEFT, "A1", {"B1": 10.0}),
    ],
)  # fmt: skip
def test_a_dependent_that_was_missed(
    cells: dict[str, Any], more: dict[str, Any], change: str, shown: dict[str, float]
) -> None:
    made = book_of(cells, **more)
    book = Book(made.path, Sheets(made.sheets), made.names)  # type: ignore[arg-type]
    sheet, _, own = change.rpartition("!")
    wanted: dict[str, dict[Place, Any]] = {}
    for name, value in shown.items():
        home, _, place = name.rpartition("!")
        wanted.setdefault(home or "S", {})[place_of(place)] = pytest.approx(value)
    for trusted in (True, False):
        found = recalculate(book, {(sheet or "S", place_of(own)): 10.0}, trusted=trusted)
        assert (found.values, found.unsupported) == (wanted or found.values, {})


def test_many_cells_of_one_name_wrap() -> None:
    """More than a few cells of one formula are one operation."""
    cells: dict[str, Any] = {"A1": 1.0} | {f"B{i}": "=left*2" for i in range(1, 30)}
    cells |= {f"A{i}": "=above+1" for i in range(2, 30)}
    found = recalculate(book_of(cells, **LEFT), {("S", (0, 0)): 5.0})
    assert [found.values["S"][i, 1] for i in range(29)] == [2 * (5.0 + i) for i in range(29)]


@pytest.mark.parametrize(
    ("meaning", "formula", "value"),
    [
        ("LAMBDA(x,x+S!$A$1)", "=f(3)", 8.0),
        ("LAMBDA(x,OFFSET(S!$A$3,-2,0))", "=1+f(3)", 6.0),
        ('LAMBDA(x,INDIRECT("S!A1"))', "=f(3)", 5.0),
        ("LAMBDA(x,g+x)", "=f(3)", 8.0),
        ("LAMBDA(x,SUMIF(S!$A$1:$B$1,x+2,S!$A$1))", "=f(3)", 5.0),
    ],
)
def test_what_depends_through_a_lambda_is_computed(
    meaning: str, formula: str, value: float
) -> None:
    """A1 becomes 5."""
    cells = {"A1": 1.0, "A3": 3.0, "Two!E1": Cell("=S!E1", 4.0), "E1": Cell(formula, 4.0)}
    book = book_of(cells, **names(f=meaning, g="S!$A$1"))
    for trusted in (True, False):
        found = recalculate(book, {("S", (0, 0)): 5.0}, trusted=trusted)
        assert found.values == {"S": {(0, 4): value}, "Two": {(0, 4): value}}


@pytest.mark.parametrize(
    ("meaning", "formula"),
    [
        ("LAMBDA(x,IF(x<1,S!$A$1,f(x-1)))", "=f(3)"),
        ("1", "=A1+"), ("1", "=NOPE(OFFSET(A3,-2,0))"), ("EVALUATE(\"S!A\"&1)", "=f"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_but_depends_is_reported(meaning: str, formula: str) -> None:
    cells = {"A1": 1.0, "A3": 3.0, "Two!E1": Cell("=S!E1", 4.0), "E1": Cell(formula, 4.0)}
    book = book_of(cells, **names(f=meaning, g="S!$A$1"))
    for trusted in (True, False):
        found = recalculate(book, {("S", (0, 0)): 5.0}, trusted=trusted)
        assert (found.values, set(found.unsupported)) == ({}, {("S", (0, 4)), ("Two", (0, 4))})


def test_functions_of_macros_may_read_anything() -> None:
    cells = {"A1": 1.0, "Two!E1": Cell("=UDF(A2)", 4.0)}
    for macros in (True, False):
        found = recalculate(book_of(cells, macros=macros), {("S", (0, 0)): 5.0})
        assert set(found.unsupported) == ({("Two", (0, 4))} if macros else set())


def test_names_that_double() -> None:
    doubled = {"p_0": "S!$A$1", "q_0": "S!$A$2"}
    for i in range(1, 60):
        doubled[f"p_{i}"], doubled[f"q_{i}"] = f"p_{i - 1}+q_{i - 1}", f"p_{i - 1}-q_{i - 1}"
    book = book_of({"A1": 3.0, "A2": 1.0, "B1": "=p_59"}, **names(**doubled))
    assert evaluate(book).values["S"][0, 1] == 2.0**29 * 4  # p_59 = 2^29 (a + b)
    unions = {"u_0": "S!$A$1"} | {f"u_{i}": f"(u_{i - 1},u_{i - 1})" for i in range(1, 40)}
    book = book_of({"A1": 3.0, "B1": "=SUM(u_39)"}, **names(**unions))
    with pytest.raises(WorkbookError, match="S!B1: the formula has more than 100,000 values"):
        evaluate(book)
    assert set(recalculate(book, {("S", (0, 0)): 5.0}).unsupported) == {("S", (0, 1))}


def test_a_name_of_a_sheet_means_the_names_of_that_sheet() -> None:
    cells = {"Two!A1": 2.0, "A1": 1.0, "B1": "=Two!far"}
    own = (
        DefinedName("near", "Two", False, "Two!$A$1"), DefinedName("near", None, False, "S!$A$1"),
        DefinedName("far", "Two", False, "near*10"),
    )  # fmt: skip
    found = recalculate(book_of(cells, names=own), {("Two", (0, 0)): 5.0})
    assert found.values == {"S": {(0, 1): 50.0}}


def test_many_unknown_functions_of_many_cells() -> None:
    count = 10_000
    cells = {(i, 0): Cell(None, 1.0) for i in range(count)}
    cells |= {(i, 1): Cell(f"=UDF(A{i + 1})", 2.0) for i in range(count)}
    cells[0, 3] = Cell(f"=SUM(B1:B{count})", 1.0)
    book = Book("many.xlsx", {"S": cells})
    begin = time.process_time()
    found = recalculate(book, {("S", (i, 0)): 3.0 for i in range(count)})
    assert len(found.unsupported) == count + 1
    program = compile_book(book, ["S!D1"], [f"S!A1:A{count}"])
    with pytest.raises(WorkbookError, match="UDF"):
        program.values(np.ones(count))
    assert time.process_time() - begin < 15  # about 2 s; it was a minute


@pytest.mark.parametrize(
    ("formula", "through"),
    [
        ("SUM('Jan (1):Mar (3)'!A1)", True), ("SUM(&apos;Jan (1):Mar (3)&apos;!A1)", True),
        ("'A:It''s + 3'!A1", True), ("Jan:Mar!A1", True), ("SUM(A1:B2)+'Other'!A1", False),
        ("SUM(A1:B2,'Other (1)'!A1)", False), ("A1:B2&amp;\"!\"", False),
    ],
)  # fmt: skip
def test_references_through_sheets_are_seen(formula: str, through: bool) -> None:
    assert mentions(f"<f>{formula}</f>".encode(), {"nowhere"}) == through
