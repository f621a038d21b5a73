"""From a workbook to a program: find what is needed, fold what is fixed, order the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.errors import WorkbookError
from sheetsim.formula.compile.batches import Batch, Group, Operation, UnreadyError, prepare
from sheetsim.formula.compile.dependency_graph import Graph, Spot
from sheetsim.formula.compile.rectangles import Marked
from sheetsim.formula.compile.recurrences import run_loop
from sheetsim.formula.compile.store import DYNAMIC, KNOWN, WAITING, Ints, Store
from sheetsim.formula.functions import ALL, Function
from sheetsim.formula.syntax.keys import Keys
from sheetsim.formula.values import BLANK, ERROR, NA_ERROR, NUMBER, Array, Floats

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sheetsim.book import Book, Place


class Compiler:
    """All cells that some outputs need, each computed, or found to depend on the variables.

    Attributes:
        store: the cells' slots, with the values that they have at the variables' own.
        graph: what needs what.
        batches: what depends on the variables, in order, each with the slots that it computes.
        variables: the slots of the variables.
        broken: cells that depend on the variables, and cannot be computed here, and why.
    """

    def __init__(
        self,
        book: Book,
        variables: Sequence[Spot] = (),
        *,
        moving: Mapping[str, Collection[Place]] | None = None,
        keys: Keys | None = None,
        lenient: bool = False,
    ) -> None:
        """Begin with nothing but the variables.

        Args:
            book: the workbook.
            variables: cells, each once.
            moving: sheet -> the formula cells to compute; the cached values of all others, as
                far as they have one, are constants. None to compute all that is needed.
            keys: of the book's formulas, if some are known already.
            lenient: whether a formula that cannot be read is one that cannot be computed here.
        """
        self.store = Store(book)
        self.variables = [self.store.slot(sheet, place) for sheet, place in variables]
        self.store.grow()
        for (sheet, place), slot in zip(variables, self.variables, strict=True):
            cell = self.store.sheet(sheet).cells.get(place)
            value = None if cell is None else cell.value
            self.store.put(slot, float(value) if isinstance(value, float | int) else 0.0)
        self.store.state[self.variables] = DYNAMIC
        self.graph = Graph(
            book,
            self.store,
            frozenset(self.variables),
            keys or Keys(book),
            moving=moving,
            lenient=lenient,
        )
        self.batches: list[tuple[Batch, Ints]] = []
        self.broken: dict[int, str] = {}
        self._marked: Marked | None = None
        self._inside: dict[int, Ints] = {}  # area -> slots that may depend on the variables

    def add(self, outputs: Iterable[Spot]) -> None:
        """Compile what outputs need.

        Raises:
            WorkbookError: a formula cannot be read, or refers to itself in a circle.
        """
        self.graph.need(outputs)
        while self.graph.pending:
            if self.graph.resolve():
                continue
            if not self._advance():
                names = ", ".join(self.graph.name(s) for s in sorted(self.graph.pending)[:5])
                raise WorkbookError(
                    f"{self.graph.book.path}: circular reference through what OFFSET, INDEX or "
                    f"INDIRECT refers to in {names}; expected none"
                )
        self._advance()

    def _advance(self) -> bool:
        """Compute what can be; return whether anything was."""
        progress = False
        for waves in self.graph.schedule():
            if len(waves) > 1 and run_loop(self, waves):
                progress = True
                continue
            for group, places in waves:
                progress |= self._compute(group, places)
        return progress

    def _compute(self, group: Group, places: list[Place]) -> bool:
        """Compute cells of a group, as far as they can be; return whether any was."""
        slots = self.store.sheet(group.sheet).slots
        state = self.store.state
        todo = [
            p for p in places if state[slots[p]] == WAITING and slots[p] not in self.graph.pending
        ]
        progress = False
        work = [todo] if todo else []
        while work:
            part = work.pop()
            try:
                if group.plan.unknown:
                    self._unknown(group, part)
                else:
                    self.finish(prepare(self.store, group, part))
            except UnreadyError as unready:
                if not unready.waiting:
                    work += unready.parts
                continue
            progress = True
        return progress

    def _unknown(self, group: Group, places: list[Place]) -> None:
        """Let the cached values stand for a formula that cannot be computed here."""
        sheet = self.store.sheet(group.sheet)
        seen: dict[int, set[int]] = {}
        for place in places:
            slot = sheet.slots[place]
            states: set[int] = set()
            for area in self.graph.needs[slot]:
                if area not in seen:
                    seen[area] = self._states_in(area)
                states |= seen[area]
            if WAITING in states:
                raise UnreadyError([[place] for place in places], waiting=len(places) == 1)
            height, width = group.size or (1, 1)
            for r in range(place[0], place[0] + height):
                for c in range(place[1], place[1] + width):
                    cell = sheet.cells.get((r, c))
                    own = sheet.slots[r, c]
                    self.store.put(own, None if cell is None else cell.value)
                    if DYNAMIC in states:
                        self.broken[own] = group.plan.unknown

    def _states_in(self, area: int) -> set[int]:
        """Return the states of the cells of an area that may depend on the variables."""
        slots = self._inside.get(area)
        if slots is None:
            known = self.store.places
            self._marked = self._marked or Marked(known[slot] for slot in self.variables)
            slots = np.array(self.graph.members[area], np.intp)
            if self._marked.touches(*self.graph.bounds[area]):
                slots = np.append(slots, self.variables[0])
            self._inside[area] = slots
        return set(np.unique(self.store.state[slots]).tolist())

    def finish(self, batch: Batch) -> None:
        """Store a batch's values; keep it if they depend on the variables."""
        slots = self._own_slots(batch)
        if batch.unknown:
            for slot in slots.ravel().tolist():
                self.broken[slot] = batch.unknown
        if not batch.is_static or batch.unknown:
            root = self.sized(batch, self.trial(batch))
            self.put(slots, root)
            self.store.state[slots] = DYNAMIC
            self.batches.append((batch, slots))
            return
        values = _sized(batch.values[batch.root], batch.group.size)
        self.put(slots, values)
        self.store.state[slots] = KNOWN

    def _own_slots(self, batch: Batch) -> Ints:
        """Return the slots that a batch computes: (R, C, 1, 1), or (R, C, h, w) of arrays."""
        sheet = self.store.sheet(batch.group.sheet)
        if batch.group.size is None:
            flat = [sheet.slots[place] for place in batch.places]
            return np.array(flat, np.intp).reshape((*batch.shape, 1, 1))
        height, width = batch.group.size
        found = [
            sheet.slots[r, c]
            for top, left in batch.places
            for r in range(top, top + height)
            for c in range(left, left + width)
        ]
        return np.array(found, np.intp).reshape((*batch.shape, height, width))

    def trial(self, batch: Batch) -> dict[int, Array]:
        """Compute a batch's registers with the variables' own values."""
        values = dict(batch.values)
        with np.errstate(all="ignore"):
            for register, index in batch.gathers.items():
                values[register] = self.store.gather(index)
            for operation in batch.operations:
                args = [values[i] for i in operation.args]
                values[operation.out] = operation.function.value(args, True)
        return values

    def sized(self, batch: Batch, values: dict[int, Array]) -> Array:
        """Return a batch's result at the trial; add what makes it as large as its cells."""
        root = values[batch.root]
        sized = _sized(root, batch.group.size)
        if sized.shape[-2:] != root.shape[-2:] or sized.kind is not root.kind:
            register = 1_000_000
            resize = Operation(_resizing(batch.group.size), (batch.root,), register)
            batch.operations = [*batch.operations, resize]
            batch.root = register
        return sized

    def put(self, slots: Ints, values: Array) -> None:
        """Store values; a formula that refers to a blank gives 0."""
        self.store.num[slots] = values.num
        if values.kind is None:
            self.store.kind[slots] = NUMBER
        else:
            kind = np.where(values.kind == BLANK, np.uint8(NUMBER), values.kind)
            self.store.kind[slots] = kind
        self.store.obj[slots] = None if values.obj is None else values.obj


