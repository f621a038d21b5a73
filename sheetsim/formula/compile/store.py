"""The cells that a compilation knows, each with a slot: its value, and how far it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.errors import WorkbookError
from sheetsim.formula.areas import ERRORS, NOWHERE, Areas
from sheetsim.formula.values import (
    BLANK,
    ERROR,
    NUMBER,
    ArrayValue,
    Ints,
    Kinds,
    Objects,
    describe,
)
from sheetsim.references import MAX_COLUMNS, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sheetsim.book import Book, Cell, Place

WAITING, KNOWN, DYNAMIC = range(3)
"""A slot's state: not computed yet; a value that does not change; depends on the variables."""

BLANK_SLOT, REF_SLOT = range(2)
"""The slots of what is no cell: a blank, and, from here on, the errors that a reference can be."""

MAX_AREA = 20_000_000
"""Cells that a reference may cover; see `broadcasting` beside this file for blank ones."""

_SHIFT = MAX_COLUMNS  # so that row * _SHIFT + column is a cell's key


class SheetCells:
    """One sheet: its cells as the workbook has them, and the slots of those that are known."""

    def __init__(self, cells: Mapping[Place, Cell]) -> None:
        self.cells = cells
        self.slots: dict[Place, int] = {}
        self._order: tuple[Ints, Ints] | None = None
        self._count = -1
        self._bounds: tuple[int, int] | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        """The last row and the last column that hold something."""
        if self._bounds is None:
            places = list(self.cells) or [(0, 0)]
            self._bounds = (max(p[0] for p in places), max(p[1] for p in places))
        return self._bounds

    def sorted(self) -> tuple[Ints, Ints]:
        """Return the keys of the known cells in order, and their slots."""
        if self._order is None or self._count != len(self.slots):
            self._count = len(self.slots)
            places = np.array(list(self.slots), np.intp).reshape(-1, 2)
            keys = places[:, 0] * _SHIFT + places[:, 1]
            slots = np.fromiter(self.slots.values(), np.intp, self._count)
            order = np.argsort(keys)
            self._order = keys[order], slots[order]
        return self._order


