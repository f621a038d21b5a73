"""The calls of a program in order, run forward and back on one vector of slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import WorkbookError
from sheetsim.formula.autodiff.calls import Call, Layout, Mixed, State
from sheetsim.formula.autodiff.interactions import interactions
from sheetsim.formula.autodiff.sparsity import (
    Dependence,
    Passes,
    Pattern,
    colours,
    dependence,
    plan_passes,
)
from sheetsim.formula.functions import UnequalSizesError
from sheetsim.formula.values import ArrayValue, Ints

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sheetsim.formula.compile.batches import Batch
    from sheetsim.formula.compile.store import Store

MAX_TANGENTS = 30_000_000
"""Numbers that a Jacobian holds at once; more directions go in several passes."""

FEW = 4
"""Rows or columns for which no pattern is looked for."""


class Tape:
    """Calls that compute slots from variables.

    The slots are numbered anew: the variables' first, then each call's in a row, so that most
    reads and writes are slices.

    Attributes:
        size: how many variables there are.
        calls: in order.
        base: the values of all slots at the variables' own.
    """

    def __init__(
        self,
        store: Store,
        variables: Sequence[int],
        batches: Sequence[tuple[Batch, Ints]],
        outputs: Iterable[int],
    ) -> None:
        self.size = len(variables)
        order = dict.fromkeys(variables)
        for _, slots in batches:
            order.update(dict.fromkeys(slots.ravel().tolist()))
        for batch, _ in batches:
            for index in batch.gathers.values():
                order.update(dict.fromkeys(index.ravel().tolist()))
        order.update(dict.fromkeys(outputs))
        old = np.fromiter(order, np.intp, len(order))
        self._new = np.full(len(store.num), -1, np.intp)
        self._new[old] = np.arange(len(old))
        self.base = State(store.num[old], store.kind[old], store.obj[old])
        self._mixed = Mixed(len(old))
        layouts: dict[int, Layout] = {}
        self.calls = []
        for batch, slots in batches:
            own = self._new[slots]
            moved = {register: self._new[index] for register, index in batch.gathers.items()}
            shared = id(batch.operations)  # the waves of a recurrence have one list
            if shared not in layouts:
                layouts[shared] = Layout(batch)
            call = Call(layouts[shared], batch.values, moved, own, self._mixed, self.base)
            self.calls.append(call)
        self._looked = False
        self._dependence: Dependence | None = None
        self._passes: dict[bytes, Passes | None] = {}

    def at(self, slots: Ints) -> Ints:
        """Return the tape's numbers of slots."""
        return self._new[slots]

    def state(self, x: Floats, *, whole: bool) -> State:
        """Return all slots with the variables set; `whole`: all kinds will be written as well."""
        base = self.base
        num = np.empty((*x.shape[:-1], base.num.size))
        num[...] = base.num
        num[..., : self.size] = x
        state = State(num, base.kind, base.obj)
        if whole or self._mixed.times:
            state.own()
        return state

    def forward(self, x: Floats) -> tuple[State, list[list[ArrayValue]]]:
        """Run all calls; return the slots and each call's registers.

        Most x give numbers all through, and nothing is checked on the way. Where NumPy meets a
        division by zero or the like, the run is repeated with Excel's errors in the cells.

        Raises:
            UnequalSizesError: results at several points are of different sizes.
            WorkbookError: a function stumbles over what it is given.
        """
        try:
            with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
                state = self.state(x, whole=False)
                return state, [call.forward(state, strict=False) for call in self.calls]
        except Exception:  # noqa: S110  # whatever it is, the strict run says it
            pass
        try:
            with np.errstate(all="ignore"):
                state = self.state(x, whole=True)
                return state, [call.forward(state, strict=True) for call in self.calls]
        except (MemoryError, UnequalSizesError):
            raise
        except Exception as error:
            raise WorkbookError(
                "the formulas cannot be computed at a point that was asked for, a fault of "
                f"sheetsim ({type(error).__name__}: {error})"
            ) from error

    def backward(self, registers: list[list[ArrayValue]], bars: Floats) -> Floats:
        """Return the derivatives by the variables of what `bars` says of the slots."""
        for careful in (False, True):
            work = bars.copy()
            with np.errstate(all="ignore"):
                for call, own in zip(reversed(self.calls), reversed(registers), strict=True):
                    call.backward(own, work, careful=careful)
            out = work[..., : self.size]
            if np.isfinite(out).all():
                break
        return out

    def tangents(self, registers: list[list[ArrayValue]], moves: Floats) -> Floats:
        """Return the tangents of all slots, given those of the variables (..., n)."""
        out = np.zeros((*moves.shape[:-1], self.base.num.size))
        for careful in (False, True):
            out[..., : self.size] = moves
            with np.errstate(all="ignore"):
                for call, own in zip(self.calls, registers, strict=True):
                    call.tangent(own, out, careful=careful)
            if np.isfinite(out).all():
                break
        return out

    def jacobian(self, registers: list[list[ArrayValue]], slots: Ints, points: int = 0) -> Floats:
        """Return the derivatives of slots (m,) by the variables.

        Args:
            registers: of the forward run.
            slots: which.
            points: S if the run was at x (S, n), 0 if at one x.

        Returns:
            (m, n), or (S, m, n).
        """
        ahead = (points,) if points else ()
        passes = self.passes(slots) if min(self.size, len(slots)) > FEW else None
        if passes is not None and 2 * sum(passes.count) <= min(self.size, len(slots)):
            pattern = passes.pattern
            out = np.zeros((*ahead, len(slots), self.size))
            out[..., pattern.rows, pattern.columns] = self.entries(registers, slots, passes, points)
            return out
        if len(slots) < self.size:
            return self._rows(registers, slots, ahead)
        return self._columns(registers, slots, ahead)

    def passes(self, slots: Ints) -> Passes | None:
        """Return the passes that show the Jacobian of slots; None if its pattern is too large."""
        key = slots.tobytes()
        if key not in self._passes:
            known = self.dependence()
            self._passes[key] = None if known is None else plan_passes(known.pattern(slots))
        return self._passes[key]

    def entries(
        self, registers: list[list[ArrayValue]], slots: Ints, passes: Passes, points: int = 0
    ) -> Floats:
        """Return the derivatives (k,) or (S, k) of slots (m,) in the places of their pattern."""
        ahead = (points,) if points else ()
        pattern = passes.pattern
        rows = pattern.rows
        out = np.empty((*ahead, rows.size))
        backward, forward = passes.count
        width = max(1, MAX_TANGENTS // (self.base.num.size * max(1, points)))
        colour = np.full(len(slots), -1, np.intp)  # of the rows that go backward
        colour[passes.back] = passes.rows
        own = colour[rows]
        for start in range(0, backward, width):
            here = np.flatnonzero((colour >= start) & (colour < start + width))
            bars = np.zeros((min(width, backward - start), *ahead, self.base.num.size))
            bars[colour[here] - start, ..., slots[here]] = 1.0
            found = self.backward(registers, bars)
            at = np.flatnonzero((own >= start) & (own < start + width))
            out[..., at] = np.moveaxis(found[own[at] - start, ..., pattern.columns[at]], 0, -1)
        by = passes.columns[pattern.columns]
        for start in range(0, forward, width):
            here = np.flatnonzero((passes.columns >= start) & (passes.columns < start + width))
            moves = np.zeros((min(width, forward - start), *ahead, self.size))
            moves[passes.columns[here] - start, ..., here] = 1.0
            found = self.tangents(registers, moves)
            at = np.flatnonzero((own < 0) & (by >= start) & (by < start + width))
            out[..., at] = np.moveaxis(found[by[at] - start, ..., slots[rows[at]]], 0, -1)
        return out

    def held(self, registers: list[list[ArrayValue]]) -> int:
        """Return how many numbers a run forward at one x holds that depend on it."""
        total: int = self.base.num.size
        for call, own in zip(self.calls, registers, strict=True):
            total += sum(own[gather.register].num.size for gather in call.gathers)
            total += sum(own[run.out].num.size for run in call.runs)
        return total

    def directions(self, registers: list[list[ArrayValue]]) -> tuple[Pattern, Ints] | None:
        """Return the pairs of variables that second derivatives may know, and a colour of each.

        Variables of one colour (n,) are known together with no third one. None if there are too
        many pairs.

        Args:
            registers: of a forward run at one x.
        """
        known = self.dependence()
        pairs = None if known is None else interactions(self.calls, registers, known)
        colour = None if pairs is None else colours(pairs, self.size)
        return None if pairs is None or colour is None else (pairs, colour)

    def dependence(self) -> Dependence | None:
        """Return what each slot depends on; None if that is too much."""
        if not self._looked:
            self._dependence = dependence(self.calls, self.base.num.size, self.size)
            self._looked = True
        return self._dependence

    def _columns(
        self, registers: list[list[ArrayValue]], slots: Ints, ahead: tuple[int, ...]
    ) -> Floats:
        """Return the Jacobian in forward mode, a batch of columns at a time."""
        width = max(1, MAX_TANGENTS // (self.base.num.size * max(1, *ahead, 1)))
        out = np.empty((*ahead, len(slots), self.size))
        for start in range(0, self.size, width):
            here = np.arange(start, min(start + width, self.size))
            moves = np.zeros((here.size, *ahead, self.size))
            moves[here - start, ..., here] = 1.0
            found = self.tangents(registers, moves)[..., slots]
            out[..., here] = np.moveaxis(found, 0, -1)
        return out

    def _rows(
        self, registers: list[list[ArrayValue]], slots: Ints, ahead: tuple[int, ...]
    ) -> Floats:
        """Return the Jacobian in reverse mode, a batch of rows at a time."""
        width = max(1, MAX_TANGENTS // (self.base.num.size * max(1, *ahead, 1)))
        out = np.zeros((*ahead, len(slots), self.size))
        for start in range(0, len(slots), width):
            own = slots[start : start + width]
            bars = np.zeros((len(own), *ahead, self.base.num.size))
            bars[np.arange(len(own)), ..., own] = 1.0
            out[..., start : start + width, :] = np.moveaxis(self.backward(registers, bars), 0, -2)
        return out

    def bars(self, shape: tuple[int, ...]) -> Floats:
        """Return zeros, one a slot, for `backward`."""
        return np.zeros((*shape, self.base.num.size))
