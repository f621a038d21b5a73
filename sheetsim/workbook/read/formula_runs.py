"""Runs: formulas that a program wrote out one by one, though each is the one above filled down.

    B1 = A1*$D$1     B2 = A2*$D$1     B3 = A3*$D$1

Excel shares such formulas in the file; most libraries do not. A formula is compared with what the
one above it, or the one to its left, becomes when it is filled to its cell. If that is its very
text, it is of the same run, and need not be read again. Down a column the comparison is a pattern
with the numbers of rows left open (`references.DownFill`), so that a run costs little more than
comparing its bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from sheetsim.workbook.read.shared_formulas import SharedFormula

if TYPE_CHECKING:
    from sheetsim.book import Place
    from sheetsim.references import DownFill

_FRAME = str.maketrans("", "", ascii_letters + digits)


@dataclass(slots=True)
class _Last:
    """The last formula of a column.

    Attributes:
        text: it, or the first of its run, without "=".
        place: where that stands.
        frame: its text without letters and digits, which filling does not change.
        shared: the same as what others are filled from, once it was asked for.
        below: what it is in the cells below.
    """

    text: str
    place: Place
    frame: str
    shared: SharedFormula | None = None
    below: DownFill | None = None

    def source(self) -> SharedFormula:
        """Return what others are filled from."""
        if self.shared is None:
            self.shared = SharedFormula(self.text, *self.place)
        return self.shared


class FormulaRuns:
    """The runs of one sheet, met in the order of the file."""

    def __init__(self) -> None:
        self._columns: dict[int, _Last] = {}
        self._before: tuple[int, int] = (-1, -1)  # the cell of the formula before this one

    def find(self, row: int, column: int, text: str) -> SharedFormula | None:
        """Return the formula that a cell's own is filled from; None if it begins anew.

        Args:
            row: the cell's, from 0.
            column: likewise.
            text: its formula without the leading "=".
        """
        last = self._columns.get(column)
        below = None if last is None else last.below
        if last is not None and below is not None and below.at(row - last.place[0]) == text:
            self._before = (row, column)
            return last.shared
        if "[" in text:  # a table's row may be meant, and tables stand below each other
            self._columns.pop(column, None)
            return None
        frame = text.translate(_FRAME)
        left = self._columns.get(column - 1) if self._before == (row, column - 1) else None
        self._before = (row, column)
        for other in (last, left):
            if other is not None and other.frame == frame:
                shared = other.source()
                if shared.at(row, column) == text:
                    self._columns[column] = _Last(
                        other.text, other.place, frame, shared, shared.below(column)
                    )
                    return shared
        self._columns[column] = _Last(text, (row, column), frame)
        return None
