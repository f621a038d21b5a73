"""Constant folding: one formula in many cells at once, all computed in it that is fixed.

What does not depend on the variables is computed here, once; the rest becomes a list of operations
on whole arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.areas import Areas, errors_in, lost, whole_areas
from sheetsim.formula.compile.batches import (
    Batch,
    Group,
    Operation,
    UncomputableError,
    UnreadyError,
    areas_in_block,
    layout,
)
from sheetsim.formula.compile.broadcasting import Size, cell_by_cell, common, filled, lacks
from sheetsim.formula.compile.dynamic_references import CellReader
from sheetsim.formula.compile.implicit_intersection import OWN_LINE, cut_to_own_line
from sheetsim.formula.compile.lifting import assembled, element
from sheetsim.formula.compile.plan import Body, Step, StepKind
from sheetsim.formula.compile.sight import sight_of
from sheetsim.formula.compile.store import DYNAMIC, KNOWN, WAITING, Store
from sheetsim.formula.compile.unrolling import Done, unroll
from sheetsim.formula.compile.used_range import EXTRA, LARGE, UsedRange, alike, size_of, within
from sheetsim.formula.functions import Function, Reads, UnequalSizesError, UnknownResultError
from sheetsim.formula.functions._make import lost_range
from sheetsim.formula.functions.operators import AS_IS
from sheetsim.formula.values import (
    NUMBER,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    Ints,
    choose,
    constant,
    failed,
)

if TYPE_CHECKING:
    from sheetsim.book import Place

Touch = Callable[["Group", "list[Place]", Areas, Hashable], None]

MOST_REFERENCES = 20_000
"""References in an array of them; a function is computed for each."""


class _Folding:
    """A batch in the making; see `fold` and `resolve_references`."""

    def __init__(
        self,
        store: Store,
        group: Group,
        places: list[Place],
        limits: UsedRange | None = None,
        *,
        touch: Touch | None = None,
        flat: bool = False,
    ) -> None:
        self.store = store
        self.touch = touch
        self.flat = flat
        self.limits = limits or UsedRange(store, group.plan)
        if flat:
            pairs = np.array(places, np.intp)
            self.places, self.rows, self.columns = places, pairs[:, :1], pairs[:, 1:]
        else:
            self.places, self.rows, self.columns = layout(places)
        self.shape = np.broadcast_shapes(self.rows.shape, self.columns.shape)
        self.batch = Batch(group, self.places, (self.shape[0], self.shape[1]))
        self.areas: dict[int, Areas] = {}
        self.moving: dict[int, Step] = {}  # references whose arguments depend on the variables
        self.several: dict[int, list[list[Areas]]] = {}  # rows of them, made of arrays
        self.spread: dict[int, int] = {}  # register -> the step whose references it would gather
        self.sights: set[int] = set()  # of these, the ones that only see
        self.used: list[Areas] = []
        self.next = len(group.plan.steps)
        self.trials: dict[int, ArrayValue] = {}
        self.tried = 0
        self.sizes: dict[int, Size] = {}

    def again(self) -> _Folding:
        """Return another attempt, with the sheets reckoned with that this one came upon."""
        group, limits = self.batch.group, self.limits.again()
        return _Folding(self.store, group, self.places, limits, touch=self.touch, flat=self.flat)

    def split(self, labels: Ints | Bools, *, waiting: bool = False) -> None:
        """Raise `UnreadyError`, unless all labels are the same."""
        first = labels.flat[0]
        if labels.size > 1 and (labels != first).any():
            flat = np.broadcast_to(labels, self.shape).ravel()
            raise UnreadyError(
                [[self.places[i] for i in np.flatnonzero(flat == k)] for k in np.unique(flat)]
            )
        if waiting and first:
            raise UnreadyError([self.places], waiting=True)

    def take(self, register: int, areas: Areas, spare: int = 0) -> None:
        """Read the cells of areas into a register."""
        self.split(areas.bottom - areas.top)
        self.split(areas.right - areas.left)
        self.split(lost(areas))
        if lost(areas).any():
            self.batch.values[register] = errors_in(areas)
            return
        self.used.append(areas)
        index = self.store.indices(self.limits.cut(areas, spare))
        state = self.store.state[index]
        if state.min() == KNOWN == state.max():
            self.batch.values[register] = self.store.gather(index)
            return
        waits = state == WAITING
        if len(self.places) == 1 and waits.any():
            slots = index[waits].tolist()
            raise UnreadyError([self.places], waiting=True, slots=slots)
        self.split(waits.any((-2, -1)), waiting=True)
        moves = (state == DYNAMIC).any((-2, -1))
        self.split(moves)
        if moves.flat[0]:
            self.batch.gathers[register] = index
        else:
            self.batch.values[register] = self.store.gather(index)

    def gather(self, register: int, step: Step) -> None:
        """Do a step of kind "gather"."""
        source = step.areas[0]
        if source in self.several:
            self._spread(register, source)
            return
        if source in self.moving:
            self._moving_index(register, source, single=bool(step.value))
            return
        areas = self.areas[source]
        if step.value:
            areas = cut_to_own_line(areas, self.rows, self.columns)
        if (
            self.touch is not None
            and self.batch.group.plan.steps[source].kind is StepKind.REFERENCE
        ):
            self.touch(self.batch.group, self.places, areas, register)
            if register not in self.batch.group.plan.ahead:
                return
        self.take(register, areas)

    def sight(self, register: int, source: int) -> None:
        """Do a step of kind "sight"."""
        if source in self.several:
            self.spread[register] = source
            self.sights.add(register)
            self.batch.values[register] = constant(0.0)
        elif source in self.moving:
            self.batch.values[register] = constant(0.0)
        else:
            self.batch.values[register] = self._seen(self.areas[source])

    def ask(self, register: int, step: Step) -> None:
        """Do a step of kind "ask"."""
        if len(self.places) > 1:
            raise UnreadyError([[place] for place in self.places])
        values, function = self.batch.values, step.value
        source = step.areas[0] if step.areas else None
        if source in self.several or not all(i in values for i in step.args):
            raise UncomputableError([self.places], f"{function.name} of such arguments")
        if source in self.moving:
            self._unresolved(register, step.areas[0])
            return
        reader = CellReader(self.store, self.batch.group.sheet, self.places[0])
        areas = None if source is None else self.areas[source]
        args = [values[i] for i in step.args]
        try:
            values[register] = function.asks(reader, areas, args)
        except UnknownResultError as unknown:
            raise UncomputableError([self.places], str(unknown)) from unknown

    def _seen(self, areas: Areas) -> ArrayValue:
        """Return which cells of areas are shown, as many as are read of them."""
        self.split(areas.bottom - areas.top)
        self.split(areas.right - areas.left)
        if lost(areas).any():
            return constant(0.0)
        return sight_of(self.store, self.limits.cut(areas))

    def _spread(self, register: int, source: int) -> None:
        """Note that a register would hold what an array of references refers to."""
        rows = self.several[source]
        self.spread[register] = source
        self.batch.values[register] = constant([[VALUE_ERROR] * len(rows[0])] * len(rows))
        if self.touch is None:
            return
        for r, row in enumerate(rows):
            for c, areas in enumerate(row):
                self.touch(self.batch.group, self.places, areas, (register, r, c))

    def _lifted(self, function: Function, args: tuple[int, ...], register: int) -> None:
        """Compute a function of an array of references for each of them alone."""
        several = {i: self.several[self.spread[i]] for i in args if i in self.spread}
        beside = [i for k, i in enumerate(args) if i not in several and function.letter(k) == "V"]
        sizes = [(len(rows), len(rows[0])) for rows in several.values()]
        height, width = common([*sizes, *map(self.size, beside)])
        outs = []
        for r in range(height):
            for c in range(width):
                own = []
                for k, i in enumerate(args):
                    one = i
                    if i in several:
                        rows, one = several[i], self.free()
                        areas = rows[min(r, len(rows) - 1)][min(c, len(rows[0]) - 1)]
                        if i in self.sights:
                            self.batch.values[one] = self._seen(areas)
                        else:
                            self.take(one, areas)
                    elif function.letter(k) == "V" and self.size(i) != (1, 1):
                        one = self.operate(element(r, c), (i,), self.free())
                    own.append(one)
                outs.append(self.operate(function, tuple(own), self.free()))
        self.operate(assembled(height, width), tuple(outs), register)

    def _moving_index(self, register: int, source: int, *, single: bool) -> None:
        """Look up in the values of an area, at a place that depends on the variables."""
        step = self.moving[source]
        function = step.value
        if function.kind == "reference" or step.areas[0] in self.moving:
            self._unresolved(register, source)
            return
        areas = self.areas[step.areas[0]]
        if self.touch is not None:
            self.touch(self.batch.group, self.places, areas, register)
            return
        base = self.free()
        self.take(base, areas, 1)
        whole, read = size_of(areas), self.size(base)
        args = list(step.args)
        for k, axis in enumerate((0, 1) if len(args) > 1 else (int(whole[0] == 1),)):
            if single and whole[axis] > 1:
                own = self.free()
                self.batch.values[own] = ArrayValue(self._own(areas, axis))
                args[k] = self.operate(OWN_LINE, (args[k], own), self.free())
            if whole[axis] > read[axis]:  # what lies behind is blank
                line = within(read[axis], whole[axis])
                args[k] = self.operate(line, (args[k],), self.free())
        self.operate(function, (base, *args), register)

    def _unresolved(self, register: int, source: int) -> None:
        """Note that it is not known what a dynamic reference refers to."""
        if self._depends(source):
            name = self.moving[source].value.name
            self.batch.unknown = f"{name} with arguments that depend on the variables"
            self.batch.values[register] = constant(0.0)
        else:  # arrays of references
            self.batch.values[register] = constant(VALUE_ERROR)

    def _own(self, areas: Areas, axis: int) -> Floats:
        """Return the cells' own row or column in areas, from 1; far outside if there is none."""
        first, last, own = (
            (areas.left, areas.right, self.columns)
            if axis
            else (areas.top, areas.bottom, self.rows)
        )
        line = np.where((own < first) | (own > last), -9, own - first + 1)
        return line[..., None, None].astype(np.float64)

    def _depends(self, source: int) -> bool:
        """Whether an argument of a reference, or of one that it is made from, is not known."""
        sources, steps = [source], self.batch.group.plan.steps
        for one in sources:
            if not all(i in self.batch.values for i in steps[one].args):
                return True
            sources += [i for i in steps[one].areas if i in self.moving]
        return False

    def free(self) -> int:
        """Return a register that no step has."""
        self.next += 1
        return self.next - 1

    def size(self, register: int) -> Size:
        """Return the rows and columns of a register's value."""
        shape: tuple[int, ...] = (1, 1)
        if register in self.sizes:
            return self.sizes[register]
        if register in self.batch.gathers:
            shape = self.batch.gathers[register].shape
        else:
            value = self.trial(register)
            shape = (1, 1) if value is None else value.shape
        return shape[-2], shape[-1]

    def trial(self, register: int) -> ArrayValue | None:
        """Return a register's value with the variables' own; None if it has none yet."""
        if register in self.batch.values:
            return self.batch.values[register]
        trials, values = self.trials, self.batch.values
        for i, index in self.batch.gathers.items():
            if i not in trials:
                trials[i] = self.store.gather(index)
        for one in self.batch.operations[self.tried :]:
            args = [values[i] if i in values else trials[i] for i in one.args]
            trials[one.out] = self.computed(one.function, args)
        self.tried = len(self.batch.operations)
        return trials.get(register)

    def reference(self, register: int, step: Step) -> None:
        """Do a step of kind "reference"."""
        function = step.value
        static = all(i in self.batch.values for i in step.args)
        beside = [
            k for k in range(len(step.args) + len(step.areas)) if k not in function.references
        ]
        singles = [i for k, i in zip(beside, step.args, strict=True) if function.letter(k) == "V"]
        several = static and any(self.size(i) != (1, 1) for i in singles)
        if not static or several or any(i in self.moving for i in step.areas):
            self.moving[register] = step
            if several and function.kind == "reference" and not set(step.areas) & set(self.moving):
                self._refer_to_several(register, step)
            return
        if function.reads is Reads.ANYWHERE and len(self.places) > 1:  # each a sheet of its own
            raise UnreadyError([[place] for place in self.places])
        self.areas[register] = function.refers(
            CellReader(self.store, self.batch.group.sheet, self.places[0]),
            [self.areas[i] for i in step.areas],
            [self.batch.values[i] for i in step.args],
        )

    def _refer_to_several(self, register: int, step: Step) -> None:
        """Find what a function refers to for each value of its arguments, which are arrays."""
        function, args = step.value, [self.batch.values[i] for i in step.args]
        height, width = common([arg.shape[-2:] for arg in args])  # type: ignore[misc]
        if height * width > MOST_REFERENCES:
            return
        if len(self.places) > 1:
            raise UnreadyError([[place] for place in self.places])
        reader = CellReader(self.store, self.batch.group.sheet, self.places[0])
        areas = [self.areas[i] for i in step.areas]
        self.several[register] = [
            [
                function.refers(reader, areas, [element(r, c).value([arg], True) for arg in args])
                for c in range(width)
            ]
            for r in range(height)
        ]

    def computed(self, function: Function, args: list[ArrayValue]) -> ArrayValue:
        """Compute a function.

        Raises:
            UnreadyError: the results in the cells are of different sizes.
            UncomputableError: it cannot; whatever a function stumbles over, a file may hold.
        """
        try:
            with np.errstate(all="ignore"):
                return function.value(args, True)
        except UnequalSizesError as unequal:
            self.split(unequal.labels)
            raise
        except MemoryError:
            raise
        except Exception as error:
            known = isinstance(error, UnknownResultError)
            why = str(error) if known else f"{function.name} of such arguments"
            raise UncomputableError([[place] for place in self.places], why) from error

    def operate(self, function: Function, args: tuple[int, ...], register: int) -> int:
        """Compute a function now if its arguments are known, else note it down."""
        values = self.batch.values
        if any(i in self.spread for i in args) and function.over_references:
            self._lifted(function, args, register)
            return register
        if len(args) > 1:
            args = self.equal(function, args)
        if all(i in values for i in args):
            values[register] = self.computed(function, [values[i] for i in args])
        else:
            if len(self.places) > 1 and self._may_change_size(function, args):
                raise UnreadyError([[place] for place in self.places])
            self.batch.operations.append(Operation(function, args, register))
            if function.kind == "statistic":
                self.sizes[register] = (1, 1)
            elif all(cell_by_cell(function, len(args))):
                self.sizes[register] = common([self.size(i) for i in args])
        return register

    def equal(self, function: Function, args: tuple[int, ...]) -> tuple[int, ...]:
        """Fill up the single values that a function takes together, if they are unequal arrays."""
        together = [function.letter(k) == "V" for k in range(len(args))]
        sizes = [self.size(i) for i, own in zip(args, together, strict=True) if own]
        if not sizes or not any(lacks(size, common(sizes)) for size in sizes):
            return args
        fill, whole = filled(common(sizes)), common(sizes)
        return tuple(
            self.operate(fill, (i,), self.free()) if own and lacks(self.size(i), whole) else i
            for i, own in zip(args, together, strict=True)
        )

    def choice(self, register: int, step: Step) -> None:
        """Do a choice: its result is as large as the argument that it chooses."""
        args, function = step.args, step.value
        sizes = [self.size(i) for i in args]
        deciding = function.deciding(len(args))
        values = [k for k in range(len(args)) if k in function.returns]
        whole = common([sizes[k] for k in values])
        if any(sizes[k] != (1, 1) for k in deciding) or all(sizes[k] == whole for k in values):
            self.operate(function, args, register)
        elif all(args[k] in self.batch.values for k in deciding):
            self._chosen(register, step)
        elif (
            len(deciding) > 1
            or values[0] == 0
            or (step.kind is StepKind.CHOICE and not self._harmless(args, sizes))
        ):
            self.batch.unknown = f"{function.name} of values of unequal size"
            self.batch.values[register] = constant(0.0)
        elif step.kind is StepKind.CHOICE:
            self.operate(function, args, register)
        else:
            fill = filled(whole, blank=True)
            ours = [self.operate(fill, (args[k],), self.free()) for k in values]
            self.operate(function, (args[0], *ours), register)

    def _chosen(self, register: int, step: Step) -> None:
        """Take the argument that those which decide, and are fixed, choose."""
        args, function = step.args, step.value
        k = self._choice_of(step)
        if 0 <= k < len(args):
            self.operate(AS_IS, (args[k],), register)
        elif k == len(args) and function.default is not None:
            self.batch.values[register] = constant(function.default)
        else:  # the error that it gives
            deciding = function.deciding(len(args))
            own = tuple(i if k in deciding else args[0] for k, i in enumerate(args))
            self.operate(function, own, register)

    def _choice_of(self, step: Step) -> int:
        """Return which argument a step chooses, whose deciding ones are fixed."""
        function, args = step.value, step.args
        deciding = [self.batch.values[args[k]] for k in function.deciding(len(args))]
        chosen = function.chooses(*deciding, count=len(args))
        self.split(chosen)
        return int(chosen.flat[0])

    def _harmless(self, args: tuple[int, ...], sizes: list[Size]) -> bool:
        """Whether it does not matter that a single value stands for an array of it."""
        for i, size in zip(args[1:], sizes[1:], strict=True):
            value = self.batch.values.get(i)
            if size == (1, 1) and (
                value is None or (value.kind is None and value.num.any())
                or (value.kind is not None and ((value.kind == NUMBER) & (value.num != 0)).any())
            ):  # fmt: skip
                return False
        return True

    def geometry(self, register: int, step: Step) -> None:
        """Do a step of kind "geometry"."""
        function = step.value
        if step.args:  # ROWS and COLUMNS of a value, not of a reference
            value = self.batch.values.get(step.args[0])
            for one in self.batch.operations:
                if one.out == step.args[0] and self._may_change_size(one.function, one.args):
                    why = f"{one.function.name} of a size that depends on the variables"
                    self.batch.unknown = why
            areas = whole_areas(self.size(step.args[0]))
            if value is not None and lost_range(value):
                out = function.measures(areas)
                self.batch.values[register] = choose(failed(value), value, out)
                return
        elif not step.areas:
            areas = Areas("", self.rows, self.columns, self.rows, self.columns)
        elif step.areas[0] in self.moving:
            self._unresolved(register, step.areas[0])
            return
        else:
            areas = self.areas[step.areas[0]]
            self.split(areas.bottom - areas.top)
            self.split(areas.right - areas.left)
            if function.per_line:
                areas = self.limits.cut(areas)
        self.batch.values[register] = function.measures(areas)

    def run(self) -> Batch:
        """Do all steps; if only the dynamic references are wanted, those alone that find them."""
        plan = self.batch.group.plan
        steps = plan.steps
        for i, step in enumerate(steps):
            if self.touch is not None and i not in plan.ahead and i not in plan.dynamic:
                continue
            if i not in plan.inner:
                self._do(i, step)
        self.batch.root = len(steps) - 1
        self._watch_sizes()
        return self.batch

    def _do(self, i: int, step: Step) -> None:
        """Do a step whose needs are done."""
        if step.kind is StepKind.CALL:
            self.operate(step.value, step.args, i)
        elif step.kind is StepKind.GATHER:
            self.gather(i, step)
        elif step.kind in (StepKind.CHOICE, StepKind.RANGES):
            self.choice(i, step)
        elif step.kind is StepKind.AREA:
            self.areas[i] = areas_in_block(step.value, self.rows, self.columns)
        elif step.kind is StepKind.CONST:
            self.batch.values[i] = self.batch.group.plan.constants[i]
        elif step.kind is StepKind.REFERENCE:
            self.reference(i, step)
        elif step.kind is StepKind.SIGHT:
            self.sight(i, step.areas[0])
        elif step.kind is StepKind.ASK:
            self.ask(i, step)
        elif step.kind is StepKind.EACH:
            self._each(i, step, {}, frozenset())
        else:
            self.geometry(i, step)

    def _each(self, i: int, step: Step, done: Done, bound: frozenset[int]) -> None:
        """Do a step of kind "each", within others whose steps are done and parameters bound."""
        plan = self.batch.group.plan
        known = bound | set(step.value.numbers)

        def one(body: Body, params: tuple[int, ...]) -> int:
            """Compute the body for one element; return the register of its value."""
            own = {**done, **dict(zip(body.params, params, strict=True))}
            for k in body.inner:
                if k in done or not plan.inner[k] <= known:
                    continue  # done for all elements; or to be done within another LAMBDA
                inner, own[k] = plan.steps[k], self.free()
                args = tuple(own.get(a, a) for a in inner.args)
                moved = Step(inner.kind, inner.value, args, inner.areas)
                if inner.kind is StepKind.EACH:
                    self._each(own[k], moved, own, known)
                else:
                    self._do(own[k], moved)
            return own.get(body.root, body.root)

        unroll(self, i, step.value, step.args, one)

    def _may_change_size(self, function: Function, args: tuple[int, ...]) -> bool:
        """Whether a result may be of another size at another x."""
        sizes = function.sizes
        return function.ragged and any(
            i not in self.batch.values and (sizes is None or sizes(k)) for k, i in enumerate(args)
        )

    def _watch_sizes(self) -> None:
        """Give up where a size that depends on the variables is more than a statistic's matter."""
        ragged = {
            one.out: one.function
            for one in self.batch.operations
            if self._may_change_size(one.function, one.args)
        }
        if self.batch.root in ragged:
            self.batch.unknown = (
                f"{ragged[self.batch.root].name} of a size that depends on the variables"
            )
        for one in self.batch.operations:
            for i in one.args:
                if i in ragged and one.function.kind != "statistic":
                    name = ragged[i].name
                    self.batch.unknown = f"{name} of a size that depends on the variables"

    def run_lazily(self) -> Batch:
        """Do the steps that the value really needs: of what is chosen among, the chosen alone."""
        plan = self.batch.group.plan
        steps = plan.steps
        root = len(steps) - 1
        done: set[int] = set()
        stack = [root]
        while stack:
            i = stack[-1]
            step = steps[i]
            needs = [*step.areas, *step.args]
            if step.kind is StepKind.EACH:
                body: Body = step.value
                inner = {*body.inner, *body.params}
                outer = {a for k in body.inner for a in (*steps[k].args, *steps[k].areas)}
                needs += [k for k in {*outer, body.root} - inner if k not in plan.inner]
            lazy = step.kind in _CALLS and step.value.chooses is not None
            if lazy:
                needs = [step.args[k] for k in step.value.deciding(len(step.args))]
            missing = [] if i in done else [one for one in needs if one not in done]
            if lazy and not missing and i not in done:
                missing = self._still_needed(i, step, done)
            if missing:
                stack += missing
                continue
            stack.pop()
            if i not in done:
                self._do(i, step)
                done.add(i)
        self.batch.root = root
        self._watch_sizes()
        return self.batch

    def _still_needed(self, i: int, step: Step, done: set[int]) -> list[int]:
        """Return what a choice needs now that what decides it is done; or make it, and nothing."""
        function, args = step.value, step.args
        deciding = [args[k] for k in function.deciding(len(args))]
        if any(one not in self.batch.values or self.size(one) != (1, 1) for one in deciding):
            return [one for one in args if one not in done]
        k = self._choice_of(step)
        if 0 <= k < len(args) and args[k] not in done:
            return [args[k]]
        self._chosen(i, step)
        done.add(i)
        return []


