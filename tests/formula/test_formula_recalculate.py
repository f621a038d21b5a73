"""What cells become when others change: against the whole workbook computed anew, and IronCalc."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formula_books import book_of, place_of
from hypothesis import given, settings
from hypothesis import strategies as st
from installed import installed

from sheetsim.book import Book, Cell, CellAddress, CellError, Value
from sheetsim.engines import engines
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.dependents import find_dependents
from sheetsim.formula.recalc.evaluate import Evaluation, evaluate
from sheetsim.formula.recalc.overlay import overlay
from sheetsim.formula.recalc.recalculate import Recalculated, recalculate
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.solver_model.read import read_models


def close(a: Value, b: Value) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == pytest.approx(b, rel=1e-9, abs=1e-12)
    return a == b


def moved(book: Book, sheet: str) -> dict[CellAddress, Value]:
    """Other numbers for the variables of a sheet's model."""
    noise = np.random.default_rng(7)
    return {
        (name, place): float(noise.uniform(0.2, 1.5))
        for name, place in read_models(book)[sheet].variable_cells()
    }


def cached(book: Book) -> Book:
    """The workbook with the values that its formulas have."""
    values = evaluate(book).values
    sheets = {
        name: {
            place: Cell(cell.formula, values[name][place], cell.array) if cell.formula else cell
            for place, cell in cells.items()
        }
        for name, cells in book.sheets.items()
    }
    return Book(book.path, sheets, book.names, book.tables)


LECTURE = [
    ("collab_filter.xlsx", 2), ("graddesc.xlsm", 3), ("entropy_example.xlsx", 2)
]  # fmt: skip


@pytest.mark.parametrize(("file", "least"), LECTURE)
def test_all_of_the_lecture_as_when_it_is_computed_anew(
    lecture: Path, file: str, least: int
) -> None:
    """Of each sheet, the variables of its model change, or three of its numbers."""
    book = read_book(lecture / file)
    models = read_models(book)
    tried = 0
    for sheet, cells in book.sheets.items():
        numbers = [p for p, c in cells.items() if type(c.value) is float and not c.has_formula]
        values = moved(book, sheet) if sheet in models else {(sheet, p): 0.4 for p in numbers[-3:]}
        expected = evaluate(overlay(book, values)[0])
        for trusted in (True, False):
            found = recalculate(book, values, trusted=trusted)
            assert found.unsupported == {}
            as_computed_anew(book, expected, found)
        tried += bool(found.values)
    assert tried >= least


def as_computed_anew(book: Book, expected: Evaluation, found: Recalculated) -> None:
    seen = 0
    for name, cells in expected.values.items():
        own_values = found.values.get(name, {})
        for place, value in cells.items():
            seen += place in own_values
            mine = own_values.get(place, book.sheets[name][place].value)
            assert (
                close(mine, value)
                or (mine is None and value == "")  # as some programs cache it
                or (name, place) in expected.frozen
            ), (name, place)
    assert seen == sum(map(len, found.values.values()))


def test_the_projects_workbook_as_ironcalc_recalculates_it(root: Path, tmp_path: Path) -> None:
    engine = engines()["ironcalc"]
    if not installed(engine):
        pytest.skip("ironcalc is not installed here")
    path = root / "workbooks" / "collab_filter.xlsx"
    book = read_book(path)
    values = moved(book, "dot_product")
    found = recalculate(book, values, trusted=True)
    inputs: dict[str, dict[tuple[int, int], Value]] = {}
    for (sheet, place), value in values.items():
        inputs.setdefault(sheet, {})[place] = value
    write_values(path, tmp_path / "copy.xlsx", inputs)
    theirs = engine.recalculate(tmp_path / "copy.xlsx")
    compared = 0
    for sheet, cells in found.values.items():
        for place, value in cells.items():
            if isinstance(value, float) and place in theirs[sheet]:
                assert theirs[sheet][place] == pytest.approx(value, rel=1e-9, abs=1e-12)
                compared += 1
    assert compared > 3000
    for sheet, place in (("one_hot", (3, 0)), ("embedding", (3, 0))):  # their RMSE
        assert place in found.values[sheet]


