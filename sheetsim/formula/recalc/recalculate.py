"""What the rest of a workbook becomes when some of its cells take other values.

After a solve the variables have new values, and every cell that depends on them has to show what
Excel would show, on whatever sheet it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.compile.cell_set import CellSet
from sheetsim.formula.compile.circular_references import Circles
from sheetsim.formula.compile.compiler import Compiler
from sheetsim.formula.compile.store import KNOWN
from sheetsim.formula.recalc.dependents import find_dependents
from sheetsim.formula.recalc.overlay import overlay
from sheetsim.formula.recalc.whole_sheets import sweep
from sheetsim.formula.syntax.formula_groups import GroupKeys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sheetsim.book import Book, CellAddress, Place, Value
    from sheetsim.formula.compile.dependency_graph import DependencyGraph
    from sheetsim.formula.recalc.dependents import Dependents


@dataclass(frozen=True)
class Recalculated:
    """The cells that depend on changed inputs, and what they become.

    Attributes:
        values: sheet to (row, column) to value, sheets without any left out.
        unsupported: cells that depend on the inputs through something that cannot be computed
            here, such as a circle, and why; they are not in `values`.
        frozen: cells of random numbers and times among those that depend on the inputs; they
            keep the values that were cached, and are not in `values` either.
    """

    values: dict[str, dict[Place, Value]]
    unsupported: dict[CellAddress, str]
    frozen: frozenset[CellAddress]


def recalculate(
    book: Book, values: Mapping[CellAddress, Value], *, trusted: bool = False
) -> Recalculated:
    """Compute every cell of a workbook that depends on some cells, with other values in these.

    Args:
        book: the workbook.
        values: (sheet, (row, column)) to the number, text, boolean or error that the cell takes,
            None for a blank. A formula in such a cell is ignored.
        trusted: whether the values cached in the file may stand for the formulas that do not
            depend on these cells; faster. A formula without a cached value is computed.

    Raises:
        OptionError: a sheet is not there.
        WorkbookError: a sheet that is concerned cannot be read.
    """
    overlaid, changed = overlay(book, values)
    group_keys = GroupKeys(overlaid)
    found = find_dependents(overlaid, changed, group_keys)
    moving = found.moving
    compiler = Compiler(
        overlaid,
        moving=moving if trusted else None,
        group_keys=group_keys,
        lenient=True,
        circles=Circles.LEFT,
    )
    left = sweep(compiler, found) if trusted else found.cells
    compiler.add(left)
    circles = compiler.untangling.circles  # what does not wait for them is computed
    stuck = f"the circular reference {circles[0]}" if circles else ""
    lost = _lost(compiler.graph, changed, found)
    frozen = {compiler.store.places[slot] for slot in compiler.graph.frozen}
    out: dict[str, dict[Place, Value]] = {}
    for sheet, places in found.places.items():
        waits = _read_out(compiler, sheet, places, out.setdefault(sheet, {}))
        lost.update(dict.fromkeys(((sheet, place) for place in waits), stuck))
    for sheet, place in (*lost, *frozen):
        out.get(sheet, {}).pop(place, None)
    return Recalculated(
        {sheet: own for sheet, own in out.items() if own},
        {address: why for address, why in lost.items() if address not in frozen},
        frozenset(address for address in frozen if address[1] in moving.get(address[0], ())),
    )


def _read_out(
    compiler: Compiler, sheet: str, places: list[Place], out: dict[Place, Value]
) -> list[Place]:
    """Note the values of cells; return those that have not been computed."""
    store = compiler.store
    slots = store.sheet(sheet).slots_of(places)
    done = (slots >= 0) & (store.state[slots] == KNOWN)
    if not done.all():
        waits = [places[i] for i in np.flatnonzero(~done).tolist()]
        places = [places[i] for i in np.flatnonzero(done).tolist()]
        slots = slots[done]
    else:
        waits = []
    out.update(zip(places, store.values(slots.tolist()), strict=True))
    return waits


def _lost(
    graph: DependencyGraph, changed: list[CellAddress], found: Dependents
) -> dict[CellAddress, str]:
    """Return the cells that depend on changed ones through what cannot be computed, and why."""
    if not graph.unknown:
        return {}
    links = _Links(graph)
    first = [slot for slot in graph.unknown if _may_depend(graph, slot, found)]
    cells = CellSet(changed)
    for number, bounds in enumerate(graph.bounds):
        if number in links.readers and cells.touches(*bounds):
            first += links.readers[number]
    depend: dict[int, str] = {}
    links.spread(first, "", depend)
    lost: dict[int, str] = {}
    for slot, why in graph.unknown.items():
        if slot in depend:
            links.spread([slot], why, lost)
    for slot, home in graph.home.items():
        if home in lost:
            lost[slot] = lost[home]
    return {graph.store.places[slot]: why for slot, why in lost.items()}


class _Links:
    """Which formulas of a graph depend on which, the other way round.

    Attributes:
        readers: area -> the formulas that refer to it.
        within: slot of a formula -> the areas that it lies in.
    """

    def __init__(self, graph: DependencyGraph) -> None:
        self.readers: dict[int, list[int]] = {}
        for slot in graph.group_of.slots():
            for area in graph.precedents(slot):
                self.readers.setdefault(area, []).append(slot)
        self.within: dict[int, list[int]] = {}
        for area in range(len(graph.bounds)):
            for slot in graph.members(area):
                self.within.setdefault(slot, []).append(area)

    def spread(self, first: Iterable[int], why: str, known: dict[int, str]) -> None:
        """Add some slots to those known, and all formulas that depend on them."""
        stack = [slot for slot in first if slot not in known]
        known.update(dict.fromkeys(stack, why))
        while stack:
            for area in self.within.get(stack.pop(), ()):
                for slot in self.readers.get(area, ()):
                    if slot not in known:
                        known[slot] = why
                        stack.append(slot)


def _may_depend(graph: DependencyGraph, slot: int, found: Dependents) -> bool:
    """Whether a cell that cannot be computed may depend on the inputs in a way that is not seen."""
    address = graph.store.places[slot]
    if address in found.loose:
        return True
    # A formula that falls into tokens without being one has no references in the graph.
    return not graph.group_of[slot].plan.steps and address[1] in found.moving.get(address[0], ())
