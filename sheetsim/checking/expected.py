"""What NumPy expects of a workbook: its sheets, and what rounding can do to each of their cells.

A cell's floor is by how much NumPy's value moves when every input moves in its 15th digit. Where
terms of 100 cancel to 1e-14 it is 1e-12 or so, because no engine can know more; for a second
moment of 1e-9 that is a plain average of squares it is 1e-23.

The 15th digit is where LibreOffice stops: it takes a difference of less than 4e-15 of its terms
for 0. A larger move would tell less, not more: the lecture's Adam on points that lie on a line is
unstable, and multiplies a move in the 13th digit until a tenth of all its cells are loose. In a
longer run any move grows so; `cancellation` bounds the floor wherever nothing cancels.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sheetsim.checking.cancellation import Terms
from sheetsim.sheet import Array, Kind, Sheet
from sheetsim.tolerances import FLOOR_SAFETY, LAST_DIGITS
from sheetsim.topics import Draft, lay_out, moved_digits

TRIALS = 6
"""How often they are moved: a cell in which two moves cancel may stay where it is in one trial."""

Floors = dict[str, dict[tuple[int, int], Array]]
"""Sheet -> top left cell of a block of formulas -> what rounding can do to each of its cells."""

KEPT = 8
"""How many books `Expectations` keeps: a file takes three, two of which the next one may share."""


@dataclass(frozen=True)
class Expected:
    """A book laid out, and what follows from it, worked out when it is first asked for.

    Attributes:
        book: plan and inputs.
        sheets: as laid out from the book.
    """

    book: Draft
    sheets: list[Sheet]

    @cached_property
    def floors(self) -> Floors:
        """What rounding can do to each cell, from `rounding_floors`."""
        return rounding_floors(self.book, self.sheets)

    @cached_property
    def terms(self) -> Terms:
        """What the formulas add up, which bounds the floors."""
        return Terms(self.sheets)


class Expectations:
    """What is expected of the last few books, so that files with the same inputs share it.

    A class hands in thirty copies of one workbook: what NumPy says of it is worked out once. What
    is shared must not be changed.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Expected] = OrderedDict()

    def of(self, book: Draft) -> Expected:
        """Return the book laid out.

        Args:
            book: plan and inputs.

        Raises:
            OptionError: the plan is not one that `new_book` makes.
        """
        key = _key(book)
        if key not in self._kept:
            own = Draft(dict(book.plan), {name: dict(given) for name, given in book.given.items()})
            self._kept[key] = Expected(own, lay_out(own))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _key(book: Draft) -> tuple[Any, ...]:
    """Plan and inputs, each to the last digit."""
    plan = [(name, repr(value)) for name, value in sorted(book.plan.items())]
    given = [
        (sheet, name, *_exactly(value))
        for sheet, blocks in sorted(book.given.items())
        for name, value in sorted(blocks.items())
    ]
    return (*plan, *given)


def _exactly(value: Any) -> tuple[Any, ...]:
    """What tells a value of an input from any other."""
    array = np.asarray(value)
    content = repr(array.tolist()) if array.dtype == object else array.tobytes()
    return (array.dtype.str, array.shape, content)


def rounding_floors(book: Draft, sheets: Sequence[Sheet]) -> Floors:
    """By how much each number moves when the inputs move in their 15th digit.

    Every input moves by 0.5 to 1 times `LAST_DIGITS` of itself, up or down, all at once, in each of
    `TRIALS` trials; a zero stays zero, and texts, whole numbers and the choice of a drop-down stay
    as they are. Functions that every program rounds in its own way (`topics._last_digits`) move in
    their last digit.

    Args:
        book: plan and inputs.
        sheets: as laid out from the book.

    Returns:
        `FLOOR_SAFETY` times the largest move of the trials; 0 where a cell does not move or is no
        finite number.
    """
    rng = np.random.default_rng(20190501)
    floors: Floors = {
        sheet.name: {
            (block.row, block.column): np.zeros(block.values.shape)
            for block in sheet.of_kind(Kind.FORMULA)
        }
        for sheet in sheets
    }
    for _ in range(TRIALS):
        nudged = nudged_book(book, sheets, rng)
        with moved_digits(rng):
            moved_sheets = lay_out(nudged)
        for sheet, other in zip(sheets, moved_sheets, strict=True):
            pairs = zip(sheet.of_kind(Kind.FORMULA), other.of_kind(Kind.FORMULA), strict=True)
            for block, moved in pairs:
                floor = floors[sheet.name][block.row, block.column]
                np.fmax(floor, FLOOR_SAFETY * moves(block.values, moved.values), out=floor)
    return floors


def nudged_book(book: Draft, sheets: Sequence[Sheet], rng: np.random.Generator) -> Draft:
    """The same workbook with the numbers among its inputs moved in their 15th digit.

    Those that must be whole stay: INT makes 11 of a 12 that moved down.

    Args:
        book: plan and inputs.
        sheets: as laid out from the book.
        rng: decides how far, up or down.
    """
    nudged = Draft(dict(book.plan), {name: dict(given) for name, given in book.given.items()})
    for sheet in sheets:
        for block in sheet.of_kind(Kind.INPUT):
            valid = block.valid
            counted = valid is not None and (valid.choices or valid.whole)
            if not counted and not block.of_texts:
                values = nudged_values(block.values, rng)
                nudged.given.setdefault(sheet.name, {})[block.name] = values
    return nudged


def nudged_values(values: Array, rng: np.random.Generator) -> Array:
    """Numbers, each moved in its 15th digit."""
    noise = LAST_DIGITS * rng.uniform(0.5, 1, values.shape) * rng.choice([-1.0, 1.0], values.shape)
    return np.asarray(values * (1 + noise))


def moves(values: Array, moved: Array) -> Array:
    """How far apart two arrays are, cell by cell; NaN where that cannot be said."""
    if values.dtype != float or moved.dtype != float:
        return np.array(
            [
                abs(a - b) if isinstance(a, float) and isinstance(b, float) else np.nan
                for a, b in zip(values.ravel(), moved.ravel(), strict=True)
            ]
        ).reshape(values.shape)
    with np.errstate(all="ignore"):
        apart = np.abs(values - moved)
    return np.where(np.isfinite(apart), apart, np.nan)