def following(
    cells: dict[str, Any], values: dict[str, Value], *, trusted: bool = False
) -> Recalculated:
    book = book_of(cells)
    if trusted:
        book = cached(book)
    return recalculate(book, {("S", place_of(n)): v for n, v in values.items()}, trusted=trusted)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3.0, [6.0, "3x", True]),
        ("4", [8.0, "4x", True]),
        ("no", [CellError("#VALUE!"), "nox", True]),
        (True, [2.0, "TRUEx", True]),
        (None, [0.0, "x", False]),
        (CellError("#N/A"), [CellError("#N/A"), CellError("#N/A"), CellError("#N/A")]),
    ],
)
def test_inputs_of_any_kind(value: Value, shown: list[Value], trusted: bool) -> None:
    cells = {"A1": 1.0, "B1": "=A1*2", "B2": '=A1&"x"', "B3": "=A1>0", "C1": "=2+2"}
    found = following(cells, {"A1": value}, trusted=trusted)
    assert found.values == {"S": {(i, 1): one for i, one in enumerate(shown)}}


@pytest.mark.parametrize("trusted", [True, False])
def test_what_cannot_be_computed_is_told_with_all_that_needs_it(trusted: bool) -> None:
    cells = {
        "A1": 1.0, "B1": "=NOT_A_FUNCTION(A1)", "B2": "=B1+1", "B3": "=A1+1", "B4": "=NOPE(A2)",
        "B5": "=B4+A1", "B6": "=B2&B3", "D1:D2": "{=B1:B2*2}",
    }  # fmt: skip
    found = following(cells, {"A1": 5.0}, trusted=trusted)
    lost = {("S", place_of(name)) for name in ("B1", "B2", "B6", "D1", "D2")}
    assert found.unsupported == dict.fromkeys(lost, "NOT_A_FUNCTION")
    assert set(found.values["S"]) == {place_of("B3"), place_of("B5")}
    assert found.values["S"][place_of("B3")] == 6.0


def test_random_numbers_keep_their_values() -> None:
    cells = {"A1": 1.0, "B1": Cell("=RAND()*A1", 0.5), "B2": "=B1+A1", "C1": Cell("=RAND()", 0.1)}
    for trusted in (True, False):
        found = recalculate(book_of(cells), {("S", (0, 0)): 2.0}, trusted=trusted)
        assert found.frozen == {("S", (0, 1))}
        assert found.values == {"S": {(1, 1): 2.5}}


def test_a_circle_among_others_does_not_keep_them_from_being_computed() -> None:
    cells = {
        "A1": 1.0, "B1": Cell("=A1*2", 2.0), "C1": Cell("=C2+A1", 0.0), "C2": Cell("=C1", 0.0),
        "D1": Cell("=C1", 0.0),
    }  # fmt: skip
    found = recalculate(book_of(cells), {("S", (0, 0)): 2.0}, trusted=True)
    assert found.values == {"S": {(0, 1): 4.0}}
    assert set(found.unsupported) == {("S", (0, 2)), ("S", (1, 2)), ("S", (0, 3))}
    assert "circular" in found.unsupported["S", (0, 2)]


def test_what_cannot_be_read_is_in_nobodys_way() -> None:
    cells = {"A1": 1.0, "B1": Cell("=A1*2", 2.0), "B2": Cell("=1+", 3.0), "B3": Cell("=A1+~", 3.0)}
    found = recalculate(book_of(cells), {("S", (0, 0)): 2.0}, trusted=True)
    assert found.values == {"S": {(0, 1): 4.0}}
    assert found.unsupported == {("S", (2, 1)): "a formula that cannot be read"}


def test_trusted_values_are_taken_as_they_are_and_missing_ones_computed() -> None:
    cells = {"A1": 1.0, "B1": Cell("=40+1", 7.0), "B2": "=40+1", "C1": "=A1+B1", "C2": "=A1+B2"}
    found = recalculate(book_of(cells), {("S", (0, 0)): 2.0}, trusted=True)
    assert found.values == {"S": {(0, 2): 9.0, (1, 2): 43.0}}
    found = recalculate(book_of(cells), {("S", (0, 0)): 2.0}, trusted=False)
    assert found.values == {"S": {(0, 2): 43.0, (1, 2): 43.0}}


def test_a_recurrence_of_many_rows() -> None:
    rows = 500
    cells: dict[str, Any] = {"A1": 0.3, "B1": 0.7, "C1": 0.01}
    for i in range(2, rows + 1):
        cells[f"A{i}"] = f"=A{i - 1}-$C$1*(2*A{i - 1}-B{i - 1})"
        cells[f"B{i}"] = f"=B{i - 1}-$C$1*(4*B{i - 1}^3-A{i - 1})"
    found = following(cells, {"C1": 0.02}, trusted=True)
    a, b = 0.3, 0.7
    for i in range(1, rows):
        a, b = a - 0.02 * (2 * a - b), b - 0.02 * (4 * b**3 - a)
        assert found.values["S"][i, 0] == pytest.approx(a, rel=1e-12)
        assert found.values["S"][i, 1] == pytest.approx(b, rel=1e-12)


