"""A batch as something that runs: forward, and its derivatives, backward and forward.

All values of a program stand in one vector v of slots. A call reads some slots, computes, and
writes its own. Derivatives are those of the whole chain of calls, each written once and read
later, so no tracing is needed: the order of the calls is the tape (Griewank and Walther,
*Evaluating Derivatives*, 2008, ch. 3).

- Reverse: v̄ holds the derivative of one output by each slot. A call takes v̄ of its own slots,
  goes back through its operations, and adds to v̄ of the slots that it read.
- Forward: v̇ holds the derivatives of each slot in K directions at once (a leading axis).

Most slots are numbers at every x, and their kinds are not even read. Which are not is known of
the variables' own values at first; where a call gives a text, a boolean or an error at some other
x, its slots are noted down for good in `Mixed`, before anything reads them in that run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._make import Function, fit
from sheetsim.formula.values import BLANK, NUMBER, ArrayValue, Bools, Ints, Kinds, Objects

if TYPE_CHECKING:
    from sheetsim.formula.compile.batches import Batch

Selector = slice | Ints


def selector(index: Ints) -> Selector:
    """Return a slice if the slots follow each other, else the slots."""
    flat = index.ravel()
    if flat.size == 1:
        return slice(int(flat[0]), int(flat[0]) + 1)
    if flat[-1] - flat[0] == flat.size - 1 and (np.diff(flat) == 1).all():
        return slice(int(flat[0]), int(flat[-1]) + 1)
    return index


class State:
    """The values of all slots while a program runs.

    Attributes:
        num: (n slots) or (S, n slots).
        kind, obj: as in `ArrayValue`, likewise; until `own`, (n slots) of the tape, not to be
            written.
    """

    __slots__ = ("_owned", "kind", "num", "obj")

    def __init__(self, num: Floats, kind: Kinds, obj: Objects) -> None:
        self.num = num
        self.kind = kind
        self.obj = obj
        self._owned = False

    def own(self) -> None:
        """Copy kinds and objects, if that has not been done, so that they may be written."""
        if not self._owned:
            self.kind = np.broadcast_to(self.kind, self.num.shape).copy()
            self.obj = np.broadcast_to(self.obj, self.num.shape).copy()
            self._owned = True


class Mixed:
    """The slots of a tape that may be something else than numbers, at one x or another.

    Attributes:
        slots: (n slots) which.
        times: how often some were added.
    """

    __slots__ = ("slots", "times")

    def __init__(self, size: int) -> None:
        self.slots: Bools = np.zeros(size, bool)
        self.times = 0

    def add(self, slots: Ints) -> None:
        """Add slots."""
        self.slots[slots] = True
        self.times += 1


_NOTHING = ArrayValue(np.zeros(0))


class Gather:
    """Slots that are read into a register.

    Attributes:
        kinded: whether one of them may be something else than a number; as of `seen`.
        array: if not, what does not change: the kinds of constants among them.
    """

    __slots__ = (
        "array", "index", "kinded", "mixed", "register", "seen", "select", "shape", "unique",
    )  # fmt: skip

    def __init__(self, register: int, index: Ints, mixed: Mixed, state: State) -> None:
        self.register = register
        self.index = index
        self.select = selector(index)
        self.shape = index.shape
        self.mixed = mixed
        self.array = _NOTHING
        if not self._look():
            self.array = self.read(state, strict=True)
        self.unique = isinstance(self.select, slice) or len(np.unique(index)) == index.size

    def read(self, state: State, *, strict: bool) -> ArrayValue:
        """Return the values of the slots."""
        select = self.select
        if isinstance(select, slice):
            num = state.num[..., select]
            num = num.reshape(num.shape[:-1] + self.shape)
        else:
            num = state.num.take(select, axis=-1)
        if strict or self.kinded or (self.seen != self.mixed.times and self._look()):
            return self._with_kinds(num, state)
        array = self.array
        return ArrayValue(num, array.kind, array.obj, bad=array.bad, literal=False)

    def _look(self) -> bool:
        """Return whether the slots may be something else than numbers, as is known by now."""
        self.seen = self.mixed.times
        self.kinded = bool(self.mixed.slots[self.index].any())
        return self.kinded

    def _with_kinds(self, num: Floats, state: State) -> ArrayValue:
        kind = state.kind[..., self.index]
        if not kind.any():
            return ArrayValue(num, literal=False)
        bad = bool(((kind > 1) & np.isnan(num)).any())
        return ArrayValue(num, kind, state.obj[..., self.index], bad=bad, literal=False)

    def tangent(self, moves: Floats) -> Floats:
        """Return the tangents of the slots."""
        return moves[..., self.index]

    def add(self, bars: Floats, bar: Floats) -> None:
        """Add to the derivatives by the slots that were read."""
        select = self.select
        if isinstance(select, slice):
            bars[..., select] += bar.reshape((*bar.shape[:-4], -1))
        elif self.unique:
            bars[..., select] += bar
        elif bars.ndim == 1 and bars.size <= 4 * self.index.size:
            bars += np.bincount(self.index.ravel(), bar.ravel(), bars.size)
        elif bars.ndim == 1:
            np.add.at(bars, self.index, bar)
        else:
            np.add.at(bars, (..., self.index), bar)  # type: ignore[arg-type]  # NumPy's stub


class Run:
    """An operation that depends on the variables: which arguments do, where the result goes."""

    __slots__ = ("args", "function", "moving", "out", "want")

    def __init__(self, function: Function, args: tuple[int, ...], moving: set[int], out: int):
        self.function = function
        self.args = args
        self.want = tuple(i in moving for i in args)
        self.moving = tuple(k for k, wanted in enumerate(self.want) if wanted)
        self.out = out


class Layout:
    """The registers and operations of a batch, the same for all waves of a recurrence.

    Attributes:
        names: the batch's registers -> ours.
        runs: the operations.
        root: the register of the result.
    """

    __slots__ = ("names", "root", "runs")

    def __init__(self, batch: Batch) -> None:
        order = [*batch.gathers, batch.root]
        for operation in batch.operations:
            order += [*operation.args, operation.out]
        self.names = {register: i for i, register in enumerate(dict.fromkeys(order))}
        moving = {*batch.gathers, *(operation.out for operation in batch.operations)}
        ours = {self.names[register] for register in moving}
        self.runs = [
            Run(o.function, tuple(self.names[i] for i in o.args), ours, self.names[o.out])
            for o in batch.operations
        ]
        self.root = self.names[batch.root]


class Call:
    """A batch that depends on the variables.

    Attributes:
        registers: the values that do not change, None for the others.
        gathers: what is read.
        runs: what is computed.
        root: the register of the result.
        write: where it goes.
        mixed: the tape's.
        kinded: whether the result may be something else than numbers.
    """

    __slots__ = ("gathers", "kinded", "mixed", "registers", "root", "runs", "slots", "write")

    def __init__(
        self,
        layout: Layout,
        values: dict[int, ArrayValue],
        gathers: dict[int, Ints],
        slots: Ints,
        mixed: Mixed,
        state: State,
    ) -> None:
        names = layout.names
        self.registers: list[ArrayValue | None] = [None] * len(names)
        for register, value in values.items():
            if register in names:
                self.registers[names[register]] = value
        self.gathers = [
            Gather(names[register], index, mixed, state) for register, index in gathers.items()
        ]
        self.runs = layout.runs
        self.root = layout.root
        self.slots = slots
        self.write = selector(slots)
        self.mixed = mixed
        self.kinded = bool(state.kind[slots].any())
        if self.kinded:
            mixed.add(slots)

    def forward(self, state: State, *, strict: bool) -> list[ArrayValue]:
        """Compute the call's slots; return all registers, for the derivatives."""
        registers: list[ArrayValue] = self.registers.copy()  # type: ignore[assignment]
        for gather in self.gathers:
            registers[gather.register] = gather.read(state, strict=strict)
        for run in self.runs:
            registers[run.out] = run.function.value([registers[i] for i in run.args], strict)
        self.store(state, registers[self.root], strict=strict)
        return registers

    def store(self, state: State, root: ArrayValue, *, strict: bool) -> None:
        """Write the result into the call's slots."""
        write = self.write
        num = root.num
        shape = self.slots.shape
        if num.shape[-4:] != shape:
            num = np.broadcast_to(num, num.shape[:-4] + shape)
        if isinstance(write, slice):
            state.num[..., write] = num.reshape((*num.shape[:-4], -1))
        else:
            state.num[..., write] = num
        if root.kind is not None or self.kinded:
            self._store_kinds(state, root, strict=strict)

    def _store_kinds(self, state: State, root: ArrayValue, *, strict: bool) -> None:
        """Write what the results are that may be no numbers.

        In a strict run all calls read all kinds; else those that come have to know of it.
        """
        kind = np.zeros(1, np.uint8) if root.kind is None else root.kind
        kind = np.where(kind == BLANK, np.uint8(NUMBER), kind)
        if not (strict or self.kinded):
            if not kind.any():
                return
            self.kinded = True
            self.mixed.add(self.slots)
        state.own()
        state.kind[..., self.slots] = kind
        state.obj[..., self.slots] = None if root.obj is None else root.obj

    def backward(self, registers: list[ArrayValue], bars: Floats, *, careful: bool) -> None:
        """Go back through the operations, from the bars of the call's slots to those it read.

        Careful: where nothing flows in, nothing flows out, be a slope infinite or not.
        """
        write = self.write
        if isinstance(write, slice):
            own = bars[..., write]
            own = own.reshape(own.shape[:-1] + self.slots.shape)
        else:
            own = bars[..., write]
        held: list[Floats | None] = [None] * len(registers)
        held[self.root] = fit(own, registers[self.root].shape)
        for run in reversed(self.runs):
            bar = held[run.out]
            if bar is None:
                continue
            for k, more in zip(
                run.moving, _pull(run, registers, bar, careful=careful), strict=True
            ):
                if more is not None:
                    i = run.args[k]
                    before = held[i]
                    held[i] = more if before is None else before + more
        for gather in self.gathers:
            bar = held[gather.register]
            if bar is not None:
                if bar.shape[-4:] != gather.shape:
                    bar = np.broadcast_to(bar, bar.shape[:-4] + gather.shape)
                gather.add(bars, bar)

    def tangent(self, registers: list[ArrayValue], moves: Floats, *, careful: bool) -> None:
        """Compute the tangents of the call's slots from those of the slots it read."""
        held: list[Floats | None] = [None] * len(registers)
        for gather in self.gathers:
            held[gather.register] = gather.tangent(moves)
        for run in self.runs:
            held[run.out] = _push(run, registers, held, careful=careful)
        root = held[self.root]
        if root is None:
            moves[..., self.slots] = 0.0
            return
        target = (*moves.shape[:-1], *self.slots.shape)
        if root.shape != target:
            root = np.broadcast_to(root, target)
        if isinstance(self.write, slice):
            moves[..., self.write] = root.reshape((*moves.shape[:-1], -1))
        else:
            moves[..., self.write] = root


