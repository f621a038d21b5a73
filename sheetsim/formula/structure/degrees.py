"""Which cells are linear, or polynomials of degree 2, in the variables, by their formulas.

Degrees go through formulas as through polynomials: a sum has the degree of its largest term, a
product the sum of its factors', and a square twice that of its root. What a degree says is
certain; a cell whose terms cancel (`x^3-x^3+x`) is not found to be linear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.functions._make import ONE
from sheetsim.formula.values import Bools, Ints

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sheetsim.formula.compile.batches import Batch, Operation
    from sheetsim.formula.compile.compiler import Compiler

MORE = 3
"""The degree of what is no polynomial, or one of a degree above 2."""


def slot_degrees(compiler: Compiler, variables: Sequence[int] | None = None) -> Ints:
    """Return for each slot its degree in the variables: 0, 1, 2 or `MORE`.

    Args:
        compiler: of the cells.
        variables: slots of those that are not held; all of them if None.
    """
    chosen = compiler.variables if variables is None else variables
    size = len(compiler.store.num)
    return _degrees(compiler.batches, np.array(chosen, np.intp), size)


def linear_slots(compiler: Compiler) -> Bools:
    """Return for each slot whether it is known to be linear (or constant)."""
    linear: Bools = slot_degrees(compiler) <= 1
    return linear


def is_linear(batch: Batch, linear: Bools) -> bool:
    """Return whether a batch's result is known to be linear, given which slots are."""
    return _root_degree(batch, np.where(linear, 1, MORE)) <= 1


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
    return bool((_degrees(batches, variables, size)[outputs] <= 1).all())


def where_linearity_ends(compiler: Compiler) -> list[tuple[int, str]]:
    """Return the slots that are not linear although all that they read is, with their formulas."""
    found = _degrees(
        compiler.batches, np.array(compiler.variables, np.intp), len(compiler.store.num)
    )
    ends = []
    for batch, slots in compiler.batches:
        read = max((int(found[index].max()) for index in batch.gathers.values()), default=0)
        if read <= 1 < int(found[slots].max()):
            ends += [(slot, batch.group.formula) for slot in slots[..., 0, 0].ravel().tolist()]
    return ends


def _degrees(batches: Iterable[tuple[Batch, Ints]], variables: Ints, size: int) -> Ints:
    """Return the degree of each slot in some of the variables."""
    found = np.zeros(size, np.intp)
    found[variables] = 1
    for batch, slots in batches:
        found[slots] = _root_degree(batch, found)
    return found


def _root_degree(batch: Batch, found: Ints) -> int:
    """Return the degree of a batch's result, given those of all slots."""
    degree = {register: int(found[index].max()) for register, index in batch.gathers.items()}
    if batch.unknown:
        return MORE if any(degree.values()) or not degree else 0
    for operation in batch.operations:
        degree[operation.out] = _degree(operation, batch, degree)
    return degree.get(batch.root, 0)


def _degree(operation: Operation, batch: Batch, degree: dict[int, int]) -> int:
    """Return the degree of an operation's result, given those of the registers that move."""
    function = operation.function
    own = [degree.get(i, 0) for i in operation.args]
    most = max(own, default=0)
    if most in (0, MORE):
        return most
    if function.linear == ONE:
        return min(sum(own), MORE)
    if all(k in function.linear for k, each in enumerate(own) if each):
        return most
    fixed = [batch.values.get(i) for i in operation.args]
    if most == 1 and function.quadratic is not None and function.quadratic(fixed):
        return 2
    return MORE
