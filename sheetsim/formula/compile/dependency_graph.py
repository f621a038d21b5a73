"""Which cells the outputs need, which formula each has, and what it refers to.

Cells are found from the outputs, along their references, with a stack, and grouped by formula.
What OFFSET and its like refer to is found when their arguments are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.errors import PlacedError, WorkbookError
from sheetsim.formula.areas import Areas
from sheetsim.formula.compile.batches import Group, UnreadyError
from sheetsim.formula.compile.constant_folding import resolve_references
from sheetsim.formula.compile.implicit_intersection import in_own_line
from sheetsim.formula.compile.plan import Plan, Reason, make_plan
from sheetsim.formula.compile.store import KNOWN, Store
from sheetsim.formula.syntax.formula_groups import GroupKeys, extent
from sheetsim.formula.syntax.parser import parse_tokens
from sheetsim.references import address_text

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from sheetsim.book import Book, Cell, CellAddress, Place
Area = tuple[str, int, int, int, int]
_PIECE = 64

MAX_KINDS = 200_000
"""Different formulas that a model may need: each is an array operation of its own."""


@dataclass
class DependencyGraph:
    """The needed cells of a workbook.

    Attributes:
        store: their slots.
        groups: by formula.
        group_of: slot of a formula's cell -> its group; of an array formula, the first cell's.
        home: slot of another cell of an array formula's range -> the first cell's.
        precedents: slot -> the areas that its formula refers to.
        areas, bounds: area -> its number, and back.
        members: number of an area -> the slots of the formula cells in it.
        pending: slots of cells whose OFFSET and the like have yet to be resolved.
        frozen: cells whose cached values stand for what changes at every recalculation.
        unknown: cells -> the function that cannot be computed here.
        moving: sheet -> the formula cells that are to be computed; others that have a cached
            value are constants. None for all.
        group_keys: which formulas are the same.
        lenient: whether a formula that cannot be read is one that cannot be computed.
        left: slots of cells that no order of computation reaches.
        iterated: slots of cells in circles that were computed by sweeps.
    """

    book: Book
    store: Store
    variables: frozenset[int]
    group_keys: GroupKeys
    groups: dict[object, Group] = field(default_factory=dict)
    group_of: dict[int, Group] = field(default_factory=dict)
    home: dict[int, int] = field(default_factory=dict)
    precedents: dict[int, list[int]] = field(default_factory=dict)
    areas: dict[Area, int] = field(default_factory=dict)
    bounds: list[Area] = field(default_factory=list)
    members: list[list[int]] = field(default_factory=list)
    pending: set[int] = field(default_factory=set)
    frozen: list[int] = field(default_factory=list)
    unknown: dict[int, str] = field(default_factory=dict)
    stack: list[int] = field(default_factory=list)
    moving: Mapping[str, Collection[Place]] | None = None
    lenient: bool = False
    left: set[int] = field(default_factory=set)
    iterated: set[int] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)
    _touched: set[tuple[int, Hashable]] = field(default_factory=set)

    def need(self, addresses: Iterable[CellAddress]) -> None:
        """Add cells and all that they need."""
        for sheet, place in addresses:
            self._touch_cell(sheet, place)
        self.discover()

    def discover(self) -> None:
        """Follow the references of all cells that are on the stack."""
        while self.stack:
            slot = self.stack.pop()
            sheet, place = self.store.places[slot]
            group = self.group_of[slot]
            found = self.precedents[slot] = []
            for ref in group.plan.refs:
                area = (ref.sheet or sheet, *ref.at(*place))
                growing = ref.fixed[0] != ref.fixed[2]
                found += map(self.area, self._pieces(area) if growing else [area])
            for ref in group.plan.lines:
                own = in_own_line(ref.at(*place), place)
                if own is not None:
                    found.append(self.area((ref.sheet or sheet, *own, *own)))
            if group.plan.dynamic:
                self.pending.add(slot)
            if group.plan.unknown:
                found += self._areas_of_table(sheet, place)
        self.store.grow()

    def _areas_of_table(self, sheet: str, place: Place) -> list[int]:
        """Return the areas that a cell of a data table refers to, if it is one."""
        table = self.store.sheet(sheet).cells[place].data_table
        if table is None:
            return []
        needed = [table.formula_of(place), *table.headers_of(place)]
        return [self.area((sheet, *own, *own)) for own in needed if min(own) >= 0]

    def _pieces(self, area: Area) -> list[Area]:
        """Split a tall area at every 64th row: a sum that grows from row to row shares most."""
        sheet, top, left, bottom, right = area
        bottom = max(top, min(bottom, self.store.sheet(sheet).bounds[0]))
        if bottom - top < 2 * _PIECE:
            return [area]
        starts = [top, *range((top // _PIECE + 1) * _PIECE, bottom + 1, _PIECE)]
        ends = [start - 1 for start in starts[1:]] + [bottom]
        return [(sheet, a, left, b, right) for a, b in zip(starts, ends, strict=True)]

    def area(self, area: Area) -> int:
        """Return an area's number; all its cells become known."""
        found = self.areas.get(area)
        if found is not None:
            return found
        found = self.areas[area] = len(self.members)
        self.bounds.append(area)
        inside: list[int] = []
        self.members.append(inside)
        name, top, left, bottom, right = area
        cells = self.store.sheet(name).cells
        if (bottom - top + 1) * (right - left + 1) > len(cells):
            places: Iterable[Place] = [
                p for p in cells if top <= p[0] <= bottom and left <= p[1] <= right
            ]
        elif top == bottom and left == right:
            places = ((top, left),)
        else:
            places = [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
        homes: dict[int, None] = {}
        for place in places:
            slot = self._touch_cell(name, place)
            if slot >= 0:
                homes[slot] = None
        inside += homes
        return found

    def _touch_cell(self, sheet: str, place: Place) -> int:
        """Make a cell known; return the slot of its formula, -1 if it has none."""
        sheet_cells = self.store.sheet(sheet)
        cell = sheet_cells.cells.get(place)
        slot = sheet_cells.slots.get(place, -1)
        if slot < 0:
            if cell is None:
                return -1
            slot = self.store.slot(sheet, place)
        elif slot in self._seen:
            return self.home.get(slot, slot if slot in self.group_of else -1)
        elif slot < len(self.store.state) and self.store.state[slot] == KNOWN:
            return -1  # computed in another way
        self._seen.add(slot)
        if slot in self.variables:
            return -1
        if cell is None or not cell.has_formula or self._is_settled(sheet, place, cell):
            self.store.put_later(slot, None if cell is None else cell.value)
            return -1
        return self._formula(sheet, place, cell, slot)

    def _is_settled(self, sheet: str, place: Place, cell: Cell) -> bool:
        """Whether the cached value of a formula is taken for granted."""
        if self.moving is None or cell.value is None:
            return False
        return place not in self.moving.get(sheet, ())

    def _formula(self, sheet: str, place: Place, cell: Cell, slot: int) -> int:
        """Put a formula's cell into its group, and on the stack."""
        size = None
        if cell.array:
            try:
                first, size = extent(cell.array)
            except WorkbookError as error:
                raise WorkbookError(f"{self.book.path}: sheet {sheet!r}: {error}") from None
            if first != place:
                anchor = self._touch_cell(sheet, first)
                if anchor >= 0 and self.group_of[anchor].size is not None:
                    self.home[slot] = anchor
                    return anchor
                size = None
        group = self.group(sheet, place, cell, size)
        self.group_of[slot] = group
        if size is not None:
            for r in range(place[0], place[0] + size[0]):
                for c in range(place[1], place[1] + size[1]):
                    self.store.slot(sheet, (r, c))
        if group.plan.random or group.plan.unknown:
            self._freeze(slot, cell, group)
        if group.plan.random:
            return -1
        group.places.append(place)
        self.stack.append(slot)
        return slot

    def _freeze(self, slot: int, cell: Cell, group: Group) -> None:
        """Let the cached value stand for what cannot be computed."""
        if group.plan.random:
            self.store.put_later(slot, cell.value)
            self.frozen.append(slot)
            del self.group_of[slot]
        else:
            self.unknown[slot] = group.plan.unknown

    def group(self, sheet: str, place: Place, cell: Cell, size: tuple[int, int] | None) -> Group:
        """Return the group of a formula, planned when its first cell is met."""
        key: object
        try:
            key = self.group_keys.find(sheet, place, cell, size)
            if key not in self.groups:
                if self.variables and len(self.groups) >= MAX_KINDS:
                    raise PlacedError(
                        f"{self.book.path}: the model needs more than {MAX_KINDS:,} different "
                        "formulas; expected fewer, filled down or across"
                    )
                sample = self.group_keys.samples[key]
                tree = parse_tokens(sample.tokens, sample.formula)
                plan = make_plan(self.book, tree, sheet, sample.place, array=size is not None)
                self.groups[key] = Group(sheet, plan, size, sample.formula)
        except WorkbookError as error:
            if not self.lenient:
                if isinstance(error, PlacedError):
                    raise
                name = self.name(self.store.slot(sheet, place))
                raise WorkbookError(f"{self.book.path}: {name}: {error}") from None
            key = (sheet, place)
            plan = Plan((), unknown=Reason.UNREADABLE)
            self.groups[key] = Group(sheet, plan, size, cell.formula or "")
        return self.groups[key]

    def resolve(self) -> bool:
        """Find what OFFSET and its like refer to, where their arguments are known by now.

        Returns:
            Whether anything new came to light.
        """
        by_group: dict[int, tuple[Group, list[Place]]] = {}
        for slot in sorted(self.pending):
            group = self.group_of[slot]
            by_group.setdefault(id(group), (group, []))[1].append(self.store.places[slot][1])
        progress = False
        for group, places in by_group.values():
            work = [places]
            while work:
                part = work.pop()
                try:
                    resolve_references(self.store, group, part, self.note_areas)
                except UnreadyError as unready:
                    if not unready.waiting:
                        work += unready.parts
                    continue
                progress = True
                slots = self.store.sheet(group.sheet).slots
                self.pending -= {slots[place] for place in part}
        return progress

    def note_areas(self, group: Group, places: list[Place], areas: Areas, step: Hashable) -> None:
        """Make the cells of resolved areas known, and note them as needed."""
        shape = np.broadcast_shapes(*(one.shape for one in areas[1:]))
        bounds = [np.broadcast_to(one, shape) for one in areas[1:]]
        slots = self.store.sheet(group.sheet).slots
        single = shape == (1, 1)
        for k, place in enumerate(places):
            at = (0, 0) if single else self._at(k, shape, len(places))
            top, left, bottom, right = (int(one[at]) for one in bounds)
            number = self.area((areas.sheet, top, left, bottom, right))
            slot = slots[place]
            if (slot, step) not in self._touched:  # a second attempt finds the same
                self._touched.add((slot, step))
                self.precedents[slot].append(number)
        self.discover()

    @staticmethod
    def _at(k: int, shape: tuple[int, ...], count: int) -> tuple[int, int]:
        """Return where the k-th cell of a block stands in an array that broadcasts to it."""
        rows = shape[0]
        if rows * shape[1] == count:
            return divmod(k, shape[1])
        if rows == 1:
            return 0, k % shape[1]
        return k // (count // rows), 0

    def name(self, slot: int) -> str:
        """Return a cell's name with its sheet, such as `Sheet1!B2`."""
        return address_text(self.store.places[slot])
