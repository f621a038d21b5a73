"""Areas: what a reference is in each cell of a block, and what stands for one that is an error.

A reference that leads nowhere is an error, and stays that one: `A1:INDEX(A:A, NA())` is `#N/A`. It
is kept as a row that no sheet has, one for each error, so that areas remain four arrays of whole
numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sheetsim.book import CellError
from sheetsim.formula.values import (
    ArrayValue,
    Bools,
    Ints,
    Objects,
    choose,
    errors_of,
    failed,
    from_objects,
)

ERRORS = tuple(
    CellError(code)
    for code in (
        "#REF!", "#VALUE!", "#NULL!", "#N/A", "#DIV/0!", "#NUM!", "#NAME?", "#CALC!", "#SPILL!",
        "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#GETTING_DATA", "#EXTERNAL!",
        "#PYTHON!",
    )
)  # fmt: skip
"""The errors that a reference can be."""

NOWHERE = -1_000_000
"""The row of what is `#REF!`; those of the other errors stand above it, in the order of ERRORS."""

NO_CELL, NO_COMMON = NOWHERE - 1, NOWHERE - 2
"""The rows of what is `#VALUE!` and `#NULL!`."""

_ROWS = {error: NOWHERE - i for i, error in enumerate(ERRORS)}


class Areas(NamedTuple):
    """A reference as it is in each cell of a block: bounds that broadcast to its shape."""

    sheet: str
    top: Ints
    left: Ints
    bottom: Ints
    right: Ints


def whole_areas(size: Sequence[int]) -> Areas:
    """Return the area that a value of (rows, columns) would fill, were it a reference."""
    first = np.zeros((1, 1), np.intp)
    return Areas("", first, first, first + size[0] - 1, first + size[1] - 1)


def nowhere(sheet: str, row_of_error: int = NOWHERE) -> Areas:
    """Return what leads nowhere, in all cells of a block: `#REF!`, or the error of a row."""
    row = np.full((1, 1), row_of_error)
    return Areas(sheet, row, row * 0, row, row * 0)


def lost_row(error: CellError) -> int:
    """Return the row that stands for a reference which is this error."""
    return _ROWS.get(error, NOWHERE)


def lost(areas: Areas) -> Bools:
    """Return in which cells of a block a reference is an error."""
    return np.asarray(areas.top < 0)


def error_of(row: int) -> CellError:
    """Return the error that a row outside every sheet stands for."""
    return ERRORS[NOWHERE - row] if NOWHERE - len(ERRORS) < row <= NOWHERE else ERRORS[0]


def errors_in(areas: Areas) -> ArrayValue:
    """Return the error that a reference is in each cell of a block; a blank where it is none."""
    out: Objects = np.full((*areas.top.shape, 1, 1), None, object)
    for index in np.argwhere(areas.top < 0):
        at = tuple(index)
        out[at] = error_of(int(areas.top[at]))
    return from_objects(out)


def with_lost(areas: Areas, wrong: Bools, rows: Ints | int) -> Areas:
    """Return areas that are errors, by their rows, where something is wrong."""
    if not wrong.any():
        return areas
    row = np.where(wrong, rows, areas.top)
    bottom = np.where(wrong, rows, areas.bottom)
    left = np.where(wrong, 0, areas.left)
    return Areas(areas.sheet, row, left, bottom, np.where(wrong, 0, areas.right))


def first_errors(args: Sequence[ArrayValue], texts: frozenset[int]) -> Ints:
    """Return the rows of the first error among the arguments in each cell of a block; 0 for none.

    Args:
        args: single values, all numbers but for some.
        texts: the positions of those that are texts: of the others, one that is none is `#VALUE!`.
    """
    shape = np.broadcast_shapes((1, 1), *(arg.shape[:-2] for arg in args))
    rows = np.zeros(shape, np.intp)
    for i, arg in reversed(list(enumerate(args))):
        wrong = failed(arg) if i in texts else ~np.isfinite(arg.num)
        if wrong.any():
            codes = np.broadcast_to(errors_of(arg)[..., 0, 0], shape)
            for index in np.argwhere(np.broadcast_to(wrong[..., 0, 0], shape)):
                rows[tuple(index)] = lost_row(codes[tuple(index)])
    return rows


def carrying(
    refers: Callable[..., Areas], texts: frozenset[int] = frozenset()
) -> Callable[..., Areas]:
    """Return a function of references whose result is an error where an argument is one."""

    def with_errors(reader: object, areas: Sequence[Areas], args: Sequence[ArrayValue]) -> Areas:
        out = refers(reader, areas, args)
        for area in reversed(areas):
            out = with_lost(out, lost(area), area.top)
        rows = first_errors(args, texts)
        return with_lost(out, rows < 0, rows)

    return with_errors


def measured(measures: Callable[[Areas], ArrayValue]) -> Callable[[Areas], ArrayValue]:
    """Return what asks of a reference where it lies; of one that is an error, it is the error."""

    def with_errors(areas: Areas) -> ArrayValue:
        wrong = lost(areas)
        if not wrong.any():
            return measures(areas)
        out = measures(with_lost(areas, wrong, 0))
        return choose(wrong[..., None, None], errors_in(areas), out)

    return with_errors
