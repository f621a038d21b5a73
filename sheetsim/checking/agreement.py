"""When NumPy and a spreadsheet agree on a cell, and what to say when they do not.

Two numbers agree when they differ by at most

    1e-11 |NumPy's value|  +  floor

where the floor is what rounding alone can do to that very cell: by how much NumPy's value moves
when every input moves in its 15th digit. Where terms of 100 cancel to 1e-14 it is 1e-12 or so,
because no engine can know more; for a second moment of 1e-9 that is a plain average of squares it
is 1e-23. A fixed absolute tolerance would pass any such cell, right or wrong.

The 15th digit is where LibreOffice stops: it takes a difference of less than 4e-15 of its terms
for 0. A larger move would tell less, not more: the lecture's Adam on points that lie on a line is
unstable, and multiplies a move in the 13th digit until a tenth of all its cells are loose. In a
longer run any move grows so; `terms` bounds the floor wherever nothing cancels.

A cell must also be live: where a formula belongs, a number is a difference, even the right one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetsim.checking.cancellation import Terms
from sheetsim.sheet import Array, Kind, Sheet
from sheetsim.sheet.reference import a1
from sheetsim.topics import Book, lay_out
from sheetsim.workbook.rewrite.package import Cell, CellError

RELATIVE = 1e-11
"""Largest relative difference that counts as agreement."""

DIGITS = 3e-15
"""By how much of themselves, at most, inputs are moved to find the floor of each cell."""

TRIALS = 6
"""How often they are moved: a cell in which two moves cancel may stay where it is in one trial."""

SAFETY = 8.0
"""The floor is so many times the largest move. What engines differ by is the rounding of every
step, of which that of the inputs is but the first; textbook Adam on points that it fits exactly,
after 1,000 steps the worst run that was found, differs by up to 4 times the largest of 8 moves."""

Floors = dict[str, dict[tuple[int, int], Array]]
"""Sheet -> top left cell of a block of formulas -> what rounding can do to each of its cells."""

CONSEQUENCE = "the formula is sheetsim's own: look at the cells that it depends on"


@dataclass(frozen=True)
class Difference:
    """A cell on which an engine and NumPy do not agree.

    Attributes:
        sheet: its sheet.
        cell: its address, `H25`.
        formula: as it stands in the file; empty if the cell holds none.
        engine: who says otherwise.
        inputs: "as they are", "changed", or "as saved" for what `compare` finds.
        expected: NumPy's value.
        found: the engine's.
        reason: what is known about it.
    """

    sheet: str
    cell: str
    formula: str
    engine: str
    inputs: str
    expected: Any
    found: Any
    reason: str

    @property
    def is_consequence(self) -> bool:
        """Whether the formula is as sheetsim wrote it, so that the cause is elsewhere."""
        return self.reason == CONSEQUENCE


@dataclass(frozen=True)
class Outcome:
    """One sheet's cells compared with one set of values.

    Attributes:
        cells: how many formula cells it has.
        worst: largest relative difference of two numbers that agree without their floor.
        by_floor: how many agree only because of the floor.
        differences: those that do not agree.
    """

    cells: int
    worst: float
    by_floor: int
    differences: list[Difference]


def rounding_floors(book: Book, sheets: Sequence[Sheet]) -> Floors:
    """By how much each number moves when the inputs move in their 15th digit.

    Every input moves by 0.5 to 1 times `DIGITS` of itself, up or down, all at once, in each of
    `TRIALS` trials; a zero stays zero, and texts and the choice of a drop-down stay as they are.

    Args:
        book: plan and inputs.
        sheets: as laid out from the book.

    Returns:
        `SAFETY` times the largest move of the trials; 0 where a cell does not move or is no
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
        for sheet, other in zip(sheets, lay_out(nudged), strict=True):
            pairs = zip(sheet.of_kind(Kind.FORMULA), other.of_kind(Kind.FORMULA), strict=True)
            for block, moved in pairs:
                floor = floors[sheet.name][block.row, block.column]
                np.fmax(floor, SAFETY * moves(block.values, moved.values), out=floor)
    return floors


def nudged_book(book: Book, sheets: Sequence[Sheet], rng: np.random.Generator) -> Book:
    """The same workbook with every number among its inputs moved in its 15th digit.

    Args:
        book: plan and inputs.
        sheets: as laid out from the book.
        rng: decides how far, up or down.
    """
    nudged = Book(dict(book.plan), {name: dict(given) for name, given in book.given.items()})
    for sheet in sheets:
        for block in sheet.of_kind(Kind.INPUT):
            chosen = block.valid is not None and block.valid.choices
            if not chosen and not block.of_texts:
                values = nudged_values(block.values, rng)
                nudged.given.setdefault(sheet.name, {})[block.name] = values
    return nudged


