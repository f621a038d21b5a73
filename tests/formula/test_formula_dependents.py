"""Which cells may depend on others: never too few, checked against what really changes."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formula_books import book_of, place_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.book import Book, Cell, CellAddress, DefinedName, Table
from sheetsim.errors import WorkbookError
from sheetsim.formula.recalc import rectangles
from sheetsim.formula.recalc.dependents import find_dependents
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.formula.recalc.overlay import overlay
from sheetsim.formula.recalc.rectangles import MovingCells
from sheetsim.workbook.read.book import mentions, read_book
from sheetsim.workbook.solver_model.read import read_models


def reached(cells: dict[str, Any], *changed: str, **more: Any) -> set[str]:
    """The names of the cells that are found to depend on others; sheet S unless another is said."""
    book = book_of(cells, **more)
    addresses = []
    for name in changed:
        sheet, _, own = name.rpartition("!")
        addresses.append((sheet or "S", place_of(own)))
    by_spot = {}
    for name in cells:
        sheet, _, own = name.rpartition("!")
        by_spot[sheet or "S", place_of(own)] = name
    return {by_spot[address] for address in find_dependents(book, addresses).cells}


@pytest.mark.parametrize(
    ("formula", "moves"),
    [
        ("=A1", True), ("=$A$1+1", True), ("=SUM(A1:B3)", True), ("=SUM(A:A)", True),
        ("=SUM(1:1)", True), ("=SUM(A2:C9)", False), ("=SUM(B:C)", False), ("=A2", False),
        ("=s!A1", True), ("=SUM(Other!A1)", False), ('=IF(FALSE,"A1",2)', False),
        ("=OFFSET(A3,B1,0)", True), ("=OFFSET(Other!A3,1,0)", False), ("=INDEX(A1:A3,2)", True),
        ("=SUM(A3:INDEX(B:B,2))", True), ('=INDIRECT("A"&1)', True), ("=named", True),
        ("=SUM(through)", True), ("=elsewhere", False), ("=nothing", False), ("=SUM(T[a])", True),
        ("=SUM(T[b])", True), ("=SUM(Away[a])", False), ("=NO_SUCH(A1)", True),
        ("=NO_SUCH(A2)", False), ("=1+~", True), ("=[1]Sheet1!A1", False),
        ("=SUM(S:Other!A1)", True), ("=TABLE(B1,)", True), ("=SUM(B3:A1)", True),
        ("=B1#", True), ("=Other!B1#", False),
    ],
)  # fmt: skip
def test_references(formula: str, moves: bool) -> None:
    names = (
        DefinedName("named", None, False, "S!$A$1"),
        DefinedName("through", None, False, "named+1"),
        DefinedName("elsewhere", None, False, "Other!$A$1"),
    )
    tables = {
        "T": Table("T", "S", (0, 0), (3, 1), ("a", "b")),
        "Away": Table("Away", "Other", (0, 0), (3, 0), ("a",)),
    }
    cells = {"A1": 1.0, "Z9": formula, "Other!A1": 1.0}
    assert reached(cells, "A1", names=names, tables=tables) == ({"Z9"} if moves else set())


def test_cells_of_one_formula_and_chains_through_sheets() -> None:
    cells: dict[str, Any] = {"A1": 1.0}
    cells |= {f"B{i}": f"=A{i}*2" for i in range(1, 30)}  # more than a few: one operation
    cells |= {f"C{i}": f"=SUM(B$1:B{i})" for i in range(1, 30)}
    cells |= {f"D{i}": f"=SUM(B{i}:B$29)" for i in range(1, 30)}
    cells |= {
        "Other!A1": "=S!B5+S!C7",
        "Last!A1": "=Other!A1",
        "Last!A2": "=S!A9",
        "Z1": "=Last!A1",
    }
    every = {"B5", "Other!A1", "Last!A1", "Z1"}
    every |= {f"C{i}" for i in range(5, 30)} | {f"D{i}" for i in range(1, 6)}
    assert reached(cells, "A5") == every
    assert reached(cells, "Other!A1") == {"Last!A1", "Z1"}
    assert reached(cells, "Last!B9") == set()


def test_array_formulas_move_whole() -> None:
    cells = {"D1:E2": "{=A1:B2*2}", "F1": "=E2"}
    book = book_of({**cells, "A1": 1.0})
    found = find_dependents(book, [("S", (0, 0))]).cells
    assert found == [("S", place) for place in ((0, 3), (0, 4), (1, 3), (1, 4), (0, 5))]
    assert find_dependents(book, [("S", (2, 0))]).cells == []


def test_a_cell_that_changes_is_no_answer_unless_it_depends() -> None:
    cells = {"A1": "=B1", "A2": "=A1", "A3": "=A2+A3"}
    assert reached(cells, "A1") == {"A2", "A3"}
    assert reached(cells, "A3") == {"A3"}


FORMULA = st.sampled_from(
    ["={a}+1", "=SUM({a}:{b})", "=IF({a}>2,{b},0)", "=OFFSET({a},1,1)", "=INDEX({a}:{b},1,1)",
     "=COUNT({a}:{b},Two!{a})", "=Two!{b}-{a}", "=MAX(S!{a},Two!{b})", "=SUM({a}:INDEX({b},1))",
     "=IFERROR(MATCH({a},{a}:{b},0),7)", '=INDIRECT("{a}")', "=ROW({a})", "=name+{a}"]
)  # fmt: skip
NAME = st.builds("{}{}".format, st.sampled_from("ABC"), st.integers(1, 4))


SPOTS = [
    f"{sheet}{column}{row}" for sheet in ("", "Two!") for column in "ABC" for row in range(1, 5)
]
CONTENT = st.one_of(
    st.none(),
    st.integers(0, 5).map(float),
    st.builds(lambda text, a, b: text.format(a=a, b=b), FORMULA, NAME, NAME),
)


@settings(max_examples=150, deadline=None)
@given(st.tuples(*[CONTENT] * len(SPOTS)), NAME, NAME)
def test_what_changes_is_among_the_answers(
    contents: tuple[float | str | None, ...], one: str, two: str
) -> None:
    """Where the formulas make a circle, there is nothing to compare with."""
    cells = {n: c for n, c in zip(SPOTS, contents, strict=True) if c is not None}
    book = book_of({"Two!Z9": 0.0, **cells}, names=(DefinedName("name", None, True, "Two!$A$1"),))
    changed: list[CellAddress] = [("S", place_of(one)), ("Two", place_of(two))]
    other, _ = overlay(book, dict.fromkeys(changed, 77.0))
    try:
        before, after = evaluate(book).values, evaluate(other).values
    except WorkbookError:
        return
    moved = {
        (sheet, place)
        for sheet, values in after.items()
        for place, value in values.items()
        if value != before[sheet].get(place)
    }
    assert moved <= set(find_dependents(book, changed).cells)


def test_a_long_recurrence_is_followed_in_a_few_steps() -> None:
    count = 30_000
    cells = {(0, 0): Cell(None, 1.0)}
    cells |= {(i, 0): Cell(f"=A{i}+1", None, None, (1, 0)) for i in range(1, count)}
    cells[0, 5] = Cell("=E1")
    book = Book("chain.xlsx", {"S": cells})
    begin = time.process_time()
    found = find_dependents(book, [("S", (0, 0))]).cells
    assert time.process_time() - begin < 20
    assert len([address for address in found if address[1][1] == 0]) == count - 1
    assert ("S", (0, 5)) not in found or len(found) == count


def test_a_sheet_larger_than_its_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rectangles, "MAX_GRID", 50)
    cells: dict[str, Any] = {f"B{i}": f"=A{i}" for i in range(1, 200)}
    assert {"B7"} <= reached(cells, "A7") < set(cells)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, unique=True),
    st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1),
    st.integers(20, 2000),
)
def test_marked_cells_in_rectangles(
    cells: list[tuple[int, int]], bounds: list[tuple[int, int, int, int]], most: int
) -> None:
    """Against looking at each cell; with blocks of rows, only never too few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rectangles, "MAX_GRID", most)
        where = np.array(cells, np.int32).T
        field = MovingCells(*where)
        marked = where[:, ::2]
        field.mark(*marked)
        ordered = [(min(t, b), min(le, r), max(t, b), max(le, r)) for t, le, b, r in bounds]
        top, left, bottom, right = field.ranked(np.array(ordered, np.int32).T)
    count = field.counted()
    inside = count[bottom, right] - count[top, right] - count[bottom, left] + count[top, left]
    for (t, le, b, r), found in zip(ordered, inside.tolist(), strict=True):
        truth = any(t <= row <= b and le <= column <= r for row, column in marked.T.tolist())
        assert (found > 0) == truth or (found > 0 and most < 1100)


