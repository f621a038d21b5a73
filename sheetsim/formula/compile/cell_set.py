"""Some cells of a workbook, to be asked whether a rectangle holds one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sheetsim.book import Place


class CellSet:
    """Cells by sheet, each sheet's in order."""

    def __init__(self, cells: Iterable[tuple[str, Place]]) -> None:
        places: dict[str, set[Place]] = {}
        for sheet, place in cells:
            places.setdefault(sheet, set()).add(place)
        self._places = places
        self._columns = {
            sheet: np.array(sorted((c, r) for r, c in own), np.int32).T
            for sheet, own in places.items()
        }

    def touches(self, sheet: str, top: int, left: int, bottom: int, right: int) -> bool:
        """Whether one of the cells lies in a rectangle of a sheet, bounds included."""
        own = self._places.get(sheet)
        if own is None:
            return False
        if top == bottom and left == right:
            return (top, left) in own
        columns, rows = self._columns[sheet]
        first, last = np.searchsorted(columns, [left, right + 1])
        if left == right:  # the rows of one column are in order
            first, last = first + np.searchsorted(rows[first:last], [top, bottom + 1])
            return bool(first < last)
        inside = rows[first:last]
        return bool(((inside >= top) & (inside <= bottom)).any())
