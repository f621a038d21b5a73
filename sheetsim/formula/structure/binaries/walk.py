"""Cells as expressions: the compiled formulas are walked, each value becomes an `Affine`.

Cells that are linear in the variables come first, so that the linear constraints can tighten the
bounds of the variables before anything rests on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.formula.compile.result_size import is_resizing
from sheetsim.formula.compile.store import DYNAMIC
from sheetsim.formula.structure.binaries.affine import Affine
from sheetsim.formula.structure.binaries.functions import SINGLES
from sheetsim.formula.structure.binaries.rows import Columns, NotLinearError
from sheetsim.formula.structure.binaries.statistics import RANGES, Area
from sheetsim.formula.structure.degrees import linear_slots
from sheetsim.formula.values import Bools, Ints, Objects, from_objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.formula.compile.batches import Batch, Operation
    from sheetsim.formula.compile.compiler import Compiler

MOST_VALUES = 400_000
"""Values that are computed, one by one; a model with more is left to others."""


class Walk:
    """All cells of a compilation that depend on the variables, as expressions.

    Attributes:
        columns: that they are made of.
    """

    def __init__(self, compiler: Compiler, columns: Columns, held: Sequence[float]) -> None:
        """Begin with the variables.

        Args:
            compiler: of the program.
            columns: of the variables.
            held: the values of the inputs that follow the variables, and are not moved.
        """
        self._compiler, self.columns = compiler, columns
        self._cells = np.full(len(compiler.store.num), None, object)
        count = len(compiler.variables) - len(held)
        for i, slot in enumerate(compiler.variables):
            self._cells[slot] = columns.column(i) if i < count else float(held[i - count])
        self._linear: Bools = linear_slots(compiler)
        self._moving: Bools = np.asarray(compiler.store.state == DYNAMIC)
        read = (index.size for batch, _ in compiler.batches for index in batch.gathers.values())
        if sum(read) > MOST_VALUES:
            raise NotLinearError("", f"its formulas read more than {MOST_VALUES:,} values")
        self._left = MOST_VALUES

    def run(self, *, linear: bool) -> None:
        """Walk the cells that are known to be linear, or, after them, the others.

        Raises:
            NotLinearError: a cell cannot be expressed.
        """
        for batch, slots in self._compiler.batches:
            if bool(self._linear[slots].all()) == linear:
                self._batch(batch, slots)

    def of(self, slot: int) -> Any:
        """Return a cell as an expression or a constant."""
        if self._moving[slot]:
            return self._cells[slot]
        return self._compiler.store.value(slot)

    def is_linear(self, slot: int) -> bool:
        """Return whether a cell is known to be linear."""
        return bool(self._linear[slot])

    def _batch(self, batch: Batch, slots: Ints) -> None:
        self.columns.cell = self._compiler.graph.name(int(slots.flat[0]))
        if batch.unknown:
            raise NotLinearError(self.columns.cell, f"{batch.unknown} is not computed here")
        values: dict[int, Objects] = {}
        literal: dict[int, bool] = {}
        for register, index in batch.gathers.items():
            values[register], literal[register] = self._gathered(index), False
        for operation in batch.operations:
            for register in operation.args:
                if register not in values:
                    known = batch.values[register]
                    values[register], literal[register] = known.objects(), known.literal
            areas = [(values[i], literal[i]) for i in operation.args]
            values[operation.out] = self._operation(operation, areas, batch, slots)
            literal[operation.out] = True
        found = values[batch.root] if batch.root in values else batch.values[batch.root].objects()
        found = np.broadcast_to(found, slots.shape)
        for slot, value in zip(slots.ravel().tolist(), found.ravel(), strict=True):
            self._cells[slot] = 0.0 if value is None else value

    def _gathered(self, index: Ints) -> Objects:
        out = self._compiler.store.gather(index).objects()
        moving = self._moving[index]
        out[moving] = self._cells[index[moving]]
        return out

    def _operation(
        self, operation: Operation, areas: list[tuple[Objects, bool]], batch: Batch, slots: Ints
    ) -> Objects:
        """Compute a function in all cells of a batch."""
        form = operation.function.linear_form
        arrays = [array for array, _ in areas]
        self._left -= sum(array.size for array in arrays)
        if self._left < 0:
            raise NotLinearError("", f"its formulas compute more than {MOST_VALUES:,} values")
        if is_resizing(operation):
            return self._resized(arrays[0], batch)
        ahead = np.broadcast_shapes(*(array.shape[:2] for array in arrays))
        names = _names_of(self._compiler, slots, ahead)
        if form not in RANGES and (form in SINGLES or operation.function.is_cell_by_cell):
            return self._singles(operation, np.broadcast_arrays(*arrays), names)
        spread = [np.broadcast_to(array, (*ahead, *array.shape[2:])) for array in arrays]
        cells = np.empty(ahead, object)
        for place in np.ndindex(ahead):
            self.columns.cell = str(names[place])
            parts = [Area(array[place], own) for array, (_, own) in zip(spread, areas, strict=True)]
            cells[place] = self._ranged(operation, parts)
        return _assembled(cells)

    def _singles(self, operation: Operation, arrays: Sequence[Objects], names: Objects) -> Objects:
        out = np.empty(arrays[0].shape, object)
        form = operation.function.linear_form
        rule = None if form is None else SINGLES.get(form)
        for place in np.ndindex(out.shape):
            args = [array[place] for array in arrays]
            self.columns.cell = str(names[place[:2]])
            if not any(isinstance(one, Affine) for one in args):
                cells = [np.full((1, 1, 1, 1), one, object) for one in args]
                found = operation.function.value([from_objects(one) for one in cells], True)
                out[place] = found.objects().flat[0]
            elif rule is None:
                self._refuse(operation)
            else:
                out[place] = rule(self.columns, *args)
        return out

    def _ranged(self, operation: Operation, areas: list[Area]) -> Any:
        moving = any(isinstance(one, Affine) for area in areas for one in area.values.flat)
        if not moving:
            cells = [from_objects(a.values[None, None], literal=a.literal) for a in areas]
            return operation.function.value(cells, True).objects()[0, 0]
        form = operation.function.linear_form
        rule = None if form is None else RANGES.get(form)
        if rule is None:
            self._refuse(operation)
        return rule(self.columns, areas)  # type: ignore[misc]

    def _refuse(self, operation: Operation) -> None:
        name = operation.function.name
        raise NotLinearError(self.columns.cell, f"{name} of what depends on the variables")

    def _resized(self, array: Objects, batch: Batch) -> Objects:
        height, width = batch.group.size or (1, 1)
        own = array.shape[-2:]
        if own not in ((1, 1), (height, width)) and (own[0] < height or own[1] < width):
            raise NotLinearError(self.columns.cell, "its array is smaller than its range")
        return array[..., :height, :width]


def _names_of(compiler: Compiler, slots: Ints, ahead: tuple[int, ...]) -> Objects:
    """Return the name of the first cell for each formula of a block."""
    out = np.empty(ahead, object)
    for place in np.ndindex(ahead):
        out[place] = compiler.graph.name(int(slots[(*place, 0, 0)]))
    return out


def _assembled(cells: Objects) -> Objects:
    """Put together what each cell has: a value, or rows of values."""
    first = cells.flat[0]
    shape = first.shape if isinstance(first, np.ndarray) else (1, 1)
    out = np.empty((*cells.shape, *shape), object)
    for place in np.ndindex(cells.shape):
        found = cells[place]
        if isinstance(found, np.ndarray):
            if found.shape != shape:
                raise NotLinearError("", "its arrays are of different sizes")
            out[place] = found
        else:
            out[(*place, 0, 0)] = found
    return out
