# ruff: noqa: ARG005  (functions of the table are called alike)
"""Excel's implicit intersection: where one value is wanted, a range is cut to one cell.

It is the cell that lies in the formula's own row or column; where there is none, `#VALUE!`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.compile.store import NO_CELL, Areas
from sheetsim.formula.functions import ALL
from sheetsim.formula.functions._make import elementwise

if TYPE_CHECKING:
    from sheetsim.formula.compile.store import Ints


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


OWN_LINE = elementwise(
    "row of the formula",
    lambda number, own: np.where(np.trunc(number) == 0, own, number),
    lambda y, number, own: 1.0 * (y == number),
    lambda y, number, own: 0.0 * y,
    kinks=ALL,
)
"""Makes of row 0 of an area, which is all of it, that of the formula's cell, counted from 1."""
