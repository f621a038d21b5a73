"""Which cells the outputs need, which formula each has, and what it refers to.

Cells are found from the outputs, along their references, with a stack, and grouped by formula.
What OFFSET and its like refer to is found when their arguments are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.columns import Ints32, keys_of
from sheetsim.errors import PlacedError, WorkbookError
from sheetsim.formula.areas import Areas
from sheetsim.formula.compile.batches import Group, UnreadyError, areas_in_block
from sheetsim.formula.compile.constant_folding import resolve_references
from sheetsim.formula.compile.implicit_intersection import cut_to_own_line, in_own_line
from sheetsim.formula.compile.plan import Plan, Reason, make_plan
from sheetsim.formula.compile.store import WAITING, SheetCells, Store
from sheetsim.formula.syntax.formula_groups import GroupKeys, extent
from sheetsim.formula.syntax.parser import parse_tokens
from sheetsim.formula.values import Bools, Ints
from sheetsim.references import MAX_COLUMNS, address_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from sheetsim.book import Book, Cell, CellAddress, Place
Area = tuple[str, int, int, int, int]
_PIECE = 64
_FEW = 8  # cells that are followed with the chains that they end


class GroupOf:
    """The groups of cells by their slots."""

    def __init__(self) -> None:
        self._numbers: Ints32 = np.full(0, -1, np.int32)
        self._groups: dict[int, Group] = {}

    def put(self, slots: Ints, group: Group) -> None:
        """Let cells be of a group."""
        most = int(slots.max())
        if most >= len(self._numbers):
            more = np.full(most + 1 + len(self._numbers) // 4 - len(self._numbers), -1, np.int32)
            self._numbers = np.concatenate([self._numbers, more])
        self._numbers[slots] = group.number
        self._groups[group.number] = group

    def get(self, slot: int) -> Group | None:
        """Return the group of a cell, None if it has none."""
        if slot >= len(self._numbers):
            return None
        return self._groups.get(int(self._numbers[slot]))

    def __getitem__(self, slot: int) -> Group:
        """Return the group of a cell that has one."""
        return self._groups[int(self._numbers[slot])]

    def slots(self) -> list[int]:
        """Return all cells that have a group."""
        found: list[int] = np.flatnonzero(self._numbers >= 0).tolist()
        return found

    def are_in(self, slots: Ints) -> Bools:
        """Return which cells have a group."""
        return self._of(slots) >= 0

    def numbers_of(self, slots: Ints) -> set[int]:
        """Return the numbers of the groups that some cells have."""
        return set(np.unique(self._of(slots)).tolist()) - {-1}

    def _of(self, slots: Ints) -> Ints32:
        inside = slots < len(self._numbers)
        if inside.all():
            return self._numbers[slots]
        return np.where(inside, self._numbers[np.where(inside, slots, 0)], -1)


MAX_KINDS = 200_000
"""Different formulas that a model may need: each is an array operation of its own."""


@dataclass
class DependencyGraph:
    """The needed cells of a workbook.

    Cells of one formula are followed together: where its references lead is an operation on
    arrays. What one cell refers to is only looked up when somebody asks.

    Attributes:
        store: their slots.
        groups: by formula.
        group_of: slot of a formula's cell -> its group; of an array formula, of all its cells.
        home: slot of another cell of an array formula's range -> the first cell's.
        needs: number of a group -> the numbers of those that its cells refer to, or more.
        areas, bounds: area -> its number, and back.
        pending: slots of cells whose OFFSET and the like have yet to be resolved.
        frozen: cells whose cached values stand for what changes at every recalculation.
        unknown: cells -> the function that cannot be computed here.
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
    group_of: GroupOf = field(default_factory=lambda: GroupOf())
    home: dict[int, int] = field(default_factory=dict)
    needs: dict[int, set[int]] = field(default_factory=dict)
    areas: dict[Area, int] = field(default_factory=dict)
    bounds: list[Area] = field(default_factory=list)
    pending: set[int] = field(default_factory=set)
    frozen: list[int] = field(default_factory=list)
    unknown: dict[int, str] = field(default_factory=dict)
    lenient: bool = False
    left: set[int] = field(default_factory=set)
    iterated: set[int] = field(default_factory=set)
    _members: dict[int, list[int]] = field(default_factory=dict)
    _precedents: dict[int, list[int]] = field(default_factory=dict)
    _resolved: dict[int, list[int]] = field(default_factory=dict)
    _stack: list[tuple[Group, Ints]] = field(default_factory=list)
    _runs: dict[tuple[str, int], Group] = field(default_factory=dict)
    _seen: Bools = field(default_factory=lambda: np.zeros(0, bool))
    _rests: dict[str, list[int]] = field(default_factory=dict)
    _touched: set[tuple[int, Hashable]] = field(default_factory=set)

    def need(self, addresses: Iterable[CellAddress]) -> None:
        """Add cells and all that they need."""
        by_sheet: dict[str, list[Place]] = {}
        for sheet, place in addresses:
            by_sheet.setdefault(sheet, []).append(place)
        for sheet, places in by_sheet.items():
            slots = self.store.sheet(sheet).slots_of(places)
            self._touch(sheet, slots[slots >= 0])
        self.discover()

    def need_all(self) -> None:
        """Add all cells with formulas, of all sheets."""
        for sheet in self.book.sheets:
            own = self.store.sheet(sheet)
            self._touch(sheet, own.with_formula)
        self.discover()

    def discover(self) -> None:
        """Follow the references of all cells that are on the stack."""
        while self._stack:
            group, slots = self._stack.pop()
            if len(slots) <= _FEW:
                slots = self._with_chains(group, slots)
            own = self.store.sheet(group.sheet)
            rows, columns = own.rows_and_columns(slots)
            for ref in group.plan.refs:
                name = ref.sheet or group.sheet
                self._follow(group, name, areas_in_block(ref, rows[:, None], columns[:, None]))
            for ref in group.plan.lines:
                areas = areas_in_block(ref, rows[:, None], columns[:, None])
                cut = cut_to_own_line(areas, rows[:, None], columns[:, None])
                self._follow(group, ref.sheet or group.sheet, cut)
            if group.plan.unknown:
                self._follow_tables(group, slots)
            if group.plan.dynamic:
                self.pending.update(slots.tolist())
        self.store.grow()

    def _with_chains(self, group: Group, slots: Ints) -> Ints:
        """Return cells, and those of the same formula that they need one after the other.

        In a column where each cell needs the one above, cells would come to light one by one.
        """
        own = self.store.sheet(group.sheet)
        found = [slots]
        for ref in group.plan.refs:
            step = (ref.top, ref.left)
            moves = ref.is_cell and not any(ref.fixed[:2]) and step != (0, 0) and not ref.wraps
            if moves and ref.sheet in (None, group.sheet):
                for slot in slots.tolist():
                    found += self._chain(own, slot, step)
        if len(found) == 1:
            return slots
        self._put(group, np.concatenate(found[1:]))
        return np.concatenate(found)

    def _chain(self, own: SheetCells, slot: int, step: tuple[int, int]) -> list[Ints]:
        """Return the cells not known yet that are reached by steps within one run."""
        found: list[Ints] = []
        position, length = slot - own.first, _FEW
        formulas = own.cells.formulas
        row, column = int(own.cells.rows[position]), int(own.cells.columns[position])
        while True:
            ahead = np.arange(1, length + 1)
            rows, columns = row + ahead * step[0], column + ahead * step[1]
            at = own.cells.find(keys_of(rows, columns))
            same = (at >= 0) & (formulas[at] == formulas[position])
            same &= (columns >= 0) & (columns < MAX_COLUMNS)
            fresh = same & ~self._seen[at + own.first]
            fresh &= self.store.state[at + own.first] == WAITING
            count = length if fresh.all() else int(np.argmin(fresh))
            if not count:
                return found
            found.append(at[:count] + own.first)
            self._seen[found[-1]] = True
            if count < length:
                return found
            row, column, length = int(rows[-1]), int(columns[-1]), 2 * length

    def _follow(self, group: Group, sheet: str, areas: Areas) -> None:
        """Make the cells known that the references of a group's cells lead to."""
        target = self.store.sheet(sheet)
        bounds = [one.ravel() for one in np.broadcast_arrays(*areas[1:])]
        slots = target.formulas_in_any(*bounds)
        self._touch(sheet, slots)
        self._touch_rests(sheet, bounds)
        self._needs_of(group, sheet, bounds)

    def _follow_tables(self, group: Group, slots: Ints) -> None:
        """Make the cells known that data tables refer to, if these are cells of such."""
        for slot in slots.tolist():
            for area in self._areas_of_table(*self.store.places[slot]):
                self.need_area(area)
                self._needs_of(group, area[0], [np.array([one]) for one in area[1:]])

    def _touch_rests(self, sheet: str, bounds: list[Ints]) -> None:
        """Make cells of array formulas' ranges known that the workbook does not have."""
        rests = self._rests.get(sheet)
        if rests:
            top, left, bottom, right = (bounds[0].min(), bounds[1].min(), *map(np.max, bounds[2:]))
            self.store.grow()
            for slot in rests:
                row, column = self.store.places[slot][1]
                inside = top <= row <= bottom and left <= column <= right
                if inside and self.store.state[slot] == WAITING:
                    self.store.put(slot, None)

    def precedents(self, slot: int) -> list[int]:
        """Return the numbers of the areas that a cell's formula refers to; [] if it has none."""
        found = self._precedents.get(slot)
        if found is None:
            group = self.group_of.get(slot)
            if group is None or slot in self.home:
                return []
            sheet, place = self.store.places[slot]
            found = self._precedents[slot] = []
            for ref in group.plan.refs:
                area = (ref.sheet or sheet, *ref.at(*place))
                growing = ref.fixed[0] != ref.fixed[2]
                found += map(self.area, self._pieces(area) if growing else [area])
            for ref in group.plan.lines:
                own = in_own_line(ref.at(*place), place)
                if own is not None:
                    found.append(self.area((ref.sheet or sheet, *own, *own)))
            if group.plan.unknown:
                found += map(self.area, self._areas_of_table(sheet, place))
            found += self._resolved.get(slot, ())
        return found

    def set_precedents(self, slot: int, areas: list[int]) -> None:
        """Let a cell need these areas and no others."""
        self._precedents[slot] = areas
        group = self.group_of[slot]
        for area in areas:
            slots = np.array(self.members(area), np.intp)
            self.needs.setdefault(group.number, set()).update(self.group_of.numbers_of(slots))

    def members(self, area: int) -> list[int]:
        """Return the slots of the formula cells in an area; of array formulas, the first cells'."""
        found = self._members.get(area)
        if found is None:
            sheet, *bounds = self.bounds[area]
            homes = self._formulas_in(sheet, bounds)
            if self.home:
                homes = list(dict.fromkeys(self.home.get(slot, slot) for slot in homes))
            found = self._members[area] = homes
        return found

    def _areas_of_table(self, sheet: str, place: Place) -> list[Area]:
        """Return the areas that a cell of a data table refers to, if it is one."""
        table = self.store.sheet(sheet).cells[place].data_table
        if table is None:
            return []
        needed = [table.formula_of(place), *table.headers_of(place)]
        return [(sheet, *own, *own) for own in needed if min(own) >= 0]

    def _formulas_in(self, sheet: str, bounds: list[int]) -> list[int]:
        """Return the slots of the cells in a rectangle that have a group."""
        top, left, bottom, right = bounds
        own = self.store.sheet(sheet)
        if top == bottom and left == right:  # most are one cell
            slot = own.slot((top, left))
            return [slot] if slot >= 0 and self.group_of.get(slot) is not None else []
        slots = own.formulas_in(top, left, bottom, right)
        found: list[int] = slots[self.group_of.are_in(slots)].tolist()
        return found

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
        """Return an area's number."""
        found = self.areas.get(area)
        if found is None:
            found = self.areas[area] = len(self.bounds)
            self.bounds.append(area)
        return found

    def need_area(self, area: Area) -> int:
        """Return an area's number; all its cells become known."""
        if area not in self.areas:
            sheet, *bounds = area
            self._touch(sheet, self.store.sheet(sheet).formulas_in(*bounds))
            self._touch_rests(sheet, [np.array([one]) for one in bounds])
        return self.area(area)

    def _touch(self, sheet: str, slots: Ints) -> None:
        """Make cells known; those with formulas go into their groups, and on the stack."""
        if len(self._seen) < len(self.store.num):
            more = np.zeros(len(self.store.num) - len(self._seen), bool)
            self._seen = np.concatenate([self._seen, more])
            self._seen[list(self.variables)] = True
        own = self.store.sheet(sheet)
        slots = slots[(slots >= own.first) & (slots < own.first + len(own.cells))]
        slots = slots[~self._seen[slots] & (self.store.state[slots] == WAITING)]
        if not len(slots):
            return
        self._seen[slots] = True
        numbers = own.cells.formulas[slots - own.first]
        order = np.argsort(numbers, kind="stable")
        kinds, starts = np.unique(numbers[order], return_index=True)
        for number, part in zip(kinds.tolist(), np.split(order, starts[1:]), strict=True):
            self._take_run(sheet, number, slots[part])

    def _take_run(self, sheet: str, number: int, slots: Ints) -> None:
        """Put cells of one run into their group."""
        own = self.store.sheet(sheet)
        run = own.cells.runs[number]
        if run.array:
            for slot in slots.tolist():
                self._take_array(sheet, slot, run.array)
            return
        group = self._runs.get((sheet, number))
        if group is None:
            position = int(slots[0]) - own.first
            _, place = self.store.places[int(slots[0])]
            group = self.group(sheet, place, own.cells.cell(position), None)
            self._runs[sheet, number] = group
        self._take(group, slots)

    def _take_array(self, sheet: str, slot: int, array: str) -> None:
        """Put a cell of an array formula's range into its group."""
        own = self.store.sheet(sheet)
        _, place = self.store.places[slot]
        try:
            first, size = extent(array)
        except WorkbookError as error:
            raise WorkbookError(f"{self.book.path}: sheet {sheet!r}: {error}") from None
        cell = own.cells.cell(slot - own.first)
        if first != place:
            anchor = own.slot(first)
            if anchor >= 0:
                self._touch(sheet, np.array([anchor]))
                group = self.group_of.get(anchor)
                if group is not None and group.size is not None:
                    self.home[slot] = anchor
                    self.group_of.put(np.array([slot]), group)
                    return
            self._take(self.group(sheet, place, cell, None), np.array([slot]))
            return
        group = self.group(sheet, place, cell, size)
        for r in range(place[0], place[0] + size[0]):
            for c in range(place[1], place[1] + size[1]):
                if own.slot((r, c)) < 0:
                    self._rests.setdefault(sheet, []).append(self.store.slot(sheet, (r, c)))
        self._take(group, np.array([slot]))

    def _take(self, group: Group, slots: Ints) -> None:
        """Put cells into their group, and on the stack."""
        if group.plan.random:
            for slot in slots.tolist():
                cells = self.store.sheet(group.sheet)
                self.store.put_later(slot, cells.cells.value(slot - cells.first))
                self.frozen.append(slot)
            return
        if group.plan.unknown:
            self.unknown.update(dict.fromkeys(slots.tolist(), group.plan.unknown))
        self._put(group, slots)
        self._stack.append((group, slots))

    def _put(self, group: Group, slots: Ints) -> None:
        """Put cells into their group."""
        self.group_of.put(slots, group)
        rows, columns = self.store.sheet(group.sheet).rows_and_columns(slots)
        group.places += zip(rows.tolist(), columns.tolist(), strict=True)

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
                self._add(key, Group(sheet, plan, size, sample.formula))
        except WorkbookError as error:
            if not self.lenient:
                if isinstance(error, PlacedError):
                    raise
                name = self.name(self.store.slot(sheet, place))
                raise WorkbookError(f"{self.book.path}: {name}: {error}") from None
            key = (sheet, place)
            if key not in self.groups:
                plan = Plan((), unknown=Reason.UNREADABLE)
                self._add(key, Group(sheet, plan, size, cell.formula or ""))
        return self.groups[key]

    def _add(self, key: object, group: Group) -> None:
        group.number = len(self.groups)
        self.groups[key] = group

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
                self.pending -= set(self.store.sheet(group.sheet).slots_of(part).tolist())
        return progress

    def note_areas(self, group: Group, places: list[Place], areas: Areas, step: Hashable) -> None:
        """Make the cells of resolved areas known, and note them as needed."""
        shape = np.broadcast_shapes(*(one.shape for one in areas[1:]))
        bounds = [np.broadcast_to(one, shape) for one in areas[1:]]
        slots = self.store.sheet(group.sheet).slots_of(places).tolist()
        single = shape == (1, 1)
        for k in range(len(places)):
            at = (0, 0) if single else self._at(k, shape, len(places))
            top, left, bottom, right = (int(one[at]) for one in bounds)
            number = self.need_area((areas.sheet, top, left, bottom, right))
            slot = slots[k]
            if (slot, step) not in self._touched:  # a second attempt finds the same
                self._touched.add((slot, step))
                self._resolved.setdefault(slot, []).append(number)
                if slot in self._precedents:
                    self._precedents[slot].append(number)
        self.discover()
        self._needs_of(group, areas.sheet, bounds)

    def _needs_of(self, group: Group, sheet: str, bounds: list[Ints]) -> None:
        """Note which groups have a cell in some areas."""
        flat = [one.ravel() for one in bounds]
        slots = self.store.sheet(sheet).formulas_in_any(*flat)
        self.needs.setdefault(group.number, set()).update(self.group_of.numbers_of(slots))

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
