"""Circular references: which are real, and what they are called.

A reference says what a formula may need, not what it does need: in =IF(A1>0, B1, C1) one of two
cells is never looked at. So the cells that no order of computation reaches are computed one by one
as Excel does it, by need: the condition first, then what it chooses. A cell whose need leads back
to itself stands in a circle, and none else. Where the file asks for it, a circle is iterated (see
`iterative_calculation` beside this file); but one that depends on the variables of a model is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from sheetsim.errors import WorkbookError
from sheetsim.formula.compile.batches import UncomputableError, UnreadyError
from sheetsim.formula.compile.constant_folding import fold_lazily, resolve_references
from sheetsim.formula.compile.iterative_calculation import Sweeps, UnsettledError, circles_from
from sheetsim.formula.compile.store import DYNAMIC, WAITING

if TYPE_CHECKING:
    from collections.abc import Collection

    from sheetsim.book import Place
    from sheetsim.formula.areas import Areas
    from sheetsim.formula.compile.batches import Batch, Group
    from sheetsim.formula.compile.dependency_graph import DependencyGraph
    from sheetsim.formula.compile.store import Store

MOST_NAMED = 12
"""Cells of a circle that a message names, the first also as last."""


ONE_BY_ONE = 500
"""Cells that are computed by need before it is seen whether a circle was all in their way."""


class Circles(Enum):
    """What is done about circular references that are not iterated."""

    REFUSED = "one is an error"
    LEFT = "their cells, and all that need them, are not computed"
    CACHED = "the cached values of their cells stand for them, or for those that do not settle"


class Computes(Protocol):
    """What the `Compiler` offers here."""

    store: Store
    graph: DependencyGraph
    circles: Circles

    def finish(self, batch: Batch) -> None:
        """Store a batch's values."""

    def take_cached(self, group: Group, places: list[Place], why: str) -> None:
        """Let the cached values stand for a formula that cannot be computed here."""

    def states_in(self, area: int) -> set[int]:
        """Return the states of the cells of an area that may depend on the variables."""


@dataclass
class Untangling:
    """Cells that no order reaches, being computed by need.

    Attributes:
        compiler: whose.
        circles: those found, in words.
        stuck: slots of cells that stand in a circle, or need one that does.
    """

    compiler: Computes
    circles: list[str] = field(default_factory=list)
    stuck: set[int] = field(default_factory=set)

    def run(self, slots: Collection[int]) -> bool:
        """Compute cells as far as they can be; return whether any was, or a circle was found.

        Raises:
            WorkbookError: there is a circle, and it is to be refused.
        """
        done = found = 0
        for start in sorted(slots):
            if done > ONE_BY_ONE and found:
                break  # what is left may be computed in bulk now
            path = [start]
            while path:
                slot = path[-1]
                if not self._waits(slot) or slot in self.stuck:
                    path.pop()
                    continue
                need = self._computed(slot)
                if need is None:
                    done += 1
                elif need in path:
                    found += 1
                    self._found(path[path.index(need) :])
                elif need in self.stuck:
                    self.stuck |= set(path)
                else:
                    path.append(need)
        return done > 0 or found > 0

    def _waits(self, slot: int) -> bool:
        return bool(self.compiler.store.state[slot] == WAITING)

    def _computed(self, slot: int) -> int | None:
        """Compute a cell, and return None; or return one that it waits for."""
        compiler, graph = self.compiler, self.compiler.graph
        _, place = graph.store.places[slot]
        group = graph.group_of[slot]
        try:
            if slot in graph.pending:
                resolve_references(graph.store, group, [place], graph.note_areas)
                graph.pending.discard(slot)
            if group.plan.unknown:
                compiler.take_cached(group, [place], group.plan.unknown)
                return None
            batch, used = fold_lazily(graph.store, group, place)
            compiler.finish(batch)
        except UncomputableError as error:
            compiler.take_cached(group, [place], error.why)
            return None
        except UnreadyError as unready:
            waits = (graph.home.get(one, one) for one in unready.slots)
            return next((one for one in waits if self._waits(one)), slot)
        areas = [graph.need_area(_rectangle(one)) for one in used]
        graph.discover()
        graph.set_precedents(slot, areas)
        return None

    def _found(self, circle: list[int]) -> None:
        """Iterate a circle, or note it."""
        compiler = self.compiler
        text, why = self._named(circle), "iterative calculation is not switched on in it"
        if compiler.graph.book.iteration is not None:
            try:
                self._iterate(circle[0])
            except UnsettledError as error:
                why = f"it cannot be iterated: {error}"
            else:
                return
        if compiler.circles is Circles.REFUSED:
            path = compiler.graph.book.path
            raise WorkbookError(f"{path}: circular reference {text}; expected none ({why})")
        self.circles.append(text)
        if compiler.circles is Circles.LEFT:
            self.stuck |= set(circle)
            return
        for slot in circle:
            group = compiler.graph.group_of[slot]
            _, place = compiler.store.places[slot]
            compiler.take_cached(group, [place], f"the circular reference {text}")
            compiler.graph.set_precedents(slot, [])
            compiler.graph.pending.discard(slot)

    def _named(self, circle: list[int]) -> str:
        """Say which cells a circle consists of."""
        names = list(map(self.compiler.graph.name, [*circle, circle[0]]))
        return " -> ".join([*names[:8], *names[-3:]] if len(names) > MOST_NAMED else names)

    def _iterate(self, start: int) -> None:
        """Compute what a cell in a circle needs, each circle by sweeps.

        Raises:
            UnsettledError: one depends on the variables, or on what cannot be computed.
        """
        compiler, graph = self.compiler, self.compiler.graph
        how = graph.book.iteration
        assert how is not None  # noqa: S101 - who asks has seen to it
        for part in circles_from(graph, start):
            if len(part) == 1:
                self._computed(part[0])
                continue
            slots = list(dict.fromkeys(part))
            needed = {area for slot in slots for area in graph.precedents(slot)}
            if any(DYNAMIC in compiler.states_in(area) for area in needed):
                raise UnsettledError("it depends on the variables")
            sweeps = Sweeps(graph, slots)
            settled = sweeps.run(how)
            sweeps.cut()
            graph.iterated.update(slots)
            if not settled and compiler.circles is Circles.CACHED and sweeps.was_computed:
                sweeps.restore()
                why = f"the circular reference {self._named(slots)} does not settle"
                graph.unknown.update(dict.fromkeys(slots, f"{why} in {how.count:,} sweeps"))


def _rectangle(areas: Areas) -> tuple[str, int, int, int, int]:
    """Return what a reference is in a block of one cell."""
    top, left, bottom, right = (int(one.flat[0]) for one in areas[1:])
    return areas.sheet, top, left, bottom, right
