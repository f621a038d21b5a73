"""The cells that a compilation knows, each with a slot: its value, and how far it is known."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.columns import SheetColumns, columns_of, keys_of
from sheetsim.errors import WorkbookError
from sheetsim.formula.areas import ERRORS, NOWHERE, Areas
from sheetsim.formula.values import (
    BLANK,
    BOOL,
    ERROR,
    NUMBER,
    TEXT,
    ArrayValue,
    Bools,
    Ints,
    Kinds,
    Objects,
    describe,
    number_of,
)
from sheetsim.references import MAX_COLUMNS, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sheetsim.book import Book, CellAddress, Place

WAITING, KNOWN, DYNAMIC = range(3)
"""A slot's state: not computed yet; a value that does not change; depends on the variables."""

BLANK_SLOT, REF_SLOT = range(2)
"""The slots of what is no cell: a blank, and, from here on, the errors that a reference can be."""

MAX_AREA = 20_000_000
"""Cells that a reference may cover; see `broadcasting` beside this file for blank ones."""


class SheetCells:
    """One sheet: its cells, each of which has a slot, and other places that were given one.

    Attributes:
        cells: those that the workbook has.
        first: the slot of the first of them; the others follow.
    """

    def __init__(self, cells: SheetColumns, first: int) -> None:
        self.cells = cells
        self.first = first
        self._extra: dict[Place, int] = {}

    @property
    def bounds(self) -> tuple[int, int]:
        """The last row and the last column that hold something."""
        return self.cells.bounds

    def slot(self, place: Place) -> int:
        """Return the slot of a cell, -1 if it has none."""
        found = self.cells.position(place)
        return self._extra.get(place, -1) if found < 0 else self.first + found

    def give(self, place: Place, slot: int) -> None:
        """Let a place have a slot that is no cell of the workbook."""
        self._extra[place] = slot

    def slots(self, rows: Ints, columns: Ints) -> Ints:
        """Return the slots of cells, -1 for one without; rows and columns broadcast."""
        keys = keys_of(rows, columns)
        found = self.cells.find(keys)
        out = np.where(found < 0, -1, found + self.first)
        if self._extra:
            extra = np.array([(*place, slot) for place, slot in self._extra.items()], np.intp)
            other = keys_of(extra[:, 0], extra[:, 1])
            order = np.argsort(other)
            at = np.minimum(np.searchsorted(other[order], keys), len(order) - 1)
            hit = (other[order][at] == keys) & (out < 0)
            out = np.where(hit, extra[order, 2][at], out)
        return out

    def slots_of(self, places: Sequence[Place]) -> Ints:
        """Return the slots of cells (N,), -1 for one without."""
        if len(places) == 1:
            return np.array([self.slot(places[0])], np.intp)
        pairs = np.array(places, np.intp).reshape(-1, 2)
        return self.slots(pairs[:, 0], pairs[:, 1])

    @property
    def with_formula(self) -> Ints:
        """The slots of the cells with formulas, in the order of the file."""
        return np.flatnonzero(self.cells.formulas >= 0) + self.first

    def rows_and_columns(self, slots: Ints) -> tuple[Ints, Ints]:
        """Return where the workbook's cells with some slots stand."""
        at = slots - self.first
        return self.cells.rows[at].astype(np.intp), self.cells.columns[at].astype(np.intp)

    def formulas_in(self, top: int, left: int, bottom: int, right: int) -> Ints:
        """Return the slots of the cells with formulas in a rectangle, row by row."""
        rows, columns, slots = self._formulas
        first, last = rows.searchsorted([top, bottom + 1])
        own = columns[first:last]
        return slots[first:last][(own >= left) & (own <= right)]

    def formulas_in_any(self, top: Ints, left: Ints, bottom: Ints, right: Ints) -> Ints:
        """Return the slots of the cells with formulas in any of some rectangles, each (N,)."""
        if len(top) == 1:
            return self.formulas_in(int(top[0]), int(left[0]), int(bottom[0]), int(right[0]))
        if (top == bottom).all() and (left == right).all():
            found = self.cells.find(keys_of(top, left))
            found = found[found >= 0]
            return found[self.cells.formulas[found] >= 0] + self.first
        rows, columns, slots = self._formulas
        first, last = rows.searchsorted([top.min(), bottom.max() + 1])
        rows, columns, slots = rows[first:last], columns[first:last], slots[first:last]
        if not len(slots):
            return slots
        bands = _bands(left, right)
        if len(bands) > _FEW:
            other = _bands(top, bottom)
            if len(other) < len(bands):
                inside = _inside(columns, rows, left, right, other)
                return slots[inside]
        return slots[_inside(rows, columns, top, bottom, bands)]

    @cached_property
    def _formulas(self) -> tuple[Ints, Ints, Ints]:
        """Rows, columns and slots of the cells with formulas, row by row."""
        own = self.cells.with_formula
        rows = self.cells.rows[own].astype(np.intp)
        return rows, self.cells.columns[own].astype(np.intp), own + self.first