class Store:
    """All slots of a compilation.

    Attributes:
        num, kind, obj: the values, as in `sheetsim.formula.values.ArrayValue`.
        state: WAITING, KNOWN or DYNAMIC.
        places: sheet and place of each slot.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sheets: dict[str, SheetCells] = {}
        count = len(ERRORS)
        self.places: list[tuple[str, Place]] = [("", (-1, -1))] * (1 + count)
        self.num: Floats = np.array([0.0, *[np.nan] * count])
        self.kind: Kinds = np.array([BLANK, *[ERROR] * count], np.uint8)
        self.obj: Objects = np.array([None, *ERRORS], object)
        self.state: Kinds = np.full(1 + count, KNOWN, np.uint8)
        self._late: list[tuple[int, Value]] = []

    def sheet(self, name: str) -> SheetCells:
        """Return a sheet, reading it from the file if need be."""
        if name not in self.sheets:
            found = self.book.find_sheet(name)
            self.sheets[name] = SheetCells({} if found is None else self.book.sheets[found])
        return self.sheets[name]

    def slot(self, sheet: str, place: Place) -> int:
        """Return the slot of a cell, a new one if it had none."""
        slots = self.sheet(sheet).slots
        found = slots.get(place)
        if found is None:
            found = slots[place] = len(self.places)
            self.places.append((sheet, place))
        return found

    def grow(self) -> None:
        """Make room for the values of the slots that are new."""
        more = len(self.places) - len(self.num)
        if more > 0:
            self.num = np.concatenate([self.num, np.zeros(more)])
            self.kind = np.concatenate([self.kind, np.full(more, BLANK, np.uint8)])
            self.obj = np.concatenate([self.obj, np.full(more, None, object)])
            self.state = np.concatenate([self.state, np.full(more, WAITING, np.uint8)])
        for slot, value in self._late:
            self.put(slot, value)
        self._late.clear()

    def load(self, name: str, waiting: Collection[Place]) -> None:
        """Take up all cells of a sheet at once, none of which has a slot yet.

        Args:
            name: the sheet.
            waiting: formulas whose cached values do not count; a formula without a cached value
                waits as well.
        """
        sheet = self.sheet(name)
        first, count = len(self.places), len(sheet.cells)
        sheet.slots = dict(zip(sheet.cells, range(first, first + count), strict=True))
        self.places += [(name, place) for place in sheet.cells]
        self.grow()
        values = [cell.value for cell in sheet.cells.values()]
        own = slice(first, first + count)
        self.num[own] = [value if type(value) is float else 0.0 for value in values]
        self.kind[own] = NUMBER
        self.state[own] = KNOWN
        others = [(k, value) for k, value in enumerate(values) if type(value) is not float]
        for k, value in others:
            self.put(first + k, value)
        cells = list(sheet.cells.values())
        for k, value in others:
            if value is None and cells[k].has_formula:
                self.state[first + k] = WAITING
        self.state[[sheet.slots[place] for place in waiting]] = WAITING

    def put_later(self, slot: int, value: Value) -> None:
        """Store a constant when `grow` is called next; one cell at a time would take for ever."""
        self._late.append((slot, value))

    def put(self, slot: int, value: Value) -> None:
        """Store a constant."""
        number, kind = describe(value)
        self.num[slot], self.kind[slot] = number, kind
        self.obj[slot] = value if isinstance(value, str | CellError) else None
        self.state[slot] = KNOWN

    def write(self, slots: Ints, values: ArrayValue) -> None:
        """Store what formulas give; one that refers to a blank gives 0."""
        self.num[slots] = values.num
        if values.kind is None:
            self.kind[slots] = NUMBER
        else:
            self.kind[slots] = np.where(values.kind == BLANK, np.uint8(NUMBER), values.kind)
        self.obj[slots] = None if values.obj is None else values.obj

    def value(self, slot: int) -> Value:
        """Return the value of a slot as Python's."""
        kind = self.kind[slot : slot + 1].reshape(1, 1)
        num, obj = self.num[slot : slot + 1], self.obj[slot : slot + 1]
        out = ArrayValue(num.reshape(1, 1), kind, obj.reshape(1, 1)).objects()[0, 0]
        if isinstance(out, float) and not np.isfinite(out):
            return CellError("#NUM!")
        return out  # type: ignore[no-any-return]

    def values(self, slots: Sequence[int]) -> list[Value]:
        """Return the values of slots, as `value` does of each."""
        if not slots:
            return []
        index = np.array(slots, np.intp).reshape(1, -1)
        out = ArrayValue(self.num[index], self.kind[index], self.obj[index]).objects()
        return list(out.ravel().tolist())

    def indices(self, areas: Areas) -> Ints:
        """Return the slots of areas of one size: the shape of the block, then rows and columns."""
        name, top, left, bottom, right = areas
        sheet = self.sheet(name)
        height = int((bottom - top).flat[0]) + 1
        width = int((right - left).flat[0]) + 1
        if height * width == 1 == top.size == left.size:
            place = (int(top[0, 0]), int(left[0, 0]))
            slot = sheet.slots.get(place, BLANK_SLOT)
            if slot == BLANK_SLOT and not (
                0 <= place[0] < MAX_ROWS and 0 <= place[1] < MAX_COLUMNS
            ):
                slot = _lost_slot(place[0])
            return np.full((1, 1, 1, 1), slot)
        size = height * width * np.broadcast(top, left).size
        if size > MAX_AREA:
            raise WorkbookError(
                f"{self.book.path}: sheet {areas.sheet!r}: a formula refers to {size:,} cells; "
                f"expected at most {MAX_AREA:,}"
            )
        rows = top[..., None, None] + np.arange(height)[:, None]
        columns = left[..., None, None] + np.arange(width)
        keys, slots = sheet.sorted()
        wanted = rows * _SHIFT + columns
        if not len(keys):
            found = np.full(wanted.shape, BLANK_SLOT, np.intp)
        else:
            at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            found = np.where(keys[at] == wanted, slots[at], BLANK_SLOT)
        if min(rows.min(), columns.min()) < 0 or rows.max() >= MAX_ROWS or columns.max() >= _SHIFT:
            outside = (rows < 0) | (rows >= MAX_ROWS) | (columns < 0) | (columns >= MAX_COLUMNS)
            found = np.where(outside, REF_SLOT, found)
            for row in np.unique(rows[rows <= NOWHERE]).tolist():
                found = np.where(outside & (rows == row), _lost_slot(row), found)
        return found

    def gather(self, index: Ints) -> ArrayValue:
        """Return the values of slots."""
        kind = self.kind[index]
        num = self.num[index]
        if not kind.any():
            return ArrayValue(num, literal=False)
        other = kind > 1  # texts, errors and blanks
        obj = self.obj[index] if other.any() else None
        bad = bool((other & np.isnan(num)).any())
        return ArrayValue(num, kind, obj, bad=bad, literal=False)


def _lost_slot(row: int) -> int:
    """Return the slot of the error that a row outside every sheet stands for."""
    return REF_SLOT + (NOWHERE - row if NOWHERE - len(ERRORS) < row <= NOWHERE else 0)
