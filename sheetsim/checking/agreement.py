"""When NumPy and a spreadsheet agree on a cell, and what to say when they do not.

Two numbers agree when they differ by at most

    1e-11 |NumPy's value|  +  floor

where the floor is what rounding alone can do to that very cell (`expected`). A fixed absolute
tolerance would pass any tiny cell, right or wrong.

A cell must also be live: where a formula belongs, a number is a difference, even the right one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetsim.book import Cell, CellError
from sheetsim.checking.expected import Expected
from sheetsim.references import a1
from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.tolerances import CHECK_TOLERANCE

ELSEWHERE = "the formula is sheetsim's own: look at the cells that it depends on"

_NUMBER = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")|(?<![\w.$])(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?(?![\w.(!:])"""
)
"""A number in a formula, which programs write as they like (1000000.0, 1000000, 1E+6), or a text,
in which digits are but letters."""


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
        is_consequence: whether the formula is as sheetsim wrote it, so that the cause is elsewhere.
    """

    sheet: str
    cell: str
    formula: str
    engine: str
    inputs: str
    expected: Any
    found: Any
    reason: str
    is_consequence: bool = False


@dataclass(frozen=True)
class SheetComparison:
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


def cell_differences(
    sheet: Sheet,
    engine: str,
    inputs: str,
    values: Mapping[tuple[int, int], Any],
    file: Mapping[tuple[int, int], Cell],
    expected: Expected,
) -> SheetComparison:
    """Compare every formula cell of a sheet with values from elsewhere.

    Args:
        sheet: with NumPy's values.
        engine: where the others are from, for the report.
        inputs: which inputs they belong to, for the report.
        values: the others, by (row, column).
        file: the sheet's cells in the file, for the formulas as they stand there.
        expected: what the sheet is a part of; knows its floors.
    """
    cells, worst, by_floor, differences = 0, 0.0, 0, []
    for block in sheet.of_kind(Kind.FORMULA):
        assert block.formulas is not None  # noqa: S101 - what makes it a formula block
        cells += block.values.size
        numbers = block.values.tolist()
        for row, column, i, j in block.cells():
            at = (row, column)
            ours, found = numbers[i][j], values.get(at)
            stored = file.get(at)
            formula = None if stored is None else stored.formula
            apart = distance(ours, found)
            if formula is not None and apart <= CHECK_TOLERANCE:
                worst = max(worst, apart)
            elif formula is not None and _by_rounding(expected, sheet, block, (i, j), found):
                by_floor += 1
            else:
                cause = _cause(formula, block.formulas[i][j], ours, found)
                where = (sheet.name, a1(*at), formula or "", engine, inputs)
                both = plain(ours), plain(found)
                differences.append(Difference(*where, *both, cause or ELSEWHERE, not cause))
    return SheetComparison(cells, worst, by_floor, differences)


def _by_rounding(
    expected: Expected, sheet: Sheet, block: Block, at: tuple[int, int], found: Any
) -> bool:
    """Whether rounding alone can have moved a cell of a block from what is expected there.

    What lies beyond the highest floor that the cell can have is decided without its own, which
    takes longest where a cell in the middle of a chain is wrong, and with it all that follow.
    """
    ours = block.values[at]
    if not isinstance(ours, float) or not isinstance(found, float):
        return False
    floor = float(expected.floors[sheet.name][block.row, block.column][at])
    if not within_floor(ours, found, expected.terms.highest(floor)):
        return False
    cell = (sheet.name, (block.row + at[0], block.column + at[1]))
    return within_floor(ours, found, expected.terms.floor(cell, floor))


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
    """Whether two numbers differ by no more than the tolerance and what rounding can do."""
    if not isinstance(expected, float) or not isinstance(found, float):
        return False
    return abs(found - expected) <= CHECK_TOLERANCE * abs(expected) + floor


def plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, CellError):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    return "an error" if isinstance(value, float) and not np.isfinite(value) else value


def _cause(formula: str | None, ours: str, expected: Any, found: Any) -> str:
    """What in the cell itself makes it differ; "" if nothing does."""
    if formula is None:
        return f"the cell holds no formula; sheetsim writes {ours}"
    if not reads_alike(formula, ours):
        return f"the formula was changed; sheetsim writes {ours}"
    if isinstance(found, CellError):
        return f"the program answers {found}; it, or a cell that it depends on, failed"
    if isinstance(expected, float) and not np.isfinite(expected):
        return "NumPy finds no finite number here"
    return ""


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
        and not reads_alike(stored.formula, cell.formula)
    ]


def reads_alike(one: str, other: str) -> bool:
    """Whether two formulas differ at most in what programs write differently."""
    return one == other or _bare(one) == _bare(other)


def _bare(formula: str) -> str:
    """A formula without what programs write differently: blanks, case, quotes, numbers."""
    bare = formula.replace(" ", "").replace("'", "").upper()
    return _NUMBER.sub(lambda match: match[0] if match["text"] else repr(float(match[0])), bare)
