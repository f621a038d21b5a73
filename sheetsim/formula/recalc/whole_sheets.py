"""Computing the formulas of whole sheets, group by group, without asking what each cell needs.

The dependency graph finds the precedents of each cell one by one, which is right when a few outputs
are wanted of a large workbook. When it is known which cells move, and the values of all others, it
is quicker to put whole sheets into the store and to try: a group whose precedents are all computed
is one operation, and another waits for the next round. What is still waiting after `MAX_ROUNDS`,
such as a long recurrence, is left to the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.errors import WorkbookError
from sheetsim.formula.compile.batches import UncomputableError, UnreadyError
from sheetsim.formula.compile.constant_folding import fold
from sheetsim.formula.compile.plan import StepKind
from sheetsim.formula.compile.store import KNOWN
from sheetsim.formula.functions import Reads
from sheetsim.formula.syntax.formula_groups import extent

if TYPE_CHECKING:
    from sheetsim.book import CellAddress, Place
    from sheetsim.formula.compile.batches import Group
    from sheetsim.formula.compile.compiler import Compiler
    from sheetsim.formula.recalc.dependents import Dependents

MAX_ROUNDS = 8
"""Rounds of trying. The groups come in the order in which they were reached, so few are needed."""

_Work = list[tuple["Group", "list[Place]"]]


def sweep(compiler: Compiler, found: Dependents) -> list[CellAddress]:
    """Compute cells that move, as far as it can be done in this way.

    Args:
        compiler: a new one that knows what moves; its store is filled.
        found: the cells to compute.

    Returns:
        Those that are left to be compiled in the usual way.
    """
    work = _groups(compiler, found)
    if work is None:
        return found.cells
    _fill(compiler, work)
    for _ in range(MAX_ROUNDS):
        left = _round(compiler, work)
        if not left or left == work:
            break
        work = left
    store = compiler.store
    waiting: list[CellAddress] = []
    for sheet, places in found.places.items():
        slots = store.sheet(sheet).slots_of(places)
        waits = np.flatnonzero(store.state[slots] != KNOWN)
        waiting += [(sheet, places[i]) for i in waits.tolist()]
    return waiting


def _groups(compiler: Compiler, found: Dependents) -> _Work | None:
    """Return the groups of the cells; None if the graph is to note that some cannot be."""
    graph, work = compiler.graph, []
    for sheet, places in found.groups:
        cell = graph.book.sheets[sheet][places[0]]
        first, size = places[0], None
        if cell.array is not None:
            first, size = extent(cell.array)
            if first not in places:
                return None
            places = [first]
        try:
            group = graph.group(sheet, first, cell, size)
        except WorkbookError:
            return None
        if group.plan.unknown:
            return None
        work.append((group, places))
    return work


def _fill(compiler: Compiler, work: _Work) -> None:
    """Give arrays their slots, and take out what is not tried here."""
    store, graph = compiler.store, compiler.graph
    for group, places in work:
        if group.plan.random:
            sheet = store.sheet(group.sheet)
            for slot in sheet.slots_of(places).tolist():
                store.put(slot, sheet.cells.value(slot - sheet.first))
                graph.frozen.append(slot)
        if group.size is not None:
            (top, left), (height, width) = places[0], group.size
            for row in range(top, top + height):
                for column in range(left, left + width):
                    store.slot(group.sheet, (row, column))
    store.grow()
    work[:] = [(group, places) for group, places in work if _is_tried(group)]


def _is_tried(group: Group) -> bool:
    """Whether all sheets that a formula may read are known, and it is not random."""
    found = (step.value for step in group.plan.steps if step.kind is StepKind.REFERENCE)
    return not group.plan.random and all(one.reads is not Reads.ANYWHERE for one in found)


def _round(compiler: Compiler, work: _Work) -> _Work:
    """Compute what can be; return the cells that wait."""
    left: _Work = []
    for group, places in work:
        parts, waiting = [places], []
        while parts:
            part = parts.pop()
            try:
                compiler.finish(fold(compiler.store, group, part))
            except WorkbookError:  # let the graph say so
                waiting += part
            except UncomputableError:  # likewise
                waiting += part
            except UnreadyError as unready:
                if unready.waiting:
                    waiting += part
                else:
                    parts += unready.parts
        if waiting:
            left.append((group, waiting))
    return left
