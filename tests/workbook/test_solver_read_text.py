"""Solver models given as text, as on the command line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.book import Book, DefinedName
from sheetsim.errors import OptionError
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import (
    Goal,
    Part,
    Problem,
    Relation,
    SolverEngine,
    SolverModel,
)
from sheetsim.workbook.solver_model.parse import parse_constraint, parse_model

BOOK = Book(
    "x",
    {"one": {}, "it's <= two": {}},
    (DefinedName("limit", None, False, "one!$C$1"),),
    {},
    {"one": "visible", "it's <= two": "visible"},
)
SINGLE = Book("x", {"one": {}}, (), {}, {"one": "visible"})


def area(text: str, sheet: str = "one") -> Area:
    (found,) = parse_constraint(f"{text}>=0", SINGLE, "one").left
    assert found.sheet == "one"
    return Area(sheet, found.first, found.last)


@pytest.mark.parametrize(
    ("text", "left", "relation", "right"),
    [
        ("B1:B5<=C1:C5", (0, 1, 4, 1), Relation.AT_MOST, Area("one", (0, 2), (4, 2))),
        ("$B$1 = 5", (0, 1, 0, 1), Relation.EQUAL, 5.0),
        ("b1==-2.5e3", (0, 1, 0, 1), Relation.EQUAL, -2500.0),
        ("one!B1 ≥ limit", (0, 1, 0, 1), Relation.AT_LEAST, Area("one", (0, 2), (0, 2))),
        ("0 <= B1:B2", (0, 1, 1, 1), Relation.AT_LEAST, 0.0),
        ("10>=B1", (0, 1, 0, 1), Relation.AT_MOST, 10.0),
        ("B1=<50%", (0, 1, 0, 1), Relation.AT_MOST, 0.5),
        ("B1:B5 <= 2*C1+1", (0, 1, 4, 1), Relation.AT_MOST, "2*C1+1"),
        ("B1:B5<=SUM(C1:C5)", (0, 1, 4, 1), Relation.AT_MOST, "SUM(C1:C5)"),
        ("B1:B5 integer", (0, 1, 4, 1), Relation.INTEGER, None),
        ("  B1:B5 = INT", (0, 1, 4, 1), Relation.INTEGER, None),
        ("B1=binary", (0, 1, 0, 1), Relation.BINARY, None),
        ("B1:B5 all different", (0, 1, 4, 1), Relation.ALL_DIFFERENT, None),
        ("B1:B5 alldifferent ", (0, 1, 4, 1), Relation.ALL_DIFFERENT, None),
    ],
)
def test_a_constraint_is_understood(
    text: str, left: tuple[int, int, int, int], relation: Relation, right: float | Area | str | None
) -> None:
    found = parse_constraint(text, BOOK, "one")
    assert found.left == (Area("one", left[:2], left[2:]),)
    assert (found.relation, found.right) == (relation, right)


def test_signs_in_a_sheets_name_are_no_signs() -> None:
    found = parse_constraint("'it''s <= two'!A1:A2 >= 'it''s <= two'!B1", BOOK)
    assert found.left == (Area("it's <= two", (0, 0), (1, 0)),)
    assert found.relation is Relation.AT_LEAST
    assert found.right == Area("it's <= two", (0, 1), (0, 1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected <=, = or >= between two sides"),
        ("B1", "expected <=, = or >= between two sides"),
        ("B1<5", "expected <=, = or >= between two sides"),
        ("B1<>5", "expected <=, = or >= between two sides"),
        ("0<=B1<=5", "compares more than once; give it as two constraints"),
        ("B1<=", "there is nothing on the right"),
        ("<=5", "nothing is named where cells were expected"),
        ("A1:A3<=B1:B2", "3 cells on the left and 2 on the right"),
        ("two!A1<=5", "is on sheet 'two', which is not there"),
        ("B1<=nobody", "'nobody' names no cells"),
        ("banana integer", "'banana' names no cells"),
        ("1<=2", "'2' names no cells"),
    ],
)
def test_what_is_no_constraint(text: str, problem: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_constraint(text, BOOK, "one")
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"constraint {text!r}: ")


def test_without_a_sheet_the_choice_is_named() -> None:
    with pytest.raises(OptionError, match="names no sheet; expected one of one, it's <= two"):
        parse_constraint("B1<=5", BOOK)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=20), st.text("B1:C5<=>'!, intbinary\"#$", max_size=16)))
def test_any_text_is_a_constraint_or_one_line(text: str) -> None:
    said = ""
    try:
        assert parse_constraint(text, BOOK, "one").left
    except OptionError as error:
        said = str(error)
    assert said.isprintable()


def test_a_whole_model() -> None:
    model = parse_model(
        SINGLE,
        objective="D9",
        goal=Goal.MAXIMIZE,
        by=["B1:B3,F1", "(G1,H1)"],
        subject_to=["B1:B3<=4", "F1 integer"],
    )
    assert model.sheet == "one"
    assert model.objective == area("D9")
    assert model.goal is Goal.MAXIMIZE
    assert [str(one) for one in model.variables] == ["one!B1:B3", "one!F1", "one!G1", "one!H1"]
    assert [str(one) for one in model.constraints] == ["one!B1:B3 <= 4", "one!F1 integer"]


def test_cells_without_a_sheet_are_on_the_objectives() -> None:
    model = parse_model(BOOK, objective="'it''s <= two'!D9", by=["B1"], value=3.0)
    assert model.sheet == "it's <= two"
    assert model.variables == (Area("it's <= two", (0, 1), (0, 1)),)
    assert (model.goal, model.value) == (Goal.VALUE, 3.0)


def test_texts_change_a_stored_model_and_keep_the_rest() -> None:
    stored = SolverModel(
        *("one", area("D9"), Goal.MAXIMIZE, 0.0, (area("B1"),)),
        engine=SolverEngine.SIMPLEX,
        problems=(Problem(frozenset({Part.VARIABLES}), "x"),),
    )
    model = parse_model(BOOK, by=["B1:B2"], goal=Goal.MINIMIZE, stored=stored)
    assert model.objective == area("D9")
    assert model.variables == (area("B1:B2"),)
    assert (model.goal, model.engine, model.problems) == (Goal.MINIMIZE, SolverEngine.SIMPLEX, ())


@pytest.mark.parametrize(
    ("given_texts", "problem"),
    [
        ({"by": ["B1"]}, "no objective: expected a cell such as Sheet1!D9, or constraints"),
        ({"objective": "D9"}, "no cells to change"),
        ({"objective": "D9:D10", "by": ["B1"]}, "objective 'D9:D10': expected a single cell"),
        ({"objective": "no!D9", "by": ["B1"]}, "objective 'no!D9': no!D9 is on sheet 'no'"),
        ({"objective": "D9", "by": ["A:B"]}, "2,097,152 cells to change; expected at most"),
        (
            {"objective": "D9", "by": ["B1"], "subject_to": ["C1 binary"]},
            "C1 is none of the cells to change; only those can be binary",
        ),
    ],
)
def test_what_is_no_model(given_texts: dict[str, object], problem: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_model(SINGLE, **given_texts)  # type: ignore[arg-type]
    assert problem in str(caught.value)
