"""The cells of a sheet in columns: an array of where they stand, one of their numbers, and so on.

A million cells as Python's objects take half a gigabyte and a second for each look at all of
them. Here a cell is a position in a few arrays, and its formula the number of a run: all cells
that one formula was filled to have the same. To whoever wants cells, `SheetColumns` is a mapping
as any other, and makes each when it is asked for.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sheetsim.arrays import Floats
from sheetsim.book import Cell, CellError, DataTable, Place, Value
from sheetsim.references import MAX_COLUMNS, Fill

Ints = NDArray[np.intp]
Ints32 = NDArray[np.int32]
Bools = NDArray[np.bool_]
Kinds = NDArray[np.uint8]

KINDS = range(5)
"""The kinds of a value, in the order of the five names below."""

NUMBER, BOOL, TEXT, ERROR, BLANK = KINDS

_AT_ONCE = 65_536  # cells turned into Python's objects at a time


@dataclass(slots=True)
class FormulaRun:
    """A formula, and the cell that it is filled from.

    Attributes:
        text: the formula in that cell, with its "=", or the data table that fills it.
        place: the cell.
        array: the range of an array formula, None for another.
        moves: whether its references move from cell to cell; else the text is the same in all.
        shared: whether it is known that other cells have it.
        fill: the text cut at its references, once it was asked for.
    """

    text: str | DataTable
    place: Place
    array: str | None = None
    moves: bool = True
    shared: bool = False
    fill: Fill | None = None

    def source(self) -> Fill:
        """Return what fills it to other cells."""
        if self.fill is None:
            self.fill = Fill(str(self.text))
        return self.fill

    def at(self, row: int, column: int) -> str:
        """Return the formula as it reads in a cell."""
        if not self.moves or (row, column) == self.place:
            return str(self.text)
        return self.source().at(row - self.place[0], column - self.place[1])

    def cell(self, place: Place, value: Value) -> Cell:
        """Return one of its cells."""
        if not self.moves:
            return Cell(self.text, value, self.array, None)
        formula = self.text if place == self.place else Filled(self, place)
        return Cell(formula, value, self.array, self.place if self.shared else None)


class Filled(NamedTuple):
    """A run's formula in one of its cells, written out when it is asked for."""

    run: FormulaRun
    place: Place

    def __str__(self) -> str:
        """Return the formula."""
        return self.run.at(*self.place)


class SheetColumns(Mapping[Place, Cell]):
    """The cells of a sheet.

    Attributes:
        rows, columns: (N,) where they stand, from 0, in the order of the file.
        numbers: (N,) their numbers; 0 for a cell that shows none.
        kinds: (N,) NUMBER, BOOL, TEXT, ERROR, or BLANK for a formula without a value.
        others: (N,) the values that are no numbers; None if there are none.
        formulas: (N,) the numbers of their runs, -1 for a constant.
        runs: the formulas.
    """

    def __init__(
        self,
        rows: Ints32,
        columns: Ints32,
        numbers: Floats,
        kinds: Kinds,
        others: NDArray[np.object_] | None,
        formulas: Ints32,
        runs: list[FormulaRun],
    ) -> None:
        self.rows, self.columns = rows, columns
        self.numbers, self.kinds, self.others = numbers, kinds, others
        self.formulas, self.runs = formulas, runs

    @cached_property
    def _sorted(self) -> tuple[Ints, Ints | None]:
        """The keys of the cells in order, and their positions; None if that is their order."""
        keys = keys_of(self.rows, self.columns)
        if len(keys) < 2 or bool((keys[1:] > keys[:-1]).all()):
            return keys, None
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    @cached_property
    def with_formula(self) -> Ints:
        """The positions of the cells with formulas, row by row."""
        _, order = self._sorted
        if order is None:
            return np.flatnonzero(self.formulas >= 0)
        return order[self.formulas[order] >= 0]

    @cached_property
    def bounds(self) -> Place:
        """The last row and the last column that hold something; (0, 0) if none does."""
        if not len(self.rows):
            return 0, 0
        return int(self.rows.max()), int(self.columns.max())

    def find(self, keys: Ints) -> Ints:
        """Return the positions of the cells with some keys, -1 where there is none."""
        known, order = self._sorted
        if not len(known):
            return np.full(keys.shape, -1, np.intp)
        at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        there = known[at] == keys
        return np.where(there, at if order is None else order[at], -1)

    def position(self, place: Place) -> int:
        """Return the position of a cell, -1 if there is none."""
        known, order = self._sorted
        key = place[0] * MAX_COLUMNS + place[1]
        at = int(known.searchsorted(key))
        if at == len(known) or known[at] != key or not 0 <= place[1] < MAX_COLUMNS:
            return -1
        return at if order is None else int(order[at])

    def value(self, position: int) -> Value:
        """Return what a cell shows."""
        kind = self.kinds[position]
        if kind == NUMBER:
            return float(self.numbers[position])
        if kind == BLANK or self.others is None:
            return None
        value: Value = self.others[position]
        return value

    def values_at(self, positions: Ints) -> list[Value]:
        """Return what some cells show."""
        values: list[Any] = self.numbers[positions].tolist()
        for k in np.flatnonzero(self.kinds[positions] != NUMBER).tolist():
            values[k] = self.value(int(positions[k]))
        return values

    def cell(self, position: int) -> Cell:
        """Return a cell."""
        number, value = int(self.formulas[position]), self.value(position)
        if number < 0:
            return Cell(None, value)
        run = self.runs[number]
        return run.cell((int(self.rows[position]), int(self.columns[position])), value)

    def __getitem__(self, place: Place) -> Cell:
        """Return the cell at a place."""
        position = self.position(place)
        if position < 0:
            raise KeyError(place)
        return self.cell(position)

    def __contains__(self, place: object) -> bool:
        """Whether there is a cell."""
        return isinstance(place, tuple) and self.position(place) >= 0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Place]:
        """Give their places, in the order of the file."""
        for at in range(0, len(self), _AT_ONCE):
            own = slice(at, at + _AT_ONCE)
            yield from zip(self.rows[own].tolist(), self.columns[own].tolist(), strict=True)

    def items(self) -> ItemsView[Place, Cell]:
        """Return their places and cells."""
        return _Items(self)

    def parts(self) -> Iterator[tuple[list[Place], list[Value], list[int]]]:
        """Give places, values and the numbers of runs, many at a time."""
        for at in range(0, len(self), _AT_ONCE):
            own = slice(at, at + _AT_ONCE)
            places = list(zip(self.rows[own].tolist(), self.columns[own].tolist(), strict=True))
            values = self.values_at(np.arange(at, at + len(places)))
            yield places, values, self.formulas[own].tolist()

    def replaced(self, cells: Mapping[Place, Cell]) -> SheetColumns:
        """Return the same with other cells in some places; one that holds nothing is a blank."""
        new = columns_of({p: c for p, c in cells.items() if c.has_formula or c.value is not None})
        gone = np.array(list(cells), np.intp).reshape(-1, 2)
        there = self.find(keys_of(gone[:, 0], gone[:, 1]))
        keep = np.ones(len(self), bool)
        keep[there[there >= 0]] = False
        others = None
        if self.others is not None or new.others is not None:
            parts = [one.others_or_none()[own] for one, own in ((self, keep), (new, slice(None)))]
            others = np.concatenate(parts)
        moved = np.where(new.formulas >= 0, new.formulas + len(self.runs), -1).astype(np.int32)
        return SheetColumns(
            np.concatenate([self.rows[keep], new.rows]),
            np.concatenate([self.columns[keep], new.columns]),
            np.concatenate([self.numbers[keep], new.numbers]),
            np.concatenate([self.kinds[keep], new.kinds]),
            others,
            np.concatenate([self.formulas[keep], moved]),
            [*self.runs, *new.runs],
        )

    def others_or_none(self) -> NDArray[np.object_]:
        """Return `others`, an array of None if there are none."""
        return np.full(len(self), None, object) if self.others is None else self.others