def _pull(
    run: Run, registers: list[ArrayValue], bar: Floats, *, careful: bool
) -> list[Floats | None]:
    """Return the bars of an operation's moving arguments, given that of its result."""
    function = run.function
    args = [registers[i] for i in run.args]
    out = registers[run.out]
    if function.vjp is not None:
        nums = [arg.num for arg in args]
        return [
            fit(np.asarray(function.vjp(k, bar, out.num, *nums)), args[k].shape) for k in run.moving
        ]
    slopes = function.slopes(args, out, run.want)
    pulled: list[Floats | None] = []
    for k in run.moving:
        slope = slopes[k]
        if slope is None:
            pulled.append(None)
            continue
        product = _times(bar, slope) if careful else bar * slope
        pulled.append(fit(product, args[k].shape))
    return pulled


def _times(bar: Floats, slope: Floats) -> Floats:
    """Multiply; where nothing flows, nothing comes out, be the slope infinite or not."""
    return np.where(bar == 0, 0.0, bar * slope)


def _push(
    run: Run, registers: list[ArrayValue], held: list[Floats | None], *, careful: bool
) -> Floats | None:
    """Return the tangent of an operation's result; None for 0."""
    function = run.function
    args = [registers[i] for i in run.args]
    out = registers[run.out]
    total: Floats | None = None
    slopes = None
    for k in run.moving:
        move = held[run.args[k]]
        if move is None:
            continue
        if function.jvp is not None:
            more = np.asarray(function.jvp(k, move, out.num, *(arg.num for arg in args)))
        else:
            slopes = function.slopes(args, out, run.want) if slopes is None else slopes
            slope = slopes[k]
            if slope is None:
                continue
            more = fit(_times(move, slope) if careful else move * slope, out.shape)
        total = more if total is None else total + more
    return total
