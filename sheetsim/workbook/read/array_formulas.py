"""Array formulas and what-if data tables: which cells they cover.

    <c r="B2"><f t="array" ref="B2:D4">MMULT(F1:H3,J1:L3)</f><v>1</v></c>

The first cell of the range holds the formula, the others only their cached values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.cell_xml import parse_range

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sheetsim.book import Place
    from sheetsim.workbook.read.cell_xml import RawCell

MAX_COVERED = 50_000_000
"""Cells that the array formulas of a sheet may cover, looked at one by one."""


Formula = TypeVar("Formula")


def covered_cells(
    arrays: Iterable[tuple[str, Formula]], places: Collection[Place], where: str
) -> dict[Place, tuple[str, Formula]]:
    """Return (range, formula) of each stored cell that one of the array formulas covers.

    Args:
        arrays: the range and the formula of each.
        places: the cells that the sheet stores.
        where: file and part, for the message of an error.

    Raises:
        WorkbookError: a range is none, or together they cover more than a sheet has.
    """
    members: dict[Place, tuple[str, Formula]] = {}
    looked_at = 0
    for extent, formula in arrays:
        (top, left), (bottom, right) = parse_range(extent, where)
        area = (bottom - top + 1) * (right - left + 1)
        looked_at += min(area, len(places))
        if looked_at > MAX_COVERED:
            raise WorkbookError(f"{where}: its array formulas overlap without end; refused")
        inside: Iterable[Place] = places
        if area < len(places):  # else the sheet is smaller
            inside = ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))
        for row, column in inside:
            if top <= row <= bottom and left <= column <= right:
                members[row, column] = (extent, formula)
    return members


def array_formulas(raws: Iterable[RawCell]) -> list[tuple[str, str]]:
    """Return the range and the formula of each array formula among these cells."""
    return [
        (raw.formula_attributes["ref"], f"={raw.formula}")
        for raw in raws
        if raw.formula is not None
        and raw.formula_attributes.get("t") == "array"
        and raw.formula_attributes.get("ref")
    ]
