"""Which pairs of variables second derivatives may know, and how few directions show them.

Where an operation is not linear, the variables that one number of its result depends on act on
each other there, and nowhere else (Walther, *Computing sparse Hessians with automatic
differentiation*, 2008). A sum over places, such as SUMPRODUCT, brings those together that stand in
the same place. What is not known more finely is taken as all that the cell depends on, so that
the pattern may have too many pairs, and never too few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sheetsim.formula.autodiff.sparsity import MOST, Dependence, Pattern
from sheetsim.formula.functions._make import ONE
from sheetsim.formula.values import Ints
from sheetsim.sparse import distinct

if TYPE_CHECKING:
    from sheetsim.formula.autodiff.calls import Call, Run
    from sheetsim.formula.values import ArrayValue

Shape = tuple[int, ...]


class _Lists(NamedTuple):
    """The variables that each number of a register depends on; the numbers are rows."""

    shape: Shape
    pattern: Pattern


def interactions(
    calls: list[Call], registers: list[list[ArrayValue]], known: Dependence
) -> Pattern | None:
    """Return the pairs (n, n), both ways round; None if there are too many to look for.

    Args:
        calls: of a tape, in order.
        registers: of a run forward, for the shapes.
        known: what each slot depends on.
    """
    groups: list[Pattern] = []
    room = MOST
    for call, own in zip(calls, registers, strict=True):
        found = _bent(call, own, known)
        if found is None:
            return None
        for group in found:
            if group.counts.max(initial=0) == known.size:
                return _all_pairs(known.size)
            room -= group.columns.size
            groups.append(group)
        if room < 0:
            return None
    return _pairs(groups, known.size)


def _all_pairs(size: int) -> Pattern | None:
    if size * size > MOST:
        return None
    return Pattern(np.arange(size + 1) * size, np.tile(np.arange(size), size), size)


def _pairs(groups: list[Pattern], size: int) -> Pattern | None:
    """Return all pairs within each row of some patterns."""
    keys: list[Ints] = []
    room = MOST
    for group in groups:
        counts = group.counts
        for count in np.unique(counts[counts > 0]).tolist():
            rows = np.flatnonzero(counts == count)
            members = np.unique(group.take(rows).columns.reshape(rows.size, count), axis=0)
            room -= members.size * count
            if room < 0:
                return None
            keys.append(distinct(members[:, :, None] * size + members[:, None, :]))
    every = distinct(np.concatenate(keys)) if keys else np.zeros(0, np.intp)
    return Pattern(np.searchsorted(every, np.arange(size + 1) * size), every % size, size)


def _bent(call: Call, registers: list[ArrayValue], known: Dependence) -> list[Pattern] | None:
    """Return groups of variables that act on each other in a call; None if they are too many."""
    moving = {gather.register for gather in call.gathers if known.pairs(gather.index.ravel())}
    straight = True
    for run in call.runs:
        own = [i for i in run.args if i in moving]
        straight = straight and _is_straight(run, own)
        if own:
            moving.add(run.out)
    if straight:
        return []
    if all(run.function.is_cell_by_cell for run in call.runs) and call.slots.size > 1:
        return [known.pattern(call.slots.ravel())]
    return _bent_within(call, registers, known)


def _is_straight(run: Run, moving: list[int]) -> bool:
    """Whether an operation is linear in all arguments that move together."""
    if not moving:
        return True
    function = run.function
    if function.linear == ONE:
        return len(moving) == 1
    return all(k in function.linear for k, i in enumerate(run.args) if i in moving)


def _bent_within(
    call: Call, registers: list[ArrayValue], known: Dependence
) -> list[Pattern] | None:
    """The same, number by number of each register."""
    lists: dict[int, _Lists] = {}
    for gather in call.gathers:
        if known.pairs(gather.index.ravel()):
            lists[gather.register] = _Lists(gather.shape, known.pattern(gather.index.ravel()))
    groups, room = [], MOST
    for run in call.runs:
        own = [lists[i] for i in run.args if i in lists]
        if not own:
            continue
        straight = _is_straight(run, [i for i in run.args if i in lists])
        apart = run.function.is_cell_by_cell or (run.function.by_places and _fit(own))
        if apart:
            shapes = (registers[i].shape[-4:] for i in run.args if i in lists)
            shape = np.broadcast_shapes(*shapes, *(one.shape for one in own))
        else:
            cells = np.broadcast_shapes(*(one.shape[:2] for one in own))
            shape = (*cells, 1, 1)
            own = [_gathered(one) for one in own]
        room -= sum(_size(one, shape) for one in own)
        if room < 0:
            return None
        made = _union(own, shape)
        if not straight:
            groups.append(made.pattern)
        lists[run.out] = made if run.function.is_cell_by_cell or not apart else _gathered(made)
    return groups


def _fit(own: list[_Lists]) -> bool:
    """Whether lists are of one size, so that places go together."""
    return len({one.shape[2:] for one in own if one.shape[2:] != (1, 1)}) <= 1


def _size(one: _Lists, shape: Shape) -> int:
    """How many variables lists hold once they are spread over a shape."""
    return one.pattern.columns.size * int(np.prod(shape)) // max(1, int(np.prod(one.shape)))


def _union(own: list[_Lists], shape: Shape) -> _Lists:
    """Return the lists of an operation's result, of those of its arguments."""
    owners, columns = [], []
    for one in own:
        at = np.arange(int(np.prod(one.shape))).reshape(one.shape)
        rows = one.pattern.take(np.broadcast_to(at, shape).ravel())
        owners.append(rows.rows)
        columns.append(rows.columns)
    return _Lists(shape, _distinct(owners, columns, int(np.prod(shape)), own[0].pattern.width))


def _gathered(one: _Lists) -> _Lists:
    """Return one list for each cell, of all its numbers."""
    cells = one.shape[0] * one.shape[1]
    per_cell = one.shape[2] * one.shape[3]
    rows = one.pattern.rows // per_cell
    pattern = _distinct([rows], [one.pattern.columns], cells, one.pattern.width)
    return _Lists((*one.shape[:2], 1, 1), pattern)


def _distinct(owners: list[Ints], columns: list[Ints], rows: int, width: int) -> Pattern:
    """Return a pattern of entries in any order, each once."""
    keys = distinct(np.concatenate(owners) * width + np.concatenate(columns))
    return Pattern(np.searchsorted(keys, np.arange(rows + 1) * width), keys % width, width)
