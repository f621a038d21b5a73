"""One formula in many cells at once.

What does not depend on the variables is computed; the rest becomes a list of operations on whole
arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.formula.functions import TABLE, Function
from sheetsim.formula.plan import Plan, Step
from sheetsim.formula.sites import cut, geometry, ref_areas, site_areas
from sheetsim.formula.store import DYNAMIC, KNOWN, WAITING, Areas, Ints, Store
from sheetsim.formula.values import Array, Bools, constant

if TYPE_CHECKING:
    from sheetsim.book import Place

Touch = Callable[["Group", "list[Place]", Areas, int], None]


@dataclass
class Group:
    """The cells of a sheet that have one formula, up to relative references.

    Attributes:
        sheet: where they stand.
        plan: what the formula does.
        size: rows and columns of the range of an array formula, None for an ordinary one.
        places: the cells; of an array formula, the first of its range.
        formula: the text in one of them, for messages.
    """

    sheet: str
    plan: Plan
    size: tuple[int, int] | None
    formula: str
    places: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Operation:
    """A function applied to registers, its result in another."""

    function: Function
    args: tuple[int, ...]
    out: int


@dataclass
class Batch:
    """A group's cells, or some of them, ready to be computed together.

    Attributes:
        group: theirs.
        places: the cells in the order of the block, row by row.
        shape: rows and columns of the block.
        values: register -> its value where that does not change.
        gathers: register -> the slots that it reads, shaped like its value.
        operations: what is left to compute at each x.
        root: the register with the formula's value.
        unknown: why it cannot be computed although it depends on the variables, or "".
    """

    group: Group
    places: list[Place]
    shape: tuple[int, int]
    values: dict[int, Array] = field(default_factory=dict)
    gathers: dict[int, Ints] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    root: int = -1
    unknown: str = ""

    @property
    def is_static(self) -> bool:
        """Whether its value does not depend on the variables."""
        return self.root in self.values and not self.unknown


class UnreadyError(Exception):
    """Some of the cells cannot be prepared with the others, or not yet.

    Attributes:
        parts: the cells, split into those that may go together.
        waiting: whether they all wait for cells that are not computed.
    """

    def __init__(self, parts: list[list[Place]], *, waiting: bool = False) -> None:
        super().__init__("cells cannot be prepared together")
        self.parts = parts
        self.waiting = waiting


def layout(places: list[Place]) -> tuple[list[Place], Ints, Ints]:
    """Return the cells in order, their rows and their columns.

    A full block gives rows (R, 1) and columns (1, C), anything else (N, 1) and (N, 1).
    """
    if len(places) == 1:
        return places, np.array([[places[0][0]]]), np.array([[places[0][1]]])
    pairs = np.array(places, np.intp)
    rows, columns = np.unique(pairs[:, 0]), np.unique(pairs[:, 1])
    if len(rows) * len(columns) == len(places):
        ordered = [(r, c) for r in rows.tolist() for c in columns.tolist()]
        return ordered, rows[:, None], columns[None, :]
    return places, pairs[:, :1], pairs[:, 1:]


class _Preparer:
    """A batch in the making; see `prepare`."""

    def __init__(
        self,
        store: Store,
        group: Group,
        places: list[Place],
        touch: Touch | None,
        flat: bool,
    ) -> None:
        self.store = store
        self.touch = touch
        if flat:
            pairs = np.array(places, np.intp)
            self.places, self.rows, self.columns = places, pairs[:, :1], pairs[:, 1:]
        else:
            self.places, self.rows, self.columns = layout(places)
        self.shape = np.broadcast_shapes(self.rows.shape, self.columns.shape)
        self.batch = Batch(group, self.places, (self.shape[0], self.shape[1]))
        self.areas: dict[int, Areas] = {}
        self.moving: dict[int, Step] = {}  # sites whose arguments depend on the variables
        self.next = len(group.plan.steps)

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

    def take(self, register: int, areas: Areas) -> None:
        """Read the cells of areas into a register."""
        self.split(areas.bottom - areas.top)
        self.split(areas.right - areas.left)
        index = self.store.indices(areas)
        state = self.store.state[index]
        if state.min() == KNOWN == state.max():
            self.batch.values[register] = self.store.gather(index)
            return
        self.split((state == WAITING).any((-2, -1)), waiting=True)
        moves = (state == DYNAMIC).any((-2, -1))
        self.split(moves)
        if moves.flat[0]:
            self.batch.gathers[register] = index
        else:
            self.batch.values[register] = self.store.gather(index)

    def gather(self, register: int, step: Step) -> None:
        """Do a step of kind "gather"."""
        source = step.areas[0]
        if source in self.moving:
            self._moving_index(register, source)
            return
        areas = self.areas[source]
        if step.value:
            areas = cut(areas, self.rows, self.columns)
        if self.touch is not None and self.batch.group.plan.steps[source].kind == "site":
            self.touch(self.batch.group, self.places, areas, register)
            if register not in self.batch.group.plan.ahead:
                return
        self.take(register, areas)

    def _moving_index(self, register: int, source: int) -> None:
        """Look up in the values of an area, at a place that depends on the variables."""
        site = self.moving[source]
        if site.value != "INDEX" or site.areas[0] in self.moving:
            self.batch.unknown = f"{site.value} with arguments that depend on the variables"
            self.batch.values[register] = constant(0.0)
            return
        areas = self.areas[site.areas[0]]
        if self.touch is not None:
            self.touch(self.batch.group, self.places, areas, register)
            return
        self.take(self.next, areas)
        self.operate(TABLE["INDEX"], (self.next, *site.args), register)
        self.next += 1

    def site(self, register: int, step: Step) -> None:
        """Do a step of kind "site"."""
        static = all(i in self.batch.values for i in step.args)
        if not static or any(i in self.moving for i in step.areas):
            self.moving[register] = step
            return
        if step.value == "INDIRECT" and len(self.places) > 1:
            raise UnreadyError([[place] for place in self.places])
        self.areas[register] = site_areas(
            self.store,
            str(step.value),
            [self.areas[i] for i in step.areas],
            [self.batch.values[i] for i in step.args],
            (self.batch.group.sheet, self.places[0]),
        )

    def operate(self, function: Function, args: tuple[int, ...], register: int) -> None:
        """Compute a function now if its arguments are known, else note it down."""
        values = self.batch.values
        if all(i in values for i in args):
            with np.errstate(all="ignore"):
                values[register] = function.value([values[i] for i in args], True)
        else:
            self.batch.operations.append(Operation(function, args, register))

    def geometry(self, register: int, step: Step) -> None:
        """Do a step of kind "geometry"."""
        name = str(step.value)
        if step.args:  # ROWS and COLUMNS of a value, not of a reference
            value = self.batch.values.get(step.args[0])
            size = (1, 1) if value is None else value.shape[-2:]
            self.batch.values[register] = constant(float(size[name == "COLUMNS"]))
            return
        areas = self.areas.get(step.areas[0]) if step.areas else None
        if areas is not None:
            self.split(areas.bottom - areas.top)
            self.split(areas.right - areas.left)
        self.batch.values[register] = geometry(name, areas, self.rows, self.columns)

    def run(self) -> Batch:
        """Do all steps; if somebody is to be told of areas, those alone that find areas."""
        plan = self.batch.group.plan
        steps = plan.steps
        for i, step in enumerate(steps):
            if self.touch is not None and i not in plan.ahead and i not in plan.sites:
                continue
            if step.kind == "call":
                self.operate(TABLE[str(step.value)], step.args, i)
            elif step.kind == "gather":
                self.gather(i, step)
            elif step.kind == "area":
                self.areas[i] = ref_areas(step.value, self.rows, self.columns)
            elif step.kind == "const":
                self.batch.values[i] = plan.constants[i]
            elif step.kind == "site":
                self.site(i, step)
            else:
                self.geometry(i, step)
        self.batch.root = len(steps) - 1
        return self.batch


def prepare(
    store: Store,
    group: Group,
    places: list[Place],
    touch: Touch | None = None,
    *,
    flat: bool = False,
) -> Batch:
    """Prepare cells of a group.

    Args:
        store: with the cells that they need.
        group: theirs.
        places: the cells.
        touch: if given, nothing is prepared: it is told of every area that OFFSET and its like
            turn out to refer to, with the cells of the block and the step.
        flat: lay the cells out one below the other, as they are given.

    Raises:
        UnreadyError: the cells have to be split, or wait for others.
    """
    return _Preparer(store, group, places, touch, flat).run()


def rows_of(batch: Batch, rows: Ints) -> Batch:
    """Return some of the cells of a flat batch, as a batch; it shares the operations."""
    first = int(rows[0])
    whole = len(rows) == 1 or bool((np.diff(rows) == 1).all())
    take = slice(first, first + len(rows)) if whole else rows

    def cut(part: Any) -> Any:
        return part if part is None or part.shape[-4] == 1 else part[..., take, :, :, :]

    values = {
        i: value
        if value.shape[-4] == 1
        else Array(
            cut(value.num), cut(value.kind), cut(value.obj), bad=value.bad, literal=value.literal
        )
        for i, value in batch.values.items()
    }
    return Batch(
        batch.group,
        [batch.places[i] for i in rows.tolist()],
        (len(rows), 1),
        values,
        {i: cut(index) for i, index in batch.gathers.items()},
        batch.operations,
        batch.root,
        batch.unknown,
    )
