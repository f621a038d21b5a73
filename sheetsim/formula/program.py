"""A compiled workbook: outputs as a function of variables, with derivatives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.formula.autodiff.tape import MAX_TANGENTS, Tape
from sheetsim.formula.compile.compiler import Compiler
from sheetsim.formula.compile.error_origins import find_errors
from sheetsim.formula.compile.store import DYNAMIC
from sheetsim.formula.functions import UnequalSizesError
from sheetsim.formula.recalc.overlay import overlay
from sheetsim.formula.straight_line.straight_line import StraightLine
from sheetsim.formula.structure.binaries import Side, mixed_integer
from sheetsim.formula.structure.degrees import slot_degrees, where_linearity_ends
from sheetsim.formula.structure.sum_of_squares import SumOfSquares, find_sum_of_squares
from sheetsim.formula.syntax.tokens import Ref, tokenize
from sheetsim.mixed_integer import MixedInteger
from sheetsim.sparse import Sparse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sheetsim.book import Book, CellAddress
    from sheetsim.formula.autodiff.calls import State
    from sheetsim.formula.autodiff.sparsity import Pattern
    from sheetsim.formula.values import ArrayValue, Bools, Ints

LARGE = 2.0**100
"""A step for polynomials of degree 2; its square, times numbers as sheets hold them, is finite."""

_FLOAT = np.dtype(np.float64)

FEW_POINTS = 8
"""Points that are computed one by one where that is done by straight-line code."""

PLAIN_WORK = 50
"""What a function that Python computes value by value costs, in numbers that NumPy computes."""


@dataclass(frozen=True)
class Note:
    """Something to know about cells, such as a function that is not smooth in them.

    Attributes:
        function: its name.
        cells: such as `Sheet1!B2`, in the order of computation.
        moving: whether the cells depend on the variables.
    """

    function: str
    cells: tuple[str, ...]
    moving: bool = True


class Program:
    """Outputs as a function of variables.

    Every x is (n,), in the order in which the variables were given, or (S, n) for S points at
    once. An output that is an error, or no number, is NaN.

    Attributes:
        outputs, variables: their cells, such as `Sheet1!B2`.
        start: (n,) the variables' values in the workbook, 0 for a blank or a text.
        straight_line: the outputs as code for one x, where that is quicker.
    """

    def __init__(self, compiler: Compiler, outputs: Sequence[CellAddress]) -> None:
        self._compiler = compiler
        graph, store = compiler.graph, compiler.store
        slots = [store.slot(sheet, place) for sheet, place in outputs]
        store.grow()
        self._slots = slots
        self.outputs = tuple(graph.name(slot) for slot in slots)
        self.variables = tuple(graph.name(slot) for slot in compiler.variables)
        self.start: Floats = store.num[compiler.variables].copy()
        self._tape = Tape(store, compiler.variables, compiler.batches, slots)
        self._out = self._tape.at(np.array(slots, np.intp))
        self._given = None if compiler.broken else (len(compiler.variables),)
        self.straight_line = StraightLine(self._tape, self._out)

    def __call__(self, x: Floats) -> Floats:
        """Return the first output at x (n,), or (S,) of them at x (S, n); see `values`."""
        return self.values(x)[..., 0]

    def values(self, x: Floats) -> Floats:
        """Return the outputs (m,) at x (n,), or (S, m) at x (S, n).

        Raises:
            OptionError: x has not one number a variable.
            WorkbookError: an output needs what cannot be computed here; see `fallbacks`.
        """
        x = self._checked(x)
        if (quick := self._quick_values(x)) is not None:
            return quick
        forward = self._forward(x)
        if forward is None:
            return np.stack([self.values(one) for one in x])
        state, _ = forward
        return self._numbers(state.num[..., self._out])

    def _quick_values(self, x: Floats) -> Floats | None:
        """Return the outputs at one x or few by the straight line; None if it does not take all."""
        if x.ndim == 1:
            return self.straight_line.values(x)
        if not 0 < len(x) <= FEW_POINTS:
            return None
        found = [self.straight_line.values(one) for one in x]
        good = [one for one in found if one is not None]
        return np.stack(good) if len(good) == len(x) else None

    def value_and_gradient(self, x: Floats, output: int = 0) -> tuple[Floats, Floats]:
        """Return one output, () or (S,), and its derivatives by the variables, (n,) or (S, n)."""
        x = self._checked(x)
        if x.ndim == 1 and (quick := self.straight_line.value_and_gradient(x, output)) is not None:
            return quick
        forward = self._forward(x)
        if forward is None:
            values, slopes = zip(*(self.value_and_gradient(one, output) for one in x), strict=True)
            return np.stack(values), np.stack(slopes)
        state, registers = forward
        slot = self._out[output]
        bars = self._tape.bars(x.shape[:-1])
        bars[..., slot] = 1.0
        return self._numbers(state.num[..., slot]), self._tape.backward(registers, bars)

    def values_and_jacobian(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the outputs (m,) or (S, m), and their derivatives (m, n) or (S, m, n)."""
        x = self._checked(x)
        if x.ndim == 1 and (quick := self.straight_line.values_and_jacobian(x)) is not None:
            return quick
        forward = self._forward(x)
        if forward is None:
            values, slopes = zip(*map(self.values_and_jacobian, x), strict=True)
            return np.stack(values), np.stack(slopes)
        state, registers = forward
        out = self._numbers(state.num[..., self._out])
        points = x.shape[0] if x.ndim > 1 else 0
        return out, self._tape.jacobian(registers, self._out, points)

    def jacobian(self, x: Floats) -> Floats:
        """Return the derivatives of the outputs: (m, n) at x (n,), (S, m, n) at x (S, n)."""
        return self.values_and_jacobian(x)[1]

    def values_and_sparse_jacobian(self, x: Floats) -> tuple[Floats, Sparse] | None:
        """Return the outputs (m,) at x (n,), and what may not be 0 of their Jacobian (m, n).

        None if there are too many pairs of cell and variable to look for them.
        """
        passes = self._tape.passes(self._out)
        if passes is None:
            return None
        pattern = passes.pattern
        x = self._checked(x)
        quick = self.straight_line.values_and_entries(x, pattern)
        if quick is not None:
            return quick[0], Sparse(pattern.starts, pattern.columns, quick[1], pattern.width)
        forward = self._forward(x)
        assert forward is not None  # noqa: S101 - one point is always run
        state, registers = forward
        entries = self._tape.entries(registers, self._out, passes)
        jacobian = Sparse(pattern.starts, pattern.columns, entries, pattern.width)
        return self._numbers(state.num[self._out]), jacobian

    def hessian(self, x: Floats, weights: Floats, steps: Floats) -> Sparse | None:
        """Return the second derivatives (n, n) of the sum of weights (m,) times the outputs.

        They are differences of exact first derivatives at x (n,) and beside it, one for each
        colour of variables: `steps` (n,) says how far. The places are the same at every x. None if
        there are too many pairs of variables.
        """
        return self._second(x, weights, steps)

    def quadratic_hessian(self, x: Floats, first: int) -> Sparse | None:
        """Return the second derivatives (f, f) of the first output by the first variables.

        It is to be a polynomial of degree 2 in them. Then its gradient is linear, so that
        differences have no error but rounding; and their steps from x (n,) are so large that all
        which does not grow with them is lost in it. None if there are too many pairs.
        """
        weights = np.zeros(len(self._slots))
        weights[0] = 1.0
        steps = np.where(np.arange(x.size) < first, LARGE, 0.0)
        found = self._second(x, weights, steps)
        return None if found is None else found.cut(first).take(np.arange(first))

    def _second(self, x: Floats, weights: Floats, steps: Floats) -> Sparse | None:
        if self._directions is None:
            return None
        pattern, colour, held = self._directions
        rows, columns = pattern.rows, pattern.columns
        by = colour[columns]
        count, width = int(colour.max(initial=-1)) + 1, max(1, MAX_TANGENTS // max(1, held))
        entries = np.zeros(columns.size)
        base = self._weighted_gradients(x[None], weights)
        for start in range(0, count, width):
            here = np.flatnonzero((colour >= start) & (colour < start + width))
            moves = np.zeros((min(width, count - start), x.size))
            moves[colour[here] - start, here] = steps[here]
            rise = self._weighted_gradients(x + moves, weights) - base
            at = np.flatnonzero((by >= start) & (by < start + width) & (steps[columns] != 0))
            entries[at] = rise[by[at] - start, rows[at]] / steps[columns[at]]
        turned = np.argsort(columns * x.size + rows)
        entries = 0.5 * (entries + entries[turned])
        return Sparse(pattern.starts, columns, entries, x.size)

    @cached_property
    def _directions(self) -> tuple[Pattern, Ints, int] | None:
        """The pairs of variables that second derivatives know, their colours, and a run's size."""
        forward = self._forward(self.start)
        assert forward is not None  # noqa: S101 - one point is always run
        found = self._tape.directions(forward[1])
        return None if found is None else (*found, self._tape.held(forward[1]))

    def _weighted_gradients(self, x: Floats, weights: Floats) -> Floats:
        """Return the gradients (S, n) of the sum of weights (m,) times the outputs at x (S, n)."""
        passes = self._tape.passes(self._out)
        if passes is not None:
            quick = self._straight_gradients(x, passes.pattern, weights)
            if quick is not None:
                return quick
        forward = self._forward(x)
        if forward is None:
            return np.concatenate([self._weighted_gradients(one[None], weights) for one in x])
        bars = self._tape.bars(x.shape[:-1])
        bars += np.bincount(self._out, weights, bars.shape[-1])
        return self._tape.backward(forward[1], bars)

    def _straight_gradients(self, x: Floats, pattern: Pattern, weights: Floats) -> Floats | None:
        """Return the same by the straight line, from one x to the next; None if it cannot."""
        own = weights[pattern.rows]
        out = np.empty_like(x)
        for k, one in enumerate(x):
            found = self.straight_line.values_and_entries(one, pattern)
            if found is None:
                return None
            out[k] = np.bincount(pattern.columns, found[1] * own, pattern.width)
        return out

    @cached_property
    def density(self) -> float:
        """How many of the outputs' derivatives are not 0 at the start, as a part of all."""
        found = self.values_and_sparse_jacobian(self.start)
        jacobian = self.jacobian(self.start) if found is None else found[1].values
        size = max(len(self._slots) * self._tape.size, 1)
        return int(np.count_nonzero(jacobian)) / size

    @property
    def moving(self) -> tuple[bool, ...]:
        """Whether each output depends on the variables at all."""
        state = self._compiler.store.state
        return tuple(bool(state[slot] == DYNAMIC) for slot in self._slots)

    @cached_property
    def linear(self) -> tuple[bool, ...]:
        """Whether each output is known to be linear (or constant) in the variables."""
        return tuple(degree <= 1 for degree in self.degrees(self._tape.size))

    @property
    def linearity_ends(self) -> tuple[Note, ...]:
        """The cells that are not linear in the variables although all that they read is.

        The note's function is the formula, as it stands in one of the cells.
        """
        found: dict[str, list[str]] = {}
        for slot, formula in where_linearity_ends(self._compiler):
            found.setdefault(formula, []).append(self._compiler.graph.name(slot))
        return tuple(Note(formula, tuple(cells)) for formula, cells in found.items())

    def degrees(self, first: int) -> tuple[int, ...]:
        """Return what each output is known to be in the first variables, the others held.

        0 constant, 1 linear, 2 a polynomial of degree 2; `MORE` is anything else.
        """
        found = slot_degrees(self._compiler, self._compiler.variables[:first])
        return tuple(found[self._slots].tolist())

    def mixed_integer(
        self,
        bounds: tuple[Floats, Floats, Bools],
        held: Sequence[float],
        objective: tuple[int, float] | None,
        sides: Sequence[tuple[int, int | None, float, str]],
        *,
        tightened: bool = True,
    ) -> MixedInteger:
        """Return the outputs as a mixed-integer linear model; see `mixed_integer`.

        Args:
            bounds: of the variables.
            held: the values of the last variables, which are not moved.
            objective: the number of an output, and 1 for a minimum, -1 for a maximum.
            sides: constraints: the numbers of two outputs, or of one, None and a number; the sign.
            tightened: whether linear constraints tighten the bounds.

        Raises:
            NotLinearError: a cell is neither linear nor can be made so.
        """
        slots = self._slots
        goal = None if objective is None else (slots[objective[0]], objective[1])
        rows = [
            Side(slots[left], None if right is None else slots[right], number, sign)
            for left, right, number, sign in sides
        ]
        return mixed_integer(self._compiler, bounds, held, goal, rows, tightened=tightened)

    def _forward(self, x: Floats) -> tuple[State, list[list[ArrayValue]]] | None:
        """Run forward; None if several x are to be run one by one, as sizes depend on them.

        Raises:
            WorkbookError: sizes that were the same in all cells of a formula differ at one x.
        """
        if x.ndim > 1 and self._ragged:
            return None
        try:
            return self._tape.forward(x)
        except UnequalSizesError as error:
            if x.ndim > 1:
                return None
            raise WorkbookError(
                f"{self._compiler.graph.book.path}: a formula's results become arrays of "
                "different sizes in its cells, which is not computed here"
            ) from error

    @cached_property
    def _ragged(self) -> bool:
        """Whether there are arrays whose sizes depend on x, so that each x is computed alone."""
        batches = (batch for batch, _ in self._compiler.batches)
        return any(one.function.ragged for batch in batches for one in batch.operations)

    @cached_property
    def work(self) -> int:
        """How much an evaluation is: numbers read and computed, Python's own calls by weight."""
        total = 0
        for batch, slots in self._compiler.batches:
            total += sum(index.size for index in batch.gathers.values())
            kinds = [operation.function.kind for operation in batch.operations]
            total += slots.size * sum(PLAIN_WORK if kind == "plain" else 1 for kind in kinds)
        return total

    @cached_property
    def smooth(self) -> tuple[Note, ...]:
        """The functions that are not smooth in the variables, with their cells; () if none."""
        found: dict[str, list[str]] = {}
        for batch, slots in self._compiler.batches:
            moving = set(batch.gathers) | {operation.out for operation in batch.operations}
            for operation in batch.operations:
                function = operation.function
                if any(i in moving and k in function.kinks for k, i in enumerate(operation.args)):
                    cells = found.setdefault(function.name, [])
                    cells += map(self._compiler.graph.name, slots[..., 0, 0].ravel().tolist())
        return tuple(Note(name, tuple(cells)) for name, cells in found.items())

    @cached_property
    def fallbacks(self) -> tuple[Note, ...]:
        """The functions that cannot be computed here, with their cells.

        Where they do not depend on the variables, the values that Excel cached stand for them.
        """
        compiler = self._compiler
        found: dict[tuple[str, bool], list[str]] = {}
        for slot, why in compiler.graph.unknown.items():
            key = (why, slot in compiler.broken)
            found.setdefault(key, []).append(compiler.graph.name(slot))
        for slot, why in compiler.broken.items():
            if slot not in compiler.graph.unknown and slot not in compiler.graph.home:
                found.setdefault((why, True), []).append(compiler.graph.name(slot))
        return tuple(Note(why, tuple(cells), moving) for (why, moving), cells in found.items())

    @cached_property
    def errors(self) -> dict[CellAddress, str]:
        """The cells for which outputs are no numbers at the start, with what these show.

        They are the first with the error in the order of computation, one for each such output.
        """
        return find_errors(self._compiler, self._slots)

    def errors_at(self, x: Floats) -> dict[CellAddress, str]:
        """Return the same at another point x (n,); this compiles once more."""
        places = self._compiler.store.places
        values = zip((places[slot] for slot in self._compiler.variables), x.tolist(), strict=True)
        book, variables = overlay(self._compiler.graph.book, dict(values))
        return compile_book(book, [places[slot] for slot in self._slots], variables).errors

    @cached_property
    def sum_of_squares(self) -> SumOfSquares | None:
        """The first output as a sum of squares, if it is one by its formulas; else None."""
        return find_sum_of_squares(self._compiler, self._slots[0])

    def _checked(self, x: Floats) -> Floats:
        if x.__class__ is np.ndarray and x.shape == self._given and x.dtype is _FLOAT:
            return x
        x = np.asarray(x, np.float64)
        if x.ndim not in (1, 2) or x.shape[-1] != self._tape.size:
            raise OptionError(
                f"x has shape {x.shape}; expected ({self._tape.size},) or (S, {self._tape.size})"
            )
        if self._compiler.broken:
            slot, why = next(iter(self._compiler.broken.items()))
            raise WorkbookError(
                f"{self._compiler.graph.book.path}: {self._compiler.graph.name(slot)} depends on "
                f"the variables by {why}, which is not in the table of functions"
            )
        return x

    @staticmethod
    def _numbers(values: Floats) -> Floats:
        """Return values with NaN for what is not finite."""
        if values.size == 1:
            return values if math.isfinite(values.item()) else np.full_like(values, np.nan)
        good = np.isfinite(values)
        return values if good.all() else np.where(good, values, np.nan)


def compile_book(
    book: Book, outputs: Iterable[str | CellAddress], variables: Iterable[str | CellAddress]
) -> Program:
    """Compile what outputs need of a workbook.

    Args:
        book: the workbook.
        outputs: cells or ranges such as "Sheet1!B2" or "'my sheet'!A1:A9,Sheet1!C1", or (sheet,
            (row, column)) from 0.
        variables: the cells that x stands for, likewise; what they hold is their start.

    Returns:
        The program.

    Raises:
        OptionError: a cell or a sheet is not there, or a cell is named twice.
        WorkbookError: a formula cannot be read, or refers to itself in a circle.
    """
    wanted = addresses(book, outputs)
    changing = addresses(book, variables)
    if not wanted:
        raise OptionError(f"{book.path}: no output was named; expected at least one cell")
    if len(set(changing)) < len(changing):
        twice = next(address for address in changing if changing.count(address) > 1)
        raise OptionError(f"{book.path}: variable {twice} is named twice")
    compiler = Compiler(book, changing)
    compiler.add(wanted)
    return Program(compiler, wanted)


def addresses(book: Book, cells: Iterable[str | CellAddress]) -> list[CellAddress]:
    """Return single cells, row by row, of references in text or as they are.

    Raises:
        OptionError: a text is no reference with a sheet of the workbook.
    """
    out: list[CellAddress] = []
    for one in [cells] if isinstance(cells, str) else cells:
        if not isinstance(one, str):
            out.append(one)
            continue
        try:
            tokens = tokenize(one.strip(), (0, 0))
        except WorkbookError as error:
            raise OptionError(f"{one!r} is no reference; expected one like Sheet1!A1:B2") from error
        for token in tokens:
            if token.kind in {",", " ", "(", ")"}:
                continue
            if token.kind == "name":
                out += _named(book, token.value, one)
                continue
            if not isinstance(token.value, Ref):
                raise OptionError(f"{one!r} is no reference; expected one like Sheet1!A1:B2")
            out += _cells(book, token.value, one)
    return out


def _named(book: Book, value: tuple[str | None, str], text: str) -> list[CellAddress]:
    """Return the cells of a defined name; names of names are not followed."""
    scope, name = value
    known = book.find_name(name, scope)
    tokens = () if known is None else tokenize(known.text, (0, 0))
    refs = [token.value for token in tokens if token.kind not in {",", " ", "(", ")"}]
    if not refs or not all(isinstance(ref, Ref) for ref in refs):
        raise OptionError(f"{book.path}: {text!r} names no cells; expected some like Sheet1!A1:B2")
    return [address for ref in refs for address in _cells(book, ref, text)]


def _cells(book: Book, ref: Ref, text: str) -> list[CellAddress]:
    sheet = book.find_sheet(ref.sheet or next(iter(book.sheets), ""))
    if sheet is None:
        known = ", ".join(book.sheets)
        raise OptionError(f"{book.path}: {text!r} names no sheet with cells; there are {known}")
    top, left, bottom, right = ref.at(0, 0)
    if (bottom - top + 1) * (right - left + 1) > 2_000_000:
        raise OptionError(f"{book.path}: {text!r} is more than two million cells")
    return [(sheet, (r, c)) for r in range(top, bottom + 1) for c in range(left, right + 1)]
