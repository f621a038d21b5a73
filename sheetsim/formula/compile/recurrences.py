"""Recurrences: cells that need each other row by row, folded at once and run wave by wave.

All cells of a formula in the recurrence are folded in one go, as if the others were given: what
they read, and what can be folded. A wave then is a choice of rows from these arrays, so that a
recurrence of a thousand rows costs a thousand small slices and not a thousand compilations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.compile.batches import UncomputableError, UnreadyError, rows_of
from sheetsim.formula.compile.constant_folding import fold
from sheetsim.formula.compile.result_size import fit_to_cells
from sheetsim.formula.compile.store import DYNAMIC, KNOWN, WAITING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from sheetsim.book import Place
    from sheetsim.formula.compile.batches import Batch, Group
    from sheetsim.formula.compile.store import Store
    from sheetsim.formula.compile.topological_order import Wave
    from sheetsim.formula.values import Ints


def run_recurrence(
    store: Store, waves: list[Wave], pending: AbstractSet[int]
) -> list[tuple[Batch, Ints]] | None:
    """Compute the cells of a recurrence.

    Args:
        store: that they are in.
        waves: their groups and cells, in an order of computation.
        pending: slots of cells whose dynamic references have yet to be resolved.

    Returns:
        What depends on the variables, in order, each with the slots that it computes; None if it
        could not be done so, and nothing has changed.
    """
    if any(group.size is not None or group.plan.unknown for group, _ in waves):
        return None
    slots = [
        slot
        for group, places in waves
        for slot in store.sheet(group.sheet).slots_of(places).tolist()
    ]
    if (store.state[slots] != WAITING).any() or not pending.isdisjoint(slots):
        return None
    store.state[slots] = DYNAMIC
    batches = _folded(store, waves)
    if batches is None or any(batch.unknown for batch in batches):
        store.state[slots] = WAITING
        return None
    outside = store.state == DYNAMIC
    outside[slots] = False
    moving = any(outside[index].any() for b in batches for index in b.gathers.values())
    found = _run(store, waves, batches, moving=moving)
    store.state[slots] = DYNAMIC if moving else KNOWN
    return found


def _folded(store: Store, waves: list[Wave]) -> list[Batch] | None:
    """Return all cells of each group as batches; None if one waits for something outside."""
    cells: dict[int, tuple[Group, list[Place]]] = {}
    for group, places in waves:
        cells.setdefault(id(group), (group, []))[1].extend(places)
    batches = []
    for group, places in cells.values():
        work = [places]
        while work:
            part = work.pop()
            try:
                batches.append(fold(store, group, part, flat=True))
            except UnreadyError as unready:
                if unready.waiting:
                    return None
                work += unready.parts
            except UncomputableError:
                return None
    return batches


def _run(
    store: Store, waves: list[Wave], batches: list[Batch], *, moving: bool
) -> list[tuple[Batch, Ints]]:
    """Compute the waves one after the other; return them if they depend on the variables."""
    where: dict[tuple[str, Place], tuple[int, int]] = {}
    own_slots = []
    for k, batch in enumerate(batches):
        own_slots.append(store.sheet(batch.group.sheet).slots_of(batch.places))
        where.update(((batch.group.sheet, p), (k, i)) for i, p in enumerate(batch.places))
    found = []
    for group, places in waves:
        parts: dict[int, list[int]] = {}
        for place in places:
            k, i = where[group.sheet, place]
            parts.setdefault(k, []).append(i)
        for k, rows in parts.items():
            batch = rows_of(batches[k], np.array(rows, np.intp))
            slots = own_slots[k][rows].reshape(-1, 1, 1, 1)
            store.write(slots, fit_to_cells(batch, batch.trial(store)[batch.root]))
            if moving:
                found.append((batch, slots))
    return found
