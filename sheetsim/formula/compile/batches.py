"""Batches: the cells that have one formula, and what is to be computed for a block of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.formula.areas import Areas
from sheetsim.formula.values import ArrayValue
from sheetsim.references import MAX_COLUMNS, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.book import Place
    from sheetsim.formula.compile.plan import Plan
    from sheetsim.formula.compile.store import Store
    from sheetsim.formula.functions import Function
    from sheetsim.formula.syntax.tokens import Ref
    from sheetsim.formula.values import Ints


@dataclass
class Group:
    """The cells of a sheet that have one formula, up to relative references.

    Attributes:
        sheet: where they stand.
        plan: what the formula does.
        size: rows and columns of the range of an array formula, None for an ordinary one.
        places: the cells; of an array formula, the first of its range.
        formula: the text in one of them, for messages.
        number: in the order in which the groups were met.
    """

    sheet: str
    plan: Plan
    size: tuple[int, int] | None
    formula: str
    places: list[Place] = field(default_factory=list)
    number: int = -1


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
    values: dict[int, ArrayValue] = field(default_factory=dict)
    gathers: dict[int, Ints] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    root: int = -1
    unknown: str = ""

    @property
    def is_static(self) -> bool:
        """Whether its value does not depend on the variables."""
        return self.root in self.values and not self.unknown

    def trial(self, store: Store) -> dict[int, ArrayValue]:
        """Return all registers as they are with the variables' own values."""
        values = dict(self.values)
        with np.errstate(all="ignore"):
            for register, index in self.gathers.items():
                values[register] = store.gather(index)
            for operation in self.operations:
                args = [values[i] for i in operation.args]
                values[operation.out] = operation.function.value(args, True)
        return values


class UnreadyError(Exception):
    """Some of the cells cannot be computed with the others, or not yet.

    Attributes:
        parts: the cells, split into those that may go together.
        waiting: whether they all wait for cells that are not computed.
        slots: if so, some of these.
    """

    def __init__(
        self, parts: list[list[Place]], *, waiting: bool = False, slots: Sequence[int] = ()
    ) -> None:
        super().__init__("cells cannot be computed together")
        self.parts = parts
        self.waiting = waiting
        self.slots = slots


class UncomputableError(Exception):
    """A function cannot compute some cells, for a reason that is no error of Excel's.

    Attributes:
        parts: the cells, split; one alone if it is that one.
        why: the function, in words.
    """

    def __init__(self, parts: list[list[Place]], why: str) -> None:
        super().__init__(why)
        self.parts = parts
        self.why = why


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


def areas_in_block(ref: Ref, rows: Ints, columns: Ints) -> Areas:
    """Return a reference as it is in the cells of a block.

    Args:
        ref: with its sheet.
        rows: (R, 1), of the block's cells; or (N, 1).
        columns: (1, C); or (N, 1).
    """
    none = np.zeros((1, 1), np.intp)
    a, b, c, d = ref.fixed
    top = ref.top + (none if a else rows)
    left = ref.left + (none if b else columns)
    bottom = ref.bottom + (none if c else rows)
    right = ref.right + (none if d else columns)
    if ref.wraps:
        top, bottom = top % MAX_ROWS, bottom % MAX_ROWS
        left, right = left % MAX_COLUMNS, right % MAX_COLUMNS
    if a != c or ref.top > ref.bottom or ref.wraps:
        top, bottom = np.minimum(top, bottom), np.maximum(top, bottom)
    if b != d or ref.left > ref.right or ref.wraps:
        left, right = np.minimum(left, right), np.maximum(left, right)
    return Areas(ref.sheet or "", top, left, bottom, right)


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
        else ArrayValue(
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
