"""Shared formulas: one text in the file, filled to each cell that shares it.

    <c r="B1"><f t="shared" ref="B1:B3" si="0">A1+$A$1</f></c> ... <c r="B3"><f t="shared" si="0"/>

The text is cut once at its relative references (`references.Fill`), so that filling it to another
cell is joining pieces. A reference that leaves the sheet becomes `#REF!`, as it does in Excel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sheetsim.references import Fill

if TYPE_CHECKING:
    from sheetsim.book import Place
    from sheetsim.references import DownFill


class SharedFormula:
    """A formula and the cell that it was written for.

    Attributes:
        origin: that cell.
    """

    def __init__(self, text: str, row: int, column: int) -> None:
        """Cut the formula at its references.

        Args:
            text: the formula, without the leading "=".
            row: where it stands, from 0.
            column: where it stands, from 0.
        """
        self.origin = (row, column)
        self._fill = Fill(text)

    def at(self, row: int, column: int) -> str:
        """Return the formula as it reads in another cell, without the leading "="."""
        return self._fill.at(row - self.origin[0], column - self.origin[1])

    def below(self, column: int) -> DownFill | None:
        """Return the formula as it reads in the cells of a column; see `references.Fill`."""
        return self._fill.below(column - self.origin[1])


class Filled(NamedTuple):
    """A shared formula in one of its cells, written out with a leading "=" when asked for.

    Most of ten thousand filled cells are never looked at: what they compute is known from the
    one that they are filled from.
    """

    shared: SharedFormula
    place: Place

    def __str__(self) -> str:
        """Return the formula."""
        return f"={self.shared.at(*self.place)}"