class _Items(ItemsView[Place, Cell]):
    """Places and cells, made many at a time."""

    def __init__(self, columns: SheetColumns) -> None:
        super().__init__(columns)
        self._columns = columns

    def __iter__(self) -> Iterator[tuple[Place, Cell]]:
        runs = self._columns.runs
        for places, values, formulas in self._columns.parts():
            for place, value, run in zip(places, values, formulas, strict=True):
                yield place, Cell(None, value) if run < 0 else runs[run].cell(place, value)


def keys_of(rows: Any, columns: Any) -> Ints:
    """Return whole numbers that are in order as cells are, row by row."""
    return np.asarray(rows, np.intp) * MAX_COLUMNS + np.asarray(columns, np.intp)


def columns_of(cells: Mapping[Place, Cell]) -> SheetColumns:
    """Return cells, however they are kept, in columns."""
    if isinstance(cells, SheetColumns):
        return cells
    count = len(cells)
    numbers, kinds = np.zeros(count), np.full(count, NUMBER, np.uint8)
    formulas = np.full(count, -1, np.int32)
    others: NDArray[np.object_] | None = None
    runs: list[FormulaRun] = []
    known: dict[object, int] = {}
    for i, (place, cell) in enumerate(cells.items()):
        formula, value, array, origin = cell
        if formula is not None:
            formulas[i] = _run_of(cell, place, array or origin, runs, known)
        if type(value) is float:
            numbers[i] = value
        elif isinstance(value, bool | str | CellError) or value is None:
            kinds[i] = kind_of(value)
            if value is not None:
                others = np.full(count, None, object) if others is None else others
                others[i] = value
        else:
            numbers[i] = float(value)
    places = np.array(list(cells), np.int32).reshape(-1, 2)
    return SheetColumns(places[:, 0], places[:, 1], numbers, kinds, others, formulas, runs)


def kind_of(value: Value) -> int:
    """Return the kind of a value that is no number."""
    if value is None:
        return BLANK
    if isinstance(value, bool):
        return BOOL
    return TEXT if isinstance(value, str) else ERROR


def _run_of(
    cell: Cell, place: Place, key: object, runs: list[FormulaRun], known: dict[object, int]
) -> int:
    """Return the number of a cell's run, a new one if none of its cells has come before."""
    if key is not None and cell.array is not None:
        key = (cell.array, cell.formula)
    found = None if key is None else known.get(key)
    if found is None:
        found = len(runs)
        moves = cell.array is None and key is not None
        text = cell.data_table or cell.formula or ""
        run = FormulaRun(text, place, cell.array, moves or key is None, moves)
        runs.append(run)
        if key is not None:
            known[key] = found
    return found