_FEW = 16

Bands = list[tuple[int, int, Ints]]


def _bands(first: Ints, last: Ints) -> Bands:
    """Return each pair of bounds with the numbers of the rectangles that have it."""
    pairs, own = np.unique(np.stack([first, last], 1), axis=0, return_inverse=True)
    order = np.argsort(own.ravel(), kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(own.ravel()))[:-1])
    return [(a, b, part) for (a, b), part in zip(pairs.tolist(), parts, strict=True)]


def _inside(along: Ints, across: Ints, first: Ints, last: Ints, bands: Bands) -> Bools:
    """Return which cells lie in a rectangle; of each band, how many cover a line is counted."""
    lines, rank = np.unique(along, return_inverse=True)
    out = np.zeros(len(along), bool)
    for low, high, own in bands:
        starts = np.searchsorted(lines, first[own])
        ends = np.searchsorted(lines, last[own], "right")
        count = np.bincount(starts, minlength=len(lines) + 1)[: len(lines) + 1]
        count = count - np.bincount(ends, minlength=len(lines) + 1)[: len(lines) + 1]
        covered = count.cumsum()[:-1] > 0
        out |= covered[rank] & (across >= low) & (across <= high)
    return out


class Addresses:
    """Sheet and place of each slot."""

    def __init__(self, nowhere: int) -> None:
        """Begin with slots that are no cells."""
        self._starts = [0]
        self._parts: list[tuple[str, SheetColumns] | list[CellAddress]] = [
            [("", (-1, -1))] * nowhere
        ]
        self._count = nowhere

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, slot: int) -> CellAddress:
        number = bisect_right(self._starts, slot) - 1
        part, at = self._parts[number], slot - self._starts[number]
        if isinstance(part, list):
            return part[at]
        sheet, cells = part
        return sheet, (int(cells.rows[at]), int(cells.columns[at]))

    def append(self, sheet: str, place: Place) -> None:
        """Add a slot."""
        part = self._parts[-1]
        if not isinstance(part, list):
            part = []
            self._starts.append(self._count)
            self._parts.append(part)
        part.append((sheet, place))
        self._count += 1

    def load(self, sheet: str, cells: SheetColumns) -> None:
        """Add a slot for each cell of a sheet."""
        if len(cells):
            self._starts.append(self._count)
            self._parts.append((sheet, cells))
            self._count += len(cells)