def test_a_sheet_that_is_not_there() -> None:
    with pytest.raises(OptionError, match="has no sheet 'T'"):
        recalculate(book_of({"A1": 1.0}), {("T", (0, 0)): 1.0})


FORMULA = st.sampled_from(
    ["={a}+1", "=SUM({a}:{b})", "=IF({a}>2,{b},0)", "=OFFSET({a},1,1)", "=INDEX({a}:{b},1,1)",
     "=COUNT({a}:{b},Two!{a})", "=Two!{b}-{a}", "=MAX(S!{a},Two!{b})", "=NOPE({a})", "=RAND()+{a}",
     "=IFERROR(MATCH({a},{a}:{b},0),7)", '=INDIRECT("{a}")', "={a}&{b}", "={a}/{b}"]
)  # fmt: skip
NAME = st.builds("{}{}".format, st.sampled_from("ABC"), st.integers(1, 4))
SPOTS = [f"{s}{column}{row}" for s in ("", "Two!") for column in "ABC" for row in range(1, 5)]
CONTENT = st.one_of(
    st.none(),
    st.integers(0, 5).map(float),
    st.builds(lambda text, a, b: text.format(a=a, b=b), FORMULA, NAME, NAME),
)


@settings(max_examples=150, deadline=None)
@given(st.tuples(*[CONTENT] * len(SPOTS)), NAME)
def test_with_trust_or_without_it_is_the_same(contents: tuple[Any, ...], name: str) -> None:
    cells = {n: c for n, c in zip(SPOTS, contents, strict=True) if c is not None}
    try:
        book = cached(book_of({"Two!Z9": 0.0, **cells}))
        whole = evaluate(overlay(book, {("S", place_of(name)): 9.0})[0])
    except WorkbookError:  # a circle
        return
    one, two = (recalculate(book, {("S", place_of(name)): 9.0}, trusted=t) for t in (True, False))
    assert one.values == two.values
    assert one.frozen == two.frozen
    assert one.unsupported == two.unsupported
    for sheet, own in one.values.items():
        for place, value in own.items():
            assert close(value, whole.values[sheet][place])


# Programs that take values for granted, and say what cells show -----------------------------


def test_what_moves_alone() -> None:
    """The cached value of a formula that does not depend on the change may be taken for granted."""
    cells = {"A1": 1.0, "B1": Cell("=40+1", 7.0), "C1": Cell("=A1+B1", 8.0), "D1": "=C1*2"}
    book = book_of(cells)
    assert find_dependents(book, [("S", (0, 0))]).cells == [("S", (0, 2)), ("S", (0, 3))]
    for trusted, value in ((True, 18.0), (False, 86.0)):
        found = recalculate(book, {("S", (0, 0)): 2.0}, trusted=trusted)
        assert found.values["S"][0, 3] == value
    assert compile_book(book, ["S!D1"], ["S!A1"]).values(np.array([2.0])).tolist() == [86.0]


def test_a_program_and_the_cells_with_texts_and_errors() -> None:
    """What a cell shows, the program's outputs are as numbers; NaN for what is none."""
    cells = {
        "A1": 1.0, "B1": '=IF(A1>0,"high",1/A1)', "B2": "=1/A1", "B3": "=A1>2", "B4": '=B1&"x"',
        "B5": "=SQRT(A1)",
    }  # fmt: skip
    book = book_of(cells)
    program = compile_book(book, ["S!B1:B5,S!C1"], ["S!A1"])
    div = CellError("#DIV/0!")
    for x, shown in (
        (1.0, ["high", 1.0, False, "highx", 1.0, None]),
        (0.0, [div, div, False, div, 0.0, None]),
        (-4.0, [-0.25, -0.25, False, "-0.25x", CellError("#NUM!"), None]),
        (16.0, ["high", 0.0625, True, "highx", 4.0, None]),
    ):
        found = recalculate(book, {("S", (0, 0)): x}).values["S"]
        assert [found.get(place_of(name)) for name in (*cells, "C1") if name != "A1"] == shown
        numbers = [np.nan if isinstance(one, str | CellError) else one or 0.0 for one in shown]
        np.testing.assert_array_equal(program.values(np.array([x])), numbers)
