"""Areas: what a reference is in each cell of a block, and the places for what it leads nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sheetsim.formula.values import Ints

NOWHERE, NO_CELL, NO_COMMON = -1_000_000, -1_000_001, -1_000_002
"""Rows outside every sheet, for what is `#REF!`, `#VALUE!` and `#NULL!`."""


class Areas(NamedTuple):
    """A reference as it is in each cell of a block: bounds that broadcast to its shape."""

    sheet: str
    top: Ints
    left: Ints
    bottom: Ints
    right: Ints


def whole_areas(size: Sequence[int]) -> Areas:
    """Return the area that a value of (rows, columns) would fill, were it a reference."""
    first = np.zeros((1, 1), np.intp)
    return Areas("", first, first, first + size[0] - 1, first + size[1] - 1)


def nowhere(sheet: str) -> Areas:
    """Return what leads nowhere, `#REF!`, in all cells of a block."""
    row = np.full((1, 1), NOWHERE)
    return Areas(sheet, row, row * 0, row, row * 0)
