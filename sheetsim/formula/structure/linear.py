"""Which cells are linear in the variables, by their formulas.

The answer "linear" is certain; a cell whose terms cancel (`x^2-x^2+x`) is not found to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.compile.store import DYNAMIC
from sheetsim.formula.functions._make import ONE
from sheetsim.formula.values import Bools

if TYPE_CHECKING:
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
    for operation in batch.operations:
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
