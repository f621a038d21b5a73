"""Dynamic references, as far as the workbook has to be asked: INDIRECT's texts, and `A1#`.

What a function refers to, given its arguments, is in its entry of the table (`Function.refers`);
this is the reader that such an entry gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.errors import WorkbookError
from sheetsim.formula.areas import NOWHERE, Areas, nowhere, with_lost
from sheetsim.formula.syntax.parser import parse
from sheetsim.formula.syntax.r1c1 import a1_style
from sheetsim.formula.syntax.rewriting import meaning
from sheetsim.formula.syntax.table_references import table_ref
from sheetsim.formula.syntax.tokens import Ref, tokenize

if TYPE_CHECKING:
    from sheetsim.book import Cell, Place, Value
    from sheetsim.formula.compile.store import Store

_MOST_NAMES = 9


class CellReader:
    """A cell that asks what texts refer to, and where arrays end; see `Reader`."""

    def __init__(self, store: Store, sheet: str, place: Place) -> None:
        self._store, self._sheet, self._place = store, sheet, place

    def read(self, text: Value, *, a1: bool) -> Areas:
        """Return what a text refers to, seen from the cell, in either style; `#REF!` if nothing."""
        ref = self._ref(text, a1=a1) if isinstance(text, str) else None
        name = None if ref is None else self._store.book.find_sheet(ref.sheet or self._sheet)
        if ref is None or name is None:
            return nowhere(self._sheet)
        top, left, bottom, right = (np.full((1, 1), one) for one in ref.at(*self._place))
        return Areas(name, top, left, bottom, right)

    def sheets(self) -> list[str]:
        """Return the names of all sheets, in order."""
        return list(self._store.book.states) or list(self._store.book.sheets)

    def cell(self, sheet: str, place: Place) -> Cell | None:
        """Return a cell, None for one that holds nothing."""
        return self._store.sheet(sheet).cells.get(place)

    @property
    def own(self) -> tuple[str, Place]:
        """The sheet and the place of the formula."""
        return self._sheet, self._place

    def _ref(self, text: str, *, a1: bool) -> Ref | None:
        """Return the reference that a text, a name or a table's reference is; None for none."""
        book = self._store.book
        try:
            node = parse(text if a1 else a1_style(text, self._place), self._place)[-1]
            for _ in range(_MOST_NAMES):
                if node.kind == "name":
                    node = meaning(book, node.value, self._sheet)[-1]
                elif node.kind == "table":
                    node = table_ref(book, node.value, self._sheet, self._place)
        except WorkbookError:
            return None
        return node.value if node.kind == "ref" and isinstance(node.value, Ref) else None

    def spilled(self, first: Areas) -> Areas:
        """Return the ranges of the array formulas that start in some cells; `#REF!` for none."""
        cells = self._store.sheet(first.sheet).cells
        shape = np.broadcast_shapes(first.top.shape, first.left.shape)
        top, left = np.broadcast_to(first.top, shape), np.broadcast_to(first.left, shape)
        bottom, right = top.copy(), left.copy()
        lost = np.zeros(shape, bool)
        for index in np.ndindex(shape):
            place = (int(top[index]), int(left[index]))
            cell = cells.get(place)
            spill = None
            if cell is not None and cell.array:
                spill = tokenize(cell.array, (0, 0))[0].value.at(0, 0)
            if spill is not None and spill[:2] == place:
                _, _, bottom[index], right[index] = spill
            else:
                lost[index] = True
        return with_lost(Areas(first.sheet, top, left, bottom, right), lost, NOWHERE)
