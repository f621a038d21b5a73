"""What the cells of a stored model forbid: objectives without a formula, variables with one."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.references import a1
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import Part, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.book import Book, Place
    from sheetsim.workbook.solver_model.model import SolverModel

LONGEST = 40  # characters of a formula that a sentence shows


def cell_problems(book: Book, model: SolverModel) -> list[Problem]:
    """Say what the cells themselves forbid; this reads the sheets that the model names.

    Returns:
        An objective without a formula; variables that hold formulas or texts, or that are hidden
        under a merged area.
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
    problems += _hidden_problems(book, model)
    return problems


def _hidden_problems(book: Book, model: SolverModel) -> Iterator[Problem]:
    """Give the first variable of each sheet that a merged area hides."""
    ask = getattr(book.sheets, "merged", None)  # as a file has them; a book of another kind not
    if ask is None:
        return
    for sheet in dict.fromkeys(area.sheet for area in model.variables):
        for first, last in ask(sheet):
            hidden = _hidden(model, Area(sheet, first, last))
            if hidden is not None:
                merged = Area(sheet, first, last)
                why = (
                    f"the variable {hidden} is hidden under the merged area {merged}, of which "
                    f"only {a1(*first)} can be seen; expected {a1(*first)}, or the cells unmerged"
                )
                yield Problem(frozenset({Part.VARIABLES}), why, (hidden,))
                break


def _hidden(model: SolverModel, merged: Area) -> Area | None:
    """The first variable within a merged area that is not its first cell."""
    (top, left), (bottom, right) = merged.first, merged.last
    for area in model.variables:
        if area.sheet != merged.sheet:
            continue
        rows = range(max(top, area.first[0]), min(bottom, area.last[0]) + 1)
        columns = range(max(left, area.first[1]), min(right, area.last[1]) + 1)
        for place in itertools.islice(itertools.product(rows, columns), 2):
            if place != merged.first:
                return Area(area.sheet, place, place)
    return None


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
        formula = str(cells[formulas[0]].formula)
        formula = formula if len(formula) <= LONGEST else f"{formula[:LONGEST]}…"
        why = (
            f"the variable {where}{more} holds a formula, {formula}, which a solution would "
            "overwrite; expected a number there, or other cells to change, such as those that "
            "the formula reads"
        )
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