_CALLS = {StepKind.CALL, StepKind.CHOICE, StepKind.RANGES}


def fold_lazily(store: Store, group: Group, place: Place) -> tuple[Batch, list[Areas]]:
    """Return one cell as a batch, and what it really needs: no branch that is not taken.

    Args:
        store: with the cells that it needs.
        group: its.
        place: where it stands.

    Raises:
        UnreadyError: the cell waits for others.
    """
    folding = _Folding(store, group, [place])
    batch = folding.run_lazily()
    while folding.limits.stale:
        folding = folding.again()
        batch = folding.run_lazily()
    return batch, folding.used


def fold(store: Store, group: Group, places: list[Place], *, flat: bool = False) -> Batch:
    """Return cells of a group as a batch, with all computed that is fixed.

    Args:
        store: with the cells that they need.
        group: theirs.
        places: the cells.
        flat: lay the cells out one below the other, as they are given.

    Raises:
        UnreadyError: the cells have to be split, or wait for others.
    """
    folding, batch = _folded(_Folding(store, group, places, flat=flat))
    limits = folding.limits
    if not limits.used or batch.unknown:
        return batch
    farther = _Folding(store, group, places, limits.again(extra=EXTRA), flat=flat)
    more, less = farther.trial(farther.run().root), folding.trial(batch.root)
    if more is None or less is None or alike(more, less, group.size):
        return batch
    if len(places) > 1 and len(places) * limits.largest > LARGE:
        raise UnreadyError([[place] for place in places])
    return _Folding(store, group, places, limits.again(whole=True), flat=flat).run()


def resolve_references(store: Store, group: Group, places: list[Place], touch: Touch) -> None:
    """Find what the dynamic references of cells refer to, as far as that is fixed.

    Args:
        store: with the cells that they need.
        group: theirs.
        places: the cells.
        touch: is called with every area that OFFSET and its like turn out to refer to, the cells
            of the block, and the step; it makes the area's cells known.

    Raises:
        UnreadyError: the cells have to be split, or wait for others.
    """
    _folded(_Folding(store, group, places, touch=touch))


def _folded(folding: _Folding) -> tuple[_Folding, Batch]:
    """Run until no reference is left that reaches beyond what had been reckoned with."""
    batch = folding.run()
    while folding.limits.stale:
        folding = folding.again()
        batch = folding.run()
    return folding, batch