def _sized(values: Array, size: tuple[int, int] | None) -> Array:
    """Return values as large as the cells: the first one, or filled up with `#N/A`."""
    height, width = size or (1, 1)
    own = values.shape[-2:]
    if own == (height, width) or (size is not None and own == (1, 1)):
        return values

    def cut(part: Floats) -> Floats:
        return part[..., :height, :width]

    kind = None if values.kind is None else cut(values.kind)  # type: ignore[arg-type]
    obj = None if values.obj is None else cut(values.obj)  # type: ignore[arg-type]
    out = Array(cut(values.num), kind, obj, bad=values.bad)  # type: ignore[arg-type]
    lacks = (own[0] not in (1,) and own[0] < height, own[1] not in (1,) and own[1] < width)
    return _filled(out, height, width) if any(lacks) else out


def _filled(values: Array, height: int, width: int) -> Array:
    """Fill up with `#N/A` what an array formula's range has and its result has not."""
    objects = values.objects()
    rows = 1 if objects.shape[-2] == 1 else height
    columns = 1 if objects.shape[-1] == 1 else width
    out = np.full((*objects.shape[:-2], rows, columns), NA_ERROR, object)
    out[..., : objects.shape[-2], : objects.shape[-1]] = objects
    num = np.full(out.shape, np.nan)
    num[..., : objects.shape[-2], : objects.shape[-1]] = values.num
    kind = np.full(out.shape, ERROR, np.uint8)
    kind[..., : objects.shape[-2], : objects.shape[-1]] = (
        NUMBER if values.kind is None else values.kind
    )
    return Array(num, kind, out, bad=True)


def _resizing(size: tuple[int, int] | None) -> Function:
    """Make what gives a result the size of its cells."""

    def moved(part: Floats, like: Floats) -> Floats:
        """The part's cells that both have; 0 elsewhere."""
        out = np.zeros((*part.shape[:-2], *like.shape[-2:]))
        height, width = np.minimum(part.shape[-2:], like.shape[-2:])
        out[..., :height, :width] = part[..., :height, :width]
        return out

    def whole(part: Floats, like: Floats) -> Floats:
        return np.broadcast_to(part, (*part.shape[:-2], *like.shape[-2:]))

    return Function(
        "size of the result",
        1,
        1,
        lambda args, _strict: _sized(args[0], size),
        kind="matrix",
        jvp=lambda _i, tangent, y, a: moved(whole(tangent, a), y),
        vjp=lambda _i, bar, y, a: moved(whole(bar, y), a),
        linear=ALL,
    )
