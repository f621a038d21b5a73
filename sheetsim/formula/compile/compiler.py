"""From a workbook to a program: find what is needed, fold what is fixed, order the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.compile.batches import UncomputableError, UnreadyError
from sheetsim.formula.compile.cell_set import CellSet
from sheetsim.formula.compile.circular_references import Circles, Untangling
from sheetsim.formula.compile.constant_folding import fold
from sheetsim.formula.compile.data_tables import DataTables, FrozenError
from sheetsim.formula.compile.dependency_graph import DependencyGraph
from sheetsim.formula.compile.recurrences import run_recurrence
from sheetsim.formula.compile.result_size import fit_to_cells, resized
from sheetsim.formula.compile.store import DYNAMIC, KNOWN, WAITING, Store
from sheetsim.formula.compile.topological_order import schedule
from sheetsim.formula.syntax.formula_groups import GroupKeys
from sheetsim.formula.values import Ints

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sheetsim.book import Book, CellAddress, Place
    from sheetsim.formula.compile.batches import Batch, Group


class Compiler:
    """All cells that some outputs need, each computed, or found to depend on the variables.

    Attributes:
        store: the cells' slots, with the values that they have at the variables' own.
        graph: what needs what.
        batches: what depends on the variables, in order, each with the slots that it computes.
        variables: the slots of the variables.
        broken: cells that depend on the variables, and cannot be computed here, and why.
    """

    def __init__(
        self,
        book: Book,
        variables: Sequence[CellAddress] = (),
        *,
        moving: Mapping[str, Collection[Place]] | None = None,
        group_keys: GroupKeys | None = None,
        lenient: bool = False,
        circles: Circles = Circles.REFUSED,
    ) -> None:
        """Begin with nothing but the variables.

        Args:
            book: the workbook.
            variables: cells, each once.
            moving: sheet -> the formula cells to compute; the cached values of all others, as
                far as they have one, are constants. None to compute all that is needed.
            group_keys: of the book's formulas, if some are known already.
            lenient: whether a formula that cannot be read is one that cannot be computed here.
            circles: what is done about circular references.
        """
        self.circles = circles
        self.untangling = Untangling(self)
        self.store = Store(book, moving)
        self.variables = [self.store.slot(sheet, place) for sheet, place in variables]
        self.store.grow()
        for (sheet, place), slot in zip(variables, self.variables, strict=True):
            cell = self.store.sheet(sheet).cells.get(place)
            value = None if cell is None else cell.value
            self.store.put(slot, float(value) if isinstance(value, float | int) else 0.0)
        self.store.state[self.variables] = DYNAMIC
        self.graph = DependencyGraph(
            book,
            self.store,
            frozenset(self.variables),
            group_keys or GroupKeys(book),
            lenient=lenient,
        )
        self._tables = DataTables(self.graph, self._for_inputs)
        self.batches: list[tuple[Batch, Ints]] = []
        self.broken: dict[int, str] = {}
        self._marked: CellSet | None = None
        self._inside: dict[int, Ints] = {}  # area -> slots that may depend on the variables

    def add(self, outputs: Iterable[CellAddress]) -> None:
        """Compile what outputs need.

        Raises:
            WorkbookError: a formula cannot be read, or refers to itself in a circle.
        """
        self.graph.need(outputs)
        self._complete()

    def add_all(self) -> None:
        """Compile every formula of the workbook.

        Raises:
            WorkbookError: as `add`.
        """
        self.graph.need_all()
        self._complete()

    def _complete(self) -> None:
        """Compile what is known by now, and what turns out to be needed besides."""
        while self.graph.pending:
            if self.graph.resolve():
                continue
            if not self._advance() and not self._untangle():
                break
        self._advance()
        while self._untangle():
            self._advance()

    def _untangle(self) -> bool:
        """Compute by need what no order reaches; return whether anything came of it."""
        waits = self.store.state == WAITING
        graph = self.graph
        left = {slot for slot in (*graph.left, *graph.pending) if waits[slot]}
        return bool(left - self.untangling.stuck) and self.untangling.run(left)

    def _advance(self) -> bool:
        """Compute what can be; return whether anything was."""
        progress = False
        for waves in schedule(self.graph):
            if len(waves) > 1:
                found = run_recurrence(self.store, waves, self.graph.pending)
                if found is not None:
                    self.batches += found
                    progress = True
                    continue
            for group, places in waves:
                progress |= self._compute(group, places)
        return progress

    def _compute(self, group: Group, places: list[Place]) -> bool:
        """Compute cells of a group, as far as they can be; return whether any was."""
        slots = self.store.sheet(group.sheet).slots_of(places)
        due = self.store.state[slots] == WAITING
        if self.graph.pending:
            due &= ~np.isin(slots, list(self.graph.pending))
        todo = places if due.all() else [places[i] for i in np.flatnonzero(due).tolist()]
        progress = False
        work = [todo] if todo else []
        while work:
            part = work.pop()
            try:
                if group.plan.unknown:
                    self.take_cached(group, part, group.plan.unknown)
                else:
                    self.finish(fold(self.store, group, part))
            except UnreadyError as unready:
                if not unready.waiting:
                    work += unready.parts
                continue
            except UncomputableError as error:
                if len(part) > 1:
                    work += error.parts
                    continue
                self.take_cached(group, part, error.why)
            progress = True
        return progress

    def take_cached(self, group: Group, places: list[Place], why: str) -> None:
        """Let the cached values stand for a formula that cannot be computed here.

        Raises:
            UnreadyError: it waits for cells that may depend on the variables.
        """
        sheet = self.store.sheet(group.sheet)
        seen: dict[int, set[int]] = {}
        for place in places:
            slot = sheet.slot(place)
            states: set[int] = set()
            for area in self.graph.precedents(slot):
                if area not in seen:
                    seen[area] = self.states_in(area)
                states |= seen[area]
            is_table = why == group.plan.unknown and sheet.cells[place].data_table is not None
            if WAITING in states and (self.variables or is_table):
                areas = self.graph.precedents(slot)
                members = [one for area in areas for one in self.graph.members(area)]
                parts = [[place] for place in places]
                raise UnreadyError(parts, waiting=len(places) == 1, slots=members)
            own = self._sweep(group, place) if is_table and DYNAMIC not in states else why
            if not own:
                continue
            self.graph.unknown[slot] = own
            height, width = group.size or (1, 1)
            for r in range(place[0], place[0] + height):
                for c in range(place[1], place[1] + width):
                    cell = sheet.cells.get((r, c))
                    one = sheet.slot((r, c))
                    self.store.put(one, None if cell is None else cell.value)
                    if DYNAMIC in states:
                        self.broken[one] = own

    def _sweep(self, group: Group, place: Place) -> str:
        """Compute the cell of a data table, and return ""; or return why it cannot be."""
        sheet = self.store.sheet(group.sheet)
        slot, value = sheet.slot(place), sheet.cells[place].value
        moving = [one for one in self.variables if self.store.state[one] == DYNAMIC]
        variables = [self.store.places[one] for one in moving]
        try:
            value = self._tables.value(group.sheet, place, variables)
        except UncomputableError as error:
            return error.why
        except FrozenError:
            self.graph.frozen.append(slot)
        self.graph.unknown.pop(slot, None)
        self.store.put(slot, value)
        return ""

    def _for_inputs(self, inputs: Sequence[CellAddress]) -> Compiler:
        """Return a compiler with other variables, for which those that are constants here stay."""
        held = [one for one in self.variables if self.store.state[one] == KNOWN]
        addresses = [self.store.places[one] for one in held]
        kept = [(at, one) for at, one in zip(addresses, held, strict=True) if at not in inputs]
        made = Compiler(
            self.graph.book,
            [*inputs, *(address for address, _ in kept)],
            lenient=True,
            circles=Circles.CACHED,
        )
        for slot, (_, one) in zip(made.variables[len(inputs) :], kept, strict=True):
            made.store.put(slot, self.store.value(one))
        return made

    def states_in(self, area: int) -> set[int]:
        """Return the states of the cells of an area that may depend on the variables."""
        slots = self._inside.get(area)
        if slots is None:
            known = self.store.places
            self._marked = self._marked or CellSet(known[slot] for slot in self.variables)
            slots = np.array(self.graph.members(area), np.intp)
            if self._marked.touches(*self.graph.bounds[area]):
                slots = np.append(slots, self.variables[0])
            self._inside[area] = slots
        return set(np.unique(self.store.state[slots]).tolist())

    def finish(self, batch: Batch) -> None:
        """Store a batch's values; keep it if they depend on the variables."""
        slots = self._own_slots(batch)
        if batch.unknown:
            for slot in slots.ravel().tolist():
                self.broken[slot] = batch.unknown
        if not batch.is_static or batch.unknown:
            root = batch.trial(self.store)[batch.root]
            self.store.write(slots, fit_to_cells(batch, root))
            self.store.state[slots] = DYNAMIC
            self.batches.append((batch, slots))
            return
        self.store.write(slots, resized(batch.values[batch.root], batch.group.size))
        self.store.state[slots] = KNOWN

    def _own_slots(self, batch: Batch) -> Ints:
        """Return the slots that a batch computes: (R, C, 1, 1), or (R, C, h, w) of arrays."""
        sheet = self.store.sheet(batch.group.sheet)
        if batch.group.size is None:
            flat = sheet.slots_of(batch.places)
            return flat.reshape((*batch.shape, 1, 1))
        height, width = batch.group.size
        first = np.array(batch.places, np.intp)
        rows = first[:, 0, None, None] + np.arange(height)[:, None]
        columns = first[:, 1, None, None] + np.arange(width)
        return sheet.slots(rows, columns).reshape((*batch.shape, height, width))
