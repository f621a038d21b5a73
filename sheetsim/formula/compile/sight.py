"""Which cells of an area are shown, and which hold a formula that asks that itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.book import HiddenRows
from sheetsim.formula.functions import TABLE, Sight
from sheetsim.formula.values import ArrayValue
from sheetsim.references import MAX_COLUMNS

if TYPE_CHECKING:
    from sheetsim.book import Place
    from sheetsim.formula.areas import Areas
    from sheetsim.formula.compile.store import Store

_CALLS = tuple(f"{name}(" for name, function in TABLE.items() if function.sees is not None)


def sight_of(store: Store, areas: Areas) -> ArrayValue:
    """Return the sum of `Sight`s of each cell of areas of one size, (R, C, rows, columns)."""
    name = store.book.find_sheet(areas.sheet)
    hidden = HiddenRows() if name is None else store.book.hidden.get(name, HiddenRows())
    height = int((areas.bottom - areas.top).flat[0]) + 1
    width = int((areas.right - areas.left).flat[0]) + 1
    rows = areas.top[..., None, None] + np.arange(height)[:, None]
    out = np.zeros((*np.broadcast_shapes(areas.top.shape, areas.left.shape), height, width))
    for flag, own in ((Sight.HIDDEN, hidden.by_hand), (Sight.FILTERED, hidden.filtered)):
        if own:
            out += np.isin(rows, list(own)) * float(flag)
    nested = _nested(store, areas)
    if nested:
        keys = rows * MAX_COLUMNS + areas.left[..., None, None] + np.arange(width)
        own_keys = [row * MAX_COLUMNS + column for row, column in nested]
        out += np.isin(keys, own_keys) * float(Sight.NESTED)
    return ArrayValue(out)


def _nested(store: Store, areas: Areas) -> list[Place]:
    """Return the cells in and between the areas whose formulas call a function that sees."""
    cells = store.sheet(areas.sheet).cells
    top, left = int(areas.top.min()), int(areas.left.min())
    bottom, right = int(areas.bottom.max()), int(areas.right.max())
    if (bottom - top + 1) * (right - left + 1) > len(cells):
        places = [p for p in cells if top <= p[0] <= bottom and left <= p[1] <= right]
    else:
        places = [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
    found = []
    for place in places:
        cell = cells.get(place)
        if cell is not None and cell.has_formula:
            text = (cell.formula or "").upper()
            if any(call in text for call in _CALLS):
                found.append(place)
    return found
