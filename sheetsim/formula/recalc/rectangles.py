"""References as rectangles: which of them hold a marked cell, for all of them at once.

With the number of marked cells above and to the left of every corner (an integral image, Crow
1984), the number inside a rectangle is four look-ups. Rows and columns without cells that could be
marked are left out, so that a sheet used in its corners alone is small.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sheetsim.references import MAX_COLUMNS, MAX_ROWS

if TYPE_CHECKING:
    from sheetsim.book import Place
    from sheetsim.formula.syntax.tokens import Ref

Ints32 = npt.NDArray[np.int32]
Ints = npt.NDArray[np.intp]

MAX_GRID = 16_000_000
"""Cells of a sheet's grid; a larger one is kept in blocks of rows."""

_EACH_WAY = 16
TILES = (_EACH_WAY + 1) * _EACH_WAY
"""Tiles into which a sheet is cut, at most."""

_FEW = 8  # cells of a group for which Python is quicker than NumPy


@dataclass
class Edges:
    """References of one sheet's formulas to one sheet: who reads, and the rectangles (5, E)."""

    who: Ints32
    bounds: Ints32
    ranked: Ints32 | None = None


class MovingCells:
    """Cells of a sheet that can move, by the ranks of their rows and columns."""

    def __init__(self, rows: Ints32, columns: Ints32) -> None:
        self._rows, self._columns = np.unique(rows), np.unique(columns)
        size = (len(self._rows) + 1) * (len(self._columns) + 1)
        self._block = -(-size // MAX_GRID)  # rows that share one row of the grid
        height = (len(self._rows) - 1) // self._block + 1
        self._grid = np.zeros((height + 1, len(self._columns) + 1), np.int32)

    def mark(self, rows: Ints32, columns: Ints32) -> None:
        """Let cells move."""
        r = np.searchsorted(self._rows, rows) // self._block
        self._grid[r + 1, np.searchsorted(self._columns, columns) + 1] = 1

    def ranked(self, bounds: Ints32) -> Ints32:
        """Return the corners (4, E) of rectangles (4, E) in the grid: first and behind the last."""
        top, left, bottom, right = bounds
        first = np.searchsorted(self._rows, top) // self._block
        last = (np.searchsorted(self._rows, bottom, "right") - 1) // self._block + 1
        return np.stack(
            [
                first,
                np.searchsorted(self._columns, left),
                np.maximum(first, last),
                np.searchsorted(self._columns, right, "right"),
            ]
        ).astype(np.int32)

    def counted(self) -> Ints32:
        """Return how many moving cells lie above and to the left of each corner."""
        return self._grid.cumsum(0, dtype=np.int32).cumsum(1, dtype=np.int32)

    def tiles(self, rows: Ints32, columns: Ints32) -> Ints32:
        """Return the number of the tile that each cell lies in."""
        tall, wide = len(self._rows) // _EACH_WAY + 1, len(self._columns) // _EACH_WAY + 1
        r = np.searchsorted(self._rows, rows) // tall
        c = np.searchsorted(self._columns, columns) // wide
        return (r * _EACH_WAY + c).astype(np.int32)


@dataclass
class EdgeCollector:
    """The references of a sheet's formulas in the making."""

    places: list[Place]
    rows: Ints32
    columns: Ints32
    single: dict[str, list[tuple[int, int, int, int, int]]] = field(default_factory=dict)
    many: dict[str, list[Ints32]] = field(default_factory=dict)

    def add(self, ref: Ref, members: Ints) -> None:
        """Add a reference of some formulas."""
        sheet = ref.sheet or ""
        if len(members) < _FEW:
            own = self.single.setdefault(sheet, [])
            own += [(i, *ref.at(*self.places[i])) for i in members.tolist()]
            return
        who = members.astype(np.int32)
        rows, columns = self.rows[who], self.columns[who]
        bounds = np.empty((5, len(who)), np.int32)
        bounds[0] = who
        moves = (rows, columns, rows, columns)
        for k, (base, fixed, move) in enumerate(zip(ref[1:5], ref.fixed, moves, strict=True)):
            bounds[k + 1] = base if fixed else base + move
        if ref.wraps:
            bounds[[1, 3]] %= MAX_ROWS
            bounds[[2, 4]] %= MAX_COLUMNS
        a, b, c, d = ref.fixed
        if a != c or ref.top > ref.bottom or ref.wraps:
            bounds[[1, 3]] = np.sort(bounds[[1, 3]], axis=0)
        if b != d or ref.left > ref.right or ref.wraps:
            bounds[[2, 4]] = np.sort(bounds[[2, 4]], axis=0)
        self.many.setdefault(sheet, []).append(bounds)

    def edges(self) -> dict[str, Edges]:
        """Return all of them by the sheet that they lead to."""
        out = {}
        for sheet in {**self.single, **self.many}:
            few = np.array(self.single.get(sheet, []), np.int32).reshape(-1, 5).T
            both = np.concatenate([few, *self.many.get(sheet, [])], axis=1)
            out[sheet] = Edges(both[0], both[1:])
        return out
