"""Which problems of a stored model a request replaces: by the part that they lie in, not by words.

Oracle: what Excel's dialog shows; a part that is filled in anew is no longer the stored one.
"""

from typing import Any

import pytest

from sheetsim.book import Book, Cell, DefinedName
from sheetsim.errors import WorkbookError
from sheetsim.solving.request import Request, choose_model
from sheetsim.workbook.solver_model.model import Goal, Relation

CELLS = {(0, 0): Cell(None, 1.0), (1, 0): Cell(None, 2.0), (8, 3): Cell("=A1+A2", 3.0)}
SOUND = {"opt": "D9", "adj": "A1:A2", "typ": "2", "num": "0"}
PREFIXED = ("opt", "adj", "lhs1")


def book(sheet: str, texts: dict[str, str]) -> Book:
    """A workbook of one sheet with a stored model; `texts` without the sheet's name."""
    merged = SOUND | texts
    names = tuple(
        DefinedName(f"solver_{key}", sheet, True, f"{sheet}!{text}" if key in PREFIXED else text)
        for key, text in merged.items()
    )
    return Book("x.xlsx", {sheet: dict(CELLS)}, names, {}, {sheet: "visible"})


@pytest.mark.parametrize("sheet", ["objective", "constraint", "change", "plain"])
@pytest.mark.parametrize(
    ("texts", "given"),
    [
        ({"adj": "#REF!"}, {"objective": "D9"}),
        ({"adj": "#REF!"}, {"subject_to": ("A1>=0",)}),
        ({"opt": "#REF!"}, {"by": ("A1:A2",)}),
        ({"opt": "#REF!"}, {"subject_to": ("A1>=0",)}),
        ({"num": "1", "lhs1": "#REF!", "rel1": "1", "rhs1": "5"}, {"objective": "D9"}),
        ({"num": "1", "lhs1": "#REF!", "rel1": "1", "rhs1": "5"}, {"by": ("A1:A2",)}),
        ({"pre": "objective"}, {"objective": "D9", "by": ("A1",), "subject_to": ("A1>=0",)}),
    ],
)
def test_a_problem_stays_whatever_its_sheet_is_called(
    sheet: str, texts: dict[str, str], given: dict[str, Any]
) -> None:
    """The sheet's name stands in the sentence of most of these problems."""
    with pytest.raises(WorkbookError, match="cannot be solved"):
        choose_model(book(sheet, texts), Request(**given))


@pytest.mark.parametrize(
    ("texts", "given"),
    [
        ({"opt": "#REF!"}, {"objective": "D9"}),
        ({"adj": "#REF!"}, {"by": ("A1:A2",)}),
        ({"num": "1", "lhs1": "#REF!", "rel1": "1", "rhs1": "5"}, {"subject_to": ("A1>=0",)}),
        ({"num": "3"}, {"subject_to": ("A1>=0",)}),
        ({"typ": "7"}, {"goal": "minimize"}),
        ({"typ": "7"}, {"value": 3.0}),
        ({"eng": "7"}, {"engine": "grg"}),
    ],
)
def test_what_is_replaced_is_no_problem(texts: dict[str, str], given: dict[str, Any]) -> None:
    model = choose_model(book("plain", texts), Request(**given))
    assert model.problems == ()
    assert model.goal is (Goal.VALUE if "value" in given else Goal.MINIMIZE)


def test_an_integer_is_kept_when_the_cells_to_change_are_replaced_by_those_it_needs() -> None:
    texts = {"adj": "A1", "num": "1", "lhs1": "A2", "rel1": "4", "rhs1": "integer"}
    with pytest.raises(WorkbookError, match="A2 is none of the cells to change"):
        choose_model(book("plain", texts), Request())
    model = choose_model(book("plain", texts), Request(by=("A1:A2",)))
    assert [constraint.relation for constraint in model.constraints] == [Relation.INTEGER]
