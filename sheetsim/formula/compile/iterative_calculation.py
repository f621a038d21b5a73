"""Iterative calculation: circles in a file that asks for them, computed by sweeps, as Excel does.

A file says how many sweeps there are at most, and how small the largest change of a sweep is to be
for them to end (`<calcPr iterate="1" iterateCount="100" iterateDelta="0.001"/>`). The cells of a
circle start from their cached values, 0 where there is none. Each sweep computes every one of them
once, from the newest values of all others, in this order: sheet by sheet as the workbook has them,
row by row from the top, each row from the left. A circle that needs another one is swept when that
one is done.

Which cells that are is a matter of references, not of what a formula needs at the moment: all that
need each other both ways (a strongly connected part, Tarjan's).

A circle has settled if a sweep changed no number by `change` or more, and nothing else at all. One
that has settled in the file already is left as it is: Excel takes it for computed, too. One that
does not settle, such as a counter, moves on whenever it is computed; `Circles.CACHED` keeps what
the file shows, as for random numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError
from sheetsim.formula.compile.batches import UncomputableError, UnreadyError
from sheetsim.formula.compile.constant_folding import fold, fold_lazily, resolve_references
from sheetsim.formula.compile.result_size import fit_to_cells, resized
from sheetsim.formula.compile.store import DYNAMIC, KNOWN, WAITING
from sheetsim.formula.compile.topological_order import components

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sheetsim.book import Iteration, Value
    from sheetsim.formula.compile.batches import Batch, Group
    from sheetsim.formula.compile.dependency_graph import DependencyGraph
    from sheetsim.formula.values import Ints

MAX_COMPUTED = 400_000
"""Cells of a circle times sweeps: half a minute. A large model, 2,000 cells, takes half of that."""


class UnsettledError(Exception):
    """The sweeps of a circle cannot be computed here; the message says why."""


def circles_from(graph: DependencyGraph, start: int) -> list[list[int]]:
    """Return what a cell in a circle needs and has no value yet, in an order of computation.

    Returns:
        The slots of cells that need each other both ways, or of one cell alone, each list behind
        those that it needs. A cell that needs itself alone stands in its list twice.
    """
    number: dict[tuple[bool, int], int] = {(False, start): 0}  # of cells, and of areas (True)
    nodes = list(number)
    edges: list[list[int]] = []
    for area, node in nodes:
        needed = graph.members(node) if area else graph.precedents(node)
        own = []
        for one in needed:
            if not area or graph.store.state[one] == WAITING:
                key = (not area, one)
                if key not in number:
                    number[key] = len(nodes)
                    nodes.append(key)
                own.append(number[key])
        edges.append(own)
    found = []
    for part in components(edges):
        cells = [nodes[i][1] for i in part if not nodes[i][0]]
        if cells:
            found.append(cells * 2 if len(part) > len(cells) == 1 else cells)
    return found


class Sweeps:
    """A circle being iterated.

    Attributes:
        slots: its cells, of an array formula the first one, in the order of a sweep.
        before: slot -> the value that the file has for it, array formulas' other cells included.
    """

    def __init__(self, graph: DependencyGraph, circle: Collection[int]) -> None:
        """Give all cells their first values.

        Raises:
            UnsettledError: a formula cannot be computed here.
        """
        self.graph, self.store = graph, graph.store
        order = {name: i for i, name in enumerate(graph.book.sheets)}
        places = self.store.places
        self.slots = sorted(circle, key=lambda slot: (order[places[slot][0]], places[slot][1]))
        for slot in self.slots:
            if graph.group_of[slot].plan.unknown:
                raise UnsettledError(graph.group_of[slot].plan.unknown)
        self.before: dict[int, Value] = {}
        for slot in self.slots:
            sheet, _ = places[slot]
            for place in self._covered(slot):
                cell = self.store.sheet(sheet).cells.get(place)
                value = None if cell is None else cell.value
                own = self.store.sheet(sheet).slot(place)
                self.before[own] = value
                self.store.put(own, 0.0 if value is None else value)
        self._batches = {slot: self._batch(slot) for slot in self.slots}

    def _covered(self, slot: int) -> list[tuple[int, int]]:
        """The places that a formula fills."""
        _, (top, left) = self.store.places[slot]
        height, width = self.graph.group_of[slot].size or (1, 1)
        return [(r, c) for r in range(top, top + height) for c in range(left, left + width)]

    def run(self, how: Iteration) -> bool:
        """Sweep until the circle has settled; return whether it has.

        Raises:
            UnsettledError: a cell cannot be computed here, or there is too much to do.
        """
        own = list(self.before)
        for sweep in range(how.count):
            if len(self.slots) * sweep > MAX_COMPUTED:
                raise UnsettledError(f"more than {MAX_COMPUTED:,} cells in its sweeps")
            last = self.store.values(own)
            for slot in self.slots:
                self._compute(slot)
            if self._change(last, self.store.values(own)) < how.change:
                if sweep == 0 and self.was_computed:
                    self.restore()
                return True
        return False

    @property
    def was_computed(self) -> bool:
        """Whether the file has a value for each of its cells."""
        return None not in self.before.values()

    def restore(self) -> None:
        """Take the file's values."""
        for slot, value in self.before.items():
            self.store.put(slot, value)

    @staticmethod
    def _change(last: Sequence[Value], now: Sequence[Value]) -> float:
        """By how much numbers changed at most; endless if something else did."""
        most = 0.0
        for a, b in zip(last, now, strict=True):
            if type(a) is float and type(b) is float:
                most = max(most, abs(b - a))
            elif type(a) is not type(b) or a != b:
                return float("inf")
        return most

    def _batch(self, slot: int) -> tuple[Batch, Ints] | None:
        """Prepare a cell once for all sweeps; None if what it refers to may change with them."""
        group, place = self.graph.group_of[slot], self.store.places[slot][1]
        if slot in self.graph.pending or group.plan.dynamic:
            return None
        own = list(self.before)
        self.store.state[own] = DYNAMIC
        try:
            batch = fold(self.store, group, [place])
        except (UnreadyError, UncomputableError, WorkbookError):
            return None
        finally:
            self.store.state[own] = KNOWN
        return None if batch.unknown or batch.is_static else (batch, self._own_slots(group, slot))

    def _own_slots(self, group: Group, slot: int) -> Ints:
        own = self.store.sheet(self.store.places[slot][0])
        found = own.slots_of(self._covered(slot))
        return found.reshape((1, 1, *(group.size or (1, 1))))

    def _compute(self, slot: int) -> None:
        """Compute one cell from the values that all others have now."""
        ready = self._batches[slot]
        if ready is not None:
            batch, own = ready
            self.store.write(own, fit_to_cells(batch, batch.trial(self.store)[batch.root]))
            return
        group, place = self.graph.group_of[slot], self.store.places[slot][1]
        try:
            if slot in self.graph.pending:
                resolve_references(self.store, group, [place], self.graph.note_areas)
                self.graph.pending.discard(slot)
            batch, _ = fold_lazily(self.store, group, place)
        except UncomputableError as error:
            raise UnsettledError(error.why) from None
        except UnreadyError:
            raise UnsettledError("a reference that changes with the circle") from None
        root = resized(batch.values[batch.root], group.size)
        self.store.write(self._own_slots(group, slot), root)

    def cut(self) -> None:
        """Take the circle out of the graph: its cells need no other of them any more."""
        own = set(self.slots)
        for slot in self.slots:
            areas = self.graph.precedents(slot)
            outside = [area for area in areas if own.isdisjoint(self.graph.members(area))]
            self.graph.set_precedents(slot, outside)
            self.graph.pending.discard(slot)
