"""The words beside a cell, which reports call its name.

Excel's Solver takes the nearest text to the left of the cell and the nearest above it, and puts
the one before the other: a number in the row "Desk" and the column "Sold" is "Desk Sold".
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.book import Cell, Place

MAX_LENGTH = 80
"""Characters of a label; a report is to stay readable."""


class Labels:
    """Finds the words beside the cells of one sheet."""

    def __init__(self, cells: Mapping[Place, Cell]) -> None:
        """Look over the sheet's texts once.

        Args:
            cells: (row, column) to cell.
        """
        self._texts = {
            place: cell.value.strip()
            for place, cell in cells.items()
            if isinstance(cell.value, str) and cell.value.strip()
        }
        self._in_row: dict[int, list[int]] = {}
        self._in_column: dict[int, list[int]] = {}
        for row, column in sorted(self._texts):
            self._in_row.setdefault(row, []).append(column)
            self._in_column.setdefault(column, []).append(row)

    def of(self, place: Place) -> str:
        """Return the words beside a cell; "" if there are none."""
        row, column = place
        left = _before(self._in_row.get(row, []), column)
        above = _before(self._in_column.get(column, []), row)
        words = []
        if left is not None:
            words.append(self._texts[row, left])
        if above is not None:
            words.append(self._texts[above, column])
        label = " ".join(" ".join(words).split())  # on one line
        return label if len(label) <= MAX_LENGTH else f"{label[: MAX_LENGTH - 1]}…"


def _before(numbers: list[int], limit: int) -> int | None:
    """Return the last of the sorted numbers that is below the limit."""
    at = bisect.bisect_left(numbers, limit)
    return numbers[at - 1] if at else None