def nudged_values(values: Array, rng: np.random.Generator) -> Array:
    """Numbers, each moved in its 15th digit."""
    noise = DIGITS * rng.uniform(0.5, 1, values.shape) * rng.choice([-1.0, 1.0], values.shape)
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


def cell_differences(
    sheet: Sheet,
    engine: str,
    inputs: str,
    values: Mapping[tuple[int, int], Any],
    floors: Mapping[tuple[int, int], Array],
    file: Mapping[tuple[int, int], Cell],
    terms: Terms,
) -> Outcome:
    """Compare every formula cell of a sheet with values from elsewhere.

    Args:
        sheet: with NumPy's values.
        engine: where the others are from, for the report.
        inputs: which inputs they belong to, for the report.
        values: the others, by (row, column).
        floors: the sheet's, from `rounding_floors`.
        file: the sheet's cells in the file, for the formulas as they stand there.
        terms: of all sheets, which bound the floors.
    """
    cells, worst, by_floor, differences = 0, 0.0, 0, []
    for block in sheet.of_kind(Kind.FORMULA):
        assert block.formulas is not None  # noqa: S101 - what makes it a formula block
        floor = floors[block.row, block.column]
        cells += block.values.size
        for row, column, i, j in block.cells():
            at = (row, column)
            expected, found = block.values[i, j], values.get(at)
            formula = file[at].formula if at in file else None
            apart = distance(expected, found)
            if formula is not None and apart <= RELATIVE:
                worst = max(worst, apart)
            elif formula is not None and within_floor(
                expected, found, terms.floor((sheet.name, *at), float(floor[i, j]))
            ):
                by_floor += 1
            else:
                reason = _reason(formula, block.formulas[i][j], expected, found)
                where = (sheet.name, a1(*at), formula or "", engine, inputs)
                differences.append(Difference(*where, plain(expected), plain(found), reason))
    return Outcome(cells, worst, by_floor, differences)


def distance(expected: Any, found: Any) -> float:
    """Relative difference of what NumPy expects and what was found; inf where they do not match.

    NaN expects an error, an empty text may also be a blank cell, and texts match to the letter.
    """
    if isinstance(expected, str):
        return 0.0 if expected == ("" if found is None else found) else np.inf
    if isinstance(expected, bool | np.bool_):
        return 0.0 if isinstance(found, bool) and found == bool(expected) else np.inf
    if not np.isfinite(expected):
        return 0.0 if isinstance(found, CellError) else np.inf
    if not isinstance(found, float):
        return np.inf
    gap = abs(found - float(expected))
    if gap == 0:
        return 0.0
    return gap / abs(float(expected)) if expected else np.inf


def within_floor(expected: Any, found: Any, floor: float) -> bool:
    """Whether two numbers differ by no more than 1e-11 of NumPy's plus what rounding can do."""
    if not isinstance(expected, float) or not isinstance(found, float):
        return False
    return abs(found - expected) <= RELATIVE * abs(expected) + floor


def plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, CellError):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    return "an error" if isinstance(value, float) and not np.isfinite(value) else value


def _reason(formula: str | None, ours: str, expected: Any, found: Any) -> str:
    """What is known about a difference."""
    if formula is None:
        return f"the cell holds no formula; sheetsim writes {ours}"
    if _bare(formula) != _bare(ours):
        return f"the formula was changed; sheetsim writes {ours}"
    if isinstance(found, CellError):
        return f"the program answers {found}; it, or a cell that it depends on, failed"
    if isinstance(expected, float) and not np.isfinite(expected):
        return "NumPy finds no finite number here"
    return CONSEQUENCE


def changed_formulas(sheet: Sheet, file: Mapping[tuple[int, int], Cell]) -> list[Difference]:
    """Cells whose formula is not sheetsim's, whatever their values.

    A branch that no input of either pass takes shows in no value.
    """
    reason = "the formula was changed, though its values agree; sheetsim writes {}"
    return [
        Difference(
            sheet.name,
            a1(cell.row, cell.column),
            stored.formula,
            "the file",
            "as they are",
            plain(cell.value),
            plain(stored.value),
            reason.format(cell.formula),
        )
        for cell in sheet.cells()
        if (stored := file.get((cell.row, cell.column))) is not None
        and stored.formula is not None
        and _bare(stored.formula) != _bare(cell.formula)
    ]


def _bare(formula: str) -> str:
    """A formula without what programs write differently: blanks, case, quotes of sheet names."""
    return formula.replace(" ", "").replace("'", "").upper()
