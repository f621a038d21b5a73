"""What-if data tables: a formula computed again for other values of one or two input cells.

        C4: =formula   D4: 1      E4: 2         the values of the row input cell, above
        C5: 10         =TABLE(B1,B2)            the values of the column input cell, on the left

A cell of the table shows what the formula gives when the row input cell holds the value above the
table in its column, and the column input cell the value on the left in its row. With one input, the
formulas themselves stand on the other side: on the left of each row where the values stand above,
above each column where they stand on the left.

The formula is compiled once as a function of the input cells, by a compiler of its own, and run for
each cell of the table. Where its references depend on the inputs (OFFSET and the like), or the
sizes of its arrays do, it is compiled for each cell anew. A table whose formula needs random
numbers keeps its cached values, as random numbers do; so does one that needs what cannot be
computed, or that depends on the variables of a model, of which it would have no derivative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sheetsim.formula.compile.batches import UncomputableError
from sheetsim.formula.compile.cell_set import CellSet
from sheetsim.formula.compile.result_size import fit_to_cells
from sheetsim.formula.compile.store import DYNAMIC, KNOWN
from sheetsim.formula.functions import UnequalSizesError
from sheetsim.references import read_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sheetsim.book import CellAddress, DataTable, Place, Value
    from sheetsim.formula.compile.batches import Batch
    from sheetsim.formula.compile.dependency_graph import DependencyGraph
    from sheetsim.formula.compile.store import Store
    from sheetsim.formula.values import Ints

MAX_ANEW = 5_000
"""Cells of all tables for which a formula is compiled anew."""

Point = tuple["Value", ...]
"""A value for each input cell."""


class Compiles(Protocol):
    """What a `Compiler` offers here."""

    store: Store
    graph: DependencyGraph
    batches: list[tuple[Batch, Ints]]
    variables: list[int]
    broken: dict[int, str]

    def add(self, outputs: Iterable[CellAddress]) -> None:
        """Compile what outputs need."""


class DataTables:
    """The data tables of a workbook, computed cell by cell as they are asked for."""

    def __init__(
        self, graph: DependencyGraph, compile_for: Callable[[Sequence[CellAddress]], Compiles]
    ) -> None:
        """Begin with none.

        Args:
            graph: of the cells that are wanted.
            compile_for: makes a compiler of the same workbook with these cells as its first
                variables.
        """
        self._graph, self._compile_for = graph, compile_for
        self._functions: dict[tuple[CellAddress, tuple[CellAddress, ...]], _Function] = {}
        self._anew = 0

    def value(self, sheet: str, place: Place, variables: Sequence[CellAddress]) -> Value:
        """Return what a cell of a table shows; the cells that it refers to are known.

        Args:
            sheet: its sheet.
            place: where it stands.
            variables: of the model.

        Raises:
            UncomputableError: it cannot be computed here.
            FrozenError: it needs random numbers or the time.
        """
        table = self._graph.store.sheet(sheet).cells[place].data_table
        assert table is not None  # noqa: S101 - who asks has seen to it
        formula, inputs = table.formula_of(place), inputs_of(table)
        if not inputs:
            raise UncomputableError([[place]], "a data table without an input cell")
        cells = tuple((sheet, own) for own in inputs)
        key = ((sheet, formula), cells)
        if key not in self._functions:
            self._functions[key] = _Function(self._compile_for, *key, variables)
        function = self._functions[key]
        point = tuple(self._shown(sheet, own) for own in table.headers_of(place))
        found = function.at(point)
        if found is _ANEW:
            self._anew += 1
            if self._anew > MAX_ANEW:
                why = f"data tables of more than {MAX_ANEW:,} cells that are compiled one by one"
                raise UncomputableError([[place]], why)
            found = function.at_anew(point)
        return found  # type: ignore[return-value]

    def _shown(self, sheet: str, place: Place) -> Value:
        store = self._graph.store
        slot = store.sheet(sheet).slot(place)
        return None if slot < 0 else store.value(slot)


class FrozenError(Exception):
    """A data table needs random numbers or the time."""


_ANEW = object()
"""In place of a value: the formula is to be compiled for it."""


def inputs_of(table: DataTable) -> list[Place]:
    """Return the input cells, that of the row first; none if one is no cell."""
    places = [read_cell(text) for text in (table.row, table.column) if text]
    return [place for place in places if place is not None] if None not in places else []


class _Function:
    """A formula as a function of input cells."""

    def __init__(
        self,
        compile_for: Callable[[Sequence[CellAddress]], Compiles],
        formula: CellAddress,
        inputs: tuple[CellAddress, ...],
        variables: Sequence[CellAddress],
    ) -> None:
        self._compile_for, self._formula, self._inputs = compile_for, formula, inputs
        self._known: dict[Point, object] = {}
        self._compiler = compile_for(inputs)
        self._compiler.add([formula])
        marked = CellSet(variables)
        if variables and any(marked.touches(*bounds) for bounds in self._compiler.graph.bounds):
            raise UncomputableError([[formula[1]]], "a data table")
        self._require(self._compiler, [*self._compiler.broken])

    def _require(self, compiler: Compiles, apart: Iterable[int] = ()) -> None:
        """Refuse what a compiler could not compute, but for some cells.

        Raises:
            UncomputableError: there is such.
            FrozenError: there are random numbers.
        """
        graph, known = compiler.graph, set(apart)
        for slot, why in graph.unknown.items():
            if slot not in known:
                raise UncomputableError([[self._formula[1]]], f"a data table over {why}")
        if graph.frozen:
            raise FrozenError

    def at(self, point: Point) -> object:
        """Return the formula's value, or `_ANEW`."""
        if self._compiler.broken:
            return _ANEW
        if point not in self._known:
            try:
                self._known[point] = self._run(point)
            except UnequalSizesError:
                return _ANEW
        return self._known[point]

    def _run(self, point: Point) -> Value:
        store = self._compiler.store
        for slot, value in zip(self._compiler.variables, point, strict=False):
            store.put(slot, value)
            store.state[slot] = DYNAMIC
        for batch, slots in self._compiler.batches:
            store.write(slots, fit_to_cells(batch, batch.trial(store)[batch.root]))
        return self._shown(self._compiler)

    def at_anew(self, point: Point) -> Value:
        """Return the formula's value by a compiler for which the inputs are constants.

        Raises:
            UncomputableError, FrozenError: as `_require`.
        """
        compiler = self._compile_for(self._inputs)
        for slot, value in zip(compiler.variables, point, strict=False):  # the inputs come first
            compiler.store.put(slot, value)
        compiler.add([self._formula])
        self._require(compiler)
        return self._shown(compiler)

    def _shown(self, compiler: Compiles) -> Value:
        sheet, place = self._formula
        slot = compiler.store.sheet(sheet).slot(place)
        if slot < 0 or compiler.store.state[slot] not in (KNOWN, DYNAMIC):
            return 0.0  # a blank
        value = compiler.store.value(slot)
        return 0.0 if value is None else value
