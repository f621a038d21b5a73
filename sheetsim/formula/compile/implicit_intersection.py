# ruff: noqa: ARG005  (functions of the table are called alike)
"""Excel's implicit intersection: where one value is wanted, a range is cut to one cell.

It is the cell that lies in the formula's own row or column; where there is none, `#VALUE!`. Whether
one value is wanted is decided by the kind of formula, which wants one itself unless it is an array
formula, and by what each function on the way says of its parameters.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.areas import NO_CELL, Areas
from sheetsim.formula.functions import ALL
from sheetsim.formula.functions._make import elementwise

if TYPE_CHECKING:
    from sheetsim.book import Place
    from sheetsim.formula.functions import Function
    from sheetsim.formula.values import Ints


class Wanted(StrEnum):
    """How the result of a part of a formula is wanted."""

    VALUE = "V"
    """A single value: a range is cut."""
    RANGE = "R"
    """A range whole, anything else as a single value."""
    ARRAYS = "A"
    """As an array, and so is everything that it is computed from."""
    REFERENCE = "reference"
    """As a reference."""
    ARRAYS_REFERENCE = "reference, of arrays"
    """As a reference, and what it is computed from as arrays."""

    @property
    def is_reference(self) -> bool:
        """Whether a reference is wanted as such."""
        return self in _REFERENCES


_REFERENCES = {Wanted.REFERENCE, Wanted.ARRAYS_REFERENCE}


def argument_wanted(function: Function, i: int, wanted: Wanted, count: int) -> Wanted:
    """Return how a function wants argument i, of so many, if its own result is wanted so.

    What an array formula computes it computes of arrays, whatever the parameter; but for what an
    "@" stands before (letter S). What is chosen where a range is wanted may be a range.
    """
    if wanted is Wanted.RANGE and function.chooses is not None:
        return Wanted.VALUE if i in function.deciding(count) else Wanted.RANGE
    letter = function.letter(i)
    if letter == "S":
        return Wanted.VALUE
    if letter == "A" or wanted is Wanted.ARRAYS:
        return Wanted.ARRAYS
    return Wanted.RANGE if letter == "R" else Wanted.VALUE


def cut_to_own_line(areas: Areas, rows: Ints, columns: Ints) -> Areas:
    """Return the one cell of each area that lies in the formula's own row or column.

    Args:
        areas: as they are in the cells of a block.
        rows: (R, 1), of the block's cells; or (N, 1).
        columns: (1, C); or (N, 1).

    Returns:
        The cells; where there is none, a place that is on no sheet.
    """
    if ((areas.bottom == areas.top) & (areas.right == areas.left)).all():
        return areas
    tall, wide = areas.bottom > areas.top, areas.right > areas.left
    row = np.where(tall, rows, areas.top)
    column = np.where(wide, columns, areas.left)
    out = (row < areas.top) | (row > areas.bottom)
    out = out | (column < areas.left) | (column > areas.right)
    row = np.where(out, NO_CELL, row)
    return Areas(areas.sheet, row, column, row, column)


def in_own_line(bounds: tuple[int, int, int, int], place: Place) -> Place | None:
    """Return the cell of an area that lies in the row or column of a cell; None if none does.

    Args:
        bounds: top, left, bottom and right.
        place: where the formula stands.
    """
    top, left, bottom, right = bounds
    row, column = place[0] if bottom > top else top, place[1] if right > left else left
    return (row, column) if top <= row <= bottom and left <= column <= right else None


OWN_LINE = elementwise(
    "row of the formula",
    lambda number, own: np.where(np.trunc(number) == 0, own, number),
    lambda y, number, own: 1.0 * (y == number),
    lambda y, number, own: 0.0 * y,
    kinks=ALL,
)
"""Makes of row 0 of an area, which is all of it, that of the formula's cell, counted from 1."""
