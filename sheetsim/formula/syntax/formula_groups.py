"""Formula groups: which cells have the same formula, up to relative references.

Cutting a formula into tokens is what finding its group costs, so it is done once for each cell
whose formula is its own, and once for all cells of a shared formula; whoever needs the groups of
a workbook again asks the same object.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError
from sheetsim.formula.syntax.table_references import around
from sheetsim.formula.syntax.tokens import Ref, tokenize

if TYPE_CHECKING:
    from sheetsim.book import Book, Cell, Place
    from sheetsim.formula.syntax.tokens import Token


MAX_RANGE = 2_000_000
"""Cells in the range of one array formula, each of which is computed; a column has a million."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One cell of a group: its formula, where it stands, and the tokens."""

    formula: str
    place: Place
    tokens: tuple[Token, ...]


class GroupKeys:
    """The key of each formula: equal for cells of a sheet that have one formula.

    Attributes:
        samples: key to the first cell that was met with it.
    """

    def __init__(self, book: Book) -> None:
        self.samples: dict[object, Sample] = {}
        self._book = book
        self._known: dict[object, object] = {}

    def find(self, sheet: str, place: Place, cell: Cell, size: tuple[int, int] | None) -> object:
        """Return the key of a cell's formula.

        Args:
            sheet: where the cell stands.
            place: likewise.
            cell: it has a formula.
            size: rows and columns of the range if it is the first cell of an array formula.

        Raises:
            WorkbookError: the formula cannot be read.
        """
        own = cell.origin if size is None and cell.origin is not None else place
        quick = (sheet, own, size, cell.origin is None)  # another may stand where it is from
        key = self._known.get(quick)
        if key is None:
            key = self._known[quick] = self._new(sheet, place, cell, size)
        return key

    def _new(self, sheet: str, place: Place, cell: Cell, size: tuple[int, int] | None) -> object:
        formula = cell.formula or ""
        tokens = tokenize(formula, place)
        text = tuple([(t[0], repr(t[1]) if t[0] == "const" else t[1]) for t in tokens])
        key: object = (sheet, size, text)
        if any(t[0] == "table" for t in tokens):
            table = around(self._book, sheet, place)
            key = (sheet, size, text, table.name if table else "")
        if key not in self.samples:
            self.samples[key] = Sample(formula, place, tokens)
        return key


@lru_cache(maxsize=4096)  # all cells of an array formula ask
def extent(text: str) -> tuple[Place, tuple[int, int]]:
    """Return the first cell of an array formula's range, and its rows and columns.

    Raises:
        WorkbookError: it is no range, or one of more cells than are computed here.
    """
    tokens = tokenize(text, (0, 0))
    ref = tokens[0].value if tokens else None
    if not isinstance(ref, Ref):
        raise WorkbookError(f"array formula over {text!r}: expected a range")
    top, left, bottom, right = ref.at(0, 0)
    size = (bottom - top + 1, right - left + 1)
    if size[0] * size[1] > MAX_RANGE:
        raise WorkbookError(
            f"an array formula over {text}, which is {size[0] * size[1]:,} cells; expected at most "
            f"{MAX_RANGE:,}"
        )
    return (top, left), size
