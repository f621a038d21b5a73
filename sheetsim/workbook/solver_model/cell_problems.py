"""What the cells of a stored model forbid: objectives without a formula, variables with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import Part, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.book import Book, Place
    from sheetsim.workbook.solver_model.model import SolverModel


def cell_problems(book: Book, model: SolverModel) -> list[Problem]:
    """Say what the cells themselves forbid; this reads the sheets that the model names.

    Returns:
        An objective without a formula, variables that hold formulas or texts.
    """
    problems = []
    if model.objective is not None:
        area = model.objective
        cell = book.sheets[area.sheet].get(area.first)
        if cell is None or not cell.has_formula:
            why = f"the objective {area} holds no formula; nothing moves it"
            problems.append(Problem(frozenset({Part.OBJECTIVE}), why, (area,)))
    for area in model.variables:
        problems += _variable_problems(book, area)
    return problems


def _variable_problems(book: Book, area: Area) -> Iterator[Problem]:
    """Give what is wrong with an area of variables: its first text, its first formula."""
    cells = book.sheets[area.sheet]
    inside = sorted(_cells_within(book, area))
    for place in inside:
        if not cells[place].has_formula and isinstance(cells[place].value, str | CellError):
            where = Area(area.sheet, place, place)
            why = (
                f"the variable {where} holds {str(cells[place].value)[:40]!r}; expected a "
                "number, or a blank cell for 0"
            )
            yield Problem(frozenset({Part.VARIABLES}), why, (where,))
            break
    formulas = [place for place in inside if cells[place].has_formula]
    if formulas:
        more = f" and {len(formulas) - 1:,} more" if len(formulas) > 1 else ""
        where = Area(area.sheet, formulas[0], formulas[0])
        why = f"the variable {where}{more} holds a formula; expected a number, which can be changed"
        yield Problem(frozenset({Part.VARIABLES}), why, (where,))


def _cells_within(book: Book, area: Area) -> Iterator[Place]:
    """Give the cells of an area that hold something."""
    cells = book.sheets[area.sheet]
    if area.size < len(cells):  # whichever is smaller is walked: a whole column is an area too
        yield from (place for place in area.places() if place in cells)
    else:
        (top, left), (bottom, right) = area.first, area.last
        yield from (
            (row, column)
            for row, column in cells
            if top <= row <= bottom and left <= column <= right
        )
