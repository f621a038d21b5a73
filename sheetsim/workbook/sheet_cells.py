"""The cells of one sheet's part as plain data: values, formulas, shared and array formulas.

Cells are taken one at a time while the XML goes by, so that a sheet of a million formulas costs
what its cells cost and not what its XML would as a tree.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sheetsim.book import Cell, CellError
from sheetsim.errors import WorkbookError
from sheetsim.workbook.cellxml import CellHandler, parse_range, reference
from sheetsim.workbook.fill import SharedFormula
from sheetsim.workbook.texts import short, unescaped
from sheetsim.workbook.xmlscan import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from sheetsim.book import Place, Value
    from sheetsim.workbook.cellxml import RawCell

MAX_CELLS = 8_000_000
"""Cells of one sheet: about 3 GB as Python keeps them. The largest of Excel's have fewer."""

MAX_COVERED = 50_000_000
"""Cells that the array formulas of a sheet may cover, looked at one by one."""

REPORT_EVERY = 20_000
"""Cells between two reports of progress."""


def read_sheet(
    data: bytes,
    where: str,
    strings: Callable[[], Sequence[str]],
    progress: Callable[[float], None] | None = None,
) -> dict[Place, Cell]:
    """Read the cells of a sheet's part; blank cells that only carry a style are left out.

    Args:
        data: the part.
        where: file and sheet or part, for the message of an error.
        strings: gives the workbook's shared strings; called once, and only if there are any.
        progress: told how much has been read.

    Returns:
        (row, column), from 0, to cell, in the order of the file.

    Raises:
        WorkbookError: the XML is bad, or a cell makes no sense or stands outside a sheet.
    """
    reader = _Reader(data, where, strings, progress)
    scan(data, where, reader)
    return reader.found()


def covered_cells(
    arrays: Iterable[tuple[str, str]], places: Collection[Place], where: str
) -> dict[Place, tuple[str, str]]:
    """Return (range, formula) of each stored cell that one of the array formulas covers.

    The first cell of the range holds the formula, the others only their cached values.

    Args:
        arrays: the range and the formula of each.
        places: the cells that the sheet stores.
        where: file and part, for the message of an error.

    Raises:
        WorkbookError: a range is none, or together they cover more than a sheet has.
    """
    members: dict[Place, tuple[str, str]] = {}
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


class _Reader(CellHandler):
    """Turns each cell into plain data when its element ends."""

    def __init__(
        self,
        data: bytes,
        where: str,
        strings: Callable[[], Sequence[str]],
        progress: Callable[[float], None] | None,
    ) -> None:
        super().__init__(where)
        self._size = max(len(data), 1)
        self._progress = progress
        self._count = 0
        self._get_strings = strings
        self._strings: Sequence[str] | None = None
        self._found: dict[Place, Cell] = {}
        self._blanks: list[Place] = []  # stored all the same: an array formula may cover them
        self._shared: dict[str, SharedFormula] = {}
        self._arrays: list[tuple[str, str]] = []
        self._data_tables: list[tuple[str, str]] = []

    def finish(self, cell: RawCell) -> None:
        """Keep what a cell holds."""
        self._count += 1
        if self._count % REPORT_EVERY == 0 and self._progress is not None:
            self._progress(self.at / self._size)
        if self._count > MAX_CELLS:
            raise WorkbookError(f"{self.where}: has more than {MAX_CELLS:,} cells; refused")
        value = self._value(cell)
        if cell.formula is not None:
            self._found[cell.place] = self._with_formula(cell, value)
        elif value is not None:
            self._found[cell.place] = Cell(None, value)
        else:
            self._blanks.append(cell.place)

    def found(self) -> dict[Place, Cell]:
        """Return the cells, those of array formulas and data tables with their formula."""
        if self._data_tables:
            tables = covered_cells(self._data_tables, self._found, self.where)
            for place, (_, formula) in tables.items():
                if place in self._found:
                    self._found[place] = Cell(formula, self._found[place].value)
        if self._arrays:
            places = self._found.keys() | set(self._blanks)
            stored = covered_cells(self._arrays, places, self.where)
            for place, (extent, formula) in stored.items():
                if place in places:
                    cell = self._found.get(place)
                    self._found[place] = Cell(formula, cell.value if cell else None, extent)
        return self._found

    def _with_formula(self, cell: RawCell, value: Value) -> Cell:
        """Return a cell with its formula, that of a shared one moved to where the cell stands."""
        attributes, text = cell.formula_attributes, cell.formula or ""
        kind, extent = attributes.get("t"), attributes.get("ref")
        if kind == "dataTable":
            formula = f"=TABLE({attributes.get('r1', '')},{attributes.get('r2', '')})"
            if extent:
                self._data_tables.append((extent, formula))
            return Cell(formula, value)
        if kind == "array" and extent:
            self._arrays.append((extent, f"={text}"))
        if kind != "shared":
            return Cell(f"={text}", value)
        group = attributes.get("si", "")
        if text:  # the first of the group holds the text
            self._shared[group] = SharedFormula(text, *cell.place)
            return Cell(f"={text}", value, None, cell.place)
        shared = self._shared.get(group)
        if shared is None:
            raise WorkbookError(
                f"{self.where} {reference(cell.place)}: shared formula {short(group)} makes no "
                "sense here; expected one whose text stands in a cell before"
            )
        formula = f"={shared.at(*cell.place)}"
        return Cell(formula, value, None, (shared.row, shared.column))

    def _value(self, cell: RawCell) -> Value:
        """Turn the text of `<v>` or `<is>` into the value that it stands for."""
        kind = cell.kind
        if kind == "inlineStr":
            return unescaped(cell.inline or cell.value or "")
        text = cell.value
        if text is None:
            return None
        if kind in {"str", "d"}:
            return unescaped(text)
        text = text.strip()
        if not text:
            return None
        if kind == "e":
            return CellError(text)
        if kind == "b":
            return text in {"1", "true"}
        try:
            if kind == "s":
                return self._string(int(text))
            number = float(text)
            if math.isfinite(number):
                return number
        except (ValueError, IndexError):
            pass
        raise WorkbookError(
            f"{self.where} {reference(cell.place)}: {short(text)} is no value of a cell of type "
            f"{short(kind)}"
        )

    def _string(self, number: int) -> str:
        if number < 0:  # not the last but one
            raise IndexError
        if self._strings is None:
            self._strings = self._get_strings()
        return self._strings[number]