# Sheets that need not be read ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "word", "mentioned"),
    [
        ("dotprod!A1", "dotprod", True), ("DOTPROD!A1", "dotprod", True),
        ("other!A1", "dotprod", False), ("'it''s'!A1", "it's", True), ("'R&amp;D'!A1", "R&D", True),
        ("'&#100;otprod'!A1", "dotprod", True), ("<![CDATA[dot]]>prod!A1", "dotprod", True),
        ("SUM(Jan:Mar!A1)", "dotprod", True), ("SUM('Jan:Mar'!A1)", "Feb", True),
        ("A1:B2", "dotprod", False), ("\N{LATIN SMALL LETTER A WITH DIAERESIS}!A1", "\xe4", True),
    ],
)  # fmt: skip
def test_what_a_sheet_mentions(formula: str, word: str, mentioned: bool) -> None:
    data = f'<c r="A1"><f>{formula}</f><v>1</v></c>'.encode()
    assert mentions(data, {word}) == mentioned
    assert not mentions(b'<c r="A1"><v>1</v></c>', {word})


def test_in_the_lecture_only_the_sheets_concerned_are_read(lecture: Path) -> None:
    book = read_book(lecture / "collab_filter.xlsx")
    kept = book.sheets._read  # type: ignore[attr-defined]
    variables = read_models(book)["dotprod"].variable_cells()
    found = find_dependents(book, list(variables)).cells
    assert {sheet for sheet, _ in found} == {"dotprod", "movielens_1hot", "movielens_emb"}
    assert set(kept) == {"dotprod", "movielens_1hot", "movielens_emb"}
    formulas = [
        (sheet, place)
        for sheet in book.sheets
        for place, cell in book.sheets[sheet].items()
        if cell.has_formula
    ]
    known = set(found)
    assert [address for address in formulas if address in known] == found
    everything = Book(book.path, dict(book.sheets), book.names, book.tables)
    assert find_dependents(everything, list(variables)).cells == found
