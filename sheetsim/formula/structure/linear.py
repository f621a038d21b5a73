"""Which cells are linear in the variables, by their formulas.

The answer "linear" is certain; a cell whose terms cancel (`x^2-x^2+x`) is not found to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.compile.store import DYNAMIC
from sheetsim.formula.functions._make import ONE
from sheetsim.formula.values import Bools, Ints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sheetsim.formula.compile.batches import Batch, Operation
    from sheetsim.formula.compile.compiler import Compiler


def linear_slots(compiler: Compiler) -> Bools:
    """Return for each slot whether it is known to be linear (or constant)."""
    store = compiler.store
    linear: Bools = np.asarray(store.state != DYNAMIC)
    linear[compiler.variables] = True
    for batch, slots in compiler.batches:
        linear[slots] = is_linear(batch, linear)
    return linear


def is_linear(batch: Batch, linear: Bools) -> bool:
    """Return whether a batch's result is known to be linear, given which slots are."""
    if batch.unknown:
        return False
    known = {register: bool(linear[index].all()) for register, index in batch.gathers.items()}
    return _root_keeps(batch, known)


def are_linear(
    batches: Iterable[tuple[Batch, Ints]], variables: Ints, outputs: Ints, size: int
) -> bool:
    """Return whether outputs are known to be linear in some variables while all else is held.

    Args:
        batches: what computes the outputs, in order, each with the slots that it fills.
        variables: slots of those that are not held.
        outputs: slots.
        size: how many slots there are.
    """
    moving, linear = np.zeros(size, bool), np.ones(size, bool)
    moving[variables] = True
    for batch, slots in batches:
        known = {
            register: bool(linear[index].all())
            for register, index in batch.gathers.items()
            if moving[index].any()
        }
        if known:
            moving[slots] = True
            linear[slots] = not batch.unknown and _root_keeps(batch, known)
    return bool(linear[outputs].all())


def _root_keeps(batch: Batch, known: dict[int, bool]) -> bool:
    """Whether a batch's result is linear, given which of the registers that move are."""
    for operation in batch.operations:
        if any(i in known for i in operation.args):
            known[operation.out] = _keeps(operation, known)
    return known.get(batch.root, True)


def _keeps(operation: Operation, known: dict[int, bool]) -> bool:
    """Whether an operation's result is linear, given which arguments are (absent: constant)."""
    moving = [(k, i) for k, i in enumerate(operation.args) if i in known]
    if not all(known[i] for _, i in moving):
        return False
    allowed = operation.function.linear
    if allowed == ONE:
        return len(moving) <= 1
    return all(k in allowed for k, _ in moving)
