"""Recurrences: cells that need each other row by row, prepared at once and run wave by wave.

All cells of a formula in the recurrence are prepared in one go, as if the others were given: what
they read, and what can be folded. A wave then is a choice of rows from these arrays, so that a
recurrence of a thousand rows costs a thousand small slices and not a thousand compilations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.compile.batches import Batch, Group, UnreadyError, prepare, rows_of
from sheetsim.formula.compile.store import DYNAMIC, KNOWN, WAITING

if TYPE_CHECKING:
    from sheetsim.book import Place
    from sheetsim.formula.compile.compiler import Compiler

Wave = tuple[Group, "list[Place]"]


def run_loop(compiler: Compiler, waves: list[Wave]) -> bool:
    """Compute the cells of a recurrence.

    Args:
        compiler: whose store they are in.
        waves: their groups and cells, in an order of computation.

    Returns:
        Whether it could be done so; if not, nothing has changed.
    """
    store = compiler.store
    if any(group.size is not None or group.plan.unknown for group, _ in waves):
        return False
    slots = [store.sheet(group.sheet).slots[place] for group, places in waves for place in places]
    if (store.state[slots] != WAITING).any() or not compiler.graph.pending.isdisjoint(slots):
        return False
    store.state[slots] = DYNAMIC
    batches = _prepared(compiler, waves)
    if batches is None or any(batch.unknown for batch in batches):
        store.state[slots] = WAITING
        return False
    outside = store.state == DYNAMIC
    outside[slots] = False
    moving = any(outside[index].any() for b in batches for index in b.gathers.values())
    _run(compiler, waves, batches, moving=moving)
    store.state[slots] = DYNAMIC if moving else KNOWN
    return True


def _prepared(compiler: Compiler, waves: list[Wave]) -> list[Batch] | None:
    """Prepare all cells of each group; None if one of them waits for something outside."""
    cells: dict[int, tuple[Group, list[Place]]] = {}
    for group, places in waves:
        cells.setdefault(id(group), (group, []))[1].extend(places)
    batches = []
    for group, places in cells.values():
        work = [places]
        while work:
            part = work.pop()
            try:
                batches.append(prepare(compiler.store, group, part, flat=True))
            except UnreadyError as unready:
                if unready.waiting:
                    return None
                work += unready.parts
    return batches


def _run(compiler: Compiler, waves: list[Wave], batches: list[Batch], *, moving: bool) -> None:
    """Compute the waves one after the other; keep them if they depend on the variables."""
    store = compiler.store
    where: dict[tuple[str, Place], tuple[int, int]] = {}
    own_slots = []
    for k, batch in enumerate(batches):
        known = store.sheet(batch.group.sheet).slots
        own_slots.append(np.array([known[p] for p in batch.places], np.intp))
        where.update(((batch.group.sheet, p), (k, i)) for i, p in enumerate(batch.places))
    for group, places in waves:
        parts: dict[int, list[int]] = {}
        for place in places:
            k, i = where[group.sheet, place]
            parts.setdefault(k, []).append(i)
        for k, rows in parts.items():
            batch = rows_of(batches[k], np.array(rows, np.intp))
            slots = own_slots[k][rows].reshape(-1, 1, 1, 1)
            compiler.put(slots, compiler.sized(batch, compiler.trial(batch)))
            if moving:
                compiler.batches.append((batch, slots))
