"""Cells in columns: the same as a dict of them, and rectangles asked of all at once."""

import numpy as np

from sheetsim.book import Cell, CellError, Place
from sheetsim.columns import columns_of
from sheetsim.formula.compile.store import SheetCells

VALUES = (1.5, 0.0, "a", "", True, False, CellError("#N/A"), None)


def _cells(rng: np.random.Generator, count: int, *, ordered: bool) -> dict[Place, Cell]:
    """Some cells of all kinds; a third are filled from one, and some have formulas of their own."""
    places = [(int(r), int(c)) for r, c in rng.integers(0, 12, (count, 2))]
    places = sorted(set(places)) if ordered else list(dict.fromkeys(places))
    cells = {}
    for place in places:
        value = VALUES[rng.integers(len(VALUES))]
        kind = rng.integers(4)
        if kind == 0:
            cells[place] = Cell(f"=$A{place[0] + 1}", value, None, (0, 0))
        elif kind == 1:
            cells[place] = Cell("=1+1", value)
        elif value is not None:
            cells[place] = Cell(None, value)
    return cells


def test_columns_are_a_mapping_of_the_same_cells() -> None:
    rng = np.random.default_rng(1)
    for k in range(60):
        cells = _cells(rng, 40, ordered=k % 2 == 0)
        columns = columns_of(cells)
        assert list(columns.items()) == list(cells.items())
        assert list(columns) == list(cells)
        for place in [(r, c) for r in range(-1, 13) for c in range(-1, 13)]:
            assert columns.get(place) == cells.get(place)
        edits = {place: Cell(None, None) for place in list(cells)[::3]}
        edits |= {(20, 1): Cell("=B2", 3.0), (0, 0): Cell(None, "new")}
        wanted = {**cells, **edits}
        wanted = {p: c for p, c in wanted.items() if c.has_formula or c.value is not None}
        assert dict(columns.replaced(edits)) == wanted
        assert dict(columns) == cells  # as they were


def test_formulas_in_rectangles_are_those_that_a_loop_finds() -> None:
    rng = np.random.default_rng(2)
    for k in range(60):
        cells = _cells(rng, 60, ordered=k % 2 == 0)
        sheet = SheetCells(columns_of(cells), first=7)
        count = (1, 3, 40)[k % 3]
        first, size = rng.integers(0, 12, (2, count)), rng.integers(0, 4, (2, count))
        if k % 4 == 3:
            size[:] = 0
        (top, left), (bottom, right) = first, first + size
        found = sheet.formulas_in_any(top, left, bottom, right)
        wanted = [
            7 + i
            for i, ((r, c), cell) in enumerate(cells.items())
            if cell.has_formula and ((top <= r) & (r <= bottom) & (left <= c) & (c <= right)).any()
        ]
        assert sorted(set(found.tolist())) == wanted
        rows, columns = rng.integers(-1, 13, (2, 30))
        slots = sheet.slots(rows, columns)
        places = list(cells)
        for r, c, slot in zip(rows.tolist(), columns.tolist(), slots.tolist(), strict=True):
            if c >= 0:
                assert slot == (7 + places.index((r, c)) if (r, c) in cells else -1)
