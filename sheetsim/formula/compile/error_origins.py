"""Which cell is to blame when an output is an error: the first, in the order of computation.

From the output back, along the cells that show an error: Excel hands an error on as it is, so a
cell's own comes from the first cell that it needs and that shows the same one. A cell that needs
none such made its error itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.values import ERROR, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sheetsim.book import CellAddress, Place
    from sheetsim.formula.compile.compiler import Compiler
    from sheetsim.formula.values import Ints

SINGLY = 64
"""Cells of an area that are looked up one by one; in more, the errors are."""


def find_errors(compiler: Compiler, outputs: Iterable[int]) -> dict[CellAddress, str]:
    """Find what makes outputs no numbers, with the values that the workbook's variables have.

    Args:
        compiler: of what the outputs need.
        outputs: their slots.

    Returns:
        The cells where an error begins, each to what it shows, such as `#DIV/0!`, and an output
        that is a text to that; one for each output that is no number, in their order.
    """
    store = compiler.store
    wrong = _Wrong(compiler)
    found: dict[CellAddress, str] = {}
    for slot in outputs:
        if store.kind[slot] == TEXT:
            found[store.places[slot]] = f"the text {str(store.value(slot))[:40]!r}"
        elif wrong.is_wrong(slot):
            cause = wrong.cause(slot)
            found[store.places[cause]] = str(store.value(cause))
    return found


class _Wrong:
    """The cells that show an error, by sheet and row."""

    def __init__(self, compiler: Compiler) -> None:
        self.graph, self.store = compiler.graph, compiler.store
        self.wrong = (self.store.kind == ERROR) | ~np.isfinite(self.store.num)
        self.wrong &= self.store.kind != TEXT
        places: dict[str, list[tuple[Place, int]]] = {}
        for slot in np.flatnonzero(self.wrong).tolist():
            sheet, place = self.store.places[slot]
            places.setdefault(sheet, []).append((place, slot))
        self.by_sheet: dict[str, tuple[Ints, Ints]] = {}
        for sheet, own in places.items():
            own.sort()
            table = np.array([(*place, slot) for place, slot in own], np.intp)
            self.by_sheet[sheet] = table[:, :2], table[:, 2]

    def is_wrong(self, slot: int) -> bool:
        return bool(self.wrong[slot])

    def cause(self, slot: int) -> int:
        """Return the cell where a cell's error begins."""
        seen = set()
        while slot not in seen:
            seen.add(slot)
            slot = self._source(slot)
        return slot

    def _source(self, slot: int) -> int:
        """Return the first cell that a cell needs and that shows its error; else itself."""
        shown = self.store.value(slot)
        other = slot
        for area in self.graph.precedents(self.graph.home.get(slot, slot)):
            for one in self._inside(area):
                if self.store.value(one) == shown:
                    return one
                other = one if other == slot else other
        return other

    def _inside(self, number: int) -> Iterable[int]:
        """Give the cells of an area that show an error, row by row."""
        name, top, left, bottom, right = self.graph.bounds[number]
        sheet = self.store.sheet(name)
        if (bottom - top + 1) * (right - left + 1) <= SINGLY:
            inside = ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))
            found = (sheet.slot(place) for place in inside)
            return [slot for slot in found if slot >= 0 and self.wrong[slot]]
        own = self.by_sheet.get(name)
        if own is None:
            return []
        places, slots = own
        first, last = np.searchsorted(places[:, 0], [top, bottom + 1])
        columns = places[first:last, 1]
        found_here: list[int] = slots[first:last][(columns >= left) & (columns <= right)].tolist()
        return found_here
