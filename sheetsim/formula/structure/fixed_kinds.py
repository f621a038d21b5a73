"""Which cells are numbers, or texts, or booleans, at every x alike.

`=IF(A1>0,A1,"")` is a number at one x and a text at another, and a sum over it has one term more
or less. Sums of squares are found at one x, so they are not looked for through such cells.
Errors are left aside: where there is one, the objective is one as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.compile.store import DYNAMIC
from sheetsim.formula.values import ERROR, NUMBER, ArrayValue, Bools

if TYPE_CHECKING:
    from sheetsim.formula.compile.batches import Batch, Operation
    from sheetsim.formula.compile.compiler import Compiler


def slots_of_fixed_kind(compiler: Compiler) -> Bools:
    """Return for each slot whether it is known to be of one kind at every x."""
    fixed: Bools = np.asarray(compiler.store.state != DYNAMIC)
    fixed[compiler.variables] = True
    for batch, slots in compiler.batches:
        fixed[slots] = registers_of_fixed_kind(compiler, batch, fixed).get(batch.root, True)
    return fixed


def registers_of_fixed_kind(compiler: Compiler, batch: Batch, fixed: Bools) -> dict[int, bool]:
    """Return for each register that depends on the variables whether it is of one kind.

    Args:
        compiler: with the values at the variables' own.
        batch: whose registers.
        fixed: for each slot, as far as this batch reads it.
    """
    if batch.unknown:
        return dict.fromkeys([batch.root], False)
    known = {register: bool(fixed[index].all()) for register, index in batch.gathers.items()}
    values: dict[int, ArrayValue] = {}
    for operation in batch.operations:
        function = operation.function
        if not function.returns:
            known[operation.out] = function.kind != "plain"
            continue
        if not all(known.get(i, True) for i in operation.args):
            known[operation.out] = False
            continue
        chosen = any(k in function.kinks and i in known for k, i in enumerate(operation.args))
        if chosen and not values:
            values = batch.trial(compiler.store)
        known[operation.out] = not chosen or _all_numbers(operation, values)
    return known


def _all_numbers(operation: Operation, values: dict[int, ArrayValue]) -> bool:
    """Whether all that a function may return is a number; its condition need not be one."""
    function, args = operation.function, operation.args
    if function.default is not None and len(args) < function.most:
        return False
    return all(_numbers(values[i]) for k, i in enumerate(args) if k in function.returns)


def _numbers(value: ArrayValue) -> bool:
    return value.kind is None or bool(np.isin(value.kind, (NUMBER, ERROR)).all())
