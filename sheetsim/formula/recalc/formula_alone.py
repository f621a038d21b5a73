"""Each formula by itself: what it gives for the values that somebody else has for its precedents.

Two programs that agree on every formula may disagree on a cell all the same: rounding grows along
a chain. And a cell may differ only because one before it does. So a formula is also computed from
the very values that the other program shows in the cells that it refers to. If that gives what the
program shows in the cell, the formula is innocent: what differs came from before.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sheetsim.formula.compile.batches import UncomputableError, UnreadyError
from sheetsim.formula.compile.circular_references import Circles
from sheetsim.formula.compile.compiler import Compiler
from sheetsim.formula.compile.constant_folding import fold
from sheetsim.formula.compile.topological_order import schedule
from sheetsim.formula.values import NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sheetsim.arrays import Floats
    from sheetsim.book import Book, CellAddress, Place, Value
    from sheetsim.formula.compile.batches import Group

Places = dict[str, npt.NDArray[np.intp]]
"""Sheet to the rows and columns of cells, (n, 2)."""


class Formulas:
    """All formula cells of a workbook, computed, with what needs what.

    A cell is named by its slot, a whole number; those of an array formula share a home, the slot
    of the first cell of its range.

    Attributes:
        all: the slot of every cell with a formula, in the order of the file.
        frozen: slots of random numbers and times, which keep their cached values.
        frozen_places: where these stand, for `holds`.
    """

    def __init__(self, book: Book) -> None:
        """Compute every formula cell of a workbook.

        The cells of a circular reference cannot be, unless the file has it iterated and it
        settles: their cached values stand for them.
        """
        self._compiler = Compiler(book, lenient=True, circles=Circles.CACHED)
        self._compiler.add_all()
        self._graph, self._store = self._compiler.graph, self._compiler.store
        sheets = [self._store.sheet(name) for name in book.sheets]
        self._parts = [(sheet, sheet.with_formula) for sheet in sheets]
        self.all = [slot for _, slots in self._parts for slot in slots.tolist()]
        self.frozen = frozenset(self._graph.frozen)
        self._order: dict[int, int] = {}
        self.frozen_places = by_sheet(map(self.address, self.frozen))

    @cached_property
    def slots(self) -> dict[CellAddress, int]:
        """Every cell with a formula, in the order of the file, with its slot."""
        return {self.address(slot): slot for slot in self.all}

    @cached_property
    def unknowns(self) -> dict[int, str]:
        """The cells that cannot be computed here, and why."""
        found = dict(self._graph.unknown)
        for slot, home in self._graph.home.items():
            if home in self._graph.unknown:
                found[slot] = self._graph.unknown[home]
        return found

    def cached(self) -> dict[int, Value]:
        """Return what the file has for each cell."""
        out: dict[int, Value] = {}
        numbers = iter(self.all)
        for sheet, slots in self._parts:
            values = sheet.cells.values_at(slots - sheet.first)
            out.update(zip(islice(numbers, len(slots)), values, strict=True))
        return out

    def values(self) -> dict[int, Value]:
        """Return what each cell gives, but for those that are frozen or cannot be computed."""
        found = zip(self.all, self._store.values(self.all), strict=True)
        without = self.unknowns.keys() | self.frozen
        if not without:
            return dict(found)
        return {slot: value for slot, value in found if slot not in without}

    def text(self, slot: int) -> str:
        """Return the formula of a cell."""
        sheet, _ = self.address(slot)
        own = self._store.sheet(sheet)
        return own.cells.cell(slot - own.first).formula or ""

    def value(self, slot: int) -> Value:
        """Return the value of a cell."""
        return self._store.value(slot)

    def address(self, slot: int) -> CellAddress:
        """Return the sheet and the place of a cell."""
        return self._store.places[slot]

    def name(self, slot: int) -> str:
        """Return a cell's name with its sheet."""
        return self._graph.name(slot)

    def home(self, slot: int) -> int:
        """Return the slot of the first cell of an array formula's range, else the slot itself."""
        return self._graph.home.get(slot, slot)

    def unknown(self, slot: int) -> str:
        """Return why a cell cannot be computed here, "" if it can."""
        return self._graph.unknown.get(self.home(slot), "")

    def is_swept(self, slot: int) -> bool:
        """Whether it is a data table's, and so more than what it refers to decides its value."""
        group = self._graph.group_of.get(self.home(slot))
        return group is not None and bool(group.plan.unknown) and not self.unknown(slot)

    @property
    def iterated(self) -> int:
        """How many formulas stand in circles that were iterated."""
        return len(self._graph.iterated)

    def group(self, slot: int) -> int:
        """Return a number that is the same for all cells of one formula; -1 for a frozen cell."""
        found = self._graph.group_of.get(self.home(slot))
        return -1 if found is None else id(found)

    def areas(self, slot: int) -> list[int]:
        """Return the numbers of the areas that a cell's formula refers to."""
        return self._graph.precedents(self.home(slot))

    def members(self, area: int) -> list[int]:
        """Return the homes of the formula cells in an area, frozen ones aside."""
        return self._graph.members(area)

    def holds(self, area: int, places: Places) -> bool:
        """Whether one of some cells lies in an area."""
        sheet, top, left, bottom, right = self._graph.bounds[area]
        found = places.get(sheet)
        if found is None:
            return False
        rows, columns = found.T
        inside = (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
        return bool(inside.any())

    @cached_property
    def volatile(self) -> frozenset[int]:
        """The cells that need a frozen one, directly or through others.

        So does, for another program, what is iterated: its order is another, or it has none.
        """
        homes = set(self._graph.iterated)
        found = {slot for slot in self.all if self.home(slot) in homes}
        if not self.frozen and not homes:
            return frozenset()
        in_area: dict[int, bool] = {}
        for slot in sorted(self.all, key=self.position):
            for area in self.areas(slot):
                if area not in in_area:
                    inside = not homes.isdisjoint(self.members(area))
                    in_area[area] = inside or self.holds(area, self.frozen_places)
                if in_area[area]:
                    homes.add(self.home(slot))
                    found.add(slot)
                    break
        return frozenset(found)

    def position(self, slot: int) -> int:
        """Return where a cell stands in an order of computation; 0 for a frozen cell."""
        if not self._order:
            places = (
                slot
                for waves in schedule(self._graph)
                for group, cells in waves
                for slot in self._store.sheet(group.sheet).slots_of(cells).tolist()
            )
            self._order = {slot: i for i, slot in enumerate(places, 1)}
        return self._order.get(self.home(slot), 0)

    def from_values(
        self, values: Mapping[int, Value], wanted: Iterable[int], nudges: Floats | None = None
    ) -> dict[int, Value]:
        """Compute some cells, each from given values of all others.

        Args:
            values: slot to value, for cells with formulas; the others keep what they have.
            wanted: slots; those that are frozen or cannot be computed here are left out.
            nudges: (size,); by how much of itself each number moves before. Whole numbers stay:
                they count and choose, and are the same in every program.

        Returns:
            Slot to value.
        """
        store = self._store
        kept = store.num, store.kind, store.obj
        store.num, store.kind, store.obj = kept[0].copy(), kept[1].copy(), kept[2].copy()
        try:
            for slot, value in values.items():
                store.put(slot, value)
            if nudges is not None:
                moves = (store.kind == NUMBER) & (store.num != np.rint(store.num))
                store.num[moves] *= 1 + nudges[moves]
            return self._computed(wanted)
        finally:
            store.num, store.kind, store.obj = kept

    @property
    def size(self) -> int:
        """How many slots there are, for `nudges`."""
        return len(self._store.num)

    def _computed(self, wanted: Iterable[int]) -> dict[int, Value]:
        """Compute cells from what the store holds, and leave it as it is."""
        by_group: dict[int, tuple[Group, dict[int, list[int]]]] = {}
        for slot in wanted:
            home = self.home(slot)
            group = self._graph.group_of.get(home)
            if group is None or group.plan.unknown:
                continue
            by_group.setdefault(id(group), (group, {}))[1].setdefault(home, []).append(slot)
        found: dict[int, Value] = {}
        for group, homes in by_group.values():
            work = [[self._store.places[home][1] for home in homes]]
            while work:
                part = work.pop()
                try:
                    asked = [slot for at in part for slot in homes[self._slot(group, at)]]
                    found |= self._batch(group, part, asked)
                except UncomputableError as error:
                    work += error.parts if len(part) > 1 else []
                except UnreadyError as unready:
                    work += unready.parts
        return found

    def _slot(self, group: Group, place: Place) -> int:
        return self._store.sheet(group.sheet).slot(place)

    def _batch(self, group: Group, places: list[Place], asked: list[int]) -> dict[int, Value]:
        """Compute cells of one group that go together."""
        store = self._store
        batch = fold(store, group, places)
        height, width = group.size or (1, 1)
        own = [
            self._slot(group, (r, c))
            for top, left in places
            for r in range(top, top + height)
            for c in range(left, left + width)
        ]
        kept = store.num[own], store.kind[own], store.obj[own]
        self._compiler.finish(batch)
        found = {slot: store.value(slot) for slot in asked}
        store.num[own], store.kind[own], store.obj[own] = kept
        return found


def by_sheet(addresses: Iterable[CellAddress]) -> Places:
    """Return the places of cells, sheet by sheet."""
    places: dict[str, list[Place]] = {}
    for sheet, place in addresses:
        places.setdefault(sheet, []).append(place)
    return {sheet: np.array(each, np.intp) for sheet, each in places.items()}