class Store:
    """All slots of a compilation.

    A sheet's cells have their slots as soon as it is asked for: constants with their values, and
    formulas waiting for theirs.

    Attributes:
        num, kind, obj: the values, as in `sheetsim.formula.values.ArrayValue`.
        state: WAITING, KNOWN or DYNAMIC.
        places: sheet and place of each slot.
    """

    def __init__(self, book: Book, moving: Mapping[str, Collection[Place]] | None = None) -> None:
        """Begin without a sheet.

        Args:
            book: the workbook.
            moving: sheet -> the formula cells that are to be computed; the cached values of all
                others, as far as they have one, are constants. None to compute all.
        """
        self.book = book
        self.moving = moving
        self.sheets: dict[str, SheetCells] = {}
        count = len(ERRORS)
        self.places = Addresses(1 + count)
        self.num: Floats = np.array([0.0, *[np.nan] * count])
        self.kind: Kinds = np.array([BLANK, *[ERROR] * count], np.uint8)
        self.obj: Objects = np.array([None, *ERRORS], object)
        self.state: Kinds = np.full(1 + count, KNOWN, np.uint8)
        self._late: list[tuple[int, Value]] = []

    def sheet(self, name: str) -> SheetCells:
        """Return a sheet, reading it from the file if need be."""
        if name not in self.sheets:
            found = self.book.find_sheet(name)
            cells = columns_of({} if found is None else self.book.sheets[found])
            self._load(name, cells)
        return self.sheets[name]

    def slot(self, sheet: str, place: Place) -> int:
        """Return the slot of a cell, a new one if it had none."""
        own = self.sheet(sheet)
        found = own.slot(place)
        if found < 0:
            found = len(self.places)
            own.give(place, found)
            self.places.append(sheet, place)
        return found

    def grow(self) -> None:
        """Make room for the values of the slots that are new."""
        more = len(self.places) - len(self.num)
        if more > 0:
            self._append(
                np.zeros(more),
                np.full(more, BLANK, np.uint8),
                np.full(more, None, object),
                np.full(more, WAITING, np.uint8),
            )
        for slot, value in self._late:
            self.put(slot, value)
        self._late.clear()

    def _append(self, num: Floats, kind: Kinds, obj: Objects, state: Kinds) -> None:
        """Add slots with their values."""
        self.num = np.concatenate([self.num, num])
        self.kind = np.concatenate([self.kind, kind])
        self.obj = np.concatenate([self.obj, obj])
        self.state = np.concatenate([self.state, state])

    def _load(self, name: str, cells: SheetColumns) -> None:
        """Take up all cells of a sheet at once."""
        self.grow()
        self.sheets[name] = SheetCells(cells, len(self.places))
        self.places.load(name, cells)
        waits = cells.formulas >= 0
        if self.moving is not None:
            asked = np.zeros(len(cells), bool)
            places = np.array(list(self.moving.get(name, ())), np.intp).reshape(-1, 2)
            found = cells.find(keys_of(places[:, 0], places[:, 1]))
            asked[found[found >= 0]] = True
            waits &= asked | (cells.kinds == BLANK)
        num = np.where(waits, 0.0, cells.numbers)
        kind = np.where(waits, np.uint8(BLANK), cells.kinds)
        obj = np.full(len(cells), None, object)
        numbers: dict[str, float] = {}  # that texts spell
        for i in np.flatnonzero((kind == TEXT) | (kind == ERROR) | (kind == BOOL)).tolist():
            value = cells.value(i)
            if isinstance(value, str):
                if value not in numbers:
                    numbers[value] = number_of(value)
                num[i], obj[i] = numbers[value], value
            else:
                num[i], kind[i] = describe(value)
                obj[i] = value if isinstance(value, CellError) else None
        state = np.where(waits, np.uint8(WAITING), np.uint8(KNOWN))
        self._append(num, kind, obj, state)

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
            slot = sheet.slot(place)
            if slot < 0:
                on_sheet = 0 <= place[0] < MAX_ROWS and 0 <= place[1] < MAX_COLUMNS
                slot = BLANK_SLOT if on_sheet else _lost_slot(place[0])
            return np.full((1, 1, 1, 1), slot)
        size = height * width * np.broadcast(top, left).size
        if size > MAX_AREA:
            raise WorkbookError(
                f"{self.book.path}: sheet {areas.sheet!r}: a formula refers to {size:,} cells; "
                f"expected at most {MAX_AREA:,}"
            )
        rows = top[..., None, None] + np.arange(height)[:, None]
        columns = left[..., None, None] + np.arange(width)
        found = sheet.slots(rows, columns)
        found[found < 0] = BLANK_SLOT
        most = max(rows.max() - MAX_ROWS, columns.max() - MAX_COLUMNS)
        if most >= 0 or min(rows.min(), columns.min()) < 0:
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
